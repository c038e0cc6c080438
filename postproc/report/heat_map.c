/* Every pair of zones, in shades.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "heat_map.h"

#include "escape.h"
#include "numeral.h"

#include <inttypes.h>
#include <math.h>

/* Where things are at each width. */
typedef struct place {
    double name, right; /* room of the names of rows at least, and that beyond the cells */
    guint zones;        /* on each axis, beside those left over */
    double row[2];      /* heights of rows: at least, and at most */
    double bar;         /* the longest one beside a row; 0: there are sums alone */
} place;

static const place places[] = {
    [FZ_DRAWING_WIDE] = {124, 160, FZ_OVERVIEW_AXIS, {25, 25}, 82},
    [FZ_DRAWING_MIDDLE] = {110, 110, 20, {20, 23}, 40},
    [FZ_DRAWING_NARROW] = {78, 46, 13, {14, 25}, 0},
};
/* Between cells there is some ground; digits have room from a width on. */
#define GROUND 1.5
enum { COLUMN_MOST = 96, COLUMN_ENOUGH = 44, DIGITS_LEAST = 39, NAME_OFF = 8, SUM = 68, HEAD_OFF = 7 };
/* Names of columns are turned, and more so where columns are narrower than their lines would be, or the drawing has no
 * room beside them. */
enum { TURN = -38, STEEP = -60, TURN_LEAST = 22, HEAD = 84, STEEP_HEAD = 98 };

enum { SHADES = 5 };
static const struct {
    const char *fill, *text;
} shades[SHADES] = {
    {"#e4ecf0", FZ_INK}, {"#c6dae7", FZ_INK}, {"#95bbd7", FZ_INK}, {"#3f7aaa", "#ffffff"}, {"#184f80", "#ffffff"},
};

typedef struct cell {
    fz_overview_sum sum, denied;
    guint pairs, fresh; /* how many there are, and how many of them are new */
} cell;

typedef struct heat_map {
    const fz_overview *overview;
    const place *place;
    double width;
    fz_overview_fold *fold[2];
    guint count[2]; /* rows, columns */
    cell *cells;
    double column, row, left, top, right; /* sizes of a cell; where cells begin, and where sums end */
    bool digits, steep;
    int64_t over; /* bytes of the darkest shade */
} heat_map;

/* The darkest shade begins with 1 MB, or with the largest power of ten that a tenth of all pairs reaches: one that is
 * far above all others leaves them their shades. */
static int64_t darkest(const fz_overview *overview)
{
    const guint pairs = overview->pairs->len, tenth = pairs / 10;
    const int64_t bytes = pairs > 0 ? fz_overview_pair_at(overview, tenth)->sum.bytes : 0;
    int64_t over = 1000000;

    while (bytes / 10 >= over)
        over *= 10;
    return over;
}

static int shade_of(const heat_map *drawn, int64_t bytes)
{
    int64_t over = drawn->over;
    int shade = SHADES - 1;

    while (shade > 0 && bytes < over) {
        over /= 10;
        shade--;
    }
    return shade;
}

static cell *cell_at(const heat_map *drawn, guint row, guint column)
{
    return &drawn->cells[row * drawn->count[1] + column];
}

static const fz_overview_line *line_at(const heat_map *drawn, int end, guint index)
{
    return &g_array_index(drawn->fold[end]->lines, fz_overview_line, index);
}

static void add_pairs(heat_map *drawn)
{
    for (guint i = 0; i < drawn->overview->pairs->len; i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(drawn->overview, i);
        const guint row = drawn->fold[0]->place[pair->zone[0]], column = drawn->fold[1]->place[pair->zone[1]];

        if (row == FZ_OVERVIEW_NONE || column == FZ_OVERVIEW_NONE)
            continue;
        cell *sum = cell_at(drawn, row, column);
        fz_overview_add_sum(&sum->sum, &pair->sum);
        fz_overview_add_sum(&sum->denied, &pair->denied);
        sum->pairs++;
        sum->fresh += pair->before == 0;
    }
}

/* Names of rows have the room that columns of digits leave. */
static double name_room(const heat_map *drawn)
{
    const place *at = drawn->place;
    double most = at->name;

    for (guint row = 0; row < drawn->count[0]; row++) {
        g_autofree char *name = fz_overview_line_name(drawn->overview, line_at(drawn, 0, row));
        most = MAX(most, fz_drawing_name_room(name, true, at->bar == 0));
    }
    return CLAMP(drawn->width - at->right - NAME_OFF - drawn->count[1] * COLUMN_ENOUGH, at->name, most);
}

