/* The IP headers of the current frame, from taps and from its bytes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include "side.h"
#include "walker.h"

#include <epan/dissectors/packet-ip.h>
#include <epan/dissectors/packet-sctp.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/dissectors/packet-udp.h>

void fz_frame_init(fz_frame *frame, bool vlan)
{
    frame->headers = g_array_new(FALSE, FALSE, sizeof(fz_header));
    frame->vlan = vlan;
}

void fz_frame_clear(fz_frame *frame)
{
    g_clear_pointer(&frame->headers, g_array_unref);
}

void fz_frame_next(fz_frame *frame)
{
    g_array_set_size(frame->headers, 0);
}

int64_t fz_frame_us(const packet_info *pinfo)
{
    return fz_time_us(pinfo->abs_ts.secs, pinfo->abs_ts.nsecs);
}

uint32_t fz_frame_bytes(const packet_info *pinfo)
{
    return pinfo->fd->pkt_len;
}

static void take_address(uint8_t to[16], const address *from)
{
    memset(to, 0, 16);
    if (from->len > 0) /* SCTP itself has none, and then no data either */
        memcpy(to, from->data, (size_t)MIN(from->len, 16));
}

static bool is_same(const fz_packet *walked, const fz_packet *tapped)
{
    return !memcmp(walked->src, tapped->src, 16) && !memcmp(walked->dst, tapped->dst, 16);
}

/* Remembers a tapped header. `at` are its bytes in the frame, NULL when they are not there. All engines must report the
 * same about a header, so the same walk reads everything that is in the bytes: from the link layer on, whose lengths
 * count too, or, if that finds another header, from `at` on. A header that is not in the frame's bytes (reassembled
 * from earlier frames) does not come before one that is. */
static void add_header(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const fz_packet *tapped,
                       const uint8_t *at)
{
    fz_header next = {.packet = *tapped, .needs_ports = true};
    fz_packet outer = {0}, walked = {0};
    uint32_t captured;
    const uint8_t *bytes = fz_walker_bytes(pinfo, tvb, &captured);
    const bool is_outer = frame->headers->len == 0;
    fz_verdict verdict = fz_walker_frame(pinfo, tvb, &outer);

    if (is_outer && verdict == FZ_FRAME_IP && (!at || is_same(&outer, tapped))) {
        next = (fz_header){.packet = outer};
    } else if (at) {
        uint32_t before = (uint32_t)(at - bytes);

        verdict = fz_headers_ip(at, captured - before, fz_frame_bytes(pinfo) - before, &walked);
        if (verdict == FZ_FRAME_IP && is_same(&walked, tapped))
            next = (fz_header){.packet = walked};
    }
    next.packet.vlan = frame->vlan ? outer.vlan : 0;
    g_array_append_val(frame->headers, next);
}

static bool inside(const uint8_t *at, size_t size, const uint8_t *bytes, uint32_t captured)
{
    return bytes && at >= bytes && at + size <= bytes + captured;
}

void fz_frame_add_ip(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const void *tapped)
{
    const ws_ip4 *ip = tapped;
    fz_packet packet = {.family = FZ_IPV4, .protocol = ip->ip_proto, .ip_bytes = ip->ip_len};

    take_address(packet.src, &ip->ip_src);
    take_address(packet.dst, &ip->ip_dst);
    uint32_t captured;
    const uint8_t *bytes = fz_walker_bytes(pinfo, tvb, &captured);
    const uint8_t *at = (const uint8_t *)ip->ip_src.data - 12; /* the source address is at offset 12 */
    add_header(frame, pinfo, tvb, &packet, inside(at, 20, bytes, captured) ? at : NULL);
}

