/* The header walk: link layers, IPv4, IPv6, transports; frames that are cut or broken.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers.h"
#include "side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ETHERNET = 1, ROOM = 4096 };

/* A frame put together from parts written as hexadecimal digits; spaces are for the reader. */
typedef struct test_frame {
    uint8_t bytes[ROOM];
    uint32_t size;
} test_frame;

static void put(test_frame *frame, const char *digits)
{
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at == ' ')
            continue;
        assert_true(g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1]) && frame->size < ROOM);
        frame->bytes[frame->size++] = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
        at++;
    }
}

/* In memory of exactly its size, so that the sanitizer sees a read beyond it. */
static fz_verdict walk_cut(int linktype, const test_frame *frame, uint32_t captured, uint32_t wire, fz_packet *packet)
{
    uint8_t *copy = g_malloc(MAX(captured, 1));
    fz_layer unwalked = {FZ_LAYER_LINK_TYPE, 0};
    memset(packet, 0xee, sizeof *packet);
    memcpy(copy, frame->bytes, captured);
    const fz_verdict verdict = fz_headers_frame(linktype, copy, captured, wire, packet, &unwalked);
    g_free(copy);
    return verdict;
}

static fz_verdict walk(int linktype, const test_frame *frame, fz_packet *packet)
{
    return walk_cut(linktype, frame, frame->size, frame->size, packet);
}

#define MACS "020000000002 020000000001"
/* 10.1.2.3 to 192.0.2.9, protocol and total length as given. */
#define IP4(total, protocol) "4500" total "0001 0000 40" protocol "0000 0a010203 c0000209"
/* 2001:db8::1 to 2001:db8::2. */
#define IP6(payload, next) \
    "60000000" payload next "40 20010db8000000000000000000000001 20010db8000000000000000000000002"
#define PORTS "c001 01bb"
#define TCP PORTS "00000000 00000000 5f12 0000 0000 0000" /* flags 0xf12: all three reserved bits, AE, SYN, ACK */
#define UDP PORTS "0008 0000"

static void assert_tcp4(const fz_packet *packet)
{
    static const uint8_t src[16] = {10, 1, 2, 3}, dst[16] = {192, 0, 2, 9};
    assert_int_equal(packet->family, FZ_IPV4);
    assert_memory_equal(packet->src, src, 16);
    assert_memory_equal(packet->dst, dst, 16);
    assert_int_equal(packet->protocol, 6);
    assert_int_equal(packet->sport, 0xc001);
    assert_int_equal(packet->dport, 443);
    assert_int_equal(packet->tcp_flags, 0xf12);
    assert_int_equal(packet->ip_bytes, 40);
}

static void assert_udp6(const fz_packet *packet)
{
    assert_int_equal(packet->family, FZ_IPV6);
    assert_int_equal(packet->src[15], 1);
    assert_int_equal(packet->dst[15], 2);
    assert_int_equal(packet->protocol, 17);
    assert_int_equal(packet->sport, 0xc001);
    assert_int_equal(packet->dport, 443);
}

