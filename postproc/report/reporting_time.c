/* Reads bytes over time: from minutes, from sums of hours, or else from details, which are added up here: a store sorts
 * them by their bins first, and takes four times as long. SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_time.h"

#include "grouping.h"
#include "plus.h"
#include "traffic_minutes.h"

#define HOUR_US INT64_C(3600000000)

static const fz_group_key client_zone = {FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0};
static const fz_group_key server_zone = {FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0};

/* Bytes of the details of two zones that begin in a bin. */
typedef struct pair_bytes {
    uint32_t zone[2];
    guint bin;
    int64_t bytes;
} pair_bytes;

typedef struct time_reading {
    fz_asking *asking;
    fz_overview *overview;
    int64_t unit_us;    /* of times in groups */
    GArray *sums;       /* of pair_bytes */
    GHashTable *places; /* index + 1 of it, by key */
} time_reading;

/* The bins of the range where one is given, but where captures are of a small part of it those of the captures. */
static void set_bins(const fz_asking *asking, fz_overview *overview)
{
    enum { FEW = 4 };
    const fz_range *range = &asking->question->range;
    const fz_coverage *coverage = &asking->coverage;
    const bool ends = range->since_us != INT64_MIN && range->until_us != INT64_MAX;
    const uint64_t asked = (uint64_t)range->until_us - (uint64_t)range->since_us;
    const uint64_t covered = (uint64_t)coverage->end_us - (uint64_t)coverage->start_us;

    if (coverage->captures == 0 || (coverage->start_us == 0 && coverage->end_us == 0))
        overview->bin_us = HOUR_US / 60;
    else if (ends && asked / FEW <= covered)
        fz_overview_set_time(overview, range->since_us, range->until_us - 1);
    else
        fz_overview_set_time(overview, coverage->start_us, coverage->end_us);
}

bool fz_reporting_set_time(fz_asking *asking, fz_overview *overview, GError **error)
{
    fz_minutes_lack lack = {0};

    set_bins(asking, overview);
    const int64_t finest_us = fz_tier_unit_us(overview->now.service_sums ? FZ_TIER_HOURS : FZ_TIER_DAYS);
    if (!overview->now.sums || overview->now.dropped == 0 || overview->bin_us % finest_us == 0)
        return true;
    if (!fz_minutes_count_lack(asking, &lack, error))
        return false;
    if (lack.dropped == 0 && lack.unknown == 0 && lack.stale == 0 && fz_filter_fits(asking->where, FZ_TIER_MINUTES) &&
        fz_minutes_divide(&asking->question->range)) {
        overview->time = FZ_OVERVIEW_MINUTES;
        return true;
    }
    overview->least_us = finest_us;
    set_bins(asking, overview);
    return true;
}

static void take_minutes(const fz_minutes *minutes, void *user)
{
    const time_reading *at = user;

    fz_overview_add_sent(at->overview, minutes->from_zone, minutes->time_us, MAX(minutes->bytes, 0));
}

static void take_group(const fz_group *group, void *user)
{
    const time_reading *at = user;
    const guint pair =
        fz_overview_add_pair(at->overview, group->cells[0], group->cells[1], &(const fz_overview_sum){0, 0, 0});

    fz_overview_add_bytes(at->overview, pair, fz_cell_integer(group->cells[2]) * at->unit_us, MAX(group->bytes, 0));
}

enum { START_US, ZONE, BYTES = ZONE + 2, COLUMNS = BYTES + 2 };
static const char columns[] = "SELECT r.start_us, r.sip_zone, r.dip_zone, r.sip_bytes, r.dip_bytes";

/* Keys are pointers that point to nothing: both zones and a bin. */
enum { ZONE_BITS = 28, BIN_BITS = 8 };
G_STATIC_ASSERT(sizeof(gpointer) == sizeof(uint64_t) && FZ_OVERVIEW_BINS <= 1 << BIN_BITS);

