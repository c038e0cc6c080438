/* The time that captures cover.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage_bar.h"

#include "escape.h"
#include "numeral.h"
#include "text.h"
#include "time_axis.h"

enum { BAR_Y = 4, BAR_HEIGHT = 7, TICKS_Y = 11, HEIGHT = 31 };

void fz_coverage_bar_draw(GString *to, const fz_overview *overview, fz_drawing_width width)
{
    const fz_time_axis axis = {overview, width, fz_drawing_pixels(width)};

    if (overview->bins == 0)
        return;
    g_autoptr(GArray) gaps = fz_time_axis_gaps(&axis);
    char captures[FZ_NUMERAL_SIZE], count[FZ_NUMERAL_SIZE];
    g_autofree char *description =
        g_strdup_printf("%s capture%s, %s gap%s", fz_numeral_count_print((int64_t)overview->now.captures, captures),
                        fz_text_plural(overview->now.captures), fz_numeral_count_print(overview->gaps->len, count),
                        fz_text_plural(overview->gaps->len));
    fz_drawing_begin(to, width, "covered", "", HEIGHT, "Time covered by captures", description);
    fz_markup(to, "<rect class=\"coverage\" fill=\"" FZ_CLIENT "\" y=\"%d\" width=\"%f\" height=\"%d\"/>", BAR_Y,
              axis.width, BAR_HEIGHT);
    fz_time_axis_blank(to, &axis, gaps, BAR_Y - 1, BAR_HEIGHT + 2);
    for (guint i = 0; i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        fz_markup(to, "<path class=\"gap-line\" stroke=\"" FZ_BAD "\" stroke-width=\"2\" d=\"M%f 7.5H%f\"/>",
                  fz_time_axis_x(&axis, gap->from_us), fz_time_axis_x(&axis, gap->to_us));
    }
    fz_time_ticks_draw(to, &axis, TICKS_Y, false);
    fz_drawing_end(to);
}
