/* The zone table: its rows, its lookups, and its errors about faulty files.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Reading texts */

static void join_warning(const char *message, void *user)
{
    g_string_append_printf(user, "%s\n", message);
}

/* Parses a text, which must be good, and compares its warnings, a line each. */
static fz_zone_table *read_text_of(const char *text, size_t size, const char *location, const char *warnings)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    fz_zone_table *table = fz_zone_table_parse("z.csv", text, size, location, join_warning, told, &error);

    if (!table)
        fail_msg("refused: %s", error->message);
    assert_null(error);
    assert_string_equal(told->str, warnings);
    return table;
}

static fz_zone_table *read_text(const char *text, const char *location, const char *warnings)
{
    return read_text_of(text, strlen(text), location, warnings);
}

static void assert_refused_of(const char *text, size_t size, const char *location, const char *message)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    assert_null(fz_zone_table_parse("z.csv", text, size, location, join_warning, told, &error));
    assert_non_null(error);
    assert_true(g_error_matches(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_SYNTAX));
    assert_string_equal(error->message, message);
    assert_string_equal(told->str, "");
}

static void assert_refused(const char *text, const char *message)
{
    assert_refused_of(text, strlen(text), NULL, message);
}

/* The name of the zone of an address, "" where it has none. */
static const char *name_at(const fz_zone_table *table, const char *text)
{
    const fz_zone *zone;
    fz_addr addr;

    assert_true(fz_addr_parse(text, &addr));
    zone = fz_zone_table_get(table, fz_zone_lookup(table, &addr));
    return zone ? zone->name : "";
}

/* What a table keeps */

static void rows_keep_their_order_their_lines_and_their_texts(void **state)
{
    (void)state;
    fz_zone_table *table = read_text("# zones\n"
                                     "location,prefix,number,name\n"
                                     "\n"
                                     ",10.0.0.0/8,601,janitor willy\n"
                                     ",\"2001:db8::/32\",,\"qa, \"\"dudes\"\"\"\n"
                                     ",192.0.2.1,0x7,B\xc3\xbcro \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80\n",
                                     NULL, "");
    fz_zones rows = fz_zone_table_rows(table);
    char prefix[FZ_PREFIX_TEXT_SIZE];

    assert_int_equal(fz_zone_table_count(table), 3);
    assert_int_equal(rows.count, 3);
    assert_ptr_equal(rows.rows, fz_zone_table_get(table, 1));
    assert_int_equal(rows.rows[0].line, 4);
    assert_string_equal(rows.rows[0].location, "");
    assert_string_equal(rows.rows[0].number, "601");
    assert_string_equal(rows.rows[0].name, "janitor willy");
    assert_int_equal(rows.rows[1].line, 5);
    assert_string_equal(rows.rows[1].number, "");
    assert_string_equal(rows.rows[1].name, "qa, \"dudes\"");
    assert_string_equal(fz_prefix_print(&rows.rows[1].prefix, prefix), "2001:db8::/32");
    assert_string_equal(fz_prefix_print(&rows.rows[2].prefix, prefix), "192.0.2.1/32");
    assert_string_equal(rows.rows[2].name, "B\xc3\xbcro \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
    assert_null(fz_zone_table_get(table, 0));
    assert_null(fz_zone_table_get(table, 4));
    fz_zone_table_free(table);
}

static void infos_are_prefix_number_and_name(void **state)
{
    (void)state;
    fz_zone_table *table = read_text(",10.1.2.3/24,601,\"janitor, willy\"\n", NULL,
                                     "z.csv:1: 10.1.2.3/24 has host bits set; using 10.1.2.0/24\n");
    g_autofree char *infos = fz_zone_infos(fz_zone_table_get(table, 1));

    assert_string_equal(infos, "10.1.2.0/24, 601, janitor, willy");
    fz_zone_table_free(table);
}

static void texts_of_the_greatest_length_are_kept(void **state)
{
    (void)state;
    g_autofree char *name = g_strnfill(FZ_ZONE_TEXT_MAX, 'n');
    g_autofree char *text = g_strdup_printf("%s,10.0.0.0/8,%s,%s\n", name, name, name);
    fz_zone_table *table = read_text(text, name, "");

    assert_string_equal(name_at(table, "10.0.0.0"), name);
    fz_zone_table_free(table);
}

static void bom_crlf_and_a_missing_last_newline_change_nothing(void **state)
{
    (void)state;
    fz_zone_table *table = read_text("\xef\xbb\xbflocation,prefix,number,name\r\n\r\n# c\r\n,10.0.0.0/8,1,a\r\n"
                                     ",10.1.0.0/16,2,b",
                                     NULL, "");

    assert_int_equal(fz_zone_table_count(table), 2);
    assert_int_equal(fz_zone_table_get(table, 2)->line, 5);
    assert_string_equal(name_at(table, "10.1.0.0"), "b");
    assert_string_equal(name_at(table, "10.2.0.0"), "a");
    fz_zone_table_free(table);
}

static void a_header_row_is_one_only_at_the_top(void **state)
{
    (void)state;
    fz_zone_table *table = read_text("# c\n\"Location\",PREFIX,Number,Name\n,10.0.0.0/8,1,a\n", NULL, "");

    assert_int_equal(fz_zone_table_count(table), 1);
    fz_zone_table_free(table);
    assert_refused(",10.0.0.0/8,1,a\nlocation,prefix,number,name\n",
                   "z.csv:2: \"prefix\" is not a prefix: expected an IPv4 or IPv6 address, a slash and a length");
}

static void a_file_without_rows_labels_nothing_and_is_warned_of(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# nothing\n", "location,prefix,number,name\n"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fz_zone_table *table = read_text(texts[i], NULL, "z.csv: no rows: nothing will be labelled\n");

        assert_int_equal(fz_zone_table_count(table), 0);
        assert_string_equal(name_at(table, "10.0.0.0"), "");
        assert_string_equal(name_at(table, "ffff::"), "");
        fz_zone_table_free(table);
    }
}

