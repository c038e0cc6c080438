/* Computes the days of a store whose program did not know them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_UPGRADE_DAYS_H
#define FZ_UPGRADE_DAYS_H

#include "store.h"

/* Replaces all of fz_day by the sums of the merged hours, as merges would have written them (store/merge.h). Inside a
 * transaction. */
bool fz_upgrade_days(fz_store *store, GError **error);

#endif
