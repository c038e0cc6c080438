/* Reads a report's numbers from a store, as "top", "matrix", "time", "flows", "loads" and "check" do.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_READ_H
#define FZ_REPORTING_READ_H

#include "overview.h"
#include "reporting.h"

/* All but findings. Inside a transaction. Numbers are those of the store, one for one; none of it is invented. With
 * --sql the statements are printed, and the overview is empty. The caller frees. */
fz_overview *fz_reporting_read(fz_asking *asking, const fz_reporting *reporting, GError **error);

#endif
