/* `flowzone upgrade`: a store of an older version to the current one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"
#include "command.h"
#include "keeper.h"
#include "log.h"
#include "shared_options.h"
#include "successor.h"
#include "text.h"
#include "upgrade.h"

#include <stdio.h>
#include <string.h>

#define WHO "flowzone upgrade"

typedef struct upgrade_order {
    char *to;
    bool dry_run;
    fz_upgrade_plan plan;
    fz_keeper_manner manner;
} upgrade_order;

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

enum { NUMBER_VERSION, NUMBER_RESUMES, NUMBER_LOADS, NUMBER_RECORDS, NUMBER_BYTES, NUMBER_UNSORTED };

/* In the process that has the store, here and below. */
static bool look(fz_store *store, fz_helper *helper, void *user, GError **error)
{
    fz_upgrade_plan plan;

    (void)user;
    if (!fz_upgrade_look(store, &plan, error))
        return false;
    const int64_t numbers[FZ_KEEPER_NUMBERS] = {plan.version, plan.resumes, plan.loads,
                                                plan.records, plan.bytes,   plan.unsorted};
    return fz_keeper_answer(helper, numbers, error);
}

static void draw(int64_t rows, void *user)
{
    fz_progress_update(user, (uint64_t)rows, (uint64_t)rows);
}

/* Keeps the store's lock until the new file has taken its place. */
static bool work(fz_store *store, fz_helper *helper, void *user, GError **error)
{
    const upgrade_order *order = user;
    const int64_t numbers[FZ_KEEPER_NUMBERS] = {1};

    if (store->version != order->plan.version) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY,
                            "another program has upgraded the store meanwhile");
        return false;
    }
    fz_progress *progress = fz_progress_new(WHO, (uint64_t)MAX(order->plan.records, 0), false);
    bool done = fz_upgrade_run(store, draw, progress, error);
    fz_progress_free(progress);
    if (!done || !fz_keeper_answer(helper, numbers, error))
        return false;
    fz_keeper_wait(helper);
    return true;
}

static bool ask_plan(upgrade_order *order, GError **error)
{
    fz_keeper keeper;
    int64_t numbers[FZ_KEEPER_NUMBERS];

    if (!fz_keeper_start(&keeper, &order->manner, FZ_ACCESS_LOOK, look, NULL, error))
        return false;
    bool done = fz_keeper_take(&keeper, numbers, error) && fz_keeper_take(&keeper, NULL, error);
    fz_keeper_end(&keeper);
    if (done)
        order->plan = (fz_upgrade_plan){
            .version = numbers[NUMBER_VERSION],
            .resumes = numbers[NUMBER_RESUMES] != 0,
            .unsorted = numbers[NUMBER_UNSORTED] != 0,
            .loads = numbers[NUMBER_LOADS],
            .records = numbers[NUMBER_RECORDS],
            .bytes = numbers[NUMBER_BYTES],
        };
    return done;
}

static bool run_work(upgrade_order *order, fz_successor *successor, GError **error)
{
    fz_keeper keeper;
    int64_t numbers[FZ_KEEPER_NUMBERS];

    if (!fz_keeper_start(&keeper, &order->manner, FZ_ACCESS_UPGRADE, work, order, error))
        return false;
    bool done = fz_keeper_take(&keeper, numbers, error) && (!successor || fz_successor_commit(successor, error)) &&
                fz_keeper_go(&keeper) && fz_keeper_take(&keeper, NULL, error);
    fz_keeper_end(&keeper);
    return done;
}

/* The store's file; NULL: it has none, it is on a server. */
static const char *file_of(const upgrade_order *order)
{
    const char *to = order->to ? order->to : FZ_DEFAULT_STORE;
    const fz_store_ops *store = fz_store_find(to, NULL);

    return store == &fz_store_sqlite ? fz_store_sqlite_path(to, NULL) : NULL;
}

static bool upgrade(upgrade_order *order, GError **error)
{
    const char *file = fz_upgrade_copies(&order->plan) ? file_of(order) : NULL;
    fz_successor *successor = file ? fz_successor_new(file, error) : NULL;

    if (file && !successor)
        return false;
    bool done = run_work(order, successor, error);
    fz_successor_free(successor);
    return done;
}

