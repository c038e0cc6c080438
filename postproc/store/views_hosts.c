/* The views of addresses: sums of the rows of loads, and of those of many loads.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "views_private.h"

static const char *const host_sums[] = {"flows", "packets_sent", "packets_received", "bytes_sent", "bytes_received"};

/* "sum(flows) AS flows", ...; of `pattern`, where '@' stands for a column. */
static void append_sums(GString *sql, const fz_dialect *dialect, const char *pattern)
{
    for (size_t i = 0; i < G_N_ELEMENTS(host_sums); i++) {
        g_autoptr(GString) value = g_string_new(NULL);
        fz_template_append(value, pattern, host_sums[i]);
        g_string_append(sql, ", ");
        fz_template_append(sql, dialect->sum, value->str);
        g_string_append_printf(sql, " AS %s", host_sums[i]);
    }
}

/* The pairs of texts of the ledger, each with a number: its lowest load_id. Addresses are grouped by these numbers,
 * since a server would write groups of texts to disk. Rows whose pair is not in the ledger any more are of captures
 * that were replaced, and add up to nothing. */
static void append_places(GString *sql, const fz_dialect *dialect, const char *const *texts)
{
    g_string_append(sql, "(SELECT MIN(load_id) AS place");
    for (size_t i = 0; texts[i]; i++)
        g_string_append_printf(sql, ", %s", texts[i]);
    g_string_append(sql, " FROM fz_load GROUP BY ");
    for (size_t i = 0; texts[i]; i++) {
        g_string_append(sql, i ? ", " : "");
        fz_template_append(sql, dialect->group, texts[i]);
    }
    g_string_append(sql, ") p");
}

/* "p.location = d.location AND ...", byte by byte. */
static void append_same_place(GString *sql, const fz_dialect *dialect, const char *alias, const char *const *texts)
{
    for (size_t i = 0; texts[i]; i++) {
        g_autofree char *left = g_strconcat("p.", texts[i], NULL), *right = g_strconcat(alias, ".", texts[i], NULL);
        g_string_append(sql, i ? " AND " : "");
        fz_template_append(sql, dialect->compared, left);
        g_string_append(sql, " = ");
        fz_template_append(sql, dialect->compared, right);
    }
}

/* "r.addr AS addr, r.zone AS zone, sums": those of a detail of either table. */
static void append_host_row(GString *sql, char alias)
{
    g_string_append_printf(sql, "SELECT %c.addr AS addr, %c.zone AS zone, p.place AS place", alias, alias);
    for (size_t i = 0; i < G_N_ELEMENTS(host_sums); i++)
        g_string_append_printf(sql, ", %c.%s AS %s", alias, host_sums[i], host_sums[i]);
}

/* Rows of both tables of addresses: of loads that are not merged, and merged ones. */
static void append_host_rows(GString *sql, const fz_dialect *dialect, const char *const *texts)
{
    append_host_row(sql, 'r');
    g_string_append(sql, ", ");
    fz_derived_append(sql, dialect, FZ_TABLE_HOST, "r", "day");
    g_string_append_printf(sql, " AS day FROM fz_load l %s ", dialect->ledger_join);
    append_places(sql, dialect, texts);
    g_string_append(sql, " ON ");
    append_same_place(sql, dialect, "l", texts);
    g_string_append_printf(sql, " %s fz_host r ON r.load_id = l.load_id WHERE " FZ_VIEWS_KEEPS_SUMS " UNION ALL ",
                           dialect->ledger_join);
    append_host_row(sql, 'd');
    g_string_append(sql, ", d.day AS day FROM ");
    append_places(sql, dialect, texts);
    g_string_append_printf(sql, " %s fz_host_day d ON ", dialect->ledger_join);
    append_same_place(sql, dialect, "d", texts);
}

/* What every view of addresses shows of the sums t and their zone z. Addresses become texts after the sums are made. */
static void append_host(GString *sql, const fz_dialect *dialect)
{
    fz_views_append_text(sql, dialect, dialect->addr, "t.addr");
    g_string_append(sql, " AS ip, ");
    fz_views_append_text(sql, dialect, "@", "l.location");
    g_string_append(sql, " AS location, ");
    fz_views_append_text(sql, dialect, dialect->infos, "z");
    g_string_append(sql, " AS infos");
    for (size_t i = 0; i < G_N_ELEMENTS(host_sums); i++)
        g_string_append_printf(sql, ", t.%s AS %s", host_sums[i], host_sums[i]);
}

/* The zone of the sums t, and a load of theirs, which has their texts. */
static const char host_joins[] =
    ") t LEFT JOIN fz_load l ON l.load_id = t.place LEFT JOIN fz_zone z ON z.zone_id = t.zone";

/* "FROM (SELECT addr, zone, place, what, sums FROM rows GROUP BY addr, zone, place, by) t ...". A sum of 0 is what a
 * replaced capture had alone. */
