/* Sends the rows of a capture to a server, many at a time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_bulk.h"

#include "mysql_array.h"
#include "mysql_sql.h"
#include "mysql_text.h"

#include <string.h>

/* The most bytes of one text; for INSERT, also limited by max_allowed_packet. */
enum { TEXT_BYTES = 1 << 18, TEXT_LOAD_BYTES = 16 << 20 };

/* A row of an array: every parameter is at the same offset in every row. */
typedef struct flow_row {
    fz_record record;
    int64_t load_id;
    uint64_t row_no;
    unsigned long addr_bytes;
} flow_row;

/* A way to send rows: `add` adds one, `send` sends the `pending` rows that were added. `wait` waits for the answer;
 * NULL if `send` does. */
typedef struct way {
    const char *name; /* for people */
    void (*add)(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *record);
    bool (*is_full)(const fz_mysql_bulk *bulk);
    bool (*send)(fz_mysql_bulk *bulk, GError **error);
    bool (*wait)(fz_mysql_bulk *bulk, GError **error);
    bool (*hours)(fz_mysql_bulk *bulk, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                  GError **error);
} way;

struct fz_mysql_bulk {
    fz_mysql_client *client;
    const fz_mysql_server *server;
    const way *way;
    bool on_trial;  /* LOAD DATA was chosen automatically, and has not been tried yet */
    uint64_t rows;  /* sent */
    size_t pending; /* rows added and not sent, as an array or as text */
    flow_row *array_rows;
    size_t array_room;
    fz_mysql_array *array; /* NULL until the first rows are sent: the table may not exist before */
    GString *text;
};

static MYSQL_BIND bind_field(flow_row *first, const fz_field *field)
{
    char *at = (char *)&first->record + field->offset;

    return field->kind == FZ_FIELD_ADDR ? fz_mysql_array_bytes(at, &first->addr_bytes)
                                        : fz_mysql_array_number(at, field->size, field->kind != FZ_FIELD_TIME);
}

static fz_mysql_array *new_flow_array(fz_mysql_bulk *bulk, GError **error)
{
    flow_row *first = bulk->array_rows;
    size_t count;
    const fz_field *const *fields = fz_stored_fields(&count);
    g_autofree char *sql = fz_statement_insert(bulk->server->dialect, FZ_TABLE_FLOW);
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, count + 2);

    binds[0] = fz_mysql_array_number(&first->load_id, sizeof first->load_id, false);
    binds[1] = fz_mysql_array_number(&first->row_no, sizeof first->row_no, true);
    for (size_t i = 0; i < count; i++)
        binds[i + 2] = bind_field(first, fields[i]);
    return fz_mysql_array_new(bulk->client, sql, binds, count + 2, sizeof *first, error);
}

static void array_add(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    bulk->array_rows[bulk->pending] = (flow_row){
        .record = *record,
        .load_id = load_id,
        .row_no = row_no,
        .addr_bytes = fz_family_bits(record->family) / 8,
    };
}

static bool array_is_full(const fz_mysql_bulk *bulk)
{
    return bulk->pending == bulk->array_room;
}

static bool array_send(fz_mysql_bulk *bulk, GError **error)
{
    if (!bulk->array)
        bulk->array = new_flow_array(bulk, error);
    return bulk->array && fz_mysql_array_send(bulk->array, bulk->pending, error);
}

static bool array_wait(fz_mysql_bulk *bulk, GError **error)
{
    return !bulk->array || fz_mysql_array_wait(bulk->array, error);
}

/* Rows of numbers: the load's id, then the columns that are not texts. `rows` has room for `room` rows. */
typedef struct number_rows {
    int64_t *rows;
    size_t width, room;
} number_rows;

static void put_numbers(const number_rows *to, size_t row, const GArray *values)
{
    int64_t *at = to->rows + row * to->width;

    for (guint i = 0; i < values->len; i++) {
        const fz_value *value = &g_array_index(values, fz_value, i);

        if (!value->text)
            *at++ = value->number;
    }
}

static void hour_values(GArray *values, int64_t load_id, const fz_run *run, const fz_hour *hour)
{
    fz_hour_row row = {.hour = hour, .run = run};

    g_array_set_size(values, 0);
    fz_mysql_values_add(values, (fz_value){.number = load_id});
    fz_mysql_values_add_row(values, FZ_TABLE_HOUR, &row);
}

static size_t count_numbers(const GArray *values)
{
    size_t count = 0;

    for (guint i = 0; i < values->len; i++)
        count += !g_array_index(values, fz_value, i).text;
    return count;
}

