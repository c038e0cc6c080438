/* Periods to compare with.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "period.h"

#include "question.h"
#include "when.h"

#include <string.h>

static bool refuse(const char *text, const char *expected, GError **error)
{
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "vs=%s: expected %s", text, expected);
    return false;
}

/* "TIME..TIME". */
static bool read_span(const char *text, int64_t now_s, int64_t *from_s, int64_t *to_s, GError **error)
{
    g_auto(GStrv) ends = g_strsplit(text, "..", 2);

    return fz_when_parse(ends[0], now_s, from_s, error) && fz_when_parse(ends[1], now_s, to_s, error);
}

bool fz_period_parse(const char *text, int64_t since_s, int64_t until_s, fz_range *before, GError **error)
{
    const bool is_span = strstr(text, "..") != NULL;
    const int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
    int64_t from_s = 0, to_s = since_s;
    bool read = true;

    if (!is_span && since_s == G_MININT64)
        return refuse(text, "--since, where the period before ends", error);
    if (is_span)
        read = read_span(text, now_s, &from_s, &to_s, error);
    else if (strcmp(text, "previous") == 0)
        from_s = since_s - ((until_s == G_MAXINT64 ? now_s : until_s) - since_s);
    else
        read = fz_when_parse(text, since_s, &from_s, error);
    if (!read) {
        g_prefix_error(error, "vs=");
        return false;
    }
    if (from_s >= to_s)
        return refuse(text, is_span ? "a time, and a later one" : "a period that begins before --since", error);
    *before = (fz_range){from_s * G_USEC_PER_SEC, to_s * G_USEC_PER_SEC};
    return true;
}