static void no_table_labels_nothing(void **state)
{
    (void)state;
    static const uint8_t addr6[16];
    fz_addr addr = {.family = FZ_IPV4};

    assert_int_equal(fz_zone_lookup(NULL, &addr), 0);
    assert_int_equal(fz_zone_lookup4(NULL, 0), 0);
    assert_int_equal(fz_zone_lookup6(NULL, addr6), 0);
    assert_int_equal(fz_zone_table_rows(NULL).count, 0);
    assert_int_equal(fz_zone_table_others(NULL).count, 0);
    fz_zone_table_free(NULL);
}

/* Locations */

static const char two_locations[] = ",10.0.0.0/8,1,all\n"
                                    "Rome,10.0.0.0/8,2,rome\n"
                                    "Oslo,10.1.0.0/16,3,oslo\n"
                                    ",10.1.0.0/24,4,all\n"
                                    "Rome,192.0.2.0/24,5,rome\n";

static void a_run_without_location_keeps_the_rows_without_one(void **state)
{
    (void)state;
    fz_zone_table *table = read_text(two_locations, NULL, "");
    fz_zones others = fz_zone_table_others(table);

    assert_int_equal(fz_zone_table_count(table), 2);
    assert_string_equal(name_at(table, "10.1.1.1"), "all");
    assert_string_equal(name_at(table, "192.0.2.1"), "");
    assert_int_equal(others.count, 3);
    assert_int_equal(others.rows[0].line, 2);
    assert_int_equal(others.rows[2].line, 5);
    fz_zone_table_free(table);
    table = read_text(two_locations, "", "");
    assert_int_equal(fz_zone_table_count(table), 2);
    fz_zone_table_free(table);
}

static void a_run_with_a_location_keeps_its_rows_and_those_without_one(void **state)
{
    (void)state;
    fz_zone_table *table = read_text(two_locations, "Rome", "");

    assert_int_equal(fz_zone_table_count(table), 4);
    assert_int_equal(fz_zone_table_get(table, 3)->line, 4);
    assert_int_equal(fz_zone_table_others(table).count, 1);
    assert_string_equal(name_at(table, "192.0.2.1"), "rome");
    fz_zone_table_free(table);
}

static void of_one_prefix_the_row_of_the_location_wins(void **state)
{
    (void)state;
    fz_zone_table *table = read_text(two_locations, "Rome", "");

    assert_string_equal(name_at(table, "10.1.1.1"), "rome");
    assert_string_equal(name_at(table, "10.1.0.1"), "all");
    fz_zone_table_free(table);
    /* And so it does when it stands first in the file. */
    table = read_text("Rome,10.0.0.0/8,2,rome\n,10.0.0.0/8,1,all\n", "Rome", "");
    assert_string_equal(name_at(table, "10.1.1.1"), "rome");
    fz_zone_table_free(table);
}

static void a_location_that_no_row_has_is_refused(void **state)
{
    (void)state;
    g_autoptr(GString) many = g_string_new(NULL);

    assert_refused_of(two_locations, strlen(two_locations), "rome",
                      "z.csv: no row has the location \"rome\"; the file has \"Rome\", \"Oslo\"");
    assert_refused_of(",10.0.0.0/8,,a\n", 15, "Rome", "z.csv: no row has the location \"Rome\"");
    for (unsigned i = 0; i < 8; i++)
        g_string_append_printf(many, "L%u,10.0.0.0/8,,a\n", i);
    assert_refused_of(
        many->str, many->len, "x",
        "z.csv: no row has the location \"x\"; the file has \"L0\", \"L1\", \"L2\", \"L3\", \"L4\" and 3 more");
}

static void a_fault_in_a_location_that_is_not_asked_for_counts(void **state)
{
    (void)state;
    assert_refused_of("Rome,10.0.0.0/8,,a\nOslo,10.0.0.0/8,,a\nOslo,10.0.0.0/8,,b\n", 57, "Rome",
                      "z.csv:3: 10.0.0.0/8 is listed twice in location \"Oslo\"; first in line 2");
}

/* Faults: in texts here; in files, with the expected messages, in tests/bad/zones */

static void a_prefix_that_stands_twice_names_both_lines(void **state)
{
    (void)state;
    assert_refused(",10.0.0.0/8,,a\n,11.0.0.0/8,,b\n,10.0.0.0/8,,c\n",
                   "z.csv:3: 10.0.0.0/8 is listed twice without a location; first in line 1");
    assert_refused("Rome,2001:db8::/32,,a\n\nRome,2001:0db8:0::/32,,b\n",
                   "z.csv:3: 2001:db8::/32 is listed twice in location \"Rome\"; first in line 1");
    assert_refused(",10.1.2.0/24,,a\n,10.1.2.3/24,,b\n",
                   "z.csv:2: 10.1.2.0/24 is listed twice without a location; first in line 1");
    assert_refused(",0.0.0.0/0,,a\n,::/0,,b\n,0.0.0.0/0,,b\n",
                   "z.csv:3: 0.0.0.0/0 is listed twice without a location; first in line 1");
}

static void the_first_fault_by_line_is_the_error(void **state)
{
    (void)state;
    assert_refused(",10.0.0.0/8,,a\n,10.0.0.0/8,,b\n,10.0.0.0/99,,c\n",
                   "z.csv:2: 10.0.0.0/8 is listed twice without a location; first in line 1");
    assert_refused(",10.0.0.0/8,,a\nx\n,10.0.0.0/8,,b\n", "z.csv:2: 1 field; expected 4: location,prefix,number,name");
}

