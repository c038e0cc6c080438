/* The question `check`: how what is not allowed is printed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_private.h"

#include "text.h"

#include <string.h>

/* Columns of a conversation. CSV and JSON have, before them, the sums of all that are between its zones and rule. */
enum {
    CLIENT_ZONE,
    SERVER_ZONE,
    RULE_LINE,
    RULE,
    ALL_FLOWS,
    ALL_BYTES,
    ALL_SURE,
    ALL_FIRST,
    ALL_LAST,
    BEGAN,
    ENDED,
    CLIENT,
    SERVER,
    SERVICE,
    PROTOCOL,
    CLIENT_PORT,
    SERVER_PORT,
    PACKETS,
    BYTES,
    OPENED,
    SURE,
    CAPTURE,
    SENSOR,
    LOAD_ID,
    ROW_NO,
    COLUMNS
};

static const fz_answer_column columns[COLUMNS] = {
    [CLIENT_ZONE] = {"client_zone", NULL, FZ_CELL_TEXT},
    [SERVER_ZONE] = {"server_zone", NULL, FZ_CELL_TEXT},
    [RULE_LINE] = {"rule_line", NULL, FZ_CELL_NUMBER},
    [RULE] = {"rule", NULL, FZ_CELL_TEXT},
    [ALL_FLOWS] = {"all_flows", NULL, FZ_CELL_COUNT},
    [ALL_BYTES] = {"all_bytes", NULL, FZ_CELL_BYTES},
    [ALL_SURE] = {"all_sure", NULL, FZ_CELL_COUNT},
    [ALL_FIRST] = {"all_first", NULL, FZ_CELL_TIME},
    [ALL_LAST] = {"all_last", NULL, FZ_CELL_TIME},
    [BEGAN] = {"began", "began", FZ_CELL_TIME},
    [ENDED] = {"ended", NULL, FZ_CELL_TIME},
    [CLIENT] = {"client", "client", FZ_CELL_ADDR},
    [SERVER] = {"server", "server", FZ_CELL_ADDR},
    [SERVICE] = {"service", "service", FZ_CELL_TEXT},
    [PROTOCOL] = {"protocol", NULL, FZ_CELL_NUMBER},
    [CLIENT_PORT] = {"client_port", NULL, FZ_CELL_NUMBER},
    [SERVER_PORT] = {"server_port", NULL, FZ_CELL_NUMBER},
    [PACKETS] = {"packets", NULL, FZ_CELL_COUNT},
    [BYTES] = {"bytes", "bytes", FZ_CELL_BYTES},
    [OPENED] = {"opened", NULL, FZ_CELL_TEXT},
    [SURE] = {"sure", "sure", FZ_CELL_TEXT},
    [CAPTURE] = {"source", "capture", FZ_CELL_TEXT},
    [SENSOR] = {"sensor", NULL, FZ_CELL_TEXT},
    [LOAD_ID] = {"load_id", NULL, FZ_CELL_NUMBER},
    [ROW_NO] = {"row_no", NULL, FZ_CELL_NUMBER},
};

/* A table has the zones above it. */
static size_t first_column(const checking *at)
{
    return at->asking->question->manner.format == FZ_ANSWER_TABLE ? BEGAN : 0;
}

static fz_cell text(const char *value)
{
    return (fz_cell){.text = value};
}

static fz_cell number(int64_t value)
{
    return (fz_cell){.number = value};
}

static const fz_policy_rule *rule_of(const checking *at, int rule)
{
    return rule >= 0 ? fz_policy_get(at->check->policy, (size_t)rule) : NULL;
}

static void fill_breach(const check_breach *breach, const fz_policy_rule *rule, const char *printed, fz_cell *cells)
{
    const bool unread = breach->read == 0;

    cells[CLIENT_ZONE] = text(breach->client);
    cells[SERVER_ZONE] = text(breach->server);
    cells[RULE_LINE] = rule ? number(rule->line) : (fz_cell){.unknown = true};
    cells[RULE] = text(printed);
    cells[ALL_FLOWS] = number(breach->flows);
    cells[ALL_BYTES] = number(breach->bytes);
    cells[ALL_SURE] = (fz_cell){.number = breach->sure, .unknown = unread};
    cells[ALL_FIRST] = (fz_cell){.number = breach->first_us, .unknown = unread};
    cells[ALL_LAST] = (fz_cell){.number = breach->last_us, .unknown = unread};
}

