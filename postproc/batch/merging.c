/* A writer merges the sums of loads while there is nothing else to do.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

/* With `follow`: after the last load, and from then on for captures whose hours were not over yet. */
enum { AFTER_S = 60, AGAIN_S = 600 };

void fz_batch_want_merge(fz_batch *batch)
{
    if (!batch->settings->follow)
        batch->merging.due_us = fz_batch_now();
    else if (!batch->merging.due_us)
        batch->merging.due_us = fz_batch_now() + AFTER_S * FZ_SECOND_US;
}

static fz_hand *merging_hand(const fz_batch *batch)
{
    for (unsigned i = 0; i < batch->hands.count; i++)
        if (batch->hands.all[i].merges)
            return &batch->hands.all[i];
    return NULL;
}

bool fz_batch_is_idle(const fz_batch *batch)
{
    return !fz_item_count_kind(batch, FZ_ITEM_AT_WORK) && !fz_hands_wait(batch) && !batch->fatal && !batch->stopping &&
           !merging_hand(batch) && !batch->chores.runs;
}

gint64 fz_batch_merge_due(const fz_batch *batch)
{
    return batch->merging.due_us && fz_batch_is_idle(batch) ? batch->merging.due_us : G_MAXINT64;
}

bool fz_batch_must_merge(const fz_batch *batch)
{
    return merging_hand(batch) || (batch->merging.due_us && !fz_hands_wait(batch));
}

void fz_batch_merge_next(fz_batch *batch)
{
    g_autoptr(GError) fault = NULL;

    if (fz_batch_merge_due(batch) > fz_batch_now())
        return;
    fz_hand *hand = fz_hands_idle(batch);
    if (fz_writer_merge(hand->writer, &fault))
        hand->merges = true;
    else
        fz_batch_end(batch, fault->domain, fault->code, fault->message);
}

/* The captures are loaded: a merge that fails is tried again later, and is no fault of the batch. */
static void tell_failure(fz_batch *batch, fz_outcome end, const fz_load_report *report)
{
    g_autofree char *line = fz_outcome_describe(report);

    if (end == FZ_OUTCOME_BUSY) /* another process merges, or a load runs */
        return;
    if (!batch->merging.told)
        fz_log(FZ_LOG_WARNING, "merge", NULL, "the sums of loads were not merged: %s", line);
    batch->merging.told = true;
}

void fz_batch_take_merge(fz_batch *batch, fz_hand *hand)
{
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    const fz_outcome end = fz_writer_merged(hand->writer, report);
    const bool more = end == FZ_OUTCOME_ANSWERED && report->merged == FZ_WRITER_MERGES;

    hand->merges = false;
    fz_hand_tell_note(report);
    if (end != FZ_OUTCOME_ANSWERED)
        tell_failure(batch, end, report);
    else
        batch->merging.told = false;
    batch->merging.due_us = more                      ? fz_batch_now()
                            : batch->settings->follow ? fz_batch_now() + AGAIN_S * FZ_SECOND_US
                                                      : 0;
}
