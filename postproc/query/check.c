/* The question `check`: groups of conversations are judged by the policy, and those that it does not allow are read.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_private.h"

#include "log.h"
#include "plus.h"
#include "sums.h"

#include <string.h>

static const fz_grouping grouping = {
    .keys = {{FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0},
             {FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0},
             {FZ_BY_SERVICE, FZ_KEY_OF_NONE, "service", "service", NULL, 0}},
    .count = 3,
};

/* Zone pairs that one condition asks for; more are looked for in all details. */
enum { PAIRS_ASKED = 100 };

static void clear_group(void *at)
{
    check_group *group = at;

    g_free(group->client);
    g_free(group->server);
}

static void free_breach(void *at)
{
    check_breach *breach = at;

    g_array_unref(breach->rows);
    g_free(breach);
}

static guint hash_breach(gconstpointer at)
{
    const check_breach *breach = at;

    return (g_str_hash(breach->client) * 31 + g_str_hash(breach->server)) * 31 + (guint)breach->rule;
}

static gboolean is_same_breach(gconstpointer left, gconstpointer right)
{
    const check_breach *a = left, *b = right;

    return a->rule == b->rule && strcmp(a->client, b->client) == 0 && strcmp(a->server, b->server) == 0;
}

static guint hash_judged(gconstpointer at)
{
    const check_judged *judged = at;
    const uint64_t zones = (uint64_t)judged->zone[0] << 32 | judged->zone[1];

    return (guint)fz_sums_mix(fz_sums_mix(zones) ^ judged->service);
}

static gboolean is_same_judged(gconstpointer left, gconstpointer right)
{
    const check_judged *a = left, *b = right;

    return a->service == b->service && a->zone[0] == b->zone[0] && a->zone[1] == b->zone[1];
}

static fz_verdict judge(const checking *at, const char *client, const char *server, uint8_t protocol, uint16_t port)
{
    if (!at->check->policy)
        return (fz_verdict){!at->check->strict && strcmp(client, server) == 0 && strcmp(client, FZ_FILTER_NO_ZONE) != 0,
                            FZ_RULE_NONE};
    return fz_policy_judge(at->check->policy, at->check->strict, client, server, protocol, port);
}

static void take_group(const fz_group *group, void *user)
{
    checking *at = user;
    const int64_t service = fz_cell_integer(group->cells[2]);
    check_group next = {
        .client = fz_group_key_label(&grouping.keys[0], group->cells[0]),
        .server = fz_group_key_label(&grouping.keys[1], group->cells[1]),
        .protocol = (uint8_t)(service >> 16),
        .port = (uint16_t)service,
        .flows = group->flows,
        .packets = group->packets,
        .bytes = group->bytes,
    };

    next.verdict = judge(at, next.client, next.server, next.protocol, next.port);
    at->flows = fz_plus(at->flows, next.flows);
    at->bytes = fz_plus(at->bytes, next.bytes);
    check_use *use = next.verdict.rule >= 0                ? &at->uses[next.verdict.rule]
                     : next.verdict.rule == FZ_RULE_INSIDE ? &at->inside
                                                           : &at->none;
    use->flows = fz_plus(use->flows, next.flows);
    use->bytes = fz_plus(use->bytes, next.bytes);
    g_array_append_val(at->groups, next);
}

static check_breach *find_breach(const checking *at, const char *client, const char *server, int rule)
{
    const check_breach key = {.client = client, .server = server, .rule = rule};

    return g_hash_table_lookup(at->by_zones, &key);
}

static gint compare_breaches(gconstpointer left, gconstpointer right)
{
    const check_breach *a = *(const check_breach *const *)left, *b = *(const check_breach *const *)right;

    if (a->flows != b->flows)
        return a->flows > b->flows ? -1 : 1;
    const int clients = strcmp(a->client, b->client), servers = strcmp(a->server, b->server);
    return clients != 0 ? clients : servers != 0 ? servers : a->rule - b->rule;
}

