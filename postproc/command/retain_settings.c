/* What `flowzone retain` is asked for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "retain_settings.h"

#include "command.h"
#include "conf.h"
#include "store_place.h"

#include <string.h>

enum { HOUR_S = 3600, YEARS_S_MAX = 1000 };
#define PERIOD_S_MAX (YEARS_S_MAX * INT64_C(365) * 24 * HOUR_S)

void fz_retain_settings_clear(fz_retain_settings *settings)
{
    for (size_t i = 0; i < FZ_RETAIN_TIERS; i++)
        g_free(settings->periods[i].text);
    g_free(settings->to);
    g_free(settings->size);
    g_free(settings->keep);
    g_free(settings->metrics);
}

/* A whole number and one letter of `units`, as a product with its factor; 0 if it is none, or more than `most`. */
static int64_t parse_amount(const char *text, const char *units, const int64_t *factors, int64_t most)
{
    char *end;
    const guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    const char *unit = number > 0 && *end ? strchr(units, *end) : NULL;

    if (!unit || end[1])
        return 0;
    const int64_t factor = factors[unit - units];
    return number <= (guint64)(most / factor) ? (int64_t)number * factor : 0;
}

bool fz_retain_set_period(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const int64_t factors[] = {HOUR_S, INT64_C(24) * HOUR_S, INT64_C(7) * 24 * HOUR_S};
    fz_retain_period *period = fz_setting_member(settings, setting);

    period->seconds = strcmp(value, "off") == 0 ? INT64_MAX : parse_amount(value, "hdw", factors, PERIOD_S_MAX);
    if (period->seconds == 0)
        return fz_setting_refuse(setting, value, "1h or more, such as 12h, 7d or 4w, or off", error);
    g_free(period->text);
    period->text = g_strdup(value);
    return true;
}

int64_t fz_retain_size_parse(const char *text)
{
    static const int64_t factors[] = {INT64_C(1000), INT64_C(1000000), INT64_C(1000000000), INT64_C(1000000000000)};

    return parse_amount(text, "KMGT", factors, INT64_MAX);
}

bool fz_retain_set_size(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    if (fz_retain_size_parse(value) == 0)
        return fz_setting_refuse(setting, value, "a size such as 500M, 50G or 2T", error);
    return fz_setting_set_text(settings, setting, value, error);
}

/* How long a tier is kept. Packets are kept as long as their details, where nothing else is asked for. */
static int64_t seconds_of(const fz_retain_settings *settings, size_t tier)
{
    const fz_retain_period *periods = settings->periods;

    if (tier == FZ_RETAIN_PACKETS && !periods[tier].text)
        tier = FZ_RETAIN_DETAILS;
    return periods[tier].text ? periods[tier].seconds : INT64_MAX;
}

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_propagate_error(error, g_error_new_valist(FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, format, arguments));
    va_end(arguments);
    return false;
}

static bool check_order(const fz_retain_settings *settings, size_t finer, GError **error)
{
    const fz_retain_period *periods = settings->periods;
    const size_t coarser = finer + 1;
    const char *const *names = fz_retain_tier_names;

    if (seconds_of(settings, coarser) >= seconds_of(settings, finer))
        return true;
    if (!periods[finer].text)
        return refuse(error, "--%s=%s is too short: %s without a period are kept for ever; give --%s=%s, or less",
                      names[coarser], periods[coarser].text, names[finer], names[finer], periods[coarser].text);
    return refuse(error, "--%s=%s is shorter than --%s=%s: %s", names[coarser], periods[coarser].text, names[finer],
                  periods[finer].text,
                  finer == FZ_RETAIN_PACKETS ? "packets must not outlive their conversations"
                                             : "sums must not go before what they are sums of");
}

bool fz_retain_settings_check(const fz_retain_settings *settings, GError **error)
{
    bool drops = settings->size != NULL;

    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++) {
        if (tier + 1 < FZ_RETAIN_TIERS && !check_order(settings, tier, error))
            return false;
        drops = drops || seconds_of(settings, tier) != INT64_MAX;
    }
    if (!drops)
        return refuse(error, "without a period nothing would ever go: give some, such as --details=7d --packets=1d "
                             "--minutes=30d --hours=400d, or in [retain] of " FZ_CONF_FILE);
    return fz_store_place_spare(settings->to, settings->metrics, error);
}

void fz_retain_settings_order(const fz_retain_settings *settings, fz_retain_order *order)
{
    *order = (fz_retain_order){
        .now_us = settings->now_s == INT64_MIN ? g_get_real_time() : settings->now_s * G_USEC_PER_SEC,
        .most_bytes = settings->size ? fz_retain_size_parse(settings->size) : 0,
        .wait_s = settings->wait_s,
    };
    for (size_t tier = 0; tier < FZ_RETAIN_TIERS; tier++) {
        const int64_t seconds = seconds_of(settings, tier);

        order->before_us[tier] = seconds == INT64_MAX ? INT64_MIN : order->now_us - seconds * G_USEC_PER_SEC;
    }
}

void fz_retain_settings_find_store(fz_retain_settings *settings, const char *conf_file)
{
    if (!settings->to && conf_file)
        settings->to = fz_conf_value(conf_file, "batch", "to");
}

bool fz_retain_settings_read(fz_retain_settings *settings, const char *conf_file, GError **error)
{
    if (conf_file && !fz_command_read_section(&fz_retain_command, conf_file, settings, error))
        return false;
    fz_retain_settings_find_store(settings, conf_file);
    return fz_retain_settings_check(settings, error);
}
