/* Writing flow files.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"
#include "flowfile_model.h"
#include "text.h"
#include "write.h"

#include <string.h>
#include <zlib.h>

/* Messages are gathered before they are written. */
#define PENDING_BYTES (4 * (size_t)FZ_MESSAGE_MAX)

struct fz_sink {
    int fd;
    const fz_run *run;
    fz_zones zones;
    fz_exporter *exporter;
    int64_t latest_us; /* becomes the export time of the next message */
    uLong checksum;    /* of all messages so far */
    bool trailer;      /* the message being emitted is the last */
    size_t pending;
    uint8_t *bytes;
};

/* A text that readers refuse must not be written. */
static bool text_check(const char *what, const char *text, size_t most, GError **error)
{
    if (strlen(text) > most) {
        g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_INVALID,
                    "%s is %zu bytes long; a flow file has room for %zu", what, strlen(text), most);
        return false;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_INVALID, "%s is not valid UTF-8", what);
        return false;
    }
    if (fz_text_find_control(text, strlen(text)) != 0) {
        g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_INVALID, "%s has a control character", what);
        return false;
    }
    return true;
}

static bool run_check(const fz_run *run, GError **error)
{
    return text_check("the sensor's name", run->sensor, FZ_RUN_TEXT_MAX, error) &&
           text_check("the capture's name", run->source, FZ_RUN_TEXT_MAX, error) &&
           text_check("the location", run->location, FZ_RUN_TEXT_MAX, error) &&
           text_check("the display filter", run->filter, FZ_RUN_TEXT_MAX, error) &&
           text_check("the program's name", run->program, FZ_RUN_TEXT_MAX, error) &&
           text_check("the capture's folder", run->folder, FZ_RUN_TEXT_MAX, error);
}

static bool zones_check(const fz_zones *zones, GError **error)
{
    if (zones->count > FZ_ZONE_ROWS_MAX) {
        g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_INVALID, "%u zones; a flow file has room for %u",
                    zones->count, FZ_ZONE_ROWS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < zones->count; i++) {
        const fz_zone *zone = &zones->rows[i];

        if (!text_check("a zone's location", zone->location, FZ_ZONE_TEXT_MAX, error) ||
            !text_check("a zone's number", zone->number, FZ_ZONE_TEXT_MAX, error) ||
            !text_check("a zone's name", zone->name, FZ_ZONE_TEXT_MAX, error))
            return false;
    }
    return true;
}

static bool pending_write(fz_sink *sink, GError **error)
{
    size_t size = sink->pending;

    sink->pending = 0;
    return fz_write_all(sink->fd, sink->bytes, size, error);
}

/* RFC 7011 section 3.1 has the time at which the message leaves. Ours is the same on every run: the latest packet so
 * far. */
static uint32_t export_time(int64_t latest_us)
{
    return (uint32_t)CLAMP(latest_us / 1000000, 0, UINT32_MAX);
}

static bool message_emit(uint8_t *message, size_t size, void *user, GError **error)
{
    fz_sink *sink = user;

    fz_write_u32(message + 4, export_time(sink->latest_us));
    size_t covered = sink->trailer ? size - sizeof(uint32_t) : size;
    sink->checksum = crc32_z(sink->checksum, message, covered);
    if (sink->trailer)
        fz_write_u32(message + covered, (uint32_t)sink->checksum);
    memcpy(sink->bytes + sink->pending, message, size);
    sink->pending += size;
    return sink->pending + FZ_MESSAGE_MAX <= PENDING_BYTES || pending_write(sink, error);
}

static fbVarfield_t text_field(char *text)
{
    return (fbVarfield_t){strlen(text), (uint8_t *)text};
}

static uint8_t boolean(bool value)
{
    return value ? FZ_IPFIX_TRUE : FZ_IPFIX_FALSE;
}

static bool run_append(fz_sink *sink, GError **error)
{
    const fz_run *run = sink->run;
    g_autofree char *engine = g_strdup(fz_engine_names[run->engine]), *key = g_strdup(fz_key_names[run->key]),
                    *layers = g_strdup(fz_layers_names[run->layers]), *octets = g_strdup(fz_octets_names[run->octets]);
    char *texts[] = {engine,      key,           layers,      octets,       run->sensor,
                     run->source, run->location, run->filter, run->program, run->folder};
    fz_run_record record = {
        .vlan = boolean(run->vlan),
        .interval_s = run->interval_s,
        .max_flows = run->max_flows,
        .first_bytes = run->first_bytes,
        .flows = boolean(!run->without_flows),
        .minutes = boolean(run->minutes),
        .packets = boolean(run->packets),
    };

    fz_time_split(run->first_us, &record.first_ms, &record.first_sub_ms);

    size_t encoded = 0;
    fbVarfield_t *fields[] = {&record.engine, &record.key,      &record.layers, &record.octets,  &record.sensor,
                              &record.source, &record.location, &record.filter, &record.program, &record.folder};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        *fields[i] = text_field(texts[i]);
        encoded += fz_text_encoded(texts[i]);
    }
    return fz_exporter_append(sink->exporter, FZ_TID_RUN, &record, sizeof record, encoded, error);
}

