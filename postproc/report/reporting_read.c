/* Reads a report's numbers from a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_read.h"

#include "disguise.h"
#include "grouping.h"
#include "loads.h"
#include "plus.h"
#include "reporting_hosts.h"
#include "reporting_time.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_ZONE                                                    \
    {                                                                  \
        FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0 \
    }
#define SERVER_ZONE                                                    \
    {                                                                  \
        FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0 \
    }
/* Both come from sums, unless hours are gone: days have no ports. */
static const fz_grouping by_pair = {.keys = {CLIENT_ZONE, SERVER_ZONE}, .count = 2};
static const fz_grouping by_service = {
    .keys = {CLIENT_ZONE, SERVER_ZONE, {FZ_BY_SERVICE, FZ_KEY_OF_NONE, "service", "service", NULL, 0}}, .count = 3};

/* A service, and what it was used for. */
typedef struct service_sum {
    int64_t key; /* of FZ_BY_SERVICE */
    fz_overview_sum sum;
    guint row; /* where it is shown; FZ_OVERVIEW_NONE */
} service_sum;

/* What a pair used a service for. */
typedef struct service_use {
    guint service;       /* an index of `services` */
    const char *zone[2]; /* of the overview: names stay where they are */
    guint pair;          /* once it is settled */
    fz_overview_sum sum;
} service_use;

typedef struct reading {
    fz_asking *asking;
    const fz_reporting *reporting;
    fz_overview *overview;
    bool apart;        /* pairs have more than their services */
    GArray *services;  /* of service_sum */
    GHashTable *known; /* index by key */
    GArray *uses;      /* of service_use */
} reading;

static fz_overview_sum sum_of(const fz_group *group)
{
    return (fz_overview_sum){MAX(group->bytes, 0), MAX(group->flows, 0), MAX(group->packets, 0)};
}

/* Where the numbers of a period come from. */
static void set_sources(fz_overview_period *period, const fz_asking *asking, const fz_coverage *coverage)
{
    const fz_grouping_order order = {.grouping = &by_pair, .sort = FZ_MEASURE_KEYS};
    const fz_grouping_order of_services = {.grouping = &by_service, .sort = FZ_MEASURE_KEYS};

    period->range = asking->question->range;
    period->captures = coverage->captures;
    period->dropped = coverage->dropped;
    period->dropped_span = coverage->dropped_span;
    period->hours_from_us = coverage->hours_from_us;
    period->sums = fz_grouping_tier(asking, &order) != FZ_TIER_DETAILS;
    period->service_sums = fz_grouping_tier(asking, &of_services) != FZ_TIER_DETAILS;
    period->host_sums = fz_reporting_hosts_are_sums(asking);
}

/* The same question of another period. */
static fz_asking ask_before(const fz_asking *asking, const fz_range *before, fz_question *question)
{
    fz_asking other = *asking;

    *question = *asking->question;
    question->range = *before;
    other.question = question;
    other.widened = false;
    return other;
}

/* Services of pairs, and what the policy says of them. */

static void forbid(const reading *at, guint pair, int64_t service, const fz_verdict *verdict,
                   const fz_overview_sum *sum)
{
    GArray *breaches = at->overview->breaches;
    fz_overview_breach *breach = NULL;

    fz_overview_add_sum(&g_array_index(at->overview->pairs, fz_overview_pair, pair).denied, sum);
    /* Groups come pair by pair: the same pair's are the last ones. */
    for (guint i = breaches->len; !breach && i-- > 0;) {
        fz_overview_breach *last = &g_array_index(breaches, fz_overview_breach, i);
        if (last->pair != pair)
            break;
        breach = last->rule == verdict->rule ? last : NULL;
    }
    if (!breach) {
        const fz_policy_rule *rule =
            verdict->rule >= 0 ? fz_policy_get(at->reporting->policy, (size_t)verdict->rule) : NULL;
        const fz_overview_breach made = {.pair = pair,
                                         .rule = verdict->rule,
                                         .text = rule ? fz_policy_rule_print(rule) : NULL,
                                         .line = rule ? rule->line : 0,
                                         .most = -1};
        g_array_append_val(breaches, made);
        breach = &g_array_index(breaches, fz_overview_breach, breaches->len - 1);
    }
    fz_overview_add_sum(&breach->sum, sum);
    if (sum->bytes > breach->most) {
        breach->most = sum->bytes;
        g_free(breach->service);
        breach->service = fz_service_label((uint8_t)(service >> 16), (uint16_t)service);
    }
}

