/* `flowzone retain`: details short, totals long.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"
#include "command.h"
#include "figures_file.h"
#include "filter.h"
#include "log.h"
#include "retain_jobs.h"
#include "shared_options.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WHO "flowzone retain"
#define DAY_US (INT64_C(86400) * G_USEC_PER_SEC)

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

/* What a row of a tier is called; hours are merged ones. */
static const char *const row_words[FZ_RETAIN_TIERS] = {"packet", "conversation", "minute", "hour"};

/* "1,440 captures" */
static char *count_text(int64_t count, const char *word)
{
    g_autofree char *number = fz_text_grouped((uint64_t)MAX(count, 0));

    return g_strdup_printf("%s %s%s", number, word, fz_text_plural((uint64_t)MAX(count, 0)));
}

static char *bytes_text(int64_t bytes)
{
    static const fz_answer_manner plain = {.utc = true};

    return fz_cell_print(&plain, FZ_CELL_BYTES, bytes);
}

/* "2026-11-20 00:00", in UTC. */
static char *time_text(int64_t time_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("?");
}

/* "details of 1,440 captures before 2026-11-20 00:00 UTC dropped: 10,000,000 conversations". Hours go by days. */
static void print_tier(size_t tier, const fz_retain_count *count, int64_t before_us)
{
    const int64_t by_size = count->loads - count->aged;
    const bool by_age = by_size == 0 && before_us != INT64_MIN;
    const int64_t over_us = tier == FZ_RETAIN_HOURS ? (before_us % DAY_US + DAY_US) % DAY_US : 0;
    g_autofree char *loads = count_text(count->loads, "capture");
    g_autofree char *time = time_text(by_age ? before_us - over_us : count->newest_us);

    printf("%s of %s %s %s UTC dropped", fz_retain_tier_names[tier], loads, by_age ? "before" : "up to", time);
    if (by_size > 0 && by_size < count->loads)
        printf(", %" G_GINT64_FORMAT " of them because of the size", by_size);
    else if (by_size > 0)
        printf(", because of the size");
    if (count->rows >= 0) {
        g_autofree char *rows = count_text(count->rows, row_words[tier]);

        printf(": %s", rows);
    }
    putchar('\n');
}

static void print_size(const fz_retain_tally *tally)
{
    g_autofree char *now = bytes_text(tally->bytes);
    g_autofree char *was = bytes_text(tally->bytes_before);

    if (tally->bytes >= 0 && tally->bytes_before > tally->bytes)
        printf("store: %s, was %s\n", now, was);
    else if (tally->bytes >= 0)
        printf("store: %s\n", now);
}

static void print_some(int64_t count, const char *what)
{
    g_autofree char *captures = count_text(count, "capture");

    if (count > 0)
        printf("%s %s\n", captures, what);
}

/* Whether captures lose rows of a tier. Those that had none, such as packets, are marked all the same. */
static bool is_said(const fz_retain_count *count)
{
    return count->loads > 0 && count->rows != 0;
}

/* How many captures lose something, if none of them has rows of it: at least. */
static int64_t count_empty(const fz_retain_tally *tally)
{
    int64_t loads = 0;

    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++) {
        if (is_said(&tally->tiers[tier]))
            return 0;
        loads = MAX(loads, tally->tiers[tier].loads);
    }
    return loads;
}

static bool drops(const fz_retain_tally *tally)
{
    size_t tier = 0;

    while (tier < FZ_RETAIN_TIERS && tally->tiers[tier].loads == 0)
        tier++;
    return tier < FZ_RETAIN_TIERS;
}

/* The last line. */
static void print_end(const fz_retain_tally *tally)
{
    if (drops(tally) || tally->resumed > 0 || tally->left > 0)
        print_size(tally);
    else
        puts("nothing is due");
}

static void print_done(const fz_retain_order *order, const fz_retain_tally *tally, bool failed)
{
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        if (is_said(&tally->tiers[tier]))
            print_tier(tier, &tally->tiers[tier], order->before_us[tier]);
    print_some(count_empty(tally), "had nothing to drop");
    print_some(tally->resumed, "finished that an earlier run had begun with");
    print_some(tally->held, "held by --keep");
    if (!failed)
        print_end(tally);
}

