/* One process waits and decides; it opens captures and never reads them. A probe looks how each begins; a writer
 * answers what the store's ledger knows of it; for those that are news a source counts and a writer loads. What is in
 * the store is known by the ledger alone: nothing that happens to this process can make it wrong.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_work.h"

#include "command.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    RELIST_MAX_S = 30,    /* a folder that tells nothing (NFS) is looked at so often */
    STOP_PATIENCE_S = 20, /* for what is on its way into the store */
    EVENT_BYTES = 1 << 14,
    LONGEST_MS = 3600000,
};

#define LIST_AGAIN_US (FZ_SECOND_US / 5)
#define METRICS_AGAIN_US FZ_SECOND_US

static void free_item(void *data)
{
    fz_batch_item *of = data;

    g_free(of->name);
    g_free(of->shown);
    g_free(of);
}

/* --- Listing --- */

/* What is no file stays what it is while files come and go in it. */
static bool has_changed(const fz_batch_item *file)
{
    return file->odd ? file->now.inode != file->done.inode : !fz_ring_is_same(&file->now, &file->done);
}

static void update(fz_batch_item *file, const fz_ring_file *now_there)
{
    if (!fz_ring_is_same(&now_there->state, &file->now))
        file->closed = file->just_closed;
    file->just_closed = false;
    file->now = now_there->state;
    file->listed = true;
}

static fz_batch_item *item_of(fz_batch *of, const fz_ring_file *there)
{
    fz_batch_item *file = g_hash_table_lookup(of->items, there->name);

    if (!file) {
        file = g_new0(fz_batch_item, 1);
        file->name = g_strdup(there->name);
        file->shown = g_strdup(there->shown);
        file->time_s = there->time_s;
        file->closed = file->just_closed = g_hash_table_remove(of->closed, there->name);
        g_hash_table_insert(of->items, file->name, file);
    }
    return file;
}

static void tell_oddity(fz_batch *of, fz_batch_item *file, const char *oddity)
{
    g_autofree char *why = g_strdup_printf("%s: not read", oddity);

    if (file->state == FZ_ITEM_DONE)
        return;
    file->odd = true;
    fz_batch_fail(of, file, why);
}

/* A file that is not complete: when it is to be looked at again. */
static void leave_to_writer(fz_batch *of, fz_batch_item *file, gint64 now_ns)
{
    gint64 idle_us = of->settings->idle_s * FZ_SECOND_US,
           age_us = CLAMP((now_ns - file->now.written_ns) / 1000, 0, idle_us);

    file->again_us = fz_batch_now() + idle_us - age_us;
    if (file->state != FZ_ITEM_WRITING && !of->settings->follow) {
        of->writing++;
        fz_log(FZ_LOG_INFO, "writing", file->shown, "is still being written; --partial takes it too");
    }
    file->state = FZ_ITEM_WRITING;
}

static void classify(fz_batch *of, fz_batch_item *file, const fz_ring_file *there, gint64 now_ns)
{
    if (file->state == FZ_ITEM_DONE && has_changed(file)) {
        file->state = FZ_ITEM_NEW;
        file->time_s = there->time_s; /* what its first packet said was of another content */
        file->deaths = file->faults = 0;
        file->odd = false;
    }
    if (file->state != FZ_ITEM_NEW && file->state != FZ_ITEM_WRITING)
        return;
    file->taken = file->now;
    file->share = 0;
    if (there->oddity) {
        tell_oddity(of, file, there->oddity);
        return;
    }
    file->complete = file->closed || fz_ring_is_complete(there, now_ns, of->settings->idle_s);
    if (!fz_batch_in_span(of, there->time_s)) {
        fz_batch_settle(of, file);
    } else if (file->complete || (of->settings->partial && file->state == FZ_ITEM_NEW)) {
        file->state = FZ_ITEM_WAITS;
        file->again_us = 0;
        file->share = file->now.size;
        of->total_bytes += file->share;
        g_queue_push_tail(&of->to_probe, file);
    } else {
        leave_to_writer(of, file, now_ns);
    }
}

static gboolean has_left(gpointer name, gpointer data, gpointer unused)
{
    const fz_batch_item *file = data;

    (void)name, (void)unused;
    return !file->listed && (file->state == FZ_ITEM_DONE || file->state == FZ_ITEM_WRITING);
}

