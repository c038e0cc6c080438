/* Joining: which rows are parts of one conversation, and what the conversation then says.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000000 };
#define GAP ((int64_t)FZ_JOIN_GAP_S * SECOND)

static void take(const fz_joined *joined, void *user)
{
    g_array_append_vals(user, joined, 1);
}

static GArray *new_taken(void)
{
    return g_array_new(FALSE, FALSE, sizeof(fz_joined));
}

static const fz_joined *taken_at(const GArray *taken, guint i)
{
    assert_true(i < taken->len);
    return &g_array_index(taken, fz_joined, i);
}

/* Client 10.0.0.1:40000, zone 1, to server 10.0.0.2:443, zone 2; each end sends 3 and 5 packets of 100 bytes. */
static fz_detail part(int64_t load, int64_t start_s, int64_t end_s, fz_opened opened)
{
    return (fz_detail){
        .load_id = load,
        .row_no = 7,
        .record = {.start_us = start_s * SECOND,
                   .end_us = end_s * SECOND,
                   .packets = {3, 5},
                   .bytes = {300, 500},
                   .ip_bytes = {200, 400},
                   .zone = {1, 2},
                   .addr = {{10, 0, 0, 1}, {10, 0, 0, 2}},
                   .port = {40000, 443},
                   .tcp_flags = {0x10, 0x12},
                   .protocol = 6,
                   .family = FZ_IPV4,
                   .end_reason = FZ_END_FORCED,
                   .opened = (uint8_t)opened},
    };
}

static fz_detail turned(fz_detail detail)
{
    fz_record_turn(&detail.record);
    return detail;
}

static void begin_capture(fz_joiner *joiner, uint32_t sensor, int64_t start_s, int64_t end_s)
{
    const fz_join_capture capture = {sensor, start_s * SECOND, end_s * SECOND, false, false};

    fz_joiner_capture(joiner, &capture);
}

/* Two captures, 0 to 600 s and 600 to 1200 s, with a part each. */
static GArray *join_two(const fz_detail *first, uint32_t first_sensor, const fz_detail *second, uint32_t second_sensor)
{
    GArray *taken = new_taken();
    g_autoptr(fz_joiner) joiner = fz_joiner_new(GAP, take, taken);

    begin_capture(joiner, first_sensor, 0, 600);
    fz_joiner_add(joiner, first);
    begin_capture(joiner, second_sensor, 600, 1200);
    fz_joiner_add(joiner, second);
    fz_joiner_finish(joiner);
    return taken;
}

static void parts_of_two_captures_are_one(void **state)
{
    const fz_detail first = part(11, 100, 590, FZ_OPENED_SYN), second = part(12, 610, 700, FZ_OPENED_PORT);
    g_autoptr(GArray) taken = join_two(&first, 0, &second, 0);
    const fz_joined *joined = taken_at(taken, 0);

    (void)state;
    assert_int_equal(taken->len, 1);
    assert_int_equal(joined->parts, 2);
    assert_int_equal(joined->load_id, 11);
    assert_int_equal(joined->row_no, 7);
    assert_int_equal(joined->last_load_id, 12);
    assert_int_equal(joined->record.start_us, 100 * SECOND);
    assert_int_equal(joined->record.end_us, 700 * SECOND);
    assert_int_equal(joined->record.opened, FZ_OPENED_SYN);
    assert_int_equal(joined->record.packets[FZ_INITIATOR], 6);
    assert_int_equal(joined->record.bytes[FZ_RESPONDER], 1000);
    assert_int_equal(joined->record.ip_bytes[FZ_RESPONDER], 800);
}

static void two_minutes_are_too_long(void **state)
{
    const fz_detail first = part(1, 100, 590, FZ_OPENED_SYN);
    const fz_detail late = part(2, 590 + FZ_JOIN_GAP_S, 900, FZ_OPENED_SYN);
    fz_detail near = late;

    (void)state;
    near.record.start_us--;
    g_autoptr(GArray) apart = join_two(&first, 0, &late, 0), joined = join_two(&first, 0, &near, 0);
    assert_int_equal(apart->len, 2);
    assert_int_equal(joined->len, 1);
}

static void other_keys_and_sensors_stay_apart(void **state)
{
    const fz_detail first = part(1, 100, 590, FZ_OPENED_SYN), same = part(2, 610, 700, FZ_OPENED_SYN);
    fz_detail others[] = {same, same, same, same, same};

    (void)state;
    others[0].record.port[FZ_INITIATOR]++;
    others[1].record.protocol = 17;
    others[2].record.vlan = 5;
    others[3].record.addr[FZ_RESPONDER][15] = 1;
    others[4].record.family = FZ_IPV6;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GArray) taken = join_two(&first, 0, &others[i], 0);
        assert_int_equal(taken->len, 2);
    }
    g_autoptr(GArray) taken = join_two(&first, 0, &same, 1);
    assert_int_equal(taken->len, 2);
}