static guint find_service(reading *at, int64_t key)
{
    gpointer found;

    if (g_hash_table_lookup_extended(at->known, GSIZE_TO_POINTER((gsize)key), NULL, &found))
        return GPOINTER_TO_UINT(found);
    const service_sum service = {.key = key, .row = FZ_OVERVIEW_NONE};
    g_array_append_val(at->services, service);
    g_hash_table_insert(at->known, GSIZE_TO_POINTER((gsize)key), GUINT_TO_POINTER(at->services->len - 1));
    return at->services->len - 1;
}

static void take_pair(const fz_group *group, void *user)
{
    const fz_overview_sum sum = sum_of(group);

    fz_overview_add_pair(((const reading *)user)->overview, group->cells[0], group->cells[1], &sum);
}

static void take_service(const fz_group *group, void *user)
{
    static const fz_overview_sum nothing;
    reading *at = user;
    const guint service = find_service(at, fz_cell_integer(group->cells[2]));
    service_use use = {.service = service, .sum = sum_of(group)};
    const guint pair =
        fz_overview_add_pair(at->overview, group->cells[0], group->cells[1], at->apart ? &nothing : &use.sum);

    for (int end = 0; end < 2; end++)
        use.zone[end] = fz_overview_zone_at(at->overview, fz_overview_pair_at(at->overview, pair)->zone[end])->name;
    fz_overview_add_sum(&g_array_index(at->services, service_sum, service).sum, &use.sum);
    g_array_append_val(at->uses, use);
}

/* Every sum has a pair and a service: the policy judges all of them. */
static void judge(const reading *at)
{
    for (guint i = 0; i < at->uses->len; i++) {
        const service_use *use = &g_array_index(at->uses, service_use, i);
        const int64_t key = g_array_index(at->services, service_sum, use->service).key;
        const fz_verdict verdict = fz_policy_judge(at->reporting->policy, false, use->zone[0], use->zone[1],
                                                   (uint8_t)(key >> 16), (uint16_t)key);
        if (!verdict.allowed)
            forbid(at, use->pair, key, &verdict, &use->sum);
    }
}

