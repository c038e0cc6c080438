/* The captures of `flowzone packets`, each read by a process of its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PACKETS_JOBS_H
#define FZ_PACKETS_JOBS_H

#include "confine.h"

#include <glib.h>

typedef struct fz_packets_order {
    const char *ring; /* the folder of the captures; NULL: as the ledger says */
    const char *out;  /* a path, or "-" */
    fz_confine confine;
} fz_packets_order;

typedef struct fz_packets_jobs fz_packets_jobs;

/* Opens the output, which keeps what is in it; standard output is duplicated. The order is borrowed. NULL with an
 * error. */
fz_packets_jobs *fz_packets_jobs_new(fz_packets_order *order, GError **error);
void fz_packets_jobs_free(fz_packets_jobs *jobs);

/* Writes the frames of all captures that come from `wanted` (wanted.h), and reports what was written, and what could
 * not be found. Returns an exit status: FZ_EXIT_OK if every conversation was counted again as the store has it. A file
 * is only left behind if frames were written. */
int fz_packets_jobs_run(fz_packets_jobs *jobs, int wanted, GError **error);

#endif
