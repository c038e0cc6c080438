/* The question `time`: what is read, and in which bins.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic_private.h"

#include "plus.h"
#include "text.h"
#include "traffic_minutes.h"

#include <string.h>

enum { BINS_MAX = 1000000, BINS_OF_A_SCREEN = 60 };

static const fz_group_key from_key = {FZ_BY_ZONE, FZ_KEY_OF_NONE, "from_zone", "from", NULL, 0};
static const fz_group_key to_key = {FZ_BY_ZONE, FZ_KEY_OF_NONE, "to_zone", "to", NULL, 0};

bool fz_traffic_parse(fz_traffic *traffic, const char *text, GError **error)
{
    const bool both = strcmp(text, "traffic") == 0;

    traffic->from_zone = both || strcmp(text, "from.zone") == 0;
    traffic->to_zone = both || strcmp(text, "to.zone") == 0;
    if (traffic->from_zone || traffic->to_zone)
        return true;
    if (!fz_grouping_parse(&traffic->grouping, text, error)) {
        g_prefix_error(error, "traffic, from.zone, to.zone, or ");
        return false;
    }
    for (size_t i = 0; i < traffic->grouping.count; i++)
        if (traffic->grouping.keys[i].by == FZ_BY_TIME || traffic->grouping.keys[i].end == FZ_KEY_OF_EITHER) {
            g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                        "by=%s: expected dimensions that each conversation has once; the time is given by --bin", text);
            return false;
        }
    if (traffic->grouping.count < FZ_BY_COLUMNS)
        return true;
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "by=%s: expected fewer dimensions", text);
    return false;
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return fz_minus(value, (value % unit + unit) % unit);
}

void fz_traffic_add(fz_traffic_data *data, const char *title, int64_t time_us, int64_t flows, int64_t packets,
                    int64_t bytes)
{
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(data->series, title));

    if (index == 0) {
        char *kept = g_strdup(title);
        g_ptr_array_add(data->titles, kept);
        index = data->titles->len;
        g_hash_table_insert(data->series, kept, GUINT_TO_POINTER(index));
    }
    const fz_traffic_value value = {
        .series = index - 1,
        .bin = CLAMP(fz_minus(time_us, data->start_us) / data->bin_us, 0, data->bins - 1),
        .flows = flows,
        .packets = packets,
        .bytes = bytes,
    };
    g_array_append_val(data->values, value);
    data->flows = fz_plus(data->flows, flows);
    data->packets = fz_plus(data->packets, packets);
    data->bytes = fz_plus(data->bytes, bytes);
    data->asking->capped |= data->packets == INT64_MAX;
}

/* Between the keys of a series. */
static const char *separator(const fz_traffic_data *data)
{
    const fz_answer_manner *manner = &data->asking->question->manner;

    return manner->utf8 || manner->format != FZ_ANSWER_TABLE ? " → " : " > ";
}

/* Minutes. */

static void take_minutes(const fz_minutes *minutes, void *user)
{
    fz_traffic_data *data = user;
    const fz_traffic *traffic = data->traffic;
    g_autofree char *from = fz_group_key_label(&from_key, minutes->from_zone);
    g_autofree char *to = fz_group_key_label(&to_key, minutes->to_zone);
    g_autofree char *both = g_strconcat(from, separator(data), to, NULL);

    fz_traffic_add(data,
                   traffic->from_zone && traffic->to_zone ? both
                   : traffic->from_zone                   ? from
                                                          : to,
                   minutes->time_us, 0, minutes->packets, minutes->bytes);
}

/* Conversations. */

typedef struct group_taking {
    fz_traffic_data *data;
    const fz_grouping *grouping; /* the last key is the time */
    int64_t unit_us;
} group_taking;

static void take_group(const fz_group *group, void *user)
{
    const group_taking *taking = user;
    const size_t count = taking->grouping->count - 1;
    g_autoptr(GString) title = g_string_new(NULL);

    for (size_t i = 0; i < count; i++) {
        g_autofree char *label = fz_group_key_label(&taking->grouping->keys[i], group->cells[i]);
        g_string_append_printf(title, "%s%s", i > 0 ? separator(taking->data) : "", label);
    }
    fz_traffic_add(taking->data, title->str, fz_times(fz_cell_integer(group->cells[count]), taking->unit_us),
                   group->flows, group->packets, group->bytes);
}

/* A bin for each few columns of a screen, not below `least_us`. */
static int64_t choose_bin(int64_t length_us, int64_t least_us)
{
    static const int64_t steps_s[] = {60, 300, 900, 3600, 10800, 21600, 86400, 604800};
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(steps_s) &&
           (steps_s[i] * G_USEC_PER_SEC < least_us || length_us / G_USEC_PER_SEC / steps_s[i] > BINS_OF_A_SCREEN))
        i++;
    return steps_s[i] * G_USEC_PER_SEC;
}

/* From the beginning of the period asked for, or of the first packet, to the end. Of a period that has too many bins,
 * what captures cover. */
