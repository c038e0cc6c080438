/* Statements of statement.h with their values written into the text, as MySQL's servers expect.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SQL_H
#define FZ_MYSQL_SQL_H

#include "mysql_client.h"
#include "statement.h"

/* The values of a statement, in the order of its '?'. Their texts are borrowed. The caller frees with g_array_unref. */
GArray *fz_mysql_values_new(void);
void fz_mysql_values_add(GArray *values, fz_value value);

/* Adds the columns of a row, without the ids that a store binds itself. */
void fz_mysql_values_add_row(GArray *values, fz_table table, const void *row);

/* Appends a text, quoted and escaped for the connection's character set; bytes in hexadecimal; or a number. */
void fz_mysql_sql_append(fz_mysql_client *client, GString *sql, fz_value value);

/* Appends `pattern`, with each '?' replaced by the next of as many values. */
void fz_mysql_sql_fill(fz_mysql_client *client, GString *sql, const char *pattern, const GArray *values);

/* The same, but numbers and bytes stay '?', as parameters of a prepared statement. */
void fz_mysql_sql_fill_texts(fz_mysql_client *client, GString *sql, const char *pattern, const GArray *values);

/* Runs a statement of statement.h with its values. `sql` is taken over. `affected` may be NULL. */
bool fz_mysql_sql_run(fz_mysql_client *client, char *sql, const GArray *values, uint64_t *affected, GError **error);

/* An INSERT of many rows. */
typedef struct fz_mysql_insert {
    fz_mysql_client *client;
    char *head;        /* "INSERT INTO t (...) VALUES" */
    const char *tuple; /* "(?, ...)", after the head */
    const char *tail;  /* after the rows; "": nothing */
    GString *text;     /* the statement so far; empty without rows */
} fz_mysql_insert;

/* `sql`, an insert of one row, is taken over. */
void fz_mysql_insert_init(fz_mysql_insert *insert, fz_mysql_client *client, char *sql, const char *tail);
void fz_mysql_insert_clear(fz_mysql_insert *insert);
void fz_mysql_insert_add(fz_mysql_insert *insert, const GArray *values);

/* Runs the statement if it has rows, and begins a new one. */
bool fz_mysql_insert_run(fz_mysql_insert *insert, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(fz_mysql_insert, fz_mysql_insert_clear)

#endif
