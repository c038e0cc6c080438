/* The process that keeps rows in a store, started by one that parses nothing and holds no store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WRITER_H
#define FZ_WRITER_H

#include "confine.h"
#include "load.h"
#include "source.h"

typedef struct fz_writer fz_writer;

typedef enum fz_writer_outcome {
    FZ_WRITER_LOADED,
    FZ_WRITER_FAILED,   /* this one; the next may do better */
    FZ_WRITER_HOPELESS, /* no store, no confinement: nor will the others */
} fz_writer_outcome;

/* Starts nothing yet: a mistyped name leaves no empty database behind. All arguments are borrowed. */
fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, fz_confine *confine);

/* Has one source loaded in one transaction, and ends it. Opens the store first, and again where it was lost; the
 * process is locked once the store is open. What became of it is told on standard error, which process died of what
 * too. */
fz_writer_outcome fz_writer_load(fz_writer *writer, fz_source *source);

/* Closes the store and waits for the process. */
void fz_writer_free(fz_writer *writer);

#endif
