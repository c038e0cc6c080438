/* One process waits and decides; it opens captures and never reads them. A probe looks how each begins; a writer
 * answers what the store's ledger knows of it; for those that are news a source counts and a writer loads. What is in
 * the store is known by the ledger alone: nothing that happens to this process can make it wrong.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"

#include "command.h"
#include "load.h"
#include "log.h"
#include "metrics.h"
#include "probe.h"
#include "ring.h"
#include "scan.h"
#include "tshark.h"
#include "writer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    PROBE_PATIENCE_S = 10, /* for one capture's first packet */
    RELIST_MAX_S = 30,     /* a folder that tells nothing (NFS) is looked at so often */
    STOP_PATIENCE_S = 20,  /* for what is on its way into the store */
    BACK_OFF_MAX_S = 60,
    DEATHS_MAX = 3, /* of processes over one file */
    PROBED_AHEAD = 2 * FZ_WRITER_QUESTIONS,
    EVENT_BYTES = 1 << 14,
    LONGEST_MS = 3600000,
};

#define SECOND_US INT64_C(1000000)
#define LIST_AGAIN_US (SECOND_US / 5)
#define DEAD_AGAIN_US (SECOND_US / 5)
#define METRICS_AGAIN_US SECOND_US

const char *const fz_batch_engine_names[4] = {"auto", "lean", "full", "scan"};

typedef enum state {
    STATE_NEW,     /* was not looked at, or has changed */
    STATE_WRITING, /* not complete */
    STATE_WAITS,   /* in a queue, or for its turn after a failure */
    STATE_COUNTED, /* its source works */
    STATE_LOADED,  /* its source's records go into the store */
    STATE_DONE,    /* until it changes */
} state;

/* A file of the ring, as long as it is there. */
typedef struct item {
    char *name, *shown;
    state state;
    int64_t time_s;                              /* from its name, or its first packet */
    uint64_t size, inode, done_size, done_inode; /* as listed; as it was when it was done */
    int64_t written_ns, done_written_ns;
    bool closed, just_closed; /* whoever wrote it has closed it, and not written since; and it was not listed since */
    bool listed, told;
    unsigned failures;
    gint64 again_us; /* STATE_WRITING, STATE_WAITS: when to look again; 0: it is in a queue */
    fz_ledger_question question;
    fz_input input;
    fz_source source;
    gint64 started_us;
} item;

/* A writer, and what it is about. */
typedef struct hand {
    fz_writer *writer;
    item *loads;      /* NULL: nothing */
    GPtrArray *asked; /* of item; NULL: nothing */
} hand;

typedef struct batch {
    const fz_batch_settings *settings;
    fz_confine confine;
    fz_load_manner manner;
    fz_run run; /* what every source must say of itself; borrows */
    fz_batch_engine engine;
    fz_ring *ring;
    GHashTable *items; /* by name */
    GQueue to_probe, to_ask, to_load;
    fz_probe *probe;
    item *probed; /* NULL: none */
    gint64 probe_until_us;
    hand *hands;
    unsigned hand_count, busy; /* busy: sources at work */
    int signals, events;       /* events: -1 without */
    bool stopping, want_list, listed_once;
    gint64 list_after_us, stop_until_us;
    gint64 store_again_us; /* 0: the store is there, as far as we know */
    unsigned store_failures;
    gint64 store_lost_us;
    fz_metrics metrics;
    bool metrics_failed, metrics_news;
    gint64 metrics_after_us, begun_us;
    uint64_t writing, done_bytes, total_bytes;
    fz_progress *progress;
    GError *fatal;
} batch;

static void free_item(void *data)
{
    item *of = data;

    g_free(of->name);
    g_free(of->shown);
    g_free(of);
}

static gint64 now(void)
{
    return g_get_monotonic_time();
}

static void end_batch(batch *of, GQuark domain, int code, const char *message)
{
    if (!of->fatal)
        of->fatal = g_error_new_literal(domain, code, message);
}

/* --- What became of a file --- */

