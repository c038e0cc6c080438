/* Lines for people, for programs and for the journal: no name can break a line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_printed(fz_log_form form, const fz_log_entry *entry, const char *expected)
{
    g_autofree char *line = fz_log_print("flowzone batch", form, entry);

    assert_string_equal(line, expected);
}

static void one_entry_has_three_forms(void **state)
{
    const fz_log_number numbers[] = {{"rows", 3}, {"packets", UINT64_MAX}, {NULL, 0}};
    const fz_log_entry entry = {FZ_LOG_WARNING, "loaded", "a.pcap", "3 \"rows\"\nof 10", numbers};

    (void)state;
    assert_printed(FZ_LOG_PEOPLE, &entry, "flowzone batch: a.pcap: 3 \"rows\"\\x0aof 10\n");
    assert_printed(FZ_LOG_PROGRAMS, &entry,
                   "level=warning event=loaded file=\"a.pcap\" rows=3 packets=18446744073709551615 "
                   "message=\"3 \\\"rows\\\"\\u000aof 10\"\n");
    assert_printed(FZ_LOG_JOURNAL, &entry,
                   "<4>level=warning event=loaded file=\"a.pcap\" rows=3 packets=18446744073709551615 "
                   "message=\"3 \\\"rows\\\"\\u000aof 10\"\n");
    const fz_log_entry bare = {FZ_LOG_ERROR, "failed", NULL, "no", NULL};
    assert_printed(FZ_LOG_PEOPLE, &bare, "flowzone batch: no\n");
    assert_printed(FZ_LOG_JOURNAL, &bare, "<3>level=error event=failed message=\"no\"\n");
}

static void each_level_has_its_name_and_its_priority(void **state)
{
    static const struct {
        fz_log_level level;
        const char *expected;
    } cases[] = {
        {FZ_LOG_ERROR, "<3>level=error event=e message=\"m\"\n"},
        {FZ_LOG_WARNING, "<4>level=warning event=e message=\"m\"\n"},
        {FZ_LOG_NOTICE, "<5>level=info event=e message=\"m\"\n"},
        {FZ_LOG_INFO, "<6>level=info event=e message=\"m\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_printed(FZ_LOG_JOURNAL, &(fz_log_entry){cases[i].level, "e", NULL, "m", NULL}, cases[i].expected);
}

static void no_value_ends_before_its_quote(void **state)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"", "\"\""},
        {"a b=c", "\"a b=c\""},
        {"\" level=error", "\"\\\" level=error\""},
        {"\\", "\"\\\\\""},
        {"\\\" x=1", "\"\\\\\\\" x=1\""},
        {"a\r\n<0>level=error", "\"a\\u000d\\u000a<0>level=error\""},
        {"\x1b[2J\x7f", "\"\\u001b[2J\\u007f\""},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const fz_log_entry entry = {FZ_LOG_INFO, "e", cases[i].text, cases[i].text, NULL};
        g_autofree char *expected =
            g_strdup_printf("level=info event=e file=%s message=%s\n", cases[i].quoted, cases[i].quoted);

        assert_printed(FZ_LOG_PROGRAMS, &entry, expected);
    }
}

static void a_message_does_not_steer_the_terminal(void **state)
{
    const fz_log_entry entry = {FZ_LOG_INFO, "e", NULL, "\x1b[2J\r\xe2\x80\xae.", NULL};

    (void)state;
    assert_printed(FZ_LOG_PEOPLE, &entry, "flowzone batch: \\x1b[2J\\x0d\\u{202e}.\n");
}

static void speak(void)
{
    const fz_log_number numbers[] = {{"rows", 3}, {NULL, 0}};

    fz_log_write(&(fz_log_entry){FZ_LOG_INFO, "loaded", "a.pcap", "3 rows", numbers});
    fz_log(FZ_LOG_NOTICE, "stopped", NULL, "by signal %d", 15);
    fz_log(FZ_LOG_WARNING, "odd", "b", "no capture");
    fz_log(FZ_LOG_ERROR, "failed", NULL, "no store");
    fz_say("flowzone scan", "%s", "a\nb");
}

/* The bar comes after a second only. */
static void speak_below_a_bar(void)
{
    fz_progress *progress = fz_progress_new("ring", 100, false);

    fz_log_set_progress(progress);
    g_usleep(1100000);
    fz_progress_update(progress, 50, 10);
    fz_log(FZ_LOG_INFO, "loaded", NULL, "one");
    fz_log(FZ_LOG_INFO, "loaded", NULL, "two");
    fz_log_set_progress(NULL);
    fz_progress_free(progress);
}

