/* One process waits and decides; it opens captures and never reads them. A probe looks how each begins; a writer
 * answers what the store's ledger knows of it; for those that are news a source counts and a writer loads. What is in
 * the store is known by the ledger alone: nothing that happens to this process can make it wrong.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "exit.h"
#include "log.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LONGEST_MS = 3600000 };

enum { FD_SIGNALS, FD_EVENTS, FD_PROBE, FD_HANDS };

void fz_batch_end(fz_batch *of, GQuark domain, int code, const char *message)
{
    if (!of->fatal)
        of->fatal = g_error_new_literal(domain, code, message);
}

static void add_descriptor(GArray *list, int fd)
{
    const struct pollfd entry = {.fd = fd, .events = POLLIN}; /* -1 is skipped */

    g_array_append_val(list, entry);
}

/* When the next thing is due that no descriptor tells. */
static gint64 next_due(const fz_batch *of)
{
    gint64 due = of->probed ? of->probe_until_us : G_MAXINT64;
    const fz_batch_item *first = fz_batch_first_due(of);

    if (!of->stopping)
        due = MIN(due, fz_batch_list_due(of));
    if (of->hold_until_us > fz_batch_now())
        due = MIN(due, of->hold_until_us);
    if (fz_batch_store_waits(of))
        due = MIN(due, of->store_again_us);
    if (of->stopping)
        due = MIN(due, of->stop_until_us);
    if (of->metrics_news && of->settings->metrics)
        due = MIN(due, of->metrics_after_us);
    if (first)
        due = MIN(due, first->again_us);
    return due;
}

static int wait_ms(const fz_batch *of)
{
    gint64 left_us = next_due(of) - fz_batch_now();

    if (of->progress)
        left_us = MIN(left_us, FZ_SECOND_US / 10);
    return (int)CLAMP(left_us / 1000 + 1, 0, LONGEST_MS);
}

/* Files whose time has come. */
static void wake_files(fz_batch *of)
{
    for (fz_batch_item *file; (file = fz_batch_first_due(of)) && file->again_us <= fz_batch_now();) {
        if (file->state == FZ_ITEM_COUNTED) {
            fz_batch_give_up_source(of, file);
            continue;
        }
        fz_batch_move(of, file, file->state, 0);
        if (file->state == FZ_ITEM_WAITS)
            g_queue_push_tail(&of->to_probe, file);
        else if (of->settings->follow || file->state == FZ_ITEM_WATCHED)
            fz_batch_look_again(of, file);
    }
}

static bool is_finished(const fz_batch *of)
{
    bool loading = of->in_state[FZ_ITEM_LOADED] > 0;

    if (of->stopping || of->fatal)
        return !loading || (of->stopping && fz_batch_now() >= of->stop_until_us);
    return !of->settings->follow && of->listed_once && fz_batch_count_waiting(of) == 0 &&
           of->in_state[FZ_ITEM_WATCHED] == 0;
}

static void start_work(fz_batch *of)
{
    if (of->stopping)
        return;
    fz_batch_list(of);
    /* Loads come first: whoever asks takes a writer too. Of the others each may leave the next one something. */
    fz_batch_give_next(of);
    fz_batch_probe_next(of);
    fz_batch_ask_next(of);
    fz_batch_count_next(of);
}

/* What the descriptors said. */
static void take_work(fz_batch *of, const GArray *list)
{
    const struct pollfd *polled = (const struct pollfd *)(gpointer)list->data;
    GList *next = of->counted.head;

    /* First, as the list of those that are counted changes meanwhile. */
    for (guint i = FD_HANDS + of->hand_count; i < list->len && next; i++) {
        fz_batch_item *file = next->data;
        next = next->next;
        if (polled[i].revents)
            fz_batch_take_count(of, file);
    }
    if (polled[FD_SIGNALS].revents)
        fz_batch_take_signal(of);
    if (polled[FD_EVENTS].revents)
        fz_batch_take_events(of);
    if (polled[FD_PROBE].revents && of->probed)
        fz_batch_take_probe(of);
    for (unsigned i = 0; i < of->hand_count; i++) {
        fz_batch_hand *by = &of->hands[i];
        if (polled[FD_HANDS + i].revents && by->loads)
            fz_batch_take_load(of, by);
        else if (polled[FD_HANDS + i].revents && by->asked)
            fz_batch_take_answers(of, by);
    }
}

