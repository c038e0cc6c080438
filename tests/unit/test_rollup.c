/* The hourly rollup against a simple one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rollup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_US INT64_C(3600000000)

static const fz_run run;

typedef struct collected {
    GArray *hours;
    int calls;
    bool refuse;
} collected;

static bool collect(const void *hours, size_t count, void *user, GError **error)
{
    collected *to = user;

    to->calls++;
    if (to->refuse) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "refused");
        return false;
    }
    g_array_append_vals(to->hours, hours, (guint)count);
    return true;
}

static collected *collected_new(void)
{
    collected *to = g_new0(collected, 1);

    to->hours = g_array_new(FALSE, FALSE, sizeof(fz_hour));
    return to;
}

static void collected_free(collected *to)
{
    g_array_unref(to->hours);
    g_free(to);
}

static const fz_hour *row(const collected *rows, guint at)
{
    return &g_array_index(rows->hours, fz_hour, at);
}

static fz_record record_at(int64_t start_us, uint16_t sport, uint16_t dport)
{
    return (fz_record){
        .start_us = start_us,
        .end_us = start_us,
        .port = {sport, dport},
        .packets = {1, 2},
        .bytes = {100, 200},
        .ip_bytes = {80, 160},
        .protocol = 6,
        .family = FZ_IPV4,
    };
}

static bool add(fz_sums *sums, const fz_record *records, size_t count, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        const fz_hour hour = fz_rollup_hour(&records[i], &run);
        if (!fz_sums_add(sums, &hour, 1, error))
            return false;
    }
    return true;
}

/* Rolls records up and hands over what came out. */
static collected *roll(const fz_record *records, size_t count, size_t most)
{
    collected *to = collected_new();
    fz_sums *sums = fz_sums_new(&fz_rollup_hours, most, collect, to);

    assert_true(add(sums, records, count, NULL));
    assert_true(fz_sums_finish(sums, NULL));
    assert_int_equal(fz_sums_rows(sums), to->hours->len);
    fz_sums_free(sums);
    return to;
}

static void the_service_port_is_the_lower_one_that_is_not_zero(void **state)
{
    static const uint16_t cases[][3] = {{50000, 443, 443}, {443, 50000, 443}, {0, 80, 80}, {80, 0, 80}, {0, 0, 0}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_record record = record_at(0, cases[i][0], cases[i][1]);
        collected *to = roll(&record, 1, 10);
        assert_int_equal(row(to, 0)->service_port, cases[i][2]);
        collected_free(to);
    }
}

