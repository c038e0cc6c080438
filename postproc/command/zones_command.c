/* `flowzone zones`: check a zone file, and explain which of its lines labels an address.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "text.h"
#include "zone.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static int usage_error(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
    va_end(arguments);
    return FZ_EXIT_USAGE;
}

/* check */

struct tally {
    unsigned errors, warnings;
};

static void print_problem(bool is_error, const char *message, void *user)
{
    struct tally *tally = user;

    *(is_error ? &tally->errors : &tally->warnings) += 1;
    g_autofree char *shown = fz_text_table(message);
    printf("%s%s\n", shown, is_error ? "" : " (warning)");
}

/* What the rows of a file hold, all locations taken together. */
struct holdings {
    unsigned prefixes; /* different ones */
    double addresses;  /* in at least one of them; exact for IPv4 */
};

static int compare_prefixes(const void *a, const void *b)
{
    const fz_prefix *left = a, *right = b;
    int order = fz_addr_compare(&left->addr, &right->addr);

    return order != 0 ? order : left->length - right->length;
}

/* In the order of compare_prefixes, a prefix that lies in none before it lies in none at all: it alone adds addresses.
 */
static void add_up(GArray *prefixes, struct holdings *ipv4, struct holdings *ipv6)
{
    const fz_prefix *before = NULL, *around = NULL;

    g_array_sort(prefixes, compare_prefixes);
    for (unsigned i = 0; i < prefixes->len; before = &g_array_index(prefixes, fz_prefix, i++)) {
        const fz_prefix *prefix = &g_array_index(prefixes, fz_prefix, i);
        struct holdings *holdings = prefix->addr.family == FZ_IPV4 ? ipv4 : ipv6;

        if (before && compare_prefixes(before, prefix) == 0)
            continue;
        holdings->prefixes++;
        if (around && fz_prefix_contains(around, &prefix->addr))
            continue;
        around = prefix;
        holdings->addresses += ldexp(1, (int)(fz_family_bits(prefix->addr.family) - prefix->length));
    }
}

static void collect(fz_zones zones, GArray *prefixes, GHashTable *locations)
{
    for (uint32_t i = 0; i < zones.count; i++) {
        g_array_append_val(prefixes, zones.rows[i].prefix);
        if (*zones.rows[i].location)
            g_hash_table_add(locations, zones.rows[i].location);
    }
}

/* The exponent of the power of two that is nearest, in proportion; frexp, unlike log2, needs no library of its own. */
static int nearest_power(double number)
{
    int exponent;
    double mantissa = frexp(number, &exponent);

    return mantissa < G_SQRT2 / 2 ? exponent - 1 : exponent;
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static void print_summary(const char *path, const fz_zone_table *table, const struct tally *tally)
{
    g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(fz_prefix));
    g_autoptr(GHashTable) locations = g_hash_table_new(g_str_hash, g_str_equal);
    struct holdings ipv4 = {0, 0}, ipv6 = {0, 0};
    unsigned rows, named;

    g_autofree char *shown = fz_text_table(path);
    printf("%s: %s, %u error%s, %u warning%s", shown, table ? "usable" : "not usable", tally->errors,
           plural(tally->errors), tally->warnings, plural(tally->warnings));
    if (table) {
        collect(fz_zone_table_rows(table), prefixes, locations);
        collect(fz_zone_table_others(table), prefixes, locations);
        add_up(prefixes, &ipv4, &ipv6);
        rows = prefixes->len;
        named = g_hash_table_size(locations);
        printf("; %u row%s, %u location%s", rows, plural(rows), named, plural(named));
        printf(", %u IPv4 prefix%s (%.0f addresses)", ipv4.prefixes, ipv4.prefixes == 1 ? "" : "es", ipv4.addresses);
        printf(", %u IPv6 prefix%s", ipv6.prefixes, ipv6.prefixes == 1 ? "" : "es");
        if (ipv6.prefixes > 0)
            printf(" (about 2^%d addresses)", nearest_power(ipv6.addresses));
    }
    putchar('\n');
}

static const fz_command check_command;

