/* Merged sums against the captures themselves: loads, growth, replacement, merges and processes that are killed, in any
 * order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "merge.h"

#include "ledger.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 14, CAPTURES = 6, RECORDS_MOST = 40 };

/* As many as a run of all tests has time for. */
#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 15 };
#else
enum { ROUNDS = 50 };
#endif

#define HOUR_US INT64_C(3600000000)

static char *folder, *path, *address;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-merge-XXXXXX", NULL);
    path = g_build_filename(folder, "net.db", NULL);
    address = g_strconcat("sqlite:", path, NULL);
    return !folder;
}

static void remove_files(void)
{
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);

    g_unlink(journal);
    g_unlink(path);
}

static int remove_folder(void **state)
{
    (void)state;
    remove_files();
    int left = g_rmdir(folder);
    g_free(folder);
    g_free(path);
    g_free(address);
    return left;
}

static fz_store *open_or_fail(void)
{
    const fz_patience patience = {.seconds = 60};
    g_autoptr(GError) error = NULL;
    fz_store *store = fz_store_open(address, &patience, &error);

    if (!store)
        fail_msg("%s", error->message);
    return store;
}

/* A capture, as it is and as the store has it: how many of its records, and of which edition. */
typedef struct trace {
    char name[16];
    const char *sensor, *location;
    fz_record records[RECORDS_MOST];
    size_t count;
} trace;

typedef struct capture_feed {
    fz_feed feed;
    fz_run run;
    fz_totals totals;
    const trace *capture;
    bool given;
} capture_feed;

static ssize_t give(fz_feed *base, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    capture_feed *feed = (capture_feed *)base;
    const size_t count = feed->given ? 0 : feed->capture->count;

    (void)error;
    assert_true(most >= count);
    *kind = FZ_ROW_FLOW;
    memcpy(rows, feed->capture->records, count * sizeof *feed->capture->records);
    feed->given = true;
    return (ssize_t)count;
}

static const fz_totals *totals_of(fz_feed *base)
{
    return &((capture_feed *)base)->totals;
}

static const char *no_digest(fz_feed *base)
{
    (void)base;
    return NULL;
}

static char texts[2][8] = {"one", "two"};
static const fz_zone zone_rows[] = {
    {.prefix = {.addr = {.family = FZ_IPV4, .bytes = {10}}, .length = 8},
     .location = texts[0],
     .number = texts[0],
     .name = texts[0]},
    {.prefix = {.addr = {.family = FZ_IPV4, .bytes = {11}}, .length = 8},
     .location = texts[1],
     .number = texts[1],
     .name = texts[1]},
};
static const fz_zones zones = {.rows = zone_rows, .count = G_N_ELEMENTS(zone_rows)};

/* The frames of a capture only ever grow in number, so that more of it replaces less. */
static bool load(fz_store *store, const trace *capture, bool replace)
{
    capture_feed feed = {.capture = capture};
    fz_ledger_result result;
    g_autoptr(GError) error = NULL;

    fz_run_init(&feed.run);
    g_free(feed.run.source);
    g_free(feed.run.sensor);
    g_free(feed.run.location);
    feed.run.source = g_strdup(capture->name);
    feed.run.sensor = g_strdup(capture->sensor);
    feed.run.location = g_strdup(capture->location);
    feed.totals =
        (fz_totals){.counted = {.frames = capture->count, .bytes = capture->count}, .records = capture->count};
    feed.feed = (fz_feed){.run = &feed.run, .zones = &zones, .next = give, .totals = totals_of, .digest = no_digest};
    bool done = fz_ledger_load(store, &feed.feed, replace, &result, &error);
    if (!done)
        print_message("%s\n", error->message);
    fz_ledger_result_clear(&result);
    fz_run_clear(&feed.run);
    return done;
}

static uint64_t random_below(GRand *random, int32_t limit)
{
    return (uint64_t)g_rand_int_range(random, 0, limit);
}

/* Some hours before and after 1970, and some of a few days much later. */
static int64_t random_time(GRand *random)
{
    const int64_t base = g_rand_boolean(random) ? 0 : INT64_C(1780000000) * 1000000;

    return base + g_rand_int_range(random, -30, 30) * HOUR_US + g_rand_int_range(random, 0, 3) * (HOUR_US / 2) -
           g_rand_int_range(random, 0, 2);
}

