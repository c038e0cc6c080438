/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MariaDB, MySQL and SingleStore. Rows travel in one of three ways (struct bulk); whichever it is, they are collected
 * into large statements inside the load's one transaction, and what the server took is counted. */
#include "mysql_client.h"
#include "mysql_text.h"
#include "schema.h"

#include <errmsg.h>
#include <errno.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows of one array, and the bytes of one text; a smaller max_allowed_packet makes them smaller. */
enum { ARRAY_ROWS = 32768, TEXT_BYTES = 4 << 20, TEXT_LOAD_BYTES = 16 << 20 };
/* Zones looked up by one statement. */
enum { ZONES_AT_ONCE = 500 };

typedef struct mysql_store mysql_store;

/* A way to send rows: `add` takes one more, `send` sends what was added, as `pending` rows. Where `send` doesn't wait
 * for the answer, `wait` does (NULL: nothing to wait for). */
typedef struct bulk {
    const char *name; /* for people */
    void (*add)(mysql_store *store, int64_t load_id, uint64_t row_no, const fz_record *record);
    bool (*is_full)(const mysql_store *store);
    bool (*send)(mysql_store *store, GError **error);
    bool (*wait)(mysql_store *store, GError **error);
} bulk;

/* A row as the array binding reads it: every parameter is at the same offset in every row. */
typedef struct array_row {
    fz_record record;
    int64_t load_id;
    uint64_t row_no;
    unsigned long addr_bytes;
} array_row;

struct mysql_store {
    fz_store base;
    fz_mysql_uri uri;
    fz_mysql_client *client;
    const fz_dialect *dialect;
    char *description;
    const bulk *bulk;
    size_t packet_bytes; /* the server's max_allowed_packet */
    /* Rows not sent yet, as an array or as text. */
    size_t pending;
    array_row *array;
    size_t array_rows; /* room in `array` */
    MYSQL_STMT *insert;
    unsigned sent; /* rows of the array under way, whose answer is to come; 0: none */
    int awaited;   /* what the client library waits for: MYSQL_WAIT_READ and so on */
    int refused;   /* its result, where it waits for nothing more */
    GString *text;
    /* The transaction under way. */
    int64_t load_id; /* 0: no ledger row in it */
    uint64_t rows;   /* that the server took for it */
    char *identity;  /* of that row */
};

static mysql_store *of(fz_store *store)
{
    return (mysql_store *)(void *)store;
}

/* --- Statements with values --- */

static void append_literal(mysql_store *store, GString *sql, fz_value value)
{
    if (!value.text) {
        g_string_append_printf(sql, "%" G_GINT64_FORMAT, value.number);
        return;
    }
    size_t size = strlen(value.text), old = sql->len + 1;
    g_string_append_c(sql, '\'');
    g_string_set_size(sql, old + 2 * size + 1);
    size = mysql_real_escape_string(store->client->db, sql->str + old, value.text, size);
    g_string_truncate(sql, old + size);
    g_string_append_c(sql, '\'');
}

/* The columns' values of a row, in order; those that the store binds itself stand before or behind them. */
static void append_values(GArray *values, fz_table table, const void *row)
{
    size_t count;
    const fz_column *columns = fz_schema_columns(table, &count);
    for (size_t i = 0; i < count; i++) {
        fz_value value = columns[i].get(row);
        g_array_append_val(values, value);
    }
}

static void append_number(GArray *values, int64_t number)
{
    fz_value value = {.number = number};
    g_array_append_val(values, value);
}

static GArray *new_values(void)
{
    return g_array_new(FALSE, FALSE, sizeof(fz_value));
}

/* Appends `pattern` with each '?' replaced by the next value. */
static void append_filled(mysql_store *store, GString *sql, const char *pattern, const GArray *values)
{
    guint next = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '?' && next < values->len)
            append_literal(store, sql, g_array_index(values, fz_value, next++));
        else
            g_string_append_c(sql, *at);
    }
    g_assert(next == values->len);
}

/* Runs a statement of schema.h with its values. Takes `sql` over. */
static bool run_filled(mysql_store *store, char *sql, const GArray *values, uint64_t *affected, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *pattern = sql;
    append_filled(store, text, pattern, values);
    return fz_mysql_client_run_bytes(store->client, text->str, text->len, affected, error);
}

static bool fail(mysql_store *store, fz_store_error code, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);
static bool fail(mysql_store *store, fz_store_error code, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, FZ_STORE_ERROR, (int)code, "%s: %s", store->client->where, message);
    return false;
}

/* A duplicate key where it doesn't mean a duplicate load. */
static bool not_duplicate(bool good, GError **error)
{
    if (!good && error && *error && (*error)->code == FZ_STORE_ERROR_DUPLICATE)
        (*error)->code = FZ_STORE_ERROR_FAILED;
    return good;
}

