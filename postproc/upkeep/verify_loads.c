/* Compares the tables load by load.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "verify_private.h"

#include <string.h>

/* " FROM fz_load l JOIN fz_flow r ON ... WHERE l.load_id BETWEEN 1 AND 500 AND ... GROUP BY l.load_id" */
static void append_rows_of_page(const verifier *check, GString *sql, const char *rows, const char *condition)
{
    const verify_load *loads = (const verify_load *)(void *)check->page->data;

    g_string_append(sql, " FROM fz_load l ");
    fz_template_append(sql, check->dialect->row_join, rows);
    g_string_append_printf(sql, " WHERE l.load_id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT, loads[0].id,
                           loads[check->page->len - 1].id);
    g_string_append_printf(sql, " AND %s GROUP BY l.load_id", condition);
}

/* Whether any load of the page has one of the values, as bits, in `dropped`: others have no rows, which costs nothing.
 */
static bool page_has(const verifier *check, unsigned dropped)
{
    for (guint i = 0; i < check->page->len; i++) {
        const verify_load *load = &g_array_index(check->page, verify_load, i);

        if (load->dropped >= 0 && load->dropped < 16 && (dropped >> load->dropped & 1))
            return true;
    }
    return false;
}

/* What is asked about the rows of a group, and how many cells that is. */
enum { SPAN_CELLS = 4 };
#define SPAN_OF(first, last) ", MIN(r.row_no), MAX(r.row_no), MIN(r." first "), MAX(r." last ")"

static void add_span(verify_rows *rows, int64_t count, const char *const *cells)
{
    const verify_rows more = {count, fz_verify_number(cells[0]), fz_verify_number(cells[1]), fz_verify_number(cells[2]),
                              fz_verify_number(cells[3])};

    rows->first_no = rows->count ? MIN(rows->first_no, more.first_no) : more.first_no;
    rows->last_no = rows->count ? MAX(rows->last_no, more.last_no) : more.last_no;
    rows->from_us = rows->count ? MIN(rows->from_us, more.from_us) : more.from_us;
    rows->to_us = rows->count ? MAX(rows->to_us, more.to_us) : more.to_us;
    rows->count += more.count;
}

/* The cells of a query about details: load, start of the hour in microseconds, sums, two counts more, and a span. */
enum {
    DETAIL_LOAD,
    DETAIL_HOUR,
    DETAIL_SUMS,
    DETAIL_ALONE = DETAIL_SUMS + VERIFY_SUMS,
    DETAIL_ZONELESS,
    DETAIL_SPAN,
    DETAIL_CELLS = DETAIL_SPAN + SPAN_CELLS
};

/* A remainder that is never negative; no step exceeds 64 bits. */
#define HOUR_OF(time) time " - ((" time " % 3600000000 + 3600000000) % 3600000000)"

static void add_details(verifier *check, const char *const *cells)
{
    verify_load *load = fz_verify_load(check, cells[DETAIL_LOAD]);
    int64_t hour = fz_verify_number(cells[DETAIL_HOUR]) / G_USEC_PER_SEC;
    verify_tally *tally = fz_verify_tally(check->hours, hour);

    if (!load)
        return;
    for (size_t i = 0; i < VERIFY_SUMS; i++) {
        int64_t value = fz_verify_number(cells[DETAIL_SUMS + i]);

        fz_verify_add(&load->details.sums[i], value);
        fz_verify_add(&tally->sums[i], value);
    }
    load->details.alone += fz_verify_number(cells[DETAIL_ALONE]);
    tally->alone += fz_verify_number(cells[DETAIL_ALONE]);
    load->zoneless += fz_verify_number(cells[DETAIL_ZONELESS]);
    add_span(&load->flow, fz_verify_number(cells[DETAIL_SUMS]), cells + DETAIL_SPAN);
    check->flow_rows += fz_verify_number(cells[DETAIL_SUMS]);
}

static void take_details(const char *const *cells, void *user)
{
    add_details(user, cells);
}

