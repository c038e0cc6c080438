/* Retention against the captures themselves: loads, growth, replacement, merges, retention, and processes that are
 * killed before any statement, in any order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain.h"

#include "coverage.h"
#include "ledger.h"
#include "merge.h"
#include "sqlite_statement.h"
#include "tier.h"
#include "verify.h"

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

enum { TURNS = 14, CAPTURES = 8, RECORDS_MOST = 30, STEPS = 30, SUMS = 7, HUGE_ONE_IN = 8 };
#define HUGE_BYTES (INT64_C(1) << 47)
#define HUGE_PACKETS (INT64_C(1) << 32)

/* As many as a run of all tests has time for. */
#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 6, STRIDE = 5 };
#else
enum { ROUNDS = 30, STRIDE = 1 };
#endif

#define HOUR_US INT64_C(3600000000)
#define DAY_US (24 * HOUR_US)
/* 2026-11-24 12:00 UTC. */
#define NOON_US INT64_C(1795521600000000)

static char *folder, *path, *address;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-retain-XXXXXX", NULL);
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

static fz_store *open_for(fz_access access)
{
    const fz_patience patience = {.seconds = 60};
    g_autoptr(GError) error = NULL;
    fz_store *store = fz_store_open_for(address, access, &patience, &error);

    if (!store)
        fail_msg("%s", error->message);
    return store;
}

/* A capture, as it is and as the store has it. A record is of one frame, one packet and one minute. */
typedef struct trace {
    char name[16];
    const char *sensor;
    int64_t begin_us, step_us; /* a record begins so many steps after it */
    bool huge;                 /* too large for its sums to be merged, and without packets */
    fz_record records[RECORDS_MOST];
    size_t count;
} trace;

typedef struct capture_feed {
    fz_feed feed;
    fz_run run;
    fz_totals totals;
    const trace *capture;
    int given; /* kinds */
} capture_feed;

static fz_minute minute_of(const fz_record *record)
{
    const int64_t second = record->start_us / 1000000;

    return (fz_minute){.minute = second - second % 60,
                       .zone = {record->zone[0], record->zone[1]},
                       .packets = record->packets[0],
                       .bytes = record->bytes[0]};
}

static fz_packet_row packet_of(const fz_record *record, size_t number)
{
    return (fz_packet_row){.frame = number + 1,
                           .time_us = record->start_us,
                           .bytes = (uint32_t)record->bytes[0],
                           .family = FZ_IPV4,
                           .zone = {record->zone[0], record->zone[1]}};
}

static ssize_t give(fz_feed *base, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    capture_feed *feed = (capture_feed *)base;
    const trace *capture = feed->capture;

    (void)error;
    assert_true(most >= capture->count);
    if (feed->given == FZ_ROW_KINDS || (capture->huge && feed->given == FZ_ROW_PACKET))
        return 0;
    *kind = (fz_row_kind)feed->given++;
    for (size_t i = 0; i < capture->count; i++) {
        if (*kind == FZ_ROW_FLOW)
            ((fz_record *)rows)[i] = capture->records[i];
        else if (*kind == FZ_ROW_MINUTE)
            ((fz_minute *)rows)[i] = minute_of(&capture->records[i]);
        else
            ((fz_packet_row *)rows)[i] = packet_of(&capture->records[i], i);
    }
    return (ssize_t)capture->count;
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

static void load(fz_store *store, const trace *capture, bool replace)
{
    capture_feed feed = {.capture = capture};
    fz_ledger_result result;
    g_autoptr(GError) error = NULL;

    fz_run_init(&feed.run);
    g_free(feed.run.source);
    g_free(feed.run.sensor);
    feed.run.source = g_strdup(capture->name);
    feed.run.sensor = g_strdup(capture->sensor);
    feed.run.first_us = capture->begin_us;
    feed.run.first_bytes = 60;
    feed.run.minutes = true;
    feed.run.packets = !capture->huge;
    feed.totals = (fz_totals){
        .records = capture->count, .packets = capture->huge ? 0 : capture->count, .minutes = capture->count};
    for (size_t i = 0; i < capture->count; i++) {
        feed.totals.counted.frames += capture->records[i].packets[0];
        feed.totals.counted.bytes += capture->records[i].bytes[0];
    }
    feed.feed = (fz_feed){.run = &feed.run, .zones = &zones, .next = give, .totals = totals_of, .digest = no_digest};
    if (!fz_ledger_load(store, &feed.feed, replace, &result, &error) &&
        !g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED))
        fail_msg("%s", error->message);
    fz_ledger_result_clear(&result);
    fz_run_clear(&feed.run);
}

