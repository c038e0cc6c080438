"""flip_bits.py FLOWFILE COUNT -- FLOWZONE: no flow file with one bit changed is taken for a good one. Every bit, or COUNT of them,
evenly spread. SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys


def main():
    path, count, flowzone = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[4:]
    good = path.read_bytes()
    bits = len(good) * 8
    step = max(bits // count, 1) | 1  # odd: every bit of a byte has its turn
    for bit in range(0, bits, step):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        run = subprocess.run([*flowzone, "cat", "-"], input=bytes(bad), capture_output=True, check=False)
        if run.returncode != 1 or run.stderr.count(b"\n") != 1:
            sys.exit(f"byte {bit // 8}, bit {bit % 8}: status {run.returncode}, {run.stderr.decode(errors='replace')}")


main()
