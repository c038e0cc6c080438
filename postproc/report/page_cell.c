/* Cells, commands and times of the page.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "answer.h"
#include "drawing.h"

#include <inttypes.h>
#include <string.h>

void fz_page_bytes(GString *to, int64_t bytes, const char *classes)
{
    const fz_numeral made = fz_numeral_bytes(bytes);

    fz_markup(to, "<td class=\"n%s\" data-b=\"%" PRId64 "\" data-v=\"%" PRId64 "\">%s<i>\u00a0%s</i></td>", classes,
              bytes, bytes, made.digits, made.unit);
}

void fz_page_count(GString *to, int64_t count, const char *classes)
{
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, "<td class=\"n%s\" data-v=\"%" PRId64 "\">%s</td>", classes, count,
              fz_numeral_count_print(count, text));
}

void fz_page_share(GString *to, int64_t part, int64_t whole)
{
    enum { THOUSANDTHS = 1000 };
    char text[FZ_NUMERAL_SIZE];
    const int share = whole > 0 ? (int)((double)part / (double)whole * THOUSANDTHS + 0.5) : 0;

    fz_markup(to, "<td class=\"n\" data-v=\"%d.%d%d%d\">%s</td>", share / THOUSANDTHS, share / 100 % 10,
              share / 10 % 10, share % 10, fz_numeral_share_print(part, whole, text));
}

void fz_page_bar(GString *to, int64_t part, int64_t whole, unsigned colour)
{
    const fz_drawing_colour of =
        colour == FZ_PAGE_BAR ? (fz_drawing_colour){"bar", "#908e86"} : fz_drawing_colour_of(colour);
    enum { WIDE = 96 };
    const double width = whole > 0 ? WIDE * ((double)part / (double)whole) : 0;

    fz_markup(to,
              "<td class=\"bars\"><svg viewBox=\"0 0 96 9\" width=\"96\" height=\"9\" preserveAspectRatio=\"none\" "
              "aria-hidden=\"true\"><rect class=\"%s\" fill=\"%s\" width=\"%f\" height=\"9\"/></svg></td>",
              of.class, of.fill, part > 0 ? MAX(width, 1) : 0);
}

void fz_page_table_begin(GString *to, const char *id, const char *caption, unsigned fold, const char *const *heads)
{
    fz_markup(to, "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s-caption\"><table id=\"%s\"",
              id, id);
    if (fold > 0)
        fz_markup(to, " data-fold=\"%u\"", fold);
    fz_markup(to, "><caption id=\"%s-caption\">%s</caption><thead><tr>", id, caption);
    for (; *heads; heads++)
        if (**heads == '\0')
            g_string_append(to, "<td class=\"bars\"></td>");
        else if (**heads == '+')
            fz_markup(to, "<th scope=\"col\" class=\"n\">%s</th>", *heads + 1);
        else
            fz_markup(to, "<th scope=\"col\">%s</th>", *heads);
    g_string_append(to, "</tr></thead>");
}

void fz_page_table_end(GString *to)
{
    g_string_append(to, "</table></div>\n");
}

char *fz_page_time_command(const fz_overview *overview)
{
    static const struct {
        int64_t minutes;
        char unit;
    } units[] = {{1440, 'd'}, {60, 'h'}, {1, 'm'}};
    const int64_t minutes = overview->bin_us / G_USEC_PER_SEC / 60;
    size_t i = 0;

    while (minutes % units[i].minutes != 0)
        i++;
    return g_strdup_printf("time --by %s.zone --bin %" PRId64 "%c",
                           overview->time == FZ_OVERVIEW_MINUTES ? "from" : "server", minutes / units[i].minutes,
                           units[i].unit);
}

char *fz_page_unbroken(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    return g_strjoinv("\u00a0", words);
}

char *fz_page_stretch(int64_t stretch_us)
{
    static const fz_answer_manner manner = {.utf8 = true};
    g_autofree char *text = fz_cell_print(&manner, FZ_CELL_SPAN, stretch_us);

    return fz_page_unbroken(text);
}

void fz_page_command_line(GString *to, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    for (char **word = words; *word; word++)
        fz_markup(to, "%s<span class=\"nowrap\">%s</span>", word > words ? " " : "", *word);
}

void fz_page_command_with(GString *to, const char *command, const char *options)
{
    g_autofree char *line = g_strdup_printf("flowzone %s%s", command, options);

    g_string_append(to, "<p class=\"command\"><code>");
    fz_page_command_line(to, line);
    g_string_append(to, "</code></p>");
}

void fz_page_command(GString *to, const fz_overview *overview, const char *command)
{
    fz_page_command_with(to, command, overview->again);
}

/* Which ends the range has. */
static bool has_end(const fz_range *range, int end)
{
    return end == 0 ? range->since_us != INT64_MIN : range->until_us != INT64_MAX;
}

