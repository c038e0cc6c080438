/* What an answer covers, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage_private.h"

#include "text.h"

#include <string.h>

enum { INDENT = 4, GAPS_NAMED = 3 };
#define MINUTE_US INT64_C(60000000)

/* A clause is what stands between two "; ". */
typedef struct coverage_words {
    const fz_coverage *coverage;
    const fz_answer_manner *manner;
    fz_clock clock;
    GPtrArray *clauses;
} coverage_words;

static void add_clause(coverage_words *words, char *clause)
{
    g_ptr_array_add(words->clauses, clause);
}

char *fz_stretch_print(const fz_gap *stretch)
{
    uint64_t seconds = ((uint64_t)stretch->to_us - (uint64_t)stretch->from_us) / G_USEC_PER_SEC, minutes = seconds / 60;
    static const fz_answer_manner plain = {.utf8 = true};

    if (minutes < 2)
        return g_strdup_printf("%" G_GUINT64_FORMAT " seconds", seconds);
    if (minutes < 60)
        return g_strdup_printf("%" G_GUINT64_FORMAT " minutes", minutes);
    return fz_cell_print(&plain, FZ_CELL_SPAN, (int64_t)(minutes * 60 * G_USEC_PER_SEC));
}

int64_t fz_minute_round(int64_t time_us, int64_t up_us)
{
    int64_t over = time_us % MINUTE_US;

    over = over < 0 ? over + MINUTE_US : over;
    if (over == 0 || time_us > INT64_MAX - MINUTE_US || time_us < INT64_MIN + MINUTE_US)
        return time_us;
    return over >= up_us ? time_us + (MINUTE_US - over) : time_us - over;
}

/* The clock for all times of the line. */
static void set_clock(coverage_words *words, int64_t end_us)
{
    fz_clock *clock = &words->clock;

    *clock = fz_clock_new(words->manner);
    clock->exact = false;
    fz_clock_add(clock, words->coverage->start_us);
    fz_clock_add(clock, end_us);
    for (guint i = 0; i < words->coverage->gaps->len; i++) {
        const fz_gap *gap = &g_array_index(words->coverage->gaps, fz_gap, i);

        fz_clock_add(clock, gap->from_us);
        fz_clock_add(clock, gap->to_us);
    }
    fz_clock_settle(clock);
    clock->year = clock->date;
}

/* "00:00 to 24:00" */
static char *stretch_text(const fz_clock *clock, int64_t from_us, int64_t to_us)
{
    char from[FZ_NUMBER_TEXT_SIZE], to[FZ_NUMBER_TEXT_SIZE];

    fz_clock_print(clock, fz_minute_round(from_us, FZ_MINUTE_NEAREST), from);
    fz_clock_print(clock, fz_minute_round(to_us, FZ_MINUTE_NEAREST), to);
    return g_strdup_printf("%s to %s", from, to);
}

/* "2026-11-24 00:00 to 24:00 UTC": with the date in front if all is of one day. */
static char *period_text(const fz_clock *clock, int64_t from_us, int64_t end_us)
{
    int64_t start_us = fz_minute_round(from_us, FZ_MINUTE_NEVER);
    g_autofree char *stretch = stretch_text(clock, start_us, end_us);
    char zone[FZ_NUMBER_TEXT_SIZE], day[FZ_NUMBER_TEXT_SIZE] = "";
    fz_clock dated = *clock;

    if (!dated.date) {
        dated.date = dated.year = true;
        fz_clock_print(&dated, start_us, day);
        char *space = strchr(day, ' ');
        if (space)
            space[1] = '\0';
    }
    return g_strconcat(day, stretch, fz_clock_zone(clock, zone), NULL);
}

static char *count_text(uint64_t count)
{
    char text[FZ_NUMBER_TEXT_SIZE];

    return g_strdup(fz_count_print(count, text));
}

/* "33.8 MB in 8,570 conversations of 12 captures, 00:00 to 24:00 UTC" */
static void add_amount(coverage_words *words, const fz_range *range, uint64_t bytes, int64_t flows)
{
    const fz_coverage *coverage = words->coverage;
    bool any = fz_totals_all(&coverage->totals).frames > 0,
         limited = range->since_us != INT64_MIN || range->until_us != INT64_MAX;
    int64_t end_us = fz_minute_round(coverage->end_us, 1);
    g_autofree char *captures = count_text(coverage->captures);
    g_autofree char *size = fz_cell_print(words->manner, FZ_CELL_BYTES, (int64_t)MIN(bytes, (uint64_t)INT64_MAX));
    g_autofree char *number = fz_cell_print(words->manner, FZ_CELL_COUNT, MAX(flows, 0));
    g_autofree char *conversations =
        flows < 0 ? g_strdup("") : g_strdup_printf(" in %s conversation%s", number, fz_text_plural((uint64_t)flows));

    if (coverage->captures == 0) {
        add_clause(words, g_strdup(limited ? "no captures of this time" : "no captures"));
        return;
    }
    set_clock(words, end_us);
    g_autofree char *period = any ? period_text(&words->clock, coverage->start_us, end_us) : NULL;
    if (bytes == FZ_COVERAGE_NO_SUMS) {
        add_clause(words, g_strdup_printf("%s capture%s%s%s", captures, fz_text_plural(coverage->captures),
                                          any ? ", " : "", any ? period : ""));
        return;
    }
    add_clause(words, g_strdup_printf("%s%s%s%s of %s capture%s%s%s", size, words->manner->exact ? " byte" : "",
                                      words->manner->exact ? fz_text_plural(bytes) : "", conversations, captures,
                                      fz_text_plural(coverage->captures), any ? ", " : "", any ? period : ""));
}

