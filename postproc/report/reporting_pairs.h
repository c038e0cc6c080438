/* Reads pairs of zones, bin by bin.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_PAIRS_H
#define FZ_REPORTING_PAIRS_H

#include "overview.h"
#include "question.h"

/* Adds all conversations of the question to the overview, whose time is set; it is not settled. */
bool fz_reporting_read_pairs(fz_asking *asking, fz_overview *overview, GError **error);

#endif
