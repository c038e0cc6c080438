/* The command `flowzone zones`: what it prints, and its exit statuses.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *start_folder, *folder;

static const char zones[] = "# zones\n"
                            "location,prefix,number,name\n"
                            ",10.0.0.0/8,1,\"Corp, all\"\n"
                            "Rome,10.1.2.3/24,7,Servers\n"
                            ",10.1.2.0/24,,\xe6\x97\xa5\xe6\x9c\xac\n"
                            "Oslo,10.1.2.0/25,9,Kontor\n"
                            ",2001:db8::/32,10,v6\n";

/* Runs `flowzone zones` with these arguments. What it printed goes to `*out`; its error's message, or "", to
 * `*message`. */
static int run(const char *line, char **out, char **message)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char **arguments = g_memdup2(words, (g_strv_length(words) + 1) * sizeof *words);
    g_autoptr(GError) error = NULL;
    FILE *file = tmpfile();
    int saved, status;

    assert_non_null(file);
    (void)fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    g_free(words[0]);
    words[0] = g_strdup("flowzone zones");
    arguments[0] = words[0];
    status = fz_zones_command.run((int)g_strv_length(words), arguments, &error);
    (void)fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);

    long size = ftell(file);

    *out = g_malloc0((gsize)size + 1);
    rewind(file);
    assert_int_equal(fread(*out, 1, (size_t)size, file), size);
    (void)fclose(file);
    *message = g_strdup(error ? error->message : "");
    return status;
}

static void assert_prints(const char *line, int status, const char *expected)
{
    g_autofree char *out = NULL, *message = NULL;
    int came = run(line, &out, &message);

    assert_string_equal(message, "");
    assert_string_equal(out, expected);
    assert_int_equal(came, status);
}

static void assert_fails(const char *line, int status, const char *expected)
{
    g_autofree char *out = NULL, *message = NULL;
    int came = run(line, &out, &message);

    assert_string_equal(message, expected);
    assert_string_equal(out, "");
    assert_int_equal(came, status);
}

static void check_of_a_good_file_tells_its_warnings_and_what_it_holds(void **state)
{
    (void)state;
    assert_prints("zones check zones.csv", FZ_EXIT_OK,
                  "zones.csv:4: 10.1.2.3/24 has host bits set; using 10.1.2.0/24 (warning)\n"
                  "zones.csv: usable, 0 errors, 1 warning; 5 rows, 2 locations, 3 IPv4 prefixes (16777216 addresses), "
                  "1 IPv6 prefix (about 2^96 addresses)\n");
}

static void check_of_a_bad_file_tells_every_error(void **state)
{
    (void)state;
    assert_true(g_file_set_contents("bad.csv", ",10.0.0.0/33,1,a\n,10.0.0.1/8,2,\n,10.0.0.0/8,2\n", -1, NULL));
    assert_prints("zones check bad.csv", FZ_EXIT_FAILED,
                  "bad.csv:1: \"10.0.0.0/33\" is not a prefix: expected a length of 0 to 32 after the slash\n"
                  "bad.csv:2: 10.0.0.1/8 has host bits set; using 10.0.0.0/8 (warning)\n"
                  "bad.csv:2: the name is missing\n"
                  "bad.csv:3: 3 fields; expected 4: location,prefix,number,name\n"
                  "bad.csv: not usable, 3 errors, 1 warning\n");
}

static void check_of_no_file_is_one_error(void **state)
{
    (void)state;
    assert_fails("zones check nowhere.csv", FZ_EXIT_FAILED, "nowhere.csv: No such file or directory");
    assert_fails("zones check .", FZ_EXIT_FAILED, ".: is a directory; expected a CSV file of zones");
}

static void explain_tells_the_line_and_what_it_beat(void **state)
{
    (void)state;
    assert_prints(
        "zones explain zones.csv 10.1.2.3 --location Rome", FZ_EXIT_OK,
        "10.1.2.3 at \"Rome\" is \"10.1.2.0/24, 7, Servers\": zones.csv:4\n"
        "  LINE  PREFIX       LOCATION  NUMBER  NAME       VERDICT\n"
        "     4  10.1.2.0/24  Rome      7       Servers    labels it\n"
        "     5  10.1.2.0/24  -         -       \xe6\x97\xa5\xe6\x9c\xac       beaten: same prefix, no location\n"
        "     3  10.0.0.0/8   -         1       Corp, all  beaten: shorter prefix\n"
        "     6  10.1.2.0/25  Oslo      9       Kontor     not used: other location\n");
    assert_prints("zones explain -l Oslo zones.csv 2001:DB8::1", FZ_EXIT_OK,
                  "2001:db8::1 at \"Oslo\" is \"2001:db8::/32, 10, v6\": zones.csv:7\n"
                  "  LINE  PREFIX         LOCATION  NUMBER  NAME  VERDICT\n"
                  "     7  2001:db8::/32  -         10      v6    labels it\n");
}

