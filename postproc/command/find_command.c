/* `flowzone find`: conversations that deserve a look.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "find.h"
#include "period.h"
#include "top.h"

enum { ROWS = 20, DAY_S = 86400 };

typedef struct find_order {
    fz_ask ask;
    fz_find find;
    fz_top top; /* of new */
    char *exclude, *vs;
    unsigned span_m;
} find_order;

/* One filter of the two: what the first passes and the second does not. */
static bool add_exclude(find_order *order, GError **error)
{
    fz_question *question = &order->ask.question;
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_filter) filter = order->exclude ? fz_filter_parse(order->exclude, FZ_FILTER_OF_FLOWS, &fault) : NULL;

    if (fault) {
        g_propagate_prefixed_error(error, g_steal_pointer(&fault), "exclude: ");
        return false;
    }
    if (!filter)
        return true;
    g_autofree char *printed = fz_filter_print(filter);
    g_autofree char *where = question->where;
    g_autoptr(fz_filter) known = where ? fz_filter_parse(where, FZ_FILTER_OF_FLOWS, &fault) : NULL;
    if (fault) {
        question->where = g_steal_pointer(&where);
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    g_autofree char *reprinted = fz_filter_print(known);
    question->where = known ? g_strdup_printf("%s and not %s", reprinted, printed) : g_strdup_printf("not %s", printed);
    return true;
}

/* What is new is new since a time; before it, for so long. */
static bool set_before(find_order *order, GError **error)
{
    order->top.of_last_day = order->ask.since_s == G_MININT64;
    if (order->top.of_last_day)
        order->ask.since_s = g_get_real_time() / G_USEC_PER_SEC - DAY_S;
    return fz_grouping_parse(&order->top.grouping, "client,server,service", error) &&
           fz_period_parse(order->vs ? order->vs : "30d", order->ask.since_s, order->ask.until_s, &order->top.before,
                           error);
}

static int run_kind(const fz_command *command, find_order *order, int argc, char **argv, GError **error)
{
    int status;

    order->ask.question.user = order->top.finds ? (void *)&order->top : &order->find;
    if (!fz_command_parse(command, order, &argc, &argv, &status, error))
        goto done;
    order->find.span_s = order->span_m * 60;
    status = FZ_EXIT_USAGE;
    if (add_exclude(order, error) && (!order->top.finds || set_before(order, error)))
        status = fz_ask_run(&order->ask, argv + 1, (unsigned)argc - 1, error);
done:
    g_free(order->exclude);
    g_free(order->vs);
    fz_ask_clear(&order->ask);
    return status;
}

#define FIND_ROWS                                                                        \
    {"exclude", 'x', "FILTER", "Not these conversations", FZ_INTO(find_order, exclude)}, \
        {"rows",                                                                         \
         'n',                                                                            \
         "N",                                                                            \
         "How many to show; 0: all (default 20)",                                        \
         FZ_INTO(find_order, ask.question.most),                                         \
         .most = FZ_ASK_ROWS_MAX},                                                       \
        FZ_ROW_WHERE, FZ_ROWS_TIME, FZ_ROWS_LOOK, FZ_ROW_FROM, FZ_ROWS_CAPTURES, FZ_ROWS_PROCESS

#define FIND_STATUS                                                                                                 \
    "\n\nExit status: 0 nothing found, 1 not answered, 2 wrong usage, 3 some files could not be read, 4 something " \
    "found."

static const fz_setting beacon_rows[] = {
    {"least", 0, "N", "Starts that it takes; a burst is one (default 8)", FZ_INTO(find_order, find.least), .least = 3,
     .most = FZ_ASK_ROWS_MAX},
    {"span", 0, "MINUTES", "From the first start to the last (default 120)", FZ_INTO(find_order, span_m),
     .most = 1000000},
    {"score", 0, "N", "Score that it takes, from 0 to 100 (default 70)", FZ_INTO(find_order, find.score), .most = 100},
    FIND_ROWS,
    FZ_ROWS_NAMES,
};

static int run_beacons(int argc, char **argv, GError **error);
static const fz_command beacons = {
    .name = "beacons",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Clients that call a service again and again, at even times and with even amounts",
    .notes = "Example:\n  flowzone find beacons --since 7d --exclude 'server zone updates or service ntp'" FIND_STATUS,
    FZ_COMMAND_SETTINGS(beacon_rows),
    .run = run_beacons,
};

static int run_beacons(int argc, char **argv, GError **error)
{
    find_order order = {
        .ask = FZ_ASK_INIT("flowzone find beacons", fz_find_beacons, ROWS),
        .find = {.least = FZ_BEACON_STARTS, .score = FZ_BEACON_SCORE},
        .span_m = FZ_BEACON_SPAN_S / 60,
    };

    return run_kind(&beacons, &order, argc, argv, error);
}

