/* Options of -z flowzone and scan: what is read from them, and what is refused.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "bad_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Parses the whole argument; the error's message, or NULL when it was taken. The caller frees it. */
static char *parse(fz_options *options, const char *text)
{
    g_autoptr(GError) error = NULL;
    memset(options, 0, sizeof *options);
    if (fz_options_parse(options, text, &error) && fz_options_finish(options, &error)) {
        assert_null(error);
        return NULL;
    }
    assert_non_null(error);
    return g_strdup(error->message);
}

static void assert_taken(fz_options *options, const char *text)
{
    g_autofree char *message = parse(options, text);
    if (message)
        fail_msg("'%s': %s", text, message);
}

static void nothing_given_is_a_table_of_outer_5tuples_on_standard_output(void **state)
{
    (void)state;
    fz_options options;
    assert_taken(&options, "");
    assert_null(options.out);
    assert_string_equal(options.format->name, "table");
    assert_int_equal(options.key, FZ_KEY_5TUPLE);
    assert_int_equal(options.layers, FZ_LAYERS_OUTER);
    assert_null(options.filter);
    assert_int_equal(options.rows, FZ_KIND(FZ_ROW_FLOW));
    assert_null(options.zones);
    assert_string_equal(fz_zone_table_get(options.table, 1)->name, "(internet)");
    fz_options_clear(&options);
}

static void zones_that_are_given_take_the_place_of_the_built_in_ones(void **state)
{
    (void)state;
    const fz_zone_texts row = {{"", "10.0.0.0/8", "", "a"}};
    fz_options options = {0};
    assert_taken(&options, ",zones=/dev/null");
    assert_null(options.table);
    fz_options_clear(&options);
    options.table = fz_zone_table_new("rows", &row, 1, NULL, NULL, NULL, NULL);
    assert_true(fz_options_finish(&options, NULL));
    assert_int_equal(fz_zone_table_count(options.table), 1);
    fz_options_clear(&options);
}

static void every_key_is_read(void **state)
{
    (void)state;
    fz_options options;
    assert_taken(&options, ",out=a.csv,zones=z.csv,location=Oslo,key=ip,layers=all,interval=60,max-flows=1000,vlan,"
                           "sensor=ids 1,source=log.pcap.1,format=json");
    assert_string_equal(options.out, "a.csv");
    assert_string_equal(options.format->name, "json");
    assert_string_equal(options.zones, "z.csv");
    assert_string_equal(options.location, "Oslo");
    assert_int_equal(options.key, FZ_KEY_IP);
    assert_int_equal(options.layers, FZ_LAYERS_ALL);
    assert_int_equal(options.interval_s, 60);
    assert_int_equal(options.max_flows, 1000);
    assert_true(options.vlan);
    assert_string_equal(options.sensor, "ids 1");
    assert_string_equal(options.source, "log.pcap.1");
    fz_options_clear(&options);
}

static void rows_are_a_list_of_kinds(void **state)
{
    (void)state;
    const unsigned flows = FZ_KIND(FZ_ROW_FLOW), packets = FZ_KIND(FZ_ROW_PACKET);
    static const char *const both[] = {",rows=flows,packets", ",rows=packets,flows,format=ipfix",
                                       ",format=ipfix,rows=flows,packets,tcp", ",rows=\"flows,packets\",vlan"};
    fz_options options = {0};
    assert_taken(&options, "");
    assert_int_equal(options.rows, flows);
    fz_options_clear(&options);
    assert_taken(&options, ",rows=packets,tcp.port == 80");
    assert_int_equal(options.rows, packets);
    assert_string_equal(options.filter, "tcp.port == 80");
    fz_options_clear(&options);
    assert_taken(&options, ",rows=flows,packets_are.none"); /* the word goes on: a display filter */
    assert_int_equal(options.rows, flows);
    assert_string_equal(options.filter, "packets_are.none");
    fz_options_clear(&options);
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        assert_true(fz_options_parse(&options, both[i], NULL));
        assert_int_equal(options.rows, flows | packets);
        fz_options_clear(&options);
    }
    assert_false(fz_options_parse(&options, ",rows=,packets,tcp", NULL)); /* no value at all */
    fz_options_clear(&options);
}

static void a_location_selects_from_a_table_at_hand_too(void **state)
{
    (void)state;
    const fz_zone_texts row = {{"Oslo", "10.0.0.0/8", "", "a"}};
    g_autoptr(GError) error = NULL;
    fz_options options = {0};
    assert_true(fz_options_parse(&options, ",location=Oslo", &error));
    options.table = fz_zone_table_new("rows", &row, 1, "Oslo", NULL, NULL, &error);
    assert_true(fz_options_finish(&options, &error));
    fz_options_clear(&options);
    assert_null(options.table);
}

