/* A MySQL server's kind, our session with it, and our tables in it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_server.h"

#include "mysql_singlestore.h"
#include "mysql_sql.h"
#include "mysql_upgrade.h"
#include "schema.h"
#include "text.h"
#include "views.h"

#include <string.h>

/* The most characters of a server's version that are shown. */
#define VERSION_SHOWN 60

/* The most rows of fz_meta that are read: one is right, others are only counted for the message. */
enum { META_ROWS_MAX = 100 };

bool fz_mysql_server_is_singlestore(const fz_mysql_server *server)
{
    return server->dialect == &fz_dialect_singlestore;
}

/* Servers that speak the protocol but lack what flowzone needs, known by a word in VERSION() or @@version_comment. */
static const struct {
    const char *word, *name, *lacks;
} impostors[] = {
    {"vitess", "Vitess", "LOAD DATA LOCAL and transactions across shards"},
    {"planetscale", "PlanetScale", "LOAD DATA LOCAL and transactions across shards"},
    {"starrocks", "StarRocks", "transactions of several statements"},
    {"doris", "Apache Doris", "transactions of several statements"},
    {"selectdb", "SelectDB", "transactions of several statements"},
    {"clickhouse", "ClickHouse", "transactions of several statements"},
};

/* TiDB before 7.6 commits LOAD DATA on its own, even inside a transaction. */
static bool check_tidb(const fz_mysql_client *client, const char *version, GError **error)
{
    static const char mark[] = "tidb-v";
    const char *at = strstr(version, mark);

    if (!at)
        return true;
    char *minor_at = NULL;
    uint64_t major = g_ascii_strtoull(at + strlen(mark), &minor_at, 10);
    uint64_t minor = *minor_at == '.' ? g_ascii_strtoull(minor_at + 1, NULL, 10) : 0;
    return major > 7 || (major == 7 && minor >= 6) ||
           fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                  "TiDB %" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT
                                  " commits half a load; 7.6 or newer is needed",
                                  major, minor);
}

static bool check_impostors(const fz_mysql_client *client, const char *version, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(impostors); i++)
        if (strstr(version, impostors[i].word))
            return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                          "%s lacks %s, without which loads aren't exactly once", impostors[i].name,
                                          impostors[i].lacks);
    return check_tidb(client, version, error);
}

/* The only row of a query; NULL with `error` set if there is none. The caller frees. */
static fz_mysql_rows *only_row(fz_mysql_client *client, const char *sql, size_t columns, GError **error)
{
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, columns, 1, error);
    if (!rows || rows->count == 1)
        return g_steal_pointer(&rows);
    fz_mysql_client_refuse(client, FZ_STORE_ERROR_FAILED, error, "a query for one row returned none");
    return NULL;
}

/* A cell of the first row as a text; "" for NULL. */
static const char *text_of(const fz_mysql_rows *rows, size_t column)
{
    const char *cell = fz_mysql_cell(rows, 0, column);

    return cell ? cell : "";
}

/* Only SingleStore has the variable. */
static bool ask_singlestore(fz_mysql_client *client, char **version, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_mysql_rows) row = only_row(client, "SELECT @@memsql_version", 1, &fault);
    if (row) {
        *version = g_strdup(text_of(row, 0));
        return true;
    }
    if (client->db && mysql_errno(client->db) == ER_UNKNOWN_SYSTEM_VARIABLE)
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* If the server lacks the collation that distinguishes all texts, uses one that ignores trailing blanks. The query
 * reads no table, as the session's limits are still the server's. */
static const fz_dialect *choose_dialect(fz_mysql_client *client, const fz_dialect *wanted, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT _utf8mb4'a' COLLATE %s LIMIT 1", wanted->collation);
    g_autoptr(fz_mysql_rows) row = only_row(client, sql, 1, &fault);
    if (row)
        return wanted;
    if (client->db && mysql_errno(client->db) == ER_UNKNOWN_COLLATION)
        return &fz_dialect_mysql57;
    g_propagate_error(error, g_steal_pointer(&fault));
    return NULL;
}

