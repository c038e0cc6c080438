/* Sums: merged before details go; then minutes go by groups, and hours by midnights.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"
#include "retain_private.h"

#include <string.h>

enum { HOURS_MOST = 24 * 366, MINUTE_S = 60, SUMS_LEAST = 1000, SUMS_MOST = 64000 };

typedef struct merging {
    int64_t before_us;
    bool more;
} merging;

static bool merge(retention *run, void *user, GError **error)
{
    merging *at = user;

    return fz_merge_some(run->store, at->before_us, run->pace.sums, &at->more, error);
}

bool fz_retain_merge(retention *run, int64_t before_us, GError **error)
{
    merging at = {before_us, true};
    retain_end end = RETAIN_DONE;

    while (end == RETAIN_DONE && at.more && before_us != INT64_MIN) {
        end = fz_retain_try(run, merge, &at, error);
        run->pace.sums = fz_retain_adapt(&run->pace, run->pace.sums, SUMS_LEAST, SUMS_MOST);
    }
    run->unmerged = end == RETAIN_LATER; /* a load that is not merged keeps its details */
    return end != RETAIN_FAILED;
}

/* A load's minutes on their way into those of its group. */
typedef struct moving {
    int64_t load_id, group;
    bool more;
} moving;

static bool move_minutes(retention *run, void *user, GError **error)
{
    moving *at = user;

    return fz_merge_minutes(run->store, at->load_id, at->group, &at->more, error);
}

/* For each group the load that its minutes are of: the lowest whose details are dropped or going. The caller frees. */
static GHashTable *find_carriers(retention *run, const GArray *marked, GError **error)
{
    GHashTable *carriers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(retain_load));
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (guint i = 0; i < marked->len; i++) {
        first = MIN(first, fz_retain_at(marked, i)->day);
        last = MAX(last, fz_retain_at(marked, i)->day);
    }
    g_autofree char *where = g_strdup_printf(
        "l.day BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT " AND " RETAIN_OF_GROUP, first, last);
    if (!fz_retain_read(run, where, loads, error)) {
        g_hash_table_unref(carriers);
        return NULL;
    }
    for (guint i = 0; i < loads->len; i++) {
        const retain_load *load = fz_retain_at(loads, i);
        int64_t *known = g_hash_table_lookup(carriers, GUINT_TO_POINTER(load->group));
        if (!known)
            g_hash_table_insert(carriers, GUINT_TO_POINTER(load->group), g_memdup2(&load->id, sizeof load->id));
        else
            *known = MIN(*known, load->id);
    }
    return carriers;
}

retain_end fz_retain_group_minutes(retention *run, const GArray *marked, GError **error)
{
    retain_end end = RETAIN_DONE;

    if (marked->len == 0)
        return end;
    g_autoptr(GHashTable) carriers = find_carriers(run, marked, error);
    if (!carriers)
        return RETAIN_FAILED;
    for (guint i = 0; end == RETAIN_DONE && i < marked->len; i++) {
        const retain_load *load = fz_retain_at(marked, i);
        const int64_t *carrier = g_hash_table_lookup(carriers, GUINT_TO_POINTER(load->group));
        moving at = {load->id, carrier ? *carrier : load->id, fz_retain_rows(load, FZ_RETAIN_MINUTES) > 0};
        while (end == RETAIN_DONE && at.more)
            end = fz_retain_try(run, move_minutes, &at, error);
    }
    return end;
}

typedef struct grouping {
    int64_t before_us;
    const GArray *chosen; /* loads of whole groups */
    GArray *marked;
} grouping;

static gint compare_groups(gconstpointer a, gconstpointer b)
{
    const retain_load *one = a, *two = b;

    if (one->day != two->day)
        return one->day < two->day ? -1 : 1;
    return (one->group > two->group) - (one->group < two->group);
}

