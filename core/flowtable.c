/* The flow table: packets in, conversations out.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowtable.h"

#include "minutes.h"
#include "side.h"
#include "side_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/* Records are kept in chunks, in the order in which they were first seen: growing copies none of them. A chunk fills a
 * huge page. They are found through an index with open addressing: slots of a hash and a record's number. */
enum { HUGE_PAGE = 2 << 20, CHUNK_RECORDS = 16384, FIRST_SLOTS = 2048 };

/* How many records a sink gets at once: few enough to stay in the cache, with their zones. */
enum { SINK_RECORDS = 1024 };

G_STATIC_ASSERT(CHUNK_RECORDS * sizeof(fz_record) <= HUGE_PAGE && CHUNK_RECORDS % SINK_RECORDS == 0);

/* A record's number has 32 bits in its slot, and 0 means none. */
#define MOST_RECORDS ((uint64_t)UINT32_MAX - 1)

enum { CACHE_LINE = 64, SEED_WORDS = 14 };

typedef struct slot {
    uint32_t hash;
    uint32_t number; /* from 1; 0 in an empty slot */
} slot;

/* An interval, both ends included. */
typedef struct time_bin {
    int64_t first_us, last_us;
} time_bin;

/* A packet that waits to be counted: its key in this table, as words in host byte order, and its counts. */
typedef struct waiting_packet {
    uint64_t src[2], dst[2];
    uint16_t sport, dport, vlan;
    uint8_t protocol, family;
    uint16_t tcp_flags;
    uint8_t opener[2]; /* evidence, if the record's initiator sent it and if the responder did */
    uint32_t ip_bytes, bytes, hash;
    int64_t time_us;
    uint64_t fingerprint; /* 0: not worked out */
} waiting_packet;

/* Packets are collected before they are counted, so that the memory that each needs is fetched while others are looked
 * up. */
enum { MOST_WAITING = 32 };

struct fz_flowtable {
    fz_flowtable_options options;
    int64_t interval_us;
    uint64_t most_records;
    time_bin now;    /* of the packets that wait */
    time_bin newest; /* of all packets so far */

    slot *slots;
    uint64_t mask; /* number of slots - 1 */
    uint64_t count;
    fz_record **chunks;
    size_t chunk_count; /* allocated, and kept for the next records after a flush */

    uint64_t seed[SEED_WORDS];

    fz_minutes *minutes;   /* NULL: not counted */
    fz_side_memory *sides; /* of conversations that were written out early; NULL before the first time */
    uint64_t remembered;   /* so many of the first records have been put there before they are written out */

    bool failed; /* a sink failed: nothing more is written */
    unsigned waiting_count;
    waiting_packet waiting[MOST_WAITING];
};

static inline uint64_t load_word(const uint8_t bytes[8])
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline unsigned __int128 nh(uint64_t a, uint64_t b, const uint64_t seed[2])
{
    return (unsigned __int128)(a + seed[0]) * (b + seed[1]);
}

/* Which end of a packet is the lower one, in an order that is always the same. No branch depends on it, which no
 * processor can predict. */
static inline bool is_from_higher(const waiting_packet *packet)
{
    const uint64_t *src = packet->src, *dst = packet->dst;

    return (src[0] > dst[0]) |
           ((src[0] == dst[0]) & ((src[1] > dst[1]) | ((src[1] == dst[1]) & (packet->sport > packet->dport))));
}

/* A packet's key in 128 bits, the same for both directions.
 *
 * It is NH, the hash of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999; RFC 4418 section 5.2.2), with words of 64
 * bits: without the seed, the chance of finding two keys of the same sum is no better than 2^-64. */
