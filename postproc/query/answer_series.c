/* Series over time, drawn as blocks.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_series.h"

#include "answer_private.h"
#include "plus.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MARGIN = 4,
    GAP = 2,
    MOST_TITLE = 24,
    LEAST_TITLE = 10,
    LEAST_BLOCKS = 24, /* titles are shortened for so many */
    FEW_BLOCKS = 8,    /* figures are left out for so many */
    MANY_BLOCKS = 40,  /* with so many there is room for more figures */
    HEIGHTS = 8,
    LABEL = 5, /* "06:00" */
    LEAST_WIDTH = 48,
    WHOLE_TITLE = 1000,
};

/* What is said of a series beside its blocks; the last is a time. */
typedef enum series_figure {
    FIGURE_TOTAL,
    FIGURE_MIN,
    FIGURE_AVERAGE,
    FIGURE_P95,
    FIGURE_MAX,
    FIGURE_AT
} series_figure;
enum { FIGURES = FIGURE_AT + 1 };
static const char *const figure_titles[FIGURES] = {"total", "min", "average", "p95", "max", "at"};

typedef struct series_drawing {
    const fz_answer_manner *manner;
    const fz_series_table *table;
    fz_clock clock;
    GPtrArray *titles, *shown_titles;
    int64_t (*figures)[FIGURES]; /* by series */
    bool *any;                   /* by series: it has a bin that is no gap */
    bool shown[FIGURES];
    size_t title_width, widths[FIGURES];
    size_t bins, blocks; /* bins of a block, and blocks of a line */
    bool gaps;           /* some block is one */
    GString *out;
} series_drawing;

int64_t fz_series_mean(const int64_t *values, size_t count)
{
    int64_t whole = 0, rest = 0;

    for (size_t i = 0; i < count; i++) {
        whole += values[i] / (int64_t)count;
        rest += values[i] % (int64_t)count;
    }
    return whole + rest / (int64_t)count;
}

static int compare_values(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The figures of a series, over the bins with captures. */
static void count_figures(series_drawing *drawing, size_t index)
{
    const fz_series_table *table = drawing->table;
    int64_t *figures = drawing->figures[index];
    g_autofree int64_t *values = g_new(int64_t, table->bins + 1);
    size_t count = 0;

    for (size_t bin = 0; bin < table->bins; bin++) {
        int64_t value = table->series[index].values[bin];

        if (value == FZ_SERIES_GAP)
            continue;
        value = MAX(value, 0);
        if (count == 0 || value > figures[FIGURE_MAX]) {
            figures[FIGURE_MAX] = value;
            figures[FIGURE_AT] = table->start_us + (int64_t)bin * table->bin_us;
        }
        figures[FIGURE_TOTAL] = fz_plus(figures[FIGURE_TOTAL], value);
        values[count++] = value;
    }
    drawing->any[index] = count > 0;
    if (count == 0)
        return;
    qsort(values, count, sizeof *values, compare_values);
    figures[FIGURE_MIN] = values[0];
    figures[FIGURE_AVERAGE] = fz_series_mean(values, count);
    figures[FIGURE_P95] = values[(count * 95 + 99) / 100 - 1]; /* the smallest that 95 % do not exceed */
}

/* A figure as it is shown; "" if there is none. */
static const char *print_figure(const series_drawing *drawing, size_t index, series_figure figure,
                                char text[FZ_NUMBER_TEXT_SIZE])
{
    bool none = !drawing->any[index] || (figure == FIGURE_AT && drawing->figures[index][FIGURE_MAX] == 0);

    return none ? ""
                : fz_number_print(drawing->manner, &drawing->clock,
                                  figure == FIGURE_AT ? FZ_CELL_TIME : drawing->table->kind,
                                  drawing->figures[index][figure], text);
}

static void measure_figure(series_drawing *drawing, series_figure figure)
{
    char text[FZ_NUMBER_TEXT_SIZE];
    size_t width = strlen(figure_titles[figure]);

    for (size_t i = 0; i < drawing->table->count; i++)
        width = MAX(width, fz_text_width(print_figure(drawing, i, figure, text)));
    drawing->widths[figure] = width;
}

/* Columns that are left for blocks. */
static size_t room_of(const series_drawing *drawing)
{
    size_t used = MARGIN + drawing->title_width + GAP;

    for (size_t i = 0; i < FIGURES; i++)
        used += drawing->shown[i] ? drawing->widths[i] + GAP : 0;
    const size_t room = drawing->manner->width > used ? drawing->manner->width - used : 1;
    return drawing->manner->whole ? MAX(room, MANY_BLOCKS) : room;
}

static void show_more(series_drawing *drawing, bool more)
{
    drawing->shown[FIGURE_MIN] = drawing->shown[FIGURE_AVERAGE] = drawing->shown[FIGURE_P95] = more;
}

static void fit(series_drawing *drawing)
{
    const fz_series_table *table = drawing->table;

    for (size_t i = 0; i < FIGURES; i++)
        measure_figure(drawing, (series_figure)i);
    const size_t most = drawing->manner->whole ? WHOLE_TITLE : MOST_TITLE;

    for (size_t i = 0; i < table->count; i++)
        drawing->title_width =
            MAX(drawing->title_width, MIN(fz_text_width(g_ptr_array_index(drawing->titles, i)), most));
    drawing->shown[FIGURE_TOTAL] = drawing->shown[FIGURE_MAX] = drawing->shown[FIGURE_AT] = true;
    show_more(drawing, true);
    show_more(drawing, room_of(drawing) >= MIN(MANY_BLOCKS, MAX(table->bins, LEAST_BLOCKS)));
    while (room_of(drawing) < LEAST_BLOCKS && drawing->title_width > LEAST_TITLE)
        drawing->title_width--;
    for (size_t i = FIGURES; --i > FIGURE_TOTAL && room_of(drawing) < MIN(FEW_BLOCKS, table->bins);)
        drawing->shown[i] = false;
    size_t room = room_of(drawing);
    drawing->bins = MAX((table->bins + room - 1) / room, 1);
    drawing->blocks = (table->bins + drawing->bins - 1) / drawing->bins;
}

/* How often each text is there. */
static GHashTable *count_texts(const GPtrArray *texts)
{
    GHashTable *times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        const guint before = GPOINTER_TO_UINT(g_hash_table_lookup(times, text));
        g_hash_table_insert(times, g_strdup(text), GUINT_TO_POINTER(before + 1));
    }
    return times;
}

