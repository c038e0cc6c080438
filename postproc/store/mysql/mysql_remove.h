/* Rows of a load that go: all of a table, or some of them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_REMOVE_H
#define FZ_MYSQL_REMOVE_H

#include "mysql_server.h"

/* Deletes a load's rows of a table. */
bool fz_mysql_remove_rows(const fz_mysql_server *server, fz_mysql_client *client, fz_table table, int64_t load_id,
                          GError **error);

/* Deletes those of FZ_TABLE_FLOW or FZ_TABLE_PACKET with first_no <= row_no <= last_no. Outside of a transaction: one
 * statement, on SingleStore several. */
bool fz_mysql_remove_window(const fz_mysql_server *server, fz_mysql_client *client, fz_table table, int64_t load_id,
                            uint64_t first_no, uint64_t last_no, GError **error);

#endif
