/* The head of the page, its five numbers, its findings.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "coverage_bar.h"
#include "plus.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* The one text that all captures have, or NULL. */
static const char *only(const fz_overview *overview, gsize offset)
{
    const char *found = NULL;

    for (guint i = 0; i < overview->captures->len; i++) {
        const char *text =
            G_STRUCT_MEMBER(const char *, &g_array_index(overview->captures, fz_overview_capture, i), offset);
        if (*text == '\0' || (found && strcmp(found, text) != 0) || overview->captures_others > 0)
            return NULL;
        found = text;
    }
    return found;
}

static void print_kicker(GString *to, const fz_overview *overview)
{
    const char *location = only(overview, G_STRUCT_OFFSET(fz_overview_capture, location));
    const char *sensor = only(overview, G_STRUCT_OFFSET(fz_overview_capture, sensor));

    g_string_append(to, "<p class=\"kicker\"><span>flowzone report");
    if (location)
        fz_markup(to, " \u00b7 location %.40s", location);
    if (sensor)
        fz_markup(to, " \u00b7 sensor %.40s", sensor);
    g_string_append(to, "</span></p>\n");
}

/* ", except 13:10 to 13:38": some gaps; of more how many they are, and how long. All are further down. */
static void print_gaps(GString *to, const fz_overview *overview)
{
    enum { FEW = 3 };
    int64_t length_us = 0;
    char from[FZ_NUMERAL_SIZE], until[FZ_NUMERAL_SIZE];

    for (guint i = 0; i < overview->gaps->len; i++) {
        const fz_gap *gap = &g_array_index(overview->gaps, fz_gap, i);

        length_us = fz_plus(length_us, fz_page_length(gap));
        if (overview->gaps->len <= FEW)
            fz_markup(to, "%s %s to %s", i == 0 ? ", except" : ",",
                      fz_page_time(overview, fz_page_later(gap->from_us, FZ_PAGE_MINUTE_NEAREST), from),
                      fz_page_time_end(overview, gap->to_us, until));
    }
    if (overview->gaps->len > FEW) {
        g_autofree char *length = fz_page_stretch(length_us);
        fz_markup(to, ", with %s gaps of %s in all", fz_numeral_count_print(overview->gaps->len, from), length);
    }
}

static void print_lead(GString *to, const fz_overview *overview)
{
    const guint zones = overview->talking, named = overview->named;
    char bytes[FZ_NUMERAL_SIZE], count[FZ_NUMERAL_SIZE], times[2][FZ_NUMERAL_SIZE], zone[FZ_NUMERAL_SIZE];

    g_string_append(to, "<p class=\"lead\">");
    if (overview->title) {
        g_autofree char *days = fz_page_days(overview);
        if (days)
            fz_markup(to, "%s: ", days);
    }
    if (overview->now.captures == 0 || (overview->covered[0] == 0 && overview->covered[1] == 0)) {
        g_string_append(to, overview->now.captures == 0 ? "No captures.</p>\n" : "No packets.</p>\n");
        return;
    }
    if (zones == 0)
        g_string_append(to, "Nobody talked.");
    else
        fz_markup(to, "%s ", fz_numeral_bytes_print(overview->now.sum.bytes, bytes));
    if (named > 1)
        fz_markup(to, "between %s zones.", fz_numeral_count_print(named, count));
    else if (zones > 0)
        g_string_append(to, named == 1 ? "in one zone." : "without any zone.");
    fz_markup(to, " Captured from %s to %s %s", fz_page_time(overview, overview->covered[0], times[0]),
              fz_page_time_end(overview, fz_page_later(overview->covered[1], FZ_PAGE_MINUTE_UP), times[1]),
              fz_page_zone(overview, overview->covered[0], zone));
    print_gaps(to, overview);
    g_string_append(to, ".</p>\n");
}

