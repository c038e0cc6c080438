/* Findings of a report that `flowzone find` has too: those that are asked for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_FIND_H
#define FZ_REPORTING_FIND_H

#include "overview.h"
#include "reporting.h"

/* Which kinds words such as "beacons,long" name: a sum of bits, for the member `find`. False: a word is none. */
#define FZ_REPORTING_FIND_WORDS "beacons, scans, long or one-way, with commas in between"
bool fz_reporting_find_parse(const char *words, unsigned *find);

/* Adds the first few findings of each kind that is asked for, and how many more there are: those of `flowzone find`
 * for the same question. Zones and pairs are settled. After --sql, only the statements are printed. */
bool fz_reporting_find(fz_asking *asking, const fz_reporting *reporting, fz_overview *overview, GError **error);

#endif
