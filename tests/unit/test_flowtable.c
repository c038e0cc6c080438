/* The flow table: directions, keys, intervals, limits, order, and traffic that was made to slow it down.
 * The table is included, not linked, so that its hash and its slots can be looked at.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/flowtable.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a sink received. */
typedef struct kept_records {
    GArray *records;
    uint64_t calls, refuse_call; /* refuses that call, counted from 1 */
} kept_records;

static bool keep_records(const fz_record *records, size_t count, void *user)
{
    kept_records *kept = user;
    assert_true(count > 0);
    if (++kept->calls == kept->refuse_call)
        return false;
    g_array_append_vals(kept->records, records, (guint)count);
    return true;
}

static kept_records kept_new(void)
{
    return (kept_records){.records = g_array_new(FALSE, FALSE, sizeof(fz_record))};
}

static const fz_record *row(const kept_records *kept, guint index)
{
    assert_true(index < kept->records->len);
    return &g_array_index(kept->records, fz_record, index);
}

static fz_packet packet4(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
    fz_packet packet = {.family = FZ_IPV4,
                        .protocol = 6,
                        .sport = sport,
                        .dport = dport,
                        .ip_bytes = 40,
                        .tcp_flags = 2,
                        .opener = FZ_EVIDENCE_SYN};
    const uint32_t ends[] = {GUINT32_TO_BE(src), GUINT32_TO_BE(dst)};
    memcpy(packet.src, &ends[0], 4);
    memcpy(packet.dst, &ends[1], 4);
    return packet;
}

/* An answer to a packet: opens nothing. */
static fz_packet reverse(fz_packet packet)
{
    fz_packet back = packet;
    memcpy(back.src, packet.dst, 16);
    memcpy(back.dst, packet.src, 16);
    back.sport = packet.dport;
    back.dport = packet.sport;
    back.opener = 0;
    return back;
}

static void both_directions_make_one_record(void **state)
{
    (void)state;
    for (int lower_first = 0; lower_first < 2; lower_first++) {
        kept_records kept = kept_new();
        fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
        const fz_packet there = lower_first ? packet4(1, 1000, 2, 80) : packet4(2, 80, 1, 1000);
        fz_packet back = reverse(there);
        back.tcp_flags = 0x10;
        back.ip_bytes = 1500;
        assert_true(fz_flowtable_add(table, &there, 100, 60));
        assert_true(fz_flowtable_add(table, &back, 90, 1514));
        assert_true(fz_flowtable_add(table, &there, 95, 54));
        assert_int_equal(fz_flowtable_count(table), 1);
        assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
        assert_int_equal(kept.records->len, 1);
        const fz_record *record = row(&kept, 0);
        assert_memory_equal(record->addr[FZ_INITIATOR], there.src, 16);
        assert_memory_equal(record->addr[FZ_RESPONDER], there.dst, 16);
        assert_int_equal(record->port[FZ_INITIATOR], there.sport);
        assert_int_equal(record->port[FZ_RESPONDER], there.dport);
        assert_int_equal(record->packets[FZ_INITIATOR], 2);
        assert_int_equal(record->packets[FZ_RESPONDER], 1);
        assert_int_equal(record->bytes[FZ_INITIATOR], 114);
        assert_int_equal(record->bytes[FZ_RESPONDER], 1514);
        assert_int_equal(record->ip_bytes[FZ_INITIATOR], 80);
        assert_int_equal(record->ip_bytes[FZ_RESPONDER], 1500);
        assert_int_equal(record->tcp_flags[FZ_INITIATOR], 2);
        assert_int_equal(record->tcp_flags[FZ_RESPONDER], 0x10);
        assert_int_equal(record->start_us, 90);
        assert_int_equal(record->end_us, 100);
        assert_int_equal(record->end_reason, FZ_END_FORCED);
        assert_int_equal(record->protocol, 6);
        assert_int_equal(record->family, FZ_IPV4);
        fz_flowtable_free(table);
        g_array_unref(kept.records);
    }
}

