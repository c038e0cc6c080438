"""exact_fields.py CAPTURE SWEEP -- TSHARK...: ip.csv of the sweep equals the sums of `-T fields`, IP header by IP header.

Headers quoted by ICMP come last in a frame and do not count. The pair begins with its lower address.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import subprocess
import sys

from layers import layers_of

FIELDS = ["frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"]


def headers(protocols, addresses):
    """Pairs of addresses of a frame's IP headers, outermost first."""
    queues = {"ip": list(zip(*addresses[:2])), "ipv6": list(zip(*addresses[2:]))}
    for protocol in layers_of(protocols, queues["ip"], queues["ipv6"]):
        if protocol in ("icmp", "icmpv6"):
            return
        # What Wireshark 4.6 dissects as IP in a tunnel is "ip" there, whichever version it is.
        if protocol == "ip" and not queues["ip"]:
            protocol = "ipv6"
        if protocol in queues and queues[protocol]:
            yield queues[protocol].pop(0)


def main():
    split = sys.argv.index("--")
    capture, sweep = map(pathlib.Path, sys.argv[1:split])
    command = [*sys.argv[split + 1:], "-r", str(capture), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    for field in FIELDS:
        command += ["-e", field]
    frames = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    sums = {}
    for line in frames.splitlines():
        length, protocols, *lists = line.split("\t")
        for source, destination in headers(protocols, [text.split(",") if text else [] for text in lists]):
            direction = 2 if source > destination else 0
            row = sums.setdefault(tuple(sorted((source, destination))), [0, 0, 0, 0])
            row[direction] += 1
            row[direction + 1] += int(length)
    with (sweep / capture.name / "ip.csv").open(newline="", encoding="utf-8") as file:
        came = {}
        for row in csv.DictReader(file):
            ends = sorted(("sip", "dip"), key=row.get)
            came[row[ends[0]], row[ends[1]]] = [int(row[f"{end}_{what}"]) for end in ends for what in ("packets", "bytes")]
    if came != sums:
        for key in sorted(set(came) | set(sums)):
            if came.get(key) != sums.get(key):
                print(*key, "expected", sums.get(key), "came", came.get(key))
        sys.exit(1)


main()
