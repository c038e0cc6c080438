/* What an answer covers, from the ledger.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage_private.h"

#include "columns.h"
#include "sweep.h"

#include <string.h>

#define DAY_US (INT64_C(86400) * G_USEC_PER_SEC)

/* What tells a capture from others that begin with it. */
typedef struct capture_content {
    int64_t end_us, rows_digest;
    uint64_t frames, bytes;
    char *source;
} capture_content;

typedef struct ledger_reading {
    fz_coverage *coverage;
    const fz_range *range;
    fz_sweep *sweep;
    GArray *instants; /* of capture_instant, by time: captures without rows, of which only the first frame is known */
    guint next;       /* the first of them that was not taken yet */
    GHashTable *overlappers; /* sensors that overlap, "location\nsensor" */
    int64_t begun_us;
    GArray *begun; /* of capture_content: the captures that begin at that time, each once */
} ledger_reading;

typedef struct capture_instant {
    int64_t time_us;
    uint64_t frames;
    char *location, *sensor;
} capture_instant;

static void instant_clear(void *data)
{
    capture_instant *instant = data;

    g_free(instant->location);
    g_free(instant->sensor);
}

static void content_clear(void *data)
{
    g_free(((capture_content *)data)->source);
}

/* The columns of a query about captures. */
enum {
    CELL_START,
    CELL_END,
    CELL_LOCATION,
    CELL_SENSOR,
    CELL_STATE,
    CELL_DROPPED,
    CELL_DROPPING,
    CELL_SOURCE,
    CELL_DIGEST,
    CELL_COUNTS,
    CELLS = CELL_COUNTS + 8
};
#define CELLS_OF(start, end)                                                                                          \
    "SELECT " start ", " end                                                                                          \
    ", location, sensor, state, dropped, dropping, source, rows_digest, counted_frames, counted_bytes, "              \
    "not_ip_frames, not_ip_bytes, unparsable_frames, unparsable_bytes, filtered_frames, filtered_bytes FROM fz_load " \
    "WHERE "

static int64_t number_of(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

static const char *text_of(const char *cell)
{
    return cell ? cell : "";
}

/* Adds a capture whose details are gone or going: within the range, as all times of a coverage. */
static void add_dropped(const ledger_reading *reading, const char *const *cells)
{
    fz_coverage *coverage = reading->coverage;
    fz_gap *span = &coverage->dropped_span;
    const int64_t from_us = MAX(number_of(cells[CELL_START]), reading->range->since_us);
    const int64_t to_us = MIN(number_of(cells[CELL_END]), reading->range->until_us);

    coverage->dropped_until_us = coverage->dropped++ > 0 ? MAX(coverage->dropped_until_us, number_of(cells[CELL_END]))
                                                         : number_of(cells[CELL_END]);
    if (number_of(cells[CELL_START]) == 0 && number_of(cells[CELL_END]) == 0)
        return; /* without a frame */
    const bool first = span->from_us == 0 && span->to_us == 0;
    span->from_us = first ? from_us : MIN(span->from_us, from_us);
    span->to_us = first ? to_us : MAX(span->to_us, to_us);
}

/* Adds what the ledger has of a capture; returns its frames. */
static uint64_t add_totals(const ledger_reading *reading, const char *const *cells)
{
    fz_coverage *coverage = reading->coverage;
    fz_totals *totals = &coverage->totals;
    fz_count *const counts[] = {&totals->counted, &totals->not_ip, &totals->unparsable, &totals->filtered};
    uint64_t frames = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        frames += (uint64_t)number_of(cells[CELL_COUNTS + 2 * i]);
        counts[i]->frames += (uint64_t)number_of(cells[CELL_COUNTS + 2 * i]);
        counts[i]->bytes += (uint64_t)number_of(cells[CELL_COUNTS + 2 * i + 1]);
    }
    coverage->captures++;
    coverage->cut_short += strcmp(text_of(cells[CELL_STATE]), fz_schema_state_complete) != 0;
    if ((number_of(cells[CELL_DROPPED]) | number_of(cells[CELL_DROPPING])) & FZ_DROPPED_FLOWS)
        add_dropped(reading, cells);
    return frames;
}

static void add_overlapper(ledger_reading *reading, const char *location, const char *sensor)
{
    fz_coverage *coverage = reading->coverage;

    if (!g_hash_table_add(reading->overlappers, g_strdup_printf("%s\n%s", location, sensor)))
        return;
    if (coverage->overlap_sensors < G_N_ELEMENTS(coverage->overlap_names))
        coverage->overlap_names[coverage->overlap_sensors] = g_strdup(sensor);
    coverage->overlap_sensors++;
}

