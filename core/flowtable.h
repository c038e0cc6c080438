/* The hash table of conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWTABLE_H
#define FZ_FLOWTABLE_H

#include "flow.h"
#include "zone.h"

typedef struct fz_flowtable fz_flowtable;

/* What of a packet, beside its addresses, is in the key of its conversation. */
typedef struct fz_flow_key {
    uint16_t sport, dport, vlan; /* 0 when the key has none */
    uint8_t protocol, family;
} fz_flow_key;

static inline fz_flow_key fz_flow_key_of(const fz_packet *packet, fz_key_kind kind, bool vlan)
{
    const bool ports = kind == FZ_KEY_5TUPLE;

    return (fz_flow_key){
        .sport = ports ? packet->sport : 0,
        .dport = ports ? packet->dport : 0,
        .vlan = vlan ? packet->vlan : 0,
        .protocol = ports ? packet->protocol : 0,
        .family = packet->family,
    };
}

/* The start of the interval in which a packet is counted, microseconds since 1970; 0 without intervals. */
int64_t fz_flow_interval(int64_t time_us, uint32_t interval_s);

/* Receives finished records, in the order in which their conversations were first seen; `records` is borrowed: valid
 * until it returns. False stops the flush. */
typedef bool (*fz_flowtable_sink)(const fz_record *records, size_t count, void *user);

/* Receives rows of minutes likewise: those of one write-out in ascending order of minute, sender's and receiver's zone.
 */
typedef bool (*fz_flowtable_minutes)(const fz_minute *rows, size_t count, void *user);

typedef struct fz_flowtable_options {
    fz_key_kind key;
    bool vlan;
    uint32_t interval_s;        /* a record never crosses a multiple of it; 0: none */
    uint64_t max_flows;         /* written out early when reached; 0: no limit */
    const fz_zone_table *zones; /* borrowed, looked up once per record; may be NULL */
    fz_flowtable_sink sink;
    fz_flowtable_minutes minutes; /* NULL: minutes are not counted */
    bool (*ended)(void *user);    /* an interval has ended, and its rows were written; may be NULL. False: it failed */
    void *user;
} fz_flowtable_options;

/* The hash is seeded from the kernel's random numbers: a capture cannot choose which slot a flow gets. The order of
 * records doesn't depend on the seed. */
fz_flowtable *fz_flowtable_new(const fz_flowtable_options *options);
void fz_flowtable_free(fz_flowtable *table);

/* Counts one packet of `bytes` wire length, in its conversation and in its minute. False when a sink failed, earlier or
 * now, where something was written out. */
bool fz_flowtable_add(fz_flowtable *table, const fz_packet *packet, int64_t time_us, uint32_t bytes);

/* Writes all records out and forgets them; then the minutes, whose sum over a table's life is that of its records. */
bool fz_flowtable_flush(fz_flowtable *table, fz_end_reason reason);

/* Conversations in the table now. */
uint64_t fz_flowtable_count(fz_flowtable *table);

#endif
