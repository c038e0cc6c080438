/* Labels what is stored by another zone file: a load a transaction.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A load that has other zones than the file says is changed in one transaction: its details are labelled, its hours and
 * hosts written again from them. If these are part of merged sums, the load is taken out of those first, and is merged
 * again at the end, as any load that has its own. Whether a load is right already follows from its rows, so nothing has
 * to be remembered by an interrupted command. */
#include "relabel.h"

#include "columns.h"
#include "merge.h"
#include "relabel_private.h"
#include "text.h"

#include <string.h>

enum { LOADS_AT_ONCE = 500, RETRY_US = 100000 };

typedef struct relabeller {
    fz_store *store;
    const fz_relabel_order *order;
    fz_relabel_tally *tally;
    GHashTable *known;       /* ids of the dictionary, by the digests of its zones */
    GHashTable *locations;   /* relabel_zones, by location; their table is NULL if the file has no row for it */
    GArray *page;            /* of relabel_load */
    int64_t merge_before_us; /* merged loads that were taken out ended before that; 0: none was */
} relabeller;

static void clear_load(void *load)
{
    g_free(((relabel_load *)load)->location);
}

static void free_zones(void *user)
{
    relabel_zones *zones = user;

    fz_zone_table_free(zones->table);
    g_free(zones->ids);
    g_free(zones);
}

static void take_known(const char *const *cells, void *user)
{
    const int64_t id = fz_relabel_number(cells[0]);

    if (cells[1] && id > 0 && id <= UINT32_MAX)
        g_hash_table_insert(user, g_strdup(cells[1]), GUINT_TO_POINTER((guint)id));
}

/* The ids that the dictionary has for the rows of a table. */
static uint32_t *find_ids(const relabeller *at, const fz_zone_table *table)
{
    const fz_zones rows = fz_zone_table_rows(table);
    uint32_t *ids = g_new0(uint32_t, (size_t)rows.count + 1);
    fz_zone_row row;

    for (uint32_t i = 0; i < rows.count; i++) {
        fz_zone_row_init(&row, &rows.rows[i]);
        ids[i] = GPOINTER_TO_UINT(g_hash_table_lookup(at->known, row.digest));
    }
    return ids;
}

static void tell(const relabeller *at, char *line)
{
    g_autofree char *told = line;

    if (at->order->tell)
        at->order->tell(told, at->order->user);
}

/* The rows of a location and those without one; of one that the file does not have the latter alone. NULL: there are
 * none, and zones that were given by another file are better than none. */
static fz_zone_table *find_table(const relabeller *at, const char *location)
{
    const char *name = at->order->name;
    g_autoptr(fz_zone_table) table = fz_zone_table_merge(name, at->order->zones, NULL, location, NULL);
    const bool listed = table != NULL;

    if (!listed)
        table = fz_zone_table_merge(name, at->order->zones, NULL, NULL, NULL);
    const bool is_empty = fz_zone_table_count(table) == 0;
    g_autofree char *shown = fz_text_table(location), *shown_name = fz_text_table(name);
    if (is_empty)
        tell(at,
             g_strdup_printf("%s has no rows for location \"%s\": its captures keep their zones", shown_name, shown));
    else if (!listed)
        tell(at, g_strdup_printf("%s has no row of location \"%s\": its captures get those without a location",
                                 shown_name, shown));
    return is_empty ? NULL : g_steal_pointer(&table);
}

static const relabel_zones *zones_of(const relabeller *at, const char *location)
{
    relabel_zones *zones = g_hash_table_lookup(at->locations, location);

    if (!zones) {
        zones = g_new0(relabel_zones, 1);
        zones->table = find_table(at, location);
        zones->ids = find_ids(at, zones->table);
        g_hash_table_insert(at->locations, g_strdup(location), zones);
    }
    return zones;
}

enum { LOAD_LOCATION = 7, LOAD_MERGED, LOAD_GONE, LOAD_CELLS };
#define LOAD_COLUMNS                                                                                             \
    "l.load_id, l.day, l.start_us, l.end_us, l.records, l.packets, l.minutes, l.location, l.merged, l.dropped, " \
    "l.dropping"

