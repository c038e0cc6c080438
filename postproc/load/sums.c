/* Rows of sums in an array, and an open-addressed hash table of their indices.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sums.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256, AHEAD = 32, SINK_ROWS = 8192 };

/* A slot of the hash table. */
typedef struct sums_place {
    uint32_t at;  /* index in `rows` + 1; 0: free */
    uint32_t tag; /* the lower half of the key's hash: most other keys are told apart without their rows */
} sums_place;

/* A row on its way to its place in the order. */
typedef struct sums_item {
    uint64_t order[2];
    uint32_t at;
} sums_item;

struct fz_sums {
    const fz_sums_kind *kind;
    uint8_t *rows;
    size_t count, room, most;
    sums_place *places; /* twice `room`, a power of two */
    uint64_t seed;      /* random: the input cannot choose the slots of its rows */
    uint64_t written;
    uint32_t part;
    fz_sums_sink sink;
    void *user;
};

static void *row_at(const fz_sums *sums, size_t at)
{
    return sums->rows + at * sums->kind->size;
}

/* Where the search for a key begins. There are fewer slots than tags. */
static size_t first_place(const fz_sums *sums, uint32_t tag)
{
    return tag & (sums->room * 2 - 1);
}

/* The slot of the key's row, or the free slot where it belongs. */
static sums_place *place_of(const fz_sums *sums, const void *key, uint32_t tag)
{
    size_t mask = sums->room * 2 - 1;
    size_t at = first_place(sums, tag);

    while (sums->places[at].at != 0 &&
           (sums->places[at].tag != tag || sums->kind->compare(row_at(sums, sums->places[at].at - 1), key) != 0))
        at = (at + 1) & mask;
    return &sums->places[at];
}

/* Puts the slots of a smaller table into a new one; their keys all differ. */
static void move_places(fz_sums *sums, const sums_place *old, size_t count)
{
    const size_t mask = sums->room * 2 - 1;

    for (size_t i = 0; i < count; i++) {
        size_t at = first_place(sums, old[i].tag);
        if (old[i].at == 0)
            continue;
        while (sums->places[at].at != 0)
            at = (at + 1) & mask;
        sums->places[at] = old[i];
    }
}

static void grow(fz_sums *sums)
{
    const size_t old_room = sums->room;
    g_autofree sums_place *old = sums->places;

    sums->room = old_room ? old_room * 2 : FIRST_ROOM;
    sums->rows = g_realloc_n(sums->rows, sums->room, sums->kind->size);
    sums->places = g_new0(sums_place, sums->room * 2);
    move_places(sums, old, old_room * 2);
}

fz_sums *fz_sums_new(const fz_sums_kind *kind, size_t most, fz_sums_sink sink, void *user)
{
    fz_sums *sums = g_new0(fz_sums, 1);

    sums->kind = kind;
    sums->most = CLAMP(most, 1, INT32_MAX / 4);
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

/* By the beginnings of their keys, which are in the items; by the rows only where these do not tell them apart. */
static int compare_items(const void *left, const void *right, void *user)
{
    const sums_item *a = left, *b = right;
    const fz_sums *sums = user;

    if (a->order[0] != b->order[0])
        return a->order[0] < b->order[0] ? -1 : 1;
    if (a->order[1] != b->order[1])
        return a->order[1] < b->order[1] ? -1 : 1;
    return sums->kind->compare(row_at(sums, a->at), row_at(sums, b->at));
}

/* Gives the sink the rows in the order of items, some at a time: all of them are too much to be moved about. */
static bool give(const fz_sums *sums, const sums_item *items, GError **error)
{
    const size_t size = sums->kind->size, most = MIN(sums->count, (size_t)SINK_ROWS);
    g_autofree uint8_t *sorted = g_malloc_n(most, size);

    for (size_t done = 0; done < sums->count; done += most) {
        const size_t some = MIN(most, sums->count - done);
        for (size_t i = 0; i < some; i++) {
            if (done + i + AHEAD < sums->count)
                __builtin_prefetch(row_at(sums, items[done + i + AHEAD].at));
            memcpy(sorted + i * size, row_at(sums, items[done + i].at), size);
        }
        if (!sums->sink(sorted, some, sums->user, error))
            return false;
    }
    return true;
}

static bool write_out(fz_sums *sums, GError **error)
{
    if (sums->count == 0)
        return true;
    g_autofree sums_item *items = g_new(sums_item, sums->count);

    for (size_t i = 0; i < sums->count; i++) {
        items[i].at = (uint32_t)i;
        sums->kind->order(row_at(sums, i), items[i].order);
    }
    qsort_r(items, sums->count, sizeof *items, compare_items, sums);
    bool done = give(sums, items, error);
    memset(sums->places, 0, sums->room * 2 * sizeof *sums->places);
    sums->written += sums->count;
    sums->count = 0;
    sums->part++;
    return done;
}

/* Makes room for a row of a new key, with sums of zero; NULL if the sink failed. */
static void *new_row(fz_sums *sums, const void *key, uint32_t tag, GError **error)
{
    if (sums->count >= sums->most) {
        if (!write_out(sums, error))
            return NULL;
    } else if (sums->count == sums->room) {
        grow(sums);
    }
    uint8_t *row = row_at(sums, sums->count);
    *place_of(sums, key, tag) = (sums_place){.at = (uint32_t)++sums->count, .tag = tag};
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

static bool add(fz_sums *sums, const void *row, uint32_t tag, GError **error)
{
    const uint32_t place = place_of(sums, row, tag)->at;
    void *to = place ? row_at(sums, place - 1) : new_row(sums, row, tag, error);

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
static void fetch_ahead(const fz_sums *sums, const uint8_t *rows, size_t count, uint32_t tags[AHEAD])
{
    for (size_t i = 0; i < count; i++) {
        tags[i] = (uint32_t)sums->kind->hash(sums->seed, rows + i * sums->kind->size);
        __builtin_prefetch(&sums->places[first_place(sums, tags[i])]);
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = sums->places[first_place(sums, tags[i])].at;
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
    uint32_t tags[AHEAD];

    for (size_t done = 0; done < count; done += AHEAD) {
        const size_t some = MIN(count - done, (size_t)AHEAD);
        fetch_ahead(sums, row, some, tags);
        for (size_t i = 0; i < some; i++, row += sums->kind->size)
            if (!add(sums, row, tags[i], error))
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
