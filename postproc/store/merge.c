/* Statements that merge sums of loads, and take loads out of merged sums.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"

#include "derived.h"

#include <string.h>

enum {
    TIMES_MOST = 4096, /* how many hours are merged in ranges; with more of them, all that lie between */
    RANGES_MOST = 64,
    GAP = 31, /* hours or days without any row of the loads, between two ranges */
    HOUR_S = 3600,
    DAY_S = 86400,
};

/* Added to the parts of new merged rows while the old ones are still there: no load_id is as high. */
#define NEW_PART "4611686018427387904"

/* A capture that claims more frames or bytes than this, or one with such a sum in a row of its own, keeps its rows: a
 * few of them would make a sum that fits nothing, and then no other capture could be merged. */
#define COUNT_MOST "281474976710656"
#define SUM_MOST "70368744177664"

/* A time rounded down to a multiple, before 1970 too. */
#define ROUND_DOWN(time, unit) "(" time " - (" time " % " unit " + " unit ") % " unit ")"

/* As fz_rollup_hour has it. */
#define SERVICE_PORT                                          \
    "CASE WHEN r.opened BETWEEN %d AND %d THEN r.dport "      \
    "WHEN r.sport = 0 OR r.dport = 0 THEN r.sport + r.dport " \
    "WHEN r.sport < r.dport THEN r.sport ELSE r.dport END"

/* A table of merged rows. Its columns are a key, `part` and sums, in this order. */
typedef struct merge_tier {
    fz_table table;
    const char *id, *id_value; /* the column before them and its value in merged rows, with a comma; "": none */
    const char *merged;        /* selects merged rows from the table's: "load_id = 0 AND " */
    const char *time;          /* the key's column of hours or days */
} merge_tier;

static const merge_tier hour_tier = {FZ_TABLE_HOUR, "load_id, ", "0, ", "load_id = 0 AND ", "hour"};
static const merge_tier day_tier = {FZ_TABLE_DAY, "", "", "", "day"};
static const merge_tier host_tier = {FZ_TABLE_HOST_DAY, "", "", "", "day"};

/* From the first to the last: numbers of hours or of days since 1970. */
typedef struct time_range {
    int64_t first, last;
} time_range;

/* One merge on its way. */
typedef struct merging {
    fz_store *store;
    const fz_dialect *dialect;
    GString *loads; /* "1, 2, 3" */
    size_t count;   /* how many */
    size_t kept;    /* how many more are never merged */
} merging;

/* Runs a statement, which is taken over. */
static bool run(fz_store *store, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return store->ops->run(store, statement, error);
}

static void take_number(const char *const *cells, void *user)
{
    const int64_t number = cells[0] ? g_ascii_strtoll(cells[0], NULL, 10) : 0;

    g_array_append_val((GArray *)user, number);
}

/* The numbers that a query answers, at most `most` rows of one column. `sql` is taken over. The caller frees; NULL with
 * an error. */
static GArray *ask(fz_store *store, char *sql, size_t most, GError **error)
{
    g_autofree char *statement = sql;
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));

    if (store->ops->query(store, statement, 1, most, take_number, numbers, error))
        return numbers;
    g_array_unref(numbers);
    return NULL;
}

/* Locks the row of an id until the transaction ends, and asks for a number of it: none if there is no such row. Where
 * reads take no locks, `column` is written as it is. */
static GArray *ask_locked(fz_store *store, const char *table, const char *id, int64_t of, const char *column,
                          const char *number, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);

    if (dialect->locks_by_writing &&
        !run(store,
             g_strdup_printf("UPDATE %s SET %s = %s WHERE %s = %" G_GINT64_FORMAT, table, column, column, id, of),
             error))
        return NULL;
    return ask(
        store,
        g_strdup_printf("SELECT %s FROM %s WHERE %s = %" G_GINT64_FORMAT "%s", number, table, id, of, dialect->lock), 1,
        error);
}

static int64_t number(const GArray *numbers, guint at)
{
    return g_array_index(numbers, int64_t, at);
}

static const fz_column *part_of(fz_table table)
{
    const fz_column *column = fz_tables[table].columns;

    while (strcmp(column->name, "part") != 0)
        column++;
    return column;
}

static void append_name(GString *list, const char *name)
{
    g_string_append_printf(list, "%s%s", list->len ? ", " : "", name);
}

