#!/usr/bin/env python3
"""Answers of `flowzone top` and `flowzone flows`, compared with sums over the rows of a SQLite store, added up here.

    answers.py top FLOWZONE STORE ASKED SEED COUNT     ASKED: the arguments that name what is asked, such as --from=sqlite:net.db
    answers.py flows FLOWZONE STORE ASKED
    answers.py time FLOWZONE STORE ASKED
    answers.py matrix FLOWZONE STORE ASKED
    answers.py periods FLOWZONE STORE ASKED
"""
import collections
import csv
import datetime
import io
import ipaddress
import random
import sqlite3
import subprocess
import sys


class Row:
    """A conversation, as the tables of the store have it."""

    def __init__(self, cells, zones, loads):
        (self.load_id, self.row_no, self.start, self.end, sip, dip, self.sport, self.dport, sip_zone, dip_zone, self.protocol, self.vlan,
         self.sip_packets, self.dip_packets, self.sip_bytes, self.dip_bytes, self.opened) = cells
        self.ends = (ipaddress.ip_address(sip), ipaddress.ip_address(dip))
        self.zones = (zones.get(sip_zone, "(no zone)"), zones.get(dip_zone, "(no zone)"))
        self.ports = (self.sport, self.dport)
        self.packets = (self.sip_packets, self.dip_packets)
        self.bytes = (self.sip_bytes, self.dip_bytes)
        self.source, self.sensor, self.location = loads[self.load_id]

    def service_port(self):
        if 1 <= self.opened <= 5:
            return self.dport
        ports = [port for port in self.ports if port]
        return min(ports) if ports else 0


def read(store):
    """All conversations of a store."""
    base = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    zones = dict(base.execute("SELECT zone_id, name FROM fz_zone"))
    loads = {row[0]: row[1:] for row in base.execute("SELECT load_id, source, sensor, location FROM fz_load")}
    cells = base.execute("SELECT load_id, row_no, start_us, end_us, sip, dip, sport, dport, sip_zone, dip_zone, protocol, vlan, sip_packets, "
                         "dip_packets, sip_bytes, dip_bytes, opened FROM fz_flow")
    return [Row(row, zones, loads) for row in cells]


def net(address, bits):
    """The network of an address that answers group it by."""
    return str(ipaddress.ip_network(f"{address}/{bits if address.version == 4 else 48}", strict=False))


