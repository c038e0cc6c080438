/* Reads pairs of zones, bin by bin: from sums of hours, or else from details, which are added up here: a store sorts
 * them by their bins first, and takes four times as long. SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_pairs.h"

#include "grouping.h"

static const fz_group_key client_zone = {FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0};
static const fz_group_key server_zone = {FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0};

/* Sums of the details of two zones that begin in a bin. */
typedef struct pair_sum {
    uint32_t zone[2];
    guint bin;
    fz_overview_sum sum;
} pair_sum;

typedef struct pair_reading {
    fz_asking *asking;
    fz_overview *overview;
    int64_t unit_us;    /* of times in groups */
    GArray *sums;       /* of pair_sum */
    GHashTable *places; /* index + 1 of it, by key */
} pair_reading;

static void take_group(const fz_group *group, void *user)
{
    const pair_reading *at = user;
    const fz_overview_sum sum = {MAX(group->bytes, 0), MAX(group->flows, 0), MAX(group->packets, 0)};

    fz_overview_add(at->overview, group->cells[0], group->cells[1], fz_cell_integer(group->cells[2]) * at->unit_us,
                    &sum);
}

enum { START_US, ZONE, PACKETS = ZONE + 2, BYTES = PACKETS + 2, COLUMNS = BYTES + 2 };
static const char columns[] =
    "SELECT r.start_us, r.sip_zone, r.dip_zone, r.sip_packets, r.dip_packets, r.sip_bytes, r.dip_bytes";

/* Keys are pointers that point to nothing: both zones and a bin. */
enum { ZONE_BITS = 28, BIN_BITS = 8 };
G_STATIC_ASSERT(sizeof(gpointer) == sizeof(uint64_t) && FZ_OVERVIEW_BINS <= 1 << BIN_BITS);

static guint hash_key(gconstpointer key)
{
    return (guint)((uint64_t)GPOINTER_TO_SIZE(key) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static void add_sum(const pair_reading *at, const pair_sum *sum)
{
    fz_overview_add(at->overview, fz_dictionary_name(at->asking->zones, sum->zone[0]),
                    fz_dictionary_name(at->asking->zones, sum->zone[1]),
                    at->overview->start_us + sum->bin * at->overview->bin_us, &sum->sum);
}

static void take_detail(const fz_datum *cells, void *user)
{
    pair_reading *at = user;
    pair_sum one = {.zone = {(uint32_t)cells[ZONE].number, (uint32_t)cells[ZONE + 1].number},
                    .bin = fz_overview_bin(at->overview, cells[START_US].number),
                    .sum = {.flows = 1}};

    for (int end = 0; end < 2; end++) {
        one.sum.packets = fz_overview_plus(one.sum.packets, MAX(cells[PACKETS + end].number, 0));
        one.sum.bytes = fz_overview_plus(one.sum.bytes, MAX(cells[BYTES + end].number, 0));
    }
    if (MAX(one.zone[0], one.zone[1]) >> ZONE_BITS != 0) { /* more zones than keys tell apart */
        add_sum(at, &one);
        return;
    }
    const uint64_t key = ((uint64_t)one.zone[0] << ZONE_BITS | one.zone[1]) << BIN_BITS | one.bin;
    const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(at->places, GSIZE_TO_POINTER(key)));
    if (place > 0) {
        fz_overview_add_sum(&g_array_index(at->sums, pair_sum, place - 1).sum, &one.sum);
        return;
    }
    g_array_append_val(at->sums, one);
    g_hash_table_insert(at->places, GSIZE_TO_POINTER(key), GUINT_TO_POINTER(at->sums->len));
}

static bool read_details(pair_reading *at, GError **error)
{
    g_autoptr(GString) sql = g_string_new(columns);

    at->sums = g_array_new(FALSE, FALSE, sizeof(pair_sum));
    at->places = g_hash_table_new(hash_key, NULL);
    const bool done = fz_asking_details(at->asking, sql, error) &&
                      fz_asking_data(at->asking, sql->str, COLUMNS, take_detail, at, error);
    for (guint i = 0; done && i < at->sums->len; i++)
        add_sum(at, &g_array_index(at->sums, pair_sum, i));
    g_hash_table_unref(at->places);
    g_array_unref(at->sums);
    return done;
}

bool fz_reporting_read_pairs(fz_asking *asking, fz_overview *overview, GError **error)
{
    const int64_t bin_s = overview->bin_us / G_USEC_PER_SEC;
    const fz_group_key time = {FZ_BY_TIME, FZ_KEY_OF_NONE, "bin", NULL, NULL, (unsigned)MIN(bin_s, G_MAXUINT)};
    fz_grouping grouping = {.keys = {client_zone, server_zone, time}, .count = 3};
    const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};
    const fz_tier tier = fz_grouping_tier(asking, &order);
    pair_reading at = {.asking = asking, .overview = overview, .unit_us = tier == FZ_TIER_HOURS ? G_USEC_PER_SEC : 1};

    if (overview->bins > 0 && tier == FZ_TIER_DETAILS && !asking->question->sql)
        return read_details(&at, error);
    return fz_grouping_read(asking, &order, take_group, &at, error);
}
