/* A source counts each capture that is not in the store yet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "tshark.h"

#include <signal.h>
#include <unistd.h>

/* A capture that waits for a writer takes no other capture's turn, but only so many may wait. */
static bool may_count(const fz_batch *batch)
{
    unsigned under_way = fz_item_count(batch, FZ_ITEM_COUNTING) + fz_item_count(batch, FZ_ITEM_LOADING);

    return under_way < batch->settings->jobs &&
           under_way + fz_item_count(batch, FZ_ITEM_TO_LOAD) < 2 * batch->settings->jobs && !fz_hands_wait(batch) &&
           !batch->fatal && fz_batch_now() >= batch->hold_until_us;
}

static fz_counting *new_counting(fz_item *item)
{
    fz_counting *counting = g_new0(fz_counting, 1);

    counting->name = g_strdup(item->name);
    counting->shown = g_strdup(item->shown);
    return item->counting = counting;
}

void fz_item_free_counting(fz_item *item)
{
    g_free(item->counting->name);
    g_free(item->counting->shown);
    g_free(item->counting->folder);
    g_clear_pointer(&item->counting, g_free);
}

/* Starts a source on the open file. */
static bool start_count(fz_batch *batch, fz_item *item, int fd, GError **error)
{
    fz_counting *counting = new_counting(item);
    fz_source *source = &counting->source;
    fz_options options = fz_batch_options(batch);

    options.source = counting->name;
    options.folder = counting->folder = g_strdup(fz_ring_folder(item->folder->ring));
    counting->input = (fz_input){
        .fd = fd, .name = counting->shown, .seekable = true, .size = item->taken.size, .opened = item->taken};
    if (!fz_engine_start(item->engine, source, &counting->input, &options, &batch->confine, batch->settings->jobs,
                         error)) {
        fz_item_free_counting(item);
        return false;
    }
    source->capture = item->name;
    source->folder = counting->folder;
    source->identity = item->question.identity;
    source->capture_bytes = item->taken.size;
    source->written_ns = item->taken.written_ns;
    source->limits.silence_s *= 1 + (batch->settings->jobs - 1) / g_get_num_processors();
    fz_item_move_until(batch, item, FZ_ITEM_COUNTING,
                       source->limits.silence_s ? item->started_us + source->limits.silence_s * FZ_SECOND_US : 0);
    return true;
}

static void count_capture(fz_batch *batch, fz_item *item)
{
    g_autoptr(GError) fault = NULL;

    if (!fz_item_choose_engine(batch, item, &fault)) {
        if (batch->stopping || g_error_matches(fault, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED))
            fz_item_try_again(batch, item, 0);
        else
            fz_item_put_off(batch, item, fault->message);
        return;
    }
    int fd = fz_item_open(batch, item);
    if (fd < 0)
        return;
    if (!start_count(batch, item, fd, &fault))
        fz_item_put_off(batch, item, fault->message);
    close(fd);
}

void fz_batch_count_next(fz_batch *batch)
{
    fz_item *item;

    while (may_count(batch) && (item = fz_item_first(batch, FZ_ITEM_TO_COUNT)) && fz_batch_need_zones(batch) &&
           fz_batch_need_engine(batch)) {
        if (batch->hold_until_us)
            fz_log(FZ_LOG_NOTICE, "again", NULL, "counting resumes");
        batch->hold_until_us = 0;
        count_capture(batch, item);
    }
}

void fz_item_take_count(fz_batch *batch, fz_item *item)
{
    fz_item_move(batch, item, FZ_ITEM_TO_LOAD);
}

void fz_item_drop_source(fz_batch *batch, fz_item *item)
{
    fz_source *source = &item->counting->source;

    (void)batch;
    kill(source->pid, SIGKILL);
    if (source->feeder > 0)
        kill(source->feeder, SIGKILL);
    fz_source_end end = fz_source_stop(source);
    fz_source_end_clear(&end);
    fz_item_free_counting(item);
}

void fz_item_give_up_source(fz_batch *batch, fz_item *item)
{
    fz_item_drop_source(batch, item);
    fz_item_give_up(batch, item, "the process that reads it sent nothing for too long and was ended");
}
