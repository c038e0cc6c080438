/* Longest-prefix match: an address space cut into ranges wherever the longest prefix changes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "prefixmap.h"

#include <string.h>

static fz_point point_of(const uint8_t bytes[16])
{
    fz_point point;

    memcpy(&point.hi, bytes, sizeof point.hi);
    memcpy(&point.lo, bytes + 8, sizeof point.lo);
    return (fz_point){GUINT64_FROM_BE(point.hi), GUINT64_FROM_BE(point.lo)};
}

int fz_point_compare(fz_point a, fz_point b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}

fz_span fz_span_of(const fz_prefix *prefix, uint32_t id)
{
    return (fz_span){.first = point_of(prefix->addr.bytes), .id = id, .length = prefix->length};
}

int fz_span_compare(const void *a, const void *b)
{
    const fz_span *left = a, *right = b;
    int order = fz_point_compare(left->first, right->first);

    return order != 0 ? order : left->length - right->length;
}

bool fz_span_next(const fz_span *span, fz_point *next)
{
    *next = span->first;
    if (span->length == 0)
        return false;
    if (span->length > 64) {
        next->lo += UINT64_C(1) << (128 - span->length);
        if (next->lo == 0)
            next->hi++;
    } else {
        next->hi += UINT64_C(1) << (64 - span->length);
    }
    return next->hi != 0 || next->lo != 0;
}

/* Appends a range, or changes the last one if it begins at the same point; neighbours never have the same id. */
static void cut(GArray *ranges, fz_point first, uint32_t id)
{
    fz_range *last = &g_array_index(ranges, fz_range, ranges->len - 1);

    if (fz_point_compare(last->first, first) == 0) {
        last->id = id;
        if (ranges->len > 1 && last[-1].id == id)
            g_array_set_size(ranges, ranges->len - 1);
    } else if (last->id != id) {
        fz_range range = {first, id};

        g_array_append_val(ranges, range);
    }
}

/* Closes the spans on the stack that end at `until` or before it: after them, the one around them holds again. */
static void close_spans(GArray *ranges, GArray *stack, const fz_point *until)
{
    while (stack->len > 0) {
        fz_point next;
        bool ends = fz_span_next(g_array_index(stack, const fz_span *, stack->len - 1), &next);

        if (until && (!ends || fz_point_compare(next, *until) > 0))
            return;
        g_array_set_size(stack, stack->len - 1);
        if (ends)
            cut(ranges, next, stack->len > 0 ? g_array_index(stack, const fz_span *, stack->len - 1)->id : 0);
    }
}

GArray *fz_ranges_new(const fz_span *spans, size_t count)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(const fz_span *));
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(fz_range));
    fz_range nothing = {{0, 0}, 0};

    g_array_append_val(ranges, nothing);
    for (size_t i = 0; i < count; i++) {
        const fz_span *span = &spans[i];

        close_spans(ranges, stack, &span->first);
        g_array_append_val(stack, span);
        cut(ranges, span->first, span->id);
    }
    close_spans(ranges, stack, NULL);
    return ranges;
}

size_t fz_ranges_find(const GArray *ranges, fz_point point)
{
    size_t low = 0, count = ranges->len;

    while (count > 1) {
        size_t half = count / 2;

        if (fz_point_compare(g_array_index(ranges, fz_range, low + half).first, point) <= 0)
            low += half;
        count -= half;
    }
    return low;
}

/* A node cuts the part of the space where its ranges begin, from `base` on, into slots of equal width. A slot's entry
 * is the first of at most LEAF_RANGES ranges that can hold a point in it, or another node if there are more: many
 * prefixes close together cost a node, not a long search. Points before the first slot or after the last one belong to
 * that slot. */
struct node {
    fz_point base;
    uint32_t entries;   /* its first entry */
    uint32_t last_slot; /* from 0 */
    uint8_t shift;      /* a slot is 2^shift of the high half, or of the low half: */
    bool low;           /* all its ranges begin less than 2^64 after `base` */
};

#define LEAF_RANGES 4u
#define NODE_ENTRY (UINT32_C(1) << 31)

struct fz_prefixmap {
    struct node *nodes; /* the first one is the root */
    uint32_t *entries;  /* a range, or NODE_ENTRY and a node */
    uint64_t *hi,
        *lo; /* where each range begins; LEAF_RANGES more, at the end of the space, so that searches needn't look */
    uint32_t *ids;
};

/* The difference of two points, modulo 2^128. */
static inline fz_point point_minus(fz_point a, fz_point b)
{
    return (fz_point){a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};
}

struct builder {
    const GArray *ranges;
    GArray *nodes, *entries;
};

static fz_point begin_of(const struct builder *builder, uint32_t range)
{
    return g_array_index(builder->ranges, fz_range, range).first;
}

/* The node whose first range is `from`, which begins before all its slots, and whose last one is `to`. */
static struct node node_of(const struct builder *builder, uint32_t from, uint32_t to)
{
    struct node node = {.base = begin_of(builder, from + 1), .entries = builder->entries->len};
    fz_point width = point_minus(begin_of(builder, to), node.base);
    uint64_t most = UINT64_C(4) * (to - from), units;