static void add_overlap(ledger_reading *reading, const fz_sweep_capture *capture, const fz_sweep_finding *finding)
{
    fz_coverage *coverage = reading->coverage;

    if (coverage->overlapping++ == 0)
        coverage->overlap = (fz_gap){MAX(capture->start_us, reading->range->since_us), finding->other_to_us};
    coverage->overlap.to_us = MAX(coverage->overlap.to_us, finding->other_to_us);
    coverage->overlap.to_us = MIN(coverage->overlap.to_us, reading->range->until_us);
    add_overlapper(reading, capture->location, finding->other);
    add_overlapper(reading, capture->location, capture->sensor);
}

/* Takes a capture, in the order of their begins. */
static void sweep_over(ledger_reading *reading, const fz_sweep_capture *capture)
{
    fz_coverage *coverage = reading->coverage;
    fz_sweep_finding finding = fz_sweep_next(reading->sweep, capture);
    int64_t start_us = MAX(capture->start_us, reading->range->since_us);
    int64_t end_us = MIN(capture->end_us, reading->range->until_us);
    bool first = coverage->start_us > coverage->end_us;

    coverage->start_us = first ? start_us : MIN(coverage->start_us, start_us);
    coverage->end_us = first ? end_us : MAX(coverage->end_us, end_us);
    if (finding.gap)
        g_array_append_val(coverage->gaps, finding.stretch);
    if (finding.other)
        add_overlap(reading, capture, &finding);
}

/* Takes the captures without rows that begin no later than `time_us`. */
static void sweep_instants(ledger_reading *reading, int64_t time_us)
{
    for (; reading->next < reading->instants->len; reading->next++) {
        const capture_instant *next = &g_array_index(reading->instants, capture_instant, reading->next);

        if (next->time_us > time_us)
            return;
        sweep_over(reading,
                   &(fz_sweep_capture){next->time_us, next->time_us, next->frames, next->location, next->sensor});
    }
}

static void take_instant(const char *const *cells, void *user)
{
    ledger_reading *reading = user;
    capture_instant capture = {.time_us = number_of(cells[CELL_START]), .frames = add_totals(reading, cells)};

    if (capture.frames == 0)
        return;
    capture.location = g_strdup(text_of(cells[CELL_LOCATION]));
    capture.sensor = g_strdup(text_of(cells[CELL_SENSOR]));
    g_array_append_val(reading->instants, capture);
}

/* Keeps what a capture has, unless one before it has the same: a copy under another name, whose conversations are rows
 * once more. Older stores have no digests. A digest is odd; it is negative where a later state of the file was
 * refused. */
static void look_for_copy(ledger_reading *reading, const char *const *cells)
{
    fz_coverage *coverage = reading->coverage;
    const int64_t start_us = number_of(cells[CELL_START]);
    const capture_content found = {.end_us = number_of(cells[CELL_END]),
                                   .rows_digest = ABS(number_of(cells[CELL_DIGEST])),
                                   .frames = (uint64_t)number_of(cells[CELL_COUNTS]),
                                   .bytes = (uint64_t)number_of(cells[CELL_COUNTS + 1]),
                                   .source = g_strdup(text_of(cells[CELL_SOURCE]))};

    if (start_us != reading->begun_us)
        g_array_set_size(reading->begun, 0);
    reading->begun_us = start_us;
    for (guint i = 0; i < reading->begun->len && found.rows_digest % 2 != 0; i++) {
        const capture_content *before = &g_array_index(reading->begun, capture_content, i);

        if (before->rows_digest != found.rows_digest || before->end_us != found.end_us ||
            before->frames != found.frames || before->bytes != found.bytes)
            continue;
        if (coverage->copies++ == 0) {
            coverage->copy_names[0] = g_strdup(before->source);
            coverage->copy_names[1] = found.source;
        } else {
            g_free(found.source);
        }
        return;
    }
    g_array_append_val(reading->begun, found);
}

static void take_capture(const char *const *cells, void *user)
{
    ledger_reading *reading = user;
    fz_sweep_capture capture = {.start_us = number_of(cells[CELL_START]),
                                .end_us = number_of(cells[CELL_END]),
                                .frames = add_totals(reading, cells),
                                .location = text_of(cells[CELL_LOCATION]),
                                .sensor = text_of(cells[CELL_SENSOR])};

    look_for_copy(reading, cells);
    sweep_instants(reading, capture.start_us);
    sweep_over(reading, &capture);
}

