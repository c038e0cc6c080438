/* The engines: what counts the conversations of a capture, and which one a capture needs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ENGINE_H
#define FZ_ENGINE_H

#include "confine.h"
#include "options.h"
#include "source.h"

typedef struct fz_engine_row {
    fz_engine id;
    bool dissects; /* takes a display filter, and all layers */
    /* Whether the program that it runs is installed and accepts the options, as fz_tshark_check. NULL: it runs no other
     * program. */
    bool (*check)(const fz_options *options, fz_confine *confine, int stop, GError **error);
    bool (*start)(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                  unsigned at_once, GError **error);
} fz_engine_row;

enum { FZ_ENGINES = FZ_ENGINE_SCAN + 1 };

/* By fz_engine; fz_engine_names has their names. */
extern const fz_engine_row fz_engines[FZ_ENGINES];

/* NULL: no engine has this name. */
const fz_engine_row *fz_engine_find(const char *name);

/* Whether the options ask for what only dissectors find. */
bool fz_engine_must_dissect(const fz_options *options);

/* The fastest engine that writes the rows of all others. `unwalked` is a link type of the capture that only dissectors
 * know, or empty. */
const fz_engine_row *fz_engine_choose(const fz_options *options, const char *unwalked);

/* Whether it works with these options. False with an error that says what is missing; see fz_tshark_check. */
bool fz_engine_check(const fz_engine_row *engine, const fz_options *options, fz_confine *confine, int stop,
                     GError **error);

/* Starts it on an open capture: one of `at_once` (from 1) at a time. The records come through `source->records`. */
bool fz_engine_start(const fz_engine_row *engine, fz_source *source, const fz_input *capture, const fz_options *options,
                     fz_confine *confine, unsigned at_once, GError **error);

#endif
