/* A text as it stands in CSV, in JSON and on a terminal.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TEXT_H
#define FZ_TEXT_H

#include <glib.h>
#include <stddef.h>

/* A field of RFC 4180, quoted where it must be. A text that a spreadsheet would run as a formula gets an apostrophe in
 * front: names may come from a file of a stranger. The caller frees. */
char *fz_text_csv(const char *text);

/* A string of RFC 8259 section 7, in its quotes. The caller frees. */
char *fz_text_json(const char *text);

/* For a terminal: what can't be seen, or would move what can, is spelt out. The caller frees. */
char *fz_text_table(const char *text);

/* The columns that a text made by fz_text_table takes on a terminal. */
size_t fz_text_width(const char *text);

#endif
