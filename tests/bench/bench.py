"""bench.py: the measurements of run.sh, which makes everything ready and calls it.

A contest is one rival and those of ours that do its work. They run in turn, round by round, so that whatever else the machine does
meets all of them; a ratio is that of two neighbours of one round. "Times" is the rival's wall-clock time by ours, the median of the
rounds, then the least and the most; "CPU" the same of processor time, which says more on a busy machine. Memory is the peak of the
largest process. SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import csv
import dataclasses
import ipaddress
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import typing

MB = 1000 * 1000


@dataclasses.dataclass
class Program:
    """Something to run. A string is a pipeline for the shell."""
    name: str
    command: list | str
    prepare: typing.Callable = lambda: None
    needs: tuple = ()       # programs, or the names of what run.sh found missing
    own_clock: bool = False  # it prints the seconds that count
    rows: typing.Callable = None  # how many rows its result has; all of a contest must agree


@dataclasses.dataclass
class Ours:
    program: Program
    at_least: float = None         # times as fast as the rival
    memory_at_least: float = None  # times less memory


@dataclasses.dataclass
class Contest:
    rival: Program
    ours: list


@dataclasses.dataclass
class Cost:
    wall: float
    cpu: float
    memory: float  # bytes


class Failed(Exception):
    pass


def measure(program, folder):
    """Runs it once."""
    program.prepare()
    command = program.command if isinstance(program.command, list) else ["bash", "-c", "set -eo pipefail; " + program.command]
    with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = (folder / "stderr").read_text(errors="replace").strip().splitlines()
        raise Failed(f"{program.name}: status {process.returncode}: {said[-1] if said else 'it said nothing'}")
    if program.own_clock:
        wall = float((folder / "stdout").read_text().split()[-1])
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = pathlib.Path(arguments.folder)
        self.missing = []  # (what, why)

    def absent(self, program):
        """Why it can't run, or None."""
        for need in program.needs:
            if need in self.arguments.lacking:
                return self.arguments.lacking[need]
            if not shutil.which(need) and need not in self.arguments.found:
                return f"{need} is not installed"
        return None

    def rounds(self, programs):
        """Costs by program: a list, a round each."""
        costs = [[] for _ in programs]
        counts = {}
        for number in range(self.arguments.rounds):
            for program, cost in zip(programs, costs):
                cost.append(measure(program, self.folder))
                if number == 0 and program.rows:
                    counts[program.name] = program.rows()
        if len(set(counts.values())) > 1:
            raise Failed("not the same work: rows " + ", ".join(f"{name}: {rows}" for name, rows in counts.items()))
        return costs

    def contest(self, contest):
        why = self.absent(contest.rival)
        challengers = []
        for ours in contest.ours:
            reason = why or self.absent(ours.program)
            if reason:
                self.missing.append((f"{ours.program.name} against {contest.rival.name}", reason))
            else:
                challengers.append(ours)
        if not challengers:
            return
        try:
            *mine, theirs = self.rounds([ours.program for ours in challengers] + [contest.rival])
        except Failed as error:
            self.missing.append((f"everything against {contest.rival.name}", str(error)))
            return
        for ours, costs in zip(challengers, mine):
            self.tell(ours, costs, contest.rival, theirs)

    def tell(self, ours, mine, rival, theirs):
        ratios = [b.wall / a.wall for a, b in zip(mine, theirs)]
        cpu = statistics.median(b.cpu / a.cpu for a, b in zip(mine, theirs))
        memory = statistics.median(b.memory for b in theirs) / statistics.median(a.memory for a in mine)
        ratio = statistics.median(ratios)
        verdicts = [self.verdict("", ratio, ours.at_least), self.verdict("memory ", memory, ours.memory_at_least)]
        row(ours.program.name, rival.name, seconds(mine), seconds(theirs), f"{ratio:.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}", f"{cpu:.2f}", megabytes(mine), megabytes(theirs), f"{memory:.1f}",
            ", ".join(filter(None, verdicts)))

    def verdict(self, what, ratio, goal):
        """One or two rounds are not a measurement."""
        if goal is None or self.arguments.rounds < 3:
            return ""
        return f"{what}{'reached' if ratio >= goal else 'MISSED'} {goal:.3g}"


def seconds(costs):
    return f"{statistics.median(cost.wall for cost in costs):.2f}"


