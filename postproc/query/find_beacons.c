/* `find beacons`: clients that call a service again and again, at even times and with even amounts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_private.h"
#include "find_rhythm.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEPT_ALL = 200000,  /* conversations of which all are kept; of more, only those of addresses with enough of them */
    COUNTERS = 1 << 26, /* bytes of the counters for that */
    CLIENTS_LEAST = 10, /* fewer clients tell nothing of a service that all have */
    COMMON_LESS = 15,   /* what a score loses if half of the clients or more call, and gains if hardly any do */
    STARTS_SHOWN = 48,  /* columns of the line of starts */
    STARTS_MOST = 1 << 30,
    SPREAD_MOST = 40, /* percent of the interval: calls at random times have about 60 */
};

/* One that is found. */
typedef struct beacon {
    uint32_t key;
    size_t first, count; /* of its starts */
    fz_rhythm rhythm;
    double score;
    int64_t bytes;
    uint64_t callers, clients; /* clients of its zone that call the server, and all */
} beacon;

typedef struct finding {
    fz_asking *asking;
    const fz_captures *captures;
    const fz_find *find;
    uint8_t *counters; /* of rows by hashes of their addresses; NULL: all are kept */
    fz_find_keys *keys;
    GArray *zones;   /* of uint32_t: the client's and the server's of each key */
    GArray *starts;  /* of fz_start */
    GArray *beacons; /* of beacon */
    bool full;
    fz_find_set *seen; /* while callers are counted */
} finding;

/* The counter of two addresses, whichever is the client: joining parts of a conversation may turn it round. */
static uint8_t *counter(const finding *at, const find_key *key)
{
    find_key pair = {.protocol = key->protocol, .family = key->family};
    const int first = memcmp(key->addr[0], key->addr[1], sizeof key->addr[0]) <= 0 ? 0 : 1;

    memcpy(pair.addr[0], key->addr[first], sizeof pair.addr[0]);
    memcpy(pair.addr[1], key->addr[!first], sizeof pair.addr[1]);
    return &at->counters[fz_find_hash(&pair) >> 8 & (COUNTERS - 1)];
}

/* Columns of a row to count. */
enum { ROW_ADDR, ROW_PROTOCOL = ROW_ADDR + 2, ROW_COLUMNS };

static void count_row(const fz_datum *cells, void *user)
{
    find_key key = {.protocol = (uint8_t)cells[ROW_PROTOCOL].number};

    for (int end = 0; end < 2; end++) {
        const fz_addr addr = fz_datum_addr(&cells[ROW_ADDR + end]);
        memcpy(key.addr[end], addr.bytes, sizeof addr.bytes);
        key.family = addr.family;
    }
    uint8_t *count = counter(user, &key);
    *count += *count < UINT8_MAX;
}

/* There are at most as many conversations as rows. */
static bool count_rows(finding *at, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT r.sip, r.dip, r.protocol");

    at->counters = g_new0(uint8_t, COUNTERS);
    return fz_asking_details(at->asking, sql, error) &&
           fz_asking_data(at->asking, sql->str, ROW_COLUMNS, count_row, at, error);
}

static void take(const fz_joined *joined, void *user)
{
    finding *at = user;
    const fz_record *record = &joined->record;
    const find_key key = fz_find_key(record);
    const uint64_t bytes = record->bytes[FZ_INITIATOR];
    bool is_new;

    if (fz_find_is_for_many(record->family, record->addr[FZ_RESPONDER]))
        return;
    if ((at->counters && *counter(at, &key) < MIN(at->find->least, UINT8_MAX)) || at->full)
        return;
    const uint32_t number = fz_find_keys_add(at->keys, &key, &is_new);
    if (is_new)
        g_array_append_vals(at->zones, record->zone, 2);
    const fz_start start = {number, (uint32_t)MIN(bytes, UINT32_MAX), record->start_us};
    g_array_append_val(at->starts, start);
    at->full = at->starts->len >= STARTS_MOST;
}

static gint compare_starts(gconstpointer left, gconstpointer right)
{
    const fz_start *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->time_us > b->time_us) - (a->time_us < b->time_us);
}

/* Whether intervals spread so little as those of one in a hundred at random: of few beats, these often look even. */
static bool is_even(const fz_rhythm *rhythm)
{
    const int64_t percent = MIN(SPREAD_MOST, 4 + (int64_t)rhythm->beats * 5 / 4);

    return rhythm->spread_us <= rhythm->every_us / 100 * percent;
}

