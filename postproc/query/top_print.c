/* The question `top`: how groups are printed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_private.h"

#include "plus.h"

#include <string.h>

int64_t fz_top_duration(int64_t first_us, int64_t last_us)
{
    return first_us == INT64_MIN ? -1 : last_us - first_us;
}

int64_t fz_top_rate(int64_t bytes, int64_t duration_us)
{
    return duration_us <= 0 ? -1 : (int64_t)((double)bytes * 8e6 / (double)duration_us);
}

/* Columns behind the keys, in CSV and JSON always all of them. */
enum {
    FLOWS,
    PACKETS,
    BYTES,
    IP_BYTES,
    CLIENT_PACKETS,
    SERVER_PACKETS,
    CLIENT_BYTES,
    SERVER_BYTES,
    PEERS,
    DURATION,
    RATE,
    MEDIAN,
    P95,
    BEFORE,
    CHANGE,
    SHARE,
    SHARES,
    COLUMNS,
    CELLS = FZ_GROUP_KEYS + COLUMNS /* keys, sums */
};

static fz_answer_column column(const char *name, const char *title, fz_cell_kind kind)
{
    return (fz_answer_column){.name = name, .title = title, .kind = kind};
}

static fz_cell_kind kind_of_key(const fz_group_key *key)
{
    if (key->by == FZ_BY_TIME)
        return FZ_CELL_TIME;
    if (key->by == FZ_BY_ADDR)
        return FZ_CELL_ADDR;
    return key->by == FZ_BY_PORT || key->by == FZ_BY_VLAN ? FZ_CELL_NUMBER : FZ_CELL_TEXT;
}

static fz_cell_kind kind_of_measure(fz_measure sort)
{
    static const fz_cell_kind kinds[] = {
        [FZ_MEASURE_BYTES] = FZ_CELL_BYTES, [FZ_MEASURE_PACKETS] = FZ_CELL_COUNT, [FZ_MEASURE_FLOWS] = FZ_CELL_COUNT,
        [FZ_MEASURE_PEERS] = FZ_CELL_COUNT, [FZ_MEASURE_DURATION] = FZ_CELL_SPAN, [FZ_MEASURE_RATE] = FZ_CELL_RATE,
        [FZ_MEASURE_KEYS] = FZ_CELL_BYTES,
    };

    return kinds[sort];
}

static int64_t sum_of_measure(const top_sums *sum, fz_measure sort)
{
    return sort == FZ_MEASURE_PACKETS ? sum->packets : sort == FZ_MEASURE_FLOWS ? sum->flows : sum->bytes;
}

/* What a share is a part of: groups by either end have each conversation twice. */
static int64_t whole_of(const top_collection *from)
{
    const fz_measure sort = from->top->sort;

    if (!from->top->grouping.either)
        return sum_of_measure(&from->all, sort);
    return sort == FZ_MEASURE_PACKETS ? from->all.side_packets[0]
           : sort == FZ_MEASURE_FLOWS ? from->all.base_flows
                                      : from->all.side_bytes[0];
}

/* Whether parts of the whole are known: it adds up, and did not end at INT64_MAX. */
static bool has_shares(const top_collection *from)
{
    return fz_top_adds_up(from) && whole_of(from) < INT64_MAX;
}

