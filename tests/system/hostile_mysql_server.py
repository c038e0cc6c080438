#!/usr/bin/env python3
"""A MySQL server that means its client no good. SPDX-License-Identifier: GPL-2.0-or-later

Usage: hostile_mysql_server.py MODE FILE LOG

Listens on a free port of 127.0.0.1, which it prints, and on the Unix socket LOG.socket; serves its clients until it is killed. Modes:
  honest        asks for what LOAD DATA names: the control, which must get the rows
  any           answers the first statement of all with a request for FILE
  load, commit  behave until LOAD DATA LOCAL INFILE 'x' (then it asks for FILE in place of x), or until COMMIT
  FAULT@TEXT    behaves until a statement that contains TEXT, which it answers with one of `FAULTS`; `denied` and `utf16` are no
                faults but MySQL as it is, with file names as they come or in UTF-16
  greet-FAULT   does not get as far as a statement: one of `GREETINGS`
  plugin:NAME   has its client authenticate by the plugin NAME; plugin: alone is the switch of old servers, without a name
  first:NAME    the same, named in its greeting
  array:NUMBER  is a MariaDB that takes arrays, and says of each prepared statement that it has so many parameters more
  array@FAULT   takes arrays, and answers them with one of `FAULTS`
Every statement goes to LOG, and so do what the client sent to authenticate itself, and the size and the beginning of what it sent as a
file.
"""
import pathlib
import re
import socket
import struct
import sys
import threading
import time

SCHEMA = pathlib.Path(__file__).parents[2] / "postproc/store/columns.h"
SCHEMA_VERSION = re.search(r"define FZ_SCHEMA_VERSION (\d+)", SCHEMA.read_text())[1]
NAMES = "meta load zone flow packet minute hour day host host_day name export"
TABLES = ["fz_" + name for name in NAMES.split()]
CAPABILITIES = 0x00080000 | 0x8000 | 0x2000 | 0x0200 | 0x0080 | 0x0008 | 0x0002 | 0x0001


class Gone(Exception):
    """The client closed the connection."""


ESCAPES = "\x1b]0;owned\x07\x9b31m\u202e"
SALT = b"12345678123456789012"


class Client:
    def __init__(self, connection, log, mode, file):
        self.connection, self.log, self.mode, self.file = connection, log, mode, file
        self.sequence = 0
        self.lines = 0
        self.loads = 0
        self.array = mode.startswith("array")

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

    def send_column(self, name):
        self.send(string(b"def") + 3 * string(b"") + 2 * string(name) + b"\x0c" + struct.pack("<HIBHBH", 45, 255, 253, 0, 0, 0))

    def send_columns(self, columns):
        self.send(lenenc(columns))
        for number in range(columns):
            self.send_column(b"c%d" % number)
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))

    def send_rows(self, columns, rows):
        self.send_columns(columns)
        for row in rows:
            self.send(b"".join(b"\xfb" if cell is None else string(cell.encode()) for cell in row))
        self.send(b"\xfe" + struct.pack("<HH", 0, 2))

    def greeting(self, plugin=b"mysql_native_password", version=b"5.7.99-fake"):
        abilities, more = CAPABILITIES, 0
        if self.array:
            version, abilities, more = b"5.5.5-10.11.6-MariaDB", CAPABILITIES & ~1, 4
        return (
            b"\x0a" + version + b"\0" + struct.pack("<I", 7) + SALT[:8] + b"\0" + struct.pack("<HBH", abilities & 0xFFFF, 45, 2)
            + struct.pack("<HB", abilities >> 16, 21) + bytes(6) + struct.pack("<I", more) + SALT[8:] + b"\0" + plugin + b"\0"
        )

    def prepare(self, sql):
        self.note("prepare " + sql[:200])
        columns = sql.count("?") + int(self.mode.partition(":")[2] or 0)
        self.send(b"\0" + struct.pack("<IHHBH", 1, 0, columns, 0, 0))
        for _ in range(columns):
            self.send_column(b"?")
        if columns:
            self.send(b"\xfe" + struct.pack("<HH", 0, 2))

    def switch(self, plugin):
        self.send(b"\xfe" + (plugin + b"\0" + SALT + b"\0" if plugin else b""))
        return self.heard()

    def heard(self):
        data = self.read()
        self.note("authenticates: %r" % data)
        return data

    def greet(self):
        kind, _, plugin = self.mode.partition(":")
        if self.mode.startswith("greet-"):
            GREETINGS[self.mode[6:]](self)
        self.send(self.greeting(plugin.encode()) if kind == "first" else self.greeting())
        data = self.heard()
        if kind == "plugin":
            data = self.switch(plugin.encode())
        if plugin in ("caching_sha2_password", "sha256_password"):
            self.take_password(plugin)
        self.send_ok()

    def take_password(self, plugin):
        """The way to a password in clear, or under a public key of the server's own choice."""
        if plugin == "caching_sha2_password":
            self.send(b"\x01\x04")
            self.heard()
        self.send(b"\x01" + PUBLIC_KEY)
        if len(self.heard()) > 100:
            self.note("a password under its key")

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
        fault, _, text = self.mode.partition("@")
        if text and text in sql and not self.array:
            FAULTS[fault](self, sql)
        elif self.mode == "any" or (self.mode == "commit" and sql == "COMMIT"):
            self.ask_for(self.file)
            self.send_ok()
        elif load:
            self.ask_for(self.file if self.mode == "load" else load[1])
            self.send_ok(self.lines, 0, b"Records: %d  Deleted: 0  Skipped: 0  Warnings: 0" % self.lines)
        elif "memsql_version" in sql:
            self.send_error(1193, b"Unknown system variable 'memsql_version'")
        elif "VERSION()" in sql:
            self.send_rows(2, [["10.11.6-MariaDB" if self.array else "8.0.36", "a fake"]])
        elif "max_allowed_packet" in sql:
            self.send_rows(2, [["16777216", "1"]])
        elif "SELECT @@character_set_filesystem" in sql:
            self.send_rows(1, [["1" if fault == "utf16" else "0"]])
        elif "SELECT _utf8mb4" in sql:
            self.send_rows(1, [["a"]])
        elif "information_schema" in sql:
            self.send_rows(3, [[name, "InnoDB", "YES"] for name in TABLES])
        elif "FROM fz_meta" in sql:
            self.send_rows(2, [[SCHEMA_VERSION, "flowzone 9.9 (views 99)"]])
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
            elif command[:1] == b"\x16":
                self.prepare(command[1:].decode(errors="replace"))
            elif command[:1] == b"\xfa" and "@" in self.mode:
                FAULTS[self.mode.partition("@")[2]](self, "SELECT 1, 2")
            else:
                self.send_ok()


