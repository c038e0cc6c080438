"""conservation.py SWEEP READER CAPTURE... -- COMMAND-PREFIX...: the rows of outer.csv add up to the trailer of outer.ipfix, and its
classes to the frames and bytes that capinfos finds in the capture.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import subprocess
import sys

CLASSES = ("counted", "notIp", "unparsable", "filtered")


def capinfos(captures, prefix):
    """{path: (frames, bytes)}; a capture that is cut off counts as far as it goes."""
    run = subprocess.run([*prefix, "capinfos", "-T", "-r", "-M", "-c", "-d", *map(str, captures)],
                         capture_output=True, text=True, check=False)
    rows = (line.split("\t") for line in run.stdout.splitlines() if line)
    return {name: (int(frames), int(size)) for name, frames, size in rows}


def trailer(reader, path):
    """The last options record, by the names of its elements."""
    run = subprocess.run([reader, str(path)], capture_output=True, text=True, check=True)
    last = [line for line in run.stdout.splitlines() if line.startswith("options\t")][-1]
    return dict(field.split("=", 1) for field in last.split("\t")[1:])


def faults(folder, reader, expected):
    totals = trailer(reader, folder / "outer.ipfix")
    with (folder / "outer.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    frames = sum(int(row["packets"]) for row in rows)
    size = sum(int(row["bytes"]) for row in rows)
    counted = (int(totals["countedFrameTotalCount"]), int(totals["countedOctetTotalCount"]))
    whole = tuple(sum(int(totals[f"{name}{unit}TotalCount"]) for name in CLASSES) for unit in ("Frame", "Octet"))
    if (frames, size) != counted:
        yield f"the rows add up to {frames} frames, {size} bytes; the trailer says {counted}"
    if len(rows) != int(totals["exportedFlowRecordTotalCount"]):
        yield f"{len(rows)} rows; the trailer says {totals['exportedFlowRecordTotalCount']}"
    if whole != expected:
        yield f"frames and bytes: capinfos {expected}, came {whole} of " + ", ".join(
            f"{name} {totals[name + 'FrameTotalCount']}" for name in CLASSES)


def main():
    split = sys.argv.index("--")
    sweep, reader, *captures = sys.argv[1:split]
    infos = capinfos(captures, sys.argv[split + 1:])
    wrong = 0
    for capture in captures:
        folder = pathlib.Path(sweep) / pathlib.Path(capture).name
        try:
            found = list(faults(folder, reader, infos[capture]))
        except (OSError, KeyError, ValueError, IndexError, subprocess.CalledProcessError) as error:
            found = [f"{type(error).__name__}: {error}"]
        wrong += bool(found)
        for fault in found if wrong <= 8 else []:
            print(f"{folder.name}: {fault}")
    print(f"{len(captures)} captures, {wrong} wrong")
    sys.exit(wrong > 0)


main()
