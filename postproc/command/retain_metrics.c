/* Figures of retention for Prometheus.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_jobs.h"

#include "exit.h"
#include "figures_file.h"

#include <string.h>

/* A store's address without what only connecting needs, such as the path of an option file. */
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
        g_string_append_c(label, *at);
    }
    return g_strdup(label->str);
}

static void add_one(fz_figures_file *file, const char *name, const char *help, int64_t value)
{
    fz_figures_file_family(file, name, help);
    fz_figures_file_add(file, NULL, NULL, "%" G_GINT64_FORMAT, value);
}

static void add(fz_figures_file *file, size_t tier, int64_t value)
{
    fz_figures_file_add(file, "tier", fz_retain_tier_names[tier], "%" G_GINT64_FORMAT, value);
}

static void print(fz_figures_file *file, const fz_retain_figures *figures, int64_t now_s)
{
    add_one(file, "flowzone_retain_last_run_timestamp_seconds", "When retention ran last.", now_s);
    add_one(file, "flowzone_retain_ok", "Whether all that was due then went.", figures->status == FZ_EXIT_OK);
    fz_figures_file_family(file, "flowzone_retain_dropped", "Captures that lost a tier in that run.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        add(file, tier, figures->loads[tier]);
    add_one(file, "flowzone_retain_held", "Captures that are due, and held back.", figures->held);
    if (figures->bytes >= 0)
        add_one(file, "flowzone_store_bytes", "Bytes that the store has on its disk.", figures->bytes);
    fz_figures_file_family(file, "flowzone_retain_oldest_timestamp_seconds",
                           "First packet of what the store still has of a tier.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        if (figures->kept_us[tier] != INT64_MIN)
            add(file, tier, figures->kept_us[tier] / G_USEC_PER_SEC);
}

bool fz_retain_metrics_write(const fz_retain_settings *settings, const fz_retain_figures *figures, int64_t now_s,
                             GError **error)
{
    g_autofree char *label = label_of(settings->to ? settings->to : FZ_DEFAULT_STORE);
    g_autoptr(fz_figures_file) file = fz_figures_file_new("store", label);

    if (!settings->metrics)
        return true;
    print(file, figures, now_s);
    return fz_figures_file_write(file, settings->metrics, error);
}
