/* Which sums a record belongs to.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rollup.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)

static int compare_zones(const uint32_t a[2], const uint32_t b[2])
{
    for (int end = 0; end < 2; end++) {
        if (a[end] != b[end])
            return a[end] < b[end] ? -1 : 1;
    }
    return 0;
}

static int compare_minutes(const void *left, const void *right)
{
    const fz_minute_sum *a = left, *b = right;

    if (a->minute != b->minute)
        return a->minute < b->minute ? -1 : 1;
    return compare_zones(a->zone, b->zone);
}

static int compare_hours(const void *left, const void *right)
{
    const fz_hour *a = left, *b = right;

    if (a->hour != b->hour)
        return a->hour < b->hour ? -1 : 1;
    const int zones = compare_zones(a->zone, b->zone);
    if (zones != 0)
        return zones;
    if (a->protocol != b->protocol)
        return a->protocol < b->protocol ? -1 : 1;
    if (a->service_port != b->service_port)
        return a->service_port < b->service_port ? -1 : 1;
    return 0;
}

static uint64_t hash_zones(uint64_t seed, int64_t time, const uint32_t zone[2])
{
    return fz_sums_mix(fz_sums_mix(seed ^ (uint64_t)time) ^ ((uint64_t)zone[FZ_INITIATOR] << 32 | zone[FZ_RESPONDER]));
}

static uint64_t hash_hour(uint64_t seed, const void *row)
{
    const fz_hour *key = row;

    return fz_sums_mix(hash_zones(seed, key->hour, key->zone) ^ ((uint64_t)key->protocol << 16 | key->service_port));
}

static uint64_t hash_minute(uint64_t seed, const void *row)
{
    const fz_minute_sum *key = row;

    return hash_zones(seed, key->minute, key->zone);
}

static int compare_hosts(const void *left, const void *right)
{
    const fz_host *a = left, *b = right;

    if (a->hour != b->hour)
        return a->hour < b->hour ? -1 : 1;
    const int addrs = memcmp(a->addr, b->addr, sizeof a->addr);
    if (addrs != 0)
        return addrs;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (a->zone != b->zone)
        return a->zone < b->zone ? -1 : 1;
    return 0;
}

static uint64_t hash_host(uint64_t seed, const void *row)
{
    const fz_host *key = row;
    uint64_t halves[2];

    memcpy(halves, key->addr, sizeof halves);
    seed = fz_sums_mix(seed ^ (uint64_t)key->hour);
    seed = fz_sums_mix(seed ^ halves[0]);
    seed = fz_sums_mix(seed ^ halves[1]);
    return fz_sums_mix(seed ^ ((uint64_t)key->zone << 8 | key->family));
}

/* Begins an order with hours or minutes since 1970. False if they do not fit: nothing may follow then, and keys of such
 * times are compared as a whole. */
static bool begin_order(int64_t time, unsigned bits, uint64_t order[2])
{
    const int64_t most = (INT64_C(1) << bits) - 1;

    order[0] = (uint64_t)CLAMP(time, 0, most) << (64 - bits);
    order[1] = 0;
    return time > 0 && time < most;
}

static void order_hour(const void *row, uint64_t order[2])
{
    const fz_hour *key = row;

    if (!begin_order(key->hour / 3600, 32, order))
        return;
    order[0] |= key->zone[FZ_INITIATOR];
    order[1] = (uint64_t)key->zone[FZ_RESPONDER] << 32 | (uint64_t)key->protocol << 16 | key->service_port;
}

static void order_minute(const void *row, uint64_t order[2])
{
    const fz_minute_sum *key = row;

    if (!begin_order(key->minute / 60, 32, order))
        return;
    order[0] |= key->zone[0];
    order[1] = (uint64_t)key->zone[1] << 32;
}

