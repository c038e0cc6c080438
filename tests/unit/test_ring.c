/* Names, times, and which files are complete.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/flowzone-ring.XXXXXX";

static void make(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void empty_folder(void)
{
    GDir *names = g_dir_open(folder, 0, NULL);

    for (const char *name; (name = g_dir_read_name(names));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        assert_int_equal(remove(path), 0);
    }
    g_dir_close(names);
}

static GPtrArray *list(const char *pattern)
{
    g_autoptr(GError) error = NULL;
    fz_ring *ring = fz_ring_open(folder, pattern, &error);

    assert_non_null(ring);
    GPtrArray *files = fz_ring_list(ring, &error);
    assert_non_null(files);
    fz_ring_free(ring);
    return files;
}

/* Names in their order, those that are the last of their series with a star. */
static void assert_listed(const char *pattern, const char *expected)
{
    g_autoptr(GPtrArray) files = list(pattern);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < files->len; i++) {
        const fz_ring_file *file = files->pdata[i];
        g_string_append_printf(names, "%s%s%s", i ? " " : "", file->name, file->last ? "*" : "");
    }
    assert_string_equal(names->str, expected);
    empty_folder();
}

static void names_tell_their_time(void **state)
{
    static const struct {
        const char *pattern, *name;
        int64_t time_s;
        const char *series;
    } cases[] = {
        {"*.%s", "log.pcap.1700000000", 1700000000, "log.pcap./"},
        {"*.%s", "log.pcap.3.1700000000", 1700000000, "log.pcap.3./"},
        {"*.%s", "log.pcap.17", FZ_RING_NO_TIME, NULL},
        {"*_%n_%Y%m%d%H%M%S*", "eth0_00001_20231114221320.pcapng", 1700000000, "eth0_/_//////.pcapng"},
        {"t-%Y-%m-%d.pcap", "t-2023-11-14.pcap", 1699920000, "t-/-/-/.pcap"},
        {"t-%Y-%m-%d.pcap", "t-2023-13-14.pcap", FZ_RING_NO_TIME, NULL},
        {"%%-%s", "%-1700000000", 1700000000, "%-/"},
        {"[a-c]?.%s", "bx.1700000000", 1700000000, "bx./"},
        {"[!a-c]?.%s", "bx.1700000000", FZ_RING_NO_TIME, NULL},
        {"a.b.%s", "aXb.1700000000", FZ_RING_NO_TIME, NULL},
        {"*.%s", "a\nb.1700000000", 1700000000, "a\nb./"},
        {"*.%s", "a\xff.1700000000", 1700000000, "a\xff./"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_ring_scheme *scheme = fz_ring_scheme_read(cases[i].pattern, NULL);
        fz_ring_name name = fz_ring_scheme_read_name(scheme, cases[i].name);
        assert_int_equal(name.time_s, cases[i].time_s);
        if (cases[i].series)
            assert_string_equal(name.series, cases[i].series);
        else
            assert_null(name.series);
        fz_ring_name_clear(&name);
        fz_ring_scheme_free(scheme);
    }
}

static void digits_are_a_time_where_a_known_program_writes_them(void **state)
{
    static const struct {
        const char *name;
        int64_t time_s;
        uint32_t part_us;
        int64_t number;
        const char *series;
    } cases[] = {
        {"log.pcap.1700000000", 1700000000, 0, -1, "log.pcap./"},
        {"log.pcap.3.1700000000", 1700000000, 0, -1, "log.pcap.3./"},
        {"log.pcap.1700000000.99999", 1700000000, 99999, -1, "log.pcap././"},
        {"log.pcap.1700000000.999999.lz4", 1700000000, 999999, -1, "log.pcap././.lz4"},
        {"log.pcap.3.1700000000.0", 1700000000, 0, -1, "log.pcap.3././"},
        {"log.pcap.1700000000.gz", 1700000000, 0, -1, "log.pcap./.gz"},
        {"daemonlogger.pcap.1700000000", 1700000000, 0, -1, "daemonlogger.pcap./"},
        {"snort.log.1700000000", 1700000000, 0, -1, "snort.log./"},
        {"eth0_00012_20231114221320.pcapng.gz", 1700000000, 0, 12, "eth0_/_//////.pcapng.gz"},
        {"eth0_00012_20231114221320", 1700000000, 0, 12, "eth0_/_//////"},
        {"eth0_20231114221320_123456.pcap", 1700000000, 0, 123456, "eth0_//////_/.pcap"},
        {"ticket.100234567.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {"ticket.1002345678.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {"ticket.1002345678.pcap.gz", FZ_RING_NO_TIME, 0, 0, NULL},
        {"phone.4915112345678.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {"case.pcap.100234567", FZ_RING_NO_TIME, 0, 0, NULL},
        {"case.pcap.10023456789", FZ_RING_NO_TIME, 0, 0, NULL},
        {"hourly.pcap.2023111422", FZ_RING_NO_TIME, 0, 0, NULL},
        {"ticket.1002345678", FZ_RING_NO_TIME, 0, 0, NULL},
        {"log.pcap.1700000000.old", FZ_RING_NO_TIME, 0, 0, NULL},
        {"log.pcap.1700000000.1234567", FZ_RING_NO_TIME, 0, 0, NULL},
        {"order_1_20231114221320.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {"order_00001_202311142213201.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {"order_00001_20231314221320.pcap", FZ_RING_NO_TIME, 0, 0, NULL},
        {".gz", FZ_RING_NO_TIME, 0, 0, NULL},
    };
    g_autoptr(GPtrArray) known = fz_ring_known_schemes();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_ring_name name = fz_ring_known_name(known, cases[i].name);
        assert_int_equal(name.time_s, cases[i].time_s);
        if (cases[i].series) {
            assert_string_equal(name.series, cases[i].series);
            assert_int_equal(name.part_us, cases[i].part_us);
            assert_int_equal(name.number, cases[i].number);
        } else {
            assert_null(name.series);
        }
        fz_ring_name_clear(&name);
    }
}

/* In Berlin clocks were set back from 3 to 2 o'clock on 29 October 2023, at 1 o'clock UTC, and forward on 26 March. */
static void a_local_time_may_come_twice(void **state)
{
    static const struct {
        const char *name;
        int64_t time_s, latest_s;
    } cases[] = {
        {"20231029015959", 1698537599, 1698537599}, {"20231029020000", 1698537600, 1698541200},
        {"20231029025959", 1698541199, 1698544799}, {"20231029030000", 1698544800, 1698544800},
        {"20230326015959", 1679792399, 1679792399}, {"20230326030000", 1679792400, 1679792400},
        {"20230326023000", 1679794200, 1679794200},
    };
    fz_ring_scheme *scheme = fz_ring_scheme_read("%Y%m%d%H%M%S", NULL);

    (void)state;
    g_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_ring_name name = fz_ring_scheme_read_name(scheme, cases[i].name);
        assert_int_equal(name.time_s, cases[i].time_s);
        assert_int_equal(name.latest_s, cases[i].latest_s);
        fz_ring_name_clear(&name);
    }
    g_setenv("TZ", "UTC", TRUE);
    fz_ring_scheme_free(scheme);
}

/* In that hour only its writes distinguish a growing file from one of the hour before. */
static void in_the_hour_that_comes_twice_what_is_written_is_not_complete(void **state)
{
    static const struct {
        const char *name;
        int64_t written_s;
    } files[] = {
        {"a_00001_20231029021000.pcap", 1698538800},
        {"a_00002_20231029025000.pcap", 1698541200},
        {"a_00003_20231029020500.pcap", 1698541800},
        {"a_00004_20231029021500.pcap", 1698542400},
    };

    (void)state;
    g_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        const struct timespec times[2] = {{.tv_sec = files[i].written_s}, {.tv_sec = files[i].written_s}};
        make(files[i].name, "x");
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    assert_listed(NULL, "a_00003_20231029020500.pcap a_00001_20231029021000.pcap a_00004_20231029021500.pcap* "
                        "a_00002_20231029025000.pcap");
    g_setenv("TZ", "UTC", TRUE);
}

static void a_pattern_that_is_none_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(fz_ring_open(folder, "a%q.pcap", &error));
    assert_true(g_error_matches(error, FZ_RING_ERROR, FZ_RING_ERROR_VALUE));
}

static void files_come_oldest_first_and_each_series_has_its_last(void **state)
{
    (void)state;
    make("log.pcap.1700000060", "x");
    make("log.pcap.1700000000", "x");
    make("log.pcap.2.1700000030", "x");
    make("eve.json", "x");
    make(".log.pcap.1700000000.swp", "x");
    assert_listed(NULL, "log.pcap.1700000000 log.pcap.2.1700000030* log.pcap.1700000060*");
    make("a_00001_20231114221320.pcapng", "x");
    make("a_00002_20231114221420.pcapng", "x");
    make("b_00001_20231114221340.pcapng", "x");
    assert_listed(NULL, "a_00001_20231114221320.pcapng b_00001_20231114221340.pcapng* a_00002_20231114221420.pcapng*");
    make("log.pcap.1700000000.99999", "x");
    make("log.pcap.1700000000.100000", "x");
    make("log.pcap.1700000000.999", "x");
    make("log.pcap.1700000001.5", "x");
    assert_listed(NULL, "log.pcap.1700000000.999 log.pcap.1700000000.99999 log.pcap.1700000000.100000 "
                        "log.pcap.1700000001.5*");
    make("t-1700000000.dat", "x");
    make("t-1700000001.dat", "x");
    make("u-1700000000.dat", "x");
    assert_listed("t-%s.dat", "t-1700000000.dat t-1700000001.dat*");
}

static void what_is_no_file_of_the_folder_is_named(void **state)
{
    static const char *const shown[] = {"a directory", NULL, "a named pipe", "a symbolic link that leaves the ring"};
    g_autofree char *directory = g_build_filename(folder, "a.pcap", NULL);
    g_autofree char *inside = g_build_filename(folder, "c.pcap", NULL);
    g_autofree char *fifo = g_build_filename(folder, "d.pcap", NULL);
    g_autofree char *outside = g_build_filename(folder, "e.pcap", NULL);
    fz_ring *ring = fz_ring_open(folder, "*.pcap", NULL);
    fz_file_state found;

    (void)state;
    assert_int_equal(mkdir(directory, 0700), 0);
    make("b.pcap", "xyz");
    assert_int_equal(symlink("b.pcap", inside), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/etc/passwd", outside), 0);
    g_autoptr(GPtrArray) files = fz_ring_list(ring, NULL);
    assert_int_equal(files->len, 4);
    for (guint i = 0; i < files->len; i++) {
        const fz_ring_file *file = files->pdata[i];
        int at = file->name[0] - 'a';
        const char *expected = at == 4 ? shown[3] : at == 3 ? shown[2] : at == 1 ? NULL : shown[0];
        if (expected)
            assert_string_equal(file->oddity, expected);
        else
            assert_null(file->oddity);
        int fd = fz_ring_take(ring, file->name, &found, NULL);
        assert_int_equal(fd >= 0, !expected);
        if (fd >= 0)
            assert_int_equal(found.size, 3);
        close(fd);
    }
    g_autoptr(GError) error = NULL;
    assert_int_equal(fz_ring_take(ring, "none.pcap", &found, &error), -1);
    assert_true(g_error_matches(error, FZ_RING_ERROR, FZ_RING_ERROR_GONE));
    assert_int_equal(fz_ring_take(ring, "c.pcap", &found, NULL), -1); /* no link is followed */
    fz_ring_free(ring);
    empty_folder();
}

static void the_last_file_is_complete_when_it_rests(void **state)
{
    const int64_t second = 1000000000;
    fz_ring_file file = {.state = {.written_ns = 100 * second, .changed_ns = 100 * second}, .last = true};

    (void)state;
    assert_false(fz_ring_is_complete(&file, 109 * second, 10));
    assert_true(fz_ring_is_complete(&file, 110 * second, 10));
    assert_false(fz_ring_is_complete(&file, 50 * second, 10)); /* a clock that went back */
    /* Its time was set to one that is to come, or that no clock will see. */
    file.state.written_ns = G_MAXINT64;
    assert_false(fz_ring_is_complete(&file, 109 * second, 10));
    assert_true(fz_ring_is_complete(&file, 110 * second, 10));
    file.state = (fz_file_state){.written_ns = G_MININT64, .changed_ns = G_MAXINT64};
    assert_true(fz_ring_is_complete(&file, 110 * second, 10));
    file.state.written_ns = G_MAXINT64;
    assert_true(fz_ring_rest_ns(&file.state, 110 * second) < 0);
    file.last = false;
    assert_true(fz_ring_is_complete(&file, 101 * second, 10));
}

static int begin(void **state)
{
    (void)state;
    g_setenv("TZ", "UTC", TRUE);
    tzset();
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_their_time),
        cmocka_unit_test(digits_are_a_time_where_a_known_program_writes_them),
        cmocka_unit_test(a_local_time_may_come_twice),
        cmocka_unit_test(in_the_hour_that_comes_twice_what_is_written_is_not_complete),
        cmocka_unit_test(a_pattern_that_is_none_is_refused),
        cmocka_unit_test(files_come_oldest_first_and_each_series_has_its_last),
        cmocka_unit_test(what_is_no_file_of_the_folder_is_named),
        cmocka_unit_test(the_last_file_is_complete_when_it_rests),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
