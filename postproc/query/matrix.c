/* The question `matrix`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "matrix.h"

#include "answer_matrix.h"
#include "plus.h"

#include <string.h>

static const fz_grouping by_zones = {
    .keys = {{FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0},
             {FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0}},
    .count = 2,
};

/* What a client zone had to do with a server zone. */
typedef struct pair {
    char *zone[2];
    int64_t value, flows, packets, bytes;
} pair;

/* The lines of one side: which of them a zone's traffic goes into. */
typedef struct side {
    GPtrArray *titles;  /* of the lines, the last being "all" */
    GHashTable *places; /* of zones that have a line: its index + 1 */
    guint other;        /* the line of the others; G_MAXUINT: none are left */
} side;

static void clear_pair(void *at)
{
    pair *cleared = at;

    g_free(cleared->zone[0]);
    g_free(cleared->zone[1]);
}

static void take(const fz_group *group, void *user)
{
    GArray *pairs = user;
    const pair next = {
        .zone = {fz_group_key_label(&by_zones.keys[0], group->cells[0]),
                 fz_group_key_label(&by_zones.keys[1], group->cells[1])},
        .flows = group->flows,
        .packets = group->packets,
        .bytes = group->bytes,
    };

    g_array_append_val(pairs, next);
}

/* A zone and its sum. */
typedef struct ranked {
    const char *zone;
    int64_t value;
} ranked;

static gint compare_ranked(gconstpointer left, gconstpointer right)
{
    const ranked *a = left, *b = right;

    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return strcmp(a->zone, b->zone);
}

/* The zones of an end, the largest first. */
static GArray *rank(const GArray *pairs, int end)
{
    GArray *zones = g_array_new(FALSE, FALSE, sizeof(ranked));
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < pairs->len; i++) {
        const pair *at = &g_array_index(pairs, pair, i);
        guint index = GPOINTER_TO_UINT(g_hash_table_lookup(known, at->zone[end]));

        if (index == 0) {
            const ranked next = {.zone = at->zone[end]};
            g_array_append_val(zones, next);
            index = zones->len;
            g_hash_table_insert(known, at->zone[end], GUINT_TO_POINTER(index));
        }
        ranked *zone = &g_array_index(zones, ranked, index - 1);
        zone->value = fz_plus(zone->value, at->value);
    }
    g_array_sort(zones, compare_ranked);
    return zones;
}

static void add_line(side *lines, const char *zone)
{
    g_ptr_array_add(lines->titles, g_strdup(zone));
    g_hash_table_insert(lines->places, g_strdup(zone), GUINT_TO_POINTER(lines->titles->len));
}

/* The lines of an end: the largest zones, `most` with the others in one and those without a zone; and all. */
static side choose(const GArray *pairs, int end, size_t most)
{
    g_autoptr(GArray) zones = rank(pairs, end);
    side lines = {
        .titles = g_ptr_array_new_with_free_func(g_free),
        .places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .other = G_MAXUINT,
    };
    bool outside = false;

    for (guint i = 0; i < zones->len; i++)
        outside |= strcmp(g_array_index(zones, ranked, i).zone, FZ_FILTER_NO_ZONE) == 0;
    const size_t named = zones->len - outside;
    const size_t room = MAX(most, (size_t)2 + outside) - outside;
    const size_t shown = named <= room ? named : room - 1;
    for (guint i = 0, count = 0; i < zones->len && count < shown; i++) {
        const char *zone = g_array_index(zones, ranked, i).zone;
        if (strcmp(zone, FZ_FILTER_NO_ZONE) == 0)
            continue;
        add_line(&lines, zone);
        count++;
    }
    if (shown < named) {
        lines.other = lines.titles->len;
        g_ptr_array_add(lines.titles, g_strdup_printf("other (%zu)", named - shown));
    }
    if (outside)
        add_line(&lines, FZ_FILTER_NO_ZONE);
    g_ptr_array_add(lines.titles, g_strdup("all"));
    return lines;
}

static void clear_side(side *lines)
{
    g_ptr_array_unref(lines->titles);
    g_hash_table_unref(lines->places);
}

static guint place(const side *lines, const char *zone)
{
    const guint at = GPOINTER_TO_UINT(g_hash_table_lookup(lines->places, zone));

    return at > 0 ? at - 1 : lines->other;
}

