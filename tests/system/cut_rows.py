"""cut_rows.py WHOLE.csv CUT.csv interval=S|max-flows=N: rows that an interval or a limit cut add up to those of a run without.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import sys
from datetime import datetime, timezone

KEY = ("protocol", "vlan")
SUMS = ("packets", "bytes")
WAYS = ("packets", "bytes", "ip_bytes")


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sums(rows):
    """By conversation in either direction: a part may begin with an answer."""
    totals = {}
    for row in rows:
        ends = [(row["sip"], row["sport"], "sip"), (row["dip"], row["dport"], "dip")]
        if ends[0][:2] != ends[1][:2]:  # one end: the initiator's figures are all there is
            ends.sort()
        key = (*(end[:2] for end in ends), *(row[name] for name in KEY))
        total = totals.setdefault(key, [row["timestamp"], row["end"], 0, 0] + [0] * 6)
        total[0], total[1] = min(total[0], row["timestamp"]), max(total[1], row["end"])
        values = [int(row[name]) for name in SUMS] + [int(row[f"{end[2]}_{way}"]) for end in ends for way in WAYS]
        total[2:] = [a + b for a, b in zip(total[2:], values)]
    return totals


def crossing(row, seconds):
    start, end = (datetime.fromisoformat(row[name]).replace(tzinfo=timezone.utc).timestamp() // seconds
                  for name in ("timestamp", "end"))
    return start != end


def main():
    whole, cut, option = rows_of(sys.argv[1]), rows_of(sys.argv[2]), sys.argv[3]
    name, number = option.split("=")
    faults = []
    if len(cut) <= len(whole):
        faults.append(f"{len(cut)} rows of {len(whole)}: nothing was cut")
    expected, came = sums(whole), sums(cut)
    faults += [f"{key}: expected {expected.get(key)}, came {came.get(key)}"
               for key in sorted(set(expected) | set(came)) if expected.get(key) != came.get(key)]
    reasons = {row["end_reason"] for row in cut}
    early = {"interval": "2", "max-flows": "5"}[name]
    if not {early} <= reasons <= {early, "4"}:
        faults.append(f"end reasons {reasons}")
    if name == "interval":
        faults += [f"crosses an interval: {row}" for row in cut if crossing(row, int(number))]
    print("\n".join(map(str, faults[:6])))
    sys.exit(bool(faults))


main()
