"""fields_same.py hosts|zones CSV ZONES          makes a zone file for the addresses of a run with key=ip
fields_same.py compare FIELDS CSV TOTALS        the fields of all frames add up to the rows of a run with the same zones

`hosts` gives every address a zone of its own, `zones` random prefixes of all lengths in two locations. FIELDS has the
columns below, CSV the rows of key=ip, TOTALS what that run told on standard error. Where its name has "builtin", the
zones are the built-in ones. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import ipaddress
import os
import random
import re
import sys

COLUMNS = ["frame.len", "flowzone.src.prefix", "flowzone.src.number", "flowzone.src.zone", "flowzone.dst.prefix",
           "flowzone.dst.number", "flowzone.dst.zone", "flowzone.zone", "flowzone.location", "flowzone.cross"]


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def make(kind, source, target):
    seed = int(os.environ.get("FZ_TEST_SEED", random.getrandbits(32)))
    print(f"FZ_TEST_SEED={seed}")
    draw = random.Random(seed)
    addresses = sorted({row[end] for row in rows_of(source) for end in ("sip", "dip")})
    table = {}
    for text in addresses:
        address = ipaddress.ip_address(text)
        for i in range(1 if kind == "hosts" else draw.randint(1, 3)):
            length = address.max_prefixlen if kind == "hosts" else draw.randint(1, address.max_prefixlen)
            where = "" if i == 0 else draw.choice(["", "Oslo", "Rome"])
            table[where, str(ipaddress.ip_network((address, length), strict=False))] = None
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, (where, prefix) in enumerate(table):
            # Few names and numbers, so that several prefixes are one zone.
            few = number if kind == "hosts" else draw.randrange(12)
            writer.writerow([where, prefix, few or "", f"zone {few}, æ"])
        if kind == "zones":
            writer.writerow(["Oslo", "203.0.113.255/32", "", "so that there is one"])


def of_fields(path):
    sums, none = collections.Counter(), [0, 0]
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = dict(zip(COLUMNS, line.rstrip("\n").split("\t")))
            ends = [tuple(cells[f"flowzone.{end}.{what}"] for what in ("prefix", "number", "zone")) for end in ("src", "dst")]
            names = [end[2] for end in ends if end[2]]
            assert cells["flowzone.zone"] == "|".join(names), line
            if len(names) < 2 or "builtin" in path:
                assert not cells["flowzone.cross"], line
            else:
                crosses = ends[0][1:] != ends[1][1:]
                assert cells["flowzone.cross"] in (str(int(crosses)), str(crosses)), line  # 4.0 prints 1, later ones True
            assert cells["flowzone.location"] == ("Oslo" if names and "Oslo" in path else ""), line
            if names:
                sums[ends[0], ends[1], "frames"] += 1
                sums[ends[0], ends[1], "bytes"] += int(cells["frame.len"])
            else:
                none[0] += 1
                none[1] += int(cells["frame.len"])
    return sums, none


def of_rows(path, totals):
    sums = collections.Counter()
    frames, octets, counted, counted_octets = map(int, re.search(
        r"(\d+) frames, (\d+) bytes: (\d+) frames \((\d+) bytes\) in", open(totals, encoding="utf-8").read()).groups())
    none = [frames - counted, octets - counted_octets]
    for row in rows_of(path):
        ends = [tuple(row[infos].split(", ", 2)) if row[infos] else ("", "", "") for infos in ("sip_infos", "dip_infos")]
        for key, end in ((tuple(ends), "sip"), (tuple(ends[::-1]), "dip")):
            packets, size = int(row[f"{end}_packets"]), int(row[f"{end}_bytes"])
            if not packets:
                continue
            if not key[0][2] and not key[1][2]:
                none[0] += packets
                none[1] += size
            else:
                sums[(*key, "frames")] += packets
                sums[(*key, "bytes")] += size
    return sums, none


def main():
    if sys.argv[1] != "compare":
        make(*sys.argv[1:])
        return
    fields, rows = of_fields(sys.argv[2]), of_rows(sys.argv[3], sys.argv[4])
    if len(rows[0]) < 2:
        sys.exit("nothing is labelled: nothing was tested")
    if fields != rows:
        for key in sorted(set(fields[0]) | set(rows[0])):
            if fields[0][key] != rows[0][key]:
                print(*key, "rows", rows[0][key], "fields", fields[0][key])
        sys.exit(f"outside of all zones: rows {rows[1]}, fields {fields[1]}")
    print(len(rows[0]) // 2, "pairs of zones,", rows[1][0], "frames outside of all")


main()
