/* A connection to a MySQL server: statements, results, and what errors mean.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_client.h"

#include "mysql_text.h"
#include "mysql_watch.h"
#include "stop.h"
#include "text.h"

#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

/* Server errors that not every client library's header has. */
enum {
    KILLED_MARIADB = 1927,  /* ER_CONNECTION_KILLED */
    KILLED_MYSQL = 3169,    /* ER_SESSION_WAS_KILLED */
    IDLE_MYSQL = 4031,      /* ER_CLIENT_INTERACTION_TIMEOUT */
    TIMEOUT_MARIADB = 1969, /* ER_STATEMENT_TIMEOUT */
    TIMEOUT_MYSQL = 3024,   /* ER_QUERY_TIMEOUT */
    LOCAL_DISABLED = 3948,  /* ER_CLIENT_LOCAL_FILES_DISABLED */
    LOGS_STATEMENTS = 1665, /* ER_BINLOG_STMT_MODE_AND_ROW_ENGINE */
};

/* Limits in seconds: for one address of a server; for connecting and authenticating; for an answer, to which the
 * longest wait for a lock is added; for closing. For what is sent, time at SLOWEST bytes per second is added. */
static const unsigned address_s = 20;
enum { CONNECT_S = 30, ANSWER_S = 300, UNHURRIED_S = 86400, CLOSE_S = 5, SLOWEST = 4096 };

/* The most bytes accepted of one answer, and of one of its packets. */
enum { ANSWER_BYTES = 16 << 20 };

fz_mysql_client *fz_mysql_client_new(const fz_mysql_uri *uri, fz_mysql_login *login, const fz_patience *patience)
{
    fz_mysql_client *client = g_new0(fz_mysql_client, 1);

    client->uri = uri;
    client->login = login;
    client->patience = patience;
    if (uri->socket)
        client->where = g_strdup_printf("%s(%s)/%s", uri->host, uri->socket, uri->database);
    else if (uri->port)
        client->where = g_strdup_printf("%s:%u/%s", uri->host, uri->port, uri->database);
    else
        client->where = g_strdup_printf("%s/%s", uri->host, uri->database);
    return client;
}

void fz_mysql_client_free(fz_mysql_client *client)
{
    if (!client)
        return;
    fz_mysql_client_disconnect(client);
    g_free(client->where);
    g_free(client);
}

void fz_mysql_client_disconnect(fz_mysql_client *client)
{
    if (!client->db)
        return;
    fz_mysql_watch_begin(fz_mysql_handle_socket(client->db), CLOSE_S);
    g_clear_pointer(&client->db, mysql_close);
    fz_mysql_watch_end();
}

void fz_mysql_client_limit(fz_mysql_client *client, unsigned seconds)
{
    client->until_us = seconds ? g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC : 0;
}

void fz_mysql_client_end(fz_mysql_client *client, unsigned seconds)
{
    client->heeds = true;
    client->ends_s = seconds;
    client->ends_us = seconds ? g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC : 0;
    fz_stop_heed(fz_mysql_watch_hang_up);
}

static bool is_told(const fz_mysql_client *client)
{
    return client->heeds && fz_stop_is_told();
}

