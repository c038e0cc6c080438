#!/usr/bin/env python3
"""merge_turns.py COUNT SEED FLOWZONE MAKE_FLOWFILE FOLDER STORE [--server SOCKET]: loads, replaces, merges and kills in a random order, and
after each turn compares the sums of the store with its details. SPDX-License-Identifier: GPL-2.0-or-later
"""
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

CAPTURES = 100  # more than wait until they are merged
UNMERGED = ("SELECT (SELECT count(*) FROM fz_hour WHERE load_id <> 0) + (SELECT count(*) FROM fz_host) + "
            "(SELECT count(*) FROM fz_load WHERE merged = 0)")


class Test:
    def __init__(self, flowzone, tool, folder, address, store, dice):
        self.flowzone, self.tool, self.folder, self.address, self.store, self.dice = flowzone, tool, folder, address, store, dice
        self.rows, self.age = [0] * CAPTURES, 0

    def make(self, number, rows):
        path = f"{self.folder}/{number}.ipfix"
        with open(path, "wb") as out:
            subprocess.run([self.tool, f"--rows={rows}", f"--seed={number}", f"--first={1600000000000000 + number * 60000000}", "--span=60",
                            f"--source={number}.pcap", f"--sensor={'ab'[number % 2]}", f"--location={'xy'[number % 3 // 2]}"],
                           stdout=out, check=True)
        self.rows[number] = rows
        return path

    def command(self, paths, *options):
        return [self.flowzone, "load", "--quiet", "--to", self.address, *options, *paths]

    def some(self, count, grow):
        return [self.make(number, self.dice.randrange(20, 60) + (self.rows[number] if grow else 0))
                for number in self.dice.sample(range(CAPTURES), count)]

    def merge(self):
        """A batch merges when it ends: of a capture that grows, so that something is loaded."""
        path, time_s = f"{self.folder}/ring/one.pcap", 1500000000
        packet = bytes.fromhex("ffffffffffff00000000000108004500001c000000004011000000000a0000010a0000020001000200080000")
        with open(path, "ab") as capture:
            capture.write(struct.pack("<IIII", time_s, 0, len(packet), len(packet)) + packet)
        self.age += 1
        os.utime(path, (time_s + self.age,) * 2)
        return [self.flowzone, "batch", "--config", "none", "--idle", "0", "--engine", "scan", "--ring", f"{self.folder}/ring", "--to",
                self.address]

    def turn(self, number):
        kind = self.dice.randrange(4)
        if kind == 0:
            commands = [self.merge()]
        elif kind == 1:  # side by side
            commands = [self.command(self.some(20, True)) for _ in range(2)]
        else:
            commands = [self.command(self.some(self.dice.randrange(1, 30), kind == 2), *(["--replace"] if kind == 3 else []))]
        running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
        kills = number % 3 == 2
        if kills:
            time.sleep(self.dice.random() * 0.8)
            for each in running:
                if each.poll() is None:
                    os.kill(each.pid, signal.SIGKILL)
        said = [each.communicate(timeout=300)[1] for each in running]
        self.store.settled()
        for each, words in zip(running, said):
            assert kills or each.returncode == 0, f"status {each.returncode}: {words}"
        self.check()

    def check(self):
        if not self.store.is_there():
            return
        for name, sql in (("half a load", HALVES), ("rows without a load", STRAYS)):
            assert int(self.store.ask(sql)[0][0]) == 0, name
        wrong = sums_differ(self.store)
        assert wrong is None, wrong

    def whole(self, count):
        os.mkdir(f"{self.folder}/ring")
        with open(f"{self.folder}/ring/one.pcap", "wb") as capture:
            capture.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
        subprocess.run(self.command([self.make(number, 40) for number in range(CAPTURES)]), check=True)
        self.check()
        merged = int(self.store.ask("SELECT count(*) FROM fz_load WHERE merged = 1")[0][0])
        assert merged == 96, f"{merged} loads are merged, expected 96 of {CAPTURES}"
        for number in range(count):
            self.turn(number)
        subprocess.run(self.merge(), check=True, stderr=subprocess.DEVNULL)
        self.check()
        left = int(self.store.ask(UNMERGED)[0][0])
        assert left == 0, f"{left} loads, hours and hosts are not merged after a batch"


def main():
    count, seed, flowzone, tool, folder, address, *server = sys.argv[1:]
    store = Server(server[1]) if server else Sqlite(address)
    try:
        Test(flowzone, tool, folder, address, store, random.Random(int(seed))).whole(int(count))
    except AssertionError as fault:
        print(f"seed {seed}: {fault}")
        return 1
    return 0


sys.exit(main())
