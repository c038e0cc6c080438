/* The tables' columns, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include "text.h"

#include <string.h>

const char fz_schema_state_complete[] = "complete";
static const char state_cut[] = "cut short", state_changed[] = "changed";

static const void *load_run(const void *row)
{
    return ((const fz_load_row *)row)->run;
}

static const void *load_totals(const void *row)
{
    return &((const fz_load_row *)row)->totals;
}

static const void *load_file(const void *row)
{
    return &((const fz_load_row *)row)->file;
}

static const void *load_start(const void *row)
{
    return &((const fz_load_row *)row)->start_us;
}

static const void *load_end(const void *row)
{
    return &((const fz_load_row *)row)->end_us;
}

static const void *load_time(const void *row)
{
    return &((const fz_load_row *)row)->loaded_us;
}

static const void *load_minutes(const void *row)
{
    return &((const fz_load_row *)row)->minutes;
}

/* What a load begins with. */
static const void *nothing(const void *row)
{
    static const uint64_t zero;

    (void)row;
    return &zero;
}

static const void *zone_itself(const void *row)
{
    return ((const fz_zone_row *)row)->zone;
}

static void *loaded_run(fz_loaded *loaded)
{
    return &loaded->run;
}

static void *loaded_totals(fz_loaded *loaded)
{
    return &loaded->totals;
}

static void *loaded_file(fz_loaded *loaded)
{
    return &loaded->file;
}

static void *loaded_start(fz_loaded *loaded)
{
    return &loaded->start_us;
}

static void *loaded_end(fz_loaded *loaded)
{
    return &loaded->end_us;
}

static void *loaded_time(fz_loaded *loaded)
{
    return &loaded->loaded_us;
}

static void *loaded_minutes(fz_loaded *loaded)
{
    return &loaded->minutes;
}

static void *loaded_merged(fz_loaded *loaded)
{
    return &loaded->merged;
}

static void *loaded_dropped(fz_loaded *loaded)
{
    return &loaded->dropped;
}

static void *loaded_dropping(fz_loaded *loaded)
{
    return &loaded->dropping;
}

static void *loaded_dropped_us(fz_loaded *loaded)
{
    return &loaded->dropped_us;
}

static const fz_part run_part = {load_run, loaded_run};
static const fz_part totals_part = {load_totals, loaded_totals};
static const fz_part file_part = {load_file, loaded_file};
static const fz_part start_part = {load_start, loaded_start};
static const fz_part end_part = {load_end, loaded_end};
static const fz_part time_part = {load_time, loaded_time};
static const fz_part minutes_part = {load_minutes, loaded_minutes};
static const fz_part merged_part = {nothing, loaded_merged};
static const fz_part dropped_part = {nothing, loaded_dropped};
static const fz_part dropping_part = {nothing, loaded_dropping};
static const fz_part dropped_us_part = {nothing, loaded_dropped_us};
static const fz_part zone_part = {zone_itself, NULL};

static const char *const kind_names[] = {"flows", "flows,packets"};

/* clang-format off */
#define AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
#define END(type, member, end)                                                                        \
    .offset = (uint16_t)(offsetof(type, member) + (end) * sizeof(((type *)NULL)->member[0])),          \
    .size = sizeof(((type *)NULL)->member[0])

#define ROW(member)        AT(fz_load_row, member)
#define OWN(member)        .part = &(member), .size = sizeof(int64_t)
#define RUN(member)        .part = &run_part, AT(fz_run, member)
#define CAPTURE(member)    .part = &file_part, AT(fz_load_file, member)
#define TOTALS(member)     .part = &totals_part, AT(fz_totals, member)
#define NAMES(table)       .names = (table), .name_count = G_N_ELEMENTS(table)