void fz_mysql_client_await(fz_mysql_client *client, size_t bytes)
{
    gint64 seconds =
        (client->unhurried ? UNHURRIED_S : ANSWER_S) + client->patience->seconds + (gint64)(bytes / SLOWEST);

    if (client->until_us)
        seconds = MIN(seconds, (client->until_us - g_get_monotonic_time()) / G_USEC_PER_SEC);
    if (client->ends_us)
        seconds = MIN(seconds, (client->ends_us - g_get_monotonic_time() + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
    if (is_told(client))
        shutdown(fz_mysql_handle_socket(client->db), SHUT_RDWR);
    client->granted_s = (unsigned)CLAMP(seconds, 1, G_MAXINT);
    fz_mysql_watch_begin(fz_mysql_handle_socket(client->db), client->granted_s);
}

void fz_mysql_client_answered(fz_mysql_client *client)
{
    client->late = fz_mysql_watch_end();
}

bool fz_mysql_code_is_lost(unsigned code)
{
    switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_COMMANDS_OUT_OF_SYNC: /* the library stopped reading in the middle of an answer */
    case ER_SERVER_SHUTDOWN:
    case KILLED_MARIADB:
    case KILLED_MYSQL:
    case IDLE_MYSQL:
        return true;
    default:
        return false;
    }
}

/* A server's message as one line, safe for a terminal. The caller frees. */
static char *clean(const char *text)
{
    g_autofree char *line = g_strdelimit(g_strdup(text), "\t\r\n", ' ');

    return fz_text_table(g_strstrip(line));
}

/* A node of a Galera cluster that is joining it, or has lost it, answers so to every statement. */
static bool is_joining(unsigned code, const char *message)
{
    return code == ER_UNKNOWN_COM_ERROR && strstr(message, "WSREP");
}

static int error_kind(unsigned code, const char *message)
{
    if (fz_mysql_code_is_lost(code))
        return FZ_STORE_ERROR_LOST;
    if (code == ER_LOCK_WAIT_TIMEOUT || code == ER_LOCK_DEADLOCK || code == ER_CHECKREAD || is_joining(code, message) ||
        fz_mysql_text_lacks_node(code, message))
        return FZ_STORE_ERROR_BUSY;
    if (code == CR_OUT_OF_MEMORY)
        return FZ_STORE_ERROR_MEMORY;
    return code == ER_DUP_ENTRY ? FZ_STORE_ERROR_DUPLICATE : FZ_STORE_ERROR_FAILED;
}

/* What to do about an error, if the server's message does not tell. */
static const char *advice(unsigned code, const char *message)
{
    if (is_joining(code, message) || fz_mysql_text_lacks_node(code, message))
        return "; a node of the cluster is missing: nothing was loaded, try again";
    switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_COMMANDS_OUT_OF_SYNC:
    case KILLED_MARIADB:
    case KILLED_MYSQL:
    case ER_SERVER_SHUTDOWN:
        return "; the server rolls back what was not committed";
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_CHECKREAD:
        return "; blocked by another load: nothing was loaded, try again";
    case LOCAL_DISABLED:
        return "; the server has local_infile=OFF";
    case LOGS_STATEMENTS:
        return "; the server has binlog_format=STATEMENT, which loses rows on replicas: SET GLOBAL binlog_format = "
               "'MIXED' (or 'ROW'), there and in its option file";
    case ER_BAD_DB_ERROR:
        return "; create it first: CREATE DATABASE";
    default:
        return "";
    }
}

static bool is_timeout(const fz_mysql_client *client, unsigned code)
{
    return client->ends_us && (code == TIMEOUT_MARIADB || code == TIMEOUT_MYSQL ||
                               (client->late && g_get_monotonic_time() >= client->ends_us));
}

bool fz_mysql_client_fail(const fz_mysql_client *client, unsigned code, const char *message, GError **error)
{
    g_autofree char *line = clean(message);

    if (is_told(client))
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_ENDED, "%s: interrupted", client->where);
    else if (is_timeout(client, code))
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_ENDED, "%s: ended after %u s (--limit)", client->where,
                    client->ends_s);
    else if (client->late)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST,
                    "%s: the server's answer was not complete after %u s; gave up", client->where, client->granted_s);
    else if (client->file_asked)
        g_set_error(
            error, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST,
            "%s: the server asked for a file on this machine; refused, and closed the connection: don't trust it",
            client->where);
    else
        g_set_error(error, FZ_STORE_ERROR, error_kind(code, message), "%s: %s (error %u)%s", client->where, line, code,
                    advice(code, message));
    return false;
}

bool fz_mysql_client_refuse(const fz_mysql_client *client, fz_store_error code, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *raw = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *message = clean(raw);
    g_set_error(error, FZ_STORE_ERROR, (int)code, "%s: %s", client->where, message);
    return false;
}

