/* What the tables hold: their columns, and where each value comes from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include <string.h>

/* One line a column: the value's place and the way back. */
#define GET(name, row_type, expression)          \
    static fz_value get_##name(const void *data) \
    {                                            \
        const row_type *row = data;              \
        return expression;                       \
    }
#define NUMBER(value) ((fz_value){.number = (int64_t)(value)})
#define TEXT(value) ((fz_value){.text = (value)})
#define SET(name, statement)                              \
    static void set_##name(fz_loaded *to, fz_value value) \
    {                                                     \
        statement;                                        \
    }

static void replace_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value ? value : "");
}

/* The enum value of a name, 0 for one that is not ours. */
static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (g_strcmp0(names[i], name) == 0)
            return i;
    }
    return 0;
}

const char fz_schema_state_complete[] = "complete";
static const char state_cut[] = "cut short", state_changed[] = "changed";

static const char *state_of(const fz_totals *totals)
{
    return totals->changed ? state_changed : totals->cut_short ? state_cut : fz_schema_state_complete;
}

GET(identity, fz_load_row, TEXT(row->identity))
GET(source, fz_load_row, TEXT(row->run->source))
GET(sensor, fz_load_row, TEXT(row->run->sensor))
GET(location, fz_load_row, TEXT(row->run->location))
GET(engine, fz_load_row, TEXT(fz_engine_names[row->run->engine]))
GET(flow_key, fz_load_row, TEXT(fz_key_names[row->run->key]))
GET(layers, fz_load_row, TEXT(fz_layers_names[row->run->layers]))
GET(interval_s, fz_load_row, NUMBER(row->run->interval_s))
GET(max_flows, fz_load_row, NUMBER(row->run->max_flows))
GET(vlan, fz_load_row, NUMBER(row->run->vlan))
GET(display_filter, fz_load_row, TEXT(row->run->filter))
GET(load_program, fz_load_row, TEXT(row->run->program))
GET(first_frame_us, fz_load_row, NUMBER(row->run->first_us))
GET(first_frame_bytes, fz_load_row, NUMBER(row->run->first_bytes))
GET(capture_bytes, fz_load_row, NUMBER(row->file.bytes))
GET(capture_written_ns, fz_load_row, NUMBER(row->file.written_ns))
GET(rows_digest, fz_load_row, NUMBER(row->file.rows_digest))
GET(counted_frames, fz_load_row, NUMBER(row->totals.counted.frames))
GET(counted_bytes, fz_load_row, NUMBER(row->totals.counted.bytes))
GET(not_ip_frames, fz_load_row, NUMBER(row->totals.not_ip.frames))
GET(not_ip_bytes, fz_load_row, NUMBER(row->totals.not_ip.bytes))
GET(unparsable_frames, fz_load_row, NUMBER(row->totals.unparsable.frames))
GET(unparsable_bytes, fz_load_row, NUMBER(row->totals.unparsable.bytes))
GET(filtered_frames, fz_load_row, NUMBER(row->totals.filtered.frames))
GET(filtered_bytes, fz_load_row, NUMBER(row->totals.filtered.bytes))
GET(records, fz_load_row, NUMBER(row->totals.records))
GET(start_us, fz_load_row, NUMBER(row->start_us))
GET(end_us, fz_load_row, NUMBER(row->end_us))
GET(loaded_us, fz_load_row, NUMBER(row->loaded_us))
GET(state, fz_load_row, TEXT(state_of(&row->totals)))

