/* The tables of the page.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include <inttypes.h>

/* Rows that show at first, where the script folds a table. */
enum { FOLD_PAIRS = 20, FOLD_OTHERS = 12 };

static guint number_of(const fz_overview *overview, guint zone)
{
    return fz_overview_zone_at(overview, zone)->number;
}

static const char *name_of(const fz_overview *overview, guint zone)
{
    return zone == FZ_OVERVIEW_NONE ? "(no zone)" : fz_overview_zone_label(overview, zone);
}

/* Begins rows, the largest of all: `others` more are not among them. What is chosen has some of these, and the caption
 * says so; `whole`: each with more than what is chosen. */
static void begin_rows(GString *to, guint rows, int64_t others, bool whole)
{
    g_string_append(to, "<tbody data-chosen=\"");
    if (others > 0)
        fz_markup(to, " among the %u largest of all", rows);
    fz_markup(to, "%s\">\n", whole ? ", each with all that it did" : "");
}

static void begin_other(GString *to, int64_t count)
{
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, "<tr><th scope=\"row\">other (%s)</th>", fz_numeral_count_print(count, text));
}

/* An address, a network, or what stands for one: it stays on one line, but for IPv6, which may go on after a colon. */
static void print_addr(GString *to, const char *addr)
{
    g_auto(GStrv) parts = g_strsplit(addr, ":", -1);

    g_string_append(to, "<span class=\"mono addr\">");
    for (guint i = 0; parts[i]; i++)
        fz_markup(to, i > 0 ? ":<wbr>%s" : "%s", parts[i]);
    g_string_append(to, "</span>");
}

static void print_sum_cells(GString *to, const fz_overview_sum *sum)
{
    fz_page_count(to, sum->flows, "");
    fz_page_count(to, sum->packets, "");
}

/* Pairs of zones. */

static void print_change(GString *to, const fz_overview *overview, int64_t now, int64_t before)
{
    char text[FZ_NUMERAL_SIZE];

    if (overview->compared && before > 0)
        fz_markup(to, "<td class=\"n\" data-v=\"%f\">%s</td>", ((double)now / (double)before - 1) * 100,
                  fz_numeral_change_print(now, before, text));
    else if (overview->compared) /* no number: it is not one that stayed as it was */
        g_string_append(to, "<td class=\"n\">new</td>");
}

static void print_pair(GString *to, const fz_overview *overview, const fz_overview_pair *pair, int64_t most)
{
    const bool denied = pair->denied.flows > 0, is_new = pair->before == 0;

    fz_markup(to, "<tr%s data-c=\"%u\" data-s=\"%u\"><th scope=\"row\">%.100s</th><td>%.100s",
              denied || is_new ? " class=\"flag\"" : "", number_of(overview, pair->zone[0]),
              number_of(overview, pair->zone[1]), name_of(overview, pair->zone[0]), name_of(overview, pair->zone[1]));
    if (denied)
        g_string_append(to, " <span class=\"bad\">not allowed</span>");
    g_string_append(to, "</td>");
    fz_page_bytes(to, pair->sum.bytes, "");
    fz_page_bar(to, pair->sum.bytes, most, fz_overview_zone_at(overview, pair->zone[1])->colour);
    print_sum_cells(to, &pair->sum);
    print_change(to, overview, pair->sum.bytes, pair->before);
    g_string_append(to, "</tr>\n");
}

static void print_pairs(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"client zone",    "server zone", "+bytes", "",
                                        "+conversations", "+packets",    NULL,     NULL};
    static const char *const compared[] = {"client zone",    "server zone", "+bytes",  "",
                                           "+conversations", "+packets",    "+change", NULL};
    const guint count = overview->pairs->len, shown = MIN(count, (guint)FZ_OVERVIEW_ROWS);
    fz_overview_sum other = {0};

    fz_page_table_begin(to, "pairs", "Zone pairs", FOLD_PAIRS, overview->compared ? compared : heads);
    begin_rows(to, shown, count - shown, false);
    for (guint i = 0; i < shown; i++)
        print_pair(to, overview, fz_overview_pair_at(overview, i), fz_overview_pair_at(overview, 0)->sum.bytes);
    for (guint i = shown; i < count; i++)
        fz_overview_add_sum(&other, &fz_overview_pair_at(overview, i)->sum);
    g_string_append(to, "</tbody><tfoot>");
    if (shown < count) {
        begin_other(to, count - shown);
        g_string_append(to, "<td></td>");
        fz_page_bytes(to, other.bytes, "");
        g_string_append(to, "<td class=\"bars\"></td>");
        print_sum_cells(to, &other);
        g_string_append(to, overview->compared ? "<td></td></tr>" : "</tr>");
    }
    g_string_append(to, "<tr class=\"sum\"><th scope=\"row\">all</th><td></td>");
    fz_page_bytes(to, overview->now.sum.bytes, "");
    g_string_append(to, "<td class=\"bars\"></td>");
    print_sum_cells(to, &overview->now.sum);
    print_change(to, overview, overview->now.sum.bytes, overview->before.sum.bytes);
    g_string_append(to, "</tr></tfoot>");
    fz_page_table_end(to);
    fz_page_command(to, overview, FZ_PAGE_ASK_PAIRS);
}

