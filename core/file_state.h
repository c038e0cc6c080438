/* States of a file, to tell whether it changed while it was read.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILESTATE_H
#define FZ_FILESTATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct fz_file_state {
    uint64_t size, inode, links;
    /* When its bytes were last written, and when anything about it changed: nanoseconds since 1970. The second one
     * advances even if the first is set back (cp -p, rsync -t). */
    int64_t written_ns, changed_ns;
    bool settled; /* any later write will show in the times */
} fz_file_state;

/* From stat()'s result; `settled` is left false. */
fz_file_state fz_file_state_of(const struct stat *about);

/* The state of an open file, before it is read. Two writes within one tick of the kernel's clock have the same time: if
 * the file was written just now, waits some 20 ms; `settled` stays false if a program keeps writing to it. False with
 * errno. */
bool fz_file_state_take(int fd, fz_file_state *state);

/* Whether any later write will show in the times. */
bool fz_file_state_is_settled(const fz_file_state *state);

bool fz_file_state_is_same(const fz_file_state *a, const fz_file_state *b);

/* Whether an open file may have other bytes than in that state: ask after the last read. Deleting it, or replacing it
 * by another file of the same name, does not count as a change. */
bool fz_file_has_changed(int fd, const fz_file_state *since);

#endif