/* Adds up what is not allowed, by zones and rule. */
static void find_breaches(checking *at)
{
    for (guint i = 0; i < at->groups->len; i++) {
        const check_group *group = &g_array_index(at->groups, check_group, i);

        if (group->verdict.allowed)
            continue;
        check_breach *breach = find_breach(at, group->client, group->server, group->verdict.rule);
        if (!breach) {
            breach = g_new0(check_breach, 1);
            *breach = (check_breach){
                .client = group->client,
                .server = group->server,
                .rule = group->verdict.rule,
                .rows = g_array_new(FALSE, FALSE, sizeof(check_row)),
            };
            g_ptr_array_add(at->breaches, breach);
            g_hash_table_add(at->by_zones, breach);
        }
        breach->flows = fz_plus(breach->flows, group->flows);
        breach->bytes = fz_plus(breach->bytes, group->bytes);
    }
    g_ptr_array_sort(at->breaches, compare_breaches);
}

static uint64_t bytes_of(const fz_record *record)
{
    return fz_plus_counts(record->bytes[0], record->bytes[1]);
}

/* The largest first; those of the same size as they began. */
static gint compare_rows(gconstpointer left, gconstpointer right)
{
    const check_row *a = left, *b = right;
    const uint64_t bytes[2] = {bytes_of(&a->record), bytes_of(&b->record)};

    if (bytes[0] != bytes[1])
        return bytes[0] > bytes[1] ? -1 : 1;
    if (a->record.start_us != b->record.start_us)
        return a->record.start_us < b->record.start_us ? -1 : 1;
    if (a->load_id != b->load_id)
        return a->load_id < b->load_id ? -1 : 1;
    return a->row_no < b->row_no ? -1 : a->row_no > b->row_no;
}

/* Keeps the largest: of the others only so many that sorting them is rare. */
static void keep_row(checking *at, check_breach *breach, const check_row *row)
{
    const guint most = at->asking->question->most;

    g_array_append_vals(breach->rows, row, 1);
    if (most > 0 && breach->rows->len >= 2 * most + 100) {
        g_array_sort(breach->rows, compare_rows);
        g_array_set_size(breach->rows, most);
    }
}

static check_breach *judge_detail(const checking *at, const fz_record *record)
{
    const uint16_t port = fz_service_port(record);
    const check_judged key = {
        {record->zone[FZ_INITIATOR], record->zone[FZ_RESPONDER]}, (uint32_t)record->protocol << 16 | port, NULL};
    check_judged *judged = g_hash_table_lookup(at->judged, &key);

    if (judged)
        return judged->breach;
    const char *client = fz_dictionary_name(at->asking->zones, key.zone[FZ_INITIATOR]);
    const char *server = fz_dictionary_name(at->asking->zones, key.zone[FZ_RESPONDER]);
    const fz_verdict verdict = judge(at, client, server, record->protocol, port);
    judged = g_new(check_judged, 1);
    *judged = key;
    judged->breach = verdict.allowed ? NULL : find_breach(at, client, server, verdict.rule);
    g_hash_table_add(at->judged, judged);
    return judged->breach;
}

static void take_detail(const fz_detail *detail, void *user)
{
    checking *at = user;
    const fz_record *record = &detail->record;
    check_breach *breach = judge_detail(at, record);
    const check_row row = {*record, detail->load_id, detail->row_no};

    if (!breach)
        return;
    breach->first_us = breach->read == 0 ? record->start_us : MIN(breach->first_us, record->start_us);
    breach->last_us = breach->read == 0 ? record->end_us : MAX(breach->last_us, record->end_us);
    breach->read++;
    breach->read_bytes = fz_plus(breach->read_bytes, (int64_t)bytes_of(record));
    breach->sure += fz_opened_is_sure(record->opened);
    keep_row(at, breach, &row);
}

/* Appends the ids of a name: "IN (3, 7)". */
static void append_ids(GString *sql, const fz_dictionary *zones, const char *column, const char *name)
{
    const GArray *all = fz_dictionary_all(zones);
    const bool none = strcmp(name, FZ_FILTER_NO_ZONE) == 0;

    g_string_append_printf(sql, "%s IN (%s", column, none ? "0" : "-1");
    for (guint i = 0; i < all->len; i++) {
        const fz_dictionary_zone *zone = &g_array_index(all, fz_dictionary_zone, i);
        if (strcmp(zone->name, name) == 0)
            g_string_append_printf(sql, ", %u", zone->id);
    }
    g_string_append_c(sql, ')');
}

