/* Rows of a query, added up before SQLite groups them: it would sort all of them first.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_ADDED_H
#define FZ_SQLITE_ADDED_H

#include <sqlite3.h>
#include <stdbool.h>

/* Adds the table "fz_added(QUERY, KEYS, SUMS)" to this connection. It has the columns c0, c1 ... of the query: its
 * first KEYS cells, and of rows that have the same ones the sums of the next SUMS cells, then, where there are more,
 * the least of one and the greatest of the other. Keys can be whole numbers, texts, bytes or NULL; all else is whole
 * numbers. There is one row of the same keys for as many rows of the query as fit into some memory; so GROUP BY them.
 * False with SQLite's error in the connection. */
bool fz_sqlite_added_register(sqlite3 *db);

#endif
