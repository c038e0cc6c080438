/* What is left of loads from which things were dropped: their states, their merged minutes, rows that came back.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify_private.h"

#include "plus.h"
#include "text.h"

#include <string.h>

enum { LEFT_SHOWN = 100, DAY_S = 86400 };

/* Which values `dropped` may have for each of `dropping`, as bits: 0, 1, 3, 7, 15 and 8, 9, 11. */
static const struct {
    int64_t dropping;
    unsigned dropped;
} states[] = {
    {0, 1U << 0 | 1U << 1 | 1U << 3 | 1U << 7 | 1U << 8 | 1U << 9 | 1U << 11 | 1U << 15},
    {FZ_DROPPED_PACKETS, 1U << 0 | 1U << 8},
    {FZ_DROPPED_FLOWS, 1U << 1 | 1U << 9},
    {FZ_DROPPED_MINUTES, 1U << 3 | 1U << 11},
    {FZ_DROPPED_HOURS, 1U << 0 | 1U << 1 | 1U << 3 | 1U << 7},
};

static bool is_state(int64_t dropped, int64_t dropping)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (states[i].dropping == dropping)
            return dropped >= 0 && dropped < 16 && (states[i].dropped >> dropped & 1);
    return false;
}

static void judge_state(verifier *check, const verify_load *load, const char *where)
{
    if (!is_state(load->dropped, load->dropping)) {
        g_autofree char *fault = g_strdup_printf("dropped = %" G_GINT64_FORMAT " and dropping = %" G_GINT64_FORMAT
                                                 " in fz_load, which is no state that dropping goes through",
                                                 load->dropped, load->dropping);
        fz_verify_blame(check, where, fault);
    }
    if (load->merged < 0 || load->merged > 3) {
        g_autofree char *fault =
            g_strdup_printf("merged in fz_load: expected 0 to 3, got %" G_GINT64_FORMAT, load->merged);
        fz_verify_blame(check, where, fault);
    }
    if ((load->gone & FZ_DROPPED_FLOWS) && (load->merged == 0 || load->merged == 3)) {
        g_autofree char *fault = g_strdup_printf("merged = %" G_GINT64_FORMAT
                                                 " in fz_load, though its details were dropped: sums are merged before",
                                                 load->merged);
        fz_verify_blame(check, where, fault);
    }
}

/* What fz_day and the loads' own hours must add up to, in every state. Hours that a load has of its own are right by
 * themselves. */
static void add_to_all(verifier *check, const verify_load *load)
{
    int64_t packets, bytes;

    if (!fz_verify_traffic(load, &packets, &bytes)) {
        check->all_unknown = check->all_unknown || fz_verify_has_days(load);
        packets = load->hours[VERIFY_SIP_PACKETS] + load->hours[VERIFY_DIP_PACKETS];
        bytes = load->hours[VERIFY_SIP_BYTES] + load->hours[VERIFY_DIP_BYTES];
    }
    fz_verify_add(&check->all_packets, packets);
    fz_verify_add(&check->all_bytes, bytes);
}

static int64_t to_seconds(int64_t time_us)
{
    return time_us / G_USEC_PER_SEC - (time_us % G_USEC_PER_SEC < 0);
}

static void add_span(GArray *spans, const verify_load *load)
{
    const verify_span span = {to_seconds(load->start_us), to_seconds(load->end_us)};
    verify_span *last = spans->len > 0 ? &g_array_index(spans, verify_span, spans->len - 1) : NULL;

    if (last && span.from <= last->to + 1 && span.to >= last->from - 1) {
        last->from = MIN(last->from, span.from);
        last->to = MAX(last->to, span.to);
    } else {
        g_array_append_val(spans, span);
    }
}

/* Hours are dropped by days: before the day after that in which the last capture begins that lost them. */
static void add_to_ages(verify_ages *ages, const verify_load *load)
{
    const int64_t after_s = (fz_verify_day(to_seconds(load->start_us)) + 1) * DAY_S;

    if (load->gone & FZ_DROPPED_HOURS) {
        ages->first_s = ages->any_gone ? MAX(ages->first_s, after_s) : after_s;
        ages->any_gone = true;
    }
    if (load->dropped & FZ_DROPPED_HOURS)
        ages->dropped_s = MAX(ages->dropped_s, after_s);
    if (load->records == 0)
        return;
    if (load->gone & FZ_DROPPED_FLOWS)
        add_span(ages->flows_gone, load);
    if (load->dropped != 15)
        add_span(ages->may_come_back, load);
}

