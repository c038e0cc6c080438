"""sweep.py FOLDER CAPTURE... -- TSHARK...: runs every capture through the plugin, several taps side by side.

For each capture FOLDER/NAME/ gets: ip.csv (key=ip, layers=all: what `-z conv` counts), outer.csv and outer.ipfix (the defaults), the same
from a second run as again.csv and again.ipfix unless the sanitizers make runs dear, and stderr and status of the first.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

RUNS = [
    ["key=ip,layers=all,format=csv,out={}/ip.csv", "format=csv,out={}/outer.csv", "format=ipfix,out={}/outer.ipfix"],
    ["format=csv,out={}/again.csv", "format=ipfix,out={}/again.ipfix"],
]


def sweep_one(folder, capture, tshark):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    for number, taps in enumerate(RUNS[:1] if os.environ.get("FZ_SANITIZE") == "1" else RUNS):
        options = [part for tap in taps
                   for part in ("-z", f"flowzone,source={capture.name.replace(',', '_')}," + tap.format(folder))]
        run = subprocess.run([*tshark, "-q", "-r", str(capture), *options], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if number == 0:
            (folder / "stderr").write_bytes(run.stderr)
            (folder / "status").write_text(f"{run.returncode}\n")


def main():
    split = sys.argv.index("--")
    folder, *captures = map(pathlib.Path, sys.argv[1:split])
    tshark = sys.argv[split + 1:]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda capture: sweep_one(folder / capture.name, capture, tshark), captures):
            pass


main()
