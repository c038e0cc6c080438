/* How to get each number of the page again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "disguise.h"

#include <string.h>

static void print_one(GString *to, const char *options, const char *what, const char *command)
{
    g_autofree char *line = g_strdup_printf("flowzone %s%s", command, options);

    fz_markup(to, "<div><dt>%s</dt><dd><code>", what);
    fz_page_command_line(to, line);
    g_string_append(to, "</code></dd></div>\n");
}

/* "--where '(bytes > 1M) and src zone guest and dst zone dmz'", of the pair with most that deserves a look. A filter
 * that must not be shown is left off. */
static void print_packets(GString *to, const fz_overview *overview)
{
    guint index = FZ_OVERVIEW_NONE;

    for (guint i = 0; index == FZ_OVERVIEW_NONE && i < overview->findings->len; i++)
        index = g_array_index(overview->findings, fz_overview_finding, i).pair;
    if (index == FZ_OVERVIEW_NONE && overview->pairs->len > 0)
        index = 0;
    if (index == FZ_OVERVIEW_NONE)
        return;
    const bool hidden = overview->where && strcmp(overview->where, FZ_DISGUISE_FILTER) == 0;
    g_autoptr(GString) filter = g_string_new(NULL);
    if (overview->where && !hidden)
        g_string_append_printf(filter, "(%s) and ", overview->where);
    for (int end = 0; end < 2; end++) {
        const char *name = fz_overview_zone_at(overview, fz_overview_pair_at(overview, index)->zone[end])->name;
        g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
        g_autofree char *quoted = g_strjoinv("\"\"", parts);
        g_string_append_printf(filter, "%s zone \"%s\"", end == 0 ? "src" : " and dst", quoted);
    }
    g_autofree char *quoted = g_shell_quote(filter->str);
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
