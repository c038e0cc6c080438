/* A report's numbers, which its page and its drawings show: no text of the page, no drawing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OVERVIEW_H
#define FZ_OVERVIEW_H

#include "coverage.h"

/* What a page shows at most: zones on each side of the picture and axes of the matrix, beside "other" and "(no zone)";
 * rows of a table; bins of the time. */
enum { FZ_OVERVIEW_SIDE = 10, FZ_OVERVIEW_AXIS = 40, FZ_OVERVIEW_ROWS = 100, FZ_OVERVIEW_BINS = 200 };

/* In place of an index: none. */
#define FZ_OVERVIEW_NONE G_MAXUINT

/* Sums of conversations: never negative, and INT64_MAX if they would be more. */
typedef struct fz_overview_sum {
    int64_t bytes, flows, packets;
} fz_overview_sum;

/* Colours of zones in the whole page: the six largest servers have 0 to 5, in that order. */
enum { FZ_COLOUR_OTHER = 6, FZ_COLOUR_NONE = 7 };

/* A zone, by its name. */
typedef struct fz_overview_zone {
    char *name;            /* of any bytes; "(no zone)" of `none` */
    bool none;             /* what has no zone */
    fz_overview_sum as[3]; /* what it did as client, as server, and as sender: of FZ_OVERVIEW_MINUTES alone, bytes */
    unsigned colour;       /* 0 to 5, or FZ_COLOUR_... */
    guint number;          /* in the data of the page: an index of `numbered` */
} fz_overview_zone;

/* What a client zone had to do with a server zone, which may be the same. */
typedef struct fz_overview_pair {
    guint zone[2]; /* client and server: indices of `zones` */
    fz_overview_sum sum;
    int64_t before;         /* bytes in the period compared with; 0: nothing, so it is new; -1: not compared */
    fz_overview_sum denied; /* of `sum`: what the policy does not allow */
} fz_overview_pair;

/* Where the bytes over time come from. Minutes have the sender of packets in place of client and server, and each
 * packet is in its own minute; else a conversation is in the bin in which it begins. */
typedef enum fz_overview_time {
    FZ_OVERVIEW_DETAILS,
    FZ_OVERVIEW_HOURS,
    FZ_OVERVIEW_DAYS,
    FZ_OVERVIEW_MINUTES,
} fz_overview_time;

/* Bytes of a bin: those of a pair's conversations, or those that a zone sent. Not there: 0. */
typedef struct fz_overview_cell {
    guint pair; /* an index; FZ_OVERVIEW_NONE of FZ_OVERVIEW_MINUTES */
    guint zone; /* an index: the server's, or the sender's */
    guint bin;  /* from 0 */
    int64_t bytes;
} fz_overview_cell;

/* A row of the tables of hosts, services and networks without a zone. */
typedef struct fz_overview_row {
    char *label;  /* an address, a service, a network */
    char *name;   /* of the host; NULL: not known, or not asked for */
    guint zone;   /* of the host; FZ_OVERVIEW_NONE */
    int64_t sent; /* bytes that the host sent */
    fz_overview_sum sum;
} fz_overview_row;

/* A service that zones used, of the services that are shown. */
typedef struct fz_overview_use {
    guint service; /* index of `services.rows` */
    guint zone[2]; /* client and server, by their numbers in the page's data */
    fz_overview_sum sum;
} fz_overview_use;

/* What a rule of the policy, or none, forbids between two zones. */
typedef struct fz_overview_breach {
    guint pair;
    int rule;      /* FZ_RULE_NONE, or its index in the policy */
    char *text;    /* "deny,guest,*,*"; NULL: no rule fits */
    unsigned line; /* of the rule, in its file */
    char *service; /* with most bytes */
    int64_t most;  /* and how many */
    fz_overview_sum sum;
} fz_overview_breach;

/* A pair of zones that the period compared with has, and this one has not. */
typedef struct fz_overview_gone {
    char *zone[2]; /* client and server, as in fz_overview_zone */
    int64_t bytes; /* then */
} fz_overview_gone;

