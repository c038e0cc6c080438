"""traffic_same.py conversations|endpoints TRAFFIC.csv MATRIX.csv: what Wireshark's dialog copied has the sums of a zone matrix.
traffic_same.py filter TRAFFIC.csv ROWS.csv FILTER: the conversations in ROWS.csv have the packets of the row that FILTER is of.

The matrix tells initiator from responder, the dialog has each pair once. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import re
import sys


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def matrix_pairs(matrix):
    sums = collections.Counter()
    for row in matrix:
        for a, b, packets, size in ((row["source"], row["destination"], row["packets"], row["bytes"]),
                                    (row["destination"], row["source"], row["packets_back"], row["bytes_back"])):
            sums[a, b, "packets"] += int(packets)
            sums[a, b, "bytes"] += int(size)
    return +sums


def traffic_pairs(traffic):
    sums = collections.Counter()
    for row in traffic:
        for a, b, way in ((row["Address A"], row["Address B"], "A → B"), (row["Address B"], row["Address A"], "B → A")):
            sums[a, b, "packets"] += int(row["Packets " + way])
            sums[a, b, "bytes"] += int(row["Bytes " + way])
    return +sums


def ends(pairs):
    sums = collections.Counter()
    for (a, b, unit), count in pairs.items():
        sums[a, "sent", unit] += count
        sums[b, "received", unit] += count
    return sums


def endpoints(traffic):
    sums = collections.Counter()
    for row in traffic:
        for way, name in (("sent", "Tx"), ("received", "Rx")):
            for unit in ("packets", "bytes"):
                sums[row["Address"], way, unit] += int(row[f"{name} {unit.title()}"])
    return +sums


def packets_of_row(traffic, zones):
    return sum(int(row["Packets"]) for row in traffic if sorted(zones) == sorted((row["Address A"], row["Address B"])))


kind, traffic, other = sys.argv[1], rows(sys.argv[2]), rows(sys.argv[3])
if kind == "filter":
    zones = re.findall(r'"([^"]*)"', sys.argv[4])[:2]
    want, got = packets_of_row(traffic, zones), sum(int(row["packets"]) for row in other)
elif kind == "endpoints":
    want, got = +ends(matrix_pairs(other)), endpoints(traffic)
else:
    want, got = matrix_pairs(other), traffic_pairs(traffic)
if want != got or not want:
    sys.exit(f"expected {want}, came {got}")