static void turn(fz_batch *of)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

    add_descriptor(list, of->signals);
    add_descriptor(list, of->events);
    add_descriptor(list, of->probed ? fz_probe_descriptor(of->probe) : -1);
    for (unsigned i = 0; i < of->hand_count; i++)
        add_descriptor(list, of->hands[i].loads || of->hands[i].asked ? fz_writer_descriptor(of->hands[i].writer) : -1);
    for (const GList *each = of->counted.head; each; each = each->next)
        add_descriptor(list, ((const fz_batch_item *)each->data)->count->source.records);
    if (poll((struct pollfd *)(gpointer)list->data, list->len, wait_ms(of)) > 0)
        take_work(of, list);
    if (of->probed && fz_batch_now() >= of->probe_until_us)
        fz_batch_give_up_probe(of);
    wake_files(of);
    fz_batch_write_metrics(of, false);
    fz_batch_show_progress(of);
}

static char *text_or_empty(char *text)
{
    static char empty[] = "";

    return text ? text : empty;
}

static bool begin(fz_batch *of, GError **error)
{
    const fz_batch_settings *settings = of->settings;
    const fz_options *options = &settings->options;
    unsigned hands;

    if (!fz_writer_count(settings->to, settings->jobs, &hands, error) || !fz_batch_open_ring(of, error))
        return false;
    of->run = (fz_run){
        .sensor = text_or_empty(options->sensor),
        .location = text_or_empty(options->location),
        .filter = text_or_empty(options->filter),
        .key = options->key,
        .layers = options->layers,
        .interval_s = options->interval_s,
        .max_flows = options->max_flows,
        .vlan = options->vlan,
    };
    of->manner =
        (fz_load_manner){.replace = settings->replace, .quiet = TRUE, .wait_s = settings->wait_s, .run = &of->run};
    of->hand_count = hands;
    of->hands = g_new0(fz_batch_hand, hands);
    for (unsigned i = 0; i < of->hand_count; i++)
        of->hands[i].writer = fz_writer_new(settings->to, &of->manner, &of->confine);
    of->probe = fz_probe_new(&of->confine);
    return true;
}

/* Whatever is not committed is taken back. */
static void end(fz_batch *of)
{
    for (fz_batch_item *file; (file = g_queue_pop_head(&of->counted)) != NULL;)
        fz_batch_drop_source(of, file);
    for (fz_batch_item *file; (file = g_queue_pop_head(&of->to_give)) != NULL;)
        fz_batch_drop_source(of, file);
    for (unsigned i = 0; i < of->hand_count; i++) {
        fz_batch_hand *by = &of->hands[i];
        if (by->loads || by->asked)
            fz_writer_kill(by->writer);
        if (by->loads)
            fz_batch_drop_source(of, by->loads);
        if (by->asked)
            g_ptr_array_unref(by->asked);
        fz_writer_free(by->writer);
    }
    g_free(of->hands);
    if (of->probed)
        fz_probe_kill(of->probe);
    fz_probe_free(of->probe);
    g_queue_clear(&of->to_know);
    g_queue_clear(&of->to_probe);
    g_queue_clear(&of->to_ask);
    g_queue_clear(&of->to_load);
    fz_zone_table_free(of->zones);
    g_clear_error(&of->engine_fault);
    fz_batch_close_rings(of);
    struct signalfd_siginfo about; /* a second one that was not looked at must not end us later */
    while (of->signals >= 0 && read(of->signals, &about, sizeof about) > 0)
        continue;
    if (of->signals >= 0)
        close(of->signals);
}

static int judge_run(const fz_batch *of, bool unfinished)
{
    const fz_metrics *figures = &of->metrics;
    bool good = figures->loaded + figures->replaced + figures->already > 0;

    if (of->fatal || (unfinished && !of->settings->follow) || (figures->failed > 0 && !of->settings->follow))
        return good ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
    return FZ_EXIT_OK;
}

static void go_round(fz_batch *of)
{
    of->want_list = true;
    /* What is wrong for every capture is said before the first one comes; the engine takes its time to say. */
    if (fz_batch_need_zones(of) && of->settings->follow)
        fz_batch_need_engine(of);
    if (of->fatal)
        return;
    start_work(of);
    while (!is_finished(of)) {
        turn(of);
        start_work(of);
    }
}

int fz_batch_run(const fz_batch_settings *settings, GError **error)
{
    fz_batch of = {
        .settings = settings,
        .confine = settings->confine,
        .signals = -1,
        .events = -1,
        .metrics = {.store_up = true},
        .begun_us = fz_batch_now(),
    };
    sigset_t before;
    int status = FZ_EXIT_FAILED;

    fz_log_open(of.confine.who, settings->quiet);
    bool caught = fz_batch_catch_signals(&of, &before);
    if (caught && begin(&of, error)) {
        go_round(&of);
        fz_log_set_progress(NULL);
        fz_progress_free(of.progress);
        fz_batch_write_metrics(&of, true);
        fz_batch_summarize(&of);
        status = judge_run(&of, of.stopping);
        if (of.fatal)
            g_propagate_error(error, g_steal_pointer(&of.fatal));
    }
    end(&of);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
