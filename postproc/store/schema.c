/* Makes the SQL of tables and views from column tables and dialects, and the upgrade of older stores.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Choices that would be costly to change later:
 * - Details are keyed by (load_id, row_no): rows are appended in order, and a load is deleted by its id. In MySQL and
 * MariaDB the day of the capture comes first, by which the tables are partitioned: days are dropped with their files.
 * No secondary index: each would double the time of a load. What finds rows by time is the ledger.
 * - Times are integers in microseconds: no time zone, no end in 2038, the same in all stores. Views show them as dates.
 * - Integers are signed: MySQL takes differences of unsigned ones for errors.
 * - Texts that are the same for a whole capture are in the ledger, zones in the dictionary; views join them. fz_hour
 * has its own sensor and location, since its rows may be of many loads.
 * - Rows of sums belong to one load, and have its id, or to many: those of fz_hour with load_id 0, all of fz_day and
 * fz_host_day. Every load_id but 0 is in the ledger. Nothing but their sum means anything: what is taken off again is
 * one more row, with negative sums. Texts are too long for keys, so rows of the same key may differ in sensor and
 * location; their `part` does, too. */
#include "schema.h"

#include "derived.h"
#include "text.h"
#include "views.h"

#include <string.h>

static void append_column(GString *sql, const fz_dialect *dialect, const char *name, fz_type type, bool nullable)
{
    g_string_append_printf(sql, "%s%s %s%s", g_str_has_suffix(sql->str, "(") ? "" : ", ", name, dialect->types[type],
                           nullable || fz_type_is_assigned(type) ? "" : " NOT NULL");
}

static void append_columns(GString *sql, const fz_dialect *dialect, fz_table table)
{
    const fz_table_shape *shape = &fz_tables[table];
    const fz_column *columns = shape->columns;
    size_t count = shape->count;

    if (fz_table_is_of_rows(table)) {
        /* "fz_flow" makes "flow_id". */
        fz_template_append(sql, dialect->row_id, shape->name + strlen("fz_"));
        columns = fz_row_columns(table, &count);
    } else if (shape->id) {
        append_column(sql, dialect, shape->id, shape->id_type, false);
    }
    for (size_t i = 0; i < count; i++)
        append_column(sql, dialect, columns[i].name, columns[i].type, columns[i].need != FZ_NEED_NOTHING);
    if (fz_table_is_of_rows(table) && dialect->row_id_last)
        fz_template_append(sql, dialect->row_id_last, shape->name + strlen("fz_"));
    fz_derived_define(sql, dialect, table);
}

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static char *create_table(const fz_dialect *dialect, fz_table table)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s %s (",
                           dialect->create[table] ? dialect->create[table] : "CREATE TABLE IF NOT EXISTS",
                           fz_tables[table].name);
    append_columns(sql, dialect, table);
    g_string_append_printf(sql, "%s)%s", or_nothing(dialect->keys[table]), or_nothing(dialect->after[table]));
    if (dialect->collation)
        g_string_append_printf(sql, " DEFAULT CHARACTER SET utf8mb4 COLLATE %s", dialect->collation);
    g_string_append(sql, or_nothing(dialect->partition[table]));
    return g_string_free(sql, FALSE);
}

char **fz_schema_ddl(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        g_ptr_array_add(statements, create_table(dialect, table));
    for (const char *const *index = dialect->indexes; index && *index; index++)
        g_ptr_array_add(statements, g_strdup(*index));
    for (size_t i = 0; i < fz_view_count; i++)
        g_ptr_array_add(statements, fz_views[i].create(dialect, dialect->view));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

char **fz_schema_upgrade(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; dialect->view_collation && table < FZ_TABLE_COUNT; table++) {
        if (!fz_table_is_of_rows(table)) /* they have no texts, and are large */
            g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE %s CONVERT TO CHARACTER SET utf8mb4 COLLATE %s",
                                                        fz_tables[table].name, dialect->collation));
    }
    for (size_t i = 0; i < fz_view_count; i++) {
        if (!dialect->replace_view)
            g_ptr_array_add(statements, g_strconcat("DROP VIEW IF EXISTS ", fz_views[i].name, NULL));
        g_ptr_array_add(statements,
                        fz_views[i].create(dialect, dialect->replace_view ? dialect->replace_view : dialect->view));
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

static bool refuse_version(const char *where, int64_t version, const char *program, GError **error)
{
    g_autofree char *shown = program ? fz_text_table(program) : NULL;

    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                "%s: schema version %" G_GINT64_FORMAT ", made by %s; this is flowzone " FZ_VERSION
                ", which has version %u%s",
                where, version, shown ? shown : "an unknown program", FZ_SCHEMA_VERSION,
                version < FZ_SCHEMA_VERSION ? ": \"flowzone upgrade --to STORE\" brings it up to date" : "");
    return false;
}

bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error)
{
    if (rows == 1)
        return version == FZ_SCHEMA_VERSION || refuse_version(where, version, program, error);
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                "%s: has tables with flowzone's names, but not one schema version in fz_meta (%" G_GSIZE_FORMAT
                " rows); does it belong to another program?",
                where, rows);
    return false;
}
