/* The tests of a filter as conditions in SQL.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "filter_sql_private.h"
#include "flow.h"
#include "sql_set.h"
#include "text.h"

#include <string.h>

/* Bytes of a pattern, patterns in a row, and texts of one list: SQLite takes no longer ones, or deeper conditions, and
 * MariaDB makes tables of longer lists. */
enum { PATTERN_MAX = 2 * FZ_RUN_TEXT_MAX, PATTERNS_MAX = 200, LIST_MAX = 500 };

/* The columns of an end, by tier. */
static const char *const zone_columns[][2] = {
    [FZ_TIER_DETAILS] = {"r.sip_zone", "r.dip_zone"}, [FZ_TIER_HOURS] = {"r.sip_zone", "r.dip_zone"},
    [FZ_TIER_DAYS] = {"r.sip_zone", "r.dip_zone"},    [FZ_TIER_HOSTS] = {NULL, NULL},
    [FZ_TIER_MINUTES] = {"r.from_zone", "r.to_zone"},
};
static const char *const addr_columns[2] = {"r.sip", "r.dip"};
static const char *const port_columns[2] = {"r.sport", "r.dport"};

/* Whether a test with this side looks at an end. */
static bool is_of_end(fz_filter_side side, int end)
{
    return side == FZ_SIDE_EITHER || (side == FZ_SIDE_SRC) == (end == FZ_INITIATOR);
}

static const fz_dictionary_zone *zone_at(const GArray *zones, guint i)
{
    return &((const fz_dictionary_zone *)(const void *)zones->data)[i];
}

static void add_number(fz_sql_set *set, uint64_t number)
{
    fz_sql_set_add(set, number, number);
}

static const fz_filter_value *value_at(const fz_filter_test *test, guint i)
{
    return &g_array_index(test->values, fz_filter_value, i);
}

void fz_sql_writer_clear(fz_sql_writer *writer)
{
    g_clear_pointer(&writer->ids_by_name, g_hash_table_unref);
    g_clear_pointer(&writer->ids_by_number, g_hash_table_unref);
}

/* Sets the error, if there is none yet. */
static void fail(fz_sql_writer *writer, const fz_filter_test *test, const char *message)
{
    if (!writer->failed)
        fz_filter_blame(writer->error, writer->text, test, message);
    writer->failed = true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "; it has 'dmz', 'lan' and 9 more" */
static char *list_names(const char *const *names)
{
    enum { LISTED = 8 };
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);
    GString *list = g_string_new(NULL);

    for (; *names; names++)
        if (**names != '\0')
            g_ptr_array_add(sorted, g_strdup(*names));
    g_ptr_array_sort(sorted, compare_names);
    /* One more than would be said is said as well. */
    const guint listed = sorted->len <= LISTED + 1 ? sorted->len : LISTED;
    for (guint i = 0; i < listed; i++) {
        g_autofree char *shown = fz_text_table(g_ptr_array_index(sorted, i));

        g_string_append_printf(list, "%s'%s'", i == 0 ? "; it has " : i + 1 == sorted->len ? " and " : ", ", shown);
    }
    if (listed < sorted->len)
        g_string_append_printf(list, " and %u more", sorted->len - listed);
    return g_string_free(list, FALSE);
}

/* "the store has no zone 'wfii'; did you mean 'wifi'?", or which there are. */
static void unknown(fz_sql_writer *writer, const fz_filter_test *test, const char *name, const char *const *names)
{
    g_autofree char *shown = fz_text_table(name);
    const char *nearest = fz_nearest_name(name, names);
    g_autofree char *shown_nearest = nearest ? fz_text_table(nearest) : NULL;
    g_autofree char *advice = nearest ? g_strdup_printf("; did you mean '%s'?", shown_nearest) : list_names(names);
    g_autofree char *message =
        g_strdup_printf("filter: the store has no %s '%s'%s", fz_term_word(test->term), shown, advice);

    fail(writer, test, message);
}

