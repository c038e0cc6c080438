/* The hourly rollup: records added up by hour, zones, protocol and service port, in bounded memory.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROLLUP_H
#define FZ_ROLLUP_H

#include "store.h"
#include "sums.h"

/* Rows of fz_hour as sums. */
extern const fz_sums_kind fz_rollup_hours;

/* The row of fz_hour that a record of the run is, in the hour of its first packet. The run's texts are borrowed. */
fz_hour fz_rollup_hour(const fz_record *record, const fz_run *run);

#endif
