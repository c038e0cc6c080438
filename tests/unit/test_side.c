/* Who opened a conversation: each rule, each order of packets, and every cut.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "side.h"
#include "side_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { TCP = 6, UDP = 17 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

static void tcp_flags_tell_by_syn_ack_and_rst_alone(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 4096; flags++) {
        const bool syn = (flags & SYN) != 0, ack = (flags & ACK) != 0;
        uint8_t expected = 0;

        if ((flags & RST) == 0 && (syn || ack))
            expected = !ack ? FZ_EVIDENCE_SYN : syn ? FZ_EVIDENCE_SYN_ACK : FZ_EVIDENCE_ANSWERED;
        assert_int_equal(fz_opener_of_tcp((uint16_t)flags), expected);
    }
}

static void icmp_tells_by_requests_and_replies_alone(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        const bool asks4 = type == 8 || type == 13 || type == 15 || type == 17;
        const bool answers4 = type == 0 || type == 14 || type == 16 || type == 18;
        const bool asks6 = type == 128 || type == 139, answers6 = type == 129 || type == 140;

        assert_int_equal(fz_opener_of_icmp(FZ_IPV4, (uint8_t)type), asks4 ? 0x10 : answers4 ? 0x20 : 0);
        assert_int_equal(fz_opener_of_icmp(FZ_IPV6, (uint8_t)type), asks6 ? 0x10 : answers6 ? 0x20 : 0);
    }
}

/* A conversation of two ends, 10.0.0.1 and 10.0.0.2, the first one first. */
static fz_record conversation(uint8_t protocol, uint16_t first_port, uint16_t second_port)
{
    return (fz_record){
        .addr = {{10, 0, 0, 1}, {10, 0, 0, 2}},
        .port = {first_port, second_port},
        .packets = {1, 2},
        .bytes = {3, 4},
        .ip_bytes = {5, 6},
        .zone = {7, 8},
        .tcp_flags = {9, 10},
        .protocol = protocol,
        .family = FZ_IPV4,
    };
}

static void add(fz_record *record, int sender, uint8_t opener)
{
    record->opened = fz_evidence_add(record->opened, sender == FZ_INITIATOR ? opener : fz_evidence_turned(opener));
}

/* That end of the record as it was is now the initiator, with all that it sent. */
static void assert_client(fz_record record, int client, fz_opened opened)
{
    const fz_record before = record;

    fz_side_settle(&record);
    assert_int_equal(record.opened, opened);
    for (int end = 0; end < 2; end++) {
        const int was = client == FZ_INITIATOR ? end : !end;

        assert_memory_equal(record.addr[end], before.addr[was], 16);
        assert_int_equal(record.port[end], before.port[was]);
        assert_int_equal(record.packets[end], before.packets[was]);
        assert_int_equal(record.bytes[end], before.bytes[was]);
        assert_int_equal(record.ip_bytes[end], before.ip_bytes[was]);
        assert_int_equal(record.zone[end], before.zone[was]);
        assert_int_equal(record.tcp_flags[end], before.tcp_flags[was]);
    }
}

/* What a capture of some packets proves, by the rule's words: of each end, the best way in which it opened. */
typedef struct model {
    bool syn[2], answered[2], icmp[2], syn_ack[2];
} model;

static void model_add(model *seen, int sender, uint8_t opener)
{
    seen->syn[sender] |= opener == FZ_EVIDENCE_SYN;
    seen->answered[sender] |= opener == FZ_EVIDENCE_ANSWERED && seen->syn_ack[!sender];
    seen->icmp[sender] |= opener == FZ_EVIDENCE_ICMP;
    seen->icmp[!sender] |= opener == FZ_EVIDENCE_ICMP << 1;
    seen->syn_ack[sender] |= opener == FZ_EVIDENCE_SYN_ACK;
}

/* `client` is the one that is proved. */
static fz_opened model_opened(const model *seen, int *client)
{
    bool opens[2];

    for (int end = 0; end < 2; end++)
        opens[end] = seen->syn[end] || seen->answered[end] || seen->icmp[end];
    if (opens[0] && opens[1])
        return FZ_OPENED_BOTH;
    if (!opens[0] && !opens[1])
        return FZ_OPENED_FIRST;
    *client = opens[0] ? 0 : 1;
    return seen->syn[*client] ? FZ_OPENED_SYN : seen->answered[*client] ? FZ_OPENED_SYN_ACK : FZ_OPENED_ICMP;
}

