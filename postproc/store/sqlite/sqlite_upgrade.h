/* The upgrade of a SQLite store: into a new file beside it, or, of newer ones, in place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_UPGRADE_H
#define FZ_SQLITE_UPGRADE_H

#include "sqlite_statement.h"

/* The name of the older database for the connection to the new one. */
#define FZ_SQLITE_OLD "old"

/* Whether the database has nothing that the new file would lack: no table, view, index or trigger of somebody else. */
bool fz_sqlite_upgrade_spares(fz_sqlite_store *store, GError **error);

/* Opens the new file, which must be there and empty, beside the older one in store->db, and attaches that one to it, to
 * read only. To be called before the process is locked: other files' owners need not be the folder's. */
bool fz_sqlite_upgrade_open(fz_sqlite_store *store, GError **error);

/* Keeps other programs from writing to the older file until the store is closed; store->db is then the new one, without
 * tables. */
bool fz_sqlite_upgrade_begin(fz_sqlite_store *store, GError **error);

/* Closes the new file, safe on its disk; store->db is the older one again. */
bool fz_sqlite_upgrade_end(fz_sqlite_store *store, GError **error);

/* In place: begins a transaction, in which nobody else writes; renews the views and the version, and commits it. */
bool fz_sqlite_upgrade_enter(fz_sqlite_store *store, GError **error);
bool fz_sqlite_upgrade_leave(fz_sqlite_store *store, GError **error);

#endif
