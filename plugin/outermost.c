/* The tap "flowzone", made from what the frame's other taps queued.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "outermost.h"

#include "frame.h"
#include "options.h"

/* The taps that the frame's were queued to. */
enum { IP, IPV6, TCP, UDP, SCTP, TAPS };
static const char *const names[TAPS] = {"ip", "ipv6", "tcp", "udp", "sctp"};
static struct {
    int taps[TAPS], own_tap;
    int protocol, ip, ipv6; /* ids of protocols: ours, and those whose order shows which header is the outer one */
    fz_frame frame;         /* the current one */
} outermost;

void fz_outermost_register(void)
{
    outermost.own_tap = register_tap(FZ_OUTERMOST_TAP);
}

void fz_outermost_hand_off(void)
{
    for (unsigned i = 0; i < TAPS; i++)
        outermost.taps[i] = find_tap_id(names[i]);
    outermost.protocol = proto_get_id_by_filter_name(FZ_OUTERMOST_TAP);
    outermost.ip = proto_get_id_by_filter_name("ip");
    outermost.ipv6 = proto_get_id_by_filter_name("ipv6");
    fz_frame_init(&outermost.frame, false);
}

bool fz_outermost_enabled(GError **error)
{
    if (proto_is_protocol_enabled(find_protocol_by_id(outermost.protocol)))
        return true;
    g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                        "the protocol FlowZone is switched off (Analyze, Enabled Protocols)");
    return false;
}

/* Each tap has its own queue: the order of dissectors shows which of two headers was the outer one. */
static bool ipv4_is_outer(const packet_info *pinfo)
{
    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer; layer = wmem_list_frame_next(layer)) {
        int id = GPOINTER_TO_INT(wmem_list_frame_data(layer));

        if (id == outermost.ip || id == outermost.ipv6)
            return id == outermost.ip;
    }
    return true;
}

static void add_ports(void)
{
    static void (*const adders[TAPS])(fz_frame * frame, const void *tapped) = {
        [TCP] = fz_frame_add_tcp, [UDP] = fz_frame_add_udp, [SCTP] = fz_frame_add_sctp};
    const void *tapped;

    for (unsigned i = TCP; i < TAPS; i++)
        for (int number = 0; (tapped = fetch_tapped_data(outermost.taps[i], number)); number++)
            adders[i](&outermost.frame, tapped);
}

/* The outermost header that was tapped, if any. */
static void add_header(tvbuff_t *tvb, const packet_info *pinfo)
{
    const void *tapped4 = fetch_tapped_data(outermost.taps[IP], 0),
               *tapped6 = fetch_tapped_data(outermost.taps[IPV6], 0);

    fz_frame_next(&outermost.frame);
    if (tapped4 && (!tapped6 || ipv4_is_outer(pinfo)))
        fz_frame_add_ip(&outermost.frame, pinfo, tvb, tapped4);
    else if (tapped6)
        fz_frame_add_ipv6(&outermost.frame, pinfo, tvb, tapped6);
    else
        return;
    if (g_array_index(outermost.frame.headers, fz_header, 0).needs_ports)
        add_ports();
}

void fz_outermost_tap(tvbuff_t *tvb, packet_info *pinfo)
{
    if (!have_tap_listener(outermost.own_tap) || pinfo->rec->rec_type != REC_TYPE_PACKET)
        return;
    add_header(tvb, pinfo);
    if (fz_frame_close(&outermost.frame, pinfo, tvb, FZ_LAYERS_OUTER) != FZ_COUNTED)
        return;
    fz_packet *packet = wmem_new(pinfo->pool, fz_packet);
    *packet = g_array_index(outermost.frame.headers, fz_header, 0).packet;
    /* A dissector that fails inside an ICMP error leaves the whole frame marked as such, which most listeners skip. */
    unsigned in_error = pinfo->flags.in_error_pkt;
    pinfo->flags.in_error_pkt = 0;
    tap_queue_packet(outermost.own_tap, pinfo, packet);
    pinfo->flags.in_error_pkt = in_error & 1;
}
