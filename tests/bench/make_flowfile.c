/* Writes a flow file of N made-up conversations to standard output: the same for the same options, and the first rows
 * of a longer one. SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 1024, HOST_COUNT = 20000 };

typedef struct request {
    gint64 rows, zones, seed, first_us, span_s, not_ip, services, bytes;
    gboolean cut_short, wild, minutes, packets, settled;
    char *source, *sensor, *location, *layers;
} request;

/* SplitMix64: small, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next_random(state) % limit;
}

/* One of a network's hosts: 10.x.y.z, or 2001:db8::/32 with runs of zeros of all lengths. */
static void make_addr(uint64_t *state, uint8_t family, uint8_t addr[16])
{
    uint64_t host = below(state, HOST_COUNT);
    uint64_t bits = host;

    memset(addr, 0, 16);
    if (family == FZ_IPV4) {
        addr[0] = 10;
        addr[1] = (uint8_t)(host >> 16);
        addr[2] = (uint8_t)(host >> 8);
        addr[3] = (uint8_t)host;
        return;
    }
    memcpy(addr, "\x20\x01\x0d\xb8", 4);
    uint64_t noise = next_random(&bits), groups = next_random(&bits);
    for (unsigned i = 4; i < 16; i++) {
        if (groups >> (i / 2) & 1)
            addr[i] = (uint8_t)(noise >> (i % 8 * 8));
    }
}

/* An address's own zone, whichever record it is in. */
static uint32_t zone_of(const request *wanted, const uint8_t addr[16])
{
    uint64_t state = 0;

    for (unsigned i = 0; i < 16; i++)
        state = state * 31 + addr[i];
    return (uint32_t)below(&state, (uint64_t)wanted->zones + 1);
}

/* The counts at the ends of what their columns hold, for tests of printing. */
static void make_wild(uint64_t *state, fz_record *record)
{
    if (below(state, 8) != 0)
        return;
    record->bytes[FZ_INITIATOR] += UINT64_C(1) << (33 + below(state, 10));
    record->tcp_flags[FZ_INITIATOR] = 0x0fff;
    record->port[FZ_RESPONDER] = 65535;
    record->end_us = record->start_us + INT64_C(86400000000) * 400;
    if (record->family == FZ_IPV6) {
        memset(record->addr[FZ_INITIATOR], 0, 12);
        memset(record->addr[FZ_INITIATOR] + 10, below(state, 2) ? 0xff : 0, 2);
    }
}

/* A service as networks have them: half of all conversations are of the first, a sixth of the second, a twelfth of the
 * third, and so on. What is left over after the last has a port of its own. Sets the server's port. */
static void make_service(const request *wanted, uint64_t *state, fz_record *record)
{
    static const uint16_t known[] = {443, 53, 80, 22, 445, 123, 389, 3389, 25, 161, 8080, 88, 993};
    const uint64_t rank = (UINT64_C(1) << 32) / (1 + below(state, UINT64_C(1) << 32));

    record->protocol = rank % 4 == 2 ? 17 : 6;
    if (rank > (uint64_t)wanted->services)
        record->port[FZ_RESPONDER] = (uint16_t)(32768 + below(state, 28000));
    else
        record->port[FZ_RESPONDER] = rank <= G_N_ELEMENTS(known) ? known[rank - 1] : (uint16_t)(1024 + rank * 7);
}

static fz_record make_record(const request *wanted, uint64_t number)
{
    uint64_t state = (uint64_t)wanted->seed * UINT64_C(0x2545f4914f6cdd1d) + number;
    fz_record record = {
        .family = below(&state, 5) == 0 ? FZ_IPV6 : FZ_IPV4,
        .protocol = below(&state, 4) == 0 ? 17 : 6,
        .end_reason = FZ_END_FORCED,
    };

    if (wanted->services > 0)
        make_service(wanted, &state, &record);
    record.start_us = wanted->first_us + (number ? (int64_t)below(&state, (uint64_t)wanted->span_s * 1000000) : 0);
    record.end_us = record.start_us + (int64_t)below(&state, 60000000);
    for (int end = 0; end < 2; end++) {
        make_addr(&state, record.family, record.addr[end]);
        record.packets[end] = end == FZ_RESPONDER && below(&state, 6) == 0 ? 0 : 1 + below(&state, 50);
        record.ip_bytes[end] = record.packets[end] * (40 + below(&state, 1400));
        record.bytes[end] = record.ip_bytes[end] + record.packets[end] * 14;
        record.zone[end] = (uint32_t)below(&state, (uint64_t)wanted->zones + 1);
        if (wanted->settled)
            record.zone[end] = zone_of(wanted, record.addr[end]);
        record.tcp_flags[end] = record.protocol == 6 && record.packets[end] ? 0x1b : 0;
    }
    record.port[FZ_INITIATOR] = (uint16_t)(32768 + below(&state, 28000));
    if (wanted->services == 0)
        record.port[FZ_RESPONDER] = (uint16_t)(below(&state, 10) == 0 ? below(&state, 1024) : 443);
    record.bytes[FZ_INITIATOR] += (uint64_t)wanted->bytes;
    record.packets[FZ_INITIATOR] += (uint64_t)wanted->bytes / 65536;
    if (wanted->wild)
        make_wild(&state, &record);
    return record;
}

