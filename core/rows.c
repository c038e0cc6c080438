/* Records for people and scripts: CSV, NDJSON, an aligned table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

#include "field.h"
#include "text.h"
#include "write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows are gathered before they are written. */
#define BUFFER_BYTES ((size_t)256 * 1024)
/* No time, address or number is longer. */
#define VALUE_BYTES 64
/* Rows of a table that decide how wide its columns are; the rest follows. */
#define TABLE_SAMPLE_ROWS 1000

/* A text as its format needs it, quoted and escaped once for all rows. */
typedef struct cell {
    char *bytes;
    size_t size;
} cell;

typedef char *(*cell_form)(const char *text);

struct fz_sink {
    int fd;
    const fz_run *run;
    fz_zones zones;
    void (*row)(fz_sink *sink, const fz_record *record); /* CSV and NDJSON: prints one into the room reserved for it */
    cell_form form;
    cell *zone_cells; /* by zone id, made when first needed; 0: no zone */
    cell sensor, source, location, opened[FZ_OPENED_COUNT];
    cell *keys;        /* NDJSON: by field, `,"name":` */
    size_t fixed_size; /* a row without its zones, at most */

    char *bytes;
    size_t used, capacity;

    /* The day in front of the latest timestamp: most rows share it. */
    int64_t day;
    char day_text[FZ_TIME_TEXT_SIZE];
    size_t day_size;

    /* Tables. */
    GArray *sample; /* records held back; NULL once the widths are known */
    size_t *widths;
    const fz_field **fields; /* by column */
};

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

/* The put functions write into reserved room. */
static void put(fz_sink *sink, const char *bytes, size_t size)
{
    memcpy(sink->bytes + sink->used, bytes, size);
    sink->used += size;
}

static void put_char(fz_sink *sink, char byte)
{
    sink->bytes[sink->used++] = byte;
}

static void put_cell(fz_sink *sink, const cell *text)
{
    put(sink, text->bytes, text->size);
}

static void two_digits(char *at, unsigned value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434"
        "44546474849505152535455565758596061626364656667686970717273747576777879808182838485868788"
        "8990919293949596979899";

    memcpy(at, pairs + 2 * (size_t)value, 2);
}

static void put_uint(fz_sink *sink, uint64_t value)
{
    char digits[20], *first = digits + sizeof digits;

    for (; value > UINT32_MAX; value /= 100) {
        first -= 2;
        two_digits(first, (unsigned)(value % 100));
    }
    uint32_t rest = (uint32_t)value; /* divides faster */
    for (; rest >= 100; rest /= 100) {
        first -= 2;
        two_digits(first, rest % 100);
    }
    first -= 2;
    two_digits(first, rest);
    if (rest < 10)
        first++;
    put(sink, first, (size_t)(digits + sizeof digits - first));
}

static void put_time(fz_sink *sink, int64_t time_us)
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t day = time_us / day_us, rest = time_us % day_us;

    if (rest < 0) {
        rest += day_us;
        day--;
    }
    if (day != sink->day || sink->day_size == 0) {
        fz_time_print(time_us, sink->day_text);
        sink->day = day;
        sink->day_size = strcspn(sink->day_text, " ") + 1;
    }
    unsigned seconds = (unsigned)(rest / 1000000), fraction = (unsigned)(rest % 1000000);
    char clock[] = "hh:mm:ss.ffffff";
    two_digits(clock, seconds / 3600);
    two_digits(clock + 3, seconds / 60 % 60);
    two_digits(clock + 6, seconds % 60);
    two_digits(clock + 9, fraction / 10000);
    two_digits(clock + 11, fraction / 100 % 100);
    two_digits(clock + 13, fraction % 100);
    put(sink, sink->day_text, sink->day_size);
    put(sink, clock, sizeof clock - 1);
}

static void put_addr(fz_sink *sink, uint8_t family, const uint8_t bytes[16])
{
    if (family == FZ_IPV4) {
        for (int i = 0; i < 4; i++) {
            if (i > 0)
                put_char(sink, '.');
            put_uint(sink, bytes[i]);
        }
        return;
    }
    fz_addr addr = {.family = family};
    char text[FZ_ADDR_TEXT_SIZE];
    memcpy(addr.bytes, bytes, sizeof addr.bytes);
    fz_addr_print(&addr, text);
    put(sink, text, strlen(text));
}

