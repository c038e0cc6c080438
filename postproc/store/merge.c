/* Merges the sums of loads.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge_private.h"

#include <string.h>

enum {
    TIMES_MOST = 4096, /* how many hours are merged in ranges; with more of them, all that lie between */
    RANGES_MOST = 64,
    GAP = 31, /* hours or days without any row of the loads, between two ranges */
};

/* A capture that claims more frames or bytes than this, all in all or in its sums, keeps its rows, and one with a sum
 * of FZ_MERGE_SUM_MOST in a row: a few of them would make a sum that fits nothing, and then no other capture could be
 * merged. */
#define COUNT_MOST "281474976710656"

static bool fold_hours(const merging *merge, const merge_range *hours, GError **error)
{
    const merge_range seconds = {hours->first * FZ_MERGE_HOUR_S, hours->last * FZ_MERGE_HOUR_S};
    g_autofree char *columns = fz_merge_print_columns(&fz_merge_hours, fz_merge_print_hour);
    g_autofree char *rows = g_strdup_printf("SELECT %s FROM fz_hour h WHERE h.load_id IN (0, %s) AND h.hour BETWEEN "
                                            "%" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                                            columns, merge->loads->str, seconds.first, seconds.last);

    return fz_merge_fold(merge->store, &fz_merge_hours, &seconds, rows, error);
}

/* Adds rows by hours, which `more` selects of `from`, to those of a table of days. */
static bool fold_into_days(const merging *merge, const merge_tier *tier, const merge_range *days,
                           char *(*more)(const char *column), const char *from, GError **error)
{
    g_autofree char *before = fz_merge_print_columns(tier, fz_merge_print_day),
                    *added = fz_merge_print_columns(tier, more);
    g_autofree char *rows =
        g_strdup_printf("SELECT %s FROM %s d WHERE d.part < " FZ_MERGE_OWN " AND d.day BETWEEN %" G_GINT64_FORMAT
                        " AND %" G_GINT64_FORMAT
                        " UNION ALL SELECT %s FROM %s WHERE h.load_id IN (%s) AND h.hour BETWEEN %" G_GINT64_FORMAT
                        " AND %" G_GINT64_FORMAT,
                        before, fz_tables[tier->table].name, days->first, days->last, added, from, merge->loads->str,
                        days->first * FZ_MERGE_DAY_S, days->last * FZ_MERGE_DAY_S + FZ_MERGE_DAY_S - FZ_MERGE_HOUR_S);

    return fz_merge_fold(merge->store, tier, days, rows, error);
}

static bool fold_days(const merging *merge, const merge_range *days, GError **error)
{
    return fold_into_days(merge, &fz_merge_days, days, fz_merge_print_day_of_hour, "fz_hour h", error);
}

static bool fold_hosts(const merging *merge, const merge_range *days, GError **error)
{
    return fold_into_days(merge, &fz_merge_hosts, days, fz_merge_print_day_of_host,
                          "fz_host h JOIN fz_load l ON l.load_id = h.load_id", error);
}

/* Ranges of sorted times, in seconds, without the long gaps between them: for a capture whose clock was wrong for a
 * while not every hour since then is merged again. */
static GArray *find_ranges(const GArray *times, int64_t unit_s)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(merge_range));

    for (guint i = 0; i < times->len; i++) {
        const int64_t time = fz_merge_divide_down(fz_merge_number(times, i), unit_s);
        const merge_range next = {time, time};
        merge_range *last = ranges->len ? &g_array_index(ranges, merge_range, ranges->len - 1) : NULL;
        if (last && time - last->last <= GAP)
            last->last = time;
        else
            g_array_append_val(ranges, next);
    }
    if (times->len >= TIMES_MOST || ranges->len > RANGES_MOST) {
        g_array_index(ranges, merge_range, 0).last = g_array_index(ranges, merge_range, ranges->len - 1).last;
        g_array_set_size(ranges, 1);
    }
    return ranges;
}