static void a_conversation_with_oneself_is_the_initiators(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
    const fz_packet packet = packet4(0x7f000001, 5000, 0x7f000001, 5000);
    for (int i = 0; i < 3; i++)
        fz_flowtable_add(table, &packet, i, 100);
    /* Another port makes the directions tell apart again. */
    const fz_packet other = packet4(0x7f000001, 5000, 0x7f000001, 5001), back = reverse(other);
    fz_flowtable_add(table, &other, 3, 100);
    fz_flowtable_add(table, &back, 4, 100);
    assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_int_equal(kept.records->len, 2);
    assert_int_equal(row(&kept, 0)->packets[FZ_INITIATOR], 3);
    assert_int_equal(row(&kept, 0)->packets[FZ_RESPONDER], 0);
    assert_int_equal(row(&kept, 1)->packets[FZ_INITIATOR], 1);
    assert_int_equal(row(&kept, 1)->packets[FZ_RESPONDER], 1);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static guint rows_of(fz_flowtable_options options, const fz_packet *packets, size_t count)
{
    kept_records kept = kept_new();
    options.sink = keep_records;
    options.user = &kept;
    fz_flowtable *table = fz_flowtable_new(&options);
    for (size_t i = 0; i < count; i++)
        fz_flowtable_add(table, &packets[i], 0, 60);
    assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
    const guint rows = kept.records->len;
    if (options.key == FZ_KEY_IP) {
        assert_int_equal(row(&kept, 0)->port[0] | row(&kept, 0)->port[1] | row(&kept, 0)->protocol, 0);
    }
    if (!options.vlan) {
        assert_int_equal(row(&kept, 0)->vlan, 0);
    }
    fz_flowtable_free(table);
    g_array_unref(kept.records);
    return rows;
}

static void the_key_is_what_was_asked_for(void **state)
{
    (void)state;
    fz_packet packets[6];
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        packets[i] = packet4(1, 1000, 2, 80);
    packets[0].vlan = 7;
    packets[1].sport = 1001;
    packets[2].protocol = 17;
    packets[3].vlan = 10;
    packets[4] = reverse(packets[4]); /* of packets[5] */
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_5TUPLE}, packets, 6), 3);
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_5TUPLE, .vlan = true}, packets, 6), 5);
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_IP}, packets, 6), 1);
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_IP, .vlan = true}, packets, 6), 3);
    packets[5].family = FZ_IPV6; /* the same bytes */
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_IP}, packets, 6), 2);
}

static void swapped_ports_are_another_conversation(void **state)
{
    (void)state;
    const fz_packet packets[] = {packet4(1, 1000, 2, 80), packet4(1, 80, 2, 1000)};
    assert_int_equal(rows_of((fz_flowtable_options){.key = FZ_KEY_5TUPLE}, packets, 2), 2);
}

static void bytes_go_beyond_32_bits(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
    fz_packet packet = packet4(1, 1, 2, 2);
    packet.ip_bytes = UINT32_MAX;
    for (int i = 0; i < 100; i++)
        fz_flowtable_add(table, &packet, i, UINT32_MAX);
    assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_true(row(&kept, 0)->bytes[FZ_INITIATOR] == 100 * (uint64_t)UINT32_MAX);
    assert_true(row(&kept, 0)->ip_bytes[FZ_INITIATOR] == 100 * (uint64_t)UINT32_MAX);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

enum { SECOND = 1000000 };

static void assert_row(const kept_records *kept, guint index, int64_t start_us, int64_t end_us, fz_end_reason reason)
{
    assert_true(row(kept, index)->start_us == start_us);
    assert_true(row(kept, index)->end_us == end_us);
    assert_int_equal(row(kept, index)->end_reason, reason);
}

static void records_stay_in_their_interval(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.interval_s = 10, .sink = keep_records, .user = &kept});
    const fz_packet packet = packet4(1, 1, 2, 2);
    fz_flowtable_add(table, &packet, 0, 60);
    fz_flowtable_add(table, &packet, 10 * SECOND - 1, 60);
    fz_flowtable_add(table, &packet, 10 * SECOND, 60);
    assert_int_equal(kept.records->len, 1);
    assert_row(&kept, 0, 0, 10 * SECOND - 1, FZ_END_ACTIVE_TIMEOUT);
    /* The clock is set back: gets its own record, which is written together with the current one. */
    fz_flowtable_add(table, &packet, 5 * SECOND, 60);
    fz_flowtable_add(table, &packet, 19 * SECOND, 60);
    fz_flowtable_add(table, &packet, 6 * SECOND, 60);
    assert_int_equal(kept.records->len, 1);
    fz_flowtable_add(table, &packet, 30 * SECOND, 60);
    assert_int_equal(kept.records->len, 3);
    assert_row(&kept, 1, 10 * SECOND, 19 * SECOND, FZ_END_ACTIVE_TIMEOUT);
    assert_row(&kept, 2, 5 * SECOND, 6 * SECOND, FZ_END_ACTIVE_TIMEOUT);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_row(&kept, 3, 30 * SECOND, 30 * SECOND, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 4);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void intervals_are_floors_at_any_time(void **state)
{
    static const int64_t times[] = {
        INT64_MIN, INT64_MIN + 5,         -10LL * SECOND - 1,    -10LL * SECOND, -1,
        0,         2147483648LL * SECOND, 4102444800LL * SECOND, INT64_MAX - 5,  INT64_MAX,
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        const time_bin bin = bin_around(times[i], 10 * SECOND);
        assert_true(in_bin(&bin, times[i]));
        assert_true(bin.first_us == INT64_MIN || bin.first_us % (10 * SECOND) == 0);
        assert_true(bin.last_us == INT64_MAX || bin.first_us == INT64_MIN ||
                    bin.last_us - bin.first_us == 10 * SECOND - 1);
        const time_bin widest = bin_around(times[i], (int64_t)UINT32_MAX * SECOND);
        assert_true(in_bin(&widest, times[i]));
    }
    assert_true(bin_around(-1, 10 * SECOND).first_us == -10 * SECOND);
    assert_true(bin_around(-1, 10 * SECOND).last_us == -1);

    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.interval_s = 10, .sink = keep_records, .user = &kept});
    const fz_packet packet = packet4(1, 1, 2, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        fz_flowtable_add(table, &packet, times[i], 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 7); /* together: the first two, -10 s and -1 us, the last two */
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void a_full_table_is_written_out_early(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.max_flows = 3, .sink = keep_records, .user = &kept});
    for (uint32_t i = 0; i < 7; i++) {
        const fz_packet packet = packet4(i, 1, 99, 2);
        fz_flowtable_add(table, &packet, i, 60);
        fz_flowtable_add(table, &packet, i, 60);
        assert_true(fz_flowtable_count(table) <= 3);
    }
    assert_int_equal(kept.records->len, 6);
    assert_int_equal(row(&kept, 5)->end_reason, FZ_END_RESOURCES);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 7);
    for (guint i = 0; i < 7; i++)
        assert_int_equal(row(&kept, i)->packets[FZ_INITIATOR], 2);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

