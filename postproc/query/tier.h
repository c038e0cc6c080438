/* Tiers: what each has of a time once captures lost some of it, and how the last line of an answer names them.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each tier is whole by itself: a number comes from one of them, and no two are ever added up. Details lack what was
 * dropped. Hours, those of many captures, are gone before a midnight; days are kept for ever. */
#ifndef FZ_TIER_H
#define FZ_TIER_H

#include "coverage.h"
#include "filter_sql.h"

/* The times that a tier tells apart: what begins and ends at multiples of so many microseconds it has exactly. */
int64_t fz_tier_unit_us(fz_tier tier);

/* Whether it has a range exactly. */
bool fz_tier_divides(fz_tier tier, const fz_range *range);

/* The range that begins and ends where the tier can: nothing less. */
fz_range fz_tier_widen(fz_tier tier, const fz_range *range);

/* Microseconds of a unit of FZ_BY_TIME's cells. */
int64_t fz_tier_cell_us(fz_tier tier);

/* Whether all captures of a range are in a tier. The coverage is that of the range, or of a part of it. */
bool fz_tier_is_whole(fz_tier tier, const fz_coverage *coverage, const fz_range *range);

/* What follows "from ": "sums" or "details" where nothing was dropped of the range, else which tier it is, and why:
 * "hours: details before 2026-11-20 were dropped", "details: those of 12 captures before 2026-11-20 were dropped".
 * `widened`: more than the range that was asked for, which is said. The clock is the manner's. The caller frees. */
char *fz_tier_words(fz_tier tier, const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range,
                    bool widened);

/* "2026-11-20", or "2026-11-20 14:30": a time before which something was dropped, at the next whole minute. The caller
 * frees. */
char *fz_tier_time(const fz_answer_manner *manner, int64_t time_us);

#endif
