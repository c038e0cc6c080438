/* How even starts of conversations are: the score of beacons.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIND_RHYTHM_H
#define FZ_FIND_RHYTHM_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A start, and what the client sent from then on. */
typedef struct fz_start {
    uint32_t key;   /* whose it is */
    uint32_t bytes; /* UINT32_MAX: so many or more */
    int64_t time_us;
} fz_start;

/* Shares are from 0 to 1, and the score is 100 times the average of the four. */
typedef struct fz_rhythm {
    size_t beats;                /* starts; those of a burst are one */
    int64_t every_us, spread_us; /* median of the intervals of beats, and the median of how far they are from it */
    int64_t bytes, bytes_spread; /* the same of the client's bytes */
    double intervals, sizes;     /* how even they are: neither spread nor skew */
    double hours;                /* share of hours, or of two intervals if these are longer, with a beat */
    double flat;                 /* how even these are filled */
    double score;
    bool strobe; /* more than one start a second */
} fz_rhythm;

/* Of at least three starts in the order of their times; less than 2^31. */
fz_rhythm fz_rhythm_of(const fz_start *starts, size_t count);

#endif
