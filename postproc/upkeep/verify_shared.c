/* Compares what many loads share: merged hours, days and hosts; finds rows of no load.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify_private.h"

#include <string.h>

enum { ORPHANS_SHOWN = 100, HOUR_S = 3600, DAY_S = 86400 };

/* What one query of this file is about. */
typedef struct shared_query {
    verifier *check;
    const char *table;
    int64_t last, rows;
} shared_query;

static bool ask(verifier *check, const char *sql, size_t columns, fz_cells_taker take, shared_query *about,
                GError **error)
{
    return check->store->ops->query(check->store, sql, columns, G_MAXINT32, take, about, error);
}

static int compare_keys(const void *left, const void *right)
{
    int64_t a = **(const int64_t *const *)left, b = **(const int64_t *const *)right;

    return (a > b) - (a < b);
}

/* The keys of both, in order. They are owned by the tables. */
static GPtrArray *all_keys(GHashTable *expected, GHashTable *found)
{
    GPtrArray *keys = g_ptr_array_new();
    GHashTableIter each;
    void *key;

    g_hash_table_iter_init(&each, expected);
    while (g_hash_table_iter_next(&each, &key, NULL))
        g_ptr_array_add(keys, key);
    g_hash_table_iter_init(&each, found);
    while (g_hash_table_iter_next(&each, &key, NULL))
        if (!g_hash_table_contains(expected, key))
            g_ptr_array_add(keys, key);
    g_ptr_array_sort(keys, compare_keys);
    return keys;
}

static void judge_hour(verifier *check, const verify_tally *expected, const verify_tally *found, int64_t hour)
{
    static const verify_tally none;
    char time[FZ_TIME_TEXT_SIZE];
    g_autofree char *where = g_strdup_printf("hour %.16s", fz_time_print(hour * G_USEC_PER_SEC, time));

    for (size_t i = 0; i < VERIFY_SUMS; i++) {
        g_autofree char *what = g_strdup_printf("%s of fz_hour", fz_verify_sums[i]);

        fz_verify_report(check, where, what, (expected ? expected : &none)->sums[i], (found ? found : &none)->sums[i]);
    }
}

static void compare_hours(verifier *check)
{
    g_autoptr(GPtrArray) keys = all_keys(check->hours, check->hours_found);

    for (guint i = 0; i < keys->len; i++) {
        const int64_t *hour = keys->pdata[i];

        if (fz_verify_has_details(&check->ages, *hour, *hour + HOUR_S - 1) && fz_verify_has_hours(&check->ages, *hour))
            judge_hour(check, g_hash_table_lookup(check->hours, hour), g_hash_table_lookup(check->hours_found, hour),
                       *hour);
    }
}

/* Merged hours that came back, or were never dropped: no capture is left that could have brought them. What a capture
 * brought that was replaced since is taken off beside them, until they are merged again. */
static void find_old_hours(verifier *check)
{
    static const int64_t taken_off[VERIFY_SUMS];
    g_autoptr(GPtrArray) keys = all_keys(check->hours_merged, check->hours_merged);
    char time[FZ_TIME_TEXT_SIZE];

    for (guint i = 0; i < keys->len; i++) {
        const verify_tally *hour = g_hash_table_lookup(check->hours_merged, keys->pdata[i]);

        if (hour->at >= check->ages.dropped_s ||
            fz_verify_meets(check->ages.may_come_back, hour->at, hour->at + HOUR_S - 1) ||
            memcmp(hour->sums, taken_off, sizeof taken_off) == 0)
            continue;
        g_autofree char *where = g_strdup_printf("hour %.16s", fz_time_print(hour->at * G_USEC_PER_SEC, time));
        fz_verify_report(check, where, "merged rows of fz_hour that were dropped", 0, hour->rows);
    }
}

/* Adds hours up to days, or takes them away from days. */
static void add_days(GHashTable *days, GHashTable *hours, bool negative)
{
    GHashTableIter each;
    void *value;

    g_hash_table_iter_init(&each, hours);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const verify_tally *hour = value;
        verify_tally *day = fz_verify_tally(days, fz_verify_day(hour->at));

        for (size_t i = 0; i < VERIFY_SUMS; i++)
            fz_verify_add(&day->sums[i], negative ? (int64_t)(0 - (uint64_t)hour->sums[i]) : hour->sums[i]);
        fz_verify_add(&day->alone, hour->alone);
    }
}

/* Sums by day. */
typedef struct day_sums {
    GHashTable *details;      /* that are there */
    GHashTable *merged, *own; /* of hours */
    GHashTable *found;        /* of fz_day */
} day_sums;

