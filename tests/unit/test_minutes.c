/* Minutes: which one a time is in, who sent to whom, sums in any order of times, a bound on memory.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "minutes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

/* What a sink received. */
typedef struct kept_rows {
    GArray *rows;
} kept_rows;

static void keep_rows(const fz_minute *rows, size_t count, void *user)
{
    kept_rows *kept = user;
    assert_true(count > 0);
    g_array_append_vals(kept->rows, rows, (guint)count);
}

static kept_rows kept_new(void)
{
    return (kept_rows){.rows = g_array_new(FALSE, FALSE, sizeof(fz_minute))};
}

static const fz_minute *row(const kept_rows *kept, guint index)
{
    assert_true(index < kept->rows->len);
    return &g_array_index(kept->rows, fz_minute, index);
}

static void count(fz_minutes *minutes, uint32_t from, uint32_t to, int64_t time_us, uint32_t bytes)
{
    const uint32_t zone[2] = {from, to};
    uint32_t counter[2];
    assert_true(fz_minutes_find(minutes, zone, counter));
    assert_int_equal(fz_minutes_zone(minutes, counter[0]), from);
    assert_int_equal(fz_minutes_zone(minutes, counter[1]), to);
    fz_minutes_count(minutes, counter[0], time_us, bytes);
}

static void assert_row(const fz_minute *row, int64_t minute, uint32_t from, uint32_t to, uint64_t packets,
                       uint64_t bytes)
{
    assert_true(row->minute == minute);
    assert_int_equal(row->zone[0], from);
    assert_int_equal(row->zone[1], to);
    assert_true(row->packets == packets);
    assert_true(row->bytes == bytes);
}

static void a_minute_is_a_floor_at_any_time(void **state)
{
    static const struct {
        int64_t time_us, minute;
    } times[] = {
        {0, 0},
        {60LL * SECOND - 1, 0},
        {60LL * SECOND, 60},
        {-1, -60},
        {-60LL * SECOND, -60},
        {-60LL * SECOND - 1, -120},
        {1700000000LL * SECOND, 1699999980},
        {INT64_MIN, -9223372036860},
        {INT64_MIN + 1, -9223372036860},
        {-9223372036800LL * SECOND - 1, -9223372036860},
        {-9223372036800LL * SECOND, -9223372036800},
        {INT64_MAX, 9223372036800},
        {9223372036800LL * SECOND, 9223372036800},
        {9223372036800LL * SECOND - 1, 9223372036740},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        kept_rows kept = kept_new();
        fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
        count(minutes, 1, 2, 30, 1); /* in another minute, or in this one */
        count(minutes, 1, 2, times[i].time_us, 60);
        count(minutes, 1, 2, times[i].time_us, 60);
        fz_minutes_flush(minutes);
        const bool same = times[i].minute == 0;
        const guint at = times[i].minute > 0;
        assert_int_equal(kept.rows->len, same ? 1 : 2);
        assert_row(row(&kept, at), times[i].minute, 1, 2, same ? 3 : 2, same ? 121 : 120);
        fz_minutes_free(minutes);
        g_array_unref(kept.rows);
    }
}

static void from_is_the_sender(void **state)
{
    (void)state;
    kept_rows kept = kept_new();
    fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
    const uint32_t ends[2] = {9, 3};
    uint32_t counter[2];
    assert_true(fz_minutes_find(minutes, ends, counter));
    fz_minutes_count(minutes, counter[0], 0, 100);
    fz_minutes_count(minutes, counter[1], 1, 7);
    fz_minutes_count(minutes, counter[1], 2, 7);
    count(minutes, 3, 9, 3, 7);
    count(minutes, 0, 0, 4, 1); /* no zone, and one zone with itself, both ways */
    const uint32_t one[2] = {5, 5};
    assert_true(fz_minutes_find(minutes, one, counter));
    fz_minutes_count(minutes, counter[0], 0, 100);
    fz_minutes_count(minutes, counter[1], 0, 11);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, 4);
    assert_row(row(&kept, 0), 0, 0, 0, 1, 1);
    assert_row(row(&kept, 1), 0, 3, 9, 3, 21);
    assert_row(row(&kept, 2), 0, 5, 5, 2, 111);
    assert_row(row(&kept, 3), 0, 9, 3, 1, 100);
    fz_minutes_free(minutes);
    g_array_unref(kept.rows);
}

static void what_was_written_is_not_written_again(void **state)
{
    (void)state;
    kept_rows kept = kept_new();
    fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, 0);
    count(minutes, 1, 2, 0, 60);
    fz_minutes_forget(minutes);
    count(minutes, 1, 2, 1, 60);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, 1); /* forgetting counters forgets no packet */
    assert_row(row(&kept, 0), 0, 1, 2, 2, 120);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, 1);
    const uint32_t ends[2] = {1, 2};
    uint32_t counter[2];
    assert_true(fz_minutes_find(minutes, ends, counter));
    fz_minutes_flush(minutes); /* the counter stays valid */
    fz_minutes_count(minutes, counter[0], 2, 60);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, 2);
    assert_row(row(&kept, 1), 0, 1, 2, 1, 60);
    fz_minutes_free(minutes);
    fz_minutes_free(NULL);
    g_array_unref(kept.rows);
}

static int by_key(const void *left, const void *right)
{
    const fz_minute *a = left, *b = right;
    if (a->minute != b->minute)
        return a->minute < b->minute ? -1 : 1;
    if (a->zone[0] != b->zone[0])
        return a->zone[0] < b->zone[0] ? -1 : 1;
    return a->zone[1] < b->zone[1] ? -1 : a->zone[1] > b->zone[1];
}

