/* What is due: by age, and by the size of the store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "merge.h"
#include "plus.h"
#include "retain_private.h"

#include <stdlib.h>

/* Who is asked which captures are held back may have to read about so many conversations. */
enum { RECORDS_ASKED = 200000 };

/* What ended so recently may grow. */
#define SETTLED_US INT64_C(3600000000)

static bool has(const retain_load *load, fz_retain_tier tier)
{
    if (load->dropping != 0)
        return false;
    switch (tier) {
    case FZ_RETAIN_PACKETS:
        return load->dropped == 0 || load->dropped == FZ_DROPPED_HOURS;
    case FZ_RETAIN_DETAILS:
        return !(load->dropped & FZ_DROPPED_FLOWS);
    case FZ_RETAIN_MINUTES:
        return !(load->dropped & FZ_DROPPED_MINUTES);
    case FZ_RETAIN_HOURS:
        break;
    }
    return false;
}

static bool is_due(const retain_load *load, fz_retain_tier tier)
{
    return load->due & fz_retain_bit(tier);
}

static gint compare_ids(gconstpointer a, gconstpointer b)
{
    const int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

    return (one > two) - (one < two);
}

/* Asks which of some loads are held back; they lose nothing. */
static bool ask_held(retention *run, GPtrArray *some, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(int64_t));

    for (guint i = 0; i < some->len; i++)
        g_array_append_val(ids, ((retain_load *)some->pdata[i])->id);
    g_array_sort(ids, compare_ids);
    if (ids->len > 0 && run->order->hold && !run->order->hold(run->store, ids, held, run->order->user, error))
        return false;
    g_array_sort(held, compare_ids);
    for (guint i = 0; i < some->len; i++) {
        retain_load *load = some->pdata[i];
        if (held->len > 0 && bsearch(&load->id, held->data, held->len, sizeof(int64_t), compare_ids)) {
            load->held = true;
            load->due = 0;
            run->tally->held++;
        }
    }
    return true;
}

/* Between two bunches others may write: a run asks again before it drops anything. */
static bool breathe(retention *run, GError **error)
{
    if (!run->breathes)
        return true;
    run->store->ops->rollback(run->store);
    return run->store->ops->look(run->store, error);
}

/* Asks about all that are due. */
static bool hold_back(retention *run, const GArray *loads, GError **error)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    int64_t records = 0;

    for (guint i = 0; run->order->hold && i < loads->len; i++) {
        if (fz_retain_at(loads, i)->due != 0) {
            g_ptr_array_add(some, fz_retain_at(loads, i));
            records = fz_plus(records, fz_retain_at(loads, i)->records);
        }
        if (some->len < FZ_RETAIN_LOADS && records < RECORDS_ASKED && i + 1 < loads->len)
            continue;
        if (!ask_held(run, some, error) || !breathe(run, error))
            return false;
        g_ptr_array_set_size(some, 0);
        records = 0;
    }
    return true;
}

static bool choose_aged(retention *run, const GArray *loads, GError **error)
{
    for (guint i = 0; i < loads->len; i++) {
        retain_load *load = fz_retain_at(loads, i);
        for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_DETAILS; tier++)
            if (has(load, tier) && load->last_us < run->order->before_us[tier])
                load->due |= fz_retain_bit(tier);
    }
    return hold_back(run, loads, error);
}

const fz_day_span *fz_retain_span(const GArray *spans, const retain_load *load)
{
    guint low = 0, high = spans->len;

    while (low < high) { /* the first that ends after the day */
        const guint middle = low + (high - low) / 2;
        if (g_array_index(spans, fz_day_span, middle).until <= load->day)
            low = middle + 1;
        else
            high = middle;
    }
    const fz_day_span *span = low < spans->len ? &g_array_index(spans, fz_day_span, low) : NULL;
    return span && span->first <= load->day ? span : NULL;
}

/* Where rows of a day go at once, the day waits for its youngest load; but not longer than a day. The highest span is
 * of more days than one, and never goes at once. */
