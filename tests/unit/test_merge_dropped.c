/* Sums of loads that are being dropped: minutes of groups, days of loads whose sums are too large.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"

#include "store_of_loads.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE_S 60
#define DAY_START_S (DAY_START_US / 1000000)
#define DAY_S 86400
#define HUGE_SUM (UINT64_C(1) << 60)

enum { LOADS = 6, MINUTES = 20, ZONES = 3, ROUNDS = 30 };

static void change(store_of_loads *loads, const char *sql)
{
    g_autoptr(GError) error = NULL;

    if (!loads->store->ops->run(loads->store, sql, &error))
        fail_msg("%s", error->message);
}

static void take_text(const char *const *cells, void *user)
{
    g_string_append_printf(user, "%s%s", ((GString *)user)->len ? " " : "", cells[0]);
}

/* The answer's cells; the caller frees. */
static char *ask_text(store_of_loads *loads, const char *sql)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);

    if (!loads->store->ops->query(loads->store, sql, 1, SIZE_MAX, take_text, text, &error))
        fail_msg("%s: %s", sql, error->message);
    return g_string_free(text, FALSE);
}

static void assert_answer(store_of_loads *loads, const char *expected, const char *sql)
{
    g_autofree char *answer = ask_text(loads, sql);

    assert_string_equal(answer, expected);
}

/* Adds rows of sums to a load, in a transaction of its own. */
static void add_rows(store_of_loads *loads, int64_t load_id, fz_table table, const void *rows, size_t count)
{
    g_autoptr(GError) error = NULL;
    const fz_store_ops *ops = loads->store->ops;

    if (!ops->begin(loads->store, &error) || !ops->add(loads->store, load_id, table, rows, count, &error) ||
        !ops->commit(loads->store, &error))
        fail_msg("%s", error->message);
}

/* Loads of one group, whose numbers are 1 to LOADS, and whose details are being dropped. */
static store_of_loads dropping_loads(void)
{
    store_of_loads loads = store_of_loads_new();
    fz_run run;

    fz_run_init(&run);
    for (int i = 0; i < LOADS; i++)
        add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, 1));
    fz_run_clear(&run);
    change(&loads, "UPDATE fz_load SET dropped = 1, dropping = 2");
    return loads;
}

static bool move_once(store_of_loads *loads, int64_t load_id, int64_t group)
{
    g_autoptr(GError) error = NULL;
    bool more;

    if (!fz_merge_minutes(loads->store, load_id, group, &more, &error))
        fail_msg("%s", error->message);
    return more;
}

static void move_all(store_of_loads *loads, int64_t load_id, int64_t group)
{
    while (move_once(loads, load_id, group))
        continue;
}

static const char minutes_sql[] = "SELECT minute || '/' || from_zone || '/' || to_zone || '/' || SUM(packets) || '/' "
                                  "|| SUM(bytes) FROM fz_minute GROUP BY minute, from_zone, to_zone ORDER BY 1";

/* Several rows of a minute, as a load with more of them than fit into memory has. */
static void add_random_minutes(store_of_loads *loads, int64_t load_id, GRand *random)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(fz_minute_sum));

    for (int64_t minute = 0; minute < MINUTES; minute++) {
        for (uint32_t zones = 0; zones < ZONES * ZONES; zones++) {
            const fz_minute_sum row = {
                .minute = DAY_START_S + minute * MINUTE_S,
                .zone = {zones / ZONES, zones % ZONES},
                .part = (uint32_t)g_rand_int_range(random, 0, 3),
                .packets = (uint64_t)g_rand_int_range(random, 1, 100),
                .bytes = (uint64_t)g_rand_int(random),
            };
            if (g_rand_boolean(random))
                g_array_append_val(rows, row);
        }
    }
    add_rows(loads, load_id, FZ_TABLE_MINUTE, rows->data, rows->len);
}

