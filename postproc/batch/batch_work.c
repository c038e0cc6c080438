/* What is done with a file, step by step, and what became of it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_work.h"

#include "log.h"
#include "scan.h"
#include "text.h"
#include "tshark.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROBE_PATIENCE_S = 10, /* for the first packet of one capture */
    PROBED_AHEAD = 2 * FZ_WRITER_QUESTIONS,
    BACK_OFF_MAX_S = 60,
    DEATHS_MAX = 3, /* of processes over one file */
};

#define NANOSECONDS INT64_C(1000000000)
#define DEAD_AGAIN_US (FZ_SECOND_US / 5)

void fz_batch_end(fz_batch *of, GQuark domain, int code, const char *message)
{
    if (!of->fatal)
        of->fatal = g_error_new_literal(domain, code, message);
}

/* --- What became of a file --- */

/* It is looked at once more, whatever its times say then, but not for more than half of the time. */
static void rest(fz_batch *of, fz_batch_item *file)
{
    gint64 took_us = fz_batch_now() - file->started_us;

    fz_batch_move(of, file, FZ_ITEM_WRITING,
                  fz_batch_now() + CLAMP(took_us, FZ_SECOND_US / 5, BACK_OFF_MAX_S * FZ_SECOND_US));
}

void fz_batch_settle(fz_batch *of, fz_batch_item *file)
{
    fz_batch_move(of, file, FZ_ITEM_DONE, 0);
    file->done = file->taken;
    of->done_bytes += file->share;
    of->metrics_news = true;
    if (!of->settings->follow)
        return;
    if (file->unsure)
        rest(of, file);
    else if (!fz_file_state_is_same(&file->now, &file->taken)) /* it has changed since it was opened */
        fz_batch_look_again(of, file);
}

void fz_batch_fail(fz_batch *of, fz_batch_item *file, const char *why)
{
    of->metrics.failed++;
    fz_log(FZ_LOG_ERROR, "failed", file->shown, "%s", why);
    fz_batch_settle(of, file);
}

static void lose_file(fz_batch *of, fz_batch_item *file)
{
    of->metrics.vanished++;
    fz_log(FZ_LOG_WARNING, "vanished", file->shown, "vanished before it could be read");
    fz_batch_settle(of, file);
}

static void skip_empty(fz_batch *of, fz_batch_item *file)
{
    of->metrics.empty += file->complete;
    if (file->complete)
        fz_log(FZ_LOG_INFO, "empty", file->shown, "has no packet: nothing to load");
    fz_batch_settle(of, file);
}

static void know_file(fz_batch *of, fz_batch_item *file)
{
    of->metrics.already++;
    if (file->time_s != FZ_RING_NO_TIME)
        of->metrics.newest_s = MAX(of->metrics.newest_s, file->time_s);
    fz_batch_settle(of, file);
}

/* Looks at it once more, from the beginning. */
static void try_again(fz_batch *of, fz_batch_item *file, gint64 in_us)
{
    fz_batch_move(of, file, FZ_ITEM_WAITS, fz_batch_now() + in_us);
}

static gint64 back_off(unsigned failures)
{
    return MIN(FZ_SECOND_US << MIN(failures, 10u), BACK_OFF_MAX_S * FZ_SECOND_US);
}

/* A process died over it: that may have been its fault, or not. */
static void mourn(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (++file->deaths >= DEATHS_MAX) {
        fz_batch_fail(of, file, why);
        return;
    }
    fz_log(FZ_LOG_WARNING, "again", file->shown, "%s; it is tried again", why);
    try_again(of, file, DEAD_AGAIN_US << file->deaths);
}

/* A process over it was ended for its silence. */
static void give_up(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (of->settings->follow)
        mourn(of, file, why);
    else
        fz_batch_fail(of, file, why);
}

/* It may pass: who follows tries again, as long as the file is there. */
static void put_off(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (!of->settings->follow) {
        fz_batch_fail(of, file, why);
        return;
    }
    if (file->faults == 0)
        fz_log(FZ_LOG_ERROR, "again", file->shown, "%s; it is tried again", why);
    try_again(of, file, back_off(file->faults));
    file->faults++;
}

/* --- The store --- */

