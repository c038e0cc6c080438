/* Statements on sums that all that merge share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge_private.h"

#include <string.h>

const merge_tier fz_merge_hours = {FZ_TABLE_HOUR, "load_id, ", "0, ", "load_id = 0 AND ", "hour"};
const merge_tier fz_merge_days = {FZ_TABLE_DAY, "", "", "", "day"};
const merge_tier fz_merge_hosts = {FZ_TABLE_HOST_DAY, "", "", "", "day"};

bool fz_merge_run(fz_store *store, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return store->ops->run(store, statement, error);
}

static void take_number(const char *const *cells, void *user)
{
    const int64_t number = cells[0] ? g_ascii_strtoll(cells[0], NULL, 10) : 0;

    g_array_append_val((GArray *)user, number);
}

GArray *fz_merge_ask(fz_store *store, char *sql, size_t most, GError **error)
{
    g_autofree char *statement = sql;
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));

    if (store->ops->query(store, statement, 1, most, take_number, numbers, error))
        return numbers;
    g_array_unref(numbers);
    return NULL;
}

GArray *fz_merge_ask_locked(fz_store *store, const char *table, const char *id, int64_t of, const char *column,
                            const char *number, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);

    if (dialect->locks_by_writing &&
        !fz_merge_run(
            store, g_strdup_printf("UPDATE %s SET %s = %s WHERE %s = %" G_GINT64_FORMAT, table, column, column, id, of),
            error))
        return NULL;
    return fz_merge_ask(
        store,
        g_strdup_printf("SELECT %s FROM %s WHERE %s = %" G_GINT64_FORMAT "%s", number, table, id, of, dialect->lock), 1,
        error);
}

const fz_column *fz_merge_part_of(fz_table table)
{
    const fz_column *column = fz_tables[table].columns;

    while (strcmp(column->name, "part") != 0)
        column++;
    return column;
}

static void append_name(GString *list, const char *name)
{
    g_string_append_printf(list, "%s%s", list->len ? ", " : "", name);
}

/* The key's columns as GROUP BY needs them: texts are grouped by their bytes. */
static char *print_groups(const fz_dialect *dialect, const merge_tier *tier)
{
    const fz_column *part = fz_merge_part_of(tier->table);
    GString *list = g_string_new(NULL);

    for (const fz_column *column = fz_tables[tier->table].columns; column < part; column++) {
        g_auto(GStrv) pieces = g_strsplit(column->type == FZ_TYPE_TEXT ? dialect->group : "@", "@", -1);
        g_autofree char *group = g_strjoinv(column->name, pieces);
        append_name(list, group);
    }
    return g_string_free(list, FALSE);
}

char *fz_merge_print_insert(const fz_dialect *dialect, const merge_tier *tier, const char *part, const char *sign,
                            const char *rows)
{
    const fz_table_shape *shape = &fz_tables[tier->table];
    const fz_column *of_part = fz_merge_part_of(tier->table);
    g_autofree char *groups = print_groups(dialect, tier);

    g_autoptr(GString) names = g_string_new(NULL), values = g_string_new(NULL), having = g_string_new(NULL);
    for (const fz_column *column = shape->columns; column < shape->columns + shape->count; column++) {
        g_autofree char *sum = g_strdup_printf("%sSUM(%s)", sign, column->name);
        append_name(names, column->name);
        append_name(values, column < of_part ? column->name : column == of_part ? part : sum);
        if (column > of_part)
            g_string_append_printf(having, "%s%s <> 0", having->len ? " OR " : "", sum);
    }
    return g_strdup_printf("INSERT INTO %s (%s%s) SELECT %s%s FROM (%s) s GROUP BY %s HAVING %s", shape->name, tier->id,
                           names->str, tier->id_value, values->str, rows, groups, having->str);
}

char *fz_merge_print_columns(const merge_tier *tier, char *(*print)(const char *column))
{
    const fz_table_shape *shape = &fz_tables[tier->table];
    GString *list = g_string_new(NULL);

    for (size_t i = 0; i < shape->count; i++) {
        g_autofree char *value = print(shape->columns[i].name);
        g_string_append_printf(list, "%s%s AS %s", i ? ", " : "", value, shape->columns[i].name);
    }
    return g_string_free(list, FALSE);
}

bool fz_merge_is_of_ledger(const char *column)
{
    return strcmp(column, "sensor") == 0 || strcmp(column, "location") == 0;
}

char *fz_merge_print_hour(const char *column)
{
    return strcmp(column, "part") == 0 ? g_strdup("CASE WHEN h.load_id = 0 THEN h.part ELSE h.load_id END")
                                       : g_strconcat("h.", column, NULL);
}

char *fz_merge_print_day(const char *column)
{
    return g_strconcat("d.", column, NULL);
}

char *fz_merge_print_day_of_hour(const char *column)
{
    if (strcmp(column, "day") == 0)
        return g_strdup(FZ_MERGE_ROUND_DOWN("h.hour", "86400") " / 86400");
    return g_strconcat("h.", strcmp(column, "part") == 0 ? "load_id" : column, NULL);
}

char *fz_merge_print_day_of_host(const char *column)
{
    return fz_merge_is_of_ledger(column) ? g_strconcat("l.", column, NULL) : fz_merge_print_day_of_hour(column);
}

char *fz_merge_print_own(int64_t load_id)
{
    return g_strdup_printf(FZ_MERGE_OWN " + %" G_GINT64_FORMAT, load_id);
}

/* What is one hour or day is written so: SQLite then looks further into the key. */
static char *print_range(const merge_tier *tier, const merge_range *range)
{
    if (range->first == range->last)
        return g_strdup_printf("%s%s = %" G_GINT64_FORMAT, tier->merged, tier->time, range->first);
    return g_strdup_printf("%s%s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, tier->merged, tier->time,
                           range->first, range->last);
}

bool fz_merge_fold(fz_store *store, const merge_tier *tier, const merge_range *range, const char *rows, GError **error)
{
    const char *table = fz_tables[tier->table].name;
    g_autofree char *merged = print_range(tier, range);
    char *insert = fz_merge_print_insert(store->ops->dialect(store), tier, FZ_MERGE_NEW " + MAX(ABS(part))", "", rows);

    return fz_merge_run(store, insert, error) &&
           fz_merge_run(store, g_strdup_printf("DELETE FROM %s WHERE %s AND part < " FZ_MERGE_OWN, table, merged),
                        error) &&
           fz_merge_run(store,
                        g_strdup_printf("UPDATE %s SET part = part - " FZ_MERGE_NEW
                                        " WHERE %s AND part >= " FZ_MERGE_NEW,
                                        table, merged),
                        error);
}

bool fz_merge_lock(fz_store *store, GError **error)
{
    g_autoptr(GArray) versions =
        fz_merge_ask_locked(store, "fz_meta", "schema_version", FZ_SCHEMA_VERSION, "program", "schema_version", error);

    if (versions && versions->len == 0)
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                            "the store was upgraded by another flowzone while this one was connected to it: end this "
                            "one, and start the new one");
    return versions && versions->len > 0;
}

bool fz_merge_transact(fz_store *store, bool (*work)(fz_store *store, void *user, bool *changed, GError **error),
                       void *user, GError **error)
{
    const fz_store_ops *ops = store->ops;
    bool changed = false, done = ops->hurry(store, true, error) && ops->begin(store, error);

    if (done) {
        done = fz_merge_lock(store, error) && work(store, user, &changed, error) &&
               (!changed || ops->commit(store, error));
        if (!done || !changed)
            ops->rollback(store);
    }
    ops->hurry(store, false, NULL);
    return done;
}
