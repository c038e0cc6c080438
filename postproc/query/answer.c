/* Answers: where their rows go, as CSV, as JSON, or into a table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_private.h"

#include "flow.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { FALLBACK_WIDTH = 80 };

/* Rows of CSV and JSON that wait for names. */
typedef struct waiting_row {
    bool other;
    uint64_t groups;
} waiting_row;

typedef struct waiting_rows {
    GArray *rows;        /* of waiting_row */
    GArray *cells;       /* of fz_cell: a row's as many as there are columns */
    GStringChunk *texts; /* of the cells */
} waiting_rows;

struct fz_answer {
    FILE *out;
    fz_answer_manner manner;
    fz_answer_column *columns;
    size_t count;
    bool ranks;
    uint64_t rank;
    fz_grid *grid;         /* a table; else NULL */
    waiting_rows *waiting; /* NULL: rows are printed as they come */
    GString *line;
    size_t fields; /* of the line */
    int fault;     /* errno of the first write that failed */
};

G_DEFINE_QUARK(fz_answer_error, fz_answer_error)

static bool has_colours256(const char *term)
{
    const char *colours = g_getenv("COLORTERM");

    return strstr(term, "256color") || strstr(term, "kitty") || strstr(term, "direct") ||
           (colours && (!strcmp(colours, "truecolor") || !strcmp(colours, "24bit")));
}

/* Where there is no terminal, programs read tables too: a row is a line, unless somebody says how wide lines are. */
static void be_no_terminal(fz_answer_manner *manner)
{
    const char *columns = g_getenv("COLUMNS");
    guint64 width = 0;

    manner->whole = !columns || !g_ascii_string_to_unsigned(columns, 10, 1, G_MAXUINT16, &width, NULL);
    if (!manner->whole)
        manner->width = (unsigned)width;
}

/* Of the user's own locale: in place of one without UTF-8, C, main() has one with it, for the names of files. */
static bool shows_utf8(void)
{
    const locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const bool shows = own ? strcmp(nl_langinfo_l(CODESET, own), "UTF-8") == 0 : g_get_charset(NULL);

    if (own)
        freelocale(own);
    return shows;
}

fz_answer_manner fz_answer_manner_of(int fd)
{
    fz_answer_manner manner = {.utf8 = shows_utf8(), .width = FALLBACK_WIDTH};
    const char *term = g_getenv("TERM"), *plain = g_getenv("NO_COLOR");
    struct winsize size;
    time_t now = 0;
    struct tm local;

    tzset();
    (void)localtime_r(&now, &local);
    /* isatty() of newer C libraries makes a call that jails forbid. */
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) {
        be_no_terminal(&manner);
        return manner;
    }
    if (size.ws_col > 0)
        manner.width = size.ws_col;
    manner.colour = !(plain && *plain) && term && *term && strcmp(term, "dumb") != 0;
    manner.colours256 = manner.colour && has_colours256(term);
    return manner;
}

static void write_bytes(const char *bytes, size_t size, void *user)
{
    fz_answer *answer = user;

    if (answer->fault)
        return;
    errno = 0;
    if (fwrite(bytes, 1, size, answer->out) != size)
        answer->fault = errno ? errno : EIO;
}

static void write_line(fz_answer *answer)
{
    g_string_append_c(answer->line, '\n');
    write_bytes(answer->line->str, answer->line->len, answer);
    g_string_truncate(answer->line, 0);
    answer->fields = 0;
}

static void begin_field(fz_answer *answer, const char *name)
{
    bool first = answer->fields++ == 0;

    if (answer->manner.format == FZ_ANSWER_JSON)
        g_string_append_printf(answer->line, "%c\"%s\":", first ? '{' : ',', name);
    else if (!first)
        g_string_append_c(answer->line, ',');
}

/* Whether CSV and JSON have a column for the names of a column's addresses. */
static bool has_name(const fz_answer *answer, size_t column)
{
    return answer->manner.names && answer->columns[column].kind == FZ_CELL_ADDR && answer->columns[column].name;
}

/* The names are ours: they need no quotes. */
static void write_header(fz_answer *answer)
{
    if (answer->ranks) {
        g_string_append(answer->line, "rank,groups");
        answer->fields = 2;
    }
    for (size_t i = 0; i < answer->count; i++) {
        if (!answer->columns[i].name)
            continue;
        begin_field(answer, NULL);
        g_string_append(answer->line, answer->columns[i].name);
    }
    for (size_t i = 0; i < answer->count; i++)
        if (has_name(answer, i)) {
            begin_field(answer, NULL);
            g_string_append_printf(answer->line, "%s_name", answer->columns[i].name);
        }
    write_line(answer);
}

