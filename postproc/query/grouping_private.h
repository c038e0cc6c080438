/* What the files of grouping share: a statement while it is built.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_GROUPING_PRIVATE_H
#define FZ_GROUPING_PRIVATE_H

#include "grouping.h"

/* The sums of a group, as columns of every level; client and server, or what was sent and received, are neighbours. */
enum { GROUPING_SUMS = 8 };
extern const char *const fz_grouping_sums[GROUPING_SUMS];

/* What it takes to build a statement. */
typedef struct builder {
    fz_asking *asking;
    const fz_grouping_order *order;
    fz_tier tier;
    bool late;       /* the only keys of either end are zones: both are grouped by, and told apart in the middle */
    bool sides;      /* each row counts for both ends in the innermost level */
    bool middle;     /* there is a middle level */
    bool ip_bytes;   /* they are asked for: no table shows them */
    bool added;      /* the dialect adds rows up before they are grouped */
    bool plain;      /* while such rows are selected: without sums */
    bool quick;      /* sums are doubles and texts are cut: "inexact" says of a group that it may not be the answer */
    bool named;      /* zones have their names in the innermost level: distinct peers cannot be added up */
    const char *sum; /* of a column, at the level that is appended */
    GString *sql;
} builder;

/* A key of the grouping. */
static inline const fz_group_key *key_at(const builder *build, size_t i)
{
    return &build->order->grouping->keys[i];
}

/* What a quick statement leaves of texts, in characters. A double below the second has not been rounded, nor has any
 * sum on the way to it. */
#define GROUPING_CUT "256"
#define GROUPING_EXACT "9007199254740992"

/* ", <sum of the expression> AS name". */
void fz_grouping_append_sum(builder *build, const char *expression, const char *name);

/* Whether a key is a text in the innermost level, or in the middle one. */
bool fz_grouping_key_is_text(const builder *build, const fz_group_key *key, bool middle);

/* Appends the innermost level. */
bool fz_grouping_append_inner(builder *build, GError **error);

#endif
