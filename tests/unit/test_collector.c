/* The collector: which kinds of rows go to a format, what the totals say of them, and when they leave.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

/* What the format under test received. */
static struct {
    uint64_t rows[FZ_ROW_KINDS];
    fz_count minutes;
    uint64_t held; /* rows since the last flush */
    unsigned flushes, fails_at;
    bool says_minutes;
    fz_totals totals;
} got;

static fz_sink *test_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    (void)fd, (void)zones, (void)error;
    got.says_minutes = run->minutes;
    return (fz_sink *)&got;
}

static bool test_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    (void)sink, (void)error;
    got.rows[kind] += count;
    got.held += count;
    for (size_t i = 0; kind == FZ_ROW_MINUTE && i < count; i++) {
        got.minutes.frames += ((const fz_minute *)rows)[i].packets;
        got.minutes.bytes += ((const fz_minute *)rows)[i].bytes;
    }
    return true;
}

static bool test_flush(fz_sink *sink, GError **error)
{
    (void)sink;
    got.held = 0;
    if (++got.flushes != got.fails_at)
        return true;
    g_set_error_literal(error, FZ_COLLECTOR_ERROR, FZ_COLLECTOR_ERROR_SHARED, "no more");
    return false;
}

static bool test_finish(fz_sink *sink, const fz_totals *totals, GError **error)
{
    (void)sink, (void)error;
    if (totals)
        got.totals = *totals;
    return true;
}

static const fz_format with_minutes = {.name = "test",
                                       .kinds = FZ_KIND(FZ_ROW_FLOW) | FZ_KIND(FZ_ROW_MINUTE),
                                       .open = test_open,
                                       .write = test_write,
                                       .finish = test_finish,
                                       .flush = test_flush};
static const fz_format without_minutes = {
    .name = "test", .kinds = FZ_KIND(FZ_ROW_FLOW), .open = test_open, .write = test_write, .finish = test_finish};

/* A second of a capture a frame: three of four are IP. Returns whether all went well, the first fault in `error`. */
static bool run(const fz_format *format, fz_layers layers, uint32_t interval_s, unsigned frames, GError **error)
{
    const int fd = memfd_create("rows", 0);
    g_autofree char *out = g_strdup_printf("fd:%d", fd);
    const fz_options options = {
        .format = format, .out = out, .layers = layers, .interval_s = interval_s, .rows = FZ_KIND(FZ_ROW_FLOW)};
    const fz_packet outer = {.family = FZ_IPV4, .protocol = 4, .ip_bytes = 60, .src = {1}, .dst = {2}};
    const fz_packet inner = {.family = FZ_IPV6, .protocol = 6, .ip_bytes = 40, .src = {3}, .dst = {4}};
    const unsigned fails_at = got.fails_at;

    memset(&got, 0, sizeof got);
    got.fails_at = fails_at;
    fz_collector *collector = fz_collector_new(&options, FZ_ENGINE_SCAN, "test", NULL, NULL, error);
    assert_non_null(collector);
    for (unsigned i = 0; i < frames; i++) {
        const fz_frame_class class_ = i % 4 == 3 ? FZ_NOT_IP : FZ_COUNTED;
        fz_collector_frame(collector, class_, i * (int64_t)SECOND, 100 + i);
        if (class_ == FZ_COUNTED)
            fz_collector_packet(collector, &outer, i * (int64_t)SECOND, 100 + i);
        if (class_ == FZ_COUNTED && layers == FZ_LAYERS_ALL)
            fz_collector_packet(collector, &inner, i * (int64_t)SECOND, 100 + i);
    }
    const bool done = fz_collector_flush(collector, error) && fz_collector_finish(collector, false, error);
    fz_collector_free(collector);
    close(fd);
    return done;
}

static void minutes_are_what_was_counted(void **state)
{
    (void)state;
    for (uint32_t interval_s = 0; interval_s < 100; interval_s += 33) {
        assert_true(run(&with_minutes, FZ_LAYERS_OUTER, interval_s, 200, NULL));
        assert_true(got.says_minutes);
        assert_int_equal(got.rows[FZ_ROW_FLOW], got.totals.records);
        assert_int_equal(got.rows[FZ_ROW_MINUTE], got.totals.minutes);
        assert_true(got.minutes.frames == 150 && got.minutes.frames == got.totals.counted.frames);
        assert_true(got.minutes.bytes == got.totals.counted.bytes);
    }
    assert_true(run(&with_minutes, FZ_LAYERS_ALL, 0, 200, NULL));
    assert_true(got.minutes.frames == 2 * got.totals.counted.frames);
    assert_true(got.minutes.bytes == 2 * got.totals.counted.bytes);
}

static void a_format_without_minutes_gets_none(void **state)
{
    (void)state;
    assert_true(run(&without_minutes, FZ_LAYERS_OUTER, 33, 200, NULL));
    assert_false(got.says_minutes);
    assert_int_equal(got.rows[FZ_ROW_MINUTE], 0);
    assert_int_equal(got.totals.minutes, 0);
    assert_true(got.rows[FZ_ROW_FLOW] > 0 && got.rows[FZ_ROW_FLOW] == got.totals.records);
}

static void the_end_of_an_interval_flushes(void **state)
{
    (void)state;
    assert_true(run(&with_minutes, FZ_LAYERS_OUTER, 10, 100, NULL));
    assert_int_equal(got.flushes, 9); /* the end of the last one is that of the output */
    assert_int_equal(got.held, 2);
    assert_true(run(&with_minutes, FZ_LAYERS_OUTER, 0, 100, NULL));
    assert_int_equal(got.flushes, 0);
}

static void a_flush_that_fails_ends_the_run(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    got.fails_at = 3;
    assert_false(run(&with_minutes, FZ_LAYERS_OUTER, 10, 100, &error));
    assert_non_null(strstr(error->message, "no more"));
    assert_int_equal(got.flushes, 3);
    assert_int_equal(got.rows[FZ_ROW_FLOW], 3);
    got.fails_at = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_are_what_was_counted),
        cmocka_unit_test(a_format_without_minutes_gets_none),
        cmocka_unit_test(the_end_of_an_interval_flushes),
        cmocka_unit_test(a_flush_that_fails_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