/* One row per link layer: what precedes the IP header, and the VLAN that must be found. */
static const struct link_case {
    const char *name;
    int linktype;
    const char *head;
    uint16_t vlan;
} link_cases4[] = {
    {"Ethernet", 1, MACS "0800", 0},
    {"802.1Q", 1, MACS "8100 e00a 0800", 10},
    {"802.1ad stack", 1, MACS "88a8 0064 8100 000a 0800", 100},
    {"old QinQ stack", 1, MACS "9100 0064 8100 000a 0800", 100},
    {"priority tag before a VLAN", 1, MACS "8100 e000 8100 0007 0800", 7},
    {"LLC and SNAP", 1, MACS "0030 aaaa03 000000 0800", 0},
    {"LLC alone", 1, MACS "002b 060603", 0},
    {"LLC behind 802.1Q", 1, MACS "8100 0005 0030 aaaa03 000000 0800", 5},
    {"MPLS", 1, MACS "8847 00010040 00020140", 0},
    {"MPLS pseudo-wire with control word", 1, MACS "8847 00010140 00000000" MACS "0800", 0},
    {"MPLS pseudo-wire without control word", 1, MACS "8847 00010140" MACS "0800", 0},
    {"PPPoE", 1, MACS "8864 11000001002a 0021", 0},
    {"PPPoE, compressed protocol", 1, MACS "8864 110000010029 21", 0},
    {"provider backbone bridge", 1, MACS "88a8 0064 88e7 00000001" MACS "0800", 100},
    {"E-tag", 1, MACS "893f 000000000000 0800", 0},
    {"VN-tag", 1, MACS "8926 00000000 0800", 0},
    {"R-tag", 1, MACS "f1c1 00000000 0800", 0},
    {"bridged Ethernet", 1, MACS "6558" MACS "8100 0009 0800", 9},
    {"FabricPath", 1, MACS "8903 0001" MACS "0800", 0},
    {"TRILL with an option", 1, MACS "22f3 0040 0001 0002 00000000" MACS "0800", 0},
    {"NSH", 1, MACS "894f 0fc20201 00000000", 0},
    {"raw", 101, "", 0},
    {"raw, BSD's number", 12, "", 0},
    {"raw, OpenBSD's number", 14, "", 0},
    {"raw with PPP header", 101, "ff03 0021", 0},
    {"raw IPv4", 228, "", 0},
    {"null, little endian", 0, "02000000", 0},
    {"null, big endian", 0, "00000002", 0},
    {"null, 16 bits", 0, "00020000", 0},
    {"null, PPP", 0, "ff03 0021", 0},
    {"loop", 108, "00000002", 0},
    {"enc", 109, "02000000 00000001 00000000", 0},
    {"PPP", 9, "ff03 0021", 0},
    {"PPP, bare", 9, "21", 0},
    {"PPP in HDLC", 50, "ff03 0021", 0},
    {"PPP, Cisco's framing", 9, "0f00 0800", 0},
    {"PPP with direction", 204, "ff03 0021", 0},
    {"PPP, MPLS", 9, "ff03 0281 00010140", 0},
    {"PPPoE alone", 51, "11000001002a 0021", 0},
    {"cooked v1", 113, "0000 0001 0006 0200000000010000 0800", 0},
    {"cooked v1, VLAN", 113, "0000 0001 0006 0200000000010000 8100 0021 0800", 33},
    {"cooked v1, Ethernet", 113, "0000 0001 0006 0200000000010000 0003" MACS "0800", 0},
    {"cooked v1, GRE", 113, "0000 030a 0004 0a00000100000000 0800", 0},
    {"cooked v2", 276, "0800 0000 00000002 0001 04 06 0200000000010000", 0},
    {"Cisco HDLC", 104, "0f00 0800", 0},
    {"frame relay", 107, "1841 03 cc", 0},
    {"frame relay, padded", 107, "1841 03 00 cc", 0},
    {"frame relay, SNAP", 107, "1841 03 00 80 000000 0800", 0},
    {"frame relay, Cisco's", 107, "1841 0800", 0},
    {"802.11", 105, "0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800", 0},
    {"802.11 QoS", 105, "8801 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 0800", 0},
    {"802.11 bridge", 105, "0803 0000 020000000001 020000000002 020000000003 1000 020000000004 aaaa03 000000 0800", 0},
    {"radiotap", 127,
     "0000 0a00 00000000 0000 0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800", 0},
    {"PPI", 192, "0000 0800 69000000 0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800", 0},
    {"PPI, Ethernet", 192, "0000 0c00 01000000 00000000" MACS "0800", 0},
    {"token ring", 6, "1040 020000000001 020000000002 aaaa03 000000 0800", 0},
    {"token ring, routed", 6, "1040 020000000001 820000000002 0430 0012 aaaa03 000000 0800", 0},
    {"FDDI", 10, "50 020000000001 020000000002 aaaa03 000000 0800", 0},
    {"RFC 1483", 100, "aaaa03 000000 0800", 0},
    {"IP over Fibre Channel", 122, "1000020000000001 1000020000000002 aaaa03 000000 0800", 0},
    {"MPLS alone", 219, "00010140", 0},
    {"IPNET", 226, "01 02 0000 00000028 00000000 00000000 00000000 00000000", 0},
    {"NFLOG", 239, "02 00 0000 0800 0100 08000300 2c00 0900", 0},
    {"HSR", 1, MACS "892f 0030 0001 0800", 0},
    {"batman unicast", 1, MACS "4305 400f3200 020000000002" MACS "0800", 0},
    {"batman broadcast", 1, MACS "4305 010f3200 00000001 020000000002" MACS "0800", 0},
    {"Cisco ISL", 1, "01000c000000 020000000001 004e aaaa03 00000c 0003 0000 0000" MACS "0800", 0},
    {"MPLS channel", 1, MACS "8847 0000d140 10000021", 0},
    {"third kind of QinQ", 1, MACS "9200 0064 8100 000a 0800", 100},
    {"NSH with metadata", 1, MACS "894f 0fc60101 00000000 00000000 00000000 00000000 00000000", 0},
    {"NSH in NSH", 1, MACS "894f 0fc20204 00000000 0fc20201 00000000", 0},
    {"Arista's time", 1, MACS "d28b 00010010 0000000000000000 0800", 0},
    {"Gigamon", 1, MACS "22e5 05 0302 0000 0800", 0},
    {"RTmac", 1, MACS "9021 0800 02 01", 0},
    {"Roofnet", 1, MACS "0643 01040000 00000000 00000028 000000000000000000000000", 0},
    {"SNA", 1, MACS "80d5 0030 00 aaaa03 000000 0800", 0},
    {"PPP, bridge", 9, "ff03 0031 0001" MACS "0800", 0},
    {"PPP, LLC", 9, "ff03 004b aaaa03 000000 0800", 0},
    {"enc, its other number", 13, "00000002 00000001 00000000", 0},
    {"pflog", 117,
     "3d020000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000"
     "0000000000000000 0000000000000000 00000000",
     0},
    {"IPoIB", 242, "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0800 0000", 0},
    {"ARCnet", 7, "0102 d4 00 0001", 0},
    {"ARCnet, odd size", 7, "0102 d4 ff ffff d4 00 0001", 0},
    {"Apple's IP over 1394", 138, "0000000000000000 0000000000000000 8100 0005 0800", 5},
    {"GFP", 171, "0040 0000 1001 0000" MACS "0800", 0},
    {"EPON", 259, "55d555 5500 0000" MACS "0800", 0},
    {"Tazmen", 128, "01 00 0001 0a01ff 00 01" MACS "0800", 0},
    {"AX.25", 3, "02020202020202 02020202020203 03cc", 0},
    {"frame relay, raw Ethernet", 107, "1841" MACS "0800", 0},
    {"802.11, EtherType", 105, "0801 0000 020000000001 020000000002 020000000003 1000 0800", 0},
    {"802.11, a part's number", 105, "0801 0000 020000000001 020000000002 020000000003 1300 0800", 0},
    {"802.11, a part's number on Ethernet", 105,
     "0801 0000 020000000001 020000000002 020000000003 1300 020000000003 020000000001 0800", 0},
    {"802.11, the second of an aggregate", 105,
     "8801 0000 020000000001 020000000002 020000000003 1000 8000" MACS "000a aaaa03 000000 0806 0001" MACS
     "0030 aaaa03 000000 0800",
     0},
    {"802.11 of Centrino, decrypted", 1,
     MACS "2452 0841 0000 020000000001 020000000002 020000000003 1000 00000020 00000000 aaaa03 000000 0800", 0},
    {"802.11 at 60 GHz", 127,
     "0000 0e00 0e000000 00 00 60ea 0000 8881 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 0800",
     0},
    {"802.11 at 60 GHz, VHT without room", 127,
     "0000 0e00 0e002000 00 00 60ea 0000 8881 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 0800",
     0},
    {"802.11 at 60 GHz, HE without room", 127,
     "0000 1900 0e008000 00 00 60ea 0000 0000000000000000000000 8881 0000 020000000001 020000000002 020000000003 1000 "
     "0000 aaaa03 000000 0800",
     0},
    {"802.11 at 60 GHz, FHSS without room", 127,
     "0000 0e00 1e000000 00 00 60ea 0000 8881 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 0800",
     0},
    {"802.11 of VHT that says 60 GHz", 127,
     "0000 1a00 0e002000 00 00 60ea 0000 000000000000000000000000 8881 0000 020000000001 020000000002 020000000003 "
     "1000 0000 00000000 aaaa03 000000 0800",
     0},
    {"radiotap, more words than there are", 127,
     "0000 0a00 02000080 2000 8801 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 0800", 0},
    {"PPI, padded", 192, "0001 0f00 01000000 0000 0300 000000 00" MACS "0800", 0},
    {"PPI, not padded", 192, "0000 0f00 01000000 0000 0300 000000" MACS "0800", 0},
    {"MPLS pseudo-wire without control word, to Xerox", 1,
     MACS "8847 00010140 000000000001 000000000002 8864 11000001002a 0021", 0},
    {"Tazmen, configuration", 128, "01 03 0001 01" MACS "0800", 0},
    {"frame relay, supervisory", 107, "1841 85d6 00 cc", 0},
    {"frame relay, Cisco's OSI", 107, "1841 fefe 03 cc", 0},
    {"Cisco's gleaning", 1, MACS "fff2", 0},
    {"Cisco ISL without a length", 1, "01000c000000 020000000001 0000 aaaa03 00000c 0003 0000 0000" MACS "0800", 0},
    {"Juniper, link layer taken off", 178, "4d474302 02000000", 0},
    {"Juniper ATM 2", 135, "4d474301 0000000000000000 0021", 0},
    {"Juniper VN", 184, "0104 0a000001 ff00" MACS "0800", 0},
    {"Wellfleet", FZ_LINK_WELLFLEET, "0703" MACS "0800", 0},
};

