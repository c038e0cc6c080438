/* Times of the command line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t time_s; /* 0: refused */
    } cases[] = {
        {"1700000000", 1700000000},
        {"2h", 1000000 - 7200},
        {"90s", 1000000 - 90},
        {"1d", 1000000 - 86400},
        {"now", 1000000},
        {"nows", 0},
        {"2023-11-14", 1699920000},
        {"2023-11-14T22:13", 1699999980},
        {"2023-11-14 22:13:20", 1700000000},
        {"2023-11-14T23:13:20+01:00", 1700000000},
        {"2023-11-14T22:13Z", 1699999980},
        {"", 0},
        {"h", 0},
        {"2w", 0},
        {"-5", 0},
        {"today", 950400},
        {"yesterday", 864000},
        {"yesterdays", 0},
        {"tomorrow", 0},
        {"2023-13-14", 0},
        {"99999999999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        int64_t time_s = 0;
        bool good = fz_when_parse(cases[i].text, 1000000, &time_s, &error);
        assert_int_equal(good, cases[i].time_s != 0);
        assert_int_equal(good, !error);
        assert_int_equal(time_s, cases[i].time_s);
    }
}

/* A day of 25 hours, and one whose midnight is at another offset than now. */
static void days_begin_at_local_midnight(void **state)
{
    int64_t time_s;

    (void)state;
    g_setenv("TZ", "Europe/Berlin", TRUE);
    tzset();
    assert_true(fz_when_parse("today", 1729996200, &time_s, NULL));     /* 2024-10-27 03:30 +01:00 */
    assert_int_equal(time_s, 1729980000);                               /* 00:00 +02:00 */
    assert_true(fz_when_parse("yesterday", 1730070000, &time_s, NULL)); /* 2024-10-28 00:00 +01:00 */
    assert_int_equal(time_s, 1729980000);
    g_setenv("TZ", "UTC", TRUE);
    tzset();
}

static int begin(void **state)
{
    (void)state;
    g_setenv("TZ", "UTC", TRUE);
    tzset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(days_begin_at_local_midnight),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
