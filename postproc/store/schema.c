/* Makes the SQL of tables and views from column tables and dialects, and the upgrade of older stores.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Choices that would be costly to change later:
 * - Details are keyed by (load_id, row_no): rows are appended in order, and a load is deleted by its id. MySQL and
 * MariaDB need every column of a partitioning expression in every unique key, so start_us is at the end of theirs:
 * ALTER TABLE can partition the table by day without changing the rows' order. No secondary index: each would double
 * the time of a load.
 * - Times are integers in microseconds: no time zone, no end in 2038, the same in all stores. Views show them as dates.
 * - Texts that are the same for a whole capture are in the ledger, zones in the dictionary; views join them. The rollup
 * has its own sensor and location: it is small, and is read without the ledger. */
#include "schema.h"

#include "text.h"

#include <string.h>

/* Appends a template, its '@' replaced. */
static void append(GString *sql, const char *pattern, const char *subject)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == '@')
            g_string_append(sql, subject);
        else
            g_string_append_c(sql, *c);
    }
}

static void append_column(GString *sql, const fz_dialect *dialect, const char *name, fz_type type)
{
    g_string_append_printf(sql, "%s%s %s", g_str_has_suffix(sql->str, "(") ? "" : ", ", name, dialect->types[type]);
}

static char *create_table(const fz_dialect *dialect, fz_table table)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s %s (", dialect->create[table], fz_tables[table].name);
    if (fz_tables[table].id)
        append_column(sql, dialect, fz_tables[table].id, fz_tables[table].id_type);
    for (size_t i = 0; i < fz_tables[table].count; i++)
        append_column(sql, dialect, fz_tables[table].columns[i].name, fz_tables[table].columns[i].type);
    if (table == FZ_TABLE_FLOW) {
        size_t count;
        const fz_field *const *fields = fz_stored_fields(&count);

        g_string_append(sql, dialect->flow_id);
        for (size_t i = 0; i < count; i++)
            append_column(sql, dialect, fields[i]->column, fz_stored_field_type(fields[i]));
    }
    g_string_append_printf(sql, "%s)%s", dialect->keys[table] ? dialect->keys[table] : "",
                           dialect->after[table] ? dialect->after[table] : "");
    if (dialect->collation)
        g_string_append_printf(sql, " DEFAULT CHARACTER SET utf8mb4 COLLATE %s", dialect->collation);
    return g_string_free(sql, FALSE);
}

/* The collation of a view's text, always given explicitly: comparing it with columns of other collations then works,
 * also in tables that an older flowzone made. */
static void append_collation(GString *sql, const fz_dialect *dialect)
{
    if (dialect->view_collation)
        g_string_append_printf(sql, " COLLATE %s", dialect->view_collation);
}

static void append_text(GString *sql, const fz_dialect *dialect, const char *column)
{
    g_string_append(sql, column);
    append_collation(sql, dialect);
}

static void append_addr(GString *sql, const fz_dialect *dialect, const char *column)
{
    append(sql, dialect->addr, column);
    append_collation(sql, dialect);
}

static void append_infos(GString *sql, const fz_dialect *dialect, const char *alias)
{
    append(sql, dialect->infos, alias);
    append_collation(sql, dialect);
}

/* The word of an fz_opened; of stores without the column, that of rows that don't know. */
static void append_opened(GString *sql, const fz_dialect *dialect, const char *column)
{
    if (!column) {
        g_string_append_printf(sql, "'%s'", fz_opened_names[FZ_OPENED_UNKNOWN]);
    } else {
        g_string_append_printf(sql, "CASE %s", column);
        for (size_t i = 0; i < FZ_OPENED_COUNT; i++)
            g_string_append_printf(sql, " WHEN %zu THEN '%s'", i, fz_opened_names[i]);
        g_string_append(sql, " END");
    }
    append_collation(sql, dialect);
}

