/* The axis of time that drawings share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_axis.h"

#include "escape.h"
#include "numeral.h"

#include <inttypes.h>
#include <math.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)

/* Unsigned: the whole may be longer than the type of times is. */
static uint64_t length_us(const fz_time_axis *axis)
{
    return (uint64_t)axis->overview->bins * (uint64_t)axis->overview->bin_us;
}

double fz_time_axis_x(const fz_time_axis *axis, int64_t time_us)
{
    const int64_t start_us = axis->overview->start_us;
    const uint64_t after_us = time_us > start_us ? (uint64_t)time_us - (uint64_t)start_us : 0, length = length_us(axis);

    return axis->width * ((double)MIN(after_us, length) / (double)length);
}

double fz_time_axis_bin_x(const fz_time_axis *axis, guint bin)
{
    return axis->width * MIN(bin, axis->overview->bins) / axis->overview->bins;
}

/* Whether both are the same on the page. */
static bool are_level(double a, double b)
{
    return llround(a * 10) == llround(b * 10);
}

void fz_time_axis_steps(GString *to, const fz_time_axis *axis, guint join, guint count, const double *upper,
                        const double *lower)
{
    fz_markup(to, "M0 %f", upper[0]);
    for (guint i = 1; i < count; i++)
        if (!are_level(upper[i], upper[i - 1]))
            fz_markup(to, "H%fV%f", fz_time_axis_bin_x(axis, i * join), upper[i]);
    fz_markup(to, "H%fV%f", axis->width, lower[count - 1]);
    for (guint i = count - 1; i > 0; i--)
        if (!are_level(lower[i], lower[i - 1]))
            fz_markup(to, "H%fV%f", fz_time_axis_bin_x(axis, i * join), lower[i - 1]);
    g_string_append(to, "H0Z");
}

/* What is written along the axis: "13:10"; where there are several days, "24 Nov" for midnight; where there are years,
 * dates. */
typedef enum tick_form { TICK_CLOCK, TICK_DAY, TICK_DATE } tick_form;

typedef struct ticks {
    int64_t step_s;
    tick_form form;
} ticks;

/* The shortest step with room for its texts. */
static ticks ticks_of(const fz_time_axis *axis)
{
    static const int64_t steps_s[] = {60,        120,       300,       600,        900,       1800,
                                      3600,      7200,      10800,     21600,      43200,     DAY_S,
                                      2 * DAY_S, 3 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S};
    static const double rooms[][3] = {[FZ_DRAWING_WIDE] = {90, 90, 110}, [FZ_DRAWING_NARROW] = {55, 62, 100}};
    const double length_s = (double)length_us(axis) / (double)SECOND_US;
    const bool days = length_s > DAY_S, years = length_s > 300.0 * DAY_S;
    ticks made = {0};

    for (size_t i = 0;; i++) {
        made.step_s = i < G_N_ELEMENTS(steps_s) ? steps_s[i] : made.step_s * 2;
        made.form = years ? TICK_DATE : days ? TICK_DAY : TICK_CLOCK;
        if (axis->width * ((double)made.step_s / length_s) >= rooms[axis->drawing][made.form])
            return made;
    }
}

/* Returns `text`. */
static const char *tick_print(const fz_time_axis *axis, const ticks *made, int64_t time_us, char text[FZ_NUMERAL_SIZE])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const struct tm at = fz_numeral_calendar(time_us, axis->overview->utc);
    const bool midnight = at.tm_hour == 0 && at.tm_min == 0;

    if (made->form == TICK_DATE)
        return fz_numeral_time_print(time_us, axis->overview->utc, FZ_TIME_DATE, text);
    if (made->form == TICK_DAY && (midnight || made->step_s >= DAY_S)) {
        g_snprintf(text, FZ_NUMERAL_SIZE, "%d\u00a0%s", at.tm_mday, months[at.tm_mon]);
        return text;
    }
    if (midnight && fz_time_axis_x(axis, time_us) >= axis->width)
        return "24:00";
    return fz_numeral_time_print(time_us, axis->overview->utc, FZ_TIME_CLOCK, text);
}