static void list_ring(fz_batch *of)
{
    g_autoptr(GPtrArray) there = fz_ring_list(of->ring, of->fatal ? NULL : &of->fatal);
    GHashTableIter each;
    gpointer data;

    of->want_list = false;
    of->list_after_us = fz_batch_now() + LIST_AGAIN_US;
    if (there && !fz_ring_is_there(of->ring, of->settings->ring))
        fz_batch_end(of, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "the ring's folder was taken away");
    if (!there)
        return;
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        ((fz_batch_item *)data)->listed = false;
    gint64 now_ns = g_get_real_time() * 1000;
    for (guint i = 0; i < there->len; i++) {
        const fz_ring_file *entry = there->pdata[i];
        fz_batch_item *file = item_of(of, entry);
        update(file, entry);
        classify(of, file, entry, now_ns);
    }
    g_hash_table_foreach_remove(of->items, has_left, NULL);
    g_hash_table_remove_all(of->closed);
    of->listed_once = true;
}

/* --- Waiting --- */

enum { FD_SIGNALS, FD_EVENTS, FD_PROBE, FD_HANDS };

static void add_descriptor(GArray *list, int fd)
{
    const struct pollfd entry = {.fd = fd, .events = POLLIN}; /* -1 is skipped */

    g_array_append_val(list, entry);
}

/* Files whose sources have said nothing yet. */
static GPtrArray *counted_files(const fz_batch *of)
{
    GPtrArray *files = g_ptr_array_new();
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, of->items);
    while (of->busy > 0 && g_hash_table_iter_next(&each, NULL, &data))
        if (((fz_batch_item *)data)->state == FZ_ITEM_COUNTED)
            g_ptr_array_add(files, data);
    return files;
}

/* When the next thing is due that no descriptor tells. */
static gint64 next_due(const fz_batch *of)
{
    gint64 due = of->probed ? of->probe_until_us : G_MAXINT64;
    GHashTableIter each;
    gpointer data;

    if (of->want_list && !of->stopping)
        due = MIN(due, of->list_after_us);
    if (of->hold_until_us > fz_batch_now())
        due = MIN(due, of->hold_until_us);
    if (fz_batch_store_waits(of))
        due = MIN(due, of->store_again_us);
    if (of->stopping)
        due = MIN(due, of->stop_until_us);
    if (of->settings->follow && !of->stopping)
        due = MIN(due,
                  of->list_after_us + MIN(of->settings->idle_s, (unsigned)RELIST_MAX_S) * FZ_SECOND_US + FZ_SECOND_US);
    if (of->metrics_news && of->settings->metrics)
        due = MIN(due, of->metrics_after_us);
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        const fz_batch_item *file = data;
        if (file->again_us)
            due = MIN(due, file->again_us);
        if (file->state == FZ_ITEM_COUNTED && file->source.limits.silence_s)
            due = MIN(due, file->started_us + file->source.limits.silence_s * FZ_SECOND_US);
    }
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
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        fz_batch_item *file = data;
        bool due = file->again_us && file->again_us <= fz_batch_now();
        if (due && file->state == FZ_ITEM_WAITS) {
            file->again_us = 0;
            g_queue_push_tail(&of->to_probe, file);
        } else if (due && file->state == FZ_ITEM_WRITING) {
            file->again_us = 0;
            of->want_list = of->settings->follow;
        } else if (file->state == FZ_ITEM_COUNTED && file->source.limits.silence_s &&
                   fz_batch_now() >= file->started_us + file->source.limits.silence_s * FZ_SECOND_US) {
            fz_batch_give_up_source(of, file);
        }
    }
}

/* --- Signals and the folder --- */

static void take_signal(fz_batch *of)
{
    struct signalfd_siginfo about;

    if (read(of->signals, &about, sizeof about) != (ssize_t)sizeof about)
        return;
    bool again = of->stopping;
    fz_log(FZ_LOG_NOTICE, "stopping", NULL, "%s: %s", about.ssi_signo == SIGINT ? "interrupted" : "asked to stop",
           again ? "at once" : "what is on its way into the store is finished");
    of->stopping = true;
    of->stop_until_us = fz_batch_now() + (again ? 0 : STOP_PATIENCE_S * FZ_SECOND_US);
}

static void take_event(fz_batch *of, const struct inotify_event *event)
{
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
        fz_batch_end(of, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "the ring's folder was taken away");
    if (event->len && !fz_ring_wants(of->ring, event->name))
        return;
    of->want_list = true;
    if (!event->len || !(event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)))
        return;
    fz_batch_item *file = g_hash_table_lookup(of->items, event->name);
    if (file)
        file->closed = file->just_closed = true;
    else
        g_hash_table_add(of->closed, g_strdup(event->name));
}

