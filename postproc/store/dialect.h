/* Each store's SQL: types, and the expressions for times, addresses and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DIALECT_H
#define FZ_DIALECT_H

#include "columns.h"

/* A dialect's SQL for what the schema needs. In `time`, `addr`, `infos`, `sum` and `group` every '@' stands for a
 * column or a table's alias. */
struct fz_dialect {
    const char *name;                 /* for people */
    const char *types[FZ_TYPE_COUNT]; /* with NOT NULL */
    const char *quote;                /* around a column's name that may be a keyword */
    const char *time;           /* microseconds since 1970 to date and time in UTC, whatever the session's time zone */
    const char *addr;           /* binary to text, as fz_addr_print */
    const char *infos;          /* a row of fz_zone to "prefix, number, name"; empty if there is no row */
    const char *sum;            /* sum of a column, as an integer */
    const char *group;          /* groups texts by their bytes */
    const char *lock;           /* after a SELECT: locks its rows; "" where begin has locked all */
    const char *view;           /* "CREATE VIEW IF NOT EXISTS" or similar */
    const char *replace_view;   /* "CREATE OR REPLACE VIEW"; NULL: drop it first */
    const char *collation;      /* of texts in tables; NULL: the dialect compares bytes anyway */
    const char *view_collation; /* of texts in views; NULL: that of the tables */
    const char *flow_join;      /* joins fz_flow f to fz_load l */
    const char *flow_id;        /* definition of the columns that identify a row of fz_flow */
    const char *flow_id_names;  /* those of them that an insert binds: "load_id, row_no" */
    size_t flow_id_count;       /* how many these are */
    const char *create[FZ_TABLE_COUNT]; /* "CREATE TABLE IF NOT EXISTS" or similar */
    const char *keys[FZ_TABLE_COUNT];   /* key clauses after the columns, with a leading comma */
    const char *after[FZ_TABLE_COUNT];  /* what follows the closing parenthesis */
};

/* SQLite's fz_flow has one number for (load_id, row_no), so that the table's own B-tree is its only index. */
#define FZ_SCHEMA_ROW_BITS 36

extern const fz_dialect fz_dialect_sqlite;
extern const fz_dialect fz_dialect_mariadb;
extern const fz_dialect fz_dialect_mysql;   /* from 8.0.17 on */
extern const fz_dialect fz_dialect_mysql57; /* before that: every collation ignores trailing blanks */
extern const fz_dialect fz_dialect_singlestore;

#endif
