/* Reading flow files, trusted or not: what their records say.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"
#include "flowfile_decoder_private.h"
#include "flowfile_model.h"
#include "sanity.h"
#include "text.h"

#include <string.h>

G_DEFINE_QUARK(fz - flowfile - error - quark, fz_flowfile_error)

struct fz_reader {
    fz_decoder *decoder;
    uint16_t tid; /* of the current record */
    bool failed, finished, digest_wanted;

    fz_run run;
    GArray *zone_rows;
    GStringChunk *zone_texts;
    fz_zones zones;
    fz_tally tally; /* of the rows so far */
    fz_totals totals;
};

/* A fault of the current record. */
#define fail(reader, error, ...) \
    fz_decoder_fail((reader)->decoder, fz_decoder_record_at((reader)->decoder), error, __VA_ARGS__)

/* Valid UTF-8 without NUL. The text stays valid as long as the current message. */
static bool text_check(fz_reader *reader, const char *what, fbVarfield_t *text, size_t most, GError **error)
{
    static uint8_t nothing[1];
    if (text->len == 0)
        text->buf = nothing; /* libfixbuf sets NULL for an empty one */
    if (text->len > most)
        return fail(reader, error, "expected %s of at most %zu bytes, got %zu", what, most, text->len);
    if (!g_utf8_validate((const char *)text->buf, (gssize)text->len, NULL))
        return fail(reader, error, "expected %s in UTF-8, got something else", what);
    return true;
}

/* The same, and without characters that control a terminal, as in zone files. */
static bool text_check_plain(fz_reader *reader, const char *what, fbVarfield_t *text, size_t most, GError **error)
{
    if (!text_check(reader, what, text, most, error))
        return false;
    gunichar control = fz_text_find_control((const char *)text->buf, text->len);
    if (control != 0)
        return fail(reader, error, "expected %s without control characters, got U+%04X", what, control);
    return true;
}

static bool text_read(fz_reader *reader, const char *what, fbVarfield_t *text, char **into, GError **error)
{
    if (!text_check_plain(reader, what, text, FZ_RUN_TEXT_MAX, error))
        return false;
    g_free(*into);
    *into = g_strndup((const char *)text->buf, text->len);
    return true;
}

/* A text that must be one of `count` names. */
static bool name_read(fz_reader *reader, const char *what, fbVarfield_t *text, const char *const *names, unsigned count,
                      unsigned *into, GError **error)
{
    if (!text_check(reader, what, text, FZ_RUN_TEXT_MAX, error))
        return false;
    for (*into = 0; *into < count; (*into)++)
        if (strlen(names[*into]) == text->len && memcmp(names[*into], text->buf, text->len) == 0)
            return true;
    g_autofree char *start = g_strndup((const char *)text->buf, MIN(text->len, 32));
    g_autofree char *quoted = g_strescape(start, NULL);
    return fail(reader, error, "%s \"%s\" is not known", what, quoted);
}

static bool bool_read(fz_reader *reader, const char *what, uint8_t value, bool *into, GError **error)
{
    if (value != FZ_IPFIX_TRUE && value != FZ_IPFIX_FALSE)
        return fail(reader, error, "expected %s as 1 (true) or 2 (false), got %u", what, value);
    *into = value == FZ_IPFIX_TRUE;
    return true;
}

/* What the run's record has since version 2. Runs of version 1 counted conversations, by their octets on the wire. */
static bool run_read_later(fz_reader *reader, fz_run_record *record, GError **error)
{
    fz_run *run = &reader->run;
    unsigned octets = 0;
    bool flows = false;
    if (fz_decoder_version(reader->decoder) == FZ_VERSION_1)
        return true;
    if (!name_read(reader, "octets", &record->octets, fz_octets_names, G_N_ELEMENTS(fz_octets_names), &octets, error) ||
        !text_read(reader, "the capture's folder", &record->folder, &run->folder, error) ||
        !bool_read(reader, "hasConversations", record->flows, &flows, error) ||
        !bool_read(reader, "hasMinutes", record->minutes, &run->minutes, error) ||
        !bool_read(reader, "hasPackets", record->packets, &run->packets, error))
        return false;
    run->octets = (fz_octets)octets;
    run->without_flows = !flows;
    return true;
}

