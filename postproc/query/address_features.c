/* The question `features`: conversations come in the order of their begins, so that one hour at a time is kept.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_features.h"

#include "address_hour.h"
#include "plus.h"

#include <math.h>

/* The most that an hour may have: with these it takes 1.8 GB of address space, of the 2 GiB that it may have:
 * an array of addresses grows to the next power of two, 1 GiB, and a table of pairs is there twice while it grows. */
enum { ADDRESSES_MAX = 1 << 22, PAIRS_MAX = 3 << 22 };

#define HOUR_US INT64_C(3600000000)

/* Columns; those of two roles or directions are neighbours. */
enum {
    HOUR,
    ADDRESS,
    FLOWS,
    ROLE_FLOWS,
    PEERS = ROLE_FLOWS + 2,
    ROLE_PEERS,
    PORTS = ROLE_PEERS + 2,
    PACKETS = PORTS + 2,
    BYTES = PACKETS + 2,
    PACKETS_SHARE = BYTES + 2,
    BYTES_SHARE,
    LEAST,
    MEAN,
    MOST,
    ONE_WAY,
    SURE,
    PEER_ENTROPY,
    PORT_ENTROPY,
    COLUMNS = PORT_ENTROPY + 2
};

/* clang-format off */
static const fz_answer_column columns[COLUMNS] = {
    [HOUR] = {"hour", "hour", FZ_CELL_TIME},
    [ADDRESS] = {"address", "address", FZ_CELL_ADDR},
    [FLOWS] = {"flows", "flows", FZ_CELL_COUNT},
    [ROLE_FLOWS] = {"client_flows", NULL, FZ_CELL_COUNT},
    [ROLE_FLOWS + 1] = {"server_flows", NULL, FZ_CELL_COUNT},
    [PEERS] = {"peers", "peers", FZ_CELL_COUNT},
    [ROLE_PEERS] = {"client_peers", NULL, FZ_CELL_COUNT},
    [ROLE_PEERS + 1] = {"server_peers", NULL, FZ_CELL_COUNT},
    [PORTS] = {"called_ports", "called", FZ_CELL_COUNT},
    [PORTS + 1] = {"served_ports", "served", FZ_CELL_COUNT},
    [PACKETS] = {"sent_packets", NULL, FZ_CELL_COUNT},
    [PACKETS + 1] = {"received_packets", NULL, FZ_CELL_COUNT},
    [BYTES] = {"sent_bytes", "sent", FZ_CELL_BYTES},
    [BYTES + 1] = {"received_bytes", "received", FZ_CELL_BYTES},
    [PACKETS_SHARE] = {"sent_packets_share", NULL, FZ_CELL_SHARE},
    [BYTES_SHARE] = {"sent_bytes_share", NULL, FZ_CELL_SHARE},
    [LEAST] = {"duration_min_us", NULL, FZ_CELL_SPAN},
    [MEAN] = {"duration_mean_us", NULL, FZ_CELL_SPAN},
    [MOST] = {"duration_max_us", NULL, FZ_CELL_SPAN},
    [ONE_WAY] = {"one_way_share", NULL, FZ_CELL_SHARE},
    [SURE] = {"sure_share", NULL, FZ_CELL_SHARE},
    [PEER_ENTROPY] = {"peer_entropy", NULL, FZ_CELL_RATIO},
    [PORT_ENTROPY] = {"called_port_entropy", NULL, FZ_CELL_RATIO},
    [PORT_ENTROPY + 1] = {"served_port_entropy", NULL, FZ_CELL_RATIO},
};
/* clang-format on */

/* While conversations come in. */
typedef struct reading {
    fz_asking *asking;
    fz_answer *answer;
    fz_address_hour *hour; /* NULL: none began */
    int64_t hour_us;       /* its begin */
    bool full;             /* and no more is read */
    uint64_t shown, left;  /* rows */
    uint64_t flows, bytes;
} reading;

static fz_cell number(uint64_t value)
{
    return (fz_cell){.number = (int64_t)MIN(value, (uint64_t)INT64_MAX)};
}

/* Millionths, rounded. */
static fz_cell decimal(double value)
{
    return (fz_cell){.number = llround(value * 1e6)};
}

/* Unknown: of nothing. */
static fz_cell share(uint64_t part, uint64_t other)
{
    const double whole = (double)part + (double)other;

    return whole > 0 ? decimal((double)part / whole) : (fz_cell){.unknown = true};
}

