/* What a batch does beside loading.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "exit.h"
#include "stretched.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A pcap file of one packet: UDP from 192.0.2.1 to 192.0.2.2. */
static const unsigned char capture[] = {
    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0,  0,  0, 0, 0,   0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0, /* file */
    0,    0x10, 0x5e, 0x5f, 0, 0, 0, 0, 42, 0,  0, 0, 42,  0, 0, 0,                               /* record */
    2,    0,    0,    0,    0, 1, 2, 0, 0,  0,  0, 2, 8,   0,                                     /* Ethernet */
    0x45, 0,    0,    28,   0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192,  0,    2, 2,             /* IP */
    0x10, 0,    0,    53,   0, 8, 0, 0,                                                           /* UDP */
};

typedef struct task task;
struct task {
    fz_batch_chore chore;
    char *folder, *ring, *metrics;
    int (*run)(const task *errand); /* in the process: its exit status */
    unsigned refusals;              /* that often it cannot be started */
    unsigned ends;                  /* the batch is stopped after so many */
    bool stops_early;               /* the batch is stopped as it begins */
    int done;
    pid_t process;
    unsigned starts, takes, successes, abandoned;
};

static bool start(fz_batch_chore *chore, GError **error)
{
    task *errand = (task *)chore;
    int ends[2];

    if (errand->starts++ < errand->refusals) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "not now");
        return false;
    }
    assert_int_equal(pipe(ends), 0);
    errand->process = fork();
    if (errand->process == 0)
        _exit(errand->run(errand));
    close(ends[1]);
    errand->done = ends[0];
    if (errand->stops_early)
        kill(getpid(), SIGTERM);
    return true;
}

static int descriptor(const fz_batch_chore *chore)
{
    return ((const task *)chore)->done;
}

static int reap(task *errand)
{
    int status;

    close(errand->done);
    assert_int_equal(waitpid(errand->process, &status, 0), errand->process);
    return status;
}

static bool take(fz_batch_chore *chore, char **line, GError **error)
{
    task *errand = (task *)chore;
    const bool done = reap(errand) == 0;

    errand->successes += done;
    if (++errand->takes == errand->ends)
        kill(getpid(), SIGTERM);
    if (done)
        *line = g_strdup("an errand is done");
    else
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "an errand failed");
    return done;
}

static void abandon(fz_batch_chore *chore)
{
    task *errand = (task *)chore;

    errand->abandoned++;
    kill(errand->process, SIGKILL);
    reap(errand);
}

static task *errand_new(int (*run)(const task *errand))
{
    task *made = g_new0(task, 1);

    made->folder = g_dir_make_tmp("flowzone-batch.XXXXXX", NULL);
    made->ring = g_build_filename(made->folder, "ring", NULL);
    made->metrics = g_build_filename(made->folder, "metrics", NULL);
    made->run = run;
    made->chore =
        (fz_batch_chore){.name = "errand", .start = start, .descriptor = descriptor, .take = take, .abandon = abandon};
    assert_int_equal(g_mkdir(made->ring, 0700), 0);
    return made;
}

static void remove_all(const char *folder)
{
    GDir *names = g_dir_open(folder, 0, NULL);
    const char *name;

    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            remove_all(path);
        else
            assert_int_equal(g_unlink(path), 0);
    }
    if (names)
        g_dir_close(names);
    assert_int_equal(g_rmdir(folder), 0);
}

static void errand_free(task *errand)
{
    remove_all(errand->folder);
    g_free(errand->folder);
    g_free(errand->ring);
    g_free(errand->metrics);
    g_free(errand);
}

static void run_batch(task *errand, bool follow)
{
    g_autofree char *to = g_strdup_printf("sqlite:%s/net.db", errand->folder);
    g_autoptr(GError) error = NULL;
    fz_batch_settings settings = {.ring = errand->ring,
                                  .to = to,
                                  .metrics = errand->metrics,
                                  .since_s = G_MININT64 + 1,
                                  .until_s = G_MAXINT64,
                                  .jobs = 1,
                                  .follow = follow,
                                  .quiet = true,
                                  .chore = &errand->chore,
                                  .confine = {.who = "test", .mode = FZ_JAIL_OFF}};

    settings.options.format = fz_format_by_name("ipfix");
    assert_true(fz_options_finish(&settings.options, &error));
    assert_int_equal(fz_batch_run(&settings, &error), FZ_EXIT_OK);
    assert_null(error);
    fz_options_clear(&settings.options);
}

static bool has_loaded(const task *errand)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(errand->metrics, &text, NULL, NULL) && strstr(text, "result=\"loaded\"} 1\n") != NULL;
}

static int succeed(const task *errand)
{
    (void)errand;
    return 0;
}

static int fail_once(const task *errand)
{
    return errand->takes == 0;
}

static int last(const task *errand)
{
    (void)errand;
    pause(); /* it has SIGTERM blocked, as the batch has */
    return 3;
}

/* A capture comes, and the errand goes on until it is loaded. */
static int wait_for_load(const task *errand)
{
    const gint64 until_us = g_get_monotonic_time() + stretched_us(60);
    g_autofree char *from = g_build_filename(errand->folder, "one.pcap", NULL);
    g_autofree char *to = g_build_filename(errand->ring, "one.pcap", NULL);

    if (!g_file_set_contents(from, (const char *)capture, sizeof capture, NULL) || g_rename(from, to) != 0)
        return 2;
    while (!has_loaded(errand) && g_get_monotonic_time() < until_us)
        g_usleep(G_USEC_PER_SEC / 50);
    return !has_loaded(errand);
}

static void captures_are_loaded_while_it_runs(void **state)
{
    task *errand = errand_new(wait_for_load);

    (void)state;
    errand->chore.next_s = 3600;
    errand->ends = 1;
    run_batch(errand, true);
    assert_int_equal(errand->starts, 1);
    assert_int_equal(errand->successes, 1);
    assert_int_equal(errand->abandoned, 0);
    errand_free(errand);
}

static void it_is_done_again_after_a_failure(void **state)
{
    task *errand = errand_new(fail_once);

    (void)state;
    errand->refusals = 2;
    errand->ends = 3;
    run_batch(errand, true);
    assert_int_equal(errand->starts, errand->refusals + errand->takes + errand->abandoned);
    assert_int_equal(errand->successes, 2);
    errand_free(errand);
}

static void it_ends_with_the_batch(void **state)
{
    task *errand = errand_new(last);

    (void)state;
    errand->stops_early = true;
    run_batch(errand, true);
    assert_int_equal(errand->starts, 1);
    assert_int_equal(errand->abandoned, 1);
    errand_free(errand);
}

static void only_a_batch_that_waits_has_time_for_it(void **state)
{
    task *errand = errand_new(succeed);

    (void)state;
    run_batch(errand, false);
    assert_int_equal(errand->starts, 0);
    errand_free(errand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_are_loaded_while_it_runs),
        cmocka_unit_test(it_is_done_again_after_a_failure),
        cmocka_unit_test(it_ends_with_the_batch),
        cmocka_unit_test(only_a_batch_that_waits_has_time_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
