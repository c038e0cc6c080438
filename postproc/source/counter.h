/* Counts frames into a collector: at once, or in a second thread while the first one reads on.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COUNTER_H
#define FZ_COUNTER_H

#include "collector.h"

typedef struct fz_counter fz_counter;

/* A frame as it is counted. */
typedef struct fz_counted {
    int64_t time_us;
    uint32_t bytes; /* wire length */
    fz_frame_class class_;
    fz_packet packet; /* of FZ_COUNTED */
} fz_counted;

/* The collector is borrowed, and the counter's alone from the start of its thread to fz_counter_finish. */
fz_counter *fz_counter_new(fz_collector *collector);
void fz_counter_free(fz_counter *counter);

/* Makes the second thread, which runs when this returns. If the system can't start one, the first thread counts. Made
 * for fz_jail.make_threads: `counter` is an fz_counter. */
void fz_counter_start(void *counter);

/* Where the first frame is to be written. */
fz_counted *fz_counter_first(fz_counter *counter);

/* Where what rows of packets need of the frame goes, beside it, if the collector has packets. */
fz_frame_link *fz_counter_link(fz_counter *counter);

/* Counts the frame that was written, or leaves it to the second thread, and returns where the next one is to be
 * written. Frames are counted in the order in which they are added. */
fz_counted *fz_counter_add(fz_counter *counter);

/* Returns when all frames are counted, and the second thread, if any, is gone. */
void fz_counter_finish(fz_counter *counter);

#endif