static const fz_gap *gap_at(const fz_coverage *coverage, guint i)
{
    return &g_array_index(coverage->gaps, fz_gap, i);
}

static uint64_t length_of(const fz_gap *gap)
{
    return (uint64_t)gap->to_us - (uint64_t)gap->from_us;
}

/* "gap 13:10 to 13:38", or of many how many and the longest. */
static void add_gaps(coverage_words *words)
{
    const fz_coverage *coverage = words->coverage;
    guint count = coverage->gaps->len;
    GString *text = g_string_new(count == 1 ? "gap" : "gaps");
    const fz_gap *longest = NULL;

    for (guint i = 0; i < count && count <= GAPS_NAMED; i++) {
        g_autofree char *stretch =
            stretch_text(&words->clock, gap_at(coverage, i)->from_us, gap_at(coverage, i)->to_us);

        g_string_append_printf(text, "%s %s", i ? "," : "", stretch);
    }
    for (guint i = 0; i < count; i++)
        longest = !longest || length_of(gap_at(coverage, i)) > length_of(longest) ? gap_at(coverage, i) : longest;
    if (count > GAPS_NAMED) {
        g_autofree char *stretch = stretch_text(&words->clock, longest->from_us, longest->to_us);
        g_autofree char *number = count_text(count);

        g_string_printf(text, "%s gaps, the longest %s", number, stretch);
    }
    if (count)
        add_clause(words, g_string_free(text, FALSE));
    else
        g_string_free(text, TRUE);
}

/* "fw1 and fw2 overlap 00:00 to 02:00: conversations may count twice" */
static void add_overlap(coverage_words *words)
{
    const fz_coverage *coverage = words->coverage;
    const char *const *names = (const char *const *)coverage->overlap_names;

    if (coverage->overlapping == 0)
        return;
    g_autofree char *stretch = stretch_text(&words->clock, coverage->overlap.from_us, coverage->overlap.to_us);
    g_autofree char *number = count_text(coverage->overlap_sensors);
    g_autofree char *first = fz_text_word(*names[0] ? names[0] : "(no name)");
    g_autofree char *second = fz_text_word(*names[1] ? names[1] : "(no name)");
    if (coverage->overlap_sensors == 2)
        add_clause(words,
                   g_strdup_printf("%s and %s overlap %s: conversations may count twice", first, second, stretch));
    else
        add_clause(words, g_strdup_printf("%s sensors overlap %s: conversations may count twice", number, stretch));
}

/* "a.pcap and b.pcap have the same conversations: they count twice" */
static void add_copies(coverage_words *words)
{
    const fz_coverage *coverage = words->coverage;

    if (coverage->copies == 0)
        return;
    g_autofree char *number = count_text(coverage->copies);
    g_autofree char *first = fz_text_word(coverage->copy_names[0]), *second = fz_text_word(coverage->copy_names[1]);
    if (coverage->copies == 1)
        add_clause(words, g_strdup_printf("%s and %s have the same conversations: they count twice", first, second));
    else
        add_clause(words, g_strdup_printf(
                              "%s captures have the same conversations as others, such as %s and %s: they count again",
                              number, first, second));
}

/* "992 frames not IP, 19 unparsable, 3 filtered": what no answer counts; "frames" once. */
static void add_rest(coverage_words *words)
{
    const fz_totals *totals = &words->coverage->totals;
    const struct {
        uint64_t frames;
        const char *what;
    } rest[] = {{totals->not_ip.frames, "not IP"},
                {totals->unparsable.frames, "unparsable"},
                {totals->filtered.frames, "filtered"}};
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rest); i++) {
        g_autofree char *number = count_text(rest[i].frames);

        if (rest[i].frames == 0)
            continue;
        g_string_append_printf(text, "%s%s%s%s %s", text->len ? ", " : "", number, text->len ? "" : " frame",
                               text->len ? "" : fz_text_plural(rest[i].frames), rest[i].what);
    }
    if (text->len)
        add_clause(words, g_string_free(text, FALSE));
    else
        g_string_free(text, TRUE);
}

char *fz_coverage_dropped(uint64_t captures)
{
    g_autofree char *number = count_text(captures);

    return captures > 0 ? g_strdup_printf("details of %s capture%s dropped", number, fz_text_plural(captures)) : NULL;
}