static char *describe(const upgrade_order *order)
{
    const fz_upgrade_plan *plan = &order->plan;
    g_autofree char *size = g_format_size((guint64)MAX(plan->bytes, 0));

    if (plan->resumes)
        return g_strdup("an upgrade was interrupted");
    return g_strdup_printf("schema version %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " capture%s, %" G_GINT64_FORMAT
                           " row%s, %s%s",
                           plan->version, plan->loads, fz_text_plural((uint64_t)plan->loads), plan->records,
                           fz_text_plural((uint64_t)plan->records), size, order->dry_run ? " on the disk" : "");
}

/* What would be done, as --dry-run says it. */
static char *describe_work(const fz_upgrade_plan *plan)
{
    const char *split = plan->unsorted ? "rows would be split into partitions of days, which copies them" : NULL;

    if (plan->version == FZ_SCHEMA_VERSION && split)
        return g_strdup(split);
    if (fz_upgrade_copies(plan))
        return g_strdup_printf("would become version %d, and needs up to twice that space more until it is done",
                               FZ_SCHEMA_VERSION);
    return g_strdup_printf("would become version %d in place%s%s", FZ_SCHEMA_VERSION, split ? "; " : "",
                           split ? split : "");
}

static void say_done(const upgrade_order *order, const char *what, gint64 since_us)
{
    const double seconds = (double)(g_get_monotonic_time() - since_us) / G_USEC_PER_SEC;

    if (order->plan.version == FZ_SCHEMA_VERSION)
        fz_say(WHO, "%s: rows are split into partitions of days, in %.1f s", what, seconds);
    else
        fz_say(WHO, "%s: upgraded to version %d in %.1f s", what, FZ_SCHEMA_VERSION, seconds);
}

static int upgrade_store(upgrade_order *order, GError **error)
{
    gint64 since_us = g_get_monotonic_time();

    order->manner.to = order->to;
    if (!ask_plan(order, error))
        return FZ_EXIT_FAILED;
    if (!fz_upgrade_is_due(&order->plan)) {
        fz_say(WHO, "the store has schema version %d: nothing to do", FZ_SCHEMA_VERSION);
        return FZ_EXIT_OK;
    }
    g_autofree char *what = describe(order), *then = describe_work(&order->plan);
    if (order->dry_run) {
        fz_say(WHO, "%s: %s", what, then);
        return FZ_EXIT_OK;
    }
    if (!upgrade(order, error))
        return FZ_EXIT_FAILED;
    say_done(order, what, since_us);
    return FZ_EXIT_OK;
}

static int run(int argc, char **argv, GError **error)
{
    upgrade_order order = {
        .manner = {.wait_s = FZ_STORE_PATIENCE_S, .tell = tell, .confine = {.who = WHO}},
    };
    int status;

    if (fz_command_parse(&fz_upgrade_command, &order, &argc, &argv, &status, error))
        status = argc == 1 ? upgrade_store(&order, error) : fz_command_usage(error, "expected no argument; see --help");
    g_free(order.to);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_TO(upgrade_order, to, FZ_SETTING_LINE),
    {"dry-run", 'n', NULL, "Only say what would be done", FZ_INTO(upgrade_order, dry_run)},
    FZ_ROW_WAIT(upgrade_order, manner.wait_s, FZ_SETTING_LINE),
    FZ_ROW_JAIL(upgrade_order, manner.confine, FZ_SETTING_LINE),
};

const fz_command fz_upgrade_command = {
    .name = "upgrade",
    .arguments = "",
    .summary = "Bring a store that an older flowzone made up to date",
    .notes = "If it is interrupted, the same command goes on.\n\n"
             "Examples:\n"
             "  flowzone upgrade --dry-run\n"
             "  flowzone upgrade --to mysql://admin@db.example/flowzone\n\n"
             "Exit status: 0 upgraded, or nothing to do, 1 not upgraded, 2 wrong usage.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
