/* What the parts of `zones suggest` share: networks, and which may become one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SUGGEST_PRIVATE_H
#define FZ_SUGGEST_PRIVATE_H

#include "suggest.h"
#include "zone_builtin.h"

/* A zone of the user's. */
typedef struct suggest_own {
    const char *location; /* empty: everywhere */
    fz_prefix prefix;
} suggest_own;

typedef struct suggest_network {
    const char *location;
    fz_prefix prefix;
    int64_t bytes;
    uint64_t hosts;
    GHashTable *services; /* bytes, int64_t, by protocol << 16 | port */
} suggest_network;

/* The zones that must not be overlapped: an array of suggest_own; and the kinds of addresses. */
typedef struct suggest_map {
    GArray *own;
    fz_zone_table *kinds;
} suggest_map;

/* The kind of an address: a row of the built-in zones. */
const fz_zone *fz_suggest_kind(const suggest_map *map, const fz_addr *addr);

/* The network that an address is in. */
fz_prefix fz_suggest_network_of(const suggest_map *map, const char *location, const fz_addr *addr);

void fz_suggest_network_free(void *network);

/* The service that most of its bytes are of; 0: none. */
uint32_t fz_suggest_top(const suggest_network *network);

/* Merges networks, an array of suggest_network pointers. Then the largest is first. */
void fz_suggest_merge(const suggest_map *map, GPtrArray *networks);

#endif