/* All sequences of up to five packets of all kinds from both ends; ports tell nothing. */
static void every_order_of_packets_proves_what_the_rule_says(void **state)
{
    static const uint8_t kinds[] = {
        FZ_EVIDENCE_SYN, FZ_EVIDENCE_SYN_ACK, FZ_EVIDENCE_ANSWERED, FZ_EVIDENCE_ICMP, FZ_EVIDENCE_ICMP << 1, 0,
    };
    enum { LETTERS = 2 * G_N_ELEMENTS(kinds), LONGEST = 5 };
    unsigned tried = 0;

    (void)state;
    for (unsigned length = 0, count = 1; length <= LONGEST; length++, count *= LETTERS) {
        for (unsigned number = 0; number < count; number++, tried++) {
            fz_record record = conversation(TCP, 5, 5);
            model seen = {0};
            int client = FZ_INITIATOR;

            for (unsigned i = 0, rest = number; i < length; i++, rest /= LETTERS) {
                const uint8_t opener = kinds[rest % LETTERS / 2];
                const int sender = rest % 2;

                add(&record, sender, opener);
                model_add(&seen, sender, opener);
            }
            const fz_opened opened = model_opened(&seen, &client);
            assert_client(record, client, opened);
        }
    }
    print_message("%u sequences\n", tried);
}

/* A stealth scan: SYN with ACK comes back, and the other end resets or is silent. Its SYN was not captured. */
static void what_is_not_answered_proves_nothing(void **state)
{
    (void)state;
    fz_record record = conversation(TCP, 443, 50000);
    add(&record, 0, fz_opener_of_tcp(SYN | ACK));
    add(&record, 1, fz_opener_of_tcp(RST));
    add(&record, 1, fz_opener_of_tcp(RST | ACK));
    add(&record, 0, fz_opener_of_tcp(ACK | PSH)); /* its own */
    assert_client(record, FZ_RESPONDER, FZ_OPENED_PORT);
    add(&record, 1, fz_opener_of_tcp(ACK | FIN));
    assert_client(record, FZ_RESPONDER, FZ_OPENED_SYN_ACK);
}

static void what_is_proved_outdoes_ports(void **state)
{
    (void)state;
    fz_record record = conversation(TCP, 80, 50000);
    add(&record, 0, FZ_EVIDENCE_SYN);
    assert_client(record, FZ_INITIATOR, FZ_OPENED_SYN);
    add(&record, 1, FZ_EVIDENCE_SYN);
    assert_client(record, FZ_RESPONDER, FZ_OPENED_BOTH); /* and then ports decide */
}