static void settle(batch *of, item *file)
{
    file->state = STATE_DONE;
    file->again_us = 0;
    file->done_size = file->size;
    file->done_inode = file->inode;
    file->done_written_ns = file->written_ns;
    of->done_bytes += file->size;
    of->metrics_news = true;
}

static void fail_file(batch *of, item *file, const char *why)
{
    of->metrics.failed++;
    file->told = true;
    fz_log(FZ_LOG_ERROR, "failed", file->shown, "%s", why);
    settle(of, file);
}

static void lose_file(batch *of, item *file)
{
    of->metrics.vanished++;
    fz_log(FZ_LOG_WARNING, "vanished", file->shown, "vanished before it could be read");
    settle(of, file);
}

static void skip_empty(batch *of, item *file)
{
    of->metrics.empty++;
    fz_log(FZ_LOG_INFO, "empty", file->shown, "has no packet: nothing to load");
    settle(of, file);
}

static void know_file(batch *of, item *file)
{
    of->metrics.already++;
    if (file->time_s != FZ_RING_NO_TIME)
        of->metrics.newest_s = MAX(of->metrics.newest_s, file->time_s);
    settle(of, file);
}

/* Looks at it once more, from the beginning. */
static void try_again(item *file, gint64 in_us)
{
    file->state = STATE_WAITS;
    file->again_us = now() + in_us;
}

static gint64 back_off(unsigned failures)
{
    return MIN(SECOND_US << MIN(failures, 10u), BACK_OFF_MAX_S * SECOND_US);
}

/* A process died over it: that may have been its fault, or not. */
static void mourn(batch *of, item *file, const char *why)
{
    if (++file->failures >= DEATHS_MAX) {
        fail_file(of, file, why);
        return;
    }
    fz_log(FZ_LOG_WARNING, "again", file->shown, "%s; it is tried again", why);
    try_again(file, DEAD_AGAIN_US << file->failures);
}

/* --- The store --- */

static void store_is_back(batch *of)
{
    if (of->store_failures > 0)
        fz_log(FZ_LOG_NOTICE, "store-back", NULL, "the store is back after %" G_GINT64_FORMAT " s",
               (now() - of->store_lost_us) / SECOND_US);
    of->store_again_us = 0;
    of->store_failures = 0;
    of->metrics.store_up = true;
}

/* Whoever follows waits; else one more try tells a lost session from a lost store. */
static void miss_store(batch *of, fz_writer_end end, const char *why)
{
    bool waits = of->settings->follow && end != FZ_WRITER_END_HOPELESS;

    of->metrics.store_up = false;
    of->metrics_news = true;
    if (end == FZ_WRITER_END_HOPELESS || (!waits && of->store_failures > 0)) {
        end_batch(of, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, why);
        return;
    }
    if (of->store_failures == 0) {
        of->store_lost_us = now();
        fz_log(FZ_LOG_WARNING, "store-lost", NULL, "%s; %s", why,
               waits ? "waiting for the store, nothing is lost" : "tried once more");
    }
    of->store_again_us = now() + (waits ? back_off(of->store_failures) : 1);
    of->store_failures++;
}

static bool store_waits(const batch *of)
{
    return of->store_again_us != 0 && now() < of->store_again_us;
}

static hand *idle_hand(const batch *of)
{
    for (unsigned i = 0; i < of->hand_count; i++)
        if (!of->hands[i].loads && !of->hands[i].asked)
            return &of->hands[i];
    return NULL;
}

static void tell_note(const fz_load_report *report)
{
    if (*report->note)
        fz_log(FZ_LOG_NOTICE, "jail", NULL, "%s", report->note);
}

/* --- Listing --- */

/* Whether it is asked for: a file without a time is, until its first packet says more. */
static bool in_span(const batch *of, int64_t time_s)
{
    return time_s == FZ_RING_NO_TIME || (time_s >= of->settings->since_s && time_s < of->settings->until_s);
}

static bool has_changed(const item *file)
{
    return file->size != file->done_size || file->inode != file->done_inode ||
           file->written_ns != file->done_written_ns;
}

