/* `find long`: conversations that last long, also across captures.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_private.h"

#include "plus.h"

#include <string.h>

/* What is kept before the shortest are dropped. */
enum { KEPT = 100000 };

typedef struct finding {
    fz_asking *asking;
    const fz_captures *captures;
    int64_t least_us;
    GArray *found; /* of fz_joined */
    uint64_t count;
    int64_t bytes;
} finding;

enum {
    LASTED,
    BEGAN,
    ENDED,
    CLIENT,
    SERVER,
    SERVICE,
    BYTES,
    PACKETS,
    CLIENT_ZONE,
    SERVER_ZONE,
    OPENED,
    PARTS,
    SOURCE,
    SENSOR,
    CLASS,
    COLUMNS
};

static const fz_answer_column columns[COLUMNS] = {
    [CLASS] = {"class_h", NULL, FZ_CELL_NUMBER},
    [LASTED] = {"duration_us", "lasted", FZ_CELL_SPAN},
    [BEGAN] = {"began", "began", FZ_CELL_TIME},
    [ENDED] = {"ended", NULL, FZ_CELL_TIME},
    [CLIENT] = {"client", "client", FZ_CELL_ADDR},
    [SERVER] = {"server", "server", FZ_CELL_ADDR},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},
    [BYTES] = {"bytes", "bytes", FZ_CELL_BYTES},
    [PACKETS] = {"packets", NULL, FZ_CELL_COUNT},
    [CLIENT_ZONE] = {"client_zone", NULL, FZ_CELL_TEXT},
    [SERVER_ZONE] = {"server_zone", NULL, FZ_CELL_TEXT},
    [OPENED] = {"opened", NULL, FZ_CELL_TEXT},
    [PARTS] = {"parts", NULL, FZ_CELL_COUNT},
    [SOURCE] = {"source", NULL, FZ_CELL_TEXT},
    [SENSOR] = {"sensor", NULL, FZ_CELL_TEXT},
};

static uint64_t duration(const fz_joined *joined)
{
    return (uint64_t)joined->record.end_us - (uint64_t)joined->record.start_us;
}

static gint compare(gconstpointer left, gconstpointer right)
{
    const fz_joined *a = left, *b = right;

    if (duration(a) != duration(b))
        return duration(a) > duration(b) ? -1 : 1;
    if (a->record.start_us != b->record.start_us)
        return a->record.start_us < b->record.start_us ? -1 : 1;
    if (a->load_id != b->load_id)
        return a->load_id < b->load_id ? -1 : 1;
    return a->row_no < b->row_no ? -1 : a->row_no > b->row_no;
}

static int64_t bytes_of(const fz_record *record)
{
    return (int64_t)fz_plus_counts(record->bytes[0], record->bytes[1]);
}

static void take(const fz_joined *joined, void *user)
{
    finding *at = user;

    /* Announcements to a group never end. */
    if (duration(joined) < (uint64_t)at->least_us ||
        fz_find_is_for_many(joined->record.family, joined->record.addr[FZ_RESPONDER]) ||
        fz_find_is_for_many(joined->record.family, joined->record.addr[FZ_INITIATOR]))
        return;
    at->count++;
    at->bytes = fz_plus(at->bytes, bytes_of(&joined->record));
    g_array_append_vals(at->found, joined, 1);
    if (at->found->len >= 2 * KEPT) {
        g_array_sort(at->found, compare);
        g_array_set_size(at->found, KEPT);
    }
}

/* 12, 8, 4 or 1 hours; 0: less. */
static int64_t class_of(uint64_t duration_us)
{
    static const int64_t hours[] = {12, 8, 4, 1};

    for (size_t i = 0; i < G_N_ELEMENTS(hours); i++)
        if (duration_us >= (uint64_t)hours[i] * 3600 * G_USEC_PER_SEC)
            return hours[i];
    return 0;
}

static void print_row(const finding *at, fz_answer *answer, const fz_joined *joined)
{
    const fz_record *record = &joined->record;
    const find_key key = fz_find_key(record);
    const fz_capture_row *capture = fz_captures_find(at->captures, joined->load_id);
    g_autofree char *service = fz_service_label(record->protocol, key.port);
    char client[FZ_ADDR_TEXT_SIZE], server[FZ_ADDR_TEXT_SIZE];
    const fz_cell cells[COLUMNS] = {
        [CLASS] = fz_find_number(class_of(duration(joined))),
        [LASTED] = fz_find_number((int64_t)duration(joined)),
        [BEGAN] = fz_find_number(record->start_us),
        [ENDED] = fz_find_number(record->end_us),
        [CLIENT] = fz_find_text(fz_find_addr(&key, FZ_INITIATOR, client)),
        [SERVER] = fz_find_text(fz_find_addr(&key, FZ_RESPONDER, server)),
        [SERVICE] = fz_find_text(service),
        [BYTES] = fz_find_number(bytes_of(record)),
        [PACKETS] = fz_find_number((int64_t)fz_plus_counts(record->packets[0], record->packets[1])),
        [CLIENT_ZONE] = fz_find_text(fz_dictionary_name(at->asking->zones, record->zone[FZ_INITIATOR])),
        [SERVER_ZONE] = fz_find_text(fz_dictionary_name(at->asking->zones, record->zone[FZ_RESPONDER])),
        [OPENED] = fz_find_text(fz_opened_names[MIN(record->opened, FZ_OPENED_COUNT - 1)]),
        [PARTS] = fz_find_number(joined->parts),
        [SOURCE] = fz_find_text(capture ? capture->source : ""),
        [SENSOR] = fz_find_text(capture ? capture->sensor : ""),
    };

    fz_answer_row(answer, cells);
}

static bool print(void *user, GError **error)
{
    finding *at = user;
    const fz_question *question = at->asking->question;

    at->asking->found = at->count > 0;
    if (at->count == 0 && question->manner.format == FZ_ANSWER_TABLE) {
        printf("    no conversation lasted so long\n");
        return true;
    }
    fz_answer *answer = fz_answer_begin(stdout, &question->manner, columns, COLUMNS, false);
    const guint shown = MIN(question->most > 0 ? question->most : G_MAXUINT, at->found->len);
    int64_t rest_bytes = at->bytes;
    fz_cell rest[COLUMNS];

    g_array_sort(at->found, compare);
    for (guint i = 0; i < shown; i++) {
        const fz_joined *joined = &g_array_index(at->found, fz_joined, i);
        rest_bytes -= bytes_of(&joined->record);
        print_row(at, answer, joined);
    }
    for (size_t i = 0; i < COLUMNS; i++)
        rest[i] = (fz_cell){.unknown = true};
    rest[BYTES] = (fz_cell){.number = rest_bytes, .unknown = at->bytes == INT64_MAX};
    if (at->count > shown && question->manner.format == FZ_ANSWER_TABLE)
        fz_answer_other(answer, at->count - shown, rest);
    return fz_answer_end(answer, error);
}

bool fz_find_long(fz_asking *asking, GError **error)
{
    const fz_find *find = asking->question->user;
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(fz_joined));
    finding at = {asking, captures, (int64_t)find->span_s * G_USEC_PER_SEC, found, 0, 0};
    find_sums sums = {.take = take, .user = &at};

    return captures && fz_find_run(asking, captures, &sums, print, error);
}
