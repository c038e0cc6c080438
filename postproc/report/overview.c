/* A report's numbers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "overview.h"

#include "escape.h"
#include "filter.h"
#include "numeral.h"
#include "plus.h"

#include <stdlib.h>
#include <string.h>

void fz_overview_add_sum(fz_overview_sum *sum, const fz_overview_sum *more)
{
    sum->bytes = fz_plus(sum->bytes, more->bytes);
    sum->flows = fz_plus(sum->flows, more->flows);
    sum->packets = fz_plus(sum->packets, more->packets);
}

static void clear_zone(void *at)
{
    g_free(((fz_overview_zone *)at)->name);
}

static void clear_row(void *at)
{
    fz_overview_row *row = at;

    g_free(row->label);
    g_free(row->name);
}

static void clear_talk(void *at)
{
    fz_overview_talk *talk = at;

    for (int end = 0; end < 2; end++) {
        g_free(talk->addr[end]);
        g_free(talk->name[end]);
    }
    g_free(talk->service);
}

static void clear_capture(void *at)
{
    fz_overview_capture *capture = at;

    g_free(capture->source);
    g_free(capture->sensor);
    g_free(capture->location);
    g_free(capture->state);
}

static void clear_finding(void *at)
{
    fz_overview_finding *finding = at;

    g_free(finding->head);
    g_free(finding->text);
    g_free(finding->command);
}

static void clear_breach(void *at)
{
    fz_overview_breach *breach = at;

    g_free(breach->text);
    g_free(breach->service);
}

static void clear_gone(void *at)
{
    fz_overview_gone *gone = at;

    for (int end = 0; end < 2; end++)
        g_free(gone->zone[end]);
}

static GArray *new_array(guint size, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, FALSE, size);

    if (clear)
        g_array_set_clear_func(array, clear);
    return array;
}

fz_overview *fz_overview_new(void)
{
    fz_overview *overview = g_new0(fz_overview, 1);

    overview->gaps = new_array(sizeof(fz_gap), NULL);
    overview->zones = new_array(sizeof(fz_overview_zone), clear_zone);
    overview->pairs = new_array(sizeof(fz_overview_pair), NULL);
    overview->cells = new_array(sizeof(fz_overview_cell), NULL);
    overview->uses = new_array(sizeof(fz_overview_use), NULL);
    overview->breaches = new_array(sizeof(fz_overview_breach), clear_breach);
    overview->numbered = new_array(sizeof(fz_overview_line), NULL);
    overview->hosts.rows = new_array(sizeof(fz_overview_row), clear_row);
    overview->services.rows = new_array(sizeof(fz_overview_row), clear_row);
    overview->networks.rows = new_array(sizeof(fz_overview_row), clear_row);
    overview->talks = new_array(sizeof(fz_overview_talk), clear_talk);
    overview->gone = new_array(sizeof(fz_overview_gone), clear_gone);
    overview->captures = new_array(sizeof(fz_overview_capture), clear_capture);
    overview->findings = new_array(sizeof(fz_overview_finding), clear_finding);
    overview->zone_index = g_hash_table_new(g_str_hash, g_str_equal);
    overview->pair_index = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    overview->period = g_strdup("");
    overview->against = g_strdup("");
    overview->missed = g_string_new(NULL);
    overview->again = g_strdup("");
    overview->join = 1;
    return overview;
}

void fz_overview_free(fz_overview *overview)
{
    if (!overview)
        return;
    GArray *const arrays[] = {overview->gaps,       overview->zones,         overview->pairs,         overview->cells,
                              overview->hosts.rows, overview->services.rows, overview->networks.rows, overview->talks,
                              overview->captures,   overview->findings,      overview->numbered,      overview->uses,
                              overview->breaches,   overview->gone};
    g_hash_table_unref(overview->zone_index);
    g_hash_table_unref(overview->pair_index);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_array_unref(arrays[i]);
    g_free(overview->title);
    g_free(overview->where);
    g_free(overview->policy);
    g_free(overview->period);
    g_free(overview->against);
    g_string_free(overview->missed, TRUE);
    g_free(overview->again);
    g_free(overview);
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return value - (value % unit + unit) % unit;
}

void fz_overview_set_time(fz_overview *overview, int64_t from_us, int64_t to_us)
{
    from_us = MAX(from_us, FZ_OVERVIEW_FIRST_US);
    to_us = MAX(to_us, from_us);
    static const int64_t steps_s[] = {60,   120,   300,   600,   900,   1800,   3600,
                                      7200, 10800, 21600, 43200, 86400, 172800, 604800};
    const uint64_t length_s = ((uint64_t)to_us - (uint64_t)from_us) / G_USEC_PER_SEC;
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(steps_s) &&
           (steps_s[i] * G_USEC_PER_SEC < overview->least_us || length_s / (uint64_t)steps_s[i] + 2 > FZ_OVERVIEW_BINS))
        i++;
    int64_t bin_s = steps_s[i];
    while (length_s / (uint64_t)bin_s + 2 > FZ_OVERVIEW_BINS)
        bin_s *= 2;
    overview->bin_us = bin_s * G_USEC_PER_SEC;
    overview->start_us = floor_to(from_us, overview->bin_us);
    overview->bins = (guint)(((uint64_t)to_us - (uint64_t)overview->start_us) / (uint64_t)overview->bin_us) + 1;
}

static guint add_zone(fz_overview *overview, const char *name)
{
    const char *label = name ? name : FZ_FILTER_NO_ZONE;
    gpointer found;

    if (g_hash_table_lookup_extended(overview->zone_index, label, NULL, &found))
        return GPOINTER_TO_UINT(found);
    const fz_overview_zone zone = {.name = g_strdup(label), .none = strcmp(label, FZ_FILTER_NO_ZONE) == 0};
    g_array_append_val(overview->zones, zone);
    g_hash_table_insert(overview->zone_index, zone.name, GUINT_TO_POINTER(overview->zones->len - 1));
    return overview->zones->len - 1;
}

static int64_t pair_key(const guint zone[2])
{
    return (int64_t)((uint64_t)zone[0] << 32 | zone[1]);
}

static void remember_pair(fz_overview *overview, guint index)
{
    const int64_t key = pair_key(fz_overview_pair_at(overview, index)->zone);

    g_hash_table_insert(overview->pair_index, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(index));
}

static guint find_pair(const fz_overview *overview, const guint zone[2])
{
    const int64_t key = pair_key(zone);
    gpointer found;

    return g_hash_table_lookup_extended(overview->pair_index, &key, NULL, &found) ? GPOINTER_TO_UINT(found)
                                                                                  : FZ_OVERVIEW_NONE;
}

guint fz_overview_find_zone(const fz_overview *overview, const char *name)
{
    gpointer found;

    return g_hash_table_lookup_extended(overview->zone_index, name ? name : FZ_FILTER_NO_ZONE, NULL, &found)
               ? GPOINTER_TO_UINT(found)
               : FZ_OVERVIEW_NONE;
}

guint fz_overview_find_pair(const fz_overview *overview, const char *client, const char *server)
{
    const guint zone[] = {fz_overview_find_zone(overview, client), fz_overview_find_zone(overview, server)};

    return find_pair(overview, zone);
}

guint fz_overview_bin(const fz_overview *overview, int64_t time_us)
{
    if (time_us <= overview->start_us)
        return 0;
    const uint64_t bin = ((uint64_t)time_us - (uint64_t)overview->start_us) / (uint64_t)overview->bin_us;
    return (guint)MIN(bin, (uint64_t)overview->bins - 1);
}

guint fz_overview_add_pair(fz_overview *overview, const char *client, const char *server, const fz_overview_sum *sum)
{
    const guint zone[] = {add_zone(overview, client), add_zone(overview, server)};
    guint index = find_pair(overview, zone);

    if (index == FZ_OVERVIEW_NONE) {
        const fz_overview_pair pair = {.zone = {zone[0], zone[1]}, .before = -1};
        index = overview->pairs->len;
        g_array_append_val(overview->pairs, pair);
        remember_pair(overview, index);
    }
    fz_overview_add_sum(&g_array_index(overview->pairs, fz_overview_pair, index).sum, sum);
    for (int end = 0; end < 2; end++)
        fz_overview_add_sum(&g_array_index(overview->zones, fz_overview_zone, zone[end]).as[end], sum);
    return index;
}

static void add_cell(fz_overview *overview, guint pair, guint zone, int64_t time_us, int64_t bytes)
{
    if (overview->bins == 0 || bytes <= 0)
        return;
    const fz_overview_cell cell = {pair, zone, fz_overview_bin(overview, time_us), bytes};
    g_array_append_val(overview->cells, cell);
}

void fz_overview_add_bytes(fz_overview *overview, guint pair, int64_t time_us, int64_t bytes)
{
    add_cell(overview, pair, fz_overview_pair_at(overview, pair)->zone[1], time_us, bytes);
}

void fz_overview_add_sent(fz_overview *overview, const char *zone, int64_t time_us, int64_t bytes)
{
    const guint index = add_zone(overview, zone);

    fz_overview_add_sum(&g_array_index(overview->zones, fz_overview_zone, index).as[2],
                        &(fz_overview_sum){bytes, 0, 0});
    add_cell(overview, FZ_OVERVIEW_NONE, index, time_us, bytes);
}

void fz_overview_add_gone(fz_overview *overview, const char *client, const char *server, int64_t bytes)
{
    const fz_overview_gone gone = {
        {g_strdup(client ? client : FZ_FILTER_NO_ZONE), g_strdup(server ? server : FZ_FILTER_NO_ZONE)}, bytes};

    g_array_append_val(overview->gone, gone);
}

static gint compare_gone(gconstpointer left, gconstpointer right)
{
    const fz_overview_gone *a = left, *b = right;
    const int client = strcmp(a->zone[0], b->zone[0]);

    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return client != 0 ? client : strcmp(a->zone[1], b->zone[1]);
}

void fz_overview_settle_gone(fz_overview *overview)
{
    g_array_sort(overview->gone, compare_gone);
}

bool fz_overview_is_capped(const fz_overview *overview)
{
    const fz_overview_sum *const sums[] = {&overview->now.sum, &overview->before.sum, &overview->networks.other};
    bool capped = false;

    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        capped |= MAX(MAX(sums[i]->bytes, sums[i]->flows), sums[i]->packets) == INT64_MAX;
    return capped;
}

/* Settling. */

