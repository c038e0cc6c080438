/* The one place where a text of any bytes becomes a part of the page.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ESCAPE_H
#define FZ_ESCAPE_H

#include <glib.h>

/* Appends a text, of any bytes, as characters of HTML and SVG: between tags, and within an attribute's quotes. What is
 * no UTF-8, and what cannot be shown or turns the direction of what follows, is spelled out: \xe9, \u202e. NULL: "". */
void fz_escape_html(GString *to, const char *text);

/* The same of no more than `most` columns of a terminal, at least 1: a longer one ends in an ellipsis. */
void fz_escape_html_cut(GString *to, const char *text, size_t most);

/* What fz_escape_html shows of a text, but with an ellipsis at its end where it would be more than `most` bytes of
 * markup, at least 3. The caller frees. */
char *fz_escape_shorten(const char *text, size_t most);

/* Appends it as a string of JSON, in its quotes, that no HTML parser can take for more: with < > & ' and all beyond
 * ASCII as \uXXXX; spelled out first, as above. */
void fz_escape_json(GString *to, const char *text);

/* Appends it as a fragment of an address, "#zone=...": percent signs for all but letters, digits and "-._~". */
void fz_escape_fragment(GString *to, const char *text);

/* Appends markup, which is ours, with texts and numbers, which need not be. Of printf it knows
 *   %s           a text, as fz_escape_html has it
 *   %.18s %.*s   the same of no more than 18 columns, or as many as an int says, as fz_escape_html_cut
 *   %f           a coordinate in tenths, "109.7", "110"; what is no finite number is 0
 *   %d %u %zu    integers, and those of <inttypes.h> of 64 bits
 *   %%           a percent sign
 * and nothing else. The locale does not matter. */
void fz_markup(GString *to, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
