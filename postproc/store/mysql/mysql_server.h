/* What a MySQL server is and whether it will do: its kind, its session, its limits, and our tables in it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SERVER_H
#define FZ_MYSQL_SERVER_H

#include "dialect.h"
#include "mysql_client.h"

typedef struct fz_mysql_server {
    const fz_dialect *dialect;
    char *name;          /* with its version, for people: "MariaDB 10.11.6" */
    size_t packet_bytes; /* max_allowed_packet */
    bool takes_local;    /* LOAD DATA LOCAL */
    bool changes_names;  /* of its files */
    bool takes_arrays;
} fz_mysql_server;

/* Finds out what the connected server is, and makes the session strict and patient. Refuses those that speak the
 * protocol and don't keep its promises. `server` is empty, or was met before. */
bool fz_mysql_server_meet(fz_mysql_server *server, fz_mysql_client *client, GError **error);
void fz_mysql_server_clear(fz_mysql_server *server);

/* True where it is SingleStore. */
bool fz_mysql_server_is_singlestore(const fz_mysql_server *server);

/* Creates what is missing of the schema, and refuses tables that are foreign or can't roll back. Outside any
 * transaction. */
bool fz_mysql_server_open_schema(const fz_mysql_server *server, fz_mysql_client *client, GError **error);

#endif