static void update(item *file, const fz_ring_file *now_there)
{
    if (now_there->written_ns != file->written_ns || now_there->size != file->size || now_there->inode != file->inode)
        file->closed = file->just_closed;
    file->just_closed = false;
    file->size = now_there->size;
    file->inode = now_there->inode;
    file->written_ns = now_there->written_ns;
    file->listed = true;
}

static item *item_of(batch *of, const fz_ring_file *there)
{
    item *file = g_hash_table_lookup(of->items, there->name);

    if (!file) {
        file = g_new0(item, 1);
        file->name = g_strdup(there->name);
        file->shown = g_strdup(there->shown);
        file->time_s = there->time_s;
        g_hash_table_insert(of->items, file->name, file);
    }
    return file;
}

static void tell_oddity(batch *of, item *file, const char *oddity)
{
    g_autofree char *why = g_strdup_printf("%s: not read", oddity);

    if (file->state == STATE_DONE)
        return;
    of->total_bytes += file->size;
    fail_file(of, file, why);
}

/* A file that is not complete: when it is to be looked at again. */
static void leave_to_writer(batch *of, item *file, gint64 now_ns)
{
    gint64 idle_us = of->settings->idle_s * SECOND_US, age_us = CLAMP((now_ns - file->written_ns) / 1000, 0, idle_us);

    file->again_us = now() + idle_us - age_us;
    if (file->state != STATE_WRITING && !of->settings->follow) {
        of->writing++;
        fz_log(FZ_LOG_INFO, "writing", file->shown, "is still being written; --partial takes it too");
    }
    file->state = STATE_WRITING;
}

static void classify(batch *of, item *file, const fz_ring_file *there, gint64 now_ns)
{
    if (file->state == STATE_DONE && has_changed(file)) {
        file->state = STATE_NEW;
        file->failures = 0;
    }
    if (file->state != STATE_NEW && file->state != STATE_WRITING)
        return;
    if (there->oddity) {
        tell_oddity(of, file, there->oddity);
        return;
    }
    bool complete = file->closed || fz_ring_is_complete(there, now_ns, of->settings->idle_s);
    if (!in_span(of, there->time_s)) {
        settle(of, file);
    } else if (complete || (of->settings->partial && file->state == STATE_NEW)) {
        file->state = STATE_WAITS;
        file->again_us = 0;
        of->total_bytes += file->size;
        g_queue_push_tail(&of->to_probe, file);
    } else {
        leave_to_writer(of, file, now_ns);
    }
}

static gboolean has_left(gpointer name, gpointer data, gpointer unused)
{
    const item *file = data;

    (void)name, (void)unused;
    return !file->listed && (file->state == STATE_DONE || file->state == STATE_WRITING);
}

static void list_ring(batch *of)
{
    g_autoptr(GPtrArray) there = fz_ring_list(of->ring, of->fatal ? NULL : &of->fatal);
    GHashTableIter each;
    gpointer data;

    of->want_list = false;
    of->list_after_us = now() + LIST_AGAIN_US;
    if (!there)
        return;
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        ((item *)data)->listed = false;
    gint64 now_ns = g_get_real_time() * 1000;
    for (guint i = 0; i < there->len; i++) {
        const fz_ring_file *entry = there->pdata[i];
        item *file = item_of(of, entry);
        update(file, entry);
        classify(of, file, entry, now_ns);
    }
    g_hash_table_foreach_remove(of->items, has_left, NULL);
    of->listed_once = true;
}

/* --- The first packet --- */

/* Opens it, or says what became of it; the size is what it has now. -1: not to be read. */
static int take_file(batch *of, item *file, uint64_t *size)
{
    g_autoptr(GError) fault = NULL;
    int fd = fz_ring_take(of->ring, file->name, size, &fault);

    if (fd >= 0 && *size > 0)
        return fd;
    if (fd >= 0) {
        close(fd);
        skip_empty(of, file);
    } else if (g_error_matches(fault, FZ_RING_ERROR, FZ_RING_ERROR_GONE)) {
        lose_file(of, file);
    } else {
        fail_file(of, file, fault->message);
    }
    return -1;
}

