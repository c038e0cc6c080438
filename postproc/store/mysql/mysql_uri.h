/* The address of a MySQL, MariaDB or SingleStore database.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_URI_H
#define FZ_MYSQL_URI_H

#include <glib.h>
#include <stdbool.h>

#define FZ_MYSQL_URI_FORM "mysql://[user@]host[:port]/database[?option=value&...]"

/* tls=: what the connection must have. */
typedef enum fz_mysql_tls {
    FZ_MYSQL_TLS_OFF,     /* nothing; the option file may still ask for it */
    FZ_MYSQL_TLS_ENCRYPT, /* encryption, with any server */
    FZ_MYSQL_TLS_VERIFY,  /* encryption, and a certificate for the host, signed by a trusted authority */
} fz_mysql_tls;

/* bulk=: how rows are sent. For tests of every way on one server: by default it follows from the kind of server. */
typedef enum fz_mysql_way {
    FZ_MYSQL_BULK_AUTO,
    FZ_MYSQL_BULK_ARRAY,     /* a prepared INSERT, its parameters bound to an array */
    FZ_MYSQL_BULK_LOAD_DATA, /* LOAD DATA LOCAL INFILE */
    FZ_MYSQL_BULK_INSERT,    /* INSERT with many rows */
} fz_mysql_way;

/* The names of the enums above, as the address spells them. */
extern const char *const fz_mysql_tls_names[3];
extern const char *const fz_mysql_bulk_names[4];

/* Texts are UTF-8 without control characters. The caller frees with fz_mysql_uri_clear. */
typedef struct fz_mysql_uri {
    char *user;        /* NULL: the option file's, else the login name */
    char *host;        /* never NULL nor empty */
    unsigned port;     /* 0: the option file's, else the client's default */
    char *database;    /* never NULL nor empty */
    char *socket;      /* NULL: the option file's, else the client's default */
    char *option_file; /* NULL: the usual ones */
    char *ssl_ca;      /* NULL: the option file's, else the system's authorities (libmysqlclient has none) */
    fz_mysql_tls tls;  /* without tls=: verify, but off on this machine */
    fz_mysql_way bulk;
    bool unix_socket; /* the host is "localhost" and no port was given */
} fz_mysql_uri;

/* Reads an address of the form above, percent-decoded. Options: socket, option-file, ssl-ca, tls, bulk. A password in
 * it is refused. Errors (FZ_STORE_ERROR_URI) never quote a part that may hold a misplaced password. On failure `uri` is
 * empty. */
bool fz_mysql_uri_parse(const char *address, fz_mysql_uri *uri, GError **error);
void fz_mysql_uri_clear(fz_mysql_uri *uri);

/* True for "localhost", 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, whose traffic never leaves this machine. */
bool fz_mysql_host_is_local(const char *host);

#endif
