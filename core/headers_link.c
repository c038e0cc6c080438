/* The header walk: link layers by their LINKTYPE_ numbers (tcpdump.org/linktypes).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

#include "encap.h"

/* Frame control 01LLxxxx: LLC frames. */
fz_verdict fz_walk_fddi(span rest, frame_walk *walk)
{
    const bool has_llc = rest.captured > 0 && (rest.at[0] & 0xf0) == 0x50;

    return has_llc ? after(13, fz_walk_llc, rest, walk) : FZ_FRAME_NOT_IP;
}

/* IEEE 802.5: LLC frames have frame type 01; the first bit of the source address announces routing information. */
fz_verdict fz_walk_token_ring(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 14) || (header[1] & 0xc0) != 0x40)
        return FZ_FRAME_NOT_IP;
    const bool routed = (header[8] & 0x80) != 0 && rest.captured > 0;
    return after(routed ? rest.at[0] & 0x1f : 0, fz_walk_llc, rest, walk);
}

static fz_verdict numbered_link_type(span rest, frame_walk *walk)
{
    return fz_walk_link_type((int)walk->number, rest, walk);
}

/* A link type from the frame; numbers above 65535 are ours. */
static fz_verdict inner_link_type(uint32_t linktype, span rest, frame_walk *walk)
{
    if (linktype > UINT16_MAX)
        return FZ_FRAME_NOT_IP;
    walk->number = linktype;
    return later(numbered_link_type, rest, walk);
}

/* Per-Packet Information: fields of metadata before a frame of another link type. The frame's place follows from the
 * fields' lengths, each padded to words of four octets if a flag is set: the total length leaves the padding out. */
static fz_verdict per_packet_information(span rest, frame_walk *walk)
{
    enum { HEADER = 8, FIELD_HEADER = 4, ALIGNED = 0x01 };
    const uint8_t *header = rest.at;

    if (!skip(&rest, HEADER))
        return FZ_FRAME_NOT_IP;
    const bool aligned = (header[1] & ALIGNED) != 0;
    for (int32_t left = le16(header + 2) - HEADER; left > 0;) {
        if (rest.captured < FIELD_HEADER)
            return FZ_FRAME_NOT_IP;
        const uint32_t size = FIELD_HEADER + le16(rest.at + 2);
        if (!skip(&rest, aligned ? (size + 3) & ~3u : size))
            return FZ_FRAME_NOT_IP;
        left -= (int32_t)size;
    }
    return inner_link_type(le32(header + 4), rest, walk);
}

/* Darwin's pktap: a header of its own length before a frame of another link type. */
static fz_verdict pktap(span rest, frame_walk *walk)
{
    enum { SHORTEST = 108, TYPE_PACKET = 1 };
    const uint8_t *header = rest.at;

    if (rest.captured < SHORTEST || le32(header + 4) != TYPE_PACKET || !skip(&rest, MAX(le32(header), SHORTEST)))
        return FZ_FRAME_NOT_IP;
    return inner_link_type(le32(header + 8), rest, walk);
}

/* RFC 2625: network addresses of eight octets each. */
static fz_verdict fibre_channel_ip(span rest, frame_walk *walk)
{
    return after(16, fz_walk_llc, rest, walk);
}

/* A header of `size` octets that has an EtherType at `at`. */
static fz_verdict typed(uint32_t size, uint32_t at, span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    return skip(&rest, size) ? fz_walk_ethertype(be16(header + at), rest, walk) : FZ_FRAME_NOT_IP;
}

/* Apple's IP over IEEE 1394: two addresses of eight octets. */
static fz_verdict apple_1394(span rest, frame_walk *walk)
{
    return typed(18, 16, rest, walk);
}

/* RFC 4391, and before it the 40 octets of a global route header. */
static fz_verdict infiniband_ip(span rest, frame_walk *walk)
{
    return typed(4, 0, rest, walk);
}

static fz_verdict infiniband_routed(span rest, frame_walk *walk)
{
    return typed(44, 40, rest, walk);
}

/* Symantec's firewall: the second version has its EtherType in the sixth octet, the third in the tenth; the other place
 * is zero. */
static fz_verdict symantec(span rest, frame_walk *walk)
{
    if (rest.captured < 12)
        return FZ_FRAME_NOT_IP;
    const bool second = be16(rest.at + 6) != 0, third = be16(rest.at + 10) != 0;
    if (second == third)
        return FZ_FRAME_NOT_IP;
    return second ? typed(44, 6, rest, walk) : typed(56, 10, rest, walk);
}

/* RFC 1051 and RFC 1201: the newer protocols have a split flag and a sequence number, which a frame of an odd size has
 * twice. `before` octets stand before the protocol. */