/* What stays is said whatever --quiet is. */
static void tell_left(const fz_retain_settings *settings, const fz_retain_order *order, const fz_retain_tally *tally)
{
    g_autofree char *left = count_text(tally->left, "capture");
    g_autofree char *size = bytes_text(tally->bytes);

    if (order->most_bytes > 0 && tally->bytes > order->most_bytes)
        fz_say(WHO, "the store still has %s, more than --max-size=%s: the next run goes on; days and hosts stay", size,
               settings->size);
    else if (tally->left > 0)
        fz_say(WHO, "%s that %s due: not dropped; the next run goes on", left, tally->left == 1 ? "is" : "are");
}

/* The plan of --dry-run. */
static const fz_answer_column columns[] = {
    {NULL, "tier", FZ_CELL_TEXT},          {NULL, "captures", FZ_CELL_COUNT},    {NULL, "rows", FZ_CELL_COUNT},
    {NULL, "bytes, about", FZ_CELL_BYTES}, {NULL, "oldest (UTC)", FZ_CELL_TEXT}, {NULL, "newest (UTC)", FZ_CELL_TEXT},
    {NULL, "why", FZ_CELL_TEXT},
};

static const char *why(const fz_retain_count *count)
{
    return count->aged == count->loads ? "age" : count->aged == 0 ? "size" : "age, size";
}

static void print_days(int64_t days)
{
    g_autofree char *text = count_text(days, "day");

    if (days > 0)
        printf("%s would get %s\n", text, days == 1 ? "a partition" : "partitions");
}

static void print_table(const fz_retain_tally *tally, const fz_answer_manner *manner)
{
    fz_answer *answer = fz_answer_begin(stdout, manner, columns, G_N_ELEMENTS(columns), false);
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++) {
        const fz_retain_count *count = &tally->tiers[tier];
        g_autofree char *oldest = count->oldest_us == INT64_MIN ? NULL : time_text(count->oldest_us);
        g_autofree char *newest = count->newest_us == INT64_MIN ? NULL : time_text(count->newest_us);
        const fz_cell cells[G_N_ELEMENTS(columns)] = {
            {.text = fz_retain_tier_names[tier]},
            {.number = count->loads},
            {.number = count->rows, .unknown = count->rows < 0},
            {.number = count->bytes, .unknown = count->bytes < 0},
            {.text = oldest, .unknown = !oldest},
            {.text = newest, .unknown = !newest},
            {.text = why(count)},
        };
        if (is_said(count))
            fz_answer_row(answer, cells);
    }
    (void)fz_answer_end(answer, NULL); /* what could not be written, the process says at its end */
}

static void print_plan(const fz_retain_settings *settings, const fz_retain_tally *tally, const fz_answer_manner *manner)
{
    if (drops(tally) && count_empty(tally) == 0)
        print_table(tally, manner);
    print_some(count_empty(tally), "would be marked, with nothing to drop");
    print_some(tally->resumed, "would be finished that an earlier run had begun with");
    print_some(tally->held, "held by --keep");
    print_days(tally->days_made);
    print_end(tally);
    if (tally->left > 0)
        printf("that is not enough for --max-size=%s\n", settings->size);
}

/* In the process that has the store. */
static void print(const fz_retain_settings *settings, const fz_retain_order *order, const fz_retain_tally *tally,
                  bool failed, void *user)
{
    if (settings->dry_run)
        print_plan(settings, tally, user);
    else if (!settings->quiet)
        print_done(order, tally, failed);
    if (!settings->dry_run)
        tell_left(settings, order, tally);
}

/* Of a run that has ended with that status, or failed for another reason: that is said first. */
static int tell_figures(const fz_retain_settings *settings, const fz_retain_figures *figures, GError **error)
{
    g_autoptr(GError) fault = NULL;
    const int status = (int)figures->status;

    if (settings->dry_run || status == FZ_EXIT_USAGE ||
        fz_retain_metrics_write(settings, figures, g_get_real_time() / G_USEC_PER_SEC, &fault))
        return status;
    if (error && *error)
        fz_say(WHO, "%s", fault->message);
    else
        g_propagate_error(error, g_steal_pointer(&fault));
    return FZ_EXIT_FAILED;
}