/* Finds the kind of server: dialect, and name and version for people. */
static bool find_dialect(fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    g_autofree char *memsql = NULL;

    if (!ask_singlestore(client, &memsql, error))
        return false;
    if (memsql) {
        server->dialect = &fz_dialect_singlestore;
        client->quotes = true;
        g_autofree char *shown = fz_text_table(memsql);
        server->name = g_strdup_printf("SingleStore %.*s", VERSION_SHOWN, shown);
        return fz_mysql_singlestore_judge(client, memsql, error);
    }
    g_autoptr(fz_mysql_rows) row = only_row(client, "SELECT VERSION(), @@version_comment LIMIT 1", 2, error);
    if (!row)
        return false;
    const char *version = text_of(row, 0);
    g_autofree char *both = g_strdup_printf("%s %s", version, text_of(row, 1)), *lower = g_ascii_strdown(both, -1);
    if (!check_impostors(client, lower, error))
        return false;
    bool is_mariadb = strstr(lower, "mariadb") != NULL;
    server->dialect = choose_dialect(client, is_mariadb ? &fz_dialect_mariadb : &fz_dialect_mysql, error);
    if (!server->dialect)
        return false;
    server->takes_arrays = is_mariadb && fz_mysql_handle_takes_arrays(client->db);
    g_autofree char *digits = g_strndup(version, strcspn(version, "-")), *shown = fz_text_table(digits);
    server->name = g_strdup_printf("%s %.*s",
                                   is_mariadb              ? "MariaDB"
                                   : strstr(lower, "tidb") ? "TiDB"
                                                           : "MySQL",
                                   VERSION_SHOWN, shown);
    return true;
}

/* Variables that all servers but SingleStore have. Values are explicit, so that neither the server's settings nor
 * init_connect or an option file matter. The order matters: setting max_join_size turns sql_big_selects off. */
#define SESSION                                                                                                 \
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, " \
    "completion_type = 0, unique_checks = 1, sql_safe_updates = 0, sql_select_limit = 18446744073709551615, "   \
    "max_join_size = 18446744073709551615, sql_big_selects = 1, lc_messages = 'en_US', "                        \
    "character_set_client = utf8mb4, character_set_results = utf8mb4, "                                         \
    "collation_connection = %s, wait_timeout = 2147483, net_read_timeout = 300, net_write_timeout = 300, "      \
    "innodb_lock_wait_timeout = %u, lock_wait_timeout = %u%s"

/* Variables of one kind of server: limits that would end our statements or transactions. */
static const struct {
    const fz_dialect *dialect;
    const char *variables;
} own_limits[] = {
    {&fz_dialect_mariadb, ", max_statement_time = 0, idle_transaction_timeout = 0, idle_write_transaction_timeout = 0, "
                          "idle_readonly_transaction_timeout = 0"},
    {&fz_dialect_mysql, ", max_execution_time = 0"},
};

/* Makes the server send the file name of LOAD DATA unchanged. From MySQL 8.0 on this needs SESSION_VARIABLES_ADMIN.
 * Without that privilege the server's own character set applies, which changes the name only if it is one of those
 * below. */
static bool set_file_names(fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (fz_mysql_client_run(client, "SET SESSION character_set_filesystem = binary", NULL, &fault))
        return true;
    if (!client->db || mysql_errno(client->db) != ER_SPECIFIC_ACCESS_DENIED_ERROR) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    g_autoptr(fz_mysql_rows) row =
        only_row(client, "SELECT @@character_set_filesystem IN ('ucs2', 'utf16', 'utf16le', 'utf32')", 1, error);
    server->changes_names = row && fz_mysql_number(fz_mysql_cell(row, 0, 0)) != 0;
    return row != NULL;
}

static unsigned clamp_patience(unsigned seconds)
{
    return CLAMP(seconds, 1, 31536000); /* the maximum that all servers accept */
}

bool fz_mysql_server_set_patience(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds,
                                  GError **error)
{
    const unsigned patience_s = clamp_patience(seconds);
    g_autofree char *sql = fz_mysql_server_is_singlestore(server)
                               ? g_strdup_printf("SET SESSION lock_wait_timeout = %u", patience_s)
                               : g_strdup_printf("SET SESSION innodb_lock_wait_timeout = %u, lock_wait_timeout = %u",
                                                 patience_s, patience_s);

    return fz_mysql_client_run(client, sql, NULL, error);
}

