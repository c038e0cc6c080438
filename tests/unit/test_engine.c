/* The table of engines, and which one a capture gets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_engine_is_found_by_its_name(void **state)
{
    (void)state;
    for (int id = 0; id < FZ_ENGINES; id++) {
        const fz_engine_row *engine = fz_engine_find(fz_engine_names[id]);
        assert_non_null(engine);
        assert_int_equal(engine->id, id);
        assert_non_null(engine->start);
    }
    assert_null(fz_engine_find("auto"));
    assert_null(fz_engine_find(""));
}

static void a_capture_gets_the_fastest_engine_that_has_all_rows(void **state)
{
    static char filter[] = "tcp";
    const fz_options plain = {.layers = FZ_LAYERS_OUTER}, all = {.layers = FZ_LAYERS_ALL},
                     filtered = {.layers = FZ_LAYERS_OUTER, .filter = filter};

    (void)state;
    assert_int_equal(fz_engine_choose(&plain, "")->id, FZ_ENGINE_SCAN);
    assert_int_equal(fz_engine_choose(&plain, "143 (DOCSIS)")->id, FZ_ENGINE_FULL);
    assert_int_equal(fz_engine_choose(&all, "")->id, FZ_ENGINE_FULL);
    assert_int_equal(fz_engine_choose(&filtered, "")->id, FZ_ENGINE_FULL);
}

static void what_only_dissectors_find_is_for_engines_that_have_them(void **state)
{
    const fz_options all = {.layers = FZ_LAYERS_ALL};

    (void)state;
    assert_true(fz_engine_must_dissect(&all));
    assert_true(fz_engine_choose(&all, "")->dissects);
    assert_false(fz_engine_find("lean")->dissects);
    assert_false(fz_engine_find("scan")->dissects);
}

/* Scan runs no program of others, so nothing can be missing. */
static void scan_works_everywhere(void **state)
{
    const fz_options plain = {.layers = FZ_LAYERS_OUTER};

    (void)state;
    assert_true(fz_engine_check(fz_engine_find("scan"), &plain, NULL, -1, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_is_found_by_its_name),
        cmocka_unit_test(a_capture_gets_the_fastest_engine_that_has_all_rows),
        cmocka_unit_test(what_only_dissectors_find_is_for_engines_that_have_them),
        cmocka_unit_test(scan_works_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
