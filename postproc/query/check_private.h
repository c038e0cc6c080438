/* What the files of `check` share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CHECK_PRIVATE_H
#define FZ_CHECK_PRIVATE_H

#include "captures.h"
#include "check.h"
#include "grouping.h"

/* Conversations of a client's zone, a server's zone and a service. */
typedef struct check_group {
    char *client, *server;
    uint8_t protocol;
    uint16_t port;
    fz_verdict verdict;
    int64_t flows, packets, bytes;
} check_group;

/* A conversation that is not allowed. */
typedef struct check_row {
    fz_record record;
    int64_t load_id, row_no;
} check_row;

/* All that one rule, or none, forbids from one zone to another. */
typedef struct check_breach {
    const char *client, *server; /* of a group */
    int rule;
    int64_t flows, bytes;
    /* Of the details: all of them, those whose client is sure, and when the first began and the last ended. */
    int64_t read, read_bytes, sure, first_us, last_us;
    GArray *rows; /* of check_row: the largest */
} check_breach;

/* What became of details of two zones, by their ids, and a service. */
typedef struct check_judged {
    uint32_t zone[2], service;
    check_breach *breach; /* NULL: allowed */
} check_judged;

/* What a rule was used for. */
typedef struct check_use {
    int64_t flows, bytes;
} check_use;

typedef struct checking {
    fz_asking *asking;
    const fz_check *check;
    fz_tier tier;
    GArray *groups;       /* of check_group */
    GPtrArray *breaches;  /* of check_breach, the largest first */
    GHashTable *by_zones; /* the same, by themselves */
    GHashTable *judged;   /* of check_judged, by themselves: a policy has many rules, and details repeat */
    check_use *uses;      /* of each rule */
    check_use inside;     /* of what stays inside of a zone, and no rule has */
    check_use none;       /* of what no rule has */
    int64_t flows, bytes; /* all */
    fz_captures *captures;
} checking;

/* Prints what is not allowed, and the rules that were not used; or, of --rules, what each was used for. */
bool fz_check_print(checking *at, GError **error);
bool fz_check_print_rules(checking *at, GError **error);

/* Prints a policy. */
bool fz_check_print_learnt(checking *at, GError **error);

#endif
