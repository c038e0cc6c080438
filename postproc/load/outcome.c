/* What became of a load, in words for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "outcome.h"

#include <inttypes.h>
#include <string.h>

/* "2026-11-23 12:00:00 UTC" of when it was loaded. */
static char *print_when(const fz_loaded *before)
{
    char text[FZ_TIME_TEXT_SIZE];
    size_t fraction = strlen(".ffffff");

    fz_time_print(before->loaded_us, text);
    return g_strdup_printf("%.*s UTC", (int)(strlen(text) - fraction), text);
}

static char *describe_loaded(const fz_ledger_result *result, double seconds, const char *where)
{
    fz_count all = fz_totals_all(&result->totals);
    GString *line = g_string_new(NULL);

    g_string_append_printf(
        line, "%" PRIu64 " row%s of %" PRIu64 " packets, %" PRIu64 " bytes in %.2f s (%.0f rows/s) into %s",
        result->totals.records, result->totals.records == 1 ? "" : "s", all.frames, all.bytes, seconds,
        (double)result->totals.records / MAX(seconds, 1e-6), where);
    if (result->outcome == FZ_LEDGER_REPLACED && result->before.load_id != 0)
        g_string_append_printf(line, "; replaced %" PRIu64 " row%s of %" PRIu64 " packets",
                               result->before.totals.records, result->before.totals.records == 1 ? "" : "s",
                               fz_totals_all(&result->before.totals).frames);
    if (result->totals.cut_short)
        g_string_append(line, "; the capture was cut short");
    if (result->totals.changed)
        g_string_append(line, "; it was written while it was read: to be loaded again");
    return g_string_free(line, FALSE);
}

/* Why fewer packets may be here than there are. */
static const char *describe_gap(const fz_totals *totals)
{
    return totals->changed     ? ", but it was written while it was read"
           : totals->cut_short ? ", and it is cut short"
                               : "";
}

char *fz_outcome_describe(const fz_ledger_result *result, double seconds, const char *where)
{
    fz_count now = fz_totals_all(&result->totals), was = fz_totals_all(&result->before.totals);
    g_autofree char *when = print_when(&result->before);

    switch (result->outcome) {
    case FZ_LEDGER_ALREADY:
        return g_strdup_printf("already loaded: %" PRIu64 " row%s of %" PRIu64 " packets on %s; nothing to do",
                               result->before.totals.records, result->before.totals.records == 1 ? "" : "s", was.frames,
                               when);
    case FZ_LEDGER_DIFFERS:
        return g_strdup_printf("already loaded on %s with other parameters (%s); nothing changed, --replace loads it "
                               "again",
                               when, result->differences);
    case FZ_LEDGER_FEWER:
        return g_strdup_printf("already loaded on %s with more packets (%" PRIu64 ", here %" PRIu64
                               "%s); nothing changed, --replace loads it again",
                               when, was.frames, now.frames, describe_gap(&result->totals));
    case FZ_LEDGER_OTHER:
        return g_strdup_printf("begins like a capture loaded on %s and has as many packets, but %" PRIu64
                               " bytes instead of %" PRIu64 "; nothing changed, --replace loads it instead",
                               when, now.bytes, was.bytes);
    case FZ_LEDGER_MOVED:
        return g_strdup("another capture took its place while it was counted; nothing changed");
    case FZ_LEDGER_LOADED:
    case FZ_LEDGER_REPLACED:
        break;
    }
    return describe_loaded(result, seconds, where);
}

bool fz_outcome_is_news(fz_ledger_outcome outcome)
{
    return outcome != FZ_LEDGER_LOADED && outcome != FZ_LEDGER_REPLACED && outcome != FZ_LEDGER_ALREADY;
}
