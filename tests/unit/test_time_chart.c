/* Bytes over time: steps as high as their bytes, names apart, blank where no capture was.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_chart.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drawing_parts.h"

enum { SEEDS = 30 };
#define NEAR 0.11
#define HOUR_US INT64_C(3600000000)
#define DAY_US (24 * HOUR_US)
/* 24 November 2026, 00:00 UTC. */
#define START_US INT64_C(1795478400000000)

static GPtrArray *draw(const fz_overview *overview, fz_drawing_width width)
{
    g_autoptr(GString) text = g_string_new(NULL);

    fz_time_chart_draw(text, overview, width);
    return parts_read(text->str);
}

/* The area of a path of straight lines. */
static double area_of(const part *path)
{
    double x = 0, y = 0, area = 0;

    for (const char *at = part_word(path, "d"); *at;) {
        const char kind = *at++;
        char *end;
        double number = g_ascii_strtod(at, &end), last = x;

        if (kind == 'M') {
            x = number;
            number = g_ascii_strtod(end, &end);
            last = x;
        }
        if (kind == 'H')
            x = number;
        else if (kind == 'M' || kind == 'V')
            y = number;
        area += (x - last) * y;
        at = end;
    }
    return fabs(area);
}

static fz_overview *day_of(const char *const *servers, const int64_t *bytes, const int64_t *hours, size_t count)
{
    fz_overview *made = fz_overview_new();

    made->utc = true;
    fz_overview_set_time(made, START_US, START_US + DAY_US - 1);
    made->now.range = (fz_range){START_US, START_US + DAY_US};
    for (size_t i = 0; i < count; i++) {
        const fz_overview_sum sum = {bytes[i], 1, 1};
        (void)fz_overview_add(made, "client", servers[i], START_US + hours[i] * HOUR_US, &sum);
    }
    fz_overview_settle(made);
    return made;
}

static void steps_are_bytes(void **state)
{
    static const char *const servers[] = {"a", "b", "a"};
    static const int64_t bytes[] = {1000000, 500000, 250000}, hours[] = {1, 1, 20};
    g_autoptr(fz_overview) overview = day_of(servers, bytes, hours, 3);
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    guint at = 0;

    (void)state;
    const part *a = parts_next(parts, "path", "band", &at), *b = parts_next(parts, "path", "band", &at);
    const double bin = 944.0 / overview->bins, high = 250.0 / 1500000;
    assert_null(parts_next(parts, "path", "band", &at));
    assert_true(part_is(a, "path", "zone-1") && part_is(b, "path", "zone-2"));
    assert_float_equal(area_of(a), 1250000 * high * bin, 20);
    assert_float_equal(area_of(b), 500000 * high * bin, 20);
    at = 0;
    const part *scrub = parts_next(parts, "rect", "scrub", &at);
    assert_string_equal(part_word(scrub, "data-max"), "1500000");
    assert_string_equal(part_word(scrub, "data-join"), "1");
    assert_ptr_equal(scrub, g_ptr_array_index(parts, parts->len - 1));
}

static bool is_written(const GPtrArray *parts, const char *text)
{
    for (guint i = 0; i < parts->len; i++)
        if (strcmp(((const part *)g_ptr_array_index(parts, i))->text->str, text) == 0)
            return true;
    return false;
}

static void axes_are_in_round_numbers(void **state)
{
    static const char *const servers[] = {"a"};
    static const int64_t bytes[] = {670783}, hours[] = {20};
    static const char *const there[] = {
        "200\u00a0kB", "400\u00a0kB", "600\u00a0kB in 10\u00a0minutes", "00:00", "03:00", "21:00", "24:00"};
    g_autoptr(fz_overview) overview = day_of(servers, bytes, hours, 1);
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(there); i++)
        if (!is_written(parts, there[i]))
            fail_msg("%s is not there", there[i]);
    assert_false(is_written(parts, "100\u00a0kB"));
    assert_false(is_written(parts, "800\u00a0kB"));
    assert_false(is_written(parts, "02:00"));
}