static void probe_next(batch *of)
{
    while (!of->probed && !g_queue_is_empty(&of->to_probe) && of->to_ask.length < PROBED_AHEAD && !of->fatal) {
        item *file = g_queue_pop_head(&of->to_probe);
        uint64_t size;
        int fd = take_file(of, file, &size);
        if (fd < 0)
            continue;
        if (fz_probe_ask(of->probe, fd, of->fatal ? NULL : &of->fatal)) {
            file->question.capture_bytes = size;
            of->probed = file;
            of->probe_until_us = now() + PROBE_PATIENCE_S * SECOND_US;
        }
        close(fd);
    }
}

static void identify(const batch *of, item *file, const fz_probe_answer *answer)
{
    fz_run run = of->run;
    g_autofree char *source = g_utf8_make_valid(file->name, -1);

    run.source = source;
    run.first_us = answer->first_us;
    run.first_bytes = answer->first_bytes;
    g_autofree char *identity = fz_ledger_identity(&run);
    g_strlcpy(file->question.identity, identity, sizeof file->question.identity);
}

static void take_first(batch *of, item *file, const fz_probe_answer *answer)
{
    if (file->time_s == FZ_RING_NO_TIME)
        file->time_s = answer->first_us / SECOND_US;
    if (!in_span(of, file->time_s)) {
        settle(of, file);
        return;
    }
    identify(of, file, answer);
    g_queue_push_tail(of->settings->replace ? &of->to_load : &of->to_ask, file);
}

static void take_probe(batch *of)
{
    item *file = g_steal_pointer(&of->probed);
    fz_probe_answer answer;

    fz_probe_answer_take(of->probe, &answer);
    switch (answer.end) {
    case FZ_PROBE_FOUND:
        take_first(of, file, &answer);
        break;
    case FZ_PROBE_EMPTY:
        skip_empty(of, file);
        break;
    case FZ_PROBE_FAULT:
        fail_file(of, file, answer.text);
        break;
    case FZ_PROBE_DEAD:
        mourn(of, file, answer.text);
        break;
    default:
        try_again(file, 0);
        end_batch(of, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, answer.text);
    }
}

static void give_up_probe(batch *of)
{
    item *file = g_steal_pointer(&of->probed);

    fz_probe_kill(of->probe);
    fail_file(of, file, "its first packet was not found within 10 s");
}

/* --- What the ledger knows --- */

static void ask_next(batch *of)
{
    bool enough = of->to_ask.length >= FZ_WRITER_QUESTIONS || (g_queue_is_empty(&of->to_probe) && !of->probed);
    hand *by = idle_hand(of);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    size_t count = 0;

    if (!by || !enough || g_queue_is_empty(&of->to_ask) || store_waits(of) || of->fatal)
        return;
    by->asked = g_ptr_array_new();
    while (count < FZ_WRITER_QUESTIONS && !g_queue_is_empty(&of->to_ask)) {
        item *file = g_queue_pop_head(&of->to_ask);
        questions[count++] = file->question;
        g_ptr_array_add(by->asked, file);
    }
    fz_writer_ask(by->writer, questions, count, of->fatal ? NULL : &of->fatal);
}

static void take_one_answer(batch *of, item *file, fz_ledger_answer answer)
{
    switch (answer) {
    case FZ_LEDGER_NEWS:
        g_queue_push_tail(&of->to_load, file);
        break;
    case FZ_LEDGER_SAME_DIFFERS:
        fz_log(FZ_LOG_WARNING, "differs", file->shown,
               "already loaded with other parameters; nothing changed, --replace loads it again");
        know_file(of, file);
        break;
    case FZ_LEDGER_SAME:
        know_file(of, file);
        break;
    }
}

static void take_answers(batch *of, hand *by)
{
    g_autoptr(GPtrArray) asked = g_steal_pointer(&by->asked);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    fz_writer_end end = fz_writer_answer(by->writer, questions, asked->len, report);

    tell_note(report);
    if (end == FZ_WRITER_END_LOADED) {
        store_is_back(of);
        for (guint i = 0; i < asked->len; i++)
            take_one_answer(of, asked->pdata[i], questions[i].answer);
        return;
    }
    for (guint i = asked->len; i-- > 0;)
        g_queue_push_head(&of->to_ask, asked->pdata[i]);
    miss_store(of, end, report->line);
}