static int64_t to_number(const char *text)
{
    return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* --- Rows as an array: libmariadb and MariaDB only --- */

#ifdef MARIADB_BASE_VERSION
static MYSQL_BIND bind_at(array_row *first, size_t offset, enum enum_field_types type, bool is_unsigned)
{
    return (MYSQL_BIND){
        .buffer = (char *)first + offset,
        .buffer_type = type,
        .is_unsigned = is_unsigned,
    };
}

static enum enum_field_types bind_type(size_t size)
{
    return size == 1   ? MYSQL_TYPE_TINY
           : size == 2 ? MYSQL_TYPE_SHORT
           : size == 4 ? MYSQL_TYPE_LONG
                       : MYSQL_TYPE_LONGLONG;
}

static MYSQL_BIND bind_field(array_row *first, const fz_field *field)
{
    size_t offset = offsetof(array_row, record) + field->offset;
    if (field->kind != FZ_FIELD_ADDR)
        return bind_at(first, offset, bind_type(field->size), field->kind != FZ_FIELD_TIME);
    MYSQL_BIND bind = bind_at(first, offset, MYSQL_TYPE_BLOB, false);
    bind.length = &first->addr_bytes;
    return bind;
}

static bool fail_insert(mysql_store *store, GError **error)
{
    return fz_mysql_client_fail(store->client, mysql_stmt_errno(store->insert), mysql_stmt_error(store->insert), error);
}

/* Prepares the INSERT and binds its parameters to the first row; the others follow at ROW_SIZE. */
static bool array_prepare(mysql_store *store, GError **error)
{
    size_t count, row_size = sizeof(array_row);
    const fz_field *const *fields = fz_schema_fields(&count);
    g_autofree char *sql = fz_schema_insert(store->dialect, FZ_TABLE_FLOW);
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, count + 2);
    binds[0] = bind_at(store->array, offsetof(array_row, load_id), MYSQL_TYPE_LONGLONG, false);
    binds[1] = bind_at(store->array, offsetof(array_row, row_no), MYSQL_TYPE_LONGLONG, true);
    for (size_t i = 0; i < count; i++)
        binds[i + 2] = bind_field(store->array, fields[i]);
    store->insert = mysql_stmt_init(store->client->db);
    if (!store->insert)
        return fz_mysql_client_fail(store->client, CR_OUT_OF_MEMORY, "out of memory", error);
    return (mysql_stmt_prepare(store->insert, sql, strlen(sql)) == 0 &&
            mysql_stmt_attr_set(store->insert, STMT_ATTR_ROW_SIZE, &row_size) == 0 &&
            mysql_stmt_bind_param(store->insert, binds) == 0) ||
           fail_insert(store, error);
}

static void array_add(mysql_store *store, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    store->array[store->pending] = (array_row){
        .record = *record,
        .load_id = load_id,
        .row_no = row_no,
        .addr_bytes = fz_family_bits(record->family) / 8,
    };
}

static bool array_is_full(const mysql_store *store)
{
    return store->pending == store->array_rows;
}

/* Waits for what the library waits for, and lets it go on. */
static void array_step(mysql_store *store)
{
    struct pollfd socket = {.fd = mysql_get_socket(store->client->db)};
    int ready = 0, timeout = -1;
    if (store->awaited & MYSQL_WAIT_READ)
        socket.events |= POLLIN;
    if (store->awaited & MYSQL_WAIT_WRITE)
        socket.events |= POLLOUT;
    if (store->awaited & MYSQL_WAIT_EXCEPT)
        socket.events |= POLLPRI;
    if (store->awaited & MYSQL_WAIT_TIMEOUT)
        timeout = (int)mysql_get_timeout_value_ms(store->client->db);
    int count = poll(&socket, 1, timeout);
    if (count < 0 && errno == EINTR)
        return;
    if (count == 0)
        ready = MYSQL_WAIT_TIMEOUT;
    else
        ready = store->awaited & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
    store->awaited = mysql_stmt_execute_cont(&store->refused, store->insert, ready);
}

static bool array_wait(mysql_store *store, GError **error)
{
    unsigned rows = store->sent;
    if (!rows)
        return true;
    while (store->awaited)
        array_step(store);
    store->sent = 0;
    if (store->refused)
        return fail_insert(store, error);
    uint64_t took = mysql_stmt_affected_rows(store->insert);
    unsigned warnings = mysql_warning_count(store->client->db);
    return (took == rows && warnings == 0) ||
           fail(store, FZ_STORE_ERROR_FAILED, error, "of %u rows it took %" G_GUINT64_FORMAT ", with %u warnings", rows,
                took, warnings);
}

/* Hands the array over and doesn't wait until the server is through with it: meanwhile the loader reads on. The library
 * has copied the rows when it has sent them. */
