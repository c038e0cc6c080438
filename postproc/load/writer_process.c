/* The process of a writer: it alone opens a store to write, and serves orders until there are no more.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_private.h"

#include "child.h"
#include "ledger.h"
#include "loader.h"
#include "store_process.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* False when there are no more orders. */
static bool take_order(const fz_helper *helper, writer_order *order, fz_source *source)
{
    int fds[FZ_HELPER_FDS];

    if (!fz_helper_take_order(helper, order, sizeof *order, fds))
        return false;
    if (order->kind == ORDER_ASK)
        return true;
    if (fds[0] < 0)
        return false;
    *source = (fz_source){
        .records = fds[0],
        .commands = fds[1],
        .name = order->load.name,
        .size = order->load.size,
        .capture = *order->load.capture ? order->load.capture : NULL,
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

static void load(const fz_writer *writer, fz_store *store, const fz_source *source, fz_load_report *report)
{
    g_autoptr(GError) fault = NULL;

    if (!fz_load_source(store, source, writer->manner, report, &fault))
        report_fault(report, judge(fault), fault);
    close(source->records);
    if (source->commands >= 0)
        close(source->commands);
}

static void answer(const fz_writer *writer, fz_store *store, fz_ledger_files *files, const writer_order *order,
                   writer_reply *reply)
{
    g_autoptr(GError) fault = NULL;
    size_t count = MIN(order->count, (size_t)FZ_WRITER_QUESTIONS);

    memcpy(reply->questions, order->questions, count * sizeof *order->questions);
    if (fz_ledger_ask(store, writer->manner->run, files, reply->questions, count, &fault))
        reply->report.outcome = FZ_OUTCOME_ANSWERED;
    else
        report_fault(&reply->report, judge(fault), fault);
}

/* Carries out orders, one after the other. False when the store is lost. `note` goes into the first reply. */
static bool serve(const fz_writer *writer, fz_store *store, fz_ledger_files *files, const char *note)
{
    fz_source source;
    g_autofree writer_order *order = g_new(writer_order, 1);
    g_autofree writer_reply *reply = g_new(writer_reply, 1);

    while (take_order(&writer->helper, order, &source)) {
        memset(reply, 0, sizeof *reply);
        if (order->kind == ORDER_ASK)
            answer(writer, store, files, order, reply);
        else
            load(writer, store, &source, &reply->report);
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
    const fz_patience patience = {.seconds = writer->manner->wait_s, .tell = writer->manner->tell_wait};

    return fz_store_process_begin(writer->to, FZ_ACCESS_LOAD, &patience, writer->confine, &writer->helper.channel, 1,
                                  store, note, error);
}

void fz_writer_live(const fz_writer *writer)
{
    g_autoptr(GError) fault = NULL;
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *note = NULL;
    fz_store *store = NULL;
    fz_ledger_files *files = fz_ledger_files_new();

    for (int fd = 0; fd < STDERR_FILENO; fd++)
        fz_child_close_standard(fd);
    bool done = begin(writer, &store, &note, &fault) && serve(writer, store, files, note);
    if (fault) { /* of begin(): the process ends, and this is its only reply */
        report_fault(&reply->report, judge(fault) == FZ_OUTCOME_HOPELESS ? FZ_OUTCOME_HOPELESS : FZ_OUTCOME_MISSING,
                     fault);
        fz_helper_answer(&writer->helper, reply, sizeof *reply);
    }
    fz_ledger_files_free(files);
    fz_store_close(store);
    (void)fflush(stderr);
    _exit(done ? 0 : 1);
}
