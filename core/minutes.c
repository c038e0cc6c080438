/* Traffic by minute: what each zone sent to each other one, counted packet by packet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "minutes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_ROOM = 64, MINUTE_S = 60 };

/* A pair makes two rows. */
enum { MOST_PAST = FZ_MINUTES_MOST / 2 };

/* A counter's number has 32 bits, one of which is the direction. */
enum { MOST_COUNTERS = 1 << 30 };

/* How many rows the sink gets at once. */
enum { SINK_ROWS = 1024 };

G_STATIC_ASSERT(sizeof(fz_zone_pair) == 48);

struct fz_pair_slot {
    uint32_t hash;
    uint32_t number; /* from 1; 0 in an empty slot */
};

/* As in the flow table: NH, then a multiplication that folds it. Minutes come from the capture, which must not be able
 * to choose a slot. */
static uint32_t hash_of(int64_t minute, const uint32_t zone[2], const uint64_t seed[4])
{
    const uint64_t zones = (uint64_t)zone[0] << 32 | zone[1];
    const unsigned __int128 sum = (unsigned __int128)((uint64_t)minute + seed[0]) * (zones + seed[1]);
    const unsigned __int128 mixed = (unsigned __int128)((uint64_t)sum ^ seed[2]) * ((uint64_t)(sum >> 64) ^ seed[3]);

    return (uint32_t)((uint64_t)mixed ^ (uint64_t)(mixed >> 64));
}

static uint32_t slot_mask(const fz_pair_set *set)
{
    return set->room * 2 - 1;
}

static void put_slot(fz_pair_set *set, fz_pair_slot slot)
{
    uint32_t at = slot.hash & slot_mask(set);

    while (set->slots[at].number != 0)
        at = (at + 1) & slot_mask(set);
    set->slots[at] = slot;
}

/* Makes room for another pair, up to `most` of them. */
static bool grow(fz_pair_set *set, uint32_t most)
{
    if (set->count < set->room)
        return true;
    if (set->room >= most)
        return false;
    const uint32_t room = set->room ? set->room * 2 : FIRST_ROOM;
    fz_zone_pair *pairs = g_try_renew(fz_zone_pair, set->pairs, room);
    if (pairs)
        set->pairs = pairs;
    fz_pair_slot *slots = pairs ? g_try_new0(fz_pair_slot, (gsize)room * 2) : NULL;
    if (!slots)
        return false;
    fz_pair_set grown = {.slots = slots, .room = room};
    for (uint32_t i = 0; i < set->room * 2; i++)
        if (set->slots[i].number != 0)
            put_slot(&grown, set->slots[i]);
    g_free(set->slots);
    set->slots = slots;
    set->room = room;
    return true;
}

static void set_empty(fz_pair_set *set)
{
    if (set->count != 0)
        memset(set->slots, 0, (size_t)set->room * 2 * sizeof *set->slots);
    set->count = 0;
}

static void set_free(fz_pair_set *set)
{
    g_free(set->pairs);
    g_free(set->slots);
}

/* The same for the past, and for the rows that it will make: there may be no memory when they are written. */
static bool grow_past(fz_minutes *minutes)
{
    const fz_pair_set *past = &minutes->past;

    if (past->count < past->room)
        return true;
    if (past->room >= MOST_PAST)
        return false;
    const uint32_t pairs = past->room ? past->room * 2 : FIRST_ROOM;
    fz_minute *rows = g_try_renew(fz_minute, minutes->rows, (gsize)pairs * 2);
    if (!rows)
        return false;
    minutes->rows = rows;
    return grow(&minutes->past, MOST_PAST);
}

/* The pair's number in the set, from 0, where it was or is added with nothing counted. -1: there is no room. `minute`
 * is part of the key in the set of the past; counters, whose minutes change, have 0 for it. */
static int64_t find_pair(fz_minutes *minutes, fz_pair_set *set, int64_t minute, const uint32_t zone[2])
{
    const bool past = set == &minutes->past;
    const uint32_t hash = hash_of(minute, zone, minutes->seed);

    for (uint32_t at = hash & slot_mask(set); set->slots[at].number != 0; at = (at + 1) & slot_mask(set)) {
        const fz_zone_pair *pair = &set->pairs[set->slots[at].number - 1];

        if (set->slots[at].hash == hash && pair->zone[0] == zone[0] && pair->zone[1] == zone[1] &&
            (!past || pair->minute == minute))
            return set->slots[at].number - 1;
    }
    if (past ? !grow_past(minutes) : !grow(set, MOST_COUNTERS))
        return -1;
    set->pairs[set->count++] = (fz_zone_pair){.minute = minute, .zone = {zone[0], zone[1]}};
    put_slot(set, (fz_pair_slot){.hash = hash, .number = set->count});
    return set->count - 1;
}

bool fz_minutes_find(fz_minutes *minutes, const uint32_t zone[2], uint32_t counter[2])
{
    const bool descends = zone[0] > zone[1];
    const uint32_t ascending[2] = {zone[descends], zone[!descends]};
    const int64_t number = find_pair(minutes, &minutes->counters, 0, ascending);

    if (number < 0)
        return false;
    counter[0] = (uint32_t)number << 1 | descends;
    counter[1] = (uint32_t)number << 1 | !descends;
    return true;
}

