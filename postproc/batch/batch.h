/* Loads a ring of captures into a store: each file exactly once, even if processes die.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_H
#define FZ_BATCH_H

#include "confine.h"
#include "engine.h"
#include "options.h"

/* What a batch with `follow` does beside, in a process of its own, while it has nothing to load: it is started then,
 * and goes on if captures come meanwhile, which do not wait for it. The first member of the struct of whoever does it.
 */
typedef struct fz_batch_chore fz_batch_chore;
struct fz_batch_chore {
    const char *name;         /* a word: `event` of what is logged about it */
    unsigned first_s, next_s; /* how long after the batch began, and after it was started last, it may be started */
    /* Starts it. False with an error: it is logged, and the batch goes on. */
    bool (*start)(fz_batch_chore *chore, GError **error);
    /* Readable once it is done, or has died. Borrowed. */
    int (*descriptor)(const fz_batch_chore *chore);
    /* Ends it, once it is done. `*line` is to be logged in any case; NULL: there is nothing to say; the caller frees.
     * False with an error, as of start, if it failed or died. */
    bool (*take)(fz_batch_chore *chore, char **line, GError **error);
    /* Ends it before it is done, as the batch ends: it must be such that the next one can go on. */
    void (*abandon)(fz_batch_chore *chore);
};
enum { FZ_BATCH_CHORE_FIRST_S = 60, FZ_BATCH_CHORE_NEXT_S = 3600 }; /* for stores that are in use */

/* The settings of a batch. Texts are NULL if not given. The caller frees them. */
typedef struct fz_batch_settings {
    char *ring, *pattern, *to, *metrics;
    int64_t since_s, until_s;    /* takes captures that begin at `since_s` or later and before `until_s` */
    fz_options options;          /* what makes rows */
    const fz_engine_row *engine; /* NULL: the fastest for each capture */
    unsigned jobs;               /* captures at a time, from 1 */
    unsigned wait_s;             /* for a store that is locked */
    unsigned idle_s;             /* a file is complete once nothing has been written to it for this long */
    bool follow;                 /* keep running until SIGTERM */
    bool partial;                /* also load files that are still being written */
    bool replace;                /* reload captures that are already in the store */
    bool quiet;                  /* report only what went wrong */
    bool retain;                 /* its caller makes a chore of it: to drop what is old */
    fz_batch_chore *chore;       /* borrowed; NULL: none */
    fz_confine confine;
} fz_batch_settings;

/* Runs it and reports what became of the files. Returns an exit status; `error` is set if something ended it early. */
int fz_batch_run(const fz_batch_settings *settings, GError **error);

#endif