static int64_t random_below(GRand *random, int32_t limit)
{
    return g_rand_int_range(random, 0, limit);
}

/* The first record is the first frame, so that a capture which is made anew has the same identity. */
static void grow(trace *capture, GRand *random)
{
    const int64_t more = 1 + random_below(random, 6);

    for (int64_t i = 0; i < more && capture->count < RECORDS_MOST; i++) {
        fz_record record = {
            .start_us = capture->begin_us + (capture->count ? random_below(random, STEPS) * capture->step_us : 0),
            .protocol = g_rand_boolean(random) ? 6 : 17,
            .family = FZ_IPV4,
            .end_reason = FZ_END_FORCED,
            .packets = {capture->huge ? HUGE_PACKETS : 1, 0},
            .bytes = {(uint64_t)(60 + random_below(random, 1000)) + (capture->huge ? HUGE_BYTES : 0), 0},
            .ip_bytes = {46, 0},
        };
        record.end_us = record.start_us;
        for (int end = 0; end < 2; end++) {
            record.zone[end] = (uint32_t)random_below(random, 3);
            record.addr[end][0] = (uint8_t)random_below(random, 3);
            record.port[end] = (uint16_t)random_below(random, 3);
        }
        capture->records[capture->count++] = record;
    }
}

static void prepare(trace captures[CAPTURES])
{
    for (int i = 0; i < CAPTURES; i++) {
        captures[i] = (trace){
            .sensor = i % 2 ? "east" : "west", .begin_us = NOON_US + i / 2 * (DAY_US / 2), .step_us = HOUR_US / 10};
        g_snprintf(captures[i].name, sizeof captures[i].name, "%d.pcap", i);
    }
    /* One goes on over midnight, another over three days. */
    captures[0].step_us = HOUR_US / 2;
    captures[1].begin_us = NOON_US - DAY_US;
    captures[1].step_us = 2 * DAY_US / STEPS;
}

static void take_cell(const char *const *cells, void *user)
{
    *(int64_t *)user = fz_cell_integer(cells[0]);
}

static int64_t ask(fz_store *store, const char *sql)
{
    g_autoptr(GError) error = NULL;
    int64_t number = 0;

    if (!store->ops->query(store, sql, 1, 1, take_cell, &number, &error))
        fail_msg("%s: %s", sql, error->message);
    return number;
}

static void add_to(GHashTable *sums, const char *key, const int64_t values[SUMS], int sign)
{
    int64_t *to = g_hash_table_lookup(sums, key);

    if (!to) {
        to = g_new0(int64_t, SUMS);
        g_hash_table_insert(sums, g_strdup(key), to);
    }
    for (int i = 0; i < SUMS; i++)
        to[i] += sign * values[i];
}

/* What the store has is taken off what it should have. */
static void take_off(const char *const *cells, void *user)
{
    int64_t values[SUMS];

    for (int i = 0; i < SUMS; i++)
        values[i] = fz_cell_integer(cells[i + 1]);
    add_to(user, cells[0], values, -1);
}

#define ALL_SUMS                                                                                          \
    "SUM(flows), SUM(sip_packets), SUM(dip_packets), SUM(sip_bytes), SUM(dip_bytes), SUM(sip_ip_bytes), " \
    "SUM(dip_ip_bytes)"
#define KEY(day) day " || '|' || sensor || '|' || sip_zone || '|' || dip_zone || '|' || protocol"