static gint compare_zones(gconstpointer left, gconstpointer right, gpointer overview)
{
    const fz_overview_zone *a = fz_overview_zone_at(overview, *(const guint *)left);
    const fz_overview_zone *b = fz_overview_zone_at(overview, *(const guint *)right);
    const int64_t bytes[] = {fz_plus(a->as[0].bytes, a->as[1].bytes), fz_plus(b->as[0].bytes, b->as[1].bytes)};

    if (a->none != b->none)
        return a->none ? 1 : -1;
    if (bytes[0] != bytes[1])
        return bytes[0] > bytes[1] ? -1 : 1;
    return strcmp(a->name, b->name);
}

static gint compare_pairs(gconstpointer left, gconstpointer right, gpointer overview)
{
    const fz_overview_pair *a = fz_overview_pair_at(overview, *(const guint *)left);
    const fz_overview_pair *b = fz_overview_pair_at(overview, *(const guint *)right);

    if (a->sum.bytes != b->sum.bytes)
        return a->sum.bytes > b->sum.bytes ? -1 : 1;
    for (int end = 0; end < 2; end++)
        if (a->zone[end] != b->zone[end])
            return a->zone[end] < b->zone[end] ? -1 : 1;
    return 0;
}

static gint compare_cells(gconstpointer left, gconstpointer right)
{
    const fz_overview_cell *a = left, *b = right;

    if (a->bin != b->bin)
        return a->bin < b->bin ? -1 : 1;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return (a->zone > b->zone) - (a->zone < b->zone);
}

