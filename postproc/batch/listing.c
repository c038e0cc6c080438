/* The ring of a batch: its folders, what is in them, and what to do about it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { RELIST_MAX_S = 30 }; /* a folder without events (NFS) is listed this often */

#define LIST_AGAIN_US (FZ_SECOND_US / 5)

gint64 fz_batch_relist_us(const fz_batch *batch)
{
    return CLAMP(batch->settings->idle_s, 1U, (unsigned)RELIST_MAX_S) * FZ_SECOND_US;
}

static fz_item *newest_of(const fz_item *item)
{
    const char *series = item->there ? item->there->when.series : NULL;

    return series ? g_hash_table_lookup(item->folder->newest, series) : NULL;
}

/* Drops an item whose file no longer exists. */
static void forget(fz_batch *batch, fz_item *item)
{
    if (newest_of(item) == item)
        g_hash_table_remove(item->folder->newest, item->there->when.series);
    fz_item_free(batch, item);
}

/* Brings the file's item up to date with the folder. `there` is taken over. */
static fz_item *item_of(fz_batch *batch, fz_folder *folder, fz_ring_file *there)
{
    fz_item *item = g_hash_table_lookup(folder->items, there->name);
    bool closed = g_hash_table_remove(folder->closed, there->name);
    bool is_same = item && fz_file_state_is_same(&there->state, &item->now);

    if (item) {
        fz_ring_file_renew(item->there, there);
    } else {
        item = fz_item_new(batch, folder, there);
        g_hash_table_insert(folder->items, item->name, item);
    }
    item->closed = closed || (is_same && item->closed);
    if (!is_same)
        item->seen_us = folder->active_us = fz_batch_now();
    item->now = item->there->state;
    item->listing = folder->listing;
    return item;
}

bool fz_item_has_changed(const fz_item *item)
{
    return !fz_file_state_is_same(&item->now, &item->done);
}

/* Compares inodes: a folder, for example, stays the same while files in it come and go. */
bool fz_item_was_replaced(const fz_item *item)
{
    return item->now.inode != item->done.inode;
}

bool fz_item_has_rested(const fz_item *item)
{
    return fz_batch_now() >= item->due_us;
}

static void report_odd(fz_batch *batch, fz_item *item)
{
    batch->figures.metrics.failed++;
    fz_log(FZ_LOG_ERROR, "failed", item->shown, "%s: not read", item->there->oddity);
    fz_item_move(batch, item, FZ_ITEM_ODD);
}

/* Decides when to look again at a file that is not complete. A file whose times are ahead of the clock, as after that
 * was set back, would only be complete once the clock gets there: it is watched instead, even by a run that has nothing
 * else to wait for. */
static void leave_to_writer(fz_batch *batch, fz_item *item, gint64 now_ns)
{
    gint64 idle_us = batch->settings->idle_s * FZ_SECOND_US, rest_us = fz_ring_rest_ns(&item->now, now_ns) / 1000;
    gint64 seen_us = fz_batch_now() - item->seen_us;
    bool watched = item->stage == FZ_ITEM_NEW && item->now.written_ns / 1000 > now_ns / 1000 + idle_us;

    if (watched)
        fz_log(FZ_LOG_WARNING, "ahead", item->shown,
               "its modification time is ahead of the clock; waiting until it has not changed for %u s",
               batch->settings->idle_s);
    else if (item->stage != FZ_ITEM_WRITING && !batch->settings->follow) {
        batch->figures.writing++;
        fz_log(FZ_LOG_INFO, "writing", item->shown, "is still being written; --partial loads it too");
    }
    fz_item_move_until(batch, item, watched ? FZ_ITEM_WATCHED : FZ_ITEM_WRITING,
                       fz_batch_now() + idle_us - CLAMP(MAX(rest_us, seen_us), 0, idle_us));
}

static bool is_complete(const fz_batch *batch, const fz_item *item, gint64 now_ns)
{
    return item->closed || fz_ring_is_complete(item->there, now_ns, batch->settings->idle_s) ||
           fz_batch_now() - item->seen_us >= batch->settings->idle_s * FZ_SECOND_US;
}

/* Decides what to do about a file as it is now. */
static void classify(fz_batch *batch, fz_item *item)
{
    gint64 now_ns = g_get_real_time() * 1000;
    bool (*is_news)(const fz_item *) = fz_item_rows[item->stage].is_news;

    if (is_news && is_news(item))
        fz_item_move(batch, item, FZ_ITEM_NEW);
    else if (is_news || fz_item_rows[item->stage].kind != FZ_ITEM_OPEN)
        return;
    item->taken = item->now;
    item->share = 0;
    item->partial = !is_complete(batch, item, now_ns);
    if (item->there->oddity) {
        report_odd(batch, item);
    } else if (!fz_batch_in_span(batch, item->time_s)) {
        fz_item_leave_out(batch, item);
    } else if (!item->partial || (batch->settings->partial && item->stage == FZ_ITEM_NEW)) {
        item->share = item->now.size;
        batch->figures.total_bytes += item->share;
        fz_item_move(batch, item, fz_item_begin(batch, item));
    } else {
        leave_to_writer(batch, item, now_ns);
    }
}

