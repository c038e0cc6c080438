/* Statements that add, find and correct rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "statement.h"

#include "derived.h"

#include <string.h>

/* The columns' names, separated by commas, and their number. */
static GString *column_names(const fz_dialect *dialect, fz_table table, bool with_id, size_t *names)
{
    GString *list = g_string_new(NULL);
    size_t count;

    *names = 0;
    if (fz_table_is_of_rows(table)) {
        const fz_column *columns = fz_row_columns(table, &count);

        fz_template_append(list, dialect->row_id_names, fz_tables[table].name + strlen("fz_"));
        *names = dialect->row_id_count + count;
        for (size_t i = 0; i < count; i++)
            g_string_append_printf(list, ", %s", columns[i].name);
        return list;
    }
    if (fz_tables[table].id && (with_id || !fz_type_is_assigned(fz_tables[table].id_type))) {
        g_string_append(list, fz_tables[table].id);
        ++*names;
    }
    for (size_t i = 0; i < fz_tables[table].count; i++, ++*names)
        g_string_append_printf(list, "%s%s", *names ? ", " : "", fz_tables[table].columns[i].name);
    return list;
}

static char *insert(const fz_dialect *dialect, fz_table table, bool with_id)
{
    size_t count;

    g_autoptr(GString) names = column_names(dialect, table, with_id, &count);
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "INSERT INTO %s (%s) VALUES (", fz_tables[table].name, names->str);
    for (size_t i = 0; i < count; i++)
        g_string_append(sql, i ? ", ?" : "?");
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

char *fz_statement_insert(const fz_dialect *dialect, fz_table table)
{
    return insert(dialect, table, false);
}

char *fz_statement_insert_id(const fz_dialect *dialect, fz_table table)
{
    return insert(dialect, table, true);
}

char *fz_statement_columns(const fz_dialect *dialect, fz_table table)
{
    size_t count;

    return g_string_free(column_names(dialect, table, false, &count), FALSE);
}

char *fz_statement_finish(const fz_dialect *dialect)
{
    GString *sql = g_string_new("UPDATE fz_load SET ");

    (void)dialect;
    for (size_t i = 0; i < fz_tables[FZ_TABLE_LOAD].count; i++)
        g_string_append_printf(sql, "%s%s = ?", i ? ", " : "", fz_tables[FZ_TABLE_LOAD].columns[i].name);
    g_string_append(sql, " WHERE load_id = ?");
    return g_string_free(sql, FALSE);
}

char *fz_statement_find(const fz_dialect *dialect)
{
    size_t count;

    g_autoptr(GString) names = column_names(dialect, FZ_TABLE_LOAD, true, &count);

    return g_strdup_printf("SELECT %s FROM fz_load WHERE identity = ?", names->str);
}

char *fz_statement_set_file(int64_t load_id, const fz_load_file *file)
{
    return g_strdup_printf("UPDATE fz_load SET capture_bytes = %" G_GUINT64_FORMAT
                           ", capture_written_ns = %" G_GINT64_FORMAT ", rows_digest = %" G_GINT64_FORMAT
                           " WHERE load_id = %" G_GINT64_FORMAT,
                           file->bytes, file->written_ns, file->rows_digest, load_id);
}
