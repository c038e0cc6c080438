"""The stores of tests of `flowzone batch`, as they are asked beside it. SPDX-License-Identifier: GPL-2.0-or-later
"""
import getpass
import os
import sqlite3
import subprocess
import time

# A load is whole: as many rows as its ledger says.
HALVES = ("SELECT count(*) FROM fz_load l WHERE records <> (SELECT count(*) FROM fz_flow f WHERE f.load_id = l.load_id)")
STRAYS = "SELECT count(*) FROM fz_flow WHERE load_id NOT IN (SELECT load_id FROM fz_load)"


class Sqlite:
    def __init__(self, address):
        self.path = address.partition(":")[2]

    def ask(self, sql):
        with sqlite3.connect(self.path, timeout=60) as db:
            return db.execute(sql).fetchall()

    def is_there(self):
        return os.path.exists(self.path) and self.ask("SELECT count(*) FROM sqlite_master WHERE name = 'fz_hour'")[0][0]

    def forget(self):
        for suffix in ("", "-journal"):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)

    def forget_some(self, share, dice):
        for (load,) in self.ask("SELECT load_id FROM fz_load"):
            if dice.random() < share:
                with sqlite3.connect(self.path, timeout=60) as db:
                    db.execute("DELETE FROM fz_flow WHERE load_id = ?", (load,))
                    db.execute("DELETE FROM fz_hour WHERE load_id = ?", (load,))
                    db.execute("DELETE FROM fz_load WHERE load_id = ?", (load,))

    def settled(self):
        if os.path.exists(self.path):
            assert self.ask("PRAGMA integrity_check") == [("ok",)], "the database is damaged"

    def sessions(self):
        return []

    def kill_session(self, session):
        pass


class Server:
    def __init__(self, socket):
        self.command = ["mariadb", "--no-defaults", f"--socket={socket}", f"--user={getpass.getuser()}", "--batch", "--skip-column-names"]

    def ask(self, sql, database="flowzone"):
        text = subprocess.run([*self.command, database, "-e", sql], check=True, capture_output=True, text=True).stdout
        return [tuple(line.split("\t")) for line in text.splitlines()]

    def is_there(self):
        return self.ask("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'flowzone' AND TABLE_NAME = 'fz_hour'",
                        "mysql")

    def forget(self):
        self.ask("DROP DATABASE flowzone; CREATE DATABASE flowzone", "mysql")

    def forget_some(self, share, dice):
        for (load,) in self.ask("SELECT load_id FROM fz_load"):
            if dice.random() < share:
                self.ask("START TRANSACTION; " + "; ".join(
                    f"DELETE FROM {table} WHERE load_id = {load}" for table in ("fz_flow", "fz_hour", "fz_load")) + "; COMMIT")

    def sessions(self):
        return [row[0] for row in self.ask(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'loader'", "mysql")]

    def settled(self):
        for _ in range(600):
            if not self.sessions():
                return
            time.sleep(0.05)
        raise AssertionError("the server keeps a session")

    def kill_session(self, session):
        subprocess.run([*self.command, "-e", f"KILL CONNECTION {session}"], check=False, capture_output=True)
