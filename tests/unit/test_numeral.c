/* Numbers and times as a report has them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "numeral.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NB "\u00a0"

static char text[FZ_NUMERAL_SIZE];

static void test_bytes(void **state)
{
    static const struct {
        int64_t bytes;
        const char *shown;
    } rows[] = {
        {0, "0" NB "B"},
        {999, "999" NB "B"},
        {1000, "1.00" NB "kB"},
        {1005, "1.01" NB "kB"},
        {9995, "10.0" NB "kB"},
        {999499, "999" NB "kB"},
        {999500, "1.00" NB "MB"},
        {33800116, "33.8" NB "MB"},
        {INT64_MAX - 1, "9.22" NB "EB"},
        {INT64_MAX, ">9.22" NB "EB"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_string_equal(fz_numeral_bytes_print(rows[i].bytes, text), rows[i].shown);
    assert_string_equal(fz_numeral_short_print(512, text), "512");
    assert_string_equal(fz_numeral_short_print(6262747, text), "6.26M");
}

static void test_counts(void **state)
{
    (void)state;
    assert_string_equal(fz_numeral_count_print(999, text), "999");
    assert_string_equal(fz_numeral_count_print(8570, text), "8\u202f570");
    assert_string_equal(fz_numeral_count_print(INT64_MAX, text),
                        "9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f807");
}

static void test_shares(void **state)
{
    (void)state;
    assert_string_equal(fz_numeral_share_print(0, 0, text), "0" NB "%");
    assert_string_equal(fz_numeral_share_print(0, 5, text), "0" NB "%");
    assert_string_equal(fz_numeral_share_print(1, 1000, text), "<1" NB "%");
    assert_string_equal(fz_numeral_share_print(5, 1000, text), "1" NB "%");
    assert_string_equal(fz_numeral_share_print(994, 1000, text), "99" NB "%");
    assert_string_equal(fz_numeral_share_print(995, 1000, text), ">99" NB "%");
    assert_string_equal(fz_numeral_share_print(INT64_MAX - 2, INT64_MAX - 1, text), ">99" NB "%");
    assert_string_equal(fz_numeral_share_print(INT64_MAX - 1, INT64_MAX - 1, text), "100" NB "%");
    assert_string_equal(fz_numeral_share_print(1, INT64_MAX, text), "\u2013");
}

static void test_changes(void **state)
{
    (void)state;
    assert_string_equal(fz_numeral_change_print(124, 100, text), "+24" NB "%");
    assert_string_equal(fz_numeral_change_print(87, 100, text), "\u221213" NB "%");
    assert_string_equal(fz_numeral_change_print(0, 100, text), "\u2212100" NB "%");
    assert_string_equal(fz_numeral_change_print(6, 1000, text), "\u221299" NB "%");
    assert_string_equal(fz_numeral_change_print(5, 1000, text), "<\u221299" NB "%");
    assert_string_equal(fz_numeral_change_print(1, INT64_MAX - 1, text), "<\u221299" NB "%");
    assert_string_equal(fz_numeral_change_print(1, INT64_MAX, text), "\u2013");
    assert_string_equal(fz_numeral_change_print(INT64_MAX, 1, text), "\u2013");
    assert_string_equal(fz_numeral_change_print(100, 100, text), "0" NB "%");
    assert_string_equal(fz_numeral_change_print(340, 100, text), "\u00d7" NB "3.4");
    assert_string_equal(fz_numeral_change_print(995, 100, text), "\u00d7" NB "10");
    assert_string_equal(fz_numeral_change_print(1, 0, text), "new");
    assert_string_equal(fz_numeral_change_print(0, 0, text), "0" NB "%");
}

static void test_times(void **state)
{
    (void)state;
    assert_string_equal(fz_numeral_time_print(-1, true, FZ_TIME_SECOND, text), "1969-12-31 23:59:59");
    assert_string_equal(fz_numeral_time_print(0, true, FZ_TIME_BOTH, text), "1970-01-01 00:00");
    assert_string_equal(fz_numeral_time_print(INT64_C(1511290800000000), true, FZ_TIME_SHORT, text), "11-21 19:00");
    assert_string_equal(fz_numeral_time_print(INT64_C(1511290800000000), true, FZ_TIME_CLOCK, text), "19:00");
    assert_string_equal(fz_numeral_time_print(INT64_C(1511290800000000), true, FZ_TIME_DATE, text), "2017-11-21");
    assert_non_null(fz_numeral_time_print(INT64_MAX, true, FZ_TIME_SECOND, text));
    assert_non_null(fz_numeral_time_print(INT64_MIN, true, FZ_TIME_SECOND, text));
}

static void test_stretches(void **state)
{
    static const struct {
        int64_t minutes;
        const char *shown;
    } rows[] = {{1, "a minute"},       {15, "15" NB "minutes"}, {60, "an hour"},       {90, "90" NB "minutes"},
                {360, "6" NB "hours"}, {1440, "a day"},         {10080, "7" NB "days"}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_string_equal(fz_numeral_stretch_print(rows[i].minutes * INT64_C(60000000), text), rows[i].shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),   cmocka_unit_test(test_counts), cmocka_unit_test(test_shares),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_times),  cmocka_unit_test(test_stretches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
