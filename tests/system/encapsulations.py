"""encapsulations.py FLOWZONE FOLDER walked|dissected|files|deep|sweep|whole -- TSHARK...: frames of every link layer through the three engines.

Each frame holds one packet whose source address is its number. `walked`: full, lean and scan find the packet in all of them, with the
same rows. `dissected`: full finds it, lean and scan say that they have no walk for it; `files`: the same in captures of other tools. `sweep`: every number in this Wireshark's
tables, with what may stand behind it at the first distances: where full finds a packet, scan does, or says what it has no walk for;
`whole`: at all distances, which takes minutes. `deep`: layers upon layers, one rule in all engines. Prints what is wrong and exits 1. SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import functools
import ipaddress
import pathlib
import re
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "captures"))
from encapsulated_files import FILES
from make_captures import MACS, SECOND, START, UDP, ip4, ip6, pcap, pcapng, udp


def packet4(number, payload=b"abcd"):
    return ip4(ipaddress.IPv4Address(0x0A000000 + number), "192.0.2.9", UDP, udp(1000, 9, payload))


def packet6(number):
    return ip6(ipaddress.IPv6Address((0x20010DB8 << 96) + number), "2001:db8:ffff::9", UDP, udp(1000, 9, b"abcd"))


def number_of(row):
    for end in ("sip", "dip"):
        address = ipaddress.ip_address(row[end])
        if address.version == 4 and int(address) >> 24 == 10:
            return int(address) & 0xFFFFFF
        if address.version == 6 and int(address) >> 96 == 0x20010DB8 and int(address) < (0x20010DB8 << 96) + (1 << 32):
            return int(address) & 0xFFFFFF
    return None


SNAP4, ETHER4, ETHER6 = bytes.fromhex("aaaa030000000800"), MACS + b"\x08\x00", MACS + b"\x86\xdd"
RADIO = bytes.fromhex("0801 0000 020000000001 020000000002 020000000003 1000")  # a data frame to the distribution system
X25 = bytes.fromhex("0100 1001 00")  # LAPB: address, information; X.25: data of a circuit
A, B = MACS[:6], MACS[6:]


def ethertype(value, rest=b""):
    return MACS + struct.pack("!H", value) + rest


def hexa(text):
    return bytes.fromhex(text)


def juniper(flags, rest=b"", extensions=b""):
    return b"MGC" + bytes([flags]) + (struct.pack("!H", len(extensions)) + extensions if flags & 0x80 else b"") + rest


def mac_frame(control, rest=b"", sequence=0x10):
    """IEEE 802.11 with the two octets of frame control, four addresses where both bits are set."""
    addresses = hexa("020000000001 020000000002 020000000003") + struct.pack("<H", sequence)
    return control + b"\0\0" + addresses + (hexa("020000000004") if control[1] & 3 == 3 else b"") + rest


# Name: LINKTYPE_ number, what precedes the packet; "6" at the end of a name: an IPv6 packet.
WALKED = {
    "enc": (109, hexa("02000000 00000001 00000000")), "enc, the other number": (13, hexa("00000002 00000001 00000000")),
    "enc 6": (13, hexa("18000000 00000001 00000000")),
    "raw": (101, b""), "raw, BSD": (12, b""), "raw, OpenBSD": (14, b""), "raw 6": (101, b""), "raw IPv4": (228, b""),
    "raw IPv6 6": (229, b""), "raw, PPP": (101, hexa("ff030021")), "raw, an octet and PPP": (101, hexa("00ff030021")),
    "raw, MAC and PPP": (101, B + hexa("ff030021")), "raw, line down": (101, bytes(10)),
    "RFC 1483": (100, SNAP4), "RFC 1483, the other number": (11, SNAP4),
    "RFC 2684 bridged": (100, hexa("aaaa03 0080c2 0007 0000") + ETHER4), "RFC 2684 bridged, FCS": (100, hexa("aaaa030080c200010000") + ETHER4),
    "RFC 2684 bridged ring": (100, hexa("aaaa03 0080c2 0009 0000") + hexa("1040") + A + B + SNAP4),
    "RFC 2684 bridged FDDI": (100, hexa("aaaa03 0080c2 000a 0000 00") + hexa("50") + A + B + SNAP4),
    "classical IP": (106, b""), "classical IP, 19": (19, b""), "classical IP, 16": (16, b""), "classical IP, 18": (18, b""),
    "classical IP 6": (106, b""),
    "Apple 1394": (138, bytes(16) + hexa("0800")), "Apple 1394, VLAN": (138, bytes(16) + hexa("810000050800")),
    "ARCnet": (7, hexa("0102 d4 00 0001")), "ARCnet, exception": (7, hexa("0102 d4 ff ffff d4 00 0001")), "ARCnet, old": (7, hexa("0102 f0")),
    "ARCnet 6": (7, hexa("0102 c4 00 0001")), "ARCnet of Linux": (129, hexa("0102 0000 d4 00 0001")),
    "Symantec 2": (99, hexa("01020304 0000 0800") + bytes(36)), "Symantec 3": (99, hexa("01020304 000000000000 0800") + bytes(44)),
    "IPoIB": (242, bytes(40) + hexa("08000000")), "IPoIB 6": (242, bytes(40) + hexa("86dd0000")),
    "pflog": (117, hexa("3d020000") + bytes(60)), "pflog 6": (117, hexa("64180000") + bytes(96)),
    "Redback, IP": (32, bytes(18) + hexa("0001 0018 0018")), "Redback, Ethernet": (32, bytes(18) + hexa("0001 0018 0026") + ETHER4),
    "Redback, PPP": (32, bytes(18) + hexa("0001 0018 001a 0021")), "Redback, PPP in HDLC": (32, bytes(18) + hexa("0001 0018 001c ff03 0021")),
    "Redback 6": (32, bytes(18) + hexa("0009 0018 0018")), "Redback, Ethernet out": (32, bytes(18) + hexa("0003 001a 0018 0000") + ETHER4),
    "Redback, PPP messages": (32, hexa("00000000 04000000") + bytes(10) + hexa("0006 0018 0018 0021")),
    "GFP Ethernet": (171, hexa("0040 0000 1001 0000") + ETHER4 ), "GFP IP": (171, hexa("0028 0000 0010 0000")),
    "GFP linear": (170, hexa("0044 0000 0101 0000 0000 0000") + ETHER4), "GFP MPLS": (170, hexa("002c 0000 000c 0000 00010140")),
    "GFP PPP": (171, hexa("002c 0000 0002 0000 ff030021")), "GFP 6": (171, hexa("0040 0000 0011 0000")),
    "EPON": (259, hexa("d555 5500 0000") + ETHER4),
    "EPON, longer": (259, hexa("5555d555 5500 0000") + ETHER4),
    "netANALYZER": (240, hexa("00043c00") + ETHER4),
    "TZSP": (128, hexa("01 00 0001 01") + ETHER4), "TZSP, fields": (128, hexa("01 00 0012 0a01ff 00 01") + RADIO + SNAP4),
    "TZSP, raw": (128, hexa("01 00 0007 01")), "TZSP, PPP": (128, hexa("01 00 0004 01 0021")),
    "AX.25": (3, bytes(13) + b"\x01" + hexa("03cc")),
    "AX.25, digipeater": (3, bytes(14) + bytes(6) + b"\x01" + hexa("00cc")), "AX.25 of KISS": (202, b"\0" + bytes(13) + b"\x01" + hexa("03cc")),
    "null": (0, hexa("02000000")), "null 6": (0, hexa("1e000000")), "loop": (108, hexa("00000002")),
    "PPP": (9, hexa("ff030021")), "PPP in HDLC": (50, hexa("ff030021")), "PPP, direction": (204, hexa("00ff030021")),
    "PPP, Cisco": (9, hexa("0f000800")), "PPP, bridge": (9, hexa("ff03 0031 0001") + ETHER4), "PPP, bridge, VLAN 6": (9, hexa("ff03 0031 0001") + ETHER6),
    "PPP, LLC": (9, hexa("ff03 004b") + SNAP4), "PPP, OSI": (9, hexa("ff03 0023 cc")), "PPP, MPLS": (9, hexa("ff03 0281 00010140")),
    "PPPoE session": (51, hexa("1100 0001 0026 0021")),
    "Cisco HDLC": (104, hexa("0f000800")), "Cisco HDLC, the other number": (112, hexa("0f000800")),
    "Cisco HDLC, bridged": (104, hexa("0f006558") + ETHER4), "Cisco HDLC, OSI": (104, hexa("0f00fefe 00 cc")),
    "frame relay": (107, hexa("184103cc")), "frame relay, Cisco": (107, hexa("18410800")), "frame relay, raw Ethernet": (107, hexa("1841") + ETHER4),
    "frame relay, raw Ethernet, R-tag": (107, hexa("1841 020000000002 020000000001 f1c1 00000000 0800")), "frame relay, raw Ethernet to a group, HSR": (107, hexa("1841 01005e000001 020000000001 892f 00300001 0800")),
    "frame relay, PPP": (107, hexa("184103cf0021")), "frame relay, bridged": (107, hexa("184103 80 0080c2 0007") + ETHER4),
    "frame relay, four octets": (107, hexa("18400001 03cc")), "frame relay 6": (107, hexa("1841038e")),
    "802.11": (105, RADIO + SNAP4), "802.11, a part's number on the whole": (105, mac_frame(hexa("0801"), SNAP4, 0x13)), "802.11, EtherType": (105, RADIO + hexa("0800")), "802.11, EtherType of a tag": (105, RADIO + hexa("f1c1 00000000 0800")), "802.11, EtherType of HSR": (105, RADIO + hexa("892f 00300001 0800")), "802.11, EtherType of bridges": (105, RADIO + hexa("6558") + ETHER4), "802.11, Ethernet": (105, mac_frame(hexa("0801"), hexa("020000000003") + B + hexa("0800"))),
    "802.11, doubled sequence": (105, mac_frame(hexa("0801"), b"\x30\x12" + SNAP4, 0x1230)),
    "802.11, two zeroes": (105, RADIO + b"\0\0" + SNAP4), "802.11, four addresses": (105, mac_frame(hexa("0803"), SNAP4)),
    "802.11, mesh": (105, mac_frame(hexa("8803"), hexa("0001 001f00000000") + SNAP4)), "802.11, mesh, six addresses": (105, mac_frame(hexa("8803"), hexa("0001 021f00000000") + bytes(12) + SNAP4)),
    "802.11, aggregate": (105, mac_frame(hexa("8801"), hexa("8000") + A + B + hexa("0028") + SNAP4)),
    "802.11, a part's number on an EtherType": (105, mac_frame(hexa("0801"), hexa("0800"), 0x23)), "802.11, a part's number on bridged Ethernet": (105, mac_frame(hexa("0801"), hexa("6558") + ETHER4, 0x33)),
    "802.11, a part's number on Ethernet": (105, mac_frame(hexa("0801"), hexa("020000000003") + B + hexa("0800"), 0x43)), "802.11, a part's number on two zeroes": (105, mac_frame(hexa("0801"), b"\0\0" + SNAP4, 0x53)),
    "802.11, a part's number on LLC": (105, mac_frame(hexa("0801"), hexa("060603"), 0x63)), "802.11, a part's number on an aggregate": (105, mac_frame(hexa("8801"), hexa("8000") + A + B + hexa("0028") + SNAP4, 0x73)),
    "802.11, second of an aggregate": (105, mac_frame(hexa("8801"), hexa("8000") + MACS + hexa("000a aaaa03 000000 0806 0001") + MACS + hexa("0028") + SNAP4)),
    "802.11, third of an aggregate": (105, mac_frame(hexa("8801"), hexa("8000") + (MACS + hexa("000b 424203") + bytes(11)) * 2 + MACS + hexa("0028") + SNAP4)),
    "802.11, aggregate behind mesh control": (105, mac_frame(hexa("8802"), hexa("8000 0001 001f0000") + hexa("aaaa 00000000") + B + hexa("0028") + SNAP4)),
    "802.11, HT control": (105, mac_frame(hexa("8881"), hexa("0000 00000000") + SNAP4)), "802.11, decrypted by Centrino": (1, ethertype(0x2452) + mac_frame(hexa("0841"), hexa("00000020 00000000") + SNAP4)),
    "802.11, decrypted by Centrino, short vector": (1, ethertype(0x2452) + mac_frame(hexa("0841"), bytes(4) + SNAP4)),
    "radiotap, 60 GHz": (127, hexa("00000e00 0e000000 0000 60ea 0000") + mac_frame(hexa("8881"), hexa("0000") + SNAP4)), "radiotap, 60 GHz and time": (127, hexa("00001600 09000000") + bytes(8) + hexa("60ea 0000 0000") + mac_frame(hexa("8881"), hexa("0000") + SNAP4)),
    "radiotap, 60 GHz, VHT without room": (127, hexa("00000e00 0e002000 0000 60ea 0000") + mac_frame(hexa("8881"), hexa("0000") + SNAP4)), "radiotap, 60 GHz, HE without room": (127, hexa("00001900 0e008000 0000 60ea 0000") + bytes(11) + mac_frame(hexa("8881"), hexa("0000") + SNAP4)),
    "radiotap, 60 GHz, FHSS without room": (127, hexa("00000e00 1e000000 0000 60ea 0000") + mac_frame(hexa("8881"), hexa("0000") + SNAP4)), "radiotap, 60 GHz, VHT behind a field of no known size": (127, hexa("00002200 0e002400 0000 60ea 0000") + bytes(20) + mac_frame(hexa("8881"), hexa("0000") + SNAP4)),
    "radiotap, 60 GHz, VHT": (127, hexa("00001a00 0e002000 0000 60ea 0000") + bytes(12) + mac_frame(hexa("8881"), hexa("0000 00000000") + SNAP4)), "radiotap, 60 GHz, HE behind others": (127, hexa("00001e00 2e089800 0000 60ea 0000 0000 000000 00") + bytes(10) + mac_frame(hexa("8881"), hexa("0000") + SNAP4)),
    "radiotap, 60 GHz, MCS": (127, hexa("00001100 0e000800 0000 60ea 0000 000000") + mac_frame(hexa("8881"), hexa("0000") + SNAP4)), "radiotap, 60 GHz, HE behind time": (127, hexa("00002600 0f008000") + bytes(10) + hexa("60ea 0000") + bytes(16) + mac_frame(hexa("8881"), hexa("0000 00000000") + SNAP4)),
    "radiotap, more words than there are": (127, hexa("00000a00 02000080 2000") + mac_frame(hexa("8801"), hexa("0000") + SNAP4)),
    "PPI, padded": (192, hexa("00010f00 01000000 00000300 000000 00") + ETHER4), "PPI, not padded": (192, hexa("00000f00 01000000 00000300 000000") + ETHER4),
    "PPI, two padded": (192, hexa("00011600 01000000 00000300 000000 00 00000300 000000 00") + ETHER4), "PPI, length within a field": (192, hexa("00000900 01000000 00000300 000000") + ETHER4),
    "PPI, 802.11, padded": (192, hexa("00010d00 69000000 00000100 00 000000") + RADIO + SNAP4),
    "TZSP, configuration": (128, hexa("01 03 0001 01") + ETHER4), "frame relay, supervisory": (107, hexa("1841 85d6 00 cc")), "frame relay, Cisco's OSI": (107, hexa("1841 fefe 03 cc")),
    "MPLS pseudo-wire without control word, to Xerox": (1, ethertype(0x8847, hexa("00010140 000000000001 000000000002 8864 1100 0001 0022 0021"))),
    "MPLS pseudo-wire without control word, to Xerox, LLC": (1, ethertype(0x8847, hexa("00010140 000000000001 000000000002 0023 060603"))),
    "Cisco's gleaning": (1, ethertype(0xFFF2)), "ISL without a length": (1, hexa("01000c0000 00") + B + hexa("0000 aaaa03 00000c 0003 0000 0000") + ETHER4),
    "radiotap": (127, hexa("00000800 00000000") + RADIO + SNAP4), "radiotap, padded": (127, hexa("00000900 02000000 20") + mac_frame(hexa("8801"), hexa("0000 0000") + SNAP4)),
    "radiotap, time and padded": (127, hexa("00001900 03000080 00000000 00000000") + bytes(8) + hexa("20") + mac_frame(hexa("8801"), hexa("0000 0000") + SNAP4)),
    "Prism": (119, bytes(144) + RADIO + SNAP4), "AVS": (163, hexa("80211001 00000040") + bytes(56) + RADIO + SNAP4),
    "PPI": (192, hexa("00000800 01000000") + ETHER4), "PPI, enc": (192, hexa("00000800 0d000000 02000000 00000001 00000000")),
    "PPI in PPI": (192, hexa("00000800 c0000000") * 3 + hexa("00000800 01000000") + ETHER4),
    "PPI, VLAN": (192, hexa("00000800 01000000") + ethertype(0x8100, hexa("00050800"))), "pktap, VLAN": (258, struct.pack("<III", 108, 1, 1) + bytes(96) + ethertype(0x8100, hexa("00050800"))),
    "pktap": (258, struct.pack("<III", 108, 1, 1) + bytes(96) + ETHER4), "pktap, user 2": (149, struct.pack("<III", 108, 1, 1) + bytes(96) + ETHER4),
    "cooked": (113, bytes(14) + hexa("0800")), "cooked, GRE 6": (113, hexa("0000 030a 0004") + bytes(8) + hexa("86dd")),
    "cooked 2": (276, hexa("0800") + bytes(18)), "cooked, Ethernet": (113, bytes(14) + hexa("0003") + ETHER4), "cooked, LLC": (113, bytes(14) + hexa("0004") + SNAP4),
    "token ring": (6, hexa("1040") + A + B + SNAP4), "FDDI": (10, hexa("50") + A + B + SNAP4), "IP over FC": (122, bytes(16) + SNAP4),
    "IPNET": (226, hexa("0102") + bytes(22)), "NFLOG": (239, hexa("02000000 08000100 08000300 2400 0900")), "NFLOG of a bridge": (239, hexa("07000000 08000100 08000300 2400 0900")), "NFLOG of a bridge 6": (239, hexa("07000000 08000100 86dd0300 3800 0900")), "NFLOG of a bridge, VLAN": (239, hexa("07000000 08000100 81000300 2800 0900 00050800")), "NFLOG, family only": (239, hexa("02000000 2400 0900")), "NFLOG, family only 6": (239, hexa("0a000000 3800 0900")), "MPLS alone is no number of libwiretap's": (1, ethertype(0x8847, hexa("00010140"))),
    "Juniper Ethernet": (178, juniper(0) + ETHER4), "Juniper PPPoE": (167, juniper(1) + ETHER4), "Juniper PPP": (179, juniper(0, hexa("ff03 0021"))),
    "Juniper frame relay": (180, juniper(0, hexa("184103cc"))), "Juniper HDLC": (181, juniper(0, hexa("0f000800"))), "Juniper, no link layer": (178, juniper(2, hexa("02000000"))),
    "Juniper, extensions": (178, juniper(0x80, b"", hexa("010102 020101")) + ETHER4), "Juniper ATM 1": (137, juniper(0, bytes(4)) + SNAP4), "Juniper ATM 1, bare": (137, juniper(0, bytes(4))),
    "Juniper ATM 2, Ethernet": (135, juniper(0, hexa("00000001 00000000")) + ETHER4), "Juniper ATM 2, PPP": (135, juniper(1, bytes(8) + hexa("0021"))),
    "Juniper MLPPP": (130, juniper(0, hexa("54000000 0021"))), "Juniper MLPPP, child": (130, juniper(0, hexa("ff03 0021"))), "Juniper MLPPP, adaptive": (130, juniper(0, hexa("4000000000000000"))),
    "Juniper MLFR": (131, juniper(0, hexa("54000000 03 cc"))), "Juniper GGSN": (133, juniper(0, hexa("02000000"))), "Juniper voice": (183, juniper(0, bytes(18))),
    "Juniper services": (136, juniper(0, bytes(12))), "Juniper services, in": (136, juniper(1, bytes(16))), "Juniper VN": (184, hexa("0104 0a000001 ff00") + ETHER4),
    "Juniper tunnel": (200, juniper(0) + ETHER4 + hexa("45000050 00000000 40320000 01020304 05060708") + bytes(24)),
    "HSR": (1, ethertype(0x892F, hexa("0030 0001 0800"))), "HSR, VLAN": (1, ethertype(0x8100, hexa("0005 892f 0030 0001 0800"))), "HSR 6": (1, ethertype(0x892F, hexa("0030000186dd"))),
    "MACsec in clear": (1, ethertype(0x88E5, hexa("0000 00000001 0800")), bytes(16)), "MACsec, channel": (1, ethertype(0x88E5, hexa("2000 00000001 0200000000010001 0800")), bytes(16)),
    "MACsec in clear, VLAN": (1, ethertype(0x88E5, hexa("0000 00000001 8100 0007 0800")), bytes(16)),
    "batman unicast": (1, ethertype(0x4305, hexa("400f3200") + A + ETHER4)), "batman four addresses": (1, ethertype(0x4305, hexa("420f3200") + A + B + hexa("0100") + ETHER4)),
    "batman broadcast": (1, ethertype(0x4305, hexa("010f3200 00000001") + B + ETHER4)), "batman 14": (1, ethertype(0x4305, hexa("030e3200") + A + ETHER4)),
    "batman 12": (1, ethertype(0x4305, hexa("030c32") + A + ETHER4)), "batman 12, broadcast": (1, ethertype(0x4305, hexa("040c") + bytes(11) + ETHER4)),
    "VLAN": (1, ethertype(0x8100, hexa("00050800"))), "provider VLAN": (1, ethertype(0x88A8, hexa("0064 8100 0005 0800"))), "QinQ 9100": (1, ethertype(0x9100, hexa("00050800"))),
    "QinQ 9200": (1, ethertype(0x9200, hexa("00050800"))), "QinQ 9300": (1, ethertype(0x9300, hexa("00050800"))), "VLAN, LLC": (1, ethertype(0x8100, hexa("0005 0028") + SNAP4)),
    "ISL": (1, hexa("01000c0000 00") + B + hexa("0042 aaaa03 00000c 0003 0000 0000") + ETHER4), "ISL, token ring": (1, hexa("01000c0000 10") + B + hexa("0050 aaaa03 00000c 0003 0000 0000") + bytes(5) + hexa("1040") + A + B + SNAP4),
    "LLC, length within the packet": (1, MACS + hexa("0017 060603")), "SNAP, bridged, no information": (1, MACS + hexa("003c aaaae3 0080c2 0007 0000") + ETHER4),
    "NSH, reserved bits": (1, ethertype(0x894F, hexa("0002e103 00000000") + ETHER4)), "Juniper, no link layer, more octets": (178, juniper(2, hexa("02008e00"))), "PPPoE, length within the packet": (1, ethertype(0x8864, hexa("1100 0001 0018 0021"))),
    "LLC, IP": (1, MACS + hexa("0027 060603")), "LLC, 3Com": (1, MACS + hexa("0029 808003 0800")), "LLC, OSI": (1, MACS + hexa("0028 fefe03 cc")), "LLC, information frame": (1, MACS + hexa("0028 06060000")),
    "SNAP, Cisco": (1, MACS + hexa("002c aaaa03 0000f8 0800")), "SNAP, mesh of OLPC": (1, MACS + hexa("0031 aaaa03 005043 0800 0000000000")), "SNAP, AWDL": (1, MACS + hexa("0034 aaaa03 0017f2 0800 0304 0100 0000 0800")),
    "SNAP, AWDL long": (1, MACS + hexa("0040 aaaa03 0017f2 0800 0304 0100 0300 020100ff 0300 0800")),
    "bridged over SNAP": (1, MACS + hexa("003c aaaa03 0080c2 0007 0000") + ETHER4), "3Com's jumbo LLC": (1, ethertype(0x8870) + SNAP4), "bridged": (1, ethertype(0x6558) + ETHER4),
    "provider backbone": (1, ethertype(0x88E7, hexa("00000001") + ETHER4)), "VN-tag": (1, ethertype(0x8926, hexa("000000000800"))), "E-tag": (1, ethertype(0x893F, hexa("0000000000000800"))),
    "R-tag": (1, ethertype(0xF1C1, hexa("000000000800"))), "Cisco metadata": (1, ethertype(0x8909, hexa("0101000100010800"))), "FabricPath is no dissector's by itself": (1, ethertype(0x8100, hexa("00010800"))),
    "TRILL": (1, ethertype(0x22F3, hexa("000000010002") + ETHER4)), "NSH": (1, ethertype(0x894F, hexa("00060101 00000000") + bytes(16))), "NSH, Ethernet": (1, ethertype(0x894F, hexa("00020203 00000000") + ETHER4)),
    "NSH, length that lies": (1, ethertype(0x894F, hexa("00020101 00000000") + bytes(16))), "heartbeat backup": (1, ethertype(0x8988, bytes(6) + hexa("0800"))), "VM Lab": (1, ethertype(0x88DE, bytes(22) + hexa("0800"))),
    "Arista": (1, ethertype(0xD28B, hexa("00020800"))), "Arista's time, 64 bits": (1, ethertype(0xD28B, hexa("00010010") + bytes(8) + hexa("0800"))), "Arista's time, 48 bits": (1, ethertype(0xD28B, hexa("00010120") + bytes(6) + hexa("0800"))),
    "Gigamon": (1, ethertype(0x22E5, hexa("05 0302 0000 0800"))), "Extreme": (1, ethertype(0xE555, bytes(38)) + ETHER4), "SNA": (1, ethertype(0x80D5, hexa("0028 00")) + SNAP4), "Telkonet": (1, ethertype(0x88A1, hexa("78") + bytes(7)) + ETHER4),
    "HomePNA": (1, ethertype(0x886C, hexa("01 05 00 0000 00 0800"))), "HomePNA, long": (1, ethertype(0x886C, hexa("8001 0005 00 0000 00 0800"))), "RTmac tunnel": (1, ethertype(0x9021, hexa("0800 02 01"))), "RTmac 1": (1, ethertype(0x9021, hexa("0800 01 00"))),
    "BPQ": (1, ethertype(0x08FF, hexa("3800") + bytes(13) + b"\x01" + hexa("03cc"))), "Roofnet": (1, ethertype(0x0643, hexa("01040000 0000 0000 0000 0024") + bytes(12))),
    "Roofnet, layer 2": (1, ethertype(0x0643, hexa("01040100 0000 0000 0200 0024") + bytes(34)) + ETHER4),
    "PPPoE": (1, ethertype(0x8864, hexa("1100 0001 0026 0021"))), "PPPoE, bridge": (1, ethertype(0x8864, hexa("1100 0001 0040 0031 0001")) + ETHER4),
    "MPLS": (1, ethertype(0x8847, hexa("00010040 00020140"))), "MPLS pseudo-wire": (1, ethertype(0x8847, hexa("00010140 00000000")) + ETHER4), "MPLS channel": (1, ethertype(0x8847, hexa("0000d140 10000021"))),
    "MPLS pseudo-wire without control word": (1, ethertype(0x8847, hexa("00010140 a20000000002 020000000001 0800"))),
    "Fortinet session": (1, ethertype(0x8893, hexa("51880100"))),
    "MPLS upstream": (1, ethertype(0x8848, hexa("00010140"))),
}
def crc16(frame, polynomial=0x8408, start=0):
    """ITU-T's from 0, as IEEE 802.15.4 has it after the frame; `start` is also what it is inverted with."""
    crc = start
    for octet in frame:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
    return struct.pack("<H", crc ^ start)


