/* The labels of a load's addresses: read, found, and written back.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A load may have millions of rows, but few zones. Its addresses in their order make runs with the same zone, and an
 * expression finds the run of an address by halving: a statement for each column, however many zones there are. */
#include "columns.h"
#include "relabel_private.h"

#include <string.h>

/* Runs in one statement: its text stays below what SQLite and servers take. */
enum { RUNS_MOST = 2000 };

/* Both ends of a table's rows. */
typedef struct ends {
    fz_table table;
    const char *addr[2], *zone[2];
} ends;

static const ends flow_ends = {FZ_TABLE_FLOW, {"sip", "dip"}, {"sip_zone", "dip_zone"}};
static const ends packet_ends = {FZ_TABLE_PACKET, {"ip_src", "ip_dst"}, {"src_zone", "dst_zone"}};

/* From one address of the load to another: all that lie between have this zone. */
typedef struct run {
    guint first, last;
    uint32_t id;
} run;

void fz_relabel_where(GString *sql, const fz_dialect *dialect, fz_table table, const relabel_load *load)
{
    if (dialect->row_id_names[0] == '@') {
        g_string_append_printf(sql, "%s_id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                               fz_tables[table].name + strlen("fz_"), load->id << FZ_SCHEMA_ROW_BITS,
                               ((load->id + 1) << FZ_SCHEMA_ROW_BITS) - 1);
        return;
    }
    g_string_append_printf(sql, "load_id = %" G_GINT64_FORMAT, load->id);
    if (fz_dialect_has_day(dialect))
        g_string_append_printf(sql, " AND day = %" G_GINT64_FORMAT, load->day);
    if (dialect->sorts_by_time)
        g_string_append_printf(sql, " AND %s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
                               table == FZ_TABLE_FLOW ? "start_us" : "time_us", load->start_us, load->end_us);
}

/* As stores compare bytes: a text that another one begins with is the lower one. */
static int compare(const void *left, const void *right)
{
    const relabel_label *a = left, *b = right;
    const int order = memcmp(a->bytes, b->bytes, MIN(a->size, b->size));

    return order != 0 ? order : a->size - b->size;
}

/* False: these are not the digits of an address. */
static bool read_hex(const char *hex, relabel_label *label)
{
    const size_t digits = hex ? strlen(hex) : 0;

    *label = (relabel_label){.size = (uint8_t)(digits / 2)};
    if (digits != 8 && digits != 32)
        return false;
    for (size_t i = 0; i < digits; i++) {
        const int digit = g_ascii_xdigit_value(hex[i]);
        if (digit < 0)
            return false;
        label->bytes[i / 2] = (uint8_t)(label->bytes[i / 2] << 4 | digit);
    }
    return true;
}

const relabel_label *fz_relabel_find(const relabel_labels *labels, const char *hex)
{
    relabel_label key;

    return read_hex(hex, &key) ? bsearch(&key, labels->all->data, labels->all->len, sizeof key, compare) : NULL;
}

/* Labels while they are read. */
typedef struct labelling {
    relabel_labels *labels;
    const relabel_zones *zones;
} labelling;

/* An address that no store of ours has is left alone. */
static void take_label(const char *const *cells, void *user)
{
    const labelling *at = user;
    relabel_label label;

    if (!read_hex(cells[0], &label))
        return;
    fz_addr addr = {.family = label.size == 4 ? FZ_IPV4 : FZ_IPV6};
    memcpy(addr.bytes, label.bytes, label.size);
    label.row = fz_zone_lookup(at->zones->table, &addr);
    label.id = label.row ? at->zones->ids[label.row - 1] : 0;
    if (fz_relabel_number(cells[1]) != label.id || (label.row && !label.id))
        at->labels->right = false;
    g_array_append_val(at->labels->all, label);
}

/* " UNION SELECT sip AS addr, sip_zone AS zone FROM fz_flow WHERE load_id = 5 UNION ..." */
static void append_ends(GString *sql, const fz_dialect *dialect, const ends *both, const relabel_load *load)
{
    for (size_t end = 0; end < 2; end++) {
        g_string_append_printf(sql, "%sSELECT %s AS addr, %s AS zone FROM %s WHERE ", sql->len ? " UNION " : "",
                               both->addr[end], both->zone[end], fz_tables[both->table].name);
        fz_relabel_where(sql, dialect, both->table, load);
        if (both->table == FZ_TABLE_PACKET)
            g_string_append_printf(sql, " AND %s IS NOT NULL", both->addr[end]);
    }
}

/* Those that were labelled differently in the store come twice. */
static void drop_doubles(GArray *labels)
{
    guint kept = 0;

    g_array_sort(labels, compare);
    for (guint i = 0; i < labels->len; i++) {
        const relabel_label label = g_array_index(labels, relabel_label, i);
        if (kept == 0 || compare(&g_array_index(labels, relabel_label, kept - 1), &label) != 0)
            g_array_index(labels, relabel_label, kept++) = label;
    }
    g_array_set_size(labels, kept);
}

