#!/usr/bin/env python3
"""retain_turns.py KILLS SEED FLOWZONE MAKE_FLOWFILE FOLDER STORE [--server SOCKET]: captures are loaded, grow, are replaced and dropped, side
by side, and a process of these, or a session, is killed at a random moment, until that many kills met their work. All the while the store
agrees with itself; in the end its totals by day are those of a store that loaded the same captures once.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from batch_stores import Server, Sqlite, stretched, without_leaks

CAPTURES = 48
FIRST = 1795478400  # 2026-11-24 00:00 UTC
EVERY = 4 * 3600
NOW = FIRST + CAPTURES * EVERY
SPANS = {5: 3 * 86400, 10: 12 * 3600}  # of captures that go on over midnight; others are of two hours
_SUMS = "flows sip_packets dip_packets sip_bytes dip_bytes sip_ip_bytes dip_ip_bytes".split()
_COLUMNS = f"sensor, location, sip_zone, dip_zone, protocol, {', '.join(_SUMS)}"
# What is kept for ever, and what is not in it yet. Two stores have other numbers for a zone.
TOTALS = (f"SELECT x.day, x.sensor, x.location, COALESCE(s.digest, ''), COALESCE(d.digest, ''), x.protocol, {', '.join(f'SUM(x.{name})' for name in _SUMS)} FROM ("
          f"SELECT day, {_COLUMNS} FROM fz_day UNION ALL "
          f"SELECT (hour - hour % 86400) / 86400 AS day, {_COLUMNS} FROM fz_hour WHERE load_id <> 0) x "
          "LEFT JOIN fz_zone s ON s.zone_id = x.sip_zone LEFT JOIN fz_zone d ON d.zone_id = x.dip_zone "
          "GROUP BY x.day, x.sensor, x.location, s.digest, d.digest, x.protocol HAVING SUM(x.flows) <> 0")


def totals(store):
    """Sorted lines, the same for all stores."""
    return "".join(sorted("\t".join(str(cell).removesuffix(".0000") for cell in row) + "\n" for row in store.ask(TOTALS)))


class Test:
    def __init__(self, flowzone, tool, folder, address, store, dice):
        self.flowzone, self.tool, self.folder, self.address, self.store, self.dice = flowzone, tool, folder, address, store, dice
        self.rows, self.met, self.whole_s = [0] * CAPTURES, 0, 0.5

    def make(self, number, rows):
        path = f"{self.folder}/{number}-{rows}.ipfix"
        with open(path, "wb") as out:
            subprocess.run([self.tool, f"--rows={rows}", f"--seed={number}", f"--first={(FIRST + number * EVERY) * 1000000}", f"--span={SPANS.get(number % 20, 7200)}",
                            "--minutes", *(["--packets"] if number % 4 == 0 else []), f"--source={number}.pcap",
                            f"--sensor={'ab'[number % 2]}", f"--location={'xy'[number % 3 // 2]}"], stdout=out, check=True)
        self.rows[number] = rows
        return path

    def load(self, numbers, grow):
        paths = [self.make(number, self.dice.randrange(20, 60) + (self.rows[number] if grow else 0)) for number in numbers]
        return [self.flowzone, "load", "--quiet", "--to", self.address, *([] if grow else ["--replace"]), *paths]

    def retain(self, *options):
        now = time.strftime("%Y-%m-%d %H:%M", time.gmtime(NOW))
        return [self.flowzone, "retain", "--config", "none", "--to", self.address, "--now", now, *options]

    def some_periods(self):
        hours, options = self.dice.randrange(12, 150), []
        for name in ("packets", "details", "minutes", "hours"):
            options += [f"--{name}", f"{hours}h"]
            hours += self.dice.randrange(48)
        if self.dice.randrange(3) == 0:
            options += ["--keep", f"port {self.dice.randrange(1024, 4096)}"]
        return options

    def commands(self):
        numbers = self.dice.sample(range(CAPTURES), 12)
        loads = [self.load(numbers[:6], self.dice.random() < 0.7)], [self.load(numbers[6:], True)]
        # The timer and a batch that is idle may run at once.
        runs = [self.retain(*self.some_periods()) for _ in range(self.dice.choice((1, 1, 2)))]
        return [*runs, *self.dice.choice((*loads, loads[0] + loads[1], []))]

    def strike(self, running):
        """Kills one of all processes, or a session; whether there was one left."""
        sessions = self.store.sessions()
        if sessions and self.dice.randrange(4) == 0:
            self.store.kill_session(self.dice.choice(sessions))
            return True
        leaders, pids = {each.pid for each in running}, []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as text:
                    state, _, _, session, *_ = text.read().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) in leaders and state not in "ZX":
                pids.append(int(name))
        if not pids:
            return False
        try:
            os.kill(self.dice.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def turn(self):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                    env=without_leaks()) for command in self.commands()]
        kills = self.dice.randrange(4) > 0
        met, moment = False, self.dice.random() * self.whole_s
        begin = time.monotonic()
        if kills:
            time.sleep(moment)
            met = self.strike(running)
            self.whole_s = self.whole_s * 1.05 + 0.01 if met else moment
            self.met += met
        said = [each.communicate(timeout=stretched(300))[0] for each in running]
        if not kills:
            self.whole_s = time.monotonic() - begin
        self.store.settled()
        for each, words in zip(running, said):
            refused = each.args[1] == "load" and each.returncode in (1, 3) and "were dropped" in words
            later = each.args[1] == "retain" and each.returncode == 3
            assert met or refused or later or each.returncode == 0, f"{each.args[1]}: status {each.returncode}: {words}"
        self.check()

    def check(self):
        verified = subprocess.run([self.flowzone, "verify", "--to", self.address], capture_output=True, text=True)
        assert verified.returncode == 0, f"verify: {verified.stdout}{verified.stderr}"

    def settle(self):
        """A run that nobody disturbs, and another: it has nothing to do."""
        options = ["--details", "60h", "--packets", "24h", "--minutes", "90h", "--hours", "120h"]
        first = subprocess.run(self.retain(*options), capture_output=True, text=True)
        assert first.returncode == 0, f"status {first.returncode}: {first.stdout}{first.stderr}"
        second = subprocess.run(self.retain(*options), capture_output=True, text=True)
        assert (second.returncode, second.stdout) == (0, "nothing is due\n"), f"{second.returncode}: {second.stdout}{second.stderr}"
        self.check()

    def undisturbed(self):
        """The totals of a store that loads the same editions of the same captures once."""
        address = f"sqlite:{self.folder}/once.db"
        editions = [f"{self.folder}/{source.removesuffix('.pcap')}-{rows}.ipfix" for source, rows in self.store.ask(
            "SELECT source, records FROM fz_load")]
        subprocess.run([self.flowzone, "load", "--quiet", "--to", address, *editions], check=True)
        return totals(Sqlite(address)), address

    def services(self, address, since):
        """What a store says of services from a day on, and where that is from."""
        command = [self.flowzone, "top", "--by", "service", "--rows", "0", "--format", "json", "--utc", "--from", address, "--since", since]
        said = subprocess.run(command, capture_output=True, text=True)
        assert said.returncode in (0, 4), f"top: status {said.returncode}: {said.stderr}"
        return sorted(re.sub('"rank":[0-9]+', "", line) for line in said.stdout.splitlines()), " ".join(said.stderr.split())

    def compare_answers(self, once):
        """Where hours answer, it is with those of all captures; returns how often they do."""
        whole = 0
        for day in range(CAPTURES * EVERY // 86400):
            since = time.strftime("%Y-%m-%d", time.gmtime(FIRST + day * 86400))
            found, words = self.services(self.address, since)
            if re.search("from (hours|sums)", words):
                expected, _ = self.services(once, since)
                assert found == expected, f"services from {since}: {words}: {set(expected) ^ set(found)}"
                whole += 1
        assert whole > 1, "hours answer nothing"
        return whole

    def whole(self, kills):
        subprocess.run([self.flowzone, "load", "--quiet", "--to", self.address, *(self.make(number, 30) for number in range(CAPTURES))],
                       check=True)
        turns = 0
        while self.met < kills:
            self.turn()
            turns += 1
            assert turns < 10 * kills + 100, f"{self.met} of {turns} kills met their work"
        self.settle()
        with open(f"{self.folder}/totals", "w") as out:
            out.write(totals(self.store))
        expected, once = self.undisturbed()
        with open(f"{self.folder}/totals.once", "w") as out:
            out.write(expected)
        answers = self.compare_answers(once)
        dropped = self.store.ask("SELECT COUNT(*), SUM(CASE WHEN dropped IN (3, 7, 11, 15) THEN 1 ELSE 0 END) FROM fz_load")[0]
        print(f"{self.met} kills in {turns} turns; details of {dropped[1]} of {dropped[0]} captures dropped; {answers} answers from hours")


def main():
    kills, seed, flowzone, tool, folder, address, *server = sys.argv[1:]
    store = Server(server[1]) if server else Sqlite(address)
    try:
        Test(flowzone, tool, folder, address, store, random.Random(int(seed))).whole(int(kills))
    except AssertionError as fault:
        print(f"seed {seed}: {fault}")
        return 1
    return 0


sys.exit(main())
