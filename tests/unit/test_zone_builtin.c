/* Built-in zones: their rows, and how they are told from those of a user.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/zone_builtin.c"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* The name of the zone of an address. */
static const char *name_at(const fz_zone_table *table, const char *text)
{
    fz_addr addr;

    assert_true(fz_addr_parse(text, &addr));
    const fz_zone *zone = fz_zone_table_get(table, fz_zone_lookup(table, &addr));
    assert_non_null(zone);
    return zone->name;
}

static void fail_on_problem(bool is_error, const char *message, void *user)
{
    (void)is_error, (void)user;
    fail_msg("%s", message);
}

/* As a zone file they have no error and no warning: a user can begin with them. */
static void rows_are_legal_in_a_zone_file(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new("location,prefix,number,name\n");
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("flowzone-XXXXXX.csv", &path, NULL);

    assert_true(fd >= 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(text, ",%s,%s,%s\n", rows[i].prefix, rows[i].number, rows[i].name);
    assert_true(g_file_set_contents(path, text->str, -1, NULL));
    fz_zone_table *table = fz_zone_table_check(path, NULL, fail_on_problem, NULL, &error);
    assert_non_null(table);
    assert_int_equal(fz_zone_table_count(table), G_N_ELEMENTS(rows));
    fz_zone_table_free(table);
    g_unlink(path);
    close(fd);
}

static void every_row_of_the_table_is_known_again(void **state)
{
    (void)state;
    g_autoptr(fz_zone_table) table = fz_zone_builtin_table();

    assert_int_equal(fz_zone_table_count(table), G_N_ELEMENTS(rows));
    for (uint32_t id = 1; id <= fz_zone_table_count(table); id++) {
        const fz_zone *row = fz_zone_table_get(table, id);
        char prefix[FZ_PREFIX_TEXT_SIZE];

        assert_string_equal(fz_prefix_print(&row->prefix, prefix), rows[id - 1].prefix);
        assert_true(fz_zone_row_is_builtin(row));
        assert_true(fz_zone_is_builtin("", prefix, row->number, row->name));
    }
}

static void a_row_of_which_any_text_differs_is_the_users(void **state)
{
    (void)state;
    assert_true(fz_zone_is_builtin("", "10.0.0.0/8", "RFC 1918", "private"));
    assert_false(fz_zone_is_builtin("Rome", "10.0.0.0/8", "RFC 1918", "private"));
    assert_false(fz_zone_is_builtin("", "10.0.0.0/9", "RFC 1918", "private"));
    assert_false(fz_zone_is_builtin("", "10.0.0.0/8", "", "private"));
    assert_false(fz_zone_is_builtin("", "10.0.0.0/8", "RFC 1918", "Private"));
    assert_false(fz_zone_is_builtin("", "172.16.0.0/12", "RFC 6598", "cgnat"));
    assert_false(fz_zone_is_builtin("", "", "", "(internet)"));
    assert_true(fz_zone_is_builtin("", "0.0.0.0/0", "", "(internet)"));
}

static void addresses_have_the_kind_that_people_expect(void **state)
{
    static const char *const expected[][2] = {
        {"0.0.0.0", "unspecified"},
        {"8.8.8.8", "(internet)"},
        {"10.1.2.3", "private"},
        {"100.63.255.255", "(internet)"},
        {"100.64.0.0", "cgnat"},
        {"100.127.255.255", "cgnat"},
        {"100.128.0.0", "(internet)"},
        {"127.0.0.1", "loopback"},
        {"169.254.1.1", "link-local"},
        {"172.15.255.255", "(internet)"},
        {"172.31.255.255", "private"},
        {"172.32.0.0", "(internet)"},
        {"192.0.0.4", "private"},
        {"192.0.0.9", "(internet)"},
        {"192.0.0.11", "reserved"},
        {"192.0.2.1", "documentation"},
        {"192.168.178.1", "private"},
        {"198.19.255.255", "benchmarking"},
        {"223.255.255.255", "(internet)"},
        {"239.255.255.250", "multicast"},
        {"255.255.255.254", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"::", "unspecified"},
        {"::1", "loopback"},
        {"::ffff:10.1.2.3", "reserved"},
        {"64:ff9b::808:808", "(internet)"},
        {"64:ff9b:1::808:808", "nat64"},
        {"2001:0:4136:e378:8000:63bf:3fff:fdd2", "(internet)"},
        {"2001:db8::1", "documentation"},
        {"2001:4860:4860::8888", "(internet)"},
        {"2002:c000:204::1", "(internet)"},
        {"3fff:fff::1", "documentation"},
        {"fd00::1", "private"},
        {"fe80::1", "link-local"},
        {"fec0:0:0:ffff::1", "private"},
        {"ff02::fb", "multicast"},
    };

    (void)state;
    g_autoptr(fz_zone_table) table = fz_zone_builtin_table();

    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_string_equal(name_at(table, expected[i][0]), expected[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_legal_in_a_zone_file),
        cmocka_unit_test(every_row_of_the_table_is_known_again),
        cmocka_unit_test(a_row_of_which_any_text_differs_is_the_users),
        cmocka_unit_test(addresses_have_the_kind_that_people_expect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
