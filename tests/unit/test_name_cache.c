/* Names that are kept: how long, for whom, and what is believed of their file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_cache.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW_S = 1795752893, DAY_S = 86400 };

#define SERVERS "192.0.2.53:53"
#define HEAD "flowzone names 1 " SERVERS "\n"

static fz_name_entry entry_of(const char *addr, const char *name, int64_t asked_s, int64_t expires_s)
{
    fz_name_entry entry = {.status = *name ? FZ_NAME_KNOWN : FZ_NAME_NONE, .asked_s = asked_s, .expires_s = expires_s};
    assert_true(fz_addr_parse(addr, &entry.addr));
    g_strlcpy(entry.name, name, sizeof entry.name);
    return entry;
}

static void put(fz_name_cache *cache, const char *addr, const char *name, int64_t expires_s)
{
    const fz_name_entry entry = entry_of(addr, name, NOW_S, expires_s);
    fz_name_cache_put(cache, &entry);
}

/* The name that is kept; "-": that there is none; "": nothing. */
static const char *find(const fz_name_cache *cache, const char *text, int64_t now_s)
{
    fz_addr addr;
    assert_true(fz_addr_parse(text, &addr));
    const fz_name_entry *entry = fz_name_cache_find(cache, &addr, now_s);
    return !entry ? "" : entry->status == FZ_NAME_KNOWN ? entry->name : "-";
}

static void names_are_kept_until_they_expire(void **state)
{
    (void)state;
    g_autoptr(fz_name_cache) cache = fz_name_cache_new();
    put(cache, "192.0.2.1", "a.example", NOW_S + 10);
    put(cache, "2001:db8::1", "", NOW_S + 10);
    assert_string_equal(find(cache, "192.0.2.1", NOW_S + 9), "a.example");
    assert_string_equal(find(cache, "192.0.2.1", NOW_S + 10), "");
    assert_string_equal(find(cache, "2001:db8::1", NOW_S + 9), "-");
    assert_string_equal(find(cache, "192.0.2.2", NOW_S), "");
    put(cache, "192.0.2.1", "b.example", NOW_S + 20);
    assert_string_equal(find(cache, "192.0.2.1", NOW_S + 10), "b.example");
}

static void a_full_cache_has_room(void **state)
{
    (void)state;
    g_autoptr(fz_name_cache) cache = fz_name_cache_new();
    fz_name_entry entry = entry_of("10.0.0.0", "a.example", NOW_S, NOW_S + 10);
    for (unsigned i = 0; i < 3 * FZ_NAME_CACHE_MAX; i++) {
        entry.addr.bytes[1] = (uint8_t)(i >> 16);
        entry.addr.bytes[2] = (uint8_t)(i >> 8);
        entry.addr.bytes[3] = (uint8_t)i;
        fz_name_cache_put(cache, &entry);
        assert_non_null(fz_name_cache_find(cache, &entry.addr, NOW_S));
    }
    g_autofree char *text = fz_name_cache_print(cache, SERVERS, NOW_S);
    assert_true(strlen(text) < FZ_NAME_CACHE_FILE_MAX);
}

static void a_file_has_what_it_was_given(void **state)
{
    (void)state;
    g_autoptr(fz_name_cache) cache = fz_name_cache_new(), again = fz_name_cache_new(), others = fz_name_cache_new();
    put(cache, "192.0.2.9", "z.example", NOW_S + DAY_S);
    put(cache, "192.0.2.1", "a.example", NOW_S + DAY_S);
    put(cache, "2001:db8::1", "", NOW_S + DAY_S);
    put(cache, "192.0.2.2", "late.example", NOW_S);
    fz_name_entry failed = entry_of("192.0.2.3", "", NOW_S, NOW_S + 300);
    failed.status = FZ_NAME_FAILED;
    fz_name_cache_put(cache, &failed);
    g_autofree char *text = fz_name_cache_print(cache, SERVERS, NOW_S);
    assert_string_equal(text, HEAD "192.0.2.1 1795752893 1795839293 a.example\n"
                                   "192.0.2.9 1795752893 1795839293 z.example\n"
                                   "2001:db8::1 1795752893 1795839293\n");
    assert_true(fz_name_cache_parse(again, text, strlen(text), SERVERS, NOW_S, NULL));
    g_autofree char *same = fz_name_cache_print(again, SERVERS, NOW_S);
    assert_string_equal(same, text);
    assert_true(fz_name_cache_parse(others, text, strlen(text), "192.0.2.54:53", NOW_S, NULL));
    assert_string_equal(find(others, "192.0.2.1", NOW_S), "");
}

