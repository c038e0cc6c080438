/* The writers of a batch, and whether their store can be reached.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

void fz_hands_begin(fz_batch *batch, unsigned count)
{
    batch->hands.count = count;
    batch->hands.all = g_new0(fz_hand, count);
    for (unsigned i = 0; i < count; i++) {
        batch->hands.all[i].writer = fz_writer_new(batch->settings->to, &batch->manner, &batch->confine);
        batch->hands.all[i].items = g_ptr_array_new();
    }
}

void fz_hands_end(fz_batch *batch)
{
    for (unsigned i = 0; i < batch->hands.count; i++) {
        if (batch->hands.all[i].merges) /* what it has not committed is merged another time */
            fz_writer_kill(batch->hands.all[i].writer);
        fz_writer_free(batch->hands.all[i].writer);
        g_ptr_array_unref(batch->hands.all[i].items);
    }
    g_clear_pointer(&batch->hands.all, g_free);
}

void fz_hand_take(fz_batch *batch, fz_hand *hand, fz_item *item, fz_item_stage stage)
{
    g_ptr_array_add(hand->items, item);
    item->hand = hand;
    fz_item_move(batch, item, stage);
}

GPtrArray *fz_hand_release(fz_hand *hand)
{
    GPtrArray *items = g_steal_pointer(&hand->items);

    for (guint i = 0; i < items->len; i++)
        ((fz_item *)items->pdata[i])->hand = NULL;
    hand->items = g_ptr_array_new();
    return items;
}

void fz_hand_serve(fz_batch *batch, fz_hand *hand)
{
    fz_hands *hands = &batch->hands;

    hand->served_us = fz_writer_since_us(hand->writer);
    if (hands->told)
        fz_log(FZ_LOG_NOTICE, "store-back", NULL, "the store is back after %" G_GINT64_FORMAT " s",
               (fz_batch_now() - hands->lost_us) / FZ_SECOND_US);
    hands->again_us = 0;
    hands->failures = 0;
    hands->told = false;
    batch->figures.metrics.store_up = true;
}

static void tell_lost(fz_hands *hands, const char *why, bool waits)
{
    hands->told = true;
    fz_log(FZ_LOG_WARNING, "store-lost", NULL, "%s; %s", why,
           waits ? "waiting for the store, nothing is lost" : "trying once more");
}

/* A batch that follows a ring waits; otherwise one more try shows whether only the session was lost. `was_idle`: the
 * session had worked, and was idle. Servers and proxies close such sessions, which is not worth reporting if a new one
 * can be opened. */
void fz_hand_miss_store(fz_batch *batch, const fz_hand *hand, fz_outcome end, bool was_idle, const char *why)
{
    fz_hands *hands = &batch->hands;
    /* Sessions that are lost together count as one loss, even if it is noticed one by one. */
    bool is_news = fz_writer_since_us(hand->writer) >= hands->found_us;
    bool waits = batch->settings->follow && end != FZ_OUTCOME_HOPELESS;

    batch->figures.metrics.store_up = false;
    batch->figures.news = true;
    if (!is_news && end != FZ_OUTCOME_HOPELESS)
        return;
    hands->found_us = fz_batch_now();
    if (end == FZ_OUTCOME_HOPELESS || (!waits && hands->failures > 0)) {
        fz_batch_end(batch, FZ_WRITER_ERROR, FZ_WRITER_ERROR_STORE, why);
        return;
    }
    if (hands->failures == 0)
        hands->lost_us = fz_batch_now();
    bool renews = hands->failures == 0 && was_idle;
    if (!renews && !hands->told)
        tell_lost(hands, why, waits);
    hands->again_us = fz_batch_now() + (waits && !renews ? fz_batch_back_off(hands->failures) : 1);
    hands->failures++;
}

bool fz_hands_wait(const fz_batch *batch)
{
    return batch->hands.again_us != 0 && fz_batch_now() < batch->hands.again_us;
}

fz_hand *fz_hands_idle(const fz_batch *batch)
{
    for (unsigned i = 0; i < batch->hands.count; i++)
        if (!batch->hands.all[i].items->len && !batch->hands.all[i].merges)
            return &batch->hands.all[i];
    return NULL;
}

void fz_hand_tell_note(const fz_load_report *report)
{
    const char *note = *report->reader_note ? report->reader_note : report->writer_note;

    if (*note)
        fz_log(FZ_LOG_NOTICE, "jail", NULL, "%s", note);
}