static int check_main(int argc, char **argv, GError **error)
{
    static const GOptionEntry options[] = {G_OPTION_ENTRY_NULL};
    static const char examples[] =
        "Every error and warning is told with its line. The exit status is 0 when the file is\n"
        "usable, with or without warnings, and 1 when it is not.\n\n"
        "Example:\n  flowzone zones check zones.csv";
    g_autoptr(fz_zone_table) table = NULL;
    struct tally tally = {0, 0};
    int status;

    if (!fz_command_parse(&check_command, options, examples, &argc, &argv, &status, error))
        return status;
    if (argc != 2)
        return usage_error(error, "expected one FILE, came %d; see --help", argc - 1);
    table = fz_zone_table_check(argv[1], NULL, print_problem, &tally, error);
    if (!table && tally.errors == 0)
        return FZ_EXIT_FAILED;
    /* The error is the first of those printed. */
    g_clear_error(error);
    print_summary(argv[1], table, &tally);
    return table ? FZ_EXIT_OK : FZ_EXIT_FAILED;
}

/* explain */

/* A row that holds the address, and why it labels it or doesn't; the best one first. */
enum verdict { LABELS, SAME_PREFIX, SHORTER, OTHER_LOCATION };
static const char *const verdict_texts[] = {"labels it", "beaten: same prefix, no location", "beaten: shorter prefix",
                                            "not asked: other location"};

struct match {
    enum verdict verdict;
    const fz_zone *zone;
};

static void add_matches(GArray *matches, fz_zones zones, const fz_addr *addr, const fz_zone *label, bool other)
{
    for (uint32_t i = 0; i < zones.count; i++) {
        const fz_zone *zone = &zones.rows[i];
        struct match match = {SHORTER, zone};

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
    const struct match *left = a, *right = b;

    if (left->verdict != right->verdict)
        return left->verdict < right->verdict ? -1 : 1;
    if (left->zone->prefix.length != right->zone->prefix.length)
        return right->zone->prefix.length - left->zone->prefix.length;
    if (!*left->zone->location != !*right->zone->location)
        return *left->zone->location ? -1 : 1;
    return left->zone->line < right->zone->line ? -1 : 1;
}

/* Columns that a text fills on a terminal. */
static unsigned text_width(const char *text)
{
    unsigned width = 0;

    for (; *text; text += g_utf8_skip[(uint8_t)*text]) {
        gunichar character = g_utf8_get_char(text);

        if (!g_unichar_iszerowidth(character))
            width += g_unichar_iswide(character) ? 2 : 1;
    }
    return width;
}

enum { CELLS = 6 };
static const char *const headings[CELLS] = {"LINE", "PREFIX", "LOCATION", "NUMBER", "NAME", "VERDICT"};

/* Prints cells, CELLS to a row, each column as wide as its widest cell. */
static void print_table(const GPtrArray *cells)
{
    unsigned widths[CELLS] = {0};

    for (unsigned i = 0; i < cells->len; i++)
        widths[i % CELLS] = MAX(widths[i % CELLS], text_width(cells->pdata[i]));
    for (unsigned i = 0; i < cells->len; i++) {
        const char *text = cells->pdata[i];
        unsigned column = i % CELLS, padding = widths[column] - text_width(text);

        if (column == 0)
            printf("  %*s%s", (int)padding, "", text);
        else if (column < CELLS - 1)
            printf("  %s%*s", text, (int)padding, "");
        else
            printf("  %s\n", text);
    }
}

/* Rows of other locations may be many: only the first ones are shown. */
static void print_matches(const GArray *matches)
{
    enum { OTHERS_SHOWN = 10 };
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    char prefix[FZ_PREFIX_TEXT_SIZE];
    unsigned others = 0;

    for (unsigned i = 0; i < CELLS; i++)
        g_ptr_array_add(cells, g_strdup(headings[i]));
    for (unsigned i = 0; i < matches->len; i++) {
        const struct match *match = &g_array_index(matches, struct match, i);

        if (match->verdict == OTHER_LOCATION && ++others > OTHERS_SHOWN)
            continue;
        g_ptr_array_add(cells, g_strdup_printf("%u", match->zone->line));
        g_ptr_array_add(cells, g_strdup(fz_prefix_print(&match->zone->prefix, prefix)));
        g_ptr_array_add(cells, g_strdup(*match->zone->location ? match->zone->location : "-"));
        g_ptr_array_add(cells, g_strdup(*match->zone->number ? match->zone->number : "-"));
        g_ptr_array_add(cells, g_strdup(match->zone->name));
        g_ptr_array_add(cells, g_strdup(verdict_texts[match->verdict]));
    }
    print_table(cells);
    if (others > OTHERS_SHOWN)
        printf("  and %u more rows of other locations\n", others - OTHERS_SHOWN);
}

static void explain(const char *path, const fz_zone_table *table, const fz_addr *addr, const char *location)
{
    g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(struct match));
    const fz_zone *label = fz_zone_table_get(table, fz_zone_lookup(table, addr));
    g_autofree char *infos = label ? fz_zone_infos(label) : NULL;
    g_autofree char *at = location && *location ? g_strdup_printf(" at \"%s\"", location) : g_strdup("");
    g_autofree char *shown = fz_text_table(path);
    char text[FZ_ADDR_TEXT_SIZE];

    add_matches(matches, fz_zone_table_rows(table), addr, label, false);
    add_matches(matches, fz_zone_table_others(table), addr, label, true);
    g_array_sort(matches, compare_matches);
    fz_addr_print(addr, text);
    if (label)
        printf("%s%s is \"%s\": %s:%u\n", text, at, infos, shown, label->line);
    else
        printf("%s%s is in no zone of %s\n", text, at, shown);
    if (matches->len > 0)
        print_matches(matches);
}

