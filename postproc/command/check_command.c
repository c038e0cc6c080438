/* `flowzone check`: what of the traffic a policy does not allow.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "atomic_file.h"
#include "check.h"
#include "command.h"
#include "log.h"

#define WHO "flowzone check"

enum { ROWS = 5 };

typedef struct check_order {
    fz_ask ask;
    fz_check check;
    char *policy, *out;
} check_order;

static void tell(bool is_error, const char *message, void *user)
{
    (void)user;
    fz_say(WHO, "%s%s", message, is_error ? "" : " (warning)");
}

static int check_order_run(check_order *order, char **paths, unsigned count, GError **error)
{
    fz_check *check = &order->check;

    if (!order->policy && !check->learn)
        return fz_command_usage(error, "expected --policy FILE, or --learn to write one; see --help");
    if (order->out && !check->learn)
        return fz_command_usage(error, "--out: expected --learn with it");
    if (check->rules && (check->learn || !order->policy))
        return fz_command_usage(error, "--rules: expected --policy, and no --learn");
    if (order->out && !fz_atomic_file_fits(order->out))
        return fz_command_usage(error, "--out=%s: expected a regular file; without --out it is printed", order->out);
    order->ask.own[0] = order->policy;
    if (order->policy) {
        check->policy = fz_policy_read(order->policy, tell, NULL, error);
        if (!check->policy && g_error_matches(*error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_SYNTAX))
            g_clear_error(error); /* it was told */
        if (!check->policy)
            return FZ_EXIT_FAILED;
    }
    return fz_ask_run_into(&order->ask, order->out, paths, count, error);
}

static int run(int argc, char **argv, GError **error)
{
    check_order order = {.ask = FZ_ASK_INIT(WHO, fz_check_answer, ROWS)};
    int status;

    order.ask.question.user = &order.check;
    if (fz_command_parse(&fz_check_command, &order, &argc, &argv, &status, error))
        status = check_order_run(&order, argv + 1, (unsigned)argc - 1, error);
    fz_policy_free(order.check.policy);
    g_free(order.policy);
    g_free(order.out);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    {"policy", 'p', "FILE", "The policy: see flowzone-policy(5)", FZ_INTO(check_order, policy)},
    {"strict", 0, NULL, "Rules reach inside of zones too", FZ_INTO(check_order, check.strict)},
    {"rules", 0, NULL, "Print what each rule was used for instead", FZ_INTO(check_order, check.rules)},
    {"learn", 0, NULL, "Print a policy that allows what was seen, and --policy does not, the smallest first",
     FZ_INTO(check_order, check.learn)},
    {"out", 'o', "FILE", "Write what --learn prints into this file", FZ_INTO(check_order, out)},
    {"rows", 'n', "N", "How many conversations to show of each rule and pair of zones; 0: all (default 5)",
     FZ_INTO(check_order, ask.question.most), .most = FZ_ASK_ROWS_MAX},
    FZ_ROW_WHERE,
    FZ_ROWS_TIME,
    FZ_ROWS_LOOK,
    FZ_ROWS_NAMES,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_check_command = {
    .name = "check",
    .arguments = "[FILE|FOLDER]...",
    .summary = "What a policy does not allow, of captures or a store; which rules nobody used",
    .notes =
        "Captures and flow files are read as they are; without any, a store is asked.\n\n"
        "Examples:\n"
        "  flowzone check --learn --out policy.csv --since 7d\n"
        "  flowzone check --policy policy.csv --since yesterday\n"
        "  flowzone check --policy policy.csv --format json --rows 0 | logger -t flowzone\n\n"
        "Exit status: 0 all is allowed, 1 not answered, 2 wrong usage, 3 some files could not be read, 4 something\n"
        "is not allowed.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
