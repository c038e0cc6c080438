/* The ring of a batch: its folders, what is in them, and what is to be done about it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { RELIST_MAX_S = 30 }; /* a folder that tells nothing (NFS) is looked at so often */

#define LIST_AGAIN_US (FZ_SECOND_US / 5)

gint64 fz_batch_relist_us(const fz_batch *of)
{
    return CLAMP(of->settings->idle_s, 1U, (unsigned)RELIST_MAX_S) * FZ_SECOND_US;
}

static fz_batch_item *newest_of(const fz_batch_item *file)
{
    const char *series = file->there ? file->there->when.series : NULL;

    return series ? g_hash_table_lookup(file->folder->newest, series) : NULL;
}

/* It is no longer there. */
static void forget(fz_batch *of, fz_batch_item *file)
{
    if (newest_of(file) == file)
        g_hash_table_remove(file->folder->newest, file->there->when.series);
    fz_batch_item_free(of, file);
}

static bool may_go(const fz_batch_item *file)
{
    return file->state == FZ_ITEM_DONE || file->state == FZ_ITEM_WRITING || file->state == FZ_ITEM_WATCHED;
}

/* Takes over what the folder says of a file now. */
static fz_batch_item *item_of(fz_batch *of, fz_batch_folder *folder, fz_ring_file *there)
{
    fz_batch_item *file = g_hash_table_lookup(folder->items, there->name);
    bool is_new = !file;

    if (is_new) {
        file = fz_batch_item_new(of, folder, there);
        file->just_closed = g_hash_table_remove(folder->closed, there->name);
        g_hash_table_insert(folder->items, file->name, file);
    } else {
        fz_ring_file_renew(file->there, there);
    }
    if (is_new || !fz_file_state_is_same(&file->there->state, &file->now)) {
        file->closed = file->just_closed;
        file->seen_us = folder->active_us = fz_batch_now();
    }
    file->just_closed = false;
    file->now = file->there->state;
    file->listed = true;
    return file;
}

/* What is no file stays what it is while files come and go in it. */
static bool has_changed(const fz_batch_item *file)
{
    return file->odd ? file->now.inode != file->done.inode : !fz_file_state_is_same(&file->now, &file->done);
}

static void tell_oddity(fz_batch *of, fz_batch_item *file, const char *oddity)
{
    g_autofree char *why = g_strdup_printf("%s: not read", oddity);

    if (file->state == FZ_ITEM_DONE)
        return;
    file->odd = true;
    fz_batch_fail(of, file, why);
}

/* A file that is not complete: when it is to be looked at again. One whose times lie ahead of the clock, as where that
 * was set back, would be complete when the clock gets there: it is watched instead, even by a run that goes on for
 * nothing else. */
static void leave_to_writer(fz_batch *of, fz_batch_item *file, gint64 now_ns)
{
    gint64 idle_us = of->settings->idle_s * FZ_SECOND_US, rest_us = fz_ring_rest_ns(&file->now, now_ns) / 1000;
    gint64 seen_us = fz_batch_now() - file->seen_us;
    bool watched = file->state == FZ_ITEM_NEW && file->now.written_ns / 1000 > now_ns / 1000 + idle_us;

    if (watched)
        fz_log(FZ_LOG_WARNING, "ahead", file->shown,
               "the time when it was written last lies ahead of the clock; waiting until it has not changed for %u s",
               of->settings->idle_s);
    else if (file->state != FZ_ITEM_WRITING && !of->settings->follow) {
        of->writing++;
        fz_log(FZ_LOG_INFO, "writing", file->shown, "is still being written; --partial takes it too");
    }
    fz_batch_move(of, file, watched ? FZ_ITEM_WATCHED : FZ_ITEM_WRITING,
                  fz_batch_now() + idle_us - CLAMP(MAX(rest_us, seen_us), 0, idle_us));
}

static bool is_complete(const fz_batch *of, const fz_batch_item *file, gint64 now_ns)
{
    return file->closed || fz_ring_is_complete(file->there, now_ns, of->settings->idle_s) ||
           fz_batch_now() - file->seen_us >= of->settings->idle_s * FZ_SECOND_US;
}

static bool is_undecided(const fz_batch_item *file)
{
    return file->state == FZ_ITEM_NEW || file->state == FZ_ITEM_WRITING || file->state == FZ_ITEM_WATCHED;
}

