/* What the parts of the header walk share; for core/headers*.c alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HEADERS_PRIVATE_H
#define FZ_HEADERS_PRIVATE_H

#include "headers.h"

#include <string.h>

/* What is left of the frame: `captured` bytes, of `wire` bytes on the wire. */
typedef struct span {
    const uint8_t *at;
    uint32_t captured, wire;
} span;

typedef struct frame_walk frame_walk;
typedef fz_verdict layer(span rest, frame_walk *walk);

struct frame_walk {
    fz_packet *packet;
    fz_layer *unwalked;
    layer *next; /* where the walk continues, with `rest` */
    span rest;
    uint32_t number;  /* for `next`: for example the EtherType or PPP number that selected it */
    layer *otherwise; /* what to try, with `other`, if no IP is found: for example the next part of an aggregate */
    span other;
};

/* The walk continues with `next`. Layers that may contain themselves (tags, labels, bridged frames) return this instead
 * of recursing, so that a crafted frame of many layers does not exhaust the stack. */
#define FZ_WALK_ON ((fz_verdict)(FZ_FRAME_UNWALKED + 1))

enum {
    ETHERTYPE_LOWEST = 0x0600, /* IEEE 802.3 clause 3.2.6: below are lengths */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_PROVIDER_VLAN = 0x88a8,
    LENGTH_HIGHEST = 1500,
};

static inline uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static inline uint16_t le16(const uint8_t *at)
{
    return (uint16_t)(at[1] << 8 | at[0]);
}

static inline uint32_t le32(const uint8_t *at)
{
    return (uint32_t)le16(at + 2) << 16 | le16(at);
}

/* Steps over `size` bytes if they are all there. */
static inline bool skip(span *rest, uint32_t size)
{
    if (rest->captured < size)
        return false;
    rest->at += size;
    rest->captured -= size;
    rest->wire -= size;
    return true;
}

/* Cuts off padding and trailers after a layer's payload, whose length its header has. */
static inline void cut(span *rest, uint32_t size)
{
    rest->captured = MIN(rest->captured, size);
    rest->wire = MIN(rest->wire, size);
}

/* The walk continues with that layer. */
static inline fz_verdict later(layer *next, span rest, frame_walk *walk)
{
    walk->next = next;
    walk->rest = rest;
    return FZ_WALK_ON;
}

/* After a header of `size` octets, which is not read. */
static inline fz_verdict after(uint32_t size, layer *next, span rest, frame_walk *walk)
{
    return skip(&rest, size) ? next(rest, walk) : FZ_FRAME_NOT_IP;
}

/* A layer in which dissectors may find IP. */
static inline fz_verdict unwalked(fz_layer_kind kind, uint32_t number, frame_walk *walk)
{
    *walk->unwalked = (fz_layer){kind, (uint16_t)number};
    return FZ_FRAME_UNWALKED;
}

/* headers.c. fz_walk_ip is for layers that announce IP, of whichever version. */
layer fz_walk_ip, fz_walk_ipv6;

/* headers_ethernet.c: the contents of Ethernet frames. The frame's payload after `type` begins with `rest`. */
fz_verdict fz_walk_ethertype(uint16_t type, span rest, frame_walk *walk);
/* After a tag of `size` octets whose last two are an EtherType, or a length before LLC. */
fz_verdict fz_walk_tag(uint32_t size, span rest, frame_walk *walk);
layer fz_walk_ethernet, fz_walk_llc, fz_walk_mpls;
bool fz_walk_knows_ethertype(uint16_t type);
/* Whether it is one of those, or another type of a layer that may contain IP. */
bool fz_walk_leads_on(uint16_t type);
/* RFC 1042's header after LLC or an NLPID; `pad` octets of padding precede a bridged frame. */
fz_verdict fz_walk_snap(uint32_t pad, span rest, frame_walk *walk);

/* headers_serial.c: PPP, HDLC, frame relay. */
layer fz_walk_ppp, fz_walk_ppp_hdlc, fz_walk_pppoe_session, fz_walk_cisco_hdlc, fz_walk_frame_relay, fz_walk_ax25;
/* An NLPID of ISO/IEC TR 9577 and what it announces. */
layer fz_walk_nlpid;

/* headers_radio.c. fz_walk_centrino: frames as a driver for Windows handed them on, in Ethernet. */
layer fz_walk_ieee80211, fz_walk_centrino, fz_walk_radiotap, fz_walk_prism, fz_walk_avs;

/* headers_juniper.c. */
layer fz_walk_juniper_ethernet, fz_walk_juniper_ppp, fz_walk_juniper_frame_relay, fz_walk_juniper_hdlc,
    fz_walk_juniper_atm1, fz_walk_juniper_atm2, fz_walk_juniper_mlppp, fz_walk_juniper_mlfr, fz_walk_juniper_ggsn,
    fz_walk_juniper_voice, fz_walk_juniper_services, fz_walk_juniper_vn, fz_walk_juniper_tunnel;

/* headers_host.c. fz_walk_raw_ip: of link types that announce IP themselves. */
layer fz_walk_raw_ip, fz_walk_bsd_null, fz_walk_bsd_loop, fz_walk_bsd_enc, fz_walk_redback, fz_walk_linux_cooked_v1,
    fz_walk_linux_cooked_v2, fz_walk_nflog, fz_walk_solaris_ipnet, fz_walk_pflog, fz_walk_old_pflog;

/* headers_link.c: a frame by its LINKTYPE_ number. */
fz_verdict fz_walk_link_type(int linktype, span rest, frame_walk *walk);
layer fz_walk_token_ring, fz_walk_fddi;

#endif
