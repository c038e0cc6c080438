/* A table: it waits for its last row, decides how wide its columns are, and is drawn.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_private.h"

#include "text.h"

#include <string.h>

enum {
    MARGIN = 4,       /* in front of each line; ranks stand there */
    GAP = 2,          /* between columns */
    LEAST_TEXT = 16,  /* no text is shortened to less */
    LEAST_WIDTH = 48, /* of the table: an IPv6 address fits in */
    LEAST_BAR = 4,
    MOST_BAR = 40,
};
#define UNKNOWN INT64_MIN

typedef union value {
    const char *text;
    int64_t number;
} value;

typedef struct grid_line {
    fz_grid_kind kind;
    size_t count; /* cells */
    const char *text;
} grid_line;

typedef struct grid_column {
    char *title;
    size_t natural, least, width; /* as it would be, as it may be, as it is */
    bool text, spare;
    bool absent, hidden; /* never shown; not shown */
    unsigned line;       /* of a row that takes several */
} grid_column;

struct fz_grid {
    fz_answer_manner manner;
    const fz_answer_column *kinds;
    size_t count;
    bool ranks;
    GArray *values; /* of value: `count` a line */
    GArray *lines;  /* of grid_line */
    GStringChunk *texts;
    size_t bars; /* a column; `count`: none */
    uint64_t rows;
    fz_clock clock;
    grid_column *columns;
    size_t margin, bar_width;
    unsigned folds; /* lines of a row, less one */
};

fz_grid *fz_grid_new(const fz_answer_manner *manner, const fz_answer_column *columns, size_t count, bool ranks)
{
    fz_grid *grid = g_new(fz_grid, 1);

    *grid = (fz_grid){.manner = *manner,
                      .kinds = columns,
                      .count = count,
                      .ranks = ranks,
                      .values = g_array_new(FALSE, FALSE, sizeof(value)),
                      .lines = g_array_new(FALSE, FALSE, sizeof(grid_line)),
                      .texts = g_string_chunk_new(4096),
                      .bars = count,
                      .clock = fz_clock_new(manner),
                      .columns = g_new0(grid_column, count)};
    for (size_t i = 0; i < count; i++) {
        grid->columns[i].absent = !columns[i].title;
        grid->columns[i].spare = columns[i].kind == FZ_CELL_SHARE;
    }
    return grid;
}

void fz_grid_free(fz_grid *grid)
{
    if (!grid)
        return;
    for (size_t i = 0; i < grid->count; i++)
        g_free(grid->columns[i].title);
    g_free(grid->columns);
    g_array_unref(grid->values);
    g_array_unref(grid->lines);
    g_string_chunk_free(grid->texts);
    g_free(grid);
}

void fz_grid_bars(fz_grid *grid, size_t column)
{
    grid->bars = column;
}

void fz_grid_hide(fz_grid *grid, size_t column)
{
    grid->columns[column].absent = true;
}

void fz_grid_spare(fz_grid *grid, size_t column)
{
    grid->columns[column].spare = true;
}

/* Keeps a text as it is shown. */
static const char *keep(fz_grid *grid, const char *text)
{
    g_autofree char *shown = fz_text_table(text);

    return g_string_chunk_insert_const(grid->texts, shown);
}

static value value_of(fz_grid *grid, const fz_answer_column *column, const fz_cell *cell)
{
    if (fz_cell_is_text(column->kind))
        return (value){.text = cell->unknown || !cell->text ? "" : keep(grid, cell->text)};
    if (cell->unknown)
        return (value){.number = UNKNOWN};
    if (column->kind == FZ_CELL_TIME)
        fz_clock_add(&grid->clock, cell->number);
    return (value){.number = cell->number};
}

static value other_of(fz_grid *grid, uint64_t groups)
{
    char number[FZ_NUMBER_TEXT_SIZE];
    g_autofree char *label = g_strdup_printf("other (%s)", fz_count_print(groups, number));

    return (value){.text = keep(grid, label)};
}

void fz_grid_add(fz_grid *grid, fz_grid_kind kind, uint64_t groups, const fz_cell *cells, size_t count,
                 const char *text)
{
    grid_line line = {kind, count, text ? keep(grid, text) : ""};
    static const fz_cell nothing = {.unknown = true};

    for (size_t i = 0; i < grid->count; i++) {
        const fz_answer_column *column = &grid->kinds[i];
        bool ignored = i >= count || !column->title || (kind == FZ_GRID_OTHER && fz_cell_is_text(column->kind));
        value shown = kind == FZ_GRID_OTHER && i == 0 ? other_of(grid, groups)
                                                      : value_of(grid, column, ignored ? &nothing : &cells[i]);

        g_array_append_val(grid->values, shown);
    }
    grid->rows += kind == FZ_GRID_ROW;
    g_array_append_val(grid->lines, line);
}