static void nul_bytes_are_control_characters(void **state)
{
    (void)state;
    assert_refused_of(",10.0.0.0/8,,a\0b\n", 17, NULL, "z.csv:1: control character U+0000 in the name");
    assert_refused_of(",10.0.0.0/8\0,,a\n", 16, NULL, "z.csv:1: control character U+0000 in the prefix");
}

static void newlines_in_quotes_are_refused_and_counted(void **state)
{
    (void)state;
    static const char newline[] = "control character U+000A in the name; is a closing quote missing?";
    g_autofree char *first = g_strdup_printf("z.csv:2: %s", newline);

    assert_refused("# c\n,10.0.0.0/8,,\"a\nb\"\n", first);
    assert_refused(",10.0.0.0/8,,\"a\r\nb\"\n", "z.csv:1: control character U+000D in the name");
}

/* Lines are counted correctly, whatever precedes the fault. */
static void lines_are_counted_through_all_that_a_file_may_hold(void **state)
{
    (void)state;
    static const char *const before[] = {
        "",
        "\xef\xbb\xbf",
        "location,prefix,number,name\n",
        "# comment, \"open\n",
        "\n\n  \n",
        "\r\n\r\n",
        "# c\r\n",
        ",10.0.0.0/8,,\"a, \"\"b\"\"\"\n",
        ",10.0.0.0/8,,a\r\n",
        "\xef\xbb\xbf# c\r\n\r\nlocation,prefix,number,name\r\n",
    };
    static const char *const behind[] = {"", "\n", "\r\n", "\n,11.0.0.0/8,,b\n", "\n# end"};

    for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(behind); j++) {
            g_autofree char *bad = g_strconcat(before[i], ",10.0.0.0/99,,x", behind[j], NULL);
            g_autofree char *odd = g_strconcat(before[i], ",12.3.0.0/8,,x", behind[j], NULL);
            unsigned line = 1;

            for (const char *byte = before[i]; *byte; byte++)
                line += *byte == '\n';

            g_autofree char *error =
                g_strdup_printf("z.csv:%u: \"10.0.0.0/99\" is not a prefix: expected a length of 0 to "
                                "32 after the slash",
                                line);
            g_autofree char *warning =
                g_strdup_printf("z.csv:%u: 12.3.0.0/8 has host bits set; using 12.0.0.0/8\n", line);

            assert_refused(bad, error);
            fz_zone_table_free(read_text(odd, NULL, warning));
        }
}

static void too_many_rows_are_refused(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i <= FZ_ZONE_ROWS_MAX; i++)
        g_string_append_printf(text, ",%u.%u.%u.%u,,n\n", i >> 24, i >> 16 & 255, i >> 8 & 255, i & 255);
    assert_refused_of(text->str, text->len, NULL, "z.csv:1000001: more than 1000000 rows");
}

/* Files */

struct problems {
    GString *text;
    unsigned errors, warnings;
};

static void join_problem(bool is_error, const char *message, void *user)
{
    struct problems *problems = user;

    *(is_error ? &problems->errors : &problems->warnings) += 1;
    g_string_append_printf(problems->text, "%s: %s\n", is_error ? "error" : "warning", message);
}

/* Each tests/bad/zones/FAULT.csv, with the expected messages in FAULT.txt: one "error: " or "warning: " per line. */
static void every_bad_file_is_told_as_expected(void **state)
{
    (void)state;
    g_autofree char *unit = g_path_get_dirname(__FILE__), *folder = g_build_filename(unit, "..", "bad", "zones", NULL);
    g_autofree char *before = g_get_current_dir();
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    unsigned count = 0;
    const char *name;

    if (!files)
        fail_msg("there is no folder %s", folder);
    assert_int_equal(g_chdir(folder), 0);
    while ((name = g_dir_read_name(files))) {
        g_autoptr(GString) told = g_string_new(NULL);
        struct problems problems = {told, 0, 0};
        g_autofree char *expected = NULL, *stem = NULL, *answers = NULL;
        g_autoptr(GError) error = NULL;
        fz_zone_table *table;

        if (!g_str_has_suffix(name, ".csv"))
            continue;
        stem = g_strndup(name, strlen(name) - strlen(".csv"));
        answers = g_strconcat(stem, ".txt", NULL);
        if (!g_file_get_contents(answers, &expected, NULL, &error))
            fail_msg("%s", error->message);
        table = fz_zone_table_check(name, NULL, join_problem, &problems, &error);
        if (strcmp(told->str, expected) != 0)
            fail_msg("%s\nexpected:\n%s\ncame:\n%s", name, expected, told->str);
        assert_true(!table == (problems.errors > 0));
        assert_true(!table == (error != NULL));
        assert_true(problems.errors + problems.warnings > 0);
        fz_zone_table_free(table);
        count++;
    }
    assert_int_equal(g_chdir(before), 0);
    assert_true(count > 20);
}

static char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("flowzone-XXXXXX", &error);

    if (!folder)
        fail_msg("%s", error->message);
    return folder;
}

static void assert_unreadable(const char *path, const char *why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *message = g_strdup_printf("%s: %s", path, why);

    assert_null(fz_zone_table_read(path, NULL, NULL, NULL, &error));
    assert_true(g_error_matches(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_READ));
    assert_string_equal(error->message, message);
}

static void what_is_no_regular_file_is_refused(void **state)
{
    (void)state;
    g_autofree char *folder = make_folder(), *path = g_build_filename(folder, "zones.csv", NULL);

    assert_unreadable(path, "No such file or directory");
    assert_unreadable(folder, "is a directory; expected a CSV file of zones");
    assert_unreadable("/dev/zero", "is not a regular file; expected a CSV file of zones");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_unreadable(path, "is not a regular file; expected a CSV file of zones");
    g_unlink(path);
    g_rmdir(folder);
}

