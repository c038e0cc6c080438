/* A process that sends records through a record pipe.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SOURCE_H
#define FZ_SOURCE_H

#include "pipe.h"

#include <sys/types.h>

typedef struct fz_source {
    pid_t pid;
    int records;  /* the record pipe; -1 when closed */
    int commands; /* -1: it can't begin again */
    const char *name;
    uint64_t size; /* bytes of its input; 0: not known */
    /* Of a capture: its base name, which the run must have, and its size when it was opened. NULL and 0: another input
     */
    const char *capture;
    uint64_t capture_bytes;
    fz_pipe_limits limits;
} fz_source;

/* Closes the pipes, ends the process, and says how it ended: see fz_confine_reap. */
char *fz_source_end(fz_source *source);

#endif
