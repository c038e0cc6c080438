/* `flowzone report`: one page that a person can forward.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"
#include "atomic_file.h"
#include "command.h"
#include "log.h"
#include "period.h"
#include "reporting.h"
#include "reporting_find.h"
#include "text.h"

#include <string.h>

#define WHO "flowzone report"

typedef struct report_order {
    fz_ask ask;
    fz_reporting reporting;
    char *policy, *out, *vs, *key;
    bool anonymize;
} report_order;

static bool set_format(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const char *const names[] = {"html", "svg"};
    fz_reporting_format *format = fz_setting_member(settings, setting);
    const int index = fz_name_index(names, G_N_ELEMENTS(names), value);

    if (index < 0)
        return fz_setting_refuse(setting, value, "html or svg", error);
    *format = (fz_reporting_format)index;
    return true;
}

static bool set_find(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    return fz_reporting_find_parse(value, fz_setting_member(settings, setting)) ||
           fz_setting_refuse(setting, value, FZ_REPORTING_FIND_WORDS, error);
}

static void tell(bool is_error, const char *message, void *user)
{
    (void)user;
    fz_say(WHO, "%s%s", message, is_error ? "" : " (warning)");
}

/* Without --vs, a period that has both ends is compared with the one before it. */
static bool set_before(report_order *order, GError **error)
{
    const bool ends = order->ask.since_s != G_MININT64 && order->ask.until_s != G_MAXINT64;

    order->reporting.compared = order->vs || (ends && order->ask.since_s < order->ask.until_s);
    return !order->reporting.compared || fz_period_parse(order->vs ? order->vs : "previous", order->ask.since_s,
                                                         order->ask.until_s, &order->reporting.before, error);
}

static bool open_anonymizer(report_order *order, GError **error)
{
    order->key = fz_anonymizer_key_path();
    order->reporting.anonymizer = fz_anonymizer_open(order->key, error);
    return order->reporting.anonymizer != NULL;
}

static int report(report_order *order, char **paths, unsigned count, GError **error)
{
    fz_reporting *reporting = &order->reporting;

    if (order->out && !fz_atomic_file_fits(order->out))
        return fz_command_usage(error, "--out=%s: expected a regular file; without --out it is printed", order->out);
    if (order->anonymize && (order->ask.naming.names || order->ask.naming.all))
        return fz_command_usage(error, "--anonymize: names of hosts are not shown; without --names");
    if (reporting->find != 0 && reporting->format == FZ_REPORTING_SVG)
        return fz_command_usage(error, "--find: the picture does not show what is found; without --format=svg");
    if (!set_before(order, error))
        return FZ_EXIT_USAGE;
    if (order->anonymize && !open_anonymizer(order, error))
        return FZ_EXIT_FAILED;
    if (order->policy) {
        reporting->policy_name = g_path_get_basename(order->policy);
        reporting->policy = fz_policy_read(order->policy, tell, NULL, error);
        if (!reporting->policy && g_error_matches(*error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_SYNTAX))
            g_clear_error(error); /* it was told */
        if (!reporting->policy)
            return FZ_EXIT_FAILED;
    }
    size_t own = 0;
    if (order->policy)
        order->ask.own[own++] = order->policy;
    if (order->key)
        order->ask.own[own++] = order->key;
    return fz_ask_run_into(&order->ask, order->out, paths, count, error);
}

static int run(int argc, char **argv, GError **error)
{
    report_order order = {.ask = FZ_ASK_INIT(WHO, fz_reporting_answer, 0)};
    int status;

    order.ask.question.user = &order.reporting;
    if (fz_command_parse(&fz_report_command, &order, &argc, &argv, &status, error))
        status = report(&order, argv + 1, (unsigned)argc - 1, error);
    fz_anonymizer_free(order.reporting.anonymizer);
    fz_policy_free(order.reporting.policy);
    g_free(order.reporting.policy_name);
    g_free(order.reporting.title);
    g_free(order.policy);
    g_free(order.key);
    g_free(order.out);
    g_free(order.vs);
    fz_ask_clear(&order.ask);
    return status;
}

static const fz_setting rows[] = {
    {"out", 'o', "FILE", "Write the report into this file, which appears once it is complete (default: print it)",
     FZ_INTO(report_order, out)},
    {"format", 0, "NAME", "html (default), or svg: the picture of who talks to whom alone",
     FZ_INTO_BY(set_format, report_order, reporting.format)},
    {"title", 0, "TEXT", "Its title (default: who talked to whom, and the days)",
     FZ_INTO(report_order, reporting.title)},
    {"policy", 'p', "FILE", "Say what this policy does not allow: see flowzone-policy(5)",
     FZ_INTO(report_order, policy)},
    {"vs", 0, "PERIOD",
     "Compare with yesterday, with 1d or 7d (so long, right before --since), previous (as long as this period, and "
     "right before it) or TIME..TIME (default: previous, with --since and --until)",
     FZ_INTO(report_order, vs)},
    {"find", 0, "KINDS", "Look for these too, with commas in between: beacons, scans, long, one-way",
     FZ_INTO_BY(set_find, report_order, reporting.find)},
    {"anonymize", 0, NULL, "Show stand-ins for addresses, captures and sensors, the same in all reports of this user",
     FZ_INTO(report_order, anonymize)},
    FZ_ROW_WHERE,
    FZ_ROWS_TIME,
    {"utc", 0, NULL, "Times in UTC, not in local time", FZ_INTO(fz_ask, question.manner.utc)},
    FZ_ROWS_NAMES,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    FZ_ROWS_PROCESS,
};

const fz_command fz_report_command = {
    .name = "report",
    .arguments = "[FILE|FOLDER]...",
    .summary = "One page of who talks to whom, when, and what is new or not allowed",
    .notes = "Captures and flow files are read as they are; without any, a store is asked. The page is one file of\n"
             "HTML that loads nothing; the same store and options make the same bytes.\n\n"
             "Examples:\n"
             "  flowzone report capture.pcap --out report.html\n"
             "  flowzone report --since yesterday --until today --policy policy.csv --out report.html\n"
             "  flowzone report --since 7d --vs previous --where 'not proto icmp' > week.html\n\n"
             "Exit status: 0 answered, 1 not, 2 wrong usage, 3 some files could not be read.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
