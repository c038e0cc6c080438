/* A zone table while it is read: its rows, its locations, its problems.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_private.h"

#include "text.h"

#include <string.h>

static const char *const column_names[FZ_ZONE_COLUMNS] = {"location", "prefix", "number", "name"};

static void problem_clear(void *data)
{
    g_free(((zone_problem *)data)->message);
}

void fz_zone_reading_problem(zone_reading *reading, bool is_error, unsigned line, const char *format, ...)
{
    unsigned *count = is_error ? &reading->errors : &reading->warnings;
    va_list arguments;

    if (++*count > FZ_ZONE_PROBLEMS_MAX)
        return;

    GString *message = g_string_new(reading->name);

    if (line > 0)
        g_string_append_printf(message, ":%u", line);
    g_string_append(message, ": ");
    va_start(arguments, format);
    g_string_append_vprintf(message, format, arguments);
    va_end(arguments);

    zone_problem problem = {line, is_error, g_string_free(message, FALSE)};

    g_array_append_val(reading->problems, problem);
}

/* Says how many of a kind were too many to keep. */
static void add_rest(zone_reading *reading, bool is_error, unsigned count)
{
    if (count > FZ_ZONE_PROBLEMS_MAX) {
        zone_problem rest = {0, is_error,
                             g_strdup_printf("%s: %u more %s", reading->name, count - FZ_ZONE_PROBLEMS_MAX,
                                             is_error ? "errors" : "warnings")};

        g_array_append_val(reading->problems, rest);
    }
}

/* Problems of the whole file, without a line, come last. */
static int problem_compare(const void *a, const void *b)
{
    unsigned left = ((const zone_problem *)a)->line - 1, right = ((const zone_problem *)b)->line - 1;

    return (left > right) - (left < right);
}

char *fz_zone_quote(const char *text)
{
    enum { SHOWN = 60 };
    g_autofree char *head = NULL;

    if (g_utf8_strlen(text, -1) <= SHOWN)
        return g_strdup_printf("\"%s\"", text);
    head = g_utf8_substring(text, 0, SHOWN);
    return g_strdup_printf("\"%s...\"", head);
}

/* What is wrong with a text, NULL when nothing is: it must be UTF-8 without control characters, as it goes into CSV,
 * terminals and databases. */
static char *text_fault(unsigned column, const char *text, size_t size)
{
    const char *name = column_names[column];
    size_t left = size;

    if (size > FZ_ZONE_TEXT_MAX)
        return g_strdup_printf("the %s has %zu bytes; expected at most %u", name, size, FZ_ZONE_TEXT_MAX);
    for (const char *at = text; left > 0;) {
        gunichar character = g_utf8_get_char_validated(at, (gssize)left);
        size_t length;

        /* GLib takes a NUL for the end of a text, not for a character. */
        if (*at == '\0')
            character = 0;
        if ((gint32)character < 0) {
            g_autofree char *before = g_strndup(text, (size_t)(at - text)), *shown = fz_zone_quote(before);

            return g_strdup_printf("the %s isn't UTF-8: byte 0x%02x after %s", name, (unsigned)(uint8_t)*at, shown);
        }
        if (fz_text_is_control(character))
            return g_strdup_printf("control character U+%04X in the %s%s", character, name,
                                   character == '\n' ? "; is a closing quote missing?" : "");
        length = (size_t)g_unichar_to_utf8(character, NULL);
        at += length;
        left -= length;
    }
    return NULL;
}

static char *prefix_fault(const char *text, fz_prefix *prefix)
{
    const char *fault;
    g_autofree char *shown = NULL;

    if (fz_prefix_parse(text, prefix, &fault))
        return NULL;
    shown = fz_zone_quote(text);
    return g_strdup_printf("%s is not a prefix: %s", shown, fault);
}

static const char *name_fault(const char *text, size_t size)
{
    return strspn(text, " ") == size ? "the name is missing" : NULL;
}

char *fz_zone_field_fault(fz_zone_column column, const char *text, size_t size)
{
    char corrected[FZ_PREFIX_TEXT_SIZE], *fault = text_fault(column, text, size);
    fz_prefix prefix;

    if (fault)
        return fault;
    if (column == FZ_ZONE_NAME)
        return g_strdup(name_fault(text, size));
    if (column != FZ_ZONE_PREFIX)
        return NULL;
    fault = prefix_fault(text, &prefix);
    if (!fault && fz_prefix_mask(&prefix))
        fault = g_strdup_printf("%s has host bits set; did you mean %s?", text, fz_prefix_print(&prefix, corrected));
    return fault;
}