static void store_is_back(fz_batch *of, fz_batch_hand *by)
{
    by->served_us = fz_writer_since_us(by->writer);
    if (of->store_told)
        fz_log(FZ_LOG_NOTICE, "store-back", NULL, "the store is back after %" G_GINT64_FORMAT " s",
               (fz_batch_now() - of->store_lost_us) / FZ_SECOND_US);
    of->store_again_us = 0;
    of->store_failures = 0;
    of->store_told = false;
    of->metrics.store_up = true;
}

static void tell_lost(fz_batch *of, const char *why, bool waits)
{
    of->store_told = true;
    fz_log(FZ_LOG_WARNING, "store-lost", NULL, "%s; %s", why,
           waits ? "waiting for the store, nothing is lost" : "tried once more");
}

/* Whoever follows waits; else one more try tells a lost session from a lost store. `was_idle`: the session had worked,
 * and nothing was under way in it. Servers and proxies close such ones, which is no news when a new one can be had. */
static void miss_store(fz_batch *of, const fz_batch_hand *by, fz_writer_end end, bool was_idle, const char *why)
{
    /* Sessions that are lost together are lost once, whenever each of them is found out. */
    bool is_news = fz_writer_since_us(by->writer) >= of->store_missed_us;
    bool waits = of->settings->follow && end != FZ_WRITER_END_HOPELESS;

    of->metrics.store_up = false;
    of->metrics_news = true;
    if (!is_news && end != FZ_WRITER_END_HOPELESS)
        return;
    of->store_missed_us = fz_batch_now();
    if (end == FZ_WRITER_END_HOPELESS || (!waits && of->store_failures > 0)) {
        fz_batch_end(of, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, why);
        return;
    }
    if (of->store_failures == 0)
        of->store_lost_us = fz_batch_now();
    bool renews = of->store_failures == 0 && was_idle;
    if (!renews && !of->store_told)
        tell_lost(of, why, waits);
    of->store_again_us = fz_batch_now() + (waits && !renews ? back_off(of->store_failures) : 1);
    of->store_failures++;
}

bool fz_batch_store_waits(const fz_batch *of)
{
    return of->store_again_us != 0 && fz_batch_now() < of->store_again_us;
}

fz_batch_hand *fz_batch_idle_hand(const fz_batch *of)
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

/* --- The first packet --- */

bool fz_batch_in_span(const fz_batch *of, int64_t time_s)
{
    return time_s == FZ_RING_NO_TIME || (time_s >= of->settings->since_s && time_s < of->settings->until_s);
}

int64_t fz_batch_time_of(const fz_batch *of, const fz_ring_name *name)
{
    bool is_clear = fz_batch_in_span(of, name->time_s) == fz_batch_in_span(of, name->latest_s);

    return is_clear ? name->time_s : FZ_RING_NO_TIME;
}

void fz_batch_leave_out(fz_batch *of, fz_batch_item *file)
{
    of->metrics.left_out += !file->outside;
    file->outside = true;
    fz_batch_settle(of, file);
}

/* Opens it, or says what became of it: file->taken is what it is now. -1: not to be read. */
static int take_file(fz_batch *of, fz_batch_item *file)
{
    g_autoptr(GError) fault = NULL;
    int fd = fz_ring_take(file->folder->ring, file->name, &file->taken, &fault);

    file->started_us = fz_batch_now();
    file->unsure = fd >= 0 && !file->taken.settled;
    if (fd >= 0 && file->taken.size > 0)
        return fd;
    if (fd >= 0) {
        close(fd);
        skip_empty(of, file);
    } else if (g_error_matches(fault, FZ_RING_ERROR, FZ_RING_ERROR_GONE)) {
        lose_file(of, file);
    } else {
        put_off(of, file, fault->message);
    }
    return -1;
}

/* What lay in the ring when the run began may have been loaded by an earlier one. A name, a size and a time of less
 * than a microsecond tell files apart, but not where the time is of whole seconds. */
static bool may_be_known(const fz_batch *of, const fz_batch_item *file)
{
    return !of->listed_once && !of->settings->replace && file->taken.size > 0 &&
           file->taken.written_ns % NANOSECONDS != 0 && fz_file_state_is_settled(&file->taken);
}

void fz_batch_begin(fz_batch *of, fz_batch_item *file)
{
    g_queue_push_tail(may_be_known(of, file) ? &of->to_know : &of->to_probe, file);
}

