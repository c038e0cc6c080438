#!/usr/bin/env python3
"""A reader that holds a SQLite store open: sqlite_reader.py PATH [PRAGMA...] [begin]. SPDX-License-Identifier: GPL-2.0-or-later

Sets the PRAGMAs, with "begin" opens a transaction that reads, prints "held ROWS", and waits for a line on standard input; then prints how
many rows it sees still, and after that transaction's end.
"""
import sqlite3
import sys


def rows():
    return db.execute("SELECT count(*) FROM fz_flow").fetchone()[0]


path, *words = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None, timeout=20)
for word in words:
    if word == "begin":
        db.execute("BEGIN")
    else:
        db.execute("PRAGMA " + word).fetchall()
print("held", rows(), flush=True)
sys.stdin.readline()
before = rows()
if "begin" in words:
    db.execute("COMMIT")
print("sees", before, rows(), flush=True)
