/* The cross table, drawn.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_matrix.h"

#include "answer_private.h"
#include "text.h"

#include <string.h>

enum {
    MARGIN = 4,
    GAP = 2, /* after titles of rows */
    LEAST_TITLE = 8,
    MOST_TITLE = 24, /* titles of rows are shortened to this */
    CELL = 8,        /* with the gap in front of it: "6.26M" */
    EXACT_CELL = 17, /* "999,999,999,999" */
    SHADES = 5,
};

typedef struct matrix_drawing {
    const fz_answer_manner *manner;
    const fz_matrix *matrix;
    bool exact;
    size_t title_width, cell_width;
    int64_t most; /* the largest cell that is no sum */
    GString *out;
} matrix_drawing;

static int64_t cell_at(const matrix_drawing *drawing, size_t row, size_t column)
{
    return drawing->matrix->cells[row * drawing->matrix->column_count + column];
}

/* "6.26M", "·" for nothing. */
static const char *print_cell(const matrix_drawing *drawing, int64_t value, char text[FZ_NUMBER_TEXT_SIZE])
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[FZ_NUMBER_TEXT_SIZE], unit[2] = "";

    if (value == 0)
        return drawing->manner->utf8 ? "\u00b7" : "-";
    if (drawing->exact)
        fz_count_print(size, digits);
    else
        unit[0] = fz_si_print(size, digits);
    g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%s%s%s", value < 0 ? "-" : value == INT64_MAX ? ">" : "", digits, unit);
    return text;
}

size_t fz_matrix_fits(const fz_answer_manner *manner, size_t title_width)
{
    size_t used = MARGIN + GAP + MIN(title_width, MOST_TITLE), cell = manner->exact ? EXACT_CELL : CELL;

    if (manner->whole)
        return G_MAXINT32;
    return manner->width > used ? MAX((manner->width - used) / cell, 1) : 1;
}

/* A title as it is shown, at most so wide. The caller frees. */
static char *title_of(const matrix_drawing *drawing, const char *title, size_t width)
{
    g_autofree char *shown = fz_text_table(title);

    return fz_text_fit(shown, width, drawing->manner->utf8);
}

static void measure_titles(matrix_drawing *drawing)
{
    for (size_t row = 0; row < drawing->matrix->row_count; row++)
        drawing->title_width = MAX(drawing->title_width, fz_answer_width(drawing->matrix->rows[row]));
    drawing->title_width = MIN(drawing->title_width, MOST_TITLE);
}

static void measure_cells(matrix_drawing *drawing)
{
    const fz_matrix *matrix = drawing->matrix;
    char text[FZ_NUMBER_TEXT_SIZE];

    drawing->cell_width = CELL;
    for (size_t i = 0; i < matrix->row_count * matrix->column_count; i++)
        drawing->cell_width = MAX(drawing->cell_width, fz_text_width(print_cell(drawing, matrix->cells[i], text)) + 2);
}

/* Columns of a line. */
static size_t used_by(const matrix_drawing *drawing)
{
    return MARGIN + drawing->title_width + GAP + drawing->matrix->column_count * drawing->cell_width;
}

/* Integers that are too wide for the terminal have units after all, and then titles give way. */
static void measure(matrix_drawing *drawing)
{
    const fz_matrix *matrix = drawing->matrix;
    size_t width = drawing->manner->whole ? G_MAXINT32 : drawing->manner->width;

    measure_titles(drawing);
    drawing->exact = drawing->manner->exact;
    measure_cells(drawing);
    if (drawing->exact && used_by(drawing) > width) {
        drawing->exact = false;
        measure_cells(drawing);
    }
    while (used_by(drawing) > width && drawing->title_width > LEAST_TITLE)
        drawing->title_width--;
    for (size_t row = 0; row + 1 < matrix->row_count; row++)
        for (size_t column = 0; column + 1 < matrix->column_count; column++)
            drawing->most = MAX(drawing->most, cell_at(drawing, row, column));
}

