/* The reader's end of the record pipe: frames are built in memory and written whole.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipe.h"

#include "pipe_frame_private.h"
#include "write.h"

#include <string.h>

enum { ZONES_BYTES = 128 << 10 };

struct fz_pipe_sender {
    int fd;
    GByteArray *frame;
    GChecksum *digest; /* of the rows of kind `digested`, if the run has no other identity; NULL: not needed */
    fz_row_kind digested;
};

fz_pipe_sender *fz_pipe_sender_new(int fd)
{
    fz_pipe_sender *sender = g_new(fz_pipe_sender, 1);

    *sender = (fz_pipe_sender){.fd = fd, .frame = g_byte_array_new()};
    return sender;
}

void fz_pipe_sender_free(fz_pipe_sender *sender)
{
    if (!sender)
        return;
    g_byte_array_free(sender->frame, TRUE);
    g_clear_pointer(&sender->digest, g_checksum_free);
    g_free(sender);
}

static void add(fz_pipe_sender *sender, const void *bytes, size_t size)
{
    g_byte_array_append(sender->frame, bytes, (guint)size);
}

static void add_text(fz_pipe_sender *sender, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);

    add(sender, &size, sizeof size);
    add(sender, text, size);
}

static void begin_frame(fz_pipe_sender *sender, uint32_t kind)
{
    const frame_head head = {.kind = kind};

    g_byte_array_set_size(sender->frame, 0);
    add(sender, &head, sizeof head);
}

static bool send_frame(fz_pipe_sender *sender, GError **error)
{
    uint32_t size = sender->frame->len - (uint32_t)sizeof(frame_head);

    memcpy(sender->frame->data + offsetof(frame_head, size), &size, sizeof size);
    return fz_write_all(sender->fd, sender->frame->data, sender->frame->len, error);
}

static bool send_zones(fz_pipe_sender *sender, const fz_zones *zones, GError **error)
{
    for (uint32_t i = 0; i < zones->count;) {
        begin_frame(sender, KIND_ZONES);
        for (; i < zones->count && sender->frame->len < ZONES_BYTES; i++) {
            const fz_zone *zone = &zones->rows[i];
            zone_part part = {.family = zone->prefix.addr.family, .length = zone->prefix.length};
            memcpy(part.addr, zone->prefix.addr.bytes, sizeof part.addr);
            add(sender, &part, sizeof part);
            add_text(sender, zone->location);
            add_text(sender, zone->number);
            add_text(sender, zone->name);
        }
        if (!send_frame(sender, error))
            return false;
    }
    return true;
}

bool fz_pipe_send_head(fz_pipe_sender *sender, const fz_run *run, const fz_zones *zones, GError **error)
{
    const run_part part = {
        .first_us = run->first_us,
        .max_flows = run->max_flows,
        .engine = run->engine,
        .key = run->key,
        .layers = run->layers,
        .octets = run->octets,
        .interval_s = run->interval_s,
        .first_bytes = run->first_bytes,
        .zones = zones->count,
        .vlan = run->vlan,
        .minutes = run->minutes,
        .packets = run->packets,
        .without_flows = run->without_flows,
    };

    begin_frame(sender, KIND_RUN);
    add(sender, &part, sizeof part);
    add_text(sender, run->sensor);
    add_text(sender, run->source);
    add_text(sender, run->location);
    add_text(sender, run->filter);
    add_text(sender, run->program);
    add_text(sender, run->folder);
    return send_frame(sender, error) && send_zones(sender, zones, error);
}

static const uint32_t frame_kinds[FZ_ROW_KINDS] = {KIND_RECORDS, KIND_MINUTES, KIND_PACKETS};

bool fz_pipe_send_rows(fz_pipe_sender *sender, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    const uint8_t *next = rows;

    for (size_t left = count; left > 0;) {
        const size_t some = MIN(left, FZ_RECORDS_AT_ONCE), size = some * fz_row_size(kind);
        begin_frame(sender, frame_kinds[kind]);
        add(sender, next, size);
        if (sender->digest && kind == sender->digested)
            g_checksum_update(sender->digest, next, (gssize)size);
        if (!send_frame(sender, error))
            return false;
        next += size;
        left -= some;
    }
    return true;
}

bool fz_pipe_send_position(fz_pipe_sender *sender, uint64_t position, GError **error)
{
    begin_frame(sender, KIND_POSITION);
    add(sender, &position, sizeof position);
    return send_frame(sender, error);
}

bool fz_pipe_send_end(fz_pipe_sender *sender, const fz_totals *totals, const char *digest, GError **error)
{
    end_part part = {
        .counted = totals->counted,
        .not_ip = totals->not_ip,
        .unparsable = totals->unparsable,
        .filtered = totals->filtered,
        .records = totals->records,
        .minutes = totals->minutes,
        .packets = totals->packets,
        .cut_short = totals->cut_short,
        .changed = totals->changed,
        .has_digest = digest != NULL,
    };

    if (digest)
        memcpy(part.digest, digest, DIGEST_SIZE);
    begin_frame(sender, KIND_END);
    add(sender, &part, sizeof part);
    return send_frame(sender, error);
}

void fz_pipe_send_fault(fz_pipe_sender *sender, const char *name, const char *message)
{
    g_autofree char *prefix = g_strconcat(name, ": ", NULL);

    if (g_str_has_prefix(message, prefix))
        message += strlen(prefix);
    begin_frame(sender, KIND_FAULT);
    add(sender, message, MIN(strlen(message), FAULT_MAX));
    send_frame(sender, NULL);
}

bool fz_pipe_send_note(fz_pipe_sender *sender, const char *text, GError **error)
{
    begin_frame(sender, KIND_NOTE);
    add(sender, text, MIN(strlen(text), FAULT_MAX));
    return send_frame(sender, error);
}

static fz_sink *sink_open(int fd, const fz_run *run, const fz_zones *zones, GError **error)
{
    fz_pipe_sender *sender = fz_pipe_sender_new(fd);

    if (*run->source == '\0')
        sender->digest = g_checksum_new(G_CHECKSUM_SHA256);
    sender->digested = run->without_flows ? FZ_ROW_PACKET : FZ_ROW_FLOW;
    if (fz_pipe_send_head(sender, run, zones, error))
        return (fz_sink *)sender;
    fz_pipe_sender_free(sender);
    return NULL;
}

static bool sink_write(fz_sink *sink, fz_row_kind kind, const void *rows, size_t count, GError **error)
{
    return fz_pipe_send_rows((fz_pipe_sender *)sink, kind, rows, count, error);
}

static bool sink_finish(fz_sink *sink, const fz_totals *totals, GError **error)
{
    fz_pipe_sender *sender = (fz_pipe_sender *)sink;
    bool done = !totals ||
                fz_pipe_send_end(sender, totals, sender->digest ? g_checksum_get_string(sender->digest) : NULL, error);

    fz_pipe_sender_free(sender);
    return done;
}

const fz_format fz_pipe_format = {.name = "pipe",
                                  .kinds = FZ_KIND(FZ_ROW_FLOW) | FZ_KIND(FZ_ROW_MINUTE) | FZ_KIND(FZ_ROW_PACKET),
                                  .open = sink_open,
                                  .write = sink_write,
                                  .finish = sink_finish};