static bool array_send(mysql_store *store, GError **error)
{
    unsigned rows = (unsigned)store->pending;
    if (!array_wait(store, error) || (!store->insert && !array_prepare(store, error)))
        return false;
    if (mysql_stmt_attr_set(store->insert, STMT_ATTR_ARRAY_SIZE, &rows) != 0)
        return fail_insert(store, error);
    store->sent = rows;
    store->awaited = mysql_stmt_execute_start(&store->refused, store->insert);
    while (store->awaited & MYSQL_WAIT_WRITE)
        array_step(store);
    return true;
}

static const bulk bulk_array = {"array binding", array_add, array_is_full, array_send, array_wait};
#else
static const bulk bulk_array = {"array binding", NULL, NULL, NULL, NULL};
#endif

/* The most bytes that a row has in an array's packet: every parameter's length or indicator byte, addresses in full. */
static size_t packet_row_bytes(void)
{
    size_t count;
    (void)fz_schema_fields(&count);
    return sizeof(array_row) + 3 * (count + 2);
}

/* --- Rows as a file for LOAD DATA --- */

static void load_add(mysql_store *store, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    fz_mysql_text_line(store->text, load_id, row_no, record);
}

static bool load_is_full(const mysql_store *store)
{
    return store->text->len >= TEXT_LOAD_BYTES;
}

static bool load_send(mysql_store *store, GError **error)
{
    fz_mysql_client_new_token(store->client);
    /* SingleStore doesn't have the character set; digits are the same in all. */
    const char *charset = store->dialect == &fz_dialect_singlestore ? NULL : "binary";
    g_autofree char *sql = fz_mysql_text_load_data(store->dialect, store->client->token, charset);
    return fz_mysql_client_load_data(store->client, sql, store->text->str, store->text->len, store->pending, error);
}

static const bulk bulk_load = {"LOAD DATA", load_add, load_is_full, load_send, NULL};

/* --- Rows as INSERT: servers that allow no LOCAL --- */

static void insert_add(mysql_store *store, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    if (!store->text->len) {
        g_autofree char *columns = fz_schema_column_list(store->dialect, FZ_TABLE_FLOW);
        g_string_append_printf(store->text, "INSERT INTO %s (%s) VALUES ", fz_schema_table_name(FZ_TABLE_FLOW),
                               columns);
    } else {
        g_string_append_c(store->text, ',');
    }
    fz_mysql_text_tuple(store->text, load_id, row_no, record);
}

static size_t text_limit(const mysql_store *store)
{
    return MIN((size_t)TEXT_BYTES, store->packet_bytes / 2);
}

static bool insert_is_full(const mysql_store *store)
{
    return store->text->len >= text_limit(store);
}

static bool insert_send(mysql_store *store, GError **error)
{
    uint64_t took;
    if (!fz_mysql_client_run_bytes(store->client, store->text->str, store->text->len, &took, error))
        return false;
    return took == store->pending ||
           fail(store, FZ_STORE_ERROR_FAILED, error, "of %" G_GSIZE_FORMAT " rows it took %" G_GUINT64_FORMAT,
                store->pending, took);
}

static const bulk bulk_insert = {"INSERT", insert_add, insert_is_full, insert_send, NULL};

static void forget_pending(mysql_store *store)
{
    store->pending = 0;
    g_string_truncate(store->text, 0);
}

/* Sends the rows that are collected. */
static bool send_rows(mysql_store *store, GError **error)
{
    if (!store->pending)
        return true;
    if (!not_duplicate(store->bulk->send(store, error), error))
        return false;
    store->rows += store->pending;
    forget_pending(store);
    return true;
}

/* Nothing is under way: the connection takes another statement. */
static bool settle(mysql_store *store, GError **error)
{
    return !store->bulk->wait || not_duplicate(store->bulk->wait(store, error), error);
}

/* Everything is sent, and the server has taken it. */
static bool flush(mysql_store *store, GError **error)
{
    return send_rows(store, error) && settle(store, error);
}

/* --- Opening --- */

/* Servers that speak the protocol and don't keep its promises: found by a word in VERSION() or @@version_comment. */
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

/* TiDB before 7.6 commits LOAD DATA by itself, whatever transaction it stands in. */
static bool check_tidb(mysql_store *store, const char *version, GError **error)
{
    const char *at = strstr(version, "tidb-v");
    unsigned major = 0, minor = 0;
    if (!at || (sscanf(at, "tidb-v%u.%u", &major, &minor) == 2 && (major > 7 || (major == 7 && minor >= 6))))
        return true;
    return fail(store, FZ_STORE_ERROR_SCHEMA, error, "TiDB %u.%u commits half a load; 7.6 or newer is needed", major,
                minor);
}

