/* Who talks to whom, as ribbons.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sankey.h"

#include "escape.h"
#include "numeral.h"

#include <inttypes.h>
#include <math.h>

/* How large things are at each width. */
typedef struct shape {
    double scale;      /* all bytes together are so high */
    double slot, gap;  /* a node has so much height at least, and so much space around it */
    double top;        /* of the columns */
    double thick, off; /* bars of the nodes, and space between them and the names */
    double room;       /* of the names, if none needs more */
    double ribbons;    /* length that is left to the ribbons, whatever names need */
    bool beside;       /* numbers are beyond the names, else below them */
    const char *head[2];
} shape;

static const shape shapes[] = {
    [FZ_DRAWING_WIDE] = {.scale = 430,
                         .slot = 19,
                         .gap = 7,
                         .top = 30,
                         .thick = 12,
                         .off = 10,
                         .room = 124,
                         .ribbons = 440,
                         .beside = true,
                         .head = {"clients, who asked", "servers, who answered"}},
    [FZ_DRAWING_MIDDLE] = {.scale = 200,
                           .slot = 17,
                           .gap = 4,
                           .top = 26,
                           .thick = 10,
                           .off = 8,
                           .room = 64,
                           .ribbons = 190,
                           .beside = true,
                           .head = {"clients, who asked", "servers, who answered"}},
    [FZ_DRAWING_NARROW] = {.scale = 330,
                           .slot = 31,
                           .gap = 5,
                           .top = 22,
                           .thick = 8,
                           .off = 7,
                           .room = 97,
                           .ribbons = 88,
                           .head = {"clients", "servers"}},
};

/* Numbers beyond the names: how much of the width they take, and where from the edge on shares and bytes end. */
enum { NUMBERS = 120, LEFT_SHARE = 44, LEFT_BYTES = 108, RIGHT_BYTES = 52 };

enum { BELOW = 6 }; /* space below the columns */
#define LEAST_NODE 1.0
#define LEAST_RIBBON 0.7
#define RIBBON_OPACITY "0.48"
#define THIN_OPACITY "0.29"

typedef struct node {
    double bytes;
    double slot_y, slot; /* node and name are in its middle */
    double y, height;
} node;

typedef struct ribbon {
    guint line[2]; /* of the client, of the server */
    fz_overview_sum sum;
    double bytes;
    double y[2], thick;
    bool there; /* there is a pair */
} ribbon;

typedef struct sankey {
    const fz_overview *overview;
    const shape *shape;
    fz_overview_fold *fold[2];
    guint count[2];
    node *nodes[2];
    ribbon *ribbons; /* of each client with each server */
    double total, width, height;
    double room[2], name[2], bar[2]; /* of the names, where these are, and the bars: the clients', the servers' */
} sankey;

static ribbon *ribbon_at(const sankey *drawn, guint client, guint server)
{
    return &drawn->ribbons[client * drawn->count[1] + server];
}

static const fz_overview_line *line_at(const sankey *drawn, int end, guint index)
{
    return &g_array_index(drawn->fold[end]->lines, fz_overview_line, index);
}

/* Sums of pairs may be more than their type holds: heights follow from doubles. */
static void add_pairs(sankey *drawn)
{
    for (guint i = 0; i < drawn->overview->pairs->len; i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(drawn->overview, i);
        const guint client = drawn->fold[0]->place[pair->zone[0]], server = drawn->fold[1]->place[pair->zone[1]];

        if (client == FZ_OVERVIEW_NONE || server == FZ_OVERVIEW_NONE)
            continue;
        ribbon *joint = ribbon_at(drawn, client, server);
        joint->there = true;
        fz_overview_add_sum(&joint->sum, &pair->sum);
        joint->bytes += (double)pair->sum.bytes;
        drawn->nodes[0][client].bytes += (double)pair->sum.bytes;
        drawn->nodes[1][server].bytes += (double)pair->sum.bytes;
        drawn->total += (double)pair->sum.bytes;
    }
}

/* The height of a side with the gaps that it has at least. */
static double side_height(const sankey *drawn, int end)
{
    double height = drawn->shape->gap * (drawn->count[end] - 1.0);

    for (guint i = 0; i < drawn->count[end]; i++)
        height += drawn->nodes[end][i].slot;
    return height;
}

