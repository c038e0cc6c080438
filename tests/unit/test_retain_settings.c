/* What `flowzone retain` is asked for: periods, sizes, and what they become.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S INT64_C(1700000000)
#define HOUR_S INT64_C(3600)
#define DAY_S (24 * HOUR_S)

/* Settings of a file's text: the section, or an error. */
static char *read_settings(const char *text, fz_retain_settings *settings)
{
    char path[] = "/tmp/flowzone-retain.XXXXXX";
    g_autoptr(GError) error = NULL;

    close(mkstemp(path));
    assert_true(g_file_set_contents(path, text, -1, NULL));
    *settings = (fz_retain_settings)FZ_RETAIN_SETTINGS_INIT("flowzone retain");
    const bool good = fz_retain_settings_read(settings, path, &error);
    unlink(path);
    assert_int_equal(good, !error);
    if (!error)
        return NULL;
    const bool of_file = g_str_has_prefix(error->message, path);
    return g_strdup(error->message + (of_file ? strlen(path) : 0));
}

static void assert_refused(const char *text, const char *expected)
{
    fz_retain_settings settings;
    g_autofree char *message = read_settings(text, &settings);

    fz_retain_settings_clear(&settings);
    assert_non_null(message);
    assert_string_equal(message, expected);
}

/* `before_s`: how old each tier gets, in seconds; -1: for ever. */
static void assert_order(const char *text, const int64_t before_s[FZ_RETAIN_TIERS], int64_t most_bytes)
{
    fz_retain_settings settings;
    fz_retain_order order;
    g_autofree char *message = read_settings(text, &settings);

    assert_null(message);
    settings.now_s = NOW_S;
    fz_retain_settings_order(&settings, &order);
    fz_retain_settings_clear(&settings);
    assert_int_equal(order.now_us, INT64_C(1000000) * NOW_S);
    assert_int_equal(order.most_bytes, most_bytes);
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        assert_int_equal(order.before_us[tier],
                         before_s[tier] < 0 ? INT64_MIN : INT64_C(1000000) * (NOW_S - before_s[tier]));
}

static void periods_become_times(void **state)
{
    (void)state;
    assert_order("[retain]\npackets=12h\ndetails=7d\nminutes=5w\nhours=400d\n",
                 (const int64_t[]){12 * HOUR_S, 7 * DAY_S, 35 * DAY_S, 400 * DAY_S}, 0);
    assert_order("[retain]\npackets=1h\ndetails=1h\nminutes=1h\nhours=1h\n",
                 (const int64_t[]){HOUR_S, HOUR_S, HOUR_S, HOUR_S}, 0);
}

static void what_is_not_given_is_kept_for_ever(void **state)
{
    (void)state;
    assert_order("[retain]\npackets=1d\n", (const int64_t[]){DAY_S, -1, -1, -1}, 0);
    assert_order("[retain]\npackets=1d\ndetails=2d\nminutes=off\nhours=off\n",
                 (const int64_t[]){DAY_S, 2 * DAY_S, -1, -1}, 0);
    assert_order("[retain]\nmax-size=50G\n", (const int64_t[]){-1, -1, -1, -1}, INT64_C(50000000000));
}

static void packets_go_with_details(void **state)
{
    (void)state;
    assert_order("[retain]\ndetails=2d\n", (const int64_t[]){2 * DAY_S, 2 * DAY_S, -1, -1}, 0);
    assert_refused("[retain]\npackets=off\ndetails=2d\n",
                   "--details=2d is shorter than --packets=off: packets must not outlive their conversations");
}

static void coarser_is_kept_as_long_as_finer(void **state)
{
    (void)state;
    assert_refused("[retain]\ndetails=7d\nminutes=1w\nhours=167h\n",
                   "--hours=167h is shorter than --minutes=1w: sums must not go before what they are sums of");
    assert_refused("[retain]\nminutes=7d\n",
                   "--minutes=7d is too short: details without a period are kept for ever; give --details=7d, or less");
    assert_refused("[retain]\npackets=1d\nhours=7d\n",
                   "--hours=7d is too short: minutes without a period are kept for ever; give --minutes=7d, or less");
}

static void sizes_are_powers_of_1000(void **state)
{
    static const char *const bad[] = {"", "1", "0K", "K", "1k", "1KB", "1.5M", "-1M", " 1M", "1M ", "9223373T"};

    (void)state;
    assert_int_equal(fz_retain_size_parse("1K"), 1000);
    assert_int_equal(fz_retain_size_parse("20M"), 20000000);
    assert_int_equal(fz_retain_size_parse("3T"), INT64_C(3000000000000));
    assert_int_equal(fz_retain_size_parse("9223372T"), INT64_C(9223372000000000000));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_int_equal(fz_retain_size_parse(bad[i]), 0);
}

static void bad_values_are_named(void **state)
{
    (void)state;
    assert_refused("[retain]\ndetails=7\n", ": details=7: expected 1h or more, such as 12h, 7d or 4w, or off");
    assert_refused("[retain]\ndetails=0d\n", ": details=0d: expected 1h or more, such as 12h, 7d or 4w, or off");
    assert_refused("[retain]\ndetails=9999999999999d\n",
                   ": details=9999999999999d: expected 1h or more, such as 12h, 7d or 4w, or off");
    assert_refused("[retain]\nmax-size=1g\n", ": max-size=1g: expected a size such as 500M, 50G or 2T");
    assert_refused("[retain]\ndays=7d\n", ": unknown setting \"days\" in [retain]");
}

static void a_file_that_asks_for_nothing_is_refused(void **state)
{
    static const char expected[] =
        "without a period nothing would ever go: give some, such as --details=7d --packets=1d --minutes=30d "
        "--hours=400d, or in [retain] of /etc/flowzone/flowzone.conf";

    (void)state;
    assert_refused("", expected);
    assert_refused("[batch]\nring=/nowhere\n", expected);
    assert_refused("[retain]\ndetails=off\nkeep=port 1\n", expected);
}

static void the_store_is_that_of_batch_where_none_is_named(void **state)
{
    fz_retain_settings settings;

    (void)state;
    g_free(read_settings("[batch]\nto=sqlite:b.db\n[retain]\ndetails=1d\n", &settings));
    assert_string_equal(settings.to, "sqlite:b.db");
    fz_retain_settings_clear(&settings);
    g_free(read_settings("[batch]\nto=sqlite:b.db\n[retain]\ndetails=1d\nto=sqlite:r.db\n", &settings));
    assert_string_equal(settings.to, "sqlite:r.db");
    fz_retain_settings_clear(&settings);
    g_free(read_settings("[retain]\ndetails=1d\n", &settings));
    assert_null(settings.to);
    fz_retain_settings_clear(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_become_times),
        cmocka_unit_test(what_is_not_given_is_kept_for_ever),
        cmocka_unit_test(packets_go_with_details),
        cmocka_unit_test(coarser_is_kept_as_long_as_finer),
        cmocka_unit_test(sizes_are_powers_of_1000),
        cmocka_unit_test(bad_values_are_named),
        cmocka_unit_test(a_file_that_asks_for_nothing_is_refused),
        cmocka_unit_test(the_store_is_that_of_batch_where_none_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
