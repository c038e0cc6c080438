/* The address parser of the mysql store. SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_uri.h"
#include "store.h"

#include "bad_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static fz_mysql_uri parsed(const char *address)
{
    fz_mysql_uri uri;
    GError *error = NULL;
    if (!fz_mysql_uri_parse(address, &uri, &error))
        fail_msg("%s: %s", address, error->message);
    assert_null(error);
    return uri;
}

/* The message of the refusal; the caller frees. */
static char *refusal(const char *address)
{
    fz_mysql_uri uri;
    GError *error = NULL;
    if (fz_mysql_uri_parse(address, &uri, &error))
        fail_msg("accepted: %s", address);
    assert_true(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI));
    assert_null(uri.host);
    assert_null(strpbrk(error->message, "\r\n"));
    char *message = g_strdup(error->message);
    g_error_free(error);
    return message;
}

static void assert_refused(const char *address, const char *part)
{
    g_autofree char *message = refusal(address);
    if (!strstr(message, part))
        fail_msg("%s: \"%s\" has no \"%s\"", address, message, part);
}

static void every_part_is_read_and_decoded(void **state)
{
    (void)state;
    fz_mysql_uri uri =
        parsed("mysql://jo%40home@db.example.org:3307/my%20zones?option-file=/etc/my%26.cnf&ssl-ca=/ca.pem");
    assert_string_equal(uri.user, "jo@home");
    assert_string_equal(uri.host, "db.example.org");
    assert_int_equal(uri.port, 3307);
    assert_string_equal(uri.database, "my zones");
    assert_string_equal(uri.option_file, "/etc/my&.cnf");
    assert_string_equal(uri.ssl_ca, "/ca.pem");
    assert_null(uri.socket);
    assert_int_equal(uri.tls, FZ_MYSQL_TLS_VERIFY);
    assert_int_equal(uri.bulk, FZ_MYSQL_BULK_AUTO);
    assert_false(uri.unix_socket);
    fz_mysql_uri_clear(&uri);
}

static void no_host_is_the_socket_of_this_machine(void **state)
{
    static const char *const addresses[] = {"mysql:///d", "mysql://localhost/d", "MySQL://LocalHost/d",
                                            "mysql://@localhost/d"};
    (void)state;
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(addresses); i++) {
        fz_mysql_uri uri = parsed(addresses[i]);
        assert_true(uri.unix_socket);
        assert_string_equal(uri.host, "localhost");
        assert_null(uri.user);
        assert_int_equal(uri.tls, FZ_MYSQL_TLS_OFF);
        fz_mysql_uri_clear(&uri);
    }
    assert_refused(addresses[3], "user");
    fz_mysql_uri uri = parsed("mysql:///d?socket=/run/x.sock&tls=verify");
    assert_string_equal(uri.socket, "/run/x.sock");
    assert_int_equal(uri.tls, FZ_MYSQL_TLS_VERIFY);
    fz_mysql_uri_clear(&uri);
}

static void tls_is_verified_unless_the_host_is_this_machine(void **state)
{
    static const struct {
        const char *host;
        fz_mysql_tls tls;
    } hosts[] = {
        {"localhost:3306", FZ_MYSQL_TLS_OFF}, {"127.0.0.1", FZ_MYSQL_TLS_OFF},
        {"127.9.8.7:1", FZ_MYSQL_TLS_OFF},    {"[::1]", FZ_MYSQL_TLS_OFF},
        {"[::1]:3306", FZ_MYSQL_TLS_OFF},     {"[::ffff:127.0.0.1]", FZ_MYSQL_TLS_OFF},
        {"128.0.0.1", FZ_MYSQL_TLS_VERIFY},   {"[::2]", FZ_MYSQL_TLS_VERIFY},
        {"localhost.", FZ_MYSQL_TLS_VERIFY},  {"localhost.evil.example", FZ_MYSQL_TLS_VERIFY},
        {"0.0.0.0", FZ_MYSQL_TLS_VERIFY},     {"127.1", FZ_MYSQL_TLS_VERIFY},
        {"db", FZ_MYSQL_TLS_VERIFY},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *address = g_strdup_printf("mysql://%s/d", hosts[i].host);
        fz_mysql_uri uri = parsed(address);
        if (uri.tls != hosts[i].tls)
            fail_msg("%s: tls=%s", address, fz_mysql_tls_names[uri.tls]);
        assert_false(uri.unix_socket);
        fz_mysql_uri_clear(&uri);
    }
}

static void tls_and_bulk_take_their_names(void **state)
{
    (void)state;
    for (int tls = 0; tls < 3; tls++)
        for (int bulk = 0; bulk < 4; bulk++) {
            g_autofree char *address =
                g_strdup_printf("mysql://db/d?tls=%s&bulk=%s", fz_mysql_tls_names[tls], fz_mysql_bulk_names[bulk]);
            fz_mysql_uri uri = parsed(address);
            assert_int_equal(uri.tls, tls);
            assert_int_equal(uri.bulk, bulk);
            fz_mysql_uri_clear(&uri);
        }
    assert_refused("mysql://db/d?tls=yes", "tls= must be one of");
    assert_refused("mysql://db/d?bulk=", "bulk= needs a value");
    assert_refused("mysql://db/d?bulk=fast", "bulk= must be one of");
}