static void append_spaces(GString *out, size_t count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

/* Every other title, each right above its column. They have the room of two columns. */
static void draw_titles(const matrix_drawing *drawing, size_t first)
{
    g_autoptr(GString) line = g_string_new(NULL);
    size_t at = 0;

    for (size_t column = first; column < drawing->matrix->column_count; column += 2) {
        size_t end = MARGIN + drawing->title_width + GAP + (column + 1) * drawing->cell_width;
        g_autofree char *title =
            title_of(drawing, drawing->matrix->columns[column], MIN(2 * drawing->cell_width, end - MARGIN) - 2);

        append_spaces(line, end - fz_text_width(title) - at);
        g_string_append(line, title);
        at = end;
    }
    if (line->len == 0)
        return;
    fz_paint_append(drawing->out, drawing->manner, FZ_PAINT_DIM, line->str);
    g_string_append_c(drawing->out, '\n');
}

static unsigned digits_of(int64_t value)
{
    unsigned digits = 0;

    for (; value > 0; value /= 10)
        digits++;
    return digits;
}

/* Whether a cell is a sum. */
static bool is_sum(const fz_matrix *matrix, size_t row, size_t column)
{
    return row + 1 == matrix->row_count || column + 1 == matrix->column_count;
}

/* A cell on its shade: one for each factor of ten below the largest one. */
static void draw_cell(const matrix_drawing *drawing, size_t row, size_t column)
{
    static const unsigned shades[SHADES] = {21, 20, 19, 18, 17}; /* blues, the brightest first */
    int64_t value = cell_at(drawing, row, column);
    unsigned most = digits_of(drawing->most), below = most - MIN(digits_of(value), most);
    bool shaded = drawing->manner->colours256 && !is_sum(drawing->matrix, row, column) && value > 0 && below < SHADES;
    char room[FZ_NUMBER_TEXT_SIZE];
    const char *text = print_cell(drawing, value, room);

    if (shaded)
        g_string_append_printf(drawing->out, "\033[38;5;231;48;5;%um", shades[below]);
    append_spaces(drawing->out, drawing->cell_width - fz_text_width(text));
    g_string_append_printf(drawing->out, "%s%s", text, shaded ? "\033[0m" : "");
}

static void draw_row(const matrix_drawing *drawing, size_t row)
{
    bool sums = row + 1 == drawing->matrix->row_count;
    g_autofree char *title = title_of(drawing, drawing->matrix->rows[row], drawing->title_width);

    append_spaces(drawing->out, MARGIN);
    fz_paint_append(drawing->out, drawing->manner, sums ? FZ_PAINT_NONE : FZ_PAINT_BOLD, title);
    append_spaces(drawing->out, drawing->title_width + GAP - fz_text_width(title));
    for (size_t column = 0; column < drawing->matrix->column_count; column++)
        draw_cell(drawing, row, column);
    g_string_append_c(drawing->out, '\n');
}

static void draw_line(const matrix_drawing *drawing, const char *text)
{
    g_autofree char *cut = fz_text_fit(text, MAX(drawing->manner->width, 2 * MARGIN) - MARGIN, drawing->manner->utf8);

    append_spaces(drawing->out, MARGIN);
    fz_paint_append(drawing->out, drawing->manner, FZ_PAINT_DIM, cut);
    g_string_append_c(drawing->out, '\n');
}

/* Whether a character ends one of the cells. */
static bool has_cell(const matrix_drawing *drawing, char last)
{
    const fz_matrix *matrix = drawing->matrix;
    char room[FZ_NUMBER_TEXT_SIZE];

    for (size_t i = 0; i < matrix->row_count * matrix->column_count; i++) {
        const char *text = print_cell(drawing, matrix->cells[i], room);

        if (last == '0' ? matrix->cells[i] == 0 : matrix->cells[i] != 0 && text[strlen(text) - 1] == last)
            return true;
    }
    return false;
}

/* "Bytes: k thousand, M million, · none.": what of this is there. */
static void draw_legend(const matrix_drawing *drawing)
{
    static const char *const words[] = {"k thousand",    "M million",     "G billion", "T trillion",
                                        "P quadrillion", "E quintillion", "0"};
    g_autoptr(GString) line = g_string_new(drawing->matrix->unit);
    const char *sign = ": ";

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        bool none = words[i][0] == '0';

        if (!has_cell(drawing, words[i][0]))
            continue;
        g_string_append_printf(line, "%s%s%s", sign, none ? print_cell(drawing, 0, NULL) : words[i],
                               none ? " none" : "");
        sign = ", ";
    }
    g_string_append_c(line, '.');
    draw_line(drawing, line->str);
}

void fz_matrix_print(FILE *out, const fz_answer_manner *manner, const fz_matrix *matrix)
{
    g_autoptr(GString) text = g_string_new(NULL);
    matrix_drawing drawing = {.manner = manner, .matrix = matrix, .out = text};

    measure(&drawing);
    draw_line(&drawing, matrix->corner);
    draw_titles(&drawing, 0);
    draw_titles(&drawing, 1);
    for (size_t row = 0; row < matrix->row_count; row++)
        draw_row(&drawing, row);
    draw_legend(&drawing);
    (void)fwrite(text->str, 1, text->len, out);
}
