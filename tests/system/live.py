"""live.py OUT FIFO|- COMMAND...: whether the rows of an interval come out of COMMAND while its capture goes on.

Writes a capture of three intervals of ten seconds to the command's standard input, or to FIFO, and keeps it open. The first interval has
a conversation that no other has: once it is in what the command writes to standard output, the capture ends. All that was written is then
in OUT. Exits 1 if it does not come within LIVE_SECONDS. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "captures"))
from make_captures import UDP, eth4, ip4, udp

INTERVAL = 10
# As text, and in a flow file: both addresses and what is between them and the ports.
MARKS = (b"10.0.0.1", bytes([10, 0, 0, 1, 192, 0, 2, 1]))
# Readers take the capture in blocks: a frame is not read before its block is full.
FILLERS = 200


def frame(second, host):
    packet = eth4(ip4(f"10.0.0.{host}", "192.0.2.1", UDP, udp(1000 + host, 53)))
    return struct.pack("<IIII", 1700000000 + second, 0, len(packet), len(packet)) + packet


def begin():
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + frame(0, 1) + frame(5, 1) + b"".join(frame(INTERVAL, 2) for _ in range(FILLERS))


class Output(threading.Thread):
    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.bytes = stream, b""
        self.start()

    def run(self):
        while part := os.read(self.stream.fileno(), 1 << 16):
            self.bytes += part

    def has_mark(self):
        return any(mark in self.bytes for mark in MARKS)


def main():
    out, fifo, *command = sys.argv[1:]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL if fifo != "-" else subprocess.PIPE, stdout=subprocess.PIPE)
    output = Output(process.stdout)
    capture = process.stdin if fifo == "-" else open(fifo, "wb")
    capture.write(begin())
    capture.flush()
    limit = time.monotonic() + float(os.environ["LIVE_SECONDS"])
    while not output.has_mark() and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.01)
    came, alive = output.has_mark(), process.poll() is None
    try:
        capture.write(frame(2 * INTERVAL, 3))
        capture.close()
    except BrokenPipeError:
        print("it does not read to the end")
    status = process.wait()
    output.join()
    pathlib.Path(out).write_bytes(output.bytes)
    if status != 0:
        sys.exit(f"status {status}")
    if not came or not alive:
        sys.exit(f"the rows of the first interval did not come before the end of the capture; of {len(output.bytes)} bytes in all")


main()