/* Sorts an array. Returns where each element was, by where it is; the caller frees. */
static guint *sort(GArray *array, guint size, GCompareDataFunc compare, fz_overview *overview)
{
    guint *order = g_new(guint, MAX(array->len, 1)), *moved = g_new(guint, MAX(array->len, 1));
    g_autofree char *old = g_memdup2(array->data, (gsize)array->len * size);

    for (guint i = 0; i < array->len; i++)
        order[i] = i;
    qsort_r(order, array->len, sizeof *order, compare, overview);
    for (guint i = 0; i < array->len; i++) {
        memcpy(array->data + (gsize)i * size, old + (gsize)order[i] * size, size);
        moved[order[i]] = i;
    }
    g_free(order);
    return moved;
}

static void settle_zones(fz_overview *overview)
{
    g_autofree guint *moved = sort(overview->zones, sizeof(fz_overview_zone), compare_zones, overview);

    g_hash_table_remove_all(overview->zone_index);
    for (guint i = 0; i < overview->zones->len; i++)
        g_hash_table_insert(overview->zone_index, fz_overview_zone_at(overview, i)->name, GUINT_TO_POINTER(i));
    for (guint i = 0; i < overview->pairs->len; i++)
        for (int end = 0; end < 2; end++) {
            guint *zone = &g_array_index(overview->pairs, fz_overview_pair, i).zone[end];
            *zone = moved[*zone];
        }
    for (guint i = 0; i < overview->cells->len; i++) {
        guint *zone = &g_array_index(overview->cells, fz_overview_cell, i).zone;
        *zone = moved[*zone];
    }
}

