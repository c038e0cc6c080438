/* Rows for people and scripts: CSV (RFC 4180), NDJSON, an aligned table. Sinks of core/sink.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROWS_H
#define FZ_ROWS_H

#include "sink.h"

/* Each prints rows of one kind: packets if the run has them, else conversations, and minutes of a run without
 * conversations. CSV and NDJSON print every field of fz_packet_fields or fz_fields, in its order, and have no tail: the
 * caller prints the totals on standard error (fz_totals_print). The table has the most informative columns, aligned,
 * with the totals below it; its first rows, those before a flush or the first thousand, determine how wide its columns
 * are. */
fz_sink *fz_csv_open(int fd, const fz_run *run, const fz_zones *zones, GError **error);
fz_sink *fz_json_open(int fd, const fz_run *run, const fz_zones *zones, GError **error);
fz_sink *fz_table_open(int fd, const fz_run *run, const fz_zones *zones, GError **error);
bool fz_rows_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error);
bool fz_rows_flush(fz_sink *sink, GError **error);
bool fz_rows_finish(fz_sink *sink, const fz_totals *totals, GError **error);

/* "1234 frames, 567890 bytes: 1200 frames (560000 bytes) in 34 conversations, 30 not IP (4000 bytes), 4 unparsable
 * (3890 bytes)": one line without newline, without empty classes, except the first; then "; 1234 rows of packets" if
 * there are any, and "; the capture was cut short" if it was. The caller frees. */
char *fz_totals_print(const fz_totals *totals);

#endif
