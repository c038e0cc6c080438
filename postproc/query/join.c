/* Joins the parts of conversations that captures were cut through.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "join.h"

#include "plus.h"
#include "sums.h"

#include <string.h>

/* A slot of the index: 0 is empty, else the number of an entry, from 1. */
typedef uint32_t slot;

struct fz_joiner {
    int64_t gap_us;
    fz_joined_taker take;
    void *user;
    fz_join_capture capture;
    GArray *open; /* of fz_joined, in the order in which they came */
    slot *slots;
    size_t slot_count; /* a power of two */
    size_t tidy_at;    /* in split captures: look for what has ended once there are so many */
    uint64_t seed;
};

enum { FIRST_SLOTS = 1024 };

fz_joiner *fz_joiner_new(int64_t gap_us, fz_joined_taker take, void *user)
{
    fz_joiner *joiner = g_new0(fz_joiner, 1);

    joiner->gap_us = gap_us;
    joiner->take = take;
    joiner->user = user;
    joiner->open = g_array_new(FALSE, FALSE, sizeof(fz_joined));
    joiner->slot_count = FIRST_SLOTS;
    joiner->slots = g_new0(slot, FIRST_SLOTS);
    joiner->tidy_at = FIRST_SLOTS;
    joiner->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    return joiner;
}

void fz_joiner_free(fz_joiner *joiner)
{
    if (!joiner)
        return;
    g_array_unref(joiner->open);
    g_free(joiner->slots);
    g_free(joiner);
}

int fz_opened_rank(uint8_t opened)
{
    static const int ranks[FZ_OPENED_COUNT] = {
        [FZ_OPENED_SYN] = 7,  [FZ_OPENED_SYN_ACK] = 6, [FZ_OPENED_ICMP] = 5, [FZ_OPENED_EXPORTER] = 4,
        [FZ_OPENED_PORT] = 3, [FZ_OPENED_FIRST] = 2,   [FZ_OPENED_BOTH] = 1,
    };

    return opened < FZ_OPENED_COUNT ? ranks[opened] : 0;
}

void fz_record_turn(fz_record *record)
{
    const fz_record was = *record;

    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        record->packets[end] = was.packets[!end];
        record->bytes[end] = was.bytes[!end];
        record->ip_bytes[end] = was.ip_bytes[!end];
        record->zone[end] = was.zone[!end];
        record->port[end] = was.port[!end];
        record->tcp_flags[end] = was.tcp_flags[!end];
        memcpy(record->addr[end], was.addr[!end], sizeof was.addr[0]);
    }
}

static uint64_t hash_end(const fz_joiner *joiner, const fz_record *record, int end)
{
    uint64_t words[2];

    memcpy(words, record->addr[end], sizeof words);
    return fz_sums_mix(fz_sums_mix(fz_sums_mix(joiner->seed ^ words[0]) ^ words[1]) ^ record->port[end]);
}

/* The same whichever end is the initiator. */
static uint64_t hash_of(const fz_joiner *joiner, const fz_record *record, uint32_t sensor)
{
    const uint64_t ends = hash_end(joiner, record, FZ_INITIATOR) + hash_end(joiner, record, FZ_RESPONDER);

    return fz_sums_mix(ends ^ (uint64_t)record->protocol << 48 ^ (uint64_t)record->vlan << 32 ^ sensor);
}

static bool is_end(const fz_record *a, int end, const fz_record *b, int other)
{
    return a->port[end] == b->port[other] && memcmp(a->addr[end], b->addr[other], sizeof a->addr[0]) == 0;
}

static bool is_turned(const fz_record *a, const fz_record *b)
{
    return !(is_end(a, FZ_INITIATOR, b, FZ_INITIATOR) && is_end(a, FZ_RESPONDER, b, FZ_RESPONDER));
}

static bool is_same(const fz_joined *joined, const fz_record *record, uint32_t sensor)
{
    const fz_record *other = &joined->record;

    if (joined->sensor != sensor || other->protocol != record->protocol || other->vlan != record->vlan ||
        other->family != record->family)
        return false;
    return !is_turned(other, record) ||
           (is_end(other, FZ_INITIATOR, record, FZ_RESPONDER) && is_end(other, FZ_RESPONDER, record, FZ_INITIATOR));
}

static fz_joined *entry(const fz_joiner *joiner, slot number)
{
    return &g_array_index(joiner->open, fz_joined, number - 1);
}

/* The slot of a key: of its entry, or the empty one where that would be. */
static slot *find(const fz_joiner *joiner, const fz_record *record, uint32_t sensor)
{
    const size_t mask = joiner->slot_count - 1;
    size_t at = hash_of(joiner, record, sensor) & mask;

    while (joiner->slots[at] != 0 && !is_same(entry(joiner, joiner->slots[at]), record, sensor))
        at = (at + 1) & mask;
    return &joiner->slots[at];
}