/* A table: rows, the largest first, and what is left of it. */
typedef struct fz_overview_table {
    GArray *rows;          /* of fz_overview_row, at most FZ_OVERVIEW_ROWS */
    int64_t others;        /* how many rows more there would be */
    fz_overview_sum other; /* their sums */
} fz_overview_table;

/* A conversation. */
typedef struct fz_overview_talk {
    int64_t start_us;
    char *addr[2]; /* client and server */
    char *name[2]; /* as in fz_overview_row */
    guint zone[2];
    char *service;
    fz_overview_sum sum; /* flows: 1 */
} fz_overview_talk;

/* A capture of the ledger. Frames of a class each; together they are all frames. */
enum { FZ_FRAMES_COUNTED, FZ_FRAMES_NOT_IP, FZ_FRAMES_UNPARSABLE, FZ_FRAMES_FILTERED, FZ_FRAMES_CLASSES };
typedef struct fz_overview_capture {
    char *source, *sensor, *location, *state; /* of any bytes */
    int64_t start_us, end_us;
    int64_t frames[FZ_FRAMES_CLASSES];
} fz_overview_capture;

/* Something to look at. Texts are of any bytes. */
typedef struct fz_overview_finding {
    const char *kind; /* static: "Not allowed" */
    bool bad;         /* it is not allowed */
    guint pair;       /* where: an index of `pairs`; FZ_OVERVIEW_NONE */
    char *head, *text;
    char *command; /* that finds it again: "flowzone check --policy policy.csv" */
} fz_overview_finding;

/* The built-in zone of what is nobody's own. */
#define FZ_OVERVIEW_INTERNET "(internet)"

/* The numbers of a period. */
typedef struct fz_overview_period {
    fz_range range;
    fz_overview_sum sum;
    int64_t hosts;   /* addresses */
    int64_t crossed; /* bytes from a zone to another one, "(no zone)" being one */
    int64_t outside; /* bytes that FZ_OVERVIEW_INTERNET asked for or answered */
    uint64_t captures;
    uint64_t dropped; /* of these, captures whose details are gone: then it counts where numbers come from */
    fz_gap dropped_span;
    int64_t hours_from_us; /* hours before are gone, too; INT64_MIN: none of the period are */
    bool sums;             /* pairs come from sums of hours or days, which have these captures; else from details */
    bool service_sums;     /* services, and so what is not allowed, come from sums of hours */
    bool host_sums;        /* hosts come from sums of hosts */
} fz_overview_period;