int64_t fz_mysql_number(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

static bool fail_db(fz_mysql_client *client, GError **error)
{
    unsigned code = mysql_errno(client->db);

    /* libmariadb itself refuses a file if the statement was not LOAD DATA; only its message shows that. */
    if (code == CR_UNKNOWN_ERROR && strstr(mysql_error(client->db), "infile"))
        client->file_asked = true;
    fz_mysql_client_fail(client, code, mysql_error(client->db), error);
    if (client->file_asked || client->late || is_told(client))
        fz_mysql_client_disconnect(client);
    return false;
}

/* The handler of LOCAL INFILE. A server may ask for a file in answer to any statement: the handler opens none, and
 * accepts only the token as a name. */
static int infile_init(void **handle, const char *name, void *user)
{
    fz_mysql_client *client = user;

    *handle = client;
    client->file_sent = client->token[0] && strcmp(name, client->token) == 0;
    client->file_asked = !client->file_sent;
    return client->file_asked;
}

static int infile_read(void *handle, char *buffer, unsigned size)
{
    fz_mysql_client *client = handle;
    size_t count = MIN(size, client->upload_bytes);

    if (count)
        memcpy(buffer, client->upload, count);
    client->upload += count;
    client->upload_bytes -= count;
    return (int)count;
}

static void infile_end(void *handle)
{
    (void)handle;
}

/* The library uses the text as a format: it must not have a percent sign. */
static int infile_error(void *handle, char *text, unsigned size)
{
    (void)handle;
    g_strlcpy(text, "local infile refused", size);
    return CR_UNKNOWN_ERROR;
}

void fz_mysql_client_new_token(fz_mysql_client *client)
{
    uint8_t random[16];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        for (size_t i = 0; i < sizeof random; i++)
            random[i] = (uint8_t)g_random_int();
    for (size_t i = 0; i < sizeof random; i++)
        g_snprintf(client->token + 2 * i, 3, "%02x", random[i]);
}

static MYSQL *new_handle(fz_mysql_client *client)
{
    const unsigned silence_s = (client->unhurried ? UNHURRIED_S : ANSWER_S) + client->patience->seconds;
    const unsigned protocol = client->uri->unix_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP, local_infile = 1;
    const unsigned long packet_bytes = ANSWER_BYTES;
    MYSQL *db = fz_mysql_handle_new(client->uri, client->login);

    if (!db)
        return NULL;
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &address_s);
    mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &silence_s);
    mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &silence_s);
    mysql_options(db, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_options(db, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_bytes);
    mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_set_local_infile_handler(db, infile_init, infile_read, infile_end, infile_error, client);
    return db;
}

/* True if the server refused us because we sent no password. */
static bool wants_password(const fz_mysql_client *client)
{
    return mysql_errno(client->db) == ER_ACCESS_DENIED_ERROR && !client->login->password &&
           strstr(mysql_error(client->db), "using password: NO");
}

static bool dial(fz_mysql_client *client)
{
    const fz_mysql_uri *uri = client->uri;
    const fz_mysql_login *login = client->login;

    fz_mysql_client_disconnect(client);
    client->file_asked = false;
    client->db = new_handle(client);
    if (!client->db)
        return false;
    client->granted_s = CONNECT_S;
    fz_mysql_watch_begin(-1, CONNECT_S);
    bool connected = mysql_real_connect(client->db, uri->host, login->user, login->password, uri->database,
                                        uri->unix_socket ? 0 : login->port, login->socket, CLIENT_FOUND_ROWS);
    client->late = fz_mysql_watch_end();
    return connected && !client->late;
}

/* Sets `error` to why connecting failed. */
static void fail_dial(fz_mysql_client *client, GError **error)
{
    const char *why = client->db && !client->late ? fz_mysql_handle_explain(client->db) : NULL;
    unsigned code = client->db ? mysql_errno(client->db) : CR_OUT_OF_MEMORY;

    g_autoptr(GError) fault = NULL;
    if (why)
        fz_mysql_client_refuse(client, FZ_STORE_ERROR_CONNECT, &fault, "%s", why);
    else
        fz_mysql_client_fail(client, code, client->db ? mysql_error(client->db) : "out of memory", &fault);
    fault->code = FZ_STORE_ERROR_CONNECT;
    if (code == ER_ACCESS_DENIED_NO_PASSWORD_ERROR && client->login->was_root && client->uri->unix_socket) {
        g_autofree char *message = g_steal_pointer(&fault->message);

        fault->message =
            g_strconcat(message,
                        "; flowzone drops root before it connects, so the server doesn't see root at its socket: name "
                        "a user with a password, in an option file",
                        NULL);
    }
    g_propagate_error(error, g_steal_pointer(&fault));
}

bool fz_mysql_client_connect(fz_mysql_client *client, GError **error)
{
    bool connected = dial(client);

    if (!connected && client->db && wants_password(client) && fz_mysql_login_ask(client->login, client->where))
        connected = dial(client);
    if (!connected)
        fail_dial(client, error);
    const char *fault = connected ? fz_mysql_handle_judge(client->db, client->uri) : NULL;
    if (fault)
        fz_mysql_client_refuse(client, FZ_STORE_ERROR_CONNECT, error, "%s", fault);
    if (!connected || fault) {
        fz_mysql_client_disconnect(client);
        return false;
    }
    fz_mysql_handle_stay(client->db);
    fz_mysql_client_await(client, 0);
    int refused = mysql_set_character_set(client->db, "utf8mb4");
    fz_mysql_client_answered(client);
    return refused == 0 || fail_db(client, error);
}