/* Packets that wait together: one ends the records that another was about to be counted in. */
static void no_packet_is_lost_when_the_table_is_written_out(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.max_flows = 3, .sink = keep_records, .user = &kept});
    for (uint32_t i = 0; i < 3; i++) {
        const fz_packet packet = packet4(i, 1, 99, 2);
        fz_flowtable_add(table, &packet, i, 60);
    }
    assert_int_equal(fz_flowtable_count(table), 3);
    const fz_packet fresh = packet4(3, 1, 99, 2), known = packet4(2, 1, 99, 2);
    fz_flowtable_add(table, &fresh, 3, 60);
    fz_flowtable_add(table, &known, 4, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    uint64_t packets = 0;
    for (guint i = 0; i < kept.records->len; i++)
        packets += row(&kept, i)->packets[FZ_INITIATOR];
    assert_int_equal(packets, 5);
    assert_int_equal(kept.records->len, 5);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

/* Keys that differ in one part only, with the same hash. */
static void every_part_of_the_key_is_compared(void **state)
{
    (void)state;
    const time_bin bin = {0, 9}, later = {10, 19};
    const fz_record record = {.vlan = 1, .protocol = 6, .family = FZ_IPV4, .port = {5, 6}, .start_us = 3};
    const waiting_packet packet = {.vlan = 1, .protocol = 6, .family = FZ_IPV4, .sport = 5, .dport = 6};
    waiting_packet others[7];
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        others[i] = packet;
    others[0].vlan = 2;
    others[1].protocol = 17;
    others[2].family = FZ_IPV6;
    others[3].sport = 6;
    others[4].dport = 5;
    others[5].src[1] = 1;
    others[6].dst[0] = 1;
    assert_int_equal(sender_in(&record, &packet, &bin), FZ_INITIATOR);
    assert_int_equal(sender_in(&record, &packet, &later), OTHER_CONVERSATION);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        assert_int_equal(sender_in(&record, &others[i], &bin), OTHER_CONVERSATION);
}

static void a_refusing_sink_is_told_and_not_asked_again(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    kept.refuse_call = 2;
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.max_flows = 1, .sink = keep_records, .user = &kept});
    bool sound = true;
    for (uint32_t i = 0; i < 100; i++) {
        const fz_packet packet = packet4(i, 1, 99, 2);
        sound &= fz_flowtable_add(table, &packet, i, 60);
    }
    assert_false(sound);
    assert_false(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_int_equal(kept.calls, 2);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void an_empty_table_writes_nothing(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
    assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_int_equal(kept.calls, 0);
    fz_flowtable_free(table);
    fz_flowtable_free(NULL);
    g_array_unref(kept.records);
}

/* Random packets between few ends, against lists that are searched from end to end. */
static void many_packets_match_a_slow_count(void **state)
{
    enum { PACKETS = 20000, ENDS = 12 };
    const uint32_t seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    (void)state;
    print_message("seed %u\n", seed);
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.vlan = true, .sink = keep_records, .user = &kept});
    g_autoptr(GArray) slow = g_array_new(FALSE, TRUE, sizeof(fz_record));

    for (int i = 0; i < PACKETS; i++) {
        fz_packet packet =
            packet4((uint32_t)g_rand_int_range(random, 0, ENDS), (uint16_t)g_rand_int_range(random, 0, 3),
                    (uint32_t)g_rand_int_range(random, 0, ENDS), (uint16_t)g_rand_int_range(random, 0, 3));
        packet.vlan = (uint16_t)g_rand_int_range(random, 0, 2);
        packet.protocol = g_rand_boolean(random) ? 6 : 17;
        packet.family = g_rand_boolean(random) ? FZ_IPV4 : FZ_IPV6;
        packet.tcp_flags = (uint16_t)(1u << g_rand_int_range(random, 0, 12));
        packet.ip_bytes = (uint32_t)g_rand_int_range(random, 20, 9000);
        packet.opener = (uint8_t)(g_rand_boolean(random) ? 1u << g_rand_int_range(random, 0, 8) : 0);
        const int64_t time_us = g_rand_int_range(random, -1000, 1000);
        fz_flowtable_add(table, &packet, time_us, packet.ip_bytes + 14);

        fz_record *record = NULL;
        int sender = FZ_INITIATOR;
        for (guint at = 0; at < slow->len && !record; at++) {
            fz_record *known = &g_array_index(slow, fz_record, at);
            if (known->vlan != packet.vlan || known->protocol != packet.protocol || known->family != packet.family)
                continue;
            for (sender = FZ_INITIATOR; sender <= FZ_RESPONDER && !record; sender++)
                if (memcmp(known->addr[sender], packet.src, 16) == 0 &&
                    memcmp(known->addr[!sender], packet.dst, 16) == 0 && known->port[sender] == packet.sport &&
                    known->port[!sender] == packet.dport)
                    record = known;
            sender--;
        }
        if (!record) {
            sender = FZ_INITIATOR;
            fz_record fresh = {.start_us = time_us,
                               .end_us = time_us,
                               .port = {packet.sport, packet.dport},
                               .vlan = packet.vlan,
                               .protocol = packet.protocol,
                               .family = packet.family,
                               .end_reason = FZ_END_FORCED};
            memcpy(fresh.addr[0], packet.src, 16);
            memcpy(fresh.addr[1], packet.dst, 16);
            g_array_append_val(slow, fresh);
            record = &g_array_index(slow, fz_record, slow->len - 1);
        }
        record->start_us = MIN(record->start_us, time_us);
        record->end_us = MAX(record->end_us, time_us);
        record->packets[sender]++;
        record->bytes[sender] += packet.ip_bytes + 14;
        record->ip_bytes[sender] += packet.ip_bytes;
        record->tcp_flags[sender] |= packet.tcp_flags;
        record->opened =
            fz_evidence_add(record->opened, sender == FZ_INITIATOR ? packet.opener : fz_evidence_turned(packet.opener));
    }
    for (guint at = 0; at < slow->len; at++)
        fz_side_settle(&g_array_index(slow, fz_record, at));
    assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_int_equal(kept.records->len, slow->len);
    assert_memory_equal(kept.records->data, slow->data, slow->len * sizeof(fz_record));
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void assert_side(const kept_records *kept, guint index, const fz_packet *sent, fz_opened opened)
{
    const fz_record *record = row(kept, index);
    assert_memory_equal(record->addr[FZ_INITIATOR], sent->src, 16);
    assert_memory_equal(record->addr[FZ_RESPONDER], sent->dst, 16);
    assert_int_equal(record->port[FZ_INITIATOR], sent->sport);
    assert_int_equal(record->port[FZ_RESPONDER], sent->dport);
    assert_int_equal(record->opened, opened);
}

