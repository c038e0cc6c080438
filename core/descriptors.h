/* What this process has open.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DESCRIPTORS_H
#define FZ_DESCRIPTORS_H

#include <glib.h>
#include <stdbool.h>

/* Calls `visit` with each open descriptor until it returns true, which is the result. Without /proc, tries every number
 * that this process may have, up to 65,536; `*all`, which may be NULL, is false if there can be more. */
bool fz_descriptors_find(bool (*visit)(int fd, void *user), void *user, bool *all);

#endif
