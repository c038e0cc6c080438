/* The page of a report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page.h"

#include "page_browser.h"
#include "page_private.h"

static void print_footer(GString *to, const fz_overview *overview)
{
    char zone[FZ_NUMERAL_SIZE];

    g_string_append(to, "<footer><p>Made by flowzone " FZ_VERSION);
    if (overview->where)
        fz_markup(to, ", of conversations that pass the filter <code>%s</code>", overview->where);
    fz_markup(to, ". Times are %s%s.",
              overview->utc ? "" : "local: ", fz_page_zone(overview, overview->covered[0], zone));
    if (overview->spoken > 0)
        g_string_append(to, " So that the page is not too large, long names are cut where a pointer is told them.");
    if (overview->services_used < overview->services.rows->len)
        fz_markup(to, " There is no room for who uses %s: a choice leaves %s as they are.",
                  overview->services_used > 0 ? "services but the largest" : "which services",
                  overview->services_used > 0 ? "the others" : "them");
    g_string_append(to, " Nothing on this page is loaded from elsewhere.</p></footer>\n");
}

static void print_page(GString *to, const fz_overview *overview)
{
    g_autofree char *policy = fz_page_policy();
    g_autofree char *title = fz_page_title(overview);

    /* The policy holds no character that an attribute in double quotes must escape, and is ours. */
    g_string_append(to, FZ_PAGE_BEGIN " " FZ_VERSION "\">\n"
                                      "<meta http-equiv=\"Content-Security-Policy\" content=\"");
    g_string_append(to, policy);
    g_string_append(to, "\">\n");
    fz_markup(to, "<title>%s</title>\n", title);
    g_string_append(to, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<meta name=\"referrer\" content=\"no-referrer\">\n"
                        "<meta name=\"color-scheme\" content=\"light dark\">\n<style>");
    g_string_append(to, fz_page_css);
    g_string_append(to, "</style></head>\n<body><a class=\"skip\" href=\"#main\">Skip to the report</a>\n");
    fz_page_head(to, overview);
    g_string_append(to, "<main id=\"main\">\n");
    fz_page_numbers(to, overview);
    fz_page_sources(to, overview);
    g_string_append(to, "<div class=\"front\">\n");
    fz_page_findings(to, overview);
    fz_page_who(to, overview);
    g_string_append(to, "</div>\n");
    fz_page_pictures(to, overview);
    fz_page_tables(to, overview);
    fz_page_captures(to, overview);
    fz_page_again(to, overview);
    g_string_append(to, "</main>\n");
    print_footer(to, overview);
    fz_page_data(to, overview);
    g_string_append(to, "<script>");
    g_string_append(to, fz_page_js);
    g_string_append(to, "</script></body></html>\n");
}

enum { ALL = FZ_OVERVIEW_ROWS };

/* What may go, step by step, where a page would be larger than it may be: zones in a full matrix have their names in it
 * some thousand times, and a name of quotation marks is six times as long once it is escaped; pairs may have bytes in
 * each of 500 bins; and a service may be one of each pair. */
static const struct {
    size_t spoken;
    guint join, services;
} shorter[] = {{240, 1, ALL}, {120, 1, ALL}, {0, 2, ALL},  {120, 2, ALL}, {0, 4, ALL}, {120, 4, ALL}, {120, 12, ALL},
               {120, 0, ALL}, {60, 0, ALL},  {30, 0, ALL}, {30, 0, 10},   {30, 0, 4},  {30, 0, 0}};

void fz_page_print(GString *to, const fz_overview *overview)
{
    const gsize begin = to->len;
    fz_overview shown = *overview;

    print_page(to, &shown);
    for (size_t i = 0; i < G_N_ELEMENTS(shorter) && to->len - begin > FZ_PAGE_MOST; i++) {
        shown.spoken = shorter[i].spoken;
        shown.join = shorter[i].join;
        shown.services_used = MIN(overview->services_used, shorter[i].services);
        g_string_truncate(to, begin);
        print_page(to, &shown);
    }
}