typedef struct fz_overview {
    /* What it is about. */
    char *title;   /* NULL: none was given */
    char *where;   /* the filter; NULL: none */
    char *policy;  /* the name of its file, of any bytes; NULL: none */
    char *period;  /* options of commands that ask for the same time: " --since ... --until ..."; "" */
    char *again;   /* the same, and the filter: " --since ... --where ..."; "" */
    char *against; /* the period compared with: " --vs TIME..TIME"; "" */
    bool utc;      /* show times in UTC; else in local time */
    size_t spoken; /* names in titles and descriptions of drawings are of no more bytes, escaped; 0: of any */
    guint join;    /* bytes of pairs over time are of steps of so many bins in the page's data; 0: there are none */
    fz_overview_period now, before;
    bool compared;      /* `before` says something */
    bool sought;        /* something was looked for, as `flowzone find` does */
    int64_t covered[2]; /* first and last packet of all captures, within the range; 0 without captures */
    GArray *gaps;       /* of fz_gap, in order: no capture */
    uint64_t cut_short; /* captures that are not whole */

    /* Who with whom, and when. */
    GArray *zones; /* of fz_overview_zone: the largest first, by bytes as client and as server; `none` last */
    guint talking; /* of them, those that are in a pair; `named`: without `none` */
    guint named;
    GArray *pairs;    /* of fz_overview_pair: the largest first */
    GArray *cells;    /* of fz_overview_cell: by bin, then by pair, then by zone; settled, each zone has a line in the
                         fold of fz_overview_time_end */
    GArray *numbered; /* of fz_overview_line: what the page's data calls a zone, by number. Those that have a line
                         anywhere have one each; all others are one, "other (960)", so that data stay small */
    int64_t least_us; /* no bin is shorter */
    int64_t start_us, bin_us; /* of the first bin; of each */
    guint bins;               /* 0: there is nothing, or no time */
    fz_overview_time time;

    /* Tables. */
    fz_overview_table hosts, services, networks; /* flows of networks: hosts without a zone; they and hosts count each
                                                    byte at both its ends */
    GArray *uses; /* of fz_overview_use: by service, then by zones; of the first `services_used` services, as many as
                     there is room for */
    guint services_used;
    GArray *breaches;     /* of fz_overview_breach, the most conversations first */
    GArray *talks;        /* of fz_overview_talk, the largest first, at most FZ_OVERVIEW_ROWS */
    int64_t talks_others; /* conversations beside these, and their sums */
    fz_overview_sum talks_other;
    GArray *captures; /* of fz_overview_capture, by their begin, at most FZ_OVERVIEW_ROWS */
    uint64_t captures_others;
    int64_t frames[FZ_FRAMES_CLASSES]; /* of all captures */
    GArray *gone;                      /* of fz_overview_gone, the largest first */
    GArray *findings;                  /* of fz_overview_finding */
    GString *missed;                   /* what was looked for, and is not there: "beacons, scans"; "" */

    GHashTable *zone_index, *pair_index; /* while it is filled */
} fz_overview;

/* Starts one, in which all is empty. The caller frees. */
fz_overview *fz_overview_new(void);
void fz_overview_free(fz_overview *overview);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_overview, fz_overview_free)

/* Adds one sum to another: each ends at INT64_MAX (plus.h). */
void fz_overview_add_sum(fz_overview_sum *sum, const fz_overview_sum *more);

/* No bin begins earlier: what does is in the first one. 146,000 years ago. */
#define FZ_OVERVIEW_FIRST_US (INT64_MIN / 2)

/* Sets the bins that conversations between the two times fall in, both included: at most FZ_OVERVIEW_BINS, as
 * "flowzone time --bin" has them, and none shorter than `least_us`. */
void fz_overview_set_time(fz_overview *overview, int64_t from_us, int64_t to_us);

/* The bin of a time, once there are any: what is before the first, or after the last, is in it. */
guint fz_overview_bin(const fz_overview *overview, int64_t time_us);

/* Adds what a client zone had to do with a server zone to the numbers of a period. NULL: no zone. */
void fz_overview_count(fz_overview_period *period, const char *client, const char *server, const fz_overview_sum *sum);

/* While it is filled: adds conversations of a client zone with a server zone. NULL, "" and "(no zone)": no zone. The
 * names are copied. Returns the index of the pair, valid until fz_overview_settle. */
guint fz_overview_add_pair(fz_overview *overview, const char *client, const char *server, const fz_overview_sum *sum);

/* While it is filled: says when they were. Bytes of a pair's conversations that begin at a time; or, of
 * FZ_OVERVIEW_MINUTES, bytes that a zone sent. */
void fz_overview_add_bytes(fz_overview *overview, guint pair, int64_t time_us, int64_t bytes);
void fz_overview_add_sent(fz_overview *overview, const char *zone, int64_t time_us, int64_t bytes);

/* Both: adds conversations that begin at a time. */
static inline guint fz_overview_add(fz_overview *overview, const char *client, const char *server, int64_t time_us,
                                    const fz_overview_sum *sum)
{
    const guint pair = fz_overview_add_pair(overview, client, server, sum);

    fz_overview_add_bytes(overview, pair, time_us, sum->bytes);
    return pair;
}

/* Adds a pair of the other period that this one does not have. NULL: no zone. */
void fz_overview_add_gone(fz_overview *overview, const char *client, const char *server, int64_t bytes);
/* Once all of these are added: brings them in their order. */
void fz_overview_settle_gone(fz_overview *overview);

