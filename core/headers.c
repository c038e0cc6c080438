/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers.h"

#include <string.h>

/* What a layer has before it: `captured` bytes of the `wire` that there were. */
typedef struct span {
    const uint8_t *at;
    uint32_t captured, wire;
} span;

typedef struct frame_walk {
    fz_packet *packet;
    unsigned layers; /* passed so far */
} frame_walk;

typedef fz_verdict layer(span rest, frame_walk *walk);

/* Tags, labels and tunnels of link layers are stacked a few deep in earnest; a crafted frame would stack thousands. */
enum { MOST_LAYERS = 32, MOST_EXTENSION_HEADERS = 64 };

enum {
    ETHERTYPE_LOWEST = 0x0600, /* IEEE 802.3 clause 3.2.6: below are lengths */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_TRILL = 0x22f3,
    ETHERTYPE_BRIDGED = 0x6558,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_JUMBO_LLC = 0x8870,
    ETHERTYPE_PROVIDER_VLAN = 0x88a8,
    ETHERTYPE_PROVIDER_BACKBONE = 0x88e7,
    ETHERTYPE_FABRICPATH = 0x8903,
    ETHERTYPE_CISCO_METADATA = 0x8909,
    ETHERTYPE_VN_TAG = 0x8926,
    ETHERTYPE_E_TAG = 0x893f,
    ETHERTYPE_NSH = 0x894f,
    ETHERTYPE_OLD_QINQ = 0x9100,
    ETHERTYPE_R_TAG = 0xf1c1,
};

enum { LENGTH_HIGHEST = 1500 };

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_DCCP = 33,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_SCTP = 132,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_UDP_LITE = 136,
    PROTOCOL_SHIM6 = 140,
};

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

static uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static uint16_t le16(const uint8_t *at)
{
    return (uint16_t)(at[1] << 8 | at[0]);
}

static uint32_t le32(const uint8_t *at)
{
    return (uint32_t)le16(at + 2) << 16 | le16(at);
}

/* Steps over `size` bytes if they are all there. */
static bool skip(span *rest, uint32_t size)
{
    if (rest->captured < size)
        return false;
    rest->at += size;
    rest->captured -= size;
    rest->wire -= size;
    return true;
}

/* Leaves padding and trailers behind a layer's payload out, when its header says how long that is. */
static void cut(span *rest, uint32_t size)
{
    rest->captured = MIN(rest->captured, size);
    rest->wire = MIN(rest->wire, size);
}

/* What a transport header, or as much of it as was captured, says. */
static void transport(const uint8_t *at, uint32_t captured, fz_packet *packet)
{
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        if (captured >= 14)
            packet->tcp_flags = be16(at + 12) & 0x0fff;
        break;
    case PROTOCOL_UDP:
    case PROTOCOL_DCCP:
    case PROTOCOL_SCTP:
    case PROTOCOL_UDP_LITE:
        break;
    default:
        return;
    }
    if (captured >= 4) {
        packet->sport = be16(at);
        packet->dport = be16(at + 2);
    }
}

static void write_ipv4(uint8_t to[16], const uint8_t from[4])
{
    uint64_t words[2] = {0, 0};
    memcpy(words, from, 4);
    memcpy(to, words, sizeof words);
}

/* Finds where the final destination is: in the last place of a source route that is not used up (RFC 791 section 3.1),
 * else in the header. NULL if options that come before the answer are cut off. An option that makes no sense ends the
 * search. */
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
    const uint32_t told = be16(rest.at + 2);
    /* Segmentation offload hands packets to the capture before their length is known. */
    const uint32_t total = told != 0 ? told : rest.wire;
    if (header < IPV4_HEADER || total < header)
        return FZ_FRAME_UNPARSABLE;
    const uint8_t *destination = rest.at + 16;
    if (header > IPV4_HEADER && (destination = ipv4_destination(rest.at, header, rest.captured)) == NULL)
        return FZ_FRAME_UNPARSABLE;

    write_ipv4(packet->src, rest.at + 12);
    write_ipv4(packet->dst, destination);
    packet->family = FZ_IPV4;
    packet->protocol = rest.at[9];
    packet->ip_bytes = total;
    packet->sport = packet->dport = packet->tcp_flags = 0;

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

