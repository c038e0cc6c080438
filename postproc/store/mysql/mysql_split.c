/* Splits the partition of fz_flow and of fz_packet that has all days into partitions of one day each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_split.h"

#include "mysql_days.h"
#include "mysql_upgrade.h"

#define DAY_US G_STRINGIFY(86400000000)
/* Of a ledger that has no days. */
#define DAY_OF_FRAME "first_frame_us DIV " DAY_US " - (first_frame_us MOD " DAY_US " < 0)"

static const fz_table split_tables[] = {FZ_TABLE_FLOW, FZ_TABLE_PACKET};

/* The partitions of a table. */
typedef struct table_parts {
    bool apart;    /* there are some */
    bool splits;   /* the highest has all days from `from` on; or there are none, then it is INT64_MIN */
    char *highest; /* its name; NULL: there are none */
    int64_t from;
    size_t count; /* of those below */
} table_parts;

static void table_parts_clear(table_parts *parts)
{
    g_free(parts->highest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(table_parts, table_parts_clear)

static bool is_by_day(const fz_mysql_rows *rows)
{
    const char *method = fz_mysql_cell(rows, 0, 2), *expression = fz_mysql_cell(rows, 0, 3);

    return g_strcmp0(method, "RANGE") == 0 &&
           (g_strcmp0(expression, "day") == 0 || g_strcmp0(expression, "`day`") == 0) &&
           g_strcmp0(fz_mysql_cell(rows, rows->count - 1, 1), "MAXVALUE") == 0;
}

static bool find_parts(fz_mysql_client *client, fz_table table, table_parts *parts, GError **error)
{
    enum { COLUMNS = 4, MOST = 8192 }; /* the servers' own limit */
    g_autofree char *sql =
        g_strdup_printf("SELECT PARTITION_NAME, PARTITION_DESCRIPTION, PARTITION_METHOD, PARTITION_EXPRESSION FROM "
                        "information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s' "
                        "ORDER BY PARTITION_ORDINAL_POSITION",
                        fz_tables[table].name);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, COLUMNS, MOST, error);

    *parts = (table_parts){.from = INT64_MIN};
    if (!rows || rows->count == 0)
        return rows != NULL;
    const size_t last = rows->count - 1;
    parts->apart = fz_mysql_cell(rows, 0, 0) != NULL;
    parts->splits = !parts->apart || is_by_day(rows);
    parts->count = last;
    if (parts->apart)
        parts->highest = g_strdup(fz_mysql_cell(rows, last, 0));
    if (last > 0)
        parts->from = fz_mysql_number(fz_mysql_cell(rows, last - 1, 1));
    return true;
}

static int64_t last_day(void)
{
    return fz_day_of(g_get_real_time()) + FZ_MYSQL_SPLIT_AHEAD;
}

/* Days that the highest partition has to give up, in descending order, by the ledger: "day FROM fz_load". The caller
 * frees; NULL with an error. */
static fz_mysql_rows *find_days(fz_mysql_client *client, const char *day, const char *ledger, const table_parts *parts,
                                GError **error)
{
    const size_t most = parts->count < FZ_MYSQL_SPLIT_MOST ? FZ_MYSQL_SPLIT_MOST - parts->count : 1;
    g_autofree char *sql = g_strdup_printf("SELECT DISTINCT %s AS of_day FROM %s WHERE %s BETWEEN %" G_GINT64_FORMAT
                                           " AND %" G_GINT64_FORMAT " ORDER BY of_day DESC LIMIT %" G_GSIZE_FORMAT,
                                           day, ledger, day, parts->from, last_day(), most);

    return fz_mysql_client_select(client, sql, 1, most, error);
}

/* Whether the highest partition has rows of days that it has to give up. */
static bool has_rows(fz_mysql_client *client, fz_table table, const table_parts *parts, bool *has, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM %s PARTITION (`%s`) WHERE day <= %" G_GINT64_FORMAT " LIMIT 1",
                        fz_tables[table].name, parts->highest, last_day());
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 1, 1, error);

    *has = rows && rows->count > 0;
    return rows != NULL;
}