static bool check_impostors(mysql_store *store, const char *version, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(impostors); i++)
        if (strstr(version, impostors[i].word))
            return fail(store, FZ_STORE_ERROR_SCHEMA, error, "%s lacks %s, without which loads aren't exactly once",
                        impostors[i].name, impostors[i].lacks);
    return check_tidb(store, version, error);
}

/* The one row of a query; NULL with `error` set when there is none. The result owns it. */
static MYSQL_ROW only_row(mysql_store *store, MYSQL_RES *result, unsigned columns, GError **error)
{
    MYSQL_ROW row = result && mysql_num_fields(result) >= columns ? mysql_fetch_row(result) : NULL;
    if (result && !row)
        fail(store, FZ_STORE_ERROR_FAILED, error, "a query that answers one row answered none");
    return row;
}

/* An unknown variable only says that this is not SingleStore. */
static bool ask_singlestore(mysql_store *store, char **version, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(store->client, "SELECT @@memsql_version", &fault);
    if (result) {
        MYSQL_ROW row = only_row(store, result, 1, error);
        *version = row ? g_strdup(row[0] ? row[0] : "") : NULL;
        return row;
    }
    if (store->client->db && mysql_errno(store->client->db) == ER_UNKNOWN_SYSTEM_VARIABLE)
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* What kind of server it is: dialect, and name and version for people. */
static bool find_dialect(mysql_store *store, char **name, bool *is_mariadb, GError **error)
{
    g_autofree char *memsql = NULL, *lower = NULL;
    *is_mariadb = false;
    if (!ask_singlestore(store, &memsql, error))
        return false;
    if (memsql) {
        store->dialect = &fz_dialect_singlestore;
        *name = g_strdup_printf("SingleStore %s", memsql);
        return true;
    }
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(store->client, "SELECT VERSION(), @@version_comment", error);
    MYSQL_ROW row = only_row(store, result, 2, error);
    if (!row)
        return false;
    const char *version = row[0] ? row[0] : "", *comment = row[1] ? row[1] : "";
    g_autofree char *both = g_strdup_printf("%s %s", version, comment);
    lower = g_ascii_strdown(both, -1);
    if (!check_impostors(store, lower, error))
        return false;
    store->dialect = &fz_dialect_mysql;
    *is_mariadb = strstr(lower, "mariadb") != NULL;
    int digits = (int)strcspn(version, "-");
    *name = g_strdup_printf("%s %.*s",
                            *is_mariadb             ? "MariaDB"
                            : strstr(lower, "tidb") ? "TiDB"
                                                    : "MySQL",
                            digits, version);
    return true;
}

/* Strict, in UTC, patient, and neither blocked by nor blocking the gaps between other loads' rows. */
static bool set_session(mysql_store *store, GError **error)
{
    g_autofree char *wait =
        g_strdup_printf("SET SESSION innodb_lock_wait_timeout = %u", MAX(fz_store_patience.seconds, 1));
    const char *const singlestore[] = {"SET SESSION sql_mode = 'STRICT_ALL_TABLES'", NULL};
    const char *const others[] = {
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        wait,
        NULL,
    };
    const char *const *statements = store->dialect == &fz_dialect_singlestore ? singlestore : others;
    for (size_t i = 0; statements[i]; i++)
        if (!fz_mysql_client_run(store->client, statements[i], NULL, error))
            return false;
    return true;
}

/* max_allowed_packet, and whether the server takes LOCAL at all. */
static bool ask_limits(mysql_store *store, bool *takes_local, GError **error)
{
    bool is_singlestore = store->dialect == &fz_dialect_singlestore;
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(
        store->client,
        is_singlestore ? "SELECT @@max_allowed_packet, 1" : "SELECT @@max_allowed_packet, @@local_infile", error);
    MYSQL_ROW row = only_row(store, result, 2, error);
    if (!row)
        return false;
    int64_t bytes = to_number(row[0]);
    store->packet_bytes = bytes > 1024 ? (size_t)bytes : 1024;
    *takes_local = to_number(row[1]) != 0;
    return true;
}

static bool choose_bulk(mysql_store *store, bool is_mariadb, bool takes_local, GError **error)
{
    bool takes_arrays = is_mariadb && fz_mysql_client_takes_arrays(store->client);
    switch (store->uri.bulk) {
    case FZ_MYSQL_BULK_ARRAY:
        store->bulk = &bulk_array;
        break;
    case FZ_MYSQL_BULK_LOAD_DATA:
        store->bulk = &bulk_load;
        break;
    case FZ_MYSQL_BULK_INSERT:
        store->bulk = &bulk_insert;
        break;
    default:
        store->bulk = takes_arrays ? &bulk_array : takes_local ? &bulk_load : &bulk_insert;
    }
    if (store->bulk == &bulk_array && !takes_arrays)
        return fail(store, FZ_STORE_ERROR_URI, error, "bulk=array needs MariaDB and its client library");
    if (store->bulk == &bulk_array && !store->array) {
        size_t fit = (store->packet_bytes - 512) / packet_row_bytes();
        store->array_rows = CLAMP(fit, 1, ARRAY_ROWS);
        store->array = g_new(array_row, store->array_rows);
    }
    return true;
}

static void disconnect(mysql_store *store)
{
    if (store->insert)
        mysql_stmt_close(store->insert);
    store->insert = NULL;
    store->sent = 0;
    fz_mysql_client_disconnect(store->client);
}

/* Connects and makes the session. */
static bool connect_session(mysql_store *store, GError **error)
{
    g_autofree char *name = NULL;
    bool is_mariadb, takes_local;
    disconnect(store);
    if (!fz_mysql_client_connect(store->client, error) || !find_dialect(store, &name, &is_mariadb, error) ||
        !set_session(store, error) || !ask_limits(store, &takes_local, error) ||
        !choose_bulk(store, is_mariadb, takes_local, error))
        return false;
    g_free(store->description);
    store->description = g_strdup_printf("%s, %s (%s)", name, store->client->where, store->bulk->name);
    return true;
}

/* How many of our tables are there, and whether all that are can roll back. All of SingleStore's can. */
static bool check_engines(mysql_store *store, unsigned *tables, GError **error)
{
#define OUR_TABLES                                                              \
    " t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' AND " \
    "t.TABLE_NAME IN ('fz_meta', 'fz_load', 'fz_zone', 'fz_flow', 'fz_hour')"
    static const char singlestore[] = "SELECT t.TABLE_NAME, '', 'YES' FROM information_schema.TABLES" OUR_TABLES;
    static const char others[] =
        "SELECT t.TABLE_NAME, t.ENGINE, (SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE e.ENGINE = "
        "t.ENGINE) FROM information_schema.TABLES" OUR_TABLES;
#undef OUR_TABLES
    g_autoptr(MYSQL_RES) result =
        fz_mysql_client_select(store->client, store->dialect == &fz_dialect_singlestore ? singlestore : others, error);
    MYSQL_ROW row;
    if (!result)
        return false;
    for (*tables = 0; (row = mysql_fetch_row(result)); ++*tables)
        if (g_strcmp0(row[2], "YES") != 0)
            return fail(store, FZ_STORE_ERROR_SCHEMA, error,
                        "table %s has engine %s, which has no transactions; ALTER TABLE %s ENGINE=InnoDB mends it",
                        row[0], row[1] ? row[1] : "(none)", row[0]);
    return true;
}

/* The row of fz_meta; two programs may be creating at once, and the key lets one of them win. */
static bool insert_meta(mysql_store *store, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GArray) values = new_values();
    append_values(values, FZ_TABLE_META, NULL);
    if (run_filled(store, fz_schema_insert(store->dialect, FZ_TABLE_META), values, NULL, &fault) ||
        g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE))
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