static void take_address(const fz_address_sums *sums, void *user)
{
    reading *at = user;
    const unsigned most = at->asking->question->most;
    char addr[FZ_ADDR_TEXT_SIZE];
    const uint64_t flows = sums->flows;
    fz_cell cells[COLUMNS] = {
        [HOUR] = {.number = at->hour_us},
        [FLOWS] = number(flows),
        [PEERS] = number(sums->peers),
        [PACKETS_SHARE] = share(sums->packets[0], sums->packets[1]),
        [BYTES_SHARE] = share(sums->bytes[0], sums->bytes[1]),
        [LEAST] = number(sums->least_us),
        [MEAN] = number(sums->sum_us / flows + (sums->sum_us % flows >= flows - flows / 2)),
        [MOST] = number(sums->most_us),
        [ONE_WAY] = share(sums->one_way, flows - sums->one_way),
        [SURE] = share(sums->sure, flows - sums->sure),
        [PEER_ENTROPY] = decimal(fz_address_entropy(flows, sums->peer_logs)),
    };

    if (most > 0 && at->shown == most) {
        at->left++;
        return;
    }
    for (int i = 0; i < 2; i++) {
        cells[ROLE_FLOWS + i] = number(sums->role_flows[i]);
        cells[ROLE_PEERS + i] = number(sums->role_peers[i]);
        cells[PORTS + i] = number(sums->ports[i]);
        cells[PACKETS + i] = number(sums->packets[i]);
        cells[BYTES + i] = number(sums->bytes[i]);
        cells[PORT_ENTROPY + i] = decimal(fz_address_entropy(sums->port_flows[i], sums->port_logs[i]));
    }
    cells[ADDRESS].text = fz_addr_print(&sums->addr, addr);
    fz_answer_row(at->answer, cells);
    at->shown++;
}

static void end_hour(reading *at)
{
    if (at->hour && !at->full)
        fz_address_hour_finish(at->hour, take_address, at);
    g_clear_pointer(&at->hour, fz_address_hour_free);
}

/* The begin of the hour of a time, rounded down before 1970 too. */
static int64_t hour_of(int64_t time_us)
{
    const int64_t into_us = (time_us % HOUR_US + HOUR_US) % HOUR_US;

    return time_us < INT64_MIN + into_us ? INT64_MIN : time_us - into_us;
}

static void take(const fz_detail *detail, void *user)
{
    reading *at = user;
    const fz_record *record = &detail->record;
    const int64_t hour_us = hour_of(record->start_us);

    if (at->full)
        return;
    if (at->hour && hour_us != at->hour_us)
        end_hour(at);
    if (!at->hour)
        at->hour = fz_address_hour_new(ADDRESSES_MAX, PAIRS_MAX);
    at->hour_us = hour_us;
    at->full = !fz_address_hour_add(at->hour, record);
    at->flows++;
    at->bytes = fz_plus_counts(at->bytes, fz_plus_counts(record->bytes[0], record->bytes[1]));
}

static bool read_details(reading *at, GError **error)
{
    if (!fz_asking_details_read(at->asking, NULL, "r.start_us", 0, take, at, error))
        return false;
    if (!at->full)
        return true;
    g_autofree char *hour = fz_cell_print(&at->asking->question->manner, FZ_CELL_TIME, at->hour_us);
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                "%s: more than %d addresses, or %d pairs of them or of their ports, in one hour; expected a filter",
                hour, ADDRESSES_MAX, PAIRS_MAX);
    return false;
}

static void print_rest(const reading *at)
{
    fz_cell cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = (fz_cell){.unknown = true};
    if (at->left > 0)
        fz_answer_other(at->answer, at->left, cells);
}

bool fz_address_features_answer(fz_asking *asking, GError **error)
{
    reading at = {.asking = asking};

    if (asking->question->sql)
        return read_details(&at, error);
    at.answer = fz_answer_begin(stdout, &asking->question->manner, columns, COLUMNS, false);
    fz_answer_spare(at.answer, PORTS + 1);
    fz_answer_spare(at.answer, PORTS);
    fz_answer_spare(at.answer, FLOWS);
    const bool done = read_details(&at, error);
    end_hour(&at);
    if (!done) {
        fz_answer_abandon(at.answer);
        return false;
    }
    if (asking->question->manner.format == FZ_ANSWER_TABLE)
        print_rest(&at);
    return fz_answer_end(at.answer, error) &&
           fz_asking_cover_tier(asking, at.bytes, (int64_t)at.flows, FZ_TIER_DETAILS, error);
}
