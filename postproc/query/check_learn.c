/* The question `check`: a policy made of what was seen.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_private.h"

#include "plus.h"
#include "service.h"
#include "text.h"

#include <string.h>

/* More ports than this between two zones, which no service is known to have, become one rule. */
enum { PORTS_EACH = 20 };

/* A rule to be: ports of a protocol from one zone to another. */
typedef struct learnt_rule {
    const char *client, *server;
    uint8_t protocol;
    uint16_t low, high;
    int64_t ports, flows, bytes;
} learnt_rule;

/* By zones, protocol and port. */
static gint compare_groups(gconstpointer left, gconstpointer right)
{
    const check_group *a = left, *b = right;
    const int clients = strcmp(a->client, b->client), servers = strcmp(a->server, b->server);

    if (clients != 0)
        return clients;
    if (servers != 0)
        return servers;
    return a->protocol != b->protocol ? a->protocol - b->protocol : a->port - b->port;
}

static bool is_one_rule(const check_group *a, const check_group *b)
{
    return a->protocol == b->protocol && strcmp(a->client, b->client) == 0 && strcmp(a->server, b->server) == 0;
}

static void add_to(learnt_rule *rule, const check_group *group)
{
    rule->high = group->port;
    rule->ports++;
    rule->flows = fz_plus(rule->flows, group->flows);
    rule->bytes = fz_plus(rule->bytes, group->bytes);
}

static learnt_rule begin_rule(const check_group *group)
{
    return (learnt_rule){
        .client = group->client,
        .server = group->server,
        .protocol = group->protocol,
        .low = group->port,
        .high = group->port,
    };
}

static bool is_unknown(const check_group *group)
{
    return !group->verdict.allowed && !fz_service_is_known(group->protocol, group->port);
}

static void add_rule(GArray *rules, const check_group *group)
{
    learnt_rule rule = begin_rule(group);

    add_to(&rule, group);
    g_array_append_val(rules, rule);
}

/* One rule for all ports that no service is known to have. */
static void add_range(GArray *rules, const GArray *groups, guint begin, guint end)
{
    learnt_rule rule = {0};

    for (guint i = begin; i < end; i++) {
        const check_group *group = &g_array_index(groups, check_group, i);

        if (!is_unknown(group))
            continue;
        if (rule.ports == 0)
            rule = begin_rule(group);
        add_to(&rule, group);
    }
    g_array_append_val(rules, rule);
}

/* The rules for what is not allowed; the groups are sorted by their keys. */
static GArray *make_rules(const GArray *groups)
{
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(learnt_rule));

    for (guint i = 0, end; i < groups->len; i = end) {
        const check_group *first = &g_array_index(groups, check_group, i);
        guint unknown = 0;

        for (end = i; end < groups->len && is_one_rule(first, &g_array_index(groups, check_group, end)); end++)
            unknown += is_unknown(&g_array_index(groups, check_group, end));
        for (guint k = i; k < end; k++) {
            const check_group *group = &g_array_index(groups, check_group, k);

            if (!group->verdict.allowed && !(unknown > PORTS_EACH && is_unknown(group)))
                add_rule(rules, group);
        }
        if (unknown > PORTS_EACH)
            add_range(rules, groups, i, end);
    }
    return rules;
}

/* The smallest first: what is rare deserves a look. Ranges come last: what they have too is seldom meant. */
static gint compare_rules(gconstpointer left, gconstpointer right)
{
    const learnt_rule *a = left, *b = right;

    if ((a->ports > 1) != (b->ports > 1))
        return a->ports > 1 ? 1 : -1;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    const int clients = strcmp(a->client, b->client), servers = strcmp(a->server, b->server);
    return clients != 0   ? clients
           : servers != 0 ? servers
                          : (a->protocol << 16 | a->low) - (b->protocol << 16 | b->low);
}

static char *print_service(const learnt_rule *rule)
{
    g_autofree char *first = fz_policy_service_print(rule->protocol, rule->low);

    return rule->low == rule->high ? g_steal_pointer(&first) : g_strdup_printf("%s-%u", first, rule->high);
}

static void print_rule(const fz_answer_manner *manner, const learnt_rule *rule)
{
    g_autofree char *client = fz_policy_field_print(rule->client), *server = fz_policy_field_print(rule->server);
    g_autofree char *flows = fz_cell_print(manner, FZ_CELL_COUNT, rule->flows);
    g_autofree char *bytes = fz_cell_print(manner, FZ_CELL_BYTES, rule->bytes);
    g_autofree char *service = print_service(rule);
    g_autofree char *ports =
        rule->ports > 1 ? g_strdup_printf("%" G_GINT64_FORMAT " ports in ", rule->ports) : g_strdup("");
    g_autofree char *comment =
        g_strdup_printf("%s%s conversation%s, %s", ports, flows, fz_text_plural((uint64_t)rule->flows), bytes);
    g_autofree char *field = fz_policy_field_print(comment);

    /* A zone that is called as the policy calls any cannot be named. */
    const bool nameless = strcmp(rule->client, "*") == 0 || strcmp(rule->server, "*") == 0;
    printf("%sallow,%s,%s,%s,%s\n", nameless ? "# a zone is called *: " : "", client, server, service, field);
}

bool fz_check_print_learnt(checking *at, GError **error)
{
    const fz_answer_manner manner = {.exact = at->asking->question->manner.exact, .width = 80};

    g_array_sort(at->groups, compare_groups);
    g_autoptr(GArray) rules = make_rules(at->groups);
    g_array_sort(rules, compare_rules);
    printf("# What was seen%s, the smallest first: delete what should not be allowed.\n"
           "action,client,server,service,comment\n",
           at->check->policy ? ", and the policy does not allow" : "");
    for (guint i = 0; i < rules->len; i++)
        print_rule(&manner, &g_array_index(rules, learnt_rule, i));
    return fz_asking_cover_tier(at->asking, (uint64_t)at->bytes, at->flows, at->tier, error);
}
