"""jail_captures.py FOLDER CAPTURE... -- TSHARK...: every capture with the jail and without it, full and lean: the same rows, flow file, messages
and status. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def run(folder, capture, tshark, engine, jail):
    name = f"{engine.strip(',') or 'full'}{jail.replace(',', '-')}"
    taps = [f"flowzone{engine},format=csv,out={folder}/{name}.csv", f"flowzone{engine}{jail},format=ipfix,out={folder}/{name}.ipfix"]
    done = subprocess.run([*tshark, "-q", "-r", str(capture), *(part for tap in taps for part in ("-z", tap))],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = [line.replace(name.encode(), b"") for line in done.stderr.splitlines()]
    if jail:
        if done.returncode != 1 and not any(b": jail: tshark: " in line for line in said):
            said.append(b"no word about a jail")
        said = [line for line in said if b": jail: tshark: " not in line]
    files = [path.read_bytes() if path.exists() else None for path in (folder / f"{name}.csv", folder / f"{name}.ipfix")]
    return done.returncode, done.stdout, said, files


def compare(folder, capture, tshark):
    folder.mkdir()
    folder.chmod(0o777)
    faults = []
    for engine in ("", ",lean"):
        outside = run(folder, capture, tshark, engine, "")
        inside = run(folder, capture, tshark, engine, ",jail")
        for what, before, after in zip(("status", "output", "messages", "rows"), outside, inside):
            if before != after:
                faults.append(f"{capture.name}: {engine[1:] or 'full'}: {what}: {str(before)[:300]} outside, {str(after)[:300]} inside")
    return faults, outside[0]


def main():
    split = sys.argv.index("--")
    base, *captures = map(pathlib.Path, sys.argv[1:split])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda numbered: compare(base / f"{numbered[0]}", numbered[1], sys.argv[split + 1:]), enumerate(captures)))
    faults = [fault for found, _ in results for fault in found]
    statuses = [status for _, status in results]
    print(f"{len(captures)} captures; status {', '.join(f'{status}: {statuses.count(status)}' for status in sorted(set(statuses)))}")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