static void the_service_port_is_the_servers_where_that_is_known(void **state)
{
    static const uint16_t cases[][4] = {
        {FZ_OPENED_SYN, 80, 50000, 50000},
        {FZ_OPENED_SYN_ACK, 80, 50000, 50000},
        {FZ_OPENED_PORT, 1000, 8080, 8080},
        {FZ_OPENED_EXPORTER, 1, 2, 2},
        {FZ_OPENED_FIRST, 50000, 443, 443},
        {FZ_OPENED_BOTH, 443, 50000, 443},
        {FZ_OPENED_UNKNOWN, 443, 50000, 443},
        {FZ_OPENED_SYN, 80, 0, 0},
        {FZ_OPENED_ICMP, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_record record = record_at(0, cases[i][1], cases[i][2]);
        record.opened = (uint8_t)cases[i][0];
        assert_int_equal(fz_rollup_hour(&record, &run).service_port, cases[i][3]);
    }
}

static void hours_begin_at_their_first_microsecond_before_1970_too(void **state)
{
    static const int64_t cases[][2] = {
        {0, 0},
        {HOUR_US - 1, 0},
        {HOUR_US, 3600},
        {-1, -3600},
        {-HOUR_US, -3600},
        {-HOUR_US - 1, -7200},
        {INT64_C(4102444800000000), INT64_C(4102444800)}, /* 2100-01-01 */
        {INT64_MAX, INT64_MAX / HOUR_US * 3600},
        {INT64_MIN, INT64_MIN / HOUR_US * 3600 - 3600},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_record record = record_at(cases[i][0], 1, 2);
        collected *to = roll(&record, 1, 10);
        assert_int_equal(row(to, 0)->hour, cases[i][1]);
        collected_free(to);
    }
}

static void sums_beyond_a_signed_64_bit_number_are_refused(void **state)
{
    collected *to = collected_new();
    fz_sums *sums = fz_sums_new(&fz_rollup_hours, 10, collect, to);
    fz_record record = record_at(0, 1, 2);
    g_autoptr(GError) error = NULL;

    (void)state;
    record.bytes[FZ_RESPONDER] = (uint64_t)INT64_MAX - 5;
    assert_true(add(sums, &record, 1, NULL));
    assert_false(add(sums, &record, 1, &error));
    assert_non_null(strstr(error->message, "2^63"));
    fz_sums_free(sums);
    collected_free(to);
}

static void a_sink_that_fails_is_told(void **state)
{
    collected *to = collected_new();
    fz_sums *sums = fz_sums_new(&fz_rollup_hours, 1, collect, to);
    const fz_record records[] = {record_at(0, 1, 2), record_at(HOUR_US, 1, 2)};
    g_autoptr(GError) error = NULL;

    (void)state;
    to->refuse = true;
    assert_false(add(sums, records, 2, &error));
    assert_string_equal(error->message, "refused");
    fz_sums_free(sums);
    collected_free(to);
}

static void nothing_in_nothing_out(void **state)
{
    collected *to = roll(NULL, 0, 10);

    (void)state;
    assert_int_equal(to->calls, 0);
    collected_free(to);
}

/* Addresses with much in common, before 1970 too. */
static fz_host random_host(GRand *random)
{
    const uint8_t bytes[] = {0, 1, 127, 128, 255};
    fz_host host = {
        .hour = g_rand_int_range(random, -2, 4) * (g_rand_boolean(random) ? INT64_C(3600) : INT64_C(3600) << 30),
        .family = g_rand_boolean(random) ? FZ_IPV4 : FZ_IPV6,
        .zone = (uint32_t)g_rand_int_range(random, 0, 3) << 30,
        .flows = 1,
    };

    for (unsigned i = 0; i < fz_family_bits(host.family) / 8; i++)
        host.addr[i] = i % 3 ? 10 : bytes[g_rand_int_range(random, 0, G_N_ELEMENTS(bytes))];
    return host;
}

static bool collect_hosts(const void *hosts, size_t count, void *user, GError **error)
{
    (void)error;
    g_array_append_vals(user, hosts, (guint)count);
    return true;
}

/* By hour, the bytes of the address, and zone. */
static int compare_in_store(const fz_host *a, const fz_host *b)
{
    const size_t sizes[] = {fz_family_bits(a->family) / 8, fz_family_bits(b->family) / 8};
    const int bytes = memcmp(a->addr, b->addr, MIN(sizes[0], sizes[1]));

    if (a->hour != b->hour)
        return a->hour < b->hour ? -1 : 1;
    if (bytes != 0)
        return bytes;
    if (sizes[0] != sizes[1])
        return sizes[0] < sizes[1] ? -1 : 1;
    return a->zone < b->zone ? -1 : a->zone > b->zone;
}

static void hosts_come_in_the_order_of_their_table(void **state)
{
    enum { ROWS = 60000 };
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(GArray) hosts = g_array_new(FALSE, FALSE, sizeof(fz_host));
    fz_sums *sums = fz_sums_new(&fz_rollup_hosts, ROWS, collect_hosts, hosts);
    uint64_t flows = 1;

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        const fz_host host = random_host(random);
        assert_true(fz_sums_add(sums, &host, 1, NULL));
    }
    assert_true(fz_sums_finish(sums, NULL));
    assert_true(hosts->len > 20000); /* more than a sink gets at once */
    for (guint i = 1; i < hosts->len; i++) {
        const fz_host *at = &g_array_index(hosts, fz_host, i);
        assert_true(compare_in_store(at - 1, at) < 0);
        flows += at->flows;
    }
    assert_int_equal(flows - 1 + g_array_index(hosts, fz_host, 0).flows, ROWS);
    fz_sums_free(sums);
}

static bool same_key(const fz_hour *a, const fz_hour *b)
{
    return a->hour == b->hour && a->zone[0] == b->zone[0] && a->zone[1] == b->zone[1] && a->protocol == b->protocol &&
           a->service_port == b->service_port;
}