static void take_events(fz_batch *of)
{
    g_autofree char *room = g_malloc(EVENT_BYTES);
    ssize_t got = read(of->events, room, EVENT_BYTES);

    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(gconstpointer)(room + at);
        take_event(of, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
}

/* --- Figures --- */

/* Files that are to be loaded. */
static uint64_t count_waiting(const fz_batch *of)
{
    GHashTableIter each;
    gpointer data;
    uint64_t count = 0;

    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        fz_batch_state state = ((const fz_batch_item *)data)->state;
        count +=
            state == FZ_ITEM_WAITS || state == FZ_ITEM_COUNTED || state == FZ_ITEM_READY || state == FZ_ITEM_LOADED;
    }
    return count;
}

static void write_metrics(fz_batch *of, bool last)
{
    g_autoptr(GError) fault = NULL;
    const char *path = of->settings->metrics;

    if (!path || (!last && (!of->metrics_news || fz_batch_now() < of->metrics_after_us)))
        return;
    of->metrics.waiting = count_waiting(of);
    of->metrics.seconds = (double)(fz_batch_now() - of->begun_us) / 1e6;
    of->metrics.now_s = g_get_real_time() / FZ_SECOND_US;
    of->metrics_news = false;
    of->metrics_after_us = fz_batch_now() + METRICS_AGAIN_US;
    bool written = fz_metrics_write(&of->metrics, of->settings->ring, path, &fault);
    if (!written && !of->metrics_failed)
        fz_log(FZ_LOG_WARNING, "metrics", NULL, "%s", fault->message);
    of->metrics_failed = !written;
}

static void show_progress(fz_batch *of)
{
    if (!of->progress && of->listed_once && !of->settings->follow) {
        of->progress = fz_progress_new("flowzone batch", of->total_bytes, of->settings->quiet);
        fz_log_set_progress(of->progress);
    }
    fz_progress_update(of->progress, of->done_bytes, of->metrics.rows);
}

static void summarize(const fz_batch *of)
{
    const fz_metrics *figures = &of->metrics;
    uint64_t files = figures->loaded + figures->replaced + figures->already + figures->empty + figures->vanished +
                     figures->failed + of->writing;
    double seconds = (double)(fz_batch_now() - of->begun_us) / 1e6;
    const fz_log_number numbers[] = {
        {"files", files},
        {"loaded", figures->loaded},
        {"replaced", figures->replaced},
        {"already", figures->already},
        {"empty", figures->empty},
        {"writing", of->writing},
        {"vanished", figures->vanished},
        {"failed", figures->failed},
        {"packets", figures->packets},
        {"bytes", figures->bytes},
        {"rows", figures->rows},
        {"milliseconds", (uint64_t)(seconds * 1000)},
        {NULL, 0},
    };
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "%" PRIu64 " file%s: ", files, files == 1 ? "" : "s");
    for (size_t i = 1; i <= 7; i++)
        if (numbers[i].value > 0)
            g_string_append_printf(line, "%" PRIu64 " %s, ", numbers[i].value, numbers[i].name);
    g_string_append_printf(line, "%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " rows in %.2f s", figures->packets,
                           figures->bytes, figures->rows, seconds);
    fz_log_write(&(fz_log_entry){FZ_LOG_INFO, "summary", NULL, line->str, numbers});
}

/* --- The loop --- */

static bool is_finished(const fz_batch *of)
{
    GHashTableIter each;
    gpointer data;
    bool loading = false;

    for (unsigned i = 0; i < of->hand_count; i++)
        loading = loading || of->hands[i].loads;
    if (of->stopping || of->fatal)
        return !loading || (of->stopping && fz_batch_now() >= of->stop_until_us);
    if (of->settings->follow || loading || of->busy > 0 || of->probed || !of->listed_once)
        return false;
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        if (((fz_batch_item *)data)->state == FZ_ITEM_WAITS)
            return false;
    return true;
}

static void start_work(fz_batch *of)
{
    if (of->stopping)
        return;
    if (of->want_list && fz_batch_now() >= of->list_after_us)
        list_ring(of);
    /* Loads come first: whoever asks takes a writer too. Of the others each may leave the next one something. */
    fz_batch_give_next(of);
    fz_batch_probe_next(of);
    fz_batch_ask_next(of);
    fz_batch_count_next(of);
}