/* The hours of the loads' rows in a table: all; if there are very many, TIMES_MOST, with the first and the last one. */
static GArray *find_times(const merging *merge, const char *table, GError **error)
{
    const char *loads = merge->loads->str;
    g_autoptr(GArray) times =
        fz_merge_ask(merge->store,
                     g_strdup_printf("SELECT DISTINCT hour FROM %s WHERE load_id IN (%s) ORDER BY hour LIMIT %d", table,
                                     loads, TIMES_MOST),
                     TIMES_MOST, error);

    if (!times || times->len < TIMES_MOST)
        return g_steal_pointer(&times);
    g_autoptr(GArray) last = fz_merge_ask(
        merge->store, g_strdup_printf("SELECT MAX(hour) FROM %s WHERE load_id IN (%s)", table, loads), 1, error);
    if (!last)
        return NULL;
    g_array_index(times, int64_t, TIMES_MOST - 1) = fz_merge_number(last, 0);
    return g_steal_pointer(&times);
}

/* A table of rows of loads, and how they are added to merged ones, in ranges of hours or of days. */
typedef struct merge_move {
    const char *table;
    struct {
        int64_t unit_s;
        bool (*fold_range)(const merging *merge, const merge_range *range, GError **error);
    } folds[2];
} merge_move;

static const merge_move moves[] = {
    {"fz_hour", {{FZ_MERGE_HOUR_S, fold_hours}, {FZ_MERGE_DAY_S, fold_days}}},
    {"fz_host", {{FZ_MERGE_DAY_S, fold_hosts}}},
};

static bool fold_all(const merging *merge, const merge_move *move, const GArray *times, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(move->folds) && move->folds[i].fold_range; i++) {
        g_autoptr(GArray) ranges = find_ranges(times, move->folds[i].unit_s);
        for (guint j = 0; j < ranges->len; j++)
            if (!move->folds[i].fold_range(merge, &g_array_index(ranges, merge_range, j), error))
                return false;
    }
    return true;
}

/* Adds the loads' rows of a table to the merged ones, and deletes them. */
static bool move_rows(const merging *merge, const merge_move *move, GError **error)
{
    g_autoptr(GArray) times = find_times(merge, move->table, error);

    if (!times || times->len == 0)
        return times != NULL;
    return fold_all(merge, move, times, error) &&
           fz_merge_run(merge->store,
                        g_strdup_printf("DELETE FROM %s WHERE load_id IN (%s) AND hour BETWEEN %" G_GINT64_FORMAT
                                        " AND %" G_GINT64_FORMAT,
                                        move->table, merge->loads->str, fz_merge_number(times, 0),
                                        fz_merge_number(times, times->len - 1)),
                        error);
}

static char *print_waiting(int64_t before_us, size_t most)
{
    return g_strdup_printf("SELECT load_id FROM fz_load WHERE (merged = 3 OR (merged = 0 AND end_us < %" G_GINT64_FORMAT
                           ")) ORDER BY end_us LIMIT %" G_GSIZE_FORMAT,
                           before_us, most);
}

/* Whether a load's row in the ledger has a number that is too large, or its rows in a table a sum, or all of them
 * together. `sql` asks that in one number, and is taken over. */
static bool find_huge(const merging *merge, char *sql, bool *huge, GError **error)
{
    g_autoptr(GArray) found = fz_merge_ask(merge->store, sql, 1, error);

    *huge = found && found->len > 0 && fz_merge_number(found, 0) > 0;
    return found != NULL;
}

