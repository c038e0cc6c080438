/* What the files of the page share: its parts, and its cells.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PAGE_PRIVATE_H
#define FZ_PAGE_PRIVATE_H

#include "escape.h"
#include "numeral.h"
#include "overview.h"

/* The parts, from top to bottom. */
void fz_page_head(GString *to, const fz_overview *overview);
void fz_page_numbers(GString *to, const fz_overview *overview);
void fz_page_sources(GString *to, const fz_overview *overview);
void fz_page_findings(GString *to, const fz_overview *overview);
void fz_page_who(GString *to, const fz_overview *overview);
void fz_page_pictures(GString *to, const fz_overview *overview);
void fz_page_tables(GString *to, const fz_overview *overview);
void fz_page_captures(GString *to, const fz_overview *overview);
void fz_page_again(GString *to, const fz_overview *overview);
void fz_page_data(GString *to, const fz_overview *overview);

/* "24 November 2026", "24 to 26 November 2026", "since 24 November 2026": the days of the period; of one that is not
 * bounded, those of its captures. NULL: it has none. The caller frees. */
char *fz_page_days(const fz_overview *overview);

/* The title, or that the page has without one. The caller frees. */
char *fz_page_title(const fz_overview *overview);

/* Added to a time whose minute is shown: the nearest one, or the next one that has not begun, as the other answers. */
#define FZ_PAGE_MINUTE_NEAREST INT64_C(30000000)
#define FZ_PAGE_MINUTE_UP INT64_C(59999999)

/* A time so much later, of a store that may have any; INT64_MAX if it were more. */
static inline int64_t fz_page_later(int64_t time_us, int64_t stretch_us)
{
    return time_us > INT64_MAX - stretch_us ? INT64_MAX : time_us + stretch_us;
}

/* How long a gap is; the same of one that is longer. */
static inline int64_t fz_page_length(const fz_gap *gap)
{
    const uint64_t length_us = (uint64_t)gap->to_us - (uint64_t)gap->from_us;

    return gap->to_us > gap->from_us ? (int64_t)MIN(length_us, (uint64_t)INT64_MAX) : 0;
}

/* Times as this page has them: with as much date as tells them apart. Returns `text`. */
char *fz_page_time(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE]);
/* The same of an end: midnight is 24:00 of the day before. */
char *fz_page_time_end(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE]);

/* The same text with no-break spaces, so that it stays on one line; and a stretch so, "28 min". The caller frees. */
char *fz_page_unbroken(const char *text);
char *fz_page_stretch(int64_t stretch_us);

/* What is left where details were dropped: from which tier a period comes, " Details of 3 captures dropped; from
 * sums.", after a sentence about it; and what a table lacks, below it: "Without hosts of ...". Nothing if none were. */
void fz_page_tier(GString *to, const fz_overview_period *period);
void fz_page_lack(GString *to, const fz_overview_period *period, const char *what, const char *more);

/* "UTC", "UTC+02:00" at a time. Returns `text`. */
char *fz_page_zone(const fz_overview *overview, int64_t time_us, char text[FZ_NUMERAL_SIZE]);

/* "time --by server.zone --bin 15m", "time --by from.zone --bin 15m": the question for the bins of the page. The caller
 * frees. */
char *fz_page_time_command(const fz_overview *overview);

/* Bins in one step of what the script draws over time of a choice; 0: it draws none, since minutes know who sent, but
 * not to whom, or since there is no room. */
static inline guint fz_page_join(const fz_overview *overview)
{
    return overview->time == FZ_OVERVIEW_MINUTES ? 0 : overview->join;
}

/* The questions that have the numbers of a part of the page. */
#define FZ_PAGE_ASK_PAIRS "matrix --rows 0"
#define FZ_PAGE_ASK_TALKS "flows --sort bytes --rows 100"
#define FZ_PAGE_ASK_HOSTS "top --by host --rows 100"
#define FZ_PAGE_ASK_SERVICES "top --by service --rows 100"
#define FZ_PAGE_ASK_NETWORKS "top --by zone,host --rows 0"
#define FZ_PAGE_ASK_CAPTURES "loads"

/* A command, whose words stay whole: "flowzone " and what is given, and the options for the same again. */
void fz_page_command(GString *to, const fz_overview *overview, const char *command);
/* The same with other options. */
void fz_page_command_with(GString *to, const char *command, const char *options);
/* The words of a whole line. */
void fz_page_command_line(GString *to, const char *line);

/* Cells of tables: bytes, "6.26<i>MB</i>"; a count; a share in percent. */
void fz_page_bytes(GString *to, int64_t bytes, const char *classes);
void fz_page_count(GString *to, int64_t count, const char *classes);
void fz_page_share(GString *to, int64_t part, int64_t whole);
/* A bar as long as `part` of `whole`. `colour` FZ_PAGE_BAR: that of no zone. */
enum { FZ_PAGE_BAR = FZ_COLOUR_NONE + 1 };
void fz_page_bar(GString *to, int64_t part, int64_t whole, unsigned colour);

/* The begin and the end of a table within its scrolling region. `fold` 0: all rows show. Headings are "name" of text,
 * "+name" of numbers, "" of bars, NULL-ended. */
void fz_page_table_begin(GString *to, const char *id, const char *caption, unsigned fold, const char *const *heads);
void fz_page_table_end(GString *to);

#endif
