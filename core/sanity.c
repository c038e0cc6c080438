/* Whether rows and totals are possible.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sanity.h"

#include <string.h>

enum { MINUTE_S = 60, SECOND_US = 1000000 };

static char *zone_fault(const uint32_t zone[2], uint32_t zones)
{
    for (int end = 0; end < 2; end++)
        if (zone[end] > zones)
            return g_strdup_printf("has zone %u, which is not in the dictionary of %u", zone[end], zones);
    return NULL;
}

static bool is_zero(const void *bytes, size_t size)
{
    static const uint8_t zero[32];

    g_assert(size <= sizeof zero);
    return memcmp(bytes, zero, size) == 0;
}

static char *addr_fault(uint8_t family, const uint8_t addr[2][16])
{
    for (int end = 0; end < 2; end++)
        if (family == FZ_IPV4 && !is_zero(addr[end] + 4, 12))
            return g_strdup("has an IPv4 address that is too long");
    return NULL;
}

char *fz_record_fault(const fz_record *record, uint32_t zones)
{
    if (fz_family_bits(record->family) == 0)
        return g_strdup("is neither IPv4 nor IPv6");
    if (record->end_us < record->start_us)
        return g_strdup("ends before it starts");
    if (record->end_reason < FZ_END_IDLE_TIMEOUT || record->end_reason > FZ_END_RESOURCES)
        return g_strdup_printf("has a flowEndReason of %u: expected 1 to 5", record->end_reason);
    if (record->opened >= FZ_OPENED_COUNT)
        return g_strdup_printf("says %u of who opened it: expected less than %d", record->opened, FZ_OPENED_COUNT);
    if (!is_zero(record->reserved, sizeof record->reserved))
        return g_strdup("has reserved bytes that are not zero");
    char *fault = zone_fault(record->zone, zones);
    return fault ? fault : addr_fault(record->family, record->addr);
}

/* A minute that begins before the earliest time may have times that are none too early. */
static bool is_in_time(int64_t minute)
{
    return minute <= INT64_MAX / SECOND_US && minute > INT64_MIN / SECOND_US - MINUTE_S;
}

char *fz_minute_fault(const fz_minute *minute, uint32_t zones)
{
    if (minute->minute % MINUTE_S != 0)
        return g_strdup_printf("begins at second %" G_GINT64_FORMAT ", which is not a multiple of %d", minute->minute,
                               MINUTE_S);
    if (!is_in_time(minute->minute))
        return g_strdup("has a time that is out of range");
    if (minute->packets == 0)
        return g_strdup("has no packets");
    /* A frame's length has 32 bits. */
    if (minute->packets <= UINT32_MAX && minute->bytes > minute->packets * UINT32_MAX)
        return g_strdup("has more bytes than its packets can have");
    return zone_fault(minute->zone, zones);
}

/* What a packet has without a flag that says so, or without IP. NULL: nothing. */
static const char *superfluous(const fz_packet_row *packet)
{
    if (!(packet->has & FZ_HAS_ETH) && !is_zero(packet->eth, sizeof packet->eth))
        return "MAC addresses";
    if (!(packet->has & FZ_HAS_PORTS) && !is_zero(packet->port, sizeof packet->port))
        return "ports";
    if (!(packet->has & FZ_HAS_VLAN) && packet->vlan != 0)
        return "a VLAN";
    if (!(packet->has & FZ_HAS_TCP) && packet->tcp_flags != 0)
        return "TCP flags";
    if (packet->family != 0)
        return NULL;
    if (packet->has & (FZ_HAS_PORTS | FZ_HAS_TCP))
        return "ports or TCP flags";
    if (!is_zero(packet->addr, sizeof packet->addr) || !is_zero(packet->zone, sizeof packet->zone))
        return "addresses or zones";
    return packet->protocol != 0 || packet->ip_bytes != 0 ? "a protocol or a length of IP" : NULL;
}

char *fz_packet_fault(const fz_packet_row *packet, uint32_t zones)
{
    const unsigned known = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_VLAN | FZ_HAS_TCP;

    if (packet->frame == 0)
        return g_strdup("has frame number 0");
    if (packet->time_ns > 999)
        return g_strdup_printf("has %u nanoseconds above its microsecond: expected less than 1000", packet->time_ns);
    if (packet->family != 0 && fz_family_bits(packet->family) == 0)
        return g_strdup("is neither IPv4 nor IPv6 nor without IP");
    if (packet->has & ~known)
        return g_strdup_printf("has unknown flags: 0x%02x", packet->has & ~known);
    if (!is_zero(packet->reserved, sizeof packet->reserved))
        return g_strdup("has reserved bytes that are not zero");
    const char *what = superfluous(packet);
    if (what)
        return g_strdup_printf("has %s though it says that it has none", what);
    char *fault = zone_fault(packet->zone, zones);
    return fault ? fault : addr_fault(packet->family, packet->addr);
}

char *fz_row_fault(fz_row_kind kind, const void *row, uint32_t zones)
{
    static const char *const names[FZ_ROW_KINDS] = {"a record ", "a minute ", "a packet "};
    g_autofree char *fault = kind == FZ_ROW_FLOW     ? fz_record_fault(row, zones)
                             : kind == FZ_ROW_MINUTE ? fz_minute_fault(row, zones)
                                                     : fz_packet_fault(row, zones);

    return fault ? g_strconcat(names[kind], fault, NULL) : NULL;
}

