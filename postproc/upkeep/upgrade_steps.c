/* The table of steps between versions of the schema, and the SQL that copies tables by it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "upgrade_steps.h"

#include <string.h>

/* A column that a version added, or whose older values mean something else, and what it gets instead. '@' is the day of
 * the load. */
typedef struct step {
    int version;
    fz_table table;
    const char *column, *value;
} step;

/* For a new version of the schema add rows: what its columns get in rows of the version before. */
static const step steps[] = {
    {3, FZ_TABLE_LOAD, "capture_written_ns", "0"},
    {4, FZ_TABLE_LOAD, "rows_digest", "0"}, /* of rows whose ends were not yet those of client and server */
    {4, FZ_TABLE_LOAD, "day", "@"},
    {4, FZ_TABLE_LOAD, "folder", "''"},
    {4, FZ_TABLE_LOAD, "octets", "'wire'"},
    {4, FZ_TABLE_LOAD, "row_kinds", "'flows'"},
    {4, FZ_TABLE_LOAD, "minutes", "-1"}, /* not known: there were none */
    {4, FZ_TABLE_LOAD, "packets", "0"},
    {4, FZ_TABLE_LOAD, "merged", "0"},
    {4, FZ_TABLE_LOAD, "dropped", "0"},
    {4, FZ_TABLE_LOAD, "dropping", "0"},
    {4, FZ_TABLE_LOAD, "dropped_us", "0"},
    {4, FZ_TABLE_FLOW, "day", "@"},
    {4, FZ_TABLE_FLOW, "opened", "0"}, /* FZ_OPENED_UNKNOWN */
};

static const step *find_step(const fz_upgrade_copy *copy, const char *column)
{
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i].version > copy->version && steps[i].table == copy->table && strcmp(steps[i].column, column) == 0)
            return &steps[i];
    return NULL;
}

/* Appends what a column gets. */
static void append_value(GString *sql, const fz_upgrade_copy *copy, const char *column)
{
    const step *from = find_step(copy, column);

    if (!from)
        g_string_append(sql, column);
    else if (strcmp(from->value, "@") == 0)
        g_string_append_printf(sql, "%" G_GINT64_FORMAT, copy->day);
    else
        g_string_append(sql, from->value);
}

/* "flow": a table's name without what it begins with. */
static const char *bare(fz_table table)
{
    return fz_tables[table].name + strlen("fz_");
}

/* The names of a table's columns; each is owned by the array. */
static GPtrArray *columns_of(const fz_upgrade_copy *copy)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const fz_table_shape *shape = &fz_tables[copy->table];
    size_t count = shape->count;
    const fz_column *columns = shape->columns;

    if (fz_table_is_of_rows(copy->table)) {
        g_auto(GStrv) ids = g_strsplit(copy->dialect->row_id_names, ", ", -1);
        columns = fz_row_columns(copy->table, &count);
        for (char **id = ids; *id; id++)
            g_ptr_array_add(names, **id == '@' ? g_strconcat(bare(copy->table), *id + 1, NULL) : g_strdup(*id));
    } else if (shape->id) {
        g_ptr_array_add(names, g_strdup(shape->id));
    }
    for (size_t i = 0; i < count; i++)
        g_ptr_array_add(names, g_strdup(columns[i].name));
    return names;
}

/* Whether rows have one number for load_id and row_no. */
static bool has_row_id(const fz_upgrade_copy *copy)
{
    return fz_table_is_of_rows(copy->table) && copy->dialect->row_id_names[0] == '@';
}

/* " WHERE load_id = 5", or nothing for all of a table. */
static void append_where(GString *sql, const fz_upgrade_copy *copy)
{
    if (copy->load_id == 0)
        return;
    if (has_row_id(copy))
        g_string_append_printf(sql, " WHERE %s_id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                               bare(copy->table), copy->load_id << FZ_SCHEMA_ROW_BITS,
                               ((copy->load_id + 1) << FZ_SCHEMA_ROW_BITS) - 1);
    else
        g_string_append_printf(sql, " WHERE load_id = %" G_GINT64_FORMAT, copy->load_id);
}

char *fz_upgrade_copy_sql(const fz_upgrade_copy *copy)
{
    GString *sql = g_string_new(NULL);

    g_autoptr(GPtrArray) names = columns_of(copy);
    g_string_printf(sql, "INSERT INTO %s (", fz_tables[copy->table].name);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(sql, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
    g_string_append(sql, ") SELECT ");
    for (guint i = 0; i < names->len; i++) {
        g_string_append(sql, i ? ", " : "");
        append_value(sql, copy, names->pdata[i]);
    }
    g_string_append_printf(sql, " FROM %s%s", copy->old, bare(copy->table));
    if (copy->table == FZ_TABLE_ZONE)
        g_string_append(sql, " WHERE zone_id NOT IN (SELECT zone_id FROM fz_zone)");
    append_where(sql, copy);
    return g_string_free(sql, FALSE);
}

/* One end of the conversations, with what it sent and received. */
static void append_end(GString *sql, const fz_upgrade_copy *copy, const char *end, const char *other, const char *flows)
{
    /* A remainder that is never negative; no step exceeds 64 bits. */
    static const char hour[] = "start_us - ((start_us % 3600000000 + 3600000000) % 3600000000)";
    fz_upgrade_copy details = *copy;

    details.table = FZ_TABLE_FLOW;
    g_string_append_printf(
        sql,
        "SELECT %s AS hour_us, %s AS addr, %s_zone AS zone, %s AS flows, %s_packets AS packets_sent, "
        "%s_packets AS packets_received, %s_bytes AS bytes_sent, %s_bytes AS bytes_received FROM "
        "%sflow",
        hour, end, end, flows, end, other, end, other, copy->old);
    append_where(sql, &details);
}

char *fz_upgrade_hosts_sql(const fz_upgrade_copy *copy)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql,
                    "INSERT INTO fz_host (load_id, hour, addr, zone, part, flows, packets_sent, packets_received, "
                    "bytes_sent, bytes_received) SELECT %" G_GINT64_FORMAT
                    ", hour_us / 1000000, addr, zone, 0, SUM(flows), SUM(packets_sent), SUM(packets_received), "
                    "SUM(bytes_sent), SUM(bytes_received) FROM (",
                    copy->load_id);
    append_end(sql, copy, "sip", "dip", "1");
    g_string_append(sql, " UNION ALL ");
    /* An address that talks to itself does so in one flow. */
    append_end(sql, copy, "dip", "sip", "CASE WHEN dip = sip THEN 0 ELSE 1 END");
    g_string_append(sql, ") e GROUP BY hour_us, addr, zone");
    return g_string_free(sql, FALSE);
}

char *fz_upgrade_sums_sql(const fz_upgrade_copy *copy, const char *names, size_t *columns)
{
    GString *sql = g_string_new("SELECT COUNT(*)");
    size_t count;
    const fz_column *all = fz_tables[copy->table].columns;

    *columns = 1;
    count = fz_tables[copy->table].count;
    if (fz_table_is_of_rows(copy->table))
        all = fz_row_columns(copy->table, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_number = all[i].type <= FZ_TYPE_UINT8;

        if (find_step(copy, all[i].name))
            continue;
        /* Remainders: the sum of all times of a large store exceeds 64 bits. */
        g_string_append_printf(sql, is_number ? ", SUM(%s %% 1000000007)" : ", SUM(LENGTH(%s))", all[i].name);
        ++*columns;
    }
    g_string_append_printf(sql, " FROM %s%s", names, bare(copy->table));
    append_where(sql, copy);
    return g_string_free(sql, FALSE);
}
