/* Days and addresses are what the captures had, whatever of them is dropped in between, in any order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge_captures.h"

enum { STEPS = 25, HUGE_ONE_IN = 30 };

/* As many as a run of all tests has time for. */
#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 10 };
#else
enum { ROUNDS = 30 };
#endif

/* The captures as they are and as the store has them, and what it has no more. */
typedef struct world {
    GRand *random;
    trace now[CAPTURES], loaded[CAPTURES];
    int64_t before_s; /* hours before that were dropped */
} world;

static void change(fz_store *store, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void change(fz_store *store, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list values;

    va_start(values, format);
    g_autofree char *sql = g_strdup_vprintf(format, values);
    va_end(values);
    if (!store->ops->run(store, sql, &error))
        fail_msg("%s: %s", sql, error->message);
}

/* A capture that grew, or is another one of the same name, is loaded, unless its details were dropped. */
static void load_one(fz_store *store, world *at)
{
    const int which = (int)random_below(at->random, CAPTURES);
    const bool replaces = g_rand_boolean(at->random);
    trace *capture = &at->now[which];
    const int64_t before = load_of(capture);

    if (replaces || capture->count == RECORDS_MOST)
        make_anew(capture, at->random);
    else
        grow(capture, at->random);
    if (random_below(at->random, HUGE_ONE_IN) == 0)
        capture->records[0].bytes[0] = UINT64_C(1) << 47;
    assert_true(load(store, capture, replaces));
    if (load_of(capture) == before) {
        *capture = at->loaded[which];
        return;
    }
    at->loaded[which] = *capture;
}

/* Details of a capture whose sums are merged, or are too large for that; sometimes the next one goes on. */
static void drop_details(fz_store *store, world *at)
{
    const int64_t id = load_of(&at->loaded[random_below(at->random, CAPTURES)]);

    change(store,
           "UPDATE fz_load SET dropped = dropped + 1 WHERE load_id = %" G_GINT64_FORMAT " AND merged IN (1, 2) AND "
           "dropping = 0 AND dropped IN (0, 8)",
           id);
    change(store,
           "UPDATE fz_load SET dropping = 2 WHERE load_id = %" G_GINT64_FORMAT " AND merged IN (1, 2) AND "
           "dropping = 0 AND dropped IN (1, 9)",
           id);
    if (g_rand_boolean(at->random))
        return;
    change(store, "DELETE FROM fz_flow WHERE load_id IN (SELECT load_id FROM fz_load WHERE dropping = 2)");
    change(store, "UPDATE fz_load SET dropped = dropped + 2, dropping = 0 WHERE dropping = 2");
}

static void drop_own_hours(fz_store *store, world *at, int64_t before_us)
{
    for (int i = 0; i < CAPTURES; i++) {
        const int64_t id = load_of(&at->loaded[i]);
        g_autofree char *is_due = g_strdup_printf("SELECT COUNT(*) FROM fz_load WHERE load_id = %" G_GINT64_FORMAT
                                                  " AND merged = 2 AND start_us < %" G_GINT64_FORMAT,
                                                  id, before_us);
        int64_t hours = ask_number(is_due);
        while (hours > 0)
            assert_true(fz_merge_own(store, id, before_us / 1000000, &hours, NULL));
    }
}

/* Hours before a midnight; they may have come back, of late captures. */
static void drop_hours(fz_store *store, world *at)
{
    const int64_t midnight_us = floor_to(random_time(at->random), 24 * HOUR_US);

    int64_t hours = 1;

    at->before_s = MAX(at->before_s, midnight_us / 1000000);
    drop_own_hours(store, at, midnight_us);
    change(store,
           "UPDATE fz_load SET dropped = dropped + 8 WHERE merged IN (1, 2) AND dropping = 0 AND dropped < 8 AND "
           "start_us < %" G_GINT64_FORMAT,
           midnight_us);
    while (hours > 0)
        assert_true(
            fz_merge_drop_hours(store, midnight_us / 1000000, 1 + (int64_t)random_below(at->random, 9), &hours, NULL));
}

static void merge_in_steps(fz_store *store, world *at)
{
    const size_t steps = 1 + random_below(at->random, 12), rows = 1 + random_below(at->random, 20);

    for (size_t i = 0; i < steps && merge_some(store, INT64_MAX, rows); i++)
        continue;
}

static void turn(world *at)
{
    fz_store *store = open_or_fail();
    const uint64_t kind = random_below(at->random, 10);

    if (kind < 5)
        load_one(store, at);
    else if (kind < 6)
        merge(store, INT64_MAX, 1 + random_below(at->random, 4));
    else if (kind < 7)
        merge_in_steps(store, at);
    else if (kind < 9)
        drop_details(store, at);
    else
        drop_hours(store, at);
    fz_store_close(store);
    assert_sums_from(at->loaded, at->before_s);
}

static void days_stay_those_of_the_captures(void **state)
{
    const char *asked = g_getenv("FZ_ROUNDS"), *chosen = g_getenv("FZ_SEED");
    const guint32 seed = chosen ? (guint32)g_ascii_strtoull(chosen, NULL, 10) : g_random_int();
    const int rounds = asked ? (int)g_ascii_strtoll(asked, NULL, 10) : ROUNDS;
    g_autofree world *at = g_new0(world, 1);

    (void)state;
    at->random = g_rand_new_with_seed(seed);
    print_message("seed %u (FZ_SEED), %d rounds (FZ_ROUNDS)\n", seed, rounds);
    for (int i = 0; i < rounds; i++) {
        at->before_s = INT64_MIN;
        prepare(at->now);
        prepare(at->loaded);
        fz_store_close(open_or_fail());
        for (int j = 0; j < STEPS; j++)
            turn(at);
        remove_files();
    }
    g_rand_free(at->random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(days_stay_those_of_the_captures, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
