/* Records, their table of fields, and times.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow.h"

#include <stdlib.h>
#include <string.h>

static void assert_time(int64_t time_us, const char *expected)
{
    char text[FZ_TIME_TEXT_SIZE];
    assert_string_equal(fz_time_print(time_us, text), expected);
}

static void times_that_do_not_fit_are_none(void **state)
{
    (void)state;
    assert_true(fz_time_us(1700000000, 123456789) == INT64_C(1700000000123456));
    assert_true(fz_time_us(-1, 500000000) == -500000);
    assert_true(fz_time_us(1, -1) == 999999 && fz_time_ns(-1) == 999);
    assert_true(fz_time_us(1, -1000) == 999999 && fz_time_ns(-1000) == 0);
    assert_int_equal(fz_time_ns(123456789), 789);
    assert_true(fz_time_us(INT64_C(9223372036854), 775807999) == INT64_MAX);
    assert_true(fz_time_us(INT64_C(9223372036854), 775808000) == FZ_TIME_NONE);
    assert_true(fz_time_us(INT64_C(-9223372036854), 0) == INT64_C(-9223372036854000000));
    assert_true(fz_time_us(INT64_C(-9223372036855), 999999999) == FZ_TIME_NONE);
    assert_true(fz_time_us(INT64_MAX, 5000) == FZ_TIME_NONE);
    assert_true(fz_time_us(INT64_MIN, 0) == FZ_TIME_NONE);
}

static void times_at_the_edges(void **state)
{
    (void)state;
    assert_time(0, "1970-01-01 00:00:00.000000");
    assert_time(-1, "1969-12-31 23:59:59.999999");
    assert_time(INT64_C(-86400000000), "1969-12-31 00:00:00.000000");
    assert_time(INT64_C(-86400000001), "1969-12-30 23:59:59.999999");
    assert_time(INT64_C(951782400000000), "2000-02-29 00:00:00.000000");
    assert_time(INT64_C(4107542400000000), "2100-03-01 00:00:00.000000");
    assert_time(INT64_C(2147483647999999), "2038-01-19 03:14:07.999999");
    assert_time(INT64_C(2147483648000000), "2038-01-19 03:14:08.000000");
    assert_time(INT64_C(4294967296000000), "2106-02-07 06:28:16.000000");
    assert_time(INT64_C(253402300799999999), "9999-12-31 23:59:59.999999");
    assert_time(INT64_C(253402300800000000), "10000-01-01 00:00:00.000000");
    assert_time(INT64_C(-62135596800000001), "0000-12-31 23:59:59.999999");
    assert_time(INT64_MAX, "294247-01-10 04:00:54.775807");
    assert_time(INT64_MIN, "-290308-12-21 19:59:05.224192");
}

/* GDateTime knows the years 1 to 9999. */
static void random_times_as_glib_prints_them(void **state)
{
    (void)state;
    const char *given = g_getenv("FZ_SEED");
    uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : g_random_int();
    print_message("FZ_SEED=%u\n", seed);
    GRand *random = g_rand_new_with_seed(seed);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)g_rand_double_range(random, -62135596800.0, 253402300799.0);
        int32_t fraction = g_rand_int_range(random, 0, 1000000);
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
        g_autofree char *start = g_strdup_printf("%04d", g_date_time_get_year(time)),
                        *rest = g_date_time_format(time, "-%m-%d %H:%M:%S"),
                        *expected = g_strdup_printf("%s%s.%06d", start, rest, fraction);
        assert_time(seconds * 1000000 + fraction, expected);
    }
    g_rand_free(random);
}

static void totals_add_all_classes(void **state)
{
    (void)state;
    fz_totals totals = {.counted = {1, 10}, .not_ip = {2, 20}, .unparsable = {4, 40}, .filtered = {8, 80}};
    assert_int_equal(fz_totals_all(&totals).frames, 15);
    assert_int_equal(fz_totals_all(&totals).bytes, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_that_do_not_fit_are_none),
        cmocka_unit_test(times_at_the_edges),
        cmocka_unit_test(random_times_as_glib_prints_them),
        cmocka_unit_test(totals_add_all_classes),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