static const fz_setting scan_rows[] = {
    {"least", 0, "N", "Targets without an answer that it takes (default 20)", FZ_INTO(find_order, find.least),
     .least = 4, .most = FZ_ASK_ROWS_MAX},
    FIND_ROWS,
    FZ_ROWS_NAMES,
};

static int run_scans(int argc, char **argv, GError **error);
static const fz_command scans = {
    .name = "scans",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Clients whose targets do not answer, or refuse: many servers, or many ports of one",
    .notes = "Example:\n  flowzone find scans --zones zones.csv --where 'not client zone scanners' ring/" FIND_STATUS,
    FZ_COMMAND_SETTINGS(scan_rows),
    .run = run_scans,
};

static int run_scans(int argc, char **argv, GError **error)
{
    find_order order = {
        .ask = FZ_ASK_INIT("flowzone find scans", fz_find_scans, ROWS),
        .find = {.least = FZ_SCAN_TARGETS},
    };

    return run_kind(&scans, &order, argc, argv, error);
}

static const fz_setting long_rows[] = {
    {"span", 0, "MINUTES", "How long a conversation lasts (default 60)", FZ_INTO(find_order, span_m), .least = 1,
     .most = 1000000},
    FIND_ROWS,
    FZ_ROWS_NAMES,
};

static int run_long(int argc, char **argv, GError **error);
static const fz_command longs = {
    .name = "long",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Conversations that last an hour or longer, also across captures",
    .notes = "Example:\n  flowzone find long --since today --span 240" FIND_STATUS,
    FZ_COMMAND_SETTINGS(long_rows),
    .run = run_long,
};

static int run_long(int argc, char **argv, GError **error)
{
    find_order order = {
        .ask = FZ_ASK_INIT("flowzone find long", fz_find_long, ROWS),
        .span_m = FZ_LONG_S / 60,
    };

    return run_kind(&longs, &order, argc, argv, error);
}

static const fz_setting one_way_rows[] = {
    {"least", 0, "N", "Conversations without an answer that a row takes (default 10)", FZ_INTO(find_order, find.least),
     .least = 1, .most = FZ_ASK_ROWS_MAX},
    FIND_ROWS,
};

static int run_one_way(int argc, char **argv, GError **error);
static const fz_command one_way = {
    .name = "one-way",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Conversations of which one direction alone was seen, by sensor",
    .notes = "Example:\n  flowzone find one-way --since today --where tcp" FIND_STATUS,
    FZ_COMMAND_SETTINGS(one_way_rows),
    .run = run_one_way,
};

static int run_one_way(int argc, char **argv, GError **error)
{
    find_order order = {
        .ask = FZ_ASK_INIT("flowzone find one-way", fz_find_one_way, ROWS),
        .find = {.least = FZ_ONE_WAY_LEAST},
    };

    return run_kind(&one_way, &order, argc, argv, error);
}

static const fz_setting new_rows[] = {
    {"vs", 0, "PERIOD", "Not there in this period: 30d (before --since; default), previous or TIME..TIME",
     FZ_INTO(find_order, vs)},
    FIND_ROWS,
    FZ_ROWS_NAMES,
};

static int run_new(int argc, char **argv, GError **error);
static const fz_command news = {
    .name = "new",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Clients, servers and services that did not meet before",
    .notes = "Without --since, what began in the last 24 hours is looked at. If no capture is of that time, the status "
             "is 1.\n\n"
             "Examples:\n"
             "  flowzone find new --since today --where 'server zone db'\n"
             "  flowzone find new --since 2024-05-04 captures/" FIND_STATUS,
    FZ_COMMAND_SETTINGS(new_rows),
    .run = run_new,
};

static int run_new(int argc, char **argv, GError **error)
{
    find_order order = {
        .ask = FZ_ASK_INIT("flowzone find new", fz_top_answer, ROWS),
        .top = {.sort = FZ_MEASURE_BYTES, .compared = true, .show = FZ_TOP_NEW, .finds = true},
    };

    return run_kind(&news, &order, argc, argv, error);
}

static const fz_command *const commands[] = {&beacons, &scans, &longs, &news, &one_way};

static int run(int argc, char **argv, GError **error)
{
    return fz_command_among(commands, G_N_ELEMENTS(commands),
                            "Conversations that deserve a look, of captures or a store.", argc, argv, error);
}

const fz_command fz_find_command = {
    .name = "find",
    .arguments = "beacons|scans|... ...",
    .summary = "Find beacons, scans, long, new and one-way conversations",
    .run = run,
};
