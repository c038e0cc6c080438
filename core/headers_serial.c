/* The header walk: PPP, HDLC, frame relay and other serial lines. SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

enum { CISCO_OSI = 0xfefe }; /* then an octet of padding and an NLPID */

/* RFC 3518 section 4.3: flags and the type of the bridged frame. */
static fz_verdict ppp_bridge(span rest, frame_walk *walk)
{
    enum { CONTROL = 0x10, MAC_ETHERNET = 1 };
    const uint8_t *header = rest.at;

    if (!skip(&rest, 2) || (header[0] & CONTROL) != 0 || header[1] != MAC_ETHERNET)
        return FZ_FRAME_NOT_IP;
    return fz_walk_ethernet(rest, walk);
}

/* By the numbers of IANA's registry. */
static fz_verdict ppp_payload(span rest, frame_walk *walk)
{
    enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
    enum { PPP_OSI = 0x0023, PPP_BRIDGE = 0x0031, PPP_LLC = 0x004b };
    enum { PPP_TCP_COMPRESSED = 0x002d, PPP_TCP = 0x002f, PPP_MULTILINK = 0x003d, PPP_MULTIPLEXED = 0x0059 };
    enum { PPP_VENDOR = 0x005b, PPP_RTP = 0x0061 };

    switch (walk->number) {
    case PPP_IPV4:
    case ETHERTYPE_IPV4:
        return fz_walk_ip(rest, walk);
    case PPP_IPV6:
    case ETHERTYPE_IPV6:
        return fz_walk_ipv6(rest, walk);
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return fz_walk_mpls(rest, walk);
    case PPP_OSI:
        return fz_walk_nlpid(rest, walk);
    case PPP_BRIDGE:
        return ppp_bridge(rest, walk);
    case PPP_LLC:
        return fz_walk_llc(rest, walk);
    case PPP_TCP_COMPRESSED: /* RFC 1144: headers that earlier packets complete */
    case PPP_TCP:
    case PPP_MULTILINK: /* RFC 1990: parts of a packet */
    case PPP_MULTIPLEXED:
    case PPP_VENDOR:
    case PPP_RTP: /* RFC 2508 */
        return unwalked(FZ_LAYER_PPP, walk->number, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* RFC 1661: a protocol number of one or two octets. */
fz_verdict fz_walk_ppp(span rest, frame_walk *walk)
{
    if (rest.captured < 1)
        return FZ_FRAME_NOT_IP;
    const uint32_t size = rest.at[0] & 1 ? 1 : 2;
    if (!skip(&rest, size))
        return FZ_FRAME_NOT_IP;
    walk->number = size == 1 ? rest.at[-1] : be16(rest.at - 2);
    return later(ppp_payload, rest, walk);
}

/* RFC 2516 section 4. */
fz_verdict fz_walk_pppoe_session(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 6))
        return FZ_FRAME_NOT_IP;
    cut(&rest, be16(header + 4));
    return fz_walk_ppp(rest, walk);
}

fz_verdict fz_walk_cisco_hdlc(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 4))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(header + 2);
    return type == CISCO_OSI ? after(1, fz_walk_nlpid, rest, walk) : fz_walk_ethertype(type, rest, walk);
}

/* RFC 1662 framing: address and control may be left out. Cisco's framing, which it may be as well, has addresses of its
 * own. */
