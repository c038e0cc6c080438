/* The picture of ribbons: one scale, nothing lost, no label on another.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sankey.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drawing_parts.h"

enum { SEEDS = 30 };
/* Coordinates are tenths. */
#define NEAR 0.11

typedef struct drawn {
    GString *text;
    GPtrArray *parts;
    double height;
} drawn;

static drawn draw(const fz_overview *overview, fz_drawing_width width)
{
    drawn made = {.text = g_string_new(NULL)};

    made.height = fz_sankey_draw(made.text, overview, width);
    made.parts = parts_read(made.text->str);
    return made;
}

static void drawn_free(drawn *made)
{
    g_string_free(made->text, TRUE);
    g_ptr_array_unref(made->parts);
}

/* The bar of a node, which is the rectangle after its area. */
static const part *bar_of(const drawn *made, const part *node)
{
    const part *bar = NULL;

    for (guint i = 0; i < made->parts->len; i++) {
        const part *read = g_ptr_array_index(made->parts, i);
        if (read->above == node && part_is(read, "rect", NULL) && !part_is(read, "rect", "hit"))
            bar = read;
    }
    assert_non_null(bar);
    return bar;
}

/* The node with these numbers on one side. */
static const part *node_of(const drawn *made, const char *attribute, const char *numbers)
{
    const part *node;

    for (guint at = 0; (node = parts_next(made->parts, "g", "node", &at));)
        if (strcmp(part_word(node, attribute), numbers) == 0)
            return node;
    fail_msg("no node %s=%s", attribute, numbers);
    return NULL;
}

static fz_overview *overview_of(const char *const (*pairs)[2], const int64_t *bytes, size_t count)
{
    fz_overview *made = fz_overview_new();

    for (size_t i = 0; i < count; i++) {
        const fz_overview_sum sum = {bytes[i], 1, 2};
        (void)fz_overview_add(made, pairs[i][0], pairs[i][1], 0, &sum);
    }
    fz_overview_settle(made);
    return made;
}

static void heights_are_bytes(void **state)
{
    static const char *const pairs[][2] = {{"a", "b"}, {"a", "c"}, {"b", "c"}, {"c", "c"}};
    static const int64_t bytes[] = {100, 50, 200, 80};
    g_autoptr(fz_overview) overview = overview_of(pairs, bytes, 4);
    drawn made = draw(overview, FZ_DRAWING_WIDE);
    const part *ribbon;
    char client[8], server[8];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        g_snprintf(client, sizeof client, "%u", fz_overview_find_zone(overview, pairs[i][0]));
        g_snprintf(server, sizeof server, "%u", fz_overview_find_zone(overview, pairs[i][1]));
        for (guint at = 0; (ribbon = parts_next(made.parts, "path", "ribbon", &at));)
            if (strcmp(part_word(ribbon, "data-c"), client) == 0 && strcmp(part_word(ribbon, "data-s"), server) == 0) {
                g_autoptr(GArray) d = path_numbers(ribbon);
                assert_float_equal(g_array_index(d, double, 8) - g_array_index(d, double, 7), (double)bytes[i], NEAR);
                break;
            }
        assert_non_null(ribbon);
    }
    g_snprintf(server, sizeof server, "%u", fz_overview_find_zone(overview, "c"));
    assert_float_equal(part_number(bar_of(&made, node_of(&made, "data-s", server)), "height"), 330, NEAR);
    assert_float_equal(part_number(bar_of(&made, node_of(&made, "data-c", server)), "height"), 80, NEAR);
    drawn_free(&made);
}

/* So many pixels are all bytes; a node below one pixel has one. */
static void require_scale(const drawn *made, const fz_overview *overview, fz_drawing_width width)
{
    static const char *const ends[] = {"data-c", "data-s"};
    static const double scales[FZ_DRAWING_WIDTHS] = {430, 200, 330};
    const double all = scales[width];
    double total = 0;

    for (guint i = 0; i < overview->pairs->len; i++)
        total += (double)fz_overview_pair_at(overview, i)->sum.bytes;
    for (int end = 0; end < 2; end++) {
        double height = 0;
        const part *node;
        guint nodes = 0;

        for (guint at = 0; (node = parts_next(made->parts, "g", "node", &at));)
            if (*part_word(node, ends[end])) {
                height += part_number(bar_of(made, node), "height");
                assert_true(part_number(bar_of(made, node), "height") >= 1);
                nodes++;
            }
        assert_in_range(nodes, 1, FZ_OVERVIEW_SIDE + 2);
        if (total > 0)
            assert_true(height > all - nodes * NEAR && height < all + nodes * 1.1);
    }
}