static void gaps_are_blank_unless_something_was_counted(void **state)
{
    static const char *const servers[] = {"a", "b"};
    static const int64_t bytes[] = {100, 100}, hours[] = {1, 20};
    static const fz_gap gaps[] = {{START_US + 6 * HOUR_US, START_US + 12 * HOUR_US},
                                  {START_US + 19 * HOUR_US, START_US + 22 * HOUR_US},
                                  {START_US + HOUR_US + HOUR_US / 20, START_US + HOUR_US + HOUR_US / 10}};
    g_autoptr(fz_overview) overview = day_of(servers, bytes, hours, 2);
    guint at = 0;

    (void)state;
    g_array_append_val(overview->gaps, gaps[2]);
    g_array_append_vals(overview->gaps, gaps, 2);
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    const part *gap = parts_next(parts, "rect", "gap", &at); /* of the smaller part of a bin with bytes */
    assert_float_equal(part_number(gap, "x"), 944.0 / 24 * 1.05, NEAR);
    assert_float_equal(part_number(gap, "width"), 944.0 / 24 * 0.05, NEAR);
    gap = parts_next(parts, "rect", "gap", &at);
    assert_float_equal(part_number(gap, "x"), 944.0 / 4, NEAR);
    assert_float_equal(part_number(gap, "width"), 944.0 / 4, NEAR);
    gap = parts_next(parts, "rect", "gap", &at);
    assert_float_equal(part_number(gap, "x"), 944.0 / 24 * 19, NEAR);
    assert_float_equal(part_number(gap, "width"), 944.0 / 24, NEAR);
    gap = parts_next(parts, "rect", "gap", &at);
    assert_float_equal(part_number(gap, "x"), 944.0 / 24 * 20 + 944.0 / overview->bins, NEAR);
    assert_null(parts_next(parts, "rect", "gap", &at));
    assert_true(is_written(parts, "no capture"));
}

/* Seconds of capture in bins of days: they are seen. */
static void few_seconds_are_seen_among_gaps(void **state)
{
    static const char *const servers[] = {"a"};
    static const int64_t bytes[] = {100}, hours[] = {12};
    static const fz_gap gaps[] = {{START_US, START_US + 12 * HOUR_US},
                                  {START_US + 12 * HOUR_US + 1, START_US + DAY_US}};
    g_autoptr(fz_overview) overview = day_of(servers, bytes, hours, 1);
    guint at = 0;

    (void)state;
    g_array_append_vals(overview->gaps, gaps, 2);
    g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
    const part *before = parts_next(parts, "rect", "gap", &at), *after = parts_next(parts, "rect", "gap", &at);
    assert_null(parts_next(parts, "rect", "gap", &at));
    assert_float_equal(part_number(before, "width"), 944.0 / 2, NEAR);
    assert_float_equal(part_number(after, "x"), 944.0 / 2 + 944.0 / overview->bins, NEAR);
}

static void long_times_have_months_and_years(void **state)
{
    static const struct {
        int64_t days;
        const char *there[3];
    } rows[] = {{9, {"24\u00a0Nov", "30\u00a0Nov", "2\u00a0Dec"}},
                {200, {"Dec\u00a02026", "Jan\u00a02027", "Jun\u00a02027"}},
                {9131, {"2030", "2040", "2050"}},
                {913100, {"2500", "3000", "4500"}}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(fz_overview) overview = fz_overview_new();
        static const fz_overview_sum sum = {1, 1, 1};

        overview->utc = true;
        fz_overview_set_time(overview, START_US, START_US + rows[i].days * DAY_US - 1);
        (void)fz_overview_add(overview, "a", "b", START_US, &sum);
        fz_overview_settle(overview);
        g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_WIDE);
        for (size_t k = 0; k < G_N_ELEMENTS(rows[i].there); k++)
            if (!is_written(parts, rows[i].there[k]))
                fail_msg("%s is not there", rows[i].there[k]);
    }
}

/* Names stand a line's height apart, below the top and above the axis; so do words along the axis, one after another.
 */
static void require_room(const GPtrArray *parts, fz_drawing_width width)
{
    const double apart = width == FZ_DRAWING_NARROW ? 17 : 20, base = width == FZ_DRAWING_WIDE ? 284 : 234;
    const part *text;
    double last = 0, tick = -100;

    for (guint at = 0; (text = parts_next(parts, "text", NULL, &at));) {
        const double y = part_number(text, "y"), x = part_number(text, "x");

        if (part_is(text, "text", "name")) {
            assert_true(last == 0 || y - last > apart - NEAR);
            assert_true(y > 12 && y < base + 4);
            last = y;
        } else if (part_is(text, "text", "tick") && y > base) {
            assert_true(x - tick > 30);
            tick = x;
        }
    }
}

