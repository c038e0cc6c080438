/* The tables' columns, the same for all stores, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COLUMNS_H
#define FZ_COLUMNS_H

#include "field.h"
#include "store.h"

/* The version in fz_meta. A store of the version before is upgraded when it is opened; any other is refused. */
#define FZ_SCHEMA_VERSION 3
#define FZ_SCHEMA_VERSION_BEFORE 2
/* The version of the views and of the collations of texts in tables, in fz_meta.program. A store with a lower number is
 * upgraded when it is opened; no number means 1. */
#define FZ_SCHEMA_VIEWS 2
/* Precedes that number in fz_meta.program. */
#define FZ_SCHEMA_VIEWS_MARK " (views "
#define FZ_SCHEMA_PROGRAM "flowzone " FZ_VERSION FZ_SCHEMA_VIEWS_MARK G_STRINGIFY(FZ_SCHEMA_VIEWS) ")"

/* The types of columns, each named after what it holds. */
typedef enum fz_type {
    FZ_TYPE_SERIAL, /* id that the store assigns, from 1 */
    FZ_TYPE_ID,     /* a reference to such an id: int64_t load_id */
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
    FZ_TABLE_FLOW, /* details: load_id, row_no, then fz_stored_fields */
    FZ_TABLE_HOUR, /* rollup */
    FZ_TABLE_COUNT
} fz_table;

/* A value of a ledger, zone or rollup column. */
typedef struct fz_value {
    int64_t number;   /* all integer types; the loader refuses what exceeds INT64_MAX */
    const char *text; /* NUL-terminated UTF-8 for TEXT, LABEL, DIGEST; NULL for integers; borrowed */
} fz_value;

/* A struct from which a table's row is made. */
typedef struct fz_part {
    const void *(*in_row)(const void *row);
    void *(*in_loaded)(fz_loaded *loaded); /* NULL: not read back */
} fz_part;

/* How a part holds a value. */
typedef enum fz_form {
    FZ_FORM_NUMBER,   /* an integer of `size` bytes */
    FZ_FORM_FLAG,     /* bool */
    FZ_FORM_TEXT,     /* char * */
    FZ_FORM_CHARS,    /* char[] */
    FZ_FORM_NAME,     /* an enum: the index of one of `names` */
    FZ_FORM_STATE,    /* cut_short and changed of fz_totals, as one word */
    FZ_FORM_CONSTANT, /* the same in every row */
} fz_form;

/* A column of fz_load, fz_zone, fz_hour or fz_meta (those of fz_flow are fz_fields), and where its value is. */
typedef struct fz_column {
    const char *name;
    fz_type type;
    fz_form form;
    const fz_part *part;
    uint16_t offset, size;
    unsigned since; /* the FZ_SCHEMA_VERSION that added it; 0: all have it */
    const char *const *names;
    size_t name_count;
    fz_value constant;
} fz_column;

/* A column's value in a row; its text is valid until the row changes. */
fz_value fz_column_get(const fz_column *column, const void *row);

/* Stores a value that was read from the ledger; ignores values that are not read back. */
void fz_column_set(const fz_column *column, fz_loaded *loaded, fz_value value);

/* A table: the id that the store assigns or binds itself, and the columns after it:
 *   FZ_TABLE_META  all columns; row is NULL
 *   FZ_TABLE_LOAD  all but load_id; row is an fz_load_row
 *   FZ_TABLE_ZONE  all but zone_id; row is an fz_zone_row
 *   FZ_TABLE_FLOW  none: they are fz_stored_fields
 *   FZ_TABLE_HOUR  all but load_id; row is an fz_hour_row */
typedef struct fz_table_shape {
    const char *name, *id; /* "fz_flow"; "load_id", NULL for none */
    fz_type id_type;
    const fz_column *columns;
    size_t count;
} fz_table_shape;

extern const fz_table_shape fz_tables[FZ_TABLE_COUNT];

/* fz_load.state of a capture that was read to its end, and did not change meanwhile. */
extern const char fz_schema_state_complete[];

typedef struct fz_zone_row {
    const fz_zone *zone;
    char digest[65];
    char prefix[FZ_PREFIX_TEXT_SIZE];
} fz_zone_row;

typedef struct fz_hour_row {
    const fz_hour *hour;
    const fz_run *run;
} fz_hour_row;

/* Makes the prefix's text and the digest of a zone's four texts, which is the dictionary's unique key (MySQL's index
 * can't hold the texts, and its collations take "a" and "a " for the same). `zone` is borrowed. */
void fz_zone_row_init(fz_zone_row *row, const fz_zone *zone);

/* The columns of fz_flow after load_id and row_no: the rows of fz_fields that have a column, in their order. */
const fz_field *const *fz_stored_fields(size_t *count);

/* The type of a field's column. */
fz_type fz_stored_field_type(const fz_field *field);

#endif
