/* The IP headers of the current frame, as the dissectors' taps and the header walk have them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FRAME_H
#define FZ_FRAME_H

#include "compat.h"

#include "collector.h"

/* One IP header that was tapped. */
typedef struct fz_header {
    fz_packet packet;
    bool needs_ports; /* its bytes are not in the frame (reassembled, decrypted): its transport's tap knows them */
} fz_header;

typedef struct fz_frame {
    GArray *headers; /* of fz_header, outermost first */
    bool vlan;       /* the packets' VLAN ids are needed */
} fz_frame;

void fz_frame_init(fz_frame *frame, bool vlan);
void fz_frame_clear(fz_frame *frame);

/* Forgets the headers: the next frame begins. */
void fz_frame_next(fz_frame *frame);

/* Add what the taps "ip" and "ipv6" report, in the order of the taps. `tvb` is the whole frame. */
void fz_frame_add_ip(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const void *tapped);
void fz_frame_add_ipv6(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const void *tapped);

/* What the taps "tcp", "udp" and "sctp" report about ports, for headers that need it. */
void fz_frame_add_tcp(fz_frame *frame, const void *tapped);
void fz_frame_add_udp(fz_frame *frame, const void *tapped);
void fz_frame_add_sctp(fz_frame *frame, const void *tapped);

/* Ends the frame: its class. A frame without a header is walked, which distinguishes frames without IP from broken
 * headers, and finds the IPv6 fragments that wait for reassembly; that of a counted frame is then its header, unless
 * every tapped header counts (FZ_LAYERS_ALL). */
fz_frame_class fz_frame_close(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, fz_layers layers);

/* The frame's timestamp in microseconds since 1970, and its wire length. */
int64_t fz_frame_us(const packet_info *pinfo);
uint32_t fz_frame_bytes(const packet_info *pinfo);

#endif
