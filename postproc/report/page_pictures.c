/* The pictures of the page, below sentences that say what they show.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "heat_map.h"
#include "plus.h"
#include "sankey.h"
#include "time_chart.h"

#include <inttypes.h>
#include <string.h>

/* Zones in the stack over time that have a name. */
enum { STACKED = 6 };

static void begin(GString *to, const char *id, const char *kicker)
{
    fz_markup(to, "<section aria-labelledby=\"%s\"><div class=\"keep\"><p class=\"kicker\">%s</p><h2 id=\"%s\">", id,
              kicker, id);
}

static const fz_overview_line *line_at(const fz_overview_fold *fold, guint index)
{
    return &g_array_index(fold->lines, fz_overview_line, index);
}

static const char *name_at(const fz_overview *overview, const fz_overview_fold *fold, guint index)
{
    return fz_overview_zone_label(overview, line_at(fold, index)->zone);
}

/* Lines of zones of their own, from the largest on. */
static guint named(const fz_overview_fold *fold)
{
    guint count = 0;

    while (count < fold->lines->len && line_at(fold, count)->zone != FZ_OVERVIEW_NONE && !line_at(fold, count)->none)
        count++;
    return count;
}

/* At least a fifth: worth a headline. */
static bool is_much(int64_t part, int64_t whole)
{
    return (double)part * 5 >= (double)whole;
}

/* Where there are no two ends with a name. */
static void print_few(GString *to, const fz_overview *overview, bool nobody_asks)
{
    if (overview->named == 0)
        g_string_append(to, "Nobody is in a zone</h2>\n");
    else if (overview->now.sum.bytes == 0)
        g_string_append(to, "Nobody sent a byte</h2>\n");
    else if (overview->talking == 1)
        fz_markup(to, "%.40s talks to itself alone</h2>\n", fz_overview_zone_label(overview, 0));
    else
        fz_markup(to, "Nobody who %s is in a zone</h2>\n", nobody_asks ? "asks" : "answers");
}

/* "wifi and office ask for 46 % of the bytes; (internet) answers 59 %", unless nobody has much. */
static void print_who(GString *to, const fz_overview *overview)
{
    enum { LONGEST = 40 };
    g_autoptr(fz_overview_fold) clients = fz_overview_fold_new(overview, 0, FZ_OVERVIEW_SIDE);
    g_autoptr(fz_overview_fold) servers = fz_overview_fold_new(overview, 1, FZ_OVERVIEW_SIDE);
    const guint count = MIN(named(clients), 2);
    const int64_t all = overview->now.sum.bytes;
    int64_t asked = 0;
    char share[FZ_NUMERAL_SIZE];

    for (guint i = 0; i < count; i++)
        asked = fz_plus(asked, line_at(clients, i)->sum.bytes);
    if (count == 0 || named(servers) == 0 || overview->talking < 2) {
        print_few(to, overview, count == 0);
        return;
    }
    if (all == INT64_MAX) {
        g_string_append(to, "Who talks to whom</h2>\n"); /* parts of what ended are not known */
        return;
    }
    if (!is_much(asked, all) && !is_much(line_at(servers, 0)->sum.bytes, all)) {
        g_string_append(to, "No zone asks for a fifth of the bytes, and none answers it</h2>\n");
        return;
    }
    for (guint i = 0; i < count; i++)
        fz_markup(to, "%s%.*s", i > 0 ? " and " : "", LONGEST, name_at(overview, clients, i));
    fz_markup(to, " %s for %s of the bytes; ", count == 1 ? "asks" : "ask", fz_numeral_share_print(asked, all, share));
    fz_markup(to, "%.*s answers %s</h2>\n", LONGEST, name_at(overview, servers, 0),
              fz_numeral_share_print(line_at(servers, 0)->sum.bytes, all, share));
}

static void print_sankey(GString *to, const fz_overview *overview)
{
    begin(to, "who", "Who talks to whom");
    print_who(to, overview);
    g_string_append(
        to, "<p class=\"sub\">Bytes, both directions, from the zone that asked to the zone that answered. A zone "
            "that talks to itself stands on both sides. <span data-hint hidden>Choose a zone or a ribbon to "
            "see only it.</span></p>\n");
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width < FZ_DRAWING_WIDTHS; width++)
        fz_sankey_draw(to, overview, width);
    fz_page_command(to, overview, FZ_PAGE_ASK_PAIRS);
    g_string_append(to, "</div></section>\n");
}