void fz_overview_count(fz_overview_period *period, const char *client, const char *server, const fz_overview_sum *sum)
{
    fz_overview_add_sum(&period->sum, sum);
    if (g_strcmp0(client, server) != 0)
        period->crossed = fz_plus(period->crossed, sum->bytes);
    if (g_strcmp0(client, FZ_OVERVIEW_INTERNET) == 0 || g_strcmp0(server, FZ_OVERVIEW_INTERNET) == 0)
        period->outside = fz_plus(period->outside, sum->bytes);
}

static void settle_pairs(fz_overview *overview)
{
    g_autofree guint *moved = sort(overview->pairs, sizeof(fz_overview_pair), compare_pairs, overview);

    g_hash_table_remove_all(overview->pair_index);
    for (guint i = 0; i < overview->pairs->len; i++) {
        remember_pair(overview, i);
        const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
        fz_overview_count(&overview->now, fz_overview_zone_at(overview, pair->zone[0])->name,
                          fz_overview_zone_at(overview, pair->zone[1])->name, &pair->sum);
    }
    for (guint i = 0; i < overview->cells->len; i++) {
        guint *pair = &g_array_index(overview->cells, fz_overview_cell, i).pair;
        *pair = *pair == FZ_OVERVIEW_NONE ? *pair : moved[*pair];
    }
}

static bool was_there(const fz_overview_sum *sum)
{
    return sum->bytes > 0 || sum->flows > 0 || sum->packets > 0;
}

/* One cell for each bin of a pair, or of a sender. A store whose sums lack what its details have is damaged: cells of a
 * zone that no sum has would be in no line. */
static void settle_cells(fz_overview *overview)
{
    const int end = fz_overview_time_end(overview);
    GArray *cells = overview->cells;
    guint used = 0;

    g_array_sort(cells, compare_cells);
    for (guint i = 0; i < cells->len; i++) {
        const fz_overview_cell cell = g_array_index(cells, fz_overview_cell, i);
        if (!was_there(&fz_overview_zone_at(overview, cell.zone)->as[end]))
            continue;
        fz_overview_cell *last = used > 0 ? &g_array_index(cells, fz_overview_cell, used - 1) : NULL;

        if (last && compare_cells(last, &cell) == 0)
            last->bytes = fz_plus(last->bytes, cell.bytes);
        else
            g_array_index(cells, fz_overview_cell, used++) = cell;
    }
    g_array_set_size(cells, used);
}

