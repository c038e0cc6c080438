#!/usr/bin/env python3
"""make_captures.py FOLDER: writes the project's own small captures, one subject each, and prints what they are.

The same bytes every time; nothing but the standard library. Addresses are those of RFC 5737 and RFC 3849.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import ipaddress
import pathlib
import struct
import sys

ETHERNET, RAW, NULL, LOOP, PPP, COOKED_V1, COOKED_V2 = 1, 101, 0, 108, 9, 113, 276
ENC, EXPORTED = 13, 252
TCP, UDP, ICMP, SCTP = 6, 17, 1, 132
SYN, RST, SYN_ACK, ACK, FIN_ACK = 0x02, 0x04, 0x12, 0x10, 0x11
START = 1_600_000_000 * 10**9  # nanoseconds, as all times here
SECOND = 10**9
A4, B4, C4 = "192.0.2.1", "198.51.100.2", "203.0.113.3"
A6, B6 = "2001:db8::1", "2001:db8:1::2"
MACS = bytes.fromhex("020000000002" "020000000001")


# Layers, from the inside out: each takes a payload and returns bytes.

def tcp(sport, dport, flags=ACK, payload=b""):
    return struct.pack("!HHIIHHHH", sport, dport, 1, 1, 5 << 12 | flags, 8192, 0, 0) + payload


def udp(sport, dport, payload=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def sctp(sport, dport):
    return struct.pack("!HHII", sport, dport, 0, 0) + struct.pack("!BBHI", 10, 0, 8, 0)


def icmp(kind, code=0, payload=bytes(8)):
    return struct.pack("!BBHI", kind, code, 0, 0) + payload


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip4(src, dst, protocol, payload, *, total=None, words=None, fragment=0, version=4, options=b"", identity=1):
    """`total`, `words` (of the header) and `version` may lie; `fragment` is the field of flags and offset."""
    words = 5 + len(options) // 4 if words is None else words
    total = 20 + len(options) + len(payload) if total is None else total

    def header(check):
        return struct.pack("!BBHHHBBH4s4s", version << 4 | words, 0, total, identity, fragment, 64, protocol, check,
                           ipaddress.IPv4Address(src).packed, ipaddress.IPv4Address(dst).packed) + options

    return header(checksum(header(0))) + payload


def ip6(src, dst, following, payload, *, length=None):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB16s16s", 6 << 28, length, following, 64, ipaddress.IPv6Address(src).packed,
                       ipaddress.IPv6Address(dst).packed) + payload


def ethernet(ethertype, payload):
    return MACS + struct.pack("!H", ethertype) + payload


def vlan(number, ethertype, payload):
    return struct.pack("!HH", number, ethertype) + payload


def conversation4(src=A4, dst=B4, sport=49152, dport=80):
    """A short TCP conversation: both directions, all its flags."""
    return [ip4(src, dst, TCP, tcp(sport, dport, SYN)), ip4(dst, src, TCP, tcp(dport, sport, SYN_ACK)),
            ip4(src, dst, TCP, tcp(sport, dport, ACK, b"GET / HTTP/1.0\r\n\r\n")),
            ip4(dst, src, TCP, tcp(dport, sport, ACK, b"x" * 200)), ip4(src, dst, TCP, tcp(sport, dport, FIN_ACK))]


def conversation6(src=A6, dst=B6, sport=49153, dport=443):
    return [ip6(src, dst, TCP, tcp(sport, dport, SYN)), ip6(dst, src, TCP, tcp(dport, sport, SYN_ACK)),
            ip6(src, dst, UDP, udp(sport, dport, b"hello")), ip6(dst, src, UDP, udp(dport, sport, b"hello"))]


def both_families(wrap4, wrap6):
    return [wrap4(packet) for packet in conversation4()] + [wrap6(packet) for packet in conversation6()]


# Files. A frame is bytes, or (bytes, wire length); times are one a frame, or a second apart.

def with_times(frames, times):
    times = times or [START + number * SECOND for number in range(len(frames))]
    for frame, time in zip(frames, times, strict=True):
        data, wire = frame if isinstance(frame, tuple) else (frame, len(frame))
        yield data, wire, time


def pcap(linktype, frames, times=None, *, nanoseconds=False, order="<", snaplen=262144):
    unit = 1 if nanoseconds else 1000
    out = bytearray(struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, linktype))
    for data, wire, time in with_times(frames, times):
        seconds, rest = divmod(time, SECOND)
        out += struct.pack(order + "IIII", seconds & 0xFFFFFFFF, rest // unit, len(data), wire) + data
    return bytes(out)


def block(kind, body, order="<"):
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def pcapng(interfaces, packets, order="<"):
    """`interfaces`: (linktype, exponent of ten of its time unit); `packets`: (interface, frame, time)."""
    out = bytearray(block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order))
    for linktype, digits in interfaces:
        unit = struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)
        out += block(1, struct.pack(order + "HHI", linktype, 0, 0) + unit, order)
    for interface, frame, time in packets:
        ticks = time // 10 ** (9 - interfaces[interface][1])
        padding = bytes(-len(frame) % 4)
        body = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        out += block(6, body + frame + padding, order)
    return bytes(out)


def eth4(packet):
    return ethernet(0x0800, packet)


def eth6(packet):
    return ethernet(0x86DD, packet)


def fragments4():
    datagram = udp(5000, 5001, bytes(range(256)) * 10)
    pieces = [datagram[at:at + 1480] for at in range(0, len(datagram), 1480)]
    last = len(pieces) - 1
    return [eth4(ip4(A4, B4, UDP, piece, fragment=(0x2000 if number < last else 0) | number * 185, identity=7))
            for number, piece in enumerate(pieces)]


def fragments6():
    datagram = udp(5000, 5001, bytes(range(256)) * 10)
    pieces = [datagram[at:at + 1232] for at in range(0, len(datagram), 1232)]
    last = len(pieces) - 1
    return [eth6(ip6(A6, B6, 44, struct.pack("!BBHI", UDP, 0, number * 1232 | (number < last), 7) + piece))
            for number, piece in enumerate(pieces)]


def extension_headers():
    hop = bytes([60, 0, 1, 4, 0, 0, 0, 0])
    destination = bytes([UDP, 0, 1, 4, 0, 0, 0, 0])
    route = bytes([UDP, 2, 0, 1, 0, 0, 0, 0]) + ipaddress.IPv6Address("2001:db8:2::3").packed
    authentication = struct.pack("!BBHIII", UDP, 2, 0, 1, 1, 0)
    return [eth6(ip6(A6, B6, 0, hop + destination + udp(1, 2))), eth6(ip6(A6, B6, 43, route + udp(1, 2))),
            eth6(ip6(A6, B6, 51, authentication + udp(1, 2))), eth6(ip6(A6, B6, 59, b""))]


def tunnels():
    inner4 = ip4("10.0.0.1", "10.0.0.2", TCP, tcp(1000, 2000))
    inner6 = ip6(A6, B6, UDP, udp(1000, 2000))
    gre = struct.pack("!HH", 0, 0x0800)
    vxlan = struct.pack("!II", 0x08000000, 42 << 8)
    return [eth4(ip4(A4, B4, 4, inner4)), eth4(ip4(A4, B4, 41, inner6)), eth6(ip6(A6, B6, 4, inner4)),
            eth6(ip6(A6, B6, 41, inner6)), eth4(ip4(A4, B4, 47, gre + inner4)),
            eth4(ip4(A4, B4, UDP, udp(50000, 4789, vxlan + eth4(inner4)))), eth4(ip4(A4, B4, 4, ip4(B4, C4, 4, inner4)))]


def icmp_errors():
    quoted4 = ip4(A4, B4, UDP, udp(1111, 2222))
    quoted6 = ip6(A6, B6, UDP, udp(1111, 2222))
    return [eth4(quoted4), eth4(ip4(C4, A4, ICMP, icmp(3, 3, quoted4))), eth4(ip4(C4, A4, ICMP, icmp(11, 0, quoted4))),
            eth6(quoted6), eth6(ip6("2001:db8::ff", A6, 58, icmp(1, 4, quoted6))),
            eth4(ip4(A4, B4, ICMP, icmp(8))), eth4(ip4(B4, A4, ICMP, icmp(0)))]


def not_ip():
    arp = ethernet(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20))
    stp = MACS + struct.pack("!H", 38) + bytes.fromhex("424203") + bytes(35)
    lldp = ethernet(0x88CC, bytes.fromhex("0207040200000000010403017a") + bytes(4))
    return [arp, stp, lldp, ethernet(0x8100, vlan(5, 0x0806, arp[14:])), MACS[:8], b"\0"]


def cut_headers():
    """The same frames as if captured with every snap length from nothing to all of the transport header."""
    whole4 = eth4(ip4(A4, B4, TCP, tcp(1000, 2000, SYN, b"x" * 40)))
    whole6 = eth6(ip6(A6, B6, TCP, tcp(1000, 2000, SYN, b"x" * 40)))
    return [(whole4[:size], len(whole4)) for size in range(1, 56)] + \
           [(whole6[:size], len(whole6)) for size in range(1, 76)]


def broken_headers():
    data = tcp(1000, 2000)
    return [eth4(ip4(A4, B4, TCP, data, words=4)), eth4(ip4(A4, B4, TCP, data, total=19)),
            eth4(ip4(A4, B4, TCP, data, words=15)), eth4(ip4(A4, B4, TCP, data, version=5)),
            eth4(ip4(A4, B4, TCP, data, total=9000)), eth6(ip4(A4, B4, TCP, data)), eth4(ip6(A6, B6, TCP, data)),
            eth6(ip6(A6, B6, 0, b"\x06")), eth4(b""), eth6(b""), eth4(ip4(A4, B4, TCP, data))]


def source_routes():
    route = bytes([131, 11, 4]) + ipaddress.IPv4Address(C4).packed * 2 + b"\0"
    used_up = bytes([131, 11, 12]) + ipaddress.IPv4Address(C4).packed * 2 + b"\0"
    return [eth4(ip4(A4, B4, UDP, udp(1, 2), options=route)), eth4(ip4(A4, B4, UDP, udp(1, 2), options=used_up)),
            eth4(ip4(A4, B4, UDP, udp(1, 2), options=b"\x01" * 8))]


def offloaded():
    """Total length 0: the network card was to fill it in."""
    return [(eth4(ip4(A4, B4, TCP, tcp(1000, 2000, ACK, b"x" * 100), total=0)), 66000), eth4(ip4(A4, B4, TCP, tcp(1000, 2000), total=0)),
            (eth6(ip6(A6, B6, TCP, tcp(1000, 2000, ACK, b"x" * 100), length=0)), 66000)]


def huge():
    """Frames of 200 MB on the wire, of which the headers were captured: 5 GB in one direction."""
    return [(eth4(ip4(A4, B4, TCP, tcp(1000, 2000), total=65535)), 200_000_000)] * 25


def mpls(packet):
    return ethernet(0x8847, struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x100 | 64) + packet)


def pseudo_wire(packet):
    """With MAC addresses that do not look like a vendor's if they are read four bytes too early."""
    inner = bytes.fromhex("0212fedcba98" "0212fedcba99" "0800") + packet
    return ethernet(0x8847, struct.pack("!II", 18 << 12 | 0x100 | 64, 1) + inner)


