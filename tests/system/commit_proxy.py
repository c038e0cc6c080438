#!/usr/bin/env python3
"""Between a client and a MySQL server: loses the connection around COMMIT. SPDX-License-Identifier: GPL-2.0-or-later

Usage: commit_proxy.py SOCKET OWN MODE

Listens on the Unix socket OWN, where no client takes up TLS, prints a line, and passes everything on to the server's
SOCKET. The first COMMIT of all is cut: with MODE `before` it never reaches the server; with `after` the server gets it, and its answer never reaches the client.
With MODE `gone` it reaches the server, and from then on nobody can connect.
"""
import os
import socket
import sys
import threading

# As a whole packet; newer clients of MySQL put the number of the query's attributes before it.
COMMITS = (b"\x07\0\0\0\x03COMMIT", b"\x09\0\0\0\x03\0\x01COMMIT")


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass


def close(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


class Proxy:
    def __init__(self, path, mode):
        self.path, self.mode = path, mode
        self.cut = False

    def serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.path)
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        try:
            while data := client.recv(65536):
                if data in COMMITS and not self.cut:
                    self.cut = True
                    self.lose(client, server, data)
                    return
                server.sendall(data)
        except OSError:
            pass
        close(client, server)

    def lose(self, client, server, commit):
        """The client gets no more bytes, whatever the server sends."""
        close(client)
        if self.mode != "before":
            server.sendall(commit)
            if self.mode == "gone":
                os._exit(0)
            threading.Event().wait(1)
        close(server)


def main():
    path, own, mode = sys.argv[1:]
    proxy = Proxy(path, mode)
    if os.path.exists(own):
        os.unlink(own)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(own)
    os.chmod(own, 0o777)
    listener.listen()
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


main()