def long(head, size):
    """What ends in the length of what follows it: `size` octets and the packet of 32."""
    return hexa(head) + bytes([size + 32])


WPAN = hexa("4188 01 cdab ffff 0100 41")  # IEEE 802.15.4: data from a short address; 6LoWPAN: IPv6 as it is
LAPD = hexa("4201 0000 1001 00")  # LAPD: X.25, information; X.25: data of a circuit
FIBRE = hexa("04010203 00040506 05290000 00000000 0001ffff 00000000") + SNAP4  # a frame of a sequence of its own: IP
# An NTB-16 of the USB class NCM: its header, a table with one packet.
NTB = b"NCMH" + struct.pack("<HHHH", 12, 1, 60, 12) + b"IPS\0" + struct.pack("<HHHHHH", 16, 0, 28, 32, 0, 0)
URB = struct.pack("<QBBBBHBBQIiII", 1, ord("C"), 3, 0x81, 1, 1, ord("-"), 0, 0, 0, 0, 60, 60) + bytes(8)  # of Linux: data came
BNEP = hexa("2f00 4100 00") + ETHER4  # L2CAP: the channel that BNEP is said to be; BNEP: Ethernet
ACL = hexa("0120 3300") + BNEP  # HCI: first fragment
LE = hexa("78563412 02 39 3500 4200 41")  # the link layer: first fragment; L2CAP: the channel that 6LoWPAN is said to be
# USB 2.0 as it is on the wire: the token of a device's endpoint; data.
def usb_token(pid, device, endpoint=0):
    value, crc = device | endpoint << 7, 0x1F
    for bit in range(11):
        crc = crc >> 1 ^ (0x14 if (crc ^ value >> bit) & 1 else 0)
    return bytes([pid]) + struct.pack("<H", value | (crc ^ 0x1F) << 11)


