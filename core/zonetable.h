/* Tables about zones: who talks to whom, what each zone has, which addresses have none. Made of the conversations that
 * the flow table counts, so that they agree with its rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ZONETABLE_H
#define FZ_ZONETABLE_H

#include "flow.h"
#include "zone.h"

/* What stands for the zone of an address that has none. */
#define FZ_NO_ZONE "(no zone)"

typedef enum fz_cell_kind {
    FZ_CELL_TEXT,
    FZ_CELL_COUNT,
    FZ_CELL_PERCENT, /* of all bytes counted */
} fz_cell_kind;

/* One cell; its column says which. Texts are UTF-8. */
typedef union fz_cell {
    char *text;
    uint64_t count;
    double percent;
} fz_cell;

typedef struct fz_zonetable_column {
    const char *name;  /* CSV header, JSON key */
    const char *title; /* for people */
    fz_cell_kind kind;
} fz_zonetable_column;

typedef struct fz_zonetable fz_zonetable;

/* What a table is about: one row of fz_zonetable_kinds. */
typedef struct fz_zonetable_kind {
    const char *name;    /* as in -z flowzone-NAME */
    const char *title;   /* for people */
    const char *meaning; /* one sentence for help */
    size_t columns;
    const fz_zonetable_column *column;
    size_t most_rows; /* 0: all */
    /* Adds one conversation to the sums, then makes rows of them. `labels` number the zones of its ends. */
    void (*count)(fz_zonetable *table, const fz_record *record, const uint32_t labels[2]);
    void (*close)(fz_zonetable *table);
} fz_zonetable_kind;

extern const fz_zonetable_kind fz_zonetable_kinds[];
extern const size_t fz_zonetable_kind_count;

fz_zonetable *fz_zonetable_new(const fz_zonetable_kind *kind);
void fz_zonetable_free(fz_zonetable *table);

/* Counts one packet of `bytes` wire length. No zone is looked up here. Not after fz_zonetable_close. */
void fz_zonetable_packet(fz_zonetable *table, const fz_packet *packet, int64_t time_us, uint32_t bytes);

/* Makes the rows, those with the most bytes first: looks zones up, once an address of a conversation. `zones` may be
 * NULL and is borrowed for the call. */
void fz_zonetable_close(fz_zonetable *table, const fz_zone_table *zones);

/* The rows of a closed table, of kind->columns cells each; the table owns them. */
size_t fz_zonetable_rows(const fz_zonetable *table);
const fz_cell *fz_zonetable_row(const fz_zonetable *table, size_t row);

/* A closed table as text: "table" (aligned, with its title above), "csv" or "json" (an object a line). The caller
 * frees. NULL for any other form. */
char *fz_zonetable_print(const fz_zonetable *table, const char *form);

#endif
