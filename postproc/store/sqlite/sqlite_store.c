/* The SQLite store: one file, no server.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Journal: a new store has SQLite's rollback journal, not its write-ahead log. A load appends pages, and new pages need
 * no journal: everything is written once, while the log writes it twice (600,000 rows: 198,000 blocks instead of
 * 99,000, and a tenth more time). Only the database file remains, and other users can read it without write permission
 * to it or its folder; a store with a log they cannot read while no process has it open. For readers during a load, put
 * the store into WAL mode: an existing store keeps its mode. If a process dies, the journal remains, and the next one
 * to open the file rolls back. synchronous=FULL: three fsyncs per capture cost little, and a load that was reported
 * survives a power failure. */
#include "schema.h"
#include "sqlite_added.h"
#include "sqlite_shed.h"
#include "sqlite_statement.h"
#include "sqlite_sum.h"
#include "sqlite_upgrade.h"
#include "statement.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A question reads most pages once: a larger cache costs a tenth of its time for memory that it fills. */
enum { CACHE_KIB = 65536, ASKING_CACHE_KIB = 16384, TEMPORARY_CACHE_KIB = 262144 };

#define ROW_MAX ((INT64_C(1) << FZ_SCHEMA_ROW_BITS) - 1)

static fz_sqlite_store *store_of(fz_store *store)
{
    return (fz_sqlite_store *)store;
}

/* `*old`: made by an older program, with other views. */
static bool check_schema(fz_sqlite_store *store, bool *old, GError **error)
{
    sqlite3_stmt *statement = fz_sqlite_prepare(store, FZ_SCHEMA_SELECT_META, NULL);

    if (!statement)
        return fz_schema_check(store->path, 0, 0, NULL, error);
    size_t rows = 0;
    int64_t version = 0;
    g_autofree char *program = NULL;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && rows < 2) {
        rows++;
        version = sqlite3_column_int64(statement, 0);
        g_free(program);
        program = g_strdup((const char *)sqlite3_column_text(statement, 1));
    }
    bool done = code == SQLITE_DONE || code == SQLITE_ROW || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    *old = fz_schema_is_old(program);
    return done && fz_schema_check(store->path, rows, version, program, error);
}

static bool run_all(fz_sqlite_store *store, char **statements, GError **error)
{
    for (char **statement = statements; *statement; statement++) {
        if (!fz_sqlite_run(store, *statement, error))
            return false;
    }
    return true;
}

static bool create_schema(fz_sqlite_store *store, GError **error)
{
    g_auto(GStrv) statements = fz_schema_ddl(&fz_dialect_sqlite);

    return run_all(store, statements, error) && fz_sqlite_insert(store, FZ_TABLE_META, NULL, error);
}

