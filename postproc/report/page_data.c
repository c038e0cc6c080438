/* The data of the page, for its script: zones by number, pairs of them bin by bin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "plus.h"

#include <inttypes.h>

/* Doubles of a script hold whole numbers up to this. */
#define EXACT_MOST ((INT64_C(1) << 53) - 1)

/* A pair of numbers. */
typedef struct numbered_pair {
    guint zone[2];
    fz_overview_sum sum;
} numbered_pair;

typedef struct data {
    GString *to;
    const fz_overview *overview;
    GArray *pairs; /* of numbered_pair, the largest first */
    guint *place;  /* in it, of each pair of the overview */
    guint *places; /* in it, by both numbers */
} data;

static gint compare(gconstpointer left, gconstpointer right)
{
    const numbered_pair *a = left, *b = right;

    if (a->sum.bytes != b->sum.bytes)
        return a->sum.bytes > b->sum.bytes ? -1 : 1;
    for (int end = 0; end < 2; end++)
        if (a->zone[end] != b->zone[end])
            return a->zone[end] < b->zone[end] ? -1 : 1;
    return 0;
}

static void fill_pairs(data *at)
{
    const fz_overview *overview = at->overview;
    const guint count = overview->numbered->len, all = count * count;

    at->places = g_new0(guint, MAX(all, 1));
    g_autofree fz_overview_sum *sums = g_new0(fz_overview_sum, MAX(all, 1));

    for (guint i = 0; i < overview->pairs->len; i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
        at->place[i] = fz_overview_zone_at(overview, pair->zone[0])->number * count +
                       fz_overview_zone_at(overview, pair->zone[1])->number;
        fz_overview_add_sum(&sums[at->place[i]], &pair->sum);
    }
    for (guint i = 0; i < all; i++) {
        const numbered_pair made = {{i / count, i % count}, sums[i]};
        if (made.sum.flows > 0 || made.sum.bytes > 0 || made.sum.packets > 0)
            g_array_append_val(at->pairs, made);
    }
    g_array_sort(at->pairs, compare);
    for (guint i = 0; i < at->pairs->len; i++) {
        const numbered_pair *pair = &g_array_index(at->pairs, numbered_pair, i);
        at->places[pair->zone[0] * count + pair->zone[1]] = i;
    }
    for (guint i = 0; i < overview->pairs->len; i++)
        at->place[i] = at->places[at->place[i]];
}

static void append_number(GString *to, int64_t number)
{
    g_string_append_printf(to, number > EXACT_MOST ? "\"%" PRId64 "\"" : "%" PRId64, number);
}

/* Ends a list: ",bytes,conversations,packets]". */
static void append_sum(GString *to, const fz_overview_sum *sum)
{
    const int64_t numbers[] = {sum->bytes, sum->flows, sum->packets};

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_string_append_c(to, ',');
        append_number(to, numbers[i]);
    }
    g_string_append_c(to, ']');
}

static void print_zones(const data *at)
{
    g_string_append(at->to, "{\"zones\":[");
    for (guint i = 0; i < at->overview->numbered->len; i++) {
        g_autofree char *name =
            fz_overview_line_name(at->overview, &g_array_index(at->overview->numbered, fz_overview_line, i));
        g_string_append(at->to, i > 0 ? "," : "");
        fz_escape_json(at->to, name);
    }
    g_string_append(at->to, "],\n\"pairs\":[");
    for (guint i = 0; i < at->pairs->len; i++) {
        const numbered_pair *pair = &g_array_index(at->pairs, numbered_pair, i);

        g_string_append_printf(at->to, "%s[%u,%u", i > 0 ? "," : "", pair->zone[0], pair->zone[1]);
        append_sum(at->to, &pair->sum);
    }
    g_string_append(at->to, "],\n");
}

static void print_times(const data *at)
{
    const fz_overview *overview = at->overview;
    char text[FZ_NUMERAL_SIZE];

    g_string_append(at->to, "\"times\":[");
    for (guint i = 0; overview->bins > 0 && i <= overview->bins; i++) {
        const int64_t time_us = fz_overview_bin_start(overview, i);
        g_string_append(at->to, i > 0 ? "," : "");
        fz_escape_json(at->to, i < overview->bins ? fz_page_time(overview, time_us, text)
                                                  : fz_page_time_end(overview, time_us, text));
    }
    g_string_append(at->to, "],\n");
}

/* What a pair had in each step of bins, in their order. */
static void append_steps(GString *to, const int64_t *bytes, guint bins, guint join)
{
    const char *separator = "";

    for (guint step = 0; step * join < bins; step++) {
        int64_t sum = 0;

        for (guint bin = step * join; bin < MIN((step + 1) * join, bins); bin++)
            sum = fz_plus(sum, bytes[bin]);
        if (sum == 0)
            continue;
        g_string_append_printf(to, "%s%u,", separator, step);
        append_number(to, sum);
        separator = ",";
    }
}

static void print_series(const data *at)
{
    const fz_overview *overview = at->overview;
    const guint count = at->pairs->len, bins = overview->bins, join = fz_page_join(overview);
    g_autofree int64_t *bytes = g_new0(int64_t, MAX((gsize)count * bins, 1));

    g_string_append_printf(at->to, "\"join\":%u,\n\"series\":[", MAX(join, 1));
    for (guint i = 0; i < overview->cells->len && join > 0; i++) {
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        int64_t *sum = &bytes[(gsize)at->place[cell->pair] * bins + cell->bin];
        *sum = fz_plus(*sum, cell->bytes);
    }
    for (guint i = 0; i < count && join > 0; i++) {
        g_string_append(at->to, i > 0 ? ",[" : "[");
        append_steps(at->to, bytes + (gsize)i * bins, bins, join);
        g_string_append_c(at->to, ']');
    }
    g_string_append_c(at->to, ']');
}

static void print_services(const data *at)
{
    const GArray *uses = at->overview->uses;
    const guint count = at->overview->numbered->len;
    guint next = 0;

    g_string_append(at->to, "\"services\":[");
    for (guint i = 0; i < at->overview->services_used; i++) {
        g_string_append(at->to, i > 0 ? ",[" : "[");
        for (const guint first = next; next < uses->len; next++) {
            const fz_overview_use *use = &g_array_index(uses, fz_overview_use, next);
            if (use->service != i)
                break;
            g_string_append_printf(at->to, "%s[%u", next > first ? "," : "",
                                   at->places[use->zone[0] * count + use->zone[1]]);
            append_sum(at->to, &use->sum);
        }
        g_string_append_c(at->to, ']');
    }
    g_string_append(at->to, "],\n");
}

void fz_page_data(GString *to, const fz_overview *overview)
{
    data at = {to, overview, g_array_new(FALSE, FALSE, sizeof(numbered_pair)),
               g_new0(guint, MAX(overview->pairs->len, 1)), NULL};

    fill_pairs(&at);
    g_string_append(to, "<script type=\"application/json\" id=\"data\">");
    print_zones(&at);
    print_times(&at);
    print_services(&at);
    print_series(&at);
    g_string_append(to, "}</script>\n");
    g_array_unref(at.pairs);
    g_free(at.place);
    g_free(at.places);
}
