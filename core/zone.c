/* The zone table: rows by id, and which of them labels an address.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_private.h"

#include <string.h>

G_DEFINE_QUARK(fz - zone - error - quark, fz_zone_error)

struct fz_zone_table {
    fz_zone *rows; /* those kept, then those of other locations */
    uint32_t kept, count;
    GStringChunk *texts; /* every text of the rows, once */
    fz_prefixmap *map[FAMILIES];
    unsigned references;
};

/* Of equal prefixes the last one in the array wins: the rows of the location come after those without one. */
static fz_prefixmap *make_map(const fz_zone_table *table, uint8_t family)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(fz_span)), ranges = NULL;

    for (int with_location = 0; with_location < 2; with_location++)
        for (uint32_t i = 0; i < table->kept; i++) {
            const fz_zone *row = &table->rows[i];
            fz_span span = fz_span_of(&row->prefix, i + 1);

            if (row->prefix.addr.family == family && (*row->location != '\0') == with_location)
                g_array_append_val(spans, span);
        }
    g_array_sort(spans, fz_span_compare);
    ranges = fz_ranges_new((const fz_span *)(void *)spans->data, spans->len);
    return fz_prefixmap_new(ranges);
}

fz_zone_table *fz_zone_table_make(zone_reading *reading, const char *location)
{
    fz_zone_table *table = g_new0(fz_zone_table, 1);
    uint32_t next = 0;

    table->references = 1;
    table->count = reading->rows->len;
    table->rows = g_new(fz_zone, table->count);
    for (int keep = 1; keep >= 0; keep--) {
        for (uint32_t i = 0; i < table->count; i++) {
            const fz_zone *row = fz_zone_reading_row(reading, i + 1);
            bool kept = *row->location == '\0' || strcmp(row->location, location) == 0;

            if (kept == keep)
                table->rows[next++] = *row;
        }
        if (keep)
            table->kept = next;
    }
    table->texts = g_steal_pointer(&reading->texts);
    table->map[IPV4] = make_map(table, FZ_IPV4);
    table->map[IPV6] = make_map(table, FZ_IPV6);
    return table;
}

fz_zone_table *fz_zone_table_parse_all(const char *name, const char *text, size_t size, const char *location,
                                       fz_zone_problem problem, void *user, GError **error)
{
    zone_reading reading;

    fz_zone_reading_init(&reading, name, text, size);
    fz_zone_reading_parse(&reading);
    return fz_zone_reading_finish(&reading, location, problem, user, error);
}

/* Holds warnings back until the table is known to be good. */
static void collect_warning(bool is_error, const char *message, void *user)
{
    if (!is_error)
        g_ptr_array_add(user, g_strdup(message));
}

static void tell_warnings(const GPtrArray *warnings, fz_zone_warning warn, void *user)
{
    for (unsigned i = 0; warn && i < warnings->len; i++)
        warn(warnings->pdata[i], user);
}

fz_zone_table *fz_zone_table_parse(const char *name, const char *text, size_t size, const char *location,
                                   fz_zone_warning warn, void *user, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    fz_zone_table *table = fz_zone_table_parse_all(name, text, size, location, collect_warning, warnings, error);

    if (table)
        tell_warnings(warnings, warn, user);
    return table;
}

fz_zone_table *fz_zone_table_new(const char *name, const fz_zone_texts *rows, size_t count, const char *location,
                                 fz_zone_warning warn, void *user, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    zone_reading reading;
    fz_zone_table *table;

    fz_zone_reading_init(&reading, name, NULL, 0);
    fz_zone_reading_take(&reading, rows, count);
    table = fz_zone_reading_finish(&reading, location, collect_warning, warnings, error);
    if (table)
        tell_warnings(warnings, warn, user);
    return table;
}

/* What a row must share with another to be replaced by it. */
static char *key_of(const fz_zone *row)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    return g_strdup_printf("%s %s", fz_prefix_print(&row->prefix, prefix), row->location);
}

/* Adds the rows whose keys are not taken, and takes those. */
static void merge_rows(zone_reading *reading, const fz_zone_table *table, GHashTable *taken)
{
    for (uint32_t i = 0; table && i < table->count; i++) {
        const fz_zone *row = &table->rows[i];
        zone_record record = {.line = row->line, .text = {row->location, NULL, row->number, row->name}};

        if (g_hash_table_add(taken, key_of(row)))
            fz_zone_reading_add(reading, &row->prefix, &record);
    }
}

fz_zone_table *fz_zone_table_merge(const char *name, const fz_zone_table *over, const fz_zone_table *under,
                                   const char *location, GError **error)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    zone_reading reading;
    fz_zone_table *table;

    fz_zone_reading_init(&reading, name, NULL, 0);
    merge_rows(&reading, over, taken);
    merge_rows(&reading, under, taken);
    table = fz_zone_reading_close(&reading, location, error);
    fz_zone_reading_clear(&reading);
    return table;
}

fz_zone_table *fz_zone_table_ref(fz_zone_table *table)
{
    if (table)
        table->references++;
    return table;
}

void fz_zone_table_free(fz_zone_table *table)
{
    if (!table || --table->references > 0)
        return;
    fz_prefixmap_free(table->map[IPV4]);
    fz_prefixmap_free(table->map[IPV6]);
    g_string_chunk_free(table->texts);
    g_free(table->rows);
    g_free(table);
}

uint32_t fz_zone_table_count(const fz_zone_table *table)
{
    return table ? table->kept : 0;
}

const fz_zone *fz_zone_table_get(const fz_zone_table *table, uint32_t id)
{
    return id >= 1 && id <= fz_zone_table_count(table) ? &table->rows[id - 1] : NULL;
}

uint32_t fz_zone_lookup4(const fz_zone_table *table, uint32_t addr)
{
    return table ? fz_prefixmap_find4(table->map[IPV4], addr) : 0;
}

uint32_t fz_zone_lookup6(const fz_zone_table *table, const uint8_t addr[16])
{
    return table ? fz_prefixmap_find6(table->map[IPV6], addr) : 0;
}

uint32_t fz_zone_lookup(const fz_zone_table *table, const fz_addr *addr)
{
    uint32_t addr4;

    if (addr->family == FZ_IPV6)
        return fz_zone_lookup6(table, addr->bytes);
    if (addr->family != FZ_IPV4)
        return 0;
    memcpy(&addr4, addr->bytes, sizeof addr4);
    return fz_zone_lookup4(table, GUINT32_FROM_BE(addr4));
}

fz_zones fz_zone_table_rows(const fz_zone_table *table)
{
    return table ? (fz_zones){table->rows, table->kept} : (fz_zones){NULL, 0};
}

fz_zones fz_zone_table_others(const fz_zone_table *table)
{
    return table ? (fz_zones){table->rows + table->kept, table->count - table->kept} : (fz_zones){NULL, 0};
}

char *fz_zone_infos(const fz_zone *zone)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    return g_strdup_printf("%s, %s, %s", fz_prefix_print(&zone->prefix, prefix), zone->number, zone->name);
}

bool fz_zone_same(const fz_zone *a, const fz_zone *b)
{
    return a == b || (strcmp(a->number, b->number) == 0 && strcmp(a->name, b->name) == 0);
}