def megabytes(costs):
    return f"{statistics.median(cost.memory for cost in costs) / MB:.0f}"


WIDTHS = (-31, -34, 7, 7, 7, 14, 7, 6, 6, 6, -1)


def row(*cells):
    print(" ".join(f"{cell:{'<' if width < 0 else '>'}{abs(width)}}" for cell, width in zip(cells, WIDTHS)).rstrip(), flush=True)


def heading(title):
    print(f"\n{title}")
    row("ours", "against", "ours s", "its s", "times", "least-most", "CPU", "ours", "its", "MB", "to reach")


# What runs.

class Programs:
    def __init__(self, arguments):
        self.folder = pathlib.Path(arguments.folder)
        self.flowzone = arguments.flowzone
        self.tshark = shlex.split(arguments.tshark)        # with the plugin
        self.plain = shlex.split(arguments.plain)          # runs the tools of others
        self.zones = arguments.zones

    def tap(self, name, capture, options, out="tap.ipfix"):
        return Program(name, [*self.tshark, "-q", "-r", capture, "-z", f"flowzone,{options}source=bench,out={self.folder}/{out}"])

    def scan(self, name, capture, *options, out="scan.ipfix"):
        return Program(name, [self.flowzone, "scan", "--out", f"{self.folder}/{out}", *options, capture])

    def conversations(self, capture, *kinds):
        taps = [word for kind in kinds for word in ("-z", f"conv,{kind}")]
        return Program("tshark -z conv," + " -z conv,".join(kinds), [*self.plain, "tshark", "-q", "-r", capture, *taps])

    def fields(self, capture):
        names = "frame.number frame.time frame.time_epoch ip.len eth.src eth.dst ip.src ip.dst ip.proto".split()
        return Program("tshark -T fields", [*self.plain, "tshark", "-r", capture, "-T", "fields",
                                            *[word for name in names for word in ("-e", name)],
                                            *"-E header=y -E separator=, -E quote=d -E occurrence=f".split()])

    def argus(self, capture):
        return Program("argus", [*self.plain, "argus", "-r", capture, "-w", f"{self.folder}/argus.out"], needs=("argus",),
                       prepare=lambda: (self.folder / "argus.out").unlink(missing_ok=True))

    def nfpcapd(self, capture):
        target = self.folder / "nfpcapd"

        def empty():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            target.chmod(0o777)
        return Program("nfpcapd", [*self.plain, "nfpcapd", "-r", capture, "-w", str(target)], needs=("nfpcapd",), prepare=empty)

    def softflowd(self, capture, port):
        return Program("softflowd", [*self.plain, "softflowd", "-d", "-r", capture, "-n", f"127.0.0.1:{port}", "-m", "10000000",
                                     "-p", f"{self.folder}/softflowd.pid", "-c", "none"], needs=("softflowd",))

    def capinfos(self, capture):
        """Times, sizes and lengths of all packets; no checksums of the file."""
        return Program("capinfos", [*self.plain, "capinfos", "-csdulaeSxyoR", capture], needs=("capinfos",))


def engines(bench, programs, capture):
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", 0))  # takes softflowd's datagrams
    full, full_ip = programs.tap("full", capture, ""), programs.tap("full, key=ip", capture, "key=ip,")
    lean, lean_ip = programs.tap("lean", capture, "lean,"), programs.tap("lean, key=ip", capture, "lean,key=ip,")
    scan, scan_ip = programs.scan("scan", capture), programs.scan("scan --key ip", capture, "--key", "ip")
    heading("Engines: a capture to a flow file")
    # It only reads, in one thread; scan counts in another where there are two processors.
    times = 1.25 if len(os.sched_getaffinity(0)) > 1 else 1.7
    bench.contest(Contest(programs.capinfos(capture), [Ours(scan, 1 / times), Ours(scan_ip)]))
    bench.contest(Contest(programs.softflowd(capture, sink.getsockname()[1]), [Ours(scan, 1.6)]))
    bench.contest(Contest(programs.nfpcapd(capture), [Ours(scan, 1.6)]))
    bench.contest(Contest(programs.argus(capture), [Ours(scan), Ours(lean, 1.3)]))
    bench.contest(Contest(programs.conversations(capture, "ip"), [Ours(scan_ip), Ours(lean_ip, 12, 6), Ours(lean, 12, 6),
                                                                 Ours(full_ip, 1, 1)]))
    bench.contest(Contest(programs.conversations(capture, "tcp", "udp"), [Ours(scan), Ours(lean), Ours(full, 1, 1)]))
    packets = programs.scan("scan --rows packets", capture, "--rows", "packets", out="packets.csv")
    # tshark's user may not write what scan's made.
    lean_packets = programs.tap("lean, rows=packets", capture, "lean,rows=packets,", out="lean.csv")
    fields = programs.fields(capture)
    for program, name in ((packets, "packets.csv"), (lean_packets, "lean.csv"), (fields, "stdout")):
        program.rows = lambda path=programs.folder / name: path.read_bytes().count(b"\n")
    bench.contest(Contest(fields, [Ours(packets, 30), Ours(lean_packets)]))


