/* The question `time`: which series are shown, and how.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic_private.h"

#include "answer_series.h"
#include "plus.h"

#include <string.h>

/* A series: its sum, and its values by bins once it is shown. */
typedef struct line {
    guint series;
    const char *title;
    int64_t sum;
    int64_t *values;
} line;

/* What is shown. */
typedef struct chart {
    const fz_traffic_data *data;
    GArray *lines; /* of line; the largest first, "all" in front of them, the others behind */
    guint *place;  /* of each series: its line, 1 and up */
} chart;

static int64_t measured(const fz_traffic_value *value, fz_measure measure)
{
    return measure == FZ_MEASURE_PACKETS ? value->packets : measure == FZ_MEASURE_FLOWS ? value->flows : value->bytes;
}

static gint compare_lines(gconstpointer left, gconstpointer right)
{
    const line *a = left, *b = right;

    if (a->sum != b->sum)
        return a->sum > b->sum ? -1 : 1;
    return strcmp(a->title, b->title);
}

static GArray *add_up(const fz_traffic_data *data)
{
    GArray *lines = g_array_new(FALSE, TRUE, sizeof(line));

    g_array_set_size(lines, data->titles->len);
    for (guint i = 0; i < lines->len; i++)
        g_array_index(lines, line, i) = (line){.series = i, .title = g_ptr_array_index(data->titles, i)};
    for (guint i = 0; i < data->values->len; i++) {
        const fz_traffic_value *value = &g_array_index(data->values, fz_traffic_value, i);
        line *sums = &g_array_index(lines, line, value->series);
        sums->sum = fz_plus(sums->sum, measured(value, data->traffic->measure));
    }
    g_array_sort(lines, compare_lines);
    return lines;
}

/* Bins in which no capture was have no value. */
static int64_t *new_values(const fz_traffic_data *data)
{
    int64_t *values = g_new0(int64_t, (gsize)data->bins);
    const GArray *gaps = data->asking->coverage.gaps;

    for (guint i = 0; gaps && i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        const int64_t first = (gap->from_us - data->start_us + data->bin_us - 1) / data->bin_us;
        const int64_t end = (gap->to_us - data->start_us) / data->bin_us;
        for (int64_t bin = MAX(first, 0); bin < MIN(end, data->bins); bin++)
            values[bin] = FZ_SERIES_GAP;
    }
    return values;
}

static void add_value(int64_t *values, int64_t bin, int64_t value)
{
    values[bin] = values[bin] == FZ_SERIES_GAP ? value : fz_plus(values[bin], value);
}

static void fill(chart *shown)
{
    const fz_traffic_data *data = shown->data;

    for (guint i = 0; i < shown->lines->len; i++)
        g_array_index(shown->lines, line, i).values = new_values(data);
    for (guint i = 0; i < data->values->len; i++) {
        const fz_traffic_value *value = &g_array_index(data->values, fz_traffic_value, i);
        const int64_t amount = measured(value, data->traffic->measure);
        add_value(g_array_index(shown->lines, line, 0).values, value->bin, amount);
        if (shown->lines->len > 1)
            add_value(g_array_index(shown->lines, line, shown->place[value->series]).values, value->bin, amount);
    }
}

/* The lines of a table: all, the largest, the others. With one series, which is all, one line. */
static void choose(chart *shown, char **other)
{
    g_autoptr(GArray) lines = add_up(shown->data);
    const guint most = shown->data->asking->question->most, named = most ? MIN(most, lines->len) : lines->len;
    const line all = {.title = "all"};

    shown->place = g_new0(guint, MAX(lines->len, 1));
    shown->lines = g_array_new(FALSE, FALSE, sizeof(line));
    g_array_append_val(shown->lines, all);
    if (lines->len == 1 && *g_array_index(lines, line, 0).title == '\0')
        return;
    for (guint i = 0; i < named; i++) {
        g_array_append_val(shown->lines, g_array_index(lines, line, i));
        shown->place[g_array_index(lines, line, i).series] = i + 1;
    }
    if (lines->len <= named)
        return;
    *other = g_strdup_printf("other (%u)", lines->len - named);
    const line rest = {.title = *other};
    g_array_append_val(shown->lines, rest);
    for (guint i = named; i < lines->len; i++)
        shown->place[g_array_index(lines, line, i).series] = named + 1;
}

static fz_cell_kind kind_of(const fz_traffic_data *data)
{
    return data->traffic->measure == FZ_MEASURE_BYTES ? FZ_CELL_BYTES : FZ_CELL_COUNT;
}

static void print_lines(const chart *shown)
{
    const fz_traffic_data *data = shown->data;
    g_autofree fz_series *series = g_new0(fz_series, shown->lines->len);
    const fz_series_table table = {
        .start_us = data->start_us,
        .bin_us = data->bin_us,
        .bins = (size_t)data->bins,
        .series = series,
        .count = shown->lines->len,
        .kind = kind_of(data),
    };

    for (guint i = 0; i < shown->lines->len; i++)
        series[i] =
            (fz_series){g_array_index(shown->lines, line, i).title, g_array_index(shown->lines, line, i).values};
    fz_series_print(stdout, &data->asking->question->manner, &table);
}

