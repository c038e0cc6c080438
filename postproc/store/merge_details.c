/* The sums of a load, from its details: to take it out of merged sums, and to write its own again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "merge_private.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)
#define DAYS_MOST (INT64_MAX / DAY_US)

/* As fz_rollup_hour has it. */
#define SERVICE_PORT                                          \
    "CASE WHEN r.opened BETWEEN %d AND %d THEN r.dport "      \
    "WHEN r.sport = 0 OR r.dport = 0 THEN r.sport + r.dport " \
    "WHEN r.sport < r.dport THEN r.sport ELSE r.dport END"

/* From fz_flow r and fz_load l: as fz_rollup_hour has it. */
static char *print_sums_of_detail(const char *column)
{
    if (strcmp(column, "hour") == 0)
        return g_strdup(FZ_MERGE_ROUND_DOWN("r.start_us", "3600000000") " / 1000000");
    if (strcmp(column, "day") == 0)
        return g_strdup(FZ_MERGE_ROUND_DOWN("r.start_us", "86400000000") " / 86400000000");
    if (strcmp(column, "service_port") == 0)
        return g_strdup_printf(SERVICE_PORT, FZ_OPENED_SYN, FZ_OPENED_PORT);
    if (strcmp(column, "part") == 0)
        return g_strdup("0");
    if (strcmp(column, "flows") == 0)
        return g_strdup("1");
    return g_strconcat(fz_merge_is_of_ledger(column) ? "l." : "r.", column, NULL);
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

/* First and last packet of a load, as the ledger has them; 0 if it does not have the load. */
static bool ask_ends(fz_store *store, int64_t load_id, int64_t ends[2], GError **error)
{
    static const char *const names[] = {"start_us", "end_us"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *sql = g_strdup_printf("SELECT %s FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, names[i], load_id);
        g_autoptr(GArray) time = fz_merge_ask(store, sql, 1, error);
        if (!time)
            return false;
        ends[i] = time->len ? fz_merge_number(time, 0) : 0;
    }
    return true;
}

/* "l.load_id = 5"; where details lie in the order of their times also between which they are. The caller frees; NULL
 * with an error. */
static char *print_load(fz_store *store, int64_t load_id, GError **error)
{
    int64_t ends[2];

    if (!store->ops->dialect(store)->sorts_by_time)
        return g_strdup_printf("l.load_id = %" G_GINT64_FORMAT, load_id);
    if (!ask_ends(store, load_id, ends, error))
        return NULL;
    return g_strdup_printf("l.load_id = %" G_GINT64_FORMAT " AND r.start_us BETWEEN %" G_GINT64_FORMAT
                           " AND %" G_GINT64_FORMAT,
                           load_id, ends[0], ends[1]);
}

/* "SELECT COLUMNS FROM fz_load l JOIN fz_flow r ... WHERE l.load_id = 5". */
static char *print_details(const fz_dialect *dialect, const merge_tier *tier, char *(*print)(const char *column),
                           const char *where)
{
    g_autofree char *columns = fz_merge_print_columns(tier, print);

    g_autoptr(GString) join = g_string_new(NULL);
    fz_template_append(join, dialect->row_join, "flow");
    return g_strdup_printf("SELECT %s FROM fz_load l %s WHERE %s", columns, join->str, where);
}

static char *print_off(fz_table table, const char *column, char *(*print)(const char *column))
{
    const fz_table_shape *shape = &fz_tables[table];

    for (const fz_column *sum = fz_merge_part_of(table) + 1; sum < shape->columns + shape->count; sum++)
        if (strcmp(sum->name, column) == 0)
            return g_strconcat("-h.", column, NULL);
    return print(column);
}

static char *print_hour_off(const char *column)
{
    return print_off(FZ_TABLE_HOUR, column, fz_merge_print_hour);
}

static char *print_day_off(const char *column)
{
    return print_off(FZ_TABLE_HOUR, column, fz_merge_print_day_of_hour);
}

static char *print_host_off(const char *column)
{
    return print_off(FZ_TABLE_HOST, column, fz_merge_print_day_of_host);
}

/* Appends a load's own rows to its details, with negative sums: the rest is what was merged. */
static char *print_merged(const merge_tier *tier, char *(*print)(const char *column), const char *from, int64_t load_id,
                          const char *kept, char *rows)
{
    g_autofree char *columns = fz_merge_print_columns(tier, print), *details = rows;

    return g_strdup_printf("%s UNION ALL SELECT %s FROM %s WHERE h.load_id = %" G_GINT64_FORMAT "%s", details, columns,
                           from, load_id, kept);
}

/* Conditions that an hour was not dropped: none is left of before the midnight after the latest load began that lost
 * its hours, but for what late captures brought since. */
typedef struct kept_hours {
    char *details, *own; /* " AND ..." of fz_flow r, and of fz_hour h */
} kept_hours;

static bool find_kept_hours(fz_store *store, int64_t load_id, kept_hours *kept, GError **error)
{
    int64_t ends[2];

    if (!ask_ends(store, load_id, ends, error))
        return false;
    const int64_t first_us = MAX(fz_day_of(ends[0]), -DAYS_MOST) * DAY_US;
    char *sql = g_strdup_printf("SELECT start_us FROM fz_load WHERE end_us >= %" G_GINT64_FORMAT
                                " AND start_us >= %" G_GINT64_FORMAT
                                " AND (dropped >= %d OR dropping = %d) ORDER BY start_us DESC LIMIT 1",
                                first_us, first_us, FZ_DROPPED_HOURS, FZ_DROPPED_HOURS);
    g_autoptr(GArray) latest = fz_merge_ask(store, sql, 1, error);
    const bool lost = latest && latest->len > 0;
    const int64_t kept_us = lost ? MIN(fz_day_of(fz_merge_number(latest, 0)) + 1, DAYS_MOST) * DAY_US : 0;
    kept->details = lost ? g_strdup_printf(" AND r.start_us >= %" G_GINT64_FORMAT, kept_us) : g_strdup("");
    kept->own = lost ? g_strdup_printf(" AND h.hour >= %" G_GINT64_FORMAT, kept_us / 1000000) : g_strdup("");
    return latest != NULL;
}

/* Writes the sums of a load's details into a tier, negative. `rows` is taken over. */
static bool subtract_from(fz_store *store, const merge_tier *tier, int64_t load_id, char *rows, GError **error)
{
    g_autofree char *part = g_strdup_printf("-%" G_GINT64_FORMAT, load_id), *details = rows;

    return fz_merge_run(store, fz_merge_print_insert(store->ops->dialect(store), tier, part, "-", details), error);
}

static bool subtract_hours(fz_store *store, int64_t load_id, const char *where, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    kept_hours kept = {0};

    if (!find_kept_hours(store, load_id, &kept, error)) {
        g_free(kept.details);
        g_free(kept.own);
        return false;
    }
    g_autofree char *of_kept = g_strconcat(where, kept.details, NULL);
    char *details = print_details(dialect, &fz_merge_hours, print_sums_of_detail, of_kept);
    char *rows = print_merged(&fz_merge_hours, print_hour_off, "fz_hour h", load_id, kept.own, details);
    g_free(kept.details);
    g_free(kept.own);
    return subtract_from(store, &fz_merge_hours, load_id, rows, error);
}

static bool subtract_days(fz_store *store, int64_t load_id, const char *where, GError **error)
{
    char *details = print_details(store->ops->dialect(store), &fz_merge_days, print_sums_of_detail, where);
    char *rows = print_merged(&fz_merge_days, print_day_off, "fz_hour h", load_id, "", details);

    return subtract_from(store, &fz_merge_days, load_id, rows, error);
}

static bool subtract_hosts(fz_store *store, int64_t load_id, const char *where, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    g_autofree char *of_initiators = print_details(dialect, &fz_merge_hosts, print_initiator, where);
    g_autofree char *of_responders = print_details(dialect, &fz_merge_hosts, print_responder, where);
    char *details = g_strconcat(of_initiators, " UNION ALL ", of_responders, NULL);
    char *rows = print_merged(&fz_merge_hosts, print_host_off, "fz_host h JOIN fz_load l ON l.load_id = h.load_id",
                              load_id, "", details);

    return subtract_from(store, &fz_merge_hosts, load_id, rows, error);
}

static bool subtract(fz_store *store, int64_t load_id, GError **error)
{
    g_autofree char *where = print_load(store, load_id, error);

    return where && subtract_hours(store, load_id, where, error) && subtract_days(store, load_id, where, error) &&
           subtract_hosts(store, load_id, where, error);
}

/* Deletes the days that are a load's own, because its sums are too large for others. */
static bool delete_own(fz_store *store, int64_t load_id, GError **error)
{
    static const fz_table tables[] = {FZ_TABLE_DAY, FZ_TABLE_HOST_DAY};
    g_autofree char *part = fz_merge_print_own(load_id);
    int64_t ends[2];

    if (!ask_ends(store, load_id, ends, error))
        return false;
    g_autofree char *own = g_strdup_printf("day BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT " AND part = %s",
                                           fz_day_of(ends[0]), fz_day_of(ends[1]), part);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        if (!fz_merge_run(store, g_strdup_printf("DELETE FROM %s WHERE %s", fz_tables[tables[i]].name, own), error))
            return false;
    return true;
}

/* What a load that keeps its sums has beside the days is its own, and is removed with it. */
static bool take_out(fz_store *store, int64_t load_id, int64_t merged, GError **error)
{
    return merged == 0 || (fz_merge_lock(store, error) &&
                           (merged == 2 ? delete_own(store, load_id, error) : subtract(store, load_id, error)));
}

/* Refuses a load of which that is gone, or going. `dropped` and `dropping` have no bit in common. */
static bool refuse_dropped(int64_t bits, GError **error)
{
    if (bits == 0)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED,
                "its %s were dropped from the store, where its sums are part of merged ones: it cannot be replaced any "
                "more",
                bits & FZ_DROPPED_FLOWS ? "conversations" : "hours");
    return false;
}

bool fz_merge_take_out(fz_store *store, int64_t load_id, unsigned refused, GError **error)
{
    g_autoptr(GArray) states =
        fz_merge_ask_locked(store, "fz_load", "load_id", load_id, "merged", "merged + 4 * (dropped + dropping)", error);

    if (!states)
        return false;
    const int64_t state = states->len ? fz_merge_number(states, 0) : 0;
    return refuse_dropped(state / 4 & refused, error) && take_out(store, load_id, state % 4, error);
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
           fz_merge_run(store, fz_merge_print_insert(dialect, &hours, "0", "", of_hours), error) &&
           fz_merge_run(store, fz_merge_print_insert(dialect, &hosts, "0", "", of_hosts), error);
}