static void the_client_is_the_initiator(void **state)
{
    static const struct {
        uint8_t opener;
        bool answers; /* the packet is the server's */
        fz_opened opened;
    } cases[] = {
        {FZ_EVIDENCE_SYN, false, FZ_OPENED_SYN},
        {FZ_EVIDENCE_ICMP, false, FZ_OPENED_ICMP},
        {FZ_EVIDENCE_ICMP << 1, true, FZ_OPENED_ICMP},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        kept_records kept = kept_new();
        fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
        const fz_packet asks = packet4(1, 7, 2, 7);
        fz_packet back = reverse(asks), there = reverse(back), *opens = cases[i].answers ? &back : &there;
        opens->opener = cases[i].opener;
        back.ip_bytes = 1000;
        fz_flowtable_add(table, &back, 0, 1014); /* seen first, and the side turns all that was counted before */
        fz_flowtable_add(table, &there, 1, 54);
        fz_flowtable_flush(table, FZ_END_FORCED);
        assert_side(&kept, 0, &asks, cases[i].opened);
        assert_int_equal(row(&kept, 0)->bytes[FZ_INITIATOR], 54);
        assert_int_equal(row(&kept, 0)->bytes[FZ_RESPONDER], 1014);
        assert_int_equal(row(&kept, 0)->ip_bytes[FZ_RESPONDER], 1000);
        fz_flowtable_free(table);
        g_array_unref(kept.records);
    }
}