/* All at the end, and nearly all of it one zone's: the others' bands are at the top. */
static void names_of_thin_bands_stay_apart(void **state)
{
    static const char *const servers[] = {"a", "b", "c", "d", "e", "f", "g", "h", "(no zone)"};
    static const int64_t bytes[] = {1000000, 8, 7, 6, 5, 4, 3, 2, 1}, hours[] = {23, 23, 23, 23, 23, 23, 23, 23, 23};
    g_autoptr(fz_overview) overview = day_of(servers, bytes, hours, G_N_ELEMENTS(servers));

    (void)state;
    g_array_set_size(overview->cells, 0);
    for (guint bin = overview->bins - 4; bin < overview->bins; bin++)
        for (guint i = 0; i < overview->pairs->len; i++) {
            const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
            const fz_overview_cell cell = {i, pair->zone[1], bin, pair->sum.bytes};
            g_array_append_val(overview->cells, cell);
        }
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++) {
        g_autoptr(GPtrArray) parts = draw(overview, width);
        require_room(parts, width);
    }
}

/* Bands lie one upon another: together they are as large as the sum of all bytes. */
static void require_sum(const GPtrArray *parts, const fz_overview *overview, fz_drawing_width width)
{
    const double height = width == FZ_DRAWING_WIDE ? 250 : 200;
    const part *band;
    double area = 0, sum = 0, most = 0;
    guint at = 0, bands = 0;

    const part *scrub = parts_next(parts, "rect", "scrub", &at);
    const guint join = (guint)part_number(scrub, "data-join");
    const double plot = part_number(scrub, "width");
    g_autofree double *steps = g_new0(double, overview->bins);
    for (guint i = 0; i < overview->cells->len; i++) {
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        const guint wide = MIN(join, overview->bins - cell->bin / join * join);
        steps[cell->bin / join] += (double)cell->bytes;
        most = MAX(most, steps[cell->bin / join]);
        sum += (double)cell->bytes * wide;
    }
    for (at = 0; (band = parts_next(parts, "path", "band", &at)); bands++)
        area += area_of(band);
    if (most > 0)
        assert_float_equal(area, sum / most * height * plot / overview->bins, 0.15 * plot * (bands + 1));
}

static void any_traffic_is_drawn(void **state)
{
    const guint32 seed = (guint32)g_get_real_time();

    (void)state;
    print_message("seeds from %u\n", seed);
    for (guint32 i = 0; i < SEEDS; i++) {
        g_autoptr(GRand) dice = g_rand_new_with_seed(seed + i);
        g_autoptr(fz_overview) overview = any_overview(dice, 1 + (int)i);

        for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++) {
            g_autoptr(GPtrArray) parts = draw(overview, width);
            if (overview->pairs->len > 0) {
                require_room(parts, width);
                require_sum(parts, overview, width);
            }
        }
        g_autoptr(GString) list = g_string_new(NULL);
        fz_time_chart_multiples(list, overview);
        g_autoptr(GPtrArray) items = parts_read(list->str);
        guint at = 0, shown = 0;
        while (parts_next(items, "li", "node", &at))
            shown++;
        assert_true(shown <= FZ_TIME_CHART_MULTIPLES && (shown > 0) == (overview->pairs->len > 0));
    }
}

/* Times at both ends of their type, and a range of nearly all of it. */
static void any_time_is_drawn(void **state)
{
    static const int64_t ranges[][2] = {
        {INT64_MIN, INT64_MAX}, {INT64_MAX, INT64_MAX}, {INT64_MIN, INT64_MIN}, {0, 0}, {INT64_MAX - 1, INT64_MAX}};
    static const fz_overview_sum sum = {INT64_MAX, 1, 1};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_autoptr(fz_overview) overview = fz_overview_new();
        const fz_gap gap = {ranges[i][0], ranges[i][1]};

        fz_overview_set_time(overview, ranges[i][0], ranges[i][1]);
        g_array_append_val(overview->gaps, gap);
        (void)fz_overview_add(overview, "a", "b", ranges[i][0], &sum);
        (void)fz_overview_add(overview, "a", "c", ranges[i][1], &sum);
        fz_overview_settle(overview);
        overview->now.captures = 1;
        overview->covered[0] = ranges[i][0];
        overview->covered[1] = ranges[i][1];
        g_autoptr(GPtrArray) parts = draw(overview, FZ_DRAWING_NARROW);
        require_sum(parts, overview, FZ_DRAWING_NARROW);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_bytes),
        cmocka_unit_test(axes_are_in_round_numbers),
        cmocka_unit_test(gaps_are_blank_unless_something_was_counted),
        cmocka_unit_test(few_seconds_are_seen_among_gaps),
        cmocka_unit_test(long_times_have_months_and_years),
        cmocka_unit_test(names_of_thin_bands_stay_apart),
        cmocka_unit_test(any_traffic_is_drawn),
        cmocka_unit_test(any_time_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
