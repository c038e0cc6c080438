/* Retention at work: a process of its own, which alone opens the store. For `flowzone retain`, and for whoever lets it
 * run beside something else.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RETAIN_JOBS_H
#define FZ_RETAIN_JOBS_H

#include "held.h"
#include "keeper.h"
#include "retain_settings.h"

/* What a run has to say, for a program. */
typedef struct fz_retain_figures {
    int64_t status;                   /* as flowzone retain ends with: FZ_EXIT_OK, FAILED, USAGE, SOME */
    int64_t loads[FZ_RETAIN_TIERS];   /* captures that lost the tier, or would */
    int64_t kept_us[FZ_RETAIN_TIERS]; /* as in fz_retain_count */
    int64_t held, left;               /* as in fz_retain_tally */
    int64_t bytes;                    /* of the store; -1: not known */
} fz_retain_figures;

/* Prints, in the process, what was done, or, with --dry-run, would be. `failed`: the run did no more than that. */
typedef void (*fz_retain_printer)(const fz_retain_settings *settings, const fz_retain_order *order,
                                  const fz_retain_tally *tally, bool failed, void *user);

typedef struct fz_retain_job {
    const fz_retain_settings *settings; /* borrowed until fz_retain_job_end */
    fz_retain_printer print;            /* NULL: nobody hears */
    void *user;
    fz_retain_order order;
    fz_held *held;
    fz_keeper_manner manner;
    fz_keeper keeper;
} fz_retain_job;

/* Starts a run. Without `print` it runs beside something whose processes have said how far they are confined, and does
 * not say so again. False with an error of one line or, from FZ_FILTER_ERROR, of several; then there is nothing to end.
 */
bool fz_retain_job_start(fz_retain_job *job, const fz_retain_settings *settings, fz_retain_printer print, void *user,
                         GError **error);

/* Readable once it has ended, or is about to: then fz_retain_job_take does not wait for long. */
int fz_retain_job_descriptor(const fz_retain_job *job);

/* Waits for its end. False with an error if it failed; `figures` has what was done until then, if that is known: else
 * their status is FZ_EXIT_FAILED, or FZ_EXIT_SOME where it could not begin, and the rest zero or -1. */
bool fz_retain_job_take(fz_retain_job *job, fz_retain_figures *figures, GError **error);

/* Ends it, whatever it does: the next run goes on. Needed after every start that succeeded. */
void fz_retain_job_end(fz_retain_job *job);

/* What a run did, as a line of a log; NULL: nothing. The caller frees. */
char *fz_retain_line(const fz_retain_figures *figures);

/* Writes the file of metrics that the settings name, if they do, of a run that has ended at `now_s`: replaced at once.
 */
bool fz_retain_metrics_write(const fz_retain_settings *settings, const fz_retain_figures *figures, int64_t now_s,
                             GError **error);

#endif