/* The index of a pair, or of a zone, by names; FZ_OVERVIEW_NONE. Also once it is settled. */
guint fz_overview_find_pair(const fz_overview *overview, const char *client, const char *server);
guint fz_overview_find_zone(const fz_overview *overview, const char *name);

/* Once all is added: brings zones, pairs and cells in their order, and counts what `now` has but hosts and
 * captures. */
void fz_overview_settle(fz_overview *overview);

static inline const fz_overview_zone *fz_overview_zone_at(const fz_overview *overview, guint index)
{
    return &g_array_index(overview->zones, fz_overview_zone, index);
}

/* What a zone is called where it is shown: an empty name would leave a sentence without a word. */
static inline const char *fz_overview_label(const char *name)
{
    return *name ? name : "\"\"";
}

static inline const char *fz_overview_zone_label(const fz_overview *overview, guint index)
{
    return fz_overview_label(fz_overview_zone_at(overview, index)->name);
}

static inline const fz_overview_pair *fz_overview_pair_at(const fz_overview *overview, guint index)
{
    return &g_array_index(overview->pairs, fz_overview_pair, index);
}

/* Whether a sum is INT64_MAX, and may be more. */
bool fz_overview_is_capped(const fz_overview *overview);

/* When a bin begins; of the number of bins, when the last one ends. INT64_MAX if it were later. */
static inline int64_t fz_overview_bin_start(const fz_overview *overview, guint bin)
{
    const uint64_t after_us = (uint64_t)bin * (uint64_t)overview->bin_us;
    const uint64_t room_us = (uint64_t)INT64_MAX - (uint64_t)overview->start_us;

    return (int64_t)((uint64_t)overview->start_us + MIN(after_us, room_us));
}

/* What the period compared with is called. */
static inline const char *fz_overview_other(const fz_overview *overview)
{
    return overview->before.range.until_us == overview->now.range.since_us ? "the period before" : "the other period";
}

/* A line of one side of the picture, of an axis of the matrix, of the stack over time: one zone, or those left over. */
typedef struct fz_overview_line {
    guint zone;      /* FZ_OVERVIEW_NONE: several, "other (n)" */
    guint count;     /* zones in it: 1, or n */
    unsigned colour; /* of the zone; FZ_COLOUR_OTHER */
    bool none;       /* "(no zone)" */
    fz_overview_sum sum;
} fz_overview_line;

/* Of whom bytes over time are, as an end of fz_overview_fold_new: servers, or senders. */
static inline int fz_overview_time_end(const fz_overview *overview)
{
    return overview->time == FZ_OVERVIEW_MINUTES ? 2 : 1;
}

/* Zones of one end (0: clients, 1: servers, 2: senders), folded. */
typedef struct fz_overview_fold {
    GArray *lines; /* of fz_overview_line: the largest of that end first, then the others, then "(no zone)" */
    guint *place;  /* of each zone: the index of its line; FZ_OVERVIEW_NONE if it never was at this end */
} fz_overview_fold;

/* The `most` zones with most bytes at an end; the others in one line, but not one alone; those without a zone. */
fz_overview_fold *fz_overview_fold_new(const fz_overview *overview, int end, guint most);
void fz_overview_fold_free(fz_overview_fold *fold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_overview_fold, fz_overview_fold_free)

/* Appends the numbers of a line's zones in the page's data, with spaces in between: "3", "7 12 40". */
void fz_overview_append_numbers(GString *to, const fz_overview *overview, const fz_overview_fold *fold, guint line);

/* What a line is called: the zone's name, of any bytes, or "other (7)". The caller frees. */
char *fz_overview_line_name(const fz_overview *overview, const fz_overview_line *line);

/* A name of any bytes as titles and descriptions of drawings have it, as short as `spoken` says; and that of a line.
 * The caller frees. */
char *fz_overview_spoken(const fz_overview *overview, const char *name);
char *fz_overview_line_spoken(const fz_overview *overview, const fz_overview_line *line);

#endif