/* "zone with a lo... 2" */
static char *numbered(const series_drawing *drawing, const char *title, guint number)
{
    g_autofree char *end = g_strdup_printf(" %u", number);
    const size_t room = drawing->title_width - MIN(drawing->title_width, strlen(end));
    g_autofree char *head = fz_text_fit(title, room, drawing->manner->utf8);

    return g_strconcat(head, end, NULL);
}

/* Titles as they are shown: of those that were cut and look alike then, the middle is cut out instead; what looks alike
 * even so has a number. */
static void shorten(series_drawing *drawing)
{
    GPtrArray *shown = drawing->shown_titles;

    for (guint i = 0; i < drawing->titles->len; i++)
        g_ptr_array_add(
            shown, fz_text_fit(g_ptr_array_index(drawing->titles, i), drawing->title_width, drawing->manner->utf8));
    for (int attempt = 0; attempt < 2; attempt++) {
        g_autoptr(GHashTable) times = count_texts(shown);
        guint number = 0;

        for (guint i = 0; i < shown->len; i++) {
            const char *title = g_ptr_array_index(drawing->titles, i);
            char *cut = g_ptr_array_index(shown, i);

            if (strcmp(title, cut) == 0 || GPOINTER_TO_UINT(g_hash_table_lookup(times, cut)) < 2)
                continue;
            shown->pdata[i] = attempt == 0 ? fz_text_fit_ends(title, drawing->title_width, drawing->manner->utf8)
                                           : numbered(drawing, title, ++number);
            g_free(cut);
        }
    }
}

/* The value of a block; FZ_SERIES_GAP if all of its bins are gaps. */
static int64_t block_of(const series_drawing *drawing, const fz_series *series, size_t block)
{
    size_t first = block * drawing->bins, end = MIN(first + drawing->bins, drawing->table->bins), gaps = 0;
    int64_t sum = 0;

    for (size_t bin = first; bin < end; bin++) {
        gaps += series->values[bin] == FZ_SERIES_GAP;
        sum = fz_plus(sum, MAX(series->values[bin], 0));
    }
    return gaps == end - first ? FZ_SERIES_GAP : sum;
}

static void append_block(const series_drawing *drawing, GString *line, int64_t value, int64_t most)
{
    unsigned height = value > 0 ? (unsigned)MAX((double)value / (double)most * HEIGHTS + 0.5, 1) : 0;

    if (value == FZ_SERIES_GAP)
        g_string_append(line, drawing->manner->utf8 ? "\u250a" : ":");
    else if (height == 0)
        g_string_append_c(line, ' ');
    else if (drawing->manner->utf8)
        g_string_append_unichar(line, 0x2580 + MIN(height, HEIGHTS));
    else
        g_string_append_c(line, (char)('0' + MIN(height, HEIGHTS)));
}

