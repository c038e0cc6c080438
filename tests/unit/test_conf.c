/* Values from a command line and a configuration file, by one table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct settings {
    char words[100]; /* name and value of each, in the order they were set */
    bool flag;
    unsigned number;
} settings;

static bool set_word(void *data, const fz_setting *setting, const char *value, GError **error)
{
    settings *all = data;

    if (!strcmp(value, "bad"))
        return fz_setting_refuse(setting, value, "a good word", error);
    g_strlcat(all->words, setting->name, sizeof all->words);
    g_strlcat(all->words, value, sizeof all->words);
    return true;
}

static const fz_setting rows[] = {
    {"first", 'f', "WORD", "", .set = set_word, .place = FZ_SETTING_FILE},
    {"second", 0, "WORD", "", .set = set_word, .place = FZ_SETTING_FILE},
    {"once", 'o', "WORD", "", .set = set_word, .place = FZ_SETTING_ONCE},
    {"line", 'l', "WORD", "", .set = set_word, .place = FZ_SETTING_LINE},
    {"flag", 0, NULL, "", FZ_INTO(settings, flag), .place = FZ_SETTING_FILE},
    {"number", 'n', "N", "", FZ_INTO(settings, number), .least = 1, .most = 64, .place = FZ_SETTING_FILE},
};

/* Options ("--name", "value" pairs, "" for a flag) and a file's text, NULL: none; what came of them, or the error. */
static char *result_of(const char *const options[], const char *file)
{
    g_autoptr(GError) error = NULL;
    fz_conf *conf = fz_conf_new(rows, G_N_ELEMENTS(rows));
    settings all = {.flag = false};
    char path[] = "/tmp/flowzone-conf.XXXXXX";
    bool good = true;

    close(mkstemp(path));
    if (file)
        assert_true(g_file_set_contents(path, file, -1, NULL));
    for (size_t i = 0; options && options[i] && good; i += 2)
        good = fz_conf_take(conf, options[i], !strcmp(options[i], "--flag") ? NULL : options[i + 1], &error);
    good = good && (!file || fz_conf_read(conf, path, "batch", true, &error)) && fz_conf_apply(conf, &all, &error);
    unlink(path);
    fz_conf_free(conf);
    assert_int_equal(good, !error);
    if (good)
        return g_strdup_printf("%s%s%.0u", all.words, all.flag ? " flag" : "", all.number);
    const char *message = error->message;
    return g_strdup(g_str_has_prefix(message, path) ? message + strlen(path) : message);
}

static void assert_file(const char *file, const char *expected)
{
    g_autofree char *result = result_of(NULL, file);

    assert_string_equal(result, expected);
}

static void assert_line(const char *const options[], const char *file, const char *expected)
{
    g_autofree char *result = result_of(options, file);

    assert_string_equal(result, expected);
}

static void values_are_set_in_the_order_of_the_rows(void **state)
{
    (void)state;
    assert_file("[batch]\nnumber=64\nsecond=2\nfirst=1\n", "first1second264");
    assert_file("# nothing\n", "");
    assert_file("", "");
}

static void options_override_the_file(void **state)
{
    static const char *const option[] = {"-f", "A", NULL}, *const bad[] = {"--second", "bad", NULL};

    (void)state;
    assert_line(option, "[batch]\nsecond=2\nfirst=1\n", "firstAsecond2");
    assert_line(option, "[batch]\nfirst=bad\n", "firstA");
    assert_line(bad, "[batch]\nfirst=1\n", "--second=bad: expected a good word");
}

static void a_key_that_no_row_has_is_refused(void **state)
{
    (void)state;
    assert_file("[batch]\nthird=1\n", ": unknown setting \"third\" in [batch]");
    assert_file("[batch]\nFirst=1\n", ": unknown setting \"First\" in [batch]");
    assert_file("[batch]\nf=1\n", ": unknown setting \"f\" in [batch]");
}

static void a_key_that_only_the_command_line_may_have_is_refused(void **state)
{
    static const char *const given[] = {"--line", "A", "--once", "B", NULL};

    (void)state;
    assert_file("[batch]\nfirst=1\nline=1\n", ": line: can only be given on the command line, as --line");
    assert_file("[batch]\nonce=1\n", ": once: can only be given on the command line, as --once");
    assert_line(given, "[batch]\nonce=1\n", ": once: can only be given on the command line, as --once");
    assert_line(given, "[batch]\nfirst=1\n", "first1onceBlineA");
}

static void of_a_repeated_key_the_last_holds(void **state)
{
    (void)state;
    assert_file("[batch]\nfirst=1\nfirst=2\n", "first2");
    assert_file("[batch]\nfirst=1\n[batch]\nsecond=2\nfirst=3\n", "first3second2");
}

static void a_repeated_option_is_refused_or_the_last_holds(void **state)
{
    static const char *const file[] = {"--first", "A", "-f", "B", NULL}, *const once[] = {"-o", "A", "-o", "A", NULL},
                             *const flag[] = {"--flag", "", "--flag", "", NULL},
                             *const line[] = {"--line", "bad", "-l", "B", NULL};

    (void)state;
    assert_line(file, NULL, "-f: given twice");
    assert_line(once, NULL, "-o: given twice");
    assert_line(flag, NULL, "--flag: given twice");
    assert_line(line, NULL, "lineB");
}

