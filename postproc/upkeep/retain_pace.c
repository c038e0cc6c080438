/* How retention shares a store with those who load: short transactions, and pauses in which others get their turn.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_private.h"

/* Who waits for a SQLite file looks every 20 ms. */
enum { RETRY_US = 20000, PAUSE_US = 40000, TURN_US = 50000 };

/* A transaction should take about as long as between these times. */
enum { LONG_US = 250000, SHORT_US = 100000 };

uint64_t fz_retain_adapt(const retain_pace *pace, uint64_t now, uint64_t least, uint64_t most)
{
    if (pace->last_us > LONG_US)
        return MAX(now / 2, least);
    return pace->last_us < SHORT_US ? MIN(now * 2, most) : now;
}

/* After many small transactions, or one large one: as long a pause as they took. */
static void give_way(retain_pace *pace)
{
    pace->worked_us += pace->last_us;
    if (pace->worked_us < TURN_US)
        return;
    g_usleep((gulong)MAX(pace->worked_us, PAUSE_US));
    pace->worked_us = 0;
}

retain_end fz_retain_try(retention *run, retain_deed deed, void *user, GError **error)
{
    retain_pace *pace = &run->pace;
    const gint64 most_us = (gint64)run->order->wait_s * G_USEC_PER_SEC;

    for (;;) {
        g_autoptr(GError) fault = NULL;
        const gint64 begin_us = g_get_monotonic_time();
        const bool done = deed(run, user, &fault);
        pace->last_us = g_get_monotonic_time() - begin_us;
        if (done) {
            give_way(pace);
            return RETAIN_DONE;
        }
        if (!g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY)) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return RETAIN_FAILED;
        }
        pace->waited_us += pace->last_us + RETRY_US;
        if (pace->waited_us > most_us)
            return RETAIN_LATER;
        g_usleep(RETRY_US);
    }
}

typedef struct inner {
    retain_deed deed;
    void *user;
} inner;

static bool transact(retention *run, void *user, GError **error)
{
    const fz_store_ops *ops = run->store->ops;
    const inner *in = user;

    if (!ops->hurry(run->store, true, error))
        return false;
    bool done = ops->begin(run->store, error) && in->deed(run, in->user, error) && ops->commit(run->store, error);
    if (!done)
        ops->rollback(run->store);
    ops->hurry(run->store, false, NULL);
    return done;
}

retain_end fz_retain_transact(retention *run, retain_deed deed, void *user, GError **error)
{
    inner in = {deed, user};

    return fz_retain_try(run, transact, &in, error);
}