static fz_record random_record(GRand *random)
{
    fz_record record = {
        .start_us = random_time(random),
        .protocol = g_rand_boolean(random) ? 6 : 17,
        .family = random_below(random, 4) ? FZ_IPV4 : FZ_IPV6,
        .end_reason = FZ_END_FORCED,
        .opened = (uint8_t)random_below(random, FZ_OPENED_COUNT),
    };

    record.end_us = record.start_us + g_rand_int_range(random, 0, 1000);
    for (int end = 0; end < 2; end++) {
        record.port[end] = (uint16_t)random_below(random, 3);
        record.zone[end] = (uint32_t)random_below(random, 3);
        record.addr[end][0] = (uint8_t)random_below(random, 3);
        record.packets[end] = random_below(random, 5);
        record.bytes[end] = random_below(random, 5) << 40;
        record.ip_bytes[end] = random_below(random, 5);
    }
    return record;
}

static void grow(trace *capture, GRand *random)
{
    const size_t more = 1 + random_below(random, 6);

    for (size_t i = 0; i < more && capture->count < RECORDS_MOST; i++)
        capture->records[capture->count++] = random_record(random);
}

static void make_anew(trace *capture, GRand *random)
{
    static const char *const locations[] = {"", "north", "north "};

    capture->count = 0;
    capture->location = locations[random_below(random, G_N_ELEMENTS(locations))];
    grow(capture, random);
}

/* Adds sums to those of a key. */
static void add_to(GHashTable *sums, char *key, const int64_t *values, size_t count)
{
    int64_t *to = g_hash_table_lookup(sums, key);

    if (!to) {
        to = g_new0(int64_t, count);
        g_hash_table_insert(sums, g_strdup(key), to);
    }
    for (size_t i = 0; i < count; i++)
        to[i] += values[i];
    g_free(key);
}

static int64_t floor_to(int64_t time_us, int64_t unit_us)
{
    int64_t rest = time_us % unit_us;

    return time_us - (rest < 0 ? rest + unit_us : rest);
}

static uint16_t port_of(const fz_record *record)
{
    const uint16_t a = record->port[0], b = record->port[1];
    static const bool server_known[FZ_OPENED_COUNT] = {
        [FZ_OPENED_SYN] = true,      [FZ_OPENED_SYN_ACK] = true, [FZ_OPENED_ICMP] = true,
        [FZ_OPENED_EXPORTER] = true, [FZ_OPENED_PORT] = true,
    };

    return server_known[record->opened] ? b : a && b ? MIN(a, b) : a + b;
}

/* A conversation's sums, by hour and by day. */
static void expect_sums(GHashTable *hours, GHashTable *days, const trace *capture, const fz_record *record)
{
    const int64_t day_us = 24 * HOUR_US;
    const int64_t values[] = {1,
                              (int64_t)record->packets[0],
                              (int64_t)record->packets[1],
                              (int64_t)record->bytes[0],
                              (int64_t)record->bytes[1],
                              (int64_t)record->ip_bytes[0],
                              (int64_t)record->ip_bytes[1]};
    g_autofree char *key = g_strdup_printf("%s|%s|%u|%u|%u", capture->sensor, capture->location, record->zone[0],
                                           record->zone[1], record->protocol);

    add_to(hours,
           g_strdup_printf("%" G_GINT64_FORMAT "|%s|%u", floor_to(record->start_us, HOUR_US) / 1000000, key,
                           port_of(record)),
           values, G_N_ELEMENTS(values));
    add_to(days, g_strdup_printf("%" G_GINT64_FORMAT "|%s", floor_to(record->start_us, day_us) / day_us, key), values,
           G_N_ELEMENTS(values));
}

static void expect_hosts(GHashTable *sums, const trace *capture, const fz_record *record)
{
    const size_t size = fz_family_bits(record->family) / 8;
    const int64_t day_us = 24 * HOUR_US;

    for (int end = 0; end < 2; end++) {
        const bool again = end == 1 && memcmp(record->addr[0], record->addr[1], size) == 0;
        const int64_t values[] = {again ? 0 : 1, (int64_t)record->packets[end], (int64_t)record->packets[1 - end],
                                  (int64_t)record->bytes[end], (int64_t)record->bytes[1 - end]};
        g_autoptr(GString) addr = g_string_new(NULL);
        for (size_t i = 0; i < size; i++)
            g_string_append_printf(addr, "%02X", record->addr[end][i]);
        add_to(sums,
               g_strdup_printf("%" G_GINT64_FORMAT "|%s|%s|%s|%u", floor_to(record->start_us, day_us) / day_us,
                               capture->sensor, capture->location, addr->str, record->zone[end]),
               values, G_N_ELEMENTS(values));
    }
}

