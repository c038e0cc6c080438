/* Rows as text: for LOAD DATA and for INSERT.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_text.h"

/* The longest row: three ids and all columns, of at most 32 digits each, with separators and quotes. */
#define ROW_MAX(columns) (((columns) + 3) * 40 + 4)

static char *put_uint(char *at, uint64_t value)
{
    char digits[20];
    int count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (count)
        *at++ = digits[--count];
    return at;
}

static char *put_int(char *at, int64_t value)
{
    if (value >= 0)
        return put_uint(at, (uint64_t)value);
    *at++ = '-';
    return put_uint(at, -(uint64_t)value);
}

static char *put_hex(char *at, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    return at;
}

/* The form of a row. */
typedef struct row_shape {
    const char *begin, *between, *end; /* around and between the values */
    const char *hex_begin, *hex_end;   /* around an address */
    const char *null;
} row_shape;

static char *put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

static char *put_value(char *at, const row_shape *shape, fz_value value)
{
    if (value.is_null)
        return put_text(at, shape->null);
    if (!value.bytes)
        return put_int(at, value.number);
    at = put_hex(put_text(at, shape->hex_begin), value.bytes, value.size);
    return put_text(at, shape->hex_end);
}

static char *put_ids(char *at, const row_shape *shape, const fz_dialect *dialect, const fz_row_ids *ids)
{
    if (fz_dialect_has_day(dialect))
        at = put_text(put_int(at, ids->day), shape->between);
    at = put_text(put_int(at, ids->load_id), shape->between);
    return put_uint(at, ids->row_no);
}

static void append_row(GString *text, const row_shape *shape, const fz_dialect *dialect, fz_table table,
                       const fz_row_ids *ids, const void *row)
{
    size_t count, old = text->len;
    const fz_column *columns = fz_row_columns(table, &count);

    g_string_set_size(text, old + ROW_MAX(count));
    char *at = put_ids(put_text(text->str + old, shape->begin), shape, dialect, ids);
    for (size_t i = 0; i < count; i++)
        at = put_value(put_text(at, shape->between), shape, fz_column_get(&columns[i], row));
    at = put_text(at, shape->end);
    g_string_truncate(text, (gsize)(at - text->str));
}

void fz_mysql_text_line(GString *text, const fz_dialect *dialect, fz_table table, const fz_row_ids *ids,
                        const void *row)
{
    static const row_shape line = {"", "\t", "\n", "", "", "\\N"};

    append_row(text, &line, dialect, table, ids, row);
}

void fz_mysql_text_tuple(GString *text, const fz_dialect *dialect, fz_table table, const fz_row_ids *ids,
                         const void *row)
{
    static const row_shape tuple = {"(", ",", ")", "x'", "'", "NULL"};

    append_row(text, &tuple, dialect, table, ids, row);
}

char *fz_mysql_text_load_data(const fz_dialect *dialect, fz_table table, const char *token, const char *charset)
{
    size_t count;
    const fz_column *columns = fz_row_columns(table, &count);
    const char *quote = dialect->quote, *comma = " SET ";

    g_autoptr(GString) set = g_string_new(NULL);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s", token, fz_tables[table].name);
    if (charset)
        g_string_append_printf(sql, " CHARACTER SET %s", charset);
    g_string_append_printf(sql, " FIELDS TERMINATED BY '\\t' LINES TERMINATED BY '\\n' (%s", dialect->row_id_names);
    for (size_t i = 0; i < count; i++) {
        const char *column = columns[i].name;

        if (columns[i].type != FZ_TYPE_ADDR && columns[i].type != FZ_TYPE_MAC) {
            g_string_append_printf(sql, ", %s%s%s", quote, column, quote);
            continue;
        }
        g_string_append_printf(sql, ", @%s", column);
        g_string_append_printf(set, "%s%s%s%s = UNHEX(@%s)", comma, quote, column, quote, column);
        comma = ", ";
    }
    g_string_append_printf(sql, ")%s", set->str);
    return g_string_free(sql, FALSE);
}

bool fz_mysql_text_all_loaded(const char *info, uint64_t records)
{
    g_autofree char *whole =
        g_strdup_printf("Records: %" G_GUINT64_FORMAT "  Deleted: 0  Skipped: 0  Warnings: 0", records);

    return g_strcmp0(info, whole) == 0;
}

/* Numbers below this are MySQL's own, about the statement, even if a leaf sent them. */
enum { FIRST_OWN_CODE = 1700 };

bool fz_mysql_text_lacks_node(unsigned code, const char *message)
{
    return code >= FIRST_OWN_CODE && (g_str_has_prefix(message, "Leaf Error") || strstr(message, " leaf ") ||
                                      strstr(message, "has no master instance"));
}

/* Of our columns' names those that its connectors list among its keywords, or that MySQL's list has. */
static const char *const keywords[] = {
    "day",     "domain", "end",  "engine", "events",    "hour",    "minute",
    "options", "state",  "time", "times",  "timestamp", "version", "zone",
};

static bool is_keyword(const char *word, size_t size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (strlen(keywords[i]) == size && memcmp(keywords[i], word, size) == 0)
            return true;
    return false;
}

/* The length of what is copied as a whole: a text in quotes, a word, or one character. */
static size_t token_size(const char *at)
{
    size_t size = 1;

    if (*at == '\'' || *at == '"' || *at == '`') {
        while (at[size] && at[size] != *at)
            size += at[size] == '\\' && at[size + 1] ? 2 : 1;
        return at[size] ? size + 1 : size;
    }
    while ((g_ascii_isalnum(*at) || *at == '_') && (g_ascii_isalnum(at[size]) || at[size] == '_'))
        size++;
    return size;
}

char *fz_mysql_text_spell(const char *sql)
{
    GString *spelled = g_string_sized_new(strlen(sql) + 64);
    size_t size;

    for (char before = ' '; *sql; before = sql[size - 1], sql += size) {
        size = token_size(sql);
        const char *quote = before != '.' && before != '@' && is_keyword(sql, size) ? "`" : "";
        g_string_append(spelled, quote);
        g_string_append_len(spelled, sql, (gssize)size);
        g_string_append(spelled, quote);
    }
    return g_string_free(spelled, FALSE);
}