static char *blocks_of(series_drawing *drawing, const fz_series *series)
{
    GString *line = g_string_new(NULL);
    int64_t most = 1;

    for (size_t i = 0; i < drawing->blocks; i++)
        most = MAX(most, block_of(drawing, series, i));
    for (size_t i = 0; i < drawing->blocks; i++) {
        int64_t value = block_of(drawing, series, i);

        drawing->gaps = drawing->gaps || value == FZ_SERIES_GAP;
        append_block(drawing, line, value, most);
    }
    return g_string_free(line, FALSE);
}

static void append_spaces(GString *out, size_t count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

static void draw_series(series_drawing *drawing, size_t index)
{
    const char *title = g_ptr_array_index(drawing->shown_titles, index);
    g_autofree char *blocks = blocks_of(drawing, &drawing->table->series[index]);
    char room[FZ_NUMBER_TEXT_SIZE];
    size_t spaces = 0;

    append_spaces(drawing->out, MARGIN);
    fz_paint_append(drawing->out, drawing->manner, FZ_PAINT_BOLD, title);
    append_spaces(drawing->out, drawing->title_width - fz_text_width(title) + GAP);
    fz_paint_append(drawing->out, drawing->manner, FZ_PAINT_BLUE, blocks);
    for (size_t i = 0; i < FIGURES; i++) {
        const char *text = print_figure(drawing, index, (series_figure)i, room);

        if (!drawing->shown[i])
            continue;
        spaces += GAP + drawing->widths[i] - fz_text_width(text);
        if (!*text)
            continue;
        append_spaces(drawing->out, spaces);
        g_string_append(drawing->out, text);
        spaces = 0;
    }
    g_string_append_c(drawing->out, '\n');
}

#define MINUTE_S INT64_C(60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

/* The distance between labels of the axis, in seconds. */
static int64_t step_of(int64_t block_us)
{
    static const int64_t steps[] = {1,
                                    2,
                                    5,
                                    10,
                                    15,
                                    30,
                                    MINUTE_S,
                                    2 * MINUTE_S,
                                    5 * MINUTE_S,
                                    10 * MINUTE_S,
                                    15 * MINUTE_S,
                                    30 * MINUTE_S,
                                    HOUR_S,
                                    2 * HOUR_S,
                                    3 * HOUR_S,
                                    6 * HOUR_S,
                                    12 * HOUR_S,
                                    DAY_S,
                                    2 * DAY_S,
                                    7 * DAY_S,
                                    14 * DAY_S,
                                    28 * DAY_S,
                                    91 * DAY_S,
                                    364 * DAY_S};

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i] * G_USEC_PER_SEC >= block_us * (LABEL + GAP))
            return steps[i];
    return 0;
}

/* "06:00", and the date at midnight where there are several days. */
static void print_label(const series_drawing *drawing, int64_t local_s, char text[FZ_NUMBER_TEXT_SIZE])
{
    time_t seconds = (time_t)local_s;
    struct tm parts = {0};

    (void)gmtime_r(&seconds, &parts);
    if (drawing->clock.date && parts.tm_hour == 0 && parts.tm_min == 0)
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%02d-%02d", parts.tm_mon + 1, parts.tm_mday);
    else
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%02d:%02d", parts.tm_hour, parts.tm_min);
}

/* The axis: a label begins above the block in which its time is. */
static char *axis_of(const series_drawing *drawing)
{
    int64_t block_us = drawing->table->bin_us * (int64_t)drawing->bins, step_s = step_of(block_us);
    GString *axis = g_string_new(NULL);

    for (size_t i = 0; step_s && i < drawing->blocks; i++) {
        int64_t time_us = drawing->table->start_us + (int64_t)i * block_us;
        int64_t local_us = time_us + fz_clock_offset(&drawing->clock, time_us) * (int64_t)G_USEC_PER_SEC;
        int64_t step_us = step_s * (int64_t)G_USEC_PER_SEC, rest = local_us % step_us;
        int64_t next_us = rest ? local_us - rest + (rest > 0 ? step_us : 0) : local_us;
        char label[FZ_NUMBER_TEXT_SIZE];

        if (next_us >= local_us + block_us || i + LABEL > drawing->blocks || (axis->len && axis->len >= i))
            continue;
        print_label(drawing, next_us / (int64_t)G_USEC_PER_SEC, label);
        append_spaces(axis, i - axis->len);
        g_string_append(axis, label);
    }
    append_spaces(axis, drawing->blocks - MIN(axis->len, drawing->blocks));
    return g_string_free(axis, FALSE);
}