/* The key's columns as GROUP BY needs them: texts are grouped by their bytes. */
static char *print_groups(const fz_dialect *dialect, const merge_tier *tier)
{
    const fz_column *part = part_of(tier->table);
    GString *list = g_string_new(NULL);

    for (const fz_column *column = fz_tables[tier->table].columns; column < part; column++) {
        g_auto(GStrv) pieces = g_strsplit(column->type == FZ_TYPE_TEXT ? dialect->group : "@", "@", -1);
        g_autofree char *group = g_strjoinv(column->name, pieces);
        append_name(list, group);
    }
    return g_string_free(list, FALSE);
}

/* "INSERT INTO t (key, part, sums) SELECT key, PART, SUM(sums) FROM (ROWS) GROUP BY key HAVING any sum is not 0".
 * `sign` is before each sum. */
static char *print_insert(const fz_dialect *dialect, const merge_tier *tier, const char *part, const char *sign,
                          const char *rows)
{
    const fz_table_shape *shape = &fz_tables[tier->table];
    const fz_column *of_part = part_of(tier->table);
    g_autofree char *groups = print_groups(dialect, tier);

    g_autoptr(GString) names = g_string_new(NULL), values = g_string_new(NULL), having = g_string_new(NULL);
    for (const fz_column *column = shape->columns; column < shape->columns + shape->count; column++) {
        g_autofree char *sum = g_strdup_printf("%sSUM(%s)", sign, column->name);
        append_name(names, column->name);
        append_name(values, column < of_part ? column->name : column == of_part ? part : sum);
        if (column > of_part)
            g_string_append_printf(having, "%s%s <> 0", having->len ? " OR " : "", sum);
    }
    return g_strdup_printf("INSERT INTO %s (%s%s) SELECT %s%s FROM (%s) s GROUP BY %s HAVING %s", shape->name, tier->id,
                           names->str, tier->id_value, values->str, rows, groups, having->str);
}

/* The columns of a tier, for a SELECT of rows that are to be merged: `print` has the expression of each. */
static char *print_rows(const merge_tier *tier, char *(*print)(const char *column))
{
    const fz_table_shape *shape = &fz_tables[tier->table];
    GString *list = g_string_new(NULL);

    for (size_t i = 0; i < shape->count; i++) {
        g_autofree char *value = print(shape->columns[i].name);
        g_string_append_printf(list, "%s%s AS %s", i ? ", " : "", value, shape->columns[i].name);
    }
    return g_string_free(list, FALSE);
}

/* From fz_hour h: a merged row keeps its part, that of a load's row is the load. */
static char *print_hour(const char *column)
{
    return strcmp(column, "part") == 0 ? g_strdup("CASE WHEN h.load_id = 0 THEN h.part ELSE h.load_id END")
                                       : g_strconcat("h.", column, NULL);
}

/* From fz_day d or fz_host_day d. */
static char *print_day(const char *column)
{
    return g_strconcat("d.", column, NULL);
}

static bool is_of_ledger(const char *column)
{
    return strcmp(column, "sensor") == 0 || strcmp(column, "location") == 0;
}

/* From fz_hour h, of loads. */
static char *print_day_of_hour(const char *column)
{
    if (strcmp(column, "day") == 0)
        return g_strdup(ROUND_DOWN("h.hour", "86400") " / 86400");
    return g_strconcat("h.", strcmp(column, "part") == 0 ? "load_id" : column, NULL);
}

/* From fz_host h and fz_load l: the sensor and the location of an address are those of its loads, in the ledger. */
static char *print_host(const char *column)
{
    return is_of_ledger(column) ? g_strconcat("l.", column, NULL) : print_day_of_hour(column);
}

/* Replaces the merged rows of a range, in the units of the tier's time, by the sums of ROWS. */
static bool fold(const merging *merge, const merge_tier *tier, const time_range *range, const char *rows,
                 GError **error)
{
    const char *table = fz_tables[tier->table].name;
    g_autofree char *merged = g_strdup_printf("%s%s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, tier->merged,
                                              tier->time, range->first, range->last);

    return run(merge->store, print_insert(merge->dialect, tier, NEW_PART " + MAX(ABS(part))", "", rows), error) &&
           run(merge->store, g_strdup_printf("DELETE FROM %s WHERE %s AND part < " NEW_PART, table, merged), error) &&
           run(merge->store,
               g_strdup_printf("UPDATE %s SET part = part - " NEW_PART " WHERE %s AND part >= " NEW_PART, table,
                               merged),
               error);
}