static void take_load(const char *const *cells, void *user)
{
    const relabel_load load = {
        .id = fz_relabel_number(cells[0]),
        .day = fz_relabel_number(cells[1]),
        .start_us = fz_relabel_number(cells[2]),
        .end_us = fz_relabel_number(cells[3]),
        .records = fz_relabel_number(cells[4]),
        .packets = fz_relabel_number(cells[5]),
        .minutes = fz_relabel_number(cells[6]),
        .location = g_strdup(cells[LOAD_LOCATION] ? cells[LOAD_LOCATION] : ""),
        .merged = fz_relabel_number(cells[LOAD_MERGED]) % 2 == 1, /* also if not all of it is */
        .gone = (unsigned)(fz_relabel_number(cells[LOAD_GONE]) | fz_relabel_number(cells[LOAD_GONE + 1])),
    };

    g_array_append_val((GArray *)user, load);
}

static bool read_loads(const relabeller *at, GArray *loads, const char *which, int64_t id, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT " LOAD_COLUMNS " FROM fz_load l WHERE l.load_id %s %" G_GINT64_FORMAT
                                           " ORDER BY l.load_id LIMIT %d",
                                           which, id, LOADS_AT_ONCE);

    g_array_set_size(loads, 0);
    return at->store->ops->query(at->store, sql, LOAD_CELLS + 1, LOADS_AT_ONCE, take_load, loads, error);
}

static bool run(const relabeller *at, char *sql, GError **error)
{
    g_autofree char *statement = sql;

    return at->store->ops->run(at->store, statement, error);
}

/* Keeps other programs from changing or removing a load, and reads what the ledger has of it now. */
static bool claim(const relabeller *at, int64_t id, GArray *loads, GError **error)
{
    return run(at, g_strdup_printf("UPDATE fz_load SET merged = merged WHERE load_id = %" G_GINT64_FORMAT, id),
               error) &&
           read_loads(at, loads, "=", id, error);
}

static bool write_minutes(const relabeller *at, const relabel_load *load, const GArray *minutes, GError **error)
{
    const fz_store_ops *ops = at->store->ops;

    return ops->clear(at->store, load->id, FZ_TABLE_MINUTE, error) &&
           (minutes->len == 0 || ops->add(at->store, load->id, FZ_TABLE_MINUTE, minutes->data, minutes->len, error));
}

/* Minutes come first: they are found by the old zones of the rows. `*unsplit`: they keep theirs. */
static bool change_minutes(const relabeller *at, const relabel_load *load, const relabel_labels *labels,
                           int64_t *number, bool *unsplit, GError **error)
{
    GArray *minutes = NULL;

    *number = load->minutes;
    if (load->minutes == -1 || load->minutes == 0 || (load->gone & FZ_DROPPED_MINUTES))
        return true;
    if (!fz_relabel_minutes(at->store, load, labels, &minutes, error))
        return false;
    *unsplit = !minutes;
    if (!minutes) {
        *number = load->minutes < 0 ? load->minutes : fz_minutes_stale(load->minutes);
        return true;
    }
    *number = minutes->len;
    bool done = write_minutes(at, load, minutes, error);
    g_array_unref(minutes);
    return done;
}

/* In its transaction. */
static bool change_load(const relabeller *at, const relabel_load *load, const relabel_labels *labels, bool *unsplit,
                        GError **error)
{
    const bool has_sums = fz_relabel_has_flows(load); /* days have no end: where hours are gone, these are changed */
    int64_t minutes;

    return change_minutes(at, load, labels, &minutes, unsplit, error) &&
           (!has_sums || fz_merge_take_out(at->store, load->id, FZ_DROPPED_FLOWS, error)) &&
           fz_relabel_labels_write(at->store, load, labels, error) &&
           (!has_sums || fz_merge_rebuild(at->store, load->id, error)) &&
           run(at,
               g_strdup_printf("UPDATE fz_load SET minutes = %" G_GINT64_FORMAT "%s WHERE load_id = %" G_GINT64_FORMAT,
                               minutes, has_sums && load->merged ? ", merged = 0" : "", load->id),
               error);
}

static void count_change(relabeller *at, const relabel_load *load, bool unsplit)
{
    at->tally->changed++;
    at->tally->unsplit += unsplit;
    at->tally->records += (uint64_t)load->records;
    if (load->merged)
        at->merge_before_us = MAX(at->merge_before_us, load->end_us + 1);
}

/* Sums by zones cannot be told apart by others without their details. */
static bool keeps_zones(const relabel_load *load)
{
    return (load->gone & FZ_DROPPED_FLOWS) != 0;
}

