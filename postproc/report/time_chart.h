/* Bytes over time: all of them stacked by the zone of the server, or the sender, and each zone by itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TIME_CHART_H
#define FZ_TIME_CHART_H

#include "drawing.h"
#include "overview.h"

/* Zones that the stack names, beside "other" and "(no zone)"; and zones that are drawn by themselves. */
enum { FZ_TIME_CHART_ZONES = FZ_COLOUR_OTHER, FZ_TIME_CHART_MULTIPLES = 12 };

/* Appends the stack: a step for each bin, for two where pixels are few. Bytes are where they were counted: in no gap.
 * Returns the drawing's height, in pixels. */
double fz_time_chart_draw(GString *to, const fz_overview *overview, fz_drawing_width width);

/* Appends a list, HTML, of the largest of these zones: each has a drawing with a scale of its own, and its sum and
 * its peak in words. What has none is said below. Nothing if there is no time. */
void fz_time_chart_multiples(GString *to, const fz_overview *overview);

#endif
