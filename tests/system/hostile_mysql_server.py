#!/usr/bin/env python3
"""A MySQL server that asks for a file of its client's machine. SPDX-License-Identifier: GPL-2.0-or-later

Usage: hostile_mysql_server.py MODE FILE LOG

Listens on a free port of 127.0.0.1, which it prints; serves one client after another until it is killed. Modes:
  any     answers the first statement of all with a request for FILE
  load    behaves until LOAD DATA LOCAL INFILE 'x', and then asks for FILE in place of x
  honest  asks for what LOAD DATA names: the control, which must get the rows
Every statement goes to LOG, and so does the size and the beginning of what the client sent as a file.
"""
import pathlib
import re
import socket
import struct
import sys

SCHEMA = pathlib.Path(__file__).parents[2] / "postproc/schema.h"
SCHEMA_VERSION = re.search(r"define FZ_SCHEMA_VERSION (\d+)", SCHEMA.read_text())[1]
TABLES = ["fz_meta", "fz_load", "fz_zone", "fz_flow", "fz_hour"]
CAPABILITIES = 0x00080000 | 0x8000 | 0x2000 | 0x0200 | 0x0080 | 0x0008 | 0x0002 | 0x0001


class Gone(Exception):
    """The client hung up."""


class Client:
    def __init__(self, connection, log, mode, file):
        self.connection, self.log, self.mode, self.file = connection, log, mode, file
        self.sequence = 0
        self.lines = 0
        self.loads = 0

    def note(self, text):
        self.log.write(text + "\n")
        self.log.flush()

    def read(self):
        head = self.exactly(4)
        self.sequence = (head[3] + 1) & 255
        return self.exactly(int.from_bytes(head[:3], "little"))

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                raise Gone
            data += part
        return data

    def send(self, payload):
        self.connection.sendall(len(payload).to_bytes(3, "little") + bytes([self.sequence]) + payload)
        self.sequence = (self.sequence + 1) & 255

    def send_ok(self, affected=0, insert_id=0, info=b""):
        self.send(b"\0" + lenenc(affected) + lenenc(insert_id) + struct.pack("<HH", 2, 0) + (string(info) if info else b""))

    def send_error(self, code, text):
        self.send(b"\xff" + struct.pack("<H", code) + b"#HY000" + text)

    def send_rows(self, columns, rows):
        self.send(lenenc(columns))
        for number in range(columns):
            name = string(b"c%d" % number)
            self.send(string(b"def") + 3 * string(b"") + name + name + b"\x0c" + struct.pack("<HIBHBH", 45, 255, 253, 0, 0, 0))
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))
        for row in rows:
            self.send(b"".join(string(cell.encode()) for cell in row))
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))

    def greet(self):
        salt = b"12345678" + b"123456789012"
        self.send(
            b"\x0a5.7.99-fake\0" + struct.pack("<I", 7) + salt[:8] + b"\0" + struct.pack("<HBH", CAPABILITIES & 0xFFFF, 45, 2)
            + struct.pack("<HB", CAPABILITIES >> 16, 21) + bytes(10) + salt[8:] + b"\0" + b"mysql_native_password\0"
        )
        self.read()
        self.send_ok()

    def ask_for(self, name):
        self.note("asked for " + name)
        self.send(b"\xfb" + name.encode())
        data = b""
        while True:
            part = self.read()
            if not part:
                break
            data += part
        self.note("received %d bytes: %r" % (len(data), data[:60]))
        self.lines = data.count(b"\n")

    def answer(self, sql):
        """The least that the store needs to go on."""
        load = re.match(r"LOAD DATA LOCAL INFILE '([^']*)'", sql)
        if self.mode == "any":
            self.ask_for(self.file)
            self.send_ok()
        elif load:
            self.ask_for(load[1] if self.mode == "honest" else self.file)
            self.send_ok(self.lines, 0, b"Records: %d  Deleted: 0  Skipped: 0  Warnings: 0" % self.lines)
        elif "memsql_version" in sql:
            self.send_error(1193, b"Unknown system variable 'memsql_version'")
        elif "VERSION()" in sql:
            self.send_rows(2, [["8.0.36", "a fake"]])
        elif "max_allowed_packet" in sql:
            self.send_rows(2, [["16777216", "1"]])
        elif "information_schema" in sql:
            self.send_rows(3, [[name, "InnoDB", "YES"] for name in TABLES])
        elif "FROM fz_meta" in sql:
            self.send_rows(2, [[SCHEMA_VERSION, "flowzone"]])
        elif "FROM fz_zone" in sql:
            digests = re.findall(r"'([0-9a-f]{64})'", sql)
            self.send_rows(2, [[digest, str(number + 1)] for number, digest in enumerate(digests)])
        elif sql.startswith("SELECT"):
            self.send_rows(sql.split(" FROM ")[0].count(",") + 1, [])
        else:
            self.loads += sql.startswith("INSERT INTO fz_load")
            self.send_ok(1, self.loads)

    def serve(self):
        self.greet()
        while True:
            command = self.read()
            if command[:1] == b"\x01":
                return
            if command[:1] == b"\x03":
                sql = command[1:].decode(errors="replace")
                self.note(sql[:200])
                self.answer(sql)
            else:
                self.send_ok()


def lenenc(number):
    if number < 251:
        return bytes([number])
    return b"\xfc" + struct.pack("<H", number) if number < 65536 else b"\xfe" + struct.pack("<Q", number)


def string(data):
    return lenenc(len(data)) + data


def main():
    mode, file, log_path = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    with open(log_path, "w", encoding="utf-8") as log:
        while True:
            connection, _ = listener.accept()
            with connection:
                client = Client(connection, log, mode, file)
                try:
                    client.serve()
                except (Gone, ConnectionError):
                    client.note("hung up")


main()
