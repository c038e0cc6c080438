/* Brings a store of an older version of the schema to the current one.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each load is copied in one transaction, and its copy compared with the original before COMMIT. A load that the new
 * ledger has is complete, so an upgrade that was interrupted goes on with the others. What an older version did not
 * know is filled in from the table of steps; what cannot be known afterwards is marked, not made up.
 *
 * From FZ_SCHEMA_IN_PLACE on nothing is copied: the days are computed, and rows get partitions of days, where the
 * server has these. */
#include "upgrade.h"

#include "schema.h"
#include "upgrade_days.h"
#include "upgrade_steps.h"

#include <string.h>

enum { LOADS_AT_ONCE = 1000 };

typedef struct old_load {
    int64_t id, first_us, records;
} old_load;

typedef struct upgrader {
    fz_store *store;
    const fz_dialect *dialect;
    const char *old; /* what older tables' names begin with */
    GArray *loads;   /* of old_load, that are not copied yet */
    GString *cells;  /* of an answer */
    size_t columns;  /* of that */
} upgrader;

static int64_t number(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

static bool run(upgrader *at, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return at->store->ops->run(at->store, statement, error);
}

static void take_load(const char *const *cells, void *user)
{
    const old_load load = {number(cells[0]), number(cells[1]), number(cells[2])};

    g_array_append_val(((upgrader *)user)->loads, load);
}

static bool find_loads(upgrader *at, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT o.load_id, o.first_frame_us, o.records FROM %sload o LEFT JOIN fz_load l ON l.load_id = o.load_id "
        "WHERE l.load_id IS NULL ORDER BY o.load_id LIMIT %d",
        at->old, LOADS_AT_ONCE);

    g_array_set_size(at->loads, 0);
    return at->store->ops->query(at->store, sql, 3, LOADS_AT_ONCE, take_load, at, error);
}

static bool copy_zones(upgrader *at, GError **error)
{
    const fz_upgrade_copy copy = {at->dialect, at->store->version, at->old, FZ_TABLE_ZONE, 0, 0};

    return at->store->ops->begin(at->store, error) && run(at, fz_upgrade_copy_sql(&copy), error) &&
           at->store->ops->commit(at->store, error);
}

/* Cells of the only row, one after the other. */
static void take_cells(const char *const *cells, void *user)
{
    upgrader *at = user;

    for (size_t i = 0; i < at->columns; i++)
        g_string_append_printf(at->cells, "%s ", cells[i] ? cells[i] : "0");
}

/* The sums of a load's rows in one table; the caller frees. NULL with an error. */
static char *add_up(upgrader *at, const fz_upgrade_copy *copy, const char *names, GError **error)
{
    g_autofree char *sql = fz_upgrade_sums_sql(copy, names, &at->columns);

    g_string_truncate(at->cells, 0);
    return at->store->ops->query(at->store, sql, at->columns, 1, take_cells, at, error) ? g_strdup(at->cells->str)
                                                                                        : NULL;
}

/* Whether the copy of a load has as many rows in a table, with the same sums. */
static bool compare(upgrader *at, const fz_upgrade_copy *copy, GError **error)
{
    g_autofree char *old = add_up(at, copy, at->old, error);
    g_autofree char *new = old ? add_up(at, copy, "fz_", error) : NULL;

    if (!new || strcmp(old, new) == 0)
        return new != NULL;
    g_autofree char *of = copy->load_id ? g_strdup_printf(" of load %" G_GINT64_FORMAT, copy->load_id) : g_strdup("");
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                "the copy of %s%s is not what it was; is another program writing to the older tables?",
                fz_tables[copy->table].name, of);
    return false;
}

