/* Which row a frame is of: every row that the flow table writes is counted again, whatever ends rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "finder.h"

#include "flowtable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 4000, ROUNDS = 60, HOSTS = 4 };

typedef struct sent_packet {
    fz_packet packet;
    int64_t time_us;
    uint32_t bytes;
} sent_packet;

static bool keep(const fz_record *records, size_t count, void *user)
{
    for (size_t i = 0; i < count; i++) {
        const fz_wanted_row row = {.record = records[i], .asked = 1};
        g_array_append_val((GArray *)user, row);
    }
    return true;
}

static sent_packet make_packet(GRand *rand, int64_t time_us)
{
    sent_packet made = {
        .packet = {.src = {10, 0, 0, (uint8_t)g_rand_int_range(rand, 0, HOSTS)},
                   .dst = {10, 0, 0, (uint8_t)g_rand_int_range(rand, 0, HOSTS)},
                   .sport = (uint16_t)g_rand_int_range(rand, 0, 3),
                   .dport = (uint16_t)g_rand_int_range(rand, 0, 3),
                   .vlan = (uint16_t)g_rand_int_range(rand, 0, 2),
                   .protocol = g_rand_boolean(rand) ? 6 : 17,
                   .family = FZ_IPV4,
                   .ip_bytes = (uint32_t)g_rand_int_range(rand, 20, 1500)},
        .time_us = time_us,
        .bytes = (uint32_t)g_rand_int_range(rand, 60, 1514),
    };

    if (g_rand_int_range(rand, 0, 4) == 0)
        made.packet.family = FZ_IPV6;
    return made;
}

/* A clock that goes on, and at times is set back or forth. */
static int64_t next_time(GRand *rand, int64_t time_us)
{
    const int what = g_rand_int_range(rand, 0, 100);

    if (what == 0)
        return time_us - g_rand_int_range(rand, 0, 20000000);
    if (what == 1)
        return time_us + g_rand_int_range(rand, 0, 20000000);
    return time_us + INT64_C(1000) * g_rand_int_range(rand, 0, 3);
}

static void count_again(const fz_wanted_capture *capture, const fz_wanted_row *rows, const sent_packet *sent,
                        size_t count, uint32_t seed)
{
    fz_finder *finder = fz_finder_new(capture, rows);

    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < count; i++)
            assert_true(fz_finder_count(finder, &sent[i].packet, sent[i].time_us, sent[i].bytes));
        for (size_t i = 0; i < capture->rows; i++)
            if (!fz_finder_is_equal(finder, i))
                fail_msg("seed %u: row %zu is not counted again", seed, i);
        fz_finder_reset(finder);
    }
    fz_finder_free(finder);
}

static void every_row_is_counted_again(void **state)
{
    const uint32_t first = g_random_int();
    (void)state;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(first + round);
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(fz_wanted_row));
        g_autofree sent_packet *sent = g_new(sent_packet, PACKETS);
        const fz_flowtable_options options = {
            .key = g_rand_boolean(rand) ? FZ_KEY_IP : FZ_KEY_5TUPLE,
            .vlan = g_rand_boolean(rand),
            .interval_s = (uint32_t)(g_rand_boolean(rand) ? g_rand_int_range(rand, 1, 8) : 0),
            .max_flows = (uint64_t)(g_rand_boolean(rand) ? g_rand_int_range(rand, 1, 40) : 0),
            .sink = keep,
            .user = rows,
        };
        fz_flowtable *table = fz_flowtable_new(&options);
        int64_t time_us = g_rand_int_range(rand, -5, 5) * INT64_C(1000000);

        for (int i = 0; i < PACKETS; i++) {
            time_us = next_time(rand, time_us);
            sent[i] = make_packet(rand, time_us);
            assert_true(fz_flowtable_add(table, &sent[i].packet, time_us, sent[i].bytes));
        }
        assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
        fz_flowtable_free(table);
        const fz_wanted_capture capture = {
            .rows = rows->len, .key = (uint8_t)options.key, .vlan = options.vlan, .interval_s = options.interval_s};
        count_again(&capture, &g_array_index(rows, fz_wanted_row, 0), sent, PACKETS, first + round);
    }
}

