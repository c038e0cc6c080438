/* Traffic by minute: what each zone sent to each other one, counted packet by packet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MINUTES_H
#define FZ_MINUTES_H

#include "flow.h"

/* Rows that are kept, at most. More are written out early, and what follows for the same minutes becomes further rows
 * of the same key, which add up. */
#define FZ_MINUTES_MOST (1u << 17)

/* Receives rows in ascending order of minute, sender's and receiver's zone. `rows` is borrowed: valid until it returns.
 */
typedef void (*fz_minutes_sink)(const fz_minute *rows, size_t count, void *user);

/* What two zones sent to each other in one minute. */
typedef struct fz_zone_pair {
    int64_t minute;      /* as in fz_minute */
    uint32_t zone[2];    /* in ascending order */
    uint64_t packets[2]; /* sent by each; both count if it is one zone */
    uint64_t bytes[2];
} fz_zone_pair;

typedef struct fz_pair_slot fz_pair_slot;

/* Pairs, and an index to find them. Its members are those of minutes.c. */
typedef struct fz_pair_set {
    fz_zone_pair *pairs;
    fz_pair_slot *slots;
    uint32_t count, room; /* `room` is a power of two; there are twice as many slots */
} fz_pair_set;

/* The members are for the functions below. A pair has a counter while conversations refer to it. It holds a minute at a
 * time, the one of its latest packet: minutes that its packets have left are in `past`. */
typedef struct fz_minutes {
    int64_t minute;            /* of the latest packet */
    int64_t first_us, last_us; /* its ends, included */
    fz_pair_set counters, past;
    fz_minute *rows; /* room for all of `past` */
    uint64_t seed[4];
    fz_minutes_sink sink;
    void *user;
} fz_minutes;

fz_minutes *fz_minutes_new(fz_minutes_sink sink, void *user);
void fz_minutes_free(fz_minutes *minutes);

/* Where the traffic between two zones is counted: counter[0] what the first one sends, counter[1] what the second one
 * does. Valid until fz_minutes_forget. False if there is no memory for one more, which cannot be after a forget. */
bool fz_minutes_find(fz_minutes *minutes, const uint32_t zone[2], uint32_t counter[2]);

/* The zone that sends what this counter counts. */
static inline uint32_t fz_minutes_zone(const fz_minutes *minutes, uint32_t counter)
{
    return minutes->counters.pairs[counter >> 1].zone[counter & 1];
}

/* Parts of fz_minutes_count. */
void fz_minutes_enter(fz_minutes *minutes, int64_t time_us);
void fz_minutes_begin(fz_minutes *minutes, fz_zone_pair *pair);

/* Counts one packet of `bytes` wire length. Any time will do, in any order. */
static inline void fz_minutes_count(fz_minutes *minutes, uint32_t counter, int64_t time_us, uint32_t bytes)
{
    fz_zone_pair *pair = &minutes->counters.pairs[counter >> 1];

    if (G_UNLIKELY(time_us < minutes->first_us || time_us > minutes->last_us))
        fz_minutes_enter(minutes, time_us);
    if (G_UNLIKELY(pair->minute != minutes->minute))
        fz_minutes_begin(minutes, pair);
    pair->packets[counter & 1]++;
    pair->bytes[counter & 1] += bytes;
}

/* Forgets all counters, but not what they have counted: for the end of all conversations that refer to them. */
void fz_minutes_forget(fz_minutes *minutes);

/* Gives all rows to the sink. The counters stay, and begin at zero. */
void fz_minutes_flush(fz_minutes *minutes);

#endif