/* Cells: day, sums in two each. */
static void take_day_sums(const char *const *cells, void *user)
{
    verify_tally *tally = fz_verify_tally(user, fz_verify_number(cells[0]));

    for (size_t i = 0; i < VERIFY_SUMS; i++)
        fz_verify_add(&tally->sums[i], fz_verify_wide(cells + 1 + 2 * i));
}

static bool read_days(const verifier *check, day_sums *days, GError **error)
{
    days->details = fz_verify_tallies_new();
    days->merged = fz_verify_tallies_new();
    days->own = fz_verify_tallies_new();
    days->found = fz_verify_tallies_new();
    add_days(days->details, check->hours, false);
    add_days(days->merged, check->hours_merged, false);
    add_days(days->own, check->hours_found, false);
    add_days(days->own, check->hours_merged, true);
    g_autoptr(GString) sql = g_string_new("SELECT day");
    fz_verify_append_wide(sql, fz_verify_sums, VERIFY_SUMS);
    g_string_append(sql, " FROM fz_day GROUP BY day");
    return check->store->ops->query(check->store, sql->str, 1 + 2 * VERIFY_SUMS, G_MAXINT32, take_day_sums, days->found,
                                    error);
}

static void clear_days(day_sums *days)
{
    g_hash_table_unref(days->details);
    g_hash_table_unref(days->merged);
    g_hash_table_unref(days->own);
    g_hash_table_unref(days->found);
}

static int64_t sum_of(GHashTable *tallies, const int64_t *day, size_t sum)
{
    const verify_tally *tally = g_hash_table_lookup(tallies, day);

    return tally ? tally->sums[sum] : 0;
}

/* A day is what its merged hours are, as long as they are there; after that, and if all details are there, what these
 * are without the hours that loads have of their own. */
static void judge_day_sums(verifier *check, const day_sums *days, int64_t day)
{
    const int64_t from_s = day * DAY_S, to_s = from_s + DAY_S - 1;
    const bool has_hours = fz_verify_has_hours(&check->ages, from_s);
    char time[FZ_TIME_TEXT_SIZE];

    if (!has_hours && !fz_verify_has_details(&check->ages, from_s, to_s))
        return;
    g_autofree char *where = g_strdup_printf("day %.10s", fz_time_print(day * 24 * FZ_HOUR_US, time));
    for (size_t i = 0; i < VERIFY_SUMS; i++) {
        g_autofree char *what = g_strdup_printf("%s of fz_day", fz_verify_sums[i]);
        int64_t expected = sum_of(has_hours ? days->merged : days->details, &day, i);

        if (!has_hours)
            fz_verify_add(&expected, (int64_t)(0 - (uint64_t)sum_of(days->own, &day, i)));
        fz_verify_report(check, where, what, expected, sum_of(days->found, &day, i));
    }
}

/* Nothing was lost: what all captures had is in fz_day, or in hours of their own, whatever was dropped. */
static void judge_all(verifier *check, const day_sums *days)
{
    int64_t all[VERIFY_SUMS];
    GHashTableIter each;
    void *value;

    memcpy(all, check->own_hours, sizeof all);
    g_hash_table_iter_init(&each, days->found);
    while (g_hash_table_iter_next(&each, NULL, &value))
        for (size_t i = 0; i < VERIFY_SUMS; i++)
            fz_verify_add(&all[i], ((const verify_tally *)value)->sums[i]);
    fz_verify_add(&all[VERIFY_SIP_PACKETS], all[VERIFY_DIP_PACKETS]);
    fz_verify_add(&all[VERIFY_SIP_BYTES], all[VERIFY_DIP_BYTES]);
    fz_verify_report(check, "the store", "flows of fz_day and of captures' own hours", check->verdict->records,
                     all[VERIFY_FLOWS]);
    if (check->all_unknown)
        return;
    fz_verify_report(check, "the store", "packets of fz_day and of captures' own hours", check->all_packets,
                     all[VERIFY_SIP_PACKETS]);
    fz_verify_report(check, "the store", "bytes of fz_day and of captures' own hours", check->all_bytes,
                     all[VERIFY_SIP_BYTES]);
}

static void compare_days(verifier *check, const day_sums *days)
{
    g_autoptr(GHashTable) expected = fz_verify_tallies_new();

    add_days(expected, check->hours, false);
    add_days(expected, check->hours_merged, false);
    g_autoptr(GPtrArray) keys = all_keys(expected, days->found);
    for (guint i = 0; i < keys->len; i++)
        judge_day_sums(check, days, *(const int64_t *)keys->pdata[i]);
    judge_all(check, days);
}