static void every_link_layer_leads_to_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(link_cases4); i++) {
        const struct link_case *link = &link_cases4[i];
        test_frame frame = {.size = 0};
        fz_packet packet;
        put(&frame, link->head);
        const uint32_t head = frame.size;
        put(&frame, IP4("0028", "06") TCP);
        print_message("%s\n", link->name);
        assert_int_equal(walk(link->linktype, &frame, &packet), FZ_FRAME_IP);
        assert_tcp4(&packet);
        assert_int_equal(packet.vlan, link->vlan);
        /* If it is cut inside the link layer, it is not IP; inside the IP header, it is broken. */
        for (uint32_t captured = 0; captured < head + 20; captured++)
            assert_int_not_equal(walk_cut(link->linktype, &frame, captured, frame.size, &packet), FZ_FRAME_IP);
        if (head > 0)
            assert_int_equal(walk_cut(link->linktype, &frame, head - 1, frame.size, &packet), FZ_FRAME_NOT_IP);
        assert_int_equal(walk_cut(link->linktype, &frame, head + 19, frame.size, &packet), FZ_FRAME_UNPARSABLE);
    }
}

static void every_link_layer_leads_to_ipv6(void **state)
{
    static const struct link_case cases[] = {
        {"Ethernet", 1, MACS "86dd", 0},
        {"802.1Q", 1, MACS "8100 000a 86dd", 10},
        {"SNAP", 1, MACS "0038 aaaa03 000000 86dd", 0},
        {"MPLS", 1, MACS "8847 00002140", 0},
        {"PPPoE", 1, MACS "8864 110000010032 0057", 0},
        {"marked as IPv4", 1, MACS "0800", 0},
        {"raw", 101, "", 0},
        {"raw IPv6", 229, "", 0},
        {"null, BSD", 0, "18000000", 0},
        {"null, FreeBSD", 0, "1c000000", 0},
        {"null, Darwin", 0, "0000001e", 0},
        {"null, EtherType", 0, "dd860000", 0},
        {"loop", 108, "0000001e", 0},
        {"PPP", 9, "ff03 0057", 0},
        {"cooked v1", 113, "0000 0001 0006 0200000000010000 86dd", 0},
        {"cooked v2", 276, "86dd 0000 00000002 0001 04 06 0200000000010000", 0},
        {"Cisco HDLC", 104, "0f00 86dd", 0},
        {"frame relay", 107, "1841 03 8e", 0},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        test_frame frame = {.size = 0};
        fz_packet packet;
        put(&frame, cases[i].head);
        put(&frame, IP6("0008", "11") UDP);
        print_message("%s\n", cases[i].name);
        assert_int_equal(walk(cases[i].linktype, &frame, &packet), FZ_FRAME_IP);
        assert_udp6(&packet);
        assert_int_equal(packet.ip_bytes, 48);
        assert_int_equal(packet.vlan, cases[i].vlan);
    }
}