/* --- Counting --- */

static bool needs_dissectors(const fz_options *options)
{
    return options->filter || options->layers == FZ_LAYERS_ALL;
}

/* The engine for `auto`, told once; it is not asked for before there is something to count. */
static bool choose_engine(batch *of)
{
    g_autoptr(GError) fault = NULL;
    bool dissects = needs_dissectors(&of->settings->options);

    if (of->engine != FZ_BATCH_AUTO)
        return true;
    if (fz_tshark_check(&of->confine, &fault)) {
        of->engine = dissects ? FZ_BATCH_FULL : FZ_BATCH_LEAN;
        fz_log(FZ_LOG_INFO, "engine", NULL, "engine %s: tshark with the plugin is installed%s",
               fz_batch_engine_names[of->engine], dissects ? ", and dissectors are asked for" : "");
    } else if (dissects || !g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_MISSING)) {
        end_batch(of, fault->domain, fault->code, fault->message);
    } else {
        of->engine = FZ_BATCH_SCAN;
        fz_log(FZ_LOG_INFO, "engine", NULL, "engine scan: %s", fault->message);
    }
    return of->engine != FZ_BATCH_AUTO;
}

static bool start_source(batch *of, item *file, GError **error)
{
    g_autofree char *source = g_utf8_make_valid(file->name, -1);
    fz_options options = of->settings->options;

    options.source = source;
    options.lean = of->engine == FZ_BATCH_LEAN;
    return of->engine == FZ_BATCH_SCAN ? fz_scan_start(&file->source, &file->input, &options, &of->confine, error)
                                       : fz_tshark_start(&file->source, &file->input, &options, &of->confine, error);
}

static void count_next(batch *of)
{
    while (of->busy < of->settings->jobs && !g_queue_is_empty(&of->to_load) && !store_waits(of) && !of->fatal &&
           choose_engine(of)) {
        item *file = g_queue_pop_head(&of->to_load);
        g_autoptr(GError) fault = NULL;
        uint64_t size;
        int fd = take_file(of, file, &size);
        if (fd < 0)
            continue;
        file->input = (fz_input){.fd = fd, .name = file->shown, .seekable = true, .size = size};
        bool started = start_source(of, file, &fault);
        close(fd);
        if (!started) {
            fail_file(of, file, fault->message);
            continue;
        }
        file->source.capture = file->name;
        file->source.capture_bytes = size;
        file->state = STATE_COUNTED;
        file->started_us = now();
        of->busy++;
    }
}

/* --- Loading --- */

static void give_to(batch *of, hand *by, item *file)
{
    g_autoptr(GError) fault = NULL;

    if (!fz_writer_give(by->writer, &file->source, &fault)) {
        end_batch(of, fault->domain, fault->code, fault->message);
        return;
    }
    by->loads = file;
    file->state = STATE_LOADED;
}

static void take_loaded(batch *of, item *file, const fz_load_report *report)
{
    bool changed = report->outcome == FZ_LEDGER_LOADED || report->outcome == FZ_LEDGER_REPLACED;
    fz_count all = fz_totals_all(&report->totals);

    if (!changed) {
        if (report->outcome != FZ_LEDGER_ALREADY)
            fz_log(FZ_LOG_WARNING, "differs", file->shown, "%s", report->line);
        know_file(of, file);
        return;
    }
    const fz_log_number numbers[] = {
        {"rows", report->totals.records}, {"packets", all.frames}, {"bytes", all.bytes}, {NULL, 0}};
    bool grown = report->outcome == FZ_LEDGER_REPLACED;
    fz_log_write(&(fz_log_entry){report->totals.cut_short ? FZ_LOG_NOTICE : FZ_LOG_INFO, grown ? "replaced" : "loaded",
                                 file->shown, report->line, numbers});
    of->metrics.loaded += !grown;
    of->metrics.replaced += grown;
    of->metrics.packets += all.frames;
    of->metrics.bytes += all.bytes;
    of->metrics.rows += report->totals.records;
    of->metrics.loaded_s = g_get_real_time() / SECOND_US;
    if (file->time_s != FZ_RING_NO_TIME)
        of->metrics.newest_s = MAX(of->metrics.newest_s, file->time_s);
    file->failures = 0;
    settle(of, file);
}

