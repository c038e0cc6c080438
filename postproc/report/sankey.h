/* Who talks to whom, as ribbons: clients on the left, servers on the right.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SANKEY_H
#define FZ_SANKEY_H

#include "drawing.h"
#include "overview.h"

/* Appends the drawing of all pairs, folded to FZ_OVERVIEW_SIDE zones on each side and those left over. Both sides have
 * one scale: a node is as high as its bytes, with room for its name at least, and a ribbon as thick as its own; what
 * would be too thin to be seen is as thin as can be seen. A zone that talks to itself stands on both sides, so that
 * nothing goes round. Without conversations that is said. Returns the drawing's height, in pixels. */
double fz_sankey_draw(GString *to, const fz_overview *overview, fz_drawing_width width);

#endif