static bool select_meta(mysql_store *store, size_t *rows, GError **error)
{
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(store->client, FZ_SCHEMA_SELECT_META, error);
    if (!result)
        return false;
    *rows = (size_t)mysql_num_rows(result);
    MYSQL_ROW row = *rows ? mysql_fetch_row(result) : NULL;
    return !row || fz_schema_check(store->client->where, *rows, to_number(row[0]), row[1], error);
}

/* Runs every CREATE, outside any transaction: MySQL commits at each. Views of SingleStore may be there already. */
static bool create_schema(mysql_store *store, GError **error)
{
    g_auto(GStrv) statements = fz_schema_ddl(store->dialect);
    for (size_t i = 0; statements[i]; i++) {
        g_autoptr(GError) fault = NULL;
        if (fz_mysql_client_run(store->client, statements[i], NULL, &fault) ||
            (store->client->db && mysql_errno(store->client->db) == ER_TABLE_EXISTS_ERROR))
            continue;
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    return true;
}

static bool open_schema(mysql_store *store, GError **error)
{
    unsigned tables;
    size_t rows;
    if (!check_engines(store, &tables, error))
        return false;
    if (tables < FZ_TABLE_COUNT && (!create_schema(store, error) || !check_engines(store, &tables, error)))
        return false;
    return select_meta(store, &rows, error) && (rows || insert_meta(store, error));
}

static void mysql_store_close(fz_store *base)
{
    mysql_store *store = of(base);
    disconnect(store);
    fz_mysql_client_free(store->client);
    fz_mysql_uri_clear(&store->uri);
    g_free(store->description);
    g_free(store->array);
    g_free(store->identity);
    g_string_free(store->text, TRUE);
    g_free(store);
}

static fz_store *mysql_store_open(const char *address, GError **error)
{
    fz_mysql_uri uri;
    if (!fz_mysql_uri_parse(address, &uri, error))
        return NULL;
    mysql_store *store = g_new0(mysql_store, 1);
    store->base.ops = &fz_store_mysql;
    store->uri = uri;
    store->client = fz_mysql_client_new(&store->uri);
    store->text = g_string_new(NULL);
    if (connect_session(store, error) && not_duplicate(open_schema(store, error), error))
        return &store->base;
    mysql_store_close(&store->base);
    return NULL;
}

static const char *mysql_store_describe(fz_store *base)
{
    return of(base)->description;
}

/* --- The transaction --- */

static void forget_load(mysql_store *store)
{
    forget_pending(store);
    store->load_id = 0;
    store->rows = 0;
    g_clear_pointer(&store->identity, g_free);
}

/* A store whose connection was lost connects again here, where nothing can be lost any more. */
static bool mysql_store_begin(fz_store *base, GError **error)
{
    mysql_store *store = of(base);
    forget_load(store);
    if (!store->client->db && !connect_session(store, error))
        return false;
    return fz_mysql_client_run(store->client, "START TRANSACTION", NULL, error);
}

static void mysql_store_rollback(fz_store *base)
{
    mysql_store *store = of(base);
    forget_load(store);
    /* Whatever goes wrong here, the server rolls a session back that has hung up. */
    if (store->client->db && (!settle(store, NULL) || mysql_query(store->client->db, "ROLLBACK") != 0))
        disconnect(store);
}

/* After a COMMIT without an answer: the locking read waits until the lost session has committed or rolled back, and
 * then says which. True if it committed; false without an error if it rolled back. */
static bool was_committed(mysql_store *store, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    disconnect(store);
    if (!connect_session(store, error))
        return false;
    g_string_printf(sql,
                    "SELECT load_id FROM fz_load WHERE load_id = %" G_GINT64_FORMAT " AND identity = ", store->load_id);
    append_literal(store, sql, (fz_value){.text = store->identity});
    if (store->dialect != &fz_dialect_singlestore)
        g_string_append(sql, " LOCK IN SHARE MODE");
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(store->client, sql->str, error);
    return result && mysql_num_rows(result) == 1;
}

static bool settle_commit(mysql_store *store, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (store->load_id && was_committed(store, &fault))
        return true;
    if (store->load_id && !fault)
        return fail(store, FZ_STORE_ERROR_LOST, error,
                    "connection lost during COMMIT; the ledger says that nothing was loaded");
    return fail(store, FZ_STORE_ERROR_LOST, error,
                "connection lost during COMMIT, so the load may be there or not: load again, it counts only once%s%s",
                fault ? " -- " : "", fault ? fault->message : "");
}

static bool mysql_store_commit(fz_store *base, GError **error)
{
    mysql_store *store = of(base);
    g_autoptr(GError) fault = NULL;
    bool committed = flush(store, error);
    if (!committed)
        return false;
    committed = fz_mysql_client_run(store->client, "COMMIT", NULL, &fault);
    if (!committed && g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST))
        committed = settle_commit(store, error);
    else if (!committed)
        g_propagate_error(error, g_steal_pointer(&fault));
    if (committed)
        forget_load(store);
    return committed;
}

