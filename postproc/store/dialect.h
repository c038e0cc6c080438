/* What each store calls things: SQL types, and the expressions for times, addresses and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DIALECT_H
#define FZ_DIALECT_H

#include "columns.h"

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

#endif
