/* `flowzone loads`: the ledger of a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "loads.h"

typedef struct loads_order {
    fz_ask ask;
} loads_order;

static int run(int argc, char **argv, GError **error)
{
    loads_order order = {.ask = FZ_ASK_INIT("flowzone loads", fz_loads_answer, FZ_ASK_ROWS_MAX)};
    int status;

    if (fz_command_parse(&fz_loads_command, &order, &argc, &argv, &status, error))
        status = fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    {"since", 0, "TIME",
     "Captures that end then or later: now, today, yesterday, 2h, 2026-11-24T10:00, seconds since 1970",
     FZ_INTO_BY(fz_setting_set_time, loads_order, ask.since_s)},
    {"until", 0, "TIME", "Captures that begin before then", FZ_INTO_BY(fz_setting_set_time, loads_order, ask.until_s)},
    FZ_ROWS_LOOK,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_loads_command = {
    .name = "loads",
    .arguments = "[FILE|FOLDER]...",
    .summary = "What was loaded: captures, gaps between them, what is not counted",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone loads --since yesterday\n"
             "  flowzone loads --format csv --from sqlite:net.db\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