SET(source, replace_text(&to->run.source, value.text))
SET(sensor, replace_text(&to->run.sensor, value.text))
SET(location, replace_text(&to->run.location, value.text))
SET(engine, to->run.engine = (fz_engine)index_of(fz_engine_names, G_N_ELEMENTS(fz_engine_names), value.text))
SET(flow_key, to->run.key = (fz_key_kind)index_of(fz_key_names, G_N_ELEMENTS(fz_key_names), value.text))
SET(layers, to->run.layers = (fz_layers)index_of(fz_layers_names, G_N_ELEMENTS(fz_layers_names), value.text))
SET(interval_s, to->run.interval_s = (uint32_t)value.number)
SET(max_flows, to->run.max_flows = (uint64_t)value.number)
SET(vlan, to->run.vlan = value.number != 0)
SET(display_filter, replace_text(&to->run.filter, value.text))
SET(program, replace_text(&to->run.program, value.text))
SET(first_frame_us, to->run.first_us = value.number)
SET(first_frame_bytes, to->run.first_bytes = (uint32_t)value.number)
SET(capture_bytes, to->file.bytes = (uint64_t)value.number)
SET(capture_written_ns, to->file.written_ns = value.number)
SET(rows_digest, to->file.rows_digest = value.number)
SET(counted_frames, to->totals.counted.frames = (uint64_t)value.number)
SET(counted_bytes, to->totals.counted.bytes = (uint64_t)value.number)
SET(not_ip_frames, to->totals.not_ip.frames = (uint64_t)value.number)
SET(not_ip_bytes, to->totals.not_ip.bytes = (uint64_t)value.number)
SET(unparsable_frames, to->totals.unparsable.frames = (uint64_t)value.number)
SET(unparsable_bytes, to->totals.unparsable.bytes = (uint64_t)value.number)
SET(filtered_frames, to->totals.filtered.frames = (uint64_t)value.number)
SET(filtered_bytes, to->totals.filtered.bytes = (uint64_t)value.number)
SET(records, to->totals.records = (uint64_t)value.number)
SET(loaded_us, to->loaded_us = value.number)
SET(state, to->totals.cut_short = g_strcmp0(value.text, state_cut) == 0;
    to->totals.changed = g_strcmp0(value.text, state_changed) == 0)

static const fz_column load_columns[] = {
    {"identity", FZ_TYPE_DIGEST, get_identity, NULL},
    {"source", FZ_TYPE_TEXT, get_source, set_source},
    {"sensor", FZ_TYPE_TEXT, get_sensor, set_sensor},
    {"location", FZ_TYPE_TEXT, get_location, set_location},
    {"engine", FZ_TYPE_LABEL, get_engine, set_engine},
    {"flow_key", FZ_TYPE_LABEL, get_flow_key, set_flow_key},
    {"layers", FZ_TYPE_LABEL, get_layers, set_layers},
    {"interval_s", FZ_TYPE_UINT32, get_interval_s, set_interval_s},
    {"max_flows", FZ_TYPE_UINT64, get_max_flows, set_max_flows},
    {"vlan", FZ_TYPE_UINT8, get_vlan, set_vlan},
    {"display_filter", FZ_TYPE_TEXT, get_display_filter, set_display_filter},
    {"program", FZ_TYPE_TEXT, get_load_program, set_program},
    {"first_frame_us", FZ_TYPE_INT64, get_first_frame_us, set_first_frame_us},
    {"first_frame_bytes", FZ_TYPE_UINT32, get_first_frame_bytes, set_first_frame_bytes},
    {"capture_bytes", FZ_TYPE_UINT64, get_capture_bytes, set_capture_bytes},
    {"counted_frames", FZ_TYPE_UINT64, get_counted_frames, set_counted_frames},
    {"counted_bytes", FZ_TYPE_UINT64, get_counted_bytes, set_counted_bytes},
    {"not_ip_frames", FZ_TYPE_UINT64, get_not_ip_frames, set_not_ip_frames},
    {"not_ip_bytes", FZ_TYPE_UINT64, get_not_ip_bytes, set_not_ip_bytes},
    {"unparsable_frames", FZ_TYPE_UINT64, get_unparsable_frames, set_unparsable_frames},
    {"unparsable_bytes", FZ_TYPE_UINT64, get_unparsable_bytes, set_unparsable_bytes},
    {"filtered_frames", FZ_TYPE_UINT64, get_filtered_frames, set_filtered_frames},
    {"filtered_bytes", FZ_TYPE_UINT64, get_filtered_bytes, set_filtered_bytes},
    {"records", FZ_TYPE_UINT64, get_records, set_records},
    {"start_us", FZ_TYPE_INT64, get_start_us, NULL},
    {"end_us", FZ_TYPE_INT64, get_end_us, NULL},
    {"loaded_us", FZ_TYPE_INT64, get_loaded_us, set_loaded_us},
    {"state", FZ_TYPE_LABEL, get_state, set_state},
    {"capture_written_ns", FZ_TYPE_INT64, get_capture_written_ns, set_capture_written_ns}, /* from version 3 on */
    {"rows_digest", FZ_TYPE_INT64, get_rows_digest, set_rows_digest},
};
GET(zone_digest, fz_schema_zone, TEXT(row->digest))
GET(zone_location, fz_schema_zone, TEXT(row->zone->location))
GET(zone_prefix, fz_schema_zone, TEXT(row->prefix))
GET(zone_number, fz_schema_zone, TEXT(row->zone->number))
GET(zone_name, fz_schema_zone, TEXT(row->zone->name))

