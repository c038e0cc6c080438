/* The layout of the record pipe's frames, for both ends; pipe.h has their order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PIPE_FRAME_PRIVATE_H
#define FZ_PIPE_FRAME_PRIVATE_H

#include "flow.h"

enum {
    KIND_RUN = 0x465a0001,
    KIND_ZONES,
    KIND_RECORDS,
    KIND_POSITION,
    KIND_END,
    KIND_FAULT,
    KIND_NOTE,
    KIND_MINUTES,
    KIND_PACKETS
};
enum { FAULT_MAX = 4096, DIGEST_SIZE = 64 };

typedef struct frame_head {
    uint32_t kind, size;
} frame_head;

/* Fixed parts of payloads: without padding, which would send uninitialized memory. */
typedef struct run_part {
    int64_t first_us;
    uint64_t max_flows;
    uint32_t engine, key, layers, octets, interval_s, first_bytes, zones;
    uint32_t vlan, minutes, packets, without_flows, reserved;
} run_part;

typedef struct zone_part {
    uint8_t family, length, addr[16];
} zone_part;

typedef struct end_part {
    fz_count counted, not_ip, unparsable, filtered;
    uint64_t records, minutes, packets, cut_short, changed, has_digest;
    char digest[DIGEST_SIZE];
} end_part;

G_STATIC_ASSERT(sizeof(run_part) == 64);
G_STATIC_ASSERT(sizeof(zone_part) == 18);
G_STATIC_ASSERT(sizeof(end_part) == 176);

#endif