static const fz_column load_columns[] = {
    {"identity",           FZ_TYPE_DIGEST, FZ_FORM_TEXT,   ROW(identity)},
    {"source",             FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(source)},
    {"sensor",             FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(sensor)},
    {"location",           FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(location)},
    {"engine",             FZ_TYPE_LABEL,  FZ_FORM_NAME,   RUN(engine), NAMES(fz_engine_names)},
    {"flow_key",           FZ_TYPE_LABEL,  FZ_FORM_NAME,   RUN(key), NAMES(fz_key_names)},
    {"layers",             FZ_TYPE_LABEL,  FZ_FORM_NAME,   RUN(layers), NAMES(fz_layers_names)},
    {"interval_s",         FZ_TYPE_UINT32, FZ_FORM_NUMBER, RUN(interval_s)},
    {"max_flows",          FZ_TYPE_UINT64, FZ_FORM_NUMBER, RUN(max_flows)},
    {"vlan",               FZ_TYPE_UINT8,  FZ_FORM_FLAG,   RUN(vlan)},
    {"display_filter",     FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(filter)},
    {"program",            FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(program)},
    {"first_frame_us",     FZ_TYPE_INT64,  FZ_FORM_NUMBER, RUN(first_us)},
    {"first_frame_bytes",  FZ_TYPE_UINT32, FZ_FORM_NUMBER, RUN(first_bytes)},
    {"capture_bytes",      FZ_TYPE_UINT64, FZ_FORM_NUMBER, CAPTURE(bytes)},
    {"counted_frames",     FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(counted.frames)},
    {"counted_bytes",      FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(counted.bytes)},
    {"not_ip_frames",      FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(not_ip.frames)},
    {"not_ip_bytes",       FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(not_ip.bytes)},
    {"unparsable_frames",  FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(unparsable.frames)},
    {"unparsable_bytes",   FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(unparsable.bytes)},
    {"filtered_frames",    FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(filtered.frames)},
    {"filtered_bytes",     FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(filtered.bytes)},
    {"records",            FZ_TYPE_UINT64, FZ_FORM_NUMBER, TOTALS(records)},
    {"start_us",           FZ_TYPE_INT64,  FZ_FORM_NUMBER, OWN(start_part)},
    {"end_us",             FZ_TYPE_INT64,  FZ_FORM_NUMBER, OWN(end_part)},
    {"loaded_us",          FZ_TYPE_INT64,  FZ_FORM_NUMBER, OWN(time_part)},
    {"state",              FZ_TYPE_LABEL,  FZ_FORM_STATE,  .part = &totals_part},
    {"capture_written_ns", FZ_TYPE_INT64,  FZ_FORM_NUMBER, CAPTURE(written_ns)},
    {"rows_digest",        FZ_TYPE_INT64,  FZ_FORM_NUMBER, CAPTURE(rows_digest)},
    {"day",                FZ_TYPE_INT64,  FZ_FORM_DAY,    RUN(first_us)},
    {"folder",             FZ_TYPE_TEXT,   FZ_FORM_TEXT,   RUN(folder)},
    {"octets",             FZ_TYPE_LABEL,  FZ_FORM_NAME,   RUN(octets), NAMES(fz_octets_names)},
    {"row_kinds",          FZ_TYPE_LABEL,  FZ_FORM_NAME,   RUN(packets), NAMES(kind_names)},
    {"minutes",            FZ_TYPE_INT64,  FZ_FORM_NUMBER, OWN(minutes_part)},
    {"packets",            FZ_TYPE_INT64,  FZ_FORM_NUMBER, TOTALS(packets)},
    {"merged",             FZ_TYPE_UINT8,  FZ_FORM_FLAG,   .part = &merged_part, .size = 1},
    {"dropped",            FZ_TYPE_UINT8,  FZ_FORM_NUMBER, .part = &dropped_part, .size = 1},
    {"dropping",           FZ_TYPE_UINT8,  FZ_FORM_NUMBER, .part = &dropping_part, .size = 1},
    {"dropped_us",         FZ_TYPE_INT64,  FZ_FORM_NUMBER, OWN(dropped_us_part)},
};

#define ZONE(member) .part = &zone_part, AT(fz_zone, member)

static const fz_column zone_columns[] = {
    {"digest",   FZ_TYPE_DIGEST, FZ_FORM_CHARS, AT(fz_zone_row, digest)},
    {"location", FZ_TYPE_LABEL,  FZ_FORM_TEXT,  ZONE(location)},
    {"prefix",   FZ_TYPE_LABEL,  FZ_FORM_CHARS, AT(fz_zone_row, prefix)},
    {"number",   FZ_TYPE_LABEL,  FZ_FORM_TEXT,  ZONE(number)},
    {"name",     FZ_TYPE_LABEL,  FZ_FORM_TEXT,  ZONE(name)},
};

#define PACKET(member)          AT(fz_packet_row, member)
#define PACKET_END(member, end) END(fz_packet_row, member, end)
#define PACKET_ADDR(end)        PACKET_END(addr, end), .family = offsetof(fz_packet_row, family), .need = FZ_NEED_IP

