/* The header walk: the headers that Juniper's routers put before what they capture. Their numbers are in no standard.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

enum { FLAG_IN = 0x01, FLAG_NO_LINK_LAYER = 0x02, FLAG_EXTENSIONS = 0x80 };

/* What follows a header, in Juniper's numbers. */
enum {
    PROTOCOL_UNKNOWN = 0,
    PROTOCOL_IP = 2,
    PROTOCOL_MPLS_IP = 3,
    PROTOCOL_IP_MPLS = 4,
    PROTOCOL_MPLS = 5,
    PROTOCOL_IPV6 = 6,
    PROTOCOL_MPLS_IPV6 = 7,
    PROTOCOL_IPV6_MPLS = 8,
    PROTOCOL_CLNP = 10,
    PROTOCOL_CLNP_MPLS = 32,
    PROTOCOL_MPLS_CLNP = 33,
    PROTOCOL_PPP = 200,
    PROTOCOL_ISO = 201,
    PROTOCOL_LLC = 202,
    PROTOCOL_LLC_SNAP = 203,
    PROTOCOL_ETHERNET = 204,
    PROTOCOL_FRAME_RELAY = 207,
    PROTOCOL_HDLC = 208,
    PROTOCOL_IP_COOKIE = 0xa248, /* four octets, then IP */
};

enum { PPP_HEADER = 0xff03, UNNUMBERED_INFORMATION = 0x03 };