/* That either end, or the one that is asked for, is in the set. */
static void append_ends(fz_sql_writer *writer, fz_filter_side side, fz_sql_set *set, const char *const columns[2])
{
    bool first = true;

    for (int end = 0; end < 2; end++) {
        if (!is_of_end(side, end))
            continue;
        g_string_append(writer->sql, first ? "" : " OR ");
        fz_sql_set_append(writer->sql, set, writer->dialect, columns[end]);
        first = false;
    }
}

/* The ids of each name, or each number. */
static GHashTable *index_zones(const fz_dictionary *zones, bool by_number)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    const GArray *all = fz_dictionary_all(zones);

    for (guint i = 0; i < all->len; i++) {
        const fz_dictionary_zone *zone = zone_at(all, i);
        char *key = by_number ? zone->number : zone->name;
        GArray *ids = g_hash_table_lookup(index, key);
        if (!ids) {
            ids = g_array_new(FALSE, FALSE, sizeof zone->id);
            g_hash_table_insert(index, key, ids);
        }
        g_array_append_val(ids, zone->id);
    }
    return index;
}

/* The ids that no zone has, 0 among them. */
static void add_no_zone(const fz_sql_writer *writer, fz_sql_set *set)
{
    const GArray *all = fz_dictionary_all(writer->names->zones);
    uint64_t next = 0;

    for (guint i = 0; i < all->len; i++) {
        const uint64_t id = zone_at(all, i)->id;
        if (id > next)
            fz_sql_set_add(set, next, id - 1);
        next = id + 1;
    }
    fz_sql_set_add(set, next, G_MAXINT64);
}

static void append_zones(fz_sql_writer *writer, const fz_filter_test *test)
{
    const bool by_number = test->term == FZ_TERM_NUMBER;
    GHashTable **index = by_number ? &writer->ids_by_number : &writer->ids_by_name;
    g_autoptr(fz_sql_set) set = fz_sql_set_new();

    if (!*index)
        *index = index_zones(writer->names->zones, by_number);
    for (guint i = 0; i < test->values->len && !writer->failed; i++) {
        const char *name = value_at(test, i)->text;
        const bool is_none = !by_number && g_str_equal(name, FZ_FILTER_NO_ZONE);
        GArray *ids = g_hash_table_lookup(*index, name);
        if (is_none)
            add_no_zone(writer, set);
        if (!ids && !is_none) {
            g_autofree gpointer *names = g_hash_table_get_keys_as_array(*index, NULL);
            unknown(writer, test, name, (const char *const *)(const void *)names);
        }
        for (guint k = 0; ids && k < ids->len; k++)
            add_number(set, g_array_index(ids, uint32_t, k));
    }
    append_ends(writer, test->side, set, zone_columns[writer->tier]);
}

/* That an end has a zone of the user's. */
static void append_own(fz_sql_writer *writer, int end)
{
    g_autoptr(fz_sql_set) set = fz_sql_set_new();
    const GArray *all = fz_dictionary_all(writer->names->zones);

    for (guint i = 0; i < all->len; i++) {
        const fz_dictionary_zone *zone = zone_at(all, i);
        if (zone->own)
            add_number(set, zone->id);
    }
    fz_sql_set_append(writer->sql, set, writer->dialect, zone_columns[writer->tier][end]);
}

/* One id for all zones that have the same name: "CASE r.sip_zone WHEN 7 THEN 3 ... ELSE r.sip_zone END", in a tree for
 * many. `pairs` are (id, first id of its name) where these differ, in the order of ids. */
typedef struct pair {
    uint32_t id, first;
} pair;

