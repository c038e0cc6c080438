/* `flowzone verify`: whether all tables of a store agree.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "keeper.h"
#include "log.h"
#include "shared_options.h"
#include "text.h"
#include "verify.h"

#include <stdio.h>

#define WHO "flowzone verify"

enum { LINES_MAX = 1000 };

typedef struct verify_order {
    char *to;
    fz_keeper_manner manner;
} verify_order;

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

static void print_fault(const char *line, void *user)
{
    int *lines = user;

    if (++*lines <= LINES_MAX)
        puts(line);
}

static void print_verdict(const fz_verdict *verdict)
{
    if (verdict->faults > LINES_MAX)
        printf("and %" G_GINT64_FORMAT " more\n", verdict->faults - LINES_MAX);
    if (verdict->faults > 0)
        return;
    const bool minutes = verdict->unknown_minutes < verdict->loads || verdict->loads == 0;
    g_autofree char *loads = fz_text_grouped((uint64_t)verdict->loads);
    g_autofree char *records = fz_text_grouped((uint64_t)verdict->records);
    g_autofree char *unknown = fz_text_grouped((uint64_t)verdict->unknown_minutes);
    g_autofree char *dropped = fz_text_grouped((uint64_t)verdict->dropped);
    printf("%s capture%s, %s conversation%s", loads, fz_text_plural((uint64_t)verdict->loads), records,
           fz_text_plural((uint64_t)verdict->records));
    if (verdict->dropped > 0)
        printf(" (%s of them dropped)", dropped);
    printf(": ledger, details%s, hours, days%s agree", verdict->packets > 0 ? ", packets" : "",
           minutes ? ", hosts and minutes" : " and hosts");
    if (verdict->unknown_minutes > 0)
        printf("; the minutes of %s capture%s are not known", unknown,
               fz_text_plural((uint64_t)verdict->unknown_minutes));
    putchar('\n');
}

/* In the process that has the store. */
static bool work(fz_store *store, fz_helper *helper, void *user, GError **error)
{
    int lines = 0;
    fz_verdict verdict;

    (void)user;
    if (!fz_verify(store, print_fault, &lines, &verdict, error))
        return false;
    print_verdict(&verdict);
    const int64_t numbers[FZ_KEEPER_NUMBERS] = {verdict.faults};
    return fz_keeper_answer(helper, numbers, error);
}

static int verify(verify_order *order, GError **error)
{
    fz_keeper keeper;
    int64_t numbers[FZ_KEEPER_NUMBERS];

    order->manner.to = order->to;
    if (!fz_keeper_start(&keeper, &order->manner, FZ_ACCESS_READ, work, NULL, error))
        return FZ_EXIT_FAILED;
    bool done = fz_keeper_take(&keeper, numbers, error) && fz_keeper_take(&keeper, NULL, error);
    fz_keeper_end(&keeper);
    if (error && g_error_matches(*error, FZ_KEEPER_ERROR, FZ_KEEPER_ERROR_OUTPUT))
        fz_command_die_of_pipe();
    return done && numbers[0] == 0 ? FZ_EXIT_OK : FZ_EXIT_FAILED;
}

static int run(int argc, char **argv, GError **error)
{
    verify_order order = {
        .manner = {.wait_s = FZ_STORE_PATIENCE_S, .tell = tell, .confine = {.who = WHO}},
    };
    int status;

    if (fz_command_parse(&fz_verify_command, &order, &argc, &argv, &status, error))
        status = argc == 1 ? verify(&order, error) : fz_command_usage(error, "expected no argument; see --help");
    g_free(order.to);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_TO(verify_order, to, FZ_SETTING_LINE),
    FZ_ROW_WAIT(verify_order, manner.wait_s, FZ_SETTING_LINE),
    FZ_ROW_JAIL(verify_order, manner.confine, FZ_SETTING_LINE),
};

const fz_command fz_verify_command = {
    .name = "verify",
    .arguments = "",
    .summary = "Check that all tables of a store agree",
    .notes = "It only reads: an account with SELECT is enough.\n\n"
             "Examples:\n"
             "  flowzone verify\n"
             "  flowzone verify --to mysql://reader@db.example/flowzone\n\n"
             "Exit status: 0 all agree, 1 something does not, or could not be read, 2 wrong usage.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
