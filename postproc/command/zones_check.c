/* `flowzone zones check`: what is wrong with a zone file, and what is in it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "text.h"
#include "zone.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

typedef struct problem_tally {
    unsigned errors, warnings;
} problem_tally;

static void print_problem(bool is_error, const char *message, void *user)
{
    problem_tally *tally = user;

    *(is_error ? &tally->errors : &tally->warnings) += 1;
    g_autofree char *shown = fz_text_table(message);
    printf("%s%s\n", shown, is_error ? "" : " (warning)");
}

/* The prefixes and addresses in a file, in all locations together. */
typedef struct zone_holdings {
    unsigned prefixes; /* different ones */
    double addresses;  /* in at least one of them; exact for IPv4 */
} zone_holdings;

static int compare_prefixes(const void *a, const void *b)
{
    const fz_prefix *left = a, *right = b;
    int order = fz_addr_compare(&left->addr, &right->addr);

    return order != 0 ? order : left->length - right->length;
}

/* In the order of compare_prefixes, only a prefix that is not inside an earlier one adds addresses. */
static void add_up(GArray *prefixes, zone_holdings *ipv4, zone_holdings *ipv6)
{
    const fz_prefix *before = NULL, *around = NULL;

    g_array_sort(prefixes, compare_prefixes);
    for (unsigned i = 0; i < prefixes->len; before = &g_array_index(prefixes, fz_prefix, i++)) {
        const fz_prefix *prefix = &g_array_index(prefixes, fz_prefix, i);
        zone_holdings *holdings = prefix->addr.family == FZ_IPV4 ? ipv4 : ipv6;

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

static void print_summary(const char *path, const fz_zone_table *table, const problem_tally *tally)
{
    g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(fz_prefix));
    g_autoptr(GHashTable) locations = g_hash_table_new(g_str_hash, g_str_equal);
    zone_holdings ipv4 = {0, 0}, ipv6 = {0, 0};
    unsigned rows, named;

    g_autofree char *shown = fz_text_table(path);
    printf("%s: %s, %u error%s, %u warning%s", shown, table ? "usable" : "not usable", tally->errors,
           fz_text_plural(tally->errors), tally->warnings, fz_text_plural(tally->warnings));
    if (table) {
        collect(fz_zone_table_rows(table), prefixes, locations);
        collect(fz_zone_table_others(table), prefixes, locations);
        add_up(prefixes, &ipv4, &ipv6);
        rows = prefixes->len;
        named = g_hash_table_size(locations);
        printf("; %u row%s, %u location%s", rows, fz_text_plural(rows), named, fz_text_plural(named));
        printf(", %u IPv4 prefix%s (%.0f addresses)", ipv4.prefixes, ipv4.prefixes == 1 ? "" : "es", ipv4.addresses);
        printf(", %u IPv6 prefix%s", ipv6.prefixes, ipv6.prefixes == 1 ? "" : "es");
        if (ipv6.prefixes > 0)
            printf(" (about 2^%d addresses)", nearest_power(ipv6.addresses));
    }
    putchar('\n');
}

static int run(int argc, char **argv, GError **error)
{
    g_autoptr(fz_zone_table) table = NULL;
    problem_tally tally = {0, 0};
    int status;

    if (!fz_command_parse(&fz_zones_check, NULL, &argc, &argv, &status, error))
        return status;
    if (argc != 2)
        return fz_command_usage(error, "expected one FILE, got %d; see --help", argc - 1);
    table = fz_zone_table_check(argv[1], NULL, print_problem, &tally, error);
    if (!table && tally.errors == 0)
        return FZ_EXIT_FAILED;
    /* The error is the first of those printed. */
    g_clear_error(error);
    print_summary(argv[1], table, &tally);
    return table ? FZ_EXIT_OK : FZ_EXIT_FAILED;
}

const fz_command fz_zones_check = {
    .name = "check",
    .arguments = "FILE",
    .summary = "List every error and warning of a zone file",
    .notes = "Every error and warning is printed with its line. The exit status is 0 when the file is\n"
             "usable, with or without warnings, and 1 when it is not.\n\n"
             "Example:\n  flowzone zones check zones.csv",
    .run = run,
};
