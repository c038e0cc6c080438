/* A MySQL server's kind and limits, our session with it, and our tables in it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SERVER_H
#define FZ_MYSQL_SERVER_H

#include "dialect.h"
#include "mysql_client.h"

typedef struct fz_mysql_server {
    const fz_dialect *dialect;
    char *name;          /* for people, with its version: "MariaDB 10.11.6" */
    size_t packet_bytes; /* max_allowed_packet */
    bool takes_local;    /* LOAD DATA LOCAL */
    bool changes_names;  /* of LOAD DATA's files: see set_file_names */
    bool takes_arrays;
    unsigned silence_s; /* how long a transaction may be silent; 0: any time */
} fz_mysql_server;

/* Identifies the connected server, and sets up the session. Refuses servers that lack what flowzone needs. `server`
 * must be zero, or from an earlier call. */
bool fz_mysql_server_meet(fz_mysql_server *server, fz_mysql_client *client, GError **error);
void fz_mysql_server_clear(fz_mysql_server *server);

/* Makes a session of a known server strict, patient, in UTC and in utf8mb4, and without gap locks, by which loads would
 * block each other. */
bool fz_mysql_server_prepare(fz_mysql_server *server, fz_mysql_client *client, GError **error);

/* The sizes of tables are to be those of now: from 8.0 on MySQL has them from the day before. */
bool fz_mysql_server_want_sizes(const fz_mysql_server *server, fz_mysql_client *client, GError **error);

/* How long the session's statements wait for rows that another one has locked. */
bool fz_mysql_server_set_patience(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds,
                                  GError **error);

/* How long a statement of the session may take, at least one that only reads; 0: any time. Does nothing where the
 * server has no such limit. */
bool fz_mysql_server_set_limit(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds,
                               GError **error);

/* True for SingleStore. */
bool fz_mysql_server_is_singlestore(const fz_mysql_server *server);

/* Creates or upgrades the schema, and refuses tables that are foreign or cannot roll back. To be called outside any
 * transaction. */
bool fz_mysql_server_open_schema(const fz_mysql_server *server, fz_mysql_client *client, GError **error);

/* Whether the database has a table (`list` is "TABLES": or a view) or a view ("VIEWS") of this name. */
bool fz_mysql_server_has(fz_mysql_client *client, const char *list, const char *name, bool *has, GError **error);

/* One program at a time that changes our tables, for as long as this session lasts; waits `seconds` for another. */
bool fz_mysql_server_take_lock(const fz_mysql_server *server, fz_mysql_client *client, unsigned seconds,
                               GError **error);

/* Makes our tables, or our views, that are not there. To be called outside any transaction. */
typedef enum fz_mysql_part { FZ_MYSQL_TABLES, FZ_MYSQL_VIEWS } fz_mysql_part;
bool fz_mysql_server_create(const fz_mysql_server *server, fz_mysql_client *client, fz_mysql_part part, GError **error);

/* The schema's version in a database in which nothing may be created. Fails if there is none, and for FZ_ACCESS_READ
 * and others that need the current one unless it is that. For FZ_ACCESS_RETAIN views of an older program are renewed.
 */
bool fz_mysql_server_find_schema(const fz_mysql_server *server, fz_mysql_client *client, fz_access access,
                                 int64_t *version, GError **error);

#endif
