/* A policy: what its rules say of a conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include "filter.h"
#include "policy_private.h"
#include "protocol.h"
#include "service.h"
#include "text.h"

#include <string.h>

G_DEFINE_QUARK(fz - policy - error - quark, fz_policy_error)

/* The protocols that have ports. */
static const uint8_t with_ports[] = {6, 17, 33, 132, 136};

void fz_policy_free(fz_policy *policy)
{
    if (!policy)
        return;
    g_ptr_array_unref(policy->rules);
    g_free(policy->name);
    g_free(policy);
}

size_t fz_policy_count(const fz_policy *policy)
{
    return policy->rules->len;
}

const fz_policy_rule *fz_policy_get(const fz_policy *policy, size_t rule)
{
    return g_ptr_array_index(policy->rules, rule);
}

/* Begins a protocol by its number: a number alone is a port. */
#define NUMBERED "proto-"

static void add_protocol(fz_policy_service *service, unsigned protocol)
{
    service->protocols[protocol / 64] |= UINT64_C(1) << protocol % 64;
}

static bool has_protocol(const fz_policy_service *service, unsigned protocol)
{
    return (service->protocols[protocol / 64] >> protocol % 64 & 1) != 0;
}

static bool read_number(const char *text, uint64_t most, uint64_t *number)
{
    guint64 value;

    if (!g_ascii_isdigit(*text) || !g_ascii_string_to_unsigned(text, 10, 0, most, &value, NULL))
        return false;
    *number = value;
    return true;
}

static bool read_protocol(const char *text, unsigned *protocol)
{
    const int found = fz_protocol_find(text);
    uint64_t number = 0;

    if (found < 0 && !read_number(text, UINT8_MAX, &number))
        return false;
    *protocol = found < 0 ? (unsigned)number : (unsigned)found;
    return true;
}

static bool read_range(const char *text, fz_policy_service *service)
{
    const char *dash = strchr(text, '-');
    g_autofree char *first = dash ? g_strndup(text, (gsize)(dash - text)) : g_strdup(text);
    uint64_t low, high;

    if (!read_number(first, UINT16_MAX, &low))
        return false;
    high = low;
    if (dash && !read_number(dash + 1, UINT16_MAX, &high))
        return false;
    service->low = (uint16_t)low;
    service->high = (uint16_t)high;
    return low <= high;
}

/* A service by its name: of the protocols for which the table has it. */
static bool read_name(const char *text, fz_policy_service *service)
{
    uint8_t protocol;
    uint16_t port;

    if (!fz_service_find(text, &protocol, &port))
        return false;
    service->low = service->high = port;
    if (protocol != 0) {
        add_protocol(service, protocol);
        return true;
    }
    for (size_t i = 0; i < sizeof with_ports; i++)
        if (fz_service_name(with_ports[i], port))
            add_protocol(service, with_ports[i]);
    return true;
}

static bool read_after_slash(const char *text, const char *slash, fz_policy_service *service)
{
    g_autofree char *before = g_strndup(text, (gsize)(slash - text));
    fz_policy_service named = {0};
    unsigned protocol;

    if (!read_protocol(before, &protocol) || !memchr(with_ports, (int)protocol, sizeof with_ports))
        return false;
    add_protocol(service, protocol);
    if (strcmp(slash + 1, "*") == 0)
        return true;
    if (!read_name(slash + 1, &named))
        return read_range(slash + 1, service);
    service->low = named.low;
    service->high = named.high;
    return true;
}

bool fz_policy_service_read(const char *text, fz_policy_service *service)
{
    const char *slash = strchr(text, '/');
    unsigned protocol;

    *service = (fz_policy_service){.high = UINT16_MAX};
    if (strcmp(text, "*") == 0) {
        memset(service->protocols, 0xff, sizeof service->protocols);
        return true;
    }
    if (slash)
        return read_after_slash(text, slash, service);
    const bool numbered = g_str_has_prefix(text, NUMBERED);
    if ((numbered || fz_protocol_find(text) >= 0) &&
        read_protocol(numbered ? text + strlen(NUMBERED) : text, &protocol)) {
        add_protocol(service, protocol);
        return true;
    }
    if (read_name(text, service))
        return true;
    for (size_t i = 0; i < sizeof with_ports; i++)
        add_protocol(service, with_ports[i]);
    return read_range(text, service);
}

