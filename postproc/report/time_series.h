/* Bytes of zones, bin by bin, as drawings over time need them: of servers, or of senders.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TIME_SERIES_H
#define FZ_TIME_SERIES_H

#include "overview.h"

/* Bytes of each line in each step of `join` bins. Doubles: sums of sums have no limit then. */
typedef struct fz_time_series {
    fz_overview_fold *fold;
    guint lines, steps, join;
    double *bytes; /* line by line */
} fz_time_series;

/* Lines: the `most` largest zones, the others, "(no zone)". There is a bin at least. Cleared by the caller. */
fz_time_series fz_time_series_of(const fz_overview *overview, guint most, guint join);
void fz_time_series_clear(fz_time_series *series);

static inline const double *fz_time_series_line(const fz_time_series *series, guint line)
{
    return series->bytes + (gsize)line * series->steps;
}

static inline const fz_overview_line *fz_time_series_zone(const fz_time_series *series, guint line)
{
    return &g_array_index(series->fold->lines, fz_overview_line, line);
}

/* Whether the script can draw a choice over time: senders of minutes are in no pair. */
bool fz_time_series_can_choose(const fz_overview *overview);

/* Appends the attribute by which a line is chosen, " data-s=\"3\"", if it can be. */
void fz_time_series_append_choice(GString *to, const fz_time_series *series, const fz_overview *overview, guint line);

/* The step with most bytes of a line, the first one of several. */
guint fz_time_series_peak(const fz_time_series *series, guint line);

/* "423 kB at 20:30" of that step, with as much date as the page's times have. The caller frees. */
char *fz_time_series_peak_print(const fz_time_series *series, const fz_overview *overview, guint line);

#endif
