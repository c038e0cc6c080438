/* Numbers and times as people read them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_private.h"

#include "flow.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

char *fz_count_print(uint64_t count, char text[FZ_NUMBER_TEXT_SIZE])
{
    char digits[24];
    size_t length = (size_t)g_snprintf(digits, sizeof digits, "%" PRIu64, count), used = 0;

    for (size_t i = 0; i < length; i++) {
        text[used++] = digits[i];
        if (i + 1 < length && (length - 1 - i) % 3 == 0)
            text[used++] = ',';
    }
    text[used] = '\0';
    return text;
}

/* number / divisor, rounded half up, without overflow. */
static uint64_t rounded(uint64_t number, uint64_t divisor)
{
    return number / divisor + (number % divisor >= divisor - divisor / 2);
}

char fz_si_print(uint64_t number, char text[FZ_NUMBER_TEXT_SIZE])
{
    static const char powers[] = "\0kMGTPE";
    size_t power = 0;
    uint64_t unit = 1;

    /* What would be rounded to 1000 is 1.00 of the next. */
    while (power + 2 < sizeof powers && (power ? rounded(number, unit) : number) >= 1000) {
        unit *= 1000;
        power++;
    }
    uint64_t hundredths = power ? rounded(number, unit / 100) : 0, tenths = power ? rounded(number, unit / 10) : 0;
    if (power == 0)
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64, number);
    else if (hundredths < 1000)
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
    else if (tenths < 1000)
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
    else
        g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64, rounded(number, unit));
    return powers[power];
}

/* "6.26 MB", "881 B"; exact: "6,260,123". */
static void print_amount(uint64_t number, const char *unit, bool exact, char *text)
{
    if (exact) {
        fz_count_print(number, text);
        return;
    }
    char power = fz_si_print(number, text), prefix[2] = {power, '\0'};
    size_t used = strlen(text);
    g_snprintf(text + used, FZ_NUMBER_TEXT_SIZE - used, " %s%s", prefix, unit);
}

/* Of two units the larger one, and the smaller one unless it is 0. */
static void print_two(uint64_t number, uint64_t unit, const char *name, uint64_t part, const char *part_name,
                      char *text)
{
    uint64_t parts = rounded(number, part), per = unit / part;

    g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 " %s", parts / per, name);
    size_t used = strlen(text);
    if (parts % per)
        g_snprintf(text + used, FZ_NUMBER_TEXT_SIZE - used, " %" PRIu64 " %s", parts % per, part_name);
}

/* Microseconds as "7,980.123456 s". */
static void print_exact_span(uint64_t span_us, char *text)
{
    fz_count_print(span_us / SECOND_US, text);
    size_t used = strlen(text);
    g_snprintf(text + used, FZ_NUMBER_TEXT_SIZE - used, ".%06" PRIu64 " s", span_us % SECOND_US);
}

static void print_span(uint64_t span_us, bool utf8, char *text)
{
    const struct {
        uint64_t below, unit; /* thousandths of a unit are printed below a limit, tenths and hundredths in between */
        const char *name;
        unsigned digits;
    } small[] = {
        {1000, 1, utf8 ? "\u00b5s" : "us", 0}, {9995, 1000, "ms", 2},        {99950, 1000, "ms", 1},
        {999500, SECOND_US, "s", 3},           {9995000, SECOND_US, "s", 2}, {59950000, SECOND_US, "s", 1},
    };
    static const uint64_t tens[] = {1, 10, 100, 1000};

    for (size_t i = 0; i < G_N_ELEMENTS(small); i++) {
        uint64_t ten = tens[small[i].digits], parts = rounded(span_us, small[i].unit >= ten ? small[i].unit / ten : 1);

        if (span_us >= small[i].below)
            continue;
        if (ten == 1)
            g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 " %s", parts, small[i].name);
        else
            g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 ".%0*" PRIu64 " %s", parts / ten, (int)small[i].digits,
                       parts % ten, small[i].name);
        return;
    }
    if (rounded(span_us, SECOND_US) < 3600)
        print_two(span_us, MINUTE_US, "min", SECOND_US, "s", text);
    else if (rounded(span_us, MINUTE_US) < (uint64_t)(DAY_US / MINUTE_US))
        print_two(span_us, HOUR_US, "h", MINUTE_US, "min", text);
    else
        print_two(span_us, DAY_US, "d", HOUR_US, "h", text);
}

/* Millionths of `whole` with `digits` digits. */
static void print_part(uint64_t millionths, uint64_t whole, unsigned digits, char *text)
{
    uint64_t ten = digits == 1 ? 10 : 1000, parts = rounded(millionths, 1000000 / whole / ten);

    g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%" PRIu64 ".%0*" PRIu64, parts / ten, (int)digits, parts % ten);
}

