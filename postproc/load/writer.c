/* The handle of a writer: starts its process, sends orders, and takes replies that it does not trust.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_private.h"

#include "death.h"
#include "log.h"
#include "outcome.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - writer - error - quark, fz_writer_error)

/* A failure need not be reported: the order gets no reply then. */
static void send_order(const fz_writer *writer, const writer_order *order, const fz_source *source)
{
    const int fds[] = {source ? source->records : -1, source ? source->commands : -1};
    size_t count = !source ? 0 : source->commands >= 0 ? 2 : 1;

    fz_helper_order(&writer->helper, order, sizeof *order, fds, count);
}

bool fz_writer_count(const char *to, unsigned most, unsigned *count, GError **error)
{
    const fz_store_ops *store = fz_store_find(to ? to : FZ_DEFAULT_STORE, error);

    if (!store)
        return false;
    *count = store->writers ? MIN(store->writers, most) : most;
    return true;
}

char *fz_writer_folder(const char *to)
{
    const char *address = to ? to : FZ_DEFAULT_STORE;
    const bool is_file = fz_store_find(address, NULL) == &fz_store_sqlite;
    const char *path = is_file ? fz_store_sqlite_path(address, NULL) : NULL;
    g_autofree char *real = path ? realpath(path, NULL) : NULL; /* it may be a link */

    return path ? g_path_get_dirname(real ? real : path) : NULL;
}

fz_writer *fz_writer_new_for(const char *to, fz_writer_kind kind, const fz_load_manner *manner, fz_confine *confine)
{
    fz_writer *writer = g_new(fz_writer, 1);

    *writer = (fz_writer){.to = to ? to : FZ_DEFAULT_STORE,
                          .kind = kind,
                          .manner = manner,
                          .confine = confine,
                          .helper.channel = -1,
                          .side = {.theirs = -1, .ours = -1}};
    return writer;
}

fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, fz_confine *confine)
{
    return fz_writer_new_for(to, FZ_WRITER_LOADS, manner, confine);
}

static bool start(fz_writer *writer)
{
    (void)fflush(NULL);
    writer->since_us = g_get_monotonic_time();
    if (!fz_helper_start(&writer->helper, true))
        return false;
    if (writer->helper.pid == 0)
        fz_writer_live(writer);
    if (writer->side.theirs >= 0)
        close(writer->side.theirs);
    writer->side.theirs = -1;
    return true;
}

void fz_writer_attend(fz_writer *writer, const fz_writer_side *side)
{
    writer->side = *side;
}

/* The process may have sent any bytes: ends the text within its array, and escapes what would control a terminal. */
static void settle_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    g_autofree char *shown = fz_text_table(text);
    g_strlcpy(text, shown, size);
}

/* The same for a text of several lines. */
static void settle_lines(char *text, size_t size)
{
    text[size - 1] = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *shown = fz_text_table(*line);
        g_free(*line);
        *line = shown;
    }
    g_autofree char *shown = g_strjoinv("\n", lines);
    g_strlcpy(text, shown, size);
}

/* Reads a byte: to read a bool that is neither 0 nor 1 is undefined behaviour. */
static bool is_bool(const bool *at)
{
    unsigned char byte;
    memcpy(&byte, at, sizeof byte);
    return byte <= 1;
}

/* Whether an honest process can give this outcome to the order. */
static bool is_outcome(const fz_writer *writer, fz_outcome outcome)
{
    if ((unsigned)outcome >= FZ_OUTCOMES)
        return false;
    return fz_outcome_is_failure(outcome) || writer->asks == (outcome == FZ_OUTCOME_ANSWERED);
}

/* An attacker who controls the process controls its replies: false for one that an honest process never sends. */
static bool settle_reply(const fz_writer *writer, writer_reply *reply)
{
    fz_load_report *report = &reply->report;

    for (size_t i = 0; i < FZ_WRITER_QUESTIONS; i++)
        if ((unsigned)reply->questions[i].answer > FZ_LEDGER_SAME_DIFFERS)
            return false;
    settle_text(report->store, sizeof report->store);
    settle_text(report->text, sizeof report->text);
    settle_text(report->reader_note, sizeof report->reader_note);
    settle_text(report->writer_note, sizeof report->writer_note);
    settle_lines(report->remarks, sizeof report->remarks);
    return is_outcome(writer, report->outcome) && report->dead == FZ_DEAD_NONE && is_bool(&report->totals.cut_short) &&
           is_bool(&report->totals.changed) && is_bool(&report->before.cut_short) && is_bool(&report->before.changed) &&
           is_bool(&report->dropped) && is_bool(&report->has_details);
}

