/* The progress bar: what it shows, and when.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include "text.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, FALLBACK_COLUMNS = 80, LINE_MAX_COLUMNS = 200 };

#define FIRST_AFTER_US INT64_C(1000000)
#define AGAIN_AFTER_US INT64_C(100000)

struct fz_progress {
    char *title;
    uint64_t total;
    int64_t started_us, drawn_us;
    bool visible;
};

static void put(const char *text)
{
    /* A terminal that rejects the progress bar is not a reason to stop. */
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

    (void)ignored;
}

static unsigned columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return FALLBACK_COLUMNS;
    return MIN(size.ws_col, LINE_MAX_COLUMNS);
}

static void append_grouped(GString *line, uint64_t value)
{
    g_autofree char *text = fz_text_grouped(value);

    g_string_append(line, text);
}

static void append_bar(GString *line, double part)
{
    unsigned filled = (unsigned)(part * BAR_WIDTH);

    g_string_append(line, " [");
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        g_string_append_c(line, i < filled ? '#' : '.');
    g_string_append_printf(line, "] %3u %%", (unsigned)(part * 100));
}

char *fz_progress_line(const char *title, uint64_t done, uint64_t total, uint64_t rows, int64_t elapsed_us,
                       unsigned width)
{
    GString *line = g_string_new(title);
    double seconds = (double)MAX(elapsed_us, 1) / 1e6;
    double part = total ? MIN((double)done / (double)total, 1) : 0;

    if (total > 0)
        append_bar(line, part);
    g_string_append(line, "  ");
    append_grouped(line, rows);
    g_string_append(line, " rows, ");
    append_grouped(line, (uint64_t)((double)rows / seconds));
    g_string_append(line, "/s");
    if (part > 0) {
        uint64_t left_s = (uint64_t)(seconds * (1 - part) / part + 0.5);

        g_string_append_printf(line, ", %" G_GUINT64_FORMAT ":%02u left", left_s / 60, (unsigned)(left_s % 60));
    }
    if (g_utf8_validate(line->str, -1, NULL) && g_utf8_strlen(line->str, -1) > (glong)width)
        g_string_truncate(line, (gsize)(g_utf8_offset_to_pointer(line->str, width) - line->str));
    return g_string_free(line, FALSE);
}

fz_progress *fz_progress_new(const char *title, uint64_t total, bool quiet)
{
    struct winsize size;

    /* Newer C libraries' isatty() makes a call that jails forbid. */
    if (quiet || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
        return NULL;
    fz_progress *progress = g_new0(fz_progress, 1);
    progress->title = fz_text_table(title);
    progress->total = total;
    progress->started_us = g_get_monotonic_time();
    return progress;
}

void fz_progress_update(fz_progress *progress, uint64_t done, uint64_t rows)
{
    if (!progress)
        return;
    int64_t now_us = g_get_monotonic_time(), elapsed_us = now_us - progress->started_us;
    if (elapsed_us < FIRST_AFTER_US || now_us - progress->drawn_us < AGAIN_AFTER_US)
        return;
    g_autofree char *line = fz_progress_line(progress->title, done, progress->total, rows, elapsed_us, columns() - 1);
    g_autofree char *drawing = g_strconcat("\r", line, "\033[K", NULL);
    put(drawing);
    progress->drawn_us = now_us;
    progress->visible = true;
}

void fz_progress_hide(fz_progress *progress)
{
    if (!progress || !progress->visible)
        return;
    put("\r\033[K");
    progress->visible = false;
}

void fz_progress_free(fz_progress *progress)
{
    if (!progress)
        return;
    fz_progress_hide(progress);
    g_free(progress->title);
    g_free(progress);
}
