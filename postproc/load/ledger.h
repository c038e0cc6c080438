/* The ledger: how a capture gets into a store exactly once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LEDGER_H
#define FZ_LEDGER_H

#include "report.h"
#include "store.h"

/* Where a flow file's records come from. `next` works like fz_reader_next. */
typedef struct fz_feed fz_feed;
struct fz_feed {
    const fz_run *run;
    const fz_zones *zones;
    uint64_t capture_bytes; /* size of the capture's file when it was opened; 0: not known */
    int64_t written_ns;     /* when the file was last written, nanoseconds since 1970; 0: not known */
    const char *identity;   /* of the capture that the file held when it was looked at; NULL: not known */
    ssize_t (*next)(fz_feed *feed, fz_row_kind *kind, void *rows, size_t most, GError **error);
    /* To be called after the end. A run that does not name its source needs a digest, else it is not loaded. */
    const fz_totals *(*totals)(fz_feed *feed);
    const char *(*digest)(fz_feed *feed);
    /* Has `tick` called about every `seconds` while `next` waits; if it fails, so does next. 0: no more. NULL if `next`
     * never waits. */
    void (*set_tick)(fz_feed *feed, unsigned seconds, bool (*tick)(void *user, GError **error), void *user);
    /* Back to the first record; run and zones stay valid. NULL if that is impossible (a pipe). */
    bool (*rewind)(fz_feed *feed, GError **error);
};

typedef struct fz_ledger_result {
    fz_outcome outcome;
    fz_totals totals;  /* of the flow file */
    fz_loaded before;  /* what was in the store; load_id 0: nothing */
    char *differences; /* "layers=all, was outer; ...": parameters that differ from the store's; NULL: none */
} fz_ledger_result;

void fz_ledger_result_clear(fz_ledger_result *result);

/* Of a load that lost one of these nothing replaces what is left: its conversations are gone; or its hours, and the
 * ledger's row says until when. */
#define FZ_LEDGER_KEEPS ((unsigned)(FZ_DROPPED_FLOWS | FZ_DROPPED_HOURS))

/* Whether the load's conversations or hours were dropped from the store, or are on their way. */
bool fz_ledger_is_dropped(const fz_loaded *before);

/* Whether the ledger's row is of a file with this size in bytes and this time in nanoseconds since 1970, which would
 * give the same rows, or whose rows would be refused again. */
bool fz_ledger_has_file(const fz_loaded *before, uint64_t capture_bytes, int64_t written_ns);

/* Answers questions without waiting for running loads. `run` has the parameters that they are asked with. */
bool fz_ledger_ask(fz_store *store, const fz_run *run, fz_ledger_question *questions, size_t count, GError **error);

/* Loads a capture in one transaction, or changes nothing. `replace`: rows that the store has of it are removed in any
 * case. If the ledger has it with the same size, time and parameters, its records are not read; if only size and time
 * are new, or its rows were refused because earlier ones were dropped, these are stored. `result` needs no
 * initialization; the caller clears it in any case. On failure the store is rolled back and can be used again unless
 * the error is FZ_STORE_ERROR_LOST. */
bool fz_ledger_load(fz_store *store, fz_feed *feed, bool replace, fz_ledger_result *result, GError **error);

#endif
