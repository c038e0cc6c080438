#!/usr/bin/env python3
"""batch_deaths.py COUNT SEED FLOWZONE RING STORE [--server SOCKET]: kills a batch, one of its processes or its session in the
store at random moments, COUNT times, and compares the rows with those of an undisturbed run.

STORE is sqlite:PATH, or mysql://... with the server's administrative SOCKET. SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import os
import random
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from batch_stores import HALVES, STRAYS, Server, Sqlite, stretched, sums_differ, without_leaks

COLUMNS = ("start_us, end_us, hex(sip), hex(dip), sport, dport, protocol, sip_packets, dip_packets, sip_bytes, dip_bytes, "
           "sip_ip_bytes, dip_ip_bytes")
ROWS = f"SELECT {COLUMNS} FROM fz_flow ORDER BY {COLUMNS}"
HOURS = ("SELECT hour, protocol, service_port, sum(flows), sum(sip_bytes + dip_bytes) FROM fz_hour GROUP BY 1, 2, 3 "
         "ORDER BY 1, 2, 3")
# A load that another one blocks is tried three times, for a minute each: as long as a batch waits for its store.
PATIENCE_S = 3 * 60 + 60
TWINS = "SELECT count(*) - count(DISTINCT source) FROM fz_load"


def children_of(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as names:
            for child in names.read().split():
                found += [int(child), *children_of(int(child))]
    return found


def tell_stuck(session):
    """What each process of a session waits for, and who has locked what: a run that does not end is seldom seen twice."""
    with open("/proc/locks") as locks:
        print(f"locks:\n{locks.read()}")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(pid)) != session:
                continue
            print(f"process {pid}:")
            for name in ("stat", "wchan", "syscall", "stack"):
                with open(f"/proc/{pid}/{name}") as text:
                    print(f"  {name}: {text.read().strip()}")
            for fd in os.listdir(f"/proc/{pid}/fd"):
                print(f"  {fd} -> {os.readlink(f'/proc/{pid}/fd/{fd}')}")
        except OSError as fault:
            print(f"  {fault}")


class Test:
    def __init__(self, count, seed, flowzone, ring, address, store):
        self.count, self.dice, self.store = count, random.Random(seed), store
        self.command = [flowzone, "batch", "--config", "none", "--idle", "0", "--engine", "scan", "--ring", ring, "-j", "2",
                        "--to", address]
        self.victims = {"batch": 0, "child": 0, "session": 0, "late": 0}

    def run(self):
        return subprocess.run(self.command, stderr=subprocess.PIPE, text=True)

    def rows(self):
        digest = hashlib.sha256()
        for sql in (ROWS, HOURS):
            for row in self.store.ask(sql):
                digest.update(repr([str(cell) for cell in row]).encode())
        return digest.hexdigest(), str(self.store.ask("SELECT count(*) FROM fz_load")[0][0])

    def check_whole(self):
        self.store.settled()
        if self.store.is_there():
            for name, sql in (("half a load", HALVES), ("rows without a load", STRAYS), ("a capture twice", TWINS)):
                assert int(self.store.ask(sql)[0][0]) == 0, name
            wrong = sums_differ(self.store)
            assert wrong is None, wrong

    def strike(self, batch, whole, kind):
        """Kills something at some moment of the run."""
        time.sleep(self.dice.random() * whole)
        if batch.poll() is not None:
            self.victims["late"] += 1
            return
        try:
            if kind == "session":
                sessions = self.store.sessions()
                if sessions:
                    self.store.kill_session(self.dice.choice(sessions))
                    self.victims[kind] += 1
                    return
                kind = "child"
            children = children_of(batch.pid)
            if kind == "child" and children:
                os.kill(self.dice.choice(children), signal.SIGKILL)
                self.victims["child"] += 1
                return
            os.kill(batch.pid, signal.SIGKILL)
            self.victims["batch"] += 1
        except (ProcessLookupError, FileNotFoundError):
            self.victims["late"] += 1

    def round(self, number, whole, expected):
        if number % 4 == 0:
            self.store.forget()
        elif self.store.is_there():
            self.store.forget_some(0.6, self.dice)
        batch = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=without_leaks())
        self.strike(batch, whole, ("batch", "child", "session")[number % 3])
        try:
            said = batch.communicate(timeout=stretched(PATIENCE_S))[1]
        except subprocess.TimeoutExpired as late:
            tell_stuck(batch.pid)
            raise AssertionError(f"it did not end within {late.timeout:.0f} s, killed: {self.victims}\n{late.stderr}") from None
        # One process writes into SQLite, and nobody else is there: whoever dies leaves no lock.
        assert "locked by another program" not in said, f"a lock was left, killed: {self.victims}\n{said}"
        self.check_whole()
        again = self.run()
        assert again.returncode == 0, f"the next run failed, status {again.returncode}:\n{again.stderr}\nthe killed one:\n{said}"
        self.check_whole()
        found = self.rows()
        assert found == expected, f"other rows: {found}, expected {expected}\n{again.stderr}\nthe killed one:\n{said}"

    def whole(self):
        self.store.forget()
        begin = time.monotonic()
        first = self.run()
        took = time.monotonic() - begin
        assert first.returncode == 0, first.stderr
        expected = self.rows()
        number = struck = 0
        while struck < self.count:
            late = self.victims["late"]
            try:
                self.round(number, took, expected)
            except AssertionError as fault:
                print(f"round {number}: {fault}")
                return False
            # How long a run takes changes with what else this machine does.
            missed = self.victims["late"] > late
            number, struck, took = number + 1, struck + (not missed), took * (0.8 if missed else 1.05)
        print(f"{number} rounds, killed: {self.victims}")
        return self.victims["batch"] > 0 and self.victims["child"] > 0


def main():
    count, seed, flowzone, ring, address = sys.argv[1:6]
    store = Server(sys.argv[7]) if sys.argv[6:7] == ["--server"] else Sqlite(address)
    return 0 if Test(int(count), int(seed), flowzone, ring, address, store).whole() else 1


sys.exit(main())
