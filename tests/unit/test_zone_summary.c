/* Tables about zones: sums, labels, order, networks without a zone, forms.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink.h"
#include "zone_summary.h"

#include <string.h>

#define ZONES ",192.0.2.0/24,1,lab\n,2001:db8::/64,2,lab\n,198.51.100.0/24,3,\"say \"\"hi\"\"\"\n"

static const fz_zone_summary_kind *kind_of(const char *name)
{
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++)
        if (!strcmp(fz_zone_summary_kinds[i].name, name))
            return &fz_zone_summary_kinds[i];
    fail();
    return NULL;
}

static void add(fz_zone_summary *summary, const char *src, uint16_t sport, const char *dst, uint16_t dport,
                uint32_t bytes)
{
    fz_addr from, to;
    assert_true(fz_addr_parse(src, &from) && fz_addr_parse(dst, &to));
    fz_packet packet = {.family = from.family, .protocol = 17, .sport = sport, .dport = dport, .ip_bytes = bytes};
    memcpy(packet.src, from.bytes, 16);
    memcpy(packet.dst, to.bytes, 16);
    fz_zone_summary_packet(summary, &packet, 0, bytes);
}

/* A question and an answer from outside, talk inside of one zone over both families, strangers. */
static char *printed(const char *name, const char *zones_text, const char *form)
{
    g_autoptr(fz_zone_table) zones =
        zones_text ? fz_zone_table_parse("zones", zones_text, strlen(zones_text), NULL, NULL, NULL, NULL) : NULL;
    fz_zone_summary *summary = fz_zone_summary_new(kind_of(name));
    add(summary, "198.51.100.9", 1000, "192.0.2.1", 53, 100);
    add(summary, "192.0.2.1", 53, "198.51.100.9", 1000, 300);
    add(summary, "192.0.2.1", 7, "192.0.2.2", 7, 50);
    add(summary, "2001:db8::1", 7, "2001:db8::2", 7, 50);
    add(summary, "203.0.113.1", 7, "203.0.113.2", 7, 400);
    add(summary, "203.0.113.2", 8, "192.0.2.1", 8, 100);
    fz_zone_summary_close(summary, zones);
    char *text = fz_zone_summary_print(summary, form);
    fz_zone_summary_free(summary);
    return text;
}

static void assert_prints(const char *name, const char *zones, const char *form, const char *expected)
{
    g_autofree char *text = printed(name, zones, form);
    assert_string_equal(text, expected);
}

static void the_matrix_has_the_initiators_zone_first(void **state)
{
    (void)state;
    assert_prints("matrix", ZONES, "csv",
                  "source,destination,packets,bytes,packets_back,bytes_back,percent\n"
                  "(no zone),(no zone),1,400,0,0,40.00\n"
                  "\"say \"\"hi\"\"\",lab,1,100,1,300,40.00\n"
                  "(no zone),lab,1,100,0,0,10.00\n"
                  "lab,lab,2,100,0,0,10.00\n");
}

static void traffic_inside_a_zone_is_sent_and_received_but_counts_once(void **state)
{
    (void)state;
    assert_prints("zones", ZONES, "csv",
                  "zone,packets_sent,bytes_sent,packets_received,bytes_received,percent\n"
                  "lab,3,400,4,300,60.00\n"
                  "(no zone),2,500,1,400,50.00\n"
                  "\"say \"\"hi\"\"\",1,100,1,300,40.00\n");
}

static void networks_without_a_zone_count_a_conversation_inside_once(void **state)
{
    (void)state;
    assert_prints("unlabelled", ZONES, "json",
                  "{\"prefix\":\"203.0.113.0/24\",\"addresses\":2,\"packets\":2,\"bytes\":500,\"percent\":50.00}\n");
}

static void without_zones_nothing_is_labelled(void **state)
{
    (void)state;
    assert_prints("zones", NULL, "table",
                  "Zones\n"
                  "Zone       Packets sent  Bytes sent  Packets received  Bytes received  % of bytes\n"
                  "(no zone)             6        1000                 6            1000      100.00\n");
    assert_prints("unlabelled", NULL, "csv",
                  "prefix,addresses,packets,bytes,percent\n"
                  "192.0.2.0/24,2,4,550,55.00\n"
                  "203.0.113.0/24,2,2,500,50.00\n"
                  "198.51.100.0/24,1,2,400,40.00\n"
                  "2001:db8::/64,2,1,50,5.00\n");
}