static void other_sections_are_not_read(void **state)
{
    (void)state;
    assert_file("[collect]\nthird=1\nfirst=bad\n[batch]\nfirst=1\n", "first1");
    assert_file("[Batch]\nfirst=1\n", ": section [batch] is missing, found [Batch]");
    assert_file("first=1\n", ": Key file does not start with a group");
    assert_file("[batch]\nfirst\n",
                ": Key file contains line “first” which is not a key-value pair, group, or comment");
}

/* Whether a section of a file can be read, and what of it. */
static void assert_section(const char *file, const char *section, const char *expected)
{
    g_autoptr(GError) error = NULL;
    fz_conf *conf = fz_conf_new(rows, G_N_ELEMENTS(rows));
    settings all = {.flag = false};
    char path[] = "/tmp/flowzone-conf.XXXXXX";

    close(mkstemp(path));
    assert_true(g_file_set_contents(path, file, -1, NULL));
    const bool good = fz_conf_read(conf, path, section, true, &error) && fz_conf_apply(conf, &all, &error);
    unlink(path);
    fz_conf_free(conf);
    assert_string_equal(good ? all.words : error->message + strlen(path), expected);
}

static void a_file_for_batch_alone_is_an_empty_one_for_others(void **state)
{
    (void)state;
    assert_section("[batch]\nfirst=1\n", "retain", "");
    assert_section("[batch]\nfirst=bad\nthird=1\n[retain]\nsecond=2\n", "retain", "second2");
    assert_section("[retain]\nfirst=1\n[batch]\nsecond=2\n", "retain", "first1");
    assert_section("[retian]\nfirst=1\n", "retain", ": section [retain] is missing, found [retian]");
    assert_section("[retain]\nfirst=1\n", "batch", ": section [batch] is missing, found [retain]");
    assert_section("[retain]\nthird=1\n[batch]\n", "retain", ": unknown setting \"third\" in [retain]");
}

static void bad_values_are_named(void **state)
{
    static const char *const empty[] = {"--first", "", NULL}, *const line[] = {"--line", "", NULL};

    (void)state;
    assert_file("[batch]\nfirst=bad\n", ": first=bad: expected a good word");
    assert_file("[batch]\nfirst=\n", ": first: needs a value, first=WORD");
    assert_file("[batch]\nfirst=a\\.b\n",
                ": first: Key file contains key “first” which has a value that cannot be interpreted.");
    assert_file("[batch]\nfirst=a\xff\n", ": first: Key file contains key “first” with value “a�” which is not UTF-8");
    assert_line(empty, NULL, "--first: needs a value, first=WORD");
    assert_line(line, NULL, "line");
}

static void a_flag_is_true_or_false(void **state)
{
    (void)state;
    assert_file("[batch]\nflag=true\n", " flag");
    assert_file("[batch]\nflag=false\n", "");
    assert_file("[batch]\nflag=yes\n", ": flag=yes: expected true or false");
    assert_file("[batch]\nflag=\n", ": flag=: expected true or false");
}

static void a_number_lies_in_its_limits(void **state)
{
    static const char *const refused[] = {"0", "65", "-1", "1.5", "0x10", " 1", "x", "99999999999999999999"};

    (void)state;
    assert_file("[batch]\nnumber=1\n", "1");
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        const char *const option[] = {"-n", refused[i], NULL};
        g_autofree char *expected = g_strdup_printf("--number=%s: expected 1 to 64", refused[i]);

        assert_line(option, NULL, expected);
    }
}

static void a_file_that_must_be_there_is_missed(void **state)
{
    g_autoptr(GError) error = NULL;
    fz_conf *conf = fz_conf_new(rows, G_N_ELEMENTS(rows));

    (void)state;
    assert_true(fz_conf_read(conf, "/nonexistent/flowzone.conf", "batch", false, NULL));
    assert_false(fz_conf_read(conf, "/nonexistent/flowzone.conf", "batch", true, &error));
    assert_non_null(strstr(error->message, "/nonexistent/flowzone.conf: "));
    assert_false(fz_conf_read(conf, "/", "batch", false, NULL));
    fz_conf_free(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_set_in_the_order_of_the_rows),
        cmocka_unit_test(options_override_the_file),
        cmocka_unit_test(a_key_that_no_row_has_is_refused),
        cmocka_unit_test(a_key_that_only_the_command_line_may_have_is_refused),
        cmocka_unit_test(of_a_repeated_key_the_last_holds),
        cmocka_unit_test(a_repeated_option_is_refused_or_the_last_holds),
        cmocka_unit_test(other_sections_are_not_read),
        cmocka_unit_test(a_file_for_batch_alone_is_an_empty_one_for_others),
        cmocka_unit_test(bad_values_are_named),
        cmocka_unit_test(a_flag_is_true_or_false),
        cmocka_unit_test(a_number_lies_in_its_limits),
        cmocka_unit_test(a_file_that_must_be_there_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
