/* Bytes over time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_chart.h"

#include "page_private.h"
#include "time_axis.h"
#include "time_series.h"

#include <inttypes.h>
#include <math.h>

/* Where things are at each width. */
typedef struct place {
    double top, base; /* y of the largest step's end, and of the axis */
    guint lines;      /* of the grid, at most */
    double apart;     /* names beside the last steps: their lines, */
    double room[2];   /* their length at least, and at most if one needs it, */
    double beside;    /* and what is beside them: leaders, and their bytes */
    const char *gap;  /* over a stretch without captures */
    double gap_room;  /* for these words */
} place;

static const place places[] = {
    [FZ_DRAWING_WIDE] = {34, 284, 5, 20, {92, 200}, 84, "no capture", 72},
    [FZ_DRAWING_MIDDLE] = {34, 234, 4, 20, {92, 136}, 84, "no capture", 72},
    [FZ_DRAWING_NARROW] = {34, 234, 3, 17, {78, 78}, 22, "gap", 26},
};
enum { BELOW = 24, MANY = 60 }; /* below the axis; narrow: more bins are joined, two and two */

typedef struct stack {
    const fz_overview *overview;
    const place *place;
    fz_drawing_width width;
    double room; /* of names */
    fz_time_axis axis;
    fz_time_series series;
    double *levels; /* y of the lower ends of all lines, then those of the upper ends of the last one: line by line */
    double most;    /* bytes of the largest step */
} stack;

static const double *level_of(const stack *drawn, guint line)
{
    return drawn->levels + (gsize)line * drawn->series.steps;
}

static bool is_regular(const fz_overview_line *line)
{
    return line->none || line->zone == FZ_OVERVIEW_NONE;
}

/* The longest name decides how much is left for the bins. */
static void place_bins(stack *drawn)
{
    const place *at = drawn->place;
    const bool small = drawn->width == FZ_DRAWING_NARROW;

    drawn->room = at->room[0];
    for (guint line = 0; line < drawn->series.lines; line++) {
        const fz_overview_line *zone = fz_time_series_zone(&drawn->series, line);
        g_autofree char *name = fz_overview_line_name(drawn->overview, zone);
        drawn->room = MAX(drawn->room, fz_drawing_name_room(name, is_regular(zone), small));
    }
    drawn->room = MIN(drawn->room, at->room[1]);
    drawn->axis = (fz_time_axis){drawn->overview, drawn->width,
                                 floor(fz_drawing_pixels(drawn->width) - at->beside - drawn->room)};
}

static void lay_out(stack *drawn)
{
    const guint steps = drawn->series.steps, lines = drawn->series.lines;
    const double height = drawn->place->base - drawn->place->top;

    drawn->levels = g_new0(double, (gsize)(lines + 1) * steps);
    for (guint line = 0; line < lines; line++)
        for (guint i = 0; i < steps; i++)
            drawn->levels[(gsize)(line + 1) * steps + i] =
                level_of(drawn, line)[i] + fz_time_series_line(&drawn->series, line)[i];
    for (guint i = 0; i < steps; i++)
        drawn->most = MAX(drawn->most, level_of(drawn, lines)[i]);
    for (gsize i = 0; i < (gsize)(lines + 1) * steps; i++)
        drawn->levels[i] = drawn->place->base - (drawn->most > 0 ? height * (drawn->levels[i] / drawn->most) : 0);
}

/* The smallest round step of a grid that has no more lines than that. */
static double grid_step(double most, guint lines)
{
    static const double rounds[] = {1, 2, 2.5, 5};
    double unit = 1;
    size_t i = 0;

    while ((unit < 10 && i == 2) || most / (unit * rounds[i]) >= lines + 1.0) {
        i = (i + 1) % G_N_ELEMENTS(rounds);
        unit *= i == 0 ? 10 : 1;
    }
    return unit * rounds[i];
}

/* Below the bands: lines; above them: what they mean. */
static void draw_grid(GString *to, const stack *drawn, bool words)
{
    const double step = grid_step(drawn->most, drawn->place->lines);
    const double height = drawn->place->base - drawn->place->top;
    char bytes[FZ_NUMERAL_SIZE], stretch[FZ_NUMERAL_SIZE];

    const guint lines = (guint)(drawn->most / step);
    for (guint i = 1; i <= lines; i++) {
        const double at = step * i;
        const double y = drawn->place->base - height * (at / drawn->most);

        if (!words) {
            fz_markup(to, "<path class=\"grid\" stroke=\"" FZ_LINE "\" d=\"M0 %fH%f\"/>", y, drawn->axis.width);
            continue;
        }
        fz_markup(to,
                  "<text x=\"0\" y=\"%f\" class=\"tick halo\" fill=\"" FZ_MUTED "\" font-size=\"12\" stroke=\"" FZ_PAPER
                  "\" stroke-width=\"3\" paint-order=\"stroke\">%s",
                  y - 4, fz_numeral_bytes_print(fz_drawing_bytes_of(at), bytes));
        if (i == lines)
            fz_markup(to, " in %s",
                      fz_numeral_stretch_print(drawn->overview->bin_us * (int64_t)drawn->series.join, stretch));
        g_string_append(to, "</text>");
    }
    g_string_append_c(to, '\n');
}