static void move_and_die(store_of_loads *loads, int64_t load_id, int64_t group, GRand *random)
{
    const gulong after_us = (gulong)g_rand_int_range(random, 0, 4000);
    const pid_t child = fork();

    if (child == 0) {
        store_of_loads again = *loads;
        g_autofree char *address = g_strconcat("sqlite:", loads->path, NULL);
        const fz_patience patience = {.seconds = 60};
        again.store = fz_store_open(address, &patience, NULL);
        move_all(&again, load_id, group);
        _exit(0);
    }
    g_usleep(after_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void minutes_are_the_same_in_groups(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < ROUNDS; round++) {
        store_of_loads loads = dropping_loads();
        for (int64_t id = 1; id <= LOADS; id++)
            add_random_minutes(&loads, id, random);
        g_autofree char *before = ask_text(&loads, minutes_sql);
        for (int64_t id = 1; id <= LOADS; id++) {
            const int64_t group = id > LOADS / 2 && round % 2 ? LOADS / 2 + 1 : 1;
            if (round % 3 == 0)
                move_and_die(&loads, id, group, random);
            assert_answer(&loads, before, minutes_sql);
            move_all(&loads, id, group);
            assert_answer(&loads, before, minutes_sql);
        }
        assert_answer(&loads, "0", "SELECT COUNT(*) FROM fz_minute WHERE load_id <> 0");
        assert_answer(&loads, round % 2 ? "1 4" : "1", "SELECT DISTINCT part FROM fz_minute ORDER BY part");
        store_of_loads_free(&loads);
    }
}

static void add_minutes(store_of_loads *loads, int64_t load_id, int64_t minute, uint32_t count)
{
    g_autofree fz_minute_sum *rows = g_new0(fz_minute_sum, count);

    for (uint32_t i = 0; i < count; i++)
        rows[i] = (fz_minute_sum){
            .minute = DAY_START_S + minute * MINUTE_S, .zone = {i / 1000, i % 1000}, .packets = 1, .bytes = 60};
    add_rows(loads, load_id, FZ_TABLE_MINUTE, rows, count);
}

static void many_minutes_move_in_steps(void **state)
{
    store_of_loads loads = dropping_loads();

    (void)state;
    for (int64_t minute = 0; minute < 3; minute++)
        add_minutes(&loads, 1, minute, FZ_MERGE_MINUTES / 2);
    add_minutes(&loads, 1, 3, FZ_MERGE_MINUTES + 1);
    assert_true(move_once(&loads, 1, 2));
    assert_answer(&loads, "0 60", "SELECT DISTINCT minute % 3600 FROM fz_minute WHERE load_id = 0 ORDER BY minute");
    assert_true(move_once(&loads, 1, 2));
    assert_answer(&loads, "180", "SELECT DISTINCT minute % 3600 FROM fz_minute WHERE load_id = 1 ORDER BY minute");
    move_all(&loads, 1, 2);
    assert_answer(&loads, "0", "SELECT COUNT(*) FROM fz_minute WHERE load_id <> 0");
    assert_answer(&loads, "50001", "SELECT COUNT(*) FROM fz_minute WHERE part = 2");
    store_of_loads_free(&loads);
}

static void minutes_of_other_loads_stay(void **state)
{
    store_of_loads loads = dropping_loads();

    (void)state;
    add_minutes(&loads, 1, 0, 5);
    add_minutes(&loads, 2, 0, 5);
    change(&loads, "UPDATE fz_load SET dropping = 0 WHERE load_id = 1");
    move_all(&loads, 1, 1);
    assert_answer(&loads, "10", "SELECT COUNT(*) FROM fz_minute WHERE load_id <> 0");
    move_all(&loads, 99, 1);
    move_all(&loads, 2, 2);
    assert_answer(&loads, "1 1 1 1 1", "SELECT load_id FROM fz_minute WHERE load_id <> 0");
    store_of_loads_free(&loads);
}

/* Nine of them would make a sum of more than 63 bits. */
static void minutes_that_are_too_large_are_not_added_up(void **state)
{
    store_of_loads loads = dropping_loads();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    for (int i = LOADS; i < 12; i++)
        add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, 1));
    fz_run_clear(&run);
    change(&loads, "UPDATE fz_load SET dropped = 1, dropping = 2");
    for (int64_t id = 1; id <= 12; id++) {
        const fz_minute_sum row = {.minute = DAY_START_S, .packets = 1, .bytes = id > 9 ? 60 : HUGE_SUM};
        add_rows(&loads, id, FZ_TABLE_MINUTE, &row, 1);
        move_all(&loads, id, 12);
    }
    assert_answer(&loads, "12", "SELECT SUM(packets) FROM fz_minute WHERE load_id = 0");
    assert_answer(&loads, "180", "SELECT bytes FROM fz_minute WHERE part = 12");
    assert_answer(&loads, "10", "SELECT COUNT(*) FROM fz_minute");
    store_of_loads_free(&loads);
}

