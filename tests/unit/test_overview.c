/* A report's numbers: their order, folds, bins and sums.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "overview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_US INT64_C(60000000)
#define DAY INT64_C(1440) /* minutes */

static void add(fz_overview *overview, const char *client, const char *server, int64_t minute, int64_t bytes)
{
    const fz_overview_sum sum = {bytes, 1, 2};

    fz_overview_add(overview, client, server, minute * MINUTE_US, &sum);
}

static fz_overview *three(void)
{
    fz_overview *overview = fz_overview_new();

    fz_overview_set_time(overview, 0, DAY * MINUTE_US - 1);
    add(overview, "b", "a", 0, 10);
    add(overview, "a", "b", 20, 20);
    add(overview, "a", "b", 21, 1);
    add(overview, NULL, "a", 23, 100);
    add(overview, "c", "c", DAY, 5);
    fz_overview_settle(overview);
    return overview;
}

static void test_order(void **state)
{
    g_autoptr(fz_overview) overview = three();
    static const char *const names[] = {"a", "b", "c", "(no zone)"};

    (void)state;
    assert_int_equal(overview->zones->len, 4);
    for (guint i = 0; i < 4; i++) {
        assert_string_equal(fz_overview_zone_at(overview, i)->name, names[i]);
        assert_int_equal(fz_overview_find_zone(overview, names[i]), i);
    }
    assert_int_equal(overview->now.sum.bytes, 136);
    assert_int_equal(overview->now.sum.flows, 5);
    assert_int_equal(fz_overview_find_pair(overview, NULL, "a"), 0);
    assert_int_equal(fz_overview_find_pair(overview, "a", "b"), 1);
    assert_int_equal(fz_overview_find_pair(overview, "b", "c"), FZ_OVERVIEW_NONE);
    assert_int_equal(fz_overview_pair_at(overview, 1)->sum.bytes, 21);
    assert_int_equal(fz_overview_zone_at(overview, 0)->colour, 0);
    assert_int_equal(fz_overview_zone_at(overview, 3)->colour, FZ_COLOUR_NONE);
}

/* A bin has what `flowzone time` would have in it; what is after the last bin is in the last. */
static void test_bins(void **state)
{
    g_autoptr(fz_overview) overview = three();
    const fz_overview_cell *cells = (const fz_overview_cell *)(const void *)overview->cells->data;

    (void)state;
    assert_int_equal(overview->bin_us, 10 * MINUTE_US);
    assert_int_equal(overview->bins, 144);
    assert_int_equal(overview->cells->len, 4);
    assert_int_equal(cells[2].bin, 2);
    assert_int_equal(cells[2].pair, 1);
    assert_int_equal(cells[2].bytes, 21);
    assert_int_equal(cells[3].bin, 143);
}

/* As of a store whose sums were deleted: a cell of a zone that no sum has would be in no line. */
static void test_cells_without_sums(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();

    (void)state;
    fz_overview_set_time(overview, 0, DAY * MINUTE_US - 1);
    add(overview, "a", "b", 0, 10);
    const guint lost = fz_overview_add_pair(overview, "a", "lost", &(const fz_overview_sum){0, 0, 0});
    fz_overview_add_bytes(overview, lost, 0, 5);
    fz_overview_settle(overview);
    g_autoptr(fz_overview_fold) servers = fz_overview_fold_new(overview, 1, FZ_OVERVIEW_SIDE);
    assert_int_equal(overview->cells->len, 1);
    assert_int_not_equal(servers->place[g_array_index(overview->cells, fz_overview_cell, 0).zone], FZ_OVERVIEW_NONE);
}

static void test_bins_of_any_time(void **state)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, 86400000000, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        for (size_t k = i; k < G_N_ELEMENTS(times); k++) {
            g_autoptr(fz_overview) overview = fz_overview_new();

            fz_overview_set_time(overview, times[i], times[k]);
            assert_in_range(overview->bins, 1, FZ_OVERVIEW_BINS);
            assert_int_equal(overview->bin_us % MINUTE_US, 0);
            assert_true(overview->start_us <= MAX(times[i], FZ_OVERVIEW_FIRST_US));
            fz_overview_add(overview, "a", "b", times[k], &(fz_overview_sum){1, 1, 1});
            assert_int_equal(g_array_index(overview->cells, fz_overview_cell, 0).bin, overview->bins - 1);
        }
}

static void test_sums_end(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();

    (void)state;
    fz_overview_set_time(overview, 0, 1);
    add(overview, "a", "a", 0, INT64_MAX);
    add(overview, "a", "b", 0, INT64_MAX);
    add(overview, "a", "b", 0, 1);
    fz_overview_settle(overview);
    assert_true(overview->now.sum.bytes == INT64_MAX);
    assert_true(fz_overview_zone_at(overview, 0)->as[0].bytes == INT64_MAX);
    assert_true(fz_overview_pair_at(overview, 1)->sum.bytes == INT64_MAX);
}

