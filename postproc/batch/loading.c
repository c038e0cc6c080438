/* A writer loads what a source counted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

static void give_to(fz_batch *batch, fz_hand *hand, fz_item *item)
{
    g_autoptr(GError) fault = NULL;

    if (fz_writer_give(hand->writer, &item->counting->source, &fault))
        fz_hand_take(batch, hand, item, FZ_ITEM_LOADING);
    else
        fz_batch_end(batch, fault->domain, fault->code, fault->message);
}

void fz_batch_load_next(fz_batch *batch)
{
    fz_item *item;
    fz_hand *hand;

    while (!fz_hands_wait(batch) && !batch->fatal && (item = fz_item_first(batch, FZ_ITEM_TO_LOAD)) &&
           (hand = fz_hands_idle(batch)))
        give_to(batch, hand, item);
}

/* Logs what the reader remarked on the capture. */
static void tell_remarks(const fz_item *item, const fz_load_report *report)
{
    g_auto(GStrv) lines = g_strsplit(report->remarks, "\n", -1);

    for (char **line = lines; *line; line++)
        if (**line)
            fz_log(FZ_LOG_NOTICE, "unwalked", item->shown, "%s", *line);
}

/* What was counted is not what was probed: this run or the next one looks at it again. */
static void leave_for_later(fz_batch *batch, fz_item *item)
{
    batch->figures.writing += !batch->settings->follow;
    fz_log(FZ_LOG_INFO, "writing", item->shown, "replaced by another capture while it was counted; left for later");
    item->unsure = true;
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

static void note_loaded(fz_metrics *metrics, const fz_item *item, const fz_load_report *report, bool grown)
{
    fz_count all = fz_totals_all(&report->totals);

    metrics->loaded += !grown;
    metrics->replaced += grown;
    metrics->packets += all.frames;
    metrics->bytes += all.bytes;
    metrics->rows += report->totals.records;
    metrics->loaded_s = g_get_real_time() / FZ_SECOND_US;
    if (item->time_s != FZ_RING_NO_TIME)
        metrics->newest_s = MAX(metrics->newest_s, item->time_s);
}

static void take_loaded(fz_batch *batch, fz_item *item, const fz_load_report *report, const char *line)
{
    bool changed = report->outcome == FZ_OUTCOME_LOADED || report->outcome == FZ_OUTCOME_REPLACED;
    fz_count all = fz_totals_all(&report->totals);

    item->unsure = item->unsure || report->totals.changed;
    if (report->outcome == FZ_OUTCOME_MOVED) {
        leave_for_later(batch, item);
        return;
    }
    if (!changed) {
        if (report->outcome != FZ_OUTCOME_ALREADY &&
            !(batch->settings->follow && item->unsure)) /* else it will be read again */
            fz_log(FZ_LOG_WARNING, "differs", item->shown, "%s", line);
        fz_item_know(batch, item);
        return;
    }
    const fz_log_number numbers[] = {
        {"rows", report->totals.records}, {"packets", all.frames}, {"bytes", all.bytes}, {NULL, 0}};
    bool grown = report->outcome == FZ_OUTCOME_REPLACED;
    fz_log_write(&(fz_log_entry){fz_totals_is_whole(&report->totals) ? FZ_LOG_INFO : FZ_LOG_NOTICE,
                                 grown ? "replaced" : "loaded", item->shown, line, numbers});
    note_loaded(&batch->figures.metrics, item, report, grown);
    fz_batch_want_merge(batch);
    tell_remarks(item, report);
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

static void take_store_fault(fz_batch *batch, fz_item *item, const char *why)
{
    batch->figures.metrics.store_up = false;
    batch->figures.news = true;
    fz_item_put_off(batch, item, why); /* for example a full disk */
}

/* The source failed on its capture, or on something that all captures need. */
static void take_source_fault(fz_batch *batch, fz_item *item, const char *why)
{
    batch->engines.works[item->engine->id] = false;
    if (fz_batch_need_zones(batch) && fz_batch_need_engine(batch) && fz_item_choose_engine(batch, item, NULL))
        fz_item_fail(batch, item, why);
    else
        fz_item_try_again(batch, item, 0);
}

void fz_item_take_load(fz_batch *batch, fz_item *item)
{
    fz_hand *hand = item->hand;
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    fz_outcome end = fz_writer_take(hand->writer, &item->counting->source, report);
    g_autofree char *line = fz_outcome_describe(report);

    g_ptr_array_unref(fz_hand_release(hand));
    fz_item_free_counting(item);
    fz_hand_tell_note(report);
    switch (end) {
    case FZ_OUTCOME_INPUT:
    case FZ_OUTCOME_OTHER:
        take_source_fault(batch, item, line);
        break;
    case FZ_OUTCOME_GONE:
    case FZ_OUTCOME_BUSY:
        fz_item_die(batch, item, line);
        break;
    case FZ_OUTCOME_STORE:
        take_store_fault(batch, item, line);
        break;
    case FZ_OUTCOME_LOST:
    case FZ_OUTCOME_MISSING:
    case FZ_OUTCOME_HOPELESS:
        fz_item_move_first(batch, item, FZ_ITEM_TO_COUNT);
        fz_hand_miss_store(batch, hand, end, false, line);
        break;
    default:
        fz_hand_serve(batch, hand);
        take_loaded(batch, item, report, line);
    }
}

void fz_item_abandon_load(fz_batch *batch, fz_item *item)
{
    fz_writer_kill(item->hand->writer);
    fz_item_drop_source(batch, item);
}
