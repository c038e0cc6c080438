/* Records of a CSV text (RFC 4180), with comments and line numbers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CSV_H
#define FZ_CSV_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* The most fields of a record that are kept; more are counted. */
#define FZ_CSV_FIELDS 8

/* A text and its current record. Lines end in LF or CRLF and count from 1. */
typedef struct fz_csv {
    unsigned line;     /* where the record begins */
    const char *fault; /* what is wrong with it, else NULL; the fields then mean nothing */
    unsigned fault_line;
    unsigned fields;                                  /* how many it has */
    size_t start[FZ_CSV_FIELDS], size[FZ_CSV_FIELDS]; /* in `bytes`; a NUL follows each field */
    GString *bytes;
    const char *at, *end; /* what is left of the text, and the line where it begins */
    unsigned next_line;
} fz_csv;

/* Begins with a text, after its UTF-8 BOM if it has one. The text is borrowed; `text` may be NULL when `size` is 0. */
void fz_csv_init(fz_csv *csv, const char *text, size_t size);
void fz_csv_clear(fz_csv *csv);

/* Reads the next record; lines that are blank or begin with # are skipped. False at the end of the text. */
bool fz_csv_next(fz_csv *csv);

/* Field `i` of the current record, below both `fields` and FZ_CSV_FIELDS, as it stands: any bytes, with a NUL after
 * them. */
const char *fz_csv_field(const fz_csv *csv, unsigned i);

#endif
