#!/usr/bin/env python3
"""A name server on this machine that tells the truth, lies, is slow or says nothing, by the address it is asked for.

lying_name_server.py LOG [all=KIND] [tcp=none]: listens on a port of 127.0.0.1, UDP and TCP, and prints it. LOG gets a line for each
question, "NANOSECONDS NAME", with the kernel's time of its arrival, or of its reading with " tcp" behind; LOG.tcp one for each connection. The
address 9.9.KIND.n is answered by KIND, a row below. all=KIND: every address is answered so. tcp=none: connections are refused.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import select
import socket
import struct
import sys
import time
import zlib

SO_TIMESTAMPNS = 35
KINDS = ["honest", "nothing", "escapes", "script", "long", "zero", "loop", "wrong-id", "elsewhere", "cut", "silent", "slow", "failing", "other-question",
         "empty-first", "garbage", "alias", "several", "address", "late", "short", "question", "no-name", "too-long", "upper", "space", "refused", "soon", "brief",
         "cut-again", "cut-silent", "cut-closing", "cut-hanging-up", "cut-lie", "cut-escapes", "cut-large", "cut-drip", "cut-garbage", "cut-empty",
         "cut-failing"]


def wire(*labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def name(text):
    return wire(*text.encode().split(b".")) if text else b"\0"


def record(owner, kind, ttl, data):
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def soa(minimum):
    return record(name("9.in-addr.arpa"), 6, minimum, name("") * 2 + struct.pack("!5I", 1, 1, 1, 1, minimum))


class Server:
    def __init__(self, log, everything, tcp):
        self.log, self.everything, self.asked = open(log, "w", buffering=1, encoding="ascii"), everything, 0
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.udp.bind(self.tcp.getsockname())
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other.bind(("127.0.0.1", 0))
        self.later = []
        self.tcp_log = open(log + ".tcp", "w", buffering=1, encoding="ascii")
        self.connections = {}  # what has come over each
        port = self.tcp.getsockname()[1]
        if tcp == "none":
            self.tcp.close()
            self.tcp = None
        print(port, flush=True)

    def answers(self, kind, asked, question, host):
        """(delay, socket, bytes) of each datagram."""
        ident, owner = asked[:2], question[:-4]

        def message(*answers, authority=(), flags=0x8180, ident=ident, question=question):
            return ident + struct.pack("!5H", flags, 1, len(answers), len(authority), 0) + question + b"".join(answers) + b"".join(authority)

        def ptr(data, ttl=3600):
            return record(owner, 12, ttl, data)

        honest, evil = message(ptr(name(f"host-{host}.example.net"))), name("evil.example.net")
        now = {
            "honest": honest,
            "brief": message(ptr(name(f"n{zlib.crc32(question) % 1000}.net"))),
            "nothing": message(authority=[soa(7200)], flags=0x8183),
            "no-name": message(authority=[soa(7200)]),
            "escapes": message(ptr(wire(b"\x1b[31mred", b"example", b"net"))),
            "script": message(ptr(wire(b"<script>alert(1)</script>", b"example", b"net"))),
            "space": message(ptr(wire(b"two words", b"example", b"net"))),
            "long": message(ptr(name(".".join(["a" * 63] * 3 + ["b" * 61])))),
            "too-long": message(ptr(name(".".join(["a" * 63] * 4)))),
            "zero": message(ptr(wire(b"a\0b", b"example", b"net"))),
            "loop": message(record(owner, 12, 3600, struct.pack("!H", 0xC000 | 12 + len(question) + len(owner) + 10))),
            "wrong-id": message(ptr(evil), ident=struct.pack("!H", struct.unpack("!H", ident)[0] ^ 1)),
            "cut": message(ptr(evil), flags=0x8380),
            "failing": message(flags=0x8182),
            "refused": message(flags=0x8185),
            "other-question": message(record(name("1.9.9.9.in-addr.arpa"), 12, 3600, evil), question=name("1.9.9.9.in-addr.arpa") + b"\0\x0c\0\1"),
            "garbage": ident + b"\xff" * 40,
            "short": asked[:5],
            "question": message(ptr(evil), flags=0x0100),
            "alias": message(record(owner, 5, 3600, name(f"{host}.0-63.9.9.9.in-addr.arpa")),
                             record(name(f"{host}.0-63.9.9.9.in-addr.arpa"), 12, 3600, name(f"alias-{host}.example.net"))),
            "several": message(*[ptr(name(f"{letter}-{host}.example.net")) for letter in ("bca" if self.asked % 2 else "abc")]),
            "address": message(ptr(name("8.8.8.8"))),
            "upper": message(ptr(name(f"HOST-{host}.Example.NET"))),
        }
        if kind.startswith("cut"):
            return [(0, self.udp, now["cut"])]
        if kind in now:
            return [(0, self.udp, now[kind])]
        return {
            "silent": [],
            "elsewhere": [(0, self.other, message(ptr(evil)))],
            "slow": [(1.5, self.udp, honest)],
            "soon": [(0.2, self.udp, honest)],
            "late": [(2.5, self.udp, honest)],
            "empty-first": [(0, self.udp, b""), (0, self.udp, honest)],
        }[kind]

    def over_tcp(self, kind, asked, question, host):
        """What is sent, in pieces, and whether the connection is closed behind it."""
        ident, owner = asked[:2], question[:-4]

        def message(*names, flags=0x8180, ident=ident):
            records = b"".join(record(owner, 12, 3600, data) for data in names)
            data = ident + struct.pack("!5H", flags, 1, len(names), 0, 0) + question + records
            return struct.pack("!H", len(data)) + data

        honest, evil = message(name(f"host-{host}.example.net")), name("evil.example.net")
        many = sorted((name(f"a{number:03}-{host}.example.net") for number in range(800)), key=zlib.crc32)
        return {
            "cut-again": ([message(evil, flags=0x8380)], False),
            "cut-silent": ([], False),
            "cut-closing": ([honest], True),
            "cut-hanging-up": ([], True),
            "cut-lie": ([message(evil, ident=struct.pack("!H", struct.unpack("!H", ident)[0] ^ 1))], False),
            "cut-escapes": ([message(wire(b"\x1b[31mred", b"example", b"net"))], False),
            "cut-large": ([message(*many)], False),
            "cut-drip": ([honest[at : at + 5] for at in range(0, len(honest), 5)], False),
            "cut-garbage": ([b"\xff" * 70000], False),
            "cut-empty": ([b"\0\0" * 1000], False),
            "cut-failing": ([message(flags=0x8182)], False),
        }.get(kind, ([honest], False))

    @staticmethod
    def read_question(asked):
        """Where its name ends, and what it says."""
        labels, at = [], 12
        while asked[at]:
            labels.append(asked[at + 1 : at + 1 + asked[at]].decode("ascii"))
            at += 1 + asked[at]
        text = ".".join(labels)
        found = re.fullmatch(r"(\d+)\.(\d+)\.9\.9\.in-addr\.arpa", text)
        host = found[1] if found else labels[0] if labels[-2] == "ip6" else "-".join(labels[:4])
        return at, text, found and int(found[2]), host

    def kind_of(self, number):
        return self.everything or (KINDS[number] if number is not None else "honest")

    def hear(self):
        asked, notes, _, sender = self.udp.recvmsg(4096, 256)
        seconds, nanoseconds = next(struct.unpack("qq", data) for _, kind, data in notes if kind == SO_TIMESTAMPNS)
        at, text, number, host = self.read_question(asked)
        self.asked += 1
        print(seconds * 10**9 + nanoseconds, text, file=self.log)
        for delay, out, data in self.answers(self.kind_of(number), asked, asked[12 : at + 5], host):
            self.later.append((time.monotonic() + delay, out, data, sender))

    def hear_tcp(self, connection):
        try:
            data = connection.recv(4096)
        except OSError:
            data = b""
        self.connections[connection] += data
        while data and len(self.connections[connection]) >= 2:
            size = struct.unpack("!H", self.connections[connection][:2])[0]
            asked, rest = self.connections[connection][2 : 2 + size], self.connections[connection][2 + size :]
            if len(asked) < size:
                return
            self.connections[connection] = rest
            at, text, number, host = self.read_question(asked)
            print(time.time_ns(), text, "tcp", file=self.log)
            pieces, closes = self.over_tcp(self.kind_of(number), asked, asked[12 : at + 5], host)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(0.005 if len(pieces) > 1 else 0)
            except OSError:
                closes = True
            if closes:
                data = b""
        if not data:
            del self.connections[connection]
            connection.close()

    def serve(self):
        while True:
            self.later.sort(key=lambda row: row[0])
            wait = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            ready = select.select([self.udp, *([self.tcp] if self.tcp else []), *self.connections], [], [], wait)[0]
            for connection in ready:
                if connection is self.udp:
                    self.hear()
                elif connection is self.tcp:
                    accepted = self.tcp.accept()[0]
                    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.connections[accepted] = b""
                    print("tcp", file=self.tcp_log)
                else:
                    self.hear_tcp(connection)
            while self.later and self.later[0][0] <= time.monotonic():
                _, out, data, sender = self.later.pop(0)
                out.sendto(data, sender)


options = dict(word.split("=") for word in sys.argv[2:])
Server(sys.argv[1], options.get("all"), options.get("tcp")).serve()
