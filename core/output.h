/* Where a run writes: standard output, a descriptor that it was given, or a file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OUTPUT_H
#define FZ_OUTPUT_H

#include <glib.h>
#include <stdbool.h>

typedef struct fz_output {
    char *name; /* "-", "fd:N" or a path, for errors */
    int fd;
    bool owned;    /* closed by fz_output_close */
    bool standard; /* standard output: what is printed there through stdio comes first */
    bool made;     /* a file that did not exist before */
    bool begun;    /* it has been emptied */
} fz_output;

/* To be called when a program has just begun, where standard output may be closed: what the program opens later would
 * take its number and be mistaken for it. */
void fz_output_remember_standard(void);

/* Whether standard output can be written to. */
bool fz_output_has_standard(void);

/* Opens `name`; NULL is standard output, and so is a path to the same file. `fd`, unless it is 0, is where `name` is
 * open already; it is borrowed. A file keeps what is in it until fz_output_begin. False with one clear line in `error`,
 * and `output` has nothing to clear: the name, a descriptor that can't be written, or the capture itself, which this
 * process reads. */
bool fz_output_open(fz_output *output, const char *name, int fd, GError **error);

/* Empties a file before the first byte is written. Once is enough. */
bool fz_output_begin(fz_output *output, GError **error);

/* Closes it: false with `error` if bytes are lost. */
bool fz_output_close(fz_output *output, GError **error);

/* Abandons it, in any state. A file that was made and never begun is removed. */
void fz_output_clear(fz_output *output);

#endif
