/* How the bytes of a group's conversations are distributed: they come in order, so that ranks are counted off.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "spread.h"

typedef struct value {
    int64_t bytes, flows;
} value;

/* The group that is being read. */
typedef struct spread {
    size_t keys;
    fz_spread_taker take;
    void *user;
    GPtrArray *cells; /* of its keys */
    GArray *values;   /* of value, from the smallest on */
    int64_t flows;
} spread;

static int64_t percentile(const spread *read, int64_t percent)
{
    const int64_t rank = (read->flows * percent + 99) / 100;
    int64_t seen = 0;

    for (guint i = 0; i < read->values->len; i++) {
        seen += g_array_index(read->values, value, i).flows;
        if (seen >= rank)
            return g_array_index(read->values, value, i).bytes;
    }
    return -1;
}

static void end_group(spread *read)
{
    if (read->flows > 0)
        read->take((const char *const *)read->cells->pdata, percentile(read, 50), percentile(read, 95), read->user);
    g_ptr_array_set_size(read->cells, 0);
    g_array_set_size(read->values, 0);
    read->flows = 0;
}

static bool is_same(const spread *read, const char *const *cells)
{
    for (size_t i = 0; i < read->keys; i++)
        if (g_strcmp0(g_ptr_array_index(read->cells, i), cells[i]) != 0)
            return false;
    return true;
}

static void take(const fz_group *group, void *user)
{
    spread *read = user;
    const value next = {.bytes = fz_cell_integer(group->cells[read->keys]), .flows = group->flows};

    if (read->flows > 0 && !is_same(read, group->cells))
        end_group(read);
    for (size_t i = 0; read->flows == 0 && i < read->keys; i++)
        g_ptr_array_add(read->cells, g_strdup(group->cells[i]));
    read->flows += next.flows;
    g_array_append_val(read->values, next);
}

bool fz_spread_read(fz_asking *asking, const fz_grouping *grouping, fz_spread_taker taker, void *user, GError **error)
{
    static const fz_group_key bytes = {FZ_BY_BYTES, FZ_KEY_OF_NONE, "conversation_bytes", NULL, NULL, 0};
    fz_grouping with_bytes = *grouping;
    const fz_grouping_order order = {.grouping = &with_bytes, .sort = FZ_MEASURE_KEYS, .details = true};
    spread read = {.keys = grouping->count, .take = taker, .user = user};

    fz_grouping_add(&with_bytes, &bytes);
    read.cells = g_ptr_array_new_with_free_func(g_free);
    read.values = g_array_new(FALSE, FALSE, sizeof(value));
    const bool done = fz_grouping_read(asking, &order, take, &read, error);
    if (done)
        end_group(&read);
    g_ptr_array_unref(read.cells);
    g_array_unref(read.values);
    return done;
}
