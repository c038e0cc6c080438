/* The progress bar: rows, rows per second, time left. Only on a terminal, and only for work that takes longer than a
 * second. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PROGRESS_H
#define FZ_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct fz_progress fz_progress;

/* A bar on standard error for work of `total` bytes (0: unknown). NULL, which every function takes, where standard
 * error is not a terminal or `quiet` is true. */
fz_progress *fz_progress_new(const char *title, uint64_t total, bool quiet);

/* Draws it again if it is time. `done` counts bytes. */
void fz_progress_update(fz_progress *progress, uint64_t done, uint64_t rows);

/* Wipes the bar off the terminal, so that a message can follow; the next update draws it again. */
void fz_progress_hide(fz_progress *progress);

/* The same, and frees it. */
void fz_progress_free(fz_progress *progress);

/* The line that a bar would show after `elapsed_us`, at most `width` columns. The caller frees. */
char *fz_progress_line(const char *title, uint64_t done, uint64_t total, uint64_t rows, int64_t elapsed_us,
                       unsigned width);

#endif
