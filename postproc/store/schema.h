/* The schema, once for all stores: tables, views and statements out of column tables and a small description of each
 * SQL dialect. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCHEMA_H
#define FZ_SCHEMA_H

#include "store.h"

/* The version in fz_meta. A store of the one before gets what is new in this one as it is opened; any other is refused.
 */
#define FZ_SCHEMA_VERSION 3
#define FZ_SCHEMA_VERSION_BEFORE 2
/* Counts the ways in which views, and texts in tables, were ever made; stands in fz_meta.program. A store with a lower
 * number is brought up to date as it is opened; without one, it is of 1. */
#define FZ_SCHEMA_VIEWS 2

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

/* How a dialect says what the schema needs. In `time`, `addr`, `infos`, `sum` and `group` every '@' stands for a column
 * or a table's alias. */
typedef struct fz_dialect {
    const char *name;                   /* for people */
    const char *types[FZ_TYPE_COUNT];   /* with NOT NULL */
    const char *quote;                  /* around a column's name that may be a keyword */
    const char *time;                   /* microseconds since 1970 to a UTC date and time that no time zone changes */
    const char *addr;                   /* binary to the text that fz_addr_print makes */
    const char *infos;                  /* a row of fz_zone to "prefix, number, name"; empty when @ is no row */
    const char *sum;                    /* sum of a column, as an integer */
    const char *group;                  /* groups texts by their bytes */
    const char *view;                   /* "CREATE VIEW IF NOT EXISTS", or as the dialect has it */
    const char *replace_view;           /* "CREATE OR REPLACE VIEW"; NULL: drop it before */
    const char *collation;              /* of texts in tables; NULL: the dialect compares bytes anyway */
    const char *view_collation;         /* the same in views; NULL: that of the tables */
    const char *flow_join;              /* joins fz_flow f to fz_load l */
    const char *flow_id;                /* definition of the columns that name a row of fz_flow */
    const char *flow_id_names;          /* those of them that an insert binds: "load_id, row_no" */
    size_t flow_id_count;               /* how many that is */
    const char *create[FZ_TABLE_COUNT]; /* "CREATE TABLE IF NOT EXISTS", or as the dialect has it */
    const char *keys[FZ_TABLE_COUNT];   /* key clauses behind the columns, from their comma on */
    const char *after[FZ_TABLE_COUNT];  /* behind the closing parenthesis */
} fz_dialect;

/* SQLite's fz_flow has one number for (load_id, row_no), so that the table's own B-tree is its only index. */
#define FZ_SCHEMA_ROW_BITS 36

extern const fz_dialect fz_dialect_sqlite;
extern const fz_dialect fz_dialect_mariadb;
extern const fz_dialect fz_dialect_mysql;   /* from 8.0.17 on */
extern const fz_dialect fz_dialect_mysql57; /* and before, where every collation pads with blanks */
extern const fz_dialect fz_dialect_singlestore;

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

/* Columns in table order, without the ids that a store binds itself:
 *   FZ_TABLE_META  all columns; row is NULL
 *   FZ_TABLE_LOAD  all but load_id; row is an fz_load
 *   FZ_TABLE_ZONE  all but zone_id; row is an fz_schema_zone
 *   FZ_TABLE_HOUR  all but load_id; row is an fz_schema_hour */
const fz_column *fz_schema_columns(fz_table table, size_t *count);

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

/* The table's name: "fz_flow". */
const char *fz_schema_table_name(fz_table table);

/* All CREATE statements, in order, each to be run alone; harmless on a store that has them. The row of fz_meta is not
 * among them: insert it with fz_schema_insert(FZ_TABLE_META) when the table is empty. The caller frees with g_strfreev.
 */
char **fz_schema_ddl(const fz_dialect *dialect);

/* "ALTER TABLE fz_load ADD COLUMN ...": each column that a store of FZ_SCHEMA_VERSION_BEFORE lacks; another program may
 * have added it meanwhile. Behind them those of fz_schema_renumber, in one transaction. The caller frees
 * with g_strfreev. */
char **fz_schema_add_columns(const fz_dialect *dialect);
extern const char *const fz_schema_renumber[2];

/* All statements, in order, each to be run alone, that bring a store of an older program up to date, and the last to
 * say so in fz_meta. What a store holds is not touched, and the same again does no harm. The caller frees with
 * g_strfreev. */
char **fz_schema_upgrade(const fz_dialect *dialect);

/* True where a store of ours with this fz_meta.program is to be brought up to date. NULL: not known. */
bool fz_schema_is_old(const char *program);

/* "INSERT INTO fz_load (identity, ...) VALUES (?, ...)": one '?' for each of fz_schema_columns; for FZ_TABLE_HOUR
 * load_id first; for FZ_TABLE_FLOW the dialect's flow_id_names ("load_id, row_no") first, then fz_schema_fields. The
 * store hands out load_id and zone_id by itself, or the statement is fz_schema_insert_id, where the id comes first. The
 * caller frees. */
char *fz_schema_insert(const fz_dialect *dialect, fz_table table);

char *fz_schema_insert_id(const fz_dialect *dialect, fz_table table);

/* "load_id, row_no, start_us, ..." of what fz_schema_insert binds: for LOAD DATA. The caller frees. */
char *fz_schema_column_list(const fz_dialect *dialect, fz_table table);

/* "UPDATE fz_load SET identity = ?, ... WHERE load_id = ?": values as for the insert, then the id. The caller frees. */
char *fz_schema_finish(const fz_dialect *dialect);

/* "SELECT load_id, identity, ... FROM fz_load WHERE identity = ?". Hand the value of every column i >= 1 to
 * fz_schema_columns(FZ_TABLE_LOAD)[i - 1].set where that is not NULL. The caller frees. */
char *fz_schema_find(const fz_dialect *dialect);

/* "SELECT load_id, ... FROM fz_load WHERE load_id < 5 ORDER BY load_id DESC LIMIT 9" for fz_store_ops.recent; to be
 * bound are sensor and display filter. A row's FZ_SCHEMA_BRIEF cells, as numbers and texts, are an fz_load_brief. The
 * caller frees the statement. */
char *fz_schema_recent(int64_t before, size_t most);
enum { FZ_SCHEMA_BRIEF = 7 };
fz_load_brief fz_schema_brief(const fz_value cells[FZ_SCHEMA_BRIEF]);

/* "UPDATE fz_load SET capture_bytes = 1234, ... WHERE load_id = 5": a row's file, as fz_store_ops.set_file. The caller
 * frees. */
char *fz_schema_set_file(int64_t load_id, const fz_load_file *file);

/* "SELECT schema_version, program FROM fz_meta". */
#define FZ_SCHEMA_SELECT_META "SELECT schema_version, program FROM fz_meta"

/* Judges what FZ_SCHEMA_SELECT_META answered: true for FZ_SCHEMA_VERSION_BEFORE too; `rows` may be 0 (tables of that
 * name, but not ours). `where` names the store. */
bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error);

#endif
