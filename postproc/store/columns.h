/* The tables' columns, the same for all stores, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COLUMNS_H
#define FZ_COLUMNS_H

#include "field.h"
#include "store.h"

/* The version in fz_meta. A store of another version is refused; "flowzone upgrade" brings older ones up to date. */
#define FZ_SCHEMA_VERSION 5
/* The version of the views and of the collations of texts in tables, in fz_meta.program. A store with a lower number is
 * upgraded when it is opened; no number means 1. */
#define FZ_SCHEMA_VIEWS 4
/* Precedes that number in fz_meta.program. */
#define FZ_SCHEMA_VIEWS_MARK " (views "
#define FZ_SCHEMA_PROGRAM "flowzone " FZ_VERSION FZ_SCHEMA_VIEWS_MARK G_STRINGIFY(FZ_SCHEMA_VIEWS) ")"

/* The types of columns, each named after what it holds. SQL's integers are signed in all of them. */
typedef enum fz_type {
    FZ_TYPE_SERIAL, /* id that the server assigns, from 1 */
    FZ_TYPE_DENSE,  /* id that a store assigns, from 1, with no gaps: of zones */
    FZ_TYPE_ID,     /* a reference to such an id: int64_t load_id */
    FZ_TYPE_INT64,  /* times, in microseconds or seconds since 1970 UTC; days since then */
    FZ_TYPE_UINT64, /* at most INT64_MAX: the loader refuses what is more */
    FZ_TYPE_UINT32,
    FZ_TYPE_UINT16,
    FZ_TYPE_UINT8,
    FZ_TYPE_TEXT,   /* UTF-8, at most FZ_RUN_TEXT_MAX bytes */
    FZ_TYPE_LABEL,  /* UTF-8, at most FZ_ZONE_TEXT_MAX bytes; enum names */
    FZ_TYPE_DIGEST, /* 64 hexadecimal digits */
    FZ_TYPE_ADDR,   /* 4 or 16 bytes in network order */
    FZ_TYPE_MAC,    /* 6 bytes */
    FZ_TYPE_COUNT
} fz_type;

/* Whether an insert leaves it out, unless it binds an id of its own. */
static inline bool fz_type_is_assigned(fz_type type)
{
    return type == FZ_TYPE_SERIAL || type == FZ_TYPE_DENSE;
}

/* A value of a column. */
typedef struct fz_value {
    int64_t number;       /* all integer types */
    const char *text;     /* NUL-terminated UTF-8 for TEXT, LABEL, DIGEST; NULL for other types; borrowed */
    const uint8_t *bytes; /* for ADDR and MAC, `size` of them; NULL for other types; borrowed */
    uint8_t size;
    bool is_null; /* nothing else is set */
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
    FZ_FORM_BYTES,    /* uint8_t[], all `size` of them */
    FZ_FORM_ADDR,     /* uint8_t[16], of which the family, a byte at `family`, has 4 or 16 */
    FZ_FORM_DAY,      /* microseconds since 1970, as days, rounded down */
    FZ_FORM_NAME,     /* an enum or bool: the index of one of `names` */
    FZ_FORM_STATE,    /* cut_short and changed of fz_totals, as one word */
    FZ_FORM_CONSTANT, /* the same in every row */
} fz_form;

/* What a packet must have for a column to have a value; it is NULL otherwise. */
typedef enum fz_need {
    FZ_NEED_NOTHING,
    FZ_NEED_IP,
    FZ_NEED_ETH,
    FZ_NEED_PORTS,
    FZ_NEED_VLAN,
    FZ_NEED_TCP,
    FZ_NEEDS,
} fz_need;

/* A column, and where its value is. */
typedef struct fz_column {
    const char *name;
    fz_type type;
    fz_form form;
    const fz_part *part; /* NULL: the row itself */
    uint16_t offset, size, family;
    fz_need need; /* only of FZ_TABLE_PACKET */
    const char *const *names;
    size_t name_count;
    fz_value constant;
} fz_column;

/* A column's value in a row; its text and bytes are valid until the row changes. */
fz_value fz_column_get(const fz_column *column, const void *row);

/* Microseconds since 1970 as days, rounded down, before 1970 too: fz_load.day of a capture whose first frame that is.
 */
int64_t fz_day_of(int64_t time_us);

/* Whether a packet has what columns with this need show. */
bool fz_packet_has(const fz_packet_row *packet, fz_need need);

/* Stores a value that was read from the ledger; ignores values that are not read back. */
void fz_column_set(const fz_column *column, fz_loaded *loaded, fz_value value);

/* A table: the id that the store assigns or binds itself, and the columns after it:
 *   FZ_TABLE_META   all columns; row is NULL
 *   FZ_TABLE_LOAD   all but load_id; row is an fz_load_row
 *   FZ_TABLE_ZONE   all but zone_id; row is an fz_zone_row
 *   FZ_TABLE_FLOW, FZ_TABLE_PACKET  none here, but those of fz_row_columns: their ids differ from store to store
 *   others          all but load_id; row is the struct of that name, fz_minute_sum for FZ_TABLE_MINUTE.
 *                   Nothing makes rows of FZ_TABLE_EXPORT yet, and of FZ_TABLE_NAME only query/name_store.c. */
typedef struct fz_table_shape {
    const char *name, *id; /* "fz_flow"; "load_id", NULL for none */
    fz_type id_type;
    size_t row_size; /* of sums: bytes of a struct */
    const fz_column *columns;
    size_t count;
} fz_table_shape;

extern const fz_table_shape fz_tables[FZ_TABLE_COUNT];

/* Whether a table has a row for each row of a run: FZ_TABLE_FLOW and FZ_TABLE_PACKET. */
static inline bool fz_table_is_of_rows(fz_table table)
{
    return table == FZ_TABLE_FLOW || table == FZ_TABLE_PACKET;
}

/* Whether a table has rows of single loads, with their load_id. */
static inline bool fz_table_has_loads(fz_table table)
{
    return fz_table_is_of_rows(table) || g_strcmp0(fz_tables[table].id, "load_id") == 0;
}

/* The columns after load_id and row_no: of FZ_TABLE_FLOW, where row is an fz_record, or of FZ_TABLE_PACKET, where it is
 * an fz_packet_row. Those of FZ_TABLE_FLOW are fz_stored_fields, in their order. */
const fz_column *fz_row_columns(fz_table table, size_t *count);

/* fz_load.state of a capture that was read to its end, and did not change meanwhile. */
extern const char fz_schema_state_complete[];

typedef struct fz_zone_row {
    const fz_zone *zone;
    char digest[65];
    char prefix[FZ_PREFIX_TEXT_SIZE];
} fz_zone_row;

/* Makes the prefix's text and the digest of a zone's four texts, which is the dictionary's unique key (MySQL's index
 * can't hold the texts, and its collations take "a" and "a " for the same). `zone` is borrowed. */
void fz_zone_row_init(fz_zone_row *row, const fz_zone *zone);

/* The columns of fz_flow after load_id and row_no: the rows of fz_fields that have a column, in their order. */
const fz_field *const *fz_stored_fields(size_t *count);

/* The type of a field's column. */
fz_type fz_stored_field_type(const fz_field *field);

#endif
