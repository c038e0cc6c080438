/* The header walk: Ethernet, its tags and labels, and LLC. SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers_private.h"

/* Those that several files use are in the header. */
enum {
    ETHERTYPE_PPP_MULTIPLEXED = 0x0059, /* dissectors take them for PPP's numbers */
    ETHERTYPE_PPP_RTP = 0x0061,
    ETHERTYPE_ROOFNET = 0x0641,
    ETHERTYPE_ROOFNET_DATA = 0x0643,
    ETHERTYPE_ROOFNET_GATEWAY = 0x0644,
    ETHERTYPE_ROOFNET_LINK = 0x0645,
    ETHERTYPE_BPQ = 0x08ff,
    ETHERTYPE_GIGAMON = 0x22e5,
    ETHERTYPE_TRILL = 0x22f3,
    ETHERTYPE_CENTRINO = 0x2452,
    ETHERTYPE_BATMAN = 0x4305,
    ETHERTYPE_BRIDGED = 0x6558,
    ETHERTYPE_SNA = 0x80d5,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_HOMEPNA = 0x886c,
    ETHERTYPE_JUMBO_LLC = 0x8870,
    ETHERTYPE_TELKONET = 0x88a1,
    ETHERTYPE_VMLAB = 0x88de,
    ETHERTYPE_MACSEC = 0x88e5,
    ETHERTYPE_PROVIDER_BACKBONE = 0x88e7,
    ETHERTYPE_FORTINET_SESSION = 0x8893,
    ETHERTYPE_FABRICPATH = 0x8903,
    ETHERTYPE_CISCO_METADATA = 0x8909,
    ETHERTYPE_VN_TAG = 0x8926,
    ETHERTYPE_HSR = 0x892f,
    ETHERTYPE_E_TAG = 0x893f,
    ETHERTYPE_NSH = 0x894f,
    ETHERTYPE_HEARTBEAT_BACKUP = 0x8988,
    ETHERTYPE_RTMAC = 0x9021,
    ETHERTYPE_OLD_QINQ = 0x9100,
    ETHERTYPE_OLD_QINQ_2 = 0x9200,
    ETHERTYPE_OLD_QINQ_3 = 0x9300,
    ETHERTYPE_ARISTA = 0xd28b,
    ETHERTYPE_EXTREME_HEADER = 0xe555,
    ETHERTYPE_R_TAG = 0xf1c1,
    ETHERTYPE_GLEANING = 0xfff2, /* of Cisco's ACI */
};

/* Dissectors get to IP in these with state, a key, or a whole protocol: reassembly, decompression, a controller's
 * tunnel. */
static const uint16_t only_dissected[] = {
    ETHERTYPE_PPP_MULTIPLEXED,
    ETHERTYPE_PPP_RTP,
    0x22f1, /* ROHC */
    0x6000, /* LAPB, with X.25 on it */
    0x809a, /* IEEE 802.15.4, with 6LoWPAN on it */
    0x8783, /* MiNT */
    0x88a9, /* Extreme's mesh */
    0x88ae, /* Boardwalk, Fibre Channel */
    0x88bb, /* LWAPP */
    0x88ca, /* TIPC */
    0x8906, /* Fibre Channel over Ethernet */
    0x8915, /* InfiniBand over Ethernet */
    0x8947, /* GeoNetworking */
    0x99fe, /* TECMP */
    0xa0ed, /* 6LoWPAN */
    0xabcd, /* Boardwalk */
    0xbbbb, /* LWAPP */
    0xfcfc, /* Cisco's MDS, Fibre Channel */
};

fz_verdict fz_walk_tag(uint32_t size, span rest, frame_walk *walk)
{
    if (size < 2 || !skip(&rest, size))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(rest.at - 2);
    if (type > LENGTH_HIGHEST)
        return fz_walk_ethertype(type, rest, walk);
    cut(&rest, type);
    return fz_walk_llc(rest, walk);
}

/* The EtherType at the end of a tag, in whose place dissectors do not accept a length. */
static fz_verdict type_of_tag(span rest, frame_walk *walk)
{
    const uint16_t type = rest.captured >= 2 ? be16(rest.at) : 0;

    if (type == ETHERTYPE_PPP_MULTIPLEXED || type == ETHERTYPE_PPP_RTP)
        return unwalked(FZ_LAYER_ETHERTYPE, type, walk);
    return fz_walk_tag(2, rest, walk);
}