static void append_first_ids(GString *sql, const pair *pairs, size_t count, const char *column)
{
    enum { FANOUT = 48 };
    size_t step = FANOUT;

    if (count <= FANOUT) {
        g_string_append_printf(sql, count ? "CASE %s" : "%s", column);
        for (size_t i = 0; i < count; i++)
            g_string_append_printf(sql, " WHEN %u THEN %u", pairs[i].id, pairs[i].first);
        if (count)
            g_string_append_printf(sql, " ELSE %s END", column);
        return;
    }
    while (step * FANOUT < count)
        step *= FANOUT;
    g_string_append(sql, "CASE");
    for (size_t at = 0; at < count; at += step) {
        const bool is_last = at + step >= count;
        if (is_last)
            g_string_append(sql, " ELSE ");
        else
            g_string_append_printf(sql, " WHEN %s < %u THEN ", column, pairs[at + step].id);
        append_first_ids(sql, pairs + at, is_last ? count - at : step, column);
    }
    g_string_append(sql, " END");
}

void fz_sql_same_zones(GString *sql, const fz_dictionary *zones, const char *const columns[2])
{
    g_autoptr(GHashTable) firsts = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(pair));
    const GArray *all = fz_dictionary_all(zones);

    for (guint i = 0; i < all->len; i++) {
        const fz_dictionary_zone *zone = zone_at(all, i);
        gpointer first;
        if (!g_hash_table_lookup_extended(firsts, zone->name, NULL, &first)) {
            g_hash_table_insert(firsts, zone->name, GUINT_TO_POINTER(zone->id));
            continue;
        }
        const pair added = {zone->id, GPOINTER_TO_UINT(first)};
        g_array_append_val(pairs, added);
    }
    append_first_ids(sql, (const pair *)(void *)pairs->data, pairs->len, columns[FZ_INITIATOR]);
    g_string_append(sql, " = ");
    append_first_ids(sql, (const pair *)(void *)pairs->data, pairs->len, columns[FZ_RESPONDER]);
}

/* That both ends have zones of the user's, which are the same, or not. */
static void append_both_own(fz_sql_writer *writer, bool same)
{
    append_own(writer, FZ_INITIATOR);
    g_string_append(writer->sql, " AND ");
    append_own(writer, FZ_RESPONDER);
    g_string_append(writer->sql, same ? " AND " : " AND NOT (");
    fz_sql_same_zones(writer->sql, writer->names->zones, zone_columns[writer->tier]);
    g_string_append(writer->sql, same ? "" : ")");
}

/* "in", "out", "transit": which ends have a zone of the user's. */
static void append_direction(fz_sql_writer *writer, bool client, bool server)
{
    g_string_append(writer->sql, client ? "" : "NOT (");
    append_own(writer, FZ_INITIATOR);
    g_string_append(writer->sql, client ? " AND " : ") AND ");
    g_string_append(writer->sql, server ? "" : "NOT (");
    append_own(writer, FZ_RESPONDER);
    g_string_append(writer->sql, server ? "" : ")");
}

static void append_zones_of_both(fz_sql_writer *writer, fz_term term)
{
    if (term == FZ_TERM_CROSS || term == FZ_TERM_INSIDE)
        append_both_own(writer, term == FZ_TERM_INSIDE);
    else
        append_direction(writer, term == FZ_TERM_OUT, term == FZ_TERM_IN);
}

void fz_sql_service_port(GString *sql, fz_tier tier)
{
    if (tier == FZ_TIER_HOURS)
        g_string_append(sql, "r.service_port");
    else
        g_string_append_printf(sql,
                               "CASE WHEN r.opened BETWEEN %d AND %d THEN r.dport WHEN r.sport = 0 OR r.dport = 0 "
                               "THEN r.sport + r.dport WHEN r.sport < r.dport THEN r.sport ELSE r.dport END",
                               FZ_OPENED_SYN, FZ_OPENED_PORT);
}

