/* Work beside loading, for which the batch lends its idle time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

static void put_off(fz_batch *batch, unsigned seconds)
{
    batch->chores.due_us = fz_batch_now() + seconds * FZ_SECOND_US;
}

void fz_batch_begin_chores(fz_batch *batch)
{
    batch->chores.due_us = G_MAXINT64;
    if (batch->settings->chore && batch->settings->follow)
        put_off(batch, batch->settings->chore->first_s);
}

gint64 fz_batch_chore_due(const fz_batch *batch)
{
    return fz_batch_is_idle(batch) ? batch->chores.due_us : G_MAXINT64;
}

int fz_batch_chore_descriptor(const fz_batch *batch)
{
    return batch->chores.runs ? batch->settings->chore->descriptor(batch->settings->chore) : -1;
}

/* The batch loads captures all the same: the next one may do better. */
static void tell_failure(const fz_batch_chore *chore, const GError *fault)
{
    fz_log(FZ_LOG_WARNING, chore->name, NULL, "%s", fault->message);
}

void fz_batch_chore_next(fz_batch *batch)
{
    fz_batch_chore *chore = batch->settings->chore;
    g_autoptr(GError) fault = NULL;

    if (fz_batch_chore_due(batch) > fz_batch_now())
        return;
    put_off(batch, chore->next_s);
    batch->chores.runs = chore->start(chore, &fault);
    if (!batch->chores.runs)
        tell_failure(chore, fault);
}

void fz_batch_take_chore(fz_batch *batch)
{
    fz_batch_chore *chore = batch->settings->chore;
    g_autoptr(GError) fault = NULL;
    g_autofree char *line = NULL;

    batch->chores.runs = false;
    const bool done = chore->take(chore, &line, &fault);
    if (line)
        fz_log(FZ_LOG_INFO, chore->name, NULL, "%s", line);
    if (!done)
        tell_failure(chore, fault);
}

void fz_batch_end_chores(fz_batch *batch)
{
    if (batch->chores.runs)
        batch->settings->chore->abandon(batch->settings->chore);
    batch->chores.runs = false;
}
