/* Deletes rows, and gives pages back, in transactions that a load can wait for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sqlite_shed.h"

#include "dialect.h"

#include <string.h>

/* Pages that are given back at once: as many as take between these times. */
enum { PAGES_FIRST = 1000, PAGES_LEAST = 50, PAGES_MOST = 100000, LONG_US = 250000, SHORT_US = 100000 };

/* Runs a statement in a transaction of its own. It does not wait for another program to begin, and not for long to
 * commit: while it waits for readers there, no load can begin. */
static bool transact(fz_sqlite_store *store, const char *sql, GError **error)
{
    const bool hurried = store->hurried;

    store->hurried = true;
    bool done = fz_sqlite_run(store, "BEGIN IMMEDIATE", error) && fz_sqlite_run(store, sql, error) &&
                fz_sqlite_run(store, "COMMIT", error);
    if (!sqlite3_get_autocommit(store->db)) /* a full disk makes SQLite roll back by itself */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->hurried = hurried;
    return done;
}

bool fz_sqlite_shed(fz_store *store, int64_t load_id, fz_table table, uint64_t first_no, uint64_t last_no,
                    GError **error)
{
    const char *name = fz_tables[table].name;

    if (!fz_sqlite_check_load((fz_sqlite_store *)store, load_id, error))
        return false;
    const int64_t before_first = load_id << FZ_SCHEMA_ROW_BITS;
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM %s WHERE %s_id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, name,
                        name + strlen("fz_"), before_first + (int64_t)first_no, before_first + (int64_t)last_no);

    return transact((fz_sqlite_store *)store, sql, error);
}

/* A write-ahead log is written back, so that the file has its new size: unless somebody still reads it. */
static bool write_back(fz_sqlite_store *store, GError **error)
{
    sqlite3_stmt *statement = fz_sqlite_prepare(store, "PRAGMA journal_mode", error);

    if (!statement)
        return false;
    const bool logs =
        sqlite3_step(statement) == SQLITE_ROW && g_strcmp0((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    if (logs && sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK &&
        (sqlite3_errcode(store->db) & 0xff) != SQLITE_BUSY)
        return fz_sqlite_fail(store, error);
    return true;
}

static void adapt(fz_sqlite_store *store, gint64 took_us)
{
    if (took_us > LONG_US)
        store->shrink_pages = MAX(store->shrink_pages / 2, PAGES_LEAST);
    else if (took_us < SHORT_US)
        store->shrink_pages = MIN(store->shrink_pages * 2, PAGES_MOST);
}

bool fz_sqlite_shrink(fz_store *base, bool *more, GError **error)
{
    fz_sqlite_store *store = (fz_sqlite_store *)base;
    int64_t pages = 0, shrinks = 0;

    *more = false;
    if (!fz_sqlite_number(store, "PRAGMA freelist_count", NULL, &pages, error) ||
        !fz_sqlite_number(store, "PRAGMA auto_vacuum", NULL, &shrinks, error))
        return false;
    if (pages == 0)
        return write_back(store, error);
    if (shrinks == 0) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: keeps its size, and new rows go where old ones were: the file was made without auto_vacuum; "
                    "VACUUM makes it smaller, while nobody uses it",
                    store->path);
        return false;
    }
    if (store->shrink_pages == 0)
        store->shrink_pages = PAGES_FIRST;
    g_autofree char *sql = g_strdup_printf("PRAGMA incremental_vacuum(%u)", store->shrink_pages);
    const gint64 begin_us = g_get_monotonic_time();
    if (!transact(store, sql, error))
        return false;
    adapt(store, g_get_monotonic_time() - begin_us);
    *more = true; /* or a log to write back */
    return true;
}
