/* Rows in memory as a table that SQLite can select from.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_ROWS_H
#define FZ_SQLITE_ROWS_H

#include "columns.h"

#include <sqlite3.h>
#include <stdbool.h>

/* What a table fz_flow_rows, fz_hour_rows ... holds: the caller sets it before it runs a statement on the table. `rows`
 * is borrowed. */
typedef struct fz_sqlite_rows {
    fz_table table;
    const void
        *rows; /* FZ_TABLE_FLOW: records; FZ_TABLE_PACKET: rows of packets; else structs as fz_store_ops.add has */
    size_t count;
    int64_t id; /* flow_id or packet_id of the first row, the others' count up from it; else the load_id of all */
} fz_sqlite_rows;

/* Adds the table to this connection, with the columns of fz_statement_columns. `rows` is borrowed until the connection
 * is closed. False with SQLite's error in the connection. */
bool fz_sqlite_rows_register(sqlite3 *db, fz_sqlite_rows *rows);

#endif
