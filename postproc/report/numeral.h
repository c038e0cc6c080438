/* Numbers and times as the page has them: three digits and a unit, no-break spaces.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NUMERAL_H
#define FZ_NUMERAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { FZ_NUMERAL_SIZE = 64 };

/* A number and its unit. */
typedef struct fz_numeral {
    char digits[FZ_NUMERAL_SIZE];
    char unit[8];
} fz_numeral;

/* "33.8" and "MB", "512" and "B". Not negative. */
fz_numeral fz_numeral_bytes(int64_t bytes);

/* "33.8 MB", with a no-break space. Returns `text`. */
char *fz_numeral_bytes_print(int64_t bytes, char text[FZ_NUMERAL_SIZE]);

/* "33.8M", "512": of a cell of the matrix. Returns `text`. */
char *fz_numeral_short_print(int64_t number, char text[FZ_NUMERAL_SIZE]);

/* "8 570", with narrow no-break spaces. Returns `text`. */
char *fz_numeral_count_print(int64_t count, char text[FZ_NUMERAL_SIZE]);

/* Whole percent, rounded half up; of nothing 0. */
double fz_numeral_percent(int64_t part, int64_t whole);

/* "80 %", "<1 %", "0 %"; "100 %" only of all, else ">99 %"; of nothing "0 %"; of a sum that ended
 * (plus.h) "–". Returns `text`. */
char *fz_numeral_share_print(int64_t part, int64_t whole, char text[FZ_NUMERAL_SIZE]);

/* "+24 %", "−13 %", "× 3.4", "new", "0 %"; "−100 %" only if nothing is left, else "<−99 %"; if a sum ended, "–".
 * Returns `text`. */
char *fz_numeral_change_print(int64_t now, int64_t before, char text[FZ_NUMERAL_SIZE]);

/* The calendar of a time, microseconds since 1970: in UTC, or in local time. */
struct tm fz_numeral_calendar(int64_t time_us, bool utc);

/* How a time is printed. */
typedef enum fz_numeral_form {
    FZ_TIME_CLOCK,  /* "13:10" */
    FZ_TIME_DATE,   /* "2026-11-24" */
    FZ_TIME_BOTH,   /* "2026-11-24 13:10" */
    FZ_TIME_SHORT,  /* "11-24 13:10" */
    FZ_TIME_SECOND, /* "2026-11-24 13:10:05" */
} fz_numeral_form;
/* Returns `text`. */
char *fz_numeral_time_print(int64_t time_us, bool utc, fz_numeral_form form, char text[FZ_NUMERAL_SIZE]);

/* "15 minutes", "an hour", "6 hours", "7 days": of a bin, in whole minutes. Returns `text`. */
char *fz_numeral_stretch_print(int64_t stretch_us, char text[FZ_NUMERAL_SIZE]);

#endif
