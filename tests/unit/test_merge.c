/* Merged sums against the captures themselves: loads, growth, replacement, merges and processes that are killed, in any
 * order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge_captures.h"

enum { STEPS = 14 };

/* As many as a run of all tests has time for. */
#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 15 };
#else
enum { ROUNDS = 50 };
#endif

/* What one turn does. */
typedef struct deed {
    bool merges, replaces;
    int which;
    int64_t before_us;
    size_t most;
    size_t rows, steps; /* a merge in so many steps of so many rows; 0: of whole loads */
} deed;

static void take(fz_store *store, const deed *step, const trace *capture)
{
    if (step->merges && step->steps == 0)
        merge(store, step->before_us, step->most);
    else if (step->merges)
        for (size_t i = 0; i < step->steps && merge_some(store, step->before_us, step->rows); i++)
            continue;
    else
        assert_true(load(store, capture, step->replaces));
}

/* Does it in a process that is killed at any moment; `*done`: it ended before. */
static void take_and_die(const deed *step, const trace *capture, GRand *random)
{
    const gulong after_us = (gulong)random_below(random, 12000);
    const pid_t child = fork();

    if (child == 0) {
        fz_store *store = open_or_fail();
        take(store, step, capture);
        fz_store_close(store);
        _exit(0);
    }
    g_usleep(after_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void turn(trace now[CAPTURES], trace loaded[CAPTURES], GRand *random)
{
    const deed step = {
        .merges = random_below(random, 5) < 2,
        .replaces = g_rand_boolean(random),
        .which = (int)random_below(random, CAPTURES),
        .before_us = random_below(random, 3) ? INT64_MAX : random_time(random),
        .most = 1 + random_below(random, 4),
        .rows = 1 + random_below(random, 20),
        .steps = random_below(random, 12),
    };
    trace *capture = &now[step.which];
    const int64_t before = load_of(capture);

    if (!step.merges && (step.replaces || capture->count == RECORDS_MOST) && loaded[step.which].count == capture->count)
        make_anew(capture, random);
    else if (!step.merges)
        grow(capture, random);
    if (random_below(random, 4) == 0) {
        take_and_die(&step, capture, random);
    } else {
        fz_store *store = open_or_fail();
        take(store, &step, capture);
        fz_store_close(store);
    }
    if (!step.merges && load_of(capture) != before)
        loaded[step.which] = *capture;
    else if (!step.merges)
        *capture = loaded[step.which];
    assert_sums(loaded);
}

/* With all hours closed, each key has one row, and none is empty. */
static void assert_all_merged(const trace loaded[CAPTURES], bool in_steps)
{
    fz_store *store = open_or_fail();

    while (in_steps && merge_some(store, INT64_MAX, 3))
        continue;
    while (merge(store, INT64_MAX, FZ_MERGE_MOST) > 0)
        continue;
    fz_store_close(store);
    assert_sums(loaded);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE load_id <> 0"), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_host"), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged <> 1"), 0);
}

static void sums_stay_those_of_the_captures_whatever_happens(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autofree trace *now = g_new(trace, CAPTURES), *loaded = g_new(trace, CAPTURES);

    (void)state;
    const char *asked = g_getenv("FZ_ROUNDS");
    const int rounds = asked ? (int)g_ascii_strtoll(asked, NULL, 10) : ROUNDS;
    print_message("seed %u, %d rounds (FZ_ROUNDS)\n", seed, rounds);
    for (int i = 0; i < rounds; i++) {
        prepare(now);
        prepare(loaded);
        fz_store_close(open_or_fail());
        for (int j = 0; j < STEPS; j++)
            turn(now, loaded, random);
        assert_all_merged(loaded, g_rand_boolean(random));
        remove_files();
    }
}

static trace one_capture(int64_t start_us)
{
    return (trace){
        .name = "a.pcap",
        .sensor = "east",
        .location = "north",
        .records = {{.start_us = start_us,
                     .end_us = start_us + 1,
                     .packets = {1, 1},
                     .bytes = {60, 60},
                     .family = FZ_IPV4,
                     .end_reason = FZ_END_FORCED}},
        .count = 1,
    };
}

static void loads_of_one_hour_become_one_row(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    for (int i = 0; i < 100; i++) {
        g_snprintf(capture.name, sizeof capture.name, "%d.pcap", i);
        assert_true(load(store, &capture, false));
    }
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour"), 100);
    size_t waiting;
    assert_true(fz_merge_count(store, INT64_MAX, 64, &waiting, NULL));
    assert_int_equal(waiting, 64);
    assert_true(fz_merge_count(store, 0, 64, &waiting, NULL));
    assert_int_equal(waiting, 0);
    assert_int_equal(merge(store, 0, 64), 0);
    assert_int_equal(merge(store, INT64_MAX, 64), 64);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour"), 1 + 36);
    assert_int_equal(merge(store, INT64_MAX, 64), 36);
    assert_int_equal(merge(store, INT64_MAX, 64), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour"), 1);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_day"), 1);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_host_day"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 100);
    fz_store_close(store);
}