static cell cell_new(char *text)
{
    return (cell){text, strlen(text)};
}

static const cell *zone_cell(fz_sink *sink, uint32_t id)
{
    if (id > sink->zones.count)
        id = 0;
    cell *made = &sink->zone_cells[id];
    if (!made->bytes) {
        g_autofree char *text = id == 0 ? g_strdup("") : fz_zone_infos(&sink->zones.rows[id - 1]);

        *made = cell_new(sink->form(text));
    }
    return made;
}

static const cell *text_cell(fz_sink *sink, const fz_record *record, const fz_field *field)
{
    switch (field->kind) {
    case FZ_FIELD_ZONE:
        return zone_cell(sink, (uint32_t)fz_field_number(record, field));
    case FZ_FIELD_OPENED:
        return &sink->opened[record->opened < FZ_OPENED_COUNT ? record->opened : FZ_OPENED_UNKNOWN];
    case FZ_FIELD_SENSOR:
        return &sink->sensor;
    case FZ_FIELD_SOURCE:
        return &sink->source;
    default:
        return &sink->location;
    }
}

static void csv_row(fz_sink *sink, const fz_record *record)
{
    for (size_t i = 0; i < fz_field_count; i++) {
        const fz_field *field = &fz_fields[i];

        if (i > 0)
            put_char(sink, ',');
        switch (field->kind) {
        case FZ_FIELD_TIME:
            put_time(sink, fz_field_time(record, field));
            break;
        case FZ_FIELD_ADDR:
            put_addr(sink, record->family, fz_field_bytes(record, field));
            break;
        case FZ_FIELD_UINT:
        case FZ_FIELD_SUM:
            put_uint(sink, fz_field_number(record, field));
            break;
        default:
            put_cell(sink, text_cell(sink, record, field));
        }
    }
    put_char(sink, '\n');
}

static void json_row(fz_sink *sink, const fz_record *record)
{
    for (size_t i = 0; i < fz_field_count; i++) {
        const fz_field *field = &fz_fields[i];

        put_cell(sink, &sink->keys[i]);
        switch (field->kind) {
        case FZ_FIELD_TIME:
            put_char(sink, '"');
            put_time(sink, fz_field_time(record, field));
            put_char(sink, '"');
            break;
        case FZ_FIELD_ADDR:
            put_char(sink, '"');
            put_addr(sink, record->family, fz_field_bytes(record, field));
            put_char(sink, '"');
            break;
        case FZ_FIELD_UINT:
        case FZ_FIELD_SUM:
            put_uint(sink, fz_field_number(record, field));
            break;
        default:
            put_cell(sink, text_cell(sink, record, field));
        }
    }
    put(sink, "}\n", 2);
}

static fz_sink *sink_new(int fd, const fz_run *run, const fz_zones *zones, cell_form form)
{
    fz_sink *sink = g_new0(fz_sink, 1);

    sink->fd = fd;
    sink->run = run;
    if (zones)
        sink->zones = *zones;
    sink->form = form;
    sink->zone_cells = g_new0(cell, (gsize)sink->zones.count + 1);
    sink->sensor = cell_new(form(run->sensor));
    sink->source = cell_new(form(run->source));
    sink->location = cell_new(form(run->location));
    for (size_t i = 0; i < FZ_OPENED_COUNT; i++)
        sink->opened[i] = cell_new(form(fz_opened_names[i]));
    sink->fixed_size = sink->sensor.size + sink->source.size + sink->location.size + fz_field_count * VALUE_BYTES;
    sink->capacity = BUFFER_BYTES;
    sink->bytes = g_malloc(sink->capacity);
    return sink;
}

