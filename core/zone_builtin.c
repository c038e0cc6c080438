/* Built-in zones: what kind of address one is, where nobody said more.
 *
 * The rows are the blocks of IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890, RFC 8190) that packets
 * of the internet do not come from or go to ("Globally Reachable" is False), with multicast and the former site-local
 * addresses, which have registries of their own. What lies inside of such a block and is reachable is a row too. Blocks
 * that are reachable, or carry packets of other addresses (NAT64's 64:ff9b::/96, Teredo, 6to4), are the internet.
 * IPv4-mapped addresses are reserved, whatever they map: no packet has one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_builtin.h"

#include <string.h>

#define INTERNET "(internet)"

typedef struct builtin {
    const char *prefix, *number, *name;
} builtin;

/* Stores have rows of the program that wrote them: one that is changed or removed here is still to be known by
 * fz_zone_is_builtin. */
static const builtin rows[] = {
    {"0.0.0.0/0", "", INTERNET},
    {"0.0.0.0/8", "RFC 791", "unspecified"},
    {"0.0.0.0/32", "RFC 1122", "unspecified"},
    {"10.0.0.0/8", "RFC 1918", "private"},
    {"100.64.0.0/10", "RFC 6598", "cgnat"},
    {"127.0.0.0/8", "RFC 1122", "loopback"},
    {"169.254.0.0/16", "RFC 3927", "link-local"},
    {"172.16.0.0/12", "RFC 1918", "private"},
    {"192.0.0.0/24", "RFC 6890", "reserved"},
    {"192.0.0.0/29", "RFC 7335", "private"}, /* hosts behind DS-Lite and 464XLAT */
    {"192.0.0.8/32", "RFC 7600", "reserved"},
    {"192.0.0.9/32", "", INTERNET},  /* PCP anycast, RFC 7723 */
    {"192.0.0.10/32", "", INTERNET}, /* TURN anycast, RFC 8155 */
    {"192.0.0.170/32", "RFC 7050", "reserved"},
    {"192.0.0.171/32", "RFC 7050", "reserved"},
    {"192.0.2.0/24", "RFC 5737", "documentation"},
    {"192.88.99.2/32", "RFC 6751", "reserved"},
    {"192.168.0.0/16", "RFC 1918", "private"},
    {"198.18.0.0/15", "RFC 2544", "benchmarking"},
    {"198.51.100.0/24", "RFC 5737", "documentation"},
    {"203.0.113.0/24", "RFC 5737", "documentation"},
    {"224.0.0.0/4", "RFC 5771", "multicast"},
    {"240.0.0.0/4", "RFC 1112", "reserved"},
    {"255.255.255.255/32", "RFC 919", "broadcast"},
    {"::/0", "", INTERNET},
    {"::/128", "RFC 4291", "unspecified"},
    {"::1/128", "RFC 4291", "loopback"},
    {"::ffff:0.0.0.0/96", "RFC 4291", "reserved"},
    {"64:ff9b:1::/48", "RFC 8215", "nat64"}, /* of one site; what it translates to is not known */
    {"100::/64", "RFC 6666", "reserved"},
    {"100:0:0:1::/64", "RFC 9780", "reserved"},
    {"2001::/23", "RFC 2928", "reserved"},
    {"2001::/32", "", INTERNET},     /* Teredo, RFC 4380 */
    {"2001:1::1/128", "", INTERNET}, /* PCP anycast, RFC 7723 */
    {"2001:1::2/128", "", INTERNET}, /* TURN anycast, RFC 8155 */
    {"2001:1::3/128", "", INTERNET}, /* DNS-SD SRP anycast, RFC 9665 */
    {"2001:2::/48", "RFC 5180", "benchmarking"},
    {"2001:3::/32", "", INTERNET},     /* AMT, RFC 7450 */
    {"2001:4:112::/48", "", INTERNET}, /* AS112, RFC 7535 */
    {"2001:20::/28", "", INTERNET},    /* ORCHIDv2, RFC 7343 */
    {"2001:30::/28", "", INTERNET},    /* drones' remote identity, RFC 9374 */
    {"2001:db8::/32", "RFC 3849", "documentation"},
    {"3fff::/20", "RFC 9637", "documentation"},
    {"5f00::/16", "RFC 9602", "srv6"},
    {"fc00::/7", "RFC 4193", "private"},
    {"fe80::/10", "RFC 4291", "link-local"},
    {"fec0::/10", "RFC 3879", "private"},
    {"ff00::/8", "RFC 4291", "multicast"},
};

fz_zone_table *fz_zone_builtin_table(void)
{
    fz_zone_texts texts[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        texts[i] = (fz_zone_texts){.text = {"", rows[i].prefix, rows[i].number, rows[i].name}};
    return fz_zone_table_new("built-in zones", texts, G_N_ELEMENTS(texts), NULL, NULL, NULL, NULL);
}

bool fz_zone_is_builtin(const char *location, const char *prefix, const char *number, const char *name)
{
    for (size_t i = 0; *location == '\0' && i < G_N_ELEMENTS(rows); i++)
        if (!strcmp(rows[i].prefix, prefix) && !strcmp(rows[i].name, name) && !strcmp(rows[i].number, number))
            return true;
    return false;
}

bool fz_zone_row_is_builtin(const fz_zone *row)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    return fz_zone_is_builtin(row->location, fz_prefix_print(&row->prefix, prefix), row->number, row->name);
}
