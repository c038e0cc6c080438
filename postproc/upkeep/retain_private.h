/* What the parts of retention share: a run, its loads, and how it shares the store with those who load.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RETAIN_PRIVATE_H
#define FZ_RETAIN_PRIVATE_H

#include "retain.h"

#define RETAIN_DAY_US INT64_C(86400000000)
enum { RETAIN_HOUR_S = 3600, RETAIN_DAY_S = 86400 };

/* What has been going on since others could last begin, and how much is done in a transaction. */
typedef struct retain_pace {
    gint64 worked_us, waited_us, last_us;
    uint64_t rows;
    size_t sums; /* rows that are merged at once */
    int64_t hours;
} retain_pace;

typedef struct retention {
    fz_store *store;
    const fz_retain_order *order;
    fz_retain_tally *tally;
    retain_pace pace;
    GHashTable *groups; /* numbers of groups, by what their loads have in common */
    int64_t bytes;      /* of the store, before anything new goes; -1: not known */
    double stretch;     /* how much larger than in a SQLite file rows are here */
    GArray *spans[2];   /* of fz_day_span, of packets and of details, where rows of a day can go at once; else empty */
    int64_t today;      /* from which on days are made */
    char *why[2];       /* why they cannot; NULL: they can, or no store of this kind can */
    bool noted;         /* that rows go one after another */
    bool breathes;      /* what is planned may change meanwhile */
    bool unmerged;      /* somebody was in the way of merging */
    bool narrow;        /* the disk was full: few rows at a time */
} retention;

/* A load, as the ledger has it. */
typedef struct retain_load {
    int64_t id, day;
    int64_t begin_us, last_us; /* first and last packet; without any, when it was loaded */
    int64_t records, packets, minutes;
    unsigned merged, dropped, dropping;
    bool changed; /* while it was read: it may grow */
    guint group;  /* those of the same day, sensor and location have the same */
    unsigned due; /* FZ_DROPPED_... that go in this run */
    bool held;
} retain_load;

/* The first and last packet of a load l: 0 is 1970. Without rows, its first frame, else when it was loaded. */
#define RETAIN_OR_FRAME(time)                                                                         \
    "CASE WHEN l.records = 0 AND l.packets = 0 AND " time " = 0 THEN CASE WHEN l.first_frame_us = 0 " \
    "THEN l.loaded_us ELSE l.first_frame_us END ELSE " time " END"
#define RETAIN_BEGIN_US RETAIN_OR_FRAME("l.start_us")
#define RETAIN_LAST_US RETAIN_OR_FRAME("l.end_us")

/* Loads l whose minutes are those of a group, or on their way there; not one whose minutes go already. */
#define RETAIN_OF_GROUP "(l.dropping = 2 OR (l.dropping IN (0, 8) AND l.dropped IN (3, 11)))"

/* How a step ended. */
typedef enum retain_end {
    RETAIN_DONE,
    RETAIN_LATER, /* somebody else used the store for as long as this run may wait; nothing has changed */
    RETAIN_FAILED,
} retain_end;

/* What is tried. FZ_STORE_ERROR_BUSY: it may be tried again. */
typedef bool (*retain_deed)(retention *run, void *user, GError **error);

/* Tries a deed until nobody else is in its way, and gives others their turn afterwards. */
retain_end fz_retain_try(retention *run, retain_deed deed, void *user, GError **error);

/* The same, in a transaction. */
retain_end fz_retain_transact(retention *run, retain_deed deed, void *user, GError **error);

/* As much as a transaction should take next, after one that took `now` of something: at least `least`. */
uint64_t fz_retain_adapt(const retain_pace *pace, uint64_t now, uint64_t least, uint64_t most);

/* retain_ledger.c */

/* Appends the loads l for which `where` is true, those that end first first. */
bool fz_retain_read(retention *run, const char *where, GArray *loads, GError **error);

/* "5, 6, 7": loads from `from` on, `count` of them at most. The caller frees. */
char *fz_retain_ids(const GArray *loads, guint from, guint count);

/* Marks loads for which `where` is true as losing a tier, and reads those that are now. A load that changed meanwhile
 * is not marked. The second does so in a transaction of its own. */
