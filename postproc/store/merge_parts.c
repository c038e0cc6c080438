/* Merges loads in parts: some rows of all of them in a transaction, so that others wait for no more than these.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Up to LOADS_MOST loads are on their way at once, for what is written again of the merged rows is the same for one as
 * for all. A part is a range of keys in an hour: those of its rows that are the loads' own are added to the merged ones
 * of this range. What was moved is gone, so the next part begins at the first row that is left, whoever goes on. */
#include "merge_private.h"
#include "plus.h"

enum {
    LOADS_MOST = 128,
    CLAIMS = 64, /* so many conversations are read in the time in which one row is merged */
    ROWS_OF_LOAD = 1000,
    KEY_MOST = 4,
};

/* A table of rows of loads, by its key after the load and the hour. */
typedef struct part_table {
    fz_table table;
    const char *key, *row;       /* its columns, and as a value to compare with */
    const char *cells[KEY_MOST]; /* them, as queries answer them */
    const char *before, *after;  /* such a cell, to make it a constant */
    const char *merged, *which;  /* the table that it is added to, and its rows of an hour or a day */
    int64_t unit_s;
} part_table;

static const part_table part_tables[] = {
    {FZ_TABLE_HOUR,
     "sip_zone, dip_zone, protocol, service_port",
     "(sip_zone, dip_zone, protocol, service_port)",
     {"sip_zone", "dip_zone", "protocol", "service_port"},
     "",
     "",
     "fz_hour",
     "load_id = 0 AND hour = ",
     1},
    {FZ_TABLE_HOST, "addr", "addr", {"HEX(addr)"}, "x'", "'", "fz_host_day", "day = ", FZ_MERGE_DAY_S},
};

/* A row's hour and key, as constants: "5, 7, 6, 443". */
typedef struct part_row {
    int64_t hour;
    char *zone; /* the first of the key */
    char *key;
    size_t loads; /* that have rows of this hour */
} part_row;

typedef struct part {
    merging merge;
    size_t rows;
    bool more;
    GArray *ids;
    const part_table *from;
    part_row first, last; /* of it; last.key is NULL if it has all rows of the hour from the first on */
} part;

static void clear_row(part_row *row)
{
    g_free(row->zone);
    g_free(row->key);
    *row = (part_row){0};
}

typedef struct row_taker {
    const part_table *from;
    part_row row;
} row_taker;

/* Cells: hour, key. The rows are sorted. */
static void take_row(const char *const *cells, void *user)
{
    row_taker *at = user;
    const int64_t hour = cells[0] ? g_ascii_strtoll(cells[0], NULL, 10) : 0;

    if (!at->row.key) {
        g_autoptr(GString) key = g_string_new(NULL);
        for (size_t i = 0; i < KEY_MOST && at->from->cells[i]; i++)
            g_string_append_printf(key, "%s%s%s%s", i ? ", " : "", at->from->before, cells[1 + i] ? cells[1 + i] : "0",
                                   at->from->after);
        at->row = (part_row){hour, g_strdup(cells[1] ? cells[1] : "0"), g_string_free(g_steal_pointer(&key), FALSE), 0};
    }
    at->row.loads += hour == at->row.hour;
}

/* Appends a row of a table as an arm of a UNION. */
static void append_arm(GString *sql, const part_table *from, const char *hour, const char *table, const char *where,
                       const char *order, size_t offset)
{
    g_string_append_printf(sql, "%sSELECT * FROM (SELECT %s", sql->len ? " UNION ALL " : "", hour);
    for (size_t i = 0; i < KEY_MOST && from->cells[i]; i++)
        g_string_append_printf(sql, ", %s", from->cells[i]);
    g_string_append_printf(sql, " FROM %s WHERE %s ORDER BY %s%s LIMIT 1 OFFSET %" G_GSIZE_FORMAT ")", table, where,
                           order, from->key, offset);
}

/* The first of such rows. `row->key` is NULL if there is none. `sql` is completed. */
static bool find_row(const part *at, GString *sql, part_row *row, GError **error)
{
    row_taker taker = {.from = at->from};
    size_t columns = 1;

    while (columns <= KEY_MOST && at->from->cells[columns - 1])
        columns++;
    g_string_append(sql, " ORDER BY 1");
    for (size_t i = 2; i <= columns; i++)
        g_string_append_printf(sql, ", %" G_GSIZE_FORMAT, i);
    const bool done =
        at->merge.store->ops->query(at->merge.store, sql->str, columns, LOADS_MOST + 1, take_row, &taker, error);
    clear_row(row);
    *row = taker.row;
    return done;
}

/* The first row that any of the loads has of its own. */
static bool find_first(part *at, GError **error)
{
    const char *table = fz_tables[at->from->table].name;
    g_autoptr(GString) sql = g_string_new(NULL);

    for (guint i = 0; i < at->ids->len; i++) {
        g_autofree char *where = g_strdup_printf("load_id = %" G_GINT64_FORMAT, fz_merge_number(at->ids, i));
        append_arm(sql, at->from, "hour", table, where, "hour, ", 0);
    }
    return find_row(at, sql, &at->first, error);
}

