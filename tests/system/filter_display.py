"""Random filters as display filters: tshark counts with them the frames and bytes of the rows that Python picks by the filter.

filter_display.py SEED COUNT CAPTURE CSV PRINTER TSHARK...: CSV has the rows that flowzone makes of the capture; PRINTER prints display
filters (print_filter display). SPDX-License-Identifier: GPL-2.0-or-later
"""

import csv
import ipaddress
import random
import subprocess
import sys


# As in postproc/query/filter_display.c.
DEPTH_MAX = 100


class Test:
    """One test: its text, and what it is of a row."""

    def __init__(self, text, judge):
        self.text, self.judge = text, judge


def nets_of(net):
    return lambda row: any(end.version == net.version and end in net for end in row["ends"])


def random_test(dice, rows):
    row = dice.choice(rows)
    kind = dice.randrange(6)
    if kind == 0:
        end = dice.choice(row["ends"])
        length = dice.choice((end.max_prefixlen, end.max_prefixlen, 8, 16, 20, 24, 48, 64))
        net = ipaddress.ip_network((end, min(length, end.max_prefixlen)), strict=False)
        verb = dice.choice(("", "!= "))
        judge = nets_of(net)
        text = f"ip {verb}{net}"
        return Test(text, (lambda r: not judge(r)) if verb else judge)
    if kind in (1, 2):
        ranges = []
        for _ in range(dice.choice((1, 1, 3))):
            port = dice.choice([p for p in row["ports"] if p] or [53])
            ranges.append((port, min(65535, port + dice.choice((0, 0, 1, 1000)))))
            row = dice.choice(rows)
        shown = [str(a) if a == b else f"{a}-{b}" for a, b in ranges]
        text = f"port {shown[0]}" if len(shown) == 1 else f"port in [{', '.join(shown)}]"
        return Test(text, lambda r: any(a <= p <= b for p in r["ports"] for a, b in ranges))
    if kind == 3:
        number = row["protocol"]
        return Test(f"proto {number}", lambda r: r["protocol"] == number)
    if kind == 4:
        version = dice.choice((4, 6))
        return Test(f"ipv{version}", lambda r: r["ends"][0].version == version)
    vlan = dice.choice((0, row["vlan"]))
    return Test(f"vlan {vlan}", lambda r: r["vlan"] == vlan)


def deep_filter(dice, rows):
    """"and" and "or" inside each other, as often as may be; ports are too long for an argument."""
    short = [test for test in (random_test(dice, rows) for _ in range(200)) if "port" not in test.text]
    filter_of, is_or = random_test(dice, rows), dice.randrange(2)
    for test in short[:DEPTH_MAX]:
        parts = [f"({filter_of.text})", test.text]
        dice.shuffle(parts)
        join = any if is_or else all
        judge = lambda r, inner=filter_of.judge, outer=test.judge, join=join: join((outer(r), inner(r)))
        filter_of, is_or = Test((" or " if is_or else " and ").join(parts), judge), not is_or
    return filter_of


def random_filter(dice, rows, depth=0):
    if depth == 0 and dice.randrange(8) == 0:
        return deep_filter(dice, rows)
    kind = dice.randrange(5)
    if depth > 2 or kind < 2:
        return random_test(dice, rows)
    if kind == 2:
        inner = random_filter(dice, rows, depth + 1)
        return Test(f"not ({inner.text})", lambda r: not inner.judge(r))
    parts = [random_filter(dice, rows, depth + 1) for _ in range(2)]
    word, join = (" and ", all) if kind == 3 else (" or ", any)
    return Test("(" + word.join(p.text for p in parts) + ")", lambda r: join(p.judge(r) for p in parts))


def read_rows(path):
    rows = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.append({"ends": [ipaddress.ip_address(row["sip"]), ipaddress.ip_address(row["dip"])],
                         "ports": [int(row["sport"]), int(row["dport"])], "protocol": int(row["protocol"]), "vlan": int(row["vlan"]),
                         "packets": int(row["packets"]), "bytes": int(row["bytes"])})
    return rows


def main():
    seed, count, capture, table, printer = sys.argv[1:6]
    tshark = sys.argv[6:]
    dice, rows = random.Random(int(seed)), read_rows(table)
    filters = [random_filter(dice, rows) for _ in range(int(count))]
    lines = "".join(f"filter\t{one.text}\n" for one in filters)
    shown = subprocess.run([printer, "display"], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = 0
    for one, line in zip(filters, shown):
        status, display = line.split("\t", 1)
        picked = [row for row in rows if one.judge(row)]
        expected = sum(row["packets"] for row in picked), sum(row["bytes"] for row in picked)
        if status != "ok":
            print(f"{one.text}: {display}")
            wrong += 1
            continue
        run = subprocess.run(tshark + ["-r", capture, "-Y", display, "-T", "fields", "-e", "frame.len"], capture_output=True, text=True, check=False)
        lengths = [int(length) for length in run.stdout.split()]
        found = len(lengths), sum(lengths)
        if found != expected:
            print(f"{one.text}: tshark {found}, rows {expected}\n  {display}\n  {run.stderr.strip()[:300]}")
            wrong += 1
    print(f"seed {seed}: {len(filters)} filters, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