void fz_verify_ages_init(verify_ages *ages)
{
    GArray **const all[] = {&ages->flows_gone, &ages->may_come_back};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        *all[i] = g_array_new(FALSE, FALSE, sizeof(verify_span));
    ages->dropped_s = INT64_MIN;
}

void fz_verify_ages_clear(verify_ages *ages)
{
    g_array_unref(ages->flows_gone);
    g_array_unref(ages->may_come_back);
}

static int compare_spans(const void *left, const void *right)
{
    int64_t a = ((const verify_span *)left)->from, b = ((const verify_span *)right)->from;

    return (a > b) - (a < b);
}

/* Sorted, and apart from each other. */
static void sort_spans(GArray *spans)
{
    guint kept = 0;

    g_array_sort(spans, compare_spans);
    for (guint i = 0; i < spans->len; i++) {
        const verify_span next = g_array_index(spans, verify_span, i);
        verify_span *last = kept > 0 ? &g_array_index(spans, verify_span, kept - 1) : NULL;

        if (last && next.from <= last->to)
            last->to = MAX(last->to, next.to);
        else
            g_array_index(spans, verify_span, kept++) = next;
    }
    g_array_set_size(spans, kept);
}

void fz_verify_ages_sort(verify_ages *ages)
{
    sort_spans(ages->flows_gone);
    sort_spans(ages->may_come_back);
}

