"""Random filters on the command line: what `flowzone flows` and `flowzone top` answer, compared with what Python picks and adds up, which reads
the tables of a SQLite store and knows no SQL.

filter_answers.py stores SEED COUNT FLOWZONE STORE BUILT_IN FROM...    each FROM holds what STORE holds; BUILT_IN, another store, has built-in zones
                                                                       alone
filter_answers.py captures SEED COUNT FLOWZONE STORE BUILT_IN WORD...  WORDs name the captures that STORE was made of, and their zones
filter_answers.py display SEED COUNT FLOWZONE STORE BUILT_IN CAPTURE TSHARK...  tshark counts the frames and bytes that the rows have
SPDX-License-Identifier: GPL-2.0-or-later
"""

import collections
import datetime
import ipaddress
import json
import random
import re
import socket
import sqlite3
import subprocess
import sys

import filter_display
import filter_sql

HOUR, DAY = 3600, 86400
NO_ZONE = "(no zone)"
DISPLAY_KEYS = 200
# What sums by hour have, and those by address.
SUMMED = (["zone", "zones", "client.zone", "server.zone", "service", "proto", "direction", "sensor", "location", "hour", "day"],
          ["host", "host", "zone", "sensor", "location"])
EITHER = ["zone", "zone", "port", "host", "net/16", "proto", "vlan"]


class Names:
    """What rows have as numbers and answers as words: each number has one word, and no other has it."""

    def __init__(self):
        self.words, self.numbers = {}, {}

    def same(self, number, word):
        return self.words.setdefault(number, word) == word and self.numbers.setdefault(word, number) == number


def summed_filter(dice, filters, of_hosts):
    """One of what sums have too."""
    tests = [filters.label] if of_hosts else [filters.label, filters.zone, filters.service, filters.proto, filters.plain]
    return dice.choice((*tests, lambda _: ("", lambda row: True)))(filters.row())


class Store:
    """A store's rows, and what answers call them."""

    def __init__(self, path, built_in):
        base, self.zones, self.rows = filter_sql.read(path)
        given = set(sqlite3.connect(built_in).execute("SELECT location, prefix, number, name FROM fz_zone"))
        for zone_id, *texts in base.execute("SELECT zone_id, location, prefix, number, name FROM fz_zone"):
            self.zones[zone_id]["own"] = tuple(texts) not in given
        more = {(load, row): rest for load, row, *rest in base.execute("SELECT load_id, row_no, start_us, end_us FROM fz_flow")}
        for row in self.rows:
            row["start"], row["end"] = more[row["key"]]
            row["names"] = [self.zones[zone]["name"] if zone in self.zones else NO_ZONE for zone in row["zones"]]
            row["own"] = [zone in self.zones and self.zones[zone]["own"] for zone in row["zones"]]
        self.labels = {word: sorted({row[word] for row in self.rows}) for word in ("location", "sensor")}
        self.protocols, self.services, self.opened = Names(), Names(), Names()

    def filters(self, dice):
        return filter_sql.Filters(dice, self.zones, self.rows, self.labels)


def clock(microseconds):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M:%S.%f")


def addr_text(addr):
    """As libc prints it."""
    return socket.inet_ntop(socket.AF_INET if addr.version == 4 else socket.AF_INET6, addr.packed)


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def answer_of(command):
    """The rows of an answer in JSON, and its last lines; or a fault."""
    done = run([*command, "--format=json"])
    if done.returncode != 0:
        return None, f"status {done.returncode}: {done.stderr[:600]}"
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def shown(command):
    return " ".join(word if re.fullmatch(r"[\w./:=,-]+", word) else repr(word) for word in command[1:])[:900]


# flows.

def flow_cells(row):
    cells = {"began": clock(row["start"]), "ended": clock(row["end"]), "duration_us": row["duration"], "vlan": row["vlan"],
             "packets": sum(row["packets"]), "bytes": sum(row["bytes"]), "parts": 1, "source": row["source"], "sensor": row["sensor"],
             "location": row["location"], "load_id": row["key"][0], "row_no": row["key"][1]}
    for end, side in enumerate(("client", "server")):
        cells |= {side: addr_text(row["addrs"][end]), f"{side}_port": row["ports"][end], f"{side}_zone": row["names"][end],
                  f"{side}_packets": row["packets"][end], f"{side}_bytes": row["bytes"][end], f"{side}_ip_bytes": row["ip-bytes"][end],
                  f"{side}_tcp_flags": row["flags"][end]}
    return cells


