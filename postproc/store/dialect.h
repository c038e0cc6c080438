/* Each store's SQL: types, and the expressions for times, addresses and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DIALECT_H
#define FZ_DIALECT_H

#include "columns.h"

/* Which derived columns (fz_derived) tables have: the server computes them when they are read. */
typedef enum fz_generates {
    FZ_GENERATES_NONE, /* views have expressions instead */
    FZ_GENERATES_SUMS, /* sums and durations */
    FZ_GENERATES_ALL,  /* seconds and days too, and dates of the ledger: a view's expression has no type */
} fz_generates;

/* A dialect's SQL for what the schema needs. From `time` to `text` every '@' stands for a column or a table's
 * alias; in `row_id`, `row_id_last`, `row_id_names` and `row_join` for "flow" or "packet". */
struct fz_dialect {
    const char *name;                 /* for people */
    const char *types[FZ_TYPE_COUNT]; /* ids that are assigned have their key; the others can be NULL */
    const char *quote;                /* around a column's name that may be a keyword */
    const char *time;           /* microseconds since 1970 to date and time in UTC, whatever the session's time zone */
    const char *date;           /* days since 1970 to a date */
    const char *day;            /* seconds since 1970 to days since then, rounded down */
    const char *empty;          /* an empty text */
    const char *nanoseconds;    /* a date and time, and time_ns of fz_packet r, to a text with nine digits */
    const char *addr;           /* binary to text, as fz_addr_print */
    const char *mac;            /* six bytes to "00:11:22:33:44:55" */
    const char *infos;          /* a row of fz_zone to "prefix, number, name"; empty if there is no row */
    const char *zone_name;      /* a row of fz_zone to its name; empty if there is no row */
    const char *sum;            /* sum of a column, as an integer */
    const char *group;          /* groups texts by their bytes */
    const char *compared;       /* a text, to be compared with another by their bytes */
    const char *text;           /* a text, from the hexadecimal digits of its bytes in UTF-8 */
    const char *like;           /* compares a text with the pattern that follows, by bytes */
    char like_escape;           /* in patterns before '%' and '_', and before itself; 0: "like" is GLOB */
    const char *added;          /* a table of rows added up, of a query, its keys and its sums; NULL: none */
    bool adds_slowly;           /* integers are added up half as quickly as doubles, and texts are grouped on disk */
    bool lists_ranges;          /* many ranges are rows of VALUES: constants of comparisons cost their number squared */
    bool groups_tables;         /* a condition on groups reaches the index of a table only if that is what is grouped */
    bool sorts_by_time;         /* details lie in the order of their times, whatever load they are of */
    const char *lock;           /* after a SELECT: locks its rows; "" where begin has locked all, or reads cannot */
    bool locks_by_writing;      /* a row is locked by writing it */
    const char *view;           /* "CREATE VIEW IF NOT EXISTS" or similar */
    const char *replace_view;   /* "CREATE OR REPLACE VIEW"; NULL: drop it first */
    const char *collation;      /* of texts in tables; NULL: the dialect compares bytes anyway */
    const char *view_collation; /* of texts in views; NULL: that of the tables */
    const char *ledger_join;    /* joins a table to fz_load l, which is read first */
    const char *row_join;       /* joins fz_flow or fz_packet r to fz_load l */
    const char *row_id;         /* definition of the columns that identify a row of fz_flow or fz_packet */
    const char *row_id_last;    /* those that are behind all others, with a leading comma; NULL: none */
    const char *row_id_names;   /* those of them that an insert binds: "load_id, row_no" */
    size_t row_id_count;        /* how many these are */
    fz_generates generates;
    const char *create[FZ_TABLE_COUNT];    /* NULL: "CREATE TABLE IF NOT EXISTS" */
    const char *keys[FZ_TABLE_COUNT];      /* key clauses after the columns, with a leading comma */
    const char *after[FZ_TABLE_COUNT];     /* what follows the closing parenthesis */
    const char *partition[FZ_TABLE_COUNT]; /* what follows that and the collation */
    const char *const *indexes;            /* statements that make more keys, ended by NULL; NULL: none */
};

/* Whether fz_flow and fz_packet have the day of their capture, by which they are partitioned. */
static inline bool fz_dialect_has_day(const fz_dialect *dialect)
{
    return dialect->row_id_count == 3;
}

/* SQLite's fz_flow and fz_packet have one number for (load_id, row_no), so that the table's own B-tree is its only
 * index. */
#define FZ_SCHEMA_ROW_BITS 36

extern const fz_dialect fz_dialect_sqlite;
extern const fz_dialect fz_dialect_mariadb;
extern const fz_dialect fz_dialect_mysql;   /* from 8.0.17 on */
extern const fz_dialect fz_dialect_mysql57; /* before that: every collation ignores trailing blanks */
extern const fz_dialect fz_dialect_singlestore;

#endif
