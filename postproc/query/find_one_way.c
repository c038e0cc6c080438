/* `find one-way`: conversations of which one direction alone was seen, by sensor.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_private.h"
#include "plus.h"
#include "text.h"

#include <string.h>

/* Conversations of a sensor, two zones and a service. */
typedef struct heap {
    char *sensor, *client, *server, *service;
    int64_t all;                /* conversations */
    int64_t one_way, half_seen; /* without an answer; of them, TCP that went on as if there had been one */
    int64_t packets, bytes;     /* of those without an answer */
} heap;

typedef struct finding {
    fz_asking *asking;
    const fz_captures *captures;
    GHashTable *heaps; /* of heap, by its four texts */
    fz_find_keys *keys;
    GPtrArray *of_keys; /* the heap of each */
    int64_t one_way;    /* conversations in all of them */
} finding;

static void free_heap(void *at)
{
    heap *freed = at;

    g_free(freed->sensor);
    g_free(freed->client);
    g_free(freed->server);
    g_free(freed->service);
    g_free(freed);
}

static heap *find_by_texts(const finding *at, const fz_joined *joined)
{
    const fz_record *record = &joined->record;
    const fz_capture_row *capture = fz_captures_find(at->captures, joined->load_id);
    const char *sensor = capture ? capture->sensor : "";
    const char *client = fz_dictionary_name(at->asking->zones, record->zone[FZ_INITIATOR]);
    const char *server = fz_dictionary_name(at->asking->zones, record->zone[FZ_RESPONDER]);
    g_autofree char *service = fz_service_label(record->protocol, fz_find_port(record));
    g_autofree char *key = g_strjoin("\x1f", sensor, client, server, service, NULL);
    heap *found = g_hash_table_lookup(at->heaps, key);

    if (found)
        return found;
    found = g_new0(heap, 1);
    found->sensor = g_strdup(sensor);
    found->client = g_strdup(client);
    found->server = g_strdup(server);
    found->service = g_steal_pointer(&service);
    g_hash_table_insert(at->heaps, g_steal_pointer(&key), found);
    return found;
}

/* Texts are made once for all that have the same numbers. */
static heap *find_heap(const finding *at, const fz_joined *joined)
{
    const fz_record *record = &joined->record;
    const uint32_t numbers[] = {record->zone[FZ_INITIATOR], record->zone[FZ_RESPONDER], joined->sensor};
    find_key key = {.port = fz_find_port(record), .protocol = record->protocol};
    bool is_new;

    memcpy(key.addr[0], numbers, sizeof numbers);
    const uint32_t number = fz_find_keys_add(at->keys, &key, &is_new);
    if (is_new)
        g_ptr_array_add(at->of_keys, find_by_texts(at, joined));
    return g_ptr_array_index(at->of_keys, number);
}

static void take(const fz_joined *joined, void *user)
{
    enum { TCP = 6, ACK = 0x10 };
    finding *at = user;
    const fz_record *record = &joined->record;

    if (!fz_find_wants_answer(record))
        return;
    heap *found = find_heap(at, joined);
    found->all++;
    if (record->packets[FZ_RESPONDER] > 0)
        return;
    at->one_way++;
    found->one_way++;
    found->half_seen += record->protocol == TCP && (record->tcp_flags[FZ_INITIATOR] & ACK) != 0;
    found->packets = fz_plus(found->packets, (int64_t)record->packets[FZ_INITIATOR]);
    found->bytes = fz_plus(found->bytes, (int64_t)record->bytes[FZ_INITIATOR]);
}

static gint compare(gconstpointer left, gconstpointer right)
{
    const heap *a = *(const heap *const *)left, *b = *(const heap *const *)right;
    const char *const texts[][2] = {
        {a->sensor, b->sensor}, {a->client, b->client}, {a->server, b->server}, {a->service, b->service}};
    int order = 0;

    if (a->one_way != b->one_way)
        return a->one_way > b->one_way ? -1 : 1;
    for (size_t i = 0; i < G_N_ELEMENTS(texts) && order == 0; i++)
        order = strcmp(texts[i][0], texts[i][1]);
    return order;
}