/* All sums that are kept for ever: by days, and what is not yet in them. */
static const char *const days_sql[] = {
    "SELECT " KEY("day") ", " ALL_SUMS " FROM fz_day GROUP BY 1",
    "SELECT " KEY("(hour / 86400)") ", " ALL_SUMS " FROM fz_hour WHERE load_id <> 0 GROUP BY 1",
};

/* Minutes, by the sensor that they are of; of whom it is known. */
static const char minutes_sql[] =
    "SELECT minute || '|' || l.sensor || '|' || from_zone || '|' || to_zone, SUM(m.packets), SUM(m.bytes), 0, 0, 0, 0, "
    "0 FROM fz_minute m JOIN fz_load l ON l.load_id = CASE WHEN m.load_id = 0 THEN m.part ELSE m.load_id END "
    "WHERE l.dropping <> 4 GROUP BY 1";

static void assert_nothing_left(GHashTable *sums, const char *what)
{
    GHashTableIter each;
    gpointer key, value;
    static const int64_t zero[SUMS];

    g_hash_table_iter_init(&each, sums);
    while (g_hash_table_iter_next(&each, &key, &value))
        if (memcmp(value, zero, sizeof zero) != 0)
            fail_msg("%s of %s: %" G_GINT64_FORMAT " are missing, %" G_GINT64_FORMAT " bytes", what, (const char *)key,
                     *(int64_t *)value, ((int64_t *)value)[3]);
}

/* What the ledger says of a capture; -1: it does not have it. */
static int64_t of_ledger(fz_store *store, const trace *capture, const char *column)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT COALESCE(MAX(%s), -1) FROM fz_load WHERE source = '%s'", column, capture->name);

    return ask(store, sql);
}

static void complain(const char *line, void *user)
{
    (void)user;
    print_message("%s\n", line);
}

/* Where a reader takes hours to be whole from a midnight on, all that begins after it is in them. */
static void assert_hours(fz_store *store, const trace loaded[CAPTURES])
{
    for (int64_t day = NOON_US / DAY_US - 2; day < NOON_US / DAY_US + 4; day++) {
        const fz_range range = {day * DAY_US, INT64_MAX};
        g_autofree char *sql = g_strdup_printf(
            "SELECT COALESCE(SUM(flows), 0) FROM fz_hour WHERE hour >= %" G_GINT64_FORMAT, day * (DAY_US / 1000000));
        fz_coverage coverage;
        int64_t expected = 0;
        assert_true(fz_coverage_read(store, &range, &coverage, NULL));
        for (int i = 0; i < CAPTURES; i++)
            for (size_t j = 0; j < loaded[i].count; j++)
                expected += loaded[i].records[j].start_us >= range.since_us;
        if (fz_tier_is_whole(FZ_TIER_HOURS, &coverage, &range))
            assert_int_equal(ask(store, sql), expected);
        fz_coverage_clear(&coverage);
    }
}

/* `loaded`: the captures as the store has them, or had them once; count 0: never. */
static void assert_sums(const trace loaded[CAPTURES])
{
    fz_store *store = open_for(FZ_ACCESS_READ);
    g_autoptr(GHashTable) days = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) minutes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    fz_verdict verdict;

    for (int i = 0; i < CAPTURES; i++) {
        const int64_t gone = of_ledger(store, &loaded[i], "dropped") | of_ledger(store, &loaded[i], "dropping");
        for (size_t j = 0; j < loaded[i].count; j++) {
            const fz_record *record = &loaded[i].records[j];
            const fz_minute minute = minute_of(record);
            const int64_t values[SUMS] = {1, (int64_t)record->packets[0], 0, (int64_t)record->bytes[0], 0, 46, 0};
            const int64_t in_minute[SUMS] = {(int64_t)record->packets[0], (int64_t)record->bytes[0]};
            g_autofree char *day =
                g_strdup_printf("%" G_GINT64_FORMAT "|%s|%u|%u|%u", record->start_us / DAY_US, loaded[i].sensor,
                                record->zone[0], record->zone[1], record->protocol);
            g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT "|%s|%u|%u", minute.minute, loaded[i].sensor,
                                                   record->zone[0], record->zone[1]);
            add_to(days, day, values, 1);
            if (!(gone & FZ_DROPPED_MINUTES))
                add_to(minutes, key, in_minute, 1);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(days_sql); i++)
        assert_true(store->ops->query(store, days_sql[i], 1 + SUMS, SIZE_MAX, take_off, days, NULL));
    assert_true(store->ops->query(store, minutes_sql, 1 + SUMS, SIZE_MAX, take_off, minutes, NULL));
    assert_nothing_left(days, "days");
    assert_nothing_left(minutes, "minutes");
    assert_hours(store, loaded);
    assert_true(fz_verify(store, complain, NULL, &verdict, NULL));
    assert_int_equal(verdict.faults, 0);
    fz_store_close(store);
}

