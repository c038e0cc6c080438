/* Series over time: blocks, axis and figures.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-24 00:00 UTC. */
#define DAY_START_US INT64_C(1795478400000000)
#define MINUTE_US INT64_C(60000000)

static const fz_answer_manner people = {.utc = true, .utf8 = true, .width = 80};

static void expect(const fz_answer_manner *manner, const fz_series_table *table, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    fz_series_print(out, manner, table);
    (void)fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

enum { BINS = 96 };

/* A day in quarters of an hour: a ramp, one peak, nothing; and no capture for one of the quarters. */
static void fill(int64_t ramp[BINS], int64_t peak[BINS], int64_t none[BINS])
{
    for (int i = 0; i < BINS; i++) {
        ramp[i] = INT64_C(1000) * i;
        peak[i] = i == 82 ? 671000 : i == 5 ? 1 : 0;
        none[i] = 0;
    }
    ramp[53] = peak[53] = none[53] = FZ_SERIES_GAP;
}

static void a_day_in_blocks(void **state)
{
    int64_t ramp[BINS], peak[BINS], none[BINS];
    const fz_series series[] = {{"all", ramp}, {"(internet)", peak}, {"other (10)", none}};
    fz_series_table table = {.start_us = DAY_START_US,
                             .bin_us = 15 * MINUTE_US,
                             .bins = BINS,
                             .series = series,
                             .count = 3,
                             .kind = FZ_CELL_BYTES};

    (void)state;
    fill(ramp, peak, none);
    expect(&people, &table,
           "                00:00   06:00   12:00   18:00       total      max  at\n"
           "    all         ▁▁▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▃▅▅▅▅▆▆▆▆▇▇▇▇██  4.51 MB  95.0 kB  23:45\n"
           "    (internet)   ▁                         █       671 kB   671 kB  20:30\n"
           "    other (10)                                        0 B      0 B\n"
           "    max: in one bin of 15 minutes. A block is 45 minutes; each line has its own\n"
           "    height.\n");
    fz_answer_manner manner = {.utc = true, .exact = true, .width = 60};
    table.remark = "Bytes of packets.";
    expect(&manner, &table,
           "                00:00   12:00         total      max  at\n"
           "    all         1112233445566778  4,507,000   95,000  23:45\n"
           "    (internet)  1            8      671,001  671,000  20:30\n"
           "    other (10)                            0        0\n"
           "    max: in one bin of 15 minutes. A block is 90 minutes;\n"
           "    each line has its own height, 1 to 8. Bytes of packets.\n");
    manner = (fz_answer_manner){.utc = true, .utf8 = true, .width = 160, .colour = true};
    expect(&manner, &table,
           "\033[2m                00:00   02:00   04:00   06:00   08:00   10:00   12:00   14:00   16:00   18:00   "
           "20:00   22:00       total  min  average      p95      max  at\033[0m\n"
           "    \033[1mall\033[0m         \033[34m "
           "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄┊▅▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇██████\033[0m  "
           "4.51 MB  0 B  47.4 kB  91.0 kB  95.0 kB  23:45\n"
           "    \033[1m(internet)\033[0m  \033[34m     ▁                                               ┊               "
           "             █             \033[0m   671 kB  0 B  7.06 kB      0 B   671 kB  20:30\n"
           "    \033[1mother (10)\033[0m  \033[34m                                                     ┊               "
           "                           \033[0m      0 B  0 B      0 B      0 B      0 B\n"
           "\033[2m    max: in one bin of 15 minutes. Each line has its own height; ┊ no capture. Bytes of "
           "packets.\033[0m\n");
}

/* Hours of eight days with a capture of one hour each day, but for the third and fourth: what was captured is seen. */
static void captures_with_gaps(void **state)
{
    enum { HOURS = 8 * 24 };
    int64_t values[HOURS];
    const fz_series series[] = {{"all", values}};
    fz_series_table table = {.start_us = DAY_START_US,
                             .bin_us = 60 * MINUTE_US,
                             .bins = HOURS,
                             .series = series,
                             .count = 1,
                             .kind = FZ_CELL_BYTES};
    fz_answer_manner manner = {.utc = true, .utf8 = true, .width = 48};

    (void)state;
    for (int i = 0; i < HOURS; i++)
        values[i] = i % 24 == 12 && i / 24 != 2 && i / 24 != 3 ? 1000000 : FZ_SERIES_GAP;
    expect(&manner, &table,
           "           11-26     total      max  at\n"
           "    all  ██┊┊████  6.00 MB  1.00 MB  11-24 12:00\n"
           "    max: in one hour. A block is one day; each\n"
           "    line has its own height; ┊ no capture.\n");
}

/* Three days around the end of summer time; clocks of the place are two hours ahead of UTC, and then one. */
static void days_of_a_place(void **state)
{
    enum { HOURS = 73 };
    int64_t values[HOURS];
    const fz_series series[] = {{"\033[2J\u6771\u4eac and a name that does not fit", values}};
    fz_series_table table = {.start_us = INT64_C(1792792800000000), /* 2026-10-23 22:00 UTC */
                             .bin_us = 60 * MINUTE_US,
                             .bins = HOURS,
                             .series = series,
                             .count = 1,
                             .kind = FZ_CELL_COUNT};
    fz_answer_manner manner = {.utf8 = true, .width = 80};

    (void)state;
    for (int i = 0; i < HOURS; i++)
        values[i] = i % 24 == 12 ? 1000 : 1;
    expect(&manner, &table,
           "                       10-24       10-26    total    max  at\n"
           "    \\x1b[2J東京 and …  ▁▁▁█▁▁▁▁▁█▁▁▁▁▁█▁▁▁  3,070  1,000  10-24 12:00+02:00\n"
           "    max: in one hour. A block is 4 hours; each line has its own height.\n");
}

/* Titles that begin alike, that end alike too, and one that is short. */
static void different_titles_look_different(void **state)
{
    static const int64_t values[] = {1, 2, 3};
    const fz_series series[] = {{"offices of the north \u2192 internet", values},
                                {"offices of the north \u2192 databases", values},
                                {"guests of all the world \u2192 servers of one kind", values},
                                {"guests of all the stars \u2192 servers of one kind", values},
                                {"short", values}};
    const fz_series_table table = {
        .start_us = DAY_START_US, .bin_us = MINUTE_US, .bins = 3, .series = series, .count = 5, .kind = FZ_CELL_COUNT};
    const fz_answer_manner manner = {.utc = true, .utf8 = true, .width = 60};

    (void)state;
    expect(&manner, &table,
           "                      total  max  at\n"
           "    offic…ernet  ▃▅█      6    3  00:02\n"
           "    offic…bases  ▃▅█      6    3  00:02\n"
           "    guests o… 1  ▃▅█      6    3  00:02\n"
           "    guests o… 2  ▃▅█      6    3  00:02\n"
           "    short        ▃▅█      6    3  00:02\n"
           "    max: in one minute. Each line has its own height.\n");
}

static void means_do_not_overflow(void **state)
{
    static const int64_t values[] = {INT64_MAX, INT64_MAX, 2, INT64_MAX - 1, 1};

    (void)state;
    assert_int_equal(fz_series_mean(values, 2), INT64_MAX);
    assert_int_equal(fz_series_mean(values, 3), INT64_C(6148914691236517205));
    assert_int_equal(fz_series_mean(values + 2, 2), INT64_C(4611686018427387904));
    assert_int_equal(fz_series_mean(values + 4, 1), 1);
}

/* No series, no bins, numbers that do not add up to 64 bits, and no room. */
static void odd_ones(void **state)
{
    static const int64_t values[] = {INT64_MAX, INT64_MAX, -5};
    const fz_series series[] = {{"", values}};
    fz_series_table table = {
        .start_us = DAY_START_US, .bin_us = MINUTE_US, .bins = 3, .series = series, .count = 1, .kind = FZ_CELL_BYTES};
    fz_answer_manner manner = {.utc = true, .utf8 = true, .width = 1};

    (void)state;
    expect(&people, &table,
           "              total       max  at\n"
           "      ██   >9.22 EB  >9.22 EB  00:00\n"
           "    max: in one minute. Each line has its own height.\n");
    expect(&manner, &table,
           "              total       max  at\n"
           "      ██   >9.22 EB  >9.22 EB  00:00\n"
           "    max: in one minute. Each line has its own\n"
           "    height.\n");
    table.bins = 0;
    table.count = 0;
    expect(&people, &table,
           "        total  min  average  p95  max  at\n"
           "    max: in one minute. Each line has its own height.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_in_blocks), cmocka_unit_test(captures_with_gaps),
        cmocka_unit_test(days_of_a_place), cmocka_unit_test(different_titles_look_different),
        cmocka_unit_test(odd_ones),        cmocka_unit_test(means_do_not_overflow),
    };

    g_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
