/* The time that captures cover, as one bar.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COVERAGE_BAR_H
#define FZ_COVERAGE_BAR_H

#include "drawing.h"
#include "overview.h"

/* Appends the drawing, over the same axis as the time below: a line where no capture was, as far as it can be seen.
 * Nothing if there is no time. */
void fz_coverage_bar_draw(GString *to, const fz_overview *overview, fz_drawing_width width);

#endif