static bool is_header(const fz_csv *csv)
{
    if (csv->fields != FZ_ZONE_COLUMNS)
        return false;
    for (unsigned i = 0; i < FZ_ZONE_COLUMNS; i++)
        if (g_ascii_strcasecmp(fz_csv_field(csv, i), column_names[i]) != 0)
            return false;
    return true;
}

static void location_free(void *data)
{
    zone_location *location = data;

    for (unsigned i = 0; i < FAMILIES; i++)
        if (location->spans[i])
            g_array_unref(location->spans[i]);
    g_free(location);
}

static zone_location *find_location(zone_reading *reading, const char *name)
{
    zone_location *location = g_hash_table_lookup(reading->by_name, name);

    if (!location) {
        location = g_new0(zone_location, 1);
        location->name = g_string_chunk_insert_const(reading->texts, name);
        g_ptr_array_add(reading->locations, location);
        g_hash_table_insert(reading->by_name, location->name, location);
    }
    return location;
}

static unsigned family_of(const fz_prefix *prefix)
{
    return prefix->addr.family == FZ_IPV6 ? IPV6 : IPV4;
}

void fz_zone_reading_add(zone_reading *reading, const fz_prefix *prefix, const zone_record *record)
{
    fz_zone row = {.prefix = *prefix, .line = record->line};
    zone_location *location = find_location(reading, record->text[FZ_ZONE_LOCATION]);
    GArray **spans = &location->spans[family_of(prefix)];
    fz_span span = fz_span_of(prefix, reading->rows->len + 1);

    row.location = g_string_chunk_insert_const(reading->texts, location->name);
    row.number = g_string_chunk_insert_const(reading->texts, record->text[FZ_ZONE_NUMBER]);
    row.name = g_string_chunk_insert_const(reading->texts, record->text[FZ_ZONE_NAME]);
    g_array_append_val(reading->rows, row);
    if (!*spans)
        *spans = g_array_new(FALSE, FALSE, sizeof(fz_span));
    g_array_append_val(*spans, span);
}

/* Checks a record and makes it a row; host bits are cleared, with a warning. */
static void take_record(zone_reading *reading, const zone_record *record)
{
    const char *text = record->text[FZ_ZONE_PREFIX];
    char corrected[FZ_PREFIX_TEXT_SIZE];
    g_autofree char *fault = NULL;
    const char *missing;
    fz_prefix prefix;
    bool masked = false;

    for (unsigned column = 0; column < FZ_ZONE_COLUMNS && !fault; column++)
        fault = text_fault(column, record->text[column], record->size[column]);
    if (!fault)
        fault = prefix_fault(text, &prefix);
    if (fault) {
        add_error(reading, record->line, "%s", fault);
        return;
    }
    masked = fz_prefix_mask(&prefix);
    if (masked)
        add_warning(reading, record->line, "%s has host bits set; using %s", text, fz_prefix_print(&prefix, corrected));
    missing = name_fault(record->text[FZ_ZONE_NAME], record->size[FZ_ZONE_NAME]);
    if (missing)
        add_error(reading, record->line, "%s", missing);
    else
        fz_zone_reading_add(reading, &prefix, record);
}

/* The line that was meant by a prefix and a name alone, in either order; NULL: neither is there, or the name has to be
 * quoted. The caller frees. */
static char *meant_line(const fz_csv *csv)
{
    for (unsigned i = 0; i < 2 && csv->fields == 2; i++) {
        const char *prefix = fz_csv_field(csv, i), *name = fz_csv_field(csv, 1 - i);
        g_autofree char *prefix_wrong = fz_zone_field_fault(FZ_ZONE_PREFIX, prefix, csv->size[i]);
        g_autofree char *name_wrong = fz_zone_field_fault(FZ_ZONE_NAME, name, csv->size[1 - i]);

        if (!prefix_wrong && !name_wrong && !strpbrk(name, "\","))
            return g_strdup_printf(",%s,,%s", prefix, name);
    }
    return NULL;
}