static gint compare_services(gconstpointer left, gconstpointer right, gpointer services)
{
    const service_sum *a = &g_array_index((GArray *)services, service_sum, *(const guint *)left);
    const service_sum *b = &g_array_index((GArray *)services, service_sum, *(const guint *)right);

    if (a->sum.bytes != b->sum.bytes)
        return a->sum.bytes > b->sum.bytes ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static gint compare_uses(gconstpointer left, gconstpointer right)
{
    const fz_overview_use *a = left, *b = right;

    if (a->service != b->service)
        return a->service < b->service ? -1 : 1;
    for (int end = 0; end < 2; end++)
        if (a->zone[end] != b->zone[end])
            return a->zone[end] < b->zone[end] ? -1 : 1;
    return 0;
}

static gint compare_breaches(gconstpointer left, gconstpointer right)
{
    const fz_overview_breach *a = left, *b = right;

    if (a->sum.flows != b->sum.flows)
        return a->sum.flows > b->sum.flows ? -1 : 1;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* So many uses that the page's data stay small: of the largest services. */
enum { USES_MOST = 20000 };

/* Those of the services that are shown, one for each pair of the page's data. */
static void settle_uses(const reading *at)
{
    fz_overview *overview = at->overview;
    GArray *uses = overview->uses;
    guint kept = 0;

    for (guint i = 0; i < at->uses->len; i++) {
        const service_use *from = &g_array_index(at->uses, service_use, i);
        const fz_overview_pair *pair = fz_overview_pair_at(overview, from->pair);
        const fz_overview_use use = {g_array_index(at->services, service_sum, from->service).row,
                                     {fz_overview_zone_at(overview, pair->zone[0])->number,
                                      fz_overview_zone_at(overview, pair->zone[1])->number},
                                     from->sum};
        if (use.service != FZ_OVERVIEW_NONE)
            g_array_append_val(uses, use);
    }
    g_array_sort(uses, compare_uses);
    for (guint i = 0; i < uses->len; i++) {
        const fz_overview_use use = g_array_index(uses, fz_overview_use, i);
        fz_overview_use *last = kept > 0 ? &g_array_index(uses, fz_overview_use, kept - 1) : NULL;

        if (last && compare_uses(last, &use) == 0)
            fz_overview_add_sum(&last->sum, &use.sum);
        else
            g_array_index(uses, fz_overview_use, kept++) = use;
    }
    overview->services_used = overview->services.rows->len;
    if (kept > USES_MOST) {
        overview->services_used = g_array_index(uses, fz_overview_use, USES_MOST).service;
        kept = USES_MOST;
        while (kept > 0 && g_array_index(uses, fz_overview_use, kept - 1).service == overview->services_used)
            kept--;
    }
    g_array_set_size(uses, kept);
}

static void settle_services(const reading *at)
{
    fz_overview_table *table = &at->overview->services;
    g_autofree guint *ranked = g_new(guint, MAX(at->services->len, 1));

    for (guint i = 0; i < at->uses->len; i++) {
        service_use *use = &g_array_index(at->uses, service_use, i);
        use->pair = fz_overview_find_pair(at->overview, use->zone[0], use->zone[1]);
    }
    if (at->reporting->policy)
        judge(at);
    for (guint i = 0; i < at->services->len; i++)
        ranked[i] = i;
    qsort_r(ranked, at->services->len, sizeof *ranked, compare_services, at->services);
    for (guint i = 0; i < at->services->len; i++) {
        service_sum *service = &g_array_index(at->services, service_sum, ranked[i]);
        if (i < FZ_OVERVIEW_ROWS) {
            const fz_overview_row row = {.label =
                                             fz_service_label((uint8_t)(service->key >> 16), (uint16_t)service->key),
                                         .zone = FZ_OVERVIEW_NONE,
                                         .sum = service->sum};
            service->row = i;
            g_array_append_val(table->rows, row);
        } else {
            table->others++;
            fz_overview_add_sum(&table->other, &service->sum);
        }
    }
    settle_uses(at);
    g_array_sort(at->overview->breaches, compare_breaches);
}

/* Pairs by themselves, where their services lack captures that they have. */
static bool read_pairs(reading *at, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_pair, .sort = FZ_MEASURE_KEYS};
    const fz_overview_period *now = &at->overview->now;

    at->apart = now->dropped > 0 && now->sums && !now->service_sums;
    if (!at->apart)
        return true;
    fz_asking_head(at->asking, "zone pairs, picture and matrix: k0 the client's zone, k1 the server's");
    return fz_grouping_read(at->asking, &order, take_pair, at, error);
}

/* Pairs of zones and their services, and when that was. */
static bool read_services(reading *at, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_service, .sort = FZ_MEASURE_KEYS};

    if (!read_pairs(at, error))
        return false;
    fz_asking_head(at->asking,
                   at->apart ? "services: k0 the client's zone, k1 the server's, k2 protocol * 65536 + port"
                             : "zone pairs, picture, matrix and services: k0 the client's zone, k1 the server's, k2 "
                               "protocol * 65536 + port");
    at->services = g_array_new(FALSE, FALSE, sizeof(service_sum));
    at->known = g_hash_table_new(NULL, NULL);
    at->uses = g_array_new(FALSE, FALSE, sizeof(service_use));
    const bool done = fz_grouping_read(at->asking, &order, take_service, at, error) &&
                      fz_reporting_read_time(at->asking, at->overview, error);
    if (done) {
        fz_overview_settle(at->overview);
        settle_services(at);
    }
    g_array_unref(at->services);
    g_hash_table_unref(at->known);
    g_array_unref(at->uses);
    return done;
}

/* The period before. */

static void take_before(const fz_group *group, void *user)
{
    const reading *at = user;
    const fz_overview_sum sum = sum_of(group);
    const guint pair = fz_overview_find_pair(at->overview, group->cells[0], group->cells[1]);

    fz_overview_count(&at->overview->before, group->cells[0], group->cells[1], &sum);
    if (pair != FZ_OVERVIEW_NONE)
        g_array_index(at->overview->pairs, fz_overview_pair, pair).before = sum.bytes;
    else
        fz_overview_add_gone(at->overview, group->cells[0], group->cells[1], sum.bytes);
}

static bool read_pairs_before(reading *at, fz_asking *asking, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_pair, .sort = FZ_MEASURE_KEYS};
    fz_overview *overview = at->overview;

    for (guint i = 0; i < overview->pairs->len; i++)
        g_array_index(overview->pairs, fz_overview_pair, i).before = 0;
    fz_asking_head(asking, "zone pairs of the period compared with");
    if (!fz_grouping_read(asking, &order, take_before, at, error))
        return false;
    fz_overview_settle_gone(overview);
    fz_asking_head(asking, "hosts of the period compared with");
    return fz_reporting_count_hosts(asking, &overview->before.hosts, error);
}

