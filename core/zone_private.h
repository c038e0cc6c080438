/* What the files of the zone table share: a table while it is read. For core/zone*.c alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ZONE_PRIVATE_H
#define FZ_ZONE_PRIVATE_H

#include "csv.h"
#include "prefixmap.h"
#include "zone.h"

/* One row before it is checked: any bytes, with a NUL after each text. */
typedef struct zone_record {
    unsigned line;
    const char *text[FZ_ZONE_COLUMNS];
    size_t size[FZ_ZONE_COLUMNS];
} zone_record;

enum { IPV4, IPV6, FAMILIES };

/* The prefixes of one location, ids counting the rows of the file from 1. */
typedef struct zone_location {
    char *name;
    GArray *spans[FAMILIES]; /* of fz_span; NULL: none */
} zone_location;

typedef struct zone_problem {
    unsigned line;
    bool is_error;
    char *message;
} zone_problem;

/* A file as it is read. */
typedef struct zone_reading {
    const char *name;
    fz_csv csv;
    GArray *rows; /* of fz_zone */
    GStringChunk *texts;
    GPtrArray *locations; /* of zone_location, in order of appearance; the first one is "" */
    GHashTable *by_name;  /* of zone_location */
    GArray *problems;     /* of zone_problem */
    unsigned errors, warnings;
} zone_reading;

/* zone_reading.c. `text`, which may be NULL, is borrowed until the reading is cleared, as `name` is. */
void fz_zone_reading_init(zone_reading *reading, const char *name, const char *text, size_t size);
void fz_zone_reading_clear(zone_reading *reading);

/* Reads the records of the text. */
void fz_zone_reading_parse(zone_reading *reading);
/* The same for rows that are not from a file. */
void fz_zone_reading_take(zone_reading *reading, const fz_zone_texts *rows, size_t count);
/* Adds a row that was checked before; of the record, line and texts but that of the prefix count. Copies the texts. */
void fz_zone_reading_add(zone_reading *reading, const fz_prefix *prefix, const zone_record *record);
/* The row of an id, from 1; borrowed. */
const fz_zone *fz_zone_reading_row(const zone_reading *reading, uint32_t id);

/* Keeps a problem of a line (0: of the whole file), unless there are too many of its kind. */
void fz_zone_reading_problem(zone_reading *reading, bool is_error, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
#define add_error(reading, line, ...) fz_zone_reading_problem(reading, true, line, __VA_ARGS__)
#define add_warning(reading, line, ...) fz_zone_reading_problem(reading, false, line, __VA_ARGS__)

/* Puts the problems in order, and makes the table. NULL with the first error in `error`. */
fz_zone_table *fz_zone_reading_close(zone_reading *reading, const char *location, GError **error);
/* Checks what was read, reports the problems, closes and clears the reading. */
fz_zone_table *fz_zone_reading_finish(zone_reading *reading, const char *location, fz_zone_problem problem, void *user,
                                      GError **error);

/* A text in quotes, truncated if it is long. The caller frees. */
char *fz_zone_quote(const char *text);

/* zone_check.c. Both add problems to the reading. */
void fz_zone_check_rows(zone_reading *reading);
void fz_zone_check_location(zone_reading *reading, const char *location);

/* zone.c. Makes the table of a reading without errors, whose texts are taken over. */
fz_zone_table *fz_zone_table_make(zone_reading *reading, const char *location);
/* fz_zone_table_check of a text. */
fz_zone_table *fz_zone_table_parse_all(const char *name, const char *text, size_t size, const char *location,
                                       fz_zone_problem problem, void *user, GError **error);

#endif
