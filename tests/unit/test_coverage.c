/* Coverage: what the ledger says that an answer covers, and the line about it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage.h"

#include "store_of_loads.h"
#include "tier.h"

#include <string.h>

static const fz_answer_manner people = {.utc = true, .utf8 = true, .width = 80};
static const fz_range from_the_day = {DAY_START_US, INT64_MAX};

/* Microseconds of the day at a time of the clock. */
static int64_t at(unsigned hour, unsigned minute)
{
    return DAY_START_US + hour * HOUR_US + minute * HOUR_US / 60;
}

static void add(store_of_loads *loads, const char *location, const char *sensor, int64_t start_us, int64_t end_us,
                uint64_t frames)
{
    fz_run run;

    fz_run_init(&run);
    g_free(run.sensor);
    g_free(run.location);
    run.sensor = g_strdup(sensor);
    run.location = g_strdup(location);
    add_load(loads, load_row(&run, start_us, end_us, frames));
    fz_run_clear(&run);
}

static fz_coverage read_coverage(store_of_loads *loads, const fz_range *range)
{
    g_autoptr(GError) error = NULL;
    fz_coverage coverage = {0};

    if (!loads->store->ops->look(loads->store, &error) || !fz_coverage_read(loads->store, range, &coverage, &error))
        fail_msg("%s", error->message);
    loads->store->ops->rollback(loads->store);
    return coverage;
}

static void expect_line(store_of_loads *loads, const fz_range *range, const fz_answer_manner *manner, uint64_t bytes,
                        int64_t flows, const char *expected)
{
    fz_coverage coverage = read_coverage(loads, range);
    g_autofree char *line =
        fz_coverage_line(&coverage, manner, range, bytes, flows, flows == INT64_MAX, NULL, "details");

    assert_string_equal(line, expected);
    fz_coverage_clear(&coverage);
}

/* Twelve captures of a day, one after the other but for half an hour. */
static void add_day(store_of_loads *loads)
{
    static const unsigned ends[][2] = {{2, 12},  {4, 5},   {6, 30},  {8, 11}, {9, 42}, {11, 18},
                                       {13, 10}, {15, 36}, {17, 53}, {20, 0}, {22, 6}, {24, 0}};
    int64_t start_us = at(0, 0);

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        int64_t end_us = at(ends[i][0], ends[i][1]);
        fz_run run;

        fz_run_init(&run);
        fz_load_row row = load_row(&run, start_us, end_us - 300000, 8000);
        row.totals.not_ip = (fz_count){i == 0 ? 112 : 80, 5000};
        row.totals.unparsable.frames = i == 11 ? 19 : 0;
        add_load(loads, row);
        fz_run_clear(&run);
        start_us = i == 6 ? at(13, 38) : end_us;
    }
}

static void a_day_with_a_gap(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_answer_manner manner = people;

    (void)state;
    add_day(&loads);
    expect_line(&loads, &from_the_day, &manner, 33800000, 8570,
                "    33.8 MB in 8,570 conversations of 12 captures, 2026-11-24 00:00 to 24:00\n"
                "    UTC; gap 13:10 to 13:38; 992 frames not IP, 19 unparsable; from details");
    manner.width = 120;
    expect_line(&loads, &FZ_RANGE_ALL, &manner, 33800000, -1,
                "    33.8 MB of 12 captures, 2026-11-24 00:00 to 24:00 UTC; gap 13:10 to 13:38; 992 frames not IP, 19 "
                "unparsable;\n"
                "    from details");
    manner = (fz_answer_manner){.format = FZ_ANSWER_CSV, .utc = true, .exact = true, .width = 40};
    expect_line(&loads, &(fz_range){at(13, 15), at(14, 0)}, &manner, 1, 1,
                "1 byte in 1 conversation of 1 capture, 2026-11-24 13:38 to 14:00 UTC; 80 frames not IP; from details");
    expect_line(&loads, &(fz_range){at(13, 15), at(13, 20)}, &people, 0, 0,
                "    no captures of this time; from details");
    store_of_loads_free(&loads);
}

static void captures_that_touch_leave_no_gap(void **state)
{
    store_of_loads loads = store_of_loads_new();

    (void)state;
    /* 100 packets an hour are 36 s apart: twelve minutes without one are no gap. */
    add(&loads, "", "a", at(0, 0), at(1, 0), 101);
    add(&loads, "", "a", at(1, 11), at(2, 0), 10000);
    add(&loads, "", "a", at(2, 1) + 1, at(2, 30), 10000);
    add(&loads, "", "a", at(2, 31), at(2, 31), 1);
    add(&loads, "", "a", at(2, 33), at(2, 33), 1);
    add(&loads, "", "b", at(2, 33), at(4, 0), 2);
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 6 captures, 2026-11-24 00:00 to 04:00 UTC;\n"
                "    gaps 02:00 to 02:01, 02:31 to 02:33; from details");
    for (unsigned i = 0; i < 5; i++)
        add(&loads, "", "a", at(5 + i, 0), at(5 + i, 10 + i), 1000);
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 11 captures, 2026-11-24 00:00 to 09:14 UTC;\n"
                "    6 gaps, the longest 05:10 to 06:00; from details");
    store_of_loads_free(&loads);
}