/* Three conversations, whose later parts begin with the server: with a SYN; with a first sender alone; with ports. */
static void check_sides_of_parts(fz_flowtable_options options, int64_t step_us)
{
    kept_records kept = kept_new();
    options.sink = keep_records;
    options.user = &kept;
    fz_flowtable *table = fz_flowtable_new(&options);
    const fz_packet client[] = {packet4(2, 80, 1, 1000), reverse(packet4(4, 9, 3, 9)), packet4(5, 6, 5, 6)};
    const fz_packet server[] = {reverse(client[0]), reverse(client[1]), client[2]};
    for (int part = 0; part < 5; part++)
        for (int i = 0; i < 3; i++)
            fz_flowtable_add(table, part % 2 == 0 ? &client[i] : &server[i], part * step_us, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 15);
    for (guint i = 0; i < 15; i++) {
        assert_side(&kept, i, &client[i % 3], i % 3 == 1 ? FZ_OPENED_FIRST : FZ_OPENED_SYN);
        assert_int_equal(row(&kept, i)->packets[i / 3 % 2 == 0 || i % 3 == 2 ? FZ_INITIATOR : FZ_RESPONDER], 1);
    }
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void sides_are_carried_on_when_records_are_written_out_early(void **state)
{
    (void)state;
    check_sides_of_parts((fz_flowtable_options){.interval_s = 1}, SECOND);
    check_sides_of_parts((fz_flowtable_options){.max_flows = 1}, 1);
    check_sides_of_parts((fz_flowtable_options){.max_flows = 3, .interval_s = 1}, SECOND);
}

/* What was seen in one part counts in the next: SYN and ACK there, the ACK here. */
static void evidence_is_carried_on(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.interval_s = 1, .sink = keep_records, .user = &kept});
    fz_packet there = packet4(9, 7, 1, 7), back = reverse(there);
    there.opener = FZ_EVIDENCE_ANSWERED;
    back.opener = FZ_EVIDENCE_SYN_ACK;
    fz_flowtable_add(table, &back, 0, 60);
    fz_flowtable_add(table, &there, SECOND, 60);
    fz_flowtable_add(table, &back, 2 * SECOND, 60);
    back.opener = FZ_EVIDENCE_SYN;
    fz_flowtable_add(table, &back, 3 * SECOND, 60);
    fz_flowtable_add(table, &there, 4 * SECOND, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 5);
    assert_side(&kept, 0, &back, FZ_OPENED_FIRST);
    assert_side(&kept, 1, &there, FZ_OPENED_SYN_ACK);
    assert_side(&kept, 2, &there, FZ_OPENED_SYN_ACK);
    assert_side(&kept, 3, &back, FZ_OPENED_BOTH);
    assert_side(&kept, 4, &back, FZ_OPENED_BOTH);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

/* The record of a past interval is kept beside; it begins with an answer. */
static void a_clock_that_was_set_back_turns_no_side(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.interval_s = 1, .sink = keep_records, .user = &kept});
    const fz_packet back = reverse(packet4(9, 7, 1, 7)), there = reverse(back);
    fz_flowtable_add(table, &there, 5 * SECOND, 60);
    fz_flowtable_add(table, &back, 3 * SECOND, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 2);
    assert_side(&kept, 0, &there, FZ_OPENED_FIRST);
    assert_side(&kept, 1, &there, FZ_OPENED_FIRST);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

