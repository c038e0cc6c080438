#!/usr/bin/env python3
"""The frames of random rows of a store, got back by `flowzone packets`, are those that the store and Wireshark's programs count.

packets_back.py FLOWZONE DATABASE COUNT FOLDER [RING] -- TSHARK...: of COUNT random rows each, a filter for the conversation in its capture; FOLDER takes
what is written. What is expected is asked of the database in SQL of our own, what came is counted by capinfos, and, where the conversation has
ports, by tshark in the capture itself. SPDX-License-Identifier: GPL-2.0-or-later
"""

import ipaddress
import os
import random
import re
import sqlite3
import subprocess
import sys

from layers import layers_of

SEED = int(os.environ.get("FZ_SEED", "0")) or random.SystemRandom().randrange(1 << 31)
PORTS = {6: "tcp", 17: "udp"}
# Of our own captures, those that tshark gives up: too many headers before the ports, IPv6 without a length.
NOT_DISSECTED = {"many-headers.pcap", "offloaded.pcap"}


def rows_of(database):
    store = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    store.row_factory = sqlite3.Row
    return store.execute(
        "SELECT l.load_id AS load, l.source, l.folder, r.sip, r.dip, r.sport, r.dport, r.protocol, r.vlan, r.packets, r.bytes"
        " FROM fz_flow r JOIN fz_load l ON l.load_id = r.load_id ORDER BY r.load_id, r.row_no"
    ).fetchall()


def text_of(address):
    return str(ipaddress.ip_address(bytes(address)))


def filter_of(row):
    words = [f"ip {text_of(row['sip'])}", f"ip {text_of(row['dip'])}", f"proto {row['protocol']}", f'source "{row["source"]}"']
    if row["sport"] or row["dport"]:
        words += [f"port {row['sport']}", f"port {row['dport']}"]
    return " and ".join(words)


def fits(other, row):
    """What the filter of a row says of another one: `ip` and `port` are of either end."""
    ends, ports = {bytes(other["sip"]), bytes(other["dip"])}, {other["sport"], other["dport"]}
    return (
        other["source"] == row["source"]
        and other["protocol"] == row["protocol"]
        and {bytes(row["sip"]), bytes(row["dip"])} <= ends
        and (not (row["sport"] or row["dport"]) or {row["sport"], row["dport"]} <= ports)
    )


def count_capinfos(path, run):
    said = subprocess.run([*run, "capinfos", "-M", "-c", "-d", path], capture_output=True, encoding="utf-8", check=True).stdout
    return [int(re.search(rf"^{what}: +(\d+)", said, re.M)[1]) for what in ("Number of packets", "Data size")]


def count_tshark(row, run):
    """Frames of the capture that tshark puts into the conversation, with one IP header; None: it cannot tell them."""
    family = "ip" if len(row["sip"]) == 4 else "ipv6"
    name = PORTS.get(row["protocol"])
    if not name or row["source"] in NOT_DISSECTED or not (row["sport"] and row["dport"]):
        return None
    ends = [f"{family}.addr == {text_of(row[end])}" for end in ("sip", "dip")] + [f"{name}.port == {row[end]}" for end in ("sport", "dport")]
    said = subprocess.run(
        [*run, "tshark", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-r", os.path.join(row["folder"], row["source"]), "-Y", " && ".join(ends)]
        + ["-T", "fields", "-e", "frame.protocols"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    layers = [layers_of(line, family == "ip", family == "ipv6") for line in said.stdout.splitlines()]
    if said.returncode not in (0, 2) or any(sum(layer in ("ip", "ipv6", "gre", "icmp") for layer in line) != 1 for line in layers):
        return None
    return len(layers)


def check_row(flowzone, database, rows, row, out, ring, run):
    expected = [sum(other[what] for other in rows if fits(other, row)) for what in ("packets", "bytes")]
    command = [flowzone, "packets", "--from", f"sqlite:{database}", "--where", filter_of(row), "-w", out] + (["--ring", ring] if ring else [])
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0 or ", equal to the rows" not in done.stderr:
        yield f"status {done.returncode}: {done.stderr.strip()}"
        return
    came = count_capinfos(out, run)
    if came != expected:
        yield f"the store has {expected}, capinfos counts {came}"
    os.unlink(out)
    # The row alone, where the filter has no other and a VLAN does not tell two apart.
    known = count_tshark(row, run) if sum(fits(other, row) for other in rows) == 1 else None
    if known is not None:
        check_row.compared += 1
        if known != expected[0]:
            yield f"the store has {expected[0]} packets, tshark finds {known} in the capture"


check_row.compared = 0


def main():
    given, run = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    flowzone, database, count, folder, *ring = given
    rows = rows_of(database)
    random.seed(SEED)
    chosen = random.sample(rows, min(int(count), len(rows)))
    faults = 0
    for row in chosen:
        for fault in check_row(flowzone, database, rows, row, f"{folder}/back.pcapng", ring[0] if ring else None, run):
            print(f"{filter_of(row)}: {fault}")
            faults += 1
    print(f"{len(chosen)} rows of {len({row['load'] for row in chosen})} captures, {check_row.compared} compared with tshark, seed {SEED}")
    sys.exit(faults > 0)


main()
