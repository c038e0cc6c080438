/* Lines for people, for programs and for the journal: whatever is in a name, a line stays one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_printed(fz_log_form form, const fz_log_entry *entry, const char *expected)
{
    g_autofree char *line = fz_log_print("flowzone batch", form, entry);

    assert_string_equal(line, expected);
}

static void one_entry_has_three_forms(void **state)
{
    const fz_log_number numbers[] = {{"rows", 3}, {"packets", 10}, {NULL, 0}};
    const fz_log_entry entry = {FZ_LOG_WARNING, "loaded", "a.pcap", "3 \"rows\"\nof 10", numbers};

    (void)state;
    assert_printed(FZ_LOG_PEOPLE, &entry, "flowzone batch: a.pcap: 3 \"rows\"\\x0aof 10\n");
    assert_printed(
        FZ_LOG_PROGRAMS, &entry,
        "level=warning event=loaded file=\"a.pcap\" rows=3 packets=10 message=\"3 \\\"rows\\\"\\u000aof 10\"\n");
    assert_printed(
        FZ_LOG_JOURNAL, &entry,
        "<4>level=warning event=loaded file=\"a.pcap\" rows=3 packets=10 message=\"3 \\\"rows\\\"\\u000aof 10\"\n");
    const fz_log_entry bare = {FZ_LOG_ERROR, "failed", NULL, "no", NULL};
    assert_printed(FZ_LOG_PEOPLE, &bare, "flowzone batch: no\n");
    assert_printed(FZ_LOG_JOURNAL, &bare, "<3>level=error event=failed message=\"no\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entry_has_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