/* A clock that jumps to and fro: of all conversations, each seen there first, proved there, and answered in the past.
 */
static void what_was_proved_before_the_clock_was_set_back_is_known(void **state)
{
    enum { MANY = 3 * MOST_WAITING + 5 };
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.interval_s = 1, .sink = keep_records, .user = &kept});
    fz_packet there = packet4(1, 7, 9, 8);
    there.opener = FZ_EVIDENCE_SYN;
    const fz_packet silent = packet4(1, 7, 9, 8);
    for (uint32_t i = 0; i < 2 * MANY; i++) { /* half of them before the first jump, half before the second */
        there.sport = (uint16_t)(1000 + i);
        if (i == MANY)
            fz_flowtable_add(table, &silent, 3 * SECOND, 60);
        fz_flowtable_add(table, &there, 5 * SECOND, 60);
    }
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        fz_packet back = silent;
        back.sport = (uint16_t)(1000 + i);
        back = reverse(back);
        fz_flowtable_add(table, &back, 4 * SECOND, 60);
    }
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, 4 * MANY + 1);
    for (guint i = 2 * MANY + 1; i < kept.records->len; i++) {
        there.sport = (uint16_t)(1000 + i - 2 * MANY - 1);
        assert_side(&kept, i, &there, FZ_OPENED_SYN);
    }
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void runs_without_early_writing_remember_nothing(void **state)
{
    (void)state;
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
    const fz_packet packet = packet4(1, 2, 3, 4);
    fz_flowtable_add(table, &packet, 0, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_null(table->sides);
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

/* The most slots that a look-up in this table passes. */
static uint64_t longest_probe(const fz_flowtable *table)
{
    uint64_t longest = 0;
    for (uint64_t at = 0; at <= table->mask; at++)
        if (table->slots[at].number != 0)
            longest = MAX(longest, ((at - table->slots[at].hash) & table->mask) + 1);
    return longest;
}

/* One of the keys that all have the same hash when the seed is zero: a factor of each product is zero. */
static fz_packet chosen_packet(uint32_t number)
{
    fz_packet packet = {.family = FZ_IPV6, .protocol = 6, .sport = 1000, .dport = 443, .ip_bytes = 60};
    const uint64_t src = GUINT64_TO_BE(UINT64_C(0x20010db800000000) + number);
    const uint64_t dst = GUINT64_TO_BE(UINT64_C(0x20010db9ffffffff));
    memcpy(packet.src, &src, 8);
    memcpy(packet.dst, &dst, 8);
    return packet;
}

static void chosen_keys_do_not_slow_the_table(void **state)
{
    enum { KEYS = 1000000 };
    (void)state;
    static const uint64_t no_seed[SEED_WORDS];
    kept_records kept = kept_new();
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records, .user = &kept});
    uint32_t unseeded = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        const fz_packet packet = chosen_packet(i);
        waiting_packet waiting = {.sport = packet.sport, .dport = packet.dport, .protocol = 6, .family = FZ_IPV6};
        memcpy(waiting.src, packet.src, 16);
        memcpy(waiting.dst, packet.dst, 16);
        const uint32_t hash = hash_of(&waiting, 0, no_seed);
        if (i == 0)
            unseeded = hash;
        assert_int_equal(hash, unseeded); /* otherwise this is not an attack */
        fz_flowtable_add(table, &packet, i, 74);
    }
    assert_int_equal(fz_flowtable_count(table), KEYS);
    /* Linear probing at this load passes some dozens at worst; chosen keys would pass a million. */
    assert_true(longest_probe(table) < 1000);
    print_message("longest probe %u of %u slots\n", (unsigned)longest_probe(table), (unsigned)table->mask + 1);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(kept.records->len, KEYS);
    for (uint32_t i = 0; i < KEYS; i += 997) { /* the order is that of the packets */
        const fz_packet packet = chosen_packet(i);
        assert_memory_equal(row(&kept, i)->addr[FZ_INITIATOR], packet.src, 16);
    }
    fz_flowtable_free(table);
    g_array_unref(kept.records);
}

static void every_table_has_its_own_seed(void **state)
{
    (void)state;
    fz_flowtable *one = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records});
    fz_flowtable *other = fz_flowtable_new(&(fz_flowtable_options){.sink = keep_records});
    assert_memory_not_equal(one->seed, other->seed, sizeof one->seed);
    fz_flowtable_free(one);
    fz_flowtable_free(other);
}