/* The zones of all breaches, as a condition; NULL: they are too many. */
static char *make_condition(const checking *at)
{
    g_autoptr(GString) sql = g_string_new("(");

    if (at->breaches->len > PAIRS_ASKED)
        return NULL;
    for (guint i = 0; i < at->breaches->len; i++) {
        const check_breach *breach = g_ptr_array_index(at->breaches, i);

        g_string_append(sql, i > 0 ? " OR (" : "(");
        append_ids(sql, at->asking->zones, "r.sip_zone", breach->client);
        g_string_append(sql, " AND ");
        append_ids(sql, at->asking->zones, "r.dip_zone", breach->server);
        g_string_append_c(sql, ')');
    }
    g_string_append_c(sql, ')');
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

static bool read_breaches(checking *at, GError **error)
{
    g_autofree char *condition = make_condition(at);

    if (at->breaches->len == 0)
        return true;
    if (!fz_asking_details_read(at->asking, condition, NULL, 0, take_detail, at, error))
        return false;
    for (guint i = 0; i < at->breaches->len; i++) {
        const check_breach *breach = g_ptr_array_index(at->breaches, i);
        const guint most = at->asking->question->most;

        g_array_sort(breach->rows, compare_rows);
        if (most > 0 && breach->rows->len > most)
            g_array_set_size(breach->rows, most);
    }
    return true;
}

static void warn(bool is_error, const char *message, void *user)
{
    (void)is_error;
    (void)user;
    fz_say("flowzone check", "%s", message);
}

/* Names in the policy that no zone of the store has. */
static void check_names(const checking *at)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const GArray *zones = fz_dictionary_all(at->asking->zones);

    for (guint i = 0; i < zones->len; i++)
        g_ptr_array_add(names, g_array_index(zones, fz_dictionary_zone, i).name);
    g_ptr_array_add(names, NULL);
    if (at->check->policy)
        fz_policy_check_zones(at->check->policy, (const char *const *)names->pdata, warn, NULL);
}

static bool answer(checking *at, GError **error)
{
    const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};
    const bool sql = at->asking->question->sql;

    if (!fz_grouping_widen(at->asking, &order, error))
        return false;
    at->tier = fz_grouping_tier(at->asking, &order);
    if (!sql)
        check_names(at);
    if (!fz_grouping_read(at->asking, &order, take_group, at, error))
        return false;
    if (sql)
        return true;
    find_breaches(at);
    at->asking->found = at->breaches->len > 0 && !at->check->learn;
    if (at->check->learn)
        return fz_check_print_learnt(at, error);
    if (at->check->rules)
        return fz_check_print_rules(at, error);
    return read_breaches(at, error) && fz_check_print(at, error);
}

bool fz_check_answer(fz_asking *asking, GError **error)
{
    const fz_check *check = asking->question->user;
    checking at = {
        .asking = asking,
        .check = check,
        .groups = g_array_new(FALSE, FALSE, sizeof(check_group)),
        .breaches = g_ptr_array_new_with_free_func(free_breach),
        .by_zones = g_hash_table_new(hash_breach, is_same_breach),
        .judged = g_hash_table_new_full(hash_judged, is_same_judged, g_free, NULL),
        .uses = g_new0(check_use, check->policy ? fz_policy_count(check->policy) + 1 : 1),
        .captures = fz_captures_read(asking->store, &asking->question->range, error),
    };

    g_array_set_clear_func(at.groups, clear_group);
    const bool done = at.captures && answer(&at, error);
    fz_captures_free(at.captures);
    g_hash_table_unref(at.by_zones);
    g_hash_table_unref(at.judged);
    g_ptr_array_unref(at.breaches);
    g_array_unref(at.groups);
    g_free(at.uses);
    return done;
}
