/* Statements with their values written out.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_sql.h"

#include <string.h>

GArray *fz_mysql_values_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(fz_value));
}

void fz_mysql_values_add(GArray *values, fz_value value)
{
    g_array_append_val(values, value);
}

void fz_mysql_values_add_row(GArray *values, fz_table table, const void *row)
{
    for (size_t i = 0; i < fz_tables[table].count; i++)
        fz_mysql_values_add(values, fz_column_get(&fz_tables[table].columns[i], row));
}

static void append_bytes(GString *sql, fz_value value)
{
    g_string_append(sql, "x'");
    for (uint8_t i = 0; i < value.size; i++)
        g_string_append_printf(sql, "%02x", value.bytes[i]);
    g_string_append_c(sql, '\'');
}

void fz_mysql_sql_append(fz_mysql_client *client, GString *sql, fz_value value)
{
    if (value.bytes) {
        append_bytes(sql, value);
        return;
    }
    if (!value.text) {
        g_string_append_printf(sql, "%" G_GINT64_FORMAT, value.number);
        return;
    }
    size_t size = strlen(value.text), old = sql->len + 1;
    g_string_append_c(sql, '\'');
    g_string_set_size(sql, old + 2 * size + 1);
    size = mysql_real_escape_string(client->db, sql->str + old, value.text, size);
    g_string_truncate(sql, old + size);
    g_string_append_c(sql, '\'');
}

static void fill(fz_mysql_client *client, GString *sql, const char *pattern, const GArray *values, bool numbers)
{
    guint next = 0;

    for (const char *at = pattern; *at; at++) {
        const fz_value *value = *at == '?' && next < values->len ? &g_array_index(values, fz_value, next++) : NULL;

        if (value && (value->text || numbers))
            fz_mysql_sql_append(client, sql, *value);
        else
            g_string_append_c(sql, *at);
    }
    g_assert(next == values->len);
}

void fz_mysql_sql_fill(fz_mysql_client *client, GString *sql, const char *pattern, const GArray *values)
{
    fill(client, sql, pattern, values, true);
}

void fz_mysql_sql_fill_texts(fz_mysql_client *client, GString *sql, const char *pattern, const GArray *values)
{
    fill(client, sql, pattern, values, false);
}

bool fz_mysql_sql_run(fz_mysql_client *client, char *sql, const GArray *values, uint64_t *affected, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *pattern = sql;
    fz_mysql_sql_fill(client, text, pattern, values);
    return fz_mysql_client_run(client, text->str, affected, error);
}

void fz_mysql_insert_init(fz_mysql_insert *insert, fz_mysql_client *client, char *sql, const char *tail)
{
    char *values = strstr(sql, "VALUES (");

    g_assert(values);
    values += strlen("VALUES");
    *values = '\0';
    *insert = (fz_mysql_insert){
        .client = client,
        .head = sql,
        .tuple = values + 1,
        .tail = tail,
        .text = g_string_new(NULL),
    };
}

void fz_mysql_insert_clear(fz_mysql_insert *insert)
{
    g_free(insert->head);
    g_string_free(insert->text, TRUE);
}

void fz_mysql_insert_add(fz_mysql_insert *insert, const GArray *values)
{
    if (insert->text->len)
        g_string_append_c(insert->text, ',');
    else
        g_string_append_printf(insert->text, "%s ", insert->head);
    fz_mysql_sql_fill(insert->client, insert->text, insert->tuple, values);
}

bool fz_mysql_insert_run(fz_mysql_insert *insert, GError **error)
{
    GString *text = insert->text;

    if (!text->len)
        return true;
    g_string_append(text, insert->tail);
    bool done = fz_mysql_client_run(insert->client, text->str, NULL, error);
    g_string_truncate(text, 0);
    return done;
}
