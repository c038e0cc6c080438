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

/* Details of one hour, or of one load; or the sums that a table has of an hour, of a day, or of a day's addresses. */
typedef struct verify_tally {
    int64_t at; /* the hour's start, in seconds, or the day */
    int64_t sums[VERIFY_SUMS];
    int64_t alone; /* conversations of an address with itself */
    int64_t rows;  /* of a table, where they are counted */
} verify_tally;

/* Rows of a load in one table of rows. */
typedef struct verify_rows {
    int64_t count, first_no, last_no; /* their numbers are 1, 2, 3 ... */
    int64_t from_us, to_us;           /* the earliest and the latest time */
} verify_rows;

/* A load: what the ledger says, then what the tables have. */
typedef struct verify_load {
    int64_t id, records, frames, bytes, minutes, packets, day, first_us, start_us, end_us;
    char *source; /* safe for a terminal */
    char *sensor, *location;
    bool counts_frames; /* its details add up to the frames that the ledger counts: layers=outer */
    int64_t merged;     /* 1: its hours and hosts are part of merged ones; 3: some of them */
    int64_t dropped, dropping;
    unsigned gone;        /* FZ_DROPPED_...: dropped, or being dropped */
    int64_t passed_bytes; /* of frames that passed the filter: those of packets, if there are any */
    verify_tally details;
    verify_rows flow, packet;
    int64_t zoneless; /* conversations and packets with a zone that the dictionary lacks */
    int64_t hour_rows, hours[VERIFY_SUMS];
    int64_t host_rows, hosts[VERIFY_HOST_SUMS];
    int64_t minute_rows, minute_packets, minute_bytes;
    int64_t packet_bytes;
} verify_load;

/* Seconds, both included. */
typedef struct verify_span {
    int64_t from, to;
} verify_span;

/* Merged minutes of a day, a sensor and a location, or of a load that is the part of such rows. */
typedef struct verify_group {
    char *where;
    bool unknown; /* a load is in it of which the ledger does not know how much that is */
    bool seen;    /* of a part: the ledger has the load */
    int64_t part, rows;
    int64_t packets, bytes;                   /* of the rows */
    int64_t expected_packets, expected_bytes; /* of the loads */
} verify_group;

/* What became of captures' hours, for comparisons of hours and days. Spans are sorted before they are asked. */
typedef struct verify_ages {
    GArray *flows_gone;    /* details are missing in these: hours and days have more */
    GArray *may_come_back; /* in these captures may have brought merged hours back, which are dropped again */
    bool any_gone;         /* hours were dropped */
    int64_t first_s;       /* then: hours before that are gone, or going; all others are there */
    int64_t dropped_s;     /* those before that are gone, but for may_come_back; INT64_MIN: none */
} verify_ages;

typedef struct verifier {
    fz_store *store;
    const fz_dialect *dialect;
    fz_verify_say say;
    void *user;
    fz_verdict *verdict;
    GArray *page;                         /* of verify_load, by id */
    GHashTable *hours;                    /* of verify_tally, by hour: the details of all loads so far */
    GHashTable *hours_found, *days_found; /* the same of fz_hour, and by day of fz_host and fz_host_day */
    GHashTable *hours_merged;             /* of hours_found those of the merged rows */
    verify_ages ages;
    GHashTable *minute_parts; /* of verify_group, by part */
    GHashTable *minute_groups;
    GPtrArray *group_order;         /* the same, as they were found */
    int64_t own_hours[VERIFY_SUMS]; /* of rows of fz_hour that are not merged */
    int64_t all_packets, all_bytes; /* that fz_day and these must have */
    bool all_unknown;               /* a load is among them of which that is not known */
    int64_t last_zone;              /* the highest id in the dictionary */
    GArray *gaps;                   /* of int64_t[2]: ids below that which it lacks */
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

/* Reports a fault that is no difference of two numbers. */
void fz_verify_blame(verifier *check, const char *where, const char *fault);

/* SQL for sums of columns that add up to more than 64 bits: two cells each, which fz_verify_wide reads, modulo 2^64. */
void fz_verify_append_wide(GString *sql, const char *const *columns, size_t count);
int64_t fz_verify_wide(const char *const *cells);

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

/* Packets and bytes that a load's rows must add up to. False: not known. */
bool fz_verify_traffic(const verify_load *load, int64_t *packets, int64_t *bytes);

/* Whether sums of a load are in fz_day: merged ones, if not all of them yet, or days of its own where its hours are
 * dropped (merge.h). */
static inline bool fz_verify_has_days(const verify_load *load)
{
    return load->merged == 1 || load->merged == 3 || (load->merged == 2 && (load->gone & FZ_DROPPED_HOURS));
}

/* What the ledger says of dropping; keeps what is compared at the end. */
void fz_verify_judge_dropped(verifier *check, const verify_load *load, const char *where);

/* Whether any of some seconds, both included, are in a span. The spans are sorted. */
bool fz_verify_meets(const GArray *spans, int64_t from, int64_t to);

void fz_verify_ages_init(verify_ages *ages);
void fz_verify_ages_clear(verify_ages *ages);
void fz_verify_ages_sort(verify_ages *ages);

/* Whether of an hour or a day all details, all merged hours are there. */
bool fz_verify_has_details(const verify_ages *ages, int64_t from_s, int64_t to_s);
bool fz_verify_has_hours(const verify_ages *ages, int64_t from_s);

/* Reads the merged minutes, before any load is judged; compares them, after all are. */
bool fz_verify_read_groups(verifier *check, GError **error);
void fz_verify_judge_groups(verifier *check);
void fz_verify_group_free(void *group);

/* Finds rows of fz_flow or fz_packet that were dropped, and adds how many to `*found`. */
bool fz_verify_left(verifier *check, fz_table table, int64_t *found, GError **error);

/* Conditions on a load that may have rows of fz_flow, of fz_packet. */
#define FZ_VERIFY_MAY_HAVE_FLOWS "l.dropped IN (0, 1, 8, 9)"
#define FZ_VERIFY_MAY_HAVE_PACKETS "l.dropped IN (0, 8)"

/* Compares what many loads share, and finds rows of no load. */
bool fz_verify_shared(verifier *check, GError **error);

#endif
