/* The matrix: each pair has its cell and its shade, sums are those of rows and columns.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "heat_map.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drawing_parts.h"
#include "plus.h"

enum { SEEDS = 30 };
#define NEAR 0.11

static GPtrArray *draw(const fz_overview *overview, fz_drawing_width width)
{
    g_autoptr(GString) text = g_string_new(NULL);

    fz_heat_map_draw(text, overview, width);
    return parts_read(text->str);
}

/* A part within an element; the first of that class. */
static const part *within(const GPtrArray *parts, const part *above, const char *name, const char *class)
{
    const part *found;

    for (guint at = 0; (found = parts_next(parts, name, class, &at));)
        if (found->above == above)
            return found;
    return NULL;
}

static guint count(const GPtrArray *parts, const char *name, const char *class)
{
    guint at = 0, found = 0;

    while (parts_next(parts, name, class, &at))
        found++;
    return found;
}

static void shades_are_factors_of_ten(void **state)
{
    static const struct {
        int64_t bytes;
        const char *class, *digits;
    } rows[] = {{999, "shade-0", "999"},       {1000, "shade-1", "1.00k"},       {9999, "shade-1", "10.0k"},
                {10000, "shade-2", "10.0k"},   {99999, "shade-2", "100k"},       {100000, "shade-3", "100k"},
                {1000000, "shade-4", "1.00M"}, {INT64_MAX, "shade-4", ">9.22E"}, {0, "shade-0", "0"}};
    g_autoptr(fz_overview) overview = fz_overview_new();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const fz_overview_sum sum = {rows[i].bytes, 1, 1};
        char server[8];

        g_snprintf(server, sizeof server, "s%zu", i);
        (void)fz_overview_add(overview, i == 7 ? "other client" : "client", server, 0, &sum);
        for (int small = 0; i == 0 && small < 3; small++) { /* so that no tenth of the pairs is large */
            g_snprintf(server, sizeof server, "t%d", small);
            (void)fz_overview_add(overview, "client", server, 0, &sum);
        }
    }
    fz_overview_settle(overview);
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char server[8], numbers[16];
        const part *cell;

        g_snprintf(server, sizeof server, "s%zu", i);
        g_snprintf(numbers, sizeof numbers, "%u", fz_overview_find_zone(overview, server));
        for (guint at = 0; (cell = parts_next(parts, "g", "cell", &at));)
            if (strcmp(part_word(cell, "data-s"), numbers) == 0)
                break;
        assert_non_null(cell);
        if (!within(parts, cell, "rect", rows[i].class))
            fail_msg("%" PRId64 " is not %s", rows[i].bytes, rows[i].class);
        assert_string_equal(within(parts, cell, "text", "digits")->text->str, rows[i].digits);
    }
}

static void large_traffic_moves_the_shades(void **state)
{
    static const struct {
        int64_t bytes;
        const char *under, *from;
    } rows[] = {{6260000, " under 1\u00a0kB", " from 1\u00a0MB"},
                {10000000, " under 10\u00a0kB", " from 10\u00a0MB"},
                {INT64_C(924000000000), " under 100\u00a0MB", " from 100\u00a0GB"},
                {INT64_MAX, " under 1\u00a0PB", " from 1\u00a0EB"}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(fz_overview) overview = fz_overview_new();
        g_autoptr(GString) key = g_string_new(NULL);
        const fz_overview_sum sum = {rows[i].bytes, 1, 1};

        (void)fz_overview_add(overview, "a", "b", 0, &sum);
        fz_overview_settle(overview);
        fz_heat_map_key(key, overview);
        assert_non_null(strstr(key->str, rows[i].under));
        assert_non_null(strstr(key->str, rows[i].from));
        assert_null(strstr(key->str, "not allowed"));
    }
}

static void frames_and_titles_say_what_is_amiss(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    const fz_overview_sum sum = {70600, 9, 20};

    (void)state;
    (void)fz_overview_add(overview, "guest", "dmz", 0, &sum);
    (void)fz_overview_add(overview, "vpn", "servers", 0, &sum);
    fz_overview_settle(overview);
    fz_overview_pair *pairs = &g_array_index(overview->pairs, fz_overview_pair, 0);
    const guint denied = fz_overview_find_pair(overview, "guest", "dmz");
    pairs[denied].denied = (fz_overview_sum){600, 2, 4};
    pairs[!denied].before = 0;
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    guint at = 0;
    const part *frame = parts_next(parts, "rect", "denied", &at);
    assert_string_equal(within(parts, frame->above, "title", NULL)->text->str,
                        "guest \u2192 dmz: 70.6\u00a0kB, 9 conversations, 2 of them not allowed");
    at = 0;
    frame = parts_next(parts, "rect", "new", &at);
    assert_string_equal(within(parts, frame->above, "title", NULL)->text->str,
                        "vpn \u2192 servers: 70.6\u00a0kB, 9 conversations, new");
    assert_int_equal(count(parts, "rect", "new") + count(parts, "rect", "denied"), 2);
}

static void a_folded_cell_is_new_if_all_of_it_is(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();

    (void)state;
    for (int i = 0; i < 50; i++) {
        const fz_overview_sum sum = {1000 - i, 1, 1};
        g_autofree char *server = g_strdup_printf("s%d", i);
        (void)fz_overview_add(overview, "a", server, 0, &sum);
    }
    fz_overview_settle(overview);
    for (guint i = 0; i < 50; i++)
        g_array_index(overview->pairs, fz_overview_pair, i).before = i != 45 ? 0 : 1;
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    assert_int_equal(count(parts, "g", "cell"), FZ_OVERVIEW_AXIS + 1);
    assert_int_equal(count(parts, "rect", "new"), FZ_OVERVIEW_AXIS);
}