static void the_null_device_has_no_rows_and_no_warning(void **state)
{
    (void)state;
    g_autofree char *folder = make_folder(), *path = g_build_filename(folder, "zones.csv", NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    struct problems problems = {told, 0, 0};

    assert_int_equal(symlink("/dev/null", path), 0);
    for (int link = 0; link <= 1; link++) {
        g_autoptr(fz_zone_table) table =
            fz_zone_table_read(link ? path : "/dev/null", NULL, join_warning, told, &error);
        assert_non_null(table);
        assert_int_equal(fz_zone_table_count(table), 0);
        assert_string_equal(told->str, "");
    }
    assert_null(fz_zone_table_read("/dev/null", "Oslo", join_warning, told, &error));
    assert_string_equal(error->message, "/dev/null: no row has the location \"Oslo\"");
    /* Whoever has it checked is told. */
    fz_zone_table_free(fz_zone_table_check("/dev/null", NULL, join_problem, &problems, NULL));
    assert_int_equal(problems.warnings, 1);
    g_unlink(path);
    g_rmdir(folder);
}

static void a_file_that_is_too_large_is_refused_unread(void **state)
{
    (void)state;
    g_autofree char *folder = make_folder(), *path = g_build_filename(folder, "zones.csv", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(ftruncate(fd, (off_t)FZ_ZONE_FILE_MAX + 1), 0);
    close(fd);
    assert_unreadable(path, "is over 256 MiB, too large for a CSV file of zones");
    g_unlink(path);
    g_rmdir(folder);
}

static void a_file_reads_as_its_text_does(void **state)
{
    (void)state;
    g_autofree char *folder = make_folder(), *path = g_build_filename(folder, "zones.csv", NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    fz_zone_table *table;

    assert_true(g_file_set_contents(path, "Rome,10.1.0.0/8,,a\n", -1, NULL));
    table = fz_zone_table_read(path, "Rome", join_warning, told, NULL);
    assert_non_null(table);
    assert_string_equal(name_at(table, "10.2.3.4"), "a");
    assert_true(g_str_has_suffix(told->str, "zones.csv:1: 10.1.0.0/8 has host bits set; using 10.0.0.0/8\n"));
    fz_zone_table_free(table);
    assert_true(g_file_set_contents(path, "", -1, NULL));
    table = fz_zone_table_read(path, NULL, NULL, NULL, NULL);
    assert_non_null(table);
    fz_zone_table_free(table);
    g_unlink(path);
    g_rmdir(folder);
}

static void problems_beyond_the_fiftieth_are_counted(void **state)
{
    (void)state;
    g_autofree char *folder = make_folder(), *path = g_build_filename(folder, "zones.csv", NULL);
    g_autoptr(GString) text = g_string_new(NULL), told = g_string_new(NULL);
    struct problems problems = {told, 0, 0};
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i < 60; i++)
        g_string_append_printf(text, ",10.0.%u.1/24,,a\nx\n", i);
    assert_true(g_file_set_contents(path, text->str, -1, NULL));
    assert_null(fz_zone_table_check(path, NULL, join_problem, &problems, &error));
    assert_int_equal(problems.errors, FZ_ZONE_PROBLEMS_MAX + 1);
    assert_int_equal(problems.warnings, FZ_ZONE_PROBLEMS_MAX + 1);
    assert_non_null(strstr(told->str, "zones.csv: 10 more errors\n"));
    assert_non_null(strstr(told->str, "zones.csv: 10 more warnings\n"));
    assert_true(g_str_has_suffix(error->message, "zones.csv:2: 1 field; expected 4: location,prefix,number,name"));
    g_unlink(path);
    g_rmdir(folder);
}

/* Shadows */

static void a_prefix_that_longer_ones_cover_is_warned_of(void **state)
{
    (void)state;
    fz_zone_table_free(read_text(",10.0.0.0/8,,a\n,10.128.0.0/9,,b\n,10.0.0.0/9,,c\n", NULL,
                                 "z.csv:1: 10.0.0.0/8 labels no address: longer prefixes cover all of it\n"));
    fz_zone_table_free(read_text(",10.0.0.0/8,,a\n,10.128.0.0/9,,b\n,10.0.0.0/10,,c\n", NULL, ""));
    fz_zone_table_free(read_text(",::/0,,a\n,8000::/1,,b\n,::/1,,c\n", NULL,
                                 "z.csv:1: ::/0 labels no address: longer prefixes cover all of it\n"));
    fz_zone_table_free(read_text(",0.0.0.0/0,,a\n,::/1,,b\n,8000::/1,,c\n", NULL, ""));
    fz_zone_table_free(read_text(",2001:db8::fe/127,,a\n,2001:db8::ff,,b\n,2001:db8::fe,,c\n", NULL,
                                 "z.csv:1: 2001:db8::fe/127 labels no address: longer prefixes cover all of it\n"));
}

static void rows_of_a_location_shadow_nothing_elsewhere(void **state)
{
    (void)state;
    fz_zone_table_free(read_text(",10.0.0.0/8,,a\nRome,10.0.0.0/8,,b\nRome,10.0.0.0/9,,c\n,10.128.0.0/9,,d\n", NULL,
                                 "z.csv:2: 10.0.0.0/8 labels no address: longer prefixes cover all of it\n"));
    fz_zone_table_free(read_text("Oslo,10.0.0.0/8,,b\nRome,10.0.0.0/9,,c\nRome,10.128.0.0/9,,d\n", NULL, ""));
}

/* Randomised tests against slow and obvious answers */

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_bits(void)
{
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)(random_bits() % limit);
}

static void seed_random(const char *test)
{
    const char *given = g_getenv("FZ_TEST_SEED");
    uint64_t seed = given ? g_ascii_strtoull(given, NULL, 0) : (uint64_t)g_random_int() << 32 | g_random_int();

    random_state = seed;
    print_message("%s: FZ_TEST_SEED=%" PRIu64 "\n", test, seed);
}

static bool bit_of(const uint8_t *bytes, unsigned bit)
{
    return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static void set_bit(uint8_t *bytes, unsigned bit, bool value)
{
    bytes[bit / 8] = (uint8_t)((bytes[bit / 8] & ~(0x80 >> bit % 8)) | (value ? 0x80 >> bit % 8 : 0));
}

static bool slow_contains(const fz_zone *zone, const fz_addr *addr)
{
    if (zone->prefix.addr.family != addr->family)
        return false;
    for (unsigned bit = 0; bit < zone->prefix.length; bit++)
        if (bit_of(zone->prefix.addr.bytes, bit) != bit_of(addr->bytes, bit))
            return false;
    return true;
}

/* The obvious answer: look at every row. */
static uint32_t slow_lookup(fz_zones rows, const fz_addr *addr)
{
    uint32_t best = 0;

    for (uint32_t id = 1; id <= rows.count; id++) {
        const fz_zone *zone = &rows.rows[id - 1];
        bool longer = best == 0 || zone->prefix.length > rows.rows[best - 1].prefix.length;
        bool equal = best != 0 && zone->prefix.length == rows.rows[best - 1].prefix.length;

        if ((longer || (equal && *zone->location)) && slow_contains(zone, addr))
            best = id;
    }
    return best;
}

static fz_addr random_addr(uint8_t family)
{
    fz_addr addr = {.family = family};

    for (unsigned i = 0; i < fz_family_bits(family) / 8; i++)
        addr.bytes[i] = (uint8_t)random_bits();
    return addr;
}

/* Prefixes as they come: anywhere; crowded in one network, or in one /64; around and inside one that is there already.
 */
static fz_prefix random_prefix(uint8_t family, const GArray *before)
{
    unsigned bits = fz_family_bits(family);
    fz_prefix prefix = {random_addr(family), (uint8_t)random_below(bits + 1)};

    switch (random_below(5)) {
    case 0:
        memcpy(prefix.addr.bytes, family == FZ_IPV4 ? "\x0a\x01" : "\x20\x01\x0d\xb8", family == FZ_IPV4 ? 2 : 4);
        prefix.length = (uint8_t)(bits / 2 + random_below(bits / 2 + 1));
        break;
    case 1:
        memset(prefix.addr.bytes, 0xfd, bits / 16);
        prefix.length = (uint8_t)(bits - random_below(bits / 4));
        break;
    case 2:
    case 3:
        if (before->len > 0) {
            fz_prefix other = g_array_index(before, fz_prefix, random_below(before->len));

            for (unsigned bit = 0; bit < other.length; bit++)
                set_bit(prefix.addr.bytes, bit, bit_of(other.addr.bytes, bit));
            if (other.length > 0 && random_below(4) == 0)
                set_bit(prefix.addr.bytes, other.length - 1, !bit_of(other.addr.bytes, other.length - 1));
        }
        break;
    default:
        break;
    }
    fz_prefix_mask(&prefix);
    return prefix;
}

/* A text of `count` rows of both families in three locations, one of them "", without duplicates. */
static char *random_text(unsigned count)
{
    static const char *const locations[] = {"", "Rome", "Oslo"};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GArray *before[2] = {g_array_new(FALSE, FALSE, sizeof(fz_prefix)), g_array_new(FALSE, FALSE, sizeof(fz_prefix))};
    GString *text = g_string_new(NULL);
    char printed[FZ_PREFIX_TEXT_SIZE];

    while (g_hash_table_size(seen) < count) {
        unsigned family = random_below(2);
        fz_prefix prefix = random_prefix(family ? FZ_IPV6 : FZ_IPV4, before[family]);
        char *row = g_strdup_printf("%s,%s", locations[random_below(3)], fz_prefix_print(&prefix, printed));

        g_array_append_val(before[family], prefix);
        if (g_hash_table_add(seen, row))
            g_string_append_printf(text, "%s,%u,zone\n", row, g_hash_table_size(seen));
    }
    g_array_unref(before[0]);
    g_array_unref(before[1]);
    return g_string_free(text, FALSE);
}

static void assert_same_answer(const fz_zone_table *table, fz_zones rows, const fz_addr *addr)
{
    uint32_t fast = fz_zone_lookup(table, addr), slow = slow_lookup(rows, addr);
    char text[FZ_ADDR_TEXT_SIZE];

    if (fast != slow)
        fail_msg("%s: row %u, expected row %u", fz_addr_print(addr, text), fast, slow);
}

/* The address `step` after or before this one. */
static fz_addr neighbour(fz_addr addr, int step)
{
    for (int i = (int)fz_family_bits(addr.family) / 8 - 1; i >= 0 && step != 0; i--) {
        int sum = addr.bytes[i] + step;

        addr.bytes[i] = (uint8_t)sum;
        step = sum < 0 ? -1 : sum > 255;
    }
    return addr;
}

/* At both ends of a prefix, and just outside of it. */
static void probe_edges(const fz_zone_table *table, fz_zones rows, const fz_prefix *prefix)
{
    fz_addr first = prefix->addr, last = prefix->addr, outside;

    for (unsigned bit = prefix->length; bit < fz_family_bits(prefix->addr.family); bit++)
        set_bit(last.bytes, bit, true);
    assert_same_answer(table, rows, &first);
    assert_same_answer(table, rows, &last);
    outside = neighbour(first, -1);
    assert_same_answer(table, rows, &outside);
    outside = neighbour(last, 1);
    assert_same_answer(table, rows, &outside);
}

static void probe_text(const char *text, const char *location, unsigned probes)
{
    fz_zone_table *table = fz_zone_table_parse("random", text, strlen(text), location, NULL, NULL, NULL);
    fz_zones rows = fz_zone_table_rows(table);

    assert_non_null(table);
    for (unsigned i = 0; i < probes && rows.count > 0; i++) {
        fz_addr addr = random_addr(i % 2 ? FZ_IPV4 : FZ_IPV6);

        assert_same_answer(table, rows, &addr);
        probe_edges(table, rows, &rows.rows[random_below(rows.count)].prefix);
    }
    fz_zone_table_free(table);
}

static void lookups_agree_with_looking_at_every_row(void **state)
{
    (void)state;
    g_autofree char *text = NULL;

    seed_random(__func__);
    text = random_text(20000);
    probe_text(text, NULL, 250);
    probe_text(text, "Rome", 250);
    probe_text(text, "Oslo", 250);
}

static void lookups_agree_in_small_tables(void **state)
{
    (void)state;
    seed_random(__func__);
    for (unsigned i = 0; i < 300; i++) {
        g_autofree char *rows = random_text(1 + random_below(12)),
                        *text = g_strconcat(rows, "Rome,192.0.2.0/24,,always\n", NULL);
        fz_zone_table *table = fz_zone_table_parse("random", text, strlen(text), NULL, NULL, NULL, NULL);

        /* The extra row may stand there already. */
        if (!table)
            continue;
        fz_zone_table_free(table);
        probe_text(text, NULL, 20);
        probe_text(text, "Rome", 20);
    }
}

/* Ranges that double in size: each slot of the search holds all the rest. */
static void lookups_agree_where_prefixes_crowd(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    fz_prefix prefix;
    char printed[FZ_PREFIX_TEXT_SIZE];

    seed_random(__func__);
    for (unsigned from = 0; from < 2; from++)
        for (unsigned length = 1; length <= 128; length++) {
            prefix = (fz_prefix){{.family = FZ_IPV6}, (uint8_t)length};
            memset(prefix.addr.bytes, from ? 0xff : 0, sizeof prefix.addr.bytes);
            set_bit(prefix.addr.bytes, length - 1, !from);
            fz_prefix_mask(&prefix);
            g_string_append_printf(text, ",%s,,zone\n", fz_prefix_print(&prefix, printed));
            if (length <= 32) {
                prefix.addr.family = FZ_IPV4;
                memset(prefix.addr.bytes + 4, 0, 12);
                g_string_append_printf(text, ",%s,,zone\n", fz_prefix_print(&prefix, printed));
            }
        }
    probe_text(text->str, NULL, 2000);
}

/* Hosts on both sides of a border between two /64: the low halves of their addresses begin anew there. */
static void lookups_agree_across_the_border_of_two_networks(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);

    seed_random(__func__);
    for (unsigned i = 0; i < 0x100; i += 2)
        g_string_append_printf(text, ",2001:db8:0:1:ffff:ffff:ffff:ff%02x,,zone\n,2001:db8:0:2::%x,,zone\n", i, i);
    probe_text(text->str, NULL, 2000);
}

/* 256 addresses, which differ in the eight bits from `first_bit` on. */
static fz_addr window_addr(uint8_t family, unsigned first_bit, unsigned value)
{
    fz_addr addr = {.family = family};

    for (unsigned i = 0; i < 8; i++)
        set_bit(addr.bytes, first_bit + i, value >> (7 - i) & 1);
    return addr;
}

/* True if the row labels one of the addresses in a run for its own location. */
static bool slow_alive(fz_zones all, const fz_zone *row, unsigned first_bit)
{
    for (unsigned value = 0; value < 256; value++) {
        fz_addr addr = window_addr(row->prefix.addr.family, first_bit, value);
        const fz_zone *best = NULL;

        for (uint32_t i = 0; i < all.count; i++) {
            const fz_zone *zone = &all.rows[i];
            bool kept = *zone->location == '\0' || strcmp(zone->location, row->location) == 0;

            if (kept && slow_contains(zone, &addr) &&
                (!best || zone->prefix.length > best->prefix.length ||
                 (zone->prefix.length == best->prefix.length && *zone->location)))
                best = zone;
        }
        if (best == row)
            return true;
    }
    return false;
}

static void collect_lines(const char *message, void *user)
{
    bool *warned = user;

    warned[g_ascii_strtoull(strchr(message, ':') + 1, NULL, 10)] = true;
}

static void check_window(uint8_t family, unsigned first_bit)
{
    enum { MOST = 45 };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool warned[MOST + 2] = {false};
    g_autoptr(GString) text = g_string_new("all,255.255.255.255,,not empty\n");
    unsigned count = random_below(MOST), longest = 1 + random_below(8);
    char printed[FZ_PREFIX_TEXT_SIZE];
    fz_zone_table *table;
    fz_zones all;

    for (unsigned i = 0; i < count; i++) {
        fz_prefix prefix = {window_addr(family, first_bit, random_below(256)),
                            (uint8_t)(first_bit + random_below(longest + 1))};
        static const char *const locations[] = {"", "Rome", "Oslo"};
        char *row;

        fz_prefix_mask(&prefix);
        row = g_strdup_printf("%s,%s", locations[random_below(3)], fz_prefix_print(&prefix, printed));
        if (g_hash_table_add(seen, row))
            g_string_append_printf(text, "%s,,zone\n", row);
    }
    /* The rows of other locations follow those kept: all are in one array. */
    table = fz_zone_table_parse("random", text->str, text->len, NULL, collect_lines, warned, NULL);
    assert_non_null(table);
    all = fz_zone_table_rows(table);
    all.count += fz_zone_table_others(table).count;
    for (uint32_t i = 0; i < all.count; i++) {
        const fz_zone *row = &all.rows[i];
        bool alive = row->line == 1 || slow_alive(all, row, first_bit);

        if (alive == warned[row->line])
            fail_msg("line %u of\n%s: %s", row->line, text->str, alive ? "warned of in vain" : "not warned of");
    }
    fz_zone_table_free(table);
}

static void warnings_of_shadows_agree_with_looking_at_every_address(void **state)
{
    (void)state;
    seed_random(__func__);
    for (unsigned i = 0; i < 100; i++) {
        check_window(FZ_IPV4, 24);
        check_window(FZ_IPV4, 0);
        check_window(FZ_IPV6, 120);
        check_window(FZ_IPV6, 60);
    }
}

/* Tables that are no file */

static void rows_in_memory_are_checked_as_a_file_is(void **state)
{
    (void)state;
    const fz_zone_texts good[] = {{{NULL, "10.1.2.3/24", NULL, "a, \"b\""}}, {{"Oslo", "2001:db8::/32", "7", "b"}}};
    const fz_zone_texts bad[] = {{{"", "10.0.0.0/8", "", "a"}}, {{"", "10.0.0.0/33", "", "b"}}};
    const fz_zone_texts twice[] = {{{"", "10.0.0.0/8", "", "a"}}, {{NULL, "10.0.0.0/8", NULL, "b"}}};
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) first = NULL, second = NULL;
    fz_zone_table *table = fz_zone_table_new("rows", good, 2, "Oslo", join_warning, told, NULL);

    assert_string_equal(told->str, "rows:1: 10.1.2.3/24 has host bits set; using 10.1.2.0/24\n");
    assert_int_equal(fz_zone_table_count(table), 2);
    assert_string_equal(name_at(table, "10.1.2.77"), "a, \"b\"");
    assert_string_equal(name_at(table, "2001:db8::1"), "b");
    assert_null(fz_zone_table_new("rows", bad, 2, NULL, join_warning, told, &first));
    assert_non_null(strstr(first->message, "rows:2: \"10.0.0.0/33\" is not a prefix"));
    assert_null(fz_zone_table_new("rows", twice, 2, NULL, join_warning, told, &second));
    assert_string_equal(second->message, "rows:2: 10.0.0.0/8 is listed twice without a location; first in line 1");
    fz_zone_table_free(table);
}