/* Two rows of one conversation, of two packets and one. */
static void frames_go_to_the_row_that_was_first(void **state)
{
    const fz_record part = {
        .addr = {{10, 0, 0, 1}, {10, 0, 0, 2}}, .port = {1000, 53}, .protocol = 17, .family = FZ_IPV4};
    fz_wanted_row rows[] = {{.record = part}, {.record = part, .asked = 1}};
    const fz_wanted_capture capture = {.rows = 2, .asked = 1};
    const fz_packet there = {.src = {10, 0, 0, 1},
                             .dst = {10, 0, 0, 2},
                             .sport = 1000,
                             .dport = 53,
                             .protocol = 17,
                             .family = FZ_IPV4,
                             .ip_bytes = 50};
    const fz_packet back = {.src = {10, 0, 0, 2},
                            .dst = {10, 0, 0, 1},
                            .sport = 53,
                            .dport = 1000,
                            .protocol = 17,
                            .family = FZ_IPV4,
                            .ip_bytes = 70};
    fz_packet other = there;
    (void)state;

    rows[0].record.packets[FZ_INITIATOR] = rows[0].record.packets[FZ_RESPONDER] = 1;
    rows[1].record.packets[FZ_INITIATOR] = 1;
    rows[1].record.bytes[FZ_INITIATOR] = 64;
    rows[1].record.ip_bytes[FZ_INITIATOR] = 50;
    rows[1].record.start_us = rows[1].record.end_us = 7;
    other.sport++;
    fz_finder *finder = fz_finder_new(&capture, rows);
    assert_false(fz_finder_count(finder, &there, 7, 64));
    assert_false(fz_finder_count(finder, &other, 7, 64));
    assert_false(fz_finder_count(finder, &back, 7, 84));
    assert_true(fz_finder_count(finder, &there, 7, 64));
    assert_true(fz_finder_is_equal(finder, 1));
    assert_true(fz_finder_count(finder, &there, 8, 64)); /* one too many */
    assert_false(fz_finder_is_equal(finder, 1));
    assert_int_equal(fz_finder_counted(finder, 1)->packets[FZ_INITIATOR], 2);
    assert_int_equal(fz_finder_counted(finder, 0)->bytes[FZ_RESPONDER], 84);
    fz_finder_free(finder);
}

/* One packet is found; the row says something else of it. */
static void a_row_is_equal_in_all_counts_and_times(void **state)
{
    const fz_wanted_capture capture = {.rows = 1, .asked = 1};
    const fz_packet packet = {.src = {10, 0, 0, 1}, .dst = {10, 0, 0, 2}, .family = FZ_IPV4, .ip_bytes = 50};
    const fz_record right = {.start_us = 7,
                             .end_us = 7,
                             .packets = {1, 0},
                             .bytes = {64, 0},
                             .ip_bytes = {50, 0},
                             .addr = {{10, 0, 0, 1}, {10, 0, 0, 2}},
                             .family = FZ_IPV4};
    fz_record wrong[8];
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        wrong[i] = right;
    wrong[1].bytes[FZ_INITIATOR]++;
    wrong[2].ip_bytes[FZ_INITIATOR]--;
    wrong[3].packets[FZ_INITIATOR] = 2;
    wrong[4].start_us--;
    wrong[5].end_us++;
    wrong[6].bytes[FZ_RESPONDER]++;
    wrong[7].packets[FZ_RESPONDER]++;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        const fz_wanted_row row = {.record = wrong[i], .asked = 1};
        fz_finder *finder = fz_finder_new(&capture, &row);

        assert_true(fz_finder_count(finder, &packet, 7, 64));
        assert_int_equal(fz_finder_is_equal(finder, 0), i == 0);
        fz_finder_free(finder);
    }
}

static void no_rows_have_no_frames(void **state)
{
    const fz_wanted_capture capture = {0};
    const fz_packet packet = {.family = FZ_IPV4};
    fz_finder *finder = fz_finder_new(&capture, NULL);
    (void)state;

    assert_false(fz_finder_count(finder, &packet, 0, 60));
    fz_finder_free(finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_counted_again),
        cmocka_unit_test(frames_go_to_the_row_that_was_first),
        cmocka_unit_test(a_row_is_equal_in_all_counts_and_times),
        cmocka_unit_test(no_rows_have_no_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
