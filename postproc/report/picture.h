/* The picture of who talks to whom as a file of its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PICTURE_H
#define FZ_PICTURE_H

#include "overview.h"

/* How one begins, and no other file does. */
#define FZ_PICTURE_BEGIN "<svg xmlns=\"http://www.w3.org/2000/svg\" data-generator=\"flowzone"

/* Appends a document of SVG: the ribbons, on a ground, with a heading that says of what time they are. */
void fz_picture_print(GString *to, const fz_overview *overview);

#endif
