/* The sums of a load: which rows of them a record or a minute is.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROLLUP_H
#define FZ_ROLLUP_H

#include "store.h"
#include "sums.h"

/* Rows of fz_minute, fz_hour and fz_host as sums: fz_minute_sum, fz_hour, fz_host. */
extern const fz_sums_kind fz_rollup_minutes, fz_rollup_hours, fz_rollup_hosts;

fz_minute_sum fz_rollup_minute(const fz_minute *minute);

/* A record counts in the hour of its first packet. The texts are borrowed from the run. */
fz_hour fz_rollup_hour(const fz_record *record, const fz_run *run);

/* An end of a record in that hour. An address that talks to itself is both ends, in one flow: the second one has none.
 */
fz_host fz_rollup_host(const fz_record *record, int end);

#endif
