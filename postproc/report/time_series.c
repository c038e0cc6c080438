/* Bytes of zones, bin by bin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_series.h"

#include "drawing.h"
#include "page_private.h"

fz_time_series fz_time_series_of(const fz_overview *overview, guint most, guint join)
{
    fz_time_series made = {.fold = fz_overview_fold_new(overview, fz_overview_time_end(overview), most), .join = join};

    made.lines = made.fold->lines->len;
    made.steps = (overview->bins + join - 1) / join;
    made.bytes = g_new0(double, MAX((gsize)made.lines * made.steps, 1));
    for (guint i = 0; i < overview->cells->len; i++) {
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        const guint line = made.fold->place[cell->zone];

        made.bytes[(gsize)line * made.steps + cell->bin / join] += (double)cell->bytes;
    }
    return made;
}

void fz_time_series_clear(fz_time_series *series)
{
    fz_overview_fold_free(series->fold);
    g_free(series->bytes);
}

bool fz_time_series_can_choose(const fz_overview *overview)
{
    return overview->time != FZ_OVERVIEW_MINUTES;
}

void fz_time_series_append_choice(GString *to, const fz_time_series *series, const fz_overview *overview, guint line)
{
    if (!fz_time_series_can_choose(overview))
        return;
    g_string_append(to, " data-s=\"");
    fz_overview_append_numbers(to, overview, series->fold, line);
    g_string_append_c(to, '"');
}

guint fz_time_series_peak(const fz_time_series *series, guint line)
{
    const double *bytes = fz_time_series_line(series, line);
    guint peak = 0;

    for (guint i = 1; i < series->steps; i++)
        if (bytes[i] > bytes[peak])
            peak = i;
    return peak;
}

char *fz_time_series_peak_print(const fz_time_series *series, const fz_overview *overview, guint line)
{
    const guint peak = fz_time_series_peak(series, line);
    const int64_t time_us = fz_overview_bin_start(overview, peak * series->join);
    char bytes[FZ_NUMERAL_SIZE], time[FZ_NUMERAL_SIZE];

    g_autofree char *at = fz_page_unbroken(fz_page_time(overview, time_us, time));
    return g_strdup_printf(
        "%s at %s", fz_numeral_bytes_print(fz_drawing_bytes_of(fz_time_series_line(series, line)[peak]), bytes), at);
}