static fz_verdict payload(uint32_t protocol, span rest, frame_walk *walk)
{
    switch (protocol) {
    case PROTOCOL_IP:
    case PROTOCOL_MPLS_IP:
    case PROTOCOL_IPV6:
    case PROTOCOL_MPLS_IPV6:
        return fz_walk_ip(rest, walk);
    case PROTOCOL_IP_COOKIE:
        return after(4, fz_walk_ip, rest, walk);
    case PROTOCOL_IP_MPLS:
    case PROTOCOL_MPLS:
    case PROTOCOL_IPV6_MPLS:
    case PROTOCOL_CLNP_MPLS:
        return fz_walk_mpls(rest, walk);
    case PROTOCOL_CLNP:
    case PROTOCOL_MPLS_CLNP:
    case PROTOCOL_ISO:
        return fz_walk_nlpid(rest, walk);
    case PROTOCOL_PPP:
        return fz_walk_ppp(rest, walk);
    case PROTOCOL_LLC:
    case PROTOCOL_LLC_SNAP:
        return fz_walk_llc(rest, walk);
    case PROTOCOL_ETHERNET:
        return fz_walk_ethernet(rest, walk);
    case PROTOCOL_FRAME_RELAY:
        return fz_walk_frame_relay(rest, walk);
    case PROTOCOL_HDLC:
        return fz_walk_cisco_hdlc(rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* Steps over the common header: "MGC", flags, extensions. Old systems had none. True if the layer that the link type
 * names follows it. Otherwise the router has replaced that layer by a number, of which dissectors read one octet, and
 * `*verdict` is the result. */
static bool header(span *rest, uint8_t *flags, frame_walk *walk, fz_verdict *verdict)
{
    const uint8_t *at = rest->at;

    *verdict = FZ_FRAME_NOT_IP;
    if (rest->captured < 4)
        return false;
    *flags = at[3];
    if (memcmp(at, "MGC", 3) != 0)
        return true;
    skip(rest, 4);
    if ((*flags & FLAG_EXTENSIONS) != 0 && (rest->captured < 2 || !skip(rest, 2u + be16(at + 4))))
        return false;
    if ((*flags & FLAG_NO_LINK_LAYER) == 0)
        return true;
    if (skip(rest, 4))
        *verdict = payload(rest->at[-4], *rest, walk);
    return false;
}

/* That protocol follows `size` octets after the header. */
static fz_verdict fixed(uint32_t size, uint32_t protocol, span rest, frame_walk *walk)
{
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    return skip(&rest, size) ? payload(protocol, rest, walk) : FZ_FRAME_NOT_IP;
}

fz_verdict fz_walk_juniper_ethernet(span rest, frame_walk *walk)
{
    return fixed(0, PROTOCOL_ETHERNET, rest, walk);
}

fz_verdict fz_walk_juniper_ppp(span rest, frame_walk *walk)
{
    return fixed(2, PROTOCOL_PPP, rest, walk);
}

fz_verdict fz_walk_juniper_frame_relay(span rest, frame_walk *walk)
{
    return fixed(0, PROTOCOL_FRAME_RELAY, rest, walk);
}

fz_verdict fz_walk_juniper_hdlc(span rest, frame_walk *walk)
{
    return fixed(0, PROTOCOL_HDLC, rest, walk);
}

fz_verdict fz_walk_juniper_voice(span rest, frame_walk *walk)
{
    return fixed(18, PROTOCOL_IP, rest, walk);
}

fz_verdict fz_walk_juniper_services(span rest, frame_walk *walk)
{
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    return after((flags & FLAG_IN) != 0 ? 16 : 12, fz_walk_ip, rest, walk);
}

fz_verdict fz_walk_juniper_ggsn(span rest, frame_walk *walk)
{
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    return skip(&rest, 4) ? payload(le16(rest.at - 4), rest, walk) : FZ_FRAME_NOT_IP;
}

static bool is_ppp_number(uint16_t number)
{
    static const uint16_t numbers[] = {0x0021, 0x0023, 0x003d, 0x0057, 0x0281, 0x0283, 0x8021,
                                       0x8023, 0x8057, 0x8281, 0xc021, 0xc023, 0xc223};

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* By the first octet of an IP header without or with options; UNKNOWN if it is not one. */
static uint32_t guess_ip(uint8_t octet)
{
    if (octet >= 0x45 && octet <= 0x4f)
        return PROTOCOL_IP;
    return octet >= 0x60 && octet <= 0x6f ? PROTOCOL_IPV6 : PROTOCOL_UNKNOWN;
}

/* Except in operation and maintenance cells, no field says what a virtual circuit carries: the first octets decide. */
static fz_verdict atm_circuit(span rest, frame_walk *walk)
{
    enum { OSI = 0xfefe03, SNAP = 0xaaaa03 };
    const uint32_t first = (uint32_t)be16(rest.at) << 8 | rest.at[2];

    if (first == OSI || first == SNAP)
        return fz_walk_llc(rest, walk);
    if (rest.at[0] == UNNUMBERED_INFORMATION)
        return after(1, fz_walk_nlpid, rest, walk);
    return payload(guess_ip(rest.at[0]), rest, walk);
}

fz_verdict fz_walk_juniper_atm1(span rest, frame_walk *walk)
{
    enum { MAINTENANCE = 0x80 };
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    if (!skip(&rest, 4) || rest.captured < 3 || rest.at[-4] == MAINTENANCE)
        return FZ_FRAME_NOT_IP;
    return atm_circuit(rest, walk);
}

/* The newer cards bridge Ethernet and carry PPP, too. */
fz_verdict fz_walk_juniper_atm2(span rest, frame_walk *walk)
{
    enum { GAP_COUNT = 0x3f, MAINTENANCE = 0x70, SNAP_OR_OSI = 0x03 };
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    const uint8_t *cookie = rest.at;
    if (rest.captured < 11 || (cookie[7] & MAINTENANCE) != 0 || !skip(&rest, (flags & FLAG_NO_LINK_LAYER) != 0 ? 4 : 8))
        return FZ_FRAME_NOT_IP;
    const bool llc = rest.at[2] == SNAP_OR_OSI && (be16(rest.at) == 0xaaaa || be16(rest.at) == 0xfefe);
    if (!llc && (flags & FLAG_IN) == 0 && (cookie[3] & GAP_COUNT) != 0)
        return fz_walk_ethernet(rest, walk);
    if (!llc && is_ppp_number(be16(rest.at)))
        return fz_walk_ppp(rest, walk);
    return atm_circuit(rest, walk);
}

/* A cookie of a services card, known by its first octet, and what it announces for a bundle of that kind. */
typedef struct cookie {
    uint32_t size, protocol;
} cookie;

static cookie cookie_at(span rest, uint8_t flags, bool ppp)
{
    enum { LINK_SERVICES = 0x54, ADAPTIVE = 0x40, ADAPTIVE_QUEUED = 0x47, FROM_ENGINE = 3 };
    static const uint32_t protocols[] = {PROTOCOL_IP, PROTOCOL_IPV6, PROTOCOL_MPLS, PROTOCOL_ISO};

    if (rest.captured < 8)
        return (cookie){0, PROTOCOL_UNKNOWN};
    const uint8_t kind = rest.at[0], network = rest.at[5] >> 4;
    const bool from_engine = (rest.at[4] & 0x03) == FROM_ENGINE;
    if (kind == LINK_SERVICES)
        return (cookie){4, ppp ? PROTOCOL_PPP : PROTOCOL_ISO};
    if (kind != ADAPTIVE && kind != ADAPTIVE_QUEUED)
        return (cookie){0, PROTOCOL_UNKNOWN};
    if (network == 0 && ppp && (flags & FLAG_IN) != 0 && !from_engine)
        return (cookie){8, PROTOCOL_PPP};
    if (network == 0 && !ppp && from_engine)
        return (cookie){8, PROTOCOL_UNKNOWN};
    return (cookie){8, network < G_N_ELEMENTS(protocols) ? protocols[network] : PROTOCOL_UNKNOWN};
}

fz_verdict fz_walk_juniper_mlppp(span rest, frame_walk *walk)
{
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    const cookie found = cookie_at(rest, flags, true);
    if (found.size > 0)
        return skip(&rest, found.size) ? payload(found.protocol, rest, walk) : FZ_FRAME_NOT_IP;
    if (rest.captured < 4)
        return FZ_FRAME_NOT_IP;
    const uint32_t framing = be16(rest.at) == PPP_HEADER ? 2 : 0;
    skip(&rest, framing);
    if (rest.captured >= 4 && is_ppp_number(be16(rest.at + 2)))
        return after(2, fz_walk_ppp, rest, walk);
    return framing > 0 || is_ppp_number(be16(rest.at)) ? fz_walk_ppp(rest, walk) : FZ_FRAME_NOT_IP;
}

/* Frame relay's bundles have the control octet of RFC 2427 before an NLPID, in one place or another. */
fz_verdict fz_walk_juniper_mlfr(span rest, frame_walk *walk)
{
    enum { LINK_SERVICES = 4, ADAPTIVE = 8 };
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    const cookie found = cookie_at(rest, flags, false);
    if (!skip(&rest, found.size) || rest.captured < 4)
        return FZ_FRAME_NOT_IP;
    if (found.size == ADAPTIVE)
        return found.protocol == PROTOCOL_UNKNOWN && rest.at[0] == UNNUMBERED_INFORMATION
                   ? after(1, fz_walk_nlpid, rest, walk)
                   : payload(found.protocol, rest, walk);
    const bool bundle = found.size == LINK_SERVICES;
    span inner = rest;
    skip(&inner, bundle ? 0 : 2);
    const uint16_t control = be16(inner.at);
    if (control == UNNUMBERED_INFORMATION || control == UNNUMBERED_INFORMATION << 8)
        skip(&inner, 2);
    else if (!bundle && inner.at[0] != UNNUMBERED_INFORMATION)
        return FZ_FRAME_NOT_IP;
    if (inner.captured > 0 && inner.at[0] == UNNUMBERED_INFORMATION)
        skip(&inner, 1);
    return fz_walk_nlpid(inner, walk);
}

/* Fields about virtual networks, up to one of the number 255, then a frame. */
fz_verdict fz_walk_juniper_vn(span rest, frame_walk *walk)
{
    enum { HIGHEST_FIELD = 4, LAST = 255 };

    while (skip(&rest, 2)) {
        const uint8_t field = rest.at[-2];

        if ((field == 0 || field > HIGHEST_FIELD) && field != LAST)
            return FZ_FRAME_NOT_IP;
        if (!skip(&rest, rest.at[-1]))
            return FZ_FRAME_NOT_IP;
        if (field == LAST)
            return fz_walk_ethernet(rest, walk);
    }
    return FZ_FRAME_NOT_IP;
}

/* A secure tunnel: the packet in clear, after the Ethernet, IP and ESP headers that it will be sent with. */
fz_verdict fz_walk_juniper_tunnel(span rest, frame_walk *walk)
{
    enum { ETHERNET = 14, PROTOCOL_ESP = 50, ESP = 8, MORE = 16 };
    uint8_t flags;
    fz_verdict verdict;

    if (!header(&rest, &flags, walk, &verdict))
        return verdict;
    if (!skip(&rest, ETHERNET) || be16(rest.at - 2) != ETHERTYPE_IPV4 || rest.captured < 20 ||
        rest.at[9] != PROTOCOL_ESP)
        return FZ_FRAME_NOT_IP;
    if (!skip(&rest, (rest.at[0] & 0x0fu) * 4 + ESP + MORE) || rest.captured < 1)
        return FZ_FRAME_NOT_IP;
    return payload(guess_ip(rest.at[0]), rest, walk);
}
