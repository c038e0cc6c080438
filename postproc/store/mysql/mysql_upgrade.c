/* The upgrade of a MySQL server's store.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A server commits at each CREATE, ALTER and DROP. So a table of one row, fz_upgrade, says how far the upgrade is, and
 * everything between two of its stages can be done again:
 *   0  older tables get other names, one after the other; fz_meta has the new version, so that older programs stay out,
 *      and fz_upgrade keeps newer ones out. Renaming the ledger waits for loads that run.
 *   1  the new tables are there, and loads are copied, each in a transaction. The new ledger says which are.
 *   2  all is copied and checked: the views are made, and the older tables dropped.
 *   3  the tables are those of the current version already: rows change in one transaction, from the start each time.
 * Last, fz_upgrade goes. Views are gone in between: they would show a part of the rows. */
#include "mysql_upgrade.h"

#include "mysql_singlestore.h"
#include "mysql_split.h"
#include "mysql_sql.h"
#include "schema.h"
#include "views.h"

#include <string.h>

enum { STAGE_RENAME, STAGE_COPY, STAGE_DROP, STAGE_IN_PLACE };

#define MARK FZ_MYSQL_UPGRADE

/* The ledger first: it keeps running loads from going on, and is dropped last. */
static const fz_table older[] = {FZ_TABLE_LOAD, FZ_TABLE_ZONE, FZ_TABLE_HOUR, FZ_TABLE_FLOW};

static const char *bare(fz_table table)
{
    return fz_tables[table].name + strlen("fz_");
}

static bool run(fz_mysql_client *client, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return fz_mysql_client_run(client, statement, NULL, error);
}

bool fz_mysql_upgrade_refuse(const fz_mysql_client *client, GError **error)
{
    return fz_mysql_client_refuse(
        client, FZ_STORE_ERROR_SCHEMA, error,
        "its upgrade runs, or was interrupted: \"flowzone upgrade --to STORE\" goes on with it");
}