/* The loads of which all of the group may lose their minutes, by groups, of days from one to another. */
static bool find_groups(retention *run, int64_t before_us, int64_t first, int64_t last, GArray *due, GError **error)
{
    g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autofree char *where = g_strdup_printf(
        "l.day BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT " AND " RETAIN_OF_GROUP, first, last);

    if (!fz_retain_read(run, where, loads, error))
        return false;
    fz_retain_due_minutes(run, loads, before_us);
    for (guint i = 0; i < loads->len; i++)
        if (fz_retain_at(loads, i)->due & FZ_DROPPED_MINUTES)
            g_array_append_val(due, *fz_retain_at(loads, i));
    g_array_sort(due, compare_groups);
    return true;
}

/* Where whole groups end, about FZ_RETAIN_LOADS loads from `from` on. */
static guint end_of_groups(const GArray *due, guint from)
{
    guint end = from + 1;

    while (end < due->len &&
           (end - from < FZ_RETAIN_LOADS || fz_retain_at(due, end)->group == fz_retain_at(due, end - 1)->group))
        end++;
    return end;
}

/* In one transaction, so that nobody's minutes join a group that goes: the groups are read again. */
static bool mark_groups(retention *run, void *user, GError **error)
{
    const grouping *at = user;
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autoptr(GArray) still = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autoptr(GHashTable) groups = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < at->chosen->len; i++)
        g_hash_table_add(groups, GUINT_TO_POINTER(fz_retain_at(at->chosen, i)->group));
    if (!find_groups(run, at->before_us, fz_retain_at(at->chosen, 0)->day,
                     fz_retain_at(at->chosen, at->chosen->len - 1)->day, due, error))
        return false;
    for (guint i = 0; i < due->len; i++)
        if (g_hash_table_contains(groups, GUINT_TO_POINTER(fz_retain_at(due, i)->group)))
            g_array_append_val(still, *fz_retain_at(due, i));
    return fz_retain_mark_now(run, FZ_RETAIN_MINUTES, still, "dropped IN (3, 11)", at->marked, error);
}

static bool run_sql(retention *run, void *user, GError **error)
{
    return run->store->ops->run(run->store, user, error);
}

/* Deletes merged rows of a table from the first to before `until_s`, some hours at a time, over gaps without any.
 * `which`: "load_id = 0" and more. */
static retain_end delete_times(retention *run, const char *table, const char *time, const char *which, int64_t first_s,
                               int64_t until_s, GError **error)
{
    for (int64_t from_s = first_s; from_s < until_s;) {
        int64_t next_s = until_s;
        if (!fz_retain_number(run,
                              g_strdup_printf("SELECT MIN(r.%s) FROM %s r WHERE r.%s AND r.%s >= %" G_GINT64_FORMAT
                                              " AND r.%s < %" G_GINT64_FORMAT,
                                              time, table, which, time, from_s, time, until_s),
                              &next_s, error))
            return RETAIN_FAILED;
        if (next_s >= until_s)
            return RETAIN_DONE;
        from_s =
            next_s < until_s - run->pace.hours * RETAIN_HOUR_S ? next_s + run->pace.hours * RETAIN_HOUR_S : until_s;
        g_autofree char *sql =
            g_strdup_printf("DELETE FROM %s WHERE %s AND %s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, table,
                            which, time, next_s, from_s - 1);
        const retain_end end = fz_retain_transact(run, run_sql, sql, error);
        if (end != RETAIN_DONE)
            return end;
        run->pace.hours = (int64_t)fz_retain_adapt(&run->pace, (uint64_t)run->pace.hours, 1, HOURS_MOST);
    }
    return RETAIN_DONE;
}

static int64_t seconds(int64_t time_us)
{
    return time_us / 1000000 - (time_us % 1000000 < 0);
}

retain_end fz_retain_drop_minutes(retention *run, const GArray *marked, GError **error)
{
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;

    if (marked->len == 0)
        return RETAIN_DONE;
    for (guint i = 0; i < marked->len; i++) {
        first_us = MIN(first_us, fz_retain_at(marked, i)->begin_us);
        last_us = MAX(last_us, fz_retain_at(marked, i)->last_us);
    }
    g_autofree char *ids = fz_retain_ids(marked, 0, marked->len);
    g_autofree char *merged = g_strdup_printf("load_id = 0 AND part IN (%s)", ids);
    g_autofree char *own = g_strdup_printf(
        "DELETE FROM fz_minute WHERE load_id IN (%s) AND minute BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
        ids, seconds(first_us) - MINUTE_S, seconds(last_us) + MINUTE_S);
    retain_end end = delete_times(run, "fz_minute", "minute", merged, seconds(first_us) - MINUTE_S,
                                  seconds(last_us) + MINUTE_S, error);
    if (end == RETAIN_DONE)
        end = fz_retain_transact(run, run_sql, own, error);
    return end == RETAIN_DONE ? fz_retain_finish(run, FZ_RETAIN_MINUTES, marked, error) : end;
}

