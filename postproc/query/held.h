/* Captures that a filter holds back: those with a conversation that matches.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HELD_H
#define FZ_HELD_H

#include "store.h"

typedef struct fz_held fz_held;

/* Reads a filter of flowzone-filter(7), without a store. NULL with an error of FZ_FILTER_ERROR, whose message may have
 * lines of its own. */
fz_held *fz_held_new(const char *filter, GError **error);
void fz_held_free(fz_held *held);

/* Whether the store has the zones, locations and sensors of the filter: else an error of FZ_FILTER_ERROR. Outside of a
 * transaction. */
bool fz_held_check(fz_held *held, fz_store *store, GError **error);

/* Of `loads`, ids (int64_t) of the ledger in ascending order, appends to `found` those that are held back, in that
 * order. Inside a transaction that reads. */
bool fz_held_find(fz_held *held, fz_store *store, const GArray *loads, GArray *found, GError **error);

#endif
