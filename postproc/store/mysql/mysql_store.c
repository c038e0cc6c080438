/* MariaDB, MySQL and SingleStore as a store: the transaction, the ledger.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_bulk.h"
#include "mysql_days.h"
#include "mysql_options.h"
#include "mysql_remove.h"
#include "mysql_singlestore.h"
#include "mysql_split.h"
#include "mysql_sql.h"
#include "mysql_upgrade.h"
#include "mysql_zones.h"

#include <signal.h>
#include <string.h>

/* Limits in seconds: to identify a server; to find or create our tables, plus the longest wait for a lock; to end
 * a query. */
enum { MEET_S = 30, SCHEMA_S = 30, FAREWELL_S = 5 };

typedef struct mysql_store {
    fz_store base;
    fz_mysql_uri uri;
    fz_mysql_login login;
    fz_mysql_client *client;
    fz_mysql_client *spare; /* connected; replaces `client` if that connection is lost; NULL: none */
    fz_mysql_server server;
    fz_mysql_bulk *bulk;   /* NULL: not connected */
    fz_mysql_stage stage;  /* of an upgrade */
    unsigned long session; /* the server's number of the connection whose queries are limited; 0: they are not */
    bool hurried;          /* statements do not wait for locks */
    unsigned days_ready;   /* of fz_mysql_days */
    char *description;
    /* The current transaction. */
    bool begun;
    int64_t load_id;  /* 0: no ledger row in it */
    int64_t day;      /* of that load */
    char *identity;   /* of that row */
    uint64_t minutes; /* rows of fz_minute added */
    char *insert;     /* SingleStore: the statement that added it last; NULL: none */
} mysql_store;

static mysql_store *store_of(fz_store *store)
{
    return (mysql_store *)(void *)store;
}

/* For statements in which a duplicate key does not mean a duplicate load. */
static bool not_duplicate(bool good, GError **error)
{
    if (!good && error && *error && (*error)->code == FZ_STORE_ERROR_DUPLICATE)
        (*error)->code = FZ_STORE_ERROR_FAILED;
    return good;
}

/* Waits until the connection can run another statement. */
static bool settle(mysql_store *store, GError **error)
{
    return not_duplicate(fz_mysql_bulk_settle(store->bulk, error), error);
}

static void disconnect(mysql_store *store)
{
    g_clear_pointer(&store->bulk, fz_mysql_bulk_free);
    fz_mysql_client_disconnect(store->client);
}

static bool take_connection(mysql_store *store, GError **error)
{
    if (!store->spare)
        return fz_mysql_client_connect(store->client, error);
    fz_mysql_client_free(store->client);
    store->client = g_steal_pointer(&store->spare);
    return true;
}

static bool make_session(mysql_store *store, GError **error)
{
    if (!take_connection(store, error))
        return false;
    fz_mysql_client_limit(store->client, MEET_S);
    bool met =
        fz_mysql_server_meet(&store->server, store->client, error) &&
        (store->base.access == FZ_ACCESS_LOAD || fz_mysql_server_want_sizes(&store->server, store->client, error));
    fz_mysql_client_limit(store->client, 0);
    if (!met)
        return false;
    store->base.silence_s = store->server.silence_s;
    store->hurried = false;
    store->days_ready = 0;
    store->bulk = fz_mysql_bulk_new(store->client, &store->server, store->uri.bulk, error);
    return store->bulk;
}

/* Leaves the store either connected, with a complete session, or not connected. */
static bool connect_session(mysql_store *store, GError **error)
{
    disconnect(store);
    if (make_session(store, error))
        return true;
    disconnect(store);
    return false;
}

static void close_store(fz_store *base)
{
    mysql_store *store = store_of(base);

    disconnect(store);
    fz_mysql_client_free(store->client);
    fz_mysql_client_free(store->spare);
    fz_mysql_server_clear(&store->server);
    fz_mysql_login_clear(&store->login);
    fz_mysql_uri_clear(&store->uri);
    g_free(store->description);
    g_free(store->identity);
    g_free(store->insert);
    g_free(store);
}

/* Not those that option files name. */
static char **list_files(const char *address)
{
    fz_mysql_uri uri;
    char **files = NULL;

    if (!fz_mysql_uri_parse(address, &uri, NULL))
        return g_new0(char *, 1);
    if (uri.option_file) {
        files = g_new0(char *, 2);
        files[0] = g_strdup(uri.option_file);
    } else {
        files = fz_mysql_options_usual();
    }
    fz_mysql_uri_clear(&uri);
    return files;
}

