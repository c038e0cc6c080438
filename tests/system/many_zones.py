"""many_zones.py PACKETS ZONES CAPTURE.pcap ZONES.csv: UDP packets of 60 bytes between all pairs of so many /24, each a zone.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from make_captures import UDP, eth4, ip4, udp

START_S = 1_600_000_000


def main():
    packets, zones = int(sys.argv[1]), int(sys.argv[2])
    networks = [f"10.{zone >> 8}.{zone & 255}" for zone in range(zones)]
    pathlib.Path(sys.argv[4]).write_text("".join(f",{network}.0/24,{zone},zone {zone}\n" for zone, network in enumerate(networks)))
    # One frame, whose addresses are put in place: a packet is written, not built. The checksum stays that of the first.
    frame = eth4(ip4("10.0.0.1", "10.0.0.2", UDP, udp(1000, 53, bytes(18))))
    head, tail = frame[:26], frame[34:]
    ends = [bytes(map(int, f"{network}.1".split("."))) for network in networks]
    with open(sys.argv[3], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i in range(packets):
            record = struct.pack("<IIII", START_S + i // 1000, i % 1000 * 1000, len(frame), len(frame))
            out.write(record + head + ends[i % zones] + ends[i // zones % zones] + tail)


main()
