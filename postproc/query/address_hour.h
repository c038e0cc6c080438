/* What addresses did in one hour, added up conversation by conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ADDRESS_HOUR_H
#define FZ_ADDRESS_HOUR_H

#include "flow.h"

/* One address. An array of two is of what it is the client of and the server of (FZ_INITIATOR, FZ_RESPONDER), or of
 * what it sent and received (FZ_SENT, FZ_RECEIVED of store.h). */
typedef struct fz_address_sums {
    fz_addr addr;
    uint32_t flows, role_flows[2];
    uint32_t peers, role_peers[2];
    uint32_t ports[2];      /* different ones of the servers that it called, and its own as a server */
    uint32_t port_flows[2]; /* conversations that these are of */
    uint32_t one_way, sure; /* conversations */
    uint64_t packets[2], bytes[2];
    uint64_t least_us, most_us, sum_us; /* durations */
    uint64_t peer_logs, port_logs[2];   /* for fz_address_entropy: of flows, of port_flows */
} fz_address_sums;

typedef struct fz_address_hour fz_address_hour;

/* It keeps so many addresses at most, and so many pairs each of addresses that met and of addresses and ports: up to
 * 256 bytes an address, and 22 to 43 a pair. */
fz_address_hour *fz_address_hour_new(uint32_t addresses, uint32_t pairs);
void fz_address_hour_free(fz_address_hour *hour);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_address_hour, fz_address_hour_free)

/* Adds a conversation to both of its ends. False: the hour has as much as it may keep, and its sums mean nothing. */
bool fz_address_hour_add(fz_address_hour *hour, const fz_record *record);

/* Gives `take` each address, in the order of fz_addr_compare: the same whatever the order of the conversations was. To
 * be called once. */
typedef void (*fz_address_taker)(const fz_address_sums *sums, void *user);
void fz_address_hour_finish(fz_address_hour *hour, fz_address_taker take, void *user);

/* Shannon's entropy of `flows` conversations, in bits; 0 without any. */
double fz_address_entropy(uint64_t flows, uint64_t logs);

#endif
