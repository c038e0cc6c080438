/* Rows as text: for LOAD DATA and for INSERT.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_text.h"

/* The longest row: two ids and all fields, of at most 32 digits each, with separators and quotes. */
#define ROW_MAX(fields) (((fields) + 2) * 40 + 4)

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
} row_shape;

static char *put_text(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

static void append_row(GString *text, const row_shape *shape, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    size_t count, old = text->len;
    const fz_field *const *fields = fz_stored_fields(&count);

    g_string_set_size(text, old + ROW_MAX(count));
    char *at = put_text(text->str + old, shape->begin);
    at = put_int(at, load_id);
    at = put_uint(put_text(at, shape->between), row_no);
    for (size_t i = 0; i < count; i++) {
        at = put_text(at, shape->between);
        switch (fields[i]->kind) {
        case FZ_FIELD_ADDR:
            at = put_text(at, shape->hex_begin);
            at = put_hex(at, fz_field_bytes(record, fields[i]), fz_family_bits(record->family) / 8);
            at = put_text(at, shape->hex_end);
            break;
        case FZ_FIELD_TIME:
            at = put_int(at, fz_field_time(record, fields[i]));
            break;
        default:
            at = put_uint(at, fz_field_number(record, fields[i]));
        }
    }
    at = put_text(at, shape->end);
    g_string_truncate(text, (gsize)(at - text->str));
}

void fz_mysql_text_line(GString *text, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    static const row_shape line = {"", "\t", "\n", "", ""};

    append_row(text, &line, load_id, row_no, record);
}

void fz_mysql_text_tuple(GString *text, int64_t load_id, uint64_t row_no, const fz_record *record)
{
    static const row_shape tuple = {"(", ",", ")", "x'", "'"};

    append_row(text, &tuple, load_id, row_no, record);
}

char *fz_mysql_text_load_data(const fz_dialect *dialect, const char *token, const char *charset)
{
    size_t count;
    const fz_field *const *fields = fz_stored_fields(&count);
    const char *quote = dialect->quote, *comma = " SET ";

    g_autoptr(GString) set = g_string_new(NULL);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s", token, fz_tables[FZ_TABLE_FLOW].name);
    if (charset)
        g_string_append_printf(sql, " CHARACTER SET %s", charset);
    g_string_append(sql, " FIELDS TERMINATED BY '\\t' LINES TERMINATED BY '\\n' (load_id, row_no");
    for (size_t i = 0; i < count; i++) {
        const char *column = fields[i]->column;

        if (fields[i]->kind != FZ_FIELD_ADDR) {
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