/* "addr >= x'0a000001' AND addr <= x'0a0000ff'". The caller frees, here and below. */
static char *print_range(const part *at, const part_row *last)
{
    const bool is_list = at->from->cells[1] != NULL;
    const char *open = is_list ? "(" : "", *close = is_list ? ")" : "";
    GString *range = g_string_new(NULL);

    g_string_printf(range, "%s >= %s%s%s", at->from->row, open, at->first.key, close);
    if (last->key)
        g_string_append_printf(range, " AND %s <= %s%s%s", at->from->row, open, last->key, close);
    return g_string_free(range, FALSE);
}

static char *print_own(const part *at, const char *prefix, const part_row *last)
{
    g_autofree char *range = print_range(at, last);

    return g_strdup_printf("%sload_id IN (%s) AND %shour = %" G_GINT64_FORMAT " AND %s", prefix, at->merge.loads->str,
                           prefix, at->first.hour, range);
}

/* The last row of a part in which each load has so many rows at most. */
static bool find_last(const part *at, size_t each, part_row *last, GError **error)
{
    const char *table = fz_tables[at->from->table].name;
    g_autofree char *hour = g_strdup_printf("%" G_GINT64_FORMAT, at->first.hour);
    g_autofree char *range = print_range(at, &(part_row){0});

    g_autoptr(GString) sql = g_string_new(NULL);
    for (guint i = 0; i < at->ids->len; i++) {
        g_autofree char *where = g_strdup_printf("load_id = %" G_GINT64_FORMAT " AND hour = %s AND %s",
                                                 fz_merge_number(at->ids, i), hour, range);
        append_arm(sql, at->from, hour, table, where, "", each);
    }
    g_autofree char *merged = g_strdup_printf("%s%" G_GINT64_FORMAT " AND %s", at->from->which,
                                              fz_merge_divide_down(at->first.hour, at->from->unit_s), range);
    append_arm(sql, at->from, hour, at->from->merged, merged, "", at->rows);
    return find_row(at, sql, last, error);
}

static bool count_own(const part *at, const part_row *last, size_t *rows, GError **error)
{
    g_autofree char *own = print_own(at, "", last);
    char *sql = g_strdup_printf("SELECT COUNT(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT %" G_GSIZE_FORMAT ") r",
                                fz_tables[at->from->table].name, own, at->rows + 1);
    g_autoptr(GArray) found = fz_merge_ask(at->merge.store, sql, 1, error);

    *rows = found && found->len > 0 ? (size_t)fz_merge_number(found, 0) : 0;
    return found != NULL;
}

/* As far as there are about at->rows in it: loads may have very different numbers. */
static bool choose_end(part *at, GError **error)
{
    bool done = true, longer = true;

    for (size_t each = MAX(at->rows / at->first.loads, 1); done && longer; each *= 2) {
        part_row last = {0};
        size_t rows = 0;
        done = find_last(at, each, &last, error) && count_own(at, &last, &rows, error);
        const bool same = at->last.key && g_strcmp0(at->last.key, last.key) == 0;
        longer = last.key && !same && rows < at->rows / 2;
        if (!at->last.key || rows <= at->rows) {
            clear_row(&at->last);
            at->last = last;
        } else {
            clear_row(&last);
        }
    }
    return done;
}

/* Replaces the merged rows of the part by their sum with the loads' own. */
static bool fold(const part *at, const merge_tier *tier, const char *range, int64_t unit_s,
                 char *(*merged)(const char *column), char *(*own)(const char *column), const char *from,
                 GError **error)
{
    const int64_t time = fz_merge_divide_down(at->first.hour, unit_s);
    const merge_range times = {time, time};
    const bool has_own = tier->table == FZ_TABLE_HOUR;
    g_autofree char *which = g_strdup_printf("%s%s AND ", tier->merged, range);
    const merge_tier part_of = {tier->table, tier->id, tier->id_value, which, tier->time};
    g_autofree char *of_merged = fz_merge_print_columns(tier, merged), *of_own = fz_merge_print_columns(tier, own);
    g_autofree char *where = print_own(at, "h.", &at->last);
    g_autofree char *rows =
        g_strdup_printf("SELECT %s FROM %s %s WHERE %s%s = %" G_GINT64_FORMAT " AND %s%s"
                        " UNION ALL SELECT %s FROM %s WHERE %s",
                        of_merged, fz_tables[tier->table].name, has_own ? "h" : "d", tier->merged, tier->time, time,
                        range, has_own ? "" : " AND d.part < " FZ_MERGE_OWN, of_own, from, where);

    return fz_merge_fold(at->merge.store, &part_of, &times, rows, error);
}

