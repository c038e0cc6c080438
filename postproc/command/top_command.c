/* `flowzone top`: the largest groups of conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "period.h"
#include "text.h"
#include "top.h"

#include <string.h>

#define WHO "flowzone top"

enum { ROWS = 10 };

typedef struct top_order {
    fz_ask ask;
    fz_top top;
    char *by, *sort, *vs;
    bool is_new, gone;
} top_order;

static bool read_measure(const char *text, fz_top *top, GError **error)
{
    const int index = fz_name_index(fz_measure_names, G_N_ELEMENTS(fz_measure_names), text);

    top->by_change = strcmp(text, "change") == 0;
    if (index >= 0 || top->by_change) {
        top->sort = top->by_change ? FZ_MEASURE_BYTES : (fz_measure)index;
        return true;
    }
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                "sort=%s: expected bytes, packets, flows, peers, duration, rate or change", text);
    return false;
}

static bool check_periods(top_order *order, GError **error)
{
    fz_top *top = &order->top;

    top->show = order->is_new ? FZ_TOP_NEW : order->gone ? FZ_TOP_GONE : FZ_TOP_ALL;
    top->compared = order->vs || top->show != FZ_TOP_ALL || top->by_change;
    top->by_change = top->by_change && top->show == FZ_TOP_ALL;
    if (order->is_new && order->gone) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "expected --new or --gone, not both");
        return false;
    }
    if (!top->compared)
        return true;
    if (!order->vs)
        order->vs = g_strdup("previous");
    return fz_period_parse(order->vs, order->ask.since_s, order->ask.until_s, &top->before, error);
}

static bool check(top_order *order, GError **error)
{
    fz_top *top = &order->top;

    if (!fz_grouping_parse(&top->grouping, order->by ? order->by : "zones", error) ||
        !read_measure(order->sort ? order->sort : "bytes", top, error) || !check_periods(order, error))
        return false;
    if (top->sort == FZ_MEASURE_PEERS && !fz_grouping_has_peers(&top->grouping)) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "sort=peers: expected --by one end of conversations, such as host, client or server.zone");
        return false;
    }
    return true;
}

static int run(int argc, char **argv, GError **error)
{
    top_order order = {.ask = FZ_ASK_INIT(WHO, fz_top_answer, ROWS)};
    int status;

    order.ask.question.user = &order.top;
    if (fz_command_parse(&fz_top_command, &order, &argc, &argv, &status, error))
        status = check(&order, error) ? fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error) : FZ_EXIT_USAGE;
    g_free(order.by);
    g_free(order.sort);
    g_free(order.vs);
    fz_ask_clear(&order.ask);
    return status;
}

static void complete_by(fz_setting *setting)
{
    g_autofree char *words = fz_grouping_words();
    g_autofree char *help = g_strdup_printf("Group by these, with commas in between (default zones): %s", words);

    setting->help = g_intern_string(help);
}

static const fz_setting rows[] = {
    {"by", 'b', "WORDS", NULL, FZ_INTO(top_order, by), .complete = complete_by},
    {"sort", 's', "MEASURE",
     "bytes (default), packets, flows, peers, duration, rate, or change of bytes since --vs, with what is gone",
     FZ_INTO(top_order, sort)},
    {"rows", 'n', "N", "How many to show; 0: all (default 10)", FZ_INTO(top_order, ask.question.most),
     .most = FZ_ASK_ROWS_MAX},
    FZ_ROW_WHERE,
    {"having", 0, "FILTER", "Only groups of which this is true, such as 'bytes > 1G'",
     FZ_INTO(top_order, ask.question.having)},
    FZ_ROWS_TIME,
    {"spread", 0, NULL, "The median and the 95th percentile of the conversations' bytes too",
     FZ_INTO(top_order, top.spread)},
    {"vs", 0, "PERIOD",
     "Compare with yesterday, with 1d or 7d (so long, right before --since), previous (as long as this period, and "
     "right before it) or TIME..TIME",
     FZ_INTO(top_order, vs)},
    {"new", 0, NULL, "Only groups that the period before did not have", FZ_INTO(top_order, is_new)},
    {"gone", 0, NULL, "Only groups of the period before that this one does not have", FZ_INTO(top_order, gone)},
    {"follow", 'f', NULL, "Ask the store again every two seconds, until Ctrl-C", FZ_INTO(top_order, ask.follow)},
    FZ_ROWS_LOOK,
    FZ_ROW_DISPLAY,
    FZ_ROWS_NAMES,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_top_command = {
    .name = "top",
    .arguments = "[FILE|FOLDER]...",
    .summary = "The largest talkers, pairs of zones, services ... of captures or a store",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone top capture.pcap\n"
             "  flowzone top --by host --sort peers ring/\n"
             "  flowzone top --by client,service --where 'server zone db' --since today\n"
             "  flowzone top --by zones --since today --vs yesterday --sort change\n"
             "  flowzone top --by pair --since today --vs 7d --new\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