static void ports_guess_the_server(void **state)
{
    static const struct {
        uint16_t first, second;
        uint8_t protocol;
        fz_opened opened;
        int client;
    } cases[] = {
        {50000, 443, TCP, FZ_OPENED_PORT, 0},  {443, 50000, TCP, FZ_OPENED_PORT, 1},
        {1023, 1024, UDP, FZ_OPENED_PORT, 1},  {1024, 1023, UDP, FZ_OPENED_PORT, 0},
        {1024, 1025, UDP, FZ_OPENED_PORT, 1}, /* neither is known: the lower one */
        {68, 67, UDP, FZ_OPENED_PORT, 0},     /* both are */
        {3306, 2000, UDP, FZ_OPENED_PORT, 0},  {3306, 2001, TCP, FZ_OPENED_PORT, 1},
        {3306, 2001, UDP, FZ_OPENED_PORT, 0}, /* a service of TCP */
        {5353, 5353, UDP, FZ_OPENED_FIRST, 0}, {0, 0, UDP, FZ_OPENED_FIRST, 0},
        {0, 50000, TCP, FZ_OPENED_FIRST, 0},   {50000, 0, TCP, FZ_OPENED_FIRST, 0},
        {0, 80, TCP, FZ_OPENED_PORT, 0},       {80, 0, TCP, FZ_OPENED_PORT, 1},
        {65535, 65534, 0, FZ_OPENED_PORT, 0},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_client(conversation(cases[i].protocol, cases[i].first, cases[i].second), cases[i].client,
                      cases[i].opened);
}

static void what_is_for_many_is_no_client(void **state)
{
    static const uint8_t many4[][4] = {{224, 0, 0, 251}, {239, 255, 255, 250}, {255, 255, 255, 255}};
    static const uint8_t others4[][4] = {{223, 255, 255, 255}, {240, 0, 0, 1}, {255, 255, 255, 254}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(many4); i++) {
        fz_record record = conversation(UDP, 53, 60000);
        memcpy(record.addr[FZ_RESPONDER], many4[i], 4);
        assert_client(record, FZ_INITIATOR, FZ_OPENED_FIRST); /* ports would say otherwise */
        memcpy(record.addr[FZ_INITIATOR], many4[i], 4);
        assert_client(record, FZ_RESPONDER, FZ_OPENED_PORT); /* both: nonsense, and ports decide */
        memcpy(record.addr[FZ_RESPONDER], others4[i], 4);
        assert_client(record, FZ_RESPONDER, FZ_OPENED_FIRST);
        memcpy(record.addr[FZ_INITIATOR], others4[i], 4);
        assert_client(record, FZ_RESPONDER, FZ_OPENED_PORT);
    }
    fz_record record = conversation(UDP, 53, 60000);
    record.family = FZ_IPV6;
    record.addr[FZ_RESPONDER][0] = 0xff;
    assert_client(record, FZ_INITIATOR, FZ_OPENED_FIRST);
    record.addr[FZ_RESPONDER][0] = 224; /* of IPv4 alone */
    assert_client(record, FZ_RESPONDER, FZ_OPENED_PORT);
}

/* Both ends are one: whatever it opened, it opened. */
/* Where the flow table need not remember who was first: the other way round, the same end is the client. */
static void different_ports_need_no_first_packet(void **state)
{
    static const uint16_t ports[] = {0, 5, 80, 443, 5060, 50000, 50001, 65535};
    static const uint8_t evidence[] = {0, FZ_EVIDENCE_SYN | FZ_EVIDENCE_SYN << 1};
    unsigned free_of_it = 0;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ports) * G_N_ELEMENTS(ports) * 2 * 2 * 2; i++) {
        const uint16_t a = ports[i / 8 % 8], b = ports[i / 64];
        fz_record one = conversation(i & 1 ? UDP : TCP, a, b), other = conversation(i & 1 ? UDP : TCP, b, a);

        one.opened = other.opened = evidence[i >> 1 & 1];
        one.addr[1][0] = other.addr[0][0] = i & 4 ? 224 : 10;
        one.addr[0][3] = other.addr[1][3] = 1;
        one.addr[1][3] = other.addr[0][3] = 2;
        if (fz_side_hangs_on_first(a, b))
            continue;
        fz_side_settle(&one);
        fz_side_settle(&other);
        assert_int_equal(one.opened, other.opened);
        assert_memory_equal(one.addr, other.addr, sizeof one.addr);
        assert_memory_equal(one.port, other.port, sizeof one.port);
        free_of_it++;
    }
    assert_true(free_of_it > 200);
}

static void a_conversation_with_oneself_is_never_both(void **state)
{
    (void)state;
    fz_record record = conversation(0, 0, 0);
    memcpy(record.addr[1], record.addr[0], 16);
    assert_client(record, FZ_INITIATOR, FZ_OPENED_FIRST);
    add(&record, 0, FZ_EVIDENCE_ICMP << 1);
    assert_client(record, FZ_INITIATOR, FZ_OPENED_ICMP);
    add(&record, 0, FZ_EVIDENCE_ICMP);
    assert_client(record, FZ_INITIATOR, FZ_OPENED_ICMP);
    add(&record, 0, FZ_EVIDENCE_SYN);
    assert_client(record, FZ_INITIATOR, FZ_OPENED_SYN);
}

/* The client, as an address's last byte, and whether that is sure. */
static bool is_sure(fz_record record, uint8_t *client)
{
    fz_side_settle(&record);
    *client = record.addr[FZ_INITIATOR][3];
    return fz_opened_is_sure(record.opened);
}

/* A conversation of random packets, and every part of it: if both are sure, they say the same. */
static void parts_that_are_sure_agree_with_a_sure_whole(void **state)
{
    enum { ROUNDS = 3000, MOST = 12 };
    static const uint8_t kinds[] = {FZ_EVIDENCE_SYN, FZ_EVIDENCE_SYN_ACK, FZ_EVIDENCE_ANSWERED, 0};
    const uint32_t seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    unsigned both = 0;

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t opener[MOST], whole_client, part_client;
        int sender[MOST];
        fz_record whole = conversation(TCP, 1000, 2000);

        for (int i = 0; i < MOST; i++) {
            opener[i] = kinds[g_rand_int_range(random, 0, G_N_ELEMENTS(kinds))];
            sender[i] = opener[i] == FZ_EVIDENCE_SYN ? round % 2 : g_rand_int_range(random, 0, 2);
            add(&whole, sender[i], opener[i]);
        }
        const bool whole_sure = is_sure(whole, &whole_client);
        for (int from = 0; from < MOST; from++) {
            fz_record part = conversation(TCP, 1000, 2000);

            for (int to = from; to < MOST; to++) {
                add(&part, sender[to], opener[to]);
                if (!is_sure(part, &part_client) || !whole_sure)
                    continue;
                assert_int_equal(part_client, whole_client);
                both++;
            }
        }
    }
    assert_true(both > ROUNDS);
}