/* Captures of one hour, the first of them much larger than the others. */
static void load_uneven(fz_store *store, GRand *random, trace captures[CAPTURES])
{
    prepare(captures);
    for (int i = 0; i < CAPTURES; i++) {
        for (captures[i].count = 0; captures[i].count < (i ? 3 : RECORDS_MOST); captures[i].count++) {
            fz_record *record = &captures[i].records[captures[i].count];
            *record = random_record(random);
            record->start_us = HOUR_US;
            record->end_us = HOUR_US;
            record->addr[0][1] = (uint8_t)random_below(random, 200);
            record->port[0] = (uint16_t)(1 + random_below(random, 60000));
            record->port[1] = record->port[0];
        }
        assert_true(load(store, &captures[i], false));
    }
}

#define OWN_ROWS "SELECT (SELECT count(*) FROM fz_hour WHERE load_id <> 0) + (SELECT count(*) FROM fz_host)"

/* Each step takes few rows, whatever load they are of, and all readers count each row once meanwhile. */
static void rows_are_merged_in_steps(void **state)
{
    enum { ROWS = 12, ZONES = 3 * 3 };
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autofree trace *captures = g_new(trace, CAPTURES);
    fz_store *store = open_or_fail();
    int steps = 0;

    (void)state;
    load_uneven(store, random, captures);
    const int64_t flows = ask_number("SELECT sum(records) FROM fz_load");
    const int64_t talkers = ask_number("SELECT sum(flows) FROM fz_talkers");
    for (int64_t left = ask_number(OWN_ROWS), before; merge_some(store, INT64_MAX, ROWS); steps++) {
        before = left;
        left = ask_number(OWN_ROWS);
        assert_in_range(before - left, 0, ROWS + ZONES); /* an address is not divided */
        assert_sums(captures);
        assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hours"), flows);
        assert_int_equal(ask_number("SELECT sum(flows) FROM fz_talkers"), talkers);
        assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hosts"), talkers);
    }
    assert_int_equal(ask_number(OWN_ROWS), 0);
    assert_in_range(steps, 12, 40);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged <> 1"), 0);
    fz_store_close(store);
}

/* Some of its rows are merged, the others its own: it is replaced, merged as a whole, or what it had is taken off. */
static void a_load_that_is_merged_in_part_is_as_any(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    g_autofree trace *captures = g_new(trace, CAPTURES);

    (void)state;
    for (int steps = 1; steps < 20; steps++) {
        fz_store *store = open_or_fail();
        load_uneven(store, random, captures);
        for (int i = 0; i < steps; i++)
            assert_true(merge_some(store, INT64_MAX, 12));
        assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged = 3"), CAPTURES);
        make_anew(&captures[0], random);
        assert_true(load(store, &captures[0], true));
        assert_sums(captures);
        const int64_t id = load_of(&captures[1]);
        assert_true(store->ops->begin(store, NULL));
        assert_true(fz_merge_take_out(store, id, 0, NULL));
        assert_true(fz_merge_rebuild(store, id, NULL));
        assert_true(store->ops->commit(store, NULL));
        assert_sums(captures);
        assert_true(store->ops->run(store, "UPDATE fz_load SET merged = 0 WHERE source = '1.pcap'", NULL));
        assert_int_equal(merge(store, INT64_MAX, FZ_MERGE_MOST), CAPTURES);
        assert_sums(captures);
        assert_int_equal(ask_number(OWN_ROWS), 0);
        fz_store_close(store);
        remove_files();
    }
}

/* Nine of them would make a sum of more than 63 bits, and then nothing could be merged. */
static void loads_that_claim_too_much_keep_their_rows(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    for (int i = 0; i < 27; i++) {
        fz_record *record = capture.records;
        *record = one_capture(0).records[0];
        (i < 9 ? record->packets : i < 18 ? record->bytes : record->ip_bytes)[i % 2] = UINT64_C(1) << 60;
        g_snprintf(capture.name, sizeof capture.name, "%d.pcap", i);
        assert_true(load(store, &capture, false));
    }
    capture = one_capture(0);
    assert_true(load(store, &capture, false));
    assert_int_equal(merge(store, INT64_MAX, 20), 20);
    assert_int_equal(merge(store, INT64_MAX, 20), 8);
    assert_int_equal(merge(store, INT64_MAX, 20), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged = 2"), 27);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged = 1 AND source = 'a.pcap'"), 1);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE load_id = 0"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 28);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hours"), 28);
    g_snprintf(capture.name, sizeof capture.name, "%d.pcap", 26);
    assert_true(load(store, &capture, true));
    assert_int_equal(merge(store, INT64_MAX, 20), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 28);
    fz_store_close(store);
}