static gint compare_values(gconstpointer left, gconstpointer right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The distribution of a line over bins in which there was a capture. */
static void print_distribution(fz_answer *answer, const line *row, const fz_traffic_data *data)
{
    g_autofree int64_t *sorted = g_new(int64_t, (gsize)data->bins);
    int64_t sum = 0, at = 0, most = -1;
    size_t count = 0;

    for (int64_t bin = 0; bin < data->bins; bin++) {
        if (row->values[bin] == FZ_SERIES_GAP)
            continue;
        sorted[count++] = row->values[bin];
        sum = fz_plus(sum, row->values[bin]);
        if (row->values[bin] > most) {
            most = row->values[bin];
            at = data->start_us + bin * data->bin_us;
        }
    }
    qsort(sorted, count, sizeof *sorted, compare_values);
    const bool none = count == 0;
    const fz_cell cells[] = {
        {.text = row->title},
        {.number = sum},
        {.number = none ? 0 : sorted[0], .unknown = none},
        {.number = none ? 0 : fz_series_mean(sorted, count), .unknown = none},
        {.number = none ? 0 : sorted[(count * 50 + 99) / 100 - 1], .unknown = none},
        {.number = none ? 0 : sorted[(count * 95 + 99) / 100 - 1], .unknown = none},
        {.number = most, .unknown = none},
        {.number = at, .unknown = none},
    };
    fz_answer_row(answer, cells);
}

static bool print_spread(const chart *shown, GError **error)
{
    const fz_cell_kind kind = kind_of(shown->data);
    const fz_answer_column columns[] = {
        {"series", "", FZ_CELL_TEXT}, {"total", "total", kind}, {"min", "min", kind}, {"mean", "mean", kind},
        {"median", "median", kind},   {"p95", "p95", kind},     {"max", "max", kind}, {"at", "at", FZ_CELL_TIME},
    };
    fz_answer *answer =
        fz_answer_begin(stdout, &shown->data->asking->question->manner, columns, G_N_ELEMENTS(columns), false);

    for (guint i = 0; i < shown->lines->len; i++)
        print_distribution(answer, &g_array_index(shown->lines, line, i), shown->data);
    return fz_answer_end(answer, error);
}

static gint compare_traffic(gconstpointer left, gconstpointer right)
{
    const fz_traffic_value *a = left, *b = right;

    if (a->bin != b->bin)
        return a->bin < b->bin ? -1 : 1;
    return (a->series > b->series) - (a->series < b->series);
}

/* For programs: each series and bin that has something, all of them. */
static bool print_values(const fz_traffic_data *data, GError **error)
{
    static const fz_answer_column columns[] = {
        {"begin", "begin", FZ_CELL_TIME},      {"series", "series", FZ_CELL_TEXT}, {"flows", "flows", FZ_CELL_COUNT},
        {"packets", "packets", FZ_CELL_COUNT}, {"bytes", "bytes", FZ_CELL_BYTES},
    };
    fz_answer *answer = fz_answer_begin(stdout, &data->asking->question->manner, columns, G_N_ELEMENTS(columns), false);
    const bool packets = data->traffic->from_zone || data->traffic->to_zone;
    guint i = 0;

    g_array_sort(data->values, compare_traffic);
    while (i < data->values->len) {
        fz_traffic_value sum = g_array_index(data->values, fz_traffic_value, i);

        for (i++; i < data->values->len; i++) {
            const fz_traffic_value *next = &g_array_index(data->values, fz_traffic_value, i);
            if (next->bin != sum.bin || next->series != sum.series)
                break;
            sum.flows = fz_plus(sum.flows, next->flows);
            sum.packets = fz_plus(sum.packets, next->packets);
            sum.bytes = fz_plus(sum.bytes, next->bytes);
        }
        const fz_cell cells[] = {
            {.number = data->start_us + sum.bin * data->bin_us},
            {.text = g_ptr_array_index(data->titles, sum.series)},
            {.number = sum.flows, .unknown = packets},
            {.number = sum.packets},
            {.number = sum.bytes},
        };
        fz_answer_row(answer, cells);
    }
    return fz_answer_end(answer, error);
}

bool fz_traffic_print(const fz_traffic_data *data, GError **error)
{
    chart shown = {.data = data};
    g_autofree char *other = NULL;
    bool done = true;

    if (data->asking->question->manner.format != FZ_ANSWER_TABLE && !data->traffic->spread)
        return print_values(data, error);
    if (data->titles->len == 0)
        return true;
    choose(&shown, &other);
    fill(&shown);
    if (data->traffic->spread)
        done = print_spread(&shown, error);
    else
        print_lines(&shown);
    for (guint i = 0; i < shown.lines->len; i++)
        g_free(g_array_index(shown.lines, line, i).values);
    g_array_unref(shown.lines);
    g_free(shown.place);
    return done;
}
