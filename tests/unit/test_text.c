/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void shows(const char *text, const char *shown)
{
    g_autofree char *visible = fz_text_table(text);

    assert_string_equal(visible, shown);
    assert_true(g_utf8_validate(visible, -1, NULL));
}

static void plain_text_stays(void **state)
{
    (void)state;
    shows("", "");
    shows("log.pcap.1700000000", "log.pcap.1700000000");
    shows("caf\xc3\xa9, \xe6\xb1\x89", "caf\xc3\xa9, \xe6\xb1\x89");
}

static void what_steers_a_terminal_is_spelt_out(void **state)
{
    (void)state;
    shows("\033[2J", "\\x1b[2J");
    shows("a\nb\t\x7f", "a\\x0ab\\x09\\x7f");
    shows("\xe2\x80\xae", "\\u{202e}");
}

static void broken_utf8_is_spelt_out(void **state)
{
    (void)state;
    shows("\xff\xc3", "\\xff\\xc3");
    shows("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(what_steers_a_terminal_is_spelt_out),
        cmocka_unit_test(broken_utf8_is_spelt_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