static void refuse_fields(zone_reading *reading)
{
    const fz_csv *csv = &reading->csv;
    g_autofree char *meant = meant_line(csv), *shown = meant ? fz_zone_quote(meant) : NULL;

    add_error(reading, csv->line, "%u field%s; expected %u: location,prefix,number,name%s%s%s", csv->fields,
              fz_text_plural(csv->fields), FZ_ZONE_COLUMNS, shown ? "; did you mean " : "", shown ? shown : "",
              shown ? "?" : "");
}

/* Makes the record of the current file a row. */
static void take_line(zone_reading *reading)
{
    const fz_csv *csv = &reading->csv;
    zone_record record = {.line = csv->line};

    if (csv->fields != FZ_ZONE_COLUMNS) {
        refuse_fields(reading);
        return;
    }
    for (unsigned column = 0; column < FZ_ZONE_COLUMNS; column++) {
        record.text[column] = fz_csv_field(csv, column);
        record.size[column] = csv->size[column];
    }
    take_record(reading, &record);
}

static bool is_full(zone_reading *reading, unsigned line)
{
    if (reading->rows->len < FZ_ZONE_ROWS_MAX)
        return false;
    add_error(reading, line, "more than %u rows", FZ_ZONE_ROWS_MAX);
    return true;
}

void fz_zone_reading_parse(zone_reading *reading)
{
    fz_csv *csv = &reading->csv;

    for (bool first = true; fz_csv_next(csv); first = false) {
        if (csv->fault) {
            add_error(reading, csv->fault_line, "%s", csv->fault);
        } else if (!(first && is_header(csv))) {
            if (is_full(reading, csv->line))
                return;
            take_line(reading);
        }
    }
}

void fz_zone_reading_take(zone_reading *reading, const fz_zone_texts *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zone_record record = {.line = (unsigned)i + 1};

        if (is_full(reading, record.line))
            return;
        for (unsigned column = 0; column < FZ_ZONE_COLUMNS; column++) {
            record.text[column] = rows[i].text[column] ? rows[i].text[column] : "";
            record.size[column] = strlen(record.text[column]);
        }
        take_record(reading, &record);
    }
}

const fz_zone *fz_zone_reading_row(const zone_reading *reading, uint32_t id)
{
    return &g_array_index(reading->rows, fz_zone, id - 1);
}

void fz_zone_reading_init(zone_reading *reading, const char *name, const char *text, size_t size)
{
    *reading = (zone_reading){.name = name};
    fz_csv_init(&reading->csv, text, size);
    reading->rows = g_array_new(FALSE, FALSE, sizeof(fz_zone));
    reading->texts = g_string_chunk_new(4096);
    reading->locations = g_ptr_array_new_with_free_func(location_free);
    reading->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    reading->problems = g_array_new(FALSE, FALSE, sizeof(zone_problem));
    g_array_set_clear_func(reading->problems, problem_clear);
    find_location(reading, "");
}

void fz_zone_reading_clear(zone_reading *reading)
{
    fz_csv_clear(&reading->csv);
    g_array_unref(reading->rows);
    g_hash_table_unref(reading->by_name);
    g_ptr_array_unref(reading->locations);
    g_array_unref(reading->problems);
    if (reading->texts)
        g_string_chunk_free(reading->texts);
}

/* Checks what was read and puts the problems in order. NULL with the first error in `error`. */
fz_zone_table *fz_zone_reading_close(zone_reading *reading, const char *location, GError **error)
{
    if (reading->errors == 0 && location)
        fz_zone_check_location(reading, location);
    add_rest(reading, true, reading->errors);
    add_rest(reading, false, reading->warnings);
    g_array_sort(reading->problems, problem_compare);
    for (unsigned i = 0; i < reading->problems->len; i++) {
        const zone_problem *problem = &g_array_index(reading->problems, zone_problem, i);

        if (problem->is_error) {
            g_set_error_literal(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_SYNTAX, problem->message);
            return NULL;
        }
    }
    return fz_zone_table_make(reading, location ? location : "");
}

/* Checks what was read, reports the problems, and clears the reading. */
fz_zone_table *fz_zone_reading_finish(zone_reading *reading, const char *location, fz_zone_problem problem, void *user,
                                      GError **error)
{
    fz_zone_table *table;

    fz_zone_check_rows(reading);
    table = fz_zone_reading_close(reading, location, error);
    for (unsigned i = 0; problem && i < reading->problems->len; i++) {
        const zone_problem *found = &g_array_index(reading->problems, zone_problem, i);

        problem(found->is_error, found->message, user);
    }
    fz_zone_reading_clear(reading);
    return table;
}
