/* Every pair of zones: clients in rows, servers in columns, one shade for each factor of ten.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HEAT_MAP_H
#define FZ_HEAT_MAP_H

#include "drawing.h"
#include "overview.h"

/* Appends the drawing, of FZ_OVERVIEW_AXIS zones on each axis and those left over; where it is narrow of as many as
 * their names have room for. Cells with digits where these have room; what the policy does not allow and what is new
 * have a frame, and it is said in the cell's title. Sums of rows and columns are there too. Without conversations that
 * is said. Returns the drawing's height, in pixels. */
double fz_heat_map_draw(GString *to, const fz_overview *overview, fz_drawing_width width);

/* Appends the list, HTML, of what shades and frames mean. */
void fz_heat_map_key(GString *to, const fz_overview *overview);

#endif