/* First all that need not be probed is found, which does not take long. */
static bool may_probe(const fz_batch *of)
{
    return !of->probed && of->to_probe.length > 0 && of->to_ask.length < PROBED_AHEAD && of->to_know.length == 0 &&
           !of->knowing && !of->fatal;
}

void fz_batch_probe_next(fz_batch *of)
{
    while (may_probe(of)) {
        fz_batch_item *file = g_queue_pop_head(&of->to_probe);
        int fd = take_file(of, file);
        if (fd < 0)
            continue;
        if (fz_probe_ask(of->probe, fd, of->fatal ? NULL : &of->fatal)) {
            file->question =
                (fz_ledger_question){.capture_bytes = file->taken.size, .written_ns = file->taken.written_ns};
            of->probed = file;
            of->probe_until_us = fz_batch_now() + PROBE_PATIENCE_S * FZ_SECOND_US;
        }
        close(fd);
    }
}

/* The same question by what the folder says of the file. */
static void name_file(const fz_batch *of, fz_batch_item *file)
{
    fz_run run = of->run;
    g_autofree char *source = fz_text_name(file->name);

    run.source = source;
    g_autofree char *digest = fz_ledger_file(&run, file->taken.size, file->taken.written_ns);
    file->question = (fz_ledger_question){.capture_bytes = file->taken.size, .written_ns = file->taken.written_ns};
    g_strlcpy(file->question.file, digest, sizeof file->question.file);
}

static void identify(const fz_batch *of, fz_batch_item *file, const fz_probe_answer *answer)
{
    fz_run run = of->run;
    g_autofree char *source = fz_text_name(file->name);

    run.source = source;
    run.first_us = answer->first_us;
    run.first_bytes = answer->first_bytes;
    g_autofree char *identity = fz_ledger_identity(&run);
    g_strlcpy(file->question.identity, identity, sizeof file->question.identity);
}

static void take_first(fz_batch *of, fz_batch_item *file, const fz_probe_answer *answer)
{
    if (answer->first_us == 0 && answer->first_bytes == 0) { /* its place is reserved, perhaps */
        skip_empty(of, file);
        return;
    }
    if (file->time_s == FZ_RING_NO_TIME)
        file->time_s = answer->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(of, file->time_s)) {
        fz_batch_leave_out(of, file);
        return;
    }
    identify(of, file, answer);
    g_strlcpy(file->unwalked, answer->unwalked, sizeof file->unwalked);
    g_queue_push_tail(of->settings->replace ? &of->to_load : &of->to_ask, file);
}

void fz_batch_take_probe(fz_batch *of)
{
    fz_batch_item *file = g_steal_pointer(&of->probed);
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
        if (file->complete)
            fz_batch_fail(of, file, answer.text);
        else
            fz_batch_settle(of, file); /* it has just been begun */
        break;
    case FZ_PROBE_DEAD:
        mourn(of, file, answer.text);
        break;
    default:
        try_again(of, file, 0);
        fz_batch_end(of, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, answer.text);
    }
}

void fz_batch_give_up_probe(fz_batch *of)
{
    fz_batch_item *file = g_steal_pointer(&of->probed);

    fz_probe_kill(of->probe);
    give_up(of, file, "its first packet was not found within 10 s");
}

/* --- What the ledger knows --- */

/* What the ledger is asked next; NULL: nothing. Questions go in heaps, while there are more to come. Those by file go
 * to one writer, as each reads the ledger for them. */
static GQueue *find_questions(fz_batch *of)
{
    bool enough = of->to_ask.length >= FZ_WRITER_QUESTIONS || (g_queue_is_empty(&of->to_probe) && !of->probed);

    if (!g_queue_is_empty(&of->to_know))
        return of->knowing ? NULL : &of->to_know;
    return enough && !g_queue_is_empty(&of->to_ask) ? &of->to_ask : NULL;
}

/* The ledger is read from its latest rows back: the newest captures are asked for first. */
static fz_batch_item *take_newest(fz_batch *of)
{
    fz_batch_item *file = g_queue_pop_tail(&of->to_know);

    name_file(of, file);
    return file;
}

