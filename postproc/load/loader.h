/* Loading one flow file, whoever wrote it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOAD_H
#define FZ_LOAD_H

#include "ledger.h"
#include "source.h"
#include "store.h"

#define FZ_DEFAULT_STORE "sqlite:flowzone.db"

typedef struct fz_load_manner {
    const char *who;   /* the command, for the lines that it tells: "flowzone load" */
    gboolean replace;  /* what is there of the capture is taken out, whatever it is */
    gboolean quiet;    /* tell only what went wrong, or changed nothing */
    const fz_run *run; /* what sources must say of themselves, but for their names and first frames; NULL: anything */
} fz_load_manner;

/* What became of a source: a plain value, the same in the pipe between two processes. Texts are for people, without the
 * source's name, and cut where they are too long. */
typedef struct fz_load_report {
    fz_ledger_outcome outcome;
    fz_totals totals, before; /* now, and of what was there */
    char line[2048];
    char note[1024];     /* about the process that read it; mostly empty */
    char remarks[16384]; /* about the capture, one a line, room for one of each layer without a walk; mostly empty */
} fz_load_report;

/* Brings what comes from a source into the store. What became of it is told on standard error, or reported where
 * `report` is not NULL. An error begins with the source's name. */
bool fz_load_source(fz_store *store, const fz_source *source, const fz_load_manner *manner, fz_load_report *report,
                    GError **error);

/* "Where to: sqlite:PATH or ...": help for --to. The caller frees. */
char *fz_load_describe_to(void);

#endif