static inline unsigned __int128 sum_of(const waiting_packet *packet, int64_t bin_us, const uint64_t seed[SEED_WORDS])
{
    const uint64_t *src = packet->src, *dst = packet->dst;
    const uint64_t sport = packet->sport, dport = packet->dport;
    const uint64_t mask = -(uint64_t)is_from_higher(packet);
    const uint64_t flip0 = (src[0] ^ dst[0]) & mask, flip1 = (src[1] ^ dst[1]) & mask, flip2 = (sport ^ dport) & mask;
    const uint64_t rest = (sport ^ flip2) | (dport ^ flip2) << 16 | (uint64_t)packet->vlan << 32 |
                          (uint64_t)packet->protocol << 48 | (uint64_t)packet->family << 56;

    return nh(src[0] ^ flip0, src[1] ^ flip1, seed) + nh(dst[0] ^ flip0, dst[1] ^ flip1, seed + 2) +
           nh(rest, (uint64_t)bin_us, seed + 4);
}

/* The hash of a packet's key: one more multiplication, its halves folded as in wyhash, spreads the sum over the 32 bits
 * that are kept. */
static inline uint32_t hash_of(const waiting_packet *packet, int64_t bin_us, const uint64_t seed[SEED_WORDS])
{
    const unsigned __int128 sum = sum_of(packet, bin_us, seed);
    const unsigned __int128 mixed = (unsigned __int128)((uint64_t)sum ^ seed[6]) * ((uint64_t)(sum >> 64) ^ seed[7]);

    return (uint32_t)((uint64_t)mixed ^ (uint64_t)(mixed >> 64));
}

static inline unsigned __int128 wide(const uint64_t seed[2])
{
    return (unsigned __int128)seed[0] << 64 | seed[1];
}

/* 64 bits by which the side memory knows a conversation in all intervals: multiply-shift (Dietzfelbinger 1996) of the
 * sum. Two sums have the same with a chance of 2^-64, whatever the input. */
static uint64_t fingerprint_of(const waiting_packet *packet, const uint64_t seed[SEED_WORDS])
{
    const unsigned __int128 sum = sum_of(packet, 0, seed);

    return (uint64_t)((wide(seed + 8) * (uint64_t)sum + wide(seed + 10) * (uint64_t)(sum >> 64) + wide(seed + 12)) >>
                      64);
}

/* The interval around a time: floor, before 1970 as well. Ends beyond int64_t are cut at its limits. */
static time_bin bin_around(int64_t time_us, int64_t interval_us)
{
    const int64_t remainder = time_us % interval_us;
    const int64_t since = remainder < 0 ? remainder + interval_us : remainder;
    time_bin bin;

    if (__builtin_sub_overflow(time_us, since, &bin.first_us))
        bin.first_us = INT64_MIN;
    if (__builtin_add_overflow(time_us, interval_us - 1 - since, &bin.last_us))
        bin.last_us = INT64_MAX;
    return bin;
}

int64_t fz_flow_interval(int64_t time_us, uint32_t interval_s)
{
    return interval_s == 0 ? 0 : bin_around(time_us, (int64_t)interval_s * G_USEC_PER_SEC).first_us;
}

static inline bool in_bin(const time_bin *bin, int64_t time_us)
{
    return time_us >= bin->first_us && time_us <= bin->last_us;
}

static inline fz_record *record_at(const fz_flowtable *table, uint64_t index)
{
    return &table->chunks[index / CHUNK_RECORDS][index % CHUNK_RECORDS];
}

enum { OTHER_CONVERSATION = -1 };

/* Zero if the ends are the same. */
static inline uint64_t differ(const fz_record *record, int end, const uint64_t addr[2], uint16_t port)
{
    return (load_word(record->addr[end]) ^ addr[0]) | (load_word(record->addr[end] + 8) ^ addr[1]) |
           (uint64_t)(record->port[end] ^ port);
}

/* FZ_INITIATOR or FZ_RESPONDER: which end sent the packet in this record; OTHER_CONVERSATION if it isn't the packet's.
 * Both ends of a conversation with oneself are the initiator. */
static inline int sender_in(const fz_record *record, const waiting_packet *packet, const time_bin *bin)
{
    if (record->vlan != packet->vlan || record->protocol != packet->protocol || record->family != packet->family ||
        !in_bin(bin, record->start_us))
        return OTHER_CONVERSATION;
    const uint64_t forth =
        differ(record, 0, packet->src, packet->sport) | differ(record, 1, packet->dst, packet->dport);
    const uint64_t back = differ(record, 1, packet->src, packet->sport) | differ(record, 0, packet->dst, packet->dport);
    if (G_UNLIKELY((forth != 0) & (back != 0)))
        return OTHER_CONVERSATION;
    return forth == 0 ? FZ_INITIATOR : FZ_RESPONDER;
}

