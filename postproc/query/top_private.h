/* What the files of `top` share: what is collected, and how it is printed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TOP_PRIVATE_H
#define FZ_TOP_PRIVATE_H

#include "top.h"

/* Sums of many groups. */
typedef struct top_sums {
    uint64_t groups;
    int64_t flows, packets, bytes, ip_bytes, side_packets[2], side_bytes[2];
    int64_t first_us, last_us;
    int64_t base_flows, before;
} top_sums;

/* A group that may be shown: its labels, with its sums behind it. */
typedef struct top_row {
    char *labels[FZ_GROUP_KEYS];
    int64_t numbers[FZ_GROUP_KEYS]; /* of keys that are numbers */
    top_sums sums;
    int64_t peers, median, p95;
    int64_t before; /* the measure in the other period; -1: it was not there */
} top_row;

/* A group of the other period, of which there may be millions: 128 bits that tell it from all others. */
typedef struct top_mark {
    uint64_t hash[2];
    int64_t value; /* the measure */
    bool known;    /* the group is in the period of the question too; with by_change */
} top_mark;

/* What is collected while rows come in. */
typedef struct top_collection {
    fz_asking *asking;
    const fz_top *top;
    fz_asking before; /* if it is compared: the same question of the other period, with its coverage */
    fz_question of_before;
    GArray *rows;        /* of top_row: those to show */
    top_sums other, all; /* of the rest; of all */
    GArray *marks;       /* of top_mark, sorted: the groups of the other period; NULL: not compared */
    uint64_t seeds[2];   /* of their hashes: nobody can make groups that have the same */
} top_collection;

/* Between two times; -1: not known. */
int64_t fz_top_duration(int64_t first_us, int64_t last_us);

/* Bits a second; -1: not known. */
int64_t fz_top_rate(int64_t bytes, int64_t duration_us);

/* A group's measure now, less what it was. */
int64_t fz_top_change(const top_row *row, fz_measure sort);

/* Whether sums over all groups that are shown, and the others, are known. */
bool fz_top_adds_up(const top_collection *from);

/* Prints the groups. */
bool fz_top_print(top_collection *from, const fz_grouping_order *order, fz_tier tier, GError **error);

#endif