static bool add_up_details(verifier *check, GError **error)
{
    g_autofree char *sip = fz_verify_unknown_zone(check, "r.sip_zone");
    g_autofree char *dip = fz_verify_unknown_zone(check, "r.dip_zone");

    g_autoptr(GString) sql = g_string_new("SELECT l.load_id, " HOUR_OF("r.start_us") " AS hour_us, COUNT(*)");
    for (size_t i = 1; i < VERIFY_SUMS; i++)
        g_string_append_printf(sql, ", SUM(r.%s)", fz_verify_sums[i]);
    g_string_append_printf(sql, ", SUM(r.sip = r.dip), SUM(%s OR %s)" SPAN_OF("start_us", "end_us"), sip, dip);
    append_rows_of_page(check, sql, "flow", FZ_VERIFY_MAY_HAVE_FLOWS);
    g_string_append(sql, ", " HOUR_OF("r.start_us"));
    return fz_verify_query(check, sql->str, DETAIL_CELLS, take_details, error);
}

static void take_packets(const char *const *cells, void *user)
{
    verify_load *load = fz_verify_load(user, cells[0]);

    if (!load)
        return;
    add_span(&load->packet, fz_verify_number(cells[1]), cells + 4);
    load->zoneless += fz_verify_number(cells[2]);
    load->packet_bytes = fz_verify_number(cells[3]);
    ((verifier *)user)->packet_rows += load->packet.count;
}

static bool add_up_packets(verifier *check, GError **error)
{
    g_autofree char *source = fz_verify_unknown_zone(check, "r.src_zone");
    g_autofree char *destination = fz_verify_unknown_zone(check, "r.dst_zone");

    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "SELECT l.load_id, COUNT(*), SUM(%s OR %s), SUM(r.bytes)" SPAN_OF("time_us", "time_us"),
                    source, destination);
    append_rows_of_page(check, sql, "packet", FZ_VERIFY_MAY_HAVE_PACKETS);
    return fz_verify_query(check, sql->str, 4 + SPAN_CELLS, take_packets, error);
}

static void add_merged_hours(verifier *check, const char *const *cells)
{
    verify_tally *tally = fz_verify_tally(check->hours_merged, fz_verify_number(cells[1]));

    tally->rows += fz_verify_number(cells[2]);
    for (size_t i = 0; i < VERIFY_SUMS; i++)
        fz_verify_add(&tally->sums[i], fz_verify_number(cells[3 + i]));
}

/* Cells: load, hour, rows, sums. The loads of the page are compared each, all together by hour. */
static void take_hours(const char *const *cells, void *user)
{
    verifier *check = user;
    const bool merged = fz_verify_number(cells[0]) == 0;
    verify_load *load = fz_verify_load(check, cells[0]);
    verify_tally *tally = fz_verify_tally(check->hours_found, fz_verify_number(cells[1]));

    if (merged)
        add_merged_hours(check, cells);
    if (load)
        load->hour_rows += fz_verify_number(cells[2]);
    for (size_t i = 0; i < VERIFY_SUMS; i++) {
        const int64_t value = fz_verify_number(cells[3 + i]);

        fz_verify_add(&tally->sums[i], value);
        if (!merged)
            fz_verify_add(&check->own_hours[i], value);
        if (load)
            fz_verify_add(&load->hours[i], value);
    }
}

/* The same, by day. */
static void take_hosts(const char *const *cells, void *user)
{
    verifier *check = user;
    verify_load *load = fz_verify_load(check, cells[0]);
    verify_tally *tally = fz_verify_tally(check->days_found, fz_verify_day(fz_verify_number(cells[1])));

    if (load)
        load->host_rows += fz_verify_number(cells[2]);
    for (size_t i = 0; i < VERIFY_HOST_SUMS; i++) {
        fz_verify_add(&tally->sums[i], fz_verify_number(cells[3 + i]));
        if (load)
            fz_verify_add(&load->hosts[i], fz_verify_number(cells[3 + i]));
    }
}

static void take_minutes(const char *const *cells, void *user)
{
    verify_load *load = fz_verify_load(user, cells[0]);

    if (!load)
        return;
    load->minute_rows = fz_verify_number(cells[1]);
    load->minute_packets = fz_verify_number(cells[2]);
    load->minute_bytes = fz_verify_number(cells[3]);
}

/* The tables of sums: what is added up of each, by load and time. Their keys begin with these, so nothing is sorted. */
static const struct {
    fz_table table;
    const char *by, *sums;
    size_t columns;
    fz_cells_taker take;
} sum_tables[] = {
    {FZ_TABLE_HOUR, "load_id, hour",
     "SUM(flows), SUM(sip_packets), SUM(dip_packets), SUM(sip_bytes), SUM(dip_bytes), SUM(sip_ip_bytes), "
     "SUM(dip_ip_bytes)",
     3 + VERIFY_SUMS, take_hours},
    {FZ_TABLE_HOST, "load_id, hour",
     "SUM(flows), SUM(packets_sent), SUM(packets_received), SUM(bytes_sent), SUM(bytes_received)", 3 + VERIFY_HOST_SUMS,
     take_hosts},
    {FZ_TABLE_MINUTE, "load_id", "SUM(packets), SUM(bytes)", 4, take_minutes},
};