/* IEEE 802.1Q. An id of zero is a priority and no VLAN. */
static fz_verdict vlan(span rest, frame_walk *walk)
{
    if (rest.captured >= 2 && walk->packet->vlan == 0)
        walk->packet->vlan = be16(rest.at) & 0x0fff;
    return fz_walk_tag(4, rest, walk);
}

/* RFC 7665's encapsulation, RFC 8300: its length is in words of four octets, and fixed if the metadata is. */
static fz_verdict nsh(span rest, frame_walk *walk)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_NSH = 4, NEXT_MPLS = 5 };
    enum { METADATA_FIXED = 1, METADATA_VARIABLE = 2, SIZE_FIXED = 24 };

    if (rest.captured < 8)
        return FZ_FRAME_NOT_IP;
    const uint32_t stated = (rest.at[1] & 0x3fu) * 4, metadata = rest.at[2];
    const uint32_t size = metadata == METADATA_FIXED      ? SIZE_FIXED
                          : metadata == METADATA_VARIABLE ? MAX(stated, 8)
                                                          : MAX(stated, 4);
    switch (rest.at[3]) {
    case NEXT_IPV4:
    case NEXT_IPV6:
        return after(size, fz_walk_ip, rest, walk);
    case NEXT_ETHERNET:
        return after(size, fz_walk_ethernet, rest, walk);
    case NEXT_NSH:
        return skip(&rest, size) ? later(nsh, rest, walk) : FZ_FRAME_NOT_IP;
    case NEXT_MPLS:
        return after(size, fz_walk_mpls, rest, walk);
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
    return after(6 + options, fz_walk_ethernet, rest, walk);
}

/* IEEE 802.1AE section 9: a SecTAG, with or without a channel identifier, the frame's own EtherType when it is neither
 * encrypted nor changed, and a check value of 16 octets. */
static fz_verdict macsec(span rest, frame_walk *walk)
{
    enum { VERSION = 0x80, HAS_CHANNEL = 0x20, ENCRYPTED = 0x08, CHANGED = 0x04, CHECK_VALUE = 16 };
    const uint8_t tag = rest.captured > 0 ? rest.at[0] : VERSION;
    const uint32_t size = (tag & HAS_CHANNEL) != 0 ? 14 : 6;

    if ((tag & (VERSION | ENCRYPTED | CHANGED)) != 0 || rest.captured <= size + CHECK_VALUE)
        return FZ_FRAME_NOT_IP;
    return after(size, type_of_tag, rest, walk);
}

/* B.A.T.M.A.N. advanced: unicast and broadcast packets hold a whole frame, after headers that grew with its versions (5
 * to 15). Of fragments and coded packets it takes several. */
