/* Figures for Prometheus, in the text form that node_exporter's textfile collector reads.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_METRICS_H
#define FZ_METRICS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Disks that a batch writes to, of what is on them. */
typedef enum fz_disk { FZ_DISK_STORE, FZ_DISK_METRICS } fz_disk;
enum { FZ_DISKS = FZ_DISK_METRICS + 1 };

/* What became of a batch and its files, since it began. */
typedef struct fz_metrics {
    uint64_t loaded, replaced, already, empty, vanished, failed; /* files */
    uint64_t left_out;                                           /* files outside the requested time span */
    uint64_t waiting;                                            /* files not done yet */
    uint64_t packets, bytes, rows;                               /* of the files loaded and replaced */
    double seconds;
    int64_t newest_s; /* time of the newest capture in the store; 0: none yet */
    int64_t loaded_s; /* when a file was last loaded; 0: never */
    int64_t now_s;
    double disk_used[FZ_DISKS]; /* 0 to 1, of blocks or of inodes; negative: not known */
    bool store_up;
} fz_metrics;

/* The file's whole text; `ring` is a label. The caller frees. */
char *fz_metrics_print(const fz_metrics *metrics, const char *ring);

/* Replaces the file at once: a reader sees either the old figures or the new ones. */
bool fz_metrics_write(const fz_metrics *metrics, const char *ring, const char *path, GError **error);

#endif
