/* Conversations added up by dimensions: the statement, and its rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_GROUPING_H
#define FZ_GROUPING_H

#include "dimension.h"
#include "question.h"

/* What groups are sorted by, from the largest to the smallest. */
typedef enum fz_measure {
    FZ_MEASURE_BYTES,
    FZ_MEASURE_PACKETS,
    FZ_MEASURE_FLOWS,
    FZ_MEASURE_PEERS,    /* addresses of the other end */
    FZ_MEASURE_DURATION, /* from the first packet to the last */
    FZ_MEASURE_RATE,     /* bits a second in that time */
    FZ_MEASURE_KEYS,     /* not by a sum, but by the keys, from the smallest */
} fz_measure;

/* The words of all but the last. */
extern const char *const fz_measure_names[6];

/* A group; its sums end at INT64_MAX (plus.h). Of groups by either end, "client" is what it sent, "server" what it
 * received. */
typedef struct fz_group {
    const char *const *cells; /* of the keys */
    int64_t flows, packets, bytes, ip_bytes;
    int64_t side_packets[2], side_bytes[2], side_ip_bytes[2];
    int64_t peers, first_us, last_us; /* -1; INT64_MIN: not known */
    int64_t base_flows;               /* of all groups together, that is all conversations, once each */
} fz_group;
typedef void (*fz_group_taker)(const fz_group *group, void *user);

/* How groups are wanted. */
typedef struct fz_grouping_order {
    const fz_grouping *grouping;
    fz_measure sort;
    bool peers;   /* they are to be counted, which takes longer */
    bool details; /* from details in any case */
    bool having;  /* with the filter after summing */
} fz_grouping_order;

/* Where the groups of an order come from: sums where they have all that is asked for, else details. */
fz_tier fz_grouping_tier(const fz_asking *asking, const fz_grouping_order *order);

/* Gives `take` all groups of the question, in their order. */
bool fz_grouping_read(fz_asking *asking, const fz_grouping_order *order, fz_group_taker take, void *user,
                      GError **error);

/* Where captures of the question's range lost their details, and sums have all that is asked for but this range: makes
 * it one of whole hours, or days. Reads the coverage again. To be called before a question is answered that one number
 * of a longer time serves better than none. */
bool fz_grouping_widen(fz_asking *asking, const fz_grouping_order *order, GError **error);

#endif