static void classify(fz_batch *of, fz_batch_item *file)
{
    gint64 now_ns = g_get_real_time() * 1000;
    bool unsure = file->state == FZ_ITEM_WRITING && file->unsure;

    if (unsure && fz_batch_now() < file->again_us)
        return;
    if (unsure || (file->state == FZ_ITEM_DONE && has_changed(file))) {
        fz_batch_move(of, file, FZ_ITEM_NEW, 0);
        file->unsure = false;
        file->time_s = fz_batch_time_of(of, &file->there->when); /* its first packet's was of another content */
        file->deaths = file->faults = 0;
        file->odd = false;
    }
    if (!is_undecided(file))
        return;
    file->taken = file->now;
    file->share = 0;
    if (file->there->oddity) {
        tell_oddity(of, file, file->there->oddity);
        return;
    }
    file->complete = is_complete(of, file, now_ns);
    if (!fz_batch_in_span(of, file->time_s)) {
        fz_batch_leave_out(of, file);
    } else if (file->complete || (of->settings->partial && file->state == FZ_ITEM_NEW)) {
        fz_batch_move(of, file, FZ_ITEM_WAITS, 0);
        file->share = file->now.size;
        of->total_bytes += file->share;
        fz_batch_begin(of, file);
    } else {
        leave_to_writer(of, file, now_ns);
    }
}

static void make_newest(fz_batch_item *file)
{
    g_hash_table_replace(file->folder->newest, g_ref_string_acquire(file->there->when.series), file);
}

/* Whether it is the last of its series; if it is, the one before it is complete. */
static void place_in_series(fz_batch *of, fz_batch_item *file)
{
    fz_batch_item *newest = newest_of(file);

    file->there->last = !newest || newest == file || !fz_ring_follows(newest->there, file->there);
    if (!file->there->when.series || (newest && newest != file && !fz_ring_follows(file->there, newest->there)))
        return;
    make_newest(file);
    if (newest && newest != file) {
        newest->there->last = false;
        classify(of, newest);
    }
}

static void look_at(fz_batch *of, fz_batch_folder *folder, const char *name, GPtrArray *found)
{
    fz_ring_file *there = fz_ring_look(folder->ring, name);
    fz_batch_item *file = there ? NULL : g_hash_table_lookup(folder->items, name);

    if (there) {
        g_ptr_array_add(found, there);
        return;
    }
    g_hash_table_remove(folder->closed, name);
    if (file && may_go(file)) {
        g_hash_table_remove(folder->items, name);
        forget(of, file);
    }
}

static void look_at_news(fz_batch *of, fz_batch_folder *folder)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    g_autoptr(GHashTable) news = g_steal_pointer(&folder->news);
    GHashTableIter each;
    gpointer name;

    folder->news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_iter_init(&each, news);
    while (g_hash_table_iter_next(&each, &name, NULL))
        look_at(of, folder, name, found);
    fz_ring_sort(found);
    for (guint i = 0; i < found->len; i++) {
        fz_batch_item *file = item_of(of, folder, found->pdata[i]);
        if (!file->there->oddity)
            place_in_series(of, file);
        classify(of, file);
    }
}

static void drop_unlisted(fz_batch *of, fz_batch_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        fz_batch_item *file = data;
        bool listed = file->listed;
        file->listed = false;
        if (listed || !may_go(file))
            continue;
        g_hash_table_iter_remove(&each);
        forget(of, file);
    }
}

/* Of a former folder that is gone, nothing is left. */
static void look_at_all(fz_batch *of, fz_batch_folder *folder)
{
    bool former = folder != of->folders->pdata[0];
    g_autoptr(GPtrArray) there = fz_ring_list(folder->ring, former || of->fatal ? NULL : &of->fatal);

    if (!there && !former)
        return;
    g_hash_table_remove_all(folder->newest);
    g_hash_table_remove_all(folder->news);
    for (guint i = 0; there && i < there->len; i++) {
        fz_batch_item *file = item_of(of, folder, g_steal_pointer(&there->pdata[i]));
        if (file->there->when.series && !file->there->oddity)
            make_newest(file);
        classify(of, file);
    }
    drop_unlisted(of, folder);
    g_hash_table_remove_all(folder->closed);
}

static void free_folder(fz_batch *of, fz_batch_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        fz_batch_item_free(of, data);
    g_hash_table_unref(folder->items);
    g_hash_table_unref(folder->closed);
    g_hash_table_unref(folder->newest);
    g_hash_table_unref(folder->news);
    if (folder->watch >= 0)
        inotify_rm_watch(of->events, folder->watch);
    fz_ring_free(folder->ring);
    g_free(folder);
}

static void release_text(void *text)
{
    g_ref_string_release(text);
}