static bool set_bins(fz_traffic_data *data, int64_t least_us, GError **error)
{
    const fz_range *range = &data->asking->question->range;
    const fz_coverage *coverage = &data->asking->coverage;
    int64_t from = range->since_us == INT64_MIN ? coverage->start_us : range->since_us;
    int64_t to = range->until_us == INT64_MAX ? coverage->end_us : range->until_us - 1;

    data->bin_us = data->traffic->bin_s > 0 ? (int64_t)data->traffic->bin_s * G_USEC_PER_SEC
                                            : choose_bin(fz_minus(to, from), least_us);
    if (fz_minus(to, from) / data->bin_us >= BINS_MAX) {
        from = MAX(from, coverage->start_us);
        to = MAX(from, MIN(to, coverage->end_us));
    }
    data->start_us = floor_to(from, data->bin_us);
    data->bins = fz_minus(to, data->start_us) / data->bin_us + 1;
    if (data->bins <= BINS_MAX)
        return true;
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                "bin=%us: more than %d bins from the first packet to the last; expected a larger one",
                data->traffic->bin_s, BINS_MAX);
    return false;
}

static fz_grouping grouping_of(const fz_traffic_data *data)
{
    const fz_group_key time = {FZ_BY_TIME, FZ_KEY_OF_NONE, "bin",
                               NULL,       NULL,           (unsigned)(data->bin_us / G_USEC_PER_SEC)};
    fz_grouping grouping = data->traffic->grouping;

    fz_grouping_add(&grouping, &time);
    return grouping;
}

/* Bins as fine as a tier has them that lacks nothing; unless there is none. */
static bool set_whole_bins(fz_traffic_data *data, GError **error)
{
    static const fz_tier finest[] = {FZ_TIER_DETAILS, FZ_TIER_HOURS, FZ_TIER_DAYS};

    for (size_t i = 0; i < G_N_ELEMENTS(finest); i++) {
        if (!set_bins(data, fz_tier_unit_us(finest[i]), error))
            return false;
        const fz_grouping grouping = grouping_of(data);
        const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};
        if (!fz_grouping_widen(data->asking, &order, error))
            return false;
        if (data->asking->coverage.dropped == 0 || fz_grouping_tier(data->asking, &order) != FZ_TIER_DETAILS)
            return set_bins(data, data->bin_us, error); /* of the range that it is now */
    }
    return set_bins(data, 0, error);
}

static bool read_conversations(fz_traffic_data *data, fz_tier *tier, GError **error)
{
    const fz_grouping grouping = grouping_of(data);
    const fz_grouping_order order = {.grouping = &grouping, .sort = FZ_MEASURE_KEYS};

    *tier = fz_grouping_tier(data->asking, &order);
    group_taking taking = {data, &grouping, fz_tier_cell_us(*tier)};
    return fz_grouping_read(data->asking, &order, take_group, &taking, error);
}

/* "minutes; those of 2 captures were dropped, of 1 capture are not known": what an answer lacks. */
static char *minutes_words(const fz_minutes_lack *found)
{
    const struct {
        int64_t captures;
        const char *what;
    } lacks[] = {{found->dropped, "were dropped"},
                 {found->merged, "are merged with others, and have no source"},
                 {found->unknown, "are not known"},
                 {found->stale, "by old zones"}};
    GString *words = g_string_new("minutes");
    const char *separator = "; ";

    for (size_t i = 0; i < G_N_ELEMENTS(lacks); i++) {
        if (lacks[i].captures == 0)
            continue;
        g_string_append_printf(words, "%sthose of %" G_GINT64_FORMAT " capture%s %s", separator, lacks[i].captures,
                               fz_text_plural((uint64_t)lacks[i].captures), lacks[i].what);
        separator = ", ";
    }
    return g_string_free(words, FALSE);
}

static bool answer_minutes(fz_traffic_data *data, GError **error)
{
    fz_minutes_lack lack = {0};
    g_autofree char *from = NULL;

    if (!fz_filter_fits(data->asking->where, FZ_TIER_MINUTES)) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "packets by the minute have zones, location, sensor and source alone, and not what this filter "
                    "asks for: use --by zones, which counts conversations where they begin");
        return false;
    }
    if (!fz_minutes_divide(&data->asking->question->range)) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "packets are counted by the minute: expected --since and --until without seconds");
        return false;
    }
    if (!fz_minutes_count_lack(data->asking, &lack, error) ||
        !fz_minutes_read(data->asking, data->bin_us, take_minutes, data, error))
        return false;
    if (data->asking->question->sql)
        return true;
    if (!fz_traffic_print(data, error))
        return false;
    from = minutes_words(&lack);
    return fz_asking_cover(data->asking, (uint64_t)data->bytes, -1, from, error);
}

static bool answer(fz_traffic_data *data, GError **error)
{
    fz_tier tier;

    if (data->traffic->from_zone || data->traffic->to_zone)
        return set_bins(data, 0, error) && answer_minutes(data, error);
    if (!set_whole_bins(data, error) || !read_conversations(data, &tier, error))
        return false;
    if (data->asking->question->sql)
        return true;
    if (!fz_traffic_print(data, error))
        return false;
    return fz_asking_cover_tier(data->asking, (uint64_t)data->bytes, data->flows, tier, error);
}

bool fz_traffic_answer(fz_asking *asking, GError **error)
{
    fz_traffic_data data = {
        .asking = asking,
        .traffic = asking->question->user,
        .titles = g_ptr_array_new_with_free_func(g_free),
        .series = g_hash_table_new(g_str_hash, g_str_equal),
        .values = g_array_new(FALSE, FALSE, sizeof(fz_traffic_value)),
    };
    const bool done = answer(&data, error);

    g_hash_table_unref(data.series);
    g_ptr_array_unref(data.titles);
    g_array_unref(data.values);
    return done;
}
