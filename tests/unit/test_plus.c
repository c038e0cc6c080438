/* Tests of plus.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "plus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sums_end(void **state)
{
    (void)state;
    assert_int_equal(fz_plus(1, 2), 3);
    assert_int_equal(fz_plus(INT64_MAX - 1, 1), INT64_MAX);
    assert_int_equal(fz_plus(INT64_MAX - 1, 2), INT64_MAX);
    assert_int_equal(fz_plus(INT64_MAX, INT64_MAX), INT64_MAX);
    assert_int_equal(fz_plus(INT64_C(1) << 62, INT64_C(1) << 62), INT64_MAX);
    assert_int_equal(fz_plus(INT64_MIN, INT64_MAX), -1);
    assert_int_equal(fz_plus(INT64_MIN, -1), INT64_MIN);
    assert_int_equal(fz_plus(-1, INT64_MIN), INT64_MIN);
}

static void sums_of_counts_end_where_stores_do(void **state)
{
    (void)state;
    assert_int_equal(fz_plus_counts(1, 2), 3);
    assert_int_equal(fz_plus_counts(INT64_MAX - 1, 1), INT64_MAX);
    assert_int_equal(fz_plus_counts(INT64_MAX - 1, 2), INT64_MAX);
    assert_int_equal(fz_plus_counts(UINT64_MAX, UINT64_MAX), INT64_MAX);
    assert_int_equal(fz_plus_counts(0, UINT64_MAX), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_end),
        cmocka_unit_test(sums_of_counts_end_where_stores_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
