#!/usr/bin/env python3
"""Between a client and a MySQL server: holds a statement back until it is told. SPDX-License-Identifier: GPL-2.0-or-later

Usage: holding_proxy.py SOCKET OWN TEXT FOLDER

Listens on the Unix socket OWN, where no client takes up TLS, prints a line, and passes everything on to the server's SOCKET. What has TEXT in
it waits: FOLDER/held appears, and once FOLDER/go is there, it goes on.
"""
import os
import socket
import sys
import threading
import time


def pump(source, sink, text=None, folder=""):
    try:
        while data := source.recv(65536):
            if text and text in data:
                open(f"{folder}/held", "w").close()
                while not os.path.exists(f"{folder}/go"):
                    time.sleep(0.02)
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    path, own, text, folder = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(own)
    os.chmod(own, 0o777)
    listener.listen()
    print("listens", flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        threading.Thread(target=pump, args=(client, server, text.encode(), folder), daemon=True).start()
        threading.Thread(target=pump, args=(server, client), daemon=True).start()


main()
