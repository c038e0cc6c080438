/* Figures for Prometheus, one row each.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <stddef.h>
#include <sys/stat.h>

enum { READABLE = 0644 };

typedef enum value_kind { COUNT, DOUBLE, TIME, FLAG } value_kind;

/* A family's first row has its help; rows of one family follow each other and differ in `result`. */
static const struct {
    const char *name, *help, *result;
    value_kind kind;
    size_t offset;
} rows[] = {
    {"flowzone_batch_files", "Captures since the batch began, by what became of them.", "loaded", COUNT,
     offsetof(fz_metrics, loaded)},
    {"flowzone_batch_files", NULL, "replaced", COUNT, offsetof(fz_metrics, replaced)},
    {"flowzone_batch_files", NULL, "already", COUNT, offsetof(fz_metrics, already)},
    {"flowzone_batch_files", NULL, "empty", COUNT, offsetof(fz_metrics, empty)},
    {"flowzone_batch_files", NULL, "vanished", COUNT, offsetof(fz_metrics, vanished)},
    {"flowzone_batch_files", NULL, "failed", COUNT, offsetof(fz_metrics, failed)},
    {"flowzone_batch_files", NULL, "left_out", COUNT, offsetof(fz_metrics, left_out)},
    {"flowzone_batch_files_waiting", "Captures of the ring that are not in the store yet.", NULL, COUNT,
     offsetof(fz_metrics, waiting)},
    {"flowzone_batch_packets", "Packets of the captures loaded.", NULL, COUNT, offsetof(fz_metrics, packets)},
    {"flowzone_batch_bytes", "Bytes on the wire of the captures loaded.", NULL, COUNT, offsetof(fz_metrics, bytes)},
    {"flowzone_batch_rows", "Conversations of the captures loaded.", NULL, COUNT, offsetof(fz_metrics, rows)},
    {"flowzone_batch_duration_seconds", "How long the batch has run.", NULL, DOUBLE, offsetof(fz_metrics, seconds)},
    {"flowzone_batch_store_up", "Whether the store could be reached at the last try.", NULL, FLAG,
     offsetof(fz_metrics, store_up)},
    {"flowzone_batch_newest_capture_timestamp_seconds", "Time of the newest capture in the store; 0: none yet.", NULL,
     TIME, offsetof(fz_metrics, newest_s)},
    {"flowzone_batch_last_load_timestamp_seconds", "When a capture was loaded last; 0: never.", NULL, TIME,
     offsetof(fz_metrics, loaded_s)},
    {"flowzone_batch_timestamp_seconds", "When these figures were written.", NULL, TIME, offsetof(fz_metrics, now_s)},
};

static void add_value(GString *text, const fz_metrics *metrics, value_kind kind, size_t offset)
{
    const char *at = (const char *)metrics + offset;

    switch (kind) {
    case COUNT:
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "\n", *(const uint64_t *)(gconstpointer)at);
        break;
    case TIME:
        g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", *(const int64_t *)(gconstpointer)at);
        break;
    case FLAG:
        g_string_append_printf(text, "%d\n", *(const bool *)at);
        break;
    case DOUBLE:
        g_string_append_printf(text, "%.3f\n", *(const double *)(gconstpointer)at);
        break;
    }
}

/* A label's value: backslash, quote and newline are escaped. */
static char *escape(const char *value)
{
    GString *text = g_string_new(NULL);
    g_autofree char *valid = g_utf8_make_valid(value, -1);

    for (const char *at = valid; *at; at++) {
        if (*at == '\n')
            g_string_append(text, "\\n");
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(text, "\\%c", *at);
        else
            g_string_append_c(text, *at);
    }
    return g_string_free(text, FALSE);
}

char *fz_metrics_print(const fz_metrics *metrics, const char *ring)
{
    GString *text = g_string_new(NULL);
    g_autofree char *label = escape(ring);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].help)
            g_string_append_printf(text, "# HELP %s %s\n# TYPE %s gauge\n", rows[i].name, rows[i].help, rows[i].name);
        g_string_append_printf(text, "%s{ring=\"%s\"", rows[i].name, label);
        if (rows[i].result)
            g_string_append_printf(text, ",result=\"%s\"", rows[i].result);
        g_string_append(text, "} ");
        add_value(text, metrics, rows[i].kind, rows[i].offset);
    }
    return g_string_free(text, FALSE);
}

bool fz_metrics_write(const fz_metrics *metrics, const char *ring, const char *path, GError **error)
{
    g_autofree char *text = fz_metrics_print(metrics, ring);
    struct stat there;

    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) { /* the rename would replace it */
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: exists and is not a regular file", path);
        return false;
    }
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, READABLE, error);
}