static void what_is_wrong_with_a_field_is_said_as_it_is_typed(void **state)
{
    (void)state;
    g_autofree char *long_text = g_strnfill(FZ_ZONE_TEXT_MAX + 1, 'n');
    const struct {
        fz_zone_column column;
        const char *text;
        size_t size;
        const char *fault; /* NULL: none */
    } rows[] = {
        {FZ_ZONE_PREFIX, "10.1.0.0/16", 11, NULL},
        {FZ_ZONE_PREFIX, "10.1.2.3", 8, NULL},
        {FZ_ZONE_PREFIX, "10.1.2.3/16", 11, "10.1.2.3/16 has host bits set; did you mean 10.1.0.0/16?"},
        {FZ_ZONE_PREFIX, "2001:db8::1/32", 14, "2001:db8::1/32 has host bits set; did you mean 2001:db8::/32?"},
        {FZ_ZONE_PREFIX, "10.0.0.0/33", 11, "\"10.0.0.0/33\" is not a prefix"},
        {FZ_ZONE_PREFIX, "", 0, "\"\" is not a prefix"},
        {FZ_ZONE_PREFIX, "10.0.0.0/8\0", 11, "control character U+0000 in the prefix"},
        {FZ_ZONE_NAME, "web", 3, NULL},
        {FZ_ZONE_NAME, "", 0, "the name is missing"},
        {FZ_ZONE_NAME, "  ", 2, "the name is missing"},
        {FZ_ZONE_NAME, "a\033[2J", 5, "control character U+001B in the name"},
        {FZ_ZONE_NAME, "a\xff", 2, "the name isn't UTF-8"},
        {FZ_ZONE_NAME, long_text, FZ_ZONE_TEXT_MAX + 1, "the name has 256 bytes; expected at most 255"},
        {FZ_ZONE_NUMBER, "", 0, NULL},
        {FZ_ZONE_NUMBER, "1\n2", 3, "control character U+000A in the number"},
        {FZ_ZONE_LOCATION, "", 0, NULL},
        {FZ_ZONE_LOCATION, "\xc3", 1, "the location isn't UTF-8"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *fault = fz_zone_field_fault(rows[i].column, rows[i].text, rows[i].size);

        if (!rows[i].fault)
            assert_null(fault);
        else if (!fault || !g_str_has_prefix(fault, rows[i].fault))
            fail_msg("row %zu: %s", i, fault ? fault : "no fault");
    }
}

static void of_two_tables_the_upper_one_wins_where_both_have_a_row(void **state)
{
    (void)state;
    fz_zone_table *under = read_text(",10.0.0.0/8,1,under\n,10.1.0.0/16,2,under one\nOslo,10.0.0.0/8,3,under oslo\n"
                                     "Rome,10.3.0.0/16,4,rome\n",
                                     NULL, "");
    fz_zone_table *over = read_text("Oslo,10.0.0.0/8,5,over oslo\n,10.2.0.0/16,6,over two\n", NULL, "");
    fz_zone_table *both = fz_zone_table_merge("both", over, under, "Oslo", NULL);

    assert_int_equal(fz_zone_table_count(both), 4);
    assert_int_equal(fz_zone_table_others(both).count, 1);
    assert_string_equal(name_at(both, "10.9.9.9"), "over oslo");
    assert_string_equal(name_at(both, "10.1.9.9"), "under one");
    assert_string_equal(name_at(both, "10.2.9.9"), "over two");
    assert_string_equal(name_at(both, "10.3.9.9"), "over oslo");
    fz_zone_table_free(both);

    both = fz_zone_table_merge("both", over, under, NULL, NULL);
    assert_string_equal(name_at(both, "10.9.9.9"), "under");
    assert_string_equal(name_at(both, "10.2.9.9"), "over two");
    fz_zone_table_free(over);
    fz_zone_table_free(under);
    assert_string_equal(name_at(both, "10.1.9.9"), "under one"); /* it has texts of its own */
    fz_zone_table_free(both);
}

static void one_of_two_tables_is_enough(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    fz_zone_table *one = read_text("Oslo,10.0.0.0/8,1,a\n", NULL, "");
    fz_zone_table *over = fz_zone_table_merge("m", one, NULL, "Oslo", NULL);
    fz_zone_table *under = fz_zone_table_merge("m", NULL, one, "Oslo", NULL);
    fz_zone_table *none = fz_zone_table_merge("m", NULL, NULL, NULL, NULL);

    assert_string_equal(name_at(over, "10.1.1.1"), "a");
    assert_string_equal(name_at(under, "10.1.1.1"), "a");
    assert_int_equal(fz_zone_table_count(none), 0);
    assert_string_equal(name_at(none, "10.1.1.1"), "");
    assert_null(fz_zone_table_merge("m", one, NULL, "Rome", &error));
    assert_string_equal(error->message, "m: no row has the location \"Rome\"; the file has \"Oslo\"");
    fz_zone_table_free(one);
    fz_zone_table_free(over);
    fz_zone_table_free(under);
    fz_zone_table_free(none);
}

static void a_table_lives_as_long_as_its_last_owner(void **state)
{
    (void)state;
    fz_zone_table *table = read_text(",10.0.0.0/8,1,a\n", NULL, "");

    assert_ptr_equal(fz_zone_table_ref(table), table);
    fz_zone_table_free(table);
    assert_string_equal(name_at(table, "10.1.1.1"), "a");
    fz_zone_table_free(table);
    assert_null(fz_zone_table_ref(NULL));
}

static void a_zone_is_its_number_and_its_name(void **state)
{
    (void)state;
    fz_zone_table *table =
        read_text(",10.0.0.0/8,1,a\nOslo,10.1.0.0/16,1,a\n,10.2.0.0/16,2,a\n,10.3.0.0/16,1,b\n", "Oslo", "");
    fz_zones rows = fz_zone_table_rows(table);

    assert_true(fz_zone_same(&rows.rows[0], &rows.rows[0]));
    assert_true(fz_zone_same(&rows.rows[0], &rows.rows[1]));
    assert_false(fz_zone_same(&rows.rows[0], &rows.rows[2]));
    assert_false(fz_zone_same(&rows.rows[0], &rows.rows[3]));
    fz_zone_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_keep_their_order_their_lines_and_their_texts),
        cmocka_unit_test(infos_are_prefix_number_and_name),
        cmocka_unit_test(texts_of_the_greatest_length_are_kept),
        cmocka_unit_test(bom_crlf_and_a_missing_last_newline_change_nothing),
        cmocka_unit_test(a_header_row_is_one_only_at_the_top),
        cmocka_unit_test(a_file_without_rows_labels_nothing_and_is_warned_of),
        cmocka_unit_test(no_table_labels_nothing),
        cmocka_unit_test(a_run_without_location_keeps_the_rows_without_one),
        cmocka_unit_test(a_run_with_a_location_keeps_its_rows_and_those_without_one),
        cmocka_unit_test(of_one_prefix_the_row_of_the_location_wins),
        cmocka_unit_test(a_location_that_no_row_has_is_refused),
        cmocka_unit_test(a_fault_in_a_location_that_is_not_asked_for_counts),
        cmocka_unit_test(a_prefix_that_stands_twice_names_both_lines),
        cmocka_unit_test(the_first_fault_by_line_is_the_error),
        cmocka_unit_test(nul_bytes_are_control_characters),
        cmocka_unit_test(newlines_in_quotes_are_refused_and_counted),
        cmocka_unit_test(lines_are_counted_through_all_that_a_file_may_hold),
        cmocka_unit_test(too_many_rows_are_refused),
        cmocka_unit_test(every_bad_file_is_told_as_expected),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(the_null_device_has_no_rows_and_no_warning),
        cmocka_unit_test(a_file_that_is_too_large_is_refused_unread),
        cmocka_unit_test(a_file_reads_as_its_text_does),
        cmocka_unit_test(problems_beyond_the_fiftieth_are_counted),
        cmocka_unit_test(a_prefix_that_longer_ones_cover_is_warned_of),
        cmocka_unit_test(rows_of_a_location_shadow_nothing_elsewhere),
        cmocka_unit_test(rows_in_memory_are_checked_as_a_file_is),
        cmocka_unit_test(what_is_wrong_with_a_field_is_said_as_it_is_typed),
        cmocka_unit_test(of_two_tables_the_upper_one_wins_where_both_have_a_row),
        cmocka_unit_test(one_of_two_tables_is_enough),
        cmocka_unit_test(a_table_lives_as_long_as_its_last_owner),
        cmocka_unit_test(a_zone_is_its_number_and_its_name),
        cmocka_unit_test(lookups_agree_with_looking_at_every_row),
        cmocka_unit_test(lookups_agree_in_small_tables),
        cmocka_unit_test(lookups_agree_where_prefixes_crowd),
        cmocka_unit_test(lookups_agree_across_the_border_of_two_networks),
        cmocka_unit_test(warnings_of_shadows_agree_with_looking_at_every_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
