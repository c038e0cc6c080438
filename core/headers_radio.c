/* The header walk: IEEE 802.11 and the headers that radios put before it. SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

/* frame_walk's number: what the preceding header says about the frame. */
enum { PADDED_HEADER = 0x01, DIRECTIONAL = 0x02, DECRYPTED = 0x04 };

/* Where the addresses of a data frame are (IEEE 802.11-2020 table 9-60). */
typedef struct ends {
    const uint8_t *destination, *source;
} ends;

static ends ends_of(const uint8_t *header)
{
    enum { TO_DS = 0x01, FROM_DS = 0x02 };

    switch (header[1] & (TO_DS | FROM_DS)) {
    case TO_DS:
        return (ends){header + 16, header + 10};
    case FROM_DS:
        return (ends){header + 4, header + 16};
    case TO_DS | FROM_DS:
        return (ends){header + 16, header + 24};
    default:
        return (ends){header + 4, header + 10};
    }
}

/* The payload of a data frame. Bridges and drivers put other things there than the LLC of the standard: two octets of
 * zero or the sequence number again before it, a whole Ethernet frame, known by the addresses, an EtherType. */
static fz_verdict payload(const uint8_t *header, span rest, frame_walk *walk)
{
    enum { IPX = 0xffff, LLC_SNAP = 0xaaaa };
    const ends end = ends_of(header);

    if (rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    const uint16_t first = be16(rest.at);
    if (first == LLC_SNAP)
        return fz_walk_llc(rest, walk);
    if (rest.captured >= 12 && (memcmp(rest.at + 6, end.source, 6) == 0 || memcmp(rest.at, end.destination, 6) == 0))
        return fz_walk_ethernet(rest, walk);
    if (first == IPX)
        return FZ_FRAME_NOT_IP;
    if (first == 0 && rest.captured >= 18 && memcmp(rest.at + 6, end.destination, 6) == 0 &&
        memcmp(rest.at + 12, end.source, 6) == 0)
        return after(6, fz_walk_ethernet, rest, walk);
    if (first == 0 || le16(rest.at) == le16(header + 22))
        return after(2, fz_walk_llc, rest, walk);
    if (fz_walk_leads_on(first))
        return skip(&rest, 2) ? fz_walk_ethertype(first, rest, walk) : FZ_FRAME_NOT_IP;
    return fz_walk_llc(rest, walk);
}

/* Octets of a mesh control field, recognized by its flags and by what follows it: not all frames that have one announce
 * it. */
static uint32_t mesh_control_size(const uint8_t *header, bool qos, uint32_t size, span rest)
{
    enum { FROM_DS = 0x02, ADDRESSES = 0x03, QOS_MESH = 0x01, LLC_SNAP = 0xaaaa };

    if (!skip(&rest, size) || (header[1] & FROM_DS) == 0 || rest.captured < 1)
        return 0;
    const uint8_t flags = rest.at[0];
    const uint32_t control = 6 + 6u * (flags & ADDRESSES);
    if ((flags & ~ADDRESSES) != 0 || (flags & ADDRESSES) == ADDRESSES)
        return 0;
    if (rest.captured >= control + 2)
        return be16(rest.at + control) == LLC_SNAP ? control : 0;
    return qos && (header[size - 1] & QOS_MESH) != 0 ? control : 0;
}

/* Octets of the header of a data frame, and its flags; 0 if it is cut off. */
static uint32_t data_header_size(span rest, uint32_t before, bool *aggregate)
{
    enum { SUBTYPE_QOS = 0x80, QOS_AGGREGATE = 0x80, TO_AND_FROM_DS = 0x03, HAS_HT_CONTROL = 0x80 };
    const uint8_t *header = rest.at;
    const uint32_t addresses = (header[1] & TO_AND_FROM_DS) == TO_AND_FROM_DS ? 30 : 24;
    const bool qos = (header[0] & SUBTYPE_QOS) != 0;

    if (rest.captured < addresses + (qos ? 2 : 0))
        return 0;
    *aggregate = qos && (header[addresses] & QOS_AGGREGATE) != 0;
    /* The flag has another meaning at 60 GHz. */
    const bool control = qos && (header[1] & HAS_HT_CONTROL) != 0 && (before & DIRECTIONAL) == 0;
    uint32_t size = addresses + (qos ? 2 : 0) + (control ? 4 : 0);
    if ((before & PADDED_HEADER) != 0)
        size = (size + 3) / 4 * 4;
    return size + mesh_control_size(header, qos, size, rest);
}

/* A part of an aggregate: addresses and a length before LLC. Each begins at a word of four octets. */
static fz_verdict aggregate_part(span rest, frame_walk *walk)
{
    enum { HEADER = 14 };
    span part = rest;

    if (!skip(&part, HEADER))
        return FZ_FRAME_NOT_IP;
    const uint32_t length = be16(part.at - 2);
    if (skip(&rest, (HEADER + length + 3) / 4 * 4)) {
        walk->otherwise = aggregate_part;
        walk->other = rest;
    }
    cut(&part, length);
    return fz_walk_llc(part, walk);
}

/* IEEE 802.11-2020 section 9.2.3. Encrypted frames are not IP. The last part of a frame that was divided cannot be
 * distinguished from a whole one: some access points number those the same way. */
static fz_verdict data_frame(span rest, frame_walk *walk)
{
    enum { TYPE_DATA = 0x08, TYPES = 0x0c, SUBTYPE_NO_DATA = 0x40, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40 };
    enum { KEY = 3, LONG_VECTOR = 0x20 };
    const uint8_t *header = rest.at;
    const uint32_t before = walk->number;
    bool aggregate;

    if (rest.captured < 24 || (header[0] & TYPES) != TYPE_DATA || (header[0] & SUBTYPE_NO_DATA) != 0)
        return FZ_FRAME_NOT_IP;
    const bool encrypted = (header[1] & PROTECTED) != 0;
    if (encrypted && (before & DECRYPTED) == 0)
        return FZ_FRAME_NOT_IP;
    if ((header[1] & MORE_FRAGMENTS) != 0)
        return unwalked(FZ_LAYER_RADIO_FRAGMENTS, 0, walk);
    const uint32_t size = data_header_size(rest, before, &aggregate);
    if (size == 0 || !skip(&rest, size))
        return FZ_FRAME_NOT_IP;
    if (encrypted && (rest.captured <= KEY || !skip(&rest, (rest.at[KEY] & LONG_VECTOR) != 0 ? 8 : 4)))
        return FZ_FRAME_NOT_IP;
    return aggregate ? aggregate_part(rest, walk) : payload(header, rest, walk);
}

fz_verdict fz_walk_ieee80211(span rest, frame_walk *walk)
{
    walk->number = 0;
    return later(data_frame, rest, walk);
}

/* Intel's driver left the encryption flag and the initialization vector in frames that it had decrypted. */
fz_verdict fz_walk_centrino(span rest, frame_walk *walk)
{
    walk->number = DECRYPTED;
    return later(data_frame, rest, walk);
}

/* The fields of radiotap.org's first word, as far as they matter here. */
enum { RADIO_FLAGS = 1, RADIO_CHANNEL = 3, RADIO_FHSS = 4, RADIO_VHT = 21, RADIO_HE = 23, RADIO_FIELDS };

typedef struct radio_field {
    uint8_t alignment, size;
} radio_field;

/* 18 is not used consistently: what follows it is unknown. */
static const radio_field radio_fields[RADIO_FIELDS] = {
    {8, 8}, {1, 1}, {1, 1}, {2, 4}, {2, 2}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2},  {1, 1},  {1, 1},
    {1, 1}, {1, 1}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {0, 0}, {1, 3}, {4, 8}, {2, 12}, {8, 12}, {2, 12}};