/* One that ends within a long one, and captures that begin at the same time. */
static void a_capture_covers_others(void **state)
{
    store_of_loads loads = store_of_loads_new();

    (void)state;
    add(&loads, "", "a", at(0, 0), at(20, 0), 100000);
    add(&loads, "", "a", at(1, 0), at(2, 0), 1000);
    add(&loads, "", "a", at(19, 0), at(19, 30), 1000);
    add(&loads, "", "a", at(20, 0) + 1, at(21, 0), 1000);
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 4 captures, 2026-11-24 00:00 to 21:00 UTC;\n    from details");
    store_of_loads_free(&loads);
}

static void sensors_of_one_place_overlap(void **state)
{
    store_of_loads loads = store_of_loads_new();

    (void)state;
    add(&loads, "Berlin", "fw1", at(0, 0), at(2, 0), 1000);
    add(&loads, "Paris", "fw1", at(0, 0), at(6, 0), 1000);
    add(&loads, "Berlin", "fw2", at(2, 0), at(4, 0), 1000);
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 3 captures, 2026-11-24 00:00 to 06:00 UTC;\n    from details");
    add(&loads, "Berlin", "fw\033[31m2", at(1, 0), at(3, 30), 1000);
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 4 captures, 2026-11-24 00:00 to 06:00 UTC;\n"
                "    3 sensors overlap 01:00 to 03:30: conversations may count twice;\n"
                "    from details");
    expect_line(&loads, &(fz_range){at(0, 30), at(1, 30)}, &people, 0, 0,
                "    0 B in 0 conversations of 3 captures, 2026-11-24 00:30 to 01:30 UTC;\n"
                "    fw1 and \"fw\\033[31m2\" overlap 01:00 to 01:30: conversations may count twice;\n"
                "    from details");
    store_of_loads_free(&loads);
}

static void run_sql(store_of_loads *loads, const char *sql)
{
    g_autoptr(GError) error = NULL;
    const fz_store_ops *ops = loads->store->ops;

    if (!ops->begin(loads->store, &error) || !ops->run(loads->store, sql, &error) || !ops->commit(loads->store, &error))
        fail_msg("%s", error->message);
}

/* Of captures without a packet of IP only the time of the first frame is known. */
static void captures_that_are_not_whole(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_coverage coverage;

    (void)state;
    expect_line(&loads, &FZ_RANGE_ALL, &people, 0, 0, "    no captures; from details");
    add(&loads, "", "a", at(0, 0), at(1, 0), 1000);
    add(&loads, "", "a", 0, 0, 0);
    add(&loads, "", "a", at(1, 0) + 1, at(2, 0), 1000);
    add(&loads, "", "a", 0, 0, 0);
    run_sql(&loads, "UPDATE fz_load SET state = 'cut short' WHERE load_id = 1");
    run_sql(&loads, "UPDATE fz_load SET state = 'changed', dropped = 3 WHERE load_id = 3");
    run_sql(&loads, "UPDATE fz_load SET first_frame_us = 1795492800000000, not_ip_frames = 7, filtered_frames = 1234 "
                    "WHERE load_id = 4");
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 3 captures, 2026-11-24 00:00 to 04:00 UTC;\n"
                "    gap 02:00 to 04:00; 7 frames not IP, 1,234 filtered; 2 captures cut short;\n"
                "    from details");
    /* One without a packet of IP stands in the middle of a gap, and parts it. */
    run_sql(&loads,
            "UPDATE fz_load SET start_us = start_us + 14400000000, end_us = end_us + 14400000000 WHERE load_id = 3");
    expect_line(&loads, &from_the_day, &people, 0, 0,
                "    0 B in 0 conversations of 3 captures, 2026-11-24 00:00 to 06:00 UTC;\n"
                "    gaps 01:00 to 04:00, 04:00 to 05:00; 7 frames not IP, 1,234 filtered;\n"
                "    2 captures cut short; from details");
    run_sql(&loads,
            "UPDATE fz_load SET start_us = start_us - 14400000000, end_us = end_us - 14400000000 WHERE load_id = 3");
    coverage = read_coverage(&loads, &FZ_RANGE_ALL);
    assert_int_equal(coverage.captures, 4);
    assert_int_equal(coverage.start_us, at(0, 0));
    assert_int_equal(coverage.end_us, at(4, 0));
    assert_int_equal(coverage.totals.counted.bytes, 200000);
    fz_coverage_clear(&coverage);
    store_of_loads_free(&loads);
}

/* What follows "from " in the line of a range. */
static void expect_words(store_of_loads *loads, const fz_range *range, fz_tier tier, const char *expected)
{
    fz_coverage coverage = read_coverage(loads, range);
    g_autofree char *words = fz_tier_words(tier, &coverage, &people, range, false);

    assert_string_equal(words, expected);
    fz_coverage_clear(&coverage);
}

