"""Random filters as SQL: a store picks the rows that Python picks, which reads the tables and knows no SQL.

filter_sql.py SEED COUNT PRINTER SQLITE [CLIENT...]: SQLITE is a store's file; with CLIENT, the program that runs SQL in a MariaDB that was
loaded in the same order, the conditions run there. SPDX-License-Identifier: GPL-2.0-or-later
"""

import ipaddress
import random
import re
import sqlite3
import subprocess
import sys

SYN, SURE, PORT = 1, 3, 5
OPERATORS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "=": lambda a, b: a == b,
             "!=": lambda a, b: a != b}
LETTERS = "FSRPAUECN"


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def glob(pattern):
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.S)


class Filters:
    """Makes filters of what the rows have, and judges rows by them."""

    def __init__(self, dice, zones, rows, labels):
        self.dice, self.zones, self.rows, self.labels = dice, zones, rows, labels
        self.loads = [[row for row in rows if row["key"][0] == load] for load in sorted({row["key"][0] for row in rows})]
        self.tests = [self.zone, self.number, self.net, self.nets, self.port, self.service, self.proto, self.family, self.vlan, self.label,
                      self.source, self.amount, self.duration, self.rate, self.flags, self.plain]

    def row(self):
        """Of any load, however few it has."""
        return self.dice.choice(self.dice.choice(self.loads))

    def name(self, zone_id):
        return self.zones[zone_id]["name"] if zone_id in self.zones else None

    def sided(self, text, judge):
        """Of an end: `judge` takes a row and 0 or 1."""
        side = self.dice.choice(("", "", "src ", "dst ", "client ", "server "))
        ends = {"": (0, 1), "src ": (0,), "client ": (0,), "dst ": (1,), "server ": (1,)}[side]
        return side + text, lambda row: any(judge(row, end) for end in ends)

    def unequal(self, made):
        text, judge = made
        if self.dice.randrange(4) or " in [" in text:
            return made
        word = text.split(" ")
        at = 2 if word[0] in ("src", "dst", "client", "server") else 1
        return " ".join(word[:at] + ["!="] + word[at:]), lambda row: not judge(row)

    def zone(self, row):
        names = {self.dice.choice([self.name(row["zones"][end]) or "(no zone)" for end in (0, 1)]) for _ in range(1)}
        while self.dice.randrange(3) == 0:
            names.add(self.dice.choice(list(self.zones.values()))["name"])
        shown = ", ".join("(no zone)" if name == "(no zone)" else quoted(name) for name in sorted(names))
        text = f"zone in [{shown}]" if len(names) > 1 else f"zone {shown}"
        return self.unequal(self.sided(text, lambda r, end: (self.name(r["zones"][end]) or "(no zone)") in names))

    def number(self, _row):
        number = self.dice.choice(list(self.zones.values()))["number"]
        same = lambda r, end: r["zones"][end] in self.zones and self.zones[r["zones"][end]]["number"] == number
        return self.unequal(self.sided(f"number {quoted(number)}", same))

    def a_net(self, row):
        addr = self.dice.choice(row["addrs"])
        return ipaddress.ip_network((addr, self.dice.choice((addr.max_prefixlen, 0, 8, 13, 24, 31))), strict=False)

    def net(self, row):
        net = self.a_net(row)
        return self.unequal(self.sided(f"ip {net}", lambda r, end: r["addrs"][end].version == net.version and r["addrs"][end] in net))

    def nets(self, _row):
        nets = [self.a_net(self.row()) for _ in range(self.dice.choice((2, 5, 300)))]
        nets = [net for net in nets if net.prefixlen > 20] or [ipaddress.ip_network("10.0.0.0/8")]
        masks = {(net.version, net.prefixlen) for net in nets}
        known = {(net.version, net.prefixlen, net.network_address) for net in nets}

        def judge(row, end):
            addr = row["addrs"][end]
            return any((v, n, ipaddress.ip_network((addr, n), strict=False).network_address) in known for v, n in masks if v == addr.version)
        return self.sided("net in [" + ",".join(map(str, nets)) + "]", judge)

    def port(self, row):
        low = self.dice.choice(row["ports"])
        high = min(65535, low + self.dice.choice((0, 0, 5, 3000)))
        return self.unequal(self.sided(f"port {low}" if low == high else f"port {low}-{high}", lambda r, end: low <= r["ports"][end] <= high))

    @staticmethod
    def service_port(row):
        a, b = row["ports"]
        if SYN <= row["opened"] <= PORT:
            return b
        return max(a, b) if 0 in (a, b) else min(a, b)

    def service(self, row):
        number, protocol = self.service_port(row), row["protocol"]
        if protocol and self.dice.randrange(2):
            return self.unequal((f"service {protocol}/{number}", lambda r: (r["protocol"], self.service_port(r)) == (protocol, number)))
        return self.unequal((f"service {number}", lambda r: self.service_port(r) == number))

    def proto(self, row):
        return self.unequal((f"proto {row['protocol']}", lambda r: r["protocol"] == row["protocol"]))

    def family(self, _row):
        version = self.dice.choice((4, 6))
        return f"ipv{version}", lambda r: r["addrs"][0].version == version

    def vlan(self, row):
        return self.unequal((f"vlan {row['vlan']}", lambda r: r["vlan"] == row["vlan"]))

    def label(self, _row):
        word = self.dice.choice(("location", "sensor"))
        label = self.dice.choice(self.labels[word])
        return self.unequal((f"{word} {quoted(label)}", lambda r: r[word] == label))

    def source(self, row):
        text = row["source"]
        for _ in range(self.dice.randrange(3)):
            at = self.dice.randrange(len(text))
            text = text[:at] + self.dice.choice("*?") + text[at + self.dice.randrange(3):] or "*"
        pattern = glob(text)
        return self.unequal((f"source {quoted(text)}", lambda r: bool(pattern.fullmatch(r["source"]))))

    def amount(self, row):
        word = self.dice.choice(("bytes", "packets", "ip-bytes"))
        side = self.dice.choice(("", "src ", "dst "))
        total = lambda r: sum(r[word]) if not side else r[word][side == "dst "]
        operator, limit = self.dice.choice(list(OPERATORS)), total(row)
        return f"{side}{word} {operator} {limit}", lambda r: OPERATORS[operator](total(r), limit)

    def duration(self, row):
        operator, limit = self.dice.choice(list(OPERATORS)), row["duration"]
        return f"duration {operator} {limit}us", lambda r: OPERATORS[operator](r["duration"], limit)

    def rate(self, row):
        operator, limit = self.dice.choice(list(OPERATORS)), int(sum(row["bytes"]) * 8e6 / (row["duration"] or 1))
        return f"rate {operator} {limit}", lambda r: r["duration"] > 0 and OPERATORS[operator](sum(r["bytes"]) * 8000000, limit * r["duration"])

    def flags(self, row):
        low = self.dice.choice(row["flags"]) & 511 or 2
        mask = low | self.dice.randrange(512)
        shown = lambda bits: "".join(LETTERS[i] for i in range(9) if bits >> i & 1)
        return self.unequal(self.sided(f"flags {shown(low)}/{shown(mask)}", lambda r, end: r["flags"][end] & mask == low))

    def plain(self, _row):
        own = lambda r, end: r["zones"][end] in self.zones and self.zones[r["zones"][end]]["own"]
        same = lambda r: self.name(r["zones"][0]) == self.name(r["zones"][1])
        return self.dice.choice((
            ("one-way", lambda r: r["packets"][1] == 0),
            ("sure", lambda r: SYN <= r["opened"] <= SURE),
            ("cross", lambda r: own(r, 0) and own(r, 1) and not same(r)),
            ("inside", lambda r: own(r, 0) and own(r, 1) and same(r)),
            ("in", lambda r: own(r, 1) and not own(r, 0)),
            ("out", lambda r: own(r, 0) and not own(r, 1)),
            ("transit", lambda r: not own(r, 0) and not own(r, 1)),
        ))

    def deep(self):
        """"and" and "or" inside each other, more often than a parser's stack has room for."""
        text, judge = self.dice.choice(self.tests)(self.row())
        is_or = self.dice.randrange(2)
        for _ in range(self.dice.choice((13, 60, 250))):
            other, judge_other = self.dice.choice([test for test in self.tests if test != self.nets])(self.row())
            parts = [f"({text})", other]
            self.dice.shuffle(parts)
            text = (" or " if is_or else " and ").join(parts)
            judge = lambda r, inner=judge, outer=judge_other, join=any if is_or else all: join((outer(r), inner(r)))
            is_or = not is_or
        return text, judge

    def make(self, depth=0):
        if depth == 0 and self.dice.randrange(8) == 0:
            return self.deep()
        kind = self.dice.randrange(6)
        if depth > 3 or kind < 2:
            return self.dice.choice(self.tests)(self.row())
        if kind == 2:
            text, judge = self.make(depth + 1)
            return f"not ({text})", lambda r: not judge(r)
        parts = [self.make(depth + 1) for _ in range(self.dice.choice((2, 2, 3)))]
        word, join = (" and ", all) if kind < 5 and kind != 3 else (" or ", any)
        return "(" + word.join(text for text, _ in parts) + ")", lambda r: join(judge(r) for _, judge in parts)


