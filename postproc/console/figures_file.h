/* A file of figures for Prometheus, in the text form that node_exporter's textfile collector reads.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIGURES_FILE_H
#define FZ_FIGURES_FILE_H

#include <glib.h>
#include <stdbool.h>

typedef struct fz_figures_file fz_figures_file;

/* Begins a text whose figures all have this label, such as ring="/var/log/suricata"; both are copied. */
fz_figures_file *fz_figures_file_new(const char *label, const char *value);
void fz_figures_file_free(fz_figures_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_figures_file, fz_figures_file_free)

/* Begins a family of figures, all gauges. Its name is borrowed until the next one begins. */
void fz_figures_file_family(fz_figures_file *file, const char *name, const char *help);

/* Adds a figure to it: `format` makes its number. `label`: another one that it has; NULL: none. */
void fz_figures_file_add(fz_figures_file *file, const char *label, const char *value, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The text so far; valid until the next call. */
const char *fz_figures_file_text(const fz_figures_file *file);

/* Whether it could be written: for those who would rather know before they do what the figures are of. */
bool fz_figures_file_try(const char *path, GError **error);

/* Replaces the file at once: a reader sees either the old figures or the new ones. */
bool fz_figures_file_write(const fz_figures_file *file, const char *path, GError **error);

#endif
