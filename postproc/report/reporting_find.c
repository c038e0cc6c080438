/* What `flowzone find` finds, row by row, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting_find.h"

#include "find.h"
#include "numeral.h"
#include "page_private.h"

#include <string.h>

/* How many of a kind have a text of their own. */
enum { SHOWN = 3 };

typedef struct found_row found_row;

/* A kind of finding: how it is asked for, and what is said of a row. */
typedef struct find_kind {
    const char *word, *kind, *more; /* "beacons", "Beacon", "beacons" */
    fz_answer_work work;
    fz_find thresholds;
    bool is_of_pair; /* rows have the zones of both ends */
    void (*say)(const found_row *row, GString *head, GString *text);
} find_kind;

typedef struct finding {
    const find_kind *kind;
    const fz_reporting *reporting;
    fz_overview *overview;
    int64_t count; /* of rows */
} finding;

/* A row of an answer, whose cells are found by their names. */
struct found_row {
    const finding *at;
    const fz_answer_column *columns;
    const fz_cell *cells;
    size_t count;
};

static const fz_cell *cell_of(const found_row *row, const char *name)
{
    for (size_t i = 0; i < row->count; i++)
        if (g_strcmp0(row->columns[i].name, name) == 0)
            return &row->cells[i];
    g_assert_not_reached();
}

static const char *text_of(const found_row *row, const char *name)
{
    return cell_of(row, name)->text;
}

static int64_t number_of(const found_row *row, const char *name)
{
    return cell_of(row, name)->number;
}

/* An address, or words in its place, or a stand-in. */
static void append_addr(GString *to, const found_row *row, const char *name)
{
    const fz_anonymizer *anonymizer = row->at->reporting->anonymizer;
    g_autofree char *shown = anonymizer ? fz_anonymizer_text(anonymizer, text_of(row, name)) : NULL;

    g_string_append(to, shown ? shown : text_of(row, name));
}

static void append_count(GString *to, const found_row *row, const char *name)
{
    char text[FZ_NUMERAL_SIZE];

    g_string_append(to, fz_numeral_count_print(number_of(row, name), text));
}

static void append_bytes(GString *to, const found_row *row, const char *name)
{
    char text[FZ_NUMERAL_SIZE];

    g_string_append(to, fz_numeral_bytes_print(number_of(row, name), text));
}

static void append_span(GString *to, const found_row *row, const char *name)
{
    static const fz_answer_manner manner = {.utf8 = true};
    g_autofree char *text = fz_cell_print(&manner, FZ_CELL_SPAN, number_of(row, name));

    g_string_append(to, text);
}

/* "from 09:03 to 09:05", "at 09:03" */
static void append_times(GString *to, const found_row *row, const char *first, const char *last)
{
    const fz_overview *overview = row->at->overview;
    char from[FZ_NUMERAL_SIZE], until[FZ_NUMERAL_SIZE];

    fz_page_time(overview, number_of(row, first), from);
    fz_page_time(overview, number_of(row, last), until);
    if (strcmp(from, until) == 0)
        g_string_append_printf(to, "at %s", from);
    else
        g_string_append_printf(to, "from %s to %s", from, until);
}

/* "10.0.1.44 called 203.0.113.44 every 10 min" */
static void say_beacon(const found_row *row, GString *head, GString *text)
{
    append_addr(head, row, "client");
    g_string_append(head, " called ");
    append_addr(head, row, "server");
    g_string_append(head, " every ");
    append_span(head, row, "every_us");
    append_count(text, row, "starts");
    g_string_append_printf(text, " starts of %s. Half of the intervals or more ", text_of(row, "service"));
    g_string_append(text, number_of(row, "spread_us") > 0 ? "differ from that by at most " : "are exactly that");
    if (number_of(row, "spread_us") > 0)
        append_span(text, row, "spread_us");
    g_string_append(text, ". Median of what the client sends: ");
    append_bytes(text, row, "client_bytes");
    if (cell_of(row, "score")->unknown)
        g_string_append(text, ". No score: more than one start a second.");
    else
        g_string_append_printf(text, ". Score %" G_GINT64_FORMAT " of 100.", number_of(row, "score"));
}

/* "10.0.1.88 tried 200 servers, ssh" */
static void say_scan(const found_row *row, GString *head, GString *text)
{
    append_addr(head, row, "client");
    g_string_append(head, " tried ");
    append_addr(head, row, "server");
    g_string_append_printf(head, ", %s", text_of(row, "service"));
    append_count(text, row, "unanswered");
    g_string_append(text, " targets did not answer or refused, ");
    append_count(text, row, "answered");
    g_string_append(text, " answered, ");
    append_times(text, row, "first", "last");
    g_string_append_c(text, '.');
}

/* "10.0.1.5 talked to 10.0.3.22 for 3 h" */
static void say_long(const found_row *row, GString *head, GString *text)
{
    append_addr(head, row, "client");
    g_string_append(head, " talked to ");
    append_addr(head, row, "server");
    g_string_append(head, " for ");
    append_span(head, row, "duration_us");
    g_string_append_printf(text, "%s, ", text_of(row, "service"));
    append_bytes(text, row, "bytes");
    g_string_append(text, ", ");
    append_times(text, row, "began", "ended");
    g_string_append_c(text, '.');
}

