/* Statements on one SQLite file: how they run, wait for a lock and fail.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_STATEMENT_H
#define FZ_SQLITE_STATEMENT_H

#include "columns.h"
#include "sqlite_rows.h"
#include "sqlite_scratch.h"

/* Pages of a new file: with twice the bytes that are usual in SQLite a load needs a tenth less time. */
#define FZ_SQLITE_PAGE_BYTES 8192

/* What a new file begins with: its pages can be given back. */
#define FZ_SQLITE_SHAPE "PRAGMA page_size=" G_STRINGIFY(FZ_SQLITE_PAGE_BYTES) "; PRAGMA auto_vacuum=INCREMENTAL"

typedef struct fz_sqlite_store {
    fz_store store;
    sqlite3 *db;
    sqlite3 *other;             /* in an upgrade: the new file, then the older one, whose lock it keeps; NULL: none */
    int other_fd;               /* the new file, to sync it; 0: none */
    bool other_logs;            /* the older one had a write-ahead log */
    fz_sqlite_scratch *scratch; /* temporary files; NULL: none */
    char *path, *description, *folder;
    sqlite3_stmt *insert[FZ_TABLE_COUNT]; /* NULL until needed */
    fz_sqlite_rows rows[FZ_TABLE_COUNT];  /* what they insert */
    uint64_t inserted[FZ_TABLE_COUNT];    /* rows since begin */
    uint64_t size_limit;                  /* of a file, in bytes; 0: none */
    gint64 waiting_us;                    /* waiting for a lock since then; 0: not waiting */
    bool told, gave_up;
    bool hurried;          /* does not wait to begin a transaction */
    unsigned shrink_pages; /* what sqlite_shed.c gives back next; 0: nothing yet */
    bool heeds;            /* ends when this process is told to */
    gint64 ends_us;        /* queries end by then; 0: they may take any time */
    unsigned ends_s;       /* that time when it was given */
} fz_sqlite_store;

/* Sets `error` from SQLite's last error, in one line that names the file. Returns false. */
bool fz_sqlite_fail(fz_sqlite_store *store, GError **error);

/* Refuses numbers of loads whose rows would have those of another load. */
bool fz_sqlite_check_load(const fz_sqlite_store *store, int64_t load_id, GError **error);

/* For sqlite3_busy_handler, with the store: called while another program holds a lock; 0 ends the wait. */
int fz_sqlite_busy(void *user, int calls);

/* Ends statements after `seconds` from now, 0: any time, or when this process is told to end. */
void fz_sqlite_limit(fz_sqlite_store *store, unsigned seconds);

/* Runs statements that return no rows. */
bool fz_sqlite_run(fz_sqlite_store *store, const char *sql, GError **error);

/* Prepares a statement. The caller frees with sqlite3_finalize. NULL with an error. */
sqlite3_stmt *fz_sqlite_prepare(fz_sqlite_store *store, const char *sql, GError **error);

/* Runs a statement that returns one integer, or none (`*value` is unchanged); `argument` is bound if the statement has
 * a parameter. */
bool fz_sqlite_number(fz_sqlite_store *store, const char *sql, const char *argument, int64_t *value, GError **error);

/* Binds a row's columns from parameter `at` on, and returns how many there were. */
int fz_sqlite_bind_row(sqlite3_stmt *statement, int at, fz_table table, const void *row);

/* Steps a statement that returns no rows, and makes it ready for the next insert. */
bool fz_sqlite_step(fz_sqlite_store *store, sqlite3_stmt *statement, GError **error);

/* Inserts one row of a table, with a statement prepared for it alone. */
bool fz_sqlite_insert(fz_sqlite_store *store, fz_table table, const void *row, GError **error);

#endif
