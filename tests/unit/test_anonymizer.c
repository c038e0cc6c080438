/* Stand-ins: as another program computes them, of every spelling of an address, of a key that is the user's alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "anonymizer.h"

#include "addr.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* By Python's hmac and ipaddress, of the key 00 01 ... 1f. */
#define HOST_4 "ipv4-235d73fef038"      /* 10.0.0.1 */
#define HOST_6 "ipv6-e426f586c129"      /* 2001:db8::1 */
#define NET_4 "ipv4-edcd7cc4a199/24"    /* 10.0.0.0/24 */
#define NET_6 "ipv6-8dbac85822a8/32"    /* 2001:db8::/32 */
#define NET_HOST "ipv4-235d73fef038/32" /* 10.0.0.1/32 */
#define MAPPED "ipv6-e0d86f2e2b70"      /* ::ffff:10.0.0.1 */
#define CAPTURE "capture-68344a210fa1"  /* a.pcap */
#define SENSOR "sensor-35dd072bc980"    /* a.pcap */

static fz_anonymizer *new_of(guint8 first)
{
    guint8 key[FZ_ANONYMIZER_KEY_SIZE];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (guint8)(first + i);
    return fz_anonymizer_new(key);
}

static void assert_text(const fz_anonymizer *anonymizer, const char *text, const char *expected)
{
    g_autofree char *shown = fz_anonymizer_text(anonymizer, text);

    assert_string_equal(shown, expected);
}

static void addresses_are_replaced_wherever_they_stand(void **state)
{
    (void)state;
    g_autoptr(fz_anonymizer) anonymizer = new_of(0);
    static const char *const rows[][2] = {
        {"", ""},
        {"10.0.0.1", HOST_4},
        {"2001:db8::1", HOST_6},
        {"2001:DB8:0:0:0:0:0:1", HOST_6},
        {"2001:db8::0.0.0.1", HOST_6},
        {"::ffff:10.0.0.1", MAPPED},
        {"::FFFF:a00:1", MAPPED},
        {"10.0.0.0/24", NET_4},
        {"2001:db8::/32", NET_6},
        {"10.0.0.1/32", NET_HOST},
        {"10.0.0.1/33", HOST_4 "/33"},
        {"10.0.0.1/", HOST_4 "/"},
        {"10.0.0.1/0024", HOST_4 "/0024"},
        {"host 10.0.0.1, or 2001:db8::1.", "host " HOST_4 ", or " HOST_6 "."},
        {"10.0.0.1:443", HOST_4 ":443"},
        {"[2001:db8::1]:443", "[" HOST_6 "]:443"},
        {"10.0.0.1-10.0.0.1", HOST_4 "-" HOST_4},
        {"face10.0.0.1face", "face" HOST_4 "face"},
        {"net = 10.0.0.0/24 and not host 10.0.0.1", "net = " NET_4 " and not host " HOST_4},
        {"at 10:20:30, 1.5 GB, version 1.2.3, tcp/443", "at 10:20:30, 1.5 GB, version 1.2.3, tcp/443"},
        {"\xff\xfe 10.0.0.1 \xe2\x80\xae", "\xff\xfe " HOST_4 " \xe2\x80\xae"},
        {HOST_4 " " NET_6, HOST_4 " " NET_6},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_text(anonymizer, rows[i][0], rows[i][1]);
    assert_null(fz_anonymizer_text(anonymizer, NULL));
}

static void names_of_two_kinds_differ(void **state)
{
    (void)state;
    g_autoptr(fz_anonymizer) anonymizer = new_of(0), other = new_of(1);
    g_autofree char *capture = fz_anonymizer_name(anonymizer, "capture", "a.pcap");
    g_autofree char *sensor = fz_anonymizer_name(anonymizer, "sensor", "a.pcap");
    g_autofree char *none = fz_anonymizer_name(anonymizer, "sensor", "");
    g_autofree char *others = fz_anonymizer_name(other, "sensor", "a.pcap");

    assert_string_equal(capture, CAPTURE);
    assert_string_equal(sensor, SENSOR);
    assert_string_equal(none, "");
    assert_string_not_equal(others, SENSOR);
    assert_null(fz_anonymizer_name(anonymizer, "sensor", NULL));
}

/* A random address, of IPv4 half of the time; with zeros, which spellings shorten. */
static void append_random(GString *text, GRand *dice, fz_addr *addr)
{
    char printed[FZ_ADDR_TEXT_SIZE];

    *addr = (fz_addr){.family = g_rand_boolean(dice) ? FZ_IPV4 : FZ_IPV6};
    for (unsigned i = 0; i < fz_family_bits(addr->family) / 8; i++)
        addr->bytes[i] = g_rand_boolean(dice) ? (uint8_t)g_rand_int_range(dice, 0, 256) : 0;
    g_string_append(text, fz_addr_print(addr, printed));
}

static void no_address_is_left(void **state)
{
    (void)state;
    static const char *const between[] = {" ", ", ", " - ", "\n", " host ", "/24 ", "=", "(", "\"", "%eth0 ", " \xff"};
    g_autoptr(fz_anonymizer) anonymizer = new_of(7);

    for (guint32 seed = 1; seed <= 30; seed++) {
        g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GPtrArray) stand_ins = g_ptr_array_new_with_free_func(g_free);
        for (int i = 0; i < 200; i++) {
            fz_addr addr;
            g_autoptr(GString) one = g_string_new(NULL);
            append_random(one, dice, &addr);
            g_string_append(text, one->str);
            const char *then = between[g_rand_int_range(dice, 0, G_N_ELEMENTS(between))];
            if (*then == '/')
                g_string_append(one, "/24");
            g_string_append(text, then);
            g_ptr_array_add(stand_ins, fz_anonymizer_text(anonymizer, one->str));
        }
        g_autofree char *shown = fz_anonymizer_text(anonymizer, text->str);
        const char *at = shown;
        for (guint i = 0; i < stand_ins->len; i++) {
            const char *found = strstr(at, stand_ins->pdata[i]);
            if (!found || strpbrk(at, ":.") || found - at > 8)
                fail_msg("seed %u: address %u of \"%s\" is \"%s\"", seed, i, text->str, at);
            at = found + strlen(stand_ins->pdata[i]);
        }
    }
}

