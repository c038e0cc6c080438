/* The ledger for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "loads.h"

#include "columns.h"
#include "coverage_private.h"
#include "sweep.h"

#include <string.h>

/* Columns of the answer. Tables have times at whole minutes, so that captures of a ring touch. */
enum {
    SHOWN_SOURCE,
    SHOWN_SENSOR,
    SHOWN_LOCATION,
    SHOWN_FROM,
    SHOWN_TO,
    SHOWN_START,
    SHOWN_END,
    SHOWN_FRAMES,
    SHOWN_COUNTED,
    SHOWN_NOT_IP = SHOWN_COUNTED + 2,
    SHOWN_UNPARSABLE = SHOWN_NOT_IP + 2,
    SHOWN_FILTERED = SHOWN_UNPARSABLE + 2,
    SHOWN_NOTE = SHOWN_FILTERED + 2,
    SHOWN_STATE,
    SHOWN_GAP,
    SHOWN_OVERLAPS,
    SHOWN_LEDGER, /* what follows is as in the ledger */
    SHOWN_PACKETS = SHOWN_LEDGER + 3,
    SHOWN_MINUTES,
    SHOWN_DROPPED = SHOWN_LEDGER + 12,
    SHOWN_DROPPING,
    SHOWN_DROPPED_AT,
};

static const fz_answer_column columns[] = {
    {"source", "capture", FZ_CELL_TEXT},
    {"sensor", "sensor", FZ_CELL_TEXT},
    {"location", "location", FZ_CELL_TEXT},
    {NULL, "from", FZ_CELL_TIME},
    {NULL, "to", FZ_CELL_TIME},
    {"start", NULL, FZ_CELL_TIME},
    {"end", NULL, FZ_CELL_TIME},
    {"frames", "frames", FZ_CELL_COUNT},
    {"counted_frames", "counted", FZ_CELL_COUNT},
    {"counted_bytes", NULL, FZ_CELL_BYTES},
    {"not_ip_frames", "not IP", FZ_CELL_COUNT},
    {"not_ip_bytes", NULL, FZ_CELL_BYTES},
    {"unparsable_frames", "unparsable", FZ_CELL_COUNT},
    {"unparsable_bytes", NULL, FZ_CELL_BYTES},
    {"filtered_frames", "filtered", FZ_CELL_COUNT},
    {"filtered_bytes", NULL, FZ_CELL_BYTES},
    {NULL, "state", FZ_CELL_TEXT},
    {"state", NULL, FZ_CELL_TEXT},
    {"gap_before_us", NULL, FZ_CELL_SPAN},
    {"overlaps", NULL, FZ_CELL_TEXT},
    {"folder", NULL, FZ_CELL_TEXT},
    {"first_frame", NULL, FZ_CELL_TIME},
    {"records", NULL, FZ_CELL_COUNT},
    {"packets", NULL, FZ_CELL_COUNT},
    {"minutes", NULL, FZ_CELL_COUNT},
    {"capture_bytes", NULL, FZ_CELL_BYTES},
    {"engine", NULL, FZ_CELL_TEXT},
    {"flow_key", NULL, FZ_CELL_TEXT},
    {"layers", NULL, FZ_CELL_TEXT},
    {"octets", NULL, FZ_CELL_TEXT},
    {"row_kinds", NULL, FZ_CELL_TEXT},
    {"display_filter", NULL, FZ_CELL_TEXT},
    {"dropped", NULL, FZ_CELL_NUMBER},
    {"dropping", NULL, FZ_CELL_NUMBER},
    {"dropped_at", NULL, FZ_CELL_TIME},
    {"loaded", NULL, FZ_CELL_TIME},
    {"program", NULL, FZ_CELL_TEXT},
    {"load_id", NULL, FZ_CELL_NUMBER},
};
enum { SHOWN_COUNT = G_N_ELEMENTS(columns) };

/* Columns of the query: those in front of FIRST_OF_LEDGER are read one by one. */
enum {
    CELL_BEGIN,
    CELL_START,
    CELL_END,
    CELL_SOURCE,
    CELL_SENSOR,
    CELL_LOCATION,
    CELL_STATE,
    CELL_COUNTS,
    CELL_LEDGER = CELL_COUNTS + 8,
    CELLS = CELL_LEDGER + SHOWN_COUNT - SHOWN_LEDGER,
};
#define IS_EMPTY "start_us = 0 AND end_us = 0"
#define BEGIN "CASE WHEN " IS_EMPTY " THEN first_frame_us ELSE start_us END"
#define END "CASE WHEN " IS_EMPTY " THEN first_frame_us ELSE end_us END"
static const char select_loads[] =
    "SELECT " BEGIN " AS begin_us, start_us, " END ", source, sensor, location, state, counted_frames, counted_bytes, "
    "not_ip_frames, not_ip_bytes, unparsable_frames, unparsable_bytes, filtered_frames, filtered_bytes, folder, "
    "first_frame_us, records, packets, minutes, capture_bytes, engine, flow_key, layers, octets, row_kinds, "
    "display_filter, dropped, dropping, dropped_us, loaded_us, program, load_id FROM fz_load WHERE 1 = 1";