static fz_verdict batman(span rest, frame_walk *walk)
{
    static const struct {
        uint8_t type, from, to, size; /* versions */
    } packets[] = {{0x03, 5, 13, 9},   {0x03, 14, 14, 10}, {0x09, 14, 14, 18}, {0x04, 5, 9, 10},  {0x04, 10, 13, 13},
                   {0x04, 14, 14, 14}, {0x40, 15, 15, 10}, {0x42, 15, 15, 18}, {0x01, 15, 15, 14}};
    enum { CODED = 0x02, OLD_FRAGMENT = 0x06, FRAGMENT = 0x41 };

    if (rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    const uint8_t type = rest.at[0], version = rest.at[1];
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        if (packets[i].type == type && packets[i].from <= version && version <= packets[i].to)
            return after(packets[i].size, fz_walk_ethernet, rest, walk);
    const bool divided = version == 15 ? type == CODED || type == FRAGMENT : version >= 12 && type == OLD_FRAGMENT;
    return divided ? unwalked(FZ_LAYER_ETHERTYPE, ETHERTYPE_BATMAN, walk) : FZ_FRAME_NOT_IP;
}

/* MIT's Roofnet: links of 20 octets, then IP, or a frame after two more octets. */
static fz_verdict roofnet(span rest, frame_walk *walk)
{
    enum { HEADER = 24, LINK = 20, LAYER_2 = 0x0200 };

    if (rest.captured < HEADER || be16(rest.at + 10) == 0)
        return FZ_FRAME_NOT_IP;
    const bool bridged = (be16(rest.at + 8) & LAYER_2) != 0;
    const uint32_t size = HEADER + rest.at[2] * LINK;
    return bridged ? after(size + 2, fz_walk_ethernet, rest, walk) : after(size, fz_walk_ip, rest, walk);
}

/* Arista's timestamps of 48 and 64 bits, and its tags without one. */
static fz_verdict arista(span rest, frame_walk *walk)
{
    enum { TIMESTAMP = 1 };

    if (rest.captured < 4)
        return FZ_FRAME_NOT_IP;
    if (be16(rest.at) != TIMESTAMP)
        return after(2, type_of_tag, rest, walk);
    switch (be16(rest.at + 2)) {
    case 0x0010:
    case 0x0110:
        return after(12, type_of_tag, rest, walk);
    case 0x0020:
    case 0x0120:
        return after(10, type_of_tag, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* ITU-T G.9954 section 7: the first bit distinguishes long control frames, whose numbers have two octets, from short
 * ones. */
static fz_verdict homepna(span rest, frame_walk *walk)
{
    if (rest.captured < 4)
        return FZ_FRAME_NOT_IP;
    const bool is_long = (rest.at[0] & 0x80) != 0;
    const uint32_t length = is_long ? be16(rest.at + 2) : rest.at[1];
    return length >= 3 ? after((is_long ? 3 : 1) + length, type_of_tag, rest, walk) : FZ_FRAME_NOT_IP;
}

/* RTnet's media access: the type is an EtherType if a flag is set, or in version 1. */
static fz_verdict rtmac(span rest, frame_walk *walk)
{
    enum { TUNNEL = 0x01 };
    const uint8_t *header = rest.at;

    if (!skip(&rest, 4) || (header[2] != 1 && (header[3] & TUNNEL) == 0))
        return FZ_FRAME_NOT_IP;
    return fz_walk_ethertype(be16(header), rest, walk);
}

/* SNA over Ethernet: a length, a pad, and LLC. */
static fz_verdict sna(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 3))
        return FZ_FRAME_NOT_IP;
    cut(&rest, be16(header));
    return fz_walk_llc(rest, walk);
}

/* Gigamon: its own length and that of its contents. */
static fz_verdict gigamon(span rest, frame_walk *walk)
{
    return rest.captured > 0 ? fz_walk_tag(rest.at[0] + 2u, rest, walk) : FZ_FRAME_NOT_IP;
}

/* Telkonet's tunnel, one of its kinds of frames. */
static fz_verdict telkonet(span rest, frame_walk *walk)
{
    enum { TUNNEL = 0x78 };

    return rest.captured > 0 && rest.at[0] == TUNNEL ? after(8, fz_walk_ethernet, rest, walk) : FZ_FRAME_NOT_IP;
}

/* Fortinet: a magic number and a type, then a packet of the session that is synchronised. */
static fz_verdict fortinet_session(span rest, frame_walk *walk)
{
    const bool is_ip = skip(&rest, 4) && rest.captured > 0 && (rest.at[0] >> 4 == 4 || rest.at[0] >> 4 == 6);

    return is_ip ? fz_walk_ip(rest, walk) : FZ_FRAME_NOT_IP;
}

/* Cisco's ACI: packets for address learning. Dissectors have another number for IPv6. */
static fz_verdict gleaning(span rest, frame_walk *walk)
{
    const bool is_ipv4 = rest.captured > 0 && rest.at[0] >> 4 == 4;

    return is_ipv4 ? fz_walk_ip(rest, walk) : FZ_FRAME_NOT_IP;
}

/* What follows an EtherType: a tag of that many octets, which ends with another EtherType, or a layer after that many.
 * The common ones come first. */
static const struct {
    uint16_t type;
    uint8_t size;
    layer *next; /* NULL: a tag */

} types[] = {
    {ETHERTYPE_VLAN, 0, vlan},
    {ETHERTYPE_PROVIDER_VLAN, 0, vlan},
    {ETHERTYPE_MPLS, 0, fz_walk_mpls},
    {ETHERTYPE_PPPOE_SESSION, 0, fz_walk_pppoe_session},
    {ETHERTYPE_OLD_QINQ, 0, vlan},
    {ETHERTYPE_OLD_QINQ_2, 0, vlan},
    {ETHERTYPE_OLD_QINQ_3, 0, vlan},
    {ETHERTYPE_MPLS_UPSTREAM, 0, fz_walk_mpls},
    {ETHERTYPE_VN_TAG, 6, NULL},
    {ETHERTYPE_R_TAG, 6, NULL},
    {ETHERTYPE_HSR, 4, type_of_tag}, /* IEC 62439-3: path and size, sequence number */
    {ETHERTYPE_CISCO_METADATA, 8, NULL},
    {ETHERTYPE_E_TAG, 6, type_of_tag},
    {ETHERTYPE_HEARTBEAT_BACKUP, 6, type_of_tag}, /* Palo Alto's */
    {ETHERTYPE_PROVIDER_BACKBONE, 16,
     type_of_tag},                      /* IEEE 802.1ah: flags, service and the customer's Ethernet header */
    {ETHERTYPE_VMLAB, 22, type_of_tag}, /* VMware Lab Manager: flags, and three addresses before the type */
    {ETHERTYPE_BRIDGED, 0, fz_walk_ethernet},
    {ETHERTYPE_FABRICPATH, 2, fz_walk_ethernet}, /* Cisco's: a forwarding tag, then a whole Ethernet frame */
    {ETHERTYPE_EXTREME_HEADER, 38, fz_walk_ethernet},
    {ETHERTYPE_JUMBO_LLC, 0, fz_walk_llc},
    {ETHERTYPE_BPQ, 2, fz_walk_ax25}, /* a length */
    {ETHERTYPE_CENTRINO, 0, fz_walk_centrino},
    {ETHERTYPE_MACSEC, 0, macsec},
    {ETHERTYPE_GLEANING, 0, gleaning},
    {ETHERTYPE_NSH, 0, nsh},
    {ETHERTYPE_TRILL, 0, trill},
    {ETHERTYPE_BATMAN, 0, batman},
    {ETHERTYPE_ARISTA, 0, arista},
    {ETHERTYPE_GIGAMON, 0, gigamon},
    {ETHERTYPE_FORTINET_SESSION, 0, fortinet_session},
    {ETHERTYPE_SNA, 0, sna},
    {ETHERTYPE_RTMAC, 0, rtmac},
    {ETHERTYPE_HOMEPNA, 0, homepna},
    {ETHERTYPE_TELKONET, 0, telkonet},
    {ETHERTYPE_ROOFNET, 0, roofnet},
    {ETHERTYPE_ROOFNET_DATA, 0, roofnet},
    {ETHERTYPE_ROOFNET_GATEWAY, 0, roofnet},
    {ETHERTYPE_ROOFNET_LINK, 0, roofnet},
};

static fz_verdict other_ethertype(span rest, frame_walk *walk)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].type != walk->number)
            continue;
        return types[i].next ? after(types[i].size, types[i].next, rest, walk) : fz_walk_tag(types[i].size, rest, walk);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(only_dissected); i++)
        if (only_dissected[i] == walk->number)
            return unwalked(FZ_LAYER_ETHERTYPE, walk->number, walk);
    return FZ_FRAME_NOT_IP;
}