def inter_switch_link(packet):
    """Cisco's ISL: 26 octets before a whole Ethernet frame, then a checksum."""
    frame = eth4(packet) + bytes(4)
    return bytes.fromhex("01000c0000" "00" "020000000001") + struct.pack(
        "!H", len(frame) + 12) + bytes.fromhex("aaaa03" "00000c") + struct.pack("!HHH", 10 << 1, 0, 0) + frame


def exported(dissector, packet):
    """Tags, of which one names the dissector, and the end of them."""
    name = dissector.encode().ljust(4, b"\0")
    return struct.pack("!HH", 12, len(name)) + name + bytes(4) + packet


def many_headers():
    """Wireshark calls no postdissector, and so knows no zones, in frames of more than 500 layers."""
    frames = []
    for count in (64, 65, 200, 450):
        chain = (b"\x3c" + bytes(7)) * (count - 1) + b"\x11" + bytes(7)
        frames.append(eth6(ip6(A6, B6, 60, chain + udp(5000, count, b"x"))))
        frames.append(ethernet(0x8100, struct.pack("!HH", 7, 0x8100) * (count - 1) + struct.pack("!HH", 7, 0x0800) + ip4(A4, B4, UDP, udp(5000, count))))
    return frames


def pppoe(protocol, packet):
    return ethernet(0x8864, struct.pack("!BBHHH", 0x11, 0, 1, len(packet) + 2, protocol) + packet)


