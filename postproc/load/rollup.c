/* The rollup: rows in an array, and an open-addressed hash table of their indices.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rollup.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

struct fz_rollup {
    fz_hour *hours;
    size_t count, room, most;
    uint32_t *places; /* index in `hours` + 1, 0: free; twice `room`, a power of two */
    uint64_t seed;    /* random: the input cannot choose the slots of its rows */
    uint32_t part;
    fz_rollup_sink sink;
    void *user;
};

static int compare(const void *left, const void *right)
{
    const fz_hour *a = left, *b = right;

    if (a->hour != b->hour)
        return a->hour < b->hour ? -1 : 1;
    for (int end = 0; end < 2; end++) {
        if (a->zone[end] != b->zone[end])
            return a->zone[end] < b->zone[end] ? -1 : 1;
    }
    if (a->protocol != b->protocol)
        return a->protocol < b->protocol ? -1 : 1;
    if (a->service_port != b->service_port)
        return a->service_port < b->service_port ? -1 : 1;
    return 0;
}

/* The finalizer of SplitMix64: every bit of the key reaches every bit of the hash. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t hash(const fz_rollup *rollup, const fz_hour *key)
{
    uint64_t value = mix(rollup->seed ^ (uint64_t)key->hour);

    value = mix(value ^ ((uint64_t)key->zone[FZ_INITIATOR] << 32 | key->zone[FZ_RESPONDER]));
    return mix(value ^ ((uint64_t)key->protocol << 16 | key->service_port));
}

/* The slot of the key's row, or the free slot where it belongs. */
static uint32_t *place_of(const fz_rollup *rollup, const fz_hour *key)
{
    size_t mask = rollup->room * 2 - 1;
    size_t at = hash(rollup, key) & mask;

    while (rollup->places[at] != 0 && compare(&rollup->hours[rollup->places[at] - 1], key) != 0)
        at = (at + 1) & mask;
    return &rollup->places[at];
}

static void grow(fz_rollup *rollup)
{
    rollup->room = rollup->room ? rollup->room * 2 : FIRST_ROOM;
    rollup->hours = g_renew(fz_hour, rollup->hours, rollup->room);
    g_free(rollup->places);
    rollup->places = g_new0(uint32_t, rollup->room * 2);
    for (size_t i = 0; i < rollup->count; i++)
        *place_of(rollup, &rollup->hours[i]) = (uint32_t)i + 1;
}

fz_rollup *fz_rollup_new(size_t most, fz_rollup_sink sink, void *user)
{
    fz_rollup *rollup = g_new0(fz_rollup, 1);

    rollup->most = CLAMP(most, 1, UINT32_MAX / 4);
    rollup->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    rollup->sink = sink;
    rollup->user = user;
    grow(rollup);
    return rollup;
}

void fz_rollup_free(fz_rollup *rollup)
{
    if (!rollup)
        return;
    g_free(rollup->hours);
    g_free(rollup->places);
    g_free(rollup);
}

static bool write_out(fz_rollup *rollup, GError **error)
{
    if (rollup->count == 0)
        return true;
    qsort(rollup->hours, rollup->count, sizeof *rollup->hours, compare);
    bool done = rollup->sink(rollup->hours, rollup->count, rollup->user, error);
    memset(rollup->places, 0, rollup->room * 2 * sizeof *rollup->places);
    rollup->count = 0;
    rollup->part++;
    return done;
}

static fz_hour key_of(const fz_rollup *rollup, const fz_record *record)
{
    const int64_t hour_us = INT64_C(3600000000);
    uint16_t a = record->port[FZ_INITIATOR], b = record->port[FZ_RESPONDER];
    int64_t hour = record->start_us / hour_us - (record->start_us % hour_us < 0);

    return (fz_hour){
        .hour = hour * 3600,
        .zone = {record->zone[FZ_INITIATOR], record->zone[FZ_RESPONDER]},
        .service_port = a == 0 || b == 0 ? MAX(a, b) : MIN(a, b),
        .protocol = record->protocol,
        .part = rollup->part,
    };
}

static bool add_to(uint64_t *sum, uint64_t value)
{
    if (value > INT64_MAX - *sum)
        return false;
    *sum += value;
    return true;
}

static bool add_record(fz_hour *hour, const fz_record *record)
{
    bool fits = add_to(&hour->flows, 1);

    for (int end = 0; end < 2 && fits; end++)
        fits = add_to(&hour->packets[end], record->packets[end]) && add_to(&hour->bytes[end], record->bytes[end]) &&
               add_to(&hour->ip_bytes[end], record->ip_bytes[end]);
    return fits;
}

bool fz_rollup_add(fz_rollup *rollup, const fz_record *records, size_t count, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        fz_hour key = key_of(rollup, &records[i]);
        uint32_t *place = place_of(rollup, &key);
        if (*place == 0) {
            if (rollup->count >= rollup->most) {
                if (!write_out(rollup, error))
                    return false;
                key.part = rollup->part;
            } else if (rollup->count == rollup->room) {
                grow(rollup);
            }
            place = place_of(rollup, &key);
            rollup->hours[rollup->count++] = key;
            *place = (uint32_t)rollup->count;
        }
        if (!add_record(&rollup->hours[*place - 1], &records[i])) {
            g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                                "an hour's packets or bytes exceed 2^63: no capture has that many");
            return false;
        }
    }
    return true;
}

bool fz_rollup_finish(fz_rollup *rollup, GError **error)
{
    return write_out(rollup, error);
}