static bool read_before(reading *at, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_pair, .sort = FZ_MEASURE_KEYS};
    fz_overview *overview = at->overview;
    fz_question question;
    fz_asking asking = ask_before(at->asking, &at->reporting->before, &question);
    bool done = fz_coverage_read(asking.store, &question.range, &asking.coverage, error) &&
                fz_grouping_widen(&asking, &order, error);

    set_sources(&overview->before, &asking, &asking.coverage);
    overview->compared = done && (overview->before.captures > 0 || at->asking->question->sql);
    if (overview->compared)
        done = read_pairs_before(at, &asking, error);
    fz_coverage_clear(&asking.coverage);
    return done;
}

/* The largest conversations. */

static void take_talk(const fz_detail *detail, void *user)
{
    const reading *at = user;
    const fz_record *record = &detail->record;
    char text[FZ_ADDR_TEXT_SIZE];
    fz_overview_talk talk = {.start_us = record->start_us, .sum = {.flows = 1}};

    for (int end = 0; end < 2; end++) {
        fz_addr addr = {.family = record->family};
        memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
        talk.addr[end] = g_strdup(fz_addr_print(&addr, text));
        talk.zone[end] = fz_overview_find_zone(at->overview, fz_dictionary_name(at->asking->zones, record->zone[end]));
        talk.sum.bytes = fz_plus(talk.sum.bytes, (int64_t)MIN(record->bytes[end], (uint64_t)INT64_MAX));
        talk.sum.packets = fz_plus(talk.sum.packets, (int64_t)MIN(record->packets[end], (uint64_t)INT64_MAX));
    }
    talk.service = fz_service_label(record->protocol, fz_service_port(record));
    g_array_append_val(at->overview->talks, talk);
}

static bool read_talks(reading *at, GError **error)
{
    fz_overview *overview = at->overview;

    fz_asking_head(at->asking, "conversations");
    if (!fz_asking_details_read(at->asking, NULL,
                                "r.sip_bytes + r.dip_bytes DESC, r.start_us DESC, l.load_id DESC, r.row_no DESC",
                                FZ_OVERVIEW_ROWS, take_talk, at, error))
        return false;
    overview->talks_other = overview->now.sum;
    for (guint i = 0; i < overview->talks->len; i++) {
        const fz_overview_sum *sum = &g_array_index(overview->talks, fz_overview_talk, i).sum;
        overview->talks_other.bytes = MAX(overview->talks_other.bytes - sum->bytes, 0);
        overview->talks_other.packets = MAX(overview->talks_other.packets - sum->packets, 0);
        overview->talks_other.flows = MAX(overview->talks_other.flows - 1, 0);
    }
    overview->talks_others = overview->talks_other.flows;
    return true;
}

/* Captures. */

static void take_load(const fz_load_line *line, void *user)
{
    fz_overview *overview = user;
    fz_overview_capture capture = {.start_us = line->start_us, .end_us = line->end_us};

    for (int i = 0; i < FZ_FRAMES_CLASSES; i++) {
        capture.frames[i] = MAX(line->frames[i], 0);
        overview->frames[i] = fz_plus(overview->frames[i], capture.frames[i]);
    }
    if (overview->captures->len == FZ_OVERVIEW_ROWS) {
        overview->captures_others++;
        return;
    }
    capture.source = g_strdup(line->source);
    capture.sensor = g_strdup(line->sensor);
    capture.location = g_strdup(line->location);
    capture.state = g_strdup(line->note);
    g_array_append_val(overview->captures, capture);
}

static bool read_captures(const reading *at, GError **error)
{
    G_STATIC_ASSERT((int)FZ_FRAMES_CLASSES == (int)FZ_LOAD_CLASSES && (int)FZ_FRAMES_FILTERED == (int)FZ_LOAD_FILTERED);
    fz_overview *overview = at->overview;
    const fz_coverage *coverage = &at->asking->coverage;

    set_sources(&overview->now, at->asking, coverage);
    overview->covered[0] = coverage->start_us;
    overview->covered[1] = coverage->end_us;
    overview->cut_short = coverage->cut_short;
    if (coverage->gaps)
        g_array_append_vals(overview->gaps, coverage->gaps->data, coverage->gaps->len);
    fz_asking_head(at->asking, "captures");
    return at->asking->question->sql ? fz_loads_answer(at->asking, error)
                                     : fz_loads_read(at->asking->store, &at->asking->question->range, overview->utc,
                                                     take_load, overview, error);
}

