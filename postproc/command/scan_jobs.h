/* Scans captures in parallel: into a store, or to an output in the order of the command line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCAN_JOBS_H
#define FZ_SCAN_JOBS_H

#include "confine.h"
#include "options.h"
#include "report.h"

/* What to do with the captures, in their order on the command line. */
typedef struct fz_scan_order {
    fz_options options;
    char *to; /* a store; NULL: an output instead */
    fz_load_manner manner;
    fz_confine confine;
    unsigned jobs; /* captures at a time */
    char **paths;  /* borrowed */
    unsigned count;
    bool into_folder; /* options.out is a folder: one file per capture */
} fz_scan_order;

/* Scans all captures of an order, and reports each outcome on standard error. Returns an exit status; `error` is about
 * all captures. */
int fz_scan_jobs(fz_scan_order *order, GError **error);

#endif
