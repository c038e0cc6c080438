/* Calls that take too long are ended, and no others.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_watch.h"

#include "stretched.h"

#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int ends[2], others[2];

static int make_sockets(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, others);
}

static int close_sockets(void **state)
{
    (void)state;
    return close(ends[0]) || close(ends[1]) || close(others[0]) || close(others[1]);
}

static void a_socket_that_is_waited_for_too_long_is_shut_down(void **state)
{
    (void)state;
    char byte;
    gint64 begin_us = g_get_monotonic_time();
    fz_mysql_watch_begin(ends[0], 1);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    assert_true(fz_mysql_watch_end());
    gint64 took_us = g_get_monotonic_time() - begin_us;
    assert_true(took_us >= 900000 && took_us <= stretched_us(30));
    assert_int_equal(write(others[0], "x", 1), 1);
    assert_int_equal(read(others[1], &byte, 1), 1);
}

static void what_is_in_time_stays(void **state)
{
    (void)state;
    char byte;
    fz_mysql_watch_begin(ends[0], 1);
    assert_false(fz_mysql_watch_end());
    g_usleep(1200000);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
}

static void sockets_from_before_are_not_those_of_a_new_connection(void **state)
{
    (void)state;
    char byte;
    int new[2];
    fz_mysql_watch_begin(-1, 1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, new), 0);
    assert_int_equal(read(new[0], &byte, 1), 0);
    assert_true(fz_mysql_watch_end());
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(new[0]);
    close(new[1]);
}

/* A drip, and bytes without end: neither wait of the reader ever takes long. */
static void bytes_that_come_do_not_help(void **state)
{
    (void)state;
    char byte;
    gint64 begin_us = g_get_monotonic_time(), took_us = 0;
    fz_mysql_watch_begin(ends[0], 1);
    while (write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1 && took_us <= stretched_us(30)) {
        g_usleep(10000);
        took_us = g_get_monotonic_time() - begin_us;
    }
    assert_true(fz_mysql_watch_end());
    assert_true(took_us >= 900000 && took_us <= stretched_us(30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_socket_that_is_waited_for_too_long_is_shut_down, make_sockets, close_sockets),
        cmocka_unit_test_setup_teardown(what_is_in_time_stays, make_sockets, close_sockets),
        cmocka_unit_test_setup_teardown(sockets_from_before_are_not_those_of_a_new_connection, make_sockets,
                                        close_sockets),
        cmocka_unit_test_setup_teardown(bytes_that_come_do_not_help, make_sockets, close_sockets),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