def cooked_v1(ethertype, packet):
    return struct.pack("!HHH8sH", 0, 1, 6, MACS[6:] + b"\0\0", ethertype) + packet


def cooked_v2(ethertype, packet):
    return struct.pack("!HHIHBB8s", ethertype, 0, 2, 1, 0, 6, MACS[6:] + b"\0\0") + packet


def null(order, family, packet):
    return struct.pack(order + "I", family) + packet


def several_interfaces():
    interfaces = [(ETHERNET, 6), (RAW, 9), (COOKED_V1, 3), (NULL, 6), (147, 6)]
    frames = [eth4(ip4(A4, B4, TCP, tcp(1, 2))), ip6(A6, B6, UDP, udp(3, 4)), cooked_v1(0x0800, ip4(B4, A4, TCP, tcp(2, 1))),
              null("<", 30, ip6(B6, A6, UDP, udp(4, 3))), b"a link type that nobody knows"]
    packets = [(number % 5, frames[number % 5], START + number * 1_234_567_891) for number in range(20)]
    return interfaces, packets


def sides():
    """What tells who opened a conversation, as a capture that begins in the middle has it: the server is heard first."""
    return [eth4(ip4(A4, B4, TCP, tcp(443, 50000, SYN_ACK))), eth4(ip4(B4, A4, TCP, tcp(50000, 443))),
            eth4(ip4(A4, C4, TCP, tcp(443, 50001, SYN_ACK))), eth4(ip4(C4, A4, TCP, tcp(50001, 443, RST))),
            eth4(ip4(A4, B4, TCP, tcp(1000, 2001, SYN))), eth4(ip4(B4, A4, TCP, tcp(2001, 1000, SYN))),
            eth4(ip4(C4, A4, ICMP, icmp(0))), eth4(ip4(A4, C4, ICMP, icmp(8))), eth6(ip6(B6, A6, 58, icmp(129))),
            eth4(ip4(A4, "224.0.0.251", UDP, udp(53, 60000))), eth4(ip4(A4, B4, TCP, tcp(3306, 2001, ACK, b"rows"))),
            eth4(ip4(A4, B4, UDP, udp(123, 123))), eth4(ip4(B4, A4, UDP, udp(123, 123)))]


