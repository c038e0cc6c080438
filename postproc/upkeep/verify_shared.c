/* Compares what many loads share: merged hours and hosts; finds rows of no load.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify_private.h"

#include <string.h>

enum { ORPHANS_SHOWN = 100 };

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

static bool is_unsure(const verifier *check, int64_t from, int64_t to)
{
    for (guint i = 0; i < check->unsure->len; i++) {
        const verify_span *span = &g_array_index(check->unsure, verify_span, i);

        if (from <= span->to && to >= span->from)
            return true;
    }
    return false;
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

        if (!is_unsure(check, *hour, *hour))
            judge_hour(check, g_hash_table_lookup(check->hours, hour), g_hash_table_lookup(check->hours_found, hour),
                       *hour);
    }
}

/* Sums of addresses, in the order of fz_host's columns. */
static void take_host_sums(const char *const *cells, void *user)
{
    verify_tally *tally = fz_verify_tally(((verifier *)user)->days_found, fz_verify_number(cells[0]));

    for (size_t i = 0; i < VERIFY_HOST_SUMS; i++)
        fz_verify_add(&tally->sums[i], fz_verify_number(cells[1 + i]));
}

/* The details' hours, as days of addresses. */
static GHashTable *days_of_details(const verifier *check)
{
    GHashTable *days = fz_verify_tallies_new();
    GHashTableIter each;
    void *value;

    g_hash_table_iter_init(&each, check->hours);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const verify_tally *hour = value;
        verify_tally *day = fz_verify_tally(days, fz_verify_day(hour->at));
        int64_t packets = hour->sums[VERIFY_SIP_PACKETS], bytes = hour->sums[VERIFY_SIP_BYTES];
        fz_verify_add(&packets, hour->sums[VERIFY_DIP_PACKETS]);
        fz_verify_add(&bytes, hour->sums[VERIFY_DIP_BYTES]);
        const int64_t more[VERIFY_HOST_SUMS] = {2 * hour->sums[VERIFY_FLOWS] - hour->alone, packets, packets, bytes,
                                                bytes};

        for (size_t i = 0; i < VERIFY_HOST_SUMS; i++)
            fz_verify_add(&day->sums[i], more[i]);
    }
    return days;
}

static void judge_day(verifier *check, const verify_tally *expected, const verify_tally *found, int64_t day)
{
    static const char *const names[VERIFY_HOST_SUMS] = {"flows", "packets_sent", "packets_received", "bytes_sent",
                                                        "bytes_received"};
    static const verify_tally none;
    char time[FZ_TIME_TEXT_SIZE];
    g_autofree char *where = g_strdup_printf("day %.10s", fz_time_print(day * 24 * FZ_HOUR_US, time));

    for (size_t i = 0; i < VERIFY_HOST_SUMS; i++) {
        g_autofree char *what = g_strdup_printf("%s of fz_host and fz_host_day", names[i]);

        fz_verify_report(check, where, what, (expected ? expected : &none)->sums[i], (found ? found : &none)->sums[i]);
    }
}

static bool compare_hosts(verifier *check, GError **error)
{
    if (!fz_verify_query(check,
                         "SELECT day, SUM(flows), SUM(packets_sent), SUM(packets_received), SUM(bytes_sent), "
                         "SUM(bytes_received) FROM fz_host_day GROUP BY day",
                         1 + VERIFY_HOST_SUMS, take_host_sums, error))
        return false;
    GHashTable *days = days_of_details(check);
    g_autoptr(GPtrArray) keys = all_keys(days, check->days_found);
    for (guint i = 0; i < keys->len; i++) {
        const int64_t *day = keys->pdata[i];

        if (!is_unsure(check, *day * 86400, *day * 86400 + 86399))
            judge_day(check, g_hash_table_lookup(days, day), g_hash_table_lookup(check->days_found, day), *day);
    }
    g_hash_table_unref(days);
    return true;
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
        g_strdup_printf("SELECT load_id, COUNT(*) FROM %s WHERE load_id NOT IN (SELECT load_id FROM fz_load) "
                        "GROUP BY load_id ORDER BY load_id LIMIT %d",
                        about->table, ORPHANS_SHOWN);

    return ask(check, sql, 2, take_orphans, about, error);
}

static void take_count(const char *const *cells, void *user)
{
    ((shared_query *)user)->last = fz_verify_number(cells[0]);
}

/* Details and packets are many: they are only looked through if there are more than the loads have. */
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
    if (!find_orphans(check, &about, error))
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

    compare_hours(check);
    if (!compare_hosts(check, error) || !find_orphans_of_rows(check, FZ_TABLE_FLOW, check->flow_rows, error) ||
        !find_orphans_of_rows(check, FZ_TABLE_PACKET, check->packet_rows, error) ||
        !find_orphans(check, &minutes, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(zoned); i++)
        if (!find_strays(check, i, error))
            return false;
    return true;
}