static bool fold_hours(const merging *merge, const time_range *hours, GError **error)
{
    const time_range seconds = {hours->first * HOUR_S, hours->last * HOUR_S};
    g_autofree char *columns = print_rows(&hour_tier, print_hour);
    g_autofree char *rows = g_strdup_printf("SELECT %s FROM fz_hour h WHERE h.load_id IN (0, %s) AND h.hour BETWEEN "
                                            "%" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                                            columns, merge->loads->str, seconds.first, seconds.last);

    return fold(merge, &hour_tier, &seconds, rows, error);
}

/* Adds rows by hours, which `more` selects of `from`, to those of a table of days. */
static bool fold_into_days(const merging *merge, const merge_tier *tier, const time_range *days,
                           char *(*more)(const char *column), const char *from, GError **error)
{
    g_autofree char *before = print_rows(tier, print_day), *added = print_rows(tier, more);
    g_autofree char *rows =
        g_strdup_printf("SELECT %s FROM %s d WHERE d.day BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT
                        " UNION ALL SELECT %s FROM %s WHERE h.load_id IN (%s) AND h.hour BETWEEN %" G_GINT64_FORMAT
                        " AND %" G_GINT64_FORMAT,
                        before, fz_tables[tier->table].name, days->first, days->last, added, from, merge->loads->str,
                        days->first * DAY_S, days->last * DAY_S + DAY_S - HOUR_S);

    return fold(merge, tier, days, rows, error);
}

static bool fold_days(const merging *merge, const time_range *days, GError **error)
{
    return fold_into_days(merge, &day_tier, days, print_day_of_hour, "fz_hour h", error);
}

static bool fold_hosts(const merging *merge, const time_range *days, GError **error)
{
    return fold_into_days(merge, &host_tier, days, print_host, "fz_host h JOIN fz_load l ON l.load_id = h.load_id",
                          error);
}

static int64_t divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Ranges of sorted times, in seconds, without the long gaps between them: for a capture whose clock was wrong for a
 * while not every hour since then is merged again. */
static GArray *find_ranges(const GArray *times, int64_t unit_s)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(time_range));

    for (guint i = 0; i < times->len; i++) {
        const int64_t time = divide_down(number(times, i), unit_s);
        const time_range next = {time, time};
        time_range *last = ranges->len ? &g_array_index(ranges, time_range, ranges->len - 1) : NULL;
        if (last && time - last->last <= GAP)
            last->last = time;
        else
            g_array_append_val(ranges, next);
    }
    if (times->len >= TIMES_MOST || ranges->len > RANGES_MOST) {
        g_array_index(ranges, time_range, 0).last = g_array_index(ranges, time_range, ranges->len - 1).last;
        g_array_set_size(ranges, 1);
    }
    return ranges;
}

/* The hours of the loads' rows in a table: all; if there are very many, TIMES_MOST, with the first and the last one. */
static GArray *find_times(const merging *merge, const char *table, GError **error)
{
    const char *loads = merge->loads->str;
    g_autoptr(GArray) times =
        ask(merge->store,
            g_strdup_printf("SELECT DISTINCT hour FROM %s WHERE load_id IN (%s) ORDER BY hour LIMIT %d", table, loads,
                            TIMES_MOST),
            TIMES_MOST, error);

    if (!times || times->len < TIMES_MOST)
        return g_steal_pointer(&times);
    g_autoptr(GArray) last =
        ask(merge->store, g_strdup_printf("SELECT MAX(hour) FROM %s WHERE load_id IN (%s)", table, loads), 1, error);
    if (!last)
        return NULL;
    g_array_index(times, int64_t, TIMES_MOST - 1) = number(last, 0);
    return g_steal_pointer(&times);
}

/* A table of rows of loads, and how they are added to merged ones, in ranges of hours or of days. */
typedef struct merge_move {
    const char *table;
    struct {
        int64_t unit_s;
        bool (*fold_range)(const merging *merge, const time_range *range, GError **error);
    } folds[2];
} merge_move;

static const merge_move moves[] = {
    {"fz_hour", {{HOUR_S, fold_hours}, {DAY_S, fold_days}}},
    {"fz_host", {{DAY_S, fold_hosts}}},
};