/* The sums of a query, whose first column is the key. */
static GHashTable *ask_sums(const char *sql, size_t count)
{
    GHashTable *sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int64_t values[8];
        for (size_t i = 0; i < count; i++)
            values[i] = sqlite3_column_int64(statement, (int)i + 1);
        add_to(sums, g_strdup((const char *)sqlite3_column_text(statement, 0)), values, count);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return sums;
}

static int64_t ask_number(const char *sql)
{
    g_autofree char *keyed = g_strconcat("SELECT '', (", sql, ")", NULL);
    g_autoptr(GHashTable) answer = ask_sums(keyed, 1);

    return *(int64_t *)g_hash_table_lookup(answer, "");
}

#define HOST_SUMS "flows, packets_sent, packets_received, bytes_sent, bytes_received"
static const char hours_sql[] =
    "SELECT hour || '|' || sensor || '|' || location || '|' || sip_zone || '|' || dip_zone || '|' || protocol || '|' "
    "|| "
    "service_port, SUM(flows), SUM(sip_packets), SUM(dip_packets), SUM(sip_bytes), SUM(dip_bytes), SUM(sip_ip_bytes), "
    "SUM(dip_ip_bytes) FROM fz_hour GROUP BY 1";
#define DAY_KEY "sensor || '|' || location || '|' || sip_zone || '|' || dip_zone || '|' || protocol"
#define SUMS "flows, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes"
static const char days_sql[] =
    "SELECT day || '|' || " DAY_KEY ", " SUMS " FROM fz_day UNION ALL "
    "SELECT CAST(floor(hour / 86400.0) AS INTEGER) || '|' || " DAY_KEY ", " SUMS " FROM fz_hour WHERE load_id <> 0";
static const char hosts_sql[] =
    "SELECT day || '|' || sensor || '|' || location || '|' || hex(addr) || '|' || zone, " HOST_SUMS
    " FROM (SELECT day, sensor, location, addr, zone, " HOST_SUMS " FROM fz_host_day UNION ALL "
    "SELECT CAST(floor(hour / 86400.0) AS INTEGER), sensor, location, addr, zone, " HOST_SUMS
    " FROM fz_host JOIN fz_load USING (load_id))";

static void assert_same(GHashTable *expected, GHashTable *found, size_t count)
{
    static const int64_t zero[8];
    GHashTableIter each;
    gpointer key, value;

    g_hash_table_iter_init(&each, expected);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        const int64_t *sums = g_hash_table_lookup(found, key);
        if (!sums)
            sums = zero;
        for (size_t i = 0; i < count; i++)
            if (sums[i] != ((const int64_t *)value)[i])
                fail_msg("%s: sum %zu is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT, (const char *)key, i,
                         sums[i], ((const int64_t *)value)[i]);
        g_hash_table_remove(found, key);
    }
    g_hash_table_iter_init(&each, found); /* removed, and not merged since */
    while (g_hash_table_iter_next(&each, &key, &value))
        if (memcmp(value, zero, count * sizeof *zero) != 0)
            fail_msg("sums of %s", (const char *)key);
}

/* `loaded`: the captures as the store has them; count 0: it does not. */
static void assert_sums(const trace loaded[CAPTURES])
{
    g_autoptr(GHashTable) hours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) days = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) stored_hours = ask_sums(hours_sql, 7), stored_hosts = ask_sums(hosts_sql, 5);
    g_autoptr(GHashTable) stored_days = ask_sums(days_sql, 7);

    for (int i = 0; i < CAPTURES; i++) {
        for (size_t j = 0; j < loaded[i].count; j++) {
            expect_sums(hours, days, &loaded[i], &loaded[i].records[j]);
            expect_hosts(hosts, &loaded[i], &loaded[i].records[j]);
        }
    }
    assert_same(hours, stored_hours, 7);
    assert_same(days, stored_days, 7);
    assert_same(hosts, stored_hosts, 5);
}

static size_t merge(fz_store *store, int64_t before_us, size_t most)
{
    g_autoptr(GError) error = NULL;
    size_t loads;

    if (!fz_merge(store, before_us, most, &loads, &error))
        fail_msg("%s", error->message);
    assert_true(loads <= most);
    return loads;
}

/* What one turn does. */
typedef struct deed {
    bool merges, replaces;
    int which;
    int64_t before_us;
    size_t most;
} deed;

static void take(fz_store *store, const deed *step, const trace *capture)
{
    if (step->merges)
        merge(store, step->before_us, step->most);
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

/* How many records the store has of a capture; the load's number tells editions apart. */
static int64_t load_of(const trace *capture)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT COALESCE(MAX(load_id), 0) FROM fz_load WHERE source = '%s'", capture->name);

    return ask_number(sql);
}

