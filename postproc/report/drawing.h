/* What all drawings of a report share: their frame, their colours, and names that fit where they stand.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DRAWING_H
#define FZ_DRAWING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Drawings are SVG. Each is complete without style and script: light colours, sizes and weights of fonts stand as
 * attributes; the classes on which page.css and page.js rely stand in page.css. Lengths are pixels. */

/* Each drawing is made three times, so that its texts are of a size to be read at any: for 1120 pixels; for 720, a
 * small window or a printed page; and for 340. */
typedef enum fz_drawing_width {
    FZ_DRAWING_WIDE,
    FZ_DRAWING_MIDDLE,
    FZ_DRAWING_NARROW,
    FZ_DRAWING_WIDTHS
} fz_drawing_width;
enum { FZ_WIDE_PX = 1120, FZ_MIDDLE_PX = 720, FZ_NARROW_PX = 340 };
/* How many pixels that is. */
double fz_drawing_pixels(fz_drawing_width width);

/* The light colours. */
#define FZ_PAPER "#fbfaf7"
#define FZ_INK "#22211f"
#define FZ_MUTED "#65625b"
#define FZ_LINE "#dedad0"
#define FZ_BAD "#a8401f"
#define FZ_CLIENT "#5d5b55"

/* Attributes of texts: sums beside names, and what stands along axes. */
#define FZ_MUTED_TEXT "class=\"muted\" fill=\"" FZ_MUTED "\""
#define FZ_TICK_TEXT "class=\"tick\" fill=\"" FZ_MUTED "\" font-size=\"12\""
#define FZ_MIDDLE " text-anchor=\"middle\""
#define FZ_END " text-anchor=\"end\""

/* Class and fill of a zone's colour, which is FZ_COLOUR_... or less. Static. */
typedef struct fz_drawing_colour {
    const char *class, *fill;
} fz_drawing_colour;
fz_drawing_colour fz_drawing_colour_of(unsigned colour);

/* Begins a drawing: the svg element, its title and its description. `id` is ours, and of no other drawings of the page
 * but the same at other widths; `class` is one more, or "". What is left to be drawn has the ink's colour unless it has
 * its own. */
void fz_drawing_begin(GString *to, fz_drawing_width width, const char *id, const char *class, double height,
                      const char *title, const char *description);
void fz_drawing_end(GString *to);

/* A name beside what it names. */
typedef struct fz_drawing_label {
    double x, y;  /* of its begin, on its base line */
    double room;  /* it is never longer, whichever of the usual fonts there is: else it ends in an ellipsis */
    bool end;     /* x is that of its end */
    bool regular; /* not bold: it names no zone, or the weight says nothing there */
    bool small;   /* 12 pixels in place of 13 */
    int turned;   /* degrees, clockwise */
} fz_drawing_label;

/* The room in which a name of any bytes is whole. */
double fz_drawing_name_room(const char *name, bool regular, bool small);

/* Appends a text element with a name of any bytes. */
void fz_drawing_name(GString *to, const fz_drawing_label *label, const char *name);

/* Appends one with bytes, "33.8 MB", to which the script writes those of a choice; of a label x, y, end and small
 * count. */
void fz_drawing_bytes(GString *to, const fz_drawing_label *label, int64_t bytes);

/* A sum that was added up in a double, for what prints it: INT64_MAX if it is more. */
int64_t fz_drawing_bytes_of(double bytes);

/* Appends a drawing that says that there is nothing to draw. Returns its height. */
double fz_drawing_nothing(GString *to, fz_drawing_width width, const char *id, const char *title);

#endif
