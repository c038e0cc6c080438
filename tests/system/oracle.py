"""oracle.py OUT.json CAPTURE... -- COMMAND-PREFIX...: tshark's own conversations, in exact integers.

What `-z conv,ip -z conv,ipv6` counts, asked of sharkd, which does not round: OUT.json maps each capture's name to rows
[source, destination, packets, bytes, packets back, bytes back]. The source is that of the first packet. sharkd opens no
capture that is cut off: it gets a copy of the frames that can be read. SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TAPS = {"tap0": "conv:IPv4", "tap1": "conv:IPv6"}


def ask(captures, prefix):
    """One sharkd for many captures: {position: rows}, without those it could not load."""
    requests = []
    for number, capture in enumerate(captures):
        requests += [
            {"jsonrpc": "2.0", "id": 2 * number + 1, "method": "load", "params": {"file": str(capture)}},
            {"jsonrpc": "2.0", "id": 2 * number + 2, "method": "tap", "params": TAPS},
        ]
    text = "".join(json.dumps(request) + "\n" for request in requests)
    run = subprocess.run([*prefix, "sharkd", "-"], input=text, capture_output=True, text=True, check=True)
    results = {answer["id"]: answer.get("result") for answer in map(json.loads, run.stdout.splitlines())}
    return {number: rows_of(results[2 * number + 2]["taps"]) for number in range(len(captures))
            if results.get(2 * number + 1) == {"status": "OK"}}


def address(text):
    """In one spelling, that of inet_ntop: Pythons differ in whether ::ffff:a.b.c.d has dots."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, text))


def rows_of(taps):
    return sorted([address(c["saddr"]), address(c["daddr"]),
                   c["txf"], exact(c["txb"]), c["rxf"], exact(c["rxb"])] for tap in taps for c in tap["convs"])


def exact(size):
    """conv adds lengths as signed 32-bit integers: a frame that claims 2 GiB or more makes its sum 4 GiB less, and negative."""
    while size >= 1 << 63:
        size = (size + (1 << 32)) % (1 << 64)
    return size


def readable_frames(capture, folder, prefix):
    copy = pathlib.Path(folder) / capture.name
    subprocess.run([*prefix, "tshark", "-r", str(capture), "-w", str(copy)], capture_output=True, check=False)
    return copy


def conversations(captures, prefix):
    found = ask(captures, prefix)
    answers = {captures[number].name: rows for number, rows in found.items()}
    for number in set(range(len(captures))) - set(found):
        with tempfile.TemporaryDirectory(dir=os.environ.get("WORK")) as folder:
            os.chmod(folder, 0o777)
            copy = readable_frames(captures[number], folder, prefix)
            answers[captures[number].name] = ask([copy], prefix)[0]
    return answers


def main():
    split = sys.argv.index("--")
    out, *captures = map(pathlib.Path, sys.argv[1:split])
    prefix = sys.argv[split + 1:]
    jobs = os.cpu_count()
    answers = {}
    with ThreadPoolExecutor(jobs) as pool:
        for part in pool.map(lambda job: conversations(captures[job::jobs], prefix), range(min(jobs, len(captures)))):
            answers.update(part)
    out.write_text(json.dumps(answers))


main()
