#!/usr/bin/env python3
"""few_packets.py FOLDER: captures of next to nothing: none.pcap, one.pcap, loop.pcap (inside of one zone), cycle.pcap (two zones, each the
other's client), huge.pcap (one frame that claims to have been 4 GB long). SPDX-License-Identifier: GPL-2.0-or-later"""
import struct
import sys


def packet(source, target, sport, dport):
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28, 1, 0, 64, 17, 0, bytes(source), bytes(target))
    return bytes(12) + b'\x08\0' + ip + struct.pack('>HHHH', sport, dport, 8, 0)


def write(name, packets, claimed=None):
    with open(f'{sys.argv[1]}/{name}.pcap', 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, data in enumerate(packets):
            out.write(struct.pack('<IIII', 1511290800 + i, 0, len(data), claimed or len(data)) + data)


one, other, two = (10, 0, 0, 1), (10, 0, 0, 2), (10, 0, 1, 1)
write('none', [])
write('one', [packet(one, two, 40000, 53)])
write('loop', [packet(one, other, 40000, 53), packet(one, one, 40000, 53)])
write('cycle', [packet(one, two, 40000, 53), packet(two, one, 40001, 53)])
write('huge', [packet(one, two, 40000, 53)], 0xffffffff)
