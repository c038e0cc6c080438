/* Statements on one SQLite file: how they run, wait for a lock and fail.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sqlite_statement.h"

#include "statement.h"
#include "stop.h"

/* STEPS of a statement take about a millisecond. Retention waits COMMIT_MS for readers: no load can begin meanwhile. */
enum { TELL_AFTER_MS = 1000, POLL_US = 20000, STEPS = 20000, COMMIT_MS = 200 };

/* A question's files are full: those that it was given, or those that it sorts in. */
static void fail_full(const fz_sqlite_store *store, fz_store_error kind, GError **error)
{
    g_autofree char *why = store->scratch ? fz_sqlite_scratch_why(store->scratch) : NULL;

    if (!store->scratch)
        g_set_error(error, FZ_STORE_ERROR, kind, "%s: no space left on the disk", store->path);
    else if (store->store.access == FZ_ACCESS_TEMPORARY)
        g_set_error(error, FZ_STORE_ERROR, kind,
                    "%s: is full: %s; load into a store with \"flowzone scan --to\", and ask that, or set TMPDIR to a "
                    "folder with more space",
                    store->path, why);
    else
        g_set_error(error, FZ_STORE_ERROR, kind,
                    "%s: temporary files are full: %s; ask for less at a time, or set TMPDIR to a folder with more "
                    "space",
                    store->path, why);
}

static int must_end(void *user)
{
    const fz_sqlite_store *store = user;

    return (store->ends_us && g_get_monotonic_time() >= store->ends_us) || (store->heeds && fz_stop_is_told());
}

void fz_sqlite_limit(fz_sqlite_store *store, unsigned seconds)
{
    store->heeds = true;
    store->ends_s = seconds;
    store->ends_us = seconds ? g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC : 0;
    sqlite3_progress_handler(store->db, STEPS, must_end, store);
}

static void fail_ended(const fz_sqlite_store *store, GError **error)
{
    if (fz_stop_is_told())
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_ENDED, "%s: interrupted", store->path);
    else
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_ENDED, "%s: ended after %u s (--limit)", store->path,
                    store->ends_s);
}

bool fz_sqlite_fail(fz_sqlite_store *store, GError **error)
{
    int code = sqlite3_extended_errcode(store->db), errno_there = sqlite3_system_errno(store->db);
    fz_store_error kind = FZ_STORE_ERROR_FAILED;

    if (code == SQLITE_CONSTRAINT_UNIQUE)
        kind = FZ_STORE_ERROR_DUPLICATE;
    /* At COMMIT, SQLite does not keep the errno of a failed write. */
    if (code == SQLITE_IOERR_WRITE && store->size_limit > 0) {
        g_set_error(error, FZ_STORE_ERROR, kind, "%s: a file may have %" G_GUINT64_FORMAT " bytes at most (ulimit -f)",
                    store->path, store->size_limit);
        return false;
    }
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        fail_ended(store, error);
        break;
    case SQLITE_NOTADB:
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA, "%s: not a SQLite database", store->path);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        if (must_end(store))
            fail_ended(store, error);
        else if (store->hurried)
            g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY, "%s: locked by another program", store->path);
        else if (store->gave_up)
            g_set_error(error, FZ_STORE_ERROR, kind, "%s: locked by another program for %u s; gave up", store->path,
                        store->store.patience.seconds);
        else
            g_set_error(error, FZ_STORE_ERROR, kind, "%s: %s", store->path, sqlite3_errmsg(store->db));
        break;
    case SQLITE_FULL:
        fail_full(store, kind, error);
        break;
    case SQLITE_NOMEM:
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_MEMORY, "%s: out of memory", store->path);
        break;
    case SQLITE_READONLY:
        g_set_error(error, FZ_STORE_ERROR, kind, "%s: the database or its folder is read-only", store->path);
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        kind = (code & 0xff) == SQLITE_CANTOPEN ? FZ_STORE_ERROR_CONNECT : kind;
        g_set_error(error, FZ_STORE_ERROR, kind, "%s: %s", store->path,
                    errno_there ? g_strerror(errno_there) : sqlite3_errmsg(store->db));
        break;
    default:
        g_set_error(error, FZ_STORE_ERROR, kind, "%s: %s", store->path, sqlite3_errmsg(store->db));
    }
    return false;
}

