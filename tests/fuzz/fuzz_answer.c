/* Any cells in any manner: no byte that controls a terminal, no line too wide, no address cut, no formula, and colours
 * change nothing but colours.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_matrix.h"
#include "answer_series.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

enum { COLUMNS_MOST = 9, LEAST_WIDTH = 48, CELLS_MOST = 64 };

/* The input, byte by byte; zeros after its end. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size, at;
    GPtrArray *texts; /* taken from it */
} fuzz_input;

static uint8_t take_byte(fuzz_input *input)
{
    return input->at < input->size ? input->data[input->at++] : 0;
}

static int64_t take_number(fuzz_input *input)
{
    uint64_t number = 0;

    for (unsigned bytes = take_byte(input) % 9; bytes > 0; bytes--)
        number = number << 8 | take_byte(input);
    return (int64_t)number;
}

/* A text up to the next zero; sometimes an address. */
static const char *take_text(fuzz_input *input)
{
    uint8_t kind = take_byte(input);
    size_t size = strnlen((const char *)input->data + input->at, input->size - input->at);
    char *text = kind == 1 ? g_strdup_printf("2003:e1:bf3f:d300:f4a1:%x:93aa:1b02", take_byte(input))
                           : g_strndup((const char *)input->data + input->at, size);

    if (kind != 1)
        input->at += MIN(size + 1, input->size - input->at);
    g_ptr_array_add(input->texts, text);
    return text;
}

static bool is_text(fz_cell_kind kind)
{
    return kind == FZ_CELL_TEXT || kind == FZ_CELL_ADDR;
}

typedef struct fuzz_answer {
    fz_answer_column columns[COLUMNS_MOST];
    size_t count, rows;
    bool ranks;
    fz_cell cells[CELLS_MOST * COLUMNS_MOST];
    uint8_t kinds[CELLS_MOST];
    uint8_t hidden, spare, bars;
} fuzz_answer;

static void take_answer(fuzz_input *input, fuzz_answer *answer)
{
    static const char *const names[COLUMNS_MOST] = {"a", "bb", "client", "server", "packets", "a long title",
                                                    "b", "c",  "d"};

    answer->count = take_byte(input) % COLUMNS_MOST + 1;
    answer->ranks = take_byte(input) & 1;
    answer->hidden = take_byte(input);
    answer->spare = take_byte(input);
    answer->bars = take_byte(input);
    for (size_t i = 0; i < answer->count; i++) {
        uint8_t kind = take_byte(input);

        answer->columns[i] = (fz_answer_column){kind & 128 && i > 0 ? NULL : names[i], kind & 64 ? NULL : names[i],
                                                (fz_cell_kind)(kind % (FZ_CELL_RATIO + 1))};
    }
    while (input->at < input->size && answer->rows < CELLS_MOST) {
        answer->kinds[answer->rows] = take_byte(input);
        for (size_t i = 0; i < answer->count; i++) {
            fz_cell *cell = &answer->cells[answer->rows * answer->count + i];
            bool text = is_text(answer->columns[i].kind);

            *cell = text ? (fz_cell){.text = take_text(input)} : (fz_cell){.number = take_number(input)};
            cell->unknown = (take_byte(input) & 15) == 15;
        }
        answer->rows++;
    }
}

/* What is printed; the caller frees. */
static char *print_answer(const fuzz_answer *fuzzed, const fz_answer_manner *manner)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fz_answer *answer = fz_answer_begin(out, manner, fuzzed->columns, fuzzed->count, fuzzed->ranks);

    if (fuzzed->bars < fuzzed->count)
        fz_answer_bars(answer, fuzzed->bars);
    for (size_t row = 0; row < fuzzed->rows; row++) {
        const fz_cell *cells = &fuzzed->cells[row * fuzzed->count];
        uint8_t kind = fuzzed->kinds[row];

        if (kind < 200)
            fz_answer_row(answer, cells);
        else if (kind < 220)
            fz_answer_other(answer, kind, cells);
        else if (kind < 240)
            fz_answer_line(answer, cells);
        else
            fz_answer_remark(answer, cells, kind % (fuzzed->count + 1),
                             is_text(fuzzed->columns[0].kind) ? cells[0].text : "a remark");
    }
    for (size_t i = 0; i < fuzzed->count && i < 8; i++) {
        if (fuzzed->hidden >> i & 1)
            fz_answer_hide(answer, i);
        if (fuzzed->spare >> i & 1)
            fz_answer_spare(answer, i);
    }
    REQUIRE(fz_answer_end(answer, &error));
    (void)fclose(out);
    return text;
}

/* Lines of text alone, none wider than that; 0: any width. */
static void require_lines(const char *text, size_t width)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    REQUIRE(g_utf8_validate(text, -1, NULL));
    for (char **line = lines; *line; line++) {
        REQUIRE(fz_text_find_control(*line, strlen(*line)) == 0);
        REQUIRE(width == 0 || fz_text_width(*line) <= width);
    }
}