static waiting_rows *waiting_rows_new(void)
{
    waiting_rows *waiting = g_new(waiting_rows, 1);

    *waiting = (waiting_rows){g_array_new(FALSE, FALSE, sizeof(waiting_row)),
                              g_array_new(FALSE, FALSE, sizeof(fz_cell)), g_string_chunk_new(4096)};
    return waiting;
}

static void waiting_rows_free(waiting_rows *waiting)
{
    if (!waiting)
        return;
    g_array_unref(waiting->rows);
    g_array_unref(waiting->cells);
    g_string_chunk_free(waiting->texts);
    g_free(waiting);
}

fz_answer *fz_answer_begin(FILE *out, const fz_answer_manner *manner, const fz_answer_column *columns, size_t count,
                           bool ranks)
{
    fz_answer *answer = g_new(fz_answer, 1);

    *answer = (fz_answer){.out = out,
                          .manner = *manner,
                          .columns = g_memdup2(columns, count * sizeof *columns),
                          .count = count,
                          .ranks = ranks,
                          .line = g_string_new(NULL)};
    if (manner->format == FZ_ANSWER_TABLE)
        answer->grid = fz_grid_new(&answer->manner, answer->columns, count, ranks);
    else if (manner->format == FZ_ANSWER_CSV)
        write_header(answer);
    for (size_t i = 0; i < count && !answer->grid && !answer->waiting; i++)
        if (has_name(answer, i))
            answer->waiting = waiting_rows_new();
    return answer;
}

/* Millionths as a decimal number. */
static void append_decimal(GString *line, int64_t number)
{
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

    g_string_append_printf(line, "%s%" PRIu64 ".%06" PRIu64, number < 0 ? "-" : "", size / 1000000, size % 1000000);
}

/* CSV has no escapes of its own: what controls a terminal is spelt out there as in names of files. */
static char *csv_form(const char *text)
{
    bool plain = g_utf8_validate(text, -1, NULL) && !fz_text_find_control(text, strlen(text));
    g_autofree char *spelt = plain ? NULL : fz_text_name(text);

    return fz_text_csv(plain ? text : spelt);
}

static void append_text(fz_answer *answer, const char *text)
{
    g_autofree char *form = answer->manner.format == FZ_ANSWER_JSON ? fz_text_json(text) : csv_form(text);

    g_string_append(answer->line, form);
}

static void append_time(fz_answer *answer, int64_t time_us)
{
    const char *quote = answer->manner.format == FZ_ANSWER_JSON ? "\"" : "";
    char text[FZ_TIME_TEXT_SIZE];

    g_string_append_printf(answer->line, "%s%s%s", quote, fz_time_print(time_us, text), quote);
}

static void append_cell(fz_answer *answer, fz_cell_kind kind, const fz_cell *cell, bool known)
{
    if (!known)
        g_string_append(answer->line, answer->manner.format == FZ_ANSWER_JSON ? "null" : "");
    else if (fz_cell_is_text(kind))
        append_text(answer, cell->text);
    else if (kind == FZ_CELL_TIME)
        append_time(answer, cell->number);
    else if (kind == FZ_CELL_SHARE || kind == FZ_CELL_RATIO)
        append_decimal(answer->line, cell->number);
    else
        g_string_append_printf(answer->line, "%" PRId64, cell->number);
}

static void append_rank(fz_answer *answer, bool other, uint64_t groups)
{
    const char *quote = answer->manner.format == FZ_ANSWER_JSON ? "\"" : "";

    begin_field(answer, "rank");
    if (other)
        g_string_append_printf(answer->line, "%sother%s", quote, quote);
    else
        g_string_append_printf(answer->line, "%" PRIu64, ++answer->rank);
    begin_field(answer, "groups");
    g_string_append_printf(answer->line, "%" PRIu64, groups);
}

static void append_name(fz_answer *answer, size_t column, const char *addr)
{
    g_autofree char *field = g_strconcat(answer->columns[column].name, "_name", NULL);
    const fz_cell name = {.text = fz_answer_names_find(answer->manner.names, addr)};

    begin_field(answer, field);
    append_cell(answer, FZ_CELL_TEXT, &name, name.text);
}