static void draw_header(const series_drawing *drawing)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *axis = axis_of(drawing);
    char zone[FZ_NUMBER_TEXT_SIZE] = "";

    if (!drawing->manner->utc)
        fz_clock_zone(&drawing->clock, zone);
    g_strstrip(zone);
    append_spaces(line, MARGIN);
    g_string_append_printf(line, "%-*s%s", (int)(drawing->title_width + GAP), zone, axis);
    for (size_t i = 0; i < FIGURES; i++) {
        bool left = i == FIGURE_AT;

        if (!drawing->shown[i])
            continue;
        append_spaces(line, GAP + (left ? 0 : drawing->widths[i] - strlen(figure_titles[i])));
        g_string_append(line, figure_titles[i]);
    }
    fz_paint_append(drawing->out, drawing->manner, FZ_PAINT_DIM, line->str);
    g_string_append_c(drawing->out, '\n');
}

/* "15 minutes", "minute": with `bin`, "one bin of 15 minutes", "one minute". */
static char *span_words(int64_t span_us, bool bin)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{DAY_S, "day"}, {HOUR_S, "hour"}, {MINUTE_S, "minute"}, {1, "second"}};
    int64_t seconds = span_us / (int64_t)G_USEC_PER_SEC;
    size_t unit = 0;

    while (unit + 1 < G_N_ELEMENTS(units) && (seconds == 0 || seconds % units[unit].seconds != 0))
        unit++;
    int64_t count = seconds / units[unit].seconds;
    if (count == 1)
        return g_strdup_printf("%s%s", "one ", units[unit].name);
    return g_strdup_printf("%s%" G_GINT64_FORMAT " %ss", bin ? "one bin of " : "", count, units[unit].name);
}

static void draw_legend(const series_drawing *drawing)
{
    const fz_answer_manner *manner = drawing->manner;
    const char *remark = drawing->table->remark;
    g_autofree char *bin = span_words(drawing->table->bin_us, true);
    g_autofree char *block = span_words(drawing->table->bin_us * (int64_t)drawing->bins, false);
    g_autoptr(GString) words = g_string_new(NULL), lines = g_string_new(NULL);
    size_t at = MARGIN;

    g_string_append_printf(words, "max: in %s. ", bin);
    if (drawing->bins > 1)
        g_string_append_printf(words, "A block is %s; each line has its own height%s", block,
                               manner->utf8 ? "" : ", 1 to 8");
    else
        g_string_append_printf(words, "Each line has its own height%s", manner->utf8 ? "" : ", 1 to 8");
    if (drawing->gaps)
        g_string_append_printf(words, "; %s no capture", manner->utf8 ? "\u250a" : ":");
    g_string_append_printf(words, ".%s%s", remark ? " " : "", remark ? remark : "");
    append_spaces(lines, MARGIN);
    fz_words_append(lines, words->str, MARGIN, manner->width, &at);
    fz_paint_append(drawing->out, manner, FZ_PAINT_DIM, lines->str);
    g_string_append_c(drawing->out, '\n');
}

void fz_series_print(FILE *out, const fz_answer_manner *manner, const fz_series_table *table)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) shown_titles = g_ptr_array_new_with_free_func(g_free);
    fz_answer_manner wide = *manner;
    series_drawing drawing = {.manner = &wide,
                              .table = table,
                              .clock = fz_clock_new(manner),
                              .titles = titles,
                              .shown_titles = shown_titles,
                              .figures = g_malloc0_n(table->count + 1, sizeof *drawing.figures),
                              .any = g_new0(bool, table->count + 1),
                              .out = text};

    wide.width = MAX(wide.width, LEAST_WIDTH);
    drawing.clock.exact = false;
    fz_clock_add(&drawing.clock, table->start_us);
    fz_clock_add(&drawing.clock, table->start_us + (int64_t)(MAX(table->bins, 1) - 1) * table->bin_us);
    fz_clock_settle(&drawing.clock);
    for (size_t i = 0; i < table->count; i++) {
        g_ptr_array_add(titles, fz_text_table(table->series[i].title));
        count_figures(&drawing, i);
    }
    fit(&drawing);
    shorten(&drawing);
    draw_header(&drawing);
    for (size_t i = 0; i < table->count; i++)
        draw_series(&drawing, i);
    draw_legend(&drawing);
    (void)fwrite(text->str, 1, text->len, out);
    g_free(drawing.figures);
    g_free(drawing.any);
}
