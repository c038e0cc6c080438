/* The zone table: CSV rows `location,prefix,number,name`, and which of them labels an address.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ZONE_H
#define FZ_ZONE_H

#include "addr.h"

#include <glib.h>
#include <stddef.h>

#define FZ_ZONE_ERROR (fz_zone_error_quark())
GQuark fz_zone_error_quark(void);
typedef enum fz_zone_error { FZ_ZONE_ERROR_READ, FZ_ZONE_ERROR_SYNTAX } fz_zone_error;

/* The longest location, number or name, in bytes: flow files and stores keep no more. */
#define FZ_ZONE_TEXT_MAX 255
/* The most rows a table may have, and the most bytes its file. */
#define FZ_ZONE_ROWS_MAX 1000000u
#define FZ_ZONE_FILE_MAX (256u << 20)
/* The most errors, and the most warnings, that are reported for one file; for more warnings, how many. */
#define FZ_ZONE_PROBLEMS_MAX 50u

/* One row. Texts are UTF-8, never NULL, perhaps empty (name never is). */
typedef struct fz_zone {
    fz_prefix prefix; /* host bits cleared */
    unsigned line;    /* where its row begins in the file, from 1; 0 when it is not from a file */
    char *location;   /* empty: everywhere */
    char *number;
    char *name;
} fz_zone;

typedef struct fz_zone_table fz_zone_table;

/* Receives one warning, a whole line without newline: "zones.csv:14: 10.1.2.3/24 has host bits set; ...". */
typedef void (*fz_zone_warning)(const char *message, void *user);

/* Reads a zone file (RFC 4180 fields, `#` comment lines, empty lines skipped, a UTF-8 BOM and CRLF accepted, a header
 * row `location,prefix,number,name` skipped). Keeps the rows whose location is empty or equals `location` (NULL or "":
 * only the empty ones), but checks every row. Rejects with file, line, what was expected and what was found: bad
 * prefix, mask too long, missing name, wrong number of fields, open quote, invalid UTF-8, control characters, a text
 * over FZ_ZONE_TEXT_MAX, the same prefix twice in a location. A location that no row mentions is an error too when it
 * is given. Warns, in the order of lines and once the file is known to be good, of host bits (masked), of prefixes
 * wholly shadowed by more specific ones of their location or of none, and of a file without rows. `warn` may be NULL.
 * Only a regular file is read, up to FZ_ZONE_FILE_MAX bytes; and /dev/null, which has no rows without a warning. The
 * caller frees the table. NULL with `error` set on failure: the first fault of the file. */
fz_zone_table *fz_zone_table_read(const char *path, const char *location, fz_zone_warning warn, void *user,
                                  GError **error);

/* The same from memory; `name` stands for the path in messages. `text` need not end in a NUL. */
fz_zone_table *fz_zone_table_parse(const char *name, const char *text, size_t size, const char *location,
                                   fz_zone_warning warn, void *user, GError **error);

/* Receives one problem of a zone file, a whole line without newline. Only a file without errors is usable. */
typedef void (*fz_zone_problem)(bool is_error, const char *message, void *user);

/* The same as fz_zone_table_read, for fixing the file: continues after an error, and gives errors and warnings to
 * `problem` in the order of lines, also when it fails. */
fz_zone_table *fz_zone_table_check(const char *path, const char *location, fz_zone_problem problem, void *user,
                                   GError **error);

/* The columns of a row. */
typedef enum fz_zone_column {
    FZ_ZONE_LOCATION,
    FZ_ZONE_PREFIX,
    FZ_ZONE_NUMBER,
    FZ_ZONE_NAME,
    FZ_ZONE_COLUMNS
} fz_zone_column;

/* One row as texts, NULL if empty. */
typedef struct fz_zone_texts {
    const char *text[FZ_ZONE_COLUMNS];
} fz_zone_texts;

/* The same as fz_zone_table_parse for rows that are not from a file: they count as its lines, from 1. Copies the texts.
 */
fz_zone_table *fz_zone_table_new(const char *name, const fz_zone_texts *rows, size_t count, const char *location,
                                 fz_zone_warning warn, void *user, GError **error);

/* What is wrong with one text of a row, while it is being typed; `text[size]` is a NUL. Says more than a whole file's
 * check: host bits are a fault, which names the prefix that was meant. The caller frees; NULL when nothing is wrong. */
char *fz_zone_field_fault(fz_zone_column column, const char *text, size_t size);

/* A new table of the rows of two, each of which may be NULL: those of `over`, then those of `under`, without those that
 * have prefix and location of one of `over`. Rows of any location count, and are kept as fz_zone_table_read does.
 * Fails, with `name` in its message, only when no row has the location given. */
fz_zone_table *fz_zone_table_merge(const char *name, const fz_zone_table *over, const fz_zone_table *under,
                                   const char *location, GError **error);

/* Adds an owner: each must free the table. Not thread-safe. Returns its argument, also NULL. */
fz_zone_table *fz_zone_table_ref(fz_zone_table *table);
void fz_zone_table_free(fz_zone_table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_zone_table, fz_zone_table_free)

/* Rows kept, as ids 1..count in the order of the file. A table that is NULL has none. */
uint32_t fz_zone_table_count(const fz_zone_table *table);

/* The row of an id in 1..count; valid until the table is freed. NULL for any other id. */
const fz_zone *fz_zone_table_get(const fz_zone_table *table, uint32_t id);

/* The id of the longest prefix that holds the address, 0 if none does. If a prefix is listed both for the location and
 * without one, the location's row wins. `table` may be NULL (0). */
uint32_t fz_zone_lookup(const fz_zone_table *table, const fz_addr *addr);

/* The same for an IPv4 address in host byte order, and for the 16 bytes of an IPv6 address: the hot path. */
uint32_t fz_zone_lookup4(const fz_zone_table *table, uint32_t addr);
uint32_t fz_zone_lookup6(const fz_zone_table *table, const uint8_t addr[16]);

/* Zones by id: the rows of a zone table, or of a flow file's dictionary. Borrowed. */
typedef struct fz_zones {
    const fz_zone *rows; /* id 1 is rows[0] */
    uint32_t count;
} fz_zones;

/* The rows kept; valid until the table is freed. None for a NULL table. */
fz_zones fz_zone_table_rows(const fz_zone_table *table);

/* The rows of other locations, which were checked and label nothing, in the order of the file. Valid until the table
 * is freed. */
fz_zones fz_zone_table_others(const fz_zone_table *table);

/* True if the rows belong to one zone, which may have several prefixes: same number, same name. */
bool fz_zone_same(const fz_zone *a, const fz_zone *b);

/* "prefix, number, name", as the columns sip_infos and dip_infos show a zone. The caller frees. */
char *fz_zone_infos(const fz_zone *zone);

#endif
