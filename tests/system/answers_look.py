#!/usr/bin/env python3
"""How answers look at terminals of many widths, with colours and without, and where there is no terminal.
SPDX-License-Identifier: GPL-2.0-or-later

Usage: answers_look.py FLOWZONE COUNT SEED ARGUMENT...

Asks COUNT random questions of what ARGUMENT... names, each at a terminal of a random width. No line may be wider than the terminal (as
Unicode's tables of Python say), none may have a control but colours; without NO_COLOR and with it, and through a pipe with COLUMNS, the text is
the same. Through a pipe without COLUMNS nothing is shortened, and each row is a line.
"""
import fcntl
import os
import pty
import random
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
# Those of a group go together.
DIMENSIONS = [["client", "server", "service", "vlan", "sensor"], ["zones", "service", "location"], ["pair", "proto"], ["host"], ["net/24"],
              ["client.zone", "server.zone", "port"]]


def width_of(line):
    return sum(0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def some(rng, words):
    return rng.sample(words, rng.randint(1, min(3, len(words))))


def question(rng):
    kind = rng.choice(["top", "top", "top", "flows", "matrix", "time", "loads"])
    if kind == "top":
        words = [kind, "--by", ",".join(some(rng, rng.choice(DIMENSIONS))), "-n", str(rng.choice([1, 3, 10, 1000]))]
    elif kind == "time":
        words = [kind, "--by", rng.choice(["zones", "server.zone"])]
    else:
        words = [kind]
    return words + [flag for flag in ("--exact", "--utc") if rng.random() < 0.3]


def at_terminal(command, columns, environment, elsewhere=None):
    """What the command shows at a terminal of so many columns, and its status. Standard error is the same terminal. `elsewhere` maps one of
    the two, "stdout" or "stderr", to a file."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(command, **{"stdin": slave, "stdout": slave, "stderr": slave, **(elsewhere or {})}, env=environment,
                               start_new_session=True)
    os.close(slave)
    shown = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(master)
    return shown.replace(b"\r\n", b"\n"), process.wait()


def piped(command, environment):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False).stdout


def faults_of(shown, plain, no_colour, columns):
    faults = []
    text = COLOUR.sub(b"", shown).decode("utf-8", "strict")
    if b"\x1b" in no_colour:
        faults.append("colours in spite of NO_COLOR")
    if COLOUR.sub(b"", shown) != no_colour:
        faults.append("NO_COLOR changes more than colours")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n" for c in text):
        faults.append("a control")
    faults += [f"{width_of(line)} columns of {columns}: {line}" for line in text.split("\n") if width_of(line) > columns]
    if b"\x1b" in plain:
        faults.append("colours in a pipe")
    return faults


def apart(command, environment):
    """Faults where one of the two is a file: each has colours if it is a terminal itself."""
    faults = []
    for name in ("stdout", "stderr"):
        with tempfile.TemporaryFile() as file:
            shown, _ = at_terminal(command, 80, environment, {name: file})
            file.seek(0)
            if b"\x1b" in file.read():
                faults.append(f"colours in a file that is {name}")
            if name == "stdout" and b"\x1b" not in shown:
                faults.append("no colours of standard error at a terminal")
    return faults


def rows_of(command, environment):
    """The lines of a table through a pipe, without bars."""
    shown = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, check=False).stdout
    return [line.rstrip(" \u2588\u2589\u258a\u258b\u258c\u258d\u258e\u258f") for line in shown.decode("utf-8", "strict").split("\n")]


def main():
    program, count, seed, *rest = sys.argv[1:]
    rng = random.Random(int(seed))
    environment = dict(os.environ, TERM="xterm-256color")
    for name in ("NO_COLOR", "COLUMNS"):
        environment.pop(name, None)
    faults, lines, coloured = 0, 0, 0
    for _ in range(int(count)):
        columns = rng.choice([80, 80, rng.randint(60, 250)])
        command = [program, *question(rng), *rest]
        shown, status = at_terminal(command, columns, environment)
        no_colour, _ = at_terminal(command, columns, dict(environment, NO_COLOR="1"))
        plain = piped(command, dict(environment, COLUMNS=str(columns)))
        found = faults_of(shown, plain, no_colour, columns)
        found += apart(command, environment)
        if plain != no_colour:
            found.append(f"a pipe with COLUMNS={columns} is not as a terminal")
        if command[1] in ("top", "flows", "loads"):
            whole, wide = rows_of(command, environment), rows_of(command, dict(environment, COLUMNS="2000"))
            found += [f"not whole: {row}" for row in wide if row not in whole]
        if status != 0:
            found.append(f"status {status}: {shown[-300:].decode('utf-8', 'replace')}")
        if found:
            print(f"seed {seed}, {columns} columns: {' '.join(command[1:6])}: " + "; ".join(found[:3]))
        faults += len(found)
        lines += shown.count(b"\n")
        coloured += b"\x1b" in shown
    print(f"{count} questions, {lines} lines, {coloured} with colours")
    return 1 if faults or not coloured else 0


sys.exit(main())
