/* Loads the records of one source into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOADER_H
#define FZ_LOADER_H

#include "report.h"
#include "source.h"
#include "store.h"

/* Loads a source, and fills in `report`, which must be zero before: the outcome, and what the source reported about
 * itself, the latter also on failure. False with an error that does not name the source. */
bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error);

#endif
