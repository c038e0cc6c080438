/* Brings a store of an older version of the schema to the current one: copies every load, and checks the copy, or, of
 * newer ones, computes the days; and splits rows into partitions of days.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_UPGRADE_H
#define FZ_UPGRADE_H

#include "store.h"

/* The oldest version that can be upgraded. */
enum { FZ_UPGRADE_FROM = 2 };

/* What there is to do. */
typedef struct fz_upgrade_plan {
    int64_t version; /* of the schema; FZ_SCHEMA_VERSION: nothing to do */
    bool resumes;    /* an upgrade was interrupted */
    bool unsorted;   /* rows of days have no partitions yet */
    int64_t loads, records;
    int64_t bytes; /* that the store has on its disk; 0: not known */
} fz_upgrade_plan;

/* Looks at a store that is open for FZ_ACCESS_LOOK. Fails if its version is newer, or too old. */
bool fz_upgrade_look(fz_store *store, fz_upgrade_plan *plan, GError **error);

/* Whether there is something to do. */
bool fz_upgrade_is_due(const fz_upgrade_plan *plan);

/* Whether a SQLite store of this plan is copied into a new file. */
bool fz_upgrade_copies(const fz_upgrade_plan *plan);

/* Upgrades a store that is open for FZ_ACCESS_UPGRADE. `tell`, which may be NULL, hears how many rows are copied. */
bool fz_upgrade_run(fz_store *store, void (*tell)(int64_t rows, void *user), void *user, GError **error);

#endif
