/* What the tables hold, once for all stores: their columns, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COLUMNS_H
#define FZ_COLUMNS_H

#include "field.h"
#include "store.h"

/* The version in fz_meta. A store of the one before gets what is new in this one as it is opened; any other is refused.
 */
#define FZ_SCHEMA_VERSION 3
#define FZ_SCHEMA_VERSION_BEFORE 2
/* Counts the ways in which views, and texts in tables, were ever made; stands in fz_meta.program. A store with a lower
 * number is brought up to date as it is opened; without one, it is of 1. */
#define FZ_SCHEMA_VIEWS 2
/* What made the tables, and which views stand beside them: fz_meta.program. */
#define FZ_SCHEMA_VIEWS_MARK " (views "
#define FZ_SCHEMA_PROGRAM "flowzone " FZ_VERSION FZ_SCHEMA_VIEWS_MARK G_STRINGIFY(FZ_SCHEMA_VIEWS) ")"

/* SQL types by what they hold. */
typedef enum fz_type {
    FZ_TYPE_SERIAL, /* id that the store hands out, from 1 */
    FZ_TYPE_ID,     /* the same, pointed to: int64_t load_id */
    FZ_TYPE_INT64,  /* times: microseconds or seconds since 1970 UTC */
    FZ_TYPE_UINT64,
    FZ_TYPE_UINT32,
    FZ_TYPE_UINT16,
    FZ_TYPE_UINT8,
    FZ_TYPE_TEXT,   /* UTF-8, at most FZ_RUN_TEXT_MAX bytes */
    FZ_TYPE_LABEL,  /* UTF-8, at most FZ_ZONE_TEXT_MAX bytes; enum names */
    FZ_TYPE_DIGEST, /* 64 hexadecimal digits */
    FZ_TYPE_ADDR,   /* 4 or 16 bytes in network order */
    FZ_TYPE_COUNT
} fz_type;

typedef enum fz_table {
    FZ_TABLE_META, /* one row: schema_version, program that made it */
    FZ_TABLE_LOAD, /* the ledger */
    FZ_TABLE_ZONE, /* dictionary: zone_id, digest (unique; fz_schema_zone_digest), location, prefix, number, name */
    FZ_TABLE_FLOW, /* details: load_id, row_no, then fz_schema_fields */
    FZ_TABLE_HOUR, /* rollup */
    FZ_TABLE_COUNT
} fz_table;

/* One value on its way to or from a ledger, zone or rollup column. */
typedef struct fz_value {
    int64_t number;   /* all integer types; the loader refuses what exceeds INT64_MAX */
    const char *text; /* NUL-terminated UTF-8 for TEXT, LABEL, DIGEST; NULL for integers. Borrowed from the row. */
} fz_value;

/* A column of fz_load, fz_zone, fz_hour or fz_meta (those of fz_flow are fz_fields). `row` of `get` is what the table's
 * comment says. */
typedef struct fz_column {
    const char *name;
    fz_type type;
    fz_value (*get)(const void *row);
    void (*set)(fz_loaded *loaded, fz_value value); /* ledger only; NULL: not wanted back */
} fz_column;

/* What a table has: the id that the store hands out or binds itself, and the columns behind it:
 *   FZ_TABLE_META  all columns; row is NULL
 *   FZ_TABLE_LOAD  all but load_id; row is an fz_load_row
 *   FZ_TABLE_ZONE  all but zone_id; row is an fz_schema_zone
 *   FZ_TABLE_FLOW  none: they are fz_schema_fields
 *   FZ_TABLE_HOUR  all but load_id; row is an fz_schema_hour */
typedef struct fz_table_shape {
    const char *name, *id; /* "fz_flow"; "load_id", NULL for none */
    fz_type id_type;
    const fz_column *columns;
    size_t count;
} fz_table_shape;

extern const fz_table_shape fz_tables[FZ_TABLE_COUNT];

/* How many columns of fz_load, at the end, FZ_SCHEMA_VERSION_BEFORE did not have. */
enum { FZ_SCHEMA_NEW_COLUMNS = 2 };

/* What fz_load.state says of a capture that was read to its end, and did not change meanwhile. */
extern const char fz_schema_state_complete[];

typedef struct fz_schema_zone {
    const fz_zone *zone;
    char digest[65];
    char prefix[FZ_PREFIX_TEXT_SIZE];
} fz_schema_zone;

typedef struct fz_schema_hour {
    const fz_hour *hour;
    const fz_run *run;
} fz_schema_hour;

/* Prefix as text and digest of a zone's four texts: the dictionary's unique key (MySQL's index can't hold the texts,
 * and its collations take "a" and "a " for the same). `row->zone` borrows. */
void fz_schema_zone_init(fz_schema_zone *row, const fz_zone *zone);

/* What fz_flow keeps of a record: the rows of fz_fields with a column, in their order, behind load_id and row_no. */
const fz_field *const *fz_schema_fields(size_t *count);

/* The type of a field's column. */
fz_type fz_schema_field_type(const fz_field *field);

#endif
