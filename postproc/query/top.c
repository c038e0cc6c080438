/* The question `top`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_private.h"

#include "derived.h"
#include "plus.h"
#include "spread.h"
#include "sums.h"

#include <stdlib.h>
#include <string.h>

/* Rows that wait to be sorted. */
enum { ROWS_SPARE = 1000 };

static void clear_row(void *at)
{
    top_row *row = at;

    for (size_t i = 0; i < FZ_GROUP_KEYS; i++)
        g_free(row->labels[i]);
}

static void add_side(int64_t sum[2], const int64_t more[2])
{
    sum[0] = fz_plus(sum[0], more[0]);
    sum[1] = fz_plus(sum[1], more[1]);
}

static void add_sums(top_sums *sum, const top_sums *more)
{
    if (sum->groups == 0 || more->first_us < sum->first_us)
        sum->first_us = more->first_us;
    if (sum->groups == 0 || more->last_us > sum->last_us)
        sum->last_us = more->last_us;
    sum->groups += more->groups;
    sum->flows = fz_plus(sum->flows, more->flows);
    sum->packets = fz_plus(sum->packets, more->packets);
    sum->bytes = fz_plus(sum->bytes, more->bytes);
    sum->ip_bytes = fz_plus(sum->ip_bytes, more->ip_bytes);
    sum->base_flows = fz_plus(sum->base_flows, more->base_flows);
    sum->before = fz_plus(sum->before, more->before);
    add_side(sum->side_packets, more->side_packets);
    add_side(sum->side_bytes, more->side_bytes);
}

static void add(top_sums *sum, const fz_group *group, int64_t before)
{
    const top_sums one = {
        .groups = 1,
        .flows = group->flows,
        .packets = group->packets,
        .bytes = group->bytes,
        .ip_bytes = group->ip_bytes,
        .side_packets = {group->side_packets[0], group->side_packets[1]},
        .side_bytes = {group->side_bytes[0], group->side_bytes[1]},
        .first_us = group->first_us,
        .last_us = group->last_us,
        .base_flows = group->base_flows,
        .before = MAX(before, 0),
    };

    add_sums(sum, &one);
}

static int64_t measure(const fz_group *group, fz_measure sort)
{
    switch (sort) {
    case FZ_MEASURE_PACKETS:
        return group->packets;
    case FZ_MEASURE_FLOWS:
        return group->flows;
    case FZ_MEASURE_PEERS:
        return group->peers;
    case FZ_MEASURE_DURATION:
        return fz_top_duration(group->first_us, group->last_us);
    case FZ_MEASURE_RATE:
        return fz_top_rate(group->bytes, fz_top_duration(group->first_us, group->last_us));
    case FZ_MEASURE_BYTES:
    case FZ_MEASURE_KEYS:
        break;
    }
    return group->bytes;
}

static top_mark mark_of(const top_collection *into, const char *const *cells)
{
    top_mark made = {.hash = {into->seeds[0], into->seeds[1]}};

    for (size_t i = 0; i < into->top->grouping.count; i++) {
        const char *at = cells[i] ? cells[i] : "\x1e";
        do
            for (int half = 0; half < 2; half++)
                made.hash[half] = fz_sums_mix(made.hash[half] ^ (unsigned char)*at);
        while (*at++ != '\0');
    }
    return made;
}

static int compare_marks(const void *left, const void *right)
{
    const top_mark *a = left, *b = right;

    if (a->hash[0] != b->hash[0])
        return a->hash[0] < b->hash[0] ? -1 : 1;
    return (a->hash[1] > b->hash[1]) - (a->hash[1] < b->hash[1]);
}

/* The same group in the other period; NULL: it was not there. */
static top_mark *find_mark(const top_collection *into, const char *const *cells)
{
    const top_mark wanted = mark_of(into, cells);

    if (into->marks->len == 0)
        return NULL;
    return bsearch(&wanted, into->marks->data, into->marks->len, sizeof(top_mark), compare_marks);
}