static bool fold_hours(const part *at, GError **error)
{
    g_autofree char *range = print_range(at, &at->last);
    g_autofree char *until = at->last.key ? g_strdup_printf(" AND sip_zone <= %s", at->last.zone) : g_strdup("");
    g_autofree char *zones = g_strdup_printf("sip_zone >= %s%s", at->first.zone, until);

    return fold(at, &fz_merge_days, zones, FZ_MERGE_DAY_S, fz_merge_print_day, fz_merge_print_day_of_hour, "fz_hour h",
                error) &&
           fold(at, &fz_merge_hours, range, 1, fz_merge_print_hour, fz_merge_print_hour, "fz_hour h", error);
}

static bool fold_hosts(const part *at, GError **error)
{
    g_autofree char *range = print_range(at, &at->last);

    return fold(at, &fz_merge_hosts, range, FZ_MERGE_DAY_S, fz_merge_print_day, fz_merge_print_day_of_host,
                "fz_host h JOIN fz_load l ON l.load_id = h.load_id", error);
}

static bool move_part(part *at, GError **error)
{
    if (!choose_end(at, error))
        return false;
    g_autofree char *own = print_own(at, "", &at->last);
    return (at->from->table == FZ_TABLE_HOUR ? fold_hours(at, error) : fold_hosts(at, error)) &&
           fz_merge_run(at->merge.store,
                        g_strdup_printf("DELETE FROM %s WHERE %s", fz_tables[at->from->table].name, own), error);
}

/* Moves a part, or, where nothing is left, says in the ledger that all is merged. */
static bool move_next(part *at, GError **error)
{
    for (guint i = 0; i < at->ids->len; i++)
        g_string_append_printf(at->merge.loads, "%s%" G_GINT64_FORMAT, i ? ", " : "", fz_merge_number(at->ids, i));
    for (size_t i = 0; i < G_N_ELEMENTS(part_tables); i++) {
        at->from = &part_tables[i];
        if (!find_first(at, error))
            return false;
        if (at->first.key)
            return move_part(at, error);
    }
    return fz_merge_run(at->merge.store,
                        g_strdup_printf("UPDATE fz_load SET merged = 1 WHERE load_id IN (%s)", at->merge.loads->str),
                        error);
}

/* Of loads that wait, as many as have so many conversations; one at least. */
static bool choose_claims(part *at, GArray *waiting, GError **error)
{
    int64_t records = 0;
    guint count = 0;

    while (count < waiting->len && (count == 0 || records < (int64_t)at->rows * CLAIMS)) {
        g_autoptr(GArray) found = fz_merge_ask(at->merge.store,
                                               g_strdup_printf("SELECT records FROM fz_load WHERE load_id = "
                                                               "%" G_GINT64_FORMAT,
                                                               fz_merge_number(waiting, count++)),
                                               1, error);
        if (!found)
            return false;
        records = fz_plus(records, found->len > 0 ? MAX(fz_merge_number(found, 0), 0) : 0);
    }
    g_array_set_size(waiting, count);
    return true;
}

static GArray *find_loads(const part *at, int state, int64_t before_us, size_t most, GError **error)
{
    return fz_merge_ask(at->merge.store,
                        g_strdup_printf("SELECT load_id FROM fz_load WHERE merged = %d AND end_us < %" G_GINT64_FORMAT
                                        " ORDER BY end_us LIMIT %" G_GSIZE_FORMAT,
                                        state, before_us, most),
                        most, error);
}

static bool merge_part(fz_store *store, void *user, bool *changed, GError **error)
{
    part *at = user;

    (void)store;
    at->ids = find_loads(at, FZ_MERGE_BEGUN, INT64_MAX, LOADS_MOST, error);
    if (!at->ids)
        return false;
    g_autoptr(GArray) waiting = at->ids->len < LOADS_MOST
                                    ? find_loads(at, 0, at->merge.before_us, LOADS_MOST - at->ids->len, error)
                                    : g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (!waiting || !choose_claims(at, waiting, error))
        return false;
    *changed = at->more = at->ids->len + waiting->len > 0;
    if (waiting->len > 0)
        return fz_merge_claim(&at->merge, waiting, FZ_MERGE_BEGUN, error);
    return at->ids->len == 0 || move_next(at, error);
}

bool fz_merge_some(fz_store *store, int64_t before_us, size_t rows, bool *more, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    const bool locks_all = !*dialect->lock && !dialect->locks_by_writing;
    part at = {.merge = {.store = store, .before_us = before_us, .loads = g_string_new(NULL)}, .rows = MAX(rows, 1)};
    size_t loads = 0;
    bool done;

    if (locks_all) {
        done = fz_merge_transact(store, merge_part, &at, error);
    } else {
        done = fz_merge(store, before_us, MAX(rows / ROWS_OF_LOAD, 1), &loads, error);
        at.more = loads > 0;
    }
    *more = done && at.more;
    clear_row(&at.first);
    clear_row(&at.last);
    if (at.ids)
        g_array_unref(at.ids);
    g_string_free(at.merge.loads, TRUE);
    return done;
}