static void sink_free(fz_sink *sink)
{
    for (uint32_t id = 0; id <= sink->zones.count; id++)
        g_free(sink->zone_cells[id].bytes);
    for (size_t i = 0; sink->keys && i < fz_field_count; i++)
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
    sink->row = csv_row;
    for (size_t i = 0; i < fz_field_count; i++) {
        put(sink, fz_fields[i].name, strlen(fz_fields[i].name));
        put_char(sink, i + 1 < fz_field_count ? ',' : '\n');
    }
    return sink;
}

fz_sink *fz_json_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)error;
    fz_sink *sink = sink_new(fd, run, zones, fz_text_json);
    sink->row = json_row;
    sink->keys = g_new(cell, fz_field_count);
    for (size_t i = 0; i < fz_field_count; i++) {
        sink->keys[i] = cell_new(g_strdup_printf("%c\"%s\":", i == 0 ? '{' : ',', fz_fields[i].name));
        sink->fixed_size += sink->keys[i].size;
    }
    return sink;
}

/* The most telling columns, by their names in fz_fields. */
static const struct {
    const char *field, *title;
    bool number;
} columns[] = {
    {"timestamp", "timestamp", false}, {"sip", "sip", false},
    {"sport", "sport", true},          {"dip", "dip", false},
    {"dport", "dport", true},          {"protocol", "protocol", false},
    {"packets", "packets", true},      {"bytes", "bytes", true},
    {"sip_infos", "sip zone", false},  {"dip_infos", "dip zone", false},
};
enum { COLUMNS = G_N_ELEMENTS(columns) };

static const fz_field *column_field(size_t column)
{
    for (size_t i = 0; i < fz_field_count; i++)
        if (strcmp(fz_fields[i].name, columns[column].field) == 0)
            return &fz_fields[i];
    g_assert_not_reached();
}

static const char *protocol_name(uint64_t protocol)
{
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
        {1, "icmp"},  {2, "igmp"},   {4, "ipip"},   {6, "tcp"},       {17, "udp"},   {41, "ipv6"},
        {47, "gre"},  {50, "esp"},   {51, "ah"},    {58, "icmp6"},    {88, "eigrp"}, {89, "ospf"},
        {103, "pim"}, {112, "vrrp"}, {132, "sctp"}, {136, "udplite"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].number == protocol)
            return names[i].name;
    return NULL;
}

/* What a table shows of a zone: its name alone. */
static const cell *zone_name_cell(fz_sink *sink, uint32_t id)
{
    if (id > sink->zones.count)
        id = 0;
    cell *made = &sink->zone_cells[id];
    if (!made->bytes)
        *made = cell_new(fz_text_table(id == 0 ? "" : sink->zones.rows[id - 1].name));
    return made;
}

/* One cell of a table. Ports and protocols that aren't there stay empty. */
static void put_column(fz_sink *sink, const fz_record *record, const fz_field *field)
{
    uint64_t value;
    const char *name;

    switch (field->kind) {
    case FZ_FIELD_TIME:
        put_time(sink, fz_field_time(record, field));
        break;
    case FZ_FIELD_ADDR:
        put_addr(sink, record->family, fz_field_bytes(record, field));
        break;
    case FZ_FIELD_ZONE:
        put_cell(sink, zone_name_cell(sink, (uint32_t)fz_field_number(record, field)));
        break;
    default:
        value = fz_field_number(record, field);
        name = field->offset == offsetof(fz_record, protocol) ? protocol_name(value) : NULL;
        if (name)
            put(sink, name, strlen(name));
        else if (value > 0 || field->kind == FZ_FIELD_SUM)
            put_uint(sink, value);
    }
}

static size_t table_row_size(fz_sink *sink, const fz_record *record)
{
    size_t size = (size_t)COLUMNS * (VALUE_BYTES + 2);

    for (int end = 0; end < 2; end++)
        size += zone_name_cell(sink, record->zone[end])->size;
    for (size_t i = 0; i < COLUMNS; i++)
        size += sink->widths[i];
    return size;
}