/* Adds up neighbours of the same key: how many rows are left. */
static size_t add_up(fz_minute *rows, size_t count)
{
    size_t sums = 0;
    qsort(rows, count, sizeof *rows, by_key);
    for (size_t i = 0; i < count; i++) {
        if (sums > 0 && by_key(&rows[sums - 1], &rows[i]) == 0) {
            rows[sums - 1].packets += rows[i].packets;
            rows[sums - 1].bytes += rows[i].bytes;
        } else {
            rows[sums++] = rows[i];
        }
    }
    return sums;
}

/* Random packets, written out at random, against a list of them all. */
static void sums_are_those_of_the_packets(void **state)
{
    enum { PACKETS = 50000, ZONES = 9 };
    const uint32_t seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    (void)state;
    print_message("seed %u\n", seed);
    kept_rows kept = kept_new();
    fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
    g_autofree fz_minute *slow = g_new0(fz_minute, PACKETS);
    for (int i = 0; i < PACKETS; i++) {
        const int32_t minute = g_rand_int_range(random, -20, 20);
        const uint32_t from = (uint32_t)g_rand_int_range(random, 0, ZONES);
        const uint32_t to = (uint32_t)g_rand_int_range(random, 0, ZONES);
        const uint32_t bytes = g_rand_int(random);
        count(minutes, from, to, minute * 60LL * SECOND + g_rand_int_range(random, 0, 60 * SECOND), bytes);
        slow[i] = (fz_minute){.minute = minute * 60LL, .zone = {from, to}, .packets = 1, .bytes = bytes};
        if (g_rand_int_range(random, 0, 2000) == 0)
            fz_minutes_flush(minutes);
        if (g_rand_int_range(random, 0, 500) == 0)
            fz_minutes_forget(minutes);
    }
    fz_minutes_flush(minutes);
    const size_t expected = add_up(slow, PACKETS);
    const size_t came = add_up((fz_minute *)(gpointer)kept.rows->data, kept.rows->len);
    assert_int_equal(came, expected);
    assert_memory_equal(kept.rows->data, slow, expected * sizeof *slow);
    fz_minutes_free(minutes);
    g_array_unref(kept.rows);
}

static void each_key_has_one_row(void **state)
{
    enum { MINUTES = 300, ZONES = 12 };
    (void)state;
    kept_rows kept = kept_new();
    fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
    for (int round = 0; round < 3; round++)
        for (int64_t minute = 0; minute < MINUTES; minute++)
            for (uint32_t from = 0; from < ZONES; from++)
                for (uint32_t to = 0; to < ZONES; to++)
                    count(minutes, from, to, minute * 60LL * SECOND, 60);
    fz_minutes_flush(minutes);
    assert_int_equal(kept.rows->len, MINUTES * ZONES * ZONES);
    for (guint i = 0; i < kept.rows->len; i++)
        assert_row(row(&kept, i), i / (ZONES * ZONES) * 60, i / ZONES % ZONES, i % ZONES, 3, 180);
    fz_minutes_free(minutes);
    g_array_unref(kept.rows);
}

/* One packet in each of many minutes, some at the ends of time. */
static GArray *hostile_clock(uint32_t packets)
{
    kept_rows kept = kept_new();
    fz_minutes *minutes = fz_minutes_new(keep_rows, &kept);
    uint64_t time_us = 88172645463325252u;
    for (uint32_t i = 0; i < packets; i++) {
        time_us ^= time_us << 13;
        time_us ^= time_us >> 7;
        time_us ^= time_us << 17;
        count(minutes, i % 7, i % 5, (int64_t)time_us, 60);
        assert_true(minutes->past.room <= FZ_MINUTES_MOST / 2);
        assert_true(minutes->counters.room <= 64);
    }
    fz_minutes_flush(minutes);
    fz_minutes_free(minutes);
    return kept.rows;
}

static void a_hostile_clock_needs_bounded_memory(void **state)
{
    enum { PACKETS = 1000000 };
    (void)state;
    g_autoptr(GArray) one = hostile_clock(PACKETS), other = hostile_clock(PACKETS);
    uint64_t packets = 0, bytes = 0;
    guint begins = 0;
    for (guint i = 0; i < one->len; i++) {
        const fz_minute *row = &g_array_index(one, fz_minute, i);
        packets += row->packets;
        bytes += row->bytes;
        assert_true(row->packets > 0);
        assert_true(row->minute % 60 == 0);
        if (i > 0 && by_key(row - 1, row) >= 0)
            begins++; /* another write-out */
    }
    assert_true(packets == PACKETS);
    assert_true(bytes == PACKETS * UINT64_C(60));
    assert_true(begins > 0 && begins <= PACKETS / (FZ_MINUTES_MOST / 2));
    /* The seed is another one, the rows are not. */
    assert_int_equal(one->len, other->len);
    assert_memory_equal(one->data, other->data, one->len * sizeof(fz_minute));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_is_a_floor_at_any_time),
        cmocka_unit_test(from_is_the_sender),
        cmocka_unit_test(what_was_written_is_not_written_again),
        cmocka_unit_test(sums_are_those_of_the_packets),
        cmocka_unit_test(each_key_has_one_row),
        cmocka_unit_test(a_hostile_clock_needs_bounded_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
