/* Where numbers come from, once details of captures were dropped, and what they lack.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_private.h"

#include "text.h"

#include <inttypes.h>

/* "Details of 6 captures dropped": as the last line of other answers has it. The caller frees. */
static char *dropped_words(const fz_overview_period *period)
{
    char *words = fz_coverage_dropped(period->dropped);

    *words = g_ascii_toupper(*words);
    return words;
}

static void print_sums(GString *to, const fz_overview *overview)
{
    static const char *const bins[] = {
        [FZ_OVERVIEW_DETAILS] = "hour",
        [FZ_OVERVIEW_HOURS] = "hour",
        [FZ_OVERVIEW_DAYS] = "day",
        [FZ_OVERVIEW_MINUTES] = "minute",
    };
    const bool hosts = overview->now.host_sums, services = overview->now.service_sums;

    fz_markup(to, "; from sums, which have these captures: zone pairs, %s%stotals%s", services ? "services, " : "",
              services && overview->policy ? "what is not allowed, " : "", hosts ? ", hosts and networks" : "");
    if (overview->bins > 0)
        fz_markup(to, ", and the time by the %s", bins[overview->time]);
    fz_markup(to, ". Conversations%s%s%s are those of the other captures alone.",
              services           ? ""
              : overview->policy ? ", services"
              : hosts            ? " and services"
                                 : ", services",
              services || !overview->policy ? ""
              : hosts                       ? " and what is not allowed"
                                            : ", what is not allowed",
              hosts ? "" : ", hosts and networks");
}

static void print_dropped(GString *to, const fz_overview *overview)
{
    const fz_overview_period *now = &overview->now;
    g_autofree char *words = dropped_words(now);
    char from[FZ_NUMERAL_SIZE], until[FZ_NUMERAL_SIZE];

    fz_markup(to, "<p class=\"note\" id=\"sources\">%s, %s to %s", words,
              fz_page_time(overview, now->dropped_span.from_us, from),
              fz_page_time_end(overview, fz_page_later(now->dropped_span.to_us, FZ_PAGE_MINUTE_UP), until));
    if (!now->service_sums && now->sums)
        fz_markup(to, ", and hours before %s",
                  fz_numeral_time_print(now->hours_from_us, overview->utc, FZ_TIME_BOTH, from));
    if (now->sums)
        print_sums(to, overview);
    else
        g_string_append(to, "; from details: all numbers are those of the other captures alone. Sums, which have all "
                            "captures, do not have what this filter or this period asks for.");
    g_string_append(to, "</p>\n");
}

void fz_page_sources(GString *to, const fz_overview *overview)
{
    char bytes[FZ_NUMERAL_SIZE], count[FZ_NUMERAL_SIZE];

    if (overview->now.dropped > 0)
        print_dropped(to, overview);
    if (fz_overview_is_capped(overview)) /* one less is printed without ">" */
        fz_markup(to, "<p class=\"note\">Sums end at %s, or %s packets: what says so may be more.</p>\n",
                  fz_numeral_bytes_print(INT64_MAX - 1, bytes), fz_numeral_count_print(INT64_MAX, count));
}

void fz_page_tier(GString *to, const fz_overview_period *period)
{
    if (period->dropped == 0)
        return;
    g_autofree char *words = dropped_words(period);
    fz_markup(to, " %s; from %s.", words,
              !period->sums        ? "details, which lack these captures"
              : !period->host_sums ? "sums, but hosts from details, which lack these captures"
                                   : "sums");
}

void fz_page_lack(GString *to, const fz_overview_period *period, const char *what, const char *more)
{
    char count[FZ_NUMERAL_SIZE];

    if (period->dropped > 0)
        fz_markup(to, "<p class=\"note\">Without %s of %s capture%s whose details were dropped%s.</p>\n", what,
                  fz_numeral_count_print((int64_t)MIN(period->dropped, (uint64_t)INT64_MAX), count),
                  fz_text_plural(period->dropped), more);
}
