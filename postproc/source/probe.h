/* A process that reads the beginning of a capture, which identifies it in the ledger, for a process that must not read
 * captures. Each capture has its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PROBE_H
#define FZ_PROBE_H

#include "confine.h"

typedef struct fz_probe fz_probe;

typedef enum fz_probe_end {
    FZ_PROBE_FOUND, /* its first frame */
    FZ_PROBE_EMPTY, /* a capture without a frame */
    FZ_PROBE_FAULT, /* not a capture, or cut off before its first frame ends; the text says which */
    FZ_PROBE_DEAD,  /* the process died, and the text says how */
    FZ_PROBE_LOCK   /* it could not be confined; the text says why */
} fz_probe_end;

enum { FZ_PROBE_NAME_MAX = 48 };

typedef struct fz_probe_answer {
    uint32_t end; /* fz_probe_end */
    uint32_t first_bytes;
    int64_t first_us;
    char unwalked[FZ_PROBE_NAME_MAX]; /* a link type of it that only dissectors know: its number and wiretap's name;
                                         empty: none */
    char text[1024];
} fz_probe_answer;

/* Starts nothing yet. `confine` is borrowed. */
fz_probe *fz_probe_new(fz_confine *confine);
void fz_probe_free(fz_probe *probe);

/* Starts the probe of a capture, from its first byte; one at a time. `fd` is borrowed. The probe's descriptor becomes
 * readable when it is done; then call fz_probe_answer_take. False with an error if no process could be started. */
bool fz_probe_ask(fz_probe *probe, int fd, GError **error);
int fz_probe_descriptor(const fz_probe *probe);
void fz_probe_answer_take(fz_probe *probe, fz_probe_answer *answer);

/* Ends a process that takes too long. */
void fz_probe_kill(fz_probe *probe);

#endif
