/* Days of rows in MariaDB and MySQL.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_days.h"

#include <string.h>

/* Of MariaDB, in the header of neither client library: max_statement_time is over. */
enum { STATEMENT_TIMEOUT = 1969 };

/* How often it is tried to hold the ledger, for which loads wait, where the next run could do the same; and the longest
 * pause after a try that failed. */
enum { TRIES = 20, PAUSE_MOST_US = 2000000 };

/* How many partitions a table may have: each is a file, and what a server opens of all of them is paid by each load. */
enum { PARTITIONS_MOST = 1000 };

/* How many rows of the highest partition a split may copy, for each day that it makes: those of clocks that are wrong.
 */
enum { COPIED_MOST = 5000 };

/* A table that is not there: servers look at privileges first. */
#define NOWHERE "fz_days_try"

static const fz_table tables[] = {FZ_TABLE_FLOW, FZ_TABLE_PACKET};

typedef struct partition {
    char *name;
    fz_day_span span;
} partition;

static void partition_clear(void *user)
{
    g_free(((partition *)user)->name);
}

static bool run(fz_mysql_client *client, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return fz_mysql_client_run(client, statement, NULL, error);
}

/* For statements that do not wait: what is in their way is no fault. */
static bool run_hurried(fz_mysql_client *client, char *sql, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (run(client, sql, &fault))
        return true;
    const unsigned code = client->db ? mysql_errno(client->db) : 0;
    if (code == ER_LOCK_WAIT_TIMEOUT || code == ER_LOCK_DEADLOCK || code == STATEMENT_TIMEOUT)
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_BUSY, error, "its tables are in use: nothing was changed");
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

static bool is_mariadb(const fz_mysql_days *days)
{
    return days->server->dialect == &fz_dialect_mariadb;
}

/* MySQL waits at least for a second. */
static bool hurry_spare(const fz_mysql_days *days, GError **error)
{
    return run(days->spare, g_strdup_printf("SET SESSION lock_wait_timeout = %d", is_mariadb(days) ? 0 : 1), error);
}

bool fz_mysql_days_are_known(const fz_mysql_server *server)
{
    /* TiDB takes LOCK TABLES for a comment. */
    return fz_dialect_has_day(server->dialect) && !g_str_has_prefix(server->name, "TiDB");
}

/* The partitions of a table, in order; none if it has no partitions of days. The caller frees. */
static GArray *read_partitions(const fz_mysql_days *days, fz_table table, GError **error)
{
    g_autoptr(GArray) partitions = g_array_new(FALSE, TRUE, sizeof(partition));
    g_autofree char *sql = g_strdup_printf(
        "SELECT PARTITION_NAME, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = "
        "DATABASE() AND TABLE_NAME = '%s' AND PARTITION_METHOD = 'RANGE' AND REPLACE(PARTITION_EXPRESSION, '`', '') = "
        "'day' ORDER BY PARTITION_ORDINAL_POSITION",
        fz_tables[table].name);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(days->client, sql, 2, 8192, error);
    int64_t first = INT64_MIN;

    g_array_set_clear_func(partitions, partition_clear);
    for (size_t i = 0; rows && i < rows->count; i++) {
        const char *name = fz_mysql_cell(rows, i, 0), *until = fz_mysql_cell(rows, i, 1);
        const bool is_highest = g_strcmp0(until, "MAXVALUE") == 0;
        partition one = {g_strdup(name), {first, is_highest ? INT64_MAX : fz_mysql_number(until)}};

        first = one.span.until;
        g_array_append_val(partitions, one);
    }
    return rows ? g_steal_pointer(&partitions) : NULL;
}

/* Takes the reason over. The caller frees. */
static char *explain(char *reason)
{
    g_autofree char *taken = reason;

    return g_strconcat(taken, ": rows go one after another, not a day at once", NULL);
}

