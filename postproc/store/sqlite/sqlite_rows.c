/* An eponymous virtual table (sqlite.org/vtab.html): INSERT ... SELECT out of it stores many rows in one statement.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * It keeps one cursor at the end of the table; one statement per row would open, seek and close a cursor each time. */
#include "sqlite_rows.h"

typedef struct rows_table {
    sqlite3_vtab base;
    const fz_sqlite_rows *rows;
    const fz_column *columns; /* after the id */
    int ids;                  /* 0: the table has none */
    bool counts;              /* the id counts up */
    size_t row_size;
} rows_table;

typedef struct rows_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
} rows_cursor;

static const fz_sqlite_rows *rows_of(const rows_cursor *cursor)
{
    return ((const rows_table *)cursor->base.pVtab)->rows;
}

static char *declaration(const rows_table *table, size_t count)
{
    GString *sql = g_string_new("CREATE TABLE fz_rows (");

    if (table->ids)
        g_string_append(sql, "id, ");
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(sql, "%s%s", i ? ", " : "", table->columns[i].name);
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static rows_table shape_of(const fz_sqlite_rows *rows, size_t *count)
{
    const fz_table_shape *shape = &fz_tables[rows->table];
    const bool counts = fz_table_is_of_rows(rows->table);
    rows_table table = {
        .rows = rows,
        .columns = shape->columns,
        .ids = counts || shape->id ? 1 : 0,
        .counts = counts,
        .row_size = shape->row_size,
    };

    *count = shape->count;
    if (counts)
        table.columns = fz_row_columns(rows->table, count);
    return table;
}

static int rows_connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **made, char **fault)
{
    size_t count;
    const rows_table shape = shape_of(user, &count);
    g_autofree char *sql = declaration(&shape, count);

    (void)argc, (void)argv, (void)fault;
    int code = sqlite3_declare_vtab(db, sql);
    if (code != SQLITE_OK)
        return code;
    rows_table *table = g_new(rows_table, 1);
    *table = shape;
    *made = &table->base;
    return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *table)
{
    g_free(table);
    return SQLITE_OK;
}

static int rows_best_index(sqlite3_vtab *table, sqlite3_index_info *plan)
{
    (void)table, (void)plan;
    return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    rows_cursor *made = g_new0(rows_cursor, 1);

    (void)table;
    *cursor = &made->base;
    return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *cursor)
{
    g_free(cursor);
    return SQLITE_OK;
}

static int rows_filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int argc, sqlite3_value **argv)
{
    (void)plan, (void)name, (void)argc, (void)argv;
    ((rows_cursor *)cursor)->at = 0;
    return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *cursor)
{
    ((rows_cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *cursor)
{
    const rows_cursor *at = (const rows_cursor *)cursor;

    return at->at >= rows_of(at)->count;
}

static int rows_column(sqlite3_vtab_cursor *cursor, sqlite3_context *answer, int column)
{
    const rows_cursor *at = (const rows_cursor *)cursor;
    const rows_table *table = (const rows_table *)cursor->pVtab;
    const void *row = (const uint8_t *)table->rows->rows + at->at * table->row_size;

    if (column < table->ids) {
        sqlite3_result_int64(answer, table->rows->id + (table->counts ? (int64_t)at->at : 0));
        return SQLITE_OK;
    }
    const fz_column *shown = &table->columns[column - table->ids];
    if (shown->form == FZ_FORM_NUMBER && shown->need == FZ_NEED_NOTHING) { /* most of them */
        sqlite3_result_int64(answer, (int64_t)fz_number_at((const uint8_t *)row + shown->offset, shown->size));
        return SQLITE_OK;
    }
    const fz_value value = fz_column_get(shown, row);
    if (value.text)
        sqlite3_result_text(answer, value.text, -1, SQLITE_STATIC);
    else if (value.bytes)
        sqlite3_result_blob(answer, value.bytes, value.size, SQLITE_STATIC);
    else if (!value.is_null)
        sqlite3_result_int64(answer, value.number);
    return SQLITE_OK;
}

static int rows_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
    *id = (int64_t)((const rows_cursor *)cursor)->at;
    return SQLITE_OK;
}

/* Without xCreate, SQL cannot create further tables of this kind. */
static const sqlite3_module rows_module = {
    .xConnect = rows_connect,
    .xBestIndex = rows_best_index,
    .xDisconnect = rows_disconnect,
    .xOpen = rows_open,
    .xClose = rows_close,
    .xFilter = rows_filter,
    .xNext = rows_next,
    .xEof = rows_eof,
    .xColumn = rows_column,
    .xRowid = rows_rowid,
};

bool fz_sqlite_rows_register(sqlite3 *db, fz_sqlite_rows *rows)
{
    g_autofree char *name = g_strconcat(fz_tables[rows->table].name, "_rows", NULL);

    return sqlite3_create_module(db, name, &rows_module, rows) == SQLITE_OK;
}