/* Renews the views of an older store, in one transaction: readers see either the old views or the new ones. */
static bool upgrade(fz_sqlite_store *store, GError **error)
{
    g_auto(GStrv) statements = fz_schema_upgrade(&fz_dialect_sqlite);

    if (!fz_sqlite_run(store, "BEGIN IMMEDIATE", error))
        return false;
    bool done = run_all(store, statements, error) && fz_sqlite_run(store, "COMMIT", error);
    if (!done)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

/* The process that created the file may have deleted it again: see take_back_file. */
static bool is_in_place(fz_sqlite_store *store, GError **error)
{
    int moved = 0;

    if (sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: removed while it was being opened", store->path);
    return false;
}

/* Sizes the pages of a new file, and lets a store give space back. Only a database without tables takes these; one that
 * shrinks already is left alone. */
static bool shape_file(fz_sqlite_store *store, GError **error)
{
    int64_t shrinks = 0;

    return fz_sqlite_number(store, "PRAGMA auto_vacuum", NULL, &shrinks, error) &&
           (shrinks != 0 || fz_sqlite_run(store, FZ_SQLITE_SHAPE, error));
}

/* SQLite's DDL is transactional: the schema is created completely or not at all. */
static bool ensure_schema(fz_sqlite_store *store, GError **error)
{
    static const char ours[] = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'fz\\_%' ESCAPE '\\' OR "
                               "name = 'netflow_table'";
    int64_t tables = 0;
    bool old = false;

    if (!fz_sqlite_number(store, ours, NULL, &tables, error))
        return false;
    if (tables > 0)
        return check_schema(store, &old, error) && (!old || upgrade(store, error));
    /* Another load may create it while we wait for the lock: check again once we have it. */
    if (!is_in_place(store, error) || !shape_file(store, error) || !fz_sqlite_run(store, "BEGIN IMMEDIATE", error))
        return false;
    bool done = is_in_place(store, error) && fz_sqlite_number(store, ours, NULL, &tables, error) &&
                (tables > 0 ? check_schema(store, &old, error) : create_schema(store, error)) &&
                fz_sqlite_run(store, "COMMIT", error);
    if (!done)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return done && (!old || upgrade(store, error));
}

/* Deletes the file that SQLite created for us if it is still empty, or has one page, which has no room for a table (for
 * example on a full disk), and if no other load uses it. Takes all of SQLite's locks (its file format, "The Lock-Byte
 * Page"): a process that waits for them then finds that its file has moved. */
static void take_back_file(const char *file)
{
    const int fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
    struct stat ours, there;

    if (fd < 0)
        return;
    if (fcntl(fd, F_SETLK, &all) == 0 && fstat(fd, &ours) == 0 && ours.st_size <= FZ_SQLITE_PAGE_BYTES &&
        stat(file, &there) == 0 && there.st_dev == ours.st_dev && there.st_ino == ours.st_ino)
        (void)unlink(file);
    close(fd);
}

static void close_store(fz_store *base)
{
    fz_sqlite_store *store = store_of(base);

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        sqlite3_finalize(store->insert[table]);
    sqlite3_close(store->db);
    sqlite3_close(store->other);
    fz_sqlite_scratch_free(store->scratch);
    if (store->other_fd > 0)
        close(store->other_fd);
    g_free(store->path);
    g_free(store->description);
    g_free(store->folder);
    g_free(store);
}

const char *fz_store_sqlite_path(const char *address, GError **error)
{
    const char *path = strchr(address, ':') + 1;

    if (*path != '\0' && strcmp(path, ":memory:") != 0)
        return path;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI, "\"%s\": expected %s", address, fz_store_sqlite.address);
    return NULL;
}

/* Journals are beside the file itself, wherever links to it are. */
static char **list_files(const char *address)
{
    static const char *const endings[] = {"", "-wal", "-journal", "-shm"};
    const char *path = fz_store_sqlite_path(address, NULL);
    g_autofree char *real = path ? realpath(path, NULL) : NULL;
    char **files = g_new0(char *, G_N_ELEMENTS(endings) + 1);

    for (size_t i = 0; real && i < G_N_ELEMENTS(endings); i++)
        files[i] = g_strconcat(real, endings[i], NULL);
    return files;
}

static bool check_file(const char *path, GError **error)
{
    struct stat status;

    if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: %s, expected a SQLite database", path,
                S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
    return false;
}

/* SQLite's last error may be of its second attempt, for reading only, so the folder is checked first. */
static bool fail_to_open(fz_sqlite_store *store, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(store->path);
    int fault = 0;

    if (store->store.access != FZ_ACCESS_LOAD && access(folder, F_OK) == 0) /* nothing would be made there */
        return fz_sqlite_fail(store, error);
    if (access(folder, F_OK) != 0 || (access(store->path, F_OK) != 0 && access(folder, W_OK | X_OK) != 0))
        fault = errno;
    if (!fault)
        return fz_sqlite_fail(store, error);
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: the folder %s: %s", store->path, folder,
                g_strerror(fault));
    return false;
}

/* Whether a file says that it has a write-ahead log (SQLite's file format: both versions are 2). */
static bool has_log(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t versions[2] = {0};

    if (fd < 0)
        return false;
    ssize_t got = pread(fd, versions, sizeof versions, 18);
    close(fd);
    return got == (ssize_t)sizeof versions && versions[0] == 2 && versions[1] == 2;
}

/* SQLite reads a log by way of a file beside it, which it makes if nobody else has. */
static bool count_ours(fz_sqlite_store *store, int64_t *tables, GError **error)
{
    g_autoptr(GError) fault = NULL;

    if (fz_sqlite_number(store, "SELECT count(*) FROM sqlite_master WHERE name = 'fz_meta'", NULL, tables, &fault))
        return true;
    const int code = sqlite3_errcode(store->db) & 0xff;
    if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && has_log(store->path))
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT,
                    "%s: has a write-ahead log, which can only be read with write permission to its folder while no "
                    "other program has it open: its owner can give it a journal, \"PRAGMA journal_mode=DELETE\"",
                    store->path);
    else
        g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* Checks the schema of a store that nothing may be created in. */
