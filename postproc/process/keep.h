/* Memory for what only this process needs: children that it forks do not have it. What a fork costs does not depend on
 * how much is kept, and a child that an attacker takes over cannot read it; one that touches it dies.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_KEEP_H
#define FZ_KEEP_H

#include <stddef.h>

/* The leak sanitizer looks for pointers in memory that it gave out, in children too: it gets plain memory. */
#ifdef __SANITIZE_ADDRESS__
#define FZ_KEEP_PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FZ_KEEP_PLAIN 1
#endif
#endif
#ifndef FZ_KEEP_PLAIN
#define FZ_KEEP_PLAIN 0
#endif

enum { FZ_KEEP_MAX = 2048 };

/* Zeroed; of at most FZ_KEEP_MAX bytes. For one thread. */
void *fz_keep_new0(size_t size);

/* Frees it; the size is the one it was allocated with; NULL is ignored. */
void fz_keep_free(void *what, size_t size);

#endif
