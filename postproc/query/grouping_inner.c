/* The innermost level of a grouping: rows of details or sums, added up by their keys.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "grouping_private.h"

#include "derived.h"

#include <string.h>

const char *const fz_grouping_sums[GROUPING_SUMS] = {
    "flows",        "client_packets",  "server_packets",  "client_bytes",
    "server_bytes", "client_ip_bytes", "server_ip_bytes", "base_flows",
};

/* Whether both sides of a row are the same group: then it counts once. */
static void append_same_sides(const builder *build, GString *sql)
{
    static const char *const zones[2] = {"r.sip_zone", "r.dip_zone"};
    const char *separator = "";

    for (size_t i = 0; i < build->order->grouping->count; i++) {
        const fz_group_key *key = key_at(build, i);

        if (key->end != FZ_KEY_OF_EITHER)
            continue;
        g_string_append_printf(sql, "%s%s", separator, key->by == FZ_BY_PORT ? "r.sport = r.dport" : "");
        if (key->by == FZ_BY_ZONE)
            fz_sql_same_zones(sql, build->asking->zones, zones);
        if (fz_group_key_is_bytes(key)) {
            fz_group_key client = *key, server = *key;
            client.end = FZ_KEY_OF_CLIENT;
            server.end = FZ_KEY_OF_SERVER;
            fz_group_key_append(sql, &client, build->tier, build->asking->zones);
            g_string_append(sql, " = ");
            fz_group_key_append(sql, &server, build->tier, build->asking->zones);
        }
        separator = " AND ";
    }
}

/* ", <sum of the expression> AS name". */
void fz_grouping_append_sum(builder *build, const char *expression, const char *name)
{
    /* A server adds up zeroes as slowly as anything else. */
    const bool nothing = strcmp(expression, "0") == 0;

    g_string_append(build->sql, ", ");
    fz_template_append(build->sql, build->plain || nothing ? "@" : build->sum, expression);
    g_string_append_printf(build->sql, " AS %s", name);
}

static void append_side_sums(builder *build)
{
    static const char *const measures[] = {"packets", "bytes", "ip_bytes"};
    const bool hosts = build->tier == FZ_TIER_HOSTS;

    for (size_t m = 0; m < G_N_ELEMENTS(measures); m++) {
        for (int end = 0; end < 2; end++) {
            g_autofree char *expression = NULL;
            g_autofree char *name = g_strdup_printf("%s_%s", end == 0 ? "client" : "server", measures[m]);
            const char *mine = end == 0 ? "sip" : "dip", *other = end == 0 ? "dip" : "sip";

            if (m == 2 && (hosts || !build->ip_bytes))
                expression = g_strdup("0");
            else if (hosts)
                expression = g_strdup_printf("r.%s_%s", measures[m], end == 0 ? "sent" : "received");
            else if (build->sides)
                expression = g_strdup_printf("CASE s.side WHEN 0 THEN r.%s_%s ELSE r.%s_%s END", mine, measures[m],
                                             other, measures[m]);
            else
                expression = g_strdup_printf("r.%s_%s", mine, measures[m]);
            fz_grouping_append_sum(build, expression, name);
        }
    }
}

static void append_flows(builder *build)
{
    const char *one = build->tier == FZ_TIER_DETAILS ? "1" : "r.flows";

    if (build->sides) {
        g_autoptr(GString) flows = g_string_new("CASE WHEN s.side = 1 AND ");
        append_same_sides(build, flows);
        g_string_append_printf(flows, " THEN 0 ELSE %s END", one);
        fz_grouping_append_sum(build, flows->str, "flows");
    } else {
        fz_grouping_append_sum(build, one, "flows");
    }
}

static void append_base_flows(builder *build)
{
    const char *one = build->tier == FZ_TIER_DETAILS ? "1" : build->tier == FZ_TIER_HOSTS ? "0" : "r.flows";
    g_autofree char *first = g_strdup_printf("CASE s.side WHEN 0 THEN %s ELSE 0 END", one);

    fz_grouping_append_sum(build, build->sides ? first : one, "base_flows");
}