/* "private with private, microsoft-ds: seen one way" */
static void say_one_way(const found_row *row, GString *head, GString *text)
{
    const fz_anonymizer *anonymizer = row->at->reporting->anonymizer;
    const char *sensor = text_of(row, "sensor");
    g_autofree char *shown = anonymizer ? fz_anonymizer_name(anonymizer, "sensor", sensor) : g_strdup(sensor);

    g_string_append_printf(head, "%s with %s, %s: seen one way", text_of(row, "client_zone"),
                           text_of(row, "server_zone"), text_of(row, "service"));
    append_count(text, row, "one_way");
    g_string_append(text, " of ");
    append_count(text, row, "conversations");
    g_string_append(text, " conversations, ");
    append_bytes(text, row, "bytes");
    if (*shown)
        g_string_append_printf(text, ", by sensor %s", shown);
    g_string_append_c(text, '.');
}

static const find_kind kinds[] = {
    {"beacons",
     "Beacon",
     "beacons",
     fz_find_beacons,
     {FZ_BEACON_STARTS, FZ_BEACON_SPAN_S, FZ_BEACON_SCORE},
     true,
     say_beacon},
    {"scans", "Scan", "clients that scan", fz_find_scans, {.least = FZ_SCAN_TARGETS}, false, say_scan},
    {"long", "Long", "long conversations", fz_find_long, {.span_s = FZ_LONG_S}, true, say_long},
    {"one-way",
     "One way",
     "zones and services seen one way",
     fz_find_one_way,
     {.least = FZ_ONE_WAY_LEAST},
     true,
     say_one_way},
};

bool fz_reporting_find_parse(const char *words, unsigned *find)
{
    g_auto(GStrv) parts = g_strsplit(words, ",", -1);

    *find = 0;
    for (char **part = parts; *part; part++) {
        size_t i = 0;
        while (i < G_N_ELEMENTS(kinds) && strcmp(kinds[i].word, *part) != 0)
            i++;
        if (i == G_N_ELEMENTS(kinds))
            return false;
        *find |= 1u << i;
    }
    return *find != 0;
}

static void add(const finding *at, guint pair, GString *head, GString *text)
{
    const fz_overview_finding added = {
        .kind = at->kind->kind,
        .pair = pair,
        .head = g_string_free(head, FALSE),
        .text = g_string_free(text, FALSE),
        .command = g_strdup_printf("flowzone find %s%s", at->kind->word, at->overview->again),
    };

    g_array_append_val(at->overview->findings, added);
}

static void take(const fz_answer_column *columns, const fz_cell *cells, size_t count, void *user)
{
    finding *at = user;
    const found_row row = {at, columns, cells, count};

    if (++at->count > SHOWN)
        return;
    GString *head = g_string_new(NULL), *text = g_string_new(NULL);
    guint pair = FZ_OVERVIEW_NONE;
    if (at->kind->is_of_pair)
        pair = fz_overview_find_pair(at->overview, text_of(&row, "client_zone"), text_of(&row, "server_zone"));
    at->kind->say(&row, head, text);
    add(at, pair, head, text);
}

/* Those that have no text of their own; that there are none. */
static void add_more(const finding *at)
{
    GString *missed = at->overview->missed;
    char count[FZ_NUMERAL_SIZE];

    if (at->count == 0)
        g_string_append_printf(missed, "%s%s", missed->len > 0 ? ", " : "", at->kind->word);
    if (at->count <= SHOWN)
        return;
    GString *head = g_string_new(fz_numeral_count_print(at->count - SHOWN, count));
    g_string_append_printf(head, " more: %s", at->kind->more);
    add(at, FZ_OVERVIEW_NONE, head, g_string_new("The command below lists them."));
}

static bool find_one(fz_asking *asking, finding *at, GError **error)
{
    fz_find thresholds = at->kind->thresholds;
    fz_question question = *asking->question;
    fz_asking one = *asking;

    question.manner = (fz_answer_manner){.format = FZ_ANSWER_ROWS, .take = take, .taker = at};
    question.most = 0;
    question.user = &thresholds;
    one.question = &question;
    g_autofree char *head = g_strdup_printf("find %s", at->kind->word);
    fz_asking_head(asking, head);
    if (!at->kind->work(&one, error)) {
        g_prefix_error(error, "find %s: ", at->kind->word);
        return false;
    }
    if (!question.sql)
        add_more(at);
    return true;
}

bool fz_reporting_find(fz_asking *asking, const fz_reporting *reporting, fz_overview *overview, GError **error)
{
    overview->sought = reporting->find != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        finding at = {.kind = &kinds[i], .reporting = reporting, .overview = overview};
        if ((reporting->find & 1u << i) != 0 && !find_one(asking, &at, error))
            return false;
    }
    return true;
}
