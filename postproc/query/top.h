/* The question `top`: the largest groups of conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TOP_H
#define FZ_TOP_H

#include "grouping.h"

/* Which groups are shown, where two periods are compared. */
typedef enum fz_top_show { FZ_TOP_ALL, FZ_TOP_NEW, FZ_TOP_GONE } fz_top_show;

/* What `top` asks: the question's `user`. */
typedef struct fz_top {
    fz_grouping grouping;
    fz_measure sort;
    bool spread;     /* the median and the 95th percentile of the conversations' bytes too */
    bool compared;   /* with the period before */
    fz_range before; /* that period */
    fz_top_show show;
    bool of_last_day; /* the question's period is the last 24 hours, since none was given */
    bool by_change;   /* by the change since the other period, the largest first; groups that are gone too */
    bool finds;       /* any group is a finding: exit status 4 */
} fz_top;

/* Its fz_answer_work. */
bool fz_top_answer(fz_asking *asking, GError **error);

#endif
