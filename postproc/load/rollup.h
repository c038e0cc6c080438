/* The hourly rollup: records added up by hour, zones, protocol and service port, in bounded memory.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROLLUP_H
#define FZ_ROLLUP_H

#include "store.h"

typedef struct fz_rollup fz_rollup;

/* Receives rows, sorted by hour, zones, protocol and port. */
typedef bool (*fz_rollup_sink)(const fz_hour *hours, size_t count, void *user, GError **error);

/* When there are `most` rows (at least 1), they are written out early, and later rows belong to the next part. */
fz_rollup *fz_rollup_new(size_t most, fz_rollup_sink sink, void *user);
void fz_rollup_free(fz_rollup *rollup);

/* Adds records, each to the hour of its first packet. Their zones are the store's ids. Fails if the sink fails, or if a
 * sum would exceed INT64_MAX. */
bool fz_rollup_add(fz_rollup *rollup, const fz_record *records, size_t count, GError **error);

/* Writes out what is left. */
bool fz_rollup_finish(fz_rollup *rollup, GError **error);

#endif