/* Time. */

static void print_busiest(GString *to, const fz_overview *overview, const int64_t *sums)
{
    guint most = 0;
    char time[FZ_NUMERAL_SIZE], bytes[FZ_NUMERAL_SIZE], bin[FZ_NUMERAL_SIZE];

    for (guint i = 1; i < overview->bins; i++)
        if (sums[i] > sums[most])
            most = i;
    if (overview->bins < 2 || sums[most] == 0)
        g_string_append(to, "When</h2>\n");
    else
        fz_markup(to, "Busiest from <span class=\"nowrap\">%s:</span> %s in %s</h2>\n",
                  fz_page_time(overview, fz_overview_bin_start(overview, most), time),
                  fz_numeral_bytes_print(sums[most], bytes), fz_numeral_stretch_print(overview->bin_us, bin));
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return value - (value % unit + unit) % unit;
}

/* Rows of the same as a table: bins joined, as a longer bin of "flowzone time" has them. */
static int64_t joined_us(const fz_overview *overview)
{
    static const unsigned joins[] = {1, 2, 3, 4, 6, 12};
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(joins) && overview->bins / joins[i] + 1 > FZ_OVERVIEW_ROWS / 2)
        i++;
    return overview->bin_us * joins[i];
}

static void print_row(GString *to, const fz_overview *overview, int64_t time_us, const int64_t *bytes, guint count)
{
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, "<tr><th scope=\"row\">%s</th>", fz_page_time(overview, time_us, text));
    for (guint i = 0; i < count; i++)
        fz_page_bytes(to, bytes[i], "");
    g_string_append(to, "</tr>\n");
}

static void print_time_table(GString *to, const fz_overview *overview)
{
    g_autoptr(fz_overview_fold) fold = fz_overview_fold_new(overview, fz_overview_time_end(overview), STACKED);
    const int64_t join_us = joined_us(overview);
    const guint count = fold->lines->len;
    g_autofree int64_t *bytes = g_new0(int64_t, MAX(count, 1));
    int64_t row_us = floor_to(overview->start_us, join_us);
    char bin[FZ_NUMERAL_SIZE];

    fz_markup(to, "<details><summary>The same as a table, in steps of %s</summary>",
              fz_numeral_stretch_print(join_us, bin));
    g_string_append(
        to, "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Bytes over time\"><table id=\"time\">"
            "<thead><tr><th scope=\"col\">from</th>");
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = fz_overview_line_name(overview, line_at(fold, i));
        fz_markup(to, "<th scope=\"col\" class=\"n\">%s</th>", name);
    }
    g_string_append(to, "</tr></thead><tbody>\n");
    for (guint i = 0; i < overview->cells->len; i++) {
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        const int64_t at_us = floor_to(fz_overview_bin_start(overview, cell->bin), join_us);
        const guint line = fold->place[cell->zone];

        if (at_us != row_us && i > 0) {
            print_row(to, overview, row_us, bytes, count);
            memset(bytes, 0, sizeof *bytes * count);
        }
        row_us = at_us;
        bytes[line] = fz_plus(bytes[line], cell->bytes);
    }
    if (overview->cells->len > 0)
        print_row(to, overview, row_us, bytes, count);
    g_string_append(to, "</tbody></table></div></details>\n");
}

/* What a choice does to the drawings, where it does not simply show in them. */
static void print_still(GString *to, const fz_overview *overview)
{
    const guint join = fz_page_join(overview);
    char step[FZ_NUMERAL_SIZE];

    if (join > 1)
        fz_markup(to,
                  " <span data-hint hidden>A choice is drawn in steps of %s: there is no room for shorter ones.</span>",
                  fz_numeral_stretch_print(overview->bin_us * (int64_t)join, step));
    else if (join == 0)
        fz_markup(to, " <span data-hint hidden>A choice does not change this: %s.</span>",
                  overview->time == FZ_OVERVIEW_MINUTES ? "minutes know who sent, not to whom"
                                                        : "there is no room for every pair over time");
}

