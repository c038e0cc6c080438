/* The header walk: IEEE 802.11 and the headers that radios put before it. SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

/* In frame_walk's number. */
enum { PADDED_HEADER = 1 };

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
        return behind(6, fz_walk_ethernet, rest, walk);
    if (first == 0 || le16(rest.at) == le16(header + 22))
        return behind(2, fz_walk_llc, rest, walk);
    if (fz_walk_leads_on(first))
        return skip(&rest, 2) ? fz_walk_ethertype(first, rest, walk) : FZ_FRAME_NOT_IP;
    return fz_walk_llc(rest, walk);
}

/* Octets of a mesh control field, which is known by its flags and by what is behind it: not all frames that have one
 * say so. */
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

/* IEEE 802.11-2020 section 9.2.3. Frames that are encrypted, or not whole, are no IP. */
static fz_verdict data_frame(span rest, frame_walk *walk)
{
    enum { TYPE_DATA = 2, SUBTYPE_NO_DATA = 4, SUBTYPE_QOS = 8, QOS_AGGREGATE = 0x80 };
    enum { TO_AND_FROM_DS = 0x03, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, HAS_HT_CONTROL = 0x80, LLC_SNAP = 0xaaaa };
    if (rest.captured < 24)
        return FZ_FRAME_NOT_IP;
    const uint8_t *header = rest.at;
    const unsigned type = header[0] >> 2 & 0x03, subtype = header[0] >> 4;
    if (type != TYPE_DATA || (subtype & SUBTYPE_NO_DATA) != 0 || (header[1] & (PROTECTED | MORE_FRAGMENTS)) != 0)
        return FZ_FRAME_NOT_IP;

    const uint32_t addresses = (header[1] & TO_AND_FROM_DS) == TO_AND_FROM_DS ? 30 : 24;
    const bool qos = (subtype & SUBTYPE_QOS) != 0;
    if (rest.captured < addresses + (qos ? 2 : 0))
        return FZ_FRAME_NOT_IP;
    const bool aggregate = qos && (header[addresses] & QOS_AGGREGATE) != 0;
    uint32_t size = addresses + (qos ? 2 : 0) + (qos && (header[1] & HAS_HT_CONTROL) != 0 ? 4 : 0);
    if (walk->number == PADDED_HEADER)
        size = (size + 3) / 4 * 4;
    if (aggregate)
        return behind(size + 14, fz_walk_llc, rest, walk);
    size += mesh_control_size(header, qos, size, rest);
    /* Some access points number whole frames as if they were the last part of one: those have the LLC of a beginning.
     */
    const bool last = (header[22] & 0x0f) != 0;
    if (last && (rest.captured < size + 2 || be16(rest.at + size) != LLC_SNAP))
        return FZ_FRAME_NOT_IP;
    return skip(&rest, size) ? payload(header, rest, walk) : FZ_FRAME_NOT_IP;
}

fz_verdict fz_walk_ieee80211(span rest, frame_walk *walk)
{
    walk->number = 0;
    return later(data_frame, rest, walk);
}

/* radiotap.org: a header of its own length. Of its fields the flags matter, which are the first or the second: some
 * hardware pads the header of the frame to words of four octets. */
fz_verdict fz_walk_radiotap(span rest, frame_walk *walk)
{
    enum { HAS_TIME = 1 << 0, HAS_FLAGS = 1 << 1, PADDED = 0x20 };
    const uint8_t *header = rest.at;
    if (rest.captured < 8 || !skip(&rest, le16(header + 2)))
        return FZ_FRAME_NOT_IP;
    const uint32_t size = le16(header + 2), present = le32(header + 4);
    uint32_t at = 8;
    while (at + 4 <= size && (le32(header + at - 4) & 1u << 31) != 0)
        at += 4;
    if ((present & HAS_TIME) != 0)
        at = (at + 7) / 8 * 8 + 8;
    const bool padded = (present & HAS_FLAGS) != 0 && at < size && (header[at] & PADDED) != 0;
    walk->number = padded ? PADDED_HEADER : 0;
    return later(data_frame, rest, walk);
}

fz_verdict fz_walk_prism(span rest, frame_walk *walk)
{
    enum { PRISM_HEADER = 144, AVS_HEADER = 64, AVS_MAGIC = 0x80211000 };
    const bool avs = rest.captured >= 4 && (be32(rest.at) & 0xfffff000) == AVS_MAGIC;
    return behind(avs ? AVS_HEADER : PRISM_HEADER, fz_walk_ieee80211, rest, walk);
}

fz_verdict fz_walk_avs(span rest, frame_walk *walk)
{
    return rest.captured >= 8 ? behind(be32(rest.at + 4), fz_walk_ieee80211, rest, walk) : FZ_FRAME_NOT_IP;
}