static void turn(trace now[CAPTURES], trace loaded[CAPTURES], GRand *random)
{
    const deed step = {
        .merges = random_below(random, 5) < 2,
        .replaces = g_rand_boolean(random),
        .which = (int)random_below(random, CAPTURES),
        .before_us = random_below(random, 3) ? INT64_MAX : random_time(random),
        .most = 1 + random_below(random, 4),
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
static void assert_all_merged(const trace loaded[CAPTURES])
{
    fz_store *store = open_or_fail();

    while (merge(store, INT64_MAX, FZ_MERGE_MOST) > 0)
        continue;
    fz_store_close(store);
    assert_sums(loaded);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE load_id <> 0"), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_host"), 0);
    assert_int_equal(ask_number("SELECT count(*) FROM fz_load WHERE merged <> 1"), 0);
}

static void prepare(trace captures[CAPTURES])
{
    for (int i = 0; i < CAPTURES; i++) {
        captures[i] = (trace){.sensor = i % 2 ? "east" : "west", .location = ""};
        g_snprintf(captures[i].name, sizeof captures[i].name, "%d.pcap", i);
    }
}

static void sums_stay_those_of_the_captures_whatever_happens(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autofree trace *now = g_new(trace, CAPTURES), *loaded = g_new(trace, CAPTURES);

    (void)state;
    const char *asked = g_getenv("FZ_ROUNDS");
    const int rounds = asked ? atoi(asked) : ROUNDS;
    print_message("seed %u, %d rounds (FZ_ROUNDS)\n", seed, rounds);
    for (int i = 0; i < rounds; i++) {
        prepare(now);
        prepare(loaded);
        fz_store_close(open_or_fail());
        for (int j = 0; j < STEPS; j++)
            turn(now, loaded, random);
        assert_all_merged(loaded);
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

static void assert_taken_out(fz_store *store, const char *state, bool refused)
{
    g_autofree char *sql = g_strconcat("UPDATE fz_load SET ", state, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(store->ops->run(store, sql, NULL));
    assert_true(store->ops->begin(store, NULL));
    assert_int_equal(fz_merge_take_out(store, 1, &error), !refused);
    assert_int_equal(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED), refused);
    store->ops->rollback(store);
}

static void details_that_are_gone_or_going_are_an_error_of_their_own(void **state)
{
    static const struct {
        const char *is;
        bool refused;
    } cases[] = {
        {"dropped = 0, dropping = 0", false}, {"dropped = 0, dropping = 1", false},
        {"dropped = 1, dropping = 0", false}, {"dropped = 1, dropping = 2", true},
        {"dropped = 3, dropping = 0", true},  {"dropped = 3, dropping = 4", true},
        {"dropped = 7, dropping = 0", true},  {"dropped = 7, dropping = 8", true},
        {"dropped = 15, dropping = 0", true}, {"dropped = 0, dropping = 8", false},
        {"dropped = 8, dropping = 0", false}, {"dropped = 9, dropping = 2", true},
        {"dropped = 11, dropping = 0", true},
    };
    fz_store *store = open_or_fail();
    trace capture = one_capture(0);

    (void)state;
    assert_true(load(store, &capture, false));
    for (int merged = 0; merged < 3; merged++) {
        g_autofree char *sql = g_strdup_printf("UPDATE fz_load SET merged = %d", merged);
        assert_true(store->ops->run(store, sql, NULL));
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
            assert_taken_out(store, cases[i].is, cases[i].refused);
    }
    fz_store_close(store);
}

/* Hours that were dropped do not come back, with a minus, when a load of theirs is replaced. */
static void hours_that_are_gone_are_not_taken_off(void **state)
{
    fz_store *store = open_or_fail();
    trace capture = one_capture(0), other = one_capture(0);

    (void)state;
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
    assert_true(store->ops->begin(store, NULL));
    assert_true(fz_merge_take_out(store, 1, NULL));
    assert_true(store->ops->commit(store, NULL));
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour WHERE hour < 86400"), 0);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_hour"), 0);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_day"), 1);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_host_day"), 1);
    assert_true(store->ops->run(store, "DELETE FROM fz_hour", NULL));
    assert_true(store->ops->begin(store, NULL));
    assert_true(fz_merge_take_out(store, 2, NULL));
    assert_true(store->ops->commit(store, NULL));
    assert_int_equal(ask_number("SELECT count(*) FROM fz_hour"), 0);
    assert_int_equal(ask_number("SELECT sum(flows) FROM fz_day"), 0);
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
            capture.records[j].start_us = (i - 3) * INT64_C(1000000000000000000) + j * (i + 1) * 500 * HOUR_US;
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
