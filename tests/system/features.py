#!/usr/bin/env python3
"""Answers of `flowzone features`, compared with sums over the rows of a SQLite store, added up here: every column of every row.

    features.py STORE ANSWER [CONDITION]      ANSWER: its CSV or JSON; CONDITION: the filter, in SQL
SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import datetime
import ipaddress
import json
import math
import sqlite3
import sys

HOUR = 3600 * 10**6
SURE = (1, 2, 3)  # syn, syn-ack, icmp
CLOSE = 1.01e-6  # of decimals: a unit of the last place


def entropy(values):
    counts = collections.Counter(values).values()
    return -math.fsum(count / sum(counts) * math.log2(count / sum(counts)) for count in counts) if counts else 0


def features(flows):
    """Of one address: of (roles, flow), roles being those that it has in the flow."""
    lasted = [flow["end_us"] - flow["start_us"] for _, flow in flows]
    peers = {role: [flow[("dip", "sip")[role]] for roles, flow in flows if role in roles] for role in (0, 1)}
    ports = {role: [(flow["protocol"], flow["dport"]) for roles, flow in flows if role in roles and flow["dport"]] for role in (0, 1)}
    ends = [(flow, ("sip", "dip")[role], ("dip", "sip")[role]) for roles, flow in flows for role in roles]
    sent, received = ({what: sum(flow[f"{end[way]}_{what}"] for flow, *end in ends) for what in ("packets", "bytes")} for way in (0, 1))
    own = [flow["dip"] if 0 in roles else flow["sip"] for roles, flow in flows]
    return {
        "flows": len(flows), "client_flows": len(peers[0]), "server_flows": len(peers[1]),
        "peers": len(set(own)), "client_peers": len(set(peers[0])), "server_peers": len(set(peers[1])),
        "called_ports": len(set(ports[0])), "served_ports": len(set(ports[1])),
        "sent_packets": sent["packets"], "received_packets": received["packets"],
        "sent_bytes": sent["bytes"], "received_bytes": received["bytes"],
        "sent_packets_share": sent["packets"] / (sent["packets"] + received["packets"]),
        "sent_bytes_share": sent["bytes"] / (sent["bytes"] + received["bytes"]),
        "duration_min_us": min(lasted), "duration_mean_us": (2 * sum(lasted) + len(lasted)) // (2 * len(lasted)), "duration_max_us": max(lasted),
        "one_way_share": sum(0 in (flow["sip_packets"], flow["dip_packets"]) for _, flow in flows) / len(flows),
        "sure_share": sum(flow["opened"] in SURE for _, flow in flows) / len(flows),
        "peer_entropy": entropy(own), "called_port_entropy": entropy(ports[0]), "served_port_entropy": entropy(ports[1]),
    }


def text(hour):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S.000000")


def expected(store, condition):
    base = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    of = collections.defaultdict(list)
    for flow in base.execute(f"SELECT * FROM fz_flow WHERE {condition}"):
        for end in {flow["sip"], flow["dip"]}:
            of[flow["start_us"] // HOUR, len(end), end].append(([i for i in (0, 1) if flow[("sip", "dip")[i]] == end], flow))
    for (hour, _, end), flows in sorted(of.items(), key=lambda item: item[0]):
        yield {"hour": text(hour), "address": str(ipaddress.ip_address(end)), **features(flows)}


def read(path):
    """Rows, and whether their cells are typed: those of JSON are."""
    with open(path, newline="", encoding="utf-8") as file:
        if path.endswith(".json"):
            return [json.loads(line) for line in file]
        return [{name: cell if name in ("hour", "address") else json.loads(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def main():
    store, path, *condition = sys.argv[1:]
    found, rows = read(path), list(expected(store, *condition or ["1"]))
    assert len(found) == len(rows), f"{len(found)} rows, expected {len(rows)}"
    for row, right in zip(found, rows):
        assert list(row) == list(right), (list(row), list(right))
        for name, value in right.items():
            if isinstance(value, (str, int)) and not name.endswith(("share", "entropy")):
                assert type(row[name]) is type(value) and row[name] == value, (name, row, right)
            else:
                assert abs(row[name] - value) < CLOSE, (name, row, right)
    own = sum(row["client_flows"] + row["server_flows"] - row["flows"] for row in found)
    repeated = sum(row["flows"] > row["peers"] > 1 for row in found)
    print(f"{len(found)} rows of {len({row['hour'] for row in found})} hours: {repeated} with peers again, {own} flows of an end with itself")


main()