/* What talks: zones of minutes need not be in a pair, if their packets are of conversations that began before. */
static void settle_talking(fz_overview *overview)
{
    g_autofree bool *talks = g_new0(bool, MAX(overview->zones->len, 1));

    for (guint i = 0; i < overview->pairs->len; i++)
        for (int end = 0; end < 2; end++)
            talks[fz_overview_pair_at(overview, i)->zone[end]] = true;
    overview->talking = overview->named = 0;
    for (guint i = 0; i < overview->zones->len; i++) {
        overview->talking += talks[i];
        overview->named += talks[i] && !fz_overview_zone_at(overview, i)->none;
    }
}

/* The largest servers have the colours. */
static void settle_colours(fz_overview *overview)
{
    g_autoptr(fz_overview_fold) servers = NULL;

    for (guint i = 0; i < overview->zones->len; i++) {
        fz_overview_zone *zone = &g_array_index(overview->zones, fz_overview_zone, i);
        zone->colour = zone->none ? FZ_COLOUR_NONE : FZ_COLOUR_OTHER;
    }
    servers = fz_overview_fold_new(overview, 1, FZ_COLOUR_OTHER);
    for (guint i = 0; i < MIN(servers->lines->len, (guint)FZ_COLOUR_OTHER); i++) {
        const fz_overview_line *line = &g_array_index(servers->lines, fz_overview_line, i);
        if (!line->none && line->zone != FZ_OVERVIEW_NONE)
            g_array_index(overview->zones, fz_overview_zone, line->zone).colour = i;
    }
}

/* Zones that have a line on an axis are numbered, the others have the last number. */
static void settle_numbers(fz_overview *overview)
{
    fz_overview_line others = {.zone = FZ_OVERVIEW_NONE, .colour = FZ_COLOUR_OTHER};
    g_autoptr(fz_overview_fold) clients = fz_overview_fold_new(overview, 0, FZ_OVERVIEW_AXIS);
    g_autoptr(fz_overview_fold) servers = fz_overview_fold_new(overview, 1, FZ_OVERVIEW_AXIS);
    const fz_overview_fold *const folds[] = {clients, servers};

    g_array_set_size(overview->numbered, 0);
    for (guint i = 0; i < overview->zones->len; i++) {
        fz_overview_zone *zone = &g_array_index(overview->zones, fz_overview_zone, i);
        const fz_overview_line line = {.zone = i, .count = 1, .colour = zone->colour, .none = zone->none};

        zone->number = FZ_OVERVIEW_NONE;
        for (int end = 0; end < 2; end++)
            if (folds[end]->place[i] != FZ_OVERVIEW_NONE &&
                g_array_index(folds[end]->lines, fz_overview_line, folds[end]->place[i]).zone == i)
                zone->number = overview->numbered->len;
        if (zone->number == FZ_OVERVIEW_NONE)
            others.count++;
        else
            g_array_append_val(overview->numbered, line);
    }
    for (guint i = 0; i < overview->zones->len; i++) {
        fz_overview_zone *zone = &g_array_index(overview->zones, fz_overview_zone, i);
        if (zone->number == FZ_OVERVIEW_NONE)
            zone->number = overview->numbered->len;
    }
    if (others.count > 0)
        g_array_append_val(overview->numbered, others);
}

void fz_overview_settle(fz_overview *overview)
{
    overview->now.sum = (fz_overview_sum){0};
    overview->now.crossed = overview->now.outside = 0;
    settle_zones(overview);
    settle_pairs(overview);
    settle_cells(overview);
    settle_talking(overview);
    settle_colours(overview);
    settle_numbers(overview);
}

/* Folding. */

typedef struct ranking {
    const fz_overview *overview;
    int end;
} ranking;

static gint compare_ranked(gconstpointer left, gconstpointer right, gpointer user)
{
    const ranking *by = user;
    const guint a = *(const guint *)left, b = *(const guint *)right;
    const int64_t bytes[] = {fz_overview_zone_at(by->overview, a)->as[by->end].bytes,
                             fz_overview_zone_at(by->overview, b)->as[by->end].bytes};

    if (bytes[0] != bytes[1])
        return bytes[0] > bytes[1] ? -1 : 1;
    return (a > b) - (a < b);
}