static bool fold_all(const merging *merge, const merge_move *move, const GArray *times, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(move->folds) && move->folds[i].fold_range; i++) {
        g_autoptr(GArray) ranges = find_ranges(times, move->folds[i].unit_s);
        for (guint j = 0; j < ranges->len; j++)
            if (!move->folds[i].fold_range(merge, &g_array_index(ranges, time_range, j), error))
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
           run(merge->store,
               g_strdup_printf("DELETE FROM %s WHERE load_id IN (%s) AND hour BETWEEN %" G_GINT64_FORMAT
                               " AND %" G_GINT64_FORMAT,
                               move->table, merge->loads->str, number(times, 0), number(times, times->len - 1)),
               error);
}

static char *print_waiting(int64_t before_us, size_t most)
{
    return g_strdup_printf("SELECT load_id FROM fz_load WHERE merged = 0 AND end_us < %" G_GINT64_FORMAT
                           " AND counted_frames < " COUNT_MOST " AND counted_bytes < " COUNT_MOST
                           " ORDER BY end_us LIMIT %" G_GSIZE_FORMAT,
                           before_us, most);
}

/* Whether a load's rows in a table, or all of them together, have a sum that is too large. */
static bool find_huge(const merging *merge, fz_table table, int64_t load_id, bool *huge, GError **error)
{
    const fz_table_shape *shape = &fz_tables[table];

    g_autoptr(GString) all = g_string_new(NULL);
    for (const fz_column *sum = part_of(table) + 1; sum < shape->columns + shape->count; sum++)
        g_string_append_printf(all, "%sMAX(%s) >= " SUM_MOST " OR SUM(%s / 65536) >= " COUNT_MOST " / 65536",
                               all->len ? " OR " : "", sum->name, sum->name);
    g_autoptr(GArray) rows = ask(merge->store,
                                 g_strdup_printf("SELECT CASE WHEN %s THEN 1 ELSE 0 END FROM %s WHERE load_id = "
                                                 "%" G_GINT64_FORMAT,
                                                 all->str, shape->name, load_id),
                                 1, error);
    *huge = *huge || (rows && number(rows, 0) > 0);
    return rows != NULL;
}

/* Takes a load that is locked, or has the ledger say that it is never merged. */
static bool take(merging *merge, int64_t load_id, GError **error)
{
    bool huge = false;

    if (!find_huge(merge, FZ_TABLE_HOUR, load_id, &huge, error) ||
        !find_huge(merge, FZ_TABLE_HOST, load_id, &huge, error))
        return false;
    if (huge) {
        merge->kept++;
        return run(merge->store,
                   g_strdup_printf("UPDATE fz_load SET merged = 2 WHERE load_id = %" G_GINT64_FORMAT, load_id), error);
    }
    g_string_append_printf(merge->loads, "%s%" G_GINT64_FORMAT, merge->count ? ", " : "", load_id);
    merge->count++;
    return true;
}

/* Locks the ledger's rows of loads, and takes those that nobody has removed or merged meanwhile. */
static bool claim(merging *merge, const GArray *ids, GError **error)
{
    for (guint i = 0; i < ids->len; i++) {
        const int64_t id = number(ids, i);
        g_autoptr(GArray) is_merged = ask_locked(merge->store, "fz_load", "load_id", id, "merged", "merged", error);
        if (!is_merged)
            return false;
        if (is_merged->len > 0 && number(is_merged, 0) == 0 && !take(merge, id, error))
            return false;
    }
    return merge->count == 0 ||
           run(merge->store, g_strdup_printf("UPDATE fz_load SET merged = 1 WHERE load_id IN (%s)", merge->loads->str),
               error);
}

/* Keeps other merges away until the transaction ends. */
static bool lock_merged(fz_store *store, GError **error)
{
    g_autoptr(GArray) versions =
        ask_locked(store, "fz_meta", "schema_version", FZ_SCHEMA_VERSION, "program", "schema_version", error);

    return versions != NULL;
}

static bool merge_loads(merging *merge, int64_t before_us, size_t most, GError **error)
{
    if (!lock_merged(merge->store, error))
        return false;
    g_autoptr(GArray) ids = ask(merge->store, print_waiting(before_us, most), most, error);
    if (!ids || !claim(merge, ids, error))
        return false;
    for (size_t i = 0; merge->count > 0 && i < G_N_ELEMENTS(moves); i++)
        if (!move_rows(merge, &moves[i], error))
            return false;
    return true;
}