bool fz_retain_mark_now(retention *run, fz_retain_tier tier, const GArray *loads, const char *where, GArray *marked,
                        GError **error);
retain_end fz_retain_mark(retention *run, fz_retain_tier tier, const GArray *loads, const char *where, GArray *marked,
                          GError **error);

/* The ledger says of marked loads that the tier is gone, and the tally counts them. */
retain_end fz_retain_finish(retention *run, fz_retain_tier tier, const GArray *loads, GError **error);

/* A number that a query answers; NULL is `*number`. Takes the statement over. */
bool fz_retain_number(retention *run, char *sql, int64_t *number, GError **error);

/* Bytes of so many rows of a tier, about. */
int64_t fz_retain_bytes(const retention *run, fz_retain_tier tier, int64_t rows);
int64_t fz_retain_rows(const retain_load *load, fz_retain_tier tier);
void fz_retain_count_load(retention *run, fz_retain_tier tier, const retain_load *load);

static inline unsigned fz_retain_bit(fz_retain_tier tier)
{
    return 1U << tier;
}

static inline retain_load *fz_retain_at(const GArray *loads, guint at)
{
    return &g_array_index(loads, retain_load, at);
}

/* retain_plan.c */

/* Hours that go, and the captures that then have none before that. */
typedef struct retain_hours {
    int64_t rows, loads, oldest_us, newest_us;
} retain_hours;

/* What goes in this run. */
typedef struct retain_plan {
    GArray *loads;             /* of retain_load, that have packets, details or minutes; oldest first */
    int64_t minutes_before_us; /* minutes of groups whose loads all ended before that go */
    int64_t hours_before_s;    /* merged hours before that go, a midnight; INT64_MIN: none */
    retain_hours hours;
    int64_t merge_before_us; /* loads that ended before that have to be merged, and begun ones; INT64_MIN: none */
    int64_t missing_bytes;   /* so much more should go, and may not */
} retain_plan;

/* In a transaction that reads. Freed by fz_retain_plan_clear, also after a failure. */
bool fz_retain_plan(retention *run, retain_plan *plan, GError **error);
void fz_retain_plan_clear(retain_plan *plan);

/* Adds FZ_DROPPED_MINUTES to what is due of loads, if all of their group ended before that. Of a group are those whose
 * details are dropped, going, or due: a load that has its details has its own minutes. */
void fz_retain_due_minutes(const retention *run, GArray *loads, int64_t before_us);

/* The span that has the day of a load; NULL: none. Borrowed of `spans`. */
const fz_day_span *fz_retain_span(const GArray *spans, const retain_load *load);

/* Midnight before a time, in seconds; INT64_MIN as it is. */
int64_t fz_retain_midnight(int64_t time_us);

/* The condition on loads l that lose hours before that. Those that are not merged are among them if this run merges
 * them; `merged`: they are not. */
char *fz_retain_loses_hours(int64_t before_s, bool merged);

/* The midnight from which readers ask hours: the one after the latest begin of a load that lost some, or is losing
 * them. INT64_MIN: they ask all. In seconds. */
bool fz_retain_hours_from(retention *run, int64_t *from_s, GError **error);

/* retain_rows.c */

/* Drops packets or details of loads that are marked; what somebody else is in the way of stays, and is counted. */
retain_end fz_retain_drop_rows(retention *run, fz_retain_tier tier, const GArray *marked, GError **error);

/* Marks and drops packets or details of all that are due. */
bool fz_retain_rows_of(retention *run, fz_retain_tier tier, const GArray *loads, GError **error);

/* retain_sums.c */
bool fz_retain_merge(retention *run, int64_t before_us, GError **error);

/* Moves the minutes of marked loads into their groups. */
retain_end fz_retain_group_minutes(retention *run, const GArray *marked, GError **error);
bool fz_retain_minutes(retention *run, int64_t before_us, GError **error);
bool fz_retain_hours_before(retention *run, int64_t before_s, GError **error);

/* Of loads that are marked. */
retain_end fz_retain_drop_minutes(retention *run, const GArray *marked, GError **error);
retain_end fz_retain_drop_hours(retention *run, const GArray *marked, GError **error);

#endif