/* Pads what was put after `from` to the width of its column; numbers are aligned right. */
static void pad_column(fz_sink *sink, size_t column, size_t from)
{
    size_t size = sink->used - from;

    sink->bytes[sink->used] = '\0';
    size_t width = fz_text_width(sink->bytes + from);
    size_t pad = width < sink->widths[column] ? sink->widths[column] - width : 0;
    if (columns[column].number) {
        memmove(sink->bytes + from + pad, sink->bytes + from, size);
        memset(sink->bytes + from, ' ', pad);
    } else if (column + 1 < COLUMNS) {
        memset(sink->bytes + sink->used, ' ', pad);
    } else {
        pad = 0;
    }
    sink->used += pad;
    if (column + 1 < COLUMNS) {
        put(sink, "  ", 2);
        return;
    }
    while (sink->bytes[sink->used - 1] == ' ')
        sink->used--;
    put_char(sink, '\n');
}

static bool table_row(fz_sink *sink, const fz_record *record, GError **error)
{
    if (!reserve(sink, table_row_size(sink, record), error))
        return false;
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t from = sink->used;

        put_column(sink, record, sink->fields[i]);
        pad_column(sink, i, from);
    }
    return true;
}

static void table_widen(fz_sink *sink, const fz_record *record)
{
    size_t from = sink->used;

    for (size_t i = 0; i < COLUMNS; i++) {
        put_column(sink, record, sink->fields[i]);
        put_char(sink, '\0');
        sink->widths[i] = MAX(sink->widths[i], fz_text_width(sink->bytes + from));
        sink->used = from;
    }
}

/* The first rows determine the widths of columns: prints the titles, then these rows. */
static bool table_begin(fz_sink *sink, GError **error)
{
    g_autoptr(GArray) sample = g_steal_pointer(&sink->sample);
    for (size_t i = 0; i < COLUMNS; i++)
        sink->widths[i] = strlen(columns[i].title);
    for (guint i = 0; i < sample->len; i++) {
        const fz_record *record = &g_array_index(sample, fz_record, i);

        if (!reserve(sink, table_row_size(sink, record), error))
            return false;
        table_widen(sink, record);
    }
    if (sample->len == 0)
        return true;
    if (!reserve(sink, table_row_size(sink, &g_array_index(sample, fz_record, 0)), error))
        return false;
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t from = sink->used;

        put(sink, columns[i].title, strlen(columns[i].title));
        pad_column(sink, i, from);
    }
    for (guint i = 0; i < sample->len; i++)
        if (!table_row(sink, &g_array_index(sample, fz_record, i), error))
            return false;
    return true;
}

fz_sink *fz_table_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)error;
    fz_sink *sink = sink_new(fd, run, zones, fz_text_table);
    sink->sample = g_array_new(FALSE, FALSE, sizeof(fz_record));
    sink->widths = g_new0(size_t, COLUMNS);
    sink->fields = g_new(const fz_field *, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        sink->fields[i] = column_field(i);
    return sink;
}

static bool table_write(fz_sink *sink, const fz_record *records, size_t count, GError **error)
{
    for (; count > 0 && sink->sample; records++, count--) {
        g_array_append_val(sink->sample, *records);
        if (sink->sample->len == TABLE_SAMPLE_ROWS && !table_begin(sink, error))
            return false;
    }
    for (; count > 0; records++, count--)
        if (!table_row(sink, records, error))
            return false;
    return true;
}

bool fz_rows_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    const fz_record *records = rows;

    g_assert(kind == FZ_ROW_FLOW);
    if (!sink->row)
        return table_write(sink, records, count, error);
    for (size_t i = 0; i < count; i++) {
        size_t zones =
            zone_cell(sink, records[i].zone[FZ_INITIATOR])->size + zone_cell(sink, records[i].zone[FZ_RESPONDER])->size;

        if (!reserve(sink, sink->fixed_size + zones, error))
            return false;
        sink->row(sink, &records[i]);
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
    if (totals->records > 0)
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
    g_string_append(line, ") in ");
    append_count(line, totals->records, "conversation");
    append_class(line, &totals->not_ip, "not IP");
    append_class(line, &totals->unparsable, "unparsable");
    append_class(line, &totals->filtered, "filtered out");
    if (totals->cut_short)
        g_string_append(line, "; the capture was cut short");
    if (totals->changed)
        g_string_append(line, "; the capture was written while it was read");
    return g_string_free(line, FALSE);
}