/* Rows that take others off again count less than no flows. Without them no sum was ever more than it is in the end. */
static void append_least(builder *build)
{
    if (build->quick)
        g_string_append(build->sql, ", MIN(r.flows) AS least");
}

/* Peers, and the first and the last time, of details alone. */
static void append_extremes(builder *build)
{
    if (build->tier != FZ_TIER_DETAILS)
        return;
    g_string_append(build->sql, build->plain ? ", r.start_us, r.end_us"
                                             : ", MIN(r.start_us) AS first_us, MAX(r.end_us) AS last_us");
    if (!build->order->peers)
        return;
    fz_key_end end = FZ_KEY_OF_NONE;
    for (size_t i = 0; i < build->order->grouping->count; i++)
        if (key_at(build, i)->end != FZ_KEY_OF_NONE)
            end = key_at(build, i)->end;
    g_string_append_printf(build->sql, ", COUNT(DISTINCT %s) AS peers",
                           end == FZ_KEY_OF_CLIENT   ? "r.dip"
                           : end == FZ_KEY_OF_SERVER ? "r.sip"
                                                     : "CASE s.side WHEN 0 THEN r.dip ELSE r.sip END");
}

bool fz_grouping_key_is_text(const builder *build, const fz_group_key *key, bool middle)
{
    return key->by == FZ_BY_TEXT || (key->by == FZ_BY_ZONE && (middle || build->named));
}

/* Of a quick statement texts are cut, as servers group longer ones on disk. */
static void append_key(const builder *build, GString *sql, const fz_group_key *key)
{
    const bool cut = build->quick && key->by == FZ_BY_TEXT;

    g_string_append(sql, cut ? "LEFT(" : "");
    fz_group_key_append(sql, key, build->tier, build->asking->zones);
    g_string_append(sql, cut ? ", " GROUPING_CUT ")" : "");
}