static fz_store *open_store(const char *address, fz_access access, const fz_patience *patience, GError **error)
{
    fz_mysql_uri uri;

    if (!fz_mysql_uri_parse(address, &uri, error))
        return NULL;
    mysql_store *store = g_new0(mysql_store, 1);
    store->base = (fz_store){.ops = &fz_store_mysql, .access = access, .patience = *patience};
    store->uri = uri;
    store->client = fz_mysql_client_new(&store->uri, &store->login, &store->base.patience);
    store->client->unhurried = access != FZ_ACCESS_LOAD;
    if (fz_mysql_login_read(&store->login, &store->uri, error))
        return &store->base;
    close_store(&store->base);
    return NULL;
}

/* Finds the tables, or makes them; none but an upgrade goes on with one that was interrupted. */
static bool open_schema(mysql_store *store, GError **error)
{
    fz_store *base = &store->base;

    if (base->access == FZ_ACCESS_LOAD)
        return not_duplicate(fz_mysql_server_open_schema(&store->server, store->client, error), error);
    if (!fz_mysql_upgrade_stage(store->client, &store->stage, error))
        return false;
    if (store->stage.begun && fz_access_is_current(base->access))
        return fz_mysql_upgrade_refuse(store->client, error);
    if (!fz_mysql_server_find_schema(&store->server, store->client, base->access, &base->version, error))
        return false;
    if (base->access == FZ_ACCESS_RETAIN && !fz_mysql_server_take_lock(&store->server, store->client, 0, error))
        return false;
    base->resumes = store->stage.begun;
    base->copied = store->stage.copied;
    if (store->stage.from_version)
        base->version = store->stage.from_version;
    return true;
}

static bool connect_store(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    if (!connect_session(store, error))
        return false;
    fz_mysql_client_limit(store->client, SCHEMA_S + base->patience.seconds);
    bool opened = open_schema(store, error);
    fz_mysql_client_limit(store->client, 0);
    return opened;
}

static uint16_t port(const fz_store *base)
{
    const mysql_store *store = (const mysql_store *)(const void *)base;

    return store->uri.unix_socket ? 0 : store->login.port;
}

/* Opens a second connection: to ask the ledger whether a COMMIT whose answer was lost succeeded, and to exchange days.
 * It is prepared as the first one, or the server would end it for its silence. */
static void seal(fz_store *base)
{
    mysql_store *store = store_of(base);

    store->spare = fz_mysql_client_new(&store->uri, &store->login, &store->base.patience);
    bool prepared = fz_mysql_client_connect(store->spare, NULL);
    fz_mysql_client_limit(store->spare, MEET_S);
    prepared = prepared && fz_mysql_server_prepare(&store->server, store->spare, NULL);
    fz_mysql_client_limit(store->spare, 0);
    store->spare->unhurried = store->client->unhurried;
    if (!prepared)
        g_clear_pointer(&store->spare, fz_mysql_client_free);
}

static void forget(fz_store *base)
{
    mysql_store *store = store_of(base);

    fz_mysql_handle_forget(store->client->db);
    if (store->spare)
        fz_mysql_handle_forget(store->spare->db);
    fz_mysql_login_clear(&store->login);
}

static const char *describe(fz_store *base)
{
    mysql_store *store = store_of(base);

    g_free(store->description);
    store->description = g_strdup_printf("%s, %s (%s)", store->server.name, store->client->where,
                                         store->bulk ? fz_mysql_bulk_name(store->bulk) : "not connected");
    return store->description;
}

static void forget_load(mysql_store *store)
{
    if (store->bulk)
        fz_mysql_bulk_forget(store->bulk);
    store->begun = false;
    store->load_id = 0;
    store->minutes = 0;
    g_clear_pointer(&store->identity, g_free);
    g_clear_pointer(&store->insert, g_free);
}

/* If the connection was lost, connects again here, where no transaction can be lost. */
static bool begin(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    forget_load(store);
    if (!store->client->db && !connect_session(store, error))
        return false;
    store->begun = fz_mysql_client_run(store->client, "START TRANSACTION", NULL, error);
    return store->begun;
}