/* Sums of addresses, in the order of fz_host's columns. */
static void take_host_sums(const char *const *cells, void *user)
{
    verify_tally *tally = fz_verify_tally(((verifier *)user)->days_found, fz_verify_number(cells[0]));

    for (size_t i = 0; i < VERIFY_HOST_SUMS; i++)
        fz_verify_add(&tally->sums[i], fz_verify_wide(cells + 1 + 2 * i));
}

/* Adds a day of conversations to a day of addresses: what one end sent the other received. */
static void add_hosts(verify_tally *hosts, const verify_tally *day)
{
    int64_t packets = day->sums[VERIFY_SIP_PACKETS], bytes = day->sums[VERIFY_SIP_BYTES];

    fz_verify_add(&packets, day->sums[VERIFY_DIP_PACKETS]);
    fz_verify_add(&bytes, day->sums[VERIFY_DIP_BYTES]);
    const int64_t more[VERIFY_HOST_SUMS] = {2 * day->sums[VERIFY_FLOWS] - day->alone, packets, packets, bytes, bytes};
    for (size_t i = 0; i < VERIFY_HOST_SUMS; i++)
        fz_verify_add(&hosts->sums[i], more[i]);
}

static bool has_details(const verifier *check, int64_t day)
{
    return fz_verify_has_details(&check->ages, day * DAY_S, day * DAY_S + DAY_S - 1);
}

/* Days of addresses: by details where all are there, by fz_day and own hours otherwise. */
static GHashTable *days_of_hosts(const verifier *check, const day_sums *days)
{
    GHashTable *hosts = fz_verify_tallies_new();
    GHashTable *const from[] = {days->details, days->found, days->own};

    for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
        GHashTableIter each;
        void *value;

        g_hash_table_iter_init(&each, from[i]);
        while (g_hash_table_iter_next(&each, NULL, &value)) {
            const verify_tally *day = value;
            if (has_details(check, day->at) == (from[i] == days->details))
                add_hosts(fz_verify_tally(hosts, day->at), day);
        }
    }
    return hosts;
}

/* Whether conversations had one end or two is known by details alone. */
static void judge_hosts_of_day(verifier *check, const verify_tally *expected, const verify_tally *found, int64_t day)
{
    static const char *const names[VERIFY_HOST_SUMS] = {"flows", "packets_sent", "packets_received", "bytes_sent",
                                                        "bytes_received"};
    static const verify_tally none;
    char time[FZ_TIME_TEXT_SIZE];
    g_autofree char *where = g_strdup_printf("day %.10s", fz_time_print(day * 24 * FZ_HOUR_US, time));

    for (size_t i = has_details(check, day) ? 0 : 1; i < VERIFY_HOST_SUMS; i++) {
        g_autofree char *what = g_strdup_printf("%s of fz_host and fz_host_day", names[i]);

        fz_verify_report(check, where, what, (expected ? expected : &none)->sums[i], (found ? found : &none)->sums[i]);
    }
}

static bool compare_hosts(verifier *check, const day_sums *days, GError **error)
{
    static const char *const sums[VERIFY_HOST_SUMS] = {"flows", "packets_sent", "packets_received", "bytes_sent",
                                                       "bytes_received"};

    g_autoptr(GString) sql = g_string_new("SELECT day");
    fz_verify_append_wide(sql, sums, VERIFY_HOST_SUMS);
    g_string_append(sql, " FROM fz_host_day GROUP BY day");
    if (!fz_verify_query(check, sql->str, 1 + 2 * VERIFY_HOST_SUMS, take_host_sums, error))
        return false;
    g_autoptr(GHashTable) hosts = days_of_hosts(check, days);
    g_autoptr(GPtrArray) keys = all_keys(hosts, check->days_found);
    for (guint i = 0; i < keys->len; i++) {
        const int64_t *day = keys->pdata[i];

        judge_hosts_of_day(check, g_hash_table_lookup(hosts, day), g_hash_table_lookup(check->days_found, day), *day);
    }
    return true;
}

static bool compare_by_day(verifier *check, GError **error)
{
    day_sums days;
    bool done = read_days(check, &days, error);

    if (done) {
        compare_days(check, &days);
        done = compare_hosts(check, &days, error);
    }
    clear_days(&days);
    return done;
}

