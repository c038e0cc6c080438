/* Option files of MySQL's and MariaDB's clients: read by us, and not by the client library, before the process gives up
 * the rights that they are read with. Knows no client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_OPTIONS_H
#define FZ_MYSQL_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* The settings of `file`, or without one (NULL) those of the usual files that are there: /etc/my.cnf,
 * /etc/mysql/my.cnf, my.cnf in MARIADB_HOME or MYSQL_HOME, ~/.my.cnf. Of each the sections [client], [client-server],
 * [client-mariadb] and [flowzone], with what !include and !includedir name; of two settings the last one holds.
 *
 * Names have '-' for '_', and ssl- where the file says tls- of a certificate or key; a setting without a value is "".
 * The caller frees with g_hash_table_unref, which wipes names and values. NULL with FZ_STORE_ERROR_CONNECT and a line
 * that names file and line, and quotes no value. */
GHashTable *fz_mysql_options_read(const char *file, GError **error);

/* A text that may be a password: wiped, then freed. NULL is fine. */
void fz_mysql_wipe(void *text);

#endif
