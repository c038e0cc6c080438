/* Chunks of the system's memory, cut into pieces; freed pieces are reused for requests of that size.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

enum { STEP = 16, CHUNK_BYTES = 1 << 20 };

/* A piece that is free. */
typedef struct piece {
    struct piece *next;
} piece;

static piece *pieces[FZ_KEEP_MAX / STEP + 1]; /* by size */
static char *chunk;                           /* what is left of the last one */
static size_t chunk_left;

static void new_chunk(void)
{
    chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        g_error("%s: failed to allocate %d bytes", G_STRLOC, CHUNK_BYTES); /* as g_malloc */
    madvise(chunk, CHUNK_BYTES, MADV_DONTFORK);
    chunk_left = CHUNK_BYTES;
}

void *fz_keep_new0(size_t size)
{
    size_t steps = (MAX(size, 1) + STEP - 1) / STEP;

    g_assert(size <= FZ_KEEP_MAX);
    if (FZ_KEEP_PLAIN)
        return g_malloc0(size);
    piece *free_one = pieces[steps];
    if (free_one) {
        pieces[steps] = free_one->next;
        return memset(free_one, 0, steps * STEP);
    }
    if (chunk_left < steps * STEP)
        new_chunk();
    void *new_one = chunk;
    chunk += steps * STEP;
    chunk_left -= steps * STEP;
    return new_one;
}

void fz_keep_free(void *what, size_t size)
{
    size_t steps = (MAX(size, 1) + STEP - 1) / STEP;
    piece *free_one = what;

    if (!free_one)
        return;
    if (FZ_KEEP_PLAIN) {
        g_free(what);
        return;
    }
    free_one->next = pieces[steps];
    pieces[steps] = free_one;
}