static inline void count_packet(fz_record *record, int sender, const waiting_packet *packet)
{
    record->start_us = MIN(record->start_us, packet->time_us);
    record->end_us = MAX(record->end_us, packet->time_us);
    record->packets[sender]++;
    record->bytes[sender] += packet->bytes;
    record->ip_bytes[sender] += packet->ip_bytes;
    record->tcp_flags[sender] |= packet->tcp_flags;
    record->opened = fz_evidence_add(record->opened, packet->opener[sender]);
}

/* While a record is in a table that counts minutes, its `zone` has the counter of what each end sends. */
static inline void count_minute(const fz_flowtable *table, const fz_record *record, int sender,
                                const waiting_packet *packet)
{
    if (table->minutes)
        fz_minutes_count(table->minutes, record->zone[sender], packet->time_us, packet->bytes);
}

/* Counts the packet in a record, if it is the packet's. */
static inline bool count_in(const fz_flowtable *table, uint32_t number, const waiting_packet *packet)
{
    fz_record *record = record_at(table, number - 1);
    const int sender = sender_in(record, packet, &table->now);

    if (sender == OTHER_CONVERSATION)
        return false;
    count_packet(record, sender, packet);
    count_minute(table, record, sender, packet);
    return true;
}

/* Memory aligned to HUGE_PAGE, NULL if there is none. If all of it will be used, asks for huge pages: one page fault
 * instead of five hundred, which on a virtual machine are a tenth of a scan's time. */
static void *allocate_pages(size_t size, bool all_used)
{
    void *pages = NULL;

    if (posix_memalign(&pages, MIN(size, HUGE_PAGE), size) != 0)
        return NULL;
    if (all_used && size >= HUGE_PAGE)
        (void)madvise(pages, size, MADV_HUGEPAGE); /* a kernel without them may refuse */
    return pages;
}

static slot *new_slots(uint64_t count)
{
    slot *slots = allocate_pages(count * sizeof *slots, true);

    if (slots)
        memset(slots, 0, count * sizeof *slots);
    return slots;
}

/* Twice the slots, once they are three quarters full. The hashes in them are enough to move. */
static bool grow_index(fz_flowtable *table)
{
    if (table->count < (table->mask + 1) / 4 * 3)
        return true;
    const uint64_t mask = table->mask * 2 + 1;
    slot *slots = new_slots(mask + 1);
    if (!slots)
        return false;
    for (uint64_t i = 0; i <= table->mask; i++) {
        if (table->slots[i].number == 0)
            continue;
        uint64_t at = table->slots[i].hash & mask;
        while (slots[at].number != 0)
            at = (at + 1) & mask;
        slots[at] = table->slots[i];
    }
    free(table->slots);
    table->slots = slots;
    table->mask = mask;
    return true;
}

static bool grow_records(fz_flowtable *table)
{
    if (table->count < (uint64_t)table->chunk_count * CHUNK_RECORDS)
        return true;
    fz_record **chunks = g_try_renew(fz_record *, table->chunks, table->chunk_count + 1);
    if (!chunks)
        return false;
    table->chunks = chunks;
    /* Most captures have few conversations: the first chunk comes page by page. */
    void *chunk = allocate_pages(HUGE_PAGE, table->chunk_count != 0);
    if (!chunk)
        return false;
    table->chunks[table->chunk_count++] = chunk;
    return true;
}

