/* The filter: what is read, how it is printed, and what its errors say.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"
#include "filter_display.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void filters_are_read_and_printed(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {" # nothing\n\t", ""},
        {"src zone wifi and dst zone web and not port in [80, 443] and bytes > 10M",
         "(((src zone \"wifi\" and dst zone \"web\") and not port in [80, 443]) and bytes > 10000000)"},
        {"a or b", NULL},
        {"zone a or zone b and zone c", "(zone \"a\" or (zone \"b\" and zone \"c\"))"},
        {"zone a && (zone b || !zone c)", "(zone \"a\" and (zone \"b\" or not zone \"c\"))"},
        {"ZONE A AND client Port 80", "(zone \"A\" and src port 80)"},
        {"server.zone a and Client.port 80", "(dst zone \"a\" and src port 80)"},
        {"zone = 'it''s' # the end", "zone \"it's\""},
        {"zone '; DROP TABLE fz_flow; --'", "zone \"; DROP TABLE fz_flow; --\""},
        {"server zone (internet) or zone in [\"a b\", (no zone)]",
         "(dst zone \"(internet)\" or zone in [\"a b\", \"(no zone)\"])"},
        {"zone != wifi", "zone != \"wifi\""},
        {"zone Größe", "zone \"Größe\""},
        {"zone \"and\" and zone \"in\"", "(zone \"and\" and zone \"in\")"},
        {"host 10.0.0.1 or net 10.1.2.3/8", "(ip 10.0.0.1 or ip 10.0.0.0/8)"},
        {"dst ip 2001:DB8::1", "dst ip 2001:db8::1"},
        {"port https", "port 443"},
        {"port 8000-8999", "port 8000-8999"},
        {"port in [1, 3-5]", "port in [1, 3-5]"},
        {"service dns", "service 53"},
        {"service tcp/https", "service 6/443"},
        {"service syslog", "service 17/514"},
        {"tcp port 80 or udp dst port 53", "((proto 6 and port 80) or (proto 17 and dst port 53))"},
        {"proto icmp or icmp6 or proto 47", "((proto 1 or proto 58) or proto 47)"},
        {"ipv6 and not ipv4", "(ipv6 and not ipv4)"},
        {"ipv4 tcp", "(ipv4 and proto 6)"},
        {"vlan 0", "vlan 0"},
        {"location Rome and sensor 'ids 1' and source log.pcap.*",
         "((location \"Rome\" and sensor \"ids 1\") and source \"log.pcap.*\")"},
        {"bytes >= 1.5k and src packets < 2Ki and ip-bytes ne 3GB",
         "((bytes >= 1500 and src packets < 2048) and ip-bytes != 3000000000)"},
        {"duration > 1h30m and rate le 10M", "(duration > 5400000000us and rate <= 10000000)"},
        {"flags S/SA or dst flags R", "(flags S/SA or dst flags R)"},
        {"in or out or transit or cross or inside or one-way or sure",
         "((((((in or out) or transit) or cross) or inside) or one-way) or sure)"},
        {"not not zone a", "not not zone \"a\""},
        {"bytes = 9223372036854774000", "bytes = 9223372036854774000"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(fz_filter) filter = fz_filter_parse(cases[i][0], FZ_FILTER_OF_FLOWS, &error);
        g_autofree char *printed = fz_filter_print(filter);
        if (!cases[i][1]) {
            assert_non_null(error);
            continue;
        }
        assert_null(error);
        assert_string_equal(printed, cases[i][1]);
        g_autoptr(fz_filter) again = fz_filter_parse(printed, FZ_FILTER_OF_FLOWS, &error);
        g_autofree char *reprinted = fz_filter_print(again);
        assert_string_equal(reprinted, printed);
    }
}

static void an_error_shows_its_place(void **state)
{
    static const struct {
        const char *text, *error;
        fz_filter_place place;
    } cases[] = {
        {"src zoen wifi", "filter: 'zone' expected, found 'zoen'\n  src zoen wifi\n      ^~~~", FZ_FILTER_OF_FLOWS},
        {"server.zoen wifi", "filter: 'zone' expected, found 'zoen'\n  server.zoen wifi\n         ^~~~",
         FZ_FILTER_OF_FLOWS},
        {"not 10.0.2.15", "filter: 'ip 10.0.2.15' expected, found '10.0.2.15'\n  not 10.0.2.15\n      ^~~~~~~~~",
         FZ_FILTER_OF_FLOWS},
        {"zone a and",
         "filter: a test such as 'zone wifi' or 'bytes > 10M' expected at its end\n  zone a and\n            ^",
         FZ_FILTER_OF_FLOWS},
        {"zone a zone b", "filter: 'and', 'or' or the end expected, found 'zone'\n  zone a zone b\n         ^~~~",
         FZ_FILTER_OF_FLOWS},
        {"zone a\nand (port 80\nor port x)",
         "filter: a port such as 443, 8000-8999 or https expected, found 'x'\n  or port x)\n          ^",
         FZ_FILTER_OF_FLOWS},
        {"(port 80", "filter: 'and', 'or' or ')' expected at its end\n  (port 80\n          ^", FZ_FILTER_OF_FLOWS},
        {"zone 'a", "filter: the text that begins with ' has no closing one\n  zone 'a\n       ^", FZ_FILTER_OF_FLOWS},
        {"port 80-70",
         "filter: a port such as 443, 8000-8999 or https expected, found '80-70'\n  port 80-70\n       ^~~~~",
         FZ_FILTER_OF_FLOWS},
        {"port 65536",
         "filter: a port such as 443, 8000-8999 or https expected, found '65536'\n  port 65536\n       ^~~~~",
         FZ_FILTER_OF_FLOWS},
        {"bytes 10", "filter: a comparison such as > or <= expected, found '10'\n  bytes 10\n        ^~",
         FZ_FILTER_OF_FLOWS},
        {"bytes > 10X",
         "filter: a number such as 1500, 10k, 2.5M or 1Gi expected, found '10X'\n  bytes > 10X\n          ^~~",
         FZ_FILTER_OF_FLOWS},
        {"duration > 1h30",
         "filter: a time such as 90s, 30m or 1h30m expected, found '1h30'\n  duration > 1h30\n"
         "             ^~~~",
         FZ_FILTER_OF_FLOWS},
        {"zone < a", "filter: = or != expected, found '<'\n  zone < a\n       ^", FZ_FILTER_OF_FLOWS},
        {"src vlan 3",
         "filter: zone, number, ip, net, port, bytes, packets, ip-bytes or flags after a side expected, "
         "found 'vlan'\n  src vlan 3\n      ^~~~",
         FZ_FILTER_OF_FLOWS},
        {"peers > 3",
         "filter: what to look at, such as zone, ip, port, proto or bytes, expected, found 'peers'\n"
         "  peers > 3\n  ^~~~~",
         FZ_FILTER_OF_FLOWS},
        {"port 80",
         "filter: one of bytes, packets, ip-bytes, flows, peers, duration, rate expected, found 'port'\n"
         "  port 80\n  ^~~~",
         FZ_FILTER_OF_SUMS},
        {"zone Größe x", "filter: 'and', 'or' or the end expected, found 'x'\n  zone Größe x\n             ^",
         FZ_FILTER_OF_FLOWS},
        {"zone a\001", "filter: byte 7 is a control character, U+0001", FZ_FILTER_OF_FLOWS},
        {"zone \xff", "filter: byte 6 is not UTF-8", FZ_FILTER_OF_FLOWS},
        {"bytes > 99999999999999999999",
         "filter: a number such as 1500, 10k, 2.5M or 1Gi expected, found "
         "'99999999999999999999'\n  bytes > 99999999999999999999\n"
         "          ^~~~~~~~~~~~~~~~~~~~",
         FZ_FILTER_OF_FLOWS},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(fz_filter_parse(cases[i].text, cases[i].place, &error));
        assert_non_null(error);
        assert_string_equal(error->message, cases[i].error);
    }
}

static void sums_have_their_own_words(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_filter) filter = fz_filter_parse("peers > 3 and bytes > 1G or flows = 1", FZ_FILTER_OF_SUMS, &error);
    g_autofree char *printed = fz_filter_print(filter);

    (void)state;
    assert_string_equal(printed, "((peers > 3 and bytes > 1000000000) or flows = 1)");
}

static void limits_hold(void **state)
{
    g_autoptr(GString) deep = g_string_new(NULL), wide = g_string_new("port 1"), list = g_string_new("port in [1");

    (void)state;
    for (int i = 0; i <= FZ_FILTER_DEPTH_MAX; i++) {
        g_string_prepend_c(deep, '(');
        g_string_append(wide, " or port 1");
    }
    for (int i = 0; i < FZ_FILTER_VALUES_MAX; i++)
        g_string_append(list, ",1");
    g_string_append(list, "]");
    const char *const texts[] = {deep->str, wide->str, list->str};
    const char *const faults[] = {"filter: more than 1000 parentheses inside each other\n",
                                  "filter: more than 1000 tests\n", "filter: more than 100000 values in a list\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(fz_filter_parse(texts[i], FZ_FILTER_OF_FLOWS, &error));
        assert_true(g_str_has_prefix(error->message, faults[i]));
    }
}

/* A display filter of "and" and "or" that are so often inside each other; NULL with an error. */
static char *display_of(int depth, GError **error)
{
    g_autoptr(GString) text = g_string_new("ip 10.0.0.1");

    for (int i = 0; i < depth; i++) {
        g_string_prepend_c(text, '(');
        g_string_append(text, i % 2 ? ") and vlan 1" : ") or vlan 2");
    }
    g_autoptr(fz_filter) filter = fz_filter_parse(text->str, FZ_FILTER_OF_FLOWS, error);
    return fz_filter_display(filter, text->str, error);
}

