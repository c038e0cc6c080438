/* What a writer is asked and what it answers: plain values, the same in the socket between two processes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORT_H
#define FZ_REPORT_H

#include "flow.h"

/* How sources are loaded. */
typedef struct fz_load_manner {
    bool replace;                           /* rows that the store has of the capture are removed in any case */
    bool quiet;                             /* no progress bar */
    unsigned wait_s;                        /* how long to wait for a locked store */
    void (*tell_wait)(const char *message); /* reports that it waits; NULL: not reported */
    const fz_run *run; /* what sources must report of themselves, except names and first frames; NULL: anything */
} fz_load_manner;

/* How an order to a writer ended. */
typedef enum fz_outcome {
    FZ_OUTCOME_GONE,     /* no answer: a process died while it worked on it */
    FZ_OUTCOME_LOADED,   /* new in the store */
    FZ_OUTCOME_REPLACED, /* its rows replaced earlier ones: it has grown or was filled in, the earlier ones were of an
                            incomplete or changing file, or --replace was given */
    FZ_OUTCOME_ALREADY,  /* the same capture is in the store: nothing changed */
    FZ_OUTCOME_DIFFERS,  /* it is in the store, the same frames with other parameters: nothing changed */
    FZ_OUTCOME_FEWER,    /* the store has more of it, and whole: nothing changed */
    FZ_OUTCOME_MOVED,    /* the file now begins with other packets than when it was looked at: nothing changed */
    FZ_OUTCOME_OTHER,    /* the store has as many frames, but other bytes: nothing changed, the user must choose */
    FZ_OUTCOME_DROPPED,  /* it would be replaced, but its conversations or hours were dropped: nothing changed */
    FZ_OUTCOME_ANSWERED, /* the questions have their answers, or sums of loads are merged */
    FZ_OUTCOME_INPUT,    /* the source's bytes are at fault: trying again does not help */
    FZ_OUTCOME_BUSY,     /* another load was in the way */
    FZ_OUTCOME_STORE,    /* the store did not take it */
    FZ_OUTCOME_LOST,     /* the session in the store was lost */
    FZ_OUTCOME_MISSING,  /* the store cannot be reached */
    FZ_OUTCOME_HOPELESS, /* no such store, or no confinement */
} fz_outcome;
enum { FZ_OUTCOMES = FZ_OUTCOME_HOPELESS + 1 };

/* Which process died during an order. */
typedef enum fz_dead { FZ_DEAD_NONE, FZ_DEAD_WRITER, FZ_DEAD_READER, FZ_DEAD_DISSECTOR } fz_dead;
enum { FZ_DEADS = FZ_DEAD_DISSECTOR + 1 };

/* What became of an order. Texts do not name the source, and are truncated where they are too long. */
typedef struct fz_load_report {
    fz_outcome outcome;
    fz_dead dead;             /* `text` says how that process ended */
    fz_totals totals, before; /* of the source; of the earlier load */
    int64_t before_us;        /* when that was, microseconds since 1970 UTC; 0: there was none */
    bool dropped;             /* conversations or hours of the earlier load: it can't be replaced */
    bool has_details;         /* only its hours were */
    int64_t dropped_us;       /* when they were; 0: they still are being dropped, or it is not known any more */
    int64_t took_us;          /* how long it took */
    uint64_t merged;          /* loads whose sums were merged */
    char store[1024];         /* its name for people */
    char text[8192];          /* what was wrong; FZ_OUTCOME_DIFFERS: which parameters differ */
    char reader_note[1024];   /* about the process that reads the source; mostly empty */
    char writer_note[1024];   /* about the writer's process; mostly empty */
    char remarks[16384]; /* about the capture, one per line, with room for every layer without a walk; mostly empty */
} fz_load_report;

/* What the ledger knows of a capture before it is counted, by identity, size and time. A row that is not whole never
 * matches, unless nothing may replace it (ledger.h): then it stays as it is. */
typedef enum fz_ledger_answer {
    FZ_LEDGER_NEWS,         /* not in the store, not whole, or of another size or time: it has to be counted */
    FZ_LEDGER_SAME,         /* in the store with this size and time: nothing to do */
    FZ_LEDGER_SAME_DIFFERS, /* in the store with this size and time, but with other parameters */
} fz_ledger_answer;

typedef struct fz_ledger_question {
    uint64_t capture_bytes; /* never 0 */
    int64_t written_ns;
    int64_t first_us; /* with an answer by file: the time of the capture's first frame */
    fz_ledger_answer answer;
    char identity[65];
    char file[65]; /* not empty: the identity is not known; asks for the file with this digest */
} fz_ledger_question;

#endif