static void explain_tells_that_nothing_labels_an_address(void **state)
{
    (void)state;
    assert_prints("zones explain zones.csv 192.0.2.1", FZ_EXIT_OK, "192.0.2.1 is in no zone of zones.csv\n");
    assert_true(g_file_set_contents("rome.csv", "Rome,10.0.0.0/8,1,a\n", -1, NULL));
    assert_prints("zones explain rome.csv 10.0.0.1", FZ_EXIT_OK,
                  "10.0.0.1 is in no zone of rome.csv\n"
                  "  LINE  PREFIX      LOCATION  NUMBER  NAME  VERDICT\n"
                  "     1  10.0.0.0/8  Rome      1       a     not used: other location\n");
}

static void explain_spells_out_what_a_terminal_cannot_show(void **state)
{
    (void)state;
    assert_true(g_file_set_contents("odd.csv", ",10.0.0.0/8,\xcd\xb8,a\xcd\xb8\n", -1, NULL));
    assert_prints("zones explain odd.csv 10.0.0.1", FZ_EXIT_OK,
                  "10.0.0.1 is \"10.0.0.0/8, \\u{378}, a\\u{378}\": odd.csv:1\n"
                  "  LINE  PREFIX      LOCATION  NUMBER   NAME      VERDICT\n"
                  "     1  10.0.0.0/8  -         \\u{378}  a\\u{378}  labels it\n");
}

static void explain_shows_ten_rows_of_other_locations(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *out = NULL, *message = NULL;

    for (unsigned i = 0; i < 25; i++)
        g_string_append_printf(text, "L%u,10.0.0.0/8,1,a\n", i);
    assert_true(g_file_set_contents("many.csv", text->str, -1, NULL));
    assert_int_equal(run("zones explain many.csv 10.0.0.1", &out, &message), FZ_EXIT_OK);
    assert_non_null(strstr(out, "    10  10.0.0.0/8  L9 "));
    assert_null(strstr(out, "L10"));
    assert_true(g_str_has_suffix(out, "\n  and 15 more rows of other locations\n"));
}

static void explain_refuses_bad_files_locations_and_addresses(void **state)
{
    (void)state;
    assert_true(g_file_set_contents("bad.csv", ",10.0.0.0/33,1,a\n", -1, NULL));
    assert_fails("zones explain bad.csv 10.0.0.1", FZ_EXIT_FAILED,
                 "bad.csv:1: \"10.0.0.0/33\" is not a prefix: expected a length of 0 to 32 after the slash");
    assert_fails("zones explain zones.csv 10.0.0.1 --location Roma", FZ_EXIT_FAILED,
                 "zones.csv: no row has the location \"Roma\"; the file has \"Rome\", \"Oslo\"");
    assert_fails("zones explain zones.csv 10.0.0", FZ_EXIT_USAGE, "\"10.0.0\" is not an IPv4 or IPv6 address");
}

static void wrong_usage_is_one_clear_line(void **state)
{
    (void)state;
    assert_fails("zones", FZ_EXIT_USAGE, "missing command; see --help");
    assert_fails("zones frobnicate", FZ_EXIT_USAGE, "unknown command \"frobnicate\"; see --help");
    assert_fails("zones check", FZ_EXIT_USAGE, "expected one FILE, got 0; see --help");
    assert_fails("zones check a b", FZ_EXIT_USAGE, "expected one FILE, got 2; see --help");
    assert_fails("zones explain zones.csv", FZ_EXIT_USAGE, "expected FILE and IP, got 1 argument; see --help");
    assert_fails("zones check --frobnicate zones.csv", FZ_EXIT_USAGE, "Unknown option --frobnicate");
}

static void help_comes_from_the_option_tables_with_examples(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        {"zones --help", "explain FILE IP"},
        {"zones check --help", "flowzone zones check zones.csv"},
        {"zones explain -h", "--location=NAME"},
        {"zones explain --help", "flowzone zones explain zones.csv 10.1.2.3"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *out = NULL, *message = NULL;

        assert_int_equal(run(expected[i][0], &out, &message), FZ_EXIT_OK);
        assert_non_null(strstr(out, expected[i][1]));
    }
}

static int enter_folder(void **state)
{
    (void)state;
    start_folder = g_get_current_dir();
    folder = g_dir_make_tmp("flowzone-XXXXXX", NULL);
    return !folder || g_chdir(folder) != 0 || !g_file_set_contents("zones.csv", zones, -1, NULL);
}

static int leave_folder(void **state)
{
    (void)state;
    static const char *const files[] = {"zones.csv", "bad.csv", "rome.csv", "odd.csv", "many.csv"};
    int status;

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        g_unlink(files[i]);
    status = g_chdir(start_folder) != 0 || g_rmdir(folder) != 0;
    g_free(start_folder);
    g_free(folder);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_of_a_good_file_tells_its_warnings_and_what_it_holds),
        cmocka_unit_test(check_of_a_bad_file_tells_every_error),
        cmocka_unit_test(check_of_no_file_is_one_error),
        cmocka_unit_test(explain_tells_the_line_and_what_it_beat),
        cmocka_unit_test(explain_tells_that_nothing_labels_an_address),
        cmocka_unit_test(explain_spells_out_what_a_terminal_cannot_show),
        cmocka_unit_test(explain_shows_ten_rows_of_other_locations),
        cmocka_unit_test(explain_refuses_bad_files_locations_and_addresses),
        cmocka_unit_test(wrong_usage_is_one_clear_line),
        cmocka_unit_test(help_comes_from_the_option_tables_with_examples),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
