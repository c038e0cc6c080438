/* Queries that would take for ever: a limit, a signal and the end of who asked end them, on a server too.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store is a SQLite file; FZ_STORE=ADDRESS names another one. Then what its server still works on is looked at, by
 * way of FZ_LOOK=ADDRESS if that is given. */
#include "store.h"
#include "writer.h"

#include "stretched.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { END_US = 2000000, BEGIN_US = 700000 };

/* About 10^12 rows. */
#define FOR_EVER                                                                                                    \
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT count(*) AS for_ever " \
    "FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i < 0"
/* The same of a store that has 200 rows. */
#define FOR_EVER_THERE                                                                                   \
    "SELECT COUNT(*) AS for_ever FROM fz_flow a, fz_flow b, fz_flow c, fz_flow d, fz_flow e, fz_flow f " \
    "WHERE a.protocol + b.protocol + c.protocol + d.protocol + e.protocol + f.protocol > 100000"
#define STILL_AT_WORK \
    "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%for_ever%' AND ID <> CONNECTION_ID()"

static char *folder, *path, *address;
static const fz_load_manner manner = {.wait_s = 60};
static fz_confine confine = {.who = "test"};
static volatile pid_t *asks; /* the process with the store; 0: none asks */

static int make_store(void **state)
{
    const fz_patience patience = {.seconds = 0};

    (void)state;
    folder = g_dir_make_tmp("flowzone-stop-XXXXXX", NULL);
    path = g_build_filename(folder, "net.db", NULL);
    address = g_getenv("FZ_STORE") ? g_strdup(g_getenv("FZ_STORE")) : g_strconcat("sqlite:", path, NULL);
    asks = mmap(NULL, sizeof *asks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (g_getenv("FZ_STORE")) /* made already: this account may be one that only reads */
        return 0;
    fz_store *store = fz_store_open(address, &patience, NULL);
    fz_store_close(store);
    return store ? 0 : -1;
}

static int remove_store(void **state)
{
    (void)state;
    g_unlink(path);
    int left = g_rmdir(folder);
    g_free(folder);
    g_free(path);
    g_free(address);
    return left;
}

static void take_number(const char *const *cells, void *user)
{
    *(int64_t *)user = g_ascii_strtoll(cells[0], NULL, 10);
}

static unsigned limit_s;

static bool ask_for_ever(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    (void)user;
    if (!store->ops->limit(store, limit_s, error) || !store->ops->look(store, error))
        return false;
    *asks = getpid();
    const bool there = store->ops->connect != NULL;
    bool done = store->ops->query(store, there ? FOR_EVER_THERE : FOR_EVER, 1, 1, take_number, &numbers[0], error);
    store->ops->rollback(store);
    return done;
}

static bool ask_what_works(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    (void)user;
    return store->ops->query(store, STILL_AT_WORK, 1, 1, take_number, &numbers[0], error);
}

/* How many of these queries the server works on; 0 without one. */
static int64_t still_at_work(void)
{
    int64_t numbers[FZ_WRITER_NUMBERS] = {0};
    g_autoptr(GError) error = NULL;

    if (!g_getenv("FZ_STORE"))
        return 0;
    const char *look = g_getenv("FZ_LOOK");
    fz_writer *writer = fz_writer_new_for(look ? look : address, FZ_WRITER_READS, &manner, &confine);
    if (!fz_writer_work(writer, ask_what_works, NULL, numbers, &error))
        fail_msg("%s", error->message);
    fz_writer_free(writer);
    return numbers[0];
}

static void assert_nothing_works(gint64 since_us)
{
    while (still_at_work() > 0 && g_get_monotonic_time() - since_us < (gint64)stretched_us(END_US / 1e6))
        g_usleep(50000);
    print_message("after %.2f s\n", (double)(g_get_monotonic_time() - since_us) / G_USEC_PER_SEC);
    assert_int_equal(still_at_work(), 0);
}

/* Asks until it fails, which it must with this line. */
static void assert_ends(fz_writer_kind kind, const char *line)
{
    g_autoptr(GError) error = NULL;
    fz_writer *writer = fz_writer_new_for(address, kind, &manner, &confine);

    assert_false(fz_writer_work(writer, ask_for_ever, NULL, NULL, &error));
    print_message("%s\n", error->message);
    if (!g_str_has_suffix(error->message, line))
        fail_msg("expected \"%s\" in: %s", line, error->message);
    fz_writer_free(writer);
}

static void a_limit_ends_it(void **state)
{
    (void)state;
    limit_s = 1;
    for (fz_writer_kind kind = FZ_WRITER_TEMPORARY; kind <= FZ_WRITER_READS; kind++) {
        const gint64 begin_us = g_get_monotonic_time();
        assert_ends(kind, ": ended after 1 s (--limit)");
        assert_true(g_get_monotonic_time() - begin_us >= (gint64)limit_s * G_USEC_PER_SEC);
        assert_nothing_works(begin_us + (gint64)limit_s * G_USEC_PER_SEC);
    }
}

/* Waits until a query runs, and for a moment more. */
static pid_t await_query(void)
{
    while (*asks == 0)
        g_usleep(10000);
    g_usleep(BEGIN_US);
    return *asks;
}

static void a_signal_ends_it(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    (void)state;
    limit_s = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        *asks = 0;
        fflush(NULL);
        pid_t killer = fork();
        if (killer == 0)
            _exit(kill(await_query(), signals[i]));
        assert_ends(i == 0 ? FZ_WRITER_TEMPORARY : FZ_WRITER_READS, ": interrupted");
        assert_nothing_works(g_get_monotonic_time());
        assert_int_equal(waitpid(killer, NULL, 0), killer);
    }
}

/* Starts a process that asks, and kills it once its query runs; `signal` goes to its process as well, or is 0. */
static void kill_who_asks(int fatal, int signal)
{
    *asks = 0;
    fflush(NULL);
    pid_t asker = fork();
    if (asker == 0) {
        fz_writer *writer = fz_writer_new_for(address, FZ_WRITER_READS, &manner, &confine);
        _exit(fz_writer_work(writer, ask_for_ever, NULL, NULL, NULL) ? 0 : 1);
    }
    pid_t process = await_query();
    for (int i = 0; i < 600 && g_getenv("FZ_STORE") && still_at_work() == 0; i++)
        g_usleep(100000);
    if (g_getenv("FZ_STORE"))
        assert_int_equal(still_at_work(), 1);
    const gint64 since_us = g_get_monotonic_time();
    if (signal)
        kill(process, signal);
    kill(asker, fatal);
    assert_int_equal(waitpid(asker, NULL, 0), asker);
    assert_int_equal(waitpid(process, NULL, 0), process);
    assert_true(g_get_monotonic_time() - since_us < (gint64)stretched_us(END_US / 1e6));
    assert_nothing_works(since_us);
}

static void the_end_of_who_asked_ends_it(void **state)
{
    (void)state;
    limit_s = 0;
    kill_who_asks(SIGKILL, 0);
    kill_who_asks(SIGINT, SIGINT); /* Ctrl-C: all processes get it */
    kill_who_asks(SIGTERM, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_ends_it),
        cmocka_unit_test(a_signal_ends_it),
        cmocka_unit_test(the_end_of_who_asked_ends_it),
    };
    return cmocka_run_group_tests(tests, make_store, remove_store);
}