static bool is_due(fz_mysql_client *client, fz_table table, const table_parts *parts, bool *due, GError **error)
{
    *due = parts->splits && !parts->apart;
    if (!parts->splits || !parts->apart)
        return true;
    g_autoptr(fz_mysql_rows) days = find_days(client, "day", "fz_load", parts, error);
    return days && (days->count == 0 || has_rows(client, table, parts, due, error));
}

static char *print_split(fz_table table, const table_parts *parts, const fz_mysql_rows *days)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql, "ALTER TABLE %s ", fz_tables[table].name);
    if (parts->apart)
        g_string_append_printf(sql, "REORGANIZE PARTITION `%s` INTO (", parts->highest);
    else
        g_string_append(sql, "PARTITION BY RANGE (day) (");
    for (size_t i = days->count; i > 0; i--) {
        const int64_t day = fz_mysql_number(fz_mysql_cell(days, i - 1, 0));

        g_string_append_printf(sql, "PARTITION `d%" G_GINT64_FORMAT "` VALUES LESS THAN (%" G_GINT64_FORMAT "), ", day,
                               day + 1);
    }
    g_string_append_printf(sql, "PARTITION `%s` VALUES LESS THAN MAXVALUE)", parts->apart ? parts->highest : "pmax");
    return g_string_free(sql, FALSE);
}

/* The same on a table that is not there: a server checks privileges first. */
static bool try_right(fz_mysql_client *client, GError **error)
{
    if (fz_mysql_client_run(client,
                            "ALTER TABLE " FZ_MYSQL_UPGRADE
                            "_try REORGANIZE PARTITION pmax INTO (PARTITION pmax VALUES "
                            "LESS THAN MAXVALUE)",
                            NULL, NULL) ||
        !client->db || mysql_errno(client->db) != ER_TABLEACCESS_DENIED_ERROR)
        return true;
    return fz_mysql_client_refuse(
        client, FZ_STORE_ERROR_SCHEMA, error,
        "this account may not split the rows into partitions of days: it lacks ALTER, CREATE, "
        "DROP and INSERT on the database");
}

bool fz_mysql_split_due(const fz_mysql_server *server, fz_mysql_client *client, bool *due, GError **error)
{
    *due = false;
    for (size_t i = 0; fz_mysql_days_are_known(server) && i < G_N_ELEMENTS(split_tables) && !*due; i++) {
        g_auto(table_parts) parts = {0};

        if (!find_parts(client, split_tables[i], &parts, error) || !is_due(client, split_tables[i], &parts, due, error))
            return false;
    }
    return true;
}

/* One table, for the days of a ledger. */
static bool split_table(fz_mysql_client *client, fz_table table, const table_parts *parts, const char *day,
                        const char *ledger, GError **error)
{
    g_autoptr(fz_mysql_rows) days = find_days(client, day, ledger, parts, error);

    if (!days || (parts->apart && days->count == 0))
        return days != NULL;
    g_autofree char *sql = print_split(table, parts, days);
    return fz_mysql_client_run(client, sql, NULL, error);
}

bool fz_mysql_split(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    bool due = false;

    if (!fz_mysql_split_due(server, client, &due, error))
        return false;
    if (!due)
        return true;
    if (!try_right(client, error) || !fz_mysql_server_take_lock(server, client, client->patience->seconds, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(split_tables); i++) {
        g_auto(table_parts) parts = {0};

        if (!find_parts(client, split_tables[i], &parts, error) ||
            !is_due(client, split_tables[i], &parts, &due, error) ||
            (due && !split_table(client, split_tables[i], &parts, "day", "fz_load", error)))
            return false;
    }
    return true;
}

bool fz_mysql_split_new(const fz_mysql_server *server, fz_mysql_client *client, const char *ledger, GError **error)
{
    for (size_t i = 0; fz_mysql_days_are_known(server) && i < G_N_ELEMENTS(split_tables); i++) {
        g_auto(table_parts) parts = {0};

        if (!find_parts(client, split_tables[i], &parts, error) ||
            (parts.splits && !split_table(client, split_tables[i], &parts, DAY_OF_FRAME, ledger, error)))
            return false;
    }
    return true;
}