# Loads: the same rows of fz_flow, into tables that are there and empty. The importers and to_sql write those rows alone; ours
# also writes the flow file's minutes, hosts and hours, its zones and its place in the ledger.

BLOG_ROWS = "SELECT timestamp, sip, dip, bytes, packets, location, sip_infos, dip_infos FROM netflow_table"


class Stores:
    """What our load wrote once, as the others want it."""

    def __init__(self, bench, programs, capture):
        self.bench, self.programs, self.folder = bench, programs, programs.folder
        self.flows, self.import_csv = str(self.folder / "flows.ipfix"), str(self.folder / "fz_flow.csv")
        run([programs.flowzone, "scan", "--quiet", "--zones", programs.zones, "--out", self.flows, capture])
        self.database, self.other = str(self.folder / "ours.db"), str(self.folder / "other.db")
        run([programs.flowzone, "load", "--quiet", "--to", f"sqlite:{self.database}", self.flows])
        self.kept = shutil.copy(self.database, self.folder / "kept.db")
        self.schema = self.write_import_csv()

    def write_import_csv(self):
        """sqlite3's .import knows no binary values: addresses are text there. Nor generated columns: its table is without them,
        which spares it work, as ours computes them for each row. table_info doesn't list them."""
        with sqlite3.connect(self.database) as store:
            (schema,) = store.execute("SELECT sql FROM sqlite_master WHERE name = 'fz_flow'").fetchone()
            self.columns = columns = [row[1] for row in store.execute("PRAGMA table_info(fz_flow)")]
            at = [columns.index(name) for name in ("sip", "dip")]
            with open(self.import_csv, "w", newline="", encoding="ascii") as file:
                writer = csv.writer(file)
                for stored in store.execute("SELECT " + ", ".join(columns) + " FROM fz_flow"):
                    cells = list(stored)
                    for i in at:
                        cells[i] = ipaddress.ip_address(cells[i])
                    writer.writerow(cells)
        return re.sub(r", \w+ \w+ GENERATED ALWAYS AS \(.*?\) VIRTUAL", "", schema)

    def rows(self, database):
        """How many, and a sum of each column but the addresses: modulo a prime, as sums of times would exceed 64 bits."""
        sums = "".join(f", sum({name} % 4294967291)" for name in self.columns if name not in ("sip", "dip"))
        with sqlite3.connect(database) as store:
            return store.execute(f"SELECT count(*){sums} FROM fz_flow").fetchone()

    def sqlite(self):
        def fresh(path):
            for suffix in ("", "-wal", "-shm", "-journal"):
                pathlib.Path(path + suffix).unlink(missing_ok=True)

        def with_table():
            fresh(self.other)
            with sqlite3.connect(self.other) as store:
                store.execute(self.schema)
        ours = Program("load, SQLite", [self.programs.flowzone, "load", "--quiet", "--to", f"sqlite:{self.database}", self.flows],
                       prepare=lambda: fresh(self.database), rows=lambda: self.rows(self.database))
        rival = Program("sqlite3 .import", ["sqlite3", self.other, ".mode csv", f".import {self.import_csv} fz_flow"],
                        prepare=with_table, needs=("sqlite3",), rows=lambda: self.rows(self.other))
        return ours, rival


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class MariaDB:
    """The server that run.sh started. Ours and theirs write into tables of one definition, and name the columns that aren't generated."""

    def __init__(self, arguments, stores):
        self.arguments, self.stores, self.folder = arguments, stores, stores.folder
        self.client = ["--no-defaults", f"--socket={arguments.mariadb_socket}", f"--user={arguments.mariadb_user}"]
        self.load = [stores.programs.flowzone, "load", "--quiet", "--to", arguments.mariadb_uri, stores.flows]
        self.sql("DROP DATABASE IF EXISTS flowzone; CREATE DATABASE flowzone")
        run(self.load)
        self.tables = self.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'flowzone' AND "
                               "table_type = 'BASE TABLE' AND table_name <> 'fz_meta'").split()
        self.sql("DROP DATABASE IF EXISTS rival; CREATE DATABASE rival; CREATE TABLE rival.fz_flow LIKE flowzone.fz_flow; "
                 "CREATE TABLE rival.netflow_table (timestamp DATETIME(6), sip VARCHAR(45), dip VARCHAR(45), bytes BIGINT UNSIGNED, "
                 "packets BIGINT UNSIGNED, location VARCHAR(255), sip_infos TEXT, dip_infos TEXT)")
        self.columns, self.generated = (self.sql(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'flowzone' AND table_name = 'fz_flow' AND "
            f"is_generated = '{generated}' ORDER BY ordinal_position").split() for generated in ("NEVER", "ALWAYS"))
        # The client's batch output is what LOAD DATA reads: tabs, and backslashes before what needs them.
        with open(self.folder / "fz_flow.txt", "wb") as out:
            subprocess.run(["mariadb", *self.client, "--batch", "--skip-column-names", "--default-character-set=binary", "-e",
                            f"SELECT {', '.join(self.columns)} FROM flowzone.fz_flow"], stdout=out, check=True)

    def sql(self, statements):
        return run(["mariadb", *self.client, "--batch", "--skip-column-names", "-e", statements])

    def empty(self):
        self.sql("; ".join(f"TRUNCATE flowzone.{table}" for table in self.tables) +
                 "; TRUNCATE rival.fz_flow; TRUNCATE rival.netflow_table")

    def rows(self, table):
        """The rows and their checksum: the same columns with the same values. CHECKSUM TABLE is none where columns are generated: it
        differs for tables of the same rows."""
        cells = ", ".join(f"HEX({name})" for name in self.columns + self.generated)
        return tuple(self.sql(f"SELECT count(*), SUM(CRC32(CONCAT_WS(',', {cells}))) FROM {table}").split())

    def contests(self):
        ours = Program("load, MariaDB", self.load, prepare=self.empty)
        rival = Program("mariadb-import --local", ["mariadb-import", *self.client, "--local", "--default-character-set=binary",
                                                   f"--columns={','.join(self.columns)}", "rival", str(self.folder / "fz_flow.txt")],
                        prepare=self.empty, needs=("mariadb-import",))
        # SQLite's rows have no day: it is that of their load.
        rows = f"SELECT {', '.join(self.columns)} FROM fz_flow JOIN (SELECT load_id AS id, day FROM fz_load) ON id = load_id"
        pandas = self.pandas("pandas to_sql", rows, "fz_flow")
        blog = self.pandas("pandas to_sql, the blog's columns", BLOG_ROWS, "netflow_table")
        ours.rows = lambda: self.rows("flowzone.fz_flow")
        rival.rows = pandas.rows = lambda: self.rows("rival.fz_flow")
        counted = dataclasses.replace(ours, rows=lambda: int(self.rows("flowzone.fz_flow")[0]))
        return [Contest(rival, [Ours(ours, 1.3)]), Contest(pandas, [Ours(ours, 5)]), Contest(blog, [Ours(counted)])]

    def pandas(self, name, query, table):
        url = (f"mysql+mysqldb://{self.arguments.mariadb_user}@localhost/rival?unix_socket={self.arguments.mariadb_socket}"
               "&charset=utf8mb4")
        return Program(name, [*shlex.split(self.arguments.pandas), "to_sql", self.stores.kept, query, url, table], prepare=self.empty,
                       needs=("pandas",), own_clock=True, rows=lambda: int(self.sql(f"SELECT count(*) FROM rival.{table}")))