typedef struct radio_header {
    const uint8_t *at;
    uint32_t size, present, fields; /* its octets, its first word, the place of its first field */
} radio_header;

/* A field of the header; NULL if it is not announced, or if there is no room for it. */
static const uint8_t *find_field(const radio_header *header, unsigned wanted)
{
    uint32_t at = header->fields;

    if ((header->present & 1u << wanted) == 0)
        return NULL;
    for (unsigned i = 0; i <= wanted; i++) {
        const radio_field field = radio_fields[i];

        if ((header->present & 1u << i) == 0)
            continue;
        if (field.size == 0)
            return NULL;
        at = (at + field.alignment - 1) / field.alignment * field.alignment + field.size;
    }
    return at <= header->size ? header->at + at - radio_fields[wanted].size : NULL;
}

/* In the band of 60 GHz there is no HT control, except for radios that are not of that band. */
static bool is_directional(const radio_header *header)
{
    enum { SIXTY_GHZ = 57000 }; /* that band's lowest frequency in MHz */
    const uint8_t *channel = find_field(header, RADIO_CHANNEL);

    return channel && le16(channel) >= SIXTY_GHZ && !find_field(header, RADIO_FHSS) && !find_field(header, RADIO_VHT) &&
           !find_field(header, RADIO_HE);
}

/* radiotap.org: a header of its own length. Of its fields flags and channel matter: some hardware pads the header of
 * the frame to words of four octets. */
fz_verdict fz_walk_radiotap(span rest, frame_walk *walk)
{
    enum { MORE_WORDS = 1u << 31, PADDED = 0x20 };
    radio_header header = {.at = rest.at, .fields = 8};

    if (rest.captured < 8 || !skip(&rest, le16(header.at + 2)))
        return FZ_FRAME_NOT_IP;
    header.size = le16(header.at + 2);
    header.present = header.size >= header.fields && header.at[0] == 0 ? le32(header.at + 4) : 0;
    for (uint32_t words = header.present; (words & MORE_WORDS) != 0; header.fields += 4) {
        if (header.fields + 4 > header.size)
            header.present = 0;
        words = header.fields + 4 > header.size ? 0 : le32(header.at + header.fields);
    }
    const uint8_t *flags = find_field(&header, RADIO_FLAGS);
    walk->number = flags && (*flags & PADDED) != 0 ? PADDED_HEADER : 0;
    if (is_directional(&header))
        walk->number |= DIRECTIONAL;
    return later(data_frame, rest, walk);
}

fz_verdict fz_walk_prism(span rest, frame_walk *walk)
{
    enum { PRISM_HEADER = 144, AVS_HEADER = 64, AVS_MAGIC = 0x80211000 };
    const bool avs = rest.captured >= 4 && (be32(rest.at) & 0xfffff000) == AVS_MAGIC;

    return after(avs ? AVS_HEADER : PRISM_HEADER, fz_walk_ieee80211, rest, walk);
}

fz_verdict fz_walk_avs(span rest, frame_walk *walk)
{
    return rest.captured >= 8 ? after(be32(rest.at + 4), fz_walk_ieee80211, rest, walk) : FZ_FRAME_NOT_IP;
}