def lenenc(number):
    if number < 251:
        return bytes([number])
    return b"\xfc" + struct.pack("<H", number) if number < 65536 else b"\xfe" + struct.pack("<Q", number)


def string(data):
    return lenenc(len(data)) + data


def columns_of(sql):
    return 1 if "memsql" in sql else sql.split(" FROM ")[0].count(",") + 1


def rows_without_end(client, columns=2, cell="x" * 1000):
    client.send_columns(columns)
    row = b"".join(string(cell.encode()) for _ in range(columns))
    packet = b"".join(len(row).to_bytes(3, "little") + bytes([(client.sequence + i) & 255]) + row for i in range(256))
    while True:
        client.connection.sendall(packet)


def columns_without_end(client, _):
    client.send(lenenc(65000))
    column = string(b"def") + 3 * string(b"") + string(b"c" * 200) * 2 + b"\x0c" + struct.pack("<HIBHBH", 45, 255, 253, 0, 0, 0)
    packet = b"".join(len(column).to_bytes(3, "little") + bytes([(client.sequence + i) & 255]) + column for i in range(256))
    while True:
        client.connection.sendall(packet)


def giant_packet(client, _):
    client.send_columns(2)
    while True:
        client.connection.sendall(b"\xff\xff\xff" + bytes([client.sequence]) + b"\xfe" + b"\xff" * 0xFFFFFE)
        client.sequence = (client.sequence + 1) & 255


def drip(client, data):
    for byte in data:
        client.connection.sendall(bytes([byte]))
        time.sleep(2)


def more_results(client, sql):
    for _ in range(3):
        client.send(b"\0\0\0" + struct.pack("<HH", 0x0A, 0))


def bad_length(client, sql, length):
    client.send_columns(columns_of(sql))
    client.send(length + b"x")
    client.send(b"\xfe" + struct.pack("<HH", 0, 2))


def deny(client, _):
    client.send_error(1227, b"Access denied; you need SESSION_VARIABLES_ADMIN")