static slot *empty_slot(const fz_flowtable *table, uint32_t hash)
{
    uint64_t at = hash & table->mask;

    while (table->slots[at].number != 0)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

static void write_out(fz_flowtable *table, fz_end_reason reason);

static uint32_t zone_of(const fz_zone_table *zones, uint8_t family, const uint8_t addr[16])
{
    if (family == FZ_IPV6)
        return fz_zone_lookup6(zones, addr);
    return fz_zone_lookup4(zones, (uint32_t)addr[0] << 24 | (uint32_t)addr[1] << 16 | (uint32_t)addr[2] << 8 | addr[3]);
}

static bool has_room(fz_flowtable *table)
{
    return table->count < table->most_records && grow_index(table) && grow_records(table);
}

/* Where a new conversation's minutes are counted. */
static bool find_counters(const fz_flowtable *table, const waiting_packet *packet, uint32_t counter[2])
{
    if (!table->minutes)
        return true;
    const uint32_t zone[2] = {zone_of(table->options.zones, packet->family, (const uint8_t *)packet->src),
                              zone_of(table->options.zones, packet->family, (const uint8_t *)packet->dst)};
    return fz_minutes_find(table->minutes, zone, counter);
}

/* Fetches what is remembered of a packet's conversation, which seems to be none of those in the table. */
static void expect_side(const fz_flowtable *table, waiting_packet *packet)
{
    if (!table->sides)
        return;
    packet->fingerprint = fingerprint_of(packet, table->seed);
    fz_side_memory_prefetch(table->sides, packet->fingerprint);
}

/* What is known of a packet's conversation since it was written out early: returns the end that sends the packet, and
 * sets `known` to the evidence. */
static int recall(const fz_flowtable *table, const waiting_packet *packet, uint8_t *known)
{
    fz_side side;

    *known = 0;
    if (!table->sides)
        return FZ_INITIATOR;
    const uint64_t fingerprint = packet->fingerprint ? packet->fingerprint : fingerprint_of(packet, table->seed);
    if (!fz_side_memory_find(table->sides, fingerprint, &side))
        return FZ_INITIATOR;
    *known = side.higher_first ? fz_evidence_turned(side.evidence) : side.evidence;
    return is_from_higher(packet) == side.higher_first ? FZ_INITIATOR : FZ_RESPONDER;
}

/* A record's conversation, as it is remembered. */
typedef struct memento {
    uint64_t fingerprint;
    fz_side side;
} memento;

static memento memento_of(const fz_flowtable *table, const fz_record *record)
{
    const waiting_packet packet = {
        .src = {load_word(record->addr[0]), load_word(record->addr[0] + 8)},
        .dst = {load_word(record->addr[1]), load_word(record->addr[1] + 8)},
        .sport = record->port[0],
        .dport = record->port[1],
        .vlan = record->vlan,
        .protocol = record->protocol,
        .family = record->family,
    };
    const bool turned = is_from_higher(&packet);

    return (memento){
        .fingerprint = fingerprint_of(&packet, table->seed),
        .side = {turned ? fz_evidence_turned(record->opened) : record->opened, turned},
    };
}

/* Remembers the sides of records, as far as they can matter to later parts. The memory that some of them need is
 * fetched while others are worked out. */
static void remember(fz_flowtable *table, uint64_t first, uint64_t end)
{
    memento some[MOST_WAITING];
    unsigned count = 0;

    if (!table->sides && !(table->sides = fz_side_memory_new()))
        return;
    for (uint64_t i = first; i < end; i++) {
        const fz_record *record = record_at(table, i);

        if (record->opened != 0 || fz_side_hangs_on_first(record->port[0], record->port[1])) {
            some[count] = memento_of(table, record);
            fz_side_memory_prefetch(table->sides, some[count++].fingerprint);
        }
        if (count != MOST_WAITING && i + 1 != end)
            continue;
        for (unsigned k = 0; k < count; k++)
            fz_side_memory_put(table->sides, some[k].fingerprint, some[k].side);
        count = 0;
    }
}

/* A new conversation, or the next part of one. If the limit or memory leaves no room for it, all others are written out
 * first. Until it is written out, the initiator of a record is the sender of the first packet, and `opened` evidence.
 */
static void append(fz_flowtable *table, const waiting_packet *packet)
{
    uint32_t counter[2] = {0, 0};

    if (!has_room(table) || !find_counters(table, packet, counter)) {
        write_out(table, FZ_END_RESOURCES);
        find_counters(table, packet, counter);
    }
    fz_record *record = record_at(table, table->count++);
    *empty_slot(table, packet->hash) = (slot){.hash = packet->hash, .number = (uint32_t)table->count};

    uint8_t known;
    const int sender = recall(table, packet, &known);
    *record = (fz_record){
        .start_us = packet->time_us,
        .end_us = packet->time_us,
        .zone = {counter[sender], counter[!sender]},
        .vlan = packet->vlan,
        .protocol = packet->protocol,
        .family = packet->family,
        .opened = known,
    };
    record->port[sender] = packet->sport;
    record->port[!sender] = packet->dport;
    memcpy(record->addr[sender], packet->src, sizeof packet->src);
    memcpy(record->addr[!sender], packet->dst, sizeof packet->dst);
    count_packet(record, sender, packet);
    count_minute(table, record, sender, packet);
}

static inline void settle(fz_flowtable *table, const waiting_packet *packet)
{
    for (uint64_t at = packet->hash & table->mask; table->slots[at].number != 0; at = (at + 1) & table->mask)
        if (table->slots[at].hash == packet->hash && count_in(table, table->slots[at].number, packet))
            return;
    append(table, packet);
}

/* The number of the first record that can be the packet's, whose memory is prefetched; 0 if there is none. */
static inline uint32_t likely_record(const fz_flowtable *table, uint32_t hash)
{
    uint64_t at = hash & table->mask;

    while (table->slots[at].number != 0 && table->slots[at].hash != hash)
        at = (at + 1) & table->mask;
    const uint32_t number = table->slots[at].number;
    if (number != 0) {
        const char *record = (const char *)record_at(table, number - 1);

        __builtin_prefetch(record, 1);
        __builtin_prefetch(record + CACHE_LINE, 1);
        __builtin_prefetch(record + sizeof(fz_record) - 1, 1);
    }
    return number;
}

/* A likely record may be used even if earlier packets have changed the table: its key is compared. */
static void settle_all(fz_flowtable *table)
{
    uint32_t likely[MOST_WAITING];
    const unsigned count = table->waiting_count;

    for (unsigned i = 0; i < count; i++) {
        likely[i] = likely_record(table, table->waiting[i].hash);
        if (likely[i] == 0)
            expect_side(table, &table->waiting[i]);
    }
    for (unsigned i = 0; i < count; i++)
        if (likely[i] == 0 || likely[i] > table->count || !count_in(table, likely[i], &table->waiting[i]))
            settle(table, &table->waiting[i]);
    table->waiting_count = 0;
}

/* Hands rows to the sink. */
static void hand_minutes(const fz_minute *rows, size_t count, void *user)
{
    fz_flowtable *table = user;

    if (!table->failed)
        table->failed = !table->options.minutes(rows, count, table->options.user);
}

static void write_minutes(fz_flowtable *table)
{
    if (table->minutes)
        fz_minutes_flush(table->minutes);
}

/* Finds the packet's interval. One that is newer than all before ends the others; one in the past, after a clock was
 * set back, is kept beside them until then. */
static void enter_bin(fz_flowtable *table, int64_t time_us)
{
    settle_all(table);
    table->now = bin_around(time_us, table->interval_us);
    if (table->count != 0 && table->now.first_us <= table->newest.first_us) {
        remember(table, table->remembered, table->count); /* their next parts may begin now */
        table->remembered = table->count;
        return;
    }
    table->newest = table->now;
    if (table->count == 0)
        return;
    write_out(table, FZ_END_ACTIVE_TIMEOUT);
    write_minutes(table);
    if (!table->failed && table->options.ended)
        table->failed = !table->options.ended(table->options.user);
}

bool fz_flowtable_add(fz_flowtable *table, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    if (G_UNLIKELY(!in_bin(&table->now, time_us)))
        enter_bin(table, time_us);

    const fz_flow_key key = fz_flow_key_of(packet, table->options.key, table->options.vlan);
    waiting_packet *waiting = &table->waiting[table->waiting_count++];
    *waiting = (waiting_packet){
        .src = {load_word(packet->src), load_word(packet->src + 8)},
        .dst = {load_word(packet->dst), load_word(packet->dst + 8)},
        .sport = key.sport,
        .dport = key.dport,
        .vlan = key.vlan,
        .protocol = key.protocol,
        .family = key.family,
        .tcp_flags = packet->tcp_flags,
        .opener = {packet->opener, fz_evidence_turned(packet->opener)},
        .ip_bytes = packet->ip_bytes,
        .bytes = bytes,
        .time_us = time_us,
    };
    waiting->hash = hash_of(waiting, table->now.first_us, table->seed);
    __builtin_prefetch(&table->slots[waiting->hash & table->mask], 1);

    if (table->waiting_count == MOST_WAITING)
        settle_all(table);
    return !table->failed;
}

static uint32_t zone_at(const fz_flowtable *table, const fz_record *record, int end)
{
    if (table->minutes)
        return fz_minutes_zone(table->minutes, record->zone[end]);
    return zone_of(table->options.zones, record->family, record->addr[end]);
}

static void finish_records(const fz_flowtable *table, fz_record *records, size_t count, fz_end_reason reason)
{
    for (fz_record *record = records; record < records + count; record++) {
        record->end_reason = (uint8_t)reason;
        fz_side_settle(record);
        for (int end = FZ_INITIATOR; end <= FZ_RESPONDER && (table->options.zones || table->minutes); end++)
            record->zone[end] = zone_at(table, record, end);
    }
}

static void write_out(fz_flowtable *table, fz_end_reason reason)
{
    for (uint64_t done = 0; done < table->count && !table->failed; done += SINK_RECORDS) {
        fz_record *records = record_at(table, done);
        const size_t count = (size_t)MIN(table->count - done, SINK_RECORDS);

        if (reason != FZ_END_FORCED)
            remember(table, done, done + count);
        finish_records(table, records, count, reason);
        table->failed = !table->options.sink(records, count, table->options.user);
    }
    if (table->count != 0)
        memset(table->slots, 0, (table->mask + 1) * sizeof *table->slots);
    table->count = table->remembered = 0;
    if (table->minutes)
        fz_minutes_forget(table->minutes);
}

bool fz_flowtable_flush(fz_flowtable *table, fz_end_reason reason)
{
    settle_all(table);
    write_out(table, reason);
    write_minutes(table);
    return !table->failed;
}

uint64_t fz_flowtable_count(fz_flowtable *table)
{
    settle_all(table);
    return table->count;
}

/* The kernel may have no random numbers while the system boots: uses GLib's then. */
static void make_seed(fz_flowtable *table)
{
    if (getrandom(table->seed, sizeof table->seed, GRND_NONBLOCK) == (ssize_t)sizeof table->seed)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(table->seed); i++)
        table->seed[i] = (uint64_t)g_random_int() << 32 | g_random_int();
}

fz_flowtable *fz_flowtable_new(const fz_flowtable_options *options)
{
    fz_flowtable *table = g_new0(fz_flowtable, 1);

    table->options = *options;
    table->interval_us = (int64_t)options->interval_s * G_USEC_PER_SEC;
    table->most_records = options->max_flows != 0 ? MIN(options->max_flows, MOST_RECORDS) : MOST_RECORDS;
    /* Without intervals, one that never ends; else an empty one that the first packet leaves. */
    table->now = options->interval_s == 0 ? (time_bin){INT64_MIN, INT64_MAX} : (time_bin){0, -1};
    table->slots = new_slots(FIRST_SLOTS);
    table->mask = FIRST_SLOTS - 1;
    make_seed(table);
    if (options->minutes)
        table->minutes = fz_minutes_new(hand_minutes, table);
    const bool room = table->slots != NULL && grow_records(table);
    g_assert(room);
    return table;
}

void fz_flowtable_free(fz_flowtable *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    g_free(table->chunks);
    free(table->slots);
    fz_side_memory_free(table->sides);
    fz_minutes_free(table->minutes);
    g_free(table);
}
