/* How the bytes of a group's conversations are distributed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SPREAD_H
#define FZ_SPREAD_H

#include "grouping.h"

/* The cells of a group's keys, and the bytes that half of its conversations, and 95 of 100, do not exceed: the smallest
 * such number of bytes that a conversation has (nearest rank). */
typedef void (*fz_spread_taker)(const char *const *cells, int64_t median, int64_t p95, void *user);

/* Gives `take` all groups of the question; from details. */
bool fz_spread_read(fz_asking *asking, const fz_grouping *grouping, fz_spread_taker take, void *user, GError **error);

#endif
