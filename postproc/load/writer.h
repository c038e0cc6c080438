/* The process that writes rows into a store. The one that starts it parses nothing and opens no store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WRITER_H
#define FZ_WRITER_H

#include "confine.h"
#include "report.h"
#include "source.h"

#define FZ_WRITER_ERROR (fz_writer_error_quark())
GQuark fz_writer_error_quark(void);
typedef enum fz_writer_error {
    FZ_WRITER_ERROR_STORE,   /* not a store, or unreachable */
    FZ_WRITER_ERROR_PROCESS, /* no process could be started, or it died */
    FZ_WRITER_ERROR_MEMORY,  /* it ran out of memory */
    FZ_WRITER_ERROR_OUTPUT,  /* who read its output went away */
} fz_writer_error;

typedef struct fz_writer fz_writer;

/* How many writers a store can use, at most `most`: some stores take one at a time. False with an error if the address
 * is not a store's. `to`, here and below: NULL is the default store. */
bool fz_writer_count(const char *to, unsigned most, unsigned *count, GError **error);

/* The folder of the store, where it is a file: what is written into the store goes there, also beside it. NULL: the
 * store is a server's. The caller frees. */
char *fz_writer_folder(const char *to);

/* What a writer's store is, and what is done with it. */
typedef enum fz_writer_kind {
    FZ_WRITER_LOADS,     /* the store at `to`: loads, and work */
    FZ_WRITER_TEMPORARY, /* a store of the process's own, whatever `to`, which ends with it: loads, and work */
    FZ_WRITER_READS,     /* the store at `to`, which must be there and is never changed: work alone */
} fz_writer_kind;

/* Starts no process yet, so that a mistyped name does not create an empty database. All arguments are borrowed. */
fz_writer *fz_writer_new_for(const char *to, fz_writer_kind kind, const fz_load_manner *manner, fz_confine *confine);

/* The same to load. */
fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, fz_confine *confine);

/* Loads one source in one transaction, waits for it, and ends the source. The process opens the store first, and again
 * after it was lost; it is locked once the store is open. `report` needs no initialization; its outcome is returned
 * too. */
fz_outcome fz_writer_load(fz_writer *writer, fz_source *source, fz_load_report *report);

/* The same in steps, one order at a time: fz_writer_give or fz_writer_ask begins it, the descriptor becomes readable
 * when it is done, and fz_writer_take or fz_writer_answer ends it. False with an error if no process could be started.
 */
bool fz_writer_give(fz_writer *writer, const fz_source *source, GError **error);
int fz_writer_descriptor(const fz_writer *writer);
/* When its process, and with it the session in the store, began, as g_get_monotonic_time; 0: not started yet. */
int64_t fz_writer_since_us(const fz_writer *writer);
/* Ends the source too. */
fz_outcome fz_writer_take(fz_writer *writer, fz_source *source, fz_load_report *report);

/* Asks up to FZ_WRITER_QUESTIONS questions, with the manner's run. After FZ_OUTCOME_ANSWERED `questions` have their
 * answers; otherwise the report says why not. */
enum { FZ_WRITER_QUESTIONS = 64 };
bool fz_writer_ask(fz_writer *writer, const fz_ledger_question *questions, size_t count, GError **error);
fz_outcome fz_writer_answer(fz_writer *writer, fz_ledger_question *questions, size_t count, fz_load_report *report);

/* Merges sums of loads whose hours are over (merge.h), up to FZ_WRITER_MERGES of them; after FZ_OUTCOME_ANSWERED the
 * report says how many. */
enum { FZ_WRITER_MERGES = 256 };
bool fz_writer_merge(fz_writer *writer, GError **error);
fz_outcome fz_writer_merged(fz_writer *writer, fz_load_report *report);

/* Work for the writer's process, which is locked and has the store open, outside of a transaction: what it prints goes
 * to standard output (not of FZ_WRITER_LOADS: it has none). It must leave no transaction open. False with an error,
 * which becomes one line. */
enum { FZ_WRITER_NUMBERS = 8 };
typedef struct fz_store fz_store;
typedef bool (*fz_writer_work_fn)(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error);

/* Runs it and waits for it; `numbers`, which may be NULL, are those that it filled in, 0 at first, and are not to be
 * trusted. The process sees `user` as it was when the process was started: by the first order. False with an error if
 * the store cannot be opened, the work failed, what it printed could not be written, or the process died; after that
 * the next order may have to start another one, whose temporary store is empty. */
bool fz_writer_work(fz_writer *writer, fz_writer_work_fn work, void *user, int64_t numbers[FZ_WRITER_NUMBERS],
                    GError **error);

/* What the process may ask of this one while it works. `theirs`, taken over, stays open in the process; whenever
 * `ours`, borrowed, is readable meanwhile, `serve` is called, until it is false. */
typedef struct fz_writer_side {
    int theirs, ours;
    bool (*serve)(void *user);
    void *user;
} fz_writer_side;

/* Before the first order. */
void fz_writer_attend(fz_writer *writer, const fz_writer_side *side);

/* Kills the process: what it has not committed is rolled back. The next order starts another one. */
void fz_writer_kill(fz_writer *writer);

/* Closes the store and waits for the process. */
void fz_writer_free(fz_writer *writer);

#endif