static void views_show_loads_that_keep_their_rows(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    assert_true(load(store, &capture, false));
    capture.records->bytes[0] = UINT64_C(1) << 60;
    g_snprintf(capture.name, sizeof capture.name, "huge.pcap");
    assert_true(load(store, &capture, false));
    assert_int_equal(merge(store, INT64_MAX, 20), 2);
    assert_int_equal(ask_number("SELECT sum(merged) FROM fz_load"), 1 + 2);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hours"), 2);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hosts"), ask_number("SELECT sum(flows) FROM fz_talkers"));
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_talkers"),
                     ask_number("SELECT count(*) + sum(dip <> sip) FROM fz_flow"));
    fz_store_close(store);
}

static void a_load_whose_sum_fits_nothing_is_refused(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    for (capture.count = 0; capture.count < 8; capture.count++) {
        capture.records[capture.count] = one_capture(0).records[0];
        capture.records[capture.count].port[FZ_RESPONDER] = (uint16_t)(capture.count + 1);
        capture.records[capture.count].ip_bytes[capture.count % 2] = UINT64_C(1) << 60;
    }
    assert_false(load(store, &capture, false));
    capture.count = 7;
    assert_true(load(store, &capture, false));
    fz_store_close(store);
}

static void a_replaced_load_leaves_no_row_of_its_own(void **state)
{
    fz_store *store = open_or_fail();
    trace before = one_capture(0), after = one_capture(HOUR_US * 1000);

    (void)state;
    assert_true(load(store, &before, false));
    assert_int_equal(merge(store, INT64_MAX, 10), 1);
    assert_true(load(store, &after, true));
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour WHERE hour = 0"), 0);
    assert_int_equal(merge(store, INT64_MAX, 10), 1);
    assert_true(load(store, &before, true));
    assert_int_equal(merge(store, INT64_MAX, 10), 1); /* the hour of `before` is merged again */
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE hour = 0"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour WHERE hour = 0"), 1);
    fz_store_close(store);
}

static void a_load_without_details_cannot_be_taken_out(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    assert_true(load(store, &capture, false));
    assert_int_equal(merge(store, INT64_MAX, 10), 1);
    assert_true(store->ops->run(store, "UPDATE fz_load SET dropped = 3", NULL));
    load(store, &capture, true);
    assert_int_equal(load_of(&capture), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 1);
    fz_store_close(store);
}

static void assert_taken_out(fz_store *store, const char *state, unsigned refuses, bool refused)
{
    g_autofree char *sql = g_strconcat("UPDATE fz_load SET ", state, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(store->ops->run(store, sql, NULL));
    assert_true(store->ops->begin(store, NULL));
    assert_int_equal(fz_merge_take_out(store, 1, refuses, &error), !refused);
    assert_int_equal(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED), refused);
    store->ops->rollback(store);
}

static void details_that_are_gone_or_going_are_an_error_of_their_own(void **state)
{
    static const struct {
        const char *is;
        bool refused, is_kept; /* to who has new zones for it; to who would replace it */
    } cases[] = {
        {"dropped = 0, dropping = 0", false, false}, {"dropped = 0, dropping = 1", false, false},
        {"dropped = 1, dropping = 0", false, false}, {"dropped = 1, dropping = 2", true, true},
        {"dropped = 3, dropping = 0", true, true},   {"dropped = 3, dropping = 4", true, true},
        {"dropped = 7, dropping = 0", true, true},   {"dropped = 7, dropping = 8", true, true},
        {"dropped = 15, dropping = 0", true, true},  {"dropped = 0, dropping = 8", false, true},
        {"dropped = 8, dropping = 0", false, true},  {"dropped = 9, dropping = 2", true, true},
        {"dropped = 9, dropping = 0", false, true},  {"dropped = 8, dropping = 1", false, true},
        {"dropped = 11, dropping = 0", true, true},
    };
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    assert_true(load(store, &capture, false));
    for (int merged = 0; merged < 4; merged++) {
        g_autofree char *sql = g_strdup_printf("UPDATE fz_load SET merged = %d", merged);
        assert_true(store->ops->run(store, sql, NULL));
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            assert_taken_out(store, cases[i].is, FZ_DROPPED_FLOWS, cases[i].refused);
            assert_taken_out(store, cases[i].is, FZ_LEDGER_KEEPS, cases[i].is_kept);
        }
    }
    fz_store_close(store);
}