static void faults_have_names(void **state)
{
    static const struct {
        const char *address, *part;
    } faults[] = {
        {"mysql:", "expected mysql://"},
        {"sqlite:x", "expected mysql://"},
        {"", "expected mysql://"},
        {"mysql://", "database"},
        {"mysql://host", "database"},
        {"mysql://host/", "database"},
        {"mysql://host/a/b", "database"},
        {"mysql://host/a%2Fb", "database"},
        {"mysql://host/%00", "not a valid address"},
        {"mysql://host/%zz", "not a valid address"},
        {"mysql://host/%0a", "database"},
        {"mysql://host/%ff", "not a valid address"},
        {"mysql://host:0/d", "port"},
        {"mysql://host:65536/d", "not a valid address"},
        {"mysql://host:x/d", "not a valid address"},
        {"mysql://host:-1/d", "not a valid address"},
        {"mysql://[::1/d", "not a valid address"},
        {"mysql://a,b/d", "host"},
        {"mysql://%2Frun%2Fsock/d", "host"},
        {"mysql://h/d#x", "'#'"},
        {"mysql://h/d?", NULL},
        {"mysql://h/d?x=1", "unknown option"},
        {"mysql://h/d?socket", "after '?'"},
        {"mysql://h/d?tls=off&tls=off", "tls= is given twice"},
        {"mysql://h/d?option-file=%00", "after '?'"},
        {"mysql://h/d?option-file=%0A", "option-file= needs"},
        {"mysql://h/d?socket=/x", "socket= needs the host"},
        {"mysql://localhost:3306/d?socket=/x", "socket= needs the host"},
        {"mysql://h/d?password=x", "password"},
        {"mysql://u:p@h/d", "password"},
        {"mysql://u:@h/d", "password"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        if (faults[i].part) {
            assert_refused(faults[i].address, faults[i].part);
        } else {
            fz_mysql_uri uri = parsed(faults[i].address);
            fz_mysql_uri_clear(&uri);
        }
    }
}

/* Errors never repeat a password in the address, even if its characters are not encoded. */
static void no_refusal_tells_a_password(void **state)
{
    static const char *const shapes[] = {
        "mysql://u:%s@h/d",         "mysql://u:%s@h:1/d",
        "mysql://:%s@h/d",          "mysql://h/d?password=%s",
        "mysql://h/d?%s",           "mysql://u@h/d?pass=%s",
        "mysql://u:%s@h",           "mysql://u:%s",
        "mysql://u:%s@[::1/d?tls=", "mysql://h/d?Password=%s",
        "mysql://u:x%%zz%s@h/d",    "mysql://u:%s@h/d?tls=off&tls=off",
        "mysql://u:%s@h:x/d",       "mysql:%s",
        "mysql://u:1/%s@h/d",
    };
    static const char *const marks[] = {"", "@", "/", "?", "#", "%", ":", "&", "=", "[", "@@", "%zz", "/@"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(marks); j++) {
            g_autofree char *password = g_strdup_printf("Hush1%sHush2", marks[j]);
            g_autoptr(GString) address = g_string_new(shapes[i]);
            g_string_replace(address, "%s", password, 0);
            g_autofree char *message = refusal(address->str);
            if (strstr(message, "Hush"))
                fail_msg("%s: %s", address->str, message);
        }
}

static void random_bytes_are_refused_or_read_never_worse(void **state)
{
    static const char letters[] = "mysql://@:/?#[]%&=,;.ab01\x01\xc3\xa9 -";
    uint32_t seed = g_random_int();
    GRand *random = g_rand_new_with_seed(seed);
    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        char address[64] = "mysql://";
        int size = g_rand_int_range(random, 8, sizeof address);
        for (int i = g_rand_boolean(random) ? 8 : 0; i < size - 1; i++)
            address[i] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
        fz_mysql_uri uri;
        GError *error = NULL;
        if (fz_mysql_uri_parse(address, &uri, &error)) {
            assert_true(uri.host && *uri.host && uri.database && *uri.database && uri.port <= 65535);
            fz_mysql_uri_clear(&uri);
        } else {
            assert_true(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI));
            g_error_free(error);
        }
    }
    g_rand_free(random);
}

/* As far as an address is read before anything is opened. */
static char *judge_address(const char *bytes, size_t size)
{
    g_autoptr(GError) error = NULL;
    fz_mysql_uri uri;
    (void)size;
    const fz_store_ops *store = fz_store_find(bytes, &error);
    if (store == &fz_store_sqlite && fz_store_sqlite_path(bytes, &error))
        return NULL;
    if (store == &fz_store_mysql && fz_mysql_uri_parse(bytes, &uri, &error)) {
        fz_mysql_uri_clear(&uri);
        return NULL;
    }
    if (strstr(error->message, "Hush"))
        fail_msg("%s tells a password: %s", bytes, error->message);
    return g_strdup(error->message);
}

static void every_bad_address_is_told_as_expected(void **state)
{
    (void)state;
    replay_bad_files("uris", ".uri", 35, judge_address);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_read_and_decoded),
        cmocka_unit_test(no_host_is_the_socket_of_this_machine),
        cmocka_unit_test(tls_is_verified_unless_the_host_is_this_machine),
        cmocka_unit_test(tls_and_bulk_take_their_names),
        cmocka_unit_test(faults_have_names),
        cmocka_unit_test(no_refusal_tells_a_password),
        cmocka_unit_test(random_bytes_are_refused_or_read_never_worse),
        cmocka_unit_test(every_bad_address_is_told_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
