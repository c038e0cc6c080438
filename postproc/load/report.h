/* What a writer is asked and what it answers: plain values, the same in the socket between two processes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORT_H
#define FZ_REPORT_H

#include "flow.h"

typedef enum fz_ledger_outcome {
    FZ_LEDGER_LOADED,   /* new in the store */
    FZ_LEDGER_REPLACED, /* its rows took the place of earlier ones: it has grown, was cut short or written while it was
                           read, was filled in since, or that was asked for */
    FZ_LEDGER_ALREADY,  /* the same capture is there: nothing changed */
    FZ_LEDGER_DIFFERS,  /* it is there, the same frames by other parameters: nothing changed */
    FZ_LEDGER_FEWER,    /* more of it is there, and whole: nothing changed */
    FZ_LEDGER_MOVED,    /* it changed, and begins otherwise than when it was looked at: nothing changed */
    FZ_LEDGER_OTHER,    /* as many frames are there, but other bytes: nothing changed, and which one is meant is for the
                           user to say */
} fz_ledger_outcome;

typedef struct fz_load_manner {
    const char *who;                        /* the command, for the lines that it tells: "flowzone load" */
    bool replace;                           /* what is there of the capture is taken out, whatever it is */
    bool quiet;                             /* tell only what went wrong, or changed nothing */
    unsigned wait_s;                        /* for a store that is locked */
    void (*tell_wait)(const char *message); /* NULL: nobody is told that it waits */
    const fz_run *run; /* what sources must say of themselves, but for their names and first frames; NULL: anything */
} fz_load_manner;

/* What became of a source: a plain value, the same in the pipe between two processes. Texts are for people, without the
 * source's name, and cut where they are too long. */
typedef struct fz_load_report {
    fz_ledger_outcome outcome;
    fz_totals totals, before; /* now, and of what was there */
    char line[2048];
    char note[1024];     /* about the process that read it; mostly empty */
    char remarks[16384]; /* about the capture, one a line, room for one of each layer without a walk; mostly empty */
} fz_load_report;

/* What the ledger says of a capture that nobody has counted yet, by identity, size and time. Those of a row that is not
 * whole are never trusted. */
typedef enum fz_ledger_answer {
    FZ_LEDGER_NEWS,         /* not there, not whole, or of another size or time: it has to be counted */
    FZ_LEDGER_SAME,         /* there with this size and time: nothing to do */
    FZ_LEDGER_SAME_DIFFERS, /* there with this size and time, by other parameters */
} fz_ledger_answer;

typedef struct fz_ledger_question {
    uint64_t capture_bytes; /* never 0 */
    int64_t written_ns;
    int64_t first_us; /* with an answer by file: the time of the capture's first frame */
    fz_ledger_answer answer;
    char identity[65];
    char file[65]; /* not empty: the identity is not known, and it is asked for the file of this digest */
} fz_ledger_question;

#endif