static const fz_column zone_columns[] = {
    {"digest", FZ_TYPE_DIGEST, get_zone_digest, NULL}, {"location", FZ_TYPE_LABEL, get_zone_location, NULL},
    {"prefix", FZ_TYPE_LABEL, get_zone_prefix, NULL},  {"number", FZ_TYPE_LABEL, get_zone_number, NULL},
    {"name", FZ_TYPE_LABEL, get_zone_name, NULL},
};

GET(hour, fz_schema_hour, NUMBER(row->hour->hour))
GET(hour_sensor, fz_schema_hour, TEXT(row->run->sensor))
GET(hour_location, fz_schema_hour, TEXT(row->run->location))
GET(hour_sip_zone, fz_schema_hour, NUMBER(row->hour->zone[FZ_INITIATOR]))
GET(hour_dip_zone, fz_schema_hour, NUMBER(row->hour->zone[FZ_RESPONDER]))
GET(hour_protocol, fz_schema_hour, NUMBER(row->hour->protocol))
GET(hour_service_port, fz_schema_hour, NUMBER(row->hour->service_port))
GET(hour_part, fz_schema_hour, NUMBER(row->hour->part))
GET(hour_flows, fz_schema_hour, NUMBER(row->hour->flows))
GET(hour_sip_packets, fz_schema_hour, NUMBER(row->hour->packets[FZ_INITIATOR]))
GET(hour_dip_packets, fz_schema_hour, NUMBER(row->hour->packets[FZ_RESPONDER]))
GET(hour_sip_bytes, fz_schema_hour, NUMBER(row->hour->bytes[FZ_INITIATOR]))
GET(hour_dip_bytes, fz_schema_hour, NUMBER(row->hour->bytes[FZ_RESPONDER]))
GET(hour_sip_ip_bytes, fz_schema_hour, NUMBER(row->hour->ip_bytes[FZ_INITIATOR]))
GET(hour_dip_ip_bytes, fz_schema_hour, NUMBER(row->hour->ip_bytes[FZ_RESPONDER]))

