"""interfaces.py COUNT: a pcapng of so many interfaces to standard output, each described right before its only packet.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from make_captures import UDP, block, eth4, ip4, udp

START_US = 1_600_000_000_000_000

write = sys.stdout.buffer.write
write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
for i in range(int(sys.argv[1])):
    frame = eth4(ip4(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", "192.0.2.1", UDP, udp(1000, 53)))
    time = START_US + i
    write(block(1, struct.pack("<HHI", 1, 0, 0)))
    write(block(6, struct.pack("<IIIII", i, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame + bytes(-len(frame) % 4)))
