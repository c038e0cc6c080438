"""packets.py SWEEP LIST CAPTURE... -- TSHARK...: rows of packets against tshark's fields, cell by cell as values.

SWEEP/NAME/packets.csv of each capture is compared with what `tshark -T fields -E occurrence=f` shows. LIST has the kinds of differences, a
line "= KIND REASON" each, and below it how many frames of which capture differ so, "CAPTURE FRAMES", and perhaps the Wireshark in which none
does any more: nothing else may differ, and no fewer. Prints what is otherwise, and exits 1. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import datetime
import decimal
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from layers import layers_of

FIELDS = ["frame.number", "frame.time", "frame.time_epoch", "frame.len", "frame.protocols", "ip.len", "ipv6.plen", "eth.src", "eth.dst",
          "ip.src", "ip.dst", "ip.proto", "ipv6.src", "ipv6.dst", "ipv6.nxt", "vlan.id", "tcp.srcport", "tcp.dstport", "udp.srcport",
          "udp.dstport", "sctp.srcport", "sctp.dstport", "tcp.flags", "ip.flags.mf", "ip.frag_offset", "frame.encap_type"]
PORTS = {"6": "tcp", "17": "udp", "132": "sctp"}
ETHERNET = "1"
# Headers that may come between IPv6 and what ip_proto has: RFC 8200, and those of IANA's list that have its form.
EXTENSIONS = {"0", "43", "44", "51", "60", "135", "140"}


def fields_of(tshark, capture):
    command = [*tshark, "-n", "-r", str(capture), "-T", "fields", *(part for field in FIELDS for part in ("-e", field)), "-E", "occurrence=f"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for line in done.stdout.decode(errors="replace").splitlines():
        cells = line.split("\t")
        yield dict(zip(FIELDS, cells + [""] * (len(FIELDS) - len(cells))))


def time_of(text):
    """Of "Nov 10, 2010 18:14:43.123456000 UTC", or, of newer tsharks, "2010-11-10T18:14:43.123456000+0000"."""
    old = re.fullmatch(r"(\w{3}) +(\d+), (\d+) (\S+) UTC", text)
    if old:
        month = datetime.datetime.strptime(old[1], "%b").month
        return f"{int(old[3]):04}-{month:02}-{int(old[2]):02} {old[4]}"
    return re.sub(r"(Z|[+-]00:?00)$", "", text.replace("T", " "))


def family(theirs):
    """Of the outermost header of which there are addresses."""
    layers = layers_of(theirs["frame.protocols"], theirs["ip.src"], theirs["ipv6.src"])
    outer = [name for name in layers if name in ("ip", "ipv6") and theirs[name + ".src"]]
    return outer[0] if outer else ""


def expected(theirs):
    """The cells that tshark's fields come to."""
    cells = {"frame_time": time_of(theirs["frame.time"]), "frame_time_epoch": theirs["frame.time_epoch"], "frame_len": theirs["frame.len"],
             "eth_src": theirs["eth.src"], "eth_dst": theirs["eth.dst"], "vlan": theirs["vlan.id"],
             "ip_len": "", "ip_src": "", "ip_dst": "", "ip_proto": ""}
    ip = family(theirs)
    if ip:
        length = theirs["ip.len"] if ip == "ip" else str(int(theirs["ipv6.plen"]) + 40)
        protocol = theirs["ip.proto"] if ip == "ip" else theirs["ipv6.nxt"]
        cells |= {"ip_len": length, "ip_src": theirs[ip + ".src"], "ip_dst": theirs[ip + ".dst"], "ip_proto": protocol}
    return cells


def transport(ours, theirs):
    name = PORTS.get(ours["ip_proto"])
    cells = {"sport": theirs[name + ".srcport"], "dport": theirs[name + ".dstport"]} if name else {}
    if name == "tcp":
        cells["tcp_flags"] = str(int(theirs["tcp.flags"], 16)) if theirs["tcp.flags"] else ""
    return cells


def is_fragment(theirs):
    return theirs["ip.flags.mf"] in ("1", "True") or theirs["ip.frag_offset"] not in ("", "0") or "fraghdr" in theirs["frame.protocols"]


def stated_length(theirs):
    return theirs[{"ip": "ip.len", "ipv6": "ipv6.plen", "": "ip.len"}[family(theirs)]]


