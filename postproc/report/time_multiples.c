/* Bytes over time of each zone by itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_chart.h"

#include "page_private.h"
#include "time_axis.h"
#include "time_series.h"

#include <inttypes.h>

/* Of each drawing, which is as wide as there is room for; its words are HTML, and keep their size. */
enum { WIDTH = 240, HEIGHT = 52, TOP = 4, BASE = 50 };

static void draw_one(GString *to, const fz_overview *overview, const fz_time_series *series, guint line)
{
    const fz_time_axis axis = {overview, FZ_DRAWING_NARROW, WIDTH};
    const fz_drawing_colour colour = fz_drawing_colour_of(fz_time_series_zone(series, line)->colour);
    const double *bytes = fz_time_series_line(series, line), most = bytes[fz_time_series_peak(series, line)];
    g_autofree double *upper = g_new(double, series->steps), *lower = g_new(double, series->steps);

    for (guint i = 0; i < series->steps; i++) {
        lower[i] = BASE;
        upper[i] = BASE - (most > 0 ? (BASE - TOP) * (bytes[i] / most) : 0);
    }
    fz_markup(to, "<path class=\"%s\" fill=\"%s\" d=\"", colour.class, colour.fill);
    fz_time_axis_steps(to, &axis, series->join, series->steps, upper, lower);
    g_string_append(to, "\"/>");
    g_autoptr(GArray) blanks = fz_time_axis_blanks(&axis);
    fz_time_axis_blank(to, &axis, blanks, 0, BASE);
    fz_markup(to, "<path class=\"axis\" stroke=\"" FZ_MUTED "\" d=\"M0 50.5H%d\"/></svg>", WIDTH);
}

static void draw_item(GString *to, const fz_overview *overview, const fz_time_series *series, guint line)
{
    const fz_overview_line *zone = fz_time_series_zone(series, line);
    g_autofree char *name = fz_overview_line_name(overview, zone);
    g_autofree char *peak = fz_time_series_peak_print(series, overview, line);
    char bytes[FZ_NUMERAL_SIZE];

    fz_markup(to, "<li class=\"%s\"", fz_time_series_can_choose(overview) ? "node" : "");
    fz_time_series_append_choice(to, series, overview, line);
    fz_markup(to, "><b class=\"name%s\">%.24s</b> <span class=\"muted\" data-b=\"%" PRId64 "\">%s</span>",
              zone->none ? " plain" : "", name, zone->sum.bytes, fz_numeral_bytes_print(zone->sum.bytes, bytes));
    fz_markup(to,
              " <svg class=\"small\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" preserveAspectRatio=\"none\" "
              "role=\"img\" aria-label=\"%s: most %s\">",
              WIDTH, HEIGHT, WIDTH, HEIGHT, name, peak);
    draw_one(to, overview, series, line);
    fz_markup(to, " <span class=\"muted small peak\">peak %s</span></li>\n", peak);
}

/* What has no drawing of its own. */
static void draw_rest(GString *to, const fz_time_series *series, guint line)
{
    const fz_overview_line *zone = fz_time_series_zone(series, line);
    char bytes[FZ_NUMERAL_SIZE], count[FZ_NUMERAL_SIZE];

    fz_numeral_bytes_print(zone->sum.bytes, bytes);
    if (zone->none)
        fz_markup(to, "<p class=\"note\">Without a zone: %s.</p>\n", bytes);
    else
        fz_markup(to, "<p class=\"note\">%s more zones: %s together.</p>\n", fz_numeral_count_print(zone->count, count),
                  bytes);
}

void fz_time_chart_multiples(GString *to, const fz_overview *overview)
{
    if (overview->bins == 0 || overview->pairs->len == 0)
        return;
    fz_time_series series = fz_time_series_of(overview, FZ_TIME_CHART_MULTIPLES, 1);
    guint shown = 0;
    g_string_append(to, "<ul class=\"multiples\">\n");
    while (shown < MIN(series.lines, FZ_TIME_CHART_MULTIPLES) &&
           fz_time_series_zone(&series, shown)->zone != FZ_OVERVIEW_NONE)
        draw_item(to, overview, &series, shown++);
    g_string_append(to, "</ul>\n");
    for (; shown < series.lines; shown++)
        draw_rest(to, &series, shown);
    fz_time_series_clear(&series);
}