static int compare_rows(const void *left, const void *right)
{
    const fz_minute *a = left, *b = right;

    if (a->minute != b->minute)
        return a->minute < b->minute ? -1 : 1;
    if (a->zone[0] != b->zone[0])
        return a->zone[0] < b->zone[0] ? -1 : 1;
    return a->zone[1] < b->zone[1] ? -1 : a->zone[1] > b->zone[1];
}

/* Both directions of a pair, where something was sent; returns where the next row goes. */
static fz_minute *put_rows(fz_minute *row, const fz_zone_pair *pair)
{
    const bool same = pair->zone[0] == pair->zone[1];

    for (int from = 0; from < (same ? 1 : 2); from++) {
        const uint64_t packets = pair->packets[from] + (same ? pair->packets[1] : 0);

        if (packets != 0)
            *row++ = (fz_minute){
                .minute = pair->minute,
                .zone = {pair->zone[from], pair->zone[!from]},
                .packets = packets,
                .bytes = pair->bytes[from] + (same ? pair->bytes[1] : 0),
            };
    }
    return row;
}

/* Their order is that of their keys: nothing shows in which slots they were. */
static void write_past(fz_minutes *minutes)
{
    fz_minute *end = minutes->rows;

    for (uint32_t i = 0; i < minutes->past.count; i++)
        end = put_rows(end, &minutes->past.pairs[i]);
    set_empty(&minutes->past);
    const size_t count = (size_t)(end - minutes->rows);
    qsort(minutes->rows, count, sizeof *end, compare_rows);
    for (size_t done = 0; done < count; done += SINK_ROWS)
        minutes->sink(minutes->rows + done, MIN(count - done, SINK_ROWS), minutes->user);
}

/* Moves to the past what a counter has counted. */
static void settle(fz_minutes *minutes, fz_zone_pair *counter)
{
    if ((counter->packets[0] | counter->packets[1]) == 0)
        return;
    int64_t number = find_pair(minutes, &minutes->past, counter->minute, counter->zone);
    if (number < 0) {
        write_past(minutes);
        number = find_pair(minutes, &minutes->past, counter->minute, counter->zone);
    }
    fz_zone_pair *pair = &minutes->past.pairs[number];
    for (int from = 0; from < 2; from++) {
        pair->packets[from] += counter->packets[from];
        pair->bytes[from] += counter->bytes[from];
        counter->packets[from] = counter->bytes[from] = 0;
    }
}

/* Floor, before 1970 as well. Ends beyond int64_t are cut at its limits. */
void fz_minutes_enter(fz_minutes *minutes, int64_t time_us)
{
    const int64_t minute_us = MINUTE_S * (int64_t)G_USEC_PER_SEC;
    const int64_t remainder = time_us % minute_us;
    const int64_t since = remainder < 0 ? remainder + minute_us : remainder;

    if (__builtin_sub_overflow(time_us, since, &minutes->first_us))
        minutes->first_us = INT64_MIN;
    if (__builtin_add_overflow(time_us, minute_us - 1 - since, &minutes->last_us))
        minutes->last_us = INT64_MAX;
    minutes->minute = (time_us / minute_us - (remainder < 0)) * MINUTE_S;
}

void fz_minutes_begin(fz_minutes *minutes, fz_zone_pair *pair)
{
    settle(minutes, pair);
    pair->minute = minutes->minute;
}

static void settle_all(fz_minutes *minutes)
{
    for (uint32_t i = 0; i < minutes->counters.count; i++)
        settle(minutes, &minutes->counters.pairs[i]);
}

void fz_minutes_forget(fz_minutes *minutes)
{
    settle_all(minutes);
    set_empty(&minutes->counters);
}

void fz_minutes_flush(fz_minutes *minutes)
{
    settle_all(minutes);
    write_past(minutes);
}

/* The kernel may have no random numbers while the system boots: uses GLib's then. */
static void make_seed(fz_minutes *minutes)
{
    if (getrandom(minutes->seed, sizeof minutes->seed, GRND_NONBLOCK) == (ssize_t)sizeof minutes->seed)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(minutes->seed); i++)
        minutes->seed[i] = (uint64_t)g_random_int() << 32 | g_random_int();
}

fz_minutes *fz_minutes_new(fz_minutes_sink sink, void *user)
{
    fz_minutes *minutes = g_new0(fz_minutes, 1);

    *minutes = (fz_minutes){.first_us = 0, .last_us = -1, .sink = sink, .user = user};
    make_seed(minutes);
    const bool room = grow(&minutes->counters, MOST_COUNTERS) && grow_past(minutes);
    g_assert(room);
    return minutes;
}

void fz_minutes_free(fz_minutes *minutes)
{
    if (!minutes)
        return;
    set_free(&minutes->counters);
    set_free(&minutes->past);
    g_free(minutes->rows);
    g_free(minutes);
}