/* What each end of a record sent, in the minute in which the record begins. */
static bool write_minutes(fz_sink *sink, const fz_record *record, fz_totals *totals, GError **error)
{
    const int64_t second = record->start_us / 1000000;
    bool done = true;

    for (int end = 0; end < 2 && done; end++) {
        const fz_minute minute = {
            .minute = second - (second % 60 + 60) % 60,
            .zone = {record->zone[end], record->zone[!end]},
            .packets = record->packets[end],
            .bytes = record->bytes[end],
        };
        if (minute.packets == 0)
            continue;
        done = fz_flowfile_write(sink, FZ_ROW_MINUTE, &minute, 1, error);
        totals->minutes++;
    }
    return done;
}

/* Its packets, of the same size in a direction, a microsecond apart. */
static bool write_packets(fz_sink *sink, const fz_record *record, fz_totals *totals, GError **error)
{
    bool done = true;

    for (int end = 0; end < 2; end++)
        for (uint64_t i = 0; i < record->packets[end] && done; i++) {
            fz_packet_row packet = {
                .frame = ++totals->packets,
                .time_us = record->start_us + (int64_t)i,
                .time_ns = (uint16_t)(i % 1000),
                .bytes = (uint32_t)(record->bytes[end] / record->packets[end]),
                .ip_bytes = (uint32_t)(record->ip_bytes[end] / record->packets[end]),
                .zone = {record->zone[end], record->zone[!end]},
                .eth = {{2, 0, 0, 0, 0, (uint8_t)end}, {2, 0, 0, 0, 0, (uint8_t)!end}},
                .port = {record->port[end], record->port[!end]},
                .tcp_flags = record->tcp_flags[end],
                .protocol = record->protocol,
                .family = record->family,
                .has = FZ_HAS_ETH | FZ_HAS_PORTS | (record->protocol == 6 ? FZ_HAS_TCP : 0),
            };
            memcpy(packet.addr[0], record->addr[end], sizeof packet.addr[0]);
            memcpy(packet.addr[1], record->addr[!end], sizeof packet.addr[1]);
            done = fz_flowfile_write(sink, FZ_ROW_PACKET, &packet, 1, error);
        }
    return done;
}

/* What comes with the records. */
static bool write_others(const request *wanted, fz_sink *sink, const fz_record *records, size_t count,
                         fz_totals *totals, GError **error)
{
    for (size_t i = 0; i < count; i++)
        if ((wanted->minutes && !write_minutes(sink, &records[i], totals, error)) ||
            (wanted->packets && !write_packets(sink, &records[i], totals, error)))
            return false;
    return true;
}

/* Frames that are not IP, as rows of packets. */
static bool write_not_ip(const request *wanted, fz_sink *sink, fz_totals *totals, GError **error)
{
    bool done = true;

    for (gint64 i = 0; wanted->packets && i < wanted->not_ip && done; i++) {
        const fz_packet_row packet = {.frame = ++totals->packets, .time_us = wanted->first_us, .bytes = 60};
        done = fz_flowfile_write(sink, FZ_ROW_PACKET, &packet, 1, error);
    }
    return done;
}

static bool write_records(const request *wanted, fz_sink *sink, fz_totals *totals, GError **error)
{
    g_autofree fz_record *batch = g_new(fz_record, BATCH);
    uint64_t rows = (uint64_t)wanted->rows;

    for (uint64_t at = 0; at < rows; at += BATCH) {
        size_t count = (size_t)MIN(BATCH, rows - at);
        for (size_t i = 0; i < count; i++) {
            batch[i] = make_record(wanted, at + i);
            for (int end = 0; end < 2; end++) {
                totals->counted.frames += batch[i].packets[end];
                totals->counted.bytes += batch[i].bytes[end];
            }
        }
        if (!fz_flowfile_write(sink, FZ_ROW_FLOW, batch, count, error) ||
            !write_others(wanted, sink, batch, count, totals, error))
            return false;
    }
    totals->records = rows;
    totals->not_ip = (fz_count){.frames = (uint64_t)wanted->not_ip, .bytes = (uint64_t)wanted->not_ip * 60};
    totals->cut_short = wanted->cut_short;
    return write_not_ip(wanted, sink, totals, error);
}

