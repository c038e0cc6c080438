/* Loading what one source sends: from a record pipe through the ledger into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "loader.h"

#include "ledger.h"
#include "log.h"
#include "progress.h"
#include "text.h"

#include <string.h>

/* A record pipe as a feed of the ledger. */
typedef struct pipe_feed {
    fz_feed base;
    const fz_source *source;
    fz_pipe *pipe;
    fz_progress *progress;
    uint64_t rows;
} pipe_feed;

static ssize_t feed_next(fz_feed *base, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    pipe_feed *feed = (pipe_feed *)base;
    const ssize_t count = fz_pipe_next(feed->pipe, kind, rows, most, error);

    if (count > 0 && *kind != FZ_ROW_MINUTE)
        feed->rows += (uint64_t)count;
    fz_progress_update(feed->progress, fz_pipe_position(feed->pipe), feed->rows);
    return count;
}

static const fz_totals *feed_totals(fz_feed *feed)
{
    return fz_pipe_totals(((pipe_feed *)feed)->pipe);
}

static const char *feed_digest(fz_feed *feed)
{
    return fz_pipe_digest(((pipe_feed *)feed)->pipe);
}

static void feed_set_tick(fz_feed *feed, unsigned seconds, bool (*tick)(void *, GError **), void *user)
{
    fz_pipe_set_tick(((pipe_feed *)feed)->pipe, seconds, tick, user);
}

static bool feed_rewind(fz_feed *base, GError **error)
{
    pipe_feed *feed = (pipe_feed *)base;

    feed->rows = 0;
    return fz_pipe_rewind(feed->pipe, error);
}

static bool feed_open(pipe_feed *feed, const fz_source *source, GError **error)
{
    *feed = (pipe_feed){.source = source};
    feed->pipe = fz_pipe_open(source->records, source->commands, &source->limits, error);
    if (!feed->pipe)
        return false;
    feed->base = (fz_feed){
        .capture_bytes = source->capture_bytes,
        .written_ns = source->written_ns,
        .identity = source->identity,
        .run = fz_pipe_run(feed->pipe),
        .zones = fz_pipe_zones(feed->pipe),
        .next = feed_next,
        .totals = feed_totals,
        .digest = feed_digest,
        .set_tick = feed_set_tick,
        .rewind = source->commands >= 0 ? feed_rewind : NULL,
    };
    return true;
}

/* Whether the last drop was of what keeps the load from being replaced. Packets go after hours, but before details. */
static bool tells_when(const fz_loaded *before)
{
    return before->dropping == 0 &&
           (before->dropped == FZ_DROPPED_HOURS || (before->dropped & ~FZ_DROPPED_PACKETS) == FZ_DROPPED_FLOWS);
}

static void report_result(const fz_ledger_result *result, fz_load_report *report)
{
    report->outcome = result->outcome;
    report->totals = result->totals;
    report->before = result->before.totals;
    report->before_us = result->before.loaded_us;
    report->dropped = fz_ledger_is_dropped(&result->before);
    report->has_details = !((result->before.dropped | result->before.dropping) & FZ_DROPPED_FLOWS);
    if (tells_when(&result->before))
        report->dropped_us = result->before.dropped_us; /* else that of another drop, before or since */
    if (result->differences)
        g_strlcpy(report->text, result->differences, sizeof report->text);
}

static bool load_feed(fz_store *store, pipe_feed *feed, const fz_load_manner *manner, fz_load_report *report,
                      GError **error)
{
    gint64 begin_us = g_get_monotonic_time();
    fz_ledger_result result;

    feed->progress = fz_progress_new(feed->source->name, feed->source->size, manner->quiet);
    fz_log_set_progress(feed->progress);
    bool done = fz_ledger_load(store, &feed->base, manner->replace, &result, error);
    report->took_us = g_get_monotonic_time() - begin_us;
    fz_log_set_progress(NULL);
    fz_progress_free(feed->progress);
    g_strlcpy(report->store, store->ops->describe(store), sizeof report->store);
    if (done)
        report_result(&result, report);
    fz_ledger_result_clear(&result);
    return done;
}

/* Whether the run is in the source's folder, or does not say where it is. */
static bool is_in_folder(const fz_run *run, const fz_source *source)
{
    g_autofree char *folder = source->folder ? fz_text_name(source->folder) : NULL;

    return !folder || *run->folder == '\0' || strcmp(run->folder, folder) == 0;
}

/* The author of a capture may control the process that reads it. It must not be loaded under another capture's name. */
static bool check_run(const pipe_feed *feed, const fz_load_manner *manner, GError **error)
{
    const fz_run *run = feed->base.run, *wanted = manner->run;

    if (run->without_flows) {
        g_set_error_literal(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_FAULT,
                            "it has packets without their conversations: a store takes both, rows=flows,packets");
        return false;
    }
    if (!wanted)
        return true;
    g_autofree char *source = fz_text_name(feed->source->capture);
    if (strcmp(run->source, source) == 0 && strcmp(run->sensor, wanted->sensor) == 0 &&
        strcmp(run->location, wanted->location) == 0 && strcmp(run->filter, wanted->filter) == 0 &&
        is_in_folder(run, feed->source))
        return true;
    g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_INVALID,
                "its reader cannot be trusted: it describes another capture");
    return false;
}

/* The file had a packet when it was looked at, and has none now. */
static bool has_no_packet(const pipe_feed *feed, fz_load_report *report)
{
    const fz_run *run = feed->base.run;

    if (!feed->source->identity || run->first_us != 0 || run->first_bytes != 0)
        return false;
    report->outcome = FZ_OUTCOME_MOVED;
    return true;
}

bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error)
{
    pipe_feed feed;

    if (!feed_open(&feed, source, error))
        return false;
    bool done = check_run(&feed, manner, error) &&
                (has_no_packet(&feed, report) || load_feed(store, &feed, manner, report, error));
    if (fz_pipe_note(feed.pipe))
        g_strlcpy(report->reader_note, fz_pipe_note(feed.pipe), sizeof report->reader_note);
    if (fz_pipe_remarks(feed.pipe))
        g_strlcpy(report->remarks, fz_pipe_remarks(feed.pipe), sizeof report->remarks);
    fz_pipe_free(feed.pipe);
    return done;
}
