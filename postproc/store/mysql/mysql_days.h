/* Days of rows in MariaDB and MySQL: the partitions of fz_flow and fz_packet, behind fz_days_ops (store.h).
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * DROP PARTITION would unlink the file of a day while all programs wait for it. So the partition is exchanged for an
 * empty table, which takes a twentieth of a second, and that table is dropped, for which nobody waits.
 *
 * A load that has rows in the partition may commit at any moment. Each load writes its row of the ledger first, and has
 * it until it commits: while LOCK TABLES holds the ledger, none is under way and none begins. So the ledger is held
 * from the look whether a load still shows rows of these days until they are gone. It takes two sessions: an exchange
 * would wait for a lock of its own session. */
#ifndef FZ_MYSQL_DAYS_H
#define FZ_MYSQL_DAYS_H

#include "mysql_server.h"

/* Borrowed by all of the functions below, as is what it names. */
typedef struct fz_mysql_days {
    const fz_mysql_server *server;
    fz_mysql_client *client; /* holds the ledger */
    fz_mysql_client *spare;  /* changes partitions; NULL: there is none */
    unsigned *ready;         /* tables, a bit of fz_table each, for which this session has an empty one to exchange */
} fz_mysql_days;

/* Whether a server of this kind has partitions, and locks that hold what is said above. */
bool fz_mysql_days_are_known(const fz_mysql_server *server);

/* As in fz_days_ops. `changes`: whether it matters what the account may do. */
bool fz_mysql_days_list(const fz_mysql_days *days, bool changes, fz_table table, GArray *spans, char **why,
                        GError **error);
bool fz_mysql_days_drop(const fz_mysql_days *days, fz_table table, const fz_day_span *span, GError **error);
bool fz_mysql_days_make(const fz_mysql_days *days, int64_t today, unsigned ahead, int64_t oldest, bool *full,
                        GError **error);

#endif
