/* What a source counted goes into the store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

static void give_to(fz_batch *of, fz_batch_hand *by, fz_batch_item *file)
{
    g_autoptr(GError) fault = NULL;

    if (!fz_writer_give(by->writer, &file->count->source, &fault)) {
        g_queue_push_head(&of->to_give, file);
        fz_batch_end(of, fault->domain, fault->code, fault->message);
        return;
    }
    by->loads = file;
    fz_batch_move(of, file, FZ_ITEM_LOADED, 0);
}

void fz_batch_give_next(fz_batch *of)
{
    fz_batch_hand *by;

    while (!g_queue_is_empty(&of->to_give) && !fz_batch_store_waits(of) && !of->fatal &&
           (by = fz_batch_idle_hand(of)) != NULL)
        give_to(of, by, g_queue_pop_head(&of->to_give));
}

/* What its reader said of the capture. */
static void tell_remarks(const fz_batch_item *file, const fz_load_report *report)
{
    g_auto(GStrv) lines = g_strsplit(report->remarks, "\n", -1);

    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            fz_log(FZ_LOG_NOTICE, "unwalked", file->shown, "%s", *line);
}

/* What was counted is not what was looked at: the next run looks again, or this one does. */
static void leave_for_later(fz_batch *of, fz_batch_item *file)
{
    of->writing += !of->settings->follow;
    fz_log(FZ_LOG_INFO, "writing", file->shown, "another capture took its place while it was counted: left for later");
    file->unsure = true;
    fz_batch_settle(of, file);
}

static void take_loaded(fz_batch *of, fz_batch_item *file, const fz_load_report *report, const char *line)
{
    bool changed = report->outcome == FZ_OUTCOME_LOADED || report->outcome == FZ_OUTCOME_REPLACED;
    fz_count all = fz_totals_all(&report->totals);

    file->unsure = file->unsure || report->totals.changed;
    if (report->outcome == FZ_OUTCOME_MOVED) {
        leave_for_later(of, file);
        return;
    }
    if (!changed) {
        if (report->outcome != FZ_OUTCOME_ALREADY && !(of->settings->follow && file->unsure)) /* else not yet */
            fz_log(FZ_LOG_WARNING, "differs", file->shown, "%s", line);
        fz_batch_know_file(of, file);
        return;
    }
    const fz_log_number numbers[] = {
        {"rows", report->totals.records}, {"packets", all.frames}, {"bytes", all.bytes}, {NULL, 0}};
    bool grown = report->outcome == FZ_OUTCOME_REPLACED;
    fz_log_write(&(fz_log_entry){fz_totals_is_whole(&report->totals) ? FZ_LOG_INFO : FZ_LOG_NOTICE,
                                 grown ? "replaced" : "loaded", file->shown, line, numbers});
    of->metrics.loaded += !grown;
    of->metrics.replaced += grown;
    of->metrics.packets += all.frames;
    of->metrics.bytes += all.bytes;
    of->metrics.rows += report->totals.records;
    of->metrics.loaded_s = g_get_real_time() / FZ_SECOND_US;
    if (file->time_s != FZ_RING_NO_TIME)
        of->metrics.newest_s = MAX(of->metrics.newest_s, file->time_s);
    tell_remarks(file, report);
    fz_batch_settle(of, file);
}

static void take_store_fault(fz_batch *of, fz_batch_item *file, const char *why)
{
    of->metrics.store_up = false;
    of->metrics_news = true;
    fz_batch_put_off(of, file, why); /* a full disk, say */
}

/* What a source said of its capture, or of what all captures need. */
static void take_source_fault(fz_batch *of, fz_batch_item *file, const char *why)
{
    of->works[file->engine->id] = false;
    if (fz_batch_need_zones(of) && fz_batch_need_engine(of) && fz_batch_choose_engine(of, file, NULL))
        fz_batch_fail(of, file, why);
    else
        fz_batch_try_again(of, file, 0);
}

void fz_batch_take_load(fz_batch *of, fz_batch_hand *by)
{
    fz_batch_item *file = g_steal_pointer(&by->loads);
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    fz_outcome end = fz_writer_take(by->writer, &file->count->source, report);
    g_autofree char *line = fz_outcome_describe(report);

    fz_batch_count_free(file);
    of->busy--;
    fz_batch_tell_note(report);
    switch (end) {
    case FZ_OUTCOME_INPUT:
    case FZ_OUTCOME_OTHER:
        take_source_fault(of, file, line);
        break;
    case FZ_OUTCOME_GONE:
    case FZ_OUTCOME_BUSY:
        fz_batch_mourn(of, file, line);
        break;
    case FZ_OUTCOME_STORE:
        take_store_fault(of, file, line);
        break;
    case FZ_OUTCOME_LOST:
    case FZ_OUTCOME_MISSING:
    case FZ_OUTCOME_HOPELESS:
        fz_batch_move(of, file, FZ_ITEM_WAITS, 0);
        g_queue_push_head(&of->to_load, file);
        fz_batch_miss_store(of, by, end, false, line);
        break;
    default:
        fz_batch_store_is_back(of, by);
        take_loaded(of, file, report, line);
    }
}