/* Every ribbon begins and ends within the bars of its zones. */
static void require_ends(const drawn *made)
{
    static const char *const ends[] = {"data-c", "data-s"};
    const part *ribbon;

    for (guint at = 0; (ribbon = parts_next(made->parts, "path", "ribbon", &at));) {
        g_autoptr(GArray) d = path_numbers(ribbon);
        const double y[2][2] = {{g_array_index(d, double, 1), g_array_index(d, double, 14)},
                                {g_array_index(d, double, 7), g_array_index(d, double, 8)}};

        assert_int_equal(d->len, 15);
        for (int end = 0; end < 2; end++) {
            const part *bar = bar_of(made, node_of(made, ends[end], part_word(ribbon, ends[end])));
            assert_true(y[end][0] > part_number(bar, "y") - NEAR);
            assert_true(y[end][1] < part_number(bar, "y") + part_number(bar, "height") + NEAR);
            assert_true(y[end][1] - y[end][0] > 0.7 - NEAR);
        }
    }
}

/* Texts that stand in one column have a line's height between them, names their slot, and all are within the picture.
 */
static void require_room(const drawn *made, fz_drawing_width width)
{
    static const double slots[FZ_DRAWING_WIDTHS] = {19 + 7, 17 + 4, 31 + 5};
    const double slot = slots[width];
    const part *text, *other;

    for (guint at = 0; (text = parts_next(made->parts, "text", NULL, &at));) {
        assert_true(part_number(text, "y") > 8 && part_number(text, "y") < made->height);
        assert_true(part_number(text, "x") >= 0 && part_number(text, "x") <= fz_drawing_pixels(width));
        for (guint next = at; (other = parts_next(made->parts, "text", NULL, &next));)
            if (fabs(part_number(text, "x") - part_number(other, "x")) < NEAR)
                assert_true(fabs(part_number(text, "y") - part_number(other, "y")) >
                            (!part_is(text, "text", "name") || !part_is(other, "text", "name") ? 13 : slot) - NEAR);
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
            drawn made = draw(overview, width);
            if (overview->pairs->len > 0) {
                require_scale(&made, overview, width);
                require_ends(&made);
                require_room(&made, width);
            }
            drawn_free(&made);
        }
    }
}

/* Names are whole where there is room for them: what one side leaves is the other's. */
static void names_take_the_room_there_is(void **state)
{
    static const char *const pairs[][2] = {{"guests in the house by the door", "b"}, {"a", "c"}};
    static const char *const turned[][2] = {{"b", "guests in the house by the door"}, {"c", "a"}};
    static const int64_t bytes[] = {100, 50};

    (void)state;
    for (int end = 0; end < 2; end++) {
        g_autoptr(fz_overview) overview = overview_of(end == 0 ? pairs : turned, bytes, 2);
        for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++) {
            drawn made = draw(overview, width);
            const bool whole = strstr(made.text->str, ">guests in the house by the door</text>");
            assert_int_equal(whole, width == FZ_DRAWING_WIDE);
            assert_non_null(strstr(made.text->str, ">guests in the"));
            drawn_free(&made);
        }
    }
}

/* The sums beside the nodes of each side are those of all pairs. */
static void nothing_is_lost(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    int64_t sums[2] = {0};
    const part *bytes;

    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        const fz_overview_sum sum = {i * i, 1, 1};
        g_autofree char *client = g_strdup_printf("c%" PRId64, i % 97), *server = g_strdup_printf("s%" PRId64, i);
        (void)fz_overview_add(overview, i % 7 ? client : "(no zone)", server, 0, &sum);
    }
    fz_overview_settle(overview);
    drawn made = draw(overview, FZ_DRAWING_NARROW);
    for (guint at = 0; (bytes = parts_next(made.parts, "text", NULL, &at));)
        if (part_is(bytes->above, "g", "node") && *part_word(bytes, "data-b"))
            sums[*part_word(bytes->above, "data-s") != '\0'] += g_ascii_strtoll(part_word(bytes, "data-b"), NULL, 10);
    assert_int_equal(sums[0], overview->now.sum.bytes);
    assert_int_equal(sums[1], overview->now.sum.bytes);
    assert_non_null(strstr(made.text->str, ">other (990)</text>"));
    assert_non_null(strstr(made.text->str, ">(no zone)</text>"));
    drawn_free(&made);
}

static void extremes_are_drawn(void **state)
{
    static const char *const pairs[][2] = {{"a", "b"}, {"b", "a"}, {"a", "a"}};
    static const struct {
        int64_t bytes[3];
        size_t count, ribbons;
    } rows[] = {
        {{0}, 0, 0}, {{0}, 1, 1}, {{60}, 1, 1}, {{4294967295, 1}, 2, 2}, {{INT64_MAX, INT64_MAX, INT64_MAX}, 3, 3}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(fz_overview) overview = overview_of(pairs, rows[i].bytes, rows[i].count);
        drawn made = draw(overview, FZ_DRAWING_WIDE);
        guint at = 0, ribbons = 0;

        while (parts_next(made.parts, "path", "ribbon", &at))
            ribbons++;
        assert_int_equal(ribbons, rows[i].ribbons);
        if (ribbons == 0)
            assert_non_null(strstr(made.text->str, ">No conversations.</text>"));
        else
            require_scale(&made, overview, FZ_DRAWING_WIDE);
        drawn_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heights_are_bytes),
        cmocka_unit_test(any_traffic_is_drawn),
        cmocka_unit_test(names_take_the_room_there_is),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(extremes_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
