/* Splits the partition of fz_flow and of fz_packet that has all days into partitions of one day each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SPLIT_H
#define FZ_MYSQL_SPLIT_H

#include "mysql_server.h"

/* A day N of days since 1970 is the partition dN, of what is below N + 1 and not below the one before. More of them a
 * table does not get: older days share the lowest. Days that are further ahead of today than that stay where they are:
 * their captures' clock was wrong. */
enum { FZ_MYSQL_SPLIT_MOST = 1000, FZ_MYSQL_SPLIT_AHEAD = 14 };

/* Whether the highest partition of a table has rows of other days, or the table has no partitions at all. No account
 * needs more than SELECT for that. Never where the server has no partitions, or they are not by day. */
bool fz_mysql_split_due(const fz_mysql_server *server, fz_mysql_client *client, bool *due, GError **error);

/* Splits them, each table in one statement, which copies its rows; loads wait for it. FZ_STORE_ERROR_SCHEMA if the
 * account may not. Outside of a transaction. */
bool fz_mysql_split(const fz_mysql_server *server, fz_mysql_client *client, GError **error);

/* The same of tables without rows, for the days of another ledger, an older one: of its first frames. */
bool fz_mysql_split_new(const fz_mysql_server *server, fz_mysql_client *client, const char *ledger, GError **error);

#endif
