/* Computes the days of a store whose program did not know them, from its merged hours.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One day is one statement: what a statement groups fits into memory, however many years there are. */
#include "upgrade_days.h"

#include "columns.h"
#include "derived.h"
#include "dialect.h"

#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

typedef struct found_hour {
    bool there;
    int64_t hour;
} found_hour;

static void take_hour(const char *const *cells, void *user)
{
    *(found_hour *)user = (found_hour){.there = cells[0] != NULL, .hour = fz_cell_integer(cells[0])};
}

/* The first hour, from `from` on, of which there are merged rows. */
static bool find_hour(fz_store *store, int64_t from, found_hour *found, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT MIN(hour) FROM fz_hour WHERE load_id = 0 AND hour >= %" G_GINT64_FORMAT, from);

    *found = (found_hour){0};
    return store->ops->query(store, sql, 1, 1, take_hour, found, error);
}

static void append_name(GString *list, const char *between, const char *name)
{
    g_string_append_printf(list, "%s%s", list->len ? between : "", name);
}

/* "INSERT INTO fz_day (day, KEYS, part, SUMS) SELECT 19675, KEYS, MAX(ABS(part)), SUM(SUMS) FROM fz_hour ... GROUP BY
 * KEYS HAVING any sum is not 0". The caller frees. */
static char *print_fill(const fz_dialect *dialect, int64_t day)
{
    const fz_table_shape *shape = &fz_tables[FZ_TABLE_DAY];
    bool is_sum = false;

    g_autoptr(GString) names = g_string_new(NULL), values = g_string_new(NULL), groups = g_string_new(NULL),
                       having = g_string_new(NULL);
    g_string_printf(values, "%" G_GINT64_FORMAT, day);
    for (const fz_column *column = shape->columns; column < shape->columns + shape->count; column++) {
        g_autofree char *sum = g_strdup_printf("SUM(%s)", column->name);

        append_name(names, ", ", column->name);
        if (strcmp(column->name, "day") == 0)
            continue;
        if (strcmp(column->name, "part") == 0) {
            append_name(values, ", ", "MAX(ABS(part))");
            is_sum = true;
        } else if (is_sum) {
            append_name(values, ", ", sum);
            g_string_append_printf(having, "%s%s <> 0", having->len ? " OR " : "", sum);
        } else {
            append_name(values, ", ", column->name);
            g_string_append(groups, groups->len ? ", " : "");
            fz_template_append(groups, column->type == FZ_TYPE_TEXT ? dialect->group : "@", column->name);
        }
    }
    return g_strdup_printf("INSERT INTO fz_day (%s) SELECT %s FROM fz_hour WHERE load_id = 0 AND hour BETWEEN "
                           "%" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT " GROUP BY %s HAVING %s",
                           names->str, values->str, day * DAY_S, day * DAY_S + DAY_S - HOUR_S, groups->str,
                           having->str);
}

bool fz_upgrade_days(fz_store *store, GError **error)
{
    /* All there can be: SingleStore deletes by the order of a table. */
    g_autofree char *clear =
        g_strdup_printf("DELETE FROM fz_day WHERE day BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                        -(INT64_MAX / DAY_S) - 1, INT64_MAX / DAY_S);
    found_hour found;

    if (!store->ops->run(store, clear, error) || !find_hour(store, -INT64_MAX, &found, error))
        return false;
    while (found.there) {
        const int64_t day = found.hour / DAY_S - (found.hour % DAY_S < 0);
        g_autofree char *fill = print_fill(store->ops->dialect(store), day);

        if (!store->ops->run(store, fill, error) || !find_hour(store, (day + 1) * DAY_S, &found, error))
            return false;
    }
    return true;
}