static void nothing_waits(void **state)
{
    store_of_loads loads = dropping_loads();
    const fz_patience patience = {.seconds = 60};
    g_autofree char *address = g_strconcat("sqlite:", loads.path, NULL);
    fz_store *holder = fz_store_open(address, &patience, NULL);
    g_autoptr(GError) minutes = NULL, own = NULL;
    bool more = true;
    int64_t hours;

    (void)state;
    add_minutes(&loads, 1, 0, 5);
    assert_true(holder->ops->begin(holder, NULL));
    assert_false(fz_merge_minutes(loads.store, 1, 1, &more, &minutes));
    assert_true(g_error_matches(minutes, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY));
    assert_false(more);
    assert_false(fz_merge_own(loads.store, 1, DAY_START_S, &hours, &own));
    assert_true(g_error_matches(own, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY));
    holder->ops->rollback(holder);
    move_all(&loads, 1, 1);
    assert_answer(&loads, "5", "SELECT COUNT(*) FROM fz_minute WHERE load_id = 0");
    fz_store_close(holder);
    store_of_loads_free(&loads);
}

/* A conversation of a load: its detail, and its sums. */
static void add_conversation(store_of_loads *loads, int64_t load_id, int64_t hour, uint64_t bytes)
{
    const fz_record record = {.start_us = DAY_START_US + hour * HOUR_US,
                              .end_us = DAY_START_US + hour * HOUR_US,
                              .bytes = {bytes, 0},
                              .family = FZ_IPV4,
                              .protocol = 6,
                              .end_reason = FZ_END_FORCED};
    const fz_hour sums = {.hour = DAY_START_S + hour * 3600,
                          .sensor = "",
                          .location = "",
                          .protocol = 6,
                          .flows = 1,
                          .bytes = {bytes, 0}};
    const fz_host host = {.hour = DAY_START_S + hour * 3600, .family = FZ_IPV4, .flows = 1, .bytes = {bytes, bytes}};
    g_autoptr(GError) error = NULL;
    const fz_store_ops *ops = loads->store->ops;

    if (!ops->begin(loads->store, &error) || !ops->rows(loads->store, load_id, (uint64_t)hour, &record, 1, &error) ||
        !ops->commit(loads->store, &error))
        fail_msg("%s", error->message);
    add_rows(loads, load_id, FZ_TABLE_HOUR, &sums, 1);
    add_rows(loads, load_id, FZ_TABLE_HOST, &host, 1);
}

static void merge_all(store_of_loads *loads)
{
    g_autoptr(GError) error = NULL;
    size_t merged;

    do
        if (!fz_merge(loads->store, INT64_MAX, 2, &merged, &error))
            fail_msg("%s", error->message);
    while (merged > 0);
}

static int64_t drop_own_day(store_of_loads *loads, int64_t load_id, int64_t before_s)
{
    g_autoptr(GError) error = NULL;
    int64_t hours;

    if (!fz_merge_own(loads->store, load_id, before_s, &hours, &error))
        fail_msg("%s", error->message);
    return hours;
}

static void drop_own_hours(store_of_loads *loads, int64_t load_id)
{
    while (drop_own_day(loads, load_id, DAY_START_S + DAY_S) > 0)
        continue;
}

/* Twelve loads of an hour, of which nine have sums that are never added to others. */
static store_of_loads huge_loads(void)
{
    store_of_loads loads = store_of_loads_new();
    fz_run run;

    fz_run_init(&run);
    for (int64_t id = 1; id <= 12; id++) {
        add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, 1));
        add_conversation(&loads, id, 1, id > 3 ? HUGE_SUM : 60);
    }
    fz_run_clear(&run);
    return loads;
}

static void own_days_are_never_added_to_others(void **state)
{
    store_of_loads loads = huge_loads();

    (void)state;
    merge_all(&loads);
    assert_answer(&loads, "1 3", "SELECT COUNT(*) FROM fz_day UNION ALL SELECT SUM(flows) FROM fz_day");
    for (int64_t id = 1; id <= 12; id++)
        drop_own_hours(&loads, id);
    assert_answer(&loads, "1 2", "SELECT DISTINCT merged FROM fz_load ORDER BY merged");
    assert_answer(&loads, "0", "SELECT COUNT(*) FROM fz_host");
    assert_answer(&loads, "3", "SELECT SUM(flows) FROM fz_hour");
    assert_answer(&loads, "12", "SELECT SUM(flows) FROM fz_day");
    assert_answer(&loads, "12", "SELECT SUM(flows) FROM fz_host_day");
    change(&loads,
           "INSERT INTO fz_hour (load_id, hour, sensor, location, sip_zone, dip_zone, protocol, service_port, part, "
           "flows, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes) "
           "SELECT 1, hour, sensor, location, sip_zone, dip_zone, protocol, service_port, 0, 1, 0, 0, 60, 0, 0, 0 "
           "FROM fz_hour");
    change(&loads, "UPDATE fz_load SET merged = 0 WHERE load_id = 1");
    merge_all(&loads); /* the day again */
    assert_answer(&loads, "10", "SELECT COUNT(*) FROM fz_day");
    assert_answer(&loads, "13", "SELECT SUM(flows) FROM fz_day");
    assert_answer(&loads, "240", "SELECT SUM(sip_bytes) FROM fz_day WHERE part < 100");
    store_of_loads_free(&loads);
}