/* Four bytes of the address go first, then IPv4 before IPv6, as if the address had zeros behind them. */
static void order_host(const void *row, uint64_t order[2])
{
    const fz_host *key = row;
    const bool is_v6 = key->family != FZ_IPV4;
    uint32_t first;
    uint64_t rest;

    if (!begin_order(key->hour / 3600, 24, order))
        return;
    memcpy(&first, key->addr, sizeof first);
    memcpy(&rest, key->addr + sizeof first, sizeof rest);
    order[0] |= (uint64_t)GUINT32_FROM_BE(first) << 8 | is_v6;
    order[1] = is_v6 ? GUINT64_FROM_BE(rest) : (uint64_t)key->zone << 32;
}

/* The port of the server, where the record says which end that is; else the lower one that is not 0. */
static uint16_t service_port(const fz_record *record)
{
    uint16_t a = record->port[FZ_INITIATOR], b = record->port[FZ_RESPONDER];

    if (record->opened >= FZ_OPENED_SYN && record->opened <= FZ_OPENED_PORT)
        return b;
    return a == 0 || b == 0 ? MAX(a, b) : MIN(a, b);
}

/* Rounded down, before 1970 too. */
static int64_t hour_of(int64_t time_us)
{
    return (time_us / HOUR_US - (time_us % HOUR_US < 0)) * 3600;
}

fz_minute_sum fz_rollup_minute(const fz_minute *minute)
{
    return (fz_minute_sum){
        .minute = minute->minute,
        .zone = {minute->zone[0], minute->zone[1]},
        .packets = minute->packets,
        .bytes = minute->bytes,
    };
}

fz_hour fz_rollup_hour(const fz_record *record, const fz_run *run)
{
    fz_hour hour = {
        .hour = hour_of(record->start_us),
        .sensor = run->sensor,
        .location = run->location,
        .zone = {record->zone[FZ_INITIATOR], record->zone[FZ_RESPONDER]},
        .service_port = service_port(record),
        .protocol = record->protocol,
        .flows = 1,
    };

    for (int end = 0; end < 2; end++) {
        hour.packets[end] = record->packets[end];
        hour.bytes[end] = record->bytes[end];
        hour.ip_bytes[end] = record->ip_bytes[end];
    }
    return hour;
}

fz_host fz_rollup_host(const fz_record *record, int end)
{
    const int other = 1 - end;
    fz_host host = {
        .hour = hour_of(record->start_us),
        .zone = record->zone[end],
        .family = record->family,
        .packets = {record->packets[end], record->packets[other]},
        .bytes = {record->bytes[end], record->bytes[other]},
    };

    memcpy(host.addr, record->addr[end], sizeof host.addr);
    host.flows = end == FZ_INITIATOR || memcmp(host.addr, record->addr[other], sizeof host.addr) != 0;
    return host;
}

#define KIND(type, first_sum, sum_count, by, by_hash, by_order)                                                      \
    {                                                                                                                \
        .size = sizeof(type), .part = offsetof(type, part), .sums = offsetof(type, first_sum), .count = (sum_count), \
        .compare = (by), .hash = (by_hash), .order = (by_order),                                                     \
    }
/* The sums are the last members of their structs. */
#define ASSERT_SUMS(type, first_sum, sum_count) \
    G_STATIC_ASSERT(offsetof(type, first_sum) + (sum_count) * sizeof(uint64_t) == sizeof(type))

const fz_sums_kind fz_rollup_minutes = KIND(fz_minute_sum, packets, 2, compare_minutes, hash_minute, order_minute);
ASSERT_SUMS(fz_minute_sum, packets, 2);
const fz_sums_kind fz_rollup_hours = KIND(fz_hour, flows, 7, compare_hours, hash_hour, order_hour);
ASSERT_SUMS(fz_hour, flows, 7);
const fz_sums_kind fz_rollup_hosts = KIND(fz_host, flows, 5, compare_hosts, hash_host, order_host);
ASSERT_SUMS(fz_host, flows, 5);