static bool is_beacon(const fz_rhythm *rhythm, const fz_find *find)
{
    return rhythm->beats >= MAX(find->least, 3U) && is_even(rhythm) && rhythm->score + COMMON_LESS >= find->score;
}

/* Judges the starts of one key. What is to be lowered or raised yet is kept too. */
static void judge(finding *at, size_t first, size_t count)
{
    const fz_start *starts = &g_array_index(at->starts, fz_start, first);
    const uint64_t span_us = (uint64_t)starts[count - 1].time_us - (uint64_t)starts[0].time_us;

    if (count < MAX(at->find->least, 3U) || span_us < (uint64_t)at->find->span_s * G_USEC_PER_SEC)
        return;
    beacon found = {.key = starts->key, .first = first, .count = count, .rhythm = fz_rhythm_of(starts, count)};
    found.score = found.rhythm.score;
    if (!found.rhythm.strobe && !is_beacon(&found.rhythm, at->find))
        return;
    for (size_t i = 0; i < count; i++)
        found.bytes += starts[i].bytes;
    g_array_append_val(at->beacons, found);
}

static void judge_all(finding *at)
{
    size_t first = 0;

    g_array_sort(at->starts, compare_starts);
    for (size_t i = 1; i <= at->starts->len; i++) {
        if (i < at->starts->len &&
            g_array_index(at->starts, fz_start, i).key == g_array_index(at->starts, fz_start, first).key)
            continue;
        judge(at, first, i - first);
        first = i;
    }
}

/* Counts the clients of each zone, and those that call the servers found: each once. */
static void take_caller(const fz_joined *joined, void *user)
{
    finding *at = user;
    const fz_record *record = &joined->record;
    const char *zone = fz_dictionary_name(at->asking->zones, record->zone[FZ_INITIATOR]);
    find_key client = {.family = record->family};

    memcpy(client.addr[0], record->addr[FZ_INITIATOR], sizeof client.addr[0]);
    const bool is_new = fz_find_set_add(at->seen, &client);
    for (guint i = 0; i < at->beacons->len; i++) {
        beacon *found = &g_array_index(at->beacons, beacon, i);
        const find_key *key = fz_find_keys_get(at->keys, found->key);
        const uint32_t id = g_array_index(at->zones, uint32_t, 2 * (gsize)found->key);

        if (strcmp(fz_dictionary_name(at->asking->zones, id), zone) != 0)
            continue;
        found->clients += is_new;
        if (key->family != record->family ||
            memcmp(key->addr[FZ_RESPONDER], record->addr[FZ_RESPONDER], sizeof client.addr[0]) != 0)
            continue;
        find_key call = client;
        memcpy(call.addr[1], record->addr[FZ_RESPONDER], sizeof call.addr[1]);
        call.port = 1;
        call.zone = i + 1; /* each beacon counts for itself */
        found->callers += fz_find_set_add(at->seen, &call);
    }
}

/* From -1, if half of the clients or more call, to 1, if at most one in fifty does. */
static double rareness(const beacon *found)
{
    const double share = (double)found->callers / (double)MAX(found->clients, 1U);

    if (found->clients < CLIENTS_LEAST)
        return 0;
    return share >= 0.5 ? -1 : share <= 0.02 ? 1 : 0;
}

