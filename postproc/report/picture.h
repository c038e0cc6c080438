/* The picture of who talks to whom as a file of its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PICTURE_H
#define FZ_PICTURE_H

#include "overview.h"

/* Appends a document of SVG: the ribbons, on a ground, with a heading that says of what time they are. */
void fz_picture_print(GString *to, const fz_overview *overview);

#endif
