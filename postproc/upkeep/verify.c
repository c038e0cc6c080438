/* Whether all tables of a store agree.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Loads are read in pages, so that no statement takes long and no answer is large: for each page one pass over the
 * details, which adds up every load and every hour, and one query for each table of sums. What many loads share, merged
 * hours and hosts, is compared at the end, with the hours that were added up meanwhile. */
#include "verify_private.h"

#include "plus.h"
#include "text.h"

#include <string.h>

enum { PAGE_LOADS = 500, PAGE_HOURS = 50000, GAPS_MAX = 16 };

const char *const fz_verify_sums[VERIFY_SUMS] = {"flows",     "sip_packets",  "dip_packets", "sip_bytes",
                                                 "dip_bytes", "sip_ip_bytes", "dip_ip_bytes"};

int64_t fz_verify_number(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

void fz_verify_add(int64_t *sum, int64_t value)
{
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)value);
}

void fz_verify_blame(verifier *check, const char *where, const char *fault)
{
    g_autofree char *line = g_strdup_printf("%s: %s", where, fault);

    check->verdict->faults++;
    check->say(line, check->user);
}

void fz_verify_report(verifier *check, const char *where, const char *what, int64_t expected, int64_t got)
{
    if (expected == got)
        return;
    g_autofree char *fault =
        g_strdup_printf("%s: expected %" G_GINT64_FORMAT ", got %" G_GINT64_FORMAT, what, expected, got);
    fz_verify_blame(check, where, fault);
}

/* Halves of 32 bits, each with the sign of the whole. */
void fz_verify_append_wide(GString *sql, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(sql, ", SUM((%s - %s %% 4294967296) / 4294967296), SUM(%s %% 4294967296)", columns[i],
                               columns[i], columns[i]);
}

int64_t fz_verify_wide(const char *const *cells)
{
    int64_t sum = (int64_t)((uint64_t)fz_verify_number(cells[0]) << 32);

    fz_verify_add(&sum, fz_verify_number(cells[1]));
    return sum;
}

GHashTable *fz_verify_tallies_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

verify_tally *fz_verify_tally(GHashTable *tallies, int64_t at)
{
    verify_tally *tally = g_hash_table_lookup(tallies, &at);

    if (!tally) {
        tally = g_new0(verify_tally, 1);
        tally->at = at;
        g_hash_table_insert(tallies, &tally->at, tally);
    }
    return tally;
}

int64_t fz_verify_day(int64_t seconds)
{
    return seconds / 86400 - (seconds % 86400 < 0);
}

bool fz_verify_query(verifier *check, const char *sql, size_t columns, fz_cells_taker take, GError **error)
{
    return check->store->ops->query(check->store, sql, columns, G_MAXINT32, take, check, error);
}

static void clear_load(void *at)
{
    verify_load *load = at;

    g_free(load->source);
    g_free(load->sensor);
    g_free(load->location);
}

static void take_load(const char *const *cells, void *user)
{
    verifier *check = user;
    g_autofree char *source = fz_text_table(cells[1] ? cells[1] : "");
    verify_load load = {
        .id = fz_verify_number(cells[0]),
        .source = g_strdup(*source ? source : "no name"),
        .records = fz_verify_number(cells[2]),
        .frames = fz_verify_number(cells[3]),
        .bytes = fz_verify_number(cells[4]),
        .counts_frames = g_strcmp0(cells[5], fz_layers_names[FZ_LAYERS_OUTER]) == 0 &&
                         g_strcmp0(cells[6], fz_octets_names[FZ_OCTETS_WIRE]) == 0,
        .minutes = fz_verify_number(cells[7]),
        .packets = fz_verify_number(cells[8]),
        .merged = fz_verify_number(cells[9]),
        .dropped = fz_verify_number(cells[10]),
        .dropping = fz_verify_number(cells[11]),
        .gone = (unsigned)(fz_verify_number(cells[10]) | fz_verify_number(cells[11])),
        .day = fz_verify_number(cells[12]),
        .first_us = fz_verify_number(cells[13]),
        .start_us = fz_verify_number(cells[14]),
        .end_us = fz_verify_number(cells[15]),
        .passed_bytes = fz_verify_number(cells[16]),
        .sensor = g_strdup(cells[17] ? cells[17] : ""),
        .location = g_strdup(cells[18] ? cells[18] : ""),
    };

    g_array_append_val(check->page, load);
}

/* Reads the next page of the ledger: fewer loads if they last long, for each of their hours makes a row. */
static bool read_page(verifier *check, int64_t after, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT load_id, source, records, counted_frames, counted_bytes, layers, octets, minutes, packets, merged, "
        "dropped, dropping, day, first_frame_us, start_us, end_us, counted_bytes + not_ip_bytes + unparsable_bytes, "
        "sensor, location FROM fz_load WHERE load_id > %" G_GINT64_FORMAT " ORDER BY load_id LIMIT %d",
        after, PAGE_LOADS);
    int64_t hours = 0;

    g_array_set_size(check->page, 0);
    if (!fz_verify_query(check, sql, 19, take_load, error))
        return false;
    for (guint i = 0; i < check->page->len; i++) {
        const verify_load *load = &g_array_index(check->page, verify_load, i);

        if (!(load->gone & FZ_DROPPED_FLOWS) || load->merged != 1)
            hours = fz_plus(hours, MIN(load->records, load->end_us / FZ_HOUR_US - load->start_us / FZ_HOUR_US + 1));
        if (hours > PAGE_HOURS && i > 0) {
            g_array_set_size(check->page, i);
            break;
        }
    }
    return true;
}

