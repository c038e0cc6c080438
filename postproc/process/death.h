/* What a child died of, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DEATH_H
#define FZ_DEATH_H

#include <sys/types.h>

/* How a child ended, by its wait status: "was killed by signal 9 (Killed)"; for one whose jail ended it, with the
 * system call's name where the kernel's log says it and we may read that. NULL for status 0; the caller frees. */
char *fz_death_describe(pid_t pid, int status);

#endif
