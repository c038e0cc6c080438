/* A cross table, printed for people: "matrix".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANSWER_MATRIX_H
#define FZ_ANSWER_MATRIX_H

#include "answer.h"

/* Titles and cells are borrowed. The last row and the last column are the sums, "all". */
typedef struct fz_matrix {
    const char *corner;                       /* "client ↓ server →" */
    const char *const *rows, *const *columns; /* titles, of any bytes */
    size_t row_count, column_count;
    const int64_t *cells; /* row by row */
    const char *unit;     /* "Bytes", for the line below */
} fz_matrix;

/* Prints it: titles of columns in two lines in turn, "·" for nothing, one shade for each factor of ten where there are
 * 256 colours. The caller chooses no more columns than fz_matrix_fits. */
void fz_matrix_print(FILE *out, const fz_answer_manner *manner, const fz_matrix *matrix);

/* How many columns of numbers there is room for, beside titles of rows of this width. */
size_t fz_matrix_fits(const fz_answer_manner *manner, size_t title_width);

#endif
