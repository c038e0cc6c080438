/* The writer's end of the record pipe: it trusts no frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipe.h"

#include "pipe_frame_private.h"
#include "sanity.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - pipe - error - quark, fz_pipe_error)

enum { REMARKS_MAX = 256 };

struct fz_pipe {
    int fd, commands;
    char *note;
    GString *remarks; /* NULL: there is none */
    fz_pipe_limits limits;
    fz_run run;
    GArray *rows; /* of fz_zone */
    GStringChunk *texts;
    size_t text_bytes;
    fz_zones zones;
    uint32_t kind; /* of the current frame */
    uint8_t *frame;
    size_t room;     /* of `frame` */
    size_t size, at; /* its payload's size, and how much of it was taken */
    uint64_t position;
    fz_tally tally;   /* of this pass */
    gint64 waited_us; /* for the reader, in all */
    gint64 tick_us;   /* between two calls of `tick`; 0: it is not called */
    gint64 next_us;   /* when it is called next */
    fz_pipe_tick tick;
    void *tick_user;
    fz_totals totals;
    char digest[DIGEST_SIZE + 1];
    bool ended;
};

static bool fail(fz_pipe_error code, GError **error, const char *what)
{
    g_set_error_literal(error, FZ_PIPE_ERROR, code, what);
    return false;
}

static bool invalid(const char *what, GError **error)
{
    g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_INVALID, "its reader cannot be trusted: %s", what);
    return false;
}

/* Calls `tick` if it is due. */
static bool heed_tick(fz_pipe *pipe, GError **error)
{
    const gint64 now_us = pipe->tick_us ? g_get_monotonic_time() : 0;

    if (!pipe->tick_us || now_us < pipe->next_us)
        return true;
    pipe->next_us = now_us + pipe->tick_us;
    return pipe->tick(pipe->tick_user, error);
}

/* Milliseconds until there is something to do, rounded up, so that it is due then; -1: never. */
static int time_left(const fz_pipe *pipe, gint64 begin_us)
{
    const gint64 now_us = g_get_monotonic_time();
    const gint64 limit_us = (gint64)pipe->limits.silence_s * G_USEC_PER_SEC;
    gint64 left_us = INT64_MAX;

    if (limit_us)
        left_us = limit_us - pipe->waited_us - (now_us - begin_us);
    if (pipe->tick_us)
        left_us = MIN(left_us, pipe->next_us - now_us);
    return left_us == INT64_MAX ? -1 : (int)CLAMP(left_us / 1000 + 1, 0, G_MAXINT);
}

static bool is_too_late(const fz_pipe *pipe, gint64 begin_us)
{
    return pipe->limits.silence_s &&
           pipe->waited_us + (g_get_monotonic_time() - begin_us) >= (gint64)pipe->limits.silence_s * G_USEC_PER_SEC;
}

/* All waits count together: a reader that sends a little at a time can't make us wait forever. */
static bool wait_readable(fz_pipe *pipe, GError **error)
{
    struct pollfd waiting = {.fd = pipe->fd, .events = POLLIN};
    const gint64 begin_us = g_get_monotonic_time();
    int ready;

    do {
        if (!heed_tick(pipe, error))
            return false;
        ready = poll(&waiting, 1, time_left(pipe, begin_us));
    } while (ready <= 0 && (ready == 0 || errno == EINTR) && !is_too_late(pipe, begin_us));
    pipe->waited_us += g_get_monotonic_time() - begin_us;
    if (ready > 0)
        return true;
    g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_SILENT, "its reader was silent for %u s; abandoned",
                pipe->limits.silence_s);
    return false;
}

