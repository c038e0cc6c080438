/* One table for file and command line.
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
    char words[100];
    bool flag;
} settings;

static bool set_word(void *data, const fz_conf_row *row, const char *value, GError **error)
{
    settings *of = data;

    if (!strcmp(value, "bad")) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s=%s: expected a good word", row->name, value);
        return false;
    }
    g_strlcat(of->words, row->name, sizeof of->words);
    g_strlcat(of->words, value, sizeof of->words);
    return true;
}

static bool set_flag(void *data, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)error;
    assert_null(value);
    ((settings *)data)->flag = true;
    return true;
}

static const fz_conf_row rows[] = {
    {"first", 'f', "WORD", "", set_word},
    {"second", 0, "WORD", "", set_word},
    {"flag", 0, NULL, "", set_flag},
};

/* Options ("--name", "value" pairs) and a file's text, NULL: none; what came of them, or the error. */
static char *result_of(const char *const options[], const char *file)
{
    g_autoptr(GError) error = NULL;
    fz_conf *conf = fz_conf_new(rows, G_N_ELEMENTS(rows));
    settings of = {.flag = false};
    char path[] = "/tmp/flowzone-conf.XXXXXX";
    bool good = true;

    close(mkstemp(path));
    if (file)
        assert_true(g_file_set_contents(path, file, -1, NULL));
    for (size_t i = 0; options && options[i] && good; i += 2)
        good = fz_conf_take(conf, options[i], options[i + 1], &error);
    good = good && (!file || fz_conf_read(conf, path, "batch", true, &error)) && fz_conf_apply(conf, &of, &error);
    unlink(path);
    fz_conf_free(conf);
    if (good)
        return g_strdup_printf("%s%s", of.words, of.flag ? " flag" : "");
    const char *message = error->message;
    return g_strdup(g_str_has_prefix(message, path) ? message + strlen(path) : message);
}

static void options_override_the_file(void **state)
{
    static const char *const option[] = {"-f", "A", NULL}, *const twice[] = {"--first", "A", "-f", "B", NULL},
                             *const bad[] = {"--second", "bad", NULL};
    static const struct {
        const char *const *options;
        const char *file, *expected;
    } cases[] = {
        {NULL, "[batch]\nsecond=2\nfirst=1\n", "first1second2"},
        {option, "[batch]\nsecond=2\nfirst=1\n", "firstAsecond2"},
        {option, "[batch]\nfirst=bad\n", "firstA"},
        {NULL, "# nothing\n", ""},
        {NULL, "[batch]\nflag=true\n", " flag"},
        {NULL, "[batch]\nflag=false\n", ""},
        {NULL, "[batch]\nflag=yes\n", ": flag=yes: expected true or false"},
        {NULL, "[batch]\nfirst=bad\n", ": first=bad: expected a good word"},
        {NULL, "[batch]\nfirst=\n", ": first: needs a value, first=WORD"},
        {NULL, "[batch]\nthird=1\n", ": there is no setting \"third\" in [batch]"},
        {NULL, "[Batch]\nfirst=1\n", ": there is no section [batch], but [Batch]"},
        {NULL, "[batch]\nfirst=a\\.b\n",
         ": first: Key file contains key “first” which has a value that cannot be interpreted."},
        {twice, NULL, "-f: given twice"},
        {bad, NULL, "--second=bad: expected a good word"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *result = result_of(cases[i].options, cases[i].file);
        assert_string_equal(result, cases[i].expected);
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
    fz_conf_free(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_override_the_file),
        cmocka_unit_test(a_file_that_must_be_there_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
