/* Captures that are loaded into a SQLite store, and what its sums must be then.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MERGE_CAPTURES_H
#define MERGE_CAPTURES_H

#include "ledger.h"
#include "merge.h"

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

enum { CAPTURES = 6, RECORDS_MOST = 40 };

#define HOUR_US INT64_C(3600000000)

static char *folder, *path, *address;

static inline int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-merge-XXXXXX", NULL);
    path = g_build_filename(folder, "net.db", NULL);
    address = g_strconcat("sqlite:", path, NULL);
    return !folder;
}

static inline void remove_files(void)
{
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);

    g_unlink(journal);
    g_unlink(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    remove_files();
    int left = g_rmdir(folder);
    g_free(folder);
    g_free(path);
    g_free(address);
    return left;
}

static inline fz_store *open_or_fail(void)
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

static inline ssize_t give(fz_feed *base, fz_row_kind *kind, void *rows, size_t most, GError **error)
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
static inline bool load(fz_store *store, const trace *capture, bool replace)
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

static inline uint64_t random_below(GRand *random, int32_t limit)
{
    return (uint64_t)g_rand_int_range(random, 0, limit);
}

/* Some hours before and after 1970, and some of a few days much later. */
static inline int64_t random_time(GRand *random)
{
    const int64_t base = g_rand_boolean(random) ? 0 : INT64_C(1780000000) * 1000000;

    return base + g_rand_int_range(random, -30, 30) * HOUR_US + g_rand_int_range(random, 0, 3) * (HOUR_US / 2) -
           g_rand_int_range(random, 0, 2);
}

static inline fz_record random_record(GRand *random)
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

static inline void grow(trace *capture, GRand *random)
{
    const size_t more = 1 + random_below(random, 6);

    for (size_t i = 0; i < more && capture->count < RECORDS_MOST; i++)
        capture->records[capture->count++] = random_record(random);
}

static inline void make_anew(trace *capture, GRand *random)
{
    static const char *const locations[] = {"", "north", "north "};

    capture->count = 0;
    capture->location = locations[random_below(random, G_N_ELEMENTS(locations))];
    grow(capture, random);
}

/* Adds sums to those of a key. */
static inline void add_to(GHashTable *sums, char *key, const int64_t *values, size_t count)
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

static inline int64_t floor_to(int64_t time_us, int64_t unit_us)
{
    int64_t rest = time_us % unit_us;

    return time_us - (rest < 0 ? rest + unit_us : rest);
}

static inline uint16_t port_of(const fz_record *record)
{
    const uint16_t a = record->port[0], b = record->port[1];
    static const bool server_known[FZ_OPENED_COUNT] = {
        [FZ_OPENED_SYN] = true,      [FZ_OPENED_SYN_ACK] = true, [FZ_OPENED_ICMP] = true,
        [FZ_OPENED_EXPORTER] = true, [FZ_OPENED_PORT] = true,
    };

    return server_known[record->opened] ? b : a && b ? MIN(a, b) : a + b;
}

/* A conversation's sums, by hour and by day. */
static inline void expect_sums(GHashTable *hours, GHashTable *days, const trace *capture, const fz_record *record)
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

static inline void expect_hosts(GHashTable *sums, const trace *capture, const fz_record *record)
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
static inline GHashTable *ask_sums(const char *sql, size_t count)
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

static inline int64_t ask_number(const char *sql)
{
    g_autofree char *keyed = g_strconcat("SELECT '', (", sql, ")", NULL);
    g_autoptr(GHashTable) answer = ask_sums(keyed, 1);

    return *(int64_t *)g_hash_table_lookup(answer, "");
}

#define HOST_SUMS "flows, packets_sent, packets_received, bytes_sent, bytes_received"
#define DAY_KEY "sensor || '|' || location || '|' || sip_zone || '|' || dip_zone || '|' || protocol"
#define SUMS "flows, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes"
/* From an hour on. */
static const char hours_sql[] =
    "SELECT hour || '|' || " DAY_KEY " || '|' || service_port, " SUMS " FROM fz_hour WHERE hour >= %" G_GINT64_FORMAT;
