/* Captures that a filter holds back.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "held.h"

#include "derived.h"
#include "dropping.h"
#include "question.h"

struct fz_held {
    char *text;
    fz_filter *filter;
    GString *condition;    /* its SQL, on fz_load l and fz_flow r; empty: not made yet */
    int64_t newest, known; /* the dictionary's last zone, now and when that was made: zones are only added */
};

fz_held *fz_held_new(const char *text, GError **error)
{
    g_autoptr(GError) fault = NULL;
    fz_filter *filter = fz_filter_parse(text, FZ_FILTER_OF_FLOWS, &fault);

    if (!filter) {
        if (fault)
            g_propagate_error(error, g_steal_pointer(&fault));
        else
            g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_SYNTAX,
                        "filter: it is empty; expected one, such as zone databases");
        return NULL;
    }
    fz_held *held = g_new0(fz_held, 1);
    held->text = g_strdup(text);
    held->filter = filter;
    held->condition = g_string_new(NULL);
    return held;
}

void fz_held_free(fz_held *held)
{
    if (!held)
        return;
    g_free(held->text);
    fz_filter_free(held->filter);
    g_string_free(held->condition, TRUE);
    g_free(held);
}

static void take_newest(const fz_datum *cells, void *user)
{
    fz_held *held = user;

    held->newest = cells[0].number;
}

static bool print_condition(fz_held *held, fz_store *store, GError **error)
{
    g_autoptr(fz_dictionary) zones = fz_dictionary_read(store, error);
    g_autoptr(GPtrArray) locations = zones ? fz_ledger_texts(store, "location", error) : NULL;
    g_autoptr(GPtrArray) sensors = locations ? fz_ledger_texts(store, "sensor", error) : NULL;

    if (!sensors)
        return false;
    const fz_filter_names names = {
        .zones = zones,
        .locations = (const char *const *)locations->pdata,
        .sensors = (const char *const *)sensors->pdata,
    };
    g_string_truncate(held->condition, 0);
    return fz_filter_sql(held->condition, held->filter, held->text, &names, store->ops->dialect(store), FZ_TIER_DETAILS,
                         error);
}

/* Inside a transaction. */
static bool prepare(fz_held *held, fz_store *store, GError **error)
{
    if (!store->ops->data(store, "SELECT MAX(zone_id) FROM fz_zone", 1, 1, take_newest, held, error))
        return false;
    if (held->condition->len > 0 && held->newest == held->known)
        return true;
    held->known = held->newest;
    return print_condition(held, store, error);
}

bool fz_held_check(fz_held *held, fz_store *store, GError **error)
{
    const bool done = store->ops->look(store, error) && prepare(held, store, error);

    store->ops->rollback(store);
    return done;
}

static void take_load(const fz_datum *cells, void *user)
{
    g_array_append_val((GArray *)user, cells[0].number);
}

bool fz_held_find(fz_held *held, fz_store *store, const GArray *loads, GArray *found, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT DISTINCT l.load_id FROM fz_load l ");

    if (loads->len == 0)
        return true;
    if (!prepare(held, store, error))
        return false;
    fz_template_append(sql, store->ops->dialect(store)->row_join, "flow");
    g_string_append(sql, " WHERE l.load_id IN (");
    for (guint i = 0; i < loads->len; i++)
        g_string_append_printf(sql, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", g_array_index(loads, int64_t, i));
    g_string_append_printf(sql, ") AND " FZ_SQL_SHOWS_FLOWS " AND %s ORDER BY l.load_id", held->condition->str);
    return store->ops->data(store, sql->str, 1, loads->len, take_load, found, error);
}
