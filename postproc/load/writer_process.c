/* The process of a writer: it alone opens a store to write, and serves orders until there are no more.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_private.h"

#include "child.h"
#include "ledger.h"
#include "loader.h"
#include "merge.h"
#include "store_process.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How many loads wait until their sums are merged. A batch merges them when it has nothing else to do. */
enum { MERGE_AT = 16 };
G_STATIC_ASSERT((int)FZ_WRITER_MERGES <= (int)FZ_MERGE_MOST);

/* False when there are no more orders. */
static bool take_order(const fz_helper *helper, writer_order *order, fz_source *source)
{
    int fds[FZ_HELPER_FDS];

    if (!fz_helper_take_order(helper, order, sizeof *order, fds))
        return false;
    if (order->kind != ORDER_LOAD)
        return true;
    if (fds[0] < 0)
        return false;
    *source = (fz_source){
        .records = fds[0],
        .commands = fds[1],
        .name = order->load.name,
        .size = order->load.size,
        .capture = *order->load.capture ? order->load.capture : NULL,
        .folder = *order->load.folder ? order->load.folder : NULL,
        .identity = *order->load.identity ? order->load.identity : NULL,
        .capture_bytes = order->load.capture_bytes,
        .written_ns = order->load.written_ns,
        .limits = {.rows = order->load.rows, .silence_s = order->load.silence_s},
    };
    return true;
}

static fz_outcome judge_store(int code)
{
    switch (code) {
    case FZ_STORE_ERROR_URI:
    case FZ_STORE_ERROR_SCHEMA:
        return FZ_OUTCOME_HOPELESS;
    case FZ_STORE_ERROR_CONNECT:
        return FZ_OUTCOME_MISSING;
    case FZ_STORE_ERROR_LOST:
        return FZ_OUTCOME_LOST;
    case FZ_STORE_ERROR_BUSY:
    case FZ_STORE_ERROR_DUPLICATE:
        return FZ_OUTCOME_BUSY;
    default:
        return FZ_OUTCOME_STORE;
    }
}

static fz_outcome judge(const GError *fault)
{
    if (fault->domain == FZ_JAIL_ERROR)
        return FZ_OUTCOME_HOPELESS;
    if (fault->domain == FZ_STORE_ERROR)
        return judge_store(fault->code);
    return g_error_matches(fault, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE) ? FZ_OUTCOME_GONE : FZ_OUTCOME_INPUT;
}

static void report_fault(fz_load_report *report, fz_outcome outcome, const GError *fault)
{
    report->outcome = outcome;
    g_strlcpy(report->text, fault->message, sizeof report->text);
}

/* A capture that ended less long ago may still grow: it would have to be taken out of the merged rows again. */
#define CLOSED_US (INT64_C(300) * 1000000)

static int64_t closed_before_us(void)
{
    return g_get_real_time() - CLOSED_US;
}

/* Merges loads once enough of them wait. The capture is loaded by now: a failure is no more than a note, and the next
 * attempt is after as many loads again. */
static void merge_some(fz_store *store, unsigned *rest, fz_load_report *report)
{
    g_autoptr(GError) fault = NULL;
    const int64_t before_us = closed_before_us();
    size_t loads = 0;

    if (*rest > 0) {
        --*rest;
        return;
    }
    if (fz_merge_count(store, before_us, MERGE_AT, &loads, &fault) &&
        (loads < MERGE_AT || fz_merge(store, before_us, FZ_WRITER_MERGES, &loads, &fault)))
        return;
    *rest = MERGE_AT;
    if (!g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY)) /* else another process merges, or a load runs */
        g_snprintf(report->writer_note, sizeof report->writer_note, "the sums of loads were not merged: %s",
                   fault->message);
}

static void load(const fz_writer *writer, fz_store *store, const fz_source *source, unsigned *rest,
                 fz_load_report *report)
{
    g_autoptr(GError) fault = NULL;

    if (!fz_load_source(store, source, writer->manner, report, &fault))
        report_fault(report, judge(fault), fault);
    close(source->records);
    if (source->commands >= 0)
        close(source->commands);
    if (writer->kind != FZ_WRITER_LOADS) /* there are no questions to come that would be worth it */
        return;
    if (report->outcome == FZ_OUTCOME_LOADED || report->outcome == FZ_OUTCOME_REPLACED)
        merge_some(store, rest, report);
}

