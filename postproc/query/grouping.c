/* Conversations added up by dimensions.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The statement has up to three levels. The innermost adds up rows by their keys, once for details, and for sums once
 * for loads that keep their own and once for those that are merged. The middle one adds these up, by the names of zones
 * in place of their ids. The outermost leaves out and sorts. */
#include "grouping_private.h"

#include "derived.h"
#include "plus.h"

const char *const fz_measure_names[6] = {"bytes", "packets", "flows", "peers", "duration", "rate"};

static bool is_of_time(fz_measure sort)
{
    return sort == FZ_MEASURE_DURATION || sort == FZ_MEASURE_RATE;
}

static bool needs_details(const fz_asking *asking, const fz_grouping_order *order)
{
    const fz_filter *having = order->having ? asking->having : NULL;

    return order->details || order->peers || is_of_time(order->sort) || order->sort == FZ_MEASURE_PEERS ||
           fz_filter_asks(having, FZ_TERM_PEERS) || fz_filter_asks(having, FZ_TERM_DURATION) ||
           fz_filter_asks(having, FZ_TERM_RATE);
}

/* Whether a tier has all that an order asks for, but perhaps for the range. */
static bool fits(const fz_asking *asking, const fz_grouping_order *order, fz_tier tier)
{
    return !needs_details(asking, order) && fz_grouping_fits(order->grouping, tier) &&
           fz_filter_fits(asking->where, tier) &&
           (tier != FZ_TIER_HOSTS || !order->having || !fz_filter_asks(asking->having, FZ_TERM_IP_BYTES));
}

fz_tier fz_grouping_tier(const fz_asking *asking, const fz_grouping_order *order)
{
    static const fz_tier sums[] = {FZ_TIER_DAYS, FZ_TIER_HOURS, FZ_TIER_HOSTS};
    const fz_range *range = &asking->question->range;

    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        if (fits(asking, order, sums[i]) && fz_tier_divides(sums[i], range) &&
            fz_tier_is_whole(sums[i], &asking->coverage, range))
            return sums[i];
    return FZ_TIER_DETAILS;
}

static bool set_range(fz_asking *asking, const fz_range *range, GError **error)
{
    fz_coverage *coverage = &asking->coverage;

    asking->wide = *asking->question;
    asking->wide.range = *range;
    fz_coverage_clear(coverage);
    if (!fz_coverage_read(asking->store, range, coverage, error))
        return false;
    asking->wide.manner.covered_us[0] = coverage->start_us;
    asking->wide.manner.covered_us[1] = coverage->end_us;
    asking->question = &asking->wide;
    asking->widened = true;
    return true;
}

bool fz_grouping_widen(fz_asking *asking, const fz_grouping_order *order, GError **error)
{
    static const fz_tier sums[] = {FZ_TIER_HOURS, FZ_TIER_DAYS};

    if (asking->coverage.dropped == 0 || fz_grouping_tier(asking, order) != FZ_TIER_DETAILS)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        const fz_range wide = fz_tier_widen(sums[i], &asking->question->range);

        if (fits(asking, order, sums[i]) && fz_tier_is_whole(sums[i], &asking->coverage, &wide))
            return set_range(asking, &wide, error);
    }
    return true;
}

static bool needs_middle(const builder *build)
{
    for (size_t i = 0; i < build->order->grouping->count; i++)
        if (key_at(build, i)->by == FZ_BY_ZONE && !build->named)
            return true;
    return build->tier != FZ_TIER_DETAILS;
}

/* A key of the middle level: a zone by its name. */
static char *middle_key(const builder *build, size_t i)
{
    const fz_group_key *key = key_at(build, i);

    if (key->by != FZ_BY_ZONE || build->named)
        return g_strdup_printf("g.k%zu", i);
    if (key->end == FZ_KEY_OF_EITHER && build->late)
        return g_strdup_printf("CASE s.side WHEN 0 THEN z%zu.name ELSE y%zu.name END", i, i);
    return g_strdup_printf("z%zu.name", i);
}

/* Whether two names of zones, which may be NULL, are the same. */
static void append_same_names(builder *build, GString *sql, size_t i)
{
    g_autofree char *a = g_strdup_printf("z%zu.name", i), *b = g_strdup_printf("y%zu.name", i);

    g_string_append_printf(sql, "(g.k%zu = g.o%zu OR ", i, i);
    fz_template_append(sql, build->asking->dialect->compared, a);
    g_string_append(sql, " = ");
    fz_template_append(sql, build->asking->dialect->compared, b);
    g_string_append_printf(sql, " OR (%s IS NULL AND %s IS NULL))", a, b);
}

