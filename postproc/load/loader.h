/* Loading one flow file, whoever wrote it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOADER_H
#define FZ_LOADER_H

#include "report.h"
#include "source.h"
#include "store.h"

/* Brings what comes from a source into the store. What became of it is told on standard error, or reported where
 * `report` is not NULL. An error begins with the source's name. */
bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error);

#endif
