/* The files of a batch: in which state each is, and when it is looked at again. What a turn of the batch costs does not
 * depend on how many there are.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_work.h"

#include "keep.h"

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
