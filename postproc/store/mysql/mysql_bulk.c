/* Sends the rows of a capture to a server, many at a time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_bulk.h"

#include "mysql_array.h"
#include "mysql_sums.h"
#include "statement.h"

#include <string.h>

/* The most bytes of one text for LOAD DATA. */
enum { TEXT_LOAD_BYTES = 16 << 20 };

/* A row of an array: every parameter is at the same offset in every row. */
typedef struct array_row {
    fz_any_row row;
    fz_row_ids ids;
    unsigned long addr_bytes, mac_bytes;
    char missing[FZ_NEEDS];
} array_row;

/* Rows of one table on their way: those that were added, and not sent yet, as an array or as text. */
typedef struct row_lane {
    fz_table table;
    uint64_t rows; /* sent */
    size_t pending;
    array_row *array_rows; /* NULL until the first rows are added */
    size_t array_room;
    fz_mysql_array *array; /* NULL until the first rows are sent: the table may not exist before */
    GString *text;
} row_lane;

/* A way to send rows: `add` adds one, `send` sends those that were added. `wait` waits for the answer; NULL if `send`
 * does. */
typedef struct way {
    const char *name; /* for people */
    void (*add)(fz_mysql_bulk *bulk, row_lane *lane, const fz_row_ids *ids, const void *row);
    bool (*is_full)(const fz_mysql_bulk *bulk, const row_lane *lane);
    bool (*send)(fz_mysql_bulk *bulk, row_lane *lane, GError **error);
    bool (*wait)(row_lane *lane, GError **error);
    fz_mysql_sums_way sums;
} way;

enum { LANES = 2 };

struct fz_mysql_bulk {
    fz_mysql_client *client;
    const fz_mysql_server *server;
    const way *way;
    bool on_trial; /* LOAD DATA was chosen automatically, and has not been tried yet */
    row_lane lanes[LANES];
    row_lane *running; /* the one whose statement may not have been answered; NULL: none */
};

static row_lane *lane_of(fz_mysql_bulk *bulk, fz_table table)
{
    return &bulk->lanes[table == FZ_TABLE_PACKET];
}

static MYSQL_BIND bind_column(array_row *first, const fz_column *column)
{
    char *at = (char *)&first->row + column->offset;
    MYSQL_BIND bind = column->form == FZ_FORM_ADDR ? fz_mysql_array_bytes(at, &first->addr_bytes)
                      : column->form == FZ_FORM_BYTES
                          ? fz_mysql_array_bytes(at, &first->mac_bytes)
                          : fz_mysql_array_number(at, column->size, column->type != FZ_TYPE_INT64);

    return column->need == FZ_NEED_NOTHING ? bind : fz_mysql_array_nullable(bind, &first->missing[column->need]);
}

static fz_mysql_array *new_array(fz_mysql_bulk *bulk, const row_lane *lane, GError **error)
{
    array_row *first = lane->array_rows;
    size_t count, at = 0;
    const fz_column *columns = fz_row_columns(lane->table, &count);
    const fz_dialect *dialect = bulk->server->dialect;
    g_autofree char *sql = fz_statement_insert(dialect, lane->table);
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, dialect->row_id_count + count);

    if (fz_dialect_has_day(dialect))
        binds[at++] = fz_mysql_array_number(&first->ids.day, sizeof first->ids.day, false);
    binds[at++] = fz_mysql_array_number(&first->ids.load_id, sizeof first->ids.load_id, false);
    binds[at++] = fz_mysql_array_number(&first->ids.row_no, sizeof first->ids.row_no, true);
    for (size_t i = 0; i < count; i++)
        binds[at++] = bind_column(first, &columns[i]);
    return fz_mysql_array_new(bulk->client, sql, binds, at, sizeof *first, error);
}

static void make_room(const fz_mysql_bulk *bulk, row_lane *lane)
{
    size_t count;

    if (lane->array_rows)
        return;
    (void)fz_row_columns(lane->table, &count);
    count += bulk->server->dialect->row_id_count;
    lane->array_room = fz_mysql_array_fit(bulk->server->packet_bytes, sizeof *lane->array_rows, count);
    lane->array_rows = g_new0(array_row, lane->array_room);
}