static void size_nodes(sankey *drawn, int end, double scale)
{
    for (guint i = 0; i < drawn->count[end]; i++) {
        node *sized = &drawn->nodes[end][i];

        sized->height = MAX(LEAST_NODE, sized->bytes * scale);
        sized->slot = MAX(drawn->shape->slot, sized->height);
    }
}

/* The lower side's gaps grow until it is as high as the other one. */
static void place_nodes(sankey *drawn, int end)
{
    const double spare = drawn->height - side_height(drawn, end);
    const guint gaps = drawn->count[end] - 1;
    const double gap = drawn->shape->gap + (gaps > 0 ? spare / gaps : 0);
    double y = drawn->shape->top + (gaps > 0 ? 0 : spare / 2);

    for (guint i = 0; i < drawn->count[end]; i++) {
        node *placed = &drawn->nodes[end][i];

        placed->slot_y = y;
        placed->y = y + (placed->slot - placed->height) / 2;
        y += placed->slot + gap;
    }
}

/* Ribbons leave a client in the order of the servers, and enter a server in that of the clients. Those that are drawn
 * thicker than their bytes stay within their node. */
static void place_ribbons(sankey *drawn, double scale)
{
    for (int end = 0; end < 2; end++)
        for (guint own = 0; own < drawn->count[end]; own++) {
            const node *beside = &drawn->nodes[end][own];
            double y = beside->y + (beside->height - beside->bytes * scale) / 2;

            for (guint other = 0; other < drawn->count[!end]; other++) {
                ribbon *placed = end == 0 ? ribbon_at(drawn, own, other) : ribbon_at(drawn, other, own);

                placed->thick = MAX(LEAST_RIBBON, placed->bytes * scale);
                placed->y[end] = CLAMP(y, beside->y, beside->y + beside->height - placed->thick);
                placed->line[end] = own;
                y += placed->bytes * scale;
            }
        }
}

static gint compare_ribbons(gconstpointer left, gconstpointer right)
{
    const ribbon *a = *(const ribbon *const *)left, *b = *(const ribbon *const *)right;

    if (a->bytes > b->bytes || a->bytes < b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a < b ? -1 : 1;
}

static bool is_regular(const fz_overview_line *line)
{
    return line->none || line->zone == FZ_OVERVIEW_NONE;
}

/* The room that the names of one side need. */
static double needed(const sankey *drawn, int end)
{
    double most = drawn->shape->room;

    for (guint i = 0; i < drawn->count[end]; i++) {
        const fz_overview_line *line = line_at(drawn, end, i);
        g_autofree char *name = fz_overview_line_name(drawn->overview, line);
        most = MAX(most, fz_drawing_name_room(name, is_regular(line), false));
    }
    return most;
}

/* Each side gets what its longest name needs; of what is too little for both half, or what the other one leaves. */
static void place_columns(sankey *drawn)
{
    const shape *where = drawn->shape;
    const double numbers = where->beside ? NUMBERS : 0;
    const double all = drawn->width - 2 * (numbers + where->off + where->thick) - where->ribbons;
    const double need[] = {needed(drawn, 0), needed(drawn, 1)};

    for (int end = 0; end < 2; end++)
        drawn->room[end] = MIN(need[end], MAX(all / 2, all - need[!end]));
    drawn->name[0] = numbers + drawn->room[0];
    drawn->name[1] = drawn->width - numbers - drawn->room[1];
    drawn->bar[0] = drawn->name[0] + where->off;
    drawn->bar[1] = drawn->name[1] - where->off - where->thick;
}

static void draw_ribbon(GString *to, const sankey *drawn, const ribbon *shown)
{
    const fz_drawing_colour colour = fz_drawing_colour_of(line_at(drawn, 1, shown->line[1])->colour);
    const double from = drawn->bar[0] + drawn->shape->thick, until = drawn->bar[1];
    const double middle = (from + until) / 2, *y = shown->y, thick = shown->thick;
    const bool thin = thick <= LEAST_RIBBON;
    g_autofree char *client = fz_overview_line_spoken(drawn->overview, line_at(drawn, 0, shown->line[0]));
    g_autofree char *server = fz_overview_line_spoken(drawn->overview, line_at(drawn, 1, shown->line[1]));
    char bytes[FZ_NUMERAL_SIZE], flows[FZ_NUMERAL_SIZE];

    fz_markup(to, "<path class=\"ribbon%s %s\" fill=\"%s\" fill-opacity=\"%s\" data-c=\"", thin ? " thin" : "",
              colour.class, colour.fill, thin ? THIN_OPACITY : RIBBON_OPACITY);
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[0], shown->line[0]);
    g_string_append(to, "\" data-s=\"");
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[1], shown->line[1]);
    fz_markup(to, "\" d=\"M%f %fC%f %f %f %f %f %fV%f", from, y[0], middle, y[0], middle, y[1], until, y[1],
              y[1] + thick);
    fz_markup(to, "C%f %f %f %f %f %fZ\">", middle, y[1] + thick, middle, y[0] + thick, from, y[0] + thick);
    fz_markup(to, "<title>%.40s \u2192 %.40s: %s, %s conversation%s</title></path>\n", client, server,
              fz_numeral_bytes_print(shown->sum.bytes, bytes), fz_numeral_count_print(shown->sum.flows, flows),
              shown->sum.flows == 1 ? "" : "s");
}

