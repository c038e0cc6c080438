/* The header walk: from link-layer bytes to a packet's key and lengths. Here IP; the link layers are in the files
 * beside. SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"
#include "side.h"

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_DCCP = 33,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_SCTP = 132,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_UDP_LITE = 136,
    PROTOCOL_SHIM6 = 140,
};

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* Reads a transport header, or as much of it as was captured. */
static void transport(const uint8_t *at, uint32_t captured, fz_packet *packet)
{
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        if (captured >= 14) {
            packet->tcp_flags = be16(at + 12) & 0x0fff;
            packet->has = FZ_HAS_TCP;
            packet->opener = fz_opener_of_tcp(packet->tcp_flags);
        }
        break;
    case PROTOCOL_UDP:
    case PROTOCOL_DCCP:
    case PROTOCOL_SCTP:
    case PROTOCOL_UDP_LITE:
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        if (captured > 0 && packet->protocol == (packet->family == FZ_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6))
            packet->opener = fz_opener_of_icmp(packet->family, at[0]);
        return;
    default:
        return;
    }
    if (captured >= 4) {
        packet->sport = be16(at);
        packet->dport = be16(at + 2);
        packet->has |= FZ_HAS_PORTS;
    }
}

static void write_ipv4(uint8_t to[16], const uint8_t from[4])
{
    uint64_t words[2] = {0, 0};

    memcpy(words, from, 4);
    memcpy(to, words, sizeof words);
}

/* Finds where the final destination is: in the last place of a source route that is not used up (RFC 791 section 3.1),
 * otherwise in the header. NULL if options before it are cut off. An invalid option ends the search. */
static const uint8_t *ipv4_destination(const uint8_t *ip, uint32_t header, uint32_t captured)
{
    enum { END = 0, NO_OPERATION = 1, LOOSE_ROUTE = 131, STRICT_ROUTE = 137 };
    const uint32_t there = MIN(header, captured);
    const uint8_t *destination = ip + 16;
    bool routed = false;

    for (uint32_t at = IPV4_HEADER; at < header;) {
        if (at >= there)
            return NULL;
        const uint8_t type = ip[at];
        if (type == END)
            break;
        if (type == NO_OPERATION) {
            at++;
            continue;
        }
        if (at + 1 >= header)
            break;
        if (at + 1 >= there)
            return NULL;
        const uint32_t length = ip[at + 1];
        if (length < 2 || length > header - at)
            break;
        if (length > there - at)
            return NULL;
        if (!routed && (type == LOOSE_ROUTE || type == STRICT_ROUTE)) {
            const uint32_t pointer = length > 2 ? ip[at + 2] : 0;

            if (pointer >= 4 && pointer % 4 == 0 && pointer <= length)
                destination = ip + at + length - 4;
            routed = true;
        }
        at += length;
    }
    return destination;
}

static fz_verdict ipv4(span rest, frame_walk *walk)
{
    fz_packet *packet = walk->packet;

    if (rest.captured < IPV4_HEADER)
        return FZ_FRAME_UNPARSABLE;

    const uint32_t header = (rest.at[0] & 0x0fu) * 4;
    const uint32_t stated = be16(rest.at + 2);
    /* With segmentation offload, packets are captured before their length is filled in. */
    const uint32_t total = stated != 0 ? stated : rest.wire;
    if (header < IPV4_HEADER || total < header)
        return FZ_FRAME_UNPARSABLE;
    const uint8_t *destination = rest.at + 16;
    if (header > IPV4_HEADER && !(destination = ipv4_destination(rest.at, header, rest.captured)))
        return FZ_FRAME_UNPARSABLE;

    write_ipv4(packet->src, rest.at + 12);
    write_ipv4(packet->dst, destination);
    packet->family = FZ_IPV4;
    packet->protocol = rest.at[9];
    packet->ip_bytes = total;
    packet->sport = packet->dport = packet->tcp_flags = packet->has = packet->opener = 0;

    const bool first_fragment = (be16(rest.at + 6) & 0x1fff) == 0;
    cut(&rest, total);
    if (first_fragment && skip(&rest, header))
        transport(rest.at, rest.captured, packet);
    return FZ_FRAME_IP;
}

/* The jumbo payload option (RFC 2675) of a hop-by-hop header; 0 without a valid one. */
static uint32_t jumbo_payload(span options)
{
    enum { PAD1 = 0, JUMBO_PAYLOAD = 0xc2 };

    if (options.captured < 2)
        return 0;
    cut(&options, (options.at[1] + 1u) * 8);
    skip(&options, 2);
    while (options.captured >= 6) {
        if (options.at[0] == PAD1) {
            skip(&options, 1);
            continue;
        }
        if (options.at[0] == JUMBO_PAYLOAD && options.at[1] == 4) {
            const uint32_t payload = be32(options.at + 2);

            return payload > UINT16_MAX ? payload : 0;
        }
        if (!skip(&options, 2u + options.at[1]))
            break;
    }
    return 0;
}