static void zones_are_looked_up_as_records_are_written(void **state)
{
    static const char text[] = "location,prefix,number,name\n,10.0.0.0/8,1,inside\n,2001:db8::/32,2,six\n";
    (void)state;
    g_autoptr(GError) error = NULL;
    fz_zone_table *zones = fz_zone_table_parse("zones", text, strlen(text), NULL, NULL, NULL, &error);
    assert_null(error);
    kept_records kept = kept_new();
    fz_flowtable *table =
        fz_flowtable_new(&(fz_flowtable_options){.zones = zones, .sink = keep_records, .user = &kept});
    const fz_packet four = packet4(0xc0000201, 1, 0x0a010203, 2), six = chosen_packet(0);
    fz_flowtable_add(table, &four, 0, 60);
    fz_flowtable_add(table, &six, 0, 60);
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(row(&kept, 0)->zone[FZ_INITIATOR], 0);
    assert_int_equal(row(&kept, 0)->zone[FZ_RESPONDER], 1);
    assert_int_equal(row(&kept, 1)->zone[FZ_INITIATOR], 2);
    assert_int_equal(row(&kept, 1)->zone[FZ_RESPONDER], 0);
    fz_flowtable_free(table);
    fz_zone_table_free(zones);
    g_array_unref(kept.records);
}

/* Two /8 of IPv4, so that packet4(1, ..., 2, ...) has none and packet4(10 << 24, ...) has one. */
static fz_zone_table *two_zones(void)
{
    static const char text[] = "location,prefix,number,name\n,10.0.0.0/8,1,ten\n,11.0.0.0/8,2,eleven\n";
    fz_zone_table *zones = fz_zone_table_parse("zones", text, strlen(text), NULL, NULL, NULL, NULL);
    assert_non_null(zones);
    return zones;
}

typedef struct kept_both {
    kept_records kept;
    GArray *minutes;
    unsigned ended;
    bool refuse_minutes;
} kept_both;

static bool keep_both_records(const fz_record *records, size_t count, void *user)
{
    return keep_records(records, count, &((kept_both *)user)->kept);
}

static bool keep_minutes(const fz_minute *minutes, size_t count, void *user)
{
    kept_both *both = user;
    assert_true(count > 0);
    g_array_append_vals(both->minutes, minutes, (guint)count);
    return !both->refuse_minutes;
}

static bool count_ended(void *user)
{
    ((kept_both *)user)->ended++;
    return true;
}

static kept_both both_new(void)
{
    return (kept_both){.kept = kept_new(), .minutes = g_array_new(FALSE, FALSE, sizeof(fz_minute))};
}

static void both_clear(kept_both *both)
{
    g_array_unref(both->kept.records);
    g_array_unref(both->minutes);
}

static fz_flowtable *both_table(kept_both *both, fz_flowtable_options options)
{
    options.sink = keep_both_records;
    options.minutes = keep_minutes;
    options.ended = count_ended;
    options.user = both;
    return fz_flowtable_new(&options);
}

/* Minutes and records of one stream of packets, however the table is cut: the sums by pair of zones are the same, and
 * each end of a record has the zone of its address. */
static void minutes_add_up_to_the_records(void **state)
{
    enum { PACKETS = 20000, ZONES = 3 };
    static const fz_flowtable_options cuts[] = {
        {.interval_s = 0},  {.interval_s = 7}, {.max_flows = 1}, {.max_flows = 11, .interval_s = 90, .vlan = true},
        {.key = FZ_KEY_IP},
    };
    const uint32_t seed = g_random_int();
    (void)state;
    print_message("seed %u\n", seed);
    fz_zone_table *zones = two_zones();
    for (size_t cut = 0; cut < G_N_ELEMENTS(cuts); cut++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        uint64_t sent[ZONES][ZONES] = {0}, rows[ZONES][ZONES] = {0}, minutes[ZONES][ZONES] = {0};
        kept_both both = both_new();
        fz_flowtable_options options = cuts[cut];
        options.zones = zones;
        fz_flowtable *table = both_table(&both, options);
        for (int i = 0; i < PACKETS; i++) {
            const uint32_t from = (uint32_t)g_rand_int_range(random, 0, ZONES);
            const uint32_t to = (uint32_t)g_rand_int_range(random, 0, ZONES);
            const fz_packet packet = packet4((9 + from) << 24 | (uint32_t)g_rand_int_range(random, 0, 4),
                                             (uint16_t)g_rand_int_range(random, 0, 3), (9 + to) << 24, 80);
            const uint32_t bytes = (uint32_t)g_rand_int_range(random, 60, 9000);
            fz_flowtable_add(table, &packet, i * 10000LL - g_rand_int_range(random, 0, 100 * SECOND), bytes);
            sent[from][to] += bytes;
        }
        assert_true(fz_flowtable_flush(table, FZ_END_FORCED));
        for (guint i = 0; i < both.kept.records->len; i++) {
            const fz_record *record = row(&both.kept, i);
            for (int end = 0; end < 2; end++) {
                assert_int_equal(record->zone[end], record->addr[end][0] - 9);
                rows[record->zone[end]][record->zone[!end]] += record->bytes[end];
            }
        }
        for (guint i = 0; i < both.minutes->len; i++) {
            const fz_minute *minute = &g_array_index(both.minutes, fz_minute, i);
            minutes[minute->zone[0]][minute->zone[1]] += minute->bytes;
        }
        assert_memory_equal(rows, sent, sizeof sent);
        assert_memory_equal(minutes, sent, sizeof sent);
        fz_flowtable_free(table);
        both_clear(&both);
    }
    fz_zone_table_free(zones);
}