static bool run_read(fz_reader *reader, GError **error)
{
    fz_run_record record;
    fz_run *run = &reader->run;
    unsigned engine, key, layers;
    if (!fz_decoder_take(reader->decoder, &record, sizeof record, error) ||
        !name_read(reader, "engine", &record.engine, fz_engine_names, G_N_ELEMENTS(fz_engine_names), &engine, error) ||
        !name_read(reader, "key", &record.key, fz_key_names, G_N_ELEMENTS(fz_key_names), &key, error) ||
        !name_read(reader, "layers", &record.layers, fz_layers_names, G_N_ELEMENTS(fz_layers_names), &layers, error) ||
        !text_read(reader, "a sensor", &record.sensor, &run->sensor, error) ||
        !text_read(reader, "the capture's name", &record.source, &run->source, error) ||
        !text_read(reader, "a location", &record.location, &run->location, error) ||
        !text_read(reader, "a display filter", &record.filter, &run->filter, error) ||
        !text_read(reader, "the program's name", &record.program, &run->program, error) ||
        !bool_read(reader, "vlanInKey", record.vlan, &run->vlan, error) || !run_read_later(reader, &record, error))
        return false;
    if (!fz_time_join(record.first_ms, record.first_sub_ms, &run->first_us))
        return fail(reader, error, "the time of the first frame is out of range");
    run->engine = (fz_engine)engine;
    run->key = (fz_key_kind)key;
    run->layers = (fz_layers)layers;
    run->interval_s = record.interval_s;
    run->max_flows = record.max_flows;
    run->first_bytes = record.first_bytes;
    return true;
}

static bool zone_text_read(fz_reader *reader, const char *what, fbVarfield_t *text, char **into, GError **error)
{
    if (!text_check_plain(reader, what, text, FZ_ZONE_TEXT_MAX, error))
        return false;
    *into = g_string_chunk_insert_len(reader->zone_texts, (const char *)text->buf, (gssize)text->len);
    return true;
}

static bool zone_read(fz_reader *reader, GError **error)
{
    fz_zone_record record;
    if (!fz_decoder_take(reader->decoder, &record, sizeof record, error))
        return false;
    bool v6 = reader->tid == FZ_TID_ZONE6;
    if (reader->zone_rows->len >= FZ_ZONE_ROWS_MAX)
        return fail(reader, error, "more than %u zones", FZ_ZONE_ROWS_MAX);
    if (record.id != reader->zone_rows->len + 1)
        return fail(reader, error, "expected zone %u, got zone %u", reader->zone_rows->len + 1, record.id);
    fz_zone zone = {.prefix = {{.family = v6 ? FZ_IPV6 : FZ_IPV4}, .length = record.length}};
    if (v6)
        memcpy(zone.prefix.addr.bytes, record.prefix.v6, sizeof record.prefix.v6);
    else
        fz_write_u32(zone.prefix.addr.bytes, record.prefix.v4);
    if (record.length > fz_family_bits(zone.prefix.addr.family))
        return fail(reader, error, "zone %u: expected a prefix of at most %u bits, got %u", record.id,
                    fz_family_bits(zone.prefix.addr.family), record.length);
    if (fz_prefix_mask(&zone.prefix))
        return fail(reader, error, "zone %u: its prefix has host bits set", record.id);
    if (!zone_text_read(reader, "a zone's number", &record.number, &zone.number, error) ||
        !zone_text_read(reader, "a zone's name", &record.name, &zone.name, error) ||
        !zone_text_read(reader, "a zone's location", &record.location, &zone.location, error))
        return false;
    if (zone.name[0] == '\0')
        return fail(reader, error, "zone %u has no name", record.id);
    g_array_append_val(reader->zone_rows, zone);
    return true;
}

