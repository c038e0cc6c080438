/* What the files of the policy share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_POLICY_PRIVATE_H
#define FZ_POLICY_PRIVATE_H

#include "policy.h"

struct fz_policy {
    char *name;       /* of the file, for messages */
    GPtrArray *rules; /* of fz_policy_rule */
};

/* Whether no conversation that fits `other` would be left by `rule`, if that comes first. */
bool fz_policy_rule_covers(const fz_policy_rule *rule, const fz_policy_rule *other);

#endif
