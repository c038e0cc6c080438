/* `flowzone scan`: captures to rows, flow files or a store, without tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "scan_jobs.h"
#include "store.h"

#include <string.h>
#include <sys/stat.h>

#define WHO "flowzone scan"

static const fz_command this_command = {
    "scan", "CAPTURE...|-", "Counts captures without tshark and its dissectors; - reads standard input", fz_scan_main};

enum { MOST_JOBS = 256 };

static bool is_folder(const char *path)
{
    struct stat about;

    return path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The base name that two captures share, whose flow files would be one; NULL if there is none. The caller frees. */
static char *find_namesake(const fz_scan_order *order)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (int i = 0; i < order->count; i++) {
        char *name = g_path_get_basename(order->paths[i]);
        if (!g_hash_table_add(names, name))
            return g_path_get_basename(order->paths[i]);
    }
    return NULL;
}

/* What makes no sense together, and the format. */
static bool finish_order(fz_scan_order *order, GError **error)
{
    fz_options *options = &order->options;
    const char *fault = NULL;

    order->into_folder = is_folder(options->out);
    if (order->to && (options->out || options->format))
        fault = "--to: goes without --out and --format";
    else if (order->jobs < 1 || order->jobs > MOST_JOBS)
        fault = "--jobs: expected 1 to 256";
    else if (options->layers == FZ_LAYERS_ALL)
        fault = "--layers=all: needs dissectors; use tshark -z flowzone,layers=all";
    if (fault) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, fault);
        return false;
    }
    if (!options->format && (order->to || order->into_folder))
        options->format = fz_format_by_name("ipfix");
    if (!fz_options_finish(options, error))
        return false;
    if (order->count > 1 && !order->to && !order->into_folder && !strcmp(options->format->name, "ipfix")) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                            "several captures make several flow files: name a folder with --out");
        return false;
    }
    g_autofree char *namesake = order->into_folder ? find_namesake(order) : NULL;
    if (namesake) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                    "%s: two captures of this name would make one flow file in %s", namesake, options->out);
        return false;
    }
    return true;
}

/* GOption's callback for the options that the tap has too: "--key", "ip". */
static gboolean take_option(const char *name, const char *value, gpointer data, GError **error)
{
    fz_scan_order *order = data;

    for (size_t i = 0; i < fz_option_count; i++)
        if (!strcmp(fz_option_table[i].name, name + 2))
            return fz_options_set(&order->options, &fz_option_table[i], value, error);
    return FALSE;
}

/* The table's rows that make sense here, as options. */
static void add_shared_options(GArray *entries)
{
    for (size_t i = 0; i < fz_option_count; i++) {
        const fz_option *row = &fz_option_table[i];
        if (row->tap_only)
            continue;
        GOptionEntry entry = {row->name, 0,         row->value ? 0 : G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, NULL,
                              row->help, row->value};
        entry.arg_data = (gpointer)take_option;
        g_array_append_val(entries, entry);
    }
}

static int scan_all(fz_scan_order *order, GError **error)
{
    if (!finish_order(order, error) || !fz_confine_parse(&order->confine, order->jail, error))
        return FZ_EXIT_USAGE;
    return fz_scan_jobs(order, error);
}

int fz_scan_main(int argc, char **argv, GError **error)
{
    static const char examples[] = "Examples:\n"
                                   "  flowzone scan log.pcap.1700000000\n"
                                   "  flowzone scan --format csv log.pcap.1700000000 > stats.csv\n"
                                   "  flowzone scan -j 2 --zones zones.csv --to sqlite:net.db ring/log.pcap.*\n"
                                   "  flowzone scan --out flows/ ring/log.pcap.*\n\n"
                                   "Exit status: 0 all scanned, 1 none, 2 wrong usage, 3 some failed.";
    g_autofree char *to_help = fz_store_describe_to();
    fz_scan_order order = {.manner = {.who = WHO, .wait_s = FZ_STORE_PATIENCE_S}, .confine = {.who = WHO}, .jobs = 1};
    const GOptionEntry own[] = {
        {"to", 't', 0, G_OPTION_ARG_STRING, &order.to, to_help, "STORE"},
        {"replace", 'r', 0, G_OPTION_ARG_NONE, &order.manner.replace,
         "With --to: captures that are there are loaded again", NULL},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &order.jobs, "Captures scanned at a time (default 1)", "N"},
        {"jail", 0, 0, G_OPTION_ARG_STRING, &order.jail, FZ_CONFINE_HELP, "MODE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &order.manner.quiet, "With --to: tell only what went wrong", NULL},
    };
    g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    int status;

    add_shared_options(entries);
    g_array_append_vals(entries, own, G_N_ELEMENTS(own));
    if (fz_command_parse_with(&this_command, (const GOptionEntry *)(gpointer)entries->data, &order, examples, &argc,
                              &argv, &status, error)) {
        order.paths = argv + 1;
        order.count = argc - 1;
        if (order.count > 0)
            status = scan_all(&order, error);
        else
            g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                                "expected a CAPTURE, or - for standard input; see --help");
        if (order.count < 1)
            status = FZ_EXIT_USAGE;
    }
    fz_options_clear(&order.options);
    g_free(order.to);
    g_free(order.jail);
    return status;
}