static void print_time(GString *to, const fz_overview *overview)
{
    g_autofree int64_t *sums = g_new0(int64_t, MAX(overview->bins, 1));
    g_autofree char *command = fz_page_time_command(overview);

    for (guint i = 0; i < overview->cells->len; i++) {
        const fz_overview_cell *cell = &g_array_index(overview->cells, fz_overview_cell, i);
        sums[cell->bin] = fz_plus(sums[cell->bin], cell->bytes);
    }
    begin(to, "when", "When");
    print_busiest(to, overview, sums);
    fz_markup(to, "<p class=\"sub\">Bytes over time, stacked by the zone that %s.",
              overview->time == FZ_OVERVIEW_MINUTES ? "sent them. A packet counts in its own minute"
                                                    : "answered. A conversation counts where it begins");
    print_still(to, overview);
    g_string_append(to, "</p>\n");
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width < FZ_DRAWING_WIDTHS; width++)
        fz_time_chart_draw(to, overview, width);
    g_string_append(to, "</div>\n<h3>Each zone by itself <span class=\"muted\">each on a scale of its own: compare "
                        "shapes, not heights</span></h3>\n");
    fz_time_chart_multiples(to, overview);
    print_time_table(to, overview);
    fz_page_command(to, overview, command);
    g_string_append(to, "</section>\n");
}

/* The matrix. */

/* ": k is kB, M is MB" of the units that digits have. */
static void print_units(GString *to, int64_t most)
{
    static const char units[] = "kMGTPE";

    for (const char *unit = units; *unit && most >= 1000; unit++, most /= 1000)
        g_string_append_printf(to, "%s %c is %cB", unit == units ? ":" : ",", *unit, *unit);
}

static void print_matrix(GString *to, const fz_overview *overview)
{
    enum { TOP = 10 };
    const guint zones = overview->talking, pairs = overview->pairs->len;
    int64_t moved = 0;
    char count[FZ_NUMERAL_SIZE], possible[FZ_NUMERAL_SIZE], share[FZ_NUMERAL_SIZE];

    for (guint i = 0; i < MIN(pairs, (guint)TOP); i++)
        moved = fz_plus(moved, fz_overview_pair_at(overview, i)->sum.bytes);
    begin(to, "matrix", "Every pair");
    fz_markup(to, "%s of %s possible pair%s spoke", fz_numeral_count_print(pairs, count),
              fz_numeral_count_print((int64_t)zones * zones, possible), zones == 1 ? "" : "s");
    if (pairs > TOP && overview->now.sum.bytes < INT64_MAX)
        fz_markup(to, "; ten of them moved %s of the bytes",
                  fz_numeral_share_print(moved, overview->now.sum.bytes, share));
    g_string_append(to, "</h2>\n<p class=\"sub\">Clients in rows, servers in columns, in bytes");
    print_units(to, overview->now.sum.bytes);
    g_string_append(to, ". Each shade is ten times the one before.</p>\n");
    fz_heat_map_key(to, overview);
    for (fz_drawing_width width = FZ_DRAWING_WIDE; width < FZ_DRAWING_WIDTHS; width++)
        fz_heat_map_draw(to, overview, width);
    fz_page_command(to, overview, FZ_PAGE_ASK_PAIRS);
    g_string_append(to, "</div></section>\n");
}

static void print_nothing(GString *to, const fz_overview *overview)
{
    const fz_range *range = &overview->now.range;
    const char *why = range->since_us != INT64_MIN || range->until_us != INT64_MAX
                          ? overview->where ? "No conversation is of this period and passes the filter."
                                            : "No conversation is of this period."
                      : overview->where ? "No conversation passes the filter."
                                        : "There is no conversation.";

    fz_markup(to,
              "<section aria-labelledby=\"none\"><h2 id=\"none\">Nobody talked</h2><p class=\"sub\">%s</p></section>\n",
              why);
}

void fz_page_who(GString *to, const fz_overview *overview)
{
    if (overview->pairs->len > 0)
        print_sankey(to, overview);
    else
        print_nothing(to, overview);
}

void fz_page_pictures(GString *to, const fz_overview *overview)
{
    if (overview->pairs->len == 0)
        return;
    if (overview->bins > 0)
        print_time(to, overview);
    print_matrix(to, overview);
}
