"""make_frames.py FOLDER: the bad record pipes of tests/bad/pipes, after the layout in pipe_frame_private.h; what is to be said of each stands
in its .txt, which FZ_BAD_UPDATE=1 test_pipe writes. SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

RUN, ZONES, RECORDS, POSITION, END, FAULT, NOTE, MINUTES, PACKETS = range(0x465A0001, 0x465A000A)


def frame(kind, payload):
    return struct.pack("=II", kind, len(payload)) + payload


def text(value):
    return struct.pack("=I", len(value)) + value


def run(zones=1, engine=0, key=0, layers=0, octets=0, vlan=0, kinds=(0, 0, 0), reserved=0, sensor=b"fw1", source=b"day.pcap", location=b"",
        folder=b"/captures", rest=b""):
    numbers = struct.pack("=qQ12I", 0, 0, engine, key, layers, octets, 0, 0, zones, vlan, *kinds, reserved)
    return frame(RUN, numbers + text(sensor) + text(source) + text(location) + text(b"") * 2 + text(folder) + rest)


def zone(family=4, length=8, addr=b"\x0a", location=b"", name=b"dmz"):
    return struct.pack("=BB16s", family, length, addr) + text(location) + text(b"7") + text(name)


def record(start=0, end=1, packets=(1, 1), octets=(60, 60), zones=(1, 0), addr=b"\x0a\x01", family=4, reason=4, reserved=b""):
    return struct.pack("=qq6Q2I16s16s5HBBB3s", start, end, *packets, *octets, 40, 40, *zones, addr, b"\x0a\x02", 1, 2, 0, 0, 0, 6, family, reason,
                       reserved)


def minute(begin=-60, zones=(1, 0), packets=2, octets=120):
    return struct.pack("=q2I2Q", begin, *zones, packets, octets)


def packet(number=1, octets=60, zones=(1, 0), addr=b"\x0a\x01", eth=b"\1\2\3\4\5\6", ports=(1, 2), flags=0, vlan=0, ns=999, family=4, has=3,
           reserved=b""):
    return struct.pack("=Qq4I16s16s6s6s5H3B7s", number, 7, octets, 40, *zones, addr, b"", eth, eth, *ports, flags, vlan, ns, 6, family, has,
                       reserved)


def end(frames=2, octets=120, records=1, minutes=0, packets=0, not_ip=0, cut_short=0, changed=0, digest=b""):
    return frame(END, struct.pack("=8Q6Q64s", frames, octets, not_ip, not_ip, 0, 0, 0, 0, records, minutes, packets, cut_short, changed,
                                  len(digest) > 0, digest))


HEAD = run() + frame(ZONES, zone())
GOOD = HEAD + frame(RECORDS, record()) + end()
ALL = run(kinds=(1, 1, 0)) + frame(ZONES, zone())
FLOWS = ALL + frame(RECORDS, record())
PACKETS_TWO = frame(PACKETS, packet() + packet(number=2))
SUBJECTS = {
    "empty": b"",
    "text": b"timestamp,sip,dip,bytes\n",
    "half-a-head": GOOD[:6],
    "head-without-payload": GOOD[:8],
    "ends-before-the-end": GOOD[:-1],
    "frame-too-large": struct.pack("=II", RUN, (256 << 10) + 1),
    "frame-of-four-gigabytes": HEAD + struct.pack("=II", RECORDS, 0xFFFFFFFF),
    "unknown-kind": HEAD + frame(0x465A0099, b"?"),
    "records-first": frame(RECORDS, record()) + GOOD,
    "records-behind-a-note": HEAD + frame(NOTE, b"a") + frame(RECORDS, record()) + end(),
    "257-notes": HEAD + frame(RECORDS, record()) + frame(NOTE, b"a") * 257 + end(),
    "two-notes": frame(NOTE, b"a") + frame(NOTE, b"b") + GOOD,
    "run-twice": run() + run() + GOOD,
    "run-with-a-tail": run(rest=b"\0") + GOOD,
    "run-cut-in-a-text": frame(RUN, run()[8:-1]),
    "engine-unknown": run(engine=3) + GOOD,
    "key-unknown": run(key=2) + GOOD,
    "layers-unknown": run(layers=0xFFFFFFFF) + GOOD,
    "vlan-neither-true-nor-false": run(vlan=2) + GOOD,
    "reserved-number": run(reserved=1) + GOOD,
    "sensor-not-utf8": run(sensor=b"\xff") + GOOD,
    "sensor-with-nul": run(sensor=b"a\0b") + GOOD,
    "a-million-and-one-zones": run(zones=1000001),
    "zone-missing": run(zones=2) + frame(ZONES, zone()) + frame(RECORDS, record()) + end(),
    "zones-without-a-zone": run() + frame(ZONES, b""),
    "zone-more-than-promised": run() + frame(ZONES, zone() * 2),
    "zone-cut-short": run() + frame(ZONES, zone()[:17]),
    "zone-of-no-family": run() + frame(ZONES, zone(family=5)),
    "zone-prefix-of-33-bits": run() + frame(ZONES, zone(length=33)),
    "zone-with-host-bits": run() + frame(ZONES, zone(addr=b"\x0a\x01")),
    "zone-without-name": run() + frame(ZONES, zone(name=b"")),
    "zone-name-with-escape": run() + frame(ZONES, zone(name=b"\x1b[2J")),
    "zone-name-with-c1-control": run() + frame(ZONES, zone(name="\x9b2J".encode())),
    "zone-name-with-bidirectional-control": run() + frame(ZONES, zone(name="a\u2066b".encode())),
    "sensor-with-escape": run(sensor=b"\x1b[2J") + GOOD,
    "source-with-c1-control": run(source="\x9b2J".encode()) + GOOD,
    "location-with-bidirectional-control": run(location="\u202eb".encode()) + GOOD,
    "zone-name-of-four-gigabytes": run() + frame(ZONES, zone()[:-7] + b"\xff\xff\xff\xffdmz"),
    "records-without-a-record": HEAD + frame(RECORDS, b""),
    "half-a-record": HEAD + frame(RECORDS, record()[:60]),
    "record-of-no-family": HEAD + frame(RECORDS, record(family=0)),
    "record-ends-before-it-starts": HEAD + frame(RECORDS, record(start=2)),
    "record-ends-for-no-reason": HEAD + frame(RECORDS, record(reason=0)),
    "record-with-a-zone-too-high": HEAD + frame(RECORDS, record(zones=(0, 2))),
    "record-with-a-long-address": HEAD + frame(RECORDS, record(addr=b"\x0a\x01\0\0\x01")),
    "record-with-reserved-bytes": HEAD + frame(RECORDS, record(reserved=b"\0\0\1")),
    "packets-beyond-64-bits": HEAD + frame(RECORDS, record(packets=(1 << 63, 1 << 63))),
    "position-of-four-bytes": HEAD + frame(POSITION, b"\0" * 4) + frame(RECORDS, record()) + end(),
    "position-first": HEAD + frame(POSITION, b"\0" * 8) + frame(RECORDS, record()) + end(),
    "two-positions": HEAD + frame(RECORDS, record()) + frame(POSITION, b"\0" * 8) * 2 + end(),
    "totals-of-a-frame-more": HEAD + frame(RECORDS, record()) + end(frames=3),
    "totals-of-a-byte-less": HEAD + frame(RECORDS, record()) + end(octets=119),
    "totals-of-a-record-more": HEAD + frame(RECORDS, record()) + end(records=2),
    "totals-beyond-64-bits": HEAD + frame(RECORDS, record()) + end(not_ip=0xFFFFFFFFFFFFFFFF),
    "totals-neither-cut-nor-whole": HEAD + frame(RECORDS, record()) + end(cut_short=2),
    "totals-neither-changed-nor-not": HEAD + frame(RECORDS, record()) + end(changed=2),
    "neither-source-nor-digest": run(source=b"") + frame(ZONES, zone()) + frame(RECORDS, record()) + end(),
    "digest-with-capitals": HEAD + frame(RECORDS, record()) + end(digest=b"A" * 64),
    "octets-unknown": run(octets=2) + GOOD,
    "minutes-neither-true-nor-false": run(kinds=(2, 0, 0)) + GOOD,
    "folder-with-escape": run(folder=b"/\x1b[2J") + GOOD,
    "minute-of-61-seconds": ALL + frame(MINUTES, minute(begin=61)) + end(),
    "minute-before-1970-not-rounded-down": ALL + frame(MINUTES, minute(begin=-61)) + end(),
    "minute-too-early": ALL + frame(MINUTES, minute(begin=-9223372036920)) + end(),
    "minute-too-late": ALL + frame(MINUTES, minute(begin=9223372036860)) + end(),
    "minute-without-a-packet": ALL + frame(MINUTES, minute(packets=0)) + end(),
    "minute-of-a-packet-too-long": ALL + frame(MINUTES, minute(packets=1, octets=1 << 32)) + end(),
    "minute-with-a-zone-too-high": ALL + frame(MINUTES, minute(zones=(0, 2))) + end(),
    "half-a-minute": ALL + frame(MINUTES, minute()[:31]) + end(),
    "minutes-that-do-not-add-up": FLOWS + frame(MINUTES, minute(octets=119)) + PACKETS_TWO + end(minutes=1, packets=2),
    "minutes-beyond-64-bits": ALL + frame(MINUTES, minute(packets=1 << 63, octets=0) * 2) + end(),
    "minutes-that-the-run-has-not": HEAD + frame(RECORDS, record()) + frame(MINUTES, minute()) + end(minutes=1),
    "a-minute-less": FLOWS + frame(MINUTES, minute()) + PACKETS_TWO + end(minutes=2, packets=2),
    "a-packet-less": FLOWS + frame(MINUTES, minute()) + frame(PACKETS, packet()) + end(minutes=1, packets=2),
    "packets-that-are-too-few": FLOWS + frame(MINUTES, minute()) + frame(PACKETS, packet()) + end(minutes=1, packets=1),
    "packets-that-are-too-short": FLOWS + frame(MINUTES, minute()) + frame(PACKETS, packet(octets=59) * 2) + end(minutes=1, packets=2),
    "records-of-a-run-without-flows": run(kinds=(0, 1, 1)) + frame(ZONES, zone()) + frame(RECORDS, record()) + PACKETS_TWO + end(packets=2),
    "packet-of-frame-zero": ALL + frame(PACKETS, packet(number=0)) + end(),
    "packet-of-1000-nanoseconds": ALL + frame(PACKETS, packet(ns=1000)) + end(),
    "packet-of-family-five": ALL + frame(PACKETS, packet(family=5)) + end(),
    "packet-with-unknown-flags": ALL + frame(PACKETS, packet(has=0x13)) + end(),
    "packet-with-reserved-bytes": ALL + frame(PACKETS, packet(reserved=b"\0\0\0\0\0\0\1")) + end(),
    "packet-with-unsaid-macs": ALL + frame(PACKETS, packet(has=2)) + end(),
    "packet-with-unsaid-ports": ALL + frame(PACKETS, packet(has=1)) + end(),
    "packet-with-unsaid-vlan": ALL + frame(PACKETS, packet(vlan=1)) + end(),
    "packet-with-unsaid-tcp-flags": ALL + frame(PACKETS, packet(flags=1)) + end(),
    "packet-without-ip-with-ports": ALL + frame(PACKETS, packet(family=0)) + end(),
    "packet-without-ip-with-an-address": ALL + frame(PACKETS, packet(family=0, has=1, ports=(0, 0))) + end(),
    "packet-without-ip-with-a-protocol": ALL + frame(PACKETS, packet(family=0, has=1, ports=(0, 0), addr=b"", zones=(0, 0))) + end(),
    "packet-with-a-long-address": ALL + frame(PACKETS, packet(addr=b"\x0a\x01\0\0\x01")) + end(),
    "packet-with-a-zone-too-high": ALL + frame(PACKETS, packet(zones=(2, 0))) + end(),
    "half-a-packet": ALL + frame(PACKETS, packet()[:95]) + end(),
    "fault": HEAD + frame(FAULT, b"day.flow: at byte 4711: expected a set, came nothing"),
    "fault-with-escapes": HEAD + frame(FAULT, b"day.flow: \x1b]0;owned\x07\xff\nx"),
    "fault-without-words": HEAD + frame(FAULT, b""),
}


def main(folder):
    for name, content in SUBJECTS.items():
        (pathlib.Path(folder) / f"{name}.frames").write_bytes(content)


main(sys.argv[1])
