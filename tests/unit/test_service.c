/* Services by their ports.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/service.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void rows_are_in_order_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        assert_true(services[i].protocols != 0 && strlen(services[i].name) > 0);
        if (i == 0)
            continue;
        assert_true(services[i - 1].port <= services[i].port);
        if (services[i - 1].port == services[i].port) {
            assert_int_equal(services[i - 1].protocols & services[i].protocols, 0);
            assert_true(i == 1 || services[i - 2].port != services[i].port);
        }
    }
}

static void every_row_is_found_by_its_protocols(void **state)
{
    static const struct {
        uint8_t protocol, bit;
    } numbers[] = {{6, TCP}, {17, UDP}, {33, UDP}, {136, UDP}, {132, SCTP}, {1, 0}, {0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            if ((services[i].protocols & numbers[j].bit) != 0)
                assert_ptr_equal(fz_service_name(numbers[j].protocol, services[i].port), services[i].name);
    assert_string_equal(fz_service_name(17, 514), "syslog");
    assert_string_equal(fz_service_name(6, 514), "shell");
    assert_null(fz_service_name(17, 3306));
    assert_null(fz_service_name(6, 49152));
    assert_null(fz_service_name(1, 443));
}

static void system_ports_and_those_of_the_table_are_known(void **state)
{
    (void)state;
    assert_false(fz_service_is_known(6, 0));
    assert_true(fz_service_is_known(6, 1));
    assert_true(fz_service_is_known(0, 1023));
    assert_false(fz_service_is_known(6, 1024));
    assert_true(fz_service_is_known(6, 3306));
    assert_false(fz_service_is_known(17, 3306));
    assert_true(fz_service_is_known(17, 51820));
    assert_false(fz_service_is_known(6, 65535));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_in_order_and_named),
        cmocka_unit_test(every_row_is_found_by_its_protocols),
        cmocka_unit_test(system_ports_and_those_of_the_table_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
