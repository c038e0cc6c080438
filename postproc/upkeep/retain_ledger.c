/* What retention reads and writes in the ledger.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "plus.h"
#include "retain_private.h"

#include <string.h>

/* Bytes of a row with its share of pages, in a SQLite file. */
static const int64_t row_bytes[FZ_RETAIN_TIERS] = {78, 190, 45, 80};

/* A ledger may claim anything. */
#define BYTES_MOST ((double)(INT64_C(1) << 60))

enum { LOAD_CHANGED = 10, LOAD_SENSOR, LOAD_LOCATION };
#define LOAD_COLUMNS                                                                               \
    "l.load_id, l.day, " RETAIN_BEGIN_US ", " RETAIN_LAST_US ", l.records, l.packets, l.minutes, " \
    "l.merged, l.dropped, l.dropping, CASE WHEN l.state = 'changed' THEN 1 ELSE 0 END, l.sensor, l.location"

/* While loads are read: the numbers of their groups. */
typedef struct reading {
    GArray *loads;
    GHashTable *groups;
} reading;

static guint group_of(const reading *at, int64_t day, const char *sensor, const char *location)
{
    char *key = g_strdup_printf("%" G_GINT64_FORMAT "\n%zu\n%s\n%s", day, strlen(sensor), sensor, location);
    const guint known = GPOINTER_TO_UINT(g_hash_table_lookup(at->groups, key));
    const guint next = g_hash_table_size(at->groups) + 1;

    if (known) {
        g_free(key);
        return known;
    }
    g_hash_table_insert(at->groups, key, GUINT_TO_POINTER(next));
    return next;
}

static void take_load(const char *const *cells, void *user)
{
    const reading *at = user;
    retain_load load = {
        .id = fz_cell_integer(cells[0]),
        .day = fz_cell_integer(cells[1]),
        .begin_us = fz_cell_integer(cells[2]),
        .last_us = fz_cell_integer(cells[3]),
        .records = fz_cell_integer(cells[4]),
        .packets = fz_cell_integer(cells[5]),
        .minutes = fz_cell_integer(cells[6]),
        .merged = (unsigned)fz_cell_integer(cells[7]),
        .dropped = (unsigned)fz_cell_integer(cells[8]),
        .dropping = (unsigned)fz_cell_integer(cells[9]),
        .changed = fz_cell_integer(cells[LOAD_CHANGED]) != 0,
    };

    load.group = group_of(at, load.day, cells[LOAD_SENSOR] ? cells[LOAD_SENSOR] : "",
                          cells[LOAD_LOCATION] ? cells[LOAD_LOCATION] : "");
    g_array_append_val(at->loads, load);
}

static gint compare_loads(gconstpointer a, gconstpointer b)
{
    const retain_load *one = a, *two = b;

    if (one->last_us != two->last_us)
        return one->last_us < two->last_us ? -1 : 1;
    return (one->id > two->id) - (one->id < two->id);
}

bool fz_retain_read(retention *run, const char *where, GArray *loads, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT " LOAD_COLUMNS " FROM fz_load l WHERE %s", where);
    reading at = {loads, run->groups};

    bool done = run->store->ops->query(run->store, sql, LOAD_LOCATION + 1, SIZE_MAX, take_load, &at, error);
    g_array_sort(loads, compare_loads);
    return done;
}

char *fz_retain_ids(const GArray *loads, guint from, guint count)
{
    GString *ids = g_string_new(NULL);

    for (guint i = from; i < loads->len && i - from < count; i++)
        g_string_append_printf(ids, "%s%" G_GINT64_FORMAT, i > from ? ", " : "", fz_retain_at(loads, i)->id);
    return g_string_free(ids, FALSE);
}

static void take_number(const char *const *cells, void *user)
{
    if (cells[0])
        *(int64_t *)user = fz_cell_integer(cells[0]);
}

bool fz_retain_number(retention *run, char *sql, int64_t *number, GError **error)
{
    g_autofree char *statement = sql;

    return run->store->ops->query(run->store, statement, 1, 1, take_number, number, error);
}

/* Runs "UPDATE fz_load SET ... WHERE load_id IN (...) AND ..." for all loads, some at a time. */
static bool update(retention *run, const GArray *loads, const char *set, const char *where, GError **error)
{
    for (guint from = 0; from < loads->len; from += FZ_RETAIN_LOADS) {
        g_autofree char *ids = fz_retain_ids(loads, from, FZ_RETAIN_LOADS);
        g_autofree char *sql = g_strdup_printf("UPDATE fz_load SET %s WHERE load_id IN (%s) AND %s", set, ids, where);
        if (!run->store->ops->run(run->store, sql, error))
            return false;
    }
    return true;
}

