/* Reads bytes over time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_TIME_H
#define FZ_REPORTING_TIME_H

#include "overview.h"
#include "question.h"

/* Sets the bins of the overview, and where their bytes come from. Where pairs come from sums that have more captures
 * than the details (`sums`, and some are dropped), time must not come from details: it is that of minutes, if all
 * captures have them, and else of hours. */
bool fz_reporting_set_time(fz_asking *asking, fz_overview *overview, GError **error);

/* Adds the bytes of all bins to the overview, which has the pairs, and is not settled. */
bool fz_reporting_read_time(fz_asking *asking, fz_overview *overview, GError **error);

#endif
