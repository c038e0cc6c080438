/* Figures of retention for Prometheus.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_jobs.h"

#include "exit.h"

#include <string.h>
#include <sys/stat.h>

enum { READABLE = 0644 };

/* A store's address without what only connecting needs, such as the path of an option file, as a label's value. */
static char *label_of(const char *to)
{
    g_autofree char *address = g_strndup(to, strcspn(to, "?"));
    const char *host = strrchr(address, '@');
    const char *user = strstr(address, "://");
    const char *secret = host && user ? strchr(user + strlen("://"), ':') : NULL;
    g_autoptr(GString) label = g_string_new(NULL);

    for (const char *at = address; *at; at++) {
        if (secret && at == secret && secret < host) /* the address was refused for it */
            at = host;
        if (*at == '\n')
            g_string_append(label, "\\n");
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(label, "\\%c", *at);
        else
            g_string_append_c(label, *at);
    }
    return g_utf8_make_valid(label->str, (gssize)label->len);
}

typedef struct family {
    GString *text;
    const char *store;
} family;

static void begin(const family *at, const char *name, const char *help)
{
    g_string_append_printf(at->text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void add(const family *at, const char *name, const char *tier, int64_t value)
{
    g_string_append_printf(at->text, "%s{store=\"%s\"", name, at->store);
    if (tier)
        g_string_append_printf(at->text, ",tier=\"%s\"", tier);
    g_string_append_printf(at->text, "} %" G_GINT64_FORMAT "\n", value);
}

static void add_one(const family *at, const char *name, const char *help, int64_t value)
{
    begin(at, name, help);
    add(at, name, NULL, value);
}

static void print(const family *at, const fz_retain_figures *figures, int64_t now_s)
{
    static const char dropped[] = "flowzone_retain_dropped", oldest[] = "flowzone_retain_oldest_timestamp_seconds";
    const char *const *tiers = fz_retain_tier_names;

    add_one(at, "flowzone_retain_last_run_timestamp_seconds", "When retention ran last.", now_s);
    add_one(at, "flowzone_retain_ok", "Whether all that was due then went.", figures->status == FZ_EXIT_OK);
    begin(at, dropped, "Captures that lost a tier in that run.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        add(at, dropped, tiers[tier], figures->loads[tier]);
    add_one(at, "flowzone_retain_held", "Captures that are due, and held back.", figures->held);
    if (figures->bytes >= 0)
        add_one(at, "flowzone_store_bytes", "Bytes that the store has on its disk.", figures->bytes);
    begin(at, oldest, "First packet of what the store still has of a tier.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        if (figures->kept_us[tier] != INT64_MIN)
            add(at, oldest, tiers[tier], figures->kept_us[tier] / G_USEC_PER_SEC);
}

bool fz_retain_metrics_write(const fz_retain_settings *settings, const fz_retain_figures *figures, int64_t now_s,
                             GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *label = label_of(settings->to ? settings->to : FZ_DEFAULT_STORE);
    const char *path = settings->metrics;
    struct stat there;

    if (!path)
        return true;
    print(&(family){text, label}, figures, now_s);
    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) { /* the rename would replace it */
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: exists and is not a regular file", path);
        return false;
    }
    return g_file_set_contents_full(path, text->str, -1, G_FILE_SET_CONTENTS_CONSISTENT, READABLE, error);
}
