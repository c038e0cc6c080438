/* Rows of sums in an array, and an open-addressed hash table of their indices.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sums.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256, AHEAD = 32 };

struct fz_sums {
    const fz_sums_kind *kind;
    uint8_t *rows;
    size_t count, room, most;
    uint32_t *places; /* index in `rows` + 1, 0: free; twice `room`, a power of two */
    uint64_t seed;    /* random: the input cannot choose the slots of its rows */
    uint64_t written;
    uint32_t part;
    fz_sums_sink sink;
    void *user;
};

static void *row_at(const fz_sums *sums, size_t at)
{
    return sums->rows + at * sums->kind->size;
}

/* Where the search for a key begins. */
static size_t first_place(const fz_sums *sums, uint64_t hash)
{
    return hash & (sums->room * 2 - 1);
}

/* The slot of the key's row, or the free slot where it belongs. */
static uint32_t *place_of(const fz_sums *sums, const void *key, uint64_t hash)
{
    size_t mask = sums->room * 2 - 1;
    size_t at = first_place(sums, hash);

    while (sums->places[at] != 0 && sums->kind->compare(row_at(sums, sums->places[at] - 1), key) != 0)
        at = (at + 1) & mask;
    return &sums->places[at];
}

static void grow(fz_sums *sums)
{
    sums->room = sums->room ? sums->room * 2 : FIRST_ROOM;
    sums->rows = g_realloc_n(sums->rows, sums->room, sums->kind->size);
    g_free(sums->places);
    sums->places = g_new0(uint32_t, sums->room * 2);
    for (size_t i = 0; i < sums->count; i++)
        *place_of(sums, row_at(sums, i), sums->kind->hash(sums->seed, row_at(sums, i))) = (uint32_t)i + 1;
}

fz_sums *fz_sums_new(const fz_sums_kind *kind, size_t most, fz_sums_sink sink, void *user)
{
    fz_sums *sums = g_new0(fz_sums, 1);

    sums->kind = kind;
    sums->most = CLAMP(most, 1, UINT32_MAX / 4);
    sums->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    sums->sink = sink;
    sums->user = user;
    grow(sums);
    return sums;
}

void fz_sums_free(fz_sums *sums)
{
    if (!sums)
        return;
    g_free(sums->rows);
    g_free(sums->places);
    g_free(sums);
}

static bool write_out(fz_sums *sums, GError **error)
{
    if (sums->count == 0)
        return true;
    qsort(sums->rows, sums->count, sums->kind->size, sums->kind->compare);
    bool done = sums->sink(sums->rows, sums->count, sums->user, error);
    memset(sums->places, 0, sums->room * 2 * sizeof *sums->places);
    sums->written += sums->count;
    sums->count = 0;
    sums->part++;
    return done;
}

/* Makes room for a row of a new key, with sums of zero; NULL if the sink failed. */
static void *new_row(fz_sums *sums, const void *key, uint64_t hash, GError **error)
{
    if (sums->count >= sums->most) {
        if (!write_out(sums, error))
            return NULL;
    } else if (sums->count == sums->room) {
        grow(sums);
    }
    uint8_t *row = row_at(sums, sums->count);
    *place_of(sums, key, hash) = (uint32_t)++sums->count;
    memcpy(row, key, sums->kind->size);
    memcpy(row + sums->kind->part, &sums->part, sizeof sums->part);
    memset(row + sums->kind->sums, 0, sums->kind->count * sizeof(uint64_t));
    return row;
}

static bool add_sums(const fz_sums_kind *kind, void *row, const void *more)
{
    uint64_t *to = (void *)((uint8_t *)row + kind->sums);
    const uint64_t *from = (const void *)((const uint8_t *)more + kind->sums);

    for (size_t i = 0; i < kind->count; i++) {
        if (to[i] > INT64_MAX || from[i] > INT64_MAX - to[i])
            return false;
        to[i] += from[i];
    }
    return true;
}

static bool add(fz_sums *sums, const void *row, uint64_t hash, GError **error)
{
    const uint32_t place = *place_of(sums, row, hash);
    void *to = place ? row_at(sums, place - 1) : new_row(sums, row, hash, error);

    if (!to)
        return false;
    if (add_sums(sums->kind, to, row))
        return true;
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                        "its packets or bytes add up to more than 2^63: no capture has that many");
    return false;
}

/* Has the memory of up to AHEAD rows fetched at once: it is too much for a processor's caches, and each row would wait
 * for its own. */
static void fetch_ahead(const fz_sums *sums, const uint8_t *rows, size_t count, uint64_t hashes[AHEAD])
{
    for (size_t i = 0; i < count; i++) {
        hashes[i] = sums->kind->hash(sums->seed, rows + i * sums->kind->size);
        __builtin_prefetch(&sums->places[first_place(sums, hashes[i])]);
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = sums->places[first_place(sums, hashes[i])];
        if (place == 0)
            continue;
        const uint8_t *row = row_at(sums, place - 1);
        __builtin_prefetch(row, 1);
        __builtin_prefetch(row + sums->kind->size - 1, 1);
    }
}

bool fz_sums_add(fz_sums *sums, const void *rows, size_t count, GError **error)
{
    const uint8_t *row = rows;
    uint64_t hashes[AHEAD];

    for (size_t done = 0; done < count; done += AHEAD) {
        const size_t some = MIN(count - done, (size_t)AHEAD);
        fetch_ahead(sums, row, some, hashes);
        for (size_t i = 0; i < some; i++, row += sums->kind->size)
            if (!add(sums, row, hashes[i], error))
                return false;
    }
    return true;
}

bool fz_sums_finish(fz_sums *sums, GError **error)
{
    return write_out(sums, error);
}

uint64_t fz_sums_rows(const fz_sums *sums)
{
    return sums->written + sums->count;
}
