/* Rows of cells: an aligned table, CSV or JSON.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROWSET_H
#define FZ_ROWSET_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef enum fz_rowset_kind {
    FZ_ROWSET_TEXT,
    FZ_ROWSET_COUNT,
    FZ_ROWSET_PERCENT, /* two digits after the point */
} fz_rowset_kind;

/* One cell; its column says which. Texts are UTF-8. */
typedef union fz_rowset_cell {
    char *text;
    uint64_t count;
    double percent;
} fz_rowset_cell;

typedef struct fz_rowset_column {
    const char *name;  /* CSV header, JSON key */
    const char *title; /* for people */
    fz_rowset_kind kind;
} fz_rowset_column;

typedef struct fz_rowset fz_rowset;

/* No rows yet. The columns are borrowed. */
fz_rowset *fz_rowset_new(const fz_rowset_column *columns, size_t count);
void fz_rowset_free(fz_rowset *rowset);

/* Adds a row of empty cells, valid until the next one is added; the texts that it is given are taken over. */
fz_rowset_cell *fz_rowset_add(fz_rowset *rowset, uint64_t weight);

/* Puts the rows with the most weight first, those of the same by the texts at their beginning, and keeps `most` of
 * them; 0: all. */
void fz_rowset_sort(fz_rowset *rowset, size_t most);

size_t fz_rowset_count(const fz_rowset *rowset);

/* A row's cells, valid until the next row is added. */
const fz_rowset_cell *fz_rowset_get(const fz_rowset *rowset, size_t row);

/* Adds all rows to a text: aligned below their titles, each line after a margin; as CSV with a header; as a JSON object
 * a line. */
void fz_rowset_print_table(const fz_rowset *rowset, const char *margin, GString *out);
void fz_rowset_print_csv(const fz_rowset *rowset, GString *out);
void fz_rowset_print_json(const fz_rowset *rowset, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_rowset, fz_rowset_free)

#endif