static void append_late_sums(builder *build, size_t either)
{
    g_autoptr(GString) flows = g_string_new("CASE WHEN s.side = 1 AND ");

    append_same_names(build, flows, either);
    g_string_append(flows, " THEN 0 ELSE g.flows END");
    fz_grouping_append_sum(build, flows->str, "flows");
    for (size_t i = 1; i + 1 < GROUPING_SUMS; i++) {
        g_autofree char *sum = g_strdup_printf("CASE s.side WHEN 0 THEN g.%s ELSE g.%s END", fz_grouping_sums[i],
                                               fz_grouping_sums[i % 2 == 1 ? i + 1 : i - 1]);
        fz_grouping_append_sum(build, sum, fz_grouping_sums[i]);
    }
    fz_grouping_append_sum(build, "CASE s.side WHEN 0 THEN g.base_flows ELSE 0 END", "base_flows");
}

static size_t find_either(const builder *build)
{
    for (size_t i = 0; build->late && i < build->order->grouping->count; i++)
        if (key_at(build, i)->end == FZ_KEY_OF_EITHER)
            return i;
    return G_MAXSIZE;
}

static void append_middle_sums(builder *build)
{
    const size_t either = find_either(build);

    if (either != G_MAXSIZE) {
        append_late_sums(build, either);
    } else {
        for (size_t i = 0; i < GROUPING_SUMS; i++) {
            g_autofree char *sum = g_strdup_printf("g.%s", fz_grouping_sums[i]);
            fz_grouping_append_sum(build, sum, fz_grouping_sums[i]);
        }
    }
    if (build->tier == FZ_TIER_DETAILS)
        g_string_append(build->sql, ", MIN(g.first_us) AS first_us, MAX(g.last_us) AS last_us");
}

/* Whether a sum may have been rounded on its way, or a text may have been cut. */
static void append_inexact(builder *build)
{
    GString *sql = build->sql;

    g_string_append(sql, ", CASE WHEN MIN(g.least) < 0 OR ");
    for (size_t i = 0; i < GROUPING_SUMS; i++)
        g_string_append_printf(sql, "%sSUM(g.%s)", i > 0 ? " + " : "", fz_grouping_sums[i]);
    g_string_append(sql, " >= " GROUPING_EXACT);
    for (size_t i = 0; i < build->order->grouping->count; i++)
        if (key_at(build, i)->by == FZ_BY_TEXT)
            g_string_append_printf(sql, " OR CHAR_LENGTH(MIN(g.k%zu)) >= " GROUPING_CUT, i);
    g_string_append(sql, " THEN 1 ELSE 0 END AS inexact");
}

static void append_middle_joins(builder *build)
{
    const size_t either = find_either(build);

    if (either != G_MAXSIZE)
        g_string_append(build->sql, " CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1) s");
    for (size_t i = 0; i < build->order->grouping->count; i++) {
        if (key_at(build, i)->by != FZ_BY_ZONE || build->named)
            continue;
        g_string_append_printf(build->sql, " LEFT JOIN fz_zone z%zu ON z%zu.zone_id = g.k%zu", i, i, i);
        if (i == either)
            g_string_append_printf(build->sql, " LEFT JOIN fz_zone y%zu ON y%zu.zone_id = g.o%zu", i, i, i);
    }
}

static bool append_middle(builder *build, GError **error)
{
    const size_t count = build->order->grouping->count;
    GString *sql = build->sql;

    g_string_append(sql, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        g_autofree char *key = middle_key(build, i);
        const bool text = fz_grouping_key_is_text(build, key_at(build, i), true);

        g_string_append_printf(sql, "%s%s%s%s AS k%zu", i > 0 ? ", " : "", text ? "MIN(" : "", key, text ? ")" : "", i);
    }
    if (count == 0)
        g_string_append(sql, "0 AS k");
    append_middle_sums(build);
    if (build->quick)
        append_inexact(build);
    g_string_append(sql, " FROM (");
    if (!fz_grouping_append_inner(build, error))
        return false;
    g_string_append(sql, ") g");
    append_middle_joins(build);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *key = middle_key(build, i);

        g_string_append(sql, i > 0 ? ", " : " GROUP BY ");
        fz_template_append(
            sql, fz_grouping_key_is_text(build, key_at(build, i), true) ? build->asking->dialect->group : "@", key);
    }
    return true;
}