static void rollback(fz_store *base)
{
    mysql_store *store = store_of(base);

    forget_load(store);
    /* Errors here do not matter: the server rolls back a session whose connection is closed. */
    if (store->client->db && (!settle(store, NULL) || !fz_mysql_client_run(store->client, "ROLLBACK", NULL, NULL)))
        disconnect(store);
}

/* After a COMMIT without an answer, or with one that does not say: a locking read waits until the lost session has
 * committed or rolled back. True if it committed; false without an error if it rolled back. */
static bool was_committed(mysql_store *store, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    disconnect(store);
    if (!connect_session(store, error))
        return false;
    if (store->insert)
        return fz_mysql_singlestore_committed(store->client, store->insert, store->identity, store->load_id, error);
    g_string_printf(sql,
                    "SELECT load_id FROM fz_load WHERE load_id = %" G_GINT64_FORMAT " AND identity = ", store->load_id);
    fz_mysql_sql_append(store->client, sql, (fz_value){.text = store->identity});
    g_string_append(sql, " LOCK IN SHARE MODE");
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(store->client, sql->str, 1, 1, error);
    return rows && rows->count == 1;
}

static bool settle_commit(mysql_store *store, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (store->load_id && was_committed(store, &fault))
        return true;
    if (store->load_id && !fault)
        return fz_mysql_client_refuse(store->client, FZ_STORE_ERROR_LOST, error,
                                      "connection lost during COMMIT; the ledger says that nothing was loaded");
    return fz_mysql_client_refuse(store->client, FZ_STORE_ERROR_LOST, error,
                                  "connection lost during COMMIT, so the rows may or may not be in the store: load "
                                  "again, they count only once%s%s",
                                  fault ? " -- " : "", fault ? fault->message : "");
}

static bool commit(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    g_autoptr(GError) fault = NULL;
    bool committed = not_duplicate(fz_mysql_bulk_flush(store->bulk, error), error);
    if (!committed)
        return false;
    committed = fz_mysql_client_run(store->client, "COMMIT", NULL, &fault);
    /* SingleStore may fail to hear of a node that has committed. */
    if (!committed && (store->insert || g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST)))
        committed = settle_commit(store, error);
    else if (!committed)
        g_propagate_error(error, g_steal_pointer(&fault));
    if (committed)
        forget_load(store);
    return committed;
}

/* Sends the rows that wait, and asks for something that all leaves have. */
static bool keep(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);
    g_autofree char *sql =
        g_strdup_printf("SELECT COUNT(*) FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, store->load_id);

    if (!store->begun)
        return true;
    if (!not_duplicate(fz_mysql_bulk_flush(store->bulk, error), error))
        return false;
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(store->client, sql, 1, 1, error);
    return rows != NULL;
}

static bool find(fz_store *base, const char *identity, fz_loaded *loaded, GError **error)
{
    mysql_store *store = store_of(base);
    const fz_table_shape *ledger = &fz_tables[FZ_TABLE_LOAD];
    g_autofree char *pattern = fz_statement_find(store->server.dialect);

    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_value key = {.text = identity};
    fz_mysql_values_add(values, key);
    fz_mysql_sql_fill(store->client, sql, pattern, values);
    g_autoptr(fz_mysql_rows) rows =
        settle(store, error) ? fz_mysql_client_select(store->client, sql->str, ledger->count + 1, 1, error) : NULL;
    if (!rows)
        return false;
    loaded->load_id = rows->count ? fz_mysql_number(fz_mysql_cell(rows, 0, 0)) : 0;
    for (size_t i = 0; rows->count && i < ledger->count; i++) {
        const char *cell = fz_mysql_cell(rows, 0, i + 1), *text = cell ? cell : "";

        fz_column_set(&ledger->columns[i], loaded, (fz_value){.number = fz_mysql_number(text), .text = text});
    }
    return true;
}

static bool set_file(fz_store *base, int64_t load_id, const fz_load_file *file, GError **error)
{
    mysql_store *store = store_of(base);
    g_autofree char *sql = fz_statement_set_file(load_id, file);

    return settle(store, error) && fz_mysql_client_run(store->client, sql, NULL, error);
}

static bool clear(fz_store *base, int64_t load_id, fz_table table, GError **error)
{
    mysql_store *store = store_of(base);

    return settle(store, error) && fz_mysql_remove_rows(&store->server, store->client, table, load_id, error);
}

