/* Any text as the file in which names are kept: one that is taken is written again as it was understood; and whatever
 * is found in it may be shown. SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

#define SERVERS "192.0.2.53:53"

enum { NOW_S = 1795752893 };

/* Every address of the text that has an entry, by the lines of what is written. */
static void require_entries(const fz_name_cache *cache, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

    for (char **line = lines + 1; *line && **line; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, " ", 0);
        fz_addr addr;

        REQUIRE(g_strv_length(parts) >= 3 && fz_addr_parse(parts[0], &addr));
        const fz_name_entry *entry = fz_name_cache_find(cache, &addr, NOW_S);
        REQUIRE(entry && entry->expires_s > NOW_S && fz_addr_is_sound(&entry->addr));
        REQUIRE(entry->status == FZ_NAME_KNOWN ? fz_host_name_is_sound(entry->name) : !*entry->name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(fz_name_cache) cache = fz_name_cache_new(), again = fz_name_cache_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_malloc0(size + 1);

    if (size > 0)
        memcpy(text, data, size);
    const bool taken = fz_name_cache_parse(cache, text, size, SERVERS, NOW_S, &error);
    REQUIRE(taken == !error);
    g_autofree char *written = fz_name_cache_print(cache, SERVERS, NOW_S);
    if (error)
        REQUIRE(g_str_is_ascii(error->message) && strchr(written, '\n')[1] == '\0');
    require_entries(cache, written);
    REQUIRE(fz_name_cache_parse(again, written, strlen(written), SERVERS, NOW_S, NULL));
    g_autofree char *same = fz_name_cache_print(again, SERVERS, NOW_S);
    REQUIRE(strcmp(written, same) == 0);
    return 0;
}