/* Two entries may have one key, where the earlier one has ended: the index has the later. */
static void make_index(fz_joiner *joiner, size_t slots)
{
    if (slots != joiner->slot_count) {
        g_free(joiner->slots);
        joiner->slots = g_new(slot, slots);
        joiner->slot_count = slots;
    }
    memset(joiner->slots, 0, slots * sizeof *joiner->slots);
    for (guint i = 0; i < joiner->open->len; i++) {
        const fz_joined *joined = &g_array_index(joiner->open, fz_joined, i);
        *find(joiner, &joined->record, joined->sensor) = i + 1;
    }
}

/* Whether less than the gap lies between the end of one and the start of the other. */
static bool is_near(const fz_joiner *joiner, int64_t end_us, int64_t start_us)
{
    return start_us <= end_us || (uint64_t)start_us - (uint64_t)end_us < (uint64_t)joiner->gap_us;
}

/* Gives away what nothing can be joined to that begins at `start_us` or later: of the sensor, or of all (-1). */
static void give_ended(fz_joiner *joiner, int64_t sensor, int64_t start_us)
{
    guint kept = 0;

    for (guint i = 0; i < joiner->open->len; i++) {
        fz_joined *joined = &g_array_index(joiner->open, fz_joined, i);
        const bool ours = sensor < 0 || joined->sensor == sensor;

        if (ours && (sensor < 0 || !is_near(joiner, joined->record.end_us, start_us)))
            joiner->take(joined, joiner->user);
        else
            g_array_index(joiner->open, fz_joined, kept++) = *joined;
    }
    if (kept == joiner->open->len)
        return;
    g_array_set_size(joiner->open, kept);
    make_index(joiner, joiner->slot_count);
}

void fz_joiner_capture(fz_joiner *joiner, const fz_join_capture *capture)
{
    joiner->capture = *capture;
    give_ended(joiner, capture->sensor, capture->start_us);
}

/* `part` has the sides of `whole`. */
static void add_counts(fz_record *whole, const fz_record *part)
{
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        whole->packets[end] = fz_plus_counts(whole->packets[end], part->packets[end]);
        whole->bytes[end] = fz_plus_counts(whole->bytes[end], part->bytes[end]);
        whole->ip_bytes[end] = fz_plus_counts(whole->ip_bytes[end], part->ip_bytes[end]);
        whole->tcp_flags[end] |= part->tcp_flags[end];
    }
}

static void join(fz_joined *joined, const fz_detail *detail)
{
    fz_record *whole = &joined->record, part = detail->record;

    if (is_turned(whole, &part)) {
        if (fz_opened_is_sure(whole->opened) && fz_opened_is_sure(part.opened))
            part.opened = whole->opened = FZ_OPENED_BOTH;
        if (fz_opened_rank(part.opened) > fz_opened_rank(whole->opened))
            fz_record_turn(whole);
        else
            fz_record_turn(&part);
    }
    if (part.opened == FZ_OPENED_BOTH)
        whole->opened = FZ_OPENED_BOTH;
    else if (whole->opened != FZ_OPENED_BOTH && fz_opened_rank(part.opened) > fz_opened_rank(whole->opened))
        whole->opened = part.opened;
    add_counts(whole, &part);
    if (part.start_us < whole->start_us) {
        whole->start_us = part.start_us;
        memcpy(whole->zone, part.zone, sizeof whole->zone);
        joined->load_id = detail->load_id;
        joined->row_no = detail->row_no;
    }
    if (part.end_us >= whole->end_us) {
        whole->end_us = part.end_us;
        whole->end_reason = part.end_reason;
        joined->last_load_id = detail->load_id;
    }
    joined->parts++;
}

/* Whether more of a conversation may come: from this capture, if its rows were cut, or from the next. */
static bool may_go_on(const fz_joiner *joiner, const fz_record *record)
{
    const fz_join_capture *capture = &joiner->capture;

    return capture->split || (!capture->last && is_near(joiner, record->end_us, capture->end_us));
}

static void keep(fz_joiner *joiner, slot *at, const fz_joined *joined)
{
    g_array_append_val(joiner->open, *joined);
    *at = joiner->open->len;
    if (joiner->open->len > joiner->slot_count / 2)
        make_index(joiner, joiner->slot_count * 2);
}

void fz_joiner_add(fz_joiner *joiner, const fz_detail *detail)
{
    const fz_record *record = &detail->record;
    const uint32_t sensor = joiner->capture.sensor;
    slot *at = find(joiner, record, sensor);
    fz_joined *open = *at != 0 ? entry(joiner, *at) : NULL;

    if (open && is_near(joiner, open->record.end_us, record->start_us) &&
        is_near(joiner, record->end_us, open->record.start_us)) {
        join(open, detail);
        return;
    }
    const fz_joined joined = {*record, detail->load_id, detail->row_no, detail->load_id, 1, sensor};
    if (!may_go_on(joiner, record)) {
        joiner->take(&joined, joiner->user);
        return;
    }
    keep(joiner, at, &joined);
    if (joiner->capture.split && joiner->open->len >= joiner->tidy_at) {
        give_ended(joiner, sensor, record->start_us);
        joiner->tidy_at = MAX((size_t)FIRST_SLOTS, (size_t)joiner->open->len * 2);
    }
}

void fz_joiner_finish(fz_joiner *joiner)
{
    give_ended(joiner, -1, 0);
}