static void array_add(fz_mysql_bulk *bulk, row_lane *lane, const fz_row_ids *ids, const void *row)
{
    make_room(bulk, lane);
    array_row *to = &lane->array_rows[lane->pending];
    memcpy(&to->row, row, fz_tables[lane->table].row_size);
    to->ids = *ids;
    if (lane->table == FZ_TABLE_FLOW) {
        to->addr_bytes = fz_family_bits(to->row.flow.family) / 8;
        return;
    }
    const fz_packet_row *packet = &to->row.packet;
    to->addr_bytes = packet->family ? fz_family_bits(packet->family) / 8 : 0;
    to->mac_bytes = sizeof packet->eth[0];
    for (fz_need need = FZ_NEED_NOTHING; need < FZ_NEEDS; need++)
        to->missing[need] = fz_packet_has(packet, need) ? 0 : FZ_MYSQL_ARRAY_NULL;
}

static bool array_is_full(const fz_mysql_bulk *bulk, const row_lane *lane)
{
    (void)bulk;
    return lane->pending == lane->array_room;
}

static bool array_send(fz_mysql_bulk *bulk, row_lane *lane, GError **error)
{
    if (!lane->array)
        lane->array = new_array(bulk, lane, error);
    return lane->array && fz_mysql_array_send(lane->array, lane->pending, error);
}

static bool array_wait(row_lane *lane, GError **error)
{
    return !lane->array || fz_mysql_array_wait(lane->array, error);
}

static void load_add(fz_mysql_bulk *bulk, row_lane *lane, const fz_row_ids *ids, const void *row)
{
    fz_mysql_text_line(lane->text, bulk->server->dialect, lane->table, ids, row);
}

static bool load_is_full(const fz_mysql_bulk *bulk, const row_lane *lane)
{
    (void)bulk;
    return lane->text->len >= TEXT_LOAD_BYTES;
}

static bool load_send(fz_mysql_bulk *bulk, row_lane *lane, GError **error)
{
    fz_mysql_client *client = bulk->client;

    fz_mysql_client_new_token(client);
    /* SingleStore does not have this character set; digits are the same in all. */
    const char *charset = fz_mysql_server_is_singlestore(bulk->server) ? NULL : "binary";
    g_autofree char *sql = fz_mysql_text_load_data(bulk->server->dialect, lane->table, client->token, charset);
    return fz_mysql_client_load_data(client, sql, lane->text->str, lane->text->len, lane->pending, error);
}

static void insert_add(fz_mysql_bulk *bulk, row_lane *lane, const fz_row_ids *ids, const void *row)
{
    if (!lane->text->len) {
        g_autofree char *columns = fz_statement_columns(bulk->server->dialect, lane->table);

        g_string_append_printf(lane->text, "INSERT INTO %s (%s) VALUES ", fz_tables[lane->table].name, columns);
    } else {
        g_string_append_c(lane->text, ',');
    }
    fz_mysql_text_tuple(lane->text, bulk->server->dialect, lane->table, ids, row);
}

static size_t text_limit(const fz_mysql_bulk *bulk)
{
    return fz_mysql_sums_text_limit(bulk->server);
}

static bool insert_is_full(const fz_mysql_bulk *bulk, const row_lane *lane)
{
    return lane->text->len >= text_limit(bulk);
}

static bool insert_send(fz_mysql_bulk *bulk, row_lane *lane, GError **error)
{
    uint64_t took;

    if (!fz_mysql_client_run_bytes(bulk->client, lane->text->str, lane->text->len, &took, error))
        return false;
    return took == lane->pending ||
           fz_mysql_client_refuse(bulk->client, FZ_STORE_ERROR_FAILED, error,
                                  "of %" G_GSIZE_FORMAT " rows the server took %" G_GUINT64_FORMAT, lane->pending,
                                  took);
}