static void merge(fz_store *store, fz_load_report *report)
{
    g_autoptr(GError) fault = NULL;
    size_t loads = 0;

    if (fz_merge(store, closed_before_us(), FZ_WRITER_MERGES, &loads, &fault))
        report->outcome = FZ_OUTCOME_ANSWERED;
    else
        report_fault(report, judge(fault), fault);
    report->merged = loads;
}

static void answer(const fz_writer *writer, fz_store *store, const writer_order *order, writer_reply *reply)
{
    g_autoptr(GError) fault = NULL;
    size_t count = MIN(order->count, (size_t)FZ_WRITER_QUESTIONS);

    memcpy(reply->questions, order->questions, count * sizeof *order->questions);
    if (fz_ledger_ask(store, writer->manner->run, reply->questions, count, &fault))
        reply->report.outcome = FZ_OUTCOME_ANSWERED;
    else
        report_fault(&reply->report, judge(fault), fault);
}

static void work(fz_store *store, const writer_order *order, writer_reply *reply)
{
    g_autoptr(GError) fault = NULL;

    if (order->work.run(store, order->work.user, reply->numbers, &fault) && fz_store_process_flush(&fault)) {
        reply->report.outcome = FZ_OUTCOME_ANSWERED;
        return;
    }
    fz_store_process_heed_output();
    report_fault(&reply->report, judge(fault), fault);
}

/* Carries out orders, one after the other. False when the store is lost. `note` goes into the first reply. */
static bool serve(const fz_writer *writer, fz_store *store, const char *note)
{
    fz_source source;
    g_autofree writer_order *order = g_new(writer_order, 1);
    g_autofree writer_reply *reply = g_new(writer_reply, 1);
    unsigned rest = 0; /* how many loads until sums are merged again, after a failure */

    while (take_order(&writer->helper, order, &source)) {
        memset(reply, 0, sizeof *reply);
        if (order->kind == ORDER_ASK)
            answer(writer, store, order, reply);
        else if (order->kind == ORDER_MERGE)
            merge(store, &reply->report);
        else if (order->kind == ORDER_WORK)
            work(store, order, reply);
        else
            load(writer, store, &source, &rest, &reply->report);
        if (note)
            g_strlcpy(reply->report.writer_note, note, sizeof reply->report.writer_note);
        note = NULL;
        if (!fz_helper_answer(&writer->helper, reply, sizeof *reply) || reply->report.outcome == FZ_OUTCOME_LOST)
            return false;
    }
    return true;
}

/* Opens the store, and locks the process. `*note` is what to report about the lock, NULL: nothing; the caller frees. */
static bool begin(const fz_writer *writer, fz_store **store, char **note, GError **error)
{
    static const fz_access accesses[] = {
        [FZ_WRITER_LOADS] = FZ_ACCESS_LOAD,
        [FZ_WRITER_TEMPORARY] = FZ_ACCESS_TEMPORARY,
        [FZ_WRITER_READS] = FZ_ACCESS_READ,
    };
    const fz_patience patience = {.seconds = writer->manner->wait_s, .tell = writer->manner->tell_wait};
    const int keep[] = {writer->helper.channel, writer->side.theirs};

    return fz_store_process_begin(writer->to, accesses[writer->kind], &patience, writer->confine, keep,
                                  G_N_ELEMENTS(keep), store, note, error);
}

void fz_writer_live(const fz_writer *writer)
{
    g_autoptr(GError) fault = NULL;
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *note = NULL;
    fz_store *store = NULL;

    fz_child_close_standard(STDIN_FILENO);
    if (writer->kind == FZ_WRITER_LOADS)
        fz_child_close_standard(STDOUT_FILENO);
    else
        fz_child_heed_sigpipe();
    bool done = begin(writer, &store, &note, &fault) && serve(writer, store, note);
    if (fault) { /* of begin(): the process ends, and this is its only reply */
        report_fault(&reply->report, judge(fault) == FZ_OUTCOME_HOPELESS ? FZ_OUTCOME_HOPELESS : FZ_OUTCOME_MISSING,
                     fault);
        fz_helper_answer(&writer->helper, reply, sizeof *reply);
    }
    fz_store_close(store);
    (void)fflush(stderr);
    _exit(done ? 0 : 1);
}
