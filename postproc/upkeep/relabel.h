/* Labels what is stored by another zone file: a load a transaction.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RELABEL_H
#define FZ_RELABEL_H

#include "store.h"

/* What was done, or would be. */
typedef struct fz_relabel_tally {
    uint64_t loads;    /* of the ledger */
    uint64_t changed;  /* have other zones than before */
    uint64_t already;  /* had them */
    uint64_t dropped;  /* have no conversations any more, so that their sums keep the old zones */
    uint64_t unlisted; /* are of a location for which the file has no row: they keep the old zones */
    uint64_t unsplit;  /* of the changed ones, those whose minutes keep the old zones: fz_minutes_stale */
    uint64_t records;  /* conversations of the changed ones */
} fz_relabel_tally;

typedef struct fz_relabel_order {
    const fz_zone_table *zones; /* of all locations: those without one, and the others */
    const char *name;           /* of their file */
    bool dry_run;               /* change nothing: the store may be open for FZ_ACCESS_READ */
    /* Hears of one line for people, and how many conversations are done. */
    void (*tell)(const char *line, void *user);
    void (*draw)(uint64_t records, void *user);
    void *user;
} fz_relabel_order;

/* Relabels each load of a store that is open for FZ_ACCESS_CHANGE by the rows of its location, and those without one,
 * as if it had been loaded with them: details, hours and hosts. Minutes that the details do not tell apart keep their
 * zones. A load is changed as a whole or not at all: after a failure the same again goes on with the others. */
bool fz_relabel(fz_store *store, const fz_relabel_order *order, fz_relabel_tally *tally, GError **error);

#endif