typedef struct place {
    char *folder, *path;
} place;

static int make_place(void **state)
{
    place *made = g_new0(place, 1);

    made->folder = g_dir_make_tmp("flowzone-XXXXXX", NULL);
    assert_non_null(made->folder);
    made->path = g_build_filename(made->folder, "data", "flowzone", "anonymize.key", NULL);
    *state = made;
    return 0;
}

static int clear_place(void **state)
{
    place *made = *state;
    g_autofree char *flowzone = g_path_get_dirname(made->path), *data = g_path_get_dirname(flowzone);

    g_remove(made->path);
    g_rmdir(flowzone);
    g_rmdir(data);
    assert_int_equal(g_rmdir(made->folder), 0); /* nothing else was left */
    g_free(made->folder);
    g_free(made->path);
    g_free(made);
    return 0;
}

static fz_anonymizer *open_it(const place *where)
{
    g_autoptr(GError) error = NULL;
    fz_anonymizer *anonymizer = fz_anonymizer_open(where->path, &error);

    assert_null(error);
    assert_non_null(anonymizer);
    return anonymizer;
}

static mode_t mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void a_key_is_made_once(void **state)
{
    const place *where = *state;
    g_autofree char *folder = g_path_get_dirname(where->path), *digits = NULL;
    mode_t old = umask(0);

    g_autoptr(fz_anonymizer) first = open_it(where), again = open_it(where);
    umask(old);
    g_autofree char *one = fz_anonymizer_text(first, "10.0.0.1"), *two = fz_anonymizer_text(again, "10.0.0.1");
    assert_string_equal(one, two);
    assert_int_equal(mode_of(where->path), 0600);
    assert_int_equal(mode_of(folder), 0700);
    assert_true(g_file_get_contents(where->path, &digits, NULL, NULL));
    assert_int_equal(strlen(digits), 2 * FZ_ANONYMIZER_KEY_SIZE + 1);

    g_remove(where->path);
    g_autoptr(fz_anonymizer) other = open_it(where);
    g_autofree char *three = fz_anonymizer_text(other, "10.0.0.1");
    assert_string_not_equal(one, three);
}

