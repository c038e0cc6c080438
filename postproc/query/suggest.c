/* The question `zones suggest`: rows of a zone file for what no zone of the user's holds.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "suggest.h"

#include "captures.h"
#include "dimension.h"
#include "plus.h"
#include "suggest_private.h"
#include "text.h"

#include <string.h>

/* An address that no zone of the user's holds, at a location. */
typedef struct host {
    fz_addr addr;
    const char *location;
    bool is_private;
    int64_t bytes;
    uint8_t clients; /* how many of these are known */
    fz_addr client[FZ_SUGGEST_CLIENTS];
} host;

typedef struct suggesting {
    fz_asking *asking;
    const fz_captures *captures;
    suggest_map map;
    GHashTable *hosts;    /* of host, by itself */
    GHashTable *services; /* bytes, int64_t, by host: of protocol << 16 | port */
    int64_t bytes, flows;
} suggesting;

static guint hash_host(gconstpointer key)
{
    const host *own = key;
    guint hash = g_str_hash(own->location);

    for (size_t i = 0; i < sizeof own->addr.bytes; i++)
        hash = hash * 33 + own->addr.bytes[i];
    return hash;
}

static gboolean is_same_host(gconstpointer left, gconstpointer right)
{
    const host *a = left, *b = right;

    return fz_addr_compare(&a->addr, &b->addr) == 0 && strcmp(a->location, b->location) == 0;
}

static bool is_private(const suggest_map *map, const fz_addr *addr)
{
    static const char *const kinds[] = {"private", "cgnat"};

    return fz_name_index(kinds, G_N_ELEMENTS(kinds), fz_suggest_kind(map, addr)->name) >= 0;
}

/* An address that can be of a host in somebody's network. */
static bool is_of_host(const suggest_map *map, const fz_addr *addr)
{
    return is_private(map, addr) || strcmp(fz_suggest_kind(map, addr)->name, "(internet)") == 0;
}

static host *find_host(suggesting *at, const fz_addr *addr, const char *location)
{
    const host key = {.addr = *addr, .location = location};
    host *found = g_hash_table_lookup(at->hosts, &key);

    if (!found) {
        found = g_memdup2(&key, sizeof key);
        found->is_private = is_private(&at->map, addr);
        g_hash_table_add(at->hosts, found);
        g_hash_table_insert(at->services, found, g_hash_table_new_full(NULL, NULL, NULL, g_free));
    }
    return found;
}

static void add_bytes(GHashTable *sums, uint32_t key, int64_t bytes)
{
    int64_t *sum = g_hash_table_lookup(sums, GUINT_TO_POINTER(key));

    if (!sum)
        g_hash_table_insert(sums, GUINT_TO_POINTER(key), sum = g_new0(int64_t, 1));
    *sum = fz_plus(*sum, bytes);
}

static void add_client(host *server, const fz_addr *client)
{
    for (size_t i = 0; i < server->clients; i++)
        if (fz_addr_compare(&server->client[i], client) == 0)
            return;
    if (server->clients < FZ_SUGGEST_CLIENTS)
        server->client[server->clients++] = *client;
}

static bool is_own(const suggesting *at, uint32_t zone)
{
    const fz_dictionary_zone *found = fz_dictionary_get(at->asking->zones, zone);

    return found && found->own;
}

static void take_detail(const fz_detail *detail, void *user)
{
    suggesting *at = user;
    const fz_record *record = &detail->record;
    const fz_capture_row *capture = fz_captures_find(at->captures, detail->load_id);
    const int64_t bytes = (int64_t)fz_plus_counts(record->bytes[0], record->bytes[1]);
    fz_addr addrs[2];

    at->bytes = fz_plus(at->bytes, bytes);
    at->flows++;
    for (int end = 0; end < 2; end++) {
        addrs[end] = (fz_addr){.family = record->family};
        memcpy(addrs[end].bytes, record->addr[end], sizeof addrs[end].bytes);
    }
    for (int end = 0; end < 2 && capture; end++) {
        if (is_own(at, record->zone[end]) || !is_of_host(&at->map, &addrs[end]))
            continue;
        host *found = find_host(at, &addrs[end], capture->location);
        found->bytes = fz_plus(found->bytes, bytes);
        add_bytes(g_hash_table_lookup(at->services, found),
                  (uint32_t)record->protocol << 16 | record->port[FZ_RESPONDER], bytes);
        if (end == FZ_RESPONDER && fz_opened_is_sure(record->opened) && !is_private(&at->map, &addrs[FZ_INITIATOR]))
            add_client(found, &addrs[FZ_INITIATOR]);
    }
}

