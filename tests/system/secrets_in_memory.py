#!/usr/bin/env python3
"""Prints where in a process's memory a text is. Only root may look. SPDX-License-Identifier: GPL-2.0-or-later

Usage: secrets_in_memory.py PID TEXT
"""
import re
import sys


def main():
    pid, text = sys.argv[1], sys.argv[2].encode()
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            if rights[0] != "r" or name.startswith("[v"):
                continue
            memory.seek(int(begin, 16))
            data = memory.read(int(end, 16) - int(begin, 16))
            for found in re.finditer(re.escape(text), data):
                print(f"{name or 'anonymous'} {int(begin, 16) + found.start():x}")


main()
