/* What a tier has, and its words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tier.h"

#include "coverage_private.h"
#include "text.h"

#include <string.h>

/* The words of hosts are those of days: of many captures they are by day. */
static const struct {
    const char *name;
    int64_t unit_us, cell_us;
} tiers[] = {
    [FZ_TIER_DETAILS] = {"details", 1, 1},
    [FZ_TIER_HOURS] = {"hours", INT64_C(3600) * G_USEC_PER_SEC, G_USEC_PER_SEC},
    [FZ_TIER_DAYS] = {"days", INT64_C(86400) * G_USEC_PER_SEC, G_USEC_PER_SEC},
    [FZ_TIER_HOSTS] = {"days", INT64_C(86400) * G_USEC_PER_SEC, G_USEC_PER_SEC},
    [FZ_TIER_MINUTES] = {"minutes", INT64_C(60) * G_USEC_PER_SEC, G_USEC_PER_SEC},
};

int64_t fz_tier_unit_us(fz_tier tier)
{
    return tiers[tier].unit_us;
}

int64_t fz_tier_cell_us(fz_tier tier)
{
    return tiers[tier].cell_us;
}

/* A time rounded down. */
static int64_t floor_to(int64_t time_us, int64_t unit_us)
{
    const int64_t over = (time_us % unit_us + unit_us) % unit_us;

    return time_us < INT64_MIN + over ? INT64_MIN : time_us - over;
}

fz_range fz_tier_widen(fz_tier tier, const fz_range *range)
{
    const int64_t unit_us = tiers[tier].unit_us;
    const int64_t from_us = floor_to(range->since_us, unit_us), to_us = floor_to(range->until_us, unit_us);
    const bool up = range->until_us != INT64_MAX && to_us < range->until_us;

    return (fz_range){
        .since_us = range->since_us == INT64_MIN ? INT64_MIN : from_us,
        .until_us = range->until_us == INT64_MAX || (up && to_us > INT64_MAX - unit_us) ? INT64_MAX
                    : up                                                                ? to_us + unit_us
                                                                                        : to_us,
    };
}

bool fz_tier_divides(fz_tier tier, const fz_range *range)
{
    const fz_range wide = fz_tier_widen(tier, range);

    return wide.since_us == range->since_us && wide.until_us == range->until_us;
}

bool fz_tier_is_whole(fz_tier tier, const fz_coverage *coverage, const fz_range *range)
{
    switch (tier) {
    case FZ_TIER_DETAILS:
        return coverage->dropped == 0;
    case FZ_TIER_HOURS:
        return range->since_us >= coverage->hours_from_us;
    case FZ_TIER_DAYS:
    case FZ_TIER_HOSTS:
    case FZ_TIER_MINUTES:
        break;
    }
    return true;
}

char *fz_tier_time(const fz_answer_manner *manner, int64_t time_us)
{
    char *text = fz_cell_print(&(fz_answer_manner){.utc = manner->utc}, FZ_CELL_TIME, fz_minute_round(time_us, 1));
    char *midnight = strstr(text, " 00:00");

    if (midnight && strcmp(midnight, " 00:00") == 0)
        *midnight = '\0';
    return text;
}

/* " 2026-11-20 10:00 to 14:00" of a range with two ends; else "". */
static char *range_words(const fz_answer_manner *manner, const fz_range *range)
{
    if (range->since_us == INT64_MIN || range->until_us == INT64_MAX)
        return g_strdup("");
    g_autofree char *since = fz_tier_time(manner, range->since_us), *until = fz_tier_time(manner, range->until_us);
    return g_strdup_printf(" from %s to %s", since, until);
}

char *fz_tier_words(fz_tier tier, const fz_coverage *coverage, const fz_answer_manner *manner, const fz_range *range,
                    bool widened)
{
    const bool hours_gone = !fz_tier_is_whole(FZ_TIER_HOURS, coverage, range);
    const bool of_days = tiers[tier].unit_us == tiers[FZ_TIER_DAYS].unit_us;
    g_autofree char *details = fz_tier_time(manner, coverage->dropped_until_us);
    g_autofree char *hours = hours_gone ? fz_tier_time(manner, coverage->hours_from_us) : NULL;
    g_autofree char *shown = widened ? range_words(manner, range) : g_strdup("");

    if (tier == FZ_TIER_DETAILS && coverage->dropped > 0)
        return g_strdup_printf("details: those of %" G_GUINT64_FORMAT " capture%s before %s were dropped",
                               coverage->dropped, fz_text_plural(coverage->dropped), details);
    if (of_days && hours_gone)
        return g_strdup_printf("%s%s%s: hours before %s were dropped", widened ? "whole " : "", tiers[tier].name, shown,
                               hours);
    if (tier != FZ_TIER_DETAILS && coverage->dropped > 0)
        return g_strdup_printf("%s%s%s: details before %s were dropped", widened ? "whole " : "", tiers[tier].name,
                               shown, details);
    return g_strdup(tier == FZ_TIER_DETAILS ? "details" : "sums");
}