static const grid_line *line_at(const fz_grid *grid, guint line)
{
    return &g_array_index(grid->lines, grid_line, line);
}

/* The cell as it is shown, before it is shortened; valid until `room` changes. */
static const char *cell_text(const fz_grid *grid, guint line, size_t column, char room[FZ_NUMBER_TEXT_SIZE])
{
    const value *cell = &g_array_index(grid->values, value, line * grid->count + column);
    fz_cell_kind kind = grid->kinds[column].kind;

    if (fz_cell_is_text(kind) || (column == 0 && line_at(grid, line)->kind == FZ_GRID_OTHER))
        return cell->text;
    return cell->number == UNKNOWN ? "" : fz_number_print(&grid->manner, &grid->clock, kind, cell->number, room);
}

/* An IPv6 address or prefix. */
static bool is_ipv6(const char *text)
{
    const char *colon = strchr(text, ':');

    return colon && strchr(colon + 1, ':') && text[strspn(text, "0123456789abcdefABCDEF:./")] == '\0';
}

static void measure_cell(fz_grid *grid, guint line, size_t index)
{
    grid_column *column = &grid->columns[index];
    char room[FZ_NUMBER_TEXT_SIZE];
    const char *text = cell_text(grid, line, index, room);
    size_t width = fz_text_width(text);

    column->natural = MAX(column->natural, width);
    if (!column->text || grid->kinds[index].kind == FZ_CELL_ADDR || is_ipv6(text) ||
        (index == 0 && line_at(grid, line)->kind == FZ_GRID_OTHER))
        column->least = MAX(column->least, width);
}

/* Decides how much date times need. */
static void settle_clock(fz_grid *grid)
{
    fz_clock covered = fz_clock_new(&grid->manner);

    for (size_t i = 0; i < G_N_ELEMENTS(grid->manner.covered_us); i++)
        fz_clock_add(&covered, grid->manner.covered_us[i]);
    fz_clock_settle(&covered);
    fz_clock_settle(&grid->clock);
    grid->clock.date |= covered.date;
    grid->clock.year |= covered.year;
}

/* Natural and least widths. The first column of times says which time that is. */
static void measure(fz_grid *grid)
{
    bool timed = grid->manner.utc;

    settle_clock(grid);
    for (size_t i = 0; i < grid->count; i++) {
        grid_column *column = &grid->columns[i];
        bool zone = !timed && grid->kinds[i].kind == FZ_CELL_TIME;
        char offset[FZ_NUMBER_TEXT_SIZE] = "";

        column->text = fz_cell_is_text(grid->kinds[i].kind);
        column->hidden = column->absent;
        if (column->hidden)
            continue;
        timed = timed || zone;
        g_free(column->title);
        column->title = g_strconcat(grid->kinds[i].title, zone ? fz_clock_zone(&grid->clock, offset) : "", NULL);
        column->natural = column->least = fz_text_width(column->title);
        for (guint line = 0; line < grid->lines->len; line++)
            measure_cell(grid, line, i);
        if (column->text)
            column->least = MAX(column->least, MIN(column->natural, LEAST_TEXT));
    }
}

/* Columns of a line behind its margin. */
static size_t line_of(const fz_grid *grid)
{
    return MAX(grid->manner.width, LEAST_WIDTH) - grid->margin;
}

/* What a row may take. */
static size_t room_of(const fz_grid *grid)
{
    return grid->manner.whole ? G_MAXINT32 : line_of(grid);
}

/* The sum of all widths, and of the gaps. */
static size_t used_by(const fz_grid *grid)
{
    size_t used = 0;

    for (size_t i = 0; i < grid->count; i++)
        if (!grid->columns[i].hidden)
            used += grid->columns[i].width + (used ? GAP : 0);
    return used;
}

static grid_column *widest_to_shorten(const fz_grid *grid)
{
    grid_column *widest = NULL;

    for (size_t i = 0; i < grid->count; i++) {
        grid_column *column = &grid->columns[i];

        if (!column->hidden && column->width > column->least && (!widest || column->width > widest->width))
            widest = column;
    }
    return widest;
}

/* Shortens texts until a row fits; false if it can't be. */
static bool shorten(fz_grid *grid)
{
    size_t room = room_of(grid);

    for (size_t i = 0; i < grid->count; i++)
        grid->columns[i].width = MIN(grid->columns[i].natural, MAX(room, grid->columns[i].least));
    while (used_by(grid) > room) {
        grid_column *widest = widest_to_shorten(grid);

        if (!widest)
            return false;
        widest->width--;
    }
    return true;
}

