/* How a process opens a store and gives up its rights: the same for all processes that work on one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STORE_PROCESS_H
#define FZ_STORE_PROCESS_H

#include "confine.h"
#include "store.h"

/* Closes all descriptors but these and 0, 1 and 2, opens the store at `to`, and locks this process for
 * good. The caller closes `*store`, which may be set after a failure too. `*note`, which the caller frees, is what to
 * report to the user about the lock; NULL: nothing. */
bool fz_store_process_begin(const char *to, fz_access access, const fz_patience *patience, const fz_confine *confine,
                            const int *keep, size_t keep_count, fz_store **store, char **note, GError **error);

/* Writes out what this process printed. False with an error if any of it could not be written: a full disk is only
 * noticed here. */
bool fz_store_process_flush(GError **error);

/* After a failure: ends this process by SIGPIPE if who read its output went away. Some stores ignore that signal. */
void fz_store_process_heed_output(void);

#endif
