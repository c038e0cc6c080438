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
    fz_record record = good;

    (void)state;
    for (uint8_t reason = FZ_END_IDLE_TIMEOUT; reason <= FZ_END_RESOURCES; reason++) {
        record.end_reason = reason;
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
    record.end_reason = 0;
    assert_fault(&record, "has a flowEndReason of 0: expected 1 to 5");
    record.end_reason = 6;
    assert_fault(&record, "has a flowEndReason of 6: expected 1 to 5");
    record = good;
    record.opened = FZ_OPENED_COUNT;
    assert_fault(&record, "says 8 of who opened it: expected less than 8");
    for (size_t i = 0; i < sizeof record.reserved; i++) {
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

static const fz_minute good_minute = {.minute = -60, .zone = {0, 2}, .packets = 3, .bytes = 180};

/* NULL expected: none. */
static void assert_row(fz_row_kind kind, const void *row, const char *expected)
{
    g_autofree char *fault = fz_row_fault(kind, row, ZONES);

    if (!expected)
        assert_null(fault);
    else if (!fault)
        fail_msg("expected \"%s\"", expected);
    else
        assert_string_equal(fault, expected);
}

static void each_fault_of_a_minute_is_told(void **state)
{
    fz_minute minute = good_minute;

    (void)state;
    assert_row(FZ_ROW_MINUTE, &minute, NULL);
    minute.minute = -61;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute begins at second -61, which is not a multiple of 60");
    minute.minute = INT64_MAX / 60 * 60;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has a time that is out of range");
    minute.minute = INT64_MIN / 60 * 60;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has a time that is out of range");
    minute = good_minute;
    minute.packets = 0;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has no packets");
    minute = good_minute;
    minute.bytes = UINT64_C(3) * UINT32_MAX;
    assert_row(FZ_ROW_MINUTE, &minute, NULL);
    minute.bytes++;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has more bytes than its packets can have");
    minute = good_minute;
    minute.zone[0] = 3;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has zone 3, which is not in the dictionary of 2");
}

/* All minutes in which a time can be that fits 64 bits, and no others. */
static void minutes_reach_to_the_ends_of_time(void **state)
{
    fz_minute minute = good_minute;

    (void)state;
    minute.minute = INT64_C(9223372036854) / 60 * 60;
    assert_row(FZ_ROW_MINUTE, &minute, NULL);
    minute.minute += 60;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has a time that is out of range");
    minute.minute = -INT64_C(9223372036860); /* rounded down from -9223372036854.775808 */
    assert_row(FZ_ROW_MINUTE, &minute, NULL);
    minute.minute -= 60;
    assert_row(FZ_ROW_MINUTE, &minute, "a minute has a time that is out of range");
}

static const fz_packet_row good_packet = {
    .frame = 1,
    .bytes = 60,
    .ip_bytes = 46,
    .zone = {2, 0},
    .addr = {{10, 1}, {10, 2}},
    .eth = {{1}, {2}},
    .port = {1, 2},
    .tcp_flags = 2,
    .vlan = 7,
    .time_ns = 999,
    .protocol = 6,
    .family = FZ_IPV4,
    .has = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_VLAN | FZ_HAS_TCP,
};

static void a_good_packet_has_no_fault(void **state)
{
    fz_packet_row packet = good_packet;

    (void)state;
    assert_row(FZ_ROW_PACKET, &packet, NULL);
    packet.family = FZ_IPV6;
    memset(packet.addr, 0xff, sizeof packet.addr);
    assert_row(FZ_ROW_PACKET, &packet, NULL);
    packet = (fz_packet_row){.frame = UINT64_MAX};
    assert_row(FZ_ROW_PACKET, &packet, NULL);
}

/* A packet with one member changed. */
#define ASSERT_PACKET(change, expected)                               \
    do {                                                              \
        fz_packet_row packet = good_packet;                           \
        packet.change;                                                \
        assert_row(FZ_ROW_PACKET, &packet, "a packet has " expected); \
    } while (0)

static void each_fault_of_a_packet_is_told(void **state)
{
    (void)state;
    ASSERT_PACKET(frame = 0, "frame number 0");
    ASSERT_PACKET(time_ns = 1000, "1000 nanoseconds above its microsecond: expected less than 1000");
    ASSERT_PACKET(has |= 0x10, "unknown flags: 0x10");
    ASSERT_PACKET(reserved[6] = 1, "reserved bytes that are not zero");
    ASSERT_PACKET(has &= ~FZ_HAS_ETH, "MAC addresses though it says that it has none");
    ASSERT_PACKET(has &= ~FZ_HAS_PORTS, "ports though it says that it has none");
    ASSERT_PACKET(has &= ~FZ_HAS_VLAN, "a VLAN though it says that it has none");
    ASSERT_PACKET(has &= ~FZ_HAS_TCP, "TCP flags though it says that it has none");
    ASSERT_PACKET(family = 0, "ports or TCP flags though it says that it has none");
    ASSERT_PACKET(zone[1] = 3, "zone 3, which is not in the dictionary of 2");
    ASSERT_PACKET(addr[1][4] = 1, "an IPv4 address that is too long");
    fz_packet_row packet = good_packet;
    packet.family = 5;
    assert_row(FZ_ROW_PACKET, &packet, "a packet is neither IPv4 nor IPv6 nor without IP");
}

/* Each alone, in a packet without IP. */
static void a_packet_without_ip_has_nothing_of_it(void **state)
{
    fz_packet_row packets[5] = {{.frame = 1}, {.frame = 1}, {.frame = 1}, {.frame = 1}, {.frame = 1}};

    (void)state;
    packets[0].addr[1][15] = 1;
    packets[1].zone[0] = 1;
    packets[2].protocol = 6;
    packets[3].ip_bytes = 20;
    packets[4].has = FZ_HAS_TCP;
    for (int i = 0; i < 2; i++)
        assert_row(FZ_ROW_PACKET, &packets[i], "a packet has addresses or zones though it says that it has none");
    for (int i = 2; i < 4; i++)
        assert_row(FZ_ROW_PACKET, &packets[i],
                   "a packet has a protocol or a length of IP though it says that it has none");
    assert_row(FZ_ROW_PACKET, &packets[4], "a packet has ports or TCP flags though it says that it has none");
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
        assert_false(fz_tally_add(&tally, FZ_ROW_FLOW, &record));
    }
    static const void *const rows[FZ_ROW_KINDS] = {&good, &good_minute, &good_packet};
    for (int kind = 0; kind < FZ_ROW_KINDS; kind++) {
        fz_tally tally = {0};
        tally.sum[kind].frames = UINT64_MAX - (kind == FZ_ROW_PACKET ? 1 : 3);
        assert_true(fz_tally_add(&tally, (fz_row_kind)kind, rows[kind]));
        assert_false(fz_tally_add(&tally, (fz_row_kind)kind, rows[kind]));
    }
}

/* NULL expected: none. The rows are two good records; with minutes as many good ones, with packets six good ones. */
static void assert_totals(const fz_totals *totals, const fz_run *run, const char *expected)
{
    fz_tally tally = {0};

    for (int i = 0; i < 2; i++) {
        assert_true(run->without_flows || fz_tally_add(&tally, FZ_ROW_FLOW, &good));
        assert_true(!run->minutes || fz_tally_add(&tally, FZ_ROW_MINUTE, &good_minute));
    }
    for (int i = 0; i < 6 && run->packets; i++)
        assert_true(fz_tally_add(&tally, FZ_ROW_PACKET, &good_packet));
    g_autofree char *fault = fz_totals_fault(totals, &tally, run);
    if (!expected)
        assert_null(fault);
    else if (!fault)
        fail_msg("expected \"%s\"", expected);
    else
        assert_string_equal(fault, expected);
}

static const fz_run outer = {.layers = FZ_LAYERS_OUTER}, all = {.layers = FZ_LAYERS_ALL};

static void totals_are_those_of_the_records(void **state)
{
    fz_totals totals = {.counted = {6, 360}, .records = 2, .not_ip = {1, UINT64_MAX - 360}};

    (void)state;
    assert_totals(&totals, &outer, NULL);
    totals.filtered.bytes = 1;
    assert_totals(&totals, &outer, "the totals of bytes do not fit 64 bits");
    totals.filtered.bytes = 0;
    totals.unparsable.frames = UINT64_MAX - 5;
    assert_totals(&totals, &outer, "the totals of frames do not fit 64 bits");
    totals.unparsable.frames = 0;
    totals.records = 3;
    assert_totals(&totals, &outer, "the totals count 3 records, but there are 2");
}

static void only_all_layers_may_count_a_frame_twice(void **state)
{
    const fz_totals fewer = {.counted = {5, 360}, .records = 2}, more = {.counted = {6, 361}, .records = 2};

    (void)state;
    assert_totals(&fewer, &all, NULL);
    assert_totals(&fewer, &outer, "the totals count 5 frames in conversations, the records 6");
    assert_totals(&more, &all, "the totals count 361 bytes in conversations, the records 360");
    assert_totals(&more, &outer, "the totals count 361 bytes in conversations, the records 360");
}

static void minutes_have_what_was_counted(void **state)
{
    fz_run run = {.minutes = true};
    fz_totals totals = {.counted = {6, 360}, .records = 2, .minutes = 2};
    fz_tally tally = {.rows = {1, 1}, .sum = {{6, 360}, {6, 361}}};

    (void)state;
    assert_totals(&totals, &run, NULL);
    totals.minutes = 1;
    assert_totals(&totals, &run, "the totals count 1 minutes, but there are 2");
    totals = (fz_totals){.counted = {6, 360}, .records = 1, .minutes = 1};
    g_autofree char *more = fz_totals_fault(&totals, &tally, &run);
    assert_string_equal(more, "the totals count 360 bytes in conversations, the minutes 361");
    run.layers = FZ_LAYERS_ALL;
    g_autofree char *other = fz_totals_fault(&totals, &tally, &run);
    assert_string_equal(other, "the records count 360 bytes, the minutes 361");
    run.minutes = false;
    g_autofree char *unsaid = fz_totals_fault(&totals, &tally, &run);
    assert_string_equal(unsaid, "there are minutes, though the run says that it has none");
}

static void packets_are_the_frames_that_passed_the_filter(void **state)
{
    const fz_run run = {.packets = true}, alone = {.packets = true, .without_flows = true};
    fz_totals totals = {.counted = {6, 360}, .filtered = {9, 999}, .records = 2, .packets = 6};

    (void)state;
    assert_totals(&totals, &run, NULL);
    totals.packets = 7;
    assert_totals(&totals, &run, "the totals count 7 packets, but there are 6");
    totals.packets = 6;
    totals.not_ip.frames = 1;
    assert_totals(&totals, &run, "the totals count 7 frames that passed the filter, the packets 6");
    totals.not_ip.frames = 0;
    totals.unparsable.bytes = 1;
    assert_totals(&totals, &run, "the totals count 361 bytes that passed the filter, the packets 360");
    totals = (fz_totals){.counted = {5, 300}, .not_ip = {1, 60}, .packets = 6};
    assert_totals(&totals, &alone, NULL);
    fz_tally tally = {.rows = {1}, .sum = {{5, 300}}};
    totals = (fz_totals){.counted = {5, 300}, .records = 1};
    g_autofree char *fault = fz_totals_fault(&totals, &tally, &alone);
    assert_string_equal(fault, "there are records, though the run says that it has none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_record_has_no_fault),
        cmocka_unit_test(each_fault_of_a_record_is_told),
        cmocka_unit_test(each_fault_of_a_minute_is_told),
        cmocka_unit_test(minutes_reach_to_the_ends_of_time),
        cmocka_unit_test(a_good_packet_has_no_fault),
        cmocka_unit_test(each_fault_of_a_packet_is_told),
        cmocka_unit_test(a_packet_without_ip_has_nothing_of_it),
        cmocka_unit_test(sums_of_a_tally_fit_64_bits),
        cmocka_unit_test(totals_are_those_of_the_records),
        cmocka_unit_test(only_all_layers_may_count_a_frame_twice),
        cmocka_unit_test(minutes_have_what_was_counted),
        cmocka_unit_test(packets_are_the_frames_that_passed_the_filter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