/* All hours of a load have the same texts, which are part of the statement. */
static fz_mysql_array *new_hour_array(fz_mysql_bulk *bulk, const number_rows *rows, const GArray *values,
                                      GError **error)
{
    g_autofree char *pattern = fz_statement_insert(bulk->server->dialect, FZ_TABLE_HOUR);
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, rows->width);

    g_autoptr(GString) sql = g_string_new(NULL);
    fz_mysql_sql_fill_texts(bulk->client, sql, pattern, values);
    for (size_t i = 0; i < rows->width; i++)
        binds[i] = fz_mysql_array_number(&rows->rows[i], sizeof *rows->rows, false);
    return fz_mysql_array_new(bulk->client, sql->str, binds, rows->width, rows->width * sizeof *rows->rows, error);
}

static bool array_hours(fz_mysql_bulk *bulk, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                        GError **error)
{
    g_autoptr(GArray) values = fz_mysql_values_new();
    hour_values(values, load_id, run, &hours[0]);
    number_rows to = {.width = count_numbers(values)};
    to.room = MIN(fz_mysql_array_fit(bulk->server->packet_bytes, to.width * sizeof *to.rows, to.width), count);
    g_autofree int64_t *rows = g_new(int64_t, to.width * to.room);
    to.rows = rows;
    g_autoptr(fz_mysql_array) array = new_hour_array(bulk, &to, values, error);
    if (!array)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t row = i % to.room;

        hour_values(values, load_id, run, &hours[i]);
        put_numbers(&to, row, values);
        if ((row + 1 == to.room || i + 1 == count) && !fz_mysql_array_send(array, row + 1, error))
            return false;
    }
    return fz_mysql_array_wait(array, error);
}

static void load_add(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    fz_mysql_text_line(bulk->text, load_id, row_no, record);
}

static bool load_is_full(const fz_mysql_bulk *bulk)
{
    return bulk->text->len >= TEXT_LOAD_BYTES;
}

static bool load_send(fz_mysql_bulk *bulk, GError **error)
{
    fz_mysql_client *client = bulk->client;

    fz_mysql_client_new_token(client);
    /* SingleStore does not have this character set; digits are the same in all. */
    const char *charset = fz_mysql_server_is_singlestore(bulk->server) ? NULL : "binary";
    g_autofree char *sql = fz_mysql_text_load_data(bulk->server->dialect, client->token, charset);
    return fz_mysql_client_load_data(client, sql, bulk->text->str, bulk->text->len, bulk->pending, error);
}

static void insert_add(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    if (!bulk->text->len) {
        g_autofree char *columns = fz_statement_columns(bulk->server->dialect, FZ_TABLE_FLOW);

        g_string_append_printf(bulk->text, "INSERT INTO %s (%s) VALUES ", fz_tables[FZ_TABLE_FLOW].name, columns);
    } else {
        g_string_append_c(bulk->text, ',');
    }
    fz_mysql_text_tuple(bulk->text, load_id, row_no, record);
}

static size_t text_limit(const fz_mysql_bulk *bulk)
{
    return MIN((size_t)TEXT_BYTES, bulk->server->packet_bytes / 2);
}

static bool insert_is_full(const fz_mysql_bulk *bulk)
{
    return bulk->text->len >= text_limit(bulk);
}

static bool insert_send(fz_mysql_bulk *bulk, GError **error)
{
    uint64_t took;

    if (!fz_mysql_client_run_bytes(bulk->client, bulk->text->str, bulk->text->len, &took, error))
        return false;
    return took == bulk->pending ||
           fz_mysql_client_refuse(bulk->client, FZ_STORE_ERROR_FAILED, error,
                                  "of %" G_GSIZE_FORMAT " rows the server took %" G_GUINT64_FORMAT, bulk->pending,
                                  took);
}

static bool insert_hours(fz_mysql_bulk *bulk, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                         GError **error)
{
    g_auto(fz_mysql_insert) insert;
    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_mysql_insert_init(&insert, bulk->client, fz_statement_insert(bulk->server->dialect, FZ_TABLE_HOUR), "");
    for (size_t i = 0; i < count; i++) {
        hour_values(values, load_id, run, &hours[i]);
        fz_mysql_insert_add(&insert, values);
        if (insert.text->len >= text_limit(bulk) && !fz_mysql_insert_run(&insert, error))
            return false;
    }
    return fz_mysql_insert_run(&insert, error);
}

static const way ways[] = {
    [FZ_MYSQL_BULK_ARRAY] = {"array binding", array_add, array_is_full, array_send, array_wait, array_hours},
    [FZ_MYSQL_BULK_LOAD_DATA] = {"LOAD DATA", load_add, load_is_full, load_send, NULL, insert_hours},
    [FZ_MYSQL_BULK_INSERT] = {"INSERT", insert_add, insert_is_full, insert_send, NULL, insert_hours},
};

