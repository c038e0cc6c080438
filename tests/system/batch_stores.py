"""The stores of tests of `flowzone batch`, as they are asked beside it. SPDX-License-Identifier: GPL-2.0-or-later
"""
import getpass
import os
import re
import sqlite3
import subprocess
import time

# A load is whole: as many rows as its ledger says.
HALVES = ("SELECT count(*) FROM fz_load l WHERE records <> (SELECT count(*) FROM fz_flow f WHERE f.load_id = l.load_id)")
STRAYS = "SELECT count(*) FROM fz_flow WHERE load_id NOT IN (SELECT load_id FROM fz_load)"

LAST = "fz_export"  # the table that is made last
# The tables of a load's rows.
TABLES = ("fz_flow", "fz_packet", "fz_minute", "fz_hour", "fz_host", "fz_load")

_HOUR = "(f.start_us - f.start_us % 3600000000) / 1000000"  # of times since 1970
_PORT = ("CASE WHEN f.opened BETWEEN 1 AND 5 THEN f.dport WHEN f.sport = 0 OR f.dport = 0 THEN f.sport + f.dport "
         "WHEN f.sport < f.dport THEN f.sport ELSE f.dport END")
_ENDS = (("f.sip", "f.sip_zone", "1", "f.sip_packets", "f.dip_packets", "f.sip_bytes", "f.dip_bytes"),
         ("f.dip", "f.dip_zone", "CASE WHEN f.dip = f.sip THEN 0 ELSE 1 END", "f.dip_packets", "f.sip_packets", "f.dip_bytes",
          "f.sip_bytes"))
# What the sums of all loads must be, from their details: rows of a load's own, as if none was ever merged.
SUMS = {
    "fz_hour": f"""SELECT f.load_id, {_HOUR} AS hour, l.sensor, l.location, f.sip_zone, f.dip_zone, f.protocol, {_PORT} AS service_port,
        0 AS part, COUNT(*) AS flows, SUM(f.sip_packets) AS sip_packets, SUM(f.dip_packets) AS dip_packets, SUM(f.sip_bytes) AS sip_bytes,
        SUM(f.dip_bytes) AS dip_bytes, SUM(f.sip_ip_bytes) AS sip_ip_bytes, SUM(f.dip_ip_bytes) AS dip_ip_bytes
        FROM fz_flow f JOIN fz_load l ON l.load_id = f.load_id
        GROUP BY f.load_id, {_HOUR}, l.sensor, l.location, f.sip_zone, f.dip_zone, f.protocol, {_PORT}""",
    "fz_host": "SELECT load_id, hour, addr, zone, 0 AS part, SUM(flows) AS flows, SUM(packets_sent) AS packets_sent, "
        "SUM(packets_received) AS packets_received, SUM(bytes_sent) AS bytes_sent, SUM(bytes_received) AS bytes_received FROM ("
        + " UNION ALL ".join(
            f"SELECT f.load_id, {_HOUR} AS hour, {addr} AS addr, {zone} AS zone, {flows} AS flows, {sent} AS packets_sent, "
            f"{received} AS packets_received, {bytes_sent} AS bytes_sent, {bytes_received} AS bytes_received FROM fz_flow f"
            for addr, zone, flows, sent, received, bytes_sent, bytes_received in _ENDS)
        + ") e GROUP BY load_id, hour, addr, zone",
}
_HOUR_SUMS = ("flows", "sip_packets", "dip_packets", "sip_bytes", "dip_bytes", "sip_ip_bytes", "dip_ip_bytes")
_HOST_SUMS = ("flows", "packets_sent", "packets_received", "bytes_sent", "bytes_received")


def _grouped(columns, sums, rows):
    list_of_sums = ", ".join(f"SUM({name})" for name in sums)
    some = " OR ".join(f"SUM({name}) <> 0" for name in sums)
    return f"SELECT {columns}, {list_of_sums} FROM ({rows}) x GROUP BY {columns} HAVING {some}"


_DAY = "(hour - hour % 86400) / 86400"
_DAYS = f"SELECT {_DAY} AS day, sensor, location, sip_zone, dip_zone, protocol, {', '.join(_HOUR_SUMS)}"
_HOST_DAYS = f"SELECT {_DAY} AS day, sensor, location, hex(addr) AS ip, zone, {', '.join(_HOST_SUMS)}"
# Pairs of queries that answer the same: what a store has, and what follows from its details.
SAME_SUMS = [
    [_grouped("hour, sensor, location, sip_zone, dip_zone, protocol, service_port", _HOUR_SUMS, rows)
     for rows in ("SELECT * FROM fz_hour", SUMS["fz_hour"])],
    [_grouped("day, sensor, location, sip_zone, dip_zone, protocol", _HOUR_SUMS, rows) for rows in (
        f"SELECT day, sensor, location, sip_zone, dip_zone, protocol, {', '.join(_HOUR_SUMS)} FROM fz_day UNION ALL "
        f"{_DAYS} FROM fz_hour WHERE load_id <> 0",
        f"{_DAYS} FROM ({SUMS['fz_hour']}) h")],
    [_grouped("day, sensor, location, ip, zone", _HOST_SUMS, rows) for rows in (
        f"SELECT day, sensor, location, hex(addr) AS ip, zone, {', '.join(_HOST_SUMS)} FROM fz_host_day UNION ALL "
        f"{_HOST_DAYS} FROM fz_host h JOIN fz_load l ON l.load_id = h.load_id",
        f"{_HOST_DAYS} FROM ({SUMS['fz_host']}) h JOIN fz_load l ON l.load_id = h.load_id")],
]


