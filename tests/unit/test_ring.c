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

    for (const char *name; (name = g_dir_read_name(names)) != NULL;) {
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
        g_autofree char *series = NULL;
        assert_int_equal(fz_ring_time_of(cases[i].name, cases[i].pattern, &series, NULL), cases[i].time_s);
        if (cases[i].series)
            assert_string_equal(series, cases[i].series);
    }
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
    fz_ring_state found;

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
        assert_int_equal(fd >= 0, expected == NULL);
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
    fz_ring_file file = {.state = {.written_ns = 100 * second}, .last = true};

    (void)state;
    assert_false(fz_ring_is_complete(&file, 109 * second, 10));
    assert_true(fz_ring_is_complete(&file, 110 * second, 10));
    assert_false(fz_ring_is_complete(&file, 50 * second, 10)); /* a clock that went back */
    file.last = false;
    assert_true(fz_ring_is_complete(&file, 101 * second, 10));
}

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t time_s; /* 0: refused */
    } cases[] = {
        {"1700000000", 1700000000},
        {"2h", 1000000 - 7200},
        {"90s", 1000000 - 90},
        {"1d", 1000000 - 86400},
        {"2023-11-14", 1699920000},
        {"2023-11-14T22:13", 1699999980},
        {"2023-11-14 22:13:20", 1700000000},
        {"2023-11-14T23:13:20+01:00", 1700000000},
        {"2023-11-14T22:13Z", 1699999980},
        {"", 0},
        {"h", 0},
        {"2w", 0},
        {"-5", 0},
        {"yesterday", 0},
        {"2023-13-14", 0},
        {"99999999999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        int64_t time_s = 0;
        bool good = fz_ring_parse_time(cases[i].text, 1000000, &time_s, &error);
        assert_int_equal(good, cases[i].time_s != 0);
        assert_int_equal(good, error == NULL);
        assert_int_equal(time_s, cases[i].time_s);
    }
}

static void names_are_shown_in_one_line(void **state)
{
    static const char *const cases[][2] = {
        {"log.pcap.1", "log.pcap.1"},
        {"b\xc3\xa4r.pcap", "b\xc3\xa4r.pcap"},
        {"a\n\"b'.pcap", "\"a\\n\\\"b'.pcap\""},
        {"a b", "\"a b\""},
        {"\x1b[2J", "\"\\033[2J\""},
        {"a\xff", "\"a\\377\""},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = fz_ring_show(cases[i][0]);
        assert_string_equal(shown, cases[i][1]);
    }
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
        cmocka_unit_test(a_pattern_that_is_none_is_refused),
        cmocka_unit_test(files_come_oldest_first_and_each_series_has_its_last),
        cmocka_unit_test(what_is_no_file_of_the_folder_is_named),
        cmocka_unit_test(the_last_file_is_complete_when_it_rests),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(names_are_shown_in_one_line),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