static bool remove_load(fz_store *base, int64_t load_id, GError **error)
{
    mysql_store *store = store_of(base);

    if (!settle(store, error))
        return false;
    for (fz_table table = FZ_TABLE_COUNT; table-- > 0;)
        if (fz_table_has_loads(table) && !fz_mysql_remove_rows(&store->server, store->client, table, load_id, error))
            return false;
    return true;
}

static void remember(mysql_store *store, int64_t load_id, const char *identity)
{
    store->load_id = load_id;
    g_free(store->identity);
    store->identity = g_strdup(identity);
}

static bool insert_load(fz_store *base, const fz_load_row *load, int64_t *load_id, GError **error)
{
    mysql_store *store = store_of(base);

    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_mysql_values_add_row(values, FZ_TABLE_LOAD, load);
    if (!settle(store, error) ||
        !fz_mysql_sql_run(store->client, fz_statement_insert(store->server.dialect, FZ_TABLE_LOAD), values, NULL,
                          error))
        return false;
    *load_id = (int64_t)mysql_insert_id(store->client->db);
    if (*load_id <= 0)
        return fz_mysql_client_refuse(store->client, FZ_STORE_ERROR_FAILED, error,
                                      "fz_load.load_id is not AUTO_INCREMENT");
    if (fz_mysql_server_is_singlestore(&store->server) &&
        !fz_mysql_singlestore_check_id(store->client, *load_id, error))
        return false;
    fz_mysql_bulk_forget(store->bulk);
    store->minutes = 0;
    store->day = fz_day_of(load->run->first_us);
    remember(store, *load_id, load->identity);
    return true;
}

/* SingleStore's ledger is sharded by identity, and a shard key cannot be updated: replaces the whole row. */
static bool replace_load(mysql_store *store, int64_t load_id, const fz_load_row *load, uint64_t *affected,
                         GError **error)
{
    g_autoptr(GArray) values = fz_mysql_values_new();
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT, fz_tables[FZ_TABLE_LOAD].name, load_id);
    g_autofree char *pattern = fz_statement_insert_id(store->server.dialect, FZ_TABLE_LOAD);
    g_autoptr(GString) insert = g_string_new(NULL);
    fz_mysql_values_add(values, (fz_value){.number = load_id});
    fz_mysql_values_add_row(values, FZ_TABLE_LOAD, load);
    fz_mysql_sql_fill(store->client, insert, pattern, values);
    g_free(store->insert);
    store->insert = g_strdup(insert->str);
    return fz_mysql_client_run(store->client, sql, NULL, error) &&
           fz_mysql_client_run(store->client, store->insert, affected, error);
}

static bool update_load(mysql_store *store, int64_t load_id, const fz_load_row *load, uint64_t *affected,
                        GError **error)
{
    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_mysql_values_add_row(values, FZ_TABLE_LOAD, load);
    fz_mysql_values_add(values, (fz_value){.number = load_id});
    return fz_mysql_sql_run(store->client, fz_statement_finish(store->server.dialect), values, affected, error);
}

static bool check_count(const mysql_store *store, fz_table table, uint64_t expected, uint64_t took, GError **error)
{
    return took == expected ||
           fz_mysql_client_refuse(store->client, FZ_STORE_ERROR_FAILED, error,
                                  "expected %" G_GUINT64_FORMAT " rows of the load in %s, the server took "
                                  "%" G_GUINT64_FORMAT,
                                  expected, fz_tables[table].name, took);
}

static bool finish_load(fz_store *base, int64_t load_id, const fz_load_row *load, uint64_t rows, GError **error)
{
    mysql_store *store = store_of(base);
    uint64_t affected = 0;

    if (!not_duplicate(fz_mysql_bulk_flush(store->bulk, error), error) ||
        !check_count(store, FZ_TABLE_FLOW, rows, fz_mysql_bulk_rows(store->bulk, FZ_TABLE_FLOW), error) ||
        !check_count(store, FZ_TABLE_PACKET, load->totals.packets, fz_mysql_bulk_rows(store->bulk, FZ_TABLE_PACKET),
                     error) ||
        !check_count(store, FZ_TABLE_MINUTE, (uint64_t)MAX(load->minutes, 0), store->minutes, error))
        return false;
    bool (*finish)(mysql_store *, int64_t, const fz_load_row *, uint64_t *, GError **) =
        fz_mysql_server_is_singlestore(&store->server) ? replace_load : update_load;
    if (!finish(store, load_id, load, &affected, error))
        return false;
    remember(store, load_id, load->identity);
    return affected == 1 ||
           fz_mysql_client_refuse(store->client, FZ_STORE_ERROR_FAILED, error, "the ledger row of the load is gone");
}