/* What the descriptors said. */
static void take_work(fz_batch *of, const GArray *list, const GPtrArray *counted)
{
    const struct pollfd *polled = (const struct pollfd *)(gpointer)list->data;

    if (polled[FD_SIGNALS].revents)
        take_signal(of);
    if (polled[FD_EVENTS].revents)
        take_events(of);
    if (polled[FD_PROBE].revents && of->probed)
        fz_batch_take_probe(of);
    for (unsigned i = 0; i < of->hand_count; i++) {
        fz_batch_hand *by = &of->hands[i];
        if (polled[FD_HANDS + i].revents && by->loads)
            fz_batch_take_load(of, by);
        else if (polled[FD_HANDS + i].revents && by->asked)
            fz_batch_take_answers(of, by);
    }
    for (guint i = 0; i < counted->len; i++)
        if (polled[FD_HANDS + of->hand_count + i].revents)
            fz_batch_take_count(of, counted->pdata[i]);
}

static void turn(fz_batch *of)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    g_autoptr(GPtrArray) counted = counted_files(of);

    add_descriptor(list, of->signals);
    add_descriptor(list, of->events);
    add_descriptor(list, of->probed ? fz_probe_descriptor(of->probe) : -1);
    for (unsigned i = 0; i < of->hand_count; i++)
        add_descriptor(list, of->hands[i].loads || of->hands[i].asked ? fz_writer_descriptor(of->hands[i].writer) : -1);
    for (guint i = 0; i < counted->len; i++)
        add_descriptor(list, ((const fz_batch_item *)counted->pdata[i])->source.records);
    if (poll((struct pollfd *)(gpointer)list->data, list->len, wait_ms(of)) > 0)
        take_work(of, list, counted);
    if (of->probed && fz_batch_now() >= of->probe_until_us)
        fz_batch_give_up_probe(of);
    wake_files(of);
    if (of->settings->follow &&
        fz_batch_now() >= of->list_after_us + MIN(of->settings->idle_s, (unsigned)RELIST_MAX_S) * FZ_SECOND_US)
        of->want_list = true;
    write_metrics(of, false);
    show_progress(of);
}

/* --- Beginning and end --- */

static bool watch(fz_batch *of, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fz_ring_descriptor(of->ring));

    if (!of->settings->follow)
        return true;
    of->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (of->events >= 0 &&
        inotify_add_watch(of->events, path,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >= 0)
        return true;
    int fault = errno;
    g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "%s: cannot be watched: %s", of->settings->ring,
                g_strerror(fault));
    return false;
}

static bool catch_signals(fz_batch *of, sigset_t *before)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, before);
    of->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    return of->signals >= 0;
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
    const char *to = settings->to ? settings->to : FZ_DEFAULT_STORE;
    const fz_store_ops *ops = fz_store_find(to, error);

    if (!ops || !(of->ring = fz_ring_open(settings->ring, settings->pattern, error)) || !watch(of, error))
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
    of->manner = (fz_load_manner){.who = of->confine.who, .replace = settings->replace, .quiet = TRUE, .run = &of->run};
    of->hand_count = ops->writers ? MIN(ops->writers, settings->jobs) : settings->jobs;
    of->hands = g_new0(fz_batch_hand, of->hand_count);
    for (unsigned i = 0; i < of->hand_count; i++)
        of->hands[i].writer = fz_writer_new(to, &of->manner, true, &of->confine);
    of->probe = fz_probe_new(&of->confine);
    return true;
}

/* Whatever is not committed is taken back. */
static void end(fz_batch *of)
{
    g_autoptr(GPtrArray) counted = counted_files(of);

    for (guint i = 0; i < counted->len; i++)
        fz_batch_drop_source(of, counted->pdata[i]);
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
    g_queue_clear(&of->to_probe);
    g_queue_clear(&of->to_ask);
    g_queue_clear(&of->to_load);
    g_hash_table_unref(of->items);
    g_hash_table_unref(of->closed);
    fz_zone_table_free(of->zones);
    fz_ring_free(of->ring);
    if (of->events >= 0)
        close(of->events);
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
        .engine = settings->engine,
        .items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_item),
        .closed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .signals = -1,
        .events = -1,
        .metrics = {.store_up = true},
        .begun_us = fz_batch_now(),
    };
    sigset_t before;
    int status = FZ_EXIT_FAILED;

    fz_log_open(of.confine.who, settings->quiet);
    bool caught = catch_signals(&of, &before);
    if (caught && begin(&of, error)) {
        go_round(&of);
        fz_log_set_progress(NULL);
        fz_progress_free(of.progress);
        write_metrics(&of, true);
        summarize(&of);
        status = judge_run(&of, of.stopping);
        if (of.fatal)
            g_propagate_error(error, g_steal_pointer(&of.fatal));
    }
    end(&of);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
