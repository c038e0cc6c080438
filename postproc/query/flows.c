/* The question `flows`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flows.h"

#include "captures.h"
#include "community.h"
#include "grouping.h"

#include <string.h>

enum {
    BEGAN,
    ENDED,
    LASTED,
    CLIENT,
    CLIENT_PORT,
    SERVER,
    SERVER_PORT,
    CLIENT_ZONE,
    SERVER_ZONE,
    PROTOCOL,
    SERVICE,
    VLAN,
    PACKETS,
    BYTES,
    CLIENT_PACKETS,
    SERVER_PACKETS,
    CLIENT_BYTES,
    SERVER_BYTES,
    CLIENT_IP_BYTES,
    SERVER_IP_BYTES,
    CLIENT_FLAGS,
    SERVER_FLAGS,
    OPENED,
    PARTS,
    SOURCE,
    SENSOR,
    LOCATION,
    LOAD_ID,
    ROW_NO,
    COMMUNITY_ID,
    COLUMNS
};

/* clang-format off */
static const fz_answer_column columns[COLUMNS] = {
    [BEGAN] = {"began", "began", FZ_CELL_TIME},
    [ENDED] = {"ended", NULL, FZ_CELL_TIME},
    [LASTED] = {"duration_us", "lasted", FZ_CELL_SPAN},
    [CLIENT] = {"client", "client", FZ_CELL_ADDR},
    [CLIENT_PORT] = {"client_port", NULL, FZ_CELL_NUMBER},
    [SERVER] = {"server", "server", FZ_CELL_ADDR},
    [SERVER_PORT] = {"server_port", NULL, FZ_CELL_NUMBER},
    [CLIENT_ZONE] = {"client_zone", NULL, FZ_CELL_TEXT},
    [SERVER_ZONE] = {"server_zone", NULL, FZ_CELL_TEXT},
    [PROTOCOL] = {"protocol", NULL, FZ_CELL_TEXT},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},
    [VLAN] = {"vlan", NULL, FZ_CELL_NUMBER},
    [PACKETS] = {"packets", "packets", FZ_CELL_COUNT},
    [BYTES] = {"bytes", "bytes", FZ_CELL_BYTES},
    [CLIENT_PACKETS] = {"client_packets", NULL, FZ_CELL_COUNT},
    [SERVER_PACKETS] = {"server_packets", NULL, FZ_CELL_COUNT},
    [CLIENT_BYTES] = {"client_bytes", NULL, FZ_CELL_BYTES},
    [SERVER_BYTES] = {"server_bytes", NULL, FZ_CELL_BYTES},
    [CLIENT_IP_BYTES] = {"client_ip_bytes", NULL, FZ_CELL_BYTES},
    [SERVER_IP_BYTES] = {"server_ip_bytes", NULL, FZ_CELL_BYTES},
    [CLIENT_FLAGS] = {"client_tcp_flags", NULL, FZ_CELL_NUMBER},
    [SERVER_FLAGS] = {"server_tcp_flags", NULL, FZ_CELL_NUMBER},
    [OPENED] = {"opened", NULL, FZ_CELL_TEXT},
    [PARTS] = {"parts", NULL, FZ_CELL_COUNT},
    [SOURCE] = {"source", NULL, FZ_CELL_TEXT},
    [SENSOR] = {"sensor", NULL, FZ_CELL_TEXT},
    [LOCATION] = {"location", NULL, FZ_CELL_TEXT},
    [LOAD_ID] = {"load_id", NULL, FZ_CELL_NUMBER},
    [ROW_NO] = {"row_no", NULL, FZ_CELL_NUMBER},
    [COMMUNITY_ID] = {"community_id", NULL, FZ_CELL_TEXT},
};
/* clang-format on */

const char *const fz_flows_sort_names[FZ_FLOWS_SORTS] = {"begin", "duration", "packets", "bytes"};

/* Before the time. */
static const char *const orders[FZ_FLOWS_SORTS] = {
    [FZ_FLOWS_BEGIN] = "",
    [FZ_FLOWS_DURATION] = "r.end_us - r.start_us DESC, ",
    [FZ_FLOWS_PACKETS] = "r.sip_packets + r.dip_packets DESC, ",
    [FZ_FLOWS_BYTES] = "r.sip_bytes + r.dip_bytes DESC, ",
};