static const fz_column packet_columns[] = {
    {"frame",     FZ_TYPE_UINT64, FZ_FORM_NUMBER, PACKET(frame)},
    {"time_us",   FZ_TYPE_INT64,  FZ_FORM_NUMBER, PACKET(time_us)},
    {"time_ns",   FZ_TYPE_UINT16, FZ_FORM_NUMBER, PACKET(time_ns)},
    {"bytes",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, PACKET(bytes)},
    {"ip_bytes",  FZ_TYPE_UINT32, FZ_FORM_NUMBER, PACKET(ip_bytes), .need = FZ_NEED_IP},
    {"src_zone",  FZ_TYPE_UINT32, FZ_FORM_NUMBER, PACKET_END(zone, 0)},
    {"dst_zone",  FZ_TYPE_UINT32, FZ_FORM_NUMBER, PACKET_END(zone, 1)},
    {"eth_src",   FZ_TYPE_MAC,    FZ_FORM_BYTES,  PACKET_END(eth, 0), .need = FZ_NEED_ETH},
    {"eth_dst",   FZ_TYPE_MAC,    FZ_FORM_BYTES,  PACKET_END(eth, 1), .need = FZ_NEED_ETH},
    {"ip_src",    FZ_TYPE_ADDR,   FZ_FORM_ADDR,   PACKET_ADDR(0)},
    {"ip_dst",    FZ_TYPE_ADDR,   FZ_FORM_ADDR,   PACKET_ADDR(1)},
    {"protocol",  FZ_TYPE_UINT8,  FZ_FORM_NUMBER, PACKET(protocol), .need = FZ_NEED_IP},
    {"sport",     FZ_TYPE_UINT16, FZ_FORM_NUMBER, PACKET_END(port, 0), .need = FZ_NEED_PORTS},
    {"dport",     FZ_TYPE_UINT16, FZ_FORM_NUMBER, PACKET_END(port, 1), .need = FZ_NEED_PORTS},
    {"tcp_flags", FZ_TYPE_UINT16, FZ_FORM_NUMBER, PACKET(tcp_flags), .need = FZ_NEED_TCP},
    {"vlan",      FZ_TYPE_UINT16, FZ_FORM_NUMBER, PACKET(vlan), .need = FZ_NEED_VLAN},
    {"has",       FZ_TYPE_UINT8,  FZ_FORM_NUMBER, PACKET(has)},
};

static const fz_column minute_columns[] = {
    {"minute",    FZ_TYPE_INT64,  FZ_FORM_NUMBER, AT(fz_minute_sum, minute)},
    {"from_zone", FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_minute_sum, zone, 0)},
    {"to_zone",   FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_minute_sum, zone, 1)},
    {"part",      FZ_TYPE_UINT32, FZ_FORM_NUMBER, AT(fz_minute_sum, part)},
    {"packets",   FZ_TYPE_UINT64, FZ_FORM_NUMBER, AT(fz_minute_sum, packets)},
    {"bytes",     FZ_TYPE_UINT64, FZ_FORM_NUMBER, AT(fz_minute_sum, bytes)},
};

/* The sums of conversations, by their two ends. */
#define SUMS(type)                                                                          \
    {"flows",        FZ_TYPE_UINT64, FZ_FORM_NUMBER, AT(type, flows)},                      \
    {"sip_packets",  FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, packets, FZ_INITIATOR)},     \
    {"dip_packets",  FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, packets, FZ_RESPONDER)},     \
    {"sip_bytes",    FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, bytes, FZ_INITIATOR)},       \
    {"dip_bytes",    FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, bytes, FZ_RESPONDER)},       \
    {"sip_ip_bytes", FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, ip_bytes, FZ_INITIATOR)},    \
    {"dip_ip_bytes", FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, ip_bytes, FZ_RESPONDER)}