static const char days_sql[] =
    "SELECT day || '|' || " DAY_KEY ", " SUMS " FROM fz_day UNION ALL "
    "SELECT CAST(floor(hour / 86400.0) AS INTEGER) || '|' || " DAY_KEY ", " SUMS " FROM fz_hour WHERE load_id <> 0";
#define ZONE(end) "CASE " end "_zone_name WHEN 'one' THEN 1 WHEN 'two' THEN 2 ELSE 0 END"
static const char days_view_sql[] = "SELECT day_no || '|' || sensor || '|' || location || '|' || " ZONE(
    "sip") " || '|' || " ZONE("dip") " || '|' || "
                                     "protocol, flows, sip_packets, dip_packets, sip_bytes, dip_bytes FROM fz_days";
static const char hosts_sql[] =
    "SELECT day || '|' || sensor || '|' || location || '|' || hex(addr) || '|' || zone, " HOST_SUMS
    " FROM (SELECT day, sensor, location, addr, zone, " HOST_SUMS " FROM fz_host_day UNION ALL "
    "SELECT CAST(floor(hour / 86400.0) AS INTEGER), sensor, location, addr, zone, " HOST_SUMS
    " FROM fz_host JOIN fz_load USING (load_id))";

static inline void assert_same(GHashTable *expected, GHashTable *found, size_t count)
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

/* `loaded`: the captures as the store has them; count 0: it does not. Hours before that were dropped. */
static inline void assert_sums_from(const trace loaded[CAPTURES], int64_t before_s)
{
    g_autoptr(GHashTable) hours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) days = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) no_hours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *kept_sql = g_strdup_printf(hours_sql, before_s);
    g_autoptr(GHashTable) stored_hours = ask_sums(kept_sql, 7), stored_hosts = ask_sums(hosts_sql, 5);
    g_autoptr(GHashTable) stored_days = ask_sums(days_sql, 7), shown_days = ask_sums(days_view_sql, 5);

    for (int i = 0; i < CAPTURES; i++) {
        for (size_t j = 0; j < loaded[i].count; j++) {
            const fz_record *record = &loaded[i].records[j];
            const bool is_lost = floor_to(record->start_us, HOUR_US) / 1000000 < before_s;
            expect_sums(is_lost ? no_hours : hours, days, &loaded[i], record);
            expect_hosts(hosts, &loaded[i], record);
        }
    }
    assert_same(hours, stored_hours, 7);
    assert_same(days, stored_days, 7);
    assert_same(days, shown_days, 5);
    assert_same(hosts, stored_hosts, 5);
}

static inline void assert_sums(const trace loaded[CAPTURES])
{
    assert_sums_from(loaded, INT64_MIN);
}

static inline size_t merge(fz_store *store, int64_t before_us, size_t most)
{
    g_autoptr(GError) error = NULL;
    size_t loads;

    if (!fz_merge(store, before_us, most, &loads, &error))
        fail_msg("%s", error->message);
    assert_true(loads <= most);
    return loads;
}

/* A step of about so many rows; whether there are more. */
static inline bool merge_some(fz_store *store, int64_t before_us, size_t rows)
{
    g_autoptr(GError) error = NULL;
    bool more;

    if (!fz_merge_some(store, before_us, rows, &more, &error))
        fail_msg("%s", error->message);
    return more;
}

/* How many records the store has of a capture; the load's number tells editions apart. */
static inline int64_t load_of(const trace *capture)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT COALESCE(MAX(load_id), 0) FROM fz_load WHERE source = '%s'", capture->name);

    return ask_number(sql);
}

static inline void prepare(trace captures[CAPTURES])
{
    for (int i = 0; i < CAPTURES; i++) {
        captures[i] = (trace){.sensor = i % 2 ? "east" : "west", .location = ""};
        g_snprintf(captures[i].name, sizeof captures[i].name, "%d.pcap", i);
    }
}

#endif
