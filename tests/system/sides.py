"""sides.py rule FLOWZONE SERVICES CAPTURE... -- TSHARK...   initiators against the rule, worked out from tshark's fields
sides.py cuts FLOWZONE FOLDER CUTS CAPTURE...             captures cut at CUTS random frames, by interval and by max-flows

`rule` is FORMAT.md's "Who opened a conversation", written a second time; SERVICES is core/service.c, for its table. A conversation is
compared if tshark's fields have the same packets of each end; how many have not is printed, as tunnels and broken headers make some.
`cuts`: parts add up to the whole, and one that is sure has the side of a whole that is. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import ipaddress
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from layers import layers_of

SURE = ("syn", "syn-ack", "icmp")
WAYS = ("packets", "bytes", "ip_bytes")
FIELDS = ["frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.proto", "tcp.srcport", "tcp.dstport", "tcp.flags",
          "udp.srcport", "udp.dstport", "sctp.srcport", "sctp.dstport", "icmp.type", "icmpv6.type"]
EXTENSIONS = {"ipv6.hopopts", "ipv6.routing", "ipv6.dstopts", "ipv6.fraghdr", "ah", "mipv6"}
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmpv6": 58}


def rows_of(flowzone, captures, *options):
    command = [flowzone, "scan", "--format", "csv", *options, *map(str, captures)]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return list(csv.DictReader(run.stdout.splitlines()))


def key_of(row):
    """The conversation, whichever end is first."""
    return (row["protocol"], row["vlan"], *sorted([(row["sip"], row["sport"]), (row["dip"], row["dport"])]))


def services(path):
    """{(protocol, port)} of the table."""
    bits = {"TCP": (6,), "UDP": (17, 33, 136), "SCTP": (132,)}
    rows = re.findall(r"\{(\d+), ([A-Z |]+), \"", pathlib.Path(path).read_text(encoding="utf-8"))
    return {(number, int(port)) for port, names in rows for name in names.split(" | ") for number in bits[name]}


class Conversation:
    """What is seen of one, end by end; an end is (address, port)."""

    def __init__(self, protocol, first, other):
        self.protocol, self.ends = protocol, [first, other]
        self.packets, self.syn, self.answered, self.icmp, self.syn_ack = ([0, 0] for _ in range(5))

    def add(self, source, flags, icmp):
        end = self.ends.index(source)
        self.packets[end] += 1
        syn, rst, ack = flags & 2, flags & 4, flags & 16
        if not rst and syn and ack:
            self.syn_ack[end] = 1
        elif not rst and syn:
            self.syn[end] = 1
        elif not rst and ack and self.syn_ack[1 - end]:
            self.answered[end] = 1
        requests, replies = ({8, 13, 15, 17}, {0, 14, 16, 18}) if self.protocol == 1 else ({128, 139}, {129, 140})
        if icmp in requests:
            self.icmp[end] = 1
        elif icmp in replies:
            self.icmp[1 - end] = 1

    def guess(self, known):
        many = [ipaddress.ip_address(address).is_multicast or address == "255.255.255.255" for address, _ in self.ends]
        if many[0] != many[1]:
            return many.index(False), "first"
        ports = [port for _, port in self.ends]
        heard = [0 < port < 1024 or (self.protocol, port) in known for port in ports]
        if heard[0] != heard[1]:
            return heard.index(False), "port"
        if 0 not in ports and ports[0] != ports[1]:
            return ports.index(max(ports)), "port"
        return 0, "first"

    def side(self, known):
        """(client, how that is known)"""
        opened = [self.syn[end] or self.answered[end] or self.icmp[end] for end in (0, 1)]
        if self.ends[0] == self.ends[1]:
            return 0, "syn" if self.syn[0] else "icmp" if any(self.icmp) else "first"
        if all(opened):
            return self.guess(known)[0], "both"
        if not any(opened):
            return self.guess(known)
        client = 0 if opened[0] else 1
        return client, "syn" if self.syn[client] else "syn-ack" if self.answered[client] else "icmp"


def number(text):
    return int(text.split(",")[0], 0) if text else 0


def read_frame(cells):
    """(protocol, source, destination, TCP flags, ICMP type) of the outermost IP header; None without one."""
    layers = layers_of(cells["frame.protocols"], cells["ip.src"], cells["ipv6.src"])
    at = next((i for i, layer in enumerate(layers) if layer in ("ip", "ipv6")), None)
    if at is None:
        return None
    version = layers[at]
    ends = [cells[f"{version}.{end}"].split(",")[0] for end in ("src", "dst")]
    if not all(ends):
        return None
    ends = [str(ipaddress.ip_address(end)) for end in ends]
    upper = next((layer for layer in layers[at + 1:] if layer not in EXTENSIONS), "")
    protocol = PROTOCOLS.get(upper, number(cells["ip.proto"]) if version == "ip" else 0)
    if upper in ("icmp", "icmpv6"):
        kind = cells[f"{upper}.type"]
        return protocol, (ends[0], 0), (ends[1], 0), 0, number(kind) if kind else None
    ports = [number(cells[f"{upper}.{end}port"]) if upper in PROTOCOLS else 0 for end in ("src", "dst")]
    if upper == "tcp" and not cells["tcp.flags"]:  # a header that is cut, or that tshark finds bogus
        return None
    flags = number(cells["tcp.flags"]) if upper == "tcp" else 0
    return protocol, (ends[0], ports[0]), (ends[1], ports[1]), flags, None


def conversations(capture, tshark):
    command = [*tshark, "-r", str(capture), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    for name in ("ip.defragment", "ipv6.defragment"):
        command += ["-o", f"{name}:FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    found = {}
    for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
        frame = read_frame(dict(zip(FIELDS, line.split("\t"))))
        if frame:
            protocol, source, destination, flags, icmp = frame
            key = (protocol, *sorted((source, destination)))
            found.setdefault(key, Conversation(protocol, source, destination)).add(source, flags, icmp)
    return found


def check_rule(capture, flowzone, known, tshark):
    faults, words, unlike = [], collections.Counter(), 0
    seen = conversations(capture, tshark)
    for row in rows_of(flowzone, [capture]):
        ends = [(row["sip"], int(row["sport"])), (row["dip"], int(row["dport"]))]
        expected = seen.get((int(row["protocol"]), *sorted(ends)))
        packets = [int(row["sip_packets"]), int(row["dip_packets"])]
        if not expected or sorted(packets) != sorted(expected.packets):
            unlike += 1
            continue
        client, opened = expected.side(known)
        words[opened] += 1
        if (row["opened"], ends[0], packets[0]) != (opened, expected.ends[client], expected.packets[client]):
            faults.append(f"{capture.name}: expected {expected.ends[client]} as client, {opened}; came {ends[0]}, {row['opened']}: {ends}")
    return faults, words, unlike


def rule(flowzone, table, captures, tshark):
    known, words, unlike, faults = services(table), collections.Counter(), 0, []
    assert len(known) > 100, table
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for some, counted, left in pool.map(lambda path: check_rule(path, flowzone, known, tshark), captures):
            faults += some
            words += counted
            unlike += left
    said = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    print("\n".join(faults[:8]))
    print(f"{len(captures)} captures, {sum(words.values())} conversations: {said}; {unlike} that tshark's fields count otherwise")
    return faults or not words


def split_pcap(content):
    """(head, packets, tail) of a pcap file; None if it is none."""
    orders = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}
    order, at, packets = orders.get(content[:4]), 24, []
    if not order:
        return None
    while at + 16 <= len(content):
        end = at + 16 + struct.unpack_from(order + "I", content, at + 8)[0]
        if end > len(content):
            break
        packets.append(content[at:end])
        at = end
    return content[:24], packets, content[at:]


def split_pcapng(content):
    """(blocks, which of them are packets); None if it is none."""
    at, order, blocks, packets = 0, "<", [], []
    while at + 12 <= len(content):
        if content[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if content[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, size = struct.unpack_from(order + "II", content, at)
        if size < 12 or size % 4 or at + size > len(content):
            return None
        if kind in (2, 3, 6):
            packets.append(len(blocks))
        blocks.append(content[at:at + size])
        at += size
    return (blocks, packets) if packets and at == len(content) else None


def cut(content, draw, cuts):
    """The parts of a capture, cut at random frames; None if it has too few or cannot be cut here."""
    pcap, pcapng = split_pcap(content), split_pcapng(content)
    count = len(pcap[1]) if pcap else len(pcapng[1]) if pcapng else 0
    if count < 2:
        return None
    every = set(pcapng[1]) if pcapng else set()
    places = [0, *sorted(draw.sample(range(1, count), min(cuts, count - 1))), count]
    parts = []
    for begin, end in zip(places, places[1:]):
        if pcap:
            parts.append(pcap[0] + b"".join(pcap[1][begin:end]) + (pcap[2] if end == count else b""))
        else:
            inside = set(pcapng[1][begin:end])
            parts.append(b"".join(block for i, block in enumerate(pcapng[0]) if i in inside or i not in every))
    return parts


def sums(rows):
    """By conversation, what each end sent."""
    totals = {}
    for row in rows:
        ends = sorted(("sip", "dip"), key=lambda end: (row[end], row[end[0] + "port"]))
        if (row["sip"], row["sport"]) == (row["dip"], row["dport"]):
            ends = ["sip", "dip"]
        total = totals.setdefault(key_of(row), [0] * 6)
        totals[key_of(row)] = [a + int(row[f"{end}_{way}"]) for a, (end, way) in zip(total, [(end, way) for end in ends for way in WAYS])]
    return totals


def compare(what, whole, parts, carried):
    """Faults of the parts, and how many of them were sure along with their whole."""
    faults, both = [], 0
    if sums(whole) != sums(parts):
        faults.append(f"{what}: {len(parts)} rows do not add up to {len(whole)}")
    wholes = {key_of(row): row for row in whole}
    for row in parts:
        known = wholes.get(key_of(row), row)
        if known["opened"] not in SURE or row["opened"] not in SURE:
            # What is carried on has the first packet of the whole.
            if not carried or known["opened"] != "first" or row["opened"] != "first":
                continue
        both += row["opened"] in SURE
        if (row["sip"], row["sport"]) != (known["sip"], known["sport"]):
            faults.append(f"{what}: {row['sip']}:{row['sport']} ({row['opened']}), "
                          f"of the whole {known['sip']}:{known['sport']} ({known['opened']})")
    return faults, both


def check_cuts(capture, flowzone, folder, cuts, seed):
    draw = random.Random(f"{seed} {capture.name}")
    faults, both, rows = [], collections.Counter(), 0
    parts = cut(capture.read_bytes(), draw, cuts) or []
    own = folder / capture.name
    own.mkdir()
    for i, part in enumerate(parts):
        (own / f"{i}.pcap").write_bytes(part)
    tries = [("interval", str(draw.choice([1, 2, 5, 60]))), ("max-flows", str(draw.choice([1, 2, 3, 10])))]
    for key in ("5tuple", "ip"):
        whole = rows_of(flowzone, [capture], "--key", key)
        rows += len(whole)
        cases = [(f"cut at {len(parts) - 1} frames", rows_of(flowzone, sorted(own.iterdir()), "--key", key), False)] if parts else []
        cases += [(f"{name}={value}", rows_of(flowzone, [capture], "--key", key, f"--{name}", value), True) for name, value in tries]
        for what, came, carried in cases:
            some, sure = compare(f"{capture.name}, {key}, {what}", whole, came, carried)
            faults += some
            both[what.split("=")[0].split(" ")[0]] += sure
    for part in own.iterdir():
        part.unlink()
    return faults, both, rows, bool(parts)


def cuts_of(flowzone, folder, count, captures):
    seed = int(os.environ.get("FZ_TEST_SEED", random.getrandbits(32)))
    print(f"FZ_TEST_SEED={seed}")
    faults, both, rows, cut_captures = [], collections.Counter(), 0, 0
    folder = pathlib.Path(folder)
    folder.mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for some, sure, some_rows, is_cut in pool.map(lambda path: check_cuts(path, flowzone, folder, count, seed), captures):
            faults += some
            both += sure
            rows += some_rows
            cut_captures += is_cut
    print("\n".join(faults[:8]))
    said = ", ".join(f"{number} by {what}" for what, number in sorted(both.items()))
    print(f"{len(captures)} captures, {cut_captures} of them cut, {rows} conversations, {len(faults)} faults; "
          f"parts that are sure and so is the whole: {said}")
    return faults or not all(both.values()) or not both


def main():
    kind, flowzone, second, *rest = sys.argv[1:]
    if kind == "rule":
        split = rest.index("--")
        sys.exit(bool(rule(flowzone, second, [pathlib.Path(path) for path in rest[:split]], rest[split + 1:])))
    sys.exit(bool(cuts_of(flowzone, second, int(rest[0]), [pathlib.Path(path) for path in rest[1:]])))


main()
