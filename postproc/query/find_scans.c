/* `find scans`: clients whose targets do not answer, or refuse.
 *
 * A sequential test (Jung and others, "Fast portscan detection using sequential hypothesis testing", 2004): each target
 * that a client tries first, a port of a server, moves it four times nearer to a scanner if there is no answer, and as
 * far away if there is. A client that is found innocent begins anew.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_private.h"

#include "plus.h"

#include <string.h>

/* In thousandths: ln 4, and ln 99, the verdict. */
enum { STEP = 1386, VERDICT = 4595 };

typedef struct scanner {
    int64_t walk;
    bool found;
    uint64_t unanswered, answered;      /* targets */
    uint64_t servers, ports, cross;     /* of those without an answer; to how many of them in another zone */
    int64_t first_us, last_us, packets; /* of the same */
    uint32_t zone;
    find_key target; /* the first without an answer */
} scanner;

typedef struct finding {
    fz_asking *asking;
    const fz_find *find;
    fz_find_keys *clients;
    GArray *scanners; /* of scanner, one for each client */
    fz_find_set *seen;
} finding;

typedef enum outcome { NO_TARGET, ANSWERED, UNANSWERED } outcome;

/* A TCP server that sent a SYN answered, one that sent nothing but RST refused. What a client goes on to send although
 * no answer was seen is half of a conversation: nothing tells how that ended. */
static outcome outcome_of_tcp(const fz_record *record)
{
    enum { SYN = 0x02, RST = 0x04, ACK = 0x10, PSH = 0x08 };
    const uint16_t client = record->tcp_flags[FZ_INITIATOR], server = record->tcp_flags[FZ_RESPONDER];

    if (record->packets[FZ_RESPONDER] > 0 && (server & RST) != 0 && (server & (SYN | PSH)) == 0)
        return (client & PSH) != 0 ? NO_TARGET : UNANSWERED;
    if (record->packets[FZ_RESPONDER] > 0)
        return ANSWERED;
    return (client & ACK) != 0 ? NO_TARGET : UNANSWERED;
}

static outcome outcome_of(const fz_record *record)
{
    enum { TCP = 6 };

    if (!fz_find_wants_answer(record))
        return NO_TARGET;
    if (record->protocol == TCP)
        return outcome_of_tcp(record);
    return record->packets[FZ_RESPONDER] > 0 ? ANSWERED : UNANSWERED;
}

static void count_unanswered(finding *at, scanner *client, const fz_joined *joined, const find_key *target)
{
    const fz_record *record = &joined->record;
    find_key server = *target, port = *target;

    server.port = 0;
    server.protocol = 0;
    server.zone = 1;
    memset(port.addr[FZ_RESPONDER], 0, sizeof port.addr[0]);
    port.zone = 2;
    client->servers += fz_find_set_add(at->seen, &server);
    client->ports += fz_find_set_add(at->seen, &port);
    client->cross += strcmp(fz_dictionary_name(at->asking->zones, record->zone[0]),
                            fz_dictionary_name(at->asking->zones, record->zone[1])) != 0;
    client->packets = fz_plus(client->packets, (int64_t)record->packets[FZ_INITIATOR]);
    if (client->unanswered++ == 0) {
        client->target = *target;
        client->first_us = record->start_us;
        client->last_us = record->end_us;
    }
    client->first_us = MIN(client->first_us, record->start_us);
    client->last_us = MAX(client->last_us, record->end_us);
}

static void take(const fz_joined *joined, void *user)
{
    finding *at = user;
    const find_key target = fz_find_key(&joined->record);
    const outcome what = outcome_of(&joined->record);
    find_key client = {.family = target.family};
    bool is_new;

    if (what == NO_TARGET || !fz_find_set_add(at->seen, &target))
        return;
    memcpy(client.addr[0], target.addr[0], sizeof client.addr[0]);
    const uint32_t number = fz_find_keys_add(at->clients, &client, &is_new);
    if (is_new) {
        const scanner next = {.zone = joined->record.zone[FZ_INITIATOR]};
        g_array_append_val(at->scanners, next);
    }
    scanner *found = &g_array_index(at->scanners, scanner, number);
    found->walk += what == UNANSWERED ? STEP : -STEP;
    found->found |= found->walk >= VERDICT;
    if (found->walk <= -VERDICT)
        found->walk = 0;
    if (what == UNANSWERED)
        count_unanswered(at, found, joined, &target);
    else
        found->answered++;
}

/* Columns. */
enum {
    CLIENT,
    KIND,
    SERVER,
    SERVICE,
    UNANSWERED_TARGETS,
    ANSWERED_TARGETS,
    SERVERS,
    PORTS,
    FIRST,
    LAST,
    CROSS,
    PACKETS,
    CLIENT_ZONE,
    COLUMNS
};

