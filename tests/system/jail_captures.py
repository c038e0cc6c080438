"""jail_captures.py FULL-SWEEP LEAN-SWEEP CAPTURE...: every capture with the jail and without it, full and lean: the same rows, flow
file, messages and status. The runs are those of sweep.py. SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import sys

FILES = ("outer.csv", "outer.ipfix")


def without_jail(status, stderr):
    """The messages of a jailed run, without the line about its jail, which must be there unless the status is 1."""
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


def differences(engine, capture, folder):
    outside, inside = outcome(folder, ""), outcome(folder, "again-")
    return [f"{capture.name}: {engine}: {what}: {str(before)[:300]} outside, {str(after)[:300]} inside"
            for what, before, after in zip(("status", "messages", "rows"), outside, inside) if before != after]


def main():
    full, lean, *captures = map(pathlib.Path, sys.argv[1:])
    faults = [fault for capture in captures for engine, sweep in (("full", full), ("lean", lean))
              for fault in differences(engine, capture, sweep / capture.name)]
    statuses = [(full / capture.name / "status").read_text().strip() for capture in captures]
    print(f"{len(captures)} captures; status {', '.join(f'{status}: {statuses.count(status)}' for status in sorted(set(statuses)))}")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
