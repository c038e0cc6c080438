/* Texts of any bytes in HTML, SVG and JSON: shown, and never markup.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void shows(const char *text, const char *markup, const char *json)
{
    GString *page = g_string_new(NULL);

    fz_escape_html(page, text);
    assert_string_equal(page->str, markup);
    g_string_truncate(page, 0);
    fz_escape_json(page, text);
    assert_string_equal(page->str, json);
    g_string_free(page, TRUE);
}

static void plain_texts_stay(void **state)
{
    (void)state;
    shows("", "", "\"\"");
    shows(NULL, "", "\"\"");
    shows("qa, the dudes", "qa, the dudes", "\"qa, the dudes\"");
    shows("caf\xc3\xa9 \xe6\xb1\x89", "caf\xc3\xa9 \xe6\xb1\x89", "\"caf\\u00e9 \\u6c49\"");
}

static void nothing_is_markup(void **state)
{
    (void)state;
    shows("</title><script>alert(1)</script>", "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
          "\"\\u003c/title\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\"");
    shows("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;", "\"\\\" onload=\\u0027x\\u0027 \\u0026amp;\"");
    shows("<!--", "&lt;!--", "\"\\u003c!--\"");
}

static void what_steers_is_shown(void **state)
{
    (void)state;
    shows("a\nb\x1b", "a\\x0ab\\x1b", "\"a\\\\x0ab\\\\x1b\"");
    shows("\xe2\x80\xae\xe2\x80\xac", "\\u{202e}\\u{202c}", "\"\\\\u{202e}\\\\u{202c}\"");
    shows("\xe2\x80\xa8", "\\u{2028}", "\"\\\\u{2028}\"");
    shows("\xef\xbf\xbe\xc2\x85", "\\u{fffe}\\u{85}", "\"\\\\u{fffe}\\\\u{85}\"");
    shows("\xff\xed\xa0\x80", "\\xff\\xed\\xa0\\x80", "\"\\\\xff\\\\xed\\\\xa0\\\\x80\"");
}

static void markup_has_safe_values(void **state)
{
    GString *page = g_string_new(NULL);

    (void)state;
    fz_markup(page, "<a b=\"%s\" c=\"%f\">%u %" PRIu64 " %" PRId64 " %zu %d 100%%</a>", "\"<", 2.96, 7u, UINT64_MAX,
              INT64_MIN, (size_t)3, -4);
    assert_string_equal(page->str,
                        "<a b=\"&quot;&lt;\" c=\"3\">7 18446744073709551615 -9223372036854775808 3 -4 100%</a>");
    g_string_free(page, TRUE);
}

/* Each cut, escaped, is no longer than it may be, and not within a character or an entity. */
static void names_are_cut_by_their_markup(void **state)
{
    static const struct {
        const char *text;
        size_t most;
        const char *cut;
    } cases[] = {
        {"cloud", 5, "cloud"},
        {"clouds", 5, "cl\u2026"},
        {"&&&", 15, "&&&"},
        {"&&&&", 15, "&&\u2026"},
        {"\"\"\"", 17, "\"\"\u2026"},
        {"\u6c49\u6c49\u6c49", 8, "\u6c49\u2026"},
        {"\u6c49\u6c49", 6, "\u6c49\u6c49"},
        {"&&", 3, "\u2026"},
        {"a\nb", 6, "a\\x0ab"},
        {"", 3, ""},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GString *markup = g_string_new(NULL);
        char *cut = fz_escape_shorten(cases[i].text, cases[i].most);

        assert_string_equal(cut, cases[i].cut);
        fz_escape_html(markup, cut);
        assert_true(markup->len <= cases[i].most);
        g_string_free(markup, TRUE);
        g_free(cut);
    }
}

static void texts_are_cut_by_columns(void **state)
{
    GString *page = g_string_new(NULL);

    (void)state;
    fz_markup(page, "[%.5s][%.5s][%.*s][%.1s][%.9s]", "cloud", "clouds", 4, "\u6c49\u6c49\u6c49", "ab",
              (const char *)NULL);
    assert_string_equal(page->str, "[cloud][clou\u2026][\u6c49\u2026][\u2026][]");
    g_string_truncate(page, 0);
    fz_markup(page, "%.4s", "<<<<<"); /* not within an entity */
    assert_string_equal(page->str, "&lt;&lt;&lt;\u2026");
    g_string_free(page, TRUE);
}

static void coordinates_are_tenths(void **state)
{
    static const struct {
        double number;
        const char *text;
    } rows[] = {{0, "0"},          {-0.04, "0"}, {0.05, "0.1"},   {-0.05, "-0.1"},       {109.74, "109.7"},
                {1119.96, "1120"}, {NAN, "0"},   {INFINITY, "0"}, {1e300, "1000000000"}, {-12.3, "-12.3"}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *page = g_string_new(NULL);
        fz_markup(page, "%f", rows[i].number);
        assert_string_equal(page->str, rows[i].text);
        g_string_free(page, TRUE);
    }
}

/* Any bytes, of which many are those that matter. */
static void any_bytes_are_shown(void **state)
{
    static const char rich[] = "<>&\"'\\/-!\xe2\x80\xae\xa8\xc2\x85 \n=a;";
    const unsigned seed = (unsigned)g_get_real_time();

    (void)state;
    print_message("seed %u\n", seed);
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    for (unsigned round = 0; round < 20000; round++) {
        char text[40] = {0};
        GString *page = g_string_new(NULL), *json = g_string_new(NULL);

        for (int i = 0, size = g_rand_int_range(dice, 0, sizeof text - 1); i < size; i++)
            text[i] = g_rand_boolean(dice) ? rich[g_rand_int_range(dice, 0, sizeof rich - 1)]
                                           : (char)g_rand_int_range(dice, 1, 256);
        fz_escape_html(page, text);
        fz_escape_json(json, text);
        assert_true(g_utf8_validate(page->str, -1, NULL) && g_utf8_validate(json->str, -1, NULL));
        assert_int_equal(fz_text_find_control(page->str, page->len), 0);
        assert_int_equal(fz_text_find_control(json->str, json->len), 0);
        assert_null(strpbrk(page->str, "<>\"'"));
        assert_null(strpbrk(json->str, "<>&"));
        g_string_free(page, TRUE);
        g_string_free(json, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_texts_stay),
        cmocka_unit_test(nothing_is_markup),
        cmocka_unit_test(what_steers_is_shown),
        cmocka_unit_test(markup_has_safe_values),
        cmocka_unit_test(names_are_cut_by_their_markup),
        cmocka_unit_test(texts_are_cut_by_columns),
        cmocka_unit_test(coordinates_are_tenths),
        cmocka_unit_test(any_bytes_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