/* Services of any protocol, and those of each. */
static void append_services(fz_sql_writer *writer, const fz_filter_test *test)
{
    g_autoptr(GString) port = g_string_new(NULL);
    fz_sql_set *sets[G_MAXUINT8 + 1] = {NULL};
    bool first = true;

    fz_sql_service_port(port, writer->tier);
    for (guint i = 0; i < test->values->len; i++) {
        fz_sql_set **set = &sets[value_at(test, i)->mask];
        if (!*set)
            *set = fz_sql_set_new();
        fz_sql_set_add(*set, value_at(test, i)->low, value_at(test, i)->high);
    }
    for (unsigned protocol = 0; protocol < G_N_ELEMENTS(sets); protocol++) {
        if (!sets[protocol])
            continue;
        g_string_append(writer->sql, first ? "" : " OR ");
        if (protocol > 0)
            g_string_append_printf(writer->sql, "r.protocol = %u AND ", protocol);
        fz_sql_set_append(writer->sql, sets[protocol], writer->dialect, port->str);
        fz_sql_set_free(sets[protocol]);
        first = false;
    }
}

static void append_numbers(fz_sql_writer *writer, const fz_filter_test *test, const char *const columns[2])
{
    g_autoptr(fz_sql_set) set = fz_sql_set_new();

    for (guint i = 0; i < test->values->len; i++)
        fz_sql_set_add(set, value_at(test, i)->low, value_at(test, i)->high);
    append_ends(writer, test->side, set, columns);
}

static void append_nets(fz_sql_writer *writer, const fz_filter_test *test)
{
    g_autoptr(fz_sql_set) set = fz_sql_set_new();

    for (guint i = 0; i < test->values->len; i++)
        fz_sql_set_add_prefix(set, &value_at(test, i)->prefix);
    append_ends(writer, test->side, set, addr_columns);
}

static void append_flags(fz_sql_writer *writer, const fz_filter_test *test)
{
    static const char *const columns[2] = {"r.sip_tcp_flags", "r.dip_tcp_flags"};
    bool first = true;

    for (guint i = 0; i < test->values->len; i++) {
        const fz_filter_value *value = value_at(test, i);
        for (int end = 0; end < 2; end++) {
            if (!is_of_end(test->side, end))
                continue;
            g_string_append_printf(writer->sql, "%s(%s & %u) = %" G_GUINT64_FORMAT, first ? "" : " OR ", columns[end],
                                   value->mask, value->low);
            first = false;
        }
    }
}

/* Amounts: by what is asked of, by term, of both ends, the client and the server. */
static const char *amount_of(const fz_sql_writer *writer, fz_term term, fz_filter_side side)
{
    static const char *const of_flows[][3] = {
        [FZ_TERM_BYTES] = {"(r.sip_bytes + r.dip_bytes)", "r.sip_bytes", "r.dip_bytes"},
        [FZ_TERM_PACKETS] = {"(r.sip_packets + r.dip_packets)", "r.sip_packets", "r.dip_packets"},
        [FZ_TERM_IP_BYTES] = {"(r.sip_ip_bytes + r.dip_ip_bytes)", "r.sip_ip_bytes", "r.dip_ip_bytes"},
        [FZ_TERM_DURATION] = {"(r.end_us - r.start_us)"},
    };
    static const char *const of_sums[][3] = {
        [FZ_TERM_BYTES] = {"bytes", "client_bytes", "server_bytes"},
        [FZ_TERM_PACKETS] = {"packets", "client_packets", "server_packets"},
        [FZ_TERM_IP_BYTES] = {"ip_bytes", "client_ip_bytes", "server_ip_bytes"},
        [FZ_TERM_DURATION] = {"duration_us"},
        [FZ_TERM_FLOWS] = {"flows"},
        [FZ_TERM_PEERS] = {"peers"},
    };

    return writer->of_sums ? of_sums[term][side] : of_flows[term][side];
}

static const char *const operators[] = {
    [FZ_COMPARE_EQUAL] = "=",       [FZ_COMPARE_UNEQUAL] = "<>", [FZ_COMPARE_LESS] = "<",
    [FZ_COMPARE_LESS_EQUAL] = "<=", [FZ_COMPARE_GREATER] = ">",  [FZ_COMPARE_GREATER_EQUAL] = ">=",
};