bool fz_mysql_upgrade_stage(fz_mysql_client *client, fz_mysql_stage *stage, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(fz_mysql_rows) rows =
        fz_mysql_client_select(client, "SELECT from_version, stage FROM " MARK, 2, 1, &fault);

    *stage = (fz_mysql_stage){.begun = rows != NULL};
    if (rows && rows->count) {
        stage->from_version = fz_mysql_number(fz_mysql_cell(rows, 0, 0));
        stage->copied = fz_mysql_number(fz_mysql_cell(rows, 0, 1)) == STAGE_DROP;
    }
    if (rows || (client->db && (mysql_errno(client->db) == ER_NO_SUCH_TABLE ||
                                mysql_errno(client->db) == ER_TABLEACCESS_DENIED_ERROR)))
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* What the upgrade does, tried on a table that is not there: a server checks privileges first. So an account that lacks
 * one changes nothing. */
static bool try_rights(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    static const struct {
        const char *sql, *right;
    } tries[] = {
        {"DROP TABLE " MARK "_try", "DROP"},
        {"ALTER TABLE " MARK "_try RENAME TO " MARK "_try2", "ALTER, DROP, CREATE and INSERT"},
        {"CREATE VIEW " MARK "_try AS SELECT 1 AS one FROM " MARK "_try2", "CREATE VIEW and SELECT"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
        if (fz_mysql_client_run(client, tries[i].sql, NULL, NULL))
            continue;
        unsigned code = client->db ? mysql_errno(client->db) : 0;
        if (code == ER_TABLEACCESS_DENIED_ERROR || code == ER_DBACCESS_DENIED_ERROR)
            return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                          "this account may not upgrade the tables: it lacks %s on the database",
                                          tries[i].right);
    }
    return !fz_mysql_server_is_singlestore(server) || fz_mysql_singlestore_sync_ids(client, error);
}

/* The mark, and with it the version that the upgrade begins with. */
static bool make_mark(const fz_mysql_server *server, fz_mysql_client *client, int stage, GError **error)
{
    const fz_dialect *dialect = server->dialect;
    const char *create = dialect->create[FZ_TABLE_META] ? dialect->create[FZ_TABLE_META] : "CREATE TABLE IF NOT EXISTS";
    const char *after = dialect->after[FZ_TABLE_META] ? dialect->after[FZ_TABLE_META] : "";

    return run(client,
               g_strdup_printf("%s " MARK " (from_version BIGINT NOT NULL, stage BIGINT NOT NULL, "
                               "PRIMARY KEY (from_version))%s",
                               create, after),
               error) &&
           run(client,
               g_strdup_printf("INSERT INTO " MARK " (from_version, stage) SELECT schema_version, %d FROM fz_meta",
                               stage),
               error);
}

/* Older programs refuse the version. Not UPDATE: SingleStore cannot change a key. */
static bool renumber(fz_mysql_client *client, GError **error)
{
    return fz_mysql_client_run(client, "START TRANSACTION", NULL, error) &&
           fz_mysql_client_run(client, "DELETE FROM fz_meta", NULL, error) &&
           fz_mysql_client_run(client,
                               "INSERT INTO fz_meta (schema_version, program) VALUES (" G_STRINGIFY(
                                   FZ_SCHEMA_VERSION) ", '" FZ_SCHEMA_PROGRAM "')",
                               NULL, error) &&
           fz_mysql_client_run(client, "COMMIT", NULL, error);
}

static bool rename_tables(fz_mysql_client *client, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(older); i++) {
        g_autofree char *name = g_strconcat(FZ_MYSQL_OLD, bare(older[i]), NULL);
        bool there;

        if (!fz_mysql_server_has(client, "TABLES", name, &there, error) ||
            (!there &&
             !run(client, g_strdup_printf("ALTER TABLE %s RENAME TO %s", fz_tables[older[i]].name, name), error)))
            return false;
    }
    return true;
}

/* MySQL lets nobody drop a view of an account with SYSTEM_USER, like root, who lacks that himself. */
static bool drop_view(fz_mysql_client *client, const char *name, GError **error)
{
    g_autoptr(GError) fault = NULL;

    if (run(client, g_strdup_printf("DROP VIEW IF EXISTS %s", name), &fault))
        return true;
    if (client->db && mysql_errno(client->db) == ER_SPECIFIC_ACCESS_DENIED_ERROR)
        return fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error,
                                      "this account may not upgrade the tables: another one with more rights created "
                                      "the view %s; upgrade with that one",
                                      name);
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

static bool drop_views(fz_mysql_client *client, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = "
                                          "DATABASE() AND TABLE_NAME IN (");
    for (size_t i = 0; i < fz_view_count; i++)
        g_string_append_printf(sql, "%s'%s'", i ? ", " : "", fz_views[i].name);
    g_string_append_c(sql, ')');
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, sql->str, 1, fz_view_count, error);

    for (size_t i = 0; rows && i < rows->count; i++)
        if (!drop_view(client, fz_mysql_cell(rows, i, 0), error))
            return false;
    return rows != NULL;
}

static bool set_stage(fz_mysql_client *client, int stage, GError **error)
{
    return run(client, g_strdup_printf("UPDATE " MARK " SET stage = %d", stage), error);
}

/* Whether the store is what it was when it was opened: another upgrade may have ended, or come further, while this one
 * waited for the lock. */
static bool check_same(const fz_mysql_server *server, fz_mysql_client *client, const fz_mysql_stage *stage,
                       const fz_mysql_stage *now, int64_t version, GError **error)
{
    int64_t found = version;

    if (!now->from_version && !fz_mysql_server_find_schema(server, client, FZ_ACCESS_LOOK, &found, error))
        return false;
    return (now->begun == stage->begun && now->copied == stage->copied && found == version) ||
           fz_mysql_client_refuse(client, FZ_STORE_ERROR_BUSY, error, "another upgrade of it was running; try again");
}

