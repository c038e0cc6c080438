#!/usr/bin/env python3
"""batch_rotation.py COUNT SEED FLOWZONE SQLITE_FOLDER [--server SOCKET STORE]: random schedules of a hostile ring against `flowzone batch`.

Files are copied over, truncated, filled in place, grown, renamed, replaced under one name and deleted, all while they are counted; in
turn once (again and again) and with --follow, by engine scan and lean, into SQLite and MariaDB. Behind each schedule the rows must be
those of one pass of a fresh store over what is there; of captures that are there no more, those of what they were.

A file that is shorter than rows that were whole leaves these as they are. FZ_ENGINES=scan leaves lean out; FZ_SCHEDULE=N plays that one
alone.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from batch_stores import HALVES, STRAYS, Server, Sqlite, stretched
from make_captures import TCP, UDP, eth4, ip4, tcp, udp

COLUMNS = ("start_us, end_us, hex(sip), hex(dip), sport, dport, protocol, sip_packets, dip_packets, sip_bytes, dip_bytes, "
           "sip_ip_bytes, dip_ip_bytes")
LOADS = ("SELECT load_id, source, first_frame_us, state, counted_frames + not_ip_frames + unparsable_frames, records "
         "FROM fz_load ORDER BY load_id")
SECOND = 1000000
START = 1600000020 * SECOND


def pool(dice, sizes):
    """Frames to draw from; conversations come again."""
    frames = []
    for _ in range(300):
        client, port, payload = dice.randint(1, 30), dice.randint(40000, 40020), bytes(dice.choice(sizes))
        if dice.random() < 0.3:
            frames.append(eth4(ip4(f"10.1.4.{client}", "10.1.3.53", UDP, udp(port, 53, payload))))
        else:
            frames.append(eth4(ip4(f"10.1.4.{client}", "203.0.113.3", TCP, tcp(port, 443, payload=payload))))
    return frames


POOLS = [pool(random.Random(1), range(300)), pool(random.Random(2), [40]), pool(random.Random(3), [1400])]


class Capture:
    """What a file is to be: its first frame is unique, and it grows at its end."""

    HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    born = 0

    def __init__(self, dice, frames):
        Capture.born += 1
        self.dice, self.pool = dice, dice.choice(POOLS)
        self.first_us = START + Capture.born * 3600 * SECOND
        self.bytes, self.ends = bytearray(self.HEADER), []
        self.grow(frames)

    def grow(self, frames):
        for _ in range(frames):
            frame = self.dice.choice(self.pool)
            seconds, rest = divmod(self.first_us + len(self.ends) * 1000, SECOND)
            self.bytes += struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame
            self.ends.append(len(self.bytes))


class Writer(threading.Thread):
    """Does to a folder what no capturing program should."""

    def __init__(self, dice, folder, steps, rest):
        super().__init__(daemon=True)
        self.dice, self.folder, self.steps, self.rest = dice, folder, steps, rest
        self.files = {}    # name: (capture, whether all of it is there)
        self.known = {}    # (name, first frame): capture
        self.rested = {}   # the same: frames that were there, whole, while a batch had time to load them
        self.log, self.fault = [], None

    def path(self, name):
        return os.path.join(self.folder, name)

    def nap(self):
        time.sleep(self.dice.choice((0, 0, 0, 0.001, 0.003, 0.008, 0.02)))

    def chunks(self, size, begin=0):
        step = max(4096, (size - begin) // self.dice.choice((2, 5, 12)))
        return [(at, min(at + step, size)) for at in range(begin, size, step)]

    def put(self, name, capture, flags, begin=0, order=None):
        """Writes what is missing from `begin` on, piece by piece."""
        data = bytes(capture.bytes)
        fd = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | flags, 0o644)
        try:
            if os.fstat(fd).st_size > len(data):
                os.ftruncate(fd, len(data))
            pieces = self.chunks(len(data), begin)
            if order == "any":
                head, rest = pieces[:1], pieces[1:]
                self.dice.shuffle(rest)
                pieces = head + rest
            for at, end in pieces:
                os.pwrite(fd, data[at:end], at)
                self.nap()
            os.ftruncate(fd, len(data))
        finally:
            os.close(fd)

    def remember(self, name, capture):
        self.known[name, capture.first_us] = capture
        self.files[name] = (capture, True)

    def fresh(self, name):
        capture = Capture(self.dice, self.dice.choice((1, 20, 400, 3000, 30000)))
        self.remember(name, capture)
        return capture

    def some(self):
        return self.dice.choice(sorted(self.files))

    # What may happen. Each leaves a file as it is to be, unless its name says otherwise.

    def copy_over(self, name):
        self.put(name, self.fresh(name), os.O_TRUNC)

    def move_in(self, name):
        capture = self.fresh(name)
        other = self.path(".arriving")
        with open(other, "wb") as file:
            file.write(capture.bytes)
        os.rename(other, self.path(name))

    def reserve(self, name):
        """The final size first (fallocate), packets later."""
        capture = Capture(self.dice, self.dice.choice((20, 400, 3000, 30000)))
        other = self.path(".arriving")
        with open(other, "wb") as file:
            file.truncate(len(capture.bytes) + self.dice.choice((0, 0, 7, 4096)))
        self.known[name, capture.first_us] = capture
        os.rename(other, self.path(name))
        self.put(name, capture, 0, order=self.dice.choice((None, "any")))
        self.files[name] = (capture, True)

    def overwrite(self, name):
        """In place, without making it empty first."""
        self.put(name, self.fresh(name), 0)

    def grow(self, name):
        capture, whole = self.files[name]
        begin = len(capture.bytes) if whole else 0
        capture.grow(self.dice.choice((1, 30, 1000, 10000)))
        self.put(name, capture, 0, begin)
        self.files[name] = (capture, True)

    def copy_again(self, name):
        capture, _ = self.files[name]
        self.put(name, capture, self.dice.choice((0, os.O_TRUNC)))
        self.files[name] = (capture, True)

    def copy_again_with_its_time(self, name):
        about = os.stat(self.path(name))
        self.copy_again(name)
        os.utime(self.path(name), ns=(about.st_atime_ns, about.st_mtime_ns))

    def cut(self, name):
        """It stays short. (A part of the file header is a capture of another format to libwiretap.)"""
        capture, _ = self.files[name]
        size = min(os.path.getsize(self.path(name)), len(capture.bytes))
        ends = [end for end in capture.ends if end < size]
        at = self.dice.choice(ends) if ends and self.dice.random() < 0.5 else self.dice.randrange(min(24, size), size + 1)
        os.truncate(self.path(name), at)
        self.files[name] = (capture, False)

    def cut_and_fill(self, name):
        self.cut(name)
        self.nap()
        self.copy_again(name)

    def rotate(self, name):
        capture, whole = self.files.pop(name)
        other = f"{name.split('-')[0]}-{self.dice.randrange(3)}"
        self.known[other, capture.first_us] = capture
        os.rename(self.path(name), self.path(other))
        self.files[other] = (capture, whole)
        if self.dice.random() < 0.7:
            self.copy_over(name)

    def touch(self, name):
        os.utime(self.path(name))

    def delete(self, name):
        os.unlink(self.path(name))
        del self.files[name]

    def wait(self, _):
        time.sleep(self.dice.choice((0.05, 0.3)))

    def step(self):
        makes = (self.copy_over, self.move_in, self.reserve, self.reserve, self.overwrite)
        changes = (self.grow, self.grow, self.copy_again, self.copy_again, self.copy_again, self.copy_again_with_its_time, self.cut,
                   self.cut_and_fill, self.cut_and_fill, self.cut_and_fill, self.cut_and_fill, self.rotate, self.rotate, self.touch, self.delete, self.wait)
        if not self.files or self.dice.random() < 0.3:
            act, name = self.dice.choice(makes), f"cap{self.dice.randrange(3)}.pcap"
        else:
            act, name = self.dice.choice(changes), self.some()
        self.log.append(f"{act.__name__} {name}")
        act(name)

    def all_rest(self):
        self.log.append("rest")
        self.rest()
        for name, (capture, whole) in self.files.items():
            if whole:
                self.rested[name, capture.first_us] = len(capture.ends)

    def run(self):
        try:
            for number in range(self.steps):
                if number == self.steps // 2:
                    self.all_rest()
                self.step()
                self.nap()
        except Exception as fault:  # the main thread reports it
            self.fault = fault


class Failure(Exception):
    pass


class Schedule:
    def __init__(self, flowzone, folder, store, address, engine, follow, seed):
        self.flowzone, self.folder, self.store, self.address = flowzone, pathlib.Path(folder), store, address
        self.engine, self.follow, self.dice = engine, follow, random.Random(seed)
        self.ring = self.folder / "ring"
        self.said, self.status = "", {}
        self.begun = self.done = 0

    def command(self, *more, engine=None, ring=None, address=None):
        return [self.flowzone, "batch", "--config", "none", "--idle", "0", "--engine", engine or self.engine,
                "--ring", ring or self.ring, "--to", address or self.address, *more]

    def batch(self, **more):
        self.begun += 1
        run = subprocess.run(self.command(**more), stderr=subprocess.PIPE, text=True, timeout=stretched(240))
        self.done += 1
        return run

    # --- What is in a store ---

    @staticmethod
    def loads(store):
        """By name and first frame: number, state, frames, rows."""
        if not store.is_there():
            return {}
        found = {}
        for load, source, first, state, frames, _ in store.ask(LOADS):
            key = (source, int(first))
            if key in found:
                raise Failure(f"{key} is there twice")
            rows = store.ask(f"SELECT {COLUMNS} FROM fz_flow WHERE load_id = {load}")
            found[key] = (state, int(frames), sorted(tuple(str(cell) for cell in row) for row in rows))
        return found

    def one_pass(self, name, contents):
        """What a fresh store has of these files."""
        folder, path = self.folder / name, self.folder / f"{name}.db"
        shutil.rmtree(folder, ignore_errors=True)
        path.unlink(missing_ok=True)
        folder.mkdir()
        for file, data in contents.items():
            (folder / file).write_bytes(data)
        run = subprocess.run(self.command(engine="scan", ring=folder, address=f"sqlite:{path}"), stderr=subprocess.PIPE, timeout=stretched(240))
        self.status[name] = run.returncode
        return self.loads(Sqlite(f"sqlite:{path}"))

    # --- What must be true ---

    def check_gone(self, key, found, writer):
        """Rows of a capture as it was: whole, or with frames of nothing where it was never read as a whole."""
        state, frames, rows = found
        if key not in writer.known:
            raise Failure(f"{key}: there never was such a capture")
        capture = writer.known[key]
        if frames < writer.rested.get(key, 0):
            raise Failure(f"{key}: {frames} frames, {writer.rested[key]} were there, whole and at rest")
        if state != "complete":
            return
        if frames > len(capture.ends):
            raise Failure(f"{key}: {frames} frames of {len(capture.ends)}, complete")
        end = capture.ends[frames - 1]
        then = self.one_pass("then", {key[0]: bytes(capture.bytes[:end])})
        if then[key][2] != rows:
            raise Failure(f"{key}: other rows than of its first {frames} frames")

    def check(self, writer):
        """True when all is as it must be; raises Failure where it can't become so any more."""
        expected = self.one_pass("now", {path.name: path.read_bytes() for path in self.ring.iterdir()})
        found = self.loads(self.store)
        for sql in (HALVES, STRAYS):
            if found and int(self.store.ask(sql)[0][0]):
                raise Failure(sql)
        kept = 0
        for key, wanted in expected.items():
            if key not in found:
                return f"{key} is not there"
            if found[key] == wanted:
                continue
            if found[key][0] != "complete" or found[key][1] <= wanted[1]:
                return f"{key}: {found[key][:2]}, expected {wanted[:2]}" + (
                    "" if found[key][:2] != wanted[:2] else " and other rows")
            self.check_gone(key, found[key], writer)
            kept += 1
        for key in found.keys() - expected.keys():
            self.check_gone(key, found[key], writer)
        if kept and "with more packets" not in self.said:
            return "rows stayed, and nothing was said of it"
        return None

    # --- Once, again and again ---

    def play_once(self, steps):
        writer = self.writer = Writer(self.dice, self.ring, steps, self.rest_once)
        writer.start()
        while writer.is_alive():
            self.batch()
        writer.join()
        if writer.fault:
            raise writer.fault
        last = self.batch()
        self.said = last.stderr
        fault = self.check(writer)
        if fault:
            raise Failure(fault)
        if last.returncode != self.status["now"]:
            raise Failure(f"status {last.returncode}, of one pass {self.status['now']}")
        again = self.batch()
        if " event=loaded" in again.stderr or " event=replaced" in again.stderr:
            raise Failure(f"loaded again, and nothing had changed:\n{again.stderr}")
        return writer

    def rest_once(self):
        begun = self.begun
        while self.done <= begun:
            time.sleep(0.01)

    # --- Follow ---

    def follows(self, writer):
        """The ring is at rest: until nothing is missing."""
        begin = time.monotonic()
        while time.monotonic() - begin < stretched(60):
            self.said = (self.folder / "said").read_text()
            fault = self.check(writer)
            if not fault:
                return
            if self.process.poll() is not None:
                fault = f"it has ended with status {self.process.returncode}"
                break
            time.sleep(0.2)
        raise Failure(fault)

    def rests(self):
        """It logs what it did after that: until it is silent. How much it has said."""
        begin, size = time.monotonic(), -1
        while size != (size := (self.folder / "said").stat().st_size):
            if time.monotonic() - begin > stretched(60):
                raise Failure("it goes on speaking, and nothing changes")
            time.sleep(1)
        return len((self.folder / "said").read_text())

    def play_follow(self, steps):
        writer = self.writer = Writer(self.dice, self.ring, steps, lambda: self.follows(writer))
        with open(self.folder / "said", "w") as said:
            self.process = subprocess.Popen(self.command("--follow"), stderr=said, text=True)
        try:
            writer.start()
            writer.join()
            if writer.fault:
                raise writer.fault
            self.follows(writer)
            size = self.rests()
            time.sleep(1.5)
            more = (self.folder / "said").read_text()[size:]
            if " event=replaced" in more or " event=loaded" in more:
                raise Failure(f"loaded again, and nothing had changed:\n{more}")
        finally:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(stretched(60))
            except subprocess.TimeoutExpired:
                self.process.kill()
                status = self.process.wait()
        if status != 0:
            raise Failure(f"status {status} after SIGTERM")
        return writer

    def play(self, steps):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.ring.mkdir(parents=True)
        self.folder.chmod(0o755)
        self.store.forget()
        return self.play_follow(steps) if self.follow else self.play_once(steps)