def loads(bench, programs, capture):
    heading("Loads: a flow file to a store, with ledger, zones, minutes, hosts and hours; the rivals write the rows of fz_flow alone")
    stores = Stores(bench, programs, capture)
    ours, rival = stores.sqlite()
    bench.contest(Contest(rival, [Ours(ours, 1.2)]))
    if "mariadb" in bench.arguments.lacking:
        for rival in ("mariadb-import --local", "pandas to_sql"):
            bench.missing.append((f"load, MariaDB against {rival}", bench.arguments.lacking["mariadb"]))
        return
    for contest in MariaDB(bench.arguments, stores).contests():
        bench.contest(contest)


# The blog's pipeline. tshark prints "75 kB" today, which awk mends as far as it can.

STATS = r"""%(tshark)s -r %(capture)s -q -z conv,ip > stats.txt
echo 'sip, dip, packets, bytes' > stats.csv
awk 'BEGIN { times["bytes"] = 1; times["kB"] = 1000; times["MB"] = 1000000; times["GB"] = 1000000000 }
  NR > 5 { print $1 ", " $3 ", " $10 ", " $11 * times[$12] }' stats.txt >> stats.csv
sed -i '$ d' stats.csv
%(python)s pipeline stats.csv %(zones)s %(database)s"""


def pipeline(bench, programs, capture):
    arguments, folder = bench.arguments, programs.folder
    database, theirs = folder / "pipeline.db", folder / "blog.db"

    def fresh():
        database.unlink(missing_ok=True)
        theirs.unlink(missing_ok=True)

    def quoted(words):
        return " ".join(shlex.quote(str(word)) for word in words)
    blog = "cd " + quoted([folder]) + "\n" + STATS % {
        "tshark": quoted([*programs.plain, "tshark"]), "capture": quoted([capture]), "python": arguments.pandas,
        "zones": quoted([programs.zones]), "database": quoted([theirs])}
    to = f"sqlite:{database}"
    scan = [programs.flowzone, "scan", "--quiet", "--zones", programs.zones, "--to", to]
    lean = quoted([*programs.tshark, "-q", "-r", capture, "-z",
                   f"flowzone,lean,zones={programs.zones},source=bench,format=ipfix,out=-"])
    heading(f"All in: a capture to labelled rows in SQLite, {sum(1 for _ in open(programs.zones, encoding='utf-8')) - 1} networks")
    bench.contest(Contest(Program("conv, awk, sed, pandas, to_sql", blog, prepare=fresh, needs=("pandas",)), [
        Ours(Program("scan --to", [*scan, capture], prepare=fresh), 12),
        Ours(Program("scan --to --key ip", [*scan, "--key", "ip", capture], prepare=fresh), 12),
        Ours(Program("lean | load", lean + " | " + quoted([programs.flowzone, "load", "--quiet", "--to", to, "-"]), prepare=fresh), 12),
    ]))