/* Whether it is one of these numbers, "3 14 15". */
static bool is_among(guint number, const char *numbers)
{
    g_auto(GStrv) each = g_strsplit(numbers, " ", -1);
    g_autofree char *text = g_strdup_printf("%u", number);

    return g_strv_contains((const char *const *)each, text);
}

/* Beside each row and below each column, however narrow, is the sum of the pairs that are in it; and that of all. */
static void require_sums(const GPtrArray *parts, const fz_overview *overview)
{
    static const char *const ends[] = {"data-c", "data-s"};
    const part *read;
    guint found[2] = {0}, names[2] = {0};

    for (guint at = 0; (read = parts_next(parts, "text", NULL, &at));)
        for (int end = 0; end < 2; end++) {
            const char *numbers = part_word(read->above, ends[end]);
            int64_t sum = 0;

            if (!part_is(read->above, "g", "node") || !*numbers)
                continue;
            names[end] += part_is(read, "text", "name");
            if (!*part_word(read, "data-b"))
                continue;
            for (guint i = 0; i < overview->pairs->len; i++) {
                const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
                if (is_among(fz_overview_zone_at(overview, pair->zone[end])->number, numbers))
                    sum = fz_plus(sum, pair->sum.bytes);
            }
            assert_int_equal(g_ascii_strtoll(part_word(read, "data-b"), NULL, 10), sum);
            found[end]++;
        }
    assert_int_equal(found[0], names[0]);
    assert_int_equal(found[1], names[1]);
    guint at = 0;
    read = parts_next(parts, "text", "total", &at);
    assert_int_equal(g_ascii_strtoll(part_word(read, "data-b"), NULL, 10), overview->now.sum.bytes);
}

/* A cell for each pair that there is and a blank for each other one; none on another. */
static void require_matrix(const GPtrArray *parts)
{
    guint at = 0, blanks = 0, lines[2] = {0};
    const part *read;

    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while ((read = parts_next(parts, "g", "cell", &at))) {
        const part *rect = within(parts, read, "rect", NULL);
        assert_true(g_hash_table_add(places, g_strdup_printf("%s %s", part_word(rect, "x"), part_word(rect, "y"))));
    }
    for (at = 0; (read = parts_next(parts, "path", "shade-none", &at)); lines[0]++)
        for (const char *d = part_word(read, "d"); *d; d++)
            blanks += *d == 'M';
    for (at = 0; (read = parts_next(parts, "text", "name", &at));)
        lines[1] += g_str_has_prefix(part_word(read, "transform"), "translate");
    assert_int_equal(g_hash_table_size(places) + blanks, lines[0] * lines[1]);
}

/* Lines of names stay apart: rows by their height, columns, which are turned, by what is between their base lines. */
static void require_room(const GPtrArray *parts)
{
    const part *text;
    double x = -100, y = -100;

    for (guint at = 0; (text = parts_next(parts, "text", "name", &at));) {
        const char *turned = part_word(text, "transform");

        if (*turned) {
            char *end;
            const double here = g_ascii_strtod(turned + strlen("translate("), &end);
            assert_true(here - x > (strstr(turned, "-60") ? 11.5 / 0.866 : 12.5 / 0.616));
            x = here;
        } else if (!part_is(text, "text", "total")) {
            assert_true(part_number(text, "y") - y > 14 - NEAR);
            y = part_number(text, "y");
        }
    }
}

static void any_traffic_is_drawn(void **state)
{
    const guint32 seed = (guint32)g_get_real_time();

    (void)state;
    print_message("seeds from %u\n", seed);
    for (guint32 i = 0; i < SEEDS; i++) {
        g_autoptr(GRand) dice = g_rand_new_with_seed(seed + i);
        g_autoptr(fz_overview) overview = any_overview(dice, 1 + (int)i * 3);

        for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++) {
            g_autoptr(GPtrArray) parts = draw(overview, width);
            if (overview->pairs->len > 0) {
                require_matrix(parts);
                require_sums(parts, overview);
                require_room(parts);
            }
        }
    }
}

/* Each pair of 1,000 zones is new and not allowed: not larger than a page may be. */
static void a_full_matrix_is_small(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *long_name = g_strnfill(255, '\x01');

    (void)state;
    for (guint i = 0; i < 60 * 60; i++) {
        const fz_overview_sum sum = {1 + i * 1000, 1, 1};
        g_autofree char *client = g_strdup_printf("%s%u", long_name, i / 60),
                        *server = g_strdup_printf("%s%u", long_name, i % 60);
        (void)fz_overview_add(overview, client, server, 0, &sum);
    }
    fz_overview_settle(overview);
    for (guint i = 0; i < overview->pairs->len; i++) {
        g_array_index(overview->pairs, fz_overview_pair, i).before = 0;
        g_array_index(overview->pairs, fz_overview_pair, i).denied.flows = 1;
    }
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++)
        fz_heat_map_draw(text, overview, width);
    print_message("%zu bytes\n", text->len);
    assert_true(text->len < 1200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shades_are_factors_of_ten),
        cmocka_unit_test(large_traffic_moves_the_shades),
        cmocka_unit_test(frames_and_titles_say_what_is_amiss),
        cmocka_unit_test(a_folded_cell_is_new_if_all_of_it_is),
        cmocka_unit_test(any_traffic_is_drawn),
        cmocka_unit_test(a_full_matrix_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
