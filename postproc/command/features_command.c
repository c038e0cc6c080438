/* `flowzone features`: what each address did in each hour, in numbers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_features.h"
#include "ask.h"
#include "command.h"

#include <limits.h>

#define WHO "flowzone features"

enum { ROWS = 20 };
#define ROWS_UNSAID UINT_MAX

static int run(int argc, char **argv, GError **error)
{
    fz_ask ask = FZ_ASK_INIT(WHO, fz_address_features_answer, ROWS_UNSAID);
    int status;

    if (fz_command_parse(&fz_features_command, &ask, &argc, &argv, &status, error)) {
        /* Programs get all rows, people those that a screen has. */
        if (ask.question.most == ROWS_UNSAID)
            ask.question.most = ask.question.manner.format == FZ_ANSWER_TABLE ? ROWS : 0;
        status = fz_ask_run(&ask, argv + 1, (unsigned)argc - 1, error);
    }
    fz_ask_clear(&ask);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_WHERE,
    {"rows", 'n', "N", "How many to show; 0: all (default 20; csv and json: all)", FZ_INTO(fz_ask, question.most),
     .most = FZ_ASK_ROWS_MAX},
    FZ_ROWS_TIME,
    FZ_ROWS_LOOK,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_features_command = {
    .name = "features",
    .arguments = "[FILE|FOLDER]...",
    .summary = "Numbers of each address and hour, for machine learning",
    .notes = "Captures and flow files are read as they are; without any, a store is asked.\n"
             "flowzone(1) says what each column is.\n\n"
             "Examples:\n"
             "  flowzone features --format csv capture.pcap > features.csv\n"
             "  flowzone features --format csv --where 'client zone office' --since yesterday --until today\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
