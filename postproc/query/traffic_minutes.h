/* Packets by the minute, from zone to zone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TRAFFIC_MINUTES_H
#define FZ_TRAFFIC_MINUTES_H

#include "question.h"

/* What a zone sent to a zone in a bin. Cells are those of a query, for fz_group_key_label. */
typedef struct fz_minutes {
    const char *from_zone, *to_zone; /* names; NULL: none */
    int64_t time_us;                 /* where the bin begins */
    int64_t packets, bytes;
} fz_minutes;
typedef void (*fz_minutes_taker)(const fz_minutes *minutes, void *user);

/* Gives `take` all minutes of the question, added up in bins of so many whole minutes, in no order. The filter fits
 * FZ_TIER_MINUTES, and fz_minutes_divide the range. */
bool fz_minutes_read(fz_asking *asking, int64_t bin_us, fz_minutes_taker take, void *user, GError **error);

/* Minutes are counted whole: whether the range begins and ends with one. */
bool fz_minutes_divide(const fz_range *range);

/* Captures whose minutes say less: theirs were dropped, or they never had any, being loaded from a flow file of an
 * older version; they have other zones than the details (fz_minutes_stale); or, where the filter asks for a source,
 * they are among those of many captures. */
typedef struct fz_minutes_lack {
    int64_t dropped, unknown, stale, merged;
} fz_minutes_lack;
bool fz_minutes_count_lack(fz_asking *asking, fz_minutes_lack *found, GError **error);

#endif
