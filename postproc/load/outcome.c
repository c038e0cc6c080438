/* How orders to a writer ended, in words for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "outcome.h"

#include "log.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

bool fz_outcome_is_failure(fz_outcome outcome)
{
    switch (outcome) {
    case FZ_OUTCOME_LOADED:
    case FZ_OUTCOME_REPLACED:
    case FZ_OUTCOME_ALREADY:
    case FZ_OUTCOME_DIFFERS:
    case FZ_OUTCOME_FEWER:
    case FZ_OUTCOME_MOVED:
    case FZ_OUTCOME_ANSWERED:
        return false;
    case FZ_OUTCOME_GONE:
    case FZ_OUTCOME_OTHER:
    case FZ_OUTCOME_DROPPED:
    case FZ_OUTCOME_INPUT:
    case FZ_OUTCOME_BUSY:
    case FZ_OUTCOME_STORE:
    case FZ_OUTCOME_LOST:
    case FZ_OUTCOME_MISSING:
    case FZ_OUTCOME_HOPELESS:
        break;
    }
    return true;
}

bool fz_outcome_is_final(fz_outcome outcome)
{
    return outcome == FZ_OUTCOME_MISSING || outcome == FZ_OUTCOME_HOPELESS;
}

/* "2026-11-23 12:00:00 UTC". */
static char *print_when(int64_t time_us)
{
    char text[FZ_TIME_TEXT_SIZE];
    size_t fraction = strlen(".ffffff");

    fz_time_print(time_us, text);
    return g_strdup_printf("%.*s UTC", (int)(strlen(text) - fraction), text);
}

static char *describe_loaded(const fz_load_report *report)
{
    const fz_totals *totals = &report->totals, *before = &report->before;
    fz_count all = fz_totals_all(totals);
    double seconds = (double)report->took_us / 1e6;
    GString *line = g_string_new(NULL);

    g_string_append_printf(
        line, "%" PRIu64 " row%s of %" PRIu64 " packets, %" PRIu64 " bytes in %.2f s (%.0f rows/s) into %s",
        totals->records, fz_text_plural(totals->records), all.frames, all.bytes, seconds,
        (double)totals->records / MAX(seconds, 1e-6), report->store);
    if (report->outcome == FZ_OUTCOME_REPLACED && report->before_us != 0)
        g_string_append_printf(line, "; replaced %" PRIu64 " row%s of %" PRIu64 " packets", before->records,
                               fz_text_plural(before->records), fz_totals_all(before).frames);
    if (totals->cut_short)
        g_string_append(line, "; the capture was cut short");
    if (totals->changed)
        g_string_append(line, "; it changed while it was read and should be loaded again");
    return g_string_free(line, FALSE);
}

/* Why fewer packets were read than the capture has. */
static const char *describe_gap(const fz_totals *totals)
{
    return totals->changed ? ", but it changed while it was read" : totals->cut_short ? ", and it is cut short" : "";
}

static char *describe_dropped(const fz_load_report *report)
{
    g_autofree char *when = print_when(report->dropped_us);
    g_autofree char *on = g_strdup_printf(" on %.*s", (int)strcspn(when, " "), when);

    return g_strdup_printf("its %s were dropped from the store%s: it cannot be replaced any more; nothing changed",
                           report->has_details ? "hours" : "conversations", report->dropped_us != 0 ? on : "");
}

/* For a capture whose rows in the store stay unchanged. */
static char *describe_unchanged(const fz_load_report *report)
{
    const char *reload = report->dropped ? "" : ", --replace reloads it";
    fz_count now = fz_totals_all(&report->totals), was = fz_totals_all(&report->before);
    g_autofree char *when = print_when(report->before_us);

    switch (report->outcome) {
    case FZ_OUTCOME_ALREADY:
        return g_strdup_printf("already loaded: %" PRIu64 " row%s of %" PRIu64 " packets on %s; nothing to do",
                               report->before.records, fz_text_plural(report->before.records), was.frames, when);
    case FZ_OUTCOME_DIFFERS:
        return g_strdup_printf("already loaded on %s with other parameters (%s); left unchanged%s", when, report->text,
                               reload);
    case FZ_OUTCOME_FEWER:
        return g_strdup_printf("already loaded on %s with more packets (%" PRIu64 ", here %" PRIu64
                               "%s); left unchanged%s",
                               when, was.frames, now.frames, describe_gap(&report->totals), reload);
    case FZ_OUTCOME_OTHER:
        return g_strdup_printf("begins like a capture loaded on %s and has as many packets, but %" PRIu64
                               " bytes instead of %" PRIu64 "; left unchanged%s",
                               when, now.bytes, was.bytes, report->dropped ? "" : ", --replace loads this one instead");
    case FZ_OUTCOME_DROPPED:
        return describe_dropped(report);
    default:
        return g_strdup("replaced by another capture while it was counted; nothing changed");
    }
}

static char *describe_fault(const fz_load_report *report)
{
    static const struct {
        const char *process, *so;
    } deaths[FZ_DEADS] = {
        [FZ_DEAD_WRITER] = {"writes into the store", "what it had not committed is not in the store"},
        [FZ_DEAD_READER] = {"reads it", "nothing was loaded"},
        [FZ_DEAD_DISSECTOR] = {"dissects it", "nothing was loaded"},
    };

    if (report->dead == FZ_DEAD_NONE)
        return g_strdup(report->text);
    return g_strdup_printf("the process that %s %s; %s", deaths[report->dead].process, report->text,
                           deaths[report->dead].so);
}

char *fz_outcome_describe(const fz_load_report *report)
{
    switch (report->outcome) {
    case FZ_OUTCOME_LOADED:
    case FZ_OUTCOME_REPLACED:
        return describe_loaded(report);
    case FZ_OUTCOME_ALREADY:
    case FZ_OUTCOME_DIFFERS:
    case FZ_OUTCOME_FEWER:
    case FZ_OUTCOME_MOVED:
    case FZ_OUTCOME_OTHER:
    case FZ_OUTCOME_DROPPED:
        return describe_unchanged(report);
    default:
        return describe_fault(report);
    }
}

static bool went_well(fz_outcome outcome)
{
    return outcome == FZ_OUTCOME_LOADED || outcome == FZ_OUTCOME_REPLACED || outcome == FZ_OUTCOME_ALREADY;
}

void fz_outcome_say(const fz_load_report *report, const char *who, const char *name, bool quiet)
{
    g_autofree char *line = fz_outcome_describe(report);
    g_auto(GStrv) remarks = g_strsplit(report->remarks, "\n", -1);

    if (*report->writer_note)
        fz_say(who, "%s", report->writer_note);
    if (*report->reader_note)
        fz_say(who, "%s", report->reader_note);
    if (fz_outcome_is_final(report->outcome))
        fz_say(who, "%s", line);
    else if (!quiet || !went_well(report->outcome))
        fz_say(who, "%s: %s", name, line);
    for (char **remark = remarks; *remark; remark++)
        fz_say(who, "%s: %s", name, *remark);
}