static void add_states(coverage_words *words)
{
    const fz_coverage *coverage = words->coverage;
    g_autofree char *cut = count_text(coverage->cut_short);

    if (coverage->cut_short)
        add_clause(words, g_strdup_printf("%s capture%s cut short", cut, fz_text_plural(coverage->cut_short)));
}

/* Begins a new line of a text. */
static void begin_line(GString *line)
{
    g_string_append_printf(line, "%s%*s", line->len ? "\n" : "", INDENT, "");
}

/* The clauses, as many a line as fit. */
static char *broken(const GPtrArray *clauses, size_t width)
{
    GString *line = g_string_new(NULL);
    size_t at = 0;

    for (guint i = 0; i < clauses->len; i++) {
        g_autofree char *clause = g_strconcat(g_ptr_array_index(clauses, i), i + 1 < clauses->len ? ";" : "", NULL);
        size_t size = fz_text_width(clause);

        if (at == 0 || at + 1 + size > width) {
            begin_line(line);
            at = INDENT;
        } else {
            g_string_append_c(line, ' ');
            at++;
        }
        fz_words_append(line, clause, INDENT, width, &at);
    }
    return g_string_free(line, FALSE);
}

char *fz_coverage_line(const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range,
                       uint64_t bytes, int64_t flows, bool capped, const char *against, const char *from)
{
    coverage_words words = {.coverage = coverage, .manner = manner, .clauses = g_ptr_array_new_with_free_func(g_free)};
    GString *line = g_string_new(NULL);

    add_amount(&words, range, bytes, flows);
    add_gaps(&words);
    add_rest(&words);
    add_states(&words);
    add_overlap(&words);
    add_copies(&words);
    if (capped)
        add_clause(&words, g_strdup("sums end at 9.22 EB"));
    if (against)
        add_clause(&words, g_strdup(against));
    if (from)
        add_clause(&words, g_strdup_printf("from %s", from));
    g_ptr_array_add(words.clauses, NULL);
    g_autofree char *plain = g_strjoinv("; ", (char **)words.clauses->pdata);
    g_ptr_array_set_size(words.clauses, (gint)words.clauses->len - 1);
    g_autofree char *text = manner->format == FZ_ANSWER_TABLE ? broken(words.clauses, manner->width) : g_strdup(plain);
    g_ptr_array_unref(words.clauses);
    fz_paint_append(line, manner, FZ_PAINT_DIM, text);
    return g_string_free(line, FALSE);
}

/* The clock for two times. */
static fz_clock clock_of(const fz_answer_manner *manner, int64_t from_us, int64_t to_us)
{
    fz_clock clock = fz_clock_new(manner);

    clock.exact = false;
    fz_clock_add(&clock, from_us);
    fz_clock_add(&clock, to_us);
    fz_clock_settle(&clock);
    clock.year = clock.date;
    return clock;
}

/* Of a range without captures: "2026-11-26 15:55 to 24:00 UTC"; NULL: it has no begin. The caller frees. */
static char *range_text(const fz_answer_manner *manner, const fz_range *range)
{
    if (range->since_us == INT64_MIN)
        return NULL;
    if (range->until_us == INT64_MAX) {
        g_autofree char *since = fz_cell_print(manner, FZ_CELL_TIME, range->since_us);
        return g_strdup_printf("%s and later", since);
    }
    const fz_clock clock = clock_of(manner, range->since_us, range->until_us);
    return period_text(&clock, range->since_us, range->until_us);
}

char *fz_coverage_against(const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range)
{
    g_autofree char *captures = count_text(coverage->captures);

    if (coverage->captures == 0) {
        g_autofree char *asked = range_text(manner, range);
        return g_strdup_printf("against %s%sno captures", asked ? asked : "", asked ? ": " : "");
    }
    const int64_t end_us = fz_minute_round(coverage->end_us, 1);
    const fz_clock clock = clock_of(manner, coverage->start_us, end_us);
    const bool any = fz_totals_all(&coverage->totals).frames > 0;
    g_autofree char *period = period_text(&clock, coverage->start_us, end_us);
    return g_strdup_printf("against %s capture%s%s%s", captures, fz_text_plural(coverage->captures), any ? ", " : "",
                           any ? period : "");
}

char *fz_coverage_days(const fz_coverage *coverage, const fz_answer_manner *manner)
{
    fz_clock clock = clock_of(manner, coverage->start_us, coverage->end_us);
    char from[FZ_NUMBER_TEXT_SIZE], to[FZ_NUMBER_TEXT_SIZE];

    clock.date = clock.year = true;
    *strchrnul(fz_clock_print(&clock, coverage->start_us, from), ' ') = '\0';
    *strchrnul(fz_clock_print(&clock, coverage->end_us, to), ' ') = '\0';
    return strcmp(from, to) == 0 ? g_strdup(from) : g_strdup_printf("%s to %s", from, to);
}