fz_verdict fz_walk_ethertype(uint16_t type, span rest, frame_walk *walk)
{
    if (type == ETHERTYPE_IPV4)
        return fz_walk_ip(rest, walk); /* some drivers mark IPv6 so, too */
    if (type == ETHERTYPE_IPV6)
        return fz_walk_ipv6(rest, walk);
    walk->number = type;
    return later(other_ethertype, rest, walk);
}

bool fz_walk_leads_on(uint16_t type)
{
    bool found = fz_walk_knows_ethertype(type);

    for (size_t i = 0; i < G_N_ELEMENTS(types) && !found; i++)
        found = types[i].type == type;
    for (size_t i = 0; i < G_N_ELEMENTS(only_dissected) && !found; i++)
        found = only_dissected[i] == type;
    return found;
}

bool fz_walk_knows_ethertype(uint16_t type)
{
    enum { ARP = 0x0806, SLOW = 0x8809, EAPOL = 0x888e, PPPOE_DISCOVERY = 0x8863, LLDP = 0x88cc };

    switch (type) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_VLAN:
    case ETHERTYPE_PROVIDER_VLAN:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
    case ETHERTYPE_OLD_QINQ:
    case ETHERTYPE_PPPOE_SESSION:
    case ARP:
    case SLOW:
    case EAPOL:
    case PPPOE_DISCOVERY:
    case LLDP:
        return true;
    default:
        return false;
    }
}

static bool is_cisco_isl(const uint8_t *destination)
{
    return (destination[0] == 0x01 || destination[0] == 0x0c) &&
           memcmp(destination + 1, (const uint8_t[]){0x00, 0x0c, 0x00, 0x00}, 4) == 0;
}