static fz_batch_folder *open_folder(fz_batch *of, GError **error)
{
    fz_ring *ring = fz_ring_open(of->settings->ring, of->settings->pattern, error);

    if (!ring)
        return NULL;
    fz_batch_folder *folder = g_new0(fz_batch_folder, 1);
    folder->ring = ring;
    folder->items = g_hash_table_new(g_str_hash, g_str_equal);
    folder->closed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    folder->newest = g_hash_table_new_full(g_str_hash, g_str_equal, release_text, NULL);
    folder->news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    folder->active_us = fz_batch_now();
    fz_batch_watch_folder(of, folder);
    g_ptr_array_insert(of->folders, 0, folder);
    return folder;
}

bool fz_batch_open_ring(fz_batch *of, GError **error)
{
    of->folders = g_ptr_array_new();
    of->timers = g_sequence_new(NULL);
    return open_folder(of, error) != NULL;
}

void fz_batch_close_rings(fz_batch *of)
{
    for (guint i = 0; of->folders && i < of->folders->len; i++)
        free_folder(of, of->folders->pdata[i]);
    g_clear_pointer(&of->folders, g_ptr_array_unref);
    g_clear_pointer(&of->timers, g_sequence_free);
    if (of->events >= 0)
        close(of->events);
}

/* Back to a folder that it led to before, or to a new one. */
static void follow_link(fz_batch *of)
{
    g_autoptr(GError) fault = NULL;
    guint former = 1;

    while (former < of->folders->len &&
           !fz_ring_is_there(((fz_batch_folder *)of->folders->pdata[former])->ring, of->settings->ring))
        former++;
    if (former < of->folders->len)
        g_ptr_array_insert(of->folders, 0, g_ptr_array_steal_index(of->folders, former));
    else if (!open_folder(of, &fault))
        return; /* it is being moved: the next look tells */
    fz_log(FZ_LOG_NOTICE, "moved", NULL,
           "%s leads to another folder now; of the one before, what is not loaded yet follows", of->settings->ring);
}

static void find_folder(fz_batch *of)
{
    const fz_batch_folder *current = of->folders->pdata[0];
    fz_ring_place place = fz_ring_find(current->ring, of->settings->ring);

    if (place == FZ_RING_NOWHERE && !of->leads_nowhere)
        fz_log(FZ_LOG_WARNING, "moved", NULL, "%s leads to no folder; the one before is still followed",
               of->settings->ring);
    of->leads_nowhere = place == FZ_RING_NOWHERE;
    if (place == FZ_RING_ELSEWHERE)
        follow_link(of);
    else if (place == FZ_RING_TAKEN_AWAY)
        fz_batch_end(of, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "the ring's folder was taken away");
}

/* All of it is done, and nothing has happened in it for longer than a file may rest that is being written. */
static bool has_ended(const fz_batch *of, const fz_batch_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    if (fz_batch_now() < folder->active_us + (of->settings->idle_s + RELIST_MAX_S) * FZ_SECOND_US)
        return false;
    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        if (((const fz_batch_item *)data)->state != FZ_ITEM_DONE)
            return false;
    return true;
}

static void list_all(fz_batch *of)
{
    of->want_list = of->want_look = false;
    of->list_due_us = fz_batch_now() + fz_batch_relist_us(of);
    find_folder(of);
    for (guint i = 0; i < of->folders->len && !of->fatal; i++)
        look_at_all(of, of->folders->pdata[i]);
    for (guint i = of->folders->len - 1; i > 0; i--)
        if (has_ended(of, of->folders->pdata[i]))
            free_folder(of, g_ptr_array_steal_index(of->folders, i));
    of->listed_once = of->listed_once || !of->fatal;
}

void fz_batch_list(fz_batch *of)
{
    if (of->settings->follow && fz_batch_now() >= of->list_due_us)
        of->want_list = true;
    if (fz_batch_now() < of->list_after_us || (!of->want_list && !of->want_look))
        return;
    of->list_after_us = fz_batch_now() + LIST_AGAIN_US;
    if (of->want_list) {
        list_all(of);
        return;
    }
    of->want_look = false;
    for (guint i = 0; i < of->folders->len; i++)
        look_at_news(of, of->folders->pdata[i]);
}

gint64 fz_batch_list_due(const fz_batch *of)
{
    gint64 due = of->settings->follow ? of->list_due_us : G_MAXINT64;

    return of->want_list || of->want_look ? MIN(due, of->list_after_us) : MAX(due, of->list_after_us);
}

void fz_batch_look_again(fz_batch *of, fz_batch_item *file)
{
    g_hash_table_add(file->folder->news, g_strdup(file->name));
    of->want_look = true;
}
