/* The stages of a file as one table, and the queue of each. The cost of a turn of the batch does not depend on the
 * number of items.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "item.h"

#include "batch_private.h"
#include "keep.h"

#define TO(stage) (1U << FZ_ITEM_##stage)

#define TO_AGAIN_OR_DONE (TO(RESTING) | TO(DONE))

/* Where a look at a file leads. */
#define TO_DECISION (TO(ODD) | TO(DONE) | TO(WRITING) | TO(TO_LOOK_UP) | TO(TO_PROBE))

static void probe_again(fz_batch *batch, fz_item *item)
{
    fz_item_move(batch, item, FZ_ITEM_TO_PROBE);
}

const fz_item_row fz_item_rows[FZ_ITEM_STAGES] = {
    [FZ_ITEM_NEW] = {.name = "new",
                     .kind = FZ_ITEM_OPEN,
                     .next = TO_DECISION | TO(WATCHED),
                     .enter = fz_item_start_afresh},
    [FZ_ITEM_WRITING] = {.name = "writing",
                         .kind = FZ_ITEM_OPEN,
                         .next = TO_DECISION,
                         .on_time = fz_item_look_if_followed},
    [FZ_ITEM_WATCHED] = {.name = "watched", .kind = FZ_ITEM_OPEN, .next = TO_DECISION, .on_time = fz_item_look_again},
    [FZ_ITEM_TO_LOOK_UP] = {.name = "to look up", .kind = FZ_ITEM_AT_WORK, .next = TO(LOOKING_UP)},
    [FZ_ITEM_LOOKING_UP] = {.name = "looking up",
                            .kind = FZ_ITEM_AT_WORK,
                            .next = TO(TO_LOOK_UP) | TO(TO_PROBE) | TO(DONE),
                            .on_end = fz_item_take_answers,
                            .on_death = fz_item_look_up_again,
                            .abandon = fz_item_abandon_answer},
    [FZ_ITEM_TO_PROBE] = {.name = "to probe", .kind = FZ_ITEM_AT_WORK, .next = TO(PROBING) | TO_AGAIN_OR_DONE},
    [FZ_ITEM_PROBING] = {.name = "probing",
                         .kind = FZ_ITEM_AT_WORK,
                         .next = TO(TO_ASK) | TO(TO_COUNT) | TO_AGAIN_OR_DONE,
                         .on_end = fz_item_take_probe,
                         .on_death = fz_item_mourn,
                         .on_time = fz_item_give_up_probe,
                         .abandon = fz_item_abandon_probe},
    [FZ_ITEM_TO_ASK] = {.name = "to ask", .kind = FZ_ITEM_AT_WORK, .next = TO(ASKING)},
    [FZ_ITEM_ASKING] = {.name = "asking",
                        .kind = FZ_ITEM_AT_WORK,
                        .next = TO(TO_ASK) | TO(TO_COUNT) | TO(DONE),
                        .on_end = fz_item_take_answers,
                        .on_death = fz_item_ask_again,
                        .abandon = fz_item_abandon_answer},
    [FZ_ITEM_TO_COUNT] = {.name = "to count", .kind = FZ_ITEM_AT_WORK, .next = TO(COUNTING) | TO_AGAIN_OR_DONE},
    [FZ_ITEM_COUNTING] = {.name = "counting",
                          .kind = FZ_ITEM_AT_WORK,
                          .next = TO(TO_LOAD) | TO_AGAIN_OR_DONE,
                          .on_end = fz_item_take_count,
                          .on_time = fz_item_give_up_source,
                          .abandon = fz_item_drop_source},
    [FZ_ITEM_TO_LOAD] = {.name = "to load",
                         .kind = FZ_ITEM_AT_WORK,
                         .next = TO(LOADING),
                         .abandon = fz_item_drop_source},
    [FZ_ITEM_LOADING] = {.name = "loading",
                         .kind = FZ_ITEM_AT_WORK,
                         .next = TO(TO_COUNT) | TO_AGAIN_OR_DONE,
                         .on_end = fz_item_take_load,
                         .on_death = fz_item_mourn,
                         .abandon = fz_item_abandon_load},
    [FZ_ITEM_RESTING] = {.name = "resting", .kind = FZ_ITEM_AT_WORK, .next = TO(TO_PROBE), .on_time = probe_again},
    [FZ_ITEM_SETTLING] = {.name = "settling",
                          .kind = FZ_ITEM_OPEN,
                          .next = TO(NEW),
                          .on_time = fz_item_look_if_followed,
                          .is_news = fz_item_has_rested},
    [FZ_ITEM_ODD] = {.name = "odd",
                     .kind = FZ_ITEM_SETTLED,
                     .next = TO(NEW),
                     .enter = fz_item_note_done,
                     .is_news = fz_item_was_replaced},
    [FZ_ITEM_DONE] = {.name = "done",
                      .kind = FZ_ITEM_SETTLED,
                      .next = TO(NEW) | TO(SETTLING),
                      .enter = fz_item_settle,
                      .is_news = fz_item_has_changed},
};

