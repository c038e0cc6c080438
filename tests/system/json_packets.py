"""json_packets.py ROWS.json ROWS.csv: NDJSON and CSV of rows of packets have the same cells; an empty one is null, but for texts.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import itertools
import json
import sys

TEXTS = {"location", "src_infos", "dst_infos", "sensor", "source"}


def cell(name, value):
    assert value != "" or name in TEXTS, f"{name} is an empty text"
    return "" if value is None else value


with open(sys.argv[1], encoding="utf-8") as objects, open(sys.argv[2], newline="", encoding="utf-8") as lines:
    for line, row in itertools.zip_longest(objects, csv.DictReader(lines)):
        pairs = json.loads(line, parse_int=str, parse_float=str, object_pairs_hook=list)
        assert [(name, cell(name, value)) for name, value in pairs] == list(row.items()), f"{line}{row}"