    node.low = width.hi == 0;
    units = node.low ? width.lo : width.hi;
    while (units >> node.shift >= most)
        node.shift++;
    node.last_slot = (uint32_t)(units >> node.shift);
    return node;
}

/* Where a slot begins. */
static fz_point slot_begin(const struct node *node, uint32_t slot)
{
    uint64_t distance = (uint64_t)slot << node->shift;
    fz_point begin = {node->base.hi + (node->low ? 0 : distance), node->base.lo + (node->low ? distance : 0)};

    if (begin.lo < node->base.lo)
        begin.hi++;
    return begin;
}

/* Appends a node for the ranges from..to and all that hang on it; its slots hold fewer ranges than it has, so this
 * ends. */
static uint32_t add_node(struct builder *builder, uint32_t from, uint32_t to)
{
    uint32_t number = builder->nodes->len, range = from;
    struct node node = node_of(builder, from, to);

    g_array_append_val(builder->nodes, node);
    g_array_set_size(builder->entries, node.entries + node.last_slot + 1);
    for (uint32_t slot = 0; slot <= node.last_slot; slot++) {
        uint32_t first = range;

        if (slot == node.last_slot) {
            range = to;
        } else {
            fz_point end = slot_begin(&node, slot + 1);

            while (range < to && fz_point_compare(begin_of(builder, range + 1), end) < 0)
                range++;
        }
        uint32_t entry = range - first < LEAF_RANGES ? first : NODE_ENTRY | add_node(builder, first, range);

        g_array_index(builder->entries, uint32_t, node.entries + slot) = entry;
    }
    return number;
}

fz_prefixmap *fz_prefixmap_new(const GArray *ranges)
{
    fz_prefixmap *map = g_new0(fz_prefixmap, 1);
    struct builder builder = {ranges, g_array_new(FALSE, FALSE, sizeof(struct node)),
                              g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    size_t size = ranges->len + LEAF_RANGES;
    fz_range range = {{0, 0}, 0};

    map->hi = g_new(uint64_t, size);
    map->lo = g_new(uint64_t, size);
    map->ids = g_new(uint32_t, size);
    for (size_t i = 0; i < size; i++) {
        if (i < ranges->len)
            range = g_array_index(ranges, fz_range, i);
        else
            range.first = (fz_point){UINT64_MAX, UINT64_MAX};
        map->hi[i] = range.first.hi;
        map->lo[i] = range.first.lo;
        map->ids[i] = range.id;
    }
    if (ranges->len > 1) {
        add_node(&builder, 0, ranges->len - 1);
    } else {
        struct node everything = {{0, 0}, 0, 0, 0, false};
        uint32_t entry = 0;

        g_array_append_val(builder.nodes, everything);
        g_array_append_val(builder.entries, entry);
    }
    map->nodes = (struct node *)(void *)g_array_free(builder.nodes, FALSE);
    map->entries = (uint32_t *)(void *)g_array_free(builder.entries, FALSE);
    return map;
}

void fz_prefixmap_free(fz_prefixmap *map)
{
    if (!map)
        return;
    g_free(map->nodes);
    g_free(map->entries);
    g_free(map->hi);
    g_free(map->lo);
    g_free(map->ids);
    g_free(map);
}

/* Inlined in both lookups, so that the one for IPv4 is compiled without the low halves. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* An IPv4 map (`wide` is false, and the compiler knows) has nothing in the low halves. */
static ALWAYS_INLINE uint32_t entry_of(const fz_prefixmap *map, const struct node *node, fz_point point, bool wide)
{
    fz_point distance = wide ? point_minus(point, node->base) : (fz_point){point.hi - node->base.hi, 0};
    bool before = point.hi < node->base.hi || (wide && point.hi == node->base.hi && point.lo < node->base.lo);
    uint64_t units = distance.hi;

    if (wide && node->low)
        units = distance.hi == 0 ? distance.lo : UINT64_MAX;
    units = before ? 0 : units >> node->shift;
    return map->entries[node->entries + MIN(units, node->last_slot)];
}

/* 0 or 1, without a branch, which the processor could not predict. */
static ALWAYS_INLINE uint32_t begins_by(const fz_prefixmap *map, uint32_t range, fz_point point, bool wide)
{
    if (!wide)
        return map->hi[range] <= point.hi;
    return (map->hi[range] < point.hi) | ((map->hi[range] == point.hi) & (map->lo[range] <= point.lo));
}

static ALWAYS_INLINE uint32_t find(const fz_prefixmap *map, fz_point point, bool wide)
{
    uint32_t entry = entry_of(map, &map->nodes[0], point, wide);

    while (entry & NODE_ENTRY)
        entry = entry_of(map, &map->nodes[entry & ~NODE_ENTRY], point, wide);
    for (uint32_t step = LEAF_RANGES / 2; step > 0; step /= 2)
        entry += step * begins_by(map, entry + step, point, wide);
    return map->ids[entry];
}

uint32_t fz_prefixmap_find4(const fz_prefixmap *map, uint32_t addr)
{
    return find(map, (fz_point){(uint64_t)addr << 32, 0}, false);
}

uint32_t fz_prefixmap_find6(const fz_prefixmap *map, const uint8_t addr[16])
{
    return find(map, point_of(addr), true);
}