static const fz_column hour_columns[] = {
    {"hour", FZ_TYPE_INT64, get_hour, NULL},
    {"sensor", FZ_TYPE_TEXT, get_hour_sensor, NULL},
    {"location", FZ_TYPE_TEXT, get_hour_location, NULL},
    {"sip_zone", FZ_TYPE_UINT32, get_hour_sip_zone, NULL},
    {"dip_zone", FZ_TYPE_UINT32, get_hour_dip_zone, NULL},
    {"protocol", FZ_TYPE_UINT8, get_hour_protocol, NULL},
    {"service_port", FZ_TYPE_UINT16, get_hour_service_port, NULL},
    {"part", FZ_TYPE_UINT32, get_hour_part, NULL},
    {"flows", FZ_TYPE_UINT64, get_hour_flows, NULL},
    {"sip_packets", FZ_TYPE_UINT64, get_hour_sip_packets, NULL},
    {"dip_packets", FZ_TYPE_UINT64, get_hour_dip_packets, NULL},
    {"sip_bytes", FZ_TYPE_UINT64, get_hour_sip_bytes, NULL},
    {"dip_bytes", FZ_TYPE_UINT64, get_hour_dip_bytes, NULL},
    {"sip_ip_bytes", FZ_TYPE_UINT64, get_hour_sip_ip_bytes, NULL},
    {"dip_ip_bytes", FZ_TYPE_UINT64, get_hour_dip_ip_bytes, NULL},
};

static fz_value get_schema_version(const void *data)
{
    (void)data;
    return NUMBER(FZ_SCHEMA_VERSION);
}

static fz_value get_program(const void *data)
{
    (void)data;
    return TEXT(FZ_SCHEMA_PROGRAM);
}

static const fz_column meta_columns[] = {
    {"schema_version", FZ_TYPE_UINT32, get_schema_version, NULL},
    {"program", FZ_TYPE_LABEL, get_program, NULL},
};

const fz_table_shape fz_tables[FZ_TABLE_COUNT] = {
    [FZ_TABLE_META] = {"fz_meta", NULL, FZ_TYPE_ID, meta_columns, G_N_ELEMENTS(meta_columns)},
    [FZ_TABLE_LOAD] = {"fz_load", "load_id", FZ_TYPE_SERIAL, load_columns, G_N_ELEMENTS(load_columns)},
    [FZ_TABLE_ZONE] = {"fz_zone", "zone_id", FZ_TYPE_SERIAL, zone_columns, G_N_ELEMENTS(zone_columns)},
    [FZ_TABLE_FLOW] = {"fz_flow", NULL, FZ_TYPE_ID, NULL, 0},
    [FZ_TABLE_HOUR] = {"fz_hour", "load_id", FZ_TYPE_ID, hour_columns, G_N_ELEMENTS(hour_columns)},
};

void fz_schema_zone_init(fz_schema_zone *row, const fz_zone *zone)
{
    const char *const texts[] = {zone->location, row->prefix, zone->number, zone->name};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    row->zone = zone;
    fz_prefix_print(&zone->prefix, row->prefix);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_checksum_update(checksum, (const guchar *)texts[i], (gssize)strlen(texts[i]) + 1);
    g_strlcpy(row->digest, g_checksum_get_string(checksum), sizeof row->digest);
}

const fz_field *const *fz_schema_fields(size_t *count)
{
    static const fz_field **fields;
    static size_t stored;

    if (g_once_init_enter(&fields)) {
        const fz_field **list = g_new0(const fz_field *, fz_field_count);
        for (size_t i = 0; i < fz_field_count; i++) {
            if (fz_fields[i].column != NULL)
                list[stored++] = &fz_fields[i];
        }
        g_once_init_leave(&fields, list);
    }
    *count = stored;
    return fields;
}

fz_type fz_schema_field_type(const fz_field *field)
{
    switch (field->kind) {
    case FZ_FIELD_TIME:
        return FZ_TYPE_INT64;
    case FZ_FIELD_ADDR:
        return FZ_TYPE_ADDR;
    case FZ_FIELD_ZONE:
        return FZ_TYPE_UINT32;
    case FZ_FIELD_UINT:
        return field->size == 1   ? FZ_TYPE_UINT8
               : field->size == 2 ? FZ_TYPE_UINT16
               : field->size == 4 ? FZ_TYPE_UINT32
                                  : FZ_TYPE_UINT64;
    default:
        return FZ_TYPE_TEXT;
    }
}