static fz_verdict arcnet_after(uint32_t before, bool has_odd, span rest, frame_walk *walk)
{
    enum { IPV6 = 0xc4, BACNET = 0xcd, IP = 0xd4, IP_RFC1051 = 0xf0, ODD = 0xff };

    if (!skip(&rest, before + 1))
        return FZ_FRAME_NOT_IP;
    switch (rest.at[-1]) {
    case IP_RFC1051:
        return fz_walk_ip(rest, walk);
    case BACNET:
        return fz_walk_llc(rest, walk);
    case IP:
    case IPV6:
        return after(has_odd && rest.captured > 0 && rest.at[0] == ODD ? 7 : 3, fz_walk_ip, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

static fz_verdict arcnet(span rest, frame_walk *walk)
{
    return arcnet_after(2, true, rest, walk);
}

/* Linux reassembles frames. */
static fz_verdict arcnet_linux(span rest, frame_walk *walk)
{
    return arcnet_after(4, false, rest, walk);
}

/* Wellfleet's HDLC: address and command. */
static fz_verdict wellfleet(span rest, frame_walk *walk)
{
    return after(2, fz_walk_ethernet, rest, walk);
}

/* ITU-T G.7041: a core header with the length, a payload header with check, which may be longer. */
static fz_verdict generic_framing(span rest, frame_walk *walk)
{
    enum { USER_DATA = 0, MANAGEMENT_COMMUNICATIONS = 5, LINEAR = 1 };
    enum { ETHERNET = 1, PPP = 2, MPLS = 12, MPLS_MULTICAST = 13, IPV4 = 16, IPV6 = 17 };

    if (!skip(&rest, 8))
        return FZ_FRAME_NOT_IP;
    const uint8_t *payload = rest.at - 4;
    const unsigned kind = payload[0] >> 5;
    if (kind != USER_DATA && kind != MANAGEMENT_COMMUNICATIONS)
        return FZ_FRAME_NOT_IP;
    const uint32_t extension = (payload[0] & 0x0f) == LINEAR ? 4 : 0;
    switch (payload[1]) {
    case ETHERNET:
        return after(extension, fz_walk_ethernet, rest, walk);
    case PPP:
        return after(extension, fz_walk_ppp_hdlc, rest, walk);
    case MPLS:
    case MPLS_MULTICAST:
        return after(extension, fz_walk_mpls, rest, walk);
    case IPV4:
    case IPV6:
        return after(extension, fz_walk_ip, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* IEEE 802.3 clause 65: what is left of the preamble, a logical link and a checksum before the frame, which may be
 * encrypted. */
static fz_verdict epon(span rest, frame_walk *walk)
{
    enum { PLAIN = 0x55, ENCRYPTED = 0x02 };
    static const uint8_t preamble[] = {0x55, 0x55, 0xd5, 0x55};

    for (uint32_t left = 0; left <= 2; left++) {
        if (rest.captured < 6 + left || memcmp(rest.at, preamble + 2 - left, 2 + left) != 0)
            continue;
        const uint8_t security = rest.at[2 + left];
        const bool encrypted = security != PLAIN && (security & ENCRYPTED) != 0;
        return encrypted ? FZ_FRAME_NOT_IP : after(6 + left, fz_walk_ethernet, rest, walk);
    }
    return FZ_FRAME_NOT_IP;
}

/* Hilscher's analyzer: four octets of status before a frame. */
static fz_verdict netanalyzer(span rest, frame_walk *walk)
{
    return after(4, fz_walk_ethernet, rest, walk);
}

/* Tazmen's sniffer protocol: tagged fields before a frame, with its own numbers for link layers. */
static fz_verdict tazmen(span rest, frame_walk *walk)
{
    enum { KIND_NULL = 4, KIND_PORT = 5, FIELD_PADDING = 0, FIELD_END = 1 };
    enum { ETHERNET = 1, TOKEN_RING = 2, PPP = 4, FDDI = 5, RAW = 7, RADIO = 18, RADIO_PRISM = 119 };
    enum { RADIO_RADIOTAP = 126, RADIO_AVS = 127 };
    const uint8_t *header = rest.at;

    if (!skip(&rest, 4) || header[1] == KIND_NULL || header[1] == KIND_PORT)
        return FZ_FRAME_NOT_IP;
    while (rest.captured > 0 && rest.at[0] != FIELD_END) {
        const uint32_t size = rest.at[0] == FIELD_PADDING ? 1 : rest.captured >= 2 ? 2u + rest.at[1] : UINT32_MAX;

        if (!skip(&rest, size))
            return FZ_FRAME_NOT_IP;
    }
    switch (be16(header + 2)) {
    case ETHERNET:
        return after(1, fz_walk_ethernet, rest, walk);
    case TOKEN_RING:
        return after(1, fz_walk_token_ring, rest, walk);
    case PPP:
        return after(1, fz_walk_ppp, rest, walk);
    case FDDI:
        return after(1, fz_walk_fddi, rest, walk);
    case RAW:
        return after(1, fz_walk_raw_ip, rest, walk);
    case RADIO:
        return after(1, fz_walk_ieee80211, rest, walk);
    case RADIO_PRISM:
        return after(1, fz_walk_prism, rest, walk);
    case RADIO_RADIOTAP:
        return after(1, fz_walk_radiotap, rest, walk);
    case RADIO_AVS:
        return after(1, fz_walk_avs, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* The command of a packet for a terminal node controller: data, or data that is acknowledged by a number. */
static fz_verdict ax25_kiss(span rest, frame_walk *walk)
{
    enum { DATA = 0, DATA_ACKNOWLEDGED = 12 };

    if (!skip(&rest, 1))
        return FZ_FRAME_NOT_IP;
    switch (rest.at[-1] & 0x0f) {
    case DATA:
        return fz_walk_ax25(rest, walk);
    case DATA_ACKNOWLEDGED:
        return after(2, fz_walk_ax25, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* LINKTYPE_ numbers (tcpdump.org/linktypes). With a system or a number at the end: numbers that had the meaning in some
 * libpcaps only. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_AX25 = 3,
    LINK_TOKEN_RING = 6,
    LINK_ARCNET = 7,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_LLC_BSD = 11,
    LINK_RAW_BSD = 12,
    LINK_ENC_OPENBSD = 13,
    LINK_RAW_OPENBSD = 14,
    LINK_ATM_CLIP_16 = 16,
    LINK_PFLOG_OLD = 17,
    LINK_ATM_CLIP_18 = 18,
    LINK_ATM_CLIP_19 = 19,
    LINK_REDBACK = 32,
    LINK_PPP_HDLC = 50,
    LINK_PPPOE = 51,
    LINK_SYMANTEC = 99,
    LINK_ATM_RFC1483 = 100,
    LINK_RAW = 101,
    LINK_CISCO_HDLC = 104,
    LINK_IEEE80211 = 105,
    LINK_ATM_CLIP = 106,
    LINK_FRAME_RELAY = 107,
    LINK_LOOP = 108,
    LINK_ENC = 109,
    LINK_CISCO_HDLC_NETBSD = 112,
    LINK_LINUX_COOKED = 113,
    LINK_PFLOG = 117,
    LINK_PRISM = 119,
    LINK_IP_OVER_FC = 122,
    LINK_RADIOTAP = 127,
    LINK_TAZMEN = 128,
    LINK_ARCNET_LINUX = 129,
    LINK_JUNIPER_MLPPP = 130,
    LINK_JUNIPER_MLFR = 131,
    LINK_JUNIPER_GGSN = 133,
    LINK_JUNIPER_ATM2 = 135,
    LINK_JUNIPER_SERVICES = 136,
    LINK_JUNIPER_ATM1 = 137,
    LINK_APPLE_1394 = 138,
    LINK_USER2 = 149,
    LINK_AVS = 163,
    LINK_JUNIPER_PPPOE = 167,
    LINK_GFP_T = 170,
    LINK_GFP_F = 171,
    LINK_JUNIPER_ETHERNET = 178,
    LINK_JUNIPER_PPP = 179,
    LINK_JUNIPER_FRAME_RELAY = 180,
    LINK_JUNIPER_HDLC = 181,
    LINK_JUNIPER_VOICE = 183,
    LINK_JUNIPER_VN = 184,
    LINK_PPI = 192,
    LINK_JUNIPER_TUNNEL = 200,
    LINK_AX25_KISS = 202,
    LINK_PPP_WITH_DIRECTION = 204,
    LINK_MPLS = 219,
    LINK_IPNET = 226,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_NETANALYZER = 240,
    LINK_IP_OVER_INFINIBAND = 242,
    LINK_PKTAP = 258,
    LINK_EPON = 259,
    LINK_LINUX_COOKED_2 = 276,
};

/* libwiretap has taken the direction octet of 204 off; some numbers are BSD's for the same. In rising order. */
static const struct {
    int linktype;
    layer *first;

} link_layers[] = {
    {LINK_NULL, fz_walk_bsd_null},
    {LINK_ETHERNET, fz_walk_ethernet},
    {LINK_AX25, fz_walk_ax25},
    {LINK_TOKEN_RING, fz_walk_token_ring},
    {LINK_ARCNET, arcnet},
    {LINK_PPP, fz_walk_ppp_hdlc},
    {LINK_FDDI, fz_walk_fddi},
    {LINK_LLC_BSD, fz_walk_llc},
    {LINK_RAW_BSD, fz_walk_raw_ip},
    {LINK_ENC_OPENBSD, fz_walk_bsd_enc},
    {LINK_RAW_OPENBSD, fz_walk_raw_ip},
    {LINK_ATM_CLIP_16, fz_walk_ip},
    {LINK_PFLOG_OLD, fz_walk_old_pflog},
    {LINK_ATM_CLIP_18, fz_walk_ip},
    {LINK_ATM_CLIP_19, fz_walk_ip},
    {LINK_REDBACK, fz_walk_redback},
    {LINK_PPP_HDLC, fz_walk_ppp_hdlc},
    {LINK_PPPOE, fz_walk_pppoe_session},
    {LINK_SYMANTEC, symantec},
    {LINK_ATM_RFC1483, fz_walk_llc},
    {LINK_RAW, fz_walk_raw_ip},
    {LINK_CISCO_HDLC, fz_walk_cisco_hdlc},
    {LINK_IEEE80211, fz_walk_ieee80211},
    {LINK_ATM_CLIP, fz_walk_ip},
    {LINK_FRAME_RELAY, fz_walk_frame_relay},
    {LINK_LOOP, fz_walk_bsd_loop},
    {LINK_ENC, fz_walk_bsd_enc},
    {LINK_CISCO_HDLC_NETBSD, fz_walk_cisco_hdlc},
    {LINK_LINUX_COOKED, fz_walk_linux_cooked_v1},
    {LINK_PFLOG, fz_walk_pflog},
    {LINK_PRISM, fz_walk_prism},
    {LINK_IP_OVER_FC, fibre_channel_ip},
    {LINK_RADIOTAP, fz_walk_radiotap},
    {LINK_TAZMEN, tazmen},
    {LINK_ARCNET_LINUX, arcnet_linux},
    {LINK_JUNIPER_MLPPP, fz_walk_juniper_mlppp},
    {LINK_JUNIPER_MLFR, fz_walk_juniper_mlfr},
    {LINK_JUNIPER_GGSN, fz_walk_juniper_ggsn},
    {LINK_JUNIPER_ATM2, fz_walk_juniper_atm2},
    {LINK_JUNIPER_SERVICES, fz_walk_juniper_services},
    {LINK_JUNIPER_ATM1, fz_walk_juniper_atm1},
    {LINK_APPLE_1394, apple_1394},
    {LINK_USER2, pktap},
    {LINK_AVS, fz_walk_avs},
    {LINK_JUNIPER_PPPOE, fz_walk_juniper_ethernet},
    {LINK_GFP_T, generic_framing},
    {LINK_GFP_F, generic_framing},
    {LINK_JUNIPER_ETHERNET, fz_walk_juniper_ethernet},
    {LINK_JUNIPER_PPP, fz_walk_juniper_ppp},
    {LINK_JUNIPER_FRAME_RELAY, fz_walk_juniper_frame_relay},
    {LINK_JUNIPER_HDLC, fz_walk_juniper_hdlc},
    {LINK_JUNIPER_VOICE, fz_walk_juniper_voice},
    {LINK_JUNIPER_VN, fz_walk_juniper_vn},
    {LINK_PPI, per_packet_information},
    {LINK_JUNIPER_TUNNEL, fz_walk_juniper_tunnel},
    {LINK_AX25_KISS, ax25_kiss},
    {LINK_PPP_WITH_DIRECTION, fz_walk_ppp_hdlc},
    {LINK_MPLS, fz_walk_mpls},
    {LINK_IPNET, fz_walk_solaris_ipnet},
    {LINK_IPV4, fz_walk_ip},
    {LINK_IPV6, fz_walk_ipv6},
    {LINK_NFLOG, fz_walk_nflog},
    {LINK_NETANALYZER, netanalyzer},
    {LINK_IP_OVER_INFINIBAND, infiniband_routed},
    {LINK_PKTAP, pktap},
    {LINK_EPON, epon},
    {LINK_LINUX_COOKED_2, fz_walk_linux_cooked_v2},
    {FZ_LINK_WELLFLEET, wellfleet},
    {FZ_LINK_INFINIBAND_IP, infiniband_ip},
};

fz_verdict fz_walk_link_type(int linktype, span rest, frame_walk *walk)
{
    if (G_LIKELY(linktype == LINK_ETHERNET))
        return fz_walk_ethernet(rest, walk);
    for (size_t i = 0; i < G_N_ELEMENTS(link_layers); i++)
        if (link_layers[i].linktype == linktype)
            return link_layers[i].first(rest, walk);
    return fz_encap_only_dissected(linktype) ? unwalked(FZ_LAYER_LINK_TYPE, (uint32_t)linktype, walk) : FZ_FRAME_NOT_IP;
}
