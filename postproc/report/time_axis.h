/* The axis of time that drawings share: where a time is, what is written along it, and where no capture was.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TIME_AXIS_H
#define FZ_TIME_AXIS_H

#include "drawing.h"
#include "overview.h"

/* The bins of an overview, which has some, drawn from 0 to `width` pixels. Borrows the overview. */
typedef struct fz_time_axis {
    const fz_overview *overview;
    fz_drawing_width drawing;
    double width;
} fz_time_axis;

/* How long it is: unsigned, since it may be longer than the type of times is. */
uint64_t fz_time_axis_length_us(const fz_time_axis *axis);

/* Where a time is; what is outside is at the nearer end. */
double fz_time_axis_x(const fz_time_axis *axis, int64_t time_us);

/* Where a bin begins; of the number of bins, the end of the last one. */
double fz_time_axis_bin_x(const fz_time_axis *axis, guint bin);

/* Appends the path of an area between two lines of steps, both of `count` heights from the top down, each step `join`
 * bins long; the last one as long as there are bins. */
void fz_time_axis_steps(GString *to, const fz_time_axis *axis, guint join, guint count, const double *upper,
                        const double *lower);

/* Appends times below y, as many as there is room for, all of them round, with a mark at each if `marks`. */
void fz_time_ticks_draw(GString *to, const fz_time_axis *axis, double y, bool marks);

/* Stretches without a capture that can be seen: of fz_gap, in order, with those before the first capture and after the
 * last. The caller unrefs. */
GArray *fz_time_axis_gaps(const fz_time_axis *axis);

/* The same, without the bins that have bytes though they are without a capture for more than half of their time: of
 * few seconds in a long bin all would be hidden. */
GArray *fz_time_axis_blanks(const fz_time_axis *axis);

/* Appends blank ground over each of these, from `top` down. */
void fz_time_axis_blank(GString *to, const fz_time_axis *axis, const GArray *gaps, double top, double height);

#endif
