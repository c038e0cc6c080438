/* `flowzone zones usage`: which rows of a zone file have traffic, and which have none.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "usage.h"

#define WHO "flowzone zones usage"

typedef struct usage_order {
    fz_ask ask;
    fz_usage usage;
} usage_order;

/* The zone file is the last argument. */
static int ask(usage_order *order, char **files, unsigned count, GError **error)
{
    if (count == 0)
        return fz_command_usage(error, "expected a zone file; see --help");
    order->usage.name = files[count - 1];
    g_autoptr(fz_zone_table) zones = fz_zone_table_read(order->usage.name, NULL, NULL, NULL, error);
    if (!zones)
        return FZ_EXIT_FAILED;
    order->usage.zones = zones;
    return fz_ask_run(&order->ask, files, count - 1, error);
}

static int run(int argc, char **argv, GError **error)
{
    usage_order order = {.ask = FZ_ASK_INIT(WHO, fz_usage_answer, 0)};
    int status;

    order.ask.question.user = &order.usage;
    if (fz_command_parse(&fz_zones_usage, &order, &argc, &argv, &status, error))
        status = ask(&order, argv + 1, (unsigned)argc - 1, error);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_WHERE, FZ_ROWS_TIME, FZ_ROWS_LOOK, FZ_ROW_FROM, FZ_ROWS_PROCESS,
};

const fz_command fz_zones_usage = {
    .name = "usage",
    .arguments = "[CAPTURE]... FILE",
    .summary = "Rows of a zone file with and without traffic",
    .notes = "Rows without traffic come first: networks that are gone, or wrong masks. Captures and flow files are\n"
             "read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone zones usage --since 7d zones.csv\n"
             "  flowzone zones usage --format csv capture.pcap zones.csv\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