static bool find_schema(fz_sqlite_store *store, GError **error)
{
    int64_t tables = 0;
    bool old = false;

    if (!count_ours(store, &tables, error))
        return false;
    if (tables == 0) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: has no tables of flowzone: nothing was ever loaded into it", store->path);
        return false;
    }
    const fz_access access_for = store->store.access;
    const bool is_current = fz_access_is_current(access_for);
    if (is_current && !check_schema(store, &old, error))
        return false;
    if (old && access_for == FZ_ACCESS_RETAIN && !upgrade(store, error))
        return false;
    if (!fz_sqlite_number(store, "SELECT max(schema_version) FROM fz_meta", NULL, &store->store.version, error) ||
        (store->store.version < FZ_SCHEMA_IN_PLACE && !fz_sqlite_upgrade_spares(store, error)))
        return false;
    if (access_for == FZ_ACCESS_UPGRADE && store->store.version < FZ_SCHEMA_IN_PLACE)
        return fz_sqlite_upgrade_open(store, error);
    return access_for != FZ_ACCESS_READ || fz_sqlite_run(store, "PRAGMA query_only=ON", error);
}

/* Questions read details once, by their captures. Of a filter "protocol = 6" SQLite would first make an index of all
 * details there are, which takes ten times as long. */
#define NO_OTHER_INDEX "PRAGMA automatic_index=OFF; "

/* What asks may have to sort more than fits into memory, also where it may write no file. */
static bool open_scratch(fz_sqlite_store *store, GError **error)
{
    store->scratch = fz_sqlite_scratch_new();
    if (!store->scratch)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: cannot open temporary files: %s", store->path,
                    g_strerror(errno));
    return store->scratch != NULL;
}

static bool register_functions(sqlite3 *db)
{
    return fz_sqlite_added_register(db) && fz_sqlite_sum_register(db);
}

/* Nobody else has it, and it ends with this process: it waits for no lock and no disk, but a load that fails is rolled
 * back. */
static bool connect_temporary(fz_sqlite_store *store, GError **error)
{
    g_autofree char *settings = g_strdup_printf("PRAGMA page_size=%d; PRAGMA journal_mode=MEMORY; PRAGMA "
                                                "synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; " NO_OTHER_INDEX
                                                "PRAGMA temp_store=FILE; PRAGMA cache_size=-%d",
                                                FZ_SQLITE_PAGE_BYTES, TEMPORARY_CACHE_KIB);

    if (!open_scratch(store, error))
        return false;
    if (sqlite3_open_v2(FZ_SQLITE_SCRATCH_STORE, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        fz_sqlite_scratch_vfs(store->scratch)) != SQLITE_OK)
        return fz_sqlite_fail(store, error);
    sqlite3_extended_result_codes(store->db, 1);
    if (!register_functions(store->db))
        return fz_sqlite_fail(store, error);
    return fz_sqlite_run(store, settings, error) && fz_sqlite_run(store, "BEGIN", error) &&
           create_schema(store, error) && fz_sqlite_run(store, "COMMIT", error);
}

static bool connect_file(fz_sqlite_store *store, GError **error)
{
    const bool loads = store->store.access == FZ_ACCESS_LOAD, asks = store->store.access == FZ_ACCESS_READ;
    /* SQLite counts pages, so their size has to be known. */
    g_autofree char *cache = g_strdup_printf("PRAGMA cache_size=-%d", asks ? ASKING_CACHE_KIB : CACHE_KIB);

    /* With a leading "./", SQLite takes ":name" and "file:name" for names of files. */
    g_autofree char *file = g_path_is_absolute(store->path) ? NULL : g_strconcat("./", store->path, NULL);
    if (asks && !open_scratch(store, error))
        return false;
    if (sqlite3_open_v2(file ? file : store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (loads ? SQLITE_OPEN_CREATE : 0),
                        asks ? fz_sqlite_scratch_vfs(store->scratch) : NULL) != SQLITE_OK)
        return fail_to_open(store, error);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, fz_sqlite_busy, store);
    if (asks && !register_functions(store->db))
        return fz_sqlite_fail(store, error);
    const bool writes = store->store.access != FZ_ACCESS_READ && store->store.access != FZ_ACCESS_LOOK;
    if (writes && sqlite3_db_readonly(store->db, "main") == 1) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: the database is read-only", store->path);
        return false;
    }
    return fz_sqlite_run(store,
                         asks ? NO_OTHER_INDEX "PRAGMA temp_store=FILE"
                              : "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY",
                         error) &&
           (loads ? ensure_schema(store, error) : find_schema(store, error)) && fz_sqlite_run(store, cache, error);
}