def check_flows(store, command, picked):
    """The faults of an answer: rows, and their order."""
    answer, told = answer_of(command)
    if answer is None:
        return [told]
    expected = sorted(picked, key=lambda row: (row["start"], *row["key"]), reverse=True)
    if len(answer) != len(expected):
        return [f"{len(answer)} rows, expected {len(expected)}"]
    for line, row in zip(answer, expected):
        service = row["protocol"], filter_sql.Filters.service_port(row)
        named = (store.protocols.same(row["protocol"], line.pop("protocol")) and store.services.same(service, line.pop("service")) and
                 store.opened.same(row["opened"], line.pop("opened")))
        line.pop("community_id")
        cells = flow_cells(row)
        if line != cells or not named:
            return [f"{ {key: (line.get(key), cells.get(key)) for key in line.keys() | cells.keys() if line.get(key) != cells.get(key)} }"]
    return []


# top. Dimensions: the columns, whether they are of either end, and the cells of a row for an end.

def net_of(addr, bits):
    net = ipaddress.ip_network((addr, bits if addr.version == 4 else 48), strict=False)
    return f"{addr_text(net.network_address)}/{net.prefixlen}"


def direction(row):
    own, same = row["own"], row["names"][0] == row["names"][1]
    return ("inside" if same else "cross") if all(own) else "out" if own[0] else "in" if own[1] else "transit"


