/* The rows of a capture by the key of their conversation, and what is counted of each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "finder.h"

#include "flowtable.h"

#include <stdlib.h>
#include <string.h>

/* A conversation in an interval; the lower end comes first. Without padding: compared as bytes. */
typedef struct flow_id {
    uint8_t addr[2][16];
    uint16_t port[2];
    uint16_t vlan;
    uint8_t protocol, family;
    int64_t interval_us;
} flow_id;

G_STATIC_ASSERT(sizeof(flow_id) == 48);

typedef struct entry {
    flow_id id;
    uint32_t row;     /* its index */
    uint32_t current; /* of the first entry of an id: how many rows of this id have all their packets */
} entry;

struct fz_finder {
    const fz_wanted_row *rows;
    size_t count;
    fz_key_kind key;
    bool vlan;
    uint32_t interval_s;
    entry *entries;     /* in the order of ids, then of rows: no capture can choose what a search costs */
    fz_record *counted; /* of each row; its addresses and ports are those of the row */
};

static flow_id id_of(const uint8_t src[16], const uint8_t dst[16], fz_flow_key key, int64_t interval_us)
{
    flow_id id = {.vlan = key.vlan, .protocol = key.protocol, .family = key.family, .interval_us = interval_us};
    const int order = memcmp(src, dst, sizeof id.addr[0]);
    const bool turned = order > 0 || (order == 0 && key.sport > key.dport);

    memcpy(id.addr[turned], src, sizeof id.addr[0]);
    memcpy(id.addr[!turned], dst, sizeof id.addr[0]);
    id.port[turned] = key.sport;
    id.port[!turned] = key.dport;
    return id;
}

static flow_id id_of_record(const fz_finder *finder, const fz_record *record)
{
    const fz_flow_key key = {
        .sport = record->port[FZ_INITIATOR],
        .dport = record->port[FZ_RESPONDER],
        .vlan = record->vlan,
        .protocol = record->protocol,
        .family = record->family,
    };

    return id_of(record->addr[FZ_INITIATOR], record->addr[FZ_RESPONDER], key,
                 fz_flow_interval(record->start_us, finder->interval_s));
}

static int compare(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    const int order = memcmp(&a->id, &b->id, sizeof a->id);

    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

fz_finder *fz_finder_new(const fz_wanted_capture *capture, const fz_wanted_row *rows)
{
    fz_finder *finder = g_new(fz_finder, 1);

    *finder = (fz_finder){
        .rows = rows,
        .count = capture->rows,
        .key = (fz_key_kind)capture->key,
        .vlan = capture->vlan != 0,
        .interval_s = capture->interval_s,
        .entries = g_new0(entry, capture->rows),
        .counted = g_new0(fz_record, capture->rows),
    };
    for (size_t i = 0; i < finder->count; i++)
        finder->entries[i] = (entry){.id = id_of_record(finder, &rows[i].record), .row = (uint32_t)i};
    if (finder->count > 0)
        qsort(finder->entries, finder->count, sizeof *finder->entries, compare);
    fz_finder_reset(finder);
    return finder;
}

void fz_finder_free(fz_finder *finder)
{
    if (!finder)
        return;
    g_free(finder->entries);
    g_free(finder->counted);
    g_free(finder);
}

void fz_finder_reset(fz_finder *finder)
{
    for (size_t i = 0; i < finder->count; i++) {
        finder->entries[i].current = 0;
        finder->counted[i] = (fz_record){.start_us = INT64_MAX, .end_us = INT64_MIN};
    }
}

/* The first entry of an id; NULL: there is none. */
static entry *first_of(const fz_finder *finder, const flow_id *id)
{
    size_t low = 0, high = finder->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (memcmp(&finder->entries[middle].id, id, sizeof *id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    entry *found = low < finder->count ? &finder->entries[low] : NULL;
    return found && memcmp(&found->id, id, sizeof *id) == 0 ? found : NULL;
}

static uint64_t packets_of(const fz_record *record)
{
    return record->packets[FZ_INITIATOR] + record->packets[FZ_RESPONDER];
}

static bool is_full(const fz_finder *finder, uint32_t row)
{
    return packets_of(&finder->counted[row]) >= packets_of(&finder->rows[row].record);
}

/* The row that the next packet of this id is of. */
static uint32_t row_of(const fz_finder *finder, entry *first)
{
    const entry *end = finder->entries + finder->count, *at = first + first->current;

    while (is_full(finder, at->row) && at + 1 < end && memcmp(&at[1].id, &first->id, sizeof first->id) == 0)
        at++;
    first->current = (uint32_t)(at - first);
    return at->row;
}

/* Both ends of a conversation with oneself are the initiator. */
static int sender_in(const fz_record *record, const fz_packet *packet, fz_flow_key key)
{
    const bool forth = memcmp(record->addr[FZ_INITIATOR], packet->src, sizeof packet->src) == 0 &&
                       memcmp(record->addr[FZ_RESPONDER], packet->dst, sizeof packet->dst) == 0 &&
                       record->port[FZ_INITIATOR] == key.sport && record->port[FZ_RESPONDER] == key.dport;

    return forth ? FZ_INITIATOR : FZ_RESPONDER;
}

bool fz_finder_count(fz_finder *finder, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    const fz_flow_key key = fz_flow_key_of(packet, finder->key, finder->vlan);
    const flow_id id = id_of(packet->src, packet->dst, key, fz_flow_interval(time_us, finder->interval_s));
    entry *first = first_of(finder, &id);

    if (!first)
        return false;
    const uint32_t row = row_of(finder, first);
    fz_record *counted = &finder->counted[row];
    const int sender = sender_in(&finder->rows[row].record, packet, key);
    counted->start_us = MIN(counted->start_us, time_us);
    counted->end_us = MAX(counted->end_us, time_us);
    counted->packets[sender]++;
    counted->bytes[sender] += bytes;
    counted->ip_bytes[sender] += packet->ip_bytes;
    return finder->rows[row].asked != 0;
}

const fz_record *fz_finder_counted(const fz_finder *finder, size_t row)
{
    return &finder->counted[row];
}

bool fz_finder_is_equal(const fz_finder *finder, size_t row)
{
    const fz_record *was = &finder->rows[row].record, *now = &finder->counted[row];

    return memcmp(now->packets, was->packets, sizeof now->packets) == 0 &&
           memcmp(now->bytes, was->bytes, sizeof now->bytes) == 0 &&
           memcmp(now->ip_bytes, was->ip_bytes, sizeof now->ip_bytes) == 0 && now->start_us == was->start_us &&
           now->end_us == was->end_us;
}