static void the_suffix_tells_the_format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *format;
    } rows[] = {
        {",out=a.csv", "csv"},  {",out=a.json", "json"}, {",out=a.ipfix", "ipfix"}, {",out=a.txt", "table"},
        {",out=fd:3", "ipfix"}, {",out=-", "ipfix"},     {",format=csv", "csv"},    {",out=x,format=csv", "csv"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fz_options options;
        assert_taken(&options, rows[i].text);
        assert_string_equal(options.format->name, rows[i].format);
        fz_options_clear(&options);
    }
}

static void the_rest_is_the_display_filter(void **state)
{
    (void)state;
    static const struct {
        const char *text, *filter;
    } rows[] = {
        {",tcp", "tcp"},
        {",key=ip,tcp.port in {80,443}", "tcp.port in {80,443}"},
        {",tcp.port==80,key=ip", "tcp.port==80,key=ip"},
        {",ip.addr=10.0.0.1", "ip.addr=10.0.0.1"},
        {",(vlan)", "(vlan)"},
        {",vlan and tcp", "vlan and tcp"},
        {",vlan==1", "vlan==1"},
        {",zones==1", "zones==1"},
        {",ip.src == 10.0.0.1 and tcp", "ip.src == 10.0.0.1 and tcp"},
        {",!arp", "!arp"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fz_options options;
        assert_taken(&options, rows[i].text);
        assert_non_null(options.filter);
        assert_string_equal(options.filter, rows[i].filter);
        fz_options_clear(&options);
    }
}

static void quoted_values_hold_anything(void **state)
{
    (void)state;
    static const char *const values[] = {"a,b", "\"", "a \"b\", c=d", ",", "key=ip", "=", "x"};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        fz_options options;
        g_autofree char *quoted = fz_options_quote(values[i]);
        g_autofree char *text = g_strdup_printf(",source=%s,key=ip,sensor=%s,tcp and frame", quoted, quoted);
        assert_taken(&options, text);
        assert_string_equal(options.source, values[i]);
        assert_string_equal(options.sensor, values[i]);
        assert_string_equal(options.filter, "tcp and frame");
        fz_options_clear(&options);
    }
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {",zonez=a", "unknown key 'zonez'; known are out, "},
        {",key=ip,key=ip", "key: given twice"},
        {",vlan,vlan", "vlan: given twice"},
        {",zones=", "zones: needs a value"},
        {",zones", "zones: needs a value"},
        {",vlan=1", "vlan: takes no value"},
        {",key=mac", "key=mac: expected 5tuple or ip"},
        {",layers=inner", "layers=inner: expected outer or all"},
        {",interval=0", "interval=0: expected whole seconds"},
        {",interval=1.5", "interval=1.5: expected whole seconds"},
        {",interval=-1", "interval=-1: expected"},
        {",interval=99999999999999999999", "interval=99999999999999999999: expected"},
        {",max-flows=0", "max-flows=0: expected a number"},
        {",format=xml", "format=xml: expected table, csv, json or ipfix"},
        {",out=stats", "out=stats: the suffix names no known format"},
        {",location=Oslo", "location: needs zones=FILE"},
        {",sensor=\xff", "sensor: not UTF-8"},
        {",sensor=\"a", "sensor: its value begins with a quote, and there is no closing one"},
        {",sensor=\"a\"\"", "sensor: its value begins with a quote, and there is no closing one"},
        {",sensor=\"a\"b", "sensor: its value begins with a quote, but goes on after the closing one"},
        {",sensor=\"\"", "sensor: needs a value"},
        {",", "nothing follows the last comma"},
        {",key=ip,", "nothing follows the last comma"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fz_options options;
        g_autofree char *message = parse(&options, rows[i].text);
        if (!message || !g_str_has_prefix(message, rows[i].message))
            fail_msg("'%s': expected '%s...', got '%s'", rows[i].text, rows[i].message, message ? message : "success");
        fz_options_clear(&options);
    }
}

static void too_long_texts_are_refused(void **state)
{
    (void)state;
    fz_options options;
    g_autofree char *name = g_strnfill(FZ_ZONE_TEXT_MAX + 1, 'x');
    g_autofree char *text = g_strdup_printf(",sensor=%s", name);
    g_autofree char *message = parse(&options, text);
    assert_string_equal(message, "sensor: longer than 255 bytes");
    fz_options_clear(&options);
}

static char *judge_argument(const char *bytes, size_t size)
{
    fz_options options;
    (void)size;
    char *message = parse(&options, bytes);
    fz_options_clear(&options);
    return message;
}

static void every_bad_argument_is_told_as_expected(void **state)
{
    (void)state;
    replay_bad_files("options", ".arg", 25, judge_argument);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_is_a_table_of_outer_5tuples_on_standard_output),
        cmocka_unit_test(zones_that_are_given_take_the_place_of_the_built_in_ones),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(rows_are_a_list_of_kinds),
        cmocka_unit_test(a_location_selects_from_a_table_at_hand_too),
        cmocka_unit_test(the_suffix_tells_the_format),
        cmocka_unit_test(the_rest_is_the_display_filter),
        cmocka_unit_test(quoted_values_hold_anything),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(too_long_texts_are_refused),
        cmocka_unit_test(every_bad_argument_is_told_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
