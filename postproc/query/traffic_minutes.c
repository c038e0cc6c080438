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

/* The minutes by the ids of zones. */
static bool append_minutes(fz_asking *asking, int64_t bin_us, GString *sql, GError **error)
{
    const int64_t bin_s = bin_us / G_USEC_PER_SEC;

    g_string_append_printf(sql,
                           "SELECT r.from_zone AS k0, r.to_zone AS k1, r.minute - ((r.minute %% %" G_GINT64_FORMAT
                           ") + %" G_GINT64_FORMAT ") %% %" G_GINT64_FORMAT " AS bin",
                           bin_s, bin_s, bin_s);
    append_sums(asking, sql, "r");
    g_string_append_printf(sql, " FROM fz_load l %s fz_minute r ON r.load_id = l.load_id WHERE ",
                           asking->dialect->ledger_join);
    if (!fz_asking_where(asking, sql, FZ_TIER_MINUTES, error))
        return false;
    fz_range_append_loads(sql, &asking->question->range);
    fz_range_append(sql, &asking->question->range, "r.minute", G_USEC_PER_SEC);
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
    *(fz_minutes_lack *)user = (fz_minutes_lack){fz_cell_integer(cells[0]), fz_cell_integer(cells[1])};
}

bool fz_minutes_count_lack(fz_asking *asking, fz_minutes_lack *found, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);

    g_string_append_printf(sql,
                           "SELECT SUM(CASE WHEN l.minutes < -1 AND (l.dropped & %d) = 0 THEN 0 ELSE 1 END), "
                           "SUM(CASE WHEN l.minutes < -1 AND (l.dropped & %d) = 0 THEN 1 ELSE 0 END) "
                           "FROM fz_load l WHERE (l.minutes < 0 OR (l.dropped & %d) <> 0)",
                           FZ_DROPPED_MINUTES, FZ_DROPPED_MINUTES, FZ_DROPPED_MINUTES);
    fz_range_append_loads(sql, &asking->question->range);
    return asking->store->ops->query(asking->store, sql->str, 2, 1, take_lack, found, error);
}