static void add_line(fz_overview_fold *fold, const fz_overview *overview, guint index, int end)
{
    const fz_overview_zone *zone = fz_overview_zone_at(overview, index);
    const fz_overview_line line = {index, 1, zone->colour, zone->none, zone->as[end]};

    fold->place[index] = fold->lines->len;
    g_array_append_val(fold->lines, line);
}

static void add_others(fz_overview_fold *fold, const fz_overview *overview, const guint *zones, guint count, int end)
{
    fz_overview_line line = {.zone = FZ_OVERVIEW_NONE, .count = count, .colour = FZ_COLOUR_OTHER};

    for (guint i = 0; i < count; i++) {
        fold->place[zones[i]] = fold->lines->len;
        fz_overview_add_sum(&line.sum, &fz_overview_zone_at(overview, zones[i])->as[end]);
    }
    g_array_append_val(fold->lines, line);
}

fz_overview_fold *fz_overview_fold_new(const fz_overview *overview, int end, guint most)
{
    fz_overview_fold *fold = g_new0(fz_overview_fold, 1);
    g_autofree guint *ranked = g_new(guint, MAX(overview->zones->len, 1));
    ranking by = {overview, end};
    guint count = 0, outside = FZ_OVERVIEW_NONE;

    fold->lines = g_array_new(FALSE, FALSE, sizeof(fz_overview_line));
    fold->place = g_new0(guint, MAX(overview->zones->len, 1));
    for (guint i = 0; i < overview->zones->len; i++) {
        const fz_overview_zone *zone = fz_overview_zone_at(overview, i);

        fold->place[i] = FZ_OVERVIEW_NONE;
        if (!was_there(&zone->as[end]))
            continue;
        if (zone->none)
            outside = i;
        else
            ranked[count++] = i;
    }
    qsort_r(ranked, count, sizeof *ranked, compare_ranked, &by);
    const guint shown = count <= most + 1 ? count : most;
    for (guint i = 0; i < shown; i++)
        add_line(fold, overview, ranked[i], end);
    if (shown < count)
        add_others(fold, overview, ranked + shown, count - shown, end);
    if (outside != FZ_OVERVIEW_NONE)
        add_line(fold, overview, outside, end);
    return fold;
}

void fz_overview_fold_free(fz_overview_fold *fold)
{
    if (!fold)
        return;
    g_array_unref(fold->lines);
    g_free(fold->place);
    g_free(fold);
}

void fz_overview_append_numbers(GString *to, const fz_overview *overview, const fz_overview_fold *fold, guint line)
{
    g_autofree bool *there = g_new0(bool, MAX(overview->numbered->len, 1));
    const char *separator = "";

    for (guint i = 0; i < overview->zones->len; i++)
        if (fold->place[i] == line)
            there[fz_overview_zone_at(overview, i)->number] = true;
    for (guint i = 0; i < overview->numbered->len; i++)
        if (there[i]) {
            g_string_append_printf(to, "%s%u", separator, i);
            separator = " ";
        }
}

char *fz_overview_line_name(const fz_overview *overview, const fz_overview_line *line)
{
    char count[FZ_NUMERAL_SIZE];

    return line->zone == FZ_OVERVIEW_NONE ? g_strdup_printf("other (%s)", fz_numeral_count_print(line->count, count))
                                          : g_strdup(fz_overview_zone_label(overview, line->zone));
}

char *fz_overview_spoken(const fz_overview *overview, const char *name)
{
    return overview->spoken > 0 ? fz_escape_shorten(name, overview->spoken) : g_strdup(name);
}

char *fz_overview_line_spoken(const fz_overview *overview, const fz_overview_line *line)
{
    g_autofree char *name = fz_overview_line_name(overview, line);

    return fz_overview_spoken(overview, name);
}
