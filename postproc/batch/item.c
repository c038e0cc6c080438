/* The files of a batch: in which state each is, when it is looked at again, and what became of it. What a turn of
 * the batch costs does not depend on how many there are.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "keep.h"
#include "log.h"

#include <unistd.h>

enum {
    BACK_OFF_MAX_S = 60,
    DEATHS_MAX = 3, /* of processes over one file */
};

#define DEAD_AGAIN_US (FZ_SECOND_US / 5)

fz_batch_item *fz_batch_item_new(fz_batch *of, fz_batch_folder *folder, fz_ring_file *there)
{
    fz_batch_item *file = fz_keep_new0(sizeof *file);

    file->folder = folder;
    file->there = there;
    file->name = there->name;
    file->shown = there->shown;
    file->time_s = fz_batch_time_of(of, &there->when);
    of->in_state[file->state]++;
    return file;
}

static void stop_timer(fz_batch_item *file)
{
    if (file->timer)
        g_sequence_remove(file->timer);
    file->timer = NULL;
    file->again_us = 0;
}

void fz_batch_item_free(fz_batch *of, fz_batch_item *file)
{
    stop_timer(file);
    of->in_state[file->state]--;
    fz_ring_file_free(file->there);
    fz_keep_free(file, sizeof *file);
}

static gint compare_times(gconstpointer a, gconstpointer b, gpointer unused)
{
    const fz_batch_item *left = a, *right = b;

    (void)unused;
    return (left->again_us > right->again_us) - (left->again_us < right->again_us);
}

void fz_batch_move(fz_batch *of, fz_batch_item *file, fz_batch_state state, gint64 again_us)
{
    if (file->state == FZ_ITEM_COUNTED)
        g_queue_remove(&of->counted, file);
    if (state == FZ_ITEM_COUNTED)
        g_queue_push_tail(&of->counted, file);
    of->in_state[file->state]--;
    of->in_state[state]++;
    file->state = state;
    stop_timer(file);
    file->again_us = again_us;
    if (again_us)
        file->timer = g_sequence_insert_sorted(of->timers, file, compare_times, NULL);
}

fz_batch_count *fz_batch_count_new(fz_batch_item *file)
{
    fz_batch_count *count = g_new0(fz_batch_count, 1);

    count->name = g_strdup(file->name);
    count->shown = g_strdup(file->shown);
    return file->count = count;
}

void fz_batch_count_free(fz_batch_item *file)
{
    g_free(file->count->name);
    g_free(file->count->shown);
    g_clear_pointer(&file->count, g_free);
}