static const way ways[] = {
    [FZ_MYSQL_BULK_ARRAY] = {"array binding", array_add, array_is_full, array_send, array_wait, fz_mysql_sums_array},
    [FZ_MYSQL_BULK_LOAD_DATA] = {"LOAD DATA", load_add, load_is_full, load_send, NULL, fz_mysql_sums_insert},
    [FZ_MYSQL_BULK_INSERT] = {"INSERT", insert_add, insert_is_full, insert_send, NULL, fz_mysql_sums_insert},
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
    *bulk = (fz_mysql_bulk){.client = client, .server = server, .way = &ways[which]};
    bulk->on_trial = chosen && which == FZ_MYSQL_BULK_LOAD_DATA;
    bulk->lanes[0] = (row_lane){.table = FZ_TABLE_FLOW, .text = g_string_new(NULL)};
    bulk->lanes[1] = (row_lane){.table = FZ_TABLE_PACKET, .text = g_string_new(NULL)};
    return bulk;
}

void fz_mysql_bulk_free(fz_mysql_bulk *bulk)
{
    if (!bulk)
        return;
    for (row_lane *lane = bulk->lanes; lane < bulk->lanes + LANES; lane++) {
        fz_mysql_array_free(lane->array);
        g_free(lane->array_rows);
        g_string_free(lane->text, TRUE);
    }
    g_free(bulk);
}

const char *fz_mysql_bulk_name(const fz_mysql_bulk *bulk)
{
    return bulk->way->name;
}

uint64_t fz_mysql_bulk_rows(const fz_mysql_bulk *bulk, fz_table table)
{
    return bulk->lanes[table == FZ_TABLE_PACKET].rows;
}

static void forget_pending(row_lane *lane)
{
    lane->pending = 0;
    g_string_truncate(lane->text, 0);
}

void fz_mysql_bulk_forget(fz_mysql_bulk *bulk)
{
    for (row_lane *lane = bulk->lanes; lane < bulk->lanes + LANES; lane++) {
        forget_pending(lane);
        lane->rows = 0;
    }
}

/* Sends the rows that were added. */
static bool send_pending(fz_mysql_bulk *bulk, row_lane *lane, GError **error)
{
    if (!lane->pending)
        return true;
    if (bulk->running != lane && !fz_mysql_bulk_settle(bulk, error))
        return false;
    bulk->running = lane;
    if (!bulk->way->send(bulk, lane, error))
        return false;
    lane->rows += lane->pending;
    forget_pending(lane);
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
    bool done = load_send(bulk, bulk->lanes, &fault);
    if (done && bulk->client->file_sent)
        return true;
    if (done || g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED)) {
        bulk->way = &ways[FZ_MYSQL_BULK_INSERT];
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

bool fz_mysql_bulk_add(fz_mysql_bulk *bulk, fz_table table, fz_row_ids ids, const void *rows, size_t count,
                       GError **error)
{
    row_lane *lane = lane_of(bulk, table);

    if (!try_load(bulk, error))
        return false;
    for (size_t i = 0; i < count; i++, ids.row_no++) {
        bulk->way->add(bulk, lane, &ids, (const uint8_t *)rows + i * fz_tables[table].row_size);
        lane->pending++;
        if (bulk->way->is_full(bulk, lane) && !send_pending(bulk, lane, error))
            return false;
    }
    return true;
}

bool fz_mysql_bulk_settle(fz_mysql_bulk *bulk, GError **error)
{
    row_lane *running = bulk->running;

    bulk->running = NULL;
    return !running || !bulk->way->wait || bulk->way->wait(running, error);
}

bool fz_mysql_bulk_flush(fz_mysql_bulk *bulk, GError **error)
{
    for (row_lane *lane = bulk->lanes; lane < bulk->lanes + LANES; lane++)
        if (!send_pending(bulk, lane, error))
            return false;
    return fz_mysql_bulk_settle(bulk, error);
}

bool fz_mysql_bulk_sums(fz_mysql_bulk *bulk, int64_t load_id, fz_table table, const void *rows, size_t count,
                        GError **error)
{
    return count == 0 || bulk->way->sums(bulk->client, bulk->server, load_id, table, rows, count, error);
}
