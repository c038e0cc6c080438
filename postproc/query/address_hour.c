/* What addresses did in one hour: each has its sums; pairs are counted by numbers that stand for addresses.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_hour.h"

#include "store.h"
#include "sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256, CLIENT = FZ_INITIATOR, SERVER = FZ_RESPONDER };

/* A port's key: the number of the address, its role, protocol and port. */
enum { PROTOCOL_SHIFT = 16, ROLE_SHIFT = 24, NUMBER_SHIFT = 25 };

/* Sums of n * log2(n) are kept in such fractions: whole numbers, so that their order does not matter. */
#define LOG_UNIT 16777216.0

/* How often a pair was there. Two addresses: how often the one with the lower number was the client, and the other. */
typedef struct pair {
    uint64_t key;
    uint32_t counts[2]; /* both 0: an empty slot */
} pair;

typedef struct pair_set {
    pair *slots;
    size_t count; /* of slots, a power of two */
    size_t used, most;
} pair_set;

struct fz_address_hour {
    uint64_t seed;   /* so that nobody can make keys collide */
    GArray *sums;    /* of fz_address_sums; an address's number is its index */
    uint32_t *slots; /* number + 1; 0: empty */
    size_t count;    /* of slots, a power of two */
    uint32_t most;   /* addresses */
    pair_set peers, ports;
};

static void add(uint64_t *sum, uint64_t value)
{
    *sum = value > UINT64_MAX - *sum ? UINT64_MAX : *sum + value;
}

static void init_pairs(pair_set *set, uint32_t most)
{
    set->most = most;
    set->count = FIRST_SLOTS;
    set->slots = g_new0(pair, set->count);
}

fz_address_hour *fz_address_hour_new(uint32_t addresses, uint32_t pairs)
{
    fz_address_hour *hour = g_new0(fz_address_hour, 1);

    hour->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    hour->sums = g_array_new(FALSE, FALSE, sizeof(fz_address_sums));
    hour->count = FIRST_SLOTS;
    hour->slots = g_new0(uint32_t, hour->count);
    hour->most = addresses;
    init_pairs(&hour->peers, pairs);
    init_pairs(&hour->ports, pairs);
    return hour;
}

void fz_address_hour_free(fz_address_hour *hour)
{
    if (!hour)
        return;
    g_array_unref(hour->sums);
    g_free(hour->slots);
    g_free(hour->peers.slots);
    g_free(hour->ports.slots);
    g_free(hour);
}

static fz_address_sums *sums_at(const fz_address_hour *hour, uint64_t number)
{
    return &g_array_index(hour->sums, fz_address_sums, number);
}

static uint32_t *find_slot(const fz_address_hour *hour, const fz_addr *addr)
{
    uint64_t words[2];

    memcpy(words, addr->bytes, sizeof words);
    uint64_t at = fz_sums_mix(fz_sums_mix(hour->seed ^ words[0]) ^ words[1] ^ addr->family) & (hour->count - 1);
    while (hour->slots[at] != 0 && fz_addr_compare(&sums_at(hour, hour->slots[at] - 1)->addr, addr) != 0)
        at = (at + 1) & (hour->count - 1);
    return &hour->slots[at];
}

static void grow(fz_address_hour *hour)
{
    g_free(hour->slots);
    hour->count *= 2;
    hour->slots = g_new0(uint32_t, hour->count);
    for (guint i = 0; i < hour->sums->len; i++)
        *find_slot(hour, &sums_at(hour, i)->addr) = i + 1;
}

/* The number of the address at that end. */
static bool find_address(fz_address_hour *hour, const fz_record *record, int end, uint32_t *number)
{
    fz_address_sums added = {.addr = {.family = record->family}, .least_us = UINT64_MAX};

    memcpy(added.addr.bytes, record->addr[end], sizeof added.addr.bytes);
    uint32_t *slot = find_slot(hour, &added.addr);
    if (*slot == 0) {
        if (hour->sums->len == hour->most)
            return false;
        g_array_append_val(hour->sums, added);
        *slot = hour->sums->len;
        *number = *slot - 1;
        if (hour->sums->len > hour->count / 2)
            grow(hour);
        return true;
    }
    *number = *slot - 1;
    return true;
}

static pair *find_pair(const pair_set *set, uint64_t seed, uint64_t key)
{
    uint64_t at = fz_sums_mix(seed ^ key) & (set->count - 1);

    while ((set->slots[at].counts[0] | set->slots[at].counts[1]) != 0 && set->slots[at].key != key)
        at = (at + 1) & (set->count - 1);
    return &set->slots[at];
}

static void grow_pairs(pair_set *set, uint64_t seed)
{
    pair_set larger = {.count = set->count * 2, .used = set->used, .most = set->most};

    larger.slots = g_new0(pair, larger.count);
    for (size_t i = 0; i < set->count; i++)
        if ((set->slots[i].counts[0] | set->slots[i].counts[1]) != 0)
            *find_pair(&larger, seed, set->slots[i].key) = set->slots[i];
    g_free(set->slots);
    *set = larger;
}

