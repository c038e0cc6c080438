/* Loading one flow file, whoever wrote it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOAD_H
#define FZ_LOAD_H

#include "source.h"
#include "store.h"

#define FZ_DEFAULT_STORE "sqlite:flowzone.db"

typedef struct fz_load_manner {
    const char *who;  /* the command, for the lines that it tells: "flowzone load" */
    gboolean replace; /* what is there of the capture is taken out, whatever it is */
    gboolean quiet;   /* tell only what went wrong, or changed nothing */
} fz_load_manner;

/* Brings what comes from a source into the store and tells on standard error what became of it. An error begins with
 * the source's name. */
bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, GError **error);

/* "Where to: sqlite:PATH or ...": help for --to. The caller frees. */
char *fz_load_describe_to(void);

#endif