/* Titles only of what a table shows: what was asked for, and what follows from it. */
static size_t make_columns(const top_collection *from, const fz_grouping_order *order, fz_answer_column *columns)
{
    const fz_top *top = from->top;
    const bool either = top->grouping.either, timed = top->sort >= FZ_MEASURE_DURATION;
    const bool shares = !timed && top->sort != FZ_MEASURE_PEERS && has_shares(from);
    const fz_cell_kind compared = kind_of_measure(top->sort);
    const fz_answer_column all[COLUMNS] = {
        [FLOWS] = column("flows", "flows", FZ_CELL_COUNT),
        [PACKETS] = column("packets", "packets", FZ_CELL_COUNT),
        [BYTES] = column("bytes", "bytes", FZ_CELL_BYTES),
        [IP_BYTES] = column("ip_bytes", NULL, FZ_CELL_BYTES),
        [CLIENT_PACKETS] = column(either ? "sent_packets" : "client_packets", NULL, FZ_CELL_COUNT),
        [SERVER_PACKETS] = column(either ? "received_packets" : "server_packets", NULL, FZ_CELL_COUNT),
        [CLIENT_BYTES] = column(either ? "sent_bytes" : "client_bytes", either ? "sent" : NULL, FZ_CELL_BYTES),
        [SERVER_BYTES] = column(either ? "received_bytes" : "server_bytes", either ? "received" : NULL, FZ_CELL_BYTES),
        [PEERS] = column("peers", order->peers ? "peers" : NULL, FZ_CELL_COUNT),
        [DURATION] = column("duration_us", timed ? "duration" : NULL, FZ_CELL_SPAN),
        [RATE] = column("bits_per_second", timed ? "rate" : NULL, FZ_CELL_RATE),
        [MEDIAN] = column("median_bytes", top->spread ? "median" : NULL, FZ_CELL_BYTES),
        [P95] = column("p95_bytes", top->spread ? "p95" : NULL, FZ_CELL_BYTES),
        [BEFORE] = column("before", top->compared && top->show == FZ_TOP_ALL ? "before" : NULL, compared),
        [CHANGE] = column("change", top->compared && top->show == FZ_TOP_ALL ? "change" : NULL, compared),
        [SHARE] = column(NULL, shares ? "%" : NULL, FZ_CELL_SHARE),
        [SHARES] = column(NULL, shares && !either && !top->by_change ? "sum %" : NULL, FZ_CELL_SHARE),
    };
    size_t count = 0;

    for (; count < top->grouping.count; count++) {
        const fz_group_key *key = &top->grouping.keys[count];
        columns[count] = column(key->name, key->title, kind_of_key(key));
    }
    memcpy(columns + count, all, sizeof all);
    return count + COLUMNS;
}

/* The column that bars are drawn for. */
static size_t bars_of(const top_collection *from)
{
    const fz_measure sort = from->top->sort;

    if (from->top->by_change)
        return COLUMNS;
    if (has_shares(from))
        return SHARE;
    return sort == FZ_MEASURE_PACKETS ? PACKETS : sort == FZ_MEASURE_FLOWS ? FLOWS : BYTES;
}

static fz_cell number(int64_t value, bool known)
{
    return (fz_cell){.number = value, .unknown = !known};
}

static int64_t millionths(int64_t part, int64_t whole)
{
    return whole > 0 ? (int64_t)((double)part / (double)whole * 1e6 + 0.5) : 0;
}

static void fill_sums(const top_collection *from, const top_sums *sum, fz_tier tier, fz_cell *cells)
{
    const int64_t lasted = fz_top_duration(sum->first_us, sum->last_us);

    cells[FLOWS] = number(sum->flows, true);
    cells[PACKETS] = number(sum->packets, true);
    cells[BYTES] = number(sum->bytes, true);
    cells[IP_BYTES] = number(sum->ip_bytes, tier != FZ_TIER_HOSTS);
    cells[CLIENT_PACKETS] = number(sum->side_packets[0], true);
    cells[SERVER_PACKETS] = number(sum->side_packets[1], true);
    cells[CLIENT_BYTES] = number(sum->side_bytes[0], true);
    cells[SERVER_BYTES] = number(sum->side_bytes[1], true);
    cells[DURATION] = number(lasted, lasted >= 0);
    cells[RATE] = number(fz_top_rate(sum->bytes, lasted), fz_top_rate(sum->bytes, lasted) >= 0);
    for (size_t i = MEDIAN; i <= CHANGE; i++)
        cells[i] = number(0, false);
    cells[PEERS] = number(0, false);
    cells[SHARE] = number(millionths(sum_of_measure(sum, from->top->sort), whole_of(from)), true);
}