static void other_frames_are_not_ip(void **state)
{
    static const struct link_case cases[] = {
        {"empty", 1, "", 0},
        {"ARP", 1, MACS "0806 0001 0800 0604 0001", 0},
        {"ARP in a VLAN", 1, MACS "8100 000a 0806 0001 0800 0604 0001", 10},
        {"spanning tree", 1, MACS "0026 424203 0000", 0},
        {"Novell raw", 1, MACS "0030 ffff 0022 0001", 0},
        {"neither length nor type", 1, MACS "05dd" IP4("0028", "06") TCP, 0},
        {"Cisco ISL of another kind", 1, "01000c000020 020000000001 0040 aaaa03 000000 0800" IP4("0028", "06") TCP, 0},
        {"SNAP of a vendor", 1, MACS "0030 aaaa03 00000c 2000" IP4("0028", "06") TCP, 0},
        {"LLC test frame", 1, MACS "0030 aaaae3 000000 0800" IP4("0028", "06") TCP, 0},
        {"LCP", 9, "ff03 c021 0101", 0},
        {"encrypted 802.11", 105,
         "0841 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800" IP4("0028", "06"), 0},
        {"802.11 beacon", 105,
         "8000 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800" IP4("0028", "06"), 0},
        {"MPLS without bottom", 1, MACS "8847 00010040 00010040", 0},
        {"MPLS channel of another protocol", 1, MACS "8847 0000d140 10000007" IP4("0028", "06"), 0},
        {"MPLS alert", 1, MACS "8847 0000e140" IP4("0028", "06"), 0},
        {"MACsec, encrypted", 1, MACS "88e5 0800 00000001 0800" IP4("0028", "06") TCP, 0},
        {"MACsec, changed", 1, MACS "88e5 0400 00000001 0800" IP4("0028", "06") TCP, 0},
        {"MACsec, later version", 1, MACS "88e5 8000 00000001 0800" IP4("0028", "06") TCP, 0},
        {"batman of another version", 1, MACS "4305 40103200 020000000002" MACS "0800" IP4("0028", "06") TCP, 0},
        {"EPON, encrypted", 259, "d555 5600 0000" MACS "0800" IP4("0028", "06") TCP, 0},
        {"our own number in a frame", 192,
         "0000 0800 00000100"
         "0000" MACS "0800" IP4("0028", "06") TCP,
         0},
        {"unknown link type", 299, IP4("0028", "06") TCP, 0},
        {"negative link type", -1, IP4("0028", "06") TCP, 0},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        test_frame frame = {.size = 0};
        fz_packet packet;
        put(&frame, cases[i].head);
        print_message("%s\n", cases[i].name);
        assert_int_equal(walk(cases[i].linktype, &frame, &packet), FZ_FRAME_NOT_IP);
        assert_int_equal(packet.vlan, cases[i].vlan);
    }
}

