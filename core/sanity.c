/* Whether records and totals are possible.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sanity.h"

#include <string.h>

static bool is_end_reason(uint8_t reason)
{
    return reason == FZ_END_ACTIVE_TIMEOUT || reason == FZ_END_FORCED || reason == FZ_END_RESOURCES;
}

char *fz_record_fault(const fz_record *record, uint32_t zones)
{
    static const uint8_t zero[12];

    if (fz_family_bits(record->family) == 0)
        return g_strdup("is neither IPv4 nor IPv6");
    if (record->end_us < record->start_us)
        return g_strdup("ends before it starts");
    if (!is_end_reason(record->end_reason))
        return g_strdup_printf("has a flowEndReason of %u: expected 2, 4 or 5", record->end_reason);
    if (record->opened >= FZ_OPENED_COUNT)
        return g_strdup_printf("says %u of who opened it: expected less than %d", record->opened, FZ_OPENED_COUNT);
    if (record->reserved[0] | record->reserved[1])
        return g_strdup("has reserved bytes that are not zero");
    for (int end = 0; end < 2; end++) {
        if (record->zone[end] > zones)
            return g_strdup_printf("has zone %u, which is not in the dictionary of %u", record->zone[end], zones);
        if (record->family == FZ_IPV4 && memcmp(record->addr[end] + 4, zero, sizeof zero) != 0)
            return g_strdup("has an IPv4 address that is too long");
    }
    return NULL;
}

static bool add_both(uint64_t *sum, const uint64_t values[2])
{
    return !__builtin_add_overflow(*sum, values[0], sum) && !__builtin_add_overflow(*sum, values[1], sum);
}

bool fz_tally_add(fz_tally *tally, const fz_record *record)
{
    uint64_t ip_bytes = 0;

    tally->records++;
    return add_both(&tally->sum.frames, record->packets) && add_both(&tally->sum.bytes, record->bytes) &&
           add_both(&ip_bytes, record->ip_bytes);
}

/* Of frames or of bytes. */
static char *find_fault(const char *what, uint64_t counted, const uint64_t others[3], uint64_t sum, fz_layers layers)
{
    uint64_t all = counted;

    for (int i = 0; i < 3; i++)
        if (__builtin_add_overflow(all, others[i], &all))
            return g_strdup_printf("the totals of %s do not fit 64 bits", what);
    if (layers == FZ_LAYERS_ALL ? sum >= counted : sum == counted)
        return NULL;
    return g_strdup_printf("the totals count %" G_GUINT64_FORMAT " %s in conversations, the records %" G_GUINT64_FORMAT,
                           counted, what, sum);
}

char *fz_totals_fault(const fz_totals *totals, const fz_tally *tally, fz_layers layers)
{
    const uint64_t frames[] = {totals->not_ip.frames, totals->unparsable.frames, totals->filtered.frames};
    const uint64_t bytes[] = {totals->not_ip.bytes, totals->unparsable.bytes, totals->filtered.bytes};

    if (totals->records != tally->records)
        return g_strdup_printf("the totals count %" G_GUINT64_FORMAT " records, but there are %" G_GUINT64_FORMAT,
                               totals->records, tally->records);
    char *fault = find_fault("frames", totals->counted.frames, frames, tally->sum.frames, layers);
    return fault ? fault : find_fault("bytes", totals->counted.bytes, bytes, tally->sum.bytes, layers);
}
