/* One process waits and decides; it opens captures and never reads them. A probe finds how each begins; a writer
 * reports what the store's ledger knows of it; a source counts the new ones and a writer loads them. Only the ledger
 * records what is in the store: nothing that happens to this process can make it wrong.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "exit.h"
#include "log.h"

#include <poll.h>

enum { LONGEST_MS = 3600000 };

enum { FD_SIGNALS, FD_EVENTS, FD_PROBE, FD_CHORE, FD_HANDS };

void fz_batch_end(fz_batch *batch, GQuark domain, int code, const char *message)
{
    if (!batch->fatal)
        batch->fatal = g_error_new_literal(domain, code, message);
}

static void add_descriptor(GArray *list, int fd)
{
    const struct pollfd entry = {.fd = fd, .events = POLLIN}; /* -1 is skipped */

    g_array_append_val(list, entry);
}

/* When the next thing is due that does not make a descriptor readable. */
static gint64 next_due(const fz_batch *batch)
{
    gint64 due = G_MAXINT64;
    const fz_item *first = fz_item_first_due(batch);

    if (!batch->stopping)
        due = MIN(due, fz_batch_list_due(batch));
    if (batch->hold_until_us > fz_batch_now())
        due = MIN(due, batch->hold_until_us);
    if (fz_hands_wait(batch))
        due = MIN(due, batch->hands.again_us);
    due = MIN(due, fz_batch_merge_due(batch));
    due = MIN(due, fz_batch_chore_due(batch));
    due = MIN(due, batch->room.due_us);
    if (batch->stopping)
        due = MIN(due, batch->stop_until_us);
    if (batch->figures.news && batch->settings->metrics)
        due = MIN(due, batch->figures.after_us);
    if (first)
        due = MIN(due, first->due_us);
    return due;
}

static int wait_ms(const fz_batch *batch)
{
    gint64 left_us = next_due(batch) - fz_batch_now();

    if (batch->figures.progress)
        left_us = MIN(left_us, FZ_SECOND_US / 10);
    return (int)CLAMP(left_us / 1000 + 1, 0, LONGEST_MS);
}

static bool is_finished(const fz_batch *batch)
{
    bool loading = fz_item_count(batch, FZ_ITEM_LOADING) > 0;

    if (batch->stopping || batch->fatal)
        return !loading || (batch->stopping && fz_batch_now() >= batch->stop_until_us);
    return !batch->settings->follow && batch->listing.once && !fz_item_count_kind(batch, FZ_ITEM_AT_WORK) &&
           !fz_item_count(batch, FZ_ITEM_WATCHED) && !fz_batch_must_merge(batch);
}

static void start_work(fz_batch *batch)
{
    if (batch->stopping)
        return;
    fz_batch_list(batch);
    /* Loads come first: questions occupy a writer too. Each of the others may give the next one work. */
    fz_batch_load_next(batch);
    fz_batch_probe_next(batch);
    fz_batch_ask_next(batch);
    fz_batch_count_next(batch);
    fz_batch_merge_next(batch);
    fz_batch_chore_next(batch);
}

/* Ends the step of every item whose process has answered or died. */
static void take_work(fz_batch *batch, const GArray *list)
{
    const struct pollfd *polled = (const struct pollfd *)(gpointer)list->data;
    const GList *next = batch->items.in[FZ_ITEM_COUNTING].head;

    /* Sources first: the other steps change the queue of captures being counted. */
    for (guint i = FD_HANDS + batch->hands.count; i < list->len && next; i++) {
        fz_item *item = next->data;
        next = next->next;
        if (polled[i].revents)
            fz_item_end(batch, item);
    }
    if (polled[FD_SIGNALS].revents)
        fz_batch_take_signal(batch);
    if (polled[FD_EVENTS].revents)
        fz_batch_take_events(batch);
    if (polled[FD_PROBE].revents)
        fz_item_end(batch, fz_item_first(batch, FZ_ITEM_PROBING));
    if (polled[FD_CHORE].revents)
        fz_batch_take_chore(batch);
    for (unsigned i = 0; i < batch->hands.count; i++)
        if (polled[FD_HANDS + i].revents && batch->hands.all[i].merges)
            fz_batch_take_merge(batch, &batch->hands.all[i]);
        else if (polled[FD_HANDS + i].revents)
            fz_item_end(batch, batch->hands.all[i].items->pdata[0]);
}

