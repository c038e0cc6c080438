/* The question `flows`: the conversations themselves.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWS_H
#define FZ_FLOWS_H

#include "question.h"

/* What the first rows have most of; FZ_FLOWS_BEGIN: the newest. */
typedef enum fz_flows_sort { FZ_FLOWS_BEGIN, FZ_FLOWS_DURATION, FZ_FLOWS_PACKETS, FZ_FLOWS_BYTES } fz_flows_sort;
enum { FZ_FLOWS_SORTS = FZ_FLOWS_BYTES + 1 };
extern const char *const fz_flows_sort_names[FZ_FLOWS_SORTS];

/* What it asks: the question's `user`. */
typedef struct fz_flows {
    fz_flows_sort sort;
    bool join; /* parts of a conversation in several captures are one row */
} fz_flows;

/* Its fz_answer_work: of what is sorted by, the most first; then the newest. `most` 0: all. */
bool fz_flows_answer(fz_asking *asking, GError **error);

#endif
