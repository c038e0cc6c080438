/* `flowzone load`: flow files into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"
#include "command.h"
#include "flowfile.h"
#include "input.h"
#include "ledger.h"
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_S = 60, PATIENCE_MAX_S = 86400 };

static const fz_command this_command = {
    "load", "FILE...|-", "Loads flow files into a store, each exactly once; - reads standard input", fz_load_main};

typedef struct load_options {
    char *to;
    fz_load_manner manner;
    int wait_s;
} load_options;

/* A flow file as the ledger reads it. */
typedef struct file_feed {
    fz_feed feed;
    const fz_input *input;
    fz_reader *head;   /* owns run and zones */
    fz_reader *reader; /* the same, or that of a second pass */
    fz_progress *progress;
    uint64_t rows;
} file_feed;

/* The bar on the terminal, while there is one: messages wipe it away first. */
static fz_progress *current_progress;

static void tell(const char *message)
{
    fz_progress_hide(current_progress);
    fprintf(stderr, "flowzone load: %s\n", message);
}

static ssize_t feed_next(fz_feed *feed, fz_record *records, size_t most, GError **error)
{
    file_feed *file = (file_feed *)feed;
    ssize_t count = fz_reader_next(file->reader, records, most, error);

    if (count > 0)
        file->rows += (uint64_t)count;
    fz_progress_update(file->progress, fz_reader_position(file->reader), file->rows);
    return count;
}

static const fz_totals *feed_totals(fz_feed *feed)
{
    return fz_reader_totals(((file_feed *)feed)->reader);
}

static const char *feed_digest(fz_feed *feed)
{
    return fz_reader_digest(((file_feed *)feed)->reader);
}

static fz_reader *open_reader(const fz_input *input, GError **error)
{
    fz_reader *reader = fz_reader_open(input->fd, input->name, error);

    /* A run that names its source has an identity without reading all of its file. */
    if (reader != NULL && *fz_reader_run(reader)->source == '\0')
        fz_reader_want_digest(reader);
    return reader;
}

static bool feed_rewind(fz_feed *feed, GError **error)
{
    file_feed *file = (file_feed *)feed;

    if (file->reader != file->head)
        fz_reader_free(file->reader);
    file->reader = NULL;
    file->rows = 0;
    if (!fz_input_rewind(file->input, error))
        return false;
    file->reader = open_reader(file->input, error);
    return file->reader != NULL;
}

static void feed_close(file_feed *file)
{
    if (file->reader != file->head)
        fz_reader_free(file->reader);
    fz_reader_free(file->head);
}