static bool add_zones(fz_store *base, const fz_zones *zones, uint32_t *ids, GError **error)
{
    mysql_store *store = store_of(base);

    return (store->client->db || connect_session(store, error)) &&
           not_duplicate(fz_mysql_zones_add(&store->server, store->client, zones, ids, error), error);
}

static bool add_numbered(fz_store *base, fz_table table, int64_t load_id, uint64_t row_no, const void *rows,
                         size_t count, GError **error)
{
    mysql_store *store = store_of(base);
    const fz_row_ids ids = {.day = store->day, .load_id = load_id, .row_no = row_no};

    return not_duplicate(fz_mysql_bulk_add(store->bulk, table, ids, rows, count, error), error);
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
    mysql_store *store = store_of(base);

    if (!settle(store, error) ||
        !not_duplicate(fz_mysql_bulk_sums(store->bulk, load_id, table, rows, count, error), error))
        return false;
    store->minutes += table == FZ_TABLE_MINUTE ? count : 0;
    return true;
}

/* Keeps a table as it is until the transaction ends, without reading it. An account that may not read it never asks. */
static bool hold_table(mysql_store *store, fz_table table, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT 1 FROM %s LIMIT 0", fz_tables[table].name);
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(store->client, sql, 1, 0, &fault);

    if (rows || (store->client->db && mysql_errno(store->client->db) == ER_TABLEACCESS_DENIED_ERROR))
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* For FZ_ACCESS_READ all reads of the transaction see the moment of the first; SingleStore has nothing of the kind. A
 * moment before a day of rows was exchanged (mysql_days.h) would be one at which that has no rows, though the ledger
 * shows them: so tables of rows are held before there is any. */
static bool look(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    if (base->access != FZ_ACCESS_READ || fz_mysql_server_is_singlestore(&store->server))
        return begin(base, error);
    return fz_mysql_client_run(store->client, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", NULL, error) &&
           fz_mysql_client_run(store->client, "START TRANSACTION READ ONLY", NULL, error) &&
           hold_table(store, FZ_TABLE_FLOW, error) && hold_table(store, FZ_TABLE_PACKET, error);
}

static const fz_dialect *dialect(const fz_store *base)
{
    return ((const mysql_store *)(const void *)base)->server.dialect;
}

static bool run(fz_store *base, const char *sql, GError **error)
{
    mysql_store *store = store_of(base);

    return not_duplicate(settle(store, error) && fz_mysql_client_run(store->client, sql, NULL, error), error);
}

/* Ends what the server still works on for the connection that was closed: servers notice that only when they send. */
static void kill_session(mysql_store *store)
{
    g_autofree char *sql = g_strdup_printf("KILL CONNECTION %lu", store->session);

    (void)signal(SIGPIPE, SIG_IGN);
    if (store->spare)
        fz_mysql_client_limit(store->spare, FAREWELL_S);
    if (store->spare)
        fz_mysql_client_run(store->spare, sql, NULL, NULL);
    store->session = 0;
}

static bool query(fz_store *base, const char *sql, size_t columns, size_t most, fz_cells_taker take, void *user,
                  GError **error)
{
    mysql_store *store = store_of(base);

    if (settle(store, error) && fz_mysql_client_each(store->client, sql, columns, most, take, user, error))
        return true;
    if (store->session && !store->client->db)
        kill_session(store);
    return false;
}

static bool data(fz_store *base, const char *sql, size_t columns, size_t most, fz_data_taker take, void *user,
                 GError **error)
{
    mysql_store *store = store_of(base);

    if (settle(store, error) && fz_mysql_client_each_data(store->client, sql, columns, most, take, user, error))
        return true;
    if (store->session && !store->client->db)
        kill_session(store);
    return false;
}

static bool limit(fz_store *base, unsigned seconds, GError **error)
{
    mysql_store *store = store_of(base);

    if (!fz_mysql_server_set_limit(&store->server, store->client, seconds, error))
        return false;
    store->session = mysql_thread_id(store->client->db);
    fz_mysql_client_end(store->client, seconds);
    return true;
}

static bool hurry(fz_store *base, bool hurried, GError **error)
{
    mysql_store *store = store_of(base);

    store->hurried = hurried;
    if (!store->client->db && !hurried)
        return true; /* the next session is patient */
    if (!store->client->db && !connect_session(store, error))
        return false;
    return fz_mysql_server_set_patience(&store->server, store->client, hurried ? 1 : base->patience.seconds, error);
}

static bool shed(fz_store *base, int64_t load_id, fz_table table, uint64_t first_no, uint64_t last_no, GError **error)
{
    mysql_store *store = store_of(base);
    const bool was_hurried = store->hurried && store->client->db;

    if (!was_hurried && !hurry(base, true, error))
        return false;
    bool done = settle(store, error) &&
                fz_mysql_remove_window(&store->server, store->client, table, load_id, first_no, last_no, error);
    return (was_hurried || hurry(base, false, done ? error : NULL)) && done;
}

/* What days need of the store. Statements of loads have ended. */
static bool take_days(mysql_store *store, fz_mysql_days *taken, GError **error)
{
    if (!store->client->db && !connect_session(store, error))
        return false;
    *taken = (fz_mysql_days){.server = &store->server,
                             .client = store->client,
                             .spare = store->spare && store->spare->db ? store->spare : NULL,
                             .ready = &store->days_ready};
    return settle(store, error);
}

static bool list_days(fz_store *base, fz_table table, GArray *spans, char **why, GError **error)
{
    fz_mysql_days taken;

    return take_days(store_of(base), &taken, error) &&
           fz_mysql_days_list(&taken, base->access == FZ_ACCESS_RETAIN, table, spans, why, error);
}

static bool drop_day(fz_store *base, fz_table table, const fz_day_span *span, GError **error)
{
    fz_mysql_days taken;

    return take_days(store_of(base), &taken, error) && fz_mysql_days_drop(&taken, table, span, error);
}

static bool make_days(fz_store *base, int64_t today, unsigned ahead, int64_t oldest, bool *full, GError **error)
{
    fz_mysql_days taken;

    return take_days(store_of(base), &taken, error) && fz_mysql_days_make(&taken, today, ahead, oldest, full, error);
}

static const fz_days_ops *days(const fz_store *base)
{
    static const fz_days_ops ops = {.list = list_days, .drop = drop_day, .make = make_days};

    return fz_mysql_days_are_known(&((const mysql_store *)(const void *)base)->server) ? &ops : NULL;
}

static bool old_begin(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    return not_duplicate(fz_mysql_upgrade_begin(&store->server, store->client, &store->stage, base->version, error),
                         error);
}

static bool old_end(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    return fz_mysql_upgrade_end(&store->server, store->client, base->version, error);
}

static bool unsorted(fz_store *base, bool *found, GError **error)
{
    mysql_store *store = store_of(base);

    return fz_mysql_split_due(&store->server, store->client, found, error);
}

static bool sort(fz_store *base, GError **error)
{
    mysql_store *store = store_of(base);

    return fz_mysql_split(&store->server, store->client, error);
}

const fz_store_ops fz_store_mysql = {
    .scheme = "mysql",
    .address = FZ_MYSQL_URI_FORM,
    .first_us = INT64_C(-30610224000000000), /* DATETIME has the years 1000 to 9999 */
    .last_us = INT64_C(253402300799999999),
    .zones_apart = true,
    .open = open_store,
    .files = list_files,
    .connect = connect_store,
    .port = port,
    .close = close_store,
    .describe = describe,
    .seal = seal,
    .forget = forget,
    .begin = begin,
    .look = look, /* reads do not wait for locks */
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
    .keep = keep,
    .commit = commit,
    .rollback = rollback,
    .dialect = dialect,
    .run = run,
    .query = query,
    .data = data,
    .size = "SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
            "TABLE_NAME IN ('fz_meta', 'fz_load', 'fz_zone', 'fz_flow', 'fz_packet', 'fz_minute', 'fz_hour', 'fz_day', "
            "'fz_host', 'fz_host_day', 'fz_name', 'fz_export', 'fz_flow_gone', 'fz_packet_gone')",
    .shed = shed,
    .days = days,
    .old_names = FZ_MYSQL_OLD,
    .old_begin = old_begin,
    .old_end = old_end,
    .unsorted = unsorted,
    .sort = sort,
    .hurry = hurry,
    .limit = limit,
};