static void lines_of_other_times_are_left_out(void **state)
{
    static const char *const lines[] = {
        "192.0.2.1 1795752893 1795752893 a.example\n", /* expired */
        "192.0.2.1 1795753194 1795839293 a.example\n", /* asked in five minutes */
        "192.0.2.1 1795752893 1796357694 a.example\n", /* for a week and a second */
        "192.0.2.1 1795752893 1795839294\n",           /* none, for a day and a second */
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(fz_name_cache) cache = fz_name_cache_new();
        g_autofree char *text = g_strconcat(HEAD, lines[i], NULL);
        assert_true(fz_name_cache_parse(cache, text, strlen(text), SERVERS, NOW_S, NULL));
        assert_string_equal(find(cache, "192.0.2.1", NOW_S), "");
    }
}

static void what_a_stranger_says_is_judged(void **state)
{
    (void)state;
    const fz_name_entry good = entry_of("192.0.2.1", "a.example", NOW_S, NOW_S + 7 * DAY_S);
    fz_name_entry bad[] = {good, good, good, good, good, good, good, good, good, good};
    const fz_name_entry none = entry_of("2001:db8::1", "", NOW_S - DAY_S + 1, NOW_S + 1);
    g_strlcpy(bad[0].name, "A.example", sizeof bad[0].name);
    g_strlcpy(bad[1].name, "\033[2J.example", sizeof bad[1].name);
    memset(bad[2].name, 'a', sizeof bad[2].name); /* it has no end */
    bad[3].name[0] = '\0';
    bad[4].status = FZ_NAME_NONE;
    bad[5].status = FZ_NAME_FAILED;
    bad[6].addr.bytes[15] = 1;
    bad[7].asked_s = G_MININT64;
    bad[8].asked_s = G_MAXINT64;
    bad[9].expires_s = G_MAXINT64;
    assert_true(fz_name_entry_is_sound(&good, NOW_S));
    assert_true(fz_name_entry_is_sound(&none, NOW_S));
    assert_false(fz_name_entry_is_sound(&none, NOW_S + 1));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(fz_name_entry_is_sound(&bad[i], NOW_S));
}

static void a_bad_line_spoils_the_file(void **state)
{
    static const char *const texts[] = {
        "x",
        "\n",
        "flowzone names 2 " SERVERS "\n",
        HEAD "192.0.2.2",
        HEAD "\n\n",
        HEAD "192.0.2.2\n",
        HEAD "192.0.2.2 1795752893\n",
        HEAD "192.0.2.2 1795752893 1795752999 a b\n",
        HEAD "192.0.2.2 1795752893 1795752999 A.example\n",
        HEAD "192.0.2.2 1795752893 1795752999 a.example.\n",
        HEAD "192.0.2.2 1795752893 1795752999 192.0.2.9\n",
        HEAD "192.0.2.2 1795752893 1795752999 \033[2J\n",
        HEAD "192.0.2.2 1795752893 1795752999 <script>\n",
        HEAD "192.0.2.2 -1 1795752999 a.example\n",
        HEAD "192.0.2.2 1795752893 99999999999999999999 a.example\n",
        HEAD "192.0.2.2 1 1795752999 \n",
        HEAD "192.0.2.2  1795752893 1795752999 a.example\n",
        HEAD "host 1795752893 1795752999 a.example\n",
        HEAD "192.0.2.2 1795752893 1795752999 b\303\274cher.de\n",
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(fz_name_cache) cache = fz_name_cache_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
            g_str_has_prefix(texts[i], HEAD)
                ? g_strconcat(HEAD "192.0.2.1 1795752893 1795752999 a.example\n", texts[i] + strlen(HEAD), NULL)
                : g_strdup(texts[i]);
        if (fz_name_cache_parse(cache, text, strlen(text), SERVERS, NOW_S, &error))
            fail_msg("text %zu was taken", i);
        assert_true(g_str_has_prefix(error->message, "line "));
        assert_string_equal(find(cache, "192.0.2.1", NOW_S), "");
    }
    g_autoptr(fz_name_cache) cache = fz_name_cache_new();
    assert_false(fz_name_cache_parse(cache, HEAD "a\0b\n", strlen(HEAD) + 4, SERVERS, NOW_S, NULL));
}