bool fz_retain_minutes(retention *run, int64_t before_us, GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(retain_load));
    retain_end end = RETAIN_DONE;
    guint from = 0;

    if (before_us != INT64_MIN && !find_groups(run, before_us, -INT64_MAX, INT64_MAX, due, error))
        return false;
    while (end == RETAIN_DONE && from < due->len) {
        g_autoptr(GArray) chosen = g_array_new(FALSE, FALSE, sizeof(retain_load));
        grouping at = {before_us, chosen, marked};
        const guint next = end_of_groups(due, from);
        g_array_append_vals(chosen, fz_retain_at(due, from), next - from);
        end = fz_retain_transact(run, mark_groups, &at, error);
        if (end == RETAIN_DONE)
            end = fz_retain_drop_minutes(run, marked, error);
        if (end == RETAIN_DONE)
            from = next;
    }
    if (end == RETAIN_LATER)
        run->tally->left += due->len - from;
    return end != RETAIN_FAILED;
}

/* Hours on their way out. */
typedef struct leaving {
    int64_t load_id, before_s, rows;
} leaving;

static bool merge_own(retention *run, void *user, GError **error)
{
    leaving *at = user;

    return fz_merge_own(run->store, at->load_id, at->before_s, &at->rows, error);
}

static bool drop_merged(retention *run, void *user, GError **error)
{
    leaving *at = user;

    return fz_merge_drop_hours(run->store, at->before_s, run->pace.hours, &at->rows, error);
}

/* Takes steps until none is left. */
static retain_end drop_in_steps(retention *run, retain_deed step, leaving *at, GError **error)
{
    fz_retain_count *count = &run->tally->tiers[FZ_RETAIN_HOURS];
    retain_end end = RETAIN_DONE;

    for (at->rows = 1; end == RETAIN_DONE && at->rows > 0;) {
        end = fz_retain_try(run, step, at, error);
        if (end != RETAIN_DONE)
            break;
        count->rows += at->rows;
        count->bytes += fz_retain_bytes(run, FZ_RETAIN_HOURS, at->rows);
        run->pace.hours = (int64_t)fz_retain_adapt(&run->pace, (uint64_t)run->pace.hours, 1, HOURS_MOST);
    }
    return end;
}

static void take_id(const char *const *cells, void *user)
{
    const int64_t id = fz_cell_integer(cells[0]);

    g_array_append_val((GArray *)user, id);
}

/* Hours that loads keep of their own: of those that are marked as losing them, or lost some already. */
static retain_end drop_own(retention *run, leaving *at, GError **error)
{
    g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autofree char *sql = g_strdup_printf("SELECT DISTINCT l.load_id FROM fz_load l JOIN fz_hour h ON h.load_id = "
                                           "l.load_id WHERE l.merged = 2 AND (l.dropping = 8 OR l.dropped >= 8) AND "
                                           "h.hour < %" G_GINT64_FORMAT,
                                           at->before_s);
    retain_end end = RETAIN_DONE;

    if (!run->store->ops->query(run->store, sql, 1, SIZE_MAX, take_id, loads, error))
        return RETAIN_FAILED;
    for (guint i = 0; end == RETAIN_DONE && i < loads->len; i++) {
        at->load_id = g_array_index(loads, int64_t, i);
        end = drop_in_steps(run, merge_own, at, error);
    }
    return end;
}

/* Merged hours before that. */
static bool count_merged(retention *run, int64_t before_s, int64_t *rows, GError **error)
{
    *rows = 0;
    return fz_retain_number(run,
                            g_strdup_printf("SELECT COUNT(*) FROM fz_hour r WHERE r.load_id = 0 AND r.hour < "
                                            "%" G_GINT64_FORMAT,
                                            before_s),
                            rows, error);
}

/* Drops the hours before the midnight from which readers ask them, and says so of marked loads. If a load came in
 * between that has some of them, they stay marked: the next run marks that one too, and goes on. */