bool fz_mysql_server_set_limit(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds, GError **error)
{
    g_autofree char *sql = server->dialect == &fz_dialect_mariadb
                               ? g_strdup_printf("SET SESSION max_statement_time = %u", MIN(seconds, 31536000))
                               : g_strdup_printf("SET SESSION max_execution_time = %u", MIN(seconds, 4000000) * 1000);

    return fz_mysql_server_is_singlestore(server) || fz_mysql_client_run(client, sql, NULL, error);
}

bool fz_mysql_server_prepare(fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    const unsigned patience_s = clamp_patience(client->patience->seconds);
    const char *own = "";

    if (fz_mysql_server_is_singlestore(server)) {
        g_autofree char *wait = g_strdup_printf("SET SESSION lock_wait_timeout = %u", patience_s);

        return fz_mysql_client_run(client, "SET SESSION sql_mode = 'STRICT_ALL_TABLES'", NULL, error) &&
               fz_mysql_client_run(client, wait, NULL, error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(own_limits); i++)
        if (own_limits[i].dialect == server->dialect)
            own = own_limits[i].variables;
    g_autofree char *sql = g_strdup_printf(SESSION, server->dialect->collation, patience_s, patience_s, own);
    return fz_mysql_client_run(client, sql, NULL, error) &&
           fz_mysql_client_run(client, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE", NULL,
                               error) &&
           set_file_names(server, client, error);
}

bool fz_mysql_server_want_sizes(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (server->dialect != &fz_dialect_mysql ||
        fz_mysql_client_run(client, "SET SESSION information_schema_stats_expiry = 0", NULL, &fault) ||
        (client->db && mysql_errno(client->db) == ER_UNKNOWN_SYSTEM_VARIABLE))
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* Reads max_allowed_packet, and whether the server accepts LOCAL. */
static bool ask_limits(fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    bool is_singlestore = fz_mysql_server_is_singlestore(server);

    g_autoptr(fz_mysql_rows) row = only_row(
        client, is_singlestore ? "SELECT @@max_allowed_packet, 1" : "SELECT @@max_allowed_packet, @@local_infile", 2,
        error);
    if (!row)
        return false;
    int64_t bytes = fz_mysql_number(fz_mysql_cell(row, 0, 0));
    server->packet_bytes = bytes > 1024 ? (size_t)bytes : 1024;
    server->takes_local = fz_mysql_number(fz_mysql_cell(row, 0, 1)) != 0;
    return true;
}

void fz_mysql_server_clear(fz_mysql_server *server)
{
    g_free(server->name);
    *server = (fz_mysql_server){0};
}

bool fz_mysql_server_meet(fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    fz_mysql_server_clear(server);
    return find_dialect(server, client, error) && fz_mysql_server_prepare(server, client, error) &&
           ask_limits(server, client, error) &&
           (!fz_mysql_server_is_singlestore(server) || fz_mysql_singlestore_silence(client, &server->silence_s, error));
}

/* "('fz_meta', 'fz_load', ...)" */
static char *table_names(void)
{
    GString *names = g_string_new("(");

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        g_string_append_printf(names, "%s'%s'", table ? ", " : "", fz_tables[table].name);
    g_string_append_c(names, ')');
    return g_string_free(names, FALSE);
}

/* Counts our tables that exist, and fails if one of them cannot roll back. All of SingleStore's can. */
static bool check_engines(const fz_mysql_server *server, fz_mysql_client *client, size_t *tables, GError **error)
{
    static const char others[] = "t.ENGINE, (SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE e.ENGINE = "
                                 "t.ENGINE)";
    g_autofree char *names = table_names();
    g_autofree char *sql = g_strdup_printf(
        "SELECT t.TABLE_NAME, %s FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() "
        "AND t.TABLE_TYPE = 'BASE TABLE' AND (t.TABLE_NAME IN %s OR t.TABLE_NAME = '" FZ_MYSQL_UPGRADE "')",
        fz_mysql_server_is_singlestore(server) ? "'', 'YES'" : others, names);

    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 3, FZ_TABLE_COUNT + 1, error);
    if (!rows)
        return false;
    *tables = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        const char *name = fz_mysql_cell(rows, i, 0), *engine = fz_mysql_cell(rows, i, 1);

        if (g_strcmp0(name, FZ_MYSQL_UPGRADE) == 0)
            return fz_mysql_upgrade_refuse(client, error);
        /* Says that it has transactions, but commits on one node after the other. */
        if (g_strcmp0(engine, "SPIDER") == 0)
            return fz_mysql_client_refuse(
                client, FZ_STORE_ERROR_SCHEMA, error,
                "table %s has engine SPIDER; a node of its that dies during COMMIT would leave "
                "a part of a load",
                name ? name : "(none)");
        if (g_strcmp0(fz_mysql_cell(rows, i, 2), "YES") != 0)
            return fz_mysql_client_refuse(
                client, FZ_STORE_ERROR_SCHEMA, error,
                "table %s has engine %s, which has no transactions; fix it with ALTER TABLE %s ENGINE=InnoDB",
                name ? name : "(none)", engine ? engine : "(none)", name ? name : "(none)");
    }
    return true;
}