/* --- The ledger --- */

static bool mysql_store_find(fz_store *base, const char *identity, fz_loaded *loaded, GError **error)
{
    mysql_store *store = of(base);
    size_t count;
    const fz_column *columns = fz_schema_columns(FZ_TABLE_LOAD, &count);
    g_autofree char *pattern = fz_schema_find(store->dialect);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GArray) values = new_values();
    fz_value key = {.text = identity};
    g_array_append_val(values, key);
    append_filled(store, sql, pattern, values);
    g_autoptr(MYSQL_RES) result = settle(store, error) ? fz_mysql_client_select(store->client, sql->str, error) : NULL;
    if (!result)
        return false;
    MYSQL_ROW row = mysql_num_fields(result) == count + 1 ? mysql_fetch_row(result) : NULL;
    loaded->load_id = row ? to_number(row[0]) : 0;
    for (size_t i = 0; row && i < count; i++) {
        const char *text = row[i + 1] ? row[i + 1] : "";
        if (columns[i].set)
            columns[i].set(loaded, (fz_value){.number = to_number(text), .text = text});
    }
    return true;
}

static bool mysql_store_remove(fz_store *base, int64_t load_id, GError **error)
{
    static const fz_table tables[] = {FZ_TABLE_FLOW, FZ_TABLE_HOUR, FZ_TABLE_LOAD};
    mysql_store *store = of(base);
    if (!settle(store, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT,
                                               fz_schema_table_name(tables[i]), load_id);
        if (!fz_mysql_client_run(store->client, sql, NULL, error))
            return false;
    }
    return true;
}

