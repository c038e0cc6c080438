/* Kept memory does not exist in a child.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_mapped(const void *what)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char there;

    return mincore((void *)((uintptr_t)what & ~(page - 1)), page, &there) == 0;
}

static void a_child_does_not_have_it(void **state)
{
    int status;

    (void)state;
    if (FZ_KEEP_PLAIN)
        skip();
    char *kept = fz_keep_new0(100), *other = g_malloc0(100);
    assert_true(is_mapped(kept) && is_mapped(other));
    pid_t child = fork();
    if (child == 0)
        _exit(is_mapped(other) ? is_mapped(kept) : 2);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    fz_keep_free(kept, 100);
    g_free(other);
}

/* Many pieces of all sizes do not overlap, are zeroed each time, and reuse freed memory. */
static void pieces_are_apart_and_zeroed(void **state)
{
    enum { PIECES = 5000, TURNS = 20 };
    static char *pieces[PIECES];
    static size_t sizes[PIECES];
    struct rusage before, after;

    (void)state;
    if (FZ_KEEP_PLAIN)
        skip();
    for (int turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < PIECES; i++) {
            sizes[i] = (i * 37) % FZ_KEEP_MAX + 1;
            pieces[i] = fz_keep_new0(sizes[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t b = 0; b < sizes[i]; b++)
                assert_true(pieces[i][b] == 0);
            memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
        }
        for (size_t i = 0; i < PIECES; i++) {
            for (size_t b = 0; b < sizes[i]; b++)
                assert_true((unsigned char)pieces[i][b] == i % 255 + 1);
            fz_keep_free(pieces[i], sizes[i]);
        }
        if (turn == 0)
            getrusage(RUSAGE_SELF, &before);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 2048); /* KiB: one turn takes five megabytes */
    fz_keep_free(NULL, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_does_not_have_it),
        cmocka_unit_test(pieces_are_apart_and_zeroed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