static void own_days_are_taken_out_whole(void **state)
{
    store_of_loads loads = huge_loads();

    (void)state;
    merge_all(&loads);
    for (int64_t id = 4; id <= 12; id++)
        drop_own_hours(&loads, id);
    assert_true(loads.store->ops->begin(loads.store, NULL));
    for (int64_t id = 3; id <= 12; id++)
        assert_true(fz_merge_take_out(loads.store, id, FZ_DROPPED_FLOWS, NULL));
    assert_true(loads.store->ops->commit(loads.store, NULL));
    assert_answer(&loads, "2", "SELECT SUM(flows) FROM fz_day");
    assert_answer(&loads, "2", "SELECT SUM(flows) FROM fz_hour");
    assert_answer(&loads, "2", "SELECT SUM(flows) FROM fz_host_day");
    assert_answer(&loads, "0", "SELECT COUNT(*) FROM fz_day WHERE part > 100");
    assert_answer(&loads, "0", "SELECT COUNT(*) FROM fz_host_day WHERE part > 100");
    store_of_loads_free(&loads);
}

/* A load of three days: each of its hours is its own, or of a day that is, whenever the midnight is. */
static void own_hours_after_a_midnight_stay(void **state)
{
    static const char all[] =
        "SELECT (SELECT SUM(flows) FROM fz_day) || ' ' || (SELECT COUNT(*) FROM fz_hour) || ' ' || "
        "(SELECT SUM(flows) FROM fz_host_day) || ' ' || (SELECT COUNT(*) FROM fz_host)";
    store_of_loads loads = store_of_loads_new();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + 60 * HOUR_US, 1));
    fz_run_clear(&run);
    for (int64_t hour = 1; hour < 60; hour += 12) /* two, two and one */
        add_conversation(&loads, 1, hour, HUGE_SUM);
    merge_all(&loads);
    assert_int_equal(drop_own_day(&loads, 1, DAY_START_S), 0);
    assert_int_equal(drop_own_day(&loads, 1, DAY_START_S + 2 * DAY_S), 2);
    assert_answer(&loads, "2 3 2 3", all);
    assert_int_equal(drop_own_day(&loads, 1, DAY_START_S + DAY_S), 0);
    assert_int_equal(drop_own_day(&loads, 1, DAY_START_S + 2 * DAY_S), 2);
    assert_answer(&loads, "4 1 4 1", all);
    assert_int_equal(drop_own_day(&loads, 1, DAY_START_S + 2 * DAY_S), 0);
    assert_answer(&loads, "176400", "SELECT hour - (SELECT MIN(day) FROM fz_day) * 86400 FROM fz_hour");
    assert_answer(&loads, "2", "SELECT merged FROM fz_load");
    assert_true(loads.store->ops->begin(loads.store, NULL));
    assert_true(fz_merge_take_out(loads.store, 1, FZ_DROPPED_FLOWS, NULL));
    assert_true(loads.store->ops->commit(loads.store, NULL));
    assert_answer(&loads, "0 0", "SELECT COUNT(*) FROM fz_day UNION ALL SELECT COUNT(*) FROM fz_host_day");
    assert_answer(&loads, "1", "SELECT COUNT(*) FROM fz_hour");
    store_of_loads_free(&loads);
}

static int64_t drop_merged(store_of_loads *loads, int64_t before_s, int64_t most)
{
    g_autoptr(GError) error = NULL;
    int64_t hours;

    if (!fz_merge_drop_hours(loads->store, before_s, most, &hours, &error))
        fail_msg("%s", error->message);
    return hours;
}

