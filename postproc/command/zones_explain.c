/* `flowzone zones explain`: which line of a zone file labels an address.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "rowset.h"
#include "text.h"
#include "zone.h"

#include <stdio.h>

/* Why a row that contains the address labels it, or does not; the best one first. */
typedef enum verdict { LABELS, SAME_PREFIX, SHORTER, OTHER_LOCATION } verdict;
static const char *const verdict_texts[] = {"labels it", "beaten: same prefix, no location", "beaten: shorter prefix",
                                            "not used: other location"};

typedef struct row_match {
    verdict verdict;
    const fz_zone *zone;
} row_match;

static void add_matches(GArray *matches, fz_zones zones, const fz_addr *addr, const fz_zone *label, bool other)
{
    for (uint32_t i = 0; i < zones.count; i++) {
        const fz_zone *zone = &zones.rows[i];
        row_match match = {SHORTER, zone};

        if (!fz_prefix_contains(&zone->prefix, addr))
            continue;
        if (other)
            match.verdict = OTHER_LOCATION;
        else if (zone == label)
            match.verdict = LABELS;
        else if (label && zone->prefix.length == label->prefix.length)
            match.verdict = SAME_PREFIX;
        g_array_append_val(matches, match);
    }
}

/* By verdict, then the longer prefix, then the row with a location, then the line. */
static int compare_matches(const void *a, const void *b)
{
    const row_match *left = a, *right = b;

    if (left->verdict != right->verdict)
        return left->verdict < right->verdict ? -1 : 1;
    if (left->zone->prefix.length != right->zone->prefix.length)
        return right->zone->prefix.length - left->zone->prefix.length;
    if (!*left->zone->location != !*right->zone->location)
        return *left->zone->location ? -1 : 1;
    return left->zone->line < right->zone->line ? -1 : 1;
}

static const fz_rowset_column columns[] = {
    {"line", "LINE", FZ_ROWSET_COUNT},        {"prefix", "PREFIX", FZ_ROWSET_TEXT},
    {"location", "LOCATION", FZ_ROWSET_TEXT}, {"number", "NUMBER", FZ_ROWSET_TEXT},
    {"name", "NAME", FZ_ROWSET_TEXT},         {"verdict", "VERDICT", FZ_ROWSET_TEXT},
};

/* Rows of other locations may be many: only the first ones are shown. */
static void print_matches(const GArray *matches)
{
    enum { OTHERS_SHOWN = 10 };
    g_autoptr(fz_rowset) rows = fz_rowset_new(columns, G_N_ELEMENTS(columns));
    g_autoptr(GString) text = g_string_new(NULL);
    char prefix[FZ_PREFIX_TEXT_SIZE];
    unsigned others = 0;

    for (unsigned i = 0; i < matches->len; i++) {
        const row_match *match = &g_array_index(matches, row_match, i);

        if (match->verdict == OTHER_LOCATION && ++others > OTHERS_SHOWN)
            continue;
        fz_rowset_cell *cells = fz_rowset_add(rows, 0);
        cells[0].count = match->zone->line;
        cells[1].text = g_strdup(fz_prefix_print(&match->zone->prefix, prefix));
        cells[2].text = g_strdup(*match->zone->location ? match->zone->location : "-");
        cells[3].text = g_strdup(*match->zone->number ? match->zone->number : "-");
        cells[4].text = g_strdup(match->zone->name);
        cells[5].text = g_strdup(verdict_texts[match->verdict]);
    }
    fz_rowset_print_table(rows, "  ", text);
    fputs(text->str, stdout);
    if (others > OTHERS_SHOWN)
        printf("  and %u more rows of other locations\n", others - OTHERS_SHOWN);
}

static void explain(const char *path, const fz_zone_table *table, const fz_addr *addr, const char *location)
{
    g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(row_match));
    const fz_zone *label = fz_zone_table_get(table, fz_zone_lookup(table, addr));
    g_autofree char *infos = label ? fz_zone_infos(label) : NULL;
    g_autofree char *at = location && *location ? g_strdup_printf(" at \"%s\"", location) : g_strdup("");
    g_autofree char *safe_infos = fz_text_table(infos ? infos : ""), *safe_at = fz_text_table(at);
    g_autofree char *shown = fz_text_table(path);
    char text[FZ_ADDR_TEXT_SIZE];

    add_matches(matches, fz_zone_table_rows(table), addr, label, false);
    add_matches(matches, fz_zone_table_others(table), addr, label, true);
    g_array_sort(matches, compare_matches);
    fz_addr_print(addr, text);
    if (label)
        printf("%s%s is \"%s\": %s:%u\n", text, safe_at, safe_infos, shown, label->line);
    else
        printf("%s%s is in no zone of %s\n", text, safe_at, shown);
    if (matches->len > 0)
        print_matches(matches);
}

typedef struct explain_order {
    char *location; /* NULL or empty: none */
} explain_order;

static int explain_arguments(int argc, char **argv, const explain_order *order, GError **error)
{
    g_autoptr(fz_zone_table) table = NULL;
    fz_addr addr;

    if (argc != 3)
        return fz_command_usage(error, "expected FILE and IP, got %d argument%s; see --help", argc - 1,
                                fz_text_plural((unsigned)argc - 1));
    if (!fz_addr_parse(argv[2], &addr))
        return fz_command_usage(error, "\"%s\" is not an IPv4 or IPv6 address", argv[2]);
    table = fz_zone_table_read(argv[1], order->location, NULL, NULL, error);
    if (!table)
        return FZ_EXIT_FAILED;
    explain(argv[1], table, &addr, order->location);
    return FZ_EXIT_OK;
}

static int run(int argc, char **argv, GError **error)
{
    explain_order order = {.location = NULL};
    int status;

    if (fz_command_parse(&fz_zones_explain, &order, &argc, &argv, &status, error))
        status = explain_arguments(argc, argv, &order, error);
    g_free(order.location);
    return status;
}

static const fz_setting rows[] = {
    {"location", 'l', "NAME", "Use the rows of this location, and those without one (default: only those without one)",
     FZ_INTO(explain_order, location)},
};

const fz_command fz_zones_explain = {
    .name = "explain",
    .arguments = "FILE IP",
    .summary = "Show which line of a zone file labels an address, and which lines it beat",
    .notes = "Examples:\n  flowzone zones explain zones.csv 10.1.2.3\n"
             "  flowzone zones explain zones.csv 2001:db8::1 --location Rome",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