/* Each value goes into its cell, and into the sums of its row, of its column and of all. */
static int64_t *fill(const GArray *pairs, const side *rows, const side *columns)
{
    const guint width = columns->titles->len, last_row = rows->titles->len - 1, last = width - 1;
    int64_t *cells = g_new0(int64_t, (gsize)rows->titles->len * width);

    for (guint i = 0; i < pairs->len; i++) {
        const pair *at = &g_array_index(pairs, pair, i);
        const guint row = place(rows, at->zone[0]), column = place(columns, at->zone[1]);

        int64_t *const sums[] = {&cells[row * width + column], &cells[row * width + last],
                                 &cells[last_row * width + column], &cells[last_row * width + last]};

        for (size_t sum = 0; sum < G_N_ELEMENTS(sums); sum++)
            *sums[sum] = fz_plus(*sums[sum], at->value);
    }
    return cells;
}

static size_t widest(const side *lines)
{
    size_t width = 0;

    for (guint i = 0; i < lines->titles->len; i++)
        width = MAX(width, fz_answer_width(g_ptr_array_index(lines->titles, i)));
    return width;
}

static void print_table(const fz_asking *asking, const GArray *pairs, const fz_matrix_question *asked)
{
    static const char *const units[] = {"Bytes", "Packets", "Conversations"};
    const fz_answer_manner *manner = &asking->question->manner;
    const size_t most = asking->question->most > 0 ? asking->question->most : G_MAXINT32;
    side rows = choose(pairs, 0, most);
    const size_t room = fz_matrix_fits(manner, widest(&rows));
    side columns = choose(pairs, 1, MIN(most, room > 1 ? room - 1 : 1));
    g_autofree int64_t *cells = fill(pairs, &rows, &columns);
    const fz_matrix matrix = {
        .corner = manner->utf8 ? "client ↓ server →" : "client, server",
        .rows = (const char *const *)rows.titles->pdata,
        .columns = (const char *const *)columns.titles->pdata,
        .row_count = rows.titles->len,
        .column_count = columns.titles->len,
        .cells = cells,
        .unit = units[asked->measure],
    };

    fz_matrix_print(stdout, manner, &matrix);
    clear_side(&rows);
    clear_side(&columns);
}

static bool print_pairs(const fz_asking *asking, const GArray *pairs, GError **error)
{
    static const fz_answer_column columns[] = {
        {"client_zone", "client", FZ_CELL_TEXT}, {"server_zone", "server", FZ_CELL_TEXT},
        {"flows", "flows", FZ_CELL_COUNT},       {"packets", "packets", FZ_CELL_COUNT},
        {"bytes", "bytes", FZ_CELL_BYTES},
    };
    fz_answer *answer = fz_answer_begin(stdout, &asking->question->manner, columns, G_N_ELEMENTS(columns), false);

    for (guint i = 0; i < pairs->len; i++) {
        const pair *at = &g_array_index(pairs, pair, i);
        const fz_cell cells[] = {{.text = at->zone[0]},
                                 {.text = at->zone[1]},
                                 {.number = at->flows},
                                 {.number = at->packets},
                                 {.number = at->bytes}};
        fz_answer_row(answer, cells);
    }
    return fz_answer_end(answer, error);
}

static bool print(fz_asking *asking, GArray *pairs, fz_tier tier, GError **error)
{
    const fz_matrix_question *asked = asking->question->user;
    int64_t bytes = 0, flows = 0, packets = 0;

    for (guint i = 0; i < pairs->len; i++) {
        pair *at = &g_array_index(pairs, pair, i);
        at->value = asked->measure == FZ_MEASURE_PACKETS ? at->packets
                    : asked->measure == FZ_MEASURE_FLOWS ? at->flows
                                                         : at->bytes;
        bytes = fz_plus(bytes, at->bytes);
        flows = fz_plus(flows, at->flows);
        packets = fz_plus(packets, at->packets);
    }
    asking->capped |= packets == INT64_MAX;
    if (asking->question->manner.format != FZ_ANSWER_TABLE) {
        if (!print_pairs(asking, pairs, error))
            return false;
    } else if (pairs->len > 0) {
        print_table(asking, pairs, asked);
    }
    return fz_asking_cover_tier(asking, (uint64_t)bytes, flows, tier, error);
}

bool fz_matrix_answer(fz_asking *asking, GError **error)
{
    const fz_grouping_order order = {.grouping = &by_zones, .sort = FZ_MEASURE_BYTES};
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(pair));

    g_array_set_clear_func(pairs, clear_pair);
    const bool done = fz_grouping_widen(asking, &order, error) &&
                      fz_grouping_read(asking, &order, take, pairs, error) &&
                      (asking->question->sql || print(asking, pairs, fz_grouping_tier(asking, &order), error));
    g_array_unref(pairs);
    return done;
}
