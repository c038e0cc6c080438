/* Records and totals that cannot be: each is called by its fault, and good ones pass.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sanity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ZONES = 2 };

static const fz_record good = {
    .start_us = 1,
    .end_us = 1,
    .packets = {1, 2},
    .bytes = {60, 120},
    .zone = {2, 0},
    .addr = {{10, 1}, {10, 2}},
    .family = FZ_IPV4,
    .end_reason = FZ_END_FORCED,
};

static void assert_fault(const fz_record *record, const char *expected)
{
    g_autofree char *fault = fz_record_fault(record, ZONES);

    assert_non_null(fault);
    assert_string_equal(fault, expected);
}

static void a_good_record_has_no_fault(void **state)
{
    static const fz_end_reason reasons[] = {FZ_END_ACTIVE_TIMEOUT, FZ_END_FORCED, FZ_END_RESOURCES};
    fz_record record = good;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        record.end_reason = (uint8_t)reasons[i];
        assert_null(fz_record_fault(&record, ZONES));
    }
    record.family = FZ_IPV6;
    memset(record.addr, 0xff, sizeof record.addr);
    assert_null(fz_record_fault(&record, ZONES));
}

static void each_fault_of_a_record_is_told(void **state)
{
    fz_record record = good;

    (void)state;
    record.family = 5;
    assert_fault(&record, "is neither IPv4 nor IPv6");
    record = good;
    record.start_us = 2;
    assert_fault(&record, "ends before it starts");
    record = good;
    record.end_reason = 3;
    assert_fault(&record, "has a flowEndReason of 3: expected 2, 4 or 5");
    for (int i = 0; i < 3; i++) {
        record = good;
        record.reserved[i] = 1;
        assert_fault(&record, "has reserved bytes that are not zero");
    }
    for (int end = 0; end < 2; end++) {
        record = good;
        record.zone[end] = 3;
        assert_fault(&record, "has zone 3, which is not in the dictionary of 2");
        record = good;
        record.addr[end][15] = 1;
        assert_fault(&record, "has an IPv4 address that is too long");
    }
}

static void sums_of_a_tally_fit_64_bits(void **state)
{

    (void)state;
    for (int i = 0; i < 3; i++) {
        fz_record record = good;
        uint64_t *counter = i == 0 ? record.packets : i == 1 ? record.bytes : record.ip_bytes;
        fz_tally tally = {0};
        counter[0] = UINT64_MAX;
        counter[1] = 1;
        assert_false(fz_tally_add(&tally, &record));
    }
    fz_tally tally = {.sum = {UINT64_MAX - 3, 0}};
    assert_true(fz_tally_add(&tally, &good));
    assert_false(fz_tally_add(&tally, &good));
}

/* NULL expected: none. */
static void assert_totals(const fz_totals *totals, fz_layers layers, const char *expected)
{
    fz_tally tally = {0};

    assert_true(fz_tally_add(&tally, &good) && fz_tally_add(&tally, &good));
    g_autofree char *fault = fz_totals_fault(totals, &tally, layers);
    if (!expected)
        assert_null(fault);
    else if (!fault)
        fail_msg("expected \"%s\"", expected);
    else
        assert_string_equal(fault, expected);
}

static void totals_are_those_of_the_records(void **state)
{
    fz_totals totals = {.counted = {6, 360}, .records = 2, .not_ip = {1, UINT64_MAX - 360}};

    (void)state;
    assert_totals(&totals, FZ_LAYERS_OUTER, NULL);
    totals.filtered.bytes = 1;
    assert_totals(&totals, FZ_LAYERS_OUTER, "the totals of bytes do not fit 64 bits");
    totals.filtered.bytes = 0;
    totals.unparsable.frames = UINT64_MAX - 5;
    assert_totals(&totals, FZ_LAYERS_OUTER, "the totals of frames do not fit 64 bits");
    totals.unparsable.frames = 0;
    totals.records = 3;
    assert_totals(&totals, FZ_LAYERS_OUTER, "the totals count 3 records, but there are 2");
}

static void only_all_layers_may_count_a_frame_twice(void **state)
{
    const fz_totals fewer = {.counted = {5, 360}, .records = 2}, more = {.counted = {6, 361}, .records = 2};

    (void)state;
    assert_totals(&fewer, FZ_LAYERS_ALL, NULL);
    assert_totals(&fewer, FZ_LAYERS_OUTER, "the totals count 5 frames in conversations, the records 6");
    assert_totals(&more, FZ_LAYERS_ALL, "the totals count 361 bytes in conversations, the records 360");
    assert_totals(&more, FZ_LAYERS_OUTER, "the totals count 361 bytes in conversations, the records 360");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_record_has_no_fault),
        cmocka_unit_test(each_fault_of_a_record_is_told),
        cmocka_unit_test(sums_of_a_tally_fit_64_bits),
        cmocka_unit_test(totals_are_those_of_the_records),
        cmocka_unit_test(only_all_layers_may_count_a_frame_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
