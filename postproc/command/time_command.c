/* `flowzone time`: traffic over time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "traffic.h"

#include <string.h>

#define WHO "flowzone time"

enum { ROWS = 6 };

typedef struct time_order {
    fz_ask ask;
    fz_traffic traffic;
    char *by;
} time_order;

/* "1m", "15m", "1h", "1d"; "minute", "hour", "day". */
static bool set_bin(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const struct {
        const char *unit, *word;
        unsigned seconds;
    } units[] = {{"m", "minute", 60}, {"h", "hour", 3600}, {"d", "day", 86400}};
    unsigned *bin_s = fz_setting_member(settings, setting);
    char *end;
    const guint64 number = g_ascii_strtoull(value, &end, 10);

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(value, units[i].word) == 0)
            *bin_s = units[i].seconds;
        else if (end > value && strcmp(end, units[i].unit) == 0 && number > 0 && number <= 10000)
            *bin_s = (unsigned)number * units[i].seconds;
        else
            continue;
        return true;
    }
    return fz_setting_refuse(setting, value, "1m or more: minutes, hours or days, such as 15m, 1h or 1d", error);
}

static bool check(time_order *order, GError **error)
{
    if (!fz_traffic_parse(&order->traffic, order->by ? order->by : "traffic", error))
        return false;
    if (order->traffic.measure != FZ_MEASURE_FLOWS || !(order->traffic.from_zone || order->traffic.to_zone))
        return true;
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                "measure=flows: a conversation is in no minute alone; expected --by zones, or another dimension of "
                "conversations");
    return false;
}

static int run(int argc, char **argv, GError **error)
{
    time_order order = {.ask = FZ_ASK_INIT(WHO, fz_traffic_answer, ROWS)};
    int status;

    order.ask.question.user = &order.traffic;
    if (fz_command_parse(&fz_time_command, &order, &argc, &argv, &status, error))
        status = check(&order, error) ? fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error) : FZ_EXIT_USAGE;
    g_free(order.by);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    {"by", 'b', "WORDS", "traffic (default: sender and receiver), from.zone, to.zone; or what top groups by",
     FZ_INTO(time_order, by)},
    {"bin", 0, "TIME", "How long a bin is: 15m, 1h, 1d (default: so that a screen holds the period)",
     FZ_INTO_BY(set_bin, time_order, traffic.bin_s)},
    {"measure", 'm', "MEASURE", "bytes (default), packets or flows",
     FZ_INTO_BY(fz_ask_set_measure, time_order, traffic.measure)},
    {"rows", 'n', "N", "How many lines; 0: all (default 6)", FZ_INTO(time_order, ask.question.most),
     .most = FZ_ASK_ROWS_MAX},
    {"spread", 0, NULL, "Numbers in place of lines: min, mean, median, p95 and max of a bin",
     FZ_INTO(time_order, traffic.spread)},
    FZ_ROW_WHERE,
    FZ_ROWS_TIME,
    FZ_ROWS_LOOK,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_time_command = {
    .name = "time",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Traffic over time, by zones or anything else, of captures or a store",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone time capture.pcap\n"
             "  flowzone time --by server.zone --bin 15m --since yesterday --until today\n"
             "  flowzone time --by to.zone --spread\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