/* Layers that only dissectors know are distinguished from frames without IP. */
static void what_is_not_walked_is_named(void **state)
{
    static const struct {
        int linktype;
        const char *bytes;
        fz_layer layer;
    } cases[] = {
        {143, "00", {FZ_LAYER_LINK_TYPE, 143}},
        {147, "45", {FZ_LAYER_LINK_TYPE, 147}},
        {192, "0000 0800 8f000000", {FZ_LAYER_LINK_TYPE, 143}},
        {1, MACS "8906 0000", {FZ_LAYER_ETHERTYPE, 0x8906}},
        {1, MACS "8100 0005 a0ed 41", {FZ_LAYER_ETHERTYPE, 0xa0ed}},
        {9, "ff03 003d c000", {FZ_LAYER_PPP, 0x3d}},
        {1, MACS "0004 7e7e03 10", {FZ_LAYER_SAP, 0x7e}},
        {113, "0004 0338 0000 0000000000000000 0800", {FZ_LAYER_LINK_TYPE, 253}},
        {1, MACS "4305 410f3200 020000000002", {FZ_LAYER_ETHERTYPE, 0x4305}},
        {1, MACS "4305 020f3200 020000000002", {FZ_LAYER_ETHERTYPE, 0x4305}},
        {1, MACS "4305 060e3200 020000000002", {FZ_LAYER_ETHERTYPE, 0x4305}},
        {1, MACS "88e7 00000001" MACS "0061", {FZ_LAYER_ETHERTYPE, 0x61}},
        {1, MACS "0008 aaaa03 000000 0059", {FZ_LAYER_ETHERTYPE, 0x59}},
        {105,
         "0804 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800",
         {FZ_LAYER_RADIO_FRAGMENTS, 0}},
        {105, "0805 0000 020000000001 020000000002 020000000003 1100 4500", {FZ_LAYER_RADIO_FRAGMENTS, 0}},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        test_frame frame = {.size = 0};
        fz_packet packet;
        fz_layer layer = {FZ_LAYER_LINK_TYPE, 0};
        put(&frame, cases[i].bytes);
        print_message("%s\n", cases[i].bytes);
        assert_int_equal(fz_headers_frame(cases[i].linktype, frame.bytes, frame.size, frame.size, &packet, &layer),
                         FZ_FRAME_UNWALKED);
        assert_int_equal(layer.kind, cases[i].layer.kind);
        assert_int_equal(layer.number, cases[i].layer.number);
    }
}

/* The largest frame that libwiretap delivers, full of tags, labels and bridged frames. */
static void layers_are_as_many_as_the_frame_holds(void **state)
{
    static const char *const layers[] = {"8100 0001", "6558" MACS, "8847 00010140 00000000" MACS, "8870 aaaa03 000000",
                                         "894f 00020204 00000000 00020203 00000000" MACS};
    enum { MOST = 262144 };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
        test_frame head = {.size = 0}, one = {.size = 0}, end = {.size = 0};
        fz_packet packet;
        fz_layer layer;
        put(&head, MACS);
        put(&one, layers[i]);
        put(&end, "0800" IP4("0028", "06") TCP);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, head.bytes, head.size);
        while (bytes->len < MOST - one.size - end.size)
            g_byte_array_append(bytes, one.bytes, one.size);
        const uint32_t endless = bytes->len;
        g_byte_array_append(bytes, end.bytes, end.size);
        print_message("%s\n", layers[i]);
        assert_int_equal(fz_headers_frame(ETHERNET, bytes->data, bytes->len, bytes->len, &packet, &layer), FZ_FRAME_IP);
        assert_tcp4(&packet);
        assert_int_equal(fz_headers_frame(ETHERNET, bytes->data, endless, endless, &packet, &layer), FZ_FRAME_NOT_IP);
    }
    /* A capture inside a capture inside a capture. */
    test_frame nested = {.size = 0};
    fz_packet packet;
    while (nested.size < ROOM - 100)
        put(&nested, "0000 0800 c0000000");
    assert_int_equal(walk(192, &nested, &packet), FZ_FRAME_NOT_IP);
    put(&nested, "0000 0800 01000000" MACS "0800" IP4("0028", "06") TCP);
    assert_int_equal(walk(192, &nested, &packet), FZ_FRAME_IP);
}

static void extension_headers_are_as_many_as_the_packet_holds(void **state)
{
    enum { HEADERS = 500 };
    test_frame frame = {.size = 0};
    fz_packet packet;
    (void)state;
    put(&frame, IP6("0fa8", "3c")); /* 500 of eight octets, and UDP */
    for (int i = 0; i < HEADERS; i++)
        put(&frame, i + 1 < HEADERS ? "3c00 0104 00000000" : "1100 0104 00000000");
    put(&frame, UDP);
    assert_int_equal(walk(229, &frame, &packet), FZ_FRAME_IP);
    assert_udp6(&packet);
}

static fz_verdict walk_ip(const char *digits, uint32_t wire, fz_packet *packet)
{
    test_frame frame = {.size = 0};
    put(&frame, digits);
    return walk_cut(101, &frame, frame.size, wire, packet);
}

