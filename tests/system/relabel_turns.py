#!/usr/bin/env python3
"""relabel_turns.py COUNT SEED FLOWZONE FOLDER STORE [--server SOCKET]: labels a store by random zone files, kills some of it half-way, and
compares all views with a store that was filled with the last file. STORE's database is flowzone; with a server, the other store is reference.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import ipaddress
import os
import random
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from batch_stores import HALVES, STRAYS, Server, Sqlite, sums_differ

GROUPS = {"": [], "Rome": ["--sensor", "a"], "Paris": ["--sensor", "b", "--rows", "flows,packets"]}
CAPTURES = 12  # of each group
# Columns of a view that a number, a time of loading or a merge decides; and those that are sums.
OTHERS = {"load_id", "loaded", "minutes", "capture_start_us", "capture_end_us"}
SUMS = {"flows", "packets", "bytes", "ip_bytes", "sip_packets", "dip_packets", "sip_bytes", "dip_bytes", "packets_sent", "packets_received",
        "bytes_sent", "bytes_received"}
SUMMED = ("fz_hours", "fz_hosts", "fz_talkers", "fz_minutes")
VIEWS = ("netflow_table", "fz_packets", "fz_loads", "fz_hours", "fz_hosts", "fz_talkers")


def hosts(dice):
    nets = ["10.0.1.", "10.0.2.", "10.9.0.", "192.168.2.", "172.16.3.", "93.184.216.", "8.8.8."]
    some = [net + str(dice.randrange(1, 255)) for net in nets for _ in range(4)]
    return some, [str(ipaddress.IPv6Address((0x20010db8 << 96) + (dice.randrange(3) << 64) + dice.randrange(1 << 16))) for _ in range(8)]


def frame(source, destination, ports, size):
    udp = struct.pack(">HHHH", *ports, 8 + size, 0) + bytes(size)
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if a.version == 4:
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, a.packed, b.packed)
    else:
        head = struct.pack(">IHBB16s16s", 6 << 28, len(udp), 17, 64, a.packed, b.packed)
    return bytes(12) + (b"\x08\x00" if a.version == 4 else b"\x86\xdd") + head + udp


def capture(path, number, dice, pool):
    """Conversations within a minute, and some that go on for some."""
    start, packets = 1700000000 + number * 300, []
    for _ in range(dice.randrange(8, 40)):
        family = dice.choice(pool)
        source, destination = dice.choice(family), dice.choice(family)
        ports, at = (dice.randrange(1024, 65535), dice.choice([53, 443, 123, 9999])), dice.randrange(300)
        for _ in range(dice.randrange(1, 8)):
            ends = (source, destination, ports) if dice.random() < .6 else (destination, source, ports[::-1])
            packets.append((start + at, dice.randrange(10**6), frame(*ends, dice.randrange(400))))
            at = min(at + (dice.randrange(90) if number % 4 > 1 else 0), 299)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for second, micro, data in sorted(packets):
            out.write(struct.pack("<IIII", second, micro, len(data), len(data)) + data)


class Test:
    def __init__(self, flowzone, folder, address, store, other, dice):
        self.flowzone, self.folder, self.address, self.store, self.dice = flowzone, folder, address, store, dice
        self.other_address, self.other = other
        self.pool, self.captures, self.exact, self.stale = hosts(dice), {}, 0, 0
        for index, location in enumerate(GROUPS):
            self.captures[location] = [f"{folder}/{location or 'none'}{number}.pcap" for number in range(CAPTURES)]
            for number, path in enumerate(self.captures[location]):
                capture(path, index + number * 2, dice, self.pool)

    def zone_file(self):
        """Rows of both locations and of none; never twice the same prefix."""
        rows = {}
        for _ in range(self.dice.randrange(1, 30)):
            host = ipaddress.ip_address(self.dice.choice(self.dice.choice(self.pool)))
            length = self.dice.choice([0, 8, 16, 20, 24, 28, 30, 31, 32] if host.version == 4 else [0, 16, 32, 48, 64, 120, 128])
            key = self.dice.choice(list(GROUPS)), ipaddress.ip_network(f"{host}/{length}", strict=False)
            rows[key] = self.dice.randrange(9), self.dice.choice(["wifi", "'; DROP TABLE fz_load; --", 'a "b", c', "büro", "x"])
        for location in GROUPS:
            rows.setdefault((location, ipaddress.ip_network("203.0.113.0/24")), (0, "nobody"))
        return self.write(rows)

    def write(self, rows):
        path = f"{self.folder}/zones.csv"
        with open(path, "w", encoding="utf-8") as out:
            for (location, prefix), (number, name) in rows.items():
                quoted = name.replace('"', '""')
                out.write(f'{location},{prefix},{number},"{quoted}"\n')
        self.rows = rows
        return path

    def fill(self, address, zones=None):
        for location, options in GROUPS.items():
            if zones:
                options = [*options, "--zones", zones]
            if zones and location:
                options = [*options, "--location", location]
            elif location:  # without zones a location would be refused
                options = [*options, "--zones", f"{self.folder}/places.csv", "--location", location]
            subprocess.run([self.flowzone, "scan", "--quiet", "--to", address, *options, *self.captures[location]], check=True)

    def view(self, store, view):
        columns = [name for name in self.columns[view] if name not in OTHERS and (view != "fz_hours" or name not in ("day", "day_no"))]
        keys, sums = [name for name in columns if view not in SUMMED or name not in SUMS], [name for name in columns if name in SUMS]
        if view not in SUMMED:
            return sorted(map(str, store.ask(f"SELECT {', '.join(self.quote(name) for name in columns)} FROM {view}")))
        total = collections.Counter()
        for row in store.ask(f"SELECT {', '.join(self.quote(name) for name in keys + sums)} FROM {view}"):
            for place, name in enumerate(sums):
                total[row[:len(keys)] + (name,)] += int(row[len(keys) + place])
        return sorted(map(str, (+total).items()))

    def quote(self, name):
        return f'"{name}"' if isinstance(self.store, Sqlite) else f"`{name}`"

    def read_columns(self):
        self.columns = {}
        for view in (*VIEWS, "fz_minutes"):
            rows = self.store.ask(f"SELECT name FROM pragma_table_info('{view}')" if isinstance(self.store, Sqlite) else
                                  f"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'flowzone' AND TABLE_NAME = '{view}'")
            self.columns[view] = [row[0] for row in rows]

    def compare(self):
        for view in VIEWS:
            found, expected = self.view(self.store, view), self.view(self.other, view)
            more, fewer = [row for row in found if row not in expected], [row for row in expected if row not in found]
            assert found == expected, f"{view}: {len(found)} rows, expected {len(expected)}; only {more[:2]}, missing {fewer[:2]}"
        self.compare_minutes()

    def minutes(self, store):
        """{source: {(minute, from, to): [packets, bytes]}}"""
        found = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
        for source, minute, old, new, packets, size in store.ask(
                "SELECT source, minute_s, from_infos, to_infos, packets, bytes FROM fz_minutes"):
            cell = found[source][int(minute), old, new]
            cell[0] += int(packets)
            cell[1] += int(size)
        return found

    def compare_minutes(self):
        found, expected = self.minutes(self.store), self.minutes(self.other)
        for source, kinds, minutes in self.store.ask("SELECT source, row_kinds, minutes FROM fz_load"):
            if int(minutes) >= 0:
                self.exact += 1
                assert found[source] == expected[source], f"minutes of {source}"
                continue
            self.stale += 1
            assert kinds == "flows" and int(minutes) < -1, f"the minutes of {source} are {minutes}, and it has {kinds}"
            assert self.alike(found[source]) == self.alike(expected[source]), f"packets and bytes of minutes of {source}"

    @staticmethod
    def alike(minutes):
        total = collections.defaultdict(lambda: [0, 0])
        for (minute, _, _), (packets, size) in minutes.items():
            total[minute][0] += packets
            total[minute][1] += size
        return total

    def apply(self, zones, *options):
        command = [self.flowzone, "zones", "apply", "--to", self.address, *options, zones]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def kill_some(self, zones):
        begun = self.apply(zones)
        time.sleep(self.dice.random() * 0.3)
        if begun.poll() is None:
            os.kill(begun.pid, signal.SIGKILL)
        begun.communicate()
        self.store.settled()

    def check(self):
        for name, sql in (("half a load", HALVES), ("rows without a load", STRAYS)):
            assert int(self.store.ask(sql)[0][0]) == 0, name
        assert sums_differ(self.store) is None, sums_differ(self.store)
        verified = subprocess.run([self.flowzone, "verify", "--to", self.address], capture_output=True, text=True, check=False)
        assert verified.returncode == 0, verified.stdout

    def whole_apply(self, zones):
        done = self.apply(zones)
        said = done.communicate()[1]
        assert done.returncode == 0, said
        again = self.apply(zones)
        said = again.communicate()[1]
        assert again.returncode == 0 and "nothing to do" in said, said

    def turn(self, number):
        """A new file; or the same prefixes by other names, after which no minutes may be lost."""
        rename = number % 4 == 3
        known = {row[0] for row in self.store.ask("SELECT source FROM fz_load WHERE minutes >= 0")}
        zones = self.write({key: (77, f"{number} {name}") for key, (_, name) in self.rows.items()}) if rename else self.zone_file()
        if self.dice.random() < .5:
            self.kill_some(zones)
            self.check()
        self.whole_apply(zones)
        self.check()
        still = {row[0] for row in self.store.ask("SELECT source FROM fz_load WHERE minutes >= 0")}
        assert not rename or still >= known, f"other names lost the minutes of {known - still}"
        self.other.forget()
        self.fill(self.other_address, zones)
        self.compare()

    def whole(self, count):
        with open(f"{self.folder}/places.csv", "w", encoding="utf-8") as out:
            out.writelines(f"{location},203.0.113.0/24,,nobody\n" for location in GROUPS)
        self.fill(self.address)
        self.read_columns()
        self.rows = {}
        for number in range(count):
            self.turn(number)
        assert self.exact > 0 and self.stale > 0
        print(f"{count} zone files; minutes of {self.exact} captures were relabelled, those of {self.stale} could not be told")


class Reference(Server):
    def ask(self, sql, database="reference"):
        return super().ask(sql, database)

    def forget(self):
        self.ask("DROP DATABASE IF EXISTS reference; CREATE DATABASE reference", "mysql")


def main():
    count, seed, flowzone, folder, address, *server = sys.argv[1:]
    if server:
        store, other = Server(server[1]), (address.replace("/flowzone?", "/reference?"), Reference(server[1]))
    else:
        other_address = f"sqlite:{folder}/reference.db"
        store, other = Sqlite(address), (other_address, Sqlite(other_address))
    try:
        Test(flowzone, folder, address, store, other, random.Random(int(seed))).whole(int(count))
    except AssertionError as fault:
        print(f"seed {seed}: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
