/* Rows as arrays of parameters: a prepared INSERT that MariaDB runs for many rows at once. Only MariaDB's client
 * library can; built with Oracle's, fz_mysql_array_new is never called.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_ARRAY_H
#define FZ_MYSQL_ARRAY_H

#include "mysql_client.h"

typedef struct fz_mysql_array fz_mysql_array;

/* The most rows of one array, even if the server accepts more: it inserts one array while the next one is filled. */
enum { FZ_MYSQL_ARRAY_ROWS = 4096 };

/* A parameter by its place in the first row: an integer of 1, 2, 4 or 8 bytes; or bytes, and where their count is. */
MYSQL_BIND fz_mysql_array_number(void *at, size_t size, bool is_unsigned);
MYSQL_BIND fz_mysql_array_bytes(void *at, unsigned long *size);

/* The same, but NULL in rows where `missing` is FZ_MYSQL_ARRAY_NULL; it is 0 in others. */
MYSQL_BIND fz_mysql_array_nullable(MYSQL_BIND parameter, char *missing);
enum { FZ_MYSQL_ARRAY_NULL = 1 };

/* How many rows of `row_bytes`, with this many parameters, fit into a packet; at least 1. */
size_t fz_mysql_array_fit(size_t packet_bytes, size_t row_bytes, size_t parameters);

/* Prepares `sql`, with one of `count` binds for each '?'. The binds point into the first row; the others follow,
 * `row_bytes` apart. The rows are borrowed until the array is freed. */
fz_mysql_array *fz_mysql_array_new(fz_mysql_client *client, const char *sql, MYSQL_BIND *binds, size_t count,
                                   size_t row_bytes, GError **error);
/* To be called before the connection is closed. */
void fz_mysql_array_free(fz_mysql_array *array);

/* Sends the first `rows` rows without waiting for the answer, but first waits for that to the rows sent before. The
 * caller may change the rows then, but must not use the connection before fz_mysql_array_wait. */
bool fz_mysql_array_send(fz_mysql_array *array, size_t rows, GError **error);

/* Waits for the answer to what was sent, if it has not been read yet; then the connection can be used. Fails unless the
 * server accepted every row without a warning. */
bool fz_mysql_array_wait(fz_mysql_array *array, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_mysql_array, fz_mysql_array_free)

#endif
