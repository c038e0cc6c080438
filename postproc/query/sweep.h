/* Captures in the order of their begin: where no capture is, and where those of several sensors overlap.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SWEEP_H
#define FZ_SWEEP_H

#include "coverage.h"

/* A stretch between captures is a gap if it is longer than this, and longer than so many times the average distance
 * between packets of the quieter one of its neighbours: files of a ring are as far apart as two packets. */
enum { FZ_GAP_LEAST_S = 60, FZ_GAP_DISTANCES = 20 };

/* A capture; texts are borrowed. */
typedef struct fz_sweep_capture {
    int64_t start_us, end_us; /* first and last packet */
    uint64_t frames;          /* between the two */
    const char *location, *sensor;
} fz_sweep_capture;

/* What a capture adds. */
typedef struct fz_sweep_finding {
    bool gap;            /* before it, no capture of any sensor */
    fz_gap stretch;      /* of the gap */
    const char *other;   /* a sensor of the same location whose captures go on when it begins; NULL: none. Valid until
                            the sweep is freed */
    int64_t other_to_us; /* and until when both do */
    bool
        same; /* a capture of the same location and sensor goes on when it begins; never where the sensor has no name */
    int64_t same_to_us; /* and until when both do */
} fz_sweep_finding;

typedef struct fz_sweep fz_sweep;

fz_sweep *fz_sweep_new(void);
void fz_sweep_free(fz_sweep *sweep);

/* Takes the next capture; none begins before the one before it. */
fz_sweep_finding fz_sweep_next(fz_sweep *sweep, const fz_sweep_capture *capture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_sweep, fz_sweep_free)

#endif
