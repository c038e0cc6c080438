/* Option files, valid and invalid.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_options.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-options-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    const char *name;
    g_autoptr(GDir) all = g_dir_open(folder, 0, NULL);
    while ((name = g_dir_read_name(all))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
    int left = g_rmdir(folder);
    g_free(folder);
    return left;
}

/* Writes a file into the folder; its path, which the caller frees. "@" in the text is the folder. */
static char *put(const char *name, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "@", -1);
    g_autofree char *whole = g_strjoinv(folder, parts);
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, whole, -1, NULL));
    return path;
}

static void expect(const char *text, const char *name, const char *value)
{
    g_autofree char *path = put("a.cnf", text);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) options = fz_mysql_options_read(path, &error);
    if (!options)
        fail_msg("%s: %s", text, error->message);
    const char *got = g_hash_table_lookup(options, name);
    if (g_strcmp0(got, value) != 0)
        fail_msg("%s: %s is %s, expected %s", text, name, got ? got : "not there", value ? value : "not there");
}

static void values_are_read_as_the_client_library_reads_them(void **state)
{
    (void)state;
    expect("[client]\nuser=me\n", "user", "me");
    expect("[client]\n  user  =  me  \n", "user", "me");
    expect("[ client ]\nuser=me", "user", "me");
    expect("# a\n;b\n\n[flowzone]\r\nuser=me\r\n", "user", "me");
    expect("[client]\nuser=a\n[flowzone]\nuser=b\n", "user", "b");
    expect("[flowzone]\nuser=b\n[client]\nuser=a\n", "user", "a");
    expect("[mysqld]\nuser=a\n[mysql]\nuser=b\n", "user", NULL);
    expect("[client-mariadb]\npassword=\"a # b\"\n", "password", "a # b");
    expect("[client]\npassword=a#b\n", "password", "a#b");
    expect("[client]\npassword=a=b\n", "password", "a=b");
    expect("[client]\npassword='it''s'\n", "password", "it''s");
    expect("[client]\npassword=a\\\\b\\sc\\q\n", "password", "a\\b c\\q");
    expect("[client]\npassword=\n", "password", "");
    expect("[client]\ncompress\n", "compress", "");
    expect("[client]\nssl_ca=/x\n", "ssl-ca", "/x");
    expect("[client]\ntls-ca=/x\n", "ssl-ca", "/x");
    expect("[client]\ntls_version=TLSv1.3\n", "tls-version", "TLSv1.3");
    expect("[client]\npassword=\"\n", "password", "");
    expect("[client]\npassword=\\\n", "password", "\\");
}

static void files_include_others(void **state)
{
    (void)state;
    g_free(put("other.cnf", "[client]\nuser=other\n"));
    expect("!include @/other.cnf\n", "user", "other");
    expect("[client]\nuser=me\n!include @/other.cnf\n", "user", "other");
    expect("[client]\n!include @/other.cnf\nuser=me\n", "user", "me");
    expect("!includedir @/nothing\n[client]\nuser=me\n", "user", "me");
    /* In the order of their names; files without an option file's suffix are ignored. */
    g_autofree char *below = g_build_filename(folder, "below", NULL);
    assert_int_equal(g_mkdir(below, 0700), 0);
    static const char *const files[][2] = {{"below/b.cnf", "b"}, {"below/a.cnf", "a"}, {"below/c.txt", "c"}};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = g_strdup_printf("[client]\nuser=%s\n", files[i][1]);
        g_free(put(files[i][0], text));
    }
    expect("!includedir @/below\n", "user", "b");
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i][0], NULL);
        g_remove(path);
    }
    assert_int_equal(g_rmdir(below), 0);
}

static void refuse(const char *text, const char *line)
{
    g_autofree char *path = put("a.cnf", text);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) options = fz_mysql_options_read(path, &error);
    if (options)
        fail_msg("%.40s: was taken", text);
    if (!strstr(error->message, line) || !g_str_has_prefix(error->message, folder) || strstr(error->message, "secret"))
        fail_msg("%.40s: expected \"%s\", came: %s", text, line, error->message);
}

static void what_has_no_end_or_no_sense_is_refused(void **state)
{
    (void)state;
    refuse("user=secret\n", "a.cnf:1: expected a section");
    refuse("[client\nuser=secret\n", "a.cnf:1: missing ']' after the section's name");
    refuse("!include @/a.cnf\n", "include too many others");
    refuse("!includedir @\n", "include too many others");
    refuse("!include @/none.cnf\n", "none.cnf: No such file");
    g_autofree char *line = g_strnfill(5000, 'x'), *all = g_strnfill(2 << 20, '\n');
    g_autofree char *text = g_strconcat("[client]\npassword=", line, NULL);
    refuse(text, "a.cnf:2: this line is too long");
    refuse(all, "File too large");
    g_autoptr(GError) error = NULL;
    assert_null(fz_mysql_options_read("/dev/zero", &error));
    assert_null(fz_mysql_options_read(folder, NULL));
}

static void without_a_file_the_usual_ones_are_read(void **state)
{
    (void)state;
    g_free(put(".my.cnf", "[client]\nuser=home\n"));
    g_free(put("my.cnf", "[client]\nport=1\n"));
    g_setenv("HOME", folder, TRUE);
    g_setenv("MYSQL_HOME", folder, TRUE);
    g_unsetenv("MARIADB_HOME");
    g_autoptr(GHashTable) options = fz_mysql_options_read(NULL, NULL);
    assert_non_null(options);
    assert_string_equal(g_hash_table_lookup(options, "user"), "home");
    assert_string_equal(g_hash_table_lookup(options, "port"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_as_the_client_library_reads_them),
        cmocka_unit_test(files_include_others),
        cmocka_unit_test(what_has_no_end_or_no_sense_is_refused),
        cmocka_unit_test(without_a_file_the_usual_ones_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