/* Conversations. */

static void print_end(GString *to, const fz_overview *overview, const fz_overview_talk *talk, int end)
{
    g_string_append(to, end == 0 ? "<th scope=\"row\" class=\"host\">" : "<td class=\"host\">");
    print_addr(to, talk->addr[end]);
    if (talk->name[end])
        fz_markup(to, " <span class=\"mono\">%.100s</span>", talk->name[end]);
    fz_markup(to, " <span class=\"muted\">%.100s</span></%s>", name_of(overview, talk->zone[end]),
              end == 0 ? "th" : "td");
}

static void print_talk(GString *to, const fz_overview *overview, const fz_overview_talk *talk, int64_t most)
{
    char text[FZ_NUMERAL_SIZE];

    g_string_append(to, "<tr");
    if (talk->zone[0] != FZ_OVERVIEW_NONE && talk->zone[1] != FZ_OVERVIEW_NONE)
        fz_markup(to, " data-c=\"%u\" data-s=\"%u\"", number_of(overview, talk->zone[0]),
                  number_of(overview, talk->zone[1]));
    fz_markup(to, "><td class=\"n\" data-v=\"%" PRId64 "\">%s</td>",
              talk->start_us / G_USEC_PER_SEC - (talk->start_us % G_USEC_PER_SEC < 0),
              fz_page_time(overview, talk->start_us, text));
    print_end(to, overview, talk, 0);
    print_end(to, overview, talk, 1);
    fz_page_bytes(to, talk->sum.bytes, "");
    fz_page_bar(to, talk->sum.bytes, most,
                talk->zone[1] == FZ_OVERVIEW_NONE ? FZ_COLOUR_NONE
                                                  : fz_overview_zone_at(overview, talk->zone[1])->colour);
    fz_markup(to, "<td>%s</td>", talk->service);
    fz_page_count(to, talk->sum.packets, "");
    g_string_append(to, "</tr>\n");
}

static void print_talks(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"+began", "client", "server", "+bytes", "", "service", "+packets", NULL};
    const GArray *talks = overview->talks;
    char text[FZ_NUMERAL_SIZE];

    fz_page_table_begin(to, "conversations", "Conversations", FOLD_OTHERS, heads);
    begin_rows(to, talks->len, overview->talks_others, false);
    for (guint i = 0; i < talks->len; i++)
        print_talk(to, overview, &g_array_index(talks, fz_overview_talk, i),
                   g_array_index(talks, fz_overview_talk, 0).sum.bytes);
    g_string_append(to, "</tbody>");
    if (overview->talks_others > 0) {
        fz_markup(to, "<tfoot><tr><td></td><th scope=\"row\">other (%s)</th><td></td>",
                  fz_numeral_count_print(overview->talks_others, text));
        fz_page_bytes(to, overview->talks_other.bytes, "");
        g_string_append(to, "<td class=\"bars\"></td><td></td>");
        fz_page_count(to, overview->talks_other.packets, "");
        g_string_append(to, "</tr></tfoot>");
    }
    fz_page_table_end(to);
    fz_page_lack(to, &overview->now, "conversations", overview->now.sums ? "; the last row counts them too" : "");
    fz_page_command(to, overview, FZ_PAGE_ASK_TALKS);
}

/* Hosts. */

static void print_host(GString *to, const fz_overview *overview, const fz_overview_row *row, int64_t most)
{
    g_string_append(to, "<tr");
    if (row->zone != FZ_OVERVIEW_NONE)
        fz_markup(to, " data-z=\"%u\"", number_of(overview, row->zone));
    g_string_append(to, "><th scope=\"row\" class=\"mono\">");
    print_addr(to, row->label);
    if (row->name)
        fz_markup(to, " %.100s", row->name);
    fz_markup(to, "</th><td>%.100s</td>", name_of(overview, row->zone));
    fz_page_bytes(to, row->sum.bytes, "");
    fz_page_bar(to, row->sum.bytes, most, FZ_PAGE_BAR);
    fz_page_share(to, row->sent, row->sum.bytes);
    print_sum_cells(to, &row->sum);
    g_string_append(to, "</tr>\n");
}

static void print_hosts(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"address", "zone", "+bytes", "", "+sent", "+conversations", "+packets", NULL};
    const fz_overview_table *table = &overview->hosts;
    char text[FZ_NUMERAL_SIZE];

    fz_page_table_begin(to, "hosts", "Hosts", FOLD_OTHERS, heads);
    begin_rows(to, table->rows->len, table->others, true);
    for (guint i = 0; i < table->rows->len; i++)
        print_host(to, overview, &g_array_index(table->rows, fz_overview_row, i),
                   g_array_index(table->rows, fz_overview_row, 0).sum.bytes);
    g_string_append(to, "</tbody><tfoot><tr><th scope=\"row\">");
    if (table->others > 0)
        fz_markup(to, "other (%s)", fz_numeral_count_print(table->others, text));
    else
        g_string_append(to, "all are shown");
    g_string_append(to,
                    "</th><td colspan=\"6\" class=\"muted\"><span>each byte counts at both its ends: hosts do not add "
                    "up to the whole</span></td></tr></tfoot>");
    fz_page_table_end(to);
    if (!overview->now.host_sums)
        fz_page_lack(to, &overview->now, "hosts", "");
    fz_page_command(to, overview, FZ_PAGE_ASK_HOSTS);
}

