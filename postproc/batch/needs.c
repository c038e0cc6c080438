/* What all captures of a batch need: an engine that works, and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "tshark.h"

#include <sys/stat.h>

enum { TRY_AGAIN_S = 5 };

/* For a fault that is not a capture's: a batch that follows a ring and has listed it once waits; any other one ends. */
static void hold(fz_batch *batch, const char *event, gint64 seconds, const GError *fault)
{
    if (!batch->settings->follow || !batch->listing.once)
        fz_batch_end(batch, fault->domain, fault->code, fault->message);
    else if (!batch->hold_until_us)
        fz_log(FZ_LOG_ERROR, event, NULL, "%s; captures wait until it is fixed", fault->message);
    batch->hold_until_us = fz_batch_now() + seconds * FZ_SECOND_US;
}

fz_options fz_batch_options(const fz_batch *batch)
{
    fz_options options = batch->settings->options;

    if (batch->zones.table)
        options.table = batch->zones.table; /* tshark reads the file itself */
    return options;
}

static const fz_engine_row *engine_of(const fz_batch *batch, const char *unwalked)
{
    return batch->settings->engine ? batch->settings->engine : fz_engine_choose(&batch->settings->options, unwalked);
}

/* Tries the program that the engine runs, unless it is known to work, or failed a moment ago. */
static bool is_working(fz_batch *batch, const fz_engine_row *engine, GError **error)
{
    const fz_options options = fz_batch_options(batch);

    if (!engine->check || batch->engines.works[engine->id])
        return true;
    if (!batch->stopping && (!batch->engines.fault || fz_batch_now() >= batch->engines.again_us)) {
        g_clear_error(&batch->engines.fault);
        batch->engines.works[engine->id] =
            fz_engine_check(engine, &options, &batch->confine, batch->signals, &batch->engines.fault);
        batch->engines.again_us = fz_batch_now() + TRY_AGAIN_S * FZ_SECOND_US;
    }
    if (batch->stopping && !batch->engines.works[engine->id])
        g_set_error_literal(error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED, "asked to stop");
    else if (!batch->engines.works[engine->id])
        g_propagate_error(error, g_error_copy(batch->engines.fault));
    return batch->engines.works[engine->id];
}

static void tell_engine(fz_batch *batch, const fz_engine_row *engine, const char *why)
{
    if (!batch->settings->engine && !batch->engines.told[engine->id])
        fz_log(FZ_LOG_INFO, "engine", NULL, "engine %s: %s", fz_engine_names[engine->id], why);
    batch->engines.told[engine->id] = true;
}

bool fz_batch_need_engine(fz_batch *batch)
{
    g_autoptr(GError) fault = NULL;
    const fz_engine_row *engine = engine_of(batch, "");

    if (is_working(batch, engine, &fault)) {
        tell_engine(batch, engine,
                    engine->id == FZ_ENGINE_SCAN
                        ? "no dissectors are needed; engine full counts captures whose link types only"
                          " dissectors know"
                        : "dissectors are needed");
        return true;
    }
    if (!g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED)) /* the loop handles the signal next */
        hold(batch, "engine", TRY_AGAIN_S, fault);
    return false;
}

bool fz_item_choose_engine(fz_batch *batch, fz_item *item, GError **error)
{
    g_autofree char *why = g_strdup_printf("only dissectors know link type %s", item->unwalked);
    g_autoptr(GError) fault = NULL;

    item->engine = engine_of(batch, item->unwalked);
    if (item->engine == engine_of(batch, ""))
        return true;
    if (is_working(batch, item->engine, &fault)) {
        tell_engine(batch, item->engine, why);
        return true;
    }
    g_set_error(error, fault->domain, fault->code, "%s: %s; --engine=scan counts its frames as not IP", why,
                fault->message);
    return false;
}

static void log_zone_warning(const char *message, void *unused)
{
    (void)unused;
    fz_log(FZ_LOG_WARNING, "zones", NULL, "%s", message);
}

/* As the path leads to it now; without a file, all zero. */
static fz_file_state look(const char *path)
{
    struct stat about;
    fz_file_state state = {0};

    if (stat(path, &about) == 0) {
        state = fz_file_state_of(&about);
        state.settled = fz_file_state_is_settled(&state);
    }
    return state;
}

bool fz_batch_need_zones(fz_batch *batch)
{
    const fz_options *options = &batch->settings->options;
    g_autoptr(GError) fault = NULL;

    if (!options->zones)
        return true;
    /* Read again if it may have been written to after we looked at it, with the same times. */
    const fz_file_state now = look(options->zones);
    if (batch->zones.table && batch->zones.state.settled && fz_file_state_is_same(&now, &batch->zones.state))
        return true;
    batch->zones.state = now;
    fz_zone_table_free(batch->zones.table);
    batch->zones.table = fz_zone_table_read(options->zones, options->location, log_zone_warning, NULL, &fault);
    if (!batch->zones.table)
        hold(batch, "zones", 1, fault);
    return batch->zones.table;
}
