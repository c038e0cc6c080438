/* What the coverage of answers and the listing of loads share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COVERAGE_PRIVATE_H
#define FZ_COVERAGE_PRIVATE_H

#include "answer_private.h"
#include "coverage.h"

/* Appends " AND end >= since AND start < until", as far as the range has limits. */
void fz_range_sql(GString *sql, const fz_range *range, const char *start, const char *end);

/* "28 minutes", "3 h 20 min": a stretch of time for people, in whole minutes, or seconds below two. The caller frees.
 */
char *fz_stretch_print(const fz_gap *stretch);

/* A time at a whole minute: the next one from `up_us` microseconds of a minute on, else the one before. Captures are
 * shown from the minute in which they begin to the one that is nearest to their end: "00:00 to 24:00" is a day. */
#define FZ_MINUTE_NEAREST INT64_C(30000000)
#define FZ_MINUTE_NEVER INT64_C(60000000)
int64_t fz_minute_round(int64_t time_us, int64_t up_us);

#endif