def main():
    count, seed, flowzone, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    path = os.path.join(folder, "rotation.db")
    stores = [(Sqlite(f"sqlite:{path}"), f"sqlite:{path}")]
    if sys.argv[5:6] == ["--server"]:
        stores.append((Server(sys.argv[6]), sys.argv[7]))
    engines = os.environ.get("FZ_ENGINES", "scan lean").split()
    kinds = [(store, engine, follow) for engine in engines for follow in (False, True) for store in stores]
    only = os.environ.get("FZ_SCHEDULE")
    numbers = [int(only)] if only else range(count)
    for number in numbers:
        (store, address), engine, follow = kinds[number % len(kinds)]
        name = f"schedule {number}: {engine}, {'follow' if follow else 'once'}, {address.partition(':')[0]}"
        schedule = Schedule(flowzone, os.path.join(folder, "rotation"), store, address, engine, follow, f"{seed}.{number}")
        begin = time.monotonic()
        try:
            writer = schedule.play(steps=40)
        except Failure as fault:
            print(f"{name}: {fault}\nseed {seed}; steps: {', '.join(schedule.writer.log)}\nknown: {sorted(schedule.writer.known)}\n"
                  f"what it said last:\n{schedule.said[-3000:]}")
            return 1
        print(f"{name}: {len(writer.log)} steps, {len(writer.known)} captures, {time.monotonic() - begin:.1f} s", flush=True)
    print(f"{len(numbers)} schedules, seed {seed}")
    return 0


sys.exit(main())
