#!/usr/bin/env python3
"""ring_captures.py FOLDER WHOLE.pcap [MINUTES [PACKETS]]: a ring of captures, a file a minute with PACKETS packets, named as Suricata does, and
the same packets in one capture. Conversations cross the minutes. The same bytes every time.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from make_captures import ETHERNET, SECOND, TCP, UDP, eth4, eth6, ethernet, ip4, ip6, pcap, tcp, udp

START = 1600000020  # a whole minute


def frame(dice):
    client, port = dice.randint(1, 40), dice.randint(40000, 40030)
    if dice.random() < 0.02:
        return ethernet(0x0806, bytes(28))
    if dice.random() < 0.2:
        return eth6(ip6(f"2001:db8::{client}", "2001:db8:1::2", TCP, tcp(port, 443, payload=bytes(dice.randrange(200)))))
    if dice.random() < 0.3:
        return eth4(ip4(f"10.1.4.{client}", "10.1.3.53", UDP, udp(port, 53, bytes(40))))
    ends = [f"10.1.4.{client}", "203.0.113.3"]
    ports = [port, 443]
    if dice.random() < 0.5:
        ends.reverse(), ports.reverse()
    return eth4(ip4(*ends, TCP, tcp(*ports, payload=bytes(dice.randrange(400)))))


def main():
    folder, whole = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    minutes, packets = int((sys.argv[3:] or [10])[0]), int((sys.argv[4:] or [400])[0])
    dice = random.Random(5)
    folder.mkdir(exist_ok=True)
    header, body = b"", []
    for minute in range(minutes):
        start = START + 60 * minute
        times = sorted(start * SECOND + dice.randrange(60 * SECOND) // 1000 * 1000 for _ in range(packets))
        capture = pcap(ETHERNET, [frame(dice) for _ in times], times)
        (folder / f"log.pcap.{start}").write_bytes(capture)
        header = capture[:24]
        body.append(capture[24:])
    whole.write_bytes(header + b"".join(body))


main()