def read(path):
    store = sqlite3.connect(path)
    zones = {zone_id: {"number": number, "name": name, "own": zone_id % 3 != 0}
             for zone_id, number, name in store.execute("SELECT zone_id, number, name FROM fz_zone ORDER BY zone_id")}
    rows = []
    columns = ("l.load_id, r.row_no, l.location, l.sensor, l.source, r.sip, r.dip, r.sip_zone, r.dip_zone, r.sport, r.dport, r.protocol, r.vlan, "
               "r.sip_packets, r.dip_packets, r.sip_bytes, r.dip_bytes, r.sip_ip_bytes, r.dip_ip_bytes, r.sip_tcp_flags, r.dip_tcp_flags, r.opened, "
               "r.end_us - r.start_us")
    for cells in store.execute(f"SELECT {columns} FROM fz_load l JOIN fz_flow r ON r.load_id = l.load_id"):
        rows.append({"key": cells[:2], "location": cells[2], "sensor": cells[3], "source": cells[4],
                     "addrs": [ipaddress.ip_address(addr) for addr in cells[5:7]], "zones": cells[7:9], "ports": cells[9:11], "protocol": cells[11],
                     "vlan": cells[12], "packets": cells[13:15], "bytes": cells[15:17], "ip-bytes": cells[17:19], "flags": cells[19:21],
                     "opened": cells[21], "duration": cells[22]})
    return store, zones, rows


