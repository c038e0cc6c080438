/* The question `check`: what of the traffic a policy does not allow.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CHECK_H
#define FZ_CHECK_H

#include "policy.h"
#include "question.h"

/* What it asks: the question's `user`. */
typedef struct fz_check {
    fz_policy *policy; /* NULL, with `learn`: none */
    bool strict;       /* rules reach inside of zones */
    bool rules;        /* print what each rule was used for instead */
    bool learn;        /* print a policy that allows what was seen and the policy does not, the smallest first */
} fz_check;

/* Its fz_answer_work. `found`: something is not allowed, and was not asked for with `learn`. */
bool fz_check_answer(fz_asking *asking, GError **error);

#endif
