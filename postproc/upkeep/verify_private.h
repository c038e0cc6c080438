/* What the parts of a check share: the page of loads that is being compared, and what is compared at the end.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_VERIFY_PRIVATE_H
#define FZ_VERIFY_PRIVATE_H

#include "dialect.h"
#include "verify.h"

#define FZ_HOUR_US INT64_C(3600000000)

/* The sums of conversations, as columns of fz_hour; in details `flows` is their number. */
enum { VERIFY_FLOWS, VERIFY_SIP_PACKETS, VERIFY_DIP_PACKETS, VERIFY_SIP_BYTES, VERIFY_DIP_BYTES, VERIFY_SUMS = 7 };
extern const char *const fz_verify_sums[VERIFY_SUMS];

/* Of addresses, as columns of fz_host. */
enum { VERIFY_HOST_SUMS = 5 };

/* Details of one hour, or of one load; or the sums that a table has of an hour, or of a day's addresses. */
typedef struct verify_tally {
    int64_t at; /* the hour's start, in seconds, or the day */
    int64_t sums[VERIFY_SUMS];
    int64_t alone; /* conversations of an address with itself */
} verify_tally;

/* Rows of a load in one table of rows. */
typedef struct verify_rows {
    int64_t count, first_no, last_no; /* their numbers are 1, 2, 3 ... */
    int64_t from_us, to_us;           /* the earliest and the latest time */
} verify_rows;

/* A load: what the ledger says, then what the tables have. */
typedef struct verify_load {
    int64_t id, records, frames, bytes, minutes, packets, day, first_us, start_us, end_us;
    char *source;       /* safe for a terminal */
    bool counts_frames; /* its details add up to the frames that the ledger counts: layers=outer */
    bool merged;
    unsigned gone;        /* FZ_DROPPED_... */
    int64_t passed_bytes; /* of frames that passed the filter: those of packets, if there are any */
    verify_tally details;
    verify_rows flow, packet;
    int64_t zoneless; /* conversations and packets with a zone that the dictionary lacks */
    int64_t hour_rows, hours[VERIFY_SUMS];
    int64_t hosts[VERIFY_HOST_SUMS];
    int64_t minute_rows, minute_packets, minute_bytes;
    int64_t packet_bytes;
} verify_load;

/* Seconds, both included, of hours whose details are not all there. */
typedef struct verify_span {
    int64_t from, to;
} verify_span;

typedef struct verifier {
    fz_store *store;
    const fz_dialect *dialect;
    fz_verify_say say;
    void *user;
    fz_verdict *verdict;
    GArray *page;                         /* of verify_load, by id */
    GHashTable *hours;                    /* of verify_tally, by hour: the details of all loads so far */
    GHashTable *hours_found, *days_found; /* the same of fz_hour, and by day of fz_host and fz_host_day */
    GArray *unsure;                       /* of verify_span */
    int64_t last_zone;                    /* the highest id in the dictionary */
    GArray *gaps;                         /* of int64_t[2]: ids below that which it lacks */
    int64_t flow_rows, packet_rows;
} verifier;

/* A cell as a number; 0 for NULL. */
int64_t fz_verify_number(const char *cell);

/* Adds to a sum, modulo 2^64: loads may claim more than a sum can be, and both sides of a comparison then do. */
void fz_verify_add(int64_t *sum, int64_t value);

/* Reports one disagreement, if it is one. */
void fz_verify_report(verifier *check, const char *where, const char *what, int64_t expected, int64_t got);

/* The tally of an hour or day; made if there is none. */
GHashTable *fz_verify_tallies_new(void);
verify_tally *fz_verify_tally(GHashTable *tallies, int64_t at);

/* The day of a time in seconds, since 1970. */
int64_t fz_verify_day(int64_t seconds);

/* Runs a query; `take` gets `check`. */
bool fz_verify_query(verifier *check, const char *sql, size_t columns, fz_cells_taker take, GError **error);

/* The load of the page with that id; NULL: none. */
verify_load *fz_verify_load(verifier *check, const char *cell);

/* SQL for: the dictionary has no row for this column's zone. The caller frees. */
char *fz_verify_unknown_zone(const verifier *check, const char *column);

/* Adds up details and packets of the page's loads. */
bool fz_verify_add_up(verifier *check, GError **error);

/* Adds up what tables of sums have, of the loads after `after` and up to `last`, in the ledger or not. */
bool fz_verify_add_up_sums(verifier *check, int64_t after, int64_t last, GError **error);

/* Compares a load with what was added up. */
void fz_verify_judge(verifier *check, const verify_load *load);

/* Compares what many loads share, and finds rows of no load. */
bool fz_verify_shared(verifier *check, GError **error);

#endif