/* Merged hours go up to the day of a load that is not marked, and no further. */
static void hours_of_loads_that_are_not_marked_stay(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    for (int64_t day = 0; day < 3; day++) {
        const int64_t begin_us = DAY_START_US + (24 * day + 1) * HOUR_US;
        add_load(&loads, load_row(&run, begin_us, begin_us + 5 * HOUR_US, 1));
        add_conversation(&loads, day + 1, 24 * day + 1, 60);
        add_conversation(&loads, day + 1, 24 * day + 5, 60);
    }
    fz_run_clear(&run);
    merge_all(&loads);
    change(&loads, "UPDATE fz_load SET records = 2");
    assert_int_equal(drop_merged(&loads, DAY_START_S + 3 * DAY_S, 100), 0);
    change(&loads, "UPDATE fz_load SET dropping = 8 WHERE load_id <> 2");
    assert_int_equal(drop_merged(&loads, DAY_START_S, 100), 0);
    assert_int_equal(drop_merged(&loads, DAY_START_S + 3 * DAY_S, 4), 1);
    assert_int_equal(drop_merged(&loads, DAY_START_S + 3 * DAY_S, 100), 1);
    assert_int_equal(drop_merged(&loads, DAY_START_S + 3 * DAY_S, 100), 0);
    change(&loads, "UPDATE fz_load SET dropping = 2 WHERE load_id = 2");
    assert_int_equal(drop_merged(&loads, DAY_START_S + 3 * DAY_S, 100), 0);
    change(&loads, "UPDATE fz_load SET dropping = 0, dropped = 9 WHERE load_id = 2");
    assert_int_equal(drop_merged(&loads, DAY_START_S + 2 * DAY_S, 100), 2);
    assert_answer(&loads, "2", "SELECT COUNT(*) FROM fz_hour");
    assert_answer(&loads, "6", "SELECT SUM(flows) FROM fz_day");
    store_of_loads_free(&loads);
}

/* Whoever stayed connected through an upgrade merges no more, and takes nothing out. */
static void a_store_that_was_upgraded_is_left_alone(void **state)
{
    store_of_loads loads = huge_loads();
    g_autoptr(GError) of_merge = NULL, of_hours = NULL, of_load = NULL;
    size_t merged;
    int64_t hours;

    (void)state;
    merge_all(&loads);
    change(&loads, "UPDATE fz_load SET merged = 0 WHERE load_id = 4");
    change(&loads, "UPDATE fz_meta SET schema_version = schema_version + 1");
    assert_false(fz_merge(loads.store, INT64_MAX, 2, &merged, &of_merge));
    assert_true(g_error_matches(of_merge, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA));
    assert_false(fz_merge_drop_hours(loads.store, DAY_START_S + DAY_S, 1, &hours, &of_hours));
    assert_true(g_error_matches(of_hours, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA));
    assert_true(loads.store->ops->begin(loads.store, NULL));
    assert_false(fz_merge_take_out(loads.store, 1, FZ_DROPPED_FLOWS, &of_load));
    assert_true(g_error_matches(of_load, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA));
    loads.store->ops->rollback(loads.store);
    store_of_loads_free(&loads);
}

/* What is claimed for the whole capture counts too. */
static void a_load_that_claims_too_much_is_told_apart(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, UINT64_C(1) << 50));
    add_load(&loads, load_row(&run, DAY_START_US, DAY_START_US + HOUR_US, 1));
    fz_run_clear(&run);
    add_conversation(&loads, 1, 1, 60);
    add_conversation(&loads, 2, 1, 60);
    merge_all(&loads);
    assert_answer(&loads, "2 1", "SELECT merged FROM fz_load ORDER BY load_id");
    assert_answer(&loads, "1", "SELECT SUM(flows) FROM fz_day");
    drop_own_hours(&loads, 1);
    assert_answer(&loads, "2", "SELECT SUM(flows) FROM fz_day");
    store_of_loads_free(&loads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_are_the_same_in_groups),
        cmocka_unit_test(many_minutes_move_in_steps),
        cmocka_unit_test(minutes_of_other_loads_stay),
        cmocka_unit_test(minutes_that_are_too_large_are_not_added_up),
        cmocka_unit_test(nothing_waits),
        cmocka_unit_test(own_days_are_never_added_to_others),
        cmocka_unit_test(own_days_are_taken_out_whole),
        cmocka_unit_test(own_hours_after_a_midnight_stay),
        cmocka_unit_test(a_store_that_was_upgraded_is_left_alone),
        cmocka_unit_test(hours_of_loads_that_are_not_marked_stay),
        cmocka_unit_test(a_load_that_claims_too_much_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
