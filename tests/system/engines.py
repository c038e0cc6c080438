"""engines.py FLOWZONE FOLDER FULL-SWEEP LEAN-SWEEP CAPTURE...: three engines, one answer.

What full and lean wrote in their sweeps and what scan writes of every capture, with each set of options: rows and totals must be
the same, byte by byte. Prints what differs and exits 1. Captures that engines_differ.txt lists (one "NAME reason" a line) are those
where FORMAT.md says that a dissector knows more: they must differ. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
from sweep import TAPS, source_of

TOTALS = re.compile(rb"\d+ frames?, \d+ bytes?: ")
VARIANTS = {name: options for name, options in TAPS.items() if name.endswith(".csv")}


def scan(folder, flowzone, capture):
    """{variant: its totals}, the rows in `folder`."""
    said = {}
    for name, options in VARIANTS.items():
        command = [flowzone, "scan", "--out", f"{folder}/{name}", "--source", source_of(capture),
                   *("--" + option for option in options), str(capture)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        said[name] = [line.split(b": ", 2)[2] for line in done.stderr.splitlines() if TOTALS.search(line)]
    return said


def tapped(folder):
    """{variant: its totals} of a sweep."""
    lines = (folder / "stderr").read_bytes().splitlines()
    return {name: [line.partition(mark)[2] for line in lines
                   if (mark := f"out={folder}/{name}: ".encode()) in line and TOTALS.search(line)]
            for name in VARIANTS}


def difference(ours, theirs):
    return next((line.decode() for line in sorted(set(ours) ^ set(theirs))), "the same row another number of times")


def compare(folder, flowzone, sweeps, capture):
    with tempfile.TemporaryDirectory(dir=folder) as name:
        full = sweeps["full"] / capture.name
        faults, expected = [], tapped(full)
        for engine in ("lean", "scan"):
            mine = pathlib.Path(name) if engine == "scan" else sweeps["lean"] / capture.name
            said = scan(mine, flowzone, capture) if engine == "scan" else tapped(mine)
            for variant in VARIANTS:
                try:
                    rows = [sorted(path.read_bytes().splitlines()) for path in (full / variant, mine / variant)]
                except FileNotFoundError as error:
                    faults.append(f"{capture.name}: {error}: {said[variant]}")
                    continue
                if rows[0] != rows[1]:
                    faults.append(f"{capture.name}: {engine} and full differ with {variant}: {difference(*rows)}")
                if said[variant] != expected[variant] or not expected[variant]:
                    faults.append(f"{capture.name}: totals of {engine}, {variant}: {said[variant]}, of full {expected[variant]}")
        return capture.name, faults


def main():
    flowzone, folder, full, lean, *captures = sys.argv[1:]
    sweeps = {"full": pathlib.Path(full), "lean": pathlib.Path(lean)}
    listed = pathlib.Path(__file__).with_name("engines_differ.txt").read_text().splitlines()
    known = {line.split(maxsplit=1)[0] for line in listed if line and not line.startswith("#")}
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, faults in pool.map(lambda path: compare(folder, flowzone, sweeps, pathlib.Path(path)), captures):
            if name in known and not faults:
                faults = [f"{name}: is listed as a difference, but the engines agree"]
            elif name in known:
                faults = []
            failed += bool(faults)
            for fault in faults:
                print(fault)
    print(f"{len(captures)} captures, {failed} with differences")
    sys.exit(failed > 0)


main()
