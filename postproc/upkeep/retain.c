/* Retention: what an interrupted run had begun with, then what is due, oldest first.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "plus.h"
#include "retain_private.h"

enum { ROWS_FIRST = 50000, SUMS_FIRST = 4000, DAYS_AHEAD = 14 };

#define YEAR_US (366 * RETAIN_DAY_US)

const char *const fz_retain_tier_names[FZ_RETAIN_TIERS] = {"packets", "details", "minutes", "hours"};

static bool measure(retention *run, int64_t *bytes, GError **error)
{
    return !run->store->ops->size || fz_retain_number(run, g_strdup(run->store->ops->size), bytes, error);
}

/* The day from which on days are made: by a clock that is far ahead of all loads it would be one that no load ever
 * reaches, and those of this century, which are empty yet, would go. */
static bool find_today(retention *run, GError **error)
{
    int64_t newest_us = INT64_MAX;

    if (!fz_retain_number(run, g_strdup("SELECT MAX(l.loaded_us) FROM fz_load l"), &newest_us, error))
        return false;
    run->today = fz_retain_midnight(MIN(run->order->now_us, fz_plus(newest_us, YEAR_US))) / RETAIN_DAY_S;
    return true;
}

/* The days that can go at once, which only a server has. */
static bool list_days(retention *run, GError **error)
{
    static const fz_table tables[] = {FZ_TABLE_PACKET, FZ_TABLE_FLOW};
    const fz_days_ops *days = run->store->ops->days ? run->store->ops->days(run->store) : NULL;

    for (size_t i = 0; days && i < G_N_ELEMENTS(tables); i++)
        if (!days->list(run->store, tables[i], run->spans[i], &run->why[i], error))
            return false;
    return !days || find_today(run, error);
}

static bool start(retention *run, fz_store *store, const fz_retain_order *order, fz_retain_tally *tally, GError **error)
{
    *tally = (fz_retain_tally){.bytes_before = -1, .bytes = -1};
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        tally->tiers[tier] = (fz_retain_count){.oldest_us = INT64_MIN, .newest_us = INT64_MIN, .kept_us = INT64_MIN};
    *run = (retention){
        .store = store,
        .order = order,
        .tally = tally,
        .pace = {.rows = ROWS_FIRST, .sums = SUMS_FIRST, .hours = 1},
        .groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .bytes = -1,
        .stretch = 1,
        .spans = {g_array_new(FALSE, FALSE, sizeof(fz_day_span)), g_array_new(FALSE, FALSE, sizeof(fz_day_span))},
    };
    return list_days(run, error);
}

static void end(retention *run)
{
    g_hash_table_unref(run->groups);
    for (size_t i = 0; i < G_N_ELEMENTS(run->spans); i++) {
        g_array_unref(run->spans[i]);
        g_free(run->why[i]);
    }
}

static void take_kept(const char *const *cells, void *user)
{
    fz_retain_tally *tally = user;

    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        if (cells[tier])
            tally->tiers[tier].kept_us = fz_cell_integer(cells[tier]);
}

/* First packets of what is left of each tier. */
static bool find_kept(retention *run, GError **error)
{
#define FIRST_OF(has) "MIN(CASE WHEN " has " THEN l.start_us END)"
    static const char sql[] = "SELECT " FIRST_OF("l.packets > 0 AND " FZ_SQL_HAS_PACKETS) ", " FIRST_OF(
        "l.records > 0 AND " FZ_SQL_HAS_FLOWS) ", " FIRST_OF("l.minutes NOT IN (0, -1) "
                                                             "AND " FZ_SQL_HAS_MINUTES) ", " FIRST_OF("l."
                                                                                                      "reco"
                                                                                                      "rds "
                                                                                                      "> 0 "
                                                                                                      "AND "
                                                                                                      "l."
                                                                                                      "drop"
                                                                                                      "ped "
                                                                                                      "< 8 "
                                                                                                      "AND "
                                                                                                      "l."
                                                                                                      "drop"
                                                                                                      "ping"
                                                                                                      " <> "
                                                                                                      "8") " FROM "
                                                                                                           "fz_load l";

    return run->store->ops->query(run->store, sql, FZ_RETAIN_TIERS, 1, take_kept, run->tally, error);
}

/* In a transaction that reads, which ends here. */
static bool plan_all(retention *run, retain_plan *plan, GError **error)
{
    *plan = (retain_plan){0};
    run->breathes = true;
    bool done = run->store->ops->look(run->store, error) && fz_retain_plan(run, plan, error);
    run->store->ops->rollback(run->store);
    return done;
}

static void count_plan(retention *run, const retain_plan *plan)
{
    fz_retain_count *hours = &run->tally->tiers[FZ_RETAIN_HOURS];

    for (guint i = 0; i < plan->loads->len; i++) {
        const retain_load *load = fz_retain_at(plan->loads, i);
        for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_MINUTES; tier++)
            if ((load->due | load->dropping) & fz_retain_bit(tier))
                fz_retain_count_load(run, tier, load);
        run->tally->resumed += load->dropping != 0;
    }
    hours->loads = hours->aged = plan->hours.loads;
    hours->rows = plan->hours.rows;
    hours->bytes = fz_retain_bytes(run, FZ_RETAIN_HOURS, plan->hours.rows);
    hours->oldest_us = plan->hours.oldest_us;
    hours->newest_us = plan->hours.newest_us;
    if (run->order->most_bytes > 0 && plan->hours_before_s > fz_retain_midnight(run->order->before_us[FZ_RETAIN_HOURS]))
        hours->aged = 0;
    run->tally->left = plan->missing_bytes > 0;
}