static const fz_command explain_command;

static int explain_main(int argc, char **argv, GError **error)
{
    g_autofree char *location = NULL;
    const GOptionEntry options[] = {
        {"location", 'l', 0, G_OPTION_ARG_STRING, &location,
         "Use the rows of this location, and those without one (default: only those without one)", "NAME"},
        G_OPTION_ENTRY_NULL,
    };
    static const char examples[] = "Examples:\n  flowzone zones explain zones.csv 10.1.2.3\n"
                                   "  flowzone zones explain zones.csv 2001:db8::1 --location Rome";
    g_autoptr(fz_zone_table) table = NULL;
    fz_addr addr;
    int status;

    if (!fz_command_parse(&explain_command, options, examples, &argc, &argv, &status, error))
        return status;
    if (argc != 3)
        return usage_error(error, "expected FILE and IP, came %d argument%s; see --help", argc - 1,
                           plural((unsigned)argc - 1));
    if (!fz_addr_parse(argv[2], &addr))
        return usage_error(error, "\"%s\" is not an IPv4 or IPv6 address", argv[2]);
    table = fz_zone_table_read(argv[1], location, NULL, NULL, error);
    if (!table)
        return FZ_EXIT_FAILED;
    explain(argv[1], table, &addr, location);
    return FZ_EXIT_OK;
}

/* The table of subcommands */

static const fz_command check_command = {"check", "FILE", "Tells every error and warning of a zone file", check_main};
static const fz_command explain_command = {
    "explain", "FILE IP", "Tells which line of a zone file labels an address, and what it beat", explain_main};
static const fz_command *const commands[] = {&check_command, &explain_command};

static void print_help(const char *program)
{
    printf("Usage:\n  %s COMMAND ...\n\nA zone file is CSV with a row for each prefix: location,prefix,number,name\n\n"
           "Commands:\n",
           program);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *synopsis = g_strdup_printf("%s %s", commands[i]->name, commands[i]->arguments);

        printf("  %-18s %s\n", synopsis, commands[i]->summary);
    }
    printf("\n%s COMMAND --help tells more.\n", program);
}

int fz_zones_main(int argc, char **argv, GError **error)
{
    g_autofree char *program = NULL;

    if (argc < 2)
        return usage_error(error, "expected a command; see --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(argv[0]);
        return FZ_EXIT_OK;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(argv[1], commands[i]->name) == 0) {
            g_autofree char **arguments = g_memdup2(argv + 1, (gsize)argc * sizeof *argv);

            program = g_strdup_printf("%s %s", argv[0], argv[1]);
            arguments[0] = program;
            return commands[i]->run(argc - 1, arguments, error);
        }
    return usage_error(error, "there is no command \"%s\"; see --help", argv[1]);
}
