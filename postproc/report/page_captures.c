/* What was captured: each frame is accounted for, and each gap stands there.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "plus.h"

#include <inttypes.h>
#include <string.h>

static int64_t sum_of(const int64_t frames[FZ_FRAMES_CLASSES])
{
    int64_t sum = 0;

    for (int i = 0; i < FZ_FRAMES_CLASSES; i++)
        sum = fz_plus(sum, frames[i]);
    return sum;
}

/* "100 992 in conversations + 992 not IP + 19 unparsable = 102 003" */
static void print_equation(GString *to, const fz_overview *overview)
{
    static const char *const words[] = {"in conversations", "not IP", "unparsable", "filtered"};
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, "<p class=\"equation\">%s %s", fz_numeral_count_print(overview->frames[0], text), words[0]);
    for (int i = 1; i < FZ_FRAMES_CLASSES; i++)
        if (overview->frames[i] > 0)
            fz_markup(to, " + %s %s", fz_numeral_count_print(overview->frames[i], text), words[i]);
    fz_markup(to, " = %s</p>\n", fz_numeral_count_print(sum_of(overview->frames), text));
}

static void print_capture(GString *to, const fz_overview *overview, const fz_overview_capture *capture)
{
    char text[FZ_NUMERAL_SIZE];
    const int64_t frames = sum_of(capture->frames);

    fz_markup(to, "<tr><th scope=\"row\" class=\"mono\">%.80s", capture->source);
    if (*capture->state)
        fz_markup(to, " <span class=\"muted\">%s</span>", capture->state);
    g_string_append(to, "</th>");
    if (frames > 0) {
        fz_markup(to, "<td class=\"n\">%s</td>", fz_page_time(overview, capture->start_us, text));
        fz_markup(to, "<td class=\"n\">%s</td>",
                  fz_page_time_end(overview, fz_page_later(capture->end_us, FZ_PAGE_MINUTE_NEAREST), text));
    } else {
        g_string_append(to, "<td></td><td></td>");
    }
    fz_page_count(to, frames, "");
    for (int i = 0; i < FZ_FRAMES_CLASSES; i++)
        fz_page_count(to, capture->frames[i], "");
    g_string_append(to, "</tr>\n");
}

static void print_captures(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"capture", "+from",       "+to",       "+frames", "+in conversations",
                                        "+not IP", "+unparsable", "+filtered", NULL};
    char text[FZ_NUMERAL_SIZE];

    fz_page_table_begin(to, "captures", "Captures", 0, heads);
    g_string_append(to, "<tbody>\n");
    for (guint i = 0; i < overview->captures->len; i++)
        print_capture(to, overview, &g_array_index(overview->captures, fz_overview_capture, i));
    g_string_append(to, "</tbody><tfoot>");
    if (overview->captures_others > 0)
        fz_markup(to,
                  "<tr><th scope=\"row\">other (%s)</th><td colspan=\"7\" class=\"muted\">flowzone loads lists "
                  "them</td></tr>",
                  fz_numeral_count_print((int64_t)overview->captures_others, text));
    g_string_append(to, "<tr class=\"sum\"><th scope=\"row\">all</th><td></td><td></td>");
    fz_page_count(to, sum_of(overview->frames), "");
    for (int i = 0; i < FZ_FRAMES_CLASSES; i++)
        fz_page_count(to, overview->frames[i], "");
    g_string_append(to, "</tr></tfoot>");
    fz_page_table_end(to);
}

static void print_gaps(GString *to, const fz_overview *overview)
{
    enum { MOST = 20 };
    const GArray *gaps = overview->gaps;
    char from[FZ_NUMERAL_SIZE], until[FZ_NUMERAL_SIZE];

    if (gaps->len == 0)
        return;
    g_string_append(to, "<p class=\"note\">No capture");
    for (guint i = 0; i < MIN(gaps->len, (guint)MOST); i++) {
        const fz_gap *gap = &g_array_index(gaps, fz_gap, i);
        g_autofree char *length = fz_page_stretch(fz_page_length(gap));

        fz_markup(to, "%s from %s to %s (%s)", i == 0 ? "" : ",",
                  fz_page_time(overview, fz_page_later(gap->from_us, FZ_PAGE_MINUTE_NEAREST), from),
                  fz_page_time_end(overview, gap->to_us, until), length);
    }
    if (gaps->len > MOST)
        fz_markup(to, ", and %s times more", fz_numeral_count_print(gaps->len - MOST, from));
    g_string_append(to, ".</p>\n");
}

void fz_page_captures(GString *to, const fz_overview *overview)
{
    char text[FZ_NUMERAL_SIZE];
    const int64_t frames = sum_of(overview->frames);

    if (overview->now.captures == 0)
        return;
    g_string_append(to, "<section aria-labelledby=\"captured\"><p class=\"kicker\">What was captured</p>");
    if (frames == 0)
        g_string_append(to, "<h2 id=\"captured\">No frame was captured</h2>\n");
    else if (frames == 1)
        g_string_append(to, "<h2 id=\"captured\">The one frame is accounted for</h2>\n");
    else
        fz_markup(to, "<h2 id=\"captured\">All %s frames are accounted for</h2>\n",
                  fz_numeral_count_print(frames, text));
    if (overview->now.range.since_us != INT64_MIN || overview->now.range.until_us != INT64_MAX || overview->where)
        g_string_append(to, "<p class=\"sub\">Of whole captures, whatever part of them this report is about.</p>\n");
    print_equation(to, overview);
    print_captures(to, overview);
    fz_page_command_with(to, FZ_PAGE_ASK_CAPTURES, overview->period);
    print_gaps(to, overview);
    if (overview->cut_short > 0)
        fz_markup(to, "<p class=\"note\">%s capture%s cut short: what was read of %s counts.</p>\n",
                  fz_numeral_count_print((int64_t)overview->cut_short, text),
                  overview->cut_short == 1 ? " is" : "s are", overview->cut_short == 1 ? "it" : "them");
    g_string_append(to, "</section>\n");
}
