"""make_flowfiles.py FOLDER: bad flow files of version 2, made from tests/golden/small.ipfix after the layout in core/FORMAT.md; what is to be said
of each stands in its .txt, which FZ_BAD_UPDATE=1 test_flowfile writes. Files of version 1 in the same folder were made once, by its last program.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).parent
OURS = 32473
# Elements that are changed, ours by number, of the registry by name.
OPENED, MINUTES, MINUTE_ROWS, PACKET_ROWS, SENDER, MINUTE, FRAMES, OCTETS, NUMBER, SUB, HEADERS = 36, 40, 42, 43, 44, 46, 47, 48, 49, 50, 52
REGISTRY = {"observationTimeMilliseconds": 323, "sourceMacAddress": 56, "tcpControlBits": 6, "ipTotalLength": 224, "protocolIdentifier": 4}
RUN, FLOW4, TRAILER, MINUTE_SET, PACKET4, PACKET6, PACKET, EXPORT = 257, 260, 262, 263, 264, 265, 266, 267


def messages(content):
    while content:
        length = struct.unpack_from(">H", content, 2)[0]
        yield bytearray(content[:length])
        content = content[length:]


def sets(message):
    """Where each set begins, its id and its length."""
    at = 16
    while at < len(message):
        number, length = struct.unpack_from(">HH", message, at)
        yield at, number, length
        at += length


def templates(parts):
    """The fields of each template, as (enterprise, element, length)."""
    known = {}
    for message in (parts[0], parts[2]):
        for at, number, length in sets(message):
            end = at + length
            at += 4
            while at < end:
                template, count = struct.unpack_from(">HH", message, at)
                at += 6 if number == 3 else 4
                fields = []
                for _ in range(count):
                    element, size = struct.unpack_from(">HH", message, at)
                    at += 4
                    enterprise = 0
                    if element & 0x8000:
                        enterprise = struct.unpack_from(">I", message, at)[0]
                        at += 4
                    fields.append((enterprise, element & 0x7FFF, size))
                known[template] = fields
    return known


PARTS = list(messages((HERE.parent / "golden" / "small.ipfix").read_bytes()))
TEMPLATES = templates(PARTS)
HEAD, ROWS, END = 3, 4, 5


def sealed(parts):
    content = b"".join(bytes(part) for part in parts)
    return content[:-4] + struct.pack(">I", zlib.crc32(content[:-4]))


def copy():
    return [bytearray(part) for part in PARTS]


def place(parts, template, element):
    """The message and the offset of a field of a template's first record."""
    wanted = (0, REGISTRY[element]) if isinstance(element, str) else (OURS, element)
    for message in parts[HEAD:]:
        for at, number, _ in sets(message):
            if number == template:
                at += 4
                for enterprise, field, size in TEMPLATES[template]:
                    if (enterprise, field) == wanted:
                        return message, at, size
                    at += size
    raise KeyError(element)


def changed(*changes):
    """The file with fields set to other numbers."""
    parts = copy()
    for template, element, number in changes:
        message, at, size = place(parts, template, element)
        assert number < 0 or int.from_bytes(message[at:at + size], "big") != number, (template, element)
        message[at:at + size] = number.to_bytes(size, "big", signed=number < 0)
    return sealed(parts)


def without(template):
    """The file without the rows of a template."""
    parts = copy()
    message = parts[ROWS]
    kept = bytearray(message[:16])
    gone = 0
    for at, number, length in sets(message):
        if number == template:
            gone += (length - 4) // sum(size for _, _, size in TEMPLATES[template])
        else:
            kept += message[at:at + length]
    struct.pack_into(">H", kept, 2, len(kept))
    parts[ROWS] = kept
    sequence = struct.unpack_from(">I", parts[END], 8)[0]
    struct.pack_into(">I", parts[END], 8, sequence - gone)
    return sealed(parts)


