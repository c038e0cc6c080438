/* Rows of cells: an aligned table, CSV or JSON.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rowset.h"

#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    uint64_t weight;
    fz_rowset_cell *cells;
} row;

struct fz_rowset {
    const fz_rowset_column *columns;
    size_t column_count;
    GArray *rows;
};

fz_rowset *fz_rowset_new(const fz_rowset_column *columns, size_t count)
{
    fz_rowset *rowset = g_new(fz_rowset, 1);

    *rowset = (fz_rowset){columns, count, g_array_new(FALSE, FALSE, sizeof(row))};
    return rowset;
}

/* Leaves `most` rows. */
static void shorten(fz_rowset *rowset, size_t most)
{
    for (guint i = rowset->rows->len; i > most; i--) {
        fz_rowset_cell *cells = g_array_index(rowset->rows, row, i - 1).cells;

        for (size_t column = 0; column < rowset->column_count; column++)
            if (rowset->columns[column].kind == FZ_ROWSET_TEXT)
                g_free(cells[column].text);
        g_free(cells);
    }
    g_array_set_size(rowset->rows, (guint)MIN(most, rowset->rows->len));
}

void fz_rowset_free(fz_rowset *rowset)
{
    if (!rowset)
        return;
    shorten(rowset, 0);
    g_array_free(rowset->rows, TRUE);
    g_free(rowset);
}

fz_rowset_cell *fz_rowset_add(fz_rowset *rowset, uint64_t weight)
{
    row new = {.weight = weight, .cells = g_new0(fz_rowset_cell, rowset->column_count)};

    g_array_append_val(rowset->rows, new);
    return new.cells;
}

static int compare_rows(const void *a, const void *b, void *user)
{
    const row *left = a, *right = b;
    const fz_rowset *rowset = user;
    int order = (left->weight < right->weight) - (left->weight > right->weight);

    for (size_t i = 0; !order && i < rowset->column_count && rowset->columns[i].kind == FZ_ROWSET_TEXT; i++)
        order = strcmp(left->cells[i].text, right->cells[i].text);
    return order;
}

void fz_rowset_sort(fz_rowset *rowset, size_t most)
{
    if (rowset->rows->len)
        qsort_r(rowset->rows->data, rowset->rows->len, sizeof(row), compare_rows, rowset);
    if (most)
        shorten(rowset, most);
}

size_t fz_rowset_count(const fz_rowset *rowset)
{
    return rowset->rows->len;
}

const fz_rowset_cell *fz_rowset_get(const fz_rowset *rowset, size_t number)
{
    return g_array_index(rowset->rows, row, number).cells;
}

/* A cell as its form has it. The caller frees. */
static char *cell_text(const fz_rowset *rowset, size_t number, size_t column, char *(*form)(const char *text))
{
    const fz_rowset_cell *cell = &fz_rowset_get(rowset, number)[column];

    switch (rowset->columns[column].kind) {
    case FZ_ROWSET_COUNT:
        return g_strdup_printf("%" PRIu64, cell->count);
    case FZ_ROWSET_PERCENT: {
        char digits[G_ASCII_DTOSTR_BUF_SIZE];
        return g_strdup(g_ascii_formatd(digits, sizeof digits, "%.2f", cell->percent));
    }
    default:
        return form(cell->text);
    }
}

void fz_rowset_print_csv(const fz_rowset *rowset, GString *out)
{
    for (size_t i = 0; i < rowset->column_count; i++)
        g_string_append_printf(out, "%s%s", i ? "," : "", rowset->columns[i].name);
    g_string_append_c(out, '\n');
    for (size_t r = 0; r < rowset->rows->len; r++) {
        for (size_t i = 0; i < rowset->column_count; i++) {
            g_autofree char *text = cell_text(rowset, r, i, fz_text_csv);

            g_string_append_printf(out, "%s%s", i ? "," : "", text);
        }
        g_string_append_c(out, '\n');
    }
}

void fz_rowset_print_json(const fz_rowset *rowset, GString *out)
{
    for (size_t r = 0; r < rowset->rows->len; r++) {
        for (size_t i = 0; i < rowset->column_count; i++) {
            g_autofree char *text = cell_text(rowset, r, i, fz_text_json);

            g_string_append_printf(out, "%s\"%s\":%s", i ? "," : "{", rowset->columns[i].name, text);
        }
        g_string_append(out, "}\n");
    }
}

/* Numbers are aligned right; the last text of a line is not padded. */
static void append_cell(const fz_rowset *rowset, size_t column, const char *text, size_t width, GString *out)
{
    bool right = rowset->columns[column].kind != FZ_ROWSET_TEXT, last = column + 1 == rowset->column_count;
    int rest = (int)(width - fz_text_width(text));

    g_string_append_printf(out, "%*s%s%*s", right ? rest : 0, "", text, right || last ? 0 : rest, "");
}

void fz_rowset_print_table(const fz_rowset *rowset, const char *margin, GString *out)
{
    size_t columns = rowset->column_count, lines = (size_t)rowset->rows->len + 1;

    g_autoptr(GPtrArray) texts = g_ptr_array_new_full((guint)(lines * columns), g_free);
    g_autofree size_t *widths = g_new0(size_t, columns);

    for (size_t line = 0; line < lines; line++)
        for (size_t i = 0; i < columns; i++) {
            char *text = line ? cell_text(rowset, line - 1, i, fz_text_table) : g_strdup(rowset->columns[i].title);

            widths[i] = MAX(widths[i], fz_text_width(text));
            g_ptr_array_add(texts, text);
        }
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < columns; i++) {
            g_string_append(out, i ? "  " : margin);
            append_cell(rowset, i, g_ptr_array_index(texts, line * columns + i), widths[i], out);
        }
        g_string_append_c(out, '\n');
    }
}
