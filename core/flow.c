/* Runs, totals and times.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const fz_engine_names[3] = {"full", "lean", "scan"};
const char *const fz_key_names[2] = {"5tuple", "ip"};
const char *const fz_layers_names[2] = {"outer", "all"};
const char *const fz_octets_names[2] = {"wire", "ip"};
const char *const fz_opened_names[FZ_OPENED_COUNT] = {
    [FZ_OPENED_UNKNOWN] = "unknown",   [FZ_OPENED_SYN] = "syn",   [FZ_OPENED_SYN_ACK] = "syn-ack",
    [FZ_OPENED_ICMP] = "icmp",         [FZ_OPENED_PORT] = "port", [FZ_OPENED_FIRST] = "first",
    [FZ_OPENED_EXPORTER] = "exporter", [FZ_OPENED_BOTH] = "both",
};

void fz_run_init(fz_run *run)
{
    *run = (fz_run){
        .sensor = g_strdup(""),
        .source = g_strdup(""),
        .location = g_strdup(""),
        .filter = g_strdup(""),
        .program = g_strdup(""),
        .folder = g_strdup(""),
    };
}

void fz_run_clear(fz_run *run)
{
    g_free(run->sensor);
    g_free(run->source);
    g_free(run->location);
    g_free(run->filter);
    g_free(run->program);
    g_free(run->folder);
    memset(run, 0, sizeof *run);
}

fz_count fz_totals_all(const fz_totals *totals)
{
    return (fz_count){
        .frames = totals->counted.frames + totals->not_ip.frames + totals->unparsable.frames + totals->filtered.frames,
        .bytes = totals->counted.bytes + totals->not_ip.bytes + totals->unparsable.bytes + totals->filtered.bytes,
    };
}

bool fz_totals_is_whole(const fz_totals *totals)
{
    return !totals->cut_short && !totals->changed;
}

int64_t fz_time_us(int64_t seconds, int32_t nanoseconds)
{
    int64_t time_us;

    if (__builtin_mul_overflow(seconds, INT64_C(1000000), &time_us) ||
        __builtin_add_overflow(time_us, nanoseconds / 1000 - (nanoseconds % 1000 < 0), &time_us))
        return FZ_TIME_NONE;
    return time_us;
}

uint16_t fz_time_ns(int32_t nanoseconds)
{
    return (uint16_t)((nanoseconds % 1000 + 1000) % 1000);
}

/* Days since 1970-01-01 to a date: eras of 400 years that begin on 1 March, so that leap days come last. */
static void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153; /* months since March */
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

char *fz_time_print(int64_t time_us, char *text)
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t days = time_us / day_us, rest = time_us % day_us, year;
    unsigned month, day;

    if (rest < 0) {
        rest += day_us;
        days--;
    }
    date_of_days(days, &year, &month, &day);
    unsigned seconds = (unsigned)(rest / 1000000);
    snprintf(text, FZ_TIME_TEXT_SIZE, "%04" PRId64 "-%02u-%02u %02u:%02u:%02u.%06u", year, month, day, seconds / 3600,
             seconds / 60 % 60, seconds % 60, (unsigned)(rest % 1000000));
    return text;
}
