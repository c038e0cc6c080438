/* Name servers: how they are written, where they are found, and what they may be told.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void lists_are_read_and_printed(void **state)
{
    static const char *const lists[][2] = {
        {"192.0.2.53", "192.0.2.53:53"},
        {"192.0.2.53:5353", "192.0.2.53:5353"},
        {"2001:db8::53", "[2001:db8::53]:53"},
        {"::1", "[::1]:53"},
        {"[2001:db8::53]", "[2001:db8::53]:53"},
        {"[2001:db8::53]:65535,192.0.2.1", "[2001:db8::53]:65535,192.0.2.1:53"},
        {"1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8",
         "1.1.1.1:53,1.1.1.2:53,1.1.1.3:53,1.1.1.4:53,1.1.1.5:53,1.1.1.6:53,1.1.1.7:53,1.1.1.8:53"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        fz_name_servers servers, again;
        assert_true(fz_name_servers_parse(lists[i][0], &servers, NULL));
        g_autofree char *text = fz_name_servers_print(&servers);
        assert_string_equal(text, lists[i][1]);
        assert_true(fz_name_servers_parse(text, &again, NULL));
        assert_int_equal(again.count, servers.count);
    }
}

static void what_is_no_server_is_refused_in_a_line(void **state)
{
    static const char *const lists[] = {
        "",
        "ns.example",
        "192.0.2.53:",
        "192.0.2.53:0",
        "192.0.2.53:65536",
        "192.0.2.53:x",
        ",",
        "192.0.2.53,",
        "192.0.2.53:+1",
        "[192.0.2.53]:53",
        "[2001:db8::1",
        "[2001:db8::1]53",
        "[]",
        "fe80::1%eth0",
        " 192.0.2.53",
        "192.0.2.53 ",
        "192.0.2.0/24",
        "2001:db8::1:",
        "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9",
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;
        fz_name_servers servers;
        if (fz_name_servers_parse(lists[i], &servers, &error))
            fail_msg("\"%s\" was taken", lists[i]);
        assert_non_null(strstr(error->message, "expected "));
    }
}

/* The servers of a resolv.conf, printed; or the error. The caller frees. */
static char *read_conf(const char *text)
{
    g_autoptr(GError) error = NULL;
    char path[] = "/tmp/resolv.XXXXXX";
    fz_name_servers servers;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    bool done = fz_name_servers_read(path, &servers, &error);
    unlink(path);
    return done ? fz_name_servers_print(&servers) : g_strdup(error->message);
}

static void the_system_s_servers_are_those_of_resolv_conf(void **state)
{
    static const char *const confs[][2] = {
        {"# made by hand\nsearch example.com\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # the other\n"
         "nameserver 192.0.2.2;no\noptions edns0\n",
         "192.0.2.1:53,[2001:db8::1]:53,192.0.2.2:53"},
        {"nameserver fe80::1%eth0\nnameserver 192.0.2.1", "192.0.2.1:53"},
        {"search example.com\n", "127.0.0.1:53"},
        {"", "127.0.0.1:53"},
        {"nameservers 192.0.2.1\n#nameserver 192.0.2.2\n", "127.0.0.1:53"},
        {"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\nnameserver 1.1.1.5\n"
         "nameserver 1.1.1.6\nnameserver 1.1.1.7\nnameserver 1.1.1.8\nnameserver 1.1.1.9\n",
         "1.1.1.1:53,1.1.1.2:53,1.1.1.3:53,1.1.1.4:53,1.1.1.5:53,1.1.1.6:53,1.1.1.7:53,1.1.1.8:53"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(confs); i++) {
        g_autofree char *got = read_conf(confs[i][0]);
        assert_string_equal(got, confs[i][1]);
    }
    g_autofree char *refused = read_conf("nameserver fe80::1%eth0\n");
    assert_non_null(strstr(refused, "names no server that can be used; name one with --dns-server"));
    fz_name_servers servers;
    assert_true(fz_name_servers_read("/nonexistent/resolv.conf", &servers, NULL));
    assert_int_equal(servers.count, 1);
    assert_false(fz_name_servers_read("/", &servers, NULL));
}

static void private_servers_may_be_asked_for_private_addresses(void **state)
{
    static const struct {
        const char *list;
        bool private;
    } lists[] = {
        {"10.0.0.53", true},
        {"192.168.1.1,172.16.0.1:5353,fd00::53", true},
        {"10.0.0.53,8.8.8.8", false},
        {"8.8.8.8", false},
        {"2001:4860:4860::8888", false},
        {"127.0.0.53", false},
        {"[::1]:53", false},
        {"100.64.0.1", false},
        {"172.32.0.1", false},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        fz_name_servers servers;
        assert_true(fz_name_servers_parse(lists[i].list, &servers, NULL));
        if (fz_name_servers_are_private(&servers) != lists[i].private)
            fail_msg("%s", lists[i].list);
    }
    assert_false(fz_name_servers_are_private(&(fz_name_servers){.count = 0}));
}

static void outsiders_know_public_addresses_only(void **state)
{
    static const char *const outside[] = {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "2a00::1"};
    static const char *const inside[] = {
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.1.1",
        "127.0.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "224.0.0.251",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "fc00::1",
        "2001:db8::1",
        "ff02::fb",
        "fec0::1",
        "::ffff:8.8.8.8",
    };
    fz_addr addr;
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++)
        if (!fz_addr_parse(outside[i], &addr) || !fz_addr_is_public(&addr))
            fail_msg("%s is public", outside[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(inside); i++)
        if (!fz_addr_parse(inside[i], &addr) || fz_addr_is_public(&addr))
            fail_msg("%s is not public", inside[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_and_printed),
        cmocka_unit_test(what_is_no_server_is_refused_in_a_line),
        cmocka_unit_test(the_system_s_servers_are_those_of_resolv_conf),
        cmocka_unit_test(private_servers_may_be_asked_for_private_addresses),
        cmocka_unit_test(outsiders_know_public_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