static void make_newest(fz_item *item)
{
    g_hash_table_replace(item->folder->newest, g_ref_string_acquire(item->there->when.series), item);
}

/* Notes whether it is the last of its series; if it is, the previous one is complete. */
static void place_in_series(fz_batch *batch, fz_item *item)
{
    fz_item *newest = newest_of(item);

    item->there->last = !newest || newest == item || !fz_ring_follows(newest->there, item->there);
    if (!item->there->when.series || (newest && newest != item && !fz_ring_follows(item->there, newest->there)))
        return;
    make_newest(item);
    if (newest && newest != item) {
        newest->there->last = false;
        classify(batch, newest);
    }
}

static void look_at(fz_batch *batch, fz_folder *folder, const char *name, GPtrArray *found)
{
    fz_ring_file *there = fz_ring_look(folder->ring, name);
    fz_item *item = there ? NULL : g_hash_table_lookup(folder->items, name);

    if (there) {
        g_ptr_array_add(found, there);
        return;
    }
    g_hash_table_remove(folder->closed, name);
    if (item && fz_item_rows[item->stage].kind != FZ_ITEM_AT_WORK) {
        g_hash_table_remove(folder->items, name);
        forget(batch, item);
    }
}

static void look_at_news(fz_batch *batch, fz_folder *folder)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    g_autoptr(GHashTable) news = g_steal_pointer(&folder->news);
    GHashTableIter each;
    gpointer name;

    folder->news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_iter_init(&each, news);
    while (g_hash_table_iter_next(&each, &name, NULL))
        look_at(batch, folder, name, found);
    fz_ring_sort(found);
    for (guint i = 0; i < found->len; i++) {
        fz_item *item = item_of(batch, folder, found->pdata[i]);
        if (!item->there->oddity)
            place_in_series(batch, item);
        classify(batch, item);
    }
}

static void drop_unlisted(fz_batch *batch, fz_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data)) {
        fz_item *item = data;
        if (item->listing == folder->listing || fz_item_rows[item->stage].kind == FZ_ITEM_AT_WORK)
            continue;
        g_hash_table_iter_remove(&each);
        forget(batch, item);
    }
}

/* A former folder that is gone counts as empty. */
static void look_at_all(fz_batch *batch, fz_folder *folder)
{
    bool former = folder != batch->listing.folders->pdata[0];
    g_autoptr(GPtrArray) there = fz_ring_list(folder->ring, former || batch->fatal ? NULL : &batch->fatal);

    if (!there && !former)
        return;
    folder->listing++;
    g_hash_table_remove_all(folder->newest);
    g_hash_table_remove_all(folder->news);
    for (guint i = 0; there && i < there->len; i++) {
        fz_item *item = item_of(batch, folder, g_steal_pointer(&there->pdata[i]));
        if (item->there->when.series && !item->there->oddity)
            make_newest(item);
        classify(batch, item);
    }
    drop_unlisted(batch, folder);
    g_hash_table_remove_all(folder->closed);
}

static void free_folder(fz_batch *batch, fz_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        fz_item_free(batch, data);
    g_hash_table_unref(folder->items);
    g_hash_table_unref(folder->closed);
    g_hash_table_unref(folder->newest);
    g_hash_table_unref(folder->news);
    if (folder->watch >= 0)
        inotify_rm_watch(batch->listing.events, folder->watch);
    fz_ring_free(folder->ring);
    g_free(folder);
}

static void release_text(void *text)
{
    g_ref_string_release(text);
}

static fz_folder *open_folder(fz_batch *batch, GError **error)
{
    fz_ring *ring = fz_ring_open(batch->settings->ring, batch->settings->pattern, error);

    if (!ring)
        return NULL;
    fz_folder *folder = g_new0(fz_folder, 1);
    folder->ring = ring;
    folder->items = g_hash_table_new(g_str_hash, g_str_equal);
    folder->closed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    folder->newest = g_hash_table_new_full(g_str_hash, g_str_equal, release_text, NULL);
    folder->news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    folder->active_us = fz_batch_now();
    fz_batch_watch_folder(batch, folder);
    g_ptr_array_insert(batch->listing.folders, 0, folder);
    return folder;
}