static void take_store_fault(batch *of, item *file, const char *why)
{
    if (!of->settings->follow) {
        fail_file(of, file, why);
        return;
    }
    /* A full disk, say: it is worth a try as long as the file is there. */
    if (file->failures == 0)
        fz_log(FZ_LOG_ERROR, "again", file->shown, "%s; it is tried again", why);
    try_again(file, back_off(file->failures));
    file->failures++;
}

static void take_load(batch *of, hand *by)
{
    item *file = g_steal_pointer(&by->loads);
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    fz_writer_end end = fz_writer_take(by->writer, &file->source, report);

    of->busy--;
    tell_note(report);
    switch (end) {
    case FZ_WRITER_END_LOADED:
        store_is_back(of);
        take_loaded(of, file, report);
        break;
    case FZ_WRITER_END_INPUT:
        fail_file(of, file, report->line);
        break;
    case FZ_WRITER_END_GONE:
        mourn(of, file, report->line);
        break;
    case FZ_WRITER_END_STORE:
        take_store_fault(of, file, report->line);
        break;
    case FZ_WRITER_END_MISSING:
    case FZ_WRITER_END_HOPELESS:
        file->state = STATE_WAITS;
        g_queue_push_head(&of->to_load, file);
        miss_store(of, end, report->line);
    }
}

static void drop_source(batch *of, item *file)
{
    kill(file->source.pid, SIGKILL);
    if (file->source.feeder > 0)
        kill(file->source.feeder, SIGKILL);
    fz_source_end end = fz_source_stop(&file->source);
    fz_source_end_clear(&end);
    of->busy--;
}

/* --- Waiting --- */

enum { FD_SIGNALS, FD_EVENTS, FD_PROBE, FD_HANDS };

static void add_descriptor(GArray *list, int fd)
{
    const struct pollfd entry = {.fd = fd, .events = POLLIN}; /* -1 is skipped */

    g_array_append_val(list, entry);
}

/* Files whose sources wait for a writer. */
static GPtrArray *counted_files(const batch *of)
{
    GPtrArray *files = g_ptr_array_new();
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, of->items);
    while (of->busy > 0 && g_hash_table_iter_next(&each, NULL, &data))
        if (((item *)data)->state == STATE_COUNTED)
            g_ptr_array_add(files, data);
    return files;
}

/* When the next thing is due that no descriptor tells. */
static gint64 next_due(const batch *of)
{
    gint64 due = of->probed ? of->probe_until_us : G_MAXINT64;
    GHashTableIter each;
    gpointer data;

    if (of->want_list)
        due = MIN(due, of->list_after_us);
    if (of->store_again_us)
        due = MIN(due, of->store_again_us);
    if (of->stopping)
        due = MIN(due, of->stop_until_us);
    if (of->settings->follow)
        due = MIN(due, of->list_after_us + MIN(of->settings->idle_s, (unsigned)RELIST_MAX_S) * SECOND_US + SECOND_US);
    if (of->metrics_news && of->settings->metrics)
        due = MIN(due, of->metrics_after_us);
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        const item *file = data;
        if (file->again_us)
            due = MIN(due, file->again_us);
        if (file->state == STATE_COUNTED && file->source.limits.silence_s)
            due = MIN(due, file->started_us + file->source.limits.silence_s * SECOND_US);
    }
    return due;
}

static int wait_ms(const batch *of)
{
    gint64 left_us = next_due(of) - now();

    if (of->progress)
        left_us = MIN(left_us, SECOND_US / 10);
    return (int)CLAMP(left_us / 1000 + 1, 0, LONGEST_MS);
}

