/* What the files of answers share: numbers as people read them, and the rows of a table that waits.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANSWER_PRIVATE_H
#define FZ_ANSWER_PRIVATE_H

#include "answer.h"

/* No number or time is longer in a table, with its NUL. */
#define FZ_NUMBER_TEXT_SIZE 48

static inline bool fz_cell_is_text(fz_cell_kind kind)
{
    return kind == FZ_CELL_TEXT || kind == FZ_CELL_ADDR;
}

/* How the times of one table look: all of them with as much date as tells them apart. */
typedef struct fz_clock {
    bool utc, exact;
    bool date, year; /* "11-24 22:48", "2026-11-24 22:48" */
    bool offsets;    /* each time has its own offset from UTC, since they differ */
    bool any;
    int64_t first_us, last_us; /* of those it was made for */
    long offset_s;             /* of all of them, unless `offsets` */
} fz_clock;

/* A clock for times that follow. */
fz_clock fz_clock_new(const fz_answer_manner *manner);

/* Takes a time into account. */
void fz_clock_add(fz_clock *clock, int64_t time_us);

/* Decides how much date they need, once all are added. */
void fz_clock_settle(fz_clock *clock);

/* Prints a time: the end of the one day of all times is "24:00". Returns `text`. */
char *fz_clock_print(const fz_clock *clock, int64_t time_us, char text[FZ_NUMBER_TEXT_SIZE]);

/* Seconds by which clocks are ahead of UTC at a time. */
long fz_clock_offset(const fz_clock *clock, int64_t time_us);

/* " UTC", or " +02:00", or "" where each time has its own. Returns `text`. */
char *fz_clock_zone(const fz_clock *clock, char text[FZ_NUMBER_TEXT_SIZE]);

/* Prints a number of any kind that is no text; returns `text`. */
char *fz_number_print(const fz_answer_manner *manner, const fz_clock *clock, fz_cell_kind kind, int64_t number,
                      char text[FZ_NUMBER_TEXT_SIZE]);

/* "1,234,567"; returns `text`. */
char *fz_count_print(uint64_t count, char text[FZ_NUMBER_TEXT_SIZE]);

/* Three significant digits and the power of 1000: "6.26" and 'M'; below 1000 the number and '\0'. */
char fz_si_print(uint64_t number, char text[FZ_NUMBER_TEXT_SIZE]);

/* A text for a terminal, at most `width` columns of it: what is cut off is shown as "…". The caller frees. */
char *fz_text_fit(const char *shown, size_t width, bool utf8);

/* The same, but its middle is cut out: of titles that begin alike the ends are seen. The caller frees. */
char *fz_text_fit_ends(const char *shown, size_t width, bool utf8);

/* Appends words of which a line has as many as fit into `width`; the others begin with an indent. `*at` is the column.
 */
void fz_words_append(GString *lines, const char *text, size_t indent, size_t width, size_t *at);

/* A column of blocks in eighths: `eighths` of 8 for each column. Appends it. */
void fz_bar_append(GString *line, unsigned eighths);

/* Escape sequences, or "" without colour. */
typedef enum fz_paint { FZ_PAINT_NONE, FZ_PAINT_DIM, FZ_PAINT_BOLD, FZ_PAINT_BLUE, FZ_PAINT_RED } fz_paint;
void fz_paint_append(GString *line, const fz_answer_manner *manner, fz_paint paint, const char *text);

/* A table that waits for its widths. */
typedef struct fz_grid fz_grid;

typedef enum fz_grid_kind { FZ_GRID_ROW, FZ_GRID_OTHER, FZ_GRID_LINE } fz_grid_kind;

/* The columns are borrowed. */
fz_grid *fz_grid_new(const fz_answer_manner *manner, const fz_answer_column *columns, size_t count, bool ranks);
void fz_grid_free(fz_grid *grid);

/* Adds a row: cells of the first `count` columns, and a text over the others; NULL: none. */
void fz_grid_add(fz_grid *grid, fz_grid_kind kind, uint64_t groups, const fz_cell *cells, size_t count,
                 const char *text);
void fz_grid_bars(fz_grid *grid, size_t column);
void fz_grid_hide(fz_grid *grid, size_t column);
void fz_grid_spare(fz_grid *grid, size_t column);

/* Gives `take` all lines, with their newlines. */
void fz_grid_print(fz_grid *grid, void (*take)(const char *bytes, size_t size, void *user), void *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_grid, fz_grid_free)

#endif