def floor(row, seconds):
    return clock(row["start"] // (seconds * 1000000) * seconds * 1000000)


def dimensions_of(store):
    made = {
        "host": (("host",), True, lambda r, end: (addr_text(r["addrs"][end]),)),
        "zone": (("zone",), True, lambda r, end: (r["names"][end],)),
        "port": (("port",), True, lambda r, end: (r["ports"][end],)),
        "pair": (("client", "server"), False, lambda r, _: tuple(map(addr_text, r["addrs"]))),
        "zones": (("client_zone", "server_zone"), False, lambda r, _: tuple(r["names"])),
        "service": (("service",), False, lambda r, _: (store.services.words[r["protocol"], filter_sql.Filters.service_port(r)],)),
        "proto": (("protocol",), False, lambda r, _: (store.protocols.words[r["protocol"]],)),
        "vlan": (("vlan",), False, lambda r, _: (r["vlan"],)),
        "direction": (("direction",), False, lambda r, _: (direction(r),)),
        "location": (("location",), False, lambda r, _: (r["location"],)),
        "sensor": (("sensor",), False, lambda r, _: (r["sensor"],)),
        "source": (("source",), False, lambda r, _: (r["source"],)),
        "minute": (("minute",), False, lambda r, _: (floor(r, 60),)),
        "hour": (("hour",), False, lambda r, _: (floor(r, HOUR),)),
        "day": (("day",), False, lambda r, _: (floor(r, DAY),)),
    }
    for words, end in (((("client", "client"), ("src", "client")), 0), ((("server", "server"), ("dst", "server")), 1)):
        for word, column in words:
            made[word] = (column,), False, lambda r, _, end=end: (addr_text(r["addrs"][end]),)
            made[word + ".zone"] = (column + "_zone",), False, lambda r, _, end=end: (r["names"][end],)
        made[column + ".port"] = (column + "_port",), False, lambda r, _, end=end: (r["ports"][end],)
        for bits in (8, 16, 24):
            made[f"{column}.net/{bits}"] = (column + "_net",), False, lambda r, _, end=end, bits=bits: (net_of(r["addrs"][end], bits),)
    for bits in (8, 16, 24):
        made[f"net/{bits}"] = ("host_net",), True, lambda r, end, bits=bits: (net_of(r["addrs"][end], bits),)
    return made


class Group:
    def __init__(self):
        self.flows, self.packets, self.bytes, self.ip_bytes = 0, [0, 0], [0, 0], [0, 0]
        self.peers, self.times, self.each = set(), [], []

    def add(self, row, end, peer_end, counted):
        if not counted:
            self.flows += 1
            self.each.append(sum(row["bytes"]))
        for sums, word in ((self.packets, "packets"), (self.bytes, "bytes"), (self.ip_bytes, "ip-bytes")):
            for side in (0, 1):
                sums[side] += row[word][side ^ end]
        self.peers.add(row["addrs"][peer_end])
        self.times += [row["start"], row["end"]]

    def duration(self):
        return max(self.times) - min(self.times)

    def rate(self):
        return sum(self.bytes) * 8e6 / self.duration() if self.duration() else None

    def measure(self, sort):
        return {"bytes": sum(self.bytes), "packets": sum(self.packets), "flows": self.flows, "peers": len(self.peers),
                "duration": self.duration(), "rate": -1 if self.rate() is None else self.rate()}[sort]

    def cells(self, sides, peers, spread):
        ranks = [sorted(self.each)[-(-len(self.each) * percent // 100) - 1] if spread else None for percent in (50, 95)]
        cells = {"flows": self.flows, "packets": sum(self.packets), "bytes": sum(self.bytes), "ip_bytes": sum(self.ip_bytes)}
        for word, sums in (("packets", self.packets), ("bytes", self.bytes)):
            cells |= {f"{side}_{word}": sums[i] for i, side in enumerate(sides)}
        return cells | {"peers": len(self.peers) if peers else None, "duration_us": self.duration(),
                        "bits_per_second": None if self.rate() is None else int(self.rate()), "median_bytes": ranks[0], "p95_bytes": ranks[1],
                        "before": None, "change": None}


def random_having(dice, groups, with_peers):
    """A filter of sums: its text, and what it is of a group."""
    group = dice.choice(groups)
    word = dice.choice(("bytes", "packets", "ip-bytes", "src bytes", "dst packets", "src ip-bytes", "flows", "duration", "rate",
                        *(("peers",) if with_peers else ())))
    operator = dice.choice(list(filter_sql.OPERATORS))
    compare = filter_sql.OPERATORS[operator]
    sums = {"bytes": lambda g: g.bytes, "packets": lambda g: g.packets, "ip-bytes": lambda g: g.ip_bytes}
    if word == "rate":
        limit = int(group.rate() or 0)
        return f"rate {operator} {limit}", lambda g: g.duration() > 0 and compare(sum(g.bytes) * 8000000, limit * g.duration())
    if word == "duration":
        limit = group.duration()
        return f"duration {operator} {limit}us", lambda g: compare(g.duration(), limit)
    if word in ("flows", "peers"):
        of = (lambda g: g.flows) if word == "flows" else (lambda g: len(g.peers))
    elif " " in word:
        side, name = word.split()
        of = lambda g: sums[name](g)[side == "dst"]
    else:
        of = lambda g: sum(sums[word](g))
    limit = of(group)
    return f"{word} {operator} {limit}", lambda g: compare(of(g), limit)


class Top:
    """A random question: its words, and its groups."""

    def __init__(self, dice, dimensions, picked, summed=None):
        """`summed`: words of SUMMED, so that sums may answer."""
        while True:
            self.by = dice.sample(summed or dice.choice((sorted(dimensions), EITHER)), dice.choice((1, 1, 2, 2, 3)))
            self.columns = [column for word in self.by for column in dimensions[word][0]]
            if len(set(self.columns)) == len(self.columns) <= 6:
                break
        self.either = any(dimensions[word][1] for word in self.by)
        ends = {"either" if dimensions[word][1] else end for word in self.by for end in ("client", "server")
                if dimensions[word][1] or any(column.startswith(end) for column in dimensions[word][0])}
        with_peers = len(ends) == 1
        self.words = [f"--by={','.join(self.by)}"]
        if dice.randrange(2) and picked:
            unit = dice.choice((HOUR, DAY, DAY) if summed else (1, HOUR))
            since = dice.choice(picked)["start"] // 1000000 // unit * unit
            until = since + dice.choice((1, 5, 100)) * unit
            picked = [row for row in picked if since * 1000000 <= row["start"] < until * 1000000]
            self.words += [f"--since={since}", f"--until={until}"]
        self.picked, self.tier = picked, "failed"
        peer_end = {"client": 1, "server": 0}.get(next(iter(ends)) if with_peers else None)
        self.groups = collections.defaultdict(Group)
        for row in picked:
            seen = set()
            for end in (0, 1) if self.either else (0,):
                key = tuple(cell for word in self.by for cell in dimensions[word][2](row, end))
                self.groups[key].add(row, end, 1 - end if peer_end is None else peer_end, key in seen)
                seen.add(key)
        self.sort = dice.choice(("bytes", "packets", "flows", *(() if summed else ("duration", "rate", *(("peers",) if with_peers else ())))))
        self.words += [f"--sort={self.sort}"]
        self.having = None
        if dice.randrange(3) == 0 and self.groups:
            self.having, judge = random_having(dice, list(self.groups.values()), with_peers)
            self.groups = {key: group for key, group in self.groups.items() if judge(group)}
            self.words += [f"--having={self.having}"]
        self.peers = self.sort == "peers" or "peers" in (self.having or "")
        self.spread = dice.randrange(5) == 0
        self.words += ["--spread"] if self.spread else []
        self.rows = dice.choice((1, 7, 1000000))
        self.words += [f"--rows={self.rows}"]

    def check(self, command):
        answer, told = answer_of(command)
        if answer is None:
            return [told]
        faults, summed, got = [], "from sums" in " ".join(told.split()), []
        self.tier = "from sums" if summed else "from details"
        sides = ("sent", "received") if self.either else ("client", "server")
        for i, line in enumerate(answer):
            if line["rank"] == "other":
                continue
            key = tuple(line[column] for column in self.columns)
            if key not in self.groups or key in got or line["rank"] != i + 1:
                return [f"{key} at {line['rank']}: no such group, or not again"]
            got.append(key)
            faults += self.compare(f"{key}", line, self.groups[key].cells(sides, self.peers, self.spread), summed)
        order = [self.groups[key].measure(self.sort) for key in got]
        most = sorted((group.measure(self.sort) for group in self.groups.values()), reverse=True)[:self.rows]
        if self.near(order) != self.near(most):
            faults.append(f"in this order: {order[:9]}, expected {most[:9]}")
        others = [group for key, group in self.groups.items() if key not in got]
        if len(others) != sum(line["groups"] for line in answer if line["rank"] == "other") or (others and answer[-1]["rank"] != "other"):
            faults.append(f"{len(others)} other groups expected")
        elif others:
            if any(answer[-1][column] is not None for column in self.columns):
                faults.append("the others have a key")
            faults += self.compare("other", answer[-1], self.joined(others).cells(sides, False, False), summed)
        flows = re.search(r" in ([0-9,]+) conversations? of ", " ".join(told.split()))
        if not self.having and (not flows or int(flows[1].replace(",", "")) != len(self.picked)):
            faults.append(f"{len(self.picked)} conversations expected: {told.strip()}")
        return faults

    @staticmethod
    def near(values):
        """Rates as numbers of 53 bits, which a server may round otherwise."""
        return [f"{value:.12g}" if isinstance(value, float) else value for value in values]

    @staticmethod
    def joined(groups):
        sum_of = Group()
        for group in groups:
            sum_of.flows += group.flows
            for side in (0, 1):
                sum_of.packets[side] += group.packets[side]
                sum_of.bytes[side] += group.bytes[side]
                sum_of.ip_bytes[side] += group.ip_bytes[side]
            sum_of.times += group.times
        return sum_of

    def compare(self, name, line, cells, summed):
        line = {key: value for key, value in line.items() if key not in (*self.columns, "rank", "groups")}
        if summed:
            cells |= {"duration_us": None, "bits_per_second": None}
            if "host" in self.by:  # sums of hosts have no bytes of IP
                cells["ip_bytes"] = None
        if line == cells:
            return []
        return [f"{name}: { {key: (line.get(key), cells.get(key)) for key in line.keys() | cells.keys() if line.get(key) != cells.get(key)} }"]


def tell(faults, command):
    for fault in faults[:3]:
        print(f"{shown(command)}\n  {fault[:900]}")
    return bool(faults)


def stores(seed, count, flowzone, path, built_in, *asked):
    dice, store = random.Random(int(seed)), Store(path, built_in)
    filters, dimensions, wrong, some, tiers = store.filters(dice), dimensions_of(store), 0, 0, collections.Counter()
    wrong += tell(check_flows(store, [flowzone, "flows", f"--from={asked[0]}"], store.rows), [flowzone, "flows"])
    for _ in range(int(count)):
        summed = dice.choice((*SUMMED, None, None, None))
        text, judge = summed_filter(dice, filters, "host" in summed) if summed else filters.make()
        picked = [row for row in store.rows if judge(row)]
        some += 0 < len(picked) < len(store.rows)
        top = Top(dice, dimensions, picked, summed)
        for whom in asked:
            command = [flowzone, "flows", f"--where={text}", f"--from={whom}"]
            wrong += tell(check_flows(store, command, picked), command)
            command = [flowzone, "top", *top.words, f"--where={text}", f"--from={whom}"]
            wrong += tell(top.check(command), command)
            tiers[top.tier] += 1
    print(f"seed {seed}: {count} filters of {len(store.rows)} rows, {some} pick some of them, {dict(sorted(tiers.items()))}, {wrong} wrong")
    return wrong == 0 and some * 3 >= int(count)


def captures(seed, count, flowzone, path, built_in, *words):
    """The same bytes, and the same last line, from captures and from their store."""
    dice, store = random.Random(int(seed)), Store(path, built_in)
    check_flows(store, [flowzone, "flows", f"--from=sqlite:{path}"], store.rows)
    filters, dimensions, wrong, some = store.filters(dice), dimensions_of(store), 0, 0
    for _ in range(int(count)):
        text, judge = filters.make()
        picked = [row for row in store.rows if judge(row)]
        some += 0 < len(picked) < len(store.rows)
        for command in (["flows", f"--where={text}"], ["top", *Top(dice, dimensions, picked).words, f"--where={text}"]):
            way = dice.choice(("table", "csv", "json"))
            of_store = run([flowzone, *command, "--exact", f"--format={way}", f"--from=sqlite:{path}"])
            of_captures = run([flowzone, *command, "--exact", f"--format={way}", *words])
            said = [(done.returncode, done.stdout, done.stderr.splitlines()[-1:]) for done in (of_store, of_captures)]
            if of_store.returncode or said[0] != said[1]:
                wrong += tell([f"store:\n{of_store.stdout[-400:]}{of_store.stderr[:400]}captures:\n{of_captures.stdout[-400:]}"
                               f"{of_captures.stderr[:400]}"], ["", *command, way])
    print(f"seed {seed}: {count} filters of {len(store.rows)} rows, {some} pick some of them, {wrong} wrong")
    return wrong == 0 and some * 3 >= int(count)


def display(seed, count, flowzone, path, built_in, capture, *tshark):
    """Every second filter asks for what frames say; of the others the keys of rows are listed."""
    dice, store = random.Random(int(seed)), Store(path, built_in)
    filters, wrong, ways = store.filters(dice), 0, collections.Counter()
    rows = [row | {"ends": row["addrs"]} for row in store.rows]
    for i in range(int(count)):
        if i % 2:
            test = filter_display.random_filter(dice, rows)
            text, judge = test.text, test.judge
        else:
            text, judge = filters.make()
        if "vlan" in text and not any(row["vlan"] for row in rows):
            continue  # rows without VLANs do not say which frames have one
        picked = [row for row in rows if judge(row)]
        command = [flowzone, "flows", f"--where={text}", "--display-filter", f"--from=sqlite:{path}"]
        done = run(command)
        if done.returncode == 2 and not i % 2 and len(picked) > DISPLAY_KEYS and len(done.stderr.splitlines()) == 1:
            ways["refused"] += 1
            continue
        if done.returncode:
            wrong += tell([f"status {done.returncode}: {done.stderr[:400]}"], command)
            continue
        counted = run([*tshark, "-r", capture, "-Y", done.stdout.rstrip("\n"), "-T", "fields", "-e", "frame.len"])
        lengths = [int(length) for length in counted.stdout.split()]
        found = len(lengths), sum(lengths)
        expected = sum(sum(row["packets"]) for row in picked), sum(sum(row["bytes"]) for row in picked)
        if counted.returncode or found != expected:
            wrong += tell([f"tshark {found}, {len(picked)} rows {expected}\n  {done.stdout[:300]}\n  {counted.stderr[:300]}"], command)
        ways["of keys" if ".src#1 ==" in done.stdout else "of words"] += 1
    print(f"seed {seed}: {count} filters of {len(rows)} rows, {dict(sorted(ways.items()))}, {wrong} wrong")
    return wrong == 0 and (int(count) < 20 or min(ways["of keys"], ways["of words"]) * 10 >= int(count))


if __name__ == "__main__":
    sys.exit(0 if {"stores": stores, "captures": captures, "display": display}[sys.argv[1]](*sys.argv[2:]) else 1)