/* Leaves out the last column that is shown and may be; false if there is none. */
static bool leave_out(fz_grid *grid)
{
    for (size_t i = grid->count; i-- > 0;)
        if (!grid->columns[i].hidden && grid->columns[i].spare) {
            grid->columns[i].hidden = true;
            return true;
        }
    return false;
}

/* Gives shortened texts of the line of a row that `end` ends the room that the line has left. */
static void widen(fz_grid *grid, size_t end, size_t left)
{
    for (size_t i = 0; i < end; i++) {
        grid_column *column = &grid->columns[i];

        if (column->hidden || column->line != grid->folds)
            continue;
        size_t more = MIN(left, column->natural - MIN(column->natural, column->width));
        column->width += more;
        left -= more;
    }
}

/* Spreads a row over several lines. The second and all others begin a gap further right. */
static void fold(fz_grid *grid)
{
    size_t room = room_of(grid) - GAP, used = 0;

    for (size_t i = 0; i < grid->count; i++) {
        grid_column *column = &grid->columns[i];

        column->hidden = column->absent;
        if (column->hidden)
            continue;
        column->width = MIN(column->least, room);
        if (used && used + GAP + column->width > room) {
            widen(grid, i, room - used);
            grid->folds++;
            used = 0;
        }
        column->line = grid->folds;
        used += column->width + (used ? GAP : 0);
    }
    widen(grid, grid->count, room - used);
}

static size_t margin_of(const fz_grid *grid)
{
    char rank[FZ_NUMBER_TEXT_SIZE];
    size_t digits = (size_t)g_snprintf(rank, sizeof rank, "%" G_GUINT64_FORMAT, grid->rows);

    return grid->ranks ? MAX(MARGIN, digits + 1) : MARGIN;
}

static void fit(fz_grid *grid)
{
    while (!shorten(grid))
        if (!leave_out(grid)) {
            fold(grid);
            return;
        }
    size_t used = used_by(grid) + GAP, room = line_of(grid);
    if (grid->manner.utf8 && grid->bars < grid->count && room >= used + LEAST_BAR)
        grid->bar_width = MIN(room - used, MOST_BAR);
}

static bool has_addrs(const fz_grid *grid, size_t column)
{
    return grid->kinds[column].kind == FZ_CELL_ADDR && !grid->columns[column].absent;
}

/* What each column of addresses has, beside the others: at least what no text is shortened below. */
static size_t room_for_names(const fz_grid *grid)
{
    const size_t room = room_of(grid);
    size_t used = 0, shared = 0;

    for (size_t i = 0; i < grid->count; i++) {
        const grid_column *column = &grid->columns[i];

        if (column->hidden)
            continue;
        used += GAP;
        if (has_addrs(grid, i))
            shared++;
        else
            used += column->text ? column->least : column->natural;
    }
    return used < room ? MAX((room - used) / MAX(shared, 1U), LEAST_TEXT) : LEAST_TEXT;
}

/* Gives `take` the texts of rows that are addresses. */
static void each_addr(fz_grid *grid, void (*take)(fz_grid *grid, value *addr, size_t room), size_t room)
{
    for (guint line = 0; line < grid->lines->len; line++)
        for (size_t i = 0; i < grid->count; i++)
            if (has_addrs(grid, i) && line_at(grid, line)->kind == FZ_GRID_ROW)
                take(grid, &g_array_index(grid->values, value, line * grid->count + i), room);
}

static void add_name(fz_grid *grid, value *addr, size_t room)
{
    (void)room;
    fz_answer_names_add(grid->manner.names, addr->text);
}

static void show_name(fz_grid *grid, value *addr, size_t room)
{
    const char *name = fz_answer_names_show(grid->manner.names, addr->text, room);

    if (name)
        addr->text = name;
}

/* Asks for the names of the addresses, which take their places where there is room for them. */
static void name_addrs(fz_grid *grid)
{
    each_addr(grid, add_name, 0);
    fz_answer_names_ask(grid->manner.names);
    measure(grid);
    each_addr(grid, show_name, room_for_names(grid));
}