def usb_crc(frame):
    return crc16(frame[1:], 0xA001, 0xFFFF)


def usb_data(pid, data):
    return bytes([pid]) + data + usb_crc(bytes([pid]) + data)


def usb_asked(device):
    """The frames in which a host asks for what a device is: an interface of data with a bulk endpoint. It asks that for data."""
    shape = hexa("09021900 01010080 32 09040000 010a0002 00 07058102 400000")
    return [usb_token(0x2D, device), usb_data(0xC3, hexa("80060002 00001900")), b"\xd2", usb_token(0x69, device), usb_data(0x4B, shape), b"\xd2",
            usb_token(0xE1, device), usb_data(0x4B, b""), b"\xd2", usb_token(0x69, device, 1)]


# ForCES: a message, a redirection; metadata as Wireshark takes it, the packet.
FORCES = hexa("10050014 40000001 00000002") + bytes(12) + hexa("0001000e 01150010 00000000 00000001 00000008 01160024")
DOCSIS = hexa("0000 002e a234") + ETHER4
# What full alone finds: the same, the line that lean and scan say; what is behind the packet may be a function of what is before
# it. Last, frames that come before, and how many are told of if not all.
DISSECTED = {
    "ATM": (123, hexa("02 00 0020") + SNAP4, b"", "link type 123"), "ERF": (197, bytes(8) + struct.pack("<BB", 2, 4) + struct.pack("!HHH", 66, 0, 46) + bytes(2) + ETHER4, b"", "link type 197"),
    "exported IP": (252, hexa("000c 0002 6970 0000 0000"), b"", "link type 252"),
    "mPacket": (274, ETHER4, b"", "link type 274"),
    "6LoWPAN 6": (230, WPAN, b"", "link type 230"), "6LoWPAN over Ethernet 6": (1, ethertype(0xA0ED, hexa("41")), b"", "EtherType 0xa0ed"),
    "6LoWPAN, FCS 6": (195, WPAN, crc16, "link type 195"), "6LoWPAN, tap 6": (283, hexa("00000c00 0000 0100 00000000") + WPAN, b"", "link type 283"),
    "6LoWPAN, no ASK 6": (215, hexa("00000000 a7 40") + WPAN, lambda frame: crc16(frame[6:]), "link type 215"),
    "X.25 over Ethernet": (1, ethertype(0x6000, hexa("2500") + X25), b"", "EtherType 0x6000"),
    "LAPD of Linux": (177, hexa("0000 20fd 0001") + bytes(8) + hexa("0030") + LAPD, b"", "link type 177"), "LAPD": (203, LAPD, b"", "link type 203"),
    "SITA, frame relay": (196, bytes(4) + hexa("12 184103cc"), b"", "link type 196"),
    "GPRS": (169, hexa("03 c000 65 00 0000"), bytes(3), "link type 169"),
    "PPP, TCP uncompressed": (9, hexa("ff03 002f"), b"", "PPP protocol 0x002f"), "PPP, RTP's full header": (9, hexa("ff03 0061"), b"", "PPP protocol 0x0061"),
    "DOCSIS": (143, DOCSIS, b"", "link type 143"), "DOCSIS of XRA": (273, hexa("0001 0000") + DOCSIS, b"", "link type 273"),
    "Fibre Channel": (224, FIBRE, b"", "link type 224"), "Fibre Channel, delimiters": (225, hexa("bcb55656") + FIBRE, hexa("00000000 bc957575"), "link type 225"),
    "USB of Linux": (189, URB + NTB, b"", "link type 189"), "USB of Linux, mapped": (220, URB + bytes(16) + NTB, b"", "link type 220"),
    "USB of Windows": (249, struct.pack("<HQIHBHHBBI", 27, 1, 0, 9, 1, 1, 1, 0x81, 3, 60) + NTB, b"", "link type 249"),
    "USB of Darwin": (266, struct.pack("<HBBIIIQIBBBB", 0x100, 32, 1, 60, 0, 0, 1, 0, 3, 1, 0x81, 2) + NTB, b"", "link type 266"),
    "MPEG's transport stream": (243, long("47400010 00 3e b0", 13) + hexa("0102 c10000 03040506"), bytes(4) + b"\xff" * 135, "link type 243"),
    "netlink, log": (253, hexa("0004 0338") + bytes(10) + hexa("000c") + struct.pack("<IHHII", 64, 0x400, 0, 0, 0) + hexa("02000000 08000100 08000300 2400 0900"), b"", "link type 253"),
    "EBHSCR": (279, hexa("50000000 0000002e") + bytes(16) + hexa("00000004 00000000") + ETHER4, b"", "link type 279"),
    "a mobile's multiplexer": (236, hexa("07 0001 0000 05 27 00 00 f9 07 ef 47 7e 0021"), hexa("00f9"), "link type 236"),
    "SCTP, ForCES": (248, hexa("1a301a30 00000000 00000000 00030060 00000001 00000000 00000000") + FORCES, b"", "link type 248"),
    "VPP": (280, hexa("01000402 00000000") + b"a\0" * 4, b"", "link type 280"),
    "DECT-2020 6": (301, bytes(10) + hexa("00 0000 43 35 10"), b"", "link type 301"),
    "ATSC's link layer": (289, hexa("0020"), b"", "link type 289"),
    "6LoWPAN, debug channel 6": (298, struct.pack("<HQHIH", 3, 0, 0x2A, 0, 0) + hexa("f8 40") + WPAN, lambda frame: crc16(frame[20:]) + hexa("f9 0000 00 02 59"), "link type 298"),
    "Bluetooth": (187, b"\2" + ACL, b"", "link type 187"), "Bluetooth, direction": (201, bytes(4) + b"\2" + ACL, b"", "link type 201"),
    "Bluetooth of Linux's monitor": (254, hexa("0000 0004") + ACL, b"", "link type 254"),
    "Bluetooth LE 6": (251, LE, bytes(3), "link type 251"), "Bluetooth LE, radio 6": (256, bytes(4) + hexa("78563412 1000") + LE, bytes(3), "link type 256"),
    "Bluetooth LE, sniffer 6": (272, hexa("01 4c00 02 0000 06 0a 01 00 00 0000 00000000") + LE, bytes(3), "link type 272"),
    "Bluetooth, radio": (255, hexa("00000000 30000000 03020100 00000000 59380200 a90c 9a01") + BNEP, bytes(2), "link type 255"),
    "802.11, last part": (105, mac_frame(hexa("0801"), b"", 0x7771), b"", "802.11 fragments", [mac_frame(hexa("0805"), SNAP4, 0x7770)], 1),
    "PPP's RTP behind provider backbone": (1, ethertype(0x88E7, hexa("00000001") + MACS + hexa("0061")), b"", "EtherType 0x0061"),
    **{f"USB 2.0, {linktype}": (linktype, hexa("c3") + NTB, usb_crc, f"link type {linktype}", usb_asked(device)) for device, linktype in enumerate((288, 293, 294, 295), 1)},
    **{f"a user's own, {user}": (147 + user, b"", b"", f"link type {147 + user}") for user in range(16) if user != 2},
}
# Of Wiresharks after 4.0, which have that protocol.
NEWER = {289: "alp", 298: "silabs-dch", 301: "dect_nr"}
# What Wireshark has to be told: whose the users' link types are, what two channels of L2CAP and a port of SCTP carry, and a stack
# file of K12; that X.25 is looked into.
TOLD = ["-d", "btl2cap.cid==0x41,btbnep", "-d", "btl2cap.cid==0x42,6lowpan", "-o", "x.25.payload_check_data:TRUE",
        "-o", "forces.sctp_high_prio_port:6704", "-o", 'uat:k12_protos:"ip4","ip"']
