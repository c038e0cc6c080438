/* `flowzone matrix`: zones of clients against zones of servers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "command.h"
#include "matrix.h"

#define WHO "flowzone matrix"

enum { ROWS = 12, LEAST_ROWS = 3 };

typedef struct matrix_order {
    fz_ask ask;
    fz_matrix_question matrix;
} matrix_order;

/* All, or so many that a zone, the others and no zone have a line each. */
static bool set_rows(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    const unsigned *rows = fz_setting_member(settings, setting);

    if (!fz_setting_set_number(settings, setting, value, error))
        return false;
    return *rows == 0 || *rows >= LEAST_ROWS || fz_setting_refuse(setting, value, "3 or more, or 0 for all", error);
}

static int run(int argc, char **argv, GError **error)
{
    matrix_order order = {.ask = FZ_ASK_INIT(WHO, fz_matrix_answer, ROWS)};
    int status;

    order.ask.question.user = &order.matrix;
    if (fz_command_parse(&fz_matrix_command, &order, &argc, &argv, &status, error))
        status = fz_ask_run(&order.ask, argv + 1, (unsigned)argc - 1, error);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    {"measure", 'm', "MEASURE", "bytes (default), packets or flows",
     FZ_INTO_BY(fz_ask_set_measure, matrix_order, matrix.measure)},
    {"rows", 'n', "N", "How many zones, with others and no zone; 0: all (default 12)",
     FZ_INTO_BY(set_rows, matrix_order, ask.question.most), .most = FZ_ASK_ROWS_MAX},
    FZ_ROW_WHERE,
    FZ_ROWS_TIME,
    FZ_ROWS_LOOK,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_matrix_command = {
    .name = "matrix",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Zones of clients against zones of servers, of captures or a store",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n\n"
             "Examples:\n"
             "  flowzone matrix capture.pcap\n"
             "  flowzone matrix --since yesterday --until today --measure flows\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