def main():
    seed, count, printer, path = sys.argv[1:5]
    client = sys.argv[5:]
    store, zones, rows = read(path)
    labels = {word: sorted({row[word] for row in rows}) for word in ("location", "sensor")}
    filters = Filters(random.Random(int(seed)), zones, rows, labels)
    made = [filters.make() for _ in range(int(count))]
    lines = [f"zone\t{i}\t{int(zone['own'])}\t{zone['number']}\t{zone['name']}" for i, zone in zones.items()]
    lines += [f"{word}\t{label}" for word, all_of in labels.items() for label in all_of]
    lines += [f"filter\t{text}" for text, _ in made]
    shown = subprocess.run([printer, "mariadb" if client else "sqlite"], input="".join(line + "\n" for line in lines), capture_output=True,
                           text=True, check=True).stdout.splitlines()
    assert len(shown) == len(made), "a line for each filter"
    found, statements, wrong = {}, [], 0
    for i, line in enumerate(shown):
        status, sql = line.split("\t", 1)
        if status != "ok":
            print(f"{made[i][0][:300]}: {sql}")
            wrong += 1
            continue
        found[i] = set()
        statements.append(f"SELECT {i}, l.load_id, r.row_no FROM fz_load l JOIN fz_flow r ON r.load_id = l.load_id WHERE {sql};\n")
    if client:
        run = subprocess.run(client, input="".join(statements), capture_output=True, text=True, check=False)
        if run.returncode:
            print(run.stderr[:600])
            wrong += 1
        answers = [tuple(map(int, line.split("\t"))) for line in run.stdout.splitlines()]
    else:
        answers = [cells for statement in statements for cells in store.execute(statement)]
    for i, load_id, row_no in answers:
        found[i].add((load_id, row_no))
    picked = 0
    for i, keys in found.items():
        expected = {row["key"] for row in rows if made[i][1](row)}
        picked += 0 < len(expected) < len(rows)
        if keys != expected:
            print(f"{made[i][0][:300]}\n  {len(keys)} rows, expected {len(expected)}: {shown[i][:600]}")
            wrong += 1
    print(f"seed {seed}: {len(made)} filters of {len(rows)} rows, {picked} pick some of them, {wrong} wrong")
    sys.exit(wrong > 0 or picked * 3 < len(made))


if __name__ == "__main__":
    main()