char *fz_number_print(const fz_answer_manner *manner, const fz_clock *clock, fz_cell_kind kind, int64_t number,
                      char text[FZ_NUMBER_TEXT_SIZE])
{
    bool negative = number < 0 && kind != FZ_CELL_TIME;
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char digits[FZ_NUMBER_TEXT_SIZE];

    if (kind == FZ_CELL_TIME)
        return fz_clock_print(clock, number, text);
    if (kind == FZ_CELL_COUNT)
        fz_count_print(size, digits);
    else if (kind == FZ_CELL_BYTES)
        print_amount(size, "B", manner->exact, digits);
    else if (kind == FZ_CELL_RATE)
        print_amount(size, "b/s", manner->exact, digits);
    else if (kind == FZ_CELL_SPAN && manner->exact)
        print_exact_span(size, digits);
    else if (kind == FZ_CELL_SPAN)
        print_span(size, manner->utf8, digits);
    else if (kind == FZ_CELL_SHARE)
        print_part(size, 100, 1, digits);
    else if (kind == FZ_CELL_RATIO)
        print_part(size, 1, 3, digits);
    else
        g_snprintf(digits, sizeof digits, "%" PRIu64, size);
    const bool capped = number == INT64_MAX && (kind == FZ_CELL_COUNT || kind == FZ_CELL_BYTES || kind == FZ_CELL_RATE);
    g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%s%s", negative ? "-" : capped ? ">" : "", digits);
    return text;
}

static int64_t floored(int64_t number, int64_t divisor)
{
    return number / divisor - (number % divisor < 0);
}

/* The calendar of a time, and its offset from UTC. */
static struct tm calendar(const fz_clock *clock, int64_t time_us)
{
    time_t seconds = (time_t)floored(time_us, SECOND_US);
    struct tm parts = {0};

    if (clock->utc || !localtime_r(&seconds, &parts))
        (void)gmtime_r(&seconds, &parts);
    return parts;
}

long fz_clock_offset(const fz_clock *clock, int64_t time_us)
{
    return calendar(clock, time_us).tm_gmtoff;
}

fz_clock fz_clock_new(const fz_answer_manner *manner)
{
    return (fz_clock){.utc = manner->utc, .exact = manner->exact};
}

static bool same_day(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

/* Whether a time is the first moment of a day and the moment before it is of the same day as the first time. */
static bool ends_day(const fz_clock *clock, int64_t time_us)
{
    if (time_us <= clock->first_us)
        return false;
    struct tm first = calendar(clock, clock->first_us), end = calendar(clock, time_us);
    struct tm before = calendar(clock, time_us - 1);
    return floored(time_us, SECOND_US) * SECOND_US == time_us && end.tm_hour == 0 && end.tm_min == 0 &&
           end.tm_sec == 0 && same_day(&first, &before);
}

void fz_clock_add(fz_clock *clock, int64_t time_us)
{
    long offset_s = calendar(clock, time_us).tm_gmtoff;

    if (!clock->any) {
        clock->first_us = clock->last_us = time_us;
        clock->offset_s = offset_s;
    }
    clock->any = true;
    clock->offsets = clock->offsets || offset_s != clock->offset_s;
    clock->first_us = MIN(clock->first_us, time_us);
    clock->last_us = MAX(clock->last_us, time_us);
}

void fz_clock_settle(fz_clock *clock)
{
    struct tm first = calendar(clock, clock->first_us), last = calendar(clock, clock->last_us);

    clock->date = clock->any && !same_day(&first, &last) && !ends_day(clock, clock->last_us);
    clock->year = clock->date && first.tm_year != last.tm_year;
}

static void print_offset(long offset_s, char *text, size_t size)
{
    unsigned long minutes = (unsigned long)(offset_s < 0 ? -offset_s : offset_s) / 60;

    g_snprintf(text, size, "%c%02lu:%02lu", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

char *fz_clock_print(const fz_clock *clock, int64_t time_us, char text[FZ_NUMBER_TEXT_SIZE])
{
    struct tm parts = calendar(clock, time_us);
    char date[24] = "", second[16] = "", offset[16] = "";
    bool end = clock->any && !clock->date && ends_day(clock, time_us);

    if (clock->year)
        g_snprintf(date, sizeof date, "%lld-%02d-%02d ", 1900 + (long long)parts.tm_year, parts.tm_mon + 1,
                   parts.tm_mday);
    else if (clock->date)
        g_snprintf(date, sizeof date, "%02d-%02d ", parts.tm_mon + 1, parts.tm_mday);
    if (clock->exact)
        g_snprintf(second, sizeof second, ":%02d.%06d", parts.tm_sec,
                   (int)(time_us - floored(time_us, SECOND_US) * SECOND_US));
    if (clock->offsets)
        print_offset(parts.tm_gmtoff, offset, sizeof offset);
    g_snprintf(text, FZ_NUMBER_TEXT_SIZE, "%s%02d:%02d%s%s", date, end ? 24 : parts.tm_hour, parts.tm_min, second,
               offset);
    return text;
}

char *fz_clock_zone(const fz_clock *clock, char text[FZ_NUMBER_TEXT_SIZE])
{
    text[0] = '\0';
    if (clock->utc || (!clock->offsets && clock->offset_s == 0))
        return strcpy(text, " UTC"); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): it has room */
    if (clock->offsets)
        return text;
    text[0] = ' ';
    print_offset(clock->offset_s, text + 1, FZ_NUMBER_TEXT_SIZE - 1);
    return text;
}

char *fz_cell_print(const fz_answer_manner *manner, fz_cell_kind kind, int64_t number)
{
    fz_clock clock = fz_clock_new(manner);
    char text[FZ_NUMBER_TEXT_SIZE];

    clock.date = clock.year = true;
    return g_strdup(fz_number_print(manner, &clock, kind, number, text));
}

size_t fz_answer_width(const char *text)
{
    g_autofree char *shown = fz_text_table(text);

    return fz_text_width(shown);
}
