/* Rows of a load that go.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_remove.h"

/* SingleStore locks a partition of a table as a whole for a transaction that changes more rows of it than a few
 * thousand. */
enum { ROWS_AT_ONCE = 4000 };

/* SingleStore sorts rows by this, and finds them by it. */
static const struct {
    fz_table table;
    const char *time;
    int64_t unit_us, every; /* of that column, and what its numbers are multiples of */
} sorted[] = {
    {FZ_TABLE_FLOW, "start_us", 1, 1},        {FZ_TABLE_PACKET, "time_us", 1, 1},
    {FZ_TABLE_MINUTE, "minute", 1000000, 60}, {FZ_TABLE_HOUR, "hour", 1000000, 3600},
    {FZ_TABLE_HOST, "hour", 1000000, 3600},
};

static int64_t multiple_below(int64_t number, int64_t of)
{
    return number - ((number % of) + of) % of;
}

/* Adds between which times a load has rows in a table; nothing if the ledger does not have it. */
static bool append_span(fz_mysql_client *client, GString *sql, fz_table table, int64_t load_id, GError **error)
{
    g_autofree char *ask =
        g_strdup_printf("SELECT start_us, end_us FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, load_id);
    g_autoptr(fz_mysql_rows) span = fz_mysql_client_select(client, ask, 2, 1, error);

    for (size_t i = 0; span && span->count && i < G_N_ELEMENTS(sorted); i++) {
        int64_t times[2];
        if (sorted[i].table != table)
            continue;
        for (size_t end = 0; end < 2; end++) {
            const int64_t unit_us = sorted[i].unit_us, time_us = fz_mysql_number(fz_mysql_cell(span, 0, end));
            times[end] = multiple_below(time_us / unit_us - (time_us % unit_us < 0), sorted[i].every);
        }
        g_string_append_printf(sql, " AND %s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, sorted[i].time,
                               times[0], times[1]);
    }
    return span != NULL;
}

/* Details by their key, which begins with the day where the dialect has it. */
bool fz_mysql_remove_rows(const fz_mysql_server *server, fz_mysql_client *client, fz_table table, int64_t load_id,
                          GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT, fz_tables[table].name, load_id);
    if (fz_table_is_of_rows(table) && fz_dialect_has_day(server->dialect))
        g_string_append_printf(sql, " AND day = (SELECT l.day FROM fz_load l WHERE l.load_id = %" G_GINT64_FORMAT ")",
                               load_id);
    if (fz_mysql_server_is_singlestore(server) && !append_span(client, sql, table, load_id, error))
        return false;
    return fz_mysql_client_run(client, sql->str, NULL, error);
}

/* Adds the load's day as a number: by a subquery a server would look through all partitions. */
static bool append_day(fz_mysql_client *client, GString *sql, int64_t load_id, GError **error)
{
    g_autofree char *ask = g_strdup_printf("SELECT l.day FROM fz_load l WHERE l.load_id = %" G_GINT64_FORMAT, load_id);
    g_autoptr(fz_mysql_rows) day = fz_mysql_client_select(client, ask, 1, 1, error);

    if (day && day->count)
        g_string_append_printf(sql, " AND day = %" G_GINT64_FORMAT, fz_mysql_number(fz_mysql_cell(day, 0, 0)));
    return day != NULL;
}

bool fz_mysql_remove_window(const fz_mysql_server *server, fz_mysql_client *client, fz_table table, int64_t load_id,
                            uint64_t first_no, uint64_t last_no, GError **error)
{
    const uint64_t most = fz_mysql_server_is_singlestore(server) ? ROWS_AT_ONCE : UINT64_MAX;

    g_autoptr(GString) head = g_string_new(NULL);
    g_string_printf(head, "DELETE FROM %s WHERE load_id = %" G_GINT64_FORMAT, fz_tables[table].name, load_id);
    const gsize bare = head->len;
    if (fz_dialect_has_day(server->dialect) ? !append_day(client, head, load_id, error)
                                            : !append_span(client, head, table, load_id, error))
        return false;
    if (head->len == bare) /* another program has replaced it */
        return true;
    for (uint64_t from = first_no; from <= last_no; from += most) {
        const uint64_t until = last_no - from < most ? last_no : from + most - 1;
        g_autofree char *sql = g_strdup_printf("%s AND row_no BETWEEN %" G_GUINT64_FORMAT " AND %" G_GUINT64_FORMAT,
                                               head->str, from, until);

        if (!fz_mysql_client_run(client, sql, NULL, error))
            return false;
        if (until == last_no)
            break;
    }
    return true;
}