static void take_orphans(const char *const *cells, void *user)
{
    shared_query *about = user;
    g_autofree char *where =
        g_strdup_printf("load %" G_GINT64_FORMAT " (not in the ledger)", fz_verify_number(cells[0]));
    g_autofree char *what = g_strdup_printf("rows of %s", about->table);
    int64_t rows = fz_verify_number(cells[1]);

    about->rows += rows;
    fz_verify_report(about->check, where, what, 0, rows);
}

static bool find_orphans(verifier *check, shared_query *about, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT load_id, COUNT(*) FROM %s WHERE load_id <> 0 AND load_id NOT IN (SELECT load_id FROM "
                        "fz_load) GROUP BY load_id ORDER BY load_id LIMIT %d",
                        about->table, ORPHANS_SHOWN);

    return ask(check, sql, 2, take_orphans, about, error);
}

static void take_count(const char *const *cells, void *user)
{
    ((shared_query *)user)->last = fz_verify_number(cells[0]);
}

/* Details and packets are many: they are only looked through if there are more than the loads have that may have any.
 */
static bool find_orphans_of_rows(verifier *check, fz_table table, int64_t of_loads, GError **error)
{
    shared_query about = {.check = check, .table = fz_tables[table].name};
    g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) FROM %s", about.table);
    g_autofree char *what = g_strdup_printf("rows of %s of all loads", about.table);

    if (!ask(check, sql, 1, take_count, &about, error))
        return false;
    int64_t total = about.last;
    if (total == of_loads)
        return true;
    int64_t faults = check->verdict->faults;
    if (!find_orphans(check, &about, error) || !fz_verify_left(check, table, &about.rows, error))
        return false;
    if (faults == check->verdict->faults || about.rows != total - of_loads)
        fz_verify_report(check, "the store", what, of_loads, total - about.rows);
    return true;
}

/* Cells: rows with an unknown zone, rows at a time that is not theirs. */
static void take_strays(const char *const *cells, void *user)
{
    shared_query *about = user;

    about->last = fz_verify_number(cells[0]);
    about->rows = fz_verify_number(cells[1]);
}

/* A table of sums: its columns of zones, and what of its time must be 0. */
static const struct {
    fz_table table;
    const char *zone, *other, *rest;
} zoned[] = {
    {FZ_TABLE_MINUTE, "from_zone", "to_zone", "minute % 60"},
    {FZ_TABLE_HOUR, "sip_zone", "dip_zone", "hour % 3600"},
    {FZ_TABLE_DAY, "sip_zone", "dip_zone", "0"},
    {FZ_TABLE_HOST, "zone", "zone", "hour % 3600"},
    {FZ_TABLE_HOST_DAY, "zone", "zone", "0"},
};

/* Looks at every zone and every time that a table of sums has. */
static bool find_strays(verifier *check, size_t at, GError **error)
{
    shared_query about = {.check = check, .table = fz_tables[zoned[at].table].name};
    g_autofree char *first = fz_verify_unknown_zone(check, zoned[at].zone);
    g_autofree char *second = fz_verify_unknown_zone(check, zoned[at].other);
    g_autofree char *sql = g_strdup_printf("SELECT SUM(CASE WHEN %s OR %s THEN 1 ELSE 0 END), "
                                           "SUM(CASE WHEN %s <> 0 THEN 1 ELSE 0 END) FROM %s",
                                           first, second, zoned[at].rest, about.table);
    g_autofree char *of_zones = g_strdup_printf("rows of %s with a zone that fz_zone does not have", about.table);
    g_autofree char *of_times = g_strdup_printf("rows of %s that begin inside of a minute or hour", about.table);

    if (!ask(check, sql, 2, take_strays, &about, error))
        return false;
    fz_verify_report(check, "the store", of_zones, 0, about.last);
    fz_verify_report(check, "the store", of_times, 0, about.rows);
    return true;
}

bool fz_verify_shared(verifier *check, GError **error)
{
    shared_query minutes = {.check = check, .table = fz_tables[FZ_TABLE_MINUTE].name};

    fz_verify_ages_sort(&check->ages);
    compare_hours(check);
    find_old_hours(check);
    fz_verify_judge_groups(check);
    if (!compare_by_day(check, error) || !find_orphans_of_rows(check, FZ_TABLE_FLOW, check->flow_rows, error) ||
        !find_orphans_of_rows(check, FZ_TABLE_PACKET, check->packet_rows, error) ||
        !find_orphans(check, &minutes, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(zoned); i++)
        if (!find_strays(check, i, error))
            return false;
    return true;
}