static void take_mark(const fz_group *group, void *user)
{
    top_collection *into = user;
    top_mark made = mark_of(into, group->cells);

    made.value = measure(group, into->top->sort);
    g_array_append_val(into->marks, made);
}

static void begin_marks(top_collection *into)
{
    into->marks = g_array_new(FALSE, FALSE, sizeof(top_mark));
    for (int half = 0; half < 2; half++)
        into->seeds[half] = (uint64_t)g_random_int() << 32 | g_random_int();
}

static void sort_marks(top_collection *into)
{
    if (into->marks->len > 0)
        qsort(into->marks->data, into->marks->len, sizeof(top_mark), compare_marks);
}

static void keep(top_collection *into, const fz_group *group, int64_t before)
{
    const fz_grouping *grouping = &into->top->grouping;
    top_row row = {.peers = group->peers, .median = -1, .p95 = -1, .before = before};

    for (size_t i = 0; i < grouping->count; i++) {
        row.labels[i] = fz_group_key_label(&grouping->keys[i], group->cells[i]);
        row.numbers[i] = fz_cell_integer(group->cells[i]);
    }
    add(&row.sums, group, before);
    g_array_append_val(into->rows, row);
}

/* Whether there is room for one more; 0 rows are all. */
static bool is_shown(const top_collection *into)
{
    const guint most = into->asking->question->most;

    return most == 0 || into->rows->len < most;
}

