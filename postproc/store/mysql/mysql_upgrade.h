/* The upgrade of a MySQL server's store: older tables are renamed, and new ones made in their place, or, of newer ones,
 * it is in place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_UPGRADE_H
#define FZ_MYSQL_UPGRADE_H

#include "mysql_server.h"

/* What the names of older tables begin with, during an upgrade. */
#define FZ_MYSQL_OLD "fz_old_"

/* The table that is there while an upgrade goes on. */
#define FZ_MYSQL_UPGRADE "fz_upgrade"

/* Refuses the store meanwhile. Returns false. */
bool fz_mysql_upgrade_refuse(const fz_mysql_client *client, GError **error);

/* Where an upgrade stands. */
typedef struct fz_mysql_stage {
    bool begun;           /* and not ended */
    bool copied;          /* only the older tables are left to drop */
    int64_t from_version; /* of the schema; 0: not begun */
} fz_mysql_stage;

/* Reads that. Accounts that may not see the mark see no upgrade. */
bool fz_mysql_upgrade_stage(fz_mysql_client *client, fz_mysql_stage *stage, GError **error);

/* Shuts out other programs, renames the older tables and makes the new ones, as far as an upgrade that was interrupted
 * has not; from FZ_SCHEMA_IN_PLACE on it begins a transaction instead. `stage` and `version` are what they were when
 * the store was opened. */
bool fz_mysql_upgrade_begin(const fz_mysql_server *server, fz_mysql_client *client, const fz_mysql_stage *stage,
                            int64_t version, GError **error);

/* Drops the older tables, or commits; makes the views, and lets other programs in. */
bool fz_mysql_upgrade_end(const fz_mysql_server *server, fz_mysql_client *client, int64_t version, GError **error);

#endif
