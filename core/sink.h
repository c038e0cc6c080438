/* Where records go: the table of output formats.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SINK_H
#define FZ_SINK_H

#include "flow.h"
#include "zone.h"

typedef struct fz_sink fz_sink;

#define FZ_KIND(kind) (1U << (kind))

/* One output format. `open` writes the head. Descriptor, `run` and `zones` are borrowed until `finish`. `flush`
 * passes on the rows that are held back, for whoever follows the output. `finish` writes
 * the tail (totals) and frees the sink, whether it succeeds or not; with `totals` NULL it only frees. After a failed
 * `write` or `flush` only `finish(sink, NULL, NULL)` may follow. */
typedef struct fz_format {
    const char *name;        /* as in format=NAME */
    const char *suffixes[3]; /* of out=PATH, with their dots, that select it, in any case; NULL after the last */
    unsigned kinds;          /* the kinds of rows that `write` takes, FZ_KIND(kind) of each */
    fz_sink *(*open)(int fd, const fz_run *run, const fz_zones *zones, GError **error);
    bool (*write)(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error);
    bool (*finish)(fz_sink *sink, const fz_totals *totals, GError **error);
    bool (*flush)(fz_sink *sink, GError **error); /* NULL: nothing is held back */
} fz_format;

extern const fz_format fz_formats[];
extern const size_t fz_format_count;

/* By name; by the path's suffix. NULL if there is none. */
const fz_format *fz_format_by_name(const char *name);
const fz_format *fz_format_by_suffix(const char *path);

#endif
