/* From link-layer bytes to a packet's key and lengths: bounds-checked, no allocation, one small function a layer.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HEADERS_H
#define FZ_HEADERS_H

#include "flow.h"

typedef enum fz_verdict {
    FZ_FRAME_IP,         /* the packet is filled in */
    FZ_FRAME_NOT_IP,     /* some other protocol */
    FZ_FRAME_UNPARSABLE, /* IP was announced, but its header is cut short or broken */
    FZ_FRAME_UNWALKED,   /* a link layer in which dissectors may find IP, and the walk cannot: not IP here */
} fz_verdict;

/* The registry of a link layer's number; parts of 802.11 frames have none. */
typedef enum fz_layer_kind {
    FZ_LAYER_LINK_TYPE,
    FZ_LAYER_ETHERTYPE,
    FZ_LAYER_PPP,
    FZ_LAYER_SAP,
    FZ_LAYER_RADIO_FRAGMENTS,
} fz_layer_kind;
enum { FZ_LAYER_KINDS = FZ_LAYER_RADIO_FRAGMENTS + 1 };

typedef struct fz_layer {
    fz_layer_kind kind;
    uint16_t number;
} fz_layer;

/* Link types that have no LINKTYPE_ number, beyond all that can be given out. */
enum { FZ_LINK_WELLFLEET = 0x10000, FZ_LINK_INFINIBAND_IP };

/* Walks a frame to its outermost IP header. `linktype` is a LINKTYPE_ number (tcpdump.org/linktypes) or one of the
 * above, the bytes are as libwiretap delivers them (without the direction octet of 204, for example): `captured` are
 * there, `wire` were on the wire. `packet` is wholly written on FZ_FRAME_IP; `packet->vlan` is set for every verdict.
 * `*unwalked` is written on FZ_FRAME_UNWALKED. Layers may be stacked, and IPv6 have extension headers, as many as the
 * frame has room for. */
fz_verdict fz_headers_frame(int linktype, const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet,
                            fz_layer *unwalked);

/* The same from an IP header on (version nibble first); leaves `packet->vlan` alone. `wire` is how much of the frame,
 * from here, was on the wire: it stands in for a total length of zero (segmentation offload, RFC 2675 jumbograms
 * without the option). */
fz_verdict fz_headers_ip(const uint8_t *ip, uint32_t captured, uint32_t wire, fz_packet *packet);

#endif