void fz_batch_ask_next(fz_batch *of)
{
    GQueue *from = find_questions(of);
    fz_batch_hand *by = fz_batch_idle_hand(of);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    size_t count = 0;

    if (!by || !from || fz_batch_store_waits(of) || of->fatal)
        return;
    by->asked = g_ptr_array_new();
    while (count < FZ_WRITER_QUESTIONS && !g_queue_is_empty(from)) {
        fz_batch_item *file = from == &of->to_know ? take_newest(of) : g_queue_pop_head(from);
        questions[count++] = file->question;
        g_ptr_array_add(by->asked, file);
    }
    of->knowing = of->knowing || from == &of->to_know;
    fz_writer_ask(by->writer, questions, count, of->fatal ? NULL : &of->fatal);
}

static void take_known(fz_batch *of, fz_batch_item *file, const fz_ledger_question *answered)
{
    if (*file->question.file && file->time_s == FZ_RING_NO_TIME)
        file->time_s = answered->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(of, file->time_s)) {
        fz_batch_leave_out(of, file);
        return;
    }
    if (answered->answer == FZ_LEDGER_SAME_DIFFERS)
        fz_log(FZ_LOG_WARNING, "differs", file->shown,
               "already loaded with other parameters; nothing changed, --replace loads it again");
    know_file(of, file);
}

static void take_one_answer(fz_batch *of, fz_batch_item *file, const fz_ledger_question *answered)
{
    if (answered->answer != FZ_LEDGER_NEWS)
        take_known(of, file, answered);
    else if (*file->question.file)
        g_queue_push_head(&of->to_probe, file); /* so the oldest will be the first again */
    else
        g_queue_push_tail(&of->to_load, file);
}

void fz_batch_take_answers(fz_batch *of, fz_batch_hand *by)
{
    g_autoptr(GPtrArray) asked = g_steal_pointer(&by->asked);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    bool worked = by->served_us == fz_writer_since_us(by->writer);
    fz_writer_end end = fz_writer_answer(by->writer, questions, asked->len, report);

    tell_note(report);
    if (*((const fz_batch_item *)asked->pdata[0])->question.file)
        of->knowing = false;
    if (end == FZ_WRITER_END_LOADED) {
        store_is_back(of, by);
        for (guint i = 0; i < asked->len; i++)
            take_one_answer(of, asked->pdata[i], &questions[i]);
        return;
    }
    for (guint i = asked->len; i-- > 0;) {
        fz_batch_item *file = asked->pdata[i];
        if (*file->question.file)
            g_queue_push_tail(&of->to_know, file);
        else
            g_queue_push_head(&of->to_ask, file);
    }
    miss_store(of, by, end, worked && end == FZ_WRITER_END_MISSING, report->line);
}

/* --- Counting --- */

/* Who waits for a writer takes nobody's turn, but there is an end to how many may wait. */
static bool may_count(const fz_batch *of)
{
    return of->busy - of->to_give.length < of->settings->jobs && of->busy < 2 * of->settings->jobs &&
           !fz_batch_store_waits(of) && !of->fatal && fz_batch_now() >= of->hold_until_us;
}

/* Starts a source on the open file. */
static bool start_count(fz_batch *of, fz_batch_item *file, int fd, GError **error)
{
    fz_batch_count *count = fz_batch_count_new(file);
    fz_source *source = &count->source;

    count->input =
        (fz_input){.fd = fd, .name = count->shown, .seekable = true, .size = file->taken.size, .opened = file->taken};
    if (!fz_batch_start_source(of, file, error)) {
        fz_batch_count_free(file);
        return false;
    }
    source->capture = file->name;
    source->identity = file->question.identity;
    source->capture_bytes = file->taken.size;
    source->written_ns = file->taken.written_ns;
    source->limits.silence_s *= 1 + (of->settings->jobs - 1) / g_get_num_processors();
    fz_batch_move(of, file, FZ_ITEM_COUNTED,
                  source->limits.silence_s ? file->started_us + source->limits.silence_s * FZ_SECOND_US : 0);
    of->busy++;
    return true;
}