static void remember(mysql_store *store, int64_t load_id, const char *identity)
{
    store->load_id = load_id;
    g_free(store->identity);
    store->identity = g_strdup(identity);
}

static bool mysql_store_insert_load(fz_store *base, const fz_load *load, int64_t *load_id, GError **error)
{
    mysql_store *store = of(base);
    g_autoptr(GArray) values = new_values();
    append_values(values, FZ_TABLE_LOAD, load);
    if (!settle(store, error) ||
        !run_filled(store, fz_schema_insert(store->dialect, FZ_TABLE_LOAD), values, NULL, error))
        return false;
    *load_id = (int64_t)mysql_insert_id(store->client->db);
    if (*load_id <= 0)
        return fail(store, FZ_STORE_ERROR_FAILED, error, "fz_load.load_id is not AUTO_INCREMENT");
    store->rows = 0;
    remember(store, *load_id, load->identity);
    return true;
}

/* SingleStore's ledger is sharded by identity, and a shard key can't be updated: the row is put anew. */
static bool replace_load(mysql_store *store, int64_t load_id, const fz_load *load, uint64_t *affected, GError **error)
{
    g_autoptr(GArray) values = new_values();
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT,
                                           fz_schema_table_name(FZ_TABLE_LOAD), load_id);
    append_number(values, load_id);
    append_values(values, FZ_TABLE_LOAD, load);
    return fz_mysql_client_run(store->client, sql, NULL, error) &&
           run_filled(store, fz_schema_insert_id(store->dialect, FZ_TABLE_LOAD), values, affected, error);
}

static bool update_load(mysql_store *store, int64_t load_id, const fz_load *load, uint64_t *affected, GError **error)
{
    g_autoptr(GArray) values = new_values();
    append_values(values, FZ_TABLE_LOAD, load);
    append_number(values, load_id);
    return run_filled(store, fz_schema_finish(store->dialect), values, affected, error);
}

static bool mysql_store_finish_load(fz_store *base, int64_t load_id, const fz_load *load, uint64_t rows, GError **error)
{
    mysql_store *store = of(base);
    uint64_t affected = 0;
    if (!flush(store, error))
        return false;
    if (store->rows != rows)
        return fail(store, FZ_STORE_ERROR_FAILED, error,
                    "expected %" G_GUINT64_FORMAT " rows of the load, the server took %" G_GUINT64_FORMAT, rows,
                    store->rows);
    bool (*finish)(mysql_store *, int64_t, const fz_load *, uint64_t *, GError **) =
        store->dialect == &fz_dialect_singlestore ? replace_load : update_load;
    if (!finish(store, load_id, load, &affected, error))
        return false;
    remember(store, load_id, load->identity);
    return affected == 1 || fail(store, FZ_STORE_ERROR_FAILED, error, "the ledger row of the load is gone");
}

/* --- Zones and hours --- */

/* "INSERT INTO t (...) VALUES " and "(?, ...)" out of an insert of one row. Both in `sql`, which is cut in two. */
static char *cut_values(char *sql)
{
    char *values = strstr(sql, "VALUES (");
    g_assert(values);
    values += strlen("VALUES");
    *values = '\0';
    return values + 1;
}

/* Runs an insert of many rows and starts it anew. `head` stands before the rows, `tail` behind them. */
static bool run_rows(mysql_store *store, GString *sql, const char *tail, GError **error)
{
    if (!sql->len)
        return true;
    g_string_append(sql, tail);
    bool done = fz_mysql_client_run_bytes(store->client, sql->str, sql->len, NULL, error);
    g_string_truncate(sql, 0);
    return done;
}

static void add_row(mysql_store *store, GString *sql, const char *head, const char *tuple, const GArray *values)
{
    if (sql->len)
        g_string_append_c(sql, ',');
    else
        g_string_append_printf(sql, "%s ", head);
    append_filled(store, sql, tuple, values);
}

/* The ids of those zones that the dictionary has; 0 for the others. */
static bool select_zones(mysql_store *store, const fz_schema_zone *rows, uint32_t count, uint32_t *ids, GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) sql = g_string_new("SELECT digest, zone_id FROM fz_zone WHERE digest IN (");
    for (uint32_t i = 0; i < count; i++)
        g_string_append_printf(sql, "%s'%s'", i ? "," : "", rows[i].digest);
    g_string_append_c(sql, ')');
    g_autoptr(MYSQL_RES) result = fz_mysql_client_select(store->client, sql->str, error);
    MYSQL_ROW row;
    if (!result)
        return false;
    while ((row = mysql_fetch_row(result))) {
        int64_t id = to_number(row[1]);
        if (id <= 0 || id > UINT32_MAX)
            return fail(store, FZ_STORE_ERROR_FAILED, error,
                        "zone id %" G_GINT64_FORMAT
                        " has more than 32 bits; SingleStore hands out such ids where it is "
                        "not the master aggregator that inserts",
                        id);
        if (row[0])
            g_hash_table_insert(found, row[0], GUINT_TO_POINTER((guint)id));
    }
    for (uint32_t i = 0; i < count; i++)
        ids[i] = GPOINTER_TO_UINT(g_hash_table_lookup(found, rows[i].digest));
    return true;
}

