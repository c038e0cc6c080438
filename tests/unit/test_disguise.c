/* An overview with stand-ins: no machine is left, and all else is as it was.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "disguise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static fz_anonymizer *new_anonymizer(void)
{
    static const guint8 key[FZ_ANONYMIZER_KEY_SIZE] = {1, 2, 3};

    return fz_anonymizer_new(key);
}

static void add_row(fz_overview_table *table, const char *label, const char *name, int64_t sent)
{
    const fz_overview_row row = {.label = g_strdup(label), .name = g_strdup(name), .zone = 7, .sent = sent};

    g_array_append_val(table->rows, row);
}

static fz_overview *new_overview(void)
{
    fz_overview *overview = fz_overview_new();
    const fz_overview_sum sum = {100, 1, 2};
    const fz_overview_talk talk = {.addr = {g_strdup("10.0.0.1"), g_strdup("2001:db8::1")},
                                   .name = {g_strdup("a.example"), g_strdup("b.example")},
                                   .service = g_strdup("https"),
                                   .sum = sum};
    const fz_overview_capture capture = {
        g_strdup("ring/10.0.0.1.pcap"), g_strdup("gate"), g_strdup("Oslo"), g_strdup("complete"), 1, 2, {3, 4, 5, 6}};

    fz_overview_add(overview, "10.0.0.0/8", "\xff<b>", 0, &sum);
    fz_overview_settle(overview);
    add_row(&overview->hosts, "10.0.0.1", "a.example", 5);
    add_row(&overview->hosts, "2001:db8::1", NULL, 6);
    add_row(&overview->networks, "10.0.0.0/24", NULL, 7);
    add_row(&overview->services, "https", NULL, 8);
    g_array_append_val(overview->talks, talk);
    g_array_append_val(overview->captures, capture);
    return overview;
}

static const fz_overview_row *row_of(const fz_overview_table *table, guint index)
{
    return &g_array_index(table->rows, fz_overview_row, index);
}

static void machines_are_hidden(void **state)
{
    (void)state;
    g_autoptr(fz_overview) overview = new_overview();
    g_autoptr(fz_anonymizer) anonymizer = new_anonymizer();
    g_autofree char *host = fz_anonymizer_text(anonymizer, "10.0.0.1");

    fz_disguise(overview, anonymizer);
    const fz_overview_talk *talk = &g_array_index(overview->talks, fz_overview_talk, 0);
    const fz_overview_capture *capture = &g_array_index(overview->captures, fz_overview_capture, 0);
    assert_string_equal(row_of(&overview->hosts, 0)->label, host);
    assert_true(g_str_has_prefix(row_of(&overview->hosts, 1)->label, "ipv6-"));
    assert_true(g_str_has_suffix(row_of(&overview->networks, 0)->label, "/24"));
    assert_true(g_str_has_prefix(row_of(&overview->networks, 0)->label, "ipv4-"));
    assert_string_equal(talk->addr[0], host);
    assert_string_equal(talk->addr[1], row_of(&overview->hosts, 1)->label);
    assert_null(row_of(&overview->hosts, 0)->name);
    assert_null(talk->name[0]);
    assert_null(talk->name[1]);
    assert_true(g_str_has_prefix(capture->source, "capture-"));
    assert_int_equal(strlen(capture->source), strlen("capture-") + 12);
    assert_true(g_str_has_prefix(capture->sensor, "sensor-"));
}

static void all_else_stays(void **state)
{
    (void)state;
    g_autoptr(fz_overview) overview = new_overview();
    g_autoptr(fz_anonymizer) anonymizer = new_anonymizer();

    fz_disguise(overview, anonymizer);
    const fz_overview_pair *pair = fz_overview_pair_at(overview, 0);
    const fz_overview_capture *capture = &g_array_index(overview->captures, fz_overview_capture, 0);
    assert_string_equal(fz_overview_zone_at(overview, pair->zone[0])->name, "10.0.0.0/8");
    assert_string_equal(fz_overview_zone_at(overview, pair->zone[1])->name, "\xff<b>");
    assert_string_equal(row_of(&overview->services, 0)->label, "https");
    assert_string_equal(capture->location, "Oslo");
    assert_string_equal(capture->state, "complete");
    assert_int_equal(capture->frames[FZ_FRAMES_FILTERED], 6);
    assert_int_equal(row_of(&overview->hosts, 0)->sent, 5);
    assert_int_equal(row_of(&overview->networks, 0)->zone, 7);
}

static void nothing_is_no_fault(void **state)
{
    (void)state;
    g_autoptr(fz_overview) overview = fz_overview_new();
    g_autoptr(fz_anonymizer) anonymizer = new_anonymizer();

    fz_overview_settle(overview);
    fz_disguise(overview, anonymizer);
    assert_int_equal(overview->hosts.rows->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_are_hidden),
        cmocka_unit_test(all_else_stays),
        cmocka_unit_test(nothing_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