static bool feed_open(file_feed *file, const fz_input *input, GError **error)
{
    *file = (file_feed){.input = input};
    file->head = file->reader = open_reader(input, error);
    if (file->head == NULL)
        return false;
    file->feed = (fz_feed){
        .run = fz_reader_run(file->head),
        .zones = fz_reader_zones(file->head),
        .next = feed_next,
        .totals = feed_totals,
        .digest = feed_digest,
        .rewind = input->seekable ? feed_rewind : NULL,
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
    return g_string_free(line, FALSE);
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
                               "); nothing changed, --replace loads it again",
                               when, was.frames, now.frames);
    case FZ_LEDGER_OTHER:
        return g_strdup_printf("begins like a capture loaded on %s and has as many packets, but %" PRIu64
                               " bytes instead of %" PRIu64 "; nothing changed, --replace loads it instead",
                               when, now.bytes, was.bytes);
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

static bool load_feed(fz_store *store, file_feed *file, const fz_load_manner *manner, GError **error)
{
    gint64 begin_us = g_get_monotonic_time();
    fz_ledger_result result;

    current_progress = file->progress = fz_progress_new(file->input->name, file->input->size, manner->quiet);
    bool done = fz_ledger_load(store, &file->feed, manner->replace, &result, error);
    double seconds = (double)(g_get_monotonic_time() - begin_us) / 1e6;
    fz_progress_free(file->progress);
    current_progress = NULL;
    if (done) {
        g_autofree char *line = describe_result(&result, seconds, store->ops->describe(store));
        /* Two captures that the ledger can't tell apart: the user must say which one is meant. */
        if (result.outcome == FZ_LEDGER_OTHER) {
            g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, line);
            done = false;
        } else if (!manner->quiet || is_news(result.outcome)) {
            fprintf(stderr, "%s: %s: %s\n", manner->who, file->input->name, line);
        }
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

bool fz_load_input(fz_store *store, const fz_input *input, const fz_load_manner *manner, GError **error)
{
    file_feed file;
    bool done = feed_open(&file, input, error);

    if (done) {
        done = load_feed(store, &file, manner, error);
        feed_close(&file);
    }
    if (!done)
        name_file(error, input->name);
    return done;
}

/* Opens the store only when there is an input for it: a mistyped name leaves no empty database behind. */
static bool load_file(fz_store **store, const char *to, const char *path, const fz_load_manner *manner, GError **error)
{
    fz_input input;

    if (!fz_input_open(&input, path, error))
        return false;
    if (*store == NULL)
        *store = fz_store_open(to, error);
    bool done = *store != NULL && fz_load_input(*store, &input, manner, error);
    fz_input_close(&input);
    return done;
}

/* The store itself can't be had, whichever file is next. */
static bool is_hopeless(const GError *fault)
{
    return fault->domain == FZ_STORE_ERROR &&
           (fault->code == FZ_STORE_ERROR_URI || fault->code == FZ_STORE_ERROR_CONNECT ||
            fault->code == FZ_STORE_ERROR_SCHEMA);
}

/* Each file for itself: one that fails doesn't stop the others, and a lost connection is made anew for the next. */
static int load_files(char **paths, int count, const load_options *options, GError **error)
{
    const char *to = options->to ? options->to : FZ_DEFAULT_STORE;
    fz_store *store = NULL;
    int loaded = 0, failed = 0;

    for (int i = 0; i < count; i++) {
        g_autoptr(GError) fault = NULL;
        if (load_file(&store, to, paths[i], &options->manner, &fault)) {
            loaded++;
            continue;
        }
        failed++;
        if (g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST))
            g_clear_pointer(&store, fz_store_close);
        bool hopeless = is_hopeless(fault);
        /* The last word of a command is main's: it prints the error of a single file, and of a store that isn't there.
         */
        if (count == 1 || hopeless)
            g_propagate_error(error, g_steal_pointer(&fault));
        else
            tell(fault->message);
        if (hopeless)
            break;
    }
    fz_store_close(store);
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

int fz_load_main(int argc, char **argv, GError **error)
{
    g_autofree char *to_help = fz_load_describe_to();
    load_options of = {.manner = {.who = "flowzone load"}, .wait_s = PATIENCE_S};
    const GOptionEntry options[] = {
        {"to", 't', 0, G_OPTION_ARG_STRING, &of.to, to_help, "STORE"},
        {"replace", 'r', 0, G_OPTION_ARG_NONE, &of.manner.replace,
         "Load captures that are there again, in place of their rows (after the zone file was mended)", NULL},
        {"wait", 'w', 0, G_OPTION_ARG_INT, &of.wait_s, "How long to wait for a store that is locked (default 60)",
         "SECONDS"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &of.manner.quiet, "Tell only what went wrong", NULL},
        G_OPTION_ENTRY_NULL,
    };
    static const char examples[] =
        "Examples:\n"
        "  flowzone load office.flow\n"
        "  flowzone load --to sqlite:/var/lib/flowzone/net.db ring/*.flow\n"
        "  tshark -q -z flowzone,format=ipfix,source=day.pcap -r day.pcap | flowzone load -\n\n"
        "Exit status: 0 all loaded or there already, 1 none, 2 wrong usage, 3 some failed.";
    int status;

    if (!fz_command_parse(&this_command, options, examples, &argc, &argv, &status, error)) {
        g_free(of.to);
        return status;
    }
    if (argc < 2 || of.wait_s < 0 || of.wait_s > PATIENCE_MAX_S) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            argc < 2 ? "expected a FILE, or - for standard input; see --help"
                                     : "--wait: expected 0 to 86400 seconds");
        g_free(of.to);
        return FZ_EXIT_USAGE;
    }
    fz_store_patience = (fz_patience){.seconds = (unsigned)of.wait_s, .tell = tell};
    status = load_files(argv + 1, argc - 1, &of, error);
    g_free(of.to);
    return status;
}
