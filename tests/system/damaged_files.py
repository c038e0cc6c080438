"""damaged_files.py FLOWFILE FOLDER EXTENT -- FLOWZONE: a flow file that was cut or changed, at every place, through `flowzone load`: each gets one
line that names it, none leaves a row behind, and the whole one still loads into the same database.

EXTENT is a number N, for cuts at every N-th byte and one bit flipped in every N-th byte; `bits` for every cut and every bit; `values` for every
cut and every other value of every byte, which takes an hour or two. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

BATCH = 500
TABLES = ("fz_load", "fz_flow", "fz_minute", "fz_packet", "fz_hour", "fz_host", "fz_zone")


def damages(good, extent):
    """Name and bytes of each."""
    step = int(extent) if extent.isdigit() else 1
    for size in range(0, len(good), step):
        yield f"cut-{size}", good[:size]
    for at in range(0, len(good), step):
        masks = [1 << at // step % 8] if extent.isdigit() else [1 << bit for bit in range(8)] if extent == "bits" else range(1, 256)
        for mask in masks:
            yield f"byte-{at}-{good[at] ^ mask}", good[:at] + bytes([good[at] ^ mask]) + good[at + 1:]


def rows_of(database):
    if not database.exists():
        return [0] * len(TABLES)
    with sqlite3.connect(database) as db:
        return [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]


def load(folder, files, flowzone):
    return subprocess.run([*flowzone, "load", "--to", "sqlite:net.db", *files], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)


def judge(folder, batch, good, flowzone):
    """What is wrong with how a batch of damaged files was taken, or None."""
    folder.mkdir()
    for name, content in batch:
        (folder / name).write_bytes(content)
    done = load(folder, [name for name, _ in batch], flowzone)
    lines = done.stderr.decode(errors="replace").splitlines()
    if done.returncode != 1:
        return f"status {done.returncode} for {batch[0][0]} to {batch[-1][0]}: {lines[-1:]}"
    for (name, _), line in zip(batch, lines):
        if not line.startswith(f"flowzone load: {name}: "):
            return f"{name}: {line}"
    if len(lines) != len(batch):
        return f"{len(batch)} files, {len(lines)} lines: {lines[-1]}"
    if any(rows_of(folder / "net.db")):
        return f"{batch[0][0]} to {batch[-1][0]}: left rows {rows_of(folder / 'net.db')} in {TABLES}"
    (folder / "whole").write_bytes(good)
    if load(folder, ["whole"], flowzone).returncode or rows_of(folder / "net.db")[:4] != [1, 3, 4, 60]:
        return f"the whole file behind {batch[-1][0]}: rows {rows_of(folder / 'net.db')}"
    for path in folder.iterdir():
        path.unlink()
    return None


def main():
    path, folder, extent, _, *flowzone = sys.argv[1:]
    good = pathlib.Path(path).read_bytes()
    source = damages(good, extent)
    batches = iter(lambda: list(islice(source, BATCH)), [])
    count, faults = 0, []
    # A few batches at a time, as all files at once would fill a disk.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while some := list(islice(enumerate(batches, count), 2 * os.cpu_count())):
            faults += filter(None, pool.map(lambda numbered: judge(pathlib.Path(folder, f"batch-{numbered[0]}"), numbered[1], good, flowzone), some))
            count = some[-1][0] + 1
            if faults:
                break
    print(f"{count} batches of up to {BATCH} damaged files")
    print("\n".join(faults))
    sys.exit(bool(faults) or count == 0)


main()