static bool prepare_rows(fz_sqlite_store *store, fz_table table, GError **error)
{
    g_autofree char *columns = fz_statement_columns(&fz_dialect_sqlite, table);
    const char *name = fz_tables[table].name;
    /* A row that is refused ends the load, so SQLite need not keep what a statement changes, to undo it alone. */
    g_autofree char *sql = g_strdup_printf("INSERT OR FAIL INTO %s (%s) SELECT * FROM %s_rows", name, columns, name);

    store->rows[table].table = table;
    if (!fz_sqlite_rows_register(store->db, &store->rows[table]))
        return fz_sqlite_fail(store, error);
    store->insert[table] = fz_sqlite_prepare(store, sql, error);
    return store->insert[table] != NULL;
}

static uint64_t find_size_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
}

static bool prepare_loads(fz_sqlite_store *store, GError **error)
{
    return prepare_rows(store, FZ_TABLE_FLOW, error) && prepare_rows(store, FZ_TABLE_PACKET, error);
}

static fz_store *open_temporary(const fz_patience *patience, GError **error)
{
    fz_sqlite_store *store = g_new0(fz_sqlite_store, 1);

    store->store = (fz_store){.ops = &fz_store_sqlite, .access = FZ_ACCESS_TEMPORARY, .patience = *patience};
    store->path = g_strdup("temporary store");
    store->description = g_strdup_printf("SQLite %s, temporary store", sqlite3_libversion());
    if (connect_temporary(store, error) && prepare_loads(store, error))
        return &store->store;
    close_store(&store->store);
    return NULL;
}

static fz_store *open_file(const char *address, fz_access access_for, const fz_patience *patience, GError **error)
{
    const char *path = fz_store_sqlite_path(address, error);

    if (!path || !check_file(path, error))
        return NULL;
    fz_sqlite_store *store = g_new0(fz_sqlite_store, 1);
    store->store = (fz_store){.ops = &fz_store_sqlite, .access = access_for, .patience = *patience};
    store->path = g_strdup(path);
    store->size_limit = find_size_limit();
    const bool makes_file = access_for == FZ_ACCESS_LOAD && access(path, F_OK) != 0;
    store->description = g_strdup_printf("SQLite %s, %s", sqlite3_libversion(), path);
    if (connect_file(store, error) && (access_for != FZ_ACCESS_LOAD || prepare_loads(store, error))) {
        /* If the path is a symbolic link, the journal is next to the file, not next to the link. */
        store->folder = g_path_get_dirname(sqlite3_db_filename(store->db, "main"));
        return &store->store;
    }
    g_autofree char *made = makes_file && store->db ? g_strdup(sqlite3_db_filename(store->db, "main")) : NULL;
    close_store(&store->store);
    if (made)
        take_back_file(made);
    return NULL;
}

static fz_store *open_store(const char *address, fz_access access_for, const fz_patience *patience, GError **error)
{
    return access_for == FZ_ACCESS_TEMPORARY ? open_temporary(patience, error)
                                             : open_file(address, access_for, patience, error);
}

static const char *folder(fz_store *store)
{
    return store_of(store)->folder;
}

static const char *describe(fz_store *store)
{
    return store_of(store)->description;
}

static bool begin(fz_store *base, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    memset(store->inserted, 0, sizeof store->inserted);
    return fz_sqlite_run(store, "BEGIN IMMEDIATE", error);
}

static bool look(fz_store *base, GError **error)
{
    return fz_sqlite_run(store_of(base), "BEGIN", error);
}

