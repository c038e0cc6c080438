/* How to get into a MySQL server: who, by which password, with which keys. All that is to be known of it is read before
 * the process gives up the rights to read it, and forgotten when there are connections. Knows no client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_LOGIN_H
#define FZ_MYSQL_LOGIN_H

#include "mysql_uri.h"

#include <stdint.h>

typedef struct fz_mysql_login {
    char *user;
    char *password; /* NULL: not known yet */
    char *socket;   /* NULL: the client library's own */
    uint16_t port;
    GHashTable *options; /* the other settings of option files, by name; a file is the path of a copy in memory */
    GArray *copies;      /* descriptors of these */
    int terminal;        /* where a password can be asked for; -1: nowhere */
    bool was_root;
} fz_mysql_login;

/* Reads option files and environment for an address. False with FZ_STORE_ERROR_CONNECT. In either case the caller
 * clears. */
bool fz_mysql_login_read(fz_mysql_login *login, const fz_mysql_uri *uri, GError **error);

/* Asks for the password, without echo. False without a terminal, or when it is closed. `where` names the server. */
bool fz_mysql_login_ask(fz_mysql_login *login, const char *where);

/* A setting's text; NULL if no option file has it. */
const char *fz_mysql_login_option(const fz_mysql_login *login, const char *name);

/* Wipes and frees all of it. A login of zeros is fine. */
void fz_mysql_login_clear(fz_mysql_login *login);

#endif
