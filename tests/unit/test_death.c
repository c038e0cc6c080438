/* How the ends of children are described.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "death.h"

#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void ends_are_told_in_words(void **state)
{
    (void)state;
    assert_null(fz_death_describe(1, 0));
    g_autofree char *killed = fz_death_describe(1, SIGKILL);
    assert_string_equal(killed, "was killed by signal 9 (Killed)");
    g_autofree char *failed = fz_death_describe(1, 3 << 8);
    assert_string_equal(failed, "ended with status 3");
    g_autofree char *starved = fz_death_describe(1, 109 << 8);
    assert_string_equal(starved, "ran out of memory");
    g_autofree char *jailed = fz_death_describe(1, SIGSYS);
    assert_non_null(strstr(jailed, "system call"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