static bool find(fz_store *base, const char *identity, fz_loaded *loaded, GError **error)
{
    fz_sqlite_store *store = store_of(base);
    g_autofree char *sql = fz_statement_find(&fz_dialect_sqlite);
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);

    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, identity, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const fz_table_shape *ledger = &fz_tables[FZ_TABLE_LOAD];

        loaded->load_id = sqlite3_column_int64(statement, 0);
        for (size_t i = 0; i < ledger->count; i++) {
            fz_value value = {.number = sqlite3_column_int64(statement, (int)i + 1),
                              .text = (const char *)sqlite3_column_text(statement, (int)i + 1)};

            fz_column_set(&ledger->columns[i], loaded, value);
        }
    }
    bool done = code == SQLITE_ROW || code == SQLITE_DONE || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return done;
}

/* A load's rows in fz_flow have the ids from row_id(load_id, 0) to row_id(load_id, ROW_MAX), those in fz_packet too. */
static int64_t row_id(int64_t load_id, uint64_t row_no)
{
    return (load_id << FZ_SCHEMA_ROW_BITS) + (int64_t)row_no;
}

/* "flow_id BETWEEN ... AND ..." or "packet_id ...": a load's rows. The caller frees. */
static char *rows_of(fz_table table, int64_t load_id)
{
    return g_strdup_printf("%s_id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                           fz_tables[table].name + strlen("fz_"), row_id(load_id, 0), row_id(load_id, ROW_MAX));
}

static bool remove_rows(fz_sqlite_store *store, fz_table table, int64_t load_id, GError **error)
{
    if (fz_table_is_of_rows(table) && !fz_sqlite_check_load(store, load_id, error))
        return false;
    g_autofree char *which =
        fz_table_is_of_rows(table) ? rows_of(table, load_id) : g_strdup_printf("load_id = %" G_GINT64_FORMAT, load_id);
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE %s", fz_tables[table].name, which);

    return fz_sqlite_run(store, sql, error);
}

static bool clear(fz_store *base, int64_t load_id, fz_table table, GError **error)
{
    return remove_rows(store_of(base), table, load_id, error);
}

static bool remove_load(fz_store *base, int64_t load_id, GError **error)
{
    for (fz_table table = FZ_TABLE_COUNT; table-- > 0;)
        if (fz_table_has_loads(table) && !remove_rows(store_of(base), table, load_id, error))
            return false;
    return true;
}

static bool set_file(fz_store *base, int64_t load_id, const fz_load_file *file, GError **error)
{
    g_autofree char *sql = fz_statement_set_file(load_id, file);

    return fz_sqlite_run(store_of(base), sql, error);
}

static bool insert_load(fz_store *base, const fz_load_row *load, int64_t *load_id, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    if (!fz_sqlite_insert(store, FZ_TABLE_LOAD, load, error))
        return false;
    *load_id = sqlite3_last_insert_rowid(store->db);
    return fz_sqlite_check_load(store, *load_id, error);
}

static bool refuse_count(const fz_sqlite_store *store, fz_table table, uint64_t rows, GError **error)
{
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                "%s: %" G_GUINT64_FORMAT " rows were loaded into %s, expected %" G_GUINT64_FORMAT, store->path,
                store->inserted[table], fz_tables[table].name, rows);
    return false;
}

/* Row numbers are unique and start at 1: if the highest one is the number of inserts, every row is there. */
static bool check_rows(fz_sqlite_store *store, fz_table table, int64_t load_id, uint64_t rows, GError **error)
{
    int64_t last = row_id(load_id, 0);
    g_autofree char *which = rows_of(table, load_id);
    g_autofree char *sql = g_strdup_printf("SELECT max(%s_id) FROM %s WHERE %s", fz_tables[table].name + strlen("fz_"),
                                           fz_tables[table].name, which);

    if (!fz_sqlite_number(store, sql, NULL, &last, error))
        return false;
    return (store->inserted[table] == rows && last == row_id(load_id, rows)) || refuse_count(store, table, rows, error);
}

static bool check_counts(fz_sqlite_store *store, int64_t load_id, const fz_load_row *load, uint64_t rows,
                         GError **error)
{
    const uint64_t minutes = load->minutes < 0 ? 0 : (uint64_t)load->minutes;

    return check_rows(store, FZ_TABLE_FLOW, load_id, rows, error) &&
           check_rows(store, FZ_TABLE_PACKET, load_id, load->totals.packets, error) &&
           (store->inserted[FZ_TABLE_MINUTE] == minutes || refuse_count(store, FZ_TABLE_MINUTE, minutes, error));
}

