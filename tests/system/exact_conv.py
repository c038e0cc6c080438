"""exact_conv.py ORACLE.json SWEEP CAPTURE...: every capture's ip.csv (key=ip,layers=all) has the oracle's rows, no more and no fewer.

The oracle's rows begin with the source of the first packet, ours with the client, which sides.py checks: here, with the lower address.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import json
import pathlib
import sys


def lower_first(row):
    sip, dip, *counts = row
    return row if sip <= dip else [dip, sip, *counts[2:], *counts[:2]]


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return sorted(lower_first([row["sip"], row["dip"], int(row["sip_packets"]), int(row["sip_bytes"]), int(row["dip_packets"]),
                                   int(row["dip_bytes"])]) for row in csv.DictReader(file))


def main():
    oracle, sweep = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    captures = sorted(pathlib.Path(path).name for path in sys.argv[3:])
    wrong = rows = 0
    for capture in captures:
        expected = sorted(map(lower_first, oracle[capture]))
        try:
            came = rows_of(sweep / capture / "ip.csv")
        except (OSError, KeyError, ValueError) as error:
            came = [[f"{type(error).__name__}: {error}"]]
        rows += len(expected)
        if came == expected:
            continue
        wrong += 1
        if wrong <= 5:
            print(f"{capture}: {len(expected)} rows expected, {len(came)} came")
            for row in [row for row in expected if row not in came][:3]:
                print("  missing:", *row)
            for row in [row for row in came if row not in expected][:3]:
                print("  surplus:", *row)
    print(f"{len(captures)} captures, {rows} rows, {wrong} captures differ")
    sys.exit(wrong > 0 or rows == 0)


main()