static char *print_huge(fz_table table, int64_t load_id)
{
    const fz_table_shape *shape = &fz_tables[table];

    g_autoptr(GString) huge = g_string_new(NULL);
    for (const fz_column *sum = fz_merge_part_of(table) + 1; sum < shape->columns + shape->count; sum++)
        g_string_append_printf(huge, "%sMAX(%s) >= " FZ_MERGE_SUM_MOST " OR SUM(%s / 65536) >= " COUNT_MOST " / 65536",
                               huge->len ? " OR " : "", sum->name, sum->name);
    return g_strdup_printf("SELECT CASE WHEN %s THEN 1 ELSE 0 END FROM %s WHERE load_id = %" G_GINT64_FORMAT, huge->str,
                           shape->name, load_id);
}

static bool is_huge(const merging *merge, int64_t load_id, bool *huge, GError **error)
{
    char *of_ledger = g_strdup_printf("SELECT COUNT(*) FROM fz_load WHERE load_id = %" G_GINT64_FORMAT
                                      " AND (counted_frames >= " COUNT_MOST " OR counted_bytes >= " COUNT_MOST ")",
                                      load_id);

    return find_huge(merge, of_ledger, huge, error) &&
           (*huge || find_huge(merge, print_huge(FZ_TABLE_HOUR, load_id), huge, error)) &&
           (*huge || find_huge(merge, print_huge(FZ_TABLE_HOST, load_id), huge, error));
}

/* Takes a load that is locked, or has the ledger say that it is never merged. `begun`: some of it is. */
static bool take(merging *merge, int64_t load_id, bool begun, GError **error)
{
    bool huge = false;

    if (!begun && !is_huge(merge, load_id, &huge, error))
        return false;
    if (huge) {
        merge->kept++;
        return fz_merge_run(merge->store,
                            g_strdup_printf("UPDATE fz_load SET merged = 2 WHERE load_id = %" G_GINT64_FORMAT, load_id),
                            error);
    }
    g_string_append_printf(merge->loads, "%s%" G_GINT64_FORMAT, merge->count ? ", " : "", load_id);
    merge->count++;
    return true;
}

bool fz_merge_claim(merging *merge, const GArray *ids, int state, GError **error)
{
    for (guint i = 0; i < ids->len; i++) {
        const int64_t id = fz_merge_number(ids, i);
        g_autoptr(GArray) is_merged =
            fz_merge_ask_locked(merge->store, "fz_load", "load_id", id, "merged", "merged", error);
        if (!is_merged)
            return false;
        const int64_t found = is_merged->len > 0 ? fz_merge_number(is_merged, 0) : 1;
        if ((found == 0 || found == FZ_MERGE_BEGUN) && !take(merge, id, found == FZ_MERGE_BEGUN, error))
            return false;
    }
    return merge->count == 0 || fz_merge_run(merge->store,
                                             g_strdup_printf("UPDATE fz_load SET merged = %d WHERE load_id IN (%s)",
                                                             state, merge->loads->str),
                                             error);
}

static bool merge_loads(fz_store *store, void *user, bool *changed, GError **error)
{
    merging *merge = user;
    g_autoptr(GArray) ids = fz_merge_ask(store, print_waiting(merge->before_us, merge->most), merge->most, error);

    if (!ids || !fz_merge_claim(merge, ids, 1, error))
        return false;
    for (size_t i = 0; merge->count > 0 && i < G_N_ELEMENTS(moves); i++)
        if (!move_rows(merge, &moves[i], error))
            return false;
    *changed = merge->count + merge->kept > 0;
    return true;
}

bool fz_merge(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error)
{
    merging merge = {
        .store = store,
        .before_us = before_us,
        .most = MIN(most, (size_t)FZ_MERGE_MOST),
        .loads = g_string_new(NULL),
    };

    const bool done = fz_merge_transact(store, merge_loads, &merge, error);
    *loads = done ? merge.count + merge.kept : 0;
    g_string_free(merge.loads, TRUE);
    return done;
}

bool fz_merge_count(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error)
{
    g_autoptr(GArray) ids = fz_merge_ask(store, print_waiting(before_us, most), most, error);

    *loads = ids ? ids->len : 0;
    return ids != NULL;
}
