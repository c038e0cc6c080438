/* Sends many rows to a MySQL server, within the current transaction: as arrays of parameters, as the file of LOAD DATA
 * or as INSERT. Rows are collected into large statements, and the server must confirm how many it has accepted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_BULK_H
#define FZ_MYSQL_BULK_H

#include "mysql_server.h"
#include "mysql_text.h"

typedef struct fz_mysql_bulk fz_mysql_bulk;

/* `which` is the way to send rows; FZ_MYSQL_BULK_AUTO is the fastest that the connected server supports. Fails if it
 * does not support the way. All arguments are borrowed. */
fz_mysql_bulk *fz_mysql_bulk_new(fz_mysql_client *client, const fz_mysql_server *server, fz_mysql_way which,
                                 GError **error);
/* To be called before the connection is closed. */
void fz_mysql_bulk_free(fz_mysql_bulk *bulk);

/* The way's name for people: "array binding". */
const char *fz_mysql_bulk_name(const fz_mysql_bulk *bulk);

/* Adds rows of FZ_TABLE_FLOW or FZ_TABLE_PACKET; `ids` are the first one's. Sends each statement once it is full. It
 * may still be running when this returns: before any other statement, call fz_mysql_bulk_settle. */
bool fz_mysql_bulk_add(fz_mysql_bulk *bulk, fz_table table, fz_row_ids ids, const void *rows, size_t count,
                       GError **error);

/* Waits until the statement has ended and the connection can run another one. */
bool fz_mysql_bulk_settle(fz_mysql_bulk *bulk, GError **error);

/* Sends what was added, and settles. */
bool fz_mysql_bulk_flush(fz_mysql_bulk *bulk, GError **error);

/* How many rows of FZ_TABLE_FLOW or FZ_TABLE_PACKET were sent since fz_mysql_bulk_forget; after a flush the server has
 * accepted them. */
uint64_t fz_mysql_bulk_rows(const fz_mysql_bulk *bulk, fz_table table);

/* Drops rows that were not sent, and resets the count: another load begins. */
void fz_mysql_bulk_forget(fz_mysql_bulk *bulk);

/* Sends rows of sums, as fz_store_ops.add has them, and waits until the server has accepted them. Settle first. */
bool fz_mysql_bulk_sums(fz_mysql_bulk *bulk, int64_t load_id, fz_table table, const void *rows, size_t count,
                        GError **error);

#endif
