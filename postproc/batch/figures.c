/* What a batch tells of itself: metrics, progress, its summary.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"

#include <inttypes.h>

#define METRICS_AGAIN_US FZ_SECOND_US

/* Files that are to be loaded. */
uint64_t fz_batch_count_waiting(const fz_batch *of)
{
    return (uint64_t)of->in_state[FZ_ITEM_WAITS] + of->in_state[FZ_ITEM_COUNTED] + of->in_state[FZ_ITEM_READY] +
           of->in_state[FZ_ITEM_LOADED];
}

void fz_batch_write_metrics(fz_batch *of, bool last)
{
    g_autoptr(GError) fault = NULL;
    const char *path = of->settings->metrics;

    if (!path || (!last && (!of->metrics_news || fz_batch_now() < of->metrics_after_us)))
        return;
    of->metrics.waiting = fz_batch_count_waiting(of);
    of->metrics.seconds = (double)(fz_batch_now() - of->begun_us) / 1e6;
    of->metrics.now_s = g_get_real_time() / FZ_SECOND_US;
    of->metrics_news = false;
    of->metrics_after_us = fz_batch_now() + METRICS_AGAIN_US;
    bool written = fz_metrics_write(&of->metrics, of->settings->ring, path, &fault);
    if (!written && !of->metrics_failed)
        fz_log(FZ_LOG_WARNING, "metrics", NULL, "%s", fault->message);
    of->metrics_failed = !written;
}

void fz_batch_show_progress(fz_batch *of)
{
    if (!of->progress && of->listed_once && !of->settings->follow) {
        of->progress = fz_progress_new("flowzone batch", of->total_bytes, of->settings->quiet);
        fz_log_set_progress(of->progress);
    }
    fz_progress_update(of->progress, of->done_bytes, of->metrics.rows);
}

void fz_batch_summarize(const fz_batch *of)
{
    const fz_metrics *figures = &of->metrics;
    uint64_t files = figures->loaded + figures->replaced + figures->already + figures->empty + figures->vanished +
                     figures->failed + figures->left_out + of->writing;
    double seconds = (double)(fz_batch_now() - of->begun_us) / 1e6;
    const fz_log_number numbers[] = {
        {"files", files},
        {"loaded", figures->loaded},
        {"replaced", figures->replaced},
        {"already", figures->already},
        {"empty", figures->empty},
        {"writing", of->writing},
        {"vanished", figures->vanished},
        {"failed", figures->failed},
        {"left_out", figures->left_out}, /* the span of --since and --until */
        {"packets", figures->packets},
        {"bytes", figures->bytes},
        {"rows", figures->rows},
        {"milliseconds", (uint64_t)(seconds * 1000)},
        {NULL, 0},
    };
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "%" PRIu64 " file%s: ", files, files == 1 ? "" : "s");
    for (size_t i = 1; i <= 8; i++)
        if (numbers[i].value > 0)
            g_string_append_printf(line, "%" PRIu64 " %s, ", numbers[i].value, numbers[i].name);
    g_strdelimit(line->str, "_", ' ');
    g_string_append_printf(line, "%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " rows in %.2f s", figures->packets,
                           figures->bytes, figures->rows, seconds);
    fz_log_write(&(fz_log_entry){FZ_LOG_INFO, "summary", NULL, line->str, numbers});
}
