/* The axis of time that drawings share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_axis.h"

#include "escape.h"

#include <inttypes.h>
#include <math.h>

uint64_t fz_time_axis_length_us(const fz_time_axis *axis)
{
    return (uint64_t)axis->overview->bins * (uint64_t)axis->overview->bin_us;
}

double fz_time_axis_x(const fz_time_axis *axis, int64_t time_us)
{
    const int64_t start_us = axis->overview->start_us;
    const uint64_t after_us = time_us > start_us ? (uint64_t)time_us - (uint64_t)start_us : 0,
                   length = fz_time_axis_length_us(axis);

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

static void add_gap(const fz_time_axis *axis, GArray *gaps, int64_t from_us, int64_t to_us)
{
    const fz_gap gap = {from_us, to_us};

    if (fz_time_axis_x(axis, to_us) - fz_time_axis_x(axis, from_us) >= 0.5)
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

/* How much of a bin a gap takes, from 0 to 1. */
static double taken(const fz_overview *overview, guint bin, const fz_gap *gap)
{
    const int64_t from_us = MAX(gap->from_us, fz_overview_bin_start(overview, bin));
    const int64_t to_us = MIN(gap->to_us, fz_overview_bin_start(overview, bin + 1));

    return to_us > from_us ? (double)((uint64_t)to_us - (uint64_t)from_us) / (double)overview->bin_us : 0;
}

static guint bin_at(const fz_overview *overview, int64_t time_us)
{
    if (time_us <= overview->start_us)
        return 0;
    const uint64_t bin = ((uint64_t)time_us - (uint64_t)overview->start_us) / (uint64_t)overview->bin_us;
    return (guint)MIN(bin, (uint64_t)overview->bins - 1);
}

/* Whether each bin is to be seen: it has bytes, and gaps that take more than half of it. The caller frees. */
static bool *seen_bins(const fz_overview *overview, const GArray *gaps)
{
    bool *seen = g_new0(bool, overview->bins);
    g_autofree double *gone = g_new0(double, overview->bins);

    for (guint i = 0; i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        for (guint bin = bin_at(overview, gap->from_us); bin <= bin_at(overview, gap->to_us); bin++)
            gone[bin] += taken(overview, bin, gap);
    }
    for (guint i = 0; i < overview->cells->len; i++) {
        const guint bin = g_array_index(overview->cells, fz_overview_cell, i).bin;
        seen[bin] = gone[bin] > 0.5;
    }
    return seen;
}

GArray *fz_time_axis_blanks(const fz_time_axis *axis)
{
    const fz_overview *overview = axis->overview;
    g_autoptr(GArray) gaps = fz_time_axis_gaps(axis);
    g_autofree bool *seen = seen_bins(overview, gaps);
    GArray *blanks = g_array_new(FALSE, FALSE, sizeof(fz_gap));

    for (guint i = 0; i < gaps->len; i++) {
        fz_gap rest = g_array_index(gaps, fz_gap, i);
        const guint last = bin_at(overview, rest.to_us);

        for (guint bin = bin_at(overview, rest.from_us); bin <= last; bin++)
            if (seen[bin]) {
                add_gap(axis, blanks, rest.from_us, fz_overview_bin_start(overview, bin));
                rest.from_us = fz_overview_bin_start(overview, bin + 1);
            }
        add_gap(axis, blanks, rest.from_us, rest.to_us);
    }
    return blanks;
}

void fz_time_axis_blank(GString *to, const fz_time_axis *axis, const GArray *gaps, double top, double height)
{
    for (guint i = 0; i < gaps->len; i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        const double x = fz_time_axis_x(axis, gap->from_us);
        fz_markup(to, "<rect class=\"gap\" fill=\"" FZ_PAPER "\" x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\"/>", x,
                  top, fz_time_axis_x(axis, gap->to_us) - x, height);
    }
}