static retain_end drop_hours(retention *run, const GArray *marked, GError **error)
{
    int64_t before_s, rows;

    if (!fz_retain_hours_from(run, &before_s, error))
        return RETAIN_FAILED;
    if (before_s == INT64_MIN)
        return RETAIN_DONE;
    leaving at = {.before_s = before_s};
    retain_end end = drop_own(run, &at, error);
    if (end != RETAIN_DONE)
        return end;
    if (!count_merged(run, before_s, &rows, error))
        return RETAIN_FAILED;
    if (rows > 0) {
        end = drop_in_steps(run, drop_merged, &at, error);
        if (end == RETAIN_DONE && !count_merged(run, before_s, &rows, error))
            return RETAIN_FAILED;
    }
    if (end == RETAIN_DONE && rows > 0)
        end = RETAIN_LATER;
    for (guint from = 0; end == RETAIN_DONE && from < marked->len; from += FZ_RETAIN_LOADS) {
        g_autoptr(GArray) bunch = g_array_new(FALSE, FALSE, sizeof(retain_load));
        g_array_append_vals(bunch, fz_retain_at(marked, from), MIN(marked->len - from, (guint)FZ_RETAIN_LOADS));
        end = fz_retain_finish(run, FZ_RETAIN_HOURS, bunch, error);
    }
    return end;
}

/* Marks all loads that lose hours before that, and appends them. `*waiting`: how many of them there are. */
static retain_end mark_hours(retention *run, int64_t before_s, GArray *marked, guint *waiting, GError **error)
{
    g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autofree char *loses = fz_retain_loses_hours(before_s, true);
    g_autofree char *where = g_strconcat("l.dropping = 0 AND ", loses, NULL);
    retain_end end = RETAIN_DONE;

    if (!fz_retain_read(run, where, loads, error))
        return RETAIN_FAILED;
    *waiting = loads->len;
    for (guint from = 0; end == RETAIN_DONE && from < loads->len; from += FZ_RETAIN_LOADS) {
        g_autoptr(GArray) bunch = g_array_new(FALSE, FALSE, sizeof(retain_load));
        g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(retain_load));
        g_array_append_vals(bunch, fz_retain_at(loads, from), MIN(loads->len - from, (guint)FZ_RETAIN_LOADS));
        end = fz_retain_mark(run, FZ_RETAIN_HOURS, bunch, "dropped < 8 AND merged IN (1, 2)", some, error);
        if (end == RETAIN_DONE && some->len > 0)
            g_array_append_vals(marked, some->data, some->len);
    }
    return end;
}

/* Goes on with loads that are marked: what a load brought meanwhile goes with them. */
retain_end fz_retain_drop_hours(retention *run, const GArray *marked, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(retain_load));
    int64_t latest_us = INT64_MIN;
    guint more;

    if (marked->len == 0)
        return RETAIN_DONE;
    g_array_append_vals(all, marked->data, marked->len);
    for (guint i = 0; i < marked->len; i++)
        latest_us = MAX(latest_us, fz_retain_at(marked, i)->begin_us);
    const retain_end end = mark_hours(run, fz_retain_midnight(latest_us) + RETAIN_DAY_S, all, &more, error);
    return end == RETAIN_DONE ? drop_hours(run, all, error) : end;
}

/* Loads that stay on their way to losing something else, or into the merged sums, keep their hours, and so do all from
 * their day on. */
static bool find_stuck(retention *run, int64_t *before_s, GError **error)
{
    int64_t begin_us = *before_s * G_USEC_PER_SEC;

    if (!fz_retain_number(
            run,
            g_strdup_printf("SELECT MIN(l.start_us) FROM fz_load l WHERE l.records > 0 AND (l.merged = 3 "
                            "OR (l.merged = 1 AND l.dropping IN (1, 2, 4))) AND l.dropped < %d AND l.start_us "
                            "< %" G_GINT64_FORMAT,
                            FZ_DROPPED_HOURS, begin_us),
            &begin_us, error))
        return false;
    *before_s = MIN(*before_s, fz_retain_midnight(begin_us));
    return true;
}

bool fz_retain_hours_before(retention *run, int64_t before_s, GError **error)
{
    g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(retain_load));
    guint waiting = 0;

    if (before_s == INT64_MIN)
        return true;
    if (!find_stuck(run, &before_s, error))
        return false;
    retain_end end = mark_hours(run, before_s, marked, &waiting, error);
    if (end == RETAIN_DONE)
        end = drop_hours(run, marked, error);
    if (end == RETAIN_LATER)
        run->tally->left += MAX(waiting, 1);
    return end != RETAIN_FAILED;
}