fz_batch_item *fz_batch_first_due(const fz_batch *of)
{
    GSequenceIter *first = g_sequence_get_begin_iter(of->timers);

    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

/* It is looked at once more, whatever its times say then, but not for more than half of the time. */
static void rest(fz_batch *of, fz_batch_item *file)
{
    gint64 took_us = fz_batch_now() - file->started_us;

    fz_batch_move(of, file, FZ_ITEM_WRITING,
                  fz_batch_now() + CLAMP(took_us, FZ_SECOND_US / 5, BACK_OFF_MAX_S * FZ_SECOND_US));
}

void fz_batch_settle(fz_batch *of, fz_batch_item *file)
{
    fz_batch_move(of, file, FZ_ITEM_DONE, 0);
    file->done = file->taken;
    of->done_bytes += file->share;
    of->metrics_news = true;
    if (!of->settings->follow)
        return;
    if (file->unsure)
        rest(of, file);
    else if (!fz_file_state_is_same(&file->now, &file->taken)) /* it has changed since it was opened */
        fz_batch_look_again(of, file);
}

void fz_batch_fail(fz_batch *of, fz_batch_item *file, const char *why)
{
    of->metrics.failed++;
    fz_log(FZ_LOG_ERROR, "failed", file->shown, "%s", why);
    fz_batch_settle(of, file);
}

void fz_batch_lose_file(fz_batch *of, fz_batch_item *file)
{
    of->metrics.vanished++;
    fz_log(FZ_LOG_WARNING, "vanished", file->shown, "vanished before it could be read");
    fz_batch_settle(of, file);
}

void fz_batch_skip_empty(fz_batch *of, fz_batch_item *file)
{
    of->metrics.empty += file->complete;
    if (file->complete)
        fz_log(FZ_LOG_INFO, "empty", file->shown, "has no packet: nothing to load");
    fz_batch_settle(of, file);
}

void fz_batch_know_file(fz_batch *of, fz_batch_item *file)
{
    of->metrics.already++;
    if (file->time_s != FZ_RING_NO_TIME)
        of->metrics.newest_s = MAX(of->metrics.newest_s, file->time_s);
    fz_batch_settle(of, file);
}

/* Looks at it once more, from the beginning. */
void fz_batch_try_again(fz_batch *of, fz_batch_item *file, gint64 in_us)
{
    fz_batch_move(of, file, FZ_ITEM_WAITS, fz_batch_now() + in_us);
}

gint64 fz_batch_back_off(unsigned failures)
{
    return MIN(FZ_SECOND_US << MIN(failures, 10u), BACK_OFF_MAX_S * FZ_SECOND_US);
}

/* A process died over it: that may have been its fault, or not. */
void fz_batch_mourn(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (++file->deaths >= DEATHS_MAX) {
        fz_batch_fail(of, file, why);
        return;
    }
    fz_log(FZ_LOG_WARNING, "again", file->shown, "%s; it is tried again", why);
    fz_batch_try_again(of, file, DEAD_AGAIN_US << file->deaths);
}

/* A process over it was ended for its silence. */
void fz_batch_give_up_item(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (of->settings->follow)
        fz_batch_mourn(of, file, why);
    else
        fz_batch_fail(of, file, why);
}

/* It may pass: who follows tries again, as long as the file is there. */
void fz_batch_put_off(fz_batch *of, fz_batch_item *file, const char *why)
{
    if (!of->settings->follow) {
        fz_batch_fail(of, file, why);
        return;
    }
    if (file->faults == 0)
        fz_log(FZ_LOG_ERROR, "again", file->shown, "%s; it is tried again", why);
    fz_batch_try_again(of, file, fz_batch_back_off(file->faults));
    file->faults++;
}

bool fz_batch_in_span(const fz_batch *of, int64_t time_s)
{
    return time_s == FZ_RING_NO_TIME || (time_s >= of->settings->since_s && time_s < of->settings->until_s);
}

int64_t fz_batch_time_of(const fz_batch *of, const fz_ring_name *name)
{
    bool is_clear = fz_batch_in_span(of, name->time_s) == fz_batch_in_span(of, name->latest_s);

    return is_clear ? name->time_s : FZ_RING_NO_TIME;
}

void fz_batch_leave_out(fz_batch *of, fz_batch_item *file)
{
    of->metrics.left_out += !file->outside;
    file->outside = true;
    fz_batch_settle(of, file);
}

/* Opens it, or says what became of it: file->taken is what it is now. -1: not to be read. */
int fz_batch_take_file(fz_batch *of, fz_batch_item *file)
{
    g_autoptr(GError) fault = NULL;
    int fd = fz_ring_take(file->folder->ring, file->name, &file->taken, &fault);

    file->started_us = fz_batch_now();
    file->unsure = fd >= 0 && !file->taken.settled;
    if (fd >= 0 && file->taken.size > 0)
        return fd;
    if (fd >= 0) {
        close(fd);
        fz_batch_skip_empty(of, file);
    } else if (g_error_matches(fault, FZ_RING_ERROR, FZ_RING_ERROR_GONE)) {
        fz_batch_lose_file(of, file);
    } else {
        fz_batch_put_off(of, file, fault->message);
    }
    return -1;
}