static void broken_ip_headers_are_unparsable(void **state)
{
    static const char *const cases[] = {
        "",                                                               /* nothing */
        "54000028 00010000 40060000 0a010203 c0000209" TCP,               /* version 5 */
        "44000028 00010000 40060000 0a010203 c0000209" TCP,               /* header of 16 octets */
        "45000013 00010000 40060000 0a010203 c0000209" TCP,               /* total length below the header */
        "46000017 00010000 40060000 0a010203 c0000209 01010101" TCP,      /* the same with options */
        "46000028 00010000 40060000 0a010203 c0000209",                   /* options cut off */
        "48000028 00010000 40060000 0a010203 c0000209 830b0400 00000000", /* a route cut off */
        "60000000 0008 1140 20010db8000000000000000000000001",            /* no destination */
        IP6("0008", "00") "11",                                           /* hop-by-hop header cut off */
        IP6("0010", "2c") "11000000 000000",                              /* fragment header cut off */
        IP6("0004", "00") "1100 0000 00000000",                           /* payload length ends inside it */
        IP6("0010", "33") "1104 0000 00000001 00000001",                  /* authentication header cut off */
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_packet packet;
        print_message("%s\n", cases[i]);
        assert_int_equal(walk_ip(cases[i], 1500, &packet), FZ_FRAME_UNPARSABLE);
    }
}

static void ipv4_version_under_ipv6_is_unparsable(void **state)
{
    test_frame frame = {.size = 0};
    fz_packet packet;
    (void)state;
    put(&frame, MACS "86dd" IP4("0028", "06") TCP TCP);
    assert_int_equal(walk(ETHERNET, &frame, &packet), FZ_FRAME_UNPARSABLE);
}

static void source_routes_tell_the_destination(void **state)
{
    static const struct {
        const char *options; /* three words */
        uint8_t last;        /* octet of the destination */
    } cases[] = {
        {"83 0b 04 0a000001 0a000002 00", 2}, /* loose, not used up */
        {"89 0b 08 0a000001 0a000002 00", 2}, /* strict, not used up */
        {"01 83 0b 04 0a000001 0a000002", 2}, /* after padding */
        {"83 0b 0c 0a000001 0a000002 00", 9}, /* used up */
        {"83 0b 05 0a000001 0a000002 00", 9}, /* pointer that makes no sense */
        {"83 0e 04 0a000001 0a000002 00", 9}, /* longer than the header */
        {"83 01 04 0a000001 0a000002 00", 9}, /* shorter than itself */
        {"00 83 0b 04 0a000001 0a000002", 9}, /* after the end of options */
        {"07 0b 04 0a000001 0a000002 00", 9}, /* record route */
        {"0101010101010101010101 83", 9},     /* length beyond the end */
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fz_packet packet;
        test_frame frame = {.size = 0};
        put(&frame, "48000034 00010000 40060000 0a010203 c0000209");
        put(&frame, cases[i].options);
        put(&frame, TCP);
        print_message("%s\n", cases[i].options);
        assert_int_equal(walk(101, &frame, &packet), FZ_FRAME_IP);
        assert_int_equal(packet.dst[3], cases[i].last);
        assert_int_equal(packet.dport, 443);
        assert_int_equal(packet.ip_bytes, 52);
    }
}

static void options_may_be_cut_behind_their_end(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip("47000030 00010000 40060000 0a010203 c0000209 00", 60, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.sport, 0);
}