fz_verdict fz_walk_ppp_hdlc(span rest, frame_walk *walk)
{
    enum { PPP_ALL_STATIONS = 0xff, CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
    const uint8_t address = rest.captured > 0 ? rest.at[0] : 0;

    if (address == CISCO_UNICAST || address == CISCO_MULTICAST)
        return fz_walk_cisco_hdlc(rest, walk);
    return after(address == PPP_ALL_STATIONS ? 2 : 0, fz_walk_ppp, rest, walk);
}

enum { NLPID_SNAP = 0x80, NLPID_IPV6 = 0x8e, NLPID_IPV4 = 0xcc, NLPID_PPP = 0xcf };

static bool leads_on(uint8_t nlpid)
{
    return nlpid == NLPID_IPV4 || nlpid == NLPID_IPV6 || nlpid == NLPID_PPP || nlpid == NLPID_SNAP;
}

fz_verdict fz_walk_nlpid(span rest, frame_walk *walk)
{
    if (!skip(&rest, 1))
        return FZ_FRAME_NOT_IP;
    switch (rest.at[-1]) {
    case NLPID_IPV4:
    case NLPID_IPV6:
        return fz_walk_ip(rest, walk);
    case NLPID_PPP:
        return fz_walk_ppp(rest, walk);
    case NLPID_SNAP:
        return fz_walk_snap(0, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* What Cisco's framing has in place of the control octet. */
static bool is_cisco_type(uint16_t type)
{
    enum { BRIDGED = 0x6558, MPLS_UPSTREAM = 0x8848 };

    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == BRIDGED || type == ETHERTYPE_MPLS ||
           type == MPLS_UPSTREAM;
}

static fz_verdict padded_nlpid(span rest, frame_walk *walk)
{
    const uint32_t padding = rest.captured > 0 && rest.at[0] == 0 ? 1 : 0;

    return after(padding, fz_walk_nlpid, rest, walk);
}

/* Frames of other control octets: Cisco's, or an NLPID after them, or a whole Ethernet frame. */
static fz_verdict frame_relay_other(span rest, frame_walk *walk)
{
    if (rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(rest.at);
    if (type == CISCO_OSI)
        return after(3, fz_walk_nlpid, rest, walk);
    if (is_cisco_type(type))
        return skip(&rest, 2) ? fz_walk_ethertype(type, rest, walk) : FZ_FRAME_NOT_IP;

    const uint32_t pad = rest.at[0] == 0 ? 1 : 0;
    const uint32_t control = pad + ((rest.at[pad] & 0x03) == 0x03 ? 1 : 2);
    const uint32_t padded = control + (control < rest.captured && rest.at[control] == 0 ? 1 : 0);
    if (padded < rest.captured && leads_on(rest.at[padded]))
        return after((rest.at[0] & 0x03) == 0x03 ? 1 : 2, padded_nlpid, rest, walk);
    const uint16_t length = rest.captured >= 14 ? be16(rest.at + 12) : UINT16_MAX;
    return length <= LENGTH_HIGHEST || fz_walk_leads_on(length) ? fz_walk_ethernet(rest, walk) : FZ_FRAME_NOT_IP;
}

/* RFC 2427: an address, usually of two to four octets, the last with its first bit set, then a control octet and an
 * NLPID. Circuit 0 is only for signalling. */
fz_verdict fz_walk_frame_relay(span rest, frame_walk *walk)
{
    enum { UNNUMBERED_INFORMATION = 0x03, EXCHANGE_IDENTIFICATION = 0xaf };
    uint32_t size = 1;

    while (size < rest.captured && (rest.at[size - 1] & 1) == 0)
        size++;
    const uint8_t *address = rest.at;
    if (!skip(&rest, size) || rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    const bool signalling = size == 1 || ((address[0] & 0xfc) == 0 && (address[1] & 0xf0) == 0 && size == 2);
    if (rest.at[0] == UNNUMBERED_INFORMATION)
        return after(1, padded_nlpid, rest, walk);
    return signalling || rest.at[0] == EXCHANGE_IDENTIFICATION ? FZ_FRAME_NOT_IP : frame_relay_other(rest, walk);
}

/* AX.25 of radio amateurs: addresses of seven octets, the last one marked as such; IP is in information frames. */
fz_verdict fz_walk_ax25(span rest, frame_walk *walk)
{
    enum { ADDRESS = 7, UNNUMBERED_INFORMATION = 0x03, PROTOCOL_IP = 0xcc };

    if (!skip(&rest, (uint32_t)2 * ADDRESS))
        return FZ_FRAME_NOT_IP;
    while ((rest.at[-1] & 1) == 0)
        if (!skip(&rest, ADDRESS))
            return FZ_FRAME_NOT_IP;
    const uint8_t *header = rest.at;
    if (!skip(&rest, 2) || ((header[0] & 1) != 0 && header[0] != UNNUMBERED_INFORMATION))
        return FZ_FRAME_NOT_IP;
    return header[1] == PROTOCOL_IP ? fz_walk_ip(rest, walk) : FZ_FRAME_NOT_IP;
}
