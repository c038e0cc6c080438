/* The table of engines, and the choice between them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine.h"

#include "scan.h"
#include "text.h"
#include "tshark.h"

static bool start_tshark(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                         unsigned at_once, GError **error)
{
    (void)at_once;
    return fz_tshark_start(source, capture, options, confine, error);
}

const fz_engine_row fz_engines[FZ_ENGINES] = {
    [FZ_ENGINE_FULL] = {FZ_ENGINE_FULL, true, fz_tshark_check, start_tshark},
    [FZ_ENGINE_LEAN] = {FZ_ENGINE_LEAN, false, fz_tshark_check, start_tshark},
    [FZ_ENGINE_SCAN] = {FZ_ENGINE_SCAN, false, NULL, fz_scan_start},
};

const fz_engine_row *fz_engine_find(const char *name)
{
    int index = fz_name_index(fz_engine_names, FZ_ENGINES, name);

    return index >= 0 ? &fz_engines[index] : NULL;
}

bool fz_engine_must_dissect(const fz_options *options)
{
    return options->filter || options->layers == FZ_LAYERS_ALL;
}

const fz_engine_row *fz_engine_choose(const fz_options *options, const char *unwalked)
{
    return &fz_engines[fz_engine_must_dissect(options) || *unwalked ? FZ_ENGINE_FULL : FZ_ENGINE_SCAN];
}

/* The tap has two engines, selected by its option `lean`. */
static fz_options options_of(const fz_engine_row *engine, const fz_options *options)
{
    fz_options own = *options;

    own.lean = engine->id == FZ_ENGINE_LEAN;
    return own;
}

bool fz_engine_check(const fz_engine_row *engine, const fz_options *options, fz_confine *confine, int stop,
                     GError **error)
{
    const fz_options own = options_of(engine, options);

    return !engine->check || engine->check(&own, confine, stop, error);
}

bool fz_engine_start(const fz_engine_row *engine, fz_source *source, const fz_input *capture, const fz_options *options,
                     fz_confine *confine, unsigned at_once, GError **error)
{
    const fz_options own = options_of(engine, options);

    return engine->start(source, capture, &own, confine, at_once, error);
}