static void a_side_is_remembered_and_evidence_added(void **state)
{
    (void)state;
    fz_side_memory *memory = fz_side_memory_new();
    const uint64_t fingerprint = UINT64_C(0x123456789abcdef0);
    fz_side side;
    assert_false(fz_side_memory_find(memory, fingerprint, &side));
    fz_side_memory_put(memory, fingerprint, (fz_side){.evidence = 0x80, .higher_first = true});
    fz_side_memory_put(memory, fingerprint, (fz_side){.evidence = 0x01});
    assert_true(fz_side_memory_find(memory, fingerprint, &side));
    assert_int_equal(side.evidence, 0x81);
    assert_true(side.higher_first);
    for (int bit = 0; bit < 64; bit++)
        assert_false(fz_side_memory_find(memory, fingerprint ^ UINT64_C(1) << bit, &side));
    fz_side_memory_free(memory);
    fz_side_memory_free(NULL);
}

static uint64_t fingerprint_at(uint64_t number)
{
    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return number ^ number >> 29;
}

/* The memory grows some times meanwhile: nothing is forgotten before it is as large as it gets. */
static void a_memory_that_grows_forgets_nothing(void **state)
{
    enum { SOME = 50000 };
    (void)state;
    fz_side_memory *memory = fz_side_memory_new();
    fz_side side;
    for (unsigned i = 0; i < SOME; i++)
        fz_side_memory_put(memory, fingerprint_at(i), (fz_side){.evidence = (uint8_t)i, .higher_first = i % 3 == 0});
    for (unsigned i = 0; i < SOME; i++) {
        assert_true(fz_side_memory_find(memory, fingerprint_at(i), &side));
        assert_int_equal(side.evidence, (uint8_t)i);
        assert_int_equal(side.higher_first, i % 3 == 0);
    }
    fz_side_memory_free(memory);
}

/* Whatever is put, no more than a million are kept, the latest among them, and never with another's side. */
static void many_sides_push_out_the_oldest(void **state)
{
    enum { MANY = 3000000, LATEST = 400000 };
    (void)state;
    fz_side_memory *memory = fz_side_memory_new();
    unsigned known = 0, known_late = 0;
    fz_side side;
    for (unsigned i = 0; i < MANY; i++)
        fz_side_memory_put(memory, fingerprint_at(i), (fz_side){.evidence = (uint8_t)i, .higher_first = i % 3 == 0});
    for (unsigned i = 0; i < MANY; i++) {
        if (!fz_side_memory_find(memory, fingerprint_at(i), &side))
            continue;
        assert_int_equal(side.evidence, (uint8_t)i);
        assert_int_equal(side.higher_first, i % 3 == 0);
        known++;
        known_late += i >= MANY - LATEST;
    }
    assert_true(known <= 1 << 20);
    assert_true(known_late > LATEST / 100 * 98); /* a full bucket forgets one */
    print_message("%u known, of the latest %u of %u\n", known, known_late, (unsigned)LATEST);
    fz_side_memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_flags_tell_by_syn_ack_and_rst_alone),
        cmocka_unit_test(icmp_tells_by_requests_and_replies_alone),
        cmocka_unit_test(every_order_of_packets_proves_what_the_rule_says),
        cmocka_unit_test(what_is_not_answered_proves_nothing),
        cmocka_unit_test(what_is_proved_outdoes_ports),
        cmocka_unit_test(ports_guess_the_server),
        cmocka_unit_test(what_is_for_many_is_no_client),
        cmocka_unit_test(different_ports_need_no_first_packet),
        cmocka_unit_test(a_conversation_with_oneself_is_never_both),
        cmocka_unit_test(parts_that_are_sure_agree_with_a_sure_whole),
        cmocka_unit_test(a_side_is_remembered_and_evidence_added),
        cmocka_unit_test(a_memory_that_grows_forgets_nothing),
        cmocka_unit_test(many_sides_push_out_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
