/* Retention while a batch has nothing to load.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_retain.h"

#include "conf.h"
#include "filter.h"
#include "log.h"
#include "retain_jobs.h"
#include "store_place.h"

#include <string.h>

typedef struct retention {
    fz_batch_chore chore;
    fz_retain_settings settings;
    fz_retain_job job;
} retention;

static bool start(fz_batch_chore *chore, GError **error)
{
    retention *beside = (retention *)chore;

    return fz_retain_job_start(&beside->job, &beside->settings, NULL, NULL, error);
}

static int descriptor(const fz_batch_chore *chore)
{
    return fz_retain_job_descriptor(&((const retention *)chore)->job);
}

static bool take(fz_batch_chore *chore, char **line, GError **error)
{
    retention *beside = (retention *)chore;
    fz_retain_figures figures;

    bool done = fz_retain_job_take(&beside->job, &figures, error);
    fz_retain_job_end(&beside->job);
    *line = fz_retain_line(&figures);
    return fz_retain_metrics_write(&beside->settings, &figures, g_get_real_time() / G_USEC_PER_SEC,
                                   done ? error : NULL) &&
           done;
}

static void abandon(fz_batch_chore *chore)
{
    fz_retain_job_end(&((retention *)chore)->job);
}

/* What makes no sense is found as the batch begins, and not an hour later. */
static bool check_filter(const fz_retain_settings *settings, GError **error)
{
    g_autoptr(GError) fault = NULL;

    if (!settings->keep)
        return true;
    fz_held *held = fz_held_new(settings->keep, &fault);
    fz_held_free(held);
    if (fault) /* a filter's has several lines, and its place among them */
        fz_say_lines(settings->confine.who, fault->message);
    if (fault)
        g_set_error_literal(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "[retain] keep: not a filter");
    return !fault;
}

/* Periods that were meant for one store must not empty another. */
static bool adopt_store(fz_retain_settings *settings, const fz_batch_settings *batch, const char *conf_file,
                        GError **error)
{
    const char *to = batch->to ? batch->to : FZ_DEFAULT_STORE;
    g_autofree char *own = conf_file ? fz_conf_value(conf_file, "retain", "to") : NULL;

    if (own && strcmp(own, to) != 0) {
        g_set_error_literal(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE,
                            "--retain: to= of [retain] is not the store that captures are loaded into");
        return false;
    }
    g_free(settings->to);
    settings->to = g_strdup(to);
    settings->confine = batch->confine;
    return fz_store_place_spare(to, settings->metrics, error);
}

fz_batch_chore *fz_batch_retain_new(const fz_batch_settings *settings, const char *conf_file, GError **error)
{
    retention *beside = g_new0(retention, 1);

    beside->settings = (fz_retain_settings)FZ_RETAIN_SETTINGS_INIT(settings->confine.who);
    beside->chore = (fz_batch_chore){.name = "retain",
                                     .first_s = FZ_BATCH_CHORE_FIRST_S,
                                     .next_s = FZ_BATCH_CHORE_NEXT_S,
                                     .start = start,
                                     .descriptor = descriptor,
                                     .take = take,
                                     .abandon = abandon};
    if (fz_retain_settings_read(&beside->settings, conf_file, error) &&
        adopt_store(&beside->settings, settings, conf_file, error) && check_filter(&beside->settings, error))
        return &beside->chore;
    fz_batch_retain_free(&beside->chore);
    return NULL;
}

void fz_batch_retain_free(fz_batch_chore *chore)
{
    retention *beside = (retention *)chore;

    if (!beside)
        return;
    fz_retain_settings_clear(&beside->settings);
    g_free(beside);
}
