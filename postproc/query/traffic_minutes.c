/* Packets by the minute, from zone to zone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic_minutes.h"

#include "derived.h"

#define MINUTE_US INT64_C(60000000)

enum { FROM_ZONE, TO_ZONE, BIN_S, PACKETS, BYTES, COLUMNS };

typedef struct minutes_taking {
    fz_minutes_taker take;
    void *user;
} minutes_taking;

static void take_cells(const char *const *cells, void *user)
{
    const minutes_taking *taking = user;
    const fz_minutes minutes = {
        .from_zone = cells[FROM_ZONE],
        .to_zone = cells[TO_ZONE],
        .time_us = fz_cell_integer(cells[BIN_S]) * G_USEC_PER_SEC,
        .packets = fz_cell_integer(cells[PACKETS]),
        .bytes = fz_cell_integer(cells[BYTES]),
    };

    taking->take(&minutes, taking->user);
}

static void append_sums(fz_asking *asking, GString *sql, const char *alias)
{
    static const char *const sums[] = {"packets", "bytes"};

    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        g_autofree char *column = g_strdup_printf("%s.%s", alias, sums[i]);
        g_string_append(sql, ", ");
        fz_template_append(sql, asking->dialect->sum, column);
        g_string_append_printf(sql, " AS %s", sums[i]);
    }
}

/* "SELECT zones, bin, sums FROM tables WHERE condition": `tables` ends with its own condition. */
static bool append_arm(fz_asking *asking, int64_t bin_us, const char *tables, GString *sql, GError **error)
{
    const int64_t bin_s = bin_us / G_USEC_PER_SEC;

    g_string_append_printf(sql,
                           "SELECT r.from_zone AS k0, r.to_zone AS k1, r.minute - ((r.minute %% %" G_GINT64_FORMAT
                           ") + %" G_GINT64_FORMAT ") %% %" G_GINT64_FORMAT " AS bin",
                           bin_s, bin_s, bin_s);
    append_sums(asking, sql, "r");
    g_string_append_printf(sql, " FROM %s AND " FZ_SQL_SHOWS_MINUTES " AND ", tables);
    if (!fz_asking_where(asking, sql, FZ_TIER_MINUTES, error))
        return false;
    fz_range_append(sql, &asking->question->range, "r.minute", G_USEC_PER_SEC);
    return true;
}

/* The minutes by the ids of zones: those of each capture, and those of many, whose `part` is one of these. That one has
 * their sensor and location, but its source is not theirs. */
static bool append_minutes(fz_asking *asking, int64_t bin_us, GString *sql, GError **error)
{
    const char *join = asking->dialect->ledger_join;
    g_autoptr(GString) own = g_string_new(NULL);
    g_autofree char *merged =
        g_strdup_printf("fz_minute r %s fz_load l ON l.load_id = r.part WHERE r.load_id = 0", join);

    g_string_append_printf(own, "fz_load l %s fz_minute r ON r.load_id = l.load_id WHERE 1 = 1", join);
    fz_range_append_loads(own, &asking->question->range);
    if (!append_arm(asking, bin_us, own->str, sql, error))
        return false;
    g_string_append(sql, " GROUP BY 1, 2, 3");
    if (fz_filter_asks(asking->where, FZ_TERM_SOURCE))
        return true;
    g_string_append(sql, " UNION ALL ");
    if (!append_arm(asking, bin_us, merged, sql, error))
        return false;
    g_string_append(sql, " GROUP BY 1, 2, 3");
    return true;
}

bool fz_minutes_read(fz_asking *asking, int64_t bin_us, fz_minutes_taker take, void *user, GError **error)
{
    g_autoptr(GString) sql =
        g_string_new("SELECT z.name AS from_zone, y.name AS to_zone, g.bin, g.packets, g.bytes FROM (");
    minutes_taking taking = {take, user};

    if (!append_minutes(asking, bin_us, sql, error))
        return false;
    g_string_append(sql, ") g LEFT JOIN fz_zone z ON z.zone_id = g.k0 LEFT JOIN fz_zone y ON y.zone_id = g.k1");
    return fz_asking_query(asking, sql->str, COLUMNS, take_cells, &taking, error);
}

bool fz_minutes_divide(const fz_range *range)
{
    return (range->since_us == INT64_MIN || range->since_us % MINUTE_US == 0) &&
           (range->until_us == INT64_MAX || range->until_us % MINUTE_US == 0);
}

static void take_lack(const char *const *cells, void *user)
{
    *(fz_minutes_lack *)user = (fz_minutes_lack){fz_cell_integer(cells[0]), fz_cell_integer(cells[1]),
                                                 fz_cell_integer(cells[2]), fz_cell_integer(cells[3])};
}

/* In that order: what is dropped, what was never known, what has old zones, what is merged. */
bool fz_minutes_count_lack(fz_asking *asking, fz_minutes_lack *found, GError **error)
{
    static const char *const kinds[] = {
        "NOT " FZ_SQL_HAS_MINUTES " AND l.minutes <> 0",
        "l.minutes = -1",
        "l.minutes < 0",
        "NOT " FZ_SQL_HAS_FLOWS " AND l.minutes > 0",
    };
    const bool of_source = fz_filter_asks(asking->where, FZ_TERM_SOURCE);
    g_autoptr(GString) sql = g_string_new("SELECT ");

    for (size_t sum = 0; sum < G_N_ELEMENTS(kinds); sum++) {
        g_string_append(sql, sum > 0 ? ", SUM(CASE " : "SUM(CASE ");
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
            g_string_append_printf(sql, "WHEN %s THEN %d ", kinds[i], i == sum && (i < 3 || of_source));
        g_string_append(sql, "ELSE 0 END)");
    }
    g_string_append(sql, " FROM fz_load l WHERE (l.minutes < 0 OR l.dropped > 0 OR l.dropping > 0)");
    fz_range_append_loads(sql, &asking->question->range);
    return asking->store->ops->query(asking->store, sql->str, 4, 1, take_lack, found, error);
}