bool fz_merge(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error)
{
    const fz_store_ops *ops = store->ops;
    merging merge = {.store = store, .loads = g_string_new(NULL)};

    *loads = 0;
    bool done = ops->hurry(store, true, error) && ops->begin(store, error);
    if (done) {
        merge.dialect = ops->dialect(store);
        done = merge_loads(&merge, before_us, MIN(most, (size_t)FZ_MERGE_MOST), error);
        if (done && merge.count + merge.kept > 0)
            done = ops->commit(store, error);
        else
            ops->rollback(store);
    }
    ops->hurry(store, false, NULL);
    if (done)
        *loads = merge.count + merge.kept;
    g_string_free(merge.loads, TRUE);
    return done;
}

bool fz_merge_count(fz_store *store, int64_t before_us, size_t most, size_t *loads, GError **error)
{
    g_autoptr(GArray) ids = ask(store, print_waiting(before_us, most), most, error);

    *loads = ids ? ids->len : 0;
    return ids != NULL;
}

/* From fz_flow r and fz_load l: as fz_rollup_hour has it. */
static char *print_sums_of_detail(const char *column)
{
    if (strcmp(column, "hour") == 0)
        return g_strdup(ROUND_DOWN("r.start_us", "3600000000") " / 1000000");
    if (strcmp(column, "day") == 0)
        return g_strdup(ROUND_DOWN("r.start_us", "86400000000") " / 86400000000");
    if (strcmp(column, "service_port") == 0)
        return g_strdup_printf(SERVICE_PORT, FZ_OPENED_SYN, FZ_OPENED_PORT);
    if (strcmp(column, "part") == 0)
        return g_strdup("0");
    if (strcmp(column, "flows") == 0)
        return g_strdup("1");
    return g_strconcat(is_of_ledger(column) ? "l." : "r.", column, NULL);
}

/* What fz_rollup_hosts makes of a detail: a column of a host, as of the initiator and as of the responder. */
static const struct {
    const char *column, *of[2];
} host_columns[] = {
    {"addr", {"r.sip", "r.dip"}},
    {"zone", {"r.sip_zone", "r.dip_zone"}},
    {"part", {"0", "0"}},
    {"flows", {"1", "CASE WHEN r.dip = r.sip THEN 0 ELSE 1 END"}},
    {"packets_sent", {"r.sip_packets", "r.dip_packets"}},
    {"packets_received", {"r.dip_packets", "r.sip_packets"}},
    {"bytes_sent", {"r.sip_bytes", "r.dip_bytes"}},
    {"bytes_received", {"r.dip_bytes", "r.sip_bytes"}},
};

static char *print_end_of_detail(const char *column, int end)
{
    if (strcmp(column, "hour") == 0 || strcmp(column, "day") == 0)
        return print_sums_of_detail(column);
    for (size_t i = 0; i < G_N_ELEMENTS(host_columns); i++)
        if (strcmp(column, host_columns[i].column) == 0)
            return g_strdup(host_columns[i].of[end]);
    return g_strconcat("l.", column, NULL);
}

static char *print_initiator(const char *column)
{
    return print_end_of_detail(column, FZ_INITIATOR);
}

static char *print_responder(const char *column)
{
    return print_end_of_detail(column, FZ_RESPONDER);
}

/* "l.load_id = 5"; where details lie in the order of their times also between which they are. The caller frees; NULL
 * with an error. */
static char *print_load(fz_store *store, int64_t load_id, GError **error)
{
    static const char *const ends[] = {"start_us", "end_us"};
    g_autoptr(GString) where = g_string_new(NULL);

    g_string_printf(where, "l.load_id = %" G_GINT64_FORMAT, load_id);
    for (size_t i = 0; store->ops->dialect(store)->sorts_by_time && i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GArray) time =
            ask(store, g_strdup_printf("SELECT %s FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, ends[i], load_id), 1,
                error);
        if (!time)
            return NULL;
        g_string_append_printf(where, " AND %s%" G_GINT64_FORMAT, i ? "" : "r.start_us BETWEEN ",
                               time->len ? number(time, 0) : 0);
    }
    return g_strdup(where->str);
}

/* "SELECT COLUMNS FROM fz_load l JOIN fz_flow r ... WHERE l.load_id = 5". */
static char *print_details(const fz_dialect *dialect, const merge_tier *tier, char *(*print)(const char *column),
                           const char *where)
{
    g_autofree char *columns = print_rows(tier, print);

    g_autoptr(GString) join = g_string_new(NULL);
    fz_template_append(join, dialect->row_join, "flow");
    return g_strdup_printf("SELECT %s FROM fz_load l %s WHERE %s", columns, join->str, where);
}