/* The keys of the innermost level: "k0", "k1" ...; a zone of either end that is told apart later is "k0" and "o0". */
static void append_inner_keys(builder *build)
{
    GString *sql = build->sql;

    for (size_t i = 0; i < build->order->grouping->count; i++) {
        const fz_group_key *key = key_at(build, i);
        const bool text = !build->plain && !build->quick && fz_grouping_key_is_text(build, key, false);

        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", text ? "MIN(" : "");
        if (key->by == FZ_BY_ZONE && build->named)
            g_string_append_printf(sql, "z%zu.name", i);
        else if (key->end == FZ_KEY_OF_EITHER && build->late)
            g_string_append_printf(sql, "r.sip_zone AS k%zu, r.dip_zone AS o%zu", i, i);
        else
            append_key(build, sql, key);
        if (!(key->end == FZ_KEY_OF_EITHER && build->late))
            g_string_append_printf(sql, "%s AS k%zu", text ? ")" : "", i);
    }
}

/* Rows of hours lie in the order of their hours, zones and protocols: grouped in that order, they need not be sorted.
 * That is finer than the keys; the middle level adds up the rest. */
static bool append_ordered_groups(builder *build)
{
    bool by_protocol = false;

    if (build->tier != FZ_TIER_HOURS || build->order->grouping->count == 0)
        return false;
    for (size_t i = 0; i < build->order->grouping->count; i++) {
        const fz_group_by by = key_at(build, i)->by;

        if (by != FZ_BY_ZONE && by != FZ_BY_DIRECTION && by != FZ_BY_TIME && by != FZ_BY_PROTOCOL)
            return false;
        by_protocol |= by == FZ_BY_PROTOCOL;
    }
    g_string_append_printf(build->sql, " GROUP BY r.hour, r.sip_zone, r.dip_zone%s", by_protocol ? ", r.protocol" : "");
    return true;
}

static void append_inner_groups(builder *build)
{
    GString *sql = build->sql;

    if (build->order->grouping->count == 0 || append_ordered_groups(build))
        return;
    g_string_append(sql, " GROUP BY ");
    for (size_t i = 0; i < build->order->grouping->count; i++) {
        const fz_group_key *key = key_at(build, i);
        g_autofree char *name = g_strdup_printf("z%zu.name", i);
        g_autoptr(GString) column = g_string_new(NULL);

        g_string_append(sql, i > 0 ? ", " : "");
        if (key->by == FZ_BY_ZONE && build->named)
            fz_template_append(sql, build->asking->dialect->group, name);
        else if (key->end == FZ_KEY_OF_EITHER && build->late)
            g_string_append(sql, "r.sip_zone, r.dip_zone");
        else {
            append_key(build, column, key);
            if (key->by == FZ_BY_TEXT)
                fz_template_append(sql, build->asking->dialect->group, column->str);
            else
                g_string_append(sql, column->str);
        }
    }
}

/* Joins that the innermost level has: the sides, and the names of zones. */
static void append_inner_joins(builder *build)
{
    if (build->sides)
        g_string_append(build->sql, " CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1) s");
    for (size_t i = 0; build->named && i < build->order->grouping->count; i++) {
        if (key_at(build, i)->by != FZ_BY_ZONE)
            continue;
        g_string_append_printf(build->sql, " LEFT JOIN fz_zone z%zu ON z%zu.zone_id = ", i, i);
        fz_group_key_append(build->sql, key_at(build, i), build->tier, build->asking->zones);
    }
}

/* "SELECT keys, sums FROM tables WHERE condition". */
static bool append_rows(builder *build, const char *from, const char *where, GError **error)
{
    g_string_append(build->sql, "SELECT ");
    append_inner_keys(build);
    if (build->order->grouping->count == 0)
        g_string_append(build->sql, "0 AS k");
    append_flows(build);
    append_side_sums(build);
    if (!build->plain || build->sides)
        append_base_flows(build);
    append_least(build);
    append_extremes(build);
    g_string_append(build->sql, from);
    append_inner_joins(build);
    g_string_append(build->sql, " WHERE ");
    if (!fz_asking_where(build->asking, build->sql, build->tier, error))
        return false;
    g_string_append(build->sql, where);
    return true;
}

/* The keys of rows that were added up, which GROUP BY needs too. Returns how many they are. */
static size_t append_added_keys(const builder *build, GString *sql, bool named)
{
    size_t column = 0;

    for (size_t i = 0; i < build->order->grouping->count; i++) {
        const bool two = key_at(build, i)->end == FZ_KEY_OF_EITHER && build->late;

        for (size_t k = 0; k < (two ? 2 : 1); k++) {
            g_string_append_printf(sql, "%sa.c%zu", column > 0 ? ", " : "", column);
            if (named)
                g_string_append_printf(sql, " AS %c%zu", k == 0 ? 'k' : 'o', i);
            column++;
        }
    }
    if (column > 0)
        return column;
    g_string_append(sql, named ? "a.c0 AS k" : "a.c0");
    return 1;
}

/* The same groups, of rows that the dialect adds up as far as its memory goes: the middle level does the rest. */
static bool append_added(builder *build, const char *from, const char *where, GError **error)
{
    const fz_dialect *dialect = build->asking->dialect;
    GString *sql = build->sql;
    g_autoptr(GString) rows = g_string_new(NULL);

    build->sql = rows;
    build->plain = true;
    const bool done = append_rows(build, from, where, error);
    build->plain = false;
    build->sql = sql;
    if (!done)
        return false;
    g_string_append(sql, "SELECT ");
    const size_t keys = append_added_keys(build, sql, true);
    /* The last sum is the first one again, unless rows count for both their ends. */
    const size_t sums = build->sides ? GROUPING_SUMS : GROUPING_SUMS - 1;
    build->plain = build->middle;
    for (size_t i = 0; i < GROUPING_SUMS; i++) {
        g_autofree char *column = g_strdup_printf("a.c%zu", keys + i % sums);
        fz_grouping_append_sum(build, column, fz_grouping_sums[i]);
    }
    build->plain = false;
    if (build->tier == FZ_TIER_DETAILS)
        g_string_append_printf(sql, ", %s(a.c%zu) AS first_us, %s(a.c%zu) AS last_us", build->middle ? "" : "MIN",
                               keys + sums, build->middle ? "" : "MAX", keys + sums + 1);
    g_string_replace(rows, "'", "''", 0);
    g_string_append_printf(sql, " FROM %s('%s', %zu, %zu) a", dialect->added, rows->str, keys, sums);
    if (build->middle)
        return true;
    g_string_append(sql, " GROUP BY ");
    append_added_keys(build, sql, false);
    return true;
}

/* "SELECT keys, sums FROM tables WHERE condition GROUP BY keys". */
static bool append_arm(builder *build, const char *from, const char *where, GError **error)
{
    if (build->added)
        return append_added(build, from, where, error);
    if (!append_rows(build, from, where, error))
        return false;
    append_inner_groups(build);
    return true;
}

static bool append_details(builder *build, GError **error)
{
    g_autoptr(GString) from = g_string_new(" FROM fz_load l "), where = g_string_new(NULL);
    const fz_range *range = &build->asking->question->range;

    fz_template_append(from, build->asking->dialect->row_join, "flow");
    g_string_append(where, " AND " FZ_SQL_SHOWS_FLOWS);
    fz_range_append_loads(where, range);
    fz_range_append(where, range, "r.start_us", 1);
    return append_arm(build, from->str, where->str, error);
}

/* Hours of loads that keep their sums (merge.h). */
static bool append_own_hours(builder *build, GError **error)
{
    g_autoptr(GString) where = g_string_new(" AND l.merged IN (0, 2, 3)");
    g_autofree char *from =
        g_strdup_printf(" FROM fz_load l %s fz_hour r ON r.load_id = l.load_id", build->asking->dialect->ledger_join);
    const fz_range *range = &build->asking->question->range;

    fz_range_append_loads(where, range);
    fz_range_append(where, range, "r.hour", G_USEC_PER_SEC);
    return append_arm(build, from, where->str, error);
}

/* And those of all others. */
static bool append_hours(builder *build, GError **error)
{
    g_autoptr(GString) where = g_string_new(" AND r.load_id = 0");

    if (!append_own_hours(build, error))
        return false;
    g_string_append(build->sql, " UNION ALL ");
    fz_range_append(where, &build->asking->question->range, "r.hour", G_USEC_PER_SEC);
    return append_arm(build, " FROM fz_hour r", where->str, error);
}

static bool append_days(builder *build, GError **error)
{
    g_autoptr(GString) where = g_string_new(NULL);

    build->tier = FZ_TIER_HOURS;
    const bool done = append_own_hours(build, error);
    build->tier = FZ_TIER_DAYS;
    if (!done)
        return false;
    g_string_append(build->sql, " UNION ALL ");
    fz_range_append(where, &build->asking->question->range, "r.day", fz_tier_unit_us(FZ_TIER_DAYS));
    return append_arm(build, " FROM fz_day r", where->str, error);
}

static bool append_hosts(builder *build, GError **error)
{
    const fz_range *range = &build->asking->question->range;
    g_autoptr(GString) from = g_string_new(" FROM (SELECT h.addr, h.zone, l.sensor, l.location, h.flows, "
                                           "h.packets_sent, h.packets_received, h.bytes_sent, h.bytes_received "
                                           "FROM fz_load l ");

    g_string_append_printf(from, "%s fz_host h ON h.load_id = l.load_id WHERE l.merged IN (0, 2, 3)",
                           build->asking->dialect->ledger_join);
    fz_range_append_loads(from, range);
    fz_range_append(from, range, "h.hour", G_USEC_PER_SEC);
    g_string_append(from, ") r");
    if (!append_arm(build, from->str, "", error))
        return false;
    g_string_append(build->sql, " UNION ALL ");
    g_string_truncate(from, 0);
    fz_range_append(from, range, "r.day", fz_tier_unit_us(FZ_TIER_HOSTS));
    return append_arm(build, " FROM fz_host_day r", from->str, error);
}

bool fz_grouping_append_inner(builder *build, GError **error)
{
    build->sum = build->quick ? "SUM(@ + 0e0)" : build->asking->dialect->sum;
    switch (build->tier) {
    case FZ_TIER_HOURS:
        return append_hours(build, error);
    case FZ_TIER_DAYS:
        return append_days(build, error);
    case FZ_TIER_HOSTS:
        return append_hosts(build, error);
    case FZ_TIER_DETAILS:
    case FZ_TIER_MINUTES:
        break;
    }
    return append_details(build, error);
}
