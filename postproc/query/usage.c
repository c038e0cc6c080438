/* The question `zones usage`: which rows of a zone file have traffic, and which have none.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage.h"

#include "captures.h"
#include "plus.h"

#include <string.h>

/* A row of the file, by its line. */
typedef struct usage_row {
    const fz_zone *zone;
    int64_t flows, bytes, last_us;
    GHashTable *hosts; /* of fz_addr; NULL: none */
} usage_row;

typedef struct counting {
    fz_asking *asking;
    const fz_usage *usage;
    const fz_captures *captures;
    GHashTable *tables; /* fz_zone_table, by location */
    GHashTable *rows;   /* usage_row, by line */
    int64_t flows, bytes;
} counting;

static guint hash_addr(gconstpointer key)
{
    const fz_addr *addr = key;
    guint hash = addr->family;

    for (size_t i = 0; i < sizeof addr->bytes; i++)
        hash = hash * 33 + addr->bytes[i];
    return hash;
}

static gboolean is_same_addr(gconstpointer a, gconstpointer b)
{
    return fz_addr_compare(a, b) == 0;
}

static void free_row(void *user)
{
    usage_row *row = user;

    g_clear_pointer(&row->hosts, g_hash_table_unref);
    g_free(row);
}

/* The rows that label at a location: its own, and those without one. */
static const fz_zone_table *table_of(const counting *at, const char *location)
{
    fz_zone_table *table = g_hash_table_lookup(at->tables, location);

    if (!table) {
        table = fz_zone_table_merge(at->usage->name, at->usage->zones, NULL, location, NULL);
        if (!table)
            table = fz_zone_table_merge(at->usage->name, at->usage->zones, NULL, NULL, NULL);
        g_hash_table_insert(at->tables, g_strdup(location), table);
    }
    return table;
}

static void count(usage_row *row, const fz_record *record, const fz_addr *addr)
{
    row->flows++;
    row->bytes = fz_plus(row->bytes, (int64_t)fz_plus_counts(record->bytes[0], record->bytes[1]));
    row->last_us = row->flows == 1 ? record->end_us : MAX(row->last_us, record->end_us);
    if (!row->hosts)
        row->hosts = g_hash_table_new_full(hash_addr, is_same_addr, g_free, NULL);
    if (!g_hash_table_contains(row->hosts, addr))
        g_hash_table_add(row->hosts, g_memdup2(addr, sizeof *addr));
}

/* A conversation within one row counts once for it. */
static void take_detail(const fz_detail *detail, void *user)
{
    counting *at = user;
    const fz_record *record = &detail->record;
    const fz_capture_row *capture = fz_captures_find(at->captures, detail->load_id);
    const fz_zone_table *table = table_of(at, capture ? capture->location : "");
    usage_row *before = NULL;

    at->flows++;
    at->bytes = fz_plus(at->bytes, (int64_t)fz_plus_counts(record->bytes[0], record->bytes[1]));
    for (int end = 0; end < 2; end++) {
        fz_addr addr = {.family = record->family};
        memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
        const fz_zone *zone = fz_zone_table_get(table, fz_zone_lookup(table, &addr));
        usage_row *row = zone ? g_hash_table_lookup(at->rows, GUINT_TO_POINTER(zone->line)) : NULL;
        if (row && row != before)
            count(row, record, &addr);
        else if (row && !g_hash_table_contains(row->hosts, &addr))
            g_hash_table_add(row->hosts, g_memdup2(&addr, sizeof addr));
        before = row;
    }
}

static void add_rows(counting *at, fz_zones zones)
{
    for (uint32_t i = 0; i < zones.count; i++) {
        usage_row *row = g_new0(usage_row, 1);
        row->zone = &zones.rows[i];
        g_hash_table_insert(at->rows, GUINT_TO_POINTER(row->zone->line), row);
    }
}

static gint compare_rows(gconstpointer left, gconstpointer right)
{
    const usage_row *a = *(const usage_row *const *)left, *b = *(const usage_row *const *)right;

    if ((a->flows == 0) != (b->flows == 0))
        return a->flows == 0 ? -1 : 1;
    return a->zone->line < b->zone->line ? -1 : a->zone->line > b->zone->line;
}

static const fz_answer_column columns[] = {
    {"line", "line", FZ_CELL_NUMBER},  {"location", "location", FZ_CELL_TEXT}, {"prefix", "prefix", FZ_CELL_TEXT},
    {"number", NULL, FZ_CELL_TEXT},    {"name", "name", FZ_CELL_TEXT},         {"flows", "flows", FZ_CELL_COUNT},
    {"bytes", "bytes", FZ_CELL_BYTES}, {"hosts", "hosts", FZ_CELL_COUNT},      {"last", "last seen", FZ_CELL_TIME},
};

static void print_row(fz_answer *answer, const usage_row *row)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];
    const fz_cell cells[G_N_ELEMENTS(columns)] = {
        {.number = row->zone->line},
        {.text = row->zone->location},
        {.text = fz_prefix_print(&row->zone->prefix, prefix)},
        {.text = row->zone->number},
        {.text = row->zone->name},
        {.number = row->flows},
        {.number = row->bytes},
        {.number = row->hosts ? g_hash_table_size(row->hosts) : 0},
        {.number = row->last_us, .unknown = row->flows == 0},
    };

    fz_answer_row(answer, cells);
}

static bool print_rows(const counting *at, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    GHashTableIter each;
    gpointer row;
    fz_answer *answer = fz_answer_begin(stdout, &at->asking->question->manner, columns, G_N_ELEMENTS(columns), false);

    g_hash_table_iter_init(&each, at->rows);
    while (g_hash_table_iter_next(&each, NULL, &row))
        g_ptr_array_add(rows, row);
    g_ptr_array_sort(rows, compare_rows);
    for (guint i = 0; i < rows->len; i++)
        print_row(answer, rows->pdata[i]);
    return fz_answer_end(answer, error);
}

bool fz_usage_answer(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    counting at = {.asking = asking, .usage = asking->question->user, .captures = captures};

    if (!captures)
        return false;
    at.tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)fz_zone_table_free);
    at.rows = g_hash_table_new_full(NULL, NULL, NULL, free_row);
    add_rows(&at, fz_zone_table_rows(at.usage->zones));
    add_rows(&at, fz_zone_table_others(at.usage->zones));
    bool done = fz_asking_details_read(asking, NULL, NULL, 0, take_detail, &at, error);
    if (done && !asking->question->sql) {
        done = print_rows(&at, error) &&
               fz_asking_cover_tier(asking, (uint64_t)at.bytes, at.flows, FZ_TIER_DETAILS, error);
    }
    g_hash_table_unref(at.tables);
    g_hash_table_unref(at.rows);
    return done;
}
