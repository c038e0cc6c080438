"""json_rows.py CSV JSON: both have the same rows; numbers are numbers in JSON. SPDX-License-Identifier: GPL-2.0-or-later"""
import csv
import json
import sys

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    expected = list(csv.DictReader(file))
with open(sys.argv[2], encoding="utf-8") as file:
    came = [json.loads(line) for line in file]
for number, (row, record) in enumerate(zip(expected, came), 1):
    texts = {name: str(value) for name, value in record.items()}
    if list(record) != list(row) or texts != row:
        sys.exit(f"row {number}: CSV {row}, JSON {record}")
    if not all(isinstance(record[name], int) for name in ("bytes", "packets", "sport", "dip_bytes")):
        sys.exit(f"row {number}: a number is not one: {record}")
if len(expected) != len(came) or not came:
    sys.exit(f"{len(expected)} rows in CSV, {len(came)} in JSON")