static void built_in_zones_are_labels_and_no_networks_of_ones_own(void **state)
{
    (void)state;
    static const char zones[] = ",0.0.0.0/0,,(internet)\n,192.0.2.0/24,RFC 5737,documentation\n,203.0.113.0/24,,lab\n"
                                ",198.51.100.0/24,RFC 5737,documentation\n,2001:db8::/32,3849,documentation\n";
    assert_prints("matrix", zones, "csv",
                  "source,destination,packets,bytes,packets_back,bytes_back,percent\n"
                  "documentation,documentation,3,200,1,300,50.00\n"
                  "lab,lab,1,400,0,0,40.00\n"
                  "lab,documentation,1,100,0,0,10.00\n");
    assert_prints("unlabelled", zones, "csv",
                  "prefix,addresses,packets,bytes,percent\n"
                  "192.0.2.0/24,2,4,550,55.00\n"
                  "198.51.100.0/24,1,2,400,40.00\n");
}

static void an_empty_capture_has_no_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++) {
        fz_zone_summary *summary = fz_zone_summary_new(&fz_zone_summary_kinds[i]);
        fz_zone_summary_close(summary, NULL);
        assert_int_equal(fz_rowset_count(fz_zone_summary_rows(summary)), 0);
        fz_zone_summary_free(summary);
    }
}

static void every_format_is_printed_or_refused(void **state)
{
    (void)state;
    g_autoptr(GString) known = g_string_new(NULL);
    for (size_t i = 0; i < fz_format_count; i++) {
        const char *format = fz_formats[i].name;
        bool expected = fz_zone_summary_has_form(format);
        if (expected)
            g_string_append_printf(known, "%s ", format);
        for (size_t kind = 0; kind < fz_zone_summary_kind_count; kind++) {
            g_autofree char *text = printed(fz_zone_summary_kinds[kind].name, ZONES, format);
            assert_int_equal(text != NULL, expected);
        }
    }
    assert_string_equal(known->str, "table csv json ");
    g_autofree char *forms = fz_zone_summary_forms();
    assert_string_equal(forms, "table, csv or json");
    assert_false(fz_zone_summary_has_form("xml"));
    assert_null(printed("zones", ZONES, "xml"));
}

static void only_the_heaviest_networks_without_a_zone_are_rows(void **state)
{
    (void)state;
    fz_zone_summary *summary = fz_zone_summary_new(kind_of("unlabelled"));
    for (unsigned i = 0; i < 250; i++) {
        g_autofree char *address = g_strdup_printf("10.0.%u.1", i);
        add(summary, address, 1, "192.0.2.1", 1, 1000 + i);
    }
    g_autoptr(fz_zone_table) zones = fz_zone_table_parse("zones", ZONES, strlen(ZONES), NULL, NULL, NULL, NULL);
    fz_zone_summary_close(summary, zones);
    assert_int_equal(fz_rowset_count(fz_zone_summary_rows(summary)), 100);
    assert_string_equal(fz_rowset_get(fz_zone_summary_rows(summary), 0)[0].text, "10.0.249.0/24");
    assert_int_equal(fz_rowset_get(fz_zone_summary_rows(summary), 99)[3].count, 1150);
    fz_zone_summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_has_the_initiators_zone_first),
        cmocka_unit_test(traffic_inside_a_zone_is_sent_and_received_but_counts_once),
        cmocka_unit_test(networks_without_a_zone_count_a_conversation_inside_once),
        cmocka_unit_test(without_zones_nothing_is_labelled),
        cmocka_unit_test(built_in_zones_are_labels_and_no_networks_of_ones_own),
        cmocka_unit_test(an_empty_capture_has_no_rows),
        cmocka_unit_test(every_format_is_printed_or_refused),
        cmocka_unit_test(only_the_heaviest_networks_without_a_zone_are_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