static void append_host_sums(GString *sql, const fz_dialect *dialect, const char *what, const char *by,
                             const char *const *texts)
{
    g_string_append_printf(sql, " FROM (SELECT addr, zone, place, %s", what);
    append_sums(sql, dialect, "@");
    g_string_append(sql, " FROM (");
    append_host_rows(sql, dialect, texts);
    g_string_append_printf(sql, ") e GROUP BY addr, zone, place%s HAVING SUM(e.flows) <> 0%s", by, host_joins);
}

/* For SQLite, which takes a condition on a group no further down than to a table that it groups itself. So it groups a
 * join that begins with days, those of merged rows (load_id 0) and those of each load that is not merged: it finds
 * either by looking for the next one. One of the two tables has a row in each row of the join. */
static void append_host_days(GString *sql, const fz_dialect *dialect, const char *const *texts)
{
    g_string_append(sql, "(WITH RECURSIVE m (day) AS (SELECT MIN(day) FROM fz_host_day UNION ALL SELECT (SELECT "
                         "MIN(n.day) FROM fz_host_day n WHERE n.day > m.day) FROM m WHERE m.day IS NOT NULL), "
                         "w (load_id, hour) AS (SELECT l.load_id, (SELECT MIN(n.hour) FROM fz_host n WHERE n.load_id = "
                         "l.load_id) FROM fz_load l WHERE " FZ_VIEWS_KEEPS_SUMS
                         " UNION ALL SELECT w.load_id, (SELECT MIN(n.hour) "
                         "FROM fz_host n WHERE n.load_id = w.load_id AND n.hour >= (");
    fz_template_append(sql, dialect->day, "w.hour");
    g_string_append(sql, " + 1) * 86400) FROM w WHERE w.hour IS NOT NULL) "
                         "SELECT day, 0 AS load_id, 0 AS place FROM m WHERE day IS NOT NULL UNION ALL SELECT ");
    fz_template_append(sql, dialect->day, "w.hour");
    g_string_append(sql, ", w.load_id, p.place FROM w JOIN fz_load l ON l.load_id = w.load_id JOIN ");
    append_places(sql, dialect, texts);
    g_string_append(sql, " ON ");
    append_same_place(sql, dialect, "l", texts);
    g_string_append(sql, " WHERE w.hour IS NOT NULL) k");
}

static void append_host_sums_of_days(GString *sql, const fz_dialect *dialect, const char *const *texts)
{
    g_string_append(sql, " FROM (SELECT k.day AS day, COALESCE(d.addr, r.addr) AS addr, COALESCE(d.zone, r.zone) AS "
                         "zone, COALESCE(p.place, k.place) AS place");
    append_sums(sql, dialect, "COALESCE(d.@, r.@)");
    g_string_append(sql, " FROM ");
    append_host_days(sql, dialect, texts);
    g_string_append(sql, " LEFT JOIN fz_host_day d ON d.day = k.day AND k.load_id = 0 LEFT JOIN ");
    append_places(sql, dialect, texts);
    g_string_append(sql, " ON ");
    append_same_place(sql, dialect, "d", texts);
    g_string_append_printf(sql,
                           " LEFT JOIN fz_host r ON r.load_id = k.load_id AND r.hour BETWEEN k.day * 86400 AND "
                           "k.day * 86400 + 86399 GROUP BY 1, 2, 3, 4 HAVING SUM(COALESCE(d.flows, r.flows)) <> 0%s",
                           host_joins);
}

static void append_date(GString *sql, const fz_dialect *dialect, const char *day, const char *name)
{
    g_string_append(sql, ", ");
    fz_template_append(sql, dialect->date, day);
    fz_views_append_name(sql, dialect, name);
}

/* Each address once. A talker is an address in a location, since the same private address in two locations is two
 * hosts.
 */
char *fz_views_create_talkers(const fz_dialect *dialect, const char *create)
{
    static const char *const texts[] = {"location", NULL};
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_talkers AS SELECT ", create);
    append_host(sql, dialect);
    append_date(sql, dialect, "t.first_day", "first_day");
    append_date(sql, dialect, "t.last_day", "last_day");
    append_host_sums(sql, dialect, "MIN(day) AS first_day, MAX(day) AS last_day", "", texts);
    return g_string_free(sql, FALSE);
}

/* Each address once a day and sensor. */
char *fz_views_create_hosts(const fz_dialect *dialect, const char *create)
{
    static const char *const texts[] = {"location", "sensor", NULL};
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_hosts AS SELECT ", create);
    append_host(sql, dialect);
    g_string_append(sql, ", ");
    fz_views_append_text(sql, dialect, dialect->zone_name, "z");
    g_string_append(sql, " AS zone_name, ");
    fz_views_append_text(sql, dialect, "@", "l.sensor");
    g_string_append(sql, " AS sensor");
    append_date(sql, dialect, "t.day", "day");
    g_string_append(sql, ", t.day AS day_no");
    if (dialect->groups_tables)
        append_host_sums_of_days(sql, dialect, texts);
    else
        append_host_sums(sql, dialect, "day", ", day", texts);
    return g_string_free(sql, FALSE);
}