/* Files whose time has come. */
static void wake_files(batch *of)
{
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        item *file = data;
        bool due = file->again_us && file->again_us <= now();
        if (due && file->state == STATE_WAITS) {
            file->again_us = 0;
            g_queue_push_tail(&of->to_probe, file);
        } else if (due && file->state == STATE_WRITING) {
            file->again_us = 0;
            of->want_list = of->settings->follow;
        } else if (file->state == STATE_COUNTED && file->source.limits.silence_s &&
                   now() >= file->started_us + file->source.limits.silence_s * SECOND_US) {
            drop_source(of, file);
            fail_file(of, file, "the process that reads it said nothing for too long; gave up");
        }
    }
}

/* --- Signals and the folder --- */

static void take_signal(batch *of)
{
    struct signalfd_siginfo about;

    if (read(of->signals, &about, sizeof about) != (ssize_t)sizeof about)
        return;
    bool again = of->stopping;
    fz_log(FZ_LOG_NOTICE, "stopping", NULL, "%s: %s", about.ssi_signo == SIGINT ? "interrupted" : "asked to stop",
           again ? "at once" : "what is on its way into the store is finished");
    of->stopping = true;
    of->stop_until_us = now() + (again ? 0 : STOP_PATIENCE_S * SECOND_US);
}

static void take_event(batch *of, const struct inotify_event *event)
{
    item *file = event->len ? g_hash_table_lookup(of->items, event->name) : NULL;

    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
        end_batch(of, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "the ring's folder was taken away");
    if (!file && event->len && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))) { /* it was not listed yet */
        list_ring(of);
        file = g_hash_table_lookup(of->items, event->name);
    }
    if (file && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)))
        file->closed = file->just_closed = true;
    of->want_list = true; /* behind the list above, which did not know that it is closed */
}

static void take_events(batch *of)
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

static void write_metrics(batch *of, bool last)
{
    g_autoptr(GError) fault = NULL;
    const char *path = of->settings->metrics;

    if (!path || (!last && (!of->metrics_news || now() < of->metrics_after_us)))
        return;
    of->metrics.waiting =
        of->to_probe.length + of->to_ask.length + of->to_load.length + of->busy + (of->probed != NULL);
    of->metrics.seconds = (double)(now() - of->begun_us) / 1e6;
    of->metrics.now_s = g_get_real_time() / SECOND_US;
    of->metrics_news = false;
    of->metrics_after_us = now() + METRICS_AGAIN_US;
    bool written = fz_metrics_write(&of->metrics, of->settings->ring, path, &fault);
    if (!written && !of->metrics_failed)
        fz_log(FZ_LOG_WARNING, "metrics", NULL, "%s", fault->message);
    of->metrics_failed = !written;
}

static void show_progress(batch *of)
{
    if (!of->progress && of->listed_once && !of->settings->follow) {
        of->progress = fz_progress_new("flowzone batch", of->total_bytes, of->settings->quiet);
        fz_log_set_progress(of->progress);
    }
    fz_progress_update(of->progress, of->done_bytes, of->metrics.rows);
}