static void write_row(fz_answer *answer, bool other, uint64_t groups, const fz_cell *cells)
{
    if (answer->fault)
        return;
    if (answer->ranks)
        append_rank(answer, other, groups);
    for (size_t i = 0; i < answer->count; i++) {
        const fz_answer_column *column = &answer->columns[i];
        bool text = fz_cell_is_text(column->kind), known = !cells[i].unknown && !(text && (other || !cells[i].text));

        if (!column->name)
            continue;
        begin_field(answer, column->name);
        append_cell(answer, column->kind, &cells[i], known);
    }
    for (size_t i = 0; i < answer->count; i++)
        if (has_name(answer, i))
            append_name(answer, i, other || cells[i].unknown ? NULL : cells[i].text);
    if (answer->manner.format == FZ_ANSWER_JSON)
        g_string_append_c(answer->line, '}');
    write_line(answer);
}

/* Asks for the names, and prints the rows that wait for them. */
static void write_waiting(fz_answer *answer)
{
    waiting_rows *waiting = g_steal_pointer(&answer->waiting);

    if (!waiting)
        return;
    fz_answer_names_ask(answer->manner.names);
    for (guint i = 0; i < waiting->rows->len; i++) {
        const waiting_row *row = &g_array_index(waiting->rows, waiting_row, i);
        write_row(answer, row->other, row->groups, &g_array_index(waiting->cells, fz_cell, i * answer->count));
    }
    waiting_rows_free(waiting);
}

static void add_waiting(fz_answer *answer, bool other, uint64_t groups, const fz_cell *cells)
{
    waiting_rows *waiting = answer->waiting;
    const waiting_row row = {other, groups};

    g_array_append_val(waiting->rows, row);
    for (size_t i = 0; i < answer->count; i++) {
        const bool text = fz_cell_is_text(answer->columns[i].kind) && cells[i].text && !cells[i].unknown;
        fz_cell kept = cells[i];

        kept.text = text ? g_string_chunk_insert_const(waiting->texts, cells[i].text) : NULL;
        if (has_name(answer, i) && !other)
            fz_answer_names_add(answer->manner.names, kept.text);
        g_array_append_val(waiting->cells, kept);
    }
    if (waiting->rows->len >= FZ_ANSWER_WAITING || fz_answer_names_are_full(answer->manner.names))
        write_waiting(answer);
}

static void add_row(fz_answer *answer, bool other, uint64_t groups, const fz_cell *cells)
{
    if (answer->manner.format == FZ_ANSWER_ROWS && !other)
        answer->manner.take(answer->columns, cells, answer->count, answer->manner.taker);
    if (answer->manner.format == FZ_ANSWER_ROWS)
        return;
    if (answer->grid)
        fz_grid_add(answer->grid, other ? FZ_GRID_OTHER : FZ_GRID_ROW, groups, cells, answer->count, NULL);
    else if (answer->waiting)
        add_waiting(answer, other, groups, cells);
    else
        write_row(answer, other, groups, cells);
}

void fz_answer_row(fz_answer *answer, const fz_cell *cells)
{
    add_row(answer, false, 1, cells);
}

void fz_answer_other(fz_answer *answer, uint64_t groups, const fz_cell *cells)
{
    add_row(answer, true, groups, cells);
}

void fz_answer_line(fz_answer *answer, const fz_cell *cells)
{
    fz_answer_remark(answer, cells, answer->count, NULL);
}

void fz_answer_remark(fz_answer *answer, const fz_cell *cells, size_t count, const char *text)
{
    if (answer->grid)
        fz_grid_add(answer->grid, FZ_GRID_LINE, 0, cells, count, text);
}

void fz_answer_bars(fz_answer *answer, size_t column)
{
    if (answer->grid)
        fz_grid_bars(answer->grid, column);
}

void fz_answer_hide(fz_answer *answer, size_t column)
{
    if (answer->grid)
        fz_grid_hide(answer->grid, column);
}

void fz_answer_spare(fz_answer *answer, size_t column)
{
    if (answer->grid)
        fz_grid_spare(answer->grid, column);
}

bool fz_answer_failed(const fz_answer *answer)
{
    return answer->fault != 0;
}

bool fz_answer_end(fz_answer *answer, GError **error)
{
    write_waiting(answer);
    if (answer->grid)
        fz_grid_print(answer->grid, write_bytes, answer);
    if (!answer->fault && fflush(answer->out) != 0)
        answer->fault = errno ? errno : EIO;
    int fault = answer->fault;
    if (fault)
        g_set_error(error, FZ_ANSWER_ERROR, FZ_ANSWER_ERROR_WRITE, "cannot write the output: %s", g_strerror(fault));
    fz_answer_abandon(answer);
    return fault == 0;
}

void fz_answer_abandon(fz_answer *answer)
{
    fz_grid_free(answer->grid);
    waiting_rows_free(answer->waiting);
    g_string_free(answer->line, TRUE);
    g_free(answer->columns);
    g_free(answer);
}