bool fz_retain_mark_now(retention *run, fz_retain_tier tier, const GArray *loads, const char *where, GArray *marked,
                        GError **error)
{
    const unsigned bit = fz_retain_bit(tier);
    g_autofree char *set = g_strdup_printf("dropping = %u", bit);
    g_autofree char *may = g_strdup_printf("dropping = 0 AND %s", where);

    g_array_set_size(marked, 0);
    if (!update(run, loads, set, may, error))
        return false;
    for (guint from = 0; from < loads->len; from += FZ_RETAIN_LOADS) {
        g_autofree char *ids = fz_retain_ids(loads, from, FZ_RETAIN_LOADS);
        g_autofree char *which = g_strdup_printf("l.load_id IN (%s) AND l.dropping = %u", ids, bit);
        if (!fz_retain_read(run, which, marked, error))
            return false;
    }
    return true;
}

typedef struct marking {
    fz_retain_tier tier;
    const GArray *loads;
    const char *where;
    GArray *marked;
} marking;

static bool mark(retention *run, void *user, GError **error)
{
    const marking *at = user;

    return fz_retain_mark_now(run, at->tier, at->loads, at->where, at->marked, error);
}

retain_end fz_retain_mark(retention *run, fz_retain_tier tier, const GArray *loads, const char *where, GArray *marked,
                          GError **error)
{
    marking at = {tier, loads, where, marked};

    return fz_retain_transact(run, mark, &at, error);
}

static bool finish(retention *run, void *user, GError **error)
{
    const marking *at = user;
    const unsigned bit = fz_retain_bit(at->tier);
    g_autofree char *set = g_strdup_printf("dropped = dropped + %u, dropping = 0, dropped_us = %" G_GINT64_FORMAT, bit,
                                           run->order->now_us);
    g_autofree char *where = g_strdup_printf("dropping = %u", bit);

    return update(run, at->loads, set, where, error);
}

retain_end fz_retain_finish(retention *run, fz_retain_tier tier, const GArray *loads, GError **error)
{
    marking at = {.tier = tier, .loads = loads};

    if (loads->len == 0)
        return RETAIN_DONE;
    const retain_end end = fz_retain_transact(run, finish, &at, error);
    for (guint i = 0; end == RETAIN_DONE && i < loads->len; i++)
        fz_retain_count_load(run, tier, fz_retain_at(loads, i));
    return end;
}

int64_t fz_retain_bytes(const retention *run, fz_retain_tier tier, int64_t rows)
{
    return (int64_t)CLAMP((double)rows * (double)row_bytes[tier] * run->stretch, 0, BYTES_MOST);
}

int64_t fz_retain_rows(const retain_load *load, fz_retain_tier tier)
{
    switch (tier) {
    case FZ_RETAIN_PACKETS:
        return load->packets;
    case FZ_RETAIN_DETAILS:
        return load->records;
    case FZ_RETAIN_MINUTES: /* see fz_minutes_stale */
        return load->minutes >= 0 ? load->minutes : load->minutes == -1 ? 0 : fz_minutes_stale(load->minutes);
    case FZ_RETAIN_HOURS:
        break;
    }
    return 0;
}

/* Of hours by the midnight before which they begin. */
static bool is_aged(const fz_retain_order *order, fz_retain_tier tier, const retain_load *load)
{
    const int64_t before_us = order->before_us[tier];

    if (order->most_bytes == 0)
        return true;
    if (tier != FZ_RETAIN_HOURS)
        return load->last_us < before_us;
    return before_us != INT64_MIN && load->begin_us < fz_retain_midnight(before_us) * G_USEC_PER_SEC;
}

void fz_retain_count_load(retention *run, fz_retain_tier tier, const retain_load *load)
{
    fz_retain_count *count = &run->tally->tiers[tier];
    const int64_t rows = fz_retain_rows(load, tier);

    count->loads++;
    count->aged += is_aged(run->order, tier, load);
    count->rows = fz_plus(count->rows, rows);
    count->bytes = fz_plus(count->bytes, fz_retain_bytes(run, tier, rows));
    count->oldest_us = count->loads == 1 ? load->begin_us : MIN(count->oldest_us, load->begin_us);
    count->newest_us = MAX(count->newest_us, load->last_us);
}
