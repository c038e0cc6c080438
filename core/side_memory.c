/* The memory of sides: two generations of buckets, each of one line of the cache.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "side_memory.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* A generation begins small, and gets twice the buckets when one of them is full: until it has the most, it forgets
 * nothing. Then it is half full at most, so that few buckets overflow; the older one is freed and it takes its place.
 */
enum { WAYS = 8, FEWEST_BUCKETS = 1 << 9, MOST_BUCKETS = 1 << 17, MOST_ENTRIES = MOST_BUCKETS * WAYS / 2 };

enum { CACHE_LINE = 64 };

/* An entry is a fingerprint whose lowest bits made room for the side. The number of its bucket has these bits too: none
 * is lost. 0 is no entry; the one conversation in 2^64 that is 0 is never remembered. */
enum { SIDE_BITS = 9, HIGHER_FIRST = 0x100, EVIDENCE = 0xff };
#define FINGERPRINT (~(uint64_t)(HIGHER_FIRST | EVIDENCE))

G_STATIC_ASSERT(FEWEST_BUCKETS >= 1 << SIDE_BITS);
G_STATIC_ASSERT(WAYS * sizeof(uint64_t) == CACHE_LINE);

typedef struct generation {
    uint64_t *entries; /* by bucket */
    uint32_t buckets;  /* a power of two */
    uint32_t count;
} generation;

struct fz_side_memory {
    generation newer, older;
};

static bool make(generation *made, uint32_t buckets)
{
    void *entries = NULL;

    if (posix_memalign(&entries, CACHE_LINE, (size_t)buckets * CACHE_LINE) != 0)
        return false;
    memset(entries, 0, (size_t)buckets * CACHE_LINE);
    *made = (generation){.entries = entries, .buckets = buckets};
    return true;
}

fz_side_memory *fz_side_memory_new(void)
{
    fz_side_memory *memory = g_new0(fz_side_memory, 1);

    if (make(&memory->newer, FEWEST_BUCKETS))
        return memory;
    g_free(memory);
    return NULL;
}

void fz_side_memory_free(fz_side_memory *memory)
{
    if (!memory)
        return;
    free(memory->newer.entries);
    free(memory->older.entries);
    g_free(memory);
}

static bool is_of(uint64_t entry, uint64_t fingerprint)
{
    return entry != 0 && ((entry ^ fingerprint) & FINGERPRINT) == 0;
}

static uint64_t *bucket_of(const generation *in, uint64_t fingerprint)
{
    return &in->entries[(fingerprint & (in->buckets - 1)) * WAYS];
}

/* The conversation's entry; if there is none, an empty one of its bucket, else one that must go. */
static uint64_t *entry_of(const generation *in, uint64_t fingerprint)
{
    uint64_t *bucket = bucket_of(in, fingerprint);

    for (uint64_t *entry = bucket; entry < bucket + WAYS; entry++)
        if (*entry == 0 || is_of(*entry, fingerprint))
            return entry;
    return &bucket[fingerprint / MOST_BUCKETS % WAYS];
}

/* Twice the buckets, if there may be more and there is memory. */
static bool grow(generation *small)
{
    generation grown;

    if (small->buckets == MOST_BUCKETS || !make(&grown, small->buckets * 2))
        return false;
    for (size_t i = 0; i < (size_t)small->buckets * WAYS; i++) {
        const uint64_t fingerprint = (small->entries[i] & FINGERPRINT) | (i / WAYS & ~FINGERPRINT);

        if (small->entries[i] != 0)
            *entry_of(&grown, fingerprint) = small->entries[i];
    }
    grown.count = small->count;
    free(small->entries);
    *small = grown;
    return true;
}

/* The newer generation becomes the older one. Without memory for two, all is forgotten. */
static void age(fz_side_memory *memory)
{
    free(memory->older.entries);
    memory->older = memory->newer;
    if (make(&memory->newer, MOST_BUCKETS))
        return;
    memory->newer = memory->older;
    memory->older = (generation){0};
    memset(memory->newer.entries, 0, (size_t)memory->newer.buckets * CACHE_LINE);
    memory->newer.count = 0;
}

void fz_side_memory_put(fz_side_memory *memory, uint64_t fingerprint, fz_side side)
{
    uint64_t *entry = entry_of(&memory->newer, fingerprint);

    while (*entry != 0 && !is_of(*entry, fingerprint) && grow(&memory->newer))
        entry = entry_of(&memory->newer, fingerprint);
    if (is_of(*entry, fingerprint)) {
        *entry |= side.evidence;
        return;
    }
    if (*entry == 0 && ++memory->newer.count > MOST_ENTRIES) {
        age(memory);
        entry = entry_of(&memory->newer, fingerprint);
        memory->newer.count = 1;
    }
    *entry = (fingerprint & FINGERPRINT) | (side.higher_first ? HIGHER_FIRST : 0) | side.evidence;
}

void fz_side_memory_prefetch(const fz_side_memory *memory, uint64_t fingerprint)
{
    __builtin_prefetch(bucket_of(&memory->newer, fingerprint), 1);
    if (memory->older.entries)
        __builtin_prefetch(bucket_of(&memory->older, fingerprint), 0);
}

bool fz_side_memory_find(const fz_side_memory *memory, uint64_t fingerprint, fz_side *side)
{
    const generation *generations[] = {&memory->newer, &memory->older};

    for (size_t i = 0; i < G_N_ELEMENTS(generations) && generations[i]->entries; i++) {
        const uint64_t entry = *entry_of(generations[i], fingerprint);

        if (!is_of(entry, fingerprint))
            continue;
        *side = (fz_side){.evidence = entry & EVIDENCE, .higher_first = (entry & HIGHER_FIRST) != 0};
        return true;
    }
    return false;
}