/* Reads everything before the first flow or the trailer. */
static bool head_read(fz_reader *reader, GError **error)
{
    for (;;) {
        if (!fz_decoder_find(reader->decoder, &reader->tid, error))
            return false;
        if (reader->tid > FZ_TID_ZONE6)
            break;
        if (!(reader->tid == FZ_TID_RUN ? run_read : zone_read)(reader, error))
            return false;
    }
    /* The array was allowed to move until now. */
    reader->zones = (fz_zones){(const fz_zone *)(const void *)reader->zone_rows->data, reader->zone_rows->len};
    return true;
}

fz_reader *fz_reader_open(int fd, const char *name, GError **error)
{
    fz_reader *reader = g_new0(fz_reader, 1);
    reader->decoder = fz_decoder_open(fd, name, error);
    reader->zone_rows = g_array_new(FALSE, FALSE, sizeof(fz_zone));
    reader->zone_texts = g_string_chunk_new(4096);
    fz_run_init(&reader->run);
    if (!reader->decoder || !head_read(reader, error)) {
        fz_reader_free(reader);
        return NULL;
    }
    return reader;
}

void fz_reader_free(fz_reader *reader)
{
    if (!reader)
        return;
    fz_decoder_free(reader->decoder);
    g_array_unref(reader->zone_rows);
    g_string_chunk_free(reader->zone_texts);
    fz_run_clear(&reader->run);
    g_free(reader);
}

const fz_run *fz_reader_run(const fz_reader *reader)
{
    return &reader->run;
}

const fz_zones *fz_reader_zones(const fz_reader *reader)
{
    return &reader->zones;
}

static bool flow_read(fz_reader *reader, fz_record *record, GError **error)
{
    fz_flow_record flow;
    if (!fz_decoder_take(reader->decoder, &flow, sizeof flow, error))
        return false;
    *record = flow.record;
    record->family = reader->tid == FZ_TID_FLOW4 ? FZ_IPV4 : FZ_IPV6;
    if (record->family == FZ_IPV4)
        fz_addrs_swap_ipv4(record->addr);
    if (!fz_time_join(flow.ms[0], flow.sub_ms[0], &record->start_us) ||
        !fz_time_join(flow.ms[1], flow.sub_ms[1], &record->end_us))
        return fail(reader, error, "a time is out of range");
    return true;
}

static bool minute_read(fz_reader *reader, fz_minute *row, GError **error)
{
    fz_minute_record minute;
    if (!fz_decoder_take(reader->decoder, &minute, sizeof minute, error))
        return false;
    *row = minute.row;
    row->minute = (int64_t)minute.ms / 1000;
    return (int64_t)minute.ms % 1000 == 0 || fail(reader, error, "a minute does not begin with a second");
}

static bool packet_read(fz_reader *reader, fz_packet_row *row, GError **error)
{
    fz_packet_record packet;
    if (!fz_decoder_take(reader->decoder, &packet, sizeof packet, error))
        return false;
    *row = packet.row;
    row->family = reader->tid == FZ_TID_PACKET4 ? FZ_IPV4 : reader->tid == FZ_TID_PACKET6 ? FZ_IPV6 : 0;
    if (row->family == FZ_IPV4)
        fz_addrs_swap_ipv4(row->addr);
    row->time_ns = (uint16_t)(packet.sub_ms % 1000);
    return (packet.sub_ms < 1000000 && fz_time_join(packet.ms, (uint16_t)(packet.sub_ms / 1000), &row->time_us)) ||
           fail(reader, error, "a time is out of range");
}

/* An exporter's record is decoded, and nothing keeps it yet. */
static bool export_skip(fz_reader *reader, GError **error)
{
    fz_export_record record;
    return fz_decoder_take(reader->decoder, &record, sizeof record, error);
}

