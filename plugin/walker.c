/* The header walk of the current frame: finds its encapsulation, walks it once, remembers what it found.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker.h"

#include "encap.h"
#include "unwalked.h"

#include <wiretap/wtap.h>

static struct {
    fz_encaps encaps;
    dissector_table_t by_encap; /* which protocol handles which encapsulation; borrowed */
    int capture_in_frame;       /* the protocol of frames inside a frame, which have an encapsulation of their own */
    fz_unwalked *unwalked;      /* of the frames that were walked */
    uint32_t number;            /* of the frame that was walked last; 0: none */
    fz_verdict verdict;
    const fz_encap *encap; /* NULL: the frame has no bytes */
    fz_packet packet;
} walker;

void fz_walker_next(void)
{
    walker.number = 0;
}

void fz_walker_hand_off(void)
{
    walker.by_encap = find_dissector_table("wtap_encap");
    walker.capture_in_frame = proto_get_id_by_filter_name("pcap_pktdata");
    walker.unwalked = fz_unwalked_new();
    fz_encaps_fill(&walker.encaps, wtap_encap_name, wtap_get_num_encap_types());
    register_init_routine(fz_walker_next); /* another capture begins with the same numbers */
}

const uint8_t *fz_walker_bytes(const packet_info *pinfo, tvbuff_t *tvb, uint32_t *captured)
{
    const uint32_t left = tvb_captured_length(tvb);

    *captured = pinfo->fd->cap_len;
    return left && *captured ? tvb_get_ptr(tvb, 0, (int)MIN(left, *captured)) : NULL;
}

/* The first encapsulation that a protocol of Wireshark's handles; `other` if there is none. */
static int encap_of_protocol(int protocol, int other)
{
    for (int encap = 0; walker.by_encap && encap < wtap_get_num_encap_types(); encap++) {
        dissector_handle_t handle = dissector_get_uint_handle(walker.by_encap, (guint32)encap);

        if (handle && dissector_handle_get_protocol_index(handle) == protocol)
            return encap;
    }
    return other;
}

/* Whether this is the first protocol, after "frame", of an encapsulation. */
static bool begins(int protocol, int encap)
{
    dissector_handle_t handle = walker.by_encap ? dissector_get_uint_handle(walker.by_encap, (guint32)encap) : NULL;

    return !handle || dissector_handle_get_protocol_index(handle) == protocol;
}

/* The frame's encapsulation. Dissectors of frames inside a frame (PPI, pktap, rpcap) overwrite it with the inner one,
 * and are not a layer if they find nothing: then the first protocol after "frame" decides. */
static const fz_encap *encap_of(const packet_info *pinfo)
{
    int stated = pinfo->rec->rec_header.packet_header.pkt_encap, first = 0, count = 0;
    bool replaced = false;

    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer && !replaced;
         layer = wmem_list_frame_next(layer)) {
        int protocol = GPOINTER_TO_INT(wmem_list_frame_data(layer));

        replaced = protocol == walker.capture_in_frame;
        if (count++ == 1)
            first = protocol;
    }
    replaced = replaced || (count > 1 && !begins(first, stated));
    return fz_encaps_find(&walker.encaps, replaced ? encap_of_protocol(first, stated) : stated);
}

static fz_verdict walk(const packet_info *pinfo, tvbuff_t *tvb, fz_packet *packet)
{
    uint32_t captured;
    const uint8_t *bytes = fz_walker_bytes(pinfo, tvb, &captured);

    *packet = (fz_packet){0};
    walker.encap = bytes ? encap_of(pinfo) : NULL;
    if (!bytes)
        return FZ_FRAME_NOT_IP;
    return fz_unwalked_frame(walker.unwalked, walker.encap, bytes, captured, pinfo->fd->pkt_len, packet);
}

fz_verdict fz_walker_frame(const packet_info *pinfo, tvbuff_t *tvb, fz_packet *packet)
{
    if (walker.number != pinfo->num) {
        walker.verdict = walk(pinfo, tvb, &walker.packet);
        walker.number = pinfo->num;
    }
    *packet = walker.packet;
    return walker.verdict;
}

void fz_walker_link(const packet_info *pinfo, tvbuff_t *tvb, fz_frame_link *link)
{
    fz_packet packet;
    uint32_t captured;
    const uint8_t *bytes = fz_walker_bytes(pinfo, tvb, &captured);

    fz_walker_frame(pinfo, tvb, &packet);
    *link = (fz_frame_link){
        .number = pinfo->num,
        .time_ns = fz_time_ns(pinfo->abs_ts.nsecs),
        .vlan = packet.vlan,
    };
    if (bytes)
        fz_frame_link_read(link, walker.encap->linktype, bytes, captured);
}

char **fz_walker_unwalked(void)
{
    return fz_unwalked_lines(walker.unwalked);
}