/* Removes colours. */
static char *plain_of(const char *text)
{
    GString *plain = g_string_new(NULL);

    for (const char *at = text; *at; at++)
        if (at[0] == '\033' && at[1] == '[')
            at += 2 + strspn(at + 2, "0123456789;");
        else
            g_string_append_c(plain, *at);
    return g_string_free(plain, FALSE);
}

static void require_table(const fuzz_answer *answer, fz_answer_manner manner)
{
    manner.format = FZ_ANSWER_TABLE;
    g_autofree char *table = print_answer(answer, &manner);
    require_lines(table, MAX(manner.width, LEAST_WIDTH));
    manner.colour = true;
    g_autofree char *coloured = print_answer(answer, &manner), *plain = plain_of(coloured);
    REQUIRE(strcmp(plain, table) == 0);
    for (size_t row = 0; row < answer->rows; row++)
        for (size_t i = 0; i < answer->count; i++) {
            const fz_cell *cell = &answer->cells[row * answer->count + i];
            bool shown = answer->kinds[row] < 200 && answer->columns[i].title && !cell->unknown &&
                         !(i < 8 && (answer->hidden >> i & 1)) && !(i < 8 && (answer->spare >> i & 1));

            if (shown && is_text(answer->columns[i].kind) && g_str_has_prefix(cell->text, "2003:e1:bf3f:"))
                REQUIRE(strchr(cell->text, '\n') || strlen(cell->text) > 40 || strstr(table, cell->text) ||
                        cell->text[strspn(cell->text, "0123456789abcdef:")] != '\0');
        }
}

static void require_csv(const fuzz_answer *answer, fz_answer_manner manner)
{
    size_t names = answer->ranks ? 2 : 0, fields = 1;
    bool quoted = false;

    manner.format = FZ_ANSWER_CSV;
    g_autofree char *csv = print_answer(answer, &manner);
    require_lines(csv, 0);
    for (size_t i = 0; i < answer->count; i++)
        names += answer->columns[i].name != NULL;
    for (const char *at = csv; *at; at++) {
        quoted ^= *at == '"';
        if (quoted)
            continue;
        fields += *at == ',';
        REQUIRE(!(*at == ',' && at[1] && strchr("=+@", at[1])));
        if (*at != '\n')
            continue;
        REQUIRE(fields == names && !(at[1] && strchr("=+@", at[1])));
        fields = 1;
    }
    REQUIRE(!quoted);
}

static void require_json(const fuzz_answer *answer, fz_answer_manner manner)
{
    manner.format = FZ_ANSWER_JSON;
    g_autofree char *json = print_answer(answer, &manner);
    require_lines(json, 0);
    g_auto(GStrv) lines = g_strsplit(json, "\n", -1);
    for (char **line = lines; *line && **line; line++)
        REQUIRE(**line == '{' && g_str_has_suffix(*line, "}"));
}

/* Two drawings of the same numbers. */
static void require_drawings(const fuzz_answer *answer, const fz_answer_manner *manner)
{
    const char *titles[COLUMNS_MOST] = {0};
    int64_t values[CELLS_MOST * COLUMNS_MOST];
    char *text = NULL;
    size_t size;

    for (size_t i = 0; i < answer->rows * answer->count; i++)
        values[i] = is_text(answer->columns[i % answer->count].kind) ? FZ_SERIES_GAP : answer->cells[i].number;
    for (size_t i = 0; i < answer->count; i++)
        titles[i] = is_text(answer->columns[i].kind) && answer->rows ? answer->cells[i].text : "a title";
    FILE *out = open_memstream(&text, &size);
    fz_series series[] = {{titles[0], values}, {titles[answer->count - 1], values}};
    fz_series_table table = {.start_us = 0,
                             .bin_us = 60000000,
                             .bins = answer->rows * answer->count,
                             .series = series,
                             .count = 2,
                             .kind = FZ_CELL_BYTES};
    fz_series_print(out, manner, &table);
    (void)fflush(out);
    require_lines(text, MAX(manner->width, 84));
    const char *rows[CELLS_MOST];
    for (size_t i = 0; i < answer->rows; i++)
        rows[i] = titles[i % answer->count];
    fz_matrix matrix = {.corner = "client",
                        .rows = rows,
                        .columns = titles,
                        .row_count = answer->rows,
                        .column_count = MIN(answer->count, fz_matrix_fits(manner, 8)),
                        .cells = values,
                        .unit = "Bytes"};
    rewind(out);
    fz_matrix_print(out, manner, &matrix);
    (void)fclose(out);
    require_lines(text, MAX(manner->width, 32));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    fuzz_input input = {data, size, 0, texts};
    fz_answer_manner manner = {.width = take_byte(&input)};
    uint8_t flags = take_byte(&input);
    fuzz_answer *answer = g_new0(fuzz_answer, 1);

    manner.utc = flags & 1;
    manner.utf8 = flags & 2;
    manner.exact = flags & 4;
    take_answer(&input, answer);
    require_table(answer, manner);
    require_csv(answer, manner);
    require_json(answer, manner);
    require_drawings(answer, &manner);
    g_free(answer);
    return 0;
}