static void wait_for_days(const retention *run, const GArray *loads, fz_retain_tier tier)
{
    const GArray *spans = run->spans[tier];
    const fz_day_span *first = (const fz_day_span *)(const void *)spans->data;
    g_autofree bool *waits = g_new0(bool, (gsize)spans->len + 1); /* has rows of a load that is merely younger */

    for (guint i = 0; spans->len > 0 && i < loads->len; i++) {
        const retain_load *load = fz_retain_at(loads, i);
        const fz_day_span *span = fz_retain_span(spans, load);
        if (span && span->until != INT64_MAX && has(load, tier) && fz_retain_rows(load, tier) > 0 && !load->held &&
            !is_due(load, tier))
            waits[span - first] = true;
    }
    for (guint i = 0; spans->len > 0 && i < loads->len; i++) {
        retain_load *load = fz_retain_at(loads, i);
        const fz_day_span *span = fz_retain_span(spans, load);
        if (span && waits[span - first] && is_due(load, tier) &&
            load->last_us >= run->order->before_us[tier] - RETAIN_DAY_US)
            load->due &= ~(fz_retain_bit(tier) | FZ_DROPPED_FLOWS); /* packets never outlive details */
    }
}

/* Bytes that go with what is due of a load. */
static int64_t freed(const retention *run, const retain_load *load)
{
    int64_t bytes = 0;

    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_MINUTES; tier++)
        if (is_due(load, tier))
            bytes = fz_plus(bytes, fz_retain_bytes(run, tier, fz_retain_rows(load, tier)));
    return bytes;
}

/* A store of another kind has larger or smaller rows: by its size, which is also that of sums. */
static void measure(retention *run, const GArray *loads, int64_t size)
{
    int64_t bytes = 0;

    run->stretch = 1;
    for (guint i = 0; i < loads->len; i++)
        for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_MINUTES; tier++)
            if (has(fz_retain_at(loads, i), tier))
                bytes = fz_plus(bytes, fz_retain_bytes(run, tier, fz_retain_rows(fz_retain_at(loads, i), tier)));
    if (bytes > 0 && size > 0)
        run->stretch = CLAMP((double)size / (double)bytes, 0.5, 2);
}

static bool is_settled(const retention *run, const retain_load *load)
{
    return load->last_us < run->order->now_us - SETTLED_US && !load->changed && !load->held;
}

/* Bytes of what a load has of both, and loses. */
static int64_t choose(const retention *run, retain_load *load)
{
    const int64_t before = freed(run, load);

    load->due |= FZ_DROPPED_FLOWS | (has(load, FZ_RETAIN_PACKETS) ? FZ_DROPPED_PACKETS : 0U);
    return freed(run, load) - before;
}

/* Whether rows of two loads go at once. */
static bool share_day(const retention *run, const retain_load *one, const retain_load *two)
{
    const GArray *spans = run->spans[FZ_RETAIN_DETAILS];
    const fz_day_span *span = fz_retain_span(spans, one);

    return span && span == fz_retain_span(spans, two) && span->first != INT64_MIN && span->until != INT64_MAX;
}

/* Some of the oldest loads, from `*next` on: until enough goes, and the rest of their day. `*going`: so many bytes. */
static void choose_some(const retention *run, const GArray *loads, guint *next, int64_t missing, GPtrArray *some,
                        int64_t *going)
{
    for (; *next < loads->len && some->len < FZ_RETAIN_LOADS; (*next)++) {
        retain_load *load = fz_retain_at(loads, *next);
        if (*going >= missing && (*next == 0 || !share_day(run, fz_retain_at(loads, *next - 1), load)))
            return;
        if (!is_settled(run, load) || !has(load, FZ_RETAIN_DETAILS) || is_due(load, FZ_RETAIN_DETAILS))
            continue;
        *going = fz_plus(*going, choose(run, load));
        g_ptr_array_add(some, load);
    }
}