/* A load that was removed meanwhile, or replaced, has no row in the ledger any more. */
static bool transact(relabeller *at, int64_t id, const relabel_zones *zones, relabel_labels *labels, GError **error)
{
    const fz_store_ops *ops = at->store->ops;
    g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(relabel_load));
    bool unsplit = false;

    g_array_set_clear_func(loads, clear_load);
    if ((ops->zones_apart && !fz_relabel_labels_adopt(at->store, zones, labels, error)) ||
        !ops->begin(at->store, error))
        return false;
    if (!claim(at, id, loads, error) ||
        (!ops->zones_apart && !fz_relabel_labels_adopt(at->store, zones, labels, error)))
        return false;
    const relabel_load *load = &g_array_index(loads, relabel_load, 0);
    if (loads->len == 0 || keeps_zones(load)) {
        ops->rollback(at->store);
        at->tally->dropped += loads->len;
        return true;
    }
    if (!change_load(at, load, labels, &unsplit, error) || !ops->commit(at->store, error))
        return false;
    fz_relabel_labels_learn(labels, zones);
    count_change(at, load, unsplit);
    return true;
}

/* Other programs that lock the same rows in another order may come first: then it is tried again. */
static bool change(relabeller *at, int64_t id, const relabel_zones *zones, relabel_labels *labels, GError **error)
{
    const gint64 until_us = g_get_monotonic_time() + (gint64)at->store->patience.seconds * G_USEC_PER_SEC;

    for (;;) {
        g_autoptr(GError) fault = NULL;
        if (transact(at, id, zones, labels, &fault))
            return true;
        at->store->ops->rollback(at->store);
        if (!g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY) || g_get_monotonic_time() > until_us) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
        g_usleep(RETRY_US);
    }
}

static bool relabel_load_by(relabeller *at, const relabel_load *load, const relabel_zones *zones, GError **error)
{
    relabel_labels labels;

    bool done = fz_relabel_labels_read(at->store, load, zones, &labels, error);
    if (done && labels.right)
        at->tally->already++;
    else if (done && at->order->dry_run)
        count_change(at, load, false);
    else if (done)
        done = change(at, load->id, zones, &labels, error);
    fz_relabel_labels_clear(&labels);
    return done;
}

static bool visit(relabeller *at, const relabel_load *load, GError **error)
{
    const relabel_zones *zones = zones_of(at, load->location);

    at->tally->loads++;
    if (!zones->table)
        at->tally->unlisted++;
    else if (keeps_zones(load))
        at->tally->dropped++;
    else
        return relabel_load_by(at, load, zones, error);
    return true;
}

static bool visit_all(relabeller *at, GError **error)
{
    int64_t after = 0;
    uint64_t records = 0;

    do {
        if (!read_loads(at, at->page, ">", after, error))
            return false;
        for (guint i = 0; i < at->page->len; i++) {
            const relabel_load *load = &g_array_index(at->page, relabel_load, i);
            if (!visit(at, load, error))
                return false;
            after = load->id;
            records += (uint64_t)load->records;
            if (at->order->draw)
                at->order->draw(records, at->order->user);
        }
    } while (at->page->len > 0);
    return true;
}

/* A load that runs, or another merge, comes first: then whoever merges next does this too. */
static bool merge_again(const relabeller *at, GError **error)
{
    size_t merged = at->merge_before_us != 0;

    while (merged > 0) {
        g_autoptr(GError) fault = NULL;
        if (fz_merge(at->store, at->merge_before_us, FZ_MERGE_MOST, &merged, &fault))
            continue;
        if (g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY))
            return true;
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    return true;
}

bool fz_relabel(fz_store *store, const fz_relabel_order *order, fz_relabel_tally *tally, GError **error)
{
    relabeller at = {
        .store = store,
        .order = order,
        .tally = tally,
        .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .locations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_zones),
        .page = g_array_new(FALSE, FALSE, sizeof(relabel_load)),
    };

    *tally = (fz_relabel_tally){0};
    g_array_set_clear_func(at.page, clear_load);
    bool done = store->ops->query(store, "SELECT z.zone_id, z.digest FROM fz_zone z", 2, SIZE_MAX, take_known, at.known,
                                  error) &&
                visit_all(&at, error) && (order->dry_run || merge_again(&at, error));
    g_hash_table_unref(at.known);
    g_hash_table_unref(at.locations);
    g_array_unref(at.page);
    return done;
}