/* Columns. */
enum { CLIENT, SERVER, SERVICE, SENSOR, ONE_WAY, HALF_SEEN, ALL, SHARE, PACKETS, BYTES, COLUMNS };

static const fz_answer_column columns[COLUMNS] = {
    [CLIENT] = {"client_zone", "client", FZ_CELL_TEXT}, [SERVER] = {"server_zone", "server", FZ_CELL_TEXT},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},   [SENSOR] = {"sensor", "sensor", FZ_CELL_TEXT},
    [ONE_WAY] = {"one_way", "one-way", FZ_CELL_COUNT},  [HALF_SEEN] = {"half_seen", "half seen", FZ_CELL_COUNT},
    [ALL] = {"conversations", "of", FZ_CELL_COUNT},     [SHARE] = {"share", "%", FZ_CELL_SHARE},
    [PACKETS] = {"packets", NULL, FZ_CELL_COUNT},       [BYTES] = {"bytes", "bytes", FZ_CELL_BYTES},
};

static void print_row(fz_answer *answer, const heap *row)
{
    const fz_cell cells[COLUMNS] = {
        [CLIENT] = fz_find_text(row->client),
        [SERVER] = fz_find_text(row->server),
        [SERVICE] = fz_find_text(row->service),
        [SENSOR] = fz_find_text(row->sensor),
        [ONE_WAY] = fz_find_number(row->one_way),
        [HALF_SEEN] = fz_find_number(row->half_seen),
        [ALL] = fz_find_number(row->all),
        [SHARE] = fz_find_number((int64_t)((double)row->one_way / (double)row->all * 1000000)),
        [PACKETS] = fz_find_number(row->packets),
        [BYTES] = fz_find_number(row->bytes),
    };

    fz_answer_row(answer, cells);
}

/* What rows with too few have, so that nothing is left out in silence. */
static void print_rest(const finding *at, const GPtrArray *rows)
{
    const fz_find *find = at->asking->question->user;
    int64_t rest = at->one_way;

    for (guint i = 0; i < rows->len; i++)
        rest -= ((const heap *)g_ptr_array_index(rows, i))->one_way;
    g_autofree char *count = fz_text_grouped((uint64_t)rest);
    if (at->one_way == 0)
        printf("    all conversations were seen both ways\n");
    else if (rest > 0)
        printf("    %s%s one-way conversation%s in rows of fewer than %u: --least\n", rows->len > 0 ? "and " : "",
               count, fz_text_plural((uint64_t)rest), find->least);
}

static bool print(void *user, GError **error)
{
    const finding *at = user;
    const fz_question *question = at->asking->question;
    const fz_find *find = question->user;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, at->heaps);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const heap *)value)->one_way >= (int64_t)find->least)
            g_ptr_array_add(rows, value);
    g_ptr_array_sort(rows, compare);
    at->asking->found = rows->len > 0;
    const bool table = question->manner.format == FZ_ANSWER_TABLE;
    const guint shown = MIN(question->most > 0 ? question->most : G_MAXUINT, rows->len);
    if (rows->len > 0 || !table) {
        fz_answer *answer = fz_answer_begin(stdout, &question->manner, columns, COLUMNS, false);
        for (guint i = 0; i < shown; i++)
            print_row(answer, g_ptr_array_index(rows, i));
        if (!fz_find_end(at->asking, answer, shown, rows->len, error))
            return false;
    }
    if (table)
        print_rest(at, rows);
    return true;
}

bool fz_find_one_way(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    g_autoptr(GHashTable) heaps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_heap);
    g_autoptr(fz_find_keys) keys = fz_find_keys_new();
    g_autoptr(GPtrArray) of_keys = g_ptr_array_new();
    finding at = {asking, captures, heaps, keys, of_keys, 0};
    find_sums sums = {.take = take, .user = &at};

    return captures && fz_find_run(asking, captures, &sums, print, error);
}