/* Names of the addresses that are shown. */

static void name_all(const fz_asking *asking, fz_overview *overview)
{
    fz_answer_names *names = asking->question->manner.names;
    GArray *hosts = overview->hosts.rows, *talks = overview->talks;

    if (!names)
        return;
    for (guint i = 0; i < hosts->len; i++)
        fz_answer_names_add(names, g_array_index(hosts, fz_overview_row, i).label);
    for (guint i = 0; i < talks->len; i++)
        for (int end = 0; end < 2; end++)
            fz_answer_names_add(names, g_array_index(talks, fz_overview_talk, i).addr[end]);
    fz_answer_names_ask(names);
    for (guint i = 0; i < hosts->len; i++) {
        fz_overview_row *row = &g_array_index(hosts, fz_overview_row, i);
        row->name = g_strdup(fz_answer_names_find(names, row->label));
    }
    for (guint i = 0; i < talks->len; i++)
        for (int end = 0; end < 2; end++) {
            fz_overview_talk *talk = &g_array_index(talks, fz_overview_talk, i);
            talk->name[end] = g_strdup(fz_answer_names_find(names, talk->addr[end]));
        }
}

/* "2026-11-24T10:00Z", as commands take it; with seconds where there are any. */
static char *print_time(int64_t time_us)
{
    char text[FZ_TIME_TEXT_SIZE];

    fz_time_print(time_us, text); /* "2026-11-24 10:00:00.000000" */
    char *point = strrchr(text, '.'), *blank = strrchr(text, ' ');
    if (point)
        *point = '\0';
    if (blank)
        *blank = 'T';
    if (g_str_has_suffix(text, ":00"))
        text[strlen(text) - strlen(":00")] = '\0';
    return g_strconcat(text, "Z", NULL);
}

/* What commands are given to ask for the same time: " --since 2026-11-24T00:00Z". */
static char *print_period(const fz_range *range)
{
    g_autofree char *since = range->since_us == INT64_MIN ? NULL : print_time(range->since_us);
    g_autofree char *until = range->until_us == INT64_MAX ? NULL : print_time(range->until_us);

    return g_strconcat(since ? " --since " : "", since ? since : "", until ? " --until " : "", until ? until : "",
                       NULL);
}

static char *print_against(const fz_range *range)
{
    g_autofree char *since = print_time(range->since_us), *until = print_time(range->until_us);

    return g_strconcat(" --vs ", since, "..", until, NULL);
}

static void describe(const reading *at)
{
    fz_overview *overview = at->overview;
    const fz_question *question = at->asking->question;
    const char *title = at->reporting->title, *policy = at->reporting->policy_name;
    const char *where = question->where && at->reporting->anonymizer ? FZ_DISGUISE_FILTER : question->where;

    overview->title = title && *title ? g_strdup(title) : NULL;
    overview->where = g_strdup(where);
    overview->policy = g_strdup(policy && at->reporting->anonymizer ? FZ_DISGUISE_POLICY : policy);
    if (at->reporting->compared) {
        g_free(overview->against);
        overview->against = print_against(&at->reporting->before);
    }
    overview->utc = question->manner.utc;
    g_free(overview->period);
    g_free(overview->again);
    overview->period = print_period(&question->range);
    g_autofree char *quoted = where ? fz_text_shell(where) : NULL;
    overview->again = quoted ? g_strdup_printf("%s --where %s", overview->period, quoted) : g_strdup(overview->period);
}

fz_overview *fz_reporting_read(fz_asking *asking, const fz_reporting *reporting, GError **error)
{
    g_autoptr(fz_overview) overview = fz_overview_new();
    reading at = {.asking = asking, .reporting = reporting, .overview = overview};
    const fz_grouping_order order = {.grouping = &by_pair, .sort = FZ_MEASURE_KEYS};

    if (!fz_grouping_widen(asking, &order, error))
        return NULL;
    describe(&at);
    if (!read_captures(&at, error) || !fz_reporting_set_time(asking, overview, error) || !read_services(&at, error) ||
        !fz_reporting_read_hosts(asking, overview, error) || !read_talks(&at, error) ||
        (reporting->compared && !read_before(&at, error)))
        return NULL;
    name_all(asking, overview);
    return g_steal_pointer(&overview);
}
