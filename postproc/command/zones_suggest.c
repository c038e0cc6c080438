/* `flowzone zones suggest`: rows of a zone file for what no zone of the user's holds.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "suggest.h"

#define WHO "flowzone zones suggest"

typedef struct suggest_order {
    fz_ask ask;
} suggest_order;

static int run(int argc, char **argv, GError **error)
{
    suggest_order order = {.ask = FZ_ASK_INIT(WHO, fz_suggest_answer, 0)};
    int status;

    if (fz_command_parse(&fz_zones_suggest, &order, &argc, &argv, &status, error))
        status = fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_WHERE, FZ_ROWS_TIME, FZ_ROW_FROM, FZ_ROWS_CAPTURES, FZ_ROWS_PROCESS,
};

const fz_command fz_zones_suggest = {
    .name = "suggest",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Rows of a zone file for networks that are in none of your zones",
    .notes = "Captures and flow files are read as they are; without any, a store is asked. Put the rows into your\n"
             "zone file, and give them names.\n\n"
             "Examples:\n"
             "  flowzone zones suggest capture.pcap > zones.csv\n"
             "  flowzone zones suggest --from sqlite:flowzone.db >> zones.csv\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
