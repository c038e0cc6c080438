/* Passes frames from the thread that reads to the one that counts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "counter.h"

#include <malloc.h>

/* Frames go to the second thread in the blocks of a ring. The waiting thread is woken when half of the ring is ready: a
 * wake-up costs as much as counting some hundred frames. */
enum { BLOCK_FRAMES = 512, BLOCKS = 8, HALF = BLOCKS / 2 };

typedef struct block {
    fz_counted frames[BLOCK_FRAMES];
    unsigned count;
    fz_frame_link links[BLOCK_FRAMES]; /* of the frames, if rows of packets need them */
} block;

struct fz_counter {
    fz_collector *collector;
    GThread *thread; /* NULL: this thread counts, each frame at once */
    block *filling;  /* the first thread's; blocks of the ring from `counted` to `filled` are the second thread's */

    GMutex lock; /* protects what follows */
    GCond work, room;
    uint64_t filled, counted; /* blocks so far */
    bool runs, ended;
    bool work_awaited, room_awaited;

    block ring[BLOCKS];
};

static void count_frame(fz_collector *collector, const fz_counted *frame, const fz_frame_link *link)
{
    fz_collector_frame(collector, frame->class_, frame->time_us, frame->bytes);
    if (frame->class_ == FZ_COUNTED)
        fz_collector_packet(collector, &frame->packet, frame->time_us, frame->bytes);
    if (link)
        fz_collector_row(collector, frame->class_, &frame->packet, link, frame->time_us, frame->bytes);
}

static void count_block(fz_collector *collector, const block *full)
{
    const bool packets = fz_collector_has_packets(collector);

    for (unsigned i = 0; i < full->count; i++)
        count_frame(collector, &full->frames[i], packets ? &full->links[i] : NULL);
}

/* The second thread's main function. */
static gpointer count_blocks(gpointer data)
{
    fz_counter *counter = data;

    g_mutex_lock(&counter->lock);
    counter->runs = true;
    g_cond_signal(&counter->room);
    for (;;) {
        while (counter->counted == counter->filled && !counter->ended) {
            counter->work_awaited = true;
            g_cond_wait(&counter->work, &counter->lock);
        }
        counter->work_awaited = false;
        if (counter->counted == counter->filled)
            break;
        const block *full = &counter->ring[counter->counted % BLOCKS];
        g_mutex_unlock(&counter->lock);
        count_block(counter->collector, full);
        g_mutex_lock(&counter->lock);
        counter->counted++;
        if (counter->room_awaited && counter->filled - counter->counted <= HALF)
            g_cond_signal(&counter->room);
    }
    g_mutex_unlock(&counter->lock);
    return NULL;
}

fz_counter *fz_counter_new(fz_collector *collector)
{
    fz_counter *counter = g_new0(fz_counter, 1);

    counter->collector = collector;
    counter->filling = counter->ring;
    g_mutex_init(&counter->lock);
    g_cond_init(&counter->work);
    g_cond_init(&counter->room);
    return counter;
}

void fz_counter_free(fz_counter *counter)
{
    if (!counter)
        return;
    fz_counter_finish(counter);
    g_mutex_clear(&counter->lock);
    g_cond_clear(&counter->work);
    g_cond_clear(&counter->room);
    g_free(counter);
}

void fz_counter_start(void *data)
{
    fz_counter *counter = data;

    /* One heap for both threads: another one would take 64 MB of this process's limited address space. */
    (void)mallopt(M_ARENA_MAX, 1);
    counter->thread = g_thread_try_new("count", count_blocks, counter, NULL);
    if (!counter->thread)
        return;
    g_mutex_lock(&counter->lock);
    while (!counter->runs)
        g_cond_wait(&counter->room, &counter->lock);
    g_mutex_unlock(&counter->lock);
}

/* Gives the block to the second thread, and finds an empty one. */
static void pass_block(fz_counter *counter)
{
    g_mutex_lock(&counter->lock);
    counter->filled++;
    if (counter->work_awaited && counter->filled - counter->counted >= HALF)
        g_cond_signal(&counter->work);
    while (counter->filled - counter->counted == BLOCKS) {
        counter->room_awaited = true;
        g_cond_wait(&counter->room, &counter->lock);
    }
    counter->room_awaited = false;
    counter->filling = &counter->ring[counter->filled % BLOCKS];
    counter->filling->count = 0;
    g_mutex_unlock(&counter->lock);
}

fz_counted *fz_counter_first(fz_counter *counter)
{
    return counter->filling->frames;
}

fz_frame_link *fz_counter_link(fz_counter *counter)
{
    return &counter->filling->links[counter->filling->count];
}

fz_counted *fz_counter_add(fz_counter *counter)
{
    if (!counter->thread) {
        count_frame(counter->collector, counter->filling->frames,
                    fz_collector_has_packets(counter->collector) ? counter->filling->links : NULL);
        return counter->filling->frames;
    }
    if (++counter->filling->count == BLOCK_FRAMES)
        pass_block(counter);
    return &counter->filling->frames[counter->filling->count];
}

void fz_counter_finish(fz_counter *counter)
{
    if (!counter->thread)
        return;
    g_mutex_lock(&counter->lock);
    counter->filled += counter->filling->count != 0;
    counter->ended = true;
    g_cond_signal(&counter->work);
    g_mutex_unlock(&counter->lock);
    g_thread_join(g_steal_pointer(&counter->thread));
}
