"""jail_captures.py FOLDER SWEEP CAPTURE... -- TSHARK...: every capture with the jail and without it, full and lean: the same rows, flow file,
messages and status. The runs of full are those of sweep.py. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

FILES = ("outer.csv", "outer.ipfix")


def without_jail(status, stderr):
    """What a jailed run said, but for the one line about its jail, which must be there where it began."""
    said = stderr.splitlines()
    if status != "1" and not any(b": jail: tshark: " in line for line in said):
        said.append(b"no word about a jail")
    return [line for line in said if b": jail: tshark: " not in line]


def outcome(folder, prefix):
    """Status, messages and files of a run in the sweep's form."""
    status, stderr = (folder / f"{prefix}status").read_text().strip(), (folder / f"{prefix}stderr").read_bytes()
    said = without_jail(status, stderr) if prefix else stderr.splitlines()
    paths = [folder / f"{prefix}{name}" for name in FILES]
    return status, [line.replace(prefix.encode(), b"") for line in said], [path.read_bytes() if path.exists() else None for path in paths]


def run_lean(folder, capture, tshark, prefix):
    taps = [f"flowzone,lean,format=csv,out={folder}/{prefix}outer.csv",
            f"flowzone,lean{',jail' if prefix else ''},format=ipfix,out={folder}/{prefix}outer.ipfix"]
    done = subprocess.run([*tshark, "-q", "-r", str(capture), *(part for tap in taps for part in ("-z", tap))],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    (folder / f"{prefix}stderr").write_bytes(done.stderr)
    (folder / f"{prefix}status").write_text(f"{done.returncode}\n")


def differences(engine, capture, folder):
    outside, inside = outcome(folder, ""), outcome(folder, "again-")
    return [f"{capture.name}: {engine}: {what}: {str(before)[:300]} outside, {str(after)[:300]} inside"
            for what, before, after in zip(("status", "messages", "rows"), outside, inside) if before != after]


def compare(folder, sweep, capture, tshark):
    folder.mkdir()
    folder.chmod(0o777)
    for prefix in ("", "again-"):
        run_lean(folder, capture, tshark, prefix)
    status = (sweep / capture.name / "status").read_text().strip()
    return differences("full", capture, sweep / capture.name) + differences("lean", capture, folder), status


def main():
    split = sys.argv.index("--")
    base, sweep, *captures = map(pathlib.Path, sys.argv[1:split])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda numbered: compare(base / f"{numbered[0]}", sweep, numbered[1], sys.argv[split + 1:]), enumerate(captures)))
    faults = [fault for found, _ in results for fault in found]
    statuses = [status for _, status in results]
    print(f"{len(captures)} captures; status {', '.join(f'{status}: {statuses.count(status)}' for status in sorted(set(statuses)))}")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
