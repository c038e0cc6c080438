/* Retention at work.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_jobs.h"

#include "conf.h"
#include "exit.h"
#include "filter.h"
#include "log.h"
#include "text.h"

#include <string.h>

G_STATIC_ASSERT(sizeof(fz_retain_figures) <= FZ_KEEPER_NUMBERS * sizeof(int64_t));

static const fz_retain_figures unknown = {
    .status = FZ_EXIT_FAILED,
    .kept_us = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
    .bytes = -1,
};

/* From here on to fz_retain_job_start: in the process that has the store. */

static bool hold(fz_store *store, const GArray *loads, GArray *found, void *user, GError **error)
{
    const fz_retain_job *job = user;

    return fz_held_find(job->held, store, loads, found, error);
}

static void note(const char *line, void *user)
{
    const fz_retain_job *job = user;

    fz_say(job->manner.confine.who, "%s", line);
}

static void take_bytes(const fz_datum *cells, void *user)
{
    int64_t *bytes = user;

    *bytes = cells[0].number;
}

/* A size that is asked for must be known. */
static bool check_size(fz_store *store, const fz_retain_settings *settings, GError **error)
{
    int64_t bytes = 0;

    if (!settings->size)
        return true;
    const bool asked =
        store->ops->look(store, error) && store->ops->data(store, store->ops->size, 1, 1, take_bytes, &bytes, error);
    store->ops->rollback(store);
    if (asked && bytes <= 0)
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "--max-size=%s: the size of this store is not known",
                    settings->size);
    return asked && bytes > 0;
}

static fz_retain_figures figures_of(const fz_retain_tally *tally)
{
    fz_retain_figures figures = {.held = tally->held, .left = tally->left, .bytes = tally->bytes};

    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++) {
        figures.loads[tier] = tally->tiers[tier].loads;
        figures.kept_us[tier] = tally->tiers[tier].kept_us;
    }
    return figures;
}

static bool is_usage(const GError *fault)
{
    return fault->domain == FZ_FILTER_ERROR || fault->domain == FZ_CONF_ERROR;
}

/* Of a run that began: what it did, even if it failed. */
static int64_t status_of(const fz_retain_job *job, const fz_retain_tally *tally, bool done, const GError *fault)
{
    if (!done)
        return g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY) ? FZ_EXIT_SOME
               : is_usage(fault)                                           ? FZ_EXIT_USAGE
                                                                           : FZ_EXIT_FAILED;
    const bool too_large = job->order.most_bytes > 0 && tally->bytes > job->order.most_bytes;
    return !job->settings->dry_run && (tally->left > 0 || too_large) ? FZ_EXIT_SOME : FZ_EXIT_OK;
}

static bool work(fz_store *store, fz_helper *helper, void *user, GError **error)
{
    fz_retain_job *job = user;
    const fz_retain_settings *settings = job->settings;
    fz_retain_tally tally = {.bytes_before = -1, .bytes = -1};
    int64_t numbers[FZ_KEEPER_NUMBERS] = {0};
    g_autoptr(GError) fault = NULL;

    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        tally.tiers[tier] = (fz_retain_count){.bytes = -1, .kept_us = INT64_MIN};
    const bool begun = (!job->held || fz_held_check(job->held, store, &fault)) && check_size(store, settings, &fault);
    const bool done = begun && (settings->dry_run ? fz_retain_look(store, &job->order, &tally, &fault)
                                                  : fz_retain_run(store, &job->order, &tally, &fault));
    if (begun && job->print && (done || !settings->dry_run))
        job->print(settings, &job->order, &tally, !done, job->user);
    fz_retain_figures figures = figures_of(&tally);
    figures.status = status_of(job, &tally, done, fault);
    memcpy(numbers, &figures, sizeof figures);
    if (!done && figures.status == FZ_EXIT_FAILED) { /* the end says why */
        (void)fz_keeper_answer(helper, numbers, NULL);
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    if (!done)
        fz_say_lines(job->manner.confine.who, fault->message);
    return fz_keeper_answer(helper, numbers, error);
}

bool fz_retain_job_start(fz_retain_job *job, const fz_retain_settings *settings, fz_retain_printer print, void *user,
                         GError **error)
{
    *job = (fz_retain_job){.settings = settings, .print = print, .user = user};
    if (settings->keep && !(job->held = fz_held_new(settings->keep, error)))
        return false;
    fz_retain_settings_order(settings, &job->order);
    job->order.hold = job->held ? hold : NULL;
    job->order.note = note;
    job->order.user = job;
    job->manner = (fz_keeper_manner){
        .to = settings->to, .wait_s = settings->wait_s, .tell = settings->tell, .confine = settings->confine};
    if (!print)
        job->manner.confine.reported = ~0U;
    if (fz_keeper_start(&job->keeper, &job->manner, settings->dry_run ? FZ_ACCESS_READ : FZ_ACCESS_RETAIN, work, job,
                        error))
        return true;
    fz_held_free(job->held);
    return false;
}

int fz_retain_job_descriptor(const fz_retain_job *job)
{
    return job->keeper.helper.channel;
}

bool fz_retain_job_take(fz_retain_job *job, fz_retain_figures *figures, GError **error)
{
    int64_t numbers[FZ_KEEPER_NUMBERS];

    g_autoptr(GError) fault = NULL;

    *figures = unknown;
    if (!fz_keeper_take(&job->keeper, numbers, &fault)) {
        if (g_error_matches(fault, FZ_KEEPER_ERROR, FZ_KEEPER_ERROR_BUSY))
            figures->status = FZ_EXIT_SOME;
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    memcpy(figures, numbers, sizeof *figures);
    if (fz_keeper_take(&job->keeper, NULL, error))
        return true;
    figures->status = FZ_EXIT_FAILED;
    return false;
}

char *fz_retain_line(const fz_retain_figures *figures)
{
    GString *line = g_string_new(NULL);

    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        if (figures->loads[tier] > 0)
            g_string_append_printf(line, "%s%s of %" G_GINT64_FORMAT " capture%s", line->len > 0 ? ", " : "",
                                   fz_retain_tier_names[tier], figures->loads[tier],
                                   fz_text_plural((uint64_t)figures->loads[tier]));
    if (line->len > 0)
        g_string_append(line, " dropped");
    if (figures->left > 0)
        g_string_append_printf(line, "%s%" G_GINT64_FORMAT " that are due stay",
                               line->len > 0 ? ", " : "captures: ", figures->left);
    return g_string_free(line, line->len == 0);
}

void fz_retain_job_end(fz_retain_job *job)
{
    fz_keeper_end(&job->keeper);
    fz_held_free(job->held);
}