/* While rows come in. */
typedef struct listing {
    fz_asking *asking;
    const fz_captures *captures;
    fz_answer *answer;
    GArray *joined; /* of fz_joined; NULL: not joined */
    uint64_t shown;
    fz_group all, rest; /* of all conversations; of those that are not shown */
} listing;

static fz_cell text(const char *value)
{
    return (fz_cell){.text = value};
}

static fz_cell number(uint64_t value)
{
    return (fz_cell){.number = (int64_t)MIN(value, (uint64_t)INT64_MAX)};
}

static void fill_counts(const fz_record *record, fz_cell *cells)
{
    cells[PACKETS] = number(record->packets[0] + record->packets[1]);
    cells[BYTES] = number(record->bytes[0] + record->bytes[1]);
    for (int end = 0; end < 2; end++) {
        cells[CLIENT_PORT + 2 * end] = number(record->port[end]);
        cells[CLIENT_PACKETS + end] = number(record->packets[end]);
        cells[CLIENT_BYTES + end] = number(record->bytes[end]);
        cells[CLIENT_IP_BYTES + end] = number(record->ip_bytes[end]);
        cells[CLIENT_FLAGS + end] = number(record->tcp_flags[end]);
    }
}

static void fill_times(const fz_record *record, fz_cell *cells)
{
    cells[BEGAN].number = record->start_us;
    cells[ENDED].number = record->end_us;
    cells[LASTED].number = (int64_t)((uint64_t)record->end_us - (uint64_t)record->start_us);
}

static void show(listing *list, const fz_record *record, int64_t load_id, int64_t row_no, uint32_t parts)
{
    const fz_capture_row *capture = fz_captures_find(list->captures, load_id);
    g_autofree char *service = fz_service_label(record->protocol, fz_service_port(record));
    g_autofree char *protocol = fz_protocol_label(record->protocol);
    g_autofree char *community = fz_community_id(record);
    char addrs[2][FZ_ADDR_TEXT_SIZE];
    fz_cell cells[COLUMNS] = {
        [PROTOCOL] = text(protocol),
        [SERVICE] = text(service),
        [VLAN] = number(record->vlan),
        [OPENED] = text(fz_opened_names[MIN(record->opened, FZ_OPENED_COUNT - 1)]),
        [PARTS] = number(parts),
        [SOURCE] = text(capture ? capture->source : ""),
        [SENSOR] = text(capture ? capture->sensor : ""),
        [LOCATION] = text(capture ? capture->location : ""),
        [LOAD_ID] = {.number = load_id},
        [ROW_NO] = {.number = row_no},
        [COMMUNITY_ID] = {.text = community, .unknown = !community},
    };

    for (int end = 0; end < 2; end++) {
        fz_addr addr = {.family = record->family};
        memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
        cells[CLIENT + 2 * end] = text(fz_addr_print(&addr, addrs[end]));
        cells[CLIENT_ZONE + end] = text(fz_dictionary_name(list->asking->zones, record->zone[end]));
    }
    fill_counts(record, cells);
    fill_times(record, cells);
    list->shown++;
    list->rest.flows -= parts;
    list->rest.packets -= cells[PACKETS].number;
    list->rest.bytes -= cells[BYTES].number;
    fz_answer_row(list->answer, cells);
}

static void take_detail(const fz_detail *detail, void *user)
{
    show(user, &detail->record, detail->load_id, detail->row_no, 1);
}

/* What the joined are sorted by, as `orders` has it. */
static uint64_t amount_of(const fz_record *record, fz_flows_sort sort)
{
    return sort == FZ_FLOWS_DURATION  ? (uint64_t)record->end_us - (uint64_t)record->start_us
           : sort == FZ_FLOWS_PACKETS ? record->packets[0] + record->packets[1]
           : sort == FZ_FLOWS_BYTES   ? record->bytes[0] + record->bytes[1]
                                      : 0;
}

