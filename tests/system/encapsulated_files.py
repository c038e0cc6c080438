"""Captures of kinds whose encapsulations have no LINKTYPE_ number, and which other tools write. SPDX-License-Identifier: GPL-2.0-or-later"""
import struct


def hexa(text):
    return bytes.fromhex(text)


def lines_of(data, row):
    return "".join(row(at, " ".join(f"{octet:02X}" for octet in data[at:at + 16])) + "\n" for at in range(0, len(data), 16))


def packetlogger(frame):
    return struct.pack(">III", 9 + len(frame), 1600000000, 0) + b"\2" + frame


def btsnoop(frame):
    return b"btsnoop\0" + struct.pack(">II", 1, 1001) + struct.pack(">IIIIQ", len(frame), len(frame), 0, 0, 0xE03AB44A676000) + frame


def eyesdn(kind, channel, frame):
    """EyeSDN: a byte that is a flag or an escape is escaped."""
    record = bytes(3) + (1600000000).to_bytes(5, "big") + bytes([channel, kind << 1]) + struct.pack(">H", len(frame)) + frame
    return b"EyeSDN\xff" + b"".join(bytes([254, octet - 2] if octet >= 254 else [octet]) for octet in record)


def nettl(subsystem, frame, before=b""):
    """HP-UX: the file's header, the record's, with both lengths."""
    size = len(before + frame)
    head = struct.pack(">HHIIIIIIIIIII", 64, subsystem, 0, 0, 0x20000000, 0, 0, 0, 0, size, size, 1600000000, 0) + bytes(16)
    return hexa("545200640000000000000080") + bytes(116) + head[:64] + before + frame


def transcript(title, line, frame):
    return f"{title}\nSeptember 13, 2020     12:26:40.0000\n{line}${frame.hex()}\n".encode()


def ascend(frame):
    return (f"RECV-187:(task: B050B480, time: 1804.03) {len(frame)} octets @ 800012C0\n" + lines_of(frame, "  [{:04x}]: {}".format)).encode()


def cosine(frame):
    head = f"  2000-2-1,18:20:24.1:  l2-rx (PPP:3/7/1:100), Length:{len(frame)}, Pro:1, Off:8, Pri:7, RM:0, Err:0 [0x4071, 0x30801]\n"
    return (head + lines_of(frame, lambda at, row: " " * 10 + row[:23] + " " + row[23:]) + "\n").encode()


def netscaler(version, record):
    """A signature, the time, a packet, and what may be left of a page."""
    name = (b"NetScaler V20" if version == 20 else b"Netscaler V%d" % version) + b" Performance Data\0"
    return (bytes([1, 3 + len(name), 0]) + name + struct.pack("<BBHI", 7, 8, 0, 1600000000) + record).ljust(16384 if version >= 30 else 0, b"\0")


def netscaler_record(kind, head, frame):
    """The length is in seven bits, and more."""
    size = 3 + len(head) + len(frame)
    return bytes([kind, size & 0x7F | 0x80, size >> 7]) + head + frame


def netscaler_10(frame):
    signature = struct.pack("<HHI", 0x101, 64, 0) + b"NetScaler Performance Data".ljust(56, b"\0")
    return signature + struct.pack("<HHII", 0x107, 12, 0, 1600000000) + struct.pack("<HHII", 0x312, 12 + len(frame), 1, 0) + frame


def netscaler_30(kind, version, rest, frame):
    head = struct.pack("<BQIIHHH", 1, 1600000000 * 10**9, 0, 0, len(frame), 0, 0) + rest
    return netscaler(version, netscaler_record(kind, head, frame))