/* A field as CSV shows it, from fz_flow f, fz_load l and the zones of both ends, fz_zone sip_zone and dip_zone. */
static void append_field(GString *sql, const fz_dialect *dialect, const fz_field *field)
{
    g_autofree char *column = field->column ? g_strconcat("f.", field->column, NULL) : NULL;

    switch (field->kind) {
    case FZ_FIELD_TIME:
        append(sql, dialect->time, column);
        break;
    case FZ_FIELD_ADDR:
        append_addr(sql, dialect, column);
        break;
    case FZ_FIELD_UINT:
        g_string_append(sql, column);
        break;
    case FZ_FIELD_SUM:
        g_string_append_printf(sql, "f.sip_%s + f.dip_%s", field->name, field->name);
        break;
    case FZ_FIELD_OPENED:
        append_opened(sql, dialect, column);
        break;
    case FZ_FIELD_ZONE:
        append_infos(sql, dialect, field->column);
        break;
    case FZ_FIELD_SENSOR:
        append_text(sql, dialect, "l.sensor");
        break;
    case FZ_FIELD_SOURCE:
        append_text(sql, dialect, "l.source");
        break;
    case FZ_FIELD_LOCATION:
        append_text(sql, dialect, "l.location");
        break;
    }
    g_string_append_printf(sql, " AS %s%s%s", dialect->quote, field->name, dialect->quote);
}

#define ZONE_JOINS(table)                                                  \
    " LEFT JOIN fz_zone sip_zone ON sip_zone.zone_id = " table ".sip_zone" \
    " LEFT JOIN fz_zone dip_zone ON dip_zone.zone_id = " table ".dip_zone"

/* The rows that `flowzone cat` prints, column by column. */
static char *create_netflow_table(const fz_dialect *dialect, const char *create)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s netflow_table AS SELECT ", create);
    for (size_t i = 0; i < fz_field_count; i++) {
        g_string_append(sql, i ? ", " : "");
        append_field(sql, dialect, &fz_fields[i]);
    }
    g_string_append_printf(sql, " FROM fz_load l %s" ZONE_JOINS("f"), dialect->flow_join);
    return g_string_free(sql, FALSE);
}

/* Both ends of every conversation: what one sent, the other received. An address that talks to itself does both, in one
 * flow. A talker is an address in a location, since the same private address in two locations is two hosts. */
static char *create_talkers(const fz_dialect *dialect, const char *create)
{
    static const char *const sums[] = {"flows", "packets_sent", "packets_received", "bytes_sent", "bytes_received"};
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_talkers AS SELECT ", create);
    append_addr(sql, dialect, "t.addr");
    g_string_append(sql, " AS ip, ");
    append_text(sql, dialect, "t.location");
    g_string_append(sql, " AS location, ");
    append_infos(sql, dialect, "z");
    g_string_append(sql, " AS infos");
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        g_string_append_printf(sql, ", t.%s AS %s", sums[i], sums[i]);
    g_string_append(sql, " FROM (SELECT location, addr, zone");
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        g_string_append(sql, ", ");
        append(sql, dialect->sum, sums[i]);
        g_string_append_printf(sql, " AS %s", sums[i]);
    }
    g_string_append(sql, " FROM (SELECT ");
    append_text(sql, dialect, "l.location");
    g_string_append_printf(sql,
                           " AS location, f.sip AS addr, f.sip_zone AS zone, 1 AS flows, "
                           "f.sip_packets AS packets_sent, f.dip_packets AS packets_received, "
                           "f.sip_bytes AS bytes_sent, f.dip_bytes AS bytes_received FROM fz_load l %s "
                           "UNION ALL SELECT ",
                           dialect->flow_join);
    append_text(sql, dialect, "l.location");
    g_string_append_printf(sql,
                           ", f.dip, f.dip_zone, f.dip <> f.sip, f.dip_packets, "
                           "f.sip_packets, f.dip_bytes, f.sip_bytes FROM fz_load l %s) e "
                           "GROUP BY addr, zone, ",
                           dialect->flow_join);
    append(sql, dialect->group, "location");
    g_string_append(sql, ") t LEFT JOIN fz_zone z ON z.zone_id = t.zone");
    return g_string_free(sql, FALSE);
}

