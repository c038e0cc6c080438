#!/usr/bin/env python3
"""A pooler between a client and a MySQL server that lets no LOAD DATA LOCAL through. SPDX-License-Identifier: GPL-2.0-or-later

Usage: pooler_proxy.py SOCKET OWN CODE TEXT

Listens on the Unix socket OWN, prints a line, and passes everything on to the server's SOCKET, but: its greeting has nothing of MariaDB's
own, as ProxySQL's, so that no client binds arrays; LOAD DATA is answered with the error CODE and TEXT, or with CODE 0 by "0 rows".
"""
import os
import socket
import struct
import sys
import threading

path, own, code, text = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


def exactly(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(min(size - len(data), 1 << 20))
        if not part:
            raise ConnectionError
        data += part
    return data


def packet(sock):
    head = exactly(sock, 4)
    return head, exactly(sock, int.from_bytes(head[:3], "little"))


def answer_load():
    if code:
        return b"\xff" + struct.pack("<H", code) + b"#HY000" + text.encode()
    return b"\x00\x00\x00\x02\x00\x00\x00"


def greet(server, client):
    head, greeting = packet(server)
    at = greeting.index(b"\0", 1) + 1
    rest = bytearray(greeting[at:])
    low, = struct.unpack_from("<H", rest, 13)
    struct.pack_into("<H", rest, 13, (low | 1) & ~0x0800)  # a MySQL's, without TLS
    rest[21:31] = bytes(10)
    greeting = b"\x0a8.0.11\0" + bytes(rest)
    client.sendall(len(greeting).to_bytes(3, "little") + head[3:] + greeting)


def answers(server, client):
    try:
        while data := server.recv(65536):
            client.sendall(data)
    except OSError:
        pass


def serve(client):
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    try:
        greet(server, client)
        threading.Thread(target=answers, args=(server, client), daemon=True).start()
        while True:
            head, payload = packet(client)
            if head[3] == 0 and payload[:1] == b"\x03" and b"LOAD DATA" in payload[:12]:
                reply = answer_load()
                client.sendall(len(reply).to_bytes(3, "little") + b"\1" + reply)
            else:
                server.sendall(head + payload)
    except (ConnectionError, OSError):
        pass
    for end in (client, server):
        end.close()


listener = socket.socket(socket.AF_UNIX)
listener.bind(own)
os.chmod(own, 0o777)
listener.listen()
print(own, flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
