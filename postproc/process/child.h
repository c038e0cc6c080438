/* Children of this process: forked, reaped, and detached from standard descriptors.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CHILD_H
#define FZ_CHILD_H

#include <sys/types.h>

/* fork(). A child knows its parent even if that ends at once. */
pid_t fz_child_fork(void);

/* The process that forked this one by fz_child_fork; 0: none did. */
pid_t fz_child_parent(void);

/* Waits for a child that has nothing more to do, and kills it if it does not end at once. Returns how it ended; NULL if
 * it ended normally, or only because it was killed here. The caller frees. `status`, which may be NULL, is wait()'s. */
char *fz_child_reap(pid_t pid, int *status);

/* Restores SIGPIPE, which the program ignores: it then ends this process silently, as `| head` ends cat(1). */
void fz_child_heed_sigpipe(void);

/* Puts /dev/null in place of a standard descriptor. */
void fz_child_close_standard(int fd);

#endif