/* Services, networks. */

static void print_services(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"service", "+bytes", "", "+conversations", "+packets", NULL};
    const fz_overview_table *table = &overview->services;

    fz_page_table_begin(to, "services", "Services", FOLD_OTHERS, heads);
    begin_rows(to, table->rows->len, table->others, false);
    for (guint i = 0; i < table->rows->len; i++) {
        const fz_overview_row *row = &g_array_index(table->rows, fz_overview_row, i);

        g_string_append(to, "<tr");
        if (i < overview->services_used)
            fz_markup(to, " data-service=\"%u\"", i);
        fz_markup(to, "><th scope=\"row\">%s</th>", row->label);
        fz_page_bytes(to, row->sum.bytes, " bytes");
        fz_page_bar(to, row->sum.bytes, g_array_index(table->rows, fz_overview_row, 0).sum.bytes, FZ_PAGE_BAR);
        fz_page_count(to, row->sum.flows, " conversations");
        fz_page_count(to, row->sum.packets, " packets");
        g_string_append(to, "</tr>\n");
    }
    g_string_append(to, "</tbody>");
    if (table->others > 0) {
        g_string_append(to, "<tfoot>");
        begin_other(to, table->others);
        fz_page_bytes(to, table->other.bytes, "");
        g_string_append(to, "<td class=\"bars\"></td>");
        print_sum_cells(to, &table->other);
        g_string_append(to, "</tr></tfoot>");
    }
    fz_page_table_end(to);
    if (overview->now.sums && !overview->now.service_sums)
        fz_page_lack(to, &overview->now, "services", "");
    fz_page_command(to, overview, FZ_PAGE_ASK_SERVICES);
}

static guint none_number(const fz_overview *overview)
{
    const guint zone = fz_overview_find_zone(overview, NULL);

    return zone == FZ_OVERVIEW_NONE ? zone : number_of(overview, zone);
}

static void print_networks(GString *to, const fz_overview *overview)
{
    static const char *const heads[] = {"network", "+bytes", "", "+hosts", NULL};
    const fz_overview_table *table = &overview->networks;
    const guint number = none_number(overview);

    if (table->rows->len == 0)
        return;
    fz_page_table_begin(to, "networks", "Networks without a zone", FOLD_OTHERS, heads);
    begin_rows(to, table->rows->len, table->others, true);
    for (guint i = 0; i < table->rows->len; i++) {
        const fz_overview_row *row = &g_array_index(table->rows, fz_overview_row, i);

        g_string_append(to, "<tr");
        if (number != FZ_OVERVIEW_NONE)
            fz_markup(to, " data-z=\"%u\"", number);
        g_string_append(to, "><th scope=\"row\" class=\"mono\">");
        print_addr(to, row->label);
        g_string_append(to, "</th>");
        fz_page_bytes(to, row->sum.bytes, "");
        fz_page_bar(to, row->sum.bytes, g_array_index(table->rows, fz_overview_row, 0).sum.bytes, FZ_COLOUR_NONE);
        fz_page_count(to, row->sum.flows, "");
        g_string_append(to, "</tr>\n");
    }
    g_string_append(to, "</tbody>");
    if (table->others > 0) {
        g_string_append(to, "<tfoot>");
        begin_other(to, table->others);
        fz_page_bytes(to, table->other.bytes, "");
        g_string_append(to, "<td class=\"bars\"></td>");
        fz_page_count(to, table->other.flows, "");
        g_string_append(to, "</tr></tfoot>");
    }
    fz_page_table_end(to);
    if (!overview->now.host_sums)
        fz_page_lack(to, &overview->now, "networks", "");
    fz_page_command(to, overview, FZ_PAGE_ASK_NETWORKS);
}

void fz_page_tables(GString *to, const fz_overview *overview)
{
    if (overview->pairs->len == 0)
        return;
    g_string_append(to, "<section aria-labelledby=\"tables\"><h2 id=\"tables\">The tables</h2>\n");
    print_pairs(to, overview);
    print_talks(to, overview);
    print_hosts(to, overview);
    g_string_append(to, "<div class=\"halves\"><div>");
    print_services(to, overview);
    g_string_append(to, "</div><div>");
    print_networks(to, overview);
    g_string_append(to, "</div></div>\n");
    if (overview->networks.rows->len > 0)
        g_string_append(to, "<p class=\"note\">Lines to add to a zone file: "
                            "<code>flowzone zones suggest</code>.</p>");
    g_string_append(to, "</section>\n");
}