static void append_amount(fz_sql_writer *writer, const fz_filter_test *test)
{
    g_string_append_printf(writer->sql, "%s %s %" G_GUINT64_FORMAT, amount_of(writer, test->term, test->side),
                           operators[test->compare], value_at(test, 0)->low);
}

/* What took no time has no rate: nothing that is asked of it is true. As floating point: 64 bits are too few. */
static void append_rate(fz_sql_writer *writer, const fz_filter_test *test)
{
    const char *duration = amount_of(writer, FZ_TERM_DURATION, FZ_SIDE_EITHER);

    g_string_append_printf(writer->sql, "%s > 0 AND %s * 8e6 %s %" G_GUINT64_FORMAT "e0 * %s", duration,
                           amount_of(writer, FZ_TERM_BYTES, FZ_SIDE_EITHER), operators[test->compare],
                           value_at(test, 0)->low, duration);
}

/* A pattern of "*" and "?" as one of GLOB, in which "[" begins a class, or of LIKE. */
static char *pattern_of(const fz_dialect *dialect, const char *text)
{
    GString *pattern = g_string_new(NULL);
    const char escape = dialect->like_escape;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '*' && at > text && at[-1] == '*')
            continue;
        if (escape != '\0' && (*at == '%' || *at == '_' || *at == escape))
            g_string_append_c(pattern, escape);
        if (escape == '\0' && *at == '[')
            g_string_append(pattern, "[[]");
        else if (escape != '\0' && (*at == '*' || *at == '?'))
            g_string_append_c(pattern, *at == '*' ? '%' : '_');
        else
            g_string_append_c(pattern, *at);
    }
    return g_string_free(pattern, FALSE);
}

static void append_like(fz_sql_writer *writer, const fz_filter_test *test, const char *text)
{
    g_autofree char *pattern = pattern_of(writer->dialect, text);

    if (strlen(pattern) > PATTERN_MAX)
        fail(writer, test, "filter: no source is as long as this pattern");
    g_string_append_printf(writer->sql, "l.source%s", writer->dialect->like);
    fz_sql_text(writer->sql, writer->dialect, pattern);
    if (writer->dialect->like_escape == '!')
        g_string_append(writer->sql, " ESCAPE '!'");
}

/* The text itself, without a pattern, is in lists of at most LIST_MAX. */
static void append_texts(fz_sql_writer *writer, const char *column, GPtrArray *texts)
{
    g_autoptr(GString) compared = g_string_new(NULL);

    fz_template_append(compared, writer->dialect->compared, column);
    for (guint i = 0; i < texts->len; i++) {
        g_autoptr(GString) literal = g_string_new(NULL);
        fz_sql_text(literal, writer->dialect, texts->pdata[i]);
        if (i % LIST_MAX == 0)
            g_string_append_printf(writer->sql, "%s%s IN (", i > 0 ? ") OR " : "", compared->str);
        g_string_append(writer->sql, i % LIST_MAX == 0 ? "" : ", ");
        fz_template_append(writer->sql, writer->dialect->compared, literal->str);
    }
    g_string_append(writer->sql, texts->len > 0 ? ")" : "");
}

static void append_labels(fz_sql_writer *writer, const fz_filter_test *test, const char *const *names,
                          const char *details, const char *sums)
{
    const bool is_of_load = writer->tier == FZ_TIER_DETAILS || writer->tier == FZ_TIER_MINUTES;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) texts = g_ptr_array_new();

    for (guint i = 0; i < test->values->len && !writer->failed; i++) {
        char *text = value_at(test, i)->text;
        if (!g_hash_table_add(seen, text))
            continue;
        if (!g_strv_contains(names, text))
            unknown(writer, test, text, names);
        g_ptr_array_add(texts, text);
    }
    append_texts(writer, is_of_load ? details : sums, texts);
}