static void lay_out(heat_map *drawn)
{
    const place *at = drawn->place;

    drawn->cells = g_new0(cell, (gsize)drawn->count[0] * drawn->count[1]);
    add_pairs(drawn);
    drawn->over = darkest(drawn->overview);
    drawn->left = name_room(drawn) + NAME_OFF;
    drawn->column = MIN((drawn->width - drawn->left - at->right) / drawn->count[1], COLUMN_MOST);
    drawn->row = CLAMP(drawn->column, at->row[0], at->row[1]);
    drawn->right = drawn->left + drawn->column * drawn->count[1] + at->right;
    drawn->digits = drawn->column >= DIGITS_LEAST;
    drawn->steep = drawn->column < TURN_LEAST || at->bar == 0;
    drawn->top = drawn->steep ? STEEP_HEAD : HEAD;
}

static double x_of(const heat_map *drawn, guint column)
{
    return drawn->left + drawn->column * column;
}

static double y_of(const heat_map *drawn, guint row)
{
    return drawn->top + drawn->row * row;
}

static void begin_node(GString *to, const heat_map *drawn, int end, guint index)
{
    const fz_overview_line *line = line_at(drawn, end, index);
    g_autofree char *name = fz_overview_line_spoken(drawn->overview, line);
    char bytes[FZ_NUMERAL_SIZE];

    fz_markup(to, "<g class=\"node\" data-%s=\"", end == 0 ? "c" : "s");
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[end], index);
    fz_markup(to, "\"><title>%s as %s: %s</title>", name, end == 0 ? "client" : "server",
              fz_numeral_bytes_print(line->sum.bytes, bytes));
}

static void draw_column_head(GString *to, const heat_map *drawn, guint column)
{
    const double above = drawn->top - HEAD_OFF, sine = drawn->steep ? 0.866 : 0.616,
                 cosine = drawn->steep ? 0.5 : 0.788;
    const fz_drawing_label label = {.x = x_of(drawn, column) + drawn->column / 2 - 2 + (drawn->steep ? 4 : 0),
                                    .y = above,
                                    .room = (above - 10 * cosine) / sine,
                                    .regular = true,
                                    .small = true,
                                    .turned = drawn->steep ? STEEP : TURN};
    g_autofree char *name = fz_overview_line_name(drawn->overview, line_at(drawn, 1, column));

    begin_node(to, drawn, 1, column);
    fz_drawing_name(to, &label, name);
    g_string_append(to, "</g>\n");
}

/* The attributes and the text of a sum in digits, of which the script knows. */
static void append_digits(GString *to, int64_t bytes)
{
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, " class=\"muted digits\" fill=\"" FZ_MUTED "\" font-size=\"11.5\" data-b=\"%" PRId64 "\">%s</text>",
              bytes, fz_numeral_short_print(bytes, text));
}

/* The sum below a column: digits, turned where they would be too wide. */
static void draw_column_foot(GString *to, const heat_map *drawn, guint column)
{
    const double x = x_of(drawn, column) + drawn->column / 2, y = y_of(drawn, drawn->count[0]);

    begin_node(to, drawn, 1, column);
    if (drawn->digits)
        fz_markup(to, "<text x=\"%f\" y=\"%f\"" FZ_MIDDLE, x, y + 19);
    else
        fz_markup(to, "<text transform=\"translate(%f %f) rotate(%d)\"" FZ_END, x + 4, y + 9, STEEP);
    append_digits(to, line_at(drawn, 1, column)->sum.bytes);
    g_string_append(to, "</g>\n");
}

/* Name, bar and sum of a row. */
static void draw_row_head(GString *to, const heat_map *drawn, guint row, double most)
{
    const double base = y_of(drawn, row) + drawn->row / 2 + 4.5;
    const fz_overview_line *line = line_at(drawn, 0, row);
    const place *at = drawn->place;
    const fz_drawing_label label = {.x = drawn->left - NAME_OFF,
                                    .y = base,
                                    .room = drawn->left - NAME_OFF,
                                    .end = true,
                                    .regular = true,
                                    .small = at->bar == 0};
    const fz_drawing_label sum = {.x = drawn->right, .y = base, .end = true, .small = true};
    g_autofree char *name = fz_overview_line_name(drawn->overview, line);

    begin_node(to, drawn, 0, row);
    fz_drawing_name(to, &label, name);
    if (at->bar > 0) {
        fz_markup(to, "<rect class=\"bar\" fill=\"#908e86\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"11\"/>",
                  drawn->right - SUM - at->bar, base - 10,
                  most > 0 ? MAX(at->bar * ((double)line->sum.bytes / most), 1) : 0);
        fz_drawing_bytes(to, &sum, line->sum.bytes);
    } else {
        fz_markup(to, "<text x=\"%f\" y=\"%f\"" FZ_END, drawn->right, base);
        append_digits(to, line->sum.bytes);
    }
    g_string_append(to, "</g>\n");
}

