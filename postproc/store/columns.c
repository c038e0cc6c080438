/* The tables' columns, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include "text.h"

#include <string.h>

const char fz_schema_state_complete[] = "complete";
static const char state_cut[] = "cut short", state_changed[] = "changed";

static const void *whole_row(const void *row)
{
    return row;
}

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

static const void *load_time(const void *row)
{
    return &((const fz_load_row *)row)->loaded_us;
}

static const void *zone_itself(const void *row)
{
    return ((const fz_zone_row *)row)->zone;
}

static const void *hour_itself(const void *row)
{
    return ((const fz_hour_row *)row)->hour;
}

static const void *hour_run(const void *row)
{
    return ((const fz_hour_row *)row)->run;
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

static void *loaded_time(fz_loaded *loaded)
{
    return &loaded->loaded_us;
}

static const fz_part row_part = {whole_row, NULL};
static const fz_part run_part = {load_run, loaded_run};
static const fz_part totals_part = {load_totals, loaded_totals};
static const fz_part file_part = {load_file, loaded_file};
static const fz_part time_part = {load_time, loaded_time};
static const fz_part zone_part = {zone_itself, NULL};
static const fz_part hour_part = {hour_itself, NULL};
static const fz_part hour_run_part = {hour_run, NULL};

/* clang-format off */
#define AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
#define END(type, member, end)                                                                        \
    .offset = (uint16_t)(offsetof(type, member) + (end) * sizeof(((type *)NULL)->member[0])),          \
    .size = sizeof(((type *)NULL)->member[0])

#define ROW(member)        .part = &row_part, AT(fz_load_row, member)
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
    {"start_us",           FZ_TYPE_INT64,  FZ_FORM_NUMBER, ROW(start_us)},
    {"end_us",             FZ_TYPE_INT64,  FZ_FORM_NUMBER, ROW(end_us)},
    {"loaded_us",          FZ_TYPE_INT64,  FZ_FORM_NUMBER, .part = &time_part, .size = sizeof(int64_t)},
    {"state",              FZ_TYPE_LABEL,  FZ_FORM_STATE,  .part = &totals_part},
    {"capture_written_ns", FZ_TYPE_INT64,  FZ_FORM_NUMBER, CAPTURE(written_ns), .since = 3},
    {"rows_digest",        FZ_TYPE_INT64,  FZ_FORM_NUMBER, CAPTURE(rows_digest), .since = 3},
};

static const fz_column zone_columns[] = {
    {"digest",   FZ_TYPE_DIGEST, FZ_FORM_CHARS, &row_part,  AT(fz_zone_row, digest)},
    {"location", FZ_TYPE_LABEL,  FZ_FORM_TEXT,  .part = &zone_part, AT(fz_zone, location)},
    {"prefix",   FZ_TYPE_LABEL,  FZ_FORM_CHARS, &row_part,  AT(fz_zone_row, prefix)},
    {"number",   FZ_TYPE_LABEL,  FZ_FORM_TEXT,  .part = &zone_part, AT(fz_zone, number)},
    {"name",     FZ_TYPE_LABEL,  FZ_FORM_TEXT,  .part = &zone_part, AT(fz_zone, name)},
};

#define HOUR(member)          .part = &hour_part, AT(fz_hour, member)
#define HOUR_END(member, end) .part = &hour_part, END(fz_hour, member, end)
#define HOUR_RUN(member)      .part = &hour_run_part, AT(fz_run, member)

static const fz_column hour_columns[] = {
    {"hour",         FZ_TYPE_INT64,  FZ_FORM_NUMBER, HOUR(hour)},
    {"sensor",       FZ_TYPE_TEXT,   FZ_FORM_TEXT,   HOUR_RUN(sensor)},
    {"location",     FZ_TYPE_TEXT,   FZ_FORM_TEXT,   HOUR_RUN(location)},
    {"sip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, HOUR_END(zone, FZ_INITIATOR)},
    {"dip_zone",     FZ_TYPE_UINT32, FZ_FORM_NUMBER, HOUR_END(zone, FZ_RESPONDER)},
    {"protocol",     FZ_TYPE_UINT8,  FZ_FORM_NUMBER, HOUR(protocol)},
    {"service_port", FZ_TYPE_UINT16, FZ_FORM_NUMBER, HOUR(service_port)},
    {"part",         FZ_TYPE_UINT32, FZ_FORM_NUMBER, HOUR(part)},
    {"flows",        FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR(flows)},
    {"sip_packets",  FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(packets, FZ_INITIATOR)},
    {"dip_packets",  FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(packets, FZ_RESPONDER)},
    {"sip_bytes",    FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(bytes, FZ_INITIATOR)},
    {"dip_bytes",    FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(bytes, FZ_RESPONDER)},
    {"sip_ip_bytes", FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(ip_bytes, FZ_INITIATOR)},
    {"dip_ip_bytes", FZ_TYPE_UINT64, FZ_FORM_NUMBER, HOUR_END(ip_bytes, FZ_RESPONDER)},
};

static const fz_column meta_columns[] = {
    {"schema_version", FZ_TYPE_UINT32, FZ_FORM_CONSTANT, .constant = {.number = FZ_SCHEMA_VERSION}},
    {"program",        FZ_TYPE_LABEL,  FZ_FORM_CONSTANT, .constant = {.text = FZ_SCHEMA_PROGRAM}},
};
/* clang-format on */

const fz_table_shape fz_tables[FZ_TABLE_COUNT] = {
    [FZ_TABLE_META] = {"fz_meta", NULL, FZ_TYPE_ID, meta_columns, G_N_ELEMENTS(meta_columns)},
    [FZ_TABLE_LOAD] = {"fz_load", "load_id", FZ_TYPE_SERIAL, load_columns, G_N_ELEMENTS(load_columns)},
    [FZ_TABLE_ZONE] = {"fz_zone", "zone_id", FZ_TYPE_SERIAL, zone_columns, G_N_ELEMENTS(zone_columns)},
    [FZ_TABLE_FLOW] = {"fz_flow", NULL, FZ_TYPE_ID, NULL, 0},
    [FZ_TABLE_HOUR] = {"fz_hour", "load_id", FZ_TYPE_ID, hour_columns, G_N_ELEMENTS(hour_columns)},
};

static const char *state_of(const fz_totals *totals)
{
    return totals->changed ? state_changed : totals->cut_short ? state_cut : fz_schema_state_complete;
}

fz_value fz_column_get(const fz_column *column, const void *row)
{
    if (column->form == FZ_FORM_CONSTANT)
        return column->constant;
    const void *part = column->part->in_row(row), *at = (const uint8_t *)part + column->offset;
    switch (column->form) {
    case FZ_FORM_TEXT:
        return (fz_value){.text = *(const char *const *)at};
    case FZ_FORM_CHARS:
        return (fz_value){.text = at};
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

    g_assert(size == sizeof four || size == sizeof number);
    memcpy(at, size == sizeof four ? (const void *)&four : (const void *)&number, size);
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
    if (column->form == FZ_FORM_CONSTANT || !column->part->in_loaded)
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
