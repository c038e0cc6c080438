#!/usr/bin/env python3
"""Messages about wanted conversations, as fuzz_wanted reads them. seed_wanted.py FOLDER. SPDX-License-Identifier: GPL-2.0-or-later"""

import pathlib
import struct
import sys

TEXT = 4096


def capture(asked, rows, source=b"day.pcap", folder=b"/ring", key=0, vlan=0, refusal=0, interval=0):
    numbers = struct.pack("=QQQQQqqII4B4x", asked, rows, 9, 900, 2000, 5, 1, 60, interval, key, 2, vlan, refusal)
    return numbers + source.ljust(TEXT, b"\0") + folder.ljust(TEXT, b"\0")


def row(port, asked, start=1):
    ends = bytes([10, 0, 0, 1]).ljust(16, b"\0") + bytes([10, 0, 0, 2]).ljust(16, b"\0")
    record = struct.pack("=qq6Q2I", start, start + 5, 1, 1, 60, 60, 46, 46, 0, 0) + ends
    record += struct.pack("=HHHHHBBBB2x", port, 53, 0, 0, 0, 17, 4, 4, 0)
    return record + bytes([asked]).ljust(8, b"\0")


def main():
    folder = pathlib.Path(sys.argv[1])
    end = capture(0, 0, b"", b"")
    seeds = {
        "one": capture(1, 2) + row(1000, 1) + row(1001, 0) + end,
        "two": capture(1, 1) + row(1000, 1) + capture(2, 2, b"b.pcap", vlan=1) + row(1, 1) + row(1, 1, 9000000) + end,
        "interval": capture(1, 2, interval=3) + row(1000, 1) + row(1000, 0, 5000000) + end,
        "addresses": capture(1, 1, key=1) + row(0, 1) + end,
        "refused": capture(4, 0, refusal=2) + end,
        "none": end,
        "cut": capture(1, 2) + row(1000, 1),
    }
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


main()