static bool copy_load(upgrader *at, const old_load *load, GError **error)
{
    static const fz_table tables[] = {FZ_TABLE_FLOW, FZ_TABLE_HOUR, FZ_TABLE_LOAD};
    const int64_t day_us = INT64_C(86400000000);
    fz_upgrade_copy copy = {at->dialect,   at->store->version, at->old,
                            FZ_TABLE_HOST, load->id,           load->first_us / day_us - (load->first_us % day_us < 0)};

    if (!at->store->ops->begin(at->store, error) || !run(at, fz_upgrade_hosts_sql(&copy), error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        copy.table = tables[i];
        if (!run(at, fz_upgrade_copy_sql(&copy), error) || !compare(at, &copy, error))
            return false;
    }
    return at->store->ops->commit(at->store, error);
}

static bool copy_all(upgrader *at, void (*tell)(int64_t, void *), void *user, GError **error)
{
    int64_t copied = 0;

    if (!copy_zones(at, error))
        return false;
    do {
        if (!find_loads(at, error))
            return false;
        for (guint i = 0; i < at->loads->len; i++) {
            if (!copy_load(at, &g_array_index(at->loads, old_load, i), error)) {
                at->store->ops->rollback(at->store);
                return false;
            }
            copied += g_array_index(at->loads, old_load, i).records;
            if (tell)
                tell(copied, user);
        }
    } while (at->loads->len > 0);
    return true;
}

/* When all is copied: nothing is left over, and nothing is twice. Details were compared load by load. */
static bool compare_all(upgrader *at, GError **error)
{
    static const fz_table tables[] = {FZ_TABLE_LOAD, FZ_TABLE_ZONE, FZ_TABLE_HOUR};

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        const fz_upgrade_copy copy = {at->dialect, at->store->version, at->old, tables[i], 0, 0};

        if (!compare(at, &copy, error))
            return false;
    }
    return true;
}

static bool check_version(const fz_store *store, GError **error)
{
    if (store->version >= FZ_UPGRADE_FROM && store->version <= FZ_SCHEMA_VERSION)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                "schema version %" G_GINT64_FORMAT ": this is flowzone " FZ_VERSION
                ", which upgrades versions %d to %d to version %d",
                store->version, FZ_UPGRADE_FROM, FZ_SCHEMA_VERSION - 1, FZ_SCHEMA_VERSION);
    return false;
}

static void take_plan(const char *const *cells, void *user)
{
    fz_upgrade_plan *plan = user;

    plan->loads = number(cells[0]);
    plan->records = number(cells[1]);
}

static void take_bytes(const char *const *cells, void *user)
{
    ((fz_upgrade_plan *)user)->bytes = number(cells[0]);
}

bool fz_upgrade_look(fz_store *store, fz_upgrade_plan *plan, GError **error)
{
    *plan = (fz_upgrade_plan){.version = store->version, .resumes = store->resumes};
    if (!check_version(store, error))
        return false;
    if (store->resumes)
        return true;
    bool done = store->ops->look(store, error) &&
                store->ops->query(store, "SELECT COUNT(*), COALESCE(SUM(records), 0) FROM fz_load", 2, 1, take_plan,
                                  plan, error) &&
                store->ops->query(store, store->ops->size, 1, 1, take_bytes, plan, error) &&
                (store->version < FZ_SCHEMA_IN_PLACE || !store->ops->unsorted ||
                 store->ops->unsorted(store, &plan->unsorted, error));
    store->ops->rollback(store);
    return done;
}

bool fz_upgrade_is_due(const fz_upgrade_plan *plan)
{
    return plan->version < FZ_SCHEMA_VERSION || plan->resumes || plan->unsorted;
}

bool fz_upgrade_copies(const fz_upgrade_plan *plan)
{
    return plan->version < FZ_SCHEMA_IN_PLACE;
}

static bool copy_store(fz_store *store, void (*tell)(int64_t rows, void *user), void *user, GError **error)
{
    upgrader at = {
        .store = store,
        .dialect = store->ops->dialect(store),
        .old = store->ops->old_names,
        .loads = g_array_new(FALSE, FALSE, sizeof(old_load)),
        .cells = g_string_new(NULL),
    };

    bool done = store->ops->old_begin(store, error) &&
                (store->copied || (copy_all(&at, tell, user, error) && compare_all(&at, error))) &&
                store->ops->old_end(store, error);
    g_array_unref(at.loads);
    g_string_free(at.cells, TRUE);
    return done;
}

static bool renew_store(fz_store *store, GError **error)
{
    if (store->ops->old_begin(store, error) && fz_upgrade_days(store, error) && store->ops->old_end(store, error))
        return true;
    store->ops->rollback(store);
    return false;
}

bool fz_upgrade_run(fz_store *store, void (*tell)(int64_t rows, void *user), void *user, GError **error)
{
    if (!check_version(store, error))
        return false;
    if (store->version < FZ_SCHEMA_IN_PLACE ? !copy_store(store, tell, user, error)
                                            : store->version < FZ_SCHEMA_VERSION && !renew_store(store, error))
        return false;
    return !store->ops->sort || store->ops->sort(store, error);
}
