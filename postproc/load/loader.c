/* `flowzone load`: flow files into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "loader.h"
#include "command.h"
#include "input.h"
#include "ledger.h"
#include "log.h"
#include "progress.h"
#include "reader.h"
#include "text.h"
#include "writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_S = 60, PATIENCE_MAX_S = 86400 };

static const fz_command this_command = {
    "load", "FILE...|-", "Loads flow files into a store, each exactly once; - reads standard input", fz_load_main};

typedef struct load_options {
    char *to;
    fz_load_manner manner;
    fz_confine confine;
    char *jail;
    int wait_s;
} load_options;

/* A record pipe as the ledger reads it. */
typedef struct pipe_feed {
    fz_feed feed;
    const fz_source *source;
    fz_pipe *pipe;
    fz_progress *progress;
    uint64_t rows;
} pipe_feed;

/* The bar on the terminal, while there is one: messages wipe it away first. */
static fz_progress *current_progress;

static void tell(const char *message)
{
    fz_progress_hide(current_progress);
    fz_say("flowzone load", "%s", message);
}

static ssize_t feed_next(fz_feed *feed, fz_record *records, size_t most, GError **error)
{
    pipe_feed *of = (pipe_feed *)feed;
    ssize_t count = fz_pipe_next(of->pipe, records, most, error);

    if (count > 0)
        of->rows += (uint64_t)count;
    fz_progress_update(of->progress, fz_pipe_position(of->pipe), of->rows);
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

static bool feed_rewind(fz_feed *feed, GError **error)
{
    pipe_feed *of = (pipe_feed *)feed;

    of->rows = 0;
    return fz_pipe_rewind(of->pipe, error);
}

static bool feed_open(pipe_feed *of, const fz_source *source, GError **error)
{
    *of = (pipe_feed){.source = source};
    of->pipe = fz_pipe_open(source->records, source->commands, source->name, &source->limits, error);
    if (of->pipe == NULL)
        return false;
    of->feed = (fz_feed){
        .capture_bytes = source->capture_bytes,
        .written_ns = source->written_ns,
        .identity = source->identity,
        .run = fz_pipe_run(of->pipe),
        .zones = fz_pipe_zones(of->pipe),
        .next = feed_next,
        .totals = feed_totals,
        .digest = feed_digest,
        .rewind = source->commands >= 0 ? feed_rewind : NULL,
    };
    return true;
}

/* "2026-11-23 12:00:00 UTC" of when it was loaded. */
static char *print_when(const fz_loaded *before)
{
    char text[FZ_TIME_TEXT_SIZE];
    size_t fraction = strlen(".ffffff");

    fz_time_print(before->loaded_us, text);
    return g_strdup_printf("%.*s UTC", (int)(strlen(text) - fraction), text);
}

static char *describe_loaded(const fz_ledger_result *result, double seconds, const char *where)
{
    fz_count all = fz_totals_all(&result->totals);
    GString *line = g_string_new(NULL);

    g_string_append_printf(
        line, "%" PRIu64 " row%s of %" PRIu64 " packets, %" PRIu64 " bytes in %.2f s (%.0f rows/s) into %s",
        result->totals.records, result->totals.records == 1 ? "" : "s", all.frames, all.bytes, seconds,
        (double)result->totals.records / MAX(seconds, 1e-6), where);
    if (result->outcome == FZ_LEDGER_REPLACED && result->before.load_id != 0)
        g_string_append_printf(line, "; replaced %" PRIu64 " row%s of %" PRIu64 " packets",
                               result->before.totals.records, result->before.totals.records == 1 ? "" : "s",
                               fz_totals_all(&result->before.totals).frames);
    if (result->totals.cut_short)
        g_string_append(line, "; the capture was cut short");
    if (result->totals.changed)
        g_string_append(line, "; it was written while it was read: to be loaded again");
    return g_string_free(line, FALSE);
}

/* Why fewer packets may be here than there are. */
static const char *describe_gap(const fz_totals *totals)
{
    return totals->changed     ? ", but it was written while it was read"
           : totals->cut_short ? ", and it is cut short"
                               : "";
}

/* What became of a file, in words. */
static char *describe_result(const fz_ledger_result *result, double seconds, const char *where)
{
    fz_count now = fz_totals_all(&result->totals), was = fz_totals_all(&result->before.totals);
    g_autofree char *when = print_when(&result->before);

    switch (result->outcome) {
    case FZ_LEDGER_ALREADY:
        return g_strdup_printf("already loaded: %" PRIu64 " row%s of %" PRIu64 " packets on %s; nothing to do",
                               result->before.totals.records, result->before.totals.records == 1 ? "" : "s", was.frames,
                               when);
    case FZ_LEDGER_DIFFERS:
        return g_strdup_printf("already loaded on %s with other parameters (%s); nothing changed, --replace loads it "
                               "again",
                               when, result->differences);
    case FZ_LEDGER_FEWER:
        return g_strdup_printf("already loaded on %s with more packets (%" PRIu64 ", here %" PRIu64
                               "%s); nothing changed, --replace loads it again",
                               when, was.frames, now.frames, describe_gap(&result->totals));
    case FZ_LEDGER_OTHER:
        return g_strdup_printf("begins like a capture loaded on %s and has as many packets, but %" PRIu64
                               " bytes instead of %" PRIu64 "; nothing changed, --replace loads it instead",
                               when, now.bytes, was.bytes);
    case FZ_LEDGER_MOVED:
        return g_strdup("another capture took its place while it was counted; nothing changed");
    case FZ_LEDGER_LOADED:
    case FZ_LEDGER_REPLACED:
        break;
    }
    return describe_loaded(result, seconds, where);
}

static bool is_news(fz_ledger_outcome outcome)
{
    return outcome != FZ_LEDGER_LOADED && outcome != FZ_LEDGER_REPLACED && outcome != FZ_LEDGER_ALREADY;
}

static void tell_result(const pipe_feed *of, const fz_load_manner *manner, const fz_ledger_result *result,
                        const char *line, fz_load_report *report)
{
    if (report != NULL) {
        report->outcome = result->outcome;
        report->totals = result->totals;
        report->before = result->before.totals;
        g_strlcpy(report->line, line, sizeof report->line);
    } else if (!manner->quiet || is_news(result->outcome)) {
        fz_say(manner->who, "%s: %s", of->source->name, line);
    }
}

static bool load_feed(fz_store *store, pipe_feed *of, const fz_load_manner *manner, fz_load_report *report,
                      GError **error)
{
    gint64 begin_us = g_get_monotonic_time();
    fz_ledger_result result;

    current_progress = of->progress = fz_progress_new(of->source->name, of->source->size, manner->quiet);
    bool done = fz_ledger_load(store, &of->feed, manner->replace, &result, error);
    double seconds = (double)(g_get_monotonic_time() - begin_us) / 1e6;
    fz_progress_free(of->progress);
    current_progress = NULL;
    if (done) {
        g_autofree char *line = describe_result(&result, seconds, store->ops->describe(store));
        /* Two captures that the ledger can't tell apart: the user must say which one is meant. */
        if (result.outcome == FZ_LEDGER_OTHER) {
            g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, line);
            done = false;
        }
        if (done || report != NULL)
            tell_result(of, manner, &result, line, report);
    }
    fz_ledger_result_clear(&result);
    return done;
}