static void minutes_leave_with_their_interval(void **state)
{
    (void)state;
    kept_both both = both_new();
    fz_flowtable *table = both_table(&both, (fz_flowtable_options){.interval_s = 10});
    const fz_packet packet = packet4(1, 1, 2, 2);
    for (int second = 0; second < 25; second++)
        fz_flowtable_add(table, &packet, second * (int64_t)SECOND, 60);
    assert_int_equal(both.ended, 2);
    assert_int_equal(both.kept.records->len, 2);
    assert_int_equal(both.minutes->len, 2); /* parts of one minute */
    fz_flowtable_flush(table, FZ_END_FORCED);
    assert_int_equal(both.ended, 2); /* what follows is the end of the output */
    assert_int_equal(both.minutes->len, 3);
    assert_int_equal(g_array_index(both.minutes, fz_minute, 2).packets, 5);
    fz_flowtable_free(table);
    both_clear(&both);
}

static void a_sink_that_refuses_minutes_is_told(void **state)
{
    (void)state;
    kept_both both = both_new();
    both.refuse_minutes = true;
    fz_flowtable *table = both_table(&both, (fz_flowtable_options){.interval_s = 10});
    const fz_packet packet = packet4(1, 1, 2, 2);
    assert_true(fz_flowtable_add(table, &packet, 0, 60));
    assert_false(fz_flowtable_add(table, &packet, 10 * SECOND, 60));
    assert_false(fz_flowtable_flush(table, FZ_END_FORCED));
    assert_int_equal(both.kept.records->len, 1);
    assert_int_equal(both.minutes->len, 1);
    assert_int_equal(both.ended, 0);
    fz_flowtable_free(table);
    both_clear(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_make_one_record),
        cmocka_unit_test(a_conversation_with_oneself_is_the_initiators),
        cmocka_unit_test(the_key_is_what_was_asked_for),
        cmocka_unit_test(swapped_ports_are_another_conversation),
        cmocka_unit_test(bytes_go_beyond_32_bits),
        cmocka_unit_test(records_stay_in_their_interval),
        cmocka_unit_test(intervals_are_floors_at_any_time),
        cmocka_unit_test(a_full_table_is_written_out_early),
        cmocka_unit_test(no_packet_is_lost_when_the_table_is_written_out),
        cmocka_unit_test(every_part_of_the_key_is_compared),
        cmocka_unit_test(a_refusing_sink_is_told_and_not_asked_again),
        cmocka_unit_test(an_empty_table_writes_nothing),
        cmocka_unit_test(many_packets_match_a_slow_count),
        cmocka_unit_test(the_client_is_the_initiator),
        cmocka_unit_test(sides_are_carried_on_when_records_are_written_out_early),
        cmocka_unit_test(evidence_is_carried_on),
        cmocka_unit_test(a_clock_that_was_set_back_turns_no_side),
        cmocka_unit_test(what_was_proved_before_the_clock_was_set_back_is_known),
        cmocka_unit_test(runs_without_early_writing_remember_nothing),
        cmocka_unit_test(chosen_keys_do_not_slow_the_table),
        cmocka_unit_test(every_table_has_its_own_seed),
        cmocka_unit_test(zones_are_looked_up_as_records_are_written),
        cmocka_unit_test(minutes_add_up_to_the_records),
        cmocka_unit_test(minutes_leave_with_their_interval),
        cmocka_unit_test(a_sink_that_refuses_minutes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