/* The rollup for charts: with date and time, and the zones' names. */
static char *create_hours(const fz_dialect *dialect, const char *create)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_hours AS SELECT ", create);
    append(sql, dialect->time, "(h.hour * 1000000)");
    g_string_append(sql, " AS time, ");
    append_text(sql, dialect, "h.sensor");
    g_string_append(sql, " AS sensor, ");
    append_text(sql, dialect, "h.location");
    g_string_append(sql, " AS location, ");
    append_infos(sql, dialect, "sip_zone");
    g_string_append(sql, " AS sip_infos, ");
    append_infos(sql, dialect, "dip_zone");
    g_string_append(sql, " AS dip_infos, h.protocol AS protocol, h.service_port AS service_port, h.flows AS flows, "
                         "h.sip_packets + h.dip_packets AS packets, h.sip_bytes + h.dip_bytes AS bytes, "
                         "h.sip_ip_bytes + h.dip_ip_bytes AS ip_bytes FROM fz_hour h" ZONE_JOINS("h"));
    return g_string_free(sql, FALSE);
}

static const struct {
    const char *name;
    char *(*create)(const fz_dialect *dialect, const char *create);
} views[] = {
    {"netflow_table", create_netflow_table},
    {"fz_talkers", create_talkers},
    {"fz_hours", create_hours},
};

char **fz_schema_ddl(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        g_ptr_array_add(statements, create_table(dialect, table));
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++)
        g_ptr_array_add(statements, views[i].create(dialect, dialect->view));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

char **fz_schema_add_columns(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    const fz_table_shape *ledger = &fz_tables[FZ_TABLE_LOAD];
    for (const fz_column *column = ledger->columns; column < ledger->columns + ledger->count; column++)
        if (column->since > FZ_SCHEMA_VERSION_BEFORE)
            g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE fz_load ADD COLUMN %s %s DEFAULT 0", column->name,
                                                        dialect->types[column->type]));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

/* Not UPDATE: SingleStore cannot change a key. */
const char *const fz_schema_renumber[2] = {
    "INSERT INTO fz_meta (schema_version, program) SELECT " G_STRINGIFY(
        FZ_SCHEMA_VERSION) ", program FROM fz_meta WHERE schema_version = " G_STRINGIFY(FZ_SCHEMA_VERSION_BEFORE),
    "DELETE FROM fz_meta WHERE schema_version = " G_STRINGIFY(FZ_SCHEMA_VERSION_BEFORE),
};

char **fz_schema_upgrade(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; dialect->view_collation && table < FZ_TABLE_COUNT; table++) {
        if (table != FZ_TABLE_FLOW) /* has no texts, and is large */
            g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE %s CONVERT TO CHARACTER SET utf8mb4 COLLATE %s",
                                                        fz_tables[table].name, dialect->collation));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
        if (!dialect->replace_view)
            g_ptr_array_add(statements, g_strconcat("DROP VIEW IF EXISTS ", views[i].name, NULL));
        g_ptr_array_add(statements,
                        views[i].create(dialect, dialect->replace_view ? dialect->replace_view : dialect->view));
    }
    g_ptr_array_add(statements, g_strdup("UPDATE fz_meta SET program = '" FZ_SCHEMA_PROGRAM "'"));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

bool fz_schema_is_old(const char *program)
{
    const char *mark = program ? strstr(program, FZ_SCHEMA_VIEWS_MARK) : NULL;

    return !mark || g_ascii_strtoull(mark + strlen(FZ_SCHEMA_VIEWS_MARK), NULL, 10) < FZ_SCHEMA_VIEWS;
}

bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error)
{
    if (rows == 1 && (version == FZ_SCHEMA_VERSION || version == FZ_SCHEMA_VERSION_BEFORE))
        return true;
    g_autofree char *shown = program ? fz_text_table(program) : NULL;
    if (rows == 1)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: schema version %" G_GINT64_FORMAT ", made by %s; this is flowzone " FZ_VERSION
                    ", which knows version %u",
                    where, version, shown ? shown : "an unknown program", FZ_SCHEMA_VERSION);
    else
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: has tables with flowzone's names, but not one schema version in fz_meta (%" G_GSIZE_FORMAT
                    " rows); does it belong to another program?",
                    where, rows);
    return false;
}