for linktype in range(147, 163):
    TOLD += ["-o", f'uat:user_dlts:"User {linktype - 147} (DLT={linktype})","ip","0","","0",""']


def frames_of(cases, first=1):
    frames = []
    for number, (name, case) in enumerate(cases.items(), first):
        frame = case[1] + (packet6(number) if name.endswith(" 6") else packet4(number))
        behind = case[2] if len(case) > 2 else b""
        frames += [(case[0], before) for before in (case[4] if len(case) > 4 else ())]
        frames.append((case[0], frame + (behind(frame) if callable(behind) else behind)))
    return frames


class Engines:
    def __init__(self, flowzone, folder, tshark):
        self.flowzone, self.folder, self.tshark = flowzone, pathlib.Path(folder), tshark
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o1777)

    def run(self, frames, engines=("full", "lean", "scan"), options=()):
        """{engine: ({number: its row}, what it said)}"""
        types = sorted({linktype for linktype, _ in frames})
        capture = self.folder / "frames.pcapng"
        capture.write_bytes(pcapng([(linktype, 6) for linktype in types], [
            (types.index(linktype), frame, START + number * SECOND) for number, (linktype, frame) in enumerate(frames)]))
        return self.read(capture, engines, options)

    def read(self, capture, engines=("full", "lean", "scan"), options=()):
        found = {}
        for engine in engines:
            out = self.folder / f"{engine}.csv"
            out.unlink(missing_ok=True)
            if engine == "scan":
                command = [self.flowzone, "scan", "--vlan", "--out", str(out), str(capture)]
            else:
                lean = "lean," if engine == "lean" else ""
                command = [*self.tshark, *options, "-q", "-r", str(capture), "-z", f"flowzone,vlan,{lean}source={capture.name},out={out}"]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode != 0 or not out.exists():
                sys.exit(f"{engine} failed with {done.returncode}: {done.stderr}")
            with open(out, newline="", encoding="utf-8") as text:
                found[engine] = ({number: row for row in csv.DictReader(text) if (number := number_of(row)) is not None}, done.stderr)
        return found


    @functools.cached_property
    def protocols(self):
        listed = subprocess.run([*self.tshark, "-G", "protocols"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
        return {line.split("\t")[2] for line in listed.splitlines()}

    def linktypes(self):
        """Those that this libwiretap reads."""
        found = []
        for value in range(0, 320):
            capture = self.folder / "type.pcap"
            capture.write_bytes(pcap(value, []))
            known = subprocess.run([self.flowzone, "scan", "--format", "csv", str(capture)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if known.returncode == 0 and value not in NOT_SWEPT:
                found.append(value)
        return found


def unwalked(said):
    return dict(re.findall(r"((?:link type|EtherType|PPP protocol|LLC service) \S+|802.11 fragments): no walk; (\d+) frames? counted as not IP", said))


# In which no engine finds IP: pktap announces IPv6 that is invalid, but its own header could be taken for it.
NOTHING = [(258, struct.pack("<III", 108, 1, 229) + bytes(96) + bytes(60)), (105, mac_frame(hexa("0801"), bytes(range(60)), 0x13))]


def totals(said):
    return re.findall(r"\d+ frames?, .*", said)[-1]


def walked(engines):
    found, faults = engines.run([*frames_of(WALKED), *NOTHING]), []
    for engine in found:
        if totals(found[engine][1]) != totals(found["full"][1]):
            faults.append(f"{engine}: {totals(found[engine][1])}, full: {totals(found['full'][1])}")
    for number, name in enumerate(WALKED, 1):
        rows = {engine: found[engine][0].get(number) for engine in found}
        for engine, row in rows.items():
            if row is None:
                faults.append(f"{name}: {engine} finds no packet")
            elif row != rows["full"]:
                faults.append(f"{name}: {engine} has {row}, full {rows['full']}")
    for engine in found:
        faults += [f"{engine} says: {layer}: no walk" for layer in unwalked(found[engine][1])]
    return faults, f"{len(WALKED) + len(NOTHING)} frames"


def known(engines):
    """Those of DISSECTED that this Wireshark has a dissector for."""
    return {name: case for name, case in DISSECTED.items() if case[0] not in NEWER or NEWER[case[0]] in engines.protocols}


def line_of(case):
    count = case[5] if len(case) > 5 else 1 + len(case[4]) if len(case) > 4 else 1
    return f"{case[3]}: no walk; {count} frame{'s' * (count > 1)} counted as not IP; the full engine dissects {'them' if count > 1 else 'it'}"


def every_layer(engines):
    """every.pcapng: a frame of each EtherType behind those of DISSECTED: all layers without a walk that Ethernet has; the layers, as scan tells them."""
    frames = [*frames_of(known(engines)), *((1, ethertype(value)) for value in range(0x600, 0x10000))]
    told = unwalked(engines.run(frames, ("scan",))["scan"][1])
    (engines.folder / "frames.pcapng").rename(engines.folder / "every.pcapng")
    (engines.folder / "every").write_text("".join(f"{layer}\n" for layer in sorted(told)))
    return [] if len(told) > len(known(engines)) else [f"scan tells of {len(told)} layers, fewer than are there"]


def dissected(engines):
    faults, cases = every_layer(engines), known(engines)
    found = engines.run(frames_of(cases), options=TOLD)
    (engines.folder / "lines").write_text("".join(f"{line_of(case)}\n" for case in cases.values()))
    for number, (name, case) in enumerate(cases.items(), 1):
        if number not in found["full"][0]:
            faults.append(f"{name}: full finds no packet")
        for engine in ("lean", "scan"):
            if number in found[engine][0]:
                faults.append(f"{name}: {engine} finds the packet: it belongs to the walked ones")
            if f"{line_of(case)}\n" not in found[engine][1]:
                faults.append(f"{name}: {engine} does not say \"{line_of(case)}\": {found[engine][1]}")
    return faults, f"{len(cases)} frames"


def without_frame():
    """The encapsulations that FORMAT.md says to be full only, and which no frame here is of."""
    text = (pathlib.Path(__file__).parents[2] / "core/FORMAT.md").read_text(encoding="utf-8")
    numbered = dict(re.findall(r"(\d+) \(`([\w-]+)`\)", text))
    unnumbered = re.findall(r"`([\w-]+)`", re.search(r"those without a number:(.*?)\.\n", text, re.S)[1])
    framed = {case[3].removeprefix("link type ") for case in DISSECTED.values()}
    missing = {name for number, name in numbered.items() if number not in framed} | {name for name in unnumbered if name not in FILES}
    return [f"{name}: full only, and no frame of it" for name in sorted(missing)]


def files(engines):
    faults = without_frame()
    for number, (name, (file, content)) in enumerate(FILES.items(), 1):
        capture = engines.folder / file
        capture.write_bytes(content(packet4(number), ACL))
        found = engines.read(capture, options=TOLD)
        if list(found["full"][0]) != [number]:
            faults.append(f"{name}: full finds no packet in {file}: {found['full'][1]}")
        for engine in ("lean", "scan"):
            if found[engine][0] or unwalked(found[engine][1]) != {f"link type {name}": "1"}:
                faults.append(f"{name}: {engine} does not say that it has no walk for a frame of {file}: {found[engine][1]}")
    return faults, f"{len(FILES)} files"


BEHIND = {
    "IPv4": packet4, "IPv6": packet6, "Ethernet": lambda number: ETHER4 + packet4(number), "EtherType": lambda number: b"\x08\x00" + packet4(number),
    "EtherType of IPv6": lambda number: b"\x86\xdd" + packet6(number), "SNAP": lambda number: SNAP4 + packet4(number),
    "PPP in HDLC": lambda number: hexa("ff030021") + packet4(number), "PPP": lambda number: hexa("0021") + packet4(number),
}


def subjects(decodes, linktypes):
    """{table: {value: (link type, head)}}: what to sweep."""
    def table(name):
        return sorted({int(value) for key, value, *_ in decodes if key == name and value.isdigit()})

    return {
        "EtherType": {value: (1, ethertype(value)) for value in table("ethertype") if value >= 0x600},
        "PPP protocol": {value: (9, hexa("ff03") + struct.pack("!H", value)) for value in sorted({*table("ppp.protocol"), *range(1, 256, 2)})},
        "LLC service": {value: (1, MACS + b"\x05\xdc" + bytes([value, value, 3])) for value in range(256)},
        "NLPID": {value: (107, hexa("184103") + bytes([value])) for value in range(256)},
        "HDLC type": {value: (104, hexa("0f00") + struct.pack("!H", value)) for value in table("chdlc.protocol")},
        "frame relay, Cisco's type": {value: (107, hexa("1841") + struct.pack("!H", value)) for value in table("chdlc.protocol")},
        "family": {value: (0, struct.pack("<I", value)) for value in range(1, 40)},
        "cooked protocol": {value: (113, bytes(14) + struct.pack("!H", value)) for value in sorted({*table("sll.ltype"), *range(1, 16)} - {0x17})},
        "ARCnet protocol": {value: (7, hexa("0102") + bytes([value])) for value in table("arcnet.protocol_id")},
        "GFP payload": {value: (171, hexa("0050 0000 00") + bytes([value]) + hexa("0000")) for value in table("gfp.upi")},
        "Juniper protocol": {value: (178, juniper(2, struct.pack("<I", value))) for value in table("juniper.proto")},
        "NSH protocol": {value: (1, ethertype(0x894F, hexa("000202") + bytes([value]) + bytes(4))) for value in table("nsh.next_proto")},
        "AX.25 protocol": {value: (3, bytes(13) + b"\x01\x03" + bytes([value])) for value in table("ax25.pid")},
        "SNAP of IEEE 802.1": {value: (1, MACS + hexa("05dc aaaa03 0080c2") + struct.pack("!H", value)) for value in range(16)},
        "link type": {value: (value, b"") for value in linktypes},
    }


# IrDA and LAPD of Linux: libwiretap takes a frame for damaged, and the capture ends.
NOT_SWEPT = {144, 177}


def sweep_table(engines, name, values, whole, faults):
    distances = range(0, 161 if whole else 13)
    frames, places = [], []
    for value, (linktype, head) in values.items():
        for fill in (0, 255, 1) if whole or name != "link type" else (0,):
            for distance in distances if whole or name != "EtherType" else range(0, 41):
                for kind, make in BEHIND.items():
                    places.append((value, f"{kind} behind {distance} octets of {fill}"))
                    frames.append((linktype, head + bytes([fill]) * distance + make(len(frames))))
    found = engines.run(frames, ("full", "scan"))
    told = unwalked(found["scan"][1])
    for number, row in found["full"][0].items():
        value, place = places[number]
        digits = 2 if name == "LLC service" else 4
        layer = f"{name} {value}" if name == "link type" else f"{name} 0x{value:0{digits}x}"
        if found["scan"][0].get(number) != row and layer not in told:
            faults.setdefault(layer, []).append(place)
    return len(frames)


def sweep(engines, whole=False):
    listed = subprocess.run([*engines.tshark, "-G", "decodes"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    decodes = [line.split("\t") for line in listed.splitlines() if line.count("\t") >= 2]
    faults, total = {}, 0
    for name, values in subjects(decodes, engines.linktypes()).items():
        if whole and name == "link type": # each by itself: what follows it takes most room
            for value in values:
                try:
                    total += sweep_table(engines, name, {value: values[value]}, whole, faults)
                except SystemExit as error:
                    if "damaged or corrupt" not in str(error): # as libwiretap takes some frames of noise
                        raise
        else:
            total += sweep_table(engines, name, values, whole, faults)
    return [f"{layer}: full and scan differ: {', '.join(places[:3])} ({len(places)})" for layer, places in faults.items()], f"{total} frames"


def deep(engines):
    frames, names, faults = [], [], []

    def add(name, linktype, before, layer, count, behind, packet):
        names.append(f"{count} times {name}")
        frames.append((linktype, before + layer * count + behind + packet))

    for count in (31, 32, 33, 64, 65, 66, 200, 499, 501, 600, 5000):
        def number():
            return len(frames) + 1

        extension = b"\x3c\x00" + bytes(6)
        payload = udp(1000, 9, b"abcd")
        if 8 * count + len(payload) < 65536:
            source = ipaddress.IPv6Address((0x20010DB8 << 96) + number())
            chain = extension * (count - 1) + b"\x11\x00" + bytes(6)
            names.append(f"{count} extension headers")
            frames.append((1, ETHER6 + ip6(source, "2001:db8:ffff::9", 60, chain + payload)))
            names.append(f"{count} extension headers of a raw packet that has no length")
            source = ipaddress.IPv6Address((0x20010DB8 << 96) + number())
            frames.append((101, ip6(source, "2001:db8:ffff::9", 0, chain + payload, length=0)))
        add("a VLAN", 1, ethertype(0x8100), hexa("00018100"), count - 1, hexa("00010800"), packet4(number()))
        add("MPLS", 1, ethertype(0x8847), hexa("00010040"), count - 1, hexa("00020140"), packet4(number()))
        add("bridged Ethernet", 1, b"", ethertype(0x6558), count, ETHER4, packet4(number()))
        add("a pseudo-wire", 1, b"", ethertype(0x8847, hexa("00010140 00000000")), count, ETHER4, packet4(number()))
        add("PPI", 192, b"", hexa("00000800 c0000000"), count, hexa("00000800 01000000") + ETHER4, packet4(number()))
        add("a VLAN in PPI", 192, hexa("00000800 01000000") + ethertype(0x8100), hexa("00018100"), count - 1, hexa("00010800"), packet4(number()))
        add("an R-tag", 1, ethertype(0xF1C1), hexa("00000000 f1c1"), count - 1, hexa("00000000 0800"), packet4(number()))
        add("LLC of jumbo frames", 1, ethertype(0x8870), hexa("aaaa03 000000 8870"), count - 1, SNAP4, packet4(number()))
    found = engines.run([frame for frame in frames])
    for index, name in enumerate(names):
        rows = {engine: found[engine][0].get(index + 1) for engine in found}
        for engine, row in rows.items():
            if row is None or row != rows["full"]:
                faults.append(f"{name}: {engine} has {row}, full {rows['full']}")
    return faults, f"{len(frames)} frames"


def main():
    split = sys.argv.index("--")
    flowzone, folder, what = sys.argv[1:split]
    faults, size = {"walked": walked, "dissected": dissected, "files": files, "deep": deep, "sweep": sweep,
                    "whole": lambda engines: sweep(engines, True)}[what](Engines(flowzone, folder, sys.argv[split + 1:]))
    for fault in faults:
        print(fault)
    print(f"{size}, {len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
