/* The dictionary of zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_zones.h"

#include "mysql_sql.h"

/* How many zones one statement looks up. */
enum { ZONES_AT_ONCE = 500 };

/* Reads the ids of the zones that the dictionary has; 0 for the others. */
static bool select_zones(fz_mysql_client *client, const fz_zone_row *rows, uint32_t count, uint32_t *ids,
                         GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) sql = g_string_new("SELECT digest, zone_id FROM fz_zone WHERE digest IN (");
    for (uint32_t i = 0; i < count; i++)
        g_string_append_printf(sql, "%s'%s'", i ? "," : "", rows[i].digest);
    g_string_append_c(sql, ')');
    g_autoptr(fz_mysql_rows) answer = fz_mysql_client_select(client, sql->str, 2, count, error);
    if (!answer)
        return false;
    for (size_t i = 0; i < answer->count; i++) {
        const char *digest = fz_mysql_cell(answer, i, 0);
        int64_t id = fz_mysql_number(fz_mysql_cell(answer, i, 1));

        if (id <= 0 || id > UINT32_MAX)
            return fz_mysql_client_refuse(client, FZ_STORE_ERROR_FAILED, error,
                                          "zone id %" G_GINT64_FORMAT " has more than 32 bits", id);
        if (digest)
            g_hash_table_insert(found, g_strdup(digest), GUINT_TO_POINTER((guint)id));
    }
    for (uint32_t i = 0; i < count; i++)
        ids[i] = GPOINTER_TO_UINT(g_hash_table_lookup(found, rows[i].digest));
    return true;
}

/* Loads that add zones wait for each other here, and only here, until one has committed. A read would take no lock in
 * SingleStore. */
static const char lock_dictionary[] =
    "UPDATE fz_meta SET program = program WHERE schema_version = " G_STRINGIFY(FZ_SCHEMA_VERSION);

/* The last of the dictionary's ids; 0: none. */
static bool last_zone(fz_mysql_client *client, int64_t *last, GError **error)
{
    g_autoptr(fz_mysql_rows) rows =
        fz_mysql_client_select(client, "SELECT COALESCE(MAX(zone_id), 0) FROM fz_zone", 1, 1, error);

    if (!rows)
        return false;
    *last = rows->count ? fz_mysql_number(fz_mysql_cell(rows, 0, 0)) : 0;
    return true;
}

/* Adds zones that have no id. The ids are dense and ours: those of AUTO_INCREMENT begin at 2^50 on SingleStore's child
 * aggregators. */
static bool insert_zones(const fz_mysql_server *server, fz_mysql_client *client, fz_zone_row *rows, uint32_t count,
                         uint32_t *ids, GError **error)
{
    g_auto(fz_mysql_insert) insert;
    g_autoptr(GArray) values = fz_mysql_values_new();
    int64_t last = 0;
    fz_mysql_insert_init(&insert, client, fz_statement_insert_id(server->dialect, FZ_TABLE_ZONE), "");
    if (!last_zone(client, &last, error))
        return false;
    if (last < 0 || last > UINT32_MAX - (int64_t)count)
        return fz_mysql_client_refuse(
            client, FZ_STORE_ERROR_FAILED, error,
            "the dictionary fz_zone has the id %" G_GINT64_FORMAT ", and has no room for more zones in 32 bits", last);
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i])
            continue;
        ids[i] = (uint32_t)++last;
        g_array_set_size(values, 0);
        fz_mysql_values_add(values, (fz_value){.number = last});
        fz_mysql_values_add_row(values, FZ_TABLE_ZONE, &rows[i]);
        fz_mysql_insert_add(&insert, values);
    }
    return fz_mysql_insert_run(&insert, error);
}

static bool has_unknown(const uint32_t *ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!ids[i])
            return true;
    return false;
}

/* Adds those that the dictionary lacks, in a transaction. Another load may have added some meanwhile. */
static bool add_unknown(const fz_mysql_server *server, fz_mysql_client *client, fz_zone_row *rows, uint32_t count,
                        uint32_t *ids, GError **error)
{
    if (!fz_mysql_client_run(client, "START TRANSACTION", NULL, error))
        return false;
    if (fz_mysql_client_run(client, lock_dictionary, NULL, error) && select_zones(client, rows, count, ids, error) &&
        insert_zones(server, client, rows, count, ids, error) && fz_mysql_client_run(client, "COMMIT", NULL, error))
        return true;
    if (client->db)
        fz_mysql_client_run(client, "ROLLBACK", NULL, NULL);
    return false;
}

bool fz_mysql_zones_add(const fz_mysql_server *server, fz_mysql_client *client, const fz_zones *zones, uint32_t *ids,
                        GError **error)
{
    g_autofree fz_zone_row *rows = g_new(fz_zone_row, ZONES_AT_ONCE);

    for (uint32_t first = 0; first < zones->count; first += ZONES_AT_ONCE) {
        uint32_t count = MIN((uint32_t)ZONES_AT_ONCE, zones->count - first);

        for (uint32_t i = 0; i < count; i++)
            fz_zone_row_init(&rows[i], &zones->rows[first + i]);
        if (!select_zones(client, rows, count, ids + first, error) ||
            (has_unknown(ids + first, count) && !add_unknown(server, client, rows, count, ids + first, error)))
            return false;
    }
    return true;
}