/* Whether the process and its session in the store can take the next order. */
static bool goes_on(fz_outcome outcome)
{
    return !fz_outcome_is_failure(outcome) || outcome == FZ_OUTCOME_OTHER || outcome == FZ_OUTCOME_INPUT ||
           outcome == FZ_OUTCOME_GONE || outcome == FZ_OUTCOME_BUSY || outcome == FZ_OUTCOME_DROPPED;
}

static void report_death(fz_load_report *report, fz_dead dead, const char *end)
{
    report->dead = dead;
    g_strlcpy(report->text, end ? end : "closed the connection before the end", sizeof report->text);
}

/* Takes the reply to an order. If the store failed, or no reply came, ends the process: the next order starts another
 * one. */
static void take_reply(fz_writer *writer, writer_reply *reply)
{
    bool spoke = fz_helper_take_answer(&writer->helper, reply, sizeof *reply) && settle_reply(writer, reply);

    if (spoke && goes_on(reply->report.outcome))
        return;
    g_autofree char *end = fz_helper_stop(&writer->helper);
    if (spoke)
        return;
    memset(reply, 0, sizeof *reply);
    report_death(&reply->report, FZ_DEAD_WRITER, end);
}

static bool need_process(fz_writer *writer, GError **error)
{
    if (writer->helper.pid != 0 || start(writer))
        return true;
    int fault = errno;
    g_set_error(error, FZ_WRITER_ERROR, FZ_WRITER_ERROR_PROCESS,
                "cannot start the process that writes into the store: %s", g_strerror(fault));
    return false;
}

bool fz_writer_give(fz_writer *writer, const fz_source *source, GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);

    g_assert(writer->kind != FZ_WRITER_READS);
    if (!need_process(writer, error))
        return false;
    writer->asks = false;
    order->kind = ORDER_LOAD;
    order->load.size = source->size;
    order->load.capture_bytes = source->capture_bytes;
    order->load.written_ns = source->written_ns;
    order->load.rows = source->limits.rows;
    order->load.silence_s = source->limits.silence_s;
    g_strlcpy(order->load.name, source->name, sizeof order->load.name);
    g_strlcpy(order->load.capture, source->capture ? source->capture : "", sizeof order->load.capture);
    g_strlcpy(order->load.folder, source->folder ? source->folder : "", sizeof order->load.folder);
    g_strlcpy(order->load.identity, source->identity ? source->identity : "", sizeof order->load.identity);
    send_order(writer, order, source);
    return true;
}

int64_t fz_writer_since_us(const fz_writer *writer)
{
    return writer->since_us;
}

int fz_writer_descriptor(const fz_writer *writer)
{
    return writer->helper.channel;
}

/* Ends the source's processes, and reports which of them died. If tshark was killed, the flow file's missing end is not
 * the capture's fault. */
static void end_source(fz_source *source, fz_load_report *report)
{
    fz_source_end end = fz_source_stop(source);

    if (report->outcome == FZ_OUTCOME_INPUT && end.feeder_killed)
        report->outcome = FZ_OUTCOME_GONE;
    if (report->dead == FZ_DEAD_NONE && fz_outcome_is_failure(report->outcome) && end.feeder)
        report_death(report, FZ_DEAD_DISSECTOR, end.feeder);
    else if (report->dead == FZ_DEAD_NONE && report->outcome == FZ_OUTCOME_GONE)
        report_death(report, FZ_DEAD_READER, end.process);
    if (end.remarks)
        g_strlcpy(report->remarks, end.remarks, sizeof report->remarks);
    fz_source_end_clear(&end);
}

fz_outcome fz_writer_take(fz_writer *writer, fz_source *source, fz_load_report *report)
{
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);

    take_reply(writer, reply);
    *report = reply->report;
    end_source(source, report);
    return report->outcome;
}