static gint compare_beacons(gconstpointer left, gconstpointer right)
{
    const beacon *a = left, *b = right;

    if (a->rhythm.strobe != b->rhythm.strobe)
        return a->rhythm.strobe ? 1 : -1;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

static bool weigh(finding *at, GError **error)
{
    find_sums sums = {.take = take_caller, .user = at};
    guint kept = 0;

    if (at->beacons->len > 0 && !fz_find_read(at->asking, at->captures, &sums, error))
        return false;
    for (guint i = 0; i < at->beacons->len; i++) {
        beacon *found = &g_array_index(at->beacons, beacon, i);

        found->score = CLAMP(found->score + COMMON_LESS * rareness(found), 0.0, 100.0);
        if (found->rhythm.strobe || (int)(found->score + 0.5) >= (int)at->find->score)
            g_array_index(at->beacons, beacon, kept++) = *found;
    }
    g_array_set_size(at->beacons, kept);
    g_array_sort(at->beacons, compare_beacons);
    return true;
}

/* Columns. */
enum {
    SCORE,
    CLIENT,
    SERVER,
    SERVICE,
    STARTS,
    EVERY,
    SPREAD,
    BYTES,
    KIND,
    CLIENT_ZONE,
    SERVER_ZONE,
    FIRST,
    LAST,
    BYTES_SPREAD,
    ALL_BYTES,
    INTERVALS,
    SIZES,
    HOURS,
    FLAT,
    CALLERS,
    CLIENTS,
    COLUMNS
};

static const fz_answer_column columns[COLUMNS] = {
    [SCORE] = {"score", "score", FZ_CELL_NUMBER},
    [CLIENT] = {"client", "client", FZ_CELL_ADDR},
    [SERVER] = {"server", "server", FZ_CELL_ADDR},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},
    [STARTS] = {"starts", "starts", FZ_CELL_COUNT},
    [EVERY] = {"every_us", "every", FZ_CELL_SPAN},
    [SPREAD] = {"spread_us", "spread", FZ_CELL_SPAN},
    [BYTES] = {"client_bytes", "bytes", FZ_CELL_BYTES},
    [KIND] = {"kind", NULL, FZ_CELL_TEXT},
    [CLIENT_ZONE] = {"client_zone", NULL, FZ_CELL_TEXT},
    [SERVER_ZONE] = {"server_zone", NULL, FZ_CELL_TEXT},
    [FIRST] = {"first", NULL, FZ_CELL_TIME},
    [LAST] = {"last", NULL, FZ_CELL_TIME},
    [BYTES_SPREAD] = {"client_bytes_spread", NULL, FZ_CELL_BYTES},
    [ALL_BYTES] = {"all_client_bytes", NULL, FZ_CELL_BYTES},
    [INTERVALS] = {"even_intervals", NULL, FZ_CELL_RATIO},
    [SIZES] = {"even_sizes", NULL, FZ_CELL_RATIO},
    [HOURS] = {"hours", NULL, FZ_CELL_RATIO},
    [FLAT] = {"flat", NULL, FZ_CELL_RATIO},
    [CALLERS] = {"callers", NULL, FZ_CELL_COUNT},
    [CLIENTS] = {"clients", NULL, FZ_CELL_COUNT},
};

static fz_cell ratio(double share)
{
    return fz_find_number((int64_t)(share * 1000000 + 0.5));
}

/* The starts from the first to the last, in blocks; without UTF-8, in digits. */
static char *draw_starts(const finding *at, const beacon *found)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const bool utf8 = at->asking->question->manner.utf8;
    const fz_start *starts = &g_array_index(at->starts, fz_start, found->first);
    const double span = (double)(starts[found->count - 1].time_us - starts[0].time_us) + 1;
    uint32_t bins[STARTS_SHOWN] = {0}, most = 1;
    GString *line = g_string_new("starts  ");

    for (size_t i = 0; i < found->count; i++) {
        const size_t bin = (size_t)((double)(starts[i].time_us - starts[0].time_us) / span * STARTS_SHOWN);
        bins[MIN(bin, STARTS_SHOWN - 1U)]++;
    }
    for (size_t i = 0; i < STARTS_SHOWN; i++)
        most = MAX(most, bins[i]);
    for (size_t i = 0; i < STARTS_SHOWN; i++) {
        const unsigned height = bins[i] == 0 ? 0 : 1 + (bins[i] * 7 - 1) / most;
        if (utf8)
            g_string_append(line, blocks[MIN(height, 8U)]);
        else
            g_string_append_c(line, height == 0 ? '.' : (char)('0' + height));
    }
    return g_string_free(line, FALSE);
}