static bool finish_load(fz_store *base, int64_t load_id, const fz_load_row *load, uint64_t rows, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    if (!check_counts(store, load_id, load, rows, error))
        return false;
    g_autofree char *sql = fz_statement_finish(&fz_dialect_sqlite);
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);
    if (!statement)
        return false;
    int bound = fz_sqlite_bind_row(statement, 1, FZ_TABLE_LOAD, load);
    sqlite3_bind_int64(statement, bound + 1, load_id);
    bool done = fz_sqlite_step(store, statement, error);
    if (done && sqlite3_changes(store->db) != 1) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: load %" G_GINT64_FORMAT " is not in the ledger",
                    store->path, load_id);
        done = false;
    }
    sqlite3_finalize(statement);
    return done;
}

/* `select` asks for the number of a zone by its digest. */
static bool find_zone(fz_sqlite_store *store, sqlite3_stmt *select, const fz_zone *zone, uint32_t *id, GError **error)
{
    fz_zone_row row;

    fz_zone_row_init(&row, zone);
    sqlite3_bind_text(select, 1, row.digest, -1, SQLITE_STATIC);
    int code = sqlite3_step(select);
    int64_t found = code == SQLITE_ROW ? sqlite3_column_int64(select, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fz_sqlite_fail(store, error);
    sqlite3_reset(select);
    if (found == 0) {
        if (!fz_sqlite_insert(store, FZ_TABLE_ZONE, &row, error))
            return false;
        found = sqlite3_last_insert_rowid(store->db);
    }
    if (found < 1 || found > UINT32_MAX) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: zone number %" G_GINT64_FORMAT " is not in 1..%u", store->path, found, UINT32_MAX);
        return false;
    }
    *id = (uint32_t)found;
    return true;
}

static bool add_zones(fz_store *base, const fz_zones *zones, uint32_t *ids, GError **error)
{
    fz_sqlite_store *store = store_of(base);
    sqlite3_stmt *select = fz_sqlite_prepare(store, "SELECT zone_id FROM fz_zone WHERE digest = ?", error);
    bool done = select;

    for (uint32_t i = 0; done && i < zones->count; i++)
        done = find_zone(store, select, &zones->rows[i], &ids[i], error);
    sqlite3_finalize(select);
    return done;
}

static bool insert_rows(fz_sqlite_store *store, fz_table table, const fz_sqlite_rows *rows, GError **error)
{
    store->rows[table] = *rows;
    bool done = fz_sqlite_step(store, store->insert[table], error);
    store->rows[table] = (fz_sqlite_rows){.table = table};
    if (done)
        store->inserted[table] += (uint64_t)sqlite3_changes(store->db);
    return done;
}

static bool add_numbered(fz_store *base, fz_table table, int64_t load_id, uint64_t row_no, const void *rows,
                         size_t count, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    if (row_no < 1 || row_no > (uint64_t)ROW_MAX || count > (uint64_t)ROW_MAX - row_no) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                    "%s: a capture can have at most %" G_GINT64_FORMAT " rows", store->path, ROW_MAX);
        return false;
    }
    const fz_sqlite_rows to_insert = {.table = table, .rows = rows, .count = count, .id = row_id(load_id, row_no)};
    return insert_rows(store, table, &to_insert, error);
}

static bool add_rows(fz_store *base, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                     GError **error)
{
    return add_numbered(base, FZ_TABLE_FLOW, load_id, row_no, records, count, error);
}

static bool add_packets(fz_store *base, int64_t load_id, uint64_t row_no, const fz_packet_row *packets, size_t count,
                        GError **error)
{
    return add_numbered(base, FZ_TABLE_PACKET, load_id, row_no, packets, count, error);
}

static bool add_sums(fz_store *base, int64_t load_id, fz_table table, const void *rows, size_t count, GError **error)
{
    fz_sqlite_store *store = store_of(base);
    const fz_sqlite_rows to_insert = {.table = table, .rows = rows, .count = count, .id = load_id};

    return (store->insert[table] || prepare_rows(store, table, error)) && insert_rows(store, table, &to_insert, error);
}

static bool commit(fz_store *base, GError **error)
{
    return fz_sqlite_run(store_of(base), "COMMIT", error);
}