static void turn(fz_batch *batch)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

    add_descriptor(list, batch->signals);
    add_descriptor(list, batch->listing.events);
    add_descriptor(list, fz_item_count(batch, FZ_ITEM_PROBING) ? fz_probe_descriptor(batch->probe) : -1);
    add_descriptor(list, fz_batch_chore_descriptor(batch));
    for (unsigned i = 0; i < batch->hands.count; i++) {
        const fz_hand *hand = &batch->hands.all[i];
        add_descriptor(list, hand->items->len || hand->merges ? fz_writer_descriptor(hand->writer) : -1);
    }
    for (const GList *each = batch->items.in[FZ_ITEM_COUNTING].head; each; each = each->next)
        add_descriptor(list, ((const fz_item *)each->data)->counting->source.records);
    if (poll((struct pollfd *)(gpointer)list->data, list->len, wait_ms(batch)) > 0)
        take_work(batch, list);
    fz_item_wake(batch);
    fz_batch_look_for_room(batch, false);
    fz_figures_write(batch, false);
    fz_figures_show(batch);
}

static char *text_or_empty(char *text)
{
    static char empty[] = "";

    return text ? text : empty;
}

static bool begin(fz_batch *batch, GError **error)
{
    const fz_batch_settings *settings = batch->settings;
    const fz_options *options = &settings->options;
    unsigned hands;

    if (!fz_writer_count(settings->to, settings->jobs, &hands, error) || !fz_batch_open_ring(batch, error))
        return false;
    batch->run = (fz_run){
        .sensor = text_or_empty(options->sensor),
        .location = text_or_empty(options->location),
        .filter = text_or_empty(options->filter),
        .key = options->key,
        .layers = options->layers,
        .interval_s = options->interval_s,
        .max_flows = options->max_flows,
        .vlan = options->vlan,
        .packets = (options->rows & FZ_KIND(FZ_ROW_PACKET)) != 0,
    };
    batch->manner =
        (fz_load_manner){.replace = settings->replace, .quiet = TRUE, .wait_s = settings->wait_s, .run = &batch->run};
    fz_hands_begin(batch, hands);
    fz_batch_begin_chores(batch);
    fz_batch_begin_room(batch);
    batch->probe = fz_probe_new(&batch->confine);
    return true;
}

/* Ends all processes: what is not committed is rolled back. */
static void end(fz_batch *batch)
{
    fz_item_abandon_all(batch);
    fz_batch_end_chores(batch);
    fz_batch_end_room(batch);
    fz_hands_end(batch);
    fz_probe_free(batch->probe);
    fz_zone_table_free(batch->zones.table);
    g_clear_error(&batch->engines.fault);
    fz_batch_close_rings(batch);
    fz_items_end(&batch->items);
}

static int judge_run(const fz_batch *batch, bool unfinished)
{
    const fz_metrics *figures = &batch->figures.metrics;
    bool good = figures->loaded + figures->replaced + figures->already > 0;

    if (batch->fatal || (unfinished && !batch->settings->follow) || (figures->failed > 0 && !batch->settings->follow))
        return good ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
    return FZ_EXIT_OK;
}

static void go_round(fz_batch *batch)
{
    batch->listing.all = true;
    fz_batch_look_for_room(batch, true);
    /* Faults that concern every capture are reported before the first one arrives; checking the engine takes a while.
     */
    if (fz_batch_need_zones(batch) && batch->settings->follow)
        fz_batch_need_engine(batch);
    if (batch->fatal)
        return;
    start_work(batch);
    while (!is_finished(batch)) {
        turn(batch);
        start_work(batch);
    }
}

int fz_batch_run(const fz_batch_settings *settings, GError **error)
{
    fz_batch batch = {
        .settings = settings,
        .confine = settings->confine,
        .listing = {.events = -1},
        .figures = {.metrics = {.store_up = true}, .begun_us = fz_batch_now()},
        .signals = -1,
    };
    sigset_t before;
    int status = FZ_EXIT_FAILED;

    fz_log_open(batch.confine.who, settings->quiet);
    fz_items_begin(&batch.items);
    bool caught = fz_batch_catch_signals(&batch, &before);
    if (caught && begin(&batch, error)) {
        go_round(&batch);
        fz_log_set_progress(NULL);
        fz_progress_free(batch.figures.progress);
        fz_batch_look_for_room(&batch, true);
        fz_figures_write(&batch, true);
        fz_figures_summarize(&batch);
        status = judge_run(&batch, batch.stopping);
        if (batch.fatal)
            g_propagate_error(error, g_steal_pointer(&batch.fatal));
    }
    end(&batch);
    fz_batch_release_signals(&batch, &before);
    return status;
}