static int compare_ids(const void *key, const void *element)
{
    int64_t id = *(const int64_t *)key, other = ((const verify_load *)element)->id;

    return (id > other) - (id < other);
}

verify_load *fz_verify_load(verifier *check, const char *cell)
{
    int64_t id = fz_verify_number(cell);

    return bsearch(&id, check->page->data, check->page->len, sizeof(verify_load), compare_ids);
}

static void take_zone(const char *const *cells, void *user)
{
    verifier *check = user;
    int64_t id = fz_verify_number(cells[0]);

    if (id > fz_plus(check->last_zone, 1)) {
        int64_t gap[2] = {check->last_zone + 1, id - 1};
        g_array_append_val(check->gaps, gap);
    }
    check->last_zone = id;
}

char *fz_verify_unknown_zone(const verifier *check, const char *column)
{
    GString *sql = g_string_new(NULL);

    if (check->gaps->len > GAPS_MAX) {
        g_string_printf(sql, "(%s <> 0 AND %s NOT IN (SELECT zone_id FROM fz_zone))", column, column);
        return g_string_free(sql, FALSE);
    }
    g_string_printf(sql, "(%s < 0 OR %s > %" G_GINT64_FORMAT, column, column, check->last_zone);
    for (guint i = 0; i < check->gaps->len; i++) {
        const int64_t *gap = (const int64_t *)(void *)check->gaps->data + (size_t)i * 2;

        g_string_append_printf(sql, " OR %s BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, column, gap[0],
                               gap[1]);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static bool check_page(verifier *check, int64_t after, GError **error)
{
    int64_t last = g_array_index(check->page, verify_load, check->page->len - 1).id;

    for (guint i = 0; i < check->page->len; i++) {
        const verify_load *load = &g_array_index(check->page, verify_load, i);

        check->verdict->loads++;
        check->verdict->records = fz_plus(check->verdict->records, load->records);
        if (!(load->gone & FZ_DROPPED_PACKETS))
            check->verdict->packets = fz_plus(check->verdict->packets, load->packets);
        if (load->gone & FZ_DROPPED_FLOWS)
            check->verdict->dropped = fz_plus(check->verdict->dropped, load->records);
        check->verdict->unknown_minutes += load->minutes < 0;
    }
    if (!fz_verify_add_up(check, error) || !fz_verify_add_up_sums(check, after, last, error))
        return false;
    for (guint i = 0; i < check->page->len; i++)
        fz_verify_judge(check, &g_array_index(check->page, verify_load, i));
    return true;
}

static bool check_all(verifier *check, GError **error)
{
    int64_t after = G_MININT64;

    if (!fz_verify_query(check, "SELECT zone_id FROM fz_zone ORDER BY zone_id", 1, take_zone, error) ||
        !fz_verify_read_groups(check, error))
        return false;
    do {
        if (!read_page(check, after, error) || (check->page->len > 0 && !check_page(check, after, error)))
            return false;
        if (check->page->len > 0)
            after = g_array_index(check->page, verify_load, check->page->len - 1).id;
    } while (check->page->len > 0);
    return fz_verify_add_up_sums(check, after, G_MAXINT64, error) && fz_verify_shared(check, error);
}

bool fz_verify(fz_store *store, fz_verify_say say, void *user, fz_verdict *verdict, GError **error)
{
    verifier check = {
        .store = store,
        .dialect = store->ops->dialect(store),
        .say = say,
        .user = user,
        .verdict = verdict,
        .page = g_array_new(FALSE, FALSE, sizeof(verify_load)),
        .hours = fz_verify_tallies_new(),
        .hours_found = fz_verify_tallies_new(),
        .days_found = fz_verify_tallies_new(),
        .hours_merged = fz_verify_tallies_new(),
        .minute_parts = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, fz_verify_group_free),
        .minute_groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fz_verify_group_free),
        .group_order = g_ptr_array_new(),
        .gaps = g_array_new(FALSE, FALSE, 2 * sizeof(int64_t)),
    };

    *verdict = (fz_verdict){0};
    fz_verify_ages_init(&check.ages);
    g_array_set_clear_func(check.page, clear_load);
    bool done = store->ops->look(store, error) && check_all(&check, error);
    store->ops->rollback(store);
    g_array_unref(check.page);
    g_hash_table_unref(check.hours);
    g_hash_table_unref(check.hours_found);
    g_hash_table_unref(check.days_found);
    g_hash_table_unref(check.hours_merged);
    g_ptr_array_unref(check.group_order);
    g_hash_table_unref(check.minute_groups);
    g_hash_table_unref(check.minute_parts);
    fz_verify_ages_clear(&check.ages);
    g_array_unref(check.gaps);
    return done;
}