/* The client of a part that is not sure is the server of the one that is. */
static void the_surest_part_tells_the_sides(void **state)
{
    const fz_detail sure = part(1, 100, 590, FZ_OPENED_SYN), guess = turned(part(2, 610, 700, FZ_OPENED_FIRST));
    const fz_detail early_guess = turned(part(1, 100, 590, FZ_OPENED_FIRST)), later = part(2, 610, 700, FZ_OPENED_SYN);
    g_autoptr(GArray) first = join_two(&sure, 0, &guess, 0), second = join_two(&early_guess, 0, &later, 0);
    const GArray *both[] = {first, second};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        const fz_record *record = &taken_at(both[i], 0)->record;
        assert_int_equal(both[i]->len, 1);
        assert_int_equal(record->opened, FZ_OPENED_SYN);
        assert_int_equal(record->port[FZ_RESPONDER], 443);
        assert_int_equal(record->packets[FZ_INITIATOR], 6);
        assert_int_equal(record->bytes[FZ_RESPONDER], 1000);
        assert_int_equal(record->zone[FZ_INITIATOR], 1);
        assert_int_equal(record->tcp_flags[FZ_RESPONDER], 0x12);
    }
}

static void zones_are_those_of_the_first_part(void **state)
{
    fz_detail first = part(1, 100, 590, FZ_OPENED_FIRST), second = turned(part(2, 610, 700, FZ_OPENED_SYN));

    (void)state;
    second.record.zone[FZ_INITIATOR] = 9;
    g_autoptr(GArray) taken = join_two(&first, 0, &second, 0);
    assert_int_equal(taken_at(taken, 0)->record.zone[FZ_INITIATOR], 2);
    assert_int_equal(taken_at(taken, 0)->record.zone[FZ_RESPONDER], 1);
}

static void ends_that_both_opened_are_not_sure(void **state)
{
    const fz_detail first = part(1, 100, 590, FZ_OPENED_SYN), second = turned(part(2, 610, 700, FZ_OPENED_SYN));
    g_autoptr(GArray) taken = join_two(&first, 0, &second, 0);

    (void)state;
    assert_int_equal(taken->len, 1);
    assert_int_equal(taken_at(taken, 0)->record.opened, FZ_OPENED_BOTH);
    assert_int_equal(taken_at(taken, 0)->record.packets[FZ_INITIATOR], 6);
}

/* Only what ended shortly before its capture is held back. */
static void what_has_ended_is_given_at_once(void **state)
{
    g_autoptr(GArray) taken = new_taken();
    g_autoptr(fz_joiner) joiner = fz_joiner_new(GAP, take, taken);
    fz_detail early = part(1, 100, 480, FZ_OPENED_SYN), late = part(1, 100, 481, FZ_OPENED_SYN);
    const fz_join_capture last = {0, 600 * INT64_C(1000000), 1200 * INT64_C(1000000), false, true};
    const fz_detail end = part(1, 700, 1200, FZ_OPENED_SYN);

    (void)state;
    begin_capture(joiner, 0, 0, 600);
    fz_joiner_add(joiner, &early);
    assert_int_equal(taken->len, 1);
    late.record.port[FZ_INITIATOR]++;
    fz_joiner_add(joiner, &late);
    assert_int_equal(taken->len, 1);
    begin_capture(joiner, 1, 10000, 20000); /* another sensor */
    assert_int_equal(taken->len, 1);
    begin_capture(joiner, 0, 601, 700);
    assert_int_equal(taken->len, 2);
    fz_joiner_capture(joiner, &last);
    fz_joiner_add(joiner, &end);
    assert_int_equal(taken->len, 3);
    fz_joiner_finish(joiner);
    assert_int_equal(taken->len, 3);
}

static void rows_that_were_split_are_joined(void **state)
{
    g_autoptr(GArray) taken = new_taken();
    g_autoptr(fz_joiner) joiner = fz_joiner_new(GAP, take, taken);
    const fz_join_capture capture = {0, 0, 100000 * (int64_t)SECOND, true, true};

    (void)state;
    fz_joiner_capture(joiner, &capture);
    for (int64_t start = 0; start < 100000; start += 60) {
        /* an hour without a packet, once */
        const fz_detail detail = part(1, start, start + 59, FZ_OPENED_SYN);
        if (start < 40000 || start >= 43600)
            fz_joiner_add(joiner, &detail);
        for (uint16_t port = 0; port < 50; port++) {
            fz_detail other = part(1, start, start + 1, FZ_OPENED_SYN);
            other.record.port[FZ_INITIATOR] = (uint16_t)(port + start % 6000 / 60 * 50);
            fz_joiner_add(joiner, &other);
        }
    }
    assert_true(taken->len > 70000); /* not all kept to the end */
    fz_joiner_finish(joiner);
    unsigned joined = 0;
    for (guint i = 0; i < taken->len; i++)
        joined += taken_at(taken, i)->parts > 1;
    assert_int_equal(joined, 2);
    assert_int_equal(taken->len - joined, 1667 * 50);
}

