/* IP addresses and prefixes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static fz_addr addr_of(const char *text)
{
    fz_addr addr;

    if (!fz_addr_parse(text, &addr))
        fail_msg("%s was refused", text);
    return addr;
}

static fz_prefix prefix_of(const char *text)
{
    fz_prefix prefix;
    const char *fault = NULL;

    if (!fz_prefix_parse(text, &prefix, &fault))
        fail_msg("%s was refused: %s", text, fault);
    return prefix;
}

static void addresses_print_in_the_form_of_rfc_5952(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"10.1.2.3", "10.1.2.3"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    char text[FZ_ADDR_TEXT_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fz_addr addr = addr_of(texts[i][0]);

        assert_string_equal(fz_addr_print(&addr, text), texts[i][1]);
        fz_addr again = addr_of(text);
        assert_int_equal(fz_addr_compare(&addr, &again), 0);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4 ",
        "0x1.2.3.4",
        "1",
        "1.2.3.-4",
        "localhost",
        ":",
        ":::",
        "1::2::3",
        "fe80::1%eth0",
        "12345::",
        "::g",
        "1:2:3:4:5:6:7:8:9",
        "::1.2.3",
        " ::1",
        "[::1]",
        "1.2.3.4/8",
        "::ffff:1.2.3.4.5",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    fz_addr addr = {.family = 77};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (fz_addr_parse(texts[i], &addr) || addr.family != 77)
            fail_msg("\"%s\" was taken for an address", texts[i]);
}

static void ipv4_fills_the_first_four_bytes_only(void **state)
{
    (void)state;
    static const uint8_t expected[16] = {192, 0, 2, 255};
    fz_addr addr;

    memset(&addr, 0xaa, sizeof addr);
    assert_true(fz_addr_parse("192.0.2.255", &addr));
    assert_int_equal(addr.family, FZ_IPV4);
    assert_memory_equal(addr.bytes, expected, sizeof expected);
}

static void an_unknown_family_has_no_bits_and_no_text(void **state)
{
    (void)state;
    fz_addr nothing = {0};
    char text[FZ_ADDR_TEXT_SIZE];

    assert_int_equal(fz_family_bits(FZ_IPV4), 32);
    assert_int_equal(fz_family_bits(FZ_IPV6), 128);
    assert_int_equal(fz_family_bits(0), 0);
    assert_string_equal(fz_addr_print(&nothing, text), "");
}

static void addresses_are_ordered_by_family_then_value(void **state)
{
    (void)state;
    static const char *const ascending[] = {"0.0.0.0", "9.255.255.255", "10.0.0.0", "200.0.0.1", "255.255.255.255",
                                            "::",      "::1",           "1::",      "8000::",    "ff02::1"};

    for (size_t i = 0; i < G_N_ELEMENTS(ascending); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(ascending); j++) {
            fz_addr a = addr_of(ascending[i]), b = addr_of(ascending[j]);
            int order = fz_addr_compare(&a, &b);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void prefixes_print_as_they_were_written(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"10.1.2.3/24", "10.1.2.3/24"},
        {"192.0.2.1/32", "192.0.2.1/32"},
        {"192.0.2.1", "192.0.2.1/32"},
        {"::/0", "::/0"},
        {"2001:db8::/32", "2001:db8::/32"},
        {"::1", "::1/128"},
        {"FF00::/8", "ff00::/8"},
    };
    char text[FZ_PREFIX_TEXT_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fz_prefix prefix = prefix_of(texts[i][0]);

        assert_string_equal(fz_prefix_print(&prefix, text), texts[i][1]);
    }
}

static void the_longest_prefix_text_fits(void **state)
{
    (void)state;
    fz_prefix prefix = {.addr = {.family = FZ_IPV6}, .length = 128};
    char text[FZ_PREFIX_TEXT_SIZE];

    memset(prefix.addr.bytes, 0xff, sizeof prefix.addr.bytes);
    assert_string_equal(fz_prefix_print(&prefix, text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void what_is_no_prefix_is_refused_with_what_was_expected(void **state)
{
    (void)state;
    static const char addr_fault[] = "expected an IPv4 or IPv6 address, a slash and a length";
    static const char fault4[] = "expected a length of 0 to 32 after the slash";
    static const char fault6[] = "expected a length of 0 to 128 after the slash";
    static const char *const texts[][2] = {
        {"", addr_fault},
        {"/8", addr_fault},
        {"10.0.0.0.0/8", addr_fault},
        {"10/8", addr_fault},
        {" 10.0.0.0/8", addr_fault},
        {"zones/8", addr_fault},
        {"10.0.0.0/33", fault4},
        {"10.0.0.0/", fault4},
        {"10.0.0.0/-1", fault4},
        {"10.0.0.0/+8", fault4},
        {"10.0.0.0/8 ", fault4},
        {"10.0.0.0/08", fault4},
        {"10.0.0.0/8/8", fault4},
        {"10.0.0.0/255.0.0.0", fault4},
        {"10.0.0.0/4294967304", fault4},
        {"10.0.0.0/264", fault4},
        {"::/129", fault6},
        {"::/999", fault6},
        {"2001:db8::/x", fault6},
    };
    fz_prefix prefix;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *fault = NULL;

        if (fz_prefix_parse(texts[i][0], &prefix, &fault))
            fail_msg("\"%s\" was taken for a prefix", texts[i][0]);
        assert_string_equal(fault, texts[i][1]);
    }
}

static void host_bits_are_cleared_and_told(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"10.1.2.3/24", "10.1.2.0/24"},
        {"10.1.2.3/0", "0.0.0.0/0"},
        {"10.1.2.255/25", "10.1.2.128/25"},
        {"10.1.2.3/31", "10.1.2.2/31"},
        {"2001:db8::1/32", "2001:db8::/32"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/65", "ffff:ffff:ffff:ffff:8000::/65"},
        {"::1/127", "::/127"},
    };
    char text[FZ_PREFIX_TEXT_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fz_prefix prefix = prefix_of(texts[i][0]);

        assert_true(fz_prefix_mask(&prefix));
        assert_string_equal(fz_prefix_print(&prefix, text), texts[i][1]);
        assert_false(fz_prefix_mask(&prefix));
    }
}

static void a_prefix_holds_its_own_addresses_only(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *addr;
        bool inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"10.1.2.128/25", "10.1.2.127", false},
        {"10.1.2.128/25", "10.1.2.128", true},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "::", false},
        {"::/0", "0.0.0.0", false},
        {"::/0", "ffff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1/128", "::1", true},
        {"::1/128", "::", false},
        {"192.0.2.1/32", "192.0.2.1", true},
        {"192.0.2.1/32", "192.0.2.0", false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_prefix prefix = prefix_of(cases[i].prefix);
        fz_addr addr = addr_of(cases[i].addr);

        if (fz_prefix_contains(&prefix, &addr) != cases[i].inside)
            fail_msg("%s in %s: expected %d", cases[i].addr, cases[i].prefix, cases[i].inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_print_in_the_form_of_rfc_5952),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(ipv4_fills_the_first_four_bytes_only),
        cmocka_unit_test(an_unknown_family_has_no_bits_and_no_text),
        cmocka_unit_test(addresses_are_ordered_by_family_then_value),
        cmocka_unit_test(prefixes_print_as_they_were_written),
        cmocka_unit_test(the_longest_prefix_text_fits),
        cmocka_unit_test(what_is_no_prefix_is_refused_with_what_was_expected),
        cmocka_unit_test(host_bits_are_cleared_and_told),
        cmocka_unit_test(a_prefix_holds_its_own_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
