/* `flowzone flows`: the conversations themselves.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "flows.h"
#include "text.h"

#include <limits.h>

#define WHO "flowzone flows"

enum { ROWS = 20 };
#define ROWS_UNSAID UINT_MAX

typedef struct flows_order {
    fz_ask ask;
    fz_flows flows;
} flows_order;

static bool set_sort(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    fz_flows_sort *sort = fz_setting_member(settings, setting);
    const int index = fz_name_index(fz_flows_sort_names, FZ_FLOWS_SORTS, value);

    if (index < 0)
        return fz_setting_refuse(setting, value, "begin, duration, packets or bytes", error);
    *sort = (fz_flows_sort)index;
    return true;
}

static int run(int argc, char **argv, GError **error)
{
    flows_order order = {.ask = FZ_ASK_INIT(WHO, fz_flows_answer, ROWS_UNSAID)};
    int status;

    order.ask.question.user = &order.flows;
    if (fz_command_parse(&fz_flows_command, &order, &argc, &argv, &status, error)) {
        /* Programs get all rows, people those that a screen has. */
        if (order.ask.question.most == ROWS_UNSAID)
            order.ask.question.most = order.ask.question.manner.format == FZ_ANSWER_TABLE ? ROWS : 0;
        status = fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error);
    }
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_WHERE,
    {"sort", 's', "MEASURE", "begin (default: the newest first), duration, packets or bytes: the most first",
     FZ_INTO_BY(set_sort, flows_order, flows.sort)},
    {"rows", 'n', "N", "How many to show; 0: all (default 20; csv and json: all)",
     FZ_INTO(flows_order, ask.question.most), .most = FZ_ASK_ROWS_MAX},
    {"join", 0, NULL, "A conversation that several captures have parts of is one row",
     FZ_INTO(flows_order, flows.join)},
    FZ_ROWS_TIME,
    FZ_ROWS_LOOK,
    FZ_ROWS_NAMES,
    FZ_ROW_DISPLAY,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_flows_command = {
    .name = "flows",
    .arguments = "[FILE|FOLDER]...",
    .summary = "The conversations of captures or a store, newest first",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone flows capture.pcap\n"
             "  flowzone flows --sort bytes --where 'proto udp' ring/\n"
             "  flowzone flows --where 'server zone db and not client zone web' --since yesterday\n"
             "  flowzone flows --where 'ip 10.1.2.3' --display-filter\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
