/* Conversations, packets and minutes for people and scripts: CSV, NDJSON, an aligned table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows_private.h"

#include "text.h"
#include "write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows are gathered before they are written. */
#define BUFFER_BYTES ((size_t)256 * 1024)
/* Rows of a table that decide how wide its columns are; the rest follows. */
#define TABLE_SAMPLE_ROWS 1000

static bool flush(fz_sink *sink, GError **error)
{
    size_t used = sink->used;

    sink->used = 0;
    return fz_write_all(sink->fd, sink->bytes, used, error);
}

static bool reserve(fz_sink *sink, size_t size, GError **error)
{
    if (sink->capacity - sink->used >= size)
        return true;
    if (!flush(sink, error))
        return false;
    if (sink->capacity < size) {
        sink->capacity = size;
        sink->bytes = g_realloc(sink->bytes, size);
    }
    return true;
}

static size_t field_count(const rows_kind *kind)
{
    size_t count = 0;

    while (kind->field(count))
        count++;
    return count;
}

static fz_sink *sink_new(int fd, const fz_run *run, const fz_zones *zones, cell_form form)
{
    fz_sink *sink = g_new0(fz_sink, 1);

    sink->fd = fd;
    sink->run = run;
    if (zones)
        sink->zones = *zones;
    sink->kind = run->packets ? &fz_rows_packets : run->without_flows ? &fz_rows_minutes : &fz_rows_flows;
    sink->field_count = field_count(sink->kind);
    sink->form = form;
    sink->zone_cells = g_new0(cell, (gsize)sink->zones.count + 1);
    sink->sensor = cell_new(form(run->sensor));
    sink->source = cell_new(form(run->source));
    sink->location = cell_new(form(run->location));
    for (size_t i = 0; i < FZ_OPENED_COUNT; i++)
        sink->opened[i] = cell_new(form(fz_opened_names[i]));
    sink->fixed_size = sink->sensor.size + sink->source.size + sink->location.size + sink->field_count * VALUE_BYTES;
    sink->capacity = BUFFER_BYTES;
    sink->bytes = g_malloc(sink->capacity);
    return sink;
}

static void sink_free(fz_sink *sink)
{
    for (uint32_t id = 0; id <= sink->zones.count; id++)
        g_free(sink->zone_cells[id].bytes);
    for (size_t i = 0; sink->keys && i < sink->field_count; i++)
        g_free(sink->keys[i].bytes);
    g_free(sink->zone_cells);
    g_free(sink->keys);
    g_free(sink->sensor.bytes);
    g_free(sink->source.bytes);
    g_free(sink->location.bytes);
    for (size_t i = 0; i < FZ_OPENED_COUNT; i++)
        g_free(sink->opened[i].bytes);
    if (sink->sample)
        g_array_unref(sink->sample);
    g_free(sink->widths);
    g_free(sink->fields);
    g_free(sink->bytes);
    g_free(sink);
}

fz_sink *fz_csv_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)error;
    fz_sink *sink = sink_new(fd, run, zones, fz_text_csv);
    sink->row = sink->kind->csv;
    for (size_t i = 0; i < sink->field_count; i++) {
        const char *name = sink->kind->field(i);

        put(sink, name, strlen(name));
        put_char(sink, i + 1 < sink->field_count ? ',' : '\n');
    }
    return sink;
}

fz_sink *fz_json_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)error;
    fz_sink *sink = sink_new(fd, run, zones, fz_text_json);
    sink->row = sink->kind->json;
    sink->keys = g_new(cell, sink->field_count);
    for (size_t i = 0; i < sink->field_count; i++) {
        sink->keys[i] = cell_new(g_strdup_printf("%c\"%s\":", i == 0 ? '{' : ',', sink->kind->field(i)));
        sink->fixed_size += sink->keys[i].size;
    }
    return sink;
}

/* The index of the field of a column. */
static size_t column_field(const rows_kind *kind, size_t column)
{
    size_t field = 0;

    while (strcmp(kind->field(field), kind->columns[column].field) != 0)
        field++;
    return field;
}

static size_t table_row_size(fz_sink *sink, const void *row)
{
    const uint32_t *zones = sink->kind->zones(row);
    size_t size = sink->kind->column_count * (VALUE_BYTES + 2);

    for (int end = 0; end < 2; end++)
        size += zone_name_cell(sink, zones[end])->size;
    for (size_t i = 0; i < sink->kind->column_count; i++)
        size += sink->widths[i];
    return size;
}

/* Pads what was put after `from` to the width of its column; numbers are aligned right. */
static void pad_column(fz_sink *sink, size_t column, size_t from)
{
    const bool last = column + 1 == sink->kind->column_count;
    size_t size = sink->used - from;

    sink->bytes[sink->used] = '\0';
    size_t width = fz_text_width(sink->bytes + from);
    size_t pad = width < sink->widths[column] ? sink->widths[column] - width : 0;
    if (sink->kind->columns[column].number) {
        memmove(sink->bytes + from + pad, sink->bytes + from, size);
        memset(sink->bytes + from, ' ', pad);
    } else if (!last) {
        memset(sink->bytes + sink->used, ' ', pad);
    } else {
        pad = 0;
    }
    sink->used += pad;
    if (!last) {
        put(sink, "  ", 2);
        return;
    }
    while (sink->bytes[sink->used - 1] == ' ')
        sink->used--;
    put_char(sink, '\n');
}

static bool table_row(fz_sink *sink, const void *row, GError **error)
{
    if (!reserve(sink, table_row_size(sink, row), error))
        return false;
    for (size_t i = 0; i < sink->kind->column_count; i++) {
        size_t from = sink->used;

        sink->kind->column(sink, row, sink->fields[i]);
        pad_column(sink, i, from);
    }
    return true;
}