/* Appends the condition that a detail's hour is not older than the merged ones: those before them were dropped. */
static bool append_kept_hours(fz_store *store, GString *where, GError **error)
{
    g_autoptr(GArray) first =
        ask(store, g_strdup("SELECT hour FROM fz_hour WHERE load_id = 0 ORDER BY hour LIMIT 1"), 1, error);

    if (!first)
        return false;
    if (first->len > 0)
        g_string_append_printf(where, " AND r.start_us >= %" G_GINT64_FORMAT, number(first, 0) * 1000000);
    else
        g_string_append(where, " AND 1 = 0");
    return true;
}

/* Writes the sums of a load's details into a tier, negative. `rows` is taken over. */
static bool subtract_from(fz_store *store, const merge_tier *tier, int64_t load_id, char *rows, GError **error)
{
    g_autofree char *part = g_strdup_printf("-%" G_GINT64_FORMAT, load_id), *details = rows;

    return run(store, print_insert(store->ops->dialect(store), tier, part, "-", details), error);
}

static bool subtract(fz_store *store, int64_t load_id, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    g_autofree char *where = print_load(store, load_id, error);

    if (!where)
        return false;
    g_autoptr(GString) kept = g_string_new(where);
    g_autofree char *of_initiators = print_details(dialect, &host_tier, print_initiator, where);
    g_autofree char *of_responders = print_details(dialect, &host_tier, print_responder, where);

    return append_kept_hours(store, kept, error) &&
           subtract_from(store, &hour_tier, load_id,
                         print_details(dialect, &hour_tier, print_sums_of_detail, kept->str), error) &&
           subtract_from(store, &day_tier, load_id, print_details(dialect, &day_tier, print_sums_of_detail, where),
                         error) &&
           subtract_from(store, &host_tier, load_id, g_strconcat(of_initiators, " UNION ALL ", of_responders, NULL),
                         error);
}

/* Refuses a load whose details are gone, or going. `dropped` and `dropping` have no bit in common. */
static bool refuse_dropped(int64_t bits, GError **error)
{
    if (!(bits & FZ_DROPPED_FLOWS))
        return true;
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED,
                        "its conversations were dropped from the store, where its sums are part of merged ones: it "
                        "cannot be replaced any more");
    return false;
}

bool fz_merge_take_out(fz_store *store, int64_t load_id, GError **error)
{
    g_autoptr(GArray) states =
        ask_locked(store, "fz_load", "load_id", load_id, "merged", "merged + 4 * (dropped + dropping)", error);

    if (!states)
        return false;
    const int64_t state = states->len ? number(states, 0) : 0;
    return refuse_dropped(state / 4, error) &&
           (state % 4 != 1 || (lock_merged(store, error) && subtract(store, load_id, error)));
}

bool fz_merge_rebuild(fz_store *store, int64_t load_id, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    g_autofree char *where = print_load(store, load_id, error);

    if (!where)
        return false;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT ", ", load_id);
    const merge_tier hours = {FZ_TABLE_HOUR, "load_id, ", id, "", "hour"};
    const merge_tier hosts = {FZ_TABLE_HOST, "load_id, ", id, "", "hour"};
    g_autofree char *of_hours = print_details(dialect, &hours, print_sums_of_detail, where);
    g_autofree char *of_initiators = print_details(dialect, &hosts, print_initiator, where);
    g_autofree char *of_responders = print_details(dialect, &hosts, print_responder, where);
    g_autofree char *of_hosts = g_strconcat(of_initiators, " UNION ALL ", of_responders, NULL);

    return store->ops->clear(store, load_id, FZ_TABLE_HOUR, error) &&
           store->ops->clear(store, load_id, FZ_TABLE_HOST, error) &&
           run(store, print_insert(dialect, &hours, "0", "", of_hours), error) &&
           run(store, print_insert(dialect, &hosts, "0", "", of_hosts), error);
}

static bool refuse_unbuilt(GError **error)
{
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "not built yet");
    return false;
}

bool fz_merge_minutes(fz_store *store, int64_t load_id, int64_t group, bool *more, GError **error)
{
    (void)store;
    (void)load_id;
    (void)group;
    *more = false;
    return refuse_unbuilt(error);
}

bool fz_merge_own(fz_store *store, int64_t load_id, GError **error)
{
    (void)store;
    (void)load_id;
    return refuse_unbuilt(error);
}
