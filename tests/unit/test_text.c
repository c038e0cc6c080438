/* Untrusted texts: what controls a terminal is spelled out, and different names stay different.
 * SPDX-License-Identifier: GPL-2.0-or-later */
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

static void controls_steer_and_nothing_else_does(void **state)
{
    static const gunichar controls[] = {1,      0x1f,   0x7f,   0x80,   0x9f,   0x61c,  0x200e,
                                        0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069};
    static const gunichar others[] = {' ',    '~',    0xa0,   0xad,   0x61b,  0x200b, 0x200d,
                                      0x2010, 0x2027, 0x202f, 0x2065, 0x206a, 0xfeff, 0x1f600};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++) {
        GString *text = g_string_new("\xc3\xa9");
        g_string_append_unichar(text, controls[i]);
        assert_int_equal(fz_text_find_control(text->str, text->len), controls[i]);
        assert_int_equal(fz_text_find_control(text->str, 2), 0); /* it is beyond the size */
        g_autofree char *cell = fz_text_table(text->str), *word = fz_text_word(text->str);
        assert_int_equal(fz_text_find_control(cell, strlen(cell)), 0);
        assert_int_equal(fz_text_find_control(word, strlen(word)), 0);
        g_string_free(text, TRUE);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        assert_false(fz_text_is_control(others[i]));
}

static void json_escapes_controls_and_takes_any_bytes(void **state)
{
    (void)state;
    g_autofree char *text = fz_text_json("\"\\\n\xc2\x9b\xe2\x80\xae\xc3\xa9\xff");
    assert_string_equal(text, "\"\\\"\\\\\\u000a\\u009b\\u202e\xc3\xa9\xef\xbf\xbd\"");
}

static void names_stay_apart_whatever_their_bytes(void **state)
{
    static const char *const names[][2] = {
        {"log.pcap.1700000000", "log.pcap.1700000000"},
        {"caf\xc3\xa9 \\ a\\b.pcap", "caf\xc3\xa9 \\ a\\b.pcap"},
        {"caf\xe9.pcap", "caf\\xe9.pcap"},
        {"caf\xe8.pcap", "caf\\xe8.pcap"},
        {"caf\\xe9.pcap", "caf\\x5cxe9.pcap"},
        {"\\\xe9", "\\\\xe9"},
        {"\\\\xe9", "\\\\x5cxe9"},
        {"a\033[2J\n", "a\\x1b[2J\\x0a"},
        {"\xc2\x9b\xe2\x80\xae", "\\xc2\\x9b\\xe2\\x80\\xae"},
        {"\xc3", "\\xc3"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = fz_text_name(names[i][0]);
        assert_string_equal(text, names[i][1]);
        g_autofree char *back = fz_text_name_bytes(text);
        assert_string_equal(back, names[i][0]);
        assert_true(g_utf8_validate(text, -1, NULL));
    }
}

static void texts_that_are_no_names_have_no_bytes(void **state)
{
    static const char *const texts[] = {"\\x2f", "a\\x00b", "a\nb", "\\x", "\\xE9", "\\xg0", "\xff"};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_null(fz_text_name_bytes(texts[i]));
}

static void words_of_a_shell_are_the_same_bytes(void **state)
{
    static const char *const words[][2] = {
        {"", "''"},
        {"it's", "'it'\\''s'"},
        {"caf\xc3\xa9 \\x41", "'caf\xc3\xa9 \\x41'"},
        {"it's a\nb\t\\x41", "$'it\\'s a\\x0ab\\x09\\\\x41'"},
        {"\xc3\xa9\xe2\x80\xae\xe9", "$'\xc3\xa9\\xe2\\x80\\xae\\xe9'"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *word = fz_text_shell(words[i][0]);
        assert_string_equal(word, words[i][1]);
    }
}

static void numbers_are_grouped(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {123456, "123,456"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = fz_text_grouped(cases[i].number);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_name_is_one_word(void **state)
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
        g_autofree char *shown = fz_text_word(cases[i][0]);
        assert_string_equal(shown, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(what_steers_a_terminal_is_spelt_out),
        cmocka_unit_test(broken_utf8_is_spelt_out),
        cmocka_unit_test(controls_steer_and_nothing_else_does),
        cmocka_unit_test(json_escapes_controls_and_takes_any_bytes),
        cmocka_unit_test(names_stay_apart_whatever_their_bytes),
        cmocka_unit_test(texts_that_are_no_names_have_no_bytes),
        cmocka_unit_test(words_of_a_shell_are_the_same_bytes),
        cmocka_unit_test(numbers_are_grouped),
        cmocka_unit_test(a_name_is_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