def iptrace(frame):
    """A raw header of InfiniBand's, with the EtherType."""
    raw = struct.pack(">HHHHI", 0, 1, (14 + len(frame)) // 4, 2, 0x0800) + frame + bytes(2)
    return b"iptrace 2.0" + struct.pack(">II", 32 + len(raw), 1600000000) + b"\0\0\0\0ib\0\0" + bytes(12) + b"\xc7\0\0\0" + struct.pack(">II", 1600000000, 0) + raw


def ipfix(frame):
    """A template of one element, dataLinkFrameSection, and a record."""
    return struct.pack(">HHIII", 10, 32 + len(frame), 1600000000, 0, 1) + struct.pack(">HHHHHHHH", 2, 12, 256, 1, 315, len(frame), 256, 4 + len(frame)) + frame


def netmon(network, frame, comment=b""):
    """Microsoft's, 2.2: the header has the places of the table of frames and of comments; after a frame its own network."""
    record = struct.pack("<QII", 0, len(frame), len(frame)) + frame + struct.pack("<HI", network, 0xFFFFFFFF)
    comments = struct.pack("<III", 1, 64, len(comment)) + comment + bytes(4) if comment else b""
    table = 64 + len(record)
    head = struct.pack("<BBH8H10I", 2, 2, 1, 2020, 9, 0, 13, 12, 26, 40, 0, table, 4, 0, 0, table + 4, len(comments), 0, 0, 0, 0)
    return b"GMBU" + head + record + struct.pack("<I", 64) + comments


def ndis_event(frame):
    """An event of Windows' network drivers that holds a whole Ethernet frame."""
    provider, keyword = hexa("6e00d62e 2947 0946 b4233ee7bcd678ef"), 0xC0000001
    head = struct.pack("<HHHHIIQ", 0, 0, 0, 0, 1, 1, 0x01D689C9F0000000) + provider + struct.pack("<HBBBBHQ", 1001, 0, 0, 0, 0, 0, keyword)
    return head + bytes(8 + 16 + 4) + struct.pack("<HHB", 0, 12 + len(frame), 0) + struct.pack("<III", 1, 1, len(frame)) + frame


def sniffer_atm(frame):
    """Sniffer's, 2.001: a frame of AAL5 with its trailer, which ends a cell."""
    frame += struct.pack(">HHI", 0, len(frame), 0)
    head = b"XCP\0" + b"002.001\0" + struct.pack("<IIIIIIIIBB", 1600000000, 1, 0, 128, 128 + 40 + len(frame), 0, 0, 0, 8, 0)
    return head.ljust(128, b"\0") + struct.pack("<IIHH", 0, 0, len(frame), len(frame)) + (b"\x57" + bytes(11) + b"\x20\0").ljust(28, b"\0") + frame


def veriwave(frame):
    """IxVeriWave's, Ethernet: a message, the frame with room for its FCS, to a whole word, and a block of statistics that begins with its length."""
    record = (frame + bytes(4)).ljust(-(-(len(frame) + 4) // 4) * 4, b"\0") + struct.pack(">H", len(frame) + 4).ljust(48, b"\0")
    return struct.pack(">IIII", 0x21000000, 0, len(record), 0) + record


def k12(frame):
    """Tektronix': a port with a stack file, a packet of that port."""
    port = struct.pack(">IIII", 0x24 + 8, 0x70041, 1, 1) + bytes(14) + struct.pack(">HHH", 0, 4, 4) + b"one\0ip4\0"
    record = struct.pack(">IIII", 0x20 + len(frame), 0x10020, len(frame), 1) + bytes(16) + frame
    body = bytes(16) + port + record
    return (hexa("0000020012050010") + struct.pack(">II", 512 + len(body), 2)).ljust(512, b"\0") + body


def erf(frame):
    """Endace's: a time that looks like ASN.1's basic encoding without the file's name."""
    frame = (bytes(2) + frame).ljust(-(-(2 + len(frame)) // 8) * 8, b"\0")
    return hexa("308082b7") + struct.pack("<I", 1600000000) + struct.pack(">BBHHH", 2, 4, 16 + len(frame), 0, len(frame) - 2) + frame


PPP = hexa("ff030021")
ETHERNET = hexa("020000000002 020000000001 0800")
RADIO = hexa("0801 0000 020000000001 020000000002 020000000003 1000 aaaa030000000800")
X25 = hexa("1001 00")  # data of a circuit
LAPB = hexa("0100") + X25
# Encapsulation: name of the file, its content by the packet and by what a Bluetooth controller has before it.
FILES = {
    "packetlogger": ("log.pklg", lambda packet, acl: packetlogger(acl + packet)),
    "bluetooth-hci": ("hci.btsnoop", lambda packet, acl: btsnoop(acl + packet)),
    "isdn": ("isdn.trc", lambda packet, _: eyesdn(0, 1, PPP + packet)),
    "lapb": ("lapb.trc", lambda packet, _: eyesdn(2, 0, LAPB + packet)),
    "v5-ef": ("v5.trc", lambda packet, _: eyesdn(8, 0, hexa("0001 4201 0000") + X25 + packet)),
    "rawip-nettl": ("ip.trc", lambda packet, _: nettl(9, packet)),
    "x25-nettl": ("x25.trc", lambda packet, _: nettl(34, LAPB + packet, bytes(24))),
    "dct2000": ("test.out", lambda packet, _: transcript("Session Transcript 7", "test.1/ip/1/ s tm 0.0001 ", packet)),
    "log_3GPP": ("3gpp.log", lambda packet, _: transcript("3GPP protocols transcript", "1.0000 SNDCP u ", hexa("65000000") + packet)),
    "ascend": ("ascend.txt", lambda packet, _: ascend(PPP + packet)),
    "cosine": ("cosine.txt", lambda packet, _: cosine(hexa("00d0d8d2") + PPP + packet)),
    "nstrace10": ("10.cap", lambda packet, _: netscaler_10(ETHERNET + packet)),
    "nstrace20": ("20.cap", lambda packet, _: netscaler(20, netscaler_record(0xC2, hexa("01 00000000"), ETHERNET + packet))),
    "nstrace30": ("30.cap", lambda packet, _: netscaler_30(0xAA, 30, bytes(26), ETHERNET + packet)),
    "nstrace35": ("35.cap", lambda packet, _: netscaler_30(0xAE, 35, struct.pack("<HBBIB", 35, 0, 0, 0, 1), ETHERNET + packet)),
    "ieee-802-11-netmon": ("radio.cap", lambda packet, _: netmon(6, hexa("02 2000 00000000 ffffffff") + bytes(21) + RADIO + packet)),
    "netmon_header": ("comment.cap", lambda packet, _: netmon(1, ETHERNET + packet, "a comment".encode("utf-16-le"))),
    "netmon_event": ("event.cap", lambda packet, _: netmon(0xFFE0, ndis_event(ETHERNET + packet))),
    "k12": ("k15.rf5", lambda packet, _: k12(packet)),
    "atm-pdus-untruncated": ("atm.caz", lambda packet, _: sniffer_atm(hexa("aaaa030000000800") + packet)),
    "ixveriwave": ("port.vwr", lambda packet, _: veriwave(ETHERNET + packet)),
    "infiniband": ("ib.iptrace", lambda packet, _: iptrace(packet)),
    "197": ("card.erf", lambda packet, _: erf(ETHERNET + packet)),
    "ipfix": ("flows.ipfix", lambda packet, _: ipfix(ETHERNET + packet)),
}
