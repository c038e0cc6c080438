/* An eponymous virtual table (sqlite.org/vtab.html): INSERT ... SELECT out of it stores a batch in one statement.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Its cursor stays at the end of fz_flow, where a statement a row would open, seek and close one each time. */
#include "sqlite_rows.h"

#include "columns.h"

typedef struct batch_table {
    sqlite3_vtab base;
    const fz_sqlite_batch *batch;
    const fz_field *const *fields; /* by column, behind flow_id */
} batch_table;

typedef struct batch_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
} batch_cursor;

static const fz_sqlite_batch *batch_of(const batch_cursor *cursor)
{
    return ((const batch_table *)cursor->base.pVtab)->batch;
}

static char *declaration(const fz_field *const *fields, size_t count)
{
    GString *sql = g_string_new("CREATE TABLE fz_batch (flow_id");

    for (size_t i = 0; i < count; i++)
        g_string_append_printf(sql, ", %s", fields[i]->column);
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static int batch_connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **made, char **fault)
{
    size_t count;
    const fz_field *const *fields = fz_stored_fields(&count);
    g_autofree char *sql = declaration(fields, count);

    (void)argc, (void)argv, (void)fault;
    int code = sqlite3_declare_vtab(db, sql);
    if (code != SQLITE_OK)
        return code;
    batch_table *table = g_new0(batch_table, 1);
    table->batch = user;
    table->fields = fields;
    *made = &table->base;
    return SQLITE_OK;
}

static int batch_disconnect(sqlite3_vtab *table)
{
    g_free(table);
    return SQLITE_OK;
}

static int batch_best_index(sqlite3_vtab *table, sqlite3_index_info *plan)
{
    (void)table, (void)plan;
    return SQLITE_OK;
}

static int batch_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    batch_cursor *made = g_new0(batch_cursor, 1);

    (void)table;
    *cursor = &made->base;
    return SQLITE_OK;
}

static int batch_close(sqlite3_vtab_cursor *cursor)
{
    g_free(cursor);
    return SQLITE_OK;
}

static int batch_filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int argc, sqlite3_value **argv)
{
    (void)plan, (void)name, (void)argc, (void)argv;
    ((batch_cursor *)cursor)->at = 0;
    return SQLITE_OK;
}

static int batch_next(sqlite3_vtab_cursor *cursor)
{
    ((batch_cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int batch_eof(sqlite3_vtab_cursor *cursor)
{
    const batch_cursor *at = (const batch_cursor *)cursor;

    return at->at >= batch_of(at)->count;
}

static int batch_column(sqlite3_vtab_cursor *cursor, sqlite3_context *answer, int column)
{
    const batch_cursor *at = (const batch_cursor *)cursor;
    const batch_table *table = (const batch_table *)cursor->pVtab;
    const fz_record *record = &table->batch->records[at->at];

    if (column == 0) {
        sqlite3_result_int64(answer, table->batch->first_id + (int64_t)at->at);
        return SQLITE_OK;
    }
    const fz_field *field = table->fields[column - 1];
    if (field->kind == FZ_FIELD_ADDR)
        sqlite3_result_blob(answer, fz_field_bytes(record, field), (int)fz_family_bits(record->family) / 8,
                            SQLITE_STATIC);
    else /* times, which may be negative, fill all of their eight bytes */
        sqlite3_result_int64(answer, (int64_t)fz_field_number(record, field));
    return SQLITE_OK;
}

static int batch_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
    *id = (int64_t)((const batch_cursor *)cursor)->at;
    return SQLITE_OK;
}

/* Without xCreate there is one such table, and nobody can make another. */
static const sqlite3_module batch_module = {
    .xConnect = batch_connect,
    .xBestIndex = batch_best_index,
    .xDisconnect = batch_disconnect,
    .xOpen = batch_open,
    .xClose = batch_close,
    .xFilter = batch_filter,
    .xNext = batch_next,
    .xEof = batch_eof,
    .xColumn = batch_column,
    .xRowid = batch_rowid,
};

bool fz_sqlite_batch_register(sqlite3 *db, fz_sqlite_batch *batch)
{
    return sqlite3_create_module(db, "fz_batch", &batch_module, batch) == SQLITE_OK;
}