/* The largest change first; of two of the same size, growth. */
static int compare_changes(const void *left, const void *right)
{
    const top_row *a = left, *b = right;
    const int64_t changes[] = {fz_top_change(a, FZ_MEASURE_BYTES), fz_top_change(b, FZ_MEASURE_BYTES)};
    const int64_t sizes[] = {ABS(changes[0]), ABS(changes[1])};

    if (sizes[0] != sizes[1])
        return sizes[0] > sizes[1] ? -1 : 1;
    if (changes[0] != changes[1])
        return changes[0] > changes[1] ? -1 : 1;
    for (size_t i = 0; i < FZ_GROUP_KEYS && a->labels[i]; i++) {
        const int order = strcmp(a->labels[i], b->labels[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Leaves those with the largest changes. */
static void cut_changes(top_collection *into)
{
    const guint most = into->asking->question->most;

    g_array_sort(into->rows, compare_changes);
    if (most == 0 || into->rows->len <= most)
        return;
    for (guint i = most; i < into->rows->len; i++)
        add_sums(&into->other, &g_array_index(into->rows, top_row, i).sums);
    g_array_set_size(into->rows, most);
}

/* Keeps a group for its change: of the others only so many that sorting them is rare. */
static void keep_change(top_collection *into, const fz_group *group, int64_t before)
{
    const guint most = into->asking->question->most;

    keep(into, group, before);
    if (most > 0 && into->rows->len >= 2 * most + ROWS_SPARE)
        cut_changes(into);
}

static void take_changed(const fz_group *group, void *user)
{
    top_collection *into = user;
    const top_mark *known = find_mark(into, group->cells);
    const int64_t before = known ? known->value : -1;

    add(&into->all, group, before);
    keep_change(into, group, before);
}

static void take_known(const fz_group *group, void *user)
{
    top_mark *known = find_mark(user, group->cells);

    if (known)
        known->known = true;
}

/* A group of the other period: if it is gone, it is nothing now. */
static void take_lost(const fz_group *group, void *user)
{
    top_collection *into = user;
    const top_mark *mark = find_mark(into, group->cells);
    const fz_group nothing = {.cells = group->cells, .peers = -1, .first_us = INT64_MIN, .last_us = INT64_MIN};

    if (!mark || mark->known)
        return;
    add(&into->all, &nothing, mark->value);
    keep_change(into, &nothing, mark->value);
}

static void take(const fz_group *group, void *user)
{
    top_collection *into = user;
    int64_t before = -1;

    if (into->marks) {
        const top_mark *known = find_mark(into, group->cells);
        before = known ? known->value : -1;
        if (into->top->show == FZ_TOP_NEW && known)
            return;
    }
    add(&into->all, group, before);
    if (is_shown(into))
        keep(into, group, before);
    else
        add(&into->other, group, before);
}

static void take_gone(const fz_group *group, void *user)
{
    top_collection *into = user;

    if (find_mark(into, group->cells))
        return;
    add(&into->all, group, -1);
    if (is_shown(into))
        keep(into, group, -1);
    else
        add(&into->other, group, -1);
}

static fz_grouping_order order_of(const fz_asking *asking, const fz_top *top)
{
    return (fz_grouping_order){
        .grouping = &top->grouping,
        .sort = top->sort,
        .peers = top->sort == FZ_MEASURE_PEERS || fz_filter_asks(asking->having, FZ_TERM_PEERS),
        .details = top->spread, /* which is of details: one answer, one tier */
        .having = true,
    };
}

/* The same question of the other period. */
static bool begin_before(top_collection *into, const fz_grouping_order *order, GError **error)
{
    into->before = *into->asking;
    into->of_before = *into->asking->question;
    into->of_before.range = into->top->before;
    into->before.question = &into->of_before;
    into->before.widened = false;
    return fz_coverage_read(into->asking->store, &into->of_before.range, &into->before.coverage, error) &&
           fz_grouping_widen(&into->before, order, error);
}

static bool read_before(top_collection *into, const fz_grouping_order *order, fz_group_taker taker, GError **error)
{
    const bool done = fz_grouping_read(&into->before, order, taker, into, error);

    into->asking->capped |= into->before.capped;
    return done;
}

/* All groups of both periods. */
static bool read_changes(top_collection *into, const fz_grouping_order *order, const fz_grouping_order *others,
                         GError **error)
{
    if (!fz_grouping_read(into->asking, others, take_known, into, error) ||
        !fz_grouping_read(into->asking, order, take_changed, into, error) ||
        !read_before(into, order, take_lost, error))
        return false;
    cut_changes(into);
    return true;
}

/* What the filter after summing is about are the groups to show: the others are all of their period. */
static bool read_groups(top_collection *into, const fz_grouping_order *order, GError **error)
{
    const fz_top *top = into->top;
    fz_grouping_order others = *order;

    others.having = false;
    if (top->show == FZ_TOP_GONE || top->compared)
        begin_marks(into);
    if (top->show == FZ_TOP_GONE) {
        if (!fz_grouping_read(into->asking, &others, take_mark, into, error))
            return false;
        sort_marks(into);
        return read_before(into, order, take_gone, error);
    }
    if (top->compared) {
        if (!read_before(into, &others, take_mark, error))
            return false;
        sort_marks(into);
    }
    if (top->by_change)
        return read_changes(into, order, &others, error);
    return fz_grouping_read(into->asking, order, take, into, error);
}

/* A group of which the distribution is known. */
static void take_spread(const char *const *cells, int64_t median, int64_t p95, void *user)
{
    top_collection *into = user;
    const fz_grouping *grouping = &into->top->grouping;

    for (guint i = 0; i < into->rows->len; i++) {
        top_row *row = &g_array_index(into->rows, top_row, i);
        bool same = true;

        for (size_t k = 0; same && k < grouping->count; k++) {
            g_autofree char *label = fz_group_key_label(&grouping->keys[k], cells[k]);
            same = strcmp(label, row->labels[k]) == 0;
        }
        if (same) {
            row->median = median;
            row->p95 = p95;
        }
    }
}

static void take_flows(const fz_group *group, void *user)
{
    *(int64_t *)user = group->base_flows;
}

static void take_records(const char *const *cells, void *user)
{
    *(int64_t *)user = fz_cell_integer(cells[0]);
}

/* Whether all groups together are all conversations, or each conversation has one group. Else those of some groups by
 * either end cannot be added up: conversations between two of them would count twice. */
bool fz_top_adds_up(const top_collection *from)
{
    return !from->top->grouping.either || (from->top->show == FZ_TOP_ALL && !from->asking->having);
}

/* The last line. */
static bool cover(const top_collection *from, const fz_tier tiers[2], GError **error)
{
    const fz_top *top = from->top;
    const bool known = fz_top_adds_up(from);
    const uint64_t bytes = !known                 ? FZ_COVERAGE_NO_SUMS
                           : top->grouping.either ? (uint64_t)from->all.side_bytes[0]
                                                  : (uint64_t)from->all.bytes;
    const int64_t flows = known ? from->all.base_flows : -1;

    from->asking->capped |=
        MAX(MAX(from->all.flows, from->all.packets), MAX(from->all.bytes, from->all.before)) == INT64_MAX;
    if (top->compared)
        return fz_asking_cover_two(from->asking, &from->before, tiers, top->show == FZ_TOP_GONE, bytes, flows, error);
    return fz_asking_cover_tier(from->asking, bytes, flows, tiers[0], error);
}

/* How many conversations there are: hosts do not say. Of all that there is, the ledger does; else the hours. */
static bool read_flows(fz_asking *asking, int64_t *flows, GError **error)
{
    static const fz_grouping none;
    const fz_grouping_order order = {.grouping = &none, .sort = FZ_MEASURE_KEYS};
    const fz_range *range = &asking->question->range;
    g_autoptr(GString) sql = g_string_new("SELECT ");

    if (asking->where || range->since_us != INT64_MIN || range->until_us != INT64_MAX)
        return fz_grouping_read(asking, &order, take_flows, flows, error);
    fz_template_append(sql, asking->dialect->sum, "l.records");
    g_string_append(sql, " FROM fz_load l");
    return fz_asking_query(asking, sql->str, 1, take_records, flows, error);
}

/* No capture is of the last day, for which nobody asked: that is no answer. */
static void refuse_last_day(fz_asking *asking, GError **error)
{
    fz_coverage all = {0};

    if (fz_coverage_read(asking->store, &FZ_RANGE_ALL, &all, error)) {
        g_autofree char *days = all.captures > 0 ? fz_coverage_days(&all, &asking->question->manner) : NULL;
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                    "nothing in the last 24 h (the default of --since); %s%s%s",
                    days ? "the captures are of " : "there are no captures", days ? days : "",
                    days ? ": give --since" : "");
    }
    fz_coverage_clear(&all);
}

static bool answer(top_collection *into, const fz_grouping_order *order, GError **error)
{
    fz_asking *asking = into->asking;
    const fz_top *top = into->top;
    const bool sql = asking->question->sql;

    if (!fz_grouping_widen(asking, order, error) || (top->compared && !begin_before(into, order, error)))
        return false;
    const fz_tier tiers[] = {fz_grouping_tier(asking, order),
                             top->compared ? fz_grouping_tier(&into->before, order) : FZ_TIER_DETAILS};
    const fz_tier shown = tiers[top->show == FZ_TOP_GONE];
    return read_groups(into, order, error) &&
           (!top->spread || fz_spread_read(asking, &top->grouping, take_spread, into, error)) &&
           (sql || fz_top_print(into, order, shown, error)) &&
           (shown != FZ_TIER_HOSTS || sql || !fz_top_adds_up(into) ||
            read_flows(asking, &into->all.base_flows, error)) &&
           cover(into, tiers, error);
}

bool fz_top_answer(fz_asking *asking, GError **error)
{
    const fz_top *top = asking->question->user;
    const fz_grouping_order order = order_of(asking, top);
    top_collection into = {
        .asking = asking,
        .top = top,
    };

    if (top->of_last_day && asking->coverage.captures == 0 && !asking->question->sql) {
        refuse_last_day(asking, error);
        return false;
    }
    into.rows = g_array_new(FALSE, FALSE, sizeof(top_row));
    g_array_set_clear_func(into.rows, clear_row);
    const bool done = answer(&into, &order, error);
    asking->found = done && top->finds && into.all.groups > 0;
    if (top->compared)
        fz_coverage_clear(&into.before.coverage);
    g_array_unref(into.rows);
    g_clear_pointer(&into.marks, g_array_unref);
    return done;
}