/* Measures the time itself: the number of calls does not tell it. */
int fz_sqlite_busy(void *user, int calls)
{
    fz_sqlite_store *store = user;
    gint64 now_us = g_get_monotonic_time();

    if ((store->hurried && sqlite3_get_autocommit(store->db)) || must_end(store))
        return 0;
    if (calls == 0) {
        store->waiting_us = now_us;
        store->told = false;
        store->gave_up = false;
    }
    gint64 waited_ms = (now_us - store->waiting_us) / 1000;
    if (store->hurried && store->store.access == FZ_ACCESS_RETAIN && waited_ms >= COMMIT_MS)
        return 0;
    store->gave_up = waited_ms >= (gint64)store->store.patience.seconds * 1000;
    if (store->gave_up)
        return 0;
    if (waited_ms >= TELL_AFTER_MS && !store->told && store->store.patience.tell) {
        g_autofree char *message = g_strdup_printf("%s is locked by another program: waiting for up to %u s",
                                                   store->path, store->store.patience.seconds);

        store->store.patience.tell(message);
        store->told = true;
    }
    g_usleep(POLL_US);
    return 1;
}

bool fz_sqlite_run(fz_sqlite_store *store, const char *sql, GError **error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || fz_sqlite_fail(store, error);
}

sqlite3_stmt *fz_sqlite_prepare(fz_sqlite_store *store, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fz_sqlite_fail(store, error);
    return statement;
}

bool fz_sqlite_number(fz_sqlite_store *store, const char *sql, const char *argument, int64_t *value, GError **error)
{
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);

    if (!statement)
        return false;
    if (argument)
        sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(statement, 0);
    bool done = code == SQLITE_ROW || code == SQLITE_DONE || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return done;
}

static void bind_value(sqlite3_stmt *statement, int at, const fz_column *column, const void *row)
{
    fz_value value = fz_column_get(column, row);

    if (value.text)
        sqlite3_bind_text(statement, at, value.text, -1, SQLITE_STATIC);
    else if (value.bytes)
        sqlite3_bind_blob(statement, at, value.bytes, value.size, SQLITE_STATIC);
    else
        sqlite3_bind_int64(statement, at, value.number);
}

int fz_sqlite_bind_row(sqlite3_stmt *statement, int at, fz_table table, const void *row)
{
    for (size_t i = 0; i < fz_tables[table].count; i++)
        bind_value(statement, at + (int)i, &fz_tables[table].columns[i], row);
    return (int)fz_tables[table].count;
}

bool fz_sqlite_step(fz_sqlite_store *store, sqlite3_stmt *statement, GError **error)
{
    if (sqlite3_step(statement) == SQLITE_DONE) {
        sqlite3_reset(statement);
        return true;
    }
    fz_sqlite_fail(store, error);
    sqlite3_reset(statement);
    return false;
}

bool fz_sqlite_insert(fz_sqlite_store *store, fz_table table, const void *row, GError **error)
{
    g_autofree char *sql = fz_statement_insert(&fz_dialect_sqlite, table);
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);

    if (!statement)
        return false;
    fz_sqlite_bind_row(statement, 1, table, row);
    bool done = fz_sqlite_step(store, statement, error);
    sqlite3_finalize(statement);
    return done;
}

#define LOAD_MAX ((INT64_C(1) << (63 - FZ_SCHEMA_ROW_BITS)) - 1)

bool fz_sqlite_check_load(const fz_sqlite_store *store, int64_t load_id, GError **error)
{
    if (load_id >= 1 && load_id <= LOAD_MAX)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                "%s: load number %" G_GINT64_FORMAT " is not in 1..%" G_GINT64_FORMAT, store->path, load_id, LOAD_MAX);
    return false;
}
