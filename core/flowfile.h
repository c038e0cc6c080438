/* The flow file: IPFIX (RFC 7011) in a file (RFC 5655), through libfixbuf. FORMAT.md beside this file describes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWFILE_H
#define FZ_FLOWFILE_H

#include "sink.h"

#define FZ_FLOWFILE_ERROR (fz_flowfile_error_quark())
GQuark fz_flowfile_error_quark(void);
typedef enum fz_flowfile_error {
    FZ_FLOWFILE_ERROR_READ,    /* the descriptor failed */
    FZ_FLOWFILE_ERROR_INVALID, /* not a flow file, or a damaged one */
    FZ_FLOWFILE_ERROR_CUT,     /* ends before its trailer */
} fz_flowfile_error;

/* Writer: a sink of core/sink.h, format "ipfix". The same run on the same capture writes the same bytes. */
fz_sink *fz_flowfile_open(int fd, const fz_run *run, const fz_zones *zones, GError **error);
bool fz_flowfile_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error);
bool fz_flowfile_flush(fz_sink *sink, GError **error);
bool fz_flowfile_finish(fz_sink *sink, const fz_totals *totals, GError **error);

/* Reader: takes any bytes and returns records or one error: "NAME: at byte N: expected this, got that". */
typedef struct fz_reader fz_reader;

/* Reads the head (run parameters and zone dictionary) from a borrowed descriptor, which may be a pipe. `name` stands
 * for it in errors. */
fz_reader *fz_reader_open(int fd, const char *name, GError **error);
void fz_reader_free(fz_reader *reader);

/* The run and the zones; valid until the reader is freed. */
const fz_run *fz_reader_run(const fz_reader *reader);
const fz_zones *fz_reader_zones(const fz_reader *reader);

/* Up to `most` rows of one kind, written to `*kind`, into `rows`, which has room for as many fz_any_row: how many, 0 at
 * the end of a file whose trailer is there, whose checksum and totals agree with what was read and after which nothing
 * follows, or -1 with `error` set. Every row is checked: times in order, zone ids in the dictionary, a known family and
 * end reason. */
ssize_t fz_reader_next(fz_reader *reader, fz_row_kind *kind, void *rows, size_t most, GError **error);

/* Asks for the digest, after fz_reader_open and before the first fz_reader_next. It costs more than all other reading.
 */
void fz_reader_want_digest(fz_reader *reader);

/* After fz_reader_next returned 0: the trailer; and the SHA-256 of the whole file in hexadecimal, NULL unless it was
 * asked for. Both are valid until the reader is freed. */
const fz_totals *fz_reader_totals(const fz_reader *reader);
const char *fz_reader_digest(const fz_reader *reader);

/* Bytes read so far: for a progress bar. */
uint64_t fz_reader_position(const fz_reader *reader);

#endif
