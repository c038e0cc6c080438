/* How to get each number of the page again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "disguise.h"
#include "filter.h"
#include "text.h"

#include <string.h>

static void print_one(GString *to, const char *options, const char *what, const char *command)
{
    g_autofree char *line = g_strdup_printf("flowzone %s%s", command, options);

    fz_markup(to, "<div><dt>%s</dt><dd><code>", what);
    fz_page_command_line(to, line);
    g_string_append(to, "</code></dd></div>\n");
}

/* "(bytes > 1M) and src zone "guest" and dst zone "dmz"". A filter that must not be shown is left off. NULL: no filter
 * can have the name of a zone. The caller frees. */
static char *print_filter(const fz_overview *overview, guint index, bool hidden)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (overview->where && !hidden)
        g_string_append_printf(text, "(%s) and ", overview->where);
    for (int end = 0; end < 2; end++) {
        const char *name = fz_overview_zone_at(overview, fz_overview_pair_at(overview, index)->zone[end])->name;
        g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
        g_autofree char *quoted = g_strjoinv("\"\"", parts);
        g_string_append_printf(text, "%s zone \"%s\"", end == 0 ? "src" : " and dst", quoted);
    }
    g_autoptr(fz_filter) filter = fz_filter_parse(text->str, FZ_FILTER_OF_FLOWS, NULL);
    return filter ? g_strdup(text->str) : NULL;
}

/* Of the pair with most that deserves a look, else of that with most. */
static void print_packets(GString *to, const fz_overview *overview)
{
    const bool hidden = overview->where && strcmp(overview->where, FZ_DISGUISE_FILTER) == 0;
    g_autofree char *filter = NULL;

    for (guint i = 0; !filter && i < overview->findings->len; i++) {
        const guint index = g_array_index(overview->findings, fz_overview_finding, i).pair;
        filter = index == FZ_OVERVIEW_NONE ? NULL : print_filter(overview, index, hidden);
    }
    for (guint i = 0; !filter && i < overview->pairs->len; i++)
        filter = print_filter(overview, i, hidden);
    if (!filter)
        return;
    g_autofree char *quoted = fz_text_shell(filter);
    g_autofree char *line =
        g_strdup_printf("flowzone packets --where %s -w packets.pcapng%s", quoted, overview->period);
    fz_markup(to, "<div><dt>packets of a row%s</dt><dd><code>", hidden ? ", without the filter" : "");
    fz_page_command_line(to, line);
    g_string_append(to, "</code></dd></div>\n");
}

void fz_page_again(GString *to, const fz_overview *overview)
{
    g_autofree char *time = fz_page_time_command(overview);
    g_autofree char *compared = g_strconcat(overview->again, overview->against, NULL);

    g_string_append(to, "<section aria-labelledby=\"again\"><h2 id=\"again\">Ask for each number again</h2>\n"
                        "<dl class=\"again\">\n");
    print_one(to, overview->again, "zone pairs, picture and matrix", FZ_PAGE_ASK_PAIRS);
    print_one(to, overview->again, "time", time);
    print_one(to, overview->again, "conversations", FZ_PAGE_ASK_TALKS);
    print_one(to, overview->again, "hosts", FZ_PAGE_ASK_HOSTS);
    print_one(to, overview->again, "networks without a zone", FZ_PAGE_ASK_NETWORKS);
    print_one(to, overview->again, "services", FZ_PAGE_ASK_SERVICES);
    print_one(to, overview->period, "captures", FZ_PAGE_ASK_CAPTURES);
    print_packets(to, overview);
    print_one(to, compared, "SQL of this page, but for findings", "report --sql");
    g_string_append(
        to, "</dl>\n<p class=\"note\">Name the same captures, or the same store with --from. --format csv prints "
            "whole numbers.</p></section>\n");
}