/* IPv6 taps have copies of the addresses. Both together are 32 bytes, which hardly occur elsewhere by chance. */
static const uint8_t *find_ipv6(const fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const fz_packet *packet)
{
    uint8_t pair[32];
    uint32_t captured, from = 8;
    const uint8_t *bytes = fz_walker_bytes(pinfo, tvb, &captured);

    memcpy(pair, packet->src, 16);
    memcpy(pair + 16, packet->dst, 16);
    for (guint i = 0; i < frame->headers->len; i++) { /* in a tunnel, the same pair again is the next header */
        const fz_packet *before = &g_array_index(frame->headers, fz_header, i).packet;
        if (!memcmp(before->src, packet->src, 16) && !memcmp(before->dst, packet->dst, 16))
            from += 40;
    }
    while (bytes && from < captured) {
        const uint8_t *at = memmem(bytes + from, captured - from, pair, sizeof pair);

        if (!at)
            break;
        if (at[-8] >> 4 == 6)
            return at - 8;
        from = (uint32_t)(at - bytes) + 1;
    }
    return NULL;
}

void fz_frame_add_ipv6(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, const void *tapped)
{
    const ws_ip6 *ip = tapped;
    fz_packet packet = {.family = FZ_IPV6, .protocol = ip->ip6_nxt, .ip_bytes = ip->ip6_len + 40};

    take_address(packet.src, &ip->ip6_src);
    take_address(packet.dst, &ip->ip6_dst);
    add_header(frame, pinfo, tvb, &packet, find_ipv6(frame, pinfo, tvb, &packet));
}

/* Gives ports to the last header of these addresses that could not be read from the frame. */
static void set_ports(fz_frame *frame, const address *src, const address *dst, const fz_packet *transport)
{
    uint8_t source[16], destination[16];

    take_address(source, src);
    take_address(destination, dst);
    for (guint i = frame->headers->len; i-- > 0;) {
        fz_header *header = &g_array_index(frame->headers, fz_header, i);

        if (header->needs_ports && !memcmp(header->packet.src, source, 16) &&
            !memcmp(header->packet.dst, destination, 16)) {
            header->packet.sport = transport->sport;
            header->packet.dport = transport->dport;
            header->packet.tcp_flags = transport->tcp_flags;
            header->packet.has = transport->has;
            header->packet.opener = transport->opener;
            header->needs_ports = false;
            return;
        }
    }
}

void fz_frame_add_tcp(fz_frame *frame, const void *tapped)
{
    const tcp_info_t *tcp = tapped;

    set_ports(frame, &tcp->ip_src, &tcp->ip_dst,
              &(fz_packet){.sport = tcp->th_sport,
                           .dport = tcp->th_dport,
                           .tcp_flags = tcp->th_flags & 0xfff,
                           .opener = fz_opener_of_tcp(tcp->th_flags & 0xfff),
                           .has = FZ_HAS_PORTS | FZ_HAS_TCP});
}

void fz_frame_add_udp(fz_frame *frame, const void *tapped)
{
    const e_udphdr *udp = tapped;

    set_ports(frame, &udp->ip_src, &udp->ip_dst,
              &(fz_packet){.sport = udp->uh_sport, .dport = udp->uh_dport, .has = FZ_HAS_PORTS});
}

void fz_frame_add_sctp(fz_frame *frame, const void *tapped)
{
    const struct _sctp_info *sctp = tapped;

    set_ports(frame, &sctp->ip_src, &sctp->ip_dst,
              &(fz_packet){.sport = sctp->sport, .dport = sctp->dport, .has = FZ_HAS_PORTS});
}

fz_frame_class fz_frame_close(fz_frame *frame, const packet_info *pinfo, tvbuff_t *tvb, fz_layers layers)
{
    fz_header walked = {0};

    if (frame->headers->len)
        return FZ_COUNTED;
    fz_verdict verdict = fz_walker_frame(pinfo, tvb, &walked.packet);
    if (verdict == FZ_FRAME_NOT_IP || verdict == FZ_FRAME_UNWALKED)
        return FZ_NOT_IP;
    if (verdict == FZ_FRAME_UNPARSABLE || layers == FZ_LAYERS_ALL)
        return FZ_UNPARSABLE;
    g_array_append_val(frame->headers, walked);
    return FZ_COUNTED;
}
