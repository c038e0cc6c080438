/* What a child died of, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DEATH_H
#define FZ_DEATH_H

#include <sys/types.h>

/* How a child ended, by its wait status: "was killed by signal 9 (Killed)"; if its jail ended it, with the system
 * call's name, if we can find it in the kernel's log. NULL for status 0; the caller frees. */
char *fz_death_describe(pid_t pid, int status);

#endif