def zone_lookups(bench):
    print("\nZone lookups in 10,000 prefixes, millions a second of CPU time")
    out = subprocess.run([bench.arguments.bench_zone], capture_output=True, text=True, check=False).stdout
    for family, target in (("IPv4", 50), ("IPv6", 20)):
        rates = [float(rate) for rate in re.findall(rf"^{family}.* ([0-9.]+) M/s", out, re.MULTILINE)]
        if not rates:
            raise Failed("bench_zone printed no rates")
        reached = "reached" if min(rates) >= target else "MISSED"
        print(f"{family}: {min(rates):.0f} to {max(rates):.0f} by the kind of traffic; {reached} {target}")
        if family == "IPv4":
            slowest = min(rates) * 1e6
    command = shlex.split(bench.arguments.python)
    for prefixes in (25, 10000):
        path = write_zones(bench.folder / f"zones{prefixes}.csv", prefixes)
        rate = float(run([*command, "lookups", path, str(max(20, 200000 // prefixes))]))
        print(f"the blog's loop, {prefixes} prefixes: {rate:,.0f} a second; we are {slowest / rate:,.0f} times as fast")


def write_zones(path, count):
    """Networks of one organisation, some of the internet: the widest first."""
    with open(path, "w", encoding="ascii") as file:
        print("location,prefix,number,name", file=file)
        for i in range(count):
            prefix = f"10.{i >> 8 & 255}.{i & 255}.0/24" if i >= 16 else f"{(10, 172, 192, 198)[i % 4]}.{i * 16}.0.0/16"
            print(f",{prefix},{i},zone {i}", file=file)
    os.chmod(path, 0o644)
    return str(path)


# Growth: what a packet and a row cost when there are more of them.

def frames(programs, capture):
    done = subprocess.run([programs.flowzone, "scan", "--format", "csv", capture], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return int(re.search(rb": (\d+) frames?,", done.stderr)[1]), done.stdout.count(b"\n") - 1


def growth(bench, programs, arguments):
    """CPU time beyond that of an empty capture, for one copy and for many; peak memory, also for as many copies of the same addresses."""
    captures = {"empty": arguments.empty, "one": arguments.small, "all": arguments.capture, "same": arguments.same}
    packets, rows = zip(*(frames(programs, path) for path in captures.values()))
    print(f"\nGrowth: from {packets[1]:,} packets of {rows[1]:,} conversations to {packets[2]:,} of {rows[2]:,}; "
          f"memory also for {packets[3]:,} of {rows[3]:,}")
    print(f"{'':26}{'ns each, few':>14}{'many':>8}{'growth':>9}{'MB, few':>12}{'many':>8}{'same':>8}")

    def load(name, capture):
        flows, store = f"{capture}.flows", bench.folder / "growth.db"
        run([programs.flowzone, "scan", "--quiet", "--format", "ipfix", "--out", flows, capture])
        return Program(name, [programs.flowzone, "load", "--quiet", "--to", f"sqlite:{store}", flows],
                       prepare=lambda: store.unlink(missing_ok=True))
    kinds = {
        "scan, a packet": (programs.scan, packets),
        "scan, a row of it": (lambda name, path: programs.scan(name, path, "--rows", "packets", out="packets.csv"), packets),
        "lean, a packet": (lambda name, path: programs.tap(name, path, "lean,"), packets),
        "full, a packet": (lambda name, path: programs.tap(name, path, ""), packets),
        "tshark alone, a packet": (lambda name, path: Program(name, [*programs.plain, "tshark", "-q", "-r", path, "-z", "io,stat,0"]), packets),
        "load into SQLite, a row": (load, rows),
    }
    for name, (make, counts) in kinds.items():
        few = bench.arguments.rounds * 3  # they are short
        costs = [rounds_of(make(name, path), bench.folder, few if number < 2 else bench.arguments.rounds)
                 for number, path in enumerate(captures.values())]
        cpu = [statistics.median(cost.cpu for cost in some) for some in costs]
        memory = [statistics.median(cost.memory for cost in some) / MB for some in costs]
        each = [max(cpu[i] - cpu[0], 0) / counts[i] * 1e9 for i in (1, 2)]
        print(f"{name:26}{each[0]:>14.0f}{each[1]:>8.0f}{each[1] / each[0] - 1 if each[0] else 0:>+9.0%}"
              f"{memory[1]:>12.0f}{memory[2]:>8.0f}{memory[3]:>8.0f}", flush=True)


def rounds_of(program, folder, count):
    return [measure(program, folder) for _ in range(count)]


def main():
    parser = argparse.ArgumentParser(prog="bench.py")
    for name in ("folder", "capture", "small", "same", "empty", "flowzone", "tshark", "plain", "python", "pandas", "bench-zone",
                 "mariadb-socket", "mariadb-user", "mariadb-uri"):
        parser.add_argument("--" + name, default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="engines,loads,pipeline,zones,growth")
    parser.add_argument("--lacking", type=json.loads, default={}, help="what can't run, and why")
    arguments = parser.parse_args()
    arguments.found = set() if "pandas" in arguments.lacking else {"pandas"}
    arguments.zones = write_zones(pathlib.Path(arguments.folder) / "zones.csv", 25)
    bench, programs = Bench(arguments), Programs(arguments)
    groups = arguments.only.split(",")
    try:
        if "engines" in groups:
            engines(bench, programs, arguments.capture)
        if "loads" in groups:
            loads(bench, programs, arguments.capture)
        if "pipeline" in groups:
            pipeline(bench, programs, arguments.capture)
        if "zones" in groups:
            zone_lookups(bench)
        if "growth" in groups and arguments.small:
            growth(bench, programs, arguments)
    except Failed as error:
        sys.exit(f"bench: {error}")
    for what, why in bench.missing:
        print(f"\nNot run: {what}: {why}", end="")
    if bench.missing:
        print("\n\nDebian's packages of what is missing: packaging/install-deps.sh bench")


main()
