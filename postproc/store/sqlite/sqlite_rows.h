/* Records in memory as a table that SQLite can select from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_ROWS_H
#define FZ_SQLITE_ROWS_H

#include "flow.h"

#include <sqlite3.h>
#include <stdbool.h>

/* What the table fz_rows holds now: the caller sets it before it runs a statement on the table. Borrowed. */
typedef struct fz_sqlite_rows {
    const fz_record *records;
    size_t count;
    int64_t first_id; /* flow_id of the first record; those of the others follow */
} fz_sqlite_rows;

/* Makes the table known to this connection: flow_id, and the columns of fz_stored_fields in their order. The rows must
 * outlive the connection. False with SQLite's error in the connection. */
bool fz_sqlite_rows_register(sqlite3 *db, fz_sqlite_rows *rows);

#endif
