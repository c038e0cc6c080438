/* The question `time`: traffic over time. Its name is that of no header of the system.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TRAFFIC_H
#define FZ_TRAFFIC_H

#include "grouping.h"

/* The question's `user`; `most` is the number of lines, without that of the sum. */
typedef struct fz_traffic {
    /* By what: zones of senders and receivers of packets, each in the minute in which it was seen; or dimensions of
     * conversations, all in the bin in which they begin. */
    bool from_zone, to_zone;
    fz_grouping grouping; /* of conversations; no key: packets */
    unsigned bin_s;       /* a multiple of 60; 0: such that a screen holds the period */
    fz_measure measure;   /* bytes or packets; of conversations flows too */
    bool spread;          /* numbers in place of lines: least, mean, median, 95th percentile, most of a bin */
} fz_traffic;

/* Reads "traffic", "from.zone" and "to.zone", or words of fz_grouping_parse. */
bool fz_traffic_parse(fz_traffic *traffic, const char *text, GError **error);

/* Its fz_answer_work. */
bool fz_traffic_answer(fz_asking *asking, GError **error);

#endif