/* Networks by "PREFIX LOCATION"; owned by the array. */
static void add_host(const suggesting *at, const host *own, GHashTable *by_name, GPtrArray *networks)
{
    const fz_prefix prefix = fz_suggest_network_of(&at->map, own->location, &own->addr);
    char text[FZ_PREFIX_TEXT_SIZE];
    g_autofree char *name = g_strconcat(fz_prefix_print(&prefix, text), " ", own->location, NULL);
    suggest_network *network = g_hash_table_lookup(by_name, name);
    GHashTableIter each;
    gpointer key, value;

    if (!network) {
        network = g_new0(suggest_network, 1);
        network->location = own->location;
        network->prefix = prefix;
        network->services = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        g_hash_table_insert(by_name, g_steal_pointer(&name), network);
        g_ptr_array_add(networks, network);
    }
    network->hosts++;
    network->bytes = fz_plus(network->bytes, own->bytes);
    g_hash_table_iter_init(&each, g_hash_table_lookup(at->services, own));
    while (g_hash_table_iter_next(&each, &key, &value))
        add_bytes(network->services, GPOINTER_TO_UINT(key), *(const int64_t *)value);
}

static GPtrArray *find_networks(const suggesting *at)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *networks = g_ptr_array_new_with_free_func(fz_suggest_network_free);
    GHashTableIter each;
    gpointer own;

    g_hash_table_iter_init(&each, at->hosts);
    while (g_hash_table_iter_next(&each, &own, NULL)) {
        const host *candidate = own;
        if (candidate->is_private || candidate->clients == FZ_SUGGEST_CLIENTS)
            add_host(at, candidate, by_name, networks);
    }
    fz_suggest_merge(&at->map, networks);
    return networks;
}

static void print_field(const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", pieces);

    printf(*text ? "\"%s\"" : "%s", doubled);
}

static void print_network(const suggesting *at, const suggest_network *network)
{
    const uint32_t top = fz_suggest_top(network);
    g_autofree char *service = fz_service_label((uint8_t)(top >> 16), (uint16_t)top);
    g_autofree char *bytes = fz_cell_print(&at->asking->question->manner, FZ_CELL_BYTES, network->bytes);
    char prefix[FZ_PREFIX_TEXT_SIZE];

    fz_prefix_print(&network->prefix, prefix);
    printf("# %s, %" G_GUINT64_FORMAT " host%s, mostly %s\n", bytes, network->hosts, fz_text_plural(network->hosts),
           service);
    print_field(network->location);
    printf(",%s,,%s\n", prefix, prefix);
}

/* A zone file has no room for every text that a ledger may have. */
static bool is_printable(const char *location)
{
    return strlen(location) <= FZ_ZONE_TEXT_MAX && fz_text_find_control(location, strlen(location)) == 0;
}

static void print_networks(const suggesting *at, const GPtrArray *networks)
{
    guint printed = 0;

    puts("# location,prefix,number,name");
    for (guint i = 0; i < networks->len && printed < FZ_SUGGEST_ROWS; i++) {
        const suggest_network *network = networks->pdata[i];
        if (!is_printable(network->location))
            continue;
        print_network(at, network);
        printed++;
    }
    if (printed < networks->len)
        printf("# and %u networks more, which are smaller, or of a location that a zone file cannot have\n",
               networks->len - printed);
    if (networks->len == 0)
        puts("# every address that looks like one of yours is in a zone");
}

static void find_own(suggesting *at)
{
    const GArray *zones = fz_dictionary_all(at->asking->zones);

    for (guint i = 0; i < zones->len; i++) {
        const fz_dictionary_zone *zone = &g_array_index(zones, fz_dictionary_zone, i);
        suggest_own own = {.location = zone->location};
        const char *fault;

        if (zone->own && fz_prefix_parse(zone->prefix, &own.prefix, &fault))
            g_array_append_val(at->map.own, own);
    }
}

bool fz_suggest_answer(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    suggesting at = {.asking = asking, .captures = captures};

    if (!captures)
        return false;
    at.map = (suggest_map){g_array_new(FALSE, FALSE, sizeof(suggest_own)), fz_zone_builtin_table()};
    at.hosts = g_hash_table_new_full(hash_host, is_same_host, g_free, NULL);
    at.services = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
    find_own(&at);
    bool done = fz_asking_details_read(asking, NULL, NULL, 0, take_detail, &at, error);
    if (done && !asking->question->sql) {
        g_autoptr(GPtrArray) networks = find_networks(&at);
        print_networks(&at, networks);
        done = fz_asking_cover_tier(asking, (uint64_t)at.bytes, at.flows, FZ_TIER_DETAILS, error);
    }
    g_hash_table_unref(at.services);
    g_hash_table_unref(at.hosts);
    g_array_unref(at.map.own);
    fz_zone_table_free(at.map.kinds);
    return done;
}