/* Hours that were dropped do not come back, with a minus, when a load of theirs is replaced. */
static void hours_that_are_gone_are_not_taken_off(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0), other = one_capture(0), late = one_capture(0);

    (void)state;
    g_snprintf(late.name, sizeof late.name, "late.pcap");
    for (size_t i = 0; i < RECORDS_MOST; i++) {
        capture.records[i] = capture.records[0];
        capture.records[i].start_us = (int64_t)i * HOUR_US;
        capture.records[i].end_us = capture.records[i].start_us + 1;
    }
    capture.count = RECORDS_MOST;
    g_snprintf(other.name, sizeof other.name, "b.pcap");
    assert_true(load(store, &capture, false));
    assert_true(load(store, &other, false));
    assert_int_equal(merge(store, INT64_MAX, 10), 2);
    assert_true(store->ops->run(store, "DELETE FROM fz_hour WHERE load_id = 0 AND hour < 86400", NULL));
    assert_true(store->ops->run(store, "UPDATE fz_load SET dropped = 8 WHERE load_id = 1", NULL));
    assert_true(store->ops->run(store, "UPDATE fz_load SET dropping = 8 WHERE load_id = 2", NULL));
    assert_true(load(store, &late, false));
    assert_int_equal(merge(store, INT64_MAX, 10), 1);
    assert_true(store->ops->begin(store, NULL));
    assert_true(fz_merge_take_out(store, 1, FZ_DROPPED_FLOWS, NULL));
    assert_true(store->ops->commit(store, NULL));
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE hour < 86400"), 1);
    assert_int_equal(ask_number("SELECT min(flows) FROM fz_hour WHERE hour < 86400"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_day"), 2);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_host_day"), 2);
    assert_true(store->ops->run(store, "DELETE FROM fz_hour", NULL));
    assert_true(store->ops->begin(store, NULL));
    assert_true(fz_merge_take_out(store, 2, FZ_DROPPED_FLOWS, NULL));
    assert_true(store->ops->commit(store, NULL));
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour"), 0);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_day"), 1);
    fz_store_close(store);
}

static void a_merge_does_not_wait(void **state)
{
    fz_store *holder = open_or_fail(), *store = open_or_fail();
    trace capture = one_capture(0);
    g_autoptr(GError) error = NULL;
    size_t loads;

    (void)state;
    assert_true(load(store, &capture, false));
    assert_true(holder->ops->begin(holder, NULL));
    assert_false(fz_merge(store, INT64_MAX, 10, &loads, &error));
    assert_true(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY));
    holder->ops->rollback(holder);
    assert_int_equal(merge(store, INT64_MAX, 10), 1);
    fz_store_close(store);
    fz_store_close(holder);
}

/* More hours than are looked at one by one, and centuries between them. */
static void clocks_that_were_wrong_are_merged_too(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    for (int i = 0; i < 6; i++) {
        g_snprintf(capture.name, sizeof capture.name, "%d.pcap", i);
        capture.count = RECORDS_MOST;
        for (int j = 0; j < RECORDS_MOST; j++) {
            capture.records[j] = capture.records[0];
            capture.records[j].start_us = (i - 3) * INT64_C(1000000000000000000) + INT64_C(500) * j * (i + 1) * HOUR_US;
            capture.records[j].end_us = capture.records[j].start_us;
        }
        assert_true(load(store, &capture, false));
    }
    assert_int_equal(merge(store, INT64_MAX, 10), 6);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE load_id = 0"), 6 * RECORDS_MOST);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 6 * RECORDS_MOST);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_day"), 6 * RECORDS_MOST);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_host_day"), 6 * RECORDS_MOST);
    fz_store_close(store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(loads_that_claim_too_much_keep_their_rows),
        TEST(views_show_loads_that_keep_their_rows),
        TEST(a_load_whose_sum_fits_nothing_is_refused),
        TEST(loads_of_one_hour_become_one_row),
        TEST(rows_are_merged_in_steps),
        TEST(a_load_that_is_merged_in_part_is_as_any),
        TEST(a_replaced_load_leaves_no_row_of_its_own),
        TEST(a_load_without_details_cannot_be_taken_out),
        TEST(details_that_are_gone_or_going_are_an_error_of_their_own),
        TEST(hours_that_are_gone_are_not_taken_off),
        TEST(a_merge_does_not_wait),
        TEST(clocks_that_were_wrong_are_merged_too),
        TEST(sums_stay_those_of_the_captures_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
