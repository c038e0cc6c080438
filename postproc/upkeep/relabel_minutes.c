/* The minutes of a load by new zones, as far as its rows tell.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Minutes are counted packet by packet, and a conversation has only its first and its last packet's time. So what is
 * known is this: a packet's row has its minute; a conversation within one minute is in that one as a whole; and what is
 * left of what two zones sent in a minute is of those conversations of theirs that go on through it. If all of these
 * are between the same two new zones, it is known too: always, where zones only get other names, or become one. What is
 * left otherwise cannot be told, and then nothing is: the load's minutes keep the zones that they have. */
#include "relabel_private.h"
#include "rollup.h"

#include <string.h>

enum { SUMS_MOST = 1 << 20, MINUTE_S = 60 };

/* What a zone sent to another in a minute, as it was labelled. */
typedef struct cell {
    uint32_t zone[2];
    bool is_open;     /* conversations go on through it ... */
    uint32_t open[2]; /* ... all of them from this new zone to that one */
    int64_t minute;
    int64_t packets, bytes; /* that are left */
} cell;

typedef struct splitting {
    const relabel_labels *labels;
    bool blind;    /* the minutes have other zones than the rows: all old zones count as one */
    bool fails;    /* the rows do not tell */
    GArray *cells; /* of cell, sorted */
    fz_sums *sums; /* by new zones */
} splitting;

static int compare(const void *left, const void *right)
{
    const cell *a = left, *b = right;

    for (size_t end = 0; end < 2; end++)
        if (a->zone[end] != b->zone[end])
            return a->zone[end] < b->zone[end] ? -1 : 1;
    return a->minute < b->minute ? -1 : a->minute > b->minute;
}

static int64_t minute_of(int64_t time_us)
{
    const int64_t second = time_us / G_USEC_PER_SEC - (time_us % G_USEC_PER_SEC < 0);

    return second - ((second % MINUTE_S) + MINUTE_S) % MINUTE_S;
}

static void take_cell(const char *const *cells, void *user)
{
    const splitting *at = user;
    cell taken = {.minute = fz_relabel_number(cells[0]),
                  .packets = fz_relabel_number(cells[3]),
                  .bytes = fz_relabel_number(cells[4])};

    for (size_t end = 0; end < 2 && !at->blind; end++)
        taken.zone[end] = (uint32_t)fz_relabel_number(cells[1 + end]);
    g_array_append_val(at->cells, taken);
}

/* Reads the load's rows of fz_minute; those of the same key are added up. */
static bool read_cells(splitting *at, fz_store *store, const relabel_load *load, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT m.minute, m.from_zone, m.to_zone, m.packets, m.bytes FROM fz_minute m WHERE "
        "m.load_id = %" G_GINT64_FORMAT " AND m.minute BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT,
        load->id, minute_of(load->start_us), minute_of(load->end_us));
    guint kept = 0;

    g_array_set_size(at->cells, 0);
    if (!store->ops->query(store, sql, 5, SIZE_MAX, take_cell, at, error))
        return false;
    g_array_sort(at->cells, compare);
    for (guint i = 0; i < at->cells->len; i++) {
        const cell next = g_array_index(at->cells, cell, i);
        cell *last = kept ? &g_array_index(at->cells, cell, kept - 1) : NULL;
        if (last && compare(last, &next) == 0) {
            last->packets += next.packets;
            last->bytes += next.bytes;
        } else {
            g_array_index(at->cells, cell, kept++) = next;
        }
    }
    g_array_set_size(at->cells, kept);
    return true;
}