/* Inserts the row of fz_meta. Two programs may try at once: the key lets only one of them insert it. */
static bool insert_meta(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_mysql_values_add_row(values, FZ_TABLE_META, NULL);
    if (fz_mysql_sql_run(client, fz_statement_insert(server->dialect, FZ_TABLE_META), values, NULL, &fault) ||
        g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE))
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* `*old`: made by an older program, with other views. */
static bool select_meta(fz_mysql_client *client, size_t *rows, bool *old, GError **error)
{
    g_autoptr(fz_mysql_rows) meta = fz_mysql_client_select(client, FZ_SCHEMA_SELECT_META, 2, META_ROWS_MAX, error);
    if (!meta)
        return false;
    int64_t version = meta->count ? fz_mysql_number(fz_mysql_cell(meta, 0, 0)) : 0;
    *rows = meta->count;
    *old = *rows > 0 && fz_schema_is_old(fz_mysql_cell(meta, 0, 1));
    return *rows == 0 || fz_schema_check(client->where, *rows, version, fz_mysql_cell(meta, 0, 1), error);
}

/* Whether another flowzone, whose schema had fewer tables, made a store here. */
static bool check_older(fz_mysql_client *client, GError **error)
{
    size_t rows;
    bool old;

    g_autoptr(fz_mysql_rows) found = fz_mysql_client_select(
        client, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'fz_meta'", 1,
        1, error);
    return found && (found->count == 0 || select_meta(client, &rows, &old, error));
}

/* Renews the views of an older store as far as the account's privileges allow. A refusal is only reported: the columns
 * are the same. SingleStore's views cannot be replaced in one step, and need not be. */
static bool upgrade(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_auto(GStrv) statements = fz_schema_upgrade(server->dialect);
    /* The last statement records the upgrade: it runs only if all others succeeded. */
    for (size_t i = 0; server->dialect->replace_view && statements[i] && (!fault || statements[i + 1]); i++)
        if (!fz_mysql_client_run(client, statements[i], NULL, fault ? NULL : &fault) &&
            (!client->db || fz_mysql_code_is_lost(mysql_errno(client->db))))
            break;
    if (fault && (!client->db || fz_mysql_code_is_lost(mysql_errno(client->db)))) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    if (fault && client->patience->tell) {
        g_autofree char *message = g_strdup_printf(
            "%s; views made by an older flowzone may stay in use until one load by an account with ALTER, "
            "CREATE VIEW and DROP on the database renews them",
            fault->message);

        client->patience->tell(message);
    }
    return true;
}

/* Fails if a table, perhaps a user's, has the name of one of our views. */
static bool check_names(fz_mysql_client *client, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                                          "DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME IN (");
    for (size_t i = 0; i < fz_view_count; i++)
        g_string_append_printf(sql, "%s'%s'", i ? ", " : "", fz_views[i].name);
    g_string_append_c(sql, ')');
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql->str, 1, fz_view_count, error);
    if (rows && rows->count > 0)
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                      "table %s has the name of a view that flowzone needs; rename it",
                                      text_of(rows, 0));
    return rows;
}

bool fz_mysql_server_has(fz_mysql_client *client, const char *list, const char *name, bool *has, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT COUNT(*) FROM information_schema.%s WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s'", list, name);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 1, 1, error);

    *has = rows && rows->count == 1 && fz_mysql_number(fz_mysql_cell(rows, 0, 0)) > 0;
    return rows != NULL;
}

