/* Which kinds of findings words name.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void words_are_kinds(void **state)
{
    (void)state;
    static const char *const words[] = {"beacons", "scans", "long", "one-way"};
    unsigned all = 0, find;

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        assert_true(fz_reporting_find_parse(words[i], &find));
        assert_int_equal(find & all, 0);
        all |= find;
    }
    assert_true(fz_reporting_find_parse("one-way,long,scans,beacons", &find));
    assert_int_equal(find, all);
    assert_true(fz_reporting_find_parse("long,long", &find));
}

static void other_words_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"",      ",",          "long,", ",long",       "Long",
                                        " long", "long scans", "new",   "beacons,\xff"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        unsigned find;
        if (fz_reporting_find_parse(words[i], &find))
            fail_msg("\"%s\" is taken", words[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_kinds),
        cmocka_unit_test(other_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