def subjects():
    """Name, meaning, bytes."""
    ethernet_both = both_families(eth4, eth6)
    mixed = ethernet_both + [eth4(ip4(A4, B4, SCTP, sctp(7, 8))), eth4(ip4(A4, C4, ICMP, icmp(8))),
                             eth4(ip4(C4, A4, ICMP, icmp(0))), eth6(ip6(A6, B6, 58, icmp(128)))]
    back = [START + offset * SECOND for offset in (0, 1, 2, -3600, -3599, 3, 4, 86400, 5)]
    whole = pcap(ETHERNET, ethernet_both)
    yield "ethernet.pcap", "IPv4 and IPv6; TCP, UDP, SCTP, ICMP", pcap(ETHERNET, mixed)
    yield "big-endian.pcap", "the same file by a big-endian machine", pcap(ETHERNET, mixed, order=">")
    yield "vlan.pcap", "802.1Q, 802.1ad stack, priority tag, the same pair in two VLANs", pcap(ETHERNET, [
        ethernet(0x8100, vlan(tag, 0x0800, packet)) for tag in (10, 20, 0xE000) for packet in conversation4()] + [
        ethernet(0x88A8, vlan(100, 0x8100, vlan(10, 0x0800, packet))) for packet in conversation4()])
    yield "mpls.pcap", "two labels; an Ethernet pseudo-wire with control word", pcap(ETHERNET, both_families(
        mpls, mpls) + [pseudo_wire(packet) for packet in conversation4()])
    yield "isl.pcap", "Cisco's inter-switch link", pcap(ETHERNET, [inter_switch_link(packet) for packet in conversation4()])
    yield "enc.pcap", "BSD's encapsulation device, by its other number", pcap(ENC, both_families(
        lambda packet: null("<", 2, packet[:0]) + bytes(8) + packet, lambda packet: null("<", 24, packet[:0]) + bytes(8) + packet))
    yield "many-headers.pcap", "more extension headers and VLAN tags than anybody needs", pcap(ETHERNET, many_headers())
    yield "differ-exported.pcap", "packets exported by Wireshark", pcap(EXPORTED, [exported("ip", packet) for packet in conversation4()])
    yield "pppoe.pcap", "PPPoE sessions", pcap(ETHERNET, both_families(
        lambda p: pppoe(0x0021, p), lambda p: pppoe(0x0057, p)))
    yield "llc-snap.pcap", "IP behind LLC and SNAP", pcap(ETHERNET, [
        MACS + struct.pack("!H", len(packet) + 8) + bytes.fromhex("aaaa03000000" "0800") + packet
        for packet in conversation4()])
    yield "cooked-v1.pcap", "Linux cooked capture, version 1", pcap(COOKED_V1, both_families(
        lambda p: cooked_v1(0x0800, p), lambda p: cooked_v1(0x86DD, p)))
    yield "cooked-v2.pcap", "Linux cooked capture, version 2", pcap(COOKED_V2, both_families(
        lambda p: cooked_v2(0x0800, p), lambda p: cooked_v2(0x86DD, p)))
    yield "raw-ip.pcap", "no link layer", pcap(RAW, both_families(bytes, bytes))
    yield "null-little.pcap", "BSD loopback by a little-endian machine", pcap(NULL, both_families(
        lambda p: null("<", 2, p), lambda p: null("<", 30, p)))
    yield "null-big.pcap", "BSD loopback by a big-endian machine", pcap(NULL, both_families(
        lambda p: null(">", 2, p), lambda p: null(">", 24, p)), order=">")
    yield "loop.pcap", "OpenBSD loopback", pcap(LOOP, both_families(
        lambda p: null(">", 2, p), lambda p: null(">", 24, p)))
    yield "ppp.pcap", "PPP, framed and bare", pcap(PPP, both_families(
        lambda p: b"\xff\x03\x00\x21" + p, lambda p: b"\x57" + p))
    yield "interfaces.pcapng", "five interfaces, link types and time units, one link type unknown", pcapng(*several_interfaces())
    yield "interfaces-big-endian.pcapng", "the same by a big-endian machine", pcapng(*several_interfaces(), order=">")
    yield "nanoseconds.pcap", "nanosecond times", pcap(ETHERNET, ethernet_both, [
        START + number * 1_000_000_001 for number in range(9)], nanoseconds=True)
    yield "no-packets.pcap", "a header and no packet", pcap(ETHERNET, [])
    yield "no-packets.pcapng", "a section and no interface", pcapng([], [])
    yield "one-packet.pcap", "one packet: no duration", pcap(ETHERNET, ethernet_both[:1])
    yield "beyond-2038.pcap", "times around and after 2038-01-19", pcap(ETHERNET, ethernet_both, [
        (2**31 - 4 + number) * SECOND for number in range(8)] + [(2**32 - 1) * SECOND])
    yield "year-2100.pcapng", "times in 2100", pcapng([(ETHERNET, 6)], [
        (0, frame, (4_102_444_800 + number) * SECOND) for number, frame in enumerate(ethernet_both)])
    yield "clock-back.pcap", "the clock is put back an hour, and once forward a day", pcap(ETHERNET, ethernet_both, back)
    yield "fragments4.pcap", "an IPv4 datagram in fragments", pcap(ETHERNET, fragments4())
    yield "fragments6.pcap", "an IPv6 datagram in fragments", pcap(ETHERNET, fragments6())
    yield "fragments-reversed.pcap", "the last fragment first", pcap(ETHERNET, (fragments4() + fragments6())[::-1])
    yield "extension-headers.pcap", "IPv6 options, routing, authentication, no next header", pcap(ETHERNET, extension_headers())
    yield "tunnels.pcap", "IP in IP in all four ways, GRE, VXLAN, three deep", pcap(ETHERNET, tunnels())
    yield "icmp-errors.pcap", "ICMP errors that quote headers", pcap(ETHERNET, icmp_errors())
    yield "sides.pcap", "SYN with ACK, SYN from both, replies, multicast, known ports", pcap(ETHERNET, sides())
    yield "not-ip.pcap", "ARP, spanning tree, LLDP, frames of a few bytes", pcap(ETHERNET, not_ip())
    yield "cut-headers.pcap", "every snap length up to a whole transport header", pcap(ETHERNET, cut_headers())
    yield "broken-headers.pcap", "header and total lengths, versions that can't be", pcap(ETHERNET, broken_headers())
    yield "source-routes.pcap", "IPv4 options", pcap(ETHERNET, source_routes())
    yield "offloaded.pcap", "total length 0", pcap(ETHERNET, offloaded())
    yield "self.pcap", "conversations of a host with itself, with one port and two", pcap(ETHERNET, [
        eth4(ip4(A4, A4, UDP, udp(5, 5)))] * 3 + [eth4(p) for p in conversation4(A4, A4)])
    yield "over-4-gib.pcap", "5 GB in one conversation", pcap(ETHERNET, huge())
    yield "cut-in-packet.pcap", "ends in the middle of a packet", whole[:-30]
    yield "cut-in-packet.pcapng", "ends in the middle of a block", pcapng(*several_interfaces())[:-10]
    yield "cut-in-header.pcap", "ends in the file header", whole[:13]
    yield "empty.pcap", "no bytes at all", b""
    yield "text.pcap", "no capture", b"This is a letter, not a capture.\n"


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, meaning, content in subjects():
        (folder / name).write_bytes(content)
        print(f"{name:30} {len(content):7}  {meaning}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_captures.py FOLDER")
    main(sys.argv[1])
