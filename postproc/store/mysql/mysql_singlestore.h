/* What only SingleStore asks of a load: whether it commits as a whole, and what became of a lost COMMIT.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_SINGLESTORE_H
#define FZ_MYSQL_SINGLESTORE_H

#include "mysql_client.h"

/* Fails unless this version, as @@memsql_version has it, commits a transaction on all nodes or on none. */
bool fz_mysql_singlestore_judge(fz_mysql_client *client, const char *version, GError **error);

/* Tells the user if a COMMIT does not wait for a disk. */
void fz_mysql_singlestore_tell(fz_mysql_client *client);

/* For how many seconds a transaction may send nothing, with much to spare before the server ends it. */
bool fz_mysql_singlestore_silence(fz_mysql_client *client, unsigned *seconds, GError **error);

/* Makes AUTO_INCREMENT of fz_load go on behind the ids that are there, on all aggregators. It commits. */
bool fz_mysql_singlestore_sync_ids(fz_mysql_client *client, GError **error);

/* Fails if AUTO_INCREMENT has given a load an id that another one has. */
bool fz_mysql_singlestore_check_id(fz_mysql_client *client, int64_t load_id, GError **error);

/* After a COMMIT without an answer, on a new connection: true if the ledger's row of `identity` is that of `load_id`;
 * false without an error if it is not, and never will be. `insert` is the statement that added that row. */
bool fz_mysql_singlestore_committed(fz_mysql_client *client, const char *insert, const char *identity, int64_t load_id,
                                    GError **error);

#endif
