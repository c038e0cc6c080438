/* Loading one flow file, whoever wrote it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOADER_H
#define FZ_LOADER_H

#include "report.h"
#include "source.h"
#include "store.h"

/* Brings what comes from a source into the store, and reports what became of it: `report` is zero before. False with an
 * error, which does not name the source, if something went wrong; what the source reported of itself is passed on too.
 */
bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error);

#endif
