/* The table of fields.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#define AT(member) offsetof(fz_record, member), sizeof(((fz_record *)NULL)->member)
#define END(member, end)                                                                      \
    (uint16_t)(offsetof(fz_record, member) + (end) * sizeof(((fz_record *)NULL)->member[0])), \
        sizeof(((fz_record *)NULL)->member[0])
#define NOWHERE 0, 0

/* The order is that of CSV columns, of IPFIX templates and of fz_flow; the first eight names are those of the blog's
 * table. */
const fz_field fz_fields[] = {
    {"timestamp", FZ_FIELD_TIME, AT(start_us), "flowStartMilliseconds", NULL, "flowStartSubMilliseconds", "start_us",
     "first packet, UTC"},
    {"sip", FZ_FIELD_ADDR, END(addr, FZ_INITIATOR), "sourceIPv4Address", "sourceIPv6Address", NULL, "sip",
     "address of the initiator: the client, as far as that is known"},
    {"dip", FZ_FIELD_ADDR, END(addr, FZ_RESPONDER), "destinationIPv4Address", "destinationIPv6Address", NULL, "dip",
     "address of the responder"},
    {"bytes", FZ_FIELD_SUM, AT(bytes), NULL, NULL, NULL, NULL, "bytes of frames on the wire, both directions"},
    {"packets", FZ_FIELD_SUM, AT(packets), NULL, NULL, NULL, NULL, "packets, both directions"},
    {"location", FZ_FIELD_LOCATION, NOWHERE, NULL, NULL, NULL, NULL, "location whose zones were used"},
    {"sip_infos", FZ_FIELD_ZONE, END(zone, FZ_INITIATOR), "sourceZoneId", NULL, NULL, "sip_zone",
     "zone of the initiator: prefix, number, name; empty without one"},
    {"dip_infos", FZ_FIELD_ZONE, END(zone, FZ_RESPONDER), "destinationZoneId", NULL, NULL, "dip_zone",
     "zone of the responder"},
    {"end", FZ_FIELD_TIME, AT(end_us), "flowEndMilliseconds", NULL, "flowEndSubMilliseconds", "end_us",
     "last packet, UTC"},
    {"sport", FZ_FIELD_UINT, END(port, FZ_INITIATOR), "sourceTransportPort", NULL, NULL, "sport",
     "port of the initiator, 0 without one"},
    {"dport", FZ_FIELD_UINT, END(port, FZ_RESPONDER), "destinationTransportPort", NULL, NULL, "dport",
     "port of the responder, 0 without one"},
    {"protocol", FZ_FIELD_UINT, AT(protocol), "protocolIdentifier", NULL, NULL, "protocol",
     "IANA protocol number, 0 with key=ip"},
    {"vlan", FZ_FIELD_UINT, AT(vlan), "vlanId", NULL, NULL, "vlan", "outermost VLAN id, 0 unless the key has it"},
    {"sip_packets", FZ_FIELD_UINT, END(packets, FZ_INITIATOR), "packetDeltaCount", NULL, NULL, "sip_packets",
     "packets sent by the initiator"},
    {"dip_packets", FZ_FIELD_UINT, END(packets, FZ_RESPONDER), "reversePacketDeltaCount", NULL, NULL, "dip_packets",
     "packets sent by the responder"},
    {"sip_bytes", FZ_FIELD_UINT, END(bytes, FZ_INITIATOR), "layer2OctetDeltaCount", NULL, NULL, "sip_bytes",
     "bytes of frames sent by the initiator"},
    {"dip_bytes", FZ_FIELD_UINT, END(bytes, FZ_RESPONDER), "reverseLayer2OctetDeltaCount", NULL, NULL, "dip_bytes",
     "bytes of frames sent by the responder"},
    {"sip_ip_bytes", FZ_FIELD_UINT, END(ip_bytes, FZ_INITIATOR), "octetDeltaCount", NULL, NULL, "sip_ip_bytes",
     "bytes of IP packets sent by the initiator"},
    {"dip_ip_bytes", FZ_FIELD_UINT, END(ip_bytes, FZ_RESPONDER), "reverseOctetDeltaCount", NULL, NULL, "dip_ip_bytes",
     "bytes of IP packets sent by the responder"},
    {"sip_tcp_flags", FZ_FIELD_UINT, END(tcp_flags, FZ_INITIATOR), "tcpControlBits", NULL, NULL, "sip_tcp_flags",
     "TCP flags sent by the initiator, OR of all packets"},
    {"dip_tcp_flags", FZ_FIELD_UINT, END(tcp_flags, FZ_RESPONDER), "reverseTcpControlBits", NULL, NULL, "dip_tcp_flags",
     "TCP flags sent by the responder, OR of all packets"},
    {"end_reason", FZ_FIELD_UINT, AT(end_reason), "flowEndReason", NULL, NULL, "end_reason",
     "why the row was written: 2 interval, 4 end of the capture, 5 max-flows"},
    {"opened", FZ_FIELD_OPENED, AT(opened), "conversationOpenedBy", NULL, NULL, "opened",
     "how the initiator is known: syn, syn-ack, icmp, exporter, port, first, both or unknown"},
    {"sensor", FZ_FIELD_SENSOR, NOWHERE, NULL, NULL, NULL, NULL, "who captured"},
    {"source", FZ_FIELD_SOURCE, NOWHERE, NULL, NULL, NULL, NULL, "name of the capture"},
};
const size_t fz_field_count = G_N_ELEMENTS(fz_fields);