void fz_page_head(GString *to, const fz_overview *overview)
{
    g_autofree char *title = fz_page_title(overview);

    g_string_append(to, "<header>");
    print_kicker(to, overview);
    fz_markup(to, "<h1>%s</h1>\n", title);
    print_lead(to, overview);
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width < FZ_DRAWING_WIDTHS; width++)
        fz_coverage_bar_draw(to, overview, width);
    g_string_append(to, "</header>\n");
}

/* The five numbers. */

static void begin_number(GString *to, const char *name, const char *digits, const char *unit)
{
    fz_markup(to, "<div><dt>%s</dt><dd><strong>%s", name, digits);
    if (unit)
        fz_markup(to, "<small>\u00a0%s</small>", unit);
    g_string_append(to, "</strong> ");
}

static void print_change(GString *to, const fz_overview *overview, int64_t now, int64_t before, bool bytes)
{
    char change[FZ_NUMERAL_SIZE], text[FZ_NUMERAL_SIZE];

    if (overview->compared)
        fz_markup(to, "<span class=\"muted\">%s, from %s</span>", fz_numeral_change_print(now, before, change),
                  bytes ? fz_numeral_bytes_print(before, text) : fz_numeral_count_print(before, text));
    g_string_append(to, "</dd></div>\n");
}

static int64_t crossed(const fz_overview_period *period)
{
    return period->crossed;
}

static int64_t outside(const fz_overview_period *period)
{
    return period->outside;
}

static void print_share(GString *to, const fz_overview *overview, const char *name,
                        int64_t (*part)(const fz_overview_period *period))
{
    const fz_overview_period *now = &overview->now, *before = &overview->before;
    const int points =
        (int)(fz_numeral_percent(part(now), now->sum.bytes) - fz_numeral_percent(part(before), before->sum.bytes));
    char share[FZ_NUMERAL_SIZE], text[FZ_NUMERAL_SIZE];
    const bool same = strcmp(fz_numeral_share_print(part(now), now->sum.bytes, share),
                             fz_numeral_share_print(part(before), before->sum.bytes, text)) == 0;

    share[strlen(share) - strlen("\u00a0%")] = '\0';
    begin_number(to, name, share, "%");
    if (overview->compared && same)
        g_string_append(to, "<span class=\"muted\">as before</span>");
    else if (overview->compared && points == 0) /* from 100 % to >99 % */
        fz_markup(to, "<span class=\"muted\">from %s</span>", text);
    else if (overview->compared)
        fz_markup(to, "<span class=\"muted\">%s%d point%s, from %s</span>", points < 0 ? "\u2212" : "+", ABS(points),
                  fz_text_plural((uint64_t)ABS(points)), text);
    g_string_append(to, "</dd></div>\n");
}

static void print_note(GString *to, const fz_overview *overview)
{
    char from[FZ_NUMERAL_SIZE], until[FZ_NUMERAL_SIZE], zone[FZ_NUMERAL_SIZE];
    const fz_overview_period *before = &overview->before;

    if (before->range.since_us == before->range.until_us)
        return;
    fz_numeral_time_print(before->range.since_us, overview->utc, FZ_TIME_BOTH, from);
    fz_numeral_time_print(before->range.until_us, overview->utc, FZ_TIME_BOTH, until);
    fz_page_zone(overview, before->range.since_us, zone);
    if (overview->compared) {
        fz_markup(to, "<p class=\"note\">Compared with %s to %s %s.", from, until, zone);
        fz_page_tier(to, before);
        g_string_append(to, "</p>\n");
    } else {
        fz_markup(to, "<p class=\"note\">Not compared with %s, %s to %s %s: no capture is of it.</p>\n",
                  fz_overview_other(overview), from, until, zone);
    }
}

