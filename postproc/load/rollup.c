/* Which sums a record belongs to.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rollup.h"

#define HOUR_US INT64_C(3600000000)

static int compare_zones(const uint32_t a[2], const uint32_t b[2])
{
    for (int end = 0; end < 2; end++) {
        if (a[end] != b[end])
            return a[end] < b[end] ? -1 : 1;
    }
    return 0;
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

const fz_sums_kind fz_rollup_hours = {
    .size = sizeof(fz_hour),
    .part = offsetof(fz_hour, part),
    .sums = offsetof(fz_hour, flows),
    .count = 7,
    .compare = compare_hours,
    .hash = hash_hour,
};
G_STATIC_ASSERT(offsetof(fz_hour, flows) + 7 * sizeof(uint64_t) == sizeof(fz_hour));
