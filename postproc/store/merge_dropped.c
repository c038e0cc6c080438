/* Sums of loads that are being dropped: minutes become those of many loads, and own hours become days.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge_private.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

/* Minutes on their way. */
typedef struct moving {
    int64_t load_id, group;
    merge_range minutes; /* seconds since 1970 */
    bool more;
} moving;

/* Locks a load, and asks for a column of its row: whether it has this value. */
static bool lock_load(fz_store *store, int64_t load_id, const char *column, int64_t value, bool *has, GError **error)
{
    g_autoptr(GArray) found = fz_merge_ask_locked(store, "fz_load", "load_id", load_id, "merged", column, error);

    *has = found && found->len > 0 && fz_merge_number(found, 0) == value;
    return found != NULL;
}

/* The minutes that are next: those that have FZ_MERGE_MINUTES rows, and one that has more as a whole. */
static bool find_minutes(fz_store *store, moving *move, bool *found, GError **error)
{
    char *sql =
        g_strdup_printf("SELECT minute FROM fz_minute WHERE load_id = %" G_GINT64_FORMAT " ORDER BY minute LIMIT %d",
                        move->load_id, FZ_MERGE_MINUTES + 1);
    g_autoptr(GArray) minutes = fz_merge_ask(store, sql, FZ_MERGE_MINUTES + 1, error);

    *found = minutes && minutes->len > 0;
    if (!*found)
        return minutes != NULL;
    move->more = minutes->len > FZ_MERGE_MINUTES;
    move->minutes.first = fz_merge_number(minutes, 0);
    move->minutes.last = fz_merge_number(minutes, minutes->len - 1);
    if (move->more && move->minutes.last > move->minutes.first)
        move->minutes.last--;
    return true;
}

/* "load_id IN (0, 5) AND minute BETWEEN 0 AND 60 AND ...": rows of the load, and of its group. */
static char *print_minutes(const moving *move)
{
    return g_strdup_printf("load_id IN (0, %" G_GINT64_FORMAT ") AND minute BETWEEN %" G_GINT64_FORMAT
                           " AND %" G_GINT64_FORMAT " AND (load_id <> 0 OR part = %" G_GINT64_FORMAT ")",
                           move->load_id, move->minutes.first, move->minutes.last, move->group);
}

/* A sum that is too large for others makes a group of its own. */
static bool choose_group(fz_store *store, moving *move, GError **error)
{
    g_autofree char *where = print_minutes(move);
    g_autoptr(GArray) huge =
        fz_merge_ask(store,
                     g_strdup_printf("SELECT COUNT(*) FROM fz_minute WHERE %s AND (packets >= " FZ_MERGE_SUM_MOST
                                     " OR bytes >= " FZ_MERGE_SUM_MOST ")",
                                     where),
                     1, error);

    if (huge && fz_merge_number(huge, 0) > 0)
        move->group = move->load_id;
    return huge != NULL;
}

static bool fold_minutes(fz_store *store, const moving *move, GError **error)
{
    g_autofree char *merged =
        g_strdup_printf("load_id = 0 AND part IN (%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " + " FZ_MERGE_NEW ") AND ",
                        move->group, move->group);
    const merge_tier tier = {FZ_TABLE_MINUTE, "load_id, ", "0, ", merged, "minute"};
    g_autofree char *where = print_minutes(move);
    g_autofree char *rows = g_strdup_printf("SELECT minute, from_zone, to_zone, %" G_GINT64_FORMAT
                                            " AS part, packets, bytes FROM fz_minute WHERE %s",
                                            move->group, where);

    return fz_merge_fold(store, &tier, &move->minutes, rows, error) &&
           fz_merge_run(store,
                        g_strdup_printf("DELETE FROM fz_minute WHERE load_id = %" G_GINT64_FORMAT
                                        " AND minute BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                                        move->load_id, move->minutes.first, move->minutes.last),
                        error);
}

static bool move_minutes(fz_store *store, void *user, bool *changed, GError **error)
{
    moving *move = user;
    bool going, found = false;

    if (!lock_load(store, move->load_id, "dropping", FZ_DROPPED_FLOWS, &going, error) ||
        (going && !find_minutes(store, move, &found, error)))
        return false;
    *changed = found;
    return !found || (choose_group(store, move, error) && fold_minutes(store, move, error));
}

bool fz_merge_minutes(fz_store *store, int64_t load_id, int64_t group, bool *more, GError **error)
{
    moving move = {.load_id = load_id, .group = group};
    const bool done = fz_merge_transact(store, move_minutes, &move, error);

    *more = done && move.more;
    return done;
}

/* Hours on their way, or that go: of a load, or with load_id 0 merged ones. */
typedef struct leaving {
    int64_t load_id, before_s, most;
    merge_range hours; /* seconds since 1970 */
    int64_t count;     /* of rows */
} leaving;

