/* The header walk: headers of packets that hosts capture on themselves: BSD's families, Linux cooked captures, packet
 * filters' logs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

/* The link type itself announces IP, but some ISDN drivers leave the PPP header on, after an octet or a MAC address, or
 * put ten octets of zero before the packet while the line is down. */
fz_verdict fz_walk_raw_ip(span rest, frame_walk *walk)
{
    static const uint8_t zeroes[10];
    static const uint32_t places[] = {0, 6, 1};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (rest.captured >= places[i] + 2 && be16(rest.at + places[i]) == 0xff03)
            return after(places[i], fz_walk_ppp_hdlc, rest, walk);
    const bool down = rest.captured >= sizeof zeroes && memcmp(rest.at, zeroes, sizeof zeroes) == 0;
    return after(down ? sizeof zeroes : 0, fz_walk_ip, rest, walk);
}

/* Numbers of address families: each BSD has its own for IPv6. */
static fz_verdict bsd_family(uint32_t family, span rest, frame_walk *walk)
{
    enum { INET = 2, INET6_BSD = 24, INET6_FREEBSD = 28, INET6_DARWIN = 30 };

    switch (family) {
    case INET:
        return fz_walk_ip(rest, walk);
    case INET6_BSD:
    case INET6_FREEBSD:
    case INET6_DARWIN:
        return fz_walk_ipv6(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* The family is in the byte order of the machine that captured, and has 16 bits on some: all four readings are apart,
 * as families are below 1536 and not zero. Some put an EtherType there. */
fz_verdict fz_walk_bsd_null(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (rest.captured >= 2 && be16(header) == 0xff03)
        return fz_walk_ppp_hdlc(rest, walk);
    if (!skip(&rest, 4))
        return FZ_FRAME_NOT_IP;

    uint32_t family = le32(header);
    if (family >> 16 != 0)
        family = family >> 24 == 0 && family >> 16 < 0x06 ? family >> 16 : be32(header);
    else if ((family & 0xff) == 0 && family < ETHERTYPE_LOWEST)
        family >>= 8;
    return family > LENGTH_HIGHEST ? fz_walk_ethertype((uint16_t)family, rest, walk) : bsd_family(family, rest, walk);
}

fz_verdict fz_walk_bsd_loop(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    return skip(&rest, 4) ? bsd_family(be32(header), rest, walk) : FZ_FRAME_NOT_IP;
}

/* OpenBSD's encapsulation device: family in either byte order, SPI, flags. */
fz_verdict fz_walk_bsd_enc(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 12))
        return FZ_FRAME_NOT_IP;
    const uint32_t family = le32(header);
    return bsd_family(family >> 16 != 0 ? be32(header) : family, rest, walk);
}

/* Redback's SmartEdge: what the packet is, and where its data and its network header begin. What is between them shows
 * the link layer. */
fz_verdict fz_walk_redback(span rest, frame_walk *walk)
{
    enum { HEADER = 24, IP = 1, ISIS = 2, ETHERNET_OUT = 3, ETHERNET_IN = 4, PPP = 6, ETHERNET_ALL = 8, IPV6 = 9 };
    enum { NO_ADDRESS = 0x04000000 };

    if (rest.captured < HEADER)
        return FZ_FRAME_NOT_IP;
    const uint8_t *header = rest.at;
    const uint32_t data = be16(header + 20), network = be16(header + 22), between = network - data;
    switch (be16(header + 18)) {
    case IP:
        return after(data,
                     between == 0   ? fz_walk_ip
                     : between == 2 ? fz_walk_ppp
                     : between == 4 ? fz_walk_ppp_hdlc
                                    : fz_walk_ethernet,
                     rest, walk);
    case IPV6:
        return after(data, between == 0 ? fz_walk_ip : fz_walk_ethernet, rest, walk);
    case PPP:
        return after(data + ((be32(header + 4) & NO_ADDRESS) != 0 ? 0 : 4),
                     between == 0 ? fz_walk_ppp : fz_walk_ethernet, rest, walk);
    case ISIS:
        return network > data ? after(data, fz_walk_ethernet, rest, walk) : after(data, fz_walk_nlpid, rest, walk);
    case ETHERNET_OUT:
    case ETHERNET_IN:
    case ETHERNET_ALL:
        return after(data, fz_walk_ethernet, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* What both versions of Linux' cooked captures contain: an EtherType, or one of Linux' own numbers. */
static fz_verdict linux_cooked(uint16_t hardware, uint16_t protocol, span rest, frame_walk *walk)
{
    enum { HARDWARE_FRAME_RELAY = 770, HARDWARE_RADIOTAP = 803, HARDWARE_NETLINK = 824 };
    enum { LINKTYPE_NETLINK = 253 };
    enum { LINUX_ETHERNET = 3, LINUX_802_2 = 4, LINUX_PPP_HDLC = 7 };
    enum { SMARTEDGE_IPC = 0x30, SMARTEDGE_IP, SMARTEDGE_NETLINK, SMARTEDGE_DRIVER, SMARTEDGE_ISIS, SMARTEDGE_PAKIO };

    if (hardware == HARDWARE_NETLINK)
        return unwalked(FZ_LAYER_LINK_TYPE, LINKTYPE_NETLINK, walk);
    if (protocol > ETHERTYPE_LOWEST)
        return fz_walk_ethertype(protocol, rest, walk);
    if (hardware == HARDWARE_RADIOTAP)
        return fz_walk_radiotap(rest, walk);
    if (hardware == HARDWARE_FRAME_RELAY)
        return fz_walk_frame_relay(rest, walk);
    switch (protocol) {
    case LINUX_ETHERNET:
        return fz_walk_ethernet(rest, walk);
    case LINUX_802_2:
        return fz_walk_llc(rest, walk);
    case LINUX_PPP_HDLC:
        return fz_walk_ppp_hdlc(rest, walk);
    case SMARTEDGE_IPC:
    case SMARTEDGE_IP:
    case SMARTEDGE_NETLINK:
    case SMARTEDGE_DRIVER:
    case SMARTEDGE_ISIS:
    case SMARTEDGE_PAKIO:
        return after(4, fz_walk_redback, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

fz_verdict fz_walk_linux_cooked_v1(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    return skip(&rest, 16) ? linux_cooked(be16(header + 2), be16(header + 14), rest, walk) : FZ_FRAME_NOT_IP;
}

fz_verdict fz_walk_linux_cooked_v2(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    return skip(&rest, 20) ? linux_cooked(be16(header + 8), be16(header), rest, walk) : FZ_FRAME_NOT_IP;
}

/* Linux netfilter's log: family, version, resource, then attributes in host byte order, aligned to four octets. A
 * bridge's log has another family: the EtherType decides, if there is one. */
fz_verdict fz_walk_nflog(span rest, frame_walk *walk)
{
    enum { INET = 2, INET6 = 10, ATTRIBUTE_PACKET = 1, ATTRIBUTE_PAYLOAD = 9 };
    const uint8_t *header = rest.at;
    span payload = {0};
    uint16_t protocol = 0;

    if (!skip(&rest, 4))
        return FZ_FRAME_NOT_IP;
    while (rest.captured >= 4 && le16(rest.at) >= 4) {
        const uint32_t length = le16(rest.at), type = le16(rest.at + 2) & 0x7fffu;
        span value = rest;

        cut(&value, length);
        skip(&value, 4);
        if (type == ATTRIBUTE_PACKET && value.captured >= 2)
            protocol = be16(value.at);
        if (type == ATTRIBUTE_PAYLOAD)
            payload = value;
        if (!skip(&rest, (length + 3) & ~3u))
            break;
    }
    if (payload.at && protocol >= ETHERTYPE_LOWEST)
        return fz_walk_ethertype(protocol, payload, walk);
    return payload.at && (header[0] == INET || header[0] == INET6) ? fz_walk_ip(payload, walk) : FZ_FRAME_NOT_IP;
}

/* Solaris' IPNET: a header of 24 octets, family in the second. */
fz_verdict fz_walk_solaris_ipnet(span rest, frame_walk *walk)
{
    enum { INET = 2, INET6 = 26 };
    const uint8_t *header = rest.at;

    if (!skip(&rest, 24) || (header[1] != INET && header[1] != INET6))
        return FZ_FRAME_NOT_IP;
    return fz_walk_ip(rest, walk);
}

/* OpenBSD's packet filter log: its length, family, and more; padded to four octets. */
fz_verdict fz_walk_pflog(span rest, frame_walk *walk)
{
    enum { SHORTEST = 45 };
    const uint8_t *header = rest.at;

    if (rest.captured < 2 || header[0] < SHORTEST || !skip(&rest, (header[0] + 3u) & ~3u))
        return FZ_FRAME_NOT_IP;
    return bsd_family(header[1], rest, walk);
}

/* The same before OpenBSD 3.4. */
fz_verdict fz_walk_old_pflog(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    return skip(&rest, 28) ? bsd_family(be32(header), rest, walk) : FZ_FRAME_NOT_IP;
}
