/* A handle of the client library before it is connected: everything that is asked of the connection, in Oracle's
 * library and in MariaDB's. All differences between the two are here and in mysql_array.c. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#ifndef FZ_MYSQL_HANDLE_H
#define FZ_MYSQL_HANDLE_H

#include "mysql_login.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

/* libmariadb says its version in MARIADB_BASE_VERSION; only it binds arrays. Oracle's library has bool for my_bool
 * from 8.0.1 on. */
#ifdef MARIADB_BASE_VERSION
typedef my_bool fz_mysql_bool;
#else
typedef bool fz_mysql_bool;
#endif

/* A handle with TLS as the address asks for it, the settings of option files that concern the connection, and only
 * those ways to authenticate by which no password gets to anybody but the server: without TLS (and without a Unix
 * socket, on which nobody can eavesdrop) those that prove that the password is known. Where TLS is asked for and the
 * server has none, connecting fails before anything that depends on the password is sent. NULL: no memory. */
MYSQL *fz_mysql_handle_new(const fz_mysql_uri *uri, const fz_mysql_login *login);

/* For a connection made: why it isn't what the address asks for; NULL: it is. */
const char *fz_mysql_handle_judge(MYSQL *db, const fz_mysql_uri *uri);

/* For a connection that failed: why, in our words, and what to do; NULL: the library's message suffices. */
const char *fz_mysql_handle_explain(MYSQL *db);

/* The socket of a connection. */
int fz_mysql_handle_socket(MYSQL *db);

/* Turns off automatic reconnection, which would lose the transaction unnoticed. */
void fz_mysql_handle_stay(MYSQL *db);

/* Takes the password out of a handle that is connected. */
void fz_mysql_handle_forget(MYSQL *db);

/* True if the connected server takes arrays of parameters, and the library has them. */
bool fz_mysql_handle_takes_arrays(MYSQL *db);

#endif
