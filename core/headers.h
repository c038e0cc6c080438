/* From link-layer bytes to a packet's key and lengths: bounds-checked, no allocation, one small function a layer.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HEADERS_H
#define FZ_HEADERS_H

#include "flow.h"

typedef enum fz_verdict {
    FZ_FRAME_IP,         /* the packet is filled in */
    FZ_FRAME_NOT_IP,     /* some other protocol, or a link layer that is not known */
    FZ_FRAME_UNPARSABLE, /* IP was announced, but its header is cut short or broken */
} fz_verdict;

/* Walks a frame to its outermost IP header. `linktype` is a LINKTYPE_ number (tcpdump.org/linktypes), the bytes are as
 * libwiretap hands them over (without the direction octet of 204, say): `captured` are there, `wire` were on the wire.
 * `packet` is wholly written on FZ_FRAME_IP; `packet->vlan` is set for every verdict. */
fz_verdict fz_headers_frame(int linktype, const uint8_t *bytes, uint32_t captured, uint32_t wire, fz_packet *packet);

/* The same from an IP header on (version nibble first); leaves `packet->vlan` alone. `wire` is how much of the frame,
 * from here, was on the wire: it stands in for a total length of zero (segmentation offload, RFC 2675 jumbograms
 * without the option). */
fz_verdict fz_headers_ip(const uint8_t *ip, uint32_t captured, uint32_t wire, fz_packet *packet);

#endif
