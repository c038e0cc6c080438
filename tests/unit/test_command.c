/* Command lines by a table of options, and the tables of the commands.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct try_order {
    char *to;
    bool quiet;
    unsigned jobs;
} try_order;

static const fz_setting rows[] = {
    {"to", 't', "STORE", "", FZ_INTO(try_order, to), .place = FZ_SETTING_FILE},
    {"quiet", 'q', NULL, "", FZ_INTO(try_order, quiet)},
    {"jobs", 'j', "N", "", FZ_INTO(try_order, jobs), .least = 1, .most = 4},
};

static const fz_command with_file = {
    .name = "try", .arguments = "FILE", .summary = "Try it", .section = "try", FZ_COMMAND_SETTINGS(rows)};
static const fz_command without_file = {.name = "try", .arguments = "FILE", FZ_COMMAND_SETTINGS(rows)};

/* What a command line gives, or the error. The caller frees. */
static char *parse(const fz_command *command, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char **copy = g_memdup2(words, (g_strv_length(words) + 1) * sizeof *words);
    char **argv = copy;
    g_autoptr(GError) error = NULL;
    try_order order = {.jobs = 1};
    int argc = (int)g_strv_length(words), status = -1;
    bool good = fz_command_parse(command, &order, &argc, &argv, &status, &error);
    GString *result = g_string_new(NULL);

    assert_int_equal(good, !error);
    if (good)
        g_string_append_printf(result, "to=%s quiet=%d jobs=%u", order.to ? order.to : "-", order.quiet, order.jobs);
    for (int i = 1; good && i < argc; i++)
        g_string_append_printf(result, " %s", argv[i]);
    if (!good) {
        assert_int_equal(status, FZ_EXIT_USAGE);
        g_string_append(result, error->message);
    }
    g_free(order.to);
    return g_string_free(result, FALSE);
}

static void assert_parsed(const fz_command *command, const char *line, const char *expected)
{
    g_autofree char *result = parse(command, line);

    assert_string_equal(result, expected);
}

static void options_and_arguments_are_told_apart(void **state)
{
    (void)state;
    assert_parsed(&without_file, "try", "to=- quiet=0 jobs=1");
    assert_parsed(&without_file, "try a --to b -q c", "to=b quiet=1 jobs=1 a c");
    assert_parsed(&without_file, "try -qt b -j 4 --jobs=3 a", "to=b quiet=1 jobs=3 a");
    assert_parsed(&without_file, "try -q -- -q --to", "to=- quiet=1 jobs=1 -q --to");
    assert_parsed(&without_file, "try - a", "to=- quiet=0 jobs=1 - a");
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    assert_parsed(&without_file, "try --jobs=5", "--jobs=5: expected 1 to 4");
    assert_parsed(&without_file, "try -t a --to b", "--to: given twice");
    assert_parsed(&without_file, "try --to=", "--to: needs a value, to=STORE");
    assert_parsed(&without_file, "try --to", "Missing argument for --to");
    assert_parsed(&without_file, "try --config none", "Unknown option --config");
}

static void a_section_of_a_file_is_read(void **state)
{
    char path[] = "/tmp/flowzone-command.XXXXXX";

    (void)state;
    close(mkstemp(path));
    g_autofree char *read = g_strconcat("try a --config=", path, NULL);
    g_autofree char *overridden = g_strconcat(read, " -t b", NULL);
    assert_true(g_file_set_contents(path, "[try]\nto=file\n", -1, NULL));
    assert_parsed(&with_file, read, "to=file quiet=0 jobs=1 a");
    assert_parsed(&with_file, overridden, "to=b quiet=0 jobs=1 a");
    assert_true(g_file_set_contents(path, "[try]\nquiet=true\n", -1, NULL));
    g_autofree char *refused = g_strconcat(path, ": quiet: can only be given on the command line, as --quiet", NULL);
    assert_parsed(&with_file, read, refused);
    unlink(path);
    assert_parsed(&with_file, "try --config none a", "to=- quiet=0 jobs=1 a");
    assert_parsed(&with_file, "try --config /nonexistent/conf a", "/nonexistent/conf: No such file or directory");
}

static bool has_row(const fz_command *command, const char *name)
{
    for (size_t i = 0; i < command->setting_count; i++)
        if (!strcmp(command->settings[i].name, name))
            return true;
    return false;
}

static void what_the_tap_may_be_asked_scan_and_batch_may_too(void **state)
{
    static const char *const of_one_capture[] = {"out", "format", "source", NULL};

    (void)state;
    for (size_t i = 0; i < fz_option_count; i++) {
        const fz_option *option = &fz_option_table[i];
        bool many = !option->tap_only && !g_strv_contains(of_one_capture, option->name);

        if (!strcmp(option->name, "jail")) /* theirs is another one */
            continue;
        if (has_row(&fz_scan_command, option->name) == option->tap_only)
            fail_msg("scan: %s", option->name);
        if (has_row(&fz_batch_command, option->name) != many)
            fail_msg("batch: %s", option->name);
    }
}

static void names_and_letters_stand_once_in_a_table(void **state)
{
    static const fz_command *const commands[] = {&fz_scan_command, &fz_load_command, &fz_batch_command,
                                                 &fz_cat_command,  &fz_zones_check,  &fz_zones_explain};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        for (size_t k = 0; k < commands[i]->setting_count; k++) {
            const fz_setting *row = &commands[i]->settings[k];

            assert_false(!strcmp(row->name, "help") || !strcmp(row->name, "config") || row->letter == 'h');
            for (size_t m = 0; m < k; m++) {
                assert_string_not_equal(row->name, commands[i]->settings[m].name);
                assert_true(!row->letter || row->letter != commands[i]->settings[m].letter);
            }
            if (row->place == FZ_SETTING_FILE && !commands[i]->section)
                fail_msg("%s: no section for %s", commands[i]->name, row->name);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_are_told_apart),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_section_of_a_file_is_read),
        cmocka_unit_test(what_the_tap_may_be_asked_scan_and_batch_may_too),
        cmocka_unit_test(names_and_letters_stand_once_in_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
