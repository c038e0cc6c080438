/* Whether the disks have room on which a batch has its store and its metrics: a warning before loads fail.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "text.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

enum { AGAIN_S = 60 };

/* Of blocks, or of inodes. */
static const double full = 0.90, roomy = 0.85;

typedef struct usage {
    double blocks, inodes;
} usage;

static double ratio_of(fsblkcnt_t used, fsblkcnt_t available)
{
    return used > 0 ? (double)used / ((double)used + (double)available) : 0;
}

/* As df has it: what is reserved for root is neither used nor available. */
static bool look(const char *folder, usage *found)
{
    struct statvfs status;

    if (!folder || statvfs(folder, &status) != 0)
        return false;
    found->blocks = ratio_of(status.f_blocks - status.f_bfree, status.f_bavail);
    found->inodes = ratio_of(status.f_files - MIN(status.f_ffree, status.f_files), status.f_favail);
    return true;
}

static bool is_on_disk_of(const char *folder, const char *other)
{
    struct stat one, two;

    return other && stat(folder, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev;
}

static void tell(const char *folder, const usage *found, const char *so)
{
    g_autofree char *shown = fz_text_name(folder);

    if (found->blocks >= full)
        fz_log(FZ_LOG_WARNING, "disk", NULL, "%s: %d %% of this disk is used; %s", shown, (int)(found->blocks * 100),
               so);
    else
        fz_log(FZ_LOG_WARNING, "disk", NULL, "%s: %d %% of the files that this disk can have are there; %s", shown,
               (int)(found->inodes * 100), so);
}

static void take_ratio(fz_batch *batch, fz_disk place, double ratio)
{
    double *known = &batch->figures.metrics.disk_used[place];

    batch->figures.news |= *known != ratio;
    *known = ratio;
}

static void look_at(fz_batch *batch, fz_disk place)
{
    static const char *const so[FZ_DISKS] = {
        [FZ_DISK_STORE] = "make room before loads fail: flowzone retain drops what is old",
        [FZ_DISK_METRICS] = "make room, else metrics cannot be written",
    };
    fz_room *room = &batch->room;
    usage found;

    if (!look(room->folders[place], &found)) {
        take_ratio(batch, place, -1);
        return;
    }
    const double used = MAX(found.blocks, found.inodes);
    take_ratio(batch, place, used);
    if (place == FZ_DISK_METRICS && is_on_disk_of(room->folders[place], room->folders[FZ_DISK_STORE]))
        return; /* it is told already */
    if (used >= full && !room->told[place])
        tell(room->folders[place], &found, so[place]);
    room->told[place] = used >= full || (room->told[place] && used >= roomy);
}

void fz_batch_look_for_room(fz_batch *batch, bool at_once)
{
    if (!at_once && fz_batch_now() < batch->room.due_us)
        return;
    batch->room.due_us = batch->settings->follow ? fz_batch_now() + AGAIN_S * FZ_SECOND_US : G_MAXINT64;
    for (int place = 0; place < FZ_DISKS; place++)
        look_at(batch, (fz_disk)place);
}

void fz_batch_begin_room(fz_batch *batch)
{
    const fz_batch_settings *settings = batch->settings;

    batch->room.folders[FZ_DISK_STORE] = fz_writer_folder(settings->to);
    batch->room.folders[FZ_DISK_METRICS] = settings->metrics ? g_path_get_dirname(settings->metrics) : NULL;
}

void fz_batch_end_room(fz_batch *batch)
{
    for (int place = 0; place < FZ_DISKS; place++)
        g_free(batch->room.folders[place]);
}