/* Octets of an extension header whose first two are at `at`, 0 if the protocol is none. ESP and HIP end the chain: what
 * follows them is not in clear, or nothing. */
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

/* Walks the chain of RFC 8200 section 4 to the upper layer. */
static fz_verdict ipv6_payload(span payload, uint8_t protocol, fz_packet *packet)
{
    bool first_fragment = true;
    for (unsigned headers = 0; first_fragment && is_extension(protocol); headers++) {
        if (headers == MOST_EXTENSION_HEADERS || payload.captured < 2)
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

static fz_verdict ipv6(span rest, frame_walk *walk)
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
    packet->sport = packet->dport = packet->tcp_flags = 0;
    memcpy(packet->src, header + 8, 16);
    memcpy(packet->dst, header + 24, 16);
    packet->ip_bytes = IPV6_HEADER + payload;
    cut(&rest, payload);
    return ipv6_payload(rest, next, packet);
}

/* For layers that announce IP, of whichever version. */
static fz_verdict ip(span rest, frame_walk *walk)
{
    const unsigned version = rest.captured > 0 ? rest.at[0] >> 4 : 0;
    return version == 4 ? ipv4(rest, walk) : version == 6 ? ipv6(rest, walk) : FZ_FRAME_UNPARSABLE;
}

static layer ethernet, frame_relay, ieee80211, llc, mpls, ppp, pppoe_session, radiotap;
static fz_verdict link_type(int linktype, span rest, frame_walk *walk);

/* Behind a header of `size` octets, whatever it says. */
static fz_verdict behind(uint32_t size, layer *next, span rest, frame_walk *walk)
{
    return skip(&rest, size) ? next(rest, walk) : FZ_FRAME_NOT_IP;
}

static fz_verdict ethertype(uint16_t type, span rest, frame_walk *walk);

/* Behind a tag of `size` octets whose last two are an EtherType, or a length before LLC. */
static fz_verdict tag(uint32_t size, span rest, frame_walk *walk)
{
    if (!skip(&rest, size))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(rest.at - 2);
    if (type > LENGTH_HIGHEST)
        return ethertype(type, rest, walk);
    cut(&rest, type);
    return llc(rest, walk);
}

/* IEEE 802.1Q. An id of zero is a priority and no VLAN. */
static fz_verdict vlan(span rest, frame_walk *walk)
{
    if (rest.captured >= 2 && walk->packet->vlan == 0)
        walk->packet->vlan = be16(rest.at) & 0x0fff;
    return tag(4, rest, walk);
}

/* RFC 7665's encapsulation, RFC 8300: its length is in words of four octets. */
static fz_verdict nsh(span rest, frame_walk *walk)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_MPLS = 5 };
    if (rest.captured < 8)
        return FZ_FRAME_NOT_IP;
    const uint32_t size = MAX((rest.at[1] & 0x3fu) * 4, 8);
    switch (rest.at[3]) {
    case NEXT_IPV4:
    case NEXT_IPV6:
        return behind(size, ip, rest, walk);
    case NEXT_ETHERNET:
        return behind(size, ethernet, rest, walk);
    case NEXT_MPLS:
        return behind(size, mpls, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* RFC 6325 section 3: options in words of four octets, then an Ethernet frame. */
static fz_verdict trill(span rest, frame_walk *walk)
{
    if (rest.captured < 6)
        return FZ_FRAME_NOT_IP;
    const uint32_t options = (be16(rest.at) >> 6 & 0x1fu) * 4;
    return behind(6 + options, ethernet, rest, walk);
}

static fz_verdict ethertype(uint16_t type, span rest, frame_walk *walk)
{
    if (type == ETHERTYPE_IPV4)
        return ip(rest, walk); /* some drivers mark IPv6 so, too */
    if (type == ETHERTYPE_IPV6)
        return ipv6(rest, walk);
    if (++walk->layers > MOST_LAYERS)
        return FZ_FRAME_NOT_IP;

    switch (type) {
    case ETHERTYPE_VLAN:
    case ETHERTYPE_PROVIDER_VLAN:
    case ETHERTYPE_OLD_QINQ:
        return vlan(rest, walk);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
        return mpls(rest, walk);
    case ETHERTYPE_PPPOE_SESSION:
        return pppoe_session(rest, walk);
    case ETHERTYPE_VN_TAG:
    case ETHERTYPE_R_TAG:
        return tag(6, rest, walk);
    case ETHERTYPE_CISCO_METADATA:
    case ETHERTYPE_E_TAG:
        return tag(8, rest, walk);
    case ETHERTYPE_PROVIDER_BACKBONE: /* IEEE 802.1ah: flags, service and the customer's Ethernet header */
        return tag(18, rest, walk);
    case ETHERTYPE_BRIDGED:
        return ethernet(rest, walk);
    case ETHERTYPE_FABRICPATH: /* Cisco's: a forwarding tag, then a whole Ethernet frame */
        return behind(2, ethernet, rest, walk);
    case ETHERTYPE_JUMBO_LLC:
        return llc(rest, walk);
    case ETHERTYPE_NSH:
        return nsh(rest, walk);
    case ETHERTYPE_TRILL:
        return trill(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

static bool is_cisco_isl(const uint8_t *destination)
{
    return (destination[0] == 0x01 || destination[0] == 0x0c) &&
           memcmp(destination + 1, (const uint8_t[]){0x00, 0x0c, 0x00, 0x00}, 4) == 0;
}

static fz_verdict ethernet(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (!skip(&rest, 14))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(header + 12);
    if (G_LIKELY(type >= ETHERTYPE_LOWEST))
        return ethertype(type, rest, walk);
    if (type == 0 || type > LENGTH_HIGHEST || is_cisco_isl(header))
        return FZ_FRAME_NOT_IP;
    cut(&rest, type);
    return llc(rest, walk);
}

/* IEEE 802.2, and behind it RFC 1042. */
static fz_verdict llc(span rest, frame_walk *walk)
{
    enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UNNUMBERED_INFORMATION = 0x03 };
    enum { OUI_ETHERNET = 0x000000, OUI_IEEE_802_1 = 0x0080c2, OUI_CISCO_BRIDGED = 0x0000f8 };
    if (++walk->layers > MOST_LAYERS || rest.captured < 3)
        return FZ_FRAME_NOT_IP;

    const uint8_t *header = rest.at;
    const bool unnumbered = (header[2] & 0x03) == 0x03;
    const bool information = header[2] == UNNUMBERED_INFORMATION || (header[2] & 0x01) == 0;
    if (!information || !skip(&rest, unnumbered ? 3 : 4))
        return FZ_FRAME_NOT_IP;
    if (header[0] == SAP_IP)
        return rest.wire > 0 ? ip(rest, walk) : FZ_FRAME_NOT_IP;

    const uint8_t *snap = rest.at;
    if (header[0] != SAP_SNAP || header[1] != SAP_SNAP || !skip(&rest, 5))
        return FZ_FRAME_NOT_IP;
    const uint32_t oui = be32(snap) >> 8;
    const uint16_t type = be16(snap + 3);
    if (oui == OUI_ETHERNET || oui == OUI_CISCO_BRIDGED)
        return ethertype(type, rest, walk);
    if (oui == OUI_IEEE_802_1 && (type == 0x0001 || type == 0x0007)) /* RFC 2427: Ethernet with and without FCS */
        return ethernet(rest, walk);
    return FZ_FRAME_NOT_IP;
}

static bool is_usual_ethertype(uint16_t type)
{
    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_VLAN ||
           type == ETHERTYPE_PROVIDER_VLAN || type == ETHERTYPE_MPLS;
}

/* An Ethernet pseudo-wire (RFC 4448) has a control word that begins with a zero nibble, or none: then the nibble is
 * that of a MAC address. An EtherType in its place tells them apart. */
static fz_verdict pseudo_wire(span rest, frame_walk *walk)
{
    const bool plain = rest.captured >= 14 && is_usual_ethertype(be16(rest.at + 12));
    return behind(plain ? 0 : 4, ethernet, rest, walk);
}

/* RFC 3032. What is behind the last label is found by its first nibble, as routers do (RFC 4928). */
static fz_verdict mpls(span rest, frame_walk *walk)
{
    enum { LABEL_GENERIC_CHANNEL = 13, LABEL_ALERT = 14 }; /* RFC 5586, RFC 3429 */
    uint32_t entry;
    do {
        if (!skip(&rest, 4))
            return FZ_FRAME_NOT_IP;
        entry = be32(rest.at - 4);
    } while ((entry & 0x100) == 0);
    if (rest.captured == 0 || entry >> 12 == LABEL_GENERIC_CHANNEL || entry >> 12 == LABEL_ALERT ||
        ++walk->layers > MOST_LAYERS)
        return FZ_FRAME_NOT_IP;

    switch (rest.at[0] >> 4) {
    case 4:
    case 6:
        return ip(rest, walk);
    case 0:
        return pseudo_wire(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* RFC 1661: a protocol number of one or two octets. */
static fz_verdict ppp(span rest, frame_walk *walk)
{
    enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
    if (rest.captured < 1)
        return FZ_FRAME_NOT_IP;
    const uint32_t size = rest.at[0] & 1 ? 1 : 2;
    if (++walk->layers > MOST_LAYERS || rest.captured < size)
        return FZ_FRAME_NOT_IP;

    const uint16_t protocol = size == 1 ? rest.at[0] : be16(rest.at);
    skip(&rest, size);
    switch (protocol) {
    case PPP_IPV4:
    case ETHERTYPE_IPV4:
        return ip(rest, walk);
    case PPP_IPV6:
    case ETHERTYPE_IPV6:
        return ipv6(rest, walk);
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return mpls(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* RFC 2516 section 4. */
static fz_verdict pppoe_session(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (!skip(&rest, 6))
        return FZ_FRAME_NOT_IP;
    cut(&rest, be16(header + 4));
    return ppp(rest, walk);
}

static fz_verdict cisco_hdlc(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    return skip(&rest, 4) ? ethertype(be16(header + 2), rest, walk) : FZ_FRAME_NOT_IP;
}

/* RFC 1662 framing: address and control may be left out. Cisco's framing, which it may be as well, has addresses of its
 * own. */
static fz_verdict ppp_hdlc(span rest, frame_walk *walk)
{
    enum { PPP_ALL_STATIONS = 0xff, CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
    const uint8_t address = rest.captured > 0 ? rest.at[0] : 0;
    if (address == CISCO_UNICAST || address == CISCO_MULTICAST)
        return cisco_hdlc(rest, walk);
    return behind(address == PPP_ALL_STATIONS ? 2 : 0, ppp, rest, walk);
}

/* The link type itself announces IP, but some ISDN drivers leave the PPP header on. */
static fz_verdict raw_ip(span rest, frame_walk *walk)
{
    if (rest.captured >= 2 && be16(rest.at) == 0xff03)
        return ppp_hdlc(rest, walk);
    return ip(rest, walk);
}

/* BSD's numbers of address families: IPv6 has one on each. */
static fz_verdict bsd_family(uint32_t family, span rest, frame_walk *walk)
{
    enum { INET = 2, INET6_BSD = 24, INET6_FREEBSD = 28, INET6_DARWIN = 30 };
    switch (family) {
    case INET:
        return ip(rest, walk);
    case INET6_BSD:
    case INET6_FREEBSD:
    case INET6_DARWIN:
        return ipv6(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* The family is in the byte order of the machine that captured, and has 16 bits on some: all four readings are apart,
 * as families are below 1536 and not zero. Some put an EtherType there. */
static fz_verdict bsd_null(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (rest.captured >= 2 && be16(header) == 0xff03)
        return ppp_hdlc(rest, walk);
    if (!skip(&rest, 4))
        return FZ_FRAME_NOT_IP;

    uint32_t family = le32(header);
    if (family >> 16 != 0)
        family = family >> 24 == 0 && family >> 16 < 0x06 ? family >> 16 : be32(header);
    else if ((family & 0xff) == 0 && family < ETHERTYPE_LOWEST)
        family >>= 8;
    return family > LENGTH_HIGHEST ? ethertype((uint16_t)family, rest, walk) : bsd_family(family, rest, walk);
}

static fz_verdict bsd_loop(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    return skip(&rest, 4) ? bsd_family(be32(header), rest, walk) : FZ_FRAME_NOT_IP;
}

/* OpenBSD's encapsulation device: family in either byte order, SPI, flags. */
static fz_verdict bsd_enc(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (!skip(&rest, 12))
        return FZ_FRAME_NOT_IP;
    const uint32_t family = le32(header);
    return bsd_family(family >> 16 != 0 ? be32(header) : family, rest, walk);
}

/* What both versions of Linux' cooked captures say: an EtherType, or one of Linux' own numbers. */
static fz_verdict linux_cooked(uint16_t hardware, uint16_t protocol, span rest, frame_walk *walk)
{
    enum { HARDWARE_FRAME_RELAY = 770, HARDWARE_RADIOTAP = 803, HARDWARE_NETLINK = 824 };
    enum { LINUX_ETHERNET = 3, LINUX_802_2 = 4, LINUX_PPP_HDLC = 7 };
    if (hardware == HARDWARE_NETLINK)
        return FZ_FRAME_NOT_IP;
    if (protocol > ETHERTYPE_LOWEST)
        return ethertype(protocol, rest, walk);
    if (hardware == HARDWARE_RADIOTAP)
        return radiotap(rest, walk);
    if (hardware == HARDWARE_FRAME_RELAY)
        return frame_relay(rest, walk);
    switch (protocol) {
    case LINUX_ETHERNET:
        return ethernet(rest, walk);
    case LINUX_802_2:
        return llc(rest, walk);
    case LINUX_PPP_HDLC:
        return ppp_hdlc(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

static fz_verdict linux_cooked_v1(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    return skip(&rest, 16) ? linux_cooked(be16(header + 2), be16(header + 14), rest, walk) : FZ_FRAME_NOT_IP;
}

static fz_verdict linux_cooked_v2(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    return skip(&rest, 20) ? linux_cooked(be16(header + 8), be16(header), rest, walk) : FZ_FRAME_NOT_IP;
}

/* RFC 2427: an address of two to four octets, then an NLPID, or Cisco's EtherType. */
static fz_verdict frame_relay(span rest, frame_walk *walk)
{
    enum { UNNUMBERED_INFORMATION = 0x03, NLPID_SNAP = 0x80, NLPID_IPV6 = 0x8e, NLPID_IPV4 = 0xcc };
    uint32_t address = 1;
    while (address < rest.captured && address < 4 && (rest.at[address - 1] & 1) == 0)
        address++;
    if (!skip(&rest, MAX(address, 2)) || rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    if (rest.at[0] != UNNUMBERED_INFORMATION) {
        skip(&rest, 2);
        return ethertype(be16(rest.at - 2), rest, walk);
    }
    skip(&rest, rest.at[1] == 0 ? 2 : 1);
    if (rest.captured < 1)
        return FZ_FRAME_NOT_IP;
    skip(&rest, 1);
    switch (rest.at[-1]) {
    case NLPID_IPV4:
    case NLPID_IPV6:
        return ip(rest, walk);
    case NLPID_SNAP:
        return skip(&rest, 5) && be32(rest.at - 5) >> 8 == 0 ? ethertype(be16(rest.at - 2), rest, walk)
                                                             : FZ_FRAME_NOT_IP;
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* Frame control 01LLxxxx: LLC frames. */
static fz_verdict fddi(span rest, frame_walk *walk)
{
    const bool has_llc = rest.captured > 0 && (rest.at[0] & 0xf0) == 0x50;
    return has_llc ? behind(13, llc, rest, walk) : FZ_FRAME_NOT_IP;
}

/* IEEE 802.5: LLC frames have frame type 01; the first bit of the source address announces routing information. */
static fz_verdict token_ring(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (!skip(&rest, 14) || (header[1] & 0xc0) != 0x40)
        return FZ_FRAME_NOT_IP;
    const bool routed = (header[8] & 0x80) != 0 && rest.captured > 0;
    return behind(routed ? rest.at[0] & 0x1f : 0, llc, rest, walk);
}

/* The payload of an 802.11 data frame. Bridges and drivers put more before LLC than the standard says. */
static fz_verdict ieee80211_payload(span rest, frame_walk *walk)
{
    if (rest.captured >= 4 && be16(rest.at) == 0 && be16(rest.at + 2) == 0xaaaa)
        skip(&rest, 2);
    return llc(rest, walk);
}

/* IEEE 802.11-2020 section 9.2.3. Frames that are encrypted, or not whole, are no IP. */
static fz_verdict ieee80211(span rest, frame_walk *walk)
{
    enum { TYPE_DATA = 2, SUBTYPE_NO_DATA = 4, SUBTYPE_QOS = 8 };
    enum { TO_AND_FROM_DS = 0x03, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, HAS_HT_CONTROL = 0x80 };
    if (++walk->layers > MOST_LAYERS || rest.captured < 24)
        return FZ_FRAME_NOT_IP;
    const uint8_t *header = rest.at;
    const unsigned type = header[0] >> 2 & 0x03, subtype = header[0] >> 4;
    const bool fragment = (header[1] & MORE_FRAGMENTS) != 0 || (header[22] & 0x0f) != 0;
    if (type != TYPE_DATA || (subtype & SUBTYPE_NO_DATA) != 0 || (header[1] & PROTECTED) != 0 || fragment)
        return FZ_FRAME_NOT_IP;

    const uint32_t addresses = (header[1] & TO_AND_FROM_DS) == TO_AND_FROM_DS ? 30 : 24;
    if ((subtype & SUBTYPE_QOS) == 0)
        return behind(addresses, ieee80211_payload, rest, walk);
    if (rest.captured < addresses + 2)
        return FZ_FRAME_NOT_IP;
    const bool aggregate = (header[addresses] & 0x80) != 0;
    const uint32_t size = addresses + ((header[1] & HAS_HT_CONTROL) != 0 ? 6 : 2);
    return behind(size + (aggregate ? 14 : 0), ieee80211_payload, rest, walk);
}

/* Takes the padding between an 802.11 header and its payload out of account: rare hardware puts it there. */
static fz_verdict radiotap(span rest, frame_walk *walk)
{
    return rest.captured >= 4 ? behind(le16(rest.at + 2), ieee80211, rest, walk) : FZ_FRAME_NOT_IP;
}

static fz_verdict prism(span rest, frame_walk *walk)
{
    enum { PRISM_HEADER = 144, AVS_HEADER = 64, AVS_MAGIC = 0x80211000 };
    const bool avs = rest.captured >= 4 && (be32(rest.at) & 0xfffff000) == AVS_MAGIC;
    return behind(avs ? AVS_HEADER : PRISM_HEADER, ieee80211, rest, walk);
}

static fz_verdict avs(span rest, frame_walk *walk)
{
    return rest.captured >= 8 ? behind(be32(rest.at + 4), ieee80211, rest, walk) : FZ_FRAME_NOT_IP;
}

/* Per-Packet Information: fields of metadata before a frame of another link type. */
static fz_verdict per_packet_information(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;
    if (rest.captured < 8 || !skip(&rest, MAX(le16(header + 2), 8)))
        return FZ_FRAME_NOT_IP;
    return link_type((int)(le32(header + 4) & INT32_MAX), rest, walk);
}

/* Darwin's pktap: a header of its own length before a frame of another link type. */
static fz_verdict pktap(span rest, frame_walk *walk)
{
    enum { SHORTEST = 108, TYPE_PACKET = 1 };
    const uint8_t *header = rest.at;
    if (rest.captured < SHORTEST || le32(header + 4) != TYPE_PACKET || !skip(&rest, MAX(le32(header), SHORTEST)))
        return FZ_FRAME_NOT_IP;
    return link_type((int)(le32(header + 8) & INT32_MAX), rest, walk);
}

/* Linux netfilter's log: family, version, resource, then attributes in host byte order, aligned to four octets. */
static fz_verdict nflog(span rest, frame_walk *walk)
{
    enum { INET = 2, INET6 = 10, ATTRIBUTE_PAYLOAD = 9 };
    const uint8_t *header = rest.at;
    if (!skip(&rest, 4) || (header[0] != INET && header[0] != INET6))
        return FZ_FRAME_NOT_IP;
    while (rest.captured >= 4) {
        const uint32_t length = le16(rest.at);
        if (length < 4)
            break;
        if ((le16(rest.at + 2) & 0x7fff) == ATTRIBUTE_PAYLOAD) {
            cut(&rest, length);
            return behind(4, ip, rest, walk);
        }
        if (!skip(&rest, (length + 3) & ~3u))
            break;
    }
    return FZ_FRAME_NOT_IP;
}

/* Solaris' IPNET: a header of 24 octets, family in the second. */
static fz_verdict solaris_ipnet(span rest, frame_walk *walk)
{
    enum { INET = 2, INET6 = 26 };
    const uint8_t *header = rest.at;
    if (!skip(&rest, 24) || (header[1] != INET && header[1] != INET6))
        return FZ_FRAME_NOT_IP;
    return ip(rest, walk);
}

/* RFC 2625: network addresses of eight octets each. */
static fz_verdict fibre_channel_ip(span rest, frame_walk *walk)
{
    return behind(16, llc, rest, walk);
}

/* Numbers from tcpdump.org/linktypes. libwiretap has taken the direction octet of 204 off; some numbers are BSD's for
 * the same. */
static const struct {
    int linktype;
    layer *first;
} link_layers[] = {
    {1, ethernet},
    {113, linux_cooked_v1},
    {276, linux_cooked_v2},
    {101, raw_ip},
    {12, raw_ip},
    {14, raw_ip},
    {228, ip},
    {229, ipv6},
    {0, bsd_null},
    {108, bsd_loop},
    {9, ppp_hdlc},
    {50, ppp_hdlc},
    {204, ppp_hdlc},
    {51, pppoe_session},
    {104, cisco_hdlc},
    {112, cisco_hdlc},
    {105, ieee80211},
    {127, radiotap},
    {119, prism},
    {163, avs},
    {192, per_packet_information},
    {107, frame_relay},
    {6, token_ring},
    {10, fddi},
    {100, llc},
    {109, bsd_enc},
    {122, fibre_channel_ip},
    {149, pktap},
    {258, pktap},
    {219, mpls},
    {226, solaris_ipnet},
    {239, nflog},
};

static fz_verdict link_type(int linktype, span rest, frame_walk *walk)
{
    if (++walk->layers > MOST_LAYERS)
        return FZ_FRAME_NOT_IP;
    for (size_t i = 0; i < G_N_ELEMENTS(link_layers); i++)
        if (link_layers[i].linktype == linktype)
            return link_layers[i].first(rest, walk);
    return FZ_FRAME_NOT_IP;
}

fz_verdict fz_headers_frame(int linktype, const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet)
{
    const span frame = {bytes, captured, MAX(captured, wire)};
    frame_walk walk = {.packet = packet};
    packet->vlan = 0;
    return link_type(linktype, frame, &walk);
}

fz_verdict fz_headers_ip(const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet)
{
    const span rest = {bytes, captured, MAX(captured, wire)};
    frame_walk walk = {.packet = packet};
    return ip(rest, &walk);
}