bool fz_writer_ask(fz_writer *writer, const fz_ledger_question *questions, size_t count, GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);

    if (!need_process(writer, error))
        return false;
    writer->asks = true;
    order->kind = ORDER_ASK;
    order->count = (uint32_t)count;
    memcpy(order->questions, questions, count * sizeof *questions);
    send_order(writer, order, NULL);
    return true;
}

fz_outcome fz_writer_answer(fz_writer *writer, fz_ledger_question *questions, size_t count, fz_load_report *report)
{
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);

    take_reply(writer, reply);
    *report = reply->report;
    for (size_t i = 0; report->outcome == FZ_OUTCOME_ANSWERED && i < count; i++) {
        questions[i].answer = reply->questions[i].answer;
        questions[i].first_us = reply->questions[i].first_us;
    }
    return report->outcome;
}

bool fz_writer_merge(fz_writer *writer, GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);

    if (!need_process(writer, error))
        return false;
    writer->asks = true;
    order->kind = ORDER_MERGE;
    send_order(writer, order, NULL);
    return true;
}

fz_outcome fz_writer_merged(fz_writer *writer, fz_load_report *report)
{
    return fz_writer_answer(writer, NULL, 0, report);
}

static fz_writer_error death_code(int status)
{
    return fz_death_is_by_memory(status)   ? FZ_WRITER_ERROR_MEMORY
           : fz_death_is_by_output(status) ? FZ_WRITER_ERROR_OUTPUT
                                           : FZ_WRITER_ERROR_PROCESS;
}

/* What became of work: its numbers, or its error. */
static bool settle_work(const fz_writer *writer, const writer_reply *reply, int64_t *numbers, GError **error)
{
    const fz_load_report *report = &reply->report;

    if (*report->writer_note)
        fz_say(writer->confine->who, "%s", report->writer_note);
    if (report->outcome == FZ_OUTCOME_ANSWERED) {
        if (numbers)
            memcpy(numbers, reply->numbers, sizeof reply->numbers);
        return true;
    }
    if (report->dead == FZ_DEAD_WRITER)
        g_set_error(error, FZ_WRITER_ERROR, death_code(writer->helper.status), "the process that works on the store %s",
                    report->text);
    else
        g_set_error_literal(error, FZ_WRITER_ERROR, FZ_WRITER_ERROR_STORE, report->text);
    return false;
}

/* Until there is a reply. */
static void attend(fz_writer *writer)
{
    while (writer->side.ours >= 0) {
        struct pollfd ends[] = {{.fd = writer->helper.channel, .events = POLLIN},
                                {.fd = writer->side.ours, .events = POLLIN}};

        if (poll(ends, G_N_ELEMENTS(ends), -1) < 0 && errno == EINTR)
            continue;
        if (ends[0].revents != 0)
            return;
        if (!writer->side.serve(writer->side.user))
            writer->side.ours = -1;
    }
}

bool fz_writer_work(fz_writer *writer, fz_writer_work_fn work, void *user, int64_t numbers[FZ_WRITER_NUMBERS],
                    GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);

    if (!need_process(writer, error))
        return false;
    writer->asks = true;
    order->kind = ORDER_WORK;
    order->work.run = work;
    order->work.user = user;
    send_order(writer, order, NULL);
    attend(writer);
    take_reply(writer, reply);
    return settle_work(writer, reply, numbers, error);
}

fz_outcome fz_writer_load(fz_writer *writer, fz_source *source, fz_load_report *report)
{
    g_autoptr(GError) error = NULL;

    if (fz_writer_give(writer, source, &error))
        return fz_writer_take(writer, source, report);
    fz_source_end end = fz_source_stop(source);
    fz_source_end_clear(&end);
    memset(report, 0, sizeof *report);
    report->outcome = FZ_OUTCOME_HOPELESS;
    g_strlcpy(report->text, error->message, sizeof report->text);
    return report->outcome;
}

void fz_writer_kill(fz_writer *writer)
{
    fz_helper_kill(&writer->helper);
}

void fz_writer_free(fz_writer *writer)
{
    if (!writer)
        return;
    if (writer->helper.pid != 0)
        g_free(fz_helper_stop(&writer->helper));
    g_free(writer);
}
