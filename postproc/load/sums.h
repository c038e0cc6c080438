/* Rows of sums: those with the same key are added up, in bounded memory.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SUMS_H
#define FZ_SUMS_H

#include "store.h"

/* What a kind of rows is made of: a key, a part, and sums. */
typedef struct fz_sums_kind {
    size_t size;                                         /* of a row, in bytes */
    size_t part;                                         /* where its uint32_t part is */
    size_t sums, count;                                  /* where its uint64_t sums begin, and how many there are */
    int (*compare)(const void *left, const void *right); /* by key alone; <0, 0, >0 */
    uint64_t (*hash)(uint64_t seed, const void *row);    /* of the key */
    /* The beginning of a key as numbers: of two keys for which they differ, the lower one is first. */
    void (*order)(const void *row, uint64_t order[2]);
} fz_sums_kind;

typedef struct fz_sums fz_sums;

/* Receives rows of the kind, an array without gaps, sorted by key; it gets the rows of a part in one or more calls. */
typedef bool (*fz_sums_sink)(const void *rows, size_t count, void *user, GError **error);

/* When there are `most` rows (at least 1), they are written out early, and later rows belong to the next part. The kind
 * is borrowed. */
fz_sums *fz_sums_new(const fz_sums_kind *kind, size_t most, fz_sums_sink sink, void *user);
void fz_sums_free(fz_sums *sums);

/* Adds rows' sums to those of their keys; the rows' parts do not matter. Fails if the sink fails, or if a sum would
 * exceed INT64_MAX: FZ_STORE_ERROR_FAILED. */
bool fz_sums_add(fz_sums *sums, const void *rows, size_t count, GError **error);

/* Writes out what is left. */
bool fz_sums_finish(fz_sums *sums, GError **error);

/* The rows written out and still to be written. */
uint64_t fz_sums_rows(const fz_sums *sums);

/* A step of a hash: every bit of `value` reaches every bit of the result (the finalizer of SplitMix64). */
static inline uint64_t fz_sums_mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

#endif
