/* A source counts each capture that is news.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "tshark.h"

#include <signal.h>
#include <unistd.h>

/* Who waits for a writer takes nobody's turn, but there is an end to how many may wait. */
static bool may_count(const fz_batch *of)
{
    return of->busy - of->to_give.length < of->settings->jobs && of->busy < 2 * of->settings->jobs &&
           !fz_batch_store_waits(of) && !of->fatal && fz_batch_now() >= of->hold_until_us;
}

/* Starts a source on the open file. */
static bool start_count(fz_batch *of, fz_batch_item *file, int fd, GError **error)
{
    fz_batch_count *count = fz_batch_count_new(file);
    fz_source *source = &count->source;

    count->input =
        (fz_input){.fd = fd, .name = count->shown, .seekable = true, .size = file->taken.size, .opened = file->taken};
    if (!fz_batch_start_source(of, file, error)) {
        fz_batch_count_free(file);
        return false;
    }
    source->capture = file->name;
    source->identity = file->question.identity;
    source->capture_bytes = file->taken.size;
    source->written_ns = file->taken.written_ns;
    source->limits.silence_s *= 1 + (of->settings->jobs - 1) / g_get_num_processors();
    fz_batch_move(of, file, FZ_ITEM_COUNTED,
                  source->limits.silence_s ? file->started_us + source->limits.silence_s * FZ_SECOND_US : 0);
    of->busy++;
    return true;
}

void fz_batch_count_next(fz_batch *of)
{
    while (may_count(of) && !g_queue_is_empty(&of->to_load) && fz_batch_need_zones(of) && fz_batch_need_engine(of)) {
        if (of->hold_until_us)
            fz_log(FZ_LOG_NOTICE, "again", NULL, "captures are counted again");
        of->hold_until_us = 0;
        fz_batch_item *file = g_queue_pop_head(&of->to_load);
        g_autoptr(GError) fault = NULL;
        if (!fz_batch_choose_engine(of, file, &fault)) {
            if (of->stopping || g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED))
                fz_batch_try_again(of, file, 0);
            else
                fz_batch_put_off(of, file, fault->message);
            continue;
        }
        int fd = fz_batch_take_file(of, file);
        if (fd < 0)
            continue;
        if (!start_count(of, file, fd, &fault))
            fz_batch_put_off(of, file, fault->message);
        close(fd);
    }
}

void fz_batch_take_count(fz_batch *of, fz_batch_item *file)
{
    fz_batch_move(of, file, FZ_ITEM_READY, 0);
    g_queue_push_tail(&of->to_give, file);
}

void fz_batch_drop_source(fz_batch *of, fz_batch_item *file)
{
    fz_source *source = &file->count->source;

    kill(source->pid, SIGKILL);
    if (source->feeder > 0)
        kill(source->feeder, SIGKILL);
    fz_source_end end = fz_source_stop(source);
    fz_source_end_clear(&end);
    fz_batch_count_free(file);
    of->busy--;
}

void fz_batch_give_up_source(fz_batch *of, fz_batch_item *file)
{
    fz_batch_drop_source(of, file);
    fz_batch_give_up_item(of, file, "the process that reads it said nothing for too long; gave up");
}
