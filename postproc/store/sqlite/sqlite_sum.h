/* A SUM for SQLite that ends where others fail.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_SUM_H
#define FZ_SQLITE_SUM_H

#include <sqlite3.h>
#include <stdbool.h>

/* Replaces this connection's SUM by one of integers that is INT64_MAX where SQLite's own would end the statement with
 * "integer overflow", whatever the order of its rows. Statements stay those that any SQLite runs. */
bool fz_sqlite_sum_register(sqlite3 *db);

#endif
