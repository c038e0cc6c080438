/* Credentials for a MySQL server: user, password, keys. They are read before the process drops the rights to read
 * them, and wiped once it is connected. Independent of the client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_LOGIN_H
#define FZ_MYSQL_LOGIN_H

#include "mysql_uri.h"

#include <stdint.h>

typedef struct fz_mysql_login {
    char *user;
    char *password; /* NULL: not known yet */
    char *socket;   /* NULL: the client library's default */
    uint16_t port;
    GHashTable *options; /* the other settings of option files, by name; for a file, the path of its copy in memory */
    GArray *copies;      /* the copies' descriptors */
    int terminal;        /* where a password can be asked for; -1: nowhere */
    bool was_root;
} fz_mysql_login;

/* Reads option files and environment for an address. False with FZ_STORE_ERROR_CONNECT. The caller frees with
 * fz_mysql_login_clear, also on failure. */
bool fz_mysql_login_read(fz_mysql_login *login, const fz_mysql_uri *uri, GError **error);

/* Asks for the password, without echo. False if there is no terminal, or if it is closed. `where` names the server. */
bool fz_mysql_login_ask(fz_mysql_login *login, const char *where);

/* A setting's text, valid until the login is cleared; NULL if no option file has it. */
const char *fz_mysql_login_option(const fz_mysql_login *login, const char *name);

/* Wipes and frees the members. A zeroed login is allowed. */
void fz_mysql_login_clear(fz_mysql_login *login);

#endif