def with_trailer_of_version_1():
    """The trailer as version 1 has it: without the numbers of minutes and packets."""
    parts = copy()
    message, at, size = place(parts, TRAILER, MINUTE_ROWS)
    del message[at:at + 2 * size]
    struct.pack_into(">H", message, 2, len(message))
    struct.pack_into(">H", message, 18, len(message) - 16)
    return sealed(parts)


def of_version(number, first=0):
    parts = copy()
    for message in parts[first:]:
        struct.pack_into(">I", message, 12, 0x465A0000 + number)
    return sealed(parts)


def exporters(record):
    """The file with a set of exporters in front of its rows."""
    parts = copy()
    body = struct.pack(">HH", EXPORT, len(record) + 4) + record
    parts[ROWS][16:16] = body
    struct.pack_into(">H", parts[ROWS], 2, len(parts[ROWS]))
    sequence = struct.unpack_from(">I", parts[END], 8)[0]
    struct.pack_into(">I", parts[END], 8, sequence + 1)
    return sealed(parts)


EXPORTER = bytes(10) + b"\xff\xff\xc0\0\2\1" + struct.pack(">IB", 1, 9) + bytes(88)
SUBJECTS = {
    "minute-of-59-seconds": changed((MINUTE_SET, MINUTE, -59000)),
    "minute-of-half-a-second": changed((MINUTE_SET, MINUTE, -60500)),
    "minute-before-all-times": changed((MINUTE_SET, MINUTE, -9223372036920000)),
    "minute-without-a-frame": changed((MINUTE_SET, FRAMES, 0)),
    "minute-with-a-frame-more": changed((MINUTE_SET, FRAMES, 2)),
    "minute-with-a-byte-less": changed((MINUTE_SET, OCTETS, 85)),
    "minute-of-a-frame-too-long": changed((MINUTE_SET, OCTETS, 1 << 32)),
    "minute-of-an-unknown-zone": changed((MINUTE_SET, SENDER, 4)),
    "minutes-that-overflow": changed((MINUTE_SET, FRAMES, (1 << 64) - 1)),
    "minutes-left-out": without(MINUTE_SET),
    "minutes-of-a-run-without-them": changed((RUN, MINUTES, 2)),
    "packets-left-out": without(PACKET6),
    "packet-of-frame-zero": changed((PACKET4, NUMBER, 0)),
    "packet-of-a-million-nanoseconds": changed((PACKET4, SUB, 1000000)),
    "packet-behind-all-times": changed((PACKET4, "observationTimeMilliseconds", (1 << 63) - 1)),
    "packet-of-an-unknown-zone": changed((PACKET4, SENDER, 4)),
    "packet-with-unknown-headers": changed((PACKET4, HEADERS, 0x8F)),
    "packet-with-unsaid-macs": changed((PACKET4, HEADERS, 0x0E)),
    "packet-with-unsaid-flags": changed((PACKET6, "tcpControlBits", 2)),
    "packet-without-ip-with-ports": changed((PACKET, HEADERS, 7)),
    "trailer-with-a-minute-more": changed((TRAILER, MINUTE_ROWS, 3)),
    "trailer-with-a-packet-less": changed((TRAILER, PACKET_ROWS, 11)),
    "trailer-of-version-1": with_trailer_of_version_1(),
    "opened-by-nobody-known": changed((FLOW4, OPENED, 8)),
    "neither-with-minutes-nor-without": changed((RUN, MINUTES, 0)),
    "cut-after-the-rows": b"".join(bytes(part) for part in PARTS[:END]),
    "version-1-with-templates-of-version-2": of_version(1),
    "version-2-then-1": of_version(1, ROWS),
    "version-3": of_version(3),
    "exporter-with-a-text-behind-its-set": exporters(EXPORTER + b"\0\0\5exact"[:5]),
    "exporter-cut-short": exporters(EXPORTER),
    "exporter-in-front-of-a-wrong-trailer": exporters(EXPORTER + b"\4here\5exact\2in")[:-4] + b"\0\0\0\0",
}


def main(folder):
    for name, content in SUBJECTS.items():
        (pathlib.Path(folder) / f"{name}.ipfix").write_bytes(content)


main(sys.argv[1])