/* Standard error is `fd`, which is closed, while `talk` runs; what is read at `from` is the result. */
static char *hear(int fd, int from, bool quiet, void (*talk)(void))
{
    int saved = dup(STDERR_FILENO);
    char *text = g_malloc0(4096);
    size_t held = 0;

    dup2(fd, STDERR_FILENO);
    close(fd);
    fz_log_open("flowzone batch", quiet);
    talk();
    dup2(saved, STDERR_FILENO);
    close(saved);
    for (ssize_t got; held < 4095 && (got = read(from, text + held, 4095 - held)) > 0;)
        held += (size_t)got;
    close(from);
    return text;
}

static char *hear_in_a_pipe(bool quiet)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    return hear(ends[1], ends[0], quiet, speak);
}

static void programs_get_keys_and_values(void **state)
{
    g_autofree char *heard = hear_in_a_pipe(false);

    (void)state;
    assert_string_equal(heard, "level=info event=loaded file=\"a.pcap\" rows=3 message=\"3 rows\"\n"
                               "level=info event=stopped message=\"by signal 15\"\n"
                               "level=warning event=odd file=\"b\" message=\"no capture\"\n"
                               "level=error event=failed message=\"no store\"\n"
                               "flowzone scan: a\\x0ab\n");
}

static void quiet_leaves_warnings_and_errors(void **state)
{
    g_autofree char *heard = hear_in_a_pipe(true);

    (void)state;
    assert_string_equal(heard, "level=warning event=odd file=\"b\" message=\"no capture\"\n"
                               "level=error event=failed message=\"no store\"\n"
                               "flowzone scan: a\\x0ab\n");
}

/* A terminal: `*screen` is what it shows. */
static int open_terminal(int *screen)
{
    const struct winsize size = {.ws_row = 24, .ws_col = 80};

    *screen = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(*screen >= 0 && grantpt(*screen) == 0 && unlockpt(*screen) == 0);
    int terminal = open(ptsname(*screen), O_RDWR | O_NOCTTY); /* NOLINT(concurrency-mt-unsafe): one thread */
    assert_true(terminal >= 0);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    return terminal;
}

static void people_get_lines(void **state)
{
    int screen, terminal = open_terminal(&screen);
    g_autofree char *heard = hear(terminal, screen, false, speak);

    (void)state;
    assert_string_equal(heard, "flowzone batch: a.pcap: 3 rows\r\n"
                               "flowzone batch: by signal 15\r\n"
                               "flowzone batch: b: no capture\r\n"
                               "flowzone batch: no store\r\n"
                               "flowzone scan: a\\x0ab\r\n");
}

static void a_line_takes_the_place_of_the_bar(void **state)
{
    int screen, terminal = open_terminal(&screen);
    g_autofree char *heard = hear(terminal, screen, false, speak_below_a_bar);

    (void)state;
    assert_true(g_str_has_prefix(heard, "\rring [############............]  50 %  10 rows, "));
    assert_true(g_str_has_suffix(heard, "left\033[K\r\033[Kflowzone batch: one\r\nflowzone batch: two\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entry_has_three_forms),
        cmocka_unit_test(each_level_has_its_name_and_its_priority),
        cmocka_unit_test(no_value_ends_before_its_quote),
        cmocka_unit_test(a_message_does_not_steer_the_terminal),
        cmocka_unit_test(programs_get_keys_and_values),
        cmocka_unit_test(quiet_leaves_warnings_and_errors),
        cmocka_unit_test(people_get_lines),
        cmocka_unit_test(a_line_takes_the_place_of_the_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