/* Two sums, which may be more than an integer holds: SQLite makes it a real number then, servers add a DECIMAL. */
#define BOTH(sums) "t.client_" sums " + CAST(t.server_" sums " AS DECIMAL(20)) AS " sums

/* The columns of the outermost level behind the keys: those of fz_filter_having. */
static const char derived[] = ", t.flows, " BOTH("packets") ", " BOTH("bytes") ", " BOTH(
    "ip_bytes") ", "
                "t.client_packets, t.server_packets, t.client_bytes, t.server_bytes, t.client_ip_bytes, "
                "t.server_ip_bytes, t.base_flows";
enum {
    FLOWS,
    PACKETS,
    BYTES,
    IP_BYTES,
    SIDE_PACKETS,
    SIDE_BYTES = SIDE_PACKETS + 2,
    SIDE_IP_BYTES = SIDE_BYTES + 2,
    BASE_FLOWS = SIDE_IP_BYTES + 2,
    FIRST_US,
    LAST_US,
    DURATION_US,
    GROUP_PEERS,
    GROUP_COLUMNS,
    INEXACT = GROUP_COLUMNS, /* of a quick statement */
};

static void append_keys(GString *sql, const builder *build, bool cells)
{
    for (size_t i = 0; i < build->order->grouping->count; i++)
        g_string_append_printf(sql, "%s%sk%zu%s", i > 0 ? ", " : "",
                               cells && fz_group_key_is_bytes(key_at(build, i)) ? "HEX(u." : "u.", i,
                               cells && fz_group_key_is_bytes(key_at(build, i)) ? ")" : "");
}

static void append_order(builder *build)
{
    GString *sql = build->sql;
    const fz_measure sort = build->order->sort;

    g_string_append(sql, build->quick ? " ORDER BY u.inexact DESC, " : " ORDER BY ");
    if (sort == FZ_MEASURE_RATE)
        g_string_append(sql, "CASE WHEN u.duration_us > 0 THEN u.bytes * 8e6 / u.duration_us ELSE -1 END DESC");
    else if (sort == FZ_MEASURE_DURATION)
        g_string_append(sql, "u.duration_us DESC");
    else if (sort != FZ_MEASURE_KEYS)
        g_string_append_printf(sql, "u.%s DESC", fz_measure_names[sort]);
    else if (build->order->grouping->count == 0)
        g_string_append(sql, "u.flows");
    if (sort != FZ_MEASURE_KEYS && build->order->grouping->count > 0)
        g_string_append(sql, ", ");
    append_keys(sql, build, false);
}

static bool append_outer(builder *build, GError **error)
{
    GString *sql = build->sql;

    g_string_append(sql, "SELECT ");
    append_keys(sql, build, true);
    if (build->order->grouping->count == 0)
        g_string_append(sql, "0");
    g_string_append(sql, ", u.flows, u.packets, u.bytes, u.ip_bytes, u.client_packets, u.server_packets, "
                         "u.client_bytes, u.server_bytes, u.client_ip_bytes, u.server_ip_bytes, u.base_flows, "
                         "u.first_us, u.last_us, u.duration_us, u.peers");
    g_string_append(sql, build->quick ? ", u.inexact FROM (SELECT " : " FROM (SELECT ");
    for (size_t i = 0; i < build->order->grouping->count; i++)
        g_string_append_printf(sql, "%st.k%zu", i > 0 ? ", " : "", i);
    if (build->order->grouping->count == 0)
        g_string_append(sql, "t.k");
    g_string_append(sql, derived);
    if (build->quick)
        g_string_append(sql, ", t.inexact");
    g_string_append(sql, build->tier == FZ_TIER_DETAILS
                             ? ", t.first_us, t.last_us, t.last_us - t.first_us AS duration_us"
                             : ", NULL AS first_us, NULL AS last_us, NULL AS duration_us");
    g_string_append(sql, build->order->peers ? ", t.peers FROM (" : ", NULL AS peers FROM (");
    if (!(build->middle ? append_middle(build, error) : fz_grouping_append_inner(build, error)))
        return false;
    g_string_append(sql, ") t) u");
    if (build->order->having && build->asking->having) {
        g_string_append(sql, build->quick ? " WHERE u.inexact = 1 OR " : " WHERE ");
        fz_filter_having(sql, build->asking->having, build->asking->dialect);
    }
    append_order(build);
    return true;
}