static void draw_bands(GString *to, const stack *drawn)
{
    for (guint line = 0; line < drawn->series.lines; line++) {
        const fz_overview_line *zone = fz_time_series_zone(&drawn->series, line);
        const fz_drawing_colour colour = fz_drawing_colour_of(zone->colour);
        g_autofree char *name = fz_overview_line_spoken(drawn->overview, zone);
        g_autofree char *peak = fz_time_series_peak_print(&drawn->series, drawn->overview, line);
        char bytes[FZ_NUMERAL_SIZE];

        fz_markup(to, "<path class=\"band %s\" fill=\"%s\" stroke=\"" FZ_PAPER "\" stroke-width=\"0.6\"", colour.class,
                  colour.fill);
        fz_time_series_append_choice(to, &drawn->series, drawn->overview, line);
        g_string_append(to, " d=\"");
        fz_time_axis_steps(to, &drawn->axis, drawn->series.join, drawn->series.steps, level_of(drawn, line + 1),
                           level_of(drawn, line));
        fz_markup(to, "\"><title>%s: %s, most %s</title></path>\n", name,
                  fz_numeral_bytes_print(zone->sum.bytes, bytes), peak);
    }
}

/* The words over gaps, unless those of the one before are there. */
static void draw_gap_words(GString *to, const stack *drawn, const GArray *gaps)
{
    const double half = drawn->place->gap_room / 2;
    double used = 0;

    for (guint i = 0; i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        const double middle =
            (fz_time_axis_x(&drawn->axis, gap->from_us) + fz_time_axis_x(&drawn->axis, gap->to_us)) / 2;
        const double x = CLAMP(middle, half, drawn->axis.width - half);

        if (x - half < used)
            continue;
        fz_markup(to, "<text x=\"%f\" y=\"12\" " FZ_TICK_TEXT FZ_MIDDLE ">%s</text>", x, drawn->place->gap);
        used = x + half;
    }
    g_string_append_c(to, '\n');
}

/* Where the names are: each beside the middle of its band over the last three steps, but with a line's height between
 * them; from the top down, and where they pass the axis, back up from it. */
static void place_names(const stack *drawn, double *wanted, double *y)
{
    const guint steps = drawn->series.steps, lines = drawn->series.lines, last = MIN(steps, 3);
    const double apart = drawn->place->apart;
    double least = drawn->place->top + 5, most = drawn->place->base - 3;

    for (guint line = lines; line-- > 0;) {
        double sum = 0;

        for (guint i = steps - last; i < steps; i++)
            sum += (level_of(drawn, line)[i] + level_of(drawn, line + 1)[i]) / 2;
        wanted[line] = sum / last;
        y[line] = MAX(wanted[line], least);
        least = y[line] + apart;
    }
    for (guint line = 0; line < lines; line++) {
        y[line] = MIN(y[line], most);
        most = y[line] - apart;
    }
}

static void draw_name(GString *to, const stack *drawn, guint line, double wanted, double y)
{
    const fz_overview_line *zone = fz_time_series_zone(&drawn->series, line);
    const fz_drawing_colour colour = fz_drawing_colour_of(zone->colour);
    const double x = drawn->axis.width;
    const bool small = drawn->width == FZ_DRAWING_NARROW;
    const fz_drawing_label label = {
        .x = x + 22, .y = y + 4.5, .room = drawn->room, .regular = is_regular(zone), .small = small};
    const fz_drawing_label sum = {.x = fz_drawing_pixels(drawn->width), .y = y + 4.5, .end = true};
    g_autofree char *name = fz_overview_line_name(drawn->overview, zone);
    g_autofree char *spoken = fz_overview_line_spoken(drawn->overview, zone);
    char bytes[FZ_NUMERAL_SIZE];

    fz_markup(to, "<g class=\"%s\"", fz_time_series_can_choose(drawn->overview) ? "node" : "");
    fz_time_series_append_choice(to, &drawn->series, drawn->overview, line);
    fz_markup(to, "><title>%s: %s</title>", spoken, fz_numeral_bytes_print(zone->sum.bytes, bytes));
    fz_markup(to, "<path class=\"leader\" stroke=\"" FZ_MUTED "\" fill=\"none\" d=\"M%f %fL%f %f\"/>", x + 2, wanted,
              x + 10, y);
    fz_markup(to, "<rect class=\"%s\" fill=\"%s\" x=\"%f\" y=\"%f\" width=\"4\" height=\"10\"", colour.class,
              colour.fill, x + 13, y - 5);
    g_string_append(to, zone->none ? " stroke=\"" FZ_MUTED "\" stroke-width=\"0.75\"/>" : "/>");
    fz_drawing_name(to, &label, name);
    if (!small)
        fz_drawing_bytes(to, &sum, zone->sum.bytes);
    g_string_append(to, "</g>\n");
}