# What a statement may be answered with.
FAULTS = {
    "no-columns": lambda client, sql: client.send_rows(0, []),
    "fewer": lambda client, sql: client.send_rows(1, [["x"]]),
    "more": lambda client, sql: client.send_rows(columns_of(sql) + 1, [["1"] * (columns_of(sql) + 1)]),
    "nulls": lambda client, sql: client.send_rows(columns_of(sql), [[None] * columns_of(sql)]),
    "spider": lambda client, sql: client.send_rows(3, [["fz_flow", "SPIDER", "YES"]]),
    "joining": lambda client, sql: client.send_error(1047, b"WSREP has not yet prepared node for application use"),
    "letters": lambda client, sql: client.send_rows(columns_of(sql), [["x"] * columns_of(sql)]),
    "escapes": lambda client, sql: client.send_rows(columns_of(sql), [["1" + ESCAPES] * columns_of(sql)]),
    "ok": lambda client, sql: client.send_ok(),
    "rows": lambda client, sql: client.send_rows(2, [["1", "2"]]),
    "two": lambda client, sql: client.send_rows(columns_of(sql), [["1"] * columns_of(sql)] * 2),
    "many": lambda client, sql: client.send_rows(columns_of(sql), [["YES"] * columns_of(sql)] * 2000),
    "error": lambda client, sql: client.send_error(1105, b"no " + ESCAPES.encode() + b"\xff\nreally"),
    "denied": deny,
    "utf16": deny,
    "state": lambda client, sql: client.send(b"\xff\x51\x04#\x1b[31mno"),
    "rows-without-end": lambda client, sql: rows_without_end(client, columns_of(sql)),
    "nulls-without-end": lambda client, sql: rows_without_end(client, columns_of(sql), ""),
    "columns-without-end": columns_without_end,
    "giant": giant_packet,
    "drip": lambda client, sql: drip(client, b"\xff\0\0\1" + bytes([columns_of(sql)]) + bytes(400)),
    "silence": lambda client, sql: time.sleep(3600),
    "late": lambda client, sql: (time.sleep(150), client.send_ok(1, 1)),
    "results": more_results,
    "negative": lambda client, sql: bad_length(client, sql, b"\xfe" + b"\xff" * 8),
    "beyond": lambda client, sql: bad_length(client, sql, b"\xfc\xff\xff"),
    "noise": lambda client, sql: client.connection.sendall(b"\xa5" * 100000),
    "file": lambda client, sql: (client.ask_for(client.file), client.send_ok()),
}


def switch_without_end(client):
    client.send(client.greeting())
    client.heard()
    while True:
        client.switch(b"mysql_native_password")


def greet_without_end(client):
    while True:
        client.connection.sendall(b"\xff\xff\xff\0" + b"\x0a" + b"5" * 0xFFFFFE)


def greet_with_error(client):
    client.send(b"\xff\x69\x04" + b"no " + ESCAPES.encode())
    raise Gone


# How it may fail to let its client in.
GREETINGS = {
    "switches": switch_without_end,
    "drip": lambda client: drip(client, b"\x50\0\0\0" + client.greeting()),
    "silence": lambda client: time.sleep(3600),
    "late": lambda client: (client.note("connected"), time.sleep(3600)),
    "without-end": greet_without_end,
    "error": greet_with_error,
}


PUBLIC_KEY = b"""-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqwIAunQmoq15YRmRq+SY
91IOGogiv+S1urvj206U1sMkZQ5G2PtNb3vGseE4B2pLD99Na8Iu+I7cIrfR1GCw
TIeQfkO5o77O9E22Cels7vtGOgAiC58xSJu7Hz2eY65EiM6klveFWIyav3OESplA
OQFlfY+9+Mfvw2NgR50yH6BMGYdSGtrFcdravqkIo3zEjODHrtXcjGJZL3nFbsKD
yRlmseXfKlAxsjbP0MrKbKc/mIKAaM+mcmGwrUPFDY4ieGEcV+/44tcIWWrdA49B
6Ivk4512FFColQmu+MlAbWjOdEBWTJEgaicFAiDkyl5A2BYe3/mRv3ntMX7FdcIG
PQIDAQAB
-----END PUBLIC KEY-----
"""


def serve(client):
    with client.connection:
        try:
            client.serve()
        except (Gone, OSError):
            client.note("hung up")


def listen(listener, mode, file, log):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=[Client(connection, log, mode, file)], daemon=True).start()


def main():
    mode, file, log_path = sys.argv[1:]
    path = pathlib.Path(log_path + ".socket")
    path.unlink(missing_ok=True)
    local = socket.create_server(str(path), family=socket.AF_UNIX)
    path.chmod(0o777)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    with open(log_path, "w", encoding="utf-8") as log:
        threading.Thread(target=listen, args=[local, mode, file, log], daemon=True).start()
        listen(listener, mode, file, log)


main()
