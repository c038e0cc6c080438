/* `flowzone load`: flow files into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "flowfile_source.h"
#include "input.h"
#include "log.h"
#include "outcome.h"
#include "shared_options.h"
#include "store.h"
#include "writer.h"

#define WHO "flowzone load"

typedef struct load_order {
    char *to; /* NULL: the default store */
    fz_load_manner manner;
    fz_confine confine;
} load_order;

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

/* False with an error if the file cannot be opened; otherwise the outcome is reported here. */
static bool load_file(fz_writer *writer, const char *path, load_order *order, fz_outcome *outcome, GError **error)
{
    g_autofree fz_load_report *report = g_new(fz_load_report, 1);
    fz_input input;
    fz_source source;

    if (!fz_input_open(&input, path, error))
        return false;
    bool started = fz_flowfile_source_start(&source, &input, NULL, &order->confine, error);
    if (started) {
        *outcome = fz_writer_load(writer, &source, report);
        fz_outcome_say(report, WHO, input.name, order->manner.quiet);
    }
    fz_input_close(&input);
    return started;
}

/* Loads each file on its own: one that fails does not stop the others. */
static int load_files(char **paths, int count, load_order *order, GError **error)
{
    fz_writer *writer = fz_writer_new(order->to, &order->manner, &order->confine);
    int loaded = 0, failed = 0;
    fz_outcome outcome = FZ_OUTCOME_LOADED;

    for (int i = 0; i < count && !fz_outcome_is_final(outcome); i++) {
        g_autoptr(GError) fault = NULL;

        if (!load_file(writer, paths[i], order, &outcome, &fault)) {
            outcome = FZ_OUTCOME_INPUT;
            /* main prints the error that a command ends with. */
            if (count == 1)
                g_propagate_error(error, g_steal_pointer(&fault));
            else
                tell(fault->message);
        }
        if (fz_outcome_is_failure(outcome))
            failed++;
        else
            loaded++;
    }
    fz_writer_free(writer);
    if (failed == 0)
        return FZ_EXIT_OK;
    return loaded > 0 ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
}

static int run(int argc, char **argv, GError **error)
{
    load_order order = {.manner = {.wait_s = FZ_STORE_PATIENCE_S, .tell_wait = tell}, .confine = {.who = WHO}};
    int status;

    if (fz_command_parse(&fz_load_command, &order, &argc, &argv, &status, error))
        status = argc > 1 ? load_files(argv + 1, argc - 1, &order, error)
                          : fz_command_usage(error, "expected a FILE, or - for standard input; see --help");
    g_free(order.to);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_TO(load_order, to, FZ_SETTING_LINE),
    {"replace", 'r', NULL,
     "Reload captures that are already in the store, replacing their rows (after the zone file was fixed)",
     FZ_INTO(load_order, manner.replace)},
    FZ_ROW_WAIT(load_order, manner.wait_s, FZ_SETTING_LINE),
    FZ_ROW_JAIL(load_order, confine, FZ_SETTING_LINE),
    {"quiet", 'q', NULL, "Report only what went wrong", FZ_INTO(load_order, manner.quiet)},
};

const fz_command fz_load_command = {
    .name = "load",
    .arguments = "FILE...|-",
    .summary = "Load flow files into SQLite, MariaDB, MySQL or SingleStore, each exactly once",
    .notes = "- reads standard input.\n\n"
             "Examples:\n"
             "  flowzone load office.flow\n"
             "  flowzone load --to sqlite:net.db ring/*.flow\n"
             "  tshark -q -z flowzone,format=ipfix,source=day.pcap -r day.pcap | flowzone load -\n\n"
             "Exit status: 0 all loaded or already in the store, 1 none, 2 wrong usage, 3 some failed.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