void fz_batch_count_next(fz_batch *of)
{
    while (may_count(of) && !g_queue_is_empty(&of->to_load) && fz_batch_need_zones(of) && fz_batch_need_engine(of)) {
        if (of->hold_until_us)
            fz_log(FZ_LOG_NOTICE, "again", NULL, "captures are counted again");
        of->hold_until_us = 0;
        fz_batch_item *file = g_queue_pop_head(&of->to_load);
        g_autoptr(GError) fault = NULL;
        if (!fz_batch_choose_engine(of, file, &fault)) {
            if (of->stopping || g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED))
                try_again(of, file, 0);
            else
                put_off(of, file, fault->message);
            continue;
        }
        int fd = take_file(of, file);
        if (fd < 0)
            continue;
        if (!start_count(of, file, fd, &fault))
            put_off(of, file, fault->message);
        close(fd);
    }
}

void fz_batch_take_count(fz_batch *of, fz_batch_item *file)
{
    fz_batch_move(of, file, FZ_ITEM_READY, 0);
    g_queue_push_tail(&of->to_give, file);
}

/* --- Loading --- */

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

static void take_loaded(fz_batch *of, fz_batch_item *file, const fz_load_report *report)
{
    bool changed = report->outcome == FZ_LEDGER_LOADED || report->outcome == FZ_LEDGER_REPLACED;
    fz_count all = fz_totals_all(&report->totals);

    file->unsure = file->unsure || report->totals.changed;
    if (report->outcome == FZ_LEDGER_MOVED) {
        leave_for_later(of, file);
        return;
    }
    if (!changed) {
        if (report->outcome != FZ_LEDGER_ALREADY && !(of->settings->follow && file->unsure)) /* else not yet */
            fz_log(FZ_LOG_WARNING, "differs", file->shown, "%s", report->line);
        know_file(of, file);
        return;
    }
    const fz_log_number numbers[] = {
        {"rows", report->totals.records}, {"packets", all.frames}, {"bytes", all.bytes}, {NULL, 0}};
    bool grown = report->outcome == FZ_LEDGER_REPLACED;
    fz_log_write(&(fz_log_entry){fz_ledger_is_whole(&report->totals) ? FZ_LOG_INFO : FZ_LOG_NOTICE,
                                 grown ? "replaced" : "loaded", file->shown, report->line, numbers});
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
    put_off(of, file, why); /* a full disk, say */
}

/* What a source said of its capture, or of what all captures need. */
static void take_source_fault(fz_batch *of, fz_batch_item *file, const char *why)
{
    of->works[file->engine] = false;
    if (fz_batch_need_zones(of) && fz_batch_need_engine(of) && fz_batch_choose_engine(of, file, NULL))
        fz_batch_fail(of, file, why);
    else
        try_again(of, file, 0);
}

void fz_batch_take_load(fz_batch *of, fz_batch_hand *by)
{
    fz_batch_item *file = g_steal_pointer(&by->loads);
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    fz_writer_end end = fz_writer_take(by->writer, &file->count->source, report);

    fz_batch_count_free(file);
    of->busy--;
    tell_note(report);
    switch (end) {
    case FZ_WRITER_END_LOADED:
        store_is_back(of, by);
        take_loaded(of, file, report);
        break;
    case FZ_WRITER_END_INPUT:
        take_source_fault(of, file, report->line);
        break;
    case FZ_WRITER_END_GONE:
    case FZ_WRITER_END_BUSY:
        mourn(of, file, report->line);
        break;
    case FZ_WRITER_END_STORE:
        take_store_fault(of, file, report->line);
        break;
    case FZ_WRITER_END_MISSING:
    case FZ_WRITER_END_HOPELESS:
        fz_batch_move(of, file, FZ_ITEM_WAITS, 0);
        g_queue_push_head(&of->to_load, file);
        miss_store(of, by, end, false, report->line);
    }
}

void fz_batch_drop_source(fz_batch *of, fz_batch_item *file)
{
    fz_source *source = &file->count->source;

    kill(source->pid, SIGKILL);
    if (source->feeder > 0)
        kill(source->feeder, SIGKILL);
    fz_source_end end = fz_source_stop(source);
    fz_source_end_clear(&end);
    fz_batch_count_free(file);
    of->busy--;
}

void fz_batch_give_up_source(fz_batch *of, fz_batch_item *file)
{
    fz_batch_drop_source(of, file);
    give_up(of, file, "the process that reads it said nothing for too long; gave up");
}