static void counts_stop_at_the_most_that_a_store_can_have(void **state)
{
    fz_detail first = part(1, 100, 590, FZ_OPENED_SYN), second = part(2, 610, 700, FZ_OPENED_SYN);

    (void)state;
    first.record.bytes[0] = INT64_MAX - 10;
    second.record.bytes[0] = 11;
    second.record.packets[0] = UINT64_MAX;
    g_autoptr(GArray) taken = join_two(&first, 0, &second, 0);
    assert_int_equal(taken_at(taken, 0)->record.bytes[0], INT64_MAX);
    assert_int_equal(taken_at(taken, 0)->record.packets[0], INT64_MAX);
}

static void any_times_can_be_compared(void **state)
{
    fz_detail first = part(1, 0, 0, FZ_OPENED_SYN), second = part(2, 0, 0, FZ_OPENED_SYN);

    (void)state;
    first.record.start_us = first.record.end_us = INT64_MIN;
    second.record.start_us = second.record.end_us = INT64_MAX;
    g_autoptr(GArray) taken = join_two(&first, 0, &second, 0);
    assert_int_equal(taken->len, 2);
}

/* Conversations without a pause of the gap, cut at random into captures: each comes out whole, once. */
static void cut_conversations_come_out_whole(void **state)
{
    enum { CONVERSATIONS = 300, CAPTURE_S = 300, CAPTURES = 40 };
    const unsigned seed = (unsigned)g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GArray) taken = new_taken();
    g_autoptr(fz_joiner) joiner = fz_joiner_new(GAP, take, taken);
    int64_t starts[CONVERSATIONS], ends[CONVERSATIONS];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < CONVERSATIONS; i++) {
        starts[i] = g_rand_int_range(random, 0, CAPTURE_S * CAPTURES - 1);
        ends[i] = starts[i] + g_rand_int_range(random, 0, 4000);
        ends[i] = MIN(ends[i], CAPTURE_S * CAPTURES - 1);
    }
    for (int64_t capture = 0; capture < CAPTURES; capture++) {
        const int64_t first = capture * CAPTURE_S, last = first + CAPTURE_S - 1;
        begin_capture(joiner, 0, first, last);
        for (int i = 0; i < CONVERSATIONS; i++) {
            if (starts[i] > last || ends[i] < first)
                continue;
            fz_detail cut = part(capture + 1, MAX(starts[i], first), MIN(ends[i], last),
                                 starts[i] >= first ? FZ_OPENED_SYN : FZ_OPENED_FIRST);
            cut.record.port[FZ_INITIATOR] = (uint16_t)(10000 + i);
            if (starts[i] < first && g_rand_boolean(random))
                fz_record_turn(&cut.record);
            fz_joiner_add(joiner, &cut);
        }
    }
    fz_joiner_finish(joiner);
    assert_int_equal(taken->len, CONVERSATIONS);
    for (guint i = 0; i < taken->len; i++) {
        const fz_joined *joined = taken_at(taken, i);
        const int number = joined->record.port[FZ_INITIATOR] - 10000;
        assert_true(number >= 0 && number < CONVERSATIONS);
        assert_int_equal(joined->record.start_us, starts[number] * SECOND);
        assert_int_equal(joined->record.end_us, ends[number] * SECOND);
        assert_int_equal(joined->parts, ends[number] / CAPTURE_S - starts[number] / CAPTURE_S + 1);
        assert_int_equal(joined->record.opened, FZ_OPENED_SYN);
        assert_int_equal(joined->record.packets[FZ_RESPONDER], 5 * joined->parts);
        starts[number] = -1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_two_captures_are_one),
        cmocka_unit_test(two_minutes_are_too_long),
        cmocka_unit_test(other_keys_and_sensors_stay_apart),
        cmocka_unit_test(the_surest_part_tells_the_sides),
        cmocka_unit_test(zones_are_those_of_the_first_part),
        cmocka_unit_test(ends_that_both_opened_are_not_sure),
        cmocka_unit_test(what_has_ended_is_given_at_once),
        cmocka_unit_test(rows_that_were_split_are_joined),
        cmocka_unit_test(counts_stop_at_the_most_that_a_store_can_have),
        cmocka_unit_test(any_times_can_be_compared),
        cmocka_unit_test(cut_conversations_come_out_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