bool fz_mysql_upgrade_begin(const fz_mysql_server *server, fz_mysql_client *client, const fz_mysql_stage *stage,
                            int64_t version, GError **error)
{
    const bool in_place = version >= FZ_SCHEMA_IN_PLACE;
    fz_mysql_stage now;

    /* A statement of an upgrade that died may still run. */
    if (!fz_mysql_server_take_lock(server, client, client->patience->seconds, error) ||
        !fz_mysql_upgrade_stage(client, &now, error) || !check_same(server, client, stage, &now, version, error))
        return false;
    /* The views go first: it is the one thing that may fail for a reason that cannot be tried. */
    if (!now.from_version && (!try_rights(server, client, error) || !drop_views(client, error) ||
                              !make_mark(server, client, in_place ? STAGE_IN_PLACE : STAGE_RENAME, error)))
        return false;
    if (in_place)
        return drop_views(client, error) && renumber(client, error) &&
               fz_mysql_client_run(client, "START TRANSACTION", NULL, error);
    g_autoptr(fz_mysql_rows) rows = fz_mysql_client_select(client, "SELECT stage FROM " MARK, 1, 1, error);
    if (!rows || rows->count != 1)
        return rows && fz_mysql_client_refuse(client, FZ_STORE_ERROR_SCHEMA, error, "table " MARK " has not one row");
    if (fz_mysql_number(fz_mysql_cell(rows, 0, 0)) != STAGE_RENAME)
        return true;
    return renumber(client, error) && drop_views(client, error) && rename_tables(client, error) &&
           fz_mysql_server_create(server, client, FZ_MYSQL_TABLES, error) &&
           fz_mysql_split_new(server, client, FZ_MYSQL_OLD "load", error) && set_stage(client, STAGE_COPY, error);
}

/* fz_meta is the only table that stays: its columns get the types of the current version. */
static bool renew_meta(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    const fz_table_shape *meta = &fz_tables[FZ_TABLE_META];

    if (fz_mysql_server_is_singlestore(server)) /* cannot change the type of a key */
        return true;
    g_autoptr(GString) sql = g_string_new("ALTER TABLE fz_meta");
    for (size_t i = 0; i < meta->count; i++)
        g_string_append_printf(sql, "%s MODIFY %s %s NOT NULL", i ? "," : "", meta->columns[i].name,
                               server->dialect->types[meta->columns[i].type]);
    g_string_append_printf(sql, ", CONVERT TO CHARACTER SET utf8mb4 COLLATE %s", server->dialect->collation);
    return fz_mysql_client_run(client, sql->str, NULL, error);
}

/* An upgrade that an older flowzone began left the version and the views of its own. */
static bool drop_older(const fz_mysql_server *server, fz_mysql_client *client, GError **error)
{
    if (!set_stage(client, STAGE_DROP, error) || !drop_views(client, error) || !renumber(client, error) ||
        !renew_meta(server, client, error))
        return false;
    for (size_t i = G_N_ELEMENTS(older); i > 0; i--)
        if (!run(client, g_strdup_printf("DROP TABLE IF EXISTS " FZ_MYSQL_OLD "%s", bare(older[i - 1])), error))
            return false;
    return !fz_mysql_server_is_singlestore(server) || fz_mysql_singlestore_sync_ids(client, error);
}

bool fz_mysql_upgrade_end(const fz_mysql_server *server, fz_mysql_client *client, int64_t version, GError **error)
{
    return (version >= FZ_SCHEMA_IN_PLACE ? fz_mysql_client_run(client, "COMMIT", NULL, error)
                                          : drop_older(server, client, error)) &&
           fz_mysql_server_create(server, client, FZ_MYSQL_VIEWS, error) &&
           fz_mysql_client_run(client, "DROP TABLE " MARK, NULL, error);
}
