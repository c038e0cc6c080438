/* Handles of Oracle's and MariaDB's client libraries, and what is asked of a connection before it is made. The
 * differences between the libraries are here and in mysql_array.c.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_HANDLE_H
#define FZ_MYSQL_HANDLE_H

#include "mysql_login.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

/* MARIADB_BASE_VERSION: libmariadb, the only one that binds arrays. Oracle's library has bool for my_bool from 8.0.1
 * on. */
#ifdef MARIADB_BASE_VERSION
typedef my_bool fz_mysql_bool;
#else
typedef bool fz_mysql_bool;
#endif

/* A handle with TLS as the address asks, the option files' settings about the connection, and only the authentication
 * plugins that reveal the password to nobody but the server: without TLS or a Unix socket, those that prove that it is
 * known. If TLS is asked for and the server has none, connecting fails before anything that depends on the password is
 * sent. NULL: out of memory. */
MYSQL *fz_mysql_handle_new(const fz_mysql_uri *uri, const fz_mysql_login *login);

/* For a connection that was made: why it is not what the address asks for; NULL: it is. */
const char *fz_mysql_handle_judge(MYSQL *db, const fz_mysql_uri *uri);

/* For a connection that failed: why, and what to do; NULL: the library's message suffices. */
const char *fz_mysql_handle_explain(MYSQL *db);

/* The socket of a connection. */
int fz_mysql_handle_socket(MYSQL *db);

/* Turns off automatic reconnection, which would lose the transaction unnoticed. */
void fz_mysql_handle_stay(MYSQL *db);

/* Wipes the password from a connected handle. */
void fz_mysql_handle_forget(MYSQL *db);

/* True if the connected server and the library support arrays of parameters. */
bool fz_mysql_handle_takes_arrays(MYSQL *db);

#endif