static void draw_names(GString *to, const stack *drawn)
{
    g_autofree double *wanted = g_new(double, MAX(drawn->series.lines, 1)),
                      *y = g_new(double, MAX(drawn->series.lines, 1));

    place_names(drawn, wanted, y);
    for (guint line = drawn->series.lines; line-- > 0;)
        draw_name(to, drawn, line, wanted[line], y[line]);
}

/* What the drawing says, in words. The caller frees. */
static char *describe(const stack *drawn)
{
    const fz_overview *overview = drawn->overview;
    GString *words = g_string_new(NULL);
    char text[FZ_NUMERAL_SIZE];

    g_string_append_printf(words, "Steps of %s. ",
                           fz_numeral_stretch_print(overview->bin_us * (int64_t)drawn->series.join, text));
    for (guint line = 0; line < drawn->series.lines; line++) {
        const fz_overview_line *zone = fz_time_series_zone(&drawn->series, line);
        g_autofree char *name = fz_overview_line_spoken(overview, zone);
        g_autofree char *peak = fz_time_series_peak_print(&drawn->series, overview, line);

        g_string_append_printf(words, "%s%s: %s, most %s", line > 0 ? "; " : "", name,
                               fz_numeral_bytes_print(zone->sum.bytes, text), peak);
    }
    g_string_append_printf(words, ". Gaps without a capture: %s.", fz_numeral_count_print(overview->gaps->len, text));
    return g_string_free(words, FALSE);
}

static void draw(GString *to, const stack *drawn)
{
    const place *at = drawn->place;

    draw_grid(to, drawn, false);
    draw_bands(to, drawn);
    /* For the script: the sum of what is chosen. */
    g_string_append(to, "<path class=\"over\" fill=\"none\" d=\"\"/>\n");
    g_autoptr(GArray) blanks = fz_time_axis_blanks(&drawn->axis);
    fz_time_axis_blank(to, &drawn->axis, blanks, at->top - 2, at->base - at->top + 3);
    g_string_append_c(to, '\n');
    draw_grid(to, drawn, true);
    draw_gap_words(to, drawn, blanks);
    fz_markup(to, "<path class=\"axis\" stroke=\"" FZ_MUTED "\" d=\"M0 %fH%f\"/>", at->base, drawn->axis.width);
    fz_time_ticks_draw(to, &drawn->axis, at->base, true);
    draw_names(to, drawn);
    /* For the script: where the pointer is. */
    fz_markup(to,
              "<rect class=\"scrub\" fill=\"none\" x=\"0\" y=\"%f\" "
              "width=\"%f\" height=\"%f\" data-max=\"%" PRId64 "\" data-join=\"%u\"/>\n",
              at->top, drawn->axis.width, at->base - at->top, fz_drawing_bytes_of(drawn->most), drawn->series.join);
}

double fz_time_chart_draw(GString *to, const fz_overview *overview, fz_drawing_width width)
{
    static const char id[] = "time";
    const char *title = overview->time == FZ_OVERVIEW_MINUTES ? "Bytes over time, stacked by the sender's zone"
                                                              : "Bytes over time, stacked by the server's zone";
    const guint join = width == FZ_DRAWING_NARROW && overview->bins > MANY ? 2 : 1;
    stack drawn = {.overview = overview, .place = &places[width], .width = width};
    const double height = drawn.place->base + BELOW;

    if (overview->bins == 0 || overview->pairs->len == 0)
        return fz_drawing_nothing(to, width, id, title);
    drawn.series = fz_time_series_of(overview, FZ_TIME_CHART_ZONES, join);
    place_bins(&drawn);
    lay_out(&drawn);
    g_autofree char *description = describe(&drawn);
    fz_drawing_begin(to, width, id, "time", height, title, description);
    draw(to, &drawn);
    fz_drawing_end(to);
    fz_time_series_clear(&drawn.series);
    g_free(drawn.levels);
    return height;
}
