/* What is written along an axis of time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"
#include "numeral.h"
#include "time_axis.h"

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)
/* No calendar has more years than this at once. */
#define LONG_S (DAY_S * 365 * 18000)

/* What is written along the axis: "13:10"; where there are several days, "24 Nov" for midnight; where there are many,
 * "Nov 2026", or "2026"; and whole dates of years that calendars do not have. */
typedef enum tick_form { TICK_CLOCK, TICK_DAY, TICK_MONTH, TICK_YEAR, TICK_DATE, TICK_FORMS } tick_form;

/* From one tick to the next. */
typedef struct ticks {
    int64_t step_s; /* or so many months */
    guint months;
    tick_form form;
} ticks;

/* Half of how wide these are at most. */
static const double halves[TICK_FORMS] = {18, 23, 30, 15, 42};

/* What a tick needs so that its text never reaches the next one, wherever they begin; wide, some air beside. */
static double room_of(const fz_time_axis *axis, tick_form form)
{
    enum { AIR = 90 };

    return MAX(3 * halves[form], axis->drawing == FZ_DRAWING_NARROW ? 0 : AIR);
}

/* The shortest step with room for its texts. */
static ticks ticks_of(const fz_time_axis *axis)
{
    static const ticks steps[] = {
        {60, 0, TICK_CLOCK},      {120, 0, TICK_CLOCK},     {300, 0, TICK_CLOCK},     {600, 0, TICK_CLOCK},
        {900, 0, TICK_CLOCK},     {1800, 0, TICK_CLOCK},    {3600, 0, TICK_CLOCK},    {7200, 0, TICK_CLOCK},
        {10800, 0, TICK_CLOCK},   {21600, 0, TICK_CLOCK},   {43200, 0, TICK_CLOCK},   {DAY_S, 0, TICK_DAY},
        {2 * DAY_S, 0, TICK_DAY}, {3 * DAY_S, 0, TICK_DAY}, {7 * DAY_S, 0, TICK_DAY}, {14 * DAY_S, 0, TICK_DAY},
        {0, 1, TICK_MONTH},       {0, 2, TICK_MONTH},       {0, 3, TICK_MONTH},       {0, 6, TICK_MONTH},
        {0, 12, TICK_YEAR},       {0, 24, TICK_YEAR},       {0, 60, TICK_YEAR},       {0, 120, TICK_YEAR},
        {0, 240, TICK_YEAR},      {0, 600, TICK_YEAR},      {0, 1200, TICK_YEAR},     {0, 2400, TICK_YEAR},
        {0, 6000, TICK_YEAR},     {0, 12000, TICK_YEAR},
    };
    const double length_s = (double)fz_time_axis_length_us(axis) / (double)SECOND_US;
    ticks made = {0};

    for (size_t i = 0;; i++) {
        made = i < G_N_ELEMENTS(steps) ? steps[i]
                                       : (ticks){i > G_N_ELEMENTS(steps) ? made.step_s * 2 : LONG_S, 0, TICK_DATE};
        if (made.form == TICK_CLOCK && length_s > (double)DAY_S)
            made.form = TICK_DAY;
        const double step_s = made.months > 0 ? (double)made.months * 30.4 * (double)DAY_S : (double)made.step_s;
        if (axis->width * (step_s / length_s) >= room_of(axis, made.form))
            return made;
    }
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Returns `text`. */
static const char *tick_print(const fz_time_axis *axis, const ticks *made, int64_t time_us, char text[FZ_NUMERAL_SIZE])
{
    const struct tm at = fz_numeral_calendar(time_us, axis->overview->utc);
    const bool midnight = at.tm_hour == 0 && at.tm_min == 0;
    const bool day = made->form == TICK_DAY && (midnight || made->step_s >= DAY_S);
    const bool end = midnight && fz_time_axis_x(axis, time_us) >= axis->width;

    if (made->form == TICK_DATE)
        fz_numeral_time_print(time_us, axis->overview->utc, FZ_TIME_DATE, text);
    else if (made->form == TICK_YEAR)
        g_snprintf(text, FZ_NUMERAL_SIZE, "%ld", at.tm_year + 1900L);
    else if (made->form == TICK_MONTH)
        g_snprintf(text, FZ_NUMERAL_SIZE, "%s\u00a0%ld", months[at.tm_mon], at.tm_year + 1900L);
    else if (day)
        g_snprintf(text, FZ_NUMERAL_SIZE, "%d\u00a0%s", at.tm_mday, months[at.tm_mon]);
    else if (end)
        g_strlcpy(text, "24:00", FZ_NUMERAL_SIZE);
    else
        fz_numeral_time_print(time_us, axis->overview->utc, FZ_TIME_CLOCK, text);
    return text;
}

/* When a month begins; they are counted from that of year 0. */
static int64_t month_begin(const fz_time_axis *axis, int64_t month)
{
    const int64_t year = (month - (month % 12 + 12) % 12) / 12;
    struct tm at = {.tm_mday = 1, .tm_mon = (int)(month - year * 12), .tm_year = (int)(year - 1900), .tm_isdst = -1};
    const int64_t time_s = axis->overview->utc ? timegm(&at) : mktime(&at);

    return time_s > INT64_MAX / SECOND_US ? INT64_MAX : time_s * SECOND_US;
}

static int64_t month_of(const fz_time_axis *axis, int64_t time_us)
{
    const struct tm at = fz_numeral_calendar(time_us, axis->overview->utc);

    return (at.tm_year + INT64_C(1900)) * 12 + at.tm_mon;
}

/* The first tick at or after a time, counted from midnight of the place at the axis's begin; INT64_MAX: there is none.
 */
static int64_t next_tick(const fz_time_axis *axis, const ticks *made, int64_t time_us)
{
    if (made->months > 0) {
        const int64_t month = month_of(axis, time_us), step = made->months;
        int64_t next = month - (month % step + step) % step;

        if (month_begin(axis, next) < time_us)
            next += step;
        return month_begin(axis, next);
    }
    const int64_t step_us = made->step_s * SECOND_US;
    const int64_t ahead_us = fz_numeral_calendar(axis->overview->start_us, axis->overview->utc).tm_gmtoff * SECOND_US;
    const int64_t past_us = (time_us % step_us + ahead_us) % step_us;
    const int64_t rest_us = past_us > 0 ? step_us - past_us : -past_us;
    return time_us > INT64_MAX - rest_us ? INT64_MAX : time_us + rest_us;
}

/* One tick; texts at the ends are aligned inwards. */
static void draw_tick(GString *to, const fz_time_axis *axis, double x, double y, bool mark, double half,
                      const char *text)
{
    enum { BELOW = 18 };
    const bool first = x<half, last = x> axis->width - half;

    if (mark)
        fz_markup(to, "<path class=\"axis\" stroke=\"" FZ_MUTED "\" d=\"M%f %fv4\"/>", x, y);
    fz_markup(to, "<text x=\"%f\" y=\"%f\" " FZ_TICK_TEXT, first ? 0 : last ? axis->width : x, y + BELOW);
    g_string_append(to, first ? "" : last ? FZ_END : FZ_MIDDLE);
    fz_markup(to, ">%s</text>", text);
}

void fz_time_ticks_draw(GString *to, const fz_time_axis *axis, double y, bool marks)
{
    const ticks made = ticks_of(axis);
    const int64_t end_us = fz_overview_bin_start(axis->overview, axis->overview->bins);
    char text[FZ_NUMERAL_SIZE];

    for (int64_t time_us = next_tick(axis, &made, axis->overview->start_us); time_us <= end_us && time_us < INT64_MAX;
         time_us = next_tick(axis, &made, time_us + 1))
        draw_tick(to, axis, fz_time_axis_x(axis, time_us), y, marks, halves[made.form],
                  tick_print(axis, &made, time_us, text));
    g_string_append_c(to, '\n');
}