/* Locks of one node hold nobody on another. */
static bool ask_cluster(const fz_mysql_days *days, char **why, GError **error)
{
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(
        days->client,
        "SHOW GLOBAL VARIABLES WHERE (Variable_name = 'wsrep_on' AND Value = 'ON') OR (Variable_name = "
        "'group_replication_single_primary_mode' AND Value = 'OFF')",
        2, 2, error);

    if (rows && rows->count)
        *why = explain(g_strdup("the server is a node of a cluster, all of whose nodes write"));
    return rows != NULL;
}

static bool ask_rights(const fz_mysql_days *days, char **why, GError **error)
{
    static const struct {
        const char *sql, *right;
    } tries[] = {
        {"DROP TABLE " NOWHERE, "DROP"},
        {"CREATE TABLE " NOWHERE " LIKE " NOWHERE "2", "CREATE"},
        {"LOCK TABLES " NOWHERE " READ", "LOCK TABLES"},
        {"ALTER TABLE " NOWHERE " EXCHANGE PARTITION pmax WITH TABLE " NOWHERE "2", "ALTER"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tries) && !*why; i++) {
        g_autoptr(GError) fault = NULL;
        fz_mysql_client_run(days->client, tries[i].sql, NULL, &fault);
        const unsigned code = days->client->db ? mysql_errno(days->client->db) : 0;
        if (fz_mysql_code_is_lost(code) || !days->client->db) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
        if (code == ER_TABLEACCESS_DENIED_ERROR || code == ER_DBACCESS_DENIED_ERROR)
            *why = explain(g_strdup_printf("this account lacks %s on the database", tries[i].right));
        else if (code != ER_NO_SUCH_TABLE && code != ER_BAD_TABLE_ERROR)
            *why = explain(g_strdup(fault ? fault->message : "the server does not say what this account may do"));
    }
    return true;
}

bool fz_mysql_days_list(const fz_mysql_days *days, bool changes, fz_table table, GArray *spans, char **why,
                        GError **error)
{
    g_autoptr(GArray) partitions = read_partitions(days, table, error);

    *why = NULL;
    if (!partitions)
        return false;
    if (partitions->len == 0)
        *why = explain(g_strdup_printf("table %s has no partitions of days", fz_tables[table].name));
    else if (changes && !days->spare)
        *why = explain(g_strdup("the server gave no second connection"));
    if (!*why && (!ask_cluster(days, why, error) || (!*why && changes && !ask_rights(days, why, error))))
        return false;
    for (guint i = 0; !*why && i < partitions->len; i++)
        g_array_append_val(spans, g_array_index(partitions, partition, i).span);
    return true;
}

/* Holds the ledger as it is. A lock that is waited for keeps all later loads waiting too: MariaDB gives it up after a
 * fraction of a second, MySQL after a second. */
static bool freeze(const fz_mysql_days *days, GError **error)
{
    const bool is_short = is_mariadb(days);

    if (!hurry_spare(days, error) ||
        !run(days->client,
             g_strdup(is_short ? "SET SESSION max_statement_time = 0.15"
                               : "SET @fz_wait = @@SESSION.lock_wait_timeout, SESSION lock_wait_timeout = 1"),
             error))
        return false;
    bool frozen = run_hurried(days->client, g_strdup("LOCK TABLES fz_load l READ"), error);
    if (!days->client->db)
        return false;
    bool patient =
        run(days->client,
            g_strdup(is_short ? "SET SESSION max_statement_time = 0" : "SET SESSION lock_wait_timeout = @fz_wait"),
            frozen ? error : NULL);
    return frozen && patient;
}

static bool thaw(const fz_mysql_days *days, GError **error)
{
    return days->client->db && fz_mysql_client_run(days->client, "UNLOCK TABLES", NULL, error);
}

/* After a try that failed: loads that it kept waiting have a turn that is as long. */
static bool give_way(gint64 begin_us)
{
    const gint64 took_us = g_get_monotonic_time() - begin_us;

    g_usleep((gulong)MIN(took_us, PAUSE_MOST_US));
    return false;
}

