"""sweep.py FOLDER full|lean CAPTURE... -- TSHARK...: runs every capture through the plugin, several taps side by side.

For each capture FOLDER/NAME/ gets: ip.csv (key=ip, layers=all: what `-z conv` counts; not of lean), outer.csv and outer.ipfix (the
defaults), key-ip.csv, vlan.csv, interval.csv and packets.csv, stderr and status; and the same, as again-NAME, from a second run, in its jail,
unless the sanitizers make runs dear. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# The file that a tap writes, and its options.
TAPS = {"outer.csv": [], "key-ip.csv": ["key=ip"], "vlan.csv": ["vlan"], "interval.csv": ["interval=2"],
        "packets.csv": ["rows=packets"], "outer.ipfix": []}
ENGINES = {"full": {"ip.csv": ["key=ip", "layers=all"], **TAPS}, "lean": {name: ["lean", *options] for name, options in TAPS.items()}}


def source_of(capture):
    return capture.name.replace(",", "_")


def run(folder, capture, tshark, taps, prefix):
    jailed = list(taps)[-1] if prefix else None
    arguments = []
    for name, options in taps.items():
        flags = [*options, *(["jail"] if name == jailed else []), f"source={source_of(capture)}", f"out={folder}/{prefix}{name}"]
        arguments += ["-z", ",".join(["flowzone", *flags])]
    done = subprocess.run([*tshark, "-q", "-r", str(capture), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    (folder / f"{prefix}stderr").write_bytes(done.stderr)
    (folder / f"{prefix}status").write_text(f"{done.returncode}\n")


def sweep_one(folder, capture, tshark, engine):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    for prefix in ("",) if os.environ.get("FZ_SANITIZE") == "1" else ("", "again-"):
        run(folder, capture, tshark, ENGINES[engine], prefix)


def main():
    split = sys.argv.index("--")
    folder, engine, *captures = sys.argv[1:split]
    tshark = sys.argv[split + 1:]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda path: sweep_one(pathlib.Path(folder, path.name), path, tshark, engine), map(pathlib.Path, captures)):
            pass


if __name__ == "__main__":
    main()