static bool add(fz_count *sum, uint64_t frames, uint64_t bytes)
{
    return !__builtin_add_overflow(sum->frames, frames, &sum->frames) &&
           !__builtin_add_overflow(sum->bytes, bytes, &sum->bytes);
}

static bool add_record(fz_count *sum, const fz_record *record)
{
    uint64_t ip_bytes;

    return add(sum, record->packets[0], record->bytes[0]) && add(sum, record->packets[1], record->bytes[1]) &&
           !__builtin_add_overflow(record->ip_bytes[0], record->ip_bytes[1], &ip_bytes);
}

bool fz_tally_add(fz_tally *tally, fz_row_kind kind, const void *row)
{
    const fz_minute *minute = row;
    const fz_packet_row *packet = row;

    tally->rows[kind]++;
    if (kind == FZ_ROW_FLOW)
        return add_record(&tally->sum[kind], row);
    return kind == FZ_ROW_MINUTE ? add(&tally->sum[kind], minute->packets, minute->bytes)
                                 : add(&tally->sum[kind], 1, packet->bytes);
}

#define COUNT "%" G_GUINT64_FORMAT

/* The totals and what the rows have, of frames or of bytes. */
typedef struct comparison {
    const char *what;
    uint64_t counted, not_ip, unparsable, filtered;
    uint64_t rows[FZ_ROW_KINDS];
} comparison;

static comparison frames_of(const fz_totals *totals, const fz_tally *tally)
{
    return (comparison){
        .what = "frames",
        .counted = totals->counted.frames,
        .not_ip = totals->not_ip.frames,
        .unparsable = totals->unparsable.frames,
        .filtered = totals->filtered.frames,
        .rows = {tally->sum[FZ_ROW_FLOW].frames, tally->sum[FZ_ROW_MINUTE].frames, tally->sum[FZ_ROW_PACKET].frames},
    };
}

static comparison bytes_of(const fz_totals *totals, const fz_tally *tally)
{
    return (comparison){
        .what = "bytes",
        .counted = totals->counted.bytes,
        .not_ip = totals->not_ip.bytes,
        .unparsable = totals->unparsable.bytes,
        .filtered = totals->filtered.bytes,
        .rows = {tally->sum[FZ_ROW_FLOW].bytes, tally->sum[FZ_ROW_MINUTE].bytes, tally->sum[FZ_ROW_PACKET].bytes},
    };
}

static char *counted_fault(const comparison *sums, fz_layers layers, fz_row_kind kind, const char *rows)
{
    if (layers == FZ_LAYERS_ALL ? sums->rows[kind] >= sums->counted : sums->rows[kind] == sums->counted)
        return NULL;
    return g_strdup_printf("the totals count " COUNT " %s in conversations, the %s " COUNT, sums->counted, sums->what,
                           rows, sums->rows[kind]);
}

static char *sums_fault(const comparison *sums, const fz_run *run)
{
    const uint64_t flows = sums->rows[FZ_ROW_FLOW], minutes = sums->rows[FZ_ROW_MINUTE];
    uint64_t passed, all;
    char *fault = NULL;

    if (__builtin_add_overflow(sums->counted, sums->not_ip, &passed) ||
        __builtin_add_overflow(passed, sums->unparsable, &passed) ||
        __builtin_add_overflow(passed, sums->filtered, &all))
        return g_strdup_printf("the totals of %s do not fit 64 bits", sums->what);
    if (!run->without_flows)
        fault = counted_fault(sums, run->layers, FZ_ROW_FLOW, "records");
    if (!fault && run->minutes)
        fault = counted_fault(sums, run->layers, FZ_ROW_MINUTE, "minutes");
    if (!fault && run->minutes && !run->without_flows && minutes != flows)
        fault = g_strdup_printf("the records count " COUNT " %s, the minutes " COUNT, flows, sums->what, minutes);
    if (!fault && run->packets && sums->rows[FZ_ROW_PACKET] != passed)
        fault = g_strdup_printf("the totals count " COUNT " %s that passed the filter, the packets " COUNT, passed,
                                sums->what, sums->rows[FZ_ROW_PACKET]);
    return fault;
}

static char *rows_fault(const fz_totals *totals, const fz_tally *tally, const fz_run *run)
{
    static const char *const names[FZ_ROW_KINDS] = {"records", "minutes", "packets"};
    const uint64_t expected[FZ_ROW_KINDS] = {totals->records, totals->minutes, totals->packets};
    const bool has[FZ_ROW_KINDS] = {!run->without_flows, run->minutes, run->packets};

    for (int kind = 0; kind < FZ_ROW_KINDS; kind++) {
        if (expected[kind] != tally->rows[kind])
            return g_strdup_printf("the totals count " COUNT " %s, but there are " COUNT, expected[kind], names[kind],
                                   tally->rows[kind]);
        if (expected[kind] > 0 && !has[kind])
            return g_strdup_printf("there are %s, though the run says that it has none", names[kind]);
    }
    return NULL;
}

char *fz_totals_fault(const fz_totals *totals, const fz_tally *tally, const fz_run *run)
{
    const comparison frames = frames_of(totals, tally), bytes = bytes_of(totals, tally);
    char *fault = rows_fault(totals, tally, run);

    if (!fault)
        fault = sums_fault(&frames, run);
    return fault ? fault : sums_fault(&bytes, run);
}