static int64_t row_measure(const top_row *row, fz_measure sort)
{
    const int64_t lasted = fz_top_duration(row->sums.first_us, row->sums.last_us);

    switch (sort) {
    case FZ_MEASURE_PEERS:
        return row->peers;
    case FZ_MEASURE_DURATION:
        return lasted;
    case FZ_MEASURE_RATE:
        return fz_top_rate(row->sums.bytes, lasted);
    default:
        return sum_of_measure(&row->sums, sort);
    }
}

int64_t fz_top_change(const top_row *row, fz_measure sort)
{
    return row_measure(row, sort) - MAX(row->before, 0);
}

/* Those of all groups that are not shown, where the measure adds up. */
static void fill_other_change(const top_collection *from, fz_cell *cells)
{
    const fz_measure sort = from->top->sort;
    const bool adds_up = sort == FZ_MEASURE_BYTES || sort == FZ_MEASURE_PACKETS || sort == FZ_MEASURE_FLOWS;

    if (!from->top->compared || from->top->show != FZ_TOP_ALL || !adds_up)
        return;
    cells[BEFORE] = number(from->other.before, true);
    cells[CHANGE] = number(sum_of_measure(&from->other, sort) - from->other.before,
                           MAX(sum_of_measure(&from->other, sort), from->other.before) < INT64_MAX);
}

static void print_row(fz_answer *answer, const top_collection *from, const top_row *row, fz_tier tier, int64_t shares)
{
    const fz_grouping *grouping = &from->top->grouping;
    fz_cell cells[CELLS];
    fz_cell *sum_cells = cells + grouping->count;

    for (size_t i = 0; i < grouping->count; i++) {
        const int64_t unit = grouping->keys[i].by == FZ_BY_TIME ? fz_tier_cell_us(tier) : 1;
        cells[i] = (fz_cell){.text = row->labels[i], .number = row->numbers[i] * unit};
    }
    fill_sums(from, &row->sums, tier, sum_cells);
    sum_cells[PEERS] = number(row->peers, row->peers >= 0);
    sum_cells[MEDIAN] = number(row->median, row->median >= 0);
    sum_cells[P95] = number(row->p95, row->p95 >= 0);
    if (from->marks) {
        sum_cells[BEFORE] = number(row->before, row->before >= 0);
        sum_cells[CHANGE] = number(fz_top_change(row, from->top->sort),
                                   MAX(row_measure(row, from->top->sort), row->before) < INT64_MAX);
    }
    sum_cells[SHARES] = number(shares, true);
    fz_answer_row(answer, cells);
}

bool fz_top_print(top_collection *from, const fz_grouping_order *order, fz_tier tier, GError **error)
{
    fz_answer_column columns[CELLS];
    const size_t count = make_columns(from, order, columns);
    fz_answer *answer = fz_answer_begin(stdout, &from->asking->question->manner, columns, count, true);
    int64_t sum = 0;

    fz_answer_bars(answer, from->top->grouping.count + bars_of(from));
    for (guint i = 0; i < from->rows->len; i++) {
        const top_row *row = &g_array_index(from->rows, top_row, i);
        sum = fz_plus(sum, sum_of_measure(&row->sums, from->top->sort));
        print_row(answer, from, row, tier, millionths(sum, whole_of(from)));
    }
    if (from->other.groups > 0) {
        fz_cell cells[CELLS] = {0};
        for (size_t i = 0; i < from->top->grouping.count; i++)
            cells[i].unknown = true;
        fill_sums(from, &from->other, tier, cells + from->top->grouping.count);
        fill_other_change(from, cells + from->top->grouping.count);
        cells[from->top->grouping.count + SHARE].unknown = from->top->grouping.either;
        cells[from->top->grouping.count + SHARES] = number(1000000, true);
        fz_answer_other(answer, from->other.groups, cells);
    }
    return fz_answer_end(answer, error);
}
