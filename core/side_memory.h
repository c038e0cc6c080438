/* The sides of conversations that were written out before they ended, for their next parts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SIDE_MEMORY_H
#define FZ_SIDE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* What is remembered of a conversation. "First" and "second" are its ends in an order that the caller keeps. */
typedef struct fz_side {
    uint8_t evidence;  /* FZ_EVIDENCE_..., of the first end and of the second */
    bool higher_first; /* the sender of the first packet is the second end */
} fz_side;

typedef struct fz_side_memory fz_side_memory;

/* Remembers up to a million conversations; those that were put longest ago are forgotten first. Grows with them, from
 * 32 KB to 16 MB. NULL without memory. */
fz_side_memory *fz_side_memory_new(void);
void fz_side_memory_free(fz_side_memory *memory);

/* `fingerprint`: 64 bits, the same for two conversations with a chance of 2^-64. Only if all are the same, one gets the
 * other's side: for a look-up among a million, with a chance of 2^-44 at most. Evidence is added to what is known of
 * the conversation; the sender of the first packet stays. */
void fz_side_memory_put(fz_side_memory *memory, uint64_t fingerprint, fz_side side);

/* Fetches the memory that putting and finding need for it: some nanoseconds later they do not wait. */
void fz_side_memory_prefetch(const fz_side_memory *memory, uint64_t fingerprint);

/* False if it is not known. */
bool fz_side_memory_find(const fz_side_memory *memory, uint64_t fingerprint, fz_side *side);

#endif
