/* A ring of captures into a store: each file exactly once, whatever dies.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_H
#define FZ_BATCH_H

#include "confine.h"
#include "engine.h"
#include "options.h"

/* What a batch is asked for. Texts are owned; NULL where not given. */
typedef struct fz_batch_settings {
    char *ring, *pattern, *to, *metrics;
    int64_t since_s, until_s;    /* captures that begin at `since_s` or later, and before `until_s` */
    fz_options options;          /* what makes rows */
    const fz_engine_row *engine; /* NULL: the fastest for each capture */
    unsigned jobs;               /* captures at a time, from 1 */
    unsigned wait_s;             /* for a store that is locked */
    unsigned idle_s;             /* a file that nothing was written into for so long is complete */
    bool follow;                 /* go on until SIGTERM */
    bool partial;                /* files that are being written too */
    bool replace;                /* what is there is loaded again */
    bool quiet;                  /* tell only what went wrong */
    fz_confine confine;
} fz_batch_settings;

/* Runs it and tells what became of the files. Returns an exit status; `error` is what ended it before its time. */
int fz_batch_run(const fz_batch_settings *settings, GError **error);

#endif