bool fz_batch_open_ring(fz_batch *batch, GError **error)
{
    batch->listing.folders = g_ptr_array_new();
    return open_folder(batch, error) != NULL;
}

void fz_batch_close_rings(fz_batch *batch)
{
    for (guint i = 0; batch->listing.folders && i < batch->listing.folders->len; i++)
        free_folder(batch, batch->listing.folders->pdata[i]);
    g_clear_pointer(&batch->listing.folders, g_ptr_array_unref);
    if (batch->listing.events >= 0)
        close(batch->listing.events);
}

/* Goes back to a folder that the link led to before, or opens a new one. */
static void follow_link(fz_batch *batch)
{
    g_autoptr(GError) fault = NULL;
    guint former = 1;

    while (former < batch->listing.folders->len &&
           !fz_ring_is_there(((fz_folder *)batch->listing.folders->pdata[former])->ring, batch->settings->ring))
        former++;
    if (former < batch->listing.folders->len)
        g_ptr_array_insert(batch->listing.folders, 0, g_ptr_array_steal_index(batch->listing.folders, former));
    else if (!open_folder(batch, &fault))
        return; /* it is being moved: the next look will show where */
    fz_log(FZ_LOG_NOTICE, "moved", NULL,
           "%s now leads to another folder; what is left in the previous one will be loaded", batch->settings->ring);
}

static void find_folder(fz_batch *batch)
{
    const fz_folder *current = batch->listing.folders->pdata[0];
    fz_ring_place place = fz_ring_find(current->ring, batch->settings->ring);

    if (place == FZ_RING_NOWHERE && !batch->listing.nowhere)
        fz_log(FZ_LOG_WARNING, "moved", NULL, "%s does not lead to a folder; still following the previous one",
               batch->settings->ring);
    batch->listing.nowhere = place == FZ_RING_NOWHERE;
    if (place == FZ_RING_ELSEWHERE)
        follow_link(batch);
    else if (place == FZ_RING_TAKEN_AWAY)
        fz_batch_end(batch, FZ_RING_ERROR, FZ_RING_ERROR_FOLDER, "the ring's folder was deleted or moved");
}

/* All of it is done, and it has been quiet for longer than a file that is still being written may be. */
static bool has_ended(const fz_batch *batch, const fz_folder *folder)
{
    GHashTableIter each;
    gpointer data;

    if (fz_batch_now() < folder->active_us + (batch->settings->idle_s + RELIST_MAX_S) * FZ_SECOND_US)
        return false;
    g_hash_table_iter_init(&each, folder->items);
    while (g_hash_table_iter_next(&each, NULL, &data))
        if (fz_item_rows[((const fz_item *)data)->stage].kind != FZ_ITEM_SETTLED)
            return false;
    return true;
}

static void list_all(fz_batch *batch)
{
    batch->listing.all = batch->listing.some = false;
    batch->listing.due_us = fz_batch_now() + fz_batch_relist_us(batch);
    find_folder(batch);
    for (guint i = 0; i < batch->listing.folders->len && !batch->fatal; i++)
        look_at_all(batch, batch->listing.folders->pdata[i]);
    for (guint i = batch->listing.folders->len - 1; i > 0; i--)
        if (has_ended(batch, batch->listing.folders->pdata[i]))
            free_folder(batch, g_ptr_array_steal_index(batch->listing.folders, i));
    batch->listing.once = batch->listing.once || !batch->fatal;
}

void fz_batch_list(fz_batch *batch)
{
    if (batch->settings->follow && fz_batch_now() >= batch->listing.due_us)
        batch->listing.all = true;
    if (fz_batch_now() < batch->listing.after_us || (!batch->listing.all && !batch->listing.some))
        return;
    batch->listing.after_us = fz_batch_now() + LIST_AGAIN_US;
    if (batch->listing.all) {
        list_all(batch);
        return;
    }
    batch->listing.some = false;
    for (guint i = 0; i < batch->listing.folders->len; i++)
        look_at_news(batch, batch->listing.folders->pdata[i]);
}

gint64 fz_batch_list_due(const fz_batch *batch)
{
    gint64 due = batch->settings->follow ? batch->listing.due_us : G_MAXINT64;

    return batch->listing.all || batch->listing.some ? MIN(due, batch->listing.after_us)
                                                     : MAX(due, batch->listing.after_us);
}

void fz_item_look_again(fz_batch *batch, fz_item *item)
{
    g_hash_table_add(item->folder->news, g_strdup(item->name));
    batch->listing.some = true;
}

void fz_item_look_if_followed(fz_batch *batch, fz_item *item)
{
    if (batch->settings->follow)
        fz_item_look_again(batch, item);
}