/* For an answer that no honest server gives. The rest of it may be endless: it is not read. */
static bool distrust(fz_mysql_client *client, MYSQL_RES *result, GError **error, const char *what)
{
    shutdown(fz_mysql_handle_socket(client->db), SHUT_RDWR);
    mysql_free_result(result);
    fz_mysql_client_disconnect(client);
    return fz_mysql_client_refuse(client, FZ_STORE_ERROR_FAILED, error,
                                  "the server answered with %s; closed the connection: don't trust it", what);
}

bool fz_mysql_client_distrust(fz_mysql_client *client, const char *what, GError **error)
{
    return distrust(client, NULL, error, what);
}

bool fz_mysql_client_run_bytes(fz_mysql_client *client, const char *sql, size_t size, uint64_t *affected,
                               GError **error)
{
    fz_mysql_client_await(client, size + client->upload_bytes);
    int refused = mysql_real_query(client->db, sql, size);
    fz_mysql_client_answered(client);
    if (refused != 0)
        return fail_db(client, error);
    if (mysql_field_count(client->db) != 0)
        return distrust(client, NULL, error, "rows that were not asked for");
    if (affected)
        *affected = mysql_affected_rows(client->db);
    return !mysql_more_results(client->db) || distrust(client, NULL, error, "more than one answer");
}

/* The statement as this server wants it. The caller frees. */
static char *spell(const fz_mysql_client *client, const char *sql)
{
    return client->quotes ? fz_mysql_text_spell(sql) : g_strdup(sql);
}

bool fz_mysql_client_run(fz_mysql_client *client, const char *sql, uint64_t *affected, GError **error)
{
    g_autofree char *spelled = spell(client, sql);

    return fz_mysql_client_run_bytes(client, spelled, strlen(spelled), affected, error);
}

/* Where the rows of an answer go: each to one of the takers, or copied to `copies`. */
typedef struct row_reader {
    size_t columns, most;
    fz_cells_taker take;
    fz_data_taker take_data;
    fz_datum *data; /* of one row, for it */
    void *user;
    fz_mysql_rows *copies;
} row_reader;

/* Copies a row, and returns how many bytes that took. */
static size_t copy_row(fz_mysql_rows *rows, MYSQL_RES *result, MYSQL_ROW row)
{
    const unsigned long *sizes = mysql_fetch_lengths(result);
    size_t bytes = 0;

    for (size_t i = 0; i < rows->columns; i++) {
        g_ptr_array_add(rows->cells, row[i] ? g_strndup(row[i], sizes[i]) : NULL);
        bytes += sizeof(char *) + (row[i] ? sizes[i] + 1 : 0);
    }
    rows->count++;
    return bytes;
}

/* All cells are texts: a number is read from each, as only the taker knows which are none. */
static void give_data(const row_reader *reader, MYSQL_RES *result, MYSQL_ROW row)
{
    const unsigned long *sizes = mysql_fetch_lengths(result);

    for (size_t i = 0; i < reader->columns; i++)
        reader->data[i] = (fz_datum){fz_cell_integer(row[i]), (const uint8_t *)row[i], row[i] ? sizes[i] : 0};
    reader->take_data(reader->data, reader->user);
}

/* Reads all rows of a result. Returns what is wrong with them, or NULL; errors of the library stay in its handle. */
static const char *read_rows(const row_reader *reader, MYSQL_RES *result)
{
    size_t count = 0, copied = 0;
    MYSQL_ROW row;

    if (mysql_num_fields(result) != reader->columns)
        return "the wrong number of columns";
    while ((row = mysql_fetch_row(result))) {
        if (count++ == reader->most)
            return "more rows than possible";
        if (reader->take)
            reader->take((const char *const *)row, reader->user);
        else if (reader->take_data)
            give_data(reader, result, row);
        else if ((copied += copy_row(reader->copies, result, row)) > ANSWER_BYTES)
            return "longer rows than possible";
    }
    return NULL;
}

/* Runs a statement and reads its rows. Returns what is wrong with them, or NULL; an error of the library is left in
 * `client->db`. */
