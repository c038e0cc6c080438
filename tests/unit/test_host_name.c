/* Names of hosts: which are shown, and which are not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_of_hosts_are_taken(void **state)
{
    static const char *const names[][2] = {
        {"host.example.com", "host.example.com"},
        {"Host.EXAMPLE.Com.", "host.example.com"},
        {"a", "a"},
        {"_sip._tcp.example.com", "_sip._tcp.example.com"},
        {"1-2-3-4.static.isp.net", "1-2-3-4.static.isp.net"},
        {"4.0-63.3.2.1.in-addr.arpa", "4.0-63.3.2.1.in-addr.arpa"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"a.b-", "a.b-"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char name[FZ_HOST_NAME_SIZE];
        assert_true(fz_host_name_take(names[i][0], strlen(names[i][0]), name));
        assert_string_equal(name, names[i][1]);
        assert_true(fz_host_name_is_sound(name));
    }
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const names[] = {
        "",         ".",        "..",           ".a",          "a..b",       "a.b..",    "192.0.2.1",    "192.0.2.1.",
        "10",       "a.1",      "a.2b",         "0x7f000001",  "2001:db8::", "-rf.a",    "a b.c",        "a/b.c",
        "a'b.c",    "=cmd.com", "<script>.com", "\033[2J.com", "a\n.com",    "a\tb.com", "b\xc3\xbc.de", "a,b.com",
        "a\"b.com", "a\\b.com", "a\x7f.com",    "(internet)",  "*.com",      "a.-b",     "a.com/24",     "a@b.com",
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char name[FZ_HOST_NAME_SIZE];
        if (fz_host_name_take(names[i], strlen(names[i]), name))
            fail_msg("%s was taken", names[i]);
    }
    char name[FZ_HOST_NAME_SIZE];
    assert_false(fz_host_name_take("a\0b.com", 7, name));
}

static void lengths_have_bounds(void **state)
{
    char long_name[300], name[FZ_HOST_NAME_SIZE];
    (void)state;
    memset(long_name, 'a', sizeof long_name);
    assert_true(fz_host_name_take(long_name, 63, name));
    assert_false(fz_host_name_take(long_name, 64, name));
    for (size_t i = 63; i < sizeof long_name; i += 64)
        long_name[i] = '.';
    assert_true(fz_host_name_take(long_name, 253, name));
    assert_int_equal(strlen(name), 253);
    assert_false(fz_host_name_take(long_name, 254, name));
    memset(name, 'a', sizeof name);
    assert_false(fz_host_name_is_sound(name)); /* it has no end */
}

static void only_small_letters_are_sound(void **state)
{
    char name[FZ_HOST_NAME_SIZE] = "Host.example";
    (void)state;
    assert_false(fz_host_name_is_sound(name));
    strcpy(name, "host.example.");
    assert_false(fz_host_name_is_sound(name));
    *name = '\0';
    assert_false(fz_host_name_is_sound(name));
}

static void addresses_are_checked(void **state)
{
    fz_addr addr;
    (void)state;
    assert_true(fz_addr_parse("192.0.2.1", &addr) && fz_addr_is_sound(&addr));
    addr.bytes[9] = 1;
    assert_false(fz_addr_is_sound(&addr));
    addr.family = FZ_IPV6;
    assert_true(fz_addr_is_sound(&addr));
    addr.family = 5;
    assert_false(fz_addr_is_sound(&addr));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_hosts_are_taken), cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(lengths_have_bounds),      cmocka_unit_test(only_small_letters_are_sound),
        cmocka_unit_test(addresses_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