static int retain(const fz_retain_settings *settings, GError **error)
{
    fz_answer_manner manner = fz_answer_manner_of(STDOUT_FILENO);
    g_autoptr(GError) fault = NULL;
    fz_retain_figures figures;
    fz_retain_job job;

    if (settings->metrics && !settings->dry_run && !fz_figures_file_try(settings->metrics, error))
        return FZ_EXIT_FAILED;
    if (!fz_retain_job_start(&job, settings, print, &manner, &fault)) {
        const bool is_filter = fault->domain == FZ_FILTER_ERROR;

        if (is_filter)
            fz_say_lines(WHO, fault->message);
        else
            g_propagate_error(error, g_steal_pointer(&fault));
        return is_filter ? FZ_EXIT_USAGE : FZ_EXIT_FAILED;
    }
    (void)fz_retain_job_take(&job, &figures, error);
    fz_retain_job_end(&job);
    if (error && g_error_matches(*error, FZ_KEEPER_ERROR, FZ_KEEPER_ERROR_OUTPUT))
        fz_command_die_of_pipe();
    return tell_figures(settings, &figures, error);
}

static int retain_checked(fz_retain_settings *settings, const char *conf_file, GError **error)
{
    fz_retain_settings_find_store(settings, conf_file);
    return fz_retain_settings_check(settings, error) ? retain(settings, error) : FZ_EXIT_USAGE;
}

static int run(int argc, char **argv, GError **error)
{
    fz_retain_settings settings = FZ_RETAIN_SETTINGS_INIT(WHO);
    g_autofree char *conf_file = NULL;
    int status;

    settings.tell = tell;
    if (fz_command_parse_with(&fz_retain_command, &settings, &argc, &argv, &conf_file, &status, error))
        status = argc > 1 ? fz_command_usage(error, "%s: expected options only; see --help", argv[1])
                          : retain_checked(&settings, conf_file, error);
    fz_retain_settings_clear(&settings);
    return status;
}

#define INTO(member) FZ_INTO(fz_retain_settings, member), .place = FZ_SETTING_FILE
#define INTO_BY(set_value, member) FZ_INTO_BY(set_value, fz_retain_settings, member), .place = FZ_SETTING_FILE
#define PERIOD(tier) INTO_BY(fz_retain_set_period, periods[tier])

static const fz_setting rows[] = {
    FZ_ROW_TO(fz_retain_settings, to, FZ_SETTING_FILE),
    {"packets", 0, "PERIOD", "How long packets are kept (default: as long as details)", PERIOD(FZ_RETAIN_PACKETS)},
    {"details", 0, "PERIOD", "How long conversations are kept: 12h, 7d, 4w, off (default: for ever)",
     PERIOD(FZ_RETAIN_DETAILS)},
    {"minutes", 0, "PERIOD", "How long traffic by minute is kept", PERIOD(FZ_RETAIN_MINUTES)},
    {"hours", 0, "PERIOD", "How long sums by hour are kept; days stay", PERIOD(FZ_RETAIN_HOURS)},
    {"max-size", 0, "SIZE", "The most that the store may have on its disk, such as 50G: else the oldest goes",
     INTO_BY(fz_retain_set_size, size)},
    {"keep", 0, "FILTER", "Hold captures back that have such a conversation: see flowzone-filter(7)", INTO(keep)},
    {"now", 0, "TIME", "What time it is (default: now)", INTO_BY(fz_setting_set_time, now_s)},
    {"dry-run", 'n', NULL, "Only say what would go", INTO(dry_run)},
    {"metrics", 0, "FILE", "Write metrics for Prometheus to this file", INTO(metrics)},
    FZ_ROW_WAIT(fz_retain_settings, wait_s, FZ_SETTING_FILE),
    FZ_ROW_JAIL(fz_retain_settings, confine, FZ_SETTING_FILE),
    {"quiet", 'q', NULL, "Report only what went wrong", INTO(quiet)},
};

const fz_command fz_retain_command = {
    .name = "retain",
    .arguments = "",
    .summary = "Drop what is old from a store: details first, sums later, days never",
    .notes = "What is coarser is kept at least as long: packets, details, minutes, hours. A capture's conversations\n"
             "are in the sums before they go, and it is not loaded again.\n\n"
             "Examples:\n"
             "  flowzone retain --details 7d --packets 1d --minutes 30d --hours 400d --dry-run\n"
             "  flowzone retain --to sqlite:net.db --details 4w --max-size 50G --keep 'zone databases'\n"
             "  flowzone retain --config /etc/flowzone/flowzone.conf\n\n"
             "Exit status: 0 done, or nothing is due, 1 failed, 2 wrong usage, 3 something that is due stays.",
    .section = "retain",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
