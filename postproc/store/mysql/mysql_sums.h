/* Sends rows of sums to a MySQL server: as arrays of parameters, or as INSERT.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SUMS_H
#define FZ_MYSQL_SUMS_H

#include "mysql_server.h"

/* Sends `count` rows, at least one, of a table of sums, as fz_store_ops.add has them, and waits until the server has
 * accepted them. */
typedef bool (*fz_mysql_sums_way)(fz_mysql_client *client, const fz_mysql_server *server, int64_t load_id,
                                  fz_table table, const void *rows, size_t count, GError **error);

bool fz_mysql_sums_array(fz_mysql_client *client, const fz_mysql_server *server, int64_t load_id, fz_table table,
                         const void *rows, size_t count, GError **error);
bool fz_mysql_sums_insert(fz_mysql_client *client, const fz_mysql_server *server, int64_t load_id, fz_table table,
                          const void *rows, size_t count, GError **error);

/* The most bytes of an INSERT's text. */
size_t fz_mysql_sums_text_limit(const fz_mysql_server *server);

#endif