static void more_lines_than_are_written_are_too_many(void **state)
{
    g_autoptr(fz_name_cache) cache = fz_name_cache_new();
    GString *text = g_string_new(HEAD);
    (void)state;
    for (unsigned i = 0; i <= FZ_NAME_CACHE_MAX; i++)
        g_string_append_printf(text, "10.0.%u.%u 1795752893 1795752999 a.example\n", i / 256, i % 256);
    assert_false(fz_name_cache_parse(cache, text->str, text->len, SERVERS, NOW_S, NULL));
    g_string_free(text, TRUE);
}

/* A folder of the test's own; the caller removes it and frees. */
static char *make_folder(void)
{
    char *folder = g_strdup("/tmp/names.XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void a_file_is_the_user_s_alone(void **state)
{
    struct stat about;
    (void)state;
    g_autofree char *folder = make_folder(), *below = g_build_filename(folder, "cache", "flowzone", NULL);
    g_autofree char *path = g_build_filename(below, "names", NULL);
    g_autoptr(fz_name_cache) cache = fz_name_cache_new(), again = fz_name_cache_new();
    umask(0);
    assert_true(fz_name_cache_read(cache, path, SERVERS, NOW_S, NULL)); /* there is none yet */
    put(cache, "192.0.2.1", "a.example", NOW_S + DAY_S);
    assert_true(fz_name_cache_write(cache, path, SERVERS, NOW_S, NULL));
    assert_true(stat(path, &about) == 0 && (about.st_mode & 07777) == 0600);
    assert_true(stat(below, &about) == 0 && (about.st_mode & 07777) == 0700);
    assert_true(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL));
    assert_string_equal(find(again, "192.0.2.1", NOW_S), "a.example");
    assert_int_equal(chmod(path, 0620), 0);
    assert_false(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL)); /* another may have written it */
    if (geteuid() == 0) {
        assert_int_equal(chmod(path, 0600) | chown(path, 65534, 65534), 0);
        assert_false(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL));
    }
    assert_int_equal(unlink(path) | symlink("/etc/passwd", path), 0);
    assert_false(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL));
    assert_true(fz_name_cache_write(cache, path, SERVERS, NOW_S, NULL)); /* in the place of the link */
    assert_true(lstat(path, &about) == 0 && S_ISREG(about.st_mode));
    assert_int_equal(truncate(path, FZ_NAME_CACHE_FILE_MAX + 1), 0);
    assert_false(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL));
    assert_int_equal(unlink(path) | g_mkdir(path, 0700), 0);
    assert_false(fz_name_cache_read(again, path, SERVERS, NOW_S, NULL));
    assert_false(fz_name_cache_write(cache, path, SERVERS, NOW_S, NULL));
    g_autofree char *parent = g_path_get_dirname(below);
    assert_int_equal(rmdir(path) | rmdir(below) | rmdir(parent) | rmdir(folder), 0);
}

static void the_folder_is_the_user_s_cache(void **state)
{
    (void)state;
    g_autofree char *path = fz_name_cache_path();
    assert_true(g_str_has_prefix(path, g_get_user_cache_dir()));
    assert_true(g_str_has_suffix(path, "/flowzone/names"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_kept_until_they_expire), cmocka_unit_test(a_full_cache_has_room),
        cmocka_unit_test(a_file_has_what_it_was_given),     cmocka_unit_test(lines_of_other_times_are_left_out),
        cmocka_unit_test(a_bad_line_spoils_the_file),       cmocka_unit_test(more_lines_than_are_written_are_too_many),
        cmocka_unit_test(a_file_is_the_user_s_alone),       cmocka_unit_test(the_folder_is_the_user_s_cache),
        cmocka_unit_test(what_a_stranger_says_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
