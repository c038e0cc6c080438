/* The decoder of flow files: takes messages from a descriptor and walks through each before libfixbuf decodes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile_decoder_private.h"

#include "flowfile.h"
#include "flowfile_model.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* What is read at a time; holds several messages. */
#define BUFFER_BYTES (4 * (size_t)65536)

struct fz_decoder {
    int fd;
    char *name;

    /* Bytes read and not yet taken, the first of which is byte `at` of the file. */
    uint8_t *bytes;
    size_t begin, end;
    uint64_t at;
    bool end_of_file;

    unsigned version; /* 0: not known yet */
    fBuf_t *buffer;
    size_t fixed[FZ_TID_END - FZ_TID_TYPE];   /* bytes of a record without its texts, by template */
    unsigned texts[FZ_TID_END - FZ_TID_TYPE]; /* and how many texts follow them */
    uint32_t sequence;                        /* data records so far, as message headers count them */
    uLong checksum;
    GChecksum *digest; /* NULL: not needed */

    /* The current message, of `size` bytes; libfixbuf has it too. `next` is where its next set begins. */
    uint8_t *message;
    size_t size, next;
    /* The current set: how many of its records are still to be decoded, where the last decoded one is in the file, and
     * how far after it the next one is. Records with texts are located by the first one of their set. */
    uint16_t tid;
    unsigned left;
    uint64_t record_at;
    size_t step;
};

static bool fail_as(const fz_decoder *decoder, fz_flowfile_error code, uint64_t at, GError **error, const char *fault)
{
    g_set_error(error, FZ_FLOWFILE_ERROR, (gint)code, "%s: at byte %" G_GUINT64_FORMAT ": %s", decoder->name, at,
                fault);
    return false;
}

bool fz_decoder_fail(const fz_decoder *decoder, uint64_t at, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *fault = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return fail_as(decoder, FZ_FLOWFILE_ERROR_INVALID, at, error, fault);
}

#define fail fz_decoder_fail

static bool fail_cut(const fz_decoder *decoder, GError **error)
{
    uint64_t size = decoder->at + (decoder->end - decoder->begin);
    g_set_error(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_CUT,
                "%s: ends at byte %" G_GUINT64_FORMAT " before its trailer: the run that wrote it did not finish",
                decoder->name, size);
    return false;
}

static bool fail_errno(const fz_decoder *decoder, int number, GError **error)
{
    g_autofree char *fault = g_strdup_printf("cannot be read: %s", g_strerror(number));
    return fail_as(decoder, FZ_FLOWFILE_ERROR_READ, decoder->at + (decoder->end - decoder->begin), error, fault);
}

