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


PPP = hexa("ff030021")
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
}
