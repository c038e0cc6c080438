/* Any bytes as a policy: either rules that read back as the same, and that judge, or one error of one line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void require_line(bool is_error, const char *message, void *user)
{
    (void)is_error;
    (void)user;
    REQUIRE(g_str_has_prefix(message, "p.csv") && !strchr(message, '\n') && g_utf8_validate(message, -1, NULL));
}

static void require_same(const fz_policy_rule *rule)
{
    g_autofree char *text = fz_policy_rule_print(rule);
    g_autoptr(fz_policy) again = fz_policy_parse("p.csv", text, strlen(text), NULL, NULL, NULL);

    REQUIRE(again && fz_policy_count(again) == 1);
    const fz_policy_rule *other = fz_policy_get(again, 0);
    REQUIRE(other->allow == rule->allow && memcmp(&other->what, &rule->what, sizeof rule->what) == 0);
    REQUIRE(g_strcmp0(other->client, rule->client) == 0 && g_strcmp0(other->server, rule->server) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", "b", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_policy) policy = fz_policy_parse("p.csv", (const char *)data, size, require_line, NULL, &error);

    REQUIRE(!policy == (error != NULL));
    if (!policy) {
        require_line(true, error->message, NULL);
        return 0;
    }
    for (size_t i = 0; i < fz_policy_count(policy) && i < 100; i++) {
        const fz_policy_rule *rule = fz_policy_get(policy, i);
        require_same(rule);
        const fz_verdict verdict = fz_policy_judge(policy, true, rule->client ? rule->client : "x",
                                                   rule->server ? rule->server : "y", 6, rule->what.low);
        REQUIRE(verdict.rule < (int)fz_policy_count(policy));
    }
    fz_policy_check_zones(policy, names, require_line, NULL);
    return 0;
}
