/* The ledger: what makes a capture itself, and how it gets into a store exactly once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LEDGER_H
#define FZ_LEDGER_H

#include "store.h"

/* The identity of a run's capture: SHA-256, in hexadecimal, over sensor, base name of the source, display filter, and
 * time and wire length of the first frame. It survives the capture's growth and its move to another folder, and differs
 * when a ring reuses the name. NULL for a run that doesn't name its source: then it is the digest of the flow file. The
 * caller frees. */
char *fz_ledger_identity(const fz_run *run);

/* Where a flow file's records come from. The calls of `next` are those of fz_reader_next. */
typedef struct fz_feed fz_feed;
struct fz_feed {
    const fz_run *run;
    const fz_zones *zones;
    uint64_t capture_bytes; /* size of the capture's file when it was opened; 0: not known */
    int64_t written_ns;     /* when that was written last, nanoseconds since 1970; 0: not known */
    const char *identity;   /* of what was in the file when it was looked at; NULL: not known */
    ssize_t (*next)(fz_feed *feed, fz_record *records, size_t most, GError **error);
    /* Behind the end. The digest may be NULL for a run that names its source. */
    const fz_totals *(*totals)(fz_feed *feed);
    const char *(*digest)(fz_feed *feed);
    /* Back to the first record; run and zones stay valid. NULL where that is impossible (a pipe). */
    bool (*rewind)(fz_feed *feed, GError **error);
};

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

typedef struct fz_ledger_result {
    fz_ledger_outcome outcome;
    fz_totals totals;  /* of the flow file */
    fz_loaded before;  /* what was there; load_id 0 where nothing was */
    char *differences; /* "layers=all, was outer; ...": parameters that differ from those there; NULL: none */
} fz_ledger_result;

void fz_ledger_result_clear(fz_ledger_result *result);

/* Whether these are all of a capture, as far as anybody knows: it was neither cut short nor written while it was read.
 */
bool fz_ledger_is_whole(const fz_totals *totals);

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

/* A digest of what is known of a capture that nobody has looked into, but for where it lies: SHA-256, in hexadecimal,
 * over sensor, base name of the source, display filter, and the file's size and time. The caller frees. */
char *fz_ledger_file(const fz_run *run, uint64_t capture_bytes, int64_t written_ns);

/* Which captures the ledger has by which files: a memory for questions that are asked one after the other. It only says
 * which row may be meant; the row itself decides, as it is then. */
typedef struct fz_ledger_files fz_ledger_files;
fz_ledger_files *fz_ledger_files_new(void);
void fz_ledger_files_free(fz_ledger_files *files);

/* Finds the row of a question's file, and fills in identity and time; the identity stays empty where there is none
 * among the latest rows, which are read as far back as there are questions: those of a ring are loaded together. */
bool fz_ledger_files_find(fz_ledger_files *files, fz_store *store, const fz_run *run, fz_ledger_question *question,
                          GError **error);

/* Answers questions; waits for no load that is under way. `run` has the parameters that they are asked with. `files`
 * may be NULL where none is asked by file. */
bool fz_ledger_ask(fz_store *store, const fz_run *run, fz_ledger_files *files, fz_ledger_question *questions,
                   size_t count, GError **error);

/* Brings a capture into the store in one transaction, or changes nothing. `replace`: what is there of it is taken out
 * whatever it is. Where the ledger has it with the same size, time and parameters, its records are not read; where only
 * these two are news, they are kept. `result` needs no initialization; the caller clears it in any case. On failure the
 * store is rolled back and can be used again unless the error is FZ_STORE_ERROR_LOST. */
bool fz_ledger_load(fz_store *store, fz_feed *feed, bool replace, fz_ledger_result *result, GError **error);

#endif
