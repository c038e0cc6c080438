/* Merging: the sums of many loads become one row each, so that hours of a ring of small captures do not have as many
 * rows as its details.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A load writes rows of its own into fz_hour and fz_host, under its load_id, and no other load changes them. A merge,
 * in a transaction of its own, adds those of whole loads to merged rows: in fz_hour under load_id 0, in fz_day, in
 * fz_host_day; then `merged` in the ledger is 1. Where others could not write for too long meanwhile, it takes part of
 * their rows: `merged` is 3 from the first such merge to the last, and each row is in one of the two places at any
 * time. Any merge goes on with such loads. Where a merged load is removed, what it had there is computed again, from
 * its details without its own rows, and written with negative sums beside the merged rows; the next merge of these
 * hours adds them up. So only sums over all rows mean anything, and these are the same before and after a merge. */
#ifndef FZ_MERGE_H
#define FZ_MERGE_H

#include "store.h"

/* A merged row's part is the highest load_id of its loads, so that rows of two sensors or locations have different
 * ones. A load's negative rows have its load_id, negative. Minutes of many loads have one of these loads for their
 * part.
 */

/* All but fz_merge_count and fz_merge_rebuild fail with FZ_STORE_ERROR_SCHEMA if the store was upgraded while this
 * program was connected to it. */

/* How many loads, at most `most`, wait to be merged: those whose last packet is before `before_us` (microseconds since
 * 1970 UTC), and those of which some is merged. Inside a transaction. */
bool fz_merge_count(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error);

/* Merges up to `most` of them (at most FZ_MERGE_MOST), in one transaction: `*loads` says how many, 0 if none waits. A
 * load with a sum that is too large for merged ones counts too: it keeps its rows, and `merged` becomes 2. It does not
 * wait for loads that run or for another merge: FZ_STORE_ERROR_BUSY then. On any failure nothing has changed. */
enum { FZ_MERGE_MOST = 256 };
bool fz_merge(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error);

/* The same in steps, for callers that others must not wait for. Where a transaction keeps all others from writing each
 * is about so many of the loads' rows; elsewhere it is fz_merge of a load for each thousand. `*more`: call it again. */
bool fz_merge_some(fz_store *store, int64_t before_us, size_t rows, bool *more, GError **error);

/* Takes a load out of the merged rows and the days, if it is in them: to be called before fz_store_ops.remove, in its
 * transaction.
 * Locks the ledger's row, so that no merge takes the load until the transaction ends. Fails if something of
 * `refused` (FZ_DROPPED_...) is gone or going: FZ_STORE_ERROR_DROPPED, whether its sums are merged or not. Nothing can
 * be taken out once details are gone; hours that are gone are passed over. */
bool fz_merge_take_out(fz_store *store, int64_t load_id, unsigned refused, GError **error);

/* Moves minutes of a load whose details are being dropped (`dropping` = 2) into rows of many loads, with load_id 0: at
 * most FZ_MERGE_MINUTES of them, or those of one minute, in one transaction. `group` is a load of the same day, sensor
 * and location, or the load itself, and becomes their `part`; it is the load itself where a sum is too large for
 * others.
 * `*more`: it may have more of them. A minute is in one of the two places at any time. It does not wait:
 * FZ_STORE_ERROR_BUSY. On any failure nothing has changed. */
enum { FZ_MERGE_MINUTES = 20000 };
bool fz_merge_minutes(fz_store *store, int64_t load_id, int64_t group, bool *more, GError **error);

/* Of a load whose sums are too large to be merged (`merged` = 2): makes its own hours and hosts of the first day that
 * has any before `before_s`, a midnight, rows of fz_day and fz_host_day under a part of its own, and deletes them.
 * `*hours`: how many rows of hours these were, 0 if there are none before that. What is later stays, so an hour is in
 * one of the two places at any time, and `merged` stays 2. One transaction, not waiting, as above. */
bool fz_merge_own(fz_store *store, int64_t load_id, int64_t before_s, int64_t *hours, GError **error);

/* Deletes merged hours before `before_s`, a midnight: of `most` hours, from the first one on. Those stay from the day
 * on in which the first load begins that has some of them and is not marked as losing them (`dropping` = 8, or
 * dropped): merges are kept away while that is asked. `*hours`: how many rows went, 0 if there are none that may go.
 * One transaction, not waiting, as above. */
bool fz_merge_drop_hours(fz_store *store, int64_t before_s, int64_t most, int64_t *hours, GError **error);

/* Writes a load's own hours and hosts again, from its details; the load is not in the merged rows, or was taken out.
 * Inside a transaction. */
bool fz_merge_rebuild(fz_store *store, int64_t load_id, GError **error);

#endif
