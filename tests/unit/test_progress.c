/* The line of the progress bar.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_line(uint64_t done, uint64_t total, uint64_t rows, int64_t elapsed_us, const char *expected)
{
    g_autofree char *line = fz_progress_line("day.flow", done, total, rows, elapsed_us, 100);

    assert_string_equal(line, expected);
}

static void a_known_size_shows_part_speed_and_time_left(void **state)
{
    (void)state;
    assert_line(25, 100, 1234567, 2000000,
                "day.flow [######..................]  25 %  1,234,567 rows, 617,283/s, 0:06 left");
    assert_line(100, 100, 999, 1000000, "day.flow [########################] 100 %  999 rows, 999/s, 0:00 left");
    assert_line(1, 1000, 1000, 1000000, "day.flow [........................]   0 %  1,000 rows, 1,000/s, 16:39 left");
}

static void an_unknown_size_shows_rows_and_speed(void **state)
{
    (void)state;
    assert_line(25, 0, 1000000, 4000000, "day.flow  1,000,000 rows, 250,000/s");
}

/* A file that grows while it is read, a clock that does not advance. */
static void odd_numbers_are_no_trouble(void **state)
{
    (void)state;
    assert_line(300, 100, 10, 1000000, "day.flow [########################] 100 %  10 rows, 10/s, 0:00 left");
    assert_line(0, 100, 0, 0, "day.flow [........................]   0 %  0 rows, 0/s");
}

static void a_narrow_terminal_cuts_between_characters(void **state)
{
    g_autofree char *line = fz_progress_line("größe.flow", 1, 2, 3, 1000000, 3);

    (void)state;
    assert_string_equal(line, "grö");
}

static void without_a_terminal_there_is_no_bar(void **state)
{
    (void)state;
    assert_null(fz_progress_new("day.flow", 100, true));
    fz_progress_update(NULL, 1, 1);
    fz_progress_hide(NULL);
    fz_progress_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_size_shows_part_speed_and_time_left),
        cmocka_unit_test(an_unknown_size_shows_rows_and_speed),
        cmocka_unit_test(odd_numbers_are_no_trouble),
        cmocka_unit_test(a_narrow_terminal_cuts_between_characters),
        cmocka_unit_test(without_a_terminal_there_is_no_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
