/* Finds the row of a store in which a frame was counted, and counts again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FINDER_H
#define FZ_FINDER_H

#include "wanted.h"

typedef struct fz_finder fz_finder;

/* For the frames of one capture, whose rows are borrowed. A conversation has several rows where an interval ended, or
 * max-flows was reached: of the frames of an interval the first ones, in the order of the capture, are of its first
 * row, as many as that has packets, and so on. What is beyond is of its last row. */
fz_finder *fz_finder_new(const fz_wanted_capture *capture, const fz_wanted_row *rows);
void fz_finder_free(fz_finder *finder);

/* Counts a packet of `bytes` wire length in its row; the frames come in the capture's order. True if that row is asked
 * for. */
bool fz_finder_count(fz_finder *finder, const fz_packet *packet, int64_t time_us, uint32_t bytes);

/* Forgets what was counted. */
void fz_finder_reset(fz_finder *finder);

/* What was counted of a row: its times, packets, bytes and IP bytes; those without packets have no times. Borrowed. */
const fz_record *fz_finder_counted(const fz_finder *finder, size_t row);

/* Whether a row was counted again as it is. */
bool fz_finder_is_equal(const fz_finder *finder, size_t row);

#endif