void fz_page_numbers(GString *to, const fz_overview *overview)
{
    const fz_overview_period *now = &overview->now, *before = &overview->before;
    const fz_numeral bytes = fz_numeral_bytes(now->sum.bytes);
    char text[FZ_NUMERAL_SIZE];

    g_string_append(to, "<dl class=\"numbers\">\n");
    begin_number(to, "bytes", bytes.digits, bytes.unit);
    print_change(to, overview, now->sum.bytes, before->sum.bytes, true);
    begin_number(to, "conversations", fz_numeral_count_print(now->sum.flows, text), NULL);
    print_change(to, overview, now->sum.flows, before->sum.flows, false);
    begin_number(to, "hosts", fz_numeral_count_print(now->hosts, text), NULL);
    print_change(to, overview, now->hosts, before->hosts, false);
    const bool shares = !fz_overview_is_capped(overview);
    if (shares)
        print_share(to, overview, "crossed zones", crossed);
    if (shares && (now->outside > 0 || before->outside > 0)) {
        print_share(to, overview, "to or from (internet)", outside);
    } else { /* zones of the user's own, who may call it by another name */
        begin_number(to, "packets", fz_numeral_count_print(now->sum.packets, text), NULL);
        print_change(to, overview, now->sum.packets, before->sum.packets, false);
    }
    g_string_append(to, "</dl>\n");
    print_note(to, overview);
}

/* Findings. */

static void print_link(GString *to, const fz_overview *overview, guint index)
{
    const fz_overview_pair *pair = fz_overview_pair_at(overview, index);

    g_string_append(to, "<a href=\"#pair=");
    for (int end = 0; end < 2; end++) {
        const guint number = fz_overview_zone_at(overview, pair->zone[end])->number;
        g_autofree char *name =
            fz_overview_line_name(overview, &g_array_index(overview->numbered, fz_overview_line, number));

        g_string_append(to, end == 0 ? "" : "/");
        fz_escape_fragment(to, name);
    }
    g_string_append(to, "\">");
}

static void print_finding(GString *to, const fz_overview *overview, const fz_overview_finding *finding)
{
    enum { LONGEST = 120 };

    fz_markup(to, "<li><span class=\"kicker%s\">%s</span><h3>", finding->bad ? " bad" : "", finding->kind);
    if (finding->pair != FZ_OVERVIEW_NONE)
        print_link(to, overview, finding->pair);
    fz_markup(to, "%.*s", LONGEST, finding->head);
    if (finding->pair != FZ_OVERVIEW_NONE)
        g_string_append(to, "</a>");
    fz_markup(to, "</h3><p>%s</p><p class=\"command\"><code>", finding->text);
    fz_page_command_line(to, finding->command);
    g_string_append(to, "</code></p></li>\n");
}

void fz_page_findings(GString *to, const fz_overview *overview)
{
    static const char *const words[] = {"One thing deserves",   "Two things deserve",   "Three things deserve",
                                        "Four things deserve",  "Five things deserve",  "Six things deserve",
                                        "Seven things deserve", "Eight things deserve", "Nine things deserve"};
    const guint count = overview->findings->len;
    const bool allowed = overview->policy && overview->pairs->len > 0;

    if (count == 0 && !allowed && overview->missed->len == 0)
        return;
    g_string_append(to, "<section aria-labelledby=\"findings\"><h2 id=\"findings\">");
    if (count == 0 && allowed)
        fz_markup(to, "%.60s allows all of it</h2>", overview->policy);
    else if (count == 0)
        g_string_append(to, "Nothing found</h2>");
    else if (count <= G_N_ELEMENTS(words))
        fz_markup(to, "%s a look</h2>", words[count - 1]);
    else
        fz_markup(to, "%u things deserve a look</h2>", count);
    if (count > 0)
        g_string_append(to, "<ol class=\"findings\">\n");
    for (guint i = 0; i < count; i++)
        print_finding(to, overview, &g_array_index(overview->findings, fz_overview_finding, i));
    if (count > 0)
        g_string_append(to, "</ol>");
    if (overview->missed->len > 0)
        fz_markup(to, "<p class=\"note\">Looked for %s: none.</p>", overview->missed->str);
    if (overview->sought)
        fz_page_lack(to, &overview->now, "conversations", ", which were not looked at");
    g_string_append(to, "</section>\n");
}
