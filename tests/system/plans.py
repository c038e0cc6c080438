"""The documented queries of a store: their plans, or what they cost.

plans.py check STORE   none reads rows of fz_flow or fz_packet but those of captures that the ledger names, and a day's addresses are found by it
plans.py times STORE   a table: seconds of processor time (the least of three), rows, the query's first words

STORE is a file of SQLite, or SOCKET,USER of a MariaDB server whose database is "flowzone". The queries are those of flowzone-store(7) and of
README.md, with the last full hour of the store in place of theirs. SPDX-License-Identifier: GPL-2.0-or-later
"""
import glob
import pathlib
import re
import sqlite3
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HOUR = 3600
DETAILS = ("fz_flow", "fz_packet")
# What the manual says in words: the same for other views.
ALIKE = (("fz_packets", "frame_number, ip_src, ip_dst, frame_len", "time_us", 1000000), ("fz_minutes", "minute, from_zone_name, bytes", "minute_s", 1),
         ("fz_hours", "time, sip_zone_name, bytes", "hour_s", 1))


def documented():
    manual = (SOURCE / "packaging/man/flowzone-store.7").read_text(encoding="utf-8")
    for block in re.findall(r"^\.nf\n(SELECT .*?)^\.fi", manual, re.MULTILINE | re.DOTALL):
        yield from (query + " " for query in block.replace("\\(aq", "'").replace("\\-", "-").split(";") if query.strip())
    yield from re.findall(r"sqlite3 flowzone.db '(SELECT [^']*)'", (SOURCE / "README.md").read_text(encoding="utf-8"))
    for view, columns, row_time, unit in ALIKE:
        yield (f"SELECT {columns} FROM {view} WHERE capture_end_us >= 1511361000000000 AND capture_start_us < 1511364600000000 "
               f"AND {row_time} >= {1511361000 * unit} AND {row_time} < {1511364600 * unit}")


def of_store(query, last_us):
    """The manual's hour is the last one that is over in the store, its day the one before that hour's."""
    begin = last_us // 1000000 // HOUR * HOUR
    day = begin // 86400 - 1
    for old, new in ((1511361000, begin), (1511364600, begin + HOUR), (1511308800, day * 86400), (1511395200, day * 86400 + 86400)):
        query = re.sub(rf"\b{old}(000000)?\b", lambda found, new=new: f"{new}{found[1] or ''}", query)
    return " ".join(re.sub(r"day_no = \d+", f"day_no = {day}", query).split())


class Sqlite:
    def __init__(self, path):
        self.store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.clock = time.process_time

    def ask(self, query):
        return self.store.execute(query).fetchall()

    def faults(self, query):
        """By the program that SQLite makes of it: a scan begins at an end of a table, a search does not."""
        roots = dict(self.ask(f"SELECT rootpage, name FROM sqlite_master WHERE name IN {DETAILS}"))
        cursors, plan = {}, " / ".join(row[3] for row in self.ask("EXPLAIN QUERY PLAN " + query))
        for _, operation, cursor, root, *_ in self.ask("EXPLAIN " + query):
            if operation == "OpenRead" and root in roots:
                cursors[cursor] = roots[root]
            elif operation in ("Rewind", "Last", "Sort") and cursor in cursors:
                yield f"scans {cursors[cursor]}: {plan}"
        if cursors and "capture_end_us" in query and "SEARCH l USING" not in plan:
            yield f"reads the whole ledger: {plan}"
        if "day_no = " in query and "SEARCH d USING PRIMARY KEY (day=?)" not in plan:
            yield f"does not find the day: {plan}"


class Server:
    def __init__(self, address):
        import MySQLdb
        socket, user = address.split(",")
        self.store = MySQLdb.connect(unix_socket=socket, user=user, db="flowzone", charset="utf8mb4")
        thread = self.ask("SELECT TID FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()")[0][0]
        self.schedule = pathlib.Path(glob.glob(f"/proc/*/task/{thread}/schedstat")[0])

    def clock(self):
        """What the server's thread of this connection has run."""
        return int(self.schedule.read_text(encoding="ascii").split()[0]) / 1e9

    def ask(self, query):
        cursor = self.store.cursor()
        cursor.execute(query)
        return cursor.fetchall()

    def faults(self, query):
        plan = self.ask("EXPLAIN EXTENDED " + query)
        of_details = any(f"`{table}`" in row[2] for row in self.ask("SHOW WARNINGS") for table in DETAILS)
        for _, _, table, how, _, key, *_ in plan:
            if of_details and table == "r" and (how, key) != ("ref", "PRIMARY"):
                yield f"details by {how} of {key}: {plan}"
            if "day_no = " in query and table == "d" and how not in ("ref", "range"):
                yield f"the day by {how} of {key}: {plan}"


def main():
    what, address = sys.argv[1:]
    store = Server(address) if "," in address else Sqlite(address)
    last_us = store.ask("SELECT MAX(end_us) FROM fz_load")[0][0]
    queries = [of_store(query, last_us) for query in documented()]
    if len(queries) < 12:
        sys.exit(f"only {len(queries)} queries found in the manual")
    wrong = [(query, fault) for query in queries for fault in store.faults(query)]
    for query, fault in wrong:
        print(f"{query}\n  {fault}")
    for query in queries if what == "times" else ():
        costs = []
        for _ in range(3):
            begin = store.clock()
            rows = len(store.ask(query))
            costs.append(store.clock() - begin)
        print(f"{min(costs):8.3f} s {rows:8} rows  {query[:110]}", flush=True)
    print(f"{len(queries)} queries")
    return bool(wrong)


sys.exit(main())