static void append_sources(fz_sql_writer *writer, const fz_filter_test *test)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    guint patterns = 0;

    for (guint i = 0; i < test->values->len; i++) {
        char *text = value_at(test, i)->text;
        if (!strpbrk(text, "*?"))
            g_ptr_array_add(texts, text);
        else
            patterns++;
    }
    if (patterns > PATTERNS_MAX) {
        g_autofree char *message = g_strdup_printf("filter: more than %d patterns in one list", PATTERNS_MAX);
        fail(writer, test, message);
        return;
    }
    append_texts(writer, "l.source", texts);
    bool first = texts->len == 0;
    for (guint i = 0; i < test->values->len; i++) {
        if (!strpbrk(value_at(test, i)->text, "*?"))
            continue;
        g_string_append(writer->sql, first ? "" : " OR ");
        append_like(writer, test, value_at(test, i)->text);
        first = false;
    }
}

static void append_opened(fz_sql_writer *writer)
{
    g_string_append_printf(writer->sql, "r.opened BETWEEN %d AND %d", FZ_OPENED_SYN, FZ_OPENED_ICMP);
}

static void append_families(fz_sql_writer *writer, const fz_filter_test *test)
{
    g_string_append_printf(writer->sql, "LENGTH(r.sip) = %u", fz_family_bits((uint8_t)value_at(test, 0)->low) / 8);
}

static void append_named(fz_sql_writer *writer, const fz_filter_test *test)
{
    static const char *const protocols[2] = {"r.protocol", "r.protocol"}, *const vlans[2] = {"r.vlan", "r.vlan"};
    fz_filter_test once = *test;

    once.side = FZ_SIDE_SRC; /* there is one column */
    append_numbers(writer, &once, test->term == FZ_TERM_PROTOCOL ? protocols : vlans);
}

/* That the test is true, as if it asked for equality, but for amounts. */
static void append_equal(fz_sql_writer *writer, const fz_filter_test *test)
{
    switch (test->term) {
    case FZ_TERM_ZONE:
    case FZ_TERM_NUMBER:
        append_zones(writer, test);
        break;
    case FZ_TERM_NET:
        append_nets(writer, test);
        break;
    case FZ_TERM_PORT:
        append_numbers(writer, test, port_columns);
        break;
    case FZ_TERM_SERVICE:
        append_services(writer, test);
        break;
    case FZ_TERM_PROTOCOL:
    case FZ_TERM_VLAN:
        append_named(writer, test);
        break;
    case FZ_TERM_FAMILY:
        append_families(writer, test);
        break;
    case FZ_TERM_LOCATION:
        append_labels(writer, test, writer->names->locations, "l.location", "r.location");
        break;
    case FZ_TERM_SENSOR:
        append_labels(writer, test, writer->names->sensors, "l.sensor", "r.sensor");
        break;
    case FZ_TERM_SOURCE:
        append_sources(writer, test);
        break;
    case FZ_TERM_FLAGS:
        append_flags(writer, test);
        break;
    case FZ_TERM_ONE_WAY:
        g_string_append(writer->sql, "r.dip_packets = 0");
        break;
    case FZ_TERM_SURE:
        append_opened(writer);
        break;
    default:
        append_zones_of_both(writer, test->term);
    }
}

void fz_sql_test(fz_sql_writer *writer, const fz_filter_test *test)
{
    const bool negated = test->compare == FZ_COMPARE_UNEQUAL;

    switch (test->term) {
    case FZ_TERM_RATE:
        append_rate(writer, test);
        return;
    case FZ_TERM_BYTES:
    case FZ_TERM_PACKETS:
    case FZ_TERM_IP_BYTES:
    case FZ_TERM_DURATION:
    case FZ_TERM_FLOWS:
    case FZ_TERM_PEERS:
        append_amount(writer, test);
        return;
    default:
        g_string_append(writer->sql, negated ? "NOT (" : "");
        append_equal(writer, test);
        g_string_append(writer->sql, negated ? ")" : "");
    }
}
