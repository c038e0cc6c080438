/* Conversations as text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows_private.h"

#include "field.h"

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

static void csv_row(fz_sink *sink, const void *row)
{
    const fz_record *record = row;

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

static void json_row(fz_sink *sink, const void *row)
{
    const fz_record *record = row;

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

static const rows_column columns[] = {
    {"timestamp", "timestamp", false}, {"sip", "sip", false},
    {"sport", "sport", true},          {"dip", "dip", false},
    {"dport", "dport", true},          {"protocol", "protocol", false},
    {"packets", "packets", true},      {"bytes", "bytes", true},
    {"sip_infos", "sip zone", false},  {"dip_infos", "dip zone", false},
};

const char *fz_rows_protocol_name(uint64_t protocol)
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

/* One cell of a table. Ports and protocols that aren't there stay empty. */
static void put_column(fz_sink *sink, const void *row, size_t index)
{
    const fz_record *record = row;
    const fz_field *field = &fz_fields[index];
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
        name = field->offset == offsetof(fz_record, protocol) ? fz_rows_protocol_name(value) : NULL;
        if (name)
            put(sink, name, strlen(name));
        else if (value > 0 || field->kind == FZ_FIELD_SUM)
            put_uint(sink, value);
    }
}

static const char *field_name(size_t index)
{
    return index < fz_field_count ? fz_fields[index].name : NULL;
}

static const uint32_t *zones_of(const void *row)
{
    return ((const fz_record *)row)->zone;
}

const rows_kind fz_rows_flows = {
    .kind = FZ_ROW_FLOW,
    .field = field_name,
    .csv = csv_row,
    .json = json_row,
    .zones = zones_of,
    .columns = columns,
    .column_count = G_N_ELEMENTS(columns),
    .column = put_column,
};