bool fz_mysql_server_take_lock(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds, GError **error)
{
    if (fz_mysql_server_is_singlestore(server)) /* has no such locks */
        return true;
    g_autofree char *sql =
        g_strdup_printf("SELECT GET_LOCK(CONCAT('flowzone ', LEFT(SHA2(DATABASE(), 256), 40)), %u)", seconds);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 1, 1, error);

    if (!rows || (rows->count == 1 && fz_mysql_number(fz_mysql_cell(rows, 0, 0)) == 1))
        return rows != NULL;
    return fz_mysql_client_refuse(client, FZ_STORE_ERROR_BUSY, error,
                                  "another \"flowzone retain\" or \"flowzone upgrade\" of it is running");
}

/* Runs one CREATE; what it makes may be there. With which number SingleStore refuses a view that is, nobody has
 * documented: so it is looked for, and once more behind another program that was faster. `view` is NULL for tables. */
static bool create_one(const fz_mysql_server *server, fz_mysql_client *client, const char *statement, const char *view,
                       GError **error)
{
    const bool looks = view && fz_mysql_server_is_singlestore(server);
    bool there = false;

    g_autoptr(GError) fault = NULL;
    if (looks && !fz_mysql_server_has(client, "VIEWS", view, &there, error))
        return false;
    if (there || fz_mysql_client_run(client, statement, NULL, &fault) ||
        (client->db && mysql_errno(client->db) == ER_TABLE_EXISTS_ERROR))
        return true;
    if (looks && client->db && fz_mysql_server_has(client, "VIEWS", view, &there, NULL) && there)
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

bool fz_mysql_server_create(const fz_mysql_server *server, fz_mysql_client *client, fz_mysql_part part, GError **error)
{
    g_auto(GStrv) statements = fz_schema_ddl(server->dialect);
    const size_t count = g_strv_length(statements), views = count - fz_view_count; /* they come last */

    for (size_t i = part == FZ_MYSQL_VIEWS ? views : 0; i < (part == FZ_MYSQL_VIEWS ? count : views); i++)
        if (!create_one(server, client, statements[i], i < views ? NULL : fz_views[i - views].name, error))
            return false;
    return true;
}

bool fz_mysql_server_open_schema(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    size_t tables, rows = 0;
    bool old = false;

    if (fz_mysql_server_is_singlestore(server))
        fz_mysql_singlestore_tell(client);
    if (!client->db)
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_LOST, error, "connection lost");
    if (!check_engines(server, client, &tables, error) ||
        (tables == FZ_TABLE_COUNT && !select_meta(client, &rows, &old, error)))
        return false;
    if (rows)
        return !old || upgrade(server, client, error);
    /* The row of fz_meta is inserted last: without it the schema may be incomplete, for example for lack of a
     * privilege. */
    return check_older(client, error) && check_names(client, error) &&
           fz_mysql_server_create(server, client, FZ_MYSQL_TABLES, error) &&
           fz_mysql_server_create(server, client, FZ_MYSQL_VIEWS, error) &&
           check_engines(server, client, &tables, error) && select_meta(client, &rows, &old, error) &&
           (rows || insert_meta(server, client, error));
}

bool fz_mysql_server_find_schema(const fz_mysql_server *server, fz_mysql_client *client, fz_access access,
                                 int64_t *version, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_mysql_rows) meta = fz_mysql_client_select(client, FZ_SCHEMA_SELECT_META, 2, META_ROWS_MAX, &fault);

    if (!meta && client->db && mysql_errno(client->db) == ER_NO_SUCH_TABLE)
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                      "has no tables of flowzone: nothing was ever loaded into it");
    if (!meta) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    *version = 0;
    for (size_t i = 0; i < meta->count; i++)
        *version = MAX(*version, fz_mysql_number(fz_mysql_cell(meta, i, 0)));
    const char *program = meta->count ? fz_mysql_cell(meta, 0, 1) : NULL;
    if (fz_access_is_current(access) && !fz_schema_check(client->where, meta->count, *version, program, error))
        return false;
    return access != FZ_ACCESS_RETAIN || !fz_schema_is_old(program) || upgrade(server, client, error);
}
