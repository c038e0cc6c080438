/* What all captures of a batch need: an engine that works, and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "tshark.h"

#include <sys/stat.h>

enum { TRY_AGAIN_S = 5 };

/* No capture is to blame. Whoever follows a ring, and had begun, waits. */
static void hold(fz_batch *of, const char *event, gint64 seconds, const GError *fault)
{
    if (!of->settings->follow || !of->listed_once)
        fz_batch_end(of, fault->domain, fault->code, fault->message);
    else if (!of->hold_until_us)
        fz_log(FZ_LOG_ERROR, event, NULL, "%s; captures wait until it is mended", fault->message);
    of->hold_until_us = fz_batch_now() + seconds * FZ_SECOND_US;
}

static fz_options options_of(const fz_batch *of)
{
    fz_options options = of->settings->options;

    options.table = of->zones; /* tshark reads the file itself */
    return options;
}

static const fz_engine_row *engine_of(const fz_batch *of, const char *unwalked)
{
    return of->settings->engine ? of->settings->engine : fz_engine_choose(&of->settings->options, unwalked);
}

/* Tries what it runs, where that was not found to work before, and not again at once where it was not. */
static bool is_working(fz_batch *of, const fz_engine_row *engine, GError **error)
{
    const fz_options options = options_of(of);

    if (!engine->check || of->works[engine->id])
        return true;
    if (!of->stopping && (!of->engine_fault || fz_batch_now() >= of->engine_again_us)) {
        g_clear_error(&of->engine_fault);
        of->works[engine->id] = fz_engine_check(engine, &options, &of->confine, of->signals, &of->engine_fault);
        of->engine_again_us = fz_batch_now() + TRY_AGAIN_S * FZ_SECOND_US;
    }
    if (of->stopping && !of->works[engine->id])
        g_set_error_literal(error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED, "asked to stop");
    else if (!of->works[engine->id])
        g_propagate_error(error, g_error_copy(of->engine_fault));
    return of->works[engine->id];
}

static void tell_engine(fz_batch *of, const fz_engine_row *engine, const char *why)
{
    if (!of->settings->engine && !of->told[engine->id])
        fz_log(FZ_LOG_INFO, "engine", NULL, "engine %s: %s", fz_engine_names[engine->id], why);
    of->told[engine->id] = true;
}

bool fz_batch_need_engine(fz_batch *of)
{
    g_autoptr(GError) fault = NULL;
    const fz_engine_row *engine = engine_of(of, "");

    if (is_working(of, engine, &fault)) {
        tell_engine(of, engine,
                    engine->id == FZ_ENGINE_SCAN
                        ? "no dissectors are asked for; captures of link types that only those know"
                          " are taken by engine full"
                        : "dissectors are asked for");
        return true;
    }
    if (!g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED)) /* else the loop takes the signal next */
        hold(of, "engine", TRY_AGAIN_S, fault);
    return false;
}

bool fz_batch_choose_engine(fz_batch *of, fz_batch_item *file, GError **error)
{
    g_autofree char *why = g_strdup_printf("link type %s has no walk, only dissectors", file->unwalked);
    g_autoptr(GError) fault = NULL;

    file->engine = engine_of(of, file->unwalked);
    if (file->engine == engine_of(of, ""))
        return true;
    if (is_working(of, file->engine, &fault)) {
        tell_engine(of, file->engine, why);
        return true;
    }
    g_set_error(error, fault->domain, fault->code, "%s: %s; --engine=scan counts its frames as not IP", why,
                fault->message);
    return false;
}

bool fz_batch_start_source(fz_batch *of, fz_batch_item *file, GError **error)
{
    fz_options options = options_of(of);

    options.source = file->count->name;
    return fz_engine_start(file->engine, &file->count->source, &file->count->input, &options, &of->confine,
                           of->settings->jobs, error);
}

static void tell_zone_warning(const char *message, void *of)
{
    (void)of;
    fz_log(FZ_LOG_WARNING, "zones", NULL, "%s", message);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool fz_batch_need_zones(fz_batch *of)
{
    const fz_options *options = &of->settings->options;
    g_autoptr(GError) fault = NULL;
    struct stat now = {0};

    if (!options->zones)
        return true;
    bool there = stat(options->zones, &now) == 0;
    if (there && of->zones && is_same_file(&now, &of->zones_state))
        return true;
    of->zones_state = now;
    fz_zone_table_free(of->zones);
    of->zones = fz_zone_table_read(options->zones, options->location, tell_zone_warning, of, &fault);
    if (!of->zones)
        hold(of, "zones", 1, fault);
    return of->zones;
}
