/* What only SingleStore asks of a load: whether it commits as a whole, and what became of a lost COMMIT.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_singlestore.h"

#include "mysql_sql.h"

/* Two-phase commit came with 8.1. */
enum { OLDEST_MAJOR = 8, OLDEST_MINOR = 1 };

static bool is_on(const char *cell)
{
    return cell && (fz_mysql_number(cell) == 1 || g_ascii_strcasecmp(cell, "ON") == 0);
}

/* Without two-phase commit a node that dies in the middle of a COMMIT leaves a ledger row without its rows. */
bool fz_mysql_singlestore_judge(fz_mysql_client *client, const char *version, GError **error)
{
    char *minor_at = NULL;
    uint64_t major = g_ascii_strtoull(version, &minor_at, 10);
    uint64_t minor = *minor_at == '.' ? g_ascii_strtoull(minor_at + 1, NULL, 10) : 0;

    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                      "SingleStore %.60s cannot commit a load on all of its nodes or none; %d.%d or "
                                      "newer is needed",
                                      version, OLDEST_MAJOR, OLDEST_MINOR);
    g_autoptr(fz_mysql_rows) row = fz_mysql_client_select(client, "SELECT @@two_phase_commit", 1, 1, error);
    if (!row)
        return false;
    return (row->count == 1 && is_on(fz_mysql_cell(row, 0, 0))) ||
           fz_mysql_client_refuse(
               client, FZ_STORE_ERROR_SCHEMA, error,
               "SingleStore's two_phase_commit is off, so a node that dies during COMMIT would leave "
               "a part of a load; turn it on: SET GLOBAL two_phase_commit = ON");
}

void fz_mysql_singlestore_tell(fz_mysql_client *client)
{
    /* An account may not be allowed to see it. */
    g_autoptr(fz_mysql_rows) row = fz_mysql_client_select(
        client,
        "SELECT IS_SYNC_DURABILITY FROM information_schema.DISTRIBUTED_DATABASES WHERE DATABASE_NAME = DATABASE()", 1,
        1, NULL);

    if (!row || row->count == 0 || is_on(fz_mysql_cell(row, 0, 0)) || !client->patience->tell)
        return;
    g_autofree char *line = g_strdup_printf(
        "%s: this database does not wait for its disks: what was loaded last may be lost when power is, "
        "though reported as loaded; CREATE DATABASE ... WITH SYNC DURABILITY waits",
        client->where);
    client->patience->tell(line);
}

/* The server's own limit if it does not say, and the longest silence whatever it says. */
enum { IDLE_S = 300, SILENCE_MOST_S = 60 };

bool fz_mysql_singlestore_silence(fz_mysql_client *client, unsigned *seconds, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_mysql_rows) row =
        fz_mysql_client_select(client, "SELECT @@multi_statement_xact_idle_timeout", 1, 1, &fault);
    const int64_t limit_s = row && row->count ? fz_mysql_number(fz_mysql_cell(row, 0, 0)) : IDLE_S;

    if (!row && (!client->db || mysql_errno(client->db) != ER_UNKNOWN_SYSTEM_VARIABLE)) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    *seconds = (unsigned)(limit_s > 0 ? CLAMP(limit_s / 3, 1, SILENCE_MOST_S) : SILENCE_MOST_S);
    return true;
}

/* "`netflow`.fz_load" */
static char *print_ledger(const fz_mysql_client *client)
{
    g_auto(GStrv) pieces = g_strsplit(client->uri->database, "`", -1);
    g_autofree char *database = g_strjoinv("``", pieces);

    return g_strdup_printf("`%s`.fz_load", database);
}

/* Explicit ids do not advance its counters. */
bool fz_mysql_singlestore_sync_ids(fz_mysql_client *client, GError **error)
{
    g_autofree char *ledger = print_ledger(client);
    g_autofree char *sql = g_strdup_printf("AGGREGATOR SYNC AUTO_INCREMENT ON %s ALL", ledger);

    return fz_mysql_client_run(client, sql, NULL, error);
}

bool fz_mysql_singlestore_check_id(fz_mysql_client *client, int64_t load_id, GError **error)
{
    g_autofree char *ledger = print_ledger(client);
    g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, load_id);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql, 1, 1, error);

    if (!rows || (rows->count == 1 && fz_mysql_number(fz_mysql_cell(rows, 0, 0)) == 1))
        return rows != NULL;
    return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                  "AUTO_INCREMENT gives ids that are in use; an administrator mends it: AGGREGATOR "
                                  "SYNC AUTO_INCREMENT ON %s ALL",
                                  ledger);
}

/* Reads take no locks there, and a DELETE need not wait for a row that another session has not yet committed; the
 * unique key must. So the same row is inserted, and rolled back: that waits until the lost session has ended, and is
 * refused if the key is taken. */
static bool wait_for_key(fz_mysql_client *client, const char *insert, bool *taken, GError **error)
{
    g_autoptr(GError) fault = NULL;
    if (!fz_mysql_client_run(client, "START TRANSACTION", NULL, error))
        return false;
    bool inserted = fz_mysql_client_run(client, insert, NULL, &fault);
    *taken = g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE);
    if (inserted || *taken)
        return fz_mysql_client_run(client, "ROLLBACK", NULL, error);
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

bool fz_mysql_singlestore_committed(fz_mysql_client *client, const char *insert, const char *identity, int64_t load_id,
                                    GError **error)
{
    bool taken = false;

    if (!wait_for_key(client, insert, &taken, error) || !taken)
        return false;
    g_autoptr(GString) sql = g_string_new("SELECT load_id FROM fz_load WHERE identity = ");
    fz_mysql_sql_append(client, sql, (fz_value){.text = identity});
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql->str, 1, 1, error);
    return rows && rows->count == 1 && fz_mysql_number(fz_mysql_cell(rows, 0, 0)) == load_id;
}