/* The largest first, so that the others are on top of it. */
static void draw_ribbons(GString *to, const sankey *drawn)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (guint i = 0; i < drawn->count[0] * drawn->count[1]; i++)
        if (drawn->ribbons[i].there)
            g_ptr_array_add(order, &drawn->ribbons[i]);
    g_ptr_array_sort(order, compare_ribbons);
    for (guint i = 0; i < order->len; i++)
        draw_ribbon(to, drawn, g_ptr_array_index(order, i));
}

/* The texts beside a node: in one line, or bytes below the name. */
static void draw_words(GString *to, const sankey *drawn, int end, const node *shown, const fz_overview_line *line,
                       const char *name)
{
    const bool beside = drawn->shape->beside;
    const double middle = shown->slot_y + shown->slot / 2;
    const fz_drawing_label label = {.x = drawn->name[end],
                                    .y = middle + (beside ? 4.5 : -2),
                                    .room = drawn->room[end],
                                    .end = end == 0,
                                    .regular = is_regular(line)};
    fz_drawing_label sum = {.x = drawn->name[end], .y = label.y + 15, .end = end == 0, .small = true};
    char share[FZ_NUMERAL_SIZE];

    fz_drawing_name(to, &label, name);
    if (beside)
        sum = (fz_drawing_label){.x = end == 0 ? LEFT_BYTES : drawn->width - RIGHT_BYTES, .y = label.y, .end = true};
    fz_drawing_bytes(to, &sum, line->sum.bytes);
    if (beside)
        fz_markup(to, "<text x=\"%f\" y=\"%f\" class=\"muted share\" fill=\"" FZ_MUTED "\"" FZ_END ">%s</text>",
                  end == 0 ? LEFT_SHARE : drawn->width, label.y,
                  fz_numeral_share_print(line->sum.bytes, drawn->overview->now.sum.bytes, share));
}

static void draw_node(GString *to, const sankey *drawn, int end, guint index)
{
    const shape *where = drawn->shape;
    const fz_overview_line *line = line_at(drawn, end, index);
    const node *shown = &drawn->nodes[end][index], *first = drawn->nodes[end];
    const fz_drawing_colour colour =
        end == 0 ? (fz_drawing_colour){"client", FZ_CLIENT} : fz_drawing_colour_of(line->colour);
    /* From half of the gap above to half of that below. */
    const double gap = drawn->count[end] > 1 ? first[1].slot_y - first[0].slot_y - first[0].slot : where->gap;
    g_autofree char *name = fz_overview_line_name(drawn->overview, line);
    g_autofree char *spoken = fz_overview_line_spoken(drawn->overview, line);
    char bytes[FZ_NUMERAL_SIZE], share[FZ_NUMERAL_SIZE];

    fz_markup(to, "<g class=\"node\" data-%s=\"", end == 0 ? "c" : "s");
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[end], index);
    fz_markup(to, "\"><title>%s: %s as %s, %s of all</title>", spoken, fz_numeral_bytes_print(line->sum.bytes, bytes),
              end == 0 ? "client" : "server",
              fz_numeral_share_print(line->sum.bytes, drawn->overview->now.sum.bytes, share));
    fz_markup(to, "<rect class=\"hit\" fill=\"none\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"/>",
              end == 0 ? 0 : drawn->bar[1], shown->slot_y - gap / 2,
              end == 0 ? drawn->bar[0] + where->thick : drawn->width - drawn->bar[1], shown->slot + gap);
    fz_markup(to, "<rect class=\"%s\" fill=\"%s\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"", colour.class,
              colour.fill, drawn->bar[end], shown->y, where->thick, shown->height);
    g_string_append(to, end == 1 && line->none ? " stroke=\"" FZ_MUTED "\" stroke-width=\"0.75\"/>" : "/>");
    draw_words(to, drawn, end, shown, line, name);
    g_string_append(to, "</g>\n");
}

