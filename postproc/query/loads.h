/* The ledger for people: captures in the order of their begin, and what is between them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOADS_H
#define FZ_LOADS_H

#include "question.h"

/* Prints the loads of a range. Inside a transaction. CSV and JSON have a row for each and their columns do not depend
 * on what is in the ledger. A table shows, of sensor, location, frames that are not IP, unparsable or filtered, and
 * state, only what says something; and it has lines for gaps, and sums at its end. */
bool fz_loads_print(fz_store *store, const fz_range *range, FILE *out, const fz_answer_manner *manner, GError **error);

/* A load, as the listing has it. Texts are valid until the taker returns. */
enum { FZ_LOAD_COUNTED, FZ_LOAD_NOT_IP, FZ_LOAD_UNPARSABLE, FZ_LOAD_FILTERED, FZ_LOAD_CLASSES };
typedef struct fz_load_line {
    const char *source, *sensor, *location;
    const char *note;                /* "cut short, overlaps"; "" */
    int64_t start_us, end_us;        /* first and last packet */
    int64_t frames[FZ_LOAD_CLASSES]; /* each frame is in one class */
} fz_load_line;
typedef void (*fz_load_taker)(const fz_load_line *line, void *user);

/* Gives `take` the loads of a range, in the order of their begin. Notes have dates in UTC, or in local time. Inside a
 * transaction. */
bool fz_loads_read(fz_store *store, const fz_range *range, bool utc, fz_load_taker take, void *user, GError **error);

/* The work of "flowzone loads". */
bool fz_loads_answer(fz_asking *asking, GError **error);

#endif
