/* Periods to compare with.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PERIOD_H
#define FZ_PERIOD_H

#include "coverage.h"

/* Reads --vs of a question from `since_s` to `until_s`, seconds since 1970 (G_MININT64, G_MAXINT64: not given):
 * "previous", as long as that and right before it; "7d", so long before it; "TIME..TIME". An error begins with "vs=".
 */
bool fz_period_parse(const char *text, int64_t since_s, int64_t until_s, fz_range *before, GError **error);

#endif
