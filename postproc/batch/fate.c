/* What becomes of a file: it is done, successfully or not, or is tried again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

#include <unistd.h>

enum {
    BACK_OFF_MAX_S = 60,
    DEATHS_MAX = 3, /* of processes over one file */
};

#define DEAD_AGAIN_US (FZ_SECOND_US / 5)

/* Looks at the file once more later, whatever its times are then; reading it takes at most half of the time. */
static void rest(fz_batch *batch, fz_item *item)
{
    gint64 took_us = fz_batch_now() - item->started_us;

    fz_item_move_until(batch, item, FZ_ITEM_SETTLING,
                       fz_batch_now() + CLAMP(took_us, FZ_SECOND_US / 5, BACK_OFF_MAX_S * FZ_SECOND_US));
}

void fz_item_note_done(fz_batch *batch, fz_item *item)
{
    item->done = item->taken;
    batch->figures.done_bytes += item->share;
    batch->figures.news = true;
}

void fz_item_settle(fz_batch *batch, fz_item *item)
{
    fz_item_note_done(batch, item);
    if (!batch->settings->follow)
        return;
    if (item->unsure)
        rest(batch, item);
    else if (!fz_file_state_is_same(&item->now, &item->taken)) /* it has changed since it was opened */
        fz_item_look_again(batch, item);
}

void fz_item_fail(fz_batch *batch, fz_item *item, const char *why)
{
    batch->figures.metrics.failed++;
    fz_log(FZ_LOG_ERROR, "failed", item->shown, "%s", why);
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

void fz_item_vanish(fz_batch *batch, fz_item *item)
{
    batch->figures.metrics.vanished++;
    fz_log(FZ_LOG_WARNING, "vanished", item->shown, "vanished before it could be read");
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

void fz_item_skip_empty(fz_batch *batch, fz_item *item)
{
    batch->figures.metrics.empty += !item->partial;
    if (!item->partial)
        fz_log(FZ_LOG_INFO, "empty", item->shown, "has no packets: nothing to load");
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

void fz_item_know(fz_batch *batch, fz_item *item)
{
    batch->figures.metrics.already++;
    if (item->time_s != FZ_RING_NO_TIME)
        batch->figures.metrics.newest_s = MAX(batch->figures.metrics.newest_s, item->time_s);
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

void fz_item_try_again(fz_batch *batch, fz_item *item, gint64 in_us)
{
    fz_item_move_until(batch, item, FZ_ITEM_RESTING, fz_batch_now() + in_us);
}

gint64 fz_batch_back_off(unsigned failures)
{
    return MIN(FZ_SECOND_US << MIN(failures, 10u), BACK_OFF_MAX_S * FZ_SECOND_US);
}

/* A process died over it, which may or may not be the file's fault. */
void fz_item_mourn(fz_batch *batch, fz_item *item, const char *why)
{
    if (++item->deaths >= DEATHS_MAX) {
        fz_item_fail(batch, item, why);
        return;
    }
    fz_log(FZ_LOG_WARNING, "again", item->shown, "%s; trying again", why);
    fz_item_try_again(batch, item, DEAD_AGAIN_US << item->deaths);
}

/* A process working on it was ended for its silence. */
void fz_item_give_up(fz_batch *batch, fz_item *item, const char *why)
{
    if (batch->settings->follow)
        fz_item_mourn(batch, item, why);
    else
        fz_item_fail(batch, item, why);
}

void fz_item_put_off(fz_batch *batch, fz_item *item, const char *why)
{
    if (!batch->settings->follow) {
        fz_item_fail(batch, item, why);
        return;
    }
    if (item->put_offs == 0)
        fz_log(FZ_LOG_ERROR, "again", item->shown, "%s; trying again", why);
    fz_item_try_again(batch, item, fz_batch_back_off(item->put_offs));
    item->put_offs++;
}

bool fz_batch_in_span(const fz_batch *batch, int64_t time_s)
{
    return time_s == FZ_RING_NO_TIME || (time_s >= batch->settings->since_s && time_s < batch->settings->until_s);
}

/* The time by its name; FZ_RING_NO_TIME also if the name may mean two times and only one is in the requested span. */
static int64_t time_by_name(const fz_batch *batch, const fz_ring_name *name)
{
    bool is_clear = fz_batch_in_span(batch, name->time_s) == fz_batch_in_span(batch, name->latest_s);

    return is_clear ? name->time_s : FZ_RING_NO_TIME;
}

void fz_item_start_afresh(fz_batch *batch, fz_item *item)
{
    item->time_s = time_by_name(batch, &item->there->when); /* the first packet's time was that of other content */
    item->unsure = false;
    item->deaths = item->put_offs = 0;
}

void fz_item_leave_out(fz_batch *batch, fz_item *item)
{
    batch->figures.metrics.left_out += !item->left_out;
    item->left_out = true;
    fz_item_move(batch, item, FZ_ITEM_DONE);
}

int fz_item_open(fz_batch *batch, fz_item *item)
{
    g_autoptr(GError) fault = NULL;
    int fd = fz_ring_take(item->folder->ring, item->name, &item->taken, &fault);

    item->started_us = fz_batch_now();
    item->unsure = fd >= 0 && !item->taken.settled;
    if (fd >= 0 && item->taken.size > 0)
        return fd;
    if (fd >= 0) {
        close(fd);
        fz_item_skip_empty(batch, item);
    } else if (g_error_matches(fault, FZ_RING_ERROR, FZ_RING_ERROR_GONE)) {
        fz_item_vanish(batch, item);
    } else {
        fz_item_put_off(batch, item, fault->message);
    }
    return -1;
}