/* Whether no load shows rows of these days any more. */
static bool is_over(const fz_mysql_days *days, fz_table table, const fz_day_span *span, GError **error)
{
    const bool flows = table == FZ_TABLE_FLOW;

    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "SELECT COUNT(*) FROM fz_load l WHERE l.%s > 0 AND %s", flows ? "records" : "packets",
                    flows ? FZ_SQL_HAS_FLOWS : FZ_SQL_HAS_PACKETS);
    if (span->first != INT64_MIN)
        g_string_append_printf(sql, " AND l.day >= %" G_GINT64_FORMAT, span->first);
    if (span->until != INT64_MAX)
        g_string_append_printf(sql, " AND l.day < %" G_GINT64_FORMAT, span->until);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(days->client, sql->str, 1, 1, error);
    if (!rows)
        return false;
    const int64_t loads = rows->count ? fz_mysql_number(fz_mysql_cell(rows, 0, 0)) : 1;
    return loads == 0 || fz_mysql_client_refuse(days->client, FZ_STORE_ERROR_BUSY, error,
                                                "%" G_GINT64_FORMAT
                                                " captures still have rows of that day in %s: nothing was changed",
                                                loads, fz_tables[table].name);
}

/* What was exchanged by a run that died is dropped first: it has only rows of captures that were due. */
static bool make_empty(const fz_mysql_days *days, fz_table table, GError **error)
{
    const char *name = fz_tables[table].name;

    if (*days->ready & 1U << table)
        return true;
    if (!run(days->client, g_strdup_printf("DROP TABLE IF EXISTS %s_gone", name), error) ||
        !run(days->client, g_strdup_printf("CREATE TABLE %s_gone LIKE %s", name, name), error) ||
        !run(days->client, g_strdup_printf("ALTER TABLE %s_gone REMOVE PARTITIONING", name), error))
        return false;
    *days->ready |= 1U << table;
    return true;
}

static bool drop_gone(const fz_mysql_days *days, fz_table table, GError **error)
{
    *days->ready &= ~(1U << table);
    return run(days->client, g_strdup_printf("DROP TABLE IF EXISTS %s_gone", fz_tables[table].name), error);
}

/* The name of a partition. The caller frees; NULL with an error. */
static char *find_partition(const fz_mysql_days *days, fz_table table, const fz_day_span *span, GError **error)
{
    g_autoptr(GArray) partitions = read_partitions(days, table, error);

    for (guint i = 0; partitions && i < partitions->len; i++) {
        const partition *one = &g_array_index(partitions, partition, i);

        if (one->span.first == span->first && one->span.until == span->until)
            return g_strdup(one->name);
    }
    if (partitions)
        fz_mysql_client_refuse(days->client, FZ_STORE_ERROR_BUSY, error,
                               "another program has changed the partitions of %s: nothing was dropped",
                               fz_tables[table].name);
    return NULL;
}

bool fz_mysql_days_drop(const fz_mysql_days *days, fz_table table, const fz_day_span *span, GError **error)
{
    const char *name = fz_tables[table].name;
    g_autofree char *which = find_partition(days, table, span, error);

    if (which && !days->spare)
        return fz_mysql_client_refuse(days->client, FZ_STORE_ERROR_BUSY, error, "the second connection is lost");
    if (!which || !is_over(days, table, span, error) || !make_empty(days, table, error))
        return false;
    const gint64 begin_us = g_get_monotonic_time();
    if (!freeze(days, error))
        return give_way(begin_us);
    bool gone =
        is_over(days, table, span, error) &&
        run_hurried(days->spare,
                    g_strdup_printf("ALTER TABLE %s EXCHANGE PARTITION `%s` WITH TABLE %s_gone", name, which, name),
                    error);
    bool thawed = thaw(days, gone ? error : NULL);
    return gone && thawed ? drop_gone(days, table, error) : give_way(begin_us);
}

/* Whether a partition has no more rows than `most`. */
static bool has_few(fz_mysql_client *client, fz_table table, const char *which, unsigned most, bool *few,
                    GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM %s PARTITION (`%s`) LIMIT %u, 1", fz_tables[table].name, which, most);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 1, 1, error);

    *few = rows && rows->count == 0;
    return rows != NULL;
}