IP = {"ip_len", "ip_src", "ip_dst", "ip_proto"}
ETH = {"eth_src", "eth_dst"}
PORT = {"sport", "dport", "tcp_flags"}
# In this order: which cells may differ so, of which frames.
KINDS = {
    "unparsable": (IP, lambda ours, theirs: not ours["ip_src"] and family(theirs)),
    "many-layers": (IP | PORT, lambda ours, theirs: ours["ip_src"] and not family(theirs) and theirs["frame.protocols"].count(":") > 20),
    "segmented": (IP | PORT, lambda ours, theirs: ours["ip_src"] and stated_length(theirs) == "0"),
    "fragment": (PORT, lambda ours, theirs: is_fragment(theirs)),
    "extension-header": ({"ip_proto"}, lambda ours, theirs: family(theirs) == "ipv6" and theirs["ipv6.nxt"] in EXTENSIONS),
    "short-transport": (PORT, lambda ours, theirs: ours["tcp_flags"] and not theirs["tcp.flags"]),
    "ethernet-inside": (ETH, lambda ours, theirs: theirs["frame.encap_type"] != ETHERNET and not ours["eth_src"]),
    "ethernet-twice": (ETH, lambda ours, theirs: re.match(r"eth:(cfp:)?eth:", theirs["frame.protocols"])),
    "vlan-0": ({"vlan"}, lambda ours, theirs: theirs["vlan.id"] == "0" and not ours["vlan"]),
    "vlan-outside": ({"vlan"}, lambda ours, theirs: re.search(r"^[^i]*:ieee8021ad:.*:vlan:", theirs["frame.protocols"])),
    "vlan-inside": ({"vlan"}, lambda ours, theirs: not ours["vlan"] and re.search(r":ip(v6)?:.*:vlan:", theirs["frame.protocols"])),
    "time": ({"frame_time", "frame_time_epoch"}, lambda ours, theirs: len(theirs["frame.time_epoch"].partition(".")[2]) > 9),
    "length": ({"frame_len"}, lambda ours, theirs: int(ours["frame_len"]) > 2**31 - 1 == int(theirs["frame.len"])),
}


def same(name, ours, theirs):
    if name == "frame_time_epoch":
        return decimal.Decimal(ours) == decimal.Decimal(theirs)
    return ours == theirs


def kinds_of(ours, theirs):
    """The kinds of the cells that differ; a cell of none is a kind of its own, with both values."""
    cells = expected(theirs) | transport(ours, theirs)
    for name, value in cells.items():
        if not same(name, ours[name], value):
            yield next((kind for kind, (of, is_so) in KINDS.items() if name in of and is_so(ours, theirs)),
                       f"{name} is {ours[name]!r}, tshark has {value!r} ({theirs['frame.protocols'][:200]})")


def compare(sweep, tshark, capture):
    """How many frames differ in which way, and how many there are."""
    found = collections.Counter()
    with open(sweep / capture.name / "packets.csv", newline="", encoding="utf-8") as file:
        rows = {row["frame_number"]: row for row in csv.DictReader(file)}
    frames = 0
    for theirs in fields_of(tshark, capture):
        frames += 1
        ours = rows.pop(theirs["frame.number"], None)
        found.update(set(kinds_of(ours, theirs)) if ours else {f"no row for frame {theirs['frame.number']}"})
    found.update(f"a row for frame {number}" for number in rows)
    return capture.name, frames, found


def version_of(text):
    return tuple(map(int, text.split(".")[:2]))


def listed(path, version):
    known, kind = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            kind = line.split()[1]
        elif line and not line.startswith("#"):
            name, count, *end = line.split()
            known[kind, name] = 0 if end and version >= version_of(end[0]) else int(count)
    return known


def main():
    split = sys.argv.index("--")
    sweep, path, *captures = map(pathlib.Path, sys.argv[1:split])
    tshark = sys.argv[split + 1:]
    said = subprocess.run([*tshark, "--version"], capture_output=True, text=True, check=True).stdout
    known = listed(path, version_of(re.search(r"\d+(\.\d+)+", said)[0]))
    frames = differing = faults = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, count, found in pool.map(lambda capture: compare(sweep, tshark, capture), captures):
            frames += count
            wanted = {kind: number for (kind, of), number in known.items() if of == name}
            for kind in sorted(wanted.keys() | found.keys()):
                differing += found[kind]
                if found[kind] != wanted.get(kind, 0):
                    faults += 1
                    print(f"{name}: {kind}: {found[kind]} frames, {wanted.get(kind, 0)} are listed")
    print(f"{frames} frames of {len(captures)} captures; {differing} differ as the list says" if not faults else f"{faults} faults")
    sys.exit(faults > 0)


main()
