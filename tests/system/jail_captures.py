"""jail_captures.py FULL-SWEEP LEAN-SWEEP CAPTURE...: every capture in the jail. Full: the same rows, flow file, messages and status as
without it. Lean: it was in its jail, with that status; that its rows are full's is what engines.py tells. The runs are those of
sweep.py. SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

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


def differences(capture, full, lean):
    outside, inside = outcome(full, ""), outcome(full, "again-")
    faults = [f"{capture.name}: {what}: {str(before)[:300]} outside, {str(after)[:300]} inside"
              for what, before, after in zip(("status", "messages", "rows"), outside, inside) if before != after]
    status = (lean / "status").read_text().strip()
    if status != outside[0]:
        faults.append(f"{capture.name}: status of lean: {status}, of full {outside[0]}")
    if b"no word about a jail" in without_jail(status, (lean / "stderr").read_bytes()):
        faults.append(f"{capture.name}: lean has no word about a jail")
    return faults, outside[0]


def main():
    full, lean, *captures = map(pathlib.Path, sys.argv[1:])
    results = [differences(capture, full / capture.name, lean / capture.name) for capture in captures]
    faults = [fault for found, _ in results for fault in found]
    statuses = [status for _, status in results]
    print(f"{len(captures)} captures; status {', '.join(f'{status}: {statuses.count(status)}' for status in sorted(set(statuses)))}")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