static void draw_cell_title(GString *to, const heat_map *drawn, guint row, guint column)
{
    const cell *shown = cell_at(drawn, row, column);
    g_autofree char *client = fz_overview_line_spoken(drawn->overview, line_at(drawn, 0, row));
    g_autofree char *server = fz_overview_line_spoken(drawn->overview, line_at(drawn, 1, column));
    char bytes[FZ_NUMERAL_SIZE], flows[FZ_NUMERAL_SIZE];

    fz_markup(to, "<title>%.40s \u2192 %.40s: %s, %s conversation%s", client, server,
              fz_numeral_bytes_print(shown->sum.bytes, bytes), fz_numeral_count_print(shown->sum.flows, flows),
              shown->sum.flows == 1 ? "" : "s");
    if (shown->denied.flows >= shown->sum.flows && shown->denied.flows > 0)
        g_string_append(to, ", not allowed");
    else if (shown->denied.flows > 0)
        fz_markup(to, ", %s of them not allowed", fz_numeral_count_print(shown->denied.flows, flows));
    g_string_append(to, shown->fresh == shown->pairs ? ", new</title>" : "</title>");
}

static void draw_cell(GString *to, const heat_map *drawn, guint row, guint column)
{
    const cell *shown = cell_at(drawn, row, column);
    const int shade = shade_of(drawn, shown->sum.bytes);
    const double x = x_of(drawn, column) + GROUND / 2, y = y_of(drawn, row) + GROUND / 2;
    const double width = drawn->column - GROUND, height = drawn->row - GROUND;
    char text[FZ_NUMERAL_SIZE];

    g_string_append(to, "<g class=\"cell\" data-c=\"");
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[0], row);
    g_string_append(to, "\" data-s=\"");
    fz_overview_append_numbers(to, drawn->overview, drawn->fold[1], column);
    g_string_append(to, "\">");
    draw_cell_title(to, drawn, row, column);
    fz_markup(to, "<rect class=\"shade-%d\" fill=\"%s\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"/>", shade,
              shades[shade].fill, x, y, width, height);
    if (drawn->digits)
        fz_markup(
            to, "<text x=\"%f\" y=\"%f\" class=\"digits on-%d\" fill=\"%s\" font-size=\"11.5\"" FZ_MIDDLE ">%s</text>",
            x + width / 2, y + height / 2 + 4, shade, shades[shade].text,
            fz_numeral_short_print(shown->sum.bytes, text));
    if (shown->denied.flows > 0 || shown->fresh == shown->pairs)
        fz_markup(to, "<rect class=\"%s\" stroke=\"%s\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"/>",
                  shown->denied.flows > 0 ? "denied" : "new", shown->denied.flows > 0 ? FZ_BAD : FZ_INK, x + 0.7,
                  y + 0.7, width - 1.4, height - 1.4);
    g_string_append(to, "</g>\n");
}

/* Cells of a row, from left to right; those without conversations are one path. */
static void draw_row(GString *to, const heat_map *drawn, guint row)
{
    const double width = drawn->column - GROUND, height = drawn->row - GROUND;

    g_string_append(to, "<path class=\"shade-none\" fill=\"#f5f2ec\" d=\"");
    for (guint column = 0; column < drawn->count[1]; column++)
        if (cell_at(drawn, row, column)->pairs == 0)
            fz_markup(to, "M%f %fh%fv%fh%fz", x_of(drawn, column) + GROUND / 2, y_of(drawn, row) + GROUND / 2, width,
                      height, -width);
    g_string_append(to, "\"/>\n");
    for (guint column = 0; column < drawn->count[1]; column++)
        if (cell_at(drawn, row, column)->pairs > 0)
            draw_cell(to, drawn, row, column);
}