static int compare_digests(const void *a, const void *b)
{
    const fz_schema_zone *const *left = a, *const *right = b;
    return strcmp((*left)->digest, (*right)->digest);
}

/* Adds zones that have no id, in the order of their keys: two loads with the same new zones then wait for each other
 * and don't deadlock. Where another was first, its row stays. */
static bool insert_zones(mysql_store *store, const fz_schema_zone *rows, uint32_t count, const uint32_t *ids,
                         GError **error)
{
    g_autofree char *head = fz_schema_insert(store->dialect, FZ_TABLE_ZONE);
    const char *tuple = cut_values(head);
    g_autoptr(GPtrArray) missing = g_ptr_array_new();
    g_autoptr(GString) sql = g_string_new(NULL);
    for (uint32_t i = 0; i < count; i++)
        if (!ids[i])
            g_ptr_array_add(missing, (gpointer)(uintptr_t)&rows[i]);
    g_ptr_array_sort(missing, compare_digests);
    for (guint i = 0; i < missing->len; i++) {
        g_autoptr(GArray) values = new_values();
        append_values(values, FZ_TABLE_ZONE, missing->pdata[i]);
        add_row(store, sql, head, tuple, values);
    }
    return run_rows(store, sql, " ON DUPLICATE KEY UPDATE name = name", error);
}

static bool any_is_zero(const uint32_t *ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!ids[i])
            return true;
    return false;
}

static bool find_zones(mysql_store *store, const fz_schema_zone *rows, uint32_t count, uint32_t *ids, GError **error)
{
    if (!select_zones(store, rows, count, ids, error))
        return false;
    if (!any_is_zero(ids, count))
        return true;
    if (!insert_zones(store, rows, count, ids, error) || !select_zones(store, rows, count, ids, error))
        return false;
    return !any_is_zero(ids, count) || fail(store, FZ_STORE_ERROR_FAILED, error, "the dictionary fz_zone loses rows");
}

static bool mysql_store_zones(fz_store *base, const fz_zones *zones, uint32_t *ids, GError **error)
{
    mysql_store *store = of(base);
    g_autofree fz_schema_zone *rows = g_new(fz_schema_zone, ZONES_AT_ONCE);
    if (!settle(store, error))
        return false;
    for (uint32_t first = 0; first < zones->count; first += ZONES_AT_ONCE) {
        uint32_t count = MIN((uint32_t)ZONES_AT_ONCE, zones->count - first);
        for (uint32_t i = 0; i < count; i++)
            fz_schema_zone_init(&rows[i], &zones->rows[first + i]);
        if (!not_duplicate(find_zones(store, rows, count, ids + first, error), error))
            return false;
    }
    return true;
}

static bool mysql_store_rows(fz_store *base, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                             GError **error)
{
    mysql_store *store = of(base);
    for (size_t i = 0; i < count; i++) {
        store->bulk->add(store, load_id, row_no + i, &records[i]);
        store->pending++;
        if (store->bulk->is_full(store) && !send_rows(store, error))
            return false;
    }
    return true;
}

static bool mysql_store_hours(fz_store *base, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                              GError **error)
{
    mysql_store *store = of(base);
    g_autofree char *head = fz_schema_insert(store->dialect, FZ_TABLE_HOUR);
    const char *tuple = cut_values(head);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GArray) values = new_values();
    if (!settle(store, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        fz_schema_hour row = {.hour = &hours[i], .run = run};
        g_array_set_size(values, 0);
        append_number(values, load_id);
        append_values(values, FZ_TABLE_HOUR, &row);
        add_row(store, sql, head, tuple, values);
        if (sql->len >= text_limit(store) && !not_duplicate(run_rows(store, sql, "", error), error))
            return false;
    }
    return not_duplicate(run_rows(store, sql, "", error), error);
}

const fz_store_ops fz_store_mysql = {
    .scheme = "mysql",
    .address = FZ_MYSQL_URI_FORM,
    .open = mysql_store_open,
    .close = mysql_store_close,
    .describe = mysql_store_describe,
    .begin = mysql_store_begin,
    .find = mysql_store_find,
    .remove = mysql_store_remove,
    .insert_load = mysql_store_insert_load,
    .finish_load = mysql_store_finish_load,
    .zones = mysql_store_zones,
    .rows = mysql_store_rows,
    .hours = mysql_store_hours,
    .commit = mysql_store_commit,
    .rollback = mysql_store_rollback,
};
