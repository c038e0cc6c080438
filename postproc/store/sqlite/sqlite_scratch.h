/* Files without a name for SQLite, opened before this process can open none: what a query sorts, and a store of this
 * process's own. Nothing is left of them however the process ends.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SQLITE_SCRATCH_H
#define FZ_SQLITE_SCRATCH_H

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

typedef struct fz_sqlite_scratch fz_sqlite_scratch;

/* Opens them in $TMPDIR, else /var/tmp or /tmp, else in memory. All together may grow to half of the space that is free
 * there, to 64 GiB or to `ulimit -f`, whatever is least. NULL with errno. */
fz_sqlite_scratch *fz_sqlite_scratch_new(void);

/* Ends it, after the databases that use it. NULL is ignored. */
void fz_sqlite_scratch_free(fz_sqlite_scratch *scratch);

/* The name of a VFS for sqlite3_open_v2 that takes them as temporary files; valid until it is freed. Other files are
 * SQLite's own to open; the database FZ_SQLITE_SCRATCH_STORE is one of them too. */
const char *fz_sqlite_scratch_vfs(const fz_sqlite_scratch *scratch);
#define FZ_SQLITE_SCRATCH_STORE "flowzone temporary store"

/* Why it is full, once a write failed for that: "may have 12.3 GB, half of what was free in /var/tmp". The caller
 * frees. */
char *fz_sqlite_scratch_why(const fz_sqlite_scratch *scratch);

#endif