def unmerged():
    """Statements after which every load has sums of its own."""
    yield "DELETE FROM fz_day"
    yield "DELETE FROM fz_host_day"
    for table, rows in SUMS.items():
        columns = ("load_id, hour, sensor, location, sip_zone, dip_zone, protocol, service_port, part, " + ", ".join(_HOUR_SUMS)
                   if table == "fz_hour" else "load_id, hour, addr, zone, part, " + ", ".join(_HOST_SUMS))
        yield f"DELETE FROM {table}"
        yield f"INSERT INTO {table} ({columns}) {rows}"
    yield "UPDATE fz_load SET merged = 0"


def sums_differ(store):
    """What is wrong with the sums of a store; None: nothing."""
    for has, follows in SAME_SUMS:
        found, expected = (sorted(tuple(re.sub(r"\.0+$", "", str(cell)) for cell in row) for row in store.ask(sql)) for sql in (has, follows))
        if found != expected:
            only = [row for row in found if row not in expected][:3], [row for row in expected if row not in found][:3]
            return f"{len(found)} sums, expected {len(expected)}; only found {only[0]}, only expected {only[1]}"
    return None


def without_leaks():
    """The environment of what is killed at random, without a sanitizer's search for leaks: where the process that it starts for one is
    killed, the one that searches waits for ever."""
    return os.environ | {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def stretched(seconds):
    """A time limit, longer if more processes want to run, or wanted to in the last minute, than there are processors."""
    with open("/proc/loadavg") as text:
        load, _, _, running, _ = text.read().split()
    return seconds * max(1, max(float(load), int(running.split("/")[0])) / len(os.sched_getaffinity(0)))


class Sqlite:
    def __init__(self, address):
        self.path = address.partition(":")[2]

    def ask(self, sql):
        with sqlite3.connect(self.path, timeout=60) as db:
            return db.execute(sql).fetchall()

    def is_there(self):
        return os.path.exists(self.path) and self.ask(f"SELECT count(*) FROM sqlite_master WHERE name = '{LAST}'")[0][0]

    def forget(self):
        for suffix in ("", "-journal"):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)

    def forget_some(self, share, dice):
        for (load,) in self.ask("SELECT load_id FROM fz_load"):
            if dice.random() < share:
                with sqlite3.connect(self.path, timeout=60) as db:
                    for table in TABLES:
                        db.execute(f"DELETE FROM {table} WHERE load_id = ?", (load,))
        with sqlite3.connect(self.path, timeout=60) as db:
            for statement in unmerged():
                db.execute(statement)

    def settled(self):
        if os.path.exists(self.path):
            assert self.ask("PRAGMA integrity_check") == [("ok",)], "the database is damaged"

    def sessions(self):
        return []

    def kill_session(self, session):
        pass


class Server:
    # As in mariadb.sh.
    PLAIN = {"mariadb": "--skip-ssl", "mysql": "--ssl-mode=DISABLED"}

    def __init__(self, socket):
        client = os.environ.get("FZ_SERVER", "mariadb")
        self.command = [client, "--no-defaults", self.PLAIN[client], f"--socket={socket}", f"--user={getpass.getuser()}", "--batch", "--skip-column-names"]

    def ask(self, sql, database="flowzone"):
        text = subprocess.run([*self.command, database, "-e", sql], check=True, capture_output=True, text=True).stdout
        return [tuple(line.split("\t")) for line in text.splitlines()]

    def is_there(self):
        return self.ask(f"SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'flowzone' AND TABLE_NAME = '{LAST}'",
                        "mysql")

    def forget(self):
        self.ask("DROP DATABASE flowzone; CREATE DATABASE flowzone", "mysql")

    def forget_some(self, share, dice):
        for (load,) in self.ask("SELECT load_id FROM fz_load"):
            if dice.random() < share:
                self.ask("START TRANSACTION; " + "; ".join(
                    f"DELETE FROM {table} WHERE load_id = {load}" for table in TABLES) + "; COMMIT")
        self.ask("START TRANSACTION; " + "; ".join(unmerged()) + "; COMMIT")

    def sessions(self):
        return [row[0] for row in self.ask(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'loader'", "mysql")]

    def settled(self):
        begin = time.monotonic()
        while self.sessions():
            assert time.monotonic() - begin < stretched(60), "the server keeps a session"
            time.sleep(0.05)

    def kill_session(self, session):
        subprocess.run([*self.command, "-e", f"KILL CONNECTION {session}"], check=False, capture_output=True)