/* The largest pairs in words. The caller frees. */
static char *describe(const fz_overview *overview)
{
    enum { MOST = 6 };
    char bytes[FZ_NUMERAL_SIZE];
    GString *words = g_string_new(NULL);

    g_string_append_printf(words, "%s in all. ", fz_numeral_bytes_print(overview->now.sum.bytes, bytes));
    for (guint i = 0; i < MIN(overview->pairs->len, (guint)MOST); i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
        g_autofree char *client = fz_overview_spoken(overview, fz_overview_zone_label(overview, pair->zone[0]));
        g_autofree char *server = fz_overview_spoken(overview, fz_overview_zone_label(overview, pair->zone[1]));

        g_string_append_printf(words, "%s%s to %s %s", i > 0 ? "; " : "", client, server,
                               fz_numeral_bytes_print(pair->sum.bytes, bytes));
    }
    if (overview->pairs->len <= FZ_OVERVIEW_ROWS)
        g_string_append(words, ". All pairs are in the table of zone pairs.");
    else
        g_string_append_printf(words, ". The %d largest pairs are in the table of zone pairs.", FZ_OVERVIEW_ROWS);
    return g_string_free(words, FALSE);
}

static void lay_out(sankey *drawn)
{
    place_columns(drawn);
    drawn->ribbons = g_new0(ribbon, (gsize)drawn->count[0] * drawn->count[1]);
    for (int end = 0; end < 2; end++)
        drawn->nodes[end] = g_new0(node, drawn->count[end]);
    add_pairs(drawn);
    const double scale = drawn->total > 0 ? drawn->shape->scale / drawn->total : 0;
    for (int end = 0; end < 2; end++)
        size_nodes(drawn, end, scale);
    drawn->height = MAX(side_height(drawn, 0), side_height(drawn, 1));
    for (int end = 0; end < 2; end++)
        place_nodes(drawn, end);
    place_ribbons(drawn, scale);
}

double fz_sankey_draw(GString *to, const fz_overview *overview, fz_drawing_width width)
{
    static const char title[] = "Bytes from client zones to server zones";
    static const char id[] = "pairs";
    g_autoptr(fz_overview_fold) clients = fz_overview_fold_new(overview, 0, FZ_OVERVIEW_SIDE);
    g_autoptr(fz_overview_fold) servers = fz_overview_fold_new(overview, 1, FZ_OVERVIEW_SIDE);
    sankey drawn = {.overview = overview,
                    .shape = &shapes[width],
                    .width = fz_drawing_pixels(width),
                    .fold = {clients, servers},
                    .count = {clients->lines->len, servers->lines->len}};

    if (drawn.count[0] == 0 || drawn.count[1] == 0)
        return fz_drawing_nothing(to, width, id, title);
    g_autofree char *description = describe(overview);
    lay_out(&drawn);
    const double height = ceil(drawn.shape->top + drawn.height + BELOW);
    fz_drawing_begin(to, width, id, "", height, title, description);
    fz_markup(to, "<text x=\"%f\" y=\"12\" " FZ_TICK_TEXT FZ_END ">%s</text>", drawn.name[0], drawn.shape->head[0]);
    fz_markup(to, "<text x=\"%f\" y=\"12\" " FZ_TICK_TEXT ">%s</text>\n", drawn.name[1], drawn.shape->head[1]);
    draw_ribbons(to, &drawn);
    for (int end = 0; end < 2; end++)
        for (guint i = 0; i < drawn.count[end]; i++)
            draw_node(to, &drawn, end, i);
    fz_drawing_end(to);
    for (int end = 0; end < 2; end++)
        g_free(drawn.nodes[end]);
    g_free(drawn.ribbons);
    return height;
}
