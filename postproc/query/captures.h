/* The captures of a question, by the ids of their loads: what answers say of each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CAPTURES_H
#define FZ_CAPTURES_H

#include "join.h"

typedef struct fz_capture_row {
    int64_t load_id;
    char *source, *folder, *sensor, *location;
    int64_t records; /* conversations */
    fz_join_capture join;
} fz_capture_row;

typedef struct fz_captures fz_captures;

/* Reads those that touch the range, in the order of their starts. Inside a transaction. The caller frees. */
fz_captures *fz_captures_read(fz_store *store, const fz_range *range, GError **error);
void fz_captures_free(fz_captures *captures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_captures, fz_captures_free)

/* Conversations of all of them. */
uint64_t fz_captures_records(const fz_captures *captures);

/* NULL: there is none. */
const fz_capture_row *fz_captures_find(const fz_captures *captures, int64_t load_id);

/* Gives `take` the conversations of the question, joined across captures (join.h). */
bool fz_captures_join(fz_asking *asking, const fz_captures *captures, fz_joined_taker take, void *user, GError **error);

#endif
