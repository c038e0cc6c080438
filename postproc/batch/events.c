/* Events from outside a batch: signals, and changes to the files of its ring.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

#include <errno.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    STOP_PATIENCE_S = 20, /* for what is being loaded */
    EVENT_BYTES = 1 << 14,
};

void fz_batch_take_signal(fz_batch *batch)
{
    struct signalfd_siginfo about;

    if (read(batch->signals, &about, sizeof about) != (ssize_t)sizeof about)
        return;
    bool again = batch->stopping;
    fz_log(FZ_LOG_NOTICE, "stopping", NULL, "%s: %s", about.ssi_signo == SIGINT ? "interrupted" : "asked to stop",
           again ? "at once" : "finishing what is being loaded");
    batch->stopping = true;
    batch->stop_until_us = fz_batch_now() + (again ? 0 : STOP_PATIENCE_S * FZ_SECOND_US);
}

bool fz_batch_catch_signals(fz_batch *batch, sigset_t *before)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, before);
    batch->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    return batch->signals >= 0;
}

void fz_batch_release_signals(fz_batch *batch, const sigset_t *before)
{
    struct signalfd_siginfo about; /* a second signal that was not handled must not end us later */

    while (batch->signals >= 0 && read(batch->signals, &about, sizeof about) > 0)
        continue;
    if (batch->signals >= 0)
        close(batch->signals);
    sigprocmask(SIG_SETMASK, before, NULL);
}

void fz_batch_watch_folder(fz_batch *batch, fz_folder *folder)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fz_ring_descriptor(folder->ring));
    bool first = batch->listing.events < 0 && !batch->listing.unwatched;

    folder->watch = -1;
    if (!batch->settings->follow || batch->listing.unwatched)
        return;
    if (first)
        batch->listing.events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (batch->listing.events >= 0)
        folder->watch =
            inotify_add_watch(batch->listing.events, path,
                              IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
    if (folder->watch >= 0)
        return;
    int fault = errno;
    batch->listing.unwatched = true;
    fz_log(FZ_LOG_WARNING, "unwatched", NULL, "%s: cannot be watched: %s%s; looking at it every %" G_GINT64_FORMAT " s",
           batch->settings->ring, g_strerror(fault),
           fault == EMFILE   ? " (see sysctl fs.inotify.max_user_instances)"
           : fault == ENOSPC ? " (see sysctl fs.inotify.max_user_watches)"
                             : "",
           fz_batch_relist_us(batch) / FZ_SECOND_US);
}

static void take_event(fz_batch *batch, const struct inotify_event *event)
{
    fz_folder *folder = NULL;

    for (guint i = 0; i < batch->listing.folders->len; i++)
        if (((fz_folder *)batch->listing.folders->pdata[i])->watch == event->wd)
            folder = batch->listing.folders->pdata[i];
    if (folder && event->mask & IN_IGNORED)
        folder->watch = -1; /* its folder was deleted */
    if (!folder || !event->len)
        batch->listing.all = true; /* events were lost, or the folder itself was moved */
    if (!folder || !event->len || !fz_ring_wants(folder->ring, event->name))
        return;
    g_hash_table_add(folder->news, g_strdup(event->name));
    batch->listing.some = true;
    if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
        g_hash_table_add(folder->closed, g_strdup(event->name));
}

void fz_batch_take_events(fz_batch *batch)
{
    g_autofree char *room = g_malloc(EVENT_BYTES);
    ssize_t got = read(batch->listing.events, room, EVENT_BYTES);

    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(gconstpointer)(room + at);
        take_event(batch, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
}
