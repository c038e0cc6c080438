/* How a SQLite file loses rows while others load, and gives their room back.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_SHED_H
#define FZ_SQLITE_SHED_H

#include "sqlite_statement.h"

/* As fz_store_ops.shed and .shrink. */
bool fz_sqlite_shed(fz_store *store, int64_t load_id, fz_table table, uint64_t first_no, uint64_t last_no,
                    GError **error);
bool fz_sqlite_shrink(fz_store *store, bool *more, GError **error);

#endif