/* Packets and details of the oldest loads, until enough goes. Those that are held back are taken off again. */
static bool choose_oldest(retention *run, const GArray *loads, int64_t *missing, GError **error)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();

    for (guint next = 0, from = 1; next < loads->len && next != from;) {
        int64_t going = 0;
        from = next;
        g_ptr_array_set_size(some, 0);
        choose_some(run, loads, &next, *missing, some, &going);
        if (!ask_held(run, some, error))
            return false;
        for (guint i = 0; i < some->len; i++) {
            retain_load *load = some->pdata[i];
            if (load->held) {
                going -= choose(run, load);
                load->due = 0;
            }
        }
        *missing = fz_minus(*missing, going);
    }
    return true;
}

static bool is_grouped(const retain_load *load)
{
    return (load->dropping == 0 || load->dropping == FZ_DROPPED_HOURS) && !(load->dropped & FZ_DROPPED_MINUTES) &&
           ((load->dropped & FZ_DROPPED_FLOWS) || is_due(load, FZ_RETAIN_DETAILS));
}

void fz_retain_due_minutes(const retention *run, GArray *loads, int64_t before_us)
{
    const guint groups = g_hash_table_size(run->groups) + 1;
    g_autofree bool *is_young = g_new0(bool, groups);

    for (guint i = 0; i < loads->len; i++) {
        const retain_load *load = fz_retain_at(loads, i);
        if (load->dropping == FZ_DROPPED_FLOWS ||
            (is_grouped(load) && (load->last_us >= before_us || load->dropping != 0)))
            is_young[load->group] = true;
    }
    for (guint i = 0; i < loads->len; i++) {
        retain_load *load = fz_retain_at(loads, i);
        if (is_grouped(load) && !is_young[load->group])
            load->due |= FZ_DROPPED_MINUTES;
    }
}

/* The time before which so many bytes of minutes are. */
static int64_t find_minutes(const retention *run, const GArray *loads, int64_t missing)
{
    int64_t before_us = INT64_MIN;

    for (guint i = 0; i < loads->len && missing > 0; i++) {
        const retain_load *load = fz_retain_at(loads, i);
        if (!is_grouped(load) || is_due(load, FZ_RETAIN_MINUTES) || load->last_us >= run->order->now_us - SETTLED_US)
            continue;
        missing = fz_minus(missing, fz_retain_bytes(run, FZ_RETAIN_MINUTES, fz_retain_rows(load, FZ_RETAIN_MINUTES)));
        before_us = fz_plus(load->last_us, 1);
    }
    return before_us;
}

int64_t fz_retain_midnight(int64_t time_us)
{
    const int64_t days = time_us / RETAIN_DAY_US - (time_us % RETAIN_DAY_US < 0);

    return time_us == INT64_MIN ? INT64_MIN : days * RETAIN_DAY_S;
}

char *fz_retain_loses_hours(int64_t before_s, bool merged)
{
    const int64_t before_us = fz_times(before_s, 1000000);

    g_autofree char *soon = g_strdup_printf(" OR " RETAIN_LAST_US " < %" G_GINT64_FORMAT, before_us);

    return g_strdup_printf("l.dropped < %d AND " RETAIN_BEGIN_US " < %" G_GINT64_FORMAT " AND (l.merged IN (1, 2)%s)",
                           FZ_DROPPED_HOURS, before_us, merged ? "" : soon);
}

bool fz_retain_hours_from(retention *run, int64_t *from_s, GError **error)
{
    int64_t begin_us = INT64_MIN;

    if (!fz_retain_number(run,
                          g_strdup_printf("SELECT MAX(l.start_us) FROM fz_load l WHERE l.records > 0 AND (l.dropped >= "
                                          "%d OR l.dropping = %d)",
                                          FZ_DROPPED_HOURS, FZ_DROPPED_HOURS),
                          &begin_us, error))
        return false;
    *from_s = begin_us == INT64_MIN ? INT64_MIN : fz_retain_midnight(begin_us) + RETAIN_DAY_S;
    return true;
}

