/* Checks of a whole zone table: prefixes that are listed twice, rows that label nothing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_private.h"

#include <string.h>

/* Reports every prefix that is listed twice in a location. The sort is stable: of equals, the first is the one first in
 * the file. */
static void check_duplicates(zone_reading *reading, const zone_location *location, GArray *spans)
{
    const fz_span *first = NULL;
    char prefix[FZ_PREFIX_TEXT_SIZE];

    g_array_sort(spans, fz_span_compare);
    for (uint32_t i = 0; i < spans->len; i++) {
        const fz_span *span = &g_array_index(spans, fz_span, i);

        if (!first || fz_span_compare(first, span) != 0) {
            first = span;
            continue;
        }

        const fz_zone *row = fz_zone_reading_row(reading, span->id);
        g_autofree char *name = fz_zone_quote(location->name);

        add_error(reading, row->line, "%s is listed twice %s%s; first in line %u",
                  fz_prefix_print(&row->prefix, prefix), *location->name ? "in location " : "without a location",
                  *location->name ? name : "", fz_zone_reading_row(reading, first->id)->line);
    }
}

/* How far the rows without a location reach over those with one: their ranges, and a tree of the shortest prefix in any
 * run of neighbouring ranges. Lengths count from 1; 0 is a range without prefix. */
typedef struct cover_tree {
    GArray *ranges;
    uint8_t *shortest; /* leaves from ranges->len on, the parent of n is n / 2 */
} cover_tree;

static void cover_init(cover_tree *cover, const zone_reading *reading, GArray *ranges)
{
    uint32_t count = ranges->len;

    cover->ranges = ranges;
    cover->shortest = g_new0(uint8_t, 2 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = g_array_index(ranges, fz_range, i).id;

        cover->shortest[count + i] = id ? fz_zone_reading_row(reading, id)->prefix.length + 1 : 0;
    }
    for (size_t i = count - 1; i > 0; i--)
        cover->shortest[i] = MIN(cover->shortest[2 * i], cover->shortest[2 * i + 1]);
}

/* The shortest prefix between the ranges from..to, both included. */
static unsigned cover_shortest(const cover_tree *cover, size_t from, size_t to)
{
    unsigned shortest = UINT8_MAX;

    from += cover->ranges->len;
    to += cover->ranges->len + 1;
    for (; from < to; from = (from + 1) / 2, to /= 2) {
        if (from % 2 == 1)
            shortest = MIN(shortest, cover->shortest[from]);
        if (to % 2 == 1)
            shortest = MIN(shortest, cover->shortest[to - 1]);
    }
    return shortest;
}

/* True if longer prefixes without a location leave nothing of range `i` of a location to its row. */
static bool cover_hides(const cover_tree *cover, const zone_reading *reading, const GArray *ranges, uint32_t i)
{
    const fz_range *range = &g_array_index(ranges, fz_range, i);
    size_t from = fz_ranges_find(cover->ranges, range->first), to = cover->ranges->len - 1;

    if (i + 1 < ranges->len) {
        fz_point end = range[1].first;

        to = fz_ranges_find(cover->ranges, end);
        if (fz_point_compare(g_array_index(cover->ranges, fz_range, to).first, end) == 0)
            to--;
    }
    return cover_shortest(cover, from, to) > fz_zone_reading_row(reading, range->id)->prefix.length + 1u;
}

/* Marks the rows that label at least one address in a run for their own location. */
static void mark_alive(const zone_reading *reading, const GArray *ranges, const cover_tree *cover, bool *alive)
{
    for (uint32_t i = 0; i < ranges->len; i++) {
        uint32_t id = g_array_index(ranges, fz_range, i).id;

        if (id != 0 && !alive[id - 1])
            alive[id - 1] = !cover || !cover_hides(cover, reading, ranges, i);
    }
}

static void check_family(zone_reading *reading, unsigned family, bool *alive)
{
    cover_tree cover = {NULL, NULL};

    for (unsigned i = 0; i < reading->locations->len; i++) {
        zone_location *location = reading->locations->pdata[i];
        GArray *spans = location->spans[family], *ranges;

        if (!spans)
            continue;
        check_duplicates(reading, location, spans);
        ranges = fz_ranges_new((const fz_span *)(void *)spans->data, spans->len);
        mark_alive(reading, ranges, cover.ranges ? &cover : NULL, alive);
        if (i == 0)
            cover_init(&cover, reading, g_array_ref(ranges));
        g_array_unref(ranges);
    }
    if (cover.ranges)
        g_array_unref(cover.ranges);
    g_free(cover.shortest);
}

void fz_zone_check_rows(zone_reading *reading)
{
    g_autofree bool *alive = g_new0(bool, reading->rows->len);
    char prefix[FZ_PREFIX_TEXT_SIZE];

    for (unsigned family = 0; family < FAMILIES; family++)
        check_family(reading, family, alive);
    /* Missing rows and duplicates would give wrong warnings. */
    if (reading->errors > 0)
        return;
    for (uint32_t i = 0; i < reading->rows->len; i++) {
        const fz_zone *row = fz_zone_reading_row(reading, i + 1);

        if (!alive[i])
            add_warning(reading, row->line, "%s labels no address: longer prefixes cover all of it",
                        fz_prefix_print(&row->prefix, prefix));
    }
    if (reading->rows->len == 0)
        add_warning(reading, 0, "no rows: nothing will be labelled");
}

void fz_zone_check_location(zone_reading *reading, const char *location)
{
    enum { NAMED = 5 };
    g_autoptr(GString) known = g_string_new(NULL);
    g_autofree char *wanted = NULL;

    if (g_hash_table_contains(reading->by_name, location))
        return;
    for (unsigned i = 1; i < reading->locations->len && i <= NAMED; i++) {
        const zone_location *other = reading->locations->pdata[i];
        g_autofree char *name = fz_zone_quote(other->name);

        g_string_append_printf(known, "%s%s", i == 1 ? "; the file has " : ", ", name);
    }
    if (reading->locations->len > NAMED + 1)
        g_string_append_printf(known, " and %u more", reading->locations->len - 1 - NAMED);
    wanted = fz_zone_quote(location);
    add_error(reading, 0, "no row has the location %s%s", wanted, known->str);
}