/* An error of the store doesn't say which file it hit; those of the reader do. */
static void name_file(GError **error, const char *name)
{
    size_t length = strlen(name);

    if (strncmp((*error)->message, name, length) != 0 || (*error)->message[length] != ':')
        g_prefix_error(error, "%s: ", name);
}

/* A process that reads a capture may be in the hands of whoever wrote it, and must not speak for another one. */
static bool check_run(const pipe_feed *of, const fz_load_manner *manner, GError **error)
{
    const fz_run *run = of->feed.run, *wanted = manner->run;

    if (wanted == NULL)
        return true;
    g_autofree char *source = fz_text_name(of->source->capture);
    if (strcmp(run->source, source) == 0 && strcmp(run->sensor, wanted->sensor) == 0 &&
        strcmp(run->location, wanted->location) == 0 && strcmp(run->filter, wanted->filter) == 0)
        return true;
    g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_INVALID,
                "%s: its reader cannot be trusted: it speaks of another capture", of->source->name);
    return false;
}

static void tell_note(const pipe_feed *of, const fz_load_manner *manner, fz_load_report *report)
{
    const char *note = fz_pipe_note(of->pipe);

    if (note != NULL && report != NULL)
        g_strlcpy(report->note, note, sizeof report->note);
    else if (note != NULL)
        fz_say(manner->who, "%s", note);
}

/* Of a file that had one when it was looked at. */
static bool has_no_packet(const pipe_feed *of, fz_load_report *report)
{
    const fz_run *run = of->feed.run;

    if (report == NULL || of->source->identity == NULL || run->first_us != 0 || run->first_bytes != 0)
        return false;
    report->outcome = FZ_LEDGER_MOVED;
    return true;
}

