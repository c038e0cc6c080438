/* What a batch reports of itself: metrics, progress, its summary.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "text.h"

#include <inttypes.h>

#define METRICS_AGAIN_US FZ_SECOND_US

void fz_figures_write(fz_batch *batch, bool last)
{
    fz_figures *figures = &batch->figures;
    g_autoptr(GError) fault = NULL;
    const char *path = batch->settings->metrics;

    if (!path || (!last && (!figures->news || fz_batch_now() < figures->after_us)))
        return;
    figures->metrics.waiting = fz_item_count_kind(batch, FZ_ITEM_AT_WORK);
    figures->metrics.seconds = (double)(fz_batch_now() - figures->begun_us) / 1e6;
    figures->metrics.now_s = g_get_real_time() / FZ_SECOND_US;
    figures->news = false;
    figures->after_us = fz_batch_now() + METRICS_AGAIN_US;
    bool written = fz_metrics_write(&figures->metrics, batch->settings->ring, path, &fault);
    if (!written && !figures->failed)
        fz_log(FZ_LOG_WARNING, "metrics", NULL, "%s", fault->message);
    figures->failed = !written;
}

void fz_figures_show(fz_batch *batch)
{
    fz_figures *figures = &batch->figures;

    if (!figures->progress && batch->listing.once && !batch->settings->follow) {
        figures->progress = fz_progress_new("flowzone batch", figures->total_bytes, batch->settings->quiet);
        fz_log_set_progress(figures->progress);
    }
    fz_progress_update(figures->progress, figures->done_bytes, figures->metrics.rows);
}

void fz_figures_summarize(const fz_batch *batch)
{
    const fz_metrics *metrics = &batch->figures.metrics;
    uint64_t files = metrics->loaded + metrics->replaced + metrics->already + metrics->empty + metrics->vanished +
                     metrics->failed + metrics->left_out + batch->figures.writing;
    double seconds = (double)(fz_batch_now() - batch->figures.begun_us) / 1e6;
    const fz_log_number numbers[] = {
        {"files", files},
        {"loaded", metrics->loaded},
        {"replaced", metrics->replaced},
        {"already", metrics->already},
        {"empty", metrics->empty},
        {"writing", batch->figures.writing},
        {"vanished", metrics->vanished},
        {"failed", metrics->failed},
        {"left_out", metrics->left_out}, /* the span of --since and --until */
        {"packets", metrics->packets},
        {"bytes", metrics->bytes},
        {"rows", metrics->rows},
        {"milliseconds", (uint64_t)(seconds * 1000)},
        {NULL, 0},
    };
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "%" PRIu64 " file%s: ", files, fz_text_plural(files));
    for (size_t i = 1; i <= 8; i++)
        if (numbers[i].value > 0)
            g_string_append_printf(line, "%" PRIu64 " %s, ", numbers[i].value, numbers[i].name);
    g_strdelimit(line->str, "_", ' ');
    g_string_append_printf(line, "%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " rows in %.2f s", metrics->packets,
                           metrics->bytes, metrics->rows, seconds);
    fz_log_write(&(fz_log_entry){FZ_LOG_INFO, "summary", NULL, line->str, numbers});
}