/* Adds one record to the simple rollup: a list, searched from its beginning. */
static void add_slowly(GArray *list, const fz_record *record)
{
    fz_hour wanted = {
        .hour = record->start_us / HOUR_US * 3600,
        .zone = {record->zone[0], record->zone[1]},
        .protocol = record->protocol,
        .service_port = MIN(record->port[0], record->port[1]),
    };
    guint at = 0;

    while (at < list->len && !same_key(&g_array_index(list, fz_hour, at), &wanted))
        at++;
    if (at == list->len)
        g_array_append_val(list, wanted);
    fz_hour *hour = &g_array_index(list, fz_hour, at);
    hour->flows++;
    for (int end = 0; end < 2; end++) {
        hour->packets[end] += record->packets[end];
        hour->bytes[end] += record->bytes[end];
        hour->ip_bytes[end] += record->ip_bytes[end];
    }
}

/* Adds all parts of a row up. */
static fz_hour sum_of(const collected *rows, const fz_hour *key)
{
    fz_hour sum = {0};

    for (guint i = 0; i < rows->hours->len; i++) {
        const fz_hour *part = row(rows, i);
        if (!same_key(part, key))
            continue;
        sum.flows += part->flows;
        for (int end = 0; end < 2; end++) {
            sum.packets[end] += part->packets[end];
            sum.bytes[end] += part->bytes[end];
            sum.ip_bytes[end] += part->ip_bytes[end];
        }
    }
    return sum;
}

static void check_against_slow(const fz_record *records, size_t count, size_t most)
{
    g_autoptr(GArray) slow = g_array_new(FALSE, TRUE, sizeof(fz_hour));
    collected *to = roll(records, count, most);

    for (size_t i = 0; i < count; i++)
        add_slowly(slow, &records[i]);
    for (guint i = 0; i < slow->len; i++) {
        const fz_hour *wanted = &g_array_index(slow, fz_hour, i);
        fz_hour sum = sum_of(to, wanted);
        assert_int_equal(sum.flows, wanted->flows);
        assert_memory_equal(sum.packets, wanted->packets, sizeof sum.packets);
        assert_memory_equal(sum.bytes, wanted->bytes, sizeof sum.bytes);
        assert_memory_equal(sum.ip_bytes, wanted->ip_bytes, sizeof sum.ip_bytes);
    }
    if (slow->len <= most)
        assert_int_equal(to->hours->len, slow->len);
    for (guint i = 1; i < to->hours->len; i++) {
        const fz_hour *before = row(to, i - 1), *now = row(to, i);
        assert_true(now->part >= before->part && now->part <= before->part + 1);
        assert_true(now->part > before->part || now->hour >= before->hour);
    }
    collected_free(to);
}

static void random_records_add_up_as_in_the_obvious_rollup(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    fz_record records[2000];

    (void)state;
    print_message("seed %u\n", seed);
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        records[i] = record_at((int64_t)g_rand_int_range(random, 0, 4) * HOUR_US + g_rand_int_range(random, 0, 1000),
                               (uint16_t)g_rand_int_range(random, 1, 20), (uint16_t)g_rand_int_range(random, 1, 20));
        records[i].protocol = g_rand_boolean(random) ? 6 : 17;
        for (int end = 0; end < 2; end++) {
            records[i].zone[end] = (uint32_t)g_rand_int_range(random, 0, 3);
            records[i].packets[end] = (uint64_t)g_rand_int_range(random, 0, 1000);
        }
    }
    check_against_slow(records, G_N_ELEMENTS(records), 100000);
    check_against_slow(records, G_N_ELEMENTS(records), 50); /* in many parts */
    check_against_slow(records, G_N_ELEMENTS(records), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_port_is_the_lower_one_that_is_not_zero),
        cmocka_unit_test(the_service_port_is_the_servers_where_that_is_known),
        cmocka_unit_test(hours_begin_at_their_first_microsecond_before_1970_too),
        cmocka_unit_test(sums_beyond_a_signed_64_bit_number_are_refused),
        cmocka_unit_test(a_sink_that_fails_is_told),
        cmocka_unit_test(nothing_in_nothing_out),
        cmocka_unit_test(hosts_come_in_the_order_of_their_table),
        cmocka_unit_test(random_records_add_up_as_in_the_obvious_rollup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