static void fragments_but_the_first_have_no_ports(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip("45000028 00012000 40060000 0a010203 c0000209" TCP, 40, &packet), FZ_FRAME_IP);
    assert_tcp4(&packet);
    assert_int_equal(walk_ip("45000028 00010001 40060000 0a010203 c0000209" TCP, 40, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.sport | packet.dport | packet.tcp_flags | packet.has, 0);
    assert_int_equal(packet.protocol, 6);

    assert_int_equal(walk_ip("45000028 00011000 40060000 0a010203 c0000209" TCP, 40, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.sport | packet.dport | packet.tcp_flags, 0); /* the offset's highest bit alone */

    assert_int_equal(walk_ip(IP6("0010", "2c") "11000001 00000001" UDP, 56, &packet), FZ_FRAME_IP);
    assert_udp6(&packet);
    assert_int_equal(walk_ip(IP6("0010", "2c") "11000008 00000001" UDP, 56, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.protocol, 17);
    assert_int_equal(packet.sport | packet.dport, 0);
    /* What follows in a later fragment is payload, even where it would be an extension header. */
    assert_int_equal(walk_ip(IP6("0010", "2c") "3c000008 00000001 11ff", 56, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.protocol, 60);
}

static void offloaded_packets_have_their_length_from_the_wire(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip(IP4("0000", "06") TCP, 65700, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 65700);
    assert_int_equal(packet.dport, 443);
    assert_int_equal(walk_ip(IP6("0000", "11") UDP, 70000, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 70000);
    /* No next header and no payload: that is what it says. */
    assert_int_equal(walk_ip(IP6("0000", "3b"), 60, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 40);
}

static void jumbograms_have_their_length_from_the_option(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip(IP6("0000", "00") "1100 c204 00020000" UDP, 131112, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 131072 + 40);
    assert_udp6(&packet);
    /* After padding; a length that needs no jumbogram is ignored. */
    assert_int_equal(walk_ip(IP6("0000", "00") "1101 0000 0000 c204 00020000 0100" UDP, 131112, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 131072 + 40);
    assert_int_equal(walk_ip(IP6("0000", "00") "1100 c204 00000100" UDP, 1000, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 1000);
    /* The largest one doesn't wrap. */
    assert_int_equal(walk_ip(IP6("0000", "00") "1100 c204 ffffffff" UDP, 1000, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, UINT32_MAX);
}

static void extension_headers_are_walked(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip(IP6("003c", "00") "3c00 0104 00000000"                    /* hop-by-hop */
                                               "2b01 0000 0000 0000 00000000 00000000" /* destination */
                                               "2c00 0000 00000000"                    /* routing */
                                               "3300 0000 00000001"                    /* fragment that is whole */
                                               "1101 0000 00000001 00000001"           /* authentication */
                             UDP,
                             100, &packet),
                     FZ_FRAME_IP);
    assert_udp6(&packet);
    assert_int_equal(packet.ip_bytes, 100);
    /* ESP and "no next header" end the chain. */
    assert_int_equal(walk_ip(IP6("0008", "32") UDP, 48, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.protocol, 50);
    assert_int_equal(packet.sport, 0);
    assert_int_equal(walk_ip(IP6("0010", "3c") "3b00 0000 00000000" UDP, 56, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.protocol, 59);
    assert_int_equal(packet.sport, 0);
}

static void endless_extension_headers_end(void **state)
{
    test_frame frame = {.size = 0};
    fz_packet packet;
    (void)state;
    put(&frame, IP6("0fa0", "3c"));
    while (frame.size < ROOM - 8)
        put(&frame, "3c00 0000 00000000");
    assert_int_equal(walk(101, &frame, &packet), FZ_FRAME_UNPARSABLE);
}

static void only_transports_with_ports_have_ports(void **state)
{
    static const uint8_t with_ports[] = {6, 17, 33, 132, 136};
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        test_frame frame = {.size = 0};
        fz_packet packet;
        put(&frame, IP4("0028", "00") TCP);
        frame.bytes[9] = (uint8_t)protocol;
        assert_int_equal(walk(101, &frame, &packet), FZ_FRAME_IP);
        assert_int_equal(packet.protocol, protocol);
        const bool has = memchr(with_ports, (int)protocol, sizeof with_ports) != NULL;
        assert_int_equal(packet.sport, has ? 0xc001 : 0);
        assert_int_equal(packet.dport, has ? 443 : 0);
        assert_int_equal(packet.tcp_flags, protocol == 6 ? 0xf12 : 0);
        assert_int_equal(packet.has, (has ? FZ_HAS_PORTS : 0) | (protocol == 6 ? FZ_HAS_TCP : 0));
    }
}

static void transports_may_be_cut(void **state)
{
    test_frame frame = {.size = 0};
    fz_packet packet;
    (void)state;
    put(&frame, IP4("0028", "06") TCP);
    for (uint32_t captured = 20; captured <= 40; captured++) {
        assert_int_equal(walk_cut(101, &frame, captured, 40, &packet), FZ_FRAME_IP);
        assert_int_equal(packet.sport, captured >= 24 ? 0xc001 : 0);
        assert_int_equal(packet.dport, captured >= 24 ? 443 : 0);
        assert_int_equal(packet.tcp_flags, captured >= 34 ? 0xf12 : 0);
        assert_int_equal(packet.has, (captured >= 24 ? FZ_HAS_PORTS : 0) | (captured >= 34 ? FZ_HAS_TCP : 0));
        assert_int_equal(packet.ip_bytes, 40);
    }
    /* Padding after a short datagram is not a transport header. */
    assert_int_equal(walk_ip(IP4("0016", "11") "00000000 00000000", 46, &packet), FZ_FRAME_IP);
    assert_int_equal(walk_ip(IP4("0014", "11") UDP, 46, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.sport | packet.dport, 0);
}

/* What a packet tells of who opened its conversation: a SYN with ACK, ICMP of the right family; nothing, if the bytes
 * that say it are not there or belong to the middle of a packet. */
static void openers_are_read_where_they_are(void **state)
{
    static const struct {
        const char *digits;
        uint8_t opener;
    } cases[] = {
        {IP4("0028", "06") TCP, FZ_EVIDENCE_SYN_ACK},
        {IP6("0014", "06") TCP, FZ_EVIDENCE_SYN_ACK},
        {IP4("0028", "06") PORTS "00000000 00000000 5f", 0},
        {IP4("0028", "06") PORTS "00000000 00000000 5f02", FZ_EVIDENCE_SYN},
        {IP4("0021", "06") TCP, 0}, /* the header ends before its flags */
        {IP4("001c", "11") UDP, 0},
        {IP4("0018", "01") "08000000", FZ_EVIDENCE_ICMP},
        {IP4("0018", "01") "08", FZ_EVIDENCE_ICMP},
        {IP4("0014", "01") "08000000", 0}, /* padding */
        {IP4("0018", "01") "00000000", FZ_EVIDENCE_ICMP << 1},
        {IP4("0018", "01") "03000000", 0},
        {IP4("0018", "3a") "80000000", 0}, /* ICMPv6 in IPv4 */
        {IP4("0018", "3a") "08000000", 0},
        {IP6("0004", "3a") "80000000", FZ_EVIDENCE_ICMP},
        {IP6("0004", "3a") "81000000", FZ_EVIDENCE_ICMP << 1},
        {IP6("0004", "3a") "08000000", 0},
        {IP6("0004", "01") "08000000", 0}, /* ICMP in IPv6 */
        {IP6("0004", "01") "80000000", 0},
        {IP6("000c", "2c") "3a000001 00000001 80000000", FZ_EVIDENCE_ICMP}, /* first fragment */
        {IP6("000c", "2c") "3a000008 00000001 80000000", 0},                /* another one */
        {"4500 0018 0001 2000 40 01 0000 0a010203 c0000209 08000000", FZ_EVIDENCE_ICMP},
        {"4500 0018 0001 2001 40 01 0000 0a010203 c0000209 08000000", 0},
        {"4500 0028 0001 0001 40 06 0000 0a010203 c0000209" TCP, 0},
    };
    fz_packet packet;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        memset(&packet, 0xee, sizeof packet);
        assert_int_equal(walk_ip(cases[i].digits, 100, &packet), FZ_FRAME_IP);
        if (packet.opener != cases[i].opener)
            fail_msg("%s: opener %#x, expected %#x", cases[i].digits, packet.opener, cases[i].opener);
    }
}

static void total_length_beyond_the_frame_is_believed(void **state)
{
    fz_packet packet;
    (void)state;
    assert_int_equal(walk_ip(IP4("ffff", "06") TCP, 40, &packet), FZ_FRAME_IP);
    assert_int_equal(packet.ip_bytes, 65535);
}

static void walk_from_ip_leaves_vlan_alone(void **state)
{
    test_frame frame = {.size = 0};
    fz_packet packet = {.vlan = 77};
    (void)state;
    put(&frame, IP4("0028", "06") TCP);
    assert_int_equal(fz_headers_ip(frame.bytes, frame.size, frame.size, &packet), FZ_FRAME_IP);
    assert_tcp4(&packet);
    assert_int_equal(packet.vlan, 77);
}

/* Random bytes after valid headers: the sanitizers must not report anything. */
static void random_frames_are_harmless(void **state)
{
    const uint32_t seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 200000; round++) {
        const struct link_case *link = &link_cases4[g_rand_int_range(random, 0, G_N_ELEMENTS(link_cases4))];
        test_frame frame = {.size = 0};
        fz_packet packet;
        put(&frame, link->head);
        put(&frame, g_rand_boolean(random) ? IP4("0028", "06") : IP6("0028", "00"));
        for (int more = g_rand_int_range(random, 0, 60); more > 0; more--)
            frame.bytes[frame.size++] = (uint8_t)g_rand_int(random);
        for (int flips = g_rand_int_range(random, 0, 4); flips > 0; flips--)
            frame.bytes[g_rand_int_range(random, 0, (gint32)frame.size)] = (uint8_t)g_rand_int(random);
        const uint32_t captured = (uint32_t)g_rand_int_range(random, 0, (gint32)frame.size + 1);
        walk_cut(link->linktype, &frame, captured, g_rand_int(random), &packet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_layer_leads_to_ipv4),
        cmocka_unit_test(every_link_layer_leads_to_ipv6),
        cmocka_unit_test(other_frames_are_not_ip),
        cmocka_unit_test(what_is_not_walked_is_named),
        cmocka_unit_test(layers_are_as_many_as_the_frame_holds),
        cmocka_unit_test(extension_headers_are_as_many_as_the_packet_holds),
        cmocka_unit_test(broken_ip_headers_are_unparsable),
        cmocka_unit_test(ipv4_version_under_ipv6_is_unparsable),
        cmocka_unit_test(source_routes_tell_the_destination),
        cmocka_unit_test(options_may_be_cut_behind_their_end),
        cmocka_unit_test(fragments_but_the_first_have_no_ports),
        cmocka_unit_test(offloaded_packets_have_their_length_from_the_wire),
        cmocka_unit_test(jumbograms_have_their_length_from_the_option),
        cmocka_unit_test(extension_headers_are_walked),
        cmocka_unit_test(endless_extension_headers_end),
        cmocka_unit_test(only_transports_with_ports_have_ports),
        cmocka_unit_test(transports_may_be_cut),
        cmocka_unit_test(openers_are_read_where_they_are),
        cmocka_unit_test(total_length_beyond_the_frame_is_believed),
        cmocka_unit_test(walk_from_ip_leaves_vlan_alone),
        cmocka_unit_test(random_frames_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
