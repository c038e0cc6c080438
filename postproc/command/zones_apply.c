/* `flowzone zones apply`: labels what is stored by another zone file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "keeper.h"
#include "log.h"
#include "progress.h"
#include "relabel.h"
#include "shared_options.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define WHO "flowzone zones apply"

typedef struct apply_order {
    char *to;
    bool dry_run;
    const char *file;
    fz_zone_table *zones;
    fz_keeper_manner manner;
    fz_relabel_tally tally;
} apply_order;

G_STATIC_ASSERT(sizeof(fz_relabel_tally) <= FZ_KEEPER_NUMBERS * sizeof(int64_t));

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

static void tell_line(const char *line, void *user)
{
    fz_progress_hide(user);
    tell(line);
}

static void draw(uint64_t records, void *user)
{
    fz_progress_update(user, 0, records);
}

static void warn(const char *message, void *user)
{
    g_autofree char *shown = fz_text_table(message);

    (void)user;
    tell(shown);
}

/* In the process that has the store. */
static bool work(fz_store *store, fz_helper *helper, void *user, GError **error)
{
    const apply_order *order = user;
    fz_progress *progress = fz_progress_new(WHO, 0, false);
    const fz_relabel_order relabel = {.zones = order->zones,
                                      .name = order->file,
                                      .dry_run = order->dry_run,
                                      .tell = tell_line,
                                      .draw = draw,
                                      .user = progress};
    fz_relabel_tally tally;
    int64_t numbers[FZ_KEEPER_NUMBERS] = {0};

    bool done = fz_relabel(store, &relabel, &tally, error);
    fz_progress_free(progress);
    memcpy(numbers, &tally, sizeof tally);
    return done && fz_keeper_answer(helper, numbers, error);
}

/* "3 of 24 captures have WHAT" */
static void tell_some(uint64_t some, uint64_t loads, const char *one, const char *many)
{
    if (some > 0)
        fz_say(WHO, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " capture%s %s", some, loads, fz_text_plural(loads),
               some == 1 ? one : many);
}

static void tell_tally(const apply_order *order, double seconds)
{
    const fz_relabel_tally *tally = &order->tally;
    g_autofree char *name = fz_text_table(order->file);

    if (tally->changed == 0) {
        fz_say(WHO,
               "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " capture%s ha%s the zones of %s already: nothing to do",
               tally->already, tally->loads, fz_text_plural(tally->loads), tally->already == 1 ? "s" : "ve", name);
    } else {
        g_autofree char *time = order->dry_run ? g_strdup("") : g_strdup_printf(" in %.1f s", seconds);
        fz_say(WHO,
               "%s %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " capture%s (%" G_GUINT64_FORMAT
               " conversation%s) by %s%s; %" G_GUINT64_FORMAT " had these zones already",
               order->dry_run ? "would label" : "labelled", tally->changed, tally->loads, fz_text_plural(tally->loads),
               tally->records, fz_text_plural(tally->records), name, time, tally->already);
    }
    tell_some(tally->dropped, tally->loads, "has no details any more: its hours keep the old zones",
              "have no details any more: their hours keep the old zones");
    tell_some(tally->unlisted, tally->loads, "is of a location without rows: it keeps its zones",
              "are of a location without rows: they keep their zones");
    tell_some(tally->unsplit, tally->loads,
              "has conversations of several new zones in one minute: its minutes keep the old zones, and count as not "
              "known",
              "have conversations of several new zones in one minute: their minutes keep the old zones, and count as "
              "not known");
}

static bool relabel_store(apply_order *order, GError **error)
{
    fz_keeper keeper;
    int64_t numbers[FZ_KEEPER_NUMBERS];
    const fz_access access = order->dry_run ? FZ_ACCESS_READ : FZ_ACCESS_CHANGE;

    order->manner.to = order->to;
    if (!fz_keeper_start(&keeper, &order->manner, access, work, order, error))
        return false;
    bool done = fz_keeper_take(&keeper, numbers, error) && fz_keeper_take(&keeper, NULL, error);
    fz_keeper_end(&keeper);
    if (done)
        memcpy(&order->tally, numbers, sizeof order->tally);
    return done;
}

static int apply(apply_order *order, GError **error)
{
    const gint64 since_us = g_get_monotonic_time();

    order->zones = fz_zone_table_read(order->file, NULL, warn, NULL, error);
    if (!order->zones || !relabel_store(order, error))
        return FZ_EXIT_FAILED;
    tell_tally(order, (double)(g_get_monotonic_time() - since_us) / G_USEC_PER_SEC);
    return FZ_EXIT_OK;
}

static int run(int argc, char **argv, GError **error)
{
    apply_order order = {
        .manner = {.wait_s = FZ_STORE_PATIENCE_S, .tell = tell, .confine = {.who = WHO}},
    };
    int status;

    if (fz_command_parse(&fz_zones_apply, &order, &argc, &argv, &status, error)) {
        order.file = argv[1];
        status = argc == 2 ? apply(&order, error)
                           : fz_command_usage(error, "expected one FILE, got %d; see --help", argc - 1);
    }
    fz_zone_table_free(order.zones);
    g_free(order.to);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_TO(apply_order, to, FZ_SETTING_LINE),
    {"dry-run", 'n', NULL, "Only say what would be done", FZ_INTO(apply_order, dry_run)},
    FZ_ROW_WAIT(apply_order, manner.wait_s, FZ_SETTING_LINE),
    FZ_ROW_JAIL(apply_order, manner.confine, FZ_SETTING_LINE),
};

const fz_command fz_zones_apply = {
    .name = "apply",
    .arguments = "FILE",
    .summary = "Label what is stored by a zone file, without its captures",
    .notes = "Each capture gets the rows of its location, and those without one. If it is interrupted, the same\n"
             "command goes on.\n\n"
             "Examples:\n"
             "  flowzone zones apply zones.csv --dry-run\n"
             "  flowzone zones apply zones.csv --to mysql://loader@db.example/flowzone\n\n"
             "Exit status: 0 labelled, or nothing to do, 1 not all of it, 2 wrong usage.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
