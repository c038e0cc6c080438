/* What all kinds of `find` share: keys, sets of them, and the conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_private.h"

#include "coverage_private.h"
#include "log.h"
#include "plus.h"
#include "sums.h"
#include "text.h"

#include <string.h>

enum { FIRST_SLOTS = 1024 };

static uint64_t seed(void)
{
    static uint64_t value;

    if (value == 0)
        value = (uint64_t)g_random_int() << 32 | g_random_int() | 1;
    return value;
}

uint64_t fz_find_hash(const find_key *key)
{
    uint64_t words[sizeof *key / sizeof(uint64_t)], hash = seed();

    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        hash = fz_sums_mix(hash ^ words[i]);
    return hash;
}

struct fz_find_keys {
    GArray *keys;
    uint32_t *slots; /* number + 1; 0: empty */
    size_t count;    /* of slots, a power of two */
};

fz_find_keys *fz_find_keys_new(void)
{
    fz_find_keys *keys = g_new0(fz_find_keys, 1);

    keys->keys = g_array_new(FALSE, FALSE, sizeof(find_key));
    keys->count = FIRST_SLOTS;
    keys->slots = g_new0(uint32_t, keys->count);
    return keys;
}

void fz_find_keys_free(fz_find_keys *keys)
{
    if (!keys)
        return;
    g_array_unref(keys->keys);
    g_free(keys->slots);
    g_free(keys);
}

const find_key *fz_find_keys_get(const fz_find_keys *keys, uint32_t number)
{
    return &g_array_index(keys->keys, find_key, number);
}

uint32_t fz_find_keys_count(const fz_find_keys *keys)
{
    return keys->keys->len;
}

static uint32_t *find_slot(const fz_find_keys *keys, const find_key *key)
{
    size_t at = fz_find_hash(key) & (keys->count - 1);

    while (keys->slots[at] != 0 && memcmp(fz_find_keys_get(keys, keys->slots[at] - 1), key, sizeof *key) != 0)
        at = (at + 1) & (keys->count - 1);
    return &keys->slots[at];
}

static void grow_keys(fz_find_keys *keys)
{
    g_free(keys->slots);
    keys->count *= 2;
    keys->slots = g_new0(uint32_t, keys->count);
    for (guint i = 0; i < keys->keys->len; i++)
        *find_slot(keys, fz_find_keys_get(keys, i)) = i + 1;
}

uint32_t fz_find_keys_add(fz_find_keys *keys, const find_key *key, bool *is_new)
{
    uint32_t *slot = find_slot(keys, key);

    *is_new = *slot == 0;
    if (*slot != 0)
        return *slot - 1;
    g_array_append_vals(keys->keys, key, 1);
    *slot = keys->keys->len;
    if (keys->keys->len > keys->count / 2)
        grow_keys(keys);
    return keys->keys->len - 1;
}

struct fz_find_set {
    uint64_t *slots; /* 0: empty */
    size_t count, used;
};

fz_find_set *fz_find_set_new(void)
{
    fz_find_set *set = g_new0(fz_find_set, 1);

    set->count = FIRST_SLOTS;
    set->slots = g_new0(uint64_t, set->count);
    return set;
}

void fz_find_set_free(fz_find_set *set)
{
    if (!set)
        return;
    g_free(set->slots);
    g_free(set);
}

static uint64_t *find_hash(const fz_find_set *set, uint64_t hash)
{
    size_t at = hash & (set->count - 1);

    while (set->slots[at] != 0 && set->slots[at] != hash)
        at = (at + 1) & (set->count - 1);
    return &set->slots[at];
}

static uint64_t hash_in_set(const find_key *key)
{
    const uint64_t hash = fz_find_hash(key);

    return hash != 0 ? hash : 1;
}

static void grow_set(fz_find_set *set)
{
    fz_find_set larger = {.count = set->count * 2, .used = set->used};

    larger.slots = g_new0(uint64_t, larger.count);
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i] != 0)
            *find_hash(&larger, set->slots[i]) = set->slots[i];
    g_free(set->slots);
    *set = larger;
}

