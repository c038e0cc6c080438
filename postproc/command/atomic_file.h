/* A file that appears under its name once it is complete.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ATOMIC_FILE_H
#define FZ_ATOMIC_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct fz_atomic_file fz_atomic_file;

/* Whether `path` is, or will be, a regular file of its own. What is written to a pipe, a terminal or standard output's
 * file is visible at once. */
bool fz_atomic_file_fits(const char *path);

/* Where a file at `path` is, or would be made: without links, an absolute path. NULL: its folder does not exist. The
 * caller frees. */
char *fz_atomic_file_place(const char *path);

/* Makes a file without a name, in the folder of `path` if possible. A file at `path` is not changed yet. NULL with one
 * clear line in `error` if it could never be written. */
fz_atomic_file *fz_atomic_file_new(const char *path, GError **error);

/* Where to write. Valid until it is committed or freed. */
int fz_atomic_file_fd(const fz_atomic_file *file);

/* Puts the file in its place, with mode and owner of the old one. If that has several names, or its folder allows no
 * renaming, the bytes are copied into it instead. False with `error`, for example if the disk is full. */
bool fz_atomic_file_commit(fz_atomic_file *file, GError **error);

/* Deletes it if it was not committed. */
void fz_atomic_file_free(fz_atomic_file *file);

#endif
