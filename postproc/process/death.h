/* What a child died of, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DEATH_H
#define FZ_DEATH_H

#include <stdbool.h>
#include <sys/types.h>

/* Has this process end, without a word, when GLib finds no memory for it: its status says so. GLib's own way is to log
 * and to abort, and what it asks before it logs, no jail permits. */
void fz_death_by_memory(void);

/* Whether that is how a child ended, by its wait status. */
bool fz_death_is_by_memory(int status);

/* Whether it ended because who read its output went away. */
bool fz_death_is_by_output(int status);

/* How a child ended, by its wait status: "was killed by signal 9 (Killed)"; if its jail ended it, with the system
 * call's name, if we can find it in the kernel's log. NULL for status 0; the caller frees. */
char *fz_death_describe(pid_t pid, int status);

#endif