void fz_range_sql(GString *sql, const fz_range *range, const char *start, const char *end)
{
    if (range->since_us != INT64_MIN)
        g_string_append_printf(sql, " AND %s >= %" G_GINT64_FORMAT, end, range->since_us);
    if (range->until_us != INT64_MAX)
        g_string_append_printf(sql, " AND %s < %" G_GINT64_FORMAT, start, range->until_us);
}

/* Captures that have rows and those that have none are two queries: the index of times is good for both. */
static bool read_captures(fz_store *store, ledger_reading *reading, GError **error)
{
    g_autoptr(GString) instants =
        g_string_new(CELLS_OF("first_frame_us", "first_frame_us") "start_us = 0 AND end_us = 0");
    g_autoptr(GString) captures = g_string_new(CELLS_OF("start_us", "end_us") "NOT (start_us = 0 AND end_us = 0)");

    fz_range_sql(instants, reading->range, "first_frame_us", "first_frame_us");
    g_string_append(instants, " ORDER BY first_frame_us");
    fz_range_sql(captures, reading->range, "start_us", "end_us");
    g_string_append(captures, " ORDER BY start_us");
    return store->ops->query(store, instants->str, CELLS, G_MAXINT32, take_instant, reading, error) &&
           store->ops->query(store, captures->str, CELLS, G_MAXINT32, take_capture, reading, error);
}

static void take_latest(const char *const *cells, void *user)
{
    if (cells[0])
        *(int64_t *)user = (MIN(fz_day_of(number_of(cells[0])), INT64_MAX / DAY_US - 1) + 1) * DAY_US;
}

/* Hours go by whole days, of UTC, up to that of the latest capture that lost them: before that midnight there are none,
 * whatever the ledger says of others. Of no interest unless that is within the range. */
static bool read_hours(fz_store *store, ledger_reading *reading, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    const int64_t since_us = reading->range->since_us;

    g_string_append_printf(sql,
                           "SELECT MAX(start_us) FROM fz_load WHERE (dropped >= %d OR dropping = %d) AND records > 0",
                           FZ_DROPPED_HOURS, FZ_DROPPED_HOURS);
    if (since_us >= INT64_MIN + DAY_US)
        g_string_append_printf(sql, " AND end_us >= %" G_GINT64_FORMAT " AND start_us >= %" G_GINT64_FORMAT,
                               fz_day_of(since_us) * DAY_US, fz_day_of(since_us) * DAY_US);
    reading->coverage->hours_from_us = INT64_MIN;
    return store->ops->query(store, sql->str, 1, 1, take_latest, &reading->coverage->hours_from_us, error);
}

bool fz_coverage_read(fz_store *store, const fz_range *range, fz_coverage *coverage, GError **error)
{
    ledger_reading reading = {
        .coverage = coverage,
        .range = range,
        .sweep = fz_sweep_new(),
        .instants = g_array_new(FALSE, FALSE, sizeof(capture_instant)),
        .overlappers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .begun = g_array_new(FALSE, FALSE, sizeof(capture_content)),
    };

    *coverage = (fz_coverage){.start_us = INT64_MAX, .end_us = INT64_MIN};
    coverage->gaps = g_array_new(FALSE, FALSE, sizeof(fz_gap));
    g_array_set_clear_func(reading.instants, instant_clear);
    g_array_set_clear_func(reading.begun, content_clear);
    bool read = read_captures(store, &reading, error) && read_hours(store, &reading, error);
    if (read)
        sweep_instants(&reading, INT64_MAX);
    if (coverage->start_us > coverage->end_us)
        coverage->start_us = coverage->end_us = 0;
    g_array_unref(reading.instants);
    g_array_unref(reading.begun);
    g_hash_table_unref(reading.overlappers);
    fz_sweep_free(reading.sweep);
    return read;
}

void fz_coverage_clear(fz_coverage *coverage)
{
    if (coverage->gaps)
        g_array_unref(coverage->gaps);
    for (size_t i = 0; i < G_N_ELEMENTS(coverage->overlap_names); i++)
        g_free(coverage->overlap_names[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(coverage->copy_names); i++)
        g_free(coverage->copy_names[i]);
    *coverage = (fz_coverage){0};
}
