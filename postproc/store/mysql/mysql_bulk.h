/* Many rows on their way to a MySQL server, inside the transaction under way. They travel as arrays of parameters, as
 * the file of LOAD DATA or as INSERT: collected into large statements, and what the server took is counted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_BULK_H
#define FZ_MYSQL_BULK_H

#include "mysql_server.h"

typedef struct fz_mysql_bulk fz_mysql_bulk;

/* In the way that is asked for, or else the fastest that the connected server takes. Fails where it doesn't take that
 * way. All are borrowed. */
fz_mysql_bulk *fz_mysql_bulk_new(fz_mysql_client *client, const fz_mysql_server *server, fz_mysql_way which,
                                 GError **error);
/* Before the connection is closed. */
void fz_mysql_bulk_free(fz_mysql_bulk *bulk);

/* The way, for people: "array binding". */
const char *fz_mysql_bulk_name(const fz_mysql_bulk *bulk);

/* Adds rows of fz_flow, and sends them as they fill a statement. It may be under way when this returns, and the
 * connection takes no other until fz_mysql_bulk_settle. */
bool fz_mysql_bulk_add(fz_mysql_bulk *bulk, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                       GError **error);

/* Waits until nothing is under way: the connection takes another statement. */
bool fz_mysql_bulk_settle(fz_mysql_bulk *bulk, GError **error);

/* Sends what was added, and settles. */
bool fz_mysql_bulk_flush(fz_mysql_bulk *bulk, GError **error);

/* How many rows of fz_flow were sent since the last fz_mysql_bulk_forget; after a flush the server has taken them. */
uint64_t fz_mysql_bulk_rows(const fz_mysql_bulk *bulk);

/* Forgets what was added and not sent, and the count: another load begins. */
void fz_mysql_bulk_forget(fz_mysql_bulk *bulk);

/* Sends rows of fz_hour, and waits until the server has taken them. Settle first. */
bool fz_mysql_bulk_hours(fz_mysql_bulk *bulk, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                         GError **error);

#endif