/* One tick; the texts of those at the ends are moved inwards. */
static void draw_tick(GString *to, const fz_time_axis *axis, double x, double y, bool mark, const char *text)
{
    enum { BELOW = 18 };
    const double half = 3.5 * (double)g_utf8_strlen(text, -1); /* of the text's width, nearly */

    if (mark)
        fz_markup(to, "<path class=\"axis\" stroke=\"" FZ_MUTED "\" d=\"M%f %fv4\"/>", x, y);
    fz_markup(to, "<text x=\"%f\" y=\"%f\" " FZ_TICK_TEXT FZ_MIDDLE ">%s</text>", CLAMP(x, half, axis->width - half),
              y + BELOW, text);
}

void fz_time_axis_draw(GString *to, const fz_time_axis *axis, double y, bool marks)
{
    const int64_t start_us = axis->overview->start_us;
    const ticks made = ticks_of(axis);
    const uint64_t step_us = (uint64_t)made.step_s * (uint64_t)SECOND_US;
    /* Steps are counted from midnight of the place. */
    const int64_t ahead_us = fz_numeral_calendar(start_us, axis->overview->utc).tm_gmtoff * SECOND_US;
    const int64_t past_us = (start_us % (int64_t)step_us + ahead_us) % (int64_t)step_us;
    const uint64_t last_us = MIN(length_us(axis), (uint64_t)INT64_MAX - (uint64_t)start_us);
    char text[FZ_NUMERAL_SIZE];

    for (uint64_t after_us = (uint64_t)(past_us > 0 ? (int64_t)step_us - past_us : -past_us); after_us <= last_us;
         after_us += step_us) {
        const int64_t time_us = (int64_t)((uint64_t)start_us + after_us);
        draw_tick(to, axis, fz_time_axis_x(axis, time_us), y, marks, tick_print(axis, &made, time_us, text));
    }
    g_string_append_c(to, '\n');
}

/* Whether a bin that is wholly within a stretch has bytes: whatever the ledger says, they are to be seen. */
static bool has_bytes(const fz_overview *overview, int64_t from_us, int64_t to_us)
{
    for (guint i = 0; i < overview->cells->len; i++) {
        const guint bin = g_array_index(overview->cells, fz_overview_cell, i).bin;

        if (fz_overview_bin_start(overview, bin) >= from_us && fz_overview_bin_start(overview, bin + 1) <= to_us)
            return true;
    }
    return false;
}

static void add_gap(const fz_time_axis *axis, GArray *gaps, int64_t from_us, int64_t to_us)
{
    const fz_gap gap = {from_us, to_us};

    if (fz_time_axis_x(axis, to_us) - fz_time_axis_x(axis, from_us) >= 0.5 &&
        !has_bytes(axis->overview, from_us, to_us))
        g_array_append_val(gaps, gap);
}

GArray *fz_time_axis_gaps(const fz_time_axis *axis)
{
    const fz_overview *overview = axis->overview;
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(fz_gap));
    const int64_t *covered = overview->covered;
    const uint64_t bin_us = (uint64_t)overview->bin_us;
    const int64_t end_us = fz_overview_bin_start(overview, overview->bins);

    /* The first packet need not begin the first bin. */
    if (overview->now.captures > 0 && covered[0] > overview->start_us &&
        (uint64_t)covered[0] - (uint64_t)overview->start_us > bin_us)
        add_gap(axis, gaps, overview->start_us, covered[0]);
    for (guint i = 0; i < overview->gaps->len; i++) {
        const fz_gap *gap = &g_array_index(overview->gaps, fz_gap, i);
        add_gap(axis, gaps, gap->from_us, gap->to_us);
    }
    if (overview->now.captures > 0 && covered[1] < end_us && (uint64_t)end_us - (uint64_t)covered[1] > bin_us)
        add_gap(axis, gaps, covered[1], end_us);
    return gaps;
}

void fz_time_axis_blank(GString *to, const fz_time_axis *axis, double top, double height)
{
    g_autoptr(GArray) gaps = fz_time_axis_gaps(axis);

    for (guint i = 0; i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        const double x = fz_time_axis_x(axis, gap->from_us);
        fz_markup(to, "<rect class=\"gap\" fill=\"" FZ_PAPER "\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"/>", x,
                  top, fz_time_axis_x(axis, gap->to_us) - x, height);
    }
}