/* What the sums are, and that of all. */
static void draw_sums(GString *to, const heat_map *drawn)
{
    const bool narrow = drawn->place->bar == 0, turned = !drawn->digits;
    const double foot = y_of(drawn, drawn->count[0]), head = drawn->top - HEAD_OFF;
    const int64_t all = drawn->overview->now.sum.bytes;
    char bytes[FZ_NUMERAL_SIZE];

    for (guint column = 0; column < drawn->count[1]; column++)
        draw_column_foot(to, drawn, column);
    fz_markup(to, "<text x=\"%f\" y=\"%f\" " FZ_TICK_TEXT FZ_END ">all clients</text>", drawn->left - NAME_OFF,
              foot + (turned ? 13 : 19));
    if (narrow)
        fz_markup(to, "<text transform=\"translate(%f %f) rotate(%d)\" ", drawn->right - 28, head, STEEP);
    else
        fz_markup(to, "<text x=\"%f\" y=\"%f\"" FZ_END " ", drawn->right, head);
    g_string_append(to, FZ_TICK_TEXT ">all servers</text>");
    fz_markup(to, "<text x=\"%f\" y=\"%f\" class=\"name total%s\" font-weight=\"600\" font-size=\"%s\"" FZ_END,
              drawn->right, foot + 19, narrow ? " digits" : " small", narrow ? "11.5" : "12");
    fz_markup(to, " data-b=\"%" PRId64 "\">%s</text>\n", all,
              narrow ? fz_numeral_short_print(all, bytes) : fz_numeral_bytes_print(all, bytes));
}

static void draw(GString *to, const heat_map *drawn)
{
    double most = 0;

    for (guint row = 0; row < drawn->count[0]; row++)
        most = MAX(most, (double)line_at(drawn, 0, row)->sum.bytes);
    for (guint column = 0; column < drawn->count[1]; column++)
        draw_column_head(to, drawn, column);
    for (guint row = 0; row < drawn->count[0]; row++)
        draw_row_head(to, drawn, row, most);
    g_string_append(to,
                    "<g fill=\"none\" stroke-width=\"1.8\">\n"); /* of frames: all else has its own fill, no stroke */
    for (guint row = 0; row < drawn->count[0]; row++)
        draw_row(to, drawn, row);
    g_string_append(to, "</g>\n");
    draw_sums(to, drawn);
}

double fz_heat_map_draw(GString *to, const fz_overview *overview, fz_drawing_width width)
{
    static const char title[] = "Matrix of bytes, client zones in rows, server zones in columns";
    static const char words[] = "Sums of rows are on the right, those of columns below.";
    static const char id[] = "matrix";
    g_autoptr(fz_overview_fold) clients = fz_overview_fold_new(overview, 0, places[width].zones);
    g_autoptr(fz_overview_fold) servers = fz_overview_fold_new(overview, 1, places[width].zones);
    heat_map drawn = {.overview = overview,
                      .place = &places[width],
                      .width = fz_drawing_pixels(width),
                      .fold = {clients, servers},
                      .count = {clients->lines->len, servers->lines->len}};

    if (drawn.count[0] == 0 || drawn.count[1] == 0)
        return fz_drawing_nothing(to, width, id, title);
    lay_out(&drawn);
    const double foot = drawn.digits ? 28 : 48;
    const double height = ceil(y_of(&drawn, drawn.count[0]) + foot);
    fz_drawing_begin(to, width, id, "", height, title, words);
    draw(to, &drawn);
    fz_drawing_end(to);
    g_free(drawn.cells);
    return height;
}

/* "10 kB" of a power of ten. */
static void append_power(GString *to, int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;

    for (; bytes >= 1000; bytes /= 1000)
        unit++;
    fz_markup(to, "%" PRId64 "\u00a0%s", bytes, units[unit]);
}

void fz_heat_map_key(GString *to, const fz_overview *overview)
{
    static const char *const frames[][3] = {{"denied", FZ_BAD, "not allowed"}, {"new", FZ_INK, "new"}};
    const bool has[] = {overview->policy, overview->compared};
    int64_t over = darkest(overview) / 1000;

    g_string_append(to, "<ul class=\"key\">");
    for (int shade = 0; shade < SHADES; shade++) {
        fz_markup(to,
                  "<li><svg width=\"22\" height=\"12\" aria-hidden=\"true\"><rect class=\"shade-%d\" fill=\"%s\" "
                  "width=\"22\" height=\"12\"/></svg> %s ",
                  shade, shades[shade].fill,
                  shade == 0           ? "under"
                  : shade < SHADES - 1 ? "to"
                                       : "from");
        append_power(to, over);
        g_string_append(to, "</li>");
        over *= shade < SHADES - 2 ? 10 : 1;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++)
        if (has[i])
            fz_markup(to,
                      "<li><svg width=\"22\" height=\"12\" aria-hidden=\"true\"><rect class=\"%s\" fill=\"none\" "
                      "stroke=\"%s\" stroke-width=\"2\" x=\"1\" y=\"1\" width=\"20\" height=\"10\"/></svg> %s</li>",
                      frames[i][0], frames[i][1], frames[i][2]);
    g_string_append(to, "</ul>\n");
}