void fz_items_begin(fz_items *items)
{
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        g_queue_init(&items->in[stage]);
    items->timers = g_sequence_new(NULL);
}

void fz_items_end(fz_items *items)
{
    g_clear_pointer(&items->timers, g_sequence_free);
}

static void stop_timer(fz_item *item)
{
    if (item->timer)
        g_sequence_remove(item->timer);
    item->timer = NULL;
    item->due_us = 0;
}

static gint compare_times(gconstpointer a, gconstpointer b, gpointer unused)
{
    const fz_item *left = a, *right = b;

    (void)unused;
    return (left->due_us > right->due_us) - (left->due_us < right->due_us);
}

static void start_timer(fz_batch *batch, fz_item *item, gint64 due_us)
{
    g_assert(fz_item_rows[item->stage].on_time);
    item->due_us = due_us;
    item->timer = g_sequence_insert_sorted(batch->items.timers, item, compare_times, NULL);
}

static void enter(fz_batch *batch, fz_item *item)
{
    if (fz_item_rows[item->stage].enter)
        fz_item_rows[item->stage].enter(batch, item);
}

fz_item *fz_item_new(fz_batch *batch, fz_folder *folder, fz_ring_file *there)
{
    fz_item *item = fz_keep_new0(sizeof *item);

    item->link.data = item;
    item->folder = folder;
    item->there = there;
    item->name = there->name;
    item->shown = there->shown;
    g_queue_push_tail_link(&batch->items.in[item->stage], &item->link);
    enter(batch, item);
    return item;
}

void fz_item_free(fz_batch *batch, fz_item *item)
{
    stop_timer(item);
    g_queue_unlink(&batch->items.in[item->stage], &item->link);
    fz_ring_file_free(item->there);
    fz_keep_free(item, sizeof *item);
}

static void move(fz_batch *batch, fz_item *item, fz_item_stage stage, bool first, gint64 due_us)
{
    GQueue *to = &batch->items.in[stage];

    g_assert(fz_item_rows[item->stage].next & 1U << stage);
    stop_timer(item);
    g_queue_unlink(&batch->items.in[item->stage], &item->link);
    if (first)
        g_queue_push_head_link(to, &item->link);
    else
        g_queue_push_tail_link(to, &item->link);
    item->stage = stage;
    if (due_us)
        start_timer(batch, item, due_us);
    enter(batch, item);
}

void fz_item_move(fz_batch *batch, fz_item *item, fz_item_stage stage)
{
    move(batch, item, stage, false, 0);
}

void fz_item_move_first(fz_batch *batch, fz_item *item, fz_item_stage stage)
{
    move(batch, item, stage, true, 0);
}

void fz_item_move_until(fz_batch *batch, fz_item *item, fz_item_stage stage, gint64 due_us)
{
    move(batch, item, stage, false, due_us);
}

fz_item *fz_item_first(const fz_batch *batch, fz_item_stage stage)
{
    const GList *link = batch->items.in[stage].head;

    return link ? link->data : NULL;
}

fz_item *fz_item_last(const fz_batch *batch, fz_item_stage stage)
{
    const GList *link = batch->items.in[stage].tail;

    return link ? link->data : NULL;
}

unsigned fz_item_count(const fz_batch *batch, fz_item_stage stage)
{
    return batch->items.in[stage].length;
}

unsigned fz_item_count_kind(const fz_batch *batch, fz_item_kind kind)
{
    unsigned count = 0;

    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        if (fz_item_rows[stage].kind == kind)
            count += batch->items.in[stage].length;
    return count;
}

fz_item *fz_item_first_due(const fz_batch *batch)
{
    GSequenceIter *first = g_sequence_get_begin_iter(batch->items.timers);

    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

void fz_item_wake(fz_batch *batch)
{
    for (fz_item *item; (item = fz_item_first_due(batch)) && item->due_us <= fz_batch_now();) {
        stop_timer(item);
        fz_item_rows[item->stage].on_time(batch, item);
    }
}

void fz_item_end(fz_batch *batch, fz_item *item)
{
    fz_item_rows[item->stage].on_end(batch, item);
}

void fz_item_die(fz_batch *batch, fz_item *item, const char *why)
{
    fz_item_rows[item->stage].on_death(batch, item, why);
}

void fz_item_abandon_all(fz_batch *batch)
{
    for (int stage = 0; stage < FZ_ITEM_STAGES; stage++)
        for (const GList *each = batch->items.in[stage].head; each && fz_item_rows[stage].abandon; each = each->next)
            fz_item_rows[stage].abandon(batch, each->data);
}