typedef struct group_taking {
    fz_asking *asking;
    fz_group_taker take;
    void *user;
    size_t keys;
    bool quick, inexact;
} group_taking;

/* Groups that are inexact come first: none was taken before. */
static void take_group(const char *const *cells, void *user)
{
    group_taking *taking = user;
    const char *const *sums = cells + taking->keys;
    fz_group group = {
        .cells = cells,
        .flows = fz_cell_integer(sums[FLOWS]),
        .base_flows = fz_cell_integer(sums[BASE_FLOWS]),
        .peers = sums[GROUP_PEERS] ? fz_cell_integer(sums[GROUP_PEERS]) : -1,
        .first_us = sums[FIRST_US] ? fz_cell_integer(sums[FIRST_US]) : INT64_MIN,
        .last_us = sums[LAST_US] ? fz_cell_integer(sums[LAST_US]) : INT64_MIN,
    };

    taking->inexact |= taking->quick && fz_cell_integer(sums[INEXACT]) != 0;
    if (taking->inexact)
        return;
    for (int end = 0; end < 2; end++) {
        group.side_packets[end] = fz_cell_integer(sums[SIDE_PACKETS + end]);
        group.side_bytes[end] = fz_cell_integer(sums[SIDE_BYTES + end]);
        group.side_ip_bytes[end] = fz_cell_integer(sums[SIDE_IP_BYTES + end]);
    }
    group.packets = fz_plus(group.side_packets[0], group.side_packets[1]);
    group.bytes = fz_plus(group.side_bytes[0], group.side_bytes[1]);
    group.ip_bytes = fz_plus(group.side_ip_bytes[0], group.side_ip_bytes[1]);
    taking->asking->capped |= MAX(MAX(group.flows, group.packets), MAX(group.bytes, group.ip_bytes)) == INT64_MAX;
    if (group.flows != 0 || group.packets != 0)
        taking->take(&group, taking->user);
}

static bool only_zones_are_either(const fz_grouping *grouping)
{
    for (size_t i = 0; i < grouping->count; i++)
        if (grouping->keys[i].end == FZ_KEY_OF_EITHER && grouping->keys[i].by != FZ_BY_ZONE)
            return false;
    return grouping->either;
}

/* `inexact` is set if the statement was quick, and nothing was taken as it does not answer. */
static bool read_groups(group_taking *taking, const fz_grouping_order *order, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    fz_asking *asking = taking->asking;
    const fz_tier tier = fz_grouping_tier(asking, order);
    builder build = {
        .asking = asking,
        .order = order,
        .tier = tier,
        .named = order->peers,
        .ip_bytes = asking->question->manner.format != FZ_ANSWER_TABLE ||
                    (order->having && fz_filter_asks(asking->having, FZ_TERM_IP_BYTES)),
        .added = asking->dialect->added && !order->peers && !asking->question->sql,
        .late = tier != FZ_TIER_HOSTS && !order->peers && only_zones_are_either(order->grouping),
        .quick = taking->quick,
        .sum = asking->dialect->sum,
        .sql = sql,
    };

    build.middle = needs_middle(&build);
    build.sides = order->grouping->either && !build.late && tier != FZ_TIER_HOSTS;
    return append_outer(&build, error) &&
           fz_asking_query(asking, sql->str, taking->keys + GROUP_COLUMNS + taking->quick, take_group, taking, error);
}

bool fz_grouping_read(fz_asking *asking, const fz_grouping_order *order, fz_group_taker take, void *user,
                      GError **error)
{
    const fz_tier tier = fz_grouping_tier(asking, order);
    group_taking taking = {
        .asking = asking,
        .take = take,
        .user = user,
        .keys = MAX(order->grouping->count, 1),
        .quick =
            asking->dialect->adds_slowly && !asking->question->sql && (tier == FZ_TIER_HOURS || tier == FZ_TIER_DAYS),
    };

    if (!read_groups(&taking, order, error))
        return false;
    if (!taking.inexact)
        return true;
    taking.quick = taking.inexact = false;
    return read_groups(&taking, order, error);
}