/* What the reader said of the capture. */
static void tell_remarks(const pipe_feed *of, const fz_load_manner *manner, fz_load_report *report)
{
    const char *remarks = fz_pipe_remarks(of->pipe);

    if (remarks == NULL)
        return;
    if (report != NULL) {
        g_strlcpy(report->remarks, remarks, sizeof report->remarks);
        return;
    }
    g_auto(GStrv) lines = g_strsplit(remarks, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        fz_say(manner->who, "%s: %s", of->source->name, *line);
}

bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error)
{
    pipe_feed of;
    bool done = feed_open(&of, source, error);

    if (done) {
        tell_note(&of, manner, report);
        done = check_run(&of, manner, error) &&
               (has_no_packet(&of, report) || load_feed(store, &of, manner, report, error));
        tell_remarks(&of, manner, report);
        fz_pipe_free(of.pipe);
    }
    if (!done)
        name_file(error, source->name);
    return done;
}

/* False with an error where the file can't even be opened; else the writer tells what became of it. */
static bool load_file(fz_writer *writer, const char *path, fz_confine *confine, fz_writer_outcome *outcome,
                      GError **error)
{
    fz_input input;
    fz_source source;

    if (!fz_input_open(&input, path, error))
        return false;
    bool started = fz_reader_start(&source, &input, NULL, confine, error);
    if (started)
        *outcome = fz_writer_load(writer, &source);
    fz_input_close(&input);
    return started;
}

/* Each file for itself: one that fails doesn't stop the others. */
static int load_files(char **paths, int count, load_options *options, GError **error)
{
    fz_writer *writer =
        fz_writer_new(options->to ? options->to : FZ_DEFAULT_STORE, &options->manner, false, &options->confine);
    int loaded = 0, failed = 0;
    fz_writer_outcome outcome = FZ_WRITER_LOADED;

    for (int i = 0; i < count && outcome != FZ_WRITER_HOPELESS; i++) {
        g_autoptr(GError) fault = NULL;
        if (!load_file(writer, paths[i], &options->confine, &outcome, &fault)) {
            outcome = FZ_WRITER_FAILED;
            /* The last word of a command is main's. */
            if (count == 1)
                g_propagate_error(error, g_steal_pointer(&fault));
            else
                tell(fault->message);
        }
        if (outcome == FZ_WRITER_LOADED)
            loaded++;
        else
            failed++;
    }
    fz_writer_free(writer);
    if (failed == 0)
        return FZ_EXIT_OK;
    return loaded > 0 ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
}

char *fz_load_describe_to(void)
{
    GString *text = g_string_new("Where to: ");

    for (size_t i = 0; i < fz_store_count; i++)
        g_string_append_printf(text, "%s%s", i ? " or " : "", fz_stores[i]->address);
    g_string_append(text, " (default " FZ_DEFAULT_STORE ")");
    return g_string_free(text, FALSE);
}

static bool check_usage(int argc, load_options *of, int *status, GError **error)
{
    const char *fault = NULL;

    *status = FZ_EXIT_USAGE;
    if (argc < 2)
        fault = "expected a FILE, or - for standard input; see --help";
    else if (of->wait_s < 0 || of->wait_s > PATIENCE_MAX_S)
        fault = "--wait: expected 0 to 86400 seconds";
    if (fault == NULL)
        return fz_confine_parse(&of->confine, of->jail, error);
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, fault);
    return false;
}

int fz_load_main(int argc, char **argv, GError **error)
{
    g_autofree char *to_help = fz_load_describe_to();
    load_options of = {.manner = {.who = "flowzone load"}, .confine = {.who = "flowzone load"}, .wait_s = PATIENCE_S};
    const GOptionEntry options[] = {
        {"to", 't', 0, G_OPTION_ARG_STRING, &of.to, to_help, "STORE"},
        {"replace", 'r', 0, G_OPTION_ARG_NONE, &of.manner.replace,
         "Load captures that are there again, in place of their rows (after the zone file was mended)", NULL},
        {"wait", 'w', 0, G_OPTION_ARG_INT, &of.wait_s, "How long to wait for a store that is locked (default 60)",
         "SECONDS"},
        {"jail", 0, 0, G_OPTION_ARG_STRING, &of.jail, FZ_CONFINE_HELP, "MODE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &of.manner.quiet, "Tell only what went wrong", NULL},
        G_OPTION_ENTRY_NULL,
    };
    static const char examples[] =
        "Examples:\n"
        "  flowzone load office.flow\n"
        "  flowzone load --to sqlite:net.db ring/*.flow\n"
        "  tshark -q -z flowzone,format=ipfix,source=day.pcap -r day.pcap | flowzone load -\n\n"
        "Exit status: 0 all loaded or there already, 1 none, 2 wrong usage, 3 some failed.";
    int status = FZ_EXIT_USAGE;

    if (fz_command_parse(&this_command, options, examples, &argc, &argv, &status, error) &&
        check_usage(argc, &of, &status, error)) {
        fz_store_patience = (fz_patience){.seconds = (unsigned)of.wait_s, .tell = tell};
        status = load_files(argv + 1, argc - 1, &of, error);
    }
    g_free(of.to);
    g_free(of.jail);
    return status;
}
