/* `flowzone scan`: captures to rows, flow files or a store, without tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "log.h"
#include "scan_jobs.h"
#include "shared_options.h"
#include "store.h"

#include <string.h>
#include <sys/stat.h>

#define WHO "flowzone scan"

enum { MOST_JOBS = 256 };

static bool is_folder(const char *path)
{
    struct stat about;

    return path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* A base name that two captures share, whose flow files would overwrite each other; NULL: none. The caller frees. */
static char *find_namesake(const fz_scan_order *order)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (unsigned i = 0; i < order->count; i++) {
        char *name = g_path_get_basename(order->paths[i]);

        if (!g_hash_table_add(names, name))
            return g_path_get_basename(order->paths[i]);
    }
    return NULL;
}

/* Checks options that cannot be combined, and sets the format. */
static bool finish_order(fz_scan_order *order, GError **error)
{
    fz_options *options = &order->options;
    const char *fault = NULL;

    order->into_folder = is_folder(options->out);
    if (order->to && (options->out || options->format))
        fault = "--to cannot be used with --out or --format";
    else if (order->to && options->rows == FZ_KIND(FZ_ROW_PACKET))
        fault = "--rows=packets: a store has packets with their conversations; use --rows=flows,packets";
    else if (options->layers == FZ_LAYERS_ALL)
        fault = "--layers=all needs dissectors; use tshark -z flowzone,layers=all";
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
                            "several captures make several flow files; give a folder with --out");
        return false;
    }
    g_autofree char *namesake = order->into_folder ? find_namesake(order) : NULL;
    if (namesake) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                    "%s: two captures with this name would write the same flow file in %s", namesake, options->out);
        return false;
    }
    return true;
}

static void warn(const char *message, void *user)
{
    (void)user;
    fz_say(WHO, "%s", message);
}

static int scan_all(fz_scan_order *order, GError **error)
{
    if (order->count == 0)
        return fz_command_usage(error, "expected a CAPTURE, or - for standard input; see --help");
    if (!finish_order(order, error))
        return FZ_EXIT_USAGE;
    if (!fz_options_read_zones(&order->options, warn, NULL, error))
        return FZ_EXIT_FAILED;
    return fz_scan_jobs(order, error);
}

static int run(int argc, char **argv, GError **error)
{
    fz_scan_order order = {.manner = {.wait_s = FZ_STORE_PATIENCE_S}, .confine = {.who = WHO}, .jobs = 1};
    int status;

    if (fz_command_parse(&fz_scan_command, &order, &argc, &argv, &status, error)) {
        order.paths = argv + 1;
        order.count = (unsigned)argc - 1;
        status = scan_all(&order, error);
    }
    fz_options_clear(&order.options);
    g_free(order.to);
    return status;
}

#define TAP(key) FZ_ROW_TAP(key, fz_scan_order, options, FZ_SETTING_ONCE)

static const fz_setting rows[] = {
    TAP("out"),
    TAP("format"),
    TAP("zones"),
    TAP("location"),
    TAP("rows"),
    TAP("key"),
    TAP("layers"),
    TAP("interval"),
    TAP("max-flows"),
    TAP("vlan"),
    TAP("sensor"),
    TAP("source"),
    FZ_ROW_TO(fz_scan_order, to, FZ_SETTING_LINE),
    {"replace", 'r', NULL, "With --to: reload captures that are already in the store",
     FZ_INTO(fz_scan_order, manner.replace)},
    {"jobs", 'j', "N", "Captures scanned at a time (default 1)", FZ_INTO(fz_scan_order, jobs), .least = 1,
     .most = MOST_JOBS},
    FZ_ROW_JAIL(fz_scan_order, confine, FZ_SETTING_LINE),
    {"quiet", 'q', NULL, "With --to: report only what went wrong", FZ_INTO(fz_scan_order, manner.quiet)},
};

const fz_command fz_scan_command = {
    .name = "scan",
    .arguments = "CAPTURE...|-",
    .summary = "Count captures without tshark, into rows, flow files or a store",
    .notes = "- reads standard input.\n\n"
             "Examples:\n"
             "  flowzone scan log.pcap.1700000000\n"
             "  flowzone scan --format csv log.pcap.1700000000 > stats.csv\n"
             "  flowzone scan -j 2 --zones zones.csv --to sqlite:net.db ring/log.pcap.*\n"
             "  flowzone scan --out flows/ ring/log.pcap.*\n\n"
             "Exit status: 0 all scanned, 1 none, 2 wrong usage, 3 some failed.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
