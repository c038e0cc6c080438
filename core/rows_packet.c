/* Packets as text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows_private.h"

#include "field.h"
#include "packet_field.h"

static const uint8_t *bytes_of(const fz_packet_row *row, const fz_packet_field *field)
{
    return (const uint8_t *)row + field->offset;
}

static uint64_t number_of(const fz_packet_row *row, const fz_packet_field *field)
{
    return fz_number_at(bytes_of(row, field), field->size);
}

static void put_digits(fz_sink *sink, unsigned value, int count)
{
    for (char *at = sink->bytes + sink->used + count; at-- > sink->bytes + sink->used; value /= 10)
        *at = (char)('0' + value % 10);
    sink->used += (size_t)count;
}

static void put_nanoseconds(fz_sink *sink, const fz_packet_row *row)
{
    put_time(sink, row->time_us);
    put_digits(sink, row->time_ns, 3);
}

/* With a sign and a magnitude: half a second before 1970 is -0.500000000. */
static void put_epoch(fz_sink *sink, const fz_packet_row *row)
{
    int64_t seconds = row->time_us / 1000000, rest = row->time_us % 1000000;

    if (rest < 0) {
        rest += 1000000;
        seconds--;
    }
    unsigned fraction = (unsigned)rest * 1000 + row->time_ns;
    if (seconds < 0) {
        put_char(sink, '-');
        if (fraction > 0) {
            seconds++;
            fraction = 1000000000 - fraction;
        }
        seconds = -seconds;
    }
    put_uint(sink, (uint64_t)seconds);
    put_char(sink, '.');
    put_digits(sink, fraction, 9);
}

static void put_mac(fz_sink *sink, const uint8_t bytes[6])
{
    static const char digits[] = "0123456789abcdef";
    char text[] = "00:00:00:00:00:00";

    for (size_t i = 0; i < 6; i++) {
        text[3 * i] = digits[bytes[i] >> 4];
        text[3 * i + 1] = digits[bytes[i] & 15];
    }
    put(sink, text, sizeof text - 1);
}

static const cell *text_cell(fz_sink *sink, const fz_packet_row *row, const fz_packet_field *field)
{
    switch (field->kind) {
    case FZ_PACKET_ZONE:
        return zone_cell(sink, (uint32_t)number_of(row, field));
    case FZ_PACKET_SENSOR:
        return &sink->sensor;
    case FZ_PACKET_SOURCE:
        return &sink->source;
    default:
        return &sink->location;
    }
}

/* A value that the row has. */
static void put_value(fz_sink *sink, const fz_packet_row *row, const fz_packet_field *field)
{
    switch (field->kind) {
    case FZ_PACKET_UINT:
        put_uint(sink, number_of(row, field));
        break;
    case FZ_PACKET_TIME:
        put_nanoseconds(sink, row);
        break;
    case FZ_PACKET_EPOCH:
        put_epoch(sink, row);
        break;
    case FZ_PACKET_ADDR:
        put_addr(sink, row->family, bytes_of(row, field));
        break;
    case FZ_PACKET_MAC:
        put_mac(sink, bytes_of(row, field));
        break;
    default:
        put_cell(sink, text_cell(sink, row, field));
    }
}

static void csv_row(fz_sink *sink, const void *row)
{
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const fz_packet_field *field = &fz_packet_fields[i];

        if (i > 0)
            put_char(sink, ',');
        if (fz_packet_row_has(row, field))
            put_value(sink, row, field);
    }
    put_char(sink, '\n');
}

static bool is_quoted(fz_packet_field_kind kind)
{
    return kind == FZ_PACKET_TIME || kind == FZ_PACKET_ADDR || kind == FZ_PACKET_MAC;
}

static void json_row(fz_sink *sink, const void *row)
{
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const fz_packet_field *field = &fz_packet_fields[i];

        put_cell(sink, &sink->keys[i]);
        if (!fz_packet_row_has(row, field)) {
            put(sink, "null", 4);
            continue;
        }
        if (is_quoted(field->kind))
            put_char(sink, '"');
        put_value(sink, row, field);
        if (is_quoted(field->kind))
            put_char(sink, '"');
    }
    put(sink, "}\n", 2);
}

static const rows_column columns[] = {
    {"frame_number", "frame", true},     {"frame_time", "time", false},
    {"ip_src", "source", false},         {"sport", "sport", true},
    {"ip_dst", "destination", false},    {"dport", "dport", true},
    {"ip_proto", "protocol", false},     {"frame_len", "bytes", true},
    {"src_infos", "source zone", false}, {"dst_infos", "destination zone", false},
};

static void put_column(fz_sink *sink, const void *data, size_t index)
{
    const fz_packet_row *row = data;
    const fz_packet_field *field = &fz_packet_fields[index];
    const char *name = field->offset == offsetof(fz_packet_row, protocol) ? fz_rows_protocol_name(row->protocol) : NULL;

    if (!fz_packet_row_has(row, field))
        return;
    if (field->kind == FZ_PACKET_ZONE)
        put_cell(sink, zone_name_cell(sink, (uint32_t)number_of(row, field)));
    else if (name)
        put(sink, name, strlen(name));
    else
        put_value(sink, row, field);
}

static const char *field_name(size_t index)
{
    return index < fz_packet_field_count ? fz_packet_fields[index].name : NULL;
}

static const uint32_t *zones_of(const void *row)
{
    return ((const fz_packet_row *)row)->zone;
}

const rows_kind fz_rows_packets = {
    .kind = FZ_ROW_PACKET,
    .field = field_name,
    .csv = csv_row,
    .json = json_row,
    .zones = zones_of,
    .columns = columns,
    .column_count = G_N_ELEMENTS(columns),
    .column = put_column,
};
