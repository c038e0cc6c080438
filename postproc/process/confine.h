/* What load, cat and scan share to confine their processes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CONFINE_H
#define FZ_CONFINE_H

#include "jail.h"

/* What the user asked for. */
typedef struct fz_confine {
    const char *who; /* the command, for lines on standard error: "flowzone load" */
    fz_jail_mode mode;
    bool asked;        /* --jail was given: what was reached is reported even when nothing is missing */
    unsigned reported; /* bit i: a process of fz_jail_profile i has been started, and has reported */
} fz_confine;

/* The most memory of a process that reads a flow file or writes to a store. */
#define FZ_CONFINE_MEMORY_BYTES (UINT64_C(2) << 30)

/* Reads --jail's value into `confine`; NULL: not given. */
bool fz_confine_parse(fz_confine *confine, const char *text, GError **error);

/* Locks this process; `jail` needs no mode and no parent. `complete`, which may be NULL: nothing is missing, or nothing
 * was asked for. `*line`, which the caller frees, is what to report to the user; NULL: nothing. */
bool fz_confine_lock(const fz_confine *confine, const fz_jail *jail, bool *complete, char **line, GError **error);

/* The most memory, by that and by the user's own limit, of such a process that this one starts; UINT64_MAX: any. */
uint64_t fz_confine_memory(const fz_confine *confine);

/* Half of this machine's memory: the limit for a process whose need grows with the conversations of a capture. */
uint64_t fz_confine_half_memory(void);

/* Help for --jail. */
#define FZ_CONFINE_HELP "require (default), try or off: what to do where this system can't confine processes"

#endif