static void test_capped(void **state)
{
    g_autoptr(fz_overview) most = fz_overview_new(), more = fz_overview_new();

    (void)state;
    add(most, "a", "b", 0, INT64_MAX - 1);
    fz_overview_settle(most);
    assert_false(fz_overview_is_capped(most));
    add(more, "a", "b", 0, INT64_MAX - 1);
    add(more, "b", "a", 0, 2);
    fz_overview_settle(more);
    assert_true(fz_overview_is_capped(more));
    most->networks.other.packets = INT64_MAX;
    assert_true(fz_overview_is_capped(most));
}

/* What senders sent is no pair's, and who only sent talks in none. */
static void test_senders(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    static const char *const names[] = {"a", "c", "b"};
    static const int64_t bytes[] = {30, 7, 2};

    (void)state;
    overview->time = FZ_OVERVIEW_MINUTES;
    fz_overview_set_time(overview, 0, DAY * MINUTE_US - 1);
    fz_overview_add_pair(overview, "a", "b", &(fz_overview_sum){30, 1, 2});
    fz_overview_add_sent(overview, "c", 0, 7);
    fz_overview_add_sent(overview, "a", 0, 10);
    fz_overview_add_sent(overview, "a", MINUTE_US, 20);
    fz_overview_add_sent(overview, "b", 20 * MINUTE_US, 2);
    fz_overview_settle(overview);
    assert_int_equal(overview->now.sum.bytes, 30);
    assert_int_equal(overview->cells->len, 3);
    assert_int_equal(overview->zones->len, 3);
    assert_int_equal(overview->talking, 2);
    assert_int_equal(overview->named, 2);
    g_autoptr(fz_overview_fold) fold = fz_overview_fold_new(overview, fz_overview_time_end(overview), 6);
    assert_int_equal(fold->lines->len, 3);
    for (guint i = 0; i < 3; i++) {
        const fz_overview_line *line = &g_array_index(fold->lines, fz_overview_line, i);
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        assert_string_equal(fz_overview_zone_at(overview, line->zone)->name, names[i]);
        assert_int_equal(line->sum.bytes, bytes[i]);
        assert_int_equal(cell->pair, FZ_OVERVIEW_NONE);
        assert_int_equal(cell->bin, i == 2 ? 2 : 0);
        assert_int_equal(cell->bytes, g_array_index(fold->lines, fz_overview_line, fold->place[cell->zone]).sum.bytes);
    }
}

/* No bin is shorter than it must be. */
static void test_least_bin(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();

    (void)state;
    overview->least_us = 60 * MINUTE_US;
    fz_overview_set_time(overview, 0, MINUTE_US);
    assert_int_equal(overview->bin_us, 60 * MINUTE_US);
    fz_overview_set_time(overview, 0, INT64_C(24000) * MINUTE_US);
    assert_int_equal(overview->bin_us, 180 * MINUTE_US);
}

static void test_gone(void **state)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    static const char *const order[] = {"b", "(no zone)", "a", "a"};

    (void)state;
    fz_overview_add_gone(overview, "a", "c", 1);
    fz_overview_add_gone(overview, NULL, "c", 2);
    fz_overview_add_gone(overview, "a", NULL, 1);
    fz_overview_add_gone(overview, "b", "c", 3);
    fz_overview_settle_gone(overview);
    for (guint i = 0; i < 4; i++)
        assert_string_equal(g_array_index(overview->gone, fz_overview_gone, i).zone[0], order[i]);
    assert_string_equal(g_array_index(overview->gone, fz_overview_gone, 2).zone[1], "(no zone)");
}

/* Whatever is folded, nothing is lost. */
static void test_folds(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 30; seed++) {
        g_autoptr(fz_overview) overview = fz_overview_new();
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        const guint most = (guint)g_rand_int_range(random, 1, 12);
        const int count = g_rand_int_range(random, 0, 300);

        fz_overview_set_time(overview, 0, MINUTE_US);
        for (int i = 0; i < count; i++) {
            g_autofree char *client = g_strdup_printf("z%d", g_rand_int_range(random, 0, 30));
            g_autofree char *server = g_strdup_printf("z%d", g_rand_int_range(random, 0, 30));
            add(overview, g_rand_boolean(random) ? client : NULL, server, 0, g_rand_int_range(random, 0, 1000));
        }
        fz_overview_settle(overview);
        for (int end = 0; end < 2; end++) {
            g_autoptr(fz_overview_fold) fold = fz_overview_fold_new(overview, end, most);
            fz_overview_sum sum = {0};

            assert_true(fold->lines->len <= most + 2);
            for (guint i = 0; i < fold->lines->len; i++) {
                const fz_overview_line *line = &g_array_index(fold->lines, fz_overview_line, i);
                fz_overview_add_sum(&sum, &line->sum);
                assert_true(line->zone != FZ_OVERVIEW_NONE || line->count > 1);
                assert_true(!line->none || i == fold->lines->len - 1);
            }
            assert_memory_equal(&sum, &overview->now.sum, sizeof sum);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_bins_of_any_time),
        cmocka_unit_test(test_sums_end),
        cmocka_unit_test(test_senders),
        cmocka_unit_test(test_least_bin),
        cmocka_unit_test(test_capped),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_cells_without_sums),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
