/* Figures of retention for Prometheus.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_jobs.h"

#include "exit.h"
#include "figures_file.h"

#include <string.h>

/* A store's address without what only connecting needs, such as the path of an option file, and without a password, for
 * which it was refused. The caller frees. */
static char *name_of(const char *to)
{
    g_autofree char *address = g_strndup(to, strcspn(to, "?"));
    const char *user = strstr(address, "://"), *host = strrchr(address, '@');
    const char *secret = user && host ? strchr(user + strlen("://"), ':') : NULL;

    if (!secret || secret > host)
        return g_steal_pointer(&address);
    return g_strdup_printf("%.*s%s", (int)(secret - address), address, host);
}

static void add_one(fz_figures_file *file, const char *name, const char *help, int64_t value)
{
    fz_figures_file_family(file, name, help);
    fz_figures_file_add(file, NULL, NULL, "%" G_GINT64_FORMAT, value);
}

static void add_tier(fz_figures_file *file, size_t tier, int64_t value)
{
    fz_figures_file_add(file, "tier", fz_retain_tier_names[tier], "%" G_GINT64_FORMAT, value);
}

static void print(fz_figures_file *file, const fz_retain_figures *figures, int64_t now_s)
{
    add_one(file, "flowzone_retain_last_run_timestamp_seconds", "When retention ran last.", now_s);
    add_one(file, "flowzone_retain_ok", "Whether all that was due then went.", figures->status == FZ_EXIT_OK);
    fz_figures_file_family(file, "flowzone_retain_dropped", "Captures that lost a tier in that run.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        add_tier(file, tier, figures->loads[tier]);
    add_one(file, "flowzone_retain_held", "Captures that are due, and held back.", figures->held);
    if (figures->bytes >= 0)
        add_one(file, "flowzone_store_bytes", "Bytes that the store has on its disk.", figures->bytes);
    fz_figures_file_family(file, "flowzone_retain_oldest_timestamp_seconds",
                           "First packet of what the store still has of a tier.");
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++)
        if (figures->kept_us[tier] != INT64_MIN)
            add_tier(file, tier, figures->kept_us[tier] / G_USEC_PER_SEC);
}

bool fz_retain_metrics_write(const fz_retain_settings *settings, const fz_retain_figures *figures, int64_t now_s,
                             GError **error)
{
    g_autofree char *name = name_of(settings->to ? settings->to : FZ_DEFAULT_STORE);
    g_autoptr(fz_figures_file) file = settings->metrics ? fz_figures_file_new("store", name) : NULL;

    if (!file)
        return true;
    print(file, figures, now_s);
    return fz_figures_file_write(file, settings->metrics, error);
}