static void rollback(fz_store *base)
{
    fz_sqlite_store *store = store_of(base);

    /* A full disk makes SQLite roll back by itself. */
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool old_begin(fz_store *base, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    if (base->version >= FZ_SCHEMA_IN_PLACE)
        return fz_sqlite_upgrade_enter(store, error);
    return fz_sqlite_upgrade_begin(store, error) && create_schema(store, error);
}

static bool old_end(fz_store *base, GError **error)
{
    fz_sqlite_store *store = store_of(base);

    return base->version >= FZ_SCHEMA_IN_PLACE ? fz_sqlite_upgrade_leave(store, error)
                                               : fz_sqlite_upgrade_end(store, error);
}

static const fz_dialect *dialect(const fz_store *base)
{
    (void)base;
    return &fz_dialect_sqlite;
}

static bool run(fz_store *base, const char *sql, GError **error)
{
    return fz_sqlite_run(store_of(base), sql, error);
}

static bool query(fz_store *base, const char *sql, size_t columns, size_t most, fz_cells_taker take, void *user,
                  GError **error)
{
    fz_sqlite_store *store = store_of(base);
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);
    g_autofree const char **cells = g_new0(const char *, columns);
    int code = SQLITE_DONE;

    if (!statement)
        return false;
    g_assert((size_t)sqlite3_column_count(statement) == columns);
    for (size_t rows = 0; rows < most && (code = sqlite3_step(statement)) == SQLITE_ROW; rows++) {
        for (size_t i = 0; i < columns; i++)
            cells[i] = (const char *)sqlite3_column_text(statement, (int)i);
        take(cells, user);
    }
    bool done = code == SQLITE_DONE || code == SQLITE_ROW || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return done;
}

/* Each function of a column takes the connection's lock, those of a value do not: a process has one thread. */
static fz_datum datum(sqlite3_value *value)
{
    if (sqlite3_value_type(value) != SQLITE_BLOB)
        return (fz_datum){.number = sqlite3_value_int64(value)};
    const uint8_t *bytes = sqlite3_value_blob(value);
    return (fz_datum){.bytes = bytes, .size = (size_t)sqlite3_value_bytes(value)};
}

static bool data(fz_store *base, const char *sql, size_t columns, size_t most, fz_data_taker take, void *user,
                 GError **error)
{
    fz_sqlite_store *store = store_of(base);
    sqlite3_stmt *statement = fz_sqlite_prepare(store, sql, error);
    g_autofree fz_datum *cells = g_new0(fz_datum, columns);
    int code = SQLITE_DONE;

    if (!statement)
        return false;
    g_assert((size_t)sqlite3_column_count(statement) == columns);
    for (size_t rows = 0; rows < most && (code = sqlite3_step(statement)) == SQLITE_ROW; rows++) {
        for (size_t i = 0; i < columns; i++)
            cells[i] = datum(sqlite3_column_value(statement, (int)i));
        take(cells, user);
    }
    bool done = code == SQLITE_DONE || code == SQLITE_ROW || fz_sqlite_fail(store, error);
    sqlite3_finalize(statement);
    return done;
}

static bool hurry(fz_store *base, bool hurried, GError **error)
{
    (void)error;
    store_of(base)->hurried = hurried;
    return true;
}

static bool limit(fz_store *base, unsigned seconds, GError **error)
{
    (void)error;
    fz_stop_heed(NULL);
    fz_sqlite_limit(store_of(base), seconds);
    return true;
}

const fz_store_ops fz_store_sqlite = {
    .scheme = "sqlite",
    .address = "sqlite:PATH",
    .writers = 1,
    .first_us = INT64_C(-9223372036800000000), /* the first whole hour that fits 64 bits */
    .last_us = INT64_MAX,
    .open = open_store,
    .files = list_files,
    .close = close_store,
    .describe = describe,
    .folder = folder,
    .begin = begin,
    .look = look,
    .find = find,
    .set_file = set_file,
    .remove = remove_load,
    .clear = clear,
    .insert_load = insert_load,
    .finish_load = finish_load,
    .zones = add_zones,
    .rows = add_rows,
    .packets = add_packets,
    .add = add_sums,
    .commit = commit,
    .rollback = rollback,
    .dialect = dialect,
    .run = run,
    .query = query,
    .data = data,
    .hurry = hurry,
    .limit = limit,
    .size = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, "
            "pragma_page_size",
    .shed = fz_sqlite_shed,
    .shrink = fz_sqlite_shrink,
    .old_names = FZ_SQLITE_OLD ".fz_",
    .old_begin = old_begin,
    .old_end = old_end,
};