typedef struct loads_listing {
    fz_answer *answer;
    fz_sweep *sweep;
    bool utf8, utc;
    uint64_t loads;
    int64_t sums[SHOWN_COUNT];      /* of counts */
    char *sensor, *location;        /* of the first load */
    bool sensors, locations, notes; /* whether there are several, or any */
} loads_listing;

static int64_t number_of(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

static const char *text_of(const char *cell)
{
    return cell ? cell : "";
}

static int64_t added(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* The four classes of frames, and all frames. */
static void fill_counts(loads_listing *listing, fz_cell *shown, const char *const *cells)
{
    for (size_t i = 0; i < 8; i++) {
        shown[SHOWN_COUNTED + i].number = number_of(cells[CELL_COUNTS + i]);
        if (i % 2 == 0)
            shown[SHOWN_FRAMES].number = added(shown[SHOWN_FRAMES].number, shown[SHOWN_COUNTED + i].number);
    }
    for (size_t i = SHOWN_FRAMES; i < SHOWN_NOTE; i++)
        listing->sums[i] = added(listing->sums[i], shown[i].number);
}

/* What else the ledger says. Times of 0 are not known, nor are minutes of -1. */
static void fill_ledger(fz_cell *shown, const char *const *cells)
{
    for (size_t i = SHOWN_LEDGER; i < SHOWN_COUNT; i++) {
        const char *cell = cells[CELL_LEDGER + i - SHOWN_LEDGER];

        if (columns[i].kind == FZ_CELL_TEXT)
            shown[i].text = text_of(cell);
        else
            shown[i].number = number_of(cell);
        shown[i].unknown =
            (columns[i].kind == FZ_CELL_TIME && shown[i].number == 0) || (i == SHOWN_MINUTES && shown[i].number < 0);
    }
}

static void fill_times(fz_cell *shown, const fz_sweep_capture *capture, bool rows)
{
    static const int shown_times[] = {SHOWN_FROM, SHOWN_TO, SHOWN_START, SHOWN_END};
    bool frames = shown[SHOWN_FRAMES].number != 0;

    shown[SHOWN_FROM].number = fz_minute_round(capture->start_us, FZ_MINUTE_NEVER);
    shown[SHOWN_TO].number = fz_minute_round(capture->end_us, FZ_MINUTE_NEAREST);
    shown[SHOWN_START].number = capture->start_us;
    shown[SHOWN_END].number = capture->end_us;
    for (size_t i = 0; i < G_N_ELEMENTS(shown_times); i++)
        shown[shown_times[i]].unknown = i == 0 ? !frames : !rows;
}

/* "details being dropped", "details and hours dropped 2026-11-27": what is finer went before. */
static void append_dropped(GString *note, const fz_cell *shown, bool utc)
{
    static const char *const names[] = {"packets", "details", "minutes", "hours"}; /* by the bits of dropping.h */
    const int64_t dropped = shown[SHOWN_DROPPED].number, dropping = shown[SHOWN_DROPPING].number;
    const char *finest = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (dropping == INT64_C(1) << i)
            g_string_append_printf(note, "%s%s being dropped", note->len ? ", " : "", names[i]);
    if (dropping != 0)
        return;
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(names); i++)
        if ((dropped >> i & 1) && (i > 0 || shown[SHOWN_PACKETS].number > 0))
            finest = names[i];
    const bool hours = dropped & FZ_DROPPED_HOURS;
    if (!finest && !hours)
        return;
    g_string_append_printf(note, "%s%s%s%s dropped", note->len ? ", " : "",
                           finest && !(hours && (dropped & FZ_DROPPED_MINUTES)) ? finest : "",
                           finest && hours && !(dropped & FZ_DROPPED_MINUTES) ? " and " : "", hours ? "hours" : "");
    if (shown[SHOWN_DROPPED_AT].unknown)
        return;
    g_autofree char *when =
        fz_cell_print(&(fz_answer_manner){.utc = utc}, FZ_CELL_TIME, shown[SHOWN_DROPPED_AT].number);
    g_string_append_printf(note, " %.*s", (int)strcspn(when, " "), when);
}

/* "cut short, overlaps, details dropped 2026-11-27". The caller frees. */
static char *note_of(const fz_cell *shown, const fz_sweep_finding *finding, bool utc)
{
    const char *state = shown[SHOWN_STATE].text;
    GString *note = g_string_new(strcmp(state, fz_schema_state_complete) != 0 ? state : "");

    if (finding->other || finding->same)
        g_string_append_printf(note, "%soverlaps", note->len ? ", " : "");
    append_dropped(note, shown, utc);
    return g_string_free(note, FALSE);
}

/* The line of a gap, in place. */
static void print_gap(const loads_listing *listing, const fz_gap *gap)
{
    fz_cell cells[SHOWN_TO + 1] = {
        {.text = listing->utf8 ? "\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7" : "........."}};
    g_autofree char *length = fz_stretch_print(gap), *text = g_strdup_printf("no capture for %s", length);

    cells[SHOWN_FROM].number = fz_minute_round(gap->from_us, FZ_MINUTE_NEAREST);
    cells[SHOWN_TO].number = fz_minute_round(gap->to_us, FZ_MINUTE_NEVER);
    fz_answer_remark(listing->answer, cells, G_N_ELEMENTS(cells), text);
}

static void note_names(loads_listing *listing, const char *sensor, const char *location)
{
    if (listing->loads++ == 0) {
        listing->sensor = g_strdup(sensor);
        listing->location = g_strdup(location);
    }
    listing->sensors = listing->sensors || strcmp(listing->sensor, sensor) != 0;
    listing->locations = listing->locations || strcmp(listing->location, location) != 0;
}

static void take_load(const char *const *cells, void *user)
{
    loads_listing *listing = user;
    fz_cell shown[SHOWN_COUNT] = {0};
    fz_sweep_finding finding = {0};
    fz_sweep_capture capture = {.start_us = number_of(cells[CELL_BEGIN]),
                                .end_us = number_of(cells[CELL_END]),
                                .location = text_of(cells[CELL_LOCATION]),
                                .sensor = text_of(cells[CELL_SENSOR])};

    if (fz_answer_failed(listing->answer))
        return;
    fill_counts(listing, shown, cells);
    fill_ledger(shown, cells);
    capture.frames = (uint64_t)shown[SHOWN_FRAMES].number;
    fill_times(shown, &capture, number_of(cells[CELL_START]) != 0 || capture.end_us != capture.start_us);
    if (capture.frames > 0)
        finding = fz_sweep_next(listing->sweep, &capture);
    shown[SHOWN_SOURCE].text = text_of(cells[CELL_SOURCE]);
    shown[SHOWN_SENSOR].text = capture.sensor;
    shown[SHOWN_LOCATION].text = capture.location;
    shown[SHOWN_STATE].text = text_of(cells[CELL_STATE]);
    shown[SHOWN_GAP] =
        (fz_cell){.number = (int64_t)((uint64_t)finding.stretch.to_us - (uint64_t)finding.stretch.from_us),
                  .unknown = !finding.gap};
    shown[SHOWN_OVERLAPS].text = finding.other ? finding.other : finding.same ? capture.sensor : NULL;
    g_autofree char *note = note_of(shown, &finding, listing->utc);
    shown[SHOWN_NOTE].text = note;
    listing->notes = listing->notes || *note;
    note_names(listing, capture.sensor, capture.location);
    if (finding.gap)
        print_gap(listing, &finding.stretch);
    fz_answer_row(listing->answer, shown);
}

/* "100,992 + 992 + 19 = 102,003 frames": each frame is in one class. */
static void print_sums(const loads_listing *listing)
{
    static const int classes[] = {SHOWN_COUNTED, SHOWN_NOT_IP, SHOWN_UNPARSABLE, SHOWN_FILTERED};
    fz_cell cells[SHOWN_COUNT] = {{.text = "sum"}};
    g_autoptr(GString) equation = g_string_new(NULL);
    char number[FZ_NUMBER_TEXT_SIZE];

    for (size_t i = 1; i < SHOWN_COUNT; i++)
        cells[i] = (fz_cell){.number = listing->sums[i], .unknown = i < SHOWN_FRAMES || i >= SHOWN_NOTE};
    fz_answer_line(listing->answer, cells);
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        if (listing->sums[classes[i]])
            g_string_append_printf(equation, "%s%s", equation->len ? " + " : "",
                                   fz_count_print((uint64_t)listing->sums[classes[i]], number));
    if (!strchr(equation->str, '+'))
        return;
    g_string_append_printf(equation, " = %s frames", fz_count_print((uint64_t)listing->sums[SHOWN_FRAMES], number));
    fz_answer_remark(listing->answer, cells, 0, equation->str);
}

/* Columns that say nothing are left out of a table. */
static void hide_columns(const loads_listing *listing)
{
    const struct {
        int column;
        bool says;
    } shown[] = {{SHOWN_SENSOR, listing->sensors},
                 {SHOWN_LOCATION, listing->locations},
                 {SHOWN_NOT_IP, listing->sums[SHOWN_NOT_IP] != 0},
                 {SHOWN_UNPARSABLE, listing->sums[SHOWN_UNPARSABLE] != 0},
                 {SHOWN_FILTERED, listing->sums[SHOWN_FILTERED] != 0},
                 {SHOWN_NOTE, listing->notes}};

    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        if (!shown[i].says)
            fz_answer_hide(listing->answer, (size_t)shown[i].column);
    fz_answer_spare(listing->answer, SHOWN_LOCATION);
    fz_answer_spare(listing->answer, SHOWN_COUNTED);
}

static GString *statement(const fz_range *range)
{
    GString *sql = g_string_new(select_loads);

    G_STATIC_ASSERT(CELLS == 33);
    fz_range_sql(sql, range, BEGIN, END);
    return g_string_append(sql, " ORDER BY begin_us, load_id");
}

bool fz_loads_print(fz_store *store, const fz_range *range, FILE *out, const fz_answer_manner *manner, GError **error)
{
    loads_listing listing = {.sweep = fz_sweep_new(), .utf8 = manner->utf8, .utc = manner->utc};
    g_autoptr(GString) sql = statement(range);

    listing.answer = fz_answer_begin(out, manner, columns, SHOWN_COUNT, false);
    bool read = store->ops->query(store, sql->str, CELLS, G_MAXINT32, take_load, &listing, error);
    if (read && listing.loads > 1)
        print_sums(&listing);
    hide_columns(&listing);
    fz_sweep_free(listing.sweep);
    g_free(listing.sensor);
    g_free(listing.location);
    if (read)
        return fz_answer_end(listing.answer, error);
    fz_answer_abandon(listing.answer);
    return false;
}

typedef struct loads_reading {
    fz_sweep *sweep;
    bool utc;
    fz_load_taker take;
    void *user;
} loads_reading;

static void take_line(const char *const *cells, void *user)
{
    const loads_reading *at = user;
    fz_cell shown[SHOWN_COUNT] = {0};
    loads_listing unused = {0};
    fz_sweep_finding finding = {0};
    fz_sweep_capture capture = {.start_us = number_of(cells[CELL_BEGIN]),
                                .end_us = number_of(cells[CELL_END]),
                                .location = text_of(cells[CELL_LOCATION]),
                                .sensor = text_of(cells[CELL_SENSOR])};

    fill_counts(&unused, shown, cells);
    fill_ledger(shown, cells);
    shown[SHOWN_STATE].text = text_of(cells[CELL_STATE]);
    capture.frames = (uint64_t)shown[SHOWN_FRAMES].number;
    if (capture.frames > 0)
        finding = fz_sweep_next(at->sweep, &capture);
    g_autofree char *note = note_of(shown, &finding, at->utc);
    const fz_load_line line = {
        .source = text_of(cells[CELL_SOURCE]),
        .sensor = capture.sensor,
        .location = capture.location,
        .note = note,
        .start_us = capture.start_us,
        .end_us = capture.end_us,
        .frames = {shown[SHOWN_COUNTED].number, shown[SHOWN_NOT_IP].number, shown[SHOWN_UNPARSABLE].number,
                   shown[SHOWN_FILTERED].number},
    };
    at->take(&line, at->user);
}

bool fz_loads_read(fz_store *store, const fz_range *range, bool utc, fz_load_taker take, void *user, GError **error)
{
    loads_reading reading = {fz_sweep_new(), utc, take, user};
    g_autoptr(GString) sql = statement(range);

    const bool done = store->ops->query(store, sql->str, CELLS, G_MAXINT32, take_line, &reading, error);
    fz_sweep_free(reading.sweep);
    return done;
}

bool fz_loads_answer(fz_asking *asking, GError **error)
{
    const fz_question *question = asking->question;
    g_autoptr(GString) sql = statement(&question->range);

    if (question->sql)
        return fz_asking_query(asking, sql->str, CELLS, NULL, NULL, error);
    if (!fz_loads_print(asking->store, &question->range, stdout, &question->manner, error))
        return false;
    g_autofree char *dropped = fz_coverage_dropped(asking->coverage.dropped);
    g_autofree char *from = g_strconcat("the ledger", dropped ? "; " : "", dropped ? dropped : "", NULL);
    return fz_asking_cover(asking, asking->coverage.totals.counted.bytes, -1, from, error);
}