/* Changes the partitions of a table beside `which`, or drops that, if it has no more rows than `most`. A server would
 * keep loads waiting for a second while it waits for one of them: so none is under way. */
static bool change_once(const fz_mysql_days *days, fz_table table, const char *which, unsigned most, const char *change,
                        bool *few, GError **error)
{
    const gint64 begin_us = g_get_monotonic_time();

    if (!freeze(days, error))
        return give_way(begin_us);
    bool changed =
        has_few(days->spare, table, which, most, few, error) &&
        (!*few || run_hurried(days->spare, g_strdup_printf("ALTER TABLE %s %s", fz_tables[table].name, change), error));
    return (thaw(days, changed ? error : NULL) && changed) || give_way(begin_us);
}

/* Takes the change over. */
static bool change(const fz_mysql_days *days, fz_table table, const char *which, unsigned most, char *words, bool *few,
                   GError **error)
{
    g_autofree char *taken = words;

    for (int try = 1;; try++) {
        g_autoptr(GError) fault = NULL;
        if (change_once(days, table, which, most, taken, few, &fault))
            return true;
        if (try == TRIES || !days->client->db || !g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY)) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
    }
}

/* A day at a time, as all programs wait for each. A server copies what is in the highest partition. */
static bool split(const fz_mysql_days *days, fz_table table, int64_t today, unsigned ahead, bool *full, GError **error)
{
    g_autoptr(GArray) partitions = read_partitions(days, table, error);
    if (!partitions || partitions->len == 0)
        return partitions != NULL;
    const partition *highest = &g_array_index(partitions, partition, partitions->len - 1);
    const int64_t from = MAX(today, highest->span.first);
    const int64_t until = MIN(today + ahead, from + PARTITIONS_MOST - partitions->len);
    bool few;

    if (highest->span.until != INT64_MAX || from >= until)
        return true;
    if (!has_few(days->client, table, highest->name, COPIED_MOST, &few, error))
        return false;
    for (int64_t day = from; few && day < until; day++)
        if (!change(days, table, highest->name, COPIED_MOST,
                    g_strdup_printf("REORGANIZE PARTITION `%s` INTO (PARTITION d%" G_GINT64_FORMAT
                                    " VALUES LESS THAN (%" G_GINT64_FORMAT
                                    "), PARTITION `%s` VALUES LESS THAN MAXVALUE)",
                                    highest->name, day, day + 1, highest->name),
                    &few, error))
            return false;
    *full |= !few;
    return true;
}

static bool drop_empty(const fz_mysql_days *days, fz_table table, int64_t oldest, GError **error)
{
    g_autoptr(GArray) partitions = read_partitions(days, table, error);

    for (guint i = 0; partitions && i < partitions->len; i++) {
        const partition *one = &g_array_index(partitions, partition, i);
        bool empty;

        if (one->span.until > oldest)
            break;
        if (!has_few(days->client, table, one->name, 0, &empty, error) ||
            (empty &&
             !change(days, table, one->name, 0, g_strdup_printf("DROP PARTITION `%s`", one->name), &empty, error)))
            return false;
    }
    return partitions != NULL;
}

/* Of a run that died, or that could not exchange. */
static bool drop_left(const fz_mysql_days *days, fz_table table, GError **error)
{
    g_autofree char *name = g_strconcat(fz_tables[table].name, "_gone", NULL);
    bool there;

    return fz_mysql_server_has(days->client, "TABLES", name, &there, error) &&
           (!there || drop_gone(days, table, error));
}

bool fz_mysql_days_make(const fz_mysql_days *days, int64_t today, unsigned ahead, int64_t oldest, bool *full,
                        GError **error)
{
    *full = false;
    for (size_t i = 0; days->spare && i < G_N_ELEMENTS(tables); i++)
        if (!drop_left(days, tables[i], error) || !split(days, tables[i], today, ahead, full, error) ||
            !drop_empty(days, tables[i], oldest, error))
            return false;
    return true;
}