/* Holds captures back by their names: a bit each. */
static bool hold(fz_store *store, const GArray *loads, GArray *held, void *user, GError **error)
{
    (void)error;
    for (guint i = 0; i < loads->len; i++) {
        const int64_t id = g_array_index(loads, int64_t, i);
        g_autofree char *sql =
            g_strdup_printf("SELECT CAST(source AS INTEGER) FROM fz_load WHERE load_id = %" G_GINT64_FORMAT, id);
        if (*(unsigned *)user >> ask(store, sql) & 1)
            g_array_append_val(held, id);
        assert_true(i == 0 || id > g_array_index(loads, int64_t, i - 1));
    }
    return true;
}

/* As of a server whose rows of a day can go at once: days of two, and the rest before and after. */
static const fz_day_span day_spans[] = {{INT64_MIN, 20782}, {20782, 20783}, {20783, 20784}, {20784, INT64_MAX}};

static bool list_days(fz_store *store, fz_table table, GArray *spans, char **why, GError **error)
{
    (void)store;
    (void)table;
    (void)why;
    (void)error;
    g_array_append_vals(spans, day_spans, G_N_ELEMENTS(day_spans));
    return true;
}

static bool drop_day(fz_store *store, fz_table table, const fz_day_span *span, GError **error)
{
    const bool packets = table == FZ_TABLE_PACKET;
    g_autofree char *of_day =
        g_strdup_printf("FROM fz_load l WHERE l.day >= %" G_GINT64_FORMAT " AND l.day < %" G_GINT64_FORMAT " AND %s",
                        span->first, span->until, packets ? "l.packets > 0" : "l.records > 0");
    g_autofree char *shown =
        g_strdup_printf("SELECT COUNT(*) %s AND %s", of_day, packets ? FZ_SQL_HAS_PACKETS : FZ_SQL_HAS_FLOWS);
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE load_id IN (SELECT l.load_id %s)",
                                           packets ? "fz_packet" : "fz_flow", of_day);

    assert_int_equal(ask(store, shown), 0);
    return store->ops->run(store, sql, error);
}

static bool make_days(fz_store *store, int64_t today, unsigned ahead, int64_t oldest, bool *full, GError **error)
{
    (void)error;
    assert_true(today >= oldest && ahead == 14);
    *full = ask(store, "SELECT COUNT(*) FROM fz_flow") > 0;
    return true;
}

static const fz_days_ops days_ops = {.list = list_days, .drop = drop_day, .make = make_days};

static const fz_days_ops *days_of(const fz_store *store)
{
    (void)store;
    return &days_ops;
}

/* What one turn does. */
typedef struct deed {
    enum { LOADS, MERGES, RETAINS } kind;
    bool replaces;
    int which;
    size_t most;
    fz_retain_order order;
    unsigned held;   /* captures, a bit each */
    int dies_before; /* that statement; 0: it lives */
    bool by_days;
} deed;

static int statements;

static int count_statement(unsigned kind, void *user, void *statement, void *text)
{
    const int *dies_before = user;

    (void)kind;
    (void)statement;
    (void)text;
    if (++statements == *dies_before)
        (void)raise(SIGKILL);
    return 0;
}