static fz_zone *make_zones(const request *wanted)
{
    static const char *const names[] = {"web", "wifi", "janitor \"willy\"", "qa, dudes", "Größe"};
    fz_zone *zones = g_new0(fz_zone, (gsize)wanted->zones);

    for (gint64 i = 0; i < wanted->zones; i++) {
        zones[i].prefix = (fz_prefix){
            .addr = {.family = FZ_IPV4, .bytes = {10, (uint8_t)(i >> 8), (uint8_t)i}},
            .length = 24,
        };
        zones[i].location = g_strdup(i % 2 && wanted->location ? wanted->location : "");
        zones[i].number = g_strdup_printf("%d", (int)i);
        zones[i].name = g_strdup_printf("%s %d", names[(gsize)i % G_N_ELEMENTS(names)], (int)i);
    }
    return zones;
}

static void free_zones(fz_zone *zones, gint64 count)
{
    for (gint64 i = 0; i < count; i++) {
        g_free(zones[i].location);
        g_free(zones[i].number);
        g_free(zones[i].name);
    }
    g_free(zones);
}

static bool make(const request *wanted, const fz_zones *zones, GError **error)
{
    char program[] = "make_flowfile", nothing[] = "";
    fz_totals totals = {0};
    fz_run run = {
        .source = wanted->source ? wanted->source : nothing,
        .sensor = wanted->sensor ? wanted->sensor : nothing,
        .location = wanted->location ? wanted->location : nothing,
        .filter = nothing,
        .folder = nothing,
        .program = program,
        .minutes = wanted->minutes,
        .packets = wanted->packets,
    };

    run.layers = g_strcmp0(wanted->layers, "all") == 0 ? FZ_LAYERS_ALL : FZ_LAYERS_OUTER;
    run.first_us = wanted->rows ? wanted->first_us : 0;
    run.first_bytes = wanted->rows ? 60 : 0;
    fz_sink *sink = fz_flowfile_open(STDOUT_FILENO, &run, zones, error);
    if (!sink)
        return false;
    bool done = write_records(wanted, sink, &totals, error);
    return fz_flowfile_finish(sink, done ? &totals : NULL, error) && done;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    request wanted = {
        .rows = 1000,
        .zones = 10,
        .seed = 1,
        .first_us = INT64_C(1700000000000000),
        .span_s = 7200,
        .not_ip = 7,
    };
    const GOptionEntry options[] = {
        {"rows", 0, 0, G_OPTION_ARG_INT64, &wanted.rows, "Conversations (1000)", "N"},
        {"zones", 0, 0, G_OPTION_ARG_INT64, &wanted.zones, "Rows of the zone dictionary (10)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &wanted.seed, "Another seed, other conversations (1)", "N"},
        {"first", 0, 0, G_OPTION_ARG_INT64, &wanted.first_us, "Time of the first frame", "MICROSECONDS"},
        {"span", 0, 0, G_OPTION_ARG_INT64, &wanted.span_s, "Conversations begin within so many seconds (7200)", "N"},
        {"services", 0, 0, G_OPTION_ARG_INT64, &wanted.services, "Servers' ports are of so many services, at most 4000",
         "N"},
        {"not-ip", 0, 0, G_OPTION_ARG_INT64, &wanted.not_ip, "Frames that are not IP (7)", "N"},
        {"cut-short", 0, 0, G_OPTION_ARG_NONE, &wanted.cut_short, "The capture was cut short", NULL},
        {"bytes", 0, 0, G_OPTION_ARG_INT64, &wanted.bytes,
         "So many more bytes from each initiator, in packets of 64 KiB", "N"},
        {"wild", 0, 0, G_OPTION_ARG_NONE, &wanted.wild, "Some rows with large and odd values", NULL},
        {"minutes", 0, 0, G_OPTION_ARG_NONE, &wanted.minutes, "With rows of minutes; not with --wild", NULL},
        {"packets", 0, 0, G_OPTION_ARG_NONE, &wanted.packets, "With rows of packets; not with --wild", NULL},
        {"settled", 0, 0, G_OPTION_ARG_NONE, &wanted.settled, "An address is in the same zone in all records", NULL},
        {"source", 0, 0, G_OPTION_ARG_FILENAME, &wanted.source, "Name of the capture", "NAME"},
        {"sensor", 0, 0, G_OPTION_ARG_FILENAME, &wanted.sensor, "Name of the sensor", "NAME"},
        {"location", 0, 0, G_OPTION_ARG_FILENAME, &wanted.location, "Location", "NAME"},
        {"layers", 0, 0, G_OPTION_ARG_STRING, &wanted.layers, "outer or all", "LAYERS"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("> FILE");

    g_option_context_add_main_entries(context, options, NULL);
    bool done = g_option_context_parse(context, &argc, &argv, &error);
    if (done) {
        fz_zone *rows = make_zones(&wanted);
        const fz_zones zones = {.rows = rows, .count = (uint32_t)wanted.zones};
        done = make(&wanted, &zones, &error);
        free_zones(rows, wanted.zones);
    }
    if (!done)
        fprintf(stderr, "make_flowfile: %s\n", error->message);
    g_free(wanted.source);
    g_free(wanted.sensor);
    g_free(wanted.location);
    g_free(wanted.layers);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