static gint compare_joined(gconstpointer left, gconstpointer right, gpointer flows)
{
    const fz_joined *a = left, *b = right;
    const fz_flows_sort sort = ((const fz_flows *)flows)->sort;
    const uint64_t amounts[] = {amount_of(&a->record, sort), amount_of(&b->record, sort)};

    if (amounts[0] != amounts[1])
        return amounts[0] > amounts[1] ? -1 : 1;
    if (a->record.start_us != b->record.start_us)
        return a->record.start_us > b->record.start_us ? -1 : 1;
    if (a->load_id != b->load_id)
        return a->load_id > b->load_id ? -1 : 1;
    return a->row_no > b->row_no ? -1 : a->row_no < b->row_no;
}

/* Keeps the first: of the others only so many that sorting them is rare. */
static void take_joined(const fz_joined *joined, void *user)
{
    listing *list = user;
    const uint64_t most = list->asking->question->most;

    g_array_append_val(list->joined, *joined);
    if (most > 0 && list->joined->len > 2 * most + 1000) {
        g_array_sort_with_data(list->joined, compare_joined, list->asking->question->user);
        g_array_set_size(list->joined, (guint)most);
    }
}

static bool list_joined(listing *list, GError **error)
{
    const uint64_t most = list->asking->question->most;

    list->joined = g_array_new(FALSE, FALSE, sizeof(fz_joined));
    const bool done = fz_captures_join(list->asking, list->captures, take_joined, list, error);
    if (done)
        g_array_sort_with_data(list->joined, compare_joined, list->asking->question->user);
    for (guint i = 0; done && i < list->joined->len && (most == 0 || i < most); i++) {
        const fz_joined *row = &g_array_index(list->joined, fz_joined, i);
        show(list, &row->record, row->load_id, row->row_no, row->parts);
    }
    g_array_unref(list->joined);
    return done;
}

static void take_all(const fz_group *group, void *user)
{
    ((listing *)user)->all = *group;
}

/* The sums of all conversations of the question. */
static bool read_all(listing *list, GError **error)
{
    static const fz_grouping none;
    /* Sums have captures whose details were dropped, and rows do not. */
    const bool lacks = list->asking->coverage.dropped > 0;
    const fz_grouping_order order = {.grouping = &none, .sort = FZ_MEASURE_KEYS, .details = lacks};

    const bool done = fz_grouping_read(list->asking, &order, take_all, list, error);
    list->rest = list->all;
    return done;
}

static void print_rest(listing *list)
{
    fz_cell cells[COLUMNS];

    if (list->rest.flows <= 0)
        return;
    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = (fz_cell){.unknown = true};
    cells[PACKETS] = (fz_cell){.number = list->rest.packets, .unknown = list->all.packets == INT64_MAX};
    cells[BYTES] = (fz_cell){.number = list->rest.bytes, .unknown = list->all.bytes == INT64_MAX};
    fz_answer_other(list->answer, (uint64_t)list->rest.flows, cells);
}

static bool list_rows(listing *list, GError **error)
{
    const fz_flows *flows = list->asking->question->user;

    if (flows->join)
        return list_joined(list, error);
    g_autofree char *order = g_strconcat(orders[flows->sort], "r.start_us DESC, l.load_id DESC, r.row_no DESC", NULL);
    return fz_asking_details_read(list->asking, NULL, order, list->asking->question->most, take_detail, list, error);
}

bool fz_flows_answer(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    listing list = {.asking = asking, .captures = captures};

    if (!captures)
        return false;
    if (asking->question->sql)
        return list_rows(&list, error);
    if (!read_all(&list, error))
        return false;
    list.answer = fz_answer_begin(stdout, &asking->question->manner, columns, COLUMNS, false);
    fz_answer_spare(list.answer, LASTED);
    fz_answer_spare(list.answer, PACKETS);
    const bool done = list_rows(&list, error);
    if (done && asking->question->manner.format == FZ_ANSWER_TABLE)
        print_rest(&list);
    if (!fz_answer_end(list.answer, done ? error : NULL) || !done)
        return false;
    return fz_asking_cover_tier(asking, (uint64_t)list.all.bytes, list.all.flows, FZ_TIER_DETAILS, error);
}
