/* A connection to a MySQL server: connecting, running statements, and what errors mean.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_CLIENT_H
#define FZ_MYSQL_CLIENT_H

#include "mysql_handle.h"
#include "store.h"

typedef struct fz_mysql_client {
    MYSQL *db;               /* NULL: not connected */
    const fz_mysql_uri *uri; /* borrowed, as are `login` and `patience` */
    fz_mysql_login *login;
    const fz_patience *patience;
    char *where;        /* "host:port/database", for errors; never a password */
    char token[33];     /* the one file name that the server may ask for; empty unless LOAD DATA runs */
    const char *upload; /* that file's content */
    size_t upload_bytes;
    gint64 until_us;    /* the deadline of fz_mysql_client_limit; 0: none */
    gint64 ends_us;     /* the deadline of fz_mysql_client_end; 0: none */
    unsigned ends_s;    /* that time when it was given */
    unsigned granted_s; /* the time allowed for the last answer */
    bool late;          /* it took longer */
    bool unhurried;     /* an answer may take a day: statements go through all of a table */
    bool heeds;         /* statements end when this process is told to */
    bool quotes;        /* SingleStore: columns with a keyword's name are quoted */
    bool file_sent;     /* the server asked for that file */
    bool file_asked;    /* the server asked for another file */
} fz_mysql_client;

/* Does not connect yet. All arguments are borrowed until the client is freed. */
fz_mysql_client *fz_mysql_client_new(const fz_mysql_uri *uri, fz_mysql_login *login, const fz_patience *patience);
void fz_mysql_client_free(fz_mysql_client *client);

/* Connects, within half a minute; asks for a password on the terminal, without echo, if the server needs one and none
 * is known. Fails if the connection is not as secure as the address asks. */
bool fz_mysql_client_connect(fz_mysql_client *client, GError **error);
void fz_mysql_client_disconnect(fz_mysql_client *client);

/* All following statements together must be answered within this many seconds; 0: each statement has its own limit
 * again. */
void fz_mysql_client_limit(fz_mysql_client *client, unsigned seconds);

/* All following statements end after `seconds` from now, 0: any time, or when this process is told to end; their error
 * is FZ_STORE_ERROR_ENDED. Where `client->db` is NULL then, the server may still be at work. */
void fz_mysql_client_end(fz_mysql_client *client, unsigned seconds);

/* Call these before and after waiting for an answer to `bytes`: the connection is closed if the server does not answer
 * within five minutes, plus the longest wait for a lock, plus the time that the bytes take on a slow line. Between
 * statements there is no limit. */
void fz_mysql_client_await(fz_mysql_client *client, size_t bytes);
void fz_mysql_client_answered(fz_mysql_client *client);

/* Runs a statement that returns no rows. `affected` may be NULL; it counts rows found, changed or not. */
bool fz_mysql_client_run(fz_mysql_client *client, const char *sql, uint64_t *affected, GError **error);
bool fz_mysql_client_run_bytes(fz_mysql_client *client, const char *sql, size_t size, uint64_t *affected,
                               GError **error);

/* Runs a statement, and gives `take` each row as it comes: at most `most`, of `columns` cells, whose texts end at their
 * first NUL byte. Any other answer is an error, and closes the connection: a server that sends it cannot be trusted.
 * What `take` got before an error means nothing. It must not use the connection. */
bool fz_mysql_client_each(fz_mysql_client *client, const char *sql, size_t columns, size_t most, fz_cells_taker take,
                          void *user, GError **error);

/* The same of columns that are integers or bytes. */
bool fz_mysql_client_each_data(fz_mysql_client *client, const char *sql, size_t columns, size_t most,
                               fz_data_taker take, void *user, GError **error);

/* A statement's result; texts end at their first NUL byte. */
typedef struct fz_mysql_rows {
    size_t count, columns;
    GPtrArray *cells; /* row by row; NULL for SQL's NULL */
} fz_mysql_rows;

/* The same for an answer of at most 16 MiB. The caller frees; NULL with an error. */
fz_mysql_rows *fz_mysql_client_select(fz_mysql_client *client, const char *sql, size_t columns, size_t most,
                                      GError **error);
void fz_mysql_rows_free(fz_mysql_rows *rows);

/* A cell, valid until `rows` is freed; NULL for SQL's NULL. */
const char *fz_mysql_cell(const fz_mysql_rows *rows, size_t row, size_t column);

/* Runs LOAD DATA LOCAL INFILE of client->token with `bytes` as the file: fails unless the server accepted all `records`
 * without a warning. */
bool fz_mysql_client_load_data(fz_mysql_client *client, const char *sql, const char *bytes, size_t size,
                               uint64_t records, GError **error);

/* A new random token, for the statement and for the handler. */
void fz_mysql_client_new_token(fz_mysql_client *client);

/* Sets `error` from a code and message of the client library or the server, in one clean line. Returns false. */
bool fz_mysql_client_fail(const fz_mysql_client *client, unsigned code, const char *message, GError **error);

/* Sets `error` from a message of our own, after the server's name. Returns false. */
bool fz_mysql_client_refuse(const fz_mysql_client *client, fz_store_error code, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The same for an answer that no honest server gives; closes the connection. `what` names the answer. Returns false. */
bool fz_mysql_client_distrust(fz_mysql_client *client, const char *what, GError **error);

/* A cell of a result as a number; 0 for NULL. */
int64_t fz_mysql_number(const char *cell);

/* True if this error means that the session is lost. */
bool fz_mysql_code_is_lost(unsigned code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_mysql_rows, fz_mysql_rows_free)

#endif
