/* Sends rows of sums to a server, many at a time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_sums.h"

#include "mysql_array.h"
#include "mysql_sql.h"

#include <string.h>

/* The most bytes of one text, also limited by max_allowed_packet. */
enum { TEXT_BYTES = 1 << 18 };

/* A parameter of an array: a number, or an address and its length. */
typedef struct cell {
    union {
        int64_t number;
        uint8_t bytes[16];
    } value;
    unsigned long size;
} cell;

/* Rows of cells: the load's id, then the columns that are not texts. `cells` has room for `room` rows. */
typedef struct cell_rows {
    cell *cells;
    size_t width, room;
} cell_rows;

static const void *row_at(fz_table table, const void *rows, size_t at)
{
    return (const uint8_t *)rows + at * fz_tables[table].row_size;
}

static void take_values(GArray *values, int64_t load_id, fz_table table, const void *row)
{
    g_array_set_size(values, 0);
    if (fz_tables[table].id)
        fz_mysql_values_add(values, (fz_value){.number = load_id});
    fz_mysql_values_add_row(values, table, row);
}

static void put_cell(cell *at, const fz_column *column, const void *row)
{
    const fz_value value = fz_column_get(column, row);

    at->size = value.size;
    if (value.bytes)
        memcpy(at->value.bytes, value.bytes, value.size);
    else
        at->value.number = value.number;
}

/* A row's values, but for its texts. Most are numbers. */
static void put_cells(cell *at, int64_t load_id, fz_table table, const void *row)
{
    const fz_table_shape *shape = &fz_tables[table];

    if (shape->id)
        (at++)->value.number = load_id;
    for (const fz_column *column = shape->columns; column < shape->columns + shape->count; column++) {
        if (column->form == FZ_FORM_NUMBER)
            (at++)->value.number = (int64_t)fz_number_at((const uint8_t *)row + column->offset, column->size);
        else if (column->form != FZ_FORM_TEXT)
            put_cell(at++, column, row);
    }
}

static size_t count_cells(const GArray *values)
{
    size_t count = 0;

    for (guint i = 0; i < values->len; i++)
        count += !g_array_index(values, fz_value, i).text;
    return count;
}

/* All rows have the same texts, which are part of the statement. */
static fz_mysql_array *new_array(fz_mysql_client *client, const fz_mysql_server *server, fz_table table,
                                 const cell_rows *rows, const GArray *values, GError **error)
{
    g_autofree char *pattern = fz_statement_insert(server->dialect, table);
    g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, rows->width);
    size_t at = 0;

    g_autoptr(GString) sql = g_string_new(NULL);
    fz_mysql_sql_fill_texts(client, sql, pattern, values);
    for (guint i = 0; i < values->len; i++) {
        const fz_value *value = &g_array_index(values, fz_value, i);
        cell *first = &rows->cells[at];

        if (value->text)
            continue;
        binds[at++] = value->bytes ? fz_mysql_array_bytes(first->value.bytes, &first->size)
                                   : fz_mysql_array_number(&first->value.number, sizeof first->value.number, false);
    }
    return fz_mysql_array_new(client, sql->str, binds, rows->width, rows->width * sizeof *rows->cells, error);
}

bool fz_mysql_sums_array(fz_mysql_client *client, const fz_mysql_server *server, int64_t load_id, fz_table table,
                         const void *rows, size_t count, GError **error)
{
    g_autoptr(GArray) values = fz_mysql_values_new();
    take_values(values, load_id, table, rows);
    cell_rows to = {.width = count_cells(values)};
    to.room = MIN(fz_mysql_array_fit(server->packet_bytes, to.width * sizeof *to.cells, to.width), count);
    g_autofree cell *cells = g_new0(cell, to.width * to.room);
    to.cells = cells;
    g_autoptr(fz_mysql_array) array = new_array(client, server, table, &to, values, error);
    if (!array)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t row = i % to.room;

        put_cells(to.cells + row * to.width, load_id, table, row_at(table, rows, i));
        if ((row + 1 == to.room || i + 1 == count) && !fz_mysql_array_send(array, row + 1, error))
            return false;
    }
    return fz_mysql_array_wait(array, error);
}

size_t fz_mysql_sums_text_limit(const fz_mysql_server *server)
{
    return MIN((size_t)TEXT_BYTES, server->packet_bytes / 2);
}

bool fz_mysql_sums_insert(fz_mysql_client *client, const fz_mysql_server *server, int64_t load_id, fz_table table,
                          const void *rows, size_t count, GError **error)
{
    g_auto(fz_mysql_insert) insert;
    g_autoptr(GArray) values = fz_mysql_values_new();
    fz_mysql_insert_init(&insert, client, fz_statement_insert(server->dialect, table), "");
    for (size_t i = 0; i < count; i++) {
        take_values(values, load_id, table, row_at(table, rows, i));
        fz_mysql_insert_add(&insert, values);
        if (insert.text->len >= fz_mysql_sums_text_limit(server) && !fz_mysql_insert_run(&insert, error))
            return false;
    }
    return fz_mysql_insert_run(&insert, error);
}
