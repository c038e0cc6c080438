"""find_odd_captures.py FOLDER: captures at the edges of what `flowzone find` reads, each in a folder of its own: no packet, one packet, a clock that
goes backwards, times as far apart as a capture can have, one client with 10^5 servers, and 10^5 clients with one server.
SPDX-License-Identifier: GPL-2.0-or-later"""
import os
import random
import struct
import sys

MANY = 100000
SYN, ACK = 2, 16
chance = random.Random(7)


def tcp(source, sport, target, dport, flags):
    head = struct.pack(">HHIIBBHHH", sport, dport, 1, 1, 0x50, flags, 1024, 0, 0)
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(head), 0, 0, 64, 6, 0, source, target) + head


def udp(source, sport, target, dport):
    return struct.pack(">BBHHHBBHIIHHHH", 0x45, 0, 28, 0, 0, 64, 17, 0, source, target, sport, dport, 8, 0)


def write(name, packets):
    os.mkdir(f"{sys.argv[1]}/{name}")
    with open(f"{sys.argv[1]}/{name}/{name}.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for micros, packet in packets:
            file.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(packet), len(packet)) + packet)


CLIENT, SERVER, NET = 0x0A000001, 0xCB007109, 0x0A100000
write("none", [])
write("one", [(1764223200000000, tcp(CLIENT, 40000, SERVER, 443, SYN))])
beats = [(1764223200 + beat * 600 + chance.uniform(-5, 5), 40000 + beat) for beat in range(36)]
write(
    "back",
    [
        (int(time * 1000000) + late, packet)
        for time, port in reversed(beats)
        for late, packet in ((10000, tcp(SERVER, 443, CLIENT, port, SYN | ACK)), (0, tcp(CLIENT, port, SERVER, 443, SYN)))
    ],
)
write("ages", [(micros, udp(CLIENT, 40000, SERVER, 53)) for micros in (4294967295999999, 0, 4294967295999999)])
write("servers", [(1764223200000000 + number * 1000, tcp(CLIENT, 40000, NET + number, 445, SYN)) for number in range(MANY)])
write("clients", [(1764223200000000 + number * 1000, tcp(NET + number, 40000, SERVER, 443, SYN)) for number in range(MANY)])
