/* Sends the values of many rows as arrays, which MariaDB accepts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_array.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

MYSQL_BIND fz_mysql_array_number(void *at, size_t size, bool is_unsigned)
{
    return (MYSQL_BIND){
        .buffer = at,
        .buffer_type = size == 1   ? MYSQL_TYPE_TINY
                       : size == 2 ? MYSQL_TYPE_SHORT
                       : size == 4 ? MYSQL_TYPE_LONG
                                   : MYSQL_TYPE_LONGLONG,
        .is_unsigned = is_unsigned ? 1 : 0,
    };
}

MYSQL_BIND fz_mysql_array_bytes(void *at, unsigned long *size)
{
    return (MYSQL_BIND){.buffer = at, .buffer_type = MYSQL_TYPE_BLOB, .length = size};
}

/* The protocol adds an indicator to each parameter, and a length to bytes. */
size_t fz_mysql_array_fit(size_t packet_bytes, size_t row_bytes, size_t parameters)
{
    const size_t statement_bytes = 512;
    size_t room = packet_bytes > statement_bytes ? packet_bytes - statement_bytes : 0;

    return CLAMP(room / (row_bytes + 3 * parameters), 1, FZ_MYSQL_ARRAY_ROWS);
}

#ifdef MARIADB_BASE_VERSION
struct fz_mysql_array {
    fz_mysql_client *client;
    MYSQL_STMT *insert;
    size_t row_bytes;
    unsigned sent; /* rows sent whose answer has not been read; 0: none */
    int awaited;   /* what the client library waits for: MYSQL_WAIT_READ and so on */
    int refused;   /* its result, once it waits for nothing */
};

G_STATIC_ASSERT((int)FZ_MYSQL_ARRAY_NULL == (int)STMT_INDICATOR_NULL);

MYSQL_BIND fz_mysql_array_nullable(MYSQL_BIND parameter, char *missing)
{
    parameter.u.indicator = missing;
    return parameter;
}

static bool fail(const fz_mysql_array *array, GError **error)
{
    return fz_mysql_client_fail(array->client, mysql_stmt_errno(array->insert), mysql_stmt_error(array->insert), error);
}

fz_mysql_array *fz_mysql_array_new(fz_mysql_client *client, const char *sql, MYSQL_BIND *binds, size_t count,
                                   size_t row_bytes, GError **error)
{
    g_autoptr(fz_mysql_array) array = g_new0(fz_mysql_array, 1);
    array->client = client;
    array->row_bytes = row_bytes;
    array->insert = mysql_stmt_init(client->db);
    if (!array->insert) {
        fz_mysql_client_fail(client, CR_OUT_OF_MEMORY, "out of memory", error);
        return NULL;
    }
    fz_mysql_client_await(client, strlen(sql));
    int refused = mysql_stmt_prepare(array->insert, sql, strlen(sql));
    fz_mysql_client_answered(client);
    /* The library reads as many binds as the server claims. */
    if (refused == 0 &&
        (mysql_stmt_param_count(array->insert) != count || mysql_stmt_field_count(array->insert) != 0)) {
        fz_mysql_client_distrust(client, "the wrong number of parameters", error);
        return NULL;
    }
    if (refused == 0 && mysql_stmt_attr_set(array->insert, STMT_ATTR_ROW_SIZE, &row_bytes) == 0 &&
        mysql_stmt_bind_param(array->insert, binds) == 0)
        return g_steal_pointer(&array);
    fail(array, error);
    return NULL;
}

void fz_mysql_array_free(fz_mysql_array *array)
{
    if (!array)
        return;
    if (array->insert)
        mysql_stmt_close(array->insert);
    g_free(array);
}

/* Waits for what the library waits for, then lets it continue. */
static void step(fz_mysql_array *array)
{
    MYSQL *db = array->client->db;
    struct pollfd socket = {.fd = fz_mysql_handle_socket(db)};
    int ready = 0, timeout = -1;

    if (array->awaited & MYSQL_WAIT_READ)
        socket.events |= POLLIN;
    if (array->awaited & MYSQL_WAIT_WRITE)
        socket.events |= POLLOUT;
    if (array->awaited & MYSQL_WAIT_EXCEPT)
        socket.events |= POLLPRI;
    if (array->awaited & MYSQL_WAIT_TIMEOUT)
        timeout = (int)mysql_get_timeout_value_ms(db);
    int count = poll(&socket, 1, timeout);
    if (count < 0 && errno == EINTR)
        return;
    if (count == 0)
        ready = MYSQL_WAIT_TIMEOUT;
    else
        ready = array->awaited & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
    array->awaited = mysql_stmt_execute_cont(&array->refused, array->insert, ready);
}

bool fz_mysql_array_wait(fz_mysql_array *array, GError **error)
{
    unsigned rows = array->sent;

    if (!rows)
        return true;
    fz_mysql_client_await(array->client, 0);
    while (array->awaited)
        step(array);
    fz_mysql_client_answered(array->client);
    array->sent = 0;
    if (array->refused)
        return fail(array, error);
    if (mysql_stmt_field_count(array->insert) != 0)
        return fz_mysql_client_distrust(array->client, "rows that were not asked for", error);
    if (mysql_more_results(array->client->db))
        return fz_mysql_client_distrust(array->client, "more than one answer", error);
    uint64_t took = mysql_stmt_affected_rows(array->insert);
    unsigned warnings = mysql_warning_count(array->client->db);
    return (took == rows && warnings == 0) ||
           fz_mysql_client_refuse(array->client, FZ_STORE_ERROR_FAILED, error,
                                  "of %u rows the server took %" G_GUINT64_FORMAT ", with %u warnings", rows, took,
                                  warnings);
}

/* Once the rows are sent, the library does not read them again. */
bool fz_mysql_array_send(fz_mysql_array *array, size_t rows, GError **error)
{
    unsigned count = (unsigned)rows;

    if (!fz_mysql_array_wait(array, error))
        return false;
    if (mysql_stmt_attr_set(array->insert, STMT_ATTR_ARRAY_SIZE, &count) != 0)
        return fail(array, error);
    array->sent = count;
    fz_mysql_client_await(array->client, rows * array->row_bytes);
    array->awaited = mysql_stmt_execute_start(&array->refused, array->insert);
    while (array->awaited & MYSQL_WAIT_WRITE)
        step(array);
    fz_mysql_client_answered(array->client);
    return !array->client->late || fail(array, error);
}
#else
/* Never called, as fz_mysql_handle_takes_arrays returns false. */
struct fz_mysql_array {
    char nothing;
};

MYSQL_BIND fz_mysql_array_nullable(MYSQL_BIND parameter, char *missing)
{
    (void)missing;
    return parameter;
}

fz_mysql_array *fz_mysql_array_new(fz_mysql_client *client, const char *sql, MYSQL_BIND *binds, size_t count,
                                   size_t row_bytes, GError **error)
{
    (void)sql, (void)binds, (void)count, (void)row_bytes;
    fz_mysql_client_refuse(client, FZ_STORE_ERROR_FAILED, error, "this client library cannot bind arrays");
    return NULL;
}

void fz_mysql_array_free(fz_mysql_array *array)
{
    g_assert(!array);
}

bool fz_mysql_array_send(fz_mysql_array *array, size_t rows, GError **error)
{
    (void)array, (void)rows, (void)error;
    g_assert_not_reached();
}

bool fz_mysql_array_wait(fz_mysql_array *array, GError **error)
{
    (void)array, (void)error;
    g_assert_not_reached();
}
#endif
