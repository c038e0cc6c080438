/* Times as users write them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "when.h"

#include <string.h>

/* "2h" and the like; 0 if it is not a span. */
static int64_t parse_span(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_isdigit(*text) && *end == units[i].unit && !end[1] && number <= G_MAXINT32)
            return (int64_t)number * units[i].seconds;
    return 0;
}

/* "2026-11-24", followed by "T10", "T10:00" or more, or by a blank in the T's place. The caller frees. */
static char *complete_time(const char *text)
{
    GString *whole = g_string_new(text);

    if (whole->len == strlen("2026-11-24"))
        g_string_append(whole, "T00");
    if (whole->len > strlen("2026-11-24") && whole->str[strlen("2026-11-24")] == ' ')
        whole->str[strlen("2026-11-24")] = 'T';
    /* GLib needs seconds. */
    if (whole->len == strlen("2026-11-24T10"))
        g_string_append(whole, ":00");
    gsize minutes = strlen("2026-11-24T10:00");
    if (whole->len >= minutes && whole->str[minutes] != ':')
        g_string_insert(whole, (gssize)minutes, ":00");
    return g_string_free(whole, FALSE);
}

/* Local midnight, which is not 24 hours after the one before where clocks are changed. */
static bool parse_day(const char *text, int64_t now_s, int64_t *time_s)
{
    const bool is_yesterday = g_str_equal(text, "yesterday");
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);

    if (!now || (!is_yesterday && !g_str_equal(text, "today")))
        return false;
    g_autoptr(GDateTime) that = g_date_time_add_days(now, is_yesterday ? -1 : 0);
    g_autoptr(GDateTime) midnight = that
                                        ? g_date_time_new_local(g_date_time_get_year(that), g_date_time_get_month(that),
                                                                g_date_time_get_day_of_month(that), 0, 0, 0)
                                        : NULL;
    if (midnight)
        *time_s = g_date_time_to_unix(midnight);
    return midnight;
}

bool fz_when_parse(const char *text, int64_t now_s, int64_t *time_s, GError **error)
{
    int64_t span = parse_span(text);
    gint64 seconds;

    if (span > 0 || g_str_equal(text, "now")) {
        *time_s = now_s - span;
        return true;
    }
    if (g_ascii_string_to_signed(text, 10, 0, G_MAXINT32 * G_GINT64_CONSTANT(1000), &seconds, NULL)) {
        *time_s = seconds;
        return true;
    }
    if (parse_day(text, now_s, time_s))
        return true;
    g_autofree char *whole = complete_time(text);
    g_autoptr(GTimeZone) local = g_time_zone_new_local();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, local);
    if (time) {
        *time_s = g_date_time_to_unix(time);
        return true;
    }
    g_set_error(
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: expected now, today, yesterday, a time such as 2026-11-24T10:00, a span such as 2h, or seconds since 1970",
        text);
    return false;
}
