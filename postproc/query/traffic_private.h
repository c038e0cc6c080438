/* What the files of `time` share: series of values, bin by bin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TRAFFIC_PRIVATE_H
#define FZ_TRAFFIC_PRIVATE_H

#include "traffic.h"

/* A value of a series. Values of one bin add up. */
typedef struct fz_traffic_value {
    guint series;
    int64_t bin; /* from 0 */
    int64_t flows, packets, bytes;
} fz_traffic_value;

/* All that was read. */
typedef struct fz_traffic_data {
    fz_asking *asking;
    const fz_traffic *traffic;
    int64_t bin_us, start_us; /* of the first bin */
    int64_t bins;
    GPtrArray *titles;  /* of series */
    GHashTable *series; /* index + 1 by title */
    GArray *values;     /* of fz_traffic_value */
    int64_t flows, packets, bytes;
} fz_traffic_data;

/* Adds a value at a time, in microseconds. */
void fz_traffic_add(fz_traffic_data *data, const char *title, int64_t time_us, int64_t flows, int64_t packets,
                    int64_t bytes);

/* Reads minutes, or conversations. */
bool fz_traffic_read(fz_traffic_data *data, GError **error);

/* Prints what was read. */
bool fz_traffic_print(const fz_traffic_data *data, GError **error);

#endif
