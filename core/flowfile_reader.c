/* Reading flow files, trusted or not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"
#include "flowfile_model.h"
#include "sanity.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

G_DEFINE_QUARK(fz - flowfile - error - quark, fz_flowfile_error)

/* What is read at a time; holds several messages. */
#define BUFFER_BYTES (4 * (size_t)65536)

struct fz_reader {
    int fd;
    char *name;
    bool failed, finished;

    /* Bytes read and not yet taken, the first of which is byte `at` of the file. */
    uint8_t *bytes;
    size_t begin, end;
    uint64_t at;
    bool end_of_file;

    fBuf_t *buffer;
    size_t fixed[FZ_TID_END - FZ_TID_TYPE];   /* bytes of a record without its texts, by template */
    unsigned texts[FZ_TID_END - FZ_TID_TYPE]; /* and how many texts follow them */
    uint32_t sequence;                        /* data records so far, as message headers count them */
    uLong checksum;
    GChecksum *digest; /* NULL unless the caller asked for it */
    bool digest_wanted;

    /* The current message, of `size` bytes; libfixbuf has it too. `next` is where its next set begins. */
    uint8_t *message;
    size_t size, next;
    /* The current set: how many of its records are still to be decoded, and where the first of them stands in the file.
     */
    uint16_t tid;
    unsigned left;
    uint64_t record_at;

    fz_run run;
    GArray *zone_rows;
    GStringChunk *zone_texts;
    fz_zones zones;
    fz_tally tally;
    fz_totals totals;
};

static bool fail_at(fz_reader *reader, fz_flowfile_error code, uint64_t at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* All faults are reported here, in one form. The reader must not be used afterwards. */
static bool fail_at(fz_reader *reader, fz_flowfile_error code, uint64_t at, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *fault = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reader->failed = true;
    g_set_error(error, FZ_FLOWFILE_ERROR, (gint)code, "%s: at byte %" G_GUINT64_FORMAT ": %s", reader->name, at, fault);
    return false;
}

#define fail(reader, at, error, ...) fail_at(reader, FZ_FLOWFILE_ERROR_INVALID, at, error, __VA_ARGS__)

static bool fail_cut(fz_reader *reader, GError **error)
{
    uint64_t size = reader->at + (reader->end - reader->begin);
    reader->failed = true;
    g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_CUT,
                "%s: ends at byte %" G_GUINT64_FORMAT " before its trailer: the run that wrote it did not finish",
                reader->name, size);
    return false;
}