static void retain(fz_store *store, deed *step, fz_retain_tally *tally)
{
    g_autoptr(GError) error = NULL;

    step->order.hold = hold;
    step->order.user = &step->held;
    if (!fz_retain_run(store, &step->order, tally, &error))
        fail_msg("%s", error->message);
}

/* Sometimes in steps, and not to the end. */
static void merge(fz_store *store, size_t most)
{
    size_t merged;
    bool more = true;

    if (most % 2 == 0)
        assert_true(fz_merge(store, INT64_MAX, most, &merged, NULL));
    for (size_t i = 0; most % 2 == 1 && more && i < 3 * most; i++)
        assert_true(fz_merge_some(store, INT64_MAX, 4, &more, NULL));
}

static void take(deed *step, const trace *capture)
{
    fz_store *store = open_for(step->kind == RETAINS ? FZ_ACCESS_RETAIN : FZ_ACCESS_LOAD);
    fz_retain_tally tally;

    /* Processes die here, not the machine. */
    assert_int_equal(sqlite3_exec(((fz_sqlite_store *)store)->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    statements = 0;
    sqlite3_trace_v2(((fz_sqlite_store *)store)->db, SQLITE_TRACE_STMT, count_statement, &step->dies_before);
    fz_store_ops ops = *store->ops;
    ops.days = step->by_days ? days_of : NULL;
    store->ops = &ops;
    if (step->kind == RETAINS)
        retain(store, step, &tally);
    else if (step->kind == MERGES)
        merge(store, step->most);
    else if (capture)
        load(store, capture, step->replaces);
    fz_store_close(store);
}

/* In a process that dies before a statement; false: it ended before. */
static bool take_and_die(deed *step, const trace *capture)
{
    const pid_t child = fork();
    int status;

    if (child == 0) {
        take(step, capture);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return WIFSIGNALED(status);
}

static fz_retain_order random_order(GRand *random)
{
    fz_retain_order order = {.now_us = NOON_US + 3 * DAY_US, .wait_s = 60};
    int64_t before_us = NOON_US + random_below(random, 60) * (HOUR_US);

    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++) {
        order.before_us[tier] = before_us;
        if (before_us != INT64_MIN)
            before_us = random_below(random, 5) ? before_us - random_below(random, 24) * HOUR_US : INT64_MIN;
    }
    if (random_below(random, 6) == 0)
        order.most_bytes = 100000 + random_below(random, 100000);
    return order;
}

/* What is due has gone, and nothing else. */
static void assert_dropped(const deed *step, const trace loaded[CAPTURES], const int64_t before[CAPTURES])
{
    fz_store *store = open_for(FZ_ACCESS_READ);

    assert_int_equal(ask(store, "SELECT COUNT(*) FROM fz_load WHERE dropping <> 0"), 0);
    for (int i = 0; i < CAPTURES && step->order.most_bytes == 0; i++) {
        const int64_t now = of_ledger(store, &loaded[i], "dropped"), last_us = of_ledger(store, &loaded[i], "end_us");
        for (fz_retain_tier tier = FZ_RETAIN_PACKETS; now >= 0 && tier <= FZ_RETAIN_DETAILS; tier++) {
            const bool is_due = last_us < step->order.before_us[tier] && !(step->held >> i & 1);
            /* A day that goes at once waits for its youngest capture, but not longer than a day. */
            const bool may_wait = step->by_days && is_due && last_us >= step->order.before_us[tier] - DAY_US;
            if ((before[i] >> tier & 1) || !may_wait)
                assert_int_equal((now >> tier & 1) != 0, is_due || (before[i] >> tier & 1));
        }
        if (now & ~before[i] & FZ_DROPPED_MINUTES)
            assert_true(last_us < step->order.before_us[FZ_RETAIN_MINUTES]);
    }
    assert_int_equal(ask(store, "SELECT COUNT(*) FROM fz_flow JOIN fz_load USING (load_id) WHERE dropped & 2"), 0);
    assert_int_equal(ask(store, "SELECT COUNT(*) FROM fz_packet JOIN fz_load USING (load_id) WHERE dropped & 1"), 0);
    assert_int_equal(ask(store, "SELECT COUNT(*) FROM fz_minute m JOIN fz_load l ON l.load_id IN (m.load_id, m.part) "
                                "WHERE dropped & 4"),
                     0);
    assert_int_equal(ask(store, "SELECT freelist_count FROM pragma_freelist_count"), 0);
    fz_store_close(store);
}

/* The same again writes nothing. */
static void assert_settled(const deed *step)
{
    deed again = *step;
    g_autofree char *before = NULL, *after = NULL;
    gsize before_size, after_size;
    fz_retain_tally tally;

    assert_true(g_file_get_contents(path, &before, &before_size, NULL));
    fz_store *store = open_for(FZ_ACCESS_RETAIN);
    const int changes = sqlite3_total_changes(((fz_sqlite_store *)store)->db);
    fz_store_ops ops = *store->ops;
    ops.days = step->by_days ? days_of : NULL;
    store->ops = &ops;
    retain(store, &again, &tally);
    assert_int_equal(sqlite3_total_changes(((fz_sqlite_store *)store)->db), changes);
    fz_store_close(store);
    assert_int_equal(tally.resumed, 0);
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        assert_int_equal(tally.tiers[tier].loads, 0);
    assert_true(g_file_get_contents(path, &after, &after_size, NULL));
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
}

static void turn(trace now[CAPTURES], trace loaded[CAPTURES], GRand *random)
{
    const unsigned some = (unsigned)random_below(random, 1 << CAPTURES);
    const unsigned others = (unsigned)random_below(random, 1 << CAPTURES);
    deed step = {
        .kind = random_below(random, 5) < 2 ? RETAINS
                : random_below(random, 4)   ? LOADS
                                            : MERGES,
        .replaces = g_rand_boolean(random),
        .which = (int)random_below(random, CAPTURES),
        .most = (size_t)(1 + random_below(random, 4)),
        .order = random_order(random),
        .held = some & others,
        .dies_before = random_below(random, 3) == 0 ? (int)random_below(random, 60) : 0,
        .by_days = random_below(random, 3) == 0,
    };
    trace *capture = &now[step.which];
    int64_t gone[CAPTURES];

    fz_store *store = open_for(FZ_ACCESS_READ);
    const int64_t before = of_ledger(store, capture, "load_id");
    for (int i = 0; i < CAPTURES; i++)
        gone[i] = of_ledger(store, &loaded[i], "dropped | dropping");
    fz_store_close(store);
    if (step.kind == LOADS) {
        if (step.replaces || capture->count == RECORDS_MOST)
            capture->count = 0;
        if (capture->count == 0)
            capture->huge = random_below(random, HUGE_ONE_IN) == 0;
        grow(capture, random);
    }
    const bool died = take_and_die(&step, capture);
    store = open_for(FZ_ACCESS_READ);
    if (of_ledger(store, capture, "load_id") != before)
        loaded[step.which] = *capture;
    else
        *capture = loaded[step.which];
    fz_store_close(store);
    assert_sums(loaded);
    if (step.kind != RETAINS || died)
        return;
    assert_dropped(&step, loaded, gone);
    if (step.order.most_bytes == 0)
        assert_settled(&step);
}

static void nothing_is_lost_whatever_happens(void **state)
{
    const char *asked = g_getenv("FZ_ROUNDS"), *asked_seed = g_getenv("FZ_SEED");
    const guint32 seed = asked_seed ? (guint32)g_ascii_strtoull(asked_seed, NULL, 10) : g_random_int();
    const int rounds = asked ? (int)g_ascii_strtoll(asked, NULL, 10) : ROUNDS;

    (void)state;
    print_message("seed %u, %d rounds (FZ_SEED, FZ_ROUNDS)\n", seed, rounds);
    for (int i = 0; i < rounds; i++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed + (guint32)i);
        g_autofree trace *now = g_new(trace, CAPTURES), *loaded = g_new(trace, CAPTURES);
        prepare(now);
        prepare(loaded);
        fz_store_close(open_for(FZ_ACCESS_LOAD));
        for (int j = 0; j < TURNS; j++)
            turn(now, loaded, random);
        remove_files();
    }
}

static void load_all(trace captures[CAPTURES], GRand *random)
{
    fz_store *store = open_for(FZ_ACCESS_LOAD);

    assert_int_equal(sqlite3_exec(((fz_sqlite_store *)store)->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    prepare(captures);
    for (int i = 0; i < CAPTURES; i++) {
        grow(&captures[i], random);
        load(store, &captures[i], false);
    }
    fz_store_close(store);
}

/* Each moment of a run: killed before the statement, nothing is lost; and the next run ends as if it had been the only
 * one. */
static void a_run_may_die_before_any_statement(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autofree trace *captures = g_new(trace, CAPTURES);
    g_autofree char *whole = NULL;
    gsize size;
    deed step = {.kind = RETAINS, .order = {.now_us = NOON_US + 3 * DAY_US, .wait_s = 60}, .held = 2};

    (void)state;
    /* Minutes of two captures of one day and sensor are of a group, of which one is too young. */
    static const int cut_hours[FZ_RETAIN_TIERS] = {54, 42, 18, 18};
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        step.order.before_us[tier] = NOON_US + cut_hours[tier] * HOUR_US;
    load_all(captures, random);
    assert_true(g_file_get_contents(path, &whole, &size, NULL));
    bool died = true;
    for (step.dies_before = 1; died; step.dies_before += STRIDE) {
        const int64_t nothing[CAPTURES] = {0};
        assert_true(g_file_set_contents_full(path, whole, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        step.by_days = step.dies_before % 2;
        died = take_and_die(&step, NULL);
        assert_sums(captures);
        deed again = step;
        again.dies_before = 0;
        take(&again, NULL);
        assert_sums(captures);
        assert_dropped(&again, captures, nothing);
        assert_settled(&again);
    }
    print_message("deaths before %d statements, of %d each\n", step.dies_before - 1 - STRIDE, STRIDE);
    assert_true(step.dies_before > 50);
}

/* By size the oldest go first; what may still grow stays. */
static void the_oldest_go_by_size(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    g_autofree trace *captures = g_new(trace, CAPTURES);
    deed step = {.kind = RETAINS,
                 .order = {.now_us = NOON_US + 3 * (DAY_US / 2) + HOUR_US / 2,
                           .before_us = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
                           .most_bytes = 1}};
    fz_retain_tally plan, tally;

    (void)state;
    load_all(captures, random);
    fz_store *store = open_for(FZ_ACCESS_RETAIN);
    assert_true(fz_retain_look(store, &step.order, &plan, NULL));
    retain(store, &step, &tally);
    assert_true(tally.left > 0);
    assert_int_equal(plan.tiers[FZ_RETAIN_DETAILS].loads, tally.tiers[FZ_RETAIN_DETAILS].loads);
    assert_int_equal(plan.tiers[FZ_RETAIN_DETAILS].aged, 0);
    assert_true(tally.tiers[FZ_RETAIN_DETAILS].loads >= CAPTURES - 2);
    assert_int_equal(ask(store, "SELECT COUNT(*) FROM fz_load WHERE dropped & 2"),
                     tally.tiers[FZ_RETAIN_DETAILS].loads);
    assert_int_equal(of_ledger(store, &captures[CAPTURES - 1], "dropped & 3"), 0);
    fz_store_close(store);
    assert_sums(captures);
}

static bool is_busy, (*sqlite_begin)(fz_store *store, GError **error);

static bool begin_later(fz_store *store, GError **error)
{
    if (!is_busy)
        return sqlite_begin(store, error);
    is_busy = false;
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY, "somebody writes");
    return false;
}

/* Of two captures of a day and sensor the first is what their minutes are of, and the second is losing its hours, in
 * which somebody is in the way of the run. */
static void minutes_of_a_young_capture_stay_while_it_loses_hours(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    g_autofree trace *captures = g_new(trace, CAPTURES);
    deed step = {.kind = RETAINS, .order = {.now_us = NOON_US + 3 * DAY_US, .wait_s = 60}};
    fz_retain_tally tally;

    (void)state;
    for (fz_retain_tier tier = FZ_RETAIN_PACKETS; tier <= FZ_RETAIN_HOURS; tier++)
        step.order.before_us[tier] = tier <= FZ_RETAIN_DETAILS ? NOON_US + 2 * DAY_US : INT64_MIN;
    load_all(captures, random);
    take(&step, NULL);
    fz_store *store = open_for(FZ_ACCESS_RETAIN);
    assert_true(
        store->ops->run(store, "UPDATE fz_load SET dropping = 8 WHERE source = '4.pcap' AND dropped = 3", NULL));
    assert_int_equal(of_ledger(store, &captures[4], "dropping"), 8);
    fz_store_ops ops = *store->ops;
    sqlite_begin = ops.begin;
    ops.begin = begin_later;
    store->ops = &ops;
    is_busy = true;
    step.order.wait_s = 0;
    step.order.before_us[FZ_RETAIN_MINUTES] = NOON_US + 18 * HOUR_US;
    retain(store, &step, &tally);
    assert_false(is_busy);
    assert_int_equal(of_ledger(store, &captures[4], "dropping"), 8);
    fz_store_close(store);
    assert_sums(captures);
    step.order.wait_s = 60;
    take(&step, NULL);
    assert_sums(captures);
}

/* A time of 0 is one, and not that of loading. */
static void packets_of_1970_are_old(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    g_autofree trace *capture = g_new0(trace, 1);
    deed step = {.kind = RETAINS,
                 .order = {.now_us = NOON_US, .before_us = {2 * DAY_US, 2 * DAY_US, 2 * DAY_US, 2 * DAY_US}}};

    (void)state;
    g_strlcpy(capture->name, "19.pcap", sizeof capture->name);
    capture->sensor = "west";
    grow(capture, random);
    fz_store *store = open_for(FZ_ACCESS_LOAD);
    load(store, capture, false);
    fz_store_close(store);
    take(&step, NULL);
    store = open_for(FZ_ACCESS_READ);
    assert_int_equal(of_ledger(store, capture, "dropped"), 15);
    assert_int_equal(ask(store, "SELECT (SELECT COUNT(*) FROM fz_minute) + (SELECT COUNT(*) FROM fz_hour)"), 0);
    fz_store_close(store);
    assert_settled(&step);
}

enum { ENDLESS_S = 120 };

/* A ledger that was changed by hand: a run goes over the rows that are there. */
static void a_claim_of_rows_is_not_walked_over(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    g_autofree trace *captures = g_new(trace, CAPTURES);
    const int64_t before_us = NOON_US + 3 * DAY_US;
    deed step = {.kind = RETAINS,
                 .order = {.now_us = before_us, .before_us = {before_us, before_us, INT64_MIN, INT64_MIN}}};

    (void)state;
    load_all(captures, random);
    fz_store *store = open_for(FZ_ACCESS_LOAD);
    assert_true(store->ops->run(store,
                                "UPDATE fz_load SET records = 9223372036854775807, packets = 9223372036854775807 "
                                "WHERE load_id = 1",
                                NULL));
    fz_store_close(store);
    alarm(ENDLESS_S);
    take(&step, NULL);
    alarm(0);
    store = open_for(FZ_ACCESS_READ);
    assert_int_equal(of_ledger(store, &captures[0], "dropped & 3"), 3);
    assert_int_equal(ask(store, "SELECT (SELECT COUNT(*) FROM fz_flow) + (SELECT COUNT(*) FROM fz_packet)"), 0);
    fz_store_close(store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_run_may_die_before_any_statement),
        TEST(the_oldest_go_by_size),
        TEST(packets_of_1970_are_old),
        TEST(a_claim_of_rows_is_not_walked_over),
        TEST(minutes_of_a_young_capture_stay_while_it_loses_hours),
        TEST(nothing_is_lost_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