static guint hash_key(gconstpointer key)
{
    return (guint)((uint64_t)GPOINTER_TO_SIZE(key) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static void add_sum(const time_reading *at, const pair_bytes *sum)
{
    const guint pair =
        fz_overview_add_pair(at->overview, fz_dictionary_name(at->asking->zones, sum->zone[0]),
                             fz_dictionary_name(at->asking->zones, sum->zone[1]), &(const fz_overview_sum){0, 0, 0});

    fz_overview_add_bytes(at->overview, pair, fz_overview_bin_start(at->overview, sum->bin), sum->bytes);
}

static void take_detail(const fz_datum *cells, void *user)
{
    time_reading *at = user;
    const pair_bytes one = {
        .zone = {(uint32_t)cells[ZONE].number, (uint32_t)cells[ZONE + 1].number},
        .bin = fz_overview_bin(at->overview, cells[START_US].number),
        .bytes = fz_plus(MAX(cells[BYTES].number, 0), MAX(cells[BYTES + 1].number, 0)),
    };

    if (MAX(one.zone[0], one.zone[1]) >> ZONE_BITS != 0) { /* more zones than keys tell apart */
        add_sum(at, &one);
        return;
    }
    const uint64_t key = ((uint64_t)one.zone[0] << ZONE_BITS | one.zone[1]) << BIN_BITS | one.bin;
    const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(at->places, GSIZE_TO_POINTER(key)));
    if (place > 0) {
        int64_t *bytes = &g_array_index(at->sums, pair_bytes, place - 1).bytes;
        *bytes = fz_plus(*bytes, one.bytes);
        return;
    }
    g_array_append_val(at->sums, one);
    g_hash_table_insert(at->places, GSIZE_TO_POINTER(key), GUINT_TO_POINTER(at->sums->len));
}

static bool read_details(time_reading *at, GError **error)
{
    g_autoptr(GString) sql = g_string_new(columns);

    at->sums = g_array_new(FALSE, FALSE, sizeof(pair_bytes));
    at->places = g_hash_table_new(hash_key, NULL);
    const bool done = fz_asking_details(at->asking, sql, error) &&
                      fz_asking_data(at->asking, sql->str, COLUMNS, take_detail, at, error);
    for (guint i = 0; done && i < at->sums->len; i++)
        add_sum(at, &g_array_index(at->sums, pair_bytes, i));
    g_hash_table_unref(at->places);
    g_array_unref(at->sums);
    return done;
}

bool fz_reporting_read_time(fz_asking *asking, fz_overview *overview, GError **error)
{
    const int64_t bin_s = overview->bin_us / G_USEC_PER_SEC;
    const fz_group_key time = {FZ_BY_TIME, FZ_KEY_OF_NONE, "bin", NULL, NULL, (unsigned)MIN(bin_s, G_MAXUINT)};
    fz_grouping grouping = {.keys = {client_zone, server_zone, time}, .count = 3};
    const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};
    const fz_tier tier = fz_grouping_tier(asking, &order);
    time_reading at = {.asking = asking, .overview = overview, .unit_us = fz_tier_cell_us(tier)};
    const bool sql = asking->question->sql;

    if (overview->bins == 0 && !sql)
        return true;
    if (overview->time == FZ_OVERVIEW_MINUTES) {
        fz_asking_head(asking, "time: what zones sent to zones, by minutes");
        return fz_minutes_read(asking, overview->bin_us, take_minutes, &at, error);
    }
    fz_asking_head(asking, "time: k0 the client's zone, k1 the server's, k2 the time");
    overview->time = tier == FZ_TIER_HOURS  ? FZ_OVERVIEW_HOURS
                     : tier == FZ_TIER_DAYS ? FZ_OVERVIEW_DAYS
                                            : FZ_OVERVIEW_DETAILS;
    if (tier == FZ_TIER_DETAILS && !sql)
        return read_details(&at, error);
    return fz_grouping_read(asking, &order, take_group, &at, error);
}