static void print_row(const finding *at, fz_answer *answer, const beacon *found)
{
    const find_key *key = fz_find_keys_get(at->keys, found->key);
    const uint32_t *zones = &g_array_index(at->zones, uint32_t, 2 * (gsize)found->key);
    const fz_rhythm *rhythm = &found->rhythm;
    const fz_start *starts = &g_array_index(at->starts, fz_start, found->first);
    g_autofree char *service = fz_service_label(key->protocol, key->port);
    g_autofree char *line = draw_starts(at, found);
    char client[FZ_ADDR_TEXT_SIZE], server[FZ_ADDR_TEXT_SIZE];
    const fz_cell cells[COLUMNS] = {
        [SCORE] = {.number = (int64_t)(found->score + 0.5), .unknown = rhythm->strobe},
        [CLIENT] = fz_find_text(fz_find_addr(key, FZ_INITIATOR, client)),
        [SERVER] = fz_find_text(fz_find_addr(key, FZ_RESPONDER, server)),
        [SERVICE] = fz_find_text(service),
        [STARTS] = fz_find_number((int64_t)found->count),
        [EVERY] = fz_find_number(rhythm->every_us),
        [SPREAD] = fz_find_number(rhythm->spread_us),
        [BYTES] = fz_find_number(rhythm->bytes),
        [KIND] = fz_find_text(rhythm->strobe ? "strobe" : "beacon"),
        [CLIENT_ZONE] = fz_find_text(fz_dictionary_name(at->asking->zones, zones[0])),
        [SERVER_ZONE] = fz_find_text(fz_dictionary_name(at->asking->zones, zones[1])),
        [FIRST] = fz_find_number(starts[0].time_us),
        [LAST] = fz_find_number(starts[found->count - 1].time_us),
        [BYTES_SPREAD] = fz_find_number(rhythm->bytes_spread),
        [ALL_BYTES] = fz_find_number(found->bytes),
        [INTERVALS] = ratio(rhythm->intervals),
        [SIZES] = ratio(rhythm->sizes),
        [HOURS] = ratio(rhythm->hours),
        [FLAT] = ratio(rhythm->flat),
        [CALLERS] = fz_find_number((int64_t)found->callers),
        [CLIENTS] = fz_find_number((int64_t)found->clients),
    };

    fz_answer_row(answer, cells);
    const fz_cell nothing[] = {{.unknown = true}};
    fz_answer_remark(answer, nothing, 1, line);
}

/* Who else calls the first one, and how to leave it out. */
static void print_remarks(const finding *at)
{
    const beacon *found = &g_array_index(at->beacons, beacon, 0);
    const find_key *key = fz_find_keys_get(at->keys, found->key);
    const uint32_t id = g_array_index(at->zones, uint32_t, 2 * (gsize)found->key);
    g_autofree char *zone = fz_text_table(fz_dictionary_name(at->asking->zones, id));
    char server[FZ_ADDR_TEXT_SIZE];

    printf("    %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " client%s of %s call%s the first server.\n"
           "    No other beacon reached %u.\n    Leave it out with --exclude 'server ip %s'.\n",
           found->callers, found->clients, fz_text_plural(found->clients), zone, found->callers == 1 ? "s" : "",
           at->find->score, fz_find_addr(key, FZ_RESPONDER, server));
}

static bool print(const finding *at, GError **error)
{
    const fz_question *question = at->asking->question;
    const bool table = question->manner.format == FZ_ANSWER_TABLE;
    const guint shown = MIN(question->most > 0 ? question->most : G_MAXUINT, at->beacons->len);

    if (at->beacons->len == 0 && table) {
        printf("    no beacon reached %u\n", at->find->score);
        return true;
    }
    fz_answer *answer = fz_answer_begin(stdout, &question->manner, columns, COLUMNS, false);
    for (guint i = 0; i < shown; i++)
        print_row(at, answer, &g_array_index(at->beacons, beacon, i));
    if (!fz_find_end(at->asking, answer, shown, at->beacons->len, error))
        return false;
    if (table)
        print_remarks(at);
    return true;
}

static bool conclude(void *user, GError **error)
{
    finding *at = user;

    if (at->full) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                    "more than %d starts; expected a shorter period, or a filter", STARTS_MOST);
        return false;
    }
    judge_all(at);
    if (!weigh(at, error))
        return false;
    at->asking->found = at->beacons->len > 0;
    return print(at, error);
}

static bool find_all(finding *at, GError **error)
{
    find_sums sums = {.take = take, .user = at};

    if (fz_captures_records(at->captures) > KEPT_ALL && !at->asking->question->sql && !count_rows(at, error))
        return false;
    return fz_find_run(at->asking, at->captures, &sums, conclude, error);
}

bool fz_find_beacons(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    finding at = {
        .asking = asking,
        .captures = captures,
        .find = asking->question->user,
        .keys = fz_find_keys_new(),
        .zones = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
        .starts = g_array_new(FALSE, FALSE, sizeof(fz_start)),
        .beacons = g_array_new(FALSE, FALSE, sizeof(beacon)),
        .seen = fz_find_set_new(),
    };
    const bool done = captures && find_all(&at, error);

    g_free(at.counters);
    fz_find_keys_free(at.keys);
    g_array_unref(at.zones);
    g_array_unref(at.starts);
    g_array_unref(at.beacons);
    fz_find_set_free(at.seen);
    return done;
}