/* Cisco's inter-switch link: 26 octets before a whole frame. The length, if present, includes twelve of them. */
static fz_verdict cisco_isl(const uint8_t *header, span rest, frame_walk *walk)
{
    enum { ETHERNET = 0, TOKEN_RING = 1 };
    const uint16_t length = be16(header + 12);

    if (length != 0)
        cut(&rest, length);
    switch (header[5] >> 4) {
    case ETHERNET:
        return skip(&rest, 12) ? later(fz_walk_ethernet, rest, walk) : FZ_FRAME_NOT_IP;
    case TOKEN_RING:
        return after(17, fz_walk_token_ring, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

fz_verdict fz_walk_ethernet(span rest, frame_walk *walk)
{
    const uint8_t *header = rest.at;

    if (!skip(&rest, 14))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(header + 12);
    if (G_LIKELY(type >= ETHERTYPE_LOWEST))
        return fz_walk_ethertype(type, rest, walk);
    if (type <= LENGTH_HIGHEST && is_cisco_isl(header))
        return cisco_isl(header, rest, walk);
    if (type == 0 || type > LENGTH_HIGHEST)
        return FZ_FRAME_NOT_IP;
    cut(&rest, type);
    return fz_walk_llc(rest, walk);
}

/* IEEE 802.1's numbers of bridged frames, RFC 2427 and RFC 2684. */
static fz_verdict bridged(uint16_t type, uint32_t pad, span rest, frame_walk *walk)
{
    enum { ETHERNET_FCS = 1, RING_FCS = 3, FDDI_FCS = 4, ETHERNET = 7, RING = 9, FDDI = 10 };

    switch (type) {
    case ETHERNET_FCS:
    case ETHERNET:
        return after(pad, fz_walk_ethernet, rest, walk);
    case RING_FCS:
    case RING:
        return after(pad, fz_walk_token_ring, rest, walk);
    case FDDI_FCS:
    case FDDI:
        return after(pad + 1, fz_walk_fddi, rest, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* Apple's wireless direct link: a sequence number, and tagged fields in its long form, before an EtherType. */
static fz_verdict awdl(span rest, frame_walk *walk)
{
    enum { FIELDS = 3 };

    if (!skip(&rest, 4) || rest.captured < 2)
        return FZ_FRAME_NOT_IP;
    if (rest.at[0] != FIELDS)
        return fz_walk_tag(4, rest, walk);
    if (!skip(&rest, 2u + rest.at[1]))
        return FZ_FRAME_NOT_IP;
    while (rest.captured >= 3 && rest.at[0] != FIELDS)
        if (!skip(&rest, 3u + rest.at[1]))
            return FZ_FRAME_NOT_IP;
    return rest.captured >= 2 ? fz_walk_tag(2u + rest.at[1] + 2, rest, walk) : FZ_FRAME_NOT_IP;
}

fz_verdict fz_walk_snap(uint32_t pad, span rest, frame_walk *walk)
{
    enum { ETHERNET = 0x000000, IEEE_802_1 = 0x0080c2, CISCO_BRIDGED = 0x0000f8, APPLE = 0x0017f2, MARVELL = 0x005043 };
    enum { AWDL = 0x0800, MESH_HEADER = 5 };
    const uint8_t *snap = rest.at;

    if (!skip(&rest, 5))
        return FZ_FRAME_NOT_IP;
    const uint16_t type = be16(snap + 3);
    switch (be32(snap) >> 8) {
    case ETHERNET:
    case CISCO_BRIDGED:
        return fz_walk_ethertype(type, rest, walk);
    case IEEE_802_1:
        return bridged(type, pad, rest, walk);
    case MARVELL: /* of the laptops of One Laptop per Child */
        return skip(&rest, MESH_HEADER) ? fz_walk_ethertype(type, rest, walk) : FZ_FRAME_NOT_IP;
    case APPLE:
        return type == AWDL ? awdl(rest, walk) : FZ_FRAME_NOT_IP;
    default:
        return FZ_FRAME_NOT_IP;
    }
}

/* IEEE 802.2. */
static fz_verdict llc(span rest, frame_walk *walk)
{
    enum { SAP_IP = 0x06, SAP_X25 = 0x7e, SAP_3COM = 0x80, SAP_SNAP = 0xaa, UNNUMBERED_INFORMATION = 0x03 };
    enum { SAP_OSI_1 = 0x14, SAP_OSI_2 = 0x20, SAP_OSI_3 = 0x34, SAP_OSI_4 = 0x54, SAP_OSI_5 = 0xfe };
    enum { BRIDGED_PAD = 2 };
    static const uint8_t snap_bridged[] = {0x00, 0x80, 0xc2};
    const uint8_t *header = rest.at;

    if (rest.captured < 3)
        return FZ_FRAME_NOT_IP;
    const bool unnumbered = (header[2] & 0x03) == 0x03;
    const bool information = header[2] == UNNUMBERED_INFORMATION || (header[2] & 0x01) == 0;
    const bool snap = header[0] == SAP_SNAP && header[1] == SAP_SNAP;
    if (!skip(&rest, unnumbered ? 3 : 4))
        return FZ_FRAME_NOT_IP;
    /* Dissectors accept bridged frames with any control octet. */
    const bool has_bridged = snap && rest.captured >= 3 && memcmp(rest.at, snap_bridged, 3) == 0;
    if (!information && !has_bridged)
        return FZ_FRAME_NOT_IP;
    if (snap)
        return fz_walk_snap(BRIDGED_PAD, rest, walk);

    switch (header[0]) {
    case SAP_IP:
        return rest.wire > 0 ? fz_walk_ip(rest, walk) : FZ_FRAME_NOT_IP;
    case SAP_3COM:
        return fz_walk_tag(2, rest, walk);
    case SAP_OSI_1:
    case SAP_OSI_2:
    case SAP_OSI_3:
    case SAP_OSI_4:
    case SAP_OSI_5:
        return fz_walk_nlpid(rest, walk);
    case SAP_X25:
        return unwalked(FZ_LAYER_SAP, SAP_X25, walk);
    default:
        return FZ_FRAME_NOT_IP;
    }
}

fz_verdict fz_walk_llc(span rest, frame_walk *walk)
{
    return later(llc, rest, walk);
}

/* An Ethernet pseudo-wire (RFC 4448) has a control word that begins with a zero nibble, or none: then the nibble is
 * that of a MAC address. An EtherType in its place distinguishes them, otherwise whether IP follows. */
static fz_verdict pseudo_wire(span rest, frame_walk *walk)
{
    const uint16_t type = rest.captured >= 14 ? be16(rest.at + 12) : 0;

    if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_VLAN || type == ETHERTYPE_PROVIDER_VLAN ||
        type == ETHERTYPE_MPLS)
        return fz_walk_ethernet(rest, walk);
    walk->otherwise = fz_walk_ethernet;
    walk->other = rest;
    return after(4, fz_walk_ethernet, rest, walk);
}

/* A pseudo-wire without a control word whose address begins with another nibble: only a source that is not a group
 * address and a known EtherType distinguish it from other payloads. */
static fz_verdict bare_pseudo_wire(span rest, frame_walk *walk)
{
    enum { GROUP = 0x01 };
    const bool plain = rest.captured >= 14 && (rest.at[6] & GROUP) == 0 && fz_walk_knows_ethertype(be16(rest.at + 12));

    return plain ? fz_walk_ethernet(rest, walk) : FZ_FRAME_NOT_IP;
}

/* RFC 5586 and RFC 4385 section 5: a channel beside the traffic, which may carry IP of its own. */
static fz_verdict associated_channel(span rest, frame_walk *walk)
{
    enum { CHANNEL_IPV4 = 0x21, CHANNEL_IPV6 = 0x57 };

    if (!skip(&rest, 4))
        return FZ_FRAME_NOT_IP;
    const uint16_t channel = be16(rest.at - 2);
    return channel == CHANNEL_IPV4 || channel == CHANNEL_IPV6 ? fz_walk_ip(rest, walk) : FZ_FRAME_NOT_IP;
}

/* RFC 3032. What follows the last label is found by its first nibble, as routers do (RFC 4928). */
fz_verdict fz_walk_mpls(span rest, frame_walk *walk)
{
    enum { LABEL_GENERIC_CHANNEL = 13, LABEL_ALERT = 14 }; /* RFC 5586, RFC 3429 */
    uint32_t entry;

    do {
        if (!skip(&rest, 4))
            return FZ_FRAME_NOT_IP;
        entry = be32(rest.at - 4);
    } while ((entry & 0x100) == 0);
    if (rest.captured == 0 || entry >> 12 == LABEL_ALERT)
        return FZ_FRAME_NOT_IP;
    if (entry >> 12 == LABEL_GENERIC_CHANNEL)
        return associated_channel(rest, walk);

    switch (rest.at[0] >> 4) {
    case 4:
    case 6:
        return fz_walk_ip(rest, walk);
    case 0:
        return pseudo_wire(rest, walk);
    case 1:
        return associated_channel(rest, walk);
    default:
        return bare_pseudo_wire(rest, walk);
    }
}