static void append_spaces(GString *out, size_t count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

/* A line is made of parts: spaces are written only when something follows them. */
typedef struct grid_pen {
    const fz_grid *grid;
    GString *out;
    size_t spaces;
} grid_pen;

static void draw(grid_pen *pen, const char *text, size_t width, bool right, fz_paint paint)
{
    size_t rest = width - MIN(width, fz_text_width(text));

    pen->spaces += right ? rest : 0;
    if (*text) {
        append_spaces(pen->out, pen->spaces);
        pen->spaces = 0;
        fz_paint_append(pen->out, &pen->grid->manner, paint, text);
    }
    pen->spaces += right ? 0 : rest;
}

static void draw_break(grid_pen *pen)
{
    g_string_append_c(pen->out, '\n');
    pen->spaces = pen->grid->margin + GAP;
}

/* A column's cell, or its title. */
static void draw_cell(grid_pen *pen, size_t index, const char *text, fz_paint paint, bool left)
{
    const grid_column *column = &pen->grid->columns[index];
    g_autofree char *cut =
        fz_text_width(text) > column->width ? fz_text_fit(text, column->width, pen->grid->manner.utf8) : NULL;
    bool times = pen->grid->kinds[index].kind == FZ_CELL_TIME;

    draw(pen, cut ? cut : text, column->width, !column->text && !times && !left, paint);
}

/* What stands between columns: a gap, or the end of a line. */
static void draw_gap(grid_pen *pen, size_t index, const grid_column **last)
{
    const grid_column *column = &pen->grid->columns[index];

    if (*last && (*last)->line != column->line)
        draw_break(pen);
    else if (*last)
        pen->spaces += GAP;
    *last = column;
}

static void draw_header(const fz_grid *grid, GString *out)
{
    grid_pen pen = {grid, out, grid->margin};
    const grid_column *last = NULL;

    for (size_t i = 0; i < grid->count; i++) {
        if (grid->columns[i].hidden)
            continue;
        draw_gap(&pen, i, &last);
        draw_cell(&pen, i, grid->columns[i].title, FZ_PAINT_DIM, false);
    }
    g_string_append_c(out, '\n');
}

static int64_t bar_value(const fz_grid *grid, guint line)
{
    const value *cell = &g_array_index(grid->values, value, line * grid->count + grid->bars);

    return line_at(grid, line)->kind == FZ_GRID_ROW ? MAX(cell->number, 0) : 0;
}

static void draw_bar(grid_pen *pen, guint line, int64_t most)
{
    const fz_grid *grid = pen->grid;
    int64_t number = bar_value(grid, line);
    g_autoptr(GString) bar = g_string_new(NULL);

    if (number <= 0)
        return;
    double whole = (double)(grid->bar_width * 8);
    unsigned eighths = (unsigned)((double)number / (double)most * whole + 0.5);
    fz_bar_append(bar, MAX(eighths, 1));
    pen->spaces += GAP;
    draw(pen, bar->str, 0, false, FZ_PAINT_BLUE);
}

/* The remark over the columns after the last cell. */
static void draw_remark(grid_pen *pen, const char *text, size_t before)
{
    const fz_grid *grid = pen->grid;
    size_t room = room_of(grid);

    if (grid->folds) {
        draw_break(pen);
        before = GAP;
    } else if (before) {
        pen->spaces += GAP;
        before += GAP;
    }
    g_autofree char *cut = fz_text_fit(text, room > before ? room - before : 0, grid->manner.utf8);
    draw(pen, cut, 0, false, FZ_PAINT_NONE);
}

static void draw_line(const fz_grid *grid, guint index, uint64_t rank, int64_t most, GString *out)
{
    const grid_line *line = line_at(grid, index);
    bool row = line->kind == FZ_GRID_ROW;
    grid_pen pen = {grid, out, grid->margin};
    const grid_column *last = NULL;
    size_t used = 0;
    char room[FZ_NUMBER_TEXT_SIZE];

    if (row && grid->ranks) {
        g_snprintf(room, sizeof room, "%" G_GUINT64_FORMAT, rank);
        pen.spaces = 0;
        draw(&pen, room, grid->margin - 1, true, FZ_PAINT_NONE);
        pen.spaces = 1;
    }
    for (size_t i = 0; i < line->count; i++) {
        if (grid->columns[i].hidden)
            continue;
        used += grid->columns[i].width + (last ? GAP : 0);
        draw_gap(&pen, i, &last);
        draw_cell(&pen, i, cell_text(grid, index, i, room), row && i == 0 ? FZ_PAINT_BOLD : FZ_PAINT_NONE,
                  i == 0 && line->kind == FZ_GRID_OTHER);
    }
    if (*line->text)
        draw_remark(&pen, line->text, used);
    if (grid->bar_width)
        draw_bar(&pen, index, most);
    g_string_append_c(out, '\n');
}

void fz_grid_print(fz_grid *grid, void (*take)(const char *bytes, size_t size, void *user), void *user)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int64_t most = 0;
    uint64_t rank = 0;

    grid->margin = margin_of(grid);
    if (grid->manner.names)
        name_addrs(grid);
    measure(grid);
    fit(grid);
    for (guint line = 0; grid->bar_width && line < grid->lines->len; line++)
        most = MAX(most, bar_value(grid, line));
    draw_header(grid, out);
    take(out->str, out->len, user);
    for (guint line = 0; line < grid->lines->len; line++) {
        rank += line_at(grid, line)->kind == FZ_GRID_ROW;
        g_string_truncate(out, 0);
        draw_line(grid, line, rank, most, out);
        take(out->str, out->len, user);
    }
}