/* Makes `size` bytes available from `begin` on if the file has them; `*there` is whether it has. */
static bool bytes_need(fz_decoder *decoder, size_t size, bool *there, GError **error)
{
    *there = false;
    if (decoder->begin > 0 && decoder->begin + size > BUFFER_BYTES) {
        memmove(decoder->bytes, decoder->bytes + decoder->begin, decoder->end - decoder->begin);
        decoder->end -= decoder->begin;
        decoder->begin = 0;
    }
    while (decoder->end - decoder->begin < size && !decoder->end_of_file) {
        ssize_t got = read(decoder->fd, decoder->bytes + decoder->end, BUFFER_BYTES - decoder->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(decoder, errno, error);
        decoder->end_of_file = got == 0;
        decoder->end += (size_t)got;
    }
    *there = decoder->end - decoder->begin >= size;
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

/* The first message says the version; all others are of the same. */
static bool domain_check(fz_decoder *decoder, uint32_t domain, GError **error)
{
    unsigned version = FZ_DOMAIN_VERSION(domain);
    if (decoder->version == 0 && domain == FZ_MODEL_DOMAIN(version) && version > FZ_VERSION_LATEST)
        return fail(decoder, decoder->at + 12, error,
                    "expected a flow file of version 1 to %d, got version %u: a newer flowzone reads it",
                    FZ_VERSION_LATEST, version);
    if (decoder->version == 0 && domain == FZ_MODEL_DOMAIN(version) && version >= FZ_VERSION_1)
        decoder->version = version;
    unsigned expected = decoder->version > 0 ? decoder->version : FZ_VERSION_LATEST;
    return domain == FZ_MODEL_DOMAIN(expected) ||
           fail(decoder, decoder->at + 12, error,
                "expected observation domain 0x%08x (flow file version %u), got 0x%08x", FZ_MODEL_DOMAIN(expected),
                expected, domain);
}

/* The header of a message (RFC 7011 section 3.1). A file that ends inside it may still show that it is something else.
 */
static bool header_check(fz_decoder *decoder, size_t *size, GError **error)
{
    bool there;
    if (!bytes_need(decoder, FZ_MESSAGE_HEADER, &there, error))
        return false;
    const uint8_t *header = decoder->bytes + decoder->begin;
    size_t got = decoder->end - decoder->begin;
    if (got >= 4 && decoder->at == 0 && is_capture(fz_read_u32(header)))
        return fail(decoder, 0, error, "expected a flow file, got a capture: flowzone scan reads those");
    if (got >= 2 && fz_read_u16(header) != 10)
        return fail(decoder, decoder->at, error, "expected an IPFIX message (version 10), got version %u%s",
                    fz_read_u16(header), decoder->at == 0 ? ": not a flow file" : "");
    if (!there)
        return fail_cut(decoder, error);
    *size = fz_read_u16(header + 2);
    if (*size < FZ_MESSAGE_HEADER + FZ_SET_HEADER)
        return fail(decoder, decoder->at + 2, error, "expected a message length of 20 or more, got %zu", *size);
    uint32_t sequence = fz_read_u32(header + 8);
    if (!domain_check(decoder, fz_read_u32(header + 12), error))
        return false;
    if (sequence != decoder->sequence)
        return fail(decoder, decoder->at + 8, error,
                    "expected sequence number %u, got %u: messages are missing or repeated", decoder->sequence,
                    sequence);
    return true;
}

/* Takes one whole message, which stays where it is until the next call. The last four bytes of the file are its
 * checksum. */
static bool message_take(fz_decoder *decoder, GError **error)
{
    bool there;
    decoder->next = decoder->size = 0;
    if (!header_check(decoder, &decoder->size, error) || !bytes_need(decoder, decoder->size, &there, error))
        return false;
    if (!there)
        return fail_cut(decoder, error);
    decoder->message = decoder->bytes + decoder->begin;
    decoder->next = FZ_MESSAGE_HEADER;
    decoder->begin += decoder->size;
    decoder->at += decoder->size;
    bool trailer = fz_read_u16(decoder->message + FZ_MESSAGE_HEADER) == FZ_TID_TRAILER;
    decoder->checksum =
        crc32_z(decoder->checksum, decoder->message, trailer ? decoder->size - sizeof(uint32_t) : decoder->size);
    if (decoder->digest)
        g_checksum_update(decoder->digest, decoder->message, (gssize)decoder->size);
    return true;
}

/* Reads the messages that are the same in every file except for export times. We give libfixbuf these templates. */
static bool prelude_read(fz_decoder *decoder, GError **error)
{
    const GByteArray *prelude = fz_prelude(decoder->version);
    for (size_t from = 0; from < prelude->len; from += decoder->size) {
        const uint8_t *expected = prelude->data + from;
        decoder->sequence = fz_read_u32(expected + 8);
        if (!message_take(decoder, error))
            return false;
        for (size_t i = 0; i < decoder->size && i < prelude->len - from; i++)
            if (decoder->message[i] != expected[i] && (i < 4 || i >= 8))
                return fail(decoder, decoder->at - decoder->size + i, error,
                            "expected the templates and types of flow file version %u (here 0x%02x), got 0x%02x",
                            decoder->version, expected[i], decoder->message[i]);
    }
    decoder->sequence = (uint32_t)fz_version_elements(decoder->version);
    decoder->next = decoder->size;
    return true;
}

/* Skips the texts at the end of a record (RFC 7011 section 7). False if they exceed its bounds. */
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
static unsigned set_measure(const fz_decoder *decoder, uint16_t tid, const uint8_t *body, size_t size)
{
    size_t fixed = decoder->fixed[tid - FZ_TID_TYPE];
    unsigned texts = decoder->texts[tid - FZ_TID_TYPE], records = 0;
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

/* Parts of a file, in their order; 0: none of a file of this version. */
static int part(const fz_decoder *decoder, uint16_t tid)
{
    if (tid > fz_version_templates(decoder->version))
        return 0;
    switch (tid) {
    case FZ_TID_RUN:
        return 1;
    case FZ_TID_ZONE4:
    case FZ_TID_ZONE6:
        return 2;
    case FZ_TID_FLOW4:
    case FZ_TID_FLOW6:
    case FZ_TID_MINUTE:
    case FZ_TID_PACKET4:
    case FZ_TID_PACKET6:
    case FZ_TID_PACKET:
    case FZ_TID_EXPORT:
        return 3;
    case FZ_TID_TRAILER:
        return 4;
    default:
        return 0;
    }
}

/* The run is one record at the beginning, the trailer one in a message of its own. */
static bool order_check(const fz_decoder *decoder, uint16_t tid, unsigned records, uint64_t at, GError **error)
{
    int before = part(decoder, decoder->tid), now = part(decoder, tid);
    bool run = tid == FZ_TID_RUN, trailer = tid == FZ_TID_TRAILER;
    if (now < before || run != (before == 0) || ((run || trailer) && records != 1) ||
        (trailer && decoder->next != FZ_MESSAGE_HEADER))
        return fail(decoder, at, error, "a set of template %u with %u records is out of order", tid, records);
    return true;
}

/* Walks through the next set before libfixbuf does. */
static bool set_begin(fz_decoder *decoder, GError **error)
{
    uint64_t at = decoder->at - decoder->size + decoder->next;
    size_t rest = decoder->size - decoder->next;
    const uint8_t *set = decoder->message + decoder->next;
    if (rest < FZ_SET_HEADER)
        return fail(decoder, at, error, "expected a set, got the last %zu bytes of a message", rest);
    uint16_t tid = fz_read_u16(set), length = fz_read_u16(set + 2);
    if (part(decoder, tid) == 0)
        return fail(decoder, at, error, "expected a set of templates %d to %d, got %u", FZ_TID_RUN,
                    fz_version_templates(decoder->version), tid);
    if (length <= FZ_SET_HEADER || length > rest)
        return fail(decoder, at + 2, error, "expected a set of 5 to %zu bytes, got %u", rest, length);
    unsigned records = set_measure(decoder, tid, set + FZ_SET_HEADER, length - FZ_SET_HEADER);
    if (records == 0)
        return fail(decoder, at + 2, error, "expected whole records of template %u, got a set of %u bytes", tid,
                    length);
    if (!order_check(decoder, tid, records, at, error))
        return false;
    if (tid == FZ_TID_TRAILER && length != rest)
        return fail(decoder, at + length, error, "expected nothing after the trailer, got %zu bytes", rest - length);

    GError *local = NULL;
    if (decoder->tid != tid && !fBufSetInternalTemplate(decoder->buffer, tid, &local)) {
        fail(decoder, at, error, "%s", local->message);
        g_error_free(local);
        return false;
    }
    decoder->tid = tid;
    decoder->left = records;
    decoder->record_at = at + FZ_SET_HEADER;
    decoder->step = 0;
    decoder->next += length;
    decoder->sequence += records;
    return true;
}

/* libfixbuf counts a message as read only when it has asked for more of it and got nothing. */
static void message_end(fz_decoder *decoder)
{
    union {
        fz_flow_record flow;
        fz_export_record exporter;
    } unused;
    size_t size = sizeof unused;
    g_autoptr(GError) end = NULL;
    if (decoder->tid != 0)
        fBufNext(decoder->buffer, (uint8_t *)&unused, &size, &end);
}

bool fz_decoder_find(fz_decoder *decoder, uint16_t *tid, GError **error)
{
    bool found = decoder->left > 0;
    if (!found && decoder->next == decoder->size) {
        message_end(decoder);
        if (!message_take(decoder, error))
            return false;
        fBufSetBuffer(decoder->buffer, decoder->message, decoder->size);
    }
    found = found || set_begin(decoder, error);
    *tid = decoder->tid;
    return found;
}

bool fz_decoder_take(fz_decoder *decoder, void *record, size_t size, GError **error)
{
    GError *local = NULL;
    size_t got = size;
    decoder->record_at += decoder->step;
    if (!fBufNext(decoder->buffer, record, &got, &local)) {
        fail(decoder, decoder->record_at, error, "%s", local->message);
        g_error_free(local);
        return false;
    }
    decoder->left--;
    decoder->step = decoder->texts[decoder->tid - FZ_TID_TYPE] == 0 ? decoder->fixed[decoder->tid - FZ_TID_TYPE] : 0;
    return true;
}

bool fz_decoder_check_sum(const fz_decoder *decoder, uint32_t checksum, GError **error)
{
    if (checksum == (uint32_t)decoder->checksum)
        return true;
    return fail(decoder, decoder->at - sizeof(uint32_t), error,
                "expected checksum 0x%08x, got 0x%08x: the file is damaged", (unsigned)decoder->checksum, checksum);
}

bool fz_decoder_check_end(fz_decoder *decoder, GError **error)
{
    bool more;
    if (!bytes_need(decoder, 1, &more, error))
        return false;
    return !more || fail(decoder, decoder->at, error, "expected the end of the file, got more bytes after the trailer");
}

uint64_t fz_decoder_record_at(const fz_decoder *decoder)
{
    return decoder->record_at;
}

uint64_t fz_decoder_position(const fz_decoder *decoder)
{
    return decoder->at;
}

unsigned fz_decoder_version(const fz_decoder *decoder)
{
    return decoder->version;
}

const char *fz_decoder_digest(const fz_decoder *decoder)
{
    return decoder->digest ? g_checksum_get_string(decoder->digest) : NULL;
}

void fz_decoder_drop_digest(fz_decoder *decoder)
{
    g_clear_pointer(&decoder->digest, g_checksum_free);
}

static bool learn_templates(fz_decoder *decoder, GError **error)
{
    fbSession_t *session = fbSessionAlloc(fz_model());
    fbSessionSetDomain(session, FZ_MODEL_DOMAIN(decoder->version));
    decoder->buffer = fBufAllocForCollection(session, NULL);
    fBufSetAutomaticMode(decoder->buffer, FALSE);
    for (size_t i = 0; i < G_N_ELEMENTS(decoder->fixed); i++)
        decoder->fixed[i] = fz_template_size((uint16_t)(FZ_TID_TYPE + i), decoder->version, &decoder->texts[i]);
    return fz_session_add_templates(session, decoder->version, error);
}

fz_decoder *fz_decoder_open(int fd, const char *name, GError **error)
{
    fz_decoder *decoder = g_new0(fz_decoder, 1);
    decoder->fd = fd;
    decoder->name = g_strdup(name);
    decoder->bytes = g_malloc(BUFFER_BYTES);
    decoder->checksum = crc32_z(0, NULL, 0);
    decoder->digest = g_checksum_new(G_CHECKSUM_SHA256);
    size_t size;
    /* The first header says what the rest has to be. */
    if (!header_check(decoder, &size, error) || !learn_templates(decoder, error) || !prelude_read(decoder, error)) {
        fz_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void fz_decoder_free(fz_decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->buffer)
        fBufFree(decoder->buffer);
    fz_decoder_drop_digest(decoder);
    g_free(decoder->bytes);
    g_free(decoder->name);
    g_free(decoder);
}
