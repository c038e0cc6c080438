/* The temporary store: no file with a name, in a jail that opens none, rolled back, full with one clear line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail.h"
#include "store.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BATCH = 1000, LITTLE = 4 << 20 };

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-temporary-XXXXXX", NULL);
    g_setenv("TMPDIR", folder, TRUE);
    return !folder;
}

/* Fails if anything is left in it. */
static int remove_folder(void **state)
{
    (void)state;
    g_unsetenv("TMPDIR");
    int left = g_rmdir(folder);
    g_free(folder);
    return left;
}

static fz_store *open_or_fail(void)
{
    const fz_patience patience = {.seconds = 0};
    g_autoptr(GError) error = NULL;
    fz_store *store = fz_store_open_for(NULL, FZ_ACCESS_TEMPORARY, &patience, &error);

    if (store) {
        assert_null(store->ops->folder(store));
        return store;
    }
    fail_msg("%s", error->message);
    return NULL;
}

/* Adds a load of so many batches, up to but without commit. False with an error if the store does not take it. */
static bool add_load(fz_store *store, char which, unsigned batches, GError **error)
{
    g_autofree char *identity = g_strnfill(64, which);
    g_autofree fz_record *records = g_new0(fz_record, BATCH);
    fz_run run;

    fz_run_init(&run);
    fz_load_row load = {.identity = identity, .run = &run, .totals.records = (uint64_t)batches * BATCH};
    int64_t load_id = 0;
    bool done = store->ops->begin(store, error) && store->ops->insert_load(store, &load, &load_id, error);
    for (unsigned batch = 0; done && batch < batches; batch++) {
        for (unsigned i = 0; i < BATCH; i++)
            records[i] = (fz_record){.start_us = (int64_t)g_random_int(),
                                     .packets = {1, 1},
                                     .bytes = {g_random_int(), 2},
                                     .family = FZ_IPV4,
                                     .protocol = 6};
        done = store->ops->rows(store, load_id, (uint64_t)batch * BATCH + 1, records, BATCH, error);
    }
    done = done && store->ops->finish_load(store, load_id, &load, load.totals.records, error);
    fz_run_clear(&run);
    return done;
}

static void take_text(const char *const *cells, void *user)
{
    g_string_append_printf(user, "%s;", cells[0]);
}

static char *ask(fz_store *store, const char *sql)
{
    GString *answer = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!store->ops->query(store, sql, 1, SIZE_MAX, take_text, answer, &error))
        g_string_printf(answer, "failed: %s", error->message);
    return g_string_free(answer, FALSE);
}

static bool answers(fz_store *store, const char *sql, const char *expected)
{
    g_autofree char *answer = ask(store, sql);

    if (strcmp(answer, expected) == 0)
        return true;
    print_error("%s\n  expected %s\n  got %s\n", sql, expected, answer);
    return false;
}

#define COUNT "SELECT count(*) || '/' || count(DISTINCT load_id) FROM fz_flow"

/* A cache of a few pages: what a load changes reaches the file long before its end. */
static bool shrink_cache(fz_store *store)
{
    return store->ops->run(store, "PRAGMA cache_size=20", NULL);
}

static bool works_and_rolls_back(fz_store *store)
{
    if (!add_load(store, '1', 50, NULL) || !store->ops->commit(store, NULL) || !answers(store, COUNT, "50000/1;"))
        return false;
    g_autofree char *sum = ask(store, "SELECT sum(start_us * (row_no % 7)) || '/' || sum(sip_bytes) FROM fz_flow");
    if (!add_load(store, '2', 100, NULL) || !answers(store, COUNT, "150000/2;"))
        return false;
    store->ops->rollback(store);
    return answers(store, COUNT, "50000/1;") &&
           answers(store, "SELECT sum(start_us * (row_no % 7)) || '/' || sum(sip_bytes) FROM fz_flow", sum) &&
           answers(store, "PRAGMA integrity_check", "ok;") && add_load(store, '3', 1, NULL) &&
           store->ops->commit(store, NULL) && answers(store, COUNT, "51000/2;");
}

static void a_load_that_reached_the_file_is_rolled_back(void **state)
{
    fz_store *store = open_or_fail();

    (void)state;
    assert_true(shrink_cache(store));
    assert_true(works_and_rolls_back(store));
    fz_store_close(store);
}