static void fill_row(const check_row *row, const fz_capture_row *capture, fz_cell *cells)
{
    const fz_record *record = &row->record;

    cells[BEGAN] = number(record->start_us);
    cells[ENDED] = number(record->end_us);
    cells[PROTOCOL] = number(record->protocol);
    cells[CLIENT_PORT] = number(record->port[FZ_INITIATOR]);
    cells[SERVER_PORT] = number(record->port[FZ_RESPONDER]);
    cells[PACKETS] = number((int64_t)(record->packets[0] + record->packets[1]));
    cells[BYTES] = number((int64_t)(record->bytes[0] + record->bytes[1]));
    cells[OPENED] = text(fz_opened_names[MIN(record->opened, FZ_OPENED_COUNT - 1)]);
    cells[SURE] = text(fz_opened_is_sure(record->opened) ? "yes" : "no");
    cells[CAPTURE] = text(capture ? capture->source : "");
    cells[SENSOR] = text(capture ? capture->sensor : "");
    cells[LOAD_ID] = number(row->load_id);
    cells[ROW_NO] = number(row->row_no);
}

static char *print_addr(const fz_record *record, int end, char text[FZ_ADDR_TEXT_SIZE])
{
    fz_addr addr = {.family = record->family};

    memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
    return fz_addr_print(&addr, text);
}

static void print_row(const checking *at, fz_answer *answer, const check_row *row, fz_cell *cells)
{
    const fz_record *record = &row->record;
    g_autofree char *service = fz_service_label(record->protocol, fz_service_port(record));
    char addrs[2][FZ_ADDR_TEXT_SIZE];

    for (int end = 0; end < 2; end++)
        cells[CLIENT + end] = text(print_addr(record, end, addrs[end]));
    cells[SERVICE] = text(service);
    fill_row(row, fz_captures_find(at->captures, row->load_id), cells);
    fz_answer_row(answer, cells + first_column(at));
}

static void print_rows(const checking *at, fz_answer *answer, const check_breach *breach)
{
    const fz_policy_rule *rule = rule_of(at, breach->rule);
    g_autofree char *printed = rule ? fz_policy_rule_print(rule) : g_strdup("");
    int64_t flows = breach->flows, bytes = breach->bytes;
    fz_cell cells[COLUMNS] = {0};

    fill_breach(breach, rule, printed, cells);
    for (guint i = 0; i < breach->rows->len; i++) {
        const check_row *row = &g_array_index(breach->rows, check_row, i);

        print_row(at, answer, row, cells);
        flows--;
        bytes -= (int64_t)(row->record.bytes[0] + row->record.bytes[1]);
    }
    if (flows <= 0 || at->asking->question->manner.format != FZ_ANSWER_TABLE)
        return;
    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = (fz_cell){.unknown = true};
    cells[BYTES] = (fz_cell){.number = bytes, .unknown = breach->bytes == INT64_MAX};
    fz_answer_other(answer, (uint64_t)flows, cells + first_column(at));
}

static char *print_sureness(const check_breach *breach)
{
    if (breach->read == 0)
        return g_strdup("no details");
    if (breach->sure == breach->flows)
        return g_strdup("all sure");
    return breach->sure == 0 ? g_strdup("all guessed")
                             : g_strdup_printf("%" G_GINT64_FORMAT " of them sure", breach->sure);
}

static const char *red(const fz_answer_manner *manner, bool on)
{
    return !manner->colour ? "" : on ? "\033[31m" : "\033[0m";
}

/* What is above the table of a breach. */
static void print_heading(const checking *at, const check_breach *breach)
{
    const fz_answer_manner *manner = &at->asking->question->manner;
    const fz_policy_rule *rule = rule_of(at, breach->rule);
    g_autofree char *client = fz_text_table(breach->client), *server = fz_text_table(breach->server);
    g_autofree char *flows = fz_cell_print(manner, FZ_CELL_COUNT, breach->flows);
    g_autofree char *bytes = fz_cell_print(manner, FZ_CELL_BYTES, breach->bytes);
    g_autofree char *first = fz_cell_print(manner, FZ_CELL_TIME, breach->first_us);
    g_autofree char *last = fz_cell_print(manner, FZ_CELL_TIME, breach->last_us);
    g_autofree char *sureness = print_sureness(breach);

    g_autofree char *zones = g_strdup_printf("%s %s %s", client, manner->utf8 ? "→" : "->", server);
    g_autofree char *sums =
        g_strdup_printf("%s conversation%s, %s, %s", flows, fz_text_plural((uint64_t)breach->flows), bytes, sureness);
    const size_t width = strlen("    not allowed: , ") + fz_answer_width(zones) + fz_answer_width(sums);
    printf("    %snot allowed:%s %s%s%s\n", red(manner, true), red(manner, false), zones,
           width > manner->width && !manner->whole ? "\n    " : ", ", sums);
    if (rule) {
        g_autofree char *printed = fz_policy_rule_print(rule), *shown = fz_text_table(printed);
        printf("    line %u  %s\n", rule->line, shown);
    } else {
        printf("    no rule allows it\n");
    }
    if (breach->read > 0)
        printf("    seen %s to %s\n", first, last);
    printf("\n");
}