/* The first cell that is not before the key's. */
static guint find_cell(const splitting *at, const cell *key)
{
    guint low = 0, high = at->cells->len;

    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (compare(&g_array_index(at->cells, cell, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add(splitting *at, int64_t minute, const uint32_t zone[2], int64_t packets, int64_t bytes)
{
    const fz_minute_sum sum = {
        .minute = minute, .zone = {zone[0], zone[1]}, .packets = (uint64_t)packets, .bytes = (uint64_t)bytes};

    at->fails = at->fails || !fz_sums_add(at->sums, &sum, 1, NULL);
}

/* What was sent in a minute from an old zone to another, and so from one new zone to another. */
static void settle(splitting *at, const cell *sent, const uint32_t zone[2])
{
    const guint place = find_cell(at, sent);
    cell *found = place < at->cells->len ? &g_array_index(at->cells, cell, place) : NULL;

    if (!found || compare(found, sent) != 0 || found->packets < sent->packets || found->bytes < sent->bytes) {
        at->fails = true;
        return;
    }
    found->packets -= sent->packets;
    found->bytes -= sent->bytes;
    add(at, sent->minute, zone, sent->packets, sent->bytes);
}

/* What was sent from one minute to another. */
static void leave_open(splitting *at, const cell *sent, int64_t last, const uint32_t zone[2])
{
    for (guint i = find_cell(at, sent); i < at->cells->len && !at->fails; i++) {
        cell *through = &g_array_index(at->cells, cell, i);
        if (memcmp(through->zone, sent->zone, sizeof sent->zone) != 0 || through->minute > last)
            break;
        at->fails = through->is_open && memcmp(through->open, zone, sizeof through->open) != 0;
        through->is_open = true;
        memcpy(through->open, zone, sizeof through->open);
    }
}

/* Cells: the old zones, the addresses. False: an address that is not one of the load's. */
static bool read_pair(const splitting *at, const char *const *cells, uint32_t old[2], uint32_t new[2])
{
    for (size_t end = 0; end < 2; end++) {
        const relabel_label *label = fz_relabel_find(at->labels, cells[2 + end]);

        if (!label)
            return false;
        new[end] = label->id;
        old[end] = at->blind ? 0 : (uint32_t)fz_relabel_number(cells[end]);
    }
    return true;
}

enum { FLOW_PAIR = 2, FLOW_PACKETS = FLOW_PAIR + 4, FLOW_BYTES = FLOW_PACKETS + 2, FLOW_CELLS = FLOW_BYTES + 2 };

static void take_flow(const char *const *cells, void *user)
{
    splitting *at = user;
    const int64_t first = minute_of(fz_relabel_number(cells[0])), last = minute_of(fz_relabel_number(cells[1]));
    uint32_t old[2], new[2];

    at->fails = at->fails || !read_pair(at, cells + FLOW_PAIR, old, new);
    for (size_t end = 0; end < 2 && !at->fails; end++) {
        const uint32_t to[2] = {new[end], new[1 - end]};
        const cell sent = {.zone = {old[end], old[1 - end]},
                           .minute = first,
                           .packets = fz_relabel_number(cells[FLOW_PACKETS + end]),
                           .bytes = fz_relabel_number(cells[FLOW_BYTES + end])};
        if (sent.packets > 0 && first == last)
            settle(at, &sent, to);
        else if (sent.packets > 0)
            leave_open(at, &sent, last, to);
    }
}

static bool read_flows(splitting *at, fz_store *store, const relabel_load *load, GError **error)
{
    g_autoptr(GString) sql =
        g_string_new("SELECT start_us, end_us, sip_zone, dip_zone, HEX(sip), HEX(dip), sip_packets, dip_packets, "
                     "sip_bytes, dip_bytes FROM fz_flow WHERE ");

    fz_relabel_where(sql, store->ops->dialect(store), FZ_TABLE_FLOW, load);
    return store->ops->query(store, sql->str, FLOW_CELLS, SIZE_MAX, take_flow, at, error);
}

enum { PACKET_PAIR = 1, PACKET_PACKETS = PACKET_PAIR + 4, PACKET_BYTES, PACKET_CELLS };

static void take_packets(const char *const *cells, void *user)
{
    splitting *at = user;
    uint32_t old[2], new[2];

    at->fails = at->fails || !read_pair(at, cells + PACKET_PAIR, old, new);
    if (at->fails)
        return;
    const cell sent = {.zone = {old[0], old[1]},
                       .minute = minute_of(fz_relabel_number(cells[0])),
                       .packets = fz_relabel_number(cells[PACKET_PACKETS]),
                       .bytes = fz_relabel_number(cells[PACKET_BYTES])};
    settle(at, &sent, new);
}

/* A remainder that is never negative; no step exceeds 64 bits. */
#define MINUTE_US "time_us - ((time_us % 60000000 + 60000000) % 60000000)"

static bool read_packets(splitting *at, fz_store *store, const relabel_load *load, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT " MINUTE_US ", src_zone, dst_zone, HEX(ip_src), HEX(ip_dst), "
                                          "COUNT(*), SUM(bytes) FROM fz_packet WHERE ");

    fz_relabel_where(sql, store->ops->dialect(store), FZ_TABLE_PACKET, load);
    g_string_append(sql, " AND ip_src IS NOT NULL GROUP BY " MINUTE_US ", src_zone, dst_zone, ip_src, ip_dst");
    return store->ops->query(store, sql->str, PACKET_CELLS, SIZE_MAX, take_packets, at, error);
}

/* What is left is of those conversations that go on, if there are any; of rows of packets nothing may be left. */
static void settle_rest(splitting *at)
{
    for (guint i = 0; i < at->cells->len && !at->fails; i++) {
        const cell *left = &g_array_index(at->cells, cell, i);

        if (left->packets == 0 && left->bytes == 0)
            continue;
        if (left->is_open)
            add(at, left->minute, left->open, left->packets, left->bytes);
        else
            at->fails = true;
    }
}

static bool take_sums(const void *rows, size_t count, void *user, GError **error)
{
    (void)error;
    g_array_append_vals(user, rows, (guint)count);
    return true;
}

/* By rows of one kind. `*minutes` stays NULL if they do not tell. */
static bool split(splitting *at, fz_store *store, const relabel_load *load,
                  bool (*read)(splitting *at, fz_store *store, const relabel_load *load, GError **error),
                  GArray **minutes, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(fz_minute_sum));

    at->fails = false;
    at->sums = fz_sums_new(&fz_rollup_minutes, SUMS_MOST, take_sums, rows);
    bool done = read_cells(at, store, load, error) && read(at, store, load, error);
    if (done)
        settle_rest(at);
    if (done && !at->fails && fz_sums_finish(at->sums, NULL))
        *minutes = g_steal_pointer(&rows);
    fz_sums_free(at->sums);
    return done;
}

bool fz_relabel_minutes(fz_store *store, const relabel_load *load, const relabel_labels *labels, GArray **minutes,
                        GError **error)
{
    splitting at = {.labels = labels, .blind = load->minutes < 0, .cells = g_array_new(FALSE, FALSE, sizeof(cell))};

    *minutes = NULL;
    bool done = (!fz_relabel_has_packets(load) || split(&at, store, load, read_packets, minutes, error)) &&
                (*minutes || !fz_relabel_has_flows(load) || split(&at, store, load, read_flows, minutes, error));
    g_array_unref(at.cells);
    return done;
}
