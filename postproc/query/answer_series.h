/* Series over time, printed for people as lines of blocks: "time".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANSWER_SERIES_H
#define FZ_ANSWER_SERIES_H

#include "answer.h"

/* A line: a value for each bin; FZ_SERIES_GAP: no capture was there. Borrowed. */
#define FZ_SERIES_GAP INT64_MIN
typedef struct fz_series {
    const char *title; /* of any bytes */
    const int64_t *values;
} fz_series;

typedef struct fz_series_table {
    int64_t start_us, bin_us; /* the first bin begins then; each is so long */
    size_t bins;
    const fz_series *series;
    size_t count;
    fz_cell_kind kind;  /* of the values: FZ_CELL_BYTES or FZ_CELL_COUNT */
    const char *remark; /* for the line below, after "max: in one bin of 15 minutes."; NULL: none */
} fz_series_table;

/* The mean of values that are not negative, of which there is one at least, rounded down: their sum may be more than
 * INT64_MAX. */
int64_t fz_series_mean(const int64_t *values, size_t count);

/* Prints one line for each: title, blocks with a height of its own, total, largest bin and when that was. More bins
 * than there is room for are added up, so many at a time that all lines fit; then "max" is still that of one bin.
 * Titles that differ are shown different, however short. */
void fz_series_print(FILE *out, const fz_answer_manner *manner, const fz_series_table *table);

#endif
