/* Option files of MySQL's and MariaDB's clients. We read them, not the client library, which would read them after the
 * process has dropped its rights. Independent of the client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_OPTIONS_H
#define FZ_MYSQL_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* The settings of `file`; if it is NULL, of those of the usual files that exist: /etc/my.cnf, /etc/mysql/my.cnf, my.cnf
 * in MARIADB_HOME or MYSQL_HOME, ~/.my.cnf. Reads the sections [client], [client-server], [client-mariadb] and
 * [flowzone], and what !include and !includedir name; the last of several equal settings applies.
 *
 * Names have '-' for '_', and ssl- for the tls- of certificates and keys; a setting without a value is "". The caller
 * frees with g_hash_table_unref, which wipes names and values. NULL with FZ_STORE_ERROR_CONNECT and an error that names
 * file and line, and quotes no value. */
GHashTable *fz_mysql_options_read(const char *file, GError **error);

/* Those usual files, whether they exist or not, in the order in which they are read: NULL-ended. The caller frees with
 * g_strfreev. */
char **fz_mysql_options_usual(void);

/* Wipes and frees a text that may be a password. NULL is allowed. */
void fz_mysql_wipe(void *text);

#endif
