/* A child that works for us: orders, descriptors, answers and ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper.h"

#include <fcntl.h>
#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs in the child: answers with what it reads from each descriptor that it gets. */
static void G_GNUC_NORETURN read_for_us(const fz_helper *helper)
{
    char order[4];
    int fds[FZ_HELPER_FDS];

    while (fz_helper_take_order(helper, order, sizeof order, fds)) {
        char answer[FZ_HELPER_FDS];

        memset(answer, '-', sizeof answer);
        for (size_t i = 0; i < FZ_HELPER_FDS; i++) {
            if (fds[i] >= 0 && pread(fds[i], &answer[i], 1, 0) != 1)
                _exit(2);
            if (fds[i] >= 0)
                close(fds[i]);
        }
        if (memcmp(order, "die", sizeof order) == 0)
            raise(SIGKILL);
        if (!fz_helper_answer(helper, answer, sizeof answer))
            _exit(3);
    }
    _exit(0);
}

static fz_helper start(void)
{
    fz_helper helper = {.channel = -1};

    assert_true(fz_helper_start(&helper, true));
    if (helper.pid == 0)
        read_for_us(&helper);
    return helper;
}

static int file_of(const char *text)
{
    int fd = memfd_create("text", MFD_CLOEXEC);

    assert_return_code(fd, 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void descriptors_go_along_with_orders(void **state)
{
    const int fds[] = {file_of("a"), file_of("b")};
    static const char *const answers[] = {"--", "a-", "ab"};
    fz_helper helper = start();
    (void)state;

    for (size_t count = 0; count <= FZ_HELPER_FDS; count++) {
        char answer[2];

        assert_true(fz_helper_order(&helper, "get", 4, fds, count));
        assert_true(fz_helper_take_answer(&helper, answer, sizeof answer));
        assert_memory_equal(answer, answers[count], sizeof answer);
        assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC); /* ours still */
    }
    assert_null(fz_helper_stop(&helper));
    assert_int_equal(helper.pid, 0);
    assert_int_equal(helper.channel, -1);
    close(fds[0]);
    close(fds[1]);
}

static void an_answer_of_another_size_is_none(void **state)
{
    char answer[3];
    fz_helper helper = start();
    (void)state;

    assert_true(fz_helper_order(&helper, "get", 4, NULL, 0));
    assert_false(fz_helper_take_answer(&helper, answer, sizeof answer));
    assert_null(fz_helper_stop(&helper));
}

static void a_death_is_told(void **state)
{
    char answer[2];
    fz_helper helper = start();
    (void)state;

    assert_true(fz_helper_order(&helper, "die", 4, NULL, 0));
    assert_false(fz_helper_take_answer(&helper, answer, sizeof answer));
    g_autofree char *end = fz_helper_stop(&helper);
    assert_string_equal(end, "was killed by signal 9 (Killed)");
    assert_false(fz_helper_order(&helper, "get", 4, NULL, 0));
}

static void one_that_hangs_is_killed(void **state)
{
    fz_helper helper = {.channel = -1};
    (void)state;

    fz_helper_kill(&helper); /* there is none */
    assert_true(fz_helper_start(&helper, true));
    if (helper.pid == 0)
        for (;;)
            pause();
    pid_t pid = helper.pid;
    fz_helper_kill(&helper);
    assert_int_equal(helper.pid, 0);
    assert_int_equal(kill(pid, 0), -1);
}

static void one_without_orders_can_only_answer(void **state)
{
    char answer[2];
    fz_helper helper = {.channel = -1};
    (void)state;

    assert_true(fz_helper_start(&helper, false));
    if (helper.pid == 0)
        _exit(read(helper.channel, answer, 1) < 0 && fz_helper_answer(&helper, "ok", 2) ? 0 : 1);
    assert_true(fz_helper_take_answer(&helper, answer, sizeof answer));
    assert_memory_equal(answer, "ok", 2);
    assert_null(fz_helper_stop(&helper));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_go_along_with_orders),
        cmocka_unit_test(an_answer_of_another_size_is_none),
        cmocka_unit_test(a_death_is_told),
        cmocka_unit_test(one_that_hangs_is_killed),
        cmocka_unit_test(one_without_orders_can_only_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
