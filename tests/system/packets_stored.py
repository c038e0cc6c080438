"""packets_stored.py ROWS.csv STORE.db...: the view fz_packets of each SQLite store has the cells of CSV, in the same order, and types
that can be added up. SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import sqlite3
import sys

EPOCH = "frame_time_epoch"  # a floating point number, which has no room for nanoseconds

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    expected = list(csv.DictReader(file))
for path in sys.argv[2:]:
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    came = store.execute(f"SELECT {', '.join(expected[0])} FROM fz_packets ORDER BY frame_number").fetchall()
    for row, cells in zip(expected, came, strict=True):
        for (name, text), cell in zip(row.items(), cells):
            same = abs(float(text) - cell) < 1e-6 if name == EPOCH else ("" if cell is None else str(cell)) == text
            numeric = name in ("frame_number", "ip_len", "ip_proto", "sport", "dport", "tcp_flags", "vlan", "frame_len")
            if not same or (numeric and cell is not None and not isinstance(cell, int)):
                sys.exit(f"{path}: frame {row['frame_number']}: {name} is {cell!r}, in CSV {text!r}")
    print(f"{len(came)} rows")
