"""engines.py FLOWZONE FOLDER CAPTURE... -- TSHARK...: three engines, one answer.

Every capture goes through full, lean and scan with each set of options; rows and totals must be the same, byte by byte. Prints what
differs and exits 1. Captures in FOLDER/known (one "NAME reason" a line) are those where FORMAT.md says that a dissector knows more:
they must differ. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

VARIANTS = {"5tuple": [], "ip": ["key=ip"], "vlan": ["vlan"], "interval": ["interval=2"]}
ENVIRONMENT = dict(os.environ)


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          check=False, env=ENVIRONMENT)


def tap(folder, tshark, capture, engine):
    arguments = []
    for name, options in VARIANTS.items():
        flags = [*options, *(["lean"] if engine == "lean" else [])]
        arguments += ["-z", ",".join(["flowzone", f"out={folder}/{engine}-{name}.csv", "source=capture", *flags])]
    return run([*tshark, "-q", "-r", str(capture), *arguments]).stderr


def scan(folder, flowzone, capture):
    errors = []
    for name, options in VARIANTS.items():
        flags = ["--" + option for option in options]
        errors.append(run([flowzone, "scan", "--out", f"{folder}/scan-{name}.csv", "--source", "capture", *flags,
                           str(capture)]).stderr)
    return b"".join(errors)


def totals(stderr):
    return sorted(line.split(b": ", 2)[2] for line in stderr.splitlines()
                  if line.startswith(b"flowzone") and b" frame" in line and b"conversation" in line)


def compare(folder, flowzone, tshark, capture):
    with tempfile.TemporaryDirectory(dir=folder) as name:
        os.chmod(name, 0o1777)
        said = {"full": tap(name, tshark, capture, "full"), "lean": tap(name, tshark, capture, "lean"),
                "scan": scan(name, flowzone, capture)}
        faults = []
        for engine in ("lean", "scan"):
            for variant in VARIANTS:
                try:
                    mine = pathlib.Path(name, f"{engine}-{variant}.csv").read_bytes()
                    full = pathlib.Path(name, f"full-{variant}.csv").read_bytes()
                except FileNotFoundError as error:
                    faults.append(f"{capture.name}: {error}: {said[engine].decode()}")
                    continue
                if sorted(mine.splitlines()) != sorted(full.splitlines()):
                    rows = sorted(set(mine.splitlines()) ^ set(full.splitlines()))
                    faults.append(f"{capture.name}: {engine} and full differ with {variant}: {rows[0].decode()}")
            if totals(said[engine]) != totals(said["full"]):
                faults.append(f"{capture.name}: totals of {engine} {totals(said[engine])}, of full {totals(said['full'])}")
        return capture.name, faults


def main():
    split = sys.argv.index("--")
    flowzone, folder, *captures = sys.argv[1:split]
    tshark = sys.argv[split + 1:]
    listed = pathlib.Path(__file__).with_name("engines_differ.txt").read_text().splitlines()
    known = {line.split(maxsplit=1)[0] for line in listed if line and not line.startswith("#")}
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, faults in pool.map(lambda path: compare(folder, flowzone, tshark, pathlib.Path(path)), captures):
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
