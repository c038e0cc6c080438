/* How even starts of conversations are.
 *
 * The idea of the four shares is that of RITA's beacons: spread (median absolute deviation) and skew (Bowley's) of
 * intervals and of sizes, the hours that have starts, and how flat their histogram is. Calls at random times fill hours
 * too, and may all have one size: what tells a beacon from them is how little its intervals spread.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "find_rhythm.h"

#include <stdlib.h>

/* A start that comes within a tenth of the average interval belongs to the beat of the one before. */
enum { BURST_PART = 10 };

#define HOUR_US (3600 * (int64_t)G_USEC_PER_SEC)

static int compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* A quantile of sorted values, between two of them if need be. */
static double quantile(const int64_t *values, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t low = (size_t)place, high = MIN(low + 1, count - 1);

    return (double)values[low] + ((double)values[high] - (double)values[low]) * (place - (double)low);
}

static double clamp(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* How even values are, which are sorted and then lost. */
static double evenness(int64_t *values, size_t count, int64_t *median, int64_t *spread)
{
    qsort(values, count, sizeof *values, compare);
    const double low = quantile(values, count, 0.25), middle = quantile(values, count, 0.5);
    const double high = quantile(values, count, 0.75);
    /* Quartiles that hardly differ have no skew. */
    const double width = high - low,
                 skew = width < 0.001 * middle || width <= 0 ? 0 : (low + high - 2 * middle) / width;

    *median = (int64_t)middle;
    for (size_t i = 0; i < count; i++)
        values[i] = llabs(values[i] - *median);
    qsort(values, count, sizeof *values, compare);
    *spread = (int64_t)quantile(values, count, 0.5);
    const double even = middle > 0 ? clamp(1 - (double)*spread / middle) : *spread == 0;
    return (even + clamp(1 - (skew < 0 ? -skew : skew))) / 2;
}

/* The times of beats; their number. */
static size_t find_beats(const fz_start *starts, size_t count, int64_t *beats)
{
    const int64_t gap_us = (starts[count - 1].time_us - starts[0].time_us) / (int64_t)(count - 1) / BURST_PART;
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (i == 0 || starts[i].time_us - starts[i - 1].time_us > gap_us)
            beats[found++] = starts[i].time_us;
    return found;
}

/* Hours, or two intervals if these are longer, from the first beat to the last: a last one that is not whole counts
 * with the one before.
 */
static void fill_hours(const int64_t *beats, size_t count, fz_rhythm *rhythm)
{
    const int64_t first_us = beats[0], span_us = beats[count - 1] - first_us;
    const int64_t bin_us = MAX(HOUR_US, 2 * rhythm->every_us);
    const size_t bins = (size_t)CLAMP(span_us / bin_us, 1, 1 << 20);
    g_autofree uint32_t *filled = g_new0(uint32_t, bins);
    size_t used = 0;
    double squares = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t bin = MIN((size_t)((beats[i] - first_us) / bin_us), bins - 1);
        used += filled[bin]++ == 0;
    }
    const double mean = (double)count / (double)bins;
    for (size_t i = 0; i < bins; i++)
        squares += ((double)filled[i] - mean) * ((double)filled[i] - mean);
    rhythm->hours = (double)used / (double)bins;
    /* The variance of the counts, against that of starts at random. */
    const double variance = squares / (double)bins / (mean * mean);
    double deviation = variance > 1 ? 1 : variance;
    for (int i = 0; i < 30 && variance > 0; i++) /* Newton's square root: no library for one call */
        deviation = (deviation + variance / deviation) / 2;
    rhythm->flat = clamp(1 - (variance > 0 ? deviation : 0));
}

fz_rhythm fz_rhythm_of(const fz_start *starts, size_t count)
{
    g_autofree int64_t *values = g_new(int64_t, count), *beats = g_new0(int64_t, count);
    const uint64_t span_us = (uint64_t)starts[count - 1].time_us - (uint64_t)starts[0].time_us;
    fz_rhythm rhythm = {
        .beats = find_beats(starts, count, beats),
        .strobe = (uint64_t)count * G_USEC_PER_SEC > span_us,
    };

    for (size_t i = 0; i < count; i++)
        values[i] = starts[i].bytes;
    rhythm.sizes = evenness(values, count, &rhythm.bytes, &rhythm.bytes_spread);
    if (rhythm.beats < 2)
        return rhythm;
    for (size_t i = 0; i + 1 < rhythm.beats; i++)
        values[i] = beats[i + 1] - beats[i];
    rhythm.intervals = evenness(values, rhythm.beats - 1, &rhythm.every_us, &rhythm.spread_us);
    fill_hours(beats, rhythm.beats, &rhythm);
    rhythm.score = 25 * (rhythm.intervals + rhythm.sizes + rhythm.hours + rhythm.flat);
    return rhythm;
}
