/* Rows as arrays of parameters: a prepared INSERT that MariaDB runs for many rows at once. Only MariaDB's client
 * library can; built with Oracle's, there is none to be had. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_ARRAY_H
#define FZ_MYSQL_ARRAY_H

#include "mysql_client.h"

typedef struct fz_mysql_array fz_mysql_array;

/* The most rows of one array, whatever the server takes: it works on one while the next is read. */
enum { FZ_MYSQL_ARRAY_ROWS = 4096 };

/* Parameters as they stand in the first row: an integer of 1, 2, 4 or 8 bytes; bytes, whose count stands there too. */
MYSQL_BIND fz_mysql_array_number(void *at, size_t size, bool is_unsigned);
MYSQL_BIND fz_mysql_array_bytes(void *at, unsigned long *size);

/* How many rows with `row_bytes` of `parameters` fit into a packet of the server; at least 1. */
size_t fz_mysql_array_fit(size_t packet_bytes, size_t row_bytes, size_t parameters);

/* Prepares `sql`, with one of `count` binds for each '?'. They point into the first row; the others follow, `row_bytes`
 * apart. The rows must outlive the array. */
fz_mysql_array *fz_mysql_array_new(fz_mysql_client *client, const char *sql, MYSQL_BIND *binds, size_t count,
                                   size_t row_bytes, GError **error);
/* Before the connection is closed. */
void fz_mysql_array_free(fz_mysql_array *array);

/* Hands the first `rows` rows over and doesn't wait until the server is through with them: meanwhile the caller may
 * change them, and may not use the connection. Waits for those sent before. */
bool fz_mysql_array_send(fz_mysql_array *array, size_t rows, GError **error);

/* Waits for what was sent, if the answer is still to come: fails unless the server took every row without a warning.
 * Then the connection is free. */
bool fz_mysql_array_wait(fz_mysql_array *array, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_mysql_array, fz_mysql_array_free)

#endif