/* Makes `size` bytes available from `begin` on if the file has them; `*there` is whether it has. */
static bool bytes_need(fz_reader *reader, size_t size, bool *there, GError **error)
{
    *there = false;
    if (reader->begin > 0 && reader->begin + size > BUFFER_BYTES) {
        memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    while (reader->end - reader->begin < size && !reader->end_of_file) {
        ssize_t got = read(reader->fd, reader->bytes + reader->end, BUFFER_BYTES - reader->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_at(reader, FZ_FLOWFILE_ERROR_READ, reader->at + (reader->end - reader->begin), error,
                           "cannot be read: %s", g_strerror(errno));
        reader->end_of_file = got == 0;
        reader->end += (size_t)got;
    }
    *there = reader->end - reader->begin >= size;
    return true;
}

/* The magic numbers of pcap, in both orders and precisions, and pcapng's first block (draft-ietf-opsawg-pcap section 4,
 * -pcapng section 4.1). */
static bool is_capture(uint32_t magic)
{
    static const uint32_t known[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (magic == known[i])
            return true;
    return false;
}

/* The header of a message (RFC 7011 section 3.1). A file that ends inside it may still show that it is something else.
 */
static bool header_check(fz_reader *reader, size_t *size, GError **error)
{
    bool there;
    if (!bytes_need(reader, FZ_MESSAGE_HEADER, &there, error))
        return false;
    const uint8_t *header = reader->bytes + reader->begin;
    size_t got = reader->end - reader->begin;
    if (got >= 4 && reader->at == 0 && is_capture(fz_read_u32(header)))
        return fail(reader, 0, error, "expected a flow file, got a capture: flowzone scan reads those");
    if (got >= 2 && fz_read_u16(header) != 10)
        return fail(reader, reader->at, error, "expected an IPFIX message (version 10), got version %u%s",
                    fz_read_u16(header), reader->at == 0 ? ": not a flow file" : "");
    if (!there)
        return fail_cut(reader, error);
    *size = fz_read_u16(header + 2);
    if (*size < FZ_MESSAGE_HEADER + FZ_SET_HEADER)
        return fail(reader, reader->at + 2, error, "expected a message length of 20 or more, got %zu", *size);
    uint32_t sequence = fz_read_u32(header + 8), domain = fz_read_u32(header + 12);
    if (domain != FZ_MODEL_DOMAIN)
        return fail(reader, reader->at + 12, error,
                    "expected observation domain 0x%08x (flow file version 1), got 0x%08x", FZ_MODEL_DOMAIN, domain);
    if (sequence != reader->sequence)
        return fail(reader, reader->at + 8, error,
                    "expected sequence number %u, got %u: messages are missing or repeated", reader->sequence,
                    sequence);
    return true;
}

/* Takes one whole message, which stays where it is until the next call. The last four bytes of the file are its
 * checksum. */
static bool message_take(fz_reader *reader, GError **error)
{
    bool there;
    reader->next = reader->size = 0;
    if (!header_check(reader, &reader->size, error) || !bytes_need(reader, reader->size, &there, error))
        return false;
    if (!there)
        return fail_cut(reader, error);
    reader->message = reader->bytes + reader->begin;
    reader->next = FZ_MESSAGE_HEADER;
    reader->begin += reader->size;
    reader->at += reader->size;
    bool trailer = fz_read_u16(reader->message + FZ_MESSAGE_HEADER) == FZ_TID_TRAILER;
    reader->checksum =
        crc32_z(reader->checksum, reader->message, trailer ? reader->size - sizeof(uint32_t) : reader->size);
    if (reader->digest)
        g_checksum_update(reader->digest, reader->message, (gssize)reader->size);
    return true;
}

/* The messages that are the same in every file but for their export times. libfixbuf has these templates from us. */
static bool prelude_read(fz_reader *reader, GError **error)
{
    const GByteArray *prelude = fz_prelude();
    for (size_t from = 0; from < prelude->len; from += reader->size) {
        const uint8_t *expected = prelude->data + from;
        reader->sequence = fz_read_u32(expected + 8);
        if (!message_take(reader, error))
            return false;
        for (size_t i = 0; i < reader->size && i < prelude->len - from; i++)
            if (reader->message[i] != expected[i] && (i < 4 || i >= 8))
                return fail(reader, reader->at - reader->size + i, error,
                            "expected the templates and types of flow file version 1 (here 0x%02x), got 0x%02x",
                            expected[i], reader->message[i]);
    }
    reader->sequence = (uint32_t)fz_element_count;
    reader->next = reader->size;
    return true;
}

/* Passes over the texts at the end of a record (RFC 7011 section 7). False where they leave their bounds. */
static bool texts_skip(const uint8_t **next, const uint8_t *end, unsigned count)
{
    for (; count > 0; count--) {
        if (end - *next < 1)
            return false;
        size_t length = *(*next)++;
        if (length == 255) {
            if (end - *next < 2)
                return false;
            length = fz_read_u16(*next);
            *next += 2;
        }
        if ((size_t)(end - *next) < length)
            return false;
        *next += length;
    }
    return true;
}

/* Counts the records of a set. 0 unless they fill it wholly: ours have no padding. */
static unsigned set_measure(const fz_reader *reader, uint16_t tid, const uint8_t *body, size_t size)
{
    size_t fixed = reader->fixed[tid - FZ_TID_TYPE];
    unsigned texts = reader->texts[tid - FZ_TID_TYPE], records = 0;
    if (texts == 0)
        return size % fixed == 0 ? (unsigned)(size / fixed) : 0;
    for (const uint8_t *next = body, *end = body + size; next < end; records++) {
        if ((size_t)(end - next) < fixed)
            return 0;
        next += fixed;
        if (!texts_skip(&next, end, texts))
            return 0;
    }
    return records;
}

/* Parts of a file, in their order. */
static int part(uint16_t tid)
{
    switch (tid) {
    case FZ_TID_RUN:
        return 1;
    case FZ_TID_ZONE4:
    case FZ_TID_ZONE6:
        return 2;
    case FZ_TID_FLOW4:
    case FZ_TID_FLOW6:
        return 3;
    case FZ_TID_TRAILER:
        return 4;
    default:
        return 0;
    }
}

/* The run is one record at the beginning, the trailer one in a message of its own. */
static bool order_check(fz_reader *reader, uint16_t tid, unsigned records, uint64_t at, GError **error)
{
    int before = part(reader->tid), now = part(tid);
    bool run = tid == FZ_TID_RUN, trailer = tid == FZ_TID_TRAILER;
    if (now < before || run != (before == 0) || ((run || trailer) && records != 1) ||
        (trailer && reader->next != FZ_MESSAGE_HEADER))
        return fail(reader, at, error, "a set of template %u with %u records is out of order", tid, records);
    return true;
}

/* Walks through the next set before libfixbuf does. */
static bool set_begin(fz_reader *reader, GError **error)
{
    uint64_t at = reader->at - reader->size + reader->next;
    size_t rest = reader->size - reader->next;
    const uint8_t *set = reader->message + reader->next;
    if (rest < FZ_SET_HEADER)
        return fail(reader, at, error, "expected a set, got the last %zu bytes of a message", rest);
    uint16_t tid = fz_read_u16(set), length = fz_read_u16(set + 2);
    if (part(tid) == 0)
        return fail(reader, at, error, "expected a set of templates %d to %d, got %u", FZ_TID_RUN, FZ_TID_TRAILER, tid);
    if (length <= FZ_SET_HEADER || length > rest)
        return fail(reader, at + 2, error, "expected a set of 5 to %zu bytes, got %u", rest, length);
    unsigned records = set_measure(reader, tid, set + FZ_SET_HEADER, length - FZ_SET_HEADER);
    if (records == 0)
        return fail(reader, at + 2, error, "expected whole records of template %u, got a set of %u bytes", tid, length);
    if (!order_check(reader, tid, records, at, error))
        return false;
    if (tid == FZ_TID_TRAILER && length != rest)
        return fail(reader, at + length, error, "expected nothing after the trailer, got %zu bytes", rest - length);

    GError *local = NULL;
    if (reader->tid != tid && !fBufSetInternalTemplate(reader->buffer, tid, &local)) {
        fail(reader, at, error, "%s", local->message);
        g_error_free(local);
        return false;
    }
    reader->tid = tid;
    reader->left = records;
    reader->record_at = at + FZ_SET_HEADER;
    reader->next += length;
    reader->sequence += records;
    return true;
}

/* libfixbuf learns that a message is over by asking for more of it; only then does it count on. */
static void message_end(fz_reader *reader)
{
    fz_flow_record unused;
    size_t size = sizeof unused;
    g_autoptr(GError) end = NULL;
    if (reader->tid != 0)
        fBufNext(reader->buffer, (uint8_t *)&unused, &size, &end);
}

/* Moves on to the set of the next record, in this message or the following one. */
static bool set_find(fz_reader *reader, GError **error)
{
    if (reader->left > 0)
        return true;
    if (reader->next == reader->size) {
        message_end(reader);
        if (!message_take(reader, error))
            return false;
        fBufSetBuffer(reader->buffer, reader->message, reader->size);
    }
    return set_begin(reader, error);
}

/* Decodes the next record of the current set. */
static bool record_decode(fz_reader *reader, void *record, size_t size, GError **error)
{
    GError *local = NULL;
    size_t got = size;
    if (!fBufNext(reader->buffer, record, &got, &local)) {
        fail(reader, reader->record_at, error, "%s", local->message);
        g_error_free(local);
        return false;
    }
    reader->left--;
    return true;
}

/* Valid UTF-8 without NUL. The text stays valid as long as the current message. */
static bool text_check(fz_reader *reader, const char *what, fbVarfield_t *text, size_t most, GError **error)
{
    static uint8_t nothing[1];
    if (text->len == 0)
        text->buf = nothing; /* libfixbuf has NULL for it */
    if (text->len > most)
        return fail(reader, reader->record_at, error, "expected %s of at most %zu bytes, got %zu", what, most,
                    text->len);
    if (!g_utf8_validate((const char *)text->buf, (gssize)text->len, NULL))
        return fail(reader, reader->record_at, error, "expected %s in UTF-8, got something else", what);
    return true;
}

/* The same without what would do harm on a terminal, as in zone files. */
static bool text_check_plain(fz_reader *reader, const char *what, fbVarfield_t *text, size_t most, GError **error)
{
    if (!text_check(reader, what, text, most, error))
        return false;
    gunichar control = fz_text_find_control((const char *)text->buf, text->len);
    if (control != 0)
        return fail(reader, reader->record_at, error, "expected %s without control characters, got U+%04X", what,
                    control);
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
    return fail(reader, reader->record_at, error, "%s \"%s\" is not known", what, quoted);
}

static bool bool_read(fz_reader *reader, const char *what, uint8_t value, bool *into, GError **error)
{
    if (value != FZ_IPFIX_TRUE && value != FZ_IPFIX_FALSE)
        return fail(reader, reader->record_at, error, "expected %s as 1 (true) or 2 (false), got %u", what, value);
    *into = value == FZ_IPFIX_TRUE;
    return true;
}

static bool run_read(fz_reader *reader, GError **error)
{
    fz_run_record record;
    fz_run *run = &reader->run;
    unsigned engine, key, layers;
    if (!record_decode(reader, &record, sizeof record, error) ||
        !name_read(reader, "engine", &record.engine, fz_engine_names, G_N_ELEMENTS(fz_engine_names), &engine, error) ||
        !name_read(reader, "key", &record.key, fz_key_names, G_N_ELEMENTS(fz_key_names), &key, error) ||
        !name_read(reader, "layers", &record.layers, fz_layers_names, G_N_ELEMENTS(fz_layers_names), &layers, error) ||
        !text_read(reader, "a sensor", &record.sensor, &run->sensor, error) ||
        !text_read(reader, "the capture's name", &record.source, &run->source, error) ||
        !text_read(reader, "a location", &record.location, &run->location, error) ||
        !text_read(reader, "a display filter", &record.filter, &run->filter, error) ||
        !text_read(reader, "the program's name", &record.program, &run->program, error) ||
        !bool_read(reader, "vlanInKey", record.vlan, &run->vlan, error))
        return false;
    if (!fz_time_join(record.first_ms, record.first_sub_ms, &run->first_us))
        return fail(reader, reader->record_at, error, "the time of the first frame is out of range");
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
    if (!record_decode(reader, &record, sizeof record, error))
        return false;
    bool v6 = reader->tid == FZ_TID_ZONE6;
    if (reader->zone_rows->len >= FZ_ZONE_ROWS_MAX)
        return fail(reader, reader->record_at, error, "more than %u zones", FZ_ZONE_ROWS_MAX);
    if (record.id != reader->zone_rows->len + 1)
        return fail(reader, reader->record_at, error, "expected zone %u, got zone %u", reader->zone_rows->len + 1,
                    record.id);
    fz_zone zone = {.prefix = {{.family = v6 ? FZ_IPV6 : FZ_IPV4}, .length = record.length}};
    if (v6)
        memcpy(zone.prefix.addr.bytes, record.prefix.v6, sizeof record.prefix.v6);
    else
        fz_write_u32(zone.prefix.addr.bytes, record.prefix.v4);
    if (record.length > fz_family_bits(zone.prefix.addr.family))
        return fail(reader, reader->record_at, error, "zone %u: expected a prefix of at most %u bits, got %u",
                    record.id, fz_family_bits(zone.prefix.addr.family), record.length);
    if (fz_prefix_mask(&zone.prefix))
        return fail(reader, reader->record_at, error, "zone %u: its prefix has host bits set", record.id);
    if (!zone_text_read(reader, "a zone's number", &record.number, &zone.number, error) ||
        !zone_text_read(reader, "a zone's name", &record.name, &zone.name, error) ||
        !zone_text_read(reader, "a zone's location", &record.location, &zone.location, error))
        return false;
    if (zone.name[0] == '\0')
        return fail(reader, reader->record_at, error, "zone %u has no name", record.id);
    g_array_append_val(reader->zone_rows, zone);
    return true;
}

/* All up to the first flow or the trailer. */
static bool head_read(fz_reader *reader, GError **error)
{
    if (!prelude_read(reader, error))
        return false;
    for (;;) {
        if (!set_find(reader, error))
            return false;
        if (part(reader->tid) > part(FZ_TID_ZONE6))
            break;
        if (!(reader->tid == FZ_TID_RUN ? run_read : zone_read)(reader, error))
            return false;
    }
    /* The array was allowed to move until now. */
    reader->zones = (fz_zones){(const fz_zone *)(const void *)reader->zone_rows->data, reader->zone_rows->len};
    return true;
}

static bool decoder_new(fz_reader *reader, GError **error)
{
    fbSession_t *session = fbSessionAlloc(fz_model());
    fbSessionSetDomain(session, FZ_MODEL_DOMAIN);
    reader->buffer = fBufAllocForCollection(session, NULL);
    fBufSetAutomaticMode(reader->buffer, FALSE);
    for (size_t i = 0; i < G_N_ELEMENTS(reader->fixed); i++)
        reader->fixed[i] = fz_template_size((uint16_t)(FZ_TID_TYPE + i), &reader->texts[i]);
    return fz_session_add_templates(session, true, FZ_TID_TYPE, FZ_TID_TRAILER, error) &&
           fz_session_add_templates(session, false, FZ_TID_TYPE, FZ_TID_TRAILER, error);
}

static void digest_free(fz_reader *reader)
{
    if (reader->digest)
        g_checksum_free(reader->digest);
    reader->digest = NULL;
}

fz_reader *fz_reader_open(int fd, const char *name, GError **error)
{
    fz_reader *reader = g_new0(fz_reader, 1);
    reader->fd = fd;
    reader->name = g_strdup(name);
    reader->bytes = g_malloc(BUFFER_BYTES);
    reader->checksum = crc32_z(0, NULL, 0);
    reader->digest = g_checksum_new(G_CHECKSUM_SHA256);
    reader->zone_rows = g_array_new(FALSE, FALSE, sizeof(fz_zone));
    reader->zone_texts = g_string_chunk_new(4096);
    fz_run_init(&reader->run);
    if (!decoder_new(reader, error) || !head_read(reader, error)) {
        fz_reader_free(reader);
        return NULL;
    }
    return reader;
}

void fz_reader_free(fz_reader *reader)
{
    if (!reader)
        return;
    fBufFree(reader->buffer);
    digest_free(reader);
    g_array_unref(reader->zone_rows);
    g_string_chunk_free(reader->zone_texts);
    fz_run_clear(&reader->run);
    g_free(reader->bytes);
    g_free(reader->name);
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

static bool flow_check(fz_reader *reader, const fz_record *record, GError **error)
{
    g_autofree char *fault = fz_record_fault(record, reader->zones.count);

    if (fault)
        return fail(reader, reader->record_at, error, "a record %s", fault);
    return fz_tally_add(&reader->tally, record) ||
           fail(reader, reader->record_at, error, "the sum of a counter does not fit 64 bits");
}

static bool flow_read(fz_reader *reader, fz_record *record, GError **error)
{
    fz_flow_record flow;
    if (!record_decode(reader, &flow, sizeof flow, error))
        return false;
    *record = flow.record;
    record->family = reader->tid == FZ_TID_FLOW4 ? FZ_IPV4 : FZ_IPV6;
    if (record->family == FZ_IPV4)
        fz_record_swap_ipv4(record);
    if (!fz_time_join(flow.ms[0], flow.sub_ms[0], &record->start_us) ||
        !fz_time_join(flow.ms[1], flow.sub_ms[1], &record->end_us))
        return fail(reader, reader->record_at, error, "a time is out of range");
    if (!flow_check(reader, record, error))
        return false;
    reader->record_at += reader->fixed[reader->tid - FZ_TID_TYPE];
    return true;
}

static bool totals_check(fz_reader *reader, GError **error)
{
    g_autofree char *fault = fz_totals_fault(&reader->totals, &reader->tally, reader->run.layers);

    return !fault || fail(reader, reader->record_at, error, "%s", fault);
}

static bool trailer_read(fz_reader *reader, GError **error)
{
    fz_trailer_record record;
    bool more;
    if (!record_decode(reader, &record, sizeof record, error))
        return false;
    if (record.checksum != (uint32_t)reader->checksum)
        return fail(reader, reader->at - sizeof(uint32_t), error,
                    "expected checksum 0x%08x, got 0x%08x: the file is damaged", (unsigned)reader->checksum,
                    record.checksum);
    reader->totals = (fz_totals){
        .counted = record.counted,
        .not_ip = record.not_ip,
        .unparsable = record.unparsable,
        .filtered = record.filtered,
        .records = record.records,
    };
    if (!bool_read(reader, "captureCutShort", record.cut_short, &reader->totals.cut_short, error) ||
        !totals_check(reader, error) || !bytes_need(reader, 1, &more, error))
        return false;
    if (more)
        return fail(reader, reader->at, error, "expected the end of the file, got more bytes after the trailer");
    reader->finished = true;
    return true;
}

void fz_reader_want_digest(fz_reader *reader)
{
    reader->digest_wanted = true;
}

ssize_t fz_reader_next(fz_reader *reader, fz_record *records, size_t most, GError **error)
{
    if (reader->failed) {
        fail(reader, reader->at, error, "reading failed before");
        return -1;
    }
    if (!reader->digest_wanted)
        digest_free(reader);
    size_t count = 0;
    while (count < most && !reader->finished) {
        if (!set_find(reader, error))
            return -1;
        if (reader->tid == FZ_TID_TRAILER ? !trailer_read(reader, error) : !flow_read(reader, &records[count], error))
            return -1;
        count += reader->tid != FZ_TID_TRAILER;
    }
    return (ssize_t)count;
}

const fz_totals *fz_reader_totals(const fz_reader *reader)
{
    return &reader->totals;
}

const char *fz_reader_digest(const fz_reader *reader)
{
    return reader->digest ? g_checksum_get_string(reader->digest) : NULL;
}

uint64_t fz_reader_position(const fz_reader *reader)
{
    return reader->at;
}
