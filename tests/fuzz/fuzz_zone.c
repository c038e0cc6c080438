/* Any bytes as a zone file: either a table whose rows are as the contract says and whose lookups agree with them, or
 * one error.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void require_line(const char *message, void *user)
{
    (void)user;
    REQUIRE(g_str_has_prefix(message, "zones.csv") && !strchr(message, '\n') && g_utf8_validate(message, -1, NULL));
}

static void require_text(const char *text)
{
    REQUIRE(strlen(text) <= FZ_ZONE_TEXT_MAX && g_utf8_validate(text, -1, NULL));
    for (; *text; text++)
        REQUIRE((unsigned char)*text >= ' ' && *text != 0x7f);
}

/* The row that labels a row's first address holds that address, and is no shorter than the row. */
static void require_row(const fz_zone_table *table, const fz_zone *zone)
{
    const fz_zone *label = fz_zone_table_get(table, fz_zone_lookup(table, &zone->prefix.addr));
    g_autofree char *infos = fz_zone_infos(zone);
    fz_prefix masked = zone->prefix;

    require_text(zone->location);
    require_text(zone->number);
    require_text(zone->name);
    REQUIRE(strstr(infos, zone->name));
    REQUIRE(*zone->name && zone->line > 0 && !fz_prefix_mask(&masked));
    REQUIRE(label && fz_prefix_contains(&label->prefix, &zone->prefix.addr));
    REQUIRE(label->prefix.length >= zone->prefix.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const locations[] = {NULL, "Rome"};

    for (size_t i = 0; i < G_N_ELEMENTS(locations); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(fz_zone_table) table =
            fz_zone_table_parse("zones.csv", (const char *)data, size, locations[i], require_line, NULL, &error);
        fz_zones rows = fz_zone_table_rows(table);

        REQUIRE(!table == (error != NULL));
        if (error)
            require_line(error->message, NULL);
        for (uint32_t row = 0; row < rows.count; row++)
            require_row(table, &rows.rows[row]);
    }
    return 0;
}
