/* Whether all tables of a store agree: ledger, details, packets, minutes, hours, days and hosts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_VERIFY_H
#define FZ_VERIFY_H

#include "store.h"

/* What was found. */
typedef struct fz_verdict {
    int64_t loads, records;  /* of the ledger */
    int64_t packets;         /* of loads that have them */
    int64_t dropped;         /* of the records, those that were dropped, or are being dropped */
    int64_t unknown_minutes; /* loads without minutes */
    int64_t faults;          /* lines that `say` got */
} fz_verdict;

/* Takes one disagreement: a line without its newline, safe for a terminal. */
typedef void (*fz_verify_say)(const char *line, void *user);

/* Compares all tables, in one read-only transaction. Rows that were dropped, or are being dropped, are not missed;
 * their sums are. False with an error if the store cannot be read. */
bool fz_verify(fz_store *store, fz_verify_say say, void *user, fz_verdict *verdict, GError **error);

#endif