static void table_widen(fz_sink *sink, const void *row)
{
    size_t from = sink->used;

    for (size_t i = 0; i < sink->kind->column_count; i++) {
        sink->kind->column(sink, row, sink->fields[i]);
        put_char(sink, '\0');
        sink->widths[i] = MAX(sink->widths[i], fz_text_width(sink->bytes + from));
        sink->used = from;
    }
}

static void table_titles(fz_sink *sink)
{
    for (size_t i = 0; i < sink->kind->column_count; i++) {
        const char *title = sink->kind->columns[i].title;
        size_t from = sink->used;

        put(sink, title, strlen(title));
        pad_column(sink, i, from);
    }
}

/* The first rows determine the widths of columns: prints the titles, then these rows. */
static bool table_begin(fz_sink *sink, GError **error)
{
    g_autoptr(GArray) sample = g_steal_pointer(&sink->sample);
    const size_t size = fz_row_size(sink->kind->kind);

    for (size_t i = 0; i < sink->kind->column_count; i++)
        sink->widths[i] = strlen(sink->kind->columns[i].title);
    for (guint i = 0; i < sample->len; i++) {
        const void *row = sample->data + i * size;

        if (!reserve(sink, table_row_size(sink, row), error))
            return false;
        table_widen(sink, row);
    }
    if (sample->len == 0)
        return true;
    if (!reserve(sink, table_row_size(sink, sample->data), error))
        return false;
    table_titles(sink);
    sink->any = true;
    for (guint i = 0; i < sample->len; i++)
        if (!table_row(sink, sample->data + i * size, error))
            return false;
    return true;
}

fz_sink *fz_table_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)error;
    fz_sink *sink = sink_new(fd, run, zones, fz_text_table);
    const size_t columns = sink->kind->column_count;

    sink->sample = g_array_new(FALSE, FALSE, (guint)fz_row_size(sink->kind->kind));
    sink->widths = g_new0(size_t, columns);
    sink->fields = g_new(size_t, columns);
    for (size_t i = 0; i < columns; i++)
        sink->fields[i] = column_field(sink->kind, i);
    return sink;
}

static bool table_write(fz_sink *sink, const char *row, size_t count, GError **error)
{
    const size_t size = fz_row_size(sink->kind->kind);

    for (; count > 0 && sink->sample; row += size, count--) {
        g_array_append_vals(sink->sample, row, 1);
        if (sink->sample->len == TABLE_SAMPLE_ROWS && !table_begin(sink, error))
            return false;
    }
    for (; count > 0; row += size, count--)
        if (!table_row(sink, row, error))
            return false;
    return true;
}

bool fz_rows_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    const size_t size = fz_row_size(kind);
    const char *row = rows;

    g_assert(kind == sink->kind->kind);
    if (!sink->row)
        return table_write(sink, row, count, error);
    for (; count > 0; row += size, count--) {
        const uint32_t *zones = sink->kind->zones(row);

        if (!reserve(sink, sink->fixed_size + zone_cell(sink, zones[0])->size + zone_cell(sink, zones[1])->size, error))
            return false;
        sink->row(sink, row);
    }
    return true;
}

bool fz_rows_flush(fz_sink *sink, GError **error)
{
    return (!sink->sample || sink->sample->len == 0 || table_begin(sink, error)) && flush(sink, error);
}

static bool table_finish(fz_sink *sink, const fz_totals *totals, GError **error)
{
    if (sink->sample && !table_begin(sink, error))
        return false;
    g_autofree char *line = fz_totals_print(totals);
    size_t size = strlen(line);
    if (!reserve(sink, size + 2, error))
        return false;
    if (sink->any)
        put_char(sink, '\n');
    put(sink, line, size);
    put_char(sink, '\n');
    return true;
}

bool fz_rows_finish(fz_sink *sink, const fz_totals *totals, GError **error)
{
    bool done = true;

    if (totals)
        done = (sink->row != NULL || table_finish(sink, totals, error)) && flush(sink, error);
    sink_free(sink);
    return done;
}

/* "12 frames" with its plural. */
static void append_count(GString *line, uint64_t count, const char *noun)
{
    g_string_append_printf(line, "%" PRIu64 " %s%s", count, noun, fz_text_plural(count));
}

static void append_class(GString *line, const fz_count *count, const char *what)
{
    if (count->frames == 0)
        return;
    g_string_append_printf(line, ", %" PRIu64 " %s (", count->frames, what);
    append_count(line, count->bytes, "byte");
    g_string_append_c(line, ')');
}

char *fz_totals_print(const fz_totals *totals)
{
    fz_count all = fz_totals_all(totals);
    GString *line = g_string_new(NULL);

    append_count(line, all.frames, "frame");
    g_string_append(line, ", ");
    append_count(line, all.bytes, "byte");
    g_string_append(line, ": ");
    append_count(line, totals->counted.frames, "frame");
    g_string_append(line, " (");
    append_count(line, totals->counted.bytes, "byte");
    g_string_append(line, ") ");
    if (totals->packets && !totals->records) {
        g_string_append(line, "IP");
    } else {
        g_string_append(line, "in ");
        append_count(line, totals->records, "conversation");
    }
    append_class(line, &totals->not_ip, "not IP");
    append_class(line, &totals->unparsable, "unparsable");
    append_class(line, &totals->filtered, "filtered out");
    if (totals->packets) {
        g_string_append(line, "; ");
        append_count(line, totals->packets, "row");
        g_string_append(line, " of packets");
    }
    if (totals->cut_short)
        g_string_append(line, "; the capture was cut short");
    if (totals->changed)
        g_string_append(line, "; the capture was written while it was read");
    return g_string_free(line, FALSE);
}