static void summarize(const batch *of)
{
    const fz_metrics *figures = &of->metrics;
    uint64_t files = figures->loaded + figures->replaced + figures->already + figures->empty + figures->vanished +
                     figures->failed + of->writing;
    double seconds = (double)(now() - of->begun_us) / 1e6;
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

static bool is_finished(const batch *of)
{
    GHashTableIter each;
    gpointer data;
    bool loading = false;

    for (unsigned i = 0; i < of->hand_count; i++)
        loading = loading || of->hands[i].loads;
    if (of->stopping || of->fatal)
        return !loading || (of->stopping && now() >= of->stop_until_us);
    if (of->settings->follow || loading || of->busy > 0 || of->probed || !of->listed_once)
        return false;
    g_hash_table_iter_init(&each, of->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        if (((item *)data)->state == STATE_WAITS)
            return false;
    return true;
}

static void start_work(batch *of)
{
    if (of->stopping)
        return;
    if (of->want_list && now() >= of->list_after_us)
        list_ring(of);
    /* In this order: each may leave the next one something, and none waits for what is behind it. */
    probe_next(of);
    ask_next(of);
    count_next(of);
}

/* What the descriptors said. Sources come last: a writer may have become free. */
static void take_work(batch *of, const GArray *list, const GPtrArray *counted)
{
    const struct pollfd *polled = (const struct pollfd *)(gpointer)list->data;

    if (polled[FD_SIGNALS].revents)
        take_signal(of);
    if (polled[FD_EVENTS].revents)
        take_events(of);
    if (polled[FD_PROBE].revents && of->probed)
        take_probe(of);
    for (unsigned i = 0; i < of->hand_count; i++) {
        hand *by = &of->hands[i];
        if (polled[FD_HANDS + i].revents && by->loads)
            take_load(of, by);
        else if (polled[FD_HANDS + i].revents && by->asked)
            take_answers(of, by);
    }
    for (guint i = 0; i < counted->len; i++) {
        hand *by = idle_hand(of);
        if (polled[FD_HANDS + of->hand_count + i].revents && by && !store_waits(of) && !of->stopping && !of->fatal)
            give_to(of, by, counted->pdata[i]);
    }
}

static void turn(batch *of)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    g_autoptr(GPtrArray) counted = counted_files(of);
    bool free_hand = idle_hand(of) && !store_waits(of);

    add_descriptor(list, of->signals);
    add_descriptor(list, of->events);
    add_descriptor(list, of->probed ? fz_probe_descriptor(of->probe) : -1);
    for (unsigned i = 0; i < of->hand_count; i++)
        add_descriptor(list, of->hands[i].loads || of->hands[i].asked ? fz_writer_descriptor(of->hands[i].writer) : -1);
    for (guint i = 0; i < counted->len; i++)
        add_descriptor(list, free_hand ? ((const item *)counted->pdata[i])->source.records : -1);
    if (poll((struct pollfd *)(gpointer)list->data, list->len, wait_ms(of)) > 0)
        take_work(of, list, counted);
    if (of->probed && now() >= of->probe_until_us)
        give_up_probe(of);
    wake_files(of);
    if (of->settings->follow &&
        now() >= of->list_after_us + MIN(of->settings->idle_s, (unsigned)RELIST_MAX_S) * SECOND_US)
        of->want_list = true;
    write_metrics(of, false);
    show_progress(of);
}

/* --- Beginning and end --- */

static bool watch(batch *of, GError **error)
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

static bool catch_signals(batch *of, sigset_t *before)
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

static bool begin(batch *of, GError **error)
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
    of->hands = g_new0(hand, of->hand_count);
    for (unsigned i = 0; i < of->hand_count; i++)
        of->hands[i].writer = fz_writer_new(to, &of->manner, true, &of->confine);
    of->probe = fz_probe_new(&of->confine);
    return true;
}

/* Whatever is not committed is taken back. */
static void end(batch *of)
{
    g_autoptr(GPtrArray) counted = counted_files(of);

    for (guint i = 0; i < counted->len; i++)
        drop_source(of, counted->pdata[i]);
    for (unsigned i = 0; i < of->hand_count; i++) {
        hand *by = &of->hands[i];
        if (by->loads || by->asked)
            fz_writer_kill(by->writer);
        if (by->loads)
            drop_source(of, by->loads);
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
    fz_ring_free(of->ring);
    if (of->events >= 0)
        close(of->events);
    if (of->signals >= 0)
        close(of->signals);
}

static int judge_run(const batch *of, bool unfinished)
{
    const fz_metrics *figures = &of->metrics;
    bool good = figures->loaded + figures->replaced + figures->already > 0;

    if (of->fatal || (unfinished && !of->settings->follow) || (figures->failed > 0 && !of->settings->follow))
        return good ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
    return FZ_EXIT_OK;
}

static void go_round(batch *of)
{
    of->want_list = true;
    start_work(of);
    while (!is_finished(of)) {
        turn(of);
        start_work(of);
    }
}

int fz_batch_run(const fz_batch_settings *settings, GError **error)
{
    batch of = {
        .settings = settings,
        .confine = settings->confine,
        .engine = settings->engine,
        .items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_item),
        .signals = -1,
        .events = -1,
        .metrics = {.store_up = true},
        .begun_us = now(),
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
