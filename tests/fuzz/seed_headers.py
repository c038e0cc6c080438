"""seed_headers.py FOLDER CAPTURE...: inputs for fuzz_headers from captures, one for each frame that looks new, and the frames of the
engines' tests, one for each link layer.

Classic pcap files only; a frame is new when its link type and its first bytes, addresses left out, were not seen before.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from encapsulations import DISSECTED, WALKED, frames_of

MAGICS = {0xA1B2C3D4: "<", 0xA1B23C4D: "<", 0xD4C3B2A1: ">", 0x4D3CB2A1: ">"}


def frames(content):
    """Link type and captured bytes of each packet."""
    order = MAGICS.get(struct.unpack_from("<I", content)[0] if len(content) >= 24 else 0)
    if order is None:
        return
    linktype, at = struct.unpack_from(order + "I", content, 20)[0] & 0xFFFF, 24
    while at + 16 <= len(content):
        captured = struct.unpack_from(order + "I", content, at + 8)[0]
        yield linktype, content[at + 16:at + 16 + captured]
        at += 16 + captured


def write(folder, linktype, frame):
    seed = struct.pack("!HB", linktype, 0) + frame
    (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def main():
    folder, *captures = map(pathlib.Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    layers = frames_of({**WALKED, **DISSECTED})
    for linktype, frame in layers:
        write(folder, linktype, frame)
    seen = set()
    for capture in captures:
        for linktype, frame in frames(capture.read_bytes()):
            shape = (linktype, frame[12:15], frame[20:21], frame[23:24])
            if shape in seen or len(seen) == 4000:
                continue
            seen.add(shape)
            write(folder, linktype, frame[:256])
    print(f"{len(seen) + len(layers)} inputs")


main()