static void a_display_filter_is_less_deep(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *deep = display_of(100, &error);

    (void)state;
    assert_non_null(deep);
    assert_null(display_of(101, &error));
    assert_string_equal(error->message,
                        "filter: 'and' and 'or' are 101 times inside each other, a display filter takes 100");
}

static void the_nearest_name_is_one_that_is_near(void **state)
{
    static const char *const names[] = {"wifi", "office", "servers", "(internet)", NULL};

    (void)state;
    assert_string_equal(fz_nearest_name("wify", names), "wifi");
    assert_string_equal(fz_nearest_name("Offices", names), "office");
    assert_string_equal(fz_nearest_name("wfii", names), "wifi");
    assert_string_equal(fz_nearest_name("iwf", (const char *const[]){"cat", "wif", NULL}), "wif");
    assert_null(fz_nearest_name("fiw", (const char *const[]){"wif", NULL}));
    assert_string_equal(fz_nearest_name("internet", names), "(internet)");
    assert_null(fz_nearest_name("database", names));
    assert_null(fz_nearest_name("", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_are_read_and_printed),  cmocka_unit_test(an_error_shows_its_place),
        cmocka_unit_test(sums_have_their_own_words),     cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_display_filter_is_less_deep), cmocka_unit_test(the_nearest_name_is_one_that_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