/* Four captures of two hours each, of which some lost their details, or are losing them. */
static void words_of_tiers(void **state)
{
    store_of_loads loads = store_of_loads_new();
    const fz_range late = {at(4, 0), INT64_MAX}, odd = {at(1, 10), at(3, 20)};

    (void)state;
    for (unsigned hour = 0; hour < 8; hour += 2)
        add(&loads, "", "a", at(hour, 0), at(hour + 2, 0) - 1000, 10);
    run_sql(&loads, "UPDATE fz_load SET records = 10");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DETAILS, "details");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DAYS, "sums");
    run_sql(&loads, "UPDATE fz_load SET dropped = 1, dropping = 2 WHERE load_id = 1");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DETAILS,
                 "details: those of 1 capture before 2026-11-24 02:00 were dropped");
    run_sql(&loads, "UPDATE fz_load SET dropped = 3, dropping = 0 WHERE load_id < 3");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DETAILS,
                 "details: those of 2 captures before 2026-11-24 04:00 were dropped");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_HOURS, "hours: details before 2026-11-24 04:00 were dropped");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DAYS, "days: details before 2026-11-24 04:00 were dropped");
    expect_words(&loads, &late, FZ_TIER_DETAILS, "details");
    expect_words(&loads, &late, FZ_TIER_HOURS, "sums");
    /* Hours go by days. */
    run_sql(&loads, "UPDATE fz_load SET dropping = 8 WHERE load_id = 1");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DAYS, "days: hours before 2026-11-25 were dropped");
    expect_words(&loads, &late, FZ_TIER_HOSTS, "days: hours before 2026-11-25 were dropped");
    expect_words(&loads, &(fz_range){at(24, 0), INT64_MAX}, FZ_TIER_HOURS, "sums");
    /* Held back: hours alone are gone. */
    run_sql(&loads, "UPDATE fz_load SET dropped = 8, dropping = 0");
    expect_words(&loads, &FZ_RANGE_ALL, FZ_TIER_DETAILS, "details");
    fz_coverage coverage = read_coverage(&loads, &FZ_RANGE_ALL);
    assert_false(fz_tier_is_whole(FZ_TIER_HOURS, &coverage, &FZ_RANGE_ALL));
    assert_true(fz_tier_is_whole(FZ_TIER_DETAILS, &coverage, &FZ_RANGE_ALL));
    const fz_range wide = fz_tier_widen(FZ_TIER_HOURS, &odd);
    assert_true(wide.since_us == at(1, 0) && wide.until_us == at(4, 0));
    run_sql(&loads, "UPDATE fz_load SET dropped = 3");
    g_autofree char *words = fz_tier_words(FZ_TIER_DAYS, &coverage, &people, &wide, true);
    assert_string_equal(words, "whole days from 2026-11-24 01:00 to 2026-11-24 04:00: hours before 2026-11-25 were "
                               "dropped");
    fz_coverage_clear(&coverage);
    store_of_loads_free(&loads);
}

static void ranges_are_widened(void **state)
{
    const fz_range ends = {INT64_MIN + 1, INT64_MAX - 1}, all = FZ_RANGE_ALL, before = {-1, 1};

    (void)state;
    for (fz_tier tier = FZ_TIER_DETAILS; tier <= FZ_TIER_MINUTES; tier++) {
        const int64_t unit_us = fz_tier_unit_us(tier);
        const fz_range wide = fz_tier_widen(tier, &ends), zero = fz_tier_widen(tier, &before);

        assert_true(fz_tier_divides(tier, &all) && fz_tier_divides(tier, &(fz_range){-unit_us, 3 * unit_us}));
        assert_true(wide.since_us <= ends.since_us && wide.until_us >= ends.until_us);
        assert_true(zero.since_us == -unit_us && zero.until_us == unit_us);
        assert_true(tier == FZ_TIER_DETAILS || !fz_tier_divides(tier, &before));
    }
}

/* The ledger has any numbers. */
static void times_at_the_ends_of_time(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_coverage coverage;

    (void)state;
    add(&loads, "", "a", INT64_MIN, INT64_MIN + 1, 1000);
    add(&loads, "", "b", INT64_MAX - 1, INT64_MAX, 1);
    add(&loads, "", "c", INT64_MIN, INT64_MAX, UINT64_MAX);
    run_sql(&loads, "UPDATE fz_load SET dropped = 15, records = 1");
    coverage = read_coverage(&loads, &FZ_RANGE_ALL);
    g_autofree char *line =
        fz_coverage_line(&coverage, &people, &FZ_RANGE_ALL, UINT64_MAX - 1, INT64_MAX, true, NULL, NULL);
    assert_true(g_str_has_prefix(line, "    >9.22 EB in >9,223,372,036,854,775,807 conversations of 3 captures,\n"));
    fz_coverage_clear(&coverage);
    store_of_loads_free(&loads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_with_a_gap),
        cmocka_unit_test(captures_that_touch_leave_no_gap),
        cmocka_unit_test(a_capture_covers_others),
        cmocka_unit_test(sensors_of_one_place_overlap),
        cmocka_unit_test(captures_that_are_not_whole),
        cmocka_unit_test(words_of_tiers),
        cmocka_unit_test(ranges_are_widened),
        cmocka_unit_test(times_at_the_ends_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