bool fz_verify_add_up_sums(verifier *check, int64_t after, int64_t last, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sum_tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT %s, COUNT(*), %s FROM %s WHERE load_id > %" G_GINT64_FORMAT
                                               " AND load_id <= %" G_GINT64_FORMAT " GROUP BY %s",
                                               sum_tables[i].by, sum_tables[i].sums,
                                               fz_tables[sum_tables[i].table].name, after, last, sum_tables[i].by);

        if (!fz_verify_query(check, sql, sum_tables[i].columns, sum_tables[i].take, error))
            return false;
    }
    return true;
}

bool fz_verify_add_up(verifier *check, GError **error)
{
    const unsigned packets = 1U << 0 | 1U << 8, flows = packets | 1U << 1 | 1U << 9;

    return (!page_has(check, flows) || add_up_details(check, error)) &&
           (!page_has(check, packets) || add_up_packets(check, error));
}

bool fz_verify_traffic(const verify_load *load, int64_t *packets, int64_t *bytes)
{
    const int64_t *sums = load->details.sums;

    if ((load->gone & FZ_DROPPED_FLOWS) && !load->counts_frames)
        return false;
    *packets = load->counts_frames ? load->frames : sums[VERIFY_SIP_PACKETS] + sums[VERIFY_DIP_PACKETS];
    *bytes = load->counts_frames ? load->bytes : sums[VERIFY_SIP_BYTES] + sums[VERIFY_DIP_BYTES];
    return true;
}

/* Rows are numbered without gaps. */
static void judge_numbers(verifier *check, const verify_rows *rows, const char *table, const char *where)
{
    g_autofree char *first = g_strconcat("first row_no of ", table, NULL);
    g_autofree char *last = g_strconcat("last row_no of ", table, NULL);

    if (rows->count == 0)
        return;
    fz_verify_report(check, where, first, 1, rows->first_no);
    fz_verify_report(check, where, last, rows->count, rows->last_no);
}

/* Views find rows by the times that the ledger has. */
static void judge_span(verifier *check, const verify_load *load, const char *where)
{
    const verify_rows *flow = &load->flow, *packet = &load->packet;
    verify_rows both = flow->count ? *flow : *packet;

    if (load->gone & FZ_DROPPED_FLOWS)
        return;
    if (packet->count > 0) {
        both.from_us = MIN(both.from_us, packet->from_us);
        both.to_us = MAX(both.to_us, packet->to_us);
    }
    if (load->gone & FZ_DROPPED_PACKETS) { /* which may have been earlier or later than all conversations */
        both.from_us = MIN(both.from_us, load->start_us);
        both.to_us = MAX(both.to_us, load->end_us);
    }
    fz_verify_report(check, where, "start_us in fz_load", both.from_us, load->start_us);
    fz_verify_report(check, where, "end_us in fz_load", both.to_us, load->end_us);
}

static void judge_packets(verifier *check, const verify_load *load, const char *where)
{
    if (load->gone & FZ_DROPPED_PACKETS)
        return;
    fz_verify_report(check, where, "rows of fz_packet", load->packets, load->packet.count);
    if (load->packets > 0)
        fz_verify_report(check, where, "bytes of fz_packet", load->passed_bytes, load->packet_bytes);
    judge_numbers(check, &load->packet, "fz_packet", where);
}

static void judge_details(verifier *check, const verify_load *load, const char *where)
{
    const int64_t *sums = load->details.sums;
    int64_t packets, bytes;

    if (load->gone & FZ_DROPPED_FLOWS)
        return;
    fz_verify_report(check, where, "rows of fz_flow", load->records, sums[VERIFY_FLOWS]);
    judge_numbers(check, &load->flow, "fz_flow", where);
    if (!fz_verify_traffic(load, &packets, &bytes))
        return;
    fz_verify_report(check, where, "packets of fz_flow", packets, sums[VERIFY_SIP_PACKETS] + sums[VERIFY_DIP_PACKETS]);
    fz_verify_report(check, where, "bytes of fz_flow", bytes, sums[VERIFY_SIP_BYTES] + sums[VERIFY_DIP_BYTES]);
}