static bool zone_append(fz_sink *sink, uint32_t id, GError **error)
{
    const fz_zone *zone = &sink->zones.rows[id - 1];
    bool v6 = zone->prefix.addr.family == FZ_IPV6;
    fz_zone_record record = {
        .id = id,
        .length = zone->prefix.length,
        .number = text_field(zone->number),
        .name = text_field(zone->name),
        .location = text_field(zone->location),
    };
    size_t encoded = fz_text_encoded(zone->number) + fz_text_encoded(zone->name) + fz_text_encoded(zone->location);

    if (v6)
        memcpy(record.prefix.v6, zone->prefix.addr.bytes, sizeof record.prefix.v6);
    else
        record.prefix.v4 = fz_read_u32(zone->prefix.addr.bytes);
    return fz_exporter_append(sink->exporter, v6 ? FZ_TID_ZONE6 : FZ_TID_ZONE4, &record, sizeof record, encoded, error);
}

static bool head_write(fz_sink *sink, GError **error)
{
    if (!fz_exporter_prelude(sink->exporter, error) || !run_append(sink, error))
        return false;
    for (uint32_t id = 1; id <= sink->zones.count; id++)
        if (!zone_append(sink, id, error))
            return false;
    return fz_exporter_flush(sink->exporter, error);
}

fz_sink *fz_flowfile_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    if (!run_check(run, error) || (zones && !zones_check(zones, error)))
        return NULL;
    fz_sink *sink = g_new(fz_sink, 1);
    *sink = (fz_sink){
        .fd = fd,
        .run = run,
        .zones = zones ? *zones : (fz_zones){NULL, 0},
        .latest_us = run->first_us,
        .checksum = crc32_z(0, NULL, 0),
        .bytes = g_malloc(PENDING_BYTES),
    };
    sink->exporter = fz_exporter_new(FZ_VERSION_LATEST, message_emit, sink);
    if (!head_write(sink, error)) {
        fz_flowfile_finish(sink, NULL, NULL);
        return NULL;
    }
    return sink;
}

static bool record_append(fz_sink *sink, const fz_record *record, GError **error)
{
    fz_flow_record flow;
    bool v6 = record->family == FZ_IPV6;

    flow.record = *record;
    fz_time_split(record->start_us, &flow.ms[0], &flow.sub_ms[0]);
    fz_time_split(record->end_us, &flow.ms[1], &flow.sub_ms[1]);
    if (!v6)
        fz_addrs_swap_ipv4(flow.record.addr);
    if (!fz_exporter_append(sink->exporter, v6 ? FZ_TID_FLOW6 : FZ_TID_FLOW4, &flow, sizeof flow, 0, error))
        return false;
    sink->latest_us = MAX(sink->latest_us, record->end_us);
    return true;
}

static bool minute_append(fz_sink *sink, const fz_minute *row, GError **error)
{
    fz_minute_record minute = {.ms = (uint64_t)row->minute * 1000, .row = *row};

    return fz_exporter_append(sink->exporter, FZ_TID_MINUTE, &minute, sizeof minute, 0, error);
}

static bool packet_append(fz_sink *sink, const fz_packet_row *row, GError **error)
{
    fz_packet_record packet = {.row = *row};
    uint16_t tid = row->family == FZ_IPV4 ? FZ_TID_PACKET4 : row->family == FZ_IPV6 ? FZ_TID_PACKET6 : FZ_TID_PACKET;
    uint16_t us;

    fz_time_split(row->time_us, &packet.ms, &us);
    packet.sub_ms = us * 1000u + row->time_ns;
    if (tid == FZ_TID_PACKET4)
        fz_addrs_swap_ipv4(packet.row.addr);
    if (!fz_exporter_append(sink->exporter, tid, &packet, sizeof packet, 0, error))
        return false;
    sink->latest_us = MAX(sink->latest_us, row->time_us);
    return true;
}

static bool row_append(fz_sink *sink, fz_row_kind kind, const void *row, GError **error)
{
    return kind == FZ_ROW_FLOW     ? record_append(sink, row, error)
           : kind == FZ_ROW_MINUTE ? minute_append(sink, row, error)
                                   : packet_append(sink, row, error);
}

bool fz_flowfile_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    const uint8_t *row = rows;

    for (size_t i = 0; i < count; i++, row += fz_row_size(kind))
        if (!row_append(sink, kind, row, error))
            return false;
    return true;
}

bool fz_flowfile_flush(fz_sink *sink, GError **error)
{
    return fz_exporter_flush(sink->exporter, error) && pending_write(sink, error);
}

static bool trailer_write(fz_sink *sink, const fz_totals *totals, GError **error)
{
    fz_trailer_record record = {
        .cut_short = boolean(totals->cut_short || totals->changed),
        .records = totals->records,
        .minutes = totals->minutes,
        .packets = totals->packets,
        .counted = totals->counted,
        .not_ip = totals->not_ip,
        .unparsable = totals->unparsable,
        .filtered = totals->filtered,
    };

    if (!fz_exporter_flush(sink->exporter, error))
        return false;
    sink->trailer = true;
    return fz_exporter_append(sink->exporter, FZ_TID_TRAILER, &record, sizeof record, 0, error) &&
           fz_exporter_flush(sink->exporter, error);
}

bool fz_flowfile_finish(fz_sink *sink, const fz_totals *totals, GError **error)
{
    bool done = true;

    if (totals)
        done = trailer_write(sink, totals, error) && pending_write(sink, error);
    fz_exporter_free(sink->exporter);
    g_free(sink->bytes);
    g_free(sink);
    return done;
}