static void the_digits_are_the_key(void **state)
{
    const place *where = *state;
    g_autoptr(GString) digits = g_string_new(NULL);
    fz_anonymizer_free(open_it(where));

    for (int i = 0; i < FZ_ANONYMIZER_KEY_SIZE; i++)
        g_string_append_printf(digits, i % 2 ? "%02X" : "%02x", i);
    assert_true(g_file_set_contents_full(where->path, digits->str, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
    g_autoptr(fz_anonymizer) read = open_it(where);
    assert_text(read, "10.0.0.1", HOST_4);
}

/* Eight processes make it at once, when the gate closes: all have the same key. */
static void make_at_once(const place *where)
{
    int gate[2], ends[2];
    char shown[18] = "", first[sizeof shown] = "";

    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 8; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(gate[1]);
            bool opened = read(gate[0], shown, 1) == 0;
            g_autoptr(fz_anonymizer) anonymizer = opened ? fz_anonymizer_open(where->path, NULL) : NULL;
            g_autofree char *text = anonymizer ? fz_anonymizer_text(anonymizer, "10.0.0.1") : g_strnfill(17, '-');
            _exit(write(ends[1], text, 17) != 17);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(read(ends[0], shown, 17), 17);
        if (i == 0)
            memcpy(first, shown, sizeof first);
        assert_true(g_str_has_prefix(shown, "ipv4-"));
        assert_string_equal(shown, first);
    }
    for (int i = 0; i < 8; i++)
        assert_true(wait(NULL) > 0);
    close(ends[0]);
    close(ends[1]);
}

static void processes_agree(void **state)
{
    const place *where = *state;

    for (int round = 0; round < 20; round++) {
        make_at_once(where);
        assert_int_equal(g_remove(where->path), 0);
    }
}

static void assert_refused(const place *where, const char *why)
{
    g_autoptr(GError) error = NULL;

    g_autoptr(fz_anonymizer) anonymizer = fz_anonymizer_open(where->path, &error);
    if (anonymizer)
        fail_msg("taken; expected \"%s\"", why);
    assert_true(g_str_has_prefix(error->message, where->path));
    if (!strstr(error->message, why))
        fail_msg("expected \"%s\" in \"%s\"", why, error->message);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    const place *where = *state;
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0666};
    fz_anonymizer_free(open_it(where));

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        assert_int_equal(chmod(where->path, modes[i]), 0);
        assert_refused(where, "chmod 600");
    }
    assert_int_equal(chmod(where->path, 0400), 0);
    fz_anonymizer_free(open_it(where));
}

static void another_users_key_is_refused(void **state)
{
    const place *where = *state;
    if (geteuid() != 0)
        skip();
    fz_anonymizer_free(open_it(where));

    assert_int_equal(chown(where->path, 65534, 65534), 0);
    assert_refused(where, "expected a file that is yours");
}

static void what_is_no_key_is_refused(void **state)
{
    const place *where = *state;
    g_autofree char *short_one = g_strnfill(63, 'a'), *long_one = g_strnfill(66, 'a'), *odd = g_strnfill(64, 'g');
    const char *const texts[] = {"", "\n", short_one, long_one, odd};
    fz_anonymizer_free(open_it(where));

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_true(g_file_set_contents_full(where->path, texts[i], -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
        assert_refused(where, "expected 64 hexadecimal digits");
    }
}

static void links_pipes_and_folders_are_refused(void **state)
{
    const place *where = *state;
    fz_anonymizer_free(open_it(where));

    g_remove(where->path);
    assert_int_equal(symlink("/dev/zero", where->path), 0);
    assert_refused(where, "cannot be read");
    g_remove(where->path);
    assert_int_equal(mkfifo(where->path, 0600), 0);
    assert_refused(where, "expected a file that is yours");
    g_remove(where->path);
    assert_int_equal(g_mkdir(where->path, 0700), 0);
    assert_refused(where, "expected a file that is yours");
}

static void where_it_is(void **state)
{
    (void)state;
    g_autofree char *path = fz_anonymizer_key_path();

    assert_true(g_str_has_prefix(path, g_get_user_data_dir()));
    assert_true(g_str_has_suffix(path, "/flowzone/anonymize.key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_replaced_wherever_they_stand),
        cmocka_unit_test(names_of_two_kinds_differ),
        cmocka_unit_test(no_address_is_left),
        cmocka_unit_test_setup_teardown(a_key_is_made_once, make_place, clear_place),
        cmocka_unit_test_setup_teardown(the_digits_are_the_key, make_place, clear_place),
        cmocka_unit_test_setup_teardown(processes_agree, make_place, clear_place),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(another_users_key_is_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(links_pipes_and_folders_are_refused, make_place, clear_place),
        cmocka_unit_test(where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