/* Names are asked for once, of all tables. */
static void add_names(const checking *at)
{
    char addr[FZ_ADDR_TEXT_SIZE];

    for (guint i = 0; i < at->breaches->len; i++) {
        const GArray *rows = ((const check_breach *)g_ptr_array_index(at->breaches, i))->rows;

        for (guint row = 0; row < rows->len; row++)
            for (int end = 0; end < 2; end++)
                fz_answer_names_add(at->asking->question->manner.names,
                                    print_addr(&g_array_index(rows, check_row, row).record, end, addr));
    }
}

static bool print_tables(checking *at, GError **error)
{
    const fz_answer_manner *manner = &at->asking->question->manner;

    add_names(at);
    for (guint i = 0; i < at->breaches->len; i++) {
        const check_breach *breach = g_ptr_array_index(at->breaches, i);

        print_heading(at, breach);
        fz_answer *answer = fz_answer_begin(stdout, manner, columns + BEGAN, COLUMNS - BEGAN, false);
        if (breach->sure == breach->flows)
            fz_answer_hide(answer, SURE - BEGAN);
        fz_answer_spare(answer, CAPTURE - BEGAN);
        print_rows(at, answer, breach);
        if (!fz_answer_end(answer, error))
            return false;
        printf("\n");
    }
    return true;
}

static void print_unused(const checking *at)
{
    const size_t count = fz_policy_count(at->check->policy);
    size_t unused = 0;

    for (size_t i = 0; i < count; i++)
        unused += at->uses[i].flows == 0;
    if (unused == 0)
        return;
    printf("    rules nobody used (%zu of %zu)\n", unused, count);
    for (size_t i = 0; i < count; i++) {
        const fz_policy_rule *rule = fz_policy_get(at->check->policy, i);
        g_autofree char *printed = fz_policy_rule_print(rule), *shown = fz_text_table(printed);

        if (at->uses[i].flows == 0)
            printf("    %-4u  %s\n", rule->line, shown);
    }
}

static bool print_programs(checking *at, GError **error)
{
    fz_answer *answer = fz_answer_begin(stdout, &at->asking->question->manner, columns, COLUMNS, false);

    for (guint i = 0; i < at->breaches->len; i++)
        print_rows(at, answer, g_ptr_array_index(at->breaches, i));
    return fz_answer_end(answer, error);
}

bool fz_check_print(checking *at, GError **error)
{
    const fz_answer_manner *manner = &at->asking->question->manner;

    if (manner->format != FZ_ANSWER_TABLE) {
        if (!print_programs(at, error))
            return false;
    } else {
        g_autofree char *flows = fz_cell_print(manner, FZ_CELL_COUNT, at->flows);
        if (!print_tables(at, error))
            return false;
        if (at->breaches->len == 0)
            printf("    all %s conversations are allowed\n\n", flows);
        print_unused(at);
    }
    return fz_asking_cover_tier(at->asking, (uint64_t)at->bytes, at->flows, at->tier, error);
}

bool fz_check_print_rules(checking *at, GError **error)
{
    static const fz_answer_column of_rules[] = {
        {"line", "line", FZ_CELL_NUMBER},  {"rule", "rule", FZ_CELL_TEXT},       {"flows", "flows", FZ_CELL_COUNT},
        {"bytes", "bytes", FZ_CELL_BYTES}, {"comment", "comment", FZ_CELL_TEXT},
    };
    fz_answer *answer = fz_answer_begin(stdout, &at->asking->question->manner, of_rules, G_N_ELEMENTS(of_rules), false);

    for (size_t i = 0; i < fz_policy_count(at->check->policy); i++) {
        const fz_policy_rule *rule = fz_policy_get(at->check->policy, i);
        g_autofree char *printed = fz_policy_rule_print(rule);
        const fz_cell cells[] = {number(rule->line), text(printed), number(at->uses[i].flows),
                                 number(at->uses[i].bytes), text(rule->comment)};

        fz_answer_row(answer, cells);
    }
    const fz_cell inside[] = {
        {.unknown = true}, text("inside of one zone"), number(at->inside.flows), number(at->inside.bytes), text("")};
    const fz_cell none[] = {
        {.unknown = true}, text("no rule"), number(at->none.flows), number(at->none.bytes), text("")};
    fz_answer_row(answer, inside);
    fz_answer_row(answer, none);
    if (!fz_answer_end(answer, error))
        return false;
    return fz_asking_cover_tier(at->asking, (uint64_t)at->bytes, at->flows, at->tier, error);
}