/* Octets of an extension header whose first two are at `at`, 0 if the protocol is not an extension header. ESP and HIP
 * end the chain: what follows them is not in clear, or nothing. */
static uint32_t extension_size(uint8_t protocol, const uint8_t *at)
{
    switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_SHIM6:
        return (at[1] + 1u) * 8;
    case PROTOCOL_AH: /* RFC 4302 section 2.2 */
        return (at[1] + 2u) * 4;
    case PROTOCOL_FRAGMENT:
        return 8;
    default:
        return 0;
    }
}

static bool is_extension(uint8_t protocol)
{
    return extension_size(protocol, (const uint8_t[]){0, 0}) != 0;
}

/* Walks the chain of RFC 8200 section 4 to the upper layer. It ends with the packet: a header has eight octets. */
static fz_verdict ipv6_payload(span payload, uint8_t protocol, fz_packet *packet)
{
    bool first_fragment = true;

    while (first_fragment && is_extension(protocol)) {
        if (payload.captured < 2)
            return FZ_FRAME_UNPARSABLE;
        const uint8_t *header = payload.at;
        if (!skip(&payload, extension_size(protocol, header)))
            return FZ_FRAME_UNPARSABLE;
        if (protocol == PROTOCOL_FRAGMENT)
            first_fragment = (be16(header + 2) & 0xfff8) == 0;
        protocol = header[0];
    }
    packet->protocol = protocol;
    if (first_fragment)
        transport(payload.at, payload.captured, packet);
    return FZ_FRAME_IP;
}

fz_verdict fz_walk_ipv6(span rest, frame_walk *walk)
{
    fz_packet *packet = walk->packet;

    if (rest.captured < IPV6_HEADER || rest.at[0] >> 4 != 6)
        return FZ_FRAME_UNPARSABLE;

    const uint8_t *header = rest.at;
    const uint8_t next = header[6];
    skip(&rest, IPV6_HEADER);
    uint32_t payload = be16(header + 4);
    if (payload == 0 && next == PROTOCOL_HOP_BY_HOP)
        payload = MIN(jumbo_payload(rest), UINT32_MAX - IPV6_HEADER);
    if (payload == 0 && next != PROTOCOL_NONE)
        payload = MIN(rest.wire, UINT32_MAX - IPV6_HEADER);

    packet->family = FZ_IPV6;
    packet->sport = packet->dport = packet->tcp_flags = packet->has = packet->opener = 0;
    memcpy(packet->src, header + 8, 16);
    memcpy(packet->dst, header + 24, 16);
    packet->ip_bytes = IPV6_HEADER + payload;
    cut(&rest, payload);
    return ipv6_payload(rest, next, packet);
}

/* For layers that announce IP, of whichever version. */
fz_verdict fz_walk_ip(span rest, frame_walk *walk)
{
    const unsigned version = rest.captured > 0 ? rest.at[0] >> 4 : 0;

    return version == 4 ? ipv4(rest, walk) : version == 6 ? fz_walk_ipv6(rest, walk) : FZ_FRAME_UNPARSABLE;
}

/* `otherwise` may itself set another `otherwise`. */
static fz_verdict walk_otherwise(frame_walk *walk)
{
    layer *next = walk->otherwise;

    walk->otherwise = NULL;
    walk->packet->vlan = 0;
    return next(walk->other, walk);
}

fz_verdict fz_headers_frame(int linktype, const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet,
                            fz_layer *unwalked)
{
    const span frame = {bytes, captured, MAX(captured, wire)};
    frame_walk walk = {.packet = packet, .unwalked = unwalked};
    fz_verdict found = FZ_FRAME_NOT_IP;

    packet->vlan = 0;
    fz_verdict verdict = fz_walk_link_type(linktype, frame, &walk);
    for (;;) {
        while (verdict == FZ_WALK_ON)
            verdict = walk.next(walk.rest, &walk);
        if (verdict != FZ_FRAME_NOT_IP)
            found = verdict;
        if (G_LIKELY(!walk.otherwise) || found == FZ_FRAME_IP || found == FZ_FRAME_UNWALKED)
            return found;
        verdict = walk_otherwise(&walk);
    }
}

fz_verdict fz_headers_ip(const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet)
{
    const span rest = {bytes, captured, MAX(captured, wire)};
    frame_walk walk = {.packet = packet};

    return fz_walk_ip(rest, &walk);
}