/* Before that midnight hours go: those that no reader asks any more, whoever brought them, go with what is due. */
static bool find_hours_before(retention *run, int64_t *before_s, GError **error)
{
    int64_t from_s;

    *before_s = fz_retain_midnight(run->order->before_us[FZ_RETAIN_HOURS]);
    if (*before_s == INT64_MIN)
        return true;
    if (!fz_retain_hours_from(run, &from_s, error))
        return false;
    *before_s = MAX(*before_s, from_s);
    return true;
}

typedef struct day_search {
    const retention *run;
    int64_t missing, before_s;
} day_search;

static void take_day(const char *const *cells, void *user)
{
    day_search *at = user;

    if (at->missing <= 0)
        return;
    at->missing = fz_minus(at->missing, fz_retain_bytes(at->run, FZ_RETAIN_HOURS, fz_cell_integer(cells[1])));
    at->before_s = (fz_cell_integer(cells[0]) + 1) * RETAIN_DAY_S;
}

/* The midnight before which so many bytes of hours are. */
static bool find_hours(retention *run, int64_t missing, int64_t *before_s, GError **error)
{
    g_autoptr(GString) day = g_string_new(NULL);
    day_search at = {run, missing, *before_s};

    fz_template_append(day, run->store->ops->dialect(run->store)->day, "h.hour");
    g_autofree char *sql = g_strdup_printf("SELECT %s AS day, COUNT(*) AS hours FROM fz_hour h WHERE h.load_id = 0 AND "
                                           "h.hour < %" G_GINT64_FORMAT " GROUP BY %s ORDER BY 1",
                                           day->str, fz_retain_midnight(run->order->now_us - SETTLED_US), day->str);
    if (!run->store->ops->query(run->store, sql, 2, SIZE_MAX, take_day, &at, error))
        return false;
    *before_s = MAX(*before_s, at.before_s);
    return true;
}

static void take_hours(const char *const *cells, void *user)
{
    retain_hours *hours = user;

    hours->loads = fz_cell_integer(cells[0]);
    hours->oldest_us = cells[1] ? fz_cell_integer(cells[1]) : INT64_MIN;
    hours->newest_us = cells[2] ? fz_cell_integer(cells[2]) : INT64_MIN;
}

/* Rows of hours: merged ones, and those that captures have of their own. */
static bool count_rows(retention *run, int64_t before_s, int64_t *rows, GError **error)
{
    g_autofree char *loses = fz_retain_loses_hours(before_s, false);
    int64_t own = 0;
    char *of_loads = g_strdup_printf("SELECT COUNT(*) FROM fz_load l JOIN fz_hour h ON h.load_id = l.load_id "
                                     "WHERE l.merged <> 1 AND %s AND h.hour < %" G_GINT64_FORMAT,
                                     loses, before_s);

    *rows = 0;
    if (!fz_retain_number(run, of_loads, &own, error) ||
        !fz_retain_number(run,
                          g_strdup_printf("SELECT COUNT(*) FROM fz_hour h WHERE h.load_id = 0 AND h.hour < "
                                          "%" G_GINT64_FORMAT,
                                          before_s),
                          rows, error))
        return false;
    *rows += own;
    return true;
}

static bool count_hours(retention *run, int64_t before_s, retain_hours *hours, GError **error)
{
    *hours = (retain_hours){.oldest_us = INT64_MIN, .newest_us = INT64_MIN};
    if (before_s == INT64_MIN)
        return true;
    g_autofree char *where = fz_retain_loses_hours(before_s, false);
    g_autofree char *sql = g_strdup_printf(
        "SELECT COUNT(*), MIN(" RETAIN_BEGIN_US "), MAX(" RETAIN_LAST_US ") FROM fz_load l WHERE %s", where);
    return run->store->ops->query(run->store, sql, 3, 1, take_hours, hours, error) &&
           count_rows(run, before_s, &hours->rows, error);
}