static const fz_answer_column columns[COLUMNS] = {
    [CLIENT] = {"client", "client", FZ_CELL_ADDR},
    [KIND] = {"kind", "scan", FZ_CELL_TEXT},
    [SERVER] = {"server", "server", FZ_CELL_ADDR},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},
    [UNANSWERED_TARGETS] = {"unanswered", "unanswered", FZ_CELL_COUNT},
    [ANSWERED_TARGETS] = {"answered", "answered", FZ_CELL_COUNT},
    [SERVERS] = {"servers", NULL, FZ_CELL_COUNT},
    [PORTS] = {"ports", NULL, FZ_CELL_COUNT},
    [FIRST] = {"first", NULL, FZ_CELL_TIME},
    [LAST] = {"last", NULL, FZ_CELL_TIME},
    [CROSS] = {"cross", NULL, FZ_CELL_COUNT},
    [PACKETS] = {"packets", NULL, FZ_CELL_COUNT},
    [CLIENT_ZONE] = {"client_zone", NULL, FZ_CELL_TEXT},
};

static void print_row(const finding *at, fz_answer *answer, uint32_t number)
{
    const scanner *found = &g_array_index(at->scanners, scanner, number);
    g_autofree char *service = found->ports == 1 ? fz_service_label(found->target.protocol, found->target.port)
                                                 : g_strdup_printf("%" G_GUINT64_FORMAT " ports", found->ports);
    char client[FZ_ADDR_TEXT_SIZE], server[FZ_ADDR_TEXT_SIZE];
    g_autofree char *servers = found->servers == 1 ? g_strdup(fz_find_addr(&found->target, FZ_RESPONDER, server))
                                                   : g_strdup_printf("%" G_GUINT64_FORMAT " servers", found->servers);
    const fz_cell cells[COLUMNS] = {
        [CLIENT] = fz_find_text(fz_find_addr(&found->target, FZ_INITIATOR, client)),
        [KIND] = fz_find_text(found->servers >= found->ports ? "horizontal" : "vertical"),
        [SERVER] = fz_find_text(servers),
        [SERVICE] = fz_find_text(service),
        [UNANSWERED_TARGETS] = fz_find_number((int64_t)found->unanswered),
        [ANSWERED_TARGETS] = fz_find_number((int64_t)found->answered),
        [SERVERS] = fz_find_number((int64_t)found->servers),
        [PORTS] = fz_find_number((int64_t)found->ports),
        [FIRST] = fz_find_number(found->first_us),
        [LAST] = fz_find_number(found->last_us),
        [CROSS] = fz_find_number((int64_t)found->cross),
        [PACKETS] = fz_find_number(found->packets),
        [CLIENT_ZONE] = fz_find_text(fz_dictionary_name(at->asking->zones, found->zone)),
    };

    fz_answer_row(answer, cells);
}

/* Those that reach into other zones first, then those with most targets. */
static gint compare(gconstpointer left, gconstpointer right, void *user)
{
    const GArray *scanners = user;
    const uint32_t numbers[2] = {*(const uint32_t *)left, *(const uint32_t *)right};
    const scanner *a = &g_array_index(scanners, scanner, numbers[0]);
    const scanner *b = &g_array_index(scanners, scanner, numbers[1]);

    if ((a->cross > 0) != (b->cross > 0))
        return a->cross > 0 ? -1 : 1;
    if (a->unanswered != b->unanswered)
        return a->unanswered > b->unanswered ? -1 : 1;
    return numbers[0] < numbers[1] ? -1 : 1;
}

static bool print(void *user, GError **error)
{
    const finding *at = user;
    const fz_question *question = at->asking->question;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t i = 0; i < at->scanners->len; i++) {
        const scanner *client = &g_array_index(at->scanners, scanner, i);
        if (client->found && client->unanswered >= at->find->least)
            g_array_append_val(found, i);
    }
    g_array_sort_with_data(found, compare, at->scanners);
    at->asking->found = found->len > 0;
    if (found->len == 0 && question->manner.format == FZ_ANSWER_TABLE) {
        printf("    nobody scans\n");
        return true;
    }
    const guint shown = MIN(question->most > 0 ? question->most : G_MAXUINT, found->len);
    fz_answer *answer = fz_answer_begin(stdout, &question->manner, columns, COLUMNS, false);
    for (guint i = 0; i < shown; i++)
        print_row(at, answer, g_array_index(found, uint32_t, i));
    return fz_find_end(at->asking, answer, shown, found->len, error);
}

bool fz_find_scans(fz_asking *asking, GError **error)
{
    g_autoptr(fz_captures) captures = fz_captures_read(asking->store, &asking->question->range, error);
    g_autoptr(fz_find_keys) clients = fz_find_keys_new();
    g_autoptr(GArray) scanners = g_array_new(FALSE, FALSE, sizeof(scanner));
    g_autoptr(fz_find_set) seen = fz_find_set_new();
    finding at = {asking, asking->question->user, clients, scanners, seen};
    find_sums sums = {.take = take, .user = &at};

    return captures && fz_find_run(asking, captures, &sums, print, error);
}
