/* The zones of a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "dictionary.h"

#include "filter.h"
#include "zone_builtin.h"

struct fz_dictionary {
    GArray *zones; /* by id */
};

static void clear_zone(void *at)
{
    fz_dictionary_zone *zone = at;

    g_free(zone->location);
    g_free(zone->prefix);
    g_free(zone->number);
    g_free(zone->name);
}

static fz_dictionary *make(void)
{
    fz_dictionary *dictionary = g_new0(fz_dictionary, 1);

    dictionary->zones = g_array_new(FALSE, FALSE, sizeof(fz_dictionary_zone));
    g_array_set_clear_func(dictionary->zones, clear_zone);
    return dictionary;
}

/* The columns of the query below. */
enum { ID, LOCATION, PREFIX, NUMBER, NAME, COLUMNS };

static char *copy(const char *cell)
{
    return g_strdup(cell ? cell : "");
}

static void take(const char *const *cells, void *user)
{
    fz_dictionary *dictionary = user;
    const fz_dictionary_zone zone = {
        .id = (uint32_t)g_ascii_strtoull(cells[ID], NULL, 10),
        .location = copy(cells[LOCATION]),
        .prefix = copy(cells[PREFIX]),
        .number = copy(cells[NUMBER]),
        .name = copy(cells[NAME]),
        .own = !fz_zone_is_builtin(cells[LOCATION], cells[PREFIX], cells[NUMBER], cells[NAME]),
    };

    g_array_append_val(dictionary->zones, zone);
}

fz_dictionary *fz_dictionary_read(fz_store *store, GError **error)
{
    static const char sql[] = "SELECT zone_id, location, prefix, number, name FROM fz_zone ORDER BY zone_id";
    g_autoptr(fz_dictionary) dictionary = make();

    if (!store->ops->query(store, sql, COLUMNS, G_MAXINT32, take, dictionary, error))
        return NULL;
    return g_steal_pointer(&dictionary);
}

fz_dictionary *fz_dictionary_new(const fz_dictionary_zone *zones, size_t count)
{
    fz_dictionary *dictionary = make();

    for (size_t i = 0; i < count; i++) {
        const fz_dictionary_zone zone = {
            .id = zones[i].id,
            .location = copy(zones[i].location),
            .prefix = copy(zones[i].prefix),
            .number = copy(zones[i].number),
            .name = copy(zones[i].name),
            .own = zones[i].own,
        };
        g_array_append_val(dictionary->zones, zone);
    }
    return dictionary;
}

void fz_dictionary_free(fz_dictionary *dictionary)
{
    if (!dictionary)
        return;
    g_array_unref(dictionary->zones);
    g_free(dictionary);
}

const fz_dictionary_zone *fz_dictionary_get(const fz_dictionary *dictionary, uint32_t id)
{
    guint low = 0, high = dictionary->zones->len;

    while (low < high) {
        const guint middle = low + (high - low) / 2;
        const fz_dictionary_zone *zone = &g_array_index(dictionary->zones, fz_dictionary_zone, middle);

        if (zone->id == id)
            return zone;
        if (zone->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const GArray *fz_dictionary_all(const fz_dictionary *dictionary)
{
    return dictionary->zones;
}

const char *fz_dictionary_name(const fz_dictionary *dictionary, uint32_t id)
{
    const fz_dictionary_zone *zone = fz_dictionary_get(dictionary, id);

    return zone ? zone->name : FZ_FILTER_NO_ZONE;
}