/* What has to go before the store is as small as it should be. */
static bool choose_by_size(retention *run, retain_plan *plan, GError **error)
{
    int64_t missing = run->bytes - run->order->most_bytes;

    for (guint i = 0; i < plan->loads->len; i++)
        missing = fz_minus(missing, freed(run, fz_retain_at(plan->loads, i)));
    missing = fz_minus(missing, fz_retain_bytes(run, FZ_RETAIN_HOURS, plan->hours.rows));
    if (missing <= 0)
        return true;
    if (!choose_oldest(run, plan->loads, &missing, error))
        return false;
    /* What minutes of these details are due by their age is not counted: it goes, and the next run finds it gone. */
    if (missing > 0) {
        const int64_t before_us = find_minutes(run, plan->loads, missing);
        plan->minutes_before_us = MAX(plan->minutes_before_us, before_us);
        for (guint i = 0; i < plan->loads->len; i++)
            missing = fz_plus(missing, freed(run, fz_retain_at(plan->loads, i)));
        fz_retain_due_minutes(run, plan->loads, plan->minutes_before_us);
        for (guint i = 0; i < plan->loads->len; i++)
            missing = fz_minus(missing, freed(run, fz_retain_at(plan->loads, i)));
    }
    if (missing > 0) {
        const int64_t before = fz_retain_bytes(run, FZ_RETAIN_HOURS, plan->hours.rows);
        if (!find_hours(run, missing, &plan->hours_before_s, error) ||
            !count_hours(run, plan->hours_before_s, &plan->hours, error))
            return false;
        missing -= fz_retain_bytes(run, FZ_RETAIN_HOURS, plan->hours.rows) - before;
    }
    plan->missing_bytes = MAX(missing, 0);
    return true;
}

/* Loads that lose details or hours are merged first, and those whose merge has begun. */
static bool find_unmerged(retention *run, retain_plan *plan, GError **error)
{
    int64_t before_us = plan->hours_before_s == INT64_MIN ? -INT64_MAX : fz_times(plan->hours_before_s, 1000000);
    size_t waiting = 0;

    for (guint i = 0; i < plan->loads->len; i++)
        if (is_due(fz_retain_at(plan->loads, i), FZ_RETAIN_DETAILS))
            before_us = MAX(before_us, fz_plus(fz_retain_at(plan->loads, i)->last_us, 1));
    plan->merge_before_us = INT64_MIN;
    if (!fz_merge_count(run->store, before_us, 1, &waiting, error))
        return false;
    if (waiting > 0)
        plan->merge_before_us = before_us;
    return true;
}

bool fz_retain_plan(retention *run, retain_plan *plan, GError **error)
{
    const fz_retain_order *order = run->order;
    /* That have more than hours, or are on their way there. */
    static const char where[] = "l.dropping <> 0 OR l.dropped NOT IN (7, 15)";

    *plan = (retain_plan){
        .loads = g_array_new(FALSE, FALSE, sizeof(retain_load)),
        .minutes_before_us = order->before_us[FZ_RETAIN_MINUTES],
        .merge_before_us = INT64_MIN,
    };
    if (!find_hours_before(run, &plan->hours_before_s, error) || !fz_retain_read(run, where, plan->loads, error) ||
        !choose_aged(run, plan->loads, error))
        return false;
    measure(run, plan->loads, run->bytes);
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_DETAILS; tier++)
        wait_for_days(run, plan->loads, tier);
    fz_retain_due_minutes(run, plan->loads, plan->minutes_before_us);
    if (!count_hours(run, plan->hours_before_s, &plan->hours, error))
        return false;
    if (order->most_bytes > 0 && run->bytes > order->most_bytes && !choose_by_size(run, plan, error))
        return false;
    return find_unmerged(run, plan, error);
}

void fz_retain_plan_clear(retain_plan *plan)
{
    if (plan->loads)
        g_array_unref(plan->loads);
    plan->loads = NULL;
}
