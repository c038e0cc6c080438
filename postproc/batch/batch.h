/* Loads a ring of captures into a store: each file exactly once, even if processes die.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_H
#define FZ_BATCH_H

#include "confine.h"
#include "engine.h"
#include "options.h"

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
    fz_confine confine;
} fz_batch_settings;

/* Runs it and reports what became of the files. Returns an exit status; `error` is set if something ended it early. */
int fz_batch_run(const fz_batch_settings *settings, GError **error);

#endif
