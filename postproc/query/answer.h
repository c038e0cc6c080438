/* An answer: a table of typed cells, printed for people, or as CSV or JSON for programs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANSWER_H
#define FZ_ANSWER_H

#include "answer_names.h"

#include <stdint.h>
#include <stdio.h>

#define FZ_ANSWER_ERROR (fz_answer_error_quark())
GQuark fz_answer_error_quark(void);
typedef enum fz_answer_error { FZ_ANSWER_ERROR_WRITE } fz_answer_error;

typedef struct fz_answer_column fz_answer_column;
typedef struct fz_cell fz_cell;

/* Given a row, but that of what is not shown; valid until it returns. */
typedef void (*fz_row_taker)(const fz_answer_column *columns, const fz_cell *cells, size_t count, void *user);

/* FZ_ANSWER_ROWS: nothing is printed, and rows are given to a function. */
typedef enum fz_answer_format { FZ_ANSWER_TABLE, FZ_ANSWER_CSV, FZ_ANSWER_JSON, FZ_ANSWER_ROWS } fz_answer_format;

/* How answers are printed. */
typedef struct fz_answer_manner {
    fz_answer_format format;
    bool exact;             /* tables: integers with separators in place of units */
    bool utc;               /* tables: times in UTC; else local. CSV and JSON are in UTC always */
    bool colour;            /* tables: the output is a terminal, and NO_COLOR is not set */
    bool colours256;        /* it has 256 colours */
    bool utf8;              /* tables: the locale has UTF-8, and so blocks; else ASCII alone is drawn with */
    unsigned width;         /* tables: columns of the terminal; if it is none, COLUMNS, or 80 */
    bool whole;             /* tables: rows are as wide as they are, and only prose is 80 columns wide */
    fz_answer_names *names; /* of addresses that are shown; NULL: not wanted */
    int64_t covered_us[2];  /* tables: all times have as much date as tells these two apart */
    fz_row_taker take;      /* of FZ_ANSWER_ROWS */
    void *taker;            /* its user */
} fz_answer_manner;

/* The manner of standard output: whether it is a terminal, its width and colours; a table in local time. Also reads
 * what local time needs: call it before the process is locked up. */
fz_answer_manner fz_answer_manner_of(int fd);

/* What a cell is; in CSV and JSON the number itself, in tables as the example shows. Texts of any bytes are safe in all
 * of them. */
typedef enum fz_cell_kind {
    FZ_CELL_TEXT,   /* left: "wifi"; control characters are shown escaped */
    FZ_CELL_ADDR,   /* the same of an address, or of words in its place; never shortened */
    FZ_CELL_COUNT,  /* "16,059" */
    FZ_CELL_NUMBER, /* a name rather than an amount: "65535" */
    FZ_CELL_BYTES,  /* "6.26 MB" */
    FZ_CELL_RATE,   /* bits a second: "1.20 Mb/s" */
    FZ_CELL_SPAN,   /* microseconds: "2 h 13 min", "0.120 s" */
    FZ_CELL_TIME,  /* microseconds since 1970: "22:48" if one day is covered, else "11-24 22:48", or with the year; CSV:
                      fz_time_print */
    FZ_CELL_SHARE, /* millionths: "18.5" percent; CSV: a decimal number, 0.185000 */
    FZ_CELL_RATIO, /* millionths: "0.733"; CSV: a decimal number */
} fz_cell_kind;

struct fz_answer_column {
    const char *name;  /* in CSV and JSON; NULL: only in tables */
    const char *title; /* in tables; NULL: only in CSV and JSON */
    fz_cell_kind kind;
};

struct fz_cell {
    const char *text; /* of FZ_CELL_TEXT and FZ_CELL_ADDR; copied where it is needed longer. NULL: nothing */
    int64_t number;   /* of all others */
    bool unknown;     /* empty in tables and CSV, null in JSON */
};

typedef struct fz_answer fz_answer;

enum { FZ_ANSWER_WAITING = 10000 };

/* Starts an answer. `columns` is copied, its texts are borrowed. CSV (RFC 4180, with a header) and JSON (an object a
 * line) are printed row by row, tables at the end. Ranks: a table has "1", "2" ... before each row; CSV and JSON have
 * two columns in front, "rank", which is "other" for the rest, and "groups", how many groups the row is: 1 but there.
 *
 * With names, a table shows them in place of their addresses, where they fit; CSV and JSON have a column more for each
 * of FZ_CELL_ADDR, behind all others, "client_name" of "client". Their rows wait then until there are FZ_ANSWER_WAITING
 * of them, or so many addresses as are asked for; addresses that come later have no names.
 *
 * A table is never wider than the manner's width, unless that says `whole`. If it would be, texts are shortened, the
 * widest first, down to 16 columns, but for IPv6 addresses, which are never cut; then columns of FZ_CELL_SHARE and
 * spare ones are left out, from the right; then each row takes several lines, and so does the header. */
fz_answer *fz_answer_begin(FILE *out, const fz_answer_manner *manner, const fz_answer_column *columns, size_t count,
                           bool ranks);

/* Adds a row: a cell for each column. */
void fz_answer_row(fz_answer *answer, const fz_cell *cells);

/* Adds the row of what is not shown: how many groups that is, and their sums; its texts are ignored. In a table its
 * first column is "other (89)", in CSV and JSON its texts are unknown. */
void fz_answer_other(fz_answer *answer, uint64_t groups, const fz_cell *cells);

/* Adds a line to a table, and nothing to CSV and JSON: without a rank or bar, a cell for each column, for sums. */
void fz_answer_line(fz_answer *answer, const fz_cell *cells);

/* The same with cells for the first `count` columns, and a text over all others. The text is copied. */
void fz_answer_remark(fz_answer *answer, const fz_cell *cells, size_t count, const char *text);

/* A bar behind each row of a table, where there is room, for the column with this index; the row with most fills it. */
void fz_answer_bars(fz_answer *answer, size_t column);

/* Leaves a column out of a table, until whose end this may be called; CSV and JSON keep it. */
void fz_answer_hide(fz_answer *answer, size_t column);

/* Lets a column be left out of a table that is too wide, like those of FZ_CELL_SHARE. */
void fz_answer_spare(fz_answer *answer, size_t column);

/* Whether something could not be written: no row need follow. */
bool fz_answer_failed(const fz_answer *answer);

/* Prints what is left and frees. False with an error if something could not be written. */
bool fz_answer_end(fz_answer *answer, GError **error);

/* Frees, and prints no more: the rows mean nothing. */
void fz_answer_abandon(fz_answer *answer);

/* A number as a table shows it, right-aligned by nobody; a time with its date. The caller frees. */
char *fz_cell_print(const fz_answer_manner *manner, fz_cell_kind kind, int64_t number);

/* Columns that a text, of any bytes, takes in a table. */
size_t fz_answer_width(const char *text);

#endif
