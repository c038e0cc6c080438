/* `flowzone load`: flow files into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "input.h"
#include "log.h"
#include "reader.h"
#include "store.h"
#include "writer.h"

enum { PATIENCE_MAX_S = 86400 };

static const fz_command this_command = {
    "load", "FILE...|-", "Loads flow files into a store, each exactly once; - reads standard input", fz_load_main};

typedef struct load_options {
    char *to;
    fz_load_manner manner;
    fz_confine confine;
    char *jail;
    int wait_s;
} load_options;
static void tell(const char *message)
{
    fz_say("flowzone load", "%s", message);
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
    fz_writer *writer = fz_writer_new(options->to, &options->manner, false, &options->confine);
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
    g_autofree char *to_help = fz_store_describe_to();
    load_options of = {
        .manner = {.who = "flowzone load"}, .confine = {.who = "flowzone load"}, .wait_s = FZ_STORE_PATIENCE_S};
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
        of.manner.wait_s = (unsigned)of.wait_s;
        of.manner.tell_wait = tell;
        status = load_files(argv + 1, argc - 1, &of, error);
    }
    g_free(of.to);
    g_free(of.jail);
    return status;
}