/* The first and the last moment of the period: those of the range where it has them, else those of the captures.
 * False: there are neither. */
static bool ends_of(const fz_overview *overview, int64_t ends[2])
{
    const fz_range *range = &overview->now.range;
    const bool covered = overview->covered[0] != 0 || overview->covered[1] != 0;

    ends[0] = has_end(range, 0) ? range->since_us : overview->covered[0];
    ends[1] = has_end(range, 1) ? range->until_us - (range->until_us > range->since_us) : overview->covered[1];
    return covered || (has_end(range, 0) && has_end(range, 1));
}

static bool is_same_day(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

char *fz_page_days(const fz_overview *overview)
{
    const fz_range *range = &overview->now.range;
    int64_t ends[2];
    const bool known = ends_of(overview, ends);

    if (has_end(range, 0) != has_end(range, 1)) {
        const int end = has_end(range, 0) ? 0 : 1;
        const struct tm day = fz_numeral_calendar(ends[end], overview->utc);
        return g_strdup_printf("%s %d %s %ld", end == 0 ? "since" : "until", day.tm_mday, months[day.tm_mon],
                               day.tm_year + 1900L);
    }
    if (!known)
        return NULL;
    const struct tm a = fz_numeral_calendar(ends[0], overview->utc), b = fz_numeral_calendar(ends[1], overview->utc);
    const long years[] = {a.tm_year + 1900L, b.tm_year + 1900L};

    if (is_same_day(&a, &b))
        return g_strdup_printf("%d %s %ld", a.tm_mday, months[a.tm_mon], years[0]);
    if (years[0] == years[1] && a.tm_mon == b.tm_mon)
        return g_strdup_printf("%d to %d %s %ld", a.tm_mday, b.tm_mday, months[a.tm_mon], years[0]);
    if (years[0] == years[1])
        return g_strdup_printf("%d %s to %d %s %ld", a.tm_mday, months[a.tm_mon], b.tm_mday, months[b.tm_mon],
                               years[0]);
    return g_strdup_printf("%d %s %ld to %d %s %ld", a.tm_mday, months[a.tm_mon], years[0], b.tm_mday, months[b.tm_mon],
                           years[1]);
}

char *fz_page_title(const fz_overview *overview)
{
    g_autofree char *days = overview->title ? NULL : fz_page_days(overview);

    return overview->title ? g_strdup(overview->title)
           : days          ? g_strdup_printf("Who talked to whom, %s", days)
                           : g_strdup("Who talked to whom");
}

/* How much date the times of the page need. */
static fz_numeral_form form_of(const fz_overview *overview)
{
    int64_t ends[2];

    if (!ends_of(overview, ends))
        return FZ_TIME_BOTH;
    const struct tm a = fz_numeral_calendar(ends[0], overview->utc), b = fz_numeral_calendar(ends[1], overview->utc);
    return is_same_day(&a, &b) ? FZ_TIME_CLOCK : a.tm_year == b.tm_year ? FZ_TIME_SHORT : FZ_TIME_BOTH;
}

char *fz_page_time(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE])
{
    return fz_numeral_time_print(time_us, overview->utc, form_of(overview), text);
}

char *fz_page_time_end(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE])
{
    const struct tm at = fz_numeral_calendar(time_us, overview->utc);
    const int64_t into_us = (at.tm_sec + INT64_C(1)) * G_USEC_PER_SEC; /* the minute before is so far away */

    if (at.tm_hour != 0 || at.tm_min != 0 || time_us < INT64_MIN + into_us)
        return fz_page_time(overview, time_us, text);
    fz_page_time(overview, time_us - into_us, text);
    if (!g_str_has_suffix(text, "23:59")) /* clocks were set back or forward to midnight */
        return fz_page_time(overview, time_us, text);
    g_strlcpy(text + strlen(text) - strlen("23:59"), "24:00", sizeof "24:00");
    return text;
}

char *fz_page_zone(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE])
{
    const struct tm at = fz_numeral_calendar(time_us, overview->utc);
    const long minutes = at.tm_gmtoff / 60, size = minutes < 0 ? -minutes : minutes;

    if (minutes == 0)
        g_strlcpy(text, "UTC", FZ_NUMERAL_SIZE);
    else
        g_snprintf(text, FZ_NUMERAL_SIZE, "UTC%s%02ld:%02ld", minutes < 0 ? "\u2212" : "+", size / 60, size % 60);
    return text;
}