char *fz_policy_service_print(uint8_t protocol, uint16_t port)
{
    const char *name = fz_protocol_name(protocol);
    g_autofree char *number = name ? NULL : g_strdup_printf("%u", protocol);

    if (!memchr(with_ports, protocol, sizeof with_ports))
        return name ? g_strdup(name) : g_strdup_printf(NUMBERED "%u", protocol);
    return g_strdup_printf("%s/%u", name ? name : number, port);
}

static bool fits_service(const fz_policy_service *service, uint8_t protocol, uint16_t port)
{
    return port >= service->low && port <= service->high && has_protocol(service, protocol);
}

static bool fits_zone(const char *of_rule, const char *zone)
{
    return !of_rule || strcmp(of_rule, zone) == 0;
}

fz_verdict fz_policy_judge(const fz_policy *policy, bool strict, const char *client, const char *server,
                           uint8_t protocol, uint16_t port)
{
    const bool inside = !strict && strcmp(client, server) == 0 && strcmp(client, FZ_FILTER_NO_ZONE) != 0;

    for (guint i = 0; i < policy->rules->len; i++) {
        const fz_policy_rule *rule = g_ptr_array_index(policy->rules, i);

        if (inside && (!rule->client || !rule->server))
            continue;
        if (fits_zone(rule->client, client) && fits_zone(rule->server, server) &&
            fits_service(&rule->what, protocol, port))
            return (fz_verdict){rule->allow, (int)i};
    }
    return inside ? (fz_verdict){true, FZ_RULE_INSIDE} : (fz_verdict){false, FZ_RULE_NONE};
}

bool fz_policy_rule_covers(const fz_policy_rule *rule, const fz_policy_rule *other)
{
    if ((rule->client && g_strcmp0(rule->client, other->client) != 0) ||
        (rule->server && g_strcmp0(rule->server, other->server) != 0))
        return false;
    /* Inside of one zone only rules that name it twice are asked. */
    if (other->client && (!rule->client || !rule->server) && g_strcmp0(other->client, other->server) == 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(rule->what.protocols); i++)
        if ((other->what.protocols[i] & ~rule->what.protocols[i]) != 0)
            return false;
    return rule->what.low <= other->what.low && rule->what.high >= other->what.high;
}

char *fz_policy_field_print(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "\"", -1);

    if (!strpbrk(text, "\",\r\n"))
        return g_strdup(text);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);
    return g_strdup_printf("\"%s\"", doubled);
}

char *fz_policy_rule_print(const fz_policy_rule *rule)
{
    g_autofree char *client = fz_policy_field_print(rule->client ? rule->client : "*");
    g_autofree char *server = fz_policy_field_print(rule->server ? rule->server : "*");

    return g_strdup_printf("%s,%s,%s,%s", rule->allow ? "allow" : "deny", client, server, rule->service);
}

static void check_zone(const fz_policy *policy, const fz_policy_rule *rule, const char *zone, const char *const *names,
                       fz_policy_problem problem, void *user)
{
    if (!zone || strcmp(zone, FZ_FILTER_NO_ZONE) == 0 || g_strv_contains(names, zone))
        return;
    const char *nearest = strcmp(zone, "(internet)") == 0 ? FZ_FILTER_NO_ZONE : fz_nearest_name(zone, names);
    g_autofree char *meant = nearest ? g_strdup_printf("; did you mean \"%s\"?", nearest) : g_strdup("");
    g_autofree char *message =
        g_strdup_printf("%s:%u: no zone of the traffic is called \"%s\"%s", policy->name, rule->line, zone, meant);
    problem(false, message, user);
}

void fz_policy_check_zones(const fz_policy *policy, const char *const *names, fz_policy_problem problem, void *user)
{
    for (guint i = 0; i < policy->rules->len; i++) {
        const fz_policy_rule *rule = g_ptr_array_index(policy->rules, i);

        check_zone(policy, rule, rule->client, names, problem, user);
        if (g_strcmp0(rule->client, rule->server) != 0)
            check_zone(policy, rule, rule->server, names, problem, user);
    }
}
