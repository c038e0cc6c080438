/* Records in memory as a table that SQLite can select from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_ROWS_H
#define FZ_SQLITE_ROWS_H

#include "flow.h"

#include <sqlite3.h>
#include <stdbool.h>

/* What the table fz_rows holds: the caller sets it before it runs a statement on the table. `records` is borrowed. */
typedef struct fz_sqlite_rows {
    const fz_record *records;
    size_t count;
    int64_t first_id; /* flow_id of the first record; the others' count up from it */
} fz_sqlite_rows;

/* Adds the table to this connection: flow_id, and the columns of fz_stored_fields in their order. `rows` is borrowed
 * until the connection is closed. False with SQLite's error in the connection. */
bool fz_sqlite_rows_register(sqlite3 *db, fz_sqlite_rows *rows);

#endif