/* Runs in a child, whose status it is: 0 if it did. */
static int run_in_child(int (*run)(void))
{
    int status = 0;

    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(run());
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The answer is sorted twice, and with a table made on the way: more than the cache holds. */
#define SORTS                                                                                                          \
    "SELECT count(*) FROM (SELECT DISTINCT sip_bytes FROM (SELECT sip_bytes, start_us FROM fz_flow ORDER BY start_us " \
    "DESC, sip_bytes LIMIT 1000000) WHERE sip_bytes IN (SELECT sip_bytes FROM fz_flow GROUP BY sip_bytes) ORDER BY 1 " \
    "DESC)"

static int work_in_jail(void)
{
    const fz_patience patience = {.seconds = 0};
    const fz_jail jail = {.profile = FZ_JAIL_WRITER_SCRATCH, .keep_count = FZ_JAIL_KEEP_ALL};
    fz_store *store = fz_store_open_for(NULL, FZ_ACCESS_TEMPORARY, &patience, NULL);

    if (!store || !fz_jail_lock(&jail, NULL, NULL, NULL))
        return 2;
    if (!shrink_cache(store) || !works_and_rolls_back(store))
        return 3;
    g_autofree char *distinct = ask(store, "SELECT count(DISTINCT sip_bytes) FROM fz_flow");
    bool sorts = answers(store, SORTS, distinct);
    fz_store_close(store);
    return sorts ? 0 : 4;
}

static void it_loads_rolls_back_and_sorts_in_a_jail_that_opens_nothing(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(work_in_jail), 0);
}

static int fill_up(void)
{
    const struct rlimit little = {.rlim_cur = LITTLE, .rlim_max = LITTLE};
    g_autoptr(GError) error = NULL;

    if (setrlimit(RLIMIT_FSIZE, &little) != 0)
        return 2;
    fz_store *store = open_or_fail();
    if (!shrink_cache(store) || add_load(store, '1', 1000, &error))
        return 3;
    print_message("%s\n", error->message);
    if (!strstr(error->message, "temporary store: is full: may have 4.2 MB (ulimit -f); load into a store with "
                                "\"flowzone scan --to\", and ask that, or set TMPDIR"))
        return 4;
    store->ops->rollback(store);
    if (!answers(store, COUNT, "0/0;") || !add_load(store, '2', 5, NULL) || !store->ops->commit(store, NULL))
        return 5;
    bool right = answers(store, COUNT, "5000/1;") && answers(store, "PRAGMA integrity_check", "ok;");
    fz_store_close(store);
    return right ? 0 : 6;
}

static void a_full_one_says_its_limit_and_takes_less(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(fill_up), 0);
}

/* Files in the folder, by name. */
static bool is_empty(void)
{
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);

    return listing && !g_dir_read_name(listing);
}

static void G_GNUC_NORETURN load_for_ever(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fz_store *store = open_or_fail();
    shrink_cache(store);
    for (char which = '1'; add_load(store, which, 10, NULL) && store->ops->commit(store, NULL); which++)
        continue;
    pause();
    _exit(1);
}

static void a_kill_at_any_moment_leaves_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            load_for_ever();
        g_usleep((gulong)g_random_int_range(0, 40000));
        assert_true(is_empty());
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_true(is_empty());
    }
}

static void two_are_each_on_their_own(void **state)
{
    fz_store *one = open_or_fail(), *two = open_or_fail();

    (void)state;
    assert_true(add_load(one, '1', 2, NULL));
    assert_true(add_load(two, '1', 3, NULL)); /* neither waits */
    assert_true(one->ops->commit(one, NULL) && two->ops->commit(two, NULL));
    assert_true(answers(one, COUNT, "2000/1;") && answers(two, COUNT, "3000/1;"));
    fz_store_close(one);
    assert_true(answers(two, COUNT, "3000/1;"));
    fz_store_close(two);
}

#define NUMBERS "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 599999) SELECT "