static void count_days(retention *run)
{
    const GArray *spans = run->spans[FZ_RETAIN_DETAILS];

    if (spans->len == 0)
        return;
    const int64_t highest = g_array_index(spans, fz_day_span, spans->len - 1).first;
    run->tally->days_made = MAX(run->today + DAYS_AHEAD - MAX(highest, run->today), 0);
}

bool fz_retain_look(fz_store *store, const fz_retain_order *order, fz_retain_tally *plan, GError **error)
{
    retention run;
    retain_plan found = {0};

    bool done = start(&run, store, order, plan, error) && store->ops->look(store, error);
    if (done) {
        done = measure(&run, &plan->bytes_before, error) && measure(&run, &run.bytes, error) &&
               fz_retain_plan(&run, &found, error) && find_kept(&run, error);
        store->ops->rollback(store);
    }
    if (done) {
        count_plan(&run, &found);
        count_days(&run);
        plan->bytes = plan->bytes_before;
    }
    fz_retain_plan_clear(&found);
    end(&run);
    return done;
}

/* Ends what an earlier run had begun with. */
static bool resume(retention *run, GError **error)
{
    g_autoptr(GArray) begun = g_array_new(FALSE, FALSE, sizeof(retain_load));

    if (!fz_retain_read(run, "l.dropping <> 0", begun, error))
        return false;
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++) {
        g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(retain_load));
        for (guint i = 0; i < begun->len; i++)
            if (fz_retain_at(begun, i)->dropping == fz_retain_bit(tier))
                g_array_append_val(marked, *fz_retain_at(begun, i));
        const retain_end end = tier == FZ_RETAIN_MINUTES ? fz_retain_drop_minutes(run, marked, error)
                               : tier == FZ_RETAIN_HOURS ? fz_retain_drop_hours(run, marked, error)
                                                         : fz_retain_drop_rows(run, tier, marked, error);
        if (end == RETAIN_FAILED)
            return false;
        run->tally->resumed += marked->len;
        if (end == RETAIN_LATER)
            run->tally->left += marked->len;
    }
    return true;
}

static bool drop_all(retention *run, const retain_plan *plan, GError **error)
{
    return fz_retain_merge(run, plan->merge_before_us, error) &&
           fz_retain_rows_of(run, FZ_RETAIN_PACKETS, plan->loads, error) &&
           fz_retain_rows_of(run, FZ_RETAIN_DETAILS, plan->loads, error) &&
           fz_retain_minutes(run, plan->minutes_before_us, error) &&
           fz_retain_hours_before(run, plan->hours_before_s, error);
}

static void note(const retention *run, const char *line)
{
    if (run->order->note)
        run->order->note(line, run->order->user);
}

/* Days for rows to come, and none for what is gone: where somebody is in the way, the next run does that. */
static bool make_days(retention *run, GError **error)
{
    const fz_days_ops *days = run->store->ops->days ? run->store->ops->days(run->store) : NULL;
    g_autoptr(GError) fault = NULL;
    int64_t oldest = INT64_MAX;
    bool full = false;

    if (!days || run->spans[FZ_RETAIN_DETAILS]->len == 0)
        return true;
    if (!fz_retain_number(
            run,
            g_strdup("SELECT MIN(l.day) FROM fz_load l WHERE (l.records > 0 AND l.dropped IN (0, 1, 8, 9)) "
                     "OR (l.packets > 0 AND l.dropped IN (0, 8))"),
            &oldest, error))
        return false;
    if (!days->make(run->store, run->today, DAYS_AHEAD, MIN(oldest, run->today), &full, &fault) &&
        !g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY)) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    if (full)
        note(run,
             "rows of many days are in one partition, and go one after another: \"flowzone upgrade\" gives each day "
             "its own");
    return true;
}

static bool shrink_once(retention *run, void *user, GError **error)
{
    return run->store->ops->shrink(run->store, user, error);
}

static bool shrink(retention *run, GError **error)
{
    bool more = run->store->ops->shrink != NULL, dropped = false;

    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        dropped = dropped || run->tally->tiers[tier].rows > 0;
    while (more) {
        g_autoptr(GError) fault = NULL;
        const retain_end end = fz_retain_try(run, shrink_once, &more, &fault);
        if (end == RETAIN_LATER)
            return true;
        if (end == RETAIN_DONE)
            continue;
        if (!g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA)) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
        if (dropped)
            note(run, fault->message);
        return true;
    }
    return true;
}

static bool run_all(retention *run, GError **error)
{
    retain_plan plan = {0};
    fz_retain_tally *tally = run->tally;

    bool done = measure(run, &tally->bytes_before, error) && resume(run, error) && measure(run, &run->bytes, error) &&
                plan_all(run, &plan, error) && drop_all(run, &plan, error) && make_days(run, error) &&
                shrink(run, error) && measure(run, &tally->bytes, error) && find_kept(run, error);
    fz_retain_plan_clear(&plan);
    if (run->order->most_bytes > 0 && tally->bytes > run->order->most_bytes)
        tally->left = MAX(tally->left, 1);
    return done;
}

bool fz_retain_run(fz_store *store, const fz_retain_order *order, fz_retain_tally *tally, GError **error)
{
    retention run;
    const bool done = start(&run, store, order, tally, error) && run_all(&run, error);

    end(&run);
    return done;
}