static fz_row_kind row_kind(uint16_t tid)
{
    return tid == FZ_TID_MINUTE                         ? FZ_ROW_MINUTE
           : tid == FZ_TID_FLOW4 || tid == FZ_TID_FLOW6 ? FZ_ROW_FLOW
                                                        : FZ_ROW_PACKET;
}

static bool row_read(fz_reader *reader, fz_row_kind kind, void *row, GError **error)
{
    if (!(kind == FZ_ROW_FLOW     ? flow_read(reader, row, error)
          : kind == FZ_ROW_MINUTE ? minute_read(reader, row, error)
                                  : packet_read(reader, row, error)))
        return false;
    g_autofree char *fault = fz_row_fault(kind, row, reader->zones.count);
    if (fault)
        return fail(reader, error, "%s", fault);
    return fz_tally_add(&reader->tally, kind, row) || fail(reader, error, "the sum of a counter does not fit 64 bits");
}

static bool totals_check(fz_reader *reader, GError **error)
{
    g_autofree char *fault = fz_totals_fault(&reader->totals, &reader->tally, &reader->run);

    return !fault || fail(reader, error, "%s", fault);
}

static bool trailer_read(fz_reader *reader, GError **error)
{
    fz_trailer_record record;
    if (!fz_decoder_take(reader->decoder, &record, sizeof record, error) ||
        !fz_decoder_check_sum(reader->decoder, record.checksum, error))
        return false;
    reader->totals = (fz_totals){
        .counted = record.counted,
        .not_ip = record.not_ip,
        .unparsable = record.unparsable,
        .filtered = record.filtered,
        .records = record.records,
        .minutes = record.minutes,
        .packets = record.packets,
    };
    if (!bool_read(reader, "captureCutShort", record.cut_short, &reader->totals.cut_short, error) ||
        !totals_check(reader, error) || !fz_decoder_check_end(reader->decoder, error))
        return false;
    reader->finished = true;
    return true;
}

void fz_reader_want_digest(fz_reader *reader)
{
    reader->digest_wanted = true;
}

/* Rows of one kind, up to `most` or to one of another kind, which the next call finds again. -1: `error` is set. */
static ssize_t rows_read(fz_reader *reader, fz_row_kind *kind, uint8_t *rows, size_t most, GError **error)
{
    size_t count = 0;
    while (count < most && !reader->finished) {
        if (!fz_decoder_find(reader->decoder, &reader->tid, error))
            return -1;
        if (reader->tid == FZ_TID_TRAILER || reader->tid == FZ_TID_EXPORT) {
            if (!(reader->tid == FZ_TID_TRAILER ? trailer_read : export_skip)(reader, error))
                return -1;
            continue;
        }
        if (count > 0 && row_kind(reader->tid) != *kind)
            break;
        *kind = row_kind(reader->tid);
        if (!row_read(reader, *kind, rows + count * fz_row_size(*kind), error))
            return -1;
        count++;
    }
    return (ssize_t)count;
}

ssize_t fz_reader_next(fz_reader *reader, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    *kind = FZ_ROW_FLOW;
    if (reader->failed) {
        fz_decoder_fail(reader->decoder, fz_decoder_position(reader->decoder), error, "reading failed before");
        return -1;
    }
    if (!reader->digest_wanted)
        fz_decoder_drop_digest(reader->decoder);
    ssize_t count = rows_read(reader, kind, rows, most, error);
    reader->failed = count < 0;
    return count;
}

const fz_totals *fz_reader_totals(const fz_reader *reader)
{
    return &reader->totals;
}

const char *fz_reader_digest(const fz_reader *reader)
{
    return fz_decoder_digest(reader->decoder);
}

uint64_t fz_reader_position(const fz_reader *reader)
{
    return fz_decoder_position(reader->decoder);
}