/* Keys of every type, and more of them than are kept at a time. */
static void rows_are_added_up_as_group_by_does(void **state)
{
    static const char *const rows[][2] = {
        {"SELECT printf('%s%s,%d,%d,%d', quote(c0), c1, SUM(c2), MIN(c3), MAX(c4)) FROM fz_added('SELECT CASE i % 5 "
         "WHEN 0 THEN NULL WHEN 1 THEN x~0102~ WHEN 2 THEN ~ab~ WHEN 3 THEN ~~ ELSE 7 END, i % 2, i, 10 - i, 10 + i "
         "FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL "
         "SELECT 11)', 2, 1) GROUP BY c0, c1 ORDER BY 1",
         "''1,3,7,13;'ab'0,2,8,12;70,4,6,14;NULL1,5,5,15;X'0102'1,12,-1,21;"},
        {"SELECT printf('%d,%d,%d,%d', COUNT(*), COUNT(DISTINCT c0), SUM(c1), MAX(c1)) FROM fz_added('" NUMBERS
         "i / 6, i FROM n', 1, 1)",
         "100000,100000,179999700000,3599979;"},
        {"SELECT printf('%d,%d,%d,%d', COUNT(*) BETWEEN 300001 AND 600000, COUNT(DISTINCT c0), SUM(c1), MIN(c2)) FROM "
         "fz_added('" NUMBERS "i % 300000, i, i FROM n', 1, 1)",
         "1,300000,179999700000,0;"},
        {"SELECT printf('%d,%d,%d,%d', COUNT(*), SUM(c0), MIN(c1), MAX(c2)) FROM fz_added('" NUMBERS
         "i, i, i FROM n', 0, 1)",
         "1,179999700000,0,599999;"},
        {"SELECT COUNT(*) FROM fz_added('SELECT 1, 2 WHERE 0', 1, 1)", "0;"},
        {"SELECT c1 FROM fz_added('SELECT 1, 9223372036854775807 UNION ALL SELECT 1, 1', 1, 1)",
         "9223372036854775807;"},
    };
    fz_store *store = open_or_fail();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) sql = g_string_new(rows[i][0]);
        g_string_replace(sql, "~", "''", 0);
        assert_true(answers(store, sql->str, rows[i][1]));
    }
    fz_store_close(store);
}

static void what_cannot_be_added_up_is_refused(void **state)
{
    static const char *const refused[][2] = {
        {"SELECT c1 FROM fz_added('SELECT 1.5, 1', 1, 1)", "fz_added: a key is a fraction"},
        {"SELECT c1 FROM fz_added('SELECT 1, 1, 1, 1', 1, 0)",
         "fz_added: expected a query of keys, sums, and up to two columns more"},
        {"SELECT c1 FROM fz_added('SELECT 1', 9, 1)",
         "fz_added: expected a query of keys, sums, and up to two columns more"},
        {"SELECT c1 FROM fz_added('SELECT nowhere', 1, 1)", "no such column: nowhere"},
    };
    fz_store *store = open_or_fail();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *expected = g_strdup_printf("failed: temporary store: %s", refused[i][1]);
        assert_true(answers(store, refused[i][0], expected));
    }
    fz_store_close(store);
}

static void take_step(const char *const *cells, void *user)
{
    g_string_append_printf(user, "%s; ", cells[3]);
}

/* Of a filter for one protocol, an index of all details would be made, if it could. */
static bool reads_details_by_load(fz_store *store)
{
    const char *sql = "EXPLAIN QUERY PLAN SELECT SUM(r.bytes) FROM fz_load l CROSS JOIN fz_flow r ON r.flow_id BETWEEN "
                      "l.load_id << 36 AND (l.load_id + 1 << 36) - 1 WHERE r.protocol = 6 AND l.end_us >= 1000 AND "
                      "l.start_us < 2000 AND r.start_us >= 1000 AND r.start_us < 2000";
    g_autoptr(GString) plan = g_string_new(NULL);

    if (store->ops->query(store, sql, 4, SIZE_MAX, take_step, plan, NULL) &&
        strstr(plan->str, "SEARCH r USING INTEGER PRIMARY KEY") && !strstr(plan->str, "AUTOMATIC"))
        return true;
    print_error("%s\n", plan->str);
    return false;
}

static void details_are_found_by_their_load_whatever_the_filter(void **state)
{
    const fz_patience patience = {.seconds = 0};
    g_autofree char *path = g_build_filename(folder, "net.db", NULL), *address = g_strconcat("sqlite:", path, NULL);
    fz_store *store = open_or_fail();

    (void)state;
    assert_true(reads_details_by_load(store));
    fz_store_close(store);
    store = fz_store_open_for(address, FZ_ACCESS_LOAD, &patience, NULL);
    assert_non_null(store);
    fz_store_close(store);
    store = fz_store_open_for(address, FZ_ACCESS_READ, &patience, NULL);
    assert_non_null(store);
    assert_true(reads_details_by_load(store));
    fz_store_close(store);
    assert_int_equal(g_unlink(path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_load_that_reached_the_file_is_rolled_back),
        TEST(it_loads_rolls_back_and_sorts_in_a_jail_that_opens_nothing),
        TEST(a_full_one_says_its_limit_and_takes_less),
        TEST(a_kill_at_any_moment_leaves_nothing),
        TEST(two_are_each_on_their_own),
        TEST(rows_are_added_up_as_group_by_does),
        TEST(what_cannot_be_added_up_is_refused),
        TEST(details_are_found_by_their_load_whatever_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