static bool take_bytes(fz_pipe *pipe, void *bytes, size_t size, GError **error)
{
    char *next = bytes;

    while (size > 0) {
        if (!wait_readable(pipe, error))
            return false;
        ssize_t got = read(pipe->fd, next, size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return fail(FZ_PIPE_ERROR_GONE, error, "the process that reads it closed the connection before the end");
        next += got;
        size -= (size_t)got;
    }
    return true;
}

/* The frame as text for people. The caller frees. */
static char *take_message(const fz_pipe *pipe)
{
    g_autofree char *text = g_strndup((const char *)pipe->frame, MIN(pipe->size, FAULT_MAX));

    return fz_text_table(text);
}

static bool take_fault(const fz_pipe *pipe, GError **error)
{
    g_autofree char *message = take_message(pipe);

    if (*message == '\0')
        return invalid("it sent an empty error", error);
    g_set_error_literal(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_FAULT, message);
    return false;
}

static void make_room(fz_pipe *pipe, size_t size)
{
    if (size <= pipe->room)
        return;
    g_free(pipe->frame); /* nothing of the last frame is needed */
    pipe->frame = g_malloc(size);
    pipe->room = size;
}

static bool is_of_rows(uint32_t kind)
{
    return kind == KIND_RECORDS || kind == KIND_MINUTES || kind == KIND_PACKETS;
}

/* Reads the next frame that is not about the position. */
static bool next_frame(fz_pipe *pipe, GError **error)
{
    frame_head head;

    do {
        if (!take_bytes(pipe, &head, sizeof head, error))
            return false;
        if (head.size > FZ_PIPE_FRAME_MAX)
            return invalid("a frame is too large", error);
        const uint32_t before = pipe->kind;
        pipe->kind = head.kind;
        pipe->size = head.size;
        pipe->at = 0;
        make_room(pipe, head.size);
        if (!take_bytes(pipe, pipe->frame, head.size, error))
            return false;
        if (head.kind == KIND_FAULT)
            return take_fault(pipe, error);
        if (head.kind != KIND_POSITION)
            return true;
        if (head.size != sizeof pipe->position)
            return invalid("a position has the wrong size", error);
        if (!is_of_rows(before)) /* otherwise they could come without end */
            return invalid("a position does not follow rows", error);
        memcpy(&pipe->position, pipe->frame, sizeof pipe->position);
    } while (true);
}

/* The next `size` bytes of the frame, or NULL. */
static const uint8_t *take(fz_pipe *pipe, size_t size)
{
    if (pipe->size - pipe->at < size)
        return NULL;
    pipe->at += size;
    return pipe->frame + pipe->at - size;
}

/* Valid UTF-8 without NUL and without controls, as fz_text_is_control has them; NULL: it is not. */
static const char *take_text(fz_pipe *pipe, size_t most, uint32_t *size)
{
    const uint8_t *length = take(pipe, sizeof *size);

    if (!length)
        return NULL;
    memcpy(size, length, sizeof *size);
    const char *text = *size <= most ? (const char *)take(pipe, *size) : NULL;
    return text != NULL && g_utf8_validate(text, *size, NULL) && fz_text_find_control(text, *size) == 0 ? text : NULL;
}

static bool take_run_text(fz_pipe *pipe, char **into, GError **error)
{
    uint32_t size;
    const char *text = take_text(pipe, FZ_RUN_TEXT_MAX, &size);

    if (!text)
        return invalid("a text of the run is not UTF-8, or has control characters", error);
    g_free(*into);
    *into = g_strndup(text, size);
    return true;
}

static bool take_run(fz_pipe *pipe, uint32_t *zones, GError **error)
{
    run_part part;
    fz_run *run = &pipe->run;
    const uint8_t *bytes = pipe->kind == KIND_RUN ? take(pipe, sizeof part) : NULL;

    if (!bytes)
        return invalid("it did not begin with the run", error);
    memcpy(&part, bytes, sizeof part);
    if (part.engine >= G_N_ELEMENTS(fz_engine_names) || part.key >= G_N_ELEMENTS(fz_key_names) ||
        part.layers >= G_N_ELEMENTS(fz_layers_names) || part.octets >= G_N_ELEMENTS(fz_octets_names) ||
        part.zones > FZ_ZONE_ROWS_MAX)
        return invalid("a parameter of the run is out of range", error);
    if ((part.vlan | part.minutes | part.packets | part.without_flows) > 1 || part.reserved)
        return invalid("a flag of the run is neither true nor false", error);
    run->engine = (fz_engine)part.engine;
    run->key = (fz_key_kind)part.key;
    run->layers = (fz_layers)part.layers;
    run->octets = (fz_octets)part.octets;
    run->vlan = part.vlan;
    run->minutes = part.minutes;
    run->packets = part.packets;
    run->without_flows = part.without_flows;
    run->interval_s = part.interval_s;
    run->max_flows = part.max_flows;
    run->first_us = part.first_us;
    run->first_bytes = part.first_bytes;
    *zones = part.zones;
    if (!take_run_text(pipe, &run->sensor, error) || !take_run_text(pipe, &run->source, error) ||
        !take_run_text(pipe, &run->location, error) || !take_run_text(pipe, &run->filter, error) ||
        !take_run_text(pipe, &run->program, error) || !take_run_text(pipe, &run->folder, error))
        return false;
    return pipe->at == pipe->size || invalid("the run is longer than it should be", error);
}

static bool take_zone_text(fz_pipe *pipe, char **into, GError **error)
{
    uint32_t size;
    const char *text = take_text(pipe, FZ_ZONE_TEXT_MAX, &size);

    if (!text)
        return invalid("a zone's text is not UTF-8, or has control characters", error);
    pipe->text_bytes += size + 1;
    if (pipe->text_bytes > FZ_PIPE_TEXT_MAX)
        return invalid("its zones have too much text", error);
    *into = g_string_chunk_insert_len(pipe->texts, text, (gssize)size);
    return true;
}

static bool take_zone(fz_pipe *pipe, GError **error)
{
    zone_part part;
    const uint8_t *bytes = take(pipe, sizeof part);

    if (!bytes)
        return invalid("a zone is cut short", error);
    memcpy(&part, bytes, sizeof part);
    fz_zone zone = {.prefix = {.addr = {.family = part.family}, .length = part.length}};
    memcpy(zone.prefix.addr.bytes, part.addr, sizeof part.addr);
    unsigned bits = fz_family_bits(part.family);
    if (bits == 0 || part.length > bits || fz_prefix_mask(&zone.prefix))
        return invalid("a zone's prefix is invalid", error);
    if (!take_zone_text(pipe, &zone.location, error) || !take_zone_text(pipe, &zone.number, error) ||
        !take_zone_text(pipe, &zone.name, error))
        return false;
    if (*zone.name == '\0')
        return invalid("a zone has no name", error);
    g_array_append_val(pipe->rows, zone);
    return true;
}

static bool take_zones(fz_pipe *pipe, uint32_t count, GError **error)
{
    while (pipe->rows->len < count) {
        if (!next_frame(pipe, error))
            return false;
        if (pipe->kind != KIND_ZONES || pipe->size == 0)
            return invalid("zones are missing", error);
        while (pipe->at < pipe->size) {
            if (pipe->rows->len == count)
                return invalid("there are more zones than it promised", error);
            if (!take_zone(pipe, error))
                return false;
        }
    }
    pipe->zones = (fz_zones){.rows = (const fz_zone *)(gpointer)pipe->rows->data, .count = count};
    return true;
}

/* One may come first. */
static bool take_note(fz_pipe *pipe, GError **error)
{
    if (pipe->kind != KIND_NOTE)
        return true;
    pipe->note = take_message(pipe);
    return next_frame(pipe, error);
}

fz_pipe *fz_pipe_open(int records, int commands, const fz_pipe_limits *limits, GError **error)
{
    fz_pipe *pipe = g_new0(fz_pipe, 1);
    uint32_t zones;

    pipe->fd = records;
    pipe->commands = commands;
    pipe->limits = *limits;
    pipe->rows = g_array_new(FALSE, FALSE, sizeof(fz_zone));
    pipe->texts = g_string_chunk_new(1 << 16);
    fz_run_init(&pipe->run);
    make_room(pipe, sizeof(run_part));
    if (next_frame(pipe, error) && take_note(pipe, error) && take_run(pipe, &zones, error) &&
        take_zones(pipe, zones, error)) {
        pipe->size = pipe->at = 0;
        return pipe;
    }
    fz_pipe_free(pipe);
    return NULL;
}

void fz_pipe_free(fz_pipe *pipe)
{
    if (!pipe)
        return;
    fz_run_clear(&pipe->run);
    g_array_free(pipe->rows, TRUE);
    g_string_chunk_free(pipe->texts);
    g_free(pipe->frame);
    g_free(pipe->note);
    if (pipe->remarks)
        g_string_free(pipe->remarks, TRUE);
    g_free(pipe);
}

const char *fz_pipe_note(const fz_pipe *pipe)
{
    return pipe->note;
}

const fz_run *fz_pipe_run(const fz_pipe *pipe)
{
    return &pipe->run;
}

const fz_zones *fz_pipe_zones(const fz_pipe *pipe)
{
    return &pipe->zones;
}

static bool take_row(fz_pipe *pipe, fz_row_kind kind, void *row, GError **error)
{
    const size_t size = fz_row_size(kind);

    memcpy(row, pipe->frame + pipe->at, size);
    pipe->at += size;
    if (pipe->limits.rows && pipe->tally.rows[kind] >= pipe->limits.rows)
        return invalid("there are more rows than the input has room for", error);
    g_autofree char *fault = fz_row_fault(kind, row, pipe->zones.count);
    if (fault)
        return invalid(fault, error);
    return fz_tally_add(&pipe->tally, kind, row) || invalid("the sum of a counter does not fit 64 bits", error);
}

/* 64 hexadecimal digits, which a run that names no source must have: it has no other identity. */
static bool take_digest(fz_pipe *pipe, const end_part *part, GError **error)
{
    if (!part->has_digest)
        return *pipe->run.source != '\0' || invalid("it has neither a source nor a digest", error);
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        if (!g_ascii_isdigit(part->digest[i]) && !(part->digest[i] >= 'a' && part->digest[i] <= 'f'))
            return invalid("its digest is not 64 hexadecimal digits", error);
    memcpy(pipe->digest, part->digest, DIGEST_SIZE);
    return true;
}

static bool take_end(fz_pipe *pipe, GError **error)
{
    end_part part;

    if (pipe->size != sizeof part)
        return invalid("its totals have the wrong size", error);
    memcpy(&part, pipe->frame, sizeof part);
    pipe->at = pipe->size;
    if (part.cut_short > 1 || part.changed > 1 || part.has_digest > 1)
        return invalid("its totals have a flag that is neither true nor false", error);
    pipe->totals = (fz_totals){
        .counted = part.counted,
        .not_ip = part.not_ip,
        .unparsable = part.unparsable,
        .filtered = part.filtered,
        .records = part.records,
        .minutes = part.minutes,
        .packets = part.packets,
        .cut_short = part.cut_short,
        .changed = part.changed,
    };
    g_autofree char *fault = fz_totals_fault(&pipe->totals, &pipe->tally, &pipe->run);
    if (fault)
        return invalid(fault, error);
    pipe->ended = take_digest(pipe, &part, error);
    return pipe->ended;
}

/* Reads the notes before the end, in the first pass only: a second one has the same. */
static bool take_remarks(fz_pipe *pipe, GError **error)
{
    const bool again = pipe->remarks != NULL;

    for (unsigned count = 0; pipe->kind == KIND_NOTE; count++) {
        g_autofree char *line = take_message(pipe);
        if (count == REMARKS_MAX)
            return invalid("there are too many notes", error);
        if (!pipe->remarks)
            pipe->remarks = g_string_new(NULL);
        if (!again)
            g_string_append_printf(pipe->remarks, "%s%s", count > 0 ? "\n" : "", line);
        if (!next_frame(pipe, error))
            return false;
    }
    return pipe->kind == KIND_END || invalid("the end does not follow the notes", error);
}

/* The kind of the current frame's rows. */
static fz_row_kind row_kind(const fz_pipe *pipe)
{
    return pipe->kind == KIND_MINUTES ? FZ_ROW_MINUTE : pipe->kind == KIND_PACKETS ? FZ_ROW_PACKET : FZ_ROW_FLOW;
}

/* Makes sure that rows are available, or that this was the end. */
static bool need_rows(fz_pipe *pipe, GError **error)
{
    if (pipe->ended || pipe->at < pipe->size)
        return true;
    if (!next_frame(pipe, error))
        return false;
    if (pipe->kind == KIND_NOTE && !take_remarks(pipe, error))
        return false;
    if (pipe->kind == KIND_END)
        return take_end(pipe, error);
    return (is_of_rows(pipe->kind) && pipe->size > 0 && pipe->size % fz_row_size(row_kind(pipe)) == 0) ||
           invalid("unexpected frame", error);
}

/* No more than the rest of a frame, whose rows are of one kind: the next one may take long to arrive. */
ssize_t fz_pipe_next(fz_pipe *pipe, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    uint8_t *row = rows;
    size_t count = 0;

    *kind = FZ_ROW_FLOW;
    if (most == 0)
        return 0;
    if (!need_rows(pipe, error))
        return -1;
    if (pipe->ended)
        return 0;
    *kind = row_kind(pipe);
    for (; count < most && pipe->at < pipe->size; row += fz_row_size(*kind), count++)
        if (!take_row(pipe, *kind, row, error))
            return -1;
    return (ssize_t)count;
}

const fz_totals *fz_pipe_totals(const fz_pipe *pipe)
{
    return pipe->ended ? &pipe->totals : NULL;
}

const char *fz_pipe_digest(const fz_pipe *pipe)
{
    return pipe->ended && *pipe->digest ? pipe->digest : NULL;
}

const char *fz_pipe_remarks(const fz_pipe *pipe)
{
    return pipe->ended && pipe->remarks ? pipe->remarks->str : NULL;
}

uint64_t fz_pipe_position(const fz_pipe *pipe)
{
    return pipe->position;
}

void fz_pipe_set_tick(fz_pipe *pipe, unsigned seconds, fz_pipe_tick tick, void *user)
{
    pipe->tick_us = (gint64)seconds * G_USEC_PER_SEC;
    pipe->next_us = g_get_monotonic_time() + pipe->tick_us;
    pipe->tick = tick;
    pipe->tick_user = user;
}

bool fz_pipe_rewind(fz_pipe *pipe, GError **error)
{
    const char again = FZ_PIPE_AGAIN;
    fz_any_row row;
    fz_row_kind kind;
    ssize_t count;

    while ((count = fz_pipe_next(pipe, &kind, &row, 1, error)) > 0)
        continue;
    if (count < 0)
        return false;
    pipe->ended = false;
    pipe->size = pipe->at = 0;
    pipe->tally = (fz_tally){0};
    pipe->position = 0;
    if (write(pipe->commands, &again, 1) == 1)
        return true;
    return fail(FZ_PIPE_ERROR_GONE, error, "the process that reads it closed the connection before the end");
}
