/* Reads hosts, and the networks of those without a zone: all in the order of their addresses, so that none but the
 * largest are kept.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_hosts.h"

#include "grouping.h"
#include "plus.h"

#include <string.h>

static const fz_grouping by_host = {
    .keys = {{FZ_BY_ADDR, FZ_KEY_OF_EITHER, "host", "host", NULL, 0},
             {FZ_BY_ZONE, FZ_KEY_OF_EITHER, "zone", "zone", NULL, 0}},
    .count = 2,
    .either = true,
};
static const fz_group_key net_key = {FZ_BY_NET, FZ_KEY_OF_EITHER, "net", "net", NULL, 3};

/* Hexadecimal digits of addresses, and of their networks. */
enum { DIGITS = 2 * 16 + 1, IPV4_DIGITS = 8, NET_DIGITS = 6, NET6_DIGITS = 12 };

/* A host or a network, while it may be shown. */
typedef struct candidate {
    char digits[DIGITS];
    guint zone;
    int64_t zone_bytes, sent;
    fz_overview_sum sum;
} candidate;

/* The largest candidates, and the sums of all others. */
typedef struct ranking {
    GArray *kept; /* of candidate */
    fz_overview_table *table;
} ranking;

typedef struct host_reading {
    fz_overview *overview;
    candidate host, net[2]; /* at which the reading is; networks of IPv4, and of IPv6 */
    ranking hosts, nets;
} host_reading;

static gint compare(gconstpointer left, gconstpointer right)
{
    const candidate *a = left, *b = right;

    if (a->sum.bytes != b->sum.bytes)
        return a->sum.bytes > b->sum.bytes ? -1 : 1;
    return strcmp(a->digits, b->digits);
}

static void cut(ranking *in)
{
    g_array_sort(in->kept, compare);
    for (guint i = FZ_OVERVIEW_ROWS; i < in->kept->len; i++) {
        in->table->others++;
        fz_overview_add_sum(&in->table->other, &g_array_index(in->kept, candidate, i).sum);
    }
    if (in->kept->len > FZ_OVERVIEW_ROWS)
        g_array_set_size(in->kept, FZ_OVERVIEW_ROWS);
}

/* Keeps so many more than are shown that sorting them is rare. */
static void keep(ranking *in, candidate *done)
{
    enum { SPARE = 1000 };

    if (done->digits[0] != '\0')
        g_array_append_vals(in->kept, done, 1);
    if (in->kept->len > FZ_OVERVIEW_ROWS + SPARE)
        cut(in);
    *done = (candidate){.zone = FZ_OVERVIEW_NONE, .zone_bytes = -1};
}

static void end_host(host_reading *at)
{
    if (at->host.digits[0] != '\0')
        at->overview->now.hosts++;
    keep(&at->hosts, &at->host);
}

/* A host without a zone is in its network: flows there count hosts. */
static void add_to_net(host_reading *at, const char *digits, const fz_overview_sum *sum)
{
    const bool is_ipv4 = strlen(digits) == IPV4_DIGITS;
    candidate *net = &at->net[!is_ipv4];
    const size_t size = is_ipv4 ? NET_DIGITS : NET6_DIGITS;

    if (strncmp(net->digits, digits, size) != 0) {
        keep(&at->nets, net);
        memcpy(net->digits, digits, size);
    }
    fz_overview_add_sum(&net->sum, &(fz_overview_sum){sum->bytes, 1, sum->packets});
}

static void take(const fz_group *group, void *user)
{
    host_reading *at = user;
    const char *digits = group->cells[0] ? group->cells[0] : "";
    const fz_overview_sum sum = {MAX(group->bytes, 0), MAX(group->flows, 0), MAX(group->packets, 0)};

    if (strcmp(at->host.digits, digits) != 0) {
        end_host(at);
        g_strlcpy(at->host.digits, digits, sizeof at->host.digits);
    }
    fz_overview_add_sum(&at->host.sum, &sum);
    at->host.sent = fz_plus(at->host.sent, MAX(group->side_bytes[0], 0));
    if (sum.bytes > at->host.zone_bytes) {
        at->host.zone_bytes = sum.bytes;
        at->host.zone = fz_overview_find_zone(at->overview, group->cells[1]);
    }
    if (!group->cells[1] && strlen(digits) >= IPV4_DIGITS)
        add_to_net(at, digits, &sum);
}

static void show(ranking *in, const fz_group_key *key)
{
    cut(in);
    for (guint i = 0; i < in->kept->len; i++) {
        const candidate *from = &g_array_index(in->kept, candidate, i);
        const fz_overview_row row = {
            .label = fz_group_key_label(key, from->digits), .zone = from->zone, .sent = from->sent, .sum = from->sum};
        g_array_append_val(in->table->rows, row);
    }
}

bool fz_reporting_read_hosts(fz_asking *asking, fz_overview *overview, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_host, .sort = FZ_MEASURE_KEYS};
    const candidate none = {.zone = FZ_OVERVIEW_NONE, .zone_bytes = -1};
    host_reading at = {
        .overview = overview,
        .host = none,
        .net = {none, none},
        .hosts = {g_array_new(FALSE, FALSE, sizeof(candidate)), &overview->hosts},
        .nets = {g_array_new(FALSE, FALSE, sizeof(candidate)), &overview->networks},
    };
    fz_asking_head(asking, "hosts, networks without a zone: k0 the address, k1 its zone");
    const bool done = fz_grouping_read(asking, &order, take, &at, error);

    if (done) {
        end_host(&at);
        keep(&at.nets, &at.net[0]);
        keep(&at.nets, &at.net[1]);
        show(&at.hosts, &by_host.keys[0]);
        show(&at.nets, &net_key);
    }
    g_array_unref(at.hosts.kept);
    g_array_unref(at.nets.kept);
    return done;
}

bool fz_reporting_hosts_are_sums(const fz_asking *asking)
{
    const fz_grouping_order order = {.grouping = &by_host, .sort = FZ_MEASURE_KEYS};

    return fz_grouping_tier(asking, &order) != FZ_TIER_DETAILS;
}

static void count(const fz_group *group, void *user)
{
    (void)group;
    ++*(int64_t *)user;
}

bool fz_reporting_count_hosts(fz_asking *asking, int64_t *hosts, GError **error)
{
    fz_grouping grouping = {.keys = {by_host.keys[0]}, .count = 1, .either = true};
    const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};

    return fz_grouping_read(asking, &order, count, hosts, error);
}
