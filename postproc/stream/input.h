/* An input of a command: a file, or standard input as "-".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_INPUT_H
#define FZ_INPUT_H

#include "file_state.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Its name for messages. */
#define FZ_INPUT_STDIN "standard input"

typedef struct fz_input {
    int fd;
    const char *name; /* for messages; borrowed */
    bool seekable;    /* a regular file, at `start` */
    off_t start;
    uint64_t size;        /* bytes from `start` on; 0: not known */
    fz_file_state opened; /* of a seekable input, before it is read */
} fz_input;

/* Opens a path, or takes standard input. False with an error that names it: missing, unreadable, a directory. */
bool fz_input_open(fz_input *input, const char *path, GError **error);

/* Whether a seekable input may have other bytes now than were read: ask after the last read. */
bool fz_input_has_changed(const fz_input *input);

/* Back to the start of a seekable input. */
bool fz_input_rewind(const fz_input *input, GError **error);

/* Closes what fz_input_open opened; standard input stays open. */
void fz_input_close(fz_input *input);

#endif
