/* The table of fields of a row of packets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_field.h"

#define AT(member) offsetof(fz_packet_row, member), sizeof(((fz_packet_row *)NULL)->member)
#define END(member, end)                                                                              \
    (uint16_t)(offsetof(fz_packet_row, member) + (end) * sizeof(((fz_packet_row *)NULL)->member[0])), \
        sizeof(((fz_packet_row *)NULL)->member[0])
#define NOWHERE 0, 0

enum { SOURCE, DESTINATION };

const fz_packet_field fz_packet_fields[] = {
    {"frame_number", FZ_PACKET_UINT, AT(frame), 0, "frame", "number of the frame in the capture, from 1"},
    {"frame_time", FZ_PACKET_TIME, AT(time_us), 0, "time_us", "when it was captured, UTC, with nanoseconds"},
    {"frame_time_epoch", FZ_PACKET_EPOCH, AT(time_ns), 0, "time_ns",
     "the same in seconds since 1970, with nine digits after the point"},
    {"ip_len", FZ_PACKET_UINT, AT(ip_bytes), FZ_NEEDS_IP, "ip_bytes",
     "bytes of the IP packet: IPv4's total length, IPv6's payload length and 40"},
    {"eth_src", FZ_PACKET_MAC, END(eth, SOURCE), FZ_HAS_ETH, "eth_src",
     "MAC address of the source, if the link layer is Ethernet"},
    {"eth_dst", FZ_PACKET_MAC, END(eth, DESTINATION), FZ_HAS_ETH, "eth_dst", "MAC address of the destination"},
    {"ip_src", FZ_PACKET_ADDR, END(addr, SOURCE), FZ_NEEDS_IP, "ip_src",
     "address of the source in the outermost IP header, IPv4 or IPv6"},
    {"ip_dst", FZ_PACKET_ADDR, END(addr, DESTINATION), FZ_NEEDS_IP, "ip_dst", "address of the destination"},
    {"ip_proto", FZ_PACKET_UINT, AT(protocol), FZ_NEEDS_IP, "protocol",
     "IANA protocol number, after any extension headers of IPv6"},
    {"sport", FZ_PACKET_UINT, END(port, SOURCE), FZ_HAS_PORTS, "sport",
     "port of the source; empty in all fragments but the first"},
    {"dport", FZ_PACKET_UINT, END(port, DESTINATION), FZ_HAS_PORTS, "dport", "port of the destination"},
    {"tcp_flags", FZ_PACKET_UINT, AT(tcp_flags), FZ_HAS_TCP, "tcp_flags", "TCP flags, all twelve bits"},
    {"vlan", FZ_PACKET_UINT, AT(vlan), FZ_HAS_VLAN, "vlan", "outermost VLAN id that is not 0; empty without one"},
    {"frame_len", FZ_PACKET_UINT, AT(bytes), 0, "bytes", "bytes of the frame on the wire"},
    {"location", FZ_PACKET_LOCATION, NOWHERE, 0, NULL, "location whose zones were used"},
    {"src_infos", FZ_PACKET_ZONE, END(zone, SOURCE), 0, "src_zone",
     "zone of the source: prefix, number, name; empty without one"},
    {"dst_infos", FZ_PACKET_ZONE, END(zone, DESTINATION), 0, "dst_zone", "zone of the destination"},
    {"sensor", FZ_PACKET_SENSOR, NOWHERE, 0, NULL, "who captured"},
    {"source", FZ_PACKET_SOURCE, NOWHERE, 0, NULL, "name of the capture"},
};
const size_t fz_packet_field_count = G_N_ELEMENTS(fz_packet_fields);
