/* Figures for Prometheus, one row each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include "figures_file.h"

#include <stddef.h>

typedef enum value_kind { COUNT, DOUBLE, TIME, FLAG, RATIO } value_kind;

/* A family's first row has its help; rows of one family follow each other and differ in a label. */
static const struct {
    const char *name, *help, *label, *value;
    value_kind kind;
    size_t offset;
} rows[] = {
    {"flowzone_batch_files", "Captures since the batch began, by what became of them.", "result", "loaded", COUNT,
     offsetof(fz_metrics, loaded)},
    {"flowzone_batch_files", NULL, "result", "replaced", COUNT, offsetof(fz_metrics, replaced)},
    {"flowzone_batch_files", NULL, "result", "already", COUNT, offsetof(fz_metrics, already)},
    {"flowzone_batch_files", NULL, "result", "empty", COUNT, offsetof(fz_metrics, empty)},
    {"flowzone_batch_files", NULL, "result", "vanished", COUNT, offsetof(fz_metrics, vanished)},
    {"flowzone_batch_files", NULL, "result", "failed", COUNT, offsetof(fz_metrics, failed)},
    {"flowzone_batch_files", NULL, "result", "left_out", COUNT, offsetof(fz_metrics, left_out)},
    {"flowzone_batch_files_waiting", "Captures of the ring that are not in the store yet.", NULL, NULL, COUNT,
     offsetof(fz_metrics, waiting)},
    {"flowzone_batch_packets", "Packets of the captures loaded.", NULL, NULL, COUNT, offsetof(fz_metrics, packets)},
    {"flowzone_batch_bytes", "Bytes on the wire of the captures loaded.", NULL, NULL, COUNT,
     offsetof(fz_metrics, bytes)},
    {"flowzone_batch_rows", "Conversations of the captures loaded.", NULL, NULL, COUNT, offsetof(fz_metrics, rows)},
    {"flowzone_batch_duration_seconds", "How long the batch has run.", NULL, NULL, DOUBLE,
     offsetof(fz_metrics, seconds)},
    {"flowzone_batch_store_up", "Whether the store could be reached at the last try.", NULL, NULL, FLAG,
     offsetof(fz_metrics, store_up)},
    {"flowzone_batch_disk_used_ratio", "How much of a disk of this machine is used, of its blocks or inodes.", "of",
     "store", RATIO, offsetof(fz_metrics, disk_used[FZ_DISK_STORE])},
    {"flowzone_batch_disk_used_ratio", NULL, "of", "metrics", RATIO, offsetof(fz_metrics, disk_used[FZ_DISK_METRICS])},
    {"flowzone_batch_newest_capture_timestamp_seconds", "Time of the newest capture in the store; 0: none yet.", NULL,
     NULL, TIME, offsetof(fz_metrics, newest_s)},
    {"flowzone_batch_last_load_timestamp_seconds", "When a capture was loaded last; 0: never.", NULL, NULL, TIME,
     offsetof(fz_metrics, loaded_s)},
    {"flowzone_batch_timestamp_seconds", "When these figures were written.", NULL, NULL, TIME,
     offsetof(fz_metrics, now_s)},
};

static void add(fz_figures_file *file, const fz_metrics *metrics, size_t row)
{
    const char *label = rows[row].label, *value = rows[row].value;
    const void *at = (const char *)metrics + rows[row].offset;

    switch (rows[row].kind) {
    case COUNT:
        fz_figures_file_add(file, label, value, "%" G_GUINT64_FORMAT, *(const uint64_t *)at);
        break;
    case TIME:
        fz_figures_file_add(file, label, value, "%" G_GINT64_FORMAT, *(const int64_t *)at);
        break;
    case FLAG:
        fz_figures_file_add(file, label, value, "%d", *(const bool *)at);
        break;
    case RATIO:
        if (*(const double *)at < 0)
            break;
        /* fall through */
    case DOUBLE:
        fz_figures_file_add(file, label, value, "%.3f", *(const double *)at);
        break;
    }
}

static fz_figures_file *print(const fz_metrics *metrics, const char *ring)
{
    fz_figures_file *file = fz_figures_file_new("ring", ring);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].help)
            fz_figures_file_family(file, rows[i].name, rows[i].help);
        add(file, metrics, i);
    }
    return file;
}

char *fz_metrics_print(const fz_metrics *metrics, const char *ring)
{
    g_autoptr(fz_figures_file) file = print(metrics, ring);

    return g_strdup(fz_figures_file_text(file));
}

bool fz_metrics_write(const fz_metrics *metrics, const char *ring, const char *path, GError **error)
{
    g_autoptr(fz_figures_file) file = print(metrics, ring);

    return fz_figures_file_write(file, path, error);
}
