/* One thread that reads and one that counts give the rows and totals of a single one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "counter.h"
#include "rows.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned seed;

/* Frames as a capture might have them: some hundred conversations, times that mostly grow. */
static void make_frame(GRand *random, int64_t *time_us, fz_counted *frame)
{
    static const fz_frame_class classes[] = {FZ_COUNTED, FZ_COUNTED, FZ_COUNTED, FZ_COUNTED, FZ_NOT_IP, FZ_UNPARSABLE};

    *time_us += g_rand_int_range(random, -2000, 50000);
    *frame = (fz_counted){
        .time_us = *time_us,
        .bytes = (uint32_t)g_rand_int_range(random, 40, 1515),
        .class_ = classes[g_rand_int_range(random, 0, G_N_ELEMENTS(classes))],
        .packet = {.family = FZ_IPV4, .protocol = 6, .ip_bytes = 40},
    };
    frame->packet.src[3] = (uint8_t)g_rand_int_range(random, 0, 16);
    frame->packet.dst[3] = (uint8_t)g_rand_int_range(random, 0, 16);
    frame->packet.sport = (uint16_t)g_rand_int_range(random, 0, 4);
    frame->packet.tcp_flags = (uint16_t)g_rand_int_range(random, 0, 4096);
}

/* One that was joined may still be listed for a moment. */
static bool has_threads(unsigned expected)
{
    for (int i = 0; i < 60000; i++, g_usleep(1000)) {
        g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
        unsigned count = 0;
        while (g_dir_read_name(tasks))
            count++;
        if (count == expected)
            return true;
    }
    return false;
}

typedef struct order {
    unsigned frames;
    uint32_t interval_s;
    uint64_t max_flows;
    bool packets;    /* rows are packets, not conversations */
    const char *out; /* NULL: memory */
} order;

/* Counts, in one thread or two, and returns what was written and the totals; the caller frees. The words of the failure
 * where the output failed. */
static char *count(const order *wanted, bool in_two)
{
    int fd = memfd_create("rows", 0);
    g_autofree char *out = wanted->out ? g_strdup(wanted->out) : g_strdup_printf("fd:%d", fd);
    fz_options options = {
        .format = fz_format_by_name("csv"),
        .interval_s = wanted->interval_s,
        .max_flows = wanted->max_flows,
        .rows = FZ_KIND(wanted->packets ? FZ_ROW_PACKET : FZ_ROW_FLOW),
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GError) error = NULL;
    int64_t time_us = 1700000000000000;

    options.out = out;
    fz_collector *collector = fz_collector_new(&options, FZ_ENGINE_SCAN, "test", NULL, NULL, &error);
    assert_non_null(collector);
    fz_counter *counter = fz_counter_new(collector);
    if (in_two)
        fz_counter_start(counter);
    assert_true(has_threads(in_two ? 2 : 1));
    fz_counted *frame = fz_counter_first(counter);
    for (unsigned i = 0; i < wanted->frames; i++) {
        make_frame(random, &time_us, frame);
        if (wanted->packets)
            *fz_counter_link(counter) = (fz_frame_link){.number = i + 1, .vlan = (uint16_t)(i % 3)};
        frame = fz_counter_add(counter);
    }
    fz_counter_finish(counter);
    assert_true(has_threads(1));
    bool done = fz_collector_flush(collector, &error) && fz_collector_finish(collector, false, &error);
    g_autofree char *totals = fz_totals_print(fz_collector_totals(collector));
    off_t size = lseek(fd, 0, SEEK_END);
    g_autofree char *rows = g_malloc0((gsize)size + 1);
    assert_int_equal(pread(fd, rows, (size_t)size, 0), size);
    close(fd);
    fz_counter_free(counter);
    fz_collector_free(collector);
    return done ? g_strconcat(rows, totals, NULL) : g_strconcat(error->message, "; ", totals, NULL);
}

static void both_ways(const order *wanted)
{
    g_autofree char *one = count(wanted, false), *two = count(wanted, true);

    if (strcmp(one, two) != 0)
        fail_msg("%u frames, interval %u, max-flows %u, seed %u: other rows or totals", wanted->frames,
                 wanted->interval_s, (unsigned)wanted->max_flows, seed);
}

static void two_threads_write_the_same_as_one(void **state)
{
    static const unsigned frames[] = {0, 1, 511, 512, 513, 2048, 4095, 4096, 4097, 4608, 200000};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        both_ways(&(order){.frames = frames[i]});
        both_ways(&(order){.frames = frames[i], .interval_s = 1});
        both_ways(&(order){.frames = frames[i], .max_flows = 7});
        both_ways(&(order){.frames = frames[i], .packets = true});
    }
}

/* One a frame, in their order, of whichever class. */
static void every_frame_has_its_row(void **state)
{
    (void)state;
    for (int two = 0; two < 2; two++) {
        g_autofree char *text = count(&(order){.frames = 5000, .packets = true}, two);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        assert_int_equal(g_strv_length(lines), 1 + 5000 + 1);
        for (unsigned i = 1; i <= 5000; i++) {
            g_autofree char *number = g_strdup_printf("%u,", i);
            assert_true(g_str_has_prefix(lines[i], number));
        }
        assert_non_null(strstr(lines[5001], "; 5000 rows of packets"));
    }
}

/* It fails in the second thread, at an interval's end, and is reported at the end. */
static void an_output_that_fails_is_told_and_all_is_counted(void **state)
{
    const order wanted = {.frames = 50000, .interval_s = 1, .out = "/dev/full"};
    g_autofree char *two = count(&wanted, true);

    (void)state;
    both_ways(&wanted);
    assert_non_null(strstr(two, "No space left on device"));
    assert_non_null(strstr(two, "50000 frames"));
}

/* A counter that is freed early does not wait. */
static void a_counter_may_be_freed_at_any_time(void **state)
{
    fz_options options = {
        .format = fz_format_by_name("csv"), .out = (char[]){"/dev/null"}, .rows = FZ_KIND(FZ_ROW_FLOW)};
    fz_collector *collector = fz_collector_new(&options, FZ_ENGINE_SCAN, "test", NULL, NULL, NULL);

    (void)state;
    for (int frames = 0; frames < 3; frames++) {
        fz_counter *counter = fz_counter_new(collector);
        fz_counter_start(counter);
        fz_counted *frame = fz_counter_first(counter);
        for (int i = 0; i < frames; i++) {
            *frame = (fz_counted){.class_ = FZ_NOT_IP, .bytes = 60};
            frame = fz_counter_add(counter);
        }
        fz_counter_free(counter);
        assert_true(has_threads(1));
    }
    fz_counter_free(NULL);
    assert_int_equal(fz_collector_totals(collector)->not_ip.frames, 3);
    fz_collector_free(collector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_write_the_same_as_one),
        cmocka_unit_test(every_frame_has_its_row),
        cmocka_unit_test(an_output_that_fails_is_told_and_all_is_counted),
        cmocka_unit_test(a_counter_may_be_freed_at_any_time),
    };
    seed = g_random_int();
    print_message("seed %u\n", seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