bool fz_find_set_add(fz_find_set *set, const find_key *key)
{
    const uint64_t hash = hash_in_set(key);
    uint64_t *slot = find_hash(set, hash);

    if (*slot != 0)
        return false;
    *slot = hash;
    if (++set->used > set->count / 4 * 3)
        grow_set(set);
    return true;
}

uint16_t fz_find_port(const fz_record *record)
{
    const uint16_t a = record->port[FZ_INITIATOR], b = record->port[FZ_RESPONDER];

    if (record->opened >= FZ_OPENED_SYN && record->opened <= FZ_OPENED_PORT)
        return b;
    return a == 0 || b == 0 ? MAX(a, b) : MIN(a, b);
}

find_key fz_find_key(const fz_record *record)
{
    find_key key = {.port = fz_find_port(record), .protocol = record->protocol, .family = record->family};

    memcpy(key.addr, record->addr, sizeof key.addr);
    return key;
}

bool fz_find_is_for_many(uint8_t family, const uint8_t addr[16])
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};

    if (family == FZ_IPV6)
        return addr[0] == 0xff;
    return addr[0] >> 4 == 0xe || memcmp(addr, broadcast, sizeof broadcast) == 0;
}

bool fz_find_wants_answer(const fz_record *record)
{
    enum { ICMP = 1, ICMP6 = 58 };

    if (fz_find_is_for_many(record->family, record->addr[FZ_RESPONDER]))
        return false;
    return (record->protocol != ICMP && record->protocol != ICMP6) || record->opened == FZ_OPENED_ICMP;
}

char *fz_find_addr(const find_key *key, int end, char text[FZ_ADDR_TEXT_SIZE])
{
    fz_addr addr = {.family = key->family};

    memcpy(addr.bytes, key->addr[end], sizeof addr.bytes);
    return fz_addr_print(&addr, text);
}

static void take_joined(const fz_joined *joined, void *user)
{
    find_sums *sums = user;

    sums->flows += joined->parts;
    sums->bytes = fz_plus_counts(sums->bytes, fz_plus_counts(joined->record.bytes[0], joined->record.bytes[1]));
    sums->take(joined, sums->user);
}

bool fz_find_read(fz_asking *asking, const fz_captures *captures, find_sums *sums, GError **error)
{
    sums->bytes = 0;
    sums->flows = 0;
    return fz_captures_join(asking, captures, take_joined, sums, error);
}

/* Where nothing was found since the captures together are shorter than what was looked for. */
static void tell_short(const fz_asking *asking)
{
    const fz_find *find = asking->question->user;
    const fz_coverage *coverage = &asking->coverage;
    const fz_gap all = {coverage->start_us, coverage->end_us};
    const uint64_t covered_us = (uint64_t)all.to_us - (uint64_t)all.from_us;

    if (asking->found || covered_us >= (uint64_t)find->span_s * G_USEC_PER_SEC ||
        fz_totals_all(&coverage->totals).frames == 0)
        return;
    g_autofree char *covered = fz_stretch_print(&all);
    fz_say("flowzone find", "the captures cover %s, less than the %u minutes that --span asks for", covered,
           find->span_s / 60);
}

bool fz_find_run(fz_asking *asking, const fz_captures *captures, find_sums *sums,
                 bool (*print)(void *user, GError **error), GError **error)
{
    if (!fz_find_read(asking, captures, sums, error))
        return false;
    if (asking->question->sql)
        return true;
    if (!print(sums->user, error))
        return false;
    if (asking->question->manner.format == FZ_ANSWER_ROWS)
        return true; /* the question that this one is a part of says what it covers */
    if (asking->coverage.dropped > 0)
        fz_say("flowzone find", "%" G_GUINT64_FORMAT " capture%s have no details any more, and were not looked at",
               asking->coverage.dropped, fz_text_plural(asking->coverage.dropped));
    if (!fz_asking_cover_tier(asking, sums->bytes, sums->flows, FZ_TIER_DETAILS, error))
        return false;
    tell_short(asking);
    return true;
}

bool fz_find_end(const fz_asking *asking, fz_answer *answer, guint shown, guint all, GError **error)
{
    if (!fz_answer_end(answer, error))
        return false;
    if (asking->question->manner.format == FZ_ANSWER_TABLE && shown < all)
        printf("    and %u more: --rows\n", all - shown);
    return true;
}
