/* The upgrade of a SQLite store: into a new file beside it, or, of newer ones, in place.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The new file counts for nothing until it is renamed over the older one, so it is written without a journal, and
 * synced once at its end. The older one is only read. A program that waits to write to it finds, when the upgrade is
 * over, that its file was moved: SQLite then refuses (SQLITE_READONLY_DBMOVED). That is so with a rollback journal, so
 * a store with a write-ahead log has none meanwhile. In place it is one transaction. */
#include "sqlite_upgrade.h"

#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *fz_store_sqlite_upgrade_path(const char *path)
{
    return g_strconcat(path, ".upgrade", NULL);
}

static bool fail_file(const char *path, int fault, GError **error)
{
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: %s", path, g_strerror(fault));
    return false;
}

/* SQLite's last error on the new file. */
static bool fail_new(const fz_sqlite_store *store, const char *path, GError **error)
{
    int fault = store->other ? sqlite3_system_errno(store->other) : ENOMEM;

    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: %s", path,
                fault ? g_strerror(fault) : sqlite3_errmsg(store->other));
    return false;
}

static bool attach(fz_sqlite_store *store, const char *path, GError **error)
{
    g_autofree char *uri = g_filename_to_uri(sqlite3_db_filename(store->db, "main"), NULL, error);
    g_autofree char *old = uri ? g_strconcat(uri, "?mode=ro", NULL) : NULL;
    sqlite3_stmt *statement = NULL;

    if (!old)
        return false;
    bool done = sqlite3_prepare_v2(store->other, "ATTACH ? AS " FZ_SQLITE_OLD, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, old, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return done || fail_new(store, path, error);
}

/* The older file's journal: "wal" or another. */
static bool set_journal(fz_sqlite_store *store, const char *sql, char **mode, GError **error)
{
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);

    if (!statement)
        return false;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *mode = g_strdup((const char *)sqlite3_column_text(statement, 0));
    bool done = code == SQLITE_ROW || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return done;
}

/* Only the last connection to a store can do away with its log. */
static bool shed_log(fz_sqlite_store *store, GError **error)
{
    g_autofree char *mode = NULL;
    g_autofree char *then = NULL;

    if (!set_journal(store, "PRAGMA journal_mode", &mode, error))
        return false;
    if (g_strcmp0(mode, "wal") != 0)
        return true;
    if (set_journal(store, "PRAGMA journal_mode=DELETE", &then, NULL) && g_strcmp0(then, "delete") == 0) {
        store->other_logs = true;
        return true;
    }
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY,
                "%s: has a write-ahead log, and other programs have it open; close them first", store->path);
    return false;
}

bool fz_sqlite_upgrade_open(fz_sqlite_store *store, GError **error)
{
    g_autofree char *path = fz_store_sqlite_upgrade_path(sqlite3_db_filename(store->db, "main"));
    struct stat there;

    if (stat(path, &there) != 0 || there.st_size != 0) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: expected an empty file", path);
        return false;
    }
    if (!shed_log(store, error))
        return false;
    if (sqlite3_open_v2(path, &store->other, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return fail_new(store, path, error);
    sqlite3_extended_result_codes(store->other, 1);
    sqlite3_busy_handler(store->other, fz_sqlite_busy, store); /* of a process that is ending */
    store->other_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return (store->other_fd >= 0 || fail_file(path, errno, error)) && attach(store, path, error);
}

/* Finds what a database has beside flowzone's tables and views, and beside what SQLite made itself. */
static char *strangers_sql(void)
{
    GString *sql =
        g_string_new("SELECT type || ' \"' || name || '\"' FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' "
                     "ESCAPE '\\' AND NOT (type = 'view' AND (name = 'netflow_table' OR name LIKE 'fz\\_%' "
                     "ESCAPE '\\')) AND NOT (type = 'table' AND name IN (");

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        g_string_append_printf(sql, "%s'%s'", table ? ", " : "", fz_tables[table].name);
    g_string_append(sql, ")) ORDER BY type DESC, name LIMIT 1");
    return g_string_free(sql, FALSE);
}

bool fz_sqlite_upgrade_spares(fz_sqlite_store *store, GError **error)
{
    g_autofree char *sql = strangers_sql();
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);

    if (!statement)
        return false;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        g_set_error(
            error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
            "%s: has the %s, which is not flowzone's: the new file would not have it; move it into another file, "
            "or drop it and make it again afterwards",
            store->path, (const char *)sqlite3_column_text(statement, 0));
    else if (code != SQLITE_DONE)
        fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

static void swap(fz_sqlite_store *store)
{
    sqlite3 *db = store->db;

    store->db = store->other;
    store->other = db;
}

/* Keeps other programs from writing to the older file, unless it is that no more. */
bool fz_sqlite_upgrade_enter(fz_sqlite_store *store, GError **error)
{
    int moved = 0;
    int64_t version = 0;

    if (!fz_sqlite_run(store, "BEGIN IMMEDIATE", error) ||
        !fz_sqlite_number(store, "SELECT max(schema_version) FROM fz_meta", NULL, &version, error))
        return false;
    if ((sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved) &&
        version == store->store.version)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY, "%s: another program has %s it meanwhile", store->path,
                moved ? "replaced" : "upgraded");
    return false;
}

bool fz_sqlite_upgrade_leave(fz_sqlite_store *store, GError **error)
{
    g_auto(GStrv) statements = fz_schema_upgrade(&fz_dialect_sqlite);

    for (char **statement = statements; *statement; statement++)
        if (!fz_sqlite_run(store, *statement, error))
            return false;
    return fz_sqlite_run(store, "UPDATE fz_meta SET schema_version = " G_STRINGIFY(FZ_SCHEMA_VERSION), error) &&
           fz_sqlite_run(store, "COMMIT", error);
}

bool fz_sqlite_upgrade_begin(fz_sqlite_store *store, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(sqlite3_db_filename(store->db, "main"));

    if (!fz_sqlite_upgrade_enter(store, error))
        return false;
    /* What is too large for memory is sorted in this folder, the only one in which this process can make a file. */
    sqlite3_temp_directory = sqlite3_mprintf("%s", folder);
    swap(store);
    return fz_sqlite_run(store,
                         FZ_SQLITE_SHAPE "; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                                         "PRAGMA temp_store=FILE; PRAGMA cache_size=-262144",
                         error);
}

bool fz_sqlite_upgrade_end(fz_sqlite_store *store, GError **error)
{
    g_autofree char *path = g_strdup(sqlite3_db_filename(store->db, "main"));

    if (!fz_sqlite_run(store, "DETACH " FZ_SQLITE_OLD, error) ||
        !fz_sqlite_run(store, store->other_logs ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE", error))
        return false;
    swap(store);
    int code = sqlite3_close(store->other);
    store->other = NULL;
    if (code == SQLITE_OK)
        return fsync(store->other_fd) == 0 || fail_file(path, errno, error);
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: cannot be closed", path);
    return false;
}
