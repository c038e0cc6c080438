"""sweep.py FOLDER CAPTURE... -- TSHARK...: runs every capture through the plugin, several taps side by side.

For each capture FOLDER/NAME/ gets: ip.csv (key=ip, layers=all: what `-z conv` counts), outer.csv and outer.ipfix (the defaults), stderr and
status; and the same, as again-NAME, from a second run, in its jail, unless the sanitizers make runs dear.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TAPS = ["key=ip,layers=all,format=csv,out={}ip.csv", "format=csv,out={}outer.csv", "format=ipfix,out={}outer.ipfix"]
RUNS = {"": TAPS, "again-": [*TAPS[:-1], "jail," + TAPS[-1]]}


def sweep_one(folder, capture, tshark):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    for prefix, taps in list(RUNS.items())[:1 if os.environ.get("FZ_SANITIZE") == "1" else None]:
        options = [part for tap in taps
                   for part in ("-z", f"flowzone,source={capture.name.replace(',', '_')}," + tap.format(f"{folder}/{prefix}"))]
        run = subprocess.run([*tshark, "-q", "-r", str(capture), *options], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        (folder / f"{prefix}stderr").write_bytes(run.stderr)
        (folder / f"{prefix}status").write_text(f"{run.returncode}\n")


def main():
    split = sys.argv.index("--")
    folder, *captures = map(pathlib.Path, sys.argv[1:split])
    tshark = sys.argv[split + 1:]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda capture: sweep_one(folder / capture.name, capture, tshark), captures):
            pass


main()
