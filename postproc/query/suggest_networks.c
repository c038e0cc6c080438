/* Networks that are suggested as zones, and which of them become one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "suggest_private.h"

#include "plus.h"

#include <string.h>

enum { LENGTH_4 = 24, LENGTH_6 = 64, SHORTEST_4 = 16, SHORTEST_6 = 48, ALIKE = 4 };

static fz_prefix prefix_of(const fz_addr *addr, unsigned length)
{
    fz_prefix prefix = {.addr = *addr, .length = (uint8_t)length};

    fz_prefix_mask(&prefix);
    return prefix;
}

static bool overlap(const fz_prefix *a, const fz_prefix *b)
{
    return fz_prefix_contains(a->length < b->length ? a : b, a->length < b->length ? &b->addr : &a->addr);
}

static bool is_free(const suggest_map *map, const char *location, const fz_prefix *prefix)
{
    for (guint i = 0; i < map->own->len; i++) {
        const suggest_own *own = &g_array_index(map->own, suggest_own, i);

        if ((*own->location == '\0' || strcmp(own->location, location) == 0) && overlap(&own->prefix, prefix))
            return false;
    }
    return true;
}

const fz_zone *fz_suggest_kind(const suggest_map *map, const fz_addr *addr)
{
    return fz_zone_table_get(map->kinds, fz_zone_lookup(map->kinds, addr));
}

fz_prefix fz_suggest_network_of(const suggest_map *map, const char *location, const fz_addr *addr)
{
    unsigned length = addr->family == FZ_IPV4 ? LENGTH_4 : LENGTH_6;
    fz_prefix prefix = prefix_of(addr, length);

    while (length < fz_family_bits(addr->family) && !is_free(map, location, &prefix))
        prefix = prefix_of(addr, ++length);
    return prefix;
}

void fz_suggest_network_free(void *user)
{
    suggest_network *network = user;

    g_hash_table_unref(network->services);
    g_free(network);
}

uint32_t fz_suggest_top(const suggest_network *network)
{
    GHashTableIter each;
    gpointer key, value;
    uint32_t top = 0;
    int64_t most = -1;

    g_hash_table_iter_init(&each, network->services);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        const uint32_t service = GPOINTER_TO_UINT(key);
        const int64_t bytes = *(const int64_t *)value;
        if (bytes > most || (bytes == most && service < top)) {
            top = service;
            most = bytes;
        }
    }
    return top;
}

/* By location and place; networks that overlap none other have no more order. */
static gint compare_places(gconstpointer left, gconstpointer right)
{
    const suggest_network *a = *(const suggest_network *const *)left, *b = *(const suggest_network *const *)right;
    const int locations = strcmp(a->location, b->location);

    return locations != 0 ? locations : fz_addr_compare(&a->prefix.addr, &b->prefix.addr);
}

static gint compare_bytes(gconstpointer left, gconstpointer right)
{
    const suggest_network *a = *(const suggest_network *const *)left, *b = *(const suggest_network *const *)right;

    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return compare_places(left, right);
}

/* The smallest prefix around two networks. False: they may not become one. */
static bool find_common(const suggest_map *map, const suggest_network *a, const suggest_network *b, fz_prefix *common)
{
    unsigned length = MIN(a->prefix.length, b->prefix.length);

    if (strcmp(a->location, b->location) != 0 || a->prefix.addr.family != b->prefix.addr.family)
        return false;
    do
        *common = prefix_of(&a->prefix.addr, length);
    while (!fz_prefix_contains(common, &b->prefix.addr) && length-- > 0);
    const fz_zone *kind = fz_suggest_kind(map, &a->prefix.addr);
    const unsigned shortest = kind->prefix.length >= 7         ? kind->prefix.length
                              : common->addr.family == FZ_IPV4 ? SHORTEST_4
                                                               : SHORTEST_6;
    return fz_suggest_kind(map, &b->prefix.addr) == kind && common->length >= shortest &&
           is_free(map, a->location, common);
}

static void add_network(suggest_network *to, const suggest_network *more)
{
    GHashTableIter each;
    gpointer key, value;

    to->bytes = fz_plus(to->bytes, more->bytes);
    to->hosts += more->hosts;
    g_hash_table_iter_init(&each, more->services);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        int64_t *sum = g_hash_table_lookup(to->services, key);
        if (sum)
            *sum = fz_plus(*sum, *(const int64_t *)value);
        else
            g_hash_table_insert(to->services, key, g_memdup2(value, sizeof(int64_t)));
    }
}

/* The network at `at` becomes `common`, with all others in there: they are its neighbours. */
static void widen(GPtrArray *networks, guint at, const fz_prefix *common)
{
    suggest_network *to = networks->pdata[at];

    to->prefix = *common;
    for (guint i = 0; i < networks->len;) {
        const suggest_network *other = networks->pdata[i];
        if (other == to || strcmp(other->location, to->location) != 0 || !overlap(&other->prefix, common)) {
            i++;
            continue;
        }
        add_network(to, other);
        g_ptr_array_remove_index(networks, i);
    }
}

/* Two halves of one network, with as many hosts, about, and the same service. */
static bool are_alike(const suggest_network *a, const suggest_network *b, const fz_prefix *common)
{
    return a->prefix.length == b->prefix.length && common->length + 1 == a->prefix.length &&
           a->hosts <= ALIKE * b->hosts && b->hosts <= ALIKE * a->hosts && fz_suggest_top(a) == fz_suggest_top(b);
}

static bool merge_alike(const suggest_map *map, GPtrArray *networks)
{
    fz_prefix common;
    bool merged = false;

    for (guint i = 0; i + 1 < networks->len;) {
        if (find_common(map, networks->pdata[i], networks->pdata[i + 1], &common) &&
            are_alike(networks->pdata[i], networks->pdata[i + 1], &common)) {
            widen(networks, i, &common);
            merged = true;
        } else {
            i++;
        }
    }
    return merged;
}

/* Those two that have most of their prefix in common. */
static bool merge_nearest(const suggest_map *map, GPtrArray *networks)
{
    fz_prefix common, best = {.length = 0};
    guint at = G_MAXUINT;

    for (guint i = 0; i + 1 < networks->len; i++) {
        if (!find_common(map, networks->pdata[i], networks->pdata[i + 1], &common))
            continue;
        if (at == G_MAXUINT || common.length > best.length) {
            best = common;
            at = i;
        }
    }
    if (at == G_MAXUINT)
        return false;
    widen(networks, at, &best);
    return true;
}

void fz_suggest_merge(const suggest_map *map, GPtrArray *networks)
{
    g_ptr_array_sort(networks, compare_places);
    while (merge_alike(map, networks))
        continue;
    while (networks->len > FZ_SUGGEST_ROWS && merge_nearest(map, networks))
        continue;
    g_ptr_array_sort(networks, compare_bytes);
}
