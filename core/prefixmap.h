/* Longest-prefix match: an address space cut into ranges wherever the longest prefix changes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PREFIXMAP_H
#define FZ_PREFIXMAP_H

#include "addr.h"

#include <glib.h>

/* A place in an address space: 128 bits, the high half first. IPv4 is the upper 32 bits, the rest is zero. */
typedef struct fz_point {
    uint64_t hi, lo;
} fz_point;

/* Less than, equal to, or greater than zero. */
int fz_point_compare(fz_point a, fz_point b);

/* A prefix and what it stands for. `id` is never 0; IPv4 and IPv6 never meet in one array. */
typedef struct fz_span {
    fz_point first;
    uint32_t id;
    uint8_t length;
} fz_span;

/* From `first` up to the next range (or the end of the space), the longest prefix is the one with this id; 0: none. */
typedef struct fz_range {
    fz_point first;
    uint32_t id;
} fz_range;

/* A prefix without host bits as a span. */
fz_span fz_span_of(const fz_prefix *prefix, uint32_t id);

/* By place, the shorter prefix first: a GCompareFunc. */
int fz_span_compare(const void *a, const void *b);

/* The point after the last address of a span. False if there is none, at the end of the space. */
bool fz_span_next(const fz_span *span, fz_point *next);

/* Ranges, in order and without gaps from point zero, of spans in the order of fz_span_compare. Of equal prefixes the
 * last one wins. The caller frees the array of fz_range, with g_array_unref. */
GArray *fz_ranges_new(const fz_span *spans, size_t count);

/* The index of the range that holds the point. */
size_t fz_ranges_find(const GArray *ranges, fz_point point);

typedef struct fz_prefixmap fz_prefixmap;

/* A map of such ranges, which are borrowed for the call. It takes less than 100 bytes a prefix, as a rule. */
fz_prefixmap *fz_prefixmap_new(const GArray *ranges);
void fz_prefixmap_free(fz_prefixmap *map);

/* The id of the longest prefix that holds the address, 0 if none does: in a map of IPv4 prefixes, for an address in
 * host byte order; in a map of IPv6 prefixes, for its 16 bytes. */
uint32_t fz_prefixmap_find4(const fz_prefixmap *map, uint32_t addr);
uint32_t fz_prefixmap_find6(const fz_prefixmap *map, const uint8_t addr[16]);

#endif
