/* The writers of a batch, and whether their store can be reached.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

void fz_batch_store_is_back(fz_batch *of, fz_batch_hand *by)
{
    by->served_us = fz_writer_since_us(by->writer);
    if (of->store_told)
        fz_log(FZ_LOG_NOTICE, "store-back", NULL, "the store is back after %" G_GINT64_FORMAT " s",
               (fz_batch_now() - of->store_lost_us) / FZ_SECOND_US);
    of->store_again_us = 0;
    of->store_failures = 0;
    of->store_told = false;
    of->metrics.store_up = true;
}

static void tell_lost(fz_batch *of, const char *why, bool waits)
{
    of->store_told = true;
    fz_log(FZ_LOG_WARNING, "store-lost", NULL, "%s; %s", why,
           waits ? "waiting for the store, nothing is lost" : "tried once more");
}

/* Whoever follows waits; else one more try tells a lost session from a lost store. `was_idle`: the session had worked,
 * and nothing was under way in it. Servers and proxies close such ones, which is no news when a new one can be had. */
void fz_batch_miss_store(fz_batch *of, const fz_batch_hand *by, fz_outcome end, bool was_idle, const char *why)
{
    /* Sessions that are lost together are lost once, whenever each of them is found out. */
    bool is_news = fz_writer_since_us(by->writer) >= of->store_missed_us;
    bool waits = of->settings->follow && end != FZ_OUTCOME_HOPELESS;

    of->metrics.store_up = false;
    of->metrics_news = true;
    if (!is_news && end != FZ_OUTCOME_HOPELESS)
        return;
    of->store_missed_us = fz_batch_now();
    if (end == FZ_OUTCOME_HOPELESS || (!waits && of->store_failures > 0)) {
        fz_batch_end(of, FZ_WRITER_ERROR, FZ_WRITER_ERROR_STORE, why);
        return;
    }
    if (of->store_failures == 0)
        of->store_lost_us = fz_batch_now();
    bool renews = of->store_failures == 0 && was_idle;
    if (!renews && !of->store_told)
        tell_lost(of, why, waits);
    of->store_again_us = fz_batch_now() + (waits && !renews ? fz_batch_back_off(of->store_failures) : 1);
    of->store_failures++;
}

bool fz_batch_store_waits(const fz_batch *of)
{
    return of->store_again_us != 0 && fz_batch_now() < of->store_again_us;
}

fz_batch_hand *fz_batch_idle_hand(const fz_batch *of)
{
    for (unsigned i = 0; i < of->hand_count; i++)
        if (!of->hands[i].loads && !of->hands[i].asked)
            return &of->hands[i];
    return NULL;
}

void fz_batch_tell_note(const fz_load_report *report)
{
    const char *note = *report->reader_note ? report->reader_note : report->writer_note;

    if (*note)
        fz_log(FZ_LOG_NOTICE, "jail", NULL, "%s", note);
}