/* Hours with all their sums from details; without these, from the ledger what it knows. */
static void judge_hours(verifier *check, const verify_load *load, const char *where)
{
    const int64_t *hours = load->hours;
    int64_t packets, bytes;

    if (load->merged == 1) {
        fz_verify_report(check, where, "rows of fz_hour beside the merged ones", 0, load->hour_rows);
        return;
    }
    if (fz_verify_has_days(load)) /* some are days by now, or merged, which are compared day by day */
        return;
    for (size_t i = 0; !(load->gone & FZ_DROPPED_FLOWS) && i < VERIFY_SUMS; i++) {
        g_autofree char *what = g_strdup_printf("%s of fz_hour", fz_verify_sums[i]);

        fz_verify_report(check, where, what, load->details.sums[i], hours[i]);
    }
    if (!(load->gone & FZ_DROPPED_FLOWS))
        return;
    fz_verify_report(check, where, "flows of fz_hour", load->records, hours[VERIFY_FLOWS]);
    if (!fz_verify_traffic(load, &packets, &bytes))
        return;
    fz_verify_report(check, where, "packets of fz_hour", packets,
                     hours[VERIFY_SIP_PACKETS] + hours[VERIFY_DIP_PACKETS]);
    fz_verify_report(check, where, "bytes of fz_hour", bytes, hours[VERIFY_SIP_BYTES] + hours[VERIFY_DIP_BYTES]);
}

/* What one end sent the other received; each conversation has two ends, unless an address talks to itself. */
static void judge_hosts(verifier *check, const verify_load *load, const char *where)
{
    static const char *const names[VERIFY_HOST_SUMS] = {"flows of fz_host", "packets_sent of fz_host",
                                                        "packets_received of fz_host", "bytes_sent of fz_host",
                                                        "bytes_received of fz_host"};
    int64_t packets, bytes;

    if (load->merged == 1)
        fz_verify_report(check, where, "rows of fz_host beside the merged ones", 0, load->host_rows);
    if (fz_verify_has_days(load) || !fz_verify_traffic(load, &packets, &bytes))
        return;
    const int64_t expected[VERIFY_HOST_SUMS] = {2 * load->details.sums[VERIFY_FLOWS] - load->details.alone, packets,
                                                packets, bytes, bytes};
    for (size_t i = load->gone & FZ_DROPPED_FLOWS ? 1 : 0; i < VERIFY_HOST_SUMS; i++)
        fz_verify_report(check, where, names[i], expected[i], load->hosts[i]);
}

static void judge_minutes(verifier *check, const verify_load *load, const char *where)
{
    int64_t packets, bytes;

    if ((load->gone & FZ_DROPPED_FLOWS) && load->dropping != FZ_DROPPED_FLOWS)
        fz_verify_report(check, where, "rows of fz_minute beside the merged ones", 0, load->minute_rows);
    if (load->gone & (FZ_DROPPED_FLOWS | FZ_DROPPED_MINUTES))
        return;
    const int64_t rows = load->minutes < -1 ? fz_minutes_stale(load->minutes) : MAX(load->minutes, 0);
    fz_verify_report(check, where, "rows of fz_minute", rows, load->minute_rows);
    if (load->minutes == -1 || !fz_verify_traffic(load, &packets, &bytes))
        return;
    fz_verify_report(check, where, "packets of fz_minute", packets, load->minute_packets);
    fz_verify_report(check, where, "bytes of fz_minute", bytes, load->minute_bytes);
}

void fz_verify_judge(verifier *check, const verify_load *load)
{
    const int64_t first = load->first_us / G_USEC_PER_SEC - (load->first_us % G_USEC_PER_SEC < 0);
    g_autofree char *where = g_strdup_printf("load %" G_GINT64_FORMAT " (%s)", load->id, load->source);

    fz_verify_report(check, where, "day in fz_load", fz_verify_day(first), load->day);
    judge_details(check, load, where);
    judge_packets(check, load, where);
    judge_span(check, load, where);
    judge_minutes(check, load, where);
    judge_hours(check, load, where);
    judge_hosts(check, load, where);
    fz_verify_report(check, where, "rows with a zone that fz_zone does not have", 0, load->zoneless);
    fz_verify_judge_dropped(check, load, where);
}
