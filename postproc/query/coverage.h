/* What an answer covers: its last line, on standard error.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COVERAGE_H
#define FZ_COVERAGE_H

#include "answer.h"
#include "store.h"

/* Times of a question: since_us <= time < until_us, microseconds since 1970. No limit: INT64_MIN, INT64_MAX. */
typedef struct fz_range {
    int64_t since_us, until_us;
} fz_range;
#define FZ_RANGE_ALL ((fz_range){INT64_MIN, INT64_MAX})

typedef struct fz_gap {
    int64_t from_us, to_us; /* no capture between the two */
} fz_gap;

typedef struct fz_coverage {
    uint64_t captures;        /* those that touch the range */
    uint64_t cut_short;       /* of them, those that are not whole */
    fz_totals totals;         /* of all of them together */
    int64_t start_us, end_us; /* first and last packet of them, within the range */
    GArray *gaps;             /* of fz_gap, in order: of the whole ledger within the range, all sensors together */
    uint64_t overlapping;     /* captures that begin while one of another sensor of the same location goes on */
    uint64_t overlap_sensors; /* how many sensors these are */
    char *overlap_names[2];   /* two of them */
    fz_gap overlap;           /* from the first to the last moment of all overlaps */
    uint64_t dropped;         /* captures whose details are gone or going */
    fz_gap dropped_span;      /* from the first to the last moment of these, within the range */
    int64_t dropped_until_us; /* their latest packet, wherever that is */
    int64_t hours_from_us;    /* the hours before are gone or going; INT64_MIN: none of the range are */
    uint64_t copies;          /* captures with the same conversations as one before them: copies under other names */
    char *copy_names[2];      /* the first of them, after the one that it is a copy of; NULL: none */
} fz_coverage;

/* Reads the ledger. Inside a transaction. Cleared by the caller, also after a failure. */
bool fz_coverage_read(fz_store *store, const fz_range *range, fz_coverage *coverage, GError **error);
void fz_coverage_clear(fz_coverage *coverage);

/* In place of bytes: the sums are not known. */
#define FZ_COVERAGE_NO_SUMS UINT64_MAX

/* The line: "33.8 MB in 8,570 conversations of 12 captures, 2026-11-24 00:00 to 24:00 UTC; gap 13:10 to 13:38; 992
 * frames not IP, 19 unparsable; from details". `flows` < 0: without conversations (time counts packets).
 * FZ_COVERAGE_NO_SUMS for bytes: captures alone. `capped`: some sum
 * of the answer ended at INT64_MAX, which is said. `against`, which may be NULL, is a clause more. `from` is what
 * follows "from ". The manner is that of where the line goes: for a table the line is broken to fit, and indented. No
 * newline at its end. The caller frees. */
char *fz_coverage_line(const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range,
                       uint64_t bytes, int64_t flows, bool capped, const char *against, const char *from);

/* "details of 6 captures dropped"; of no capture NULL. Answers whose words have a tier (tier.h) say it with these. The
 * caller frees. */
char *fz_coverage_dropped(uint64_t captures);

/* The period that an answer is compared with: "against 6 captures, 2026-11-23 08:03 to 24:00 UTC", or
 * "against 2026-11-23 15:55 to 24:00 UTC: no captures". The caller frees. */
char *fz_coverage_against(const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range);

/* The days of all captures, of which there is one at least: "2014-01-01 to 2024-05-05". The caller frees. */
char *fz_coverage_days(const fz_coverage *coverage, const fz_answer_manner *manner);

#endif
