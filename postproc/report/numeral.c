/* Numbers and times as the page has them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "numeral.h"

#include "answer.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define NO_BREAK "\u00a0"
#define NARROW "\u202f"
#define MINUS "\u2212"
#define UNKNOWN "\u2013" /* a part of a sum that ended, or a change of it */

fz_numeral fz_numeral_bytes(int64_t bytes)
{
    static const fz_answer_manner manner = {.utf8 = true};
    g_autofree char *text = fz_cell_print(&manner, FZ_CELL_BYTES, bytes);
    fz_numeral made = {.unit = "B"};
    char *gap = strchr(text, ' ');

    if (gap) {
        *gap = '\0';
        g_strlcpy(made.unit, gap + 1, sizeof made.unit);
    }
    g_strlcpy(made.digits, text, sizeof made.digits);
    return made;
}

char *fz_numeral_bytes_print(int64_t bytes, char text[FZ_NUMERAL_SIZE])
{
    const fz_numeral made = fz_numeral_bytes(bytes);

    g_snprintf(text, FZ_NUMERAL_SIZE, "%s" NO_BREAK "%s", made.digits, made.unit);
    return text;
}

char *fz_numeral_short_print(int64_t number, char text[FZ_NUMERAL_SIZE])
{
    const fz_numeral made = fz_numeral_bytes(number);

    g_snprintf(text, FZ_NUMERAL_SIZE, "%s%.*s", made.digits, (int)strlen(made.unit) - 1, made.unit);
    return text;
}

char *fz_numeral_count_print(int64_t count, char text[FZ_NUMERAL_SIZE])
{
    g_autofree char *grouped = fz_text_grouped((uint64_t)count);
    g_auto(GStrv) parts = g_strsplit(grouped, ",", -1);
    g_autofree char *joined = g_strjoinv(NARROW, parts);

    g_strlcpy(text, joined, FZ_NUMERAL_SIZE);
    return text;
}

/* Doubles hold it closely enough for what is shown. */
double fz_numeral_percent(int64_t part, int64_t whole)
{
    return whole > 0 ? floor(100.0 * (double)part / (double)whole + 0.5) : 0;
}

char *fz_numeral_share_print(int64_t part, int64_t whole, char text[FZ_NUMERAL_SIZE])
{
    const double share = fz_numeral_percent(part, whole);

    if (whole == INT64_MAX)
        g_strlcpy(text, UNKNOWN, FZ_NUMERAL_SIZE);
    else if (part > 0 && share < 1)
        g_strlcpy(text, "<1" NO_BREAK "%", FZ_NUMERAL_SIZE);
    else if (part < whole && share > 99)
        g_strlcpy(text, ">99" NO_BREAK "%", FZ_NUMERAL_SIZE);
    else
        g_snprintf(text, FZ_NUMERAL_SIZE, "%.0f" NO_BREAK "%%", share);
    return text;
}

char *fz_numeral_change_print(int64_t now, int64_t before, char text[FZ_NUMERAL_SIZE])
{
    if (before <= 0) {
        g_strlcpy(text, now > 0 ? "new" : "0" NO_BREAK "%", FZ_NUMERAL_SIZE);
        return text;
    }
    if (MAX(now, before) == INT64_MAX) {
        g_strlcpy(text, UNKNOWN, FZ_NUMERAL_SIZE);
        return text;
    }
    const double factor = (double)now / (double)before;
    const double change = fz_numeral_percent(now >= before ? now - before : before - now, before);
    if (factor >= 9.95)
        g_snprintf(text, FZ_NUMERAL_SIZE, "\u00d7" NO_BREAK "%.0f", factor);
    else if (factor >= 2)
        g_snprintf(text, FZ_NUMERAL_SIZE, "\u00d7" NO_BREAK "%.1f", factor);
    else if (0 < now && now < before && change > 99)
        g_strlcpy(text, "<" MINUS "99" NO_BREAK "%", FZ_NUMERAL_SIZE);
    else
        g_snprintf(text, FZ_NUMERAL_SIZE, "%s%.0f" NO_BREAK "%%",
                   change == 0    ? ""
                   : now > before ? "+"
                                  : MINUS,
                   change);
    return text;
}

struct tm fz_numeral_calendar(int64_t time_us, bool utc)
{
    const time_t seconds = (time_t)(time_us / G_USEC_PER_SEC - (time_us % G_USEC_PER_SEC < 0));
    struct tm parts = {0};

    if (utc || !localtime_r(&seconds, &parts))
        (void)gmtime_r(&seconds, &parts);
    return parts;
}

char *fz_numeral_time_print(int64_t time_us, bool utc, fz_numeral_form form, char text[FZ_NUMERAL_SIZE])
{
    const struct tm at = fz_numeral_calendar(time_us, utc);
    const long year = at.tm_year + 1900L;

    switch (form) {
    case FZ_TIME_CLOCK:
        g_snprintf(text, FZ_NUMERAL_SIZE, "%02d:%02d", at.tm_hour, at.tm_min);
        break;
    case FZ_TIME_DATE:
        g_snprintf(text, FZ_NUMERAL_SIZE, "%04ld-%02d-%02d", year, at.tm_mon + 1, at.tm_mday);
        break;
    case FZ_TIME_BOTH:
        g_snprintf(text, FZ_NUMERAL_SIZE, "%04ld-%02d-%02d %02d:%02d", year, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                   at.tm_min);
        break;
    case FZ_TIME_SHORT:
        g_snprintf(text, FZ_NUMERAL_SIZE, "%02d-%02d %02d:%02d", at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min);
        break;
    case FZ_TIME_SECOND:
        g_snprintf(text, FZ_NUMERAL_SIZE, "%04ld-%02d-%02d %02d:%02d:%02d", year, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                   at.tm_min, at.tm_sec);
        break;
    }
    return text;
}

char *fz_numeral_stretch_print(int64_t stretch_us, char text[FZ_NUMERAL_SIZE])
{
    static const struct {
        int64_t minutes;
        const char *one, *many;
    } units[] = {{1440, "a day", "days"}, {60, "an hour", "hours"}, {1, "a minute", "minutes"}};
    const int64_t minutes = stretch_us / G_USEC_PER_SEC / 60;
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(units) && (minutes < units[i].minutes || minutes % units[i].minutes != 0))
        i++;
    if (minutes == units[i].minutes)
        g_strlcpy(text, units[i].one, FZ_NUMERAL_SIZE);
    else
        g_snprintf(text, FZ_NUMERAL_SIZE, "%" G_GINT64_FORMAT NO_BREAK "%s", minutes / units[i].minutes, units[i].many);
    return text;
}
