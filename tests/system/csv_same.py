#!/usr/bin/env python3
"""Two CSV files have the same rows, however their cells are quoted. SPDX-License-Identifier: GPL-2.0-or-later"""
import csv
import sys


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return sorted(csv.reader(file))


expected, actual = (rows(path) for path in sys.argv[1:3])
if expected != actual or not expected:
    print(f"{len(expected)} rows expected, {len(actual)} came")
    for pair in zip(expected, actual):
        if pair[0] != pair[1]:
            print(*pair, sep="\n")
            break
    sys.exit(1)
