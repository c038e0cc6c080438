/* Writing to descriptors of every kind.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WRITE_H
#define FZ_WRITE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes all bytes, however few the descriptor takes at a time. The error names what could not be written and why. */
bool fz_write_all(int fd, const void *bytes, size_t size, GError **error);

#endif