static bool count_pair(pair_set *set, uint64_t seed, uint64_t key, int which)
{
    pair *found = find_pair(set, seed, key);

    if ((found->counts[0] | found->counts[1]) == 0 && set->used++ == set->most)
        return false;
    found->key = key;
    found->counts[which] += found->counts[which] < UINT32_MAX;
    if (set->used > set->count / 4 * 3)
        grow_pairs(set, seed);
    return true;
}

/* What a conversation has once, also for an address that talks to itself. */
static void count_flow(fz_address_sums *sums, const fz_record *record)
{
    const uint64_t lasted =
        record->end_us > record->start_us ? (uint64_t)record->end_us - (uint64_t)record->start_us : 0;

    sums->flows++;
    sums->least_us = MIN(sums->least_us, lasted);
    sums->most_us = MAX(sums->most_us, lasted);
    add(&sums->sum_us, lasted);
    sums->one_way += record->packets[0] == 0 || record->packets[1] == 0;
    sums->sure += fz_opened_is_sure(record->opened);
}

static void count_end(fz_address_sums *sums, const fz_record *record, int end)
{
    sums->role_flows[end]++;
    sums->port_flows[end] += record->port[SERVER] != 0;
    add(&sums->packets[FZ_SENT], record->packets[end]);
    add(&sums->packets[FZ_RECEIVED], record->packets[!end]);
    add(&sums->bytes[FZ_SENT], record->bytes[end]);
    add(&sums->bytes[FZ_RECEIVED], record->bytes[!end]);
}

static bool count_port(fz_address_hour *hour, uint32_t number, const fz_record *record, int end)
{
    const uint64_t key = (uint64_t)number << NUMBER_SHIFT | (uint64_t)end << ROLE_SHIFT |
                         (uint64_t)record->protocol << PROTOCOL_SHIFT | record->port[SERVER];

    return record->port[SERVER] == 0 || count_pair(&hour->ports, hour->seed, key, 0);
}

static bool count_peers(fz_address_hour *hour, uint32_t client, uint32_t server)
{
    const uint64_t key = (uint64_t)MIN(client, server) << 32 | MAX(client, server);

    return count_pair(&hour->peers, hour->seed, key, client > server);
}

bool fz_address_hour_add(fz_address_hour *hour, const fz_record *record)
{
    uint32_t numbers[2];

    if (!find_address(hour, record, CLIENT, &numbers[CLIENT]) || !find_address(hour, record, SERVER, &numbers[SERVER]))
        return false;
    for (int end = 0; end < 2; end++) {
        fz_address_sums *sums = sums_at(hour, numbers[end]);

        if (end == CLIENT || numbers[CLIENT] != numbers[SERVER])
            count_flow(sums, record);
        count_end(sums, record, end);
        if (!count_port(hour, numbers[end], record, end))
            return false;
    }
    return count_peers(hour, numbers[CLIENT], numbers[SERVER]);
}

static uint64_t logs_of(uint64_t count)
{
    return count < 2 ? 0 : (uint64_t)llround((double)count * log2((double)count) * LOG_UNIT);
}

double fz_address_entropy(uint64_t flows, uint64_t logs)
{
    return flows == 0 ? 0 : MAX(log2((double)flows) - (double)logs / LOG_UNIT / (double)flows, 0.0);
}

static void settle_peers(const fz_address_hour *hour, const pair *met)
{
    const uint64_t numbers[2] = {met->key >> 32, met->key & UINT32_MAX};
    const uint64_t logs = logs_of((uint64_t)met->counts[0] + met->counts[1]);

    for (int i = 0; i < 2; i++) {
        fz_address_sums *sums = sums_at(hour, numbers[i]);

        sums->role_peers[CLIENT] += met->counts[i] > 0;
        sums->role_peers[SERVER] += met->counts[!i] > 0;
        if (i == 1 && numbers[0] == numbers[1])
            return;
        sums->peers++;
        add(&sums->peer_logs, logs);
    }
}

static void settle_port(const fz_address_hour *hour, const pair *used)
{
    fz_address_sums *sums = sums_at(hour, used->key >> NUMBER_SHIFT);
    const unsigned role = used->key >> ROLE_SHIFT & 1;

    sums->ports[role]++;
    add(&sums->port_logs[role], logs_of(used->counts[0]));
}

static int compare(const void *left, const void *right, void *user)
{
    return fz_addr_compare(&sums_at(user, *(const uint32_t *)left)->addr,
                           &sums_at(user, *(const uint32_t *)right)->addr);
}

void fz_address_hour_finish(fz_address_hour *hour, fz_address_taker take, void *user)
{
    g_autofree uint32_t *order = g_new(uint32_t, hour->sums->len);

    for (size_t i = 0; i < hour->peers.count; i++)
        if ((hour->peers.slots[i].counts[0] | hour->peers.slots[i].counts[1]) != 0)
            settle_peers(hour, &hour->peers.slots[i]);
    for (size_t i = 0; i < hour->ports.count; i++)
        if (hour->ports.slots[i].counts[0] != 0)
            settle_port(hour, &hour->ports.slots[i]);
    for (guint i = 0; i < hour->sums->len; i++)
        order[i] = i;
    qsort_r(order, hour->sums->len, sizeof *order, compare, hour);
    for (guint i = 0; i < hour->sums->len; i++)
        take(sums_at(hour, order[i]), user);
}
