/* A file that appears under its name when it is whole.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ATOMIC_FILE_H
#define FZ_ATOMIC_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct fz_atomic_file fz_atomic_file;

/* Whether `path` is, or will be, a regular file of its own. What is written to anything else, a pipe, a terminal or
 * where standard output goes, is visible at once. */
bool fz_atomic_file_fits(const char *path);

/* Makes a file without a name, in the folder of `path` if that can be. What stands at `path` stays as it is. NULL with
 * one clear line in `error` where it could never be written. */
fz_atomic_file *fz_atomic_file_new(const char *path, GError **error);

/* Where to write. Valid until it is committed or freed. */
int fz_atomic_file_fd(const fz_atomic_file *file);

/* Puts the file in its place, with the mode and owner of the one that was there. A file with several names, or whose
 * folder lets us rename nothing, keeps them and gets the bytes. False with `error`: the disk is full, say. */
bool fz_atomic_file_commit(fz_atomic_file *file, GError **error);

/* Forgets what was not committed. */
void fz_atomic_file_free(fz_atomic_file *file);

#endif
