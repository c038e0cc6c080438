/* How retention takes turns with those who load: a store pretends to be slow, in use or full.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain.h"

#include "store_of_loads.h"

#include <string.h>

enum { MANY = 400000, FIRST_ROWS = 50000, LEAST_ROWS = 1000 };

/* What a store that only pretends was asked to delete, and how it answers. */
static struct {
    int windows;
    uint64_t last, least, before;
    int busy, full; /* from that window on */
    int slow;       /* until that window */
} pretended;

static bool pretend_to_shed(fz_store *store, int64_t load_id, fz_table table, uint64_t first, uint64_t last,
                            GError **error)
{
    (void)store;
    (void)load_id;
    assert_int_equal(table, FZ_TABLE_FLOW);
    pretended.windows++;
    if (pretended.busy && pretended.windows >= pretended.busy) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY, "in use");
        return false;
    }
    if (pretended.full && pretended.windows >= pretended.full && last - first + 1 > LEAST_ROWS) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "no space left on the disk");
        return false;
    }
    assert_int_equal(first, pretended.last + 1);
    assert_true(last - first < MAX(FIRST_ROWS, 2 * pretended.before));
    pretended.before = last - first + 1;
    pretended.last = last;
    pretended.least = MIN(pretended.least, last - first + 1);
    if (pretended.windows <= pretended.slow)
        g_usleep(260000);
    return true;
}

/* A store whose ledger says that a capture has many conversations; its packets went before, its sums are merged. */
static store_of_loads pretend(fz_store_ops *ops)
{
    store_of_loads loads = store_of_loads_new();
    g_autofree char *sql = g_strdup_printf("UPDATE fz_load SET records = %d, dropped = 1, merged = 1", MANY);
    fz_run run;

    fz_run_init(&run);
    add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, MANY));
    fz_run_clear(&run);
    assert_true(loads.store->ops->run(loads.store, sql, NULL));
    *ops = *loads.store->ops;
    ops->shed = pretend_to_shed;
    loads.store->ops = ops;
    memset(&pretended, 0, sizeof pretended);
    pretended.least = MANY;
    return loads;
}

static const fz_retain_order all_details = {
    .now_us = DAY_START_US + INT64_C(30) * 24 * HOUR_US,
    .before_us = {DAY_START_US + INT64_C(20) * 24 * HOUR_US, DAY_START_US + INT64_C(20) * 24 * HOUR_US, INT64_MIN,
                  INT64_MIN},
};

static void retain(store_of_loads *loads, fz_retain_tally *tally)
{
    g_autoptr(GError) error = NULL;

    if (!fz_retain_run(loads->store, &all_details, tally, &error))
        fail_msg("%s", error->message);
}

static void take_cell(const char *const *cells, void *user)
{
    *(int64_t *)user = fz_cell_integer(cells[0]);
}

static int64_t state_of(store_of_loads *loads, const char *column)
{
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM fz_load", column);
    int64_t state = -1;

    assert_true(loads->store->ops->query(loads->store, sql, 1, 1, take_cell, &state, NULL));
    return state;
}

static void rows_go_some_at_a_time(void **state)
{
    fz_store_ops ops;
    store_of_loads loads = pretend(&ops);
    fz_retain_tally tally;

    (void)state;
    retain(&loads, &tally);
    assert_int_equal(pretended.last, MANY);
    assert_int_equal(tally.tiers[FZ_RETAIN_DETAILS].rows, MANY);
    assert_int_equal(state_of(&loads, "dropped"), 3);
    store_of_loads_free(&loads);
}

static void a_slow_store_is_asked_for_less(void **state)
{
    fz_store_ops ops;
    store_of_loads loads = pretend(&ops);
    fz_retain_tally tally;

    (void)state;
    pretended.slow = 3;
    pretended.least = MANY;
    retain(&loads, &tally);
    assert_in_range(pretended.least, LEAST_ROWS, FIRST_ROWS / 8);
    assert_int_equal(pretended.last, MANY);
    store_of_loads_free(&loads);
}

static void what_is_in_use_stays_and_is_ended_later(void **state)
{
    fz_store_ops ops;
    store_of_loads loads = pretend(&ops);
    fz_retain_tally tally;

    (void)state;
    pretended.busy = 2;
    retain(&loads, &tally);
    assert_int_equal(tally.left, 1);
    assert_int_equal(tally.tiers[FZ_RETAIN_DETAILS].loads, 0);
    assert_int_equal(state_of(&loads, "dropping"), 2);
    memset(&pretended, 0, sizeof pretended);
    retain(&loads, &tally);
    assert_int_equal(tally.resumed, 1);
    assert_int_equal(tally.left, 0);
    assert_int_equal(state_of(&loads, "dropped"), 3);
    store_of_loads_free(&loads);
}

static void a_full_disk_gets_small_steps(void **state)
{
    fz_store_ops ops;
    store_of_loads loads = pretend(&ops);
    fz_retain_tally tally;

    (void)state;
    pretended.full = 2;
    retain(&loads, &tally);
    assert_int_equal(pretended.last, MANY);
    assert_int_equal(pretended.windows, 2 + (MANY - FIRST_ROWS) / LEAST_ROWS);
    store_of_loads_free(&loads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_some_at_a_time),
        cmocka_unit_test(a_slow_store_is_asked_for_less),
        cmocka_unit_test(what_is_in_use_stays_and_is_ended_later),
        cmocka_unit_test(a_full_disk_gets_small_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