# What each word groups by: a function of the row and of the end whose turn it is, and whether that is either end.
DIMENSIONS = {
    "host": (lambda row, end: (str(row.ends[end]),), True),
    "client": (lambda row, end: (str(row.ends[0]),), False),
    "server": (lambda row, end: (str(row.ends[1]),), False),
    "pair": (lambda row, end: (str(row.ends[0]), str(row.ends[1])), False),
    "zone": (lambda row, end: (row.zones[end],), True),
    "client.zone": (lambda row, end: (row.zones[0],), False),
    "server.zone": (lambda row, end: (row.zones[1],), False),
    "zones": (lambda row, end: row.zones, False),
    "port": (lambda row, end: (str(row.ports[end]),), True),
    "client.port": (lambda row, end: (str(row.ports[0]),), False),
    "server.port": (lambda row, end: (str(row.ports[1]),), False),
    "service": (lambda row, end: ((row.protocol, row.service_port()),), False),
    "proto": (lambda row, end: ((row.protocol,),), False),
    "net/24": (lambda row, end: (net(row.ends[end], 24),), True),
    "client.net/16": (lambda row, end: (net(row.ends[0], 16),), False),
    "server.net/8": (lambda row, end: (net(row.ends[1], 8),), False),
    "vlan": (lambda row, end: (str(row.vlan),), False),
    "location": (lambda row, end: (row.location,), False),
    "sensor": (lambda row, end: (row.sensor,), False),
    "source": (lambda row, end: (row.source,), False),
    "hour": (lambda row, end: (("hour", row.start // 3600000000),), False),
    "day": (lambda row, end: (("day", row.start // 86400000000),), False),
}


def ask(flowzone, *arguments):
    """The rows of an answer in CSV."""
    done = subprocess.run([flowzone, *arguments, "--format=csv"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: status {done.returncode}: {done.stderr}")
    return list(csv.DictReader(io.StringIO(done.stdout))), done.stderr


def add_up(rows, words):
    """Sums by the key of each group: flows, packets and bytes that the client sent, and the server; peers; first and last time."""
    groups = collections.defaultdict(lambda: [0, [0, 0], [0, 0], set(), [], []])
    either = any(DIMENSIONS[word][1] for word in words)
    for row in rows:
        keys = set()
        for end in (0, 1) if either else (0,):
            key = sum((DIMENSIONS[word][0](row, end) for word in words), ())
            group = groups[key]
            group[0] += key not in keys
            keys.add(key)
            for side in (0, 1):
                group[1][side] += row.packets[side ^ end]
                group[2][side] += row.bytes[side ^ end]
            group[3].add(row.ends[1 - end])
            group[4].append((row.start, row.end))
            group[5].append(sum(row.bytes))
    return groups, either


def check_top(flowzone, asked, rows, words, limit, since, until):
    """One question: 0 faults or a text."""
    chosen = [row for row in rows if (since is None or row.start >= since * 1000000) and (until is None or row.start < until * 1000000)]
    groups, either = add_up(chosen, words)
    arguments = ["top", *asked, "--by=" + ",".join(words), f"--rows={limit}"]
    arguments += [f"--since={since}"] if since is not None else []
    arguments += [f"--until={until}"] if until is not None else []
    answer, told = ask(flowzone, *arguments)
    shown = [row for row in answer if row["rank"] != "other"]
    rest = [row for row in answer if row["rank"] == "other"]
    faults = []

    def sums(row):
        sides = ("sent", "received") if either else ("client", "server")
        return (int(row["flows"]), *(int(row[f"{side}_{what}"]) for what in ("packets", "bytes") for side in sides))

    expected = sorted(((group[0], *group[1], *group[2]) for group in groups.values()), key=lambda group: -(group[3] + group[4]))
    got = [sums(row) for row in shown]
    if sorted(got) != sorted(expected) if limit > len(expected) else sorted(map(lambda g: g[3] + g[4], got)) != sorted(
            g[3] + g[4] for g in expected[:limit]):
        faults.append(f"sums differ: {len(got)} rows, expected {len(expected)}")
    total = tuple(map(sum, zip(*map(sums, answer)))) if answer else ()
    whole = tuple(map(sum, zip(*expected))) if expected else ()
    if total != whole:
        faults.append(f"rows and rest are {total}, expected {whole}")
    if len(expected) > limit and (len(rest) != 1 or int(rest[0]["groups"]) != len(expected) - limit):
        faults.append("the rest is not what is not shown")
    order = [int(row["bytes"]) for row in shown]
    if order != sorted(order, reverse=True):
        faults.append("not in the order of bytes")
    # Texts, where they are known here without the program's tables.
    names = [column for column in (answer[0] if answer else {}) if column not in ("rank", "groups")][:1]
    plain = {key: group for key, group in groups.items() if all(isinstance(part, str) for part in key)}
    if plain and len(plain) == len(groups) and limit > len(groups) and len(words) == 1 and names:
        width = len(next(iter(groups)))
        columns = list(answer[0])[2:2 + width]
        for row in shown:
            key = tuple(row[column] for column in columns)
            if key not in groups or sums(row) != (groups[key][0], *groups[key][1], *groups[key][2]):
                faults.append(f"{key}: got {sums(row)}, expected {groups[key][:3] if key in groups else None}")
                break
    return [f"{' '.join(arguments)}: {fault}" for fault in faults], told


def top(flowzone, store, asked, seed, count):
    rows = read(store)
    source = random.Random(seed)
    first, last = min(row.start for row in rows) // 1000000, max(row.start for row in rows) // 1000000
    faults, tiers = [], collections.Counter()
    for number in range(count):
        words = [list(DIMENSIONS)[number % len(DIMENSIONS)]]
        if source.random() < 0.4:
            words += source.sample(sorted(set(DIMENSIONS) - set(words) - {"pair", "zones", "client", "server", "client.zone", "server.zone"}), 1)
        since = until = None
        if source.random() < 0.5:
            unit = source.choice([1, 3600, 3600, 86400])
            since = source.randint(first, last) // unit * unit
            until = source.choice([None, since + source.randint(1, 48) * unit])
        found, told = check_top(flowzone, asked, rows, words, source.choice([1, 5, 1000000]), since, until)
        tiers["sums" if "from sums" in " ".join(told.split()) else "details"] += 1
        faults += found
    print("\n".join(faults) if faults else f"{count} questions of {len(rows)} conversations: all equal, {dict(tiers)}")
    return not faults


def flows(flowzone, store, asked):
    rows = {(row.load_id, row.row_no): row for row in read(store)}
    answer, _ = ask(flowzone, "flows", *asked)
    faults = []
    if len(answer) != len(rows):
        faults.append(f"{len(answer)} rows, expected {len(rows)}")
    for line in answer:
        row = rows.get((int(line["load_id"]), int(line["row_no"])))
        if not row:
            faults.append(f"no such row: {line}")
            break
        got = (line["client"], line["server"], int(line["client_port"]), int(line["server_port"]), line["client_zone"], line["server_zone"],
               int(line["client_packets"]), int(line["server_packets"]), int(line["client_bytes"]), int(line["server_bytes"]), line["source"])
        expected = (str(row.ends[0]), str(row.ends[1]), row.sport, row.dport, *row.zones, *row.packets, *row.bytes, row.source)
        if got != expected:
            faults.append(f"{got}, expected {expected}")
            break
    orders = {"begin": (lambda row: row.start, "began"), "duration": (lambda row: row.end - row.start, "duration_us"),
              "packets": (lambda row: sum(row.packets), "packets"), "bytes": (lambda row: sum(row.bytes), "bytes")}
    for sort, (amount, column) in orders.items():
        answer = ask(flowzone, "flows", *asked, f"--sort={sort}", "--rows=40")[0]
        got = [(int(line["load_id"]), int(line["row_no"])) for line in answer]
        expected = sorted(rows.values(), key=lambda row: (amount(row), row.start, row.load_id, row.row_no), reverse=True)[:40]
        if got != [(row.load_id, row.row_no) for row in expected]:
            faults.append(f"--sort {sort}: {got[:3]}, expected {[(row.load_id, row.row_no) for row in expected[:3]]}")
        joined = [line[column] for line in ask(flowzone, "flows", *asked, f"--sort={sort}", "--rows=40", "--join")[0]]
        everything = [line[column] for line in ask(flowzone, "flows", *asked, "--join")[0]]
        if joined != sorted(everything, key=str if sort == "begin" else int, reverse=True)[:40]:
            faults.append(f"--sort {sort} --join: {joined[:3]}")
    print("\n".join(faults) if faults else f"{len(rows)} conversations: all equal")
    return not faults


def when(text):
    """Seconds since 1970 of a time in CSV."""
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp())


def time(flowzone, store, asked):
    base = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    zones = dict(base.execute("SELECT zone_id, name FROM fz_zone"))
    faults, tried = [], 0
    for words, bin_s in (("traffic", 60), ("traffic", 3600), ("from.zone", 900), ("to.zone", 86400)):
        expected = collections.Counter()
        for minute, from_zone, to_zone, packets, count in base.execute("SELECT minute, from_zone, to_zone, packets, bytes FROM fz_minute"):
            names = (zones.get(from_zone, "(no zone)"), zones.get(to_zone, "(no zone)"))
            series = " \u2192 ".join(names) if words == "traffic" else names[words == "to.zone"]
            expected[minute // bin_s * bin_s, series, "packets"] += packets
            expected[minute // bin_s * bin_s, series, "bytes"] += count
        answer, _ = ask(flowzone, "time", *asked, f"--by={words}", f"--bin={bin_s // 60}m")
        got = {(when(row["begin"]), row["series"], what): int(row[what]) for row in answer for what in ("packets", "bytes")}
        tried += len(got)
        if got != dict(expected):
            faults.append(f"--by={words} --bin={bin_s}: {len(got)} values, expected {len(expected)}")
    for words, bin_s in (("zones", 60), ("zones", 3600), ("server.zone", 7200), ("client", 86400)):
        groups = collections.Counter()
        for row in read(store):
            key = " \u2192 ".join(DIMENSIONS[words][0](row, 0))
            for what, amount in (("flows", 1), ("packets", sum(row.packets)), ("bytes", sum(row.bytes))):
                groups[row.start // 1000000 // bin_s * bin_s, key, what] += amount
        answer, _ = ask(flowzone, "time", *asked, f"--by={words}", f"--bin={bin_s // 60}m")
        got = {(when(row["begin"]), row["series"], what): int(row[what]) for row in answer for what in ("flows", "packets", "bytes")}
        tried += len(got)
        if got != dict(groups):
            faults.append(f"--by={words} --bin={bin_s}: {len(got)} values, expected {len(groups)}")
    print("\n".join(faults) if faults else f"{tried} values of 8 questions: all equal")
    return not faults


def matrix(flowzone, store, asked):
    groups = collections.Counter()
    for row in read(store):
        for what, amount in (("flows", 1), ("packets", sum(row.packets)), ("bytes", sum(row.bytes))):
            groups[(*row.zones, what)] += amount
    answer, _ = ask(flowzone, "matrix", *asked)
    got = {(row["client_zone"], row["server_zone"], what): int(row[what]) for row in answer for what in ("flows", "packets", "bytes")}
    same = got == dict(groups)
    print(f"{len(got)} cells: all equal" if same else f"{len(got)} cells, expected {len(groups)}, or others")
    return same


def captures_of(store, since, until):
    """How many captures touch a time, and which time of it they cover, as the last line of an answer has it."""
    base = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    ends = [(max(start, since * 1000000), min(end, until * 1000000)) for start, end in base.execute("SELECT start_us, end_us FROM fz_load")
            if end >= since * 1000000 and start < until * 1000000]
    start = datetime.datetime.fromtimestamp(min(ends)[0] // 60000000 * 60, datetime.timezone.utc)
    end = datetime.datetime.fromtimestamp(-(-max(end for _, end in ends) // 60000000) * 60, datetime.timezone.utc)
    same = start.date() == end.date()
    return f"{len(ends)} captures, {start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if same else '%Y-%m-%d %H:%M'}} UTC"


def check_changes(flowzone, question, bytes_of, words):
    """--sort change: groups of both periods by what changed, and what is not shown in "other"."""
    faults = []
    changes = sorted(((bytes_of[1].get(key, 0), bytes_of[0].get(key, 0)) for key in {**bytes_of[0], **bytes_of[1]}),
                     key=lambda pair: (-abs(pair[0] - pair[1]), pair[1] - pair[0]))
    for limit, more in ((1000000, []), (5, []), (1, []), (3, ["--having", "bytes > 20k"])):
        wanted = [pair for pair in changes if not more or pair[0] > 20000 or (pair[0] == 0 and pair[1] > 20000)]
        answer = ask(flowzone, *question, f"--rows={limit}", "--sort=change", *more)[0]
        got = [(int(row["bytes"]), int(row["before"] or 0), int(row["change"])) for row in answer]
        expected = [(now, before, now - before) for now, before in wanted[:limit]]
        if wanted[limit:]:
            now, before = (sum(pair[i] for pair in wanted[limit:]) for i in (0, 1))
            expected.append((now, before, now - before))
        rest = [int(row["groups"]) for row in answer if row["rank"] == "other"]
        if got != expected or rest != ([len(wanted) - limit] if wanted[limit:] else []):
            faults.append(f"{words} --sort=change --rows={limit} {more}: {got[:3]} ... {got[-1:]}, expected {expected[:3]} ... {expected[-1:]}")
    top_bytes = ask(flowzone, *question, "--rows=2")[0]
    both = sorted(((now, before) for key, now in bytes_of[1].items() for before in [bytes_of[0].get(key, 0)]), reverse=True)[2:]
    if both and (int(top_bytes[-1]["before"]), int(top_bytes[-1]["change"])) != (sum(b for _, b in both), sum(n - b for n, b in both)):
        faults.append(f"{words} --vs --rows=2: other has {top_bytes[-1]['before']}, {top_bytes[-1]['change']}")
    return faults


def check_last_lines(flowzone, store, asked, rows, first, middle):
    """The last line of --vs, --new and --gone: the sums of what is listed, or none; and both periods."""
    early, late = captures_of(store, first, middle), captures_of(store, middle, 1 << 40)
    faults = []

    def expect(covered, against, *arguments):
        done = subprocess.run([flowzone, "top", *asked, "--exact", "--utc", "--format=csv", *arguments], capture_output=True, text=True, check=False)
        if not done.stderr.startswith(covered + "; ") or f"; {against}from " not in done.stderr:
            faults.append(f"{' '.join(arguments)}: {done.stderr!r}, expected {covered!r} and {against!r}")

    halves = [add_up([row for row in rows if (row.start < middle * 1000000) is is_early], ["client"])[0] for is_early in (True, False)]
    both = [f"--since={middle}", f"--vs={first}..{middle}"]
    for more, of, captures, other in (("--new", 1, late, early), ("--gone", 0, early, late)):
        listed = [group for key, group in halves[of].items() if key not in halves[1 - of]]
        amount, count = sum(sum(group[2]) for group in listed), sum(group[0] for group in listed)
        expect(f"{amount:,} bytes in {count:,} conversations of {captures}", f"against {other}; ", "--by=client", more, *both)
        for word in ("host", "zone", "port"):
            expect(captures, f"against {other}; ", f"--by={word}", more, *both)
    day = first // 86400 * 86400 + 86400  # whole days: from sums of hosts
    for more, captures, other in (("--new", captures_of(store, day, 1 << 40), captures_of(store, day - 86400, day)),
                                  ("--gone", captures_of(store, day - 86400, day), captures_of(store, day, 1 << 40))):
        expect(captures, f"against {other}; ", "--by=host", more, f"--since={day}", f"--vs={day - 86400}..{day}")
    expect(late, "", "--by=host", "--having=bytes > 1", f"--since={middle}")
    span = [datetime.datetime.fromtimestamp(time, datetime.timezone.utc) for time in (2 * first - middle, first)]
    chosen = [row for row in rows if row.start < middle * 1000000]
    for more in ([], ["--new"]):
        expect(f"{sum(sum(row.bytes) for row in chosen):,} bytes in {len(chosen):,} conversations of {early}",
               f"against {span[0]:%Y-%m-%d %H:%M} to {span[1]:%H:%M} UTC: no captures; ",
               "--by=zones", f"--since={first}", f"--until={middle}", "--vs=previous", *more)
    return faults


def periods(flowzone, store, asked):
    """--vs, --new, --gone and find new: two halves of all that is there."""
    rows = read(store)
    first, last = min(row.start for row in rows) // 1000000, max(row.start for row in rows) // 1000000 + 1
    middle = (first + last) // 2
    faults = []
    for words in (["pair"], ["client", "proto"], ["zones"], ["server.port"]):
        halves = [add_up([row for row in rows if (row.start < middle * 1000000) is early], words)[0] for early in (True, False)]
        bytes_of = [{key: sum(group[2]) for key, group in half.items()} for half in halves]
        base = ["top", *asked, "--by=" + ",".join(words), f"--since={middle}", f"--vs={first}..{middle}", "--rows=1000000"]
        new = sorted(amount for key, amount in bytes_of[1].items() if key not in bytes_of[0])
        gone = sorted(amount for key, amount in bytes_of[0].items() if key not in bytes_of[1])
        both = sorted((amount, bytes_of[0].get(key, 0)) for key, amount in bytes_of[1].items())
        for name, more, expected in (("new", ["--new"], new), ("gone", ["--gone"], gone)):
            got = sorted(int(row["bytes"]) for row in ask(flowzone, *base, *more)[0])
            if got != expected:
                faults.append(f"{words} --{name}: {len(got)} groups, expected {len(expected)}")
        answer = ask(flowzone, *base)[0]
        if sorted((int(row["bytes"]), int(row["before"] or 0)) for row in answer) != both:
            faults.append(f"{words} --vs: not the same")
        if any(int(row["change"]) != int(row["bytes"]) - int(row["before"] or 0) for row in answer):
            faults.append(f"{words} --vs: change is not the difference")
        faults += check_changes(flowzone, base[:-1], bytes_of, words)
    faults += check_last_lines(flowzone, store, asked, rows, first, middle)
    found = subprocess.run([flowzone, "find", "new", *asked, f"--since={middle}", f"--vs={first}..{middle}", "--format=csv", "--rows=0"],
                           capture_output=True, text=True, check=False)
    keys = [set(add_up([row for row in rows if (row.start < middle * 1000000) is early], ["client", "server", "service"])[0]) for early in (True, False)]
    if found.returncode != 4 or len(found.stdout.splitlines()) - 1 != len(keys[1] - keys[0]):
        faults.append(f"find new: status {found.returncode}, {len(found.stdout.splitlines()) - 1} rows, expected {len(keys[1] - keys[0])}")
    print("\n".join(faults) if faults else f"{len(keys[1] - keys[0])} new groups of conversations and more: all equal")
    return not faults


if __name__ == "__main__":
    what, program, base = sys.argv[1:4]
    if what == "top":
        ended = top(program, base, sys.argv[4].split("\n"), int(sys.argv[5]), int(sys.argv[6]))
    else:
        ended = {"flows": flows, "time": time, "matrix": matrix, "periods": periods}[what](program, base, sys.argv[4].split("\n"))
    sys.exit(0 if ended else 1)