/* "h.load_id = 5 AND h.hour BETWEEN 0 AND 82800": the hours that are next. */
static char *print_hours(const leaving *at)
{
    return g_strdup_printf("h.load_id = %" G_GINT64_FORMAT " AND h.hour BETWEEN %" G_GINT64_FORMAT
                           " AND %" G_GINT64_FORMAT,
                           at->load_id, at->hours.first, at->hours.last);
}

/* The first hour before a time. */
static bool find_first(fz_store *store, leaving *at, bool *found, GError **error)
{
    g_autoptr(GArray) first = fz_merge_ask(store,
                                           g_strdup_printf("SELECT hour FROM fz_hour WHERE load_id = %" G_GINT64_FORMAT
                                                           " AND hour < %" G_GINT64_FORMAT " ORDER BY hour LIMIT 1",
                                                           at->load_id, at->before_s),
                                           1, error);

    *found = first && first->len > 0;
    if (*found)
        at->hours.first = fz_merge_number(first, 0);
    return first != NULL;
}

static bool count_hours(fz_store *store, leaving *at, GError **error)
{
    g_autofree char *where = print_hours(at);
    g_autoptr(GArray) rows =
        fz_merge_ask(store, g_strdup_printf("SELECT COUNT(*) FROM fz_hour h WHERE %s", where), 1, error);

    at->count = rows ? fz_merge_number(rows, 0) : 0;
    return rows != NULL;
}

static bool delete_hours(fz_store *store, const char *table, const leaving *at, GError **error)
{
    return fz_merge_run(store,
                        g_strdup_printf("DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT
                                        " AND hour BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                                        table, at->load_id, at->hours.first, at->hours.last),
                        error);
}

/* Adds rows h of a load, which are selected of `from`, to a table of days, as its own, and deletes them. */
static bool move_own_rows(fz_store *store, const merge_tier *tier, char *(*print)(const char *column),
                          const char *table, const char *join, const leaving *at, GError **error)
{
    g_autofree char *columns = fz_merge_print_columns(tier, print), *part = fz_merge_print_own(at->load_id);
    g_autofree char *where = print_hours(at);
    g_autofree char *rows = g_strdup_printf("SELECT %s FROM %s h%s WHERE %s", columns, table, join, where);

    return fz_merge_run(store, fz_merge_print_insert(store->ops->dialect(store), tier, part, "", rows), error) &&
           delete_hours(store, table, at, error);
}

static bool move_own(fz_store *store, void *user, bool *changed, GError **error)
{
    leaving *at = user;
    bool keeps;

    if (!lock_load(store, at->load_id, "merged", 2, &keeps, error) || (keeps && !find_first(store, at, changed, error)))
        return false;
    if (!*changed)
        return true;
    at->hours.first = fz_day_of(at->hours.first * G_USEC_PER_SEC) * DAY_S;
    at->hours.last = at->hours.first + DAY_S - HOUR_S;
    return count_hours(store, at, error) &&
           move_own_rows(store, &fz_merge_days, fz_merge_print_day_of_hour, "fz_hour", "", at, error) &&
           move_own_rows(store, &fz_merge_hosts, fz_merge_print_day_of_host, "fz_host",
                         " JOIN fz_load l ON l.load_id = h.load_id", at, error);
}

bool fz_merge_own(fz_store *store, int64_t load_id, int64_t before_s, int64_t *hours, GError **error)
{
    leaving at = {.load_id = load_id, .before_s = before_s};
    const bool done = fz_merge_transact(store, move_own, &at, error);

    *hours = done ? at.count : 0;
    return done;
}

/* Not later than the day in which the first load begins whose hours are to be read. */
static bool find_kept(fz_store *store, leaving *at, GError **error)
{
    g_autoptr(GArray) begin = fz_merge_ask(
        store,
        g_strdup_printf(
            "SELECT start_us FROM fz_load WHERE merged IN (1, 3) AND records > 0 AND dropped < %d AND dropping <> %d "
            "AND start_us < %" G_GINT64_FORMAT " ORDER BY start_us LIMIT 1",
            FZ_DROPPED_HOURS, FZ_DROPPED_HOURS, at->before_s * G_USEC_PER_SEC),
        1, error);

    if (begin && begin->len > 0)
        at->before_s = fz_day_of(fz_merge_number(begin, 0)) * DAY_S;
    return begin != NULL;
}

static bool drop_hours(fz_store *store, void *user, bool *changed, GError **error)
{
    leaving *at = user;

    if (!find_kept(store, at, error) || !find_first(store, at, changed, error))
        return false;
    if (!*changed)
        return true;
    at->hours.last = MIN(at->hours.first + at->most * HOUR_S, at->before_s) - HOUR_S;
    return count_hours(store, at, error) && delete_hours(store, "fz_hour", at, error);
}

bool fz_merge_drop_hours(fz_store *store, int64_t before_s, int64_t most, int64_t *hours, GError **error)
{
    leaving at = {.before_s = before_s, .most = most};
    const bool done = fz_merge_transact(store, drop_hours, &at, error);

    *hours = done ? at.count : 0;
    return done;
}