static const char *fetch(fz_mysql_client *client, const char *sql, const row_reader *reader, MYSQL_RES **result)
{
    if (mysql_real_query(client->db, sql, strlen(sql)) != 0)
        return NULL;
    *result = mysql_use_result(client->db);
    if (!*result)
        return mysql_errno(client->db) ? NULL : "no rows where some were expected";
    const char *fault = read_rows(reader, *result);
    if (!fault && !mysql_errno(client->db) && mysql_more_results(client->db))
        return "more than one answer";
    return fault;
}

static bool ask(fz_mysql_client *client, const char *sql, const row_reader *reader, GError **error)
{
    MYSQL_RES *result = NULL;
    g_autofree char *spelled = spell(client, sql);

    fz_mysql_client_await(client, strlen(spelled));
    const char *fault = fetch(client, spelled, reader, &result);
    fz_mysql_client_answered(client);
    if (fault && !client->late && !is_told(client))
        return distrust(client, result, error, fault);
    mysql_free_result(result); /* before fail_db, which may close the connection */
    return (!mysql_errno(client->db) && !client->late && !is_told(client)) || fail_db(client, error);
}

bool fz_mysql_client_each(fz_mysql_client *client, const char *sql, size_t columns, size_t most, fz_cells_taker take,
                          void *user, GError **error)
{
    const row_reader reader = {.columns = columns, .most = most, .take = take, .user = user};

    return ask(client, sql, &reader, error);
}

bool fz_mysql_client_each_data(fz_mysql_client *client, const char *sql, size_t columns, size_t most,
                               fz_data_taker take, void *user, GError **error)
{
    g_autofree fz_datum *data = g_new0(fz_datum, columns);
    const row_reader reader = {.columns = columns, .most = most, .take_data = take, .data = data, .user = user};

    return ask(client, sql, &reader, error);
}

fz_mysql_rows *fz_mysql_client_select(fz_mysql_client *client, const char *sql, size_t columns, size_t most,
                                      GError **error)
{
    g_autoptr(fz_mysql_rows) rows = g_new0(fz_mysql_rows, 1);
    const row_reader reader = {.columns = columns, .most = most, .copies = rows};

    rows->columns = columns;
    rows->cells = g_ptr_array_new_with_free_func(g_free);
    return ask(client, sql, &reader, error) ? g_steal_pointer(&rows) : NULL;
}

void fz_mysql_rows_free(fz_mysql_rows *rows)
{
    if (!rows)
        return;
    g_ptr_array_unref(rows->cells);
    g_free(rows);
}

const char *fz_mysql_cell(const fz_mysql_rows *rows, size_t row, size_t column)
{
    g_assert(row < rows->count && column < rows->columns);
    return g_ptr_array_index(rows->cells, row * rows->columns + column);
}

/* The server did not ask for the file: the rows are not at fault. */
static void advise_insert(GError *fault)
{
    g_autofree char *message = fault->message;

    fault->message = g_strconcat(
        message, fault->code == FZ_STORE_ERROR_FAILED ? "; bulk=insert in the address avoids LOAD DATA" : "", NULL);
}

bool fz_mysql_client_load_data(fz_mysql_client *client, const char *sql, const char *bytes, size_t size,
                               uint64_t records, GError **error)
{
    uint64_t affected = 0;

    client->upload = bytes;
    client->upload_bytes = size;
    client->file_sent = false;
    bool done = fz_mysql_client_run(client, sql, &affected, error);
    bool all = client->upload_bytes == 0;
    client->upload_bytes = 0;
    client->token[0] = '\0';
    if (!done) {
        if (!client->file_sent && error)
            advise_insert(*error);
        return false;
    }
    const char *info = mysql_info(client->db);
    /* LOCAL turns errors into warnings, even in strict mode. A server that reports no counts must at least have
     * affected all rows; so must SingleStore, whose words nobody has documented. */
    if (affected == records && all && mysql_warning_count(client->db) == 0 &&
        (!info || fz_mysql_text_all_loaded(info, records) || (client->quotes && !g_str_has_prefix(info, "Records:"))))
        return true;
    g_autofree char *line = clean(info ? info : "");
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                "%s: LOAD DATA of %" G_GUINT64_FORMAT " rows took %" G_GUINT64_FORMAT " with %u warnings (%s)",
                client->where, records, affected, mysql_warning_count(client->db), line);
    return false;
}