bool fz_verify_meets(const GArray *spans, int64_t from, int64_t to)
{
    guint low = 0, high = spans->len;

    while (low < high) { /* the first that ends at `from` or later */
        const guint middle = low + (high - low) / 2;
        if (g_array_index(spans, verify_span, middle).to < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < spans->len && g_array_index(spans, verify_span, low).from <= to;
}

bool fz_verify_has_details(const verify_ages *ages, int64_t from_s, int64_t to_s)
{
    return !fz_verify_meets(ages->flows_gone, from_s, to_s);
}

bool fz_verify_has_hours(const verify_ages *ages, int64_t from_s)
{
    return !ages->any_gone || from_s >= ages->first_s;
}

void fz_verify_group_free(void *group)
{
    if (group)
        g_free(((verify_group *)group)->where);
    g_free(group);
}

/* Cells: part, rows, packets and bytes in two each. */
static void take_part(const char *const *cells, void *user)
{
    verify_group *part = g_new0(verify_group, 1);

    part->part = fz_verify_number(cells[0]);
    part->rows = fz_verify_number(cells[1]);
    part->packets = fz_verify_wide(cells + 2);
    part->bytes = fz_verify_wide(cells + 4);
    g_hash_table_replace(((verifier *)user)->minute_parts, &part->part, part);
}

bool fz_verify_read_groups(verifier *check, GError **error)
{
    static const char *const sums[] = {"packets", "bytes"};

    g_autoptr(GString) sql = g_string_new("SELECT part, COUNT(*)");
    fz_verify_append_wide(sql, sums, G_N_ELEMENTS(sums));
    g_string_append(sql, " FROM fz_minute WHERE load_id = 0 GROUP BY part");
    return fz_verify_query(check, sql->str, 6, take_part, error);
}

/* The minutes of a load's day, sensor and location; made if there are none yet. */
static verify_group *group_of(verifier *check, const verify_load *load)
{
    g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GSIZE_FORMAT " %s%s", load->day,
                                           strlen(load->sensor), load->sensor, load->location);
    verify_group *group = g_hash_table_lookup(check->minute_groups, key);

    if (!group) {
        g_autofree char *sensor = fz_text_table(load->sensor), *location = fz_text_table(load->location);
        char time[FZ_TIME_TEXT_SIZE];
        group = g_new0(verify_group, 1);
        group->where = g_strdup_printf("merged minutes of captures of %.10s, sensor \"%s\", location \"%s\"",
                                       fz_time_print(fz_times(load->day, 24 * FZ_HOUR_US), time), sensor, location);
        g_hash_table_insert(check->minute_groups, g_steal_pointer(&key), group);
        g_ptr_array_add(check->group_order, group);
    }
    return group;
}

/* What a load's minutes are, or were before they were merged. Where they are not known it has none. */
static void expect_minutes(verify_group *group, const verify_load *load)
{
    if (load->minutes == -1)
        return;
    group->unknown = group->unknown || !load->counts_frames;
    fz_verify_add(&group->expected_packets, load->frames);
    fz_verify_add(&group->expected_bytes, load->bytes);
}

static void add_to_group(verifier *check, const verify_load *load, const char *where)
{
    static const verify_group none;
    verify_group *rows = g_hash_table_lookup(check->minute_parts, &load->id);
    const verify_group *part = rows ? rows : &none;

    if (rows)
        rows->seen = true;
    if (!(load->gone & FZ_DROPPED_FLOWS)) {
        fz_verify_report(check, where, "rows of fz_minute that are merged, though its details are there", 0,
                         part->rows);
    } else if (load->gone & FZ_DROPPED_MINUTES) {
        if (load->dropping != FZ_DROPPED_MINUTES)
            fz_verify_report(check, where, "merged rows of fz_minute that were dropped", 0, part->rows);
    } else {
        verify_group *group = group_of(check, load);
        expect_minutes(group, load);
        fz_verify_add(&group->packets, part->packets);
        fz_verify_add(&group->bytes, part->bytes);
        if (load->dropping == FZ_DROPPED_FLOWS) {
            fz_verify_add(&group->packets, load->minute_packets);
            fz_verify_add(&group->bytes, load->minute_bytes);
        }
    }
}

static int compare_parts(const void *left, const void *right)
{
    int64_t a = (*(const verify_group *const *)left)->part, b = (*(const verify_group *const *)right)->part;

    return (a > b) - (a < b);
}

static void blame_strays(verifier *check)
{
    g_autoptr(GPtrArray) strays = g_ptr_array_new();
    GHashTableIter each;
    void *value;

    g_hash_table_iter_init(&each, check->minute_parts);
    while (g_hash_table_iter_next(&each, NULL, &value))
        if (!((const verify_group *)value)->seen)
            g_ptr_array_add(strays, value);
    g_ptr_array_sort(strays, compare_parts);
    for (guint i = 0; i < strays->len; i++) {
        const verify_group *part = strays->pdata[i];
        g_autofree char *where = g_strdup_printf("load %" G_GINT64_FORMAT " (not in the ledger)", part->part);
        fz_verify_report(check, where, "merged rows of fz_minute", 0, part->rows);
    }
}

void fz_verify_judge_groups(verifier *check)
{
    for (guint i = 0; i < check->group_order->len; i++) {
        const verify_group *group = check->group_order->pdata[i];

        if (group->unknown)
            continue;
        fz_verify_report(check, group->where, "packets of fz_minute", group->expected_packets, group->packets);
        fz_verify_report(check, group->where, "bytes of fz_minute", group->expected_bytes, group->bytes);
    }
    blame_strays(check);
}

void fz_verify_judge_dropped(verifier *check, const verify_load *load, const char *where)
{
    judge_state(check, load, where);
    add_to_all(check, load);
    add_to_ages(&check->ages, load);
    add_to_group(check, load, where);
}

/* What one query about rows that were dropped is about. */
typedef struct left_query {
    verifier *check;
    const char *what;
    int64_t rows;
} left_query;

static void take_left(const char *const *cells, void *user)
{
    left_query *about = user;
    g_autofree char *source = fz_text_table(cells[1] ? cells[1] : "");
    g_autofree char *where =
        g_strdup_printf("load %" G_GINT64_FORMAT " (%s)", fz_verify_number(cells[0]), *source ? source : "no name");
    const int64_t rows = fz_verify_number(cells[2]);

    about->rows += rows;
    fz_verify_report(about->check, where, about->what, 0, rows);
}

bool fz_verify_left(verifier *check, fz_table table, int64_t *found, GError **error)
{
    const char *name = fz_tables[table].name;
    const char *not_gone = table == FZ_TABLE_FLOW ? FZ_VERIFY_MAY_HAVE_FLOWS : FZ_VERIFY_MAY_HAVE_PACKETS;
    g_autofree char *what = g_strdup_printf("rows of %s that were dropped", name);
    g_autofree char *sql = g_strdup_printf("SELECT l.load_id, l.source, COUNT(*) FROM %s r JOIN fz_load l "
                                           "ON l.load_id = r.load_id WHERE NOT (%s) "
                                           "GROUP BY l.load_id, l.source ORDER BY l.load_id LIMIT %d",
                                           name, not_gone, LEFT_SHOWN);
    left_query about = {.check = check, .what = what};

    bool done = check->store->ops->query(check->store, sql, 3, LEFT_SHOWN, take_left, &about, error);
    *found += about.rows;
    return done;
}
