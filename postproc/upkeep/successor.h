/* The file that a SQLite store is upgraded into: made before, and put in its place after.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SUCCESSOR_H
#define FZ_SUCCESSOR_H

#include <glib.h>
#include <stdbool.h>

typedef struct fz_successor fz_successor;

/* Makes an empty file beside the store at `path`, with its mode and owner, in place of one that an upgrade left behind.
 * NULL with an error, also while another upgrade of the store runs. */
fz_successor *fz_successor_new(const char *path, GError **error);

/* Renames it over the store, for good: both are on the disk when this returns. */
bool fz_successor_commit(fz_successor *successor, GError **error);

/* Deletes the file unless it took the store's place. */
void fz_successor_free(fz_successor *successor);

#endif
