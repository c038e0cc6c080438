/* Retention: packets of captures go first, then their details, then minutes, then hours. Days stay.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A capture is dropped as a whole, tier by tier, but for its hours, which go a day at a time; what its details add up
 * to is merged before they go (store/merge.h), and the ledger keeps its row (store/dropping.h). Each step is one that
 * can be done again: whatever ends a run in between, the next one goes on, before it does anything else. */
#ifndef FZ_RETAIN_H
#define FZ_RETAIN_H

#include "store.h"

typedef enum fz_retain_tier {
    FZ_RETAIN_PACKETS,
    FZ_RETAIN_DETAILS,
    FZ_RETAIN_MINUTES,
    FZ_RETAIN_HOURS,
} fz_retain_tier;
enum { FZ_RETAIN_TIERS = FZ_RETAIN_HOURS + 1 };

/* "packets", "details", "minutes", "hours". */
extern const char *const fz_retain_tier_names[FZ_RETAIN_TIERS];

/* How many loads `hold` is asked about at once. */
enum { FZ_RETAIN_LOADS = 500 };

/* What may go. */
typedef struct fz_retain_order {
    int64_t now_us; /* microseconds since 1970 UTC */
    /* Captures whose last packet is before that lose the tier; hours go before the midnight (UTC) before that, of all
     * captures. INT64_MIN: none by age. Not increasing from packets to hours: what is finer goes first. */
    int64_t before_us[FZ_RETAIN_TIERS];
    int64_t most_bytes; /* what the store may have on its disk; 0: any size. Oldest captures go until it has that */
    unsigned wait_s;    /* how long to wait for a table that is in use, all in all */
    /* Which loads are held back: of `loads`, ids in ascending order, appends to `held` those that keep packets, details
     * and minutes. In a transaction that reads. NULL: none. */
    bool (*hold)(fz_store *store, const GArray *loads, GArray *held, void *user, GError **error);
    /* Hears lines about what cannot be done as it should: safe for a terminal. NULL: nobody. */
    void (*note)(const char *line, void *user);
    void *user;
} fz_retain_order;

/* A tier of a plan, or of what was done. */
typedef struct fz_retain_count {
    int64_t loads;                /* captures that lose it */
    int64_t aged;                 /* of them, because of their age: the others because of the size */
    int64_t rows;                 /* conversations, packets, minutes; hours: rows of sums, -1: not counted */
    int64_t bytes;                /* on the disk, about; -1: not known */
    int64_t oldest_us, newest_us; /* first and last packet of these captures; INT64_MIN: of none */
    int64_t kept_us;              /* first packet of what the store still has of this tier; INT64_MIN: it has none */
} fz_retain_count;

typedef struct fz_retain_tally {
    fz_retain_count tiers[FZ_RETAIN_TIERS];
    int64_t held;                /* captures that are due, and held back */
    int64_t resumed;             /* captures that an earlier run had begun with */
    int64_t left;                /* that are due and stay: a table was in use, or the store is too large after all */
    int64_t bytes_before, bytes; /* of the store; -1: not known */
    int64_t days_made;           /* plan: days that get a partition */
} fz_retain_tally;

/* What would go: reads only, in one transaction. */
bool fz_retain_look(fz_store *store, const fz_retain_order *order, fz_retain_tally *plan, GError **error);

/* Drops it. The store is open for FZ_ACCESS_RETAIN. After a failure `tally` has what was done, and the next run goes
 * on. A disk that is full, a connection that is lost: an error, nothing half. */
bool fz_retain_run(fz_store *store, const fz_retain_order *order, fz_retain_tally *tally, GError **error);

#endif
