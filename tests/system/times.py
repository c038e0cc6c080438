"""times.py SECONDS.MICROSECONDS...: a pcapng to standard output, of one packet at each of these times. An interface of its own has the
seconds as its offset, so that any 64 bits can be had; the microseconds are added.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from make_captures import UDP, block, eth4, ip4, udp


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


write = sys.stdout.buffer.write
write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
for i, time in enumerate(sys.argv[1:]):
    seconds, fraction = map(int, time.split("."))
    frame = eth4(ip4("10.0.0.1", "192.0.2.1", UDP, udp(1000 + i, 53)))
    write(block(1, struct.pack("<HHI", 1, 0, 0) + option(14, struct.pack("<q", seconds)) + option(0, b"")))
    write(block(6, struct.pack("<IIIII", i, 0, fraction, len(frame), len(frame)) + frame + bytes(-len(frame) % 4)))