static fz_mysql_way fastest(const fz_mysql_server *server)
{
    return server->takes_arrays                            ? FZ_MYSQL_BULK_ARRAY
           : server->takes_local && !server->changes_names ? FZ_MYSQL_BULK_LOAD_DATA
                                                           : FZ_MYSQL_BULK_INSERT;
}

fz_mysql_bulk *fz_mysql_bulk_new(fz_mysql_client *client, const fz_mysql_server *server, fz_mysql_way which,
                                 GError **error)
{
    const bool chosen = which == FZ_MYSQL_BULK_AUTO;

    if (chosen)
        which = fastest(server);
    if (which == FZ_MYSQL_BULK_ARRAY && !server->takes_arrays) {
        fz_mysql_client_refuse(client, FZ_STORE_ERROR_URI, error, "bulk=array needs MariaDB and its client library");
        return NULL;
    }
    if (which == FZ_MYSQL_BULK_LOAD_DATA && server->changes_names) {
        fz_mysql_client_refuse(client, FZ_STORE_ERROR_URI, error,
                               "bulk=load-data needs file names as they are: SET GLOBAL character_set_filesystem = "
                               "'binary', or an account with the privilege SESSION_VARIABLES_ADMIN");
        return NULL;
    }
    fz_mysql_bulk *bulk = g_new0(fz_mysql_bulk, 1);
    *bulk = (fz_mysql_bulk){.client = client, .server = server, .way = &ways[which], .text = g_string_new(NULL)};
    bulk->on_trial = chosen && which == FZ_MYSQL_BULK_LOAD_DATA;
    if (which == FZ_MYSQL_BULK_ARRAY) {
        size_t count;

        (void)fz_stored_fields(&count);
        bulk->array_room = fz_mysql_array_fit(server->packet_bytes, sizeof *bulk->array_rows, count + 2);
        bulk->array_rows = g_new(flow_row, bulk->array_room);
    }
    return bulk;
}

void fz_mysql_bulk_free(fz_mysql_bulk *bulk)
{
    if (!bulk)
        return;
    fz_mysql_array_free(bulk->array);
    g_free(bulk->array_rows);
    g_string_free(bulk->text, TRUE);
    g_free(bulk);
}

const char *fz_mysql_bulk_name(const fz_mysql_bulk *bulk)
{
    return bulk->way->name;
}

uint64_t fz_mysql_bulk_rows(const fz_mysql_bulk *bulk)
{
    return bulk->rows;
}

static void forget_pending(fz_mysql_bulk *bulk)
{
    bulk->pending = 0;
    g_string_truncate(bulk->text, 0);
}

void fz_mysql_bulk_forget(fz_mysql_bulk *bulk)
{
    forget_pending(bulk);
    bulk->rows = 0;
}

/* Sends the rows that were added. */
static bool send_pending(fz_mysql_bulk *bulk, GError **error)
{
    if (!bulk->pending)
        return true;
    if (!bulk->way->send(bulk, error))
        return false;
    bulk->rows += bulk->pending;
    forget_pending(bulk);
    return true;
}

/* A proxy such as ProxySQL may refuse LOCAL, or read a file of its own, although the server accepts it. An empty file
 * is sent first to find out. */
static bool try_load(fz_mysql_bulk *bulk, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (!bulk->on_trial)
        return true;
    bulk->on_trial = false;
    bool done = load_send(bulk, &fault);
    if (done && bulk->client->file_sent)
        return true;
    if (done || g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED)) {
        bulk->way = &ways[FZ_MYSQL_BULK_INSERT];
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

bool fz_mysql_bulk_add(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                       GError **error)
{
    if (!try_load(bulk, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        bulk->way->add(bulk, load_id, row_no + i, &records[i]);
        bulk->pending++;
        if (bulk->way->is_full(bulk) && !send_pending(bulk, error))
            return false;
    }
    return true;
}

bool fz_mysql_bulk_settle(fz_mysql_bulk *bulk, GError **error)
{
    return !bulk->way->wait || bulk->way->wait(bulk, error);
}

bool fz_mysql_bulk_flush(fz_mysql_bulk *bulk, GError **error)
{
    return send_pending(bulk, error) && fz_mysql_bulk_settle(bulk, error);
}

bool fz_mysql_bulk_hours(fz_mysql_bulk *bulk, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                         GError **error)
{
    return count == 0 || bulk->way->hours(bulk, load_id, run, hours, count, error);
}