bool fz_relabel_labels_read(fz_store *store, const relabel_load *load, const relabel_zones *zones,
                            relabel_labels *labels, GError **error)
{
    const fz_dialect *dialect = store->ops->dialect(store);
    labelling at = {.labels = labels, .zones = zones};

    *labels = (relabel_labels){.all = g_array_new(FALSE, FALSE, sizeof(relabel_label)), .right = true};
    g_autoptr(GString) rows = g_string_new(NULL);
    if (fz_relabel_has_flows(load))
        append_ends(rows, dialect, &flow_ends, load);
    if (fz_relabel_has_packets(load))
        append_ends(rows, dialect, &packet_ends, load);
    if (rows->len == 0)
        return true;
    g_autofree char *sql = g_strdup_printf("SELECT HEX(e.addr), e.zone FROM (%s) e", rows->str);
    if (!store->ops->query(store, sql, 2, SIZE_MAX, take_label, &at, error))
        return false;
    drop_doubles(labels->all);
    return true;
}

void fz_relabel_labels_clear(relabel_labels *labels)
{
    g_clear_pointer(&labels->all, g_array_unref);
}

bool fz_relabel_labels_adopt(fz_store *store, const relabel_zones *zones, relabel_labels *labels, GError **error)
{
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL); /* by row: which of those used, from 1 */
    g_autoptr(GArray) used = g_array_new(FALSE, FALSE, sizeof(fz_zone));

    for (guint i = 0; i < labels->all->len; i++) {
        const uint32_t row = g_array_index(labels->all, relabel_label, i).row;
        if (row == 0 || g_hash_table_contains(places, GUINT_TO_POINTER(row)))
            continue;
        g_array_append_vals(used, fz_zone_table_get(zones->table, row), 1);
        g_hash_table_insert(places, GUINT_TO_POINTER(row), GUINT_TO_POINTER(used->len));
    }
    const fz_zones rows = {.rows = (const fz_zone *)(void *)used->data, .count = used->len};
    g_autofree uint32_t *ids = g_new0(uint32_t, (size_t)used->len + 1);
    if (used->len > 0 && !store->ops->zones(store, &rows, ids, error))
        return false;
    for (guint i = 0; i < labels->all->len; i++) {
        relabel_label *label = &g_array_index(labels->all, relabel_label, i);
        if (label->row != 0)
            label->id = ids[GPOINTER_TO_UINT(g_hash_table_lookup(places, GUINT_TO_POINTER(label->row))) - 1];
    }
    return true;
}

void fz_relabel_labels_learn(const relabel_labels *labels, const relabel_zones *zones)
{
    for (guint i = 0; i < labels->all->len; i++) {
        const relabel_label *label = &g_array_index(labels->all, relabel_label, i);
        if (label->row != 0)
            zones->ids[label->row - 1] = label->id;
    }
}

static GArray *find_runs(const GArray *labels)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(run));

    for (guint i = 0; i < labels->len; i++) {
        const run next = {i, i, g_array_index(labels, relabel_label, i).id};
        run *last = runs->len ? &g_array_index(runs, run, runs->len - 1) : NULL;
        if (last && last->id == next.id)
            last->last = i;
        else
            g_array_append_val(runs, next);
    }
    return runs;
}

static void append_addr(GString *sql, const GArray *labels, guint at)
{
    const relabel_label *label = &g_array_index(labels, relabel_label, at);

    g_string_append(sql, "x'");
    for (size_t i = 0; i < label->size; i++)
        g_string_append_printf(sql, "%02x", label->bytes[i]);
    g_string_append_c(sql, '\'');
}

/* Appends which of `count` runs an address is in: a tree of comparisons, as deep as the logarithm of `count`. */
static void append_tree(GString *sql, const GArray *labels, const run *runs, guint count, const char *addr)
{
    const guint half = count / 2;

    if (count == 1) {
        g_string_append_printf(sql, "%u", runs->id);
        return;
    }
    g_string_append_printf(sql, "CASE WHEN %s < ", addr);
    append_addr(sql, labels, runs[half].first);
    g_string_append(sql, " THEN ");
    append_tree(sql, labels, runs, half, addr);
    g_string_append(sql, " ELSE ");
    append_tree(sql, labels, runs + half, count - half, addr);
    g_string_append(sql, " END");
}

/* Labels one end of the rows whose address is in some of the runs. */
static bool write_end(fz_store *store, const relabel_load *load, const ends *both, size_t end, const GArray *labels,
                      const GArray *runs, guint first, GError **error)
{
    const run *some = &g_array_index(runs, run, first);
    const guint count = MIN(runs->len - first, (guint)RUNS_MOST);

    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "UPDATE %s SET %s = ", fz_tables[both->table].name, both->zone[end]);
    append_tree(sql, labels, some, count, both->addr[end]);
    g_string_append(sql, " WHERE ");
    fz_relabel_where(sql, store->ops->dialect(store), both->table, load);
    g_string_append_printf(sql, " AND %s BETWEEN ", both->addr[end]);
    append_addr(sql, labels, some[0].first);
    g_string_append(sql, " AND ");
    append_addr(sql, labels, some[count - 1].last);
    return store->ops->run(store, sql->str, error);
}

static bool write_table(fz_store *store, const relabel_load *load, const ends *both, const GArray *labels,
                        const GArray *runs, GError **error)
{
    for (guint first = 0; first < runs->len; first += RUNS_MOST)
        for (size_t end = 0; end < 2; end++)
            if (!write_end(store, load, both, end, labels, runs, first, error))
                return false;
    return true;
}

bool fz_relabel_labels_write(fz_store *store, const relabel_load *load, const relabel_labels *labels, GError **error)
{
    g_autoptr(GArray) runs = find_runs(labels->all);

    return (!fz_relabel_has_flows(load) || write_table(store, load, &flow_ends, labels->all, runs, error)) &&
           (!fz_relabel_has_packets(load) || write_table(store, load, &packet_ends, labels->all, runs, error));
}