static const fz_column hour_columns[] = {
    {"hour",         FZ_TYPE_INT64,  FZ_FORM_NUMBER, AT(fz_hour, hour)},
    {"sensor",       FZ_TYPE_TEXT,   FZ_FORM_TEXT,   AT(fz_hour, sensor)},
    {"location",     FZ_TYPE_TEXT,   FZ_FORM_TEXT,   AT(fz_hour, location)},
    {"sip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_hour, zone, FZ_INITIATOR)},
    {"dip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_hour, zone, FZ_RESPONDER)},
    {"protocol",     FZ_TYPE_UINT8,  FZ_FORM_NUMBER, AT(fz_hour, protocol)},
    {"service_port", FZ_TYPE_UINT16, FZ_FORM_NUMBER, AT(fz_hour, service_port)},
    {"part",         FZ_TYPE_UINT32, FZ_FORM_NUMBER, AT(fz_hour, part)},
    SUMS(fz_hour),
};

static const fz_column day_columns[] = {
    {"day",          FZ_TYPE_INT64,  FZ_FORM_NUMBER, AT(fz_day, day)},
    {"sensor",       FZ_TYPE_TEXT,   FZ_FORM_TEXT,   AT(fz_day, sensor)},
    {"location",     FZ_TYPE_TEXT,   FZ_FORM_TEXT,   AT(fz_day, location)},
    {"sip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_day, zone, FZ_INITIATOR)},
    {"dip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, END(fz_day, zone, FZ_RESPONDER)},
    {"protocol",     FZ_TYPE_UINT8,  FZ_FORM_NUMBER, AT(fz_day, protocol)},
    {"part",         FZ_TYPE_UINT32, FZ_FORM_NUMBER, AT(fz_day, part)},
    SUMS(fz_day),
};

/* An address, and its sums. */
#define HOST(type)                                                                                                 \
    {"addr",             FZ_TYPE_ADDR,   FZ_FORM_ADDR,   AT(type, addr), .family = offsetof(type, family)},        \
    {"zone",             FZ_TYPE_UINT32, FZ_FORM_NUMBER, AT(type, zone)},                                          \
    {"part",             FZ_TYPE_UINT32, FZ_FORM_NUMBER, AT(type, part)},                                          \
    {"flows",            FZ_TYPE_UINT64, FZ_FORM_NUMBER, AT(type, flows)},                                         \
    {"packets_sent",     FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, packets, FZ_SENT)},                             \
    {"packets_received", FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, packets, FZ_RECEIVED)},                         \
    {"bytes_sent",       FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, bytes, FZ_SENT)},                               \
    {"bytes_received",   FZ_TYPE_UINT64, FZ_FORM_NUMBER, END(type, bytes, FZ_RECEIVED)}

static const fz_column host_columns[] = {
    {"hour", FZ_TYPE_INT64, FZ_FORM_NUMBER, AT(fz_host, hour)},
    HOST(fz_host),
};

static const fz_column host_day_columns[] = {
    {"day",      FZ_TYPE_INT64, FZ_FORM_NUMBER, AT(fz_host_day, day)},
    {"sensor",   FZ_TYPE_TEXT,  FZ_FORM_TEXT,   AT(fz_host_day, sensor)},
    {"location", FZ_TYPE_TEXT,  FZ_FORM_TEXT,   AT(fz_host_day, location)},
    HOST(fz_host_day),
};

static const fz_column name_columns[] = {
    {.name = "addr",     .type = FZ_TYPE_ADDR},
    {.name = "name",     .type = FZ_TYPE_LABEL},
    {.name = "source",   .type = FZ_TYPE_LABEL},
    {.name = "first_us", .type = FZ_TYPE_INT64},
    {.name = "last_us",  .type = FZ_TYPE_INT64},
};

static const fz_column export_columns[] = {
    {.name = "exporter",              .type = FZ_TYPE_ADDR},
    {.name = "domain",                .type = FZ_TYPE_UINT32},
    {.name = "version",               .type = FZ_TYPE_UINT16},
    {.name = "datagrams",             .type = FZ_TYPE_UINT64},
    {.name = "malformed",             .type = FZ_TYPE_UINT64},
    {.name = "records",               .type = FZ_TYPE_UINT64},
    {.name = "options",               .type = FZ_TYPE_UINT64},
    {.name = "events",                .type = FZ_TYPE_UINT64},
    {.name = "sets_without_template", .type = FZ_TYPE_UINT64},
    {.name = "lost",                  .type = FZ_TYPE_UINT64},
    {.name = "late",                  .type = FZ_TYPE_UINT64},
    {.name = "restarts",              .type = FZ_TYPE_UINT64},
    {.name = "kernel_drops",          .type = FZ_TYPE_UINT64},
    {.name = "sampling",              .type = FZ_TYPE_UINT64},
    {.name = "sampling_from",         .type = FZ_TYPE_LABEL},
    {.name = "times",                 .type = FZ_TYPE_LABEL},
    {.name = "directions",            .type = FZ_TYPE_LABEL},
};

static const fz_column meta_columns[] = {
    {"schema_version", FZ_TYPE_UINT32, FZ_FORM_CONSTANT, .constant = {.number = FZ_SCHEMA_VERSION}},
    {"program",        FZ_TYPE_LABEL,  FZ_FORM_CONSTANT, .constant = {.text = FZ_SCHEMA_PROGRAM}},
};
/* clang-format on */

#define COLUMNS(of) (of), G_N_ELEMENTS(of)

const fz_table_shape fz_tables[FZ_TABLE_COUNT] = {
    [FZ_TABLE_META] = {"fz_meta", NULL, FZ_TYPE_ID, 0, COLUMNS(meta_columns)},
    [FZ_TABLE_LOAD] = {"fz_load", "load_id", FZ_TYPE_SERIAL, 0, COLUMNS(load_columns)},
    [FZ_TABLE_ZONE] = {"fz_zone", "zone_id", FZ_TYPE_DENSE, 0, COLUMNS(zone_columns)},
    [FZ_TABLE_FLOW] = {"fz_flow", NULL, FZ_TYPE_ID, sizeof(fz_record), NULL, 0},
    [FZ_TABLE_PACKET] = {"fz_packet", NULL, FZ_TYPE_ID, sizeof(fz_packet_row), NULL, 0},
    [FZ_TABLE_MINUTE] = {"fz_minute", "load_id", FZ_TYPE_ID, sizeof(fz_minute_sum), COLUMNS(minute_columns)},
    [FZ_TABLE_HOUR] = {"fz_hour", "load_id", FZ_TYPE_ID, sizeof(fz_hour), COLUMNS(hour_columns)},
    [FZ_TABLE_DAY] = {"fz_day", NULL, FZ_TYPE_ID, sizeof(fz_day), COLUMNS(day_columns)},
    [FZ_TABLE_HOST] = {"fz_host", "load_id", FZ_TYPE_ID, sizeof(fz_host), COLUMNS(host_columns)},
    [FZ_TABLE_HOST_DAY] = {"fz_host_day", NULL, FZ_TYPE_ID, sizeof(fz_host_day), COLUMNS(host_day_columns)},
    [FZ_TABLE_NAME] = {"fz_name", NULL, FZ_TYPE_ID, 0, COLUMNS(name_columns)},
    [FZ_TABLE_EXPORT] = {"fz_export", "load_id", FZ_TYPE_ID, 0, COLUMNS(export_columns)},
};

static const char *state_of(const fz_totals *totals)
{
    return totals->changed ? state_changed : totals->cut_short ? state_cut : fz_schema_state_complete;
}

bool fz_packet_has(const fz_packet_row *packet, fz_need need)
{
    static const uint8_t bits[FZ_NEEDS] = {[FZ_NEED_ETH] = FZ_HAS_ETH,
                                           [FZ_NEED_PORTS] = FZ_HAS_PORTS,
                                           [FZ_NEED_VLAN] = FZ_HAS_VLAN,
                                           [FZ_NEED_TCP] = FZ_HAS_TCP};

    return need == FZ_NEED_NOTHING || (need == FZ_NEED_IP ? packet->family != 0 : (packet->has & bits[need]) != 0);
}

int64_t fz_day_of(int64_t time_us)
{
    const int64_t day_us = INT64_C(86400000000);

    return time_us / day_us - (time_us % day_us < 0);
}

static fz_value addr_of(const fz_column *column, const void *part, const uint8_t *at)
{
    const uint8_t family = ((const uint8_t *)part)[column->family];

    return (fz_value){.bytes = at, .size = (uint8_t)(fz_family_bits(family) / 8)};
}

fz_value fz_column_get(const fz_column *column, const void *row)
{
    if (column->form == FZ_FORM_CONSTANT)
        return column->constant;
    if (column->need != FZ_NEED_NOTHING && !fz_packet_has(row, column->need))
        return (fz_value){.is_null = true};
    const void *part = column->part ? column->part->in_row(row) : row, *at = (const uint8_t *)part + column->offset;
    switch (column->form) {
    case FZ_FORM_TEXT:
        return (fz_value){.text = *(const char *const *)at};
    case FZ_FORM_CHARS:
        return (fz_value){.text = at};
    case FZ_FORM_BYTES:
        return (fz_value){.bytes = at, .size = (uint8_t)column->size};
    case FZ_FORM_ADDR:
        return addr_of(column, part, at);
    case FZ_FORM_DAY:
        return (fz_value){.number = fz_day_of((int64_t)fz_number_at(at, column->size))};
    case FZ_FORM_NAME:
        return (fz_value){.text = column->names[fz_number_at(at, column->size)]};
    case FZ_FORM_STATE:
        return (fz_value){.text = state_of(part)};
    default:
        return (fz_value){.number = (int64_t)fz_number_at(at, column->size)};
    }
}

static void set_number(void *at, size_t size, int64_t number)
{
    uint32_t four = (uint32_t)number;
    uint8_t one = (uint8_t)number;

    g_assert(size == sizeof one || size == sizeof four || size == sizeof number);
    memcpy(at, size == sizeof one ? (const void *)&one : size == sizeof four ? (const void *)&four : &number, size);
}

static void set_text(char **at, const char *text)
{
    g_free(*at);
    *at = g_strdup(text ? text : "");
}

static void set_state(fz_totals *totals, const char *state)
{
    totals->cut_short = g_strcmp0(state, state_cut) == 0;
    totals->changed = g_strcmp0(state, state_changed) == 0;
}

/* The value of a name; for an unknown name, that of the first one. */
static int64_t value_of_name(const fz_column *column, const char *name)
{
    return MAX(0, fz_name_index(column->names, column->name_count, name ? name : ""));
}

void fz_column_set(const fz_column *column, fz_loaded *loaded, fz_value value)
{
    if (column->form == FZ_FORM_CONSTANT || column->form == FZ_FORM_DAY || !column->part || !column->part->in_loaded)
        return;
    void *part = column->part->in_loaded(loaded), *at = (uint8_t *)part + column->offset;
    switch (column->form) {
    case FZ_FORM_TEXT:
        set_text(at, value.text);
        break;
    case FZ_FORM_NAME:
        set_number(at, column->size, value_of_name(column, value.text));
        break;
    case FZ_FORM_STATE:
        set_state(part, value.text);
        break;
    case FZ_FORM_FLAG:
        *(bool *)at = value.number != 0;
        break;
    default:
        set_number(at, column->size, value.number);
    }
}

void fz_zone_row_init(fz_zone_row *row, const fz_zone *zone)
{
    const char *const texts[] = {zone->location, row->prefix, zone->number, zone->name};

    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    row->zone = zone;
    fz_prefix_print(&zone->prefix, row->prefix);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_checksum_update(checksum, (const guchar *)texts[i], (gssize)strlen(texts[i]) + 1);
    g_strlcpy(row->digest, g_checksum_get_string(checksum), sizeof row->digest);
}

const fz_field *const *fz_stored_fields(size_t *count)
{
    static const fz_field **fields;
    static size_t stored;

    if (g_once_init_enter(&fields)) {
        const fz_field **list = g_new0(const fz_field *, fz_field_count);

        for (size_t i = 0; i < fz_field_count; i++) {
            if (fz_fields[i].column)
                list[stored++] = &fz_fields[i];
        }
        g_once_init_leave(&fields, list);
    }
    *count = stored;
    return fields;
}

fz_type fz_stored_field_type(const fz_field *field)
{
    switch (field->kind) {
    case FZ_FIELD_TIME:
        return FZ_TYPE_INT64;
    case FZ_FIELD_ADDR:
        return FZ_TYPE_ADDR;
    case FZ_FIELD_ZONE:
        return FZ_TYPE_UINT32;
    case FZ_FIELD_OPENED:
        return FZ_TYPE_UINT8;
    case FZ_FIELD_UINT:
        return field->size == 1   ? FZ_TYPE_UINT8
               : field->size == 2 ? FZ_TYPE_UINT16
               : field->size == 4 ? FZ_TYPE_UINT32
                                  : FZ_TYPE_UINT64;
    default:
        return FZ_TYPE_TEXT;
    }
}

static fz_column field_column(const fz_field *field)
{
    return (fz_column){
        .name = field->column,
        .type = fz_stored_field_type(field),
        .form = field->kind == FZ_FIELD_ADDR ? FZ_FORM_ADDR : FZ_FORM_NUMBER, /* times are of eight bytes, signed */
        .offset = field->offset,
        .size = field->size,
        .family = offsetof(fz_record, family),
    };
}

const fz_column *fz_row_columns(fz_table table, size_t *count)
{
    static fz_column *flow_columns;
    const fz_field *const *fields = fz_stored_fields(count);

    g_assert(fz_table_is_of_rows(table));
    if (table == FZ_TABLE_PACKET) {
        *count = G_N_ELEMENTS(packet_columns);
        return packet_columns;
    }
    if (g_once_init_enter(&flow_columns)) {
        fz_column *list = g_new0(fz_column, *count);

        for (size_t i = 0; i < *count; i++)
            list[i] = field_column(fields[i]);
        g_once_init_leave(&flow_columns, list);
    }
    return flow_columns;
}
